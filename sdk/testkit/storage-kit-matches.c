/* SPDX-License-Identifier: Apache-2.0
 *
 * Records that a condition is true of: one table of cases, every operator beside every type of
 * value, there and absent.
 */
#include "storage-kit-private.h"

#include <time.h>

#define S(text) brg_cstr(text)

enum { TEXT = 400, NUMBER = 402, LIST = 435, NOTHING = 499 };

/* Named by letters. G is of another kind, H is deleted. */
#define RECORDS 8
#define ALL	"ABCDEF"
static const char *const keys[RECORDS] = {
	"{\"400\":\"alpha beta\",\"402\":100,\"435\":[\"red\",\"green\"]}",
	"{\"400\":\"beta\",\"402\":-5,\"435\":[\"it's \\\"blue\\\"\"]}",
	"{\"400\":\"\",\"402\":9007199254740993}",
	"{}",
	"",
	"{\"400\":\"alph\303\245_%\",\"402\":0,\"435\":[]}",
	"{\"400\":\"alpha beta\",\"402\":100,\"435\":[\"red\",\"green\"]}",
	"{\"400\":\"alpha beta\",\"402\":100,\"435\":[\"red\",\"green\"]}",
};

struct matches {
	struct kit_store *st;
	struct kit_world *w;
	struct brg_id ids[RECORDS], reference;
};

static void make_record(struct matches *m, int i)
{
	struct brg_op op;

	m->ids[i] = kit_id(m->st->kit);
	op = kit_op_record(&m->ids[i], &m->w->owner);
	op.u.record.kind = i == 6 ? BRG_TASK : BRG_CONTACT;
	op.u.record.keys = S(keys[i]);
	op.u.record.created_us = KIT_NOW + i;
	op.u.record.modified_us = KIT_NOW - i;
	op.u.record.deleted_us = i == 7 ? KIT_NOW : 0;
	if (i == 1)
		op.u.record.regarding = m->reference;
	if (kit_commit_one(m->st, op) != BRG_COMMITTED)
		kit_fail(m->st->kit, __FILE__, __LINE__, "making a record");
}

static bool matches(struct kit *k, struct matches *m)
{
	struct brg_op party = { .type = BRG_OP_PARTY };
	struct brg_id mail;

	m->st = kit_open(k, BRG_OPEN_CREATE);
	if (k->failed)
		return false;
	m->w = kit_world(m->st, 1, 1);
	m->reference = kit_id(k);
	for (int i = 0; i < RECORDS; i++)
		make_record(m, i);
	party.u.party = (struct brg_party_row){ .object = m->w->mailboxes[0],
						.record = m->ids[0],
						.type = BRG_PARTY_USER };
	mail = kit_id(k);
	if (kit_commit_one(m->st, party) != BRG_COMMITTED ||
	    kit_commit_one(m->st, kit_op_record(&mail, &m->w->owner)) != BRG_COMMITTED)
		kit_fail(k, __FILE__, __LINE__, "making a party");
	return !k->failed;
}

/* The letters of those that match, in the order told. */
static const char *ask(struct matches *m, const struct brg_query *q)
{
	char *out = kit_alloc(m->st->kit, RECORDS + 2);
	struct brg_row *rows;
	int64_t n = kit_rows(m->st, q, &rows);
	size_t at = 0;

	if (n < 0)
		kit_fail_rc(m->st->kit, m->st, __FILE__, __LINE__, "matches", (int)n);
	for (int64_t i = 0; i < n && at <= RECORDS; i++) {
		const struct brg_id *id = rows[i].what == BRG_READ_CHANGES
						  ? &rows[i].u.change.record
						  : &rows[i].u.record.id;

		out[at] = '?';
		for (int j = 0; j < RECORDS; j++)
			if (brg_id_eq(&m->ids[j], id))
				out[at] = (char)('A' + j);
		at++;
	}
	return out;
}

static struct brg_query of(const struct brg_expr *expr)
{
	return (struct brg_query){ .what = BRG_READ_MATCHES, .number = BRG_CONTACT, .expr = expr };
}

/* ---- a field beside a value -----------------------------------------------------------------*/

