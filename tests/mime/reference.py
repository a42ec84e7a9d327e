# SPDX-License-Identifier: Apache-2.0
"""What our parser means to do, written once more in a few lines of Python: the measure by which
a difference to Python's email package is found right. Slow, and without any bounds.
"""
import base64
import binascii
import codecs
import html
import re

# Labels that mailers take for a larger set (WHATWG Encoding section 4.2), and Python's names.
ALIASES = {
    "iso-8859-1": "cp1252", "latin1": "cp1252", "latin-1": "cp1252", "windows-1252": "cp1252",
    "iso-8859-9": "cp1254", "tis-620": "cp874", "iso-8859-11": "cp874", "gb2312": "gb18030",
    "gbk": "gb18030", "hz-gb-2312": "gb18030", "big5": "big5hkscs", "big5-hkscs": "big5hkscs",
    "shift_jis": "cp932", "sjis": "cp932", "ks_c_5601-1987": "cp949", "euc-kr": "cp949",
    "iso-8859-8-i": "iso-8859-8", "macintosh": "mac_roman", "unicode-1-1-utf-7": "utf-7",
}
SILENT = {"", "us-ascii", "ascii", "utf-8", "utf8", "unknown", "x-unknown", "unknown-8bit", "default",
          "binary", "8bit", "7bit"}  # what they say the bytes say better


def known(label):
    label = label.lower()
    label = ALIASES.get(label, label)
    try:
        return label if codecs.lookup(label)._is_text_encoding else None
    except (LookupError, ValueError):
        return None


def look(data):
    """Letters of UTF-8 beyond ASCII, and bytes that belong to none."""
    good = bad = at = 0
    while at < len(data):
        if data[at] < 0x80:
            at += 1
            continue
        for n in (2, 3, 4):
            try:
                data[at:at + n].decode("utf-8")
                good, at = good + 1, at + n
                break
            except UnicodeDecodeError:
                pass
        else:
            bad, at = bad + 1, at + 1
    return good, bad


def wide(data):
    """UTF-16 by its mark, or because half of the bytes are NUL; None: it is none."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16-le" if data[0] == 0xff else "utf-16-be"
    if len(data) < 2:
        return None
    even, odd = data[::2].count(0), data[1::2].count(0)
    if odd > len(data) / 4 and even < odd / 8:
        return "utf-16-le"
    return "utf-16-be" if even > len(data) / 4 and odd < even / 8 else None


def choose(data, label):
    """The codec by which bytes are read."""
    if data.startswith(b"\xef\xbb\xbf"):
        return "utf-8-sig"
    codec = None if label.lower() in SILENT else known(label)
    if codec == "utf-16":
        return wide(data) or "utf-16-be"  # RFC 2781 section 4.3
    if codec is None and wide(data):
        return wide(data)
    if codec is None and not any(look(data)) and re.search(rb"\x1b[$(]", data):
        return "iso2022_jp"
    good, bad = look(data)
    if codec and not (codec == "cp1252" and good >= 2 and not bad):
        return codec
    return "utf-8" if good >= bad else "cp1252"


def text(data, label):
    codec = choose(data, label)
    out = data.decode(codec, "replace").removeprefix("\ufeff")
    if codecs.lookup(codec).name.startswith("iso2022"):
        return re.sub("(?s)\x1b.*", "\ufffd", out)  # an escape that is none
    # Python knows letters of bytes that stand for none.
    return re.sub("[\x80\xa0\uf8f0-\uf8f3]", "\ufffd", out) if codec == "cp932" else out


def meta_charset(data):
    """What HTML says of itself where nobody else does."""
    m = re.search(rb"(?i)<meta[^>]+charset=[\"']?([\w-]+)", data[:1024])
    return m[1].decode() if m else ""


def strict(data, label):
    """As Python reads it."""
    return data.decode(label or "ascii", "replace") if known(label or "ascii") else None


def header_text(data, charset):
    """Bytes in a header that nothing declares: UTF-8, else what the body is in."""
    _, bad = look(data)
    codec = None if charset.lower() in SILENT else known(charset)
    return data.decode(codec or "cp1252" if bad else "utf-8", "replace")


# ---- headers -------------------------------------------------------------------------------------

WORD = re.compile(rb"=\?([^?*\s]+)(?:\*[^?\s]*)?\?([BbQq])\?((?:[^?]|\?(?!=))*)\?=")


def word_bytes(kind, data):
    if kind in b"Qq":
        return re.sub(rb"=([0-9A-Fa-f]{2})", lambda m: bytes([int(m[1], 16)]), data.replace(b"_", b" "))
    return base64_bytes(data)


def words(value, charset=""):
    """A header's value as text: encoded words, and bytes that are none."""
    out, at, held, held_charset = "", 0, b"", None
    for m in WORD.finditer(value):
        between = value[at:m.start()]
        same = held_charset is not None and between.strip(b" \t") == b""
        if not same or m[1].lower() != held_charset:
            out += text(held, (held_charset or b"").decode("latin-1")) if held_charset is not None else ""
            held = b""
        if not same:
            out += header_text(between, charset)
        held, held_charset, at = held + word_bytes(m[2], m[3]), m[1].lower(), m.end()
    if held_charset is not None:
        out += text(held, held_charset.decode("latin-1"))
    return out + header_text(value[at:], charset)


