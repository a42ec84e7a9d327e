/* SPDX-License-Identifier: Apache-2.0 */
#include "core/cli/value.h"
#include "core/faults.h"

#include <check.h>
#include <stdlib.h>

#define NOW (INT64_C(1795000000) * 1000000)

static struct value_ctx context(int kind, struct brg_arena *arena)
{
	return (struct value_ctx){ .table = field_builtin(),
				   .kind = kind,
				   .zone = brg_cstr("Europe/Stockholm"),
				   .now_us = NOW,
				   .arena = arena };
}

static const char *json_of(const struct value_ctx *ctx, const struct image *image)
{
	return image_to_json(ctx->table, ctx->kind, image, false, ctx->arena).ptr;
}

#define ZONED(name, local, zone) "{\"" name "\":{\"local\":\"" local "\",\"zone\":\"" zone "\"}}"

static const struct {
	int kind;
	const char *word, *json; /* NULL: refused */
} rows[] = {
	{ BRG_CONTACT, "given=Bo", "{\"given\":\"Bo\"}" },
	{ BRG_CONTACT, "given=Bo=Berg", "{\"given\":\"Bo=Berg\"}" },
	{ BRG_CONTACT, "given=", "{\"given\":null}" },
	{ BRG_CONTACT, "email1=Bo@X.Example", "{\"email1\":\"bo@x.example\"}" },
	{ BRG_CONTACT, "children= Eva , Bo,,Eva", "{\"children\":[\"Bo\",\"Eva\"]}" },
	{ BRG_CONTACT, "children=", "{\"children\":null}" },
	{ BRG_CONTACT, "children= , ", NULL },
	{ BRG_CONTACT, "birthday= 2024-02-29 ", "{\"birthday\":\"2024-02-29\"}" },
	{ BRG_CONTACT, "birthday=2023-02-29", NULL },
	{ BRG_CONTACT, "birthday=24-02-29", NULL },
	{ BRG_CONTACT, "state=Active", "{\"state\":\"active\"}" },
	{ BRG_CONTACT, "state=gone", NULL },
	{ BRG_CONTACT, "attendee=a@b.example", NULL },
	{ BRG_CONTACT, "=x", NULL },
	{ BRG_CONTACT, "given", NULL },
	{ BRG_TASK, "status=In Progress", "{\"status\":\"in_progress\"}" },
	{ BRG_TASK, "status=in-progress", "{\"status\":\"in_progress\"}" },
	{ BRG_TASK, "percent=50", "{\"percent\":50}" },
	{ BRG_TASK, "percent=-1", NULL },
	{ BRG_TASK, "percent=5x", NULL },
	{ BRG_TASK, "percent=-", NULL },
	{ BRG_TASK, "percent=99999999999999999999", NULL },
	{ BRG_TASK, "reminder=YES", "{\"reminder\":true}" },
	{ BRG_TASK, "reminder=false", "{\"reminder\":false}" },
	{ BRG_TASK, "reminder=1", NULL },
	/* What happened: by the owner's clock, unless it is said. */
	{ BRG_TASK, "completed=2026-11-30 09:00", "{\"completed\":1796025600000000}" },
	{ BRG_TASK, "completed=2026-11-30T08:00Z", "{\"completed\":1796025600000000}" },
	{ BRG_TASK, "completed=2026-11-30 03:00 America/New_York",
	  "{\"completed\":1796025600000000}" },
	{ BRG_TASK, "completed=2026-11-30", "{\"completed\":1795993200000000}" },
	{ BRG_TASK, "completed=now", "{\"completed\":1795000000000000}" },
	{ BRG_TASK, "completed=soon", NULL },
	/* What is planned. */
	{ BRG_TASK, "reminder_at=2026-07-01 08:00",
	  ZONED("reminder_at", "2026-07-01T08:00:00", "Europe/Stockholm") },
	{ BRG_APPOINTMENT, "start=2026-07-01",
	  ZONED("start", "2026-07-01T00:00:00", "Europe/Stockholm") },
	{ BRG_APPOINTMENT, "start=2026-07-01T08:00:30",
	  ZONED("start", "2026-07-01T08:00:30", "Europe/Stockholm") },
	{ BRG_APPOINTMENT, "start=2026-07-01 UTC",
	  ZONED("start", "2026-07-01T00:00:00", "Etc/UTC") },
	{ BRG_APPOINTMENT, "start=2026-07-01 08:00 america/new_york",
	  ZONED("start", "2026-07-01T08:00:00", "America/New_York") },
	{ BRG_APPOINTMENT, "start=2026-07-01 08:00 W. Europe Standard Time",
	  ZONED("start", "2026-07-01T08:00:00", "Europe/Berlin") },
	{ BRG_APPOINTMENT, "start=2026-07-01 08:00 Mars/North", NULL },
	{ BRG_APPOINTMENT, "start=2026-07-01 8:00", NULL },
	{ BRG_APPOINTMENT, "start=2026-07-01 24:00", NULL },
	{ BRG_APPOINTMENT, "start=2026-02-30 08:00", NULL },
	{ BRG_APPOINTMENT, "start=2026-07-01x", NULL },
	{ BRG_APPOINTMENT, "start=2026", NULL },
	{ BRG_APPOINTMENT, "recurrence=freq=daily;count=3",
	  "{\"recurrence\":\"FREQ=DAILY;COUNT=3\"}" },
	{ BRG_APPOINTMENT, "recurrence=often", NULL },
	/* Who takes part. */
	{ BRG_APPOINTMENT, "attendee=A@B.Example", "{\"attendees\":{\"a@b.example\":{}}}" },
	{ BRG_APPOINTMENT, "attendee=a@b.example:Optional",
	  "{\"attendees\":{\"a@b.example\":{\"role\":\"optional\"}}}" },
	{ BRG_APPOINTMENT, "attendee=Bo: B <a@b.example>:resource",
	  "{\"attendees\":{\"a@b.example\":{\"name\":\"Bo: B\",\"role\":\"resource\"}}}" },
	{ BRG_APPOINTMENT, "attendee=-a@b.example", "{\"attendees\":{\"a@b.example\":null}}" },
	{ BRG_APPOINTMENT, "attendee=-a@b.example:required", NULL },
	{ BRG_APPOINTMENT, "attendee=a@b.example:boss", NULL },
	{ BRG_APPOINTMENT, "attendee=a b@b.example", NULL },
	{ BRG_APPOINTMENT, "attendee=nobody", NULL },
	{ BRG_APPOINTMENT, "attendee=-", NULL },
	{ BRG_APPOINTMENT, "attendee=", NULL },
	{ BRG_APPOINTMENT, "attendee=<>", NULL },
	{ BRG_APPOINTMENT, "attendees=a@b.example", NULL },
	{ BRG_APPOINTMENT, "attendees=", "{}" },
};

