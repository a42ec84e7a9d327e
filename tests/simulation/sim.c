/* SPDX-License-Identifier: Apache-2.0
 *
 * The first simulation: the real engine inline, the real SQLite storage on a disk whose
 * power can fail, a simulated server and clock. A seed is a story of several lives: mail
 * arrives, ids are renamed, sessions fail, and a life ends at any effect, by kill or by
 * power cut. After quiet lives the invariants must hold:
 *
 *   every message that the rules take is in the store exactly once, whole;
 *   what is deleted on the server is in the store; what the rules refuse is not deleted;
 *   one more run has nothing to do.
 *
 *   sim [--seeds N] [--seed S] [--mutants] [--verbose]
 *
 * Each life is a process of its own, so that "dead" means dead.
 */
#include "core/effect.h"
#include "core/body.h"
#include "core/faults.h"
#include "core/id.h"
#include "core/keeper.h"
#include "core/log.h"
#include "core/mime.h"
#include "core/options.h"
#include "core/visit.h"
#include "tests/simulation/powercut.h"
#include "tests/simulation/simserver.h"

#include <dlfcn.h>
#include <getopt.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define DIED  99
#define LIVES 8

/* What outlives the processes. */
struct world {
	struct sim_server server;
	int64_t now_us;
	uint64_t die_at; /* effect, from 1; 0: live */
	uint64_t dice;
	uint64_t lives, deaths, cuts, takeovers;
	char why[256]; /* of a broken invariant */
};

static struct world *world;
static char folder[256], template_folder[256];
static const struct brg_plugin *sqlite;
static bool verbose;

/* ---- a process of the simulation ------------------------------------------------------------*/

struct node {
	struct engine engine;
	struct host host;
	struct brg_arena *arena;
};

static int64_t sim_now(struct engine *e)
{
	(void)e;
	return world->now_us += 1000;
}

static const struct brg_plugin *sim_connector(struct engine *e, struct brg_str name,
					      struct brg_err *err)
{
	(void)e;
	(void)name;
	(void)err;
	return &sim_plugin;
}

static void must(int rc, const struct brg_err *err, const char *what)
{
	char text[1024];

	if (rc >= 0)
		return;
	(void)snprintf(world->why, sizeof(world->why), "%.40s: %.200s", what,
		       err_render(err, "en", text, sizeof(text)));
	_exit(1);
}

static void node_open(struct node *n)
{
	struct settings settings = { 0 };
	struct brg_err err = BRG_ERR_INIT;
	struct store *store = &n->engine.store;

	*n = (struct node){ .arena = arena_new() };
	engine_init(&n->engine);
	n->engine.now_us = sim_now;
	n->engine.connector = sim_connector;
	n->engine.batch_items = 5;
	n->engine.visit_steps = 20;
	settings_add(&settings, n->arena, brg_cstr("path"),
		     brg_cstr(arena_printf(n->arena, "%s/sim.db", folder)));
	settings_add(&settings, n->arena, brg_cstr("committer"), brg_cstr("inline"));
	settings_add(&settings, n->arena, brg_cstr("vfs"), brg_cstr(POWERCUT_VFS));
	store->plugin = sqlite;
	store->ops = sqlite->storage;
	store->self = xcalloc(1, sqlite->instance_size);
	must(options_fill(sqlite->options, store->self, settings.at, settings.n, n->arena, &err),
	     &err, "options");
	host_init(&n->host, &n->engine, n->arena, "sqlite");
	must(store->ops->open(store->self, &n->host.table, BRG_OPEN_CREATE, &err), &err, "open");
	must(engine_join(&n->engine, "incoming", &err), &err, "join");
}

static void node_close(struct node *n)
{
	n->engine.store.ops->close(n->engine.store.self);
	free(n->engine.store.self);
	arena_free(&n->arena);
}

/* The directory: a box that keeps its mail, a queue that deletes what is stored, and one
 * that takes nothing and would delete. */
