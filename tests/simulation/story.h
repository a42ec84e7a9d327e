/* SPDX-License-Identifier: Apache-2.0
 *
 * A story of the two-way simulation: a world in which people, programs, a troubled mail system
 * and a power cable act, all by one seed; and the oracle that judges it when all is quiet.
 */
#ifndef BRG_TEST_STORY_H
#define BRG_TEST_STORY_H

#include "tests/simulation/ramdisk.h"
#include "tests/simulation/world.h"

#define STORY_STEPS   300
#define STORY_TOKENS  512
#define STORY_USERS   3
#define STORY_IDS     2048		  /* of a mailbox */
#define STORY_HOUR_US INT64_C(3600000000) /* a step takes an hour */

/* A thing that the story made, known by a word that stands in its title for ever, or until
 * somebody writes over it. */
struct story_thing {
	char token[12];
	int kind, user;
	bool by_mail;  /* a person made it in his mailbox; else it is a record */
	uint32_t item; /* its number there */
	struct brg_id record;
	bool removed;	/* by a person or program, on the side that made it */
	bool copied;	/* somewhere, by a person: that is a thing of its own */
	bool uncertain; /* hidden, moved, copied, set aside: no promise is checked */
};

/* A value that somebody wrote: it must be somewhere. */
struct story_value {
	char token[12];
	int thing; /* -1: the item is not one of ours */
	int user;
	uint32_t item;
	const char *field;
};

struct story {
	struct world world;
	uint64_t seed, dice;
	struct story_thing things[STORY_TOKENS];
	int n_things;
	struct story_value values[STORY_TOKENS];
	int n_values;
	bool copied[STORY_USERS][STORY_IDS]; /* a person made it as a copy, whatever became of it */
	bool edited[STORY_USERS][STORY_IDS];
	/* Something was taken out there. Right behind a write of ours that looks as if the server
	 * had dropped it, and the record keeps it. */
	bool cleared[STORY_USERS][STORY_IDS];
	struct ramdisk *disk;
	const struct ramdisk *empty;
	void *memory;
	int64_t began_us;
	uint32_t step, next_token, edits;
	bool telling; /* on stderr */
	char at[160]; /* the step that is played */
};

/* What outlives processes: counted over all seeds. */
struct story_counts {
	uint64_t edits_by_mail, edits_by_store, visits, deaths, cuts, takeovers, plans, meanwhile;
	uint64_t died_at[16]; /* by kind of point */
	char why[600];	      /* of a broken invariant */
};
extern struct story_counts *story_counts;

/* What all stories of a process and its children need, one after another: an open store on `disk`,
 * which is as `empty` when a story begins, and a mail system in `memory`. */
void story_ready(struct story *story, const char *folder, const struct brg_plugin *sqlite,
		 void *memory, struct ramdisk *disk, const struct ramdisk *empty);
/* A story that nobody judges: statements are prepared then, zones and much else read. */
void story_rehearse(struct story *story);
void story_begin(struct story *story, uint64_t seed);
/* Step n of the seed: the same whatever other steps are left out. */
void story_step(struct story *story, int n);
/* Trouble rests, everybody is visited until nothing is due; true: the oracle is content. */
bool story_quiet(struct story *story);
void story_end(struct story *story);

/* NULL: there is no such point of death. */
const char *story_point_name(int point);

/* ---- between the rooms ----------------------------------------------------------------------*/
uint32_t story_below(struct story *story, uint32_t n);
const char *story_token(struct story *story, char out[12]);
void story_say(struct story *story, const char *format, ...) BRG_PRINTF(2, 3);
/* story_life.c: hook into the story's engine; a visit; one in which its worker may die; all workers
 * are dead. */
void story_lives(struct story *story);
void story_visit(struct story *story, int user);
void story_deadly_visit(struct story *story, int user);
void story_leave(struct story *story);
/* story_edits.c; false: there was nothing to do it to */
bool story_edit_mail(struct story *story);
bool story_edit_store(struct story *story);
/* Somebody does something in his mailbox. */
bool story_act_there(struct story *story, int user);
/* An edit on the store's side in the middle of a visit. */
void story_meanwhile(struct story *story);
/* story_oracle.c: NULL, or what is wrong. */
const char *story_judge(struct story *story);
/* Records, items and links, on stderr. */
void story_tell_state(struct story *story);

#endif
