/* SPDX-License-Identifier: Apache-2.0
 *
 * One item that was read, and its record: merged, adopted, made, moved, or let go.
 */
#include "core/sync-private.h"

#include "core/id.h"

#define DECISION(name, number, english, swedish, text)              \
	const struct brg_fault name = { .code = "BRG-SYNC-" number, \
					.scope = BRG_SCOPE_ITEM,    \
					.en = english,              \
					.sv = swedish,              \
					.help = text }
DECISION(
	sync_decided_tombstone, "0120", "the item was deleted here before and does not come back",
	"posten har tagits bort här förut och kommer inte tillbaka",
	"Its record was deleted, and so was the item. A server that shows it again, from a cache or "
	"a backup, does not make a new record of it.");
DECISION(
	sync_decided_copy, "0121", "a copy of an item that is linked already: a thing of its own",
	"en kopia av en post som redan är länkad: en egen sak",
	"Somebody has copied the item in the mailbox, and our mark was copied with it. The original "
	"stays linked; the copy is treated like any other item.");
DECISION(sync_decided_adopted, "0122", "item and record are the same thing: linked, nothing made",
	 "posten och registret är samma sak: länkade, inget skapat",
	 "They carry the same mark or UID, or agree in all fields that identify them.");
DECISION(sync_decided_moved, "0123", "the item was moved to another folder",
	 "posten har flyttats till en annan mapp",
	 "What looked like a deletion in one folder came up in another one.");
DECISION(sync_decided_ambiguous, "0124", "several records could be the item's: nothing was linked",
	 "flera register kan vara postens: inget länkades",
	 "Two or more records agree with the item in all fields that identify it. Make one of them "
	 "differ, or delete the double, then track the item once more.");
DECISION(
	sync_decided_double, "0125", "a second copy that we made ourselves: removed",
	"en andra kopia som vi själva gjort: borttagen",
	"The answer of the server to an earlier write came late or was lost, so the write was done "
	"again. The double carried our mark and was as we wrote it.");

const struct brg_fault *const sync_item_faults[] = {
	&sync_decided_tombstone,
	&sync_decided_copy,
	&sync_decided_adopted,
	&sync_decided_moved,
	&sync_decided_ambiguous,
	&sync_decided_double,
	NULL,
};

bool sync_eligible(const struct sync *s, int kind, uint32_t flags)
{
	if (flags & BRG_IS_PRIVATE)
		return false;
	return s->inbound[kind] == INBOUND_ALL ||
	       (s->inbound[kind] == INBOUND_TRACKED && (flags & BRG_IS_TRACKED));
}

int sync_matches(struct sync *s, int kind, const struct brg_id *record, struct brg_err *err)
{
	struct brg_query q = { .size = sizeof(q),
			       .what = BRG_READ_MATCHES,
			       .id = *record,
			       .number = kind,
			       .expr = s->filter[kind] };
	struct brg_row row;

	return s->filter[kind] ? store_one(&s->e->store, &q, s->v->batch, &row, err) : 0;
}

/* ---- whose copy -----------------------------------------------------------------------------*/

bool sync_organizes(const struct sync *s, const struct image *image)
{
	struct brg_str organizer = image_str(image, APPT_ORGANIZER);

	return organizer.len == 0 || sync_is_self(s, organizer);
}

/* Does another mailbox have a copy of the record in one of these roles (1 << ROLE_*)? */
static int is_elsewhere(struct sync *s, const struct brg_id *record, unsigned roles, bool *out,
			struct brg_err *err)
{
	struct brg_query q = { .size = sizeof(q), .what = BRG_READ_LINKS, .other = *record };
	struct brg_row *rows;
	size_t n;

	*out = false;
	if (store_all(&s->e->store, &q, s->v->batch, &rows, &n, err) < 0)
		return err->code;
	for (size_t i = 0; i < n; i++) {
		const struct brg_link_row *l = &rows[i].u.link;

		*out = *out ||
		       (l->live && !brg_id_eq(&l->mailbox, &s->mailbox) && (roles & 1u << l->role));
	}
	return 0;
}

int sync_role(struct sync *s, const struct image *image, const struct brg_id *record, int *role,
	      struct brg_err *err)
{
	bool told;

