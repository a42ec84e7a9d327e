#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The demo's Exchange user: a private server for tests, and Dora, who sits at her Outlook while
colleagues work in the CRM.

demo_office.py serve FOLDER                 the server: prints {"ews": PORT}, ends with SIGTERM
demo_office.py scene PORT BRYGGA CONFIG     what happens to five records, and what Brygga makes of it
"""
import json
import re
import signal
import subprocess
import sys
import tempfile
import time

import ews

DORA = "dora@example.com"
ZONE = "Europe/Stockholm"


def serve(folder):
    def leave(*_):
        raise SystemExit(0)

    signal.signal(signal.SIGTERM, leave)
    try:
        server = ews.Ews(folder, keep=True)
    except ews.Missing as why:
        sys.exit(str(why))
    try:
        print(json.dumps({"ews": server.port}), flush=True)
        while True:
            signal.pause()
    finally:
        server.stop()


class Scene:
    def __init__(self, port, brygga, config):
        self.port, self.command = port, [brygga, "-c", config]

    def door(self, name, /, **values):
        return ews.door(self.port, name, address=DORA, **values)

    def brygga(self, *args):
        done = subprocess.run([*self.command, *args], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            sys.exit(f"brygga {' '.join(args)}: {done.stderr.strip()}")
        return done.stdout

    def fields(self, record):
        return json.loads(self.brygga("--json", "record", "show", record))["fields"]

    def new(self, kind, **values):
        with tempfile.NamedTemporaryFile("w", suffix=".json") as f:
            json.dump(values, f)
            f.flush()
            return self.brygga("record", "new", kind, "--fields", f.name, "--owner", "dora").strip()

    def until(self, what, holds):
        """The daemon is woken, and does the rest."""
        end = time.monotonic() + 180
        while time.monotonic() < end:
            self.brygga("sync", "dora")
            for _ in range(10):
                if holds():
                    return
                time.sleep(0.2)
        sys.exit(f"waited a minute in vain until {what}")

    def there(self, folder, text):
        """The newest item that says so: its id, once it is in the mailbox."""
        found = []

        def is_there():
            found[:] = [key for key, xml in self.door("items", folder=folder).items() if text in xml]
            return bool(found)

        self.until(f"{text} is in the mailbox", is_there)
        return found[-1]

    def says(self, title, record, why=".*"):
        print(f"\n{title}")
        lines = [line for line in self.brygga("explain", record).splitlines() if re.search(why, line)]
        print("\n".join(lines))


def contact(s, mark):
    record = s.new("contact", given="Lena", surname=f"Öst {mark}", email1=f"lena.{mark}@fjordfisk.example", job_title="Buyer")
    item = s.there("contacts", f"lena.{mark}@")
    s.door("edit", item=item, xml="<Department>Cold chain</Department>")
    s.brygga("record", "edit", record, "mobile_phone=+46 70 123 45 67")
    s.until("both edits are everywhere", lambda: s.fields(record).get("department") == "Cold chain"
            and "+46 70 123 45 67" in s.door("tell", item=item))
    s.says("A contact, edited on both sides in different fields: merged", record)
    s.door("edit", item=item, xml="<JobTitle>Purchasing manager</JobTitle>")
    time.sleep(1.1)  # Exchange tells whole seconds
    s.brygga("record", "edit", record, "job_title=Head of purchasing")
    s.until("the later one has won", lambda: "Head of purchasing" in s.door("tell", item=item))
    s.says("The same field on both sides: the newest wins, and what lost is kept", record, "WHEN|purchasing|Purchasing")


def at(day, hour):
    return {"local": f"2027-03-{day:02}T{hour:02}:00:00", "zone": ZONE}


def meeting(s, mark):
    people = {"lena@fjordfisk.example": {"role": "required"}, "anna@example.com": {"role": "optional"}}
    record = s.new("appointment", subject=f"Review {mark}", start=at(10, 9), end=at(10, 10), attendees=people)
    item = s.there("calendar", f"Review {mark}")
    s.door("edit", item=item, xml="<Start>2027-03-10T13:00:00Z</Start><End>2027-03-10T14:30:00Z</End>")
    s.until("the meeting has moved", lambda: s.fields(record)["start"]["local"] == "2027-03-10T14:00:00")
    assert set(s.fields(record)["attendees"]) == set(people)
    s.says("A meeting with attendees, moved in Outlook: it moved here, and nobody was mailed", record)


def series(s, mark):
    record = s.new("appointment", subject=f"Stand-up {mark}", start=at(1, 9), end=at(1, 10),
                   recurrence="FREQ=WEEKLY;BYDAY=MO;COUNT=6")
    item = s.there("calendar", f"Stand-up {mark}")
    s.door("edit", item=f"{item}.3", xml="<Location>Harbour</Location>")
    s.until("the exception is here", lambda: "Harbour" in json.dumps(s.fields(record).get("occurrences", {})))
    s.says("A series, of which Dora changed the third occurrence", record)


MAIL = """From: Lena <lena@fjordfisk.example>
To: dora@example.com
Subject: Prices {mark}
Message-ID: <prices-{mark}@fjordfisk.example>
Date: Mon, 30 Nov 2026 08:00:00 +0000

The new prices are in the annex.
"""


def tracked(s, mark):
    folder = s.door("folder", name=f"Fjordfisk {mark}", kind="IPF.Note", parent="inbox")
    s.brygga("folder", "track", "dora", f"Fjordfisk {mark}", "--regarding", "account/fjordfisk")
    item = s.door("receive", mime=MAIL.format(mark=mark))
    s.brygga("sync", "dora")
    s.door("move", item=item, folder=folder)

    def found():
        mails = json.loads(s.brygga("--json", "record", "list", "--kind", "email", "--regarding", "account/fjordfisk"))
        return next((m["id"] for m in mails if m["subject"] == f"Prices {mark}"), None)

    s.until("the mail is tracked", found)
    s.says("A mail that no rule takes, dragged into a tracked folder: it is tracked, and regards account/fjordfisk", found())


def scene(port, brygga, config):
    s = Scene(int(port), brygga, config)
    mark = time.strftime("%H%M%S")
    for part in (contact, meeting, series, tracked):
        part(s, mark)
    wrong = ews.door(s.port, "invalid")
    if wrong:
        sys.exit(f"an answer of the demo's server is not as the schema wants it: {wrong[0]}")


if __name__ == "__main__":
    {"serve": serve, "scene": scene}[sys.argv[1]](*sys.argv[2:])
