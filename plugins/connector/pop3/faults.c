/* SPDX-License-Identifier: Apache-2.0
 *
 * Every way in which a POP3 server can disappoint, in words for the person who has to
 * do something about it.
 */
#include "pop3.h"

#define FAULT(name, number, class, where, when, english, swedish, words)   \
	const struct brg_fault pop3_##name = { .code = "BRG-POP3-" number, \
					       .cls = class,               \
					       .scope = BRG_SCOPE_##where, \
					       .retry = BRG_RETRY_##when,  \
					       .en = english,              \
					       .sv = swedish,              \
					       .help = words }

/* clang-format off */
FAULT(no_stream, "0001", BRG_ENOTSUP, SERVER, NEVER,
	"this host offers no network streams to connectors",
	"värden erbjuder inga nätverksströmmar till kopplingar",
	"The connector needs the host service \"stream\" version 1. Use a daemon and a "
	"connector of the same release.");
FAULT(bad_login, "0002", BRG_EINVAL, MAILBOX, NEVER,
	"the {option} for {host} cannot be sent over POP3: it is empty, has a line break or "
	"is longer than {limit} octets",
	"{option} för {host} kan inte skickas över POP3: värdet är tomt, innehåller en "
	"radbrytning eller är längre än {limit} oktetter",
	"A POP3 command is one line. Set the option anew; a file that holds a password "
	"should hold it on its first line.");
FAULT(insecure, "0003", BRG_EINVAL, MAILBOX, NEVER,
	"will not log in to {host} without TLS: set tls = implicit or tls = starttls, or "
	"allow it with insecure-login = yes",
	"loggar inte in på {host} utan TLS: ange tls = implicit eller tls = starttls, eller "
	"tillåt det med insecure-login = yes",
	"In clear text everybody on the way can read the password and the mail. Servers on "
	"the same machine (127.0.0.0/8, ::1, localhost) are exempt.");
FAULT(greeting_refused, "0004", BRG_EIO, SERVER, LATER,
	"the server {host} turned the connection away",
	"servern {host} avvisade anslutningen",
	"It answered with -ERR instead of a greeting. Often it is overloaded or closed for "
	"maintenance, or it does not like this client's address. Its words say more.");
FAULT(greeting_closed, "0005", BRG_EIO, SERVER, LATER,
	"the server {host} closed the connection without a greeting",
	"servern {host} stängde anslutningen utan hälsning",
	"Either the server is not well, or the port expects TLS from the first byte while "
	"the profile says otherwise: compare tls and port with the provider's instructions.");
FAULT(greeting_garbage, "0006", BRG_EPROTO, SERVER, LATER,
	"what answers at {host} is not a POP3 server",
	"det som svarar på {host} är inte en POP3-server",
	"The greeting was not a POP3 greeting. Check host and port; 995 is POP3 with TLS, "
	"110 without.");
FAULT(closed, "0007", BRG_EIO, MAILBOX, LATER,
	"the server {host} closed the connection during {command}",
	"servern {host} stängde anslutningen under {command}",
	"Nothing is lost: what was not whole was not taken. The next visit goes on from the "
	"last step.");
FAULT(garbage, "0008", BRG_EPROTO, MAILBOX, LATER,
	"the answer of {host} to {command} is not POP3",
	"svaret från {host} på {command} är inte POP3",
	"The server, or something between, broke the protocol, so nothing of this session "
	"can be trusted from there on. If it stays, set pipelining = no, and tell the "
	"server's operator.");
FAULT(long_line, "0009", BRG_EPROTO, MAILBOX, LATER,
	"the answer of {host} to {command} has a line without end",
	"svaret från {host} på {command} har en rad utan slut",
	"RFC 2449 allows 512 octets for a line of an answer; this one passed 4096. What "
	"answers there may not be a POP3 server.");
FAULT(no_tls, "0010", BRG_ETLS, SERVER, LATER,
	"the server {host} refused STLS, so nothing was sent to it",
	"servern {host} nekade STLS, så ingenting skickades till den",
	"The profile says tls = starttls, which is a demand. Use tls = implicit (port 995) "
	"if the server offers that. If STLS worked before, somebody may be between.");
