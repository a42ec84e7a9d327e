/* SPDX-License-Identifier: Apache-2.0
 *
 * What the rooms of parts share: attendees by address, occurrences by original start.
 */
#ifndef BRG_CORE_MERGE_PART_H
#define BRG_CORE_MERGE_PART_H

#include "core/merge-private.h"

/* One part on all sides; NULL: not listed. */
struct quad {
	int type;
	struct brg_str key;
	const struct brg_part *was_ours, *was_theirs, *ours, *theirs;
	const struct brg_part *record, *told; /* as they are, whatever else is made of them */
};

/* What comes of it; NULL: not listed. */
struct part_fate {
	const struct brg_part *record, *shadow, *after, *item, *push;
};

struct part_list {
	struct brg_part *at;
	size_t n;
};

struct parts {
	struct mix *mix;
	struct way listing; /* attendees that are added and taken away */
	struct way calling; /* occurrences that are called off, and on again */
	struct way lives;   /* that of the part in hand */
	bool moved;	    /* the record's series has another time than before */
	bool gives_time;    /* the item is to get another time */
	bool written_again; /* the item gets another time: servers drop all occurrences then */
	/* Of the series as it is to be, and as it was in the record. */
	struct brg_str rule, start, was_rule, was_start;
	bool none_theirs, none_ours; /* no occurrence is listed there at all */
	struct part_list record, shadow, after, item, push;
};

/* ---- merge_part.c ---------------------------------------------------------------------------*/
/* Which changes count: of ours an answer is no edit. */
enum { PART_ANY, PART_EDITS, PART_TRAVELLING };

/* An attendee lives where he is listed; an occurrence unless it was deleted, for one that is
 * nowhere listed is as the series. */
bool part_lives(const struct quad *q, const struct brg_part *part);
/* None, if it does not live. */
const struct brg_fields *part_fields(const struct brg_part *part);
const struct brg_field *part_field(const struct brg_fields *fields, uint32_t id);
bool part_same(const struct quad *q, const struct brg_part *a, const struct brg_part *b);
extern const struct brg_fields part_no_fields;
/* Did this side change it? And does somebody there want it, then? */
bool part_changed(const struct parts *p, const struct quad *q, int side, int which);
bool part_edited(const struct parts *p, const struct quad *q, int side, int which);
struct brg_part *part_make(const struct parts *p, const struct quad *q, int presence,
			   struct brg_fields fields);
/* With the names that the item's side has for it. */
struct brg_part *part_make_push(const struct parts *p, const struct quad *q, int presence,
				struct brg_fields fields);
void part_set_init(const struct parts *p, const struct quad *q, struct set *set);
void part_lose(const struct parts *p, const struct quad *q, int side, int why);

/* ---- merge_fate.c: what becomes of it -------------------------------------------------------*/
void part_decide(const struct parts *p, const struct quad *q, struct part_fate *out);

/* ---- merge_series.c -------------------------------------------------------------------------*/
/* Before anything is decided: what servers make of occurrences, and losing changes of the series.
 */
void series_fold(const struct parts *p, struct quad *q);
void series_bring_back(const struct parts *p, struct quad *q);
void series_find_place_again(const struct parts *p, struct quad *q);
bool series_has_place(const struct parts *p, const struct quad *q);
void series_drop(const struct parts *p, const struct quad *q, struct part_fate *out);
/* A server that keeps a value of its own in the occurrence does not see that the series has
 * another one now. */
void series_push_along(const struct parts *p, const struct quad *q, struct set *set,
		       const struct brg_fields *record);

#endif
