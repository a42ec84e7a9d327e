# SPDX-License-Identifier: Apache-2.0
"""Contacts and tasks both ways with an Exchange server, by EWS: the connector against a server that
refuses what the schema refuses."""
import json
import os
import re

from lib import write
from office import ANNA, Office, fields, new, stranger, visit, wake, without


def test_contact(t):
    """a contact goes there and comes back, changed on both sides in different fields"""
    o = Office(t)
    record = new(o.b, "contact", given="Bo", surname="Berg", email1="bo@x.example", mobile_phone="+46 1",
                 business_street="Gatan 1", business_city="Lund", birthday="1980-02-29", categories="a, b",
                 title="Dr", children="Li, Mi", body="a note")
    o.visit()
    item, xml = o.only("contacts")
    for part in ("<GivenName>Bo</GivenName>", '<Entry Key="MobilePhone">+46 1</Entry>', "<City>Lund</City>",
                 "<Birthday>1980-02-29T11:59:00Z</Birthday>", "<String>Mi</String>"):
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
    """a visit without changes: one request for each folder; of folders it is asked now and then"""
    o = Office(t)
    record = new(o.b, "contact", given="Bo")
    o.visit(3)
    o.server.do("requests")
    o.visit(2)
    assert o.server.do("requests") == ["SyncFolderItems"] * 6
    # A folder that is new is not seen yet; what changes in those that are known is.
    o.server.do("folder", address=ANNA, name="More", kind="IPF.Contact")
    o.b.run("record", "edit", record, "surname=Berg")
    o.visit(1)
    assert "FindFolder" not in o.server.do("requests") and "Berg" in o.only("contacts")[1]
    o.b.profiles["office"]["folders-every"] = "0s"
    o.b.apply()
    wake(o)
    o.visit(2)
    o.server.do("requests")
    o.visit(1)
    asked = o.server.do("requests")
    assert asked.count("SyncFolderItems") == 4 and len(asked) == 6, asked


def test_lost_folder(t):
    """a folder that is gone is not asked for again, and the others go on"""
    o = Office(t)
    o.server.do("folder", address=ANNA, name="More", kind="IPF.Contact")
    new(o.b, "contact", given="Bo")
    o.visit(3)
    o.server.do("drop", address=ANNA, name="More")
    visit(o)
    wake(o)
    o.visit(2)
    o.server.do("requests")
    o.visit(1)
    assert o.server.do("requests") == ["SyncFolderItems"] * 3


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


def test_strangers(t):
    """what exchangelib made is a record with all its fields; what we make of that record it reads the same"""
    there_and_back(t, "exchangelib")


def test_other_strangers(t):
    """and so with ews-javascript-api"""
    there_and_back(t, "ews-javascript-api")


def test_strangers_agree(t):
    """what one of them made, changed and deleted the other finds so: it is the server that both understand"""
    o = Office(t)
    for folder, values, others in (("contacts", PERSON, {"given_name": "Eva", "phones": {"Pager": "+46 99"}}),
                                   ("tasks", ERRAND, {"subject": "Write", "due_date": "2027-04-01"})):
        for one, other in (("exchangelib", "ews-javascript-api"), ("ews-javascript-api", "exchangelib")):
            stranger(o, "make", folder, values, one)
            found = stranger(o, "read", folder, who=other)[0]
            differ = {k: (v, found.get(k)) for k, v in values.items() if found.get(k) != v}
            assert not differ, (one, differ)
            stranger(o, "change", folder, others if one != "exchangelib" else {"categories": ["other"]}, one)
            found = stranger(o, "read", folder, who=other)[0]
            if one == "exchangelib":
                assert found["categories"] == ["other"], found
            else:
                wanted = values | without(others, "phones")
                assert {k: found[k] for k in others if k != "phones"} == {k: wanted[k] for k in others if k != "phones"}, found
                assert folder == "tasks" or found["phones"] == values["phones"] | others["phones"], found["phones"]
            assert stranger(o, "delete", folder, who=other) == []
    assert o.server.do("invalid") == []


