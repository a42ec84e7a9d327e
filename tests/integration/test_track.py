# SPDX-License-Identifier: Apache-2.0
"""What becomes of mail that came: whose it is, what it answers, what people decide about it."""
import base64
import json
import os

from lib import PASSWORD, Brygga, serve, until, write
from smtpsink import Sink


def mail(message_id, sender="Erik <erik@customer.example>", to="anna@example.com", subject="Hello",
         body="text", **fields):
    head = {"Received": "from mx.example by mail.example; Mon, 21 Sep 2026 10:00:00 +0000",
            "From": sender, "To": to, "Subject": subject,
            "Date": "Mon, 21 Sep 2026 10:00:00 +0000"}
    if message_id:
        head["Message-ID"] = f"<{message_id}>"
    head.update({k.replace("_", "-"): v for k, v in fields.items()})
    return ("".join(f"{k}: {v}\n" for k, v in head.items()) + "\n" + body + "\n").encode()


def office(t, server, sink=None, **sections):
    """anna, bo and the queue support, with POP3 in and SMTP out."""
    b = Brygga(t, **sections)
    b.profile("in", server)
    if sink:
        b.profile("out", connector="smtp", host="127.0.0.1", port=sink.port, tls="none",
                  auth="none")
    for name in ("anna", "bo"):
        b.person(f"user {name}", address=f"{name}@example.com")
        b.mailbox(name, "in", accept="usual")
    b.person("queue support", address="support@example.com", aliases="help@example.com")
    b.mailbox("support", "in", "queue", accept="usual")
    for values in b.mailboxes.values():
        if sink:
            values.update({"outgoing": "brygga", "outgoing-profile": "out"})
    b.person("contact erik", addresses="erik@customer.example e@customer.example")
    b.person("reference 4711", kind="case", title="Broken crane", addresses="case4711@example.com",
             external="crm:4711")
    b.apply()
    return b


def visit(b, *names):
    for name in names:
        b.run("visit", name)


def rules(b, what):
    return [w["rule"] for w in b.json("explain", what)]


def users(t, *more):
    return serve(t, ["anna", "bo", "support", *more])


def test_conversation(t):
    """mail in, a reply from the store, the answer correlated back; and why, for each"""
    server = users(t)
    with Sink() as sink:
        b = office(t, server, sink)
        b.people["user anna"]["accept"] = "contacts"
        b.apply()
        server.deliver("anna", mail("first@customer.example", subject="The crane"))
        server.deliver("anna", mail("spam@other.example", "x@other.example", subject="Buy"))
        visit(b, "anna")
        first, = b.json("record", "list")
        assert first["subject"] == "The crane"
        assert rules(b, "first@customer.example") == ["BRG-RULE-0024"]
        assert rules(b, "spam@other.example") == ["BRG-RULE-0025"]
        sent = b.json("record", "send", "--as", "anna", "--reply-to", first["id"], "--text",
                      "We come tomorrow", "--regarding", "case/4711")["record"]
        b.run("visit", "anna", "--lane", "outgoing")
        out, = sink.taken
        assert b"\r\nSubject: Re: The crane CRM:" in out.data, out.data
        assert b"In-Reply-To: <first@customer.example>" in out.data
        assert out.recipients == ["erik@customer.example"]
        shown = b.json("record", "show", sent)
        assert shown["answers"] == first["id"] and shown["known_by"] == "InReplyTo"
        assert shown["regarding"] == "case/4711"
        subject = shown["subject"]
        b.people["user anna"]["accept"] = "replies"
        b.apply()
        # By In-Reply-To; by References alone; by the token alone; and what answers nothing.
        server.deliver("anna", mail("a@customer.example", In_Reply_To=f"<{shown['message_id']}>"))
        server.deliver("anna", mail("b@customer.example", subject="x",
                                    References=f"<nobody@x.example> <{shown['message_id']}>"))
        server.deliver("anna", mail("c@customer.example", "e@customer.example",
                                    subject="SV: " + subject))
        server.deliver("anna", mail("d@customer.example", subject="The crane"))
        server.deliver("anna", mail("e@stranger.example", "x@stranger.example", subject=subject))
        visit(b, "anna")
        assert rules(b, "a@customer.example") == ["BRG-RULE-0040", "BRG-RULE-0021"]
        assert rules(b, "b@customer.example") == ["BRG-RULE-0040", "BRG-RULE-0021"]
        assert rules(b, "c@customer.example") == ["BRG-RULE-0022"], "another address is no witness"
        assert rules(b, "d@customer.example") == ["BRG-RULE-0022"]
        assert rules(b, "e@stranger.example") == ["BRG-RULE-0022"]
        server.deliver("anna", mail("f@customer.example", subject="SV: " + subject))
        visit(b, "anna")
        assert rules(b, "f@customer.example") == ["BRG-RULE-0041", "BRG-RULE-0021"]
        thread = b.json("record", "thread", first["id"])
        assert [r["message_id"].split("@")[0][:1] for r in thread][0] == "f"
        assert len(thread) == 5 and {r.get("regarding") for r in thread} == {None, "case/4711"}
        assert [r for r in thread if r["id"] == first["id"]][0].get("regarding") is None
        again = b.json("record", "list", "--regarding", "case/4711")
        assert len(again) == 4


