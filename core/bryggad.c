/* SPDX-License-Identifier: Apache-2.0
 *
 * bryggad - the daemon. Started by a person or by systemd it is the supervisor; started by
 * itself with --role it is one of the processes that do the work.
 */
#include "core/keeper.h"
#include "core/log.h"
#include "core/process.h"
#include "core/secrets.h"
#include "core/supervisor.h"
#include "core/worker.h"

#include <getopt.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

static int usage(FILE *out)
{
	fputs("usage: bryggad [-c FILE]\n"
	      "Keeps mailboxes and records in step, in the foreground. The configuration "
	      "is\n" CONFIG_FILE " unless -c names another. SIGHUP reads it again, SIGTERM ends.\n"
	      "  -c, --config FILE   configuration file\n"
	      "  -V, --version       print the version\n"
	      "  -h, --help          this text\n"
	      "See bryggad(8), and brygga(1) for everything that a person does.\n",
	      out);
	return out == stdout ? 0 : PROCESS_GIVE_UP;
}

/* The configuration that the supervisor checked and sealed. */
static struct config *inherited_config(const char *path, struct brg_arena *arena)
{
	struct problems problems;
	struct config *config;
	struct stat st;
	char *text;

	if (fstat(SUPERVISOR_CONFIG_FD, &st) < 0)
		return NULL;
	text = arena_alloc(arena, (size_t)st.st_size + 1);
	if (pread(SUPERVISOR_CONFIG_FD, text, (size_t)st.st_size, 0) != st.st_size)
		return NULL;
	problems_init(&problems, arena);
	if (config_parse((struct brg_str){ text, (size_t)st.st_size }, path, arena, &config,
			 &problems) < 0) {
		problems_print(&problems, stderr, "en");
		return NULL;
	}
	return config;
}

static int run_role(const char *role, unsigned long slot, const char *path)
{
	struct brg_arena *arena = arena_new();
	struct config *config = inherited_config(path, arena);
	struct scoreboard *board = board_map(SUPERVISOR_BOARD_FD);
	int status = PROCESS_GIVE_UP;

	if (!config || !board || slot >= BOARD_PROCESSES) {
		fprintf(stderr, "bryggad: --role is for the daemon itself; start it without\n");
		arena_free(&arena);
		return status;
	}
	close(SUPERVISOR_CONFIG_FD);
	close(SUPERVISOR_BOARD_FD);
	log_init(config_log_level(config), "");
	prctl(PR_SET_NAME, role);
	secrets_harden();
	if (strcmp(role, "keeper") == 0)
		status = keeper_run(config, board, slot);
	else if (config_role_named(role) >= 0)
		status = worker_run(config, config_role_named(role), board, slot);
	arena_free(&arena);
	return status;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "role", required_argument, NULL, 'r' },
		{ "slot", required_argument, NULL, 's' },
		{ "version", no_argument, NULL, 'V' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	const char *path = CONFIG_FILE, *role = NULL;
	unsigned long slot = BOARD_PROCESSES;
	int c;

	while ((c = getopt_long(argc, argv, "c:Vh", options, NULL)) != -1) {
		switch (c) {
		case 'c':
			path = optarg;
			break;
		case 'r':
			role = optarg;
			break;
		case 's':
			slot = strtoul(optarg, NULL, 10);
			break;
		case 'V':
			printf("bryggad %s (ABI %d.%d)\n", PACKAGE_VERSION, BRG_ABI_MAJOR,
			       BRG_ABI_MINOR);
			return 0;
		case 'h':
			return usage(stdout);
		default:
			return usage(stderr);
		}
	}
	if (optind < argc)
		return usage(stderr);
	umask(077);
	return role ? run_role(role, slot, path) : supervisor_run(path);
}
