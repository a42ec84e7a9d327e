# SPDX-License-Identifier: Apache-2.0
"""Contacts, tasks and appointments by hand and by programs on the database."""
import json
import os
import re
import shutil
import sqlite3
import subprocess

from lib import BUILD, ROOT, TOP, Brygga, Skip, until, write
import postgres
from test_cli import refused

NOW = 1_790_000_000_000_000


def people(t):
    b = Brygga(t)
    b.person("user anna", address="anna@example.com", time_zone="Europe/Stockholm")
    b.person("user bo", address="bo@example.com")
    b.profile("p", host="localhost")
    b.mailbox("anna", "p")
    b.apply()
    return b


def new(b, kind, *words, owner="anna"):
    return b.run("record", "new", kind, *words, "--owner", owner).stdout.strip()


def fields(b, record):
    return b.json("record", "show", record)["fields"]


def blob(uuid):
    return bytes.fromhex(uuid.replace("-", ""))


def test_new(t):
    """record new: values of each type as people write them, and as JSON from a file"""
    b = people(t)
    c = new(b, "contact", "given=Bo", "surname=Berg", "birthday=1980-02-29", "categories=b, a, b",
            "email1= Bo@Example.COM ", "body=two words")
    assert fields(b, c) == {"full_name": "Bo Berg", "file_as": "Berg, Bo", "given": "Bo",
                            "surname": "Berg", "email1": "bo@example.com", "body": "two words",
                            "birthday": "1980-02-29", "categories": ["a", "b"]}
    shown = b.json("record", "show", c)
    assert (shown["kind"], shown["owner"], shown["title"], shown["version"]) == \
        ("contact", "anna", "Bo Berg", 1)
    # What belongs together follows.
    k = new(b, "task", "subject=Call", "status=Completed", "reminder=yes",
            "reminder_at=2026-07-01 08:00", "total_work=90")
    f = fields(b, k)
    assert f["percent"] == 100 and f["completed"] > NOW and f["status"] == "completed"
    assert f["reminder_at"] == {"local": "2026-07-01T08:00:00", "zone": "Europe/Stockholm"}
    b.run("record", "edit", k, "status=in progress")
    f = fields(b, k)
    assert (f["status"], f["percent"], "completed" in f) == ("in_progress", 0, False)
    b.run("record", "edit", k, "completed=2026-07-01 10:00")
    assert fields(b, k)["completed"] == 1782892800000000  # in Stockholm
    a = new(b, "appointment", "subject=Meet", "start=2026-11-30 09:00 W. Europe Standard Time",
            "end=2026-11-30T10:30 America/New_York", "attendee=bo@example.com:optional",
            "attendee=Carl C <Carl@X.example>", "organizer=anna@example.com", "all_day=no")
    f = fields(b, a)
    assert f["start"] == {"local": "2026-11-30T09:00:00", "zone": "Europe/Berlin"}
    assert f["end"] == {"local": "2026-11-30T10:30:00", "zone": "America/New_York"}
    assert f["attendees"] == {"bo@example.com": {"role": "optional"},
                              "carl@x.example": {"name": "Carl C"}}
    assert [(p["name"], p["role"]) for p in b.json("record", "show", a)["parties"]] == \
        [("anna", "from"), ("bo", "to")]
    # As JSON, and back again.
    path = write(os.path.join(t.folder, "f.json"), json.dumps(f))
    again = b.run("record", "new", "appointment", "--fields", path, "--as", "anna").stdout.strip()
    assert fields(b, again) == f
    path = write(os.path.join(t.folder, "f.json"),
                 json.dumps({"recurrence": "FREQ=WEEKLY;BYDAY=MO", "location": None,
                             "occurrences": {"2026-12-07T09:00:00": None},
                             "attendees": {"bo@example.com": None}}))
    b.run("record", "edit", again, "--fields", path)
    f = fields(b, again)
    assert f["occurrences"] == {"2026-12-07T09:00:00": None}
    assert list(f["attendees"]) == ["carl@x.example"]


