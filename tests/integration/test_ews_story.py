# SPDX-License-Identifier: Apache-2.0
"""Random stories with an Exchange server: edits on both sides, lost answers, refusals, pauses, processes killed at any
effect, sync states that are lost. After each, both sides agree, nothing is there twice, nobody was mailed unasked or
twice, and another visit has nothing to do. A story that fails says its number: BRYGGA_EWS_SEED=n plays it alone,
BRYGGA_EWS_SEEDS=n plays so many.
"""
import json
import os
import random
import re

from lib import write
from office import ANNA, Office

SEEDS = int(os.environ.get("BRYGGA_EWS_SEEDS", "80"))
ONE = os.environ.get("BRYGGA_EWS_SEED")
GUESTS = ["bo@x.example", "li@x.example", "mo@x.example"]
PLACES = ["Attic", "Cellar", "Quay", "Kajen å", "Room 7"]
# What both sides write and read: field, element, kind.
FIELDS = {
    "contact": [("given", "GivenName"), ("surname", "Surname"), ("job_title", "JobTitle"), ("company", "CompanyName")],
    "task": [("subject", "Subject"), ("body", "Body")],
    "appointment": [("subject", "Subject"), ("location", "Location"), ("body", "Body")],
}
HOME = {"contact": "contacts", "task": "tasks", "appointment": "calendar"}
FAULTS = [("SyncFolderItems", "ErrorInternalServerTransientError", True), ("GetItem", "ErrorServerBusy", True),
          ("CreateItem", "ErrorMailboxStoreUnavailable", True), ("UpdateItem", "ErrorServerBusy", True),
          ("UpdateItem", "ErrorIrresolvableConflict", False), ("CreateItem", "ErrorTimeoutExpired", False),
          ("GetItem", "ErrorInternalServerError", False), ("DeleteItem", "ErrorConnectionFailed", True)]


def stamp_of(xml):
    """The record that it was made for, or None."""
    found = re.search(r"<Value>\w+\.\w+\.(\w+)\.", xml)
    return found and found[1]