def test_one_record(t):
    """the same mail in several mailboxes is one record; other mail with its Message-ID is another"""
    server = users(t)
    b = office(t, server)
    for name in ("user anna", "user bo"):
        b.people[name]["accept"] = "all"
    b.apply()
    same = mail("same@x.example", to="anna@example.com, bo@example.com, help@example.com")
    for name in ("anna", "bo", "support"):
        server.deliver(name, same.replace(b"Received: from mx", f"Received: for {name} from mx".encode()))
    visit(b, "anna", "bo", "support")
    record, = b.json("record", "list")
    links = b.json("record", "show", record["id"])["links"]
    assert sorted(link["name"] for link in links) == ["anna", "bo", "support"]
    roles = {(p["role"], p["name"]) for p in b.json("record", "show", record["id"])["parties"]}
    assert roles == {("from", "erik"), ("to", "anna"), ("to", "bo"), ("to", "support"),
                     ("reader", "bo"), ("reader", "support")}, roles
    # One Message-ID used again and again, in one mailbox and in two, and none at all.
    for n in range(4):
        server.deliver("anna", mail("same@x.example", body=f"other text {n}"))
        server.deliver("anna", mail(None, body=f"without {n}"))
    server.deliver("bo", mail("same@x.example", body="other text 2"))
    visit(b, "anna", "bo")
    assert len(b.json("record", "list", "anna")) == 9
    assert len(b.json("record", "list")) == 9
    assert len(b.json("record", "list", "bo")) == 2


def test_internal(t):
    """mail from user to user: one record, or one for each; what a list made of it is no new mail"""
    for how in ("once", "twice"):
        server = serve(t, ["anna", "bo", "support"], how + "-server")
        with Sink() as sink:
            b = office(t, server, sink, name=how, email={"internal-mail": how})
            b.people["user anna"]["accept"] = b.people["user bo"]["accept"] = "all"
            b.apply()
            sent = b.json("record", "send", "--as", "anna", "--to",
                          "bo@example.com, list@lists.example", "--subject", "Lunch",
                          "--text", "At noon?")["record"]
            b.run("visit", "anna", "--lane", "outgoing")
            went, = sink.taken
            server.deliver("bo", went.data)
            # The list changes the subject, and gives everybody a copy.
            changed = went.data.replace(b"Subject: ", b"Subject: [list] ") \
                .replace(b"MIME-Version", b"Precedence: list\r\nMIME-Version")
            server.deliver("bo", changed)
            server.deliver("anna", changed)
            visit(b, "anna", "bo")
            records = b.json("record", "list")
            key = f"{sent}@example.com"
            if how == "once":
                assert [r["id"] for r in records] == [sent], records
                links = b.json("record", "show", sent)["links"]
                assert len(links) == 1, links
                # Sent; to bo it came as it was; changed, for anna and for bo.
                assert sorted(rules(b, key)) == ["BRG-RULE-0013", "BRG-RULE-0030",
                                                 "BRG-RULE-0033", "BRG-RULE-0050", "BRG-RULE-0053"], \
                    rules(b, key)
            else:
                assert len(records) >= 3 and sum(r["direction"] == "outgoing" for r in records) == 1
                owners = b.sql("SELECT DISTINCT o.name FROM record r JOIN owner o ON o.id = r.owner")
                assert sorted(owners) == [("anna",), ("bo",)], owners


def test_who(t):
    """aliases, blind copies, lists, a thing with an address, the queue's own rule, the blocklist"""
    server = users(t)
    b = office(t, server, email={"block": "spammer.example bad@customer.example"})
    b.people["user anna"]["accept"] = "contacts"
    b.people["user bo"]["accept"] = "records"
    b.apply()
    server.deliver("support", mail("q1@x.example", "a@b.example", "help@example.com"))
    server.deliver("support", mail("q2@x.example", "a@b.example", "list@lists.example"))
    server.deliver("support", mail("q3@x.example", "a@spammer.example", "help@example.com"))
    server.deliver("anna", mail("bcc@x.example", to="somebody@else.example"))
    server.deliver("anna", mail("a1@x.example", "bad@customer.example"))
    server.deliver("anna", mail("a2@x.example", "nobody@other.example"))
    server.deliver("bo", mail("b1@x.example", "Anna <anna@example.com>", "bo@example.com"))
    server.deliver("bo", mail("b2@x.example", "x@other.example", "bo@example.com"))
    server.deliver("bo", mail("case@x.example", to="bo@example.com", Cc="case4711@example.com"))
    visit(b, "anna", "bo", "support")
    assert rules(b, "q1@x.example") == ["BRG-RULE-0001"]
    assert rules(b, "q2@x.example") == ["BRG-RULE-0001"]
    assert rules(b, "q3@x.example") == ["BRG-RULE-0028"]
    assert rules(b, "bcc@x.example") == ["BRG-RULE-0024"]
    assert rules(b, "a1@x.example") == ["BRG-RULE-0028"]
    assert rules(b, "a2@x.example") == ["BRG-RULE-0025"]
    assert rules(b, "b1@x.example") == ["BRG-RULE-0026"]
    assert rules(b, "b2@x.example") == ["BRG-RULE-0027"]
    case = [r for r in b.json("record", "list") if r["message_id"] == "case@x.example"][0]
    assert b.json("record", "show", case["id"])["regarding"] == "case/4711"


