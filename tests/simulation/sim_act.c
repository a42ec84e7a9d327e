/* SPDX-License-Identifier: Apache-2.0
 *
 * The two-way simulation: the real engine of the lane act, the real SQLite storage on a disk whose
 * power can fail, simulated mailboxes and people, all by seed.
 *
 *   sim_act [--seeds N] [--seed S] [--jobs N] [--steps N] [--verbose] [--brief] [--all]
 *
 * A seed that fails is shortened: steps are left out as long as it still fails. Not so if brief.
 * The first failure ends the run, unless all are asked for: those are brief.
 */
#include "tests/simulation/story.h"
#include "tests/unit/sqlite_plugin.h"

#include "core/log.h"

#include <getopt.h>
#include <malloc.h>
#include <sqlite3.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define JOBS_MAX 16
#define SEEDS	 2000

/* Of all processes. */
struct board {
	struct story_counts counts[JOBS_MAX + 1];
	struct simmail struck[JOBS_MAX + 1]; /* its fault table alone is used */
	uint64_t failed[JOBS_MAX];	     /* seed + 1 */
	uint64_t done;
};

static struct board *board;
static struct story story;
static bool is_ready; /* in this process */
static void *memory[JOBS_MAX + 1];
static struct ramdisk *disks[JOBS_MAX], *empty; /* empty: a store of nothing */
static char base[200];
static int steps = STORY_STEPS;
static bool verbose, brief, every;

static void *shared(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		abort();
	return p;
}

/* ---- one seed -------------------------------------------------------------------------------*/

/* What every seed begins with is made once. */
static void make_ready(int job)
{
	static char folder[256];

	if (is_ready)
		return;
	(void)snprintf(folder, sizeof(folder), "%s/job%d", base, job);
	log_init(0, "    ");
	/* What is freed is needed again at once: giving it back costs a page fault each time. */
	(void)mallopt(M_MMAP_THRESHOLD, 16 << 20);
	(void)mallopt(M_TRIM_THRESHOLD, 256 << 20);
	(void)mallopt(M_TOP_PAD, 4 << 20);
	story_ready(&story, folder, sqlite_plugin(), memory[job], disks[job], empty);
	alarm(60);
	story_rehearse(&story);
	alarm(0);
	is_ready = true;
}

