# SPDX-License-Identifier: Apache-2.0
"""Signing in with OAuth: a real provider (oidc-provider), and a real Dovecot that asks it whether a
token is good. No mailbox may lose its sign-in, whatever is killed or revoked."""
import base64
import json
import os
import random
import shutil
import signal
import subprocess
import time

from lib import ROOT, Brygga, Skip, deliver, same_bodies, serve, until, write

import oidc

SCOPE = "openid offline_access mail"
DOVECOT = """
auth_mechanisms = plain xoauth2 oauthbearer
passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {path}
}}
"""
INTROSPECTION = """introspection_mode = post
introspection_url = http://server:server-secret@127.0.0.1:{port}/token/introspection
active_attribute = active
active_value = true
username_attribute = {attribute}
"""


def provide(t):
    packages = os.path.join(os.environ["BRYGGA_TEST_FOLDER"], "oidc-provider")
    if not os.path.exists(packages):
        try:
            oidc.install(packages)
        except oidc.Missing as why:
            raise Skip(str(why)) from None
    provider = oidc.Provider(packages, os.path.join(t.folder, "provider.log"))
    t.logs.append(provider.log)
    t.at_end(provider.stop)
    return provider.start()


def serve_tokens(t, provider, users, attribute="sub", **how):
    """A Dovecot that takes no passwords of these users, only tokens."""
    path = write(os.path.join(t.folder, "oauth2.conf"),
                 INTROSPECTION.format(port=provider.port, attribute=attribute), 0o644)
    return serve(t, users, extra=DOVECOT.format(path=path), **how)


def setup(t, users=("anna",), client="brygga", tls=True, **sections):
    """A provider, a server with mail, and a Brygga whose mailboxes have no password."""
    provider = provide(t)
    server = serve_tokens(t, provider, users, tls=tls)
    bodies = {user: deliver(server, user, range(10 * i, 10 * i + 3)) for i, user in enumerate(users)}
    b = Brygga(t, **sections)
    b.provider = provider
    where = {} if tls else {"host": "127.0.0.1", "port": server.pop3, "tls": "none"}
    b.profile("office", server if tls else None, **where, oauth="sign-in", oauth_token_url=provider.url + "/token",
              oauth_device_url=provider.url + "/device/auth", oauth_client_id=client,
              oauth_scope=SCOPE)
    for user in users:
        b.mailbox(user, "office")
        del b.mailboxes[user]["password"]
    if client == "brygga":
        b.apply()
    return provider, server, b, bodies


