#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""An Exchange server for tests, as far as EWS is concerned: mailboxes that remember, on loopback.

It is our reading of the protocol, so it is held against the schema (what the schema refuses it
refuses, and its own answers are checked, too) and against clients of strangers. As a program: ews.py
LOG [SCHEMA]; it prints its port. Whoever logs in by Basic with an address that ends in
@example.com has a mailbox. /test/DOOR takes JSON: faults, sync states that expire, edits of people.

with Ews(folder) as server: server.url ... server.do("fault", operation="GetItem", code="ErrorServerBusy")
"""
import base64
import copy
import http.server
import itertools
import json
import os
import subprocess
import sys
import threading
import time
import urllib.request

PROGRAM = "/usr/bin/python3"  # the one that has Debian's packages
HERE = os.path.dirname(os.path.abspath(__file__))
SCHEMAS = [os.environ.get("BRYGGA_EWS_SCHEMA", ""),
           os.path.join(HERE, "../../../shared/ews-schema/soap11.xsd")]


class Ews:
    """The server as a process."""

    def __init__(self, folder):
        os.makedirs(folder, exist_ok=True)
        self.log = os.path.join(folder, "ews.log")
        schema = next((s for s in SCHEMAS if s and os.path.exists(s)), None)
        self.checked = schema is not None
        with open(self.log, "w", encoding="utf-8") as log:
            self.process = subprocess.Popen([PROGRAM, __file__, *([schema] if schema else [])], stdin=subprocess.PIPE,
                                            stdout=subprocess.PIPE, stderr=log, text=True)
        self.port = int(self.process.stdout.readline())
        self.url = f"http://127.0.0.1:{self.port}/EWS/Exchange.asmx"

    def do(self, door, **values):
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/test/{door}", json.dumps(values).encode())
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=30) as answer:
            return json.load(answer)

    def stop(self):
        self.process.stdin.close()
        self.process.terminate()
        self.process.wait(10)
        self.process.stdout.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


# ---- names ------------------------------------------------------------------------------------

S = "http://schemas.xmlsoap.org/soap/envelope/"
M = "http://schemas.microsoft.com/exchange/services/2006/messages"
T = "http://schemas.microsoft.com/exchange/services/2006/types"
E = "http://schemas.microsoft.com/exchange/services/2006/errors"

# The order that the schema wants (ItemType and the types that extend it).
ITEM = """MimeContent ItemId ParentFolderId ItemClass Subject Sensitivity Body Attachments DateTimeReceived Size
Categories Importance InReplyTo IsDraft DateTimeSent DateTimeCreated ReminderDueBy ReminderIsSet
ReminderMinutesBeforeStart HasAttachments ExtendedProperty Culture LastModifiedName LastModifiedTime Flag TextBody"""
KINDS = {
    "Contact": """FileAs FileAsMapping DisplayName GivenName Initials MiddleName Nickname CompleteName CompanyName
EmailAddresses PhysicalAddresses PhoneNumbers AssistantName Birthday BusinessHomePage Children Companies Department
Generation ImAddresses JobTitle Manager Mileage OfficeLocation PostalAddressIndex Profession SpouseName Surname
WeddingAnniversary HasPicture""",
    "Task": """ActualWork AssignedTime BillingInformation ChangeCount Companies CompleteDate Contacts DueDate IsComplete
