# SPDX-License-Identifier: Apache-2.0
"""Mail out through a real and strict MTA, with processes killed on the way."""
import os
import random
import signal
import time

from lib import Brygga, Skip, until, write
import mta

COUNT = 500


def mailer(t):
    if not mta.available():
        raise Skip("there is no exim4 on this machine (package exim4-daemon-light)")
    os.chmod(os.path.dirname(t.folder), 0o755)
    os.chmod(t.folder, 0o755)
    server = mta.Mta(os.path.join(t.folder, "mta"))
    t.at_end(server.stop)
    server.start()
    b = Brygga(t, schedule={"server-retry": "1s", "retry": "1s"}, email={"send-retry": "1s"})
    b.profile("out", connector="smtp", host="127.0.0.1", port=server.port, tls="none")
    for n in range(2):
        b.person(f"user u{n}", address=f"u{n}@example.com")
        b.mailbox(f"u{n}", "out", incoming="none", outgoing="brygga")
    b.apply()
    return server, b


def write_mails(b, count, **how):
    made = []
    for n in range(count):
        path = write(os.path.join(b.folder, "m.eml"),
                     f"From: u{n % 2}@example.com\nTo: erik{n}@inside.example\n"
                     f"Subject: Number {n}\n\n{'text of the mail ' * 40}\n")
        made.append(b.json("record", "send", path)["record"])
    return made


def outgoing_states(b):
    rows = b.sql("SELECT lower(hex(record)), state FROM outgoing")
    return {f"{r[:8]}-{r[8:12]}-{r[12:16]}-{r[16:20]}-{r[20:]}": s for r, s in rows}


def test_kill(t):
    """SIGKILL at many moments while 500 mails go out: each arrives once or is uncertain, rightly"""
    server, b = mailer(t)
    records = write_mails(b, COUNT)
    dice = random.Random(7)
    b.start()
    kills = 0
    deadline = time.monotonic() + 120
    while any(s in (6, 7) for s in outgoing_states(b).values()):
        assert time.monotonic() < deadline, outgoing_states(b)
        time.sleep(dice.uniform(0.01, 0.25))
        if kills >= 60:
            continue
        if dice.random() < 0.15:
            b.kill()
            b.start(wait=False)
        else:
            for pid in b.children("outgoing"):
                os.kill(pid, signal.SIGKILL)
        kills += 1
    b.stop()
    until(lambda: server.waiting() == 0, 60, "the MTA's deliveries")
    arrived, states = server.messages(), outgoing_states(b)
    assert len(states) == COUNT
    uncertain = 0
    for record in records:
        n = arrived[f"{record}@example.com"]
        if states[record] == 3:
            assert n == 1, f"{record} is called sent and arrived {n} times"
        else:
            assert states[record] == 9 and n <= 1, (record, states[record], n)
            uncertain += 1
    assert kills > 10, kills
    # In doubt is only what was on its way: four a kill at most, for each of two mailboxes.
    assert uncertain <= 8 * kills, (uncertain, kills)
    print(f"# {kills} kills, {uncertain} of {COUNT} uncertain, "
          f"{sum(arrived.values())} arrived")
    listed = b.json("outbox", "list", "--limit", "1000")
    assert len(listed) == uncertain and all(o["state"] == "uncertain" for o in listed)


def test_strict(t):
    """a server that insists on the protocol's order, refuses relaying, defers and has no such user"""
    server, b = mailer(t)
    for n, (to, state) in enumerate((("erik@inside.example", "sent"),
                                     ("erik@outside.example", "failed"),
                                     ("nobody@inside.example", "failed"),
                                     ("later@inside.example", "pending"))):
        path = write(os.path.join(b.folder, "m.eml"),
                     f"From: u0@example.com\nTo: {to}\nSubject: {n}\n\n.\n..\nr\xe4tt\n".encode("latin-1"))
        record = b.json("record", "send", path)["record"]
        b.run("visit", "u0", "--lane", "outgoing", ok=False)
        told = b.json("record", "show", record)["outbox"]
        assert told["state"] == state, (to, told)
    until(lambda: server.waiting() == 0, 20, "the delivery")
    path, = server.files()
    with open(path, "rb") as f:
        assert f.read().endswith(b"\n\n.\n..\nr\xe4tt\n")
