/* SPDX-License-Identifier: Apache-2.0
 *
 * The walk over both sides and their shadows. Most fields are the same everywhere, so the walk
 * only finds the groups that are not; what becomes of those is decided elsewhere, as patches to
 * what was there.
 */
#include "core/merge-private.h"

#include "core/derive.h"

#include <stdlib.h>

/* ---- which groups changed -------------------------------------------------------------------*/

bool merge_same(const struct set *set, const struct brg_field *a, const struct brg_field *b)
{
	if (a == b)
		return true;
	/* In an occurrence null and absent differ: cleared, and as the series. */
	if (set->part == BRG_OCCURRENCE && !a != !b)
		return false;
	return field_value_eq(a, b);
}

bool merge_told(const struct set *set, const struct brg_field *theirs)
{
	return theirs || set->part == BRG_OCCURRENCE;
}

static void touch(struct set *set, uint32_t id)
{
	const struct field_set *fields = &set->mix->in->table->kinds[set->kind];
	const struct field *f = field_of(set->mix->in->table, set->kind, id);
	size_t row, number;

	if (!f)
		return; /* of the organisation once, and not any more */
	row = (size_t)(f - fields->at);
	number = fields->group_of[row];
	BIT_SET(set->touched, number);
	set->row_of[number] = (uint16_t)row;
}

static const struct brg_field *step_to(const struct brg_fields *fields, size_t *at, uint32_t id)
{
	const struct brg_field *f;

	if (*at == fields->n || fields->at[*at].id != id)
		return NULL;
	f = &fields->at[(*at)++];
	return f->presence == BRG_ABSENT ? NULL : f;
}

static uint32_t least(uint32_t id, const struct brg_fields *fields, size_t at)
{
	return at < fields->n && fields->at[at].id < id ? fields->at[at].id : id;
}

static void find_changes(struct set *set)
{
	size_t a = 0, b = 0, c = 0, d = 0;

	for (;;) {
		uint32_t id = least(UINT32_MAX, set->was_ours, a);
		const struct brg_field *was_ours, *was_theirs, *ours, *theirs;

		id = least(least(least(id, set->was_theirs, b), set->ours, c), set->theirs, d);
		if (id == UINT32_MAX)
			return;
		was_ours = step_to(set->was_ours, &a, id);
		was_theirs = step_to(set->was_theirs, &b, id);
		ours = step_to(set->ours, &c, id);
		theirs = step_to(set->theirs, &d, id);
		if (!merge_same(set, was_ours, ours) ||
		    (merge_told(set, theirs) && !merge_same(set, was_theirs, theirs)))
			touch(set, id);
	}
}

/* ---- group by group -------------------------------------------------------------------------*/

static const struct brg_field *find(const struct brg_fields *fields, uint32_t id)
{
	return image_field(&(const struct image){ .fields = *fields }, id);
}

static void fill_cell(const struct set *set, const struct field *field, struct cell *cell)
{
	*cell = (struct cell){ .field = field,
			       .was_ours = find(set->was_ours, field->id),
			       .was_theirs = find(set->was_theirs, field->id),
			       .ours = find(set->ours, field->id),
			       .theirs = find(set->theirs, field->id) };
	cell->our = !merge_same(set, cell->was_ours, cell->ours);
	cell->their =
		merge_told(set, cell->theirs) && !merge_same(set, cell->was_theirs, cell->theirs);
	cell->result = cell->ours;
}

static void fill_group(struct set *set, size_t number, size_t row, struct group *g)
{
	const struct field_set *fields = &set->mix->in->table->kinds[set->kind];
	size_t from = row, to = row + 1;

	while (from > 0 && fields->group_of[from - 1] == number)
		from--;
	while (to < fields->n && fields->group_of[to] == number)
		to++;
	*g = (struct group){ .set = set, .number = number, .n = to - from };
	g->cells = arena_alloc(set->mix->arena, g->n * sizeof(*g->cells));
	for (size_t i = 0; i < g->n; i++)
		fill_cell(set, &fields->at[from + i], &g->cells[i]);
	g->way = merge_way(set->mix, set->kind, g->cells[0].field, number);
}

void merge_set_init(struct set *set, struct mix *mix, int kind)
{
	struct image_draft *drafts[] = { &set->record,	  &set->was_ours_now, &set->was_theirs_now,
					 &set->after,	  &set->push,	      &set->base_waits,
					 &set->ours_wait, &set->theirs_wait };

	memset(set, 0, offsetof(struct set, row_of));
	set->mix = mix;
	set->kind = kind;
	for (size_t i = 0; i < sizeof(drafts) / sizeof(drafts[0]); i++)
		draft_init(drafts[i], mix->arena);
}

void merge_set(struct set *set)
{
	struct group g;

	find_changes(set);
	for (size_t i = 0; i < FIELD_GROUPS_MAX; i++) {
		if (set->touched[i / 64] == 0) {
			i |= 63;
			continue;
		}
		if (!BIT_HAS(set->touched, i))
			continue;
		fill_group(set, i, set->row_of[i], &g);
		merge_group(&g);
	}
}

struct brg_fields merge_patch(const struct brg_fields *base, struct image_draft *draft)
{
	const struct brg_fields over = draft->n ? draft_done(draft) : (struct brg_fields){ 0 };
	struct brg_field *at;
	size_t i = 0, n = 0;

