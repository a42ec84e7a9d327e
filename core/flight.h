/* SPDX-License-Identifier: Apache-2.0
 *
 * Steps on their way into the store while their visit goes on. To hash and compress bodies
 * is most of the work of a fetch, so it is done in flight: several steps pack beside each
 * other, and commit one after another in the order in which they started.
 */
#ifndef BRG_CORE_FLIGHT_H
#define BRG_CORE_FLIGHT_H

#include "core/engine.h"

/* The body of a record in a step: the bytes, and the op that refers to them. */
struct parcel {
	struct parcel *next;
	struct brg_blob *raw;
	size_t record;
};

/* A step and its bodies; both live in the step's arena. */
struct cargo {
	struct step step;
	struct parcel *parcels;
	int durability;
};

/* How it ended: BRG_COMMITTED, BRG_REFUSED with the op that failed, or < 0 with err. */
struct landing {
	int rc;
	size_t failed;
	int refused; /* type of that op */
	struct brg_err err;
};

/* Pack and commit here and now. The bodies go before what refers to them: in the same step,
 * or, where they are many, in steps of their own ahead of it under its condition. */
void flight_walk(struct engine *engine, const struct cargo *cargo, struct landing *out);

/* The flights of one visit; all functions are called on the visit's thread. */
struct flights *flights_new(struct engine *engine);
/* None may be under way. */
void flights_free(struct flights **flights);
/* Are as many under way as may be? */
bool flights_full(const struct flights *flights);
/* Take off with the cargo and its arena; < 0: there is no thread, both stay with the caller. */
int flights_start(struct flights *flights, const struct cargo *cargo);
/* Wait for the oldest one. false: there is none. After one that was not committed, no later
 * one is: it fails as BRG_ECANCELED. */
bool flights_land(struct flights *flights, struct landing *out);

#endif
