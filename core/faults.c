/* SPDX-License-Identifier: Apache-2.0 */
#include "core/faults.h"

#include "core/accept.h"
#include "core/apply-private.h"
#include "core/assertion.h"
#include "core/body.h"
#include "core/browse.h"
#include "core/commit.h"
#include "core/config.h"
#include "core/contract.h"
#include "core/correlate.h"
#include "core/directory.h"
#include "core/doubles.h"
#include "core/edit.h"
#include "core/email.h"
#include "core/fate.h"
#include "core/filter.h"
#include "core/forward.h"
#include "core/image.h"
#include "core/ini.h"
#include "core/keeper.h"
#include "core/ledger.h"
#include "core/lint.h"
#include "core/loader.h"
#include "core/mailbox.h"
#include "core/merge.h"
#include "core/net.h"
#include "core/oauth.h"
#include "core/options.h"
#include "core/outbox.h"
#include "core/person.h"
#include "core/promote.h"
#include "core/tracked.h"
#include "core/receipt.h"
#include "core/regards.h"
#include "core/secrets.h"
#include "core/send.h"
#include "core/settings.h"
#include "core/setup.h"
#include "core/state.h"
#include "core/supervisor.h"
#include "core/plan.h"
#include "core/record.h"
#include "core/sync.h"
#include "core/sync_rules.h"
#include "core/token.h"
#include "core/trace.h"
#include "core/visit.h"
#include "core/where.h"

#include <stdlib.h>

const struct brg_fault fault_disk_full = {
	.code = "BRG-CORE-0001",
	.cls = BRG_EFULL,
	.scope = BRG_SCOPE_STORE,
	.retry = BRG_RETRY_LATER,
	.en = "no room left at {path}: {reason}",
	.sv = "det finns inget utrymme kvar på {path}: {reason}",
	.help = "The disk or the quota is full. Nothing is lost: mail stays on its server. "
		"Make room; work goes on by itself at the next visit.",
};
const struct brg_fault fault_spill = {
	.code = "BRG-CORE-0002",
	.cls = BRG_EIO,
	.scope = BRG_SCOPE_STORE,
	.retry = BRG_RETRY_LATER,
	.en = "cannot use the folder for large messages, {path}: {reason}",
	.sv = "mappen för stora meddelanden, {path}, kan inte användas: {reason}",
	.help = "Messages above 1 MiB pass through a temporary file in the state folder. Check "
		"that the daemon's user may write there.",
};
const struct brg_fault fault_canceled = {
	.code = "BRG-CORE-0003",
	.cls = BRG_ECANCELED,
	.scope = BRG_SCOPE_MAILBOX,
	.retry = BRG_RETRY_NOW,
	.en = "stopped because the daemon is shutting down or reloading",
	.sv = "avbrutet eftersom tjänsten stängs av eller läses om",
	.help = "Not a fault. The visit goes on from its last step in the next process.",
};
const struct brg_fault fault_deadline = {
	.code = "BRG-CORE-0004",
	.cls = BRG_ETIMEDOUT,
	.scope = BRG_SCOPE_MAILBOX,
	.retry = BRG_RETRY_LATER,
	.en = "the visit did not end within its time",
	.sv = "besöket blev inte klart inom sin tid",
	.help = "A call took longer than the visit may last. What was committed stands; the rest "
		"is tried again. If it happens often, look at the server's answers with "
		"`brygga visit MAILBOX`.",
};

static const struct brg_fault *const shared_faults[] = {
	&fault_disk_full, &fault_spill, &fault_canceled, &fault_deadline, NULL,
};

/* The rooms' lists. */
/* clang-format off */ /* one a line */
static const struct brg_fault *const *const rooms[] = {
	shared_faults,
	body_faults,
	secrets_faults,
	net_faults,
	trace_faults,
	assertion_faults,
	config_faults,
	ini_faults,
	lint_faults,
	loader_faults,
	mailbox_faults,
	options_faults,
	settings_faults,
	state_faults,
	apply_faults,
	directory_faults,
	doubles_faults,
	contract_faults,
	filter_faults,
	tracked_faults,
	forward_faults,
	receipt_faults,
	keeper_faults,
	setup_faults,
	supervisor_faults,
	accept_faults,
	correlate_faults,
	visit_faults,
	commit_faults,
	email_faults,
	oauth_faults,
	token_faults,
	directory_people_faults,
	apply_secret_faults,
	apply_people_faults,
	apply_row_faults,
	ledger_faults,
	outbox_faults,
	outbox_change_faults,
	promote_faults,
	send_faults,
	browse_faults,
	person_faults,
	sync_rules_faults,
	directory_filter_faults,
	apply_filter_faults,
	fate_faults,
	fate_direction_faults,
	image_faults,
	merge_faults,
	regards_faults,
	plan_faults,
	record_faults,
	edit_faults,
	sync_state_faults,
	sync_item_faults,
	where_faults,
};
/* clang-format on */

