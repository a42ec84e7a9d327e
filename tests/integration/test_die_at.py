# SPDX-License-Identifier: Apache-2.0
"""A visit dies at every effect in turn (BRYGGA_DIE_AT), is resumed, compared, and then finds
nothing left to do. And each effect is done on the server, but its answer is lost."""
from lib import Brygga, deliver, same_bodies, serve, until
from proxy import Proxy

# Enough for several steps, and for deletes in several groups.
MESSAGES, SIZE = range(450), 15000


def prepare(t, server, user, delete, proxy=None, **sections):
    b = Brygga(t, user, **sections)
    if proxy:
        b.profile("mail", port=proxy.port, tls="none", host="127.0.0.1")
    else:
        b.profile("mail", server)
    extra = {"owner": "queue", "delete_after_store": "yes"} if delete else {}
    b.mailbox(user, "mail", **extra)
    b.apply()
    return b


def dies_at(b, user, n):
    """True if the visit died at its n-th effect; False if it has fewer and ended well."""
    done = b.run("visit", user, ok=False, env={"BRYGGA_DIE_AT": str(n)})
    assert done.returncode in (0, -9), f"at effect {n}: {done.returncode} {done.stderr}"
    return done.returncode == -9


def check(b, server, user, bodies, delete, n):
    b.run("visit", user)
    same_bodies(b.bodies(), bodies, f"dead at effect {n}")
    # A session that was cut may still be at work.
    until(lambda: server.count(user) == (0 if delete else len(bodies)), 10,
          f"dead at effect {n}: what should be on the server")
    rows = "SELECT (SELECT count(*) FROM mark), (SELECT count(*) FROM decision)," \
           " (SELECT count(*) FROM link), (SELECT count(*) FROM cursor)"
    before = b.sql(rows)
    assert b.json("visit", user)["items"] == 0, f"dead at effect {n}: work was left"
    assert b.sql(rows) == before, f"dead at effect {n}: a second run changed the store"


def every_effect(t, delete, **sections):
    server = serve(t, [f"user{n}" for n in range(1, 60)])
    n = 1
    while True:
        user = f"user{n}"
        bodies = deliver(server, user, MESSAGES, size=SIZE)
        b = prepare(t, server, user, delete, **sections)
        died = dies_at(b, user, n)
        if died and n > 1:  # and once more where it went on
            dies_at(b, user, 1)
        check(b, server, user, bodies, delete, n)
        if not died:
            break
        n += 1
    print(f"# {n - 1} effects")
    assert n > (5 if delete else 2), "too few effects: is BRYGGA_DIE_AT heard?"


def test_keep(t):
    """every effect of a visit that leaves the mail on the server"""
    every_effect(t, False)


def test_delete(t):
    """every effect of a visit that deletes after storing"""
    every_effect(t, True)


def test_inline(t):
    """the same without a thread (threads = 0)"""
    every_effect(t, True, role_incoming={"threads": 0})


def lost_answers(t, delete):
    """The server does what the n-th write asks for, and the connection ends without an answer."""
    server = serve(t, [f"user{n}" for n in range(1, 60)], tls=False)
    failed = n = 0
    while failed == n:
        n += 1
        user = f"user{n}"
        bodies = deliver(server, user, MESSAGES, size=SIZE // 5)
        proxy = Proxy(t, server.pop3, lose=n)
        b = prepare(t, server, user, delete, proxy)
        done = b.run("visit", user, ok=False)
        assert done.returncode in (0, 1), f"write {n}: {done.returncode} {done.stderr}"
        assert len(done.stderr.splitlines()) == done.returncode, done.stderr
        failed += done.returncode
        check(b, server, user, bodies, delete, n)
        lane = b.lane(user)
        assert lane["state"] == "enabled" and lane["strikes"] == 0, lane
        assert b.alerts() == [], b.alerts()
    print(f"# {failed} answers")
    assert failed >= (4 if delete else 2), "too few answers: does the proxy lose them?"


def test_answers(t):
    """every answer of the server is lost in turn, nothing is deleted"""
    lost_answers(t, False)


def test_answers_to_deletes(t):
    """every answer of the server is lost in turn, also those to DELE and QUIT"""
    lost_answers(t, True)


def test_one_after_the_other(t):
    """one mailbox whose visits die at the first, second, ... effect until one passes"""
    server = serve(t, ["support"])
    bodies = deliver(server, "support", MESSAGES, size=SIZE)
    b = prepare(t, server, "support", True)
    n = 1
    while dies_at(b, "support", n):
        n += 1
        assert n < 60
    check(b, server, "support", bodies, True, n)
