/* SPDX-License-Identifier: Apache-2.0 */
#include "core/keyset.h"

static size_t slot_of(const struct keyset *set, struct brg_str key)
{
	uint64_t h = 0;
	size_t i;

	/* The keys are hashes already. */
	memcpy(&h, key.ptr, key.len < sizeof(h) ? key.len : sizeof(h));
	for (i = (size_t)h & (set->room - 1); set->at[i].ptr; i = (i + 1) & (set->room - 1))
		if (brg_str_eq(set->at[i], key))
			break;
	return i;
}

bool keyset_has(const struct keyset *set, struct brg_str key)
{
	return set->room && set->at[slot_of(set, key)].ptr;
}

bool keyset_add(struct keyset *set, struct brg_str key, struct brg_arena *arena)
{
	struct keyset old = *set;
	size_t i;

	if (2 * set->n >= set->room) {
		set->room = set->room ? 4 * set->room : 64;
		set->at = arena_alloc(arena, set->room * sizeof(*set->at));
		for (i = 0; i < old.room; i++)
			if (old.at[i].ptr)
				set->at[slot_of(set, old.at[i])] = old.at[i];
	}
	i = slot_of(set, key);
	if (set->at[i].ptr)
		return false;
	set->at[i] = key;
	set->n++;
	return true;
}
