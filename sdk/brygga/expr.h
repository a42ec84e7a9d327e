/* SPDX-License-Identifier: Apache-2.0
 *
 * brygga/expr.h - a condition on records, as a tree that the core has parsed and checked.
 *
 * A storage turns it into its own language. Every test is true or false, never unknown: a
 * field that has no value is equal to nothing, unlike everything, and neither before nor
 * behind anything. Texts are folded by the core and compared bytewise; moments are absolute
 * (the core has put in what "today" is).
 */
#ifndef BRG_EXPR_H
#define BRG_EXPR_H

#include <brygga/abi.h>

enum brg_expr_op {
	BRG_EXPR_TRUE = 0,
	BRG_EXPR_AND = 1, /* a, b */
	BRG_EXPR_OR = 2,
	BRG_EXPR_NOT = 3, /* a */
	/* A field beside a value. */
	BRG_EXPR_EQ = 10,
	BRG_EXPR_NE = 11, /* not EQ */
	BRG_EXPR_LT = 12,
	BRG_EXPR_LE = 13,
	BRG_EXPR_GT = 14,
	BRG_EXPR_GE = 15,
	BRG_EXPR_CONTAINS = 16, /* text: anywhere in it; list: one of its texts is equal */
	BRG_EXPR_BEGINS = 17,	/* text */
	BRG_EXPR_HAS = 18,	/* it has a value */
	/* Not a field. */
	BRG_EXPR_OWNER = 30,	  /* the record's owner is `id` */
	BRG_EXPR_PARTY = 31,	  /* a party row (id, record) with any role */
	BRG_EXPR_REGARDS = 32,	  /* the record regards the reference `id` */
	BRG_EXPR_CREATED_GE = 33, /* created_us >= number */
	BRG_EXPR_MODIFIED_GE = 34,
};

/* Nodes of a tree; depth at most BRG_EXPR_DEPTH, the core sees to it. */
#define BRG_EXPR_DEPTH 64
struct brg_expr {
	int op;		/* enum brg_expr_op */
	uint32_t field; /* key in brg_record_row.keys */
	bool is_text;	/* the value is `text`, else `number` */
	struct brg_str text;
	int64_t number;
	struct brg_id id;
	const struct brg_expr *a, *b;
};

#endif
