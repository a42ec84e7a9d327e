# SPDX-License-Identifier: Apache-2.0
"""Mail out through a sink that can misbehave, and what people are told of it."""
import calendar
import json
import os
import ssl
import time
from concurrent.futures import ThreadPoolExecutor

from lib import Brygga, certificates, dovecot, until, write
from aiosink import AioSink
from smtpsink import Sink

MAIL = """From: Anna <anna@example.com>
To: Erik <erik@customer.example>, {more}
Cc: copy@customer.example
Bcc: hidden@customer.example
Subject: {subject}
Message-ID: <mine@client.example>

Hello,
.a dot begins this line
{body}
"""


def sender(t, sink, name="brygga", lanes="brygga", **sections):
    """A Brygga whose user anna sends through the sink."""
    b = Brygga(t, name, **sections)
    b.profile("out", connector="smtp", host="127.0.0.1", port=sink.port, tls="none")
    b.person("user anna", address="anna@example.com", aliases="a.alias@example.com")
    b.mailbox("anna", "out", incoming="none", outgoing=lanes, address="anna@example.com")
    b.apply()
    return b


def send(b, number=1, more="two@customer.example", body="text", subject="Offer", *args):
    path = write(os.path.join(b.folder, f"mail{number}.eml"),
                 MAIL.format(more=more, body=body, subject=f"{subject} {number}"))
    return b.json("record", "send", path, *args)["record"]


def outbox(b, record):
    return b.json("record", "show", record)["outbox"]


def states(b, record):
    return {r["address"]: r["state"] for r in outbox(b, record)["recipients"]}


def visit(b, ok=True):
    return b.run("visit", "anna", "--lane", "outgoing", ok=ok)


def test_sent(t):
    """each once, ready before the hand-over, and every recipient asked"""
    with Sink() as sink:
        b = sender(t, sink)
        record = send(b)
        assert outbox(b, record)["state"] == "pending"
        visit(b)
        told = outbox(b, record)
        assert told["state"] == "sent", told
        assert set(states(b, record).values()) == {"sent"}
        mail, = sink.taken
        assert mail.sender == "anna@example.com"
        assert mail.recipients == ["erik@customer.example", "two@customer.example",
                                   "copy@customer.example", "hidden@customer.example"]
        head, body = mail.data.split(b"\r\n\r\n", 1)
        assert b"hidden" not in mail.data and b"mine@client" not in head
        assert b"\r\nSubject: Offer 1 CRM:" in head, head
        assert f"Message-ID: <{record}@example.com>".encode() in head
        assert body == b"Hello,\r\n.a dot begins this line\r\ntext\r\n"
        shown = b.json("record", "show", record)
        assert shown["direction"] == "outgoing" and shown["message_id"] == f"{record}@example.com"
        assert b.json("outbox", "list") == []
        why = b.json("explain", record)
        assert [w["rule"] for w in why] == ["BRG-RULE-0050", "BRG-RULE-0053"], why
        # Nothing is left to do, and nobody is asked for it.
        before = sink.connections
        visit(b)
        assert sink.connections == before and len(sink.taken) == 1


def test_many(t):
    """one connection for all that waits"""
    for extensions in (("PIPELINING", "8BITMIME"), ("8BITMIME",),
                       ("PIPELINING", "CHUNKING", "8BITMIME", "SIZE")):
        with Sink(extensions=extensions) as sink:
            b = sender(t, sink, "b" + str(len(extensions)))
            records = [send(b, n) for n in range(40)]
            visit(b)
            assert sink.connections == 1, sink.connections
            found = sink.messages()
            assert found == {f"{r}@example.com": 1 for r in records}, (extensions, found)


