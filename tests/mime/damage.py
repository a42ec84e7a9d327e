# SPDX-License-Identifier: Apache-2.0
"""What generate.py does to half of its messages: defects by name. Each knows what must be shown
all the same: mail.wanted is what a person should see, without the keys of which nobody can say,
and mail.certain tells how much is certain of the parts. A defect that does not fit a message
returns False.
"""
import datetime
import re

NOTHING, TYPES, NAMES, ALL = range(4)  # what is certain of the parts
ANY = object()  # no standard says what should be shown

EVE = {"name": "Eve", "address": "eve@example.net"}
A, B = ({"name": "", "address": f"{x}"} for x in ("a@example.com", "b@example.org"))


def named(name):
    return [{"name": name, "address": "a@example.com"}]


# What stands in a field, and what should be shown of it.
ODD_DATES = {
    "Mon, 23 Nov 26 08:23:43 +0100": "2026-11-23T07:23:43",
    "23 Nov 2026 08:23 GMT": "2026-11-23T08:23:00", "Mon Nov 23 08:23:43 2026": "2026-11-23T08:23:43",
    "2026-11-23T07:23:43Z": ANY, "Mon, 23 Nov 2026 08:23:43": "2026-11-23T08:23:43",
    "Mon, 23 Nov 2026 08:23:43 EST": "2026-11-23T13:23:43",
    "Mon, 23 Nov 2026 08:23:43 XYZ": "2026-11-23T08:23:43", "yesterday": "", "": "",
    "Mon, 31 Nov 2026 08:23:43 +0100": ANY, "Fri, 23 Nov 2026 25:61:61 +0100": "",
    "Monday, 23-Nov-26 07:23:43 GMT": "2026-11-23T07:23:43",
    "Mon, 23 Nov 2026 08:23:43 +01:00": "2026-11-23T07:23:43",
    "mon, 23 nov 2026 8:3:3 +0100": "2026-11-23T07:03:03", "Mon, 23 Nov 2026 08:23:43 PM +0100": ANY,
    "Mon, 23 Nov 1926 08:23:43 +0100": "", "Mon,23 Nov 2026 08:23:43 +0100": "2026-11-23T07:23:43",
    "Nov 23, 2026 08:23:43 +0100": "2026-11-23T07:23:43",
    "Mon, 23 November 2026 08:23:43 +0100": "2026-11-23T07:23:43",
    "Mon, 23 Nov 2026 08:23:60 +0100": ANY, "1795418623": ANY,
    "Mon, 23 Nov 126 08:23:43 +0100": "2026-11-23T07:23:43",
}
ODD_ADDRESSES = {
    "undisclosed-recipients:;": [], "Alice": [{"name": "", "address": "alice"}], "<>": [],
    "<a@example.com": [A], "a@example.com;b@example.org": [A, B], "@example.com": ANY,
    "Alice Example a@example.com": ANY, "<@relay.example.net:a@example.com>": [A],
    "a@example.com (Alice (a) b)": ANY,
    "\"Alice \\\"A\\\" Example\" <a@example.com>": named('Alice "A" Example'),
    "a..b@example.com": [{"name": "", "address": "a..b@example.com"}], "\"a b\"@example.com": ANY,
    "a@[192.0.2.1]": [{"name": "", "address": "a@[192.0.2.1]"}],
    ", a@example.com,, b@example.org,": [A, B], "Group: a@example.com; b@example.org": [A, B],
    "=?utf-8?Q?=C3=85?= <a@example.com>": named("Å"),
    "\"=?utf-8?Q?=C3=85sa?=\" <a@example.com>": named("Åsa"), "Åsa <a@example.com>": named("Åsa"),
    "åsa@räka.example": [{"name": "", "address": "åsa@räka.example"}],
    "Berg, Eva <a@example.com>": ANY, "a@example.com b@example.org": ANY, "<a@example.com> Alice": ANY,
    "a @ example . com": [A], "(Alice) a@example.com": ANY,
    "A.B. Example <a@example.com>": named("A.B. Example"), "\"Alice <a@example.com>": ANY,
    "a@example.com.": ANY, "A@EXAMPLE.COM": [A], "<a@example.com>, <b@example.org>": [A, B],
}
ODD_WORDS = {
    "=?utf-8?Q?r=C3?= =?utf-8?Q?=A4ka?=": "räka", "=?utf-8?B?csM=?= =?utf-8?B?pGth?=": "räka",
    "=?x-odd?Q?Hello?=": "Hello", "un=?utf-8?Q?odd?=ly": "unoddly", "=?utf-8*sv?Q?r=C3=A4ka?=": "räka",
    "=?utf-8?Q?r=C3=A4ka": ANY, "=?utf-8?Q?odd=ZZ?=": "odd=ZZ", "=?utf-8?B?T2Rk!?=": ANY,
    "=?utf-8?X?odd?=": "=?utf-8?X?odd?=", "=?utf-8?Q?two words?=": ANY,
    "=?utf-8?Q?a?==?utf-8?Q?b?=": ANY, "=?us-ascii?Q?r=E4ka?=": ANY, "=?utf-8?Q?r=E4ka?=": ANY,
    "=?utf-8?Q??= odd": ANY, "=?iso-8859-1?Q?it=92s?=": "it\u2019s",
    "=?utf-8?B?T2Rk?= plain =?utf-8?B?T2Rk?=": "Odd plain Odd",
    "=?utf-8?Q?=3D=3Futf-8=3FQ=3Fa=3F=3D?=": "=?utf-8?Q?a?=",
    "=?utf-8?Q?one=0D=0ATwo:_x?=": "one  Two: x", "=?UTF8?q?r=c3=a4ka?=": "räka",
    "=?utf-8?B?T2RkI?=": ANY, "=?gb2312?B?1uyVRrv5?=": ANY, "=?utf-8?Q?_?=": "",
    "=?utf-8?Q?a?=\t=?utf-8?Q?b?=": "ab",
}
ODD_TYPES = [
    "text", "text/plain charset=utf-8", ";", "text/plain; charset", "text/plain;; charset=utf-8", "/",
    "x/y", "text/plain; charset=\"utf-8", "TEXT/PLAIN; CHARSET=UTF-8", "text/plain, charset=utf-8",
    "text/x-odd; charset=utf-8", "text/plain (c) ; charset=(d)utf-8",
]
EMPTY = {"subject": "", "from": {"name": "", "address": ""}, "to": [], "cc": [], "date": None,
         "message_id": ""}


