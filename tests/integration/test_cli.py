# SPDX-License-Identifier: Apache-2.0
"""The command line: on whose behalf, what is refused, and what it says."""
import json
import os

from lib import write
from smtpsink import Sink
from test_track import mail, office, rules, users, visit


def refused(b, words, *args, status=1):
    done = b.run(*args, ok=False)
    assert done.returncode == status and words in done.stderr, (args, done)
    assert len(done.stderr.splitlines()) == 1, (args, done.stderr)
    return done


def test_as(t):
    """--as: in every read only what is his, in every change too; the administrator's is refused"""
    server = users(t)
    with Sink() as sink:
        b = office(t, server, sink)
        b.people["user anna"]["accept"] = "all"
        b.people["user bo"]["team"] = "north"
        b.people["queue support"]["team"] = "south"
        b.person("queue open", address="open@example.com")
        b.mailbox("open", "in", "queue", username="open")
        b.person("contact erik", addresses="erik@customer.example e@customer.example",
                 visibility="everyone")
        b.apply()
        server.deliver("anna", mail("hers@x.example"))
        server.deliver("support", mail("queue@x.example", to="help@example.com"))
        visit(b, "anna", "support")
        hers = [r for r in b.json("record", "list") if r["message_id"] == "hers@x.example"][0]["id"]
        b.run("untrack", "anna", "hers@x.example")
        later = b.json("record", "send", "--as", "anna", "--to", "x@y.example", "--text", "x",
                       "--not-before", "2037-01-01")["record"]
        b.change("INSERT INTO alert (id, level, scope, object, detail, code, params, said, times,"
                 " first_us, last_us, cleared_us) SELECT randomblob(16), 3, 3, id, '', 'X', '', '',"
                 " 1, 1, 1, 0 FROM mailbox WHERE name = 'anna'")
        b.change("INSERT INTO parked (mailbox, folder, remote_id, tries, next_us, code, params,"
                 " said) SELECT id, '', 'gone', 1, 0, 'X', '', '' FROM mailbox WHERE name = 'anna'")

        # Lists and looks.
        for as_who, n in ((("--as", "bo"), 0), (("--as", "anna"), 1), ((), 1)):
            assert len(b.json("outbox", "list", *as_who)) == n, as_who
            assert len(b.json("parked", "list", *as_who)) == n, as_who
            assert len(b.json("alert", "list", *as_who)) == n, as_who
            assert b.json("person", "show", "erik@customer.example",
                          *as_who)["records_in_all"] == n + (not as_who), as_who
            assert len(b.json("person", "show", "erik@customer.example", *as_who)["references"]) == 1
        assert [m["name"] for m in b.json("mailbox", "list", "--as", "bo")] == ["bo", "open"]
        assert len(b.json("mailbox", "list")) == 4
        # Records go by their visibility, whatever the mailbox.
        assert [len(b.json("record", "list", "anna", *who)) for who in
                (("--as", "bo"), ("--as", "anna"), ())] == [0, 1, 1]
        assert b.json("mailbox", "list", "--as", "bo", "--limit", "1")[0]["name"] == "bo"
        for what in (hers, later, "hers@x.example", "anna"):
            assert b.json("explain", what, "--as", "anna") and b.json("explain", what)
            refused(b, "nothing is known of", "explain", what, "--as", "bo")
        for args in (("mailbox", "show", "anna"), ("mailbox", "show", "anna@example.com"),
                     ("parked", "list", "anna"), ("mailbox", "browse", "anna"),
                     # Changes.
                     ("track", "anna", "hers@x.example"), ("untrack", "anna", "hers@x.example"),
                     ("promote", "anna", "/dev/null"), ("parked", "replay", "anna"),
                     ("sync", "anna"), ("visit", "anna"), ("mailbox", "show", "support")):
            refused(b, "bo may not look into", *args, "--as", "bo")
        for verb in ("recall", "resend", "mark-sent"):
            refused(b, "bo may not change", "outbox", verb, later, "--as", "bo")
        assert b.json("outbox", "list")[0]["state"] == "pending"
        b.run("outbox", "recall", later, "--as", "anna")
        b.run("mailbox", "show", "open", "--as", "bo")
        for args in (("apply", b.directory), ("check",), ("status",), ("retention", "run", "--yes"),
                     ("person", "forget", "a@b.example", "--yes"), ("person", "allow", "a@b.example"),
                     ("person", "export", "/nowhere", "a@b.example"), ("record", "hold", hers),
                     ("record", "release", hers), ("auth", "logout", "anna"), ("plugin", "list")):
            refused(b, "is for the administrator", *args, "--as", "anna", status=2)
        for args in (("mailbox", "list"), ("outbox", "list"), ("record", "show", hers)):
            refused(b, "there is no user carl", *args, "--as", "carl")


