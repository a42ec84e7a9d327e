/* SPDX-License-Identifier: Apache-2.0
 *
 * Sync filters on their way into the store: what is written and said, and what new users start
 * with.
 */
#include "tests/unit/apply_session.h"

#include "core/id.h"

#define USERS	"[user anna]\n[user bo]\n[queue help]\n"
#define PROFILE "[profile p]\nconnector = mail\nhost = h\n"
#define BOX(name, more)                                                           \
	"[mailbox " name "]\nprofile = p\naddress = " name "@x\nusername = " name \
	"\npassword = env:PW\nincoming = none\n" more
#define TASKS	 "kind = task\nwhere = owner = me\n"
#define CONTACTS "kind = contact\nwhere = owner = me\n"
#define CREATED	 "created user anna\ncreated user bo\ncreated queue help\ncreated profile p\n"

/* The filter of this name and type, of this user ("" for none). */
static bool filter_of(const char *user, int type, const char *name, struct brg_filter_row *out)
{
	struct brg_query q = { .size = sizeof(q), .what = BRG_READ_OWNERS, .number = BRG_USER };
	static const struct brg_id nobody;
	struct brg_err err = BRG_ERR_INIT;
	struct brg_row *rows, row;
	struct brg_id owner = nobody;
	size_t n;

	q.text = brg_cstr(user);
	if (*user) {
		ck_assert_int_eq(store_one(&store, &q, arena, &row, &err), 1);
		owner = row.u.owner.id;
	}
	q = (struct brg_query){ .size = sizeof(q), .what = BRG_READ_FILTERS };
	ck_assert_int_eq(store_all(&store, &q, arena, &rows, &n, &err), 0);
	for (size_t i = 0; i < n; i++) {
		*out = rows[i].u.filter;
		if (out->type == type && brg_id_eq(&out->owner, &owner) &&
		    brg_str_eq(out->name, brg_cstr(name)))
			return true;
	}
	return false;
}

static size_t count_filters(void)
{
	struct brg_query q = { .size = sizeof(q), .what = BRG_READ_FILTERS };
	struct brg_err err = BRG_ERR_INIT;
	struct brg_row *rows;
	size_t n;

	ck_assert_int_eq(store_all(&store, &q, arena, &rows, &n, &err), 0);
	return n;
}

START_TEST(written)
{
	struct brg_filter_row f;

	apply(USERS "[filter mine]\nuser = anna\n" TASKS "[system-filter all]\n" CONTACTS,
	      "created user anna\ncreated user bo\ncreated queue help\ncreated filter mine\n"
	      "created system-filter all\n");
	ck_assert(filter_of("anna", BRG_FILTER_USER, "mine", &f));
	ck_assert_int_eq(f.kind, BRG_TASK);
	ck_assert(f.active);
	ck_assert_str_eq(f.text.ptr, "owner = me");
	ck_assert(filter_of("", BRG_FILTER_SYSTEM, "all", &f));
	ck_assert_int_eq(f.kind, BRG_CONTACT);
	/* Only what differs is said and written. */
	apply(USERS "[filter mine]\nuser = anna\nkind = contact\nwhere = owner = me and company = "
		    "acme\nactive = no\n[system-filter all]\n" CONTACTS,
	      "changed filter mine: kind, active, where\n");
	ck_assert(filter_of("anna", BRG_FILTER_USER, "mine", &f));
	ck_assert_int_eq(f.version, 2);
	ck_assert(!f.active);
	ck_assert_int_eq(f.kind, BRG_CONTACT);
	/* What the file does not have stays. */
	apply(USERS, "");
	ck_assert_uint_eq(count_filters(), 2);
	/* Another user's filter of the same name is another filter. */
	apply(USERS "[filter mine]\nuser = bo\n" TASKS, "created filter mine\n");
	ck_assert_uint_eq(count_filters(), 3);
}
END_TEST

#define TEMPLATES                                                                 \
	"[filter-template tasks]\n" TASKS "[filter-template contacts]\n" CONTACTS \
	"[filter-template old]\n" TASKS "active = no\n"
#define MADE \
	"created filter-template tasks\ncreated filter-template contacts\ncreated filter-template old\n"

