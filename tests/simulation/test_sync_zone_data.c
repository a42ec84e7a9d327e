/* SPDX-License-Identifier: Apache-2.0
 *
 * One life of a store with the zone data that is installed, the next with data in which Sweden has
 * no summer time any more.
 */
#include "tests/simulation/zones_test.h"
#include "tests/zones/changed.h"

static char *data; /* folder of the changed zone data */

/* ---- other zone data, truly -----------------------------------------------------------------*/

struct people {
	struct brg_id profile;
	struct world_user users[WORLD_USERS];
	int n_users;
	int64_t now_us;
	struct brg_id ids[8];
	int bo, eva;
};

static void put_people(struct people *p)
{
	p->profile = world.profile;
	memcpy(p->users, world.users, sizeof(p->users));
	p->n_users = world.n_users;
	p->now_us = world.now_us;
	p->bo = bo;
	p->eva = eva;
}

static void take_people(const struct people *p)
{
	world.profile = p->profile;
	memcpy(world.users, p->users, sizeof(p->users));
	world.n_users = p->n_users;
	world.now_us = p->now_us;
	bo = p->bo;
	eva = p->eva;
}

/* By their time, the first first. */
static const char *subjects(void)
{
	struct brg_query q = { .what = BRG_READ_RECORDS_ACT, .number = BRG_APPOINTMENT };
	const char *text = "";
	struct brg_row *rows;
	size_t n;

	rows = world_rows(&world, &q, &n);
	for (size_t i = n; i-- > 0;) {
		struct record r;

		ck_assert_int_eq(world_read(&world, &rows[i].u.record.id, &r), 1);
		text = arena_printf(world.scratch, "%s%.*s ", text,
				    (int)image_str(&r.image, APPT_SUBJECT).len,
				    image_str(&r.image, APPT_SUBJECT).ptr);
	}
	return text;
}

/* What a process with the data of before makes. */
static void make_calendar(struct people *p)
{
	bo = world_add_user(&world, "bo@example.com", "{}");
	eva = world_add_user(&world, "eva@example.com", ALL);
	world_filter(&world, bo, BRG_APPOINTMENT, "owner = me and start >= today - 7d");
	world_filter(&world, bo, BRG_TASK, "owner = me");
	p->ids[0] = appointment("stockholm", "2027-07-01T12:00", "Europe/Stockholm");
	p->ids[1] = appointment("berlin", "2027-07-01T12:20", "Europe/Berlin");
	p->ids[2] = appointment("winter", "2027-01-01T12:00", "Europe/Stockholm");
	p->ids[3] = world_new(&world, bo, BRG_TASK,
			      "{\"subject\":\"Call\",\"reminder\":true,\"reminder_at\":"
			      "{\"local\":\"2027-07-01T08:00:00\",\"zone\":\"Europe/Stockholm\"}}");
	p->ids[4] = world_new(
		&world, bo, BRG_APPOINTMENT,
		"{\"subject\":\"series\",\"recurrence\":\"FREQ=WEEKLY;COUNT=20\","
		"\"start\":{\"local\":\"2027-02-01T12:00:00\",\"zone\":\"Europe/Stockholm\"},"
		"\"end\":{\"local\":\"2027-02-01T13:00:00\",\"zone\":\"Europe/Stockholm\"}}");
	(void)simmail_user_create(world.sim, world.users[eva].box, BRG_APPOINTMENT,
				  "subject=theirs\nstart=2027-07-02T12:00:00 Europe/Stockholm\n"
				  "end=2027-07-02T13:00:00 Europe/Stockholm");
	(void)sweep();
	world_rounds(&world, 4);
}

/* A process with the data of before makes it; this one, in which nobody has asked for a zone, goes
 * on with other data. */
static struct people *go_on(void (*live_before)(struct people *p))
{
	const size_t size = sizeof(struct people);
	struct people *p =
		mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		world_open(&world);
		live_before(p);
		put_people(p);
		world_close(&world);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	ck_assert_int_eq(setenv("ICU_TIMEZONE_FILES_DIR", data, 1), 0);
	ck_assert_ptr_nonnull(strstr(zone_data_version(), "+changed"));
	world_open(&world);
	take_people(p);
	return p;
}