	if (over.n == 0)
		return *base;
	at = arena_alloc(draft->arena, (base->n + over.n) * sizeof(*at));
	for (size_t j = 0; j < over.n; j++) {
		while (i < base->n && base->at[i].id < over.at[j].id)
			at[n++] = base->at[i++];
		if (i < base->n && base->at[i].id == over.at[j].id)
			i++;
		if (over.at[j].presence != BRG_ABSENT)
			at[n++] = over.at[j];
	}
	if (i < base->n)
		memcpy(at + n, base->at + i, (base->n - i) * sizeof(*at));
	return (struct brg_fields){ at, n + base->n - i };
}

/* ---- names that follow from others ----------------------------------------------------------*/

static void forget(struct image_draft *draft, uint32_t id)
{
	size_t n = 0;

	for (size_t i = 0; i < draft->n; i++)
		if (draft->fields[i].id != id)
			draft->fields[n++] = draft->fields[i];
	draft->n = n;
}

/* One that was computed is written like a change of ours, whatever was decided of it before. */
static void settle_derived(struct set *set, const struct field *f, const struct brg_field *value)
{
	size_t number = field_group(set->mix->in->table, set->kind, f->id);
	struct group g;
	struct cell *cell;

	if (BIT_HAS(set->waiting, number))
		return;
	fill_group(set, number, (size_t)(f - set->mix->in->table->kinds[set->kind].at), &g);
	forget(&set->record, f->id);
	forget(&set->push, f->id);
	BIT_CLEAR(set->changed, number);
	BIT_CLEAR(set->pushed, number);
	cell = g.cells;
	cell->result = value;
	merge_take(&g, cell, value);
	if (g.way.to_server && !merge_same(set, cell->theirs, value)) {
		merge_shadow(&g, cell, cell->theirs);
		merge_push(&g);
	} else {
		merge_shadow(&g, cell, value);
	}
}

/* One that a side had computed from its own names is one that nobody set. */
static void compute(const struct merge_in *in, const struct image *merged, struct brg_arena *arena,
		    struct image *out)
{
	const struct image *before[] = { in->record, in->item, in->base_record };

	*out = *merged;
	for (size_t i = 0; i < sizeof(before) / sizeof(before[0]); i++)
		derive_fields(in->table, in->kind, before[i], out, arena, out);
}

/* Has a name changed, or what names are made of? */
static bool names_changed(const struct set *set)
{
	for (size_t i = 0; i < set->record.n; i++)
		if (set->record.fields[i].id <= CONTACT_SUFFIX ||
		    set->record.fields[i].id == CONTACT_COMPANY)
			return true;
	return false;
}

static void derive(struct set *set)
{
	const struct merge_in *in = set->mix->in;
	const struct field_set *fields = &in->table->kinds[set->kind];
	struct image merged = { 0 }, full;

	if (set->kind != BRG_CONTACT || !names_changed(set))
		return;
	merged.fields = merge_patch(set->ours, &set->record);
	compute(in, &merged, set->mix->arena, &full);
	for (size_t i = 0; i < fields->n; i++) {
		const struct field *f = &fields->at[i];
		const struct brg_field *now;

		if (!(f->flags & FIELD_DERIVED))
			continue;
		now = image_field(&full, f->id);
		if (!field_value_eq(now, image_field(&merged, f->id)))
			settle_derived(set, f, now);
	}
}

/* ---- what comes of it -----------------------------------------------------------------------*/

struct brg_fields merge_lay_told(struct mix *mix, const struct brg_fields *was,
				 const struct brg_fields *is)
{
	const struct image before = { .fields = *was }, now = { .fields = *is };
	struct image both;
	size_t j = 0;

	for (size_t i = 0; i < was->n; i++) {
		while (j < is->n && is->at[j].id < was->at[i].id)
			j++;
		if (j == is->n || is->at[j].id != was->at[i].id ||
		    is->at[j].presence == BRG_ABSENT) {
			image_lay(&before, &now, mix->arena, &both);
			return both.fields;
		}
	}
	return *is;
}

static void merge_fields(struct mix *mix)
{
	struct merge_out *out = mix->out;
	struct brg_fields told =
		merge_lay_told(mix, &mix->was_theirs.fields, &mix->in->item->fields);
	struct set set;

	merge_set_init(&set, mix, mix->in->kind);
	set.was_ours = &mix->was_ours.fields;
	set.was_theirs = &mix->was_theirs.fields;
	set.ours = &mix->in->record->fields;
	set.theirs = &mix->in->item->fields;
	merge_set(&set);
	derive(&set);
	out->record.fields = merge_patch(set.ours, &set.record);
	out->base_record.fields = merge_patch(set.was_ours, &set.was_ours_now);
	out->base_record_after.fields = merge_patch(&out->record.fields, &set.after);
	out->base_item.fields = merge_patch(&told, &set.was_theirs_now);
	if (set.push.n)
		out->push.fields = draft_done(&set.push);
	memcpy(out->changed, set.changed, sizeof(out->changed));
	memcpy(out->pushed, set.pushed, sizeof(out->pushed));
}

void merge(const struct merge_in *in, struct brg_arena *arena, struct merge_out *out)
{
	struct mix mix = { .in = in,
			   .arena = arena,
			   .out = out,
			   .was_ours = *in->base_record,
			   .was_theirs = *in->base_item,
			   .first = in->base_item->fields.n == 0 && in->base_item->n_parts == 0 };

	memset(out, 0, sizeof(*out));
	if (in->pushed)
		merge_arrived(&mix);
	merge_fields(&mix);
	merge_parts(&mix);
	out->record.told = out->base_record.told = out->base_record_after.told = IMAGE_TOLD_ALL;
	out->base_item.told = in->base_item->told | in->item->told;
	out->record_changed = out->changed[0] || out->changed[1] || out->parts_changed;
	out->pushes = out->push.fields.n || out->push.n_parts;
}
