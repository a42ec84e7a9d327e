#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the mail that the benchmark fetches, as Maildirs, the same for every run.

Sizes follow what mailboxes look like (many small messages, a few huge ones), because a
fetch of equal messages would hide both the cost per message and the cost per byte:
10,000 messages of 230 MB in all, median 8 KiB, 90 % under 34 kB, 99 % under 310 kB, the
largest 2 MB. Sizes are counted as a POP3 server counts them, with CRLF at the end of a line.
"""

import argparse
import base64
import math
import os
import random
import sys
import time

SEED = 20261123
MEDIAN, P90, P99, LARGEST = 8192, 34_000, 310_000, 2_000_000
SMALLEST = 1_900
MEAN = 23_000  # of the whole: 230 MB in 10,000
SMALL_CAP = 60_000  # the largest message of the small mailboxes

FIRST_S = 1_735_689_600  # dates lie in the year after this
WANTED_DOMAIN = "kund.example"  # one sender in twenty
OTHER_DOMAINS = ["nyheter.example", "bygg.example", "post.example", "shop.example",
                 "konto.example", "forening.example", "list.example", "skola.example"]
NAMES = ["Anna", "Erik", "Lars", "Maria", "Karin", "Johan", "Eva", "Per", "Sofia", "Nils",
         "Ingrid", "Oskar", "Alva", "Hugo", "Linnea", "Elsa", "Axel", "Maja", "Gustav", "Astrid"]
LAST = ["Andersson", "Berg", "Carlsson", "Dahl", "Ek", "Forsberg", "Gran", "Holm", "Isaksson",
        "Jansson", "Karlsson", "Lind", "Melin", "Nyman", "Olsson", "Persson", "Quist", "Roos",
        "Sandberg", "Thorn"]
WORDS = """the of and to in a is that for it as was with be by on not he this are or his from at
which but have an had they you were their one all we can her has there been if more when will
would who so no order invoice meeting please attached regards thank offer price delivery project
contract customer account number week monday tuesday friday report question answer change agree
system office phone call time date new first last next sign plan budget team work review send
receive payment bank transfer service support request issue error update version product sale
och att det som en av den med till inte om ett men var sig han hon kan ska vill mot utan
leverans faktura avtal pris kund konto beställning betalning möte fredag vecka tack hälsningar
bifogat frågor svar projekt förslag ändring tjänst uppdrag kontor telefon granska skicka""".split()


def quantile(u, bend):
    """The size below which the share u of the messages lies. Between the named points the
    logarithm of the size rises with a bend, so that the whole weighs what it should."""
    for (lo, a), (hi, b), power in (
            ((0.0, SMALLEST), (0.5, MEDIAN), 1.0), ((0.5, MEDIAN), (0.9, P90), bend),
            ((0.9, P90), (0.99, P99), bend), ((0.99, P99), (1.0, LARGEST), bend)):
        if u <= hi:
            t = ((u - lo) / (hi - lo)) ** power
            return a * math.exp(t * math.log(b / a))
    return LARGEST


def sizes(n, rng, cap=LARGEST):
    """n sizes, spread evenly over the distribution and then shuffled."""
    lo, hi = 1.0, 20.0
    for _ in range(50):
        bend = (lo + hi) / 2
        mean = sum(quantile((i + 0.5) / 2000, bend) for i in range(2000)) / 2000
        lo, hi = (bend, hi) if mean > MEAN else (lo, bend)
    out = [min(cap, int(quantile((i + 0.5) / n, bend))) for i in range(n)]
    out[-1] = min(cap, LARGEST)
    rng.shuffle(out)
    return out


class Pools:
    """Stretches of ready-made lines; messages are cut from them at random places."""

    def __init__(self, rng):
        weights = [1.0 / (i + 3) for i in range(len(WORDS))]
        self.text = self.lines(rng, weights, 40_000)
        self.html = [self.quoted_printable(line) for line in self.text[:20_000]]
        noise = rng.randbytes(2_000_000)  # pictures and PDFs do not compress
        plain = "\n".join(self.text).encode()[:2_000_000]  # office files partly do
        self.packed = self.base64(noise)
        self.loose = self.base64(plain)

    @staticmethod
    def lines(rng, weights, n):
        words = rng.choices(WORDS, weights, k=n * 12)
        out, at = [], 0
        for _ in range(n):
            k = rng.randint(4, 11)
            line = " ".join(words[at:at + k])
            if rng.random() < 0.1:
                line += " %d" % rng.randint(1, 99999)
            if rng.random() < 0.002:
                line = "..." + line  # POP3 doubles the first dot
            out.append(line[:74].rstrip() + rng.choice([".", ",", "", "", "", "?"]))
            at += k
        return out

    @staticmethod
    def quoted_printable(line):
        """A line of HTML as mailers write it."""
        coded = "".join(c if c.isascii() and c != "=" else
                        "".join("=%02X" % b for b in c.encode()) for c in line[:40])
        return '<p class=3D"b">%s=\n</p>' % coded

    @staticmethod
    def base64(data):
        text = base64.b64encode(data).decode()
        return [text[i:i + 76] for i in range(0, len(text) - 76, 76)]

    @staticmethod
    def cut(rng, pool, octets):
        """About so many bytes of the pool, and never more."""
        out, at, left = [], rng.randrange(len(pool)), octets
        while left > 0:
            line = pool[at % len(pool)]
            left -= len(line.encode()) + 2 * (1 + line.count("\n"))
            if left < 0:
                break
            out.append(line)
            at += 1
        return out


def person(rng, wanted=False):
    """Name and address of somebody."""
    name = "%s %s" % (rng.choice(NAMES), rng.choice(LAST))
    domain = WANTED_DOMAIN if wanted else rng.choice(OTHER_DOMAINS)
    return name, "%s.%d@%s" % (name.lower().replace(" ", "."), rng.randint(1, 400), domain)


def header(rng, number, tag, wanted, who=None, subject=None, ties=None):
    """The header as it stands after delivery; about 2 kB. `ties`: the lines that tie it to other
    mail, in place of those that lead nowhere."""
    when = FIRST_S + number * 2900 + rng.randint(0, 2000)
    date = time.strftime("%a, %d %b %Y %H:%M:%S +0000", time.gmtime(when))
    name, sender = who or person(rng, wanted)
    domain = sender.split("@")[1]
    key = "%032x" % rng.getrandbits(128)
    subject = subject or " ".join(rng.choices(WORDS, k=rng.randint(2, 7)))
    if not subject.isascii():
        subject = "=?UTF-8?B?%s?=" % base64.b64encode(subject.encode()).decode()
    sign = base64.b64encode(rng.randbytes(256)).decode()
    lines = ["Return-Path: <%s>" % sender, "Delivered-To: %s@brygga.example" % tag]
    for hop in range(rng.randint(2, 4)):
        lines += ["Received: from mx%d.%s (mx%d.%s [192.0.2.%d])" % (hop, domain, hop, domain,
                                                                     rng.randint(1, 254)),
                  "\t(using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)",
                  "\t key-exchange X25519 server-signature RSA-PSS (2048 bits) server-digest"
                  " SHA256)",
                  "\tby mail%d.brygga.example (Postfix) with ESMTPS id %s" % (hop, key[:11].upper()),
                  "\tfor <%s@brygga.example>; %s" % (tag, date)]
    lines += ["Authentication-Results: mail.brygga.example; dkim=pass header.d=%s; spf=pass"
              % domain,
              "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=%s; s=m1;" % domain,
              "\th=from:to:subject:date:message-id:mime-version:content-type;",
              "\tbh=%s;" % sign[:44]]
    lines += ["\tb=" + sign[:72]] + ["\t " + sign[i:i + 72] for i in range(72, 300, 72)]
    lines += ["From: %s <%s>" % (name, sender), "To: %s@brygga.example" % tag,
              "Subject: " + subject, "Date: " + date,
              "Message-ID: <%s.%s.%d@%s>" % (key[:16], tag, number, domain)]
    if ties is not None:
        lines += ties
    elif rng.random() < 0.4:
        parent = "<%s@brygga.example>" % key[16:]
        lines += ["In-Reply-To: " + parent, "References: <%s.1@%s>" % (key[8:24], domain),
                  "\t" + parent]
    if rng.random() < 0.3:
        lines += ["List-Id: <nytt.%s>" % domain,
                  "List-Unsubscribe: <https://%s/u/%s>" % (domain, key)]
    lines += ["X-Mailer: Exempel 4.%d" % rng.randint(0, 9), "MIME-Version: 1.0"]
    return lines, key


def body(rng, pools, lines, key, octets):
    """Parts until the message has about so many octets."""
    mark = "=_%s" % key[:24]
    used = sum(len(s.encode()) + 2 for s in lines)
    if octets < 5_000 and rng.random() < 0.5:
        lines += ["Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: 8bit", ""]
        return lines + pools.cut(rng, pools.text, octets - used - 90)
    mixed = octets > 40_000
    rich = octets - used - 500 if not mixed else rng.randint(3_000, 20_000)
    lines += ['Content-Type: multipart/%s; boundary="%s"' % ("mixed" if mixed else "alternative",
                                                             mark),
              "", "--" + mark, "Content-Type: text/plain; charset=utf-8",
              "Content-Transfer-Encoding: 8bit", ""]
    lines += pools.cut(rng, pools.text, rich // 4)
    lines += ["--" + mark, "Content-Type: text/html; charset=utf-8",
              "Content-Transfer-Encoding: quoted-printable", "", "<html><body>"]
    lines += pools.cut(rng, pools.html, rich - rich // 4)
    lines += ["</body></html>"]
    while mixed:
        used = sum(len(s.encode()) + 2 * (1 + s.count("\n")) for s in lines)
        left = octets - used - 300
        if left < 200:
            break
        part = left if left < 60_000 or rng.random() < 0.5 else left // 2
        pool, kind, name = rng.choice([(pools.packed, "application/pdf", "offert.pdf"),
                                       (pools.packed, "image/jpeg", "bild.jpg"),
                                       (pools.loose, "application/msword", "avtal.doc")])
        lines += ["--" + mark, "Content-Type: %s; name=\"%s\"" % (kind, name),
                  "Content-Transfer-Encoding: base64",
                  'Content-Disposition: attachment; filename="%s"' % name, ""]
        lines += pools.cut(rng, pool, part)
    return lines + ["--%s--" % mark]


def message(rng, pools, number, tag, octets, talk=None):
    """One message with LF line ends that a POP3 server counts as `octets` octets."""
    if talk:
        lines, key = talk.header(rng, number, tag)
    else:
        lines, key = header(rng, number, tag, rng.random() < 0.05)
    text = "\n".join(body(rng, pools, lines, key, octets)) + "\n"
    raw = text.encode()
    short = octets - len(raw) - raw.count(b"\n")
    while short >= 3:
        row = min(70, short - 2)
        raw += b"." * (row == 1) + b"- " * (row // 2) + b"-" * (row % 2 and row > 1) + b"\n"
        short = octets - len(raw) - raw.count(b"\n")
    return raw, len(raw) + raw.count(b"\n")


class Talk:
    """Mail as people write it: few write much, and 40 % answer. Of the answers half are to a mail
    of this mailbox, a third to what its owner wrote in a conversation that is here, the rest to
    what he wrote first; what he wrote lies elsewhere. Every third conversation has a
    Thread-Index."""

    PEOPLE, OPEN = 1500, 300

    def __init__(self):
        rng = random.Random(SEED + 5)
        self.people = [person(rng) for _ in range(self.PEOPLE)]
        self.weights = [1 / (i + 10) for i in range(self.PEOPLE)]
        self.threads = []  # the newest last; "here": the last mail of it in this mailbox

    def known(self):
        """Those whom the CRM knows, every third: address and name, none twice."""
        return {address: name for name, address in self.people[2::3]}

    def thread(self, rng, kind):
        """The conversation that a mail belongs to."""
        old = self.threads[-self.OPEN:]
        if kind in ("answer", "own") and old:
            found = old[-1 - int(len(old) * rng.random() ** 2)]
            self.threads.remove(found)
        else:
            found = {"subject": " ".join(rng.choices(WORDS, k=rng.randint(2, 7))), "ids": [],
                     "here": None, "index": rng.randbytes(22) if rng.random() < 0.3 else b""}
        self.threads.append(found)
        return found

    def header(self, rng, number, tag):
        kind = rng.choices(("new", "answer", "own", "own first"), (60, 20, 13, 7))[0]
        thread = self.thread(rng, kind)
        parent = thread["here"] if kind == "answer" else None
        if kind.startswith("own"):
            parent = "<%032x@brygga.example>" % rng.getrandbits(128)
            thread["ids"].append(parent)
        ties = []
        if parent:
            chain = [i for i in thread["ids"] if i != parent][-11:] + [parent]
            ties = ["In-Reply-To: " + parent, "References: " + "\n\t".join(chain)]
        if thread["index"]:
            raw = thread["index"] + b"".join(rng.randbytes(5) for _ in thread["ids"])
            coded = base64.b64encode(raw).decode()
            ties.append("Thread-Index: " + "\n\t".join(coded[i:i + 64] for i in
                                                       range(0, len(coded), 64)))
        if rng.random() < 0.25:
            ties.append("Cc: " + ",\n\t".join("%s <%s>" % p for p in rng.choices(
                self.people, self.weights, k=rng.randint(1, 4))))
        who = rng.choices(self.people, self.weights)[0]
        subject = ("Re: " if parent else "") + thread["subject"]
        lines, key = header(rng, number, tag, False, who, subject, ties)
        thread["here"] = next(line.split()[1] for line in lines if line.startswith("Message-ID:"))
        thread["ids"].append(thread["here"])
        return lines, key


def maildir(path, rng, pools, tag, octets, stamp, talk=None):
    """One mailbox; names carry both sizes, as Dovecot's own delivery writes them."""
    for sub in ("cur", "new", "tmp"):
        os.makedirs(os.path.join(path, sub))
    total = 0
    for i, want in enumerate(octets):
        raw, size = message(rng, pools, i, tag, want, talk)
        name = "%d.M%dP1.bench,S=%d,W=%d:2," % (stamp + i, i, len(raw), size)
        with open(os.path.join(path, "cur", name), "wb") as f:
            f.write(raw)
        total += size
    return total


