#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Time zone data in which a zone of the European Union drops summer time.

    changed.py FOLDER [--zone Europe/Stockholm] [--from 2027]

makes FOLDER/zoneinfo64.res of the data that ICU has here: all zones as they are, but that one, which
stays in its standard time from that year on. A process with ICU_TIMEZONE_FILES_DIR=FOLDER in its
environment has these rules, and "+changed" behind their version; nothing else of it changes. Other
tests call build(). Needs derb and genrb of icu-devtools.
"""
import argparse
import datetime
import os
import re
import subprocess
import sys
import tempfile


def dump(folder):
    """The text of ICU's table of zones."""
    subprocess.run(["derb", "-s", "-", "-d", folder, "zoneinfo64"], check=True)
    with open(os.path.join(folder, "zoneinfo64.txt"), encoding="utf-8") as f:
        return f.read()


def block(text, name):
    """Where the contents of `name{...}` begin and end."""
    begin = re.search(r"^    %s\s*\{" % name, text, re.M).end()
    return begin, text.index("\n    }", begin)


def entries(text):
    """Where the entries of an array of numbers and tables are."""
    spans, depth, begin = [], 0, None
    for m in re.finditer(r"[{}]|\S", text):
        if begin is None:
            begin = m.start()
        depth += {"{": 1, "}": -1}.get(m.group(), 0)
        if m.group() == "}" and depth == 0:
            spans.append((begin, m.end()))
            begin = None
    return spans


def numbers(entry, name):
    found = re.search(r"%s:int(?:vector)? \{([^}]*)\}" % name, entry)
    return [int(n) for n in found.group(1).split(",")] if found else []


def last_sunday(year, month):
    day = datetime.datetime(year, month, 31, 1, tzinfo=datetime.timezone.utc)
    while day.weekday() != 6:
        day -= datetime.timedelta(days=1)
    return int(day.timestamp())


def without_summer(entry, first_year):
    """The zone with its changes written out until then, and no rule that goes on."""
    if '"EU"' not in entry:
        raise SystemExit("changed.py: the zone has no summer time of the European Union")
    raw = numbers(entry, "finalRaw")[0]
    offsets = numbers(entry, "typeOffsets")
    pairs = list(zip(offsets[0::2], offsets[1::2]))
    trans = numbers(entry, "trans")
    types = bytes.fromhex(re.search(r"typeMap:binary \{ (\w+)", entry).group(1))
    for year in range(numbers(entry, "finalYear")[0], first_year):
        trans += [last_sunday(year, 3), last_sunday(year, 10)]
        types += bytes([pairs.index((raw, 3600)), pairs.index((raw, 0))])
    before = numbers(entry, "transPre32")
    return "{\n%s trans:intvector { %s }\n typeMap:binary { %s }\n typeOffsets:intvector { %s }\n}" % (
        " transPre32:intvector { %s }\n" % ", ".join(map(str, before)) if before else "",
        ", ".join(map(str, trans)), types.hex(), ", ".join(map(str, offsets)))


def change(text, zone, first_year):
    begin, end = block(text, "Names")
    at = re.findall(r'"([^"]+)"', text[begin:end]).index(zone)
    begin, end = block(text, "Zones")
    zones = text[begin:end]
    spans = entries(zones)
    own = real = spans[at]
    link = re.fullmatch(r":int \{ (\d+) \}", zones[slice(*own)])
    if link:  # another name of this one
        real = spans[int(link.group(1))]
    changed = without_summer(zones[slice(*real)], first_year)
    zones = zones[:own[0]] + changed + zones[own[1]:]
    text = text[:begin] + zones + text[end:]
    return re.sub(r'(TZVersion \{ "\w+)', r"\1+changed", text)


def build(folder, zone="Europe/Stockholm", first_year=2027):
    """Makes the data; returns the environment that a process needs to have it."""
    os.makedirs(folder, exist_ok=True)
    with tempfile.TemporaryDirectory() as work:
        text = change(dump(work), zone, first_year)
        source = os.path.join(work, "zoneinfo64.txt")
        with open(source, "w", encoding="utf-8") as f:
            f.write(text)
        subprocess.run(["genrb", "-q", "-d", folder, source], check=True, stdout=subprocess.DEVNULL)
    return {"ICU_TIMEZONE_FILES_DIR": os.path.abspath(folder)}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--zone", default="Europe/Stockholm")
    parser.add_argument("--from", dest="first_year", type=int, default=2027)
    args = parser.parse_args()
    build(args.folder, args.zone, args.first_year)


if __name__ == "__main__":
    sys.exit(main())
