# SPDX-License-Identifier: Apache-2.0
"""What people would use instead, each set up to do the most it can against our server.

A client makes its own fresh folder, so every run is a first fetch, and counts afterwards
what really arrived: a fast run that lost mail is no result. All keep mail on the server."""

import os
import platform
import re
import shutil
import subprocess
import sys

from server import PASSWORD


def maildir_count(path):
    return sum(len(os.listdir(os.path.join(path, sub))) for sub in ("cur", "new")
               if os.path.isdir(os.path.join(path, sub)))


def write(path, text):
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as f:
        f.write(text)
    return path


def sh(argv):
    """As a person would type it."""
    return " ".join(a if re.fullmatch(r"[\w./:=@%+,-]+", a) else "'%s'" % a for a in argv)


class Client:
    program, package = "", ""
    how = ""  # what a reader should know of its set-up

    def __init__(self, server, where):
        self.server, self.where = server, where

    def present(self):
        return shutil.which(self.program)

    def version(self):
        """As Debian knows it."""
        r = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", self.package],
                           capture_output=True, text=True)
        return r.stdout.strip() or "?"

    def fresh(self):
        shutil.rmtree(self.where, ignore_errors=True)
        os.makedirs(self.where, mode=0o700)

    def maildir(self, name="mail"):
        for sub in ("cur", "new", "tmp"):
            os.makedirs(os.path.join(self.where, name, sub))
        return os.path.join(self.where, name)

    def fetch(self, user):
        """Prepare a first fetch of this mailbox; the command that does it."""
        raise NotImplementedError

    def count(self):
        return maildir_count(self.where + "/mail")


class Mpop(Client):
    name, program, package = "mpop", "mpop", "mpop"
    how = "POP3, pipelining, into a Maildir"

    def fetch(self, user):
        self.fresh()
        conf = write(self.where + "/conf", "\n".join([
            "account a", "host " + self.server.address, "port %d" % self.server.pop3,
            "user " + user, "password " + PASSWORD, "auth plain", "tls off", "keep on",
            "delivery maildir " + self.maildir(), "uidls_file " + self.where + "/uidls", ""]))
        return ["mpop", "-q", "-C", conf, "a"]


class Mbsync(Client):
    name, program, package = "mbsync", "mbsync", "isync"
    how = "IMAP, into a Maildir"

    def fetch(self, user):
        self.fresh()
        conf = write(self.where + "/conf", "\n".join([
            "IMAPStore far", "Host " + self.server.address, "Port %d" % self.server.imap,
            "User " + user, "Pass " + PASSWORD, "SSLType None", "AuthMechs PLAIN", "",
            "MaildirStore near", "Path %s/" % self.where, "Inbox %s/mail" % self.where, "",
            "Channel c", "Far :far:", "Near :near:", "Create Near", "Sync Pull",
            "SyncState %s/state-" % self.where, ""]))
        return ["mbsync", "-q", "-c", conf, "c"]


class Fetchmail(Client):
    name, program, package = "fetchmail", "fetchmail", "fetchmail"
    how = "POP3, appending to one BSMTP file: no delivery program to start for every message"
    poll = ("poll %s port %d protocol pop3 uidl auth password user %s password " + PASSWORD +
            " keep sslproto '' batchlimit 0%s\n")
    quiet = ["fetchmail", "-s", "-N", "-f"]

    def files(self, dirs, users, extra):
        """One set of settings in a folder of its own."""
        os.makedirs(dirs, mode=0o700, exist_ok=True)
        rc = write(dirs + "/rc", "set no syslog\nset idfile %s/ids\nset pidfile %s/pid\n" %
                   (dirs, dirs) + "".join(self.poll % (self.server.address, self.server.pop3,
                                                       user, extra % dirs) for user in users))
        return ["env", "HOME=" + dirs] + self.quiet + [rc]

    def fetch(self, user):
        self.fresh()
        return self.files(self.where, [user], " bsmtp %s/mail")

    def poll_all(self, users):
        """One process that asks all these mailboxes; nothing new is there."""
        self.fresh()
        return self.files(self.where, users, " bsmtp %s/mail")

    def fetch_all(self, users, processes):
        """All these mailboxes by so many processes."""
        self.fresh()
        script = []
        for i in range(processes):
            argv = self.files("%s/%d" % (self.where, i), users[i::processes], " bsmtp %s/mail")
            script.append("%s &" % sh(argv))
        return ["sh", "-c", " ".join(script) + " wait"]

    def again(self):
        """The command of poll_all() or of fetch_all() with one process, once more."""
        folder = self.where + "/0" if os.path.isdir(self.where + "/0") else self.where
        return ["env", "HOME=" + folder] + self.quiet + [folder + "/rc"]

    def count(self):
        paths = [os.path.join(d, "mail") for d, _, files in os.walk(self.where) if "mail" in files]
        n = 0
        for path in paths:
            with open(path, "rb") as f:
                n += sum(1 for line in f if line.startswith(b"MAIL FROM:"))
        return n


class Getmail(Client):
    name, program, package = "getmail", "getmail", "getmail6"
    how = "POP3, into a Maildir"

    def fetch(self, user):
        self.fresh()
        write(self.where + "/rc", "\n".join([
            "[retriever]", "type = SimplePOP3Retriever", "server = " + self.server.address,
            "port = %d" % self.server.pop3, "username = " + user, "password = " + PASSWORD,
            "[destination]", "type = Maildir", "path = %s/" % self.maildir(),
            "[options]", "verbose = 0", "delete = false", ""]))
        return self.other_user() + ["getmail", "--getmaildir", self.where, "--rcfile", "rc"]

    def other_user(self):
        """It refuses to deliver as root."""
        if os.getuid() != 0:
            return []
        for d, _, files in os.walk(self.where):
            for path in [d] + [os.path.join(d, f) for f in files]:
                shutil.chown(path, "mail", "mail")
        return ["setpriv", "--reuid=mail", "--regid=mail", "--clear-groups"]


SMTPLIB = """
import smtplib, sys
host, port, path, sender, recipient, n = sys.argv[1:]
with open(path, "rb") as f:
    mail = f.read()
with smtplib.SMTP(host, int(port), "smtplib.example") as server:
    for _ in range(int(n)):
        server.sendmail(sender, [recipient], mail)
"""


class Smtplib(Client):
    name, program = "smtplib", "python3"
    how = "Python's own, one connection, each command answered before the next"

    def version(self):
        return platform.python_version()

    def send(self, sink, letter, sender, recipient, n):
        return [sys.executable, "-c", SMTPLIB, sink.address, str(sink.port), letter, sender,
                recipient, str(n)]


class Msmtp(Client):
    name, program, package = "msmtp", "msmtp", "msmtp"
    how = "a process and a connection for each"

    def send(self, sink, letter, sender, recipient, n):
        """The command that sends this file n times."""
        self.fresh()
        conf = write(self.where + "/conf", "\n".join([
            "account a", "host " + sink.address, "port %d" % sink.port, "from " + sender,
            "auth off", "tls off", ""]))
        once = sh(["msmtp", "-C", conf, "-a", "a", "--", recipient])
        return ["sh", "-e", "-c", "i=0; while [ $i -lt %d ]; do %s <%s; i=$((i+1)); done" %
                (n, once, sh([letter]))]
