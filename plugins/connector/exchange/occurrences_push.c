/* SPDX-License-Identifier: Apache-2.0
 *
 * Occurrences are addressed by their number in the series, and each is looked at before it is
 * changed: its version is that of the series, which every change makes a new one.
 */
#include "occurrences.h"
#include "push.h"

struct series {
	struct exchange *x;
	struct brg_push *op;
	struct brg_arena *arena;
	struct brg_str id; /* of the series */
	struct occurrences there;
	struct brg_str rule, start;
	const struct brg_err *wrong; /* the first thing that was */
};

bool occurrences_any(const struct brg_push *op)
{
	for (size_t i = 0; i < op->n_parts; i++)
		if (op->parts[i].type == BRG_OCCURRENCE)
			return op->type == BRG_CREATE || op->type == BRG_UPDATE;
	return false;
}

static void note(struct series *s, const struct brg_err *why)
{
	if (!s->wrong)
		s->wrong = exchange_item_error(s->x, s->arena, why);
}

/* ---- the series -----------------------------------------------------------------------------*/

static struct soap *series_request(const struct series *s, bool whole)
{
	struct soap *r = soap_new(s->x, "GetItem");

	if (whole) {
		item_shape(r, BRG_APPOINTMENT, false);
	} else {
		soap_open(r, "ItemShape");
		soap_leaf(r, "t:BaseShape", brg_cstr("IdOnly"));
		soap_close(r);
	}
	soap_open(r, "ItemIds");
	soap_empty(r, "t:ItemId", "Id", s->id);
	soap_close(r);
	return r;
}

/* *item: NULL where an error was noted. */
static int ask(struct series *s, struct soap *request, const xmlNode **item, struct brg_err *err)
{
	const struct brg_err *own;
	xmlNode *answer, *message = NULL;

	*item = NULL;
	if (soap_call(s->x, request, &answer, err) < 0 ||
	    soap_next_message(answer, "GetItem", &message, err) < 0)
		return err->code;
	if (exchange_item_check(s->x, message, "GetItem", s->arena, &own, err) < 0)
		return err->code;
	if (own)
		note(s, own);
	else
		*item = soap_first(soap_child(message, "Items"));
	return 0;
}

/* The series as it is behind the changes of its own fields, if it is what those made of it. */
static int open_series(struct series *s, struct brg_err *err)
{
	struct brg_str expected = s->op->new_version.len ? s->op->new_version : s->op->version;
	struct brg_err why = BRG_ERR_INIT;
	char rule[PATTERN_RULE_MAX];
	struct meeting series;
	const xmlNode *item;

	s->id = s->op->type == BRG_CREATE ? s->op->new_id : s->op->remote_id;
	if (ask(s, series_request(s, true), &item, err) < 0)
		return err->code;
	if (!item)
		return 0;
	if (expected.len && !brg_str_eq(item_version(s->x, item, s->arena), expected)) {
		(void)brg_fail(&why, &ews_conflict, "operation=GetItem\ncode=%s", "ChangeKey");
		note(s, &why);
		return 0;
	}
	if (meeting_read(s->x, item, s->arena, &series, &why) < 0) {
		note(s, &why);
		return 0;
	}
	occurrences_list(s->x, item, &series, s->arena, &s->there);
	if (series.repeats) {
		pattern_to_rule(&series.pattern, rule);
		s->rule = s->x->host->dup(s->arena, rule, strlen(rule));
		s->start = meeting_key(s->x, &series, series.start_us, s->arena);
	}
	return 0;
}

/* ---- one occurrence -------------------------------------------------------------------------*/

/* 0: it has none, which is noted. */
static uint32_t index_of(struct series *s, const struct brg_part *part)
{
	uint32_t index =
		s->x->series && s->rule.len ? s->x->series->index(s->rule, s->start, part->key) : 0;
	struct brg_err why = BRG_ERR_INIT;

	if (!index) {
		(void)brg_fail(&why, &ews_no_place, "start=%.*s", (int)part->key.len,
			       part->key.ptr);
		note(s, &why);
	}
	return index;
}

static bool is_deleted(const struct series *s, struct brg_str key)
{
	for (size_t i = 0; i < s->there.n; i++)
		if (brg_str_eq(s->there.at[i].key, key))
			return s->there.at[i].id.len == 0;
	return false;
}

