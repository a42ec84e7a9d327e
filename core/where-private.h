/* SPDX-License-Identifier: Apache-2.0
 *
 * A filter as a tree, before anything relative in it is known; and the words it is read from.
 */
#ifndef BRG_CORE_WHERE_PRIVATE_H
#define BRG_CORE_WHERE_PRIVATE_H

#include "core/where.h"

/* ---- the tree -------------------------------------------------------------------------------*/

/* What is compared and is no field of the table. */
enum {
	WHERE_OWNER = 1,
	WHERE_PARTY,
	WHERE_REGARDING,
	WHERE_CREATED,
	WHERE_MODIFIED,
};
/* Types of these, behind those of fields (enum brg_type). */
enum {
	TYPE_PERSON = 9, /* me, or an id */
	TYPE_THING,	 /* an id */
	TYPE_PAST,	 /* a moment that stands beside the fields */
	TYPES
};

/* In the order of where_ops. */
enum op { OP_EQ, OP_NE, OP_LT, OP_LE, OP_GT, OP_GE, OP_CONTAINS, OP_BEGINS, OP_IN, OP_IS, OPS };
#define OP_BIT(op) (1u << (op))

enum value_type {
	VALUE_TEXT = 1, /* text */
	VALUE_NUMBER,	/* number */
	VALUE_DAY,	/* text: a date */
	VALUE_TIME,	/* text: date and time */
	VALUE_TODAY,	/* number: days from today */
	VALUE_NOW,	/* number: hours from now */
	VALUE_ME,
	VALUE_ID, /* id */
};
struct value {
	int type;
	struct brg_str text;
	int64_t number;
	struct brg_id id;
};

/* What a filter may be deep, as bound: a mailbox has several, and they are joined. */
#define WHERE_LEVELS 48

/* One way to say a thing: no double not, no not before what has a contrary (=, is set). */
enum node_type { NODE_ALL = 1, NODE_AND, NODE_OR, NODE_NOT, NODE_TEST };
struct node {
	int type;
	int levels; /* as bound */
	/* and, or: two or more, none of the same type; not: one. */
	struct node **of;
	size_t n_of;
	/* test */
	const struct field *field;
	int op;
	bool is_not; /* is not set */
	struct value *values;
	size_t n_values;
};

struct where {
	int kind;
	const struct node *root;
};

/* The moments that a value of time stands for: from, and what is behind it. */
struct range {
	int64_t from, to;
};
/* What relative values are bound to. */
struct binder {
	struct brg_id me;
	int64_t now_us;
	struct brg_str zone; /* one that there is */
	char today[11];
	struct brg_arena *arena; /* NULL: for where_range() alone */
};
void where_binder(struct binder *b, const struct brg_id *me, int64_t now_us, struct brg_str zone,
		  struct brg_arena *arena);
void where_range(const struct binder *b, const struct field *field, const struct value *value,
		 struct range *out);

/* ---- words ----------------------------------------------------------------------------------*/

enum token_type { TOKEN_END, TOKEN_WORD, TOKEN_QUOTED, TOKEN_SIGN };
struct token {
	int type;
	size_t at;
	struct brg_str raw;  /* as written */
	struct brg_str text; /* without quotes and escapes */
};

struct reader {
	const struct field_table *table;
	int kind;
	struct brg_str text;
	struct brg_arena *arena;
	struct brg_err *err;
	size_t next;		   /* offset behind `token` */
	size_t end;		   /* of the token before it */
	struct token token;	   /* the one that is looked at */
	const struct field *field; /* that is being compared, for errors */
	int nested;
	bool names; /* of references may stand where their ids do */
};

/* Look at the next token: 0, or BRG_EINVAL. */
int where_next(struct reader *r);
bool where_is(const struct token *token, const char *word); /* of letters in any case, or signs */
bool where_is_keyword(struct brg_str word);
/* Is the whole of it a single word that needs no quotes? */
bool where_is_bare(struct brg_str text);

/* Errors, at a token, or at an offset. */
int where_fail_at(struct reader *r, const struct brg_fault *fault, size_t at, struct brg_str found,
		  const char *expected);
int where_fail(struct reader *r, const struct brg_fault *fault, const char *expected);
/* Neither `expected` nor anything else that goes on here. */
int where_unexpected(struct reader *r, const char *expected);

/* ---- values ---------------------------------------------------------------------------------*/

extern const char *const where_ops[OPS];
unsigned where_ops_of(int type); /* OP_BIT */
/* Reads one for r->field and looks at what is behind it. */
int where_value(struct reader *r, struct value *out);

/* What is no field of the table; NULL: there is none of that name. */
const struct field *where_beside(struct brg_str name);

extern const struct brg_fault where_too_long, where_bad_character, where_open_quote,
	where_bad_escape, where_no_condition, where_other_word, where_ends, where_near_field,
	where_no_field, where_not_compared, where_no_op, where_no_word, where_no_number,
	where_no_flag, where_no_day, where_no_span, where_not_watched, where_nobody,
	where_empty_text, where_too_deep;

#endif
