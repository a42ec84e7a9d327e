#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A private Dovecot on loopback: for tests, benchmarks and the demo.

As a command:  dovecot.py run DIR [--user NAME:PASSWORD ...]
starts it in DIR, prints its ports as JSON and serves until it is ended.
As a module: with Dovecot(dir, users) as server: ...
Runs as root (with Dovecot's own users) or as any user.
"""
import argparse
import grp
import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import time


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


CONFIG = """
protocols = {protocols}
base_dir = {run}
state_dir = {run}
log_path = {dir}/dovecot.log
info_log_path = {dir}/dovecot.log
listen = 127.0.0.1
ssl = {ssl}
{ssl_files}
disable_plaintext_auth = no
auth_mechanisms = plain login
auth_failure_delay = 0
mail_location = maildir:~/Maildir
mail_max_userip_connections = 0
maildir_very_dirty_syncs = yes
first_valid_uid = 1
mail_fsync = never
pop3_uidl_format = {uidl_format}
pop3_logout_format = out=%o retr=%r/%b top=%t/%p del=%d/%m
pop3_lock_session = {lock}
{own_user}
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {dir}/users
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={mail}/%u
}}
service anvil {{
  client_limit = 10000
  {nochroot}
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service auth {{
  client_limit = 10000
}}
service stats {{
  client_limit = 10000
  {nochroot}
}}
service pop3-login {{
  service_count = 0
  client_limit = 2000
  process_min_avail = {login}
  {nochroot}
  inet_listener pop3 {{
    address = 127.0.0.1
    port = {pop3}
  }}
  inet_listener pop3s {{
    address = 127.0.0.1
    port = {pop3s}
    ssl = yes
  }}
}}
service pop3 {{
  process_limit = 1024
  service_count = 1000
  client_limit = 1
}}
{imap_login}
"""

# Only where dovecot-imapd is installed: tests count with it, the demo does without.
IMAP_LOGIN = """
service imap-login {{
  service_count = 0
  {nochroot}
  inet_listener imap {{
    address = 127.0.0.1
    port = {imap}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
"""


def make_certificate(folder):
    """An authority and a certificate for localhost by it."""
    def ssl(*args):
        subprocess.run(["openssl", *args], check=True, cwd=folder,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    ssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.pem",
        "-days", "30", "-subj", "/CN=Private test authority")
    ssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", "server.key", "-out", "server.csr",
        "-subj", "/CN=localhost")
    with open(os.path.join(folder, "ext"), "w") as f:
        f.write("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
    ssl("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
        "-CAcreateserial", "-out", "server.pem", "-days", "30", "-extfile", "ext")


class Dovecot:
    def __init__(self, folder, users, tls=True, uidl_format="%08Xu%08Xv", lock=False, login=1,
                 extra=""):
        self.folder = os.path.abspath(folder)
        self.users = dict(users)
        self.tls = tls
        self.uidl_format = uidl_format
        self.lock = lock
        self.login = login
        self.extra = extra  # more configuration
        self.pop3, self.pop3s, self.imap = free_port(), free_port(), free_port()
        self.process = None
        self.mail = os.path.join(self.folder, "mail")
        self.ca = os.path.join(self.folder, "ca.pem")
        if os.geteuid() == 0:
            user = pwd.getpwnam("mail")
            self.uid, self.gid = user.pw_uid, user.pw_gid
        else:
            self.uid, self.gid = os.geteuid(), os.getegid()

    def write_config(self):
        own_user = nochroot = ""
        if os.geteuid() != 0:
            user = pwd.getpwuid(self.uid).pw_name
            group = grp.getgrgid(self.gid).gr_name
            own_user = (f"default_internal_user = {user}\ndefault_login_user = {user}\n"
                        f"default_internal_group = {group}\n")
            nochroot = "chroot ="
        has_imap = os.path.exists("/usr/lib/dovecot/imap")
        imap_login = IMAP_LOGIN.format(nochroot=nochroot, imap=self.imap) if has_imap else ""
        files = (f"ssl_cert = <{self.folder}/server.pem\nssl_key = <{self.folder}/server.key"
                 if self.tls else "")
        with open(os.path.join(self.folder, "users"), "w") as f:
            for name, password in self.users.items():
                f.write(f"{name}:{password}\n")
        with open(os.path.join(self.folder, "dovecot.conf"), "w") as f:
            f.write(CONFIG.format(
                run=os.path.join(self.folder, "run"), dir=self.folder, mail=self.mail,
                ssl="yes" if self.tls else "no", ssl_files=files, own_user=own_user,
                nochroot=nochroot, uid=self.uid, gid=self.gid, pop3=self.pop3, pop3s=self.pop3s,
                protocols="pop3 imap" if has_imap else "pop3", imap_login=imap_login,
                uidl_format=self.uidl_format, login=self.login,
                lock="yes" if self.lock else "no") + self.extra)
        # Services under other users must be able to read it.
        os.chmod(os.path.join(self.folder, "users"), 0o644)

    def prepare(self):
        os.makedirs(self.mail, exist_ok=True)
        os.makedirs(os.path.join(self.folder, "run"), exist_ok=True)
        if os.geteuid() == 0:
            self.open_path()
        if self.tls and not os.path.exists(self.ca):
            make_certificate(self.folder)
        for name in self.users:
            for sub in ("cur", "new", "tmp"):
                os.makedirs(os.path.join(self.mail, name, "Maildir", sub), exist_ok=True)
        self.own(self.mail)

    def open_path(self):
        """Dovecot's unprivileged services walk down to the folder. Only the folder and the
        one above are opened for that; a home of root stays as it is."""
        for path in (self.folder, os.path.dirname(self.folder)):
            mode = os.stat(path).st_mode
            if not mode & 0o001 and path not in ("/", "/root", "/home"):
                os.chmod(path, mode | 0o011)
        path = self.folder
        while path != "/":
            if not os.stat(path).st_mode & 0o001:
                raise RuntimeError(f"Dovecot's users cannot reach {self.folder}: {path} is closed "
                                   "to them; use a folder elsewhere")
            path = os.path.dirname(path)

    def own(self, path):
        if os.geteuid() == 0:
            for root, dirs, files in os.walk(path):
                for name in ["."] + dirs + files:
                    os.chown(os.path.join(root, name), self.uid, self.gid)

    def start(self):
        program = shutil.which("dovecot") or "/usr/sbin/dovecot"
        self.prepare()
        self.write_config()
        self.process = subprocess.Popen(
            [program, "-F", "-c", os.path.join(self.folder, "dovecot.conf")],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=open(os.path.join(self.folder, "stderr"), "w"))
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            try:
                with socket.create_connection(("127.0.0.1", self.pop3), timeout=2) as s:
                    s.settimeout(5)
                    if s.recv(4).startswith(b"+OK"):
                        return self
            except OSError:
                time.sleep(0.05)
        self.stop()
        for name in ("stderr", "dovecot.log"):
            path = os.path.join(self.folder, name)
            if os.path.exists(path):
                sys.stderr.write(open(path, errors="replace").read()[-2000:])
        raise RuntimeError("Dovecot did not start")

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process = None

    def restart(self, **changes):
        self.stop()
        for name, value in changes.items():
            setattr(self, name, value)
        self.start()

    def maildir(self, user):
        return os.path.join(self.mail, user, "Maildir")

    def deliver(self, user, data, name=None):
        """Put a message (bytes, CRLF or LF) into the maildrop."""
        self.count_delivered = getattr(self, "count_delivered", 0) + 1
        name = name or f"{1700000000 + self.count_delivered}.{self.count_delivered:06d}.test"
        data = data.replace(b"\r\n", b"\n")
        size = len(data)
        wire = size + data.count(b"\n")
        tmp = os.path.join(self.maildir(user), "tmp", name)
        with open(tmp, "wb") as f:
            f.write(data)
        if os.geteuid() == 0:
            os.chown(tmp, self.uid, self.gid)
        os.rename(tmp, os.path.join(self.maildir(user), "new", f"{name},S={size},W={wire}"))

    def count(self, user):
        """How many messages lie in the maildrop. Dovecot renames a file when a session has read it,
        and a listing during that may miss it: what two listings agree on counts."""
        def names():
            return {name.split(":")[0] for sub in ("new", "cur")
                    for name in os.listdir(os.path.join(self.maildir(user), sub))}
        before, now = None, names()
        while before != now:
            before, now = now, names()
        return len(now)

    __enter__ = start

    def __exit__(self, *exc):
        self.stop()


def is_free(port):
    with socket.socket() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            s.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def keep_ports(server):
    """The same ports as last time, so that whoever was pointed at them finds us again."""
    path = os.path.join(server.folder, "ports.json")
    if os.path.exists(path):
        with open(path) as f:
            ports = json.load(f)
        if all(is_free(port) for port in ports.values()):
            server.pop3, server.pop3s, server.imap = ports["pop3"], ports["pop3s"], ports["imap"]
    with open(path, "w") as f:
        json.dump({"pop3": server.pop3, "pop3s": server.pop3s, "imap": server.imap}, f)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("action", choices=["run"])
    parser.add_argument("folder")
    parser.add_argument("--user", action="append", default=[], metavar="NAME:PASSWORD")
    args = parser.parse_args()
    users = dict(user.split(":", 1) for user in args.user)
    server = Dovecot(args.folder, users)
    keep_ports(server)
    for sig in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sig, lambda *_: sys.exit(0))
    try:
        server.start()
        print(json.dumps({"pop3": server.pop3, "pop3s": server.pop3s, "imap": server.imap,
                          "ca": server.ca, "mail": server.mail}), flush=True)
        parent = os.getppid()
        while os.getppid() == parent and server.process.poll() is None:
            time.sleep(0.5)
    except RuntimeError as why:
        sys.exit(f"dovecot.py: {why}")
    finally:
        server.stop()


if __name__ == "__main__":
    main()
