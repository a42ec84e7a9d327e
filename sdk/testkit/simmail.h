/* SPDX-License-Identifier: Apache-2.0
 *
 * A mail system in memory: mailboxes with folders of contacts, tasks and appointments, people
 * who edit them, a server with habits and faults, and a connector that speaks to it. For tests
 * of an engine, and to see how a connector for real servers may behave.
 *
 *	static char memory[SIMMAIL_SIZE]  (or mmap(MAP_SHARED), to outlive killed processes)
 *	struct simmail *sim = simmail_init(memory, SIMMAIL_SIZE, seed);
 *	int bo = simmail_add_box(sim, "bo@example.com");
 *	int item = simmail_user_create(sim, bo, BRG_TASK, "subject=Call\ndue=2026-12-01");
 *	simmail_world = sim;	the connector speaks to it, option box=bo@example.com
 *
 * Everything lies in one flat region without pointers, so that several processes may share it
 * and it may be copied. It has no clock and no chance of its own: time is the host's at the last
 * call, chance is a state in the region. The same calls give the same bytes.
 *
 * What people change is told as lines "PATH=VALUE", cleared by an empty value:
 *	subject=Lunch			a field; \n in it is a line's end
 *	start=2026-12-01T09:00:00 Europe/Stockholm
 *	categories=red;blue		a list
 *	attendees/bo@example.com/role=required
 *	attendees/bo@example.com=-	the attendee goes
 *	occurrences/2026-12-08T09:00:00/location=Attic
 *	occurrences/2026-12-08T09:00:00=-	that one is deleted; "=" brings it back
 */
#ifndef BRG_SIMMAIL_H
#define BRG_SIMMAIL_H

#include <brygga/plugin.h>

/* Sizes that a program may choose, if it is compiled with simmail's files and not linked to them.
 */
#ifndef SIMMAIL_BOXES
#define SIMMAIL_BOXES 8
#endif
#ifndef SIMMAIL_ITEMS
#define SIMMAIL_ITEMS 640 /* at a time, of a mailbox */
#endif
#ifndef SIMMAIL_ENTRIES	     /* more than items */
#define SIMMAIL_ENTRIES 2048 /* of its listings, those of what is gone among them */
#endif
#ifndef SIMMAIL_CONTENT
#define SIMMAIL_CONTENT 6144 /* bytes of fields and parts of an item */
#endif
#define SIMMAIL_FOLDERS 6
#define SIMMAIL_LATE	24 /* writes that are done later */
#define SIMMAIL_MAILED	512
#define SIMMAIL_SCRIPT	16
#define SIMMAIL_DROPPED 8
#define SIMMAIL_ID_MAX	24

/* ---- habits -------------------------------------------------------------------------------
 * How a server changes what it is given, whoever gives it. */
enum {
	SIMMAIL_NORMALISE = 1 << 0,   /* trims, makes one blank of many, folds mail addresses, takes
				       * blanks out of telephone numbers, ends a body's lines by CRLF
				       * and the body by a line's end */
	SIMMAIL_DROP_SILENT = 1 << 1, /* dropped fields are not told; else they are told as null */
	SIMMAIL_IMMUTABLE_ID = 1 << 2,		 /* an item that moves keeps its id */
	SIMMAIL_ANSWERS = 1 << 3,		 /* push answers with the item as it is now */
	SIMMAIL_NO_PRECONDITION = 1 << 4,	 /* the version of an update is not looked at */
	SIMMAIL_DELETE_IGNORES_VERSION = 1 << 5, /* that of a delete is not */
	SIMMAIL_COMPLETES = 1 << 6, /* status, percent and completion of a task drive each other */
	SIMMAIL_SORTS = 1 << 7,	    /* lists come back in another order */
	SIMMAIL_KEEPS_SERIES = 1 << 8, /* another start or rule of a series leaves its exceptions
					* there; else they are dropped, as Exchange does */
	SIMMAIL_ORGANIZES = 1 << 9,    /* every appointment has an organizer, the mailbox's owner */
	SIMMAIL_NEWEST_FIRST = 1 << 10, /* events of a batch come in that order */
	SIMMAIL_APART = 1 << 11,	/* the connector writes occurrences behind their series */
};

struct simmail_habits {
	uint32_t flags;		/* SIMMAIL_* */
	uint32_t truncate;	/* texts of one line to so many characters; 0: no */
	uint32_t truncate_body; /* bodies likewise */
	uint32_t touch;		/* per mille: an item is touched by the server at a call, or right
				 * after a push of it; its version is another then */
	int64_t precision_us;	/* moments, and times of the day, are cut to it */
	char dropped[SIMMAIL_DROPPED][32]; /* fields that are taken and forgotten */
};

