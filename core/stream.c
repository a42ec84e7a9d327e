/* SPDX-License-Identifier: Apache-2.0
 *
 * Ties a session's streams to its deadline: net knows nothing of hosts.
 */
#include "core/stream.h"

#include "core/host.h"
#include "core/net.h"

static int stream_connect(void *ctx, const struct brg_endpoint *where, struct brg_stream **out,
			  struct brg_err *err)
{
	struct host *h = ctx;
	struct net_watch *watch = arena_alloc(h->arena, sizeof(*watch));

	watch->ctx = h;
	watch->left_ms = h->table.left_ms;
	watch->canceled = h->table.canceled;
	watch->stopped = h->table.stopped;
	return net_connect(watch, where, out, err);
}

const struct brg_stream_service *stream_service(void)
{
	static const struct brg_stream_service service = {
		.size = sizeof(service),
		.version = 1,
		.connect = stream_connect,
		.starttls = net_starttls,
		.write = net_write,
		.peek = net_peek,
		.skip = net_skip,
		.flags = net_flags,
		.close = net_close,
	};

	return &service;
}
