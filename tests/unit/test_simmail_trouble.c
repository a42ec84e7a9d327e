/* SPDX-License-Identifier: Apache-2.0
 *
 * The simulated mail system on bad days: faults, mailboxes that are set back, lives at random.
 */
#include "core/field.h"
#include "tests/unit/simmail_session.h"

#include <jansson.h>
#include <unistd.h>

/* ---- faults ---------------------------------------------------------------------------------*/

static void script(int call, int fault)
{
	ck_assert(simmail_script(sim, bo, call, fault, 1));
}

START_TEST(a_refused_connection)
{
	session_close();
	script(SIMMAIL_OPEN, SIMMAIL_REFUSE);
	ck_assert_int_eq(session_open(), BRG_EIO);
	ck_assert_int_eq(err.scope, BRG_SCOPE_SERVER);
	ck_assert_uint_eq(sim->struck[SIMMAIL_REFUSE][SIMMAIL_OPEN][SIMMAIL_FAILED], 1);
	again();
}
END_TEST

START_TEST(a_line_that_broke_stays_so)
{
	script(SIMMAIL_PULL, SIMMAIL_HANG_UP);
	ck_assert_int_eq(pull("contacts", "", 10), BRG_EIO);
	ck_assert_int_eq(pull("contacts", "", 10), BRG_EIO);
	again();
	ck_assert_int_eq(pull("contacts", "", 10), 0);
}
END_TEST

START_TEST(an_answer_is_lost_and_the_work_done)
{
	struct brg_push op = new_contact("X");

	script(SIMMAIL_PUSH, SIMMAIL_LOSE_ANSWER);
	ck_assert_int_eq(push(&op), BRG_EIO);
	ck_assert_uint_eq(sim->boxes[bo].now.n_items, 1);
}
END_TEST

START_TEST(late_work_is_done_later)
{
	struct brg_push op = new_contact("X");
	int calls = 0;

	script(SIMMAIL_PUSH, SIMMAIL_LATE_WORK);
	ck_assert_int_eq(push(&op), BRG_ETIMEDOUT);
	ck_assert_uint_eq(sim->boxes[bo].now.n_items, 0);
	ck_assert_uint_eq(sim->n_late, 1);
	again();
	while (sim->n_late && calls++ < 20)
		ck_assert_int_eq(pull("contacts", "", 10), 0);
	ck_assert_uint_eq(sim->n_late, 0);
	ck_assert_uint_eq(sim->boxes[bo].now.n_items, 1);
}
END_TEST

START_TEST(late_work_can_be_settled)
{
	struct brg_push op = new_contact("X");

	script(SIMMAIL_PUSH, SIMMAIL_LATE_WORK);
	push(&op);
	ck_assert_uint_eq(simmail_settle(sim), 1);
	ck_assert_uint_eq(sim->boxes[bo].now.n_items, 1);
}
END_TEST

START_TEST(a_throttled_call_names_a_pause)
{
	script(SIMMAIL_GET, SIMMAIL_THROTTLE);
	ck_assert_ptr_null(get(contact("full_name=X")));
	ck_assert(err.code == BRG_ELIMIT && err.retry_after_ms > 0);
	ck_assert_int_eq(pull("contacts", "", 10), 0);
}
END_TEST

START_TEST(one_of_many_fails)
{
	struct brg_push list[3] = { new_contact("A"), new_contact("B"), new_contact("C") };
	int failed = 0;

	script(SIMMAIL_PUSH, SIMMAIL_PARTIAL);
	ck_assert_int_eq(ops->push(self, list, 3, fakehost_arena(fh), &err), 0);
	for (int i = 0; i < 3; i++)
		failed += list[i].err != NULL;
	ck_assert_int_eq(failed, 1);
	ck_assert_uint_eq(sim->boxes[bo].now.n_items, 2);
}
END_TEST