def test_empty(t):
    """what is empty, or the id of nothing, never means all or the first"""
    server = users(t)
    with Sink() as sink:
        b = office(t, server, sink)
        b.people["user anna"]["accept"] = "all"
        b.apply()
        server.deliver("anna", mail("hers@x.example"))
        visit(b, "anna")
        for args in (("record", "list"), ("mailbox", "browse", "anna"), ("outbox", "list"),
                     ("record", "send", "--to", "x@b.example", "--text", "x")):
            refused(b, "--as is empty", *args, "--as", "", status=2)
        for option in ("from", "to", "cc", "bcc", "reply-to", "regarding", "not-before", "since"):
            refused(b, f"--{option} is empty", "record", "send", "--as", "anna", f"--{option}", "",
                    status=2)
        refused(b, "--as är tomt", "mailbox", "list", "--lang", "sv", "--as", "", status=2)
        refused(b, "--subject", "mailbox", "browse", "anna", "--as", "anna", "--subject", "", status=2)
        for args in (("mailbox", "show", ""), ("track", "anna", ""), ("untrack", "anna", ""),
                     ("explain", ""), ("visit", ""), ("parked", "replay", "anna", "")):
            refused(b, "is empty", *args, status=2)
        nothing = "00000000-0000-0000-0000-000000000000"
        later = b.json("record", "send", "--as", "anna", "--to", "x@y.example", "--text", "x")["record"]
        for args in (("record", "show", nothing), ("record", "hold", nothing),
                     ("outbox", "recall", nothing)):
            refused(b, "is no record id", *args)
        refused(b, "no mailbox has", "mailbox", "show", nothing)
        refused(b, "nothing is known", "explain", nothing)
        for name in ("case/", "/4711", "4711"):
            refused(b, "is no reference", "record", "list", "--regarding", name)
        assert b.json("outbox", "list")[0]["record"] == later


def test_compose(t):
    """a mail from options: names, wrong addresses, a file that says it itself"""
    server = users(t)
    with Sink() as sink:
        b = office(t, server, sink)

        def went(*args):
            record = b.json("record", "send", *args)["record"]
            b.run("visit", "anna", "--lane", "outgoing")
            head = sink.taken[-1].data.split(b"\r\n\r\n")[0].decode().replace("\r\n\t", " ") \
                .replace("\r\n ", " ")
            return dict(line.split(": ", 1) for line in head.split("\r\n")), \
                sink.taken[-1].recipients, record
        head, to, record = went("--from", "Anna <Anna@example.com>", "--to",
                                '"Berg, Åke" <ake@x.example>, Bo B <bo@y.example>,c@z.example',
                                "--cc", "d@z.example e@z.example", "--bcc", "Eva <f@z.example>",
                                "--text", "x")
        assert to == ["ake@x.example", "bo@y.example", "c@z.example", "d@z.example", "e@z.example",
                      "f@z.example"], to
        assert head["From"] == '"Anna" <anna@example.com>', head
        assert head["To"].endswith('<ake@x.example>, "Bo B" <bo@y.example>, c@z.example'), head
        assert head["To"].startswith("=?") and "Cc" in head and "Bcc" not in head, head
        shown = b.json("record", "show", record)
        assert shown["to"][0] == {"name": "Berg, Åke", "address": "ake@x.example"}, shown
        for text in ("nonsense", "Anna <anna>", "Anna <a@b.example", "a@b.example>", "<>", ",",
                     "a@b.example\nBcc: x@y.example", "A <a@b.example> B <c@d.example>",
                     "A <a@b.example> x", "a@b.example;c@d.example", "Anna"):
            refused(b, "--to takes addresses such as", "record", "send", "--as", "anna", "--to", text)
        refused(b, "--from takes one address", "record", "send", "--from",
                "a@b.example, c@d.example", "--to", "x@y.example")
        path = write(os.path.join(b.folder, "m.eml"),
                     "From: anna@example.com\nTo: erik@customer.example\nSubject: x\n\ntext\n")
        before = len(b.json("record", "list"))
        for option, value in (("to", "x@y.example"), ("cc", "x@y.example"), ("subject", "S"),
                              ("text", "T"), ("from", "anna@example.com"), ("reply-to", record)):
            refused(b, f"--{option} does not go with a file", "record", "send", path,
                    f"--{option}", value, status=2)
        assert len(b.json("record", "list")) == before
        head, to, _ = went(path, "--bcc", "more@z.example", "--as", "anna")
        assert to == ["erik@customer.example", "more@z.example"]


