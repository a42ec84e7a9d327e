/* SPDX-License-Identifier: Apache-2.0
 *
 * Lists are sets: what a side added is added, what it took away goes. Nobody wins or loses.
 */
#include "core/merge-private.h"

#include "core/image-private.h"

#include <stdlib.h>

struct texts {
	const struct brg_str *at; /* sorted, none twice */
	size_t n;
};

static struct texts texts_of(const struct brg_field *f, struct brg_arena *arena)
{
	struct texts t = { 0 };

	if (f && f->presence == BRG_VALUE) {
		t.n = f->u.list.n;
		t.at = image_list(f->u.list.at, &t.n, arena);
	}
	return t;
}

static bool holds_text(struct texts t, struct brg_str text)
{
	size_t lo = 0, hi = t.n;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		int c = image_str_order(t.at[mid], text);

		if (c == 0)
			return true;
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return false;
}

/* Those of a that b does not have. */
static struct texts without(struct texts a, struct texts b, struct brg_arena *arena)
{
	struct brg_str *at = arena_alloc(arena, (a.n + 1) * sizeof(*at));
	struct texts out = { .at = at };

	for (size_t i = 0; i < a.n; i++)
		if (!holds_text(b, a.at[i]))
			at[out.n++] = a.at[i];
	return out;
}

static struct texts together(struct texts a, struct texts b, struct brg_arena *arena)
{
	struct brg_str *at;
	size_t n = a.n + b.n;

	if (b.n == 0)
		return a;
	at = arena_alloc(arena, n * sizeof(*at));
	if (a.n)
		memcpy(at, a.at, a.n * sizeof(*at));
	memcpy(at + a.n, b.at, b.n * sizeof(*at));
	return (struct texts){ image_list(at, &n, arena), n };
}

static bool same_texts(struct texts a, struct texts b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		if (!brg_str_eq(a.at[i], b.at[i]))
			return false;
	return true;
}

static bool text_resembles(struct brg_str wanted, struct brg_str item)
{
	const struct brg_field a = { .presence = BRG_VALUE, .type = BRG_TEXT, .u.text = wanted };
	const struct brg_field b = { .presence = BRG_VALUE, .type = BRG_TEXT, .u.text = item };

	return field_resembles(&a, &b);
}

/* What one side has added and taken away. */
struct edits {
	struct texts added, gone;
};

/* What they took away, by our spelling where the server had cut it short. */
static struct texts our_spelling(struct texts gone, struct texts was_ours, struct texts was_theirs,
				 struct brg_arena *arena)
{
	struct texts only_ours = without(was_ours, was_theirs, arena);
	struct brg_str *at = arena_alloc(arena, (only_ours.n + 1) * sizeof(*at));
	struct texts more = { .at = at };

	for (size_t i = 0; i < only_ours.n; i++)
		for (size_t k = 0; k < gone.n; k++)
			if (!holds_text(was_ours, gone.at[k]) &&
			    text_resembles(only_ours.at[i], gone.at[k])) {
				at[more.n++] = only_ours.at[i];
				break;
			}
	return together(gone, more, arena);
}

/* Who adds a thing wants it more than he who takes it away. */
static struct texts apply(struct texts to, const struct edits *edits, const struct edits *others,
			  struct brg_arena *arena)
{
	struct texts gone = without(edits->gone, others->added, arena);

	return together(without(to, gone, arena), edits->added, arena);
}

static struct brg_field *list_field(const struct cell *c, struct texts t, struct brg_arena *arena)
{
	struct brg_field *f = arena_alloc(arena, sizeof(*f));

	f->id = c->field->id;
	f->type = BRG_LIST;
	f->presence = t.n ? BRG_VALUE : BRG_NULL;
	f->u.list.at = t.at;
	f->u.list.n = t.n;
	return f;
}

static void refuse(struct group *g, int side)
{
	if (!(side == SIDE_STORE ? g->way.quiet_ours : g->way.quiet_theirs))
		merge_lose(g, side, g->way.why);
}

static void merge_texts(struct group *g, struct cell *c)
{
	struct brg_arena *arena = g->set->mix->arena;
	struct texts a = texts_of(c->ours, arena), was_a = texts_of(c->was_ours, arena);
	struct texts was_b = texts_of(c->was_theirs, arena);
	struct texts b = merge_told(g->set, c->theirs) ? texts_of(c->theirs, arena) : was_b;
	struct edits ours = { without(a, was_a, arena), without(was_a, a, arena) };
	struct edits theirs = { without(b, was_b, arena), without(was_b, b, arena) };
	struct texts record = a, item = b, shadow = was_a;

	theirs.gone = our_spelling(theirs.gone, was_a, was_b, arena);
	if (g->way.to_store) {
		record = apply(a, &theirs, &ours, arena);
		shadow = apply(was_a, &theirs, &ours, arena);
	} else if (!same_texts(a, apply(a, &theirs, &ours, arena))) {
		refuse(g, SIDE_SERVER);
	}
	item = apply(b, &ours, &theirs, arena);
	c->result = list_field(c, record, arena);
	merge_take(g, c, c->result);
	if (same_texts(item, b)) {
		merge_shadow(g, c, c->result);
	} else if (g->way.to_server) {
		merge_shadow(g, c, list_field(c, shadow, arena));
		merge_push(g);
	} else {
		refuse(g, SIDE_STORE);
		merge_shadow(g, c, c->result);
	}
}

/* At first contact lists that say the same are ours. */
static bool is_ours(const struct cell *c)
{
	return !c->was_ours && !c->was_theirs && c->ours && c->theirs &&
	       merge_alike(c->ours, c->theirs);
}

bool merge_list(struct group *g)
{
	struct cell *c = &g->cells[0];

	if (g->n != 1 || c->field->type != BRG_LIST)
		return false;
	/* One that is as the series has it is no set. */
	if (g->set->part == BRG_OCCURRENCE && (!c->ours || !c->theirs))
		return false;
	if (is_ours(c))
		merge_shadow(g, c, c->ours);
	else
		merge_texts(g, c);
	return true;
}