/* "truncate=40 normalise drop=pager touch=50 precision=1m"; also "none". NULL, or the word that
 * is not understood. */
const char *simmail_set_habits(struct simmail_habits *habits, const char *words);

/* ---- faults ---------------------------------------------------------------------------------*/

enum simmail_call {
	SIMMAIL_OPEN,
	SIMMAIL_IDENTITY,
	SIMMAIL_LIST, /* folders() */
	SIMMAIL_PULL,
	SIMMAIL_GET,
	SIMMAIL_PUSH,
	SIMMAIL_FIND,
	SIMMAIL_CALLS
};

enum simmail_fault {
	SIMMAIL_REFUSE,	     /* no connection */
	SIMMAIL_HANG_UP,     /* before any work */
	SIMMAIL_LOSE_ANSWER, /* the work is done, the answer is lost */
	SIMMAIL_LATE_WORK,   /* a time-out; a push is done at a later call */
	SIMMAIL_THROTTLE,    /* BRG_ELIMIT with a pause */
	SIMMAIL_PARTIAL,     /* some entries fail, each by itself */
	SIMMAIL_CUT,	     /* the line breaks in the middle; a pull brings less than it could */
	SIMMAIL_REORDER,     /* events of a batch in any order */
	SIMMAIL_REPLAY,	     /* events that were told are told again */
	SIMMAIL_DOUBLE,	     /* the last item of a page comes again on the next */
	SIMMAIL_LOSE_CURSOR, /* all cursors of the folder are lost */
	SIMMAIL_SKEW,	     /* the server's clock jumps */
	SIMMAIL_MEANWHILE,   /* somebody edits in the middle of the call */
	SIMMAIL_SPOIL,	     /* an item is poison from now on, for a while */
	SIMMAIL_FAULTS
};

/* What became of the call that a fault struck. */
enum simmail_outcome {
	SIMMAIL_FAILED,	     /* an error, nothing was done */
	SIMMAIL_DONE_UNTOLD, /* an error, all or some of it was done */
	SIMMAIL_LATER,	     /* an error, it is done at a later call */
	SIMMAIL_BENT,	     /* an answer, and an odd one */
	SIMMAIL_IDLE,	     /* nothing was there that it could strike */
	SIMMAIL_OUTCOMES
};

struct simmail_order {
	uint8_t call, fault; /* enum */
	uint8_t box;	     /* or SIMMAIL_ANY */
	uint32_t countdown;  /* strikes at the n-th such call from now; 0: free */
};
#define SIMMAIL_ANY 255

/* ---- what is in the region ------------------------------------------------------------------*/

/* Fields and parts: sorted lines "PART \t KEY \t NAME \t =VALUE", "-" where something is gone.
 * Equal contents are equal bytes. */
struct simmail_text {
	uint32_t length;
	char bytes[SIMMAIL_CONTENT];
};

struct simmail_item {
	uint8_t used;
	uint8_t kind; /* enum brg_kind */
	uint8_t folder;
	uint8_t tracked; /* its owner has marked it for the CRM */
	uint8_t stamped;
	uint8_t poison; /* so many calls fail at it; 255: all */
	uint8_t reserved[2];
	uint32_t id, version;		 /* numbers, see simmail_id() */
	int64_t created_us, modified_us; /* by the server's clock */
	struct brg_stamp stamp;
	char uid[48];
	struct simmail_text content; /* last: only what is used of it is copied */
};

/* A line of a folder's listing: an id that is there, or was. */
struct simmail_entry {
	uint32_t id;
	uint32_t changed; /* number of its last change in the mailbox */
	uint32_t item;	  /* while it is there */
	uint8_t folder, kind, gone, reserved;
};

struct simmail_state {
	uint32_t n_items, n_entries;
	uint32_t n_free; /* of the items, not used */
	uint32_t reserved;
	struct simmail_entry entries[SIMMAIL_ENTRIES];
	struct simmail_item items[SIMMAIL_ITEMS];
};

struct simmail_folder {
	char id[16], name[32], role[16]; /* no id: there is no such folder */
	uint32_t kinds;
	uint32_t generation; /* of its cursors */
	uint32_t forgotten;  /* cursors before this change are lost */
	uint32_t unmapped;   /* it is not there for the connector */
};

/* Folders that every mailbox has, by number; two more may be made. */
enum { SIMMAIL_CALENDAR, SIMMAIL_CONTACTS, SIMMAIL_TASKS, SIMMAIL_DELETED, SIMMAIL_FIXED };

