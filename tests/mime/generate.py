# SPDX-License-Identifier: Apache-2.0
"""Messages without end: any structure, charset, encoding and form of header, and in half of
them one or two defects. make(seed) gives the same message for ever: its bytes, the names of what
was done to it, and what must be shown of it, so far as the defects leave it certain.
"""
import base64
import datetime
import quopri
import random
import re
import urllib.parse

from damage import ALL, DEFECTS, NAMES, NOTHING, TYPES

CHARSETS = {  # charset: some words that it can write, and its codec
    "us-ascii": ("plain words of no country", "ascii"),
    "utf-8": ("Räksmörgås \u65e5\u672c \U0001f980", "utf-8"),
    "iso-8859-1": ("Räksmörgås à la façon", "latin-1"),
    "iso-8859-2": ("Říčany, Łódź", "iso-8859-2"),
    "iso-8859-15": ("Žižek œuvre \u20ac", "iso-8859-15"),
    "windows-1252": ("\u201cRäka\u201d \u2013 \u20ac 5", "cp1252"),
    "windows-1251": ("\u041f\u0440\u0438\u0432\u0435\u0442, \u0401\u043b\u043a\u0430", "cp1251"),
    "koi8-r": ("\u0414\u043e\u0431\u0440\u044b\u0439 \u0434\u0435\u043d\u044c", "koi8-r"),
    "shift_jis": ("\u65e5\u672c\u8a9e\u3067\u3059", "shift_jis"),
    "euc-jp": ("\u65e5\u672c\u8a9e\u3067\u3059", "euc-jp"),
    "iso-2022-jp": ("\u65e5\u672c\u8a9e \u3067\u3059", "iso2022_jp"),
    "gb18030": ("\u4f60\u597d\uff0c\u4e16\u754c", "gb18030"),
    "big5": ("\u4f60\u597d\u3002\u6e2c\u8a66", "big5"),
    "euc-kr": ("\uc548\ub155\ud558\uc138\uc694", "euc-kr"),
}
WORDS = "odd mail order offer Monday price list answer meeting report thanks draft".split()
PEOPLE = ["Alice", "Bob Example", "Carol", "Åsa Öberg", "\u5c71\u7530", "O'Neil", "Dr. No", "Berg, Eva", ""]
DOMAINS = ["example.com", "example.org", "mx.example.net"]
FILES = ["odd.bin", "report.pdf", "räka.txt", "\u65e5\u672c.png", "two words.doc", "a;b.csv",
         ".hidden", "x" * 90 + ".dat", "dir/inner.bin", "quo\"te.txt"]
FILE_TYPES = ["application/octet-stream", "application/pdf", "image/png", "audio/x-odd", "application/zip"]
ENCODINGS = ["7bit", "8bit", "base64", "quoted-printable", None]