static const struct {
	int op;
	uint32_t field;
	const char *text; /* NULL: number */
	int64_t number;
	const char *want;
} cases[] = {
	{ BRG_EXPR_EQ, TEXT, "beta", 0, "B" },
	{ BRG_EXPR_EQ, TEXT, "Beta", 0, "" },
	{ BRG_EXPR_EQ, TEXT, "", 0, "C" },
	{ BRG_EXPR_EQ, TEXT, NULL, 0, "" },
	{ BRG_EXPR_EQ, TEXT, "alph\303\245_%", 0, "F" },
	{ BRG_EXPR_NE, TEXT, "beta", 0, "ACDEF" },
	{ BRG_EXPR_NE, TEXT, NULL, 5, ALL },
	{ BRG_EXPR_LT, TEXT, "beta", 0, "ACF" },
	{ BRG_EXPR_LE, TEXT, "beta", 0, "ABCF" },
	{ BRG_EXPR_GT, TEXT, "alpha", 0, "ABF" },
	{ BRG_EXPR_GT, TEXT, "alphz", 0, "BF" }, /* bytes, not letters */
	{ BRG_EXPR_GT, TEXT, "beta", 0, "" },
	{ BRG_EXPR_GE, TEXT, "beta", 0, "B" },
	{ BRG_EXPR_LT, TEXT, NULL, 1000, "" },
	{ BRG_EXPR_EQ, NUMBER, NULL, 100, "A" },
	{ BRG_EXPR_EQ, NUMBER, "100", 0, "" },
	{ BRG_EXPR_EQ, NUMBER, NULL, INT64_C(9007199254740993), "C" },
	{ BRG_EXPR_EQ, NUMBER, NULL, INT64_C(9007199254740992), "" },
	{ BRG_EXPR_NE, NUMBER, NULL, 100, "BCDEF" },
	{ BRG_EXPR_NE, NUMBER, "100", 0, ALL },
	{ BRG_EXPR_LT, NUMBER, NULL, 0, "B" },
	{ BRG_EXPR_LE, NUMBER, NULL, 0, "BF" },
	{ BRG_EXPR_GT, NUMBER, NULL, 0, "AC" },
	{ BRG_EXPR_GE, NUMBER, NULL, 0, "ACF" },
	{ BRG_EXPR_GE, NUMBER, "", 0, "" },
	{ BRG_EXPR_CONTAINS, TEXT, "beta", 0, "AB" },
	{ BRG_EXPR_CONTAINS, TEXT, "a b", 0, "A" },
	{ BRG_EXPR_CONTAINS, TEXT, "", 0, "ABCF" },
	{ BRG_EXPR_CONTAINS, TEXT, "%", 0, "F" },
	{ BRG_EXPR_CONTAINS, TEXT, "_", 0, "F" },
	{ BRG_EXPR_CONTAINS, TEXT, "\303\245", 0, "F" },
	{ BRG_EXPR_CONTAINS, TEXT, NULL, 1, "" },
	{ BRG_EXPR_CONTAINS, NUMBER, "100", 0, "" },
	{ BRG_EXPR_CONTAINS, LIST, "red", 0, "A" },
	{ BRG_EXPR_CONTAINS, LIST, "green", 0, "A" },
	{ BRG_EXPR_CONTAINS, LIST, "re", 0, "" },
	{ BRG_EXPR_CONTAINS, LIST, "it's \"blue\"", 0, "B" },
	{ BRG_EXPR_CONTAINS, LIST, "", 0, "" },
	{ BRG_EXPR_BEGINS, TEXT, "alph", 0, "AF" },
	{ BRG_EXPR_BEGINS, TEXT, "alph\303\245", 0, "F" },
	{ BRG_EXPR_BEGINS, TEXT, "", 0, "ABCF" },
	{ BRG_EXPR_BEGINS, TEXT, "alpha beta and more", 0, "" },
	{ BRG_EXPR_BEGINS, TEXT, "%", 0, "" },
	{ BRG_EXPR_BEGINS, TEXT, NULL, 1, "" },
	{ BRG_EXPR_BEGINS, NUMBER, "1", 0, "" },
	{ BRG_EXPR_BEGINS, LIST, "red", 0, "" },
	{ BRG_EXPR_HAS, TEXT, NULL, 0, "ABCF" },
	{ BRG_EXPR_HAS, NUMBER, NULL, 0, "ABCF" },
	{ BRG_EXPR_HAS, LIST, NULL, 0, "ABF" },
	{ BRG_EXPR_EQ, LIST, "red", 0, "" },
	{ BRG_EXPR_EQ, LIST, NULL, 0, "" },
	{ BRG_EXPR_NE, LIST, "red", 0, ALL },
	{ BRG_EXPR_LT, LIST, "zzz", 0, "" },
	{ BRG_EXPR_GT, LIST, NULL, -1, "" },
	{ BRG_EXPR_EQ, NOTHING, "", 0, "" },
	{ BRG_EXPR_EQ, NOTHING, NULL, 0, "" },
	{ BRG_EXPR_NE, NOTHING, "a", 0, ALL },
	{ BRG_EXPR_NE, NOTHING, NULL, 0, ALL },
	{ BRG_EXPR_LT, NOTHING, NULL, 1, "" },
	{ BRG_EXPR_LE, NOTHING, "z", 0, "" },
	{ BRG_EXPR_GT, NOTHING, NULL, -1, "" },
	{ BRG_EXPR_GE, NOTHING, "", 0, "" },
	{ BRG_EXPR_CONTAINS, NOTHING, "", 0, "" },
	{ BRG_EXPR_BEGINS, NOTHING, "", 0, "" },
	{ BRG_EXPR_HAS, NOTHING, NULL, 0, "" },
	/* A value of another type than the field's is equal to nothing, and neither before nor
	 * behind anything. */
	{ BRG_EXPR_NE, LIST, NULL, 0, ALL },
	{ BRG_EXPR_LT, NUMBER, "zzz", 0, "" },
	{ BRG_EXPR_LT, LIST, NULL, 100000, "" },
	{ BRG_EXPR_LT, NOTHING, "zzz", 0, "" },
	{ BRG_EXPR_LE, TEXT, NULL, 100000, "" },
	{ BRG_EXPR_LE, NUMBER, "zzz", 0, "" },
	{ BRG_EXPR_LE, LIST, "zzz", 0, "" },
	{ BRG_EXPR_LE, LIST, NULL, 100000, "" },
	{ BRG_EXPR_LE, NOTHING, NULL, 100000, "" },
	{ BRG_EXPR_GT, TEXT, NULL, -1, "" },
	{ BRG_EXPR_GT, NUMBER, "", 0, "" },
	{ BRG_EXPR_GT, LIST, "", 0, "" },
	{ BRG_EXPR_GT, NOTHING, "", 0, "" },
	{ BRG_EXPR_GE, TEXT, NULL, -1, "" },
	{ BRG_EXPR_GE, LIST, "", 0, "" },
	{ BRG_EXPR_GE, LIST, NULL, -1, "" },
	{ BRG_EXPR_GE, NOTHING, NULL, -1, "" },
	{ BRG_EXPR_CONTAINS, NUMBER, NULL, 0, "" },
	{ BRG_EXPR_CONTAINS, LIST, NULL, 0, "" },
	{ BRG_EXPR_CONTAINS, NOTHING, NULL, 0, "" },
	{ BRG_EXPR_BEGINS, NUMBER, NULL, 0, "" },
	{ BRG_EXPR_BEGINS, LIST, NULL, 0, "" },
	{ BRG_EXPR_BEGINS, NOTHING, NULL, 0, "" },
	/* As far as numbers go. */
	{ BRG_EXPR_LT, NUMBER, NULL, INT64_MAX, "ABCF" },
	{ BRG_EXPR_LE, NUMBER, NULL, INT64_MIN, "" },
	{ BRG_EXPR_GE, NUMBER, NULL, INT64_MIN, "ABCF" },
	{ BRG_EXPR_GT, NUMBER, NULL, INT64_MAX, "" },
	/* What would mean something to an engine. */
	{ BRG_EXPR_EQ, TEXT, "beta' OR '1", 0, "" },
	{ BRG_EXPR_CONTAINS, TEXT, "\\", 0, "" },
	{ BRG_EXPR_CONTAINS, TEXT, "\"", 0, "" },
	{ BRG_EXPR_CONTAINS, TEXT, "b?1", 0, "" },
	{ BRG_EXPR_BEGINS, TEXT, "alph_", 0, "" },
	{ BRG_EXPR_CONTAINS, LIST, "it''s \"blue\"", 0, "" },
	{ BRG_EXPR_CONTAINS, LIST, "red,green", 0, "" },
	{ BRG_EXPR_CONTAINS, LIST, "\"red\"", 0, "" },
	{ BRG_EXPR_TRUE, 0, NULL, 0, ALL },
	{ BRG_EXPR_CREATED_GE, 0, NULL, KIT_NOW + 3, "DEF" },
	{ BRG_EXPR_MODIFIED_GE, 0, NULL, KIT_NOW - 1, "AB" },
};

