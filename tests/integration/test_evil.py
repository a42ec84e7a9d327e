# SPDX-License-Identifier: Apache-2.0
"""A malicious POP3 server: every lie has its class and its words, costs bounded memory and
time, brings nothing into the store that is not whole; and once it is good, all mail comes."""
import os
import subprocess
import time

from lib import PASSWORD, ROOT, Brygga, message, same_bodies, sha, until, wire
from evilpop3 import EvilPop3  # lib knows where the servers are
from trouble import QUICK, quiet, troubled, wait_alert

# What a visit of a server of this kind ends with. "": it brings all the mail.
LIES = {
    "greeting-endless": ("BRG-POP3-0006", "not a POP3 server"),
    "greeting-of-another": ("BRG-POP3-0006", "not a POP3 server"),
    "silent": ("BRG-NET-0027", "said nothing for 1 s"),
    "closes": ("BRG-POP3-0005", "closed the connection without a greeting"),
    "early-answers": ("BRG-POP3-0008", "is not POP3"),
    "temporary": ("BRG-POP3-0014", "passing trouble"),
    "line-endless": ("BRG-POP3-0009", "line without end"),
    "listing-endless": ("BRG-POP3-0019", "more than 1000000 messages"),
    "uidl-nul": ("BRG-POP3-0008", "to UIDL is not POP3"),
    "uidl-same-number": ("BRG-POP3-0008", "to UIDL is not POP3"),
    "uidl-negative": ("BRG-POP3-0008", "to UIDL is not POP3"),
    "uidl-huge-number": ("BRG-POP3-0008", "to UIDL is not POP3"),
    "uidl-duplicate": ("", ""),
    "uidl-long": ("", ""),
    "list-negative": ("BRG-POP3-0008", "to LIST is not POP3"),
    "list-huge": ("", ""),
    "list-differs": ("", ""),
    "larger": ("", ""),
    "cut": ("BRG-POP3-0007", "closed the connection during RETR"),
    "no-dot": ("BRG-NET-0005", "sent nothing for 1 s"),
    "no-dot-but-more": ("BRG-NET-0005", "sent nothing for 1 s"),
    "refused-one": ("item", "BRG-POP3-0030"),
    "garbage": ("BRG-POP3-0008", "to RETR is not POP3"),
    "drip": ("BRG-CORE-0004", "within its time"),
    "message-endless": ("BRG-CORE-0004", "within its time"),
    "line-of-message-endless": ("BRG-CORE-0004", "within its time"),
    "quit-silent": ("", ""),
}
MEMORY_KB = 160000


def evil(t, how="good", n=4):
    server = EvilPop3([wire(message(i, size=20000)) for i in range(n)], how)
    t.at_end(server.stop)
    return server


def profile(b, name, server, **more):
    b.profile(name, port=server.port, tls="none", host="127.0.0.1", read_timeout="1s", **more)
    b.mailbox(name, name)


def visit(b, name):
    """`brygga visit` with what it cost: (status, words, seconds, kB)."""
    began = time.monotonic()
    with open(os.path.join(b.folder, "said"), "w+") as said:
        p = subprocess.Popen([os.path.join(ROOT, "bin", "brygga"), "-c", b.conf, "visit", name],
                             stdout=subprocess.DEVNULL, stderr=said, stdin=subprocess.DEVNULL)
        _, status, usage = os.wait4(p.pid, 0)
        p.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        return p.returncode, said.read().strip(), time.monotonic() - began, usage.ru_maxrss


def check_lie(b, server, how, code, words):
    name = "m-" + how
    status, said, took, memory = visit(b, name)
    assert took < 8, f"{how}: took {took:.1f} s"
    assert memory < MEMORY_KB, f"{how}: took {memory} kB"
    lane, whole = b.lane(name), {sha(body) for body in server.messages}
    stored = b.bodies(name)
    assert set(stored) <= whole, f"{how}: something that is not whole was stored"
    assert max(stored.values(), default=1) == 1, f"{how}: a message is in the store twice"
    assert PASSWORD not in said and "@" not in said, said
    if code == "item":
        parked = [a for a in b.alerts() if a["object"] == name]
        assert status == 0 and len(stored) == len(whole) - 1, (how, said, stored)
        assert [a["scope"] for a in parked] == ["item"] and parked[0]["code"] == words, parked
        return
    if not code:
        assert status == 0, f"{how}: {said}"
        same_bodies(stored, server.messages, how)
        return
    assert status == 1 and len(said.splitlines()) == 1, f"{how}: {status} {said!r}"
    assert f"[{code}" in said and words in said, f"{how}: {said}"
    assert lane["code"].startswith(code) and lane["outcome"] in (
        "transient failure", "server failure", "permanent failure"), lane