def test_edit(t):
    """record edit: clears, keeps zones, adds and drops attendees; a version that must still hold"""
    b = people(t)
    a = new(b, "appointment", "subject=Meet", "start=2026-11-30 09:00 America/New_York",
            "location=Room 1", "attendee=x@y.example:optional")
    done = b.json("record", "edit", a, "location=", "start=2026-12-01 10:00",
                  "attendee=z@y.example")
    assert (done["record"], done["version"], done["changed"]) == (a, 2, True)
    f = fields(b, a)
    assert "location" not in f and set(f["attendees"]) == {"x@y.example", "z@y.example"}
    assert f["start"] == {"local": "2026-12-01T10:00:00", "zone": "America/New_York"}
    assert b.json("record", "edit", a, "subject=Meet")["changed"] is False
    b.run("record", "edit", a, "attendee=-x@y.example", "attendee=z@y.example:resource")
    assert fields(b, a)["attendees"] == {"z@y.example": {"role": "resource"}}
    b.run("record", "edit", a, "attendees=", "attendee=new@y.example")
    assert list(fields(b, a)["attendees"]) == ["new@y.example"]
    b.run("record", "edit", a, "attendees=", "--if-version", "4", "--as", "anna")
    assert "attendees" not in fields(b, a)
    done = refused(b, "has version 5 by now, not 3; changed meanwhile: attendees/new@y.example",
                   "record", "edit", a, "subject=Mine", "--if-version", "3")
    assert "(anna)" in done.stderr and "(administrator)" in done.stderr
    refused(b, "har nu version 5, inte 2", "--lang", "sv", "record", "delete", a, "--if-version",
            "2")
    assert fields(b, a)["subject"] == "Meet"
    b.run("record", "delete", a, "--if-version", "5")
    assert b.json("record", "list", "--kind", "appointment") == []
    assert "deleted" in b.json("record", "show", a)
    refused(b, "is deleted", "record", "edit", a, "subject=X")
    refused(b, "is deleted", "record", "delete", a)


def test_wrong(t):
    """a wrong field or value is one line that says what is allowed, and nothing changes"""
    b = people(t)
    task = new(b, "task", "subject=Call", "start=2026-07-01")
    for words, args in (
            ("there is no field subjct of task: subject?", ("subjct=X",)),
            ("there is no field zzzzzzz of task: brygga field list task", ("zzzzzzz=X",)),
            ("due of task takes 2026-11-30, not soon", ("due=soon",)),
            ("due of task takes 2026-11-30, not 2026-02-30", ("due=2026-02-30",)),
            ("not_started|in_progress|completed|waiting|deferred, not done", ("status=done",)),
            ("percent of task takes a number from 0 to 100, not half", ("percent=half",)),
            ("percent of task has to be like 0..100", ("percent=101",)),
            ("reminder of task takes yes | no, not maybe", ("reminder=maybe",)),
            ("reminder_at of task takes 2026-11-30 09:00", ("reminder_at=2026-11-30 25:00",)),
            ("reminder_at of task takes 2026-11-30 09:00", ("reminder_at=2026-11-30 09:00 Mars",)),
            ("categories of task takes text, text", ("categories=,",)),
            ("the values of status do not fit together", ("status=completed", "percent=10")),
            ("subject is there twice", ("subject=a", "subject=b")),
            ("subject of task is longer than 255 characters", ("subject=" + "x" * 256,)),
            ("word is no field=value", ("word",)),
            ("there is no field attendee of task", ("attendee=a@b.example",)),
            ("give field=value ..., or --fields", ())):
        refused(b, words, "record", "edit", task, *args)
        refused(b, words, "record", "new", "task", *args, "--owner", "anna")
    assert b.json("record", "show", task)["version"] == 1
    meeting = new(b, "appointment", "start=2026-07-01 10:00")
    refused(b, "the values of time do not fit together", "record", "edit", meeting,
            "end=2026-07-01 09:00")
    refused(b, "attendee of appointment takes bo@example.com:required|optional|resource", "record",
            "edit", meeting, "attendee=bo@example.com:boss")
    path = write(os.path.join(t.folder, "bad.json"), '{"subject": 1}')
    refused(b, 'subject of task has to be like "text"', "record", "edit", task, "--fields", path)
    write(path, '{"subject": "x",}')
    refused(b, "cannot be read as JSON, from line 1", "record", "edit", task, "--fields", path)
    refused(b, "give field=value", "record", "edit", task, "subject=x", "--fields", path)
    refused(b, "is no kind of record", "record", "new", "email", "subject=x", "--owner", "anna")
    refused(b, "whose is it to be", "record", "new", "task", "subject=x")
    refused(b, "there is no user carl", "record", "new", "task", "subject=x", "--owner", "carl")
    refused(b, "takes the number of a version, not two", "record", "edit", task, "subject=x",
            "--if-version", "two")
    refused(b, "is no record id", "record", "edit", "1", "subject=x")
    # Another's.
    for args in (("record", "edit", task, "subject=x"), ("record", "delete", task),
                 ("undo", task)):
        assert b.run(*args, "--as", "bo", ok=False).returncode == 1
    refused(b, "bo may not change anna", "record", "new", "task", "subject=x", "--owner", "anna",
            "--as", "bo")
    assert b.json("record", "show", task)["version"] == 1


