/* SPDX-License-Identifier: Apache-2.0
 *
 * The conformance kit over the simulated mail system, and over connectors that break one promise
 * each: the case that is for it must see that.
 */
#include "tests/unit/simmail_session.h"

#include <connector-kit.h>
#include <stdio.h>
#include <string.h>

static struct brg_connector bent;
static struct brg_plugin plugin;
static char first_failed[64];

static int open_session(void *arg, struct connector_kit_session *out, struct brg_err *why)
{
	(void)arg;
	self = fakehost_instance(fh, &simmail_plugin, "box=bo@example.com\n");
	*out = (struct connector_kit_session){ self, &fh->host, fakehost_arena(fh) };
	return ops->open(self, &fh->host, why);
}

static void close_session(void *arg, struct connector_kit_session *session)
{
	(void)arg;
	(void)session;
	session_close();
}

static void failed(void *arg, const char *name, const char *file, int line, const char *what)
{
	(void)arg;
	fprintf(stderr, "%s: %s:%d: %s\n", name, file, line, what);
	if (!*first_failed)
		(void)snprintf(first_failed, sizeof(first_failed), "%s", name);
}

/* How many held. */
static int run_all(void)
{
	struct connector_kit kit = { .size = sizeof(kit),
				     .lane = BRG_ACT,
				     .plugin = &plugin,
				     .open = open_session,
				     .close = close_session,
				     .failed = failed };
	int held = 0;

	first_failed[0] = '\0';
	for (size_t i = 0; connector_kit_name(i); i++)
		held += connector_kit_run(&kit, i) == 0;
	return held;
}

static void begin(void)
{
	setup();
	session_close();
	bent = *simmail_plugin.connector;
	plugin = simmail_plugin;
	plugin.connector = &bent;
	for (int i = 0; i < 5; i++)
		(void)simmail_user_create(sim, bo, BRG_CONTACT, "surname=Berg");
}

static void end(void)
{
	fakehost_free(fh);
	munmap(sim, SIMMAIL_SIZE);
}

/* ---- promises that are broken ---------------------------------------------------------------*/

static int pull_more(void *s, const struct brg_pull *req, struct brg_batch *out,
		     struct brg_err *why)
{
	struct brg_pull more = *req;

	more.max_items += 2;
	return ops->pull(s, &more, out, why);
}

static int pull_anew(void *s, const struct brg_pull *req, struct brg_batch *out,
		     struct brg_err *why)
{
	struct brg_pull all = *req;

	if (!req->cursor.len || req->max_items < 100)
		return ops->pull(s, req, out, why);
	all.cursor = brg_cstr("");
	return ops->pull(s, &all, out, why);
}

static int push_whatever(void *s, struct brg_push *list, size_t n, struct brg_arena *arena,
			 struct brg_err *why)
{
	for (size_t i = 0; i < n; i++)
		list[i].version = brg_cstr("");
	return ops->push(s, list, n, arena, why);
}

static int push_no_deletes(void *s, struct brg_push *list, size_t n, struct brg_arena *arena,
			   struct brg_err *why)
{
	return list[0].type == BRG_DELETE ? 0 : ops->push(s, list, n, arena, why);
}

static int push_without_stamp(void *s, struct brg_push *list, size_t n, struct brg_arena *arena,
			      struct brg_err *why)
{
	for (size_t i = 0; i < n; i++)
		list[i].stamp = NULL;
	return ops->push(s, list, n, arena, why);
}

struct deaf {
	int (*each)(void *arg, const struct brg_folder *f);
	void *arg;
};

static int hear_nothing(void *arg, const struct brg_folder *f)
{
	struct deaf *d = arg;

	(void)d->each(d->arg, f);
	return 0;
}

static int folders_on_and_on(void *s, int (*each)(void *arg, const struct brg_folder *f), void *arg,
			     struct brg_err *why)
{
	struct deaf d = { each, arg };

	return ops->folders(s, hear_nothing, &d, why);
}

static int get_twice(void *s, const struct brg_get *req, struct brg_sink *out, struct brg_err *why)
{
	int rc = ops->get(s, req, out, why);

	return rc < 0 ? rc : ops->get(s, req, out, why);
}

static const struct brg_field_cap named_twice[] = {
	{ "surname", BRG_CONTACT, BRG_FIELD_READ, 0, 0 },
	{ "surname", BRG_CONTACT, BRG_FIELD_READ, 0, 0 },
	{ 0 },
};

#define BREACHES 9

/* Breaks one promise; the case that has to see it. */
static const char *bend(int how)
{
	switch (how) {
	case 0:
		bent.find = NULL;
		return "says-what-it-can";
	case 1:
		bent.fields = named_twice;
		return "fields-are-known";
	case 2:
		bent.folders = folders_on_and_on;
		return "folders-stop";
	case 3:
		bent.pull = pull_more;
		return "pages-are-bounded";
	case 4:
		bent.get = get_twice;
		return "each-item-can-be-read";
	case 5:
		bent.pull = pull_anew;
		return "what-is-made-is-changed-and-deleted";
	case 6:
		bent.push = push_no_deletes;
		return "what-is-made-is-changed-and-deleted";
	case 7:
		bent.push = push_without_stamp;
		return "stamps-are-found";
	default:
		bent.push = push_whatever;
		return "a-stale-version-changes-nothing";
	}
}

START_TEST(what_keeps_its_promises)
{
	ck_assert_int_eq(run_all(), 11);
	ck_assert_str_eq(first_failed, "");
}
END_TEST

START_TEST(what_breaks_one)
{
	const char *seen_by = bend(_i);

	(void)run_all();
	ck_assert_str_eq(first_failed, seen_by);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("connector-kit");
	TCase *t = tcase_create("kit");
	SRunner *runner = srunner_create(s);
	int bad;

	tcase_add_checked_fixture(t, begin, end);
	tcase_add_test(t, what_keeps_its_promises);
	tcase_add_loop_test(t, what_breaks_one, 0, BREACHES);
	suite_add_tcase(s, t);
	srunner_run_all(runner, CK_NORMAL);
	bad = srunner_ntests_failed(runner);
	srunner_free(runner);
	return bad ? EXIT_FAILURE : EXIT_SUCCESS;
}