def microseconds(text):
    if not text:
        return None
    t = datetime.datetime.fromisoformat(text)
    return (t - datetime.datetime(1970, 1, 1)) // datetime.timedelta(microseconds=1)



# ---- fields --------------------------------------------------------------------------------------


def key_of(name):
    return name.replace("-", "_")


def expecting(mail, key, value):
    if value is ANY:
        mail.wanted.pop(key, None)
    elif isinstance(value, list):
        mail.wanted[key] = value + [EVE] * (sum(name.lower() == key for name, _ in mail.fields) - 1)
    else:
        mail.wanted[key] = value


def drop(name):
    def defect(mail):
        if mail.at(name) is None:
            return False
        mail.fields = [field for field in mail.fields if field[0].lower() != name]
        if name == "content-type":
            mail.certain = NOTHING
        elif name != "mime-version":
            expecting(mail, key_of(name), EMPTY[key_of(name)])
        return True
    return defect


def again(name):
    """The field once more, with another value, at the end."""
    def defect(mail):
        i = mail.at(name)
        if i is None or mail.fields[i][0] != mail.fields[i][0].strip():
            return False
        values = {"subject": "Second", "date": "Tue, 24 Nov 2026 08:23:43 +0100",
                  "message-id": "<second@example.net>"}
        mail.fields.append([mail.fields[i][0], values.get(name, "Eve <eve@example.net>")])
        if name in ("to", "cc") and name in mail.wanted:
            mail.wanted[name] = mail.wanted[name] + [EVE]
        return True
    return defect


def odd(name, values, read=lambda value: value):
    def defect(mail):
        text = mail.rng.choice(list(values))
        if not mail.set(name, text):
            return False
        expecting(mail, name, values[text] if values[text] is ANY else read(values[text]))
        return True
    return defect


def author(addresses):
    return addresses[0] if addresses else ANY


def raw(name, data, shown):
    """Bytes of 8 bits that nothing declares; the charset of the body is the guess then."""
    def defect(mail):
        if not mail.set(name, data):
            return False
        expecting(mail, name, shown)
        return True
    return defect


def insert_in_subject(data, shown):
    def defect(mail):
        i = mail.at("subject")
        if i is None or "subject" not in mail.wanted or not mail.wanted["subject"]:
            return False
        value = mail.fields[i][1]
        mail.fields[i][1] = b"odd" + data + b"mail " + (value if isinstance(value, bytes) else value.encode())
        expecting(mail, "subject", ANY if shown is ANY else "odd" + shown + "mail " + mail.wanted["subject"])
        return True
    return defect