def test_recipients(t):
    """each recipient has an answer of its own; who was refused for now is asked again alone"""
    with Sink() as sink:
        b = sender(t, sink, email={"send-retry": "1s"})
        record = send(b, 1, "nobody@customer.example, later@customer.example")
        visit(b)
        told = states(b, record)
        assert told["erik@customer.example"] == "sent", told
        assert told["nobody@customer.example"] == "refused", told
        assert told["later@customer.example"] == "pending", told
        assert outbox(b, record)["state"] == "pending"
        assert "come back" in json.dumps(outbox(b, record))
        assert len(sink.taken) == 1
        sink.always["RCPT"] = "250 now it is fine"
        until(lambda: (visit(b), outbox(b, record)["state"] == "sent")[1], 20, "the second try")
        assert [m.recipients for m in sink.taken][1:] == [["later@customer.example"]]
        alone = send(b, 2, "nobody@customer.example")
        sink.always["RCPT"] = "550 5.1.1 nobody here"
        visit(b)
        assert outbox(b, alone)["state"] == "failed"
        assert any(a["code"] == "BRG-MAIL-0002" for a in b.alerts()), b.alerts()
        listed, = b.json("outbox", "list")
        assert listed["record"] == alone and listed["state"] == "failed"
        del sink.always["RCPT"]
        b.run("outbox", "resend", alone)
        visit(b)
        assert outbox(b, alone)["state"] == "sent"
        assert not b.alerts()


def test_uncertain(t):
    """an answer that is lost behind the end is never sent again by itself"""
    for how in ("drop-end", "lose-end", "half-end"):
        with Sink(extensions=("PIPELINING", "8BITMIME")) as sink:
            b = sender(t, sink, how)
            sink.how = how
            record = send(b)
            visit(b, ok=False)
            assert outbox(b, record)["state"] == "uncertain", (how, outbox(b, record))
            sink.how = ""
            visit(b)
            visit(b)
            assert len(sink.taken) == (how != "lose-end"), how
            assert any(a["code"] == "BRG-MAIL-0001" for a in b.alerts())
            if how == "lose-end":
                b.run("outbox", "resend", record)
                visit(b)
                assert len(sink.taken) == 1
            else:
                b.run("outbox", "mark-sent", record)
            assert outbox(b, record)["state"] == "sent"
            assert set(states(b, record).values()) == {"sent"}
            assert ("BRG-RULE-0056" in str(b.json("explain", record))) == (how != "lose-end")
            assert not b.alerts()
            refused = b.run("outbox", "recall", record, ok=False)
            assert refused.returncode == 1 and "is sent" in refused.stderr, refused.stderr


def test_uncertain_knows(t):
    """of a mail that is uncertain it is known who was refused; and it is sent once more where that was chosen"""
    with Sink(extensions=("PIPELINING",)) as sink:
        b = sender(t, sink)
        sink.answers["RCPT"] = ["250 yes", "550 5.1.1 nobody here", "250 yes", "250 yes"]
        sink.how = "drop-end"
        record = send(b, 1, "nobody@customer.example")
        visit(b, ok=False)
        told = {r["address"].split("@")[0]: r for r in outbox(b, record)["recipients"]}
        assert outbox(b, record)["state"] == "uncertain"
        assert record in outbox(b, record)["error"], "the sentence has no hole"
        assert told["nobody"]["state"] == "refused" and "nobody here" in told["nobody"]["server_said"]
        assert told["erik"]["state"] == "pending"
        b.run("outbox", "mark-sent", record)
        now = states(b, record)
        assert now["nobody@customer.example"] == "refused" and now["erik@customer.example"] == "sent"
    with Sink(extensions=("PIPELINING",)) as sink:
        b = sender(t, sink, "chosen", email={"uncertain": "resend", "send-retry": "1s",
                                             "send-attempts": 3})
        sink.how = "drop-end"
        record = send(b)
        visit(b, ok=False)
        assert outbox(b, record)["state"] == "pending"
        assert not [a for a in b.alerts() if a["code"] == "BRG-MAIL-0001"]
        sink.how = ""
        until(lambda: (visit(b), outbox(b, record)["state"] == "sent")[1], 20, "it goes again")
        assert len(sink.taken) == 2, "once lost, once more as chosen"
        sink.how = "drop-end"
        record = send(b, 2)
        until(lambda: (visit(b, ok=False), outbox(b, record)["state"] != "pending")[1], 30, "the end")
        assert outbox(b, record)["state"] == "uncertain" and outbox(b, record)["attempts"] == 3
        assert [a for a in b.alerts() if a["code"] == "BRG-MAIL-0001"]



