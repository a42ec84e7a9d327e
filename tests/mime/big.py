# SPDX-License-Identifier: Apache-2.0
"""Odd messages that are too large to be kept: each by its structure and defect, its bytes and what
should be shown of it, in the form of tests/mime/expected.
"""
import base64
import hashlib

TOP = (b"From: Alice Example <alice@example.com>\r\nTo: Bob Example <bob@example.org>\r\nSubject: Odd\r\n"
       b"Date: Mon, 23 Nov 2026 08:23:43 +0100\r\nMessage-ID: <odd@example.com>\r\nMIME-Version: 1.0\r\n")
TEXT = b"Content-Type: text/plain; charset=utf-8\r\n"
HTML = b"Content-Type: text/html; charset=utf-8\r\n"
PNG = b"Content-Type: image/png\r\nContent-Disposition: attachment"
B64 = b"Content-Transfer-Encoding: base64\r\n"
MANY, DEEP = 10000, 50  # MIME_PARTS_MAX, MIME_DEPTH_MAX
MAX = 1024 * 1024  # MIME_TEXT_MAX


def wanted(**more):
    """The expectation of a message that begins with TOP, told in part."""
    return {"group": "Large", "subject": "Odd", "from": {"name": "Alice Example", "address": "alice@example.com"},
            "to": [{"name": "Bob Example", "address": "bob@example.org"}], "date": "2026-11-23T07:23:43Z",
            "message_id": "odd@example.com", "parts": None, "html": None, "defects": [], "text": "Hello.", **more}


def plain(header=b"", body=b"Hello.\r\n"):
    return TOP + header + b"\r\n" + body


def mixed(parts, boundary=b"b1", close=True):
    body = b"".join(b"\r\n--" + boundary + b"\r\n" + part for part in parts)
    return (TOP + b"Content-Type: multipart/mixed; boundary=\"" + boundary + b"\"\r\n" + body +
            (b"\r\n--" + boundary + b"--\r\n" if close else b""))


def nested(depth, close=True, kind=b"mixed"):
    """A text below so many multiparts."""
    raw = TOP
    for n in range(depth):
        raw += b"Content-Type: multipart/%s; boundary=\"b%d.\"\r\n\r\n--b%d.\r\n" % (kind, n, n)
    raw += TEXT + b"\r\nHello.\r\n"
    if close:
        raw += b"".join(b"--b%d.--\r\n" % n for n in range(depth - 1, -1, -1))
    return raw


def messages_in_messages(depth):
    return (TOP + b"Content-Type: message/rfc822\r\n\r\n") * depth + TOP + b"\r\nHello.\r\n"


def texts(n):
    return mixed([TEXT + b"\r\nText %d." % i for i in range(n)])


def lines_of(data, step=76, end=b"\r\n"):
    return end.join(data[i:i + step] for i in range(0, len(data), step)) + b"\r\n"


def attached(content, line=76, end=b"\r\n"):
    coded = base64.b64encode(content)
    return mixed([TEXT + b"\r\nHello.", b"Content-Type: application/octet-stream; name=odd.bin\r\n" + B64 +
                  b"Content-Disposition: attachment\r\n\r\n" + lines_of(coded, line, end)])


def file_of(size):
    return {"first": [{"type": "text/plain", "content": "Hello."},
                      {"type": "application/octet-stream", "name": "odd.bin", "attachment": True, "size": size,
                       "sha256": hashlib.sha256(octets(size)).hexdigest()}]}


