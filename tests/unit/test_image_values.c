/* SPDX-License-Identifier: Apache-2.0
 *
 * Images as values: laying one over the other, comparing, building, and what a server may make of
 * what was written to it.
 */
#include "tests/unit/image_json.h"

#include "core/image-private.h"

static struct brg_field field(uint32_t id, int type, int presence)
{
	return (struct brg_field){ .id = id, .type = (uint8_t)type, .presence = (uint8_t)presence };
}

/* ---- laying and comparing -------------------------------------------------------------------*/

static const struct {
	int kind;
	const char *base, *over, *sum;
} layers[] = {
	{ BRG_TASK, "{}", "{}", "{}" },
	{ BRG_TASK, "{\"subject\":\"a\"}", "{}", "{\"subject\":\"a\"}" },
	{ BRG_TASK, "{}", "{\"subject\":\"a\"}", "{\"subject\":\"a\"}" },
	{ BRG_TASK, "{\"subject\":\"a\",\"percent\":1}",
	  "{\"body\":\"b\",\"percent\":null,\"due\":\"2026-11-30\"}",
	  "{\"subject\":\"a\",\"body\":\"b\",\"due\":\"2026-11-30\"}" },
	{ BRG_APPOINTMENT, "{\"attendees\":{\"a@x\":{\"name\":\"A\"},\"c@x\":{}}}",
	  "{\"attendees\":{\"a@x\":{\"role\":\"optional\"},\"b@x\":{},\"c@x\":null,\"d@x\":null}}",
	  "{\"attendees\":{\"a@x\":{\"name\":\"A\",\"role\":\"optional\"},\"b@x\":{}}}" },
	{ BRG_APPOINTMENT,
	  "{\"occurrences\":{\"2026-01-01\":{\"subject\":\"s\",\"location\":\"l\"},"
	  "\"2026-01-02\":null,\"2026-01-04\":{}}}",
	  "{\"occurrences\":{\"2026-01-01\":{\"location\":null},\"2026-01-02\":{\"subject\":\"n\"},"
	  "\"2026-01-03\":null,\"2026-01-04\":null}}",
	  "{\"occurrences\":{\"2026-01-01\":{\"subject\":\"s\",\"location\":null},"
	  "\"2026-01-02\":{\"subject\":\"n\"},\"2026-01-03\":null,\"2026-01-04\":null}}" },
};

START_TEST(laying)
{
	struct image base, over, sum;

	read_json(layers[_i].kind, layers[_i].base, &base);
	read_json(layers[_i].kind, layers[_i].over, &over);
	image_lay(&base, &over, arena, &sum);
	ck_assert_str_eq(write_json(layers[_i].kind, &sum, true), layers[_i].sum);
	/* What it was made of is as it was. */
	ck_assert_str_eq(write_json(layers[_i].kind, &base, true), layers[_i].base);
	image_lay(&sum, &over, arena, &base);
	ck_assert(image_eq(&sum, &base));
}
END_TEST

static const struct {
	int kind;
	const char *a, *b;
	bool equal;
} pairs[] = {
	{ BRG_TASK, "{}", "{\"subject\":null}", true },
	{ BRG_TASK, "{\"subject\":\"a\"}", "{\"subject\":\"b\"}", false },
	{ BRG_TASK, "{\"subject\":\"a\"}", "{\"body\":\"a\"}", false },
	{ BRG_TASK, "{\"percent\":0}", "{}", false },
	{ BRG_TASK, "{\"reminder\":false}", "{}", false },
	{ BRG_TASK, "{\"categories\":[\"a\",\"b\"]}", "{\"categories\":[\"a\"]}", false },
	{ BRG_TASK, "{\"reminder_at\":{\"local\":\"2026-11-30T09:00:00\",\"zone\":\"\"}}",
	  "{\"reminder_at\":{\"local\":\"2026-11-30T09:00:00\",\"zone\":\"UTC\"}}", false },
	{ BRG_APPOINTMENT, "{\"attendees\":{\"a@x\":{}}}",
	  "{\"attendees\":{\"a@x\":{\"name\":null}}}", true },
	{ BRG_APPOINTMENT, "{\"attendees\":{\"a@x\":{}}}", "{\"attendees\":{\"b@x\":{}}}", false },
	{ BRG_APPOINTMENT, "{\"attendees\":{\"a@x\":{}}}", "{}", false },
	{ BRG_APPOINTMENT, "{\"occurrences\":{\"2026-01-01\":{}}}",
	  "{\"occurrences\":{\"2026-01-01\":null}}", false },
	{ BRG_APPOINTMENT, "{\"occurrences\":{\"2026-01-01\":{}}}",
	  "{\"occurrences\":{\"2026-01-01\":{\"location\":null}}}", false },
};