static void make_directory(struct node *n)
{
	static const char *const settings[SIM_BOXES] = {
		"{\"accept\":\"all\",\"box\":\"0\"}",
		"{\"accept\":\"all\",\"box\":\"1\",\"delete-after-store\":\"yes\"}",
		"{\"accept\":\"none\",\"box\":\"2\",\"delete-after-store\":\"yes\"}",
	};
	struct brg_err err = BRG_ERR_INIT;
	struct brg_id owner = id_new(1), profile = id_new(1);
	struct step step;
	struct brg_op *op;

	step_init(&step, n->arena);
	op = step_add(&step, BRG_OP_OWNER, BRG_NEW);
	op->u.owner = (struct brg_owner_row){
		.id = owner, .type = BRG_QUEUE, .name = brg_cstr("q"), .settings = brg_cstr("{}")
	};
	op = step_add(&step, BRG_OP_PROFILE, BRG_NEW);
	op->u.profile = (struct brg_profile_row){ .id = profile,
						  .name = brg_cstr("sim"),
						  .connector = brg_cstr("sim"),
						  .max_connections = 10,
						  .settings = brg_cstr("{}") };
	for (int i = 0; i < SIM_BOXES; i++) {
		struct brg_id mailbox = id_new(1);

		op = step_add(&step, BRG_OP_MAILBOX, BRG_NEW);
		op->u.mailbox = (struct brg_mailbox_row){ .id = mailbox,
							  .owner = owner,
							  .profile = profile,
							  .name = brg_cstr(arena_printf(
								  n->arena, "box%d", i)),
							  .settings = brg_cstr(settings[i]) };
		op = step_add(&step, BRG_OP_VISIT, BRG_NEW);
		op->u.visit = (struct brg_visit_row){ .id = id_new(1),
						      .mailbox = mailbox,
						      .profile = profile,
						      .lane = BRG_INCOMING,
						      .state = BRG_ENABLED };
	}
	must(store_commit(&n->engine.store, &step, BRG_DURABLE, NULL, &err), &err, "directory");
}

struct claimed_list {
	struct brg_arena *arena;
	struct brg_claimed at[SIM_BOXES];
	size_t n;
};

static void on_claim(void *arg, const struct brg_claimed *claimed)
{
	struct claimed_list *list = arg;

	visit_copy(&list->at[list->n++], claimed, list->arena);
}

/* Claim what is due and walk it. Returns how many visits ran. */
static size_t run_due(struct node *n)
{
	struct store *store = &n->engine.store;
	struct brg_query q = { .size = sizeof(q), .what = BRG_READ_PROFILES };
	struct claimed_list list = { .arena = n->arena };
	struct brg_claim_request req = { .size = sizeof(req),
					 .lane = BRG_INCOMING,
					 .process = n->engine.process,
					 .n = SIM_BOXES };
	struct brg_slots slots = { .size = sizeof(slots),
				   .hold = SIM_BOXES,
				   .process = n->engine.process };
	struct brg_err err = BRG_ERR_INIT;
	struct brg_room room;
	struct brg_row row;

	must(store_one(store, &q, n->arena, &row, &err) == 1 ? 0 : -1, &err, "profile");
	slots.profile = room.profile = row.u.profile.id;
	must(store->ops->slots(store->self, &slots, &err), &err, "slots");
	room.free = slots.held;
	req.rooms = &room;
	req.n_rooms = 1;
	req.now_us = sim_now(&n->engine);
	must(store->ops->claim(store->self, &req, on_claim, &list, &err), &err, "claim");
	for (size_t i = 0; i < list.n; i++) {
		visit_run(&n->engine, &list.at[i], NULL, &err);
		/* The next session has other luck. */
		world->server.faults = (struct sim_faults){ 0 };
	}
	return list.n;
}

static void keep(struct node *n)
{
	struct brg_err err = BRG_ERR_INIT;

	must(keeper_bury(&n->engine, NULL, &err), &err, "bury");
	must(keeper_probe(&n->engine, &err), &err, "probe");
}

static void on_effect(const char *name, uint64_t n)
{
	if (verbose)
		fprintf(stderr, "    effect %llu %s\n", (unsigned long long)n, name);
	if (world->die_at && n == world->die_at)
		_exit(DIED);
}

/* While the first process is inside pull(), its visits are taken from it (as after a long
 * pause) and another process walks them to the end. */
