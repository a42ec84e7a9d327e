/* SPDX-License-Identifier: Apache-2.0 */
#include "core/supervisor.h"

#include "core/faults.h"
#include "core/id.h"
#include "core/log.h"
#include "core/process.h"
#include "core/scoreboard.h"
#include "core/state.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define TICK_MS		 200
#define STABLE_MS	 60000 /* alive so long: the back-off starts over */
#define BACKOFF_FIRST_MS 100
#define BACKOFF_MAX_MS	 30000
#define DRAIN_MS	 15000 /* a process that was asked to end is killed after so long */
#define TRIAL_MS	 20000 /* the processes of a new configuration are ready by then */

static const struct brg_fault no_start = {
	.code = "BRG-CORE-0050",
	.cls = BRG_EIO,
	.scope = BRG_SCOPE_STORE,
	.retry = BRG_RETRY_NEVER,
	.en = "cannot start: {what}: {reason}",
	.sv = "kan inte starta: {what}: {reason}",
	.help = "The system refused something that the daemon needs before it can do anything.",
};

const struct brg_fault *const supervisor_faults[] = { &no_start, NULL };

/* One process that should run. */
struct child {
	const char *role;
	pid_t pid;   /* 0: not running */
	bool old;    /* of a configuration that does not count any more: ends, is not restarted */
	bool former; /* of the configuration before the one that is on trial */
	bool asked;  /* SIGTERM was sent */
	int64_t started_ms, restart_ms, kill_ms;
	int64_t backoff_ms;
};

/* A configuration that was read. */
struct generation {
	struct brg_arena *arena;
	struct config *config;
	int fd; /* sealed, for the children */
};

struct supervisor {
	const char *path;
	struct generation now, former;
	int64_t trial_ms;	      /* the trial of `now` ends then; 0: there is none */
	bool trial_failed, hup_again; /* SIGHUP came during the trial */
	int board_fd, lock_fd, signal_fd;
	struct scoreboard *board;
	struct child children[BOARD_PROCESSES];
	bool ending, was_ready;
	int status;
};

/* The configuration as children see it: sealed, so that all see the same for ever. */
static int seal_config(const struct config *config)
{
	int fd = memfd_create("brygga-config", MFD_ALLOW_SEALING | MFD_CLOEXEC), high;
	size_t at = 0;

	while (fd >= 0 && at < config->text.len) {
		ssize_t n = write(fd, config->text.ptr + at, config->text.len - at);

		if (n < 0 && errno != EINTR)
			break;
		at += n > 0 ? (size_t)n : 0;
	}
	if (fd < 0 || at < config->text.len ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0)
		return -1;
	/* Out of the way of the numbers that children use. */
	high = fcntl(fd, F_DUPFD_CLOEXEC, 10);
	close(fd);
	return high;
}

static void run_child(struct supervisor *s, size_t slot, pid_t parent)
{
	const char *role = s->children[slot].role;
	char number[16];
	sigset_t none;
	int null;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(PROCESS_TRY_LATER);
	null = open("/dev/null", O_RDONLY);
	if (null >= 0)
		dup2(null, STDIN_FILENO);
	if (dup2(s->now.fd, SUPERVISOR_CONFIG_FD) < 0 || dup2(s->board_fd, SUPERVISOR_BOARD_FD) < 0)
		_exit(PROCESS_TRY_LATER);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	(void)snprintf(number, sizeof(number), "%zu", slot);
	execl("/proc/self/exe", "bryggad", "--role", role, "--slot", number, "-c", s->path,
	      (char *)NULL);
	_exit(PROCESS_TRY_LATER);
}

