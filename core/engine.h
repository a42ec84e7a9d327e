/* SPDX-License-Identifier: Apache-2.0
 *
 * What a process has: the store, the plugins, the keys, the clock. A worker, the command
 * line and a simulation fill it in their own way; everything below works on it.
 */
#ifndef BRG_CORE_ENGINE_H
#define BRG_CORE_ENGINE_H

#include "core/email.h"
#include "core/schedule.h"
#include "core/scoreboard.h"
#include "core/secrets.h"
#include "core/settings.h"
#include "core/store.h"
#include "core/sync_rules.h"

struct plan;
struct trace;
struct visit;

struct engine {
	struct store store;
	const struct secrets *secrets; /* NULL: none (simulation) */
	struct brg_id process;	       /* as joined */
	const char *lang;
	const char *state;		    /* the state folder; NULL: none (simulation) */
	const struct email_settings *email; /* the rules of the organisation */
	const struct sync_rules *sync;	    /* and those for records both ways */

	/* The connector of this name, or NULL with err: not enabled, not installed. */
	const struct brg_plugin *(*connector)(struct engine *engine, struct brg_str name,
					      struct brg_err *err);
	/* Default options of a connector from the configuration, or NULL. */
	const struct settings *(*defaults)(struct engine *engine, struct brg_str name);
	int64_t (*now_us)(struct engine *engine);
	/* A service for connectors ("stream" 1, "http" 1, "token" 1), or NULL. */
	const void *(*service)(struct engine *engine, const char *name, uint32_t version);
	void *ctx; /* for whoever filled in the four above */

	struct schedule_rules rules;
	int64_t visit_ms;    /* a visit ends after so long, with a backlog if there is one: 30 s */
	int64_t visit_steps; /* or so many steps: 400 */
	int64_t timeout_ms;  /* every call gives up by then, counted from the visit's start */
	uint32_t batch_items;
	uint64_t batch_bytes;
	bool overlap; /* a step may be committed while its visit goes on (not when inline) */
	_Atomic bool stopping; /* visits end at the next step */

	/* A dry run: visits of the lane act tell what they would do, and do nothing. NULL: they do
	 * it. The plan is borrowed. */
	void (*planned)(struct engine *engine, const struct visit *visit, const struct plan *plan);

	struct trace *trace; /* of what goes over HTTP; NULL: none */

	/* For a person who watches; may be NULL. */
	void (*progress)(struct engine *engine, const struct visit *visit, uint64_t done,
			 uint64_t total);
};

/* The numbers above at their defaults. */
void engine_init(struct engine *engine);

/* Take part in the store under a fresh identity. */
int engine_join(struct engine *engine, const char *role, struct brg_err *err);
/* 1: another process of this role takes part; 0: none; < 0: err. */
int engine_others(struct engine *engine, const char *role, struct brg_err *err);

#endif
