#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures Brygga, the limit (bare) and what people would use instead against one private
Dovecot and a sink for mail, and writes a Markdown report.

Runs are interleaved: a round runs every contestant once, so that whatever else the machine
does falls on all of them. Medians over the rounds are told. What is not installed is left
out, and the report says so."""

import argparse
import datetime
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

import clients
import corpus
import measure
import ours
import report
import sending
import server
import slowlink
import tracking
import twoway

SESSIONS = 64
STORED = 100  # rows in one commit of bare+store
MUST = ("bare", "bare+store", "bare+connect", "brygga", "foundation")  # no measure without them


class Bench:
    def __init__(self, args, where):
        self.args, self.where = args, where
        self.build = os.path.abspath(args.build)
        self.share = share = 10 if args.small else 1
        self.big, self.slow, self.many, self.each = 10_000 // share, 2_000 // share, \
            1_000 // share, 20
        self.mail = os.path.abspath(args.corpus) if args.corpus else where + "/mail"
        self.plugins = ours.plugins(self.build, where)
        self.server = None
        head = ["date: %s" % datetime.date.today(), *measure.machine(where),
                "server: Dovecot %s on loopback, Maildir, processes kept and used again" %
                server.version(),
                "rounds: %d, interleaved%s" % (args.rounds, "; a tenth of the corpus"
                                               if args.small else "")]
        self.report = report.Report(head)

    # ---- parts --------------------------------------------------------------------------

    def say(self, text):
        print(time.strftime("%H:%M:%S"), text, flush=True)

    def prepare(self):
        corpus.make(self.mail, self.big, self.slow, self.many, self.each, self.many, self.say)
        corpus.make_talk(self.mail, self.big, self.say)
        if os.getuid() == 0:
            who = server.users()
            if any(os.stat("%s/%s/cur" % (self.mail, name)).st_uid != who["uid"]
                   for name in ("big", "talk")):
                subprocess.run(["chown", "-R", "%d:%d" % (who["uid"], who["gid"]), self.mail],
                               check=True)
        self.server = server.Server(self.where + "/dovecot", self.mail).start()

    def brygga(self, at=None):
        return ours.Brygga(self.build, at or self.server, self.where + "/brygga", self.plugins)

    def peers(self, *kinds, at=None):
        """Those that are installed."""
        found = []
        for kind in kinds:
            peer = kind(at or self.server, self.where + "/" + kind.name)
            if peer.present():
                found.append(peer)
            else:
                self.say("%s is not installed; left out" % kind.program)
        return found

    def bare_command(self, *args, at=None, tls=False):
        s = at or self.server
        command = [self.build + "/tests/bench/bare", "--host", s.address, "--port",
                   str(s.pop3s if tls else s.pop3), "--password", server.PASSWORD, *args]
        return command + (["--tls", s.trust] if tls else [])

    def bare(self, *args, prefix=(), **kind):
        r = measure.run([*prefix, *self.bare_command(*args, **kind)], out=self.where + "/bare.log")
        if r["status"] != 0:
            raise measure.Failed("bare failed; see %s/bare.log" % self.where)
        return r

    def bare_store(self, *args, **kind):
        path = self.where + "/bare.db"
        try:
            return self.bare(*args, "--store", path, **kind)
        finally:
            for end in ("", "-wal", "-shm"):
                if os.path.exists(path + end):
                    os.unlink(path + end)

    def visit(self, name, expect, at=None, prefix=(), brygga=None, **settings):
        """A first fetch into a fresh store."""
        b = brygga or self.brygga(at)
        b.fresh({name: name}, **settings)
        r = measure.run([*prefix, *b.command("visit", name)], out=b.log)
        have = b.status()["records"]
        if r["status"] != 0 or (expect is not None and have != expect):
            raise measure.Failed("brygga visit %s: status %d, %d records; see %s" %
                                 (name, r["status"], have, b.log))
        r["records"] = have
        return r

    def fetch_with(self, peer, user, expect, prefix=()):
        r = measure.run([*prefix, *peer.fetch(user)], out=self.where + "/peers.log")
        if peer.count() != expect:
            raise measure.Failed("%s brought %d of %d messages; see %s/peers.log" %
                                 (peer.name, peer.count(), expect, self.where))
        return r

    def rounds(self, contestants, n=None):
        """contestants: name -> a function that runs once. name -> results. A peer that fails
        is left out from there on; the limit and Brygga must not."""
        results = {name: [] for name in contestants}
        for _ in range(n or self.args.rounds):
            for name, once in contestants.items():
                if name not in results:
                    continue
                try:
                    r = once()
                except measure.Failed as problem:
                    if name in MUST:
                        raise
                    self.say("%s is left out: %s" % (name, problem))
                    del results[name]
                    continue
                results[name].append(r)
                self.say("  %-14s %8.3f s  cpu %.2f s" % (name, r["seconds"], r.get("cpu") or 0))
        return results

    @staticmethod
    def rows(peers, results, more="", how=None):
        """The report's rows of those that came through."""
        return [("%s %s" % (p.name, p.version()), results[p.name], (how or p.how) + more)
                for p in peers if p.name in results]

    @staticmethod
    def mid(results, name, field="seconds"):
        return measure.median([r[field] for r in results[name]])

    # ---- measurements ----------------------------------------------------------------------

    def first_fetch(self):
        """first fetch of a big mailbox"""
        self.bare("--user", "big")
        peers = self.peers(clients.Mpop, clients.Mbsync, clients.Fetchmail)
        jobs = {"bare": lambda: self.bare("--user", "big"),
                "bare+store": lambda: self.bare_store("--user", "big"),
                "brygga": lambda: self.visit("big", self.big)}
        for peer in peers:
            jobs[peer.name] = lambda peer=peer: self.fetch_with(peer, "big", self.big)
        r = self.rounds(jobs)
        rows = [("bare", r["bare"], "throws the bytes away"),
                ("bare+store", r["bare+store"], "rows in SQLite, %d a commit" % STORED),
                ("**brygga**", r["brygga"], "`brygga visit big`")]
        rows += self.rows(peers, r)
        for peer in self.peers(clients.Getmail):
            one = self.rounds({"getmail": lambda: self.fetch_with(peer, "slow", self.slow)}, 1)
            if "getmail" not in one:
                continue
            share = self.big // self.slow
            one = [{"seconds": one["getmail"][0]["seconds"] * share,
                    "cpu": one["getmail"][0]["cpu"] * share}]
            rows.append(("%s %s" % (peer.name, peer.version()), one, "%s; %d messages, once, "
                         "times %d" % (peer.how, self.slow, share)))
        self.report.runs("First fetch of %d messages" % self.big, "One session, clear text, into "
                         "an empty store.", rows)
        ratio = self.mid(r, "brygga") / self.mid(r, "bare")
        self.report.goal("first fetch, times bare", ratio, 1.6)
        if "mpop" in r:
            self.report.goal("first fetch, times as fast as mpop",
                             self.mid(r, "mpop") / self.mid(r, "brygga"), 4, at_least=True)

    def polls(self, title, prefix, tls, new):
        """Mailboxes with nothing new. prefix: u (20 messages, all known) or e (empty)."""
        names = ["%s%04d" % (prefix, i + 1) for i in range(self.many)]
        b = self.brygga()
        b.fresh({name: name for name in names}, threads=SESSIONS, connections=SESSIONS, tls=tls)
        more = ["--many", str(self.many), "--sessions", str(SESSIONS), "--poll", "--user", prefix]
        fetchmail = [] if tls else self.peers(clients.Fetchmail)

        def ask(child):
            cpu = measure.tree_cpu(child.pid)
            at = b.probe("want")["at"]
            seen = b.wait(at, self.many)
            b.settled(child)
            if seen["items"]:
                raise measure.Failed("a poll found %d new messages" % seen["items"])
            return {"seconds": (seen["ended"] - at) / 1e6,
                    "cpu": measure.tree_cpu(child.pid) - cpu}

        def ask_fetchmail(peer):
            return measure.run(peer.again(), out=self.where + "/peers.log")

        with b.daemon() as child:
            b.wait(0, self.many)
            b.settled(child)
            self.bare(*more, tls=tls)
            jobs = {"bare": lambda: self.bare(*more, tls=tls), "brygga": lambda: ask(child)}
            for peer in fetchmail:
                if new:
                    measure.run(peer.fetch_all(names, 1), out=self.where + "/peers.log")
                else:
                    peer.poll_all(names)
                jobs["fetchmail"] = lambda peer=peer: ask_fetchmail(peer)
            r = self.rounds(jobs)
        rows = [("bare", r["bare"], "log in, UIDL, QUIT"),
                ("**brygga**", r["brygga"], "daemon, one worker, %d threads" % SESSIONS)]
        rows += self.rows(fetchmail, r, how="one process")
        self.report.runs(title, "%d at once%s." % (SESSIONS, ", a full handshake each, the "
                         "system's CA bundle loaded" if tls else ""), rows,
                         per=(self.many, "mailboxes"))
        self.report.goal(title + ", share of bare's rate",
                         self.mid(r, "bare") / self.mid(r, "brygga"), 0.6, at_least=True)
        self.report.goal(title + ", our CPU per mailbox", self.mid(r, "brygga", "cpu") * 1000 /
                         self.many, 1.6 if tls else 0.5, " ms")
        if "fetchmail" in r:
            self.report.goal(title + ", times as fast as fetchmail",
                             self.mid(r, "fetchmail") / self.mid(r, "brygga"), 1, at_least=True)

    def poll_known(self):
        """polls of mailboxes whose messages are all known"""
        self.polls("Poll of %d mailboxes, 20 known messages each" % self.many, "u", False, True)

    def poll_empty(self):
        """polls of empty mailboxes"""
        self.polls("Poll of %d empty mailboxes" % self.many, "e", False, False)

    def poll_tls(self):
        """the same with TLS"""
        self.polls("Poll of %d empty mailboxes over TLS" % self.many, "e", True, False)

    def slow_link(self):
        """2,000 messages over a link of 20 ms each way"""
        if not slowlink.possible():
            self.say("the slow link needs root and /dev/net/tun; left out")
            return
        with slowlink.SlowLink(self.build + "/tests/bench/delaylink", self.where, 20) as link:
            far = server.Server(self.where + "/far", self.mail, slowlink.SERVER,
                                prefix=link.at_server(), ports=(110, 995, 143)).start()
            try:
                self.over(link.at_client(), far)
            finally:
                far.stop()

    def over(self, prefix, far):
        self.bare("--user", "slow", at=far, prefix=prefix)
        jobs = {"bare": lambda: self.bare("--user", "slow", at=far, prefix=prefix),
                "brygga": lambda: self.visit("slow", self.slow, at=far, prefix=prefix)}
        peers = self.peers(clients.Mbsync, clients.Mpop, at=far)
        for peer in peers:
            jobs[peer.name] = lambda peer=peer: self.fetch_with(peer, "slow", self.slow, prefix)
        r = self.rounds(jobs)
        rows = [("bare", r["bare"], ""), ("**brygga**", r["brygga"], "`brygga visit slow`")]
        rows += self.rows(peers, r)
        for peer in self.peers(clients.Getmail, clients.Fetchmail, at=far):
            one = self.rounds({peer.name: lambda: self.fetch_with(peer, "slow", self.slow,
                                                                  prefix)}, 1)
            rows += self.rows([peer], one, "; once")
        self.report.runs("%d messages over a slow link" % self.slow, "20 ms each way "
                         "(`tests/bench/delaylink.c`), one session, clear text.", rows)
        self.report.goal("slow link, times bare", self.mid(r, "brygga") / self.mid(r, "bare"), 1.3)

    def many_mailboxes(self):
        """20 new messages in each of 1,000 mailboxes"""
        names = ["u%04d" % (i + 1) for i in range(self.many)]
        total = self.many * self.each
        more = ["--many", str(self.many), "--sessions", str(SESSIONS), "--user", "u"]
        b = self.brygga()

        def ours_once():
            b.fresh({name: name for name in names}, threads=SESSIONS, connections=SESSIONS)
            start = time.time()
            with b.daemon() as child:
                seen = b.wait(0, self.many)
                cpu = measure.tree_cpu(child.pid)
            have = b.status()["records"]
            if have != total:
                raise measure.Failed("%d of %d records" % (have, total))
            return {"seconds": seen["ended"] / 1e6 - start, "cpu": cpu}

        def fetchmail_once(peer):
            r = measure.run(peer.fetch_all(names, 16), out=self.where + "/peers.log")
            if peer.count() != total:
                raise measure.Failed("fetchmail brought %d of %d" % (peer.count(), total))
            return r

        self.bare(*more)
        jobs = {"bare": lambda: self.bare(*more), "bare+store": lambda: self.bare_store(*more),
                "brygga": ours_once}
        peers = self.peers(clients.Fetchmail)
        for peer in peers:
            jobs["fetchmail"] = lambda peer=peer: fetchmail_once(peer)
        r = self.rounds(jobs)
        rows = [("bare", r["bare"], ""), ("bare+store", r["bare+store"], "one store"),
                ("**brygga**", r["brygga"], "from the daemon's start to the last visit's end")]
        rows += self.rows(peers, r, how="16 processes")
        self.report.runs("%d new messages in each of %d mailboxes" % (self.each, self.many),
                         "%d sessions at once." % SESSIONS, rows)
        self.report.goal("many mailboxes, times bare+store",
                         self.mid(r, "brygga") / self.mid(r, "bare+store"), 1.5)

    def third_writer(self):
        """a third process's commits while two fetch"""
        b = self.brygga()
        runs = []
        for _ in range(self.args.rounds):
            b.fresh({"big": "big", "big2": "big2"})
            with open(b.log, "ab") as log:
                probe = subprocess.Popen(b.probe_command("latency", 2), stdin=subprocess.PIPE,
                                         stdout=subprocess.PIPE, stderr=log, text=True)
                try:
                    probe.stdout.readline()
                    two = [subprocess.Popen(b.command("visit", name), stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log) for name in ("big", "big2")]
                    status = [p.wait(300) for p in two]
                finally:
                    out, _ = probe.communicate(timeout=60)
            have = b.status()["records"]
            if status != [0, 0] or have != 2 * self.big:
                raise measure.Failed("the two visits: status %s, %d records" % (status, have))
            runs.append(json.loads(out))
            self.say("  %s" % runs[-1])
        mid = {key: measure.median([r[key] for r in runs]) for key in runs[0]}
        self.report.text("One durable row while two processes fetch", [
            "Two `brygga visit` of %d messages each into one store; a third process commits one "
            "durable row every 2 ms. Medians of %d runs." % (self.big, len(runs)), "",
            "| commits | median ms | 99th percentile ms | longest ms |",
            "| ---: | ---: | ---: | ---: |",
            "| %.0f | %.2f | %.2f | %.2f |" % (mid["commits"], mid["p50"], mid["p99"],
                                               mid["max"])])
        self.report.goal("third process's durable commit, 99th percentile", mid["p99"], 50, " ms")

    def header_filter(self):
        """bytes on the wire when the header lets 5 % in"""
        sent, records = {}, {}
        for name, more in (("all", ""), ("5 %", "accept = senders\nsenders = " +
                                         corpus.WANTED_DOMAIN)):
            mark = self.server.mark()
            records[name] = self.visit("big", self.big if name == "all" else None,
                                       more=more)["records"]
            sent[name] = self.server.sent(mark)
        share = sent["5 %"] / sent["all"]
        self.report.text("Bytes from the server when the header lets few in", [
            "%d messages; senders of one domain are accepted. Counted by the server." % self.big,
            "", "| | records | MB sent by the server |", "| --- | ---: | ---: |",
            "| all accepted | %d | %.1f |" % (records["all"], sent["all"] / 1e6),
            "| `accept = senders` | %d | %.1f |" % (records["5 %"], sent["5 %"] / 1e6)])
        self.report.goal("bytes when 5 % are accepted, share of a whole fetch", share, 0.25)

    def memory(self):
        """resident memory"""
        b = self.brygga()
        b.fresh({"big": "big"}, threads=SESSIONS)
        with b.daemon() as child:
            b.wait(0, 1)
            peak = max(measure.memory(pid, "VmHWM") for pid in b.workers(child))
        idle = {}
        # More than the store's caches hold, so that what differs is what a mailbox costs.
        few, lots = self.many * 40, self.many * 80
        for n in (few, lots):
            names = ["m%05d" % i for i in range(n)]
            b.fresh({name: name for name in names}, threads=SESSIONS)
            b.probe("later", 600)
            with b.daemon() as child:
                time.sleep(3)
                b.settled(child)
                idle[n] = sum(measure.memory(pid, "VmRSS") for pid in measure.tree(child.pid))
                self.say("  %d mailboxes: %d KiB" % (n, idle[n]))
        each = (idle[lots] - idle[few]) * 1024 / (lots - few)
        self.report.text("Resident memory", [
            "| | KiB |", "| --- | ---: |",
            "| worker, peak in the first fetch of %d messages | %d |" % (self.big, peak),
            "| whole daemon with %d idle mailboxes | %d |" % (few, idle[few]),
            "| whole daemon with %d idle mailboxes | %d |" % (lots, idle[lots])])
        self.report.goal("worker in the first fetch", peak / 1024, 48, " MiB")
        self.report.goal("daemon, for one more idle mailbox", each, 64, " bytes")


