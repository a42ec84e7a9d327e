/* SPDX-License-Identifier: Apache-2.0
 *
 * Blame is by evidence: the thread that took the fatal signal or called exit(), or the one
 * that overran. A process that was killed from outside blames nobody.
 */
#include "core/scoreboard.h"

#include "core/utf8.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TELL_AGAIN_S 60
#define EXIT_CALLED  70 /* EX_SOFTWARE; only for the log */

static _Thread_local struct board_slot *mine;
static _Thread_local stack_t own_stack, former_stack;
static const int fatal[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGSYS };

struct scoreboard *board_create(int *fd)
{
	*fd = memfd_create("brygga-scoreboard", 0);
	if (*fd < 0 || ftruncate(*fd, sizeof(struct scoreboard)) < 0)
		return NULL;
	return board_map(*fd);
}

struct scoreboard *board_map(int fd)
{
	void *p = mmap(NULL, sizeof(struct scoreboard), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	return p == MAP_FAILED ? NULL : p;
}

int64_t board_now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

bool board_tells(struct scoreboard *b, const char *what)
{
	uint32_t hash = 2166136261u, now = (uint32_t)(board_now_ms() / 1000);
	uint64_t was = atomic_load(&b->told);

	for (; *what; what++) /* FNV-1a */
		hash = (hash ^ (unsigned char)*what) * 16777619u;
	do {
		if ((uint32_t)(was >> 32) == hash && now - (uint32_t)was < TELL_AGAIN_S)
			return false;
	} while (!atomic_compare_exchange_weak(&b->told, &was, (uint64_t)hash << 32 | now));
	return true;
}

/* SA_RESETHAND: returning runs the instruction again and dies of it, core dump and all. */
static void on_fatal(int sig)
{
	if (mine)
		atomic_store(&mine->fault, sig);
}

/* The libraries must not be taken down under the other threads: one of them could crash of it
 * and be blamed. */
static void on_exit_called(void)
{
	if (!mine || !atomic_load(&mine->busy))
		return;
	atomic_store(&mine->fault, SIGABRT);
	_exit(EXIT_CALLED);
}

void board_attach(struct board_slot *slot)
{
	static atomic_flag installed = ATOMIC_FLAG_INIT;

	mine = slot;
	own_stack = (stack_t){ .ss_size = 64 * 1024, .ss_sp = malloc(64 * 1024) };
	if (own_stack.ss_sp)
		sigaltstack(&own_stack, &former_stack);
	if (atomic_flag_test_and_set(&installed))
		return;
	atexit(on_exit_called);
	for (size_t i = 0; i < sizeof(fatal) / sizeof(fatal[0]); i++) {
		struct sigaction sa = { .sa_handler = on_fatal,
					.sa_flags = SA_ONSTACK | SA_RESETHAND };

		sigaction(fatal[i], &sa, NULL);
	}
}

void board_detach(void)
{
	mine = NULL;
	if (own_stack.ss_sp)
		sigaltstack(&former_stack, NULL);
	free(own_stack.ss_sp);
	own_stack.ss_sp = NULL;
}

static void put(char *out, size_t size, struct brg_str s)
{
	size_t n = s.len < size - 1 ? s.len : size - 1;

	if (n)
		memcpy(out, s.ptr, n);
	out[n] = '\0';
}

void board_begin(struct board_slot *slot, const struct brg_id *visit, const struct brg_id *mailbox,
		 int64_t timeout_ms)
{
	slot->visit = *visit;
	slot->mailbox = *mailbox;
	slot->folder[0] = slot->item[0] = '\0';
	atomic_store(&slot->fault, 0);
	atomic_store(&slot->overrun, 0);
	atomic_store(&slot->progress, 0);
	atomic_store(&slot->deadline_ms, timeout_ms ? board_now_ms() + timeout_ms : 0);
	atomic_store(&slot->busy, 1);
}

void board_item(struct board_slot *slot, struct brg_str folder, struct brg_str item)
{
	/* An id that does not fit could not be parked by it: blame the mailbox instead. */
	if (item.len >= sizeof(slot->item) || folder.len >= sizeof(slot->folder))
		item.len = 0;
	put(slot->folder, sizeof(slot->folder), folder);
	put(slot->item, sizeof(slot->item), item);
}

void board_end(struct board_slot *slot)
{
	atomic_store(&slot->busy, 0);
	atomic_store(&slot->deadline_ms, 0);
}

struct board_slot *board_overrun(struct board_process *p, int64_t now_ms)
{
	for (size_t i = 0; i < BOARD_THREADS; i++) {
		struct board_slot *s = &p->slots[i];
		int64_t deadline = atomic_load(&s->deadline_ms);

		if (atomic_load(&s->busy) && deadline && now_ms > deadline)
			return s;
	}
	return NULL;
}

static const struct board_slot *culprit(struct board_process *p, int status, int *cause)
{
	const struct board_slot *busy = NULL;
	size_t n_busy = 0;

	for (size_t i = 0; i < BOARD_THREADS; i++) {
		struct board_slot *s = &p->slots[i];

		if (!atomic_load(&s->busy))
			continue;
		busy = s;
		n_busy++;
		if (atomic_load(&s->overrun)) {
			*cause = BOARD_HANG;
			return s;
		}
		if (atomic_load(&s->fault)) {
			*cause = BOARD_CRASH;
			return s;
		}
	}
	if (WIFSIGNALED(status)) {
		int sig = WTERMSIG(status);
		bool outside = sig == SIGKILL || sig == SIGTERM || sig == SIGINT || sig == SIGHUP;

		if (outside) {
			*cause = BOARD_OUTSIDE;
			return NULL;
		}
	}
	/* It ended without a trace, by _exit() or in a thread that is not ours. With one visit
	 * under way there is no doubt. */
	*cause = n_busy ? BOARD_UNKNOWN : BOARD_OUTSIDE;
	if (n_busy == 1)
		*cause = BOARD_CRASH;
	return n_busy == 1 ? busy : NULL;
}

static void suspect_all(struct board_process *p)
{
	int n = 0;

	for (size_t i = 0; i < BOARD_THREADS; i++)
		if (atomic_load(&p->slots[i].busy))
			p->suspect[n++] = p->slots[i].visit;
	atomic_store(&p->suspects, n);
}

void board_clear_suspect(struct board_process *p, const struct brg_id *visit)
{
	int n = atomic_load(&p->suspects);

	/* Whoever died may have written here, too. */
	n = n < BOARD_THREADS ? n : BOARD_THREADS;
	for (int i = 0; i < n; i++)
		if (brg_id_eq(&p->suspect[i], visit)) {
			p->suspect[i] = p->suspect[n - 1];
			atomic_store(&p->suspects, n - 1);
			return;
		}
}

const struct board_slot *board_bury(struct scoreboard *b, struct board_process *p, int status,
				    int *cause)
{
	const struct board_slot *guilty = culprit(p, status, cause);

	for (size_t i = 0; i < BOARD_OBITUARIES && guilty; i++) {
		struct board_obituary *o = &b->obituaries[i];

		if (atomic_load(&o->state) != 0)
			continue;
		o->cause = *cause;
		o->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
		o->progress = atomic_load(&guilty->progress) != 0;
		o->process = p->id;
		o->visit = guilty->visit;
		o->mailbox = guilty->mailbox;
		memcpy(o->folder, guilty->folder, sizeof(o->folder));
		memcpy(o->item, guilty->item, sizeof(o->item));
		atomic_store(&o->state, 1);
		break;
	}
	if (*cause == BOARD_UNKNOWN)
		suspect_all(p);
	for (size_t i = 0; i < BOARD_THREADS; i++)
		atomic_store(&p->slots[i].busy, 0);
	atomic_store(&p->ready, 0);
	atomic_fetch_add(&b->deaths, 1);
	return guilty;
}

static bool is_text(const char *s)
{
	size_t n = strnlen(s, BOARD_ITEM);

	return n < BOARD_ITEM && utf8_plain((struct brg_str){ s, n });
}

/* A thread that dies may have written anywhere before: where its item is none, the mailbox is
 * to blame. */
static struct board_obituary *readable(struct board_obituary *o)
{
	if (!is_text(o->folder) || !is_text(o->item))
		o->folder[0] = o->item[0] = '\0';
	return o;
}

struct board_obituary *board_next_obituary(struct scoreboard *b, size_t *at)
{
	for (; *at < BOARD_OBITUARIES; (*at)++)
		if (atomic_load(&b->obituaries[*at].state) == 1)
			return readable(&b->obituaries[(*at)++]);
	return NULL;
}

void board_done_obituary(struct board_obituary *o)
{
	atomic_store(&o->state, 0);
}
