# SPDX-License-Identifier: Apache-2.0
"""Appointments both ways with an Exchange server, by EWS: times and zones, series with what differs in them, and
those who come."""
import json
import os

from lib import write
from office import ANNA, Office, fields, record_of, stranger, visit, wake, without

ZONE = "Europe/Stockholm"


def wall(local, zone=ZONE):
    return {"local": local, "zone": zone}


def appointment(subject, start, end, **more):
    return {"subject": subject, "start": wall(start), "end": wall(end), **more}


def edit(o, record, folder, **values):
    path = write(os.path.join(folder, "edit.json"), json.dumps(values))
    o.b.run("record", "edit", record, "--fields", path)


def shown(o, record):
    return o.b.json("record", "show", record)


def test_appointment(t):
    """an appointment goes there and comes back; it moves there, and its place changes here"""
    o = Office(t)
    record = record_of(o.b, "appointment", appointment(
        "Lunch", "2027-07-01T12:00:00", "2027-07-01T13:00:00", location="Kajen", body="bring money",
        reminder=True, reminder_minutes=30, show_as="out_of_office", importance="high", categories=["food"]), t.folder)
    o.visit()
    item, xml = o.only("calendar")
    for part in ("<Start>2027-07-01T10:00:00Z</Start>", "<End>2027-07-01T11:00:00Z</End>", "<Location>Kajen</Location>",
                 '<StartTimeZone Id="W. Europe Standard Time"/>', "<LegacyFreeBusyStatus>OOF</LegacyFreeBusyStatus>",
                 "<ReminderMinutesBeforeStart>30</ReminderMinutesBeforeStart>", "<String>food</String>"):
        assert part in xml, (part, xml)
    before = fields(o.b, record)
    o.visit()
    assert fields(o.b, record) == before
    o.server.do("edit", address=ANNA, item=item, xml="<Start>2027-07-01T11:00:00Z</Start><End>2027-07-01T12:30:00Z</End>")
    edit(o, record, t.folder, location="Bryggan")
    o.visit()
    after = fields(o.b, record)
    # The server knows the zone by its Windows name only, which others have too.
    assert after["start"] == wall("2027-07-01T13:00:00") and after["end"] == wall("2027-07-01T14:30:00"), after
    assert "<Location>Bryggan</Location>" in o.only("calendar")[1]
    # Another zone, the same instant: still a change.
    edit(o, record, t.folder, start=wall("2027-07-01T14:00:00", "Europe/Helsinki"),
         end=wall("2027-07-01T15:30:00", "Europe/Helsinki"))
    o.visit()
    assert '<StartTimeZone Id="FLE Standard Time"/>' in o.only("calendar")[1], o.only("calendar")
    o.b.run("record", "delete", record)
    o.visit()
    assert o.items("calendar") == {} and len(o.items("deleteditems")) == 1


def test_whole_days(t):
    """whole days are dates where the appointment lies, and of the mailbox's own zone where it lies nowhere"""
    o = Office(t)
    o.b.mailboxes["anna"]["zone"] = "America/New_York"
    o.b.apply()
    here = record_of(o.b, "appointment", appointment("Fair", "2027-03-27T00:00:00", "2027-03-29T00:00:00", all_day=True),
                     t.folder)
    record_of(o.b, "appointment", {"subject": "Float", "start": wall("2027-05-05T00:00:00", ""),
                                   "end": wall("2027-05-06T00:00:00", ""), "all_day": True}, t.folder)
    o.visit()
    xml = "".join(o.items("calendar").values())
    # The clocks go forward in the night between.
    assert "<Start>2027-03-26T23:00:00Z</Start><End>2027-03-28T22:00:00Z</End>" in xml, xml
    assert "<Start>2027-05-05T04:00:00Z</Start>" in xml and 'Id="Eastern Standard Time"' in xml, xml
    before = fields(o.b, here)
    o.visit(3)
    assert fields(o.b, here) == before
    item = next(key for key, text in o.items("calendar").items() if "Fair" in text)
    o.server.do("edit", address=ANNA, item=item, xml="<Start>2027-03-25T23:00:00Z</Start>")
    o.visit()
    assert fields(o.b, here)["start"]["local"] == "2027-03-26T00:00:00", fields(o.b, here)