# ---- transfer encodings --------------------------------------------------------------------------


def base64_bytes(data):
    """Groups of four letters of base64; padding ends a group, all else is passed over."""
    out = b""
    for piece in re.findall(rb"[A-Za-z0-9+/]+", re.sub(rb"[^A-Za-z0-9+/=]", b"", data)):
        piece = piece[:len(piece) - 1] if len(piece) % 4 == 1 else piece
        out += base64.b64decode(piece + b"=" * (-len(piece) % 4))
    return out


def encoding_name(value):
    """The first word of a Content-Transfer-Encoding, its comments aside."""
    m = re.search(r"[\w-]+", re.sub(r"\([^()]*\)", "", value.lower()))
    return m[0] if m else ""


def quoted_bytes(data):
    """What is behind = is hex digits, or the end of a line that goes on, or it is no code."""
    data = re.sub(rb"=[ \t]*\r*\n", b"", data)
    data = re.sub(rb"=[ \t]*$", b"", data)
    return re.sub(rb"=([0-9A-Fa-f]{2})", lambda m: bytes([int(m[1], 16)]), data)


def uu_bytes(data):
    out = b""
    for line in data.splitlines():
        if line == b"end":
            break
        try:
            out += binascii.a2b_uu(line)
        except binascii.Error:
            pass
    return out


def content(data, encoding):
    """The payload of a part as bytes, its transfer encoding undone."""
    way = {"base64": base64_bytes, "quoted-printable": quoted_bytes, "x-uuencode": uu_bytes, "uuencode": uu_bytes,
           "x-uue": uu_bytes}.get(encoding)
    return way(data) if way else data


# ---- parameters ----------------------------------------------------------------------------------

PARAMETER = re.compile(r"""(?isx) ; \s* ([^\s=;*]+) (?:\*(\d+))? (\*)? \s* = \s*
    (?: \"((?:[^\"\\]|\\.)*)(?:\"|\Z) | ([^;]*) )""")


def file_name(written, key):
    """A parameter as mailers write them: RFC 2231 in one or more pieces, RFC 2047, or bytes."""
    plain, pieces, charset = None, {}, ""
    for m in PARAMETER.finditer(written):
        name, number, star, quoted, bare = m.groups()
        if name.lower() != key:
            continue
        value = re.sub(r"(?s)\\(.)", r"\1", quoted) if quoted is not None else bare.strip()
        data = value.encode("utf-8", "surrogateescape")
        if star and int(number or 0) == 0 and data.count(b"'") >= 2:
            label, _, data = data.split(b"'", 2)
            charset = label.decode("latin-1")
        if star:
            data = re.sub(rb"%([0-9A-Fa-f]{2})", lambda h: bytes([int(h[1], 16)]), data)
        if star or number:
            pieces.setdefault(int(number or 0), data)
        else:
            plain = data if plain is None else plain
    if pieces and (0 in pieces or plain is None):
        data = b"".join(pieces[n] for n in sorted(pieces))
        return text(data, charset)
    return None if plain is None else words(plain)


# ---- layout --------------------------------------------------------------------------------------


def flowed(lines, delsp):
    """RFC 3676 section 4: a line that ends with a blank goes on in the next of equal depth."""
    out, open_depth = [], None
    for line in lines.split("\n"):
        depth = len(line) - len(line.lstrip(">"))
        said = line[depth:].removeprefix(" ")
        flows = said.endswith(" ") and said != "-- "
        if open_depth == depth and said != "-- ":
            out[-1] = (out[-1][:-1] if delsp else out[-1]) + said
        else:
            out.append(">" * depth + (" " if depth else "") + said)
        open_depth = depth if flows else None
    return "\n".join(out)


def html_text(markup):
    """The words of plain HTML."""
    markup = re.sub(r"(?is)<(script|style|title)\b.*?(</\1\s*>|\Z)|<!--.*?(-->|\Z)", "", markup)
    markup = re.sub(r"(?i)<(?!/?(b|i|a|em|span|strong|u)\b)[^>]*>", "\n", markup)
    return html.unescape(re.sub(r"<[^>]*>", "", markup)).replace("\xa0", " ")
