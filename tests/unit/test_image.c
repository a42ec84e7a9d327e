/* SPDX-License-Identifier: Apache-2.0
 *
 * Images: JSON that comes back byte for byte, the one form in which every item is kept, and what
 * is refused, in which words.
 */
#include "tests/unit/image_json.h"

/* ---- JSON -----------------------------------------------------------------------------------*/

/* As read, as written of an item, and as written of a record (NULL: the same). */
static const struct {
	int kind;
	const char *json, *item, *record;
} trips[] = {
	{ BRG_TASK, "{}", "{}", NULL },
	{ BRG_TASK, " { \"due\" : \"2026-11-30\", \"subject\" : \"Ring Åsa\" } ",
	  "{\"subject\":\"Ring Åsa\",\"due\":\"2026-11-30\"}", NULL },
	{ BRG_TASK, "{\"subject\":null,\"percent\":50}", "{\"subject\":null,\"percent\":50}",
	  "{\"percent\":50}" },
	{ BRG_TASK, "{\"subject\":\"\",\"categories\":[]}",
	  "{\"subject\":null,\"categories\":null}", "{}" },
	{ BRG_TASK, "{\"completed\":-1,\"reminder\":true}", "{\"completed\":-1,\"reminder\":true}",
	  NULL },
	{ BRG_TASK, "{\"categories\":[\"b\",\"a\",\"b\",\"\"]}", "{\"categories\":[\"a\",\"b\"]}",
	  NULL },
	{ BRG_TASK, "{\"subject\":\"a\\u0022\\\\\\/\\n\\t\\u0001\\u00e5\"}",
	  "{\"subject\":\"a\\\"\\\\/\\n\\t\\u0001å\"}", NULL },
	{ BRG_TASK,
	  "{\"reminder_at\":{\"zone\":\"Europe/Oslo\",\"local\":\"2026-11-30T09:00:00\"}}",
	  "{\"reminder_at\":{\"local\":\"2026-11-30T09:00:00\",\"zone\":\"Europe/Oslo\"}}", NULL },
	{ BRG_TASK, "{\"reminder_at\":{\"local\":\"2026-11-30T09:00:00\"}}",
	  "{\"reminder_at\":{\"local\":\"2026-11-30T09:00:00\",\"zone\":\"\"}}", NULL },
	{ BRG_TASK, "{\"total_work\":2147483647,\"completed\":253402300799999999}",
	  "{\"completed\":253402300799999999,\"total_work\":2147483647}", NULL },
	/* Parts. */
	{ BRG_APPOINTMENT, "{\"attendees\":{}}", "{}", NULL },
	{ BRG_APPOINTMENT, "{\"attendees\":null,\"occurrences\":null}",
	  "{\"attendees\":null,\"occurrences\":null}", "{}" },
	{ BRG_APPOINTMENT, "{\"attendees\":{\"b@x\":{\"response\":\"accepted\"},\"a@x\":{}}}",
	  "{\"attendees\":{\"a@x\":{},\"b@x\":{\"response\":\"accepted\"}}}", NULL },
	{ BRG_APPOINTMENT, "{\"attendees\":{\"...\":null,\"b@x\":null,\"a@x\":{\"name\":null}}}",
	  "{\"attendees\":{\"a@x\":{\"name\":null},\"b@x\":null,\"...\":null}}",
	  "{\"attendees\":{\"a@x\":{}}}" },
	{ BRG_APPOINTMENT,
	  "{\"occurrences\":{\"2026-12-07T09:00:00\":{\"location\":null},"
	  "\"2026-11-30\":null},\"subject\":\"s\"}",
	  "{\"subject\":\"s\",\"occurrences\":{\"2026-11-30\":null,"
	  "\"2026-12-07T09:00:00\":{\"location\":null}}}",
	  NULL },
};

