/* SPDX-License-Identifier: Apache-2.0 */
#include "mail.h"

#include "moment.h"

#include <openssl/evp.h>
#include <stdlib.h>

#define CHANGES_MOST  512			  /* MaxSyncChangesReturnedType of the schema */
#define TOGETHER_MOST 10			  /* bodies of one request ... */
#define OCTETS_MOST   (UINT64_C(4) * 1024 * 1024) /* ... and about how large they may be */

bool mail_is(const xmlNode *item)
{
	static const char *const names[] = {
		"Message",	   "MeetingMessage",	  "MeetingRequest",
		"MeetingResponse", "MeetingCancellation", "Item"
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (soap_is(item, names[i]))
			return true;
	return false;
}

/* ---- weights --------------------------------------------------------------------------------*/

/* A hash will do: two mails of one hash are asked for with the weight of one. */
static uint64_t hash_of(struct brg_str id)
{
	uint64_t h = UINT64_C(14695981039346656037); /* FNV-1a */

	for (size_t i = 0; i < id.len; i++)
		h = (h ^ (unsigned char)id.ptr[i]) * UINT64_C(1099511628211);
	return h;
}

void mail_weigh_none(struct exchange *x)
{
	x->n_weights = 0;
}

void mail_weighs(struct exchange *x, struct brg_str id, uint64_t octets)
{
	if (x->n_weights < WEIGHTS_MOST)
		x->weights[x->n_weights++] = (struct weight){ hash_of(id), octets };
}

uint64_t mail_weight(const struct exchange *x, struct brg_str id)
{
	uint64_t hash = hash_of(id);

	for (size_t i = 0; i < x->n_weights; i++)
		if (x->weights[i].id == hash)
			return x->weights[i].octets;
	return UINT64_MAX / 1024;
}

/* ---- what has come --------------------------------------------------------------------------*/

static struct soap *sync_request(struct exchange *x, const struct brg_pull *req)
{
	struct soap *s = soap_new(x, "SyncFolderItems");

	soap_open(s, "ItemShape");
	soap_leaf(s, "t:BaseShape", brg_cstr("IdOnly"));
	soap_open(s, "t:AdditionalProperties");
	soap_empty(s, "t:FieldURI", "FieldURI", brg_cstr("item:Size"));
	soap_empty(s, "t:FieldURI", "FieldURI", brg_cstr("item:DateTimeReceived"));
	soap_empty(s, "t:FieldURI", "FieldURI", brg_cstr("item:Categories"));
	soap_close(s);
	soap_close(s);
	soap_open(s, "SyncFolderId");
	if (req->folder.len)
		soap_empty(s, "t:FolderId", "Id", req->folder);
	else
		mailbox_root(x, s, "inbox");
	soap_close(s);
	pull_range(s, req);
	return s;
}

struct arrivals {
	const xmlNode **items;
	struct brg_str *ids;
	uint8_t *states;
	size_t n;
};

static bool has(const struct arrivals *a, struct brg_str id)
{
	for (size_t i = 0; i < a->n; i++)
		if (brg_str_eq(a->ids[i], id))
			return true;
	return false;
}

/* An item may have come and changed in one page. */
static void list_changes(struct exchange *x, const xmlNode *changes, struct brg_arena *arena,
			 struct arrivals *a)
{
	size_t n = soap_count(changes);

	a->items = x->host->alloc(arena, (n + 1) * sizeof(*a->items));
	a->ids = x->host->alloc(arena, (n + 1) * sizeof(*a->ids));
	a->states = x->host->alloc(arena, n + 1);
	for (const xmlNode *c = soap_first(changes); c; c = soap_next(c)) {
		const xmlNode *item = soap_first(c);
		struct brg_str id = item_id(x, item);

		if (!(soap_is(c, "Create") || soap_is(c, "Update")) || !mail_is(item) || !id.len ||
		    has(a, id))
			continue;
		a->items[a->n] = item;
		a->ids[a->n++] = x->host->dup(arena, id.ptr, id.len);
	}
}

/* What was passed over is looked at again when its owner marks it. */
static bool is_wanted(int state, uint32_t flags)
{
	return state == BRG_UNKNOWN || state == BRG_DELETED ||
	       (state == BRG_SEEN && (flags & BRG_IS_TRACKED));
}

static void tell(struct exchange *x, const struct arrivals *a, struct brg_batch *out)
{
	for (size_t i = 0; i < a->n; i++) {
		uint32_t flags = item_flags(x, a->items[i]);
		struct brg_envelope *e;

		if (!is_wanted(a->states[i], flags))
			continue;
		e = out->add(out);
		e->remote_id = a->ids[i];
		e->flags = flags;
		e->octets = strtoull(soap_value_of(x, a->items[i], "Size").ptr, NULL, 10);
		if (!moment_read(x, soap_value_of(x, a->items[i], "DateTimeReceived"),
				 &e->received_us))
			e->received_us = 0;
		mail_weighs(x, e->remote_id, e->octets);
	}
}

int mail_pull(struct exchange *x, const struct brg_pull *req, struct brg_batch *out,
	      struct brg_err *err)
{
	struct brg_known_answer answer = { 0 };
	struct arrivals a = { .n = 0 };
	const xmlNode *changes;

	if (pull_ask(x, sync_request(x, req), out, &changes, err) < 0)
		return err->code;
	list_changes(x, changes, out->arena, &a);
	if (a.n &&
	    x->host->known(x->host->ctx, req->folder, a.ids, a.n, a.states, &answer, err) < 0)
		return err->code;
	mail_weigh_none(x);
	tell(x, &a, out);
	for (const xmlNode *c = soap_first(changes); c; c = soap_next(c))
		if (soap_is(c, "Delete") && !has(&a, item_id(x, c)))
			pull_gone(x, c, BRG_EMAIL, out);
	return 0;
}

/* ---- whole ----------------------------------------------------------------------------------*/

static void shape(const struct getting *g, struct soap *s)
{
	(void)g;
	soap_open(s, "ItemShape");
	soap_leaf(s, "t:BaseShape", brg_cstr("IdOnly"));
	soap_leaf(s, "t:IncludeMimeContent", brg_cstr("true"));
	soap_close(s);
}

#define PIECE 48000 /* of base64, a multiple of 4 */

/* False: it is no base64. */
static int decode(struct exchange *x, struct brg_str text, struct brg_blob *to, bool *good,
		  struct brg_err *err)
{
	unsigned char bytes[PIECE];
	EVP_ENCODE_CTX *ctx = EVP_ENCODE_CTX_new();
	int n = 0, rc = 0;

	if (!ctx)
		abort(); /* out of memory */
	EVP_DecodeInit(ctx);
	*good = true;
	for (size_t at = 0; at < text.len && *good && rc == 0; at += PIECE) {
		size_t k = text.len - at < PIECE ? text.len - at : PIECE;

		*good = EVP_DecodeUpdate(ctx, bytes, &n, (const unsigned char *)text.ptr + at,
					 (int)k) >= 0;
		if (*good && n > 0)
			rc = x->host->blob_add(to, bytes, (size_t)n, err);
	}
	*good = *good && EVP_DecodeFinal(ctx, bytes, &n) >= 0;
	EVP_ENCODE_CTX_free(ctx);
	return rc;
}

static int give(struct getting *g, const xmlNode *message, size_t which, struct brg_err *err)
{
	struct exchange *x = g->x;
	struct brg_sink *out = g->out;
	struct brg_item item = { .size = sizeof(item), .request = (uint32_t)which };
	const xmlNode *node = soap_first(soap_child(message, "Items"));
	struct brg_err why = BRG_ERR_INIT;
	struct brg_str mime;
	bool good;

	if (exchange_item_check(x, message, "GetItem", out->arena, &item.err, err) < 0)
		return err->code;
	if (!item.err) {
		mime = soap_value_of(x, node, "MimeContent");
		item.body = x->host->blob_new(x->host->ctx, out->arena);
		if (decode(x, mime, item.body, &good, err) < 0)
			return err->code;
		if (!mime.len || !good) {
			(void)brg_fail(&why, &ews_item_trouble, "operation=GetItem\ncode=%s",
				       "MimeContent");
			item.err = exchange_item_error(x, out->arena, &why);
		}
	}
	return out->item(out, &item, err);
}

/* As many as are not too large together. */
static size_t together(const struct exchange *x, const struct brg_get *req, size_t from)
{
	uint64_t sum = mail_weight(x, req->ids[from]);
	size_t n = 1;

	while (from + n < req->n && n < TOGETHER_MOST) {
		sum += mail_weight(x, req->ids[from + n]);
		if (sum > OCTETS_MOST)
			break;
		n++;
	}
	return n;
}

int mail_get(struct exchange *x, const struct brg_get *req, struct brg_sink *out,
	     struct brg_err *err)
{
	struct getting g = { .x = x, .req = req, .out = out, .shape = shape, .give = give };
	int rc = 0;

	for (size_t i = 0, n; i < req->n && rc == 0; i += n) {
		n = together(x, req, i);
		rc = getting_some(&g, i, n, err);
	}
	return rc;
}
