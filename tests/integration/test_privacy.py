# SPDX-License-Identifier: Apache-2.0
"""What stays of a person: wherever a mail names him he is found, and once he is forgotten no byte
of the state folder or the log has him."""
import base64
import json
import os

from lib import serve, until, write
from smtpsink import Sink
from test_report import bounce, group
from test_track import everything, mail, office, users, visit

PETRA = "petra@forget.example"
CROWD = ", ".join(f"person{n}@crowd.example" for n in range(1200))
LONG = ", ".join(f"\"{'x' * 60}\" <someone{n}@crowd.example>" for n in range(800))


def left(b, *more, words=(b"petra",)):
    """Where the person still stands, in files of the state folder and others."""
    found = []
    for path, data in [*everything(b.state), *((p, open(p, "rb").read()) for p in more)]:
        data = data.lower()
        for word in words:
            at = data.find(word)
            if at >= 0:
                found.append((os.path.basename(path), data[max(0, at - 60):at + 60]))
    return found


def forget(b, *addresses):
    return b.run("person", "forget", *(addresses or (PETRA,)), "--yes").stdout


def message_ids(b):
    return {r["message_id"].split("@")[0] for r in b.json("record", "list", "--limit", "1000")}


# Where a header can name somebody.
NAMED = {
    "sender": dict(Sender="Petra <Petra@Forget.example>"),
    "bcc": dict(Bcc=PETRA),
    "delivered": dict(Delivered_To=PETRA),
    "original": dict(X_Original_To=PETRA),
    "resent": dict(Resent_From="x@y.example", Resent_To=f"z@y.example, {PETRA}"),
    "resent-from": dict(Resent_From=PETRA, Resent_To="z@y.example"),
    "envelope": dict(Return_Path=f"<{PETRA}>"),
    "receipt": dict(Disposition_Notification_To=PETRA),
    "forwarded": dict(X_Forwarded_To=PETRA),
    "forwarded-for": dict(X_Forwarded_For=f"someone@y.example {PETRA}"),
    "errors": dict(Errors_To=PETRA),
    "read": dict(Return_Receipt_To=PETRA),
    "failed": dict(X_Failed_Recipients=PETRA),
    "brought": dict(Envelope_To=f"<{PETRA}>"),
    "reply-to": dict(Reply_To=f"a@b.example, {PETRA}"),
    "crowd": dict(to=f"anna@example.com, {CROWD}, {PETRA}"),
    "crowd-cc": dict(Cc=f"{CROWD},\n {PETRA}"),
    "long": dict(Cc=f"{LONG},\n Petra <{PETRA}>"),
    "second-to": dict(TO=PETRA),
    "second-from": dict(sender=f"a@b.example, {PETRA}"),
    "broken": dict(to=f"anna@example.com; <{PETRA}"),
    "delivered-often": dict(**{"Delivered-To": "\nDelivered-To: ".join(
        f"{'y' * 60}{n}@crowd.example" for n in range(80)) + f"\nDelivered-To: {PETRA}"}),
}
OTHERS = {
    "other-local": dict(sender="xpetra@forget.example", Bcc="x.petra@forget.example"),
    "other-domain": dict(Cc="petra@forget.example.org, petra@forget.examples"),
    "other-crowd": dict(Cc=f"{CROWD}, my-petra@forget.example, petra@forget.example.org"),
    "other-text": dict(subject="Petra"),
}
STAY = {
    "subject": dict(subject=PETRA),
    "text": dict(body=f"as {PETRA} says"),
    "way": dict(Received=f"from a by b for <{PETRA}>; Mon, 21 Sep 2026 10:00:00 +0000"),
}


