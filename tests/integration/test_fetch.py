# SPDX-License-Identifier: Apache-2.0
"""Mail from Dovecot over TLS, by every way to accept it, and what the command line tells."""
import json
import time

from lib import Brygga, deliver, message, same_bodies, serve, sha, until, wire


def test_ways_to_accept(t):
    """all, a queue that is emptied, none with delete-after-store, and senders"""
    server = serve(t, ["anna", "support", "carl", "bo"])
    bodies = {"anna": deliver(server, "anna", range(40)),
              "support": deliver(server, "support", range(100, 140)),
              "carl": deliver(server, "carl", range(1000, 2000), size=200),
              "bo": deliver(server, "bo", range(200, 260))}
    b = Brygga(t)
    b.profile("mail", server)
    b.mailbox("anna", "mail")
    b.mailbox("support", "mail", owner="queue", delete_after_store="yes")
    b.mailbox("carl", "mail", accept="none", delete_after_store="yes", delete_user_mail="yes")
    b.mailbox("bo", "mail", accept="senders", senders="sender2@customer0.example, customer1.example")
    b.apply()
    assert b.apply() == "nothing to change\n", "apply is not idempotent"
    b.start()
    until(b.in_step, what="everything in step")

    taken = {n: body for n, body in zip(range(200, 260), bodies["bo"])
             if n % 3 == 1 or (n % 7 == 2 and n % 3 == 0)}
    same_bodies(b.bodies("anna"), bodies["anna"], "anna")
    same_bodies(b.bodies("bo"), taken.values(), "bo")
    same_bodies(b.bodies(), bodies["anna"] + bodies["support"] + list(taken.values()), "the store")
    counts = {user: server.count(user) for user in bodies}
    assert counts == {"anna": 40, "support": 0, "carl": 1000, "bo": 60}, f"on the server: {counts}"

    records = b.json("record", "list", "--limit", "1000")
    expected = {sha(body) for body in bodies["anna"] + bodies["support"] + list(taken.values())}
    raw = [b.raw(r["id"]) for r in records]
    assert {sha(data) for data in raw} == expected and len(raw) == len(expected), "raw bytes differ"
    assert all(len(data) == r["octets"] for data, r in zip(raw, records))

    explains_all(b, taken)
    second_visit(b, server, counts)
    assert b.stop() == 0


def explains_all(b, taken):
    """Every message, by its Message-ID: the rule, its values and what would change it."""
    for n in range(40):
        explains(b, message_id(n), "anna", "BRG-RULE-0001", "accept = ")
    for n in range(100, 140):
        explains(b, message_id(n), "support", "BRG-RULE-0001", "accept = ")
    for n in range(200, 260):
        d = explains(b, message_id(n), "bo", "BRG-RULE-0003" if n in taken else "BRG-RULE-0004",
                     "senders")
        assert "2 entries" in d["why"] or "of the 2 in the list" in d["why"], d["why"]
    # Where nothing is taken no header is read: such a message is known by its remote id.
    seen = b.sql("SELECT DISTINCT remote_id FROM decision d JOIN mailbox m"
                 " ON m.id = d.mailbox WHERE m.name = 'carl' AND code = 'BRG-RULE-0002'")
    assert len(seen) == 1000, f"{len(seen)} of carl's 1,000 have a decision"
    for remote, in seen[::50]:
        explains(b, remote, "carl", "BRG-RULE-0002", "accept = ")


def message_id(number):
    return f"<{number}.test@mail.example>"


def explains(b, key, mailbox, rule, setting):
    decisions = b.json("explain", key)
    first = [d for d in decisions if d["rule"] == rule]
    assert first, f"no {rule} for {key} in {mailbox}: {decisions}"
    d = first[0]
    assert d["mailbox"] == mailbox and "{" not in d["why"], d
    assert setting in d["to_change"] and "section of the mailbox" in d["to_change"], d
    assert bool(d["record"]) == (rule in ("BRG-RULE-0001", "BRG-RULE-0003")), d
    return d


def second_visit(b, server, counts):
    tables = ("record", "link", "mark", "decision", "body", "parked")
    rows = lambda: [b.sql(f"SELECT count(*) FROM {table}") for table in tables]  # noqa: E731
    before = rows()
    for mailbox in b.mailboxes:
        b.sync(mailbox)
    until(b.in_step)
    assert rows() == before, f"a second visit changed {before} to {rows()}"
    assert {user: server.count(user) for user in counts} == counts


def test_commands(t):
    """visit, sync at once, and JSON from everything that lists"""
    server = serve(t, ["anna"])
    bodies = deliver(server, "anna", range(20))
    b = Brygga(t)
    b.profile("mail", server)
    b.mailbox("anna", "mail")
    b.apply()
    told = b.json("visit", "anna")
    assert told["items"] == 20 and told["failed"] == 0, told
    assert b.json("visit", "anna")["items"] == 0, "a second visit found something"
    b.start()
    until(b.in_step)
    bodies += deliver(server, "anna", range(20, 30))
    asked = time.monotonic()
    b.run("sync", "anna")
    until(lambda: len(b.bodies()) == 30, 10, "ten more messages")
    took = time.monotonic() - asked
    assert took < 5, f"a wanted visit took {took:.1f} s"
    same_bodies(b.bodies(), bodies, "anna")
    lists = [["mailbox", "list"], ["record", "list"], ["alert", "list"], ["plugin", "list"]]
    record = b.json("record", "list")[0]["id"]
    shows = [["status"], ["mailbox", "show", "anna"], ["record", "show", record],
             ["plugin", "show", "pop3"], ["plugin", "show", "sqlite"]]
    for command in lists:
        assert isinstance(b.json(*command), list), command
    for command in shows:
        assert isinstance(b.json(*command), dict), command
    assert b.json("explain", record)[0]["record"] == record
    link = b.json("record", "show", record)["links"][0]
    assert b.json("explain", link["remote_id"]), "explain knows no remote id"
    assert json.loads(b.run("--json", "apply", b.directory).stdout) == []
    assert b.stop() == 0


def test_odd_mail(t):
    """mail without a header, without an end of line, empty, with odd bytes, of 9 MB"""
    server = serve(t, ["anna"])
    odd = [b"\n", b"no header at all\n", b"Subject: x\n\nno end of line", b"\n\n\n",
           b"From: \xff\xfe\nSubject: =?utf-8?q?=00=01?=\n\n\xe5\xe4\xf6\n",
           b"Subject: dots\n\n.\n..\n...\n.\n", b"Subject: " + b"long " * 20000 + b"\n\nx\n",
           message(77, size=9000000)]
    for data in odd:
        server.deliver("anna", data)
    b = Brygga(t)
    b.profile("mail", server)
    b.mailbox("anna", "mail")
    b.apply()
    told = b.json("visit", "anna")
    assert told["items"] == len(odd) and told["failed"] == 0, told
    got = sorted(b.raw(r["id"]) for r in b.json("record", "list"))
    # Over POP3 the last line always ends.
    want = sorted(wire(d if d.endswith(b"\n") else d + b"\n") for d in odd)
    assert got == want, [g[:80] for g in got if g not in want]
