/* SPDX-License-Identifier: Apache-2.0
 *
 * Rows out of statements, column by column.
 */
#include "statements.h"

void sql_take_owner(struct take *t, struct brg_owner_row *r)
{
	r->id = take_id(t);
	r->type = (int)take_int(t);
	r->version = take_int(t);
	r->name = take_str(t);
	r->address = take_str(t);
	r->settings = take_str(t);
	r->team = take_str(t);
}

void sql_take_profile(struct take *t, struct brg_profile_row *r)
{
	r->id = take_id(t);
	r->version = take_int(t);
	r->name = take_str(t);
	r->connector = take_str(t);
	r->max_connections = take_int(t);
	r->settings = take_str(t);
	r->sealed = take_str(t);
}

void sql_take_mailbox(struct take *t, struct brg_mailbox_row *r)
{
	r->id = take_id(t);
	r->owner = take_id(t);
	r->profile = take_id(t);
	r->version = take_int(t);
	r->name = take_str(t);
	r->address = take_str(t);
	r->identity = take_str(t);
	r->settings = take_str(t);
	r->sealed = take_str(t);
}

void sql_take_visit(struct take *t, struct brg_visit_row *r)
{
	r->id = take_id(t);
	r->mailbox = take_id(t);
	r->profile = take_id(t);
	r->lane = (int)take_int(t);
	r->state = (int)take_int(t);
	r->due_us = take_int(t);
	r->wanted = take_int(t);
	r->interval_ms = take_int(t);
	r->failures = (int32_t)take_int(t);
	r->strikes = (int32_t)take_int(t);
	r->probes = (int32_t)take_int(t);
	r->outcome = (int)take_int(t);
	r->started_us = take_int(t);
	r->ended_us = take_int(t);
	r->items = take_int(t);
	r->items_failed = take_int(t);
	r->code = take_str(t);
	r->params = take_str(t);
	r->said = take_str(t);
	r->token = take_int(t);
	r->process = take_id(t);
	r->wanted_claimed = take_int(t);
}

void sql_take_record(struct take *t, struct brg_record_row *r)
{
	struct brg_str body;

	r->id = take_id(t);
	r->owner = take_id(t);
	r->version = take_int(t);
	r->kind = (int)take_int(t);
	r->created_us = take_int(t);
	r->modified_us = take_int(t);
	r->sorted_us = take_int(t);
	r->fields = take_str(t);
	body = take_str(t);
	if (body.len == sizeof(r->body.b))
		memcpy(r->body.b, body.ptr, sizeof(r->body.b));
	r->body_octets = (uint64_t)take_int(t);
	r->message_key = take_str(t);
	r->thread = take_id(t);
	r->correlated = take_id(t);
	r->regarding = take_id(t);
	r->method = (int)take_int(t);
	r->direction = (int)take_int(t);
	r->visibility = (int)take_int(t);
	r->held = take_int(t) != 0;
	r->deleted_us = take_int(t);
	r->keys = take_str(t);
	r->zones = take_str(t);
}

static void take_reference(struct take *t, struct brg_reference_row *r)
{
	r->id = take_id(t);
	r->owner = take_id(t);
	r->version = take_int(t);
	r->kind = take_str(t);
	r->name = take_str(t);
	r->title = take_str(t);
	r->link = take_str(t);
	r->visibility = (int)take_int(t);
}

static void take_outgoing(struct take *t, struct brg_outgoing_row *r)
{
	r->record = take_id(t);
	r->mailbox = take_id(t);
	r->version = take_int(t);
	r->state = (int)take_int(t);
	r->attempts = (int32_t)take_int(t);
	r->next_us = take_int(t);
	r->sent_us = take_int(t);
	r->attempt = (uint64_t)take_int(t);
	r->sender = take_str(t);
	r->recipients = take_str(t);
	r->draft = take_str(t);
	r->code = take_str(t);
	r->params = take_str(t);
	r->said = take_str(t);
}

/* The short rows of one screen. */
static void take_small(struct take *t, struct brg_row *row)
{
	switch (row->what) {
	case BRG_READ_ADDRESSES:
		row->u.address.address = take_str(t);
		row->u.address.type = (int)take_int(t);
		row->u.address.object = take_id(t);
		row->u.address.kind = take_str(t);
		break;
	case BRG_READ_EXTERNALS:
		row->u.external.system = take_str(t);
		row->u.external.key = take_str(t);
		row->u.external.object = take_id(t);
		break;
	case BRG_READ_PARTIES:
		row->u.party.object = take_id(t);
		row->u.party.record = take_id(t);
		row->u.party.type = (int)take_int(t);
		row->u.party.role = (int)take_int(t);
		break;
	case BRG_READ_QUEUE_ITEMS:
		row->u.queue_item.queue = take_id(t);
		row->u.queue_item.record = take_id(t);
		row->u.queue_item.entered_us = take_int(t);
		break;
	case BRG_READ_CLUES:
		row->u.clue.type = (int)take_int(t);
		row->u.clue.value = take_str(t);
		row->u.clue.record = take_id(t);
		break;
	case BRG_READ_SHUNNED:
		row->u.shun.key = take_str(t);
		row->u.shun.since_us = take_int(t);
		break;
	case BRG_READ_STATES:
		row->u.state.mailbox = take_id(t);
		row->u.state.name = take_str(t);
		row->u.state.value = take_str(t);
		break;
	case BRG_READ_PROCESSES:
		row->u.process.id = take_id(t);
		row->u.process.node = take_str(t);
		row->u.process.role = take_str(t);
		row->u.process.pid = take_int(t);
		row->u.process.joined_us = take_int(t);
		break;
	case BRG_READ_COUNTERS:
	case BRG_READ_LINK_COUNTS:
		row->u.counter.name = take_str(t);
		row->u.counter.label = take_str(t);
		row->u.counter.value = take_int(t);
		break;
	}
}

