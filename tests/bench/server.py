# SPDX-License-Identifier: Apache-2.0
"""A private Dovecot for the benchmark: POP3, POP3S and IMAP on loopback over the corpus.

It is set up as a busy provider would: processes are kept and used again, so that what is
measured is the client and not fork(). It writes nothing into the mailboxes but its own
indexes, so every run finds them as the run before did."""

import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import time

PASSWORD = "secret"

CONF = """
base_dir = {dir}/run
state_dir = {dir}/state
log_path = {dir}/dovecot.log
protocols = pop3 imap
listen = {address}
default_internal_user = {internal}
default_login_user = {login}
default_internal_group = {internal_group}
first_valid_uid = 0
first_valid_gid = 0
default_process_limit = 2000
default_client_limit = 20000
default_vsz_limit = 0
mail_location = maildir:%h
mail_max_userip_connections = 0
disable_plaintext_auth = no
auth_mechanisms = plain login
auth_cache_size = 0
login_trusted_networks =
mail_fsync = never
pop3_no_flag_updates = yes
pop3_uidl_format = %08Xu%08Xv
pop3_logout_format = in=%i out=%o retr=%r
ssl = yes
ssl_cert = <{dir}/server.crt
ssl_key = <{dir}/server.key
ssl_options = no_ticket
ssl_dh =
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={mail}/%u allow_all_users=yes
}}
service anvil {{
  client_limit = 20000
}}
service auth {{
  client_limit = 20000
}}
service pop3-login {{
  service_count = 0
  process_min_avail = {cores}
  client_limit = 4000
  process_limit = {cores}
  chroot =
  inet_listener pop3 {{
    port = {pop3}
  }}
  inet_listener pop3s {{
    port = {pop3s}
    ssl = yes
  }}
}}
service pop3 {{
  service_count = 0
  client_limit = 1
  process_min_avail = 64
  process_limit = 1100
}}
service imap-login {{
  service_count = 0
  process_min_avail = 1
  process_limit = 1
  chroot =
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service imap {{
  service_count = 0
  client_limit = 1
}}
service stats {{
  client_limit = 20000
}}
"""


def installed():
    return shutil.which("dovecot", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")


def version():
    return subprocess.run([installed(), "--version"], capture_output=True, text=True).stdout.split()[0]


def free_ports(n):
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(n)]
    ports = [s.getsockname()[1] for s in held]
    for s in held:
        s.close()
    return ports


def certificates(where):
    """A throw-away authority and a server's certificate for the addresses we use; and the
    system's bundle with the authority added, as a client with a whole trust store has it."""
    def run(*args):
        subprocess.run(["openssl", *args], cwd=where, check=True, capture_output=True)

    with open(where + "/ext", "w") as f:
        f.write("subjectAltName=DNS:localhost,IP:127.0.0.1,IP:10.77.0.1\n")
    run("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.crt",
        "-days", "30", "-subj", "/CN=brygga benchmark authority")
    run("req", "-newkey", "rsa:2048", "-nodes", "-keyout", "server.key", "-out", "server.csr",
        "-subj", "/CN=localhost")
    run("x509", "-req", "-in", "server.csr", "-CA", "ca.crt", "-CAkey", "ca.key",
        "-CAcreateserial", "-days", "30", "-extfile", "ext", "-out", "server.crt")
    with open(where + "/trust.pem", "w") as out:
        for part in ("/etc/ssl/certs/ca-certificates.crt", where + "/ca.crt"):
            if os.path.exists(part):
                with open(part) as f:
                    out.write(f.read())


def users():
    """Whom Dovecot runs as: its own users under root, else the one who calls."""
    me = pwd.getpwuid(os.getuid())
    if os.getuid() != 0:
        return {"internal": me.pw_name, "login": me.pw_name, "uid": me.pw_uid, "gid": me.pw_gid,
                "internal_group": me.pw_gid}
    mail = pwd.getpwnam("mail")
    return {"internal": "dovecot", "login": "dovenull", "internal_group": "dovecot",
            "uid": mail.pw_uid, "gid": mail.pw_gid}


class Server:
    """One running Dovecot. `prefix` runs it elsewhere (ip netns exec NAME)."""

    def __init__(self, where, mail, address="127.0.0.1", prefix=(), ports=None):
        self.dir, self.address, self.prefix = where, address, list(prefix)
        os.makedirs(where)
        os.chmod(where, 0o755)
        self.pop3, self.pop3s, self.imap = ports or free_ports(3)
        who = users()
        certificates(where)
        self.trust, self.ca = where + "/trust.pem", where + "/ca.crt"
        with open(where + "/dovecot.conf", "w") as f:
            f.write(CONF.format(dir=where, mail=mail, address=address, pop3=self.pop3,
                                pop3s=self.pop3s, imap=self.imap, password=PASSWORD,
                                cores=os.cpu_count(), **who))
        self.log = where + "/dovecot.log"
        self.process = None

    def start(self):
        command = self.prefix + [installed(), "-F", "-c", self.dir + "/dovecot.conf"]
        self.process = subprocess.Popen(command, start_new_session=True,
                                        stdin=subprocess.DEVNULL)
        for _ in range(100):
            if self.answers():
                return self
            if self.process.poll() is not None:
                break
            time.sleep(0.1)
        self.stop()
        raise RuntimeError("Dovecot did not start; see " + self.log)

    def answers(self):
        if not os.path.exists(self.dir + "/run/master.pid"):
            return False
        if self.prefix:  # another network: its own log must do
            return os.path.exists(self.log) and "starting up" in open(self.log).read()
        try:
            with socket.create_connection((self.address, self.pop3), 2) as s:
                s.settimeout(2)
                return s.recv(3) == b"+OK"
        except OSError:
            return False

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def mark(self):
        """A place in the log, for sent()."""
        return os.path.getsize(self.log)

    def sent(self, mark):
        """Bytes that went out to POP3 clients in sessions that ended after the mark."""
        time.sleep(0.3)
        with open(self.log, errors="replace") as f:
            f.seek(mark)
            return sum(int(n) for n in re.findall(r"Disconnected: .* out=(\d+)", f.read()))