def test_by_hand(t):
    """track past the rules, untrack, promote, and a poll that finds the same mail"""
    server = users(t)
    b = office(t, server)
    wanted = mail("wanted@x.example", "a@b.example", body="please")
    server.deliver("anna", wanted)
    server.deliver("anna", mail("other@x.example", "a@b.example"))
    visit(b, "anna")
    assert b.json("record", "list") == [] and rules(b, "wanted@x.example") == ["BRG-RULE-0022"]
    b.run("track", "anna", "wanted@x.example")
    visit(b, "anna")
    record, = b.json("record", "list")
    assert rules(b, "wanted@x.example")[0] == "BRG-RULE-0020"
    assert b.json("parked", "list") == []
    assert "tracked already" in b.run("track", "anna", "<wanted@x.example>").stdout
    b.run("untrack", "anna", "wanted@x.example")
    assert not any(link["on_server"] for link in b.json("record", "show", record["id"])["links"])
    visit(b, "anna")
    assert len(b.json("record", "list")) == 1
    unknown = b.run("track", "anna", "never@seen.example", ok=False)
    assert "has not been seen" in unknown.stderr
    # A client hands over what the poll has passed over, and what it will find later.
    for n, text in enumerate((wanted, mail("new@x.example", "a@b.example", body="fresh"))):
        path = write(os.path.join(b.folder, f"p{n}.eml"), text)
        told = b.json("promote", "anna", path)
        assert told["was_there"] == (n == 0), told
        assert b.json("promote", "anna", path)["was_there"]
    server.deliver("anna", mail("new@x.example", "a@b.example", body="fresh"))
    visit(b, "anna")
    assert len(b.json("record", "list")) == 2
    assert rules(b, "new@x.example")[0] == "BRG-RULE-0013"
    b.mailboxes["anna"]["incoming"] = "none"
    b.apply()
    refused = b.run("promote", "anna", path, ok=False)
    assert "takes no email" in refused.stderr, refused.stderr


def test_at_once(t):
    """track now through the daemon: work starts within a second"""
    server = users(t)
    b = office(t, server)
    server.deliver("anna", mail("now@x.example", "a@b.example"))
    b.start()
    until(lambda: b.in_step(), what="the first visit")
    b.run("track", "anna", "now@x.example")
    until(lambda: len(b.json("record", "list")) == 1, 10, "the tracked mail")
    assert b.stop() == 0


def test_same_moment(t):
    """many mailboxes with the same mail at the same moment: each mail is one record"""
    names = [f"u{n}" for n in range(6)]
    server = serve(t, names)
    b = Brygga(t)
    b.profile("in", server)
    for name in names:
        b.mailbox(name, "in")
    b.apply()
    for n in range(60):
        text = mail(f"{n}@x.example", to=", ".join(f"{x}@example.com" for x in names))
        for name in names:
            server.deliver(name, text)
    b.start()
    until(lambda: b.sql("SELECT count(*) FROM link")[0][0] == 360, 60, "all links")
    until(lambda: b.in_step(), 30, "the end")
    assert b.sql("SELECT count(*) FROM record")[0][0] == 60
    assert b.stop() == 0


def test_visibility(t):
    """who may see what, in lists, in show and in conversations"""
    server = users(t)
    b = office(t, server)
    b.people["user anna"].update(accept="all", team="north")
    b.people["user bo"].update(accept="all", team="north", visibility="team")
    b.people["user carl"] = {"address": "carl@example.com"}
    b.people["reference 4711"].update(visibility="everyone")
    b.apply()
    server.deliver("anna", mail("private@x.example"))
    server.deliver("bo", mail("team@x.example", to="bo@example.com"))
    server.deliver("anna", mail("open@x.example", to="anna@example.com, case4711@example.com"))
    server.deliver("support", mail("queue@x.example", to="help@example.com"))
    visit(b, "anna", "bo", "support")

    def seen(who):
        return sorted(r["message_id"].split("@")[0] for r in b.json("record", "list", "--as", who))
    assert seen("anna") == ["open", "private", "queue", "team"]
    assert seen("bo") == ["open", "queue", "team"]
    assert seen("carl") == ["open", "queue"]
    private = [r for r in b.json("record", "list") if r["message_id"] == "private@x.example"][0]
    refused = b.run("record", "show", private["id"], "--as", "carl", ok=False)
    assert "no record that may be seen" in refused.stderr
    assert b.run("record", "raw", private["id"], "--as", "anna").returncode == 0
    assert b.run("record", "raw", private["id"], "--as", "bo", ok=False).returncode == 1
    assert PASSWORD not in refused.stderr


