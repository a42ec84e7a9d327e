# SPDX-License-Identifier: Apache-2.0
"""Time, CPU and memory of commands and of running process trees; and the machine."""

import os
import platform
import signal
import statistics
import subprocess
import time


class Failed(Exception):
    """A measured command did not do its work."""


def run(argv, out=None, timeout=900):
    """Run to the end: {"seconds", "cpu"} with all that it started."""
    with open(out or os.devnull, "ab") as log:
        start = time.monotonic()
        child = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                 start_new_session=True)
        try:
            status, usage = wait(child, timeout)
        except BaseException:
            stop_group(child)
            raise
    return {"seconds": time.monotonic() - start, "cpu": usage.ru_utime + usage.ru_stime,
            "status": os.waitstatus_to_exitcode(status)}


def wait(child, timeout):
    """os.wait4 with an end to patience."""
    def late(_number, _frame):
        raise Failed("%s: not done after %d s" % (child.args[0], timeout))

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(timeout)
    try:
        _, status, usage = os.wait4(child.pid, 0)
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
    child.returncode = os.waitstatus_to_exitcode(status)
    return status, usage


def stop_group(child):
    """End a command that we gave a session of its own, and what it started."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(child.pid, sign)
        except ProcessLookupError:
            return
        try:
            child.wait(10)
            return
        except subprocess.TimeoutExpired:
            pass


def median(values):
    return statistics.median(values)


def tree(pid):
    """The process and all below it."""
    parents = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open("/proc/%s/stat" % name) as f:
                    parents[int(name)] = int(f.read().rsplit(")", 1)[1].split()[1])
            except (OSError, IndexError):
                pass
    found, more = {pid}, True
    while more:
        more = {p for p, parent in parents.items() if parent in found} - found
        found |= more
    return sorted(found)


def tree_cpu(pid):
    """Seconds of CPU of a running tree, of its dead children too."""
    ticks = 0
    for p in tree(pid):
        try:
            with open("/proc/%d/stat" % p) as f:
                ticks += sum(int(n) for n in f.read().rsplit(")", 1)[1].split()[11:15])
        except OSError:
            pass
    return ticks / os.sysconf("SC_CLK_TCK")


def memory(pid, field):
    """A field of /proc/PID/status in KiB (VmHWM, VmRSS); 0 if it is gone."""
    try:
        with open("/proc/%d/status" % pid) as f:
            for line in f:
                if line.startswith(field + ":"):
                    return int(line.split()[1])
    except OSError:
        pass
    return 0


def fsync_ms(where):
    """What the disk takes to make 4 KiB durable: the median of 100."""
    path, took = os.path.join(where, "fsync"), []
    fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    for _ in range(100):
        os.write(fd, b"x" * 4096)
        start = time.monotonic()
        os.fdatasync(fd)
        took.append(time.monotonic() - start)
    os.close(fd)
    os.unlink(path)
    return median(took) * 1000


def machine(where):
    """Lines that say where the numbers come from."""
    def first(path, key):
        with open(path) as f:
            for line in f:
                if line.startswith(key):
                    return line.split(":", 1)[1].strip()
        return "?"

    disk = subprocess.run(["df", "--output=fstype,source", where], capture_output=True,
                          text=True).stdout.split()[-2:]
    system = "?"
    if os.path.exists("/etc/os-release"):
        with open("/etc/os-release") as f:
            system = dict(line.rstrip().split("=", 1) for line in f if "=" in line
                          ).get("PRETTY_NAME", "?").strip('"')
    return ["CPU: %s, %d cores" % (first("/proc/cpuinfo", "model name"), os.cpu_count()),
            "memory: %d GiB" % (int(first("/proc/meminfo", "MemTotal").split()[0]) // 2**20 + 1),
            "system: %s, Linux %s" % (system, platform.release()),
            "disk: %s on %s, 4 KiB made durable in %.2f ms" % (disk[0], disk[1],
                                                               fsync_ms(where)),
            "load before the run: %.2f" % os.getloadavg()[0]]