START_TEST(round_trips)
{
	const char *record = trips[_i].record ? trips[_i].record : trips[_i].item;
	struct image image, again;

	read_json(trips[_i].kind, trips[_i].json, &image);
	ck_assert_str_eq(write_json(trips[_i].kind, &image, false), trips[_i].item);
	ck_assert_str_eq(write_json(trips[_i].kind, &image, true), record);
	read_json(trips[_i].kind, trips[_i].item, &again);
	ck_assert(image_eq(&image, &again));
	ck_assert_uint_eq(image.told, again.told);
	read_json(trips[_i].kind, record, &again);
	ck_assert_str_eq(write_json(trips[_i].kind, &again, true), record);
}
END_TEST

START_TEST(what_is_told)
{
	struct image image;

	read_json(BRG_APPOINTMENT, "{}", &image);
	ck_assert_uint_eq(image.told, IMAGE_TOLD_ALL);
	read_json(BRG_APPOINTMENT, "{\"attendees\":null}", &image);
	ck_assert_uint_eq(image.told, PART_BIT(BRG_OCCURRENCE));
	read_json(BRG_APPOINTMENT, "{\"occurrences\":{\"...\":null,\"2026-11-30\":{}}}", &image);
	ck_assert_uint_eq(image.told, PART_BIT(BRG_ATTENDEE));
	ck_assert_uint_eq(image.n_parts, 1);
}
END_TEST

static const struct {
	int kind;
	const char *json, *code, *params;
} refusals[] = {
	{ BRG_TASK, "", "0050", "line=1\ncolumn=1" },
	{ BRG_TASK, "[]", "0050", NULL },
	{ BRG_TASK, "null", "0050", NULL },
	{ BRG_TASK, "{", "0050", NULL },
	{ BRG_TASK, "{\n\"subject\": x}", "0050", "line=2\ncolumn=12" },
	{ BRG_TASK, "{\"subject\":\"a\",\"subject\":\"b\"}", "0050", NULL },
	{ BRG_TASK, "{\"subject\":\"a\\u0000b\"}", "0050", NULL },
	{ BRG_TASK, "{\"subject\":\"\xff\"}", "0050", NULL },
	{ BRG_TASK, "{} {}", "0050", NULL },
	{ BRG_TASK, "{\"percent\":99999999999999999999}", "0050", NULL },
	{ BRG_TASK, "{\"Subject\":\"a\"}", "0051", "field=Subject\nkind=task" },
	{ BRG_TASK, "{\"location\":null}", "0051", "field=location\nkind=task" },
	{ BRG_TASK, "{\"attendees\":{}}", "0051", "field=attendees\nkind=task" },
	{ BRG_TASK, "{\"a\\nb=c\":1}", "0051", NULL },
	{ BRG_TASK, "{\"subject\":1}", "0052", "field=subject\nkind=task\nexpected=\"text\"" },
	{ BRG_TASK, "{\"subject\":[\"a\"]}", "0052", NULL },
	{ BRG_TASK, "{\"percent\":\"50\"}", "0052", "field=percent\nkind=task\nexpected=0..100" },
	{ BRG_TASK, "{\"percent\":50.0}", "0052", NULL },
	{ BRG_TASK, "{\"percent\":101}", "0052", NULL },
	{ BRG_TASK, "{\"percent\":-1}", "0052", NULL },
	{ BRG_TASK, "{\"reminder\":1}", "0052",
	  "field=reminder\nkind=task\nexpected=true | false" },
	{ BRG_TASK, "{\"status\":\"done\"}", "0052",
	  "field=status\nkind=task\nexpected=not_started|in_progress|completed|waiting|deferred" },
	{ BRG_TASK, "{\"due\":\"2026-02-30\"}", "0052",
	  "field=due\nkind=task\nexpected=\"2026-11-30\"" },
	{ BRG_TASK, "{\"due\":20261130}", "0052", NULL },
	{ BRG_TASK, "{\"completed\":true}", "0052", NULL },
	{ BRG_TASK, "{\"completed\":9223372036854775807}", "0052", NULL },
	{ BRG_TASK, "{\"reminder_at\":\"2026-11-30T09:00:00\"}", "0052", NULL },
	{ BRG_TASK, "{\"reminder_at\":{}}", "0052", NULL },
	{ BRG_TASK, "{\"reminder_at\":{\"local\":\"2026-11-30T09:00\",\"zone\":\"\"}}", "0052",
	  NULL },
	{ BRG_TASK, "{\"reminder_at\":{\"local\":\"2026-11-30T09:00:00\",\"zon\":\"\"}}", "0052",
	  NULL },
	{ BRG_TASK, "{\"reminder_at\":{\"local\":\"2026-11-30T25:00:00\",\"zone\":\"\"}}", "0052",
	  NULL },
	{ BRG_TASK, "{\"categories\":\"a\"}", "0052",
	  "field=categories\nkind=task\nexpected=[\"text\", ...]" },
	{ BRG_TASK, "{\"categories\":[1]}", "0052", NULL },
	{ BRG_TASK, "{\"categories\":[[]]}", "0052", NULL },
	{ BRG_APPOINTMENT, "{\"attendees\":[]}", "0052",
	  "field=attendees\nkind=appointment\nexpected={}" },
	{ BRG_APPOINTMENT, "{\"attendees\":{\"\":{}}}", "0052", NULL },
	{ BRG_APPOINTMENT, "{\"attendees\":{\"a@x\":1}}", "0052",
	  "field=attendees/1/fields\nkind=appointment\nexpected={}" },
	{ BRG_APPOINTMENT, "{\"attendees\":{\"a@x\":{},\"b@x\":{\"role\":\"boss\"}}}", "0052",
	  "field=attendees/2/role\nkind=appointment\nexpected=required|optional|resource" },
	{ BRG_APPOINTMENT, "{\"attendees\":{\"a@x\":{\"subject\":\"s\"}}}", "0051",
	  "field=attendees/1/subject\nkind=appointment" },
	{ BRG_APPOINTMENT, "{\"occurrences\":{\"monday\":{}}}", "0052", NULL },
	{ BRG_APPOINTMENT, "{\"occurrences\":{\"2026-11-30\":{\"end\":1}}}", "0052",
	  "field=occurrences/2026-11-30/end\nkind=appointment\nexpected={\"local\":"
	  "\"2026-11-30T09:00:00\",\"zone\":\"Europe/Stockholm\"}" },
	{ BRG_APPOINTMENT, "{\"occurrences\":{\"2026-11-30\":{\"occurrences\":{}}}}", "0051",
	  "field=occurrences/2026-11-30/occurrences\nkind=appointment" },
};

