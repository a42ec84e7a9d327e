/* SPDX-License-Identifier: Apache-2.0
 *
 * The organisation's rules for records both ways: what brygga.conf says, and what is refused.
 */
#include "core/config.h"

#include "core/engine.h"
#include "core/host.h"
#include "core/options.h"
#include "tests/unit/problem_text.h"

static struct brg_arena *arena;
static struct problems problems;

static void setup(void)
{
	arena = arena_new();
	problems_init(&problems, arena);
}

static void teardown(void)
{
	arena_free(&arena);
}

static struct config *parse(const char *text)
{
	struct config *config = NULL;

	problems_init(&problems, arena);
	(void)config_parse(brg_cstr(text), "f", arena, &config, &problems);
	return config;
}

#define STORE "[storage]\nplugin = sqlite\n"

static const struct sync_rules *rules_of(const char *text)
{
	const struct text_case good = { text, "" };
	struct config *config = parse(arena_printf(arena, STORE "%s", text));

	expect_problems(&problems, &good);
	return &config->sync;
}

static const struct text_case cases[] = {
	{ STORE "[contact]\n[task]\n[appointment]\n[sync]\n", "" },
	{ STORE "[contact]\ninbound = everything\n",
	  "f:4: inbound takes one of none, tracked, all, not \"everything\"\n" },
	{ STORE "[contact main]\n",
	  "f:3: [contact main] is written [contact]: there is only one\n" },
	{ STORE "[contacts]\n", "f:3: there is no section [contacts]: did you mean [contact]?\n" },
	{ STORE "[contact]\ninvitations = send\n",
	  "f:4: [contact] has no setting invitations; it has: inbound, policy, direction.GROUP, "
	  "policy.GROUP\n" },
	{ STORE "[sync]\ndirection.name = both\n",
	  "f:4: [sync] has no setting direction.name; it has: plan-deletes-min, "
	  "plan-deletes-percent, plan-creates\n" },
	{ STORE "[appointment]\ninvitation = send\n",
	  "f:4: [appointment] has no setting invitation: did you mean invitations?\n" },
	{ STORE "[task]\npolicy = latest\n",
	  "f:4: policy takes one of newest, server, store, ask, not \"latest\"\n" },
	{ STORE "[sync]\nplan-deletes-min = 0\nplan-deletes-percent = 101\nplan-creates = all\n",
	  "f:4: plan-deletes-min takes a whole number from 1 to 1000000, not \"0\"\n"
	  "f:5: plan-deletes-percent takes a whole number from 0 to 100, not \"101\"\n"
	  "f:6: plan-creates takes a whole number from 1 to 1000000, not \"all\"\n" },
	/* Groups. */
	{ STORE "[contact]\ndirection.job_titel = none\n",
	  "f:4: direction.job_titel: a contact has no group of fields job_titel: did you mean "
	  "job_title?\n" },
	{ STORE "[contact]\ndirection.job_title = up\n",
	  "f:4: direction.job_title takes one of both, to-server, to-store, none, not \"up\"\n" },
	{ STORE "[contact]\npolicy.job_title = me\n",
	  "f:4: policy.job_title takes one of newest, server, store, ask, not \"me\"\n" },
	{ STORE "[contact]\nPolicy.job_title = ask\n",
	  "f:4: a setting's name has lower-case letters, digits and hyphens, at most 32: "
	  "Policy.job_title\n" },
	{ STORE "[contact]\nmerge.job_title = ask\n",
	  "f:4: [contact] has no setting merge.job_title; it has: inbound, policy, "
	  "direction.GROUP, policy.GROUP\n" },
	{ STORE "[contact]\ndirection.company = both\ndirection.company_phone = none\n", "" },
	{ STORE "[contact]\ndirection.company = none\n",
	  "f:4: the direction of company of contact is fixed and cannot be set\n" },
	{ STORE "[appointment]\ndirection.attendees = both\n", "" },
	{ STORE "[appointment]\ndirection.attendees = none\n",
	  "f:4: the direction of attendees of appointment is fixed and cannot be set\n" },
	{ STORE "[contact]\ndirection.given = none\n",
	  "f:4: direction.given: the field given is not set by itself: write direction.name for all "
	  "of its group\n" },
	/* Fields of the organisation's own. */
	{ STORE "[field]\n", "f:3: [field] needs a name, as in [field contact loyalty]\n" },
	{ STORE "[field loyalty]\n", "f:3: [field loyalty] is written [field KIND NAME]; kinds are "
				     "contact, task, appointment\n" },
	{ STORE "[field email x]\n", "f:3: [field email x] is written [field KIND NAME]; kinds are "
				     "contact, task, appointment\n" },
	{ STORE "[field contact Loyalty]\n",
	  "f:3: a field's name has 1 to 32 lower-case letters, digits and underscores, and begins "
	  "with a letter: Loyalty\n" },
	{ STORE "[field contact a-b]\n",
	  "f:3: a field's name has 1 to 32 lower-case letters, digits and underscores, and begins "
	  "with a letter: a-b\n" },
	{ STORE "[field contact 1st]\n",
	  "f:3: a field's name has 1 to 32 lower-case letters, digits and underscores, and begins "
	  "with a letter: 1st\n" },
	{ STORE "[field contact company]\n",
	  "f:3: company is already a name that contact fields or filters have\n" },
	{ STORE "[field task attendees]\n",
	  "f:3: attendees is already a name that task fields or filters have\n" },
	{ STORE "[field task a]\n[field task  a]\n",
	  "f:4: a is already a name that task fields or filters have\n" },
	{ STORE "[field contact a]\ntype = number\nlable = x\n",
	  "f:4: type takes one of text, integer, flag, moment, wall, date, list, not \"number\"\n"
	  "f:5: [field contact a] has no setting lable: did you mean label?\n" },
	{ STORE "[field contact a]\ntype = date\nmax-length = 10\n",
	  "f:5: max-length is for fields of type text, not of type date\n" },
	{ STORE "[field contact a]\n[task]\ndirection.a = none\npolicy.zzzzzzzzz = ask\n"
		"[contact]\ndirection.a = to-store\n",
	  NULL },
};

