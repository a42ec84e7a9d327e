#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""README and guides tell the truth: their commands run, their configuration is accepted, their C
compiles; what the README claims stands in docs/tested-with.md and docs/benchmarks.md.

A block of ini or c begins with a comment that names its file. A sh block is run where the files
are, after the blocks above it. text is not run. Other kinds of blocks are refused.

readme.py --numbers    writes the README's numbers from docs/benchmarks.md
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "tests", "servers"))
import dovecot  # noqa: E402
import smtpsink  # noqa: E402

ROOT = os.environ.get("BRYGGA_ROOT", "/nowhere")
PASSWORD = "open-sesame"  # as the guides write it
# Those in one row share their files and their store.
GUIDES = [["docs/administrator.md", "docs/privacy.md"], ["docs/connector-author.md"]]
BEGIN, END = "<!-- numbers: ", "<!-- end of numbers -->\n"
failed = 0


def result(good, name, why=""):
    global failed
    failed += not good
    print("%s - %s" % ("ok" if good else "not ok", name), flush=True)
    for line in str(why).splitlines()[-20:] if not good else ():
        print("# " + line)


def read(name):
    with open(os.path.join(TOP, name)) as f:
        return f.read()


def cells(line):
    return [c.strip() for c in line.strip().strip("|").split("|")]


# ---- the blocks ---------------------------------------------------------------------------

