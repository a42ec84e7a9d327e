# SPDX-License-Identifier: Apache-2.0
"""What goes wrong at mail servers: the right class, words that a person can act on, nothing
lost, others go on; and when it is mended the alert clears itself."""
import os
import ssl
import subprocess

from lib import PASSWORD, deliver, dovecot, message, same_bodies, serve, until, wire, write
from evilpop3 import EvilPop3  # lib knows where the servers are
from trouble import QUICK, alert_of, quiet, told, troubled, visit_fails, wait_alert, wait_lane


def heals(b, name, bodies, good, seconds=20):
    """After it was mended: all mail comes, the lane is well, no alert is left."""
    until(lambda: len(b.bodies(name)) == len(bodies), seconds, f"mail of {name}")
    same_bodies(b.bodies(name), bodies, name)
    lane = wait_lane(b, name, state="enabled", code=None)
    assert lane["failures"] == 0, lane
    until(lambda: b.alerts() == [], 15, "the end of all alerts", 0.1)
    good.goes_on()


def test_password(t):
    """a wrong password: disabled at once, tried seldom, healed by the right one"""
    b, good = troubled(t)
    server = serve(t, ["bo"])
    bodies = deliver(server, "bo", range(4))
    wrong = write(os.path.join(t.folder, "wrong"), "felaktigt-lösen\n")
    b.profile("mail", server)
    b.mailbox("bo", "mail", password=f"file:{wrong}")
    b.apply()
    b.start()
    alert = wait_alert(b, "bo", "BRG-POP3-0011")
    assert alert["level"] == "error" and "refused the user name or the password" in alert["text"]
    lane = b.lane("bo")
    assert lane["state"] == "disabled" and lane["outcome"] == "permanent failure", lane
    good.goes_on()
    good.goes_on()
    assert alert_of(b, "bo")["count"] == 1, "a refused password was tried again at once"
    lines = told(b, "BRG-POP3-0011", "visit.failed", "localhost refused the user name")
    assert len(lines) == 1, lines
    quiet(b, "felaktigt")
    visit_fails(b, "bo", "BRG-POP3-0011", "localhost", "password")
    b.mailboxes["bo"]["password"] = f"file:{b.password}"
    b.apply()
    heals(b, "bo", bodies, good)
    assert server.count("bo") == 4
    assert b.stop() == 0


def test_address(t):
    """a wrong host name and a closed port: the server's fault, and no mailbox's"""
    b, good = troubled(t)
    server = serve(t, ["bo", "eva"])
    bodies = {user: deliver(server, user, range(4)) for user in ("bo", "eva")}
    b.profile("bo", server, host="pop.wrong.invalid")
    b.profile("eva", server, port=1)
    b.mailbox("bo", "bo")
    b.mailbox("eva", "eva")
    b.apply()
    b.start()
    for name, code, words in (("bo", "BRG-NET-0001", "the host pop.wrong.invalid was not found"),
                              ("eva", "BRG-NET-0002", "localhost refuses connections on port 1")):
        alert = wait_alert(b, name, code, scope="profile")
        assert alert["level"] == "warning" and alert["text"] == words, alert
        # However often: the lane stays enabled.
        lane = until(lambda: (lambda v: v["failures"] > 2 and v)(b.lane(name)), 15, "failures")
        assert lane["state"] == "enabled" and lane["outcome"] == "server failure", lane
        assert lane["error"] == words, lane
        told(b, code, f'reason="{words}"')
        visit_fails(b, name, code, words)
    good.goes_on()
    quiet(b)
    b.profiles["bo"]["host"] = "localhost"
    b.profile("other", server)
    b.mailboxes["eva"]["profile"] = "other"  # the profile that fails is left behind
    b.apply()
    for name in ("bo", "eva"):
        heals(b, name, bodies[name], good)
    # A lane that is turned off in trouble leaves no alert that nobody would ever clear.
    b.profiles["other"]["port"] = 1
    b.apply()
    b.run("sync", "eva")
    wait_alert(b, "other", "BRG-NET-0002", scope="profile")
    b.mailboxes["eva"]["incoming"] = "no"
    b.apply()
    lane = wait_lane(b, "eva", state="off", code=None)
    assert b.alerts() == [], (b.alerts(), lane)
    assert b.stop() == 0