def test_copies_are_seen(t):
    """who has a mail in his own mailbox sees its record, whoever's copy came first"""
    server = users(t)
    with Sink() as sink:
        b = office(t, server, sink)
        for who in ("user anna", "user bo"):
            b.people[who]["accept"] = "all"
        b.people["user carl"] = {"address": "carl@example.com"}
        b.apply()

        def seen(who):
            return {r["message_id"].split("@")[0] for r in b.json("record", "list", "--as", who)}
        both = mail("both@x.example", to="anna@example.com, bo@example.com")
        for who in ("anna", "bo"):
            server.deliver(who, both)
            visit(b, who)
        assert [seen(who) for who in ("anna", "bo", "carl")] == [{"both"}, {"both"}, set()]
        parties = b.json("record", "show", b.json("record", "list")[0]["id"])["parties"]
        assert {"role": "reader", "type": "user", "name": "bo"} in parties, parties
        # From user to user: one record, seen by both, also where a list has changed the copy.
        b.run("record", "send", "--as", "anna", "--to", "bo@example.com", "--subject", "Lunch",
              "--text", "At noon?")
        b.run("visit", "anna", "--lane", "outgoing")
        sent = sink.taken[0].data
        server.deliver("bo", sent)
        visit(b, "bo")
        assert len(b.json("record", "list")) == 2
        assert len(seen("bo")) == 2 and seen("bo") == seen("anna")
        b.run("record", "send", "--as", "anna", "--to", "list@lists.example", "--subject", "Dinner",
              "--text", "At six?")
        b.run("visit", "anna", "--lane", "outgoing")
        server.deliver("bo", sink.taken[1].data.replace(b"Subject: ", b"Subject: [list] "))
        visit(b, "bo")
        assert len(b.json("record", "list")) == 3 and len(seen("bo")) == 3
        # What a client hands over is seen by whose client it was.
        path = b.folder + "/mine.eml"
        server.deliver("bo", mail("mine@x.example", to="bo@example.com"))
        visit(b, "bo")
        with open(path, "wb") as f:
            f.write(mail("mine@x.example", to="bo@example.com"))
        assert "mine" not in seen("anna")
        assert b.json("promote", "anna", path)["was_there"]
        assert "mine" in seen("anna") and len(b.json("record", "list")) == 4


def test_queue(t):
    """what comes for a queue waits there, seen by those who may, until somebody takes it up"""
    server = users(t)
    b = office(t, server)
    b.people["queue support"].update(accept="all", team="north")
    b.people["user anna"].update(accept="all", team="north")
    b.apply()
    for n in (1, 2):
        server.deliver("support", mail(f"help{n}@x.example", to="help@example.com"))
    server.deliver("anna", mail("both@x.example", to="anna@example.com, support@example.com"))
    visit(b, "support", "anna")
    waits = b.json("queue", "list", "support")
    assert [w["message_id"] for w in waits] == ["help1@x.example", "help2@x.example",
                                                "both@x.example"], waits
    assert waits[0]["entered"]
    assert b.json("record", "show", waits[0]["id"])["queues"] == ["support"]
    assert len(b.json("queue", "list", "support", "--as", "anna")) == 3
    other = b.run("queue", "list", "support", "--as", "bo", ok=False)
    assert other.returncode == 1 and "another team's" in other.stderr, other.stderr
    b.run("queue", "done", "support", waits[0]["id"])
    assert len(b.json("queue", "list", "support")) == 2
    assert b.json("record", "show", waits[0]["id"])["queues"] == []
    again = b.run("queue", "done", "support", waits[0]["id"], ok=False)
    assert again.returncode == 1 and "does not wait" in again.stderr
    assert "no queue nobody" in b.run("queue", "list", "nobody", ok=False).stderr
    assert b.run("queue", "done", "support", waits[1]["id"], "--as", "bo", ok=False).returncode == 1