static void check_fault(const struct brg_err *err, int rc, int cls, const char *code)
{
	ck_assert_int_eq(rc, cls);
	ck_assert_int_eq(err->code, cls);
	ck_assert_int_eq(err->scope, BRG_SCOPE_ITEM);
	ck_assert_str_eq(err->fault->code + strlen("BRG-SYNC-"), code);
}

START_TEST(json_is_refused)
{
	struct brg_err err = BRG_ERR_INIT;
	struct image image;
	int rc = image_from_json(field_builtin(), refusals[_i].kind, brg_cstr(refusals[_i].json),
				 arena, &image, &err);

	check_fault(&err, rc, BRG_EINVAL, refusals[_i].code);
	if (refusals[_i].params)
		ck_assert_str_eq(err.params, refusals[_i].params);
	ck_assert_uint_eq(image.fields.n + image.n_parts, 0);
}
END_TEST

/* n times what fmt makes of a number. */
static char *many(const char *before, const char *fmt, int n, const char *after)
{
	char *p = arena_alloc(arena, 100 + (size_t)n * 60), *to = p;

	to += sprintf(to, "%s", before);
	for (int i = 0; i < n; i++) {
		to += sprintf(to, "%s", i ? "," : "");
		/* As the rows of this file have it. */
		if (strcmp(fmt, "attendee") == 0)
			to += sprintf(to, "\"a%d@x\":{}", i);
		else if (strcmp(fmt, "occurrence") == 0)
			to += sprintf(to, "\"%04d-01-01\":null", i + 1);
		else if (strcmp(fmt, "text") == 0)
			to += sprintf(to, "\"%d\"", i);
		else
			to += sprintf(to, "%s", fmt);
	}
	(void)sprintf(to, "%s", after);
	return p;
}