/* Is each operator asked of each type of field, with a text and with a number? */
static void every_pair_is_a_case(struct kit *k)
{
	static const uint32_t fields[] = { TEXT, NUMBER, LIST, NOTHING };
	bool met[BRG_EXPR_HAS + 1][4][2] = { { { false } } };
	bool all = true;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (size_t f = 0; f < 4; f++)
			if (cases[i].op <= BRG_EXPR_HAS && cases[i].field == fields[f])
				met[cases[i].op][f][cases[i].text != NULL] = true;
	for (int op = BRG_EXPR_EQ; op <= BRG_EXPR_HAS; op++)
		for (size_t f = 0; f < 4; f++)
			all = all && met[op][f][0] && (op == BRG_EXPR_HAS || met[op][f][1]);
	CHECK(k, all);
}

static struct brg_expr expr_of(size_t i)
{
	return (struct brg_expr){ .op = cases[i].op,
				  .field = cases[i].field,
				  .is_text = cases[i].text != NULL,
				  .text = S(cases[i].text ? cases[i].text : ""),
				  .number = cases[i].number };
}

/* All that the other does not name. */
static const char *others(struct kit *k, const char *letters)
{
	char *out = kit_alloc(k, RECORDS + 1);
	size_t at = 0;

	for (const char *c = ALL; *c; c++)
		if (!strchr(letters, *c))
			out[at++] = *c;
	return out;
}