def test_same_visit(t):
    """mail that answers mail of the same visit is known as an answer, by every clue, and regards the same"""
    server = users(t)
    with Sink() as sink:
        b = office(t, server, sink)
        sent = b.json("record", "send", "--as", "anna", "--to", "erik@customer.example",
                      "--subject", "Crane", "--text", "x", "--regarding", "case/4711")["record"]
        b.run("visit", "anna", "--lane", "outgoing")
        ours = b.json("record", "show", sent)["message_id"]
        index, later = (base64.b64encode(bytes(range(1, 23)) + more).decode()
                        for more in (b"", b"\x01\x02\x03\x04\x05"))
        server.deliver("anna", mail("one@customer.example", In_Reply_To=f"<{ours}>",
                                    Thread_Index=index))
        server.deliver("anna", mail("two@customer.example", In_Reply_To="<one@customer.example>"))
        server.deliver("anna", mail("three@customer.example",
                                    References="<gone@x.example> <two@customer.example>"))
        server.deliver("anna", mail("four@customer.example", Thread_Index=later))
        visit(b, "anna")
        thread = {r["message_id"].split("@")[0]: r for r in b.json("record", "thread", sent)}
        assert set(thread) >= {"one", "two", "three", "four"}, list(thread)
        assert {r["regarding"] for r in thread.values()} == {"case/4711"}
        assert thread["two"]["answers"] == thread["one"]["id"]
        assert thread["three"]["answers"] == thread["two"]["id"]
        assert thread["four"]["known_by"] == "ConversationIndex"
        # A first fetch of a whole conversation.
        b.people["user bo"]["accept"] = "all"
        b.apply()
        for n in range(50):
            server.deliver("bo", mail(f"m{n}@x.example", to="bo@example.com",
                                      **({"In_Reply_To": f"<m{n - 1}@x.example>"} if n else {})))
        visit(b, "bo")
        first = next(r for r in b.json("record", "list", "bo") if r["message_id"] == "m0@x.example")
        assert len(b.json("record", "thread", first["id"])) == 50


def test_external_keys(t):
    """a thing of the CRM is named by the key that the CRM gave it, wherever one is asked for"""
    server = users(t)
    with Sink() as sink:
        b = office(t, server, sink)
        b.people["user anna"].update(accept="all", external="crm:u/1")
        b.people["contact erik"]["external"] = "crm:c17 erp:17"
        b.person("account firm", title="Firm")
        b.apply()
        server.deliver("anna", mail("a@x.example", to="anna@example.com, case4711@example.com"))
        visit(b, "anna")
        record, = b.json("record", "list", "--regarding", "crm:4711")
        assert b.json("record", "list", "--regarding", "case/4711") == [record]
        shown = b.json("record", "show", record["id"])
        assert shown["regarding"] == "case/4711" and shown["regarding_external"] == ["crm:4711"]
        assert {p["name"]: p.get("external") for p in shown["parties"]} == \
            {"erik": ["crm:c17", "erp:17"], "anna": ["crm:u/1"], "4711": ["crm:4711"]}, shown
        assert "crm:c17, erp:17" in b.run("record", "show", record["id"]).stdout
        sent = b.json("record", "send", "--as", "anna", "--to", "a@b.example", "--text", "x",
                      "--regarding", "crm:4711")["record"]
        assert b.json("record", "show", sent)["regarding"] == "case/4711"
        listed = {r["reference"]: r["external"] for r in b.json("reference", "list")}
        assert listed == {"case/4711": ["crm:4711"], "contact/erik": ["crm:c17", "erp:17"],
                          "account/firm": []}, listed
        only, = b.json("reference", "list", "account")
        assert only["title"] == "Firm"
        assert b.json("reference", "list", "--limit", "1")[0]["reference"] in listed
        for wrong, said in (("crm:9", "no reference has the external key crm:9"),
                            ("crm:u/1", "crm:u/1 is the key of no reference"),
                            ("crm:", "write KIND/NAME"), ("x", "write KIND/NAME"),
                            ("case/9", "there is no reference case/9")):
            told = b.run("record", "list", "--regarding", wrong, ok=False).stderr
            assert said in told, told