def make(root, big=10_000, slow=2_000, many=1_000, each=20, empty=1_000, log=lambda s: None):
    """All mailboxes below root; what is there already is left as it is:
    big (10,000 messages), big2 (as many again, for a second process), slow (the first
    2,000), u0001.. (20 small messages each), e0001.. (empty)."""
    done = os.path.join(root, "corpus-%d-%d-%d-%d-%d" % (big, slow, many, each, empty))
    if os.path.exists(done):
        return
    if os.path.isdir(root) and os.listdir(root):
        sys.exit("corpus: %s holds another corpus or half of one; remove it first" % root)
    pools = Pools(random.Random(SEED))
    for tag, n, seed in (("big", big, 1), ("big2", big, 2), ("slow", slow, 3)):
        rng = random.Random(SEED + seed)
        total = maildir(os.path.join(root, tag), rng, pools, tag, sizes(n, rng), FIRST_S)
        log("corpus: %s: %d messages, %.1f MB" % (tag, n, total / 1e6))
    rng = random.Random(SEED + 4)
    small = sizes(many * each, rng, SMALL_CAP)
    total = 0
    for i in range(many):
        tag = "u%04d" % (i + 1)
        total += maildir(os.path.join(root, tag), rng, pools, tag,
                         small[i * each:(i + 1) * each], FIRST_S)
    log("corpus: %d mailboxes with %d messages each, %.1f MB" % (many, each, total / 1e6))
    for i in range(empty):
        maildir(os.path.join(root, "e%04d" % (i + 1)), rng, pools, "", [], 0)
    open(done, "w").close()


def make_talk(root, n, log=lambda s: None):
    """The mailbox `talk`, with conversations, beside the others."""
    done = os.path.join(root, "talk-%d" % n)
    if os.path.exists(done):
        return
    pools, rng = Pools(random.Random(SEED)), random.Random(SEED + 6)
    total = maildir(os.path.join(root, "talk"), rng, pools, "talk", sizes(n, rng), FIRST_S, Talk())
    log("corpus: talk: %d messages, %.1f MB" % (n, total / 1e6))
    open(done, "w").close()


def main():
    p = argparse.ArgumentParser(description="make the benchmark's mailboxes")
    p.add_argument("dir")
    p.add_argument("--big", type=int, default=10_000, help="messages in each of the two big mailboxes")
    p.add_argument("--slow", type=int, default=2_000, help="messages in the one for the slow link")
    p.add_argument("--many", type=int, default=1_000, help="how many small mailboxes")
    p.add_argument("--each", type=int, default=20, help="messages in each small one")
    p.add_argument("--empty", type=int, default=1_000, help="how many empty mailboxes")
    a = p.parse_args()
    make(a.dir, a.big, a.slow, a.many, a.each, a.empty, print)


if __name__ == "__main__":
    main()
