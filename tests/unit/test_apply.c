/* SPDX-License-Identifier: Apache-2.0
 *
 * `brygga check` and `brygga apply` against the real embedded store and real keys: what it writes,
 * what it says, and that a second run does nothing.
 */
#include "tests/unit/apply_session.h"

#include "core/config.h"
#include "core/id.h"

#include <fcntl.h>
#include <pthread.h>
#include <time.h>

#define OWNERS	"[user anna]\naddress = Anna@Example.org\n[user bo]\n[queue help]\n"
#define PROFILE "[profile p]\nconnector = mail\nhost = pop.example.org\n"
#define BOX	"[mailbox anna]\nprofile = p\naddress = anna@example.org\nusername = anna\n"
#define ANNA	BOX "user = anna\npassword = env:PW\n"
#define CREATED                                                                       \
	"created user anna\ncreated user bo\ncreated queue help\ncreated profile p\n" \
	"created mailbox anna\n"

START_TEST(first)
{
	struct brg_visit_row visit;
	struct brg_mailbox_row m;
	struct brg_owner_row owner;
	struct brg_profile_row p;

	apply(OWNERS PROFILE "max-connections = 3\n" ANNA "accept = senders\nsenders = B.se\n",
	      CREATED);
	owner = one(BRG_READ_OWNERS, "help").u.owner;
	ck_assert_int_eq(owner.type, BRG_QUEUE);
	p = one(BRG_READ_PROFILES, "p").u.profile;
	ck_assert_str_eq(p.connector.ptr, "mail");
	ck_assert_int_eq(p.max_connections, 3);
	ck_assert_str_eq(p.settings.ptr, "{\"host\":\"pop.example.org\"}");
	ck_assert_uint_eq(p.sealed.len, 0);
	m = box("anna");
	ck_assert_str_eq(m.address.ptr, "anna@example.org");
	ck_assert(brg_id_eq(&m.profile, &p.id));
	ck_assert_int_eq(m.version, 1);
	ck_assert_int_eq(visit_of("anna", BRG_INCOMING, &visit), 1);
	ck_assert_int_eq(visit.state, BRG_ENABLED);
	ck_assert_int_eq(visit.due_us, NOW);
	ck_assert(brg_id_eq(&visit.profile, &p.id));
	ck_assert_int_eq(visit_of("anna", BRG_OUTGOING, &visit), 0);
}
END_TEST

START_TEST(seals)
{
	struct brg_err err = BRG_ERR_INIT;
	struct settings open = { 0 };
	struct secrets *private_key;
	struct brg_mailbox_row m;

	apply(OWNERS PROFILE ANNA, CREATED);
	m = box("anna");
	ck_assert_uint_gt(m.sealed.len, 32);
	ck_assert_ptr_null(memmem(m.sealed.ptr, m.sealed.len, "hunter2", 7));
	ck_assert_ptr_null(strstr(m.settings.ptr, "hunter2"));
	ck_assert_ptr_null(strstr(m.settings.ptr, "password"));
	ck_assert_int_eq(secrets_open(dir, true, &private_key, &err), 0);
	ck_assert_int_eq(
		settings_add_sealed(&open, private_key, "mailbox", &m.id, m.sealed, arena, &err),
		0);
	ck_assert_uint_eq(open.n, 1);
	ck_assert_str_eq(settings_get(&open, "password")->value.ptr, "hunter2");
	ck_assert(open.at[0].secret);
	/* Sealed to this row, and to no other. */
	ck_assert_int_lt(
		settings_add_sealed(&open, private_key, "profile", &m.id, m.sealed, arena, &err),
		0);
	ck_assert_int_lt(
		settings_add_sealed(&open, private_key, "mailbox", &m.owner, m.sealed, arena, &err),
		0);
	settings_wipe(&open);
	secrets_free(&private_key);
	/* Equal passwords leave different notes. */
	apply(OWNERS PROFILE ANNA
	      "[mailbox bo]\nuser = bo\nprofile = p\naddress = bo@x.se\nusername = "
	      "bo\npassword = env:PW\n",
	      "created mailbox bo\n");
	ck_assert_str_ne(box("bo").settings.ptr, box("anna").settings.ptr);
	ck_assert_ptr_null(strstr(box("bo").settings.ptr, strstr(m.settings.ptr, "\".secret\"")));
}
END_TEST

