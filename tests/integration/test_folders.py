# SPDX-License-Identifier: Apache-2.0
"""Tracked folders of an Exchange mailbox: each event of the model's table (server-side-sync.md section 7)."""
import os

from lib import write
from office import ANNA, Office
from test_exchange_mail import MAIL

BO = "bo@example.com"


def office(t, **sections):
    o = Office(t, **sections)
    o.b.person("account fjord", title="Fjord AS", visibility="everyone")
    o.b.person("account lake", title="Lake AS", visibility="everyone")
    o.b.profiles["office"]["folders-every"] = "0s"
    o.b.mailboxes["anna"] |= {"incoming": "brygga", "act": "none", "accept": "replies"}
    o.b.apply()
    return o


def folder(o, name, parent="inbox", address=ANNA):
    return o.server.do("folder", address=address, name=name, kind="IPF.Note", parent=parent)


def come(o, subject, address=ANNA):
    return o.server.do("receive", address=address, mime=MAIL.format(subject=subject, id=subject, body="hello"))


def drag(o, item, where, address=ANNA):
    return o.server.do("move", address=address, item=item, folder=where)


def visit(o, *mailboxes):
    for name in mailboxes or ("anna",):
        o.b.run("visit", name, "--lane", "incoming")
    assert o.server.do("invalid") == []


def mails(o):
    """Subject: what it regards."""
    found = {}
    for r in o.b.json("record", "list", "--kind", "email"):
        assert r["subject"] not in found, "one mail is one record"
        thing = o.b.json("record", "show", r["id"]).get("regarding")
        found[r["subject"]] = thing and thing.rpartition("/")[2]
    return found


def track(o, name, regarding=None, mailbox="anna"):
    o.b.run("folder", "track", mailbox, name, *(["--regarding", f"account/{regarding}"] if regarding else []))


def listed(o, mailbox="anna"):
    return {f["folder"]: (f["tracked"], f["regarding"])
            for f in o.b.json("folder", "list", mailbox, "--as", mailbox)}


def rules(o, subject):
    record = next(r["id"] for r in o.b.json("record", "list", "--kind", "email") if r["subject"] == subject)
    return [w["rule"] for w in o.b.json("explain", record)]


def test_comes(t):
    """what is dragged into a tracked folder is tracked whatever the rules say, with its regarding; nothing else is"""
    o = office(t)
    projects, other = folder(o, "Projects"), folder(o, "Other")
    below = folder(o, "Fjord", projects)
    first, second, third = (come(o, s) for s in ("First", "Second", "Third"))
    visit(o)
    track(o, "projects", "fjord")
    assert listed(o) == {"Other": ("no", None), "Projects": ("yes", "account/fjord"), "Projects/Fjord": ("no", None)}
    drag(o, first, projects)
    drag(o, second, other)
    drag(o, third, below)
    visit(o)
    assert mails(o) == {"First": "fjord"}, mails(o)
    assert "BRG-RULE-0094" in rules(o, "First"), rules(o, "First")
    o.b.profiles["office"]["folders-every"] = "1h"
    o.b.apply()
    visit(o)
    assert len(mails(o)) == 1
    o.server.do("requests")
    visit(o)
    assert o.server.do("requests") == ["SyncFolderItems", "SyncFolderItems"]


def test_old_mail(t):
    """what lay there before is tracked too, and a lost cursor brings nothing twice"""
    o = office(t)
    projects = folder(o, "Projects")
    for n in range(30):
        drag(o, come(o, f"M{n}"), projects)
    track(o, "Projects")
    visit(o)
    assert len(mails(o)) == 30 and set(mails(o).values()) == {None}
    o.server.do("expire", address=ANNA)
    visit(o)
    assert len(mails(o)) == 30


