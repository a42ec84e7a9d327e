#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""README and guides tell the truth: their shell commands run, their configuration is accepted,
and what the README claims to be tested with stands in docs/tested-with.md."""
import os
import re
import shutil
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
ROOT = os.environ["BRYGGA_ROOT"]
failed = 0


def result(good, name, why=""):
    global failed
    failed += not good
    print("%s - %s" % ("ok" if good else "not ok", name))
    for line in why.splitlines()[-20:] if not good else ():
        print("# " + line)


def blocks(text, kind):
    return re.findall(r"^```%s\n(.*?)^```" % kind, text, re.M | re.S)


def copy_tree(to):
    """The files of the project, without what was built."""
    try:
        names = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=TOP, text=True,
                               capture_output=True, check=True).stdout.split("\n")
    except (OSError, subprocess.CalledProcessError):
        # No git, or not its tree: all but what builds have left.
        shutil.copytree(TOP, to, symlinks=True, ignore=shutil.ignore_patterns(
            ".git", "build", "build-*", "demo", "autom4te.cache", "configure*", "Makefile.in"))
        shutil.copy(os.path.join(TOP, "configure.ac"), to)
        return
    for name in filter(None, names):
        target = os.path.join(to, name)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        if os.path.exists(os.path.join(TOP, name)):
            shutil.copy(os.path.join(TOP, name), target)


def run_commands(text, name, work):
    for i, block in enumerate(blocks(text, "sh"), 1):
        done = subprocess.run(["bash", "-e"], input=block, cwd=work, text=True, stderr=subprocess.STDOUT,
                              stdout=subprocess.PIPE, timeout=600)
        result(done.returncode == 0, "%s: shell block %d runs" % (name, i), done.stdout)


def check_configuration(text, work):
    conf, mail = [b.replace("/home/me", work) for b in blocks(text, "ini")][:2]
    os.makedirs(work + "/brygga", mode=0o700)
    conf = conf.replace("[core]\n", "[core]\nplugins = %s/lib/brygga\n" % ROOT)
    for name, content in (("brygga.conf", conf), ("mail.ini", mail)):
        with open(os.path.join(work, name), "w") as f:
            f.write(content)
    with open(os.open(work + "/.pop-password", os.O_CREAT | os.O_WRONLY, 0o600), "w") as f:
        f.write("secret\n")
    for args in (["check", "mail.ini"], ["apply", "mail.ini"]):
        done = subprocess.run([ROOT + "/bin/brygga", "-c", "brygga.conf", *args], cwd=work, text=True,
                              stderr=subprocess.STDOUT, stdout=subprocess.PIPE)
        result(done.returncode == 0, "README: brygga %s takes its files" % args[0], done.stdout)


def check_tested(readme):
    with open(os.path.join(TOP, "docs/tested-with.md")) as f:
        rows = [[c.strip() for c in line.strip("|\n ").split("|")] for line in f if line.startswith("|")]
    known = {"%s %s" % (r[0], r[1]) for r in rows[2:] if r[4].startswith("works")}
    table = [line for line in readme.splitlines() if line.startswith("|")]
    claims = [line.strip("| ").split("|")[2].strip() for line in table[2:] if line.count("|") == 5]
    for claim in filter(None, claims):
        result(claim in known, "README: tested with %s stands in docs/tested-with.md" % claim)
    result(bool(claims), "README: the table of what works is there")


def main():
    with open(os.path.join(TOP, "README.md")) as f:
        readme = f.read()
    check_tested(readme)
    work = tempfile.mkdtemp(prefix="brygga-readme-")
    os.chmod(work, 0o755)
    try:
        os.makedirs(work + "/me")
        check_configuration(readme, work + "/me")
        copy_tree(work + "/tree")
        run_commands(readme, "README", work + "/tree")
    finally:
        shutil.rmtree(work, ignore_errors=True)
    sys.exit(1 if failed else 0)


main()