def type_of_all(mail):
    mail.certain = NOTHING
    return mail.set("content-type", mail.rng.choice(ODD_TYPES))


def blank_before_colon(mail):
    i = mail.at("subject")
    if i is None:
        return False
    mail.fields[i][0] = "Subject "
    return True


def fold_to(mail):
    i = mail.at("to")
    if i is None or not isinstance(mail.fields[i][1], str):
        return False
    mail.fields[i][1] = re.sub(r'("[^"]*")|, ', lambda m: m[1] or ",\r\n\t ", mail.fields[i][1])
    return True


def no_gap(mail):
    mail.gap = b""
    mail.certain = NOTHING
    return True


# ---- bytes ---------------------------------------------------------------------------------------


def changed(function, certain):
    """A change of the whole message."""
    def defect(mail):
        mail.last.append(lambda raw: function(raw, mail))
        mail.certain = min(mail.certain, certain)
        return True
    return defect


def substitute(pattern, to, certain):
    """One place that fits the pattern."""
    def change(raw, mail):
        found = list(re.finditer(pattern, raw))
        if not found:
            return raw
        m = mail.rng.choice(found)
        return raw[:m.start()] + m.expand(to) + raw[m.end():]
    return changed(change, certain)


def line(text, amid):
    """A line that is no field: at the top, or behind the first field."""
    def change(raw, _):
        if not amid:
            return text + raw
        m = re.match(rb"[^\n]*\n(?:[ \t][^\n]*\n)*", raw)
        return raw[:m.end()] + text + raw[m.end():] if m else text + raw
    return changed(change, ALL)


def body_at(raw):
    """Where the body begins, whatever its line ends."""
    m = re.search(rb"\n\r*\n", raw)
    return m.end() if m else len(raw)


def cut(raw, mail):
    at = mail.rng.randrange(len(raw) + 1)
    if at < body_at(raw):
        mail.wanted.clear()
    return raw[:at]


def nul(raw, mail):
    at = mail.rng.randrange(body_at(raw), len(raw) + 1)
    return raw[:at] + b"\0" + raw[at:]


def ends(to):
    """Other line ends; what is not encoded changes with them."""
    return changed(lambda raw, mail: raw.replace(b"\r\n", to), NAMES)


B64 = rb"(?i)(base64\r\n(?:[^\r\n]+\r\n)*\r\n[A-Za-z0-9+/]{4})"
QP = rb"(?i)(quoted-printable\r\n(?:[^\r\n]+\r\n)*\r\n)"
DELIMITER = rb"(\r\n--[^\r\n]*[^-\r\n])(\r\n)"
CLOSE = rb"(\r\n--[^\r\n]+--)(\r\n)"
FILENAME = rb"; filename(?:[^;\r\n]|;\r\n filename)*"
CODING = rb"(Transfer-Encoding: )[a-z0-9-]+"
CHARSET = rb"charset=[a-z0-9_-]+"
WORDS8, NAME8 = "Räksmörgås är gott", "Åsa Öberg"
TO8 = [{"name": NAME8, "address": "asa@example.com"}]


def eight(codec, charset_counts):
    shown8 = ANY if charset_counts else WORDS8, ANY if charset_counts else TO8
    name = f'"{NAME8}" <asa@example.com>'.encode(codec)
    return [(f"raw {codec} subject", raw("subject", WORDS8.encode(codec), shown8[0])),
            (f"raw {codec} name", raw("from", name, ANY if charset_counts else TO8[0])),
            (f"raw {codec} to", raw("to", name, shown8[1]))]