def test_moved(t):
    """mail that moves: keeps its regarding in a folder without one and outside, gets the new one of another folder"""
    o = office(t)
    fjord, lake, plain = folder(o, "Fjord"), folder(o, "Lake"), folder(o, "Plain")
    track(o, "Fjord", "fjord")
    track(o, "Lake", "lake")
    track(o, "Plain")
    item = drag(o, come(o, "Mail"), fjord)
    visit(o)
    assert mails(o) == {"Mail": "fjord"}
    item = drag(o, item, plain)
    visit(o)
    assert mails(o) == {"Mail": "fjord"}
    item = drag(o, item, lake)
    visit(o)
    assert mails(o) == {"Mail": "lake"}
    assert "BRG-RULE-0095" in rules(o, "Mail") and "BRG-RULE-0097" in rules(o, "Mail")
    drag(o, item, "inbox")
    visit(o)
    assert mails(o) == {"Mail": "lake"}
    record = o.b.json("record", "list", "--kind", "email")[0]["id"]
    assert len([link for link in o.b.json("record", "show", record)["links"] if link["on_server"]]) == 1


def test_rule(t):
    """another regarding is that of all that lies there; no regarding and no rule leave what was"""
    o = office(t)
    projects = folder(o, "Projects")
    track(o, "Projects", "fjord")
    for n in range(3):
        drag(o, come(o, f"M{n}"), projects)
    visit(o)
    track(o, "Projects", "lake")
    visit(o)
    assert mails(o) == {f"M{n}": "lake" for n in range(3)}, mails(o)
    track(o, "Projects")
    drag(o, come(o, "M3"), projects)
    visit(o)
    assert mails(o) == {"M0": "lake", "M1": "lake", "M2": "lake", "M3": None}
    o.b.run("folder", "untrack", "anna", "Projects")
    drag(o, come(o, "M4"), projects)
    visit(o)
    assert len(mails(o)) == 4
    track(o, "Projects")
    visit(o)
    assert len(mails(o)) == 5


def test_folder(t):
    """a folder is known by its id: renamed and moved below the inbox it stays tracked, elsewhere it is off"""
    o = office(t)
    projects, archive = folder(o, "Projects"), folder(o, "Archive")
    track(o, "Projects")
    o.server.do("arrange", address=ANNA, folder=projects, name="Works", parent=archive)
    folder(o, "Projects")
    drag(o, come(o, "One"), projects)
    visit(o)
    assert set(mails(o)) == {"One"}
    assert listed(o) == {"Archive": ("no", None), "Archive/Works": ("yes", None), "Projects": ("no", None)}, listed(o)
    o.server.do("arrange", address=ANNA, folder=projects, parent="msgfolderroot")
    drag(o, come(o, "Two"), projects)
    visit(o)
    assert set(mails(o)) == {"One"}
    assert listed(o)["Archive/Works"] == ("off", None)
    assert "BRG-MAIL-0021" in str(o.b.alerts()), o.b.alerts()
    o.server.do("arrange", address=ANNA, folder=projects, parent="inbox")
    visit(o)
    assert set(mails(o)) == {"One"}, "off is off"
    track(o, "Works")
    visit(o)
    assert set(mails(o)) == {"One", "Two"} and "BRG-MAIL-0021" not in str(o.b.alerts())


def test_new(t):
    """a folder that was made a moment ago is tracked, though the mailbox is asked for its folders once an hour"""
    o = office(t)
    o.b.profiles["office"]["folders-every"] = "1h"
    o.b.apply()
    visit(o)
    projects = folder(o, "Projects")
    track(o, "Projects")
    drag(o, come(o, "One"), projects)
    visit(o)
    assert set(mails(o)) == {"One"} and listed(o) == {"Projects": ("yes", None)}


def test_deleted(t):
    """a folder that is deleted takes no record with it, and no other folder"""
    o = office(t)
    gone, kept = folder(o, "Gone"), folder(o, "Kept")
    o.b.profiles["office"]["folders-every"] = "1h"
    o.b.apply()
    track(o, "Gone")
    track(o, "Kept")
    drag(o, come(o, "One"), gone)
    visit(o)
    o.server.do("drop", address=ANNA, name="Gone")
    drag(o, come(o, "Two"), kept)
    visit(o)
    assert set(mails(o)) == {"One", "Two"}
    assert listed(o) == {"Gone": ("off", None), "Kept": ("yes", None)}, listed(o)


