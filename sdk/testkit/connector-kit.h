/* SPDX-License-Identifier: Apache-2.0
 *
 * brygga/testkit/connector-kit.h - does a connector keep its promises?
 *
 * One suite for every connector. It knows no protocol: only <brygga/connector.h>, and asks for
 * what the capabilities promise. A harness opens sessions on a mailbox of its own, where a lane's
 * cases may make, change and delete items or send mail, and is told what failed:
 *
 *	struct connector_kit kit = {
 *		.size = sizeof(kit), .plugin = plugin, .lane = BRG_ACT,
 *		.open = my_open, .close = my_close, .failed = my_failed, .arg = &mine,
 *	};
 *	for (size_t i = 0; connector_kit_name(i); i++)
 *		connector_kit_run(&kit, i);
 *
 * What the server has afterwards (that a mail went out once, and not twice) the harness must look
 * at by itself. One thread.
 */
#ifndef BRG_CONNECTOR_KIT_H
#define BRG_CONNECTOR_KIT_H

#include <brygga/plugin.h>

/* An open session. All of it is the harness's, and lives until close. */
struct connector_kit_session {
	void *self;
	const struct brg_host *host;
	struct brg_arena *arena; /* for what the calls of the session make */
};

struct connector_kit {
	uint32_t size;
	int lane; /* of the sessions; cases for other lanes are left out */
	const struct brg_plugin *plugin;
	/* Fill in an instance and open it. 0, or < 0 with *err and nothing to close. */
	int (*open)(void *arg, struct connector_kit_session *out, struct brg_err *err);
	void (*close)(void *arg, struct connector_kit_session *session);
	/* A check did not hold. Each case ends at its first. */
	void (*failed)(void *arg, const char *name, const char *file, int line, const char *what);
	void *arg;
	/* Lane outgoing: who sends to whom; each case sends one mail or two. */
	struct brg_str sender;
	struct brg_str recipient;
};

/* Name of a case, NULL behind the last. */
const char *connector_kit_name(size_t at);
/* Run one. 0: it holds, 1: it failed and was told, 2: nothing of this connector promises it. */
int connector_kit_run(const struct connector_kit *kit, size_t at);

#endif
