# SPDX-License-Identifier: Apache-2.0
"""Why our view of a message differs from that of Python's email package: every kind of
difference has a rule with a name and a sentence. Most rules are repairs of the message
(repair.py): Python's view of the repaired message must be ours. The others, about values and
parts, are here and in parts.py.
"""
import re
import unicodedata

import parts
import repair
import theirs
from rules import RULES, Rule

HEADER = ("subject", "from", "to", "cc", "reply_to", "date", "message_id")
LENSES = []


class Case:
    """A message, our view of it and theirs."""

    def __init__(self, raw, ours, python=None):
        self.raw, self.ours = raw, ours
        self.python = python or theirs.view(raw)


def lens(*fields):
    """A function, its docstring a rule, that makes of theirs what we should show of such a field."""
    def keep(function):
        LENSES.append((Rule(function.__doc__), fields, function))
        return function
    return keep


def each_text(value, function):
    """Every text in a value of the header."""
    if isinstance(value, theirs.Raised) or value is None:
        return value
    if isinstance(value, str):
        return function(value)
    if isinstance(value, dict):
        return {k: each_text(v, function) for k, v in value.items()}
    if isinstance(value, list):
        return [each_text(v, function) for v in value]
    return value


@lens("from", "to", "cc", "reply_to")
def lower(value, case):
    """addresses in lower case: Equal addresses must be equal texts, to be found again; core/mime.h
    says so."""
    def fold(a):
        return {**a, "address": unicodedata.normalize("NFC", a["address"]).lower()}
    if isinstance(value, theirs.Raised):
        return value
    return fold(value) if isinstance(value, dict) else [fold(a) for a in value]


@lens("subject", "from", "to", "cc", "reply_to")
def trim(value, case):
    """blanks at the ends: Python keeps the blanks around a text, which a fold or an encoded blank
    left; nobody sees them."""
    return each_text(value, lambda text: text.strip(" \t"))


@lens("subject", "from", "to", "cc", "reply_to", "message_id")
def no_controls(value, case):
    """controls and separators of lines: A text of one line is shown without them, each a blank, but
    C1 controls are the letters that they are in windows-1252; Python keeps what an encoded word
    smuggled in."""
    def clean(text):
        text = re.sub("[\x80-\x9f]", lambda m: bytes([ord(m[0])]).decode("cp1252", "replace"), text)
        return re.sub(r"[\x00-\x1f\x7f\u2028\u2029]", " ", text).strip(" ")
    return each_text(value, clean)


@lens("from", "to", "cc", "reply_to")
def blanks(value, case):
    """blanks within a name: As many as there were, controls among them; Python makes one of all."""
    fields = [case.ours[field] for field in ("from", "to", "cc", "reply_to")]
    names = [a["name"] for field in fields for a in ([field] if isinstance(field, dict) else field)]
    written = {re.sub(" +", " ", name): name for name in names}
    return each_text(value, lambda text: written.get(text, text))


@lens("message_id")
def bare_id(value, case):
    """ids without their brackets: An id is compared by what stands in its brackets; Python gives
    them with it, and the comments around."""
    if isinstance(value, theirs.Raised):
        return value
    m = re.search(r"<([^<>]+)>?", value)
    return (m[1] if m else value).strip()


@lens("message_id")
def short_id(value, case):
    """an id is at most a line: RFC 5322 section 2.1.1: 998 letters; Python keeps an id of any
    length."""
    return value if isinstance(value, theirs.Raised) else value[:998]


@lens("message_id")
def broken_id(value, case):
    """broken ids: Of an id that is cut or empty all there is of it; Python raises."""
    m = re.search(rb"(?im)^message-id:[ \t]*<?([^<>\r\n]*)", case.raw)
    return m[1].decode("utf-8", "replace") if isinstance(value, theirs.Raised) and m else value


@lens("date")
def since_1970(value, case):
    """no moment before 1970: A clock that was never set; no mail is so old. core/mime.h has 0 for
    no date."""
    return None if isinstance(value, int) and value <= 0 else value


# Where the grammar of RFC 5322 is not kept, readers are on their own; ours is judged there by the
# corpus and by what generate.py knows. Where it is kept, no difference is explained.
DATES = Rule("""dates that break the grammar: Ours reads what can be read of them: years of two and
    three digits, names of zones (RFC 5322 section 4.3), other orders; Python reads some others, or
    raises.""")
LISTS = Rule("""addresses that break the grammar: Every address that is plain to see is found,
    whatever is around it, for mail is accepted and answered by it; Python ends at the first thing
    that is out of place, or raises.""")
