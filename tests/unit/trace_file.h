/* SPDX-License-Identifier: Apache-2.0
 *
 * What `brygga visit --trace` wrote, to be played again by the fake host.
 */
#ifndef BRG_TRACE_FILE_H
#define BRG_TRACE_FILE_H

#include "fakehost.h"

#include <check.h>
#include <jansson.h>
#include <openssl/evp.h>
#include <stdio.h>

#define TRACE_MAX 64

struct trace_file {
	json_t *lines[TRACE_MAX]; /* own the texts */
	struct fake_exchange at[TRACE_MAX];
	char *headers[TRACE_MAX];
	unsigned char *bodies[TRACE_MAX]; /* that were no text */
	size_t n;
};

static inline const char *trace_text(const json_t *of, const char *name)
{
	return json_string_value(json_object_get(of, name));
}

/* The lines of its headers. */
static inline char *trace_headers(const json_t *list)
{
	char *all = calloc(1, 65536);
	const json_t *pair;
	size_t i;

	json_array_foreach(list, i, pair)(void)
		snprintf(all + strlen(all), 65536 - strlen(all), "%s: %s\n",
			 json_string_value(json_array_get(pair, 0)),
			 json_string_value(json_array_get(pair, 1)));
	return all;
}

static inline void trace_take(struct trace_file *t, const json_t *line)
{
	const json_t *sent = json_object_get(line, "request"),
		     *came = json_object_get(line, "answer");
	const char *coded = trace_text(came, "body64");
	struct fake_exchange *e = &t->at[t->n];

	*e = (struct fake_exchange){ .method = trace_text(sent, "method"),
				     .url = trace_text(sent, "url"),
				     .body = trace_text(sent, "body"),
				     .then = came ? FAKE_GO : FAKE_CLOSE };
	e->status = (int)json_integer_value(json_object_get(came, "status"));
	e->headers = t->headers[t->n] = trace_headers(json_object_get(came, "headers"));
	e->answer = trace_text(came, "body");
	e->answer_len = json_string_length(json_object_get(came, "body"));
	if (coded) {
		t->bodies[t->n] = malloc(strlen(coded) + 4);
		e->answer_len = (size_t)EVP_DecodeBlock(
			t->bodies[t->n], (const unsigned char *)coded, (int)strlen(coded));
		for (size_t k = strlen(coded); k && coded[k - 1] == '='; k--)
			e->answer_len--;
		e->answer = (const char *)t->bodies[t->n];
	}
}

static inline void trace_read(struct trace_file *t, const char *path)
{
	FILE *f = fopen(path, "r");

	ck_assert_ptr_nonnull(f);
	for (t->n = 0; t->n < TRACE_MAX; t->n++) {
		t->bodies[t->n] = NULL;
		t->lines[t->n] = json_loadf(f, JSON_DISABLE_EOF_CHECK, NULL);
		if (!t->lines[t->n])
			break;
		trace_take(t, t->lines[t->n]);
	}
	fclose(f);
}

static inline void trace_free(struct trace_file *t)
{
	for (size_t i = 0; i < t->n; i++) {
		json_decref(t->lines[i]);
		free(t->headers[i]);
		free(t->bodies[i]);
	}
}

#endif