def test_named_anywhere(t):
    """a person is found in every field of a header, behind the 1,200th address and in what was cut"""
    server = users(t)
    b = office(t, server)
    b.people["user anna"]["accept"] = "all"
    b.apply()
    for name, fields in {**NAMED, **OTHERS}.items():
        server.deliver("anna", mail(f"{name}@x.example", **fields))
    visit(b, "anna")
    assert message_ids(b) == {*NAMED, *OTHERS}
    told = b.json("person", "show", PETRA)
    found = {r["message_id"].split("@")[0] for r in told["records"]}
    assert found == set(NAMED), (set(NAMED) - found, found - set(NAMED))
    folder = os.path.join(b.folder, "export")
    b.run("person", "export", folder, PETRA)
    assert len(os.listdir(folder)) == len(NAMED) + 1
    assert f"{len(NAMED)} records are gone" in forget(b)
    assert message_ids(b) == set(OTHERS)
    forget(b, "xpetra@forget.example", "petra@forget.example.org")
    assert message_ids(b) == {"other-text"}
    assert not left(b, words=(b"petra@", b"xpetra")), left(b, words=(b"petra@", b"xpetra"))
    # What only speaks of him is others' mail.
    for name, fields in STAY.items():
        server.deliver("anna", mail(f"{name}@x.example", **fields))
    visit(b, "anna")
    assert "0 records are gone" in forget(b)
    assert message_ids(b) == {"other-text", *STAY}


def test_lists(t):
    """lists of senders lose the address; what only a person can change is said; decisions have none"""
    server = users(t)
    b = office(t, server, email={"block": f"spammer.example {PETRA}"})
    b.people["user anna"].update(accept="senders", senders="petra.second@forget.example friend.example")
    b.mailboxes["bo"].update(accept="senders", senders=PETRA)
    b.apply()
    server.deliver("anna", mail("blocked@x.example", PETRA))
    server.deliver("anna", mail("listed@x.example", "petra.second@forget.example"))
    server.deliver("anna", mail("domain@x.example", "a@friend.example"))
    server.deliver("anna", mail("none@x.example", "a@b.example"))
    server.deliver("bo", mail("bo@x.example", "a@b.example"))
    visit(b, "anna", "bo")
    assert message_ids(b) == {"listed", "domain"}
    why = {key: b.json("explain", f"{key}@x.example")[0] for key in
           ("blocked", "listed", "domain", "none", "bo")}
    assert [w["rule"][-4:] for w in why.values()] == ["0028", "0003", "0003", "0004", "0004"], why
    assert "number 2 " in why["blocked"]["why"] and "number 2 " in why["blocked"]["to_change"], why
    assert "(address)" in why["listed"]["why"] and "number 1 " in why["listed"]["to_change"], why
    assert "friend.example" in why["domain"]["why"] and "number 2 " in why["domain"]["why"]
    assert "(address) friend.example" in why["none"]["why"]
    plan = b.run("person", "forget", PETRA, "petra.second@forget.example").stdout
    assert "2 lists of senders" in plan, plan
    done = forget(b, PETRA, "petra.second@forget.example")
    assert "block" in done and "brygga.conf" in done, done
    assert not left(b), left(b)
    # A list may become empty; what else it has stays.
    assert json.loads(b.sql("SELECT settings FROM owner WHERE name = 'anna'")[0][0])["senders"] == \
        "friend.example"
    server.deliver("anna", mail("domain2@x.example", "a@friend.example"))
    server.deliver("bo", mail("bo2@x.example", "a@b.example"))
    visit(b, "anna", "bo")
    assert message_ids(b) == {"domain", "domain2"}


def test_one_of_ours(t):
    """what has the address of a user is not forgotten, and is named"""
    server = users(t)
    b = office(t, server)
    said = forget(b, "bo@example.com", "help@example.com", "case4711@example.com")
    for name in ("user bo", "queue support", "mailbox bo"):
        assert name in said, said
    assert "case" not in said and "user anna" not in said, said
    assert b.sql("SELECT count(*) FROM address WHERE address LIKE 'case%'") == [(0,)]


def send(b, *to, ok=True, **fields):
    options = [x for k, v in fields.items() for x in ("--" + k.replace("_", "-"), v)]
    record = b.json("record", "send", "--as", "anna", "--to", " ".join(to), "--subject", "Offer",
                    "--text", "Here it is.", *options)["record"]
    return record


def go(b, ok=True):
    b.run("visit", "anna", "--lane", "outgoing", ok=ok)


