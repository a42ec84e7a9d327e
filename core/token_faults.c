/* SPDX-License-Identifier: Apache-2.0
 *
 * What there is to say of sign-ins, by the service and by the command line.
 */
#include "core/token.h"

const struct brg_fault token_signed_out = {
	.code = "BRG-OAUTH-0010",
	.cls = BRG_EAUTH,
	.scope = BRG_SCOPE_MAILBOX,
	.retry = BRG_RETRY_NEVER,
	.en = "nobody has signed in for {name}: run brygga auth login {name}",
	.sv = "ingen har loggat in för {name}: kör brygga auth login {name}",
	.help = "The profile says that its mailboxes sign in with OAuth. Run `brygga auth login NAME` "
		"with the mailbox's name, or with the profile's name for one sign-in that all its "
		"mailboxes share. After a change of oauth-token-url or oauth-client-id everybody "
		"must sign in again.",
};
const struct brg_fault token_revoked = {
	.code = "BRG-OAUTH-0011",
	.cls = BRG_EAUTH,
	.scope = BRG_SCOPE_MAILBOX,
	.retry = BRG_RETRY_NEVER,
	.en = "the sign-in for {name} is no longer valid: run brygga auth login {name}",
	.sv = "inloggningen för {name} gäller inte längre: kör brygga auth login {name}",
	.help = "The provider no longer accepts it: the password was changed, the permission was "
		"taken back, or it was not used for long. Sign in again with `brygga auth login "
		"NAME`; mail comes in again at once. Nothing is lost meanwhile.",
};

const struct brg_fault token_no_refresh = {
	.code = "BRG-OAUTH-0012",
	.cls = BRG_EINVAL,
	.scope = BRG_SCOPE_MAILBOX,
	.retry = BRG_RETRY_NEVER,
	.en = "the provider gave {name} no refresh token: add offline_access to oauth-scope",
	.sv = "leverantören gav {name} ingen refresh-token: lägg till offline_access i oauth-scope",
	.help = "Without a refresh token the sign-in would end within the hour, so it was not kept. "
		"Most providers give one only if the scope offline_access is asked for; with some it "
		"is a setting of the client there.",
};

/* ---- what `brygga auth` says ----------------------------------------------------------------*/

#define SAYS(row, number, english, swedish, helps) \
	const struct brg_fault token_##row = {     \
		.code = "BRG-OAUTH-" number,       \
		.en = english,                     \
		.sv = swedish,                     \
		.help = helps,                     \
	}

SAYS(open_page, "0020",
     "open {url} in any browser and enter the code {code} within {minutes} minutes",
     "öppna {url} i valfri webbläsare och ange koden {code} inom {minutes} minuter",
     "Sign in there as the person whose mailbox it is. The browser may run on another machine. "
     "This command waits until it is done.");
SAYS(open_link, "0021", "or open {url} where the code is filled in already",
     "eller öppna {url} där koden redan är ifylld",
     "Check that the page shows the same code as this command.");
SAYS(done, "0022", "signed in for {name}", "inloggad för {name}",
     "The sign-in is sealed in the store. Lanes that were disabled for want of it run again.");
SAYS(removed, "0023", "signed out {name}", "loggade ut {name}",
     "The sign-in was removed from the store. The provider still has it: take the permission back "
     "there, too, if it is to end for everybody.");
SAYS(nothing, "0024", "nobody is signed in for {name}", "ingen är inloggad för {name}",
     "There was nothing to remove.");

const struct brg_fault *const token_faults[] = {
	&token_signed_out, &token_revoked,   &token_no_refresh,
	&token_open_page,  &token_open_link, &token_done,
	&token_removed,	   &token_nothing,   NULL,
};