/* In a process of its own, for the engine may crash. `skip`: steps that are left out. */
static bool play(uint64_t seed, int job, const bool *skip, bool telling)
{
	int status;
	pid_t pid;

	make_ready(job);
	story_counts = &board->counts[job];
	story_counts->why[0] = '\0';
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		bool good;

		alarm(60); /* a seed takes a tenth of a second */
		log_init(telling ? BRG_LOG_WARNING : 0, "    ");
		story.telling = telling;
		story_begin(&story, seed);
		for (int i = 0; i < steps; i++)
			if (!skip || !skip[i])
				story_step(&story, i);
		good = story_quiet(&story);
		simmail_add_faults(&board->struck[job], story.world.sim);
		story_end(&story);
		_exit(good ? 0 : 1);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		abort();
	if (!WIFEXITED(status))
		(void)snprintf(story_counts->why, sizeof(story_counts->why),
			       "the engine died of signal %d", WTERMSIG(status));
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* The same failure, whatever it happened to: letters alone are compared. */
static bool same_failure(const char *a, const char *b)
{
	for (int letters = 0; letters < 14; a++, b++) {
		while (*a && !(*a >= 'a' && *a <= 'z'))
			a++;
		while (*b && !(*b >= 'a' && *b <= 'z'))
			b++;
		if (*a != *b)
			return false;
		letters++;
		if (!*a)
			break;
	}
	return true;
}

/* Leave out what is not needed to fail: halves, quarters, ... single steps. */
static void shorten(uint64_t seed, int job)
{
	bool skip[STORY_STEPS] = { 0 };
	char why[600];
	int left = steps;

	(void)snprintf(why, sizeof(why), "%s", board->counts[job].why);

	for (int size = steps / 2; size > 0; size /= 2)
		for (int from = 0; from < steps; from += size) {
			bool was[STORY_STEPS];

			memcpy(was, skip, sizeof(was));
			for (int i = from; i < from + size && i < steps; i++)
				skip[i] = true;
			if (memcmp(was, skip, sizeof(was)) != 0 &&
			    (play(seed, job, skip, false) ||
			     !same_failure(why, board->counts[job].why)))
				memcpy(skip, was, sizeof(was));
		}
	for (int i = 0; i < steps; i++)
		left -= skip[i];
	fprintf(stderr, "seed %llu in %d steps:\n", (unsigned long long)seed, left);
	(void)play(seed, job, skip, true);
	fprintf(stderr, "seed %llu: %s\n", (unsigned long long)seed, board->counts[job].why);
}

/* ---- many seeds -----------------------------------------------------------------------------*/

static void run_job(int job, uint64_t first, uint64_t n, int jobs)
{
	for (uint64_t i = (uint64_t)job; i < n; i += (uint64_t)jobs) {
		if (!play(first + i, job, NULL, false)) {
			board->failed[job] = first + i + 1;
			if (!every)
				_exit(1);
			printf("seed %llu: %s\n", (unsigned long long)(first + i),
			       board->counts[job].why);
			fflush(stdout);
			continue;
		}
		__atomic_add_fetch(&board->done, 1, __ATOMIC_RELAXED);
	}
	_exit(0);
}

static void add_counts(struct story_counts *to, const struct story_counts *from)
{
	to->edits_by_mail += from->edits_by_mail;
	to->edits_by_store += from->edits_by_store;
	to->visits += from->visits;
	to->deaths += from->deaths;
	to->cuts += from->cuts;
	to->takeovers += from->takeovers;
	to->plans += from->plans;
	to->meanwhile += from->meanwhile;
	for (int i = 0; i < 16; i++)
		to->died_at[i] += from->died_at[i];
}

/* Of so many seeds nothing that can happen is left out. */
static bool is_all_covered(const struct story_counts *all, const struct simmail *struck)
{
	bool covered = true;

	if (board->done < SEEDS)
		return true;
	for (int i = 0; story_point_name(i); i++)
		if (all->died_at[i] == 0) {
			printf("no engine died at: %s\n", story_point_name(i));
			covered = false;
		}
	return simmail_all_seen(struck, stdout) && covered;
}

/* False: something that can happen did not. */
static bool report(int jobs)
{
	struct story_counts *all = &board->counts[JOBS_MAX];
	struct simmail *struck = &board->struck[JOBS_MAX];

	for (int j = 0; j < jobs; j++) {
		add_counts(all, &board->counts[j]);
		simmail_add_faults(struck, &board->struck[j]);
	}
	simmail_print_faults(struck, stdout);
	printf("deaths:");
	for (int i = 0; story_point_name(i); i++)
		printf(" %s %llu", story_point_name(i), (unsigned long long)all->died_at[i]);
	printf("\nseeds %llu, edits %llu in mailboxes and %llu in the store (%llu amid visits), visits "
	       "%llu, deaths %llu, power cuts %llu, taken over %llu, plans %llu\n",
	       (unsigned long long)board->done, (unsigned long long)all->edits_by_mail,
	       (unsigned long long)all->edits_by_store, (unsigned long long)all->meanwhile,
	       (unsigned long long)all->visits, (unsigned long long)all->deaths,
	       (unsigned long long)all->cuts, (unsigned long long)all->takeovers,
	       (unsigned long long)all->plans);
	return is_all_covered(all, struck);
}

/* Small pages: what is read, written and summed in a story is a fraction then. */
static void repage(const char *path)
{
	sqlite3 *db = NULL;

	if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, RAMDISK_VFS) != SQLITE_OK ||
	    sqlite3_exec(db,
			 "PRAGMA journal_mode = DELETE; PRAGMA page_size = 1024; VACUUM;"
			 "PRAGMA journal_mode = WAL",
			 NULL, NULL, NULL) != SQLITE_OK) {
		fprintf(stderr, "%s\n", sqlite3_errmsg(db));
		abort();
	}
	(void)sqlite3_close(db);
}

