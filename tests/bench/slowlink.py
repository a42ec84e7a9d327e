# SPDX-License-Identifier: Apache-2.0
"""Two network namespaces of our own with a slow link between them: a server in one, clients
in the other, nothing of the host's network touched. Needs root and /dev/net/tun."""

import os
import subprocess
import time

SERVER, CLIENT = "10.77.0.1", "10.77.0.2"


def possible():
    return os.geteuid() == 0 and os.path.exists("/dev/net/tun")


class SlowLink:
    def __init__(self, program, where, delay_ms):
        self.program, self.where, self.delay = program, where, delay_ms
        self.names = ["brg%d%s" % (os.getpid(), end) for end in ("s", "c")]
        self.process, self.made = None, []

    def __enter__(self):
        try:
            self.make()
        except BaseException:
            self.__exit__()
            raise
        return self

    def make(self):
        for name in self.names:
            ip("netns", "add", name)
            self.made.append(name)
            ip("-n", name, "link", "set", "lo", "up")
        ready = os.path.join(self.where, "delaylink.ready")
        self.process = subprocess.Popen([self.program, *self.names, str(self.delay), ready],
                                        stdin=subprocess.DEVNULL)
        for _ in range(100):
            if os.path.exists(ready):
                break
            time.sleep(0.05)
        for name, address in zip(self.names, (SERVER, CLIENT)):
            ip("-n", name, "addr", "add", address + "/24", "dev", "dl0")
            ip("-n", name, "link", "set", "dl0", "up", "mtu", "1500", "txqueuelen", "10000")
        os.unlink(ready)

    def at_server(self):
        return ["ip", "netns", "exec", self.names[0]]

    def at_client(self):
        return ["ip", "netns", "exec", self.names[1]]

    def __exit__(self, *_):
        if self.process:
            self.process.terminate()
            self.process.wait()
        for name in self.made:
            subprocess.run(["ip", "netns", "del", name], check=False)
        self.made = []


def ip(*args):
    subprocess.run(["ip", *args], check=True)
