# SPDX-License-Identifier: Apache-2.0
"""A defect undone: each repair makes of a broken message one that says plainly what our parser
takes it to say. If Python's view of the repaired message is ours, the repair explains the
difference. Each has a name and a sentence on who is right and why.
"""
import base64
import re

import reference
from rules import Rule

FIELD = re.compile(rb"[!-9;-~]+[ \t]*:")
SHOWN = {b"subject", b"from", b"to", b"cc", b"reply-to", b"sender"}
LISTS = SHOWN - {b"subject"}


class Repair:
    """A rule, and what it does to the bytes."""

    def __init__(self, rule, function):
        self.rule, self.function = rule, function


REPAIRS = []


def repair(function):
    """Its docstring is the rule."""
    REPAIRS.append(Repair(Rule(function.__doc__), function))
    return function


def header_of(raw):
    """The block up to its empty line, and what follows it."""
    m = re.search(rb"(?:\A|\r?\n)(?=\r?\n)", raw)
    return (raw, b"") if m is None else (raw[:m.end()], raw[m.end():])


def lines_of(block):
    return re.findall(rb"[^\n]*\n|[^\n]+\Z", block)


def fields_of(block):
    """Each field with its folds."""
    out = []
    for line in lines_of(block):
        if out and line[:1] in b" \t":
            out[-1] += line
        else:
            out.append(line)
    return out


def value_of(field):
    """A field's value on one line."""
    value = field.partition(b":")[2]
    return re.sub(rb"\r?\n(?=[ \t])", b"", value).rstrip(b"\r\n").strip(b" \t")


def name_of(field):
    return field.partition(b":")[0].strip().lower()


def charset_of(block):
    """The charset that the block's Content-Type names."""
    for field in fields_of(block):
        if name_of(field) == b"content-type":
            m = re.search(rb"(?i)charset[ \t]*=[ \t]*\"?([^\s\";]+)", value_of(field))
            return m[1].decode("latin-1") if m else ""
    return ""


def told_boundaries(raw):
    return re.findall(rb"(?i)boundary=\"?([^\"\r\n;]+)", raw)


def in_header(function):
    """A repair of the top header's block alone."""
    def of_raw(raw):
        block, rest = header_of(raw)
        return function(block) + rest
    return of_raw


def of_fields(names, function):
    """A repair of the values of some fields."""
    def of_block(block):
        charset = charset_of(block)
        out = b""
        for field in fields_of(block):
            if name_of(field) in names:
                end = re.search(rb"\r?\n\Z", field)
                value = function(value_of(field), charset)
                field = field.partition(b":")[0] + b": " + value + (end[0] if end else b"")
            out += field
        return out
    return in_header(of_block)


# ---- lines ---------------------------------------------------------------------------------------


@repair
def cr_cr_lf(raw):
    """CR CR LF: A line end that was converted twice is one line end; Python takes the lone CR for
    another and sees an empty line behind every line, so its header ends with the first field."""
    return re.sub(rb"\r+\n", b"\r\n", raw)


@repair
def lone_cr(raw):
    """CR amid a line: RFC 5322 section 2.2: lines end with CRLF. Python ends a line at a lone CR
    too, by which a sender could smuggle in fields; ours takes it for a blank."""
    if b"\n" not in raw:
        return raw
    return in_header(lambda block: re.sub(rb"\r(?!\n)", b" ", block))(raw)


@repair
def controls(raw):
    """control letters: Text of one line is shown without controls, NUL among them: they would reach
    terminals and lists; Python keeps them, or ends the header at a name that has one."""
    raw = re.sub(rb"(?m)^[A-Za-z-]*[\0-\x08\x0b\x0c\x0e-\x1f\x7f][A-Za-z-]*:[^\n]*\n(?:[ \t][^\n]*\n)*"
                 rb"(?=[A-Za-z-]+:)", b"", raw)
    for boundary in told_boundaries(raw):
        raw = re.sub(rb"(?m)^(--" + re.escape(boundary) + rb"(?:--)?)[ \t]*\r?\0\r?$", rb"\1\r", raw)
    raw = raw.replace(b"\r\0\n", b"\r\n")
    return in_header(lambda block: b"".join(
        re.sub(rb"[\0-\x08\x0b\x0c\x0e-\x1f\x7f]", b" ", field) if FIELD.match(field) else field
        for field in fields_of(block)))(raw)