struct simmail_box {
	char address[64]; /* of its owner; empty: there is no such mailbox */
	char guid[40];
	struct simmail_habits habits;
	struct simmail_folder folders[SIMMAIL_FOLDERS];
	uint32_t changes; /* number of the last change: versions and places in the feed */
	uint32_t ids;	  /* of all times */
	int64_t skew_us;  /* its server's clock is so much ahead */
	uint32_t has_snapshot;
	uint32_t reserved;
	/* Counters. */
	uint32_t calls[SIMMAIL_CALLS];
	uint32_t pushed[6];	/* writes that were done, by enum brg_push_type */
	uint32_t conflicts;	/* refused because of the version */
	uint32_t private_reads; /* fields of a private item that get() handed out */
	uint32_t touches;
	struct simmail_state now, then; /* then: of the snapshot */
};

/* A mail that went out to a person because of a meeting. */
enum { SIMMAIL_INVITED = 1, SIMMAIL_UPDATED = 2, SIMMAIL_CANCELLED = 3, SIMMAIL_RESPONDED = 4 };
struct simmail_mail {
	uint8_t box;	 /* whose mailbox sent it */
	uint8_t what;	 /* SIMMAIL_INVITED, ... */
	uint8_t by_push; /* a connector's write made it, not a person's */
	uint8_t reserved;
	uint32_t allowed; /* mails_out of that write */
	char to[64], uid[48];
};

/* One write, flat. */
struct simmail_op {
	uint8_t type, kind; /* enum brg_push_type, brg_kind */
	uint8_t folder, to_folder;
	uint8_t stamped, checks; /* has a stamp, a precondition */
	uint8_t box, by_push;
	uint32_t id, version, flags, mask, mails_out;
	uint32_t countdown; /* of a late one */
	struct brg_stamp stamp;
	struct simmail_text changes;
};

struct simmail {
	uint64_t magic, size;
	uint64_t dice; /* splitmix64 */
	int64_t now_us;
	uint32_t mute;	     /* faults by dice rest; the script does not */
	uint32_t late_calls; /* late work is done within so many calls */
	uint16_t per_mille[SIMMAIL_FAULTS][SIMMAIL_CALLS];
	struct simmail_order script[SIMMAIL_SCRIPT];
	uint32_t struck[SIMMAIL_FAULTS][SIMMAIL_CALLS][SIMMAIL_OUTCOMES];
	uint32_t uids;
	uint32_t n_late, n_mailed; /* n_mailed: of all times; the last ones are kept */
	uint32_t reserved;
	struct simmail_mail mailed[SIMMAIL_MAILED];
	struct simmail_op late[SIMMAIL_LATE];
	struct simmail_box boxes[SIMMAIL_BOXES];
};
#define SIMMAIL_SIZE sizeof(struct simmail)

/* ---- the region -----------------------------------------------------------------------------*/

/* Touches only what is used, so that it may be done for every seed. NULL: too small. */
struct simmail *simmail_init(void *memory, size_t size, uint64_t seed);
/* Only what is used is copied. */
void simmail_copy(struct simmail *to, const struct simmail *from);
/* A file of it, shared by all who map it; made when it is not there (create). NULL: errno says
 * why. The connector's option "region" and simctl use it. */
struct simmail *simmail_map(const char *path, bool create, uint64_t seed, int *fd);
void simmail_unmap(struct simmail *sim, int fd);

/* A step of splitmix64; a number below n. */
uint64_t simmail_roll(uint64_t *dice);
uint32_t simmail_below(uint64_t *dice, uint32_t n);

/* -1: no room. */
int simmail_add_box(struct simmail *sim, const char *address);
/* By address or number; -1: there is none. */
int simmail_find_box(const struct simmail *sim, const char *name);
/* -1: no room. */
int simmail_add_folder(struct simmail *sim, int box, const char *name, uint32_t kinds);
/* By id or role; -1: there is none. */
int simmail_find_folder(const struct simmail *sim, int box, struct brg_str name);

/* Ids and versions as the connector tells them. Ids differ by case alone, as Exchange's do. */
struct brg_str simmail_id(int box, uint32_t id, char out[SIMMAIL_ID_MAX]);
struct brg_str simmail_version(uint32_t version, char out[SIMMAIL_ID_MAX]);
/* The item with this id (in any folder); -1: there is none. */
int simmail_find_item(const struct simmail *sim, int box, struct brg_str id);
/* Items are boxes[box].now.items[0 .. n_items), where used. */
static inline const struct simmail_item *simmail_at(const struct simmail *sim, int box, int item)
{
	return &sim->boxes[box].now.items[item];
}

