/* The same of lists: C adds a thing to what was there, D takes that away. */
#define BOTH DIRECTION_BOTH
{ BOTH, "UU", ALL("b b") }, { BOTH, "CU", ALL("bo bo") }, { BOTH, "DU", ALL("- -") },
	{ BOTH, "UC", ALL("bt bt") }, { BOTH, "UD", ALL("- -") }, { BOTH, "SS", ALL("bs bs") },
	{ BOTH, "DD", ALL("- -") }, { BOTH, "CC", ALL("bot bot") }, { BOTH, "CD", ALL("o o") },
	{ BOTH, "DC", ALL("t t") },
#undef BOTH

#define TO_SERVER DIRECTION_TO_SERVER
	{ TO_SERVER, "UU", ALL("b b") }, { TO_SERVER, "CU", ALL("bo bo") },
	{ TO_SERVER, "DU", ALL("- -") }, { TO_SERVER, "UC", ALL("b bt bt166") },
	{ TO_SERVER, "UD", ALL("b - -166") }, { TO_SERVER, "SS", ALL("bs bs") },
	{ TO_SERVER, "DD", ALL("- -") }, { TO_SERVER, "CC", ALL("bo bo bt166") },
	{ TO_SERVER, "CD", ALL("bo bo -166") }, { TO_SERVER, "DC", ALL("- - bt166") },
#undef TO_SERVER

#define TO_STORE DIRECTION_TO_STORE
	{ TO_STORE, "UU", ALL("b b") }, { TO_STORE, "CU", ALL("bo b bo166") },
	{ TO_STORE, "DU", ALL("- b -166") }, { TO_STORE, "UC", ALL("bt bt") },
	{ TO_STORE, "UD", ALL("- -") }, { TO_STORE, "SS", ALL("bs bs") },
	{ TO_STORE, "DD", ALL("- -") }, { TO_STORE, "CC", ALL("bot bt bo166") },
	{ TO_STORE, "CD", ALL("o - bo166") }, { TO_STORE, "DC", ALL("t bt -166") },
#undef TO_STORE

#define NONE DIRECTION_NONE
	{ NONE, "UU", ALL("b b") }, { NONE, "CU", ALL("bo b bo166") },
	{ NONE, "DU", ALL("- b -166") }, { NONE, "UC", ALL("b bt bt166") },
	{ NONE, "UD", ALL("b - -166") }, { NONE, "SS", ALL("bs bs") }, { NONE, "DD", ALL("- -") },
	{ NONE, "CC", ALL("bo bt bt166 bo166") }, { NONE, "CD", ALL("bo - -166 bo166") },
	{ NONE, "DC", ALL("- bt bt166 -166") },
#undef NONE