static void take_over(void)
{
	struct brg_query q = { .size = sizeof(q), .what = BRG_READ_VISITS };
	struct brg_err err = BRG_ERR_INIT;
	struct node other;
	struct brg_row *rows;
	struct step step;
	size_t n;

	world->takeovers++;
	node_open(&other);
	must(store_all(&other.engine.store, &q, other.arena, &rows, &n, &err), &err, "visits");
	for (size_t i = 0; i < n; i++) {
		struct brg_op *op;

		if (brg_id_is_nil(&rows[i].u.visit.process))
			continue;
		step_init(&step, other.arena);
		op = step_add(&step, BRG_OP_SETTLE, BRG_ANY);
		op->u.settle.lease =
			(struct brg_lease){ rows[i].u.visit.id, rows[i].u.visit.token };
		op->u.settle.visit = rows[i].u.visit;
		op->u.settle.visit.due_us = 0;
		op->u.settle.visit.state = BRG_ENABLED;
		must(store_commit(&other.engine.store, &step, BRG_RELAXED, NULL, &err), &err,
		     "take over");
	}
	while (run_due(&other) > 0 && world->die_at == 0)
		world->now_us += 60 * INT64_C(1000000);
	node_close(&other);
}

/* ---- invariants -----------------------------------------------------------------------------*/

struct text_check {
	const char *want;
	size_t len, at;
};

static int compare_text(void *arg, const void *p, size_t n, struct brg_err *err)
{
	struct text_check *c = arg;

	(void)err;
	if (n > c->len - c->at || memcmp(c->want + c->at, p, n) != 0)
		return -1;
	c->at += n;
	return 0;
}

static void broken(const char *what, const struct sim_message *m, size_t n)
{
	(void)snprintf(world->why, sizeof(world->why), "message %u is %s (%zu times)",
		       m ? m->number : 0, what, n);
	_exit(1);
}

static void check_message(struct node *node, const struct sim_message *m, bool taken, bool deleted,
			  const struct brg_row *rows, size_t n)
{
	size_t header, len = sim_text(m, NULL, 0, &header), found = 0;
	char *text = malloc(len + 1);
	struct text_check check = { text, len, 0 };
	struct brg_err err = BRG_ERR_INIT;
	struct brg_sha sha;

	sim_text(m, text, len + 1, &header);
	SHA256((unsigned char *)text, len, sha.b);
	for (size_t i = 0; i < n; i++)
		found += memcmp(rows[i].u.record.body.b, sha.b, sizeof(sha.b)) == 0;
	if (found != (taken ? 1 : 0))
		broken(taken ? found ? "stored more than once" : "lost" : "stored against the rule",
		       m, found);
	if (taken && (body_read(&node->engine.store, &sha, compare_text, &check, &err) < 0 ||
		      check.at != len))
		broken("stored, but its body is damaged", m, found);
	if (m->there == deleted)
		broken(deleted ? "still on the server" : "deleted on the server", m, found);
	free(text);
}

static size_t check_all(struct node *node)
{
	struct brg_query q = { .size = sizeof(q), .what = BRG_READ_RECORDS };
	struct brg_err err = BRG_ERR_INIT;
	struct brg_row *rows;
	size_t n, taken = 0;

	must(store_all(&node->engine.store, &q, node->arena, &rows, &n, &err), &err, "records");
	for (uint32_t b = 0; b < SIM_BOXES; b++)
		for (uint32_t i = 0; i < world->server.boxes[b].n; i++) {
			taken += b < 2;
			check_message(node, &world->server.boxes[b].messages[i], b < 2, b == 1,
				      rows, n);
		}
	if (n != taken)
		broken("one of too many records", NULL, n);
	return n;
}

/* ---- lives ----------------------------------------------------------------------------------*/

/* A life with faults: some rounds of work, to the end or to the effect it dies at. */
static void troubled_life(void)
{
	struct node node;

	node_open(&node);
	keep(&node);
	for (int round = 0; round < 4; round++) {
		world->now_us += 13 * 60 * INT64_C(1000000);
		run_due(&node);
	}
	node_close(&node);
}

static void quiet_life(void)
{
	uint32_t retrieved;
	struct node node;
	size_t records;

	world->server.faults = (struct sim_faults){ 0 };
	world->server.meanwhile = NULL;
	node_open(&node);
	/* Days, so that every parked item has had its tries. */
	for (int round = 0; round < 24; round++) {
		world->now_us += 25 * 3600 * INT64_C(1000000);
		keep(&node);
		run_due(&node);
	}
	records = check_all(&node);
	retrieved = world->server.retrieved;
	world->now_us += 25 * 3600 * INT64_C(1000000);
	run_due(&node);
	if (check_all(&node) != records || world->server.retrieved != retrieved)
		broken("not left alone by a second run", NULL, records);
	node_close(&node);
}

