# SPDX-License-Identifier: Apache-2.0
"""Email in and out through an Exchange server, by EWS."""
import base64
import os
import re

from lib import write
from office import ANNA, Office, visit

MAIL = """From: Bo Berg <bo@x.example>
To: anna@example.com
Subject: {subject}
Message-ID: <{id}@x.example>
Date: Sun, 29 Nov 2026 10:00:00 +0000

{body}
"""


def office(t, **more):
    o = Office(t, **more)
    o.b.mailboxes["anna"] |= {"incoming": "brygga", "outgoing": "brygga", "accept": "all"}
    o.b.apply()
    return o


def come(o, subject, body="hello\n", **values):
    return o.server.do("receive", address=ANNA, mime=MAIL.format(subject=subject, id=subject.replace(" ", "-"), body=body) if not values
                       else values["mime"])


def fetch(o, times=1):
    for _ in range(times):
        o.b.run("visit", "anna", "--lane", "incoming")


def subjects(o):
    return sorted(r["subject"] for r in o.b.json("record", "list", "--kind", "email"))


def test_in(t):
    """mail comes in once each, whatever happens to it in the mailbox afterwards"""
    o = office(t)
    items = [come(o, f"Number {n}", body="x" * n + "\n") for n in range(25)]
    fetch(o)
    assert subjects(o) == sorted(f"Number {n}" for n in range(25))
    o.server.do("edit", address=ANNA, item=items[3], xml="<Importance>High</Importance>")
    o.server.do("delete", address=ANNA, item=items[4])
    come(o, "Later")
    fetch(o, 2)
    assert len(subjects(o)) == 26, subjects(o)
    o.server.do("expire", address=ANNA)
    fetch(o)
    assert len(subjects(o)) == 26, subjects(o)
    raw = o.b.raw(next(r["id"] for r in o.b.json("record", "list", "--kind", "email")
                                         if r["subject"] == "Number 7"))
    assert b"Message-ID: <Number-7@x.example>" in raw and b"xxxxxxx" in raw, raw
    o.server.do("requests")
    fetch(o)
    assert o.server.do("requests") == ["SyncFolderItems"]
    assert o.server.do("invalid") == []


def test_large(t):
    """large mail comes alone, small ones together; one that the server cannot show waits"""
    o = office(t)
    come(o, "Huge", body=("y" * 70 + "\n") * 60000)
    for n in range(12):
        come(o, f"Small {n}")
    fetch(o)
    assert len(subjects(o)) == 13
    asked = o.server.do("requests")
    assert asked.count("GetItem") == 3, asked
    come(o, "Bad")
    o.server.do("fault", operation="GetItem", code="ErrorMimeContentConversionFailed")
    fetch(o)
    assert "BRG-EXCHANGE-0013" in str(o.b.alerts()), o.b.alerts()
    come(o, "Good")
    fetch(o)
    assert "Good" in subjects(o)


def test_marked(t):
    """mail that no rule takes is taken when its owner marks it"""
    o = office(t)
    o.b.mailboxes["anna"]["accept"] = "none"
    o.b.apply()
    items = [come(o, "Nothing"), come(o, "Something")]
    fetch(o)
    assert subjects(o) == []
    o.server.do("edit", address=ANNA, item=items[1], xml="<Categories><String>Brygga</String></Categories>")
    fetch(o)
    assert subjects(o) == ["Something"]
    fetch(o, 2)
    assert subjects(o) == ["Something"]


def test_delete(t):
    """mail that is in the store goes from the mailbox where that is wanted"""
    o = office(t)
    o.b.mailboxes["anna"] |= {"delete-after-store": "yes", "delete-user-mail": "yes"}
    o.b.apply()
    come(o, "Going")
    fetch(o, 3)
    assert subjects(o) == ["Going"] and o.items("inbox") == {}, o.items("inbox")


def compose(o, t, subject, to="bo@x.example", **fields):
    more = "".join(f"{name.title()}: {value}\n" for name, value in fields.items())
    path = write(os.path.join(t.folder, "mail.eml"), f"From: {ANNA}\nTo: {to}\n{more}Subject: {subject}\n\nHello there\n")
    return o.b.json("record", "send", path)["record"]


