/* SPDX-License-Identifier: Apache-2.0
 *
 * Statements that fail, one after the other, over a driver that has no database: whatever an op or
 * a question is made of, the first failure ends it and is what the caller hears. (A real database
 * fails in the middle of a step too seldom for a test to wait for it.)
 */
#include "plugins/storage/sql/sql.h"

#include <check.h>
#include <stdlib.h>

static const struct brg_fault broken = {
	.code = "BRG-TEST-0001",
	.cls = BRG_EIO,
	.scope = BRG_SCOPE_STORE,
	.retry = BRG_RETRY_LATER,
	.en = "the statement fails, as the test wants",
};

/* ---- a driver that only answers -------------------------------------------------------------*/

#define ANSWERS 256 /* patterns of eight statements: has it rows, or changed some? */

static struct {
	struct sql_db db; /* the first member, as a driver wants it */
	unsigned answers;
	int fail_at, code; /* the statement that fails (< 0: none), and how */
	int steps;
	int statement; /* that has begun; -1: none */
	bool failed;
	bool had_rows;
} fake;

static void ignore_int(struct sql_db *db, int s, int at, int64_t value)
{
	(void)db, (void)s, (void)at, (void)value;
}

static void ignore_text(struct sql_db *db, int s, int at, struct brg_str text)
{
	(void)db, (void)s, (void)at, (void)text;
}

/* What stands for "none" in a row is stored as nothing, not as so many zero bytes. */
static void look_at_blob(struct sql_db *db, int s, int at, const void *p, size_t n)
{
	static const struct brg_sha nil = { { 0 } };

	(void)db, (void)s, (void)at;
	ck_assert(n != sizeof(nil) || memcmp(p, &nil, n) != 0);
}

static void ignore_null(struct sql_db *db, int s, int at)
{
	(void)db, (void)s, (void)at;
}

static bool answer(void)
{
	return fake.answers >> ((fake.steps - 1) & 7) & 1;
}

static int fake_step(struct sql_db *db, int s, struct brg_err *err)
{
	(void)db;
	ck_assert_msg(!fake.failed, "statement %d is run after one that failed", s);
	if (s == fake.statement) {
		fake.statement = -1;
		return 0;
	}
	if (fake.steps++ == fake.fail_at) {
		fake.failed = true;
		(void)brg_fail(err, &broken, "%s", "");
		return fake.code;
	}
	fake.had_rows = answer();
	fake.statement = fake.had_rows ? s : -1;
	return fake.had_rows;
}

static int64_t one(struct sql_db *db, int s, int column)
{
	(void)db, (void)s, (void)column;
	return 1;
}

static struct brg_str some_bytes(struct sql_db *db, int s, int column)
{
	static const char bytes[sizeof(struct brg_sha)] = "as long as a digest";

	(void)db, (void)s, (void)column;
	return (struct brg_str){ bytes, sizeof(bytes) };
}

static void fake_reset(struct sql_db *db, int s)
{
	(void)db, (void)s;
	fake.statement = -1;
}

static int64_t fake_changes(struct sql_db *db)
{
	(void)db;
	return answer();
}

static int fake_exec(struct sql_db *db, const char *sql, struct brg_err *err)
{
	(void)sql;
	fake.statement = -1;
	return fake_step(db, -2, err) < 0 ? err->code : 0;
}

static struct sql_driver driver = {
	.bind_int = ignore_int,
	.bind_text = ignore_text,
	.bind_blob = look_at_blob,
	.bind_null = ignore_null,
	.step = fake_step,
	.get_int = one,
	.get_bytes = some_bytes,
	.reset = fake_reset,
	.changes = fake_changes,
	.drop = fake_reset,
	.exec = fake_exec,
};

static void begin(unsigned answers, int fail_at, int code)
{
	fake.db.driver = &driver;
	fake.answers = answers;
	fake.fail_at = fail_at;
	fake.code = code;
	fake.steps = 0;
	fake.statement = -1;
	fake.failed = false;
}

/* ---- steps ----------------------------------------------------------------------------------*/

#define OPS	54 /* in enum brg_op_type, */
#define OPS_END 80 /* below here */

static const struct brg_id id = { { 1 } };
static struct brg_str text;
static struct brg_moment moment;
static struct brg_clue_row clue;
static struct brg_party_row party;

static struct brg_found_by found_by(void)
{
	return (struct brg_found_by){ .record = id,
				      .kind = BRG_TASK,
				      .moments = &moment,
				      .n_moments = 1,
				      .types = 1u << 3,
				      .clues = &clue,
				      .n_clues = 1,
				      .parties = &party,
				      .n_parties = 1 };
}

/* An op with and without what it may have. */
static struct brg_op op_of(int type, int64_t expect, bool full)
{
	struct brg_op op = { .type = type, .expect = expect };

