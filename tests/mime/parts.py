# SPDX-License-Identifier: Apache-2.0
"""How the parts of a message, its text and its HTML differ from what Python makes of them."""
import re
import unicodedata

import reference
import theirs
from rules import Rule

PARAMETERS = Rule("""names of files as mailers write them: RFC 2231 in pieces that are out of order
    or missing, beside a plain one, in another charset than it says, RFC 2047, bytes and words
    without quotes: what was meant is read. Python keeps to RFC 2231, and knows no name
    otherwise.""")
EMPTY = Rule("""multiparts without parts: A multipart in which no part is found is the text that
    stands there, if any; Python gives a multipart that is a leaf.""")
NO_BYTES = Rule("""empty parts between delimiters: Each delimiter begins a part, if an empty one;
    Python passes over a delimiter that follows another.""")
SEALED = Rule("""encrypted mail is one part: core/mime.h: what nobody can read is shown as one part,
    without the part that tells the version.""")
CODED = Rule("""a message in base64 stays a file: RFC 2046 section 5.2.1 forbids it. Ours leaves it
    whole; Python reads the code itself as a message.""")
TWICE = Rule("""one boundary on two levels: RFC 2046 section 5.1.2 forbids it; which level a
    delimiter is of cannot be known.""")
LONG = Rule("""boundaries beyond all bounds: RFC 2046 section 5.1.1 allows 70 letters; of 1,000 and more
    ours makes no parts but shows the text as it stands.""")
NAMED = Rule("""encodings by odd names: A comment or a semicolon behind the name of a transfer
    encoding is none of it (RFC 2045 section 6.1); to Python the encoding is unknown.""")
NAME = Rule("""names of files without paths: A name is shown without folders, leading dots,
    controls and turns of direction, for it will be given to a file; Python hands on whatever was written.""")
OFFERED = Rule("""what cannot be shown is offered: Everything but text and the pictures that the
    HTML refers to is offered as a file, also what has a name, whatever the disposition; Python only
    tells the disposition.""")
WHOLE = Rule("""a text that is the whole mail is shown: Also where it says that it is an attachment,
    unless it has a name: there is nothing else to read.""")
CHARSET = Rule("""charsets as they are meant: Labels are read as browsers read them (WHATWG Encoding
    section 4.2), what is not told or not true is guessed: UTF-8, else windows-1252. Python obeys
    the letter, or raises.""")
ENDS = Rule("""lines end with LF: Text is given with LF at the end of each line and without
    controls, NUL among them; Python leaves them in.""")
BASE64 = Rule("""base64 read on: Of broken base64 all that can be read is shown: letters that are
    none are passed over, padding ends a piece. Python gives up earlier, or gives the code
    itself.""")
QUOTED = Rule("""quoted-printable read as RFC 2045 says: Blanks behind a soft line break were added
    on the way (section 6.7, rule 3); Python takes them for text.""")
MESSAGE = Rule("""reports are text: A message/* that holds no mail is one part with its lines;
    Python makes a tree of headers of it.""")
OPEN_END = Rule("""the last line end of what is never closed: It belongs to the part: only a line
    end in front of a delimiter is the delimiter's (RFC 2046 section 5.1.1). Python takes it
    off.""")
ALL_TEXTS = Rule("""all texts are read: All texts of a message are shown, one below the other, but
    one of each choice; Python's get_body() gives the first.""")
FLOWED = Rule("""format=flowed: Lines that flow on are joined (RFC 3676); Python leaves that to its
    caller.""")
FROM_HTML = Rule("""text made of HTML: Where there is no text, or a blank one beside HTML, a text is
    made of the HTML; Python makes none.""")
ALL_HTML = Rule("""all HTML is read: As with texts; what is plain text among it becomes <pre>.""")

SHOWN = ("text/plain", "text/html")


class Unexplained(Exception):
    """Its argument says what."""


def plain_name(name):
    name = re.sub(r"[\u202a-\u202e\u2066-\u2069]", "", re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", " ", name))
    return re.split(r"[/\\]", name)[-1].lstrip(" \t.").rstrip(" ")


def tidy(text):
    """Lines as ours end, without controls."""
    text = re.sub(r"\r+\n|\r", "\n", text)
    return re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]", "", text)


def words(text):
    return " ".join(text.split())


def explained(case, view):
    """The names of rules that explain how the bodies differ; None: something is left."""
    try:
        return compare(case, view)
    except Unexplained:
        rule = of_boundaries(case)
        return [rule.name] if rule else None


def sentence(case, view):
    try:
        compare(case, view)
    except Unexplained as what:
        return str(what)
    return ""


