# SPDX-License-Identifier: Apache-2.0
"""After sending: what others tell us of our mail, and what it is not taken for."""
import lib  # noqa: F401 - it knows where the servers are
from smtpsink import Sink
from test_track import mail, office, rules, users, visit

BOUNCE = """Return-Path: <>
From: MAILER-DAEMON@mx.example (Mail Delivery System)
To: anna@example.com
Subject: Undelivered Mail Returned to Sender
Date: Mon, 21 Sep 2026 10:00:00 +0000
Message-ID: <{own}>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b
Content-Type: text/plain

So it went.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

{groups}
--b
Content-Type: text/rfc822-headers

From: anna@example.com
Subject: {subject}
{returned}
--b--
"""


def group(address, action, status, said=""):
    return (f"Final-Recipient: rfc822; {address}\nAction: {action}\nStatus: {status}\n" +
            (f"Diagnostic-Code: smtp; {said}\n" if said else ""))


def bounce(own, about, *groups, subject="Offer"):
    returned = f"Message-ID: <{about}>\n" if about else "X-Id: gone\n"
    return BOUNCE.format(own=own, groups="\n".join(groups), returned=returned,
                         subject=subject).encode()


def send(b, *to):
    """One mail of anna's, at the server's. Its record as shown."""
    record = b.json("record", "send", "--as", "anna", "--to", " ".join(to), "--subject", "Offer",
                    "--text", "Here it is.")["record"]
    b.run("visit", "anna", "--lane", "outgoing")
    return b.json("record", "show", record)


def recipients(b, record):
    return {r["address"]: r for r in b.json("record", "show", record)["outbox"]["recipients"]}


def states(b, record):
    return {address.split("@")[0]: r["state"] for address, r in recipients(b, record).items()}


def arrive(server, b, *mails):
    for one in mails:
        server.deliver("anna", one)
    visit(b, "anna")


def test_recipients(t):
    """delivery reports, receipts and automatic answers set the state of each recipient, once"""
    server = users(t)
    with Sink() as sink:
        b = office(t, server, sink)
        one = send(b, "a@customer.example", "b@customer.example", "c@customer.example")
        ours = one["message_id"]
        assert set(states(b, one["id"]).values()) == {"sent"}
        # Three in one visit, about one mail.
        arrive(server, b, bounce("r1@mx", ours, group("a@customer.example", "delayed", "4.4.1")),
               bounce("r2@mx", ours, group("b@customer.example", "failed", "5.1.1",
                                           "550 5.1.1 no such user here")),
               bounce("r3@mx", ours, group("c@customer.example", "failed", "4.2.2", "full")))
        assert states(b, one["id"]) == {"a": "delayed", "b": "bounced-hard", "c": "bounced-soft"}
        told = recipients(b, one["id"])["b@customer.example"]
        assert told["status"] == "5.1.1" and "no such user" in told["server_said"], told
        assert told["since"]
        # What was late comes; later it is read; nothing makes it less than read.
        arrive(server, b, bounce("r4@mx", ours, group("a@customer.example", "delivered", "2.0.0")))
        assert states(b, one["id"])["a"] == "delivered"
        receipt = mail("r5@customer.example", "a@customer.example", subject="Read: Offer",
                       Content_Type="multipart/report; report-type=disposition-notification; "
                       "boundary=x",
                       body="--x\nContent-Type: message/disposition-notification\n\n"
                       f"Final-Recipient: rfc822; a@customer.example\nOriginal-Message-ID: <{ours}>"
                       "\nDisposition: manual-action/MDN-sent-manually; displayed\n\n--x--")
        arrive(server, b, receipt)
        assert states(b, one["id"])["a"] == "read"
        arrive(server, b, bounce("r6@mx", ours, group("a@customer.example", "delayed", "4.4.1")))
        assert states(b, one["id"])["a"] == "read"
        assert rules(b, "r6@mx")[0] == "BRG-RULE-0061", rules(b, "r6@mx")
        # It is explained at the report and at the mail; none of them became a record.
        assert "BRG-RULE-0060" in rules(b, "r2@mx")
        why = [w["why"] for w in b.json("explain", one["id"]) if w["rule"] == "BRG-RULE-0060"]
        assert any("bounced-hard" in w and "5.1.1" in w for w in why), why
        assert not any("@customer" in w for w in why), "no address stays in a decision"
        assert len(b.json("record", "list")) == 1


