# SPDX-License-Identifier: Apache-2.0
"""A private provider of OAuth tokens on loopback: oidc-provider, installed by npm for the tests.

The versions of all packages are pinned by tests/servers/oidc/package-lock.json.
"""
import json
import os
import shutil
import subprocess
import sys
import urllib.request

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "oidc")


class Missing(Exception):
    """It is not to be had here; the text says why."""


def install(folder):
    """Its packages, into this folder."""
    npm = shutil.which("npm")
    if not npm or not shutil.which("node"):
        raise Missing("npm and nodejs are not installed")
    os.makedirs(folder, exist_ok=True)
    for name in os.listdir(HERE):
        shutil.copy(os.path.join(HERE, name), folder)
    done = subprocess.run([npm, "ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund"],
                          cwd=folder, capture_output=True, text=True, timeout=300)
    if done.returncode != 0:
        shutil.rmtree(folder)
        lines = [line for line in done.stderr.splitlines() if line.strip()] or ["no reason given"]
        raise Missing(f"npm cannot install oidc-provider: {lines[-1]}")


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
