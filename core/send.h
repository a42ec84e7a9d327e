/* SPDX-License-Identifier: Apache-2.0
 *
 * The outgoing lane: mail of ours is handed to its server, each exactly once.
 *
 *	pending -> sending -> sent | failed | uncertain | pending (another try)
 *
 * *Sending* is durable before the server is told anything; whoever finds it later, under a
 * lease of his own, knows that the server may have the mail. Nothing is sent twice silently.
 */
#ifndef BRG_CORE_SEND_H
#define BRG_CORE_SEND_H

#include "core/visit.h"

/* Settle what an earlier life left, and look whether there is anything to send. 1: there is,
 * open the session; 0: there is not. Sets visit->due_us to when there will be. */
int send_due(struct visit *visit, struct brg_err *err);
/* Send it. The session is open. */
int send_run(struct visit *visit, struct brg_err *err);

extern const struct brg_fault *const send_faults[];

#endif
