/* SPDX-License-Identifier: Apache-2.0
 *
 * What people do in their mailboxes, by Outlook or a telephone: nothing of it passes the
 * connector, all of it comes to light in the feed.
 */
#include "simmail-private.h"

static void describe(struct simmail *sim, int box, int item, struct simmail_op *op, int type)
{
	const struct simmail_item *it = &sim->boxes[box].now.items[item];

	memset(op, 0, offsetof(struct simmail_op, changes));
	op->changes.length = 0;
	op->type = (uint8_t)type;
	op->box = (uint8_t)box;
	op->kind = it->kind;
	op->id = it->id;
	op->folder = it->folder;
}

int simmail_user_create(struct simmail *sim, int box, int kind, const char *lines)
{
	struct simmail_op op;
	int item;

	memset(&op, 0, offsetof(struct simmail_op, changes));
	op.type = BRG_CREATE;
	op.box = (uint8_t)box;
	op.kind = (uint8_t)kind;
	op.folder = (uint8_t)simmail_home(kind);
	if (!simmail_read_lines(kind, lines, &op.changes))
		return -1;
	return simmail_write(sim, &op, &item) == SIMMAIL_OK ? item : -1;
}

bool simmail_user_edit(struct simmail *sim, int box, int item, const char *lines)
{
	struct simmail_op op;

	describe(sim, box, item, &op, BRG_UPDATE);
	return simmail_read_lines(op.kind, lines, &op.changes) &&
	       simmail_write(sim, &op, &item) == SIMMAIL_OK;
}

void simmail_user_delete(struct simmail *sim, int box, int item, bool for_good)
{
	struct simmail_op op;
	int again = item;

	describe(sim, box, item, &op, BRG_DELETE);
	simmail_write(sim, &op, &item);
	if (for_good && sim->boxes[box].now.items[again].used)
		simmail_purge(sim, box, again);
}

bool simmail_user_move(struct simmail *sim, int box, int item, int folder)
{
	struct simmail_op op;

	describe(sim, box, item, &op, BRG_MOVE);
	op.to_folder = (uint8_t)folder;
	return op.folder != folder && simmail_write(sim, &op, &item) == SIMMAIL_OK;
}

int simmail_user_copy(struct simmail *sim, int box, int item, int folder)
{
	struct simmail_state *now = &sim->boxes[box].now;
	int copy = simmail_new_item(sim, box, now->items[item].kind, folder);

	if (copy < 0)
		return -1;
	simmail_copy_text(&now->items[copy].content, &now->items[item].content);
	now->items[copy].stamped = now->items[item].stamped;
	now->items[copy].stamp = now->items[item].stamp;
	now->items[copy].tracked = now->items[item].tracked;
	return copy;
}

static void user_mark(struct simmail *sim, int box, int item, uint32_t flag, bool yes)
{
	struct simmail_op op;

	describe(sim, box, item, &op, BRG_MARK);
	op.mask = flag;
	op.flags = yes ? flag : 0;
	simmail_write(sim, &op, &item);
}

void simmail_user_private(struct simmail *sim, int box, int item, bool yes)
{
	user_mark(sim, box, item, BRG_IS_PRIVATE, yes);
}

void simmail_user_track(struct simmail *sim, int box, int item, bool yes)
{
	user_mark(sim, box, item, BRG_IS_TRACKED, yes);
}

bool simmail_is_private(const struct simmail_item *item)
{
	char word[32];

	return brg_str_eq(simmail_own(&item->content, "sensitivity", word, sizeof(word)),
			  brg_cstr("private"));
}