def test_answer(t):
    """an answer goes to where the sender wants it, to those of one's own mail, and is tied to it"""
    server = users(t)
    with Sink() as sink:
        b = office(t, server, sink)
        b.people["user anna"]["accept"] = "all"
        b.person("reference 12", kind="case", title="Another")
        b.apply()
        server.deliver("anna", mail("plain@x.example"))
        server.deliver("anna", mail("list@x.example", Reply_To="Svar <svar@x.example>, b@x.example"))
        visit(b, "anna")
        ids = {r["message_id"]: r["id"] for r in b.json("record", "list")}

        def answer(record, *args):
            sent = b.json("record", "send", "--as", "anna", "--reply-to", record, "--text", "x",
                          *args)["record"]
            b.run("visit", "anna", "--lane", "outgoing")
            return sink.taken[-1].recipients, b.json("record", "show", sent)
        to, shown = answer(ids["list@x.example"])
        assert to == ["svar@x.example", "b@x.example"], to
        assert shown["to"][0]["name"] == "Svar" and shown["answers"] == ids["list@x.example"]
        to, first = answer(ids["plain@x.example"], "--regarding", "case/4711")
        assert to == ["erik@customer.example"] and first["to"][0]["name"] == "Erik", first
        to, again = answer(first["id"])
        assert to == ["erik@customer.example"], to
        assert again["subject"].startswith("Re: Hello CRM:") and again["answers"] == first["id"]
        assert again["regarding"] == "case/4711"
        to, _ = answer(first["id"], "--to", "other@x.example")
        assert to == ["other@x.example"], to
        # One Message-ID twice: it is the record that was named.
        server.deliver("anna", mail("twice@x.example", body="one", Cc="case4711@example.com"))
        visit(b, "anna")
        server.deliver("anna", mail("twice@x.example", body="two"))
        visit(b, "anna")
        twice = [r["id"] for r in b.json("record", "list") if r["message_id"] == "twice@x.example"]
        assert len(twice) == 2
        for record in twice:
            _, shown = answer(record)
            assert shown["answers"] == record and shown["known_by"] == "InReplyTo", shown
            assert shown.get("regarding") == b.json("record", "show", record).get("regarding")
        # One without a Message-ID too.
        server.deliver("anna", mail(None, body="without"))
        visit(b, "anna")
        without = [r["id"] for r in b.json("record", "list") if not r.get("message_id")][0]
        _, shown = answer(without)
        assert shown["answers"] == without


