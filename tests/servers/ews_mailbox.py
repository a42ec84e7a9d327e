# SPDX-License-Identifier: Apache-2.0
"""Mailboxes of the test's Exchange server: folders, items, what has changed, and a server's habits."""
import base64
import copy
import datetime
import itertools
import time

from ews_xml import ALWAYS, CLASSES, FOLDERS, ORDER, READ_ONLY, T, child, children, local, make, text_of


class Refused(Exception):
    """One item, or a whole request, with a response code."""

    def __init__(self, code, text="", whole=False, back_off=0):
        super().__init__(code)
        self.code, self.text, self.whole, self.back_off = code, text or f"{code}, as the test wants it.", whole, back_off


def now():
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


numbers = itertools.count(1)


def start_numbers(first):
    global numbers
    numbers = itertools.count(first)


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


FLAGS = {"IsAllDayEvent", "ReminderIsSet"}
MOMENTS = {"Start", "End", "Birthday", "WeddingAnniversary", "DueDate", "StartDate", "ReminderDueBy"}


def in_one_form(element):
    """Values that can be written in several ways, as the server tells them."""
    if local(element) in FLAGS:
        element.text = {"1": "true", "0": "false"}.get(element.text, element.text)
    if local(element) in MOMENTS and element.text and "T" in element.text:
        moment = datetime.datetime.fromisoformat(element.text.replace("Z", "+00:00"))
        element.text = moment.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    return element


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
            self.props[name] = in_one_form(copy.deepcopy(element))

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
        if name[0] in ALWAYS:
            raise Refused("ErrorInvalidPropertyDelete")
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

    def saved(self):
        return copy.deepcopy((self.props, self.extended))

    def restore(self, before):
        self.props, self.extended = before

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
    def __init__(self, address, classes):
        self.address = address
        self.classes = classes  # of items that are more than their properties, by kind
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
        """What an id names: an item, or one of a series."""
        if local(element) == "OccurrenceItemId":
            return self.item_of(element.get("RecurringMasterId")).occurrence(int(element.get("InstanceIndex")))
        if local(element) == "RecurringMasterItemId":
            return self.item_of(element.get("OccurrenceId").partition(".")[0])
        return self.item_of(element.get("Id"))

    def item_of(self, key):
        series, _, index = key.partition(".")
        item = self.items.get(series)
        if not item:
            raise Refused("ErrorItemNotFound")
        return item.occurrence(int(index)) if index else item

    def create(self, folder, element):
        kind = local(element)
        if kind not in ORDER:
            raise Refused("ErrorInvalidItemForOperationCreateItem")
        if kind in self.classes:
            item = self.classes[kind](kind, folder.id, self.tick(), self)
        else:
            item = Item(kind, folder.id, self.tick())
        for prop in children(element):
            item.put(prop)
        item.habits()
        self.items[item.id] = item
        return item

    def remove(self, item):
        if item.id not in self.items:  # one of a series
            item.series.deleted.add(item.index)
            item.series.exceptions.pop(item.index, None)
            item.series.touched(self.tick())
            return
        del self.items[item.id]
        self.folders[item.folder].gone[item.id] = (self.tick(), item.created)

    def move(self, item, folder):
        """A move is another item: it gets another id."""
        self.remove(item)
        if not isinstance(item, Item):
            return item
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