def test_lies(t):
    """each lie: its class and words, bounded memory and time, nothing half; then all mail comes"""
    b = Brygga(t, role_incoming={"visit-timeout": "2s", "visit-time": "1s"},
               schedule={"retry": "1s", "server-retry": "1s", "probe": "1s"})
    servers = {how: evil(t, how) for how in LIES}
    for how, server in servers.items():
        profile(b, "m-" + how, server)
    b.apply()
    for how, (code, words) in LIES.items():
        check_lie(b, servers[how], how, code, words)
    for how, server in servers.items():
        server.how = "good"
    time.sleep(1)  # the pause of the item that was refused
    for how, server in servers.items():
        status, said, _, _ = visit(b, "m-" + how)
        assert status == 0, f"{how}, mended: {said}"
        same_bodies(b.bodies("m-" + how), server.messages, f"{how}, mended")
        assert b.lane("m-" + how)["state"] == "enabled", how
        assert "DELE" not in server.commands, "something was deleted"
    assert b.alerts() == [], b.alerts()


def test_one_cut_message(t):
    """a message that always breaks the connection is passed over after three times"""
    b, good = troubled(t, schedule={**QUICK, "retries": "10"})
    server = evil(t, "cut")
    profile(b, "cut", server, pipelining="no")
    b.apply()
    b.start()
    alert = wait_alert(b, "cut", "BRG-POP3-0032", scope="item")
    assert "three times" in alert["text"], alert
    until(lambda: len(b.bodies("cut")) == 3, 15, "the other three")
    good.goes_on()
    server.how = "good"
    until(lambda: len(b.bodies("cut")) == 4, 15, "the message, once the server is well")
    same_bodies(b.bodies("cut"), server.messages, "cut")
    until(lambda: b.alerts() == [], 10, "the end of the alert")
    quiet(b)
    assert b.stop() == 0


def test_deletes(t):
    """delete-after-store at a lying server: nothing is deleted before it is stored, all is in the end"""
    b = Brygga(t, schedule={"retry": "1s"})
    servers = {how: evil(t, how) for how in ("cut", "no-dot-but-more", "dele-refused",
                                             "dele-silent", "quit-silent", "quit-refused")}
    for how, server in servers.items():
        name = "m-" + how
        b.profile(name, port=server.port, tls="none", host="127.0.0.1", read_timeout="1s")
        b.mailbox(name, name, owner="queue", delete_after_store="yes")
    b.apply()
    for how, server in servers.items():
        name = "m-" + how
        status, said, took, _ = visit(b, name)
        whole = set(b.bodies(name))
        asked = {sha(server.messages[int(n) - 1]) for n in server.asked}
        assert took < 8 and asked <= whole, f"{how}: {said}"
        if how in ("cut", "no-dot-but-more"):
            assert status == 1 and not asked, f"{how}: {said}"
        elif how != "dele-silent":
            assert len(asked) == 4, f"{how}: {said} {server.commands}"
    for how, server in servers.items():
        server.how = "good"
        name = "m-" + how
        for _ in range(2):
            status, said, _, _ = visit(b, name)
            assert status == 0, f"{how}: {said}"
        same_bodies(b.bodies(name), server.messages, how)
        assert server.gone == {1, 2, 3, 4}, f"{how}: {server.gone} are gone"
    assert b.alerts() == [], b.alerts()


def test_neighbours(t):
    """many evil servers at once hold up nobody, and their alerts go when they are well"""
    b, good = troubled(t, role_incoming={"visit-timeout": "3s", "visit-time": "2s"})
    hows = ["silent", "greeting-endless", "drip", "message-endless", "line-endless",
            "greeting-of-another", "uidl-nul"]
    servers = {how: evil(t, how) for how in hows}
    for how, server in servers.items():
        profile(b, how, server)
    b.apply()
    b.start()
    wait_alert(b, "silent", "BRG-NET-0027", scope="profile")
    wait_alert(b, "greeting-of-another", "BRG-POP3-0006", scope="profile")
    for how in ("uidl-nul", "line-endless"):
        wait_alert(b, how, LIES[how][0])
    for _ in range(2):
        good.goes_on()
    assert "process.died" not in b.log() and "visit.overrun" not in b.log(), b.log()
    for server in servers.values():
        server.how = "good"
    for how, server in servers.items():
        until(lambda: len(b.bodies(how)) == len(server.messages), 25, f"mail of {how}")
        same_bodies(b.bodies(how), server.messages, how)
    until(lambda: b.alerts() == [], 15, "the end of all alerts", 0.1)
    quiet(b)
    assert b.stop() == 0


def test_stopped(t):
    """a visit that is only stopped forgets neither the trouble nor its alert"""
    b, good = troubled(t)
    server = evil(t, "greeting-of-another")
    profile(b, "bo", server)
    b.profiles["bo"]["read-timeout"] = "60s"
    b.apply()
    b.start()
    code = LIES["greeting-of-another"][0]
    wait_alert(b, "bo", code, scope="profile")
    server.how = "silent"
    until(lambda: b.visit_row("bo")[1], 10, "a visit under way")
    time.sleep(0.3)  # it waits for the greeting
    began = time.monotonic()
    assert b.stop() == 0
    assert time.monotonic() - began < 5, "a visit that waits does not listen"
    lane = b.lane("bo")
    assert lane["outcome"] == "stopped" and lane["code"] == code, lane
    server.how = "good"
    b.start()
    until(lambda: len(b.bodies("bo")) == 4, 15, "mail of bo")
    until(lambda: b.alerts() == [], 10, "the end of the alert", 0.1)
    good.goes_on()
    assert b.stop() == 0
