/* SPDX-License-Identifier: Apache-2.0
 *
 * A mail is made as a draft, with our mark and all recipients, and that draft is sent. SendItem
 * takes it away: a draft that is gone was sent if its copy lies among what was sent.
 */
#include "mail.h"

#include <openssl/evp.h>
#include <stdlib.h>

/* ---- drafts ---------------------------------------------------------------------------------*/

#define PIECE 30000 /* of a body, a multiple of 3 */

static char *read_all(struct exchange *x, struct brg_blob *body, struct brg_err *err)
{
	uint64_t n = x->host->blob_len(body);
	unsigned char *raw = malloc(PIECE);
	char *text = malloc(n / 3 * 4 + 8);
	size_t at = 0;
	int64_t got = 0;

	if (!raw || !text)
		abort(); /* out of memory */
	for (uint64_t from = 0; from < n && got >= 0; from += (uint64_t)got) {
		size_t have = 0;

		do {
			got = x->host->blob_read(body, from + have, raw + have, PIECE - have, err);
			have += got > 0 ? (size_t)got : 0;
		} while (got > 0 && have < PIECE);
		if (got >= 0) {
			at += (size_t)EVP_EncodeBlock((unsigned char *)text + at, raw, (int)have);
			got = (int64_t)have;
		}
		if (have == 0)
			break;
	}
	text[at] = '\0';
	free(raw);
	if (got >= 0)
		return text;
	free(text);
	return NULL;
}

static bool any_blind(const struct brg_message *m)
{
	for (size_t i = 0; i < m->n_to; i++)
		if (m->to[i].flags & BRG_RECIPIENT_BLIND)
			return true;
	return false;
}

/* Those that the message names are read from it; the others have to be told. */
static void write_blind(struct soap *s, const struct brg_message *m)
{
	if (!any_blind(m))
		return;
	soap_open(s, "t:BccRecipients");
	for (size_t i = 0; i < m->n_to; i++) {
		if (!(m->to[i].flags & BRG_RECIPIENT_BLIND))
			continue;
		soap_open(s, "t:Mailbox");
		soap_leaf(s, "t:EmailAddress", m->to[i].address);
		soap_close(s);
	}
	soap_close(s);
}

static struct soap *draft_request(struct exchange *x, const struct brg_message *m, const char *mime)
{
	struct soap *s = soap_new(x, "CreateItem");

	soap_attribute(s, "MessageDisposition", brg_cstr("SaveOnly"));
	soap_open(s, "SavedItemFolderId");
	mailbox_root(x, s, "drafts");
	soap_close(s);
	soap_open(s, "Items");
	soap_open(s, "t:Message");
	soap_open(s, "t:MimeContent");
	soap_attribute(s, "CharacterSet", brg_cstr("UTF-8"));
	soap_text(s, brg_cstr(mime));
	soap_close(s);
	item_stamp_write(s, &m->stamp);
	write_blind(s, m);
	soap_close(s);
	soap_close(s);
	return s;
}

int exchange_prepare(void *self, struct brg_message *m, struct brg_arena *arena,
		     struct brg_err *err)
{
	struct exchange *x = self;
	char *mime = read_all(x, m->body, err);
	xmlNode *message;
	struct brg_str id;
	struct soap *s;

	if (!mime)
		return err->code;
	s = draft_request(x, m, mime);
	free(mime);
	x->host->effect(x->host->ctx, "exchange.prepare");
	if (soap_ask(x, s, &message, err) < 0)
		return err->code;
	id = item_id(x, soap_first(soap_child(message, "Items")));
	if (!id.len)
		return brg_fail(err, &ews_missing, "operation=CreateItem\nelement=%s", "ItemId");
	m->new_id = x->host->dup(arena, id.ptr, id.len);
	return 0;
}

/* ---- sending --------------------------------------------------------------------------------*/

struct sending {
	struct exchange *x;
	struct brg_message *const *list;
	size_t n;
	struct brg_arena *arena;
	struct brg_str *keys; /* versions; empty: the draft is not there, or not to be sent */
	bool *lost;	      /* it is not there */
	bool *rubbish;	      /* it can never be sent */
};

static struct soap *look_request(struct sending *s)
{
	struct soap *r = soap_new(s->x, "GetItem");

	soap_open(r, "ItemShape");
	soap_leaf(r, "t:BaseShape", brg_cstr("IdOnly"));
	soap_close(r);
	soap_open(r, "ItemIds");
	for (size_t i = 0; i < s->n; i++)
		soap_empty(r, "t:ItemId", "Id", s->list[i]->draft);
	soap_close(r);
	return r;
}

static void refuse(struct sending *s, size_t i, const struct brg_err *why)
{
	s->list[i]->fate = BRG_FATE_NOT_SENT;
	if (why->code == BRG_ENOTFOUND)
		s->lost[i] = true;
	else
		s->list[i]->err = why;
	s->rubbish[i] = why->code != BRG_ENOTFOUND && why->retry == BRG_RETRY_NEVER;
}

