/* SPDX-License-Identifier: Apache-2.0
 *
 * Every way in which an SMTP server can disappoint, in words for the person who has to do
 * something about it.
 */
#include "smtp.h"

#define FAULT(name, number, class, where, when, english, swedish, words)   \
	const struct brg_fault smtp_##name = { .code = "BRG-SMTP-" number, \
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
	"the {option} for {host} cannot be sent over SMTP: it is empty, has a blank or line "
	"break, or is longer than {limit} octets",
	"{option} för {host} kan inte skickas över SMTP: värdet är tomt, innehåller ett "
	"blanksteg eller en radbrytning, eller är längre än {limit} oktetter",
	"Set the option anew; a file that holds a password should hold it on its first line.");
FAULT(insecure, "0003", BRG_EINVAL, MAILBOX, NEVER,
	"will not log in to {host} without TLS: set tls = implicit or tls = starttls, or allow "
	"it with insecure-login = yes",
	"loggar inte in på {host} utan TLS: ange tls = implicit eller tls = starttls, eller "
	"tillåt det med insecure-login = yes",
	"In clear text everybody on the way can read the password and the mail. Servers on the "
	"same machine (127.0.0.0/8, ::1, localhost) are exempt.");
FAULT(greeting_refused, "0004", BRG_EIO, SERVER, LATER,
	"the server {host} turned the connection away",
	"servern {host} avvisade anslutningen",
	"It answered with a refusal instead of a greeting. Often it is overloaded, or it does not "
	"like this client's address. Its words say more.");
FAULT(greeting_garbage, "0005", BRG_EPROTO, SERVER, LATER,
	"what answers at {host} is not an SMTP server",
	"det som svarar på {host} är inte en SMTP-server",
	"Check host, port and tls: 465 is SMTP with TLS from the first byte, 587 with STARTTLS.");
FAULT(closed, "0006", BRG_EIO, MAILBOX, LATER,
	"the server {host} closed the connection during {command}",
	"servern {host} stängde anslutningen under {command}",
	"Mail whose end had been sent and not been answered is uncertain; the rest is tried "
	"again.");
FAULT(garbage, "0007", BRG_EPROTO, MAILBOX, LATER,
	"the answer of {host} to {command} is not SMTP",
	"svaret från {host} på {command} är inte SMTP",
	"The server, or something between, broke the protocol, so nothing of this session can be "
	"trusted from there on. If it stays, set pipelining = no.");
FAULT(no_tls, "0008", BRG_ETLS, SERVER, LATER,
	"the server {host} does not do STARTTLS, so nothing was sent to it",
	"servern {host} klarar inte STARTTLS, så ingenting skickades till den",
	"The profile says tls = starttls, which is a demand. Use tls = implicit (port 465) if the "
	"server offers that. If STARTTLS worked before, somebody may be between.");
FAULT(bad_credentials, "0009", BRG_EAUTH, MAILBOX, NEVER,
	"the server {host} refused the user name or the password",
	"servern {host} godtog inte användarnamnet eller lösenordet",
	"Set the right ones. Some providers want an application password, or the whole address as "
	"the user name. A server that keeps passwords in another form than SCRAM needs may refuse "
	"the right one: then set auth = plain.");
FAULT(login_temporary, "0010", BRG_EIO, MAILBOX, LATER,
	"the server {host} cannot log anybody in at the moment",
	"servern {host} kan inte logga in någon just nu",
	"The server itself calls it temporary (RFC 4954 section 6). It is tried again by itself.");
FAULT(no_mechanism, "0011", BRG_ENOTSUP, MAILBOX, NEVER,
	"the server {host} offers no way to log in that is known here",
	"servern {host} erbjuder inget inloggningssätt som är känt här",
	"Known are SCRAM-SHA-256, SCRAM-SHA-1, PLAIN, LOGIN and CRAM-MD5 with a password, "
	"OAUTHBEARER and XOAUTH2 with a token. Many servers offer them only under TLS. With auth = "
	"none the server is used without a login.");
FAULT(token_refused, "0012", BRG_EAUTH, MAILBOX, NEVER,
	"the server {host} refused the OAuth access token",
	"servern {host} godtog inte OAuth-åtkomsttoken",
	"A fresh token was refused, too: the person who signed in is not the one of `username`, or "
	"the scopes of `oauth-scope` do not allow SMTP. Mend that, then sign in again with `brygga "
	"auth login MAILBOX`.");
FAULT(no_tokens, "0013", BRG_ENOTSUP, SERVER, NEVER,
	"this host offers no OAuth tokens to connectors",
	"värden erbjuder inga OAuth-token till kopplingar",
	"The connector needs the host service \"token\" version 1. Use a daemon and a connector of "
	"the same release.");
FAULT(closing, "0014", BRG_EIO, SERVER, LATER,
	"the server {host} is closing down (421), at {command}",
	"servern {host} stänger ner (421), vid {command}",
	"Nothing is lost: what it had not taken is sent later.");
FAULT(refused, "0015", BRG_EIO, MAILBOX, LATER,
	"the server {host} refused {command}",
	"servern {host} nekade {command}",
	"Its words say more.");
FAULT(wants_login, "0016", BRG_EAUTH, MAILBOX, NEVER,
	"the server {host} takes mail only from those who log in",
	"servern {host} tar bara emot post från den som loggar in",
	"Set username and password, or an OAuth sign-in, for the mailbox or its profile.");
