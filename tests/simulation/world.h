/* SPDX-License-Identifier: Apache-2.0
 *
 * A small world for the engine of the lane act: users with simulated mailboxes, the real engine
 * inline on a real SQLite store, and a clock that a test turns. Whatever cannot fail ends the
 * process with a word on stderr.
 */
#ifndef BRG_TEST_WORLD_H
#define BRG_TEST_WORLD_H

#include "core/record.h"
#include "core/visit.h"

#include <simmail.h>

#define WORLD_USERS SIMMAIL_BOXES

struct world {
	struct engine engine;
	struct host host;
	struct brg_arena *arena; /* of the engine's life */
	struct brg_arena *scratch;
	struct simmail *sim;
	const char *folder, *vfs; /* vfs NULL: the machine's */
	const struct brg_plugin *sqlite;
	int64_t now_us;
	struct sync_rules rules;
	struct merge_rule merge[FIELD_KINDS][FIELD_GROUPS_MAX];
	struct brg_connector connector;
	struct brg_plugin plugin;
	struct brg_id profile;
	struct world_user {
		struct brg_id owner, mailbox;
		int box;
		char address[64];
	} users[WORLD_USERS];
	int n_users;
	struct brg_err err; /* of the last visit */
	bool verbose;
	bool relaxed; /* what people do is not made durable at once: for many of them */
};

/* Where folders of stores are made: $TMPDIR, or where no disk is slow. */
const char *world_place(void);
/* A store in `folder` and a mail system in `memory` (SIMMAIL_SIZE), both of nothing. */
void world_init(struct world *world, const char *folder, const struct brg_plugin *sqlite,
		void *memory, uint64_t seed);
/* The engine comes to life (again), and ends. */
void world_open(struct world *world);
void world_close(struct world *world);
/* Before that: the store is open and nobody has joined; all begins anew around it, as by
 * world_init(), and the engine comes to life. */
void world_start(struct world *world);
void world_begin(struct world *world, void *memory, uint64_t seed);
/* Another process with the same open store (after a fork, or on a copy); and its end. */
void world_join(struct world *world);
void world_leave(struct world *world);

/* A user with a mailbox; his settings as JSON ({"inbound-contacts":"all"}). Returns his number. */
int world_add_user(struct world *world, const char *address, const char *settings);
/* A filter of his. */
void world_filter(struct world *world, int user, int kind, const char *text);
/* One policy for all groups of a kind. */
void world_policy(struct world *world, int kind, int policy);
void world_rule(struct world *world, int kind, const char *group, int direction, int policy);

/* Ten minutes later one visit of his mailbox. Returns its outcome; world->err says why. */
int world_visit(struct world *world, int user);
int world_visit_lane(struct world *world, int user, int lane);
/* What the keeper does: the dead give back what they held, lanes are tried again. */
void world_keep(struct world *world);
/* In the middle of a visit: its lease is taken from it (as after a long pause of its machine), and
 * another worker does the visit. */
void world_take_over(struct world *world);
/* All mailboxes in turn, so often. */
void world_rounds(struct world *world, int rounds);

/* What people and programs do in the CRM. JSON as image_from_json() takes it. */
struct brg_id world_new(struct world *world, int user, int kind, const char *json);
/* False: the values do not fit together. */
bool world_edit(struct world *world, const struct brg_id *id, const char *json);
void world_delete(struct world *world, const struct brg_id *id);

/* 1: there, 0: not. In world->scratch. */
int world_read(struct world *world, const struct brg_id *id, struct record *out);
/* The record as JSON, or "gone". */
const char *world_json(struct world *world, const struct brg_id *id);
/* Rows of any question, in world->scratch. */
struct brg_row *world_rows(struct world *world, struct brg_query *query, size_t *n);
/* Records of a kind (0: all) that live. */
size_t world_count(struct world *world, int kind);
/* The item of a record in a mailbox; -1: there is none. */
int world_item(struct world *world, int user, const struct brg_id *record);
/* Writes that connectors did so far, in all mailboxes. */
uint32_t world_writes(const struct world *world);

void world_must(int rc, const struct brg_err *err, const char *what);

#endif