static void start_child(struct supervisor *s, size_t slot)
{
	struct child *c = &s->children[slot];
	pid_t self = getpid(), pid = fork();

	c->started_ms = board_now_ms();
	if (pid == 0)
		run_child(s, slot, self);
	if (pid < 0) {
		log_event(BRG_LOG_ERROR, "process.fork", "reason=\"%s\"", strerror(errno));
		c->restart_ms = c->started_ms + BACKOFF_MAX_MS;
		return;
	}
	c->pid = pid;
	c->asked = false;
	c->restart_ms = c->kill_ms = 0;
}

static void ask_to_end(struct child *c)
{
	if (c->pid == 0 || c->asked)
		return;
	c->asked = true;
	c->kill_ms = board_now_ms() + DRAIN_MS;
	kill(c->pid, SIGTERM);
}

static struct child *add_child(struct supervisor *s, const char *role)
{
	for (size_t i = 0; i < BOARD_PROCESSES; i++) {
		struct child *c = &s->children[i];

		if (c->role)
			continue;
		*c = (struct child){ .role = role, .backoff_ms = BACKOFF_FIRST_MS };
		start_child(s, i);
		return c;
	}
	return NULL;
}

/* Start what the configuration asks for and is not there. False: there is no room for all. */
static bool start_missing(struct supervisor *s)
{
	int64_t keepers = 1, workers[ROLES];

	for (int r = 0; r < ROLES; r++)
		workers[r] = s->now.config->roles[r].processes;
	for (size_t i = 0; i < BOARD_PROCESSES; i++) {
		const struct child *c = &s->children[i];

		if (!c->role || c->old || c->former)
			continue;
		if (strcmp(c->role, "keeper") == 0)
			keepers--;
		else
			workers[config_role_named(c->role)]--;
	}
	while (keepers-- > 0)
		if (!add_child(s, "keeper"))
			return false;
	for (int r = 0; r < ROLES; r++)
		while (workers[r]-- > 0)
			if (!add_child(s, config_role_name(r)))
				return false;
	return true;
}

static void start_all(struct supervisor *s)
{
	if (!start_missing(s))
		log_event(BRG_LOG_WARNING, "process.too-many", "limit=%d", BOARD_PROCESSES);
}

static void log_death(const struct child *c, const struct board_slot *guilty, int cause, int status)
{
	static const char *const causes[] = { "", "crash", "hang", "outside", "unknown" };
	char id[ID_TEXT] = "-";

	/* It ended as asked, or has said why it cannot work. */
	if (WIFEXITED(status) && !guilty &&
	    (WEXITSTATUS(status) == 0 ? c->asked || c->old
				      : WEXITSTATUS(status) == PROCESS_TRY_LATER ||
						WEXITSTATUS(status) == PROCESS_GIVE_UP))
		return;
	if (guilty)
		id_format(&guilty->mailbox, id);
	log_event(BRG_LOG_WARNING, "process.died",
		  "role=%s pid=%ld %s=%d cause=%s mailbox=%s item=%s", c->role, (long)c->pid,
		  WIFSIGNALED(status) ? "signal" : "status",
		  WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status), causes[cause], id,
		  guilty && guilty->item[0] ? "yes" : "no");
}

static void on_death(struct supervisor *s, struct child *c, int status)
{
	struct board_process *p = &s->board->processes[c - s->children];
	int64_t now = board_now_ms();
	const struct board_slot *guilty;
	int cause;

	s->was_ready = s->was_ready || atomic_load(&p->ready);
	guilty = board_bury(s->board, p, status, &cause);
	log_death(c, guilty, cause, status);
	c->pid = 0;
	if (c->old || s->ending) {
		c->role = NULL;
		return;
	}
	/* It has said why, and another try would end the same. */
	if (WIFEXITED(status) && WEXITSTATUS(status) == PROCESS_GIVE_UP && !c->former &&
	    (s->trial_ms || !s->was_ready)) {
		s->trial_failed = true;
		if (!s->trial_ms) {
			s->ending = true;
			s->status = 1;
		}
		c->role = NULL;
		return;
	}
	/* Strikes bound the deaths that a visit is to blame for; the others must not wait for it.
	 */
	if (guilty || now - c->started_ms > STABLE_MS)
		c->backoff_ms = BACKOFF_FIRST_MS;
	c->restart_ms = now + c->backoff_ms;
	c->backoff_ms = c->backoff_ms * 2 < BACKOFF_MAX_MS ? c->backoff_ms * 2 : BACKOFF_MAX_MS;
}

