# SPDX-License-Identifier: Apache-2.0
"""Disks: full, read-only, not ours. Nothing is lost, and what heals by itself goes on by itself."""
import ctypes
import os
import shutil
import subprocess
import time

from lib import ROOT, Brygga, Skip, deliver, same_bodies, serve, until
from trouble import quiet, told, troubled

CLONE_NEWNS = 0x20000
NOBODY = 65534


def small_disk(t, size="24M"):
    """A file system of the test's own, in a mount namespace of its own."""
    if os.geteuid() != 0:
        raise Skip("needs root to mount a small file system")
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNS) != 0:
        raise Skip("no private mount namespace here")
    folder = os.path.join(t.folder, "disk")
    os.makedirs(folder)
    for command in (["mount", "--make-rprivate", "/"],
                    ["mount", "-t", "tmpfs", "-o", f"size={size},mode=0755", "none", folder]):
        if subprocess.run(command, capture_output=True).returncode != 0:
            raise Skip("cannot mount here")
    t.at_end(lambda: subprocess.run(["umount", "-l", folder], check=True))
    return folder


class Filler:
    """Takes what is free, and gives it back. There from the start: a full disk has no room for it."""

    def __init__(self, folder):
        self.path = os.path.join(folder, "filler")
        with open(self.path, "wb") as f:
            f.write(bytes(4096))

    def fill(self, leave=0):
        free = os.statvfs(os.path.dirname(self.path))
        size = free.f_bavail * free.f_bsize - leave
        try:
            with open(self.path, "ab") as f:
                while size > 0:
                    size -= f.write(bytes(min(size, 4096)))
                    f.flush()
        except OSError:
            pass

    def free(self):
        os.unlink(self.path)


def test_full(t):
    """the disk is full: nothing lost or deleted, one line; space again, and it goes on"""
    disk = small_disk(t)
    filler = Filler(disk)
    b, good = troubled(t, core={"state": os.path.join(disk, "state")})
    b.state = os.path.join(disk, "state")
    os.makedirs(b.state, mode=0o700)
    server = serve(t, ["bo", "support", "new"])
    b.profile("mail", server)
    b.mailbox("bo", "mail")
    b.mailbox("support", "mail", owner="queue", delete_after_store="yes")
    b.apply()
    b.start()
    good.goes_on()
    used = os.statvfs(disk)
    assert used.f_bavail * 4 > used.f_blocks, f"{used.f_bavail} of {used.f_blocks} blocks are free"
    filler.fill()
    # The large one does not even fit on its way into the store.
    bodies = {"bo": deliver(server, "bo", range(29), size=20000) +
              deliver(server, "bo", [29], size=4000000),
              "support": deliver(server, "support", range(100, 130), size=20000)}
    good.bodies += deliver(good.server, "anna", range(5000, 5030), size=20000)
    until(lambda: "BRG-SQLITE-0001" in b.log(), 15, "a word about the full disk")
    time.sleep(6)
    # One line for each thing that goes on trying; and one a visit, where the store still had
    # room to note that it had failed.
    lines = [line for line in b.log().splitlines() if "BRG-SQLITE-0001" in line]
    trying = [line.split()[0] for line in lines if "visit.failed" not in line]
    assert len(trying) == len(set(trying)) <= 6 and len(lines) < 30, lines
    told(b, "BRG-SQLITE-0001", "the disk that holds", b.state, "is full", "free some space")
    assert b.daemon.poll() is None
    # Old pages of the log are written again and need no space: some mail may yet have come in.
    left = {user: server.count(user) for user in bodies}
    assert left["bo"] == 30, left
    stored = sum(b.bodies("support").values())
    assert left["support"] + stored >= 30, f"{left} left, {stored} stored"
    assert b.run("status", ok=False).stdout, "status says nothing"
    b.run("mailbox", "list")
    done = b.run("apply", b.directory, ok=False)
    assert done.returncode == 0 or "full" in done.stderr, done
    b.mailbox("new", "mail")
    try:
        b.apply()
    except AssertionError as why:
        assert "is full" in str(why), why

    filler.free()
    b.apply()
    until(lambda: all(len(b.bodies(user)) == 30 for user in bodies), 30, "all the mail")
    for user in bodies:
        same_bodies(b.bodies(user), bodies[user], user)
    until(lambda: server.count("support") == 0, 15, "the deletes")
    assert server.count("bo") == 30
    until(lambda: b.alerts() == [], 15, "the end of all alerts", 0.1)
    good.goes_on()
    quiet(b)
    assert b.sql("PRAGMA integrity_check") == [("ok",)]
    assert b.stop() == 0