START_TEST(bounds)
{
	static const struct {
		int kind;
		const char *before, *each, *after;
		int most;
		const char *code;
	} rows[] = {
		{ BRG_APPOINTMENT, "{\"attendees\":{", "attendee", "}}", 500, "0054" },
		{ BRG_APPOINTMENT, "{\"occurrences\":{", "occurrence", "}}", 1000, "0054" },
		{ BRG_TASK, "{\"categories\":[", "text", "]}", 1000, "0054" },
	};
	struct brg_err err = BRG_ERR_INIT;
	struct image image;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *good = many(rows[i].before, rows[i].each, rows[i].most, rows[i].after);
		char *bad = many(rows[i].before, rows[i].each, rows[i].most + 1, rows[i].after);

		read_json(rows[i].kind, good, &image);
		ck_assert(image.n_parts == (size_t)rows[i].most || rows[i].kind == BRG_TASK);
		check_fault(&err,
			    image_from_json(field_builtin(), rows[i].kind, brg_cstr(bad), arena,
					    &image, &err),
			    BRG_EINVAL, rows[i].code);
	}
	/* Nesting is no way to the end of the stack. */
	check_fault(&err,
		    image_from_json(field_builtin(), BRG_TASK,
				    brg_cstr(many("{\"subject\":", "[", 200000, "")), arena, &image,
				    &err),
		    BRG_EINVAL, "0050");
}
END_TEST

/* Characters count, not bytes. */
START_TEST(lengths)
{
	struct brg_err err = BRG_ERR_INIT;
	char json[1100] = "{\"subject\":\"";
	struct image image;

	for (int i = 0; i < 255; i++)
		(void)strcat(json, "å");
	(void)strcat(json, "\"}");
	read_json(BRG_TASK, json, &image);
	ck_assert_uint_eq(image_str(&image, TASK_SUBJECT).len, 510);
	(void)strcpy(json + strlen(json) - 2, "å\"}");
	check_fault(&err,
		    image_from_json(field_builtin(), BRG_TASK, brg_cstr(json), arena, &image, &err),
		    BRG_EINVAL, "0053");
	ck_assert_str_eq(err.params, "field=subject\nkind=task\nexpected=255");
}
END_TEST

/* ---- items ----------------------------------------------------------------------------------*/

static const struct brg_field_cap all_caps[] = {
	{ "subject", BRG_APPOINTMENT, BRG_FIELD_READ | BRG_FIELD_WRITE, 0, 0 },
	{ "start", BRG_APPOINTMENT, BRG_FIELD_READ, 0, 0 },
	{ "location", BRG_APPOINTMENT, BRG_FIELD_WRITE, 0, 0 },
	{ "attendees", BRG_APPOINTMENT, BRG_FIELD_READ, 0, 0 },
	{ "subject", BRG_TASK, BRG_FIELD_READ, 0, 0 },
	{ NULL, 0, 0, 0, 0 },
};

static int take(int kind, const struct brg_field_cap *caps, const struct image *given,
		struct image *out, struct brg_err *err)
{
	*err = (struct brg_err)BRG_ERR_INIT;
	return image_from_item(field_builtin(), kind, caps, &given->fields, given->parts,
			       given->n_parts, arena, out, err);
}