def certificate(folder, name, *, days="30", san="DNS:localhost", ca="ca", start=None):
    """A certificate of the authority in the folder, for tests of what may be wrong with one."""
    def openssl(*args):
        subprocess.run(["openssl", *args], check=True, cwd=folder, capture_output=True)
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{name}.key", "-out",
            f"{name}.csr", "-subj", "/CN=mail.example.com")
    write(os.path.join(folder, "ext"), f"subjectAltName={san}\n")
    openssl("x509", "-req", "-in", f"{name}.csr", "-CA", f"{ca}.pem", "-CAkey", f"{ca}.key",
            "-CAcreateserial", "-out", f"{name}.pem", "-days", days, "-extfile", "ext")


CERTIFICATES = {
    "expired": ("BRG-NET-0009", "expired on"),
    "name": ("BRG-NET-0011", "is for other names: pop.other.example"),
    "unknown": ("BRG-NET-0013", "was issued by Private test authority, which is not trusted"),
    "clear": ("BRG-NET-0007", "answered in clear text"),
    "stls": ("BRG-POP3-0010", "refused STLS, so nothing was sent to it"),
    "early": ("BRG-NET-0016", "between its yes to TLS and TLS itself"),
}


def test_tls(t):
    """an expired certificate, another name, an unknown authority, no TLS, refused STLS"""
    b, good = troubled(t)
    healthy, folder = good.server, good.server.folder
    certificate(folder, "expired", days="-1")
    certificate(folder, "name", san="DNS:pop.other.example")
    servers = {}
    for name in ("expired", "name"):
        at = os.path.join(t.folder, name)
        os.makedirs(at)
        for suffix in (".pem", ".key"):
            write(os.path.join(at, "server" + suffix),
                  open(os.path.join(folder, name + suffix), "rb").read())
        write(os.path.join(at, "ca.pem"), open(os.path.join(folder, "ca.pem"), "rb").read())
        servers[name] = serve_as(t, at, name)
        b.profile(name, servers[name])
    servers["unknown"] = serve(t, ["unknown"], name="unknown")
    b.profile("unknown", servers["unknown"])
    del b.profiles["unknown"]["ca-file"]
    servers["clear"] = serve(t, ["clear"], name="clear")
    b.profile("clear", servers["clear"], port=servers["clear"].pop3)
    bodies = {name: deliver(server, name, range(4)) for name, server in servers.items()}
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(os.path.join(folder, "server.pem"), os.path.join(folder, "server.key"))
    mails = [wire(message(i)) for i in range(4)]
    evil = {"stls": EvilPop3(mails), "early": EvilPop3(mails, "early-tls", context)}
    for name, server in evil.items():
        t.at_end(server.stop)
        bodies[name] = mails
        b.profile(name, port=server.port, tls="starttls", ca_file=healthy.ca)
    for name in CERTIFICATES:
        b.mailbox(name, name)
    b.apply()
    b.start()
    for name, (code, words) in CERTIFICATES.items():
        alert = wait_alert(b, name, code, scope="profile")
        assert words in alert["text"] and "localhost" in alert["text"], alert
        lane = b.lane(name)
        assert lane["state"] == "enabled" and lane["outcome"] == "server failure", lane
        told(b, code, "localhost", words)
        visit_fails(b, name, code, "localhost", words)
    for server in evil.values():
        assert not {"AUTH", "USER", "PASS"} & set(server.commands), server.commands
    good.goes_on()
    quiet(b)

    for name in ("expired", "name"):
        for suffix in (".pem", ".key"):
            write(os.path.join(servers[name].folder, "server" + suffix),
                  open(os.path.join(folder, "server" + suffix), "rb").read())
        servers[name].restart()
    b.profiles["unknown"]["ca-file"] = servers["unknown"].ca
    b.profiles["clear"]["tls"] = "starttls"
    evil["stls"].tls = context
    evil["early"].how = "good"
    b.apply()
    for name in CERTIFICATES:
        heals(b, name, bodies[name], good)
    assert b.stop() == 0