START_TEST(a_cursor_is_lost)
{
	contact("full_name=X");
	ck_assert_int_eq(pull("contacts", "", 10), 0);
	script(SIMMAIL_PULL, SIMMAIL_LOSE_CURSOR);
	ck_assert_int_eq(pull("contacts", cursor, 10), BRG_ECURSOR);
	ck_assert_int_eq(pull("contacts", "", 10), 0);
	ck_assert_uint_eq(fh->n_envelopes, 1);
	ck_assert_int_eq(pull("contacts", "nonsense", 10), BRG_ECURSOR);
}
END_TEST

static void deletes_all(struct simmail *s, int box, int call, void *arg)
{
	ck_assert_int_eq(call, SIMMAIL_PUSH);
	ck_assert_ptr_eq(arg, &bo);
	simmail_empty(s, box, true);
}

START_TEST(somebody_comes_in_between)
{
	int item = contact("full_name=X");
	struct brg_push op = with_text(
		push_of(BRG_UPDATE, BRG_CONTACT, id_of(item), (struct brg_str){ NULL, 0 }), "pager",
		"1");

	simmail_on_meanwhile(deletes_all, &bo);
	script(SIMMAIL_PUSH, SIMMAIL_MEANWHILE);
	ck_assert_int_eq(push(&op), 0);
	ck_assert_int_eq(op.err->code, BRG_ENOTFOUND);
	simmail_on_meanwhile(NULL, NULL);
}
END_TEST

START_TEST(poison_wears_off)
{
	int item = contact("full_name=X");

	simmail_poison(sim, bo, item, 2);
	ck_assert_ptr_null(get(item));
	ck_assert_int_eq(err.scope, BRG_SCOPE_ITEM);
	ck_assert_ptr_null(get(item));
	ck_assert_ptr_nonnull(get(item));
}
END_TEST

START_TEST(faults_that_make_no_sense_are_refused)
{
	ck_assert(!simmail_script(sim, bo, SIMMAIL_PULL, SIMMAIL_REFUSE, 1));
	ck_assert(!simmail_script(sim, bo, SIMMAIL_PULL, SIMMAIL_CUT, 0));
}
END_TEST

/* ---- whole mailboxes ------------------------------------------------------------------------*/

START_TEST(a_restored_mailbox_is_as_it_was)
{
	int item = contact("full_name=X");
	uint32_t version = simmail_at(sim, bo, item)->version;

	ck_assert_int_eq(pull("contacts", "", 10), 0);
	simmail_snapshot(sim, bo);
	simmail_user_edit(sim, bo, item, "full_name=Y");
	contact("full_name=Z");
	ck_assert(simmail_restore(sim, bo));
	ck_assert_uint_eq(simmail_at(sim, bo, item)->version, version);
	ck_assert_str_eq(value(item, "full_name"), "X");
	ck_assert_int_eq(pull("contacts", cursor, 10), BRG_ECURSOR);
	ck_assert_int_eq(pull("contacts", "", 10), 0);
	ck_assert_uint_eq(fh->n_envelopes, 1);
	simmail_user_edit(sim, bo, item, "full_name=W");
	ck_assert_uint_gt(simmail_at(sim, bo, item)->version, version + 2);
	ck_assert(!simmail_restore(sim, eva));
}
END_TEST

START_TEST(an_emptied_mailbox_tells_or_not)
{
	contact("full_name=X");
	pull("contacts", "", 10);
	simmail_empty(sim, bo, true);
	ck_assert_int_eq(pull("contacts", cursor, 10), 0);
	ck_assert_uint_eq(fh->n_envelopes, 1);
	contact("full_name=X");
	simmail_empty(sim, bo, false);
	ck_assert_int_eq(pull("contacts", cursor, 10), BRG_ECURSOR);
	ck_assert_int_eq(pull("contacts", "", 10), 0);
	ck_assert_uint_eq(fh->n_envelopes, 0);
}
END_TEST

