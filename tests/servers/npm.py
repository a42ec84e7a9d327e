# SPDX-License-Identifier: Apache-2.0
"""Packages that the tests have from npm. All versions are pinned by the package-lock.json beside each."""
import os
import shutil
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))


class Missing(Exception):
    """It is not to be had here; the text says why."""


def install(name, folder):
    """What tests/servers/NAME wants, with the files that lie there, into this folder."""
    npm = shutil.which("npm")
    if not npm or not shutil.which("node"):
        raise Missing("npm and nodejs are not installed")
    os.makedirs(folder, exist_ok=True)
    for file in os.listdir(os.path.join(HERE, name)):
        shutil.copy(os.path.join(HERE, name, file), folder)
    done = subprocess.run([npm, "ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund"],
                          cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode != 0:
        shutil.rmtree(folder)
        lines = [line for line in done.stderr.splitlines() if line.strip()] or ["no reason given"]
        raise Missing(f"npm cannot install what {name} wants: {lines[-1]}")