FAULT(unproven, "0017", BRG_EAUTH, MAILBOX, LATER,
	"the server {host} did not prove that it knows the password, so nothing was sent to it",
	"servern {host} visade inte att den kan lösenordet, så ingenting skickades till den",
	"In SCRAM (RFC 5802) both sides prove it, and the server may not ask for a proof that is "
	"easily broken: fewer than 4,096 rounds, or not our own nonce. It may be an impostor; an "
	"old or broken server can be used with auth = plain under TLS.");
FAULT(no_oauth, "0018", BRG_EINVAL, MAILBOX, NEVER,
	"auth for {host} wants an access token, and oauth = none says that there is none",
	"auth för {host} vill ha en åtkomsttoken, och oauth = none säger att det inte finns någon",
	"Set oauth = sign-in or client-credentials and the other oauth- settings, or auth = auto.");
FAULT(message_later, "0020", BRG_EIO, ITEM, LATER,
	"the server {host} does not take this mail now, at {command}",
	"servern {host} tar inte emot det här brevet nu, vid {command}",
	"The refusal is a passing one (4yz): greylisting, a full disk, too much at once. It is "
	"tried again with growing pauses.");
FAULT(message_never, "0021", BRG_EINVAL, ITEM, NEVER,
	"the server {host} refused this mail, at {command}",
	"servern {host} avvisade det här brevet, vid {command}",
	"The refusal is final (5yz); its words say why: the sender is not allowed, the content is "
	"taken for spam, the mail is too large.");
FAULT(recipient_later, "0022", BRG_EIO, ITEM, LATER,
	"the server {host} does not take mail for this recipient now",
	"servern {host} tar inte emot post till den här mottagaren nu",
	"A passing refusal (4yz). The others have got it; this one is tried again.");
FAULT(recipient_never, "0023", BRG_EINVAL, ITEM, NEVER,
	"the server {host} refused this recipient",
	"servern {host} avvisade den här mottagaren",
	"A final refusal (5yz): the address does not exist, or the server does not carry mail for it.");
FAULT(nobody, "0024", BRG_EIO, ITEM, LATER,
	"the server {host} accepted none of the recipients",
	"servern {host} godtog ingen av mottagarna",
	"Nothing was sent. What was said of each recipient tells more.");
FAULT(no_8bit, "0025", BRG_ENOTSUP, ITEM, NEVER,
	"the server {host} takes only mail of 7 bits, and this one has 8",
	"servern {host} tar bara emot post med 7 bitar, och det här brevet har 8",
	"It does not offer 8BITMIME (RFC 6152). Compose the mail with quoted-printable or base64.");
FAULT(no_utf8, "0026", BRG_ENOTSUP, ITEM, NEVER,
	"the server {host} takes no addresses or headers beyond ASCII, and this mail has some",
	"servern {host} tar inte emot adresser eller huvuden utanför ASCII, och brevet har sådana",
	"It does not offer SMTPUTF8 (RFC 6531). Encode the header (RFC 2047), or write to an "
	"address in ASCII.");
FAULT(too_large, "0027", BRG_EFULL, ITEM, NEVER,
	"the mail is larger than the server {host} takes",
	"brevet är större än vad servern {host} tar emot",
	"The server says its limit in EHLO (RFC 1870). Send less, or a link.");
FAULT(bad_lines, "0028", BRG_EINVAL, ITEM, NEVER,
	"the mail has lines that SMTP cannot carry to {host}: ends that are no CRLF, NUL, or more "
	"than 998 octets",
	"brevet har rader som SMTP inte kan bära till {host}: slut som inte är CRLF, NUL, eller fler "
	"än 998 oktetter",
	"RFC 5321 section 4.5.3.1.6. `brygga record send` mends ends of lines; long ones must be "
	"encoded by who composed the mail.");
FAULT(bad_address, "0029", BRG_EINVAL, ITEM, NEVER,
	"the mail has an address that cannot be said to {host}",
	"brevet har en adress som inte kan sägas till {host}",
	"It has a blank, a control character or an angle bracket, or is too long.");
FAULT(only_email, "0030", BRG_ENOTSUP, MAILBOX, NEVER,
	"SMTP carries outgoing email only",
	"SMTP bär bara utgående e-post",
	"Give the mailbox a profile of another connector for the other lanes.");
FAULT(message_cut, "0031", BRG_EIO, ITEM, LATER,
	"the connection to {host} was lost while this mail was handed over, at {command}",
	"förbindelsen till {host} bröts medan det här brevet lämnades över, vid {command}",
	"It was not sent for certain. Nothing went well before it over that connection, so it may be "
	"the reason itself: it waits, and others go first.");
/* clang-format on */

const struct brg_fault *const smtp_faults[] = {
	&smtp_no_stream,
	&smtp_bad_login,
	&smtp_insecure,
	&smtp_greeting_refused,
	&smtp_greeting_garbage,
	&smtp_closed,
	&smtp_garbage,
	&smtp_no_tls,
	&smtp_bad_credentials,
	&smtp_login_temporary,
	&smtp_no_mechanism,
	&smtp_token_refused,
	&smtp_no_tokens,
	&smtp_closing,
	&smtp_refused,
	&smtp_wants_login,
	&smtp_unproven,
	&smtp_no_oauth,
	&smtp_message_later,
	&smtp_message_never,
	&smtp_recipient_later,
	&smtp_recipient_never,
	&smtp_nobody,
	&smtp_no_8bit,
	&smtp_no_utf8,
	&smtp_too_large,
	&smtp_bad_lines,
	&smtp_bad_address,
	&smtp_only_email,
	&smtp_message_cut,
	NULL,
};
