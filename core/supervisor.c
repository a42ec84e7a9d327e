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
	pid_t pid;  /* 0: not running */
	bool old;   /* of a former configuration: ends, is not restarted */
	bool asked; /* SIGTERM was sent */
	int64_t started_ms, restart_ms, kill_ms;
	int64_t backoff_ms;
};

struct supervisor {
	const char *path;
	struct brg_arena *arena; /* of the configuration */
	struct config *config;
	int config_fd, board_fd, lock_fd, signal_fd;
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
	if (dup2(s->config_fd, SUPERVISOR_CONFIG_FD) < 0 ||
	    dup2(s->board_fd, SUPERVISOR_BOARD_FD) < 0)
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

static void start_all(struct supervisor *s)
{
	add_child(s, "keeper");
	for (int64_t i = 0; i < s->config->incoming.processes; i++)
		if (!add_child(s, "incoming"))
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
	if (WIFEXITED(status) && WEXITSTATUS(status) == PROCESS_GIVE_UP && !s->was_ready) {
		/* It has said why, and another try would end the same. */
		s->ending = true;
		s->status = 1;
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
			else if (now >= c->restart_ms)
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

static void reload(struct supervisor *s)
{
	struct brg_arena *arena = arena_new();
	struct problems problems;
	struct config *config;
	int fd;

	problems_init(&problems, arena);
	if (config_load(s->path, arena, &config, &problems) < 0) {
		print_problems(&problems, config_language(s->config));
		log_event(BRG_LOG_ERROR, "config.refused",
			  "file=\"%s\" problems=%zu note=\"nothing was changed\"", s->path,
			  problems.n);
		arena_free(&arena);
		return;
	}
	fd = seal_config(config);
	if (fd < 0 || strcmp(config->state, s->config->state) != 0) {
		log_event(BRG_LOG_ERROR, "config.refused",
			  "file=\"%s\" note=\"the state folder cannot change while running\"",
			  s->path);
		arena_free(&arena);
		return;
	}
	close(s->config_fd);
	s->config_fd = fd;
	arena_free(&s->arena);
	s->arena = arena;
	s->config = config;
	log_event(BRG_LOG_INFO, "config.loaded", "file=\"%s\"", s->path);
	for (size_t i = 0; i < BOARD_PROCESSES; i++)
		s->children[i].old = s->children[i].role != NULL;
	start_all(s);
	for (size_t i = 0; i < BOARD_PROCESSES; i++)
		if (s->children[i].old)
			ask_to_end(&s->children[i]);
}

static void on_signal(struct supervisor *s)
{
	struct signalfd_siginfo info;

	while (read(s->signal_fd, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGHUP)
			reload(s);
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

	rc = state_check(s->config->state, err);
	if (rc == 0)
		rc = state_lock(s->config->state, &s->lock_fd, err);
	if (rc < 0)
		return rc;
	s->signal_fd = catch_signals();
	s->config_fd = seal_config(s->config);
	if (s->config_fd < 0)
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
	struct supervisor s = { .path = config_path, .lock_fd = -1 };
	struct brg_err err = BRG_ERR_INIT;
	struct problems problems;

	s.arena = arena_new();
	problems_init(&problems, s.arena);
	if (config_load(config_path, s.arena, &s.config, &problems) < 0) {
		print_problems(&problems, "en");
		arena_free(&s.arena);
		return PROCESS_GIVE_UP;
	}
	log_init(config_log_level(s.config), "");
	if (prepare(&s, &err) < 0) {
		(void)process_failed("supervisor", &err, NULL);
		arena_free(&s.arena);
		return 1;
	}
	log_event(BRG_LOG_INFO, "bryggad.started", "version=%s pid=%ld state=\"%s\"",
		  PACKAGE_VERSION, (long)getpid(), s.config->state);
	start_all(&s);
	while (any_child(&s)) {
		struct pollfd fd = { s.signal_fd, POLLIN, 0 };

		poll(&fd, 1, TICK_MS);
		on_signal(&s);
		reap_children(&s);
		tend(&s);
	}
	log_event(BRG_LOG_INFO, "bryggad.ended", "status=%d", s.status);
	arena_free(&s.arena);
	return s.status;
}