def there_and_back(t, who):
    o = Office(t)
    o.b.people["user anna"].update({"inbound-contacts": "all", "inbound-tasks": "all"})
    o.b.apply()
    for folder, kind, values in (("contacts", "contact", PERSON), ("tasks", "task", ERRAND)):
        stranger(o, "make", folder, values, who)
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
        found = stranger(o, "read", folder, who=who)
        assert len(found) == 1
        differ = {k: (v, found[0].get(k)) for k, v in values.items() if found[0].get(k) != v}
        assert not differ, differ
    assert o.server.do("invalid") == []


# ---- trouble ----------------------------------------------------------------------------------

def test_lost_answers(t):
    """an answer that is lost: the item is found again by its mark, and made once"""
    o = Office(t)
    for kind, folder, values in (("contact", "contacts", {"given": "Bo"}), ("task", "tasks", {"subject": "Call"})):
        o.visit()
        record = new(o.b, kind, **values)
        o.server.do("lose", count=1)
        assert visit(o), "the answer was not lost"
        wake(o)
        o.visit(3)
        assert len(o.items(folder)) == 1, o.items(folder)
        o.server.do("lose", count=1)
        o.b.run("record", "edit", record, "body=later")
        assert visit(o)
        wake(o)
        o.visit(3)
        assert ">later<" in o.only(folder)[1]
        if kind == "contact":
            continue  # one of a person's own stays with him
        o.server.do("lose", count=1)
        o.b.run("record", "delete", record)
        assert visit(o)
        wake(o)
        o.visit(3)
        assert o.items(folder) == {}


def test_lost_state(t):
    """a sync state that the server has forgotten: all is met again, nothing is made or deleted"""
    o = Office(t)
    records = [new(o.b, "contact", given=f"N{i}") for i in range(30)]
    o.visit(3)
    before = o.items("contacts")
    assert len(before) == 30
    o.server.do("expire", address=ANNA)
    o.server.do("edit", address=ANNA, item=next(iter(before)), xml="<JobTitle>Boss</JobTitle>")
    o.visit(4)
    assert set(o.items("contacts")) == set(before)
    assert sum(fields(o.b, r).get("job_title") == "Boss" for r in records) == 1
    assert len(o.b.json("record", "list", "--kind", "contact")) == 30


FAULTS = [
    ("SyncFolderItems", "ErrorServerBusy", {"back_off": 3000}, "BRG-EXCHANGE-0002"),
    ("SyncFolderItems", "ErrorServerBusy", {"whole": True, "back_off": 3000}, "BRG-EXCHANGE-0002"),
    ("FindFolder", "ErrorMailboxStoreUnavailable", {}, "BRG-EXCHANGE-0003"),
    ("GetItem", "ErrorTimeoutExpired", {"whole": True}, "BRG-EXCHANGE-0003"),
    ("CreateItem", "ErrorInternalServerError", {"whole": True}, "BRG-EXCHANGE-0003"),
    ("FindFolder", "ErrorAccessDenied", {"whole": True}, "BRG-EXCHANGE-0011"),
]


def test_faults(t):
    """what the server refuses as a whole is the visit's, with its class; afterwards all is as it should be"""
    o = Office(t)
    o.b.profiles["office"]["folders-every"] = "0s"
    o.b.apply()
    o.visit()
    for n, (operation, code, how, expected) in enumerate(FAULTS):
        new(o.b, "contact", given=f"Number{n}")
        o.server.do("create", address=ANNA, folder="tasks", xml=f"<Task><Subject>T{n}</Subject>"
                    "<Categories><String>Brygga</String></Categories></Task>")
        o.server.do("fault", operation=operation, code=code, **how)
        found = visit(o)
        assert found == expected, (operation, code, found)
        wake(o)
        o.visit(3)
    assert len(o.items("contacts")) == len(FAULTS)
    assert sorted(r["title"] for r in o.b.json("record", "list", "--kind", "task")) == [f"T{n}" for n in range(len(FAULTS))]