	*role = ROLE_OWN;
	if (sync_organizes(s, image))
		return 0;
	if (is_elsewhere(s, record, 1u << ROLE_OWN | 1u << ROLE_FEEDER, &told, err) < 0)
		return err->code;
	*role = told ? ROLE_ATTENDEE : ROLE_FEEDER;
	return 0;
}

struct brg_str sync_self_in(const struct sync *s, const struct image *image)
{
	for (size_t i = 0; i < image->n_parts; i++)
		if (image->parts[i].type == BRG_ATTENDEE && sync_is_self(s, image->parts[i].key))
			return image->parts[i].key;
	return (struct brg_str){ "", 0 };
}

/* ---- linked ---------------------------------------------------------------------------------*/

/* The record forgets what it said. In other mailboxes the two part at once: what was taken from the
 * record is not to be taken from people's items, whatever is made of the record next. */
static int make_private(struct sync *s, const struct brg_link_row *mine,
			const struct record *record, struct brg_err *err)
{
	struct record_cause cause = sync_cause(s, &record_made_private);
	struct brg_query q = { .size = sizeof(q), .what = BRG_READ_LINKS, .other = record->row.id };
	struct brg_row *rows;
	size_t n;

	if (store_all(&s->e->store, &q, s->v->batch, &rows, &n, err) < 0)
		return err->code;
	for (size_t i = 0; i < n; i++)
		if (rows[i].u.link.live && !brg_id_eq(&rows[i].u.link.id, &mine->id))
			sync_end_link(s, &rows[i].u.link, BRG_LINK_UNLINKED);
	return record_blank(s->e, &s->v->step, record, &cause, err);
}

/* The link ends by a rule, both sides stay. */
static int unlink_by(struct sync *s, const struct brg_inbox_row *row, struct brg_link_row *link,
		     const struct record *record, int event, uint32_t flags, struct brg_err *err)
{
	link->flags &= ~(uint32_t)LINK_TRACKED;
	link->flags |= sync_is_tracked(flags) ? LINK_TRACKED : 0;
	if (!sync_let_go(s, link, event))
		return 0;
	if (event == FATE_ITEM_PRIVATE && link->role != ROLE_ATTENDEE && !record_is_blank(record) &&
	    make_private(s, link, record, err) < 0)
		return err->code;
	sync_inbox_done(s, row);
	return 0;
}

static bool image_private(const struct image *image, int kind)
{
	static const uint32_t ids[] = { 0, 0, CONTACT_SENSITIVITY, TASK_SENSITIVITY,
					APPT_SENSITIVITY };

	return brg_str_eq(image_str(image, ids[kind]), brg_cstr("private"));
}

static bool became_private(const struct brg_link_row *link, const struct record *record,
			   const struct shadows *shadows)
{
	return !image_private(&record->image, link->kind) &&
	       !image_private(&shadows->item, link->kind);
}

int sync_item_hidden(struct sync *s, const struct brg_inbox_row *row, struct brg_link_row *link,
		     struct brg_err *err)
{
	struct shadows shadows;
	struct record record;
	int rc = record_read(s->e, &link->record, s->v->batch, &record, err);

	if (rc <= 0)
		return rc;
	if (sync_shadows(s, link, &shadows, err) < 0)
		return err->code;
	if (!became_private(link, &record, &shadows))
		return 0;
	rc = unlink_by(s, row, link, &record, FATE_ITEM_PRIVATE, row->flags, err);
	return rc < 0 ? rc : 1;
}

int sync_item_linked(struct sync *s, const struct brg_inbox_row *row, struct brg_link_row *link,
		     const struct sync_item *item, struct brg_err *err)
{
	struct shadows shadows;
	struct record record;
	bool private;
	int rc = record_read(s->e, &link->record, s->v->batch, &record, err);

	if (rc < 0)
		return rc;
	if (item->err) {
		sync_park(s, row, item->err);
		return 0;
	}
	if (rc == 0) {
		sync_end_link(s, link, BRG_LINK_UNLINKED);
		sync_inbox_done(s, row);
		return 0;
	}
	if (!item->there) {
		sync_put_missing(s, link);
		sync_inbox_done(s, row);
		return 0;
	}
	if (sync_shadows(s, link, &shadows, err) < 0)
		return err->code;
	private = (item->flags & BRG_IS_PRIVATE) && became_private(link, &record, &shadows);
	/* Deleted here: the push decides, and reads the item again for it. */
	if (record.row.deleted_us && !private) {
		sync_inbox_done(s, row);
		return 0;
	}
	/* Another mailbox keeps it to itself: the two part, and the item is as it is. */
	if (private || record_is_blank(&record))
		return unlink_by(s, row, link, &record, FATE_ITEM_PRIVATE, item->flags, err);
	if ((link->flags & LINK_TRACKED) && !sync_is_tracked(item->flags) &&
	    !(link->flags & LINK_BY_FILTER))
		return unlink_by(s, row, link, &record, FATE_ITEM_UNTRACKED, item->flags, err);
	return sync_merge_put(s, row, link, &shadows, item, &record, link->version, err);
}