static void reap_children(struct supervisor *s)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (size_t i = 0; i < BOARD_PROCESSES; i++)
			if (s->children[i].pid == pid)
				on_death(s, &s->children[i], status);
}

/* End what overruns its deadline or does not end when asked; start what is due. */
static void tend(struct supervisor *s)
{
	int64_t now = board_now_ms();

	for (size_t i = 0; i < BOARD_PROCESSES; i++) {
		struct child *c = &s->children[i];
		struct board_slot *late;
		char id[ID_TEXT];

		if (!c->role)
			continue;
		if (c->pid == 0) {
			if (s->ending || c->old)
				c->role = NULL;
			else if (now >= c->restart_ms && !c->former)
				start_child(s, i);
			continue;
		}
		if (s->ending)
			ask_to_end(c);
		late = board_overrun(&s->board->processes[i], now);
		if (late) {
			atomic_store(&late->overrun, 1);
			log_event(BRG_LOG_ERROR, "visit.overrun", "pid=%ld mailbox=%s",
				  (long)c->pid, id_format(&late->mailbox, id));
			kill(c->pid, SIGKILL);
		} else if (c->kill_ms && now > c->kill_ms) {
			kill(c->pid, SIGKILL);
		}
	}
}

static void print_problems(struct problems *problems, const char *lang)
{
	problems_sort(problems);
	problems_print(problems, stderr, lang);
}

static void forget(struct generation *x)
{
	if (x->fd >= 0)
		close(x->fd);
	arena_free(&x->arena);
	*x = (struct generation){ .fd = -1 };
}

static void refused(const struct supervisor *s, const char *reason)
{
	log_event(BRG_LOG_ERROR, "config.refused", "file=\"%s\" note=\"nothing was changed\"%s",
		  s->path, reason);
}

/* Read and check the file; the processes that it asks for must all become ready beside those
 * that work. So what only they can find wrong (plugins, store, key) changes nothing, too. */
static void reload(struct supervisor *s)
{
	struct generation next = { .arena = arena_new(), .fd = -1 };
	struct problems problems;

	problems_init(&problems, next.arena);
	if (config_load(s->path, next.arena, &next.config, &problems) < 0) {
		print_problems(&problems, config_language(s->now.config));
		refused(s, "");
		forget(&next);
		return;
	}
	if (strcmp(next.config->state, s->now.config->state) != 0) {
		refused(s, " reason=\"the state folder cannot change while running\"");
		forget(&next);
		return;
	}
	next.fd = seal_config(next.config);
	if (next.fd < 0) {
		refused(s, " reason=\"no memory for it\"");
		forget(&next);
		return;
	}
	s->former = s->now;
	s->now = next;
	s->trial_failed = false;
	s->trial_ms = board_now_ms() + TRIAL_MS;
	/* What was said of another file is news again. */
	atomic_store(&s->board->told, 0);
	for (size_t i = 0; i < BOARD_PROCESSES; i++)
		s->children[i].former = s->children[i].role && !s->children[i].old;
	start_all(s);
}

static bool all_ready(const struct supervisor *s)
{
	for (size_t i = 0; i < BOARD_PROCESSES; i++) {
		const struct child *c = &s->children[i];

		if (c->role && !c->old && !c->former &&
		    (c->pid == 0 || !atomic_load(&s->board->processes[i].ready)))
			return false;
	}
	return true;
}