def test_unfit(t):
    """what no server would take is refused at once; what one refuses for good was not tried often"""
    server = users(t)
    with Sink(extensions=("PIPELINING", "8BITMIME", "SIZE 5000")) as sink:
        b = office(t, server, sink)
        head = b"From: anna@example.com\nTo: x@y.example\nSubject: x\n\n"
        for data, words in ((head + b"a" * 998 + b"\n" + b"b" * 999 + b"\n", "has more than 998 octets"),
                            (head + b"one\ntwo\0three\n", "has a NUL byte"),
                            (b"X-Long: " + b"a" * 1000 + b"\n" + head, "has more than 998 octets")):
            path = write(os.path.join(b.folder, "m.eml"), data)
            refused(b, words, "record", "send", path)
        many = ", ".join(f"r{n}@customer.example" for n in range(1001))
        long = ", ".join(f"r{n}@{'x' * 60}.example" for n in range(990))
        for to, bcc in ((many, "b@x.example"), (many[:many.index(", r998@")], "b@x.example c@x.example "
                                                 "d@x.example"), (long, "b@x.example")):
            path = write(os.path.join(b.folder, "m.eml"), "From: anna@example.com\nTo: " +
                         to.replace(", ", ",\n ") + "\nSubject: x\n\ntext\n")
            refused(b, "more than 1000 recipients", "record", "send", path, "--bcc", bcc)
        assert b.json("record", "list") == []
        path = write(os.path.join(b.folder, "m.eml"), head + (b"a" * 998 + b"\n") * 10)
        record = b.json("record", "send", path)["record"]
        b.run("visit", "anna", "--lane", "outgoing")
        assert b.json("record", "show", record)["outbox"]["state"] == "failed"
        alert, = b.json("alert", "list")
        assert alert["code"] == "BRG-MAIL-0008" and "tries" not in alert["text"], alert
        assert rules(b, record)[0] == "BRG-MAIL-0008"


def test_off(t):
    """a lane that is off is not walked by hand, and nothing is wanted of it"""
    server = users(t)
    with Sink() as sink:
        b = office(t, server, sink)
        server.deliver("anna", mail("one@x.example"))
        visit(b, "anna")
        record = b.json("record", "send", "--as", "anna", "--to", "x@y.example", "--text", "x")["record"]
        server.deliver("anna", mail("two@x.example"))
        for how, words in (("none", "set incoming = brygga"), ("client", "incoming = client")):
            b.mailboxes["anna"].update({"incoming": how, "outgoing": how})
            b.apply()
            marks = b.sql("SELECT count(*) FROM mark")
            refused(b, words, "visit", "anna")
            refused(b, words, "track", "anna", "one@x.example")
            refused(b, words, "sync", "anna")
            refused(b, words, "sync", "anna", "--lane", "incoming")
            refused(b, words, "parked", "replay", "anna")
            refused(b, "outgoing", "visit", "anna", "--lane", "outgoing")
            refused(b, "outgoing", "sync", "anna", "--lane", "outgoing")
            refused(b, "act", "visit", "anna", "--lane", "act")
            assert b.sql("SELECT count(*) FROM mark") == marks and not sink.taken
            assert b.json("parked", "list") == []
        assert b.json("record", "show", record)["outbox"]["state"] == "pending"
        b.mailboxes["anna"].update({"incoming": "none", "outgoing": "brygga"})
        b.apply()
        b.run("sync", "anna")
        b.run("visit", "anna", "--lane", "outgoing")
        assert len(sink.taken) == 1


