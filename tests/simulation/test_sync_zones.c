/* SPDX-License-Identifier: Apache-2.0
 *
 * New zone data: instants are derived again, and neither records, links and shadows nor mailboxes
 * learn of it.
 */
#include "tests/simulation/sync_test.h"

#include "core/effect.h"
#include "core/id.h"
#include "core/rezone.h"
#include "core/sweep.h"
#include "core/zone.h"
#include "tests/zones/changed.h"

#include <sys/wait.h>

#define HOUR_US INT64_C(3600000000)
#define OLDER	"2001a" /* zone data of long ago */
#define DIED	99

static char *data; /* folder of the changed zone data */

static struct brg_id appointment(const char *subject, const char *day, const char *zone)
{
	return world_new(&world, bo, BRG_APPOINTMENT,
			 arena_printf(world.scratch,
				      "{\"subject\":\"%s\","
				      "\"start\":{\"local\":\"%s:00\",\"zone\":\"%s\"},"
				      "\"end\":{\"local\":\"%s:30\",\"zone\":\"%s\"}}",
				      subject, day, zone, day, zone));
}

static int rezone(void)
{
	struct brg_err err = BRG_ERR_INIT;
	int n = rezone_run(&world.engine, &err);

	world_must(n, &err, "rezone");
	return n;
}

static int sweep(void)
{
	struct brg_err err = BRG_ERR_INIT;
	int n = sweep_run(&world.engine, &err);

	world_must(n, &err, "sweep");
	return n;
}

static const struct brg_record_row *row_of(const struct brg_id *id)
{
	struct record r;

	ck_assert_int_eq(world_read(&world, id, &r), 1);
	return &((struct record *)memcpy(arena_alloc(world.scratch, sizeof(r)), &r, sizeof(r)))
			->row;
}

/* How often history tells of it; the newest: *params. */
static int told(const struct brg_id *id, const char **params)
{
	struct brg_query q = { .what = BRG_READ_HISTORY, .other = *id };
	struct brg_row *rows;
	size_t n;
	int times = 0;

	rows = world_rows(&world, &q, &n);
	for (size_t i = n; i-- > 0;) {
		const struct brg_history_row *h = &rows[i].u.history;

		if (!record_is_rezoned(h))
			continue;
		times++;
		ck_assert(brg_str_eq(h->changes, brg_cstr("{}")));
		*params = arena_printf(world.scratch, "%.*s", (int)h->params.len, h->params.ptr);
	}
	return times;
}

/* ---- what must not change ------------------------------------------------------------------- */

static void put_str(FILE *out, struct brg_str s)
{
	fprintf(out, " %.*s", (int)s.len, s.ptr);
}

static void put_links(FILE *out, int user)
{
	struct brg_query q = { .what = BRG_READ_LINKS, .mailbox = world.users[user].mailbox };
	struct brg_row *rows;
	size_t n;

	rows = world_rows(&world, &q, &n);
	for (size_t i = 0; i < n; i++) {
		const struct brg_link_row *l = &rows[i].u.link;

		fprintf(out, "link %lld %d %lld %lld %d %lld %u", (long long)l->version, l->live,
			(long long)l->seen_version, (long long)l->record_now, l->recheck,
			(long long)l->synced_us, l->flags);
		put_str(out, l->remote_id);
		put_str(out, l->remote_version);
		fputc('\n', out);
	}
}

static void put_shadows(FILE *out, const struct brg_id *record)
{
	struct brg_query q = { .what = BRG_READ_SHADOWS, .other = *record };
	struct brg_row *rows;
	size_t n;

	rows = world_rows(&world, &q, &n);
	for (size_t i = 0; i < n; i++) {
		put_str(out, rows[i].u.shadow.base_record);
		put_str(out, rows[i].u.shadow.base_item);
		put_str(out, rows[i].u.shadow.pushed);
		fputc('\n', out);
	}
}

/* All that people, programs and mailboxes see of a change. */
static const char *seen(void)
{
	struct brg_query records = { .what = BRG_READ_MATCHES };
	struct brg_query changes = { .what = BRG_READ_CHANGES };
	static const struct brg_expr all = { .op = BRG_EXPR_TRUE };
	struct brg_row *rows;
	size_t n, size;
	char *text;
	FILE *out = open_memstream(&text, &size);

	records.expr = &all;
	for (int kind = BRG_CONTACT; kind <= BRG_APPOINTMENT; kind++) {
		records.number = kind;
		rows = world_rows(&world, &records, &n);
		for (size_t i = 0; i < n; i++) {
			const struct brg_record_row *r = &rows[i].u.record;

			fprintf(out, "record %lld %lld", (long long)r->version,
				(long long)r->modified_us);
			put_str(out, r->fields);
			put_shadows(out, &r->id);
		}
	}
	rows = world_rows(&world, &changes, &n);
	for (size_t i = 0; i < n; i++)
		put_str(out, rows[i].u.change.position);
	for (int u = 0; u < world.n_users; u++)
		put_links(out, u);
	fprintf(out, "writes %u\n", world_writes(&world));
	(void)fclose(out);
	return text;
}

