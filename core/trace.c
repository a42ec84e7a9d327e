/* SPDX-License-Identifier: Apache-2.0 */
#include "core/trace.h"

#include "core/arena.h"
#include "core/net-private.h"
#include "core/utf8.h"

#include <brygga/sasl.h>

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <unistd.h>

static const struct brg_fault no_file = {
	.code = "BRG-TRACE-0001",
	.cls = BRG_EINVAL,
	.scope = BRG_SCOPE_STORE,
	.retry = BRG_RETRY_NEVER,
	.en = "the trace {path} cannot be written: {reason}",
	.sv = "spåret {path} kan inte skrivas: {reason}",
	.help = "Name a file that is not there yet, in a folder that you may write to. The visit itself "
		"does not depend on it.",
};
const struct brg_fault *const trace_faults[] = { &no_file, NULL };

struct trace {
	FILE *file;
	char *path;
	int sys; /* errno of the first failure */
	pthread_mutex_t lock;
};

struct trace_call {
	const struct brg_http_request *req;
	struct brg_arena *arena;
	int64_t began_ms;
	/* Where the body comes in pieces. */
	int (*chunk)(void *arg, struct brg_str bytes);
	void *arg;
	char *body;
	size_t n, room;
};

static int fail(const char *path, int sys, struct brg_err *err)
{
	return brg_fail(err, &no_file, "path=%.160s\nreason=%s", path, strerror(sys));
}

int trace_open(const char *path, struct trace **out, struct brg_err *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	struct trace *t;

	*out = NULL;
	if (fd < 0)
		return fail(path, errno, err);
	t = xcalloc(1, sizeof(*t));
	t->path = xstrdup(path);
	t->file = fdopen(fd, "w");
	if (!t->file)
		abort(); /* out of memory */
	pthread_mutex_init(&t->lock, NULL);
	*out = t;
	return 0;
}

int trace_close(struct trace **trace, struct brg_err *err)
{
	struct trace *t = *trace;
	int rc = 0;

	*trace = NULL;
	if (!t)
		return 0;
	if (fclose(t->file) != 0 && !t->sys)
		t->sys = errno;
	if (t->sys)
		rc = fail(t->path, t->sys, err);
	pthread_mutex_destroy(&t->lock);
	free(t->path);
	free(t);
	return rc;
}

/* ---- a call ---------------------------------------------------------------------------------*/

static int keep_chunk(void *arg, struct brg_str bytes)
{
	struct trace_call *c = arg;
	size_t n = bytes.len;

	if (n > TRACE_BODY_MAX - c->n)
		n = TRACE_BODY_MAX - c->n;
	if (c->n + n > c->room) {
		c->room = 2 * (c->n + n);
		c->body = xrealloc(c->body, c->room, 1);
	}
	memcpy(c->body + c->n, bytes.ptr, n);
	c->n += n;
	return c->chunk(c->arg, bytes);
}

struct trace_call *trace_begin(struct brg_http_request *req, struct brg_arena *arena)
{
	struct trace_call *c = arena_alloc(arena, sizeof(*c));

	*c = (struct trace_call){ .req = req,
				  .arena = arena,
				  .began_ms = net_now_ms(),
				  .chunk = req->chunk,
				  .arg = req->arg };
	if (req->chunk) {
		req->chunk = keep_chunk;
		req->arg = c;
	}
	return c;
}

static bool is_secret(const char *name)
{
	static const char *const names[] = { "authorization", "proxy-authorization", "cookie",
					     "set-cookie" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcasecmp(name, names[i]) == 0)
			return true;
	return false;
}

static json_t *text_of(const char *text)
{
	json_t *value = json_string(text);

	return value ? value : json_string("(no text)");
}

static json_t *headers_of(const struct brg_http_header *list, size_t n)
{
	json_t *all = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(all,
				      json_pack("[oo]", text_of(list[i].name),
						is_secret(list[i].name) ? json_string("(secret)")
									: text_of(list[i].value)));
	return all;
}

/* As text where it is some. */
static void put_body(json_t *to, struct brg_str body, struct brg_arena *arena)
{
	json_t *text = json_stringn(body.ptr ? body.ptr : "", body.len);
	size_t room = BRG_BASE64_ROOM(body.len);
	char *coded;

	if (text) {
		json_object_set_new(to, "body", text);
		return;
	}
	coded = arena_alloc(arena, room);
	brg_base64(coded, room, body.ptr, body.len);
	json_object_set_new(to, "body64", json_string(coded));
}

static json_t *line_of(const struct trace_call *c, const struct brg_http_answer *answer,
		       const struct brg_err *err)
{
	const struct brg_http_request *req = c->req;
	const char *method = req->method ? req->method : req->body.len ? "POST" : "GET";
	json_t *line = json_object(), *sent = json_object(), *came = json_object();

	json_object_set_new(sent, "method", text_of(method));
	json_object_set_new(sent, "url", text_of(req->url));
	json_object_set_new(sent, "headers", headers_of(req->headers, req->n_headers));
	put_body(sent, req->body, c->arena);
	json_object_set_new(line, "request", sent);
	if (answer) {
		json_object_set_new(came, "status", json_integer(answer->status));
		json_object_set_new(came, "headers",
				    headers_of(answer->headers, answer->n_headers));
		put_body(came, c->n ? (struct brg_str){ c->body, c->n } : answer->body, c->arena);
		json_object_set_new(line, "answer", came);
	} else {
		json_decref(came);
		json_object_set_new(line, "error", text_of(err->fault ? err->fault->code : ""));
	}
	json_object_set_new(line, "milliseconds", json_integer(net_now_ms() - c->began_ms));
	return line;
}

void trace_end(struct trace *t, struct trace_call *c, const struct brg_http_answer *answer,
	       const struct brg_err *err)
{
	json_t *line = line_of(c, answer, err);

	pthread_mutex_lock(&t->lock);
	if ((json_dumpf(line, t->file, JSON_COMPACT) < 0 || fputc('\n', t->file) == EOF ||
	     fflush(t->file) != 0) &&
	    !t->sys)
		t->sys = errno;
	pthread_mutex_unlock(&t->lock);
	json_decref(line);
	free(c->body);
	c->body = NULL;
}