static void tell(struct kit *k, size_t i, const char *how, const char *got)
{
	kit_fail(k, __FILE__, __LINE__,
		 kit_printf(k, "case %zu (op %d, field %u)%s: %s, not %s", i, cases[i].op,
			    (unsigned)cases[i].field, how, got, cases[i].want)
			 .ptr);
}

/* Each, its contrary, and each asked of one record and of what has changed. */
static void conditions_are_true_or_false(struct kit *k)
{
	struct matches m;

	if (!matches(k, &m))
		return;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]) && !k->failed; i++) {
		struct brg_expr e = expr_of(i), not = { .op = BRG_EXPR_NOT, .a = &e };
		struct brg_query q = of(&e), n = of(&not );
		const char *got = ask(&m, &q);

		if (strcmp(got, cases[i].want) != 0)
			tell(k, i, "", got);
		got = ask(&m, &n);
		if (!k->failed && strcmp(got, others(k, cases[i].want)) != 0)
			tell(k, i, ", not", got);
		for (int j = 0; j < RECORDS && !k->failed; j++) {
			q.id = m.ids[j];
			got = ask(&m, &q);
			if ((*got != '\0') != (strchr(cases[i].want, 'A' + j) != NULL) && j < 6)
				tell(k, i, ", one", got);
		}
	}
}

/* ---- trees, and what is no field ------------------------------------------------------------*/

static void conditions_are_joined(struct kit *k)
{
	struct brg_expr text = { .op = BRG_EXPR_BEGINS, .field = TEXT, .is_text = true };
	struct brg_expr number = { .op = BRG_EXPR_GE, .field = NUMBER, .number = 0 };
	struct brg_expr list = { .op = BRG_EXPR_HAS, .field = LIST };
	struct brg_expr both = { .op = BRG_EXPR_AND, .a = &text, .b = &number };
	struct brg_expr not = { .op = BRG_EXPR_NOT, .a = &both };
	struct brg_expr either = { .op = BRG_EXPR_OR, .a = &not, .b = &list };
	struct brg_expr deep[BRG_EXPR_DEPTH], wrong = { .op = 77 };
	struct brg_query q = of(&both);
	struct matches m;
	struct brg_row *rows;

	if (!matches(k, &m))
		return;
	text.text = S("alph");
	CHECK(k, strcmp(ask(&m, &q), "AF") == 0);
	q.expr = &not ;
	CHECK(k, strcmp(ask(&m, &q), "BCDE") == 0);
	q.expr = &either;
	CHECK(k, strcmp(ask(&m, &q), "ABCDEF") == 0);
	both.op = BRG_EXPR_OR;
	CHECK(k, strcmp(ask(&m, &q), "ABDEF") == 0);
	q.expr = NULL;
	CHECK(k, strcmp(ask(&m, &q), ALL) == 0);
	for (int i = 0; i < BRG_EXPR_DEPTH; i++)
		deep[i] = i ? (struct brg_expr){ .op = BRG_EXPR_NOT, .a = &deep[i - 1] } : list;
	q.expr = &deep[BRG_EXPR_DEPTH - 1]; /* 63 times not */
	CHECK(k, strcmp(ask(&m, &q), "CDE") == 0);
	for (int i = 1; i < BRG_EXPR_DEPTH; i++)
		deep[i] = (struct brg_expr){ .op = i % 3 ? BRG_EXPR_AND + i % 2 : BRG_EXPR_NOT,
					     .a = i % 3 ? &list : &deep[i - 1],
					     .b = &deep[i - 1] };
	CHECK(k, kit_rows(m.st, &q, &rows) >= 0);
	q.expr = &wrong;
	CHECK(k, kit_rows(m.st, &q, &rows) < 0 && m.st->err.fault);
}