CASES = {"first-fetch": Bench.first_fetch, "poll-known": Bench.poll_known,
         "poll-empty": Bench.poll_empty, "poll-tls": Bench.poll_tls,
         "slow-link": Bench.slow_link, "many": Bench.many_mailboxes,
         "third-writer": Bench.third_writer, "header-filter": Bench.header_filter,
         "memory": Bench.memory, "tracking": tracking.first_fetch,
         "correlation": tracking.correlation, "sending": sending.local,
         "sending-slow": sending.slow_link, "first-match": twoway.first_match,
         "visits": twoway.visits, "merges": twoway.merges}


def arguments():
    p = argparse.ArgumentParser(description="measure Brygga, the limit and its peers",
                                epilog="measurements: " + "; ".join(
                                    "%s (%s)" % (name, case.__doc__)
                                    for name, case in CASES.items()))
    p.add_argument("--build", default=".", help="build folder")
    p.add_argument("--out", default="bench.md", help="the report")
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--only", nargs="+", choices=CASES, default=list(CASES), metavar="NAME")
    p.add_argument("--small", action="store_true", help="a tenth of the corpus, to try it out")
    p.add_argument("--corpus", help="keep the mailboxes in this folder for the next run")
    p.add_argument("--foundation", metavar="BUILD-DIR", help="an older build of Brygga, before it "
                   "tracked email, to fetch beside this one")
    p.add_argument("--keep", action="store_true", help="do not remove the working folder")
    return p.parse_args()


def main():
    args = arguments()
    if not server.installed():
        sys.exit("run.py: Dovecot is not installed (Debian: dovecot-pop3d dovecot-imapd)")
    where = tempfile.mkdtemp(prefix="brygga-bench-")
    os.chmod(where, 0o755)
    bench, failed = Bench(args, where), []
    try:
        bench.prepare()
        for name in args.only:
            bench.say(name)
            try:
                CASES[name](bench)
            except measure.Failed as problem:
                failed.append(name)
                bench.say("FAILED: %s" % problem)
                bench.report.text(name, ["Not measured: %s." % problem])
        with open(args.out, "w") as f:
            f.write(bench.report.markdown())
        bench.say("written: " + args.out)
    finally:
        if bench.server:
            bench.server.stop()
        if args.keep or failed:
            print("working folder:", where)
        else:
            shutil.rmtree(where, ignore_errors=True)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