START_TEST(one_value)
{
	struct brg_arena *arena = arena_new();
	struct value_ctx ctx = context(rows[_i].kind, arena);
	char *words[] = { strdup(rows[_i].word) };
	struct brg_err err = BRG_ERR_INIT;
	struct image image;
	int rc = value_read(&ctx, words, 1, &image, &err);

	if (rows[_i].json) {
		ck_assert_msg(rc == 0, "%s: %s", words[0], err.params);
		ck_assert_str_eq(json_of(&ctx, &image), rows[_i].json);
	} else {
		ck_assert_msg(rc == BRG_EINVAL && err.fault, "%s", words[0]);
	}
	free(words[0]);
	arena_free(&arena);
}
END_TEST

/* A new start stays where the meeting is; those who are there go, but for the one that is named. */
START_TEST(beside_a_record)
{
	struct brg_arena *arena = arena_new();
	struct value_ctx ctx = context(BRG_APPOINTMENT, arena);
	char words[3][64] = { "start=2026-07-01 08:00", "attendees=", "attendee=b@x.example" };
	char *argv[] = { words[0], words[1], words[2] };
	struct brg_err err = BRG_ERR_INIT;
	struct image base, image;

	ck_assert_int_eq(image_from_json(ctx.table, ctx.kind,
					 brg_cstr("{\"start\":{\"local\":\"2026-01-01T00:00:00\","
						  "\"zone\":\"America/New_York\"},\"attendees\":"
						  "{\"a@x.example\":{},\"b@x.example\":{}}}"),
					 arena, &base, &err),
			 0);
	ctx.base = &base;
	ck_assert_int_eq(value_read(&ctx, argv, 3, &image, &err), 0);
	ck_assert_str_eq(
		json_of(&ctx, &image),
		"{\"start\":{\"local\":\"2026-07-01T08:00:00\",\"zone\":\"America/New_York\"},"
		"\"attendees\":{\"a@x.example\":null,\"b@x.example\":{}}}");
	argv[1] = words[0];
	ck_assert_int_eq(value_read(&ctx, argv, 2, &image, &err), BRG_EINVAL); /* twice */
	arena_free(&arena);
}
END_TEST

/* What is shown can be written again. */
START_TEST(shown)
{
	static const char *const words[][2] = {
		{ "start=2026-07-01 08:00 Europe/Stockholm", "start" },
		{ "start=2026-07-01 08:00:30 Europe/Stockholm", "start" },
		{ "categories=a, b", "categories" },
		{ "all_day=yes", "all_day" },
		{ "reminder_minutes=15", "reminder_minutes" },
		{ "subject=a = b", "subject" },
	};
	struct brg_arena *arena = arena_new();
	struct value_ctx ctx = context(BRG_APPOINTMENT, arena);

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		char *word = strdup(words[i][0]);
		struct brg_err err = BRG_ERR_INIT;
		const struct field *f = field_find(ctx.table, ctx.kind, brg_cstr(words[i][1]));
		struct image image;

		ck_assert_int_eq(value_read(&ctx, &word, 1, &image, &err), 0);
		ck_assert_str_eq(arena_printf(arena, "%s=%s", words[i][1],
					      value_show(image_field(&image, f->id), arena)),
				 word);
		free(word);
	}
	ck_assert_str_eq(value_show(NULL, arena), "");
	arena_free(&arena);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("values");
	TCase *tcase = tcase_create("values");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(tcase, one_value, 0, sizeof(rows) / sizeof(rows[0]));
	tcase_add_test(tcase, beside_a_record);
	tcase_add_test(tcase, shown);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