def test_browse(t):
    """the newest mails live, to the owner only, never stored; and a line of it tracked"""
    server = users(t)
    b = office(t, server)
    for n in range(40):
        server.deliver("anna", mail(f"{n}@x.example", f"sender{n}@b.example",
                                    subject=f"Hemlighet nummer {n}"))
    visit(b, "anna")
    server.deliver("anna", mail("fresh@x.example", "fresh@b.example", subject="Nyss kommen"))
    before = b.sql("SELECT count(*) FROM mark")[0][0]
    told = b.json("mailbox", "browse", "anna", "--as", "anna", "--limit", "5")
    assert [m["subject"] for m in told] == ["Nyss kommen"] + [f"Hemlighet nummer {n}"
                                                             for n in (39, 38, 37, 36)], told
    assert told[0]["tracked"] == "not seen yet" and told[1]["tracked"] == "no"
    assert told[0]["why"] == "not looked at yet: the next visit decides"
    assert "answers no mail" in told[1]["why"]
    assert len(b.json("mailbox", "browse", "anna", "--as", "anna", "--limit", "100", "--subject",
                      "NUMMER 3")) == 11
    # What is looked for may lie behind the newest lines.
    old = b.run("mailbox", "browse", "anna", "--as", "anna", "--from", "SENDER7@", "--json")
    assert len(json.loads(old.stdout)) == 1 and "newest 41 mails" in old.stderr, old
    server.deliver("anna", mail("arende@x.example", "=?utf-8?B?w5Y=?= <o@x.example>",
                                subject="=?utf-8?B?w4VyZW5kZQ==?="))
    for option, text in (("subject", "årende"), ("subject", "A\u030aRENDE"), ("from", "ö"),
                         ("from", "O@X.")):
        found = b.json("mailbox", "browse", "anna", "--as", "anna", f"--{option}", text, "--limit", "1")
        assert [m["subject"] for m in found] == ["Årende"], (option, text, found)
    for who in ((), ("--as", "bo")):
        refused = b.run("mailbox", "browse", "anna", *who, ok=False)
        assert refused.returncode == 1 and "look into anna" in refused.stderr, refused.stderr
    assert b.sql("SELECT count(*) FROM mark")[0][0] == before
    for garbage in ("garbage", "garbage@x.example", "<garbage@x.example>"):
        refused = b.run("track", "anna", garbage, ok=False)
        assert refused.returncode == 1 and "has not been seen" in refused.stderr, refused
    assert b.json("parked", "list") == []
    b.run("track", "anna", told[0]["item"])
    waits = b.json("mailbox", "browse", "anna", "--as", "anna", "--subject", "Nyss")
    assert [w["why"] for w in waits] == ["waits to be tracked: a person asked for it"], waits
    visit(b, "anna")
    assert [r["subject"] for r in b.json("record", "list")] == ["Nyss kommen"]
    for name in filter(lambda n: os.path.isfile(os.path.join(b.state, n)), os.listdir(b.state)):
        with open(os.path.join(b.state, name), "rb") as f:
            data = f.read()
        assert b"Hemlighet nummer" not in data and b"sender3@" not in data, name


def test_track_ids(t):
    """a server's id that looks like a Message-ID is tracked, seen or not, and untracked"""
    server = serve(t, ["anna", "bo", "support"], uidl_format="%08Xu%08Xv@mail.example")
    b = office(t, server)
    server.deliver("anna", mail("one@x.example", "a@b.example"))
    visit(b, "anna")
    server.deliver("anna", mail("two@x.example", "a@b.example"))
    told = b.json("mailbox", "browse", "anna", "--as", "anna")
    assert [m["tracked"] for m in told] == ["not seen yet", "no"] and "@" in told[0]["item"], told
    for m in told:
        b.run("track", "anna", m["item"])
    visit(b, "anna")
    assert len(b.json("record", "list")) == 2
    assert "tracked already" in b.run("track", "anna", told[1]["item"]).stdout
    b.run("untrack", "anna", told[1]["item"])
    told = b.json("mailbox", "browse", "anna", "--as", "anna")
    assert [m["tracked"] for m in told] == ["yes", "no"], told


def everything(folder):
    """All bytes below a folder."""
    for where, _, names in os.walk(folder):
        for name in names:
            with open(os.path.join(where, name), "rb") as f:
                yield os.path.join(where, name), f.read()


def test_person(t):
    """shown, handed over, forgotten but for what is held; and nothing of him is left anywhere"""
    server = users(t)
    b = office(t, server)
    for name in ("user anna", "user bo"):
        b.people[name]["accept"] = "all"
    b.apply()
    server.deliver("anna", mail("p1@x.example", "Petra Person <petra@forget.example>",
                                subject="Petras arende"))
    server.deliver("bo", mail("p2@x.example", "b@c.example",
                              "bo@example.com, petra@forget.example", subject="Till Petra"))
    server.deliver("anna", mail("held@x.example", "petra@forget.example", subject="Tvist"))
    server.deliver("anna", mail("other@x.example", "x@forget.example", subject="Annat"))
    b.person("contact petra-p", addresses="petra@forget.example", title="Petra P")
    b.person("account firm", addresses="petra@forget.example info@firm.example")
    b.apply()
    visit(b, "anna", "bo")
    held = [r for r in b.json("record", "list") if r["message_id"] == "held@x.example"][0]["id"]
    b.run("record", "hold", held)
    told = b.json("person", "show", "Petra@Forget.example")
    assert told["records_in_all"] == 3 and told["of_them_held"] == 1, told
    assert {r["name"] for r in told["references"]} == {"petra-p", "firm"}
    folder = os.path.join(b.folder, "export")
    b.run("person", "export", folder, "petra@forget.example")
    assert len(os.listdir(folder)) == 4
    assert "3 records, 1 of them" in b.run("person", "forget", "petra@forget.example").stdout
    assert len(b.json("record", "list")) == 4
    done = b.run("person", "forget", "petra@forget.example", "--yes")
    assert "2 records are gone, 1 stay" in done.stdout, done.stdout
    assert sorted(r["message_id"] for r in b.json("record", "list")) == \
        ["held@x.example", "other@x.example"]
    b.run("record", "release", held)
    b.run("person", "forget", "petra@forget.example", "--yes")
    # Not under any name, in no file of the store, the state folder or the log.
    for path, data in everything(b.state):
        for word in (b"petra", b"Petra", b"Petras arende", b"Tvist"):
            assert word not in data, (path, word, data[max(0, data.find(word) - 80):][:200])
    assert [a for a, in b.sql("SELECT address FROM address WHERE address LIKE '%firm%'")] == \
        ["info@firm.example"]
    # What lies on the server still does not come back, and new mail of hers is not taken.
    server.deliver("anna", mail("p3@x.example", "petra@forget.example"))
    visit(b, "anna", "bo")
    assert rules(b, "p3@x.example") == ["BRG-RULE-0034"]
    assert len(b.json("record", "list")) == 1
    b.run("person", "allow", "petra@forget.example")
    server.deliver("anna", mail("p4@x.example", "petra@forget.example"))
    visit(b, "anna")
    assert len(b.json("record", "list")) == 2