def series(o, t, **more):
    record = record_of(o.b, "appointment", appointment(
        "Standup", "2027-03-22T09:00:00", "2027-03-22T09:15:00", recurrence="FREQ=WEEKLY;COUNT=8", **more), t.folder)
    o.visit(3)
    return record, o.only("calendar")[0]


def starts(o, item):
    return [start for _, start, _ in o.server.do("occurrences", address=ANNA, item=item)]


def test_series(t):
    """a series with exceptions of both sides: each moves, changes and deletes occurrences of its own"""
    o = Office(t)
    record, item = series(o, t, occurrences={
        "2027-03-29T09:00:00": {"start": wall("2027-03-29T10:00:00"), "end": wall("2027-03-29T10:15:00")},
        "2027-04-05T09:00:00": None})
    # Summer time begins on the 28th of March.
    assert starts(o, item) == ["2027-03-22T08:00:00Z", "2027-03-29T08:00:00Z", "2027-04-12T07:00:00Z",
                               "2027-04-19T07:00:00Z", "2027-04-26T07:00:00Z", "2027-05-03T07:00:00Z",
                               "2027-05-10T07:00:00Z"]
    before = shown(o, record)
    o.visit(3)
    assert shown(o, record) == before
    o.server.do("edit", address=ANNA, item=f"{item}.4", xml="<Subject>Long</Subject><End>2027-04-12T08:00:00Z</End>")
    o.server.do("delete", address=ANNA, item=f"{item}.5")
    edit(o, record, t.folder, occurrences={"2027-04-26T09:00:00": {"location": "Attic"}, "2027-05-03T09:00:00": None})
    o.visit(4)
    kept = shown(o, record)["fields"]["occurrences"]
    assert kept["2027-04-12T09:00:00"]["subject"] == "Long", kept
    assert kept["2027-04-12T09:00:00"]["end"]["local"] == "2027-04-12T10:00:00", kept
    assert kept["2027-04-19T09:00:00"] is None and kept["2027-04-05T09:00:00"] is None, kept
    assert starts(o, item) == ["2027-03-22T08:00:00Z", "2027-03-29T08:00:00Z", "2027-04-12T07:00:00Z",
                               "2027-04-26T07:00:00Z", "2027-05-10T07:00:00Z"]
    told = o.server.do("tell", address=ANNA, item=f"{item}.6")
    assert "Attic" in told and "Standup" in told, told
    # An exception goes back to what the series has.
    edit(o, record, t.folder, occurrences={"2027-03-29T09:00:00": {"start": wall("2027-03-29T09:00:00"),
                                                            "end": wall("2027-03-29T09:15:00")}})
    o.visit(3)
    assert starts(o, item)[1] == "2027-03-29T07:00:00Z", starts(o, item)
    assert o.b.alerts() == []


def test_series_moves(t):
    """a series that moves loses its exceptions there, as servers want it, and keeps those of the record"""
    o = Office(t)
    record, item = series(o, t, occurrences={"2027-03-29T09:00:00": {"location": "Attic"}, "2027-04-05T09:00:00": None})
    edit(o, record, t.folder, location="Cellar", body="what stands in it is no reason to begin anew")
    o.visit(3)
    assert len(starts(o, item)) == 7 and "Attic" in o.server.do("tell", address=ANNA, item=f"{item}.2")
    edit(o, record, t.folder, end=wall("2027-03-22T09:30:00"))
    o.visit(3)
    assert len(starts(o, item)) == 7 and "Attic" in o.server.do("tell", address=ANNA, item=f"{item}.2")
    edit(o, record, t.folder, recurrence="FREQ=WEEKLY;COUNT=4")
    o.visit(4)
    assert len(starts(o, item)) == 3, starts(o, item)
    assert "Attic" in o.server.do("tell", address=ANNA, item=f"{item}.2")
    edit(o, record, t.folder, recurrence=None, occurrences=None)
    o.visit(3)
    assert "Recurrence" not in o.only("calendar")[1]
    assert o.b.alerts() == []