/* More values than any other statement has, and more statements than are kept. */
static void conditions_are_long(struct kit *k)
{
	enum { TESTS = 400 };
	struct brg_expr *leaves = kit_alloc(k, TESTS * sizeof(*leaves));
	struct brg_expr *joined = kit_alloc(k, 2 * TESTS * sizeof(*joined));
	struct brg_query q = of(NULL);
	struct matches m;
	size_t n = TESTS, at = 0;

	if (!matches(k, &m))
		return;
	for (int i = 0; i < TESTS; i++)
		leaves[i] =
			(struct brg_expr){ .op = BRG_EXPR_EQ, .field = NUMBER, .number = 1000 + i };
	leaves[TESTS / 2].number = 100;
	for (const struct brg_expr *level = leaves; n > 1;) { /* a balanced tree */
		struct brg_expr *to = &joined[at];
		size_t half = n / 2;

		for (size_t i = 0; i < half; i++)
			to[i] = (struct brg_expr){ .op = BRG_EXPR_OR,
						   .a = &level[2 * i],
						   .b = &level[2 * i + 1] };
		if (n % 2)
			to[half] = level[n - 1];
		at += half + n % 2;
		n = half + n % 2;
		level = to;
		q.expr = to;
	}
	CHECK(k, strcmp(ask(&m, &q), "A") == 0);
	for (uint32_t i = 0; i < 40; i++) {
		struct brg_expr e = { .op = BRG_EXPR_HAS, .field = i % 20 };

		q.expr = &e;
		CHECK(k, strcmp(ask(&m, &q), "") == 0);
	}
}

static void conditions_on_the_record(struct kit *k)
{
	struct brg_expr e = { .op = BRG_EXPR_OWNER }, list = { .op = BRG_EXPR_HAS, .field = LIST };
	struct brg_expr not = { .op = BRG_EXPR_NOT, .a = &e };
	struct brg_expr and = { .op = BRG_EXPR_AND, .a = &e, .b = &list };
	struct brg_expr or = { .op = BRG_EXPR_OR, .a = &e, .b = &list };
	static const char *const want[][4] = { /* itself, not, with and or has a list */
					       { ALL, "", "ABF", ALL },
					       { "A", "BCDEF", "A", "ABF" },
					       { "B", "ACDEF", "B", "ABF" }
	};
	const struct brg_expr *const trees[] = { &e, &not, &and, & or };
	struct matches m;

	if (!matches(k, &m))
		return;
	for (int i = 0; i < 3; i++) {
		e.op = BRG_EXPR_OWNER + i;
		e.id = i == 0 ? m.w->owner : i == 1 ? m.w->mailboxes[0] : m.reference;
		for (int j = 0; j < 4; j++) {
			struct brg_query q = of(trees[j]);

			CHECK(k, strcmp(ask(&m, &q), want[i][j]) == 0);
			q.id = m.ids[0];
			CHECK(k, (*ask(&m, &q) == 'A') == (want[i][j][0] == 'A'));
		}
		e.id = kit_id(k);
		CHECK(k, strcmp(ask(&m, &(struct brg_query){ .what = BRG_READ_MATCHES,
							     .number = BRG_CONTACT,
							     .expr = &not }),
				ALL) == 0);
	}
}

/* ---- of which records -----------------------------------------------------------------------*/

/* A change is told when all that began before it have ended. */
static const char *ask_until(struct matches *m, const struct brg_query *q, const char *want)
{
	const struct timespec pause = { 0, 10000000 };
	const char *got = ask(m, q);

	for (int i = 0; i < 500 && strcmp(got, want) != 0 && !m->st->kit->failed; i++) {
		nanosleep(&pause, NULL);
		got = ask(m, q);
	}
	return got;
}

