/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of the simulated mail system share:
 *   simmail.c		the region: mailboxes, folders, items, listings
 *   simmail-fields.c	which fields there are
 *   simmail-content.c	fields and parts as lines of text
 *   simmail-json.c	the same as JSON
 *   simmail-habits.c	what the server makes of what it is given
 *   simmail-write.c	one write done
 *   simmail-meetings.c	who hears of it
 *   simmail-people.c	what people do; simmail-random.c: at random
 *   simmail-faults.c	dice, script, late work, counters
 *   simmail-file.c	the region as a file
 *   simmail-wire.c	lines to fields of the SDK and back
 *   simmail-connector.c, simmail-pull.c, simmail-push.c	the connector
 */
#ifndef BRG_SIMMAIL_PRIVATE_H
#define BRG_SIMMAIL_PRIVATE_H

#include "simmail.h"

/* Fields of an attendee are looked up under this kind. */
#define SIMMAIL_ATTENDEE BRG_KIND_ATTENDEE

/* ---- fields ---------------------------------------------------------------------------------*/

enum {
	FIELD_BODY = 1 << 0,	/* lines */
	FIELD_ADDRESS = 1 << 1, /* of mail */
	FIELD_PHONE = 1 << 2,
	FIELD_FIXED = 1 << 3,  /* taken as it is */
	FIELD_SHARED = 1 << 4, /* of a meeting: the organizer's, the same in all copies */
};
struct simmail_field {
	const char *name;
	int kind;
	int type; /* enum brg_type */
	unsigned flags;
	const char *words; /* of a choice, "a|b" */
};
#define SIMMAIL_FIELDS_MAX 128
extern const struct simmail_field simmail_fields[]; /* name NULL ends it */
/* NULL: no such field. */
const struct simmail_field *simmail_field(int kind, struct brg_str name);
extern const struct brg_field_cap simmail_caps[];

/* ---- content --------------------------------------------------------------------------------*/

struct simmail_line {
	struct brg_str part, key, name; /* part and key: empty for the item's own */
	struct brg_str value;		/* escaped */
	bool gone;
	struct brg_str whole, path; /* the line with its end; up to the value */
};
/* Walk: at starts as 0. */
bool simmail_next(const struct simmail_text *text, size_t *at, struct simmail_line *line);
/* value NULL: gone. False: no room. Each but the value free of tabs and line ends. */
bool simmail_put(struct simmail_text *text, struct brg_str part, struct brg_str key,
		 struct brg_str name, const struct brg_str *value);
bool simmail_find_line(const struct simmail_text *text, struct brg_str part, struct brg_str key,
		       struct brg_str name, struct simmail_line *line);
void simmail_remove(struct simmail_text *text, const struct simmail_line *line);
/* All lines of a part; of all parts of a sort with an empty key. */
void simmail_remove_part(struct simmail_text *text, struct brg_str part, struct brg_str key);
/* Both return the length and write at most room - 1 bytes and a NUL. */
size_t simmail_escape(struct brg_str raw, char *out, size_t room);
size_t simmail_unescape(struct brg_str value, char *out, size_t room);
/* An own field of the item, unescaped; empty: none. */
struct brg_str simmail_own(const struct simmail_text *text, const char *name, char *out,
			   size_t room);
bool simmail_put_own(struct simmail_text *text, const char *name, const char *value);
/* Lines as people write them; false: one is wrong, or no room. */
bool simmail_read_lines(int kind, const char *lines, struct simmail_text *changes);
/* Which kind has the fields of such a part (empty: the item's own)? 0: no such part. */
int simmail_part_kind(int kind, struct brg_str part);

/* ---- the region -----------------------------------------------------------------------------*/

struct simmail_box *simmail_get_box(struct simmail *sim, int box);
int64_t simmail_server_time(const struct simmail *sim, int box);
/* -1: the mailbox is full. The item is in the folder then, empty. */
int simmail_new_item(struct simmail *sim, int box, int kind, int folder);
/* It has changed: new version, new place in the feed. */
void simmail_changed(struct simmail *sim, int box, int item);
void simmail_put_into(struct simmail *sim, int box, int item, int folder);
void simmail_purge(struct simmail *sim, int box, int item);
int simmail_by_uid(const struct simmail *sim, int box, const char *uid);
int simmail_home(int kind); /* the kind's own folder */
void simmail_copy_text(struct simmail_text *to, const struct simmail_text *from);
void simmail_new_uid(struct simmail *sim, struct simmail_item *item);

/* ---- writes ---------------------------------------------------------------------------------*/