def refuse_once(t, extensions, verb, code):
    """One answer that is no yes, amid three mails."""
    with Sink(extensions=extensions) as sink:
        name = f"{verb}{code[:3]}{len(extensions)}"
        b = sender(t, sink, name, email={"send-retry": "1s"},
                   schedule={"server-retry": "1s", "retry": "1s"})
        records = [send(b, n, "two@customer.example") for n in range(3)]
        sink.answers[verb] = [code]
        visit(b, ok=False)
        counts = sink.messages()
        for record in records:
            state = outbox(b, record)["state"]
            assert state in ("sent", "pending", "failed"), (name, state)
            assert counts[f"{record}@example.com"] == (state == "sent") or verb == "RCPT", \
                (name, state, counts)

        def settled():
            visit(b, ok=False)
            return all(outbox(b, r)["state"] in ("sent", "failed") for r in records)
        until(settled, 60, name, pause=0.3)
        counts = sink.messages()
        assert all(n == 1 for n in counts.values()) or verb == "RCPT", (name, counts)
        failed = sum(outbox(b, r)["state"] == "failed" for r in records)
        assert failed <= 1 and (failed == 0 or code.startswith("5")), (name, failed)


def test_refusals(t):
    """421, 450 and 550 at every command, a server that hangs up, rubbish: never lost, never twice"""
    todo = []
    for extensions in (("PIPELINING", "8BITMIME"), ("8BITMIME",),
                       ("PIPELINING", "CHUNKING", "8BITMIME")):
        for verb in ("CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "BDAT", "END"):
            if (verb == "BDAT") != ("CHUNKING" in extensions) and verb in ("BDAT", "DATA"):
                continue
            todo += [(t, extensions, verb, code) for code in
                     ("421 4.3.2 closing", "450 4.2.0 later", "550 5.7.1 never")]
    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(refuse_once, *one) for one in todo]:
            done.result()
    for how in ("hang-up", "garbage"):
        with Sink() as sink:
            b = sender(t, sink, how)
            sink.how = how
            record = send(b)
            visit(b, ok=False)
            assert outbox(b, record)["state"] in ("pending", "uncertain")
            assert not sink.taken


def test_slow(t):
    """a server that is slow, falls silent, or closes one side only: what it may have is uncertain"""
    for how, pause, state, taken in (("", 1, "sent", 1), ("", 4, "uncertain", 1),
                                     ("silent", 0, "pending", 0), ("half-closed", 0, "pending", 0),
                                     ("half-closed-end", 0, "uncertain", 1),
                                     ("trickle", 0, "sent", 1)):
        with Sink() as sink:
            b = sender(t, sink, f"slow{how}{pause}")
            b.profiles["out"]["read-timeout"] = "2s"
            b.apply()
            record = send(b)
            sink.how, sink.pause = how, pause
            said = visit(b, ok=False)
            told = outbox(b, record)
            assert told["state"] == state, (how, pause, told, said.stderr)
            if taken:
                until(lambda: len(sink.taken) == 1, 10, "the sink has it")
            assert len(sink.taken) == taken, (how, sink.taken)
            # Whatever it was: by itself nothing goes out a second time.
            sink.how, sink.pause = "", 0
            visit(b, ok=False)
            assert sink.messages()[f"{record}@example.com"] <= 1 and len(sink.taken) >= taken