/* Run fn as a process. Returns its exit status. */
static int live(void (*fn)(void), uint64_t seed)
{
	int status;
	pid_t pid;

	fflush(NULL);
	world->lives++;
	pid = fork();
	if (pid == 0) {
		id_seed(seed | 1);
		effect_hook(on_effect);
		log_init(verbose ? BRG_LOG_DEBUG : 0, "    ");
		fn();
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		abort();
	if (!WIFEXITED(status)) {
		(void)snprintf(world->why, sizeof(world->why), "a life ended by signal %d",
			       WTERMSIG(status));
		return 1;
	}
	return WEXITSTATUS(status);
}

static void copy_folder(const char *from, const char *to)
{
	static const char *const names[] = { "sim.db", "sim.db.disk", "sim.db-wal",
					     "sim.db-wal.disk" };
	char a[512], b[512], buf[65536];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		FILE *in, *out;
		size_t n;

		(void)snprintf(a, sizeof(a), "%s/%s", from, names[i]);
		(void)snprintf(b, sizeof(b), "%s/%s", to, names[i]);
		in = fopen(a, "r");
		if (!in)
			continue; /* a log that was folded in */
		out = fopen(b, "w");
		if (!out)
			abort();
		while ((n = fread(buf, 1, sizeof(buf), in)) > 0)
			if (fwrite(buf, 1, n, out) != n)
				abort();
		fclose(in);
		fclose(out);
	}
}

static void empty_folder(const char *path)
{
	char command[512];

	(void)snprintf(command, sizeof(command), "rm -rf '%s'", path);
	if (system(command) != 0 || mkdir(path, 0700) < 0)
		abort();
}

/* What happens to the world before a life. */
static void plan_life(uint64_t *dice)
{
	struct sim_faults *f = &world->server.faults;

	for (uint32_t b = 0; b < SIM_BOXES; b++)
		for (uint64_t k = dice_below(dice, 9); k > 0; k--)
			sim_deliver(b, (uint32_t)dice_below(dice, dice_below(dice, 10) ? 40 : 4000),
				    dice_below(dice, 12) ? 0 : (uint8_t)(1 + dice_below(dice, 3)));
	if (dice_below(dice, 5) == 0)
		sim_rename((uint32_t)dice_below(dice, SIM_BOXES));
	*f = (struct sim_faults){ 0 };
	if (dice_below(dice, 6) == 0)
		f->refuse = 1;
	if (dice_below(dice, 3) == 0)
		f->hang_up_at = (uint32_t)(2 + dice_below(dice, 30));
	if (dice_below(dice, 4) == 0)
		f->lose_answer = 1;
	if (dice_below(dice, 4) == 0)
		f->eager = 1;
	world->server.meanwhile = dice_below(dice, 5) == 0 ? take_over : NULL;
	world->die_at = dice_below(dice, 10) < 7 ? 1 + dice_below(dice, 40) : 0;
}

/* One story. True when every invariant held. */
static bool tell(uint64_t seed)
{
	uint64_t dice = seed * 0x9e3779b97f4a7c15u + 1;

	memset(&world->server, 0, sizeof(world->server));
	world->now_us = INT64_C(1795000000000000);
	world->why[0] = '\0';
	empty_folder(folder);
	copy_folder(template_folder, folder);
	for (int i = 0; i < LIVES; i++) {
		int status;

		plan_life(&dice);
		status = live(troubled_life, dice_roll(&dice));
		if (verbose)
			fprintf(stderr, "  life %d ended with %d\n", i, status);
		if (status != 0 && status != DIED)
			return false;
		world->deaths += status == DIED;
		if (dice_below(&dice, 2)) {
			world->cuts++;
			powercut_strike(folder, &dice);
		} else if (dice_below(&dice, 2)) {
			powercut_settle(folder);
		}
	}
	world->die_at = 0;
	return live(quiet_life, dice_roll(&dice)) == 0;
}

/* ---- the program ----------------------------------------------------------------------------*/

static void make_template(void)
{
	struct node node;

	node_open(&node);
	make_directory(&node);
	node_close(&node);
}

static bool run_seeds(uint64_t first, uint64_t n, uint64_t *failed)
{
	for (uint64_t s = first; s < first + n; s++)
		if (!tell(s)) {
			*failed = s;
			return false;
		}
	return true;
}