def test_list(t):
    """record list --kind, --where, --owner; field list"""
    b = people(t)
    for i in range(5):
        new(b, "task", f"subject=Task {i}", f"due=2026-07-0{i + 1}",
            owner="anna" if i % 2 else "bo")

    def titles(*args):
        return sorted(r["title"] for r in b.json("record", "list", "--kind", "task", *args))

    assert titles() == [f"Task {i}" for i in range(5)]
    assert titles("--owner", "anna") == ["Task 1", "Task 3"]
    assert titles("--where", "due >= 2026-07-03") == ["Task 2", "Task 3", "Task 4"]
    assert titles("--where", "due >= 2026-07-03", "--owner", "anna") == ["Task 3"]
    assert titles("--where", "owner = me", "--as", "anna") == ["Task 1", "Task 3"]
    assert titles("--as", "bo") == ["Task 0", "Task 2", "Task 4"]
    assert len(titles("--limit", "2")) == 2
    refused(b, "column 7", "record", "list", "--kind", "task", "--where", "due = soon")
    refused(b, "--kind takes contact, task or appointment", "record", "list", "--where", "x = 1")
    refused(b, "there is no user", "record", "list", "--kind", "task", "--owner", "carl")
    assert b.json("record", "list", "--kind", "email") == []
    names = {f["field"]: f for f in b.json("field", "list", "task")}
    assert names["status"]["values"].startswith("not_started|") and "company" not in names
    assert {f["kind"] for f in b.json("field", "list")} == {"contact", "task", "appointment"}


def test_undo(t):
    """undo: the last change, to a version, of one command; what was changed since stays"""
    b = people(t)
    c = new(b, "contact", "given=Bo", "company=Acme")
    b.run("record", "edit", c, "company=Beta", "nickname=B")
    b.run("record", "edit", c, "company=Gamma")
    told = b.json("undo", c, "--dry-run")
    assert told == [{"record": c, "kind": "contact", "title": "Bo", "undo": "set back",
                     "changes": [{"field": "company", "from": "Gamma", "to": "Beta"}], "left": []}]
    assert fields(b, c)["company"] == "Gamma"
    b.run("undo", c)
    assert fields(b, c)["company"] == "Beta" and b.json("record", "show", c)["version"] == 4
    b.run("undo", c)  # the undoing itself
    assert fields(b, c)["company"] == "Gamma"
    b.run("undo", c, "--to", "1")
    assert (fields(b, c)["company"], "nickname" in fields(b, c)) == ("Acme", False)
    assert b.json("undo", c, "--to", "6")[0]["undo"] == "nothing"
    # One command, with a change of one of its groups since.
    run = [e["run"] for e in b.json("explain", c) if e["version"] == 2][0]
    b.run("record", "edit", c, "company=Delta", "nickname=D")
    d = b.json("undo", "--visit", run, "--dry-run")[0]
    assert sorted(d["left"]) == ["company", "nickname"] and d["undo"] == "nothing"
    assert "was changed again since and stays" in b.run("undo", "--visit", run).stdout
    b.run("undo", "--visit", run, "--force")
    assert (fields(b, c)["company"], "nickname" in fields(b, c)) == ("Acme", False)
    # Being made and being deleted.
    made = [e["run"] for e in b.json("explain", c) if e["version"] == 1][0]
    b.run("undo", "--visit", made)
    assert "deleted" in b.json("record", "show", c)
    b.run("undo", c)
    assert "deleted" not in b.json("record", "show", c)
    b.run("record", "delete", c)
    assert b.json("undo", c)[0]["undo"] == "bring back"
    # What is under legal hold stays.
    b.run("record", "hold", c)
    for args in (("record", "delete", c), ("undo", "--visit", made)):
        refused(b, "is under legal hold and stays", *args)
    assert "legal_hold" in b.json("record", "show", c)
    # Parts.
    a = new(b, "appointment", "start=2026-11-30 09:00", "attendee=x@y.example:optional")
    b.run("record", "edit", a, "attendee=x@y.example:required", "attendee=new@y.example")
    b.run("record", "edit", a, "attendee=-x@y.example")
    b.run("undo", a)
    assert fields(b, a)["attendees"] == {"x@y.example": {"role": "required"},
                                         "new@y.example": {}}
    b.run("undo", a, "--to", "1")
    assert fields(b, a)["attendees"] == {"x@y.example": {"role": "optional"}}
    for args in ((), (a, "--visit", run), ("--visit", run, "--to", "1")):
        refused(b, "what is to be undone", "undo", *args)
    refused(b, "nothing of", "undo", "--visit", c)
    refused(b, "takes the number of a version", "undo", a, "--to", "-1")
    # A value that lost is taken by undoing the loss.
    b.change("INSERT INTO history (id, record, version, who, code, params, changes) SELECT"
             " x'03bb2cc3d8007000800000000000000a', id, version, '', 'BRG-SYNC-0105',"
             " 'mailbox=anna', ? FROM record WHERE id = ?",
             json.dumps({"location": {"lost": {"location": "Theirs"}, "side": 2, "why": 1}}),
             blob(a))
    assert b.json("undo", a)[0]["changes"] == [{"field": "location", "from": None,
                                                "to": "Theirs"}]
    assert fields(b, a)["location"] == "Theirs"


