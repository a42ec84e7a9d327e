/* SPDX-License-Identifier: Apache-2.0
 *
 * One write, whoever does it: a connector now, a connector whose call was given up long ago, a
 * person.
 */
#include "simmail-private.h"

/* ---- changes over content -------------------------------------------------------------------*/

static bool put_value(const struct simmail_habits *habits, int kind,
		      const struct simmail_line *line, struct simmail_text *content)
{
	const struct simmail_field *field = simmail_field(kind, line->name);
	char raw[SIMMAIL_CONTENT], made[SIMMAIL_CONTENT];
	struct simmail_line old;
	struct brg_str value;

	made[0] = '\0';
	if (field && !line->gone && !simmail_drops(habits, line->name)) {
		value.len = simmail_unescape(line->value, raw, sizeof(raw));
		value.ptr = raw;
		simmail_make(habits, field, value, made, sizeof(made));
	}
	value = brg_cstr(made);
	if (value.len)
		return simmail_put(content, line->part, line->key, line->name, &value);
	if (simmail_find_line(content, line->part, line->key, line->name, &old))
		simmail_remove(content, &old);
	return true;
}

static bool lay_attendee(const struct simmail_habits *habits, const struct simmail_line *line,
			 struct simmail_text *content)
{
	const struct brg_str none = { "", 0 };

	if (line->name.len == 0 && line->gone) {
		simmail_remove_part(content, line->part, line->key);
		return true;
	}
	return simmail_put(content, line->part, line->key, none, &none) &&
	       (line->name.len == 0 || put_value(habits, SIMMAIL_ATTENDEE, line, content));
}

/* A deleted occurrence is a mark; one that was changed is its lines, that of a field which was
 * cleared in it among them. */
static bool lay_occurrence(const struct simmail_habits *habits, const struct simmail_line *line,
			   struct simmail_text *content)
{
	const struct brg_str none = { "", 0 };
	struct simmail_line mark;

	if (line->name.len == 0 && line->gone) {
		simmail_remove_part(content, line->part, line->key);
		return simmail_put(content, line->part, line->key, none, NULL);
	}
	if (simmail_find_line(content, line->part, line->key, none, &mark))
		simmail_remove(content, &mark);
	if (line->gone && !simmail_drops(habits, line->name))
		return simmail_put(content, line->part, line->key, line->name, NULL);
	return line->name.len == 0 || put_value(habits, BRG_APPOINTMENT, line, content);
}

/* Will this field be another than it is? */
static bool alters(const struct simmail_habits *habits, const struct simmail_text *content,
		   const struct simmail_text *changes, const char *name)
{
	const struct brg_str none = { "", 0 };
	char was[256], raw[256], made[256] = "";
	struct simmail_line line;

	if (!simmail_find_line(changes, none, none, brg_cstr(name), &line))
		return false;
	if (!line.gone)
		simmail_make(habits, simmail_field(BRG_APPOINTMENT, brg_cstr(name)),
			     simmail_str(raw, simmail_unescape(line.value, raw, sizeof(raw))), made,
			     sizeof(made));
	simmail_own(content, name, was, sizeof(was));
	/* A flag that was never set is one that says no. */
	return strcmp(strcmp(was, "0") == 0 ? "" : was, strcmp(made, "0") == 0 ? "" : made) != 0;
}

/* Exceptions of a series that is another now are in nobody's calendar. */
static void reset_series(const struct simmail_habits *habits, struct simmail_item *item,
			 const struct simmail_text *changes)
{
	const struct brg_str all = { "", 0 };

	if (item->kind != BRG_APPOINTMENT || (habits->flags & SIMMAIL_KEEPS_SERIES))
		return;
	if (alters(habits, &item->content, changes, "recurrence") ||
	    alters(habits, &item->content, changes, "start") ||
	    alters(habits, &item->content, changes, "all_day"))
		simmail_remove_part(&item->content, brg_cstr("occurrences"), all);
}