def sent(o):
    return sorted((m["subject"].partition(" CRM:")[0], tuple(m["to"])) for m in o.server.do("sent"))


def state(o, record):
    return o.b.json("record", "show", record)["outbox"]["state"]


def out(o):
    done = o.b.run("visit", "anna", "--lane", "outgoing", ok=False)
    found = re.search(r"BRG-[A-Z]+-\d+", done.stderr)
    return found and found[0]


def test_out(t):
    """mail of ours is a draft, is sent, and lies among what was sent; those who are not named get it too"""
    o = office(t)
    first = compose(o, t, "One", cc="li@x.example", bcc="secret@x.example")
    second = compose(o, t, "Two")
    assert out(o) is None
    assert sent(o) == [("One", ("bo@x.example", "li@x.example", "secret@x.example")), ("Two", ("bo@x.example",))], sent(o)
    assert b"secret" not in base64.b64decode(o.server.do("sent")[0]["mime"])
    assert o.items("drafts") == {} and len(o.items("sentitems")) == 2
    assert state(o, first) == state(o, second) == "sent"
    assert out(o) is None and len(sent(o)) == 2
    assert o.server.do("invalid") == []


def test_refused(t):
    """mail that the server refuses for ever fails with its words, leaves no draft, and the next one goes"""
    o = office(t)
    bad = compose(o, t, "Bad", to="nobody@refused.example")
    good = compose(o, t, "Good")
    assert out(o) is None
    assert state(o, bad) == "failed" and state(o, good) == "sent"
    assert o.items("drafts") == {} and [s for s, _ in sent(o)] == ["Good"]
    assert "BRG-MAIL-0008" in str(o.b.alerts())


def test_lost_answers(t):
    """an answer that is lost, of the draft or of the sending: each mail is sent once, and none is uncertain"""
    o = office(t)
    for after in range(4):
        records = [compose(o, t, f"Lost {after} {n}") for n in range(2)]
        o.server.do("lose", count=1, after=after)
        for _ in range(4):
            out(o)
            o.b.run("sync", "anna")
        assert [state(o, r) for r in records] == ["sent"] * 2, (after, [state(o, r) for r in records])
        assert len(sent(o)) == 2 * (after + 1), (after, sent(o))
        assert o.items("drafts") == {}, o.items("drafts")


def test_throttled(t):
    """a server that asks for a pause has sent nothing: the draft waits, and goes once"""
    o = office(t)
    record = compose(o, t, "Pause")
    o.server.do("fault", operation="SendItem", code="ErrorServerBusy", whole=True, back_off=1000)
    assert out(o) == "BRG-EXCHANGE-0002"
    assert state(o, record) != "sent" and len(o.items("drafts")) == 1
    visit(o)
    for _ in range(3):
        o.b.run("sync", "anna")
        out(o)
    assert state(o, record) == "sent" and len(sent(o)) == 1 and o.items("drafts") == {}


def test_die(t):
    """kill -9 at every effect of a visit in turn: each mail is sent once and comes in once, each record is made once"""
    o = office(t)
    lanes = ("incoming", "outgoing", "act")
    n, died, sums = 0, True, {"mail": 0, "act": 0}
    while died and n < 60:
        n += 1
        record = compose(o, t, f"Out {n}")
        come(o, f"In {n}")
        contact = o.b.run("record", "new", "contact", f"given=N{n}", "--owner", "anna").stdout.strip()
        died = False
        for lane in lanes:
            done = o.b.run("visit", "anna", "--lane", lane, ok=False, env={"BRYGGA_DIE_AT": str(n)})
            if done.returncode < 0:
                died = True
                sums["act" if lane == "act" else "mail"] += 1
        for _ in range(2):
            o.b.run("sync", "anna")
            for lane in lanes:
                o.b.run("visit", "anna", "--lane", lane)
        assert state(o, record) == "sent", (n, state(o, record))
        assert len(sent(o)) == n and o.items("drafts") == {}, (n, sent(o), o.items("drafts"))
        assert len([s for s in subjects(o) if s.startswith("In ")]) == n, (n, subjects(o))
        assert len(o.items("contacts")) == n, (n, contact, o.items("contacts"))
    assert not died and sums["mail"] > 5 and sums["act"] > 2, (n, sums)
