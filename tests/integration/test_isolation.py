# SPDX-License-Identifier: Apache-2.0
"""Connectors that harm their host, each beside a healthy mailbox: only they stand still, the
operator sees why, and when they are mended all is well again by itself."""
import os
import shutil

from lib import BUILD, Brygga, deliver, serve, until, write
from evilpop3 import EvilPop3
from smtpsink import Sink
from trouble import (QUICK, alert_of, plugins, quiet, told, troubled, visit_fails, wait_alert,
                     wait_lane)


class Trouble:
    """A daemon with mailboxes of the connector nasty beside the good neighbour."""

    def __init__(self, t, *hows, interval=None, **sections):
        self.b, self.good = troubled(t, ["nasty"], **sections)
        self.heal_file = os.path.join(t.folder, "heal")
        self.hows = hows
        for how in hows:
            self.b.profile(how, connector="nasty", host="", how=how, heal=self.heal_file)
            self.b.profiles[how].pop("host")
            self.b.mailbox(how, how)
            if interval:
                self.b.mailboxes[how]["interval"] = interval
        self.b.apply()
        self.b.start()

    def heal(self, ask=False):
        """The connector is mended: all alerts go, its mail is there."""
        write(self.heal_file, "")
        for how in self.hows:
            if ask:
                self.b.run("sync", how)
            until(lambda: len(self.b.bodies(how)) >= 1, 15, f"mail of {how} after it was mended")
            wait_lane(self.b, how, state="enabled")
        until(lambda: self.b.alerts() == [], 10, "the end of all alerts", 0.1)
        self.good.goes_on()

    def still_up(self):
        assert self.b.daemon.poll() is None, "the daemon ended"
        quiet(self.b)


def dies(t, how, cause, deaths=(3,), seconds=20, **sections):
    """It dies three times, then stands in quarantine; nobody else is blamed."""
    x = Trouble(t, how, **sections)
    alert = wait_alert(x.b, how, "BRG-CORE-0041", seconds=seconds)
    assert alert["level"] == "error" and "3 times in a row" in alert["text"], alert
    assert "quarantine" in alert["text"] and cause in alert["text"], alert
    lane = x.b.lane(how)
    assert lane["state"] == "quarantined" and lane["strikes"] == 3, lane
    assert lane["code"] == "BRG-CORE-0041" and lane["error"] == alert["text"], lane
    x.good.goes_on()
    lines = told(x.b, "process.died", "role=incoming")
    assert len(lines) in deaths, f"{len(lines)} deaths instead of {deaths}: {lines}"
    assert "mailbox=" + mailbox_id(x.b, how) in lines[-1], lines
    anna = x.b.lane("anna")
    assert anna["state"] == "enabled" and anna["strikes"] == 0, anna
    assert [a["object"] for a in x.b.alerts()] == [how], x.b.alerts()
    x.still_up()
    x.heal(ask=True)
    assert x.b.stop() == 0


def mailbox_id(b, name):
    return b.json("mailbox", "show", name)["id"]


def test_crash(t):
    """a crash in pull: three strikes, quarantine, and the words for it"""
    dies(t, "crash", "crashed")


def test_abort(t):
    """abort() in pull"""
    dies(t, "abort", "crashed")


def test_exit(t):
    """exit(0) in pull is a crash, and takes nobody with it"""
    dies(t, "exit", "crashed")


def test_quit(t):
    """_exit(0) in pull, of which nothing tells but the status"""
    # It took the neighbour with it at first, and nothing told whose fault it was: from then on
    # one runs at a time, and only those deaths count.
    dies(t, "quit", "crashed", deaths=(3, 4))


def test_hang(t):
    """pull never returns and does not listen: its worker is ended after the time-out"""
    dies(t, "hang", "hung", role_incoming={"visit-timeout": "1s", "visit-time": "1s"})


def test_crash_in_item(t):
    """a crash over one item: three strikes set the item aside, the others come in"""
    x = Trouble(t, "crash-in-item")
    until(lambda: sum(x.b.bodies("crash-in-item").values()) == 2, 15, "the two other items")
    alert = wait_alert(x.b, "crash-in-item", "BRG-CORE-0040", scope="item")
    assert alert["item"] == "two" and "set aside" in alert["text"], alert
    lane = x.b.lane("crash-in-item")
    assert lane["state"] == "enabled" and lane["strikes"] == 0, lane
    why = x.b.json("explain", "two")
    assert why and "BRG-CORE-0040" in why[0]["why"] and "sync" in why[0]["to_change"], why
    x.good.goes_on()
    x.still_up()
    x.heal(ask=True)
    until(lambda: sum(x.b.bodies("crash-in-item").values()) == 4, 15, "the item that was set aside")
    assert x.b.stop() == 0


def test_endless(t):
    """pages without end: each visit ends in time, memory is bounded, others get their turn"""
    x = Trouble(t, "endless", "empty-pages", role_incoming={"visit-time": "1s", "threads": "4"})
    for how in x.hows:
        until(lambda: "more to come" in x.b.lane(how)["outcome"], 15, f"a backlog of {how}")
    for _ in range(2):
        x.good.goes_on()
    worker = x.b.children("incoming")[0]
    with open(f"/proc/{worker}/status") as f:
        peak = int(f.read().split("VmHWM:")[1].split()[0])
    assert peak < 300000, f"the worker took {peak} kB"
    stored = x.b.bodies("endless")
    assert sum(stored.values()) >= 10, stored
    assert "process.died" not in x.b.log(), "somebody died"
    x.still_up()
    x.heal()
    assert x.b.stop() == 0


