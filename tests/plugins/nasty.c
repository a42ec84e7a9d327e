/* SPDX-License-Identifier: Apache-2.0
 *
 * A connector that harms its host in the way that `how` names. In the file `heal`, once it is
 * there, lies its recovery: it then brings one good message and behaves.
 */
#include <brygga/plugin.h>

#include <stdlib.h>
#include <unistd.h>

enum how {
	CRASH,
	CRASH_IN_ITEM,
	ABORT,
	EXIT,
	QUIT,
	HANG,
	ENDLESS,
	EMPTY_PAGES,
	SAME_PAGE,
	FLOOD,
	EMPTY_ID,
	TWICE,
	LONG_ID,
	NOT_UTF8,
	CONTROL_ID,
	UNASKED,
	UNANSWERED,
	NO_REASON,
	WILD_REASON,
	WILD_WORDS,
	CANCELED,
	FENCED,
	POSITIVE,
};
#define HOWS                                                                            \
	"crash|crash-in-item|abort|exit|quit|hang|endless|empty-pages|same-page|flood|" \
	"empty-id|twice|long-id|not-utf8|control-id|unasked|unanswered|no-reason|"      \
	"wild-reason|wild-words|canceled|fenced|positive"

struct nasty {
	const struct brg_host *host;
	const char *heal;
	int how;
};

static const struct brg_option options[] = {
	{ "how", BRG_OPT_CHOICE, BRG_OPT_REQUIRED, offsetof(struct nasty, how), NULL, HOWS, 0, 0,
	  "What it does." },
	{ "heal", BRG_OPT_STRING, BRG_OPT_REQUIRED, offsetof(struct nasty, heal), NULL, NULL, 0, 0,
	  "File that makes it behave." },
	BRG_OPTION_END,
};

static const struct brg_fault broken = {
	.code = "BRG-NASTY-0001",
	.cls = BRG_EIO,
	.retry = BRG_RETRY_LATER,
	.en = "it is nasty: {what}",
	.sv = "den är elak: {what}",
	.help = "A test.",
};
static const struct brg_fault *const faults[] = { &broken, NULL };

static const char message[] = "From: Nasty <nasty@example.com>\r\nSubject: hemlig\r\n\r\nx\r\n";

static bool healed(const struct nasty *n)
{
	return access(n->heal, F_OK) == 0;
}

static int nasty_open(void *self, const struct brg_host *host, struct brg_err *err)
{
	struct nasty *n = self;

	(void)err;
	n->host = host;
	return 0;
}

static void nasty_close(void *self)
{
	(void)self;
}

static struct brg_envelope *add(struct nasty *n, struct brg_batch *out, const char *id, size_t len,
				bool whole)
{
	struct brg_envelope *e = out->add(out);
	struct brg_err err = BRG_ERR_INIT;

	e->remote_id = n->host->dup(out->arena, id, len);
	if (whole) {
		e->body = n->host->blob_new(n->host->ctx, out->arena);
		if (n->host->blob_add(e->body, message, sizeof(message) - 1, &err) < 0)
			e->body = NULL;
	}
	return e;
}

static void crash(void)
{
	volatile int *volatile nowhere = NULL;

	*nowhere = 1;
}

/* Three items; dies while the second is worked on, unless it was set aside. */
static void crash_in_item(struct nasty *n, struct brg_batch *out)
{
	static const char *const names[] = { "one", "two", "three" };
	struct brg_known_answer answer = { .size = sizeof(answer) };
	struct brg_str ids[3], folder = { NULL, 0 };
	struct brg_err err = BRG_ERR_INIT;
	uint8_t states[3] = { 0 };

	for (size_t i = 0; i < 3; i++)
		ids[i] = brg_cstr(names[i]);
	if (n->host->known(n->host->ctx, folder, ids, 3, states, &answer, &err) < 0)
		return;
	for (size_t i = 0; i < 3; i++) {
		if (states[i] != BRG_UNKNOWN)
			continue;
		n->host->item(n->host->ctx, ids[i]);
		if (i == 1)
			crash();
		add(n, out, names[i], strlen(names[i]), true);
	}
	n->host->item(n->host->ctx, folder);
}

/* A page after the last, for ever. */
static void page(struct nasty *n, const struct brg_pull *req, struct brg_batch *out)
{
	unsigned long at = req->cursor.len ? strtoul(req->cursor.ptr, NULL, 10) : 0;
	char text[32];
	int len;

	if (n->how == ENDLESS)
		usleep(10000);
	for (unsigned i = 0; n->how == ENDLESS && i < 10; i++) {
		len = snprintf(text, sizeof(text), "%lu-%u", at, i);
		add(n, out, text, (size_t)len, true);
	}
	if (n->how == FLOOD)
		for (;;) {
			len = snprintf(text, sizeof(text), "%lu", at++);
			add(n, out, text, (size_t)len, false);
			if (n->host->left_ms(n->host->ctx) == 0 || at > 20000000)
				break;
		}
	out->more = true;
	if (n->how == SAME_PAGE)
		return;
	len = snprintf(text, sizeof(text), "%lu", at + 1);
	out->next_cursor = n->host->dup(out->arena, text, (size_t)len);
}

