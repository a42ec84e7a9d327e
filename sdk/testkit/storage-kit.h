/* SPDX-License-Identifier: Apache-2.0
 *
 * brygga/testkit/storage-kit.h - does a storage plugin keep its promises?
 *
 * One suite for every storage. It knows no SQL and no file: only <brygga/storage.h>. A
 * harness says how an instance is filled in, and is told what failed:
 *
 *	struct storage_kit kit = {
 *		.size = sizeof(kit), .plugin = plugin,
 *		.fill = my_fill, .failed = my_failed, .arg = &mine,
 *	};
 *	for (size_t i = 0; storage_kit_name(i); i++)
 *		storage_kit_run(&kit, i);
 *
 * Cases that need other processes fork; they do so before they open the store, so the
 * harness should have no threads of its own then.
 */
#ifndef BRG_STORAGE_KIT_H
#define BRG_STORAGE_KIT_H

#include <brygga/plugin.h>

enum storage_kit_group {
	STORAGE_KIT_STEPS = 1 << 0,  /* operations, conditions, and what reads show of them */
	STORAGE_KIT_LEASES = 1 << 1, /* claim, step under a lease, settle */
	STORAGE_KIT_SLOTS = 1 << 2,
	STORAGE_KIT_PROCESSES = 1 << 3, /* join, death, reap; claims of several processes */
	STORAGE_KIT_BODIES = 1 << 4,
	STORAGE_KIT_READS = 1 << 5, /* pages, counts, snapshots */
	STORAGE_KIT_UPKEEP = 1 << 6,
};

struct storage_kit {
	uint32_t size;
	uint32_t reserved;
	const struct brg_plugin *plugin;
	/* Fill the options of a zeroed instance, so that it opens the store called `store`: the
	 * same name is the same store, a name not seen before is an empty one. What the options
	 * point at must live as long as the kit. 0, or -1 when it cannot be done. */
	int (*fill)(void *arg, void *self, const char *store);
	/* A check did not hold. Each case ends at its first. */
	void (*failed)(void *arg, const char *name, const char *file, int line, const char *what);
	void *arg;
};

/* Name of a case, NULL behind the last; its group. */
const char *storage_kit_name(size_t at);
unsigned storage_kit_group(size_t at);
/* Run one. 0: it holds, 1: it failed and was told. */
int storage_kit_run(const struct storage_kit *kit, size_t at);

/* Set an option of an instance by name: "path" to "/tmp/x.db", "committer" to "inline". The
 * value is borrowed. Also sets every default when name is NULL. -1: no such option or a bad
 * value. */
int storage_kit_option(const struct brg_plugin *plugin, void *self, const char *name,
		       const char *value);

#endif