def of_boundaries(case):
    """Boundaries that leave open what is a part."""
    told = re.findall(rb"(?i)boundary=\"?([^\"\r\n;]+)", case.raw)
    if any(len(boundary) > 1000 for boundary in told):
        return LONG
    return TWICE if len(told) != len(set(told)) else None


def compare(case, view):
    ours = case.ours
    if isinstance(view["parts"], theirs.Raised):
        raise Unexplained(f"Python raised {view['parts']}")
    mine, python, used = aligned(ours, view)
    if python == [] and types(mine) == ["text/plain"] and mine[0]["at"] + mine[0]["octets"] == len(case.raw):
        return [EMPTY.name]
    if types(mine) != types(python):
        raise Unexplained(f"parts are {types(mine)}, Python says {types(python)}")
    for n, (a, b) in enumerate(zip(mine, python)):
        for rules in compare_part(case, n, a, b):
            used += rules
    pairs = list(zip(mine, python))
    return [rule.name for rule in used + compare_text(ours, pairs, view["text"]) +
            compare_html(ours, pairs, view["html"])]


def types(parts):
    return [p["type"] for p in parts]


def aligned(ours, view):
    """Both lists of parts, and the rules by which they became alike."""
    mine, python, used = ours["parts"], view["parts"], []
    if types(mine) == types(python):
        return mine, python, used
    leaves = [as_text(p) for p in python]
    if leaves != python:
        used.append(EMPTY)
        python = [p for p in leaves if p["payload"] is None or p["payload"].strip() or p["type"] != "text/plain"]
    if "encrypted" in ours["defects"] and "application/pgp-encrypted" in types(python):
        used.append(SEALED)
        python = [p for p in python if p["type"] != "application/pgp-encrypted"]
    coded = [i for i, p in enumerate(python) if p["type"].startswith("message/") and p["payload"] is None and
             p["encoding"] == "base64"]
    if coded:
        used.append(CODED)
        python = [p for p in python if p["in"] not in coded]
    if types(mine) != types(python) and any(p["octets"] == 0 for p in mine):
        used.append(NO_BYTES)
        mine = [p for p in mine if p["octets"]]
        python = [p for p in python if p["payload"] != b""]
    return mine, python, used


def as_text(part):
    """A multipart that is a leaf is the text that stands in it."""
    if not part["type"].startswith("multipart/"):
        return part
    data = part["payload"]
    return {**part, "whole": True, "type": "text/plain", "name": "", "charset": "", "encoding": "",
            "disposition": None, "written": ["", ""], "content": data.decode("ascii", "replace")}


def compare_part(case, n, a, b):
    def wrong(key, theirs_is):
        return Unexplained(f"part {n}: {key} is {a.get(key)!r}, Python says {theirs_is!r}")
    if a["in"] != b["in"]:
        raise wrong("in", b["in"])
    if a["name"] != b["name"]:
        if plain_name(b["name"]) == a["name"]:
            yield [NAME]
        elif plain_name(name_written(b))[:len(a["name"])] == a["name"] and (a["name"] or not name_written(b)):
            yield [PARAMETERS]
        else:
            raise wrong("name", b["name"])
    if a["attachment"] != (b["disposition"] == "attachment"):
        if a["depth"] == 0 and a["type"] in SHOWN and not a["name"]:
            yield [WHOLE]
        elif not a["attachment"] or not may_be_offered(b):
            raise wrong("attachment", b["disposition"])
        else:
            yield [OFFERED]
    yield compare_content(case, wrong, a, b)


def name_written(b):
    disposition, kind = (re.sub("[\\0-\\x1f]", " ", value) for value in b["written"])
    return reference.file_name(disposition, "filename") or reference.file_name(kind, "name") or ""


def may_be_offered(b):
    return b["type"] not in SHOWN or b["name"] or b["disposition"] not in (None, "inline")


def compare_content(case, wrong, a, b):
    if b["payload"] is None:
        if not b["type"].startswith("message/"):
            raise wrong("type", b["type"])
        return [] if a["type"] == "message/rfc822" else [MESSAGE]
    used = []
    payload = b["payload"]
    if b.get("whole") and re.match(rb"\s*(--|\Z)", payload[a["octets"]:]):
        payload = payload[:a["octets"]]
    lies = case.raw[a["at"]:a["at"] + a["octets"]]
    if len(lies) != a["octets"]:
        raise wrong("octets", len(payload))
    if lies != payload and re.sub(rb"\r+\n", b"\r\n", lies) != payload:
        ends = (b"\r\n", b"\n", b"\r") if a["at"] + a["octets"] == len(case.raw) else (b"\r\n", b"\n")
        if lies not in [payload + end for end in ends]:
            raise wrong("octets", len(payload))
        payload = lies
        used.append(OPEN_END)
    payload = lies  # with the line ends that it has
    name = reference.encoding_name(b["encoding"])
    if name != b["encoding"] and name:
        used.append(NAMED)
    data = reference.content(payload, name)
    if a["type"].startswith("text/"):
        return used + compare_letters(wrong, a, b, payload, data)
    if a["bytes"] == b["content"]:
        return used
    if a["bytes"] != data.decode("latin-1"):
        raise wrong("bytes", b["content"])
    return used + undone(b)