START_TEST(says)
{
	const struct config *config = parse(cases[_i].text);

	if (cases[_i].expected)
		expect_problems(&problems, &cases[_i]);
	ck_assert_int_eq(config != NULL, problems.n == 0);
}
END_TEST

static const struct merge_rule *rule(const struct sync_rules *r, int kind, const char *group)
{
	int n = field_group_named(r->table, kind, brg_cstr(group));

	ck_assert_int_ge(n, 0);
	return &r->merge[kind][n];
}

START_TEST(defaults)
{
	const struct sync_rules *r = rules_of(""), *usual = sync_rules_default();

	for (int kind = FIELD_CONTACT; kind <= FIELD_APPOINTMENT; kind++) {
		ck_assert_int_eq(r->inbound[kind], INBOUND_TRACKED);
		ck_assert_int_eq(usual->inbound[kind], INBOUND_TRACKED);
		ck_assert_int_eq(r->policy[kind], POLICY_NEWEST);
	}
	ck_assert_int_eq(r->invite, 0);
	ck_assert_int_eq(r->plan_deletes_min, usual->plan_deletes_min);
	ck_assert_int_eq(r->plan_deletes_percent, usual->plan_deletes_percent);
	ck_assert_int_eq(r->plan_creates, usual->plan_creates);
	ck_assert_ptr_eq(r->table, field_builtin());
	ck_assert_mem_eq(r->epoch, usual->epoch, sizeof(r->epoch));
	/* Directions are those of the table. */
	for (int kind = FIELD_CONTACT; kind < FIELD_KINDS; kind++)
		for (size_t i = 0; i < r->table->kinds[kind].n_groups; i++) {
			ck_assert_int_eq(r->merge[kind][i].policy, POLICY_NEWEST);
			ck_assert_int_eq(r->merge[kind][i].direction,
					 usual->merge[kind][i].direction);
		}
}
END_TEST

START_TEST(values)
{
	const struct sync_rules *r = rules_of(
		"[contact]\ninbound = all\npolicy = store\ndirection.job_title = to-server\n"
		"policy.company = ask\n[task]\ninbound = none\n[appointment]\ninvitations = send\n"
		"policy = server\n[sync]\nplan-deletes-min = 5\nplan-deletes-percent = 0\n"
		"plan-creates = 7\n");

	ck_assert_int_eq(r->inbound[FIELD_CONTACT], INBOUND_ALL);
	ck_assert_int_eq(r->inbound[FIELD_TASK], INBOUND_NONE);
	ck_assert_int_eq(r->inbound[FIELD_APPOINTMENT], INBOUND_TRACKED);
	ck_assert_int_eq(rule(r, FIELD_CONTACT, "job_title")->direction, DIRECTION_TO_SERVER);
	ck_assert_int_eq(rule(r, FIELD_CONTACT, "job_title")->policy, POLICY_STORE);
	ck_assert_int_eq(rule(r, FIELD_CONTACT, "company")->policy, POLICY_ASK);
	ck_assert_int_eq(rule(r, FIELD_CONTACT, "company")->direction, DIRECTION_BOTH);
	ck_assert_int_eq(rule(r, FIELD_TASK, "subject")->policy, POLICY_NEWEST);
	ck_assert_int_eq(rule(r, FIELD_APPOINTMENT, "subject")->policy, POLICY_SERVER);
	/* Attendees are the meeting's. */
	ck_assert_int_eq(rule(r, FIELD_ATTENDEE, "response")->policy, POLICY_SERVER);
	ck_assert_int_ne(r->invite, 0);
	ck_assert_int_eq(r->plan_deletes_min, 5);
	ck_assert_int_eq(r->plan_deletes_percent, 0);
	ck_assert_int_eq(r->plan_creates, 7);
}
END_TEST

