/* SPDX-License-Identifier: Apache-2.0
 *
 * A socket in front of a PostgreSQL that loses a connection at the worst moment.
 */
#ifndef BRG_TEST_PG_PROXY_H
#define BRG_TEST_PG_PROXY_H

#include <sys/types.h>

enum pg_loss {
	PG_LOSE_NOTHING,
	PG_LOSE_ANSWER, /* the server commits, its answer never arrives */
	PG_LOSE_COMMIT, /* the COMMIT never arrives at the server */
};

/* Serve sockets in the folder `front` for the server in `back`, until killed. *loss is shared
 * memory: set, it befalls the next COMMIT, and is then PG_LOSE_NOTHING again. */
pid_t pg_proxy_start(const char *front, const char *back, volatile int *loss);

#endif
