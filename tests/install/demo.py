#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The demo: each of its messages is explained by rule, values and the setting that would
change it, taken or not, and the mail that should be there is there."""
import email
import email.policy
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "tests", "servers"))
import demo_mail  # noqa: E402
import dovecot  # noqa: E402

ROOT = os.environ["BRYGGA_ROOT"]
# What config/demo.ini.in asks for: rule, what must stand in the reason, what in the change.
TAKEN = ("BRG-RULE-0001", "BRG-RULE-0003")
LISTED = ("lena@fjordfisk.example", "hager-bygg.example")
SHOWN = ("(address)", "hager-bygg.example")  # no decision keeps an address
RULES = {"anna": lambda sender: ("BRG-RULE-0001", "accept = all", "accept"),
         "support": lambda sender: ("BRG-RULE-0001", "accept = all", "accept"),
         "carl": lambda sender: ("BRG-RULE-0002", "accept = none", "accept"),
         "bo": lambda sender: next((("BRG-RULE-0003", f"{SHOWN[n]}, number {n + 1} of the 2",
                                     f"Take number {n + 1} out of senders")
                                    for n, entry in enumerate(LISTED) if sender.endswith(entry)),
                                   ("BRG-RULE-0004", " ".join(SHOWN), "senders"))}
failed = 0


def result(good, name, why=""):
    global failed
    failed += not good
    print("%s - %s" % ("ok" if good else "not ok", name))
    for line in str(why).splitlines()[-20:] if not good else ():
        print("# " + line)


class Demo:
    def __init__(self, work):
        self.work = work

    def brygga(self, *args):
        done = subprocess.run([ROOT + "/bin/brygga", "-c", self.work + "/brygga.conf", *args],
                              text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode:
            raise RuntimeError(" ".join(args) + ": " + done.stdout)
        return done.stdout

    def explain(self, key):
        return json.loads(self.brygga("--json", "--limit", "1000", "explain", key))

    def set_up(self, server):
        os.mkdir(self.work + "/state", 0o700)
        with open(self.work + "/brygga.conf", "w") as f:
            f.write(f"[core]\nstate = {self.work}/state\nplugins = {ROOT}/lib/brygga\n"
                    "[storage]\nplugin = sqlite\n[connector pop3]\n[connector smtp]\n[connector exchange]\n")
        for user, password in server.users.items():
            path = f"{self.work}/password-{user}"
            with open(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600), "w") as f:
                f.write(password + "\n")
        with open(os.open(self.work + "/password-dora", os.O_CREAT | os.O_WRONLY, 0o600), "w") as f:
            f.write("secret\n")
        with open(os.path.join(TOP, "config/demo.ini.in")) as f:
            text = f.read()
        for name, value in (("PORT", str(server.pop3s)), ("SMTP", "25"), ("EWS", "1"), ("CA", server.ca), ("STATE", self.work)):
            text = text.replace(f"@{name}@", value)
        with open(self.work + "/demo.ini", "w") as f:
            f.write(text)
        self.brygga("apply", self.work + "/demo.ini")


def explained(decisions, user, sender):
    """The decision that took or did not take it, or why there is none that will do."""
    rule, value, change = RULES[user](sender)
    for d in decisions:
        if d["rule"] == rule and d["mailbox"] == user:
            good = (value in d["why"] and change in d["to_change"]
                    and "{" not in d["why"] + d["to_change"] and bool(d["record"]) == (rule in TAKEN))
            return None if good else d
    return decisions or "nothing"


def check_mailbox(demo, user):
    messages = [email.message_from_bytes(m, policy=email.policy.default)
                for m in demo_mail.mailbox(user)]
    of_mailbox = [d for d in demo.explain(user) if d["rule"] != "BRG-RULE-0010"]
    result(len(of_mailbox) == len(messages),
           f"{user}: brygga explain MAILBOX lists all {len(messages)}", f"{len(of_mailbox)} decisions")
    bad = []
    for m in messages:
        sender = re.sub(r".*<|>$", "", str(m["From"]))
        # Without a Message-ID, or where no header was read, the server's id must do.
        by_id = m["Message-ID"] and user != "carl"
        for key in [m["Message-ID"]] if by_id else [d["remote_id"] for d in of_mailbox]:
            why = explained(demo.explain(key), user, sender)
            if why:
                bad.append((sender, why))
    result(not bad, f"{user}: each is explained by rule, values and setting", bad)
    text = demo.brygga("explain", of_mailbox[0]["remote_id"])
    result("why: " in text and "to change it: " in text, f"{user}: and in plain words", text)
    records = len(json.loads(demo.brygga("--json", "record", "list", user)))
    wanted = sum(RULES[user](re.sub(r".*<|>$", "", str(m["From"])))[0] in TAKEN for m in messages)
    result(records == wanted, f"{user}: {wanted} records are linked to it", f"{records} are")


def main():
    work = tempfile.mkdtemp(prefix="brygga-demo-")
    os.chmod(work, 0o755)
    try:
        os.makedirs(work + "/server/mail")
        subprocess.run([sys.executable, os.path.join(TOP, "tests/servers/demo_mail.py"),
                        work + "/server/mail"], check=True)
        users = {user: "demo-" + user for user in demo_mail.USERS}
        with dovecot.Dovecot(work + "/server", users) as server:
            demo = Demo(work)
            demo.set_up(server)
            for user in demo_mail.USERS:
                demo.brygga("visit", user)
            for user in demo_mail.USERS:
                check_mailbox(demo, user)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    sys.exit(1 if failed else 0)


main()
