/* SPDX-License-Identifier: Apache-2.0
 *
 * Ops of links, shadows, inbox and decisions, in the step under construction.
 */
#include "core/sync-private.h"

#include "core/alert.h"
#include "core/id.h"
#include "core/log.h"

#define PARK_FIRST_US INT64_C(300000000) /* 5 minutes, doubling */
#define PARK_TRIES    10

void sync_put_link(struct sync *s, const struct brg_link_row *link, int64_t expect)
{
	struct brg_link_row *to = &commit_op(s->v, BRG_OP_LINK, expect)->u.link;

	*to = *link;
	to->folder = arena_str(s->v->pending, link->folder);
	to->remote_id = arena_str(s->v->pending, link->remote_id);
	to->remote_version = arena_str(s->v->pending, link->remote_version);
}

static struct brg_str json(struct sync *s, int kind, const struct image *image, bool record)
{
	if (!image)
		return (struct brg_str){ "", 0 };
	return image_to_json(s->rules->table, kind, image, record, s->v->pending);
}

void sync_put_shadows(struct sync *s, const struct brg_link_row *link, const struct image *record,
		      const struct image *item, const struct image *pushed)
{
	struct brg_shadow_row *to = &commit_op(s->v, BRG_OP_SHADOW, BRG_ANY)->u.shadow;

	*to = (struct brg_shadow_row){
		.mailbox = s->mailbox,
		.link = link->id,
		.base_record = json(s, link->kind, record, true),
		.base_item = json(s, link->kind, item, false),
		.pushed = json(s, link->kind, pushed, false),
	};
}

void sync_put_uid(struct sync *s, const struct brg_id *record, struct brg_str uid)
{
	struct brg_str key = record_uid_key(s->e, uid, s->v->pending);

	if (key.len)
		commit_op(s->v, BRG_OP_CLUE, BRG_ANY)->u.clue =
			(struct brg_clue_row){ CLUE_UID, key, *record };
}

void sync_put_missing(struct sync *s, struct brg_link_row *link)
{
	if (link->missing)
		return;
	link->missing = s->round;
	sync_put_link(s, link, link->version);
}

void sync_end_link(struct sync *s, const struct brg_link_row *link, int end)
{
	struct brg_link_row now = *link;
	struct brg_shadow_row *shadow;

	now.live = false;
	now.end = end;
	now.missing = 0;
	now.recheck = false;
	sync_put_link(s, &now, link->version);
	shadow = &commit_op(s->v, BRG_OP_SHADOW, BRG_ANY)->u.shadow;
	*shadow = (struct brg_shadow_row){ .mailbox = link->mailbox, .link = link->id };
}

bool sync_allows(struct sync *s, int side, int type, const struct brg_link_row *link,
		 int64_t mails_out)
{
	return plan_allows(&s->plan, &(struct effect){ .side = side,
						       .type = type,
						       .kind = link->kind,
						       .record = link->record,
						       .folder = link->folder,
						       .remote_id = link->remote_id,
						       .mails_out = mails_out });
}

bool sync_let_go(struct sync *s, const struct brg_link_row *link, int event)
{
	struct fate_in in = { .event = event, .kind = link->kind, .role = link->role };
	struct fate_out fate;

	fate_decide(&in, &fate);
	if (!sync_allows(s, SIDE_SERVER, EFFECT_UNLINK, link, 0))
		return false;
	sync_note(s, link->folder, link->remote_id, &link->record, fate.rule, "");
	sync_end_link(s, link, BRG_LINK_UNLINKED);
	return true;
}

struct brg_inbox_row sync_row_of(const struct sync *s, const struct brg_link_row *link)
{
	return (struct brg_inbox_row){ .mailbox = s->mailbox,
				       .folder = link->folder,
				       .remote_id = link->remote_id,
				       .kind = link->kind,
				       .op = BRG_PRESENT,
				       .round = s->round };
}

void sync_note(struct sync *s, struct brg_str folder, struct brg_str remote_id,
	       const struct brg_id *record, const struct brg_fault *row, const char *params)
{
	struct brg_decision_row *to = &commit_op(s->v, BRG_OP_DECISION, BRG_NEW)->u.decision;

	*to = (struct brg_decision_row){
		.id = id_new(s->e->now_us(s->e)),
		.mailbox = s->mailbox,
		.folder = arena_str(s->v->pending, folder),
		.remote_id = arena_str(s->v->pending, remote_id),
		.code = brg_cstr(row->code),
		.params = arena_str(s->v->pending, brg_cstr(params)),
	};
	if (record)
		to->record = *record;
}