	text = brg_cstr("some text");
	clue = (struct brg_clue_row){ .type = 3, .value = text, .record = id };
	if (type == BRG_OP_BODY)
		op.u.body.sha.b[0] = 1;
	if (!full)
		return op;
	switch (type) {
	case BRG_OP_ADDRESSES:
		op.u.addresses = (struct brg_addresses){ .object = id, .at = &text, .n = 1 };
		break;
	case BRG_OP_WANT:
		op.u.want = (struct brg_want){ id, BRG_ACT };
		break;
	case BRG_OP_RECORD:
		op.u.record = (struct brg_record_row){ .id = id, .kind = BRG_TASK };
		break;
	case BRG_OP_LINK:
		op.u.link.live = true;
		break;
	case BRG_OP_STATE:
		op.u.state.value = text;
		break;
	case BRG_OP_BODY:
		op.u.body.seq = 1;
		break;
	case BRG_OP_QUEUE_ITEM:
		op.u.queue_item.done = true;
		break;
	case BRG_OP_FORGET:
		op.u.forget.detail = text;
		break;
	case BRG_OP_SHUN:
		op.u.shun.off = true;
		break;
	case BRG_OP_SHADOW:
		op.u.shadow.base_record = text;
		break;
	case BRG_OP_FOUND_BY:
		op.u.found_by = found_by();
		break;
	case BRG_OP_DERIVED:
		op.u.derived =
			(struct brg_derived){ .by = found_by(), .moved = true, .look = true };
		break;
	case BRG_OP_RECHECK:
		op.u.recheck.record = id;
		break;
	default:
		break;
	}
	return op;
}

/* What sql_apply() says, with statement `fail_at` failing. */
static int apply(const struct brg_op *op, unsigned answers, int fail_at, int code,
		 struct brg_err *err)
{
	struct brg_step step = { .size = sizeof(step), .ops = op, .n = 1 };
	size_t failed = 99;
	int rc;

	*err = (struct brg_err)BRG_ERR_INIT;
	begin(answers, fail_at, code);
	rc = sql_apply(&fake.db, &step, 1, &failed, err);
	ck_assert_msg(rc != BRG_REFUSED || failed == 0, "op %d: refused, and which is not told",
		      op->type);
	return rc;
}

/* How many statements it takes; they fail one by one. */
static int fail_each(const struct brg_op *op, unsigned answers)
{
	struct brg_err err;
	int rc = apply(op, answers, -1, 0, &err), n = fake.steps;

	ck_assert_msg(rc == BRG_COMMITTED || rc == BRG_REFUSED, "op %d: %d", op->type, rc);
	for (int i = 0; i < n; i++) {
		rc = apply(op, answers, i, BRG_EIO, &err);
		ck_assert_msg(rc == BRG_EIO && err.fault == &broken,
			      "op %d: statement %d of %d fails, and it says %d", op->type, i, n,
			      rc);
		rc = apply(op, answers, i, BRG_ECONFLICT, &err);
		ck_assert_msg(rc == BRG_REFUSED || rc == BRG_EIO,
			      "op %d: statement %d of %d collides, and it says %d", op->type, i, n,
			      rc);
	}
	return n;
}

START_TEST(no_op_goes_on_after_a_failure)
{
	static const int64_t expect[] = { BRG_NEW, BRG_ANY, 3 };
	static const int engines[] = { SQL_SQLITE, SQL_POSTGRES };
	struct brg_err err = BRG_ERR_INIT;
	int known = 0;

	driver.engine = engines[_i % 2];
	for (int type = 0; type < OPS_END; type++) {
		struct brg_op op = op_of(type, expect[_i / 4], _i / 2 % 2);

		if (apply(&op, 0, -1, 0, &err) < 0)
			continue;
		known++;
		for (unsigned answers = 0; answers < ANSWERS; answers++)
			ck_assert_int_gt(fail_each(&op, answers), 0);
	}
	ck_assert_int_eq(known, OPS);
}
END_TEST

/* ---- questions ------------------------------------------------------------------------------*/

static int rows;

static int count_row(void *arg, const struct brg_row *row)
{
	(void)arg, (void)row;
	rows++;
	return 0;
}

/* A question with those members set that the bits of `has` name. */
static struct brg_query query_of(int what, unsigned has)
{
	static const struct brg_expr yes = { .op = BRG_EXPR_HAS };
	struct brg_query q = { .size = sizeof(q), .what = what, .expr = &yes };

	if (has & 1)
		q.id = id;
	if (has & 2)
		q.mailbox = id;
	if (has & 4)
		q.other = id;
	if (has & 8)
		q.text = brg_cstr("some text");
	if (has & 16)
		q.number = 1;
	if (has & 32)
		q.folder = q.remote = brg_cstr("there");
	if (has & 64)
		q.after = q.party = id;
	return q;
}

static int ask(const struct brg_query *q, unsigned answers, int fail_at, struct brg_err *err)
{
	*err = (struct brg_err)BRG_ERR_INIT;
	begin(answers, fail_at, BRG_EIO);
	return sql_read(&fake.db, q, count_row, NULL, err);
}

START_TEST(no_question_is_half_answered)
{
	struct brg_err err;
	int known = 0;

	driver.engine = _i % 2 ? SQL_POSTGRES : SQL_SQLITE;
	for (int what = BRG_READ_STORE; what <= BRG_READ_ZONED; what++)
		for (unsigned has = 0; has < 128; has++) {
			struct brg_query q = query_of(what, has);

			for (unsigned answers = 0; answers < 4; answers++) {
				int rc = ask(&q, answers, -1, &err), n = fake.steps;

				known += rc == 0;
				for (int i = 0; i < n; i++) {
					rc = ask(&q, answers, i, &err);
					ck_assert_msg(rc == BRG_EIO && err.fault == &broken,
						      "read %d (%u): statement %d fails: %d", what,
						      has, i, rc);
				}
			}
		}
	sql_made_free(&fake.db);
	ck_assert_int_gt(known, 40 * 128);
	ck_assert_int_gt(rows, 128);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("sql");
	TCase *t = tcase_create("failures");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(t, no_op_goes_on_after_a_failure, 0, 12);
	tcase_add_loop_test(t, no_question_is_half_answered, 0, 2);
	suite_add_tcase(suite, t);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
