/* SPDX-License-Identifier: Apache-2.0
 *
 * What follows from a record: names, invariants, keys and moments, identity.
 */
#include "core/derive.h"
#include "tests/unit/image_json.h"

/* ---- names ----------------------------------------------------------------------------------*/

/* NULL before: a new record. */
static const struct {
	const char *before, *after, *result;
} names[] = {
	{ NULL, "{\"given\":\"Anna\",\"surname\":\"Berg\"}",
	  "{\"full_name\":\"Anna Berg\",\"file_as\":\"Berg, Anna\",\"given\":\"Anna\","
	  "\"surname\":\"Berg\"}" },
	{ NULL,
	  "{\"given\":\"Anna\",\"middle\":\"M\",\"surname\":\"Berg\",\"title\":\"Dr\","
	  "\"suffix\":\"jr\"}",
	  "{\"full_name\":\"Anna M Berg jr\",\"file_as\":\"Berg, Anna M\",\"given\":\"Anna\","
	  "\"middle\":\"M\",\"surname\":\"Berg\",\"title\":\"Dr\",\"suffix\":\"jr\"}" },
	{ NULL, "{\"given\":\"Anna\"}",
	  "{\"full_name\":\"Anna\",\"file_as\":\"Anna\",\"given\":\"Anna\"}" },
	{ NULL, "{\"company\":\"Firm\"}", "{\"file_as\":\"Firm\",\"company\":\"Firm\"}" },
	{ NULL, "{}", "{}" },
	/* What somebody set stays. */
	{ NULL, "{\"full_name\":\"Nan\",\"given\":\"Anna\"}",
	  "{\"full_name\":\"Nan\",\"file_as\":\"Anna\",\"given\":\"Anna\"}" },
	{ "{\"full_name\":\"Nan\",\"file_as\":\"Anna\",\"given\":\"Anna\"}",
	  "{\"full_name\":\"Nan\",\"file_as\":\"Anna\",\"given\":\"Eva\"}",
	  "{\"full_name\":\"Nan\",\"file_as\":\"Eva\",\"given\":\"Eva\"}" },
	/* Set just now, together with a part. */
	{ "{\"full_name\":\"Anna\",\"file_as\":\"Anna\",\"given\":\"Anna\"}",
	  "{\"full_name\":\"Miss Eva\",\"file_as\":\"Anna\",\"given\":\"Eva\"}",
	  "{\"full_name\":\"Miss Eva\",\"file_as\":\"Eva\",\"given\":\"Eva\"}" },
	/* Taken away: computed again. */
	{ "{\"full_name\":\"Nan\",\"file_as\":\"Anna\",\"given\":\"Anna\"}",
	  "{\"full_name\":null,\"file_as\":\"Anna\",\"given\":\"Anna\"}",
	  "{\"full_name\":\"Anna\",\"file_as\":\"Anna\",\"given\":\"Anna\"}" },
	/* All its parts are gone. */
	{ "{\"full_name\":\"Anna\",\"file_as\":\"Anna\",\"given\":\"Anna\"}",
	  "{\"full_name\":\"Anna\",\"file_as\":\"Anna\"}", "{}" },
};

START_TEST(derived_names)
{
	struct image before = { 0 }, after, result, again;

	if (names[_i].before)
		read_json(BRG_CONTACT, names[_i].before, &before);
	read_json(BRG_CONTACT, names[_i].after, &after);
	derive_fields(field_builtin(), BRG_CONTACT, names[_i].before ? &before : NULL, &after,
		      arena, &result);
	ck_assert_str_eq(write_json(BRG_CONTACT, &result, true), names[_i].result);
	ck_assert_str_eq(write_json(BRG_CONTACT, &after, false), names[_i].after);
	derive_fields(field_builtin(), BRG_CONTACT, &result, &result, arena, &again);
	ck_assert(image_eq(&result, &again));
}
END_TEST

/* ---- invariants -----------------------------------------------------------------------------*/

#define AT(name, local)		 "\"" name "\":{\"local\":\"" local "\",\"zone\":\"Europe/Stockholm\"}"
#define ZONED(name, local, zone) "\"" name "\":{\"local\":\"" local "\",\"zone\":\"" zone "\"}"
#define NINE			 AT("start", "2026-11-30T09:00:00") "," AT("end", "2026-11-30T10:00:00")
#define DAYS                                     \
	AT("start", "2026-11-30T00:00:00")       \
	"," AT("end", "2026-12-01T00:00:00") "," \
					     "\"all_day\":true"