/* ---- older zone data, made up --------------------------------------------------------------- */

/* As if zone data of then had said it: what follows from the record is what follows from `json`
 * laid over it. */
static void spoil(const struct brg_id *id, const char *json, const char *zones)
{
	struct brg_err err = BRG_ERR_INIT;
	struct image patch, after;
	struct derived d;
	struct record r;
	struct step step;

	ck_assert_int_eq(world_read(&world, id, &r), 1);
	world_must(image_from_json(world.rules.table, r.row.kind, brg_cstr(json), world.scratch,
				   &patch, &err),
		   &err, json);
	image_lay(&r.image, &patch, world.scratch, &after);
	r.image = after;
	derive_keys(world.rules.table, r.row.kind, &after, r.row.created_us, world.scratch, &d);
	d.zones = brg_cstr(zones);
	step_init(&step, world.scratch);
	record_rederive(&world.engine, &step, &r, &d, true, false);
	ck_assert_int_eq(store_commit(&world.engine.store, &step, BRG_DURABLE, NULL, &err),
			 BRG_COMMITTED);
}

#define LATER(day, zone) "{\"start\":{\"local\":\"" day "\",\"zone\":\"" zone "\"}}"

static bool same_derived(const struct brg_record_row *a, const struct brg_record_row *b)
{
	return a->sorted_us == b->sorted_us && brg_str_eq(a->keys, b->keys) &&
	       brg_str_eq(a->zones, b->zones);
}

/* A record with a moment of its start at that instant. */
static bool is_scheduled(const struct brg_id *id, int64_t us)
{
	struct brg_query q = {
		.what = BRG_READ_SCHEDULE, .number = APPT_START, .now_us = us, .until_us = us + 1
	};
	struct brg_row *rows;
	bool found = false;
	size_t n;

	rows = world_rows(&world, &q, &n);
	for (size_t i = 0; i < n; i++)
		found = found || brg_id_eq(&rows[i].u.record.id, id);
	return found;
}

START_TEST(a_wrong_instant_is_mended)
{
	struct brg_id id, same, floating;
	const struct brg_record_row *right, *stays, *wrong;
	const char *before, *params;

	world_filter(&world, bo, BRG_APPOINTMENT, "owner = me");
	id = appointment("Ours", "2027-07-01T12:00", "Europe/Stockholm");
	same = appointment("Same", "2027-07-01T12:00", "Europe/Berlin");
	floating = world_new(&world, bo, BRG_TASK, "{\"subject\":\"T\",\"due\":\"2027-07-01\"}");
	world_rounds(&world, 3);
	assert_quiet();
	right = row_of(&id);
	stays = row_of(&same);
	ck_assert(brg_str_eq(right->zones, brg_cstr(zone_data_version())));
	ck_assert_uint_eq(row_of(&floating)->zones.len, 0);
	ck_assert_int_eq(rezone(), 0);
	spoil(&id, LATER("2027-07-01T13:00:00", "Europe/Stockholm"), OLDER);
	spoil(&same, "{}", OLDER);
	wrong = row_of(&id);
	ck_assert_int_eq(wrong->sorted_us, right->sorted_us + HOUR_US);
	ck_assert(is_scheduled(&id, wrong->sorted_us));
	before = seen();
	assert_has(before, "\nlink ");
	ck_assert_int_eq(rezone(), 2);
	ck_assert_int_eq(rezone(), 0);
	ck_assert(same_derived(row_of(&id), right));
	ck_assert(same_derived(row_of(&same), stays));
	ck_assert(is_scheduled(&id, right->sorted_us));
	ck_assert(!is_scheduled(&id, wrong->sorted_us));
	ck_assert_msg(strcmp(seen(), before) == 0, "somebody sees a change");
	world_rounds(&world, 3);
	ck_assert_msg(strcmp(seen(), before) == 0, "somebody sees a change");
	/* It is told of what moved. */
	ck_assert_int_eq(told(&same, &params), 0);
	ck_assert_int_eq(told(&id, &params), 1);
	ck_assert_str_eq(params,
			 arena_printf(world.scratch, "was=" OLDER "\nnow=%s", zone_data_version()));
}
END_TEST

/* It is found by the same item as before: what identifies it is an instant too, also the end of a
 * series without end, which no key tells. */
