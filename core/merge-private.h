/* SPDX-License-Identifier: Apache-2.0
 *
 * What the rooms of the merge share. "Was" is what a shadow has: was_ours of the record, was_theirs
 * of the item.
 */
#ifndef BRG_CORE_MERGE_PRIVATE_H
#define BRG_CORE_MERGE_PRIVATE_H

#include "core/merge.h"

/* One merge that is going on. */
struct mix {
	const struct merge_in *in;
	struct brg_arena *arena;
	struct merge_out *out;
	struct image was_ours, was_theirs; /* with what was pushed and has arrived */
	bool first;			   /* the item has no base at all */
	bool time_waits;		   /* ... for a person, and occurrences with it */
	int series_lost; /* enum merge_side: whose change of the series' time lost; or 0 */
	size_t losses_room, conflicts_room;
};

/* One field on all sides; NULL: absent. */
struct cell {
	const struct field *field;
	const struct brg_field *was_ours, *was_theirs, *ours, *theirs;
	bool our, their;		/* changed there */
	const struct brg_field *result; /* as the record is to have it */
};

/* The fields of the thing itself, of an attendee, or of an occurrence. */
struct set {
	struct mix *mix;
	int kind;
	int part;	    /* enum brg_part_type; 0: the thing itself */
	struct brg_str key; /* of the part */
	const struct brg_fields *was_ours, *was_theirs, *ours, *theirs;
	uint64_t touched[2], changed[2], pushed[2], waiting[2]; /* groups, as bits */
	/* What comes of it. Absent takes a field away. */
	struct image_draft record, was_ours_now, was_theirs_now, after, push;
	/* Of a part: its groups that wait. */
	struct image_draft base_waits, ours_wait, theirs_wait;
	/* Last, for it is not set to nothing first: of touched groups a row of the table. */
	uint16_t row_of[FIELD_GROUPS_MAX];
};

/* In which ways a group may travel, and why not. */
struct way {
	bool to_store, to_server;
	int why;		       /* enum merge_why */
	bool quiet_ours, quiet_theirs; /* what does not travel is no loss */
};

struct group {
	struct set *set;
	size_t number;
	struct cell *cells;
	size_t n;
	struct way way;
};

#define BIT_SET(bits, i)   ((bits)[(i) / 64] |= UINT64_C(1) << ((i) % 64))
#define BIT_CLEAR(bits, i) ((bits)[(i) / 64] &= ~(UINT64_C(1) << ((i) % 64)))
#define BIT_HAS(bits, i)   ((bits)[(i) / 64] >> ((i) % 64) & 1)

/* ---- merge.c --------------------------------------------------------------------------------*/
/* An empty set, but for what the caller fills in. */
void merge_set_init(struct set *set, struct mix *mix, int kind);
/* Which groups changed on a side, and what becomes of each. */
void merge_set(struct set *set);
/* `base` with the fields of the draft in place of its own. */
struct brg_fields merge_patch(const struct brg_fields *base, struct image_draft *draft);
/* What the item tells in place of what it told before. */
struct brg_fields merge_lay_told(struct mix *mix, const struct brg_fields *was,
				 const struct brg_fields *is);
bool merge_same(const struct set *set, const struct brg_field *a, const struct brg_field *b);
/* Does a field tell anything? Of an item absent does not, of an occurrence it does. */
bool merge_told(const struct set *set, const struct brg_field *theirs);

/* ---- merge_group.c --------------------------------------------------------------------------*/
struct way merge_way(const struct mix *mix, int kind, const struct field *field, size_t group);
void merge_group(struct group *g);
/* Who wins where both changed: enum merge_side, or 0 if a person is to say. */
int merge_choose(struct group *g, int *why);
/* What record and its shadow get; NULL: nothing. */
void merge_take(struct group *g, const struct cell *cell, const struct brg_field *value);
void merge_shadow(struct group *g, const struct cell *cell, const struct brg_field *value);
/* The whole group is written to the item as the results say. */
void merge_push(struct group *g);
/* The same for people: other blanks, other precision. */
bool merge_alike(const struct brg_field *a, const struct brg_field *b);
void merge_lose(struct group *g, int side, int why);

/* ---- merge_list.c, merge_response.c: groups that merge by rules of their own ----------------*/
bool merge_list(struct group *g);
void merge_response(struct group *g);

/* ---- merge_loss.c ---------------------------------------------------------------------------*/
/* `group` may be NULL: the part as a whole. Sorted fields; of a part they lose with its key. */
void merge_add_loss(struct set *set, const char *group, int side, int why, struct brg_fields lost,
		    bool deletion);
void merge_add_conflict(struct set *set, struct brg_str group);
struct brg_str merge_part_name(const struct set *set, const char *group);
/* What a person has settled for it: enum merge_side, or 0. */
int merge_settled_side(const struct mix *mix, struct brg_str group);

/* ---- merge_part.c, merge_pushed.c -----------------------------------------------------------*/
void merge_parts(struct mix *mix);
/* Both shadows with what was pushed and is seen to have arrived. */
void merge_arrived(struct mix *mix);

#endif
