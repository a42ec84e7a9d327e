/* SPDX-License-Identifier: Apache-2.0
 *
 * Sync filters: what differs, the ops that make it so, and what a user starts with who gets his
 * first mailbox with act.
 */
#include "core/apply-private.h"

#include "core/field.h"
#include "core/id.h"
#include "core/regards.h"

#include <stdlib.h>

CHANGE(new_filter, "0138", "created {type} {name}", "skapade {type} {name}", REPEAT);
CHANGE(filter_changed, "0139", "changed {type} {name}: {what}", "ändrade {type} {name}: {what}",
       REPEAT);
CHANGE(copied, "0140", "user {user} starts with filter {name} for {kind}",
       "användaren {user} börjar med filter {name} för {kind}",
       "Copied from a [filter-template] when the user got his first mailbox with act = brygga, "
       "for he had no filter of that kind. From then on it is his own.");

const struct brg_fault *const apply_filter_faults[] = { &new_filter, &filter_changed, &copied,
							NULL };

/* A reference of the file by name or external key; n_references: none. */
static size_t in_directory(const struct directory *d, struct brg_str first, struct brg_str second,
			   bool external)
{
	for (size_t i = 0; i < d->n_references; i++) {
		const struct directory_reference *r = &d->references[i];

		if (!external && brg_str_eq(first, brg_cstr(r->kind)) &&
		    brg_str_eq(second, brg_cstr(r->name)))
			return i;
		for (size_t k = 0; external && k < r->known.n_externals; k++)
			if (brg_str_eq(first, r->known.externals[k].system) &&
			    brg_str_eq(second, r->known.externals[k].key))
				return i;
	}
	return d->n_references;
}

/* A reference of the file or the store. The id of one that is new is known once it was applied. */
static int find_reference(void *ctx, struct brg_str name, struct brg_id *out, struct brg_err *err)
{
	struct applier *a = ctx;
	struct directory_external key;
	const struct brg_row *row;
	bool external;
	size_t i;

	(void)err;
	if (!regards_split(name, &key.system, &key.key, &external))
		return 0;
	key.system = arena_str(a->scratch, key.system);
	key.key = arena_str(a->scratch, key.key);
	i = in_directory(a->dir, key.system, key.key, external);
	row = external ? apply_was_external(a, &key)
		       : apply_was_reference(a, key.system.ptr, key.key.ptr);
	if (i < a->dir->n_references)
		*out = a->reference_ids[i];
	else if (row)
		*out = external ? row->u.external.object : row->u.reference.id;
	return i < a->dir->n_references || row != NULL;
}

static int stored_text(struct applier *a, size_t i, struct brg_str *out, struct brg_err *err)
{
	const struct regards_lookup lookup = { find_reference, a };

	return regards_resolve(a->dir->filters[i].text, &lookup, a->scratch, out, err);
}

int apply_check_filters(struct applier *a, struct brg_err *err)
{
	struct brg_str ignored;

	for (size_t i = 0; i < a->dir->n_filters; i++)
		if (stored_text(a, i, &ignored, err) < 0)
			return err->code;
	return 0;
}

/* His mailboxes are to be looked at; those that the filters of all concern take their turn. */
static void want_user(struct applier *a, const struct brg_id *owner)
{
	for (size_t i = 0; i < a->n_mailboxes; i++)
		if (brg_id_eq(&a->mailboxes[i].u.mailbox.owner, owner))
			step_add(&a->step, BRG_OP_WANT, BRG_ANY)->u.want =
				(struct brg_want){ a->mailboxes[i].u.mailbox.id, BRG_ACT };
}

void apply_filter(struct applier *a, size_t i)
{
	static const struct brg_id nobody;
	const struct directory_filter *f = &a->dir->filters[i];
	const struct brg_id *owner = f->owner ? &a->owner_ids[f->owner - a->dir->owners] : &nobody;
	const struct brg_row *row = apply_was_filter(a, f->type, owner, f->name);
	const struct brg_filter_row *was = row ? &row->u.filter : NULL;
	struct brg_err ignored = BRG_ERR_INIT;
	struct brg_str text = f->text;
	const char *what = "";

	/* apply_check_filters() has seen it. */
	(void)stored_text(a, i, &text, &ignored);
	a->filter_texts[i] = text;
	if (was && was->kind != f->kind)
		what = apply_comma(a, what, "kind");
	if (was && was->active != f->active)
		what = apply_comma(a, what, "active");
	if (was && !brg_str_eq(was->text, text))
		what = apply_comma(a, what, "where");
	if (was && !*what)
		return;
	apply_op(a, BRG_OP_FILTER, row, was ? was->version : 0, f->name)->u.filter =
		(struct brg_filter_row){
			.id = was ? was->id : id_new(a->now_us),
			.owner = *owner,
			.type = f->type,
			.kind = f->kind,
			.active = f->active,
			.name = brg_cstr(f->name),
			.text = text,
		};
	if (f->owner)
		want_user(a, owner);
	apply_note(a, was ? &filter_changed : &new_filter,
		   arena_printf(a->scratch, "type=%s\nname=%s\nwhat=%s",
				directory_filter_type(f->type), f->name, what));
}

