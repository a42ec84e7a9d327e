/* SPDX-License-Identifier: Apache-2.0
 *
 * sqlite.so as it lies in the build, loaded once; and a folder that is cleaned up.
 */
#ifndef BRG_TEST_SQLITE_PLUGIN_H
#define BRG_TEST_SQLITE_PLUGIN_H

#include <brygga/plugin.h>

#include <dlfcn.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

static inline const struct brg_plugin *sqlite_plugin(void)
{
	static const struct brg_plugin *plugin;
	const char *other = getenv("BRYGGA_SQLITE_SO");
	union {
		void *symbol;
		brg_plugin_entry_fn *entry;
	} u;
	void *so;

	if (plugin)
		return plugin;
	so = dlopen(other ? other : SQLITE_SO, RTLD_NOW | RTLD_LOCAL);
	u.symbol = so ? dlsym(so, "sqlite_LTX_brg_plugin_entry") : NULL;
	if (!u.symbol) {
		fprintf(stderr, "%s\n", dlerror());
		abort();
	}
	return plugin = u.entry();
}

/* A path that lives as long as the process: options and stores borrow it. */
static inline const char *keep_path(const char *root, const char *name)
{
	static char paths[32][512];
	static unsigned next;
	char *path = paths[next++ % 32];

	(void)snprintf(path, sizeof(paths[0]), "%s/%s", root, name);
	return path;
}

static inline int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

static inline void remove_tree(const char *path)
{
	(void)nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

#endif