IsRecurring Mileage Owner PercentComplete Recurrence StartDate Status StatusDescription TotalWork""",
}
ORDER = {kind: (ITEM + " " + more).split() for kind, more in KINDS.items()}
CLASSES = {"Contact": "IPM.Contact", "Task": "IPM.Task"}
FOLDERS = [("inbox", "Inbox", "IPF.Note"), ("sentitems", "Sent Items", "IPF.Note"), ("drafts", "Drafts", "IPF.Note"),
           ("deleteditems", "Deleted Items", "IPF.Note"), ("calendar", "Calendar", "IPF.Appointment"),
           ("contacts", "Contacts", "IPF.Contact"), ("tasks", "Tasks", "IPF.Task")]
READ_ONLY = {"ItemId", "ParentFolderId", "LastModifiedTime", "DateTimeCreated", "Size", "TextBody", "HasAttachments",
             "IsComplete", "IsRecurring", "ChangeCount", "HasPicture"}


class Refused(Exception):
    """One item, or a whole request, with a response code."""

    def __init__(self, code, text="", whole=False, back_off=0):
        super().__init__(code)
        self.code, self.text, self.whole, self.back_off = code, text or f"{code}, as the test wants it.", whole, back_off


def now():
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


# ---- XML --------------------------------------------------------------------------------------

if __name__ == "__main__":
    from lxml import etree


def local(element):
    return etree.QName(element).localname


def children(element):
    return [e for e in element if isinstance(e.tag, str)]


def child(element, *names):
    for name in names:
        element = next((e for e in children(element) if local(e) == name), None) if element is not None else None
    return element


def text_of(element, *names):
    found = child(element, *names)
    return "" if found is None else found.text or ""


def make(ns, name, text=None, parent=None, **attributes):
    element = etree.Element(f"{{{ns}}}{name}") if parent is None else etree.SubElement(parent, f"{{{ns}}}{name}")
    element.text = text
    for key, value in attributes.items():
        element.set(key, value)
    return element


# ---- mailboxes --------------------------------------------------------------------------------

numbers = itertools.count(1)


def new_id(prefix):
    """Case matters in them, as it does in those of Exchange."""
    n = next(numbers)
    return f"AAMk{prefix}{n:06d}{'aA'[n % 2]}="


def property_key(uri):
    """What tells one extended property from another."""
    name = uri.get("PropertyName")
    if name:
        return (uri.get("PropertySetId") or uri.get("DistinguishedPropertySetId"), name)
    if uri.get("PropertyTag"):
        return ("tag", int(uri.get("PropertyTag"), 0))
    return (uri.get("PropertySetId") or uri.get("DistinguishedPropertySetId"), int(uri.get("PropertyId")))


class Item:
    def __init__(self, kind, folder, sequence):
        self.kind, self.folder = kind, folder
        self.id = new_id(kind[0])
        self.key = 1
        self.created = self.changed = sequence
        self.modified = now()
        self.props = {}  # element name: element
        self.extended = {}  # property_key(): element

    @property
    def change_key(self):
        return base64.b64encode(f"K{self.key:07d}".encode()).decode()

    def touched(self, sequence):
        self.key += 1
        self.changed = sequence
        self.modified = now()
        self.habits()

    def put(self, element):
        name = local(element)
        if name == "ExtendedProperty":
            self.extended[property_key(child(element, "ExtendedFieldURI"))] = copy.deepcopy(element)
        elif name in READ_ONLY:
            raise Refused("ErrorInvalidPropertySet", f"{name} is read-only")
        elif name in ("EmailAddresses", "PhoneNumbers", "PhysicalAddresses", "ImAddresses"):
            for entry in children(element):
                self.put_entry(name, entry)
        else:
            self.props[name] = copy.deepcopy(element)

    def put_entry(self, name, entry):
        into = self.props.setdefault(name, make(T, name))
        old = next((e for e in into if e.get("Key") == entry.get("Key")), None)
        if old is None:
            into.append(copy.deepcopy(entry))
        elif name != "PhysicalAddresses":
            into.replace(old, copy.deepcopy(entry))
        else:
            parts = {local(e): e for e in children(old)} | {local(e): copy.deepcopy(e) for e in children(entry)}
            for e in children(old):
                old.remove(e)
            old.extend(parts[n] for n in ("Street", "City", "State", "CountryOrRegion", "PostalCode") if n in parts)
        into[:] = sorted(into, key=lambda e: e.get("Key"))

    def drop(self, uri):
        if local(uri) == "ExtendedFieldURI":
            self.extended.pop(property_key(uri), None)
            return
        name, index = uri.get("FieldURI").split(":")[1:] if ":" in uri.get("FieldURI") else ["", ""], uri.get("FieldIndex")
        if index is None:
            self.props.pop(name[0], None)
            return
        container = CONTAINERS[name[0]]
        into = self.props.get(container, make(T, container))
        for entry in [e for e in into if e.get("Key") == index]:
            part = child(entry, name[1]) if len(name) > 1 else None
            if len(name) > 1:
                if part is not None:
                    entry.remove(part)
                if len(entry):
                    continue
            into.remove(entry)
        if not len(into):
            self.props.pop(container, None)

    def habits(self):
        """What the server does by itself."""
        body = self.props.get("Body")
        if body is not None and body.get("BodyType") == "Text":
            body.text = (body.text or "").replace("\r\n", "\n").replace("\n", "\r\n")
        if self.kind == "Task":
            self.complete()

    def complete(self):
        """Status, percent and the day of completion drive each other."""
        status = text_of(self.props.get("Status", make(T, "x"))) if "Status" in self.props else "NotStarted"
        status = self.props["Status"].text if "Status" in self.props else status
        if status == "Completed":
            self.props["PercentComplete"] = make(T, "PercentComplete", "100")
            self.props.setdefault("CompleteDate", make(T, "CompleteDate", now()))
        else:
            self.props.pop("CompleteDate", None)
            percent = float(self.props["PercentComplete"].text) if "PercentComplete" in self.props else 0
            if percent >= 100 or status == "NotStarted":
                self.props["PercentComplete"] = make(T, "PercentComplete", "0")
        self.props.setdefault("Status", make(T, "Status", "NotStarted"))

    def property(self, name):
        """One element as it is told, or None."""
        known = {"ItemClass": CLASSES[self.kind], "LastModifiedTime": self.modified,
                 "DateTimeCreated": self.modified, "HasAttachments": "false"}
        if name == "ItemId":
            return make(T, "ItemId", Id=self.id, ChangeKey=self.change_key)
        if name == "ParentFolderId":
            return make(T, "ParentFolderId", Id=self.folder, ChangeKey="AQAAAA==")
        if name == "TextBody":
            body = self.props.get("Body")
            return None if body is None else make(T, "TextBody", body.text, BodyType="Text")
        if name in self.props:
            return copy.deepcopy(self.props[name])
        defaults = {"Sensitivity": "Normal", "Importance": "Normal"}
        if self.kind == "Task":
            defaults |= {"ReminderIsSet": "false", "ActualWork": None, "TotalWork": None}
        text = known.get(name) or defaults.get(name)
        return None if text is None else make(T, name, text)


CONTAINERS = {"EmailAddress": "EmailAddresses", "PhoneNumber": "PhoneNumbers", "PhysicalAddress": "PhysicalAddresses",
              "ImAddress": "ImAddresses"}


class Folder:
    def __init__(self, name, kind, parent, distinguished=None):
        self.id = new_id("F")
        self.name, self.kind, self.parent, self.distinguished = name, kind, parent, distinguished
        self.gone = {}  # id: (when it went, when it had come)


class Mailbox:
    def __init__(self, address):
        self.address = address
        self.sequence = 0
        self.generation = 1
        self.items = {}
        self.folders = {}
        top = self.add_folder("Root", "IPF", None, "root")
        self.root = self.add_folder("Top of Information Store", "IPF", top.id, "msgfolderroot")
        for distinguished, name, kind in FOLDERS:
            self.add_folder(name, kind, self.root.id, distinguished)

    def add_folder(self, name, kind, parent, distinguished=None):
        folder = Folder(name, kind, parent, distinguished)
        self.folders[folder.id] = folder
        return folder

    def tick(self):
        self.sequence += 1
        return self.sequence

    def folder(self, element):
        """The folder that an id element names."""
        if local(element) == "DistinguishedFolderId":
            found = next((f for f in self.folders.values() if f.distinguished == element.get("Id")), None)
        else:
            found = self.folders.get(element.get("Id"))
        if not found:
            raise Refused("ErrorFolderNotFound")
        return found

    def item(self, element):
        item = self.items.get(element.get("Id"))
        if not item:
            raise Refused("ErrorItemNotFound")
        return item

    def create(self, folder, element):
        kind = local(element)
        if kind not in ORDER:
            raise Refused("ErrorInvalidItemForOperationCreateItem")
        item = Item(kind, folder.id, self.tick())
        for prop in children(element):
            item.put(prop)
        item.habits()
        self.items[item.id] = item
        return item

    def remove(self, item):
        del self.items[item.id]
        self.folders[item.folder].gone[item.id] = (self.tick(), item.created)

    def move(self, item, folder):
        """A move is another item: it gets another id."""
        self.remove(item)
        moved = copy.copy(item)
        moved.id, moved.folder = new_id(item.kind[0]), folder.id
        moved.created = moved.changed = self.tick()
        moved.props, moved.extended = copy.deepcopy(item.props), copy.deepcopy(item.extended)
        self.items[moved.id] = moved
        return moved

    def changes(self, folder, since):
        """[(sequence, what, item or id)] behind a sequence, oldest first."""
        found = [(i.changed, "Create" if i.created > since else "Update", i)
                 for i in self.items.values() if i.folder == folder.id and i.changed > since]
        found += [(went, "Delete", gone) for gone, (went, came) in folder.gone.items() if went > since >= came]
        return sorted(found, key=lambda c: c[0])


# ---- operations -------------------------------------------------------------------------------

def told(item, shape, with_id=True):
    """The item as a shape asks for it."""
    out = make(T, item.kind)
    wanted, extended, entries = set(), [], {}
    base = text_of(shape, "BaseShape")
    if base in ("AllProperties", "Default"):
        wanted = set(ORDER[item.kind]) - {"MimeContent"}
    for uri in children(child(shape, "AdditionalProperties")) if child(shape, "AdditionalProperties") is not None else []:
        if local(uri) == "ExtendedFieldURI":
            extended.append(property_key(uri))
        elif local(uri) == "IndexedFieldURI":
            name = uri.get("FieldURI").split(":")[1]
            entries.setdefault(CONTAINERS[name], set()).add(uri.get("FieldIndex"))
        else:
            wanted.add(uri.get("FieldURI").split(":")[1])
    for name in ORDER[item.kind]:
        if name == "ExtendedProperty":
            out.extend(copy.deepcopy(item.extended[key]) for key in extended if key in item.extended)
        elif name in wanted or name in entries or (with_id and name == "ItemId"):
            element = item.property(name)
            if element is not None and name in entries and name not in wanted:
                for entry in [e for e in element if e.get("Key") not in entries[name]]:
                    element.remove(entry)
            if element is not None and (len(element) or element.text or element.attrib):
                out.append(element)
    return out


def messages(answer, operation):
    return make(M, "ResponseMessages", parent=answer), f"{operation}ResponseMessage"


def success(parent, name):
    message = make(M, name, parent=parent, ResponseClass="Success")
    make(M, "ResponseCode", "NoError", parent=message)
    return message


def failure(parent, name, why):
    message = make(M, name, parent=parent, ResponseClass="Error")
    make(M, "MessageText", why.text, parent=message)
    make(M, "ResponseCode", why.code, parent=message)
    make(M, "DescriptiveLinkKey", "0", parent=message)
    if why.back_off:
        make(T, "Value", str(why.back_off), parent=make(M, "MessageXml", parent=message), Name="BackOffMilliseconds")
    return message


def each(answer, operation, things, do, empty=None):
    """One response message for each of these; an item that fails does not stop the others."""
    parent, name = messages(answer, operation)
    for n, thing in enumerate(things):
        try:
            script.strike(operation)
            do(success(parent, name), thing)
        except Refused as why:
            if why.whole:
                raise
            for unfinished in parent[n:]:
                parent.remove(unfinished)
            message = failure(parent, name, why)
            if empty:
                make(M, empty, parent=message)


def get_folder(box, request, answer):
    def one(message, element):
        put_folder(make(M, "Folders", parent=message), box.folder(element), child(request, "FolderShape"))
    each(answer, "GetFolder", children(child(request, "FolderIds")), one, "Folders")


def put_folder(parent, folder, shape):
    names = {"IPF.Appointment": "CalendarFolder", "IPF.Contact": "ContactsFolder", "IPF.Task": "TasksFolder"}
    out = make(T, names.get(folder.kind, "Folder"), parent=parent)
    wanted = {u.get("FieldURI") for u in shape.iter() if isinstance(u.tag, str) and u.get("FieldURI")}
    all_of_it = text_of(shape, "BaseShape") != "IdOnly"
    make(T, "FolderId", parent=out, Id=folder.id, ChangeKey="AQAAAA==")
    if folder.parent and (all_of_it or "folder:ParentFolderId" in wanted):
        make(T, "ParentFolderId", parent=out, Id=folder.parent, ChangeKey="AQAAAA==")
    if all_of_it or "folder:FolderClass" in wanted:
        make(T, "FolderClass", folder.kind, parent=out)
    if all_of_it or "folder:DisplayName" in wanted:
        make(T, "DisplayName", folder.name, parent=out)
    if all_of_it or "folder:TotalCount" in wanted:
        make(T, "TotalCount", "0", parent=out)
    if all_of_it or "folder:ChildFolderCount" in wanted:
        make(T, "ChildFolderCount", "0", parent=out)
    if folder.distinguished and (all_of_it or "folder:DistinguishedFolderId" in wanted):
        make(T, "DistinguishedFolderId", folder.distinguished, parent=out)


def below(box, folder, deep):
    found = [f for f in box.folders.values() if f.parent == folder.id]
    return found + [g for f in found for g in below(box, f, deep)] if deep else found


def find_folder(box, request, answer):
    view = child(request, "IndexedPageFolderView")
    first = int(view.get("Offset")) if view is not None else 0
    most = int(view.get("MaxEntriesReturned") or 1000) if view is not None else 1000

    def one(message, element):
        found = below(box, box.folder(element), request.get("Traversal") == "Deep")
        page = found[first:first + most]
        root = make(M, "RootFolder", parent=message, IndexedPagingOffset=str(first + len(page)),
                    TotalItemsInView=str(len(found)),
                    IncludesLastItemInRange=str(first + len(page) >= len(found)).lower())
        folders = make(T, "Folders", parent=root)
        for folder in page:
            put_folder(folders, folder, child(request, "FolderShape"))
    each(answer, "FindFolder", children(child(request, "ParentFolderIds")), one)


def sync_folder_items(box, request, answer):
    parent, name = messages(answer, "SyncFolderItems")
    most = int(text_of(request, "MaxChangesReturned"))
    state = text_of(request, "SyncState")
    try:
        script.strike("SyncFolderItems")
        folder = box.folder(children(child(request, "SyncFolderId"))[0])
        since = read_state(state, folder, box) if state else 0
    except Refused as why:
        if why.whole:
            raise
        if why.code == "ErrorFolderNotFound":
            why.code = "ErrorSyncFolderNotFound"
        message = failure(parent, name, why)
        make(M, "SyncState", "", parent=message)
        make(M, "IncludesLastItemInRange", "true", parent=message)
        return
    changes = box.changes(folder, since)
    page = changes[:most]
    message = success(parent, name)
    at = page[-1][0] if len(page) < len(changes) else box.sequence
    make(M, "SyncState", write_state(folder, box, at), parent=message)
    make(M, "IncludesLastItemInRange", str(len(page) == len(changes)).lower(), parent=message)
    out = make(M, "Changes", parent=message)
    for _, what, thing in page:
        change = make(T, what, parent=out)
        if what == "Delete":
            make(T, "ItemId", parent=change, Id=thing, ChangeKey="AQAAAA==")
        else:
            change.append(told(thing, child(request, "ItemShape")))


def write_state(folder, box, at):
    return base64.b64encode(json.dumps([folder.id, box.generation, at]).encode()).decode()


def read_state(state, folder, box):
    try:
        of, generation, at = json.loads(base64.b64decode(state))
    except ValueError:
        raise Refused("ErrorInvalidSyncStateData") from None
    if of != folder.id or generation != box.generation:
        raise Refused("ErrorInvalidSyncStateData")
    return at


def get_item(box, request, answer):
    def one(message, element):
        make(M, "Items", parent=message).append(told(box.item(element), child(request, "ItemShape")))
    each(answer, "GetItem", children(child(request, "ItemIds")), one, "Items")


def put_written(message, item):
    make(M, "Items", parent=message).append(told(item, make(M, "ItemShape")))


def create_item(box, request, answer):
    where = child(request, "SavedItemFolderId")
    folder = box.folder(children(where)[0]) if where is not None else None

    def one(message, element):
        home = folder or box.folder(make(T, "DistinguishedFolderId", Id="contacts" if local(element) == "Contact" else "tasks"))
        put_written(message, box.create(home, element))
    each(answer, "CreateItem", children(child(request, "Items")), one, "Items")


def change_item(box, item, change, resolution):
    key = child(change, "ItemId").get("ChangeKey")
    if resolution != "AlwaysOverwrite" and key and key != item.change_key:
        raise Refused("ErrorIrresolvableConflict")
    before = copy.deepcopy((item.props, item.extended))
    try:
        for update in children(child(change, "Updates")):
            if local(update) == "DeleteItemField":
                item.drop(children(update)[0])
            else:
                for prop in children(children(update)[1]):
                    item.put(prop)
    except Refused:
        item.props, item.extended = before
        raise
    item.touched(box.tick())


def update_item(box, request, answer):
    def one(message, change):
        item = box.item(child(change, "ItemId"))
        change_item(box, item, change, request.get("ConflictResolution"))
        put_written(message, item)
    each(answer, "UpdateItem", children(child(request, "ItemChanges")), one, "Items")


def delete_item(box, request, answer):
    def one(_, element):
        item = box.item(element)
        if item.kind == "Task" and not request.get("AffectedTaskOccurrences"):
            raise Refused("ErrorAffectedTaskOccurrencesRequired")
        bin_ = box.folder(make(T, "DistinguishedFolderId", Id="deleteditems"))
        if request.get("DeleteType") == "MoveToDeletedItems" and item.folder != bin_.id:
            box.move(item, bin_)
        else:
            box.remove(item)
    each(answer, "DeleteItem", children(child(request, "ItemIds")), one)


def move_item(box, request, answer):
    to = box.folder(children(child(request, "ToFolderId"))[0])

    def one(message, element):
        put_written(message, box.move(box.item(element), to))
    each(answer, "MoveItem", children(child(request, "ItemIds")), one, "Items")


def matches(item, condition):
    if local(condition) in ("Or", "And"):
        return (any if local(condition) == "Or" else all)(matches(item, c) for c in children(condition))
    if local(condition) != "IsEqualTo":
        raise Refused("ErrorUnsupportedQueryFilter")
    uri, constant = children(condition)
    value = child(constant, "Constant").get("Value")
    if local(uri) == "ExtendedFieldURI":
        found = item.extended.get(property_key(uri))
        return found is not None and text_of(found, "Value") == value
    found = item.property(uri.get("FieldURI").split(":")[1])
    return found is not None and found.text == value


def find_item(box, request, answer):
    restriction = child(request, "Restriction")
    view = child(request, "IndexedPageItemView")
    first = int(view.get("Offset")) if view is not None else 0
    most = int(view.get("MaxEntriesReturned") or 1000) if view is not None else 1000

    def one(message, element):
        folder = box.folder(element)
        found = [i for i in box.items.values() if i.folder == folder.id
                 and (restriction is None or matches(i, children(restriction)[0]))]
        page = found[first:first + most]
        root = make(M, "RootFolder", parent=message, IndexedPagingOffset=str(first + len(page)),
                    TotalItemsInView=str(len(found)),
                    IncludesLastItemInRange=str(first + len(page) >= len(found)).lower())
        items = make(T, "Items", parent=root)
        for item in page:
            items.append(told(item, child(request, "ItemShape")))
    each(answer, "FindItem", children(child(request, "ParentFolderIds")), one)


OPERATIONS = {"GetFolder": get_folder, "FindFolder": find_folder, "SyncFolderItems": sync_folder_items,
              "GetItem": get_item, "CreateItem": create_item, "UpdateItem": update_item, "DeleteItem": delete_item,
              "MoveItem": move_item, "FindItem": find_item}


# ---- what goes wrong --------------------------------------------------------------------------

class Script:
    """Faults to come: the next n times of an operation."""

    def __init__(self):
        self.faults = []

    def strike(self, operation):
        for fault in self.faults:
            if fault["operation"] == operation and fault["after"] > 0:
                fault["after"] -= 1
                return
            if fault["operation"] == operation and fault["count"] > 0:
                fault["count"] -= 1
                raise Refused(fault["code"], whole=fault["whole"], back_off=fault["back_off"])


script = Script()


# ---- the wire ---------------------------------------------------------------------------------

class Server:
    def __init__(self, schema):
        self.boxes = {}
        self.lock = threading.Lock()
        self.schema = etree.XMLSchema(etree.parse(schema)) if schema else None
        self.requests = []  # operations, in their order
        self.invalid = []  # answers of ours that the schema refuses
        self.lose = 0  # so many answers of writes are not sent

    def box(self, address):
        if not address.endswith("@example.com"):
            raise Refused("ErrorNonExistentMailbox", whole=True)
        if address not in self.boxes:
            self.boxes[address] = Mailbox(address)
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


class Doors:
    """What tests may do behind the server's back, and see."""

    def __init__(self, server):
        self.server = server

    def fault(self, operation, code, count=1, after=0, whole=False, back_off=0):
        script.faults.append({"operation": operation, "code": code, "count": count, "after": after, "whole": whole,
                              "back_off": back_off})
        return {}

    def lose(self, count=1):
        self.server.lose = count
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
        return {i.id: etree.tostring(told(i, shape), encoding="unicode") for i in box.items.values()
                if i.folder == where.id}

    def create(self, address, folder, xml):
        """A person makes an item."""
        box = self.server.box(address)
        where = box.folder(make(T, "DistinguishedFolderId", Id=folder))
        return box.create(where, etree.fromstring(f'<r xmlns="{T}">{xml}</r>')[0]).id

    def edit(self, address, item, xml):
        """A person changes fields; an empty element clears."""
        box = self.server.box(address)
        found = box.items[item]
        for prop in children(etree.fromstring(f'<r xmlns="{T}">{xml}</r>')):
            if prop.text or len(prop):
                found.put(prop)
            else:
                found.props.pop(local(prop), None)
        found.touched(box.tick())
        return {}

    def delete(self, address, item, hard=False):
        box = self.server.box(address)
        if hard:
            box.remove(box.items[item])
        else:
            box.move(box.items[item], box.folder(make(T, "DistinguishedFolderId", Id="deleteditems")))
        return {}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
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
                server.lose -= 1
                self.close_connection = True
                return
        self.reply(status, answer)


def main():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.state = Server(sys.argv[1] if len(sys.argv) > 1 else None)
    print(server.server_port, flush=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()


if __name__ == "__main__":
    main()