START_TEST(the_mailbox_has_a_name_of_its_own)
{
	struct brg_str out;

	ck_assert_int_eq(ops->identity(self, &out, &err), 0);
	ck_assert_uint_eq(out.len, 36);
	simmail_set_guid(sim, bo, "another");
	ck_assert_int_eq(ops->identity(self, &out, &err), 0);
	ck_assert(brg_str_eq(out, brg_cstr("another")));
}
END_TEST

START_TEST(old_cursors_are_lost_when_listings_overflow)
{
	contact("full_name=first");
	pull("contacts", "", 10);
	for (int i = 0; i < SIMMAIL_ENTRIES + 10; i++)
		simmail_user_delete(sim, bo, contact("full_name=X"), true);
	ck_assert_int_eq(pull("contacts", cursor, 10), BRG_ECURSOR);
	ck_assert_int_eq(pull("contacts", "", 10), 0);
	ck_assert_uint_eq(fh->n_envelopes, 1);
}
END_TEST

START_TEST(a_region_in_a_file)
{
	char path[] = "/tmp/brygga-simmail-XXXXXX", settings[128];
	int fd = mkstemp(path), other, box;
	struct simmail *file, *second;

	close(fd);
	file = simmail_map(path, true, 5, &fd);
	ck_assert_ptr_nonnull(file);
	box = simmail_add_box(file, "cy@example.com");
	simmail_user_create(file, box, BRG_CONTACT, "full_name=X");
	second = simmail_map(path, false, 0, &other);
	ck_assert_uint_eq(second->boxes[box].now.n_items, 1);
	(void)snprintf(settings, sizeof(settings), "box=cy@example.com\nregion=%s\n", path);
	session_close();
	self = fakehost_instance(fh, &simmail_plugin, settings);
	ck_assert_int_eq(ops->open(self, &fh->host, &err), 0);
	ck_assert_uint_eq(second->boxes[box].calls[SIMMAIL_OPEN], 1);
	simmail_unmap(file, fd);
	simmail_unmap(second, other);
	unlink(path);
}
END_TEST

/* ---- at random ------------------------------------------------------------------------------*/

static void live(struct simmail *s, uint64_t seed, int acts)
{
	char said[512];

	for (int i = 0; i < acts; i++)
		simmail_user_random(s, (int)simmail_below(&seed, 2), &seed, said, sizeof(said));
}

START_TEST(the_same_seed_is_the_same_life)
{
	struct simmail *other = simmail_init(memory(), SIMMAIL_SIZE, 1);

	simmail_add_box(other, "bo@example.com");
	simmail_add_box(other, "eva@example.com");
	other->now_us = sim->now_us;
	live(sim, 42, 600);
	live(other, 42, 600);
	for (int box = 0; box < 2; box++) {
		ck_assert_uint_eq(sim->boxes[box].changes, other->boxes[box].changes);
		ck_assert_uint_eq(sim->boxes[box].now.n_items, other->boxes[box].now.n_items);
		for (uint32_t i = 0; i < sim->boxes[box].now.n_items; i++) {
			const struct simmail_text *a = &simmail_at(sim, box, (int)i)->content;
			const struct simmail_text *b = &simmail_at(other, box, (int)i)->content;

			ck_assert_uint_eq(a->length, b->length);
			ck_assert(memcmp(a->bytes, b->bytes, a->length) == 0);
		}
	}
	simmail_copy(other, sim);
	live(sim, 43, 100);
	ck_assert_uint_ne(sim->boxes[0].changes, other->boxes[0].changes);
	munmap(other, SIMMAIL_SIZE);
}
END_TEST