def test_story(t):
    """explain RECORD: who changed what when, from what to what, why it won and what lost"""
    b = people(t)
    c = new(b, "contact", "given=Bo")
    b.run("record", "edit", c, "company=Acme", "--as", "anna")
    b.change("INSERT INTO history (id, record, mailbox, version, who, code, params, changes)"
             " SELECT x'03bb2cc3d8007000800000000000000a', r.id, m.id, 3, '', 'BRG-SYNC-0103',"
             " 'mailbox=anna', ? FROM record r, mailbox m WHERE r.id = ?",
             json.dumps({"company": {"was": {"company": "Acme"}, "now": {"company": "Beta"},
                                     "lost": {"company": "Acme"}, "side": 1, "why": 2}}), blob(c))
    story = b.json("explain", c)
    assert [(e["who"], e["by"], e["version"]) for e in story] == \
        [("administrator", "person", 1), ("anna", "person", 2), ("anna", "mailbox", 3)]
    assert {"field": "company", "from": None, "to": "Acme"} in story[1]["changes"]
    assert story[2]["changes"] == [{"field": "company", "from": "Acme", "to": "Beta"}]
    lost = story[2]["lost"][0]
    assert (lost["field"], lost["value"], lost["side"]) == ("company", "Acme", "record")
    assert lost["why"] and story[2]["why"] == "changed by its item in anna"
    text = b.run("explain", c).stdout
    assert text.splitlines()[0].split() == ["WHEN", "WHO", "VERSION", "FIELD", "FROM", "TO", "WHY"]
    assert "(lost)" in text and "changed by its item in anna" in text
    assert "ändrad av" in b.run("--lang", "sv", "explain", c).stdout
    refused(b, "nothing is known of", "explain", c, "--as", "bo")


def with_conflict(b, record):
    """A link, and a conflict of its location, as a visit leaves them."""
    link, conflict = b"l" * 16, b"c" * 16
    b.change("INSERT INTO link (mailbox, id, version, record, live, folder, remote_id,"
             " remote_version, kind, seen_version, record_now) SELECT id, ?, 1, ?, 1, 'cal', 'i1',"
             " 'v1', 4, 1, 1 FROM mailbox", link, blob(record))
    b.change("INSERT INTO conflict (id, record, mailbox, link, group_name, base, ours, theirs,"
             " opened_us, closed_us, resolution, who) SELECT ?, ?, id, ?, 'location', ?, ?, ?, ?,"
             " 0, 0, '' FROM mailbox", conflict, blob(record), link, '{"location":"Room 1"}',
             '{"location":"Room 2"}', '{"location":null}', NOW)
    b.change("INSERT OR IGNORE INTO visit SELECT randomblob(16), id, profile, 3, 1, 0, 0, 0, 0, 0,"
             " 0, 0, 0, 0, 0, 0, '', '', '', 0, NULL, 0 FROM mailbox")
    return "-".join(re.fullmatch("(.{8})(.{4})(.{4})(.{4})(.{12})", conflict.hex()).groups())