RULES = [
    ("2027-01-04T09:00:00", "FREQ=DAILY;INTERVAL=3;UNTIL=20270201", "<DailyRecurrence><Interval>3</Interval>"),
    ("2027-01-04T09:00:00", "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH;WKST=SU", "<DaysOfWeek>Monday Thursday</DaysOfWeek>"
     "<FirstDayOfWeek>Sunday</FirstDayOfWeek>"),
    ("2027-01-15T09:00:00", "FREQ=MONTHLY;COUNT=5;BYMONTHDAY=15", "<DayOfMonth>15</DayOfMonth>"),
    ("2027-01-31T09:00:00", "FREQ=MONTHLY;COUNT=5;BYMONTHDAY=-1", "<DayOfMonth>31</DayOfMonth>"),
    ("2027-01-12T09:00:00", "FREQ=MONTHLY;COUNT=5;BYDAY=2TU", "<DayOfWeekIndex>Second</DayOfWeekIndex>"),
    ("2027-01-29T09:00:00", "FREQ=MONTHLY;COUNT=5;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", "<DaysOfWeek>Weekday</DaysOfWeek>"),
    ("2027-05-17T09:00:00", "FREQ=YEARLY;BYMONTH=5;BYMONTHDAY=17", "<Month>May</Month>"),
    ("2027-05-30T09:00:00", "FREQ=YEARLY;BYMONTH=5;BYDAY=-1SU", "<DayOfWeekIndex>Last</DayOfWeekIndex><Month>May</Month>"),
    ("2027-05-17T09:00:00", "FREQ=YEARLY;INTERVAL=2;COUNT=3;BYMONTH=5;BYMONTHDAY=17", "<Interval>24</Interval>"),
    # The time of the last one is before that of the others: the day before is the last.
    ("2027-01-04T09:00:00", "FREQ=DAILY;UNTIL=20270110T080000", "<EndDate>2027-01-09</EndDate>"),
]
ALIEN = [("2027-01-31T09:00:00", "FREQ=MONTHLY;BYMONTHDAY=31"), ("2027-01-04T09:00:00", "FREQ=MONTHLY;BYDAY=MO;BYMONTHDAY=4"),
         ("2027-01-05T09:00:00", "FREQ=WEEKLY;BYDAY=MO"), ("2027-01-15T09:00:00", "FREQ=MONTHLY;BYMONTHDAY=15,20")]


def test_rules(t):
    """every way to repeat that Exchange has goes there and comes back the same; what it has not waits with a reason"""
    o = Office(t)
    records = {}
    for n, (start, rule, _) in enumerate(RULES):
        records[n] = record_of(o.b, "appointment", appointment(f"Rule {n}", start, start[:11] + "10:00:00",
                                                               recurrence=rule), t.folder)
    for n, (start, rule) in enumerate(ALIEN):
        record_of(o.b, "appointment", appointment(f"Alien {n}", start, start[:11] + "10:00:00", recurrence=rule), t.folder)
    o.visit(3)
    items = o.items("calendar")
    assert len(items) == len(RULES), items
    for n, (_, rule, part) in enumerate(RULES):
        item, xml = next((k, v) for k, v in items.items() if f"<Subject>Rule {n}<" in v)
        assert part in xml, (rule, part, xml)
        o.server.do("edit", address=ANNA, item=item, xml=f"<Location>Room {n}</Location>")
    o.visit(3)
    for n, (_, rule, _) in enumerate(RULES):
        kept = fields(o.b, records[n])
        assert kept["location"] == f"Room {n}" and kept["recurrence"] == rule, (rule, kept)
    assert json.dumps(o.b.alerts()).count("BRG-EXCHANGE-0019") >= 1


BO, LI = "bo@example.com", "li@example.com"


def test_silent(t):
    """a meeting is written and nobody is mailed, as it is by default; answers of those who come are kept"""
    o = Office(t)
    record = record_of(o.b, "appointment", appointment(
        "Board", "2027-07-01T12:00:00", "2027-07-01T13:00:00",
        attendees={BO: {"role": "required", "name": "Bo Berg"}, LI: {"role": "optional"}}), t.folder)
    o.visit(3)
    item, xml = o.only("calendar")
    assert "<RequiredAttendees><Attendee><Mailbox><Name>Bo Berg</Name>" in xml and LI in xml, xml
    assert fields(o.b, record)["organizer"] == ANNA
    edit(o, record, t.folder, attendees={"mo@example.com": {"role": "resource"}, LI: None}, subject="The board")
    o.visit(3)
    xml = o.only("calendar")[1]
    assert "<Resources>" in xml and "OptionalAttendees" not in xml, xml
    o.b.run("record", "delete", record)
    o.visit(3)
    assert o.items("calendar") == {} and o.server.do("mailed") == []


