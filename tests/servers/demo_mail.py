#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Realistic mail for the demo: the same messages every time.

demo_mail.py MAILDIR-ROOT    writes the maildrops of anna, bo, carl and support.
"""
import base64
import email.utils
import os
import random
import sys
from email.message import EmailMessage

USERS = ("anna", "bo", "carl", "support")
START = 1790000000  # 2026-09-21

CUSTOMERS = [("Lena Öst", "lena@fjordfisk.example"), ("Tomasz Król", "tomasz@krol-spedycja.example"),
             ("Aiko Tanaka", "aiko@hoshi.example"), ("Père Dubois", "dubois@vergers.example"),
             ("Mats Häger", "mats@hager-bygg.example")]
SUBJECTS = ["Offert på 40 lådor", "Question about invoice 2026-1181", "Leveransen blev försenad",
            "Zamówienie nr 77", "見積もりのお願い", "Rappel : contrat de service",
            "Re: The pump makes a noise", "New address from December"]
PARAGRAPHS = [
    "Thank you for the quick answer. We would like to go on with the larger of the two.",
    "Kan ni skicka en ny offert med leverans till Göteborg före den femtonde?",
    "The serial number is on the plate under the cover: B-2291-77.",
    "I have attached the drawing. The measures in red have changed since spring.",
    "Could somebody call me after lunch? My number is in the signature.",
    "Vi har flyttat; den nya adressen gäller från första december.",
]


def base(dice, number, sender, to, subject, reply_to=None):
    m = EmailMessage()
    when = email.utils.formatdate(START + number * 5400, usegmt=True)
    m["Received"] = (f"from mx.example.net (mx.example.net [192.0.2.{number % 250}]) "
                     f"by mail.example.com with ESMTPS id D{number:05d}; {when}")
    m["From"] = email.utils.formataddr(sender)
    m["To"] = to
    m["Subject"] = subject
    m["Date"] = when
    m["Message-ID"] = f"<{number:05d}.{dice.getrandbits(40):x}@{sender[1].split('@')[1]}>"
    if reply_to:
        m["In-Reply-To"] = reply_to
        m["References"] = reply_to
    return m


def letter(dice, number, to):
    sender = CUSTOMERS[number % len(CUSTOMERS)]
    m = base(dice, number, sender, to, SUBJECTS[number % len(SUBJECTS)])
    text = "\n\n".join(dice.sample(PARAGRAPHS, 2 + number % 3))
    m.set_content(text + f"\n\n{sender[0]}\n")
    if number % 4 == 0:
        m.add_alternative("<p>" + text.replace("\n\n", "</p><p>") + "</p>", subtype="html")
    if number % 5 == 0:
        m.add_attachment(dice.randbytes(20000 + 3000 * (number % 7)), maintype="application",
                         subtype="pdf", filename="Ritning å1.pdf")
    return m


def newsletter(dice, number, to):
    m = base(dice, number, ("Branschnytt", "news@letters.example"), to, f"Branschnytt vecka {number % 52 + 1}")
    m["List-Id"] = "<branschnytt.letters.example>"
    m["Precedence"] = "bulk"
    m.set_content("<h1>Nytt den här veckan</h1>" + "<p>" + " ".join(PARAGRAPHS) * 20 + "</p>", subtype="html")
    return m


def bounce(dice, number, to):
    m = base(dice, number, ("Mail Delivery System", "mailer-daemon@mx.example.net"), to,
             "Undelivered Mail Returned to Sender")
    m["Auto-Submitted"] = "auto-replied"
    m.set_content("The message could not be delivered: 550 5.1.1 no such user\n")
    return m


def invitation(dice, number, to):
    m = base(dice, number, CUSTOMERS[0], to, "Möte om vårens leveranser")
    m.set_content("Passar torsdag klockan tio?\n")
    m.add_attachment(b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\n"
                     b"UID:demo-1@fjordfisk.example\r\nDTSTART:20261203T090000Z\r\n"
                     b"SUMMARY:M\xc3\xb6te\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
                     maintype="text", subtype="calendar")
    return m


def raw_oddity(number):
    """Mail as old machines write it: 8-bit header, no Message-ID, no date."""
    return (f"Received: from fax.example.net by mail.example.com with SMTP id F{number}\n"
            "From: faxgateway@fax.example.net\nTo: support@example.com\n"
            "Subject: Fax fr\u00e5n +46 31 000 00\nContent-Type: text/plain\n\n"
            + base64.encodebytes(b"fax " * 300).decode()).encode("latin-1")


def mailbox(user):
    dice = random.Random(user)
    random.seed(user)  # the boundaries of multiparts
    to = f"{user}@example.com"
    first = 100 * (USERS.index(user) + 1)
    made = [letter(dice, first + i, to) for i in range(11)]
    made += [newsletter(dice, first + 20 + i, to) for i in range(3)]
    made.append(invitation(dice, first + 30, to))
    out = [m.as_bytes() for m in made]
    if user == "support":
        out.append(bounce(dice, first + 40, to).as_bytes())
        out.append(raw_oddity(first + 41))
    return out


def main():
    root = sys.argv[1]
    for user in USERS:
        folder = os.path.join(root, user, "Maildir")
        for sub in ("cur", "new", "tmp"):
            os.makedirs(os.path.join(folder, sub), exist_ok=True)
        for i, data in enumerate(mailbox(user)):
            name = f"{START + i}.{user}{i:03d}.demo"
            with open(os.path.join(folder, "new", name), "wb") as f:
                f.write(data.replace(b"\r\n", b"\n"))


if __name__ == "__main__":
    main()
