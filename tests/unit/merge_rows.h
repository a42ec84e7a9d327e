/* Both sides of one thing, each unchanged (U), changed (C), cleared (D), or both changed alike (S):
 * the record, the item after the push, and what lost, with its number. b was there before, o is
 * ours, t theirs, s the same of both, - is nothing, ? a conflict. The columns are newest (ours,
 * theirs, nobody knows), server, store, ask. */

#define ALL(text)                                  \
	{                                          \
		text, text, text, text, text, text \
	}

#define BOTH DIRECTION_BOTH
{ BOTH, "UU", ALL("b b") }, { BOTH, "CU", ALL("o o") }, { BOTH, "DU", ALL("- -") },
	{ BOTH, "UC", ALL("t t") }, { BOTH, "UD", ALL("- -") }, { BOTH, "SS", ALL("s s") },
	{ BOTH, "DD", ALL("- -") },
	{ BOTH, "CC", { "o o t160", "t t o161", "t t o162", "t t o164", "o o t163", "o t ?" } },
	{ BOTH, "CD", { "o o -160", "- - o161", "- - o162", "- - o164", "o o -163", "o - ?" } },
	{ BOTH, "DC", { "- - t160", "t t -161", "t t -162", "t t -164", "- - t163", "- t ?" } },
#undef BOTH

#define TO_SERVER DIRECTION_TO_SERVER
	{ TO_SERVER, "UU", ALL("b b") }, { TO_SERVER, "CU", ALL("o o") },
	{ TO_SERVER, "DU", ALL("- -") }, { TO_SERVER, "UC", ALL("b t t166") },
	{ TO_SERVER, "UD", ALL("b - -166") }, { TO_SERVER, "SS", ALL("s s") },
	{ TO_SERVER, "DD", ALL("- -") }, { TO_SERVER, "CC", ALL("o o t166") },
	{ TO_SERVER, "CD", ALL("o o -166") }, { TO_SERVER, "DC", ALL("- - t166") },
#undef TO_SERVER

#define TO_STORE DIRECTION_TO_STORE
	{ TO_STORE, "UU", ALL("b b") }, { TO_STORE, "CU", ALL("o b o166") },
	{ TO_STORE, "DU", ALL("- b -166") }, { TO_STORE, "UC", ALL("t t") },
	{ TO_STORE, "UD", ALL("- -") }, { TO_STORE, "SS", ALL("s s") },
	{ TO_STORE, "DD", ALL("- -") }, { TO_STORE, "CC", ALL("t t o166") },
	{ TO_STORE, "CD", ALL("- - o166") }, { TO_STORE, "DC", ALL("t t -166") },
#undef TO_STORE

#define NONE DIRECTION_NONE
	{ NONE, "UU", ALL("b b") }, { NONE, "CU", ALL("o b o166") },
	{ NONE, "DU", ALL("- b -166") }, { NONE, "UC", ALL("b t t166") },
	{ NONE, "UD", ALL("b - -166") }, { NONE, "SS", ALL("s s") }, { NONE, "DD", ALL("- -") },
	{ NONE, "CC", ALL("o t t166 o166") }, { NONE, "CD", ALL("o - -166 o166") },
	{ NONE, "DC", ALL("- t t166 -166") },
#undef NONE
