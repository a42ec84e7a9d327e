#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The demo's customers: an SMTP server on loopback that takes every mail, and answers each into the
maildrop of who sent it.

customer.py MAILFOLDER      prints {"smtp": PORT} and runs until it is ended
"""
import email
import email.message
import email.policy
import email.utils
import json
import os
import signal
import sys
import time

from smtpsink import Sink


def answer_to(mail):
    """The customer's answer, or None to what needs none."""
    sent = email.message_from_bytes(mail.data, policy=email.policy.default)
    customer = mail.recipients[0]
    answer = email.message.EmailMessage()
    answer["Received"] = ("from customer by localhost with ESMTP; " +
                          email.utils.formatdate(localtime=False))
    answer["From"] = customer
    answer["To"] = sent["From"]
    answer["Subject"] = "Re: " + str(sent["Subject"])
    answer["Date"] = email.utils.formatdate(localtime=False)
    answer["Message-ID"] = email.utils.make_msgid(domain=customer.split("@")[1])
    answer["In-Reply-To"] = answer["References"] = str(sent["Message-ID"])
    answer.set_content("Thank you for the quick answer. Tomorrow at nine is fine.\n")
    return mail.sender.split("@")[0], answer.as_bytes()


def deliver(folder, user, data, number):
    maildir = os.path.join(folder, user, "Maildir")
    owner = os.stat(maildir)
    name = f"{int(time.time())}.{number:06d}.customer"
    path = os.path.join(maildir, "tmp", name)
    with open(path, "wb") as f:
        f.write(data)
    if os.geteuid() == 0:
        os.chown(path, owner.st_uid, owner.st_gid)
    os.rename(path, os.path.join(maildir, "new", name))


def main():
    folder, answered = sys.argv[1], 0
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with Sink() as sink:
        print(json.dumps({"smtp": sink.port}), flush=True)
        while True:
            while answered < len(sink.taken):
                mail = sink.taken[answered]
                answered += 1
                user, data = answer_to(mail)
                if os.path.isdir(os.path.join(folder, user)):
                    deliver(folder, user, data, answered)
            time.sleep(0.05)


if __name__ == "__main__":
    main()
