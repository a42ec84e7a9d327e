/* SPDX-License-Identifier: Apache-2.0
 *
 * Every way in which an Exchange server can disappoint, in words for the person who has to do
 * something about it.
 */
#include "exchange.h"

#define FAULT(name, number, class, where, when, english, swedish, words)      \
	const struct brg_fault ews_##name = { .code = "BRG-EXCHANGE-" number, \
					      .cls = class,                   \
					      .scope = BRG_SCOPE_##where,     \
					      .retry = BRG_RETRY_##when,      \
					      .en = english,                  \
					      .sv = swedish,                  \
					      .help = words }

/* ---- what response codes come to (codes.c) --------------------------------------------------*/

FAULT(odd, "0001", BRG_EPROTO, MAILBOX, LATER,
      "the server reports success for {operation}, and nothing that was asked for",
      "servern säger att {operation} lyckades, men svarade inte på frågan",
      "The answer is not as the protocol wants it. If it stays, write a trace (`brygga visit --trace "
      "FILE`) and report it.");
FAULT(busy, "0002", BRG_ELIMIT, MAILBOX, LATER,
      "the server asks for a pause ({code} at {operation})",
      "servern ber om en paus ({code} vid {operation})",
      "The account has used what the server's throttling policy gives it. It is asked again when the "
      "time that it named has passed.");
FAULT(trouble, "0003", BRG_EIO, MAILBOX, LATER, "the server is in trouble ({code} at {operation})",
      "servern har problem ({code} vid {operation})",
      "It passes most often: a database moves, a domain controller is away. If it stays, look at the "
      "server's event log.");
FAULT(too_much, "0004", BRG_EBUSY, MAILBOX, LATER,
      "the server takes no more of this at once ({code} at {operation})",
      "servern tar inte emot mer av detta på en gång ({code} vid {operation})",
      "Lower `connections` of the profile, or raise the server's limits for the account.");
FAULT(conflict, "0005", BRG_ECONFLICT, ITEM, NOW,
      "the item has changed on the server meanwhile ({code} at {operation})",
      "objektet har ändrats på servern under tiden ({code} vid {operation})",
      "Nothing to do: it is read again, merged again and written again.");
FAULT(state, "0006", BRG_ECURSOR, FOLDER, NOW,
      "the server does not know this sync state any more ({code})",
      "servern känner inte längre till det här synkläget ({code})",
      "Nothing to do: the folder is walked once from its start. It happens after a mailbox was moved "
      "or restored.");
FAULT(folder, "0007", BRG_ENOTFOUND, FOLDER, LATER, "the folder is gone ({code} at {operation})",
      "mappen är borta ({code} vid {operation})",
      "It was deleted, or the account may not see it any more.");
FAULT(watch, "0008", BRG_ECURSOR, MAILBOX, NOW, "the server has dropped the subscription ({code})",
      "servern har avslutat prenumerationen ({code})",
      "Nothing to do: a new one is made; meanwhile the mailbox is visited by its interval.");
FAULT(gone, "0009", BRG_ENOTFOUND, ITEM, NEVER, "the item is gone ({code} at {operation})",
      "objektet är borta ({code} vid {operation})", "Somebody deleted or moved it in between.");
FAULT(login, "0010", BRG_EAUTH, MAILBOX, NEVER, "the account cannot log in: {code}",
      "kontot kan inte logga in: {code}",
      "Look at the account in Active Directory: a password that has expired or must be changed, an "
      "account that is disabled.");
FAULT(denied, "0011", BRG_EAUTH, MAILBOX, NEVER, "the server does not allow {operation}: {code}",
      "servern tillåter inte {operation}: {code}",
      "The account lacks a right there: ApplicationImpersonation for mailboxes of others, or full "
      "access to this one; or `mailbox` is not its primary address.");
FAULT(full, "0012", BRG_EFULL, MAILBOX, LATER, "the mailbox is full ({code} at {operation})",
      "brevlådan är full ({code} vid {operation})",
      "Nothing can be written there until it has room; it is read meanwhile.");
FAULT(item, "0013", BRG_EINVAL, ITEM, NEVER, "the server refuses this item: {code} at {operation}",
      "servern tar inte emot det här objektet: {code} vid {operation}",
      "The server's own words say what it does not like. The item waits; an edit on either side tries "
      "it again.");

