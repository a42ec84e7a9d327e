# SPDX-License-Identifier: Apache-2.0
"""Appointments of the test's Exchange server: series with their occurrences, meetings with those who come."""
import calendar
import copy
import datetime
import uuid
import zoneinfo

import icu

from ews_mailbox import Item, Refused, in_one_form, now
from ews_xml import T, child, children, local, make, text_of

WEEK = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
MONTHS = list(calendar.month_name)
SETS = {"Weekday": WEEK[:5], "WeekendDay": WEEK[5:], "Day": WEEK}
PLACES = {"First": 0, "Second": 1, "Third": 2, "Fourth": 3, "Last": -1}
LISTS = ("RequiredAttendees", "OptionalAttendees", "Resources")
FAR = 366 * 12  # days of a series without an end that anybody looks at
# What is everybody's: the copies of those who come follow it.
SHARED = {"Subject", "Body", "Location", "Start", "End", "IsAllDayEvent", "Recurrence", "StartTimeZone", "EndTimeZone",
          "Importance", *LISTS}


def instant(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def written(moment):
    return moment.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def zone(name):
    """By the name that Windows has for it."""
    found = icu.TimeZone.getIDForWindowsID(name, "")
    if not found:
        raise Refused("ErrorTimeZone", f"no such zone: {name}")
    return zoneinfo.ZoneInfo(str(found))


def days_of(pattern):
    return [d for word in text_of(pattern, "DaysOfWeek").split() for d in SETS.get(word, [word])]


def nth(day, pattern):
    """Is it the day that has this place among those of its month?"""
    last = calendar.monthrange(day.year, day.month)[1]
    chosen = [d for d in range(1, last + 1) if WEEK[day.replace(day=d).weekday()] in days_of(pattern)]
    at = PLACES[text_of(pattern, "DayOfWeekIndex")]
    return chosen[at] == day.day


def clamped(day, pattern):
    return day.day == min(int(text_of(pattern, "DayOfMonth")), calendar.monthrange(day.year, day.month)[1])


def fits(pattern, first, day):
    """Does the pattern that begins on `first` have this day?"""
    kind, interval = local(pattern), int(text_of(pattern, "Interval") or 1)
    if kind == "DailyRecurrence":
        return (day - first).days % interval == 0
    if kind == "WeeklyRecurrence":
        begins = WEEK.index(text_of(pattern, "FirstDayOfWeek") or "Sunday")
        week = [(d.toordinal() - 1 - begins) // 7 for d in (first, day)]
        return (week[1] - week[0]) % interval == 0 and WEEK[day.weekday()] in days_of(pattern)
    if "Yearly" in kind and MONTHS[day.month] != text_of(pattern, "Month"):
        return False
    if "Monthly" in kind and ((day.year - first.year) * 12 + day.month - first.month) % interval:
        return False
    return clamped(day, pattern) if kind.startswith("Absolute") else nth(day, pattern)


class Appointment(Item):
    """A single one, or a series with what differs in it."""

    def __init__(self, kind, folder, sequence, box):
        super().__init__(kind, folder, sequence)
        self.box = box
        self.exceptions = {}  # index: {element name: element, None where it was cleared}
        self.deleted = set()  # indices
        self.organizer = box.address
        self.response = None
        self.cancelled = False
        self.reset = False
        self.days = None

    # ---- when ---------------------------------------------------------------------------------

    def put(self, element):
        name = local(element)
        if name in LISTS and self.organizer != self.box.address:
            raise Refused("ErrorCalendarIsNotOrganizer")
        if name == "Recurrence" or (name == "Start" and self.text("Start") != element.text):
            self.reset = True
        super().put(element)

    def drop(self, uri):
        if uri.get("FieldURI", "").split(":")[-1] == "Recurrence":
            self.reset = True
        super().drop(uri)

    def text(self, name):
        return self.props[name].text if name in self.props else ""

    def zone(self):
        return zone(self.props["StartTimeZone"].get("Id"))

    def start(self):
        return instant(self.text("Start"))

    def length(self):
        return instant(self.text("End")) - self.start()

    def habits(self):
        super().habits()
        self.days = None
        if self.reset:
            self.exceptions, self.deleted, self.reset = {}, set(), False
        self.props.setdefault("StartTimeZone", make(T, "StartTimeZone", Id="UTC"))
        self.props.setdefault("EndTimeZone", copy.deepcopy(self.props["StartTimeZone"]))
        self.props["EndTimeZone"].tag = f"{{{T}}}EndTimeZone"
        if "Start" not in self.props:
            raise Refused("ErrorInvalidPropertySet", "an appointment has a start")
        if "End" not in self.props:
            self.props["End"] = make(T, "End", written(self.start() + datetime.timedelta(minutes=30)))
        if self.length() < datetime.timedelta(0):
            raise Refused("ErrorCalendarEndDateIsEarlierThanStartDate")
        if self.text("IsAllDayEvent") == "true":
            self.whole_days()
        self.props["UID"] = self.props.get("UID", make(T, "UID", uuid.uuid4().hex.upper()))
        if "Recurrence" in self.props:
            self.begin()

    def whole_days(self):
        """From midnight to midnight, where the appointment lies."""
        for name, up in (("Start", 0), ("End", 1)):
            moment = instant(self.text(name)).astimezone(self.zone())
            day = moment.date() + datetime.timedelta(days=up if moment.time() != datetime.time() else 0)
            self.props[name].text = written(datetime.datetime.combine(day, datetime.time(), self.zone()))

    def begin(self):
        """The start is the first day that the pattern has."""
        length, days = self.length(), self.all_days()
        if not days:
            raise Refused("ErrorRecurrenceHasNoOccurrence")
        moment = datetime.datetime.combine(days[0], self.start().astimezone(self.zone()).time(), self.zone())
        self.props["Start"].text, self.props["End"].text = written(moment), written(moment + length)

    def all_days(self):
        """The days of all occurrences, deleted ones too."""
        if self.days is None:
            pattern, range_ = children(self.props["Recurrence"])
            first = datetime.date.fromisoformat(text_of(range_, "StartDate")[:10])
            last = text_of(range_, "EndDate")[:10]
            most = int(text_of(range_, "NumberOfOccurrences") or 10 ** 6)
            end = datetime.date.fromisoformat(last) if last else first + datetime.timedelta(days=FAR)
            self.days = []
            for n in range(max((end - first).days + 1, 0)):
                if len(self.days) < most and fits(pattern, first, first + datetime.timedelta(days=n)):
                    self.days.append(first + datetime.timedelta(days=n))
        return self.days

    def original(self, index):
        """When an occurrence was to start."""
        time = self.start().astimezone(self.zone()).time()
        return datetime.datetime.combine(self.all_days()[index - 1], time, self.zone())

    def occurrence(self, index):
        if "Recurrence" not in self.props:
            raise Refused("ErrorCalendarIsNotRecurringMaster")
        if not 0 < index <= len(self.all_days()):
            raise Refused("ErrorCalendarOccurrenceIndexIsOutOfRecurrenceRange")
        if index in self.deleted:
            raise Refused("ErrorCalendarOccurrenceIsDeletedFromRecurrence")
        return Occurrence(self, index)

    def occurrences(self, since, until):
        """Those that lie there, as a calendar shows them."""
        if "Recurrence" not in self.props:
            found = [self]
        else:
            found = [self.occurrence(i) for i in range(1, len(self.all_days()) + 1) if i not in self.deleted]
        return [o for o in found if o.moment("Start") < until and o.moment("End") > since]

    def moment(self, name):
        return instant(self.text(name))

    # ---- what is told -------------------------------------------------------------------------

    def guests(self):
        return [text_of(child(a, "Mailbox"), "EmailAddress") for name in LISTS if name in self.props
                for a in children(self.props[name])]

    def info(self, name, index):
        o = Occurrence(self, index)
        out = make(T, name)
        out.append(o.property("ItemId"))
        for what in ("Start", "End", "OriginalStart"):
            make(T, what, written(o.moment(what)), parent=out)
        return out

    def made(self, name):
        """Properties that are made of others."""
        repeats = "Recurrence" in self.props
        if name == "ModifiedOccurrences" and self.exceptions:
            out = make(T, name)
            out.extend(self.info("Occurrence", i) for i in sorted(self.exceptions))
            return out
        if name == "DeletedOccurrences" and self.deleted:
            out = make(T, name)
            for i in sorted(self.deleted):
                make(T, "Start", written(self.original(i)), parent=make(T, "DeletedOccurrence", parent=out))
            return out
        if name in ("FirstOccurrence", "LastOccurrence") and repeats:
            left = [i for i in range(1, len(self.all_days()) + 1) if i not in self.deleted]
            return self.info(name, left[0 if name[0] == "F" else -1]) if left else None
        if name == "Organizer":
            out = make(T, name)
            box = make(T, "Mailbox", parent=out)
            make(T, "Name", self.organizer.split("@")[0].title(), parent=box)
            make(T, "EmailAddress", self.organizer, parent=box)
            return out
        return None

    def property(self, name):
        own = self.organizer == self.box.address
        plain = {"CalendarItemType": "RecurringMaster" if "Recurrence" in self.props else "Single",
                 "IsMeeting": str(bool(self.guests())).lower(), "IsCancelled": str(self.cancelled).lower(),
                 "MyResponseType": self.response or ("Organizer" if own and self.guests() else "Unknown"),
                 "IsRecurring": "false", "IsOrganizer": str(own).lower(), "IsAllDayEvent": "false",
                 "LegacyFreeBusyStatus": "Busy", "ReminderIsSet": "false", "ReminderMinutesBeforeStart": "15"}
        made = self.made(name)
        if made is not None or name in self.props or name not in plain:
            return made if made is not None else super().property(name)
        return make(T, name, plain[name])


class Occurrence:
    """One of a series, as it is now; to change it makes it an exception."""

    def __init__(self, series, index):
        self.series, self.index, self.kind = series, index, series.kind
        self.own = dict(series.exceptions.get(index, {}))
        self.extended, self.folder, self.organizer = {}, series.folder, series.organizer
        self.id = f"{series.id}.{index}"

    @property
    def change_key(self):
        return self.series.change_key

    @property
    def props(self):
        return {**self.series.props, **{k: v for k, v in self.own.items() if v is not None}}

    def saved(self):
        return dict(self.own)

    def restore(self, own):
        self.own = own

    def put(self, element):
        if local(element) in ("Recurrence", "UID", *LISTS):
            raise Refused("ErrorInvalidPropertySet", f"{local(element)} of an occurrence")
        self.own[local(element)] = in_one_form(copy.deepcopy(element))

    def drop(self, uri):
        self.own[uri.get("FieldURI").split(":")[1]] = None

    def touched(self, sequence):
        if self.moment("End") < self.moment("Start"):
            raise Refused("ErrorCalendarEndDateIsEarlierThanStartDate")
        self.series.exceptions[self.index] = self.own
        self.series.touched(sequence)

    def moment(self, name):
        original = self.series.original(self.index)
        if name == "OriginalStart":
            return original
        if self.own.get(name) is not None:
            return instant(self.own[name].text)
        return original if name == "Start" else self.moment("Start") + self.series.length()

    def property(self, name):
        if name == "ItemId":
            return make(T, "ItemId", Id=self.id, ChangeKey=self.change_key)
        if name in ("Start", "End", "OriginalStart"):
            return make(T, name, written(self.moment(name)))
        if name == "CalendarItemType":
            return make(T, name, "Exception" if self.index in self.series.exceptions else "Occurrence")
        if name == "IsRecurring":
            return make(T, name, "true")
        if name in ("Recurrence", "ModifiedOccurrences", "DeletedOccurrences", "FirstOccurrence", "LastOccurrence"):
            return None
        if name == "TextBody" and self.own.get("Body") is not None:
            return make(T, "TextBody", self.own["Body"].text, BodyType="Text")
        if name in self.own:
            return copy.deepcopy(self.own[name])
        return self.series.property(name)


# ---- who hears of it ----------------------------------------------------------------------------

def deliver(system, meeting, address):
    """The copy of one who comes; what is his own in it stays."""
    box = system.boxes.get(address)
    if box is None:
        return
    found = next((i for i in box.items.values() if i.kind == "CalendarItem" and i.text("UID") == meeting.text("UID")), None)
    if found is None:
        found = Appointment("CalendarItem", box.folder(make(T, "DistinguishedFolderId", Id="calendar")).id, box.tick(), box)
        found.props = copy.deepcopy(meeting.props)
        found.props["LegacyFreeBusyStatus"] = make(T, "LegacyFreeBusyStatus", "Tentative")
        found.props.pop("Categories", None)
        found.organizer, found.response = meeting.organizer, "NoResponseReceived"
        box.items[found.id] = found
    else:
        for name in SHARED:
            found.props.pop(name, None)
            if name in meeting.props:
                found.props[name] = copy.deepcopy(meeting.props[name])
    found.exceptions, found.deleted = copy.deepcopy(meeting.exceptions), set(meeting.deleted)
    found.reset, found.cancelled = False, meeting.cancelled
    found.touched(box.tick())


def tell(system, meeting, what, before=(), by_push=True):
    """Mail those who come, and those who came before."""
    if meeting.kind != "CalendarItem":
        return
    series = getattr(meeting, "series", meeting)
    if series.organizer != series.box.address:
        return
    for address in dict.fromkeys([*series.guests(), *before]):
        if address == series.organizer:
            continue
        gone = what == "cancelled" or address not in series.guests()
        system.mailed.append({"from": series.organizer, "to": address, "uid": series.text("UID"),
                              "what": "cancelled" if gone else what, "by_push": by_push})
        copy_ = system.boxes.get(address)
        if gone and copy_ is not None:
            for item in [i for i in copy_.items.values() if i.kind == "CalendarItem" and i.text("UID") == series.text("UID")]:
                item.cancelled = True
                item.touched(copy_.tick())
        elif not gone:
            deliver(system, series, address)


def answer(system, box, uid, word):
    """One who comes says whether he does; the organizer's copy knows it then."""
    mine = next(i for i in box.items.values() if i.kind == "CalendarItem" and i.text("UID") == uid)
    mine.response = word
    mine.touched(box.tick())
    theirs = system.boxes.get(mine.organizer)
    for item in [i for i in theirs.items.values() if i.kind == "CalendarItem" and i.text("UID") == uid] if theirs else []:
        for name in LISTS:
            for attendee in children(item.props[name]) if name in item.props else []:
                if text_of(child(attendee, "Mailbox"), "EmailAddress") == box.address:
                    for old in ("ResponseType", "LastResponseTime"):
                        if child(attendee, old) is not None:
                            attendee.remove(child(attendee, old))
                    make(T, "ResponseType", word, parent=attendee)
                    make(T, "LastResponseTime", now(), parent=attendee)
        item.touched(theirs.tick())
