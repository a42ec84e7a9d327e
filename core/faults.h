/* SPDX-License-Identifier: Apache-2.0
 *
 * The catalogue: every sentence that a person may read has a code, a row and a
 * translation. A room of core keeps its rows beside the code that uses them, in a
 * NULL-terminated list <room>_faults; faults.c knows the lists; the loader adds each
 * plugin's. Codes are for ever. Areas: BRG-CORE engine, BRG-CONF what people write,
 * BRG-LOAD plugins, BRG-NET connections, BRG-SECR secrets, BRG-RULE why an item was
 * taken or not, BRG-CLI what commands refuse, BRG-<PLUGIN>.
 */
#ifndef BRG_CORE_FAULTS_H
#define BRG_CORE_FAULTS_H

#include <brygga/err.h>

/* A reason of a decision. */
#define RULE(ident, number, english, swedish, helps) \
	const struct brg_fault ident = {             \
		.code = "BRG-RULE-" number,          \
		.scope = BRG_SCOPE_ITEM,             \
		.en = english,                       \
		.sv = swedish,                       \
		.help = helps,                       \
	}

/* What a person asked for and cannot have. */
#define REFUSAL(ident, number, english, swedish, helps) \
	const struct brg_fault ident = {                \
		.code = number,                         \
		.cls = BRG_EINVAL,                      \
		.scope = BRG_SCOPE_ITEM,                \
		.retry = BRG_RETRY_NEVER,               \
		.en = english,                          \
		.sv = swedish,                          \
		.help = helps,                          \
	}

/* Shared by several rooms. */
extern const struct brg_fault fault_disk_full; /* path, reason */
extern const struct brg_fault fault_spill;     /* path, reason */
extern const struct brg_fault fault_canceled;  /* none */
extern const struct brg_fault fault_deadline;  /* none */

/* Add a plugin's rows; before threads start. */
void faults_add(const struct brg_fault *const *rows);
/* NULL: no such code. */
const struct brg_fault *fault_find(struct brg_str code);
/* Does this pointer lead to a row of the catalogue? It is not followed. */
bool faults_is(const struct brg_fault *fault);
/* Every row, until the callback returns non-zero. */
void faults_each(int (*each)(void *arg, const struct brg_fault *row), void *arg);
/* The sentence in `lang` ("en", "sv"), parameters filled in, into out. Returns out. */
const char *fault_render(const struct brg_fault *fault, struct brg_str params, const char *lang,
			 char *out, size_t n);
/* The same for an error, with the server's words behind it: `sentence (server: words)`. */
const char *err_render(const struct brg_err *err, const char *lang, char *out, size_t n);

#endif