@repair
def empty_lines_first(raw):
    """empty lines above the header: By RFC 5322 section 2.1 they end it; what follows is plainly a
    header, and shown as one. Python takes it for text."""
    rest = raw.lstrip(b"\r\n")
    return rest if FIELD.match(rest) and header_like(rest) else raw


@repair
def no_header(raw):
    """no header: What has not one field is text from its first byte, to be read; Python takes the
    first line or all of it for a header that is broken."""
    block, _ = header_of(raw)
    if raw[:2] in (b"\r\n", b"\n\r") or raw[:1] == b"\n" or any(map(FIELD.match, fields_of(block))):
        return raw
    return b"\r\n" + raw


@repair
def rubbish(raw):
    """rubbish within the header: A line that is no field, with fields below it, is rubbish that
    some gateway left; Python ends the header there, and sender, date and all else below would be
    lost."""
    return in_header(without_rubbish)(raw)


def without_rubbish(block):
    out, held = [], []
    for field in fields_of(block):
        if FIELD.match(field) and (out or not held or header_like(field)):
            out.append(field)
            held = []
        else:
            held.append(field)
    return b"".join(out) + b"".join(held if out else [])


def header_like(field):
    name = name_of(field)
    return b"-" in name or name in (b"from", b"to", b"cc", b"bcc", b"date", b"sender", b"subject", b"received")


@repair
def no_empty_line(raw):
    """no empty line: Text directly below the last field is text: Python agrees, but where the first
    word of it looks like a field's name."""
    block, rest = header_of(raw)
    fields = fields_of(block)
    for i, field in enumerate(fields):
        if not FIELD.match(field) and i and all(map(FIELD.match, fields[:i])):
            return b"".join(fields[:i]) + b"\r\n" + b"".join(fields[i:]) + rest
    return raw


@repair
def blank_before_colon(raw):
    """blank before the colon: RFC 5322 section 4.5 has it in its obsolete syntax, which must be
    read; to Python the field is none, and the header ends."""
    return in_header(lambda block: re.sub(rb"(?m)^([!-9;-~]+)[ \t]+:", rb"\1:", block))(raw)


# ---- values --------------------------------------------------------------------------------------


def encoded(text):
    text = re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", " ", text)
    return b"=?utf-8?B?" + base64.b64encode(text.encode("utf-8", "replace")) + b"?="


@repair
def eight_bits(raw):
    """8 bits that nothing declares: RFC 6532 allows UTF-8; what is none is read by the charset of
    the body, else as windows-1252, as readers do. Python shows each such byte as U+FFFD or as a
    lone surrogate."""
    def unstructured(value, charset):
        if value.isascii():
            return value
        return encoded(reference.words(value, charset))

    def listed(value, charset):
        """Every run of letters, some of which are none of ASCII, becomes an encoded word."""
        return re.sub(rb"\"([^\"]*[\x80-\xff][^\"]*)\""
                      rb"|([^\s\"<>,;:()@\x00-\x20]*[\x80-\xff][^\"<>,;:()@]*[^\s\"<>,;:()@])",
                      lambda m: encoded(reference.header_text(m[1] or m[2], charset)), value)
    raw = of_fields({b"subject"}, unstructured)(raw)
    return of_fields(LISTS, listed)(raw)


@repair
def encoded_words(raw):
    """encoded words by the letter: RFC 2047 wants every word whole, apart from others and well
    formed; mailers do as they like. Ours joins the bytes of neighbours before they are read, and
    reads glued words."""
    def unstructured(value, charset):
        return encoded(reference.words(value, charset)) if b"=?" in value else value

    def listed(value, charset):
        runs = rb"(?:\"[ \t]*)?=\?[^?\s]+\?[BbQq]\?[^?]*\?=(?:[ \t]*=\?[^?\s]+\?[BbQq]\?[^?]*\?=)*(?:[ \t]*\")?"
        return re.sub(runs, lambda m: encoded(reference.words(m[0].strip(b"\" \t"), charset)), value)
    raw = of_fields({b"subject"}, unstructured)(raw)
    return of_fields(LISTS, listed)(raw)