def test_tls(t):
    """STARTTLS and TLS; to a stranger, a server without TLS or an injector nothing is said"""
    folder = os.path.join(t.folder, "tls")
    certificates(folder)
    good = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    good.load_cert_chain(os.path.join(folder, "server.pem"), os.path.join(folder, "server.key"))
    other = os.path.join(t.folder, "other")
    os.makedirs(other)
    dovecot.make_certificate(other)
    bad = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    bad.load_cert_chain(os.path.join(other, "server.pem"), os.path.join(other, "server.key"))
    ca = os.path.join(folder, "ca.pem")
    for name, kind, host, context, words in (
            ("starttls", "starttls", "localhost", good, None),
            ("implicit", "implicit", "localhost", good, None),
            ("stranger", "starttls", "localhost", bad, "certificate"),
            ("stranger-implicit", "implicit", "localhost", bad, "certificate"),
            ("wrong-name", "starttls", "127.0.0.2", good, "certificate"),
            ("injected", "starttls", "localhost", good, "between its yes to TLS"),
            ("none", "starttls", "localhost", None, "TLS")):
        how = {"implicit": context} if kind == "implicit" else {"tls": context}
        with Sink(users={"anna": "hemligt"}, address="127.0.0.2" if "wrong" in name else "127.0.0.1",
                  **how) as sink:
            sink.how = "inject" if name == "injected" else ""
            b = sender(t, sink, name)
            b.profiles["out"].update({"host": host, "tls": kind, "ca-file": ca})
            b.mailboxes["anna"].update({"username": "anna", "password": f"file:{b.password}"})
            b.apply()
            record = send(b)
            said = visit(b, ok=False)
            if words is None:
                assert outbox(b, record)["state"] == "sent", (name, said.stderr)
                continue
            assert words in said.stderr, (name, said.stderr)
            assert outbox(b, record)["state"] == "pending" and not sink.taken, name
            assert not any(c.upper().startswith(("AUTH", "MAIL")) for _, c in sink.commands), name
            told, = b.alerts()
            assert words in json.dumps(told), told


def test_aiosmtpd(t):
    """Debian's aiosmtpd that misbehaves: what it may have is uncertain, all else goes out later, once"""
    for how, state, taken in (("", "sent", 1), ("drop-end", "uncertain", 1), ("421", "pending", 0),
                              ("421-end", "pending", 0), ("450", "pending", 0),
                              ("slow", "uncertain", 1), ("half-closed", "pending", 0),
                              ("half-closed-end", "uncertain", 1)):
        with AioSink(os.path.join(t.folder, f"aio-{how}")) as sink:
            b = sender(t, sink, f"aiosmtpd{how}", email={"send-retry": "1s"},
                       schedule={"server-retry": "1s", "retry": "1s"})
            b.profiles["out"]["read-timeout"] = "2s"
            b.apply()
            sink.how(how)
            record = send(b)
            said = visit(b, ok=False)
            assert outbox(b, record)["state"] == state, (how, outbox(b, record), said.stderr)
            assert len(sink.taken()) == taken, how
            sink.how("")
            if state == "pending":
                until(lambda: (visit(b, ok=False), outbox(b, record)["state"] == "sent")[1], 30, how)
            else:
                visit(b, ok=False)
                assert outbox(b, record)["state"] == state, how
            mail, = sink.taken()
            assert f"Message-ID: <{record}@example.com>".encode() in mail
    folder = os.path.join(t.folder, "stranger")
    os.makedirs(folder)
    dovecot.make_certificate(folder)
    with AioSink(folder, *(os.path.join(folder, f"server.{end}") for end in ("pem", "key"))) as sink:
        b = sender(t, sink, "aiosmtpd-stranger")
        b.profiles["out"].update({"host": "localhost", "tls": "starttls"})
        b.apply()
        record = send(b)
        assert "certificate" in visit(b, ok=False).stderr
        assert outbox(b, record)["state"] == "pending" and not sink.taken()


def test_rights(t):
    """who may send in whose name"""
    with Sink() as sink:
        b = sender(t, sink)
        b.person("user anna", address="anna@example.com", delegates="bo")
        b.person("user bo", address="bo@example.com")
        b.person("user carl", address="carl@example.com")
        b.apply()
        path = write(os.path.join(b.folder, "m.eml"), MAIL.format(more="", body="", subject="x"))
        record = b.json("record", "send", path, "--as", "bo")["record"]
        refused = b.run("record", "send", path, "--as", "carl", ok=False)
        assert "carl may not send in the name of anna" in refused.stderr, refused.stderr
        foreign = write(os.path.join(b.folder, "f.eml"), "From: x@other.example\nTo: a@b.example\n\n")
        assert "has the address" in b.run("record", "send", foreign, ok=False).stderr
        bo = write(os.path.join(b.folder, "bo.eml"), "From: bo@example.com\nTo: a@b.example\n\n")
        assert "no mailbox of bo sends" in b.run("record", "send", bo, ok=False).stderr
        nobody = write(os.path.join(b.folder, "n.eml"), "From: anna@example.com\nSubject: x\n\n")
        assert "no recipient" in b.run("record", "send", nobody, ok=False).stderr
        visit(b)
        mail, = sink.taken
        assert b"\r\nSender: bo@example.com\r\n" in mail.data
        assert outbox(b, record)["state"] == "sent"