static const struct {
	int kind;
	const char *json, *group; /* NULL: it holds */
} invariants[] = {
	{ BRG_CONTACT, "{\"given\":\"x\"}", NULL },
	{ BRG_TASK, "{}", NULL },
	{ BRG_TASK, "{\"status\":\"completed\"}", NULL },
	{ BRG_TASK, "{\"status\":\"completed\",\"percent\":100,\"completed\":1}", NULL },
	{ BRG_TASK, "{\"status\":\"completed\",\"percent\":99}", "status" },
	{ BRG_TASK, "{\"status\":\"in_progress\",\"percent\":50}", NULL },
	{ BRG_TASK, "{\"status\":\"in_progress\",\"percent\":100}", "status" },
	{ BRG_TASK, "{\"status\":\"waiting\",\"completed\":1}", "status" },
	{ BRG_TASK, "{\"percent\":100}", NULL },
	{ BRG_TASK, "{\"percent\":50,\"completed\":1}", "status" },
	{ BRG_APPOINTMENT, "{}", NULL },
	{ BRG_APPOINTMENT, "{" NINE "}", NULL },
	{ BRG_APPOINTMENT,
	  "{" AT("start", "2026-11-30T09:00:00") "," AT("end", "2026-11-30T09:00:00") "}", NULL },
	{ BRG_APPOINTMENT,
	  "{" AT("start", "2026-11-30T09:00:00") "," AT("end", "2026-11-30T08:59:59") "}", "time" },
	{ BRG_APPOINTMENT,
	  "{" AT("start", "2026-11-30T09:00:00") "," ZONED("end", "2026-11-30T08:30:00",
							   "Europe/London") "}",
	  NULL },
	{ BRG_APPOINTMENT, "{" ZONED("start", "2026-11-30T09:00:00", "Mars/X") "}", "time" },
	{ BRG_APPOINTMENT, "{" NINE ",\"recurrence\":\"FREQ=WEEKLY\"}", NULL },
	{ BRG_APPOINTMENT, "{" NINE ",\"recurrence\":\"weekly\"}", "time" },
	{ BRG_APPOINTMENT, "{\"recurrence\":\"FREQ=WEEKLY\"}", "time" },
	{ BRG_APPOINTMENT,
	  "{" NINE
	  ",\"recurrence\":\"FREQ=WEEKLY\",\"occurrences\":{\"2026-12-07T09:00:00\":null}}",
	  NULL },
	{ BRG_APPOINTMENT,
	  "{" NINE
	  ",\"recurrence\":\"FREQ=WEEKLY\",\"occurrences\":{\"2026-12-08T09:00:00\":null}}",
	  "time" },
	{ BRG_APPOINTMENT, "{" NINE ",\"occurrences\":{\"2026-12-07T09:00:00\":null}}", "time" },
	{ BRG_APPOINTMENT,
	  "{" DAYS ",\"recurrence\":\"FREQ=WEEKLY\",\"occurrences\":{\"2026-12-07\":{}}}", NULL },
	{ BRG_APPOINTMENT,
	  "{" DAYS ",\"recurrence\":\"FREQ=WEEKLY\",\"occurrences\":{\"2026-12-07T00:00:00\":{}}}",
	  "time" },
	{ BRG_APPOINTMENT,
	  "{" NINE ",\"recurrence\":\"FREQ=WEEKLY\",\"occurrences\":{\"2026-12-07T09:00:00\":{" AT(
		  "start", "2026-12-07T12:00:00") "," AT("end", "2026-12-07T11:00:00") "}}}",
	  "time" },
	{ BRG_APPOINTMENT, "{" NINE ",\"attendees\":{\"a@x\":{}}}", NULL },
};

START_TEST(holds)
{
	const struct field_table *table = field_builtin();
	struct image image;
	size_t group = 0;
	bool sound;

	read_json(invariants[_i].kind, invariants[_i].json, &image);
	sound = derive_holds(table, invariants[_i].kind, &image, &group);
	ck_assert_msg(sound == !invariants[_i].group, "%s", invariants[_i].json);
	if (!sound)
		ck_assert_str_eq(table->kinds[invariants[_i].kind].group_names[group],
				 invariants[_i].group);
}
END_TEST

/* ---- keys -----------------------------------------------------------------------------------*/

#define CREATED 42
/* 2026-11-30T08:00:00Z */
#define EIGHT 1796025600000000