@repair
def comment_name(raw):
    """a name in a comment: RFC 5322 section 3.4 tells of the old form 'address (Name)'; the name is
    shown. Python drops comments."""
    return of_fields(LISTS, lambda value, _: re.sub(
        rb"(?<![\w.\">)])([^\s<>(),;:\"]+@[^\s<>(),;:\"]+) *\(([^()\\]*)\)", rb'"\2" <\1>', value))(raw)


# ---- kinds and boundaries ------------------------------------------------------------------------

TYPE = re.compile(rb"(?im)^(Content-Type:)((?:[^\n]*\n[ \t])*[^\n]*)$")
TOKEN = rb"[!#$%&'*+.^_`{|}~0-9A-Za-z-]+"


@repair
def odd_type(raw):
    """types that are none: What stands before the first blank or semicolon is the type, if it is
    one; else the part is text (RFC 2045 section 5.2). Python takes the whole value for the type."""
    def mend(m):
        end = b"\r" if m[2].endswith(b"\r") else b""
        value = re.sub(rb"[\0-\x08\x0b-\x1f]", b" ", re.sub(rb"\r?\n|\r\Z", b"", m[2])).strip()
        kind, parameters = re.match(rb"[ \t]*([^;]*?)[ \t]*(?:(;.*))?\Z", value, re.S).groups()
        if re.fullmatch(TOKEN + b"/" + TOKEN, kind) and b"\0" not in m[2]:
            return m[0]
        first = re.split(rb"[ \t]", kind)[0]
        known = re.fullmatch(TOKEN + b"/" + TOKEN, first)
        return m[1] + b" " + (first if known else b"text/plain") + (parameters or b"") + end
    return TYPE.sub(mend, raw)


def first_delimiter(body, known):
    """The first line "--something" that fields of a part follow."""
    for m in re.finditer(rb"(?m)^--([^\r\n]*[^\s])[ \t]*\r?\n(?=content-)", body, re.I):
        if m[1] not in known:
            return m[1]
    return None


@repair
def odd_boundary(raw):
    """boundaries by the letter: A boundary is what stands in its quotes; Python decodes encoded
    words in it, and does not find one of 8 bits."""
    for m in re.finditer(rb"(?i)boundary=\"([^\"]*(?:=\?|[\x80-\xff])[^\"]*)\"", raw):
        raw = raw.replace(m[1], b"plain." + m[1].hex().encode())
    return raw


@repair
def lost_boundary(raw):
    """boundaries that are not told: Where the boundary of a multipart is not told, or no line has
    it, the first line that looks like a delimiter tells it, so that the parts can be read; Python
    finds none."""
    known = set()
    at = 0
    while True:
        m = TYPE.search(raw, at)
        if m is None:
            return raw
        at = m.end()
        kind = re.match(rb"[ \t]*(multipart/[^\s;]+)", m[2], re.I)
        if not kind:
            continue
        told = re.search(rb"(?i)boundary[ \t\r\n]*=[ \t\r\n]*(?:\"([^\"]*)\"|([^;\r\n]*[^;\s]))", m[2])
        boundary = told and (told[1] if told[1] is not None else told[2]).rstrip()
        if not boundary or not re.search(rb"(?m)^--" + re.escape(boundary) + rb"(--)?[ \t]*\r?$", raw[at:]):
            boundary = first_delimiter(raw[at:], known) or boundary
        if not boundary:
            continue
        known.add(boundary)
        rest = re.sub(rb"(?i);\s*boundary\s*=\s*(\"[^\"]*\"|[^;\r\n]*)", b"", m[2][kind.end():].rstrip(b"\r"))
        end = b"\r" if m[2].endswith(b"\r") else b""
        new = m[1] + b" " + kind[1] + b"; boundary=\"" + boundary + b"\"" + rest + end
        if told is None or told[1] != boundary:
            raw = raw[:m.start()] + new + raw[m.end():]
            at = m.start() + len(new)


@repair
def closed_first(raw):
    """multiparts that are closed first: A delimiter that closes what has no part yet, with fields of
    one behind it, was meant to open it; to Python all is epilogue, and nothing is left to read."""
    for boundary in told_boundaries(raw):
        m = re.search(rb"(?m)^--" + re.escape(boundary) + rb"(--)?[ \t]*\r?$", raw)
        if m and m[1] and re.match(rb"\ncontent-", raw[m.end():], re.I):
            raw = raw[:m.start(1)] + raw[m.end(1):]
    return raw
