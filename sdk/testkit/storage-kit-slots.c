/* SPDX-License-Identifier: Apache-2.0
 *
 * Connection slots: whoever asks, the sum stays within the profile's maximum.
 */
#include "storage-kit-private.h"

#include <stdlib.h>

static int ask(struct kit_store *st, const struct brg_id *process, const struct brg_id *profile,
	       uint32_t hold, struct brg_slots *out)
{
	*out = (struct brg_slots){
		.size = sizeof(*out), .hold = hold, .process = *process, .profile = *profile
	};
	return st->ops->slots(st->self, out, &st->err);
}

static void slots_are_shared(struct kit *k)
{
	struct kit_store *a = kit_open(k, BRG_OPEN_CREATE), *b;
	struct kit_world *w;
	struct brg_id me, other;
	struct brg_slots s;

	CHECK_STILL(k);
	b = kit_open(k, 0);
	CHECK_STILL(k);
	w = kit_world(a, 1, 5);
	me = kit_join(a);
	other = kit_join(b);
	CHECK_STILL(k);
	CHECK_RC(k, a, ask(a, &me, &w->profile, 4, &s), 0);
	CHECK(k, s.held == 4 && s.others_want == 0);
	CHECK_RC(k, b, ask(b, &other, &w->profile, 4, &s), 0);
	CHECK(k, s.held == 1);
	CHECK_RC(k, a, ask(a, &me, &w->profile, 4, &s), 0);
	CHECK(k, s.held == 4 && s.others_want == 3); /* kept, but told */
	CHECK_RC(k, a, ask(a, &me, &w->profile, 2, &s), 0);
	CHECK(k, s.held == 2);
	CHECK_RC(k, b, ask(b, &other, &w->profile, 4, &s), 0);
	CHECK(k, s.held == 3);
	CHECK_RC(k, b, ask(b, &other, &w->profile, 0, &s), 0);
	CHECK(k, s.held == 0);
	CHECK_RC(k, a, ask(a, &me, &w->profile, 9, &s), 0);
	CHECK(k, s.held == 5 && s.others_want == 0);
	CHECK_RC(k, b, ask(b, &other, &w->profile, 1, &s), 0);
	CHECK(k, s.held == 0);
	kit_close(a); /* who leaves gives back */
	CHECK_RC(k, b, ask(b, &other, &w->profile, 9, &s), 0);
	CHECK(k, s.held == 5);
}

static void slots_when_the_maximum_shrinks(struct kit *k)
{
	struct kit_store *a = kit_open(k, BRG_OPEN_CREATE), *b;
	struct kit_world *w;
	struct brg_id me, other;
	struct brg_slots s;

	CHECK_STILL(k);
	b = kit_open(k, 0);
	CHECK_STILL(k);
	w = kit_world(a, 1, 5);
	me = kit_join(a);
	other = kit_join(b);
	CHECK_STILL(k);
	CHECK_RC(k, a, ask(a, &me, &w->profile, 4, &s), 0);
	CHECK_RC(k, a, kit_commit_one(a, kit_op_profile(k, &w->profile, "kit", 2)), BRG_COMMITTED);
	CHECK_RC(k, a, ask(a, &me, &w->profile, 5, &s), 0);
	CHECK(k, s.held == 4); /* what is in use is not taken away */
	CHECK_RC(k, b, ask(b, &other, &w->profile, 1, &s), 0);
	CHECK(k, s.held == 0);
	CHECK_RC(k, a, ask(a, &me, &w->profile, 1, &s), 0);
	CHECK(k, s.held == 1);
	CHECK_RC(k, b, ask(b, &other, &w->profile, 3, &s), 0);
	CHECK(k, s.held == 1);
}

static void slots_of_nothing(struct kit *k)
{
	struct kit_store *st = kit_open(k, BRG_OPEN_CREATE);
	struct brg_id me, profile, stranger;
	struct brg_slots s;

	CHECK_STILL(k);
	me = kit_join(st);
	CHECK_STILL(k);
	profile = kit_id(k);
	stranger = kit_id(k);
	CHECK_RC(k, st, ask(st, &me, &profile, 3, &s), 0);
	CHECK(k, s.held == 0);
	CHECK(k, ask(st, &stranger, &profile, 3, &s) < 0 && st->err.fault);
}

/* ---- several processes ----------------------------------------------------------------------*/

enum { ROUNDS = 20 };

static int slots_child(struct kit *k, struct kit_child *me)
{
	struct brg_id profile, id;
	struct kit_store *st;

	if (kit_receive(me, &profile, sizeof(profile)) < 0)
		return 1;
	st = kit_open(k, 0);
	if (!st)
		return 2;
	id = kit_join(st);
	for (uint32_t i = 0; i < ROUNDS && !k->failed; i++) {
		struct brg_slots s;

		if (ask(st, &id, &profile, 1 + i % 4, &s) != 0 ||
		    kit_send(me, &s.held, sizeof(s.held)) < 0 || kit_hear(me, 'n') < 0)
			return 3;
	}
	kit_close(st);
	return 0;
}

static void slots_of_processes(struct kit *k)
{
	struct kit_child *c[3];
	uint32_t held[3] = { 0 };
	struct kit_store *st;
	struct kit_world *w;

	for (int i = 0; i < 3; i++)
		c[i] = kit_spawn(k, slots_child);
	CHECK_STILL(k);
	st = kit_open(k, BRG_OPEN_CREATE);
	CHECK_STILL(k);
	w = kit_world(st, 1, 5);
	CHECK_STILL(k);
	for (int i = 0; i < 3; i++)
		CHECK(k, kit_send(c[i], &w->profile, sizeof(w->profile)) == 0);
	/* All three ask at once; what they were told last holds until they ask again. */
	for (int round = 0; round < ROUNDS; round++) {
		uint32_t sum = 0;

		for (int i = 0; i < 3; i++) {
			CHECK(k, kit_receive(c[i], &held[i], sizeof(held[i])) == 0);
			sum += held[i];
		}
		CHECK(k, sum <= 5);
		for (int i = 0; i < 3; i++)
			CHECK(k, kit_say(c[i], 'n') == 0);
	}
	for (int i = 0; i < 3; i++)
		CHECK(k, kit_wait(c[i]) == 0);
}

const struct kit_case kit_slot_cases[] = {
	{ "slots-are-shared", STORAGE_KIT_SLOTS, slots_are_shared },
	{ "slots-when-the-maximum-shrinks", STORAGE_KIT_SLOTS, slots_when_the_maximum_shrinks },
	{ "slots-of-nothing", STORAGE_KIT_SLOTS, slots_of_nothing },
	{ "slots-of-processes", STORAGE_KIT_SLOTS | STORAGE_KIT_PROCESSES, slots_of_processes },
	{ NULL, 0, NULL },
};