START_TEST(first_mailbox)
{
	struct brg_filter_row f;

	apply(USERS PROFILE TEMPLATES BOX("anna", "user = anna\nact = yes\n")
		      BOX("anna2", "user = anna\nact = yes\n")
			      BOX("bo", "user = bo\nact = client\n"),
	      CREATED MADE "created mailbox anna\n"
			   "user anna starts with filter tasks for task\n"
			   "user anna starts with filter contacts for contact\n"
			   "created mailbox anna2\ncreated mailbox bo\n");
	ck_assert(filter_of("anna", BRG_FILTER_USER, "tasks", &f));
	ck_assert_int_eq(f.kind, BRG_TASK);
	ck_assert(f.active);
	ck_assert_str_eq(f.text.ptr, "owner = me");
	ck_assert(!filter_of("anna", BRG_FILTER_USER, "old", &f));
	ck_assert(!filter_of("bo", BRG_FILTER_USER, "tasks", &f));
	/* Later; the templates are in the store now. */
	apply(USERS PROFILE BOX("bo", "user = bo\nact = yes\n"),
	      "changed mailbox bo: act\nturned on act of mailbox bo\n"
	      "user bo starts with filter contacts for contact\n"
	      "user bo starts with filter tasks for task\n");
	/* Once: what he removed does not come back with another mailbox. */
	ck_assert(filter_of("bo", BRG_FILTER_USER, "tasks", &f));
	commit_one(BRG_OP_FILTER_DROP, &(struct brg_op){ .expect = BRG_ANY, .u.filter = f });
	apply(USERS PROFILE TEMPLATES BOX("bo", "user = bo\nact = no\n"),
	      "changed mailbox bo: act\nturned off act of mailbox bo\n");
	apply(USERS PROFILE TEMPLATES BOX("bo", "user = bo\nact = yes\n")
		      BOX("bo2", "user = bo\nact = yes\n"),
	      "changed mailbox bo: act\nturned on act of mailbox bo\ncreated mailbox bo2\n");
	ck_assert(!filter_of("bo", BRG_FILTER_USER, "tasks", &f));
}
END_TEST

START_TEST(who_has_filters_keeps_them)
{
	struct brg_filter_row f;

	apply(USERS PROFILE TEMPLATES
	      "[filter mine]\nuser = anna\n" TASKS BOX("anna", "user = anna\nact = yes\n"),
	      CREATED MADE "created filter mine\ncreated mailbox anna\n"
			   "user anna starts with filter contacts for contact\n");
	ck_assert(!filter_of("anna", BRG_FILTER_USER, "tasks", &f));
	/* A template that changes touches no copy, and a mailbox that moves makes a first one. */
	apply(USERS PROFILE
	      "[filter-template contacts]\nkind = contact\nwhere = company = acme\n" BOX(
		      "anna", "user = bo\nact = yes\n"),
	      "changed filter-template contacts: where\nchanged mailbox anna: user\n"
	      "user bo starts with filter contacts for contact\n"
	      "user bo starts with filter tasks for task\n");
	ck_assert(filter_of("anna", BRG_FILTER_USER, "contacts", &f));
	ck_assert_str_eq(f.text.ptr, "owner = me");
	ck_assert(filter_of("bo", BRG_FILTER_USER, "contacts", &f));
	ck_assert_str_eq(f.text.ptr, "company = acme");
}
END_TEST

/* The store keeps what a thing is, not how it is called. */
START_TEST(names_of_references)
{
	static const struct directory_io io = { report, prompt, NULL };
	struct brg_err err = BRG_ERR_INIT;
	struct brg_filter_row f;
	struct brg_query q = { .size = sizeof(q), .what = BRG_READ_REFERENCES };
	char id[ID_TEXT], said[600];
	struct brg_row row;

	apply("[reference 4711]\nkind = case\nexternal = crm:17\n[system-filter s]\nkind = task\n"
	      "where = regarding = case/4711\n",
	      "created case 4711\ncreated system-filter s\n");
	q.remote = brg_cstr("case");
	q.text = brg_cstr("4711");
	ck_assert_int_eq(store_one(&store, &q, arena, &row, &err), 1);
	id_format(&row.u.reference.id, id);
	ck_assert(filter_of("", BRG_FILTER_SYSTEM, "s", &f));
	ck_assert_str_eq(f.text.ptr, arena_printf(arena, "regarding = %s", id));
	/* By another name, without the thing in the file. */
	apply("[system-filter s]\nkind = task\nwhere = regarding = crm:17\n", "");
	ck_assert_int_eq(apply_with(&io,
				    "[user anna]\n[system-filter s]\nkind = task\nwhere = "
				    "regarding = case/1\n",
				    NOW, &err),
			 BRG_EINVAL);
	ck_assert_str_eq(err_render(&err, "en", said, sizeof(said)),
			 "there is no contact, account or other reference case/1");
	ck_assert_str_eq(reported, "");
}
END_TEST

START_TEST(queues_get_none)
{
	apply(USERS PROFILE TEMPLATES BOX("help", "queue = help\nact = yes\n"),
	      CREATED MADE "created mailbox help\n");
	ck_assert_uint_eq(count_filters(), 3);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("filters_apply");
	TCase *t = tcase_create("apply");
	SRunner *r;
	int failed;

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, written);
	tcase_add_test(t, first_mailbox);
	tcase_add_test(t, who_has_filters_keeps_them);
	tcase_add_test(t, names_of_references);
	tcase_add_test(t, queues_get_none);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