def test_conflict(t):
    """conflict list, show, resolve: side by side; what is settled waits for the next visit"""
    b = people(t)
    a = new(b, "appointment", "subject=Meet", "start=2026-11-30 09:00", "location=Room 2")
    assert b.run("conflict", "list").stdout == "no conflicts\n"
    c = with_conflict(b, a)
    told = b.json("conflict", "list")
    assert [(x["conflict"], x["record"], x["group"], x["title"], x["mailbox"], x["state"])
            for x in told] == [(c, a, "location", "Meet", "anna", "waits")]
    assert b.json("conflict", "list", "--as", "anna") == told
    assert b.json("conflict", "list", "--as", "bo") == []
    for name in ((c,), (a,), (a, "location")):
        assert b.json("conflict", "show", *name)[0]["fields"] == \
            [{"field": "location", "base": "Room 1", "ours": "Room 2", "theirs": None}]
    assert "Room 1" in b.run("conflict", "show", c).stdout
    assert b.json("record", "show", a)["conflicts"][0]["conflict"] == c
    for args in (("conflict", "show", "1"), ("conflict", "resolve", a, "body", "--ours"),
                 ("conflict", "show", c, "--as", "bo")):
        refused(b, "there is no conflict", *args)
    for args in ((), ("--ours", "--theirs")):
        refused(b, "whose value holds", "conflict", "resolve", c, *args)
    b.run("conflict", "resolve", a, "location", "--ours", "--as", "anna")
    assert b.sql("SELECT resolution, who, closed_us FROM conflict") == [(1, "anna", 0)]
    # The visit that looks at it just now begins again, and there will be one at once.
    assert b.sql("SELECT version, recheck FROM link") == [(2, 1)]
    assert b.sql("SELECT wanted FROM visit WHERE lane = 3") == [(1,)]
    assert b.json("conflict", "list")[0]["state"] == "ours"
    b.run("conflict", "resolve", c, "--theirs")  # he thinks again
    assert b.sql("SELECT resolution, who FROM conflict") == [(2, "administrator")]
    b.change("UPDATE conflict SET closed_us = 1")
    refused(b, "is over already: theirs was taken", "conflict", "resolve", c, "--ours")


def with_plan(b, state=1, lines=3):
    plan = os.urandom(16)
    b.change("INSERT INTO plan (id, mailbox, version, state, made_us, decided_us, who, code, params,"
             " counts, basis) SELECT ?, id, 1, ?, ?, 0, '', 'BRG-SYNC-0150',"
             " 'ends=25\nlinks=100\ncreates=0', ?, 'basis' FROM mailbox", plan, state, NOW,
             '{"store":{"delete":25},"mailbox":{"create":1},"mails_out":0}')
    for i in range(lines):
        b.change("INSERT INTO plan_line (plan, seq, side, effect, kind, mails_out, record, folder,"
                 " remote_id) VALUES (?, ?, 1, 4, 2, 0, NULL, 'contacts', ?)", plan, i + 1, f"i{i}")
    return "-".join(re.fullmatch("(.{8})(.{4})(.{4})(.{4})(.{12})", plan.hex()).groups())


def test_plan(t):
    """plan list, show, approve, reject: what would be done and why it waits, page by page"""
    b = people(t)
    assert b.run("plan", "list").stdout == "no plans wait\n"
    p = with_plan(b)
    told = b.json("plan", "list")
    assert [(x["plan"], x["mailbox"], x["state"], x["effects"]["store"]) for x in told] == \
        [(p, "anna", "waits", {"delete": 25})]
    assert told[0]["why"].startswith("25 of 100 links of the mailbox would end at once")
    assert "store: delete 25; mailbox: create 1" in b.run("plan", "list").stdout
    shown = b.json("plan", "show", "anna")
    assert (shown["plan"], shown["basis"], len(shown["lines"]), shown["more"]) == \
        (p, "basis", 3, False)
    assert (shown["lines"][0]["effect"], shown["lines"][0]["side"]) == ("delete", "store")
    assert f"more: brygga plan show {p} 3" in b.run("plan", "show", p, "--limit", "2").stdout
    assert [x["line"] for x in b.json("plan", "show", p, "3")["lines"]] == [3]
    b.change("INSERT INTO alert (id, level, scope, object, detail, code, params, said, times,"
             " first_us, last_us, cleared_us) SELECT randomblob(16), 3, 4, id, 'plan',"
             " 'BRG-SYNC-0150', '', '', 1, 1, 1, 0 FROM mailbox")
    b.run("plan", "approve", p)
    assert b.sql("SELECT state, who, version FROM plan") == [(2, "administrator", 2)]
    assert b.alerts() == []
    b.run("plan", "reject", "anna")
    assert b.sql("SELECT state FROM plan") == [(3,)]
    for state, word in ((4, "done"), (5, "stale")):
        b.change("UPDATE plan SET state = ?", state)
        refused(b, f"the plan is {word}", "plan", "approve", p)
    refused(b, "there is no plan", "plan", "show", "nobody")
    refused(b, "is for the administrator", "plan", "list", "--as", "anna", status=2)
    assert b.json("plan", "list") == [] and len(b.json("plan", "list", "anna")) == 1