def test_outgoing(t):
    """mail of ours: sent, refused, bounced, waiting, in others' words; the daemon runs and logs all"""
    server = users(t)
    with Sink() as sink:
        b = office(t, server, sink, core={"log": "debug"})
        b.people["user anna"]["accept"] = "all"
        b.person("contact petra-p", addresses=PETRA, title="Petra P", external="crm:petra")
        b.apply()
        # Refused, with words; the alert on it is history when he is forgotten.
        sink.answers["RCPT"] = [f"550 5.1.1 <{PETRA}>: no such user"]
        refused = send(b, PETRA)
        go(b, ok=False)
        assert b.json("record", "show", refused)["outbox"]["state"] == "failed"
        assert b.alerts() and "@" not in json.dumps(b.alerts()), b.alerts()
        b.run("outbox", "resend", refused)
        assert not b.alerts()
        go(b)
        # Words about him in mail that was for another only, of a server and of a report.
        sink.answers["END"] = [f"554 5.7.1 <{PETRA}> does not want it"]
        told = send(b, "bob@other.example")
        go(b, ok=False)
        assert PETRA in b.json("record", "show", told)["outbox"]["server_said"]
        sink.answers["RCPT"] = [f"550 5.7.1 we know {PETRA} only", f"450 4.2.0 <{PETRA}> is slow"]
        words = send(b, "bob@other.example")
        go(b, ok=False)
        assert "<(address)> does not want it" in json.dumps(b.alerts()), b.alerts()
        reported = send(b, "carl@other.example", "dora@other.example")
        go(b)
        assert PETRA in json.dumps(b.json("record", "show", reported)["outbox"])
        assert not sink.answers["RCPT"] and not sink.answers["END"]
        blind = send(b, "bob@other.example", bcc=PETRA)
        go(b)
        ids = {k: b.json("record", "show", r)["message_id"] for k, r in
               (("reported", reported), ("blind", blind))}
        server.deliver("anna", bounce("r1@mx.example", ids["reported"],
                                      group("carl@other.example", "failed", "5.1.1",
                                            f"550 5.1.1 <{PETRA}> forwarded, unknown")))
        server.deliver("anna", bounce("r2@mx.example", ids["blind"],
                                      group(PETRA, "failed", PETRA, "550 gone")))
        server.deliver("anna", bounce("r3@mx.example", "not-ours@x.example",
                                      group("bob@other.example", "failed", "5.1.1")))
        # Of another's failure, with the mail that was for both in it, encoded.
        report = bounce("r4@mx.example", "nor@x.example",
                        group("bob@other.example", "failed", "5.1.1")).decode()
        back = base64.encodebytes(f"From: anna@example.com\nCc: Petra <{PETRA}>\n".encode()).decode()
        server.deliver("anna", report.replace(
            "Content-Type: text/rfc822-headers\n",
            "Content-Type: text/rfc822-headers\nContent-Transfer-Encoding: base64\n\n" + back +
            "\n--b\nContent-Type: text/plain\n").encode())
        server.deliver("anna", mail("away@forget.example", PETRA, Auto_Submitted="auto-replied",
                                    In_Reply_To=f"<{ids['blind']}>"))
        server.deliver("anna", mail("big@x.example", "x@other.example", Cc=PETRA,
                                    body=("petra " * 12 + "\n") * 30000))
        visit(b, "anna")
        show = {r["address"]: r for r in b.json("record", "show", reported)["outbox"]["recipients"]}
        assert PETRA in show["carl@other.example"]["server_said"], show
        # Waiting: for him and for another, for him alone, without him.
        pending = send(b, PETRA, "eva@other.example", "fia@other.example", not_before="2099-01-01")
        send(b, PETRA, not_before="2099-01-01")
        stays = send(b, "eva@other.example", not_before="2099-01-01")
        b.start()
        until(b.in_step, what="the daemon is in step")
        plan = b.run("person", "forget", PETRA).stdout
        assert "2 of the mails have not been sent yet" in plan, plan
        assert "2 other recipients" in plan, plan
        b.run("record", "hold", pending)
        plan = b.run("person", "forget", PETRA).stdout
        assert "1 of the mails has not been sent yet" in plan and "other recipients" not in plan, plan
        assert pending in [o["record"] for o in b.json("outbox", "list")]
        b.run("record", "release", pending)
        done = forget(b)
        assert "1 of the mails has not" not in done and "2 of the mails have not" in done, done
        assert "3 mails to others lost what servers said" in done, done
        waiting = [o["record"] for o in b.json("outbox", "list")]
        assert stays in waiting and pending not in waiting, b.json("outbox", "list")
        kept = {r["id"]: r for r in b.json("record", "list")}
        assert {told, words, reported, stays} <= set(kept) and blind not in kept and refused not in kept
        assert {r["message_id"] for r in kept.values() if r.get("report")} == {"r3@mx.example"}
        show = {r["address"]: r for r in b.json("record", "show", reported)["outbox"]["recipients"]}
        assert show["carl@other.example"]["state"] == "bounced-hard"
        b.stop()
        assert not left(b, b.log_path), left(b, b.log_path)


