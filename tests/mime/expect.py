# SPDX-License-Identifier: Apache-2.0
"""How an expectation of tests/mime/expected is compared with what is shown, and what must hold
of every message whatever it is.

Where the standards leave a choice, an expectation is an object instead of a value:
    {"any": [a, b]}          one of these
    {"has": ["x", "y"]}      a text that contains all of these
    {"start": "x"}           a text that begins so
    {"end": "x"}             a text that ends so
    {"valid": true}          anything, so long as the promises below hold
    {"lines": ["x", "y"]}    these lines, blanks and empty lines aside; "loose": in this order
    {"has_address": "x"}     a list of addresses of which one contains this
    {"first": [...]}         a list that begins so
Several of them in one object must all hold.
"""
import datetime
import hashlib
import re
import unicodedata

WAYS = {"any", "has", "start", "end", "valid", "lines", "loose", "has_address", "first"}
# Fields whose absence from an expectation means nothing; the others must be there.
MUST = ["group", "structure", "defect", "subject", "from", "to", "date", "message_id", "parts", "text",
        "html", "defects"]
MESSAGES = ("message/rfc822", "message/global", "message/news")
TEXT_MAX = 1024 * 1024


def moment(text):
    """Microseconds of a moment in ISO 8601, None of none."""
    if text is None:
        return None
    if not re.search(r"\.\d+Z$", text):
        text = text.replace("Z", ".0Z")
    t = datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ")
    return (t - datetime.datetime(1970, 1, 1)) // datetime.timedelta(microseconds=1)


def laid_out(text):
    """Text without what nobody sees: blanks at ends of lines, more than one empty line."""
    lines = [line.rstrip() for line in text.split("\n")]
    return re.sub("\n{3,}", "\n\n", "\n".join(lines)).strip()


def words(text):
    return " ".join(text.split())


def fits(want, got, same=lambda a, b: a == b):
    """Does what is shown fit what is wanted?"""
    if isinstance(want, dict) and WAYS & want.keys():
        return fits_way(want, got, same)
    if isinstance(want, dict):
        return isinstance(got, dict) and all(fits(v, got.get(k), same) for k, v in want.items())
    if isinstance(want, list):
        return (isinstance(got, list) and len(want) == len(got) and
                all(fits(a, b, same) for a, b in zip(want, got)))
    return same(want, got)


def fits_way(want, got, same):
    if "any" in want:
        return any(fits(one, got, same) for one in want["any"])
    if "has_address" in want:
        return any(want["has_address"] in one["address"] for one in got)
    if "first" in want:
        return fits(want["first"], got[:len(want["first"])], same)
    if want == {"valid": True}:
        return True
    if not isinstance(got, str):
        return False
    if "lines" in want:
        lines = [words(line) for line in got.split("\n") if line.strip()]
        if not want.get("loose"):
            return lines == want["lines"]
        return re.search(".*".join(map(re.escape, want["lines"])), " ".join(lines)) is not None
    return (all(one in got for one in want.get("has", [])) and
            got.lstrip().startswith(want.get("start", "")) and got.rstrip().endswith(want.get("end", "")))


def fits_part(want, got):
    """None, or in what a part differs."""
    wanted = {"name": "", "attachment": False, "in": -1, "inline": False, **want}
    hexed, digest, size, cid = (wanted.pop(k, None) for k in ("hex", "sha256", "size", "cid"))
    if cid is not None:
        wanted["content_id"] = cid
    for key, value in wanted.items():
        if key == "in" and "in" not in want and got["in"] == -1:
            continue
        if not fits(value, got.get(key)):
            return f"{key} is {got.get(key)!r}, not {value!r}"
    data = got.get("bytes", "").encode("latin-1")
    if hexed is not None and data.hex() != hexed:
        return f"content is {data.hex()}, not {hexed}"
    if digest is not None and (len(data), hashlib.sha256(data).hexdigest()) != (size, digest):
        return f"content is {len(data)} bytes {data[:40]!r}, not {size}"
    return None


def fits_parts(want, got):
    if want is None:
        return None
    if isinstance(want, dict):
        want, got = want["first"], got[:len(want["first"])]
    if len(want) != len(got):
        return f"parts are {[p['type'] for p in got]}, not {[p['type'] for p in want]}"
    for n, (a, b) in enumerate(zip(want, got)):
        why = fits_part(a, b)
        if why:
            return f"part {n}: {why}"
    return None