DEFECTS = [
    *((f"no {name}", drop(name)) for name in ("from", "to", "subject", "date", "message-id", "mime-version",
                                              "content-type")),
    *((f"two {name}", again(name)) for name in ("from", "to", "cc", "subject", "date", "message-id")),
    *(("odd date", odd("date", ODD_DATES, microseconds)),) * 3,
    *(("odd to", odd("to", ODD_ADDRESSES)), ("odd from", odd("from", ODD_ADDRESSES, author))) * 3,
    *(("odd words", odd("subject", ODD_WORDS)),) * 3, ("odd content type", type_of_all),
    *eight("utf-8", False), *eight("latin-1", True), ("nul in subject", insert_in_subject(b"\0", " ")),
    ("control in subject", insert_in_subject(b"\x07", " ")),
    ("cr in subject", insert_in_subject(b"\r", " ")),
    ("tab in subject", insert_in_subject(b"\t", " ")),
    ("blanks in subject", insert_in_subject(b"   ", "   ")),
    ("long subject", insert_in_subject(b" long" * 400, " long" * 400)),
    ("fold of blanks", insert_in_subject(b"\r\n  \r\n ", "   ")),
    ("folds in subject", insert_in_subject(b"\r\n\t", " ")), ("folds in to", fold_to),
    ("blank before colon", blank_before_colon), ("no empty line", no_gap),
    ("mbox line", line(b"From alice@example.com Mon Nov 23 08:23:43 2026\r\n", False)),
    ("mbox line below", line(b"From alice@example.com Mon Nov 23 08:23:43 2026\r\n", True)),
    ("line without colon", line(b"this is no field\r\n", True)),
    ("line of blanks on top", line(b" \r\n", False)), ("lf only", ends(b"\n")),
    ("cr cr lf", ends(b"\r\r\n")), ("cut", changed(cut, NOTHING)),
    ("nul in body", changed(nul, NOTHING)), ("never closed", substitute(CLOSE, rb"\1x\2", NOTHING)),
    ("blanks behind delimiter", substitute(DELIMITER, rb"\1 \t \2", ALL)),
    ("text behind delimiter", substitute(DELIMITER, rb"\1 odd\2", NOTHING)),
    ("closed early", substitute(DELIMITER, rb"\1--\2", NOTHING)),
    ("no boundary", substitute(rb"; boundary=\"[^\"]*\"", b"", NOTHING)),
    ("boundary not quoted", substitute(rb"boundary=\"([^\"]*)\"", rb"boundary=\1", ALL)),
    ("boundary of another name", substitute(rb"boundary=\"([^\"]*)\"", rb'boundary="X\1"', NOTHING)),
    ("delimiter twice", substitute(DELIMITER, rb"\1\2\1\2", NOTHING)),
    ("epilogue", changed(lambda raw, mail: raw + b"\r\nThe end.\r\n", NAMES)),
    ("base64 with rubbish", substitute(B64, rb"\1!* #", ALL)),
    ("base64 without padding", substitute(rb"([A-Za-z0-9+/]{2})==?(?=\r\n)", rb"\1", NAMES)),
    ("base64 cut", substitute(B64, rb"\1A", NAMES)),
    ("text behind the end", changed(lambda raw, mail: raw + b"\r\n-- \r\nThe list.\r\n", NAMES)),
    ("qp bad hex", substitute(QP, rb"\1=ZZ ", NAMES)),
    ("qp lower", substitute(QP, rb"\1=c3=a4", NAMES)),
    ("qp blanks", substitute(QP, rb"\1odd  \t\r\n", NAMES)),
    ("qp soft blanks", substitute(QP, rb"\1odd= \r\n", NAMES)),
    ("qp 8 bits", substitute(QP, "\\1rä".encode(), NAMES)),
    ("encoding unknown", substitute(CODING, rb"\1x-odd", TYPES)),
    ("encoding in upper case", substitute(rb"Transfer-Encoding: base64", rb"Transfer-Encoding: BASE64 ", ALL)),
    ("encoding mistaken", substitute(CODING, rb"\g<1>8-bit", TYPES)),
    ("charset unknown", substitute(CHARSET, b"charset=x-odd", NAMES)),
    ("charset ascii", substitute(CHARSET, b"charset=us-ascii", NAMES)),
    ("charset utf-8", substitute(CHARSET, b"charset=utf-8", NAMES)),
    ("charset missing", substitute(rb"; charset=[a-z0-9_-]+", b"", NAMES)),
    ("charset latin-1", substitute(CHARSET, b"charset=iso-8859-1", NAMES)),
    ("charset in quotes", substitute(rb"charset=([a-z0-9_-]+)", rb'charset="\1"', ALL)),
    ("name raw", substitute(FILENAME, '; filename="räka.bin"'.encode(), TYPES)),
    ("name raw latin-1", substitute(FILENAME, '; filename="räka.bin"'.encode("latin-1"), TYPES)),
    ("name a path", substitute(FILENAME, rb'; filename="..\\\\..\\\\odd.bin"', TYPES)),
    ("name not quoted", substitute(rb"; filename=\"([^\"]*)\"", rb"; filename=\1", TYPES)),
    ("name quote open", substitute(rb"; filename=\"([^\"]*)\"", rb'; filename="\1', TYPES)),
    ("name in pieces", substitute(FILENAME, rb"; filename*1=mail.bin; filename*0=odd", TYPES)),
    ("name with NUL", substitute(FILENAME, rb"; filename*=utf-8''odd%00.exe", TYPES)),
    ("disposition unknown", substitute(rb"Disposition: attachment", rb"Disposition: odd", ALL)),
]