START_TEST(comparing)
{
	struct image a, b;

	read_json(pairs[_i].kind, pairs[_i].a, &a);
	read_json(pairs[_i].kind, pairs[_i].b, &b);
	ck_assert(image_eq(&a, &b) == pairs[_i].equal);
	ck_assert(image_eq(&b, &a) == pairs[_i].equal);
	ck_assert(image_eq(&a, &a));
}
END_TEST

START_TEST(lists_are_sets)
{
	struct brg_str one[] = { { "b", 1 }, { "a", 1 }, { "b", 1 } },
		       two[] = { { "a", 1 }, { "b", 1 } };
	struct brg_field x = field(TASK_CATEGORIES, BRG_LIST, BRG_VALUE), y = x;

	x.u.list.at = one;
	x.u.list.n = 3;
	y.u.list.at = two;
	y.u.list.n = 2;
	ck_assert(field_value_eq(&x, &y));
	y.u.list.n = 1;
	ck_assert(!field_value_eq(&x, &y));
	y.u.list.n = 0;
	ck_assert(field_value_eq(NULL, &y) && field_value_eq(&y, NULL) &&
		  field_value_eq(NULL, NULL));
}
END_TEST

START_TEST(drafts)
{
	struct image_draft draft;
	struct image image = { 0 };

	draft_init(&draft, arena);
	ck_assert_uint_eq(draft_done(&draft).n, 0);
	for (uint32_t i = 0; i < 200; i++)
		draft_int(&draft, 1000 + (i * 37) % 100, BRG_INTEGER, i);
	draft_text(&draft, TASK_SUBJECT, BRG_TEXT, brg_cstr("a"));
	draft_text(&draft, TASK_BODY, BRG_TEXT, brg_cstr(""));
	draft_null(&draft, TASK_DUE, BRG_DATE);
	image.fields = draft_done(&draft);
	ck_assert_uint_eq(image.fields.n, 103);
	for (size_t i = 1; i < image.fields.n; i++)
		ck_assert_uint_lt(image.fields.at[i - 1].id, image.fields.at[i].id);
	for (uint32_t i = 0; i < 100; i++)
		ck_assert_int_eq(image_int(&image, 1000 + (i * 37) % 100), i + 100);
	ck_assert(brg_str_eq(image_str(&image, TASK_SUBJECT), brg_cstr("a")));
	ck_assert_int_eq(image_field(&image, TASK_BODY)->presence, BRG_NULL);
	ck_assert_ptr_null(image_field(&image, TASK_STATUS));
	ck_assert_uint_eq(image_str(&image, 1000).len, 0);
	ck_assert_int_eq(image_int(&image, TASK_SUBJECT), 0);
}
END_TEST

/* ---- what servers make of it ----------------------------------------------------------------*/

#define WALL(local, zone) "{\"reminder_at\":{\"local\":\"" local "\",\"zone\":\"" zone "\"}}"