def serve_as(t, folder, user):
    server = dovecot.Dovecot(folder, {user: PASSWORD})
    t.at_end(server.stop)
    return server.start()


def test_locked(t):
    """a maildrop that another session holds: it passes, without an alert"""
    b, good = troubled(t, schedule={**QUICK, "retries": "30"})
    mails = [wire(message(i)) for i in range(4)]
    server = EvilPop3(mails, "locked")
    t.at_end(server.stop)
    b.profile("mail", port=server.port, tls="none")
    b.mailbox("bo", "mail")
    b.apply()
    b.start()
    lane = wait_lane(b, "bo", code="BRG-POP3-0012")
    assert lane["outcome"] == "transient failure" and lane["state"] == "enabled", lane
    assert "another session holds the maildrop" in lane["error"], lane
    assert b.alerts() == [], "an alert for what passes by itself"
    told(b, "BRG-POP3-0012", "localhost")
    visit_fails(b, "bo", "BRG-POP3-0012", "localhost")
    good.goes_on()
    server.how = "good"
    heals(b, "bo", mails, good)
    quiet(b)
    assert b.stop() == 0


def test_no_uidl(t):
    """a server without UIDL is refused with the reason, before any mail is read"""
    b, good = troubled(t)
    mails = [wire(message(i)) for i in range(4)]
    server = EvilPop3(mails, "no-uidl")
    t.at_end(server.stop)
    b.profile("old", port=server.port, tls="none")
    b.mailbox("bo", "old")
    b.apply()
    b.start()
    alert = wait_alert(b, "bo", "BRG-POP3-0016")
    assert "has no UIDL, so mail there cannot be told apart" in alert["text"], alert
    lane = b.lane("bo")
    assert lane["state"] == "disabled" and lane["outcome"] == "permanent failure", lane
    assert not {"RETR", "TOP", "DELE"} & set(server.commands), server.commands
    visit_fails(b, "bo", "BRG-POP3-0016", "localhost")
    good.goes_on()
    quiet(b)
    server.how = "good"
    heals(b, "bo", mails, good)
    assert b.stop() == 0


def test_loose_tongue(t):
    """a server whose refusal repeats the password or an address: neither is passed on"""
    b, good = troubled(t)
    server = EvilPop3([], "echo")
    other = EvilPop3([], "who")
    for s in (server, other):
        t.at_end(s.stop)
    b.profile("echo", port=server.port, tls="none")
    b.profile("who", port=other.port, tls="none")
    b.mailbox("bo", "echo")
    b.mailbox("eva", "who")
    b.apply()
    b.start()
    alert = wait_alert(b, "bo", "BRG-POP3-0011")
    assert "withheld" in alert["server_said"], alert
    # People who ask for the alert see the server's words; the log names nobody.
    alert = wait_alert(b, "eva", "BRG-POP3-0011")
    assert "<anna@example.com>" in alert["server_said"], alert
    told(b, "BRG-POP3-0011", "said=")
    assert "no such user <(address)>" in b.log(), b.log()
    good.goes_on()
    quiet(b)
    assert b.stop() == 0


def test_other_lanes(t):
    """outgoing mail and appointments asked of a POP3 profile are refused with a sentence"""
    b, good = troubled(t)
    server = serve(t, ["bo"])
    b.profile("mail", server)
    for lane, words in (("act", "appointments, contacts"), ("outgoing", "outgoing")):
        b.mailbox("bo", "mail", **{lane: "yes"})
        done = refused_apply(b)
        assert words in done and "pop3" in done, done
        assert "directory.ini:" in done, done
    del b.mailboxes["bo"]
    b.apply()
    b.start()
    good.goes_on()
    assert b.stop() == 0


def refused_apply(b):
    """What `apply` and `check` say of a directory that they refuse; nothing is changed."""
    before = b.json("mailbox", "list") if os.path.exists(os.path.join(b.state, "brygga.db")) else []
    try:
        b.apply()
    except AssertionError as why:
        done = b.run("check", b.directory, ok=False)
        assert done.returncode == 1, "check finds nothing"
        after = b.json("mailbox", "list") if before else []
        assert before == after
        return str(why) + done.stderr + done.stdout
    raise AssertionError("apply took it")