/* After OWNERS PROFILE ANNA: another file, and what is said. */
static const struct text_case changes[] = {
	{ OWNERS PROFILE ANNA, "" },
	{ "[user anna]\naddress = a@x.se\n", "changed user anna: address\n" },
	{ "[user anna]\n", "changed user anna: address\n" },
	{ "[queue help]\naddress = h@x.se\n", "changed queue help: address\n" },
	{ PROFILE "port = 995\n", "changed profile p: port\n" },
	{ PROFILE "max-connections = 11\n", "changed profile p: max-connections\n" },
	{ PROFILE "password = env:PW\n", "changed profile p: password\n" },
	{ "[profile p]\nconnector = mail\nhost = b\ntls = none\nmax-connections = 1\n",
	  "changed profile p: host, tls, max-connections\n" },
	{ OWNERS PROFILE BOX "user = bo\npassword = env:PW\n", "changed mailbox anna: user\n" },
	{ OWNERS PROFILE BOX "queue = help\npassword = env:PW\n", "changed mailbox anna: queue\n" },
	{ OWNERS PROFILE BOX "user = anna\npassword = env:PW2\n",
	  "changed mailbox anna: password\n" },
	{ OWNERS PROFILE BOX "user = anna\npassword = prompt\n",
	  "password (mailbox anna)?\nchanged mailbox anna: password\n" },
	{ OWNERS PROFILE "password = env:PW\n" BOX "user = anna\n",
	  "changed profile p: password\nchanged mailbox anna: secrets\n" },
	{ OWNERS PROFILE ANNA "accept = none\nsize-limit = 1M\n",
	  "changed mailbox anna: accept, size-limit\n" },
	{ OWNERS PROFILE ANNA "received-after = now\n", "changed mailbox anna: received-after\n" },
	{ OWNERS PROFILE ANNA "incoming = no\n",
	  "changed mailbox anna: incoming\nturned off incoming of mailbox anna\n" },
	{ OWNERS PROFILE ANNA "outgoing = yes\n",
	  "changed mailbox anna: outgoing\nturned on outgoing of mailbox anna\n" },
	{ OWNERS PROFILE
	  "[profile q]\nconnector = mail\nhost = q\n[mailbox anna]\nprofile = q\naddress = "
	  "anna@x.se\nusername = a\nuser = anna\npassword = env:PW\n",
	  "created profile q\nchanged mailbox anna: profile, address, username\n" },
};

START_TEST(changed)
{
	struct brg_visit_row visit;
	struct brg_mailbox_row m;

	apply(OWNERS PROFILE ANNA, CREATED);
	apply(changes[_i].text, changes[_i].expected);
	ck_assert_int_eq(visit_of("anna", BRG_INCOMING, &visit), 1);
	ck_assert_int_eq(visit.state,
			 strstr(changes[_i].text, "incoming = no") ? BRG_OFF : BRG_ENABLED);
	m = box("anna");
	ck_assert(brg_id_eq(&visit.profile, &m.profile));
}
END_TEST

START_TEST(moment_stays)
{
	struct brg_err err = BRG_ERR_INIT;

	apply(OWNERS PROFILE ANNA "received-after = 1d\n", CREATED);
	ck_assert_ptr_nonnull(
		strstr(box("anna").settings.ptr, "\"received-after\":\"2026-11-22T06:00:00Z\""));
	ck_assert_int_eq(apply_with(NULL, OWNERS PROFILE ANNA "received-after = 1d\n",
				    NOW + INT64_C(90000000000), &err),
			 0);
	apply(OWNERS PROFILE ANNA "received-after = 2d\n",
	      "changed mailbox anna: received-after\n");
	ck_assert_ptr_nonnull(strstr(box("anna").settings.ptr, "2026-11-21T06:00:00Z"));
	apply(OWNERS PROFILE ANNA, "changed mailbox anna: received-after\n");
	ck_assert_ptr_null(strstr(box("anna").settings.ptr, "received-after"));
}
END_TEST

static void set_identity(const char *identity)
{
	struct brg_op op = { .u.mailbox = box("anna") };

	op.expect = op.u.mailbox.version;
	op.u.mailbox.identity = brg_cstr(identity);
	commit_one(BRG_OP_MAILBOX, &op);
}

START_TEST(identity)
{
	apply(OWNERS PROFILE ANNA, CREATED);
	set_identity("guid-1");
	apply(OWNERS PROFILE ANNA "accept = none\n", "changed mailbox anna: accept\n");
	ck_assert_str_eq(box("anna").identity.ptr, "guid-1");
	apply(OWNERS PROFILE BOX "user = anna\npassword = env:PW2\n",
	      "changed mailbox anna: accept, password\n");
	ck_assert_str_eq(box("anna").identity.ptr, "guid-1");
	apply(OWNERS "[profile p]\nconnector = mail\nhost = other\n" BOX
		     "user = anna\npassword = env:PW2\n",
	      "changed profile p: host\n");
	ck_assert_uint_eq(box("anna").identity.len, 0);
	ck_assert_uint_gt(box("anna").sealed.len, 0);
}
END_TEST

