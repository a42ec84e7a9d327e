/* SPDX-License-Identifier: Apache-2.0
 *
 * What went over the wire, for people (`brygga visit --trace FILE`) and to be played again in
 * tests: one line of JSON for each request with its answer. Logins and cookies are left out; what
 * mailboxes hold is not, so the file is for its reader only.
 */
#ifndef BRG_CORE_TRACE_H
#define BRG_CORE_TRACE_H

#include <brygga/http.h>

#define TRACE_BODY_MAX (4 * 1024 * 1024) /* bytes of an answer that came in pieces */

struct trace;
struct trace_call;

/* A new file that nobody else may read; one that is there is not touched. */
int trace_open(const char *path, struct trace **out, struct brg_err *err);
/* The first failure to write is told here. */
int trace_close(struct trace **trace, struct brg_err *err);

/* The request is about to be sent: it gets a chunk() in front of its own, where it has one. */
struct trace_call *trace_begin(struct brg_http_request *req, struct brg_arena *arena);
/* answer NULL: it failed with err. Any thread. */
void trace_end(struct trace *trace, struct trace_call *call, const struct brg_http_answer *answer,
	       const struct brg_err *err);

extern const struct brg_fault *const trace_faults[];

#endif