/* ---- not linked -----------------------------------------------------------------------------*/

/* Of what we may have written to the item once: what it has now. The rest of the record may be
 * younger than that, and is still to be written. */
static struct image what_both_have(struct sync *s, const struct image *record,
				   const struct image *item)
{
	struct brg_field *fields =
		arena_alloc(s->v->batch, (record->fields.n + 1) * sizeof(*fields));
	struct brg_part *parts = arena_alloc(s->v->batch, (record->n_parts + 1) * sizeof(*parts));
	struct image out = { .parts = parts, .told = record->told };
	size_t n = 0;

	for (size_t i = 0; i < record->fields.n; i++) {
		const struct brg_field *theirs = image_field(item, record->fields.at[i].id);

		if (theirs && theirs->presence == BRG_VALUE)
			fields[n++] = record->fields.at[i];
	}
	for (size_t i = 0; i < record->n_parts; i++)
		if (image_part(item, record->parts[i].type, record->parts[i].key))
			parts[out.n_parts++] = record->parts[i];
	out.fields = (struct brg_fields){ fields, n };
	return out;
}

/* A guest's copy has told of the meeting so far, and this is the organizer's: what the guest has of
 * his own is what both are compared with, so that the organizer's holds, and be it nothing. */
static int base_on_guest(struct sync *s, const struct record *record, const struct image *item,
			 struct shadows *shadows, struct brg_err *err)
{
	struct image_draft draft;
	bool told;

	if (image_str(item, APPT_ORGANIZER).len == 0 || !sync_organizes(s, item))
		return 0;
	if (is_elsewhere(s, &record->row.id, 1u << ROLE_FEEDER, &told, err) < 0)
		return err->code;
	if (!told)
		return 0;
	draft_init(&draft, s->v->batch);
	for (size_t i = 0; i < record->image.fields.n; i++) {
		const struct brg_field *f = &record->image.fields.at[i];
		const struct field *row = field_of(s->rules->table, BRG_APPOINTMENT, f->id);

		if (row && (row->flags & FIELD_PERSONAL))
			*draft_add(&draft, f->id, f->type, f->presence) = *f;
	}
	shadows->record.fields = shadows->item.fields = draft_done(&draft);
	return 0;
}

/* Have we made the item for this record? It may be a copy of another's. */
static bool is_mark_of(const struct sync *s, const struct sync_item *item,
		       const struct brg_id *record)
{
	return item->stamped && sync_stamp_ours(s, &item->stamp) &&
	       brg_id_eq(&item->stamp.record, record);
}

int sync_adopt(struct sync *s, const struct brg_inbox_row *row, const struct sync_item *item,
	       struct record *record, const struct brg_link_row *former, struct brg_err *err)
{
	struct shadows shadows = { 0 };
	struct brg_link_row link = {
		.id = id_new(s->e->now_us(s->e)),
		.record = record->row.id,
		.mailbox = s->mailbox,
		.live = true,
		.folder = row->folder,
		.remote_id = row->remote_id,
		.kind = row->kind,
		.pass = row->pass,
		.attempt = is_mark_of(s, item, &record->row.id) ? item->stamp.attempt : 0,
	};
	int matches = sync_matches(s, row->kind, &record->row.id, err);

