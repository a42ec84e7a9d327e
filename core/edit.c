/* SPDX-License-Identifier: Apache-2.0 */
#include "core/edit.h"

#include "core/derive.h"
#include "core/id.h"
#include "core/mailbox.h"
#include "core/options.h"

#include <jansson.h>

#define EDIT_FAULT(ident, number, class, english, swedish, helps) \
	const struct brg_fault ident = {                          \
		.code = "BRG-SYNC-" number,                       \
		.cls = class,                                     \
		.scope = BRG_SCOPE_ITEM,                          \
		.retry = BRG_RETRY_NEVER,                         \
		.en = english,                                    \
		.sv = swedish,                                    \
		.help = helps,                                    \
	}

static EDIT_FAULT(
	stale, "0180", BRG_ECONFLICT,
	"the record has version {version} by now, not {expect}; changed meanwhile: {changes}",
	"registret har nu version {version}, inte {expect}; ändrat under tiden: {changes}",
	"Somebody else was faster, so that the edit was made for values that do not hold any more. "
	"Nothing was changed. `brygga explain RECORD` tells what happened; look at the record, "
	"then edit it with its new version, or without one.");
static EDIT_FAULT(no_record, "0181", BRG_ENOTFOUND, "there is no record {record}",
		  "det finns inget register {record}",
		  "`brygga record list --kind KIND` shows them with their ids.");
static EDIT_FAULT(mail, "0182", BRG_EINVAL,
		  "{record} is an email: only contacts, tasks and appointments are edited",
		  "{record} är ett brev: bara kontakter, uppgifter och möten redigeras",
		  "What a mail says is what was sent. `brygga record send` writes a new one.");
static EDIT_FAULT(deleted, "0183", BRG_EINVAL, "the record {record} is deleted",
		  "registret {record} är borttaget",
		  "`brygga undo RECORD` brings it back as it was; then it can be edited.");
EDIT_FAULT(edit_no_owner, "0184", BRG_EINVAL, "there is no user {owner} to own the record",
	   "det finns ingen användare {owner} som kan äga registret",
	   "A contact, task or appointment belongs to a user: one of a [user NAME] section of the "
	   "directory file.");
EDIT_FAULT(edit_no_kind, "0185", BRG_EINVAL,
	   "{kind} is no kind of record that is made here: contact, task or appointment",
	   "{kind} är inget slag av register som skapas här: contact, task eller appointment",
	   "Mail is written with `brygga record send`.");
EDIT_FAULT(edit_no_type, "0186", BRG_EINVAL, "op is new, edit or delete, not {op}",
	   "op är new, edit eller delete, inte {op}",
	   "The column op of the table edit says what is to be done; see docs/database.md.");
static EDIT_FAULT(
	taken, "0187", BRG_ECONFLICT, "there is a record {record} already",
	"det finns redan ett register {record}",
	"Leave the id of a new record out and it is chosen; or this edit was done before.");
EDIT_FAULT(edit_raced, "0188", BRG_ECONFLICT,
	   "others have changed it at the same moment: try again",
	   "andra ändrade det i samma stund: försök igen", "Nothing was changed.");
EDIT_FAULT(edit_held, "0189", BRG_EINVAL, "the record {record} is under legal hold and stays",
	   "registret {record} omfattas av bevarandekrav och blir kvar",
	   "`brygga record release RECORD` ends the hold; then it can be deleted.");

const struct brg_fault *const edit_faults[] = {
	&stale,	       &no_record, &mail,	&deleted,   &edit_no_owner, &edit_no_kind,
	&edit_no_type, &taken,	   &edit_raced, &edit_held, NULL,
};

int edit_fields(struct engine *e, int kind, struct brg_str json, struct brg_arena *arena,
		struct image *out, struct brg_err *err)
{
	struct image written;

	if (image_from_json(e->sync->table, kind, json, arena, &written, err) < 0)
		return err->code;
	return image_canonical(e->sync->table, kind, &written, arena, out, err);
}

/* ---- who was faster -------------------------------------------------------------------------*/

#define TOLD_CHANGES 5