static void make_base(void)
{
	char folder[256];

	(void)snprintf(base, sizeof(base), "%s/brygga-act-XXXXXX", world_place());
	if (!mkdtemp(base))
		abort();
	empty = ramdisk_new();
	(void)snprintf(folder, sizeof(folder), "%s/empty", base);
	if (mkdir(folder, 0700) < 0 || ramdisk_use(empty) != 0)
		abort();
	world_init(&story.world, folder, sqlite_plugin(), memory[0], 1);
	story.world.vfs = RAMDISK_VFS;
	world_open(&story.world);
	world_close(&story.world);
	(void)snprintf(folder, sizeof(folder), "%s/empty/world.db", base);
	repage(folder);
}

static int run(uint64_t first, uint64_t n, int jobs)
{
	pid_t pids[JOBS_MAX];
	int failed = 0;

	for (int j = 0; j < jobs; j++) {
		fflush(NULL);
		pids[j] = fork();
		if (pids[j] == 0)
			run_job(j, first, n, jobs);
	}
	for (int j = 0; j < jobs; j++) {
		int status = 0;

		(void)waitpid(pids[j], &status, 0);
		if (!WIFSIGNALED(status))
			continue;
		failed++;
		printf("not ok - the rehearsal died of signal %d\n", WTERMSIG(status));
	}
	for (int j = 0; j < jobs; j++)
		if (board->failed[j]) {
			failed++;
			printf("not ok - seed %llu: %s\n", (unsigned long long)board->failed[j] - 1,
			       board->counts[j].why);
			fflush(NULL);
			if (failed == 1 && !brief && !every)
				shorten(board->failed[j] - 1, j);
		}
	return failed;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "seeds", 1, NULL, 'n' }, { "seed", 1, NULL, 's' },	{ "jobs", 1, NULL, 'j' },
		{ "steps", 1, NULL, 't' }, { "verbose", 0, NULL, 'v' }, { "brief", 0, NULL, 'b' },
		{ "all", 0, NULL, 'a' },   { NULL, 0, NULL, 0 }
	};
	const char *some = getenv("BRYGGA_SIM_SEEDS"); /* of slow builds */
	uint64_t first = 1, n = some ? strtoull(some, NULL, 10) : SEEDS;
	int jobs = (int)sysconf(_SC_NPROCESSORS_ONLN), opt, failed;

	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1)
		switch (opt) {
		case 'n':
			n = strtoull(optarg, NULL, 10);
			break;
		case 's':
			first = strtoull(optarg, NULL, 10);
			n = 1;
			break;
		case 'j':
			jobs = atoi(optarg);
			break;
		case 't':
			steps = atoi(optarg);
			break;
		case 'v':
			verbose = true;
			break;
		case 'b':
			brief = true;
			break;
		case 'a':
			every = true;
			break;
		default:
			return 2;
		}
	jobs = jobs < 1 ? 1 : jobs > JOBS_MAX ? JOBS_MAX : jobs;
	steps = steps < 1 || steps > STORY_STEPS ? STORY_STEPS : steps;
	if ((uint64_t)jobs > n)
		jobs = (int)n;
	board = shared(sizeof(*board));
	for (int j = 0; j <= jobs; j++)
		memory[j] = shared(SIMMAIL_SIZE);
	for (int j = 0; j < jobs; j++)
		disks[j] = ramdisk_new();
	story_counts = &board->counts[0];
	make_base();
	failed = verbose ? !play(first, 0, NULL, true) : run(first, n, jobs);
	if (verbose)
		fprintf(stderr, "%s\n", board->counts[0].why);
	if (!report(jobs))
		failed++;
	printf("%s - two ways: %llu seeds\n", failed ? "not ok" : "ok",
	       (unsigned long long)board->done);
	remove_tree(base);
	return failed ? 1 : 0;
}