def test_no_answer(t):
    """an automatic answer is no answer: not taken as one, and where all mail is taken not tied as one"""
    server = users(t)
    with Sink() as sink:
        b = office(t, server, sink)
        one = send(b, "erik@customer.example")
        ours = one["message_id"]
        away = dict(subject="Automatic reply: Offer", Auto_Submitted="auto-replied",
                    In_Reply_To=f"<{ours}>")
        arrive(server, b, mail("ooo1@customer.example", **away))
        assert states(b, one["id"])["erik"] == "auto-answered"
        assert "BRG-RULE-0023" in rules(b, "ooo1@customer.example")
        assert len(b.json("record", "list")) == 1
        # All mail: it is kept beside its mail, and nothing answers it.
        b.people["user anna"]["accept"] = "all"
        b.apply()
        two = send(b, "erik@customer.example")
        away["In_Reply_To"] = f"<{two['message_id']}>"
        arrive(server, b, mail("ooo2@customer.example", **away))
        kept = next(r for r in b.json("record", "list") if r["message_id"] == "ooo2@customer.example")
        assert kept["report"] == "answer"
        shown = b.json("record", "show", kept["id"])
        assert "answers" not in shown and shown["conversation"] == two["id"], shown
        arrive(server, b, mail("human@customer.example", In_Reply_To="<ooo2@customer.example>"),
               mail("both@customer.example", In_Reply_To="<ooo2@customer.example>",
                    References=f"<{two['message_id']}> <ooo2@customer.example>"))
        by_id = {r["message_id"]: b.json("record", "show", r["id"]) for r in b.json("record", "list")}
        assert "answers" not in by_id["human@customer.example"]
        assert by_id["both@customer.example"]["answers"] == two["id"]


def test_proof(t):
    """a report proves that an uncertain mail was sent; a guessed token and a stranger prove nothing"""
    server = users(t)
    with Sink(extensions=("PIPELINING", "8BITMIME")) as sink:
        b = office(t, server, sink)
        sink.how = "drop-end"
        record = b.json("record", "send", "--as", "anna", "--to", "erik@customer.example",
                        "--subject", "Offer", "--text", "x")["record"]
        b.run("visit", "anna", "--lane", "outgoing", ok=False)
        shown = b.json("record", "show", record)
        assert shown["outbox"]["state"] == "uncertain" and b.alerts()
        sink.how = ""
        stranger = group("x@stranger.example", "failed", "5.1.1")
        arrive(server, b, bounce("r1@mx", None, stranger, subject=shown["subject"]),
               bounce("r2@mx", "never@example.com", group("erik@customer.example", "failed", "5.1.1")))
        assert b.json("record", "show", record)["outbox"]["state"] == "uncertain"
        assert states(b, record) == {"erik": "pending"}
        # Only the token in the subject that came back, and his address.
        arrive(server, b, bounce("r3@mx", None, group("erik@customer.example", "failed", "5.2.2"),
                                 subject=shown["subject"]))
        assert b.json("record", "show", record)["outbox"]["state"] == "sent"
        assert states(b, record) == {"erik": "bounced-soft"}
        assert not b.alerts()
        b.run("visit", "anna", "--lane", "outgoing")
        assert len(sink.taken) == 1, "it was not sent again"


def test_where_it_came(t):
    """a report counts in any mailbox, in two at once, by hand, and where it went from there"""
    server = users(t)
    with Sink() as sink:
        b = office(t, server, sink)
        one = send(b, "erik@customer.example")
        # The address that bounced is where he forwards his mail to: there was but one recipient.
        gone = bounce("r1@mx", one["message_id"], group("erik@elsewhere.example", "failed", "5.1.1"))
        server.deliver("bo", gone)
        server.deliver("support", gone)
        visit(b, "bo", "support")
        assert states(b, one["id"]) == {"erik": "bounced-hard"}
        two = send(b, "erik@customer.example")
        path = b.folder + "/away.eml"
        with open(path, "wb") as f:
            f.write(mail("away@customer.example", Auto_Submitted="auto-replied",
                         In_Reply_To=f"<{two['message_id']}>"))
        b.run("promote", "anna", path)
        assert states(b, two["id"]) == {"erik": "auto-answered"}
        assert "BRG-RULE-0060" in rules(b, "away@customer.example"), b.json("explain", two["id"])