START_TEST(mends)
{
	struct brg_visit_row visit;
	struct brg_op op = { .expect = BRG_ANY };

	apply(OWNERS PROFILE ANNA, CREATED);
	ck_assert_int_eq(visit_of("anna", BRG_INCOMING, &visit), 1);
	op.u.visit = visit;
	op.u.visit.state = BRG_DISABLED;
	op.u.visit.due_us = NOW + INT64_C(86400000000);
	op.u.visit.failures = 10;
	op.u.visit.probes = 3;
	commit_one(BRG_OP_VISIT, &op);
	/* What changes nothing mends nothing. */
	apply(OWNERS PROFILE ANNA, "");
	ck_assert_int_eq(visit_of("anna", BRG_INCOMING, &visit), 1);
	ck_assert_int_eq(visit.state, BRG_DISABLED);
	apply(OWNERS PROFILE BOX "user = anna\npassword = env:PW2\n",
	      "changed mailbox anna: password\n");
	ck_assert_int_eq(visit_of("anna", BRG_INCOMING, &visit), 1);
	ck_assert_int_eq(visit.state, BRG_ENABLED);
	ck_assert_int_eq(visit.due_us, NOW);
	ck_assert_int_eq(visit.failures + visit.probes, 0);
}
END_TEST

START_TEST(wakes)
{
	struct brg_visit_row before, after;

	apply(OWNERS PROFILE ANNA, CREATED);
	ck_assert_int_eq(visit_of("anna", BRG_INCOMING, &before), 1);
	apply(OWNERS PROFILE ANNA "accept = none\n", "changed mailbox anna: accept\n");
	ck_assert_int_eq(visit_of("anna", BRG_INCOMING, &after), 1);
	ck_assert_int_eq(after.wanted, before.wanted + 1);
}
END_TEST

START_TEST(taken)
{
	static const struct directory_io io = { report, NULL, NULL };
	struct brg_err err = BRG_ERR_INIT;
	char said[600];

	apply(OWNERS PROFILE ANNA, CREATED);
	ck_assert_int_lt(
		apply_with(&io,
			   "[user eva]\n[profile r]\nconnector = mail\nhost = POP.Example.ORG\n"
			   "[mailbox eva]\nuser = eva\nprofile = r\naddress = anna@example.org\n"
			   "username = eva\npassword = env:PW\n",
			   NOW, &err),
		0);
	ck_assert_str_eq(
		err_render(&err, "en", said, sizeof(said)),
		"mailbox eva has the same address at the same server as mailbox anna of the "
		"store");
	ck_assert_str_eq(reported, "");
}
END_TEST

/* JSON has no place for it, so it would be lost. */
START_TEST(no_text)
{
	struct brg_err err = BRG_ERR_INIT;

	ck_assert_int_eq(setenv("PW", "hunter\xe5", 1), 0);
	ck_assert_int_lt(apply_with(NULL, OWNERS PROFILE ANNA, NOW, &err), 0);
	ck_assert_str_eq(err.fault->code, "BRG-CONF-0136");
	ck_assert_str_eq(reported, "");
	ck_assert_int_eq(setenv("PW", "hunter\xc3\xa5", 1), 0);
	apply(OWNERS PROFILE ANNA, CREATED);
}
END_TEST

static void refuses(const char *text, const char *expected)
{
	static const struct directory_io io = { report, NULL, NULL };
	struct brg_err err = BRG_ERR_INIT;
	char said[600];

	ck_assert_int_lt(apply_with(&io, text, NOW, &err), 0);
	ck_assert_str_eq(err_render(&err, "en", said, sizeof(said)), expected);
	ck_assert_str_eq(reported, "");
}

/* Whose is the key? */
static struct brg_id has_key(const char *system, const char *key)
{
	struct brg_query q = { .size = sizeof(q), .what = BRG_READ_EXTERNALS };
	struct brg_err err = BRG_ERR_INIT;
	struct brg_row row = { 0 };

	q.remote = brg_cstr(system);
	q.text = brg_cstr(key);
	ck_assert_int_ge(store_one(&store, &q, arena, &row, &err), 0);
	return row.u.external.object;
}

static struct brg_id thing(const char *kind, const char *name)
{
	struct brg_query q = { .size = sizeof(q), .what = BRG_READ_REFERENCES };
	struct brg_err err = BRG_ERR_INIT;
	struct brg_row row;

