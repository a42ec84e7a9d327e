/* SPDX-License-Identifier: Apache-2.0
 *
 * brygga/plugin.h - the one header that a plugin includes.
 *
 * A plugin is one shared object with constant data and one exported function, made by
 * BRG_PLUGIN(). It links nothing of ours. Read in this order:
 *   abi.h        the rules of the border
 *   err.h        how to fail
 *   option.h     settings as a table
 *   item.h       envelopes, items, fields
 *   host.h       what the host does for you
 *   http.h       requests over HTTP (included by who needs it)
 *   sasl.h       what a client says to log in (included by who needs it)
 *   connector.h  what a connector does      (or)
 *   storage.h    what a storage does
 *   plugin.h     the descriptor
 */
#ifndef BRG_PLUGIN_H
#define BRG_PLUGIN_H

#include <brygga/connector.h>
#include <brygga/storage.h>

enum brg_plugin_kind { BRG_CONNECTOR = 1, BRG_STORAGE = 2 };

struct brg_plugin {
	/* These five never change, ever. */
	uint32_t magic;
	uint16_t abi_major;
	uint16_t abi_minor;
	uint32_t size;
	uint32_t kind; /* enum brg_plugin_kind */

	/* Since 0.1. Append below. */
	const char *name;	/* equals the file's name without ".so" */
	const char *version;
	const char *summary;	/* one line for people */
	const char *license;	/* SPDX */
	size_t instance_size;	/* of a session (connector) or store; the host allocates, zeroed */
	const struct brg_option *options;	 /* NULL: none */
	const struct brg_fault *const *faults;	 /* every way to fail, NULL-terminated */
	const struct brg_connector *connector;	 /* kind BRG_CONNECTOR */
	const struct brg_storage *storage;	 /* kind BRG_STORAGE */
};

/* The first members of the descriptor: static const struct brg_plugin p = { BRG_PLUGIN_HEAD(...), ... } */
#define BRG_PLUGIN_HEAD(k) BRG_ABI_MAGIC, BRG_ABI_MAJOR, BRG_ABI_MINOR, sizeof(struct brg_plugin), (k)

typedef const struct brg_plugin *brg_plugin_entry_fn(void);

/* Defines the entry. libltdl looks for <module>_LTX_<symbol>, so the same object can be
 * loaded from disk or linked in. `id` is the plugin's name with '-' turned into '_'. */
#ifdef __cplusplus
#define BRG_EXTERN_C extern "C"
#else
#define BRG_EXTERN_C extern
#endif
#define BRG_PLUGIN(id, descriptor)                                                                 \
	BRG_EXTERN_C BRG_EXPORT const struct brg_plugin *id##_LTX_brg_plugin_entry(void);          \
	const struct brg_plugin *id##_LTX_brg_plugin_entry(void)                                   \
	{                                                                                          \
		return &(descriptor);                                                              \
	}                                                                                          \
	struct brg_plugin

#endif