class Office:
    """A Brygga with one simulated mailbox, and whoever sits at it."""

    def __init__(self, t, policy):
        plugins = os.path.join(t.folder, "plugins")
        shutil.copytree(os.path.join(ROOT, "lib", "brygga"), plugins)
        shutil.copy(os.path.join(BUILD, ".libs", "sim.so"), os.path.join(plugins, "connector"))
        self.region = os.path.join(t.folder, "region")
        self.sim("make", "anna@example.com")
        self.b = Brygga(t, plugins=plugins, connector_sim={}, contact={"policy": policy})
        self.b.person("user anna", address="anna@example.com")
        self.b.person("filter hers", user="anna", kind="contact", where="owner = me")
        self.b.profiles["p"] = {"connector": "sim", "region": self.region}
        self.b.mailboxes["anna"] = {"user": "anna", "profile": "p", "address": "anna@example.com",
                                    "incoming": "none", "outgoing": "none", "act": "brygga",
                                    "box": "anna@example.com"}
        self.b.apply()

    def sim(self, *args):
        done = subprocess.run([os.path.join(BUILD, "simctl"), self.region, *args], text=True,
                              capture_output=True, check=True)
        return done.stdout

    def visit(self):
        self.b.run("visit", "anna", "--lane", "act")
        return self.b.json("visit", "anna", "--lane", "act")

    def item(self, given):
        items = [json.loads(line) for line in self.sim("dump").splitlines()]
        return [i for i in items if i["fields"].get("given") == given][0]

    def edit(self, given, *words):
        self.sim("edit", "anna@example.com", self.item(given)["id"], *words)


def test_conflict_to_its_end(t):
    """a conflict through its whole life: neither side changes, other fields go on, then one side's"""
    o = Office(t, "ask")
    for side in ("ours", "theirs"):
        for also in ((), ("job_title=Boss",)):
            name = f"{side}{len(also)}"
            c = new(o.b, "contact", f"given={name}", "company=Acme")
            o.visit()
            o.edit(name, "company=Theirs", "nickname=N")
            o.b.run("record", "edit", c, "company=Ours", *also)
            o.visit()
            assert [x["record"] for x in o.b.json("conflict", "list")] == [c], name
            there, here = o.item(name)["fields"], fields(o.b, c)
            assert (there["company"], here["company"]) == ("Theirs", "Ours"), name
            assert here["nickname"] == "N" and there.get("job_title") == (
                "Boss" if also else None), (name, there)
            o.b.run("conflict", "resolve", c, "--" + side)
            o.visit()
            there, here = o.item(name)["fields"], fields(o.b, c)
            assert there["company"] == here["company"] == side.title(), (name, there, here)
            assert o.b.json("conflict", "list") == []
            lost = [x for e in o.b.json("explain", c) for x in e["lost"]]
            assert lost[0]["field"] == "company" and "person has chosen" in lost[0]["why"], lost


def test_undo_of_a_visit(t):
    """undo --visit takes back what a mailbox has brought, and the mailbox hears of it"""
    o = Office(t, "newest")
    names = ["A", "B", "C"]
    ids = [new(o.b, "contact", f"given={n}", "company=Acme") for n in names]
    o.visit()
    for n in names:
        o.edit(n, "company=Slip", "nickname=N")
    o.b.run("visit", "anna", "--lane", "act")
    assert {fields(o.b, c)["company"] for c in ids} == {"Slip"}
    run = [e["run"] for e in o.b.json("explain", ids[0]) if e["by"] == "mailbox"][-1]
    o.b.run("record", "edit", ids[2], "company=Mine")
    told = {x["record"]: x for x in o.b.json("undo", "--visit", run)}
    assert set(told) == set(ids) and told[ids[2]]["left"] == ["company"]
    o.visit()
    assert [fields(o.b, c)["company"] for c in ids] == ["Acme", "Acme", "Mine"]
    for n, company in zip(names, ["Acme", "Acme", "Mine"]):
        f = o.item(n)["fields"]
        assert f["company"] == company and "nickname" not in f, f