	q.remote = brg_cstr(kind);
	q.text = brg_cstr(name);
	ck_assert_int_eq(store_one(&store, &q, arena, &row, &err), 1);
	return row.u.reference.id;
}

/* An external key is one thing's: it moves only where the file has both things. */
START_TEST(external_keys)
{
	struct brg_op op = { .expect = BRG_NEW };
	struct brg_id a, b, id;

	apply("[contact a]\nexternal = crm:17 crm:17\n[user u]\nexternal = crm:5\n",
	      "created user u\ncreated contact a\n");
	a = thing("contact", "a");
	refuses("[contact b]\nexternal = crm:1 crm:17\n",
		"the external key crm:17 of contact b is that of contact a in the store");
	refuses("[lead a]\nexternal = crm:17\n",
		"the external key crm:17 of lead a is that of contact a in the store");
	refuses("[contact b]\nexternal = crm:5\n",
		"the external key crm:5 of contact b is that of user u in the store");
	id = has_key("crm", "17");
	ck_assert(brg_id_eq(&id, &a));
	apply("[contact a]\n[contact b]\nexternal = crm:17\n", "created contact b\n");
	id = has_key("crm", "17");
	b = thing("contact", "b");
	ck_assert(brg_id_eq(&id, &b));
	/* Two change places. */
	apply("[contact a]\nexternal = crm:18\n", "changed contact a: external\n");
	apply("[contact a]\nexternal = crm:17\n[contact b]\nexternal = crm:18\n",
	      "changed contact a: external\nchanged contact b: external\n");
	id = has_key("crm", "17");
	ck_assert(brg_id_eq(&id, &a));
	/* What another program has named is not in any file. */
	op.u.external = (struct brg_external_row){ brg_cstr("erp"), brg_cstr("9"), { { 7 } } };
	commit_one(BRG_OP_EXTERNAL, &op);
	refuses("[contact a]\nexternal = erp:9\n",
		"the external key erp:9 of contact a is that of a record or another thing in the "
		"store");
}
END_TEST

START_TEST(descriptors)
{
	int pipes[2];
	struct brg_err err = BRG_ERR_INIT;
	const char *text;

	ck_assert_int_eq(pipe(pipes), 0);
	ck_assert_int_eq(write(pipes[1], "hunter2\n", 8), 8);
	(void)close(pipes[1]);
	apply(OWNERS PROFILE ANNA, CREATED);
	text = arena_printf(arena, OWNERS PROFILE BOX "user = anna\npassword = fd:%d\n", pipes[0]);
	apply(text, "");
	/* Read to its end, it gives nothing more. */
	ck_assert_int_lt(apply_with(NULL, text, NOW, &err), 0);
	ck_assert_str_eq(err.fault->code, "BRG-CONF-0133");
	(void)close(pipes[0]);
}
END_TEST

struct holder {
	struct brg_claimed claimed;
	struct brg_id process;
};

static void take(void *arg, const struct brg_claimed *visit)
{
	((struct holder *)arg)->claimed.visit = visit->visit;
}

static void *settle_later(void *arg)
{
	const struct timespec half = { .tv_nsec = 500000000 };
	struct holder *h = arg;
	struct brg_op op = { .type = BRG_OP_SETTLE };
	struct brg_step step = { .size = sizeof(step), .ops = &op, .n = 1 };
	struct brg_err err = BRG_ERR_INIT;

	(void)nanosleep(&half, NULL);
	step.id = id_new(0);
	op.u.settle.visit = h->claimed.visit;
	op.u.settle.visit.outcome = BRG_DONE_EMPTY;
	op.u.settle.lease = (struct brg_lease){ h->claimed.visit.id, h->claimed.visit.token };
	return store.ops->commit(store.self, &step, NULL, &err) == BRG_COMMITTED ? h : NULL;
}

