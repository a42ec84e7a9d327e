/* SPDX-License-Identifier: Apache-2.0
 *
 * The recipients of an email of ours, as the outbox keeps them: JSON, one object each.
 */
#ifndef BRG_CORE_RECIPIENTS_H
#define BRG_CORE_RECIPIENTS_H

#include "core/arena.h"

#define RECIPIENTS_MAX 1000

/* Where a recipient stands. From SENT on others tell us (reports). */
enum recipient_state {
	RECIPIENT_PENDING = 0,
	RECIPIENT_REFUSED = 1, /* by the server that we handed it to */
	RECIPIENT_SENT = 2,
	RECIPIENT_DELAYED = 3,
	RECIPIENT_DELIVERED = 4,
	RECIPIENT_BOUNCED_SOFT = 5,
	RECIPIENT_BOUNCED_HARD = 6,
	RECIPIENT_READ = 7,
	RECIPIENT_DELETED = 8,	/* unread */
	RECIPIENT_ANSWERED = 9, /* automatically */
};
const char *recipient_state_name(int state);

struct recipient {
	struct brg_str address; /* as in RCPT TO */
	struct brg_str field;	/* "to", "cc", "bcc" */
	int state;		/* enum recipient_state */
	int64_t at_us;		/* since when; 0: from the start */
	struct brg_str status;	/* "5.1.1"; may be empty */
	struct brg_str said;	/* a server's words; may be empty */
};

struct recipients {
	struct recipient *at;
	size_t n;
};

/* Out of a row; texts live in the arena. What is damaged is no recipient. */
void recipients_read(struct brg_str json, struct brg_arena *arena, struct recipients *out);
struct brg_str recipients_write(const struct recipients *recipients, struct brg_arena *arena);
/* The one with this address in any case, or NULL. */
struct recipient *recipients_find(const struct recipients *recipients, struct brg_str address);
size_t recipients_count(const struct recipients *recipients, int state);
/* A report says so. What is final is not made less so: read stays read. True: it changed. */
bool recipient_becomes(struct recipient *recipient, int state, int64_t now_us);

#endif
