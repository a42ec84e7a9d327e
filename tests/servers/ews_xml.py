# SPDX-License-Identifier: Apache-2.0
"""Names of EWS, and short ways through its trees."""
from lxml import etree

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
    "CalendarItem": """UID RecurrenceId DateTimeStamp Start End OriginalStart IsAllDayEvent LegacyFreeBusyStatus Location
When IsMeeting IsCancelled IsRecurring MeetingRequestWasSent IsResponseRequested CalendarItemType MyResponseType
Organizer RequiredAttendees OptionalAttendees Resources Duration TimeZone AppointmentReplyTime
AppointmentSequenceNumber AppointmentState Recurrence FirstOccurrence LastOccurrence ModifiedOccurrences
DeletedOccurrences StartTimeZone EndTimeZone ConferenceType AllowNewTimeProposal IsOnlineMeeting MeetingWorkspaceUrl
NetShowUrl JoinOnlineMeetingUrl IsOrganizer""",
}
KINDS["Message"] = """Sender ToRecipients CcRecipients BccRecipients IsReadReceiptRequested
IsDeliveryReceiptRequested ConversationIndex ConversationTopic From InternetMessageId IsRead IsResponseRequested
References ReplyTo"""
ORDER = {kind: (ITEM + " " + more).split() for kind, more in KINDS.items()}
CLASSES = {"Contact": "IPM.Contact", "Task": "IPM.Task", "CalendarItem": "IPM.Appointment", "Message": "IPM.Note"}
FOLDERS = [("inbox", "Inbox", "IPF.Note"), ("sentitems", "Sent Items", "IPF.Note"), ("drafts", "Drafts", "IPF.Note"), ("outbox", "Outbox", "IPF.Note"),
           ("deleteditems", "Deleted Items", "IPF.Note"), ("calendar", "Calendar", "IPF.Appointment"),
           ("contacts", "Contacts", "IPF.Contact"), ("tasks", "Tasks", "IPF.Task")]
READ_ONLY = {"ItemId", "ParentFolderId", "LastModifiedTime", "DateTimeCreated", "Size", "TextBody", "HasAttachments",
             "IsComplete", "IsRecurring", "ChangeCount", "HasPicture", "OriginalStart", "IsCancelled", "CalendarItemType",
             "MyResponseType", "Organizer", "FirstOccurrence", "LastOccurrence", "ModifiedOccurrences",
             "DeletedOccurrences", "IsMeeting", "MeetingRequestWasSent", "Duration", "AppointmentState", "RecurrenceId",
             "DateTimeStamp", "IsOrganizer", "JoinOnlineMeetingUrl"}
# What has a value always (the real server's ErrorInvalidPropertyDelete).
ALWAYS = {"Importance", "Sensitivity", "Status", "PercentComplete", "ReminderIsSet", "ReminderDueBy",
          "ReminderMinutesBeforeStart", "Start", "End", "IsAllDayEvent", "LegacyFreeBusyStatus", "StartTimeZone",
          "EndTimeZone"}


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
