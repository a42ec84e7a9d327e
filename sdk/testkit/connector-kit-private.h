/* SPDX-License-Identifier: Apache-2.0
 *
 * What the cases share. A case is a function that returns at the first check that does not hold;
 * its sessions are closed behind it.
 */
#ifndef BRG_CONNECTOR_KIT_PRIVATE_H
#define BRG_CONNECTOR_KIT_PRIVATE_H

#include "connector-kit.h"
#include "kit-check.h"

struct ckit {
	const struct connector_kit *harness;
	const struct brg_connector *ops;
	const char *name;
	bool failed;
	size_t items_read;
	struct connector_kit_session s;
	struct brg_err err;
};

struct ckit_case {
	const char *name;
	unsigned lanes; /* BRG_LANE_BIT of those that it is for */
	/* Does the connector promise it? NULL: each does. */
	bool (*promised)(const struct brg_connector *ops);
	void (*run)(struct ckit *k);
};

/* By file; each list ends with a NULL name. */
extern const struct ckit_case ckit_read_cases[], ckit_write_cases[], ckit_send_cases[];

void ckit_fail(struct ckit *k, const char *file, int line, const char *what);
#define CHECK(k, what) KIT_CHECK(ckit_fail, k, what)
/* The call said 0; else the class and the server's words are told. */
#define CHECK_OK(k, rc)                                                           \
	do {                                                                      \
		if ((rc) < 0) {                                                   \
			ckit_fail(k, __FILE__, __LINE__, ckit_why(k, &(k)->err)); \
			return;                                                   \
		}                                                                 \
	} while (0)

/* Memory of the session. */
void *ckit_alloc(struct ckit *k, size_t n);
const char *ckit_why(struct ckit *k, const struct brg_err *err);

#define CKIT_FOLDERS 64

/* The folders that the lane pulls, or every one that is told; one of no name where there are none.
 */
size_t ckit_folders(struct ckit *k, bool every, struct brg_folder *out, size_t room);
/* Those that the lane pulls, one by one, until a check does not hold. */
void ckit_each_folder(struct ckit *k, void (*run)(struct ckit *k, const struct brg_folder *f));

/* What a folder lists from a cursor to its end, in pages of so many. */
struct ckit_listing {
	const struct brg_envelope **at;
	size_t n;
	struct brg_str cursor; /* behind the last page */
};
int ckit_try_list(struct ckit *k, const struct brg_folder *f, struct brg_str cursor, uint32_t page,
		  struct ckit_listing *out);
/* The same where it may not fail. */
void ckit_list(struct ckit *k, const struct brg_folder *f, struct brg_str cursor, uint32_t page,
	       struct ckit_listing *out);

/* Of these stamps just the first is to be found, and once: its item, else told. */
struct brg_str ckit_find_first(struct ckit *k, int kind, const struct brg_stamp *stamps, size_t n);

/* One item whole. item->err, where the connector said so; false: the call failed, and was told. */
bool ckit_get(struct ckit *k, struct brg_str folder, struct brg_str id, struct brg_item *out);

#endif
