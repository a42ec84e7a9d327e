/* SPDX-License-Identifier: Apache-2.0
 *
 * push(): each entry becomes a flat write, which is done now, later, or not at all.
 */
#include "simmail-private.h"

static uint32_t number(struct brg_str text, const char *lead)
{
	size_t n = strlen(lead), value = 0;

	if (text.len <= n || memcmp(text.ptr, lead, n) != 0)
		return 0;
	for (; n < text.len; n++)
		value = value * 10 + (size_t)(text.ptr[n] - '0');
	return (uint32_t)value;
}

int simmail_item_in(const struct simmail_session *s, struct brg_str folder, struct brg_str id)
{
	int item = simmail_find_item(s->sim, s->at, id);

	if (item >= 0 && folder.len &&
	    simmail_find_folder(s->sim, s->at, folder) != simmail_at(s->sim, s->at, item)->folder)
		return -1;
	return item;
}

/* The push as a flat write; NULL, or why it cannot be. */
static const struct brg_fault *flatten(struct simmail_session *s, const struct brg_push *push,
				       struct simmail_op *op)
{
	int item =
		push->type == BRG_CREATE ? -1 : simmail_item_in(s, push->folder, push->remote_id);
	int folder = simmail_find_folder(s->sim, s->at, push->folder);
	int to = simmail_find_folder(s->sim, s->at, push->to_folder);

	memset(op, 0, offsetof(struct simmail_op, changes));
	op->type = (uint8_t)push->type;
	op->kind = (uint8_t)push->kind;
	op->box = (uint8_t)s->at;
	op->by_push = 1;
	if (push->type == BRG_CREATE && push->folder.len == 0)
		folder = simmail_home(push->kind);
	if (push->type != BRG_CREATE && item < 0)
		return &simmail_gone;
	if ((push->type == BRG_CREATE && folder < 0) || (push->type == BRG_MOVE && to < 0))
		return &simmail_no_folder;
	if (item >= 0 && simmail_is_sick(s, item))
		return &simmail_sick;
	op->id = item < 0 ? 0 : simmail_at(s->sim, s->at, item)->id;
	op->folder = (uint8_t)(folder < 0 ? 0 : folder);
	op->to_folder = (uint8_t)(to < 0 ? 0 : to);
	op->checks = push->version.len > 0;
	op->version = number(push->version, "CQAAAB");
	op->flags = push->flags;
	op->mask = push->flags_mask;
	op->mails_out = push->mails_out;
	op->stamped = push->stamp != NULL;
	if (push->stamp)
		op->stamp = *push->stamp;
	return simmail_read_push(s, push, &op->changes);
}

static const struct brg_fault *verdict(int result)
{
	static const struct brg_fault *const of[] = {
		[SIMMAIL_OK] = NULL,
		[SIMMAIL_GONE] = &simmail_gone,
		[SIMMAIL_CONFLICT] = &simmail_conflict,
		[SIMMAIL_FULL] = &simmail_full,
		[SIMMAIL_NOT_ORGANIZER] = &simmail_not_organizer,
		[SIMMAIL_TOO_MANY_MAILS] = &simmail_too_many_mails,
		[SIMMAIL_NO_FOLDER] = &simmail_no_folder,
	};

	return of[result];
}

static void answer(struct simmail_session *s, struct brg_push *push, int item,
		   struct brg_arena *arena)
{
	struct simmail_box *box = simmail_get_box(s->sim, s->at);
	char text[SIMMAIL_ID_MAX];
	struct brg_item *after;
	struct brg_str told;

	if (push->type == BRG_DELETE)
		return;
	told = simmail_id(s->at, box->now.items[item].id, text);
	push->new_id = s->host->dup(arena, told.ptr, told.len);
	told = simmail_version(box->now.items[item].version, text);
	push->new_version = s->host->dup(arena, told.ptr, told.len);
	if ((box->habits.flags & SIMMAIL_ANSWERS) && push->type <= BRG_UPDATE) {
		after = s->host->alloc(arena, sizeof(*after));
		simmail_fill_item(s, item, true, arena, after);
		push->after = after;
	}
	if (box->habits.touch && !s->sim->mute &&
	    simmail_below(&s->sim->dice, 1000) < box->habits.touch)
		simmail_touch(s->sim, s->at, item);
}

