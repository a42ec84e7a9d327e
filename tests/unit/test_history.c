/* SPDX-License-Identifier: Apache-2.0
 *
 * What history keeps of a change, byte for byte.
 */
#include "core/history.h"
#include "tests/unit/image_json.h"

#define MEETING(place, role)                           \
	"{\"subject\":\"Lunch\",\"location\":\"" place \
	"\",\"attendees\":{\"a@x\":{\"role\":\"" role "\"},\"b@x\":{}}}"

static const struct {
	int kind;
	const char *before, *after, *want;
} changes[] = {
	{ BRG_TASK, "{}", "{}", "{}" },
	{ BRG_TASK, "{\"subject\":\"a\",\"percent\":50}", "{\"subject\":\"b\",\"percent\":50}",
	  "{\"subject\":{\"now\":{\"subject\":\"b\"},\"was\":{\"subject\":\"a\"}}}" },
	{ BRG_TASK, "{}", "{\"subject\":\"b\"}",
	  "{\"subject\":{\"now\":{\"subject\":\"b\"},\"was\":{}}}" },
	{ BRG_TASK, "{\"subject\":\"b\"}", "{\"subject\":null}",
	  "{\"subject\":{\"now\":{},\"was\":{\"subject\":\"b\"}}}" },
	/* Groups whole, and in the order of their names. */
	{ BRG_CONTACT, "{\"given\":\"Ada\",\"surname\":\"Byron\"}",
	  "{\"given\":\"Ada\",\"surname\":\"King\",\"company\":\"Firm\"}",
	  "{\"company\":{\"now\":{\"company\":\"Firm\"},\"was\":{}},"
	  "\"name\":{\"now\":{\"given\":\"Ada\",\"surname\":\"King\"},"
	  "\"was\":{\"given\":\"Ada\",\"surname\":\"Byron\"}}}" },
	/* Parts by themselves; beside a field nothing is told of them. */
	{ BRG_APPOINTMENT, MEETING("Here", "required"), MEETING("There", "required"),
	  "{\"location\":{\"now\":{\"location\":\"There\",\"attendees\":null,\"occurrences\":null},"
	  "\"was\":{\"location\":\"Here\",\"attendees\":null,\"occurrences\":null}}}" },
	{ BRG_APPOINTMENT, MEETING("Here", "required"), MEETING("Here", "optional"),
	  "{\"attendees/a@x\":{\"now\":{\"attendees\":{\"a@x\":{\"role\":\"optional\"}}},"
	  "\"was\":{\"attendees\":{\"a@x\":{\"role\":\"required\"}}}}}" },
	{ BRG_APPOINTMENT, "{\"attendees\":{\"a@x\":{}}}", "{}",
	  "{\"attendees/a@x\":{\"now\":{},\"was\":{\"attendees\":{\"a@x\":{}}}}}" },
};

START_TEST(changes_of_fields_and_parts)
{
	struct image before, after;

	read_json(changes[_i].kind, changes[_i].before, &before);
	read_json(changes[_i].kind, changes[_i].after, &after);
	ck_assert_str_eq(
		history_changes(field_builtin(), changes[_i].kind, &before, &after, NULL, 0, arena)
			.ptr,
		changes[_i].want);
}
END_TEST

START_TEST(what_was_lost)
{
	struct merge_loss losses[] = {
		{ .group = brg_cstr("subject"), .side = 1, .why = 3 },
		{ .group = brg_cstr("due"), .side = 2, .why = 1 },
		{ .group = brg_cstr("subject"), .side = 2, .why = 1 },
	};
	struct image before, after;

	read_json(BRG_TASK, "{\"subject\":\"a\"}", &before);
	read_json(BRG_TASK, "{\"subject\":\"b\"}", &after);
	read_json(BRG_TASK, "{\"subject\":\"old\"}", &losses[0].value);
	read_json(BRG_TASK, "{\"due\":\"2026-12-01\"}", &losses[1].value);
	read_json(BRG_TASK, "{\"subject\":\"c\"}", &losses[2].value);
	ck_assert_str_eq(
		history_changes(field_builtin(), BRG_TASK, &before, &after, losses, 3, arena).ptr,
		"{\"due\":{\"lost\":{\"due\":\"2026-12-01\"},\"side\":2,\"why\":1},"
		"\"subject\":{\"lost\":{\"subject\":\"c\"},\"now\":{\"subject\":\"b\"},"
		"\"side\":2,\"was\":{\"subject\":\"a\"},\"why\":1}}");
	/* Nothing was written: only what was lost is told. */
	ck_assert_str_eq(
		history_changes(field_builtin(), BRG_TASK, &after, &after, losses + 1, 1, arena)
			.ptr,
		"{\"due\":{\"lost\":{\"due\":\"2026-12-01\"},\"side\":2,\"why\":1}}");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("history");
	TCase *t = tcase_create("changes");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_loop_test(t, changes_of_fields_and_parts, 0,
			    sizeof(changes) / sizeof(changes[0]));
	tcase_add_test(t, what_was_lost);
	suite_add_tcase(s, t);
	runner = srunner_create(s);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
