/* SPDX-License-Identifier: Apache-2.0 */
#include "core/contract.h"

#include "core/faults.h"
#include "core/utf8.h"

#include <stdlib.h>

#define REMOTE_ID_MAX 1024
#define CURSOR_MAX    (1024 * 1024)
#define SAID_MAX      1024

static const struct brg_fault broken_contract = {
	.code = "BRG-CORE-0020",
	.cls = BRG_EPROTO,
	.scope = BRG_SCOPE_MAILBOX,
	.retry = BRG_RETRY_LATER,
	.en = "the connector {connector} broke its contract in {where}; nothing of it was stored",
	.sv = "anslutningen {connector} bröt mot sitt kontrakt i {where}; inget av det lagrades",
	.help = "A connector gave ids that are empty, too long, no text or not unique, promised "
		"more without a step forward, answered for an item that was not asked for, left one "
		"unanswered, or failed without a reason that it may give. This is a bug in the "
		"connector: run its conformance test and tell its author.",
};

const struct brg_fault *const contract_faults[] = { &broken_contract, NULL };

int contract_broken(const struct visit *v, const char *where, struct brg_err *err)
{
	return brg_fail(err, &broken_contract, "connector=%s\nwhere=%s", v->plugin->name, where);
}

static bool good_text(struct brg_str s, size_t max)
{
	return (s.len == 0 || s.ptr) && s.len <= max && utf8_plain(s);
}

/* ---- errors ---------------------------------------------------------------------------------*/

/* A row of the plugin or of the catalogue; any other pointer may lead nowhere. */
static bool known_fault(const struct visit *v, const struct brg_fault *fault)
{
	for (size_t i = 0; v->plugin->faults && v->plugin->faults[i]; i++)
		if (v->plugin->faults[i] == fault)
			return true;
	return faults_is(fault);
}

static bool may_give(const struct visit *v, int cls)
{
	if (cls == BRG_ECANCELED)
		return atomic_load_explicit(&v->engine->stopping, memory_order_relaxed);
	return cls < 0 && cls >= BRG_EINTERNAL && cls != BRG_EFENCED;
}

/* The parameters are lines; what is between their ends must be text. */
static void repair_lines(char *text)
{
	for (char *line = text; *line;) {
		size_t n = strcspn(line, "\n");

		utf8_repair(line, n);
		line += n + (line[n] == '\n');
	}
}

/* False: it is no error that a connector may give. */
static bool put_right(const struct visit *v, int cls, struct brg_err *err)
{
	if (!may_give(v, cls) || !err->fault || !known_fault(v, err->fault))
		return false;
	err->code = cls;
	if (err->scope < BRG_SCOPE_MAILBOX || err->scope > BRG_SCOPE_STORE)
		err->scope = BRG_SCOPE_MAILBOX;
	if (err->retry < BRG_RETRY_LATER || err->retry > BRG_RETRY_NEVER)
		err->retry = BRG_RETRY_LATER;
	err->params[sizeof(err->params) - 1] = err->said[sizeof(err->said) - 1] = '\0';
	repair_lines(err->params);
	utf8_repair(err->said, strlen(err->said));
	return true;
}

int contract_answer(const struct visit *v, int rc, const char *where, struct brg_err *err)
{
	if (rc >= 0)
		return 0;
	return put_right(v, rc, err) ? rc : contract_broken(v, where, err);
}

void contract_item(const struct visit *v, const struct brg_err *given, const char *where,
		   struct brg_err *err)
{
	*err = *given;
	if (!put_right(v, given->code, err)) {
		contract_broken(v, where, err);
		err->scope = BRG_SCOPE_ITEM;
	}
}

/* ---- mail that was handed over --------------------------------------------------------------*/

static const struct brg_err *put_right_copy(const struct visit *v, const struct brg_err *given)
{
	struct brg_err *err = given ? arena_alloc(v->batch, sizeof(*err)) : NULL;

	if (given)
		contract_item(v, given, "send", err);
	return err;
}