FAULT(bad_credentials, "0011", BRG_EAUTH, MAILBOX, NEVER,
	"the server {host} refused the user name or the password",
	"servern {host} godtog inte användarnamnet eller lösenordet",
	"Set the right ones. Some providers want an application password, the whole address "
	"as the user name, or POP3 to be switched on in the account first.");
FAULT(locked, "0012", BRG_EBUSY, MAILBOX, LATER,
	"another session holds the maildrop at {host}",
	"en annan session håller brevlådan på {host}",
	"POP3 gives a maildrop to one session at a time (RFC 1939 section 4). Another mail "
	"program reads it now, or an earlier session was not ended. It passes by itself.");
FAULT(login_delay, "0013", BRG_ELIMIT, MAILBOX, LATER,
	"the server {host} wants a longer pause between two logins",
	"servern {host} kräver en längre paus mellan två inloggningar",
	"It announces LOGIN-DELAY (RFC 2449 section 6.5). The mailbox is tried again after "
	"the pause; a longer interval avoids this.");
FAULT(temporary, "0014", BRG_EIO, MAILBOX, LATER,
	"the server {host} has a passing trouble with {command}",
	"servern {host} har ett övergående problem med {command}",
	"The server itself calls it temporary (RFC 3206). It is tried again by itself.");
FAULT(permanent, "0015", BRG_EIO, MAILBOX, NEVER,
	"the server {host} has a lasting trouble with this mailbox, at {command}",
	"servern {host} har ett bestående problem med den här brevlådan, vid {command}",
	"The server says that somebody must repair something on its side (RFC 3206): the "
	"account may be closed, or POP3 not be switched on for it.");
FAULT(no_uidl, "0016", BRG_ENOTSUP, MAILBOX, NEVER,
	"the server {host} has no UIDL, so mail there cannot be told apart",
	"servern {host} saknar UIDL, så posten där går inte att hålla isär",
	"Without unique ids (RFC 1939 section 7) it cannot be known which message was taken "
	"already, and mail would be stored twice or lost. Use another server, or another "
	"connector for this one.");
FAULT(refused, "0017", BRG_EIO, MAILBOX, LATER,
	"the server {host} refused {command}",
	"servern {host} nekade {command}",
	"The command is one that the server offers. Its words say more.");
FAULT(equal_uids, "0018", BRG_ENOTSUP, MAILBOX, NEVER,
	"the server {host} gives the same UIDs to {count} messages, more than {limit}",
	"servern {host} ger samma UID till {count} meddelanden, fler än {limit}",
	"A UID must name one message (RFC 1939 section 7). A few doubles are told apart by "
	"their headers; so many mean that the server's UIDL does not work.");
FAULT(too_many, "0019", BRG_ENOTSUP, MAILBOX, NEVER,
	"the maildrop at {host} lists more than {limit} messages",
	"brevlådan på {host} listar fler än {limit} meddelanden",
	"Move old mail away, or let the mailbox delete what is stored.");
FAULT(only_email, "0020", BRG_ENOTSUP, MAILBOX, NEVER,
	"POP3 carries incoming email only, no outgoing mail and no appointments, contacts or "
	"tasks",
	"POP3 bär bara inkommande e-post, ingen utgående post och inga möten, kontakter "
	"eller uppgifter",
	"Give the mailbox a profile of another connector for the other lanes.");
FAULT(no_folder, "0021", BRG_ENOTFOUND, FOLDER, NEVER,
	"a maildrop at {host} has no folders",
	"en brevlåda på {host} har inga mappar",
	"POP3 shows the inbox only (RFC 1939). Remove the folder from the mailbox.");
FAULT(quit_refused, "0022", BRG_EIO, MAILBOX, LATER,
	"the server {host} did not confirm the end of the session, so messages may not have "
	"been deleted there",
	"servern {host} bekräftade inte sessionens slut, så meddelanden kanske inte togs "
	"bort där",
	"RFC 1939 section 6: deletes happen at QUIT. What is still listed at the next visit "
	"is deleted then.");
FAULT(token_refused, "0023", BRG_EAUTH, MAILBOX, NEVER,
	"the server {host} refused the OAuth access token",
	"servern {host} godtog inte OAuth-åtkomsttoken",
	"A fresh token was refused, too, so the token is for something else: the person who "
	"signed in is not the one of `username`, the scopes of `oauth-scope` do not allow POP3, "
	"or POP3 is switched off for the account. Mend that, then sign in again with `brygga auth "
	"login MAILBOX`.");
