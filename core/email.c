/* SPDX-License-Identifier: Apache-2.0
 *
 * The rules of the organisation on their way from brygga.conf to the pure rooms.
 */
#include "core/email.h"

#include "core/config.h"

#define OFFSET(member)	offsetof(struct config, email.member)
#define SMART_WINDOW_US (INT64_C(90) * 86400 * 1000000)
#define PREFIX_MAX	20

const struct brg_option email_options[] = {
	{ "accept-rules", BRG_OPT_CHOICE, 0, OFFSET(accept_rules), "own", "own|all", 0, 0,
	  "Whose rule takes a mail: that of the mailbox's owner, or of any recipient." },
	{ "internal-mail", BRG_OPT_CHOICE, 0, OFFSET(internal_mail), "once", "once|twice", 0, 0,
	  "Mail from user to user is one record, or one for the sender and one for the receiver." },
	{ "several-matches", BRG_OPT_CHOICE, 0, OFFSET(several), "all", "all|none", 0, 0,
	  "An address that several have stands for all of them, or for none." },
	{ "block", BRG_OPT_STRING, 0, OFFSET(block), "", NULL, 0, 0,
	  "Senders and domains whose mail is never taken by itself." },
	{ "correlate-reply", BRG_OPT_BOOL, 0, OFFSET(reply), "yes", NULL, 0, 0,
	  "Know answers by In-Reply-To and References." },
	{ "tracking-token", BRG_OPT_BOOL, 0, OFFSET(token), "yes", NULL, 0, 0,
	  "Add a token to the subject of mail that is sent, and know answers by it." },
	{ "token-prefix", BRG_OPT_STRING, 0, OFFSET(prefix), "CRM:", NULL, 0, 0,
	  "What tracking tokens begin with; 1 to 20 characters." },
	{ "token-prefixes", BRG_OPT_STRING, 0, OFFSET(prefixes), "", NULL, 0, 0,
	  "Former prefixes, whose tokens are still known." },
	{ "correlate-index", BRG_OPT_BOOL, 0, OFFSET(index), "yes", NULL, 0, 0,
	  "Know answers by Thread-Index." },
	{ "smart-match", BRG_OPT_BOOL, 0, OFFSET(smart), "no", NULL, 0, 0,
	  "Know answers by like subjects and people; can be wrong." },
	{ "attachment-limit", BRG_OPT_SIZE, 0, OFFSET(attachment_limit), "5M", NULL, 0,
	  INT64_C(1) << 40, "Larger attachments are listed, but only in the raw message." },
	{ "queue-items-for-copies", BRG_OPT_BOOL, 0, OFFSET(copies_queue), "no", NULL, 0, 0,
	  "A copy of a mail that is in the store already makes an item in its queue too." },
	{ "uncertain", BRG_OPT_CHOICE, 0, OFFSET(uncertain), "hold", "hold|resend", 0, 0,
	  "Mail that the server may have taken waits for a person, or is sent once more." },
	{ "send-attempts", BRG_OPT_INT, 0, OFFSET(attempts), "10", NULL, 1, 1000,
	  "So many tries to send a mail, then it has failed." },
	{ "send-retry", BRG_OPT_DURATION, 0, OFFSET(send_retry_ms), "5m", NULL, 1000, 86400000,
	  "First pause before a mail is tried again; it doubles up to a day." },
	{ "tracked-folders", BRG_OPT_INT, 0, OFFSET(tracked_folders), "25", NULL, 0, 1000,
	  "So many folders of a mailbox may be tracked; 0: none." },
	BRG_OPTION_END,
};

const struct email_settings email_default = {
	.block = "",
	.reply = true,
	.token = true,
	.index = true,
	.prefix = "CRM:",
	.prefixes = "",
	.attachment_limit = 5 * 1024 * 1024,
	.attempts = 10,
	.send_retry_ms = 300000,
	.tracked_folders = 25,
};

static const struct brg_fault bad_prefix = {
	.code = "BRG-CONF-0072",
	.cls = BRG_EINVAL,
	.retry = BRG_RETRY_NEVER,
	.en = "{key} takes 1 to 20 printable ASCII characters that do not end with a digit, not "
	      "\"{value}\"",
	.sv = "{key} ska vara 1 till 20 skrivbara ASCII-tecken som inte slutar med en siffra, inte "
	      "\"{value}\"",
	.help = "The number of the token follows the prefix at once, as in CRM:0000000042.",
};

const struct brg_fault *const email_faults[] = { &bad_prefix, NULL };

static bool good_prefix(struct brg_str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] <= ' ' || s.ptr[i] > '~')
			return false;
	return s.len && s.len <= PREFIX_MAX && (s.ptr[s.len - 1] < '0' || s.ptr[s.len - 1] > '9');
}

int email_check(const struct email_settings *e, struct brg_arena *arena, const char **key,
		struct brg_err *err)
{
	struct brg_str rest = brg_cstr(e->prefixes), word;

	*key = "block";
	if (mailbox_fold_senders(brg_cstr(e->block), arena, &word, err) < 0)
		return err->code;
	*key = "token-prefix";
	if (!good_prefix(brg_cstr(e->prefix)))
		return brg_fail(err, &bad_prefix, "key=%s\nvalue=%s", *key,
				problems_show(arena, brg_cstr(e->prefix)));
	*key = "token-prefixes";
	while (mailbox_next_word(&rest, &word))
		if (!good_prefix(word))
			return brg_fail(err, &bad_prefix, "key=%s\nvalue=%s", *key,
					problems_show(arena, word));
	return 0;
}

void email_accept_rules(const struct email_settings *e, struct brg_arena *arena,
			struct accept_rules *out)
{
	struct brg_err ignored = BRG_ERR_INIT;
	struct brg_str block = { "", 0 };

	/* email_check() has seen the list. */
	(void)mailbox_fold_senders(brg_cstr(e->block), arena, &block, &ignored);
	*out = (struct accept_rules){
		.all_rules = e->accept_rules == 1,
		.internal_twice = e->internal_mail == 1,
		.several_resolved = e->several == 0,
		.blocked = arena_str(arena, block).ptr,
	};
}

void email_correlate_rules(const struct email_settings *e, struct brg_arena *arena,
			   struct correlate_rules *out)
{
	struct brg_str *prefixes =
		arena_alloc(arena, (strlen(e->prefixes) + 2) * sizeof(*prefixes));
	struct brg_str rest = brg_cstr(e->prefixes), word;
	size_t n = 0;

	prefixes[n++] = brg_cstr(e->prefix);
	while (mailbox_next_word(&rest, &word))
		prefixes[n++] = word;
	*out = (struct correlate_rules){
		.reply = e->reply,
		.token = e->token,
		.index = e->index,
		.smart = e->smart,
		.prefixes = prefixes,
		.n_prefixes = n,
		.smart_addresses = 2,
		.smart_window_us = SMART_WINDOW_US,
	};
}
