# SPDX-License-Identifier: Apache-2.0
"""Sending into a sink: every mail is in the outbox before the clock starts, and is in the store
as sent when it stops."""

import contextlib
import json
import random
import subprocess

import clients
import corpus
import measure
import slowlink
from clients import write

OCTETS = 8192
SENDER, RECIPIENT = "anna@brygga.example", "erik@kund.example"

PROFILE = """
[profile sink]
connector = smtp
host = {host}
port = {port}
tls = none
auth = none
"""


class Sink:
    """tests/bench/smtpsink on some port; `prefix` runs it elsewhere."""

    def __init__(self, bench, address="127.0.0.1", prefix=()):
        self.address = address
        self.process = subprocess.Popen(
            [*prefix, bench.build + "/tests/bench/smtpsink", address, "0"], text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.port = int(self.process.stdout.readline())

    def stop(self):
        """Ends it; what it took."""
        out, _ = self.process.communicate(timeout=30)
        return json.loads(out)


@contextlib.contextmanager
def sink_of(bench, n, **where):
    """A sink for one run, that must have taken n messages."""
    sink = Sink(bench, **where)
    try:
        yield sink
    finally:
        took = sink.stop()
    if took["messages"] != n:
        raise measure.Failed("the sink took %d of %d messages" % (took["messages"], n))


def letter(bench):
    """The mail that all of them send."""
    rng = random.Random(corpus.SEED + 7)
    lines = ["From: Anna Berg <%s>" % SENDER, "To: %s" % RECIPIENT, "Subject: Offert 17",
             "Date: Mon, 05 Jan 2026 08:00:00 +0000", "MIME-Version: 1.0",
             "Content-Type: text/plain; charset=utf-8", ""]
    left = OCTETS - sum(len(line) + 2 for line in lines)
    text = [line for line in corpus.Pools(rng).text if line.isascii()]
    lines += corpus.Pools.cut(rng, text, left)
    return write(bench.where + "/letter.eml", "\n".join(lines) + "\n")


class Senders:
    """Each a run of n mails, with `prefix`, to a sink of its own (`sink`: where that is)."""

    def __init__(self, bench, prefix=(), sink=None):
        self.bench, self.prefix, self.sink = bench, prefix, sink or {}
        self.letter = letter(bench)

    def run(self, n, command_of, log):
        with sink_of(self.bench, n, **self.sink) as sink:
            r = measure.run([*self.prefix, *command_of(sink)], out=log)
        if r["status"] != 0:
            raise measure.Failed("status %d; see %s" % (r["status"], log))
        return r

    def bare(self, how, n):
        return self.run(n, lambda sink: [
            self.bench.build + "/tests/bench/bare_smtp", sink.address, str(sink.port), how, str(n),
            self.letter, SENDER, RECIPIENT], self.bench.where + "/bare.log")

    def client(self, peer, n):
        return self.run(n, lambda sink: peer.send(sink, self.letter, SENDER, RECIPIENT, n),
                        self.bench.where + "/peers.log")

    def ours(self, n):
        b = self.bench.brygga()

        def ready(sink):
            b.fresh({"anna": "anna"}, connectors=("pop3", "smtp"),
                    people=PROFILE.format(host=sink.address, port=sink.port),
                    more="accept = none\noutgoing = brygga\noutgoing-profile = sink")
            b.probe("put", n, self.letter)
            return b.command("visit", "anna", "--lane", "outgoing")

        r = self.run(n, ready, b.log)
        have = b.probe("outbox")
        if have["sent"] != n:
            raise measure.Failed("in the outbox: %s; see %s" % (have, b.log))
        return r


def times(runs, share):
    """What was measured with fewer, multiplied."""
    return [{"seconds": r["seconds"] * share, "cpu": r["cpu"] * share} for r in runs]


def compare(bench, senders, title, note, shares, peers):
    """Brygga, the limit by one connection and by one for each, and what is installed. `shares`:
    for whom only so small a part is sent."""
    n = bench.many

    def part(name):
        return max(1, n // shares.get(name, 1))

    jobs = {"bare": lambda: senders.bare("reuse", part("bare")),
            "brygga": lambda: senders.ours(n),
            "bare+connect": lambda: senders.bare("each", part("bare+connect"))}
    for peer in peers:
        jobs[peer.name] = lambda peer=peer: senders.client(peer, part(peer.name))
    r = bench.rounds(jobs)
    r = {name: times(runs, n // part(name)) for name, runs in r.items()}

    def remark(name, text):
        return text + ("; %d messages, times %d" % (part(name), n // part(name))
                       if part(name) != n else "")

    rows = [("bare", r["bare"], remark("bare", "one connection; envelope and DATA in one write")),
            ("**brygga**", r["brygga"], "`brygga visit anna --lane outgoing`, each journaled "
             "durably before and after"),
            ("bare+connect", r["bare+connect"], remark("bare+connect", "a connection for each"))]
    rows += [("%s %s" % (p.name, p.version()), r[p.name], remark(p.name, p.how))
             for p in peers if p.name in r]
    bench.report.runs(title, note, rows, per=(n, "messages"))
    return r


def local(bench):
    """1,000 messages of 8 KiB to a sink on this machine"""
    r = compare(bench, Senders(bench), "Sending %d messages of 8 KiB" % bench.many,
                "To a sink on loopback (`tests/bench/smtpsink.c`), clear text, one after another "
                "from one mailbox.", {"msmtp": 10}, bench.peers(clients.Smtplib, clients.Msmtp))
    bench.report.goal("sending, messages a second", bench.many / bench.mid(r, "brygga"), 1500,
                      at_least=True)
    for name, title in (("bare", "bare"), ("smtplib", "smtplib's")):
        if name in r:
            bench.report.goal("sending, share of %s rate over one connection" % title,
                              bench.mid(r, name) / bench.mid(r, "brygga"), 0.5, at_least=True)


def slow_link(bench):
    """the same over a link of 20 ms each way"""
    if not slowlink.possible():
        bench.say("the slow link needs root and /dev/net/tun; left out")
        return
    with slowlink.SlowLink(bench.build + "/tests/bench/delaylink", bench.where, 20) as link:
        far = Senders(bench, link.at_client(),
                      {"address": slowlink.SERVER, "prefix": link.at_server()})
        r = compare(bench, far, "Sending %d messages of 8 KiB over a slow link" % bench.many,
                    "20 ms each way.", {"bare": 5, "bare+connect": 20}, [])
    bench.report.goal("sending over a slow link, times as fast as a connection for each",
                      bench.mid(r, "bare+connect") / bench.mid(r, "brygga"), 5, at_least=True)