/* As a connector tells of it (JSON), and as it is kept. Both are written as items. */
static const struct {
	int kind;
	const char *given, *kept;
} forms[] = {
	{ BRG_TASK, "{\"subject\":\"plain\"}", "{\"subject\":\"plain\"}" },
	{ BRG_TASK, "{\"body\":\"a\\r\\nb\\rc\\n\\r\\nd\"}", "{\"body\":\"a\\nb\\nc\\n\\nd\"}" },
	{ BRG_TASK, "{\"body\":\"a  \\r\\nb\\t \\n  c \\t\"}", "{\"body\":\"a\\nb\\n  c\"}" },
	{ BRG_TASK, "{\"body\":\" \"}", "{\"body\":null}" },
	{ BRG_TASK, "{\"body\":\"a\\u0001\\u007f\\u009f\\tb\"}", "{\"body\":\"a\\tb\"}" },
	{ BRG_TASK, "{\"subject\":\"A\\u030asa\"}", "{\"subject\":\"Åsa\"}" },
	{ BRG_TASK, "{\"subject\":\"A\\u0002\\u030asa \"}", "{\"subject\":\"Åsa\"}" },
	{ BRG_TASK, "{\"subject\":\"\\u212b\\ud834\\udd5e\"}",
	  "{\"subject\":\"\\u00c5\\ud834\\udd57\\ud834\\udd65\"}" },
	{ BRG_TASK, "{\"subject\":\"\\ufb01\\ud83d\\ude00\"}",
	  "{\"subject\":\"\\ufb01\\ud83d\\ude00\"}" },
	{ BRG_TASK, "{\"categories\":[\"b \",\"a\",\"b\",\" \"]}",
	  "{\"categories\":[\"a\",\"b\"]}" },
	{ BRG_TASK, "{\"categories\":[\" \"]}", "{\"categories\":null}" },
	{ BRG_TASK,
	  "{\"reminder_at\":{\"local\":\"2026-11-30T09:00:00\",\"zone\":\"W. Europe Standard Time\"}}",
	  "{\"reminder_at\":{\"local\":\"2026-11-30T09:00:00\",\"zone\":\"Europe/Berlin\"}}" },
	{ BRG_TASK,
	  "{\"reminder_at\":{\"local\":\"2026-11-30T09:00:00\",\"zone\":\"europe/oslo\"}}",
	  "{\"reminder_at\":{\"local\":\"2026-11-30T09:00:00\",\"zone\":\"Europe/Oslo\"}}" },
	{ BRG_CONTACT, "{\"email1\":\" Bo@Example.COM \",\"email1_name\":\"Bo \"}",
	  "{\"email1\":\"bo@example.com\",\"email1_name\":\"Bo\"}" },
	{ BRG_CONTACT, "{\"email1\":\" /O=Firm/CN=Bo\\n\"}", "{\"email1\":\"/O=Firm/CN=Bo\"}" },
	{ BRG_APPOINTMENT,
	  "{\"attendees\":{\" B@x.example\":{\"role\":\"optional\"},\"a@x.example\":{},"
	  "\"b@X.example\":{\"role\":\"required\"}}}",
	  "{\"attendees\":{\"a@x.example\":{},\"b@x.example\":{\"role\":\"optional\"}}}" },
	{ BRG_APPOINTMENT, "{\"attendees\":{\"a@x.example\":null,\"b@x.example\":{}}}",
	  "{\"attendees\":{\"b@x.example\":{}}}" },
	{ BRG_APPOINTMENT, "{\"occurrences\":{\"2026-11-30\":{\"location\":\" \"}}}",
	  "{\"occurrences\":{\"2026-11-30\":{\"location\":null}}}" },
	{ BRG_APPOINTMENT, "{\"recurrence\":\"BYDAY=MO;FREQ=weekly;INTERVAL=1\"}",
	  "{\"recurrence\":\"FREQ=WEEKLY;BYDAY=MO\"}" },
};

START_TEST(canonical_form)
{
	struct brg_err err = BRG_ERR_INIT;
	struct image given, kept, expected, again;

	/* The order of parts is as written there, so that it is the first of two that stays. */
	read_json(forms[_i].kind, forms[_i].given, &given);
	read_json(forms[_i].kind, forms[_i].kept, &expected);
	ck_assert_msg(take(forms[_i].kind, NULL, &given, &kept, &err) == 0, "%s %s", err.params,
		      forms[_i].given);
	ck_assert_str_eq(write_json(forms[_i].kind, &kept, false),
			 write_json(forms[_i].kind, &expected, false));
	/* What is in the form stays as it is. */
	ck_assert_int_eq(take(forms[_i].kind, NULL, &kept, &again, &err), 0);
	ck_assert(image_eq(&kept, &again));
	ck_assert_str_eq(write_json(forms[_i].kind, &kept, false),
			 write_json(forms[_i].kind, &again, false));
	ck_assert_int_eq(
		image_canonical(field_builtin(), forms[_i].kind, &kept, arena, &again, &err), 0);
	ck_assert(image_eq(&kept, &again));
}
END_TEST