	if (matches < 0)
		return matches;
	link.flags = matches ? LINK_BY_FILTER : 0;
	if (row->kind == BRG_APPOINTMENT &&
	    base_on_guest(s, record, &item->image, &shadows, err) < 0)
		return err->code;
	/* Its fields were taken away: it has nothing to say. */
	if (record_is_blank(record))
		shadows.record = shadows.item = record->image;
	/* What we wrote there ourselves is no change of theirs. */
	if (link.attempt || former) {
		shadows.pushed = what_both_have(s, &record->image, &item->image);
		shadows.has_pushed = true;
	}
	if (!sync_allows(s, SIDE_SERVER, EFFECT_ADOPT, &link, 0))
		return 0;
	sync_note(s, row->folder, row->remote_id, &record->row.id, &sync_decided_adopted, "");
	sync_put_uid(s, &record->row.id, item->uid);
	return sync_merge_put(s, row, &link, &shadows, item, record, BRG_NEW, err);
}

/* A new record of the item. */
static int make_record(struct sync *s, const struct brg_inbox_row *row,
		       const struct sync_item *item, struct brg_err *err)
{
	struct record_cause cause = sync_cause(s, &record_from_item);
	struct brg_link_row link = {
		.id = id_new(s->e->now_us(s->e)),
		.mailbox = s->mailbox,
		.live = true,
		.folder = row->folder,
		.remote_id = row->remote_id,
		.remote_version = item->version,
		.kind = row->kind,
		.pass = row->pass,
		.seen_version = 1,
		.synced_us = s->e->now_us(s->e),
		.flags = sync_is_tracked(item->flags) ? LINK_TRACKED : 0,
	};
	struct record r = { 0 };

	if (!sync_allows(s, SIDE_STORE, EFFECT_CREATE, &link, 0))
		return 0;
	r.row = (struct brg_record_row){ .id = id_new(s->e->now_us(s->e)),
					 .owner = s->owner,
					 .kind = row->kind,
					 .visibility = s->settings.visibility };
	link.record = r.row.id;
	/* A broken item is nobody's half. */
	if (record_check(s->e, row->kind, &item->image, err) < 0 ||
	    sync_role(s, &item->image, &r.row.id, &link.role, err) < 0 ||
	    sync_merge_new(s, &link, item, NULL, &r.image, err) < 0)
		return err->code;
	commit_begin(s->v);
	if (record_create(s->e, &s->v->step, &r, item->uid, &cause, err) < 0)
		return err->code;
	/* What was derived is no change of ours: the server derives it in its own way. */
	sync_put_link(s, &link, BRG_NEW);
	sync_put_shadows(s, &link, &r.image, &item->image, NULL);
	sync_inbox_done(s, row);
	s->v->items++;
	s->v->stored++;
	return 0;
}

/* The link's item came up under another id. */
static int moved(struct sync *s, const struct brg_inbox_row *row, struct brg_link_row *link,
		 const struct sync_item *item, struct brg_err *err)
{
	sync_note(s, row->folder, row->remote_id, &link->record, &sync_decided_moved, "");
	link->folder = row->folder;
	link->remote_id = row->remote_id;
	link->missing = 0;
	link->flags |= LINK_ELSEWHERE;
	if (row->pass)
		link->pass = row->pass;
	return sync_item_linked(s, row, link, item, err);
}

/* It carries our mark. 1: decided, 0: it is like any other item. */
static int by_stamp(struct sync *s, const struct brg_inbox_row *row, const struct sync_item *item,
		    struct brg_err *err)
{
	struct brg_link_row link;
	struct record record;
	int rc, found;

	if (!item->stamped || !sync_stamp_ours(s, &item->stamp))
		return 0;
	rc = record_read(s->e, &item->stamp.record, s->v->batch, &record, err);
	if (rc <= 0)
		return rc;
	found = sync_link_to(s, &record.row.id, &link, err);
	if (found < 0)
		return found;
	if (found && link.live && link.missing) {
		rc = moved(s, row, &link, item, err);
		return rc < 0 ? rc : 1;
	}
	/* A try of ours that came late, or was done twice. */
	if (found ? link.attempt != item->stamp.attempt : record.row.deleted_us != 0) {
		rc = sync_remove_double(s, row, item, &record, err);
		if (rc != 0)
			return rc;
		/* It says what the record had to forget. */
		if (record_is_blank(&record)) {
			sync_inbox_done(s, row);
			return 1;
		}
	}
	if (found && link.live) {
		sync_note(s, row->folder, row->remote_id, &record.row.id, &sync_decided_copy, "");
		return 0;
	}
	if (record.row.deleted_us || (found && link.end == BRG_LINK_DELETED)) {
		sync_note(s, row->folder, row->remote_id, &record.row.id, &sync_decided_tombstone,
			  "");
		sync_inbox_done(s, row);
		return 1;
	}
	if (found && !sync_is_tracked(item->flags) && !(link.flags & LINK_BY_FILTER))
		return 0;
	rc = sync_adopt(s, row, item, &record, found ? &link : NULL, err);
	return rc < 0 ? rc : 1;
}