void contract_message(const struct visit *v, struct brg_message *m)
{
	if (m->fate != BRG_FATE_NOT_SENT && m->fate != BRG_FATE_SENT)
		m->fate = BRG_FATE_UNKNOWN;
	m->err = put_right_copy(v, m->err);
	for (size_t i = 0; i < m->n_to; i++)
		m->to[i].err = put_right_copy(v, m->to[i].err);
	if (!good_text(m->said, SAID_MAX))
		m->said = (struct brg_str){ "", 0 };
}

/* ---- batches --------------------------------------------------------------------------------*/

static bool good_envelope(const struct visit *v, const struct brg_envelope *e)
{
	if (e->op == BRG_GONE && (v->plugin->connector->caps & BRG_CAP_DELETE_EVENTS))
		return e->remote_id.len && good_text(e->remote_id, REMOTE_ID_MAX);
	return e->remote_id.len && good_text(e->remote_id, REMOTE_ID_MAX) &&
	       good_text(e->version, REMOTE_ID_MAX) && (e->header.len == 0 || e->header.ptr) &&
	       e->op == BRG_PRESENT && e->kind == BRG_EMAIL;
}

static int by_id(const void *a, const void *b)
{
	const struct brg_str *x = &(*(struct brg_envelope *const *)a)->remote_id;
	const struct brg_str *y = &(*(struct brg_envelope *const *)b)->remote_id;
	int c = memcmp(x->ptr, y->ptr, x->len < y->len ? x->len : y->len);

	return c ? c : (x->len > y->len) - (x->len < y->len);
}

static bool any_twice(const struct visit *v, struct brg_envelope *const *list, size_t n)
{
	struct brg_envelope **sorted = arena_alloc(v->batch, (n + 1) * sizeof(*sorted));

	if (n)
		memcpy(sorted, list, n * sizeof(*sorted));
	qsort(sorted, n, sizeof(*sorted), by_id);
	for (size_t i = 1; i < n; i++)
		if (brg_str_eq(sorted[i - 1]->remote_id, sorted[i]->remote_id))
			return true;
	return false;
}

/* What holds for the listing as a whole. */
static bool good_listing(const struct visit *v, const struct brg_pull *asked,
			 const struct brg_batch *batch, struct brg_envelope *const *list, size_t n)
{
	struct brg_str next = batch->next_cursor;

	if (n > asked->max_items || next.len > CURSOR_MAX || (next.len && !next.ptr))
		return false;
	if (batch->more && n == 0 && brg_str_eq(next, asked->cursor))
		return false;
	return !any_twice(v, list, n);
}

int contract_batch(const struct visit *v, const struct brg_pull *asked,
		   const struct brg_batch *batch, struct brg_envelope *const *list, size_t n,
		   struct brg_err *err)
{
	for (size_t i = 0; i < n; i++)
		if (!good_envelope(v, list[i]))
			return contract_broken(v, "pull", err);
	return good_listing(v, asked, batch, list, n) ? 0 : contract_broken(v, "pull", err);
}

/* ---- pages of the lane act ------------------------------------------------------------------*/

static bool good_line(const struct visit *v, const struct brg_envelope *e)
{
	uint32_t mail = BRG_KIND_BIT(BRG_EMAIL);

	if (!e->remote_id.len || !good_text(e->remote_id, REMOTE_ID_MAX) ||
	    !good_text(e->version, REMOTE_ID_MAX) || !good_text(e->uid, REMOTE_ID_MAX))
		return false;
	if (e->op == BRG_GONE)
		return true;
	return e->op == BRG_PRESENT && e->kind <= BRG_APPOINTMENT &&
	       (v->plugin->connector->kinds & ~mail & BRG_KIND_BIT(e->kind));
}

int contract_page(const struct visit *v, const struct brg_pull *asked,
		  const struct brg_batch *batch, struct brg_envelope *const *list, size_t n,
		  struct brg_err *err)
{
	for (size_t i = 0; i < n; i++) {
		struct brg_err *copy;

		if (!good_line(v, list[i]))
			return contract_broken(v, "pull", err);
		if (!list[i]->err)
			continue;
		copy = arena_alloc(v->batch, sizeof(*copy));
		contract_item(v, list[i]->err, "pull", copy);
		list[i]->err = copy;
	}
	return good_listing(v, asked, batch, list, n) ? 0 : contract_broken(v, "pull", err);
}