static const char *mailbox_name(struct engine *e, const struct brg_id *id, struct brg_arena *arena)
{
	struct brg_query q = { .size = sizeof(q), .what = BRG_READ_MAILBOXES, .id = *id };
	struct brg_err err = BRG_ERR_INIT;
	struct brg_row row;

	if (brg_id_is_nil(id) || store_one(&e->store, &q, arena, &row, &err) <= 0)
		return "-";
	return arena_printf(arena, "%.*s", (int)row.u.mailbox.name.len, row.u.mailbox.name.ptr);
}

/* "location, body (anna)" */
static const char *change_words(struct engine *e, const struct brg_history_row *h,
				struct brg_arena *arena)
{
	json_t *changes = json_loadb(h->changes.ptr, h->changes.len, 0, NULL), *one;
	const char *groups = "", *who, *group;

	json_object_foreach(changes, group, one)
	{
		if (json_object_get(one, "now"))
			groups = arena_printf(arena, "%s%s%s", groups, *groups ? ", " : "", group);
	}
	json_decref(changes);
	who = h->who.len ? arena_printf(arena, "%.*s", (int)h->who.len, h->who.ptr)
			 : mailbox_name(e, &h->mailbox, arena);
	return arena_printf(arena, "%s%s(%s)", groups, *groups ? " " : "", who);
}

static int fail_stale(struct engine *e, const struct record *was, int64_t expect,
		      struct brg_arena *arena, struct brg_err *err)
{
	struct brg_query q = {
		.size = sizeof(q), .what = BRG_READ_HISTORY, .other = was->row.id, .limit = 50
	};
	const char *words = "";
	struct brg_row *rows;
	size_t n, told = 0;

	if (store_all(&e->store, &q, arena, &rows, &n, err) < 0)
		return err->code;
	for (size_t i = 0; i < n && told < TOLD_CHANGES; i++) {
		const struct brg_history_row *h = &rows[i].u.history;

		if (h->version <= expect || record_is_rezoned(h))
			continue;
		words = arena_printf(arena, "%s%s%s", words, told ? "; " : "",
				     change_words(e, h, arena));
		told++;
	}
	return brg_fail(err, &stale, "version=%lld\nexpect=%lld\nchanges=%s",
			(long long)was->row.version, (long long)expect, told ? words : "-");
}

/* ---- what belongs together ------------------------------------------------------------------*/

static const struct brg_field *written(const struct image *over, uint32_t id)
{
	return image_field(over, id);
}

static bool is_done(const struct image *image)
{
	return brg_str_eq(image_str(image, TASK_STATUS), brg_cstr("completed")) ||
	       image_int(image, TASK_PERCENT) == 100;
}

/* What a person did not write of status, percent and completed follows from what he did. */
static void follow_status(const struct image *before, const struct image *over, int64_t now_us,
			  struct brg_arena *arena, struct image *out)
{
	const struct brg_field *status = written(over, TASK_STATUS);
	const struct brg_field *percent = written(over, TASK_PERCENT);
	const struct brg_field *completed = written(over, TASK_COMPLETED);
	struct image_draft draft;
	struct image follows = { .told = over->told };
	bool done = status	? brg_str_eq(image_str(over, TASK_STATUS), brg_cstr("completed"))
		    : percent	? image_int(over, TASK_PERCENT) == 100
		    : completed ? completed->presence == BRG_VALUE
				: is_done(before);

	*out = *over;
	if (done == is_done(before))
		return;
	draft_init(&draft, arena);
	if (!status)
		draft_text(&draft, TASK_STATUS, BRG_CHOICE,
			   brg_cstr(done			    ? "completed"
				    : image_int(over, TASK_PERCENT) ? "in_progress"
								    : "not_started"));
	if (!percent && (done || image_int(before, TASK_PERCENT) == 100))
		draft_int(&draft, TASK_PERCENT, BRG_INTEGER, done ? 100 : 0);
	if (!completed && done)
		draft_int(&draft, TASK_COMPLETED, BRG_MOMENT, now_us);
	else if (!completed)
		draft_null(&draft, TASK_COMPLETED, BRG_MOMENT);
	follows.fields = draft_done(&draft);
	image_lay(over, &follows, arena, out);
}

/* Parts of a type that is not told and not there: all go. */
static void drop_parts(const struct image *over, struct image *base, struct brg_arena *arena)
{
	struct brg_part *kept = arena_alloc(arena, (base->n_parts + 1) * sizeof(*kept));
	unsigned there = over->told;
	size_t n = 0;

	for (size_t i = 0; i < over->n_parts; i++)
		there |= PART_BIT(over->parts[i].type);
	for (size_t i = 0; i < base->n_parts; i++)
		if (there & PART_BIT(base->parts[i].type))
			kept[n++] = base->parts[i];
	base->parts = kept;
	base->n_parts = n;
}