def test_not_before_and_recall(t):
    """a mail that may not go yet waits, and can be taken back"""
    with Sink() as sink:
        b = sender(t, sink)
        record = send(b, 1, "x@y.example", "text", "Later", "--not-before", "2037-01-01")
        visit(b)
        assert outbox(b, record)["state"] == "pending" and not sink.taken
        b.run("outbox", "recall", record)
        assert outbox(b, record)["state"] == "canceled"
        b.run("outbox", "resend", record)
        b.run("outbox", "recall", record)
        assert [w["rule"][-4:] for w in b.json("explain", record)] == ["0054", "0055", "0054", "0053"]
        assert "not before 2037-01-01T00:00:00Z" in b.run("explain", record).stdout
        assert "when it was canceled" in b.run("explain", record).stdout
        # A duration counts from now on; a moment has an offset or is UTC.
        now, then = time.time(), calendar.timegm((2037, 1, 31, 8, 0, 0))
        for n, (text, at) in enumerate((("2d", now + 2 * 86400), ("30m", now + 1800),
                                        ("2037-01-31T10:00+02:00", then),
                                        ("2037-01-31T08:00:00", then))):
            told = outbox(b, send(b, n, "x@y.example", "text", "Later", "--not-before", text))
            when = calendar.timegm(time.strptime(told["next"], "%Y-%m-%dT%H:%M:%SZ"))
            assert told["state"] == "pending" and -2 < when - at < 60, (text, told)
        refused = b.run("record", "send", "--from", "anna@example.com", "--to", "x@y.example",
                        "--not-before", "tomorrow", ok=False)
        assert "midnight UTC" in refused.stderr and "from now on" in refused.stderr, refused.stderr
        visit(b)
        assert not sink.connections


def test_stranded(t):
    """pending mail of a mailbox whose outgoing lane was turned off is told of, and goes when it is on"""
    with Sink() as sink:
        b = sender(t, sink)
        record = send(b)
        assert b.json("status")["stranded"] == 0
        b.mailboxes["anna"]["outgoing"] = "none"
        b.apply()
        told = b.json("status")
        assert told["stranded"] == 1 and told["in_step"] is False
        assert "outgoing lane is off" in b.run("status").stdout
        b.mailboxes["anna"]["outgoing"] = "brygga"
        b.apply()
        visit(b)
        assert outbox(b, record)["state"] == "sent" and b.json("status")["stranded"] == 0


def test_login(t):
    """every way to log in, and the wrong password"""
    with Sink(users={"anna": "hemligt"}) as sink:
        for how in ("auto", "plain", "login", "cram-md5"):
            b = Brygga(t, how)
            b.profile("out", connector="smtp", host="127.0.0.1", port=sink.port, tls="none",
                      auth=how)
            b.person("user anna", address="anna@example.com")
            b.mailbox("anna", "out", incoming="none", outgoing="brygga", username="anna",
                      password=f"file:{b.password}")
            b.apply()
            record = send(b)
            visit(b)
            assert outbox(b, record)["state"] == "sent", how
        wrong = write(os.path.join(b.folder, "wrong"), "falskt\n")
        b.mailboxes["anna"]["password"] = f"file:{wrong}"
        b.apply()
        record = send(b, 2)
        refused = visit(b, ok=False)
        assert "refused the user name or the password" in refused.stderr, refused.stderr
        assert outbox(b, record)["state"] == "pending"