class Maker:
    """One message in the making."""

    def __init__(self, seed):
        self.rng = random.Random(seed)
        self.number = 0
        self.parts = []
        self.done = []  # names of defects
        self.charset_name = self.rng.choice(list(CHARSETS))

    def words(self, n):
        return " ".join(self.rng.choice(WORDS) for _ in range(n))

    def letters(self, charset=None):
        """Some text that a charset can write."""
        special = CHARSETS[charset or self.charset_name][0]
        return f"{self.words(self.rng.randint(0, 3))} {special} {self.words(self.rng.randint(0, 2))}".strip()

    # ---- header ------------------------------------------------------------------------------

    def encoded(self, text, charset=None):
        """Text as encoded words, each of whole letters (RFC 2047)."""
        if text.isascii() and self.rng.random() < 0.8 and not set(text) & set('=?"(),;<>@'):
            return text
        charset = charset or ("utf-8" if self.rng.random() < 0.5 else self.charset_name)
        codec = CHARSETS[charset][1]
        try:
            text.encode(codec)
        except UnicodeEncodeError:
            charset = codec = "utf-8"
        step = self.rng.choice([8, 12])
        out = []
        for at in range(0, len(text), step):
            data = text[at:at + step].encode(codec)
            if self.rng.random() < 0.5:
                out.append(f"=?{charset}?B?{base64.b64encode(data).decode()}?=")
            else:
                out.append(f"=?{charset}?Q?{''.join(map(self.quoted_byte, data))}?=")
        return self.rng.choice([" ", "\r\n "]).join(out)

    @staticmethod
    def quoted_byte(c):
        return chr(c) if c < 128 and chr(c).isalnum() else "_" if c == 32 else f"={c:02X}"

    def address(self):
        name, local = self.rng.choice(PEOPLE), self.rng.choice(["alice", "bob", "carol", "Dan.D", "eva+tag"])
        address = f"{local}@{self.rng.choice(DOMAINS)}"
        wanted = {"name": name, "address": address.lower()}
        if not name:
            return self.rng.choice([address, f"<{address}>"]), wanted
        if not name.isascii():
            return f"{self.encoded(name, 'utf-8')} <{address}>", wanted
        if self.rng.random() < 0.15 and name.isalnum():
            return f"{address} ({name})", wanted
        if not name.replace(" ", "").isalnum() or self.rng.random() < 0.5:
            name = f'"{name}"'
        return f"{name} <{address}>", wanted

    def list_of(self, most):
        pairs = [self.address() for _ in range(self.rng.randint(1, most))]
        text = self.rng.choice([", ", ",\r\n "]).join(a for a, _ in pairs)
        if self.rng.random() < 0.1:
            text = f"Some Group: {text};"
        return text, [w for _, w in pairs]

    def date(self):
        moment = self.rng.randint(946684800, 1795418623)  # from 2000 to 2026
        zone = self.rng.choice([-480, -300, 0, 60, 120, 330, 540])
        t = datetime.datetime.fromtimestamp(moment, datetime.timezone(datetime.timedelta(minutes=zone)))
        day = "Mon Tue Wed Thu Fri Sat Sun".split()[t.weekday()]
        month = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()[t.month - 1]
        sign = f"{'-' if zone < 0 else '+'}{abs(zone) // 60:02}{abs(zone) % 60:02}"
        form = self.rng.choice(["{day}, {d} {month} {y} {t} {sign}", "{d} {month} {y} {t} {sign}",
                                "{day}, {d:02} {month} {y} {t} {sign} (a zone)"])
        return form.format(day=day, d=t.day, month=month, y=t.year, t=t.strftime("%H:%M:%S"), sign=sign), moment

    def header(self, top=True):
        """The fields as lists of name and value, and what must be shown of them."""
        subject = self.letters()
        author, who = self.address()
        to, whom = self.list_of(4)
        date, moment = self.date()
        ident = f"{self.rng.getrandbits(48):x}@{self.rng.choice(DOMAINS)}"
        fields = [["From", author], ["To", to], ["Subject", self.encoded(subject)], ["Date", date],
                  ["Message-ID", f"<{ident}>"]]
        wanted = {"from": who, "to": whom, "subject": subject, "date": moment * 1000000,
                  "message_id": ident, "cc": []}
        if self.rng.random() < 0.3:
            cc, wanted["cc"] = self.list_of(3)
            fields.append(["Cc", cc])
        if self.rng.random() < 0.3:
            fields.insert(0, ["Received", f"from a.example.com by b.example.org;\r\n\t{date}"])
        if top:
            self.rng.shuffle(fields)
        fields.append(["MIME-Version", "1.0"])
        return fields, wanted

    # ---- body --------------------------------------------------------------------------------

    def transfer(self, data, text):
        """Bytes in a transfer encoding that can carry them, and the encoding's name."""
        how = self.rng.choice(ENCODINGS)
        plain = all(c < 128 for c in data) and b"\0" not in data
        if how in ("7bit", None) and not plain or how == "8bit" and (b"\0" in data or not text):
            how = self.rng.choice(["base64", "quoted-printable"])
        if how == "base64":
            b64 = base64.b64encode(data)
            return b"\r\n".join(b64[i:i + 76] for i in range(0, len(b64), 76)), how
        if how == "quoted-printable":
            return quopri.encodestring(data.replace(b"\r\n", b"\n"), False).replace(b"\n", b"\r\n") if text else \
                self.quote_all(data), how
        return data, how

    @staticmethod
    def quote_all(data):
        coded = "".join(f"={c:02X}" for c in data).encode()
        return b"=\r\n".join(coded[i:i + 72] for i in range(0, len(coded), 72))

    def leaf_fields(self, kind, charset, how, name, disposition):
        value = kind + (f"; charset={charset}" if charset else "")
        if name and self.rng.random() < 0.3:
            value += self.name_parameter("name", name)
        fields = [["Content-Type", value]]
        if how:
            fields.append(["Content-Transfer-Encoding", how])
        if disposition:
            parameter = self.name_parameter("filename", name) if name else ""
            fields.append(["Content-Disposition", disposition + parameter])
        return fields

    def name_parameter(self, key, name):
        """The name of a file in one of the ways in which mailers write it."""
        if name.isascii() and not set(name) & set('"') and self.rng.random() < 0.6:
            return f'; {key}="{name}"'
        quoted = urllib.parse.quote(name, safe="")
        way = self.rng.randrange(3)
        if way == 0:
            return f"; {key}*=utf-8''{quoted}"
        if way == 1:
            pieces = [quoted[i:i + 40] for i in range(0, len(quoted), 40)]
            pieces[0] = "utf-8''" + pieces[0]
            return "".join(f";\r\n {key}*{i}*={piece}" for i, piece in enumerate(pieces))
        return f'; {key}="=?utf-8?B?{base64.b64encode(name.encode()).decode()}?="'

    def text(self, kind="text/plain"):
        charset = self.rng.choice(list(CHARSETS)) if self.rng.random() < 0.5 else self.charset_name
        lines = [self.letters(charset) for _ in range(self.rng.randint(1, 5))]
        if kind == "text/html":
            said = "".join(f"<p>{line}</p>\n" for line in lines)
        else:
            said = "".join(line + "\n" for line in lines)
        data = said.replace("\n", "\r\n").encode(CHARSETS[charset][1])
        coded, how = self.transfer(data, True)
        self.parts.append({"type": kind, "name": "", "attachment": False, "content": said})
        return self.leaf_fields(kind, charset, how, "", self.rng.choice([None, None, "inline"])), coded

    def html(self):
        return self.text("text/html")

    def file(self):
        data = self.rng.randbytes(self.rng.randint(0, 200))
        name = self.rng.choice(FILES + [""])
        coded, how = self.transfer(data, False)
        kind = self.rng.choice(FILE_TYPES)
        self.parts.append({"type": kind, "name": name.rpartition("/")[2].lstrip("."), "attachment": True,
                           "bytes": data.decode("latin-1")})
        return self.leaf_fields(kind, None, how, name, "attachment"), coded

    def multipart(self, kind, children, parameters=""):
        """Fields and body; a child is a function."""
        self.number += 1
        boundary = self.rng.choice(["b%d", "=_%d.x", "----=_Part_%d", "Apple-Mail=_%d", "0000000%d"]) % self.number
        body = b""
        if self.rng.random() < 0.3:
            body += b"This is a message in MIME format.\r\n"
        for child in children:
            fields, content = child()
            body += b"\r\n--" + boundary.encode() + b"\r\n" + flat(fields) + b"\r\n" + content
        body += b"\r\n--" + boundary.encode() + b"--\r\n"
        return [["Content-Type", f'multipart/{kind}; boundary="{boundary}"{parameters}']], body

    def alternative(self):
        return self.multipart("alternative", [self.text, self.choice])

    def choice(self):
        """HTML of which the text says the same."""
        fields, body = self.html()
        self.parts[-1]["choice"] = True
        return fields, body

    def mixed(self):
        return self.multipart("mixed", [self.rng.choice([self.text, self.alternative])] +
                              [self.file] * self.rng.randint(1, 3))

    def related(self):
        return self.multipart("related", [self.html, self.picture])

    def picture(self):
        fields, body = self.file()
        del self.parts[-1]["attachment"]  # whether it is offered is the reader's choice
        return fields + [["Content-ID", f"<p{self.number}@example.com>"]], body

    def report(self):
        return self.multipart("report", [self.text, self.status], "; report-type=delivery-status")

    def status(self):
        body = b"Reporting-MTA: dns; mx.example.org\r\n\r\nAction: failed\r\nStatus: 5.1.1\r\n"
        self.parts.append({"type": "message/delivery-status", "name": "", "bytes": body.decode()})
        return [["Content-Type", "message/delivery-status"]], body

    def signed(self):
        return self.multipart("signed", [self.text, self.signature],
                              '; micalg=pgp-sha256; protocol="application/pgp-signature"')

    def signature(self):
        body = b"-----BEGIN PGP SIGNATURE-----\r\n\r\niHUEARYKAB0=\r\n-----END PGP SIGNATURE-----"
        self.parts.append({"type": "application/pgp-signature", "name": "", "bytes": body.decode()})
        return [["Content-Type", "application/pgp-signature"]], body

    def forwarded(self):
        return self.multipart("mixed", [self.text, self.message])

    def message(self):
        fields, _ = self.header(False)
        self.parts.append({"type": "message/rfc822", "name": ""})
        more, body = self.rng.choice([self.text, self.alternative, self.mixed])()
        return [["Content-Type", "message/rfc822"]], flat(fields + more) + b"\r\n" + body

    def nested(self, depth=0):
        """Any tree."""
        def child():
            if depth < 3 and self.rng.random() < 0.4:
                return self.nested(depth + 1)
            return self.rng.choice([self.text, self.html, self.file])()
        return self.multipart(self.rng.choice(["mixed", "parallel", "x-odd"]), [child] * self.rng.randint(1, 4))

    STRUCTURES = [text, html, alternative, mixed, related, report, signed, forwarded, nested, file]

    def make(self):
        structure = self.rng.choice(self.STRUCTURES)
        fields, wanted = self.header()
        more, body = structure(self)
        mail = Mail(fields + more, body, wanted, self.rng)
        if self.rng.random() < 0.5:
            for _ in range(self.rng.randint(1, 2)):
                name, defect = self.rng.choice(DEFECTS)
                if defect(mail) is not False:
                    self.done.append(name)
        raw = mail.raw()
        return raw, [structure.__name__] + self.done, {**mail.wanted, **self.parts_wanted(mail.certain)}

    def parts_wanted(self, certain):
        if certain == NOTHING:
            return {}
        known = {TYPES: {"type"}, NAMES: {"type", "name", "attachment"},
                 ALL: {"type", "name", "attachment", "content", "bytes"}}[certain]
        parts = [{k: v for k, v in part.items() if k in known} for part in self.parts]
        return {"parts": parts, "text": self.text_wanted()} if certain == ALL else {"parts": parts}

    def text_wanted(self):
        """What a person reads, so far as it stands in this message and in no other within."""
        said = []
        for part in self.parts:
            if part["type"] == "message/rfc822":
                break
            if part["type"] == "text/plain":
                said.append(part["content"])
            elif part["type"] == "text/html" and not part.get("choice"):
                said.append(re.sub("<[^>]*>", " ", part["content"]))
        return "\n".join(said)


def flat(fields):
    out = b""
    for name, value in fields:
        value = value if isinstance(value, bytes) else value.encode("utf-8", "surrogateescape")
        out += name.encode() + b": " + value + b"\r\n"
    return out


class Mail:
    """A whole message before it is broken, and what is known of it."""

    def __init__(self, fields, body, wanted, rng):
        self.fields, self.body, self.wanted, self.rng = fields, body, wanted, rng
        self.certain = ALL
        self.gap = b"\r\n"
        self.last = []  # what is done to the bytes in the end

    def raw(self):
        raw = flat(self.fields) + self.gap + self.body
        for change in self.last:
            raw = change(raw)
        return raw

    def at(self, name):
        return next((i for i, (n, _) in enumerate(self.fields) if n.lower() == name), None)

    def set(self, name, value):
        i = self.at(name)
        if i is None:
            return False
        self.fields[i][1] = value
        return True


def make(seed):
    return Maker(seed).make()