DATE = re.compile(rb"""(?ix) \s* ((Mon|Tue|Wed|Thu|Fri|Sat|Sun),\s+)? ([0-2]?\d|3[01])\s+
    (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\s+ (19[7-9]\d|[2-9]\d\d\d)\s+
    ([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?\s+ ([+-](0\d|1[0-4])[0-5]\d|GMT|UT|[ECMP][SD]T)
    (\s+\([^()]*\))? \s*""")
ATEXT = rb"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
ADDRESS = ATEXT + rb"(\." + ATEXT + rb")*@([A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*)"
WORD = rb"(" + ATEXT + rb"|\"[^\"\\\x80-\xff]*\")"
PHRASE = WORD + rb"([ \t]+" + WORD + rb")*[ \t]*"
MAILBOX = rb"[ \t]*((" + PHRASE + rb")?<" + ADDRESS + rb">|" + ADDRESS + rb")([ \t]*\([^()\\]*\))?[ \t]*"
LIST = re.compile(MAILBOX + rb"(," + MAILBOX + rb")*")
PLAIN_TO_SEE = re.compile(rb"(?<![\w.%/!=?*@\x80-\xff-])[\w.+-]+@[\w-]+(\.[\w-]+)+(?![\w.@:/\x80-\xff-])")


def breaks_grammar(field, case):
    """The rule for a field that is not what RFC 5322 wants; None: it is, or ours misses something."""
    names = {"reply_to": b"reply-to", "from": b"from"}.get(field, field.encode())
    block, _ = repair.header_of(repaired(case.raw)[0])
    values = [repair.value_of(f) for f in repair.fields_of(block) if repair.name_of(f) == names]
    if field == "from":
        values = values[:1]
    if field == "date":
        return DATES if values and not DATE.fullmatch(values[0]) else None
    if field not in ("from", "to", "cc", "reply_to") or all(LIST.fullmatch(v) for v in values):
        return None
    if re.search(rb"(?im)^" + names + rb"[ \t]*:[^\n]*[\x00-\x08\x0e-\x1f]", case.raw):
        return LISTS  # nothing that holds a control can be right
    ours = case.ours[field]
    found = " ".join(a["name"] + " " + a["address"] for a in ([ours] if isinstance(ours, dict) else ours))
    seen = [m[0].decode().lower() for value in values
            for m in PLAIN_TO_SEE.finditer(re.sub(rb"\"[^\"]*\"", b"", value))]
    if field == "from":
        seen = seen[:1]
    return LISTS if all(address in found for address in seen) else None


def explained_by_lenses(field, ours, value, case):
    """The names of the rules that make theirs ours; None: they do not."""
    used = []
    for rule, fields, function in LENSES:
        if same(ours, value):
            break
        if field in fields:
            new = function(value, case)
            if not same(new, value):
                used.append(rule.name)
            value = new
    return used if same(ours, value) else None


def same(a, b):
    return a == b and not isinstance(b, theirs.Raised)


def left_over(case, view, fields):
    """Which of these fields no lens explains, and the rules that explain the others."""
    used, left = [], []
    for field in fields:
        if field == "body":
            names = parts.explained(case, view)
        elif same(case.ours[field], view[field]):
            continue
        else:
            names = explained_by_lenses(field, case.ours[field], view[field], case)
        if names is None:
            left.append(field)
        else:
            used += names
    return used, left


def repaired(raw):
    """The message with all its defects undone, and what was done."""
    done = []
    for one in repair.REPAIRS:
        new = one.function(raw)
        if new != raw:
            done.append(one.rule.name)
        raw = new
    return raw, done


def explain(case):
    """The names of the rules that explain how the views differ, and sentences of what none does."""
    used, left = left_over(case, case.python, HEADER + ("body",))
    if not left:
        return set(used), []
    raw, done = repaired(case.raw)
    view = case.python
    if done:
        wanted = [field for field in left if field != "body"]
        wanted += theirs.BODY if "body" in left else ()
        view = theirs.view(raw, wanted)
        more, left = left_over(case, view, left)
        used += more + done
    for field in [field for field in left if field != "body"]:
        rule = breaks_grammar(field, case)
        if rule:
            used.append(rule.name)
            left.remove(field)
    return set(used), [sentence(case, view, field) for field in left]


def sentence(case, view, field):
    if field == "body":
        return parts.sentence(case, view)
    return f"{field} is {case.ours[field]!r}, Python says {case.python[field]!r}"