START_TEST(every_item_is_json_of_known_fields)
{
	static const char *const parts[] = { "attendees", "occurrences" };
	char json[16384];

	live(sim, 7, 1500);
	for (uint32_t i = 0; i < sim->boxes[bo].now.n_items; i++) {
		const struct simmail_item *item = simmail_at(sim, bo, (int)i);
		const char *name;
		json_t *root, *v;

		if (!item->used)
			continue;
		ck_assert_uint_lt(simmail_json(item, json, sizeof(json)), sizeof(json));
		root = json_loads(json, JSON_REJECT_DUPLICATES, NULL);
		ck_assert_msg(root != NULL, "%s", json);
		json_object_foreach(root, name, v) ck_assert_msg(
			strcmp(name, parts[0]) == 0 || strcmp(name, parts[1]) == 0 ||
				field_find(field_builtin(), item->kind, brg_cstr(name)),
			"%s", name);
		json_decref(root);
	}
}
END_TEST

/* What an honest client knows of a folder after it has pulled, whatever the feed did to it. */
struct replica {
	char cursor[64];
	uint32_t n;
	struct {
		char id[SIMMAIL_ID_MAX], version[SIMMAIL_ID_MAX];
	} at[4096];
};

static void learn(struct replica *r, const struct brg_envelope *e)
{
	uint32_t i = 0;

	while (i < r->n && !brg_str_eq(brg_cstr(r->at[i].id), e->remote_id))
		i++;
	if (e->op == BRG_GONE && i < r->n)
		r->at[i] = r->at[--r->n];
	if (e->op == BRG_GONE)
		return;
	r->n += i == r->n;
	(void)snprintf(r->at[i].id, SIMMAIL_ID_MAX, "%s", e->remote_id.ptr);
	(void)snprintf(r->at[i].version, SIMMAIL_ID_MAX, "%s", e->version.ptr);
}

static void follow(struct replica *r, const char *role)
{
	bool more = true;

	while (more) {
		int rc = pull(role, r->cursor, 3);

		if (rc == BRG_ECURSOR) {
			r->n = 0;
			r->cursor[0] = '\0';
			continue;
		}
		if (rc == BRG_EIO)
			again();
		if (rc < 0)
			return;
		ck_assert_uint_le(fh->n_envelopes, 3);
		for (size_t i = 0; i < fh->n_envelopes; i++)
			learn(r, fh->envelopes[i]);
		memcpy(r->cursor, cursor, sizeof(cursor));
		more = fh->batch.more;
	}
}

START_TEST(a_client_that_follows_the_feed_has_all)
{
	static const int feed[] = { SIMMAIL_HANG_UP,   SIMMAIL_THROTTLE,   SIMMAIL_CUT,
				    SIMMAIL_REORDER,   SIMMAIL_REPLAY,	   SIMMAIL_DOUBLE,
				    SIMMAIL_MEANWHILE, SIMMAIL_LOSE_CURSOR };
	static struct replica known;
	uint32_t there = 0;

	memset(&known, 0, sizeof(known));
	habits(_i % 2 ? "immutable-id newest-first" : "touch=100");
	for (size_t i = 0; i < sizeof(feed) / sizeof(feed[0]); i++)
		simmail_set_fault(sim, feed[i], SIMMAIL_PULL, 60);
	for (int i = 0; i < 100; i++) {
		live(sim, (uint64_t)_i * 1000 + (uint64_t)i, 5);
		follow(&known, "contacts");
	}
	sim->mute = 1;
	follow(&known, "contacts");
	for (uint32_t i = 0; i < sim->boxes[bo].now.n_items; i++) {
		const struct simmail_item *item = simmail_at(sim, bo, (int)i);
		char id[SIMMAIL_ID_MAX], version[SIMMAIL_ID_MAX];
		uint32_t at = 0;

		if (!item->used || item->folder != SIMMAIL_CONTACTS)
			continue;
		there++;
		simmail_id(bo, item->id, id);
		simmail_version(item->version, version);
		while (at < known.n && strcmp(known.at[at].id, id) != 0)
			at++;
		ck_assert_msg(at < known.n, "%s is not known", id);
		ck_assert_str_eq(known.at[at].version, version);
	}
	ck_assert_uint_eq(known.n, there);
}
END_TEST