START_TEST(sweden_drops_summer_time)
{
	static const bool moved[] = { true, false, false, true, true };
	struct people *p = go_on(make_calendar);
	const char *before = seen(), *params = "";
	int64_t then;

	ck_assert_str_eq(subjects(), "winter series stockholm berlin theirs ");
	then = row_of(&p->ids[0])->sorted_us;
	ck_assert_int_eq(rezone(), 6);
	ck_assert_int_eq(rezone(), 0);
	ck_assert_int_eq(row_of(&p->ids[0])->sorted_us, then + HOUR_US);
	ck_assert_str_eq(subjects(), "winter series berlin stockholm theirs ");
	for (int i = 0; i < 5; i++)
		ck_assert_msg(told(&p->ids[i], &params) == moved[i], "%d", i);
	ck_assert_ptr_nonnull(strstr(params, "+changed"));
	assert_unseen(before);
	(void)sweep();
	world_rounds(&world, 3);
	assert_unseen(before);
	ck_assert_int_eq(rezone(), 0);
}
END_TEST

/* Where a day begins is an hour later too: of what does not move itself some enters, some leaves.
 */
static void make_edges(struct people *p)
{
	bo = world_add_user(&world, "bo@example.com", "{\"time-zone\":\"Europe/Stockholm\"}");
	eva = world_add_user(&world, "eva@example.com", "{\"time-zone\":\"Europe/Berlin\"}");
	world_filter(&world, bo, BRG_APPOINTMENT, "start >= 2027-07-02");
	world_filter(&world, eva, BRG_APPOINTMENT, "start >= 2027-07-02");
	world_filter(&world, bo, BRG_TASK, "reminder_at < today + 226d");
	p->ids[0] = appointment("leaves", "2027-07-01T22:30", "Etc/UTC");
	p->ids[1] = appointment("stays", "2027-07-02T22:30", "Etc/UTC");
	p->ids[2] = world_new(&world, bo, BRG_TASK,
			      "{\"subject\":\"comes\",\"reminder\":true,\"reminder_at\":"
			      "{\"local\":\"2027-07-01T22:30:00\",\"zone\":\"Etc/UTC\"}}");
	world_filter(&world, eva, BRG_TASK, "reminder_at >= 2027-09-02");
	p->ids[3] = world_new(&world, bo, BRG_TASK,
			      "{\"subject\":\"is let be\",\"reminder\":true,\"reminder_at\":"
			      "{\"local\":\"2027-09-01T22:30:00\",\"zone\":\"Etc/UTC\"}}");
	(void)sweep();
	world_rounds(&world, 4);
}

static int64_t link_version(int user, const struct brg_id *record)
{
	struct brg_query q = { .what = BRG_READ_LINK,
			       .mailbox = world.users[user].mailbox,
			       .other = *record };
	struct brg_row *rows;
	size_t n;

	rows = world_rows(&world, &q, &n);
	ck_assert_uint_eq(n, 1);
	return rows[0].u.link.version;
}

START_TEST(where_days_begin_moves_too)
{
	struct people *p = go_on(make_edges);
	int64_t berlin = link_version(eva, &p->ids[3]);

	for (int user = 0; user < 2; user++)
		for (int i = 0; i < 2; i++)
			ck_assert_int_ge(world_item(&world, user, &p->ids[i]), 0);
	ck_assert_int_eq(world_item(&world, bo, &p->ids[2]), -1);
	(void)rezone();
	ck_assert_int_gt(sweep(), 0);
	ck_assert_int_eq(link_version(eva, &p->ids[3]), berlin);
	world_rounds(&world, 2);
	ck_assert_int_eq(world_item(&world, bo, &p->ids[0]), -1);
	ck_assert_int_ge(world_item(&world, bo, &p->ids[1]), 0);
	ck_assert_int_ge(world_item(&world, eva, &p->ids[0]), 0);
	ck_assert_int_ge(world_item(&world, bo, &p->ids[2]), 0);
	assert_quiet();
	world.now_us += 1000000;
	ck_assert_int_eq(sweep(), 0);
}
END_TEST

static void make_data(void)
{
	data = strdup("/tmp/brygga-zones-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(data));
	make_changed_zones(data);
}

static void drop_data(void)
{
	remove_tree(data);
	free(data);
}

int main(void)
{
	TCase *t = scenarios(setup_folder, teardown);

	tcase_add_unchecked_fixture(t, make_data, drop_data);
	tcase_add_test(t, sweden_drops_summer_time);
	tcase_add_test(t, where_days_begin_moves_too);
	return run_scenarios("zone data", t);
}
