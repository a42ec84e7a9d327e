/* SPDX-License-Identifier: Apache-2.0
 *
 * What lost, what waits, and the words for why.
 */
#include "core/merge-private.h"

#include "core/faults.h"

#include <stdlib.h>

#define WHY(ident, number, english, swedish, helps) \
	static const struct brg_fault ident = {     \
		.code = "BRG-SYNC-" number,         \
		.scope = BRG_SCOPE_ITEM,            \
		.en = english,                      \
		.sv = swedish,                      \
		.help = helps,                      \
	}

#define KEPT " What lost is kept in the history of the record, from where it can be taken back."

WHY(store_newer, "0160", "{group}: changed on both sides, and last in the store, so that one holds",
    "{group}: ändrat på båda sidor, och sist i lagret, så det gäller",
    "The store's change was made after the mailbox's by all that is known of the times "
    "(policy newest)." KEPT);
WHY(server_newer, "0161",
    "{group}: changed on both sides, and last in the mailbox, so that one holds",
    "{group}: ändrat på båda sidor, och sist i brevlådan, så det gäller",
    "The store's change was made before the mailbox was last read, the mailbox's after that "
    "(policy newest)." KEPT);
WHY(unknown_order, "0162",
    "{group}: changed on both sides, and nobody can tell which was last, so the mailbox's holds",
    "{group}: ändrat på båda sidor, och det går inte att veta vilket som var sist, så brevlådans "
    "gäller",
    "A mailbox tells when an item was changed last, not when each field was, so the times overlap "
    "(policy newest). Set policy = store, server or ask for the group in brygga.conf to have it "
    "otherwise." KEPT);
WHY(policy_store, "0163", "{group}: changed on both sides, and by its policy the store's holds",
    "{group}: ändrat på båda sidor, och enligt inställningen gäller lagrets",
    "brygga.conf says policy = store for the group or for its kind." KEPT);
WHY(policy_server, "0164", "{group}: changed on both sides, and by its policy the mailbox's holds",
    "{group}: ändrat på båda sidor, och enligt inställningen gäller brevlådans",
    "brygga.conf says policy = server for the group or for its kind." KEPT);
WHY(settled, "0165", "{group}: changed on both sides, and a person has chosen this one",
    "{group}: ändrat på båda sidor, och någon har valt det här",
    "The group has policy = ask, and somebody has settled the conflict." KEPT);
WHY(direction, "0166", "{group}: changed where its direction lets no change through",
    "{group}: ändrat där inställd riktning inte släpper igenom ändringar",
    "The direction of the group is one-way, or none. The change stays where it was made until the "
    "other side changes the group; set the direction in brygga.conf to let it through.");
WHY(role, "0167", "{group}: changed in an attendee's copy, which does not decide it",
    "{group}: ändrat i en deltagares exemplar, som inte bestämmer det",
    "Of a meeting the organizer's copy decides time, place and people. Of an attendee's copy only "
    "his own answer counts. The change stays in his calendar.");
WHY(invariant, "0168", "{group}: what both sides have does not go together, so one side holds",
    "{group}: det som båda sidor har går inte ihop, så den ena sidan gäller",
    "An appointment cannot end before it starts, and a task is completed exactly when it is at "
    "100 %. Where a mixture would break that, all of the group comes from one side." KEPT);
WHY(edit_over_delete, "0169", "{group}: deleted on one side and edited on the other: it stays",
    "{group}: borttaget på ena sidan och ändrat på den andra: det blir kvar",
    "Delete against edit keeps the edit. Delete it once more if it is not wanted.");
WHY(no_place, "0170", "{group}: the series has no such occurrence any more",
    "{group}: serien har inte längre något sådant tillfälle",
    "The start or the recurrence of the series was changed, and what had been changed of this "
    "occurrence alone has no place in it." KEPT);

const struct brg_fault *const merge_faults[] = {
	&store_newer, &server_newer, &unknown_order, &policy_store,	&policy_server, &settled,
	&direction,   &role,	     &invariant,     &edit_over_delete, &no_place,	NULL,
};

const struct brg_fault *merge_why(int why)
{
	return why >= WHY_STORE_NEWER && why <= WHY_NO_PLACE ? merge_faults[why - 1] : NULL;
}

const char *policy_name(int policy)
{
	static const char *const names[] = { "newest", "server", "store", "ask" };

	return policy >= 0 && policy <= POLICY_ASK ? names[policy] : "";
}

/* ---- names of groups ------------------------------------------------------------------------*/

struct brg_str merge_part_name(const struct set *set, const char *group)
{
	const char *part = set->part == BRG_ATTENDEE ? "attendees" : "occurrences";

	return brg_cstr(arena_printf(set->mix->arena, "%s/%.*s%s%s", part, (int)set->key.len,
				     set->key.ptr, group ? "/" : "", group ? group : ""));
}

int merge_settled_side(const struct mix *mix, struct brg_str group)
{
	for (size_t i = 0; i < mix->in->n_settled; i++)
		if (brg_str_eq(mix->in->settled[i].group, group))
			return mix->in->settled[i].side;
	return 0;
}

/* ---- lists ----------------------------------------------------------------------------------*/

/* The same list, with room for one more. */
static void *grow(struct mix *mix, void *at, size_t n, size_t *room, size_t size)
{
	void *more;

	if (n < *room)
		return at;
	*room = n ? 2 * n : 4;
	more = arena_alloc(mix->arena, *room * size);
	if (n)
		memcpy(more, at, n * size);
	return more;
}

/* Fields of a part stand in an image that has this part and nothing else. */
static void fill(const struct set *set, struct brg_fields fields, struct image *out)
{
	struct brg_part *part;

	*out = (struct image){ .told = IMAGE_TOLD_ALL };
	if (set->part == 0) {
		out->fields = fields;
		return;
	}
	part = arena_alloc(set->mix->arena, sizeof(*part));
	*part = (struct brg_part){ .size = sizeof(*part),
				   .type = set->part,
				   .key = set->key,
				   .presence = BRG_VALUE,
				   .fields = fields };
	out->parts = part;
	out->n_parts = 1;
}

void merge_add_loss(struct set *set, const char *group, int side, int why, struct brg_fields lost,
		    bool deletion)
{
	struct mix *mix = set->mix;
	struct merge_out *out = mix->out;
	struct merge_loss *loss;

	out->losses = grow(mix, out->losses, out->n_losses, &mix->losses_room, sizeof(*loss));
	loss = &out->losses[out->n_losses++];
	loss->group = set->part ? merge_part_name(set, group) : brg_cstr(group);
	loss->side = side;
	loss->why = why;
	if (deletion)
		loss->value = (struct image){ .told = IMAGE_TOLD_ALL };
	else
		fill(set, lost, &loss->value);
}

/* The drafts start anew for the next group. */
static struct brg_fields drain(struct image_draft *draft)
{
	struct brg_fields fields = { 0 };

	if (draft->n)
		fields = draft_done(draft);
	draft_init(draft, draft->arena);
	return fields;
}

void merge_add_conflict(struct set *set, struct brg_str group)
{
	struct mix *mix = set->mix;
	struct merge_out *out = mix->out;
	struct merge_conflict *c;

	out->conflicts =
		grow(mix, out->conflicts, out->n_conflicts, &mix->conflicts_room, sizeof(*c));
	c = &out->conflicts[out->n_conflicts++];
	c->group = group;
	fill(set, drain(&set->base_waits), &c->base);
	fill(set, drain(&set->ours_wait), &c->ours);
	fill(set, drain(&set->theirs_wait), &c->theirs);
}