START_TEST(what_cannot_be_read_is_absent)
{
	struct brg_err err;
	struct image given, kept;

	read_json(BRG_APPOINTMENT,
		  "{\"subject\":\"s\",\"location\":\"l\",\"show_as\":\"free\","
		  "\"attendees\":{\"a@x.example\":{\"name\":\"A\"}},"
		  "\"occurrences\":{\"2026-11-30\":null}}",
		  &given);
	ck_assert_int_eq(take(BRG_APPOINTMENT, all_caps, &given, &kept, &err), 0);
	ck_assert_uint_eq(kept.told, PART_BIT(BRG_ATTENDEE));
	ck_assert_str_eq(write_json(BRG_APPOINTMENT, &kept, false),
			 "{\"subject\":\"s\",\"attendees\":{\"a@x.example\":{\"name\":\"A\"}},"
			 "\"occurrences\":null}");
	read_json(BRG_TASK, "{\"subject\":\"s\",\"due\":\"2026-11-30\"}", &given);
	ck_assert_int_eq(take(BRG_TASK, all_caps, &given, &kept, &err), 0);
	ck_assert_str_eq(write_json(BRG_TASK, &kept, false), "{\"subject\":\"s\"}");
}
END_TEST

/* A person may take an attendee away; a connector's list is all there is. */
START_TEST(written_by_a_person)
{
	struct brg_err err = BRG_ERR_INIT;
	struct image given, kept;

	read_json(BRG_APPOINTMENT,
		  "{\"subject\":\"x \",\"attendees\":{\"A@x.example\":null,\"...\":null}}", &given);
	ck_assert_int_eq(
		image_canonical(field_builtin(), BRG_APPOINTMENT, &given, arena, &kept, &err), 0);
	ck_assert_str_eq(write_json(BRG_APPOINTMENT, &kept, false),
			 "{\"subject\":\"x\",\"attendees\":{\"a@x.example\":null,\"...\":null}}");
	read_json(BRG_TASK,
		  "{\"reminder_at\":{\"local\":\"2026-11-30T09:00:00\",\"zone\":\"Mars/X\"}}",
		  &given);
	check_fault(&err, image_canonical(field_builtin(), BRG_TASK, &given, arena, &kept, &err),
		    BRG_EINVAL, "0055");
	ck_assert_str_eq(err.params, "field=reminder_at\nkind=task");
}
END_TEST

/* ---- items that are wrong -------------------------------------------------------------------*/

static struct brg_field field(uint32_t id, int type, int presence)
{
	return (struct brg_field){ .id = id, .type = (uint8_t)type, .presence = (uint8_t)presence };
}

static struct brg_field text_field(uint32_t id, int type, const char *text)
{
	struct brg_field f = field(id, type, BRG_VALUE);

	f.u.text = brg_cstr(text);
	return f;
}

static void refuse(int kind, const struct brg_field *at, size_t n, const char *code,
		   const char *params)
{
	struct image given = { .fields = { at, n } }, kept;
	struct brg_err err;
	int rc = take(kind, NULL, &given, &kept, &err);

	check_fault(&err, rc, BRG_EPROTO, code);
	if (params)
		ck_assert_str_eq(err.params, params);
	ck_assert_uint_eq(kept.fields.n, 0);
}