def octets(size):
    return (bytes(range(256)) * (size // 256 + 1))[:size]


LOOSE = {"valid": True}
CLEAR = {"defects_may": ["cut"]}
BIG = []  # structure, defect, what makes the message, what should be shown of it


def large(structure, defect, make, **want):
    BIG.append((structure, defect, make, wanted(**want)))


# ---- headers
large("a header", "one field of 300 KB in front",
      lambda: b"X-Long: " + b"odd " * 75000 + b"\r\n" + plain(), subject=LOOSE, to=LOOSE, date=LOOSE,
      message_id=LOOSE, defects_may=["cut", "no-header"], **{"from": LOOSE})
large("a header", "20,000 Received behind the wanted fields",
      lambda: plain(b"Received: from a by b; x\r\n" * 20000), received=None, **CLEAR)
large("a header", "Subject of 1 MB", lambda: b"Subject: " + b"odd " * 250000 + b"\r\n" + plain(),
      subject={"start": "odd odd"}, to=LOOSE, date=LOOSE, message_id=LOOSE, defects_may=["cut"],
      **{"from": LOOSE})
large("a header", "field folded 20,000 times",
      lambda: plain(b"X-Odd: a" + b"\r\n b" * 20000 + b"\r\n"), **CLEAR)
large("a header", "50,000 fields of one letter", lambda: plain(b"X:\r\n" * 50000), **CLEAR)
large("a header", "To with 5,000 addresses",
      lambda: TOP.replace(b"To: ", b"To: " + b"a@example.com, " * 5000) + b"\r\nHello.\r\n",
      to={"first": [{"name": "", "address": "a@example.com"}] * 1000}, **CLEAR)
large("a header", "To with 100,000 open comments",
      lambda: plain().replace(b"To: ", b"To: " + b"(" * 100000), to=LOOSE, **CLEAR)
large("a header", "From with 60,000 open quotes",
      lambda: plain().replace(b"From: ", b"From: " + b"\"" * 60001), **{"from": LOOSE}, **CLEAR)
large("a header", "To with groups 20,000 deep",
      lambda: plain().replace(b"To: ", b"To: " + b"a:" * 20000), to=LOOSE, **CLEAR)
large("a header", "Subject of 1,000 encoded words",
      lambda: plain().replace(b"Odd", b"=?utf-8?Q?=C3=A4?=" + b"\r\n =?utf-8?Q?=C3=A4?=" * 999),
      subject={"start": "ä" * 300}, **CLEAR)
large("a header", "References of 500 KB",
      lambda: plain(b"References:" + b" <a@example.com>" * 30000 + b"\r\n"),
      references={"start": "a@example.com a@example.com", "end": "a@example.com"}, **CLEAR)
large("a header", "name of a file of 10 KB",
      lambda: mixed([PNG + b"; filename=\"" + b"x" * 10240 + b".png\"\r\n\r\nx"]),
      text="", parts=[{"type": "image/png", "name": {"start": "xxx"}, "attachment": True}], **CLEAR)
large("a header", "name of a file in 5,000 pieces",
      lambda: mixed([PNG + b"".join(b";\r\n filename*%d=x" % n for n in range(5000)) + b"\r\n\r\nx"]),
      text="", parts=[{"type": "image/png", "name": LOOSE, "attachment": True}], **CLEAR)
large("a header", "boundary of 100 KB", lambda: mixed([TEXT + b"\r\nHello."], b"b" * 100000),
      text=LOOSE, defects=LOOSE)
large("a header", "10,000 parameters",
      lambda: plain(b"Content-Type: text/plain" + b";\r\n a=b" * 10000 + b"; charset=utf-8\r\n"),
      **CLEAR)

# ---- depth
large("multiparts within each other", "49 deep", lambda: nested(49),
      parts=[{"type": "text/plain", "content": LOOSE}])
large("multiparts within each other", "60 deep, more than is taken apart", lambda: nested(60),
      text=LOOSE, defects=["too-deep"])
large("multiparts within each other", "1,000 deep", lambda: nested(1000), text=LOOSE,
      defects=["too-deep"])
large("multiparts within each other", "10,000 deep", lambda: nested(10000), text=LOOSE,
      defects=["too-deep"])
large("multiparts within each other", "1,000 deep, none closed", lambda: nested(1000, False),
      text=LOOSE, defects={"any": [["too-deep"], ["no-boundary", "too-deep"]]})
large("multiparts within each other", "40 deep, none closed", lambda: nested(40, False),
      defects=["no-boundary"])
large("multiparts within each other", "1,000 deep, alternatives",
      lambda: nested(1000, True, b"alternative"), text=LOOSE, defects=["too-deep"])
large("messages within messages", "20 deep", lambda: messages_in_messages(20), text=LOOSE,
      parts={"first": [{"type": "message/rfc822", "attachment": LOOSE, "in": n - 1} for n in range(20)]})
large("messages within messages", "60 deep, more than is taken apart",
      lambda: messages_in_messages(60), text=LOOSE, defects=["too-deep"])
large("messages within messages", "2,000 deep", lambda: messages_in_messages(2000), text=LOOSE,
      defects=["too-deep"])

# ---- number
large("many parts", "1,000 texts", lambda: texts(1000), text={"has": ["Text 0.", "Text 999."]})
large("many parts", "exactly 10,000", lambda: texts(MANY), text={"has": ["Text 0.", "Text 9999."]})
large("many parts", "10,001", lambda: texts(MANY + 1), text={"has": ["Text 0."]}, defects=["too-many"])
large("many parts", "60,000, all empty", lambda: mixed([b"\r\n"] * 60000), text="",
      defects=["too-many"])
large("many parts", "100,000 lines of the delimiter", lambda: mixed([]) + b"--b1\r\n" * 100000,
      text=LOOSE, defects=LOOSE)
large("many parts", "2,000 files, never closed",
      lambda: mixed([b"Content-Type: image/png\r\n\r\nx"] * 2000, close=False), text="",
      defects=["no-boundary"])
large("many parts", "20,000 lines that are nearly delimiters, below 40 levels",
      lambda: nested(40).replace(b"Hello.", b"--b39\r\n" * 20000 + b"Hello."),
      text={"has": ["Hello."]})

# ---- size
large("a file", "base64 on one line of 100 KB", lambda: attached(octets(75000), 10 ** 9),
      parts=file_of(75000))
large("a file", "5 MB", lambda: attached(octets(5000000)), parts=file_of(5000000))
large("a file", "base64 with an empty line behind each",
      lambda: attached(octets(30000), end=b"\r\n\r\n"), parts=file_of(30000))
large("a text", "3 MB", lambda: plain(body=b"Hello, this is a long text.\r\n" * 103564),
      text={"start": "Hello, this"}, defects=["cut"])
large("a text", "3 MB of letters of three bytes",
      lambda: plain(TEXT, "\u4f60\u597d\u4e16\u754c\r\n".encode() * 220000),
      text={"start": "\u4f60\u597d"}, defects=["cut"])
large("a text", "3 MB in base64",
      lambda: plain(TEXT + B64, lines_of(base64.b64encode(b"Hello, this is a long text.\r\n" * 103564))),
      text={"start": "Hello, this"}, defects=["cut"])
large("a text", "one line of 500 KB", lambda: plain(body=b"odd " * 125000), text={"start": "odd odd"})
large("a text", "500 KB of empty lines", lambda: plain(body=b"\r\n" * 250000 + b"Hello.\r\n"))
large("a text", "QP of nothing but 100,000 soft line breaks",
      lambda: plain(TEXT + b"Content-Transfer-Encoding: quoted-printable\r\n", b"=\r\n" * 100000 + b"Hello.\r\n"))
large("a text", "UTF-16 of 2 MB that becomes 3",
      lambda: plain(b"Content-Type: text/plain; charset=utf-16\r\n" + B64,
                    lines_of(base64.b64encode(("\u4f60\u597d\r\n" * 250000).encode("utf-16")))),
      text={"start": "\u4f60\u597d"}, defects=["cut"])
large("HTML", "3 MB",
      lambda: plain(HTML, b"<p>Hello, this is a long text.</p>\r\n" * 90000),
      text={"start": "Hello, this"}, html={"start": "<p>Hello"}, defects=["cut"])
large("HTML", "20,000 elements within each other",
      lambda: plain(HTML, b"<div>" * 20000 + b"Hello." + b"</div>" * 20000),
      html={"start": "<div>"})
large("HTML", "100,000 less signs",
      lambda: plain(HTML, b"<" * 100000 + b"p>Hello."),
      text=LOOSE, html={"start": "<<"})
large("HTML", "50,000 comments never closed",
      lambda: plain(HTML, b"Hello." + b"<!--" * 50000),
      html={"start": "Hello."})
large("HTML", "one tag of 1 MB and text behind it",
      lambda: plain(HTML, b"<p x=\"" + b"y" * 900000 + b"\">Hello."),
      html={"start": "<p x="})
large("no mail", "2 MB of NULs", lambda: b"\0" * 2000000, subject="", to=[], date=None, message_id="",
      text=LOOSE, defects=LOOSE, **{"from": {"name": "", "address": ""}})
large("no mail", "2 MB without a line end", lambda: b"odd" * 700000, subject="", to=[], date=None,
      message_id="", text=LOOSE, defects=LOOSE, **{"from": {"name": "", "address": ""}})
large("no mail", "1 MB of noise", lambda: noise(1000000), subject=LOOSE, to=LOOSE, date=LOOSE,
      message_id=LOOSE, text=LOOSE, html=LOOSE, defects=LOOSE, **{"from": LOOSE})


def noise(size):
    """Bytes of a linear congruence, the same for ever."""
    x, out = 1, bytearray()
    for _ in range(size):
        x = (x * 1103515245 + 12345) & 0x7fffffff
        out.append(x >> 16 & 255)
    return bytes(out)


def messages():
    """Name, bytes and expectation of each."""
    for n, (structure, defect, make, want) in enumerate(BIG, 1):
        yield f"big {n:02}", make(), {**want, "structure": structure, "defect": defect}
