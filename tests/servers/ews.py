# SPDX-License-Identifier: Apache-2.0
"""An Exchange server for tests, as far as EWS is concerned: mailboxes that remember, on loopback.

It is our reading of the protocol, so it is held against the schema (what the schema refuses it
refuses, and its own answers are checked, too) and against clients of strangers. Whoever logs in by Basic
with an address that ends in @example.com has a mailbox. Doors are for tests: faults, sync states that
expire, edits of people.

with Ews(folder) as server: server.url ... server.do("fault", operation="GetItem", code="ErrorServerBusy")

ews_server.py is the program, ews_operations.py what it can do, ews_mailbox.py what it remembers, ews_xml.py
names and trees.
"""
import json
import os
import subprocess
import urllib.request

PROGRAM = "/usr/bin/python3"  # the one that has Debian's packages
HERE = os.path.dirname(os.path.abspath(__file__))
SCHEMAS = [os.environ.get("BRYGGA_EWS_SCHEMA", ""),
           os.path.join(HERE, "../../../shared/ews-schema/soap11.xsd")]


def door(port, name, /, **values):
    """What only tests may do."""
    request = urllib.request.Request(f"http://127.0.0.1:{port}/test/{name}", json.dumps(values).encode())
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=30) as answer:
        return json.load(answer)


class Missing(Exception):
    """It is not to be had here; the text says why."""


class Ews:
    """The server as a process."""

    def __init__(self, folder, keep=False):
        if not os.path.exists(PROGRAM) or subprocess.run([PROGRAM, "-c", "import lxml, icu"], capture_output=True,
                                                         check=False).returncode != 0:
            raise Missing("python3-lxml or python3-icu is not installed")
        os.makedirs(folder, exist_ok=True)
        self.log = os.path.join(folder, "ews.log")
        schema = next((s for s in SCHEMAS if s and os.path.exists(s)), None)
        self.checked = schema is not None
        command = [PROGRAM, os.path.join(HERE, "ews_server.py"), *([schema] if schema else [])]
        if keep:
            command += ["--keep", os.path.join(folder, "mailboxes")]
        with open(self.log, "w", encoding="utf-8") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log,
                                            text=True)
        self.port = int(self.process.stdout.readline())
        self.url = f"http://127.0.0.1:{self.port}/EWS/Exchange.asmx"

    def do(self, name, /, **values):
        return door(self.port, name, **values)

    def stop(self):
        self.process.stdin.close()
        self.process.terminate()
        self.process.wait(10)
        self.process.stdout.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