FAULT(no_bearer, "0024", BRG_ENOTSUP, MAILBOX, NEVER,
	"the server {host} takes no OAuth tokens: it offers neither OAUTHBEARER nor XOAUTH2",
	"servern {host} tar inte emot OAuth-token: den erbjuder varken OAUTHBEARER eller XOAUTH2",
	"The profile says that mailboxes sign in with OAuth. Set oauth = none and a password, or "
	"auth = xoauth2 if the server takes it without saying so.");
FAULT(no_oauth, "0025", BRG_EINVAL, MAILBOX, NEVER,
	"the way to log in that auth names for {host} needs an OAuth token, and oauth is none",
	"inloggningssättet som auth anger för {host} kräver en OAuth-token, och oauth är none",
	"Set oauth, oauth-token-url and oauth-client-id in the profile, or another auth.");
FAULT(no_tokens, "0026", BRG_ENOTSUP, SERVER, NEVER,
	"this host offers no OAuth tokens to connectors",
	"värden erbjuder inga OAuth-token till kopplingar",
	"The connector needs the host service \"token\" version 1. Use a daemon and a "
	"connector of the same release.");
FAULT(no_apop, "0027", BRG_ENOTSUP, MAILBOX, NEVER,
	"APOP cannot be done with {host}: its greeting has no time stamp",
	"APOP går inte med {host}: dess hälsning har ingen tidsstämpel",
	"RFC 1939 section 7: a server with APOP says a time stamp in its greeting. Set auth = "
	"auto. It also fails on a machine whose OpenSSL is forbidden to use MD5.");
FAULT(item_refused, "0030", BRG_EIO, ITEM, LATER,
	"the server {host} does not hand over this message",
	"servern {host} lämnar inte ut det här meddelandet",
	"The server lists the message and then refuses it. It is tried again later; the "
	"others are not held up.");
FAULT(item_gone, "0031", BRG_ENOTFOUND, ITEM, NEVER,
	"the message is no longer on the server {host}",
	"meddelandet finns inte längre på servern {host}",
	"Somebody deleted it there.");
FAULT(item_cut, "0032", BRG_EIO, ITEM, LATER,
	"the connection to {host} broke three times at this message",
	"anslutningen till {host} bröts tre gånger vid det här meddelandet",
	"The message is passed over so that those behind it come in, and tried again later. "
	"Often it is damaged on the server; a mail program may show or delete it.");
FAULT(item_large, "0033", BRG_EFULL, ITEM, NEVER,
	"the message is larger than the limit of {limit} octets",
	"meddelandet är större än gränsen på {limit} oktetter",
	"It stays on the server. Raise the size limit to take it.");
FAULT(item_kept, "0034", BRG_EIO, ITEM, LATER,
	"the server {host} did not delete the message",
	"servern {host} tog inte bort meddelandet",
	"It is stored, and deleting is tried again at the next visit.");
FAULT(item_push, "0035", BRG_ENOTSUP, ITEM, NEVER,
	"POP3 can only delete messages on {host}, not change them",
	"POP3 kan bara ta bort meddelanden på {host}, inte ändra dem",
	"RFC 1939 knows no command to create, move or mark a message.");
/* clang-format on */

const struct brg_fault *const pop3_faults[] = {
	&pop3_no_stream,       &pop3_bad_login,
	&pop3_insecure,	       &pop3_greeting_refused,
	&pop3_greeting_closed, &pop3_greeting_garbage,
	&pop3_closed,	       &pop3_garbage,
	&pop3_long_line,       &pop3_no_tls,
	&pop3_bad_credentials, &pop3_locked,
	&pop3_login_delay,     &pop3_temporary,
	&pop3_permanent,       &pop3_no_uidl,
	&pop3_refused,	       &pop3_equal_uids,
	&pop3_too_many,	       &pop3_only_email,
	&pop3_no_folder,       &pop3_quit_refused,
	&pop3_token_refused,   &pop3_no_bearer,
	&pop3_no_oauth,	       &pop3_no_tokens,
	&pop3_no_apop,	       &pop3_item_refused,
	&pop3_item_gone,       &pop3_item_cut,
	&pop3_item_large,      &pop3_item_kept,
	&pop3_item_push,       NULL,
};
