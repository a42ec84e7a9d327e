/* SPDX-License-Identifier: Apache-2.0
 *
 * From a checked configuration to a working engine, in the order that is safe: plugins,
 * then keys and store, then (by the caller) threads.
 */
#ifndef BRG_CORE_SETUP_H
#define BRG_CORE_SETUP_H

#include "core/config.h"
#include "core/engine.h"

struct setup {
	struct engine engine;
	const struct config *config;
	struct brg_arena *arena;
	struct secrets *secrets;
	const struct brg_plugin **connectors; /* as config->connectors; NULL: would not load */
	struct brg_err *connector_errors;
	struct host *storage_host;
};

enum {
	SETUP_PRIVATE_KEY = 1 << 0, /* visits need it; the command line does without */
	SETUP_READONLY = 1 << 1,
};

/* Load the plugins that the configuration names, open or make the store and its key. A
 * connector that does not load is no failure here: its mailboxes say so. Main thread.
 * setup_close() also after a failure. */
int setup_open(struct setup *setup, const struct config *config, unsigned flags,
	       struct brg_err *err);
void setup_close(struct setup *setup);
/* The bounds of visits of this role (ROLE_INCOMING, ...) for the engine; else they are those of
 * incoming. */
void setup_role(struct setup *setup, int role);
/* A line for each connector that did not load; for one role, so that each is said once. */
void setup_log_refused(const struct setup *setup);

extern const struct brg_fault *const setup_faults[];

#endif