static const struct {
	int kind;
	const char *wanted, *item;
	bool resembles;
} servers[] = {
	{ BRG_TASK, "{\"subject\":\"Call back\"}", "{\"subject\":\"Call back\"}", true },
	{ BRG_TASK, "{\"subject\":\"Call back\"}", "{\"subject\":\"Call b\"}", true },
	{ BRG_TASK, "{\"subject\":\"Call back\"}", "{\"subject\":\"Call back soon\"}", false },
	{ BRG_TASK, "{\"subject\":\"Call back\"}", "{\"subject\":\"call back\"}", false },
	{ BRG_TASK, "{\"subject\":\"Call back\"}", "{\"subject\":\"back\"}", false },
	{ BRG_TASK, "{\"subject\":\"Call  back \"}", "{\"subject\":\"Call back\"}", true },
	{ BRG_TASK, "{\"body\":\"a\\nb\"}", "{\"body\":\"\\na  b\\n\\n\"}", true },
	{ BRG_TASK, "{\"body\":\"a b\"}", "{\"body\":\"ab\"}", false },
	{ BRG_TASK, "{\"body\":\"ab\"}", "{\"body\":\"a b\"}", false },
	{ BRG_CONTACT, "{\"telex\":\"+46 8 553-57\"}", "{\"telex\":\"+46(8)55357\"}", true },
	{ BRG_CONTACT, "{\"telex\":\"+46 8 553-57\"}", "{\"telex\":\"+46 8 553-58\"}", false },
	{ BRG_CONTACT, "{\"telex\":\"46 8 x\"}", "{\"telex\":\"468x\"}", false },
	{ BRG_TASK, "{\"subject\":\"Call\"}", "{\"subject\":null}", true },
	{ BRG_TASK, "{\"subject\":\"Call\"}", "{}", true },
	{ BRG_TASK, "{\"subject\":null}", "{\"subject\":\"Call\"}", false },
	{ BRG_TASK, "{}", "{\"subject\":\"Call\"}", true },
	{ BRG_TASK, "{\"percent\":50}", "{\"percent\":49}", false },
	{ BRG_TASK, "{\"due\":\"2026-11-30\"}", "{\"due\":\"2026-12-01\"}", false },
	{ BRG_TASK, "{\"status\":\"waiting\"}", "{\"status\":\"deferred\"}", false },
	{ BRG_TASK, "{\"reminder\":true}", "{\"reminder\":false}", false },
	{ BRG_TASK, "{\"completed\":1796025612345678}", "{\"completed\":1796025612345000}", true },
	{ BRG_TASK, "{\"completed\":1796025612345678}", "{\"completed\":1796025612000000}", true },
	{ BRG_TASK, "{\"completed\":1796025612345678}", "{\"completed\":1796025613000000}", true },
	{ BRG_TASK, "{\"completed\":1796025612345678}", "{\"completed\":1795996800000000}", true },
	{ BRG_TASK, "{\"completed\":1796025612345678}", "{\"completed\":1796025614000000}", false },
	{ BRG_TASK, "{\"completed\":1796025612345678}", "{\"completed\":1796025612345679}", false },
	{ BRG_TASK, WALL("2026-11-30T09:00:31", "Europe/Berlin"),
	  WALL("2026-11-30T09:00:00", "Europe/Berlin"), true },
	{ BRG_TASK, WALL("2026-11-30T09:00:31", "Europe/Berlin"),
	  WALL("2026-11-30T09:00:30", "Europe/Berlin"), false },
	{ BRG_TASK, WALL("2026-11-30T09:00:00", "Europe/Stockholm"),
	  WALL("2026-11-30T09:00:00", "Europe/Berlin"), true },
	{ BRG_TASK, WALL("2026-11-30T09:00:00", "Europe/Stockholm"),
	  WALL("2026-11-30T09:00:00", "Europe/London"), false },
	{ BRG_TASK, WALL("2026-11-30T09:00:00", "Europe/Stockholm"),
	  WALL("2026-11-30T08:00:00", "UTC"), false },
	{ BRG_TASK, "{\"categories\":[\"Customers\",\"Red\"]}",
	  "{\"categories\":[\"Cust\",\"Red\"]}", true },
	{ BRG_TASK, "{\"categories\":[\"Customers\",\"Red\"]}", "{\"categories\":[\"Red\"]}",
	  false },
	{ BRG_TASK, "{\"categories\":[\"Red\"]}", "{\"categories\":[\"Blue\",\"Red\"]}", false },
	/* Parts. */
	{ BRG_APPOINTMENT, "{\"attendees\":{\"a@x\":{\"name\":\"Anna\"}}}",
	  "{\"attendees\":{\"a@x\":{\"name\":\"An\"},\"boss@x\":{}}}", true },
	{ BRG_APPOINTMENT, "{\"attendees\":{\"a@x\":{}}}", "{\"attendees\":{}}", false },
	{ BRG_APPOINTMENT, "{\"attendees\":{\"a@x\":{}}}", "{\"attendees\":null}", true },
	{ BRG_APPOINTMENT, "{\"attendees\":{\"a@x\":null}}", "{\"attendees\":{\"a@x\":{}}}",
	  false },
	{ BRG_APPOINTMENT, "{\"attendees\":{\"a@x\":null}}", "{}", true },
	{ BRG_APPOINTMENT, "{\"occurrences\":{\"2026-01-01\":null}}",
	  "{\"occurrences\":{\"2026-01-01\":null}}", true },
	{ BRG_APPOINTMENT, "{\"occurrences\":{\"2026-01-01\":{}}}",
	  "{\"occurrences\":{\"2026-01-01\":null}}", false },
};

START_TEST(resembling)
{
	struct image wanted, item;

	read_json(servers[_i].kind, servers[_i].wanted, &wanted);
	read_json(servers[_i].kind, servers[_i].item, &item);
	ck_assert_msg(image_resembles(&wanted, &item) == servers[_i].resembles, "%s %s",
		      servers[_i].wanted, servers[_i].item);
	ck_assert(image_resembles(&wanted, &wanted));
}
END_TEST

/* ---- reading --------------------------------------------------------------------------------*/