static int run_mutants(uint64_t most)
{
	static const struct {
		enum mutant mutant;
		const char *name;
	} mutants[] = {
		{ MUTANT_DURABLE_RELAXED, "durable made relaxed" },
		{ MUTANT_CURSOR_FIRST, "cursor committed before records" },
		{ MUTANT_DELETE_EARLY, "DELE before the durable step" },
		{ MUTANT_LEASE_UNCHECKED, "lease not checked" },
	};
	int missed = 0;

	for (size_t i = 0; i < sizeof(mutants) / sizeof(mutants[0]); i++) {
		uint64_t seed = 0;
		bool caught;

		effect_mutant = mutants[i].mutant;
		caught = !run_seeds(1, most, &seed);
		printf("%s - mutant caught: %s", caught ? "ok" : "not ok", mutants[i].name);
		if (caught)
			printf(" (seed %llu: %s)", (unsigned long long)seed, world->why);
		putchar('\n');
		missed += !caught;
	}
	effect_mutant = MUTANT_NONE;
	return missed;
}

static bool load_sqlite(void)
{
	const char *path = getenv("BRYGGA_SQLITE_SO");
	brg_plugin_entry_fn *entry;
	void *so = dlopen(path ? path : ".libs/sqlite.so", RTLD_NOW | RTLD_LOCAL), *sym;

	sym = so ? dlsym(so, "sqlite_LTX_brg_plugin_entry") : NULL;
	if (!sym) {
		printf("1..0 # SKIP sqlite.so is not built: %s\n", dlerror());
		return false;
	}
	memcpy(&entry, &sym, sizeof(entry));
	sqlite = entry();
	return true;
}

int main(int argc, char **argv)
{
	static const struct option options[] = { { "seeds", required_argument, NULL, 'n' },
						 { "seed", required_argument, NULL, 's' },
						 { "mutants", no_argument, NULL, 'm' },
						 { "mutant", required_argument, NULL, 'M' },
						 { "verbose", no_argument, NULL, 'v' },
						 { NULL, 0, NULL, 0 } };
	const char *env = getenv("BRYGGA_SIM_SEEDS"); /* fewer in slow builds, and no mutants */
	uint64_t first = 1, n = env ? strtoull(env, NULL, 10) : 250, failed = 0;
	const char *tmp = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
	char base[128];
	bool mutants = !env, good;
	int c, missed = 0;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 'n')
			n = strtoull(optarg, NULL, 10);
		else if (c == 's')
			first = strtoull(optarg, NULL, 10), n = 1, mutants = false;
		else if (c == 'm')
			n = 0;
		else if (c == 'M')
			effect_mutant = (enum mutant)atoi(optarg), mutants = false;
		else if (c == 'v')
			verbose = true;
		else
			return 2;
	}
	if (!load_sqlite())
		return 77;
	mime_init();
	world = mmap(NULL, sizeof(*world), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		     0);
	(void)snprintf(base, sizeof(base), "%s/brygga-sim-XXXXXX", tmp);
	if (world == MAP_FAILED || !mkdtemp(base) || powercut_register() != 0)
		return 2;
	sim_server = &world->server;
	(void)snprintf(template_folder, sizeof(template_folder), "%s/template", base);
	(void)snprintf(folder, sizeof(folder), "%s", template_folder);
	empty_folder(folder);
	if (live(make_template, 1) != 0) {
		printf("not ok - template: %s\n", world->why);
		return 1;
	}
	powercut_settle(template_folder);
	(void)snprintf(folder, sizeof(folder), "%s/seed", base);
	good = run_seeds(first, n, &failed);
	if (n)
		printf("%s - %llu seeds (%llu lives, %llu deaths, %llu power cuts, %llu "
		       "takeovers)\n",
		       good ? "ok" : "not ok", (unsigned long long)n,
		       (unsigned long long)world->lives, (unsigned long long)world->deaths,
		       (unsigned long long)world->cuts, (unsigned long long)world->takeovers);
	if (!good)
		printf("# seed %llu: %s; again with: sim --seed %llu --verbose\n",
		       (unsigned long long)failed, world->why, (unsigned long long)failed);
	if (mutants && good)
		missed = run_mutants(1200);
	empty_folder(base);
	rmdir(base);
	return good && missed == 0 ? 0 : 1;
}
