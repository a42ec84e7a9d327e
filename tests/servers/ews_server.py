#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The test's Exchange server as a program: ews_server.py [--keep FILE] [SCHEMA]. It prints its port, and ends with its
standard input or a SIGTERM. With --keep the mailboxes live on in that file."""
import argparse
import base64
import http.server
import json
import signal
import sys
import threading

from lxml import etree

import ews_keep
from ews_calendar import Appointment, Occurrence, answer, tell, written
from ews_mail import Message, receive
from ews_mailbox import Mailbox, Refused
from ews_operations import OPERATIONS, script, told
from ews_xml import E, M, S, T, child, children, local, make


class Server:
    def __init__(self, schema):
        self.boxes = {}
        self.lock = threading.Lock()
        self.schema = etree.XMLSchema(etree.parse(schema)) if schema else None
        self.requests = []  # operations, in their order
        self.invalid = []  # answers of ours that the schema refuses
        self.mailed = []  # who was told of meetings
        self.sent = []  # mails
        self.lose = self.spared = 0  # so many answers of writes are not sent, behind so many that are

    def box(self, address):
        if not address.endswith("@example.com"):
            raise Refused("ErrorNonExistentMailbox", whole=True)
        if address not in self.boxes:
            self.boxes[address] = Mailbox(address, {"CalendarItem": Appointment, "Message": Message})
            self.boxes[address].system = self
        return self.boxes[address]

    def answer(self, user, text):
        """(status, bytes)"""
        parser = etree.XMLParser(resolve_entities=False, no_network=True)
        envelope = etree.fromstring(text, parser)
        try:
            if self.schema is not None and not self.schema.validate(envelope):
                raise Refused("ErrorSchemaValidation", str(self.schema.error_log.last_error), whole=True)
            request = children(child(envelope, "Body"))[0]
            operation = local(request)
            self.requests.append(operation)
            who = child(envelope, "Header", "ExchangeImpersonation", "ConnectingSID")
            box = self.box(children(who)[0].text if who is not None else user)
            body = make(M, f"{operation}Response")
            if operation not in OPERATIONS:
                raise Refused("ErrorInvalidOperation", whole=True)
            OPERATIONS[operation](box, request, body)
            status = 200
        except Refused as why:
            body, status = fault(why), 500
        return status, self.envelope(body)

    def envelope(self, body):
        out = etree.Element(f"{{{S}}}Envelope", nsmap={"s": S})
        header = make(S, "Header", parent=out)
        make(T, "ServerVersionInfo", parent=header, MajorVersion="15", MinorVersion="1", MajorBuildNumber="2507",
             MinorBuildNumber="4", Version="Exchange2016")
        make(S, "Body", parent=out).append(body)
        if self.schema is not None and local(body) != "Fault" and not self.schema.validate(out):
            self.invalid.append(str(self.schema.error_log.last_error))
        return etree.tostring(out, xml_declaration=True, encoding="utf-8")


def fault(why):
    out = make(S, "Fault")
    code = etree.SubElement(out, "faultcode", nsmap={"a": T})
    code.text = f"a:{why.code}"
    etree.SubElement(out, "faultstring").text = why.text
    detail = etree.SubElement(out, "detail")
    make(E, "ResponseCode", why.code, parent=detail)
    make(E, "Message", why.text, parent=detail)
    if why.back_off:
        make(T, "Value", str(why.back_off), parent=make(T, "MessageXml", parent=detail), Name="BackOffMilliseconds")
    return out


def place(box, folder):
    """By its id, or what every mailbox calls it."""
    return box.folders.get(folder) or box.folder(make(T, "DistinguishedFolderId", Id=folder))


class Doors:
    """What tests may do behind the server's back, and see."""

    def __init__(self, server):
        self.server = server

    def fault(self, operation, code, count=1, after=0, whole=False, back_off=0):
        script.faults.append({"operation": operation, "code": code, "count": count, "after": after, "whole": whole,
                              "back_off": back_off})
        return {}

    def lose(self, count=1, after=0):
        self.server.lose, self.server.spared = count, after
        return {}

    def quiet(self):
        """No more faults, no more answers that are lost."""
        script.faults.clear()
        self.server.lose = 0
        return {}

    def expire(self, address):
        self.server.box(address).generation += 1
        return {}

    def requests(self):
        found, self.server.requests = self.server.requests, []
        return found

    def invalid(self):
        return self.server.invalid

    def items(self, address, folder):
        """Of a distinguished folder, as XML."""
        box = self.server.box(address)
        where = box.folder(make(T, "DistinguishedFolderId", Id=folder))
        shape = make(M, "ItemShape")
        make(T, "BaseShape", "AllProperties", parent=shape)
        return {i.id: "".join(etree.tostring(e, encoding="unicode") for e in [told(i, shape), *i.extended.values()])
                for i in box.items.values() if i.folder == where.id}

    def create(self, address, folder, xml):
        """A person makes an item."""
        box = self.server.box(address)
        where = box.folder(make(T, "DistinguishedFolderId", Id=folder))
        item = box.create(where, etree.fromstring(f'<r xmlns="{T}">{xml}</r>')[0])
        tell(self.server, item, "invited", by_push=False)
        return item.id

    def edit(self, address, item, xml):
        """A person changes fields; an empty element clears."""
        box = self.server.box(address)
        found = box.item_of(item)
        for prop in children(etree.fromstring(f'<r xmlns="{T}">{xml}</r>')):
            if prop.text or len(prop) or prop.attrib:
                found.put(prop)
            else:
                found.drop(make(T, "FieldURI", FieldURI=f"x:{local(prop)}"))
        found.touched(box.tick())
        tell(self.server, found, "updated", by_push=False)
        return {}

    def occurrences(self, address, item):
        """Of a series: [index, start, id]."""
        series = self.server.box(address).items[item]
        return [[i, written(Occurrence(series, i).moment("Start")), f"{item}.{i}"]
                for i in range(1, len(series.all_days()) + 1) if i not in series.deleted]

    def tell(self, address, item):
        """One item, or one of a series, as XML."""
        shape = make(M, "ItemShape")
        make(T, "BaseShape", "AllProperties", parent=shape)
        return etree.tostring(told(self.server.box(address).item_of(item), shape), encoding="unicode")

    def receive(self, address, mime, folder="inbox"):
        """A mail comes."""
        return receive(self.server.box(address), mime.replace("\n", "\r\n").encode(), folder).id

    def sent(self):
        return self.server.sent

    def answer(self, address, uid, word):
        answer(self.server, self.server.box(address), uid, word)
        return {}

    def mailed(self):
        return self.server.mailed

    def folder(self, address, name, kind, parent="msgfolderroot"):
        """A person makes a folder."""
        box = self.server.box(address)
        return box.add_folder(name, kind, place(box, parent).id).id

    def arrange(self, address, folder, name=None, parent=None):
        """A person renames a folder, or moves it."""
        box = self.server.box(address)
        if name:
            box.folders[folder].name = name
        if parent:
            box.folders[folder].parent = place(box, parent).id
        return {}

    def move(self, address, item, folder):
        """A person drags an item."""
        box = self.server.box(address)
        return box.move(box.item_of(item), place(box, folder)).id

    def drop(self, address, name):
        """And deletes it."""
        box = self.server.box(address)
        for key in [key for key, f in box.folders.items() if f.name == name]:
            del box.folders[key]
        return {}

    def delete(self, address, item, hard=False):
        box = self.server.box(address)
        found = box.item_of(item)
        tell(self.server, found, "updated" if "." in item else "cancelled", by_push=False)
        if hard:
            box.remove(found)
        else:
            box.move(found, box.folder(make(T, "DistinguishedFolderId", Id="deleteditems")))
        return {}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # an answer goes out in one piece
    WRITES = {"CreateItem", "UpdateItem", "DeleteItem", "SendItem", "MoveItem"}

    def log_message(self, *_):
        pass

    def reply(self, status, body, kind="text/xml; charset=utf-8", **headers):
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def user(self):
        scheme, _, coded = self.headers.get("Authorization", "").partition(" ")
        if scheme != "Basic":
            return None
        name, _, password = base64.b64decode(coded).decode().partition(":")
        return name if password == "secret" else None

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        server = self.server.state
        with server.lock:
            if self.path.startswith("/test/"):
                door = getattr(Doors(server), self.path[6:])
                self.reply(200, json.dumps(door(**json.loads(body or b"{}"))).encode(), "application/json")
                return
            user = self.user()
            if not user:
                self.reply(401, b"", WWW_Authenticate='Basic realm="ews"')
                return
            status, answer = server.answer(user, body)
            if server.lose and server.requests and server.requests[-1] in self.WRITES:
                server.spared -= 1
            if server.lose and server.spared < 0:
                server.lose -= 1
                self.close_connection = True
                return
        self.reply(status, answer)


def main():
    args = argparse.ArgumentParser()
    args.add_argument("--keep", metavar="FILE")
    args.add_argument("schema", nargs="?")
    args = args.parse_args()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.state = Server(args.schema)
    if args.keep:
        ews_keep.load(server.state, args.keep)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    print(server.server_port, flush=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        sys.stdin.read()
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        if args.keep:
            with server.state.lock:
                ews_keep.save(server.state, args.keep)


if __name__ == "__main__":
    main()