def test_readonly_mount(t):
    """a state folder on a read-only file system: one line, and no start until it is writable"""
    disk = small_disk(t)
    b = Brygga(t, core={"state": os.path.join(disk, "state")})
    b.state = os.path.join(disk, "state")
    os.makedirs(b.state, mode=0o700)
    b.profile("mail", host="localhost")
    b.mailbox("bo", "mail")
    b.apply()
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
    done = start(b, ROOT)
    assert done.returncode == 1 and len(done.stderr.splitlines()) == 1, done
    assert "mounted read-only" in done.stderr and b.state in done.stderr, done.stderr
    for command in (["visit", "bo"], ["apply", b.directory]):
        done = b.run(*command, ok=False)
        assert done.returncode == 1 and "mounted read-only" in done.stderr, done
    subprocess.run(["mount", "-o", "remount,rw", disk], check=True)
    b.start()
    assert b.stop() == 0


def installed(t):
    """A copy of what is installed that everybody can reach: the tree may lie in root's home."""
    root = os.path.join(t.folder, "root")
    for name in ("bin", "sbin", "lib/brygga"):
        shutil.copytree(os.path.join(ROOT, name), os.path.join(root, name))
    return root


def start(b, root, program="bryggad", args=(), timeout=6, **how):
    """Run it for some seconds as its own user; returns what it said."""
    path = os.path.join(root, "sbin" if program == "bryggad" else "bin", program)
    p = subprocess.Popen([path, "-c", b.conf, *args], stdin=subprocess.DEVNULL, text=True,
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE, **how)
    try:
        out, err = p.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        p.terminate()
        out, err = p.communicate()
        p.returncode = None
    return subprocess.CompletedProcess([program], p.returncode, out, err)


def test_readonly_store(t):
    """a store or folder that we may not write: said in one line, and well when it may be"""
    how = {}
    root = installed(t)
    b = Brygga(t, plugins=os.path.join(root, "lib", "brygga"))
    if os.geteuid() == 0:  # root may write everywhere
        how = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
    b.profile("mail", host="localhost")
    b.mailbox("bo", "mail")
    b.apply()
    for path in [b.state] + [os.path.join(b.state, name) for name in os.listdir(b.state)]:
        os.chown(path, *([NOBODY, NOBODY] if how else [-1, -1]))
    for path in (b.folder, b.conf):
        os.chmod(path, 0o755)
    db = os.path.join(b.state, "brygga.db")
    os.chmod(b.state, 0o500)
    denied = " ".join((start(b, root, **how).stderr,
                       start(b, root, "brygga", ["visit", "bo"], **how).stderr))
    assert denied.count("BRG-CONF-0060") == 2 and denied.count(b.state) == 2, denied
    assert "Permission denied" in denied and len(denied.splitlines()) == 2, denied
    os.chmod(b.state, 0o700)
    os.chmod(db, 0o400)
    done = start(b, root, "brygga", ["visit", "bo"], **how)
    assert done.returncode == 1 and len(done.stderr.splitlines()) == 1, done
    assert db in done.stderr and "cannot be written: check its permissions" in done.stderr, done

    log = open(b.log_path, "w")
    p = subprocess.Popen([os.path.join(root, "sbin", "bryggad"), "-c", b.conf], stderr=log,
                         stdin=subprocess.DEVNULL, **how)
    t.at_end(p.kill)
    until(lambda: "BRG-SQLITE-0002" in b.log(), 10, "a word about the store")
    time.sleep(1)
    assert p.poll() is None, "the daemon gave up; the store may become writable"
    assert "process.died" not in b.log() and b.log().count("BRG-SQLITE-0002") == 1, b.log()
    os.chmod(db, 0o600)
    until(lambda: b.log().count("worker.ready") == 4, 15, "the daemon at work by itself")
    p.terminate()
    assert p.wait(20) == 0
    quiet(b)