class Login:
    """`brygga auth login` with a person at the other end."""

    def __init__(self, b, name):
        self.process = subprocess.Popen(
            [os.path.join(ROOT, "bin", "brygga"), "-c", b.conf, "--json", "auth", "login", name],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        b.t.at_end(self.process.kill)
        text = ""
        for line in self.process.stdout:
            text += line
            try:
                self.shown = json.loads(text)
                break
            except ValueError:
                pass

    def end(self):
        self.process.stdout.close()
        said = self.process.stderr.read()
        self.process.stderr.close()
        return self.process.wait(60), said


def login(b, name, account=None):
    one = Login(b, name)
    b.provider.do("approve", code=one.shown["code"], account=account or name)
    status, said = one.end()
    assert status == 0, said


def age(b):
    """The access token is to be renewed now."""
    for mailbox, name, value in b.sql("SELECT mailbox, name, value FROM state"
                                      " WHERE name LIKE '.oauth.%'"):
        line, rest = value.split(b"\n", 1)
        meta = json.loads(line)
        meta["renew"] = 1
        b.change("UPDATE state SET value = ? WHERE mailbox = ? AND name = ?",
                 json.dumps(meta).encode() + b"\n" + rest, mailbox, name)


def visit_ok(b, name, **how):
    return b.run("visit", name, **how)


def visit_fails(b, name, code):
    done = b.run("visit", name, ok=False)
    assert done.returncode == 1 and code in done.stderr, done.stderr
    return done.stderr


def codes(b):
    return [alert["code"] for alert in b.alerts()]


def test_sign_in_and_fetch(t):
    """a person signs in, mail comes; a rotated refresh token is used once, ten times in a row"""
    provider, server, b, bodies = setup(t)
    said = visit_fails(b, "anna", "BRG-OAUTH-0010")
    assert "brygga auth login anna" in said, said
    assert codes(b) == ["BRG-OAUTH-0010"] and b.lane("anna")["state"] == "disabled"
    login(b, "anna")
    assert codes(b) == [] and b.lane("anna")["state"] == "enabled"
    visit_ok(b, "anna")
    same_bodies(b.bodies(), bodies["anna"], "the first visit")
    for i in range(10):
        bodies["anna"] += deliver(server, "anna", [100 + i])
        age(b)
        visit_ok(b, "anna")
        visit_ok(b, "anna")
    same_bodies(b.bodies(), bodies["anna"], "eleven visits")
    counts = provider.do("counts")
    assert counts["refresh"] == counts["rotated"] == 10, counts
    shown = b.json("auth", "status")
    assert [s["name"] for s in shown] == ["anna"] and shown[0]["signed_in"], shown


def test_secrets(t):
    """no token is to be found in the store, the state folder or a log"""
    provider, _, b, _ = setup(t)
    login(b, "anna")
    b.start(env={"BRYGGA_LOG": "debug"})
    b.sync("anna")
    age(b)
    b.sync("anna")
    provider.do("forget")
    b.sync("anna")
    b.stop()
    secrets = provider.do("secrets")
    assert len(secrets) >= 3, secrets
    for root, _, files in os.walk(b.folder):
        for name in files:
            with open(os.path.join(root, name), "rb") as f:
                data = f.read()
            found = [s for s in secrets if s.encode() in data]
            assert not found, f"{name} holds {found}"


def test_revoked(t):
    """a revoked sign-in makes an alert that says how to sign in; signing in mends it at once"""
    provider, server, b, bodies = setup(t)
    login(b, "anna")
    b.start()
    b.sync("anna")
    provider.do("revoke", account="anna")
    age(b)
    b.sync("anna")
    lane = until(lambda: (lambda l: l if l["state"] == "disabled" else None)(b.lane("anna")),
                 what="the lane's end")
    assert "brygga auth login anna" in lane["error"], lane
    alerts = b.alerts()
    assert [a["code"] for a in alerts] == ["BRG-OAUTH-0011"], alerts
    assert "brygga auth login anna" in alerts[0]["text"], alerts
    bodies["anna"] += deliver(server, "anna", [50])
    login(b, "anna")
    until(lambda: len(b.bodies()) == 4, what="the mail that came meanwhile")
    assert codes(b) == [] and b.lane("anna")["state"] == "enabled"
    b.stop()


def test_token_ends_early(t):
    """an access token that the server refuses before its time is replaced in the same visit"""
    provider, server, b, bodies = setup(t)
    login(b, "anna")
    visit_ok(b, "anna")
    provider.do("forget")
    bodies["anna"] += deliver(server, "anna", [50])
    visit_ok(b, "anna")
    same_bodies(b.bodies(), bodies["anna"], "after the token ended")
    assert provider.do("counts")["refresh"] == 1


def test_device(t):
    """the device's polls are never too early, slow_down or not; an expired and a declined code"""
    provider, _, b, _ = setup(t)
    one = Login(b, "anna")
    assert one.shown["url"] == provider.url + "/device", one.shown
    provider.do("slow")
    until(lambda: provider.do("counts")["poll"] >= 2, what="the second poll")
    provider.do("approve", code=one.shown["code"], account="anna")
    status, said = one.end()
    assert status == 0, said
    counts = provider.do("counts")
    assert counts["too_early"] == 0 and counts["poll"] >= 3, counts
    visit_ok(b, "anna")
    b.run("auth", "logout", "anna")
    visit_fails(b, "anna", "BRG-OAUTH-0010")
    provider.do("set", code=2)
    status, said = Login(b, "anna").end()
    assert status == 1 and "BRG-OAUTH-0007" in said, said
    provider.do("set", code=600)
    one = Login(b, "anna")
    provider.do("deny", code=one.shown["code"])
    status, said = one.end()
    assert status == 1 and "BRG-OAUTH-0008" in said, said
    shown = b.json("auth", "status", "anna")
    assert shown[0]["signed_in"] is None, shown
    done = b.run("auth", "logout", "anna", "--lang", "sv")
    assert "ingen är inloggad för anna" in done.stdout, done.stdout


def test_clock_skew(t):
    """a provider whose clock is an hour off, and a machine whose clock is: no token is wasted"""
    provider, _, b, _ = setup(t, tls=False)  # a certificate would not be good yet
    for skew in 3600, -3600:
        provider.do("set", skew=skew)
        login(b, "anna")
        before = provider.do("counts")["refresh"]
        visit_ok(b, "anna")
        visit_ok(b, "anna")
        assert provider.do("counts")["refresh"] == before
        age(b)
        visit_ok(b, "anna")
        visit_ok(b, "anna")
        assert provider.do("counts")["refresh"] == before + 1
    provider.do("set", skew=0)
    if not shutil.which("faketime"):
        raise Skip("faketime is not installed")
    for jump in "+2h", "-2h":
        before = provider.do("counts")["refresh"]
        for _ in range(3):
            done = subprocess.run(
                ["faketime", "-f", jump, os.path.join(ROOT, "bin", "brygga"), "-c", b.conf, "visit",
                 "anna"], capture_output=True, text=True, timeout=60)
            assert done.returncode == 0, (jump, done.stderr)
        assert provider.do("counts")["refresh"] <= before + 1, jump
    visit_ok(b, "anna")


def die_at(b, n):
    return b.run("visit", "anna", ok=False, env={"BRYGGA_DIE_AT": str(n)})


def points(t, grace):
    """Kill a refreshing visit at each point in turn. Returns at how many the provider had
    rotated and the store did not know."""
    provider, server, b, bodies = setup(t)
    provider.do("set", grace=grace)
    login(b, "anna")
    visit_ok(b, "anna")
    lost, n = 0, 0
    while True:
        n += 1
        assert n < 40
        age(b)
        bodies["anna"] += deliver(server, "anna", [1000 + n])
        before = provider.do("counts")["rotated"]
        refresh = b.sql("SELECT value FROM state WHERE name LIKE '.oauth.%'")[0][0]
        if die_at(b, n).returncode == 0:
            break
        now = b.sql("SELECT value FROM state WHERE name LIKE '.oauth.%'")[0][0]
        unknown = provider.do("counts")["rotated"] > before and \
            now.split(b"\n", 1)[1] == refresh.split(b"\n", 1)[1]
        lost += unknown
        if unknown and not grace:
            said = visit_fails(b, "anna", "BRG-OAUTH-0011")
            assert "brygga auth login anna" in said, said
            login(b, "anna")
        visit_ok(b, "anna")
        same_bodies(b.bodies(), bodies["anna"], f"after the death at {n}")
    print(f"# {n - 1} points; at {lost} the answer was there and not stored")
    return lost


def test_kill_with_grace(t):
    """SIGKILL at every point of a refreshing visit; the provider knows that answers get lost"""
    assert points(t, 600) == 2


def test_kill_without_grace(t):
    """the same with a provider that does not: only an answer that was not stored asks for a sign-in"""
    assert points(t, 0) == 2  # "received" and "about to be stored"


def test_two_processes(t):
    """two processes need the same token at the same moment: one asks, both go on"""
    users = ("anna", "bo")
    provider, _, b, _ = setup(t, users)
    # One sign-in for the whole profile; the server takes both names for the same person.
    b.mailboxes["bo"]["username"] = "ANNA"
    b.profiles["office"]["max-connections"] = 4
    b.apply()
    login(b, "office", "anna")
    for _ in range(5):
        age(b)
        provider.do("set", delay=400)
        before = provider.do("counts")["refresh"]
        both = [subprocess.Popen([os.path.join(ROOT, "bin", "brygga"), "-c", b.conf, "visit", user],
                                 stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
                for user in users]
        said = [p.communicate(timeout=60)[1] for p in both]
        assert [p.returncode for p in both] == [0, 0], said
        assert provider.do("counts")["refresh"] == before + 1
    assert provider.do("counts")["refused"] == provider.do("counts")["poll"] - 1


def test_kills_in_the_daemon(t):
    """workers are killed again and again while tokens live for seconds: everybody stays signed in"""
    users = ("anna", "bo", "cia")
    provider, server, b, bodies = setup(t, users, role_incoming={"processes": 2, "threads": 3})
    provider.do("set", grace=600, token=2, delay=50)
    for user in users:
        login(b, user)
    dice = random.Random(4)
    b.start()
    end = time.monotonic() + 12
    number = 100
    while time.monotonic() < end:
        user = dice.choice(users)
        bodies[user] += deliver(server, user, [number])
        number += 1
        b.run("sync", user)
        time.sleep(dice.uniform(0.05, 0.6))
        workers = b.children("incoming")
        if workers and dice.random() < 0.5:
            try:
                os.kill(dice.choice(workers), signal.SIGKILL)
            except ProcessLookupError:
                pass
    for user in users:
        b.run("sync", user)
    until(lambda: all(sum(b.bodies(user).values()) >= len(bodies[user]) for user in users), 60,
          "all mail")
    b.stop()
    assert provider.do("counts")["refresh"] >= 5, provider.do("counts")
    for user in users:
        age(b)
        visit_ok(b, user)
        same_bodies(b.bodies(user), bodies[user], user)
    assert not [c for c in codes(b) if "OAUTH" in c], b.alerts()


def test_provider_down(t):
    """a provider that is not well costs nobody the sign-in and disables nothing"""
    provider, _, b, _ = setup(t)
    login(b, "anna")
    visit_ok(b, "anna")
    for status in 500, 503, 404:
        provider.do("set", down=status)
        age(b)
        code = "BRG-OAUTH-0006" if status == 404 else "BRG-OAUTH-0004"
        visit_fails(b, "anna", code)
        assert b.lane("anna")["state"] == "enabled"
        provider.do("set", down=0)
        until(lambda: b.run("visit", "anna", ok=False).returncode == 0, 30, "the next try", 0.5)
    assert codes(b) == []


def test_secret_client(t):
    """a client with a secret that needs escaping signs in and refreshes"""
    provider, _, b, bodies = setup(t, client="private")
    secret = write(os.path.join(b.folder, "secret"), "a secret: 1+1\n")
    b.profiles["office"]["oauth-client-secret"] = f"file:{secret}"
    b.apply()
    login(b, "anna")
    visit_ok(b, "anna")
    age(b)
    visit_ok(b, "anna")
    assert provider.do("counts")["rotated"] == 1
    b.profiles["office"]["oauth-client-secret"] = f"file:{b.password}"
    b.apply()
    age(b)
    visit_fails(b, "anna", "BRG-OAUTH-0002")


def test_client_credentials(t):
    """client credentials: no person, one token for the profile"""
    provider = provide(t)
    server = serve_tokens(t, provider, ["robot"], attribute="client_id")
    bodies = deliver(server, "robot", range(3))
    b = Brygga(t)
    secret = write(os.path.join(b.folder, "secret"), "robot-secret\n")
    b.profile("office", server, oauth="client-credentials", oauth_client_id="robot",
              oauth_token_url=provider.url + "/token", oauth_client_secret=f"file:{secret}")
    b.mailbox("robot", "office")
    b.apply()
    visit_ok(b, "robot")
    visit_ok(b, "robot")
    same_bodies(b.bodies(), bodies, "two visits")
    assert provider.do("counts")["client"] == 1
    provider.do("forget")
    visit_ok(b, "robot")
    assert provider.do("counts")["client"] == 2
    assert "client-credentials" in json.dumps(b.json("auth", "status"))
    done = b.run("auth", "login", "office", ok=False)
    assert done.returncode == 1 and "does not sign in" in done.stderr, done.stderr


def coded(number):
    """As JWK writes it (RFC 7518 section 2)."""
    digits = number.to_bytes((number.bit_length() + 7) // 8, "big")
    return base64.urlsafe_b64encode(digits).rstrip(b"=").decode()


def test_certificate(t):
    """client credentials by certificate: the client signs who it is, and nobody else can"""
    provider = provide(t)
    server = serve_tokens(t, provider, ["signer"], attribute="client_id")
    bodies = deliver(server, "signer", range(3))
    key, certificate, pem = (os.path.join(t.folder, name) for name in ("key.pem", "cert.pem", "client.pem"))
    for name in (key, certificate):
        write(name, "")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=client",
                    "-keyout", key, "-out", certificate], check=True, capture_output=True)
    modulus = subprocess.run(["openssl", "x509", "-in", certificate, "-noout", "-modulus"], check=True,
                             capture_output=True, text=True).stdout
    write(pem, open(certificate).read() + open(key).read(), 0o644)
    b = Brygga(t)
    b.profile("office", server, oauth="client-credentials", oauth_client_id="signer",
              oauth_token_url=provider.url + "/token", oauth_certificate=pem)
    b.mailbox("signer", "office")
    b.apply()
    public = {"kty": "RSA", "n": coded(int(modulus.strip().split("=")[1], 16)), "e": coded(65537)}
    metadata = {"client_id": "signer", "grant_types": ["client_credentials"],
                "token_endpoint_auth_method": "private_key_jwt",
                "token_endpoint_auth_signing_alg": "PS256", "jwks": {"keys": [public]}}
    provider.do("client", **metadata)
    visit_ok(b, "signer")
    same_bodies(b.bodies(), bodies, "one visit")
    # Each assertion is a new one: the provider takes none twice.
    provider.do("forget")
    visit_ok(b, "signer")
    assert provider.do("counts")["client"] == 2
    # A key that the provider does not know.
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=client",
                    "-keyout", key, "-out", certificate], check=True, capture_output=True)
    write(pem, open(certificate).read() + open(key).read(), 0o644)
    provider.do("forget")
    visit_fails(b, "signer", "BRG-OAUTH-0002")
