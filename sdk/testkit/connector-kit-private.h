/* SPDX-License-Identifier: Apache-2.0
 *
 * What the cases share. A case is a function that returns at the first check that does not hold;
 * its sessions are closed behind it.
 */
#ifndef BRG_CONNECTOR_KIT_PRIVATE_H
#define BRG_CONNECTOR_KIT_PRIVATE_H

#include "connector-kit.h"

struct kit {
	const struct connector_kit *harness;
	const struct brg_connector *ops;
	const char *name;
	bool failed;
	struct connector_kit_session s;
	struct brg_err err;
};

struct kit_case {
	const char *name;
	unsigned lanes; /* BRG_LANE_BIT of those that it is for */
	/* Does the connector promise it? NULL: each does. */
	bool (*promised)(const struct brg_connector *ops);
	void (*run)(struct kit *k);
};

/* By file; each list ends with a NULL name. */
extern const struct kit_case kit_read_cases[], kit_write_cases[], kit_send_cases[];

void kit_fail(struct kit *k, const char *file, int line, const char *what);
#define CHECK(k, what)                                          \
	do {                                                    \
		if (!(what)) {                                  \
			kit_fail(k, __FILE__, __LINE__, #what); \
			return;                                 \
		}                                               \
	} while (0)
/* The call said 0; else the class and the server's words are told. */
#define CHECK_OK(k, rc)                                                         \
	do {                                                                    \
		if ((rc) < 0) {                                                 \
			kit_fail(k, __FILE__, __LINE__, kit_why(k, &(k)->err)); \
			return;                                                 \
		}                                                               \
	} while (0)
#define CHECK_STILL(k)           \
	do {                     \
		if ((k)->failed) \
			return;  \
	} while (0)

/* Memory of the session. */
void *kit_alloc(struct kit *k, size_t n);
const char *kit_why(struct kit *k, const struct brg_err *err);
bool kit_eq(struct brg_str a, struct brg_str b);

#define KIT_FOLDERS 64

/* The folders that the lane pulls, or every one that is told; one of no name where there are none.
 */
size_t kit_folders(struct kit *k, bool every, struct brg_folder *out, size_t room);

/* What a folder lists from a cursor to its end, in pages of so many. */
struct kit_listing {
	const struct brg_envelope **at;
	size_t n;
	struct brg_str cursor; /* behind the last page */
};
int kit_try_list(struct kit *k, const struct brg_folder *f, struct brg_str cursor, uint32_t page,
		 struct kit_listing *out);
/* The same where it may not fail. */
void kit_list(struct kit *k, const struct brg_folder *f, struct brg_str cursor, uint32_t page,
	      struct kit_listing *out);

/* One item whole. item->err, where the connector said so; false: the call failed, and was told. */
bool kit_get(struct kit *k, struct brg_str folder, struct brg_str id, struct brg_item *out);

#endif
