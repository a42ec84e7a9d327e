#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The corpus of mail about mail, judged by itself: pairs, words of expected/, ids and addresses
that are really there, no shape twice, enough of each kind. No program of ours is asked."""
import collections
import email
import email.message
import ipaddress
import json
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
KINDS = {"none", "delivery", "disposition", "answer"}
STATES = {"unknown", "delivered", "delayed", "bounced-soft", "bounced-hard", "read", "deleted",
          "auto-answered"}
LEAST = {"delivery": 45, "disposition": 12, "answer": 18, "none": 25}
KEYS = {"why", "kind", "about", "about_first", "recipients", "recipients_at_least",
        "original_subject", "said_has"}
NEEDED = {"why", "kind", "about"}
STATUS_TYPES = {"message/delivery-status", "message/global-delivery-status",
                "message/disposition-notification", "message/global-disposition-notification",
                "message/feedback-report"}
BYTES_MAX = 200 * 1024
PROSE = 24  # words: mail systems share their first sentence among bounces and warnings
STATUS = re.compile(r"([245]\.\d{1,3}\.\d{1,3})?")
DOMAIN = re.compile(r"(^|\.)example\.(com|net|org)$|\.(test|example)$")
DOCUMENTATION = [ipaddress.ip_network(n) for n in
                 ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24")]
MIXED_ENDS = {"227-bare-cr"}  # its defect
failed = 0


def say(good, name, why=()):
    """One line a test, as the other suites print them; what was wrong goes below it."""
    global failed
    failed += not good
    print(("ok - " if good else "not ok - ") + name)
    for line in why:
        print("    " + line)


def choices(value):
    """What a value may be: itself, or each of {"any": [...]}."""
    if isinstance(value, dict) and set(value) == {"any"}:
        return value["any"]
    return [value]


def names(folder, ending):
    return {n[:-len(ending)] for n in os.listdir(os.path.join(HERE, folder))
            if n.endswith(ending)}


def wrong_recipients(lists, kinds):
    for people in lists:
        if not isinstance(people, list):
            yield "recipients is no list"
            continue
        for person in people:
            if set(person) != {"address", "state", "status"}:
                yield "recipient has keys %s" % sorted(person)
                continue
            if person["address"] != person["address"].lower():
                yield "address not folded: " + person["address"]
            for state in choices(person["state"]):
                if state not in STATES:
                    yield "unknown state %r" % state
            for status in choices(person["status"]):
                if not STATUS.fullmatch(status):
                    yield "no status: %r" % status
        if people and set(kinds) == {"none"}:
            yield "kind none has recipients"


def wrong(expected):
    """Everything that is wrong with the words of an expectation."""
    for key in sorted(set(expected) - KEYS):
        yield "unknown key " + key
    for key in sorted(NEEDED - set(expected)):
        yield "no key " + key
    if NEEDED - set(expected):
        return
    if ("recipients" in expected) == ("recipients_at_least" in expected):
        yield "one of recipients and recipients_at_least"
    kinds = choices(expected["kind"])
    for kind in kinds:
        if kind not in KINDS:
            yield "unknown kind %r" % kind
    if not isinstance(expected["why"], str) or len(expected["why"]) < 5:
        yield "why says nothing"
    about = expected["about"]
    if not all(isinstance(i, str) and i and not set(i) & set("<> \r\n") for i in about):
        yield "about: ids without <>"
    if len(set(about)) != len(about):
        yield "about: an id twice"
    if kinds == ["none"] and about:
        yield "kind none is about nothing"
    if expected.get("about_first", True) is not True or "about_first" in expected and not about:
        yield "about_first without a first"
    yield from wrong_recipients(choices(expected.get("recipients", [])), kinds)
    if not isinstance(expected.get("recipients_at_least", 0), int):
        yield "recipients_at_least is no number"
    if not isinstance(expected.get("original_subject", ""), str):
        yield "original_subject is no text"
    if not all(isinstance(w, str) and w for w in expected.get("said_has", [])):
        yield "said_has: words"


def content(part):
    """Bytes of a leaf, its encoding undone; of a status part, which Python parses further."""
    if part.is_multipart():
        # Python parses a status part into groups; encoded ones come out as one with a body.
        inner = [p.as_bytes() for p in part.get_payload()]
        raw = b"\n".join(inner)
        encoding = str(part.get("Content-Transfer-Encoding", "")).strip().lower()
        if encoding in ("base64", "quoted-printable"):
            leaf = email.message.Message()
            leaf["Content-Transfer-Encoding"] = encoding
            leaf.set_payload(raw.decode("ascii", "replace").strip() + "\n")
            return leaf.get_payload(decode=True) or b""
        return raw
    return part.get_payload(decode=True) or b""


def words(part):
    charset = part.get_content_charset() or "utf-8"
    try:
        return content(part).decode(charset, "replace")
    except LookupError:
        return content(part).decode("latin-1")


def looked_through(raw, message):
    """All that a person could find in it, lower case, blanks as one."""
    texts = [raw.decode("utf-8", "replace"), raw.decode("latin-1")]
    for part in message.walk():
        if not part.is_multipart() or part.get_content_maintype() == "message":
            texts.append(words(part))
    joined = "\n".join(texts)
    joined = re.sub(r"\\x\{([0-9A-Fa-f]+)\}", lambda m: chr(int(m.group(1), 16)), joined)
    return re.sub(r"\s+", " ", joined).lower()


def signature(message):
    """Structure: types in their order, fields of status parts, first words of prose."""
    types, fields, prose = [], [], None
    for part in message.walk():
        kind = part.get_content_type()
        types.append(kind)
        if kind in STATUS_TYPES:
            fields += re.findall(r"(?m)^([A-Za-z0-9-]+)\s*:", words(part))[:40]
        elif prose is None and (kind.startswith("text/") or part is message
                                and not part.is_multipart()):
            prose = " ".join(re.sub(r"<[^>]*>", " ", words(part)).split()[:PROSE])
    return tuple(types[:200]), tuple(fields), prose


def foreign(raw):
    """Domains and hosts that might be somebody's."""
    for domain in set(re.findall(rb"@([A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)", raw)):
        domain = domain.decode().lower()
        if not DOMAIN.search(domain):
            yield "domain " + domain
    for host in set(re.findall(rb"\b\d{1,3}(?:\.\d{1,3}){3}\b", raw)):
        try:
            address = ipaddress.ip_address(host.decode())
        except ValueError:
            continue
        if not any(address in n for n in DOCUMENTATION):
            yield "address %s" % address