def test_parked(t):
    """mail that cannot be read waits with an alert, and is forgotten with its folder"""
    o = office(t)
    projects = folder(o, "Projects")
    track(o, "Projects")
    drag(o, come(o, "Bad"), projects)
    o.server.do("fault", operation="GetItem", code="ErrorMimeContentConversionFailed")
    visit(o)
    assert len(o.b.json("parked", "list")) == 1 and "BRG-EXCHANGE-0013" in str(o.b.alerts())
    drag(o, come(o, "Good"), projects)
    visit(o)
    assert set(mails(o)) == {"Good"}
    o.b.run("folder", "untrack", "anna", "projects")
    assert o.b.json("parked", "list") == [] and o.b.alerts() == []


def test_two(t):
    """two users file the same mail under different things: who came first wins"""
    o = office(t)
    o.b.person("user bo", address=BO)
    o.b.mailboxes["bo"] = o.b.mailboxes["anna"] | {"user": "bo", "address": BO, "username": BO}
    o.b.apply()
    for name, address, thing in (("anna", ANNA, "fjord"), ("bo", BO, "lake")):
        where = folder(o, "Projects", address=address)
        track(o, "Projects", thing, mailbox=name)
        drag(o, come(o, "Mail", address), where, address)
    visit(o, "anna", "bo", "anna", "bo")
    assert mails(o) == {"Mail": "fjord"}, mails(o)
    assert "BRG-RULE-0096" in rules(o, "Mail")


def test_refused(t):
    """what cannot be: a folder that is not there, one more than may be, a folder of a queue, POP3"""
    o = office(t, email={"tracked-folders": "1"})
    folder(o, "A")
    folder(o, "B")
    folder(o, "C", parent="sentitems")
    assert set(listed(o)) == {"A", "B"}
    for name, code in (("C", "BRG-CLI-0077"), ("A", None), ("A", None), ("B", "BRG-CLI-0080")):
        done = o.b.run("folder", "track", "anna", name, ok=code is None)
        assert (code or "") in done.stderr, done.stderr
    assert "BRG-CLI-0078" in o.b.run("folder", "untrack", "anna", "B", ok=False).stderr


def test_die(t):
    """kill -9 at every effect of a visit that tracks and gives another regarding: each mail once, and all alike"""
    o = office(t)
    projects = folder(o, "Projects")
    n, died = 0, True
    while died and n < 40:
        n += 1
        thing = ("lake", "fjord")[n % 2]
        track(o, "Projects", thing)
        drag(o, come(o, f"M{n}"), projects)
        died = o.b.run("visit", "anna", "--lane", "incoming", ok=False, env={"BRYGGA_DIE_AT": str(n)}).returncode < 0
        o.b.run("sync", "anna")
        visit(o)
        assert mails(o) == {f"M{k}": thing for k in range(1, n + 1)}, (n, mails(o))
    assert not died and n > 5, n


def test_sent(t):
    """what its owner has sent from Outlook is looked at where that is wanted, by the rule; ours is not taken twice"""
    o = office(t)
    o.b.mailboxes["anna"] |= {"accept": "senders", "senders": "bo@x.example", "outgoing": "brygga", "track-sent": "yes"}
    o.b.apply()

    def send(subject, to):
        mime = MAIL.format(subject=subject, id=subject, body="hello").replace("Bo Berg <bo@x.example>", ANNA)
        o.server.do("receive", address=ANNA, mime=mime.replace("To: " + ANNA, "To: " + to), folder="sentitems")

    send("Wanted", "bo@x.example")
    send("Private", "mum@x.example")
    mail = write(os.path.join(t.folder, "mail.eml"), f"From: {ANNA}\nTo: bo@x.example\nSubject: Ours\n\nHello\n")
    o.b.run("record", "send", mail)
    o.b.run("visit", "anna", "--lane", "outgoing")
    visit(o, "anna", "anna")
    found = o.b.json("record", "list", "--kind", "email")
    assert sorted(r["subject"].partition(" CRM:")[0] for r in found) == ["Ours", "Wanted"], found
    assert {r["direction"] for r in found} == {"outgoing"}, found
    assert len(o.items("sentitems")) == 3