/* ---- what differs in a series, behind it ----------------------------------------------------*/

static void keep(struct simmail_text *text, bool occurrences)
{
	struct simmail_line line;

	for (size_t at = 0, back = 0; simmail_next(text, &at, &line); back = at)
		if (brg_str_eq(line.part, brg_cstr("occurrences")) != occurrences) {
			simmail_remove(text, &line);
			at = back;
		}
}

/* In two writes, between which everything may end. */
static int write_apart(struct simmail_session *s, struct simmail_op *op, struct brg_arena *arena,
		       int *item)
{
	struct simmail_op *rest = s->host->alloc(arena, sizeof(*rest));
	struct simmail_line line;
	size_t at = 0;
	int result;

	*rest = *op;
	keep(&op->changes, false);
	keep(&rest->changes, true);
	result = simmail_write(s->sim, op, item);
	if (result != SIMMAIL_OK || !simmail_next(&rest->changes, &at, &line))
		return result;
	s->host->effect(s->host->ctx, "sim.apart");
	rest->type = BRG_UPDATE;
	rest->id = simmail_at(s->sim, s->at, *item)->id;
	rest->checks = 0;
	rest->stamped = 0;
	rest->mails_out = 0;
	return simmail_write(s->sim, rest, item);
}

static int write_one(struct simmail_session *s, struct simmail_op *op, struct brg_arena *arena,
		     int *item)
{
	bool apart = simmail_get_box(s->sim, s->at)->habits.flags & SIMMAIL_APART;

	return apart && (op->type == BRG_CREATE || op->type == BRG_UPDATE)
		       ? write_apart(s, op, arena, item)
		       : simmail_write(s->sim, op, item);
}

static void do_one(struct simmail_session *s, struct brg_push *push, int fault, bool fail,
		   struct brg_arena *arena, struct simmail_op *op)
{
	const struct brg_fault *why = flatten(s, push, op);
	int item = -1;

	if (fault == SIMMAIL_LATE_WORK) {
		if (!why && simmail_do_later(s->sim, op))
			s->outcome = SIMMAIL_LATER;
		return;
	}
	s->host->effect(s->host->ctx, "sim.push");
	if (fail)
		why = &simmail_sick;
	if (!why)
		why = verdict(write_one(s, op, arena, &item));
	if (why)
		push->err = simmail_entry_error(s, arena, why);
	else
		answer(s, push, item, arena);
}

int simmail_push(void *self, struct brg_push *ops, size_t n, struct brg_arena *arena,
		 struct brg_err *err)
{
	struct simmail_session *s = self;
	int fault, rc = simmail_call_begin(s, SIMMAIL_PUSH, &fault, err);
	struct simmail_op *op;
	size_t at;

	if (rc < 0)
		return rc;
	op = s->host->alloc(arena, sizeof(*op));
	at = simmail_below(&s->sim->dice, (uint32_t)n);
	for (size_t i = 0; i < n; i++) {
		if (i == at && fault == SIMMAIL_CUT) {
			s->outcome = i ? SIMMAIL_DONE_UNTOLD : SIMMAIL_FAILED;
			rc = simmail_break_off(s, &simmail_hung_up, err);
			return simmail_call_end(s, SIMMAIL_PUSH, fault, rc, err);
		}
		if (i == at && fault == SIMMAIL_PARTIAL)
			s->outcome = SIMMAIL_BENT;
		do_one(s, &ops[i], fault, i == at && fault == SIMMAIL_PARTIAL, arena, op);
	}
	if (fault == SIMMAIL_LATE_WORK) {
		if (s->outcome == SIMMAIL_IDLE)
			s->outcome = SIMMAIL_FAILED;
		rc = simmail_break_off(s, &simmail_no_answer, err);
	}
	return simmail_call_end(s, SIMMAIL_PUSH, fault, rc < 0 ? rc : 0, err);
}
