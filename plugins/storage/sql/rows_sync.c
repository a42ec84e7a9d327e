/* SPDX-License-Identifier: Apache-2.0
 *
 * Rows out of statements: records both ways.
 */
#include "statements.h"

static void take_shadow(struct take *t, struct brg_shadow_row *r)
{
	r->mailbox = take_id(t);
	r->link = take_id(t);
	r->base_record = take_str(t);
	r->base_item = take_str(t);
	r->pushed = take_str(t);
}

static void take_inbox(struct take *t, struct brg_inbox_row *r)
{
	r->mailbox = take_id(t);
	r->folder = take_str(t);
	r->remote_id = take_str(t);
	r->version = take_str(t);
	r->kind = (int)take_int(t);
	r->op = (int)take_int(t);
	r->flags = (uint32_t)take_int(t);
	r->pass = take_int(t);
	r->round = take_int(t);
	r->tries = take_int(t);
	r->modified_us = take_int(t);
	r->uid = take_str(t);
	r->stamp = take_str(t);
	r->match = take_str(t);
}

static void take_intent(struct take *t, struct brg_intent_row *r)
{
	r->mailbox = take_id(t);
	r->id = take_id(t);
	r->record = take_id(t);
	r->link = take_id(t);
	r->type = (int)take_int(t);
	r->kind = (int)take_int(t);
	r->attempt = (uint64_t)take_int(t);
	r->mails_out = take_int(t);
	r->made_us = take_int(t);
	r->record_version = take_int(t);
	r->folder = take_str(t);
	r->remote_id = take_str(t);
	r->remote_version = take_str(t);
	r->fields = take_str(t);
}

static void take_history(struct take *t, struct brg_history_row *r)
{
	r->id = take_id(t);
	r->record = take_id(t);
	r->mailbox = take_id(t);
	r->run = take_id(t);
	r->version = take_int(t);
	r->who = take_str(t);
	r->code = take_str(t);
	r->params = take_str(t);
	r->changes = take_str(t);
}

static void take_conflict(struct take *t, struct brg_conflict_row *r)
{
	r->id = take_id(t);
	r->record = take_id(t);
	r->mailbox = take_id(t);
	r->link = take_id(t);
	r->group = take_str(t);
	r->base = take_str(t);
	r->ours = take_str(t);
	r->theirs = take_str(t);
	r->opened_us = take_int(t);
	r->closed_us = take_int(t);
	r->resolution = (int)take_int(t);
	r->who = take_str(t);
}

static void take_plan(struct take *t, struct brg_plan_row *r)
{
	r->id = take_id(t);
	r->mailbox = take_id(t);
	r->version = take_int(t);
	r->state = (int)take_int(t);
	r->made_us = take_int(t);
	r->decided_us = take_int(t);
	r->who = take_str(t);
	r->code = take_str(t);
	r->params = take_str(t);
	r->counts = take_str(t);
	r->basis = take_str(t);
}

static void take_plan_line(struct take *t, struct brg_plan_line_row *r)
{
	r->plan = take_id(t);
	r->seq = take_int(t);
	r->side = (int)take_int(t);
	r->effect = (int)take_int(t);
	r->kind = (int)take_int(t);
	r->mails_out = take_int(t);
	r->record = take_id(t);
	r->folder = take_str(t);
	r->remote_id = take_str(t);
}

static void take_filter(struct take *t, struct brg_filter_row *r)
{
	r->id = take_id(t);
	r->owner = take_id(t);
	r->version = take_int(t);
	r->type = (int)take_int(t);
	r->kind = (int)take_int(t);
	r->active = take_int(t) != 0;
	r->name = take_str(t);
	r->text = take_str(t);
}

static void take_tracked(struct take *t, struct brg_tracked_row *r)
{
	r->mailbox = take_id(t);
	r->folder = take_str(t);
	r->version = take_int(t);
	r->state = (int)take_int(t);
	r->relink = take_int(t) != 0;
	r->regarding = take_id(t);
	r->made_us = take_int(t);
	r->name = take_str(t);
}

static void take_edit(struct take *t, struct brg_edit_row *r)
{
	r->number = take_int(t);
	r->op = take_str(t);
	r->kind = take_str(t);
	r->owner = take_str(t);
	r->record = take_id(t);
	r->expect = take_int(t);
	r->fields = take_str(t);
	r->who = take_str(t);
	r->state = (int)take_int(t);
	r->code = take_str(t);
	r->params = take_str(t);
	r->reason = take_str(t);
}

static void take_change(struct take *t, struct brg_change_row *r)
{
	r->position = take_str(t);
	r->record = take_id(t);
	r->kind = (int)take_int(t);
	r->version = take_int(t);
	r->deleted = take_int(t) != 0;
}

bool sql_take_sync_row(struct take *t, struct brg_row *row)
{
	switch (row->what) {
	case BRG_READ_SHADOWS:
		take_shadow(t, &row->u.shadow);
		break;
	case BRG_READ_INBOX:
		take_inbox(t, &row->u.inbox);
		break;
	case BRG_READ_INTENTS:
		take_intent(t, &row->u.intent);
		break;
	case BRG_READ_HISTORY:
		take_history(t, &row->u.history);
		break;
	case BRG_READ_CONFLICTS:
		take_conflict(t, &row->u.conflict);
		break;
	case BRG_READ_PLANS:
		take_plan(t, &row->u.plan);
		break;
	case BRG_READ_PLAN_LINES:
		take_plan_line(t, &row->u.plan_line);
		break;
	case BRG_READ_FILTERS:
		take_filter(t, &row->u.filter);
		break;
	case BRG_READ_TRACKED:
		take_tracked(t, &row->u.tracked);
		break;
	case BRG_READ_EDITS:
		take_edit(t, &row->u.edit);
		break;
	case BRG_READ_CHANGES:
		take_change(t, &row->u.change);
		break;
	default:
		return false;
	}
	return true;
}
