/* SPDX-License-Identifier: Apache-2.0
 *
 * Connections: the service "stream" (brygga/host.h) without a host. One trust store per
 * process and CA setting; TLS sessions are resumed. A stream belongs to one thread.
 */
#ifndef BRG_CORE_NET_H
#define BRG_CORE_NET_H

#include <brygga/host.h>

/* Whose deadline and cancellation a stream obeys; must outlive it. */
struct net_watch {
	void *ctx;
	int64_t (*left_ms)(void *ctx);
	bool (*canceled)(void *ctx);
	int (*stopped)(void *ctx, struct brg_err *err);
};

/* Once, before threads start. */
int net_init(struct brg_err *err);

/* The slots of struct brg_stream_service; see there. */
int net_connect(const struct net_watch *watch, const struct brg_endpoint *where,
		struct brg_stream **out, struct brg_err *err);
int net_starttls(struct brg_stream *s, struct brg_err *err);
int net_write(struct brg_stream *s, const void *p, size_t n, struct brg_err *err);
int net_peek(struct brg_stream *s, size_t have, struct brg_str *out, struct brg_err *err);
void net_skip(struct brg_stream *s, size_t n);
unsigned net_flags(const struct brg_stream *s);
void net_close(struct brg_stream *s);

extern const struct brg_fault *const net_faults[];

#endif
