/* SPDX-License-Identifier: Apache-2.0
 *
 * What a connector hands over is looked at here before the engine believes it. Pointers
 * cannot be checked (following a bad one ends the worker, and blame falls on the visit);
 * everything else can.
 */
#ifndef BRG_CORE_CONTRACT_H
#define BRG_CORE_CONTRACT_H

#include "core/visit.h"

/* The connector broke the contract; says in which function. Returns BRG_EPROTO. */
int contract_broken(const struct visit *visit, const char *where, struct brg_err *err);
/* What a call of the connector returned: 0, or < 0 with an error that is one: a reason of
 * the catalogue, text that is text, and no class that only the core may give. */
int contract_answer(const struct visit *visit, int rc, const char *where, struct brg_err *err);
/* The same for the error of one item: a copy in *err. */
void contract_item(const struct visit *visit, const struct brg_err *given, const char *where,
		   struct brg_err *err);
/* What came of a message: a fate that is one, errors as above (copies in visit->batch), words that
 * are text. */
void contract_message(const struct visit *visit, struct brg_message *message);
/* All of a batch, before anything of it is used: as many as were asked for, good ids, none
 * twice, a cursor that fits, and no promise of more without a step forward. */
int contract_batch(const struct visit *visit, const struct brg_pull *asked,
		   const struct brg_batch *batch, struct brg_envelope *const *list, size_t n,
		   struct brg_err *err);

/* The same for a page of the lane act: kinds that the connector carries, things that are gone too;
 * errors of entries become copies in visit->batch. */
int contract_page(const struct visit *visit, const struct brg_pull *asked,
		  const struct brg_batch *batch, struct brg_envelope *const *list, size_t n,
		  struct brg_err *err);

extern const struct brg_fault *const contract_faults[];

#endif
