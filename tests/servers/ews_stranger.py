#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Debian's exchangelib at our Exchange server: a client that others wrote.

ews_stranger.py URL ADDRESS PASSWORD make|read|change|delete contacts|tasks: JSON of what it made, or of what
it reads there, on standard output. `make` takes the fields as JSON from standard input.
"""
import datetime
import decimal
import json
import sys
import warnings

warnings.filterwarnings("ignore")
from exchangelib import BASIC, DELEGATE, Account, Build, Configuration, Credentials, EWSDate, Version  # noqa: E402
from exchangelib.indexed_properties import EmailAddress, PhoneNumber, PhysicalAddress  # noqa: E402
from exchangelib.items import Contact, Task  # noqa: E402
from exchangelib.properties import Body  # noqa: E402

PLAIN = {
    "contacts": """display_name given_name middle_name nickname company_name department job_title generation surname
assistant_name business_homepage manager office profession spouse_name file_as sensitivity birthday
wedding_anniversary children categories""".split(),
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
    if folder == "contacts":
        out["emails"] = {e.label: e.email for e in item.email_addresses or []}
        out["phones"] = {p.label: p.phone_number for p in item.phone_numbers or []}
        out["places"] = {a.label: [a.street, a.city, a.state, a.country, a.zipcode] for a in item.physical_addresses or []}
    return out


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
    if what == "change":
        for item in items:
            for name, value in json.load(sys.stdin).items():
                setattr(item, name, value)
            item.save()
    if what == "delete":
        for item in items:
            item.move_to_trash()
    print(json.dumps([told(item, folder) for item in where.all()]))


main()