START_TEST(what_identifies_it_is_mended)
{
	static const char *const rules[] = { "{}", "{\"recurrence\":\"FREQ=WEEKLY\"}" };
	struct brg_query q = { .what = BRG_READ_CLUES };
	struct brg_row *rows;
	struct brg_id id = appointment("Ours", "2027-07-01T12:00", "Europe/Stockholm");
	struct brg_str right;
	size_t n;

	ck_assert(world_edit(&world, &id, rules[_i]));
	q.other = id;
	rows = world_rows(&world, &q, &n);
	ck_assert_uint_eq(n, 1);
	right = rows[0].u.clue.value;
	spoil(&id, "{\"end\":{\"local\":\"2027-07-01T12:15:00\",\"zone\":\"Europe/Stockholm\"}}",
	      OLDER);
	rows = world_rows(&world, &q, &n);
	ck_assert(n == 1 && !brg_str_eq(rows[0].u.clue.value, right));
	(void)rezone();
	rows = world_rows(&world, &q, &n);
	ck_assert(n == 1 && brg_str_eq(rows[0].u.clue.value, right));
}
END_TEST

/* ---- what filters say ----------------------------------------------------------------------- */

/* By the wrong instant it is outside, by the right one within; and the other way round. The item of
 * one that has left stays, as of any that leaves. */
START_TEST(a_filter_hears_of_it)
{
	static const char *const filters[] = { "start >= 2026-12-01", "start < today + 7d" };
	const char *inside[] = { "2026-12-01T00:20", "2026-11-24T23:20" };
	const char *outside[] = { LATER("2026-11-30T23:20:00", "Etc/UTC"),
				  LATER("2026-11-25T00:20:00", "Etc/UTC") };
	static const char *const outer[] = { "2026-11-30T23:20", "2026-11-25T00:20" };
	static const char *const within[] = { LATER("2026-12-01T00:20:00", "Etc/UTC"),
					      LATER("2026-11-24T23:20:00", "Etc/UTC") };
	struct brg_id id, far, left;

	(void)sweep();
	world_filter(&world, bo, BRG_APPOINTMENT, filters[_i]);
	id = appointment("Near", inside[_i], "Etc/UTC");
	far = appointment("Far", _i ? "2027-07-01T12:00" : "2026-11-01T12:00", "Etc/UTC");
	spoil(&id, outside[_i], OLDER);
	spoil(&far, "{}", OLDER);
	left = appointment("Left", outer[_i], "Etc/UTC");
	spoil(&left, within[_i], OLDER);
	world_rounds(&world, 3);
	ck_assert_int_eq(world_item(&world, bo, &id), -1);
	ck_assert_int_ge(world_item(&world, bo, &left), 0);
	ck_assert_int_eq(rezone(), 3);
	world_rounds(&world, 2);
	ck_assert_int_ge(world_item(&world, bo, &id), 0);
	ck_assert_int_eq(world_item(&world, bo, &far), -1);
	ck_assert_int_eq(world_item(&world, bo, &left), -1);
	ck_assert_int_eq(row_of(&id)->version, 1);
	assert_quiet();
}
END_TEST

/* ---- who else there is ---------------------------------------------------------------------- */

/* Another machine with newer data has the word; what is older is taken in any case. */
START_TEST(keepers_do_not_undo_each_other)
{
	struct brg_id newer = appointment("A", "2027-07-01T12:00", "Europe/Stockholm");
	struct brg_id older = appointment("B", "2027-07-01T12:00", "Europe/Stockholm");
	struct world second;
	struct brg_err err = BRG_ERR_INIT;

	spoil(&newer, LATER("2027-07-01T13:00:00", "Europe/Stockholm"), "9999z");
	spoil(&older, LATER("2027-07-01T13:00:00", "Europe/Stockholm"), OLDER);
	second = world;
	world_must(engine_join(&second.engine, "keeper", &err), &err, "join");
	ck_assert_int_eq(rezone(), 1);
	ck_assert(brg_str_eq(row_of(&newer)->zones, brg_cstr("9999z")));
	ck_assert(brg_str_eq(row_of(&older)->zones, brg_cstr(zone_data_version())));
	/* Of one's own data a keeper is sure: it is gone, or it is this one. */
	world.engine.process = second.engine.process;
	ck_assert_int_eq(rezone(), 1);
	ck_assert(brg_str_eq(row_of(&newer)->zones, brg_cstr(zone_data_version())));
}
END_TEST

