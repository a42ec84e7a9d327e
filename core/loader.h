/* SPDX-License-Identifier: Apache-2.0
 *
 * Finds, opens and checks plugins. Main thread only, before any other thread starts: the
 * library below has global state. Plugins are never unloaded.
 */
#ifndef BRG_CORE_LOADER_H
#define BRG_CORE_LOADER_H

#include <brygga/plugin.h>

/* "connector", "storage"; NULL: no such kind. Also the folder's name. */
const char *loader_kind(int kind);

/* Load <plugin_dir>/<kind>/<name>.so, or the builtin of that name. plugin_dir must be
 * absolute. *out is the core's own copy of the descriptor, read only as far as the plugin's
 * size says (the rest is zero), and lives as long as the process. Loading again gives the
 * same pointer. The plugin's sentences join the catalogue. */
int loader_load(const char *plugin_dir, int kind, const char *name, const struct brg_plugin **out,
		struct brg_err *err);

/* Every plugin of a kind in the folder, builtin ones too, sorted by name; those that do not
 * load come with plugin NULL and the reason. Ends when `each` returns non-zero. A folder that
 * is not there holds nothing. */
int loader_list(const char *plugin_dir, int kind,
		int (*each)(void *arg, const char *name, const struct brg_plugin *plugin,
			    const struct brg_err *why),
		void *arg, struct brg_err *err);

/* A plugin that is linked in (tests). It is checked like any other when it is loaded. */
void loader_add_builtin(const struct brg_plugin *plugin);

/* Check a descriptor as loading does. `path` is for messages. */
int loader_check(const struct brg_plugin *plugin, int kind, const char *name, const char *path,
		 struct brg_err *err);

extern const struct brg_fault *const loader_faults[];

#endif
