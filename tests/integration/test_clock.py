# SPDX-License-Identifier: Apache-2.0
"""A wall clock that jumps a day forward and back under the daemon (libfaketime): told in one
line, visits go on as if nothing had happened, and none runs twice at once."""
import glob
import os
import time

from lib import Brygga, Skip, deliver, same_bodies, serve, until
from proxy import Proxy

QUICK = {"normal": "1s", "fastest": "1s", "slowest": "1s", "retry": "1s", "server-retry": "1s"}
DAY = 86400
GAP = 3.0  # between two visits of a mailbox: the interval, the one that is lost, the machine


class Clock:
    """The wall clock of the daemon and its children; the monotonic one stays as it is."""

    def __init__(self, t):
        found = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")
        if not found:
            raise Skip("needs the package faketime")
        self.path = os.path.join(t.folder, "clock")
        self.set(0)
        self.env = {"LD_PRELOAD": found[0], "FAKETIME_TIMESTAMP_FILE": self.path,
                    "FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1",
                    "DONT_FAKE_MONOTONIC": "1", "NO_FAKE_STAT": "1"}

    def set(self, offset):
        with open(self.path + ".new", "w") as f:
            f.write(f"{offset:+d}\n")
        os.rename(self.path + ".new", self.path)


class World:
    def __init__(self, t):
        self.clock = Clock(t)
        self.server = serve(t, ["anna", "bo", "carl"], tls=False)
        self.proxy = Proxy(t, self.server.pop3)
        self.b = Brygga(t, schedule=QUICK)
        self.b.profile("mail", port=self.proxy.port, tls="none", host="127.0.0.1")
        # Nobody is there: its visits fail and are tried again.
        self.b.profile("gone", port=1, tls="none", host="127.0.0.1")
        self.bodies = {"anna": [], "bo": []}
        for name in self.bodies:
            self.b.mailbox(name, "mail")
        self.b.mailbox("carl", "gone")
        self.b.apply()

    def start(self):
        self.b.start(env=self.clock.env)
        self.began = time.monotonic()

    def mail(self, name, numbers):
        self.bodies[name] += deliver(self.server, name, numbers)

    def arrives(self, name, seconds=GAP):
        until(lambda: len(self.b.bodies(name)) == len(self.bodies[name]), seconds,
              f"new mail of {name}")
        same_bodies(self.b.bodies(name), self.bodies[name], name)

    def jumps(self):
        return [line for line in self.b.log().splitlines() if "clock.jumped" in line]

    def tried(self):
        """When the mailbox whose server is gone was visited last, by the daemon's clock."""
        return self.b.visit_row("carl")[0]

    def jump(self, offset, seconds):
        """The clock jumps; told in one line; every mailbox goes on."""
        told, tried = len(self.jumps()), self.tried()
        self.clock.set(offset)
        until(lambda: len(self.jumps()) > told, 5, f"a word of the jump by {seconds} s")
        said = int(self.jumps()[-1].split("seconds=")[1].split()[0])
        assert abs(said - seconds) <= 2, self.jumps()
        until(lambda: abs(self.tried() - tried - seconds * 1000000) < 10000000
              and self.tried() != tried, 5, "another try where the server is gone")
        time.sleep(2)
        assert len(self.jumps()) == told + 1, f"told more than once: {self.jumps()}"

    def no_gap(self):
        """Between the start and now."""
        for name in self.bodies:
            times = [self.began] + [when for when in self.proxy.visits_of[name]
                                    if when > self.began] + [time.monotonic()]
            gap = max(b - a for a, b in zip(times, times[1:]))
            assert gap < GAP, f"{name} was not visited for {gap:.1f} s"
            assert self.proxy.peak_of[name] == 1, f"{name} was visited twice at once"


def test_jumps(t):
    """a day forward, a day back, a week back, and on again, mail coming all the time"""
    w = World(t)
    w.mail("anna", range(20))
    w.start()
    w.arrives("anna", 10)
    for n, (offset, by) in enumerate([(DAY, DAY), (0, -DAY), (-7 * DAY, -7 * DAY),
                                      (0, 7 * DAY)]):
        w.jump(offset, by)
        w.mail("anna", range(100 + 10 * n, 105 + 10 * n))
        w.arrives("anna")
    w.no_gap()
    log = w.b.log()
    assert "overrun" not in log and "process.died" not in log, "somebody was ended"
    assert w.b.stop() == 0


def test_in_a_visit(t):
    """jumps in the middle of a fetch: it goes on, nobody else takes it over"""
    w = World(t)
    w.proxy.pace = 0.02
    w.mail("bo", range(1000, 1300))
    for n in range(3):
        w.server.deliver("bo", b"Subject: large\n\n" + bytes([65 + n]) * 70 * 20000)
    w.start()
    until(lambda: w.b.visit_row("bo")[1] and w.proxy.moved > 100000, what="the fetch")
    for offset in (DAY, 0, -DAY, 0):
        w.clock.set(offset)
        time.sleep(0.5)
        assert w.b.visit_row("bo")[1], "the fetch was over too soon"
    w.proxy.pace = 0
    until(lambda: len(w.b.bodies("bo")) == 303, 20, "the mail of bo")
    assert max(w.b.bodies("bo").values()) == 1
    assert len(w.jumps()) == 4, w.jumps()
    assert w.proxy.peak_of["bo"] == 1 and len(w.proxy.visits_of["bo"]) <= 3, "started again"
    assert "process.died" not in w.b.log() and "visit.failed mailbox=bo" not in w.b.log()
    assert w.b.stop() == 0


def test_between_lives(t):
    """the clock was a day ahead when the daemon ended, and is right when it starts again"""
    w = World(t)
    w.clock.set(DAY)
    w.mail("anna", range(20))
    w.start()
    w.arrives("anna", 10)
    assert w.b.stop() == 0
    w.clock.set(0)
    w.mail("anna", range(100, 110))
    w.start()
    w.arrives("anna", 5)
    time.sleep(2)
    w.no_gap()
    w.b.kill()
    w.clock.set(-DAY)
    w.mail("anna", range(200, 210))
    w.start()
    w.arrives("anna", 5)
    assert w.b.stop() == 0