def undone(b):
    return [BASE64] if b["encoding"] == "base64" else [QUOTED] if b["encoding"] == "quoted-printable" else []


def compare_letters(wrong, a, b, payload, data):
    if a["content"] == b["content"]:
        return []
    if not isinstance(b["content"], theirs.Raised) and a["content"] == tidy(b["content"]):
        return [ENDS]
    charset = re.sub("[\x00-\x1f]", "", b["charset"]) if not isinstance(b["charset"], theirs.Raised) else ""
    if not charset and a["type"] == "text/html":
        charset = reference.meta_charset(data)
    if not same_letters(a["content"], reference.text(data, charset)):
        raise wrong("content", b["content"])
    if not isinstance(b["content"], theirs.Raised) and reference.strict(data, charset) != b["content"]:
        return undone(b) + [CHARSET]
    return [CHARSET]


def same_letters(ours, text):
    """Equal but for how many marks stand for bytes that are no letters."""
    def marks(s):
        return unicodedata.normalize("NFC", re.sub("[\ufffd\ue000-\uf8ff]+", "\ufffd", s))
    ours, text = marks(ours), marks(tidy(text))
    # Behind bytes that are no letters it is each decoder's to say where the letters begin again.
    return ours == text or "\ufffd" in text and ours.startswith(text.split("\ufffd")[0])


# ---- what is read --------------------------------------------------------------------------------

PLAIN_TAGS = re.compile(r"(?i)</?(p|br|div|html|body|b|i|em|span|pre|style|script|head|title)>")


def is_shown(a, mine):
    """Is it, and what it lies in, to be read?"""
    while a["in"] >= 0:
        a = mine[a["in"]]
        if a["attachment"]:
            return False
    return True


def readable(pairs, wanted):
    """The parts that a person reads: of a choice the wanted kind, if it says anything."""
    mine = [a for a, _ in pairs]
    shown = [(a, b) for a, b in pairs if a["type"] in SHOWN and not a["attachment"] and is_shown(a, mine)]
    out = []
    for a, b in shown:
        choice = [x for x, y in shown if y["alternative"] is not None and y["alternative"] == b["alternative"]]
        of_kind = [x for x in choice if x["type"] == wanted and x["content"].strip()]
        if not choice or (a in of_kind if of_kind else True):
            out.append((a, b))
    return out


def is_plain(markup):
    """HTML of which reference.html_text() makes what every reader makes of it."""
    rest = PLAIN_TAGS.sub("", markup)
    return "<" not in rest and not re.search(r"&(?!\w+;)", rest) and markup.count("<html>") < 2


def says(a, b):
    if a["type"] == "text/html":
        return reference.html_text(a["content"])
    return reference.flowed(a["content"], b["delsp"]) if b["flowed"] else a["content"]


def compare_text(ours, pairs, theirs_is):
    got = readable(pairs, "text/plain")
    if isinstance(theirs_is, str) and not isinstance(theirs_is, theirs.Raised) and \
            words(tidy(theirs_is)) == words(ours["text"]):
        return []
    of_html = [a for a, _ in got if a["type"] == "text/html"]
    said = words("\n".join(says(a, b) for a, b in got))
    if said != words(ours["text"]) and all(is_plain(a["content"]) for a in of_html):
        raise Unexplained(f"text is {ours['text']!r}, Python says {theirs_is!r}")
    used = [FLOWED] if any(b["flowed"] for _, b in got) else []
    return used + ([FROM_HTML] if of_html else []) + ([ALL_TEXTS] if len(got) > 1 else [])


def compare_html(ours, pairs, theirs_is):
    mine = ours["html"] if ours["html_at"] >= 0 else None
    if mine == theirs_is or (mine is not None and isinstance(theirs_is, str) and mine == tidy(theirs_is)):
        return []
    got = readable(pairs, "text/html")
    html = [a["content"] for a, _ in got if a["type"] == "text/html"]
    said = words("\n".join(says(a, b) for a, b in got))
    if mine is None or not html or any(one.strip() not in mine for one in html) or \
            all(map(is_plain, html)) and words(reference.html_text(mine)) != said:
        raise Unexplained(f"html is {mine!r}, Python says {theirs_is!r}")
    return [ALL_HTML] if len(got) > 1 else []
