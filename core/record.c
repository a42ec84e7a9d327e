/* SPDX-License-Identifier: Apache-2.0
 *
 * A record's row and all that hangs on its fields, in one step.
 */
#include "core/record.h"

#include "core/derive.h"
#include "core/history.h"
#include "core/id.h"
#include "core/secrets.h"

#include <openssl/sha.h>
#include <stdlib.h>

static const struct brg_fault broken_group = {
	.code = "BRG-SYNC-0100",
	.cls = BRG_EINVAL,
	.scope = BRG_SCOPE_ITEM,
	.retry = BRG_RETRY_NEVER,
	.en = "the values of {group} do not fit together",
	.sv = "värdena i {group} passar inte ihop",
	.help = "An appointment ends after it starts; a task is completed exactly when it is done to "
		"100 %; a recurrence must be one that can be read, in a zone that is known. Nothing was "
		"changed.",
};
#define CAUSE(name, number, english, swedish, text) \
	const struct brg_fault name = {             \
		.code = "BRG-SYNC-" number,         \
		.scope = BRG_SCOPE_ITEM,            \
		.en = english,                      \
		.sv = swedish,                      \
		.help = text,                       \
	}
CAUSE(record_from_item, "0101", "made from an item in {mailbox}", "skapad av en post i {mailbox}",
      "Its owner has tracked the item, or all items of its kind become records "
      "(inbound = all), or it was matched with a copy in another mailbox.");
CAUSE(record_from_program, "0102", "made by {who}", "skapad av {who}",
      "A person or program has made the record (`brygga record new`, or the table edit).");
CAUSE(record_by_item, "0103", "changed by its item in {mailbox}", "ändrad av sin post i {mailbox}",
      "Somebody has changed the item in the mailbox. Which values came and which lost is in the "
      "history of the record.");
CAUSE(record_by_program, "0104", "changed by {who}", "ändrad av {who}",
      "A person or program has changed the record (`brygga record edit`, or the table edit).");
CAUSE(record_lost, "0105", "a value from {mailbox} did not win",
      "ett värde från {mailbox} vann inte",
      "Both sides had changed the same group of fields, and the rule of the group (policy) "
      "decided. The value that lost is kept in the history: `brygga undo` brings it back.");
CAUSE(record_gone_there, "0106", "deleted, because its item in {mailbox} was deleted",
      "borttagen, eftersom posten i {mailbox} togs bort",
      "The rule for deletions of this kind lets them through; see the decision beside it. "
      "`brygga undo` brings the record back.");
CAUSE(record_deleted_here, "0107", "deleted by {who}", "borttagen av {who}",
      "A person or program has deleted the record (`brygga record delete`, or the table edit). "
      "`brygga undo` brings it back.");
CAUSE(record_undone, "0108", "set back by {who}", "återställd av {who}",
      "`brygga undo` has set the record back to what it was before a change.");
CAUSE(record_made_private, "0109", "its item in {mailbox} became private: the fields were removed",
      "posten i {mailbox} blev privat: fälten togs bort",
      "Private things stay in the mailbox. The item and the record are not linked any more.");
CAUSE(record_organized, "0113", "got its organizer: the meeting is held from {mailbox}",
      "fick sin organisatör: mötet hålls från {mailbox}",
      "A record with attendees and without an organizer reached a mailbox. From there the meeting is "
      "held, and no other mailbox makes a second one of it.");
CAUSE(record_rezoned, "0112", "its times were derived anew: zone data {was} became {now}",
      "dess tider har räknats ut på nytt: tidszonsdata {was} blev {now}",
      "The rules of a time zone have changed. The record says the same time on the clock of the "
      "same place as before, and that is another moment now: lists, reminders and filters go by "
      "it. Neither the record nor its items were changed, and nothing was written to a mailbox.");