def test_invitations(t):
    """where the server may mail, each who comes is told once of what concerns him, and never of what is past"""
    o = Office(t, appointment={"invitations": "send"})
    for address in (BO, LI):
        o.server.do("items", address=address, folder="calendar")
    record = record_of(o.b, "appointment", appointment(
        "Board", "2027-07-01T12:00:00", "2027-07-01T13:00:00", attendees={BO: {"role": "required"}}), t.folder)
    record_of(o.b, "appointment", appointment(
        "Past", "2020-07-01T12:00:00", "2020-07-01T13:00:00", attendees={BO: {"role": "required"}}), t.folder)
    o.visit(3)

    def mailed():
        return [(m["what"], m["to"]) for m in o.server.do("mailed")]
    assert mailed() == [("invited", BO)], mailed()
    uid = next(m["uid"] for m in o.server.do("mailed"))
    o.server.do("answer", address=BO, uid=uid, word="Accept")
    o.visit(3)
    kept = shown(o, record)["fields"]["attendees"][BO]
    assert kept["response"] == "accepted" and kept["responded"], kept
    edit(o, record, t.folder, categories=["private matter"])
    o.visit(3)
    assert mailed() == [("invited", BO)], mailed()
    edit(o, record, t.folder, attendees={LI: {"role": "optional"}})
    o.visit(3)
    assert mailed()[1:] == [("updated", BO), ("updated", LI)], mailed()
    item, xml = next((k, v) for k, v in o.items("calendar").items() if "Board" in v)
    assert "<ResponseType>Accept</ResponseType>" in xml, xml
    edit(o, record, t.folder, attendees={LI: None})
    o.visit(3)
    assert mailed()[3:] == [("updated", BO), ("cancelled", LI)], mailed()
    o.b.run("record", "delete", record)
    o.visit(3)
    assert mailed()[5:] == [("cancelled", BO)], mailed()


def test_lost_answers(t):
    """an answer that is lost on the way, at each write of a series in turn: it is there once, and whole"""
    whole = {"2027-03-29T09:00:00": {"location": "Attic"}, "2027-04-05T09:00:00": None}
    o = Office(t, appointment={"invitations": "send"})
    o.visit()
    for after in range(3):
        o.server.do("lose", count=1, after=after)
        record = record_of(o.b, "appointment", appointment(
            f"Series {after}", "2027-03-22T09:00:00", "2027-03-22T09:15:00", recurrence="FREQ=WEEKLY;COUNT=8",
            occurrences=whole, attendees={BO: {"role": "required"}}), t.folder)
        assert visit(o), f"the answer was not lost ({after})"
        for _ in range(4):
            wake(o)
            o.visit(1)
        found = [k for k, v in o.items("calendar").items() if f"<Subject>Series {after}<" in v]
        assert len(found) == 1, (after, found)
        assert len(starts(o, found[0])) == 7, (after, starts(o, found[0]))
        assert "Attic" in o.server.do("tell", address=ANNA, item=f"{found[0]}.2"), after
        kept = shown(o, record)["fields"]["occurrences"]
        assert kept["2027-04-05T09:00:00"] is None and kept["2027-03-29T09:00:00"]["location"] == "Attic", kept
    invited = [m for m in o.server.do("mailed") if m["what"] == "invited"]
    assert len(invited) == 3, invited


def test_no_return(t):
    """an occurrence that was deleted there while it changed here: that it cannot come back is said, the rest goes on"""
    o = Office(t)
    record, item = series(o, t)
    o.server.do("delete", address=ANNA, item=f"{item}.3")
    edit(o, record, t.folder, occurrences={"2027-04-05T09:00:00": {"location": "Attic"},
                                           "2027-04-12T09:00:00": {"location": "Cellar"}})
    o.visit(3)
    assert len(starts(o, item)) == 7
    assert "Cellar" in o.server.do("tell", address=ANNA, item=f"{item}.4")
    assert "BRG-EXCHANGE-0023" in json.dumps(o.b.alerts()), o.b.alerts()