static const struct {
	int kind;
	const char *json, *keys, *moments;
	int64_t sorted;
} keys[] = {
	{ BRG_CONTACT, "{}", "{}", "", CREATED },
	{ BRG_CONTACT,
	  "{\"full_name\":\" Åsa  ÖBERG\\n\",\"body\":\"x\",\"categories\":[\"A\",\"b\"],"
	  "\"state\":\"active\",\"birthday\":\"1970-01-02\"}",
	  "{\"200\":\"åsa öberg\",\"235\":[\"a\",\"b\"],\"237\":\"active\",\"240\":86400000000}",
	  "240@86400000000 ", CREATED },
	{ BRG_TASK,
	  "{\"subject\":\"S\",\"percent\":50,\"completed\":7,\"start\":\"1970-01-02\","
	  "\"reminder\":true}",
	  "{\"300\":\"s\",\"304\":50,\"305\":7,\"306\":86400000000,\"309\":1}",
	  "305@7 306@86400000000 ", 86400000000 },
	{ BRG_TASK, "{\"start\":\"1970-01-02\",\"due\":\"1970-01-03\"}",
	  "{\"306\":86400000000,\"307\":172800000000}", "306@86400000000 307@172800000000 ",
	  172800000000 },
	{ BRG_TASK, "{\"subject\":null,\"percent\":null}", "{}", "", CREATED },
	{ BRG_APPOINTMENT, "{" NINE ",\"show_as\":\"busy\",\"response\":\"accepted\"}",
	  "{\"404\":1796025600000000,\"405\":1796029200000000,\"408\":\"busy\",\"417\":\"accepted\"}",
	  "404@1796025600000000 405@1796029200000000 ", EIGHT },
	/* A series goes from its first start to its last end; a week is 604800 s. */
	{ BRG_APPOINTMENT, "{" NINE ",\"recurrence\":\"FREQ=WEEKLY;COUNT=3\"}",
	  "{\"404\":1796025600000000,\"405\":1797238800000000,\"407\":\"freq=weekly;count=3\"}",
	  "404@1796025600000000 405@1797238800000000 ", EIGHT },
	{ BRG_APPOINTMENT, "{" NINE ",\"recurrence\":\"FREQ=WEEKLY\"}",
	  "{\"404\":1796025600000000,\"405\":253402300799999999,\"407\":\"freq=weekly\"}",
	  "404@1796025600000000 405@253402300799999999 ", EIGHT },
	{ BRG_APPOINTMENT,
	  "{" NINE
	  ",\"recurrence\":\"FREQ=WEEKLY;COUNT=3\",\"occurrences\":{\"2026-12-14T09:00:00\":{" AT(
		  "start", "2026-12-15T09:00:00") "," AT("end", "2026-12-15T10:00:00") "}}}",
	  "{\"404\":1796025600000000,\"405\":1797325200000000,\"407\":\"freq=weekly;count=3\"}",
	  "404@1796025600000000 405@1797325200000000 ", EIGHT },
	{ BRG_APPOINTMENT, "{" DAYS ",\"recurrence\":\"FREQ=DAILY;COUNT=2\"}",
	  "{\"404\":1795993200000000,\"405\":1796166000000000,\"406\":1,"
	  "\"407\":\"freq=daily;count=2\"}",
	  "404@1795993200000000 405@1796166000000000 ", 1795993200000000 },
	/* Nobody can say when that is. */
	{ BRG_APPOINTMENT, "{" ZONED("start", "2026-11-30T09:00:00", "Mars/X") "}", "{}", "",
	  CREATED },
};

START_TEST(keys_and_moments)
{
	struct image image;
	struct derived derived;
	char moments[200] = "";

	read_json(keys[_i].kind, keys[_i].json, &image);
	derive_keys(field_builtin(), keys[_i].kind, &image, CREATED, arena, &derived);
	ck_assert_str_eq(derived.keys.ptr, keys[_i].keys);
	ck_assert_int_eq(derived.sorted_us, keys[_i].sorted);
	for (size_t i = 0; i < derived.n_moments; i++)
		(void)sprintf(moments + strlen(moments), "%u@%lld ", derived.moments[i].field,
			      (long long)derived.moments[i].at_us);
	ck_assert_str_eq(moments, keys[_i].moments);
}
END_TEST

static const struct {
	const char *text, *folded;
} folds[] = {
	{ "", "" },
	{ " ", "" },
	{ "Acme  AB ", "acme ab" },
	{ "\n\tA\r\nB", "a b" },
	{ "ÅSA", "åsa" },
	{ "A\xCC\x8Asa", "åsa" },
	{ "Straße", "strasse" },
	{ "STRASSE", "strasse" },
	{ "\xEF\xAC\x81n", "fin" }, /* the ligature fi */
	{ "\xEF\xBC\xA1", "a" },    /* full width A */
	{ "a\xC2\xA0"
	  "b",
	  "a b" }, /* no-break space */
	{ "a\xC2\xAD"
	  "b",
	  "ab" }, /* soft hyphen */
	{ "\xEF\xB7\xBA", "\xD8\xB5\xD9\x84\xD9\x89 \xD8\xA7\xD9\x84\xD9\x84\xD9\x87 "
			  "\xD8\xB9\xD9\x84\xD9\x8A\xD9\x87 \xD9\x88\xD8\xB3\xD9\x84\xD9\x85" },
};

