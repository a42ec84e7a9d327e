# SPDX-License-Identifier: Apache-2.0
"""What the tests of trouble share: a good neighbour, quick pauses, and what must be told."""
import os
import shutil
import time

from lib import BUILD, PASSWORD, ROOT, Brygga, deliver, same_bodies, serve, until

# The pauses that the daemon makes for people's servers, as short as the settings allow.
QUICK = {"normal": "1s", "fastest": "1s", "slowest": "1s", "retry": "1s", "retries": "1",
         "server-retry": "1s", "probe": "1s", "probe-longest": "2s", "credentials": "60s"}


def plugins(t, *extra):
    """A plugin folder of the test's own: what is installed, and test plugins."""
    folder = os.path.join(t.folder, "plugins")
    if not os.path.exists(folder):
        for kind in ("connector", "storage"):
            os.makedirs(os.path.join(folder, kind), mode=0o755)
            installed = os.path.join(ROOT, "lib", "brygga", kind)
            for name in os.listdir(installed):
                if name.endswith(".so"):
                    shutil.copy(os.path.join(installed, name), os.path.join(folder, kind))
    for name in extra:
        shutil.copy(os.path.join(BUILD, ".libs", name + ".so"), os.path.join(folder, "connector"))
    return folder


class Neighbour:
    """A mailbox at a healthy server beside the trouble; it must go on all the time."""

    def __init__(self, t, b, server=None):
        self.b = b
        self.server = server or serve(t, ["anna"], name="healthy")
        self.bodies = deliver(self.server, "anna", range(5))
        b.profile("healthy", self.server)
        b.mailbox("anna", "healthy")

    def goes_on(self, seconds=15):
        """New mail comes in."""
        first = 1000 + len(self.bodies)
        self.bodies += deliver(self.server, "anna", range(first, first + 3))
        until(lambda: len(self.b.bodies("anna")) == len(self.bodies), seconds,
              "new mail of the good neighbour")
        self.is_whole()

    def is_whole(self):
        same_bodies(self.b.bodies("anna"), self.bodies, "the good neighbour")
        count = self.server.count("anna")
        assert count == len(self.bodies), f"{count} of {len(self.bodies)} left at its server"


def troubled(t, plugin_names=(), **sections):
    """A Brygga with quick pauses, and its good neighbour."""
    sections.setdefault("schedule", QUICK)
    b = Brygga(t, plugins=plugins(t, *plugin_names), **sections)
    for name in plugin_names:
        b.sections["connector " + name] = {}
    b.write_config()
    return b, Neighbour(t, b)


def alert_of(b, name, scope="mailbox"):
    """The one open alert of an object."""
    found = [a for a in b.alerts() if a["object"] == name and a["scope"] == scope]
    assert len(found) <= 1, found
    return found[0] if found else None


def wait_alert(b, name, code, scope="mailbox", seconds=20):
    """Wait for an alert; returns it."""
    def look():
        a = alert_of(b, name, scope)
        return a and a["code"] == code and a
    try:
        return until(look, seconds, f"alert {code} for {name}", 0.1)
    except AssertionError as why:
        raise AssertionError(f"{why}: {b.alerts()} {b.json('mailbox', 'list')}") from None


def wait_lane(b, name, seconds=15, **wanted):
    """Wait until the lane shows these values; returns it."""
    def look():
        lane = b.lane(name)
        return all(lane.get(k) == v for k, v in wanted.items()) and lane
    try:
        return until(look, seconds, f"{name} with {wanted}", 0.1)
    except AssertionError as why:
        raise AssertionError(f"{why}: {b.lane(name)}") from None


def quiet(b, *secrets):
    """The default log names no secret, no address and no subject, and is not flooded."""
    log = b.log()
    for word in (PASSWORD, "@", "Subject", "hemlig") + secrets:
        assert word not in log, [line for line in log.splitlines() if word in line][:3]


def told(b, code, *words):
    """One line of the log has the code, and what a person needs."""
    lines = [line for line in b.log().splitlines() if code in line]
    assert lines, f"no {code} in the log:\n{b.log()[-2000:]}"
    for word in words:
        assert word in lines[0], f"no {word!r} in {lines[0]!r}"
    return lines


def visit_fails(b, name, code, *words):
    """`brygga visit` fails with this one line."""
    done = b.run("visit", name, ok=False)
    lines = done.stderr.strip().splitlines()
    assert done.returncode == 1 and len(lines) == 1, (done.returncode, done.stderr)
    assert lines[0].startswith("brygga: ") and lines[0].endswith(f"[{code}]"), lines
    for word in words:
        assert word in lines[0], f"no {word!r} in {lines[0]!r}"
    assert PASSWORD not in done.stderr
    return lines[0]


def wait(seconds):
    time.sleep(seconds)
