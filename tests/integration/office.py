# SPDX-License-Identifier: Apache-2.0
"""A Brygga with a mailbox on the test's Exchange server, and whoever sits at it."""
import json
import os
import re
import subprocess

from lib import Brygga, Skip, write

import ews
import npm

STRANGER = os.path.join(os.path.dirname(ews.__file__), "ews_stranger.py")

ANNA = "anna@example.com"


class Office:
    """A Brygga with one mailbox on the server, and whoever sits at it."""

    def __init__(self, t, **sections):
        try:
            self.server = ews.Ews(os.path.join(t.folder, "ews"))
        except ews.Missing as why:
            raise Skip(str(why)) from None
        if not self.server.checked:
            print("# the schema of EWS is not here: requests are not held against it")
        t.logs.append(self.server.log)
        t.at_end(self.server.stop)
        self.b = Brygga(t, connector_exchange={}, **sections)
        secret = write(os.path.join(t.folder, "secret"), "secret\n")
        self.b.person("user anna", address=ANNA)
        for kind in ("contact", "task", "appointment"):
            self.b.person(f"filter {kind}s", user="anna", kind=kind, where="owner = me")
        self.b.profiles["office"] = {"connector": "exchange", "url": self.server.url}
        self.b.mailboxes["anna"] = {"user": "anna", "profile": "office", "address": ANNA, "incoming": "none",
                                    "outgoing": "none", "act": "brygga", "username": ANNA,
                                    "password": f"file:{secret}"}
        self.b.apply()

    def visit(self, times=2):
        for _ in range(times):
            self.b.run("visit", "anna", "--lane", "act")
        assert self.server.do("invalid") == [], "an answer of the test server is not as the schema wants it"

    def items(self, folder):
        return {key: re.sub(r' xmlns(:\w+)?="[^"]*"|(?<=<)(/?)\w+:|&#13;', r"\2", xml)
                for key, xml in self.server.do("items", address=ANNA, folder=folder).items()}

    def only(self, folder):
        items = self.items(folder)
        assert len(items) == 1, items
        return next(iter(items.items()))


def record_of(b, kind, values, folder, owner="anna"):
    """A new record of fields as JSON."""
    path = write(os.path.join(folder, "new.json"), json.dumps(values))
    return b.run("record", "new", kind, "--fields", path, "--owner", owner).stdout.strip()


def new(b, kind, **values):
    return b.run("record", "new", kind, *[f"{k}={v}" for k, v in values.items()], "--owner", "anna").stdout.strip()


def fields(b, record):
    return b.json("record", "show", record)["fields"]


def javascript():
    """The command of the client from npm."""
    packages = os.path.join(os.environ["BRYGGA_TEST_FOLDER"], "jsclient")
    if not os.path.exists(packages):
        try:
            npm.install("jsclient", packages)
        except npm.Missing as why:
            raise Skip(str(why)) from None
    return ["node", "--no-deprecation", os.path.join(packages, "client.mjs")]


def stranger(o, what, folder, values=None, who="exchangelib"):
    """exchangelib or ews-javascript-api does that; the same words and JSON for both."""
    command = ["/usr/bin/python3", STRANGER] if who == "exchangelib" else javascript()
    try:
        done = subprocess.run([*command, o.server.url, ANNA, "secret", what, folder], text=True,
                              input=json.dumps(values or {}), capture_output=True, timeout=60, check=False)
    except FileNotFoundError:
        raise Skip("Debian's Python is not here") from None
    if "No module named 'exchangelib'" in done.stderr:
        raise Skip("python3-exchangelib is not installed")
    assert done.returncode == 0, done.stderr[-1500:]
    return json.loads(done.stdout)


def without(values, *names):
    return {k: v for k, v in values.items() if k not in names}


def visit(o):
    """One visit that may fail: the code, or None."""
    done = o.b.run("visit", "anna", "--lane", "act", ok=False)
    found = re.search(r"BRG-[A-Z]+-\d+", done.stderr)
    assert done.returncode == 0 or found, done.stderr
    return found and found[0]


def wake(o):
    o.b.run("sync", "anna")
