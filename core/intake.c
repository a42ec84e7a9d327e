/* SPDX-License-Identifier: Apache-2.0 */
#include "core/intake.h"

#include "core/edit.h"
#include "core/faults.h"
#include "core/id.h"
#include "core/problems.h"
#include "core/wake.h"

static int edit_type(struct brg_str op)
{
	if (brg_str_eq(op, brg_cstr("new")))
		return EDIT_NEW;
	if (brg_str_eq(op, brg_cstr("edit")))
		return EDIT_CHANGE;
	return brg_str_eq(op, brg_cstr("delete")) ? EDIT_DELETE : 0;
}

static const char *shown(struct brg_str s, struct brg_arena *arena)
{
	return problems_show(arena, s);
}

/* Kind and owner of a new one. */
static int read_new(struct engine *e, const struct brg_edit_row *row, struct brg_arena *arena,
		    struct edit *out, struct brg_err *err)
{
	struct brg_query q = {
		.size = sizeof(q), .what = BRG_READ_OWNERS, .text = row->owner, .number = BRG_USER
	};
	struct brg_row owner;
	int rc;

	out->kind = field_kind(row->kind);
	if (out->kind < BRG_CONTACT || out->kind > BRG_APPOINTMENT)
		return brg_fail(err, &edit_no_kind, "kind=%s", shown(row->kind, arena));
	rc = row->owner.len ? store_one(&e->store, &q, arena, &owner, err) : 0;
	if (rc < 0)
		return rc;
	if (rc == 0)
		return brg_fail(err, &edit_no_owner, "owner=%s", shown(row->owner, arena));
	out->owner = owner.u.owner.id;
	return 0;
}

/* The kind of what is to be changed decides how its fields are read; where there is no such record
 * edit_add() says so. */
static int read_kind(struct engine *e, const struct brg_edit_row *row, struct brg_arena *arena,
		     int *kind, struct brg_err *err)
{
	struct brg_query q = { .size = sizeof(q), .what = BRG_READ_RECORDS, .id = row->record };
	struct brg_row record;
	int rc = brg_id_is_nil(&row->record) ? 0 : store_one(&e->store, &q, arena, &record, err);

	*kind = rc > 0 ? record.u.record.kind : 0;
	return rc < 0 ? rc : 0;
}

static int read_edit(struct engine *e, const struct brg_edit_row *row, struct brg_arena *arena,
		     struct edit *out, struct brg_err *err)
{
	int kind;

	*out = (struct edit){
		.type = edit_type(row->op),
		.record = row->record,
		.expect = row->expect,
		.who = row->who.len ? row->who : brg_cstr("database"),
		.run = id_new(e->now_us(e)),
	};
	if (out->type == 0)
		return brg_fail(err, &edit_no_type, "op=%s", shown(row->op, arena));
	if (out->type == EDIT_DELETE)
		return 0;
	if (out->type == EDIT_NEW ? read_new(e, row, arena, out, err) < 0
				  : read_kind(e, row, arena, &out->kind, err) < 0)
		return err->code;
	kind = out->kind;
	if (kind < BRG_CONTACT || kind > BRG_APPOINTMENT)
		return 0;
	return edit_fields(e, kind, row->fields, arena, &out->over, err);
}

static void add_done(struct engine *e, struct step *step, const struct brg_edit_row *row,
		     const struct brg_id *record, const struct brg_err *err)
{
	struct brg_edit_row *to = &step_add(step, BRG_OP_EDIT_DONE, BRG_ANY)->u.edit;
	char text[2048];

	to->number = row->number;
	to->record = *record;
	to->state = err ? BRG_EDIT_REFUSED : BRG_EDIT_DONE;
	if (!err)
		return;
	to->code = brg_cstr(err->fault ? err->fault->code : "");
	to->params = arena_str(step->arena, brg_cstr(err->params));
	err_render(err, e->lang ? e->lang : "en", text, sizeof(text));
	to->reason = arena_dup(step->arena, text, strlen(text));
}

/* Is it the edit's fault, and not the store's? */
static bool is_refusal(const struct brg_err *err)
{
	return err->code == BRG_EINVAL || err->code == BRG_ENOTFOUND || err->code == BRG_ECONFLICT;
}

/* BRG_COMMITTED, or BRG_REFUSED: the record moved, or another has done the edit. */
static int try_one(struct engine *e, const struct brg_edit_row *row, struct brg_arena *arena,
		   struct brg_err *err)
{
	struct brg_err why = BRG_ERR_INIT;
	struct edited edited;
	struct edit edit;
	struct step step;

	step_init(&step, arena);
	if (read_edit(e, row, arena, &edit, &why) == 0 &&
	    edit_add(e, &step, &edit, &edited, &why) == 0) {
		add_done(e, &step, row, &edited.now.row.id, NULL);
	} else {
		if (!is_refusal(&why)) {
			*err = why;
			return err->code;
		}
		step_init(&step, arena); /* nothing of it but the answer */
		add_done(e, &step, row, &row->record, &why);
	}
	return store_commit(&e->store, &step, BRG_DURABLE, NULL, err);
}

/* 1: it was taken, by us or by another. */
static int take_one(struct engine *e, const struct brg_edit_row *row, struct brg_err *err)
{
	struct brg_arena *arena = arena_new();
	int rc = BRG_REFUSED;

	for (int tries = 0; rc == BRG_REFUSED && tries < 5; tries++) {
		arena_reset(arena);
		rc = try_one(e, row, arena, err);
	}
	arena_free(&arena);
	return rc < 0 ? rc : rc == BRG_COMMITTED;
}

int intake_run(struct engine *e, struct brg_err *err)
{
	struct brg_query q = { .size = sizeof(q),
			       .what = BRG_READ_EDITS,
			       .number = BRG_EDIT_NEW,
			       .limit = INTAKE_BATCH };
	struct brg_arena *arena = arena_new();
	struct brg_row *rows;
	size_t n = 0;
	int rc, taken = 0;

	rc = store_all(&e->store, &q, arena, &rows, &n, err);
	for (size_t i = 0; rc >= 0 && i < n; i++) {
		rc = take_one(e, &rows[i].u.edit, err);
		taken += rc > 0;
	}
	arena_free(&arena);
	if (taken && e->state)
		wake_all(e->state, "act");
	return rc < 0 ? rc : taken;
}