def judge(name, seen):
    with open(os.path.join(HERE, "corpus", name + ".eml"), "rb") as f:
        raw = f.read()
    try:
        with open(os.path.join(HERE, "expected", name + ".json"), encoding="utf-8") as f:
            expected = json.load(f)
    except ValueError as e:
        return ["no JSON: %s" % e], None
    why = list(wrong(expected))
    if why:
        return why, None
    if len(raw) > BYTES_MAX:
        why.append("%d bytes" % len(raw))
    ends = {bool(e.startswith(b"\r")) for e in re.findall(rb"\r?\n", raw)}
    if len(ends) > 1 or re.search(rb"\r(?!\n)", raw) and name not in MIXED_ENDS:
        why.append("line ends of two kinds")
    why += foreign(raw)
    message = email.message_from_bytes(raw)
    mark = signature(message)
    if mark in seen:
        why.append("same structure as " + seen[mark])
    seen[mark] = name
    found = looked_through(raw, message)
    about = expected["about"]
    for i in sum(about["any"], []) if isinstance(about, dict) else about:
        if i.lower() not in found:
            why.append("id is nowhere: " + i)
    for people in choices(expected.get("recipients", [])):
        for person in people:
            # A local part in quotes may be told without them.
            if person["address"].split("@")[0].strip('"') not in found:
                why.append("address is nowhere: " + person["address"])
    for said in expected.get("said_has", []):
        if said.lower() not in found:
            why.append("never said: " + said)
    return why, choices(expected["kind"])[0]


def main():
    mails, sayings = names("corpus", ".eml"), names("expected", ".json")
    say(mails == sayings, "every message has its expectation and the other way round",
        sorted(mails ^ sayings))
    numbers = collections.Counter(n[:3] for n in mails)
    say(all(c == 1 for c in numbers.values()), "numbers are given once",
        [n for n, c in numbers.items() if c > 1])
    counts, seen = collections.Counter(), {}
    for name in sorted(mails & sayings):
        why, kind = judge(name, seen)
        counts[kind] += 1
        say(not why, name, why)
    with open(os.path.join(HERE, "README.md"), encoding="utf-8") as f:
        rows = set(re.findall(r"(?m)^\| (\d{3}-[a-z0-9-]+) \|", f.read()))
    say(rows == mails, "README.md lists every message", sorted(rows ^ mails))
    for kind, least in LEAST.items():
        say(counts[kind] >= least, "%s: %d, at least %d" % (kind, counts[kind], least))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
