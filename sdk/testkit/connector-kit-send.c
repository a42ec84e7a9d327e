/* SPDX-License-Identifier: Apache-2.0
 *
 * How a connector sends: each mail is settled, and a draft goes once.
 */
#include "connector-kit-private.h"

#include <stdio.h>

#define OUTGOING BRG_LANE_BIT(BRG_OUTGOING)

static bool can_send(const struct brg_connector *ops)
{
	return BRG_HAS(ops, brg_connector, send);
}

static bool has_drafts(const struct brg_connector *ops)
{
	return can_send(ops) && (ops->caps & BRG_CAP_DRAFT) &&
	       BRG_HAS(ops, brg_connector, prepare) && BRG_HAS(ops, brg_connector, find);
}

/* A mail of the harness's sender to its recipient; NULL: told. */
static struct brg_message *mail(struct ckit *k, uint8_t number)
{
	const struct connector_kit *h = k->harness;
	struct brg_message *m = ckit_alloc(k, sizeof(*m));
	char text[1024];
	int n;

	*m = (struct brg_message){ .size = sizeof(*m), .sender = h->sender, .n_to = 1 };
	m->stamp = (struct brg_stamp){ { { 1 } }, { { 2 } }, { { 3, number } }, 1 };
	m->to = ckit_alloc(k, sizeof(*m->to));
	*m->to = (struct brg_recipient){ .size = sizeof(*m->to), .address = h->recipient };
	n = snprintf(text, sizeof(text),
		     "From: <%.*s>\r\nTo: <%.*s>\r\nSubject: Kit %d\r\n"
		     "Date: Mon, 30 Nov 2026 10:00:00 +0000\r\nMessage-ID: <kit.%d@example.com>\r\n"
		     "\r\nOf the kit.\r\n.\r\n",
		     (int)h->sender.len, h->sender.ptr, (int)h->recipient.len, h->recipient.ptr,
		     number, number);
	m->body = k->s.host->blob_new(k->s.host->ctx, k->s.arena);
	if (n < 0 || k->s.host->blob_add(m->body, text, (size_t)n, &k->err) < 0) {
		ckit_fail(k, __FILE__, __LINE__, "the mail could not be made");
		return NULL;
	}
	return m;
}

static void prepare(struct ckit *k, struct brg_message *m)
{
	if (!has_drafts(k->ops))
		return;
	CHECK_OK(k, k->ops->prepare(k->s.self, m, k->s.arena, &k->err));
	CHECK(k, m->err == NULL && m->new_id.len > 0);
	CHECK(k, m->fate == BRG_FATE_NOT_SENT);
	m->draft = m->new_id;
}

static void mails_are_settled(struct ckit *k)
{
	struct brg_message *list[2];

	for (uint8_t i = 0; i < 2; i++) {
		list[i] = mail(k, (uint8_t)(i + 1));
		CHECK_STILL(k);
		prepare(k, list[i]);
		CHECK_STILL(k);
	}
	CHECK_OK(k, k->ops->send(k->s.self, list, 2, k->s.arena, &k->err));
	for (int i = 0; i < 2; i++) {
		CHECK(k, list[i]->err == NULL);
		CHECK(k, list[i]->fate == BRG_FATE_SENT);
		CHECK(k, list[i]->to[0].err == NULL);
	}
}

/* Whoever takes over does not know that it went: it is found, or nobody knows; it does not go
 * again. */
static void a_draft_goes_once(struct ckit *k)
{
	struct brg_message *m = mail(k, 3), *again = mail(k, 3);

	CHECK_STILL(k);
	prepare(k, m);
	CHECK_STILL(k);
	CHECK_OK(k, k->ops->send(k->s.self, &m, 1, k->s.arena, &k->err));
	CHECK(k, m->fate == BRG_FATE_SENT);
	again->draft = m->draft;
	CHECK_OK(k, k->ops->send(k->s.self, &again, 1, k->s.arena, &k->err));
	CHECK(k, again->fate == BRG_FATE_SENT || again->fate == BRG_FATE_UNKNOWN);
}

/* A draft that lies there is found by its stamp. That it was not sent by that, the harness sees. */
static void drafts_are_found(struct ckit *k)
{
	struct brg_message *m = mail(k, 4);

	CHECK_STILL(k);
	prepare(k, m);
	CHECK_STILL(k);
	(void)ckit_find_first(k, BRG_EMAIL, &m->stamp, 1);
}

const struct ckit_case ckit_send_cases[] = {
	{ "mails-are-settled", OUTGOING, can_send, mails_are_settled },
	{ "a-draft-goes-once", OUTGOING, has_drafts, a_draft_goes_once },
	{ "drafts-are-found", OUTGOING, has_drafts, drafts_are_found },
	{ 0 },
};