struct image edit_settled(const struct image *image, struct brg_arena *arena)
{
	struct brg_field *at = arena_alloc(arena, (image->fields.n + 1) * sizeof(*at));
	struct image out = *image;
	size_t n = 0;

	for (size_t i = 0; i < image->fields.n; i++)
		if (image->fields.at[i].presence == BRG_VALUE)
			at[n++] = image->fields.at[i];
	out.fields = (struct brg_fields){ at, n };
	out.told = IMAGE_TOLD_ALL;
	return out;
}

static void lay(struct engine *e, int kind, const struct image *before, const struct image *over,
		struct brg_arena *arena, struct image *out)
{
	struct image base = *before, full, laid, derived;

	if (kind == BRG_TASK)
		follow_status(before, over, e->now_us(e), arena, &full);
	else
		full = *over;
	if (kind == BRG_APPOINTMENT)
		drop_parts(over, &base, arena);
	image_lay(&base, &full, arena, &laid);
	derive_fields(e->sync->table, kind, before, &laid, arena, &derived);
	*out = edit_settled(&derived, arena);
}

/* ---- the edit -------------------------------------------------------------------------------*/

static int want_all(struct step *step, const struct brg_row *rows, size_t n, bool links)
{
	for (size_t i = 0; i < n; i++) {
		if (links && !rows[i].u.link.live)
			continue;
		step_add(step, BRG_OP_WANT, BRG_ANY)->u.want =
			(struct brg_want){ links ? rows[i].u.link.mailbox : rows[i].u.mailbox.id,
					   BRG_ACT };
	}
	return 0;
}

static bool is_owned(const void *arg, const struct brg_row *row)
{
	return brg_id_eq(&row->u.mailbox.owner, arg);
}

int edit_want(struct engine *e, struct step *step, const struct brg_record_row *row,
	      struct brg_err *err)
{
	struct brg_query mailboxes = { .size = sizeof(mailboxes), .what = BRG_READ_MAILBOXES };
	struct brg_query links = { .size = sizeof(links),
				   .what = BRG_READ_LINKS,
				   .other = row->id };
	struct brg_row *rows;
	size_t n;

	if (store_pick(&e->store, &mailboxes, is_owned, &row->owner, step->arena, &rows, &n, err) <
	    0)
		return err->code;
	want_all(step, rows, n, false);
	if (store_all(&e->store, &links, step->arena, &rows, &n, err) < 0)
		return err->code;
	return want_all(step, rows, n, true);
}

static const char *shown(const struct brg_id *id, char text[ID_TEXT])
{
	return id_format(id, text);
}

static int read_owner(struct engine *e, const struct brg_id *id, struct brg_arena *arena,
		      int *visibility, struct brg_err *err)
{
	struct brg_query q = { .size = sizeof(q), .what = BRG_READ_OWNERS, .id = *id };
	struct owner_settings owner = { 0 };
	struct settings settings = { 0 };
	char text[ID_TEXT];
	struct brg_row row;
	int rc = brg_id_is_nil(id) ? 0 : store_one(&e->store, &q, arena, &row, err);

	if (rc < 0)
		return rc;
	if (rc == 0 || row.u.owner.type != BRG_USER)
		return brg_fail(err, &edit_no_owner, "owner=%s",
				rc ? row.u.owner.name.ptr : shown(id, text));
	if (settings_add_json(&settings, row.u.owner.settings, arena, err) < 0 ||
	    options_fill(owner_options, &owner, settings.at, settings.n, arena, err) < 0)
		return err->code;
	*visibility = owner.visibility;
	return 0;
}

static struct record_cause cause_of(const struct edit *edit, const struct brg_fault *row,
				    struct brg_arena *arena)
{
	struct brg_str who = edit->who.len ? edit->who : brg_cstr("-");

	return (struct record_cause){
		.run = edit->run,
		.who = arena_str(arena, who),
		.row = row,
		.params = brg_cstr(arena_printf(arena, "who=%.*s", (int)who.len, who.ptr)),
	};
}