def test_die(t):
    """kill -9 at every effect of a visit in turn, while a series is made, moves, changes in places and goes"""
    o = Office(t, appointment={"invitations": "send"})
    o.visit()
    n, died, deaths = 0, True, 0
    while died and n < 60:
        n += 1
        died = False
        record = None
        for step in range(4):
            if step == 0:
                record = record_of(o.b, "appointment", appointment(
                    f"Series {n}", "2027-03-22T09:00:00", "2027-03-22T09:15:00", recurrence="FREQ=WEEKLY;COUNT=8",
                    attendees={BO: {"role": "required"}}, occurrences={
                        "2027-03-29T09:00:00": {"location": "Attic"}, "2027-04-05T09:00:00": None}), t.folder)
            if step == 1:
                edit(o, record, t.folder, location="Quay", occurrences={"2027-04-12T09:00:00": {"subject": "Special"}})
            if step == 2:
                edit(o, record, t.folder, recurrence="FREQ=WEEKLY;COUNT=6")
            if step == 3:
                o.b.run("record", "delete", record)
            died = o.b.run("visit", "anna", "--lane", "act", ok=False, env={"BRYGGA_DIE_AT": str(n)}).returncode < 0 or died
            for _ in range(3):
                wake(o)
                o.visit(1)
            found = [k for k, v in o.items("calendar").items() if f"<Subject>Series {n}<" in v]
            if step < 3:
                assert len(found) == 1, (n, step, found)
                assert len(starts(o, found[0])) == (7 if step < 2 else 5), (n, step, starts(o, found[0]))
                assert "Attic" in o.server.do("tell", address=ANNA, item=f"{found[0]}.2"), (n, step)
            if step == 1:
                assert "Special" in o.server.do("tell", address=ANNA, item=f"{found[0]}.4"), (n, step)
        assert found == [], (n, found)
        deaths += died
        whats = [m["what"] for m in o.server.do("mailed")]
        assert whats.count("invited") == n and whats.count("cancelled") == n, (n, whats)
    assert not died and deaths > 5, (n, deaths)
    assert o.b.alerts() == []


# ---- strangers --------------------------------------------------------------------------------

MEETING = {"subject": "Fair", "sensitivity": "Personal", "importance": "High", "location": "Åre", "body": "one\ntwo",
           "legacy_free_busy_status": "OOF", "reminder_is_set": True, "reminder_minutes_before_start": 45,
           "start": "2027-06-01T09:00:00", "end": "2027-06-01T10:30:00", "zone": "Europe/Berlin",
           "categories": ["red"], "required": [BO, "eva@x.example"], "optional": [LI], "resources": ["room@x.example"],
           "is_all_day": False}
PATTERNS = [
    {"kind": "daily", "interval": 2, "number": 9}, {"kind": "weekly", "interval": 1, "weekdays": ["Tuesday", "Friday"], "number": 9},
    {"kind": "monthly", "interval": 1, "day": 1, "number": 6}, {"kind": "nth", "interval": 2, "weekday": "Tuesday", "place": "First", "number": 6},
    {"kind": "yearly", "day": 1, "month": "June", "number": 3},
]


def test_strangers(t):
    """appointments that exchangelib made are records with all their fields; what we make of them it reads the same"""
    o = Office(t)
    o.b.people["user anna"]["inbound-appointments"] = "all"
    o.b.apply()
    for pattern in [None, *PATTERNS]:
        values = MEETING | ({"pattern": pattern} if pattern else {})
        made = stranger(o, "make", "calendar", values)
        if pattern:
            stranger(o, "except", "calendar", {"id": made["id"]})
        wanted = stranger(o, "read", "calendar")[0]
        o.visit(3)
        records = o.b.json("record", "list", "--kind", "appointment")
        assert len(records) == 1, records
        told = shown(o, records[0]["id"])["fields"]
        path = write(os.path.join(t.folder, "fields.json"), json.dumps(without(
            told, "organizer", "organizer_name", "response", "cancelled", "online_url")))
        o.b.run("record", "delete", records[0]["id"])
        o.visit(3)
        for folder in ("calendar", "deleteditems"):
            for item in o.items(folder):
                o.server.do("delete", address=ANNA, item=item, hard=True)
        o.visit(3)
        o.b.run("record", "new", "appointment", "--fields", path, "--owner", "anna")
        o.visit(3)
        found = stranger(o, "read", "calendar")
        assert len(found) == 1, found
        differ = {k: (v, found[0].get(k)) for k, v in without(wanted, "id", "uid").items() if found[0].get(k) != v}
        assert not differ, (pattern, differ)
        for record in o.b.json("record", "list", "--kind", "appointment"):
            o.b.run("record", "delete", record["id"])
        o.visit(3)
        for folder in ("calendar", "deleteditems"):
            for item in o.items(folder):
                o.server.do("delete", address=ANNA, item=item, hard=True)
        o.visit(3)
    assert o.server.do("invalid") == []