class Sandbox:
    """A home folder, a mailbox on a private server, and the installed Brygga in the PATH."""

    def __init__(self, work, server, cwd=None):
        self.home = work
        self.cwd = cwd or work
        os.makedirs(work + "/etc", exist_ok=True)
        os.makedirs(work + "/var", mode=0o700)
        self.names = [("/home/me", work), ("/etc/brygga", work + "/etc"),
                      ("/var/lib/brygga", work + "/var")]
        self.sink = smtpsink.Sink()
        self.server = [("host = pop.example.org",
                        f"host = localhost\nport = {server.pop3s}\nca-file = {server.ca}"),
                       ("host = smtp.example.org\ntls = starttls",
                        f"host = localhost\nport = {self.sink.port}\ntls = none\nauth = none")]
        self.env = dict(os.environ, HOME=work, BRYGGA_CONFIG=work + "/etc/brygga.conf",
                        PATH=f"{ROOT}/bin:{ROOT}/sbin:{os.environ['PATH']}",
                        PKG_CONFIG_PATH=ROOT + "/lib/pkgconfig")

    def localize(self, text, names):
        for old, new in names:
            text = text.replace(old, new)
        return text

    def run(self, command):
        return subprocess.run(["bash", "-eu", "-o", "pipefail"], input=command, cwd=self.cwd,
                              text=True, env=self.env, timeout=900,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def write(self, name, text):
        path = os.path.join(self.cwd, self.localize(name, self.names))
        with open(path, "w") as f:
            f.write(self.localize(text, self.names + self.server))
        return path

    def sh(self, block):
        return self.run(self.localize(block, self.names))

    def ini(self, block):
        path = self.write(re.match(r"# (\S+)\n", block).group(1), block)
        if not path.endswith(".conf"):
            return self.run(f"brygga -c '{self.conf}' check '{path}' 3</dev/null")
        self.conf = path
        # Where nothing is installed for the whole system, the plugins are elsewhere.
        if "\nplugins = " not in block:
            block = block.replace("[core]\n", f"[core]\nplugins = {ROOT}/lib/brygga\n")
            self.write(re.match(r"# (\S+)\n", block).group(1), block)
        return self.run(f"brygga -c '{path}' check")

    def c(self, block):
        path = self.write(re.match(r"/\* (\S+) \*/\n", block).group(1), block)
        return self.run(f"cc -std=gnu99 -Wall -Wextra -Wno-unused-result -Werror -fsyntax-only "
                        f"$(pkg-config --cflags brygga) '{path}'")


def run_blocks(name, sandbox):
    kinds = {"sh": sandbox.sh, "ini": sandbox.ini, "c": sandbox.c}
    what = {"sh": "runs", "ini": "is accepted", "c": "compiles"}
    blocks = re.findall(r"^```(\w*)\n(.*?)^```$", read(name), re.M | re.S)
    result(bool(blocks), f"{name}: has blocks")
    for i, (kind, block) in enumerate(blocks, 1):
        if kind == "text":
            continue
        if kind not in kinds:
            result(False, f"{name}: block {i} is of an unknown kind", kind or "(none)")
            continue
        done = kinds[kind](block)
        result(done.returncode == 0, f"{name}: block {i} ({kind}) {what[kind]}", done.stdout)
    run_after(name, sandbox)


# Beyond the blocks' own status: what the reader should have seen.
AFTER = {
    "README.md": [
        ("the reader's mail is in the store",
         "test $(brygga -c brygga.conf record list me --json | grep -c fjordfisk.example) -ge 5; "
         "grep -q 'From: Lena' message.eml"),
        ("the connector greets", f"""
            cp -r {ROOT}/lib/brygga hello-plugins
            install -m 644 hello.so hello-plugins/connector/
            install -d -m 700 hello-state
            printf '[core]\nstate = %s/hello-state\n' "$PWD" >hello.conf
            printf 'plugins = %s/hello-plugins\n' "$PWD" >>hello.conf
            printf '[storage]\nplugin = sqlite\n[connector hello]\n' >>hello.conf
            printf '[user u]\naccept = all\n[profile p]\nconnector = hello\nname = world\n' >hello.ini
            printf '[mailbox u]\nuser = u\nprofile = p\naddress = u@example.org\n' >>hello.ini
            brygga -c hello.conf apply hello.ini
            brygga -c hello.conf visit u
            brygga -c hello.conf visit u
            test "$(brygga -c hello.conf record list u | grep -c hello@example.org)" = 1""")],
    "docs/administrator.md": [
        ("the mail of both ways to accept is in the store",
         "test $(brygga record list me --json | grep -c '\"id\"') = 5"),
        ("what was written to the customer is with the server",
         "test $(brygga record list --json | grep -c '\"direction\": \"outgoing\"') = 2; "
         "test $(brygga outbox list --json | grep -c record) = 0")],
    "docs/privacy.md": [
        ("she is gone, and was handed over before",
         "test $(brygga record list --json | grep -c lena@fjordfisk.example) = 0; "
         "grep -q 'From: Lena' /home/me/lena/*.eml"),
    ],
    "docs/connector-author.md": [
        ("the connector's mail is in the store once",
         "test $(brygga -c brygga.conf record list me | grep -c a@example.org) = 1")],
}


def run_after(name, sandbox):
    for what, command in AFTER[name]:
        done = sandbox.sh(command)
        result(done.returncode == 0, f"{name}: {what}", done.stdout)


def copy_tree(to):
    """The files of the project, without what was built."""
    try:
        names = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=TOP,
                               text=True, capture_output=True, check=True).stdout.split("\n")
    except (OSError, subprocess.CalledProcessError):
        # No git, or not its tree: all but what builds have left.
        shutil.copytree(TOP, to, symlinks=True, ignore=shutil.ignore_patterns(
            ".git", "build", "build-*", "demo", "autom4te.cache", "configure", "Makefile.in"))
        return
    for name in filter(None, names):
        target = os.path.join(to, name)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        if os.path.exists(os.path.join(TOP, name)):
            shutil.copy(os.path.join(TOP, name), target)


# ---- claims and numbers -----------------------------------------------------------------------

