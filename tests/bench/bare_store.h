/* SPDX-License-Identifier: Apache-2.0
 *
 * The storing half of bare: one thread that puts rows into SQLite, 100 to a durable commit.
 */
#ifndef BRG_BENCH_BARE_STORE_H
#define BRG_BENCH_BARE_STORE_H

#include <stddef.h>

struct bare_store;

/* Make the file (an old one is removed) and start the thread. NULL: said on stderr. */
struct bare_store *bare_store_open(const char *path);
/* Queue a copy of one message; waits while 64 MiB are queued. Any thread. */
void bare_store_put(struct bare_store *s, const char *mailbox, const char *id, const char *bytes,
		    size_t len);
/* Wait until all is committed, and free. -1: something failed, said on stderr. */
int bare_store_close(struct bare_store *s);

#endif
