/* SPDX-License-Identifier: Apache-2.0
 *
 * A pull whose host knows everything but a window of the listing: so any connector that lists its
 * folder before it fetches can be browsed, from the newest on as far as is asked for.
 */
#include "core/browse.h"

#include "core/faults.h"
#include "core/tracked.h"
#include "core/visit.h"

#define WINDOW 100 /* mails in one go where more than the first are needed */

RULE(browse_unseen, "0070", "not looked at yet: the next visit decides",
     "inte sett än: nästa besök avgör",
     "`brygga sync MAILBOX` has it visited at once, `brygga track MAILBOX ITEM` takes it at once.");
RULE(browse_off, "0071", "not looked at: no visit brings mail of this mailbox",
     "inte sett: inget besök hämtar post från den här brevlådan",
     "Set incoming = brygga in the section of the mailbox.");
RULE(browse_forgotten, "0072", "decided before; why is no longer kept",
     "avgjort tidigare; varför finns inte längre kvar",
     "Decisions are kept as long as decisions in [retention] of brygga.conf says.");

static const struct brg_fault no_mail_folders = {
	.code = "BRG-MAIL-0022",
	.cls = BRG_ENOTSUP,
	.scope = BRG_SCOPE_MAILBOX,
	.retry = BRG_RETRY_NEVER,
	.en = "{connector} reads one folder only: no folder of its mailboxes can be tracked",
	.sv = "{connector} läser bara en mapp: ingen mapp i dess brevlådor kan spåras",
	.help = "Folders are tracked in mailboxes on Exchange servers.",
};

const struct brg_fault *const browse_faults[] = { &browse_unseen, &browse_off, &browse_forgotten,
						  &no_mail_folders, NULL };

struct browse {
	struct visit visit; /* no lease: nothing is committed */
	uint32_t looked, window;
	struct brg_str sought; /* an id; ptr NULL: whatever lies in the window */
	bool there;
	struct brg_envelope **list;
	size_t n, room;
	struct brg_batch batch;
};

/* The listing comes oldest first; what does not lie in the window is called known. */
static int known(void *ctx, struct brg_str folder, const struct brg_str *ids, size_t n,
		 uint8_t *states, struct brg_known_answer *answer, struct brg_err *err)
{
	struct host *h = ctx;
	struct browse *b = (struct browse *)h->visit;

	(void)folder;
	(void)err;
	for (size_t i = 0; i < n; i++) {
		size_t nth = n - 1 - i; /* from the newest */

		states[i] = nth >= b->looked && nth < (size_t)b->looked + b->window ? BRG_UNKNOWN
										    : BRG_SEEN;
		b->there = b->there || (b->sought.ptr && brg_str_eq(ids[i], b->sought));
	}
	answer->missing = 0;
	return 0;
}

static struct brg_envelope *add(struct brg_batch *batch)
{
	struct browse *b = batch->list;
	struct brg_envelope *e = arena_alloc(batch->arena, sizeof(*e));

	e->size = sizeof(*e);
	if (b->n == b->room) {
		struct brg_envelope **old = b->list;

		b->room = b->room ? 2 * b->room : 64;
		b->list = arena_alloc(batch->arena, b->room * sizeof(*old));
		if (b->n)
			memcpy(b->list, old, b->n * sizeof(*old));
	}
	b->list[b->n++] = e;
	return e;
}

/* What lies in the window, into the list. */
static int pull(struct browse *b, struct brg_err *err)
{
	struct visit *v = &b->visit;
	struct brg_pull req = { .size = sizeof(req),
				.want = BRG_WANT_HEADER,
				.max_items = v->engine->batch_items,
				.max_bytes = v->engine->batch_bytes };
	int rc = 0;

	b->n = 0;
	b->batch = (struct brg_batch){
		.size = sizeof(b->batch), .arena = v->arena, .list = b, .add = add, .more = true
	};
	while (rc == 0 && b->batch.more && b->n <= b->window) {
		req.cursor = b->batch.next_cursor;
		rc = v->plugin->connector->pull(v->session, &req, &b->batch, err);
	}
	return rc;
}

/* Window by window, until enough was found, or there is no more. */
static int look_through(struct browse *b, struct browse_look *look, struct brg_err *err)
{
	uint32_t found = 0;
	int rc = 0;

	b->window = look->lines < look->most ? look->lines : look->most;
	while (rc == 0 && b->window) {
		rc = pull(b, err);
		for (size_t i = b->n; rc == 0 && i > 0 && found < look->lines; i--) {
			look->looked++;
			found += look->each(look->arg, b->list[i - 1]);
		}
		b->looked += b->window;
		if (b->n < b->window || found == look->lines || b->looked >= look->most)
			break;
		b->window = look->most - b->looked < WINDOW ? look->most - b->looked : WINDOW;
	}
	return rc;
}

static int begin(struct browse *b, struct engine *engine, const struct brg_mailbox_row *mailbox,
		 const struct brg_profile_row *profile, struct brg_err *err)
{
	struct visit *v = &b->visit;
	int rc;

	v->engine = engine;
	v->arena = arena_new();
	v->claimed.visit.lane = BRG_INCOMING;
	v->claimed.mailbox = *mailbox;
	v->claimed.profile = *profile;
	v->started_ms = board_now_ms();
	rc = visit_session(v, err);
	v->host.table.known = known;
	return rc < 0 ? rc : v->plugin->connector->open(v->session, &v->host.table, err);
}

static void end(struct browse *b)
{
	visit_close_session(&b->visit);
	arena_free(&b->visit.arena);
}

int browse_mailbox(struct engine *engine, const struct brg_mailbox_row *mailbox,
		   const struct brg_profile_row *profile, struct browse_look *look,
		   struct brg_err *err)
{
	struct browse b = { .looked = 0 };
	int rc = begin(&b, engine, mailbox, profile, err);

	look->looked = 0;
	if (rc == 0)
		rc = look_through(&b, look, err);
	end(&b);
	return rc;
}

int browse_folders(struct engine *engine, const struct brg_mailbox_row *mailbox,
		   const struct brg_profile_row *profile, struct brg_arena *arena,
		   struct mail_folders *out, struct brg_err *err)
{
	struct browse b = { .looked = 0 };
	int rc = begin(&b, engine, mailbox, profile, err);

	*out = (struct mail_folders){ 0 };
	if (rc == 0 && !BRG_HAS(b.visit.plugin->connector, brg_connector, folders))
		rc = brg_fail(err, &no_mail_folders, "connector=%s", b.visit.plugin->name);
	if (rc == 0)
		rc = tracked_list(b.visit.plugin->connector, b.visit.session, arena, out, err);
	end(&b);
	return rc;
}

int browse_there(struct engine *engine, const struct brg_mailbox_row *mailbox,
		 const struct brg_profile_row *profile, struct brg_str remote_id, bool *there,
		 struct brg_err *err)
{
	struct browse b = { .sought = remote_id };
	int rc = begin(&b, engine, mailbox, profile, err);

	if (rc == 0)
		rc = pull(&b, err);
	*there = b.there;
	end(&b);
	return rc;
}