bool simmail_lay(const struct simmail *sim, int box, struct simmail_item *item,
		 const struct simmail_text *changes)
{
	const struct simmail_habits *habits = &sim->boxes[box].habits;
	struct simmail_text before;
	struct simmail_line line;
	bool ok = true;

	simmail_copy_text(&before, &item->content);
	reset_series(habits, item, changes);
	for (size_t at = 0; ok && simmail_next(changes, &at, &line);) {
		if (line.part.len == 0)
			ok = put_value(habits, item->kind, &line, &item->content);
		else if (simmail_part_kind(item->kind, line.part) == SIMMAIL_ATTENDEE)
			ok = lay_attendee(habits, &line, &item->content);
		else
			ok = lay_occurrence(habits, &line, &item->content);
	}
	if (!ok)
		simmail_copy_text(&item->content, &before);
	else
		simmail_rules(sim, box, item, changes);
	return ok;
}

/* ---- the sorts of writes --------------------------------------------------------------------*/

/* Do the changes touch what all who were invited share? */
static bool shared(const struct simmail_op *op)
{
	const struct simmail_field *field;
	struct simmail_line line;

	for (size_t at = 0; simmail_next(&op->changes, &at, &line);) {
		field = simmail_field(op->kind, line.name);
		if (line.part.len || (field && (field->flags & FIELD_SHARED)))
			return true;
	}
	return false;
}

/* A person's program mails as people do; a connector's write mails as it is told. */
static bool mails(const struct simmail_op *op)
{
	return !op->by_push || op->mails_out > 0;
}

static bool too_many(const struct simmail *sim, const struct simmail_op *op,
		     const struct simmail_item *item)
{
	return op->by_push && op->mails_out && simmail_to_mail(sim, op->box, item) > op->mails_out;
}

static void take_stamp(struct simmail_item *item, const struct simmail_op *op)
{
	if (!op->stamped)
		return;
	item->stamped = 1;
	item->stamp = op->stamp;
}

static int create(struct simmail *sim, const struct simmail_op *op, int *item)
{
	struct simmail_item made = { .kind = op->kind };
	struct simmail_item *it;

	if (!simmail_lay(sim, op->box, &made, &op->changes))
		return SIMMAIL_FULL;
	if (too_many(sim, op, &made))
		return SIMMAIL_TOO_MANY_MAILS;
	*item = simmail_new_item(sim, op->box, op->kind, op->folder);
	if (*item < 0)
		return SIMMAIL_FULL;
	it = &sim->boxes[op->box].now.items[*item];
	simmail_copy_text(&it->content, &made.content);
	take_stamp(it, op);
	if (mails(op))
		simmail_tell(sim, op->box, *item, SIMMAIL_INVITED, op);
	return SIMMAIL_OK;
}

/* Who is invited is the organizer's to say; an answer of one's own is not. */
static bool not_organizer(const struct simmail *sim, const struct simmail_op *op,
			  const struct simmail_item *item)
{
	struct simmail_line line;

	if (!op->by_push || simmail_is_organizer(sim, op->box, item))
		return false;
	for (size_t at = 0; simmail_next(&op->changes, &at, &line);)
		if (simmail_part_kind(op->kind, line.part) == SIMMAIL_ATTENDEE &&
		    !brg_str_eq(line.key, brg_cstr(sim->boxes[op->box].address)))
			return true;
	return false;
}

static int update(struct simmail *sim, const struct simmail_op *op, int item)
{
	struct simmail_item *it = &sim->boxes[op->box].now.items[item];
	struct simmail_text before;

	if (not_organizer(sim, op, it))
		return SIMMAIL_NOT_ORGANIZER;
	simmail_copy_text(&before, &it->content);
	if (!simmail_lay(sim, op->box, it, &op->changes))
		return SIMMAIL_FULL;
	if (too_many(sim, op, it)) {
		simmail_copy_text(&it->content, &before);
		return SIMMAIL_TOO_MANY_MAILS;
	}
	take_stamp(it, op);
	simmail_changed(sim, op->box, item);
	if (mails(op) && shared(op) && simmail_is_organizer(sim, op->box, it)) {
		simmail_tell(sim, op->box, item, SIMMAIL_UPDATED, op);
		simmail_tell_uninvited(sim, op->box, item, &before, op);
	}
	return SIMMAIL_OK;
}

