/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files that read a directory share.
 */
#ifndef BRG_CORE_DIRECTORY_PRIVATE_H
#define BRG_CORE_DIRECTORY_PRIVATE_H

#include "core/directory.h"

struct parser {
	const struct ini_file *ini;
	const struct directory_lookup *lookup;
	struct brg_arena *arena;
	struct directory *dir;
	struct problems *problems;
	/* By type and name, to find what others refer to. */
	struct named {
		const char *type, *name;
		void *it;
	} * index;
	size_t n_index;
};

#define SAY(p, line, row, ...) problem_add((p)->problems, (p)->ini->name, line, row, __VA_ARGS__)

/* A problem of this line from an error. */
int directory_complain(struct parser *p, int line, const struct brg_err *err);
/* "user anna" */
const char *directory_heading(struct parser *p, const struct ini_section *s);
/* What the entry refers to, or NULL with a problem. Only when the index is sorted. */
void *directory_refer(struct parser *p, const struct ini_entry *e, const char *type);

/* directory_secrets.c. Is the secret where its form says? Read and forgotten, except from
 * descriptors. */
void directory_check_secret(struct parser *p, const struct ini_entry *e);

/* directory_people.c: [user], [queue] */
void directory_take_owner(struct parser *p, const struct ini_section *s);
/* [contact], [lead], [account], [reference]; owners are known already. */
void directory_take_reference(struct parser *p, const struct ini_section *s);
bool directory_is_reference(const char *type);

/* directory_filters.c: [filter], [system-filter], [filter-template]; owners are known already. */
void directory_take_filter(struct parser *p, const struct ini_section *s);
/* enum brg_filter_type of a section; 0: it is none of these. */
int directory_filter_named(const char *section);

extern const struct brg_fault directory_needs, directory_literal, directory_no_fd;

#endif
