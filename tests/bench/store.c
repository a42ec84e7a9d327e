/* SPDX-License-Identifier: Apache-2.0
 *
 * What a storage plugin costs by itself: the inserts of a first fetch, claims and settles,
 * `known` for a listing, and how long a durable commit waits while others flood. Works on
 * any storage plugin through the SDK alone:
 *
 *	store PLUGIN.so insert|visits|known|fair FOLDER [option=value]...
 */
#include "storage-kit.h"

#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const struct brg_plugin *plugin;
static const char *path;
static char **settings;

static void die(const char *what, const struct brg_err *err)
{
	fprintf(stderr, "%s: %s %s %s\n", what, err && err->fault ? err->fault->en : "",
		err ? err->params : "", err ? err->said : "");
	exit(1);
}

static double wall(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static double cpu(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static int64_t host_now(void *ctx)
{
	struct timespec ts;
	(void)ctx;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

static const struct brg_host host = { .size = sizeof(host), .now_us = host_now };

static void *open_store(void)
{
	struct brg_err err = BRG_ERR_INIT;
	void *self = calloc(1, plugin->instance_size);

	if (!self || storage_kit_option(plugin, self, NULL, NULL) < 0)
		die("defaults", NULL);
	storage_kit_option(plugin, self, "path", path);
	for (char **s = settings; *s; s++) {
		char *value = strchr(*s, '=');
		char *name = value ? strndup(*s, (size_t)(value - *s)) : NULL;

		if (!name || storage_kit_option(plugin, self, name, value + 1) < 0)
			die(*s, NULL);
		free(name);
	}
	if (plugin->storage->open(self, &host, BRG_OPEN_CREATE, &err) < 0)
		die("open", &err);
	return self;
}

static void close_store(void *self)
{
	plugin->storage->close(self);
	free(self);
}

static void commit(void *self, const struct brg_op *ops, size_t n, int durability)
{
	struct brg_err err = BRG_ERR_INIT;
	struct brg_step step = {
		.size = sizeof(step), .durability = durability, .ops = ops, .n = n
	};
	size_t failed = 0;
	int rc = plugin->storage->commit(self, &step, &failed, &err);

	if (rc != BRG_COMMITTED)
		die(rc == BRG_REFUSED ? "refused" : "commit", &err);
}

static uint64_t seed = 42;

static uint64_t random64(void) /* splitmix64 */
{
	uint64_t r = (seed += 0x9e3779b97f4a7c15u);

	r = (r ^ (r >> 30)) * 0xbf58476d1ce4e5b9u;
	r = (r ^ (r >> 27)) * 0x94d049bb133111ebu;
	return r ^ (r >> 31);
}

static void fill(void *p, size_t n)
{
	unsigned char *at = p;

	for (size_t i = 0; i < n; i += 8) {
		uint64_t r = random64();

		memcpy(at + i, &r, n - i < 8 ? n - i : 8);
	}
}

/* As UUIDv7: in the order of time. */
static struct brg_id id_new(void)
{
	static uint64_t n;
	uint64_t ms = 1700000000000u + ++n / 8;
	struct brg_id id;

	fill(&id, sizeof(id));
	for (int i = 0; i < 6; i++)
		id.b[i] = (unsigned char)(ms >> (40 - 8 * i));
	id.b[6] = (unsigned char)(0x70 | (n % 8) << 1);
	return id;
}

/* ---- a first fetch --------------------------------------------------------------------------*/

#define MESSAGES 10000
#define BATCH	 100
#define PER	 5 /* ops a message */

static struct message {
	char remote[32], key[16], print[32], fields[700];
	struct brg_sha sha;
	size_t octets;
} messages[BATCH];

/* Median 6 KiB, a few of 100 KiB and more: compressed mail. */
static size_t body_size(void)
{
	uint64_t r = random64() % 1000;

	return r < 900	 ? 1500 + random64() % 9000
	       : r < 990 ? 20000 + random64() % 30000
			 : 100000 + random64() % 150000;
}

static size_t message_ops(struct brg_op *ops, struct message *m, int n, const char *bytes,
			  const struct brg_id *mailbox)
{
	struct brg_id record = id_new();
	struct brg_str remote = { m->remote, 0 }, key = { m->key, 16 }, print = { m->print, 32 };
	struct brg_str fields = { m->fields, 0 };

	remote.len = (size_t)snprintf(m->remote, sizeof(m->remote), "%08x5f3a1b2c", n);
	fields.len = (size_t)snprintf(
		m->fields, sizeof(m->fields),
		"{\"subject\":\"Message %d of a first fetch\",\"from\":\"sender%d@example.org\","
		"\"to\":[\"somebody@example.org\"],\"received\":1700000000000000,\"text\":\"%"
		"0400d\"}",
		n, n, n);
	fill(m->key, sizeof(m->key));
	fill(m->print, sizeof(m->print));
	fill(&m->sha, sizeof(m->sha));
	m->octets = body_size();
	memset(ops, 0, PER * sizeof(*ops));
	ops[0] = (struct brg_op){ .type = BRG_OP_BODY };
	ops[0].u.body = (struct brg_body_chunk){ m->sha, 0, { bytes, m->octets }, 1 };
	ops[1] = (struct brg_op){ .type = BRG_OP_RECORD };
	ops[1].u.record = (struct brg_record_row){ .id = record,
						   .owner = *mailbox,
						   .kind = BRG_EMAIL,
						   .created_us = n,
						   .modified_us = n,
						   .sorted_us = 1700000000000000 + n,
						   .fields = fields,
						   .body = m->sha,
						   .body_octets = m->octets * 2,
						   .message_key = key };
	ops[2] = (struct brg_op){ .type = BRG_OP_LINK };
	ops[2].u.link = (struct brg_link_row){ .id = id_new(),
					       .record = record,
					       .mailbox = *mailbox,
					       .live = true,
					       .remote_id = remote };
	ops[3] = (struct brg_op){ .type = BRG_OP_MARK };
	ops[3].u.mark = (struct brg_mark_row){ .mailbox = *mailbox,
					       .remote_id = remote,
					       .state = BRG_LINKED,
					       .print = print,
					       .octets = m->octets * 2,
					       .seen_us = n,
					       .record = record };
	ops[4] = (struct brg_op){ .type = BRG_OP_DECISION };
	ops[4].u.decision = (struct brg_decision_row){ .id = id_new(),
						       .mailbox = *mailbox,
						       .record = record,
						       .remote_id = remote,
						       .message_key = key,
						       .code = brg_cstr("BRG-RULE-0001"),
						       .params = brg_cstr("accept=all") };
	return m->octets;
}

static void insert(void *self, const struct brg_id *mailbox, int total, bool report)
{
	static struct brg_op ops[BATCH * PER + 1];
	static char bytes[300000];
	size_t octets = 0;
	double start, spent, own = 0;

	fill(bytes, sizeof(bytes));
	start = wall();
	spent = cpu();
	for (int done = 0; done < total; done += BATCH) {
		double mine = wall();

		for (int i = 0; i < BATCH; i++)
			octets += message_ops(ops + PER * i, &messages[i], done + i,
					      bytes + random64() % 40000, mailbox);
		ops[BATCH * PER] = (struct brg_op){ .type = BRG_OP_CURSOR };
		ops[BATCH * PER].u.cursor =
			(struct brg_cursor_row){ .mailbox = *mailbox, .value = brg_cstr("cursor") };
		own += wall() - mine;
		commit(self, ops, BATCH * PER + 1, done + BATCH >= total);
	}
	if (report)
		printf("insert: %d messages, %.1f MB of bodies: %.3f s, %.3f s of CPU "
		       "(%.3f s of both by the benchmark)\n",
		       total, (double)octets / 1e6, wall() - start, cpu() - spent, own);
}

static void bench_insert(void)
{
	void *self = open_store();
	struct brg_id mailbox = id_new();
	double start;

	insert(self, &mailbox, MESSAGES, true);
	start = wall();
	close_store(self);
	printf("close: %.3f s\n", wall() - start);
}

/* ---- claims and settles ---------------------------------------------------------------------*/

#define VISITS	10000
#define THREADS 8

static struct brg_id profile, process;
static _Atomic int settled;

static void settle_one(void *arg, const struct brg_claimed *c)
{
	struct brg_op op = { .type = BRG_OP_SETTLE };

	op.u.settle.lease = (struct brg_lease){ c->visit.id, c->visit.token };
	op.u.settle.visit = c->visit;
	op.u.settle.visit.due_us = INT64_MAX / 2;
	op.u.settle.visit.outcome = BRG_DONE_EMPTY;
	commit(arg, &op, 1, BRG_RELAXED);
	settled++;
}

static void *visitor(void *self)
{
	struct brg_room room = { .profile = profile, .free = 16 };
	struct brg_claim_request req = { .size = sizeof(req),
					 .lane = BRG_INCOMING,
					 .process = process,
					 .now_us = 1000,
					 .n = 16,
					 .rooms = &room,
					 .n_rooms = 1 };
	struct brg_err err = BRG_ERR_INIT;

	while (plugin->storage->claim(self, &req, settle_one, self, &err) > 0)
		continue;
	return NULL;
}

static void bench_visits(void)
{
	void *self = open_store();
	struct brg_op *ops = calloc(2 * VISITS + 2, sizeof(*ops));
	struct brg_process_row me = { .id = id_new() };
	struct brg_err err = BRG_ERR_INIT;
	struct brg_id owner = id_new();
	pthread_t threads[THREADS];
	double start, spent;
	size_t n = 0;

	if (!ops)
		die("memory", NULL);
	profile = id_new();
	process = me.id;
	ops[n] = (struct brg_op){ .type = BRG_OP_OWNER };
	ops[n++].u.owner = (struct brg_owner_row){ .id = owner, .type = BRG_USER };
	ops[n] = (struct brg_op){ .type = BRG_OP_PROFILE };
	ops[n++].u.profile = (struct brg_profile_row){ .id = profile, .max_connections = 100 };
	for (int i = 0; i < VISITS; i++) {
		struct brg_id mailbox = id_new();
		char name[16];

		(void)snprintf(name, sizeof(name), "m%d", i);
		ops[n] = (struct brg_op){ .type = BRG_OP_MAILBOX };
		ops[n++].u.mailbox = (struct brg_mailbox_row){ .id = mailbox,
							       .owner = owner,
							       .profile = profile,
							       .name = brg_cstr(strdup(name)) };
		ops[n] = (struct brg_op){ .type = BRG_OP_VISIT };
		ops[n++].u.visit = (struct brg_visit_row){ .id = id_new(),
							   .mailbox = mailbox,
							   .profile = profile,
							   .lane = BRG_INCOMING,
							   .state = BRG_ENABLED,
							   .due_us = i % 1000 };
	}
	commit(self, ops, n, BRG_RELAXED);
	if (plugin->storage->join(self, &me, &err) < 0)
		die("join", &err);
	start = wall();
	spent = cpu();
	for (int i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, visitor, self);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	spent = cpu() - spent;
	printf("visits: %d by %d threads, claimed by 16, settled one by one: %.3f s, "
	       "%.3f ms of CPU each\n",
	       settled, THREADS, wall() - start, spent * 1000 / settled);
	free(ops);
	close_store(self);
}

/* ---- known ----------------------------------------------------------------------------------*/

static void bench_known(void)
{
	void *self = open_store();
	struct brg_id mailbox = id_new();
	struct brg_str *ids = calloc(MESSAGES, sizeof(*ids));
	uint8_t *states = malloc(MESSAGES);
	struct brg_known_answer answer = { .size = sizeof(answer) };
	struct brg_err err = BRG_ERR_INIT;

	insert(self, &mailbox, MESSAGES, false);
	for (int i = 0; i < MESSAGES; i++) {
		char text[32];

		(void)snprintf(text, sizeof(text), "%08x5f3a1b2c", i);
		ids[i] = brg_cstr(strdup(text));
	}
	for (int i = 0; i < 3; i++) {
		double start = wall();

		if (plugin->storage->known(self, &mailbox, brg_cstr(""), ids, MESSAGES, states,
					   &answer, &err) < 0)
			die("known", &err);
		printf("known: %d ids, %llu missing: %.2f ms\n", MESSAGES,
		       (unsigned long long)answer.missing, (wall() - start) * 1000);
	}
	close_store(self);
}

/* ---- fairness -------------------------------------------------------------------------------*/

static pid_t flood(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		void *self;

		seed = (uint64_t)getpid();
		self = open_store();
		for (;;) {
			struct brg_id mailbox = id_new();

			insert(self, &mailbox, MESSAGES, false);
		}
	}
	return pid;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void bench_fair(void)
{
	enum { COMMITS = 400 };
	static double took[COMMITS];
	struct brg_op op = { .type = BRG_OP_COUNT };
	pid_t pids[2];
	void *self = open_store();

	close_store(self);
	for (int i = 0; i < 2; i++)
		pids[i] = flood();
	self = open_store();
	op.u.counter = (struct brg_counter_row){ .name = brg_cstr("fair"), .value = 1 };
	usleep(200000);
	for (int i = 0; i < COMMITS; i++) {
		double start = wall();

		commit(self, &op, 1, BRG_DURABLE);
		took[i] = (wall() - start) * 1000;
		usleep(5000);
	}
	for (int i = 0; i < 2; i++) {
		kill(pids[i], SIGKILL);
		waitpid(pids[i], NULL, 0);
	}
	qsort(took, COMMITS, sizeof(took[0]), by_value);
	printf("fair: durable commit beside two floods: median %.1f ms, p99 %.1f ms, worst %.1f "
	       "ms\n",
	       took[COMMITS / 2], took[COMMITS * 99 / 100], took[COMMITS - 1]);
	close_store(self);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(void);
	} benches[] = { { "insert", bench_insert },
			{ "visits", bench_visits },
			{ "known", bench_known },
			{ "fair", bench_fair } };
	union {
		void *symbol;
		brg_plugin_entry_fn *entry;
	} u;
	void *so;
	char name[512];

	if (argc < 4) {
		fprintf(stderr, "usage: store PLUGIN.so insert|visits|known|fair FOLDER "
				"[option=value]...\n");
		return 2;
	}
	so = dlopen(argv[1], RTLD_NOW);
	u.symbol = so ? dlsym(so, "sqlite_LTX_brg_plugin_entry") : NULL;
	if (!u.symbol) {
		fprintf(stderr, "%s\n", dlerror());
		return 1;
	}
	plugin = u.entry();
	(void)snprintf(name, sizeof(name), "%s/bench-%s-%d.db", argv[3], argv[2], (int)getpid());
	path = name;
	settings = argv + 4;
	for (size_t i = 0; i < sizeof(benches) / sizeof(benches[0]); i++) {
		if (strcmp(benches[i].name, argv[2]) == 0) {
			benches[i].run();
			return 0;
		}
	}
	fprintf(stderr, "no such measure: %s\n", argv[2]);
	return 2;
}
