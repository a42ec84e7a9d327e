# SPDX-License-Identifier: Apache-2.0
"""Contacts and tasks both ways with an Exchange server, by EWS: the connector against a server that
refuses what the schema refuses."""
import json
import os
import re
import shutil
import subprocess

from lib import BUILD, ROOT, Brygga, Skip, write

import ews

STRANGER = os.path.join(os.path.dirname(ews.__file__), "ews_stranger.py")

ANNA = "anna@example.com"


class Office:
    """A Brygga with one mailbox on the server, and whoever sits at it."""

    def __init__(self, t, **sections):
        plugins = os.path.join(t.folder, "plugins")
        shutil.copytree(os.path.join(ROOT, "lib", "brygga"), plugins)
        shutil.copy(os.path.join(BUILD, ".libs", "exchange.so"), os.path.join(plugins, "connector"))
        self.server = ews.Ews(os.path.join(t.folder, "ews"))
        t.logs.append(self.server.log)
        t.at_end(self.server.stop)
        self.b = Brygga(t, plugins=plugins, connector_exchange={}, **sections)
        secret = write(os.path.join(t.folder, "secret"), "secret\n")
        self.b.person("user anna", address=ANNA)
        for kind in ("contact", "task"):
            self.b.person(f"filter {kind}s", user="anna", kind=kind, where="owner = me")
        self.b.profiles["office"] = {"connector": "exchange", "url": self.server.url}
        self.b.mailboxes["anna"] = {"user": "anna", "profile": "office", "address": ANNA, "incoming": "none",
                                    "outgoing": "none", "act": "brygga", "username": ANNA,
                                    "password": f"file:{secret}"}
        self.b.apply()

    def visit(self, times=2):
        for _ in range(times):
            self.b.run("visit", "anna", "--lane", "act")
        assert self.server.do("invalid") == [], "an answer of the test server is not as the schema wants it"

    def items(self, folder):
        return {key: re.sub(r' xmlns(:\w+)?="[^"]*"|(?<=<)(/?)\w+:', r"\2", xml)
                for key, xml in self.server.do("items", address=ANNA, folder=folder).items()}

    def only(self, folder):
        items = self.items(folder)
        assert len(items) == 1, items
        return next(iter(items.items()))


def new(b, kind, **values):
    return b.run("record", "new", kind, *[f"{k}={v}" for k, v in values.items()], "--owner", "anna").stdout.strip()


def fields(b, record):
    return b.json("record", "show", record)["fields"]


def test_contact(t):
    """a contact goes there and comes back, changed on both sides in different fields"""
    o = Office(t)
    record = new(o.b, "contact", given="Bo", surname="Berg", email1="bo@x.example", mobile_phone="+46 1",
                 business_street="Gatan 1", business_city="Lund", birthday="1980-02-29", categories="a, b",
                 title="Dr", children="Li, Mi", body="a note")
    o.visit()
    item, xml = o.only("contacts")
    for part in ("<GivenName>Bo</GivenName>", '<Entry Key="MobilePhone">+46 1</Entry>', "<City>Lund</City>",
                 "<Birthday>1980-02-29T00:00:00Z</Birthday>", "<String>Mi</String>"):
        assert part in xml, (part, xml)
    before = fields(o.b, record)
    o.visit()
    assert fields(o.b, record) == before
    o.server.do("edit", address=ANNA, item=item, xml="<JobTitle>Boss</JobTitle><Body BodyType='Text'>more</Body>")
    o.b.run("record", "edit", record, "mobile_phone=", "home_phone=+46 2", "surname=Ek")
    o.visit()
    after = fields(o.b, record)
    assert (after["job_title"], after["body"], after["surname"]) == ("Boss", "more", "Ek"), after
    _, xml = o.only("contacts")
    assert "<Surname>Ek</Surname>" in xml and "MobilePhone" not in xml and "HomePhone" in xml, xml
    assert "<JobTitle>Boss</JobTitle>" in xml, xml