static int throw_away(struct simmail *sim, const struct simmail_op *op, int item)
{
	struct simmail_item *it = &sim->boxes[op->box].now.items[item];

	if (too_many(sim, op, it))
		return SIMMAIL_TOO_MANY_MAILS;
	if (mails(op) && it->folder != SIMMAIL_DELETED)
		simmail_tell(sim, op->box, item, SIMMAIL_CANCELLED, op);
	if (it->folder == SIMMAIL_DELETED)
		simmail_purge(sim, op->box, item);
	else
		simmail_put_into(sim, op->box, item, SIMMAIL_DELETED);
	return SIMMAIL_OK;
}

static int move(struct simmail *sim, const struct simmail_op *op, int item)
{
	const struct simmail_folder *to = &sim->boxes[op->box].folders[op->to_folder];

	if (to->unmapped || !(to->kinds & BRG_KIND_BIT(sim->boxes[op->box].now.items[item].kind)))
		return SIMMAIL_NO_FOLDER;
	simmail_put_into(sim, op->box, item, op->to_folder);
	return SIMMAIL_OK;
}

static int mark(struct simmail *sim, const struct simmail_op *op, int item)
{
	struct simmail_item *it = &sim->boxes[op->box].now.items[item];

	if (op->mask & BRG_IS_TRACKED)
		it->tracked = (op->flags & BRG_IS_TRACKED) != 0;
	if (op->mask & BRG_IS_PRIVATE)
		simmail_put_own(&it->content, "sensitivity",
				op->flags & BRG_IS_PRIVATE ? "private" : "normal");
	simmail_changed(sim, op->box, item);
	return SIMMAIL_OK;
}

/* ---- all of them ----------------------------------------------------------------------------*/

static int find(const struct simmail *sim, const struct simmail_op *op)
{
	char id[SIMMAIL_ID_MAX];

	return simmail_find_item(sim, op->box, simmail_id(op->box, op->id, id));
}

static bool conflicts(const struct simmail_box *box, const struct simmail_op *op, int item)
{
	if (!op->checks || op->version == box->now.items[item].version)
		return false;
	if (op->type == BRG_UPDATE && (box->habits.flags & SIMMAIL_NO_PRECONDITION))
		return false;
	return op->type != BRG_DELETE || !(box->habits.flags & SIMMAIL_DELETE_IGNORES_VERSION);
}

static int dispatch(struct simmail *sim, const struct simmail_op *op, int *item)
{
	struct simmail_box *box = &sim->boxes[op->box];

	if (op->type == BRG_CREATE)
		return box->folders[op->folder].unmapped ? SIMMAIL_NO_FOLDER
							 : create(sim, op, item);
	*item = find(sim, op);
	if (*item < 0)
		return SIMMAIL_GONE;
	if (conflicts(box, op, *item)) {
		box->conflicts++;
		return SIMMAIL_CONFLICT;
	}
	switch (op->type) {
	case BRG_UPDATE:
		return update(sim, op, *item);
	case BRG_DELETE:
		return throw_away(sim, op, *item);
	case BRG_MOVE:
		return move(sim, op, *item);
	default:
		return mark(sim, op, *item);
	}
}

int simmail_write(struct simmail *sim, const struct simmail_op *op, int *item)
{
	int result;

	*item = -1;
	result = dispatch(sim, op, item);
	if (result == SIMMAIL_OK && op->by_push)
		sim->boxes[op->box].pushed[op->type]++;
	return result;
}