def test_no_address(t):
    """no decision and no alert has an address or a subject, whatever rule made it"""
    server = users(t)
    with Sink(extensions=("PIPELINING", "8BITMIME")) as sink:
        b = office(t, server, sink, email={"block": "bad@customer.example spammer.example",
                                           "accept-rules": "all", "smart-match": "yes",
                                           "send-attempts": "2", "send-retry": "1s"})
        produce(t, b, server, sink)
        codes = {code for code, in b.sql("SELECT DISTINCT code FROM decision")}
        missing = (EVERY | {"BRG-MAIL-0001", "BRG-MAIL-0002", "BRG-MAIL-0003"}) - codes
        assert not missing, missing
        for table in ("decision", "alert"):
            rows = b.sql(f"SELECT code, params FROM {table}")
            assert rows
            for code, params in rows:
                assert "@" not in params and "ecret" not in params, (table, code, params)
        said = b.sql("SELECT said FROM alert UNION SELECT said FROM visit UNION SELECT said FROM parked")
        assert not [s for s, in said if s and "@" in s], said


# Not 0008 to 0012 and 0052, which tell of a server's ids, a crash or an error by number; not 0014, by
# which an item waits; not 0029, for whoever has the mailbox is a recipient.
EVERY = {f"BRG-RULE-{n:04d}" for n in (1, 2, 3, 4, 6, 7, 13, 15, 16, *range(20, 29), *range(30, 35),
                                       *range(40, 46), 50, 51, 60, 61)}


def accept(b, rule, **mailbox):
    b.people["user anna"]["accept"] = rule
    b.mailboxes["anna"].update({k.replace("_", "-"): v for k, v in mailbox.items()})
    b.apply()


def come(b, server, *mails, to="anna"):
    for one in mails:
        server.deliver(to, one)
    visit(b, to)