def test_nothing_to_do(t):
    """a visit without changes: one request for each folder, and three that ask what there is"""
    o = Office(t)
    new(o.b, "contact", given="Bo")
    o.visit(3)
    o.server.do("requests")
    o.visit(1)
    asked = o.server.do("requests")
    assert asked.count("SyncFolderItems") == 3 and len(asked) <= 5, asked


# ---- strangers --------------------------------------------------------------------------------

PERSON = {
    "display_name": "Dr Bo B Berg", "given_name": "Bo", "middle_name": "B", "nickname": "Bosse",
    "company_name": "Acme AB", "department": "Sales", "job_title": "Boss", "generation": "Jr", "surname": "Berg",
    "assistant_name": "Ann", "business_homepage": "https://x.example/", "manager": "Mia", "office": "7B",
    "profession": "Poet", "spouse_name": "Li", "file_as": "Berg, Bo", "sensitivity": "Normal",
    "birthday": "1980-02-29", "wedding_anniversary": "2004-06-01", "children": ["Kim", "Max"],
    "categories": ["red", "Åre 東京"], "body": "one\ntwo",
    "emails": {f"EmailAddress{i}": f"bo{i}@x.example" for i in (1, 2, 3)},
    "phones": {key: f"+46 {i}" for i, key in enumerate(
        "AssistantPhone BusinessFax BusinessPhone BusinessPhone2 Callback CarPhone CompanyMainPhone HomeFax HomePhone "
        "HomePhone2 Isdn MobilePhone OtherFax OtherTelephone Pager PrimaryPhone RadioPhone Telex TtyTddPhone".split())},
    "places": {key: [f"{key} 1", "Lund", "Skåne", "Sweden", "222 22"] for key in ("Business", "Home", "Other")},
}
ERRAND = {"subject": "Call", "sensitivity": "Personal", "importance": "High", "due_date": "2027-03-02",
          "start_date": "2027-03-01", "percent_complete": 40, "status": "InProgress", "actual_work": 30,
          "total_work": 90, "categories": ["red"], "body": "one\ntwo"}


def stranger(o, what, folder, values=None):
    try:
        done = subprocess.run(["/usr/bin/python3", STRANGER, o.server.url, ANNA, "secret", what, folder], text=True,
                              input=json.dumps(values or {}), capture_output=True, timeout=60, check=False)
    except FileNotFoundError:
        raise Skip("Debian's Python is not here") from None
    if "No module named 'exchangelib'" in done.stderr:
        raise Skip("python3-exchangelib is not installed")
    assert done.returncode == 0, done.stderr[-1500:]
    return json.loads(done.stdout)


def without(values, *names):
    return {k: v for k, v in values.items() if k not in names}


def test_strangers(t):
    """what exchangelib made is a record with all its fields; what we make of that record it reads the same"""
    o = Office(t)
    o.b.people["user anna"].update({"inbound-contacts": "all", "inbound-tasks": "all"})
    o.b.apply()
    for folder, kind, values in (("contacts", "contact", PERSON), ("tasks", "task", ERRAND)):
        made = stranger(o, "make", folder, values)
        o.visit(3)
        records = o.b.json("record", "list", "--kind", kind)
        assert len(records) == 1, records
        told = fields(o.b, records[0]["id"])
        # The same fields as a record of our own, in another mailbox: nothing is lost on the way there.
        path = write(os.path.join(t.folder, "fields.json"), json.dumps(without(told, "completed")))
        o.b.run("record", "delete", records[0]["id"])
        o.visit(3)
        for item in o.items(folder):
            o.server.do("delete", address=ANNA, item=item, hard=True)
        o.visit(3)
        assert o.b.json("record", "list", "--kind", kind) == []
        o.b.run("record", "new", kind, "--fields", path, "--owner", "anna")
        o.visit(3)
        found = stranger(o, "read", folder)
        assert len(found) == 1
        differ = {k: (v, found[0].get(k)) for k, v in values.items() if found[0].get(k) != v}
        assert not differ, differ
    assert o.server.do("invalid") == []
