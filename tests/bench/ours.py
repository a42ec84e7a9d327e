# SPDX-License-Identifier: Apache-2.0
"""Brygga under measurement: a fresh state folder, mailboxes, commands and the daemon."""

import contextlib
import json
import os
import shutil
import subprocess
import time

import measure
from clients import write
from server import PASSWORD

CONF = """[core]
state = {where}/state
plugins = {plugins}
log = warning

[storage]
plugin = sqlite

{connectors}
[role incoming]
processes = {processes}
threads = {threads}
"""

PROFILE = """
[profile server]
connector = pop3
host = {host}
port = {port}
{tls}
max-connections = {connections}
"""

MAILBOX = """
[user {name}]
address = {name}@brygga.example

[mailbox {name}]
user = {name}
profile = server
address = {name}@brygga.example
username = {login}
password = file:{password}
{more}
"""


def plugins(build, where):
    """The built plugins as an installed folder has them."""
    for kind, names in (("connector", ("pop3", "smtp")), ("storage", ("sqlite",))):
        folder = os.path.join(where, "plugins", kind)
        os.makedirs(folder, exist_ok=True)
        for name in names:
            built = os.path.join(build, ".libs", name + ".so")
            if name != "smtp" or os.path.exists(built):  # the foundation did not send
                shutil.copy(built, folder)
    return os.path.join(where, "plugins")


class Brygga:
    name = "brygga"

    def __init__(self, build, server, where, plugin_dir):
        self.build, self.server, self.where, self.plugins = build, server, where, plugin_dir
        self.conf = where + "/brygga.conf"
        self.log = where + "/log"

    def command(self, *args):
        return [os.path.join(self.build, "brygga"), "-c", self.conf, *args]

    def fresh(self, logins, processes=1, threads=64, connections=64, tls=False, more="",
              people="", connectors=("pop3",)):
        """An empty store with these mailboxes (name -> login at the server). `more`: settings of
        each mailbox; `people`: further sections of the directory."""
        shutil.rmtree(self.where, ignore_errors=True)
        os.makedirs(self.where + "/state", mode=0o700)
        os.chmod(self.where, 0o700)
        write(self.conf, CONF.format(where=self.where, plugins=self.plugins,
                                     processes=processes, threads=threads,
                                     connectors="".join("[connector %s]\n" % name
                                                        for name in connectors)))
        secret = write(self.where + "/password", PASSWORD + "\n")
        s = self.server
        tls = "tls = implicit\nca-file = " + s.trust if tls else "tls = none\ninsecure-login = yes"
        port = s.pop3s if tls.startswith("tls = implicit") else s.pop3
        text = PROFILE.format(host=s.address, port=port, tls=tls, connections=connections)
        text += "".join(MAILBOX.format(name=name, login=login, password=secret, more=more or "accept = all")
                        for name, login in logins.items())
        self.check("apply", write(self.where + "/directory.conf", text + people))

    def check(self, *args):
        """A command that is not measured; it must succeed."""
        r = subprocess.run(self.command(*args), capture_output=True, text=True,
                           stdin=subprocess.DEVNULL)
        if r.returncode != 0:
            raise measure.Failed("brygga %s: %s" % (args[0], r.stderr.strip()[:400]))
        return r.stdout

    def status(self):
        return json.loads(self.check("--json", "status"))

    def probe_command(self, *args):
        return [os.path.join(self.build, "tests/bench/probe"), self.conf, *map(str, args)]

    def probe(self, *args):
        r = subprocess.run(self.probe_command(*args), capture_output=True, text=True,
                           stdin=subprocess.DEVNULL)
        if r.returncode != 0:
            raise measure.Failed("probe %s: %s" % (args[0], r.stderr.strip()[:400]))
        return json.loads(r.stdout)

    def wait(self, since_us, n, timeout=300):
        """Until n visits that started since then have ended well; when the last did."""
        seen = self.probe("wait", since_us, n, timeout)
        if seen["done"] < n:
            raise measure.Failed("%d of %d visits ended well, %d failed; see %s" %
                                 (seen["done"], n, seen["failed"], self.log))
        return seen

    @contextlib.contextmanager
    def daemon(self, prefix=()):
        with open(self.log, "ab") as log:
            child = subprocess.Popen([*prefix, os.path.join(self.build, "bryggad"), "-c",
                                      self.conf], stdin=subprocess.DEVNULL, stdout=log,
                                     stderr=log, start_new_session=True)
        try:
            yield child
        finally:
            child.terminate()
            try:
                child.wait(30)
            except subprocess.TimeoutExpired:
                measure.stop_group(child)

    def workers(self, child):
        """The processes of the daemon that visit mailboxes."""
        found = []
        for pid in measure.tree(child.pid):
            try:
                with open("/proc/%d/comm" % pid) as f:
                    if f.read().strip() == "incoming":
                        found.append(pid)
            except OSError:
                pass
        return found

    def settled(self, child):
        """Wait until the daemon rests: no more than a breath of CPU in half a second."""
        for _ in range(60):
            before = measure.tree_cpu(child.pid)
            time.sleep(0.5)
            if measure.tree_cpu(child.pid) - before <= 0.02:
                return
        raise measure.Failed("the daemon does not come to rest")