def produce(t, b, server, sink):
    """Every rule at work, each on mail that names people in all places."""
    number = iter(range(1000))

    def one(sender="Secret Name <x@stranger.example>", **fields):
        fields = {"Sender": "y@stranger.example", "Cc": "z@stranger.example",
                  "subject": f"Secret {next(number)}", **fields}
        return mail(f"n{next(number)}@x.example", sender, **fields)

    b.person("contact spammer", addresses="friend@spammer.example")
    for rule, senders in (("all", "x@stranger.example"), ("none", "x@stranger.example"),
                          ("replies", "x@stranger.example"),
                          ("contacts", "erik@customer.example x@stranger.example"),
                          ("records", "case4711@example.com x@stranger.example"),
                          ("senders", "x@listed.example x@listed2.example x@stranger.example")):
        b.mailboxes["anna"]["accept"] = rule
        if rule == "senders":
            b.mailboxes["anna"]["senders"] = "x@listed.example listed2.example"
        b.apply()
        come(b, server, *(one(sender) for sender in senders.split()))
    del b.mailboxes["anna"]["senders"]
    b.mailboxes["anna"]["accept"] = "usual"
    accept(b, "replies", size_limit="20K")
    come(b, server, one(body="x" * 30000), one("bad@customer.example"),
         mail("nobody@x.example", "Secret Name"),
         one("a@friend.example", Sender="x@spammer.example"),
         one(Auto_Submitted="auto-generated"), one("erik@customer.example", to="help@example.com"))
    accept(b, "all", received_after="2020-01-01")
    come(b, server, one().replace(b"21 Sep 2026", b"21 Sep 2019"))
    # By hand and back, twice the same, mail inside mail.
    accept(b, "replies")
    come(b, server, mail("hand@x.example", "x@stranger.example"))
    b.run("track", "anna", "hand@x.example")
    visit(b, "anna")
    b.run("untrack", "anna", "hand@x.example")
    accept(b, "all")
    same = one(to="anna@example.com, bo@example.com")
    b.people["user bo"]["accept"] = "all"
    come(b, server, same)
    come(b, server, same, to="bo")
    b.mailboxes["support"]["forward"] = "yes"
    b.people["user anna"]["forwarded"] = "yes"
    b.apply()
    come(b, server, b"Received: from a by b; Mon, 21 Sep 2026 10:00:00 +0000\nFrom: anna@example.com\n"
         b"MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=w\n\n--w\n"
         b"Content-Type: message/rfc822\n\n" + one() + b"\n--w--\n", to="support")
    # Ours: handed over, put off, given up, refused, lost; to bo, and what comes back of it.
    internal = send(b, "bo@example.com", "list@lists.example", "erik@customer.example")
    go(b)
    listed = sink.taken[-1].data.replace(b"Subject: ", b"Subject: [list] ")
    come(b, server, listed, to="bo")
    come(b, server, listed)
    shown = b.json("record", "show", internal)
    accept(b, "replies")
    erik = "erik@customer.example"
    come(b, server, one(erik, In_Reply_To=f"<{shown['message_id']}>"),
         one(erik, subject="Re: " + shown["subject"]),
         one(subject="Re: " + shown["subject"]),
         bounce("b1@mx.example", shown["message_id"], group(erik, "failed", "5.1.1", f"550 <{erik}> no")))
    come(b, server, bounce("b2@mx.example", shown["message_id"], group(erik, "failed", "5.1.1")))
    accept(b, "all")
    index = "AQHc0123456789abcdefABCDEF0123=="
    come(b, server, bounce("b3@mx.example", shown["message_id"], group(erik, "failed", "5.1.1")),
         one(erik, Thread_Index=index, subject="Kran nummer fyra vid hamnen secret"))
    come(b, server, one(erik, Thread_Index=index), one(erik, In_Reply_To="<b3@mx.example>"),
         one("q@else.example", Sender="q@else.example", Cc="r@else.example",
             subject="Udda secret " + shown["subject"].split()[-1]),
         one(erik, Cc="z@stranger.example", subject="Re: Kran nummer fyra vid hamnen secret"))
    sink.answers["RCPT"] = ["450 4.2.0 <erik@customer.example> later"] * 2
    tired = send(b, erik)
    go(b)
    until(lambda: go(b) or b.json("record", "show", tired)["outbox"]["state"] == "failed", 20,
          "the last try", pause=0.4)
    sink.answers["RCPT"] = ["550 5.1.1 <erik@customer.example> no"]
    send(b, erik)
    go(b, ok=False)
    sink.answers["END"] = ["554 5.7.1 <erik@customer.example> does not want it"]
    send(b, erik)
    go(b, ok=False)
    sink.how = "drop-end"
    send(b, erik)
    go(b, ok=False)
    sink.how = ""
    forget(b, "forgotten@stranger.example")
    come(b, server, one("forgotten@stranger.example"))
    accept(b, "replies")
    b.people["user bo"]["accept"] = "all"
    b.apply()
    come(b, server, one(to="anna@example.com, bo@example.com"))
    sink.answers["RCPT"] = ["421 4.7.0 <erik@customer.example> is busy, goodbye"] * 3
    send(b, erik)
    go(b, ok=False)
