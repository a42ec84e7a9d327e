#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A real MTA (Exim) in a private folder, on loopback, strict about the protocol. It takes mail for
inside.example only, and delivers it into one Maildir.

mta = Mta(folder).start(); ... mta.port ... mta.messages() ...; mta.stop()
"""
import collections
import os
import pwd
import socket
import subprocess
import time

PROGRAM = "/usr/sbin/exim4"

CONFIGURATION = """\
primary_hostname = mta.example
spool_directory = {folder}/spool
log_file_path = {folder}/log/%slog
exim_user = {user}
exim_group = {group}
local_interfaces = 127.0.0.1
tls_advertise_hosts =
prdr_enable = false
pipelining_connect_advertise_hosts =
chunking_advertise_hosts = {chunking}
smtputf8_advertise_hosts = *
accept_8bitmime = true
smtp_enforce_sync = true
smtp_accept_max = 50
smtp_accept_queue_per_connection = 0
message_size_limit = 2M
syslog_timestamp = no
keep_environment =
no_message_logs
acl_smtp_rcpt = check_rcpt

begin acl
check_rcpt:
  deny    message = relay not permitted
          !domains = inside.example
  deny    message = no such mailbox
          local_parts = nobody
  defer   message = try later
          local_parts = later
  accept

begin routers
all:
  driver = accept
  transport = maildir

begin transports
maildir:
  driver = appendfile
  directory = {folder}/maildir
  maildir_format
  user = {user}
  group = {group}
  delivery_date_add
  envelope_to_add
  return_path_add

begin retry
* * F,1h,1m
"""


def available():
    return os.access(PROGRAM, os.X_OK)


class Mta:
    def __init__(self, folder, chunking=True):
        self.folder = folder
        self.process = None
        # Exim never delivers as root.
        who = pwd.getpwnam("mail") if os.getuid() == 0 else pwd.getpwuid(os.getuid())
        for part in ("", "spool", "log", "maildir"):
            os.makedirs(os.path.join(folder, part), exist_ok=True)
            if os.getuid() == 0:
                os.chown(os.path.join(folder, part), who.pw_uid, who.pw_gid)
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.conf = os.path.join(folder, "exim.conf")
        with open(self.conf, "w") as f:
            f.write(CONFIGURATION.format(folder=folder, user=who.pw_uid, group=who.pw_gid,
                                         chunking="*" if chunking else ""))
        os.chmod(self.conf, 0o644)
        # What it may enter must be open for its user on the way down.
        self.environment = {"PATH": os.environ.get("PATH", "")}

    def start(self):
        with open(os.path.join(self.folder, "out"), "wb") as out:
            self.process = subprocess.Popen(
                [PROGRAM, "-C", self.conf, "-bdf", "-oX", f"127.0.0.1.{self.port}"],
                stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True,
                env=self.environment)
        deadline = time.monotonic() + 15
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return self
            except OSError:
                with open(os.path.join(self.folder, "out"), errors="replace") as f:
                    said = f.read()
                assert self.process.poll() is None, f"exim ended: {said}"
                assert time.monotonic() < deadline, f"exim did not start: {said}"
                time.sleep(0.05)

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait(20)
            self.process = None

    def files(self):
        folder = os.path.join(self.folder, "maildir", "new")
        return [os.path.join(folder, name) for name in os.listdir(folder)] \
            if os.path.isdir(folder) else []

    def waiting(self):
        """Mails that were taken and are not delivered yet."""
        folder = os.path.join(self.folder, "spool", "input")
        return sum(name.endswith("-H") for _, _, names in os.walk(folder) for name in names)

    def messages(self):
        """How often each Message-ID arrived (one delivery a recipient)."""
        found = collections.Counter()
        for path in self.files():
            with open(path, "rb") as f:
                head = f.read(65536).split(b"\n\n", 1)[0]
            for line in head.split(b"\n"):
                if line.lower().startswith(b"message-id:"):
                    found[line.split(b":", 1)[1].strip().strip(b"<>").decode()] += 1
        return found