START_TEST(folding)
{
	struct brg_str s = derive_fold(brg_cstr(folds[_i].text), arena);

	ck_assert(brg_str_eq(s, brg_cstr(folds[_i].folded)));
	ck_assert(brg_str_eq(derive_fold(s, arena), s));
}
END_TEST

/* One character may become eighteen. */
START_TEST(folding_grows)
{
	char text[3001];
	struct brg_str s;

	for (int i = 0; i < 1000; i++)
		memcpy(text + 3 * i, "\xEF\xB7\xBA", 3);
	s = derive_fold((struct brg_str){ text, 3000 }, arena);
	ck_assert_uint_eq(s.len, 1000 * (s.len / 1000));
	ck_assert_uint_gt(s.len, 30000);
	ck_assert_uint_eq(derive_fold((struct brg_str){ "\xff", 1 }, arena).len, 1);
	ck_assert_uint_eq(derive_fold((struct brg_str){ NULL, 0 }, arena).len, 0);
}
END_TEST

/* ---- identity -------------------------------------------------------------------------------*/

static const struct {
	int kind;
	const char *a, *b;
	bool same;
} twins[] = {
	{ BRG_CONTACT, "{\"full_name\":\"Anna Berg\",\"email1\":\"a@x\"}",
	  "{\"given\":\"anna\",\"surname\":\"berg\",\"email3\":\"a@x\",\"company\":\"Firm\"}",
	  true },
	{ BRG_CONTACT, "{\"full_name\":\"Anna\",\"email1\":\"a@x\",\"email2\":\"b@x\"}",
	  "{\"full_name\":\"Anna\",\"email1\":\"b@x\",\"email2\":\"a@x\"}", true },
	{ BRG_CONTACT, "{\"full_name\":\"Anna\",\"email1\":\"a@x\"}", "{\"full_name\":\"Anna\"}",
	  false },
	{ BRG_CONTACT, "{\"full_name\":\"Anna\",\"company\":\"A\"}",
	  "{\"full_name\":\"Anna\",\"company\":\"B\"}", false },
	{ BRG_CONTACT, "{\"full_name\":\"a@x\"}", "{\"email1\":\"a@x\"}", false },
	{ BRG_CONTACT, "{\"full_name\":\"Asa\"}", "{\"full_name\":\"Åsa\"}", false },
	{ BRG_TASK, "{\"subject\":\"S\",\"due\":\"2026-11-30\",\"percent\":1}",
	  "{\"subject\":\"s\",\"due\":\"2026-11-30\"}", true },
	{ BRG_TASK, "{\"subject\":\"S\",\"due\":\"2026-11-30\"}",
	  "{\"subject\":\"S\",\"start\":\"2026-11-30\"}", false },
	{ BRG_APPOINTMENT, "{\"subject\":\"S\"," NINE "}",
	  "{\"subject\":\"s\"," ZONED("start", "2026-11-30T08:00:00", "UTC") "," ZONED(
		  "end", "2026-11-30T04:00:00", "America/New_York") "}",
	  true },
	{ BRG_APPOINTMENT, "{" NINE "}", "{" NINE ",\"recurrence\":\"FREQ=DAILY\"}", false },
	{ BRG_APPOINTMENT, "{" ZONED("start", "2026-11-30T00:00:00", "UTC") ",\"all_day\":true}",
	  "{" AT("start", "2026-11-30T00:00:00") ",\"all_day\":true}", true },
};

START_TEST(identity)
{
	struct image a, b;
	struct brg_str x, y;

	read_json(twins[_i].kind, twins[_i].a, &a);
	read_json(twins[_i].kind, twins[_i].b, &b);
	x = derive_identity(field_builtin(), twins[_i].kind, &a, arena);
	y = derive_identity(field_builtin(), twins[_i].kind, &b, arena);
	ck_assert(x.len && y.len);
	ck_assert(brg_str_eq(x, y) == twins[_i].same);
}
END_TEST

START_TEST(nothing_identifies_it)
{
	static const struct {
		int kind;
		const char *json;
	} rows[] = {
		{ BRG_CONTACT, "{\"home_phone\":\"1\"}" },
		{ BRG_TASK, "{\"due\":\"2026-11-30\"}" },
		{ BRG_APPOINTMENT, "{\"subject\":\"S\"}" },
		{ BRG_EMAIL, "{\"read\":true}" },
	};
	struct image image;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		read_json(rows[i].kind, rows[i].json, &image);
		ck_assert_uint_eq(derive_identity(field_builtin(), rows[i].kind, &image, arena).len,
				  0);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("derive");
	TCase *t = tcase_create("derive");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, set_up, tear_down);
	LOOP(derived_names, names);
	LOOP(holds, invariants);
	LOOP(keys_and_moments, keys);
	LOOP(folding, folds);
	tcase_add_test(t, folding_grows);
	LOOP(identity, twins);
	tcase_add_test(t, nothing_identifies_it);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