def test_retention(t):
    """what is old goes by its kind and is not taken again; a plan first, and what is held stays"""
    server = users(t)
    with Sink() as sink:
        b = office(t, server, sink)
        b.people["user anna"]["accept"] = "all"
        b.apply()
        for day in range(3):
            server.deliver("anna", mail(f"old{day}@x.example", subject=f"Gammalt {day}").replace(
                b"21 Sep 2026", b"0%d Jan 2020" % (day + 1)))
        server.deliver("anna", mail("new@x.example"))
        visit(b, "anna")
        records = {r["message_id"]: r["id"] for r in b.json("record", "list")}
        assert len(records) == 4, records
        b.run("record", "hold", records["old1@x.example"])
        assert all(k["would_go"] == 0 and k["before"] is None for k in b.json("retention", "plan"))
        b.sections["retention"] = {"received": "365d"}
        b.write_config()
        plan, sent = b.json("retention", "plan")
        assert (plan["kind"], plan["would_go"], plan["held"]) == ("received", 2, 1), plan
        assert plan["oldest"].startswith("2020-01-01"), plan
        assert (sent["kind"], sent["would_go"]) == ("sent", 0), sent
        assert len(b.json("record", "list")) == 4
        b.run("retention", "run")
        assert len(b.json("record", "list")) == 4
        assert "2 records are gone" in b.run("retention", "run", "--yes").stdout
        left = [r["message_id"] for r in b.json("record", "list")]
        assert sorted(left) == ["new@x.example", "old1@x.example"], left
        visit(b, "anna")
        assert len(b.json("record", "list")) == 2
        b.run("record", "release", records["old1@x.example"])
        b.start()
        until(lambda: len(b.json("record", "list")) == 1, 20, "the keeper removes it")
        b.stop()


LETTER = """Received: from mx.example; Mon, 21 Sep 2026 10:00:00 +0000
From: =?iso-8859-1?Q?J=F6rgen?= <jorgen@customer.example>
To: support@example.com
Subject: Ritningar
Message-ID: <letter@customer.example>
Date: Mon, 21 Sep 2026 10:00:00 +0000
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="b"

--b
Content-Type: multipart/alternative; boundary="a"

--a
Content-Type: text/plain; charset=iso-8859-1
Content-Transfer-Encoding: quoted-printable

H=E4r =E4r ritningarna.
--a
Content-Type: text/html; charset=utf-8

<p>H\u00e4r \u00e4r <b>ritningarna</b>.</p>
--a--
--b
Content-Type: application/pdf
Content-Disposition: attachment; filename*=utf-8''kran%20nr%204.pdf
Content-Transfer-Encoding: base64

{pdf}
--b
Content-Type: image/png
Content-Disposition: attachment; filename="big.png"
Content-Transfer-Encoding: base64

{png}
--b--
"""


def test_content(t):
    """text, HTML and attachments of a mail, as a person reads them; what is too large is only raw"""
    import base64
    server = users(t)
    b = office(t, server, email={"attachment-limit": "10K"})
    # The size is the file's own: in base64 both are larger than the limit.
    pdf, png = os.urandom(10 * 1024), os.urandom(10 * 1024 + 1)
    server.deliver("support", LETTER.format(pdf=base64.encodebytes(pdf).decode(),
                                            png=base64.encodebytes(png).decode()).encode())
    visit(b, "support")
    record, = b.json("record", "list")
    assert record["from_name"] == "J\u00f6rgen" and record["subject"] == "Ritningar"
    assert b.run("record", "text", record["id"]).stdout.strip() == "H\u00e4r \u00e4r ritningarna."
    assert "<b>ritningarna</b>" in b.run("record", "html", record["id"]).stdout
    told = b.json("record", "attachments", record["id"])
    assert [(a["name"], a["type"], a["octets"], a["too_large"]) for a in told] == \
        [("kran nr 4.pdf", "application/pdf", 10240, False),
         ("big.png", "image/png", 10241, True)], told
    import subprocess
    from lib import ROOT
    got = subprocess.run([os.path.join(ROOT, "bin", "brygga"), "-c", b.conf, "record", "attachment",
                          record["id"], "1"], stdout=subprocess.PIPE, check=True).stdout
    assert got == pdf
    refused = b.run("record", "attachment", record["id"], "2", ok=False)
    assert "larger than attachment-limit" in refused.stderr
    assert "no attachment number 3" in b.run("record", "attachment", record["id"], "3", ok=False).stderr


