/* SPDX-License-Identifier: Apache-2.0
 *
 * What contacts both ways cost us: the engine inline on SQLite, one simulated mailbox, CPU of the
 * process less that of the simulated server (twoway_server.h).
 *
 *	twoway FOLDER first alike|differing|mailbox N	the first match of N contacts
 *	twoway FOLDER visits N		N linked: visits with nothing new, and with ten changes
 *	twoway FOLDER merges N		N linked, all changed on both sides in different fields
 *
 * One JSON object comes out. FOLDER is on the disk that is to be measured.
 */
#include "tests/bench/twoway_server.h"
#include "tests/simulation/world.h"
#include "tests/unit/sqlite_plugin.h"

#include "core/log.h"

#include <sys/mman.h>
#include <time.h>

#define VISITS	20
#define CHANGES 5 /* on each side */

static struct world world;
static int anna;

struct spent {
	double ours, server, seconds; /* CPU, CPU, and by the clock on the wall */
	int visits;
};

static void die(const char *what)
{
	(void)fprintf(stderr, "twoway: %s\n", what);
	exit(1);
}

static double wall(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- people ---------------------------------------------------------------------------------*/

static void in_store(int i, bool differing)
{
	(void)world_new(
		&world, anna, BRG_CONTACT,
		arena_printf(
			world.scratch,
			"{\"given\":\"Anna%d\",\"surname\":\"Berg\",\"full_name\":\"Anna%d Berg\","
			"\"file_as\":\"Berg, Anna%d\",\"email1\":\"anna%d@firm.example\","
			"\"company\":\"Firm\",\"department\":\"Sales\",\"job_title\":\"Boss\","
			"\"business_phone\":\"+46 46 %d\",\"business_street\":\"Storgatan "
			"%d\",\"business_city\":\"Lund\",\"business_country\":\"Sverige\"%s}",
			i, i, i, i, i, i, differing ? ",\"manager\":\"Bo\"" : ""));
	arena_reset(world.scratch);
}

static void in_mailbox(int i, bool differing)
{
	char lines[512];

	(void)snprintf(
		lines, sizeof(lines),
		"given=Anna%d\nsurname=Berg\nfull_name=Anna%d Berg\nfile_as=Berg, Anna%d\n"
		"email1=anna%d@firm.example\ncompany=Firm\ndepartment=Sales\njob_title=Boss\n"
		"business_phone=+46 46 %d\nbusiness_street=Storgatan %d\n"
		"business_city=Lund\nbusiness_country=Sverige%s",
		i, i, i, i, i, i, differing ? "\nmobile_phone=+46 70 1" : "");
	if (simmail_user_create(world.sim, world.users[anna].box, BRG_CONTACT, lines) < 0)
		die("the simulated mailbox is too small");
}

/* ---- visits ---------------------------------------------------------------------------------*/

/* What the keeper does beside the visits: the log of the store is folded in. */
static void fold(struct spent *to)
{
	struct brg_upkeep io = { .size = sizeof(io), .what = BRG_UPKEEP_CHECKPOINT };
	struct store *store = &world.engine.store;
	struct brg_err err = BRG_ERR_INIT;
	double cpu = cpu_now(), at = wall();

	world_must(store->ops->upkeep(store->self, &io, &err), &err, "fold");
	to->ours += cpu_now() - cpu;
	to->seconds += wall() - at;
}

static int visit(struct spent *to)
{
	double cpu = cpu_now(), server = server_cpu(), at = wall();
	int outcome = world_visit(&world, anna);

	cpu = cpu_now() - cpu;
	server = server_cpu() - server;
	if (outcome < 0 || world.err.code)
		die("a visit failed");
	to->ours += cpu - server;
	to->server += server;
	to->seconds += wall() - at;
	to->visits++;
	arena_reset(world.scratch);
	return outcome;
}

static int64_t linked(void)
{
	struct brg_query q = { .what = BRG_READ_LINK_COUNTS, .mailbox = world.users[anna].mailbox };
	size_t n;
	struct brg_row *rows = world_rows(&world, &q, &n);

	for (size_t i = 0; i < n; i++)
		if (brg_str_eq(rows[i].u.counter.name, brg_cstr("links")))
			return rows[i].u.counter.value;
	return 0;
}

/* A person says yes to the plan that waits, if one does. */
static void approve(void)
{
	struct brg_query q = { .what = BRG_READ_PLANS, .mailbox = world.users[anna].mailbox };
	struct brg_err err = BRG_ERR_INIT;
	struct step step;
	struct brg_op *op;
	size_t n;
	struct brg_row *rows = world_rows(&world, &q, &n);

	if (n == 0 || rows[0].u.plan.state != BRG_PLAN_WAITS)
		return;
	step_init(&step, world.scratch);
	op = step_add(&step, BRG_OP_PLAN, rows[0].u.plan.version);
	op->u.plan = rows[0].u.plan;
	op->u.plan.state = BRG_PLAN_APPROVED;
	world_must(store_commit(&world.engine.store, &step, BRG_DURABLE, NULL, &err), &err, "plan");
}

/* Until all are linked and nothing is left to do; with the survey, the plan and the fold. */
static void match(int n, struct spent *to)
{
	int outcome;

	do {
		outcome = visit(to);
		approve();
		if (to->visits > 100)
			die("it does not come to an end");
	} while (linked() != n || outcome != BRG_DONE_EMPTY);
	fold(to);
}

/* ---- what is measured -----------------------------------------------------------------------*/

static void first(const char *how, int n)
{
	bool alike = strcmp(how, "alike") == 0, differing = strcmp(how, "differing") == 0;
	struct spent spent = { 0 };

	if (!alike && !differing && strcmp(how, "mailbox") != 0)
		die("alike, differing or mailbox?");
	if (alike || differing)
		world_filter(&world, anna, BRG_CONTACT, "owner = me");
	for (int i = 0; i < n; i++) {
		if (alike || differing)
			in_store(i, differing);
		in_mailbox(i, differing);
	}
	fold(&(struct spent){ 0 });
	match(n, &spent);
	if (world_count(&world, BRG_CONTACT) != (size_t)n)
		die("there are doubles");
	printf("{\"items\": %d, \"cpu\": %.4f, \"server\": %.4f, \"seconds\": %.4f, \"visits\": %d, "
	       "\"writes\": %u}\n",
	       n, spent.ours, spent.server, spent.seconds, spent.visits, world_writes(&world));
}

static void fill(int n)
{
	for (int i = 0; i < n; i++)
		in_mailbox(i, false);
	match(n, &(struct spent){ 0 });
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *at, size_t n)
{
	qsort(at, n, sizeof(*at), by_size);
	return n % 2 ? at[n / 2] : (at[n / 2 - 1] + at[n / 2]) / 2;
}

/* Links from one on, in the order of their ids. */
static struct brg_row *links(size_t most, size_t *n)
{
	struct brg_query q = { .what = BRG_READ_LINKS,
			       .mailbox = world.users[anna].mailbox,
			       .limit = (uint32_t)most };

	return world_rows(&world, &q, n);
}

struct pair {
	struct brg_id record;
	int item;
};

/* Some of the linked, far from each other. */
static void choose(struct pair *to, size_t n, size_t all)
{
	size_t found;
	struct brg_row *rows = links(all, &found);

	if (found != all)
		die("links are missing");
	for (size_t i = 0; i < n; i++) {
		const struct brg_link_row *l = &rows[i * (all / n)].u.link;

		to[i].record = l->record;
		to[i].item = simmail_find_item(world.sim, world.users[anna].box, l->remote_id);
	}
	arena_reset(world.scratch);
}

static void edit_here(const struct pair *p, int number)
{
	if (!world_edit(&world, &p->record,
			arena_printf(world.scratch, "{\"job_title\":\"Title %d\"}", number)))
		die("a record cannot be edited");
}

static void edit_there(const struct pair *p, int number)
{
	char line[64];

	(void)snprintf(line, sizeof(line), "mobile_phone=+46 70 %d", number);
	if (!simmail_user_edit(world.sim, world.users[anna].box, p->item, line))
		die("an item cannot be edited");
}

/* Has each side what the other was told? */
static void check(const struct pair *p, int number, bool here, bool there)
{
	char text[64], want[64];

	(void)snprintf(want, sizeof(want), "Title %d", number);
	if (here && (!simmail_value(simmail_at(world.sim, world.users[anna].box, p->item),
				    "job_title", text, sizeof(text)) ||
		     strcmp(text, want) != 0))
		die("an edit of the store did not reach the mailbox");
	(void)snprintf(want, sizeof(want), "\"+46 70 %d\"", number);
	if (there && !strstr(world_json(&world, &p->record), want))
		die("an edit of the mailbox did not reach the store");
	arena_reset(world.scratch);
}

static double ms_of_visit(void)
{
	struct spent spent = { 0 };

	(void)visit(&spent);
	return spent.ours * 1000;
}

static void visits(int n)
{
	struct pair *pairs = xcalloc((size_t)VISITS * 2 * CHANGES, sizeof(*pairs));
	size_t each = (size_t)2 * CHANGES, most = (size_t)VISITS * each;
	double idle[VISITS], changed[VISITS];

	fill(n);
	for (int i = 0; i < VISITS; i++)
		idle[i] = ms_of_visit();
	printf("{\"linked\": %d, \"idle_ms\": %.4f", n, median(idle, VISITS));
	if ((size_t)n >= most) {
		choose(pairs, most, (size_t)n);
		for (int i = 0; i < VISITS; i++) {
			const struct pair *p = pairs + (size_t)i * each;

			for (int k = 0; k < CHANGES; k++) {
				edit_here(&p[k], i);
				edit_there(&p[CHANGES + k], i);
			}
			arena_reset(world.scratch);
			changed[i] = ms_of_visit();
			for (int k = 0; k < 2 * CHANGES; k++)
				check(&p[k], i, k < CHANGES, k >= CHANGES);
		}
		printf(", \"changes\": %d, \"changed_ms\": %.4f", 2 * CHANGES,
		       median(changed, VISITS));
	}
	printf("}\n");
	free(pairs);
}

/* Records that one side changed, or both. */
static void merges(const char *how, int n)
{
	bool here = strcmp(how, "both") == 0;
	struct pair *pairs = xcalloc((size_t)n, sizeof(*pairs));
	struct spent spent = { 0 };

	fill(n);
	choose(pairs, (size_t)n, (size_t)n);
	for (int i = 0; i < n; i++) {
		if (here)
			edit_here(&pairs[i], i);
		edit_there(&pairs[i], i);
		arena_reset(world.scratch);
	}
	fold(&(struct spent){ 0 });
	match(n, &spent);
	for (int i = 0; i < n; i++)
		check(&pairs[i], i, here, true);
	printf("{\"records\": %d, \"cpu\": %.4f, \"server\": %.4f, \"seconds\": %.4f}\n", n,
	       spent.ours, spent.server, spent.seconds);
	free(pairs);
}

int main(int argc, char **argv)
{
	char folder[512];
	void *memory;
	int n = argc > 3 ? atoi(argv[argc - 1]) : 0;

	if (n < 1 || n > SIMMAIL_ITEMS)
		die("FOLDER first alike|differing|mailbox N, FOLDER visits N, or FOLDER merges both|there N");
	log_init(0, "");
	memory = mmap(NULL, SIMMAIL_SIZE, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	(void)snprintf(folder, sizeof(folder), "%s/brygga-twoway-XXXXXX", argv[1]);
	if (memory == MAP_FAILED || !mkdtemp(folder))
		die("no memory, or no folder");
	world_init(&world, folder, sqlite_plugin(), memory, 1);
	world.relaxed = true;
	server_apart(&world.connector);
	world_open(&world);
	anna = world_add_user(&world, "anna@example.com",
			      strcmp(argv[2], "first") == 0 && strcmp(argv[3], "mailbox") != 0
				      ? "{}"
				      : "{\"inbound-contacts\":\"all\"}");
	if (strcmp(argv[2], "first") == 0)
		first(argv[3], n);
	else if (strcmp(argv[2], "visits") == 0)
		visits(n);
	else
		merges(argv[3], n);
	world_close(&world);
	remove_tree(folder);
	return 0;
}
