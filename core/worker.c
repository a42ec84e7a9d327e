/* SPDX-License-Identifier: Apache-2.0
 *
 * The main thread claims, the others visit. Nothing is claimed that could not start at
 * once: slots first, then as many visits as there are idle threads. One thread is kept for
 * visits that somebody asked for, so that a request starts work within a second.
 */
#include "core/worker.h"

#include "core/http_pool.h"
#include "core/log.h"
#include "core/process.h"
#include "core/slots.h"
#include "core/visit.h"
#include "core/wake.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define LOOK_MS	     1000 /* how often the store is asked when nothing wakes us */
#define THREAD_STACK (512 * 1024)
#define CAREFUL_MS   15000

struct job {
	struct job *next;
	struct brg_arena *arena;
	struct brg_claimed claimed;
};

struct worker {
	struct setup setup;
	struct slots *slots;
	struct board_process *board;
	const char *role;
	int lane;
	uint32_t n_threads;
	int64_t started_ms;

	pthread_mutex_t lock;
	pthread_cond_t work;
	struct job *queue, **queue_end; /* claimed, not started */
	struct job *finished;
	bool closing;
	int finished_fd;

	/* Of the main thread. */
	uint32_t running;
	struct brg_arena *due_arena;
	struct brg_row *due;
	size_t n_due;
	int64_t due_read_ms, next_due_ms;
	bool more; /* the last claim got all that it asked for */
};

struct thread {
	struct worker *worker;
	struct board_slot *slot;
	pthread_t id;
};

/* One visit at a time, so that there is no doubt whose fault another death is. The suspects
 * are due at once; one that cannot be visited now must not hold up the others for ever. */
static bool careful(const struct worker *w)
{
	return atomic_load(&w->board->suspects) > 0 && board_now_ms() - w->started_ms < CAREFUL_MS;
}

static void run_job(struct worker *w, struct job *job, struct board_slot *slot)
{
	struct brg_err err;

	(void)visit_run(&w->setup.engine, &job->claimed, slot, &err);
}

static void *thread_main(void *arg)
{
	struct thread *t = arg;
	struct worker *w = t->worker;
	uint64_t one = 1;

	board_attach(t->slot);
	pthread_mutex_lock(&w->lock);
	for (;;) {
		struct job *job;

		while (!w->queue && !w->closing)
			pthread_cond_wait(&w->work, &w->lock);
		job = w->queue;
		if (!job)
			break;
		w->queue = job->next;
		if (!w->queue)
			w->queue_end = &w->queue;
		pthread_mutex_unlock(&w->lock);
		run_job(w, job, t->slot);
		pthread_mutex_lock(&w->lock);
		board_clear_suspect(w->board, &job->claimed.visit.id);
		job->next = w->finished;
		w->finished = job;
		if (write(w->finished_fd, &one, sizeof(one)) < 0)
			continue; /* the counter is full: the main thread is awake anyway */
	}
	pthread_mutex_unlock(&w->lock);
	board_detach();
	return NULL;
}

static void collect(struct worker *w)
{
	struct job *list;
	uint64_t n;

	if (read(w->finished_fd, &n, sizeof(n)) < 0 && errno != EAGAIN)
		return;
	pthread_mutex_lock(&w->lock);
	list = w->finished;
	w->finished = NULL;
	pthread_mutex_unlock(&w->lock);
	while (list) {
		struct job *next = list->next;
		struct brg_arena *arena = list->arena; /* the job lies in it */

		w->running--;
		slots_give(w->slots, &list->claimed.profile.id, board_now_ms());
		arena_free(&arena);
		list = next;
	}
}