def edits(b):
    return b.sql("SELECT number, state, code, reason, record FROM edit ORDER BY number")


def taken(b):
    until(lambda: all(row[1] for row in edits(b)), what="the edits of the database")
    return edits(b)


def put(b, **values):
    b.change(f"INSERT INTO edit ({', '.join(values)}) VALUES ({', '.join('?' * len(values))})",
             *values.values())


def test_intake(t):
    """the table edit: programs on the database make, change and delete; each row says what came of it"""
    b = people(t)
    c = new(b, "contact", "given=Bo")
    b.run("record", "edit", c, "company=Acme")
    fresh = bytes.fromhex("019900000000700080000000000000aa")
    put(b, op="new", kind="task", owner="anna", fields='{"subject":"From SQL"}', who="crm")
    put(b, op="new", kind="contact", owner="anna", record=fresh, fields='{"given":"Eva"}')
    put(b, op="edit", record=blob(c), expect=2, fields='{"company":null}', who="crm")
    put(b, op="edit", record=blob(c), expect=2, fields='{"company":"X"}', who="crm")
    put(b, op="edit", record=blob(c), fields='{"compny":"X"}')
    put(b, op="edit", record=blob(c), fields='not JSON')
    put(b, op="edit", record=b"0" * 16, fields='{}')
    put(b, op="drop", record=blob(c))
    put(b, op="new", kind="lead", owner="anna")
    put(b, op="new", kind="task", owner="carl")
    put(b, op="new", kind="contact", owner="anna", record=fresh, fields='{"given":"Eva"}')
    put(b, op="delete", record=fresh, who="crm")
    b.start()
    rows = taken(b)
    assert [(state, code) for _, state, code, _, _ in rows] == [
        (1, ""), (1, ""), (1, ""), (2, "BRG-SYNC-0180"), (2, "BRG-SYNC-0051"),
        (2, "BRG-SYNC-0050"), (2, "BRG-SYNC-0181"), (2, "BRG-SYNC-0186"), (2, "BRG-SYNC-0185"),
        (2, "BRG-SYNC-0184"), (2, "BRG-SYNC-0187"), (1, "")], rows
    assert rows[3][3] == "the record has version 3 by now, not 2; changed meanwhile: company (crm)"
    assert rows[1][4] == fresh and rows[0][4]
    assert [r["title"] for r in b.json("record", "list", "--kind", "task")] == ["From SQL"]
    assert [(e["who"], e["by"]) for e in b.json("explain", c)] == \
        [("administrator", "person"), ("administrator", "person"), ("crm", "program")]
    # Many, while people edit too.
    for i in range(300):
        put(b, op="edit", record=blob(c), fields=json.dumps({"nickname": f"n{i}"}))
    for i in range(10):
        b.run("record", "edit", c, f"department=d{i}")
    assert all(row[1] == 1 for row in taken(b)[12:])
    assert fields(b, c)["nickname"] == "n299" and fields(b, c)["department"] == "d9"
    assert b.stop() == 0


def blocks(path, language):
    with open(path) as f:
        return re.findall(r"^```%s\n(.*?)^```" % language, f.read(), re.M | re.S)


def test_database_guide(t):
    """docs/database.md: its SQL runs on a store as it stands there, and does what it says"""
    b = people(t)
    b.run("record", "new", "contact", "given=Lena", "company=Fjordfisk", "email1=lena@fjordfisk.example",
          "--owner", "anna")
    new(b, "appointment", "subject=Meet", "start=2026-11-30 09:00", "attendee=bo@example.com")
    new(b, "task", "subject=Call", "due=2026-07-01")
    b.start()
    path = os.path.join(b.state, "brygga.db")
    ran = 0
    for sql in blocks(os.path.join(TOP, "docs", "database.md"), "sql"):
        db = sqlite3.connect(path, timeout=20)
        with db:
            rows = db.execute(sql).fetchall()
        db.close()
        assert rows or not sql.startswith("SELECT"), sql
        until(lambda: all(row[1] for row in edits(b)), what="the edits")
        ran += 1
    assert ran >= 8
    assert all(row[1] == 1 for row in edits(b)), edits(b)
    # Every column of the views that the guide names is there, and the other way round.
    with open(os.path.join(TOP, "docs", "database.md")) as f:
        guide = f.read()
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    for view in ("contact", "task", "appointment", "attendee", "occurrence", "edit"):
        columns = [d[0] for d in db.execute(f"SELECT * FROM {view}").description]
        told = re.search(r"^\| `%s` \| (.*?) \|$" % view, guide, re.M)
        assert told, view
        assert re.findall(r"`(\w+)`", told[1]) == columns, (view, columns)
    db.close()
    assert b.stop() == 0


