# SPDX-License-Identifier: Apache-2.0
"""Logins over HTTP at a real Apache: Basic, NTLM, and Negotiate with a realm of Kerberos. What is sent
arrives whole behind each of them, and a login that is wrong is told from one that is not."""
import os
import subprocess

from lib import BUILD, Skip

import apache


def probe(*args, env=None):
    done = subprocess.run([os.path.join(BUILD, "http_probe"), *args], check=True, capture_output=True, text=True,
                          env=env, timeout=60)
    return done.stdout.split("\n")[:-1]


def web_server(t, realm=None):
    try:
        web = apache.Apache(os.path.join(t.folder, "web"), realm)
    except apache.Missing as why:
        raise Skip(str(why)) from None
    t.logs.append(os.path.join(web.folder, "error.log"))
    t.at_end(web.stop)
    return web.start()


def test_ntlm(t):
    """NTLM: one login for a connection, the body whole, a wrong password once"""
    web = web_server(t)
    url = web.url("ntlm")
    assert probe("ntlm", "CORP\\" + apache.USER, apache.PASSWORD, url, url, url) == ["200 whole"] * 3
    assert probe("ntlm", "CORP\\" + apache.USER, "wrong", url) == ["BRG-NET-0032"]
    assert probe("ntlm", "CORP\\nobody", apache.PASSWORD, url) == ["BRG-NET-0032"]
    # A server that offers no NTLM.
    assert probe("ntlm", apache.USER, apache.PASSWORD, web.url("basic")) == ["BRG-NET-0032"]


def test_basic(t):
    """Basic: with the right password only"""
    web = web_server(t)
    url = web.url("basic")
    assert probe("basic", apache.USER, apache.PASSWORD, url, url) == ["200 whole"] * 2
    assert probe("basic", apache.USER, "wrong", url) == ["BRG-NET-0031"]
    assert probe("none", "", "", url) == ["BRG-NET-0031"]


def test_negotiate(t):
    """Negotiate: the Kerberos credentials of the account, and none"""
    try:
        realm = apache.Realm(os.path.join(t.folder, "realm"))
    except apache.Missing as why:
        raise Skip(str(why)) from None
    t.at_end(realm.stop)
    realm.start()
    web = web_server(t, realm)
    url = web.url("negotiate")
    assert probe("negotiate", "", "", url, env=realm.env) == ["BRG-NET-0032"]
    realm.log_in()
    assert probe("negotiate", "", "", url, url, env=realm.env) == ["200 whole"] * 2
    os.unlink(os.path.join(realm.folder, "cache"))
    assert probe("negotiate", "", "", url, env=realm.env) == ["BRG-NET-0032"]
