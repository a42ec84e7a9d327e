# SPDX-License-Identifier: Apache-2.0
"""A server that gives all its mail new UIDs (pop3_uidl_format): nothing is stored twice."""
import random
import uuid

from lib import Brygga, deliver, same_bodies, serve

FORMATS = ["%08Xv%08Xu", "%f", "%u", "%g"]


def prepare(t):
    server = serve(t, ["anna", "carl", "bo"])
    bodies = deliver(server, "anna", range(300), size=600)
    deliver(server, "carl", range(1000, 1100), size=600)
    deliver(server, "bo", range(2000, 2060), size=600)
    b = Brygga(t)
    b.profile("mail", server)
    b.mailbox("anna", "mail")
    b.mailbox("carl", "mail", accept="none", delete_after_store="yes", delete_user_mail="yes")
    b.mailbox("bo", "mail", accept="senders", senders="customer1.example")
    b.apply()
    for mailbox in b.mailboxes:
        b.run("visit", mailbox)
    return server, b, bodies


def visit_all(b):
    for mailbox in b.mailboxes:
        b.run("visit", mailbox)


def told(b, mailbox):
    """What the daemon's log says of new names: how many, in each line."""
    identity = b.sql("SELECT id FROM mailbox WHERE name = ?", mailbox)[0][0]
    return [int(line.split("items=")[1].split()[0]) for line in b.log().splitlines()
            if "visit.renamed" in line and "were not stored again" in line
            and str(uuid.UUID(bytes=identity)) in line]


def test_formats(t):
    """new UIDs again and again, with new mail in between"""
    server, b, bodies = prepare(t)
    taken_of_bo = sum(b.bodies("bo").values())
    for i, uidl_format in enumerate(FORMATS):
        server.restart(uidl_format=uidl_format)
        bodies += deliver(server, "anna", range(300 + i * 10, 310 + i * 10), size=600)
        visit_all(b)
        same_bodies(b.bodies("anna"), bodies, f"anna after {uidl_format}")
        assert sum(b.bodies("bo").values()) == taken_of_bo, f"bo after {uidl_format}"
        assert server.count("carl") == 100, f"mail that nobody took was deleted ({uidl_format})"
    assert len(b.sql("SELECT 1 FROM record")) == len(bodies) + taken_of_bo
    assert b.json("visit", "anna")["items"] == 0, "a visit with the same UIDs had something to do"
    records = b.json("record", "list", "anna", "--limit", "1000")
    rules = {d["rule"] for d in b.json("explain", records[-1]["id"])}
    assert "BRG-RULE-0008" in rules, f"explain says nothing of the new name: {rules}"


def test_operator(t):
    """a running daemon says once that a server has renamed its mail, and how much"""
    server, b, bodies = prepare(t)
    server.restart(uidl_format=FORMATS[0])
    bodies += deliver(server, "anna", range(300, 310), size=600)
    b.start()
    for mailbox in list(b.mailboxes) * 2:
        b.sync(mailbox)
    # Where nothing is taken no header is read, and names alone say nothing.
    said = {mailbox: told(b, mailbox) for mailbox in b.mailboxes}
    assert said == {"anna": [300], "bo": [60], "carl": []}, said
    same_bodies(b.bodies("anna"), bodies, "anna")
    assert b.alerts() == [] and b.stop() == 0


def test_delete_after(t):
    """delete-after-store turned on after the UIDs changed empties the maildrop, and no more"""
    server, b, bodies = prepare(t)
    server.restart(uidl_format=FORMATS[0])
    b.mailboxes["anna"].update({"delete-after-store": "yes", "delete-user-mail": "yes"})
    b.apply()
    bodies += deliver(server, "anna", range(300, 320), size=600)
    visit_all(b)
    same_bodies(b.bodies("anna"), bodies, "anna")
    assert server.count("carl") == 100 and server.count("bo") == 60
    left = server.count("anna")
    # What was stored before the setting came stays, or goes; what came after goes.
    assert left in (0, 300), f"{left} left"
    server.restart(uidl_format=FORMATS[1])
    bodies += deliver(server, "anna", range(320, 330), size=600)
    visit_all(b)
    same_bodies(b.bodies("anna"), bodies, "anna, renamed again")
    assert server.count("anna") == left


def test_killed_in_between(t):
    """the visit that meets the new UIDs dies at each effect, and in the middle of deleting"""
    server, b, bodies = prepare(t)
    for i, uidl_format in enumerate(FORMATS):
        server.restart(uidl_format=uidl_format)
        n = 1
        while b.run("visit", "anna", ok=False, env={"BRYGGA_DIE_AT": str(n)}).returncode:
            n += 1
        same_bodies(b.bodies("anna"), bodies, f"anna after {uidl_format}")
    # Deletes that were wanted under names which the server has forgotten since.
    b.mailboxes["anna"].update({"delete-after-store": "yes", "delete-user-mail": "yes"})
    b.apply()
    bodies += deliver(server, "anna", range(300, 800), size=600)
    dice = random.Random(4)
    for n in (2, 3, 4, 5, 6, 7):
        b.run("visit", "anna", ok=False, env={"BRYGGA_DIE_AT": str(n)})
        server.restart(uidl_format=dice.choice(FORMATS))
    b.run("visit", "anna")
    same_bodies(b.bodies("anna"), bodies, "anna in the end")
    left = server.count("anna")
    assert left in (0, 300), f"{left} left on the server"
    assert server.count("carl") == 100


def test_between_lives(t):
    """the first fetch dies at each effect, and the server has new UIDs when it is resumed"""
    numbers, lives = range(300), range(1, 60)
    server = serve(t, [f"{kind}{n}" for kind in ("keep", "drop") for n in lives])
    died, kinds = 0, ["keep", "drop"]
    for n in lives:
        worlds = []
        for kind in kinds:
            user = f"{kind}{n}"
            b = Brygga(t, user)
            b.profile("mail", server)
            b.mailbox(user, "mail", owner="queue" if kind == "drop" else "user")
            if kind == "drop":
                b.mailboxes[user]["delete-after-store"] = "yes"
            b.apply()
            bodies = deliver(server, user, numbers, size=15000)
            done = b.run("visit", user, ok=False, env={"BRYGGA_DIE_AT": str(n)})
            died += done.returncode != 0
            worlds.append((kind, user, b, bodies, done.returncode))
        server.restart(uidl_format=FORMATS[n % len(FORMATS)])
        for kind, user, b, bodies, code in worlds:
            b.run("visit", user)
            what = f"{kind}, dead at effect {n}"
            same_bodies(b.bodies(), bodies, what)
            left = server.count(user)
            assert left == (0 if kind == "drop" else len(bodies)), f"{what}: {left} left"
            assert b.json("visit", user)["items"] == 0, f"{what}: something was left to do"
            if code == 0:  # it has fewer effects
                kinds.remove(kind)
        if not kinds:
            break
    print(f"# {died} deaths")
    assert died > 8, "too few deaths"