def wrapped(*mails, sender="anna@example.com"):
    """Mail forwarded as attachments, as a rule in a mailbox does it."""
    parts = b"".join(b"--w\nContent-Type: message/rfc822\n\n" + m + b"\n" for m in mails)
    return (f"Received: from a by b; Mon, 21 Sep 2026 10:00:00 +0000\nFrom: {sender}\n"
            "To: forward@example.com\nSubject: Fw\nMessage-ID: <w%d@example.com>\n"
            "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=w\n\n"
            % abs(hash(mails + (sender,)))).encode() + parts + b"--w--\n"


def test_forward(t):
    """a forward mailbox: what is inside goes to whom it is for, each once"""
    server = serve(t, ["forward"])
    b = Brygga(t)
    b.profile("in", server)
    b.person("user anna", address="anna@example.com", forwarded="yes", accept="all")
    b.person("user bo", address="bo@example.com", forwarded="yes", accept="contacts")
    b.person("user carl", address="carl@example.com")
    b.person("queue support", address="support@example.com", forwarded="yes")
    b.person("contact erik", addresses="erik@customer.example")
    b.mailbox("forward", "in", "queue", forward="yes", accept="none",
              address="forward@example.com")
    b.mailboxes["forward"]["accept"] = "all"
    b.apply()
    one = mail("one@x.example", "a@b.example", "list@lists.example", subject="Till anna")
    server.deliver("forward", wrapped(one, mail("two@x.example", subject="Tva")))
    server.deliver("forward", wrapped(
        mail("three@x.example", "a@b.example", "bo@example.com, support@example.com"),
        mail("four@x.example", to="bo@example.com"),
        mail("five@x.example", to="carl@example.com"), sender="someone@else.example"))
    server.deliver("forward", wrapped(one))
    server.deliver("forward", mail("plain@x.example", "a@b.example", subject="Inget inuti"))
    visit(b, "forward")
    told = {r["message_id"].split("@")[0]: r["id"] for r in b.json("record", "list")}
    assert set(told) == {"one", "two", "three", "four", "plain"}, told
    owners = dict(b.sql("SELECT r.fields, o.name FROM record r JOIN owner o ON o.id = r.owner"))
    by = {k.split('"message_id":"')[1].split("@")[0]: v for k, v in owners.items()}
    assert by == {"one": "anna", "two": "anna", "three": "support", "four": "bo",
                  "plain": "forward"}, by
    assert b.run("record", "raw", told["one"]).stdout.replace("\r\n", "\n").strip() == \
        one.decode().strip()
    visit(b, "forward")
    assert len(b.json("record", "list")) == 5


def test_forward_keeps(t):
    """what was inside is only deleted at the server where each mail of it is in the store"""
    server = serve(t, ["forward"])
    b = Brygga(t)
    b.profile("in", server)
    b.person("user bo", address="bo@example.com", forwarded="yes", accept="contacts")
    b.person("user carl", address="carl@example.com")
    b.person("contact erik", addresses="erik@customer.example")
    b.mailbox("forward", "in", "queue", forward="yes", accept="all", delete_after_store="yes",
              address="forward@example.com")
    b.apply()
    wanted = mail("wanted@x.example", to="bo@example.com")
    refused = mail("refused@x.example", "x@stranger.example", "bo@example.com")
    foreign = mail("foreign@x.example", to="carl@example.com")
    server.deliver("forward", wrapped(wanted, sender="x@else.example"))
    server.deliver("forward", wrapped(wanted, refused, sender="x@else.example"))
    server.deliver("forward", wrapped(mail("w2@x.example", to="bo@example.com"), foreign,
                                      sender="x@else.example"))
    server.deliver("forward", wrapped(refused, sender="x@else.example"))
    visit(b, "forward")
    assert sorted(r["message_id"] for r in b.json("record", "list")) == ["w2@x.example",
                                                                       "wanted@x.example"]
    assert server.count("forward") == 3
    assert rules(b, "refused@x.example") == ["BRG-RULE-0025"] * 2
    assert rules(b, "foreign@x.example") == ["BRG-RULE-0017"]
    visit(b, "forward")
    assert server.count("forward") == 3