/* One that cannot be read is passed over, and keeps what it has. */
START_TEST(the_unreadable_stands_in_nobodys_way)
{
	struct brg_id bad = appointment("A", "2027-07-01T12:00", "Europe/Stockholm");
	struct brg_id good = appointment("B", "2027-07-01T12:00", "Europe/Stockholm");
	struct brg_record_row was = *row_of(&bad);
	struct brg_err err = BRG_ERR_INIT;
	struct step step;

	was.fields = brg_cstr("{\"start\":");
	was.zones = brg_cstr(OLDER);
	step_init(&step, world.scratch);
	step_add(&step, BRG_OP_RECORD, 1)->u.record = was;
	ck_assert_int_eq(store_commit(&world.engine.store, &step, BRG_DURABLE, NULL, &err),
			 BRG_COMMITTED);
	spoil(&good, LATER("2027-07-01T13:00:00", "Europe/Stockholm"), OLDER);
	ck_assert_int_eq(rezone(), 2);
	ck_assert_int_eq(rezone(), 0);
	ck_assert(is_scheduled(&bad, was.sorted_us));
	ck_assert(is_scheduled(&good, was.sorted_us));
}
END_TEST

/* ---- lives that end ------------------------------------------------------------------------- */

#define MANY (2 * REZONE_BATCH + 50)

static uint64_t die_at;

static void on_effect(const char *name, uint64_t n)
{
	(void)name;
	if (n == die_at)
		_exit(DIED);
}

/* A keeper that dies at its nth effect; true: it came to the end. */
static bool live(uint64_t dies)
{
	int status;
	pid_t pid;

	world_close(&world);
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		id_seed(1);
		world_open(&world);
		die_at = dies;
		effect_hook(on_effect);
		while (rezone() == REZONE_BATCH)
			;
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	id_seed(2);
	world.now_us += HOUR_US;
	world_open(&world);
	world_keep(&world);
	return WEXITSTATUS(status) == 0;
}

/* Done is what was committed, and it is done once. */
static int count_done(const struct brg_id *ids, const struct brg_record_row *right)
{
	const char *params;
	int done = 0;

	for (int i = 0; i < MANY; i++) {
		bool is = brg_str_eq(row_of(&ids[i])->zones, right->zones);

		ck_assert_int_eq(told(&ids[i], &params), is);
		ck_assert_int_eq(is, same_derived(row_of(&ids[i]), right));
		ck_assert_int_eq(is_scheduled(&ids[i], right->sorted_us), is);
		done += is;
	}
	return done;
}

START_TEST(who_dies_goes_on_where_he_was)
{
	static const int done[] = { 0, REZONE_BATCH, 2 * REZONE_BATCH, MANY };
	struct brg_id ids[MANY];
	struct brg_record_row right;
	const char *before;

	for (int i = 0; i < MANY; i++) {
		ids[i] = appointment("Ours", "2027-07-01T12:00", "Europe/Stockholm");
		right = *row_of(&ids[i]);
		spoil(&ids[i], LATER("2027-07-01T13:00:00", "Europe/Stockholm"), OLDER);
	}
	before = seen();
	/* Before the first commit, then before the one behind the next that is made. */
	for (int i = 0; i < 4; i++) {
		ck_assert_int_eq(live(i ? 2 : 1), i == 3);
		ck_assert_int_eq(count_done(ids, &right), done[i]);
	}
	ck_assert_msg(strcmp(seen(), before) == 0, "somebody sees a change");
}
END_TEST

/* ---- other zone data, truly ----------------------------------------------------------------- */

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
	const char *before = seen(), *params;
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
	ck_assert_msg(strcmp(seen(), before) == 0, "somebody sees a change");
	(void)sweep();
	world_rounds(&world, 3);
	ck_assert_msg(strcmp(seen(), before) == 0, "somebody sees a change");
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

/* ---- */

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

static Suite *suite(void)
{
	Suite *s = suite_create("zones");
	TCase *t = tcase_create("zones"), *truly = tcase_create("other data");

	tcase_set_timeout(t, 120);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_wrong_instant_is_mended);
	tcase_add_loop_test(t, what_identifies_it_is_mended, 0, 2);
	tcase_add_loop_test(t, a_filter_hears_of_it, 0, 2);
	tcase_add_test(t, keepers_do_not_undo_each_other);
	tcase_add_test(t, the_unreadable_stands_in_nobodys_way);
	tcase_add_test(t, who_dies_goes_on_where_he_was);
	suite_add_tcase(s, t);
	tcase_set_timeout(truly, 60);
	tcase_add_unchecked_fixture(truly, make_data, drop_data);
	tcase_add_checked_fixture(truly, setup_folder, teardown);
	tcase_add_test(truly, sweden_drops_summer_time);
	tcase_add_test(truly, where_days_begin_moves_too);
	suite_add_tcase(s, truly);
	return s;
}

int main(void)
{
	SRunner *runner = srunner_create(suite());
	int failed;

	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