START_TEST(users_have_rules_of_their_own)
{
	const struct sync_rules *r = rules_of("[contact]\ninbound = all\n");
	struct owner_settings owner = { 0 };
	struct brg_err err = BRG_ERR_INIT;
	struct settings set = { 0 };

	ck_assert_int_eq(options_fill(owner_options, &owner, NULL, 0, arena, &err), 0);
	ck_assert_str_eq(owner.zone, "UTC");
	ck_assert_int_eq(sync_rules_inbound(r, &owner, BRG_CONTACT), INBOUND_ALL);
	ck_assert_int_eq(sync_rules_inbound(r, &owner, BRG_TASK), INBOUND_TRACKED);
	settings_add(&set, arena, brg_cstr("inbound-contacts"), brg_cstr("none"));
	settings_add(&set, arena, brg_cstr("inbound-tasks"), brg_cstr("all"));
	settings_add(&set, arena, brg_cstr("inbound-appointments"), brg_cstr("usual"));
	ck_assert_int_eq(options_fill(owner_options, &owner, set.at, set.n, arena, &err), 0);
	ck_assert_int_eq(sync_rules_inbound(r, &owner, BRG_CONTACT), INBOUND_NONE);
	ck_assert_int_eq(sync_rules_inbound(r, &owner, BRG_TASK), INBOUND_ALL);
	ck_assert_int_eq(sync_rules_inbound(r, &owner, BRG_APPOINTMENT), INBOUND_TRACKED);
}
END_TEST

START_TEST(own_fields)
{
	const struct sync_rules *r =
		rules_of("[contact]\ndirection.loyalty = to-store\npolicy.since = ask\n"
			 "[field contact since]\ntype = date\nlabel = Customer since\n"
			 "[field contact loyalty]\nmax-length = 100\n[field task cost_2]\ntype = "
			 "integer\n");
	const struct field *f = field_find(r->table, FIELD_CONTACT, brg_cstr("loyalty"));

	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(f->type, BRG_TEXT);
	ck_assert_uint_eq(f->max_len, 100);
	ck_assert_str_eq(f->label, "loyalty");
	ck_assert_uint_eq(f->flags, FIELD_OWN | FIELD_FILTER);
	ck_assert_ptr_eq(field_of(r->table, FIELD_CONTACT, f->id), f);
	ck_assert_int_eq(rule(r, FIELD_CONTACT, "loyalty")->direction, DIRECTION_TO_STORE);
	f = field_find(r->table, FIELD_CONTACT, brg_cstr("since"));
	ck_assert_int_eq(f->type, BRG_DATE);
	ck_assert_str_eq(f->label, "Customer since");
	ck_assert_uint_eq(f->flags, FIELD_OWN | FIELD_FILTER | FIELD_INDEXED);
	ck_assert_int_eq(rule(r, FIELD_CONTACT, "since")->policy, POLICY_ASK);
	ck_assert_int_eq(field_find(r->table, FIELD_TASK, brg_cstr("cost_2"))->type, BRG_INTEGER);
	ck_assert_ptr_null(field_find(r->table, FIELD_TASK, brg_cstr("loyalty")));
	ck_assert_ptr_nonnull(field_find(r->table, FIELD_CONTACT, brg_cstr("company")));
}
END_TEST

/* The store has keys by id: they stay true when fields are added or go. */
START_TEST(own_ids_stay)
{
	const struct sync_rules *r = rules_of("[field contact m]\n");
	uint32_t id = field_find(r->table, FIELD_CONTACT, brg_cstr("m"))->id;

	r = rules_of("[field contact z]\n[field contact m]\n[field contact a]\n[field task m]\n");
	ck_assert_uint_eq(field_find(r->table, FIELD_CONTACT, brg_cstr("m"))->id, id);
	ck_assert_uint_ne(field_find(r->table, FIELD_TASK, brg_cstr("m"))->id, id);
}
END_TEST

