# SPDX-License-Identifier: Apache-2.0
"""A daemon that starts with other zone data: Sweden has no summer time any more."""
import os
import subprocess
import sys

from lib import TOP, until
from test_records import Office, blob, fields, new, people

HOUR = 3_600_000_000


def changed(t):
    """The environment of a process with that data."""
    folder = os.path.join(t.folder, "zones")
    os.makedirs(folder)
    subprocess.run([sys.executable, os.path.join(TOP, "tests", "zones", "changed.py"), folder],
                   check=True)
    return {"ICU_TIMEZONE_FILES_DIR": folder}


def mine(b, record):
    return b.sql("SELECT sorted_us, zones, version, modified_us, fields FROM record WHERE id = ?",
                 blob(record))[0]


def meet(b, subject, start, zone="Europe/Stockholm"):
    return new(b, "appointment", f"subject={subject}", f"start=2027-{start} {zone}",
               f"end=2027-{start} {zone}")


def rezoned(b, n):
    until(lambda: f"keeper.rezoned records={n} " in b.log(), what="the instants")


def around(b):
    """What mailboxes have to do with it."""
    return [b.sql(f"SELECT * FROM {table} ORDER BY 1, 2") for table in
            ("link", "shadow", "intent", "inbox", "change")]


def test_zones(t):
    """new zone data: instants move, lists are right, explain says why; nobody is told otherwise"""
    o = Office(t, "newest")
    b = o.b
    b.person("filter meets", user="anna", kind="appointment", where="owner = me")
    b.apply()
    summer = meet(b, "Summer", "07-01 12:00")
    berlin = meet(b, "Berlin", "07-01 12:30", "Europe/Berlin")
    winter = meet(b, "Winter", "02-01 12:00")
    for _ in range(3):
        o.visit()
    was = [mine(b, r) for r in (summer, berlin, winter)]
    before, there = around(b), o.sim("dump")
    assert len(there.splitlines()) == 3
    env = changed(t)
    b.start(env=env)
    rezoned(b, 3)
    now = [mine(b, r) for r in (summer, berlin, winter)]
    assert [n[0] - w[0] for n, w in zip(now, was)] == [HOUR, 0, 0]
    assert [n[2:] for n in now] == [w[2:] for w in was]
    assert all(n[1] == w[1] + "+changed" for n, w in zip(now, was))
    assert [r["title"] for r in b.json("record", "list", "--kind", "appointment")] == \
        ["Summer", "Berlin", "Winter"]
    b.run("sync", "anna")
    until(b.in_step, what="the visit")
    b.stop()
    assert o.sim("dump") == there
    assert around(b) == before
    # In one line; of the others nothing.
    told = [e for e in b.json("explain", summer) if e["rule"] == "BRG-SYNC-0112"]
    assert [e["why"] for e in told] == \
        [f"its times were derived anew: zone data {was[0][1]} became {was[0][1]}+changed"]
    assert "tidszonsdata" in b.run("--lang", "sv", "explain", summer).stdout
    for record in (berlin, winter):
        assert not [e for e in b.json("explain", record) if e["rule"] == "BRG-SYNC-0112"]
    # And back, when the data is as it was.
    b.start()
    rezoned(b, 3)
    b.stop()
    assert [mine(b, r) for r in (summer, berlin, winter)] == was
    assert [r["title"] for r in b.json("record", "list", "--kind", "appointment")] == \
        ["Berlin", "Summer", "Winter"]


def test_undo(t):
    """undo takes back what was changed, not that instants were derived again"""
    b = people(t)
    a = meet(b, "First", "07-01 12:00")
    b.run("record", "edit", a, "subject=Second")
    b.start(env=changed(t))
    rezoned(b, 1)
    b.stop()
    b.run("undo", a)
    assert fields(b, a)["subject"] == "First"
    # Who knows an older version hears of the changes alone.
    done = b.run("record", "edit", a, "subject=Mine", "--if-version", "1", ok=False)
    assert done.returncode and done.stderr.count("(") == done.stderr.count("(administrator)") == 2, \
        done.stderr


def test_upgrade(t):
    """a store of before: nobody knows by which zone data, and all is derived once"""
    b = people(t)
    a, c = meet(b, "Old", "07-01 12:00"), new(b, "contact", "given=Bo")
    b.change("DROP INDEX record_zones")
    b.change("ALTER TABLE record DROP COLUMN zones")
    b.change("DROP TABLE tracked_folder")
    b.change("ALTER TABLE cursor DROP COLUMN lane")
    b.change("UPDATE store SET schema_number = 3")
    b.change("UPDATE record SET sorted_us = sorted_us - 1, keys = replace(keys, '000000,', '000001,')"
             " WHERE id = ?", blob(a))
    b.start()
    rezoned(b, 2)
    b.stop()
    right = mine(b, meet(b, "New", "07-01 12:00"))
    assert mine(b, a)[:2] == right[:2]
    assert mine(b, c)[1] is None
    assert "zone data ? became" in b.run("explain", a).stdout
