/* SPDX-License-Identifier: Apache-2.0
 *
 * brygga.conf: what the daemon and the command line are told about this machine.
 *
 *	[core]			state, plugins, language, log
 *	[storage]		plugin = sqlite, and the plugin's own options
 *	[connector pop3]	loads the plugin; default options for its profiles
 *	[role incoming]		processes, threads, visit-time, visit-timeout, visit-steps
 *	[role outgoing]		the same
 *	[role act]		the same
 *	[schedule]		normal, fastest, slowest, retry, retries, ...
 *	[email]			rules of the whole organisation: accept-rules, tracking-token, ...
 *	[contact]		rules for contacts: inbound, policy, direction.GROUP, policy.GROUP
 *	[task], [appointment]	the same
 *	[field contact loyalty]	a field of the organisation's own: type, label, max-length
 *	[sync]			plan-deletes-min, plan-deletes-percent, plan-creates
 *	[retention]		how long what is kept: received, sent, decisions
 */
#ifndef BRG_CORE_CONFIG_H
#define BRG_CORE_CONFIG_H

#include "core/email.h"
#include "core/problems.h"
#include "core/retention.h"
#include "core/schedule.h"
#include "core/settings.h"
#include "core/sync_rules.h"
#include <brygga/plugin.h>

struct config_plugin {
	const char *name;
	struct settings settings; /* as written; settings.at[i] stands in line lines[i] */
	int *lines;
	int line; /* of the section */
};

/* Roles whose processes visit mailboxes; each works on one lane. */
enum { ROLE_INCOMING, ROLE_OUTGOING, ROLE_ACT, ROLES };

struct config_role {
	int64_t processes;
	int64_t threads;	  /* of each process; 0: inline */
	int64_t visit_time_ms;	  /* a visit gives way to others after so long: 30s */
	int64_t visit_timeout_ms; /* and is given up after so long: 5m */
	int64_t visit_steps;	  /* or gives way after so many steps: 400 */
};

struct config {
	const char *file;    /* for messages */
	struct brg_str text; /* raw, as it was parsed */
	const char *state;   /* folder */
	const char *plugins; /* folder */
	int language, log;   /* see config_language(), config_log_level() */
	struct config_plugin storage;
	struct config_plugin *connectors;
	size_t n_connectors;
	struct config_role roles[ROLES];
	struct retention_settings retention;
	struct email_settings email;
	struct sync_rules sync;
	struct schedule_rules schedule;
};

/* Everything lives in the arena, a copy of the text too. *out is set only if there is no problem;
 * returns 0, or < 0 with all that is wrong added to problems. Plugins' own options are not looked
 * at. */
int config_parse(struct brg_str text, const char *name, struct brg_arena *arena,
		 struct config **out, struct problems *problems);
/* The same from a file. */
int config_load(const char *path, struct brg_arena *arena, struct config **out,
		struct problems *problems);

/* Load the plugins that the configuration names and check their options: everything that can
 * be known without opening the store. Main thread only (loader.h). */
int config_check(const struct config *config, struct problems *problems);

/* "en" or "sv"; BRG_LOG_*. */
const char *config_language(const struct config *config);
int config_log_level(const struct config *config);
/* The name of a role, and its lane. */
const char *config_role_name(int role);
int config_role_lane(int role);
/* The role of this name, or -1. */
int config_role_named(const char *name);
/* The connector's section, or NULL: it is not enabled. */
const struct config_plugin *config_connector(const struct config *config, struct brg_str name);
/* The storage's instance from [storage]; file: and env: are resolved here, and an option `path`
 * that is not set becomes brygga.db in the state folder. */
int config_fill_storage(const struct config *config, const struct brg_plugin *plugin,
			void *instance, struct brg_arena *arena, struct brg_err *err);

/* The core's own sections and their options, for manuals and samples: until NULL. */
struct config_section {
	const char *heading; /* "role incoming" */
	const struct brg_option *options;
	const char *help;
};
extern const struct config_section config_sections[];

extern const struct brg_fault *const config_faults[];

#endif