static void matches_among_the_changed(struct kit *k)
{
	struct brg_expr e = { .op = BRG_EXPR_HAS, .field = TEXT };
	struct brg_query q = of(&e), last = { .what = BRG_READ_CHANGES, .remote = S("last") }, all;
	struct matches m;
	struct brg_row *rows;
	struct brg_op op;

	if (!matches(k, &m))
		return;
	all = (struct brg_query){ .what = BRG_READ_CHANGES };
	for (int i = 0; i < 500 && kit_count(m.st, &all) < RECORDS; i++)
		nanosleep(&(struct timespec){ 0, 10000000 }, NULL);
	q.text = kit_row(m.st, &last)->u.change.position;
	CHECK(k, strcmp(ask(&m, &q), "") == 0);
	for (int i = 5; i >= 0; i--) {
		op = kit_op_record(&m.ids[i], &m.w->owner);
		op.expect = 1;
		op.u.record.kind = BRG_CONTACT;
		op.u.record.keys = S(keys[i ? i : 3]); /* A has no text any more */
		CHECK_RC(k, m.st, kit_commit_one(m.st, op), BRG_COMMITTED);
	}
	CHECK(k, strcmp(ask_until(&m, &q, "FCB"), "FCB") == 0);
	q.limit = 1;
	CHECK(k, kit_rows(m.st, &q, &rows) == 1 && rows[0].what == BRG_READ_CHANGES &&
			 rows[0].u.change.version == 2 && rows[0].u.change.kind == BRG_CONTACT);
	q.limit = 0;
	q.text = rows[0].u.change.position;
	CHECK(k, strcmp(ask(&m, &q), "CB") == 0);
	q.number = BRG_TASK;
	CHECK(k, strcmp(ask(&m, &q), "") == 0);
	q.number = 0;
	q.text = S("0"); /* from the start, of all kinds */
	CHECK(k, strcmp(ask(&m, &q), "GFCB") == 0);
}

static void matches_without_a_link(struct kit *k)
{
	struct brg_query q = of(NULL);
	struct brg_id link = kit_id(k), ended = kit_id(k);
	struct brg_expr owner = { .op = BRG_EXPR_OWNER };
	struct brg_op op;
	struct matches m;

	if (!matches(k, &m))
		return;
	q.mailbox = m.w->mailboxes[0];
	op = kit_op_link(&link, &q.mailbox, &m.ids[1], "b");
	op.u.link.kind = BRG_CONTACT;
	CHECK_RC(k, m.st, kit_commit_one(m.st, op), BRG_COMMITTED);
	op = kit_op_link(&ended, &q.mailbox, &m.ids[2], "c");
	op.u.link.kind = BRG_CONTACT;
	op.u.link.live = false;
	CHECK_RC(k, m.st, kit_commit_one(m.st, op), BRG_COMMITTED);
	CHECK(k, strcmp(ask(&m, &q), "ACDEF") == 0);
	owner.id = m.w->owner;
	q.expr = &owner;
	q.limit = 2;
	CHECK(k, strcmp(ask(&m, &q), "AC") == 0);
	q.after = m.ids[2];
	CHECK(k, strcmp(ask(&m, &q), "DE") == 0);
	q.limit = 0;
	q.text = S("0");
	CHECK(k, strcmp(ask_until(&m, &q, "ACDEF"), "ACDEF") == 0);
	q.text = S("");
	q.id = m.ids[1];
	CHECK(k, strcmp(ask(&m, &q), "") == 0);
	q.mailbox = kit_id(k);
	CHECK(k, strcmp(ask(&m, &q), "B") == 0);
}

const struct kit_case kit_match_cases[] = {
	{ "every-pair-is-a-case", STORAGE_KIT_READS, every_pair_is_a_case },
	{ "conditions-are-true-or-false", STORAGE_KIT_READS, conditions_are_true_or_false },
	{ "conditions-are-joined", STORAGE_KIT_READS, conditions_are_joined },
	{ "conditions-are-long", STORAGE_KIT_READS, conditions_are_long },
	{ "conditions-on-the-record", STORAGE_KIT_READS, conditions_on_the_record },
	{ "matches-among-the-changed", STORAGE_KIT_READS, matches_among_the_changed },
	{ "matches-without-a-link", STORAGE_KIT_READS, matches_without_a_link },
	{ NULL, 0, NULL },
};
