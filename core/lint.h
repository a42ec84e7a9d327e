/* SPDX-License-Identifier: Apache-2.0
 *
 * Is this descriptor one that the core can live with?
 */
#ifndef BRG_CORE_LINT_H
#define BRG_CORE_LINT_H

#include <brygga/plugin.h>

/* Lower-case letters, digits and hyphens, 1 to 64. */
bool lint_word(const char *word);
/* Check everything about a plugin of this kind that can be seen without running it. The
 * descriptor is read only as far as its size says. `path` is for messages. */
int lint_plugin(const struct brg_plugin *plugin, int kind, const char *name, const char *path,
		struct brg_err *err);

extern const struct brg_fault *const lint_faults[];

#endif
