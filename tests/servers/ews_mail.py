# SPDX-License-Identifier: Apache-2.0
"""Email of the test's Exchange server: messages by their MIME, drafts, and what sending makes of them."""
import base64
import email
import email.policy
import email.utils

from ews_mailbox import Item, Refused, now
from ews_xml import T, children, make, text_of

LISTS = {"ToRecipients": "To", "CcRecipients": "Cc", "BccRecipients": "Bcc"}


def mailbox(parent, name, address):
    out = make(T, "Mailbox", parent=parent)
    if name:
        make(T, "Name", name, parent=out)
    make(T, "EmailAddress", address, parent=out)


class Message(Item):
    """A mail; of a received one the MIME is the truth, a draft is written with it."""

    def __init__(self, kind, folder, sequence, box):
        super().__init__(kind, folder, sequence)
        self.box = box
        self.received = now()
        self.draft = False

    def mime(self):
        return base64.b64decode(self.props["MimeContent"].text)

    def parsed(self):
        return email.message_from_bytes(self.mime(), policy=email.policy.default)

    def habits(self):
        """Without MIME it is made of what was told."""
        if "MimeContent" in self.props:
            return
        m = email.message.EmailMessage()
        m["Subject"] = self.props["Subject"].text if "Subject" in self.props else ""
        m["From"] = self.box.address
        for name in ("ToRecipients", "CcRecipients"):
            people = [text_of(b, "EmailAddress") for b in children(self.props[name])] if name in self.props else []
            if people:
                m[LISTS[name]] = ", ".join(people)
        m["Message-ID"] = email.utils.make_msgid(domain="example.com")
        m.set_content(self.props["Body"].text or "" if "Body" in self.props else "")
        self.props["MimeContent"] = make(T, "MimeContent", base64.b64encode(m.as_bytes(policy=email.policy.SMTP)).decode(),
                                         CharacterSet="UTF-8")

    def recipients(self, name):
        if name in self.props:
            return [(text_of(b, "Name"), text_of(b, "EmailAddress")) for b in children(self.props[name])]
        return email.utils.getaddresses([str(v) for v in self.parsed().get_all(LISTS[name], [])])

    def property(self, name):
        m = self.parsed()
        plain = {"Size": str(len(self.mime())), "DateTimeReceived": self.received, "DateTimeSent": self.received,
                 "IsDraft": str(self.draft).lower(), "IsRead": "false", "Subject": str(m["Subject"] or ""),
                 "InternetMessageId": str(m["Message-ID"] or "") or None, "InReplyTo": str(m["In-Reply-To"] or "") or None,
                 "References": str(m["References"] or "") or None}
        if name in LISTS:
            out = make(T, name)
            for person, address in self.recipients(name):
                mailbox(out, person, address)
            return out if len(out) else None
        if name in ("From", "Sender") and m["From"]:
            out = make(T, name)
            mailbox(out, *email.utils.parseaddr(str(m["From"])))
            return out
        if name == "Body" and "Body" not in self.props:
            body = m.get_body(("plain", "html"))
            return make(T, name, body.get_content() if body else "", BodyType="Text")
        if name in self.props or name not in plain:
            return super().property(name)
        return make(T, name, plain[name]) if plain[name] is not None else None


def receive(box, raw, folder="inbox"):
    """It lies in a folder then."""
    element = make(T, "Message")
    make(T, "MimeContent", base64.b64encode(raw).decode(), parent=element, CharacterSet="UTF-8")
    return box.create(box.folder(make(T, "DistinguishedFolderId", Id=folder)), element)


def send(system, box, item, save):
    """The draft goes to all whom it names, and its copy where it is asked for."""
    people = {a.lower() for name in LISTS for _, a in item.recipients(name) if a}
    if not people:
        raise Refused("ErrorMissingRecipients")
    if any(a.endswith("@refused.example") for a in people):
        raise Refused("ErrorInvalidRecipients")
    raw = item.mime()
    system.sent.append({"from": box.address, "to": sorted(people), "mime": base64.b64encode(raw).decode(),
                        "subject": item.property("Subject").text})
    for address in people:
        if address in system.boxes:
            receive(system.boxes[address], raw)
    if save is None:
        box.remove(item)
        return
    moved = box.move(item, save)
    moved.draft = False