def fits_text(want, shown):
    """Text made from HTML is compared by its words: its layout is nobody's to say."""
    look = words if shown["text_at"] < 0 else laid_out
    return fits(want, shown["text"], lambda a, b: look(a) == look(b))


def compare(want, shown):
    """In what the view of a message differs from its expectation: a list of sentences."""
    wrong = []
    for key in MUST:
        if key not in want:
            wrong.append(f"the expectation says nothing of {key}")
    if shown.get("error"):
        wrong.append("it could not be read")
    for key, value in want.items():
        got = shown.get(key)
        if key in ("group", "structure", "defect", "why", "defects_may"):
            continue
        if key == "parts":
            why = fits_parts(value, got)
            if why:
                wrong.append(why)
            continue
        if key == "text":
            good = fits_text(value, shown)
        elif key in ("date", "received"):
            good = fits(value, got, lambda a, b: moment(a) == b)
        elif key == "html":
            good = fits(value, got if shown["html_at"] >= 0 else None)
        elif key == "delivered":
            good = value == [one["address"] for one in got]
        elif key == "defects":
            may = set(want.get("defects_may", []))
            good = fits(value, sorted(got)) or fits(value, sorted(d for d in got if d not in may))
        else:
            good = fits(value, got)
        if not good:
            wrong.append(f"{key} is {got!r}, not {value!r}")
    return wrong


def texts(shown):
    """All one-line texts of a view."""
    for key in ("subject", "sender", "disposition_to", "message_id", "in_reply_to", "references", "list_id",
                "thread_index", "content_type", "report_type", "auto_submitted"):
        yield key, shown[key]
    for key in ("to", "cc", "bcc", "reply_to", "delivered"):
        for one in shown[key]:
            yield key, one["name"]
            yield key, one["address"]
    yield "from", shown["from"]["name"]
    yield "from", shown["from"]["address"]
    for part in shown["parts"]:
        for key in ("type", "charset", "encoding", "name", "content_id"):
            yield "part's " + key, part[key]


def promises(raw, shown):
    """What core/mime.h promises of every message; a list of what was broken."""
    broken = []
    if shown.get("error"):
        broken.append("it could not be read")
    for key, text in texts(shown):
        if not isinstance(text, str):
            broken.append(f"{key} is no UTF-8")
        elif any(unicodedata.category(c) in ("Cc", "Zl", "Zp") for c in text):
            broken.append(f"{key} has a control letter: {text!r}")
    for key in ("text", "html"):
        if not isinstance(shown[key], str):
            broken.append(f"{key} is no UTF-8")
        elif "\0" in shown[key] or len(shown[key].encode()) > TEXT_MAX:
            broken.append(f"{key} has a NUL or is too long")
    for n, part in enumerate(shown["parts"]):
        broken += [f"part {n}: {why}" for why in promises_part(raw, shown["parts"], n, part)]
    if not 0 <= len(shown["parts"]) <= 10000:
        broken.append("too many parts")
    return broken


def promises_part(raw, parts, n, part):
    if not part["type"] or part["type"] != part["type"].lower():
        yield "the type is empty or not in lower case"
    if part["at"] + part["octets"] > len(raw):
        yield "it lies outside of the message"
    if set(part["name"]) & set("/\\") or part["name"] in (".", ".."):
        yield f"the name is a path: {part['name']!r}"
    if part["in"] >= n or part["in"] >= 0 and parts[part["in"]]["type"] not in MESSAGES:
        yield f"it lies in part {part['in']}"
    if "content" in part and (not isinstance(part["content"], str) or "\0" in part["content"]):
        yield "the content is no UTF-8 or has a NUL"
    if part.get("error"):
        yield "the content could not be read"
    if part["attachment"] and part["inline"]:
        yield "it is offered and shown within"


def against(written, shown):
    """In what the view of a generated message differs from what was written into it."""
    for key, want in written.items():
        got = shown[key]
        if key == "parts":
            got = [{k: part.get(k) for k in one} for one, part in zip(want, got)] + got[len(want):]
        elif key == "subject":
            want, got = words(want), words(got)
        elif key == "text":
            want, got = words(want), words(got)[:len(words(want))]
        if got != want:
            yield f"{key} is {got!r}, but {want!r} was written"
