# SPDX-License-Identifier: Apache-2.0
"""SIGKILL at random moments of a fetch of twice 2,000 messages: one mailbox keeps its mail on
the server, the other is emptied after storing. A kill counts only while a visit was running.

The moments come from a seed that is printed; BRYGGA_KILL_SEED and BRYGGA_KILLS set another
seed and number.
"""
import os
import random
import signal
import time

from lib import Brygga, message, same_bodies, serve, sha, until, wire

MESSAGES = 2000
SEED = int(os.environ.get("BRYGGA_KILL_SEED", 20261123))
KILLS = int(os.environ.get("BRYGGA_KILLS", 210))


class Mail:
    """2,000 messages per mailbox, written once and linked into the maildrop of each round."""

    def __init__(self, t, rounds):
        users = [f"{kind}{n}" for n in range(rounds + 1) for kind in ("keep", "drop")]
        self.server = serve(t, users + ["keep", "drop"])
        dice = random.Random(SEED)
        self.bodies = {}
        for first, kind in ((0, "keep"), (MESSAGES, "drop")):
            self.bodies[kind] = []
            for n in range(first, first + MESSAGES):
                data = message(n, size=dice.choice((800, 3000, 3000, 6000, 40000)), dice=dice)
                self.bodies[kind].append(wire(data))
                self.server.deliver(kind, data, f"{1700000000 + n}.{n}.test")
        self.digest = {}  # of a file name's first part
        for kind, bodies in self.bodies.items():
            first = 0 if kind == "keep" else MESSAGES
            self.digest.update({f"{1700000000 + first + i}": sha(body)
                                for i, body in enumerate(bodies)})

    def deal(self, number):
        for kind in ("keep", "drop"):
            source = os.path.join(self.server.maildir(kind), "new")
            target = os.path.join(self.server.maildir(f"{kind}{number}"), "new")
            for name in os.listdir(source):
                os.link(os.path.join(source, name), os.path.join(target, name))

    def on_server(self, user):
        names = [name for sub in ("new", "cur")
                 for name in os.listdir(os.path.join(self.server.maildir(user), sub))]
        return {self.digest[name.split(".")[0]] for name in names}


class Round:
    def __init__(self, t, mail, number, **sections):
        self.mail, self.number = mail, number
        mail.deal(number)
        self.b = Brygga(t, f"brygga{number}", **sections)
        self.b.profile("mail", mail.server)
        self.keep, self.drop = f"keep{number}", f"drop{number}"
        self.b.mailbox(self.keep, "mail")
        self.b.mailbox(self.drop, "mail", owner="queue", delete_after_store="yes")
        self.b.apply()

    def running(self):
        """The processes that hold a visit."""
        return {row[0] for row in self.b.sql("SELECT DISTINCT process FROM visit"
                                             " WHERE process IS NOT NULL")}

    def over(self):
        """All is stored, deleted where it should be, and both visits are settled."""
        done = self.b.sql("SELECT count(*) FROM visit WHERE process IS NULL AND outcome IN (1, 2)")
        return done == [(2,)] and self.b.sql("SELECT count(*) FROM record") == [(2 * MESSAGES,)]

    def nothing_lost(self):
        """What is gone from the server is in the store. The server is asked first: what it
        deletes after that was in the store before. It may rename a file while the folder is
        read, so that it is met under neither name: then look again."""
        stored = self.b.bodies()
        assert max(stored.values(), default=1) == 1, "a message is in the store twice"
        for _ in range(5):
            kept, left = self.mail.on_server(self.keep), self.mail.on_server(self.drop)
            lost = {sha(body) for body in self.mail.bodies["drop"]} - left - set(self.b.bodies())
            if not lost and len(kept) == MESSAGES:
                return
            time.sleep(0.2)
        assert len(kept) == MESSAGES, "mail was deleted where it should stay"
        assert not lost, f"{len(lost)} messages are neither on the server nor in the store"

    def nobody_blamed(self):
        died = [line for line in self.b.log().splitlines() if "process.died" in line]
        assert all("cause=outside mailbox=-" in line for line in died), died
        strikes = self.b.sql("SELECT state, strikes FROM visit")
        assert strikes == [(1, 0), (1, 0)], f"somebody was blamed: {strikes}"

    def check(self):
        b, mail = self.b, self.mail
        until(b.in_step, what=f"round {self.number} in step")
        same_bodies(b.bodies(self.keep), mail.bodies["keep"], self.keep)
        stored = b.bodies()
        same_bodies(stored, mail.bodies["keep"] + mail.bodies["drop"], "the store")
        self.nothing_lost()
        left = mail.server.count(self.drop)
        assert left == 0, f"{left} messages were not deleted on the server"
        have = {row[0] for row in b.sql("SELECT DISTINCT sha FROM body")}
        assert have >= set(stored), "a record without its body"
        self.nobody_blamed()
        assert b.alerts() == [], b.alerts()


