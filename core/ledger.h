/* SPDX-License-Identifier: Apache-2.0
 *
 * How far a process came with the mail that it was sending: the messages that it hands to the
 * connector lie in a shared mapping of a file, so whoever takes over after `kill -9` reads their
 * fates. After a restart of the machine the file says nothing (it is never synced), and mail
 * that was being sent is uncertain.
 */
#ifndef BRG_CORE_LEDGER_H
#define BRG_CORE_LEDGER_H

#include <brygga/connector.h>

#define LEDGER_MESSAGES	  16  /* of a batch; two batches have room */
#define LEDGER_RECIPIENTS 100 /* of one message: what every server takes (RFC 5321 4.5.3.1.8) */

struct ledger;

/* The ledger of a mailbox, empty. `state_dir` NULL: in memory only (simulation). NULL: it cannot
 * be made, with err. */
struct ledger *ledger_open(const char *state_dir, const struct brg_id *mailbox,
			   struct brg_err *err);
/* A new batch; the entries of the last one stay until the next call. */
void ledger_turn(struct ledger *ledger);
/* Enter message i of the batch before its row is committed as being sent. Its `to` has room for
 * LEDGER_RECIPIENTS. Zeroed but for the sizes. */
struct brg_message *ledger_enter(struct ledger *ledger, size_t i, const struct brg_id *record,
				 uint64_t attempt);
/* `settled`: everything is committed, the file goes. Else it stays for whoever takes over. */
void ledger_close(struct ledger **ledger, bool settled);

/* What a former process left. */
struct ledger_entry {
	int fate; /* enum brg_fate */
	size_t n_to;
	bool refused[LEDGER_RECIPIENTS]; /* by place in the list of those that were asked */
};
/* 1: found, of this very attempt; 0: nothing is known. */
int ledger_recall(const char *state_dir, const struct brg_id *mailbox, const struct brg_id *record,
		  uint64_t attempt, struct ledger_entry *out);
/* What it left is settled. */
void ledger_forget(const char *state_dir, const struct brg_id *mailbox);

extern const struct brg_fault *const ledger_faults[];

#endif