static void take_link(struct take *t, struct brg_link_row *r)
{
	r->id = take_id(t);
	r->record = take_id(t);
	r->mailbox = take_id(t);
	r->version = take_int(t);
	r->live = take_int(t) != 0;
	r->folder = take_str(t);
	r->remote_id = take_str(t);
	r->remote_version = take_str(t);
	r->kind = (int)take_int(t);
	r->end = (int)take_int(t);
	r->role = (int)take_int(t);
	r->seen_version = take_int(t);
	r->record_now = take_int(t);
	r->recheck = take_int(t) != 0;
	r->pass = take_int(t);
	r->missing = take_int(t);
	r->attempt = (uint64_t)take_int(t);
	r->synced_us = take_int(t);
	r->flags = (uint32_t)take_int(t);
}

void sql_take_mark(struct take *t, struct brg_mark_row *r)
{
	r->mailbox = take_id(t);
	r->folder = take_str(t);
	r->remote_id = take_str(t);
	r->state = (int)take_int(t);
	r->print = take_str(t);
	r->octets = (uint64_t)take_int(t);
	r->seen_us = take_int(t);
	r->record = take_id(t);
}

static void take_decision(struct take *t, struct brg_decision_row *r)
{
	r->id = take_id(t);
	r->mailbox = take_id(t);
	r->record = take_id(t);
	r->folder = take_str(t);
	r->remote_id = take_str(t);
	r->message_key = take_str(t);
	r->code = take_str(t);
	r->params = take_str(t);
}

void sql_take_parked(struct take *t, struct brg_parked_row *r)
{
	r->mailbox = take_id(t);
	r->folder = take_str(t);
	r->remote_id = take_str(t);
	r->tries = (int32_t)take_int(t);
	r->next_us = take_int(t);
	r->code = take_str(t);
	r->params = take_str(t);
	r->said = take_str(t);
}

void sql_take_cursor(struct take *t, struct brg_cursor_row *r)
{
	r->mailbox = take_id(t);
	r->folder = take_str(t);
	r->value = take_str(t);
	r->moved_us = take_int(t);
	r->lane = (int)take_int(t);
}

static void take_alert(struct take *t, struct brg_alert_row *r)
{
	r->id = take_id(t);
	r->level = (int)take_int(t);
	r->scope = (int)take_int(t);
	r->object = take_id(t);
	r->detail = take_str(t);
	r->code = take_str(t);
	r->params = take_str(t);
	r->said = take_str(t);
	r->count = take_int(t);
	r->first_us = take_int(t);
	r->last_us = take_int(t);
	r->cleared_us = take_int(t);
}

static bool take_due(struct take *t, struct brg_due_row *r)
{
	r->profile = take_id(t);
	r->max_connections = take_int(t);
	r->due = take_int(t);
	r->wanted = take_int(t);
	r->next_us = take_int(t);
	r->due += r->wanted;
	if (!r->next_us)
		r->next_us = INT64_MAX;
	return r->due || r->next_us != INT64_MAX;
}

bool sql_take_row(struct take *t, struct brg_row *row)
{
	switch (row->what) {
	case BRG_READ_STORE:
		row->u.store.id = take_id(t);
		row->u.store.epoch = take_int(t);
		row->u.store.schema = take_int(t);
		row->u.store.key_check = take_str(t);
		break;
	case BRG_READ_OWNERS:
		sql_take_owner(t, &row->u.owner);
		break;
	case BRG_READ_PROFILES:
		sql_take_profile(t, &row->u.profile);
		break;
	case BRG_READ_MAILBOXES:
		sql_take_mailbox(t, &row->u.mailbox);
		break;
	case BRG_READ_VISITS:
		sql_take_visit(t, &row->u.visit);
		break;
	case BRG_READ_RECORDS:
	case BRG_READ_AGED:
	case BRG_READ_RECORDS_ACT:
	case BRG_READ_SCHEDULE:
	case BRG_READ_ZONED:
	case BRG_READ_MATCHES:
		sql_take_record(t, &row->u.record);
		break;
	case BRG_READ_LINKS:
	case BRG_READ_LINK:
	case BRG_READ_LINKS_DIRTY:
	case BRG_READ_LINKS_MISSING:
		take_link(t, &row->u.link);
		break;
	case BRG_READ_MARKS:
	case BRG_READ_PRINTS:
		sql_take_mark(t, &row->u.mark);
		break;
	case BRG_READ_DECISIONS:
		take_decision(t, &row->u.decision);
		break;
	case BRG_READ_PARKED:
		sql_take_parked(t, &row->u.parked);
		break;
	case BRG_READ_ALERTS:
		take_alert(t, &row->u.alert);
		break;
	case BRG_READ_DUE:
		return take_due(t, &row->u.due);
	case BRG_READ_CURSORS:
		sql_take_cursor(t, &row->u.cursor);
		break;
	case BRG_READ_REFERENCES:
		take_reference(t, &row->u.reference);
		break;
	case BRG_READ_OUTGOING:
		take_outgoing(t, &row->u.outgoing);
		break;
	default:
		if (!sql_take_sync_row(t, row))
			take_small(t, row);
		break;
	}
	return true;
}
