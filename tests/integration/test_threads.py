# SPDX-License-Identifier: Apache-2.0
"""Many mailboxes over several threads and processes: the server never sees more connections
than the profile allows, and all is stored once."""
import os
import signal
import time

from lib import Brygga, deliver, same_bodies, serve, until
from proxy import Proxy

DELETE_WANTED = 4  # BRG_DELETE_WANTED
QUICK = {"normal": "1s", "fastest": "1s", "slowest": "1s"}


class Many:
    """Mailboxes of two profiles at one server, each profile with its own way there, that is slow
    enough for connections to overlap."""

    def __init__(self, t, limits, mailboxes, messages=6, **incoming):
        names = [f"box{n}" for n in range(mailboxes)]
        self.server = serve(t, names, tls=False)
        self.b = Brygga(t, schedule=QUICK, role_incoming=incoming)
        self.limits = limits
        self.proxies = [Proxy(t, self.server.pop3, pace=0.02) for _ in limits]
        for n, limit in enumerate(limits):
            self.b.profile(f"mail{n}", port=self.proxies[n].port, tls="none", host="127.0.0.1",
                           max_connections=limit)
        self.bodies = {}
        for n, name in enumerate(names):
            self.bodies[name] = deliver(self.server, name, range(n * 1000, n * 1000 + messages))
            self.b.mailbox(name, f"mail{n % len(limits)}", owner="queue" if n % 3 == 0 else "user")
            if n % 3 == 0:
                self.b.mailboxes[name]["delete-after-store"] = "yes"
        self.b.apply()

    def more_mail(self, first):
        for n, name in enumerate(self.bodies):
            self.bodies[name] += deliver(self.server, name,
                                         range(n * 1000 + first, n * 1000 + first + 3))

    def arrives(self, seconds=40):
        total = sum(len(bodies) for bodies in self.bodies.values())
        until(lambda: self.b.sql("SELECT count(*) FROM record")[0][0] >= total, seconds,
              f"{total} messages")

    def check(self):
        for name, bodies in self.bodies.items():
            same_bodies(self.b.bodies(name), bodies, name)
        wanted = f"SELECT count(*) FROM mark WHERE state = {DELETE_WANTED}"
        until(lambda: self.b.sql(wanted) == [(0,)], what="the end of all deletes")
        for n, name in enumerate(self.bodies):
            left = self.server.count(name)
            assert left == (0 if n % 3 == 0 else len(self.bodies[name])), f"{name}: {left} left"
        peaks = [proxy.peak for proxy in self.proxies]
        assert all(peak <= limit for peak, limit in zip(peaks, self.limits)), \
            f"{peaks} connections at a time, {self.limits} are allowed"
        for proxy in self.proxies:
            twice = [user for user, peak in proxy.peak_of.items() if peak > 1]
            assert not twice, f"visited twice at once: {twice}"
        assert self.b.alerts() == []
        return peaks

    def used_up(self, peaks):
        """It was the limits that held: all but perhaps one connection was in use."""
        assert all(peak >= limit - 1 for peak, limit in zip(peaks, self.limits)), \
            f"only {peaks} connections at a time, {self.limits} are allowed"

    def workers(self):
        """How many processes hold visits just now."""
        return self.b.sql("SELECT count(DISTINCT process) FROM visit")[0][0]


def test_many(t):
    """60 mailboxes, 2 processes of 8 threads, 7 and 3 connections; a worker is killed between"""
    x = Many(t, [7, 3], 60, processes=2, threads=8)
    b = x.b
    b.start()
    until(lambda: x.workers() == 2, what="two processes at work", pause=0.005)
    x.arrives()
    x.more_mail(100)
    until(lambda: x.workers() == 2, what="two processes at work", pause=0.005)
    os.kill(b.children("incoming")[0], signal.SIGKILL)
    x.arrives()
    x.used_up(x.check())
    for proxy in x.proxies:
        proxy.peak = 0
    x.more_mail(200)
    x.arrives()
    time.sleep(2)  # rounds that find nothing
    x.used_up(x.check())  # the dead worker's connections, too
    assert b.stop() == 0


def test_one(t):
    """one connection is allowed, two processes want it: they take turns, and it is never idle"""
    x = Many(t, [1], 12, processes=2, threads=4)
    x.b.start()
    x.arrives()
    x.more_mail(100)
    x.arrives()
    assert x.check() == [1]
    assert x.b.stop() == 0


def test_inline(t):
    """threads = 0: two processes visit one mailbox after the other"""
    x = Many(t, [7], 20, processes=2, threads=0)
    x.b.start()
    x.arrives()
    x.more_mail(100)
    x.arrives()
    peaks = x.check()
    assert peaks[0] == 2, f"{peaks[0]} connections at a time by two processes"
    assert x.b.stop() == 0