static void write_place(const struct series *s, struct soap *r, uint32_t index)
{
	char number[16];

	(void)snprintf(number, sizeof(number), "%u", (unsigned)index);
	soap_open(r, "t:OccurrenceItemId");
	soap_attribute(r, "RecurringMasterId", s->id);
	soap_attribute(r, "InstanceIndex", brg_cstr(number));
	soap_close(r);
}

static int delete_one(struct series *s, uint32_t index, struct brg_err *err)
{
	struct soap *r = soap_new(s->x, "DeleteItem");
	const struct brg_err *own;
	xmlNode *answer, *message = NULL;

	soap_attribute(r, "DeleteType", brg_cstr("MoveToDeletedItems"));
	soap_attribute(r, "SendMeetingCancellations", push_mails(s->op));
	soap_open(r, "ItemIds");
	write_place(s, r, index);
	soap_close(r);
	s->x->host->effect(s->x->host->ctx, "exchange.push");
	if (soap_call(s->x, r, &answer, err) < 0 ||
	    soap_next_message(answer, "DeleteItem", &message, err) < 0 ||
	    exchange_item_check(s->x, message, "DeleteItem", s->arena, &own, err) < 0)
		return err->code;
	if (own && own->code != BRG_ENOTFOUND)
		note(s, own);
	return 0;
}

/* Which item it is now: one that differed already, or one that will. */
static int find_one(struct series *s, uint32_t index, struct brg_push *out, struct brg_err *err)
{
	struct soap *r = soap_new(s->x, "GetItem");
	const xmlNode *item;
	struct brg_str id;

	soap_open(r, "ItemShape");
	soap_leaf(r, "t:BaseShape", brg_cstr("IdOnly"));
	soap_close(r);
	soap_open(r, "ItemIds");
	write_place(s, r, index);
	soap_close(r);
	if (ask(s, r, &item, err) < 0)
		return err->code;
	id = soap_attribute_of(s->x, soap_child(item, "ItemId"), "Id");
	out->remote_id = s->x->host->dup(s->arena, id.ptr, id.len);
	out->version = item_version(s->x, item, s->arena);
	return 0;
}

static int change_one(struct series *s, const struct brg_part *part, uint32_t index,
		      struct brg_err *err)
{
	struct brg_push one = { .size = sizeof(one),
				.type = BRG_UPDATE,
				.kind = BRG_APPOINTMENT,
				.folder = s->op->folder,
				.fields = part->fields,
				.mails_out = s->op->mails_out };
	struct before before = { .marked = false };
	struct brg_err why = BRG_ERR_INIT;
	struct meeting wish;

	if (meeting_wish_occurrence(s->x, &part->fields, &s->there.series, &wish, &why) < 0) {
		note(s, &why);
		return 0;
	}
	before.wish = &wish;
	if (!item_has_changes(s->x, &one, &wish))
		return 0;
	if (find_one(s, index, &one, err) < 0)
		return err->code;
	if (!one.remote_id.len)
		return 0;
	if (push_request(s->x, &one, 1, &before, s->arena, err) < 0) {
		if (err->scope != BRG_SCOPE_ITEM)
			return err->code;
		note(s, err);
		*err = (struct brg_err)BRG_ERR_INIT;
	}
	if (one.err)
		note(s, one.err);
	return 0;
}

static int push_one(struct series *s, const struct brg_part *part, struct brg_err *err)
{
	bool gone = is_deleted(s, part->key);
	struct brg_err why = BRG_ERR_INIT;
	uint32_t index;

	if (part->presence == BRG_NULL && gone)
		return 0;
	index = index_of(s, part);
	if (!index)
		return 0;
	if (gone) {
		(void)brg_fail(&why, &ews_no_return, "start=%.*s", (int)part->key.len,
			       part->key.ptr);
		note(s, &why);
		return 0;
	}
	return part->presence == BRG_NULL ? delete_one(s, index, err)
					  : change_one(s, part, index, err);
}

int occurrences_push(struct exchange *x, struct brg_push *op, struct brg_arena *arena,
		     struct brg_err *err)
{
	struct series s = { .x = x, .op = op, .arena = arena };
	const xmlNode *item;

	if (open_series(&s, err) < 0)
		return err->code;
	for (size_t i = 0; i < op->n_parts && !(s.wrong && !s.rule.len); i++)
		if (op->parts[i].type == BRG_OCCURRENCE && push_one(&s, &op->parts[i], err) < 0)
			return err->code;
	if (!s.wrong) {
		if (ask(&s, series_request(&s, false), &item, err) < 0)
			return err->code;
		op->new_version = item_version(x, item, arena);
	}
	op->err = s.wrong;
	return 0;
}