START_TEST(items_are_refused)
{
	struct brg_field f[3];

	f[0] = text_field(0, BRG_TEXT, "x");
	refuse(BRG_TASK, f, 1, "0060", "field=0\nkind=task");
	f[0].id = APPT_SUBJECT;
	refuse(BRG_TASK, f, 1, "0060", "field=400\nkind=task");
	f[0] = text_field(TASK_SUBJECT, BRG_DATE, "x");
	refuse(BRG_TASK, f, 1, "0061", "field=subject\nkind=task\nexpected=\"text\"");
	f[0] = text_field(TASK_DUE, BRG_DATE, "");
	f[0].presence = 7;
	refuse(BRG_TASK, f, 1, "0061", NULL);
	f[0] = text_field(TASK_DUE, BRG_DATE, "2026-13-01");
	refuse(BRG_TASK, f, 1, "0061", NULL);
	f[0] = text_field(TASK_STATUS, BRG_CHOICE, "Completed");
	refuse(BRG_TASK, f, 1, "0061", NULL);
	f[0] = field(TASK_PERCENT, BRG_INTEGER, BRG_VALUE);
	f[0].u.integer = 101;
	refuse(BRG_TASK, f, 1, "0061", "field=percent\nkind=task\nexpected=0..100");
	f[0] = field(TASK_REMINDER, BRG_FLAG, BRG_VALUE);
	f[0].u.integer = 2;
	refuse(BRG_TASK, f, 1, "0061", NULL);
	f[0] = field(TASK_COMPLETED, BRG_MOMENT, BRG_VALUE);
	f[0].u.integer = INT64_MIN;
	refuse(BRG_TASK, f, 1, "0061", NULL);
	f[0] = field(TASK_REMINDER_AT, BRG_WALL, BRG_VALUE);
	refuse(BRG_TASK, f, 1, "0061", NULL);
	f[0].u.wall.local = brg_cstr("2026-11-30T09:00:00");
	f[0].u.wall.zone = brg_cstr("Customized Time Zone");
	refuse(BRG_TASK, f, 1, "0064", "field=reminder_at\nkind=task");
	f[0] = text_field(APPT_RECURRENCE, BRG_TEXT, "every Monday");
	refuse(BRG_APPOINTMENT, f, 1, "0065", "field=recurrence\nkind=appointment");
	f[0] = text_field(TASK_SUBJECT, BRG_TEXT, "a");
	f[1] = text_field(TASK_BODY, BRG_TEXT, "a");
	f[2] = text_field(TASK_SUBJECT, BRG_TEXT, "b");
	refuse(BRG_TASK, f, 3, "0066", NULL);
}
END_TEST

START_TEST(bounds_of_items)
{
	const size_t n = 5u * 1024 * 1024;
	char *large = arena_alloc(arena, n);
	struct brg_str *texts = arena_alloc(arena, 1001 * sizeof(*texts));
	struct brg_field f = field(TASK_BODY, BRG_TEXT, BRG_VALUE);
	struct brg_field *fields = arena_alloc(arena, 1000 * sizeof(f));
	struct brg_part *parts = arena_alloc(arena, 501 * sizeof(*parts));
	struct image given = { .parts = parts, .n_parts = 501 }, kept;
	struct brg_err err;

	memset(large, 'x', n);
	f.u.text = (struct brg_str){ large, n };
	refuse(BRG_TASK, &f, 1, "0062", "field=body\nkind=task\nexpected=1048576");
	f.id = TASK_SUBJECT;
	f.u.text.len = 256;
	refuse(BRG_TASK, &f, 1, "0062", "field=subject\nkind=task\nexpected=255");
	f = field(TASK_CATEGORIES, BRG_LIST, BRG_VALUE);
	f.u.list.at = texts;
	f.u.list.n = 1001;
	refuse(BRG_TASK, &f, 1, "0063", NULL);
	for (int i = 0; i < 1000; i++)
		fields[i] = text_field(TASK_SUBJECT, BRG_TEXT, "x");
	refuse(BRG_TASK, fields, 1000, "0066", NULL);
	for (size_t i = 0; i < given.n_parts; i++) {
		parts[i] = (struct brg_part){ .type = BRG_ATTENDEE, .presence = BRG_VALUE };
		parts[i].key = brg_cstr(arena_printf(arena, "a%zu@x.example", i));
	}
	check_fault(&err, take(BRG_APPOINTMENT, NULL, &given, &kept, &err), BRG_EPROTO, "0063");
	given.n_parts = 500;
	ck_assert_int_eq(take(BRG_APPOINTMENT, NULL, &given, &kept, &err), 0);
	ck_assert_uint_eq(kept.n_parts, 500);
	ck_assert_uint_eq(kept.parts[0].size, sizeof(struct brg_part));
}
END_TEST