START_TEST(own_fields_are_bounded)
{
	const struct text_case full = { "61 fields",
					"f:63: a contact has at most 60 fields of your own\n" };
	const char *text = STORE;

	for (int kind = FIELD_CONTACT; kind <= FIELD_APPOINTMENT; kind++)
		ck_assert_uint_le(field_builtin()->kinds[kind].n_groups + OWN_FIELDS_MAX,
				  FIELD_GROUPS_MAX);
	for (int i = 0; i < OWN_FIELDS_MAX; i++)
		text = arena_printf(arena, "%s[field contact f%d]\n", text, i);
	ck_assert_ptr_nonnull(parse(text));
	ck_assert_ptr_null(parse(arena_printf(arena, "%s[field contact more]\n", text)));
	expect_problems(&problems, &full);
}
END_TEST

/* Another epoch makes a plan of the next visit: only what shadows depend on changes it. */
START_TEST(epochs)
{
	static const struct {
		const char *text;
		bool same; /* as without any section */
	} rows[] = {
		{ "[contact]\ninbound = all\npolicy = ask\npolicy.department = store\n", true },
		{ "[sync]\nplan-creates = 7\n", true },
		{ "[contact]\ndirection.department = both\n", true },
		{ "[contact]\ndirection.department = to-server\n", false },
		{ "[contact]\ndirection.job_title = to-server\n", false },
		{ "[field contact a]\n", false },
		{ "[field contact b]\n", false },
		{ "[field contact a]\ntype = list\n", false },
		{ "[field contact a]\nmax-length = 4\n", false },
		{ "[field task a]\n", false },
	};
	const size_t n = sizeof(rows) / sizeof(rows[0]);
	unsigned char seen[sizeof(rows) / sizeof(rows[0])][16];

	for (size_t i = 0; i < n; i++) {
		memcpy(seen[i], rules_of(rows[i].text)->epoch, 16);
		ck_assert_int_eq(memcmp(seen[i], sync_rules_default()->epoch, 16) == 0,
				 rows[i].same);
		for (size_t k = 0; k < i; k++)
			ck_assert(rows[i].same || memcmp(seen[i], seen[k], 16) != 0);
	}
	/* A label is for people, and the order of the file means nothing. */
	memcpy(seen[0], rules_of("[field contact a]\n[field contact b]\n")->epoch, 16);
	ck_assert_mem_eq(seen[0],
			 rules_of("[field contact b]\n[field contact a]\nlabel = A\n")->epoch, 16);
}
END_TEST

/* What connectors ask the host for. */
START_TEST(host_knows_the_table)
{
	struct engine engine;
	struct host host;
	const struct brg_host *h = &host.table;

	engine_init(&engine);
	host_init(&host, &engine, arena, "test");
	ck_assert_uint_eq(h->field(h->ctx, BRG_TASK, "subject"), TASK_SUBJECT);
	ck_assert_uint_eq(h->field(h->ctx, BRG_APPOINTMENT, "subject"), APPT_SUBJECT);
	ck_assert_uint_eq(h->field(h->ctx, FIELD_ATTENDEE, "response"), ATTENDEE_RESPONSE);
	ck_assert_uint_eq(h->field(h->ctx, BRG_TASK, "loyalty"), 0);
	ck_assert_uint_eq(h->field(h->ctx, 0, "subject"), 0);
	ck_assert_uint_eq(h->field(h->ctx, FIELD_KINDS, "subject"), 0);
	engine.sync = rules_of("[field task loyalty]\n");
	ck_assert_uint_eq(h->field(h->ctx, BRG_TASK, "loyalty"),
			  field_find(engine.sync->table, BRG_TASK, brg_cstr("loyalty"))->id);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("sync_rules");
	TCase *t = tcase_create("rules");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, says, 0, sizeof(cases) / sizeof(cases[0]));
	tcase_add_test(t, defaults);
	tcase_add_test(t, values);
	tcase_add_test(t, users_have_rules_of_their_own);
	tcase_add_test(t, own_fields);
	tcase_add_test(t, own_ids_stay);
	tcase_add_test(t, own_fields_are_bounded);
	tcase_add_test(t, epochs);
	tcase_add_test(t, host_knows_the_table);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
