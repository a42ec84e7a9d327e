# SPDX-License-Identifier: Apache-2.0
"""A private provider of OAuth tokens on loopback: oidc-provider, installed by npm for the tests.

The versions of all packages are pinned by tests/servers/oidc/package-lock.json.
"""
import json
import os
import subprocess
import sys
import urllib.request

import npm
from npm import Missing  # noqa: F401


def install(folder):
    npm.install("oidc", folder)


class Provider:
    def __init__(self, folder, log):
        self.folder = folder
        self.log = log
        self.process = None
        self.port = None

    def start(self):
        with open(self.log, "w") as log:
            self.process = subprocess.Popen(
                ["node", "provider.mjs"], cwd=self.folder, stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=log, text=True)
        for line in self.process.stdout:
            if line.strip().isdigit():
                self.port = int(line)
                return self
        self.stop()
        with open(self.log) as f:
            sys.stderr.write(f.read()[-2000:])
        raise RuntimeError("oidc-provider did not start")

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait()
        self.process = None

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def do(self, door, **values):
        """One of the back doors of provider.mjs."""
        request = urllib.request.Request(f"{self.url}/test/{door}", json.dumps(values).encode())
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=20) as answer:
            return json.load(answer)