def check_tested(readme):
    rows = [cells(line) for line in read("docs/tested-with.md").splitlines()
            if line.startswith("|")][2:]
    known = {f"{r[0]} {r[1].split(',')[0]}" for r in rows
             if r[4].startswith("works") and re.match(r"\d{4}-\d\d-\d\d$", r[3])}
    head = readme.index("| what | works | tested with | not yet |")
    table = [cells(line) for line in readme[head:].split("\n\n")[0].splitlines()][2:]
    for what, works, tested, _ in table:
        result(bool(works) == bool(tested), f"README: {what}: what works is tested", works)
        for one in filter(None, tested.split(", ")):
            result(one in known, f"README: tested with {one} stands in docs/tested-with.md")
    seconds = re.search(r"# mail in the store: (\d+ s) from a bare Debian 12, (\d+ s) when built",
                        readme)
    debian = " ".join(r[2] for r in rows if r[0] == "Debian")
    result(seconds and f"{seconds[1]} from nothing, {seconds[2]} when built" in debian,
           "README: the seconds of the first command stand in docs/tested-with.md")


def sections(text):
    """[(title, {who: median seconds})] of the benchmarks that have a row of ours."""
    for part in re.split(r"^### ", text.split("\n## ")[0], flags=re.M)[1:]:
        rows = [cells(line) for line in part.splitlines() if line.startswith("|")]
        if not rows or len(rows[0]) < 2 or rows[0][1] != "median s":
            continue
        # What was measured with less and multiplied is marked.
        medians = {re.sub(r"[*]", "", r[0]).split(" ")[0]:
                   ("~" if re.search(r", times \d", r[-1]) else "") + r[1] for r in rows[2:]}
        if "brygga" in medians:
            yield part.splitlines()[0], medians


def numbers():
    text = read("docs/benchmarks.md")
    measured = list(sections(text))
    # The foundation is an older Brygga: of use to whoever changes this one.
    who = list(dict.fromkeys(name for _, medians in measured for name in medians
                             if name != "foundation"))
    first = ["brygga", "bare", "bare+store", "bare+connect"]
    who.sort(key=lambda name: first.index(name) if name in first else len(first))
    command = re.search(r"this run: (`[^`]*`)", text) or ["", "`make bench`"]
    date = re.search(r"^- date: (\S+)", text, re.M)
    out = ["| seconds | " + " | ".join("**brygga**" if w == "brygga" else w for w in who) + " |",
           "| --- |" + " ---: |" * len(who)]
    for title, medians in measured:
        out.append(f"| {title} | " + " | ".join(
            f"**{medians[w]}**" if w == "brygga" else medians.get(w, "-") for w in who) + " |")
    out += ["", f"Measured {date[1]} by {command[1]}",
            "against one Dovecot and one sink; *bare* is the limit, a program that keeps nothing.",
            "~: measured with fewer, multiplied. Machine, spread, CPU, and what was missed:",
            "[docs/benchmarks.md](docs/benchmarks.md)."]
    return "\n".join(out) + "\n"


def with_numbers(readme):
    begin = readme.index("\n", readme.index(BEGIN)) + 1
    return readme[:begin] + numbers() + readme[readme.index(END):]


# ---- all of it ------------------------------------------------------------------------------

def main():
    readme = read("README.md")
    if sys.argv[1:] == ["--numbers"]:
        with open(os.path.join(TOP, "README.md"), "w") as f:
            f.write(with_numbers(readme))
        return
    check_tested(readme)
    result(with_numbers(readme) == readme, "README: its numbers are those of docs/benchmarks.md",
           "run: python3 tests/install/readme.py --numbers")
    os.umask(0o022)
    work = tempfile.mkdtemp(prefix="brygga-readme-")
    os.chmod(work, 0o755)
    try:
        os.makedirs(work + "/server")
        with dovecot.Dovecot(work + "/server", {"me": PASSWORD, "support": PASSWORD}) as server:
            for i in range(5):
                server.deliver("me", b"From: Lena <lena@fjordfisk.example>\nSubject: %d\n"
                               b"Message-ID: <%d@fjordfisk.example>\n\nhello\n" % (i, i))
            copy_tree(work + "/tree")
            run_blocks("README.md", Sandbox(work + "/me", server, cwd=work + "/tree"))
            for i, guides in enumerate(GUIDES):
                sandbox = Sandbox(work + "/me%d" % i, server)
                for guide in guides:
                    run_blocks(guide, sandbox)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    sys.exit(1 if failed else 0)


main()
