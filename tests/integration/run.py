#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Integration tests against real servers: run.py [-j N] [GROUP ...]

A group is a file test_GROUP.py beside this one; each of its functions that begin with
test_ is a test, named by its docstring. GROUP:WORD runs those whose names hold the word. With
-j N so many groups run at the same time, each in a process of its own. $BRYGGA_ROOT is where Brygga is installed and
$BRYGGA_BUILD_DIR where it was built (for the test plugins). With $BRYGGA_KEEP the files of
failed tests stay.
"""
import argparse
import concurrent.futures
import importlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
import traceback

GROUPS = ["fetch", "kill", "die-at", "rename", "reload", "clock", "threads", "isolation", "errors",
          "evil", "config", "disk", "records", "zones", "track", "privacy", "send", "report", "cli", "mta", "oauth", "http", "ews", "conformance", "calendar",
          "exchange_mail", "folders", "ews_story", "ews_stories"]


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
                lines += [f"{path}:"] + f.read().splitlines()[-15 if path.endswith(".log") else 0:]
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


def run_group(group, root):
    """How many of its tests failed."""
    group, _, only = group.partition(":")
    module = importlib.import_module("test_" + group.replace("-", "_"))
    return sum(not run(function, f"{group}: {function.__doc__}", root)
               for key, function in list(vars(module).items())
               if key.startswith("test_") and callable(function) and only in key)


def run_apart(group):
    """The same in a process of its own; what it said comes in one piece."""
    done = subprocess.run([sys.executable, __file__, group], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, errors="replace")
    print(done.stdout, end="", flush=True)
    return done.returncode


def main():
    args = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    args.add_argument("-j", "--jobs", type=int, default=1)
    args.add_argument("groups", nargs="*", default=GROUPS)
    opt = args.parse_args()
    if opt.jobs > 1 and len(opt.groups) > 1:
        with concurrent.futures.ThreadPoolExecutor(opt.jobs) as pool:
            return 1 if any(list(pool.map(run_apart, opt.groups))) else 0
    os.umask(0o022)
    root = tempfile.mkdtemp(prefix="brygga-test-")
    os.chmod(root, 0o755)
    os.environ["BRYGGA_TEST_FOLDER"] = root
    failed = sum(run_group(group, root) for group in opt.groups)
    if not failed or not os.environ.get("BRYGGA_KEEP"):
        shutil.rmtree(root, ignore_errors=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