/* ---- templates ------------------------------------------------------------------------------*/

static int by_bytes(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct brg_id));
}

struct boxed {
	struct brg_id mailbox, owner;
};

/* The owners of the store's mailboxes that have, or had, the lane act, sorted. */
static void find_served(struct applier *a)
{
	struct boxed *boxes = arena_alloc(a->scratch, (a->n_mailboxes + 1) * sizeof(*boxes));

	a->served = arena_alloc(a->scratch, (a->n_visits + 1) * sizeof(*a->served));
	for (size_t i = 0; i < a->n_mailboxes; i++)
		boxes[i] = (struct boxed){ a->mailboxes[i].u.mailbox.id,
					   a->mailboxes[i].u.mailbox.owner };
	qsort(boxes, a->n_mailboxes, sizeof(*boxes), by_bytes);
	for (size_t i = 0; i < a->n_visits && a->n_mailboxes; i++) {
		const struct brg_visit_row *v = &a->visits[i].u.visit;
		const struct boxed *box = v->lane == BRG_ACT
						  ? bsearch(&v->mailbox, boxes, a->n_mailboxes,
							    sizeof(*boxes), by_bytes)
						  : NULL;

		if (box)
			a->served[a->n_served++] = box->owner;
	}
	qsort(a->served, a->n_served, sizeof(*a->served), by_bytes);
}

static bool is_served(struct applier *a, const struct brg_id *owner)
{
	if (!a->served)
		find_served(a);
	return a->n_served &&
	       bsearch(owner, a->served, a->n_served, sizeof(*owner), by_bytes) != NULL;
}

/* The filters that the user has of each kind, as bits: in the store, and in the file. */
static unsigned kinds_of(const struct applier *a, const struct brg_id *id,
			 const struct directory_owner *owner)
{
	unsigned kinds = 0;

	for (size_t i = 0; i < a->n_filters; i++)
		if (a->filters[i].u.filter.type == BRG_FILTER_USER &&
		    brg_id_eq(&a->filters[i].u.filter.owner, id))
			kinds |= BRG_KIND_BIT(a->filters[i].u.filter.kind);
	for (size_t i = 0; i < a->dir->n_filters; i++)
		if (a->dir->filters[i].owner == owner)
			kinds |= BRG_KIND_BIT(a->dir->filters[i].kind);
	return kinds;
}

static void copy_template(struct applier *a, const struct directory_owner *owner,
			  const struct brg_id *id, struct brg_str name, int kind,
			  struct brg_str text)
{
	apply_op(a, BRG_OP_FILTER, NULL, 0, owner->name)->u.filter = (struct brg_filter_row){
		.id = id_new(a->now_us),
		.owner = *id,
		.type = BRG_FILTER_USER,
		.kind = kind,
		.active = true,
		.name = name,
		.text = text,
	};
	apply_note(a, &copied,
		   arena_printf(a->scratch, "user=%s\nname=%s\nkind=%s", owner->name, name.ptr,
				field_kind_name(kind)));
}

static bool in_file(const struct applier *a, struct brg_str name)
{
	for (size_t i = 0; i < a->dir->n_filters; i++)
		if (a->dir->filters[i].type == BRG_FILTER_TEMPLATE &&
		    brg_str_eq(brg_cstr(a->dir->filters[i].name), name))
			return true;
	return false;
}

void apply_templates(struct applier *a, const struct directory_owner *owner)
{
	size_t index = (size_t)(owner - a->dir->owners);
	const struct brg_id *id = &a->owner_ids[index];
	unsigned has;

	if (owner->type != BRG_USER || a->owner_given[index] || is_served(a, id))
		return;
	a->owner_given[index] = true;
	has = kinds_of(a, id, owner);
	for (size_t i = 0; i < a->dir->n_filters; i++) {
		const struct directory_filter *f = &a->dir->filters[i];

		if (f->type == BRG_FILTER_TEMPLATE && f->active && !(has & BRG_KIND_BIT(f->kind)))
			copy_template(a, owner, id, brg_cstr(f->name), f->kind, a->filter_texts[i]);
	}
	for (size_t i = 0; i < a->n_filters; i++) {
		const struct brg_filter_row *f = &a->filters[i].u.filter;

		if (f->type == BRG_FILTER_TEMPLATE && f->active && !(has & BRG_KIND_BIT(f->kind)) &&
		    !in_file(a, f->name))
			copy_template(a, owner, id, f->name, f->kind, f->text);
	}
}