/* One of the two configurations goes, with its processes. */
static void end_trial(struct supervisor *s, bool good)
{
	struct generation gone = good ? s->former : s->now;

	if (good)
		log_event(BRG_LOG_INFO, "config.loaded", "file=\"%s\"", s->path);
	else
		refused(s, s->trial_failed ? "" : " reason=\"its processes did not become ready\"");
	if (!good)
		s->now = s->former;
	s->was_ready = s->was_ready || good;
	s->former = (struct generation){ .fd = -1 };
	s->trial_ms = 0;
	forget(&gone);
	for (size_t i = 0; i < BOARD_PROCESSES; i++) {
		struct child *c = &s->children[i];

		if (c->role && !c->old && c->former == good) {
			c->old = true;
			ask_to_end(c);
		}
		c->former = false;
	}
}

static void watch_trial(struct supervisor *s)
{
	if (s->trial_ms && s->trial_failed)
		end_trial(s, false);
	else if (s->trial_ms && all_ready(s))
		end_trial(s, true);
	else if (s->trial_ms && board_now_ms() > s->trial_ms)
		end_trial(s, false);
	if (s->trial_ms)
		return;
	/* There was no room for all beside the former ones. */
	(void)start_missing(s);
	if (s->hup_again) {
		s->hup_again = false;
		reload(s);
	}
}

static void on_signal(struct supervisor *s)
{
	struct signalfd_siginfo info;

	while (read(s->signal_fd, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGHUP)
			s->hup_again = true;
		else if (info.ssi_signo != SIGCHLD)
			s->ending = true;
	}
}

static bool any_child(const struct supervisor *s)
{
	for (size_t i = 0; i < BOARD_PROCESSES; i++)
		if (s->children[i].role)
			return true;
	return false;
}

static int catch_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static int prepare(struct supervisor *s, struct brg_err *err)
{
	int fd, rc;

	rc = state_check(s->now.config->state, err);
	if (rc == 0)
		rc = state_lock(s->now.config->state, &s->lock_fd, err);
	if (rc < 0)
		return rc;
	s->signal_fd = catch_signals();
	s->now.fd = seal_config(s->now.config);
	if (s->now.fd < 0)
		return brg_fail(err, &no_start, "what=configuration\nreason=%s", strerror(errno));
	s->board = board_create(&fd);
	if (!s->board)
		return brg_fail(err, &no_start, "what=scoreboard\nreason=%s", strerror(errno));
	s->board_fd = fcntl(fd, F_DUPFD_CLOEXEC, 10);
	close(fd);
	return 0;
}

int supervisor_run(const char *config_path)
{
	struct supervisor s = { .path = config_path, .lock_fd = -1, .former.fd = -1 };
	struct brg_err err = BRG_ERR_INIT;
	struct problems problems;

	s.now = (struct generation){ .arena = arena_new(), .fd = -1 };
	problems_init(&problems, s.now.arena);
	if (config_load(config_path, s.now.arena, &s.now.config, &problems) < 0) {
		print_problems(&problems, "en");
		forget(&s.now);
		return PROCESS_GIVE_UP;
	}
	log_init(config_log_level(s.now.config), "");
	if (prepare(&s, &err) < 0) {
		(void)process_failed("supervisor", &err, NULL);
		forget(&s.now);
		return 1;
	}
	log_event(BRG_LOG_INFO, "bryggad.started", "version=%s pid=%ld state=\"%s\"",
		  PACKAGE_VERSION, (long)getpid(), s.now.config->state);
	start_all(&s);
	while (any_child(&s)) {
		struct pollfd fd = { s.signal_fd, POLLIN, 0 };

		poll(&fd, 1, TICK_MS);
		on_signal(&s);
		reap_children(&s);
		tend(&s);
		if (!s.ending)
			watch_trial(&s);
	}
	log_event(BRG_LOG_INFO, "bryggad.ended", "status=%d", s.status);
	forget(&s.former);
	forget(&s.now);
	return s.status;
}