def life(t, mail):
    """How long an undisturbed fetch takes."""
    r = Round(t, mail, 0)
    r.b.start(wait=False)
    until(r.running, what="the first visit", pause=0.002)
    began = time.monotonic()
    until(r.over, pause=0.002)
    took = time.monotonic() - began
    r.check()
    r.b.kill()
    return took


class Killer:
    """Waits for a random moment of a running fetch, sooner the less of it is left."""

    def __init__(self, mail, seed, wanted, length):
        self.mail, self.dice, self.wanted, self.length = mail, random.Random(seed), wanted, length
        self.kills = self.early = self.late = self.rounds = 0
        self.dead = set()

    def moment(self, r):
        """True when it is time to kill, False when the round is over."""
        def alive():
            return r.running() - self.dead or r.over()
        if self.dice.random() < 0.1:  # before it works
            time.sleep(self.dice.uniform(0, 0.2))
        else:
            until(alive, what="a visit", pause=0.002)
            left = 1 - r.b.sql("SELECT count(*) FROM record")[0][0] / (2 * MESSAGES)
            time.sleep(self.dice.uniform(0, self.length * (0.1 + 0.7 * left)))
        if r.over():
            return False
        running = r.running() - self.dead
        self.kills += bool(running)
        self.early += not running
        self.late += bool(running) and r.b.sql("SELECT count(*) FROM record") == [(2 * MESSAGES,)]
        self.dead |= running
        return True

    def told(self, whom):
        print(f"# {self.kills} kills of {whom} in a fetch, {self.late} of them after the last "
              f"message was stored, {self.early} more before it, in {self.rounds} rounds of "
              f"{self.length:.2f} s")


def test_daemon(t):
    """the whole daemon dies at random moments: each message once, none lost"""
    mail = Mail(t, KILLS)
    k = Killer(mail, SEED, KILLS * 4 // 7, life(t, mail))
    while k.kills < k.wanted:
        k.rounds += 1
        r = Round(t, mail, k.rounds)
        r.b.start(wait=False)
        while k.moment(r):
            r.b.kill()
            r.nothing_lost()
            r.b.start(wait=False)
        r.check()
        assert r.b.stop() == 0
    k.told(f"the daemon (seed {SEED})")


def test_worker(t):
    """the worker dies at random moments: each message once, none lost, nobody blamed"""
    mail = Mail(t, KILLS)
    k = Killer(mail, SEED + 1, KILLS * 3 // 7, life(t, mail))
    while k.kills < k.wanted:
        k.rounds += 1
        r = Round(t, mail, k.rounds)
        r.b.start(wait=False)
        here = 0
        while k.moment(r):
            r.nobody_blamed()
            worker = r.b.children("incoming")
            for pid in worker:
                os.kill(pid, signal.SIGKILL)
            until(lambda: not set(worker) & set(r.b.children()), pause=0.005)
            r.nothing_lost()
            here += 1
            if here % 4 == 0:  # the pauses before the next worker grow
                assert r.b.stop() == 0
                r.b.start(wait=False)
        r.check()
        assert r.b.stop() == 0
    k.told(f"the worker (seed {SEED + 1})")