/* Nothing at all where something should be. */
START_TEST(empty_pointers)
{
	struct brg_field f[4] = { field(TASK_SUBJECT, BRG_TEXT, BRG_VALUE),
				  field(TASK_BODY, BRG_TEXT, BRG_ABSENT),
				  field(TASK_CATEGORIES, BRG_LIST, BRG_VALUE),
				  field(TASK_STATUS, BRG_CHOICE, BRG_VALUE) };
	struct brg_part parts[3] = { { .type = 99, .presence = BRG_VALUE },
				     { .type = -1, .presence = BRG_VALUE },
				     { .type = BRG_ATTACHMENT, .presence = BRG_VALUE } };
	struct image given = { .fields = { f, 4 } }, kept;
	struct brg_err err;

	f[0].u.text.len = 3;
	f[2].u.list.n = 3;
	ck_assert_int_eq(take(BRG_TASK, NULL, &given, &kept, &err), 0);
	ck_assert_str_eq(write_json(BRG_TASK, &kept, false),
			 "{\"subject\":null,\"status\":null,\"categories\":null}");
	given.fields = (struct brg_fields){ NULL, 5 };
	given.n_parts = 4;
	ck_assert_int_eq(take(BRG_APPOINTMENT, NULL, &given, &kept, &err), 0);
	given.parts = parts;
	given.n_parts = 3;
	ck_assert_int_eq(take(BRG_APPOINTMENT, NULL, &given, &kept, &err), 0);
	ck_assert_uint_eq(kept.n_parts, 0);
	parts[0].type = BRG_ATTENDEE;
	check_fault(&err, take(BRG_APPOINTMENT, NULL, &given, &kept, &err), BRG_EPROTO, "0061");
	parts[0].key = brg_cstr("  ");
	check_fault(&err, take(BRG_APPOINTMENT, NULL, &given, &kept, &err), BRG_EPROTO, "0061");
	parts[0] = (struct brg_part){ .type = BRG_OCCURRENCE, .presence = BRG_NULL };
	check_fault(&err, take(BRG_APPOINTMENT, NULL, &given, &kept, &err), BRG_EPROTO, "0061");
	ck_assert_uint_eq(image_text((struct brg_str){ NULL, 0 }, arena).len, 0);
	ck_assert_uint_eq(image_text((struct brg_str){ NULL, 9 }, arena).len, 0);
	ck_assert_uint_eq(image_address((struct brg_str){ NULL, 0 }, arena).len, 0);
}
END_TEST

/* Every pair of bytes makes text. */
START_TEST(any_bytes)
{
	for (int a = 0; a < 256; a++)
		for (int b = 0; b < 256; b++) {
			char bytes[4] = { '1', (char)a, (char)b, 'y' };
			struct brg_str s = image_text((struct brg_str){ bytes, 4 }, arena);
			struct brg_str again = image_text(s, arena);

			ck_assert(brg_str_eq(s, again));
			ck_assert(s.len >= 2 && s.ptr[0] == '1' && s.ptr[s.len - 1] == 'y');
		}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("image");
	TCase *t = tcase_create("image");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, set_up, tear_down);
	LOOP(round_trips, trips);
	tcase_add_test(t, what_is_told);
	LOOP(json_is_refused, refusals);
	tcase_add_test(t, bounds);
	tcase_add_test(t, lengths);
	LOOP(canonical_form, forms);
	tcase_add_test(t, what_cannot_be_read_is_absent);
	tcase_add_test(t, written_by_a_person);
	tcase_add_test(t, items_are_refused);
	tcase_add_test(t, bounds_of_items);
	tcase_add_test(t, empty_pointers);
	tcase_add_test(t, any_bytes);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