/* What a write came to. */
enum simmail_result {
	SIMMAIL_OK,
	SIMMAIL_GONE,
	SIMMAIL_CONFLICT,
	SIMMAIL_FULL,
	SIMMAIL_NOT_ORGANIZER,
	SIMMAIL_TOO_MANY_MAILS,
	SIMMAIL_NO_FOLDER
};
/* *item: that of the write, where there is one. */
int simmail_write(struct simmail *sim, const struct simmail_op *op, int *item);
/* A value as this server keeps it; out has room for what a value may be. */
void simmail_make(const struct simmail_habits *habits, const struct simmail_field *field,
		  struct brg_str value, char *out, size_t room);
bool simmail_drops(const struct simmail_habits *habits, struct brg_str name);
/* Rules between the fields of a kind, after these changes. */
void simmail_rules(const struct simmail *sim, int box, struct simmail_item *item,
		   const struct simmail_text *changes);
/* Lay the changes over the content; false: no room, and nothing is changed. */
bool simmail_lay(const struct simmail *sim, int box, struct simmail_item *item,
		 const struct simmail_text *changes);

/* ---- meetings -------------------------------------------------------------------------------*/

/* How many people but the owner the item would mail; 0: it is no meeting of the owner's. */
uint32_t simmail_to_mail(const struct simmail *sim, int box, const struct simmail_item *item);
bool simmail_is_organizer(const struct simmail *sim, int box, const struct simmail_item *item);
void simmail_tell(struct simmail *sim, int box, int item, int what, const struct simmail_op *op);
/* Those who were attendees before, and are no more. */
void simmail_tell_uninvited(struct simmail *sim, int box, int item,
			    const struct simmail_text *before, const struct simmail_op *op);

/* ---- faults ---------------------------------------------------------------------------------*/

/* Which fault strikes this call; -1: none. */
int simmail_strike(struct simmail *sim, int box, int call);
void simmail_struck(struct simmail *sim, int fault, int call, int outcome);
/* A call begins: late work whose time has come, touches. */
void simmail_begin(struct simmail *sim, int box, int call);
bool simmail_do_later(struct simmail *sim, const struct simmail_op *op);
void simmail_meanwhile(struct simmail *sim, int box, int call);

/* ---- the connector --------------------------------------------------------------------------*/

struct simmail_session {
	const char *box, *region, *habits; /* options */
	const struct brg_host *host;
	struct simmail *sim;
	int at; /* number of the mailbox */
	int fd; /* of the region; -1: it is this process's own */
	bool mapped;
	bool dead;   /* the line is broken */
	int outcome; /* of the fault that strikes the present call */
	uint32_t ids[SIMMAIL_FIELDS_MAX];
};
extern const struct brg_fault simmail_hung_up, simmail_cursor_lost, simmail_no_folder, simmail_sick,
	simmail_full, simmail_bad_field, simmail_gone, simmail_conflict, simmail_not_organizer,
	simmail_too_many_mails, simmail_no_answer;
/* A call: lock, late work, faults that need no work. 1: go on, *fault tells which one strikes it
 * (-1: none). Every call that begins ends. */
int simmail_call_begin(struct simmail_session *s, int call, int *fault, struct brg_err *err);
int simmail_call_end(struct simmail_session *s, int call, int fault, int rc, struct brg_err *err);
/* The line breaks. */
int simmail_break_off(struct simmail_session *s, const struct brg_fault *why, struct brg_err *err);
int simmail_push(void *self, struct brg_push *ops, size_t n, struct brg_arena *arena,
		 struct brg_err *err);
int simmail_pull(void *self, const struct brg_pull *req, struct brg_batch *out,
		 struct brg_err *err);
void simmail_fill_envelope(struct simmail_session *s, int item, struct brg_arena *arena,
			   struct brg_envelope *env);
/* The item with this id in this folder (empty: any); -1: it is not there. */
int simmail_item_in(const struct simmail_session *s, struct brg_str folder, struct brg_str id);
/* The item is poison; a little of it wears off. */
bool simmail_is_sick(struct simmail_session *s, int item);
/* An error of one entry. */
const struct brg_err *simmail_entry_error(struct simmail_session *s, struct brg_arena *arena,
					  const struct brg_fault *fault);
/* The item as it is; parts and fields in the arena. */
void simmail_fill_item(struct simmail_session *s, int item, bool fields, struct brg_arena *arena,
		       struct brg_item *out);
/* The fields and parts of a push as changes. NULL, or why it cannot be taken. */
const struct brg_fault *simmail_read_push(struct simmail_session *s, const struct brg_push *push,
					  struct simmail_text *changes);

static inline struct brg_str simmail_str(const char *at, size_t n)
{
	return (struct brg_str){ at, n };
}

#endif
