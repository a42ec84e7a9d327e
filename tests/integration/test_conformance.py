# SPDX-License-Identifier: Apache-2.0
"""The conformance kit for connectors, over each of ours, against the servers that they are for."""
import os
import subprocess

from lib import BUILD, Brygga, deliver, serve
from office import ANNA, Office
from smtpsink import Sink

INCOMING, OUTGOING, ACT = "1", "2", "3"
MAIL = "From: <ada@x.example>\nTo: <anna@example.com>\nSubject: {0}\nMessage-ID: <{0}@x.example>\n\nText {0}.\n"
ANY_LANE = {"says-what-it-can"}
READS = {"pages-are-bounded", "the-same-cursor-tells-the-same", "a-lost-cursor-is-said"}


def kit(b, mailbox, lane, wanted):
    """Runs it: just these cases were promised, and all of them hold."""
    done = subprocess.run([os.path.join(BUILD, "connector_check"), b.conf, mailbox, lane, ANNA,
                           "erik@customer.example"], capture_output=True, text=True, timeout=120, check=False)
    lines = done.stdout.splitlines()
    assert not [line for line in lines if line.startswith("not ok")], done.stdout + done.stderr
    assert done.returncode == 0, f"{done.returncode} {done.stdout} {done.stderr}"
    held = {line[5:] for line in lines if line.startswith("ok - ")}
    assert held == wanted, f"held: {sorted(held)}"


def test_pop3(t):
    """pop3.so, against Dovecot"""
    server = serve(t, ["anna"])
    deliver(server, "anna", range(7))
    b = Brygga(t)
    b.profile("mail", server)
    b.mailbox("anna", "mail")
    b.apply()
    kit(b, "anna", INCOMING, ANY_LANE | READS | {"each-item-can-be-read"})
    assert server.count("anna") == 7


def test_smtp(t):
    """smtp.so: two mails, each once, as they are"""
    with Sink() as sink:
        b = Brygga(t)
        b.profile("out", connector="smtp", host="127.0.0.1", port=sink.port, tls="none")
        b.person("user anna", address=ANNA)
        b.mailbox("anna", "out", incoming="none", outgoing="brygga", address=ANNA)
        b.apply()
        kit(b, "anna", OUTGOING, ANY_LANE | {"mails-are-settled"})
        assert [m.data.split(b"Subject: ")[1].split(b"\r\n")[0] for m in sink.taken] == [b"Kit 1", b"Kit 2"]
        assert all(b"\r\n\r\nOf the kit.\r\n.\r\n" in m.data for m in sink.taken)


def test_exchange(t):
    """exchange.so, all three lanes: nothing is left behind, and each mail goes once"""
    o = Office(t)
    o.b.mailboxes["anna"].update({"incoming": "brygga", "outgoing": "brygga"})
    o.b.apply()
    for n in range(7):
        o.server.do("receive", address=ANNA, mime=MAIL.format(f"mail{n}"))
        o.server.do("create", address=ANNA, folder="contacts", xml=f"<Contact><Surname>S{n}</Surname></Contact>")
    fields = ANY_LANE | {"fields-are-known"}
    folders = {"folders-are-distinct", "folders-stop"}
    kit(o.b, "anna", INCOMING, fields | folders | READS | {"each-item-can-be-read"})
    kit(o.b, "anna", ACT, fields | folders | READS | {
        "each-item-can-be-read", "what-is-made-is-changed-and-deleted", "stamps-are-found",
        "a-stale-version-changes-nothing"})
    assert len(o.items("contacts")) == 7 and o.items("tasks") == {} and o.items("calendar") == {}
    assert o.server.do("mailed") == []
    kit(o.b, "anna", OUTGOING, fields | {"mails-are-settled", "a-draft-goes-once", "drafts-are-found"})
    assert len(o.server.do("sent")) == 3
    assert o.server.do("invalid") == []