const struct brg_fault *const record_faults[] = {
	&broken_group,
	&record_from_item,
	&record_from_program,
	&record_by_item,
	&record_by_program,
	&record_lost,
	&record_gone_there,
	&record_deleted_here,
	&record_undone,
	&record_made_private,
	&record_organized,
	&record_rezoned,
	NULL,
};

/* ---- reading --------------------------------------------------------------------------------*/

int record_decode(struct engine *e, const struct brg_record_row *row, struct brg_arena *arena,
		  struct record *out, struct brg_err *err)
{
	out->row = *row;
	return image_from_json(e->sync->table, row->kind, row->fields, arena, &out->image, err);
}

int record_read(struct engine *e, const struct brg_id *id, struct brg_arena *arena,
		struct record *out, struct brg_err *err)
{
	struct brg_query q = { .size = sizeof(q), .what = BRG_READ_RECORDS, .id = *id };
	struct brg_row row;
	int rc = store_one(&e->store, &q, arena, &row, err);

	if (rc <= 0)
		return rc;
	rc = record_decode(e, &row.u.record, arena, out, err);
	return rc < 0 ? rc : 1;
}

/* ---- by what it is found --------------------------------------------------------------------*/

static struct brg_str keyed(const struct engine *e, const char *purpose, struct brg_str value,
			    struct brg_arena *arena)
{
	unsigned char key[16];

	if (value.len == 0)
		return (struct brg_str){ "", 0 };
	if (e->secrets) {
		secrets_hash(e->secrets, purpose, value, key);
	} else { /* a simulation has no keys */
		struct brg_sha sha;

		SHA256((const unsigned char *)value.ptr, value.len, sha.b);
		memcpy(key, sha.b, sizeof(key));
		key[0] ^= (unsigned char)purpose[0];
	}
	return arena_dup(arena, key, sizeof(key));
}

struct brg_str record_uid_key(const struct engine *e, struct brg_str uid, struct brg_arena *arena)
{
	return keyed(e, "uid", uid, arena);
}

struct brg_str record_identity_key(const struct engine *e, int kind, const struct image *image,
				   struct brg_arena *arena)
{
	return keyed(e, "identity", derive_identity(e->sync->table, kind, image, arena), arena);
}

static void add_clue(struct brg_found_by *to, struct brg_clue_row *clues, int type,
		     struct brg_str value)
{
	if (value.len)
		clues[to->n_clues++] = (struct brg_clue_row){ type, value, to->record };
}

/* Who of ours takes part: organizer and attendees by address. */
static int add_parties(struct engine *e, struct step *step, struct brg_found_by *to,
		       const struct image *image, struct brg_err *err)
{
	size_t most = image->n_parts + 1, room = 0;
	struct brg_party_row *parties = NULL;

	for (size_t i = 0; i < most; i++) {
		bool organizer = i == image->n_parts;
		struct brg_query q = { .size = sizeof(q), .what = BRG_READ_ADDRESSES };
		struct brg_row *rows;
		size_t n;

		if (!organizer && image->parts[i].type != BRG_ATTENDEE)
			continue;
		q.text = organizer ? image_str(image, APPT_ORGANIZER) : image->parts[i].key;
		if (q.text.len == 0)
			continue;
		if (store_all(&e->store, &q, step->arena, &rows, &n, err) < 0)
			return err->code;
		if (to->n_parties + n > room) {
			struct brg_party_row *grown;

			room = (to->n_parties + n) * 2;
			grown = arena_alloc(step->arena, room * sizeof(*grown));
			if (to->n_parties)
				memcpy(grown, parties, to->n_parties * sizeof(*grown));
			parties = grown;
		}
		for (size_t k = 0; k < n; k++)
			parties[to->n_parties++] =
				(struct brg_party_row){ rows[k].u.address.object, to->record,
							rows[k].u.address.type, organizer ? 1 : 3 };
	}
	to->parties = parties;
	return 0;
}

