#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Debian's exchangelib at our Exchange server: a client that others wrote.

ews_stranger.py URL ADDRESS PASSWORD make|read|change|delete contacts|tasks|calendar: JSON of what it made, or of
what it reads there, on standard output. `make` takes the fields as JSON from standard input. `except` moves one
occurrence of a series and deletes another.
"""
import datetime
import decimal
import json
import sys
import warnings

warnings.filterwarnings("ignore")
from exchangelib import BASIC, DELEGATE, Account, Build, Configuration, Credentials, EWSDate, Version  # noqa: E402
from exchangelib.indexed_properties import EmailAddress, PhoneNumber, PhysicalAddress  # noqa: E402
from exchangelib import EWSDateTime, EWSTimeZone, Mailbox  # noqa: E402
from exchangelib.items import CalendarItem, Contact, Task  # noqa: E402
from exchangelib.properties import Attendee, Body  # noqa: E402
from exchangelib.recurrence import (AbsoluteMonthlyPattern, AbsoluteYearlyPattern, DailyPattern,  # noqa: E402
                                    NumberedPattern, Recurrence, RelativeMonthlyPattern, WeeklyPattern)

PLAIN = {
    "contacts": """display_name given_name middle_name nickname company_name department job_title generation surname
assistant_name business_homepage manager office profession spouse_name file_as sensitivity birthday
wedding_anniversary children categories""".split(),
    "calendar": """subject sensitivity importance location legacy_free_busy_status reminder_is_set
reminder_minutes_before_start categories is_all_day uid""".split(),
    "tasks": "subject sensitivity importance due_date start_date percent_complete status actual_work total_work categories"
    .split(),
}


def account(url, address, password):
    how = Configuration(service_endpoint=url, credentials=Credentials(address, password), auth_type=BASIC,
                        version=Version(Build(15, 1, 2507, 4)))
    return Account(address, config=how, autodiscover=False, access_type=DELEGATE)


def plain(value):
    if isinstance(value, (datetime.date, datetime.datetime)):
        return value.isoformat()[:10]
    if isinstance(value, decimal.Decimal):
        return int(value)
    return value if value is None or isinstance(value, (str, int, float, bool, list)) else str(value)


def told(item, folder):
    out = {name: plain(getattr(item, name)) for name in PLAIN[folder]}
    out["id"] = item.id
    out["body"] = (item.body or "").replace("\r\n", "\n")
    if folder == "calendar":
        out |= planned(item)
    if folder == "contacts":
        out["emails"] = {e.label: e.email for e in item.email_addresses or []}
        out["phones"] = {p.label: p.phone_number for p in item.phone_numbers or []}
        out["places"] = {a.label: [a.street, a.city, a.state, a.country, a.zipcode] for a in item.physical_addresses or []}
    return out


def planned(item):
    """When, how often, and with whom."""
    guests = {name: sorted(a.mailbox.email_address for a in getattr(item, attribute) or [])
              for name, attribute in (("required", "required_attendees"), ("optional", "optional_attendees"),
                                      ("resources", "resources"))}
    zone = item._start_timezone.ms_id if item._start_timezone else None
    return guests | {
        "start": str(item.start), "end": str(item.end), "zone": zone, "pattern": str(item.recurrence),
        "changed": sorted([str(o.original_start), str(o.start), str(o.end)] for o in item.modified_occurrences or []),
        "deleted": sorted(str(o.start) for o in item.deleted_occurrences or [])}


def pattern_of(p):
    how = {"daily": lambda: DailyPattern(interval=p["interval"]),
           "weekly": lambda: WeeklyPattern(interval=p["interval"], weekdays=p["weekdays"], first_day_of_week="Monday"),
           "monthly": lambda: AbsoluteMonthlyPattern(interval=p["interval"], day_of_month=p["day"]),
           "nth": lambda: RelativeMonthlyPattern(interval=p["interval"], weekday=p["weekday"], week_number=p["place"]),
           "yearly": lambda: AbsoluteYearlyPattern(day_of_month=p["day"], month=p["month"])}
    return how[p["kind"]]()


def plan(where, values):
    zone = EWSTimeZone(values.pop("zone"))
    times = {name: EWSDateTime.from_datetime(datetime.datetime.fromisoformat(values.pop(name)).replace(tzinfo=zone))
             for name in ("start", "end")}
    guests = {attribute: [Attendee(mailbox=Mailbox(email_address=a)) for a in values.pop(name)]
              for name, attribute in (("required", "required_attendees"), ("optional", "optional_attendees"),
                                      ("resources", "resources"))}
    pattern = values.pop("pattern", None)
    how = Recurrence(pattern=pattern_of(pattern), boundary=NumberedPattern(
        start=EWSDate(times["start"].year, times["start"].month, times["start"].day), number=pattern["number"])) if pattern else None
    return CalendarItem(account=where.account, folder=where, **values, **times, **guests, recurrence=how).save()


def differ(where, key):
    """One of the series later and under another name, one deleted."""
    series = next(i for i in where.all() if i.id == key)
    second = next(iter(where.account.fetch(ids=[series.occurrence(index=2)])))
    second.subject = "Another"
    second.start, second.end = (m + datetime.timedelta(hours=1) for m in (second.start, second.end))
    second.save(update_fields=["subject", "start", "end"])
    series.occurrence(index=3).delete()


def make(where, folder, values):
    values = dict(values)
    emails, phones, places = (values.pop(name, {}) for name in ("emails", "phones", "places"))
    for name in ("birthday", "wedding_anniversary", "due_date", "start_date"):
        if name in values:
            values[name] = EWSDate.fromisoformat(values[name])
    if "percent_complete" in values:
        values["percent_complete"] = decimal.Decimal(values["percent_complete"])
    if "body" in values:
        values["body"] = Body(values["body"])
    if folder == "calendar":
        return plan(where, values)
    if folder == "tasks":
        return Task(account=where.account, folder=where, **values).save()
    return Contact(account=where.account, folder=where, **values,
                   email_addresses=[EmailAddress(label=k, email=v) for k, v in emails.items()],
                   phone_numbers=[PhoneNumber(label=k, phone_number=v) for k, v in phones.items()],
                   physical_addresses=[PhysicalAddress(label=k, street=v[0], city=v[1], state=v[2], country=v[3],
                                                       zipcode=v[4]) for k, v in places.items()]).save()


def main():
    url, address, password, what, folder = sys.argv[1:]
    where = getattr(account(url, address, password), folder)
    if what == "make":
        print(json.dumps(told(make(where, folder, json.load(sys.stdin)), folder)))
        return
    items = list(where.all())
    if what == "except":
        differ(where, json.load(sys.stdin)["id"])
    if what == "change":
        for item in items:
            for name, value in json.load(sys.stdin).items():
                setattr(item, name, value)
            item.save()
    if what == "delete":
        for item in items:
            item.move_to_trash()
    print(json.dumps([told(item, folder) for item in where.all()]))


if __name__ == "__main__":
    main()