/* What we wrote ourselves is read in one go, the rest by its tree: with the same outcome. */
static const struct {
	int kind;
	const char *json;
	bool quick;
} spellings[] = {
	{ BRG_TASK, "{}", true },
	{ BRG_TASK, "{\"subject\":\"a \\\"b\\\" \\\\ \\n\\t c/\"}", true },
	{ BRG_TASK, "{\"subject\":\"Ring Ãsa ð\"}", true },
	{ BRG_TASK, "{\"subject\":null,\"percent\":50}", true },
	{ BRG_TASK, "{\"completed\":-1,\"reminder\":true}", true },
	{ BRG_TASK, "{\"percent\":0,\"reminder\":false}", true },
	{ BRG_TASK, "{\"completed\":253402300799999999,\"total_work\":2147483647}", true },
	{ BRG_TASK, "{\"categories\":[\"a\",\"b, ]\"]}", true },
	{ BRG_TASK, "{\"categories\":[\"a\",\"b,c\"]}", true },
	{ BRG_TASK, "{\"categories\":[\"b\",\"a\"]}", true },
	{ BRG_TASK,
	  "{\"reminder_at\":{\"local\":\"2026-11-30T09:00:00\",\"zone\":\"Europe/Oslo\"}}", true },
	{ BRG_APPOINTMENT, "{\"subject\":\"s\",\"all_day\":true}", true },
	/* Right, and not as we write it. */
	{ BRG_TASK, " {}", false },
	{ BRG_TASK, "{} ", false },
	{ BRG_TASK, "{\"percent\": 50}", false },
	{ BRG_TASK, "{\"percent\":-0}", false },
	{ BRG_TASK, "{\"percent\":50,\"subject\":\"not in order\"}", false },
	{ BRG_TASK, "{\"subject\":\"\"}", false },
	{ BRG_TASK, "{\"subject\":\"\\u00e5\\/\"}", false },
	{ BRG_TASK, "{\"categories\":[]}", false },
	{ BRG_TASK, "{\"categories\":[\"]\",\"a\",\"b\"]}", false },
	{ BRG_APPOINTMENT, "{\"attendees\":{\"a@x\":{}}}", false },
	/* Wrong. */
	{ BRG_TASK, "", false },
	{ BRG_TASK, "{", false },
	{ BRG_TASK, "{}}", false },
	{ BRG_TASK, "{\"subject\":\"a\"", false },
	{ BRG_TASK, "{\"subject\":\"a", false },
	{ BRG_TASK, "{\"subject\":\"a\\", false },
	{ BRG_TASK, "{\"subject\":\"a\",}", false },
	{ BRG_TASK, "{\"subject\":\"a\",\"subject\":\"a\"}", false },
	{ BRG_TASK, "{\"subject\":\"a\nb\"}", false },
	{ BRG_TASK, "{\"subject\":\"\xff\"}", false },
	{ BRG_TASK, "{\"subject\":\"\xc3\"}", false },
	{ BRG_TASK, "{\"subject\":1}", false },
	{ BRG_TASK, "{\"percent\":01}", false },
	{ BRG_TASK, "{\"percent\":5e1}", false },
	{ BRG_TASK, "{\"percent\":5000}", false },
	{ BRG_TASK, "{\"percent\":9223372036854775808}", false },
	{ BRG_TASK, "{\"reminder\":1}", false },
	{ BRG_TASK, "{\"due\":\"2026-02-30\"}", false },
	{ BRG_TASK, "{\"nothing\":1}", false },
	{ 0, "{\"subject\":\"a\"}", false },
	{ 99, "{\"subject\":\"a\"}", false },
};

START_TEST(quick_as_the_tree)
{
	struct brg_err err = BRG_ERR_INIT;
	struct image_place place = {
		.table = field_builtin(), .kind = spellings[_i].kind, .arena = arena, .err = &err
	};
	struct brg_str json = brg_cstr(spellings[_i].json);
	struct image quick = { .told = IMAGE_TOLD_ALL }, tree, read;
	int rc;

	ck_assert_msg(image_read_quick(&place, json, &quick.fields) == spellings[_i].quick, "%s",
		      json.ptr);
	ck_assert_int_eq(err.code, 0);
	rc = image_read_tree(&place, json, &tree);
	if (spellings[_i].quick) {
		ck_assert_int_eq(rc, 0);
		ck_assert(image_eq(&quick, &tree));
	}
	err = (struct brg_err)BRG_ERR_INIT;
	ck_assert_int_eq(image_from_json(place.table, place.kind, json, arena, &read, &err), rc);
	ck_assert(rc < 0 || image_eq(&read, &tree));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("image-values");
	TCase *t = tcase_create("values");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, set_up, tear_down);
	LOOP(laying, layers);
	LOOP(comparing, pairs);
	tcase_add_loop_test(t, quick_as_the_tree, 0, sizeof(spellings) / sizeof(spellings[0]));
	tcase_add_test(t, lists_are_sets);
	tcase_add_test(t, drafts);
	LOOP(resembling, servers);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
