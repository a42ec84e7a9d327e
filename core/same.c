/* SPDX-License-Identifier: Apache-2.0 */
#include "core/same.h"

#include "core/body.h"

#include <jansson.h>
#include <openssl/evp.h>
#include <stdlib.h>

/* ---- the text below the header --------------------------------------------------------------*/

/* Lines may end in either way, and blank ones at the end come and go on the way. */
struct text_hash {
	EVP_MD_CTX *hash;
	bool below;	/* the header has ended */
	bool line_open; /* something stands in the present line */
	size_t pending; /* line ends that are not hashed yet */
};

static int put(void *arg, const void *p, size_t n, struct brg_err *err)
{
	struct text_hash *t = arg;
	const char *s = p;

	(void)err;
	for (size_t i = 0, run; i < n; i += run) {
		run = 1;
		if (s[i] == '\r')
			continue;
		if (!t->below) {
			t->below = s[i] == '\n' && !t->line_open;
			t->line_open = s[i] != '\n';
			continue;
		}
		if (s[i] == '\n') {
			t->pending++;
			continue;
		}
		for (; t->pending; t->pending--)
			EVP_DigestUpdate(t->hash, "\n", 1);
		while (i + run < n && s[i + run] != '\n' && s[i + run] != '\r')
			run++;
		EVP_DigestUpdate(t->hash, s + i, run);
	}
	return 0;
}

static int hash_blob(struct brg_blob *blob, unsigned char out[32], struct brg_err *err)
{
	struct text_hash t = { .hash = EVP_MD_CTX_new() };
	char piece[16384];
	uint64_t at = 0;
	int64_t n;

	EVP_DigestInit_ex(t.hash, EVP_sha256(), NULL);
	while ((n = blob_read(blob, at, piece, sizeof(piece), err)) > 0) {
		put(&t, piece, (size_t)n, err);
		at += (uint64_t)n;
	}
	EVP_DigestFinal_ex(t.hash, out, NULL);
	EVP_MD_CTX_free(t.hash);
	return (int)n;
}

static int hash_stored(struct store *store, const struct brg_sha *sha, unsigned char out[32],
		       struct brg_err *err)
{
	struct text_hash t = { .hash = EVP_MD_CTX_new() };
	int rc;

	EVP_DigestInit_ex(t.hash, EVP_sha256(), NULL);
	rc = body_read(store, sha, put, &t, err);
	EVP_DigestFinal_ex(t.hash, out, NULL);
	EVP_MD_CTX_free(t.hash);
	return rc;
}

/* ---- comparing ------------------------------------------------------------------------------*/

static bool same_text(const json_t *fields, const char *name, struct brg_str value)
{
	const json_t *v = json_object_get(fields, name);

	return brg_str_eq((struct brg_str){ json_string_value(v), json_string_length(v) }, value);
}

static bool same_header(const struct brg_record_row *r, const struct mime_header *h,
			bool *same_sender)
{
	json_t *fields = json_loadb(r->fields.ptr, r->fields.len, 0, NULL);
	bool same = same_text(fields, "subject", h->subject) &&
		    json_integer_value(json_object_get(fields, "date_us")) == h->date_us;

	*same_sender = same_text(fields, "from", h->from_address);
	json_decref(fields);
	return same && *same_sender;
}

int same_find(struct store *store, struct brg_str key, const struct mime_header *h,
	      struct brg_blob *body, bool apart, struct brg_arena *scratch, struct same *out,
	      struct brg_err *err)
{
	struct brg_query q = { .size = sizeof(q), .what = BRG_READ_RECORDS, .text = key };
	unsigned char ours[32], theirs[32];
	bool hashed = false;
	struct brg_row *rows;
	size_t n;

	*out = (struct same){ 0 };
	if (key.len == 0)
		return 0;
	if (store_all(store, &q, scratch, &rows, &n, err) < 0)
		return err->code;
	out->n = (int64_t)n;
	for (size_t i = 0; i < n && !out->found; i++) {
		const struct brg_record_row *r = &rows[i].u.record;
		bool sender, sent = r->direction == BRG_OUTBOUND;
		bool same = same_header(r, h, &sender);

		if (sent && sender) {
			out->sent = true;
			out->sent_record = r->id;
		}
		if (!same || (sent && apart))
			continue;
		if (!sent) {
			if (!body)
				return SAME_WANTS_BODY;
			if (!hashed && hash_blob(body, ours, err) < 0)
				return err->code;
			hashed = true;
			if (hash_stored(store, &r->body, theirs, err) < 0)
				return err->code;
			if (memcmp(ours, theirs, sizeof(ours)) != 0)
				continue;
		}
		out->found = true;
		out->record = *r;
	}
	return 0;
}