/* Without its parties. */
static struct brg_found_by found_by(struct engine *e, struct step *step,
				    const struct brg_record_row *row, const struct image *image,
				    const struct derived *d, struct brg_str uid)
{
	struct brg_found_by by = {
		.record = row->id,
		.kind = row->kind,
		.moments = d->moments,
		.n_moments = d->n_moments,
		.types = 1u << CLUE_IDENTITY | (uid.len ? 1u << CLUE_UID : 0),
	};
	struct brg_clue_row *clues = arena_alloc(step->arena, 2 * sizeof(*clues));

	add_clue(&by, clues, CLUE_IDENTITY, record_identity_key(e, row->kind, image, step->arena));
	add_clue(&by, clues, CLUE_UID, record_uid_key(e, uid, step->arena));
	by.clues = clues;
	return by;
}

static int add_found_by(struct engine *e, struct step *step, const struct brg_record_row *row,
			const struct image *image, const struct derived *d, struct brg_str uid,
			struct brg_err *err)
{
	struct brg_found_by by = found_by(e, step, row, image, d, uid);

	if (row->kind == BRG_APPOINTMENT && add_parties(e, step, &by, image, err) < 0)
		return err->code;
	step_add(step, BRG_OP_FOUND_BY, BRG_ANY)->u.found_by = by;
	return 0;
}

/* ---- history --------------------------------------------------------------------------------*/

static void add_history(struct engine *e, struct step *step, const struct brg_record_row *row,
			int64_t version, const struct image *before, const struct image *after,
			const struct record_cause *cause)
{
	struct brg_op *op = step_add(step, BRG_OP_HISTORY, BRG_ANY);

	op->u.history = (struct brg_history_row){
		.id = id_new(e->now_us(e)),
		.record = row->id,
		.mailbox = cause->mailbox,
		.run = cause->run,
		.version = version,
		.who = arena_str(step->arena, cause->who),
		.code = brg_cstr(cause->row->code),
		.params = arena_str(step->arena, cause->params),
		.changes = history_changes(e->sync->table, row->kind, before, after, cause->losses,
					   cause->n_losses, step->arena),
	};
}

/* ---- writing --------------------------------------------------------------------------------*/

int record_check(struct engine *e, int kind, const struct image *image, struct brg_err *err)
{
	size_t group;

	if (derive_holds(e->sync->table, kind, image, &group))
		return 0;
	return brg_fail(err, &broken_group, "group=%s",
			e->sync->table->kinds[kind].group_names[group]);
}

/* The row with all that follows from the image. */
static void fill_row(struct engine *e, struct step *step, struct brg_record_row *row,
		     const struct image *image, struct derived *d)
{
	derive_keys(e->sync->table, row->kind, image, row->created_us, step->arena, d);
	row->fields = image_to_json(e->sync->table, row->kind, image, true, step->arena);
	row->keys = d->keys;
	row->sorted_us = d->sorted_us;
	row->zones = d->zones;
}

int record_create(struct engine *e, struct step *step, struct record *r, struct brg_str uid,
		  const struct record_cause *cause, struct brg_err *err)
{
	static const struct image nothing;
	struct brg_record_row *row = &r->row;
	struct derived d;
	struct image full;

	derive_fields(e->sync->table, row->kind, NULL, &r->image, step->arena, &full);
	r->image = full;
	if (record_check(e, row->kind, &full, err) < 0)
		return err->code;
	row->created_us = row->modified_us = e->now_us(e);
	row->version = 1;
	fill_row(e, step, row, &full, &d);
	step_add(step, BRG_OP_RECORD, BRG_NEW)->u.record = *row;
	if (add_found_by(e, step, row, &full, &d, uid, err) < 0)
		return err->code;
	add_history(e, step, row, 1, &nothing, &full, cause);
	return 0;
}

