/* SPDX-License-Identifier: Apache-2.0
 *
 * The services that a plugin gets (brygga/host.h), for one session of one visit.
 */
#ifndef BRG_CORE_HOST_H
#define BRG_CORE_HOST_H

#include "core/engine.h"

struct brg_stream;

/* Small durable values that the session set; they go into the next step. */
struct host_state {
	struct host_state *next;
	struct brg_str name, value;
};

struct host {
	struct brg_host table; /* what the plugin sees */
	struct engine *engine;
	struct visit *visit;	  /* NULL: not a connector's session */
	struct board_slot *board; /* NULL: nobody watches */
	struct brg_arena *arena;  /* the session's */
	const char *plugin;
	char context[128];	   /* key=value pairs in front of every log line */
	int64_t give_up_ms;	   /* monotonic */
	struct host_state *states; /* as loaded and set */
	struct host_state *changed;
	struct brg_str refused; /* the access token that the server refused; empty: none */

	/* The listing of the last known() call: ids that the server has, sorted. */
	struct brg_str *listing;
	size_t n_listing;
	uint64_t missing;
	/* Ids of it that we had deleted there, and that are back. */
	struct brg_str *returned;
	size_t n_returned;
};

/* Fill the table. The arena outlives the session. */
void host_init(struct host *host, struct engine *engine, struct brg_arena *arena,
	       const char *plugin);
/* Is this remote id in the last listing? */
bool host_lists(const struct host *host, struct brg_str remote_id);
/* Had we deleted it, and is it listed again? */
bool host_returned(const struct host *host, struct brg_str remote_id);

#endif