int sync_commit(struct sync *s, int durability, struct brg_err *err)
{
	return commit_now(s->v, durability, err);
}

int sync_end_page(struct sync *s, int durability, bool *raced, struct brg_err *err)
{
	int rc = s->plan.survey ? 0 : sync_commit(s, durability, err);

	*raced = rc == BRG_ECONFLICT;
	if (*raced) {
		*err = (struct brg_err)BRG_ERR_INIT;
		rc = 0;
	}
	if (s->plan.survey)
		commit_drop(s->v);
	return rc;
}

const struct brg_parked_row *sync_parked(const struct sync *s, struct brg_str folder,
					 struct brg_str remote_id)
{
	const struct brg_claimed *c = &s->v->claimed;

	for (size_t i = 0; i < c->n_parked; i++)
		if (brg_str_eq(c->parked[i].folder, folder) &&
		    brg_str_eq(c->parked[i].remote_id, remote_id))
			return &c->parked[i];
	return NULL;
}

void sync_unpark(struct sync *s, const struct brg_parked_row *parked)
{
	commit_op(s->v, BRG_OP_UNPARK, BRG_ANY)->u.parked = *parked;
	alert_clear_item(&s->v->step, &s->mailbox, parked->remote_id, s->e->now_us(s->e));
}

void sync_inbox_done(struct sync *s, const struct brg_inbox_row *row)
{
	const struct brg_parked_row *parked = sync_parked(s, row->folder, row->remote_id);

	commit_op(s->v, BRG_OP_INBOX_DONE, BRG_ANY)->u.inbox = *row;
	if (parked)
		sync_unpark(s, parked);
}

int sync_park_row(struct sync *s, struct brg_str folder, struct brg_str remote_id,
		  const struct brg_err *why)
{
	const struct brg_parked_row *before = sync_parked(s, folder, remote_id);
	struct brg_parked_row *to = &commit_op(s->v, BRG_OP_PARK, BRG_ANY)->u.parked;
	int tries = (before ? before->tries : 0) + 1;
	int64_t pause = PARK_FIRST_US << (tries < 10 ? tries - 1 : 9);

	*to = (struct brg_parked_row){
		.mailbox = s->mailbox,
		.folder = arena_str(s->v->pending, folder),
		.remote_id = arena_str(s->v->pending, remote_id),
		.tries = tries,
		.next_us = tries >= PARK_TRIES || why->retry == BRG_RETRY_NEVER
				   ? INT64_MAX
				   : s->e->now_us(s->e) + pause,
		.code = brg_cstr(why->fault ? why->fault->code : ""),
		.params = arena_str(s->v->pending, brg_cstr(why->params)),
		.said = log_hide(brg_cstr(why->said), s->v->pending),
	};
	s->v->items_failed++;
	alert_item(&s->v->step, s->v, to);
	return tries;
}

/* It stays in the inbox, as one that was tried. */
void sync_park(struct sync *s, const struct brg_inbox_row *row, const struct brg_err *why)
{
	int tries = sync_park_row(s, row->folder, row->remote_id, why);
	struct brg_inbox_row *to = &commit_op(s->v, BRG_OP_INBOX, BRG_ANY)->u.inbox;

	*to = *row;
	to->tries = tries;
}

struct record_cause sync_cause(const struct sync *s, const struct brg_fault *row)
{
	const struct brg_str name = s->v->claimed.mailbox.name;

	return (struct record_cause){
		.run = s->run,
		.mailbox = s->mailbox,
		.row = row,
		.params = brg_cstr(
			arena_printf(s->v->batch, "mailbox=%.*s", (int)name.len, name.ptr)),
	};
}

/* ---- records that have no item yet ----------------------------------------------------------*/

#define RECORD_NAME "record:"

struct brg_str sync_record_name(const struct brg_id *record, struct brg_arena *arena)
{
	char id[ID_TEXT];

	return brg_cstr(arena_printf(arena, RECORD_NAME "%s", id_format(record, id)));
}

bool sync_of_record(const struct brg_parked_row *parked, struct brg_id *record)
{
	size_t n = strlen(RECORD_NAME);
	struct brg_id id;

	if (parked->remote_id.len <= n || memcmp(parked->remote_id.ptr, RECORD_NAME, n) != 0)
		return false;
	return id_parse((struct brg_str){ parked->remote_id.ptr + n, parked->remote_id.len - n },
			record ? record : &id) == 0;
}