static int look(struct sending *s, struct brg_err *err)
{
	xmlNode *answer, *message = NULL;

	if (soap_call(s->x, look_request(s), &answer, err) < 0)
		return err->code;
	for (size_t i = 0; i < s->n; i++) {
		const struct brg_err *own;

		if (soap_next_message(answer, "GetItem", &message, err) < 0)
			return err->code;
		if (exchange_item_check(s->x, message, "GetItem", s->arena, &own, err) < 0)
			return err->code;
		if (own) {
			refuse(s, i, own);
			continue;
		}
		s->keys[i] = item_version(s->x, soap_first(soap_child(message, "Items")), s->arena);
	}
	return 0;
}

static struct soap *send_request(struct sending *s, size_t *asked)
{
	struct soap *r = soap_new(s->x, "SendItem");

	soap_attribute(r, "SaveItemToFolder", brg_cstr("true"));
	soap_open(r, "ItemIds");
	for (size_t i = 0; i < s->n; i++) {
		if (!s->keys[i].len)
			continue;
		soap_open(r, "t:ItemId");
		soap_attribute(r, "Id", s->list[i]->draft);
		soap_attribute(r, "ChangeKey", s->keys[i]);
		soap_close(r);
		(*asked)++;
	}
	soap_close(r);
	soap_open(r, "SavedItemFolderId");
	mailbox_root(s->x, r, "sentitems");
	soap_close(r);
	return r;
}

static void set_fates(struct sending *s, int fate)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->keys[i].len)
			s->list[i]->fate = fate;
}

/* A server that answers that it refuses has sent nothing; of one that is heard no more nobody
 * knows. */
static bool is_refusal(const struct brg_err *err)
{
	return err->code != BRG_EIO && err->code != BRG_ETIMEDOUT && err->code != BRG_EPROTO;
}

static int send_all(struct sending *s, struct brg_err *err)
{
	xmlNode *answer, *message = NULL;
	size_t asked = 0;
	struct soap *r = send_request(s, &asked);

	if (!asked) {
		soap_free(r);
		return 0;
	}
	set_fates(s, BRG_FATE_UNKNOWN);
	s->x->host->effect(s->x->host->ctx, "exchange.send");
	if (soap_call(s->x, r, &answer, err) < 0) {
		if (is_refusal(err))
			set_fates(s, BRG_FATE_NOT_SENT);
		return err->code;
	}
	for (size_t i = 0; i < s->n; i++) {
		const struct brg_err *own;

		if (!s->keys[i].len)
			continue;
		if (soap_next_message(answer, "SendItem", &message, err) < 0)
			return err->code;
		if (exchange_item_check(s->x, message, "SendItem", s->arena, &own, err) < 0)
			return err->code;
		if (own)
			refuse(s, i, own);
		else
			s->list[i]->fate = BRG_FATE_SENT;
	}
	return 0;
}

/* ---- afterwards -----------------------------------------------------------------------------*/

struct finding {
	struct sending *s;
	const size_t *of;
};

static int on_found(void *arg, size_t which, const struct brg_envelope *e)
{
	struct finding *f = arg;
	const struct folder *at = mailbox_folder(f->s->x, e->folder);

	if (at && (strcmp(at->role, "sent") == 0 || strcmp(at->role, "outbox") == 0))
		f->s->list[f->of[which]]->fate = BRG_FATE_SENT;
	return 0;
}

/* Drafts that are gone: their copies tell that they were sent. */
static int find_lost(struct sending *s, struct brg_err *err)
{
	struct brg_stamp *stamps = s->x->host->alloc(s->arena, s->n * sizeof(*stamps));
	size_t *of = s->x->host->alloc(s->arena, s->n * sizeof(*of)), n = 0;
	struct finding f = { s, of };

	for (size_t i = 0; i < s->n; i++)
		if (s->lost[i]) {
			s->list[i]->fate = BRG_FATE_UNKNOWN;
			of[n] = i;
			stamps[n++] = s->list[i]->stamp;
		}
	return n ? exchange_find(s->x, BRG_KIND_BIT(BRG_EMAIL), stamps, n, s->arena, on_found, &f,
				 err)
		 : 0;
}

/* What can never be sent is no draft that anybody should find. */
static void clear_away(struct sending *s)
{
	struct brg_err ignored = BRG_ERR_INIT;
	struct soap *r = soap_new(s->x, "DeleteItem");
	xmlNode *answer;
	size_t n = 0;

	soap_attribute(r, "DeleteType", brg_cstr("MoveToDeletedItems"));
	soap_open(r, "ItemIds");
	for (size_t i = 0; i < s->n; i++)
		if (s->rubbish[i]) {
			soap_empty(r, "t:ItemId", "Id", s->list[i]->draft);
			n++;
		}
	soap_close(r);
	if (n)
		(void)soap_call(s->x, r, &answer, &ignored);
	else
		soap_free(r);
}

int exchange_send(void *self, struct brg_message *const *list, size_t n, struct brg_arena *arena,
		  struct brg_err *err)
{
	struct exchange *x = self;
	struct sending s = { .x = x, .list = list, .n = n, .arena = arena };

	s.keys = x->host->alloc(arena, n * sizeof(*s.keys));
	s.lost = x->host->alloc(arena, n * sizeof(*s.lost));
	s.rubbish = x->host->alloc(arena, n * sizeof(*s.rubbish));
	if (look(&s, err) < 0 || send_all(&s, err) < 0)
		return err->code;
	clear_away(&s);
	return find_lost(&s, err);
}
