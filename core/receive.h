/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BRG_CORE_RECEIVE_H
#define BRG_CORE_RECEIVE_H

#include "core/visit.h"

/* The incoming lane: bring what is new into the store, try parked items again, delete on
 * the server what is to be deleted there, end the session in order. The session is open. */
int receive_run(struct visit *visit, struct brg_err *err);

#endif
