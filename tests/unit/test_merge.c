/* SPDX-License-Identifier: Apache-2.0
 *
 * What becomes of two sides: every way in which they may have changed, with every policy and
 * direction, for a field, a group, a field of an occurrence, a list, an attendee, an occurrence.
 */
#include "tests/unit/merge_world.h"

enum { COLUMNS = 6 };

struct row {
	int direction;
	const char *states; /* ours, theirs */
	const char *expect[COLUMNS];
};

static const struct row rows[] = {
#include "tests/unit/merge_rows.h"
};
static const struct row list_rows[] = {
#include "tests/unit/merge_list_rows.h"
};
/* Parts that one side took away and the other edited stay, whatever the policy. */
static const struct row part_rows[] = {
	{ DIRECTION_BOTH, "CD", ALL("o o -169") },
	{ DIRECTION_BOTH, "DC", ALL("t t -169") },
	{ DIRECTION_NONE, "DC", ALL("- t -166 t166") },
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

static const struct {
	int policy;
	int64_t record_us;
} columns[COLUMNS] = {
	{ POLICY_NEWEST, AFTER }, { POLICY_NEWEST, BEFORE }, { POLICY_NEWEST, WITHIN },
	{ POLICY_SERVER, AFTER }, { POLICY_STORE, BEFORE },  { POLICY_ASK, AFTER },
};

/* ---- shapes ---------------------------------------------------------------------------------*/

#include "tests/unit/merge_shapes.h"

static const char *json_of(const struct shape *shape, char letter, bool lost)
{
	for (int i = 0; i < 5; i++)
		if (shape->values[i].letter == letter)
			return lost && shape->values[i].lost ? shape->values[i].lost
							     : shape->values[i].value;
	ck_abort_msg("no %c", letter);
	return NULL;
}

static void read_side(const struct shape *shape, char letter, struct image *out)
{
	read_json(shape->kind, json_of(shape, letter, false), out);
}

/* ---- the walk over the table ----------------------------------------------------------------*/

static void expect_image(const struct shape *shape, char letter, const struct image *image,
			 const char *what)
{
	struct image expected;

	read_side(shape, letter, &expected);
	ck_assert_msg(image_eq(&expected, image), "%s: %s, not %c", what,
		      write_json(shape->kind, image, false), letter);
}

static void expect_loss(const struct world *w, const struct shape *shape, size_t i,
			const char *word)
{
	const struct merge_loss *l = &w->out.losses[i];
	struct image value;
	char code[16];

	ck_assert_uint_lt(i, w->out.n_losses);
	(void)snprintf(code, sizeof(code), "BRG-SYNC-0%.3s", word + 1);
	ck_assert_str_eq(merge_why(l->why)->code, code);
	ck_assert(memcmp(l->group.ptr, shape->group, strlen(shape->group)) == 0);
	read_json(shape->kind, json_of(shape, word[0], true), &value);
	ck_assert_str_eq(write_json(shape->kind, &l->value, false),
			 write_json(shape->kind, &value, false));
}

/* No push came through: it is asked for again. Then it comes through, and all is still. */
static void expect_rest(struct world *w, const struct shape *shape, char item)
{
	bool waits = w->out.n_conflicts > 0, pushes = w->out.pushes;
	struct world later = *w;

	world_keep(&later);
	later.in.base_record = &later.base_record;
	later.in.base_item = &later.base_item;
	later.in.record = &later.record;
	world_merge(&later);
	ck_assert(!later.out.record_changed);
	ck_assert_int_eq(later.out.pushes, pushes);
	ck_assert_uint_eq(later.out.n_losses, 0);
	ck_assert_int_eq(later.out.n_conflicts > 0, waits);
	world_push(w);
	expect_image(shape, item, &w->item, "item");
	world_merge(w);
	assert_still(w);
	ck_assert_int_eq(w->out.n_conflicts > 0, waits);
}

static void expect_row(const struct shape *shape, const struct row *row, int column)
{
	const char *expect = row->expect[column], *word = expect + 4;
	char ours = row->states[0], theirs = row->states[1];
	struct world w;
	size_t n = 0;

	world_init(&w, shape->kind);
	world_rules(&w, row->direction, columns[column].policy);
	w.in.record_us = columns[column].record_us;
	read_side(shape, 'b', &w.base_record);
	read_side(shape, 'b', &w.base_item);
	read_side(shape,
		  ours == 'U'	? 'b'
		  : ours == 'C' ? 'o'
		  : ours == 'D' ? '-'
				: 's',
		  &w.record);
	read_side(shape,
		  theirs == 'U'	  ? 'b'
		  : theirs == 'C' ? 't'
		  : theirs == 'D' ? '-'
				  : 's',
		  &w.item);
	world_merge(&w);
	expect_image(shape, expect[0], &w.out.record, "record");
	ck_assert_int_eq(w.out.record_changed, !image_eq(&w.out.record, &w.record));
	for (; word[-1] == ' ' && *word != '?'; word += strlen("t166 "))
		expect_loss(&w, shape, n++, word);
	ck_assert_msg(w.out.n_losses == n, "%s", world_losses(&w));
	ck_assert_uint_eq(w.out.n_conflicts, strchr(expect, '?') ? 1 : 0);
	expect_rest(&w, shape, expect[2]);
}

static const struct row *row_of(const struct shape *shape, int i)
{
	for (size_t k = 0; shape->part && k < sizeof(part_rows) / sizeof(part_rows[0]); k++)
		if (part_rows[k].direction == rows[i].direction &&
		    strcmp(part_rows[k].states, rows[i].states) == 0)
			return &part_rows[k];
	return &rows[i];
}

START_TEST(registers)
{
	for (size_t s = 0; s < SHAPES; s++)
		for (int column = 0; column < COLUMNS; column++)
			expect_row(&shapes[s], row_of(&shapes[s], _i), column);
}
END_TEST

/* ---- lists ----------------------------------------------------------------------------------*/

/* "bot" -> categories b, o, t. */
static void read_list(const char *letters, size_t n, struct image *out)
{
	const char *json = "";

	for (size_t i = 0; i < n && letters[i] != '-'; i++)
		json = arena_printf(arena, "%s%s\"%c\"", json, i ? "," : "", letters[i]);
	read_json(BRG_TASK, arena_printf(arena, "{\"categories\":[%s]}", json), out);
}

static void expect_list(const char *letters, size_t n, const struct image *image, const char *what)
{
	struct image expected;

	read_list(letters, n, &expected);
	ck_assert_msg(image_eq(&expected, image), "%s: %s, not %.*s", what,
		      write_json(BRG_TASK, image, false), (int)n, letters);
}

static const char *list_state(char state, const char *changed)
{
	return state == 'U' ? "b" : state == 'C' ? changed : state == 'D' ? "-" : "bs";
}

static void expect_list_losses(const struct world *w, const char *word)
{
	size_t n = 0;

	for (; *word == ' '; n++) {
		size_t letters = strcspn(++word, "1");

		ck_assert_uint_lt(n, w->out.n_losses);
		expect_list(word, letters, &w->out.losses[n].value, "loss");
		word += letters;
		ck_assert(memcmp(merge_why(w->out.losses[n].why)->code + strlen("BRG-SYNC-0"), word,
				 3) == 0);
		word += 3;
	}
	ck_assert_uint_eq(w->out.n_losses, n);
}

START_TEST(lists)
{
	const struct row *row = &list_rows[_i];

	for (int column = 0; column < COLUMNS; column++) {
		const char *expect = row->expect[column];
		size_t record = strcspn(expect, " "), item = strcspn(expect + record + 1, " ");
		const char *ours = list_state(row->states[0], "bo");
		const char *theirs = list_state(row->states[1], "bt");
		struct world w;

		world_init(&w, BRG_TASK);
		world_rules(&w, row->direction, columns[column].policy);
		w.in.record_us = columns[column].record_us;
		read_list("b", 1, &w.base_record);
		read_list("b", 1, &w.base_item);
		read_list(ours, strlen(ours), &w.record);
		read_list(theirs, strlen(theirs), &w.item);
		world_merge(&w);
		expect_list(expect, record, &w.out.record, "record");
		expect_list_losses(&w, expect + record + 1 + item);
		ck_assert_uint_eq(w.out.n_conflicts, 0);
		world_push(&w);
		expect_list(expect + record + 1, item, &w.item, "item");
		world_merge(&w);
		assert_still(&w);
	}
}
END_TEST

/* The tables have every combination once. */
START_TEST(tables_are_whole)
{
	static const char *const states[] = { "UU", "CU", "DU", "UC", "UD",
					      "SS", "DD", "CC", "CD", "DC" };

	ck_assert_uint_eq(ROWS, sizeof(list_rows) / sizeof(list_rows[0]));
	ck_assert_uint_eq(ROWS, 40);
	for (size_t i = 0; i < ROWS; i++) {
		ck_assert_int_eq(rows[i].direction, (int)i / 10);
		ck_assert_str_eq(rows[i].states, states[i % 10]);
		ck_assert_int_eq(list_rows[i].direction, (int)i / 10);
		ck_assert_str_eq(list_rows[i].states, states[i % 10]);
	}
}
END_TEST

/* ---- by example -----------------------------------------------------------------------------*/

#include "tests/unit/merge_cases.h"

static const char *unquoted(const char *json)
{
	char *text = arena_printf(arena, "%s", json);

	for (char *p = text; *p; p++)
		if (*p == '\'')
			*p = '"';
	return text;
}

START_TEST(examples_come_out)
{
	const struct example *e = &examples[_i];
	struct world w;

	world_init(&w, e->kind);
	read_json(e->kind, unquoted(e->base_record), &w.base_record);
	read_json(e->kind, unquoted(e->base_item), &w.base_item);
	read_json(e->kind, unquoted(e->record), &w.record);
	read_json(e->kind, unquoted(e->item), &w.item);
	if (e->pushed) {
		read_json(e->kind, unquoted(e->pushed), &w.pushed);
		w.in.pushed = &w.pushed;
	}
	w.in.role = e->role;
	w.in.record_us = e->record_us;
	world_merge(&w);
	ck_assert_str_eq(write_json(e->kind, &w.out.record, true), unquoted(e->result));
	ck_assert_str_eq(write_json(e->kind, &w.out.push, false), unquoted(e->push));
	ck_assert_str_eq(world_losses(&w), unquoted(e->losses));
	world_push(&w);
	world_merge(&w);
	assert_still(&w);
}
END_TEST

/* ---- what the caller may say besides --------------------------------------------------------*/

static void conflict_over(struct world *w, int policy, const char *ours, const char *theirs)
{
	world_init(w, BRG_APPOINTMENT);
	world_rules(w, DIRECTION_BOTH, policy);
	read_json(BRG_APPOINTMENT, SERIES "}", &w->base_record);
	read_json(BRG_APPOINTMENT, SERIES "}", &w->base_item);
	read_json(BRG_APPOINTMENT, ours, &w->record);
	read_json(BRG_APPOINTMENT, theirs, &w->item);
}

#define PLACES(letter)                                                                 \
	TIMES ",\"location\":\"" letter "\",\"occurrences\":{\"2026-12-07T09:00:00\":" \
	      "{\"location\":\"at " letter "\",\"subject\":\"" letter "\"}}}"

/* A part is one conflict, and one word settles it. Others are not touched by it. */
START_TEST(settled)
{
	const struct merge_settled said[] = {
		{ brg_cstr("occurrences/2026-12-07T09:00:00"), SIDE_STORE },
		{ brg_cstr("location"), SIDE_SERVER },
	};
	struct world w;

	conflict_over(&w, POLICY_ASK, PLACES("o"), PLACES("t"));
	world_merge(&w);
	ck_assert_str_eq(world_losses(&w), "location? occurrences/2026-12-07T09:00:00?");
	ck_assert_str_eq(write_json(BRG_APPOINTMENT, &w.out.conflicts[0].base, true),
			 "{\"location\":\"y\"}");
	ck_assert_str_eq(write_json(BRG_APPOINTMENT, &w.out.conflicts[0].ours, true),
			 "{\"location\":\"o\"}");
	ck_assert_str_eq(write_json(BRG_APPOINTMENT, &w.out.conflicts[0].theirs, true),
			 "{\"location\":\"t\"}");
	ck_assert_str_eq(write_json(BRG_APPOINTMENT, &w.out.conflicts[1].ours, true),
			 "{\"occurrences\":{\"2026-12-07T09:00:00\":{\"subject\":\"o\","
			 "\"location\":\"at o\"}}}");
	ck_assert(!w.out.record_changed && !w.out.pushes);
	w.in.settled = said;
	w.in.n_settled = 2;
	world_merge(&w);
	ck_assert_uint_eq(w.out.n_conflicts, 0);
	ck_assert_uint_eq(w.out.n_losses, 3);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(w.out.losses[i].why, WHY_SETTLED);
	ck_assert_str_eq(write_json(BRG_APPOINTMENT, &w.out.push, false),
			 "{\"attendees\":null,\"occurrences\":{\"2026-12-07T09:00:00\":{"
			 "\"subject\":\"o\",\"location\":\"at o\"},\"...\":null}}");
	ck_assert(brg_str_eq(image_str(&w.out.record, APPT_LOCATION), brg_cstr("t")));
}
END_TEST

/* While the time waits for a person, occurrences do too. */
START_TEST(occurrences_wait)
{
	struct world w;

	conflict_over(
		&w, POLICY_ASK,
		"{\"start\":{\"local\":\"2026-11-30T08:00:00\",\"zone\":\"Europe/Stockholm\"}}",
		OCCURRENCE("{\"location\":\"t\"}"));
	read_json(BRG_APPOINTMENT,
		  "{\"start\":{\"local\":\"2026-11-30T07:00:00\",\"zone\":\"Europe/Stockholm\"},"
		  "\"recurrence\":\"FREQ=DAILY\",\"occurrences\":{\"2026-12-01T07:00:00\":null}}",
		  &w.item);
	world_merge(&w);
	ck_assert_uint_eq(w.out.n_conflicts, 1);
	ck_assert(brg_str_eq(w.out.conflicts[0].group, brg_cstr("time")));
	ck_assert_uint_eq(w.out.record.n_parts, 0);
	ck_assert_uint_eq(w.out.base_item.n_parts, 0);
	ck_assert(!w.out.parts_changed && w.out.push.n_parts == 0);
	world_keep(&w);
	world_rules(&w, DIRECTION_BOTH, POLICY_SERVER);
	world_merge(&w);
	ck_assert_uint_eq(w.out.record.n_parts, 1);
}
END_TEST

/* A list that only one side's occurrence has for itself goes over like any other field. */
START_TEST(a_list_of_one_occurrence)
{
	struct world w;

	conflict_over(&w, POLICY_ASK, OCCURRENCE("{\"location\":\"y\"}"),
		      OCCURRENCE("{\"location\":\"y\",\"categories\":[\"red\"]}"));
	read_json(BRG_APPOINTMENT, OCCURRENCE("{\"location\":\"y\"}"), &w.base_record);
	w.base_item = w.base_record;
	world_merge(&w);
	ck_assert_ptr_nonnull(strstr(write_json(BRG_APPOINTMENT, &w.out.record, true), "red"));
	ck_assert_uint_eq(w.out.n_conflicts, 0);
}
END_TEST

/* What is attached to an appointment is not looked at, and stays. */
START_TEST(what_is_attached_stays)
{
	const struct brg_part file = { .size = sizeof(file),
				       .type = BRG_ATTACHMENT,
				       .key = brg_cstr("plan.pdf"),
				       .presence = BRG_VALUE };
	struct world w;

	world_init(&w, BRG_APPOINTMENT);
	world_rules(&w, DIRECTION_BOTH, POLICY_ASK);
	read_json(BRG_APPOINTMENT, SERIES "}", &w.item);
	read_json(BRG_APPOINTMENT, SERIES "}", &w.record);
	w.record.parts = &file;
	w.record.n_parts = 1;
	world_merge(&w);
	ck_assert_uint_eq(w.out.record.n_parts, 1);
	ck_assert(!w.out.record_changed && w.out.push.n_parts == 0);
}
END_TEST

/* Newest by the record's time alone is not the last word: single groups may be older. */
static const struct {
	int64_t record_us, group_us, item_us;
	int why;
	bool tie;
} times[] = {
	{ 250, -1, 200, WHY_STORE_NEWER, true },   { 250, 0, 200, WHY_STORE_NEWER, false },
	{ 250, 50, 200, WHY_SERVER_NEWER, false }, { 250, 150, 200, WHY_UNKNOWN_ORDER, false },
	{ 250, 220, 200, WHY_STORE_NEWER, false }, { 150, -1, 200, WHY_UNKNOWN_ORDER, true },
	{ 50, -1, 200, WHY_SERVER_NEWER, false },  { 100, -1, 200, WHY_SERVER_NEWER, false },
	{ 101, -1, 200, WHY_UNKNOWN_ORDER, true }, { 200, -1, 200, WHY_UNKNOWN_ORDER, true },
	{ 201, -1, 200, WHY_STORE_NEWER, true },   { 0, -1, 200, WHY_UNKNOWN_ORDER, false },
	{ 250, -1, 0, WHY_UNKNOWN_ORDER, true },   { 0, 250, 200, WHY_STORE_NEWER, false },
};

START_TEST(newest)
{
	int64_t group_us[FIELD_GROUPS_MAX] = { 0 };
	struct world w;

	conflict_over(&w, POLICY_NEWEST, TIMES ",\"location\":\"o\"}",
		      TIMES ",\"location\":\"t\"}");
	w.in.record_us = times[_i].record_us;
	w.in.item_us = times[_i].item_us;
	if (times[_i].group_us >= 0) {
		group_us[field_group(field_builtin(), BRG_APPOINTMENT, APPT_LOCATION)] =
			times[_i].group_us;
		w.in.group_us = group_us;
	}
	world_merge(&w);
	ck_assert(brg_str_eq(image_str(&w.out.record, APPT_LOCATION),
			     brg_cstr(times[_i].why == WHY_STORE_NEWER ? "o" : "t")));
	ck_assert_uint_eq(w.out.n_losses, 1);
	ck_assert_int_eq(w.out.losses[0].why, times[_i].why);
	ck_assert_int_eq(w.out.tie, times[_i].tie);
}
END_TEST

/* What the organisation says of personal fields holds for attendees' copies too. */
START_TEST(personal_fields_that_travel)
{
	struct world w;

	conflict_over(&w, POLICY_NEWEST, TIMES ",\"reminder\":true,\"location\":\"o\"}",
		      SERIES "}");
	w.in.role = ROLE_ATTENDEE;
	world_merge(&w);
	ck_assert(!w.out.pushes && w.out.n_losses == 0);
	w.rules[field_group(field_builtin(), BRG_APPOINTMENT, APPT_REMINDER)].direction =
		DIRECTION_TO_SERVER;
	world_merge(&w);
	ck_assert_str_eq(write_json(BRG_APPOINTMENT, &w.out.push, false),
			 "{\"reminder\":true,\"attendees\":null,\"occurrences\":null}");
	world_push(&w);
	world_merge(&w);
	assert_still(&w);
}
END_TEST

/* What one side alone has, and may not go over, is agreed on: it does not go over either when the
 * way is opened later, unless somebody changes it. */
START_TEST(what_stays_on_its_side)
{
	struct world w;

	world_init(&w, BRG_CONTACT);
	world_rules(&w, _i ? DIRECTION_TO_SERVER : DIRECTION_TO_STORE, POLICY_ASK);
	read_json(BRG_CONTACT, "{\"job_title\":\"x\"}", _i ? &w.item : &w.record);
	world_merge(&w);
	ck_assert(!w.out.pushes && !w.out.record_changed);
	world_keep(&w);
	world_rules(&w, DIRECTION_BOTH, POLICY_ASK);
	world_merge(&w);
	ck_assert(!w.out.pushes && !w.out.record_changed);
	ck_assert_uint_eq(w.out.n_conflicts, 0);
}
END_TEST

/* What one side alone had and the other took is what both have seen: another change of it meets
 * none. */
START_TEST(what_was_taken_is_agreed_on)
{
	struct world w;

	world_init(&w, BRG_CONTACT);
	world_rules(&w, DIRECTION_BOTH, POLICY_ASK);
	read_json(BRG_CONTACT, "{\"job_title\":\"x\",\"surname\":\"Ek\"}", &w.item);
	read_json(BRG_CONTACT, "{\"surname\":\"Ek\"}", &w.record);
	world_merge(&w);
	ck_assert(w.out.record_changed);
	world_keep(&w);
	read_json(BRG_CONTACT, "{\"job_title\":\"z\",\"surname\":\"Ek\"}", &w.item);
	world_merge(&w);
	ck_assert_uint_eq(w.out.n_conflicts, 0);
	ck_assert_uint_eq(w.out.n_losses, 0);
	ck_assert(w.out.record_changed && !w.out.pushes);
}
END_TEST

/* Connectors find a part by the name that their server has for it. */
START_TEST(parts_keep_their_names)
{
	struct brg_part named;
	struct world w;

	conflict_over(&w, POLICY_NEWEST, OCCURRENCE("{\"location\":\"o\"}"),
		      OCCURRENCE("{\"location\":\"b\"}"));
	w.base_record = w.base_item = w.item;
	named = w.item.parts[0];
	named.remote_id = brg_cstr("id");
	named.version = brg_cstr("v2");
	w.item.parts = &named;
	world_merge(&w);
	ck_assert(brg_str_eq(w.out.push.parts[0].remote_id, brg_cstr("id")));
	ck_assert(brg_str_eq(w.out.push.parts[0].version, brg_cstr("v2")));
	ck_assert(brg_str_eq(w.out.base_item.parts[0].version, brg_cstr("v2")));
	ck_assert_uint_eq(w.out.record.parts[0].remote_id.len, 0);
}
END_TEST

/* ---- what waits to be written ---------------------------------------------------------------*/

/* Ours has won and could not be written; then somebody makes the record again what it was before.
 * That is a change too, and the item is to have it. */
static const struct {
	int kind;
	const char *base, *record, *item, *after;
} pending[] = {
	{ BRG_CONTACT, "{'job_title':'b'}", "{'job_title':'o'}", "{'job_title':'t'}",
	  "{'job_title':'b'}" },
	{ BRG_CONTACT, "{'business_street':'b','business_city':'b'}",
	  "{'business_street':'o','business_city':'b'}",
	  "{'business_street':'b','business_city':'t'}",
	  "{'business_street':'b','business_city':'b'}" },
	/* Both made one change alike, and ours another one. */
	{ BRG_CONTACT, "{'business_street':'b','business_city':'b'}",
	  "{'business_street':'x','business_city':'o'}",
	  "{'business_street':'x','business_city':'b'}",
	  "{'business_street':'b','business_city':'b'}" },
	{ BRG_APPOINTMENT, "{'attendees':{'a@x':{'role':'required'}}}",
	  "{'attendees':{'a@x':{'role':'optional'}}}", "{}",
	  "{'attendees':{'a@x':{'role':'required'}}}" },
};

START_TEST(pending_stays)
{
	int kind = pending[_i].kind;
	struct world w;

	world_init(&w, kind);
	read_json(kind, unquoted(pending[_i].base), &w.base_record);
	w.base_item = w.base_record;
	read_json(kind, unquoted(pending[_i].record), &w.record);
	read_json(kind, unquoted(pending[_i].item), &w.item);
	world_merge(&w);
	ck_assert(w.out.pushes);
	world_keep(&w);
	read_json(kind, unquoted(pending[_i].after), &w.record);
	world_merge(&w);
	ck_assert(!w.out.record_changed && w.out.n_losses == 0);
	world_push(&w);
	ck_assert_str_eq(write_json(kind, &w.item, true), unquoted(pending[_i].after));
}
END_TEST

/* What came from the item is no addition of ours while ours waits. */
START_TEST(pending_lists)
{
	struct world w;

	world_init(&w, BRG_TASK);
	read_list("b", 1, &w.base_record);
	w.base_item = w.base_record;
	read_list("bo", 2, &w.record);
	read_list("bt", 2, &w.item);
	world_merge(&w);
	world_keep(&w);
	read_list("b", 1, &w.item);
	world_merge(&w);
	expect_list("bo", 2, &w.out.record, "record");
}
END_TEST

/* ---- words ----------------------------------------------------------------------------------*/

START_TEST(words)
{
	for (int why = WHY_STORE_NEWER; why <= WHY_NO_PLACE; why++) {
		ck_assert_ptr_nonnull(merge_why(why));
		ck_assert_ptr_eq(merge_why(why), merge_faults[why - 1]);
	}
	ck_assert_ptr_null(merge_faults[WHY_NO_PLACE]);
	ck_assert_ptr_null(merge_why(0));
	ck_assert_ptr_null(merge_why(WHY_NO_PLACE + 1));
	ck_assert_str_eq(policy_name(POLICY_ASK), "ask");
	ck_assert_str_eq(policy_name(4), "");
	ck_assert_str_eq(policy_name(-1), "");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("merge");
	TCase *t = tcase_create("merge");
	SRunner *sr;
	int failed;

	tcase_add_checked_fixture(t, set_up, tear_down);
	LOOP(registers, rows);
	LOOP(lists, list_rows);
	tcase_add_test(t, tables_are_whole);
	LOOP(examples_come_out, examples);
	tcase_add_test(t, settled);
	tcase_add_test(t, occurrences_wait);
	LOOP(newest, times);
	tcase_add_test(t, personal_fields_that_travel);
	tcase_add_loop_test(t, what_stays_on_its_side, 0, 2);
	tcase_add_test(t, what_was_taken_is_agreed_on);
	tcase_add_test(t, a_list_of_one_occurrence);
	tcase_add_test(t, what_is_attached_stays);
	tcase_add_test(t, parts_keep_their_names);
	LOOP(pending_stays, pending);
	tcase_add_test(t, pending_lists);
	tcase_add_test(t, words);
	suite_add_tcase(s, t);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? 1 : 0;
}