FAULT(item_trouble, "0014", BRG_EIO, ITEM, LATER,
      "the server stumbles over this item: {code} at {operation}",
      "servern snubblar över det här objektet: {code} vid {operation}",
      "The item waits and is tried again; the others go on. If it stays, open it in Outlook: it may be "
      "damaged.");
FAULT(not_carried, "0015", BRG_ENOTSUP, ITEM, NEVER,
      "this connector does not do that with things of this kind (type {type}, kind {kind})",
      "kopplingen gör inte det med saker av det här slaget (typ {type}, slag {kind})",
      "It makes, changes and deletes contacts, tasks and appointments; mail in a folder it only "
      "deletes.");
FAULT(zone, "0016", BRG_ENOTSUP, ITEM, NEVER,
      "the series lies in a time zone that is not known here: {zone}",
      "serien ligger i en tidszon som inte är känd här: {zone}",
      "A zone that somebody made himself. Choose one of Windows' zones for the series in Outlook.");
FAULT(pattern, "0017", BRG_EPROTO, ITEM, NEVER,
      "the series repeats in a way that is not known here: {element}",
      "serien upprepas på ett sätt som inte är känt här: {element}",
      "It is left as it is. If Outlook can show it, report it.");
FAULT(no_zone, "0018", BRG_ENOTSUP, ITEM, NEVER, "Exchange has no time zone like {zone}",
      "Exchange har ingen tidszon som {zone}",
      "Choose another zone for the start or the end of the record; Exchange knows those of Windows.");
FAULT(no_pattern, "0019", BRG_ENOTSUP, ITEM, NEVER,
      "Exchange cannot repeat a series like this: {rule}, from {start} on",
      "Exchange kan inte upprepa en serie så här: {rule}, från {start}",
      "It can: every n days; every n weeks on some days; on one day, or one weekday with its place, of "
      "a month or year. The start must be one of the occurrences. Nothing is written rather than "
      "something nearly the same.");
FAULT(no_place, "0022", BRG_EINVAL, ITEM, NEVER,
      "the series has no occurrence at {start}, so that nothing can be changed there",
      "serien har ingen förekomst {start}, så där kan inget ändras",
      "It may repeat in another way by now. The next edit on either side tries it again.");
FAULT(no_return, "0023", BRG_ENOTSUP, ITEM, NEVER,
      "the occurrence of {start} was deleted in the mailbox, and Exchange cannot bring it back",
      "förekomsten {start} har tagits bort i brevlådan, och Exchange kan inte återskapa den",
      "Delete the occurrence in the record too, or make an appointment of its own for that day. The "
      "rest of the series is written.");

/* ---- answers --------------------------------------------------------------------------------*/

FAULT(garbage, "0020", BRG_EPROTO, MAILBOX, LATER,
      "the answer of the server to {operation} is no SOAP message: {reason}",
      "serverns svar på {operation} är inget SOAP-meddelande: {reason}",
      "Something between may answer in its place: a portal, a proxy. A trace (`brygga visit --trace "
      "FILE`) shows what came.");
FAULT(missing, "0021", BRG_EPROTO, MAILBOX, LATER,
      "the answer of the server to {operation} lacks {element}",
      "serverns svar på {operation} saknar {element}",
      "The answer is not as the protocol wants it. If it stays, write a trace (`brygga visit --trace "
      "FILE`) and report it.");

/* ---- settings -------------------------------------------------------------------------------*/

FAULT(online, "0030", BRG_EINVAL, MAILBOX, NEVER,
      "{url} is Exchange Online, which does not speak EWS any more",
      "{url} är Exchange Online, som inte längre talar EWS",
      "Microsoft has ended EWS there. This connector is for Exchange Server on premises.");
FAULT(no_mailbox, "0031", BRG_EINVAL, MAILBOX, NEVER,
      "access = {access} needs to know whose mailbox it is",
      "access = {access} behöver veta vems brevlåda det är",
      "Set `mailbox` in the mailbox's section to its primary address.");
FAULT(no_service, "0032", BRG_ENOTSUP, SERVER, NEVER,
      "this host offers connectors no service \"{service}\"",
      "värden erbjuder kopplingar ingen tjänst \"{service}\"",
      "Use a daemon and a connector of the same release.");