/* The value at a path as people write it; false: none. */
bool simmail_value(const struct simmail_item *item, const char *path, char *out, size_t room);
bool simmail_is_private(const struct simmail_item *item);
/* Fields and parts as JSON: { "subject": "Hi", "start": { "local": .., "zone": .. },
 * "attendees": { ADDRESS: { fields } }, "occurrences": { START: { fields } | null } }. As the
 * server has it, line ends, blanks and case not put right. Returns the length; cut where there
 * is no room. */
size_t simmail_json(const struct simmail_item *item, char *out, size_t room);

/* Read the counters of all faults as a table; rows that never struck are left out. */
void simmail_print_faults(const struct simmail *sim, FILE *out);
/* Add those of another region. */
void simmail_add_faults(struct simmail *to, const struct simmail *from);
/* Has every fault struck at every call where it may, and ended in every way that it may? What has
 * not, and what should not have been, is told. */
bool simmail_all_seen(const struct simmail *sim, FILE *out);
const char *simmail_fault_name(int fault);
const char *simmail_call_name(int call);
const char *simmail_outcome_name(int outcome);

/* ---- trouble --------------------------------------------------------------------------------*/

/* Every fault at every call where it can be, so often. */
void simmail_trouble(struct simmail *sim, uint16_t per_mille);
/* One fault; call SIMMAIL_CALLS: wherever it can be. */
void simmail_set_fault(struct simmail *sim, int fault, int call, uint16_t per_mille);
/* Let the n-th such call from now (from 1) meet a fault; false: it cannot, or no room. */
bool simmail_script(struct simmail *sim, int box, int call, int fault, uint32_t n);
/* Late work is done now. Returns how much there was. */
uint32_t simmail_settle(struct simmail *sim);
/* Called at SIMMAIL_MEANWHILE, in this process; NULL: a random edit by a person. */
void simmail_on_meanwhile(void (*fn)(struct simmail *sim, int box, int call, void *arg), void *arg);

/* All cursors of a folder are lost. */
void simmail_expire(struct simmail *sim, int box, int folder);
/* The mailbox is set back to its snapshot: contents, ids and versions of then, cursors lost. */
void simmail_snapshot(struct simmail *sim, int box);
bool simmail_restore(struct simmail *sim, int box);
/* Everything is gone; the feed tells so, or its cursors are lost and nothing is told. */
void simmail_empty(struct simmail *sim, int box, bool told);
void simmail_unmap_folder(struct simmail *sim, int box, int folder, bool unmapped);
void simmail_set_guid(struct simmail *sim, int box, const char *guid);
/* The server touches the item: another version, the same content. */
void simmail_touch(struct simmail *sim, int box, int item);
/* The next n calls that want this item fail at it; 255: all. */
void simmail_poison(struct simmail *sim, int box, int item, uint8_t n);

/* ---- people ---------------------------------------------------------------------------------*/

/* They work in their mailboxes, never through the connector. Meetings mail the attendees; those who
 * have a mailbox here get a copy with the same uid. */

/* In the kind's own folder. The number of the item; -1: a line is wrong, or no room. */
int simmail_user_create(struct simmail *sim, int box, int kind, const char *lines);
/* False: a line is wrong, or no room; nothing was changed. */
bool simmail_user_edit(struct simmail *sim, int box, int item, const char *lines);
/* Into Deleted Items, and from there for good. */
void simmail_user_delete(struct simmail *sim, int box, int item, bool for_good);
bool simmail_user_move(struct simmail *sim, int box, int item, int folder);
/* The copy has the same stamp, and as an appointment a uid of its own. -1: no room. */
int simmail_user_copy(struct simmail *sim, int box, int item, int folder);
void simmail_user_private(struct simmail *sim, int box, int item, bool yes);
void simmail_user_track(struct simmail *sim, int box, int item, bool yes);
/* To a meeting: the owner's copy and, by mail, the organizer's. */
bool simmail_user_respond(struct simmail *sim, int box, int item, const char *response);
/* Anything of these. What was done is said in a line; false: nothing. */
bool simmail_user_random(struct simmail *sim, int box, uint64_t *dice, char *said, size_t room);

/* Mails that connectors' writes sent; above `allowed`: only those of writes that allowed none.
 * Nobody is to be mailed unasked, so that must be 0. */
uint32_t simmail_mails_by_push(const struct simmail *sim, bool unasked);

/* ---- the connector --------------------------------------------------------------------------*/

/* Options: box (address or number), region (a file; empty: simmail_world), habits. */
extern const struct brg_plugin simmail_plugin;
/* The region of this process, for sessions that name no file. */
extern struct simmail *simmail_world;
/* The connector with caps that are true for a system with these habits (SIMMAIL_*). */
void simmail_connector_as(struct brg_connector *out, uint32_t habits);

#endif