/* A client that does everything, on a system where everything fails now and then. */
static void work(uint64_t *dice)
{
	static const char *const roles[] = { "contacts", "calendar", "tasks", "deleted" };
	struct brg_push list[3] = { new_contact("A"), new_contact("B"), new_contact("C") };
	const struct simmail_state *now = &sim->boxes[bo].now;
	int n = 0;

	if (pull(roles[simmail_below(dice, 4)], cursor, 5) == BRG_ECURSOR)
		pull("contacts", "", 5);
	for (int i = 0; i < 3 && now->n_items; i++) {
		int item = (int)simmail_below(dice, now->n_items);
		struct brg_str id = id_of(item);

		get(item);
		id = fh->host.dup(fakehost_arena(fh), id.ptr, id.len);
		list[i] = with_text(push_of(simmail_below(dice, 2) ? BRG_UPDATE : BRG_DELETE,
					    now->items[item].kind, id, (struct brg_str){ NULL, 0 }),
				    "body", "changed");
	}
	if (simmail_below(dice, 2))
		list[0] = new_contact("D");
	ops->push(self, list, 3, fakehost_arena(fh), &err);
	ops->find(self, ~0u, &a_stamp, 1, fakehost_arena(fh), count_found, &n, &err);
	again();
}

START_TEST(every_fault_strikes)
{
	uint64_t dice = 9;

	for (int f = 0; f < SIMMAIL_FAULTS; f++)
		for (int c = SIMMAIL_LIST; c < SIMMAIL_CALLS; c++)
			simmail_set_fault(sim, f, c, 30);
	habits("truncate=30 normalise touch=100 completes sorts answers");
	for (int i = 0; i < 600; i++) {
		live(sim, dice, 2);
		work(&dice);
	}
	for (int f = SIMMAIL_REFUSE + 1; f < SIMMAIL_FAULTS; f++) {
		uint32_t effective = 0;

		for (int c = 0; c < SIMMAIL_CALLS; c++)
			for (int o = 0; o < SIMMAIL_IDLE; o++)
				effective += sim->struck[f][c][o];
		ck_assert_msg(effective > 0, "%s", simmail_fault_name(f));
	}
	ck_assert_uint_eq(simmail_mails_by_push(sim, true), 0);
}
END_TEST

#define ADD(tests, name) tcase_add_test(tests, name)

static void add(TCase *t)
{
	ADD(t, a_refused_connection);
	ADD(t, a_line_that_broke_stays_so);
	ADD(t, an_answer_is_lost_and_the_work_done);
	ADD(t, late_work_is_done_later);
	ADD(t, late_work_can_be_settled);
	ADD(t, a_throttled_call_names_a_pause);
	ADD(t, one_of_many_fails);
	ADD(t, a_cursor_is_lost);
	ADD(t, somebody_comes_in_between);
	ADD(t, poison_wears_off);
	ADD(t, faults_that_make_no_sense_are_refused);
	ADD(t, a_restored_mailbox_is_as_it_was);
	ADD(t, an_emptied_mailbox_tells_or_not);
	ADD(t, the_mailbox_has_a_name_of_its_own);
	ADD(t, old_cursors_are_lost_when_listings_overflow);
	ADD(t, a_region_in_a_file);
	ADD(t, the_same_seed_is_the_same_life);
	ADD(t, every_item_is_json_of_known_fields);
	ADD(t, every_fault_strikes);
	tcase_add_loop_test(t, a_client_that_follows_the_feed_has_all, 0, 20);
}

int main(void)
{
	Suite *suite = suite_create("simmail");
	TCase *tests = tcase_create("simmail");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(tests, 120);
	tcase_add_checked_fixture(tests, setup, teardown);
	add(tests);
	suite_add_tcase(suite, tests);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