def test_json(t):
    """--json: what a command did, in JSON and nothing else; keys are there, even where empty"""
    server = users(t)
    with Sink() as sink:
        b = office(t, server, sink)
        b.people["user anna"]["accept"] = "all"
        b.apply()
        server.deliver("anna", b"Received: a; Mon, 21 Sep 2026 10:00:00 +0000\nFrom: a@b.example\n\nx\n")
        server.deliver("anna", mail("one@x.example"))
        server.deliver("support", mail("two@x.example", to="x@y.example"))
        visit(b, "anna", "support")
        bare = [r for r in b.json("record", "list") if r["subject"] == ""][0]
        assert bare["from_name"] == "" and bare["message_id"] == "", bare
        one = [r for r in b.json("record", "list") if r["message_id"] == "one@x.example"][0]["id"]
        assert b.json("record", "hold", one) == {"record": one, "legal_hold": True}
        assert b.json("record", "release", one) == {"record": one, "legal_hold": False}
        told = b.json("track", "anna", "one@x.example")
        assert told["state"] == "tracked" and told["record"] == one, told
        assert b.json("untrack", "anna", "one@x.example")["state"] == "untracked"
        told = b.json("track", "anna", "one@x.example")
        assert told["state"] == "wanted" and told["record"] is None and told["item"], told
        assert b.json("parked", "replay", "anna") == {"wanted": 1}
        assert b.json("sync", "anna") == {"mailbox": "anna", "state": "wanted"}
        sent = b.json("record", "send", "--as", "anna", "--to", "x@y.example")["record"]
        for verb, state in (("recall", "canceled"), ("resend", "pending")):
            assert b.json("outbox", verb, sent) == {"record": sent, "state": state}
        b.change("UPDATE outgoing SET state = 9")
        assert b.json("outbox", "mark-sent", sent)["state"] == "sent"
        assert b.json("retention", "run", "--yes") == {"records_gone": 0}
        folder = os.path.join(b.folder, "export")
        assert b.json("person", "export", folder, "a@b.example") == \
            {"folder": folder, "records": 1, "references": 0}
        told = b.json("person", "forget", "a@b.example")
        assert dict(told, **{"done": False, "records": 1, "of_them_held": 0, "references": 0}) == told
        told = b.json("person", "forget", "a@b.example", "--yes")
        assert dict(told, **{"done": True, "records_gone": 1, "records_held": 0}) == told
        assert b.json("person", "allow", "a@b.example") == {"allowed": 1}
        assert b.json("check", b.directory) == []
        wrong = write(os.path.join(b.folder, "wrong.ini"), "[user a]\naddres = x@y.example\n")
        done = b.run("--json", "check", wrong, ok=False)
        problem, = json.loads(done.stdout)
        assert done.returncode == 1 and done.stderr == "", done
        assert problem["file"] == wrong and problem["line"] == 2, problem
        assert problem["code"].startswith("BRG-CONF-") and "address" in problem["text"], problem
        done = b.run("--json", "check", "/no/such/file", ok=False)
        assert json.loads(done.stdout)[0]["file"] == "/no/such/file", done


def test_told(t):
    """what is cut is said; a mailbox without decisions is one; help needs no configuration"""
    server = users(t)
    b = office(t, server)
    b.people["user anna"]["accept"] = "all"
    b.apply()
    refused(b, "nothing has been decided in mailbox anna yet", "explain", "anna")
    refused(b, "it is no mailbox", "explain", "nobody")
    server.deliver("anna", mail("long@x.example", body=("x" * 70 + "\n") * 15000))
    many = b"".join(b"--b\nContent-Disposition: attachment; filename=a%d\n\nx\n" % n for n in range(10010))
    server.deliver("anna", mail("many@x.example", body=many.decode() + "--b--",
                                Content_Type="multipart/mixed; boundary=b"))
    server.deliver("anna", mail("short@x.example"))
    visit(b, "anna")
    ids = {r["message_id"].split("@")[0]: r["id"] for r in b.json("record", "list")}
    cut = b.run("record", "text", ids["long"])
    assert len(cut.stdout) <= 1024 * 1024 and "no more than 1024 KiB" in cut.stderr, cut.stderr
    assert b.run("record", "text", ids["short"]).stderr == ""
    cut = b.run("--json", "record", "attachments", ids["many"])
    assert "more than 10000 parts" in cut.stderr and len(json.loads(cut.stdout)) <= 10000, cut.stderr
    assert b.run("record", "attachments", ids["short"]).stderr == ""
    for code in ("BRG-POP3-0004", "BRG-RULE-0001", "codes"):
        told = b.run("-c", "/no/such/brygga.conf", "help", code)
        assert told.stderr == "" and "BRG-" in told.stdout, told
    refused(b, "there is no code BRG-NONE-0001", "-c", "/no/such/brygga.conf", "help", "BRG-NONE-0001")