/* A claimed visit goes to a thread, or is walked here when there is none (threads = 0). */
static void on_claim(void *arg, const struct brg_claimed *claimed)
{
	struct worker *w = arg;
	struct brg_arena *arena = arena_new();
	struct job *job = arena_alloc(arena, sizeof(*job));

	job->arena = arena;
	visit_copy(&job->claimed, claimed, arena);
	slots_take(w->slots, &job->claimed.profile.id);
	w->running++;
	pthread_mutex_lock(&w->lock);
	*w->queue_end = job;
	w->queue_end = &job->next;
	pthread_cond_signal(&w->work);
	pthread_mutex_unlock(&w->lock);
}

static void run_inline(struct worker *w)
{
	while (w->queue) {
		struct job *job = w->queue;
		uint64_t one = 1;

		w->queue = job->next;
		run_job(w, job, &w->board->slots[0]);
		job->next = w->finished;
		w->finished = job;
		if (write(w->finished_fd, &one, sizeof(one)) < 0)
			break;
	}
	w->queue_end = &w->queue;
}

static void read_due(struct worker *w)
{
	struct engine *e = &w->setup.engine;
	int64_t now_us = e->now_us(e), next_us = INT64_MAX;
	struct brg_query q = {
		.size = sizeof(q), .what = BRG_READ_DUE, .number = w->lane, .now_us = now_us
	};
	struct brg_err err = BRG_ERR_INIT;

	arena_reset(w->due_arena);
	w->n_due = 0;
	if (store_all(&e->store, &q, w->due_arena, &w->due, &w->n_due, &err) < 0) {
		log_failure(BRG_LOG_ERROR, "store.read", &err);
		w->n_due = 0;
	}
	for (size_t i = 0; i < w->n_due; i++)
		if (w->due[i].u.due.next_us < next_us)
			next_us = w->due[i].u.due.next_us;
	w->due_read_ms = board_now_ms();
	w->next_due_ms = next_us == INT64_MAX ? w->due_read_ms + LOOK_MS
					      : w->due_read_ms + (next_us - now_us) / 1000 + 1;
}

/* Claim for the idle threads. */
static void claim(struct worker *w)
{
	struct engine *e = &w->setup.engine;
	uint32_t threads = w->n_threads && !careful(w) ? w->n_threads : 1;
	uint32_t idle = threads - w->running;
	uint32_t spare = threads > 1 ? 1 : 0; /* kept for wanted visits */
	struct brg_claim_request req = { .size = sizeof(req), .lane = w->lane };
	int64_t now_ms = board_now_ms(), due = 0, wanted = 0;
	struct brg_room *rooms;
	struct brg_err err = BRG_ERR_INIT;
	int n;

	/* Under load claim for several threads at once: a claim is a transaction. */
	if (idle == 0 || (w->more && idle < threads / 8))
		return;
	rooms = arena_alloc(w->due_arena, (w->n_due + 1) * sizeof(*rooms));
	for (size_t i = 0; i < w->n_due; i++) {
		const struct brg_due_row *d = &w->due[i].u.due;

		if (d->due == 0)
			continue;
		rooms[req.n_rooms].profile = d->profile;
		rooms[req.n_rooms].free = slots_room(w->slots, d, threads, now_ms);
		req.n_rooms += rooms[req.n_rooms].free > 0;
		due += d->due;
		wanted += d->wanted;
	}
	req.wanted_only = idle <= spare;
	w->more = false;
	if (req.n_rooms == 0 || due == 0 || (req.wanted_only && wanted == 0))
		return;
	req.rooms = rooms;
	req.process = e->process;
	req.now_us = e->now_us(e);
	req.n = req.wanted_only ? idle : idle - spare;
	n = e->store.ops->claim(e->store.self, &req, on_claim, w, &err);
	if (n < 0)
		log_failure(BRG_LOG_ERROR, "store.claim", &err);
	w->more = n == (int)req.n;
}

