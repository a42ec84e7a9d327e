# SPDX-License-Identifier: Apache-2.0
"""SIGKILL at random moments of a fetch of twice 2,000 messages: one mailbox keeps its mail on
the server, the other is emptied after storing. A kill counts only while there was work left.

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
        assert b.sql("SELECT state, strikes FROM visit") == [(1, 0), (1, 0)], "somebody was blamed"
        assert b.alerts() == [], b.alerts()


def life(t, mail):
    """How long an undisturbed round takes from the start of the daemon."""
    r = Round(t, mail, 0)
    began = time.monotonic()
    r.b.start()
    until(r.over, pause=0.01)
    took = time.monotonic() - began
    r.check()
    r.b.kill()
    return took


def test_daemon(t):
    """the whole daemon dies at random moments: each message once, none lost"""
    wanted, kills, number = KILLS * 4 // 7, 0, 0
    mail = Mail(t, wanted)
    length = life(t, mail)
    dice = random.Random(SEED)
    while kills < wanted:
        number += 1
        r = Round(t, mail, number)
        while True:
            r.b.start(wait=False)
            time.sleep(dice.uniform(0, 0.7 * length))
            if r.over():
                break
            r.b.kill()
            kills += 1
            r.nothing_lost()
        r.check()
        assert r.b.stop() == 0
    print(f"# seed {SEED}: {kills} kills of the daemon in {number} rounds of {length:.2f} s")


def test_worker(t):
    """the worker dies at random moments: each message once, none lost, nobody blamed"""
    wanted, kills, number = KILLS * 3 // 7, 0, 0
    mail = Mail(t, wanted)
    length = life(t, mail)
    dice = random.Random(SEED + 1)
    while kills < wanted:
        number += 1
        r = Round(t, mail, number)
        r.b.start(wait=False)
        here = 0
        while True:
            if here == 4:  # the pauses before the next worker grow
                assert r.b.stop() == 0
                r.b.start(wait=False)
                here = 0
            worker = until(lambda: r.b.children("incoming"), what="a worker", pause=0.005)
            time.sleep(dice.uniform(0, 0.7 * length))
            if r.over():
                break
            os.kill(worker[0], signal.SIGKILL)
            kills, here = kills + 1, here + 1
            until(lambda: worker[0] not in r.b.children(), pause=0.005)
            r.nothing_lost()
        r.check()
        assert r.b.stop() == 0
    print(f"# seed {SEED + 1}: {kills} kills of the worker in {number} rounds of {length:.2f} s")