static void garbage_ids(struct nasty *n, struct brg_batch *out)
{
	static char longest[1025];

	add(n, out, "good", 4, true);
	memset(longest, 'x', sizeof(longest));
	switch (n->how) {
	case EMPTY_ID:
		add(n, out, "", 0, true);
		break;
	case TWICE:
		add(n, out, "good", 4, true);
		break;
	case LONG_ID:
		add(n, out, longest, sizeof(longest), true);
		break;
	case NOT_UTF8:
		add(n, out, "\xff\xfe", 2, true);
		break;
	case CONTROL_ID:
		add(n, out, "a\nb", 3, true);
		break;
	default: /* the core has to ask for this one */
		add(n, out, "bodiless", 8, false);
		break;
	}
}

static int give_error(struct nasty *n, struct brg_err *err)
{
	static const struct brg_fault unlisted = { .code = "BRG-NASTY-9999", .cls = BRG_EIO };
	int rc = brg_fail(err, &broken, "what=error");

	switch (n->how) {
	case NO_REASON:
		*err = (struct brg_err)BRG_ERR_INIT;
		return BRG_EIO;
	case WILD_REASON:
		err->fault = &unlisted;
		return -4711;
	case WILD_WORDS:
		memset(err->params, 0xff, sizeof(err->params));
		memset(err->said, 'A', sizeof(err->said));
		err->scope = 77;
		err->retry = -5;
		return rc;
	case CANCELED:
		err->code = BRG_ECANCELED;
		return BRG_ECANCELED;
	default:
		err->code = BRG_EFENCED;
		return BRG_EFENCED;
	}
}

static int nasty_pull(void *self, const struct brg_pull *req, struct brg_batch *out,
		      struct brg_err *err)
{
	struct nasty *n = self;

	if (healed(n)) {
		if (req->cursor.len != 4 || memcmp(req->cursor.ptr, "well", 4) != 0)
			add(n, out, "at-last", 7, true);
		out->next_cursor = brg_cstr("well");
		return 0;
	}
	switch (n->how) {
	case CRASH:
		crash();
		break;
	case CRASH_IN_ITEM:
		crash_in_item(n, out);
		break;
	case ABORT:
		abort();
	case EXIT:
		exit(0);
	case QUIT:
		_exit(0);
	case HANG:
		for (;;)
			pause();
	case ENDLESS:
	case EMPTY_PAGES:
	case SAME_PAGE:
	case FLOOD:
		page(n, req, out);
		break;
	case POSITIVE: /* a count is no failure */
		if (req->cursor.len == 0)
			add(n, out, "counted", 7, true);
		out->next_cursor = brg_cstr("one");
		return 1;
	default:
		if (n->how >= NO_REASON)
			return give_error(n, err);
		garbage_ids(n, out);
	}
	return 0;
}

static int nasty_get(void *self, const struct brg_get *req, struct brg_sink *out,
		     struct brg_err *err)
{
	struct nasty *n = self;
	struct brg_item item = { .size = sizeof(item), .request = (uint32_t)req->n + 5 };
	int rc = 0;

	if (!healed(n))
		return n->how == UNANSWERED ? 0 : out->item(out, &item, err);
	for (item.request = 0; item.request < req->n && rc == 0; item.request++) {
		item.body = n->host->blob_new(n->host->ctx, out->arena);
		rc = n->host->blob_add(item.body, message, sizeof(message) - 1, err);
		if (rc == 0)
			rc = out->item(out, &item, err);
	}
	return rc;
}

static const struct brg_connector connector = {
	.size = sizeof(connector),
	.kinds = BRG_KIND_BIT(BRG_EMAIL),
	.lanes = BRG_LANE_BIT(BRG_INCOMING),
	.open = nasty_open,
	.close = nasty_close,
	.pull = nasty_pull,
	.get = nasty_get,
};

static const struct brg_plugin plugin = {
	BRG_PLUGIN_HEAD(BRG_CONNECTOR),
	.name = "nasty",
	.version = "0",
	.summary = "harms its host, for tests",
	.license = "Apache-2.0",
	.instance_size = sizeof(struct nasty),
	.options = options,
	.faults = faults,
	.connector = &connector,
};
BRG_PLUGIN(nasty, plugin);