static void main_loop(struct worker *w, int signal_fd, int wake_fd)
{
	struct pollfd fds[] = { { signal_fd, POLLIN, 0 },
				{ wake_fd, POLLIN, 0 },
				{ w->finished_fd, POLLIN, 0 } };
	bool look = true;

	while (!(fds[0].revents & POLLIN)) {
		int64_t now = board_now_ms(), wait;

		if (look || now - w->due_read_ms >= LOOK_MS || now >= w->next_due_ms)
			read_due(w);
		look = false;
		claim(w);
		if (w->n_threads == 0)
			run_inline(w);
		http_pool_tidy(now);
		slots_tidy(w->slots, now);
		wait = w->next_due_ms - board_now_ms();
		if (wait > LOOK_MS)
			wait = LOOK_MS;
		fds[0].revents = fds[1].revents = fds[2].revents = 0;
		if (poll(fds, 3, wait > 0 ? (int)wait : 0) < 0 && errno != EINTR)
			break;
		if (fds[1].revents) {
			wake_drain(wake_fd);
			look = true;
		}
		if (fds[2].revents) {
			collect(w);
			look = !w->more; /* else what was read is good for another claim */
		}
	}
}

static int start_threads(struct worker *w, struct thread *threads)
{
	pthread_attr_t attr;
	int rc = 0;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, THREAD_STACK);
	for (uint32_t i = 0; i < w->n_threads && rc == 0; i++) {
		threads[i].worker = w;
		threads[i].slot = &w->board->slots[i];
		rc = pthread_create(&threads[i].id, &attr, thread_main, &threads[i]);
	}
	pthread_attr_destroy(&attr);
	return rc;
}

/* Let the visits under way end at their next step. */
static void drain(struct worker *w, struct thread *threads)
{
	atomic_store(&w->setup.engine.stopping, true);
	pthread_mutex_lock(&w->lock);
	w->closing = true;
	pthread_cond_broadcast(&w->work);
	pthread_mutex_unlock(&w->lock);
	for (uint32_t i = 0; i < w->n_threads; i++)
		pthread_join(threads[i].id, NULL);
	collect(w);
}

int worker_run(const struct config *config, int role, struct scoreboard *board, size_t slot)
{
	struct worker w = { .board = &board->processes[slot],
			    .role = config_role_name(role),
			    .lane = config_role_lane(role),
			    .n_threads = (uint32_t)config->roles[role].threads };
	struct thread *threads = xcalloc(w.n_threads, sizeof(*threads));
	struct brg_err err = BRG_ERR_INIT;
	int signal_fd = process_signals(), wake_fd = -1, rc;

	process_heaps();
	w.started_ms = board_now_ms();
	pthread_mutex_init(&w.lock, NULL);
	pthread_cond_init(&w.work, NULL);
	w.queue_end = &w.queue;
	w.due_arena = arena_new();
	w.finished_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	rc = setup_open(&w.setup, config, SETUP_PRIVATE_KEY, &err);
	if (rc == 0) {
		setup_role(&w.setup, role);
		/* Said once, by one of the roles. */
		if (role == ROLE_INCOMING)
			setup_log_refused(&w.setup);
		rc = engine_join(&w.setup.engine, w.role, &err);
	}
	if (rc == 0) {
		w.board->id = w.setup.engine.process;
		w.slots = slots_new(&w.setup.engine);
		wake_fd = wake_open(config->state, w.role);
		if (w.n_threads == 0)
			board_attach(&w.board->slots[0]);
		rc = start_threads(&w, threads);
		atomic_store(&w.board->ready, 1);
		log_event(BRG_LOG_INFO, "worker.ready", "role=%s pid=%ld threads=%u", w.role,
			  (long)getpid(), w.n_threads);
		main_loop(&w, signal_fd, wake_fd);
		drain(&w, threads);
		wake_close(wake_fd, config->state, w.role);
	}
	setup_close(&w.setup);
	slots_free(&w.slots);
	arena_free(&w.due_arena);
	free(threads);
	close(w.finished_fd);
	return rc == 0 ? 0 : process_failed(w.role, &err, board);
}
