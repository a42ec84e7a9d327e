/* SPDX-License-Identifier: Apache-2.0
 *
 * Which items of a listing are known. The marks of a folder lie together in the order of
 * their ids, so one walk over them with a hash of the listing beside it answers for all,
 * and tells in passing which known ones the listing does not name.
 */
#include "statements.h"

#include <stdlib.h>

struct table {
	uint32_t *first; /* index + 1 of a listed id, by hash */
	uint32_t *next;	 /* the same, of the next with this hash */
	size_t mask;
};

static uint32_t hash(struct brg_str s)
{
	uint32_t h = 2166136261u; /* FNV-1a */

	for (size_t i = 0; i < s.len; i++)
		h = (h ^ (unsigned char)s.ptr[i]) * 16777619u;
	return h ^ h >> 15;
}

static int table_make(struct table *t, const struct brg_str *ids, size_t n)
{
	size_t size = 16;

	while (size < 2 * n)
		size *= 2;
	t->mask = size - 1;
	t->first = calloc(size, sizeof(*t->first));
	t->next = calloc(n + 1, sizeof(*t->next));
	if (!t->first || !t->next)
		return -1;
	for (size_t i = 0; i < n; i++) {
		uint32_t *slot = &t->first[hash(ids[i]) & t->mask];

		t->next[i] = *slot;
		*slot = (uint32_t)i + 1;
	}
	return 0;
}

/* Every place of the listing that has this id (twice is a server's fault, not ours). */
static bool tell(const struct table *t, const struct brg_str *ids, struct brg_str id, int state,
		 uint8_t *states)
{
	bool found = false;

	for (uint32_t i = t->first[hash(id) & t->mask]; i; i = t->next[i - 1]) {
		if (brg_str_eq(ids[i - 1], id)) {
			states[i - 1] = (uint8_t)state;
			found = true;
		}
	}
	return found;
}

int sql_known(struct sql_db *db, const struct brg_id *mailbox, struct brg_str folder,
	      const struct brg_str *ids, size_t n, uint8_t *states, struct brg_known_answer *answer,
	      struct brg_err *err)
{
	struct put p = { db, S_KNOWN, 0 };
	struct table t = { 0 };
	uint64_t missing = 0;
	int rc;

	if (n >= UINT32_MAX || table_make(&t, ids, n) < 0) {
		rc = brg_fail(err, &sql_bad_call, "what=out of memory");
		goto out;
	}
	memset(states, BRG_UNKNOWN, n);
	put_id(&p, mailbox);
	put_text(&p, folder);
	while ((rc = db->driver->step(db, p.s, err)) > 0) {
		int state = (int)db->driver->get_int(db, p.s, 1);

		if (!tell(&t, ids, db->driver->get_bytes(db, p.s, 0), state, states) &&
		    state != BRG_DELETED)
			missing++;
	}
	db->driver->reset(db, p.s);
	if (answer)
		answer->missing = missing;
out:
	free(t.first);
	free(t.next);
	return rc;
}
