/* SPDX-License-Identifier: Apache-2.0
 *
 * For the rooms that do a visit's work: building and committing its steps.
 */
#ifndef BRG_CORE_COMMIT_H
#define BRG_CORE_COMMIT_H

#include "core/visit.h"

/* A new op of the step under construction, which starts with the condition that the lease
 * is ours. Slices must live in visit->pending. */
struct brg_op *commit_op(struct visit *visit, int type, int64_t expect);
/* Before ops are added to visit->step by others: it starts with that condition. */
void commit_begin(struct visit *visit);
/* The bytes of a record, the op of this number in visit->step: hashed, compressed and stored with
 * the step, by the thread that commits it. Takes them out of the blob. */
void commit_body(struct visit *visit, size_t record, struct brg_blob *raw);
/* Commit the step under construction, and wait for it and those in flight. Durable: even
 * an empty step makes all before it durable. Fails with BRG_EFENCED when the lease is lost. */
int commit_now(struct visit *visit, int durability, struct brg_err *err);
/* The same, relaxed, without waiting where the engine has threads: the outcome is told by
 * the next commit. */
int commit_behind(struct visit *visit, struct brg_err *err);
/* Forget the step under construction. */
void commit_drop(struct visit *visit);
/* Wait for the steps in flight. */
int commit_land(struct visit *visit, struct brg_err *err);
/* Add what the session set by host->state_set() to a step. */
void commit_states(struct visit *visit, struct step *step);

extern const struct brg_fault *const commit_faults[];

#endif