/* A visit that is under way is waited for, and nothing is half done meanwhile. */
START_TEST(waits_for_a_visit)
{
	struct brg_process_row row = { .node = brg_cstr("n"),
				       .role = brg_cstr("incoming"),
				       .joined_us = NOW };
	struct brg_claim_request claim = {
		.size = sizeof(claim), .lane = BRG_INCOMING, .now_us = NOW, .n = 1
	};
	struct brg_err err = BRG_ERR_INIT;
	struct brg_visit_row visit;
	struct holder holder = { 0 };
	struct brg_room room;
	pthread_t thread;
	void *done;

	apply(OWNERS PROFILE ANNA, CREATED);
	row.id = holder.process = id_new(NOW);
	row.pid = getpid();
	ck_assert_int_eq(store.ops->join(store.self, &row, &err), 0);
	room = (struct brg_room){ .profile = box("anna").profile, .free = 1 };
	claim.process = row.id;
	claim.rooms = &room;
	claim.n_rooms = 1;
	ck_assert_int_eq(store.ops->claim(store.self, &claim, take, &holder, &err), 1);
	ck_assert_int_eq(pthread_create(&thread, NULL, settle_later, &holder), 0);
	apply(OWNERS PROFILE ANNA "incoming = no\n",
	      "changed mailbox anna: incoming\nturned off incoming of mailbox anna\n");
	ck_assert_int_eq(pthread_join(thread, &done), 0);
	ck_assert_ptr_nonnull(done);
	ck_assert_int_eq(visit_of("anna", BRG_INCOMING, &visit), 1);
	ck_assert_int_eq(visit.state, BRG_OFF);
}
END_TEST

START_TEST(many)
{
	char *text = NULL, *expected;
	size_t n;
	FILE *f = open_memstream(&text, &n);
	static const struct directory_io io = { NULL, NULL, NULL };
	struct brg_err err = BRG_ERR_INIT;

	(void)fputs(PROFILE, f);
	for (int i = 0; i < 2000; i++)
		(void)fprintf(
			f,
			"[user u%d]\n[mailbox m%d]\nuser = u%d\nprofile = p\naddress = u%d@x.se\n"
			"username = u%d\npassword = env:PW\n",
			i, i, i, i, i);
	(void)fclose(f);
	expected = text;
	ck_assert_int_eq(apply_with(&io, expected, NOW, &err), 4001);
	ck_assert_int_eq(apply_with(&io, expected, NOW, &err), 0);
	free(text);
}
END_TEST

/* ---- brygga.conf with its plugins -----------------------------------------------------------*/

/* %s is the folder of the plugins. */
static const struct text_case checks[] = {
	{ "[storage]\nplugin = sqlite\n[connector mail]\nread-timeout = 5s\n", "" },
	{ "[storage]\nplugin = sqlit\n",
	  "f:3: storage sqlit is not installed in %s/storage; the package brygga-storage-sqlit has "
	  "it; installed: sqlite\n" },
	{ "[storage]\nplugin = sqlite\npth = /x\n",
	  "f:5: [storage] has no setting pth: did you mean path?\n" },
	{ "[storage]\nplugin = sqlite\n[connector exchange]\nhost = x\n",
	  "f:5: connector exchange is not installed in %s/connector; the package "
	  "brygga-connector-exchange has it; installed: mail\n" },
	{ "[storage]\nplugin = sqlite\n[connector mail]\npassword = env:PW\nport = many\ntsl = "
	  "none\n",
	  "f:6: password is a secret and belongs to a profile or mailbox, not to [connector mail]\n"
	  "f:7: port takes a whole number from 0 to 65535, not \"many\"\n"
	  "f:8: [connector mail] has no setting tsl: did you mean tls?\n" },
};

START_TEST(config_with_plugins)
{
	const char *text = arena_printf(arena, "[core]\nplugins = %s\n%s", dir, checks[_i].text);
	const char *expected = checks[_i].expected, *at = strstr(expected, "%s");
	struct config *config = NULL;
	struct problems problems;
	char *said;

	loader_add_builtin(&mail);
	problems_init(&problems, arena);
	(void)config_parse(brg_cstr(text), "f", arena, &config, &problems);
	ck_assert_ptr_nonnull(config);
	ck_assert_int_eq(config_check(config, &problems) < 0, *expected != '\0');
	said = problem_text(&problems, "en");
	if (at)
		expected = arena_printf(arena, "%.*s%s%s", (int)(at - expected), expected, dir,
					at + 2);
	ck_assert_str_eq(said, expected);
	free(said);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("apply");
	TCase *t = tcase_create("apply");
	SRunner *r;
	int failed;

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, first);
	tcase_add_test(t, seals);
	tcase_add_loop_test(t, changed, 0, sizeof(changes) / sizeof(changes[0]));
	tcase_add_test(t, moment_stays);
	tcase_add_test(t, identity);
	tcase_add_test(t, mends);
	tcase_add_test(t, wakes);
	tcase_add_test(t, taken);
	tcase_add_test(t, external_keys);
	tcase_add_test(t, descriptors);
	tcase_add_test(t, no_text);
	tcase_add_test(t, waits_for_a_visit);
	tcase_add_test(t, many);
	tcase_add_loop_test(t, config_with_plugins, 0, sizeof(checks) / sizeof(checks[0]));
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