/* Records by a clue that could be the item's: not linked here, in reach of its owner. Links that
 * miss their item count too: then it has moved. 1: *out, 0: none, 2: several. */
static int by_clue(struct sync *s, const struct brg_inbox_row *row, int type, struct brg_str key,
		   struct record *out, struct brg_link_row *link, bool *missing,
		   struct brg_err *err)
{
	struct brg_query q = {
		.size = sizeof(q), .what = BRG_READ_RECORDS, .number = type, .text = key, .limit = 8
	};
	struct brg_row *rows;
	size_t n, fits = 0;

	if (key.len == 0)
		return 0;
	if (store_all(&s->e->store, &q, s->v->batch, &rows, &n, err) < 0)
		return err->code;
	for (size_t i = 0; i < n; i++) {
		const struct brg_record_row *r = &rows[i].u.record;
		struct brg_link_row l;
		int found, near = type == CLUE_UID || brg_id_eq(&r->owner, &s->owner);

		if (r->kind != row->kind || r->deleted_us)
			continue;
		found = sync_link_to(s, &r->id, &l, err);
		if (found < 0)
			return found;
		/* Thrown away there, and made anew by somebody: it is the record's again. */
		if (found && l.live && !l.missing)
			continue;
		if (!near)
			near = sync_matches(s, row->kind, &r->id, err);
		if (near < 0)
			return near;
		if (!near)
			continue;
		/* A link that misses its item goes before everything else. */
		if (fits++ && !(found && l.live))
			continue;
		*missing = found && l.live;
		if (*missing)
			*link = l;
		if (record_decode(s->e, r, s->v->batch, out, err) < 0)
			return err->code;
		if (*missing)
			return 1;
	}
	return fits > 1 ? 2 : (int)fits;
}

/* 1: decided, 0: nothing here is the same. */
static int by_likeness(struct sync *s, const struct brg_inbox_row *row,
		       const struct sync_item *item, struct brg_err *err)
{
	struct brg_str keys[2] = {
		record_uid_key(s->e, item->uid, s->v->batch),
		record_identity_key(s->e, row->kind, &item->image, s->v->batch),
	};
	static const int types[2] = { CLUE_UID, CLUE_IDENTITY };
	struct brg_link_row link;
	struct record record;
	bool missing = false;

	for (int i = 0; i < 2; i++) {
		int rc = by_clue(s, row, types[i], keys[i], &record, &link, &missing, err);

		if (rc == 2) {
			(void)plan_allows(&s->plan,
					  &(struct effect){ .side = SIDE_SERVER,
							    .type = EFFECT_AMBIGUOUS,
							    .kind = row->kind,
							    .folder = row->folder,
							    .remote_id = row->remote_id });
			sync_note(s, row->folder, row->remote_id, NULL, &sync_decided_ambiguous,
				  "");
			sync_inbox_done(s, row);
			return 1;
		}
		if (rc == 1) {
			rc = missing ? moved(s, row, &link, item, err)
				     : sync_adopt(s, row, item, &record, NULL, err);
			return rc < 0 ? rc : 1;
		}
		if (rc < 0)
			return rc;
	}
	return 0;
}

int sync_item_new(struct sync *s, const struct brg_inbox_row *row, const struct sync_item *item,
		  struct brg_err *err)
{
	int rc;

	if (item->err) {
		sync_park(s, row, item->err);
		return 0;
	}
	if (!item->there || (item->flags & BRG_IS_PRIVATE)) {
		sync_inbox_done(s, row);
		return 0;
	}
	rc = by_stamp(s, row, item, err);
	if (rc == 0)
		rc = by_likeness(s, row, item, err);
	if (rc != 0)
		return rc < 0 ? rc : 0;
	if (sync_eligible(s, row->kind, item->flags))
		return make_record(s, row, item, err);
	sync_inbox_done(s, row);
	return 0;
}
