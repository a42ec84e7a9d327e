# SPDX-License-Identifier: Apache-2.0
"""SIGHUP with a good and with bad files, two daemons on one state folder, SIGTERM in a fetch."""
import os
import signal
import subprocess
import time

from lib import ROOT, Brygga, deliver, same_bodies, serve, until
from proxy import Proxy

QUICK = {"normal": "1s", "fastest": "1s", "slowest": "1s"}


class Slow:
    """A daemon whose fetch of a mailbox takes some seconds."""

    def __init__(self, t, pace=0.01, **sections):
        self.server = serve(t, ["anna", "bo"], tls=False)
        self.proxy = Proxy(t, self.server.pop3, pace=pace)
        self.bodies = {"anna": deliver(self.server, "anna", range(400), size=20000),
                       "bo": deliver(self.server, "bo", range(1000, 1050))}
        sections.setdefault("schedule", QUICK)
        self.b = Brygga(t, **sections)
        self.b.profile("mail", port=self.proxy.port, tls="none", host="127.0.0.1",
                       max_connections=1)
        self.b.mailbox("anna", "mail")
        self.b.apply()

    def start_fetch(self):
        """The daemon, in the middle of its first visit."""
        self.b.start()
        until(lambda: 0 < self.stored() < 400, what="the first part of the mail", pause=0.01)
        assert self.b.visit_row("anna")[1], "the visit is over"

    def stored(self):
        return self.b.sql("SELECT count(*) FROM record")[0][0]

    def arrives(self):
        self.b.change("UPDATE visit SET due_us = 0")
        until(lambda: self.stored() == sum(len(x) for x in self.wanted().values()), 30,
              "all the mail")
        for name, bodies in self.wanted().items():
            same_bodies(self.b.bodies(name), bodies, name)
        rows = self.b.sql("SELECT state, strikes, failures FROM visit")
        assert set(rows) == {(1, 0, 0)}, f"somebody was blamed: {rows}"
        assert self.b.alerts() == []

    def wanted(self):
        return {name: self.bodies[name] for name in self.b.mailboxes}


def lines(b, word):
    return [line for line in b.log().splitlines() if word in line]


def test_good(t):
    """SIGHUP with a good file in the middle of a fetch: drained, taken up, a new mailbox in"""
    x = Slow(t)
    b = x.b
    x.start_fetch()
    before = set(b.children())
    b.sections["role incoming"] = {"threads": 3}
    b.write_config()
    b.mailbox("bo", "mail")
    b.apply()
    b.daemon.send_signal(signal.SIGHUP)
    until(lambda: lines(b, "config.loaded"), what="the new configuration")
    until(lambda: not before & set(b.children()), 20, "the end of the old processes")
    assert len(lines(b, "threads=3")) == 1, "no worker with the new number of threads"
    x.proxy.pace = 0
    x.arrives()
    assert not lines(b, "process.died"), lines(b, "process.died")
    assert not lines(b, "visit.failed"), lines(b, "visit.failed")
    assert x.proxy.peak == 1, f"{x.proxy.peak} connections at a time, 1 is allowed"
    assert len(b.children()) == 4, b.children()
    assert b.stop() == 0


def test_often(t):
    """twenty SIGHUPs, one after another, during a fetch"""
    x = Slow(t, pace=0.003)
    x.start_fetch()
    for _ in range(20):
        x.b.daemon.send_signal(signal.SIGHUP)
        time.sleep(0.1)
    x.proxy.pace = 0
    x.arrives()
    assert x.proxy.peak == 1, f"{x.proxy.peak} connections at a time, 1 is allowed"
    until(lambda: len(x.b.children()) == 4, 20, "a keeper and a worker of each role")
    assert x.b.stop() == 0


def test_bad(t):
    """SIGHUP with files that cannot work: nothing changes, and one line says why"""
    x = Slow(t)
    b = x.b
    x.start_fetch()
    before = set(b.children())
    good = {name: dict(values) for name, values in b.sections.items()}
    bad = [("role incoming", "threads", "many", "threads"),
           ("core", "state", t.folder, "the state folder cannot change"),
           ("storage", "plugin", "nosuch", "nosuch is not installed"),
           ("core", "plugins", os.path.join(t.folder, "nowhere"), "nowhere")]
    for n, (section, name, value, words) in enumerate(bad, 1):
        b.sections = {s: dict(values) for s, values in good.items()}
        b.sections.setdefault(section, {})[name] = value
        b.write_config()
        already = len(lines(b, words))
        b.daemon.send_signal(signal.SIGHUP)
        until(lambda: len(lines(b, "config.refused")) == n, what=f"a refusal of {name} = {value}")
        assert "nothing was changed" in lines(b, "config.refused")[-1]
        said = len(lines(b, words)) - already
        assert said == 1, f"{name} = {value}: told in {said} lines instead of one"
        until(lambda: before >= set(b.children()), what="the end of what was tried")
        assert set(b.children()) == before, f"{name} = {value} replaced processes"
    b.sections = good
    b.write_config()
    x.proxy.pace = 0
    x.arrives()
    assert not lines(b, "visit.failed"), lines(b, "visit.failed")
    b.daemon.send_signal(signal.SIGHUP)
    until(lambda: lines(b, "config.loaded"), what="the good file after the bad ones")
    until(lambda: not before & set(b.children()), 20, "the end of the old processes")
    assert b.stop() == 0


def test_two(t):
    """a second daemon on the state folder ends with one line, the first goes on"""
    x = Slow(t)
    x.start_fetch()
    for _ in range(3):
        second = subprocess.run([os.path.join(ROOT, "sbin", "bryggad"), "-c", x.b.conf],
                                capture_output=True, text=True, timeout=20)
        told = second.stderr.splitlines()
        assert second.returncode == 1 and len(told) == 1, second
        assert f"process {x.b.daemon.pid}" in told[0] and x.b.state in told[0], told
    x.proxy.pace = 0
    x.arrives()
    assert x.proxy.peak == 1
    x.b.kill()  # the lock dies with its process
    x.b.start()
    assert x.b.stop() == 0


def test_term(t):
    """SIGTERM in the middle of a fetch: ends in order and soon, and is taken up again"""
    x = Slow(t, pace=0.02)
    b = x.b
    x.start_fetch()
    began = time.monotonic()
    assert b.stop() == 0
    took = time.monotonic() - began
    assert took < 5, f"the end took {took:.1f} s"
    assert not lines(b, "process.died") and not lines(b, "error"), b.log()
    assert lines(b, "bryggad.ended"), "no last line"
    got = x.stored()
    assert 0 < got < 400, f"{got} of 400"
    row = b.sql("SELECT process, failures, strikes FROM visit")
    assert row == [(None, 0, 0)], f"the visit was not given back: {row}"
    assert b.sql("SELECT count(*) FROM process") == [(0,)], "a process did not leave the store"
    already = x.proxy.moved
    x.proxy.pace = 0
    b.start()
    x.arrives()
    again = x.proxy.moved - already
    left = sum(len(body) for body in x.bodies["anna"]) * (400 - got) // 400
    assert again < 1.2 * left + 100000, f"{again} bytes were fetched for {left} that were missing"
    assert b.stop() == 0