def test_postgres(t):
    """the same on PostgreSQL: commands, views, the guide's SQL, and the edits of programs"""
    if not postgres.there():
        raise Skip("no PostgreSQL 15 with psql")
    server = postgres.Postgres()
    t.at_end(server.stop)
    server.start()
    b = Brygga(t, storage={"plugin": "postgres", "database": server.database})
    b.person("user anna", address="anna@example.com", time_zone="Europe/Stockholm")
    b.person("user bo", address="bo@example.com")
    b.apply()
    lena = new(b, "contact", "given=Lena", "company=Fjordfisk", "email1=lena@fjordfisk.example")
    a = new(b, "appointment", "subject=Meet", "start=2026-11-30 09:00", "all_day=no",
            "attendee=bo@example.com:optional")
    new(b, "task", "subject=Call", "due=2026-07-01", "percent=50")
    assert server.sql("SELECT uuid, owner, full_name, version FROM contact") == \
        [[lena, "anna", "Lena", "1"]]
    assert server.sql("SELECT uuid, start_local, start_zone, all_day, sorted_us FROM appointment") \
        == [[a, "2026-11-30T09:00:00", "Europe/Stockholm", "0", "1796025600000000"]]
    assert server.sql("SELECT address, role FROM attendee") == [["bo@example.com", "optional"]]
    assert server.sql("SELECT due, percent + 1 FROM task") == [["2026-07-01", "51"]]
    b.run("record", "edit", a, "location=Room 2", "--if-version", "1")
    refused(b, "changed meanwhile: location (administrator)", "record", "edit", a, "subject=X",
            "--if-version", "1")
    assert [r["title"] for r in b.json("record", "list", "--kind", "appointment", "--where",
                                       "party = me", "--as", "bo")] == ["Meet"]
    b.run("undo", a)
    assert "location" not in fields(b, a) and len(b.json("explain", a)) == 3
    path = write(os.path.join(t.folder, "f.json"), json.dumps(
        {"recurrence": "FREQ=DAILY", "occurrences": {"2026-12-01T09:00:00": None,
                                                     "2026-12-02T09:00:00": {"location": "Sea"}}}))
    b.run("record", "edit", a, "--fields", path)
    assert server.sql("SELECT original_start, deleted FROM occurrence ORDER BY 1") == \
        [["2026-12-01T09:00:00", "1"], ["2026-12-02T09:00:00", "0"]]
    b.start()
    for sql in blocks(os.path.join(TOP, "docs", "database.md"), "sql"):
        assert server.sql(sql) or not sql.startswith("SELECT"), sql
        until(lambda: server.sql("SELECT count(*) FROM edit WHERE state = 0") == [["0"]],
              what="the edits")
    assert server.sql("SELECT DISTINCT state, reason FROM edit") == [["1", ""]]
    assert server.sql("SELECT job_title FROM contact WHERE full_name = 'Bo Berg'") == [["Buyer"]]
    assert b.stop() == 0


def test_records_guide(t):
    """docs/administrator.md: the commands of the chapter on records by hand run as they stand"""
    with open(os.path.join(TOP, "docs", "administrator.md")) as f:
        chapter = f.read().split("\n## Records by hand\n")[1].split("\n## ")[0]
    b = people(t)
    script = "set -e\n" + "".join(re.findall(r"^```sh\n(.*?)^```", chapter, re.M | re.S))
    env = dict(os.environ, PATH=os.path.join(ROOT, "bin") + ":" + os.environ["PATH"],
               BRYGGA_CONFIG=b.conf)
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, env=env,
                          cwd=t.folder)
    assert done.returncode == 0 and not done.stderr, (done.stdout, done.stderr)
    assert script.count("brygga ") >= 10