class Story:
    """One of them, in an office that others were in before."""

    def __init__(self, office, seed, folder):
        self.o, self.dice, self.folder, self.told = office, random.Random(seed), folder, []
        self.records = {}  # id: kind
        self.removed, self.gone = set(), set()  # here, there: what was edited meanwhile stays, on its own
        self.serial = 0
        self.failed = True

    def say(self, text):
        self.told.append(text)

    def text(self):
        self.serial += 1
        return f"{self.dice.choice(PLACES)} {self.serial}"

    def values(self, kind):
        out = {field: self.text() for field, _ in FIELDS[kind] if field == "subject" or field == "given" or self.dice.random() < .6}
        if kind == "appointment":
            day = self.dice.randint(1, 28)
            out |= {"start": {"local": f"2027-03-{day:02}T09:00:00", "zone": "Europe/Stockholm"},
                    "end": {"local": f"2027-03-{day:02}T10:00:00", "zone": "Europe/Stockholm"}}
            if self.dice.random() < .5:
                out["recurrence"] = self.dice.choice(["FREQ=WEEKLY;COUNT=5", "FREQ=DAILY;COUNT=4", "FREQ=MONTHLY;COUNT=3"])
            if self.dice.random() < .5:
                out["attendees"] = {g: {"role": self.dice.choice(["required", "optional"])}
                                    for g in self.dice.sample(GUESTS, self.dice.randint(1, 2))}
        return out

    # ---- what people do -----------------------------------------------------------------------

    def make(self):
        kind = self.dice.choice(list(FIELDS))
        values = self.values(kind)
        path = write(os.path.join(self.folder, "new.json"), json.dumps(values))
        record = self.o.b.run("record", "new", kind, "--fields", path, "--owner", "anna").stdout.strip()
        self.records[record] = kind
        self.say(f"new {kind} {record}: {values}")

    def change(self):
        if not self.records:
            return self.make()
        record = self.dice.choice(list(self.records))
        kind = self.records[record]
        field = self.dice.choice(FIELDS[kind])[0]
        values = {field: self.text() if field in ("subject", "given") or self.dice.random() < .8 else None}
        if kind == "appointment" and self.dice.random() < .4:
            shown = self.o.b.json("record", "show", record)["fields"]
            if shown.get("recurrence") and self.dice.random() < .5:
                values = {"occurrences": {self.some_start(shown): self.dice.choice([{"location": self.text()}, None])}}
            elif self.dice.random() < .5:
                values = {"end": {"local": shown["start"]["local"][:11] + "11:30:00", "zone": shown["start"]["zone"]}}
            else:
                values = {"attendees": {self.dice.choice(GUESTS): self.dice.choice([{"role": "optional"}, None])}}
        path = write(os.path.join(self.folder, "edit.json"), json.dumps(values))
        done = self.o.b.run("record", "edit", record, "--fields", path, ok=False)
        self.say(f"edit {record}: {values} {done.stderr.strip()}")

    def some_start(self, shown):
        """Of the second or third: one that every rule has."""
        day, month = int(shown["start"]["local"][8:10]), int(shown["start"]["local"][5:7])
        step = {"W": 7, "D": 1, "M": 31}[shown["recurrence"][5]]
        n = self.dice.randint(1, 2)
        month, day = (month + n, day) if step == 31 else (month, day + n * step)
        while day > 31:
            month, day = month + 1, day - 31
        return f"2027-{month:02}-{day:02}T{shown['start']['local'][11:]}"

    def remove(self):
        if self.records:
            record = self.dice.choice(list(self.records))
            if self.records[record] != "contact":  # the owner keeps his
                if self.o.b.run("record", "delete", record, ok=False).returncode != 0:
                    return  # it went with its item
                self.removed.add(record.replace("-", ""))
                self.say(f"delete {record}")

    def there(self):
        kind = self.dice.choice(list(FIELDS))
        items = self.o.items(HOME[kind])
        if not items:
            return
        item = self.dice.choice(list(items))
        if self.dice.random() < .1 and kind != "contact":
            self.o.server.do("delete", address=ANNA, item=item)
            self.gone |= {stamp_of(items[item])}
            self.say(f"{item} is deleted there")
            return
        if kind == "appointment" and "<Recurrence>" in items[item] and self.dice.random() < .4:
            left = self.o.server.do("occurrences", address=ANNA, item=item)
            if len(left) > 1:
                one = self.dice.choice(left[1:])[2]
                if self.dice.random() < .3:
                    self.o.server.do("delete", address=ANNA, item=one)
                else:
                    self.o.server.do("edit", address=ANNA, item=one, xml=f"<Location>{self.text()}</Location>")
                self.say(f"an occurrence there: {one}")
            return
        field, element = self.dice.choice(FIELDS[kind])
        text = self.text()
        xml = f"<Body BodyType='Text'>{text}</Body>" if element == "Body" else f"<{element}>{text}</{element}>"
        self.o.server.do("edit", address=ANNA, item=item, xml=xml)
        self.say(f"{item} there: {field} is {text}")

    # ---- what goes wrong ----------------------------------------------------------------------

    def trouble(self):
        roll = self.dice.random()
        if roll < .25:
            self.o.server.do("lose", count=1, after=self.dice.randint(0, 2))
            self.say("an answer is lost")
        elif roll < .6:
            operation, code, whole = self.dice.choice(FAULTS)
            self.o.server.do("fault", operation=operation, code=code, whole=whole, after=self.dice.randint(0, 1),
                             back_off=1000 if code == "ErrorServerBusy" else 0)
            self.say(f"{operation} meets {code}")
        elif roll < .65:
            self.o.server.do("expire", address=ANNA)
            self.say("sync states are lost")

    def visit(self):
        env = {"BRYGGA_DIE_AT": str(self.dice.randint(1, 14))} if self.dice.random() < .4 else None
        done = self.go(env)
        assert done.returncode <= 1, (done.returncode, done.stderr)
        self.say(f"visit, dying {env}: {done.returncode} {done.stderr.strip()[-300:]}")

    def go(self, env=None):
        """A visit, though the last one may have failed."""
        if self.failed:
            self.o.b.run("sync", "anna")
        done = self.o.b.run("visit", "anna", "--lane", "act", ok=False, env=env)
        self.failed = done.returncode != 0
        return done

    def play(self):
        for _ in range(self.dice.randint(1, 3)):
            self.make()
        for _ in range(self.dice.randint(3, 6)):
            for _ in range(self.dice.randint(1, 3)):
                self.dice.choice([self.change, self.change, self.there, self.there, self.make, self.remove])()
            self.trouble()
            self.visit()

    # ---- what has to hold ---------------------------------------------------------------------

    def calm(self):
        self.o.server.do("quiet")
        self.o.b.run("sync", "anna")
        for _ in range(5):
            self.go()
        self.o.server.do("requests")
        self.o.b.run("visit", "anna", "--lane", "act")
        asked = [r for r in self.o.server.do("requests") if r != "SyncFolderItems"]
        assert asked == [], f"a visit more has something to do: {asked}"

    def check(self):
        for kind, fields in FIELDS.items():
            items = self.o.items(HOME[kind])
            records = {r["id"]: self.o.b.json("record", "show", r["id"])["fields"]
                       for r in self.o.b.json("record", "list", "--kind", kind)}
            stamps = {key: stamp_of(xml) for key, xml in items.items()}
            items = {key: xml for key, xml in items.items() if stamps[key] not in self.removed}
            ids = {r.replace("-", "") for r in records}
            assert sorted(stamps[key] for key in items) == sorted(ids - (self.gone - set(stamps.values()))), \
                (kind, "one item each", stamps, sorted(records))
            for key, xml in items.items():
                stamp = stamps[key]
                record = next(f for r, f in records.items() if r.replace("-", "") == stamp)
                for field, element in fields:
                    found = re.search(rf"<{element}(?: [^>]*)?>([^<]*)</{element}>", xml)
                    wanted = (record.get(field) or "").strip()
                    assert (found[1] if found else "").strip() == wanted, (kind, key, field, wanted, xml)
                if kind == "appointment":
                    self.check_meeting(key, xml, record)

    def check_meeting(self, key, xml, record):
        guests = sorted(re.findall(r"<EmailAddress>([^<]*)</EmailAddress>", re.sub(r"<Organizer>.*?</Organizer>", "", xml)))
        assert guests == sorted(record.get("attendees") or {}), (key, guests, record)
        if record.get("recurrence"):
            gone = [k for k, v in (record.get("occurrences") or {}).items() if v is None]
            total = int(re.search(r"COUNT=(\d+)", record["recurrence"])[1])
            left = self.o.server.do("occurrences", address=ANNA, item=key)
            assert len(left) == total - len(gone), (key, len(left), total, gone)
            for start, values in (record.get("occurrences") or {}).items():
                if values and values.get("location"):
                    assert any(values["location"] in self.o.server.do("tell", address=ANNA, item=one[2]) for one in left), (start, values)

    def clear(self):
        """The next story begins in an empty office."""
        for kind in FIELDS:
            for record in self.o.b.json("record", "list", "--kind", kind):
                self.o.b.run("record", "delete", record["id"])
        self.go()
        self.go()
        for folder in HOME.values():
            for item in self.o.items(folder):
                self.o.server.do("delete", address=ANNA, item=item, hard=True)
        self.go()
        self.go()


def play(t, seeds):
    # No keeper empties the log, which each command would read anew.
    o = Office(t, storage={"wal-limit": "1M"})
    o.visit()
    for seed in [int(ONE)] if ONE else seeds:
        story = Story(o, seed, t.folder)
        try:
            story.play()
            story.calm()
            story.check()
            assert o.server.do("mailed") == [m for m in o.server.do("mailed") if not m["by_push"]], "mailed unasked"
        except AssertionError as why:
            told = write(os.path.join(t.folder, "story"), "\n".join(story.told) + "\n")
            t.logs.append(told)
            raise AssertionError(f"story {seed}: {why}") from None
        story.clear()
    assert o.server.do("invalid") == []


def test_story(t):
    """both sides agree after whatever happened, nothing is there twice, nobody is mailed, and no more is to be done"""
    play(t, range(1, SEEDS // 2 + 1))