/* `before`: what history says it was. */
static int write_row(struct engine *e, struct step *step, const struct record *was,
		     const struct image *after, struct brg_str uid, const struct image *before,
		     const struct record_cause *cause, struct brg_err *err)
{
	struct brg_op *op;
	struct derived d;
	struct brg_record_row row = was->row;

	if (record_check(e, row.kind, after, err) < 0)
		return err->code;
	row.modified_us = e->now_us(e);
	fill_row(e, step, &row, after, &d);
	op = step_add(step, BRG_OP_RECORD, was->row.version);
	op->u.record = row;
	if (add_found_by(e, step, &row, after, &d, uid, err) < 0)
		return err->code;
	add_history(e, step, &row, was->row.version + 1, before, after, cause);
	return 0;
}

int record_change(struct engine *e, struct step *step, const struct record *was,
		  const struct image *after, struct brg_str uid, const struct record_cause *cause,
		  struct brg_err *err)
{
	return write_row(e, step, was, after, uid, &was->image, cause, err);
}

static void set_deleted(struct engine *e, struct step *step, const struct record *was,
			int64_t deleted_us, const struct record_cause *cause)
{
	struct brg_op *op = step_add(step, BRG_OP_RECORD, was->row.version);

	op->u.record = was->row;
	op->u.record.deleted_us = deleted_us;
	op->u.record.modified_us = e->now_us(e);
	add_history(e, step, &was->row, was->row.version + 1, &was->image, &was->image, cause);
}

void record_delete(struct engine *e, struct step *step, const struct record *was,
		   const struct record_cause *cause)
{
	set_deleted(e, step, was, e->now_us(e), cause);
}

int record_revive(struct engine *e, struct step *step, const struct record *was,
		  const struct record_cause *cause, struct brg_err *err)
{
	if (record_check(e, was->row.kind, &was->image, err) < 0)
		return err->code;
	set_deleted(e, step, was, 0, cause);
	return 0;
}

void record_note(struct engine *e, struct step *step, const struct record *r,
		 const struct record_cause *cause)
{
	add_history(e, step, &r->row, r->row.version, &r->image, &r->image, cause);
}

void record_rederive(struct engine *e, struct step *step, const struct record *r,
		     const struct derived *d, bool moved, bool look)
{
	const struct brg_str no_uid = { "", 0 };
	struct brg_op *op = step_add(step, BRG_OP_DERIVED, r->row.version);

	op->u.derived = (struct brg_derived){
		.by = found_by(e, step, &r->row, &r->image, d, no_uid),
		.zones = d->zones,
		.moved = moved,
		.look = look,
		.sorted_us = d->sorted_us,
		.keys = d->keys,
	};
}

bool record_is_rezoned(const struct brg_history_row *h)
{
	return brg_str_eq(h->code, brg_cstr(record_rezoned.code));
}

static const uint32_t titles[] = { 0, 0, CONTACT_FULL_NAME, TASK_SUBJECT, APPT_SUBJECT };
static const uint32_t marks[] = { 0, 0, CONTACT_SENSITIVITY, TASK_SENSITIVITY, APPT_SENSITIVITY };

bool record_is_blank(const struct record *r)
{
	const struct brg_str word = brg_cstr("private");

	return r->image.fields.n == 2 && r->image.n_parts == 0 &&
	       brg_str_eq(image_str(&r->image, titles[r->row.kind]), word) &&
	       brg_str_eq(image_str(&r->image, marks[r->row.kind]), word);
}

int record_blank(struct engine *e, struct step *step, const struct record *was,
		 const struct record_cause *cause, struct brg_err *err)
{
	struct record blank = *was;
	struct image_draft draft;
	struct brg_op *op;

	draft_init(&draft, step->arena);
	draft_text(&draft, titles[was->row.kind], BRG_TEXT, brg_cstr("private"));
	draft_text(&draft, marks[was->row.kind], BRG_CHOICE, brg_cstr("private"));
	blank.image = (struct image){ .fields = draft_done(&draft), .told = ~0u };
	/* First: what follows stays. */
	op = step_add(step, BRG_OP_BLANK, BRG_ANY);
	op->u.record.id = was->row.id;
	return write_row(e, step, was, &blank.image, (struct brg_str){ "", 0 }, &blank.image, cause,
			 err);
}
