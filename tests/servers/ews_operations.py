# SPDX-License-Identifier: Apache-2.0
"""The operations of EWS, on the mailboxes of the test's Exchange server."""
import base64
import copy
import json

from ews_calendar import Appointment, instant, tell
from ews_mail import send
from ews_mailbox import CONTAINERS, Refused, property_key
from ews_xml import M, ORDER, T, child, children, local, make, text_of


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


def told(item, shape, with_id=True):
    """The item as a shape asks for it."""
    out = make(T, item.kind)
    wanted, extended, entries = set(), [], {}
    base = text_of(shape, "BaseShape")
    if text_of(shape, "IncludeMimeContent") == "true":
        wanted.add("MimeContent")
    if base in ("AllProperties", "Default"):
        wanted |= set(ORDER[item.kind]) - {"MimeContent"}
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

    homes = {"Message": "drafts", "Contact": "contacts", "Task": "tasks", "CalendarItem": "calendar"}
    mails = request.get("SendMeetingInvitations")

    def one(message, element):
        home = folder or box.folder(make(T, "DistinguishedFolderId", Id=homes[local(element)]))
        if local(element) == "CalendarItem" and not mails:
            raise Refused("ErrorSendMeetingInvitationsRequired")
        if local(element) == "Message" and not request.get("MessageDisposition"):
            raise Refused("ErrorMessageDispositionRequired")
        item = box.create(home, element)
        if local(element) == "Message":
            item.draft = True
            if request.get("MessageDisposition") != "SaveOnly":
                sent = box.folder(make(T, "DistinguishedFolderId", Id="sentitems"))
                send(box.system, box, item, sent if "Copy" in request.get("MessageDisposition") else None)
                return
        if mails and mails != "SendToNone":
            tell(box.system, item, "invited")
        put_written(message, item)
    each(answer, "CreateItem", children(child(request, "Items")), one, "Items")


def change_item(box, item, change, resolution):
    key = children(change)[0].get("ChangeKey")
    if resolution != "AlwaysOverwrite" and key and key != item.change_key:
        raise Refused("ErrorIrresolvableConflict")
    before = item.saved()
    try:
        for update in children(child(change, "Updates")):
            if local(update) == "DeleteItemField":
                item.drop(children(update)[0])
            else:
                for prop in children(children(update)[1]):
                    item.put(prop)
        item.touched(box.tick())
    except Refused:
        item.restore(before)
        raise


def update_item(box, request, answer):
    mails = request.get("SendMeetingInvitationsOrCancellations")

    def one(message, change):
        item = box.item(children(change)[0])
        if item.kind == "CalendarItem" and not mails:
            raise Refused("ErrorSendMeetingInvitationsOrCancellationsRequired")
        before = item.guests() if isinstance(item, Appointment) else []
        change_item(box, item, change, request.get("ConflictResolution"))
        if mails and mails != "SendToNone":
            tell(box.system, item, "updated", before)
        put_written(message, item)
        make(T, "Count", "0", parent=make(M, "ConflictResults", parent=message))
    each(answer, "UpdateItem", children(child(request, "ItemChanges")), one, "Items")


def send_item(box, request, answer):
    where = child(request, "SavedItemFolderId")
    save = box.folder(children(where)[0] if where is not None else make(T, "DistinguishedFolderId", Id="sentitems"))

    def one(_, element):
        item = box.item(element)
        if not element.get("ChangeKey"):
            raise Refused("ErrorChangeKeyRequired")
        if element.get("ChangeKey") != item.change_key:
            raise Refused("ErrorStaleObject")
        send(box.system, box, item, save if request.get("SaveItemToFolder") == "true" else None)
    each(answer, "SendItem", children(child(request, "ItemIds")), one)


def delete_item(box, request, answer):
    mails = request.get("SendMeetingCancellations")

    def one(_, element):
        item = box.item(element)
        if item.kind == "Task" and not request.get("AffectedTaskOccurrences"):
            raise Refused("ErrorAffectedTaskOccurrencesRequired")
        if item.kind == "CalendarItem" and not mails:
            raise Refused("ErrorSendMeetingCancellationsRequired")
        if mails and mails != "SendToNone":
            tell(box.system, item, "updated" if hasattr(item, "index") else "cancelled")
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
    days = child(request, "CalendarView")
    first = int(view.get("Offset")) if view is not None else 0
    most = int(view.get("MaxEntriesReturned") or 1000) if view is not None else 1000

    def one(message, element):
        folder = box.folder(element)
        found = [i for i in box.items.values() if i.folder == folder.id
                 and (restriction is None or matches(i, children(restriction)[0]))]
        if days is not None:
            found = [o for i in found for o in i.occurrences(instant(days.get("StartDate")), instant(days.get("EndDate")))]
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
              "MoveItem": move_item, "SendItem": send_item, "FindItem": find_item}