def test_item_faults(t):
    """one item that is refused waits; its neighbours go on, and a conflict is merged"""
    o = Office(t)
    o.visit()
    records = [new(o.b, "contact", given=f"N{i}") for i in range(5)]
    o.server.do("fault", operation="CreateItem", code="ErrorPropertyValidationFailure", after=2)
    assert visit(o) is None
    assert len(o.items("contacts")) == 4
    assert "BRG-EXCHANGE-0013" in json.dumps(o.b.alerts())
    o.b.run("record", "edit", records[2], "surname=Good")
    wake(o)
    o.visit(3)
    assert len(o.items("contacts")) == 5 and o.b.alerts() == []
    o.server.do("fault", operation="UpdateItem", code="ErrorIrresolvableConflict")
    o.b.run("record", "edit", records[0], "surname=Berg")
    o.visit(2)
    assert sum("<Surname>Berg</Surname>" in xml for xml in o.items("contacts").values()) == 1


def test_settings(t):
    """what cannot work is told in one line, before the server is asked"""
    o = Office(t)
    o.b.profiles["office"]["url"] = "https://outlook.office365.com/EWS/Exchange.asmx"
    o.b.apply()
    assert visit(o) == "BRG-EXCHANGE-0030"
    o.b.profiles["office"].update({"url": o.server.url, "access": "impersonate"})
    o.b.apply()
    wake(o)
    assert visit(o) == "BRG-EXCHANGE-0031"
    o.b.mailboxes["anna"]["mailbox"] = "nobody@elsewhere.example"
    o.b.apply()
    wake(o)
    assert visit(o) == "BRG-EXCHANGE-0011"
    o.b.mailboxes["anna"]["mailbox"] = ANNA
    o.b.profiles["office"]["access"] = "delegate"
    o.b.apply()
    wake(o)
    o.visit()


def changed(name, value):
    """Another value of the same kind."""
    if isinstance(value, list):
        return sorted(value + ["more"])
    if isinstance(value, int):
        return value + 1
    if isinstance(value, dict):
        return value | {"local": "2027-05-06T07:08:09", "zone": "Etc/UTC"}
    if re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        return "2011-12-13"
    words = {"normal": "personal", "personal": "confidential", "high": "low", "in_progress": "waiting"}
    return words.get(value) or ("x" + value if name != "web_page" else value + "x")


def test_every_field(t):
    """every field is changed there, and cleared, one by one and all at once, as the schema wants it"""
    o = Office(t)
    o.b.people["user anna"].update({"inbound-contacts": "all", "inbound-tasks": "all"})
    o.b.apply()
    for folder, kind, values in (("contacts", "contact", PERSON), ("tasks", "task", ERRAND)):
        made = stranger(o, "make", folder, values | ({} if kind == "task" else {"sensitivity": "Personal"}))
        o.visit(3)
        record = o.b.json("record", "list", "--kind", kind)[0]["id"]
        told = without(fields(o.b, record), "completed", "sensitivity", "full_name", "file_as", "percent")
        if kind == "contact":
            told |= {name: "extra" for name in ("title", "ftp_site", "government_id", "yomi_given", "yomi_surname",
                                                "yomi_company", "email1_name", "email2_name", "email3_name")}
            told["im_addresses"] = ["a", "b"]
        other = {name: changed(name, value) for name, value in told.items()}
        path = write(os.path.join(t.folder, "fields.json"), json.dumps(other))
        o.b.run("record", "edit", record, "--fields", path)
        o.visit(3)
        xml = o.items(folder)[made["id"]]
        for name, value in other.items():
            for part in value if isinstance(value, list) else [value]:
                wanted = {"waiting": "WaitingOnOthers", "low": "Low"}.get(part, part) if isinstance(part, str) else str(part)
                if not isinstance(part, dict):
                    assert wanted in xml, (name, wanted, xml)
        now = fields(o.b, record)
        differ = {name: (value, now.get(name)) for name, value in other.items() if now.get(name) != value}
        assert not differ, differ
        keep = {"subject", "status", "given", "surname", "importance"}
        path = write(os.path.join(t.folder, "fields.json"), json.dumps({name: None for name in other if name not in keep}))
        o.b.run("record", "edit", record, "--fields", path)
        o.visit(3)
        left = set(fields(o.b, record)) & set(other)
        assert left <= keep, left
        xml = o.items(folder)[made["id"]]
        gone = [name for name, value in other.items() if name not in keep and isinstance(value, str) and f">{value}<" in xml]
        assert gone == [], (gone, xml)
    assert o.b.alerts() == []
