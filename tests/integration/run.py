#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Integration tests against real servers: run.py [GROUP ...]

A group is a file test_GROUP.py beside this one; each of its functions that begin with
test_ is a test, named by its docstring. $BRYGGA_ROOT is where Brygga is installed and
$BRYGGA_BUILD_DIR where it was built (for the test plugins). With $BRYGGA_KEEP the files of
failed tests stay.
"""
import importlib
import os
import shutil
import sys
import tempfile
import time
import traceback

GROUPS = ["fetch", "kill", "die-at", "rename", "reload", "clock", "threads", "isolation", "errors",
          "evil", "config", "disk", "records", "zones", "track", "privacy", "send", "report", "cli", "mta", "oauth"]


class Test:
    """What a test gets: a folder, and a way to clean up."""

    def __init__(self, folder):
        self.folder = folder
        self.logs = []
        self.ends = []

    def at_end(self, function):
        self.ends.append(function)

    def end(self):
        for function in reversed(self.ends):
            try:
                function()
            except Exception:  # the others must be ended too
                traceback.print_exc()


def say_why(test):
    lines = traceback.format_exc().rstrip().splitlines()[-12:]
    for path in test.logs:
        if os.path.exists(path):
            with open(path, errors="replace") as f:
                lines += [f"{path}:"] + f.read().splitlines()[-15:]
    for line in lines:
        print("# " + line)


def run(function, name, root):
    from lib import Skip
    test = Test(tempfile.mkdtemp(dir=root))
    os.chmod(test.folder, 0o755)
    began = time.monotonic()
    result = True
    try:
        function(test)
        print(f"ok - {name}")
    except Skip as why:
        print(f"ok - {name} # SKIP {why}")
    except Exception:
        result = False
        print(f"not ok - {name}")
        say_why(test)
    test.end()
    print(f"# {time.monotonic() - began:.1f} s", flush=True)
    if result or not os.environ.get("BRYGGA_KEEP"):
        shutil.rmtree(test.folder, ignore_errors=True)
    return result


def main():
    os.umask(0o022)
    root = tempfile.mkdtemp(prefix="brygga-test-")
    os.chmod(root, 0o755)
    os.environ["BRYGGA_TEST_FOLDER"] = root
    failed = 0
    for group in sys.argv[1:] or GROUPS:
        group, _, only = group.partition(":")
        module = importlib.import_module("test_" + group.replace("-", "_"))
        for key, function in list(vars(module).items()):
            if key.startswith("test_") and callable(function) and only in key:
                failed += not run(function, f"{group}: {function.__doc__}", root)
    if not failed or not os.environ.get("BRYGGA_KEEP"):
        shutil.rmtree(root, ignore_errors=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