static const struct brg_fault *const **plugins;
static size_t n_plugins;

void faults_add(const struct brg_fault *const *rows)
{
	const struct brg_fault *const **grown;

	if (!rows)
		return;
	for (size_t i = 0; i < n_plugins; i++)
		if (plugins[i] == rows)
			return;
	grown = reallocarray(plugins, n_plugins + 1, sizeof(*plugins));
	if (!grown)
		abort();
	plugins = grown;
	plugins[n_plugins++] = rows;
}

void faults_each(int (*each)(void *arg, const struct brg_fault *row), void *arg)
{
	size_t n_rooms = sizeof(rooms) / sizeof(rooms[0]);

	for (size_t i = 0; i < n_rooms + n_plugins; i++) {
		const struct brg_fault *const *list = i < n_rooms ? rooms[i] : plugins[i - n_rooms];

		for (; *list; list++)
			if (each(arg, *list) != 0)
				return;
	}
}

struct search {
	struct brg_str code;
	const struct brg_fault *found;
};

static int is_it(void *arg, const struct brg_fault *row)
{
	struct search *s = arg;

	if (brg_str_eq(brg_cstr(row->code), s->code))
		s->found = row;
	return s->found != NULL;
}

static int is_row(void *arg, const struct brg_fault *row)
{
	struct search *s = arg;

	if (row == s->found)
		s->code.len = 1;
	return s->code.len == 1;
}

bool faults_is(const struct brg_fault *fault)
{
	struct search s = { { "", 0 }, fault };

	faults_each(is_row, &s);
	return s.code.len == 1;
}

const struct brg_fault *fault_find(struct brg_str code)
{
	struct search s = { code, NULL };

	faults_each(is_it, &s);
	return s.found;
}

/* The value of one parameter in "name=value\n..."; empty if it is not there. */
static struct brg_str param(struct brg_str params, const char *name, size_t name_len)
{
	const char *p = params.ptr, *end = params.ptr + params.len;

	while (p && p < end) {
		const char *eol = memchr(p, '\n', (size_t)(end - p));

		if (!eol)
			eol = end;
		if ((size_t)(eol - p) > name_len && p[name_len] == '=' &&
		    memcmp(p, name, name_len) == 0)
			return (struct brg_str){ p + name_len + 1,
						 (size_t)(eol - p) - name_len - 1 };
		p = eol < end ? eol + 1 : end;
	}
	return (struct brg_str){ "", 0 };
}

const char *fault_render(const struct brg_fault *fault, struct brg_str params, const char *lang,
			 char *out, size_t n)
{
	const char *text = strcmp(lang, "sv") == 0 ? fault->sv : fault->en;
	size_t at = 0;
	bool cut = false;

	while (*text && at + 1 < n) {
		const char *close = *text == '{' ? strchr(text, '}') : NULL;
		struct brg_str value;

		if (!close) {
			out[at++] = *text++;
			continue;
		}
		value = param(params, text + 1, (size_t)(close - text) - 1);
		cut = value.len > n - at - 1;
		if (cut)
			value.len = n - at - 1;
		memcpy(out + at, value.ptr, value.len);
		at += value.len;
		text = close + 1;
	}
	if (cut || *text) { /* no half of a character */
		while (at && ((unsigned char)out[at - 1] & 0xC0) == 0x80)
			at--;
		at -= at && (unsigned char)out[at - 1] >= 0xC0;
	}
	out[at] = '\0';
	return out;
}

const char *err_render(const struct brg_err *err, const char *lang, char *out, size_t n)
{
	size_t at;

	if (!err->fault) {
		(void)snprintf(out, n, "error %d without a reason (a bug in a plugin)", err->code);
		return out;
	}
	fault_render(err->fault, brg_cstr(err->params), lang, out, n);
	at = strlen(out);
	if (err->said[0] && at + 1 < n)
		(void)snprintf(out + at, n - at, " (server: %s)", err->said);
	return out;
}
