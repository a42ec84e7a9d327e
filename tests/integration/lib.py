# SPDX-License-Identifier: Apache-2.0
"""What the integration tests share: a Brygga of their own, a Dovecot, mail, and waiting.

Everything lies below the test's folder. Nothing is mocked: the daemon, the command line and
the plugins are those that were installed into $BRYGGA_ROOT.
"""
import collections
import hashlib
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "tests", "servers"))
import dovecot  # noqa: E402

ROOT = os.environ.get("BRYGGA_ROOT", os.path.join(TOP, "build", "root"))
BUILD = os.environ.get("BRYGGA_BUILD_DIR", os.path.join(TOP, "build"))
PASSWORD = "hemligt"


class Skip(Exception):
    """This machine cannot do it; the text says why."""


def until(condition, seconds=30, what="it", pause=0.05):
    """Wait for a condition and return its value."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < deadline, f"{what}: not within {seconds} s"
        time.sleep(pause)


def ini(sections):
    """{section: {name: value}} as a file of settings."""
    return "".join(f"[{name}]\n" + "".join(f"{k} = {v}\n" for k, v in values.items()) + "\n"
                   for name, values in sections.items())


def write(path, data, mode=0o600):
    with open(path, "wb") as f:
        f.write(data.encode() if isinstance(data, str) else data)
    os.chmod(path, mode)
    return path


# ---- mail -----------------------------------------------------------------------------------

def wire(data):
    """A message as it comes over the wire: every line ends with CRLF."""
    return data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def sha(data):
    return hashlib.sha256(data).digest()


def message(number, size=1500, sender=None, dice=None):
    """One message with LF, unlike any other of another number."""
    dice = dice or random.Random(number)
    sender = sender or f"sender{number % 7}@customer{number % 3}.example"
    head = (f"Received: from mx.example by mail.example with SMTP id T{number}; "
            f"Mon, 21 Sep 2026 10:{number // 60 % 60:02d}:{number % 60:02d} +0000\n"
            f"From: Sender {number} <{sender}>\nTo: someone@example.com\n"
            f"Subject: Message {number}\nDate: Mon, 21 Sep 2026 10:00:00 +0000\n"
            f"Message-ID: <{number}.test@mail.example>\n\n").encode()
    lines = [dice.randbytes(30).hex().encode() for _ in range(max(1, size // 61))]
    if number % 5 == 0:
        lines += [b".a line that begins with a dot", b"..", b"", b"g\xc3\xa5"]
    return head + b"\n".join(lines) + b"\n"


# ---- servers --------------------------------------------------------------------------------

def certificates(folder):
    """The authority and certificate that all tests share, made once a run."""
    cache = os.path.join(os.environ["BRYGGA_TEST_FOLDER"], "certificates")
    if not os.path.exists(cache):
        os.makedirs(cache)
        dovecot.make_certificate(cache)
    os.makedirs(folder, exist_ok=True)
    for name in os.listdir(cache):
        shutil.copy(os.path.join(cache, name), folder)


def serve(t, users, name="server", **how):
    """A running Dovecot that ends with the test; everybody has the same password."""
    folder = os.path.join(t.folder, name)
    if how.get("tls", True):
        certificates(folder)
    os.makedirs(folder, exist_ok=True)
    server = dovecot.Dovecot(folder, {user: PASSWORD for user in users}, **how)
    t.at_end(server.stop)
    return server.start()


def deliver(server, user, numbers, size=1500, **how):
    """Deliver messages; returns their bodies as on the wire."""
    made = [message(n, size, **how) for n in numbers]
    for data in made:
        server.deliver(user, data)
    return [wire(data) for data in made]


# ---- Brygga -----------------------------------------------------------------------------------

class Brygga:
    """A state folder, a configuration and perhaps a running daemon."""

    def __init__(self, t, name="brygga", plugins=None, **sections):
        self.t = t
        self.folder = os.path.join(t.folder, name)
        self.state = os.path.join(self.folder, "state")
        self.conf = os.path.join(self.folder, "brygga.conf")
        self.directory = os.path.join(self.folder, "directory.ini")
        self.password = os.path.join(self.folder, "password")
        self.log_path = os.path.join(self.folder, "log")
        self.daemon = None
        self.profiles = {}
        self.mailboxes = {}
        self.people = {}
        os.makedirs(self.state, mode=0o700)
        write(self.password, PASSWORD + "\n")
        self.sections = {"core": {"state": self.state,
                                  "plugins": plugins or os.path.join(ROOT, "lib", "brygga")},
                         "storage": {"plugin": "sqlite"}, "connector pop3": {}, "connector smtp": {}}
        for section, values in sections.items():
            self.sections.setdefault(section.replace("_", " "), {}).update(values)
        self.write_config()
        t.logs.append(self.log_path)
        t.at_end(self.kill)

    def write_config(self):
        write(self.conf, ini(self.sections))

    # ---- the command line

    def run(self, *args, ok=True, env=None, timeout=120):
        done = subprocess.run([os.path.join(ROOT, "bin", "brygga"), "-c", self.conf, *args],
                              capture_output=True, text=True, errors="surrogateescape",
                              timeout=timeout, stdin=subprocess.DEVNULL,
                              env=dict(os.environ, **(env or {})))
        if ok:
            assert done.returncode == 0, (f"brygga {' '.join(args)}: status {done.returncode}: "
                                          f"{done.stderr.strip()}")
        return done

    def json(self, *args):
        return json.loads(self.run("--json", *args).stdout)

    def profile(self, name, server=None, **settings):
        """A profile; of a server it is reached over TLS with the server's own authority."""
        values = {"connector": "pop3", "host": "localhost"}
        if server:
            values.update({"port": server.pop3s, "ca-file": server.ca})
        values.update({k.replace("_", "-"): v for k, v in settings.items()})
        self.profiles[name] = values

    def mailbox(self, name, profile, owner="user", **settings):
        values = {owner: name, "profile": profile, "address": f"{name}@example.com",
                  "accept": "all"}
        if self.profiles[profile]["connector"] == "pop3":
            values.update({"username": name, "password": f"file:{self.password}"})
        values.update({k.replace("_", "-"): v for k, v in settings.items()})
        self.mailboxes[name] = values

    def person(self, section, **settings):
        """A [user x], [queue x], [contact x] and so on with settings of its own."""
        self.people[section] = {k.replace("_", "-"): v for k, v in settings.items()}

    def apply(self):
        sections = {}
        for name, values in self.mailboxes.items():
            kind = "queue" if "queue" in values else "user"
            owner = f"{kind} {values[kind]}"
            sections[owner] = self.people.get(owner, {})
        sections.update(self.people)
        sections.update({"profile " + n: v for n, v in self.profiles.items()})
        sections.update({"mailbox " + n: v for n, v in self.mailboxes.items()})
        write(self.directory, ini(sections))
        return self.run("apply", self.directory).stdout

    def lane(self, mailbox):
        return self.json("mailbox", "show", mailbox)["lanes"][0]

    def alerts(self):
        return self.json("alert", "list")

    def visit_row(self, mailbox):
        return self.sql("SELECT v.started_us, v.process FROM visit v JOIN mailbox m ON"
                        " m.id = v.mailbox WHERE m.name = ? AND v.lane = 1", mailbox)[0]

    def sync(self, mailbox, seconds=20):
        """Have the daemon visit it, and wait for the end of that visit."""
        before = self.visit_row(mailbox)[0]
        self.run("sync", mailbox)
        until(lambda: (lambda row: row[0] > before and row[1] is None)(self.visit_row(mailbox)),
              seconds, f"a visit of {mailbox}")

    def in_step(self):
        status = self.run("--json", "status", ok=False)
        return status.returncode == 0 and json.loads(status.stdout)["in_step"]

    # ---- the daemon

    def start(self, env=None, wait=True):
        if os.path.exists(self.log_path):
            os.rename(self.log_path, self.log_path + ".old")
        with open(self.log_path, "w") as log:
            self.daemon = subprocess.Popen(
                [os.path.join(ROOT, "sbin", "bryggad"), "-c", self.conf], stderr=log,
                stdout=log, stdin=subprocess.DEVNULL, start_new_session=True,
                env=dict(os.environ, **(env or {})))
        if wait:
            until(lambda: self.log().count("worker.ready") >= 4 or self.daemon.poll() is not None,
                  what="the start of bryggad", pause=0.01)
            assert self.daemon.poll() is None, "bryggad ended at its start"
        return self

    def log(self):
        with open(self.log_path, errors="replace") as f:
            return f.read()

    def stop(self, seconds=20):
        """SIGTERM; returns the status."""
        self.daemon.terminate()
        status = self.daemon.wait(seconds)
        self.daemon = None
        return status

    def kill(self):
        """SIGKILL to the supervisor and all its children."""
        if self.daemon:
            os.killpg(self.daemon.pid, signal.SIGKILL)
            self.daemon.wait()
            until(lambda: not self.children(), what="the end of the daemon's children", pause=0.005)
            self.daemon = None

    def children(self, role=None):
        """Process ids in the daemon's session, all or those of a role."""
        found = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/stat") as f:
                    fields = f.read().rsplit(")", 1)[1].split()
                with open(f"/proc/{pid}/cmdline") as f:
                    command = f.read().split("\0")
            except OSError:
                continue
            if int(fields[3]) == self.daemon.pid and int(pid) != self.daemon.pid \
               and fields[0] != "Z" and (role is None or role in command):
                found.append(int(pid))
        return found

    # ---- the store, read without disturbing it

    def sql(self, query, *args):
        path = os.path.join(self.state, "brygga.db")
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=20) as db:
            rows = db.execute(query, args).fetchall()
        db.close()
        return rows

    def change(self, query, *args):
        db = sqlite3.connect(os.path.join(self.state, "brygga.db"), timeout=20)
        with db:
            db.execute(query, args)
        db.close()

    def bodies(self, mailbox=None):
        """How often each body (by SHA-256) is in the store as a record."""
        if mailbox is None:
            rows = self.sql("SELECT body FROM record")
        else:
            rows = self.sql("SELECT r.body FROM record r JOIN link l ON l.record = r.id"
                            " JOIN mailbox m ON m.id = l.mailbox WHERE m.name = ?", mailbox)
        return collections.Counter(row[0] for row in rows)

    def raw(self, record):
        return subprocess.run([os.path.join(ROOT, "bin", "brygga"), "-c", self.conf, "record",
                               "raw", record], check=True, stdout=subprocess.PIPE).stdout


def same_bodies(found, expected, what):
    """A Counter of digests against the bodies that should be there, each once."""
    wanted = collections.Counter(sha(body) for body in expected)
    missing, extra = wanted - found, found - wanted
    assert not missing and not extra, (f"{what}: {sum(missing.values())} missing, "
                                       f"{sum(extra.values())} too many, of {len(expected)}")
