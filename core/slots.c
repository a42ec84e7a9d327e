/* SPDX-License-Identifier: Apache-2.0 */
#include "core/slots.h"

#include "core/http_pool.h"
#include "core/log.h"

#include <stdlib.h>

#define IDLE_MS	  10000
#define LOOK_MS	  1000 /* how often a process that gets along asks whether others do */
#define FORGET_MS 3000 /* what was asked for in vain, and not again since, is not wanted */

struct holding {
	struct brg_id profile;
	uint32_t held, used, asked;
	bool wanted;	  /* others asked for slots and did not get them */
	int64_t asked_ms; /* when the store was last asked */
	int64_t used_ms;  /* when all that is held was last of use */
};

struct slots {
	struct engine *engine;
	struct holding *at;
	size_t n, room;
};

struct slots *slots_new(struct engine *engine)
{
	struct slots *s = xcalloc(1, sizeof(*s));

	s->engine = engine;
	return s;
}

void slots_free(struct slots **slots)
{
	if (*slots)
		free((*slots)->at);
	free(*slots);
	*slots = NULL;
}

static struct holding *find(struct slots *s, const struct brg_id *profile)
{
	for (size_t i = 0; i < s->n; i++)
		if (brg_id_eq(&s->at[i].profile, profile))
			return &s->at[i];
	if (s->n == s->room) {
		s->room = s->room ? s->room * 2 : 16;
		s->at = xrealloc(s->at, s->room, sizeof(*s->at));
	}
	s->at[s->n] = (struct holding){ .profile = *profile };
	return &s->at[s->n++];
}

static void hold(struct slots *s, struct holding *h, uint32_t n, int64_t now_ms)
{
	struct store *store = &s->engine->store;
	struct brg_slots io = {
		.size = sizeof(io), .hold = n, .process = s->engine->process, .profile = h->profile
	};
	struct brg_err err = BRG_ERR_INIT;

	/* What waits, connected, holds a slot as well: with it go all that are not used. */
	if (n < h->held)
		http_pool_drop(&h->profile);
	h->asked = n;
	h->asked_ms = now_ms;
	if (store->ops->slots(store->self, &io, &err) < 0) {
		log_failure(BRG_LOG_WARNING, "slots.failed", &err);
		return;
	}
	h->held = io.held;
	h->wanted = io.others_want > 0;
}

uint32_t slots_room(struct slots *s, const struct brg_due_row *due, uint32_t threads,
		    int64_t now_ms)
{
	struct holding *h = find(s, &due->profile);
	int64_t want = (int64_t)h->used + due->due;

	if (want > threads)
		want = threads;
	if (want > due->max_connections)
		want = due->max_connections;
	/* Others wait: do not take back what was just given. */
	if (h->wanted && want > (due->max_connections + 1) / 2)
		want = (due->max_connections + 1) / 2;
	if (want > h->held)
		hold(s, h, (uint32_t)want, now_ms);
	if (h->used < h->held)
		h->used_ms = now_ms;
	return h->held > h->used ? h->held - h->used : 0;
}

void slots_take(struct slots *s, const struct brg_id *profile)
{
	find(s, profile)->used++;
}

void slots_give(struct slots *s, const struct brg_id *profile, int64_t now_ms)
{
	struct holding *h = find(s, profile);

	h->used--;
	if (h->used + 1 == h->held)
		h->used_ms = now_ms;
	if (h->held && !h->wanted && now_ms - h->asked_ms >= LOOK_MS)
		hold(s, h, h->held, now_ms);
	if (h->wanted)
		hold(s, h, h->used, now_ms);
}

void slots_tidy(struct slots *s, int64_t now_ms)
{
	for (size_t i = 0; i < s->n; i++) {
		struct holding *h = &s->at[i];

		if (h->held > h->used && !h->wanted && now_ms - h->asked_ms >= LOOK_MS)
			hold(s, h, h->held, now_ms);
		if ((h->held > h->used && (h->wanted || now_ms - h->used_ms > IDLE_MS)) ||
		    (h->asked > h->held && now_ms - h->asked_ms > FORGET_MS))
			hold(s, h, h->used, now_ms);
	}
}
