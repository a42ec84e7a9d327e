#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""exchange.so and Debian's exchangelib at the EWS test server, in one run: processor time of either side.

ews.py [--items N] [--visits N]: BRYGGA_ROOT is where Brygga is installed, BRYGGA_BUILD_DIR where it was built.
Processor time is that of whole processes (start, connector, store); the server's is what it used meanwhile.
"""
import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "integration"), os.path.join(HERE, "..", "servers")]
from lib import until  # noqa: E402
from office import ANNA, Office  # noqa: E402
from run import Test  # noqa: E402

MAIL = "From: Bo <bo@x.example>\nTo: anna@example.com\nSubject: Mail {n}\nMessage-ID: <{n}@x.example>\n" \
       "Date: Sun, 29 Nov 2026 10:00:00 +0000\n\n" + "A line of a usual mail, as people write it.\n" * 40
# Every item of a folder, whole: what a first sync needs.
PEER = """
import sys, warnings
warnings.filterwarnings("ignore")
sys.path.insert(0, sys.argv[1])
from ews_stranger import account
box = account(sys.argv[2], sys.argv[3], "secret")
if sys.argv[4] == "mail":
    n = sum(len(m.mime_content) > 0 for m in box.inbox.all().only("mime_content"))
else:
    n = sum(1 for c in box.contacts.all())
print(n)
"""


def used_by(pid):
    """Processor seconds of a process so far."""
    with open(f"/proc/{pid}/stat", encoding="ascii") as f:
        words = f.read().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


class Watch:
    """Processor seconds of commands and of the server."""

    def __init__(self, office):
        self.pid = office.server.process.pid

    def __enter__(self):
        self.began, self.server = self.ours(), used_by(self.pid)
        return self

    def __exit__(self, *_):
        self.began, self.server = self.ours() - self.began, used_by(self.pid) - self.server

    @staticmethod
    def ours():
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return used.ru_utime + used.ru_stime

    def line(self, what, n):
        return f"{what:<34} {n:>7} {self.began:>8.2f} s {self.server:>8.2f} s {self.server / self.began:>6.1f}"


def peer(office, kind):
    program = "/usr/bin/python3"
    done = subprocess.run([program, "-c", PEER, os.path.join(HERE, "..", "servers"), office.server.url, ANNA, kind],
                          capture_output=True, text=True, check=False)
    if done.returncode != 0:
        print("#", done.stderr.strip().rpartition("\n")[2])
        return None
    return int(done.stdout)


def first_sync(o, kind, n):
    with Watch(o) as ours:
        if kind == "mail":
            o.b.run("visit", "anna", "--lane", "incoming", timeout=600)
        else:
            o.b.run("visit", "anna", "--lane", "act", timeout=600)
            for plan in o.b.json("plan", "list"):
                o.b.run("plan", "approve", plan["plan"])
            o.b.run("visit", "anna", "--lane", "act", timeout=600)
    got = len(o.b.json("record", "list", "--kind", "email" if kind == "mail" else "contact", "--limit", str(n + 1)))
    assert got == n, (kind, got)
    print(ours.line(f"brygga: first sync, {kind}", n))
    with Watch(o) as theirs:
        got = peer(o, kind)
    if got is None:
        print(f"# no ratio for {kind}")
        return
    assert got == n, (kind, got)
    print(theirs.line(f"exchangelib: the same, {kind}", n))
    print(f"# ours to theirs, {kind}: {ours.began / theirs.began:.2f}")


def idle(o, n):
    """The daemon's workers, visit after visit with nothing to do: all folders of the mailbox."""
    o.b.start()
    until(lambda: o.b.log().count("worker.ready") >= 4, 20, "the workers")

    def visits():
        return o.b.sql("SELECT started_us, process FROM visit WHERE lane IN (1, 3) ORDER BY lane")

    def visit():
        before = visits()
        o.b.run("sync", "anna")
        until(lambda: all(now[0] > was[0] and now[1] is None for now, was in zip(visits(), before)), 20,
              "a visit of each lane")

    for _ in range(3):
        visit()
    pids = subprocess.run(["pgrep", "-P", str(o.b.daemon.pid)], capture_output=True, text=True, check=True).stdout.split()
    o.server.do("requests")
    used = sum(used_by(p) for p in pids)
    for _ in range(n):
        visit()
    used = sum(used_by(p) for p in pids) - used
    asked = o.server.do("requests")
    print(f"visits without changes, both lanes {n:>7} {used:>8.2f} s: {1000 * used / (2 * n):.2f} ms each, "
          f"{len(asked) / n:.1f} requests for both ({', '.join(sorted(set(asked)))})")
    o.b.stop()


def main():
    args = argparse.ArgumentParser()
    args.add_argument("--items", type=int, default=10000)
    args.add_argument("--visits", type=int, default=200)
    opt = args.parse_args()
    with tempfile.TemporaryDirectory(prefix="brygga-bench-") as folder:
        t = Test(folder)
        try:
            o = Office(t, contact={"inbound": "all"})
            o.b.mailboxes["anna"] |= {"incoming": "brygga", "accept": "all"}
            o.b.apply()
            began = time.monotonic()
            for i in range(opt.items):
                o.server.do("receive", address=ANNA, mime=MAIL.format(n=i))
                o.server.do("create", address=ANNA, folder="contacts",
                            xml=f"<Contact><GivenName>Given {i}</GivenName><CompanyName>Company {i % 97}</CompanyName>"
                                f"<Surname>Surname {i}</Surname></Contact>")
            print(f"# the mailbox took {time.monotonic() - began:.0f} s to make")
            print(f"{'':<34} {'items':>7} {'client':>10} {'server':>10} {'server/client':>6}")
            for kind in ("mail", "contacts"):
                first_sync(o, kind, opt.items)
            idle(o, opt.visits)
        finally:
            t.end()


if __name__ == "__main__":
    main()