GARBAGE = {"empty-id": "pull", "twice": "pull", "long-id": "pull", "not-utf8": "pull",
           "control-id": "pull", "same-page": "pull", "flood": "pull", "unasked": "item",
           "unanswered": "get", "no-reason": "pull", "wild-reason": "pull", "canceled": "pull",
           "fenced": "pull"}


def test_garbage(t):
    """garbage ids, answers and errors: nothing of it is stored, and the lane says who did it"""
    x = Trouble(t, *GARBAGE, "wild-words", "positive")
    for how, where in GARBAGE.items():
        alert = wait_alert(x.b, how, "BRG-CORE-0020")
        assert "connector nasty" in alert["text"] and f"in {where};" in alert["text"], alert
        lane = x.b.lane(how)
        assert lane["state"] == "disabled" and lane["outcome"] == "transient failure", lane
        assert lane["error"] == alert["text"], lane
        assert x.b.bodies(how) == {}, f"something of {how} was stored"
    wild = wait_alert(x.b, "wild-words", "BRG-NASTY-0001")
    assert len(wild["server_said"]) == 255 and "nasty" in wild["text"], wild
    # A connector that counts what it did has not failed.
    lane = wait_lane(x.b, "positive", state="enabled", code=None)
    assert sum(x.b.bodies("positive").values()) == 1, lane
    assert "process.died" not in x.b.log(), "somebody died"
    x.good.goes_on()
    x.still_up()
    told(x.b, "BRG-CORE-0020", "connector nasty broke its contract")
    x.hows = [how for how in x.hows if how != "positive"]
    x.heal()
    assert x.b.stop() == 0


def test_wrong_abi(t):
    """a connector of another ABI: refused with which side to upgrade, the others work"""
    b, good = troubled(t)
    folder = plugins(t, "nasty")
    target = os.path.join(folder, "connector", "bad-abi.so")
    shutil.copy(os.path.join(BUILD, ".libs", "bad-abi.so"), target)
    b.sections["connector bad-abi"] = {}
    b.write_config()
    listed = {p["name"]: p for p in b.json("plugin", "list")}
    assert not listed["bad-abi"]["loads"] and "upgrade" in listed["bad-abi"]["summary"], listed
    assert listed["bad-abi"]["enabled"] and listed["pop3"]["loads"], listed
    done = b.run("check", ok=False)
    assert done.returncode == 1 and "brygga.conf:" in done.stderr + done.stdout, done
    assert "upgrade" in done.stderr + done.stdout, done
    b.apply()
    # A mailbox whose connector got lost with an upgrade.
    b.sections["connector nasty"] = {}
    b.write_config()
    b.profile("abi", connector="nasty", how="endless", heal="/nowhere")
    b.profiles["abi"].pop("host")
    b.mailbox("old", "abi")
    b.apply()
    shutil.copy(os.path.join(BUILD, ".libs", "nasty.so"), target + ".keep")
    os.unlink(os.path.join(folder, "connector", "nasty.so"))
    b.start()
    alert = wait_alert(b, "old", "BRG-LOAD-0003")
    assert "not installed" in alert["text"] and "brygga-connector-nasty" in alert["text"], alert
    told(b, "plugin.refused", "bad-abi")
    visit_fails(b, "old", "BRG-LOAD-0003", "not installed")
    good.goes_on()
    assert alert_of(b, "anna") is None
    quiet(b)
    assert b.stop() == 0


def running(b, lane):
    return b.sql("SELECT count(*) FROM visit WHERE lane = ? AND process IS NOT NULL", lane)[0][0]


def office(t, name, server, sink):
    """anna reads at the server and sends through the sink; each role has one process, few threads."""
    narrow = {"processes": "1", "threads": "3"}
    b = Brygga(t, name, role_incoming=narrow, role_outgoing=narrow)
    b.profile("in", server)
    b.profile("out", connector="smtp", host="127.0.0.1", port=sink.port, tls="none",
              auth="none")
    b.person("user anna", address="anna@example.com")
    b.mailbox("anna", "in", outgoing="brygga", outgoing_profile="out")
    return b


def send(b, subject):
    b.run("record", "send", "--as", "anna", "--to", "x@customer.example", "--subject", subject,
          "--text", "text")


def test_roles(t):
    """one side that stands still, with every thread, does not hold up the other"""
    server = serve(t, ["anna"])
    with EvilPop3({}, "silent") as stuck, Sink() as sink:
        b = office(t, "incoming-stands", server, sink)
        b.profile("stuck", connector="pop3", host="127.0.0.1", port=stuck.port, tls="none",
                  insecure_login="yes")
        for number in range(6):
            b.mailbox(f"user{number}", "stuck")
        b.apply()
        b.start()
        until(lambda: running(b, 1) >= 2, 20, "all threads of incoming stand still")
        for number in range(20):
            send(b, f"Number {number}")
        until(lambda: len(sink.taken) == 20, 30, "all mail is out")
        assert running(b, 1) >= 2, "incoming did not stand still: nothing was shown"
        b.kill()
    with Sink() as sink:
        sink.how = "silent"
        b = office(t, "outgoing-stands", server, sink)
        b.apply()
        send(b, "Last")
        deliver(server, "anna", range(20))
        b.start()
        until(lambda: sink.connections >= 1, 20, "outgoing stands still")
        b.sync("anna")
        assert len(b.bodies("anna")) == 20 and running(b, 2) == 1 and not sink.taken
        b.kill()