static int add_new(struct engine *e, struct step *step, const struct edit *edit, struct edited *out,
		   struct brg_err *err)
{
	static const struct image nothing = { .told = IMAGE_TOLD_ALL };
	struct record_cause cause = cause_of(edit, &record_from_program, step->arena);
	struct record *r = &out->now;
	char text[ID_TEXT];
	int rc;

	if (edit->kind < BRG_CONTACT || edit->kind > BRG_APPOINTMENT)
		return brg_fail(err, &edit_no_kind, "kind=%s", field_kind_name(edit->kind));
	r->row = (struct brg_record_row){ .id = edit->record,
					  .owner = edit->owner,
					  .kind = edit->kind };
	if (brg_id_is_nil(&r->row.id)) {
		r->row.id = id_new(e->now_us(e));
	} else {
		rc = record_read(e, &r->row.id, step->arena, &out->was, err);
		if (rc != 0)
			return rc < 0 ? rc
				      : brg_fail(err, &taken, "record=%s",
						 shown(&edit->record, text));
	}
	if (read_owner(e, &edit->owner, step->arena, &r->row.visibility, err) < 0)
		return err->code;
	lay(e, edit->kind, &nothing, &edit->over, step->arena, &r->image);
	out->changed = true;
	return record_create(e, step, r, (struct brg_str){ "", 0 }, &cause, err);
}

/* The record as it is, where it may be edited. */
static int find(struct engine *e, struct brg_arena *arena, const struct edit *edit,
		struct record *out, struct brg_err *err)
{
	char text[ID_TEXT];
	int rc = brg_id_is_nil(&edit->record) ? 0 : record_read(e, &edit->record, arena, out, err);

	if (rc < 0)
		return rc;
	(void)shown(&edit->record, text);
	if (rc == 0)
		return brg_fail(err, &no_record, "record=%s", text);
	if (out->row.kind == BRG_EMAIL)
		return brg_fail(err, &mail, "record=%s", text);
	if (out->row.deleted_us)
		return brg_fail(err, &deleted, "record=%s", text);
	if (edit->expect && edit->expect != out->row.version)
		return fail_stale(e, out, edit->expect, arena, err);
	if (edit->type == EDIT_DELETE && out->row.held)
		return brg_fail(err, &edit_held, "record=%s", text);
	return 0;
}

static int add_change(struct engine *e, struct step *step, const struct edit *edit,
		      struct edited *out, struct brg_err *err)
{
	struct record_cause cause = cause_of(edit, &record_by_program, step->arena);

	lay(e, out->was.row.kind, &out->was.image, &edit->over, step->arena, &out->now.image);
	if (image_eq(&out->was.image, &out->now.image))
		return 0;
	out->changed = true;
	out->now.row.version++;
	return record_change(e, step, &out->was, &out->now.image, (struct brg_str){ "", 0 }, &cause,
			     err);
}

int edit_add(struct engine *e, struct step *step, const struct edit *edit, struct edited *out,
	     struct brg_err *err)
{
	*out = (struct edited){ 0 };
	if (edit->type == EDIT_NEW) {
		if (add_new(e, step, edit, out, err) < 0)
			return err->code;
		return edit_want(e, step, &out->now.row, err);
	}
	if (find(e, step->arena, edit, &out->was, err) < 0)
		return err->code;
	out->now = out->was;
	if (edit->type == EDIT_CHANGE) {
		if (add_change(e, step, edit, out, err) < 0)
			return err->code;
	} else {
		struct record_cause cause = cause_of(edit, &record_deleted_here, step->arena);

		record_delete(e, step, &out->was, &cause);
		out->now.row.version++;
		out->changed = true;
	}
	return out->changed ? edit_want(e, step, &out->now.row, err) : 0;
}

int edit_do(struct engine *e, struct brg_arena *arena, const struct edit *edit, struct edited *out,
	    struct brg_err *err)
{
	struct step step;

	for (int tries = 0; tries < 5; tries++) {
		int rc;

		step_init(&step, arena);
		if (edit_add(e, &step, edit, out, err) < 0)
			return err->code;
		rc = store_commit(&e->store, &step, BRG_DURABLE, NULL, err);
		if (rc < 0 || rc == BRG_COMMITTED)
			return rc;
	}
	return brg_fail(err, &edit_raced, "%s", "");
}
