/* SPDX-License-Identifier: Apache-2.0
 *
 * What a connector hands over, which somebody else wrote: errors, batches, fates. What passes is
 * as the engine believes it to be; what does not is the contract's own error.
 */
#include "core/contract.h"
#include "core/faults.h"
#include "tests/fuzz/check_text.h"
#include "tests/plugins/plain.h"

#define ITEMS 8

static const struct brg_fault unlisted = { .code = "BRG-TEST-0002", .cls = BRG_EIO };
static const struct brg_plugin plugin = { BRG_PLUGIN_HEAD(BRG_CONNECTOR), PLAIN_MEMBERS("plain") };
static struct engine engine;
static struct visit visit = { .engine = &engine, .plugin = &plugin };

/* ---- the input, taken apart -----------------------------------------------------------------*/

struct input {
	const uint8_t *at;
	size_t n;
};

static uint8_t byte(struct input *in)
{
	if (in->n == 0)
		return 0;
	in->n--;
	return *in->at++;
}

static void fill(struct input *in, char *out, size_t n)
{
	memset(out, 0, n);
	n = n < in->n ? n : in->n;
	memcpy(out, in->at, n);
	in->at += n;
	in->n -= n;
}

/* Up to 255 bytes; a length of 255 is one that is too long. */
static struct brg_str text(struct input *in)
{
	size_t n = byte(in), have = n < in->n ? n : in->n;
	struct brg_str s = arena_dup(visit.batch, in->at, have);

	in->at += have;
	in->n -= have;
	if (n == 255) {
		s = (struct brg_str){ arena_alloc(visit.batch, 2000), 2000 };
		memset((char *)(uintptr_t)s.ptr, 'x', s.len);
	}
	return s;
}

static struct brg_err *error(struct input *in)
{
	static const struct brg_fault *const faults[] = { &plain_fault, &unlisted, NULL,
							  &fault_disk_full };
	struct brg_err *err = arena_alloc(visit.batch, sizeof(*err));
	uint8_t how = byte(in);

	err->size = sizeof(*err);
	err->fault = faults[how & 3];
	err->code = (int8_t)byte(in);
	err->scope = (int8_t)byte(in);
	err->retry = (int8_t)byte(in);
	fill(in, err->params, how & 4 ? sizeof(err->params) : byte(in));
	fill(in, err->said, how & 8 ? sizeof(err->said) : byte(in));
	return err;
}

/* ---- errors ---------------------------------------------------------------------------------*/

static void check_error(const struct brg_err *err)
{
	char sentence[600];

	PROMISE(err->fault && (faults_is(err->fault) || err->fault == &plain_fault));
	PROMISE(err->code < 0 && err->code >= BRG_EINTERNAL && err->code != BRG_EFENCED);
	PROMISE(err->code != BRG_ECANCELED || engine.stopping);
	PROMISE(err->scope >= BRG_SCOPE_MAILBOX && err->scope <= BRG_SCOPE_STORE);
	PROMISE(err->retry >= BRG_RETRY_LATER && err->retry <= BRG_RETRY_NEVER);
	PROMISE(memchr(err->params, '\0', sizeof(err->params)));
	PROMISE(memchr(err->said, '\0', sizeof(err->said)));
	check_text(brg_cstr(err->params), true);
	check_text(brg_cstr(err->said), false);
	check_text(brg_cstr(err_render(err, "sv", sentence, sizeof(sentence))), false);
}

static void check_answer(struct input *in)
{
	int rc = (int8_t)byte(in);
	struct brg_err *err = error(in), item;
	int cls;

	contract_item(&visit, err, "get", &item);
	check_error(&item);
	cls = contract_answer(&visit, rc, "pull", err);
	PROMISE((rc >= 0) == (cls == 0) && (cls == 0 || cls == err->code));
	if (cls < 0)
		check_error(err);
}

/* ---- mail that was handed over --------------------------------------------------------------*/

static void check_message(struct input *in)
{
	struct brg_recipient to[ITEMS] = { { 0 } };
	struct brg_message m = { .size = sizeof(m), .to = to };
	int fate = (int8_t)byte(in);

	m.fate = fate;
	m.n_to = byte(in) % (ITEMS + 1u);
	m.err = byte(in) & 1 ? error(in) : NULL;
	m.said = text(in);
	for (size_t i = 0; i < m.n_to; i++)
		to[i].err = byte(in) & 1 ? error(in) : NULL;
	contract_message(&visit, &m);
	PROMISE(m.fate == (fate == 0 || fate == 1 ? fate : BRG_FATE_UNKNOWN));
	check_text(m.said, false);
	if (m.err)
		check_error(m.err);
	for (size_t i = 0; i < m.n_to; i++)
		if (to[i].err)
			check_error(to[i].err);
}

/* ---- batches --------------------------------------------------------------------------------*/

static void check_envelope(const struct brg_envelope *e)
{
	PROMISE(e->remote_id.len >= 1 && e->remote_id.len <= 1024 && e->version.len <= 1024);
	PROMISE(e->op == BRG_PRESENT && e->kind == BRG_EMAIL);
	check_text(e->remote_id, false);
	check_text(e->version, false);
}

static void check_batch(struct input *in)
{
	struct brg_envelope envelopes[ITEMS] = { { 0 } }, *list[ITEMS];
	struct brg_pull asked = { .size = sizeof(asked), .max_items = byte(in) % ITEMS + 1u };
	struct brg_batch batch = { .size = sizeof(batch), .more = byte(in) & 1 };
	size_t n = byte(in) % (ITEMS + 1u);
	struct brg_err err = BRG_ERR_INIT;

	asked.cursor = text(in);
	batch.next_cursor = text(in);
	for (size_t i = 0; i < n; i++) {
		list[i] = &envelopes[i];
		envelopes[i].op = byte(in) & 7;
		envelopes[i].kind = byte(in) & 7;
		envelopes[i].remote_id = text(in);
		envelopes[i].version = text(in);
	}
	if (contract_batch(&visit, &asked, &batch, list, n, &err) < 0) {
		check_error(&err);
		return;
	}
	PROMISE(n <= asked.max_items);
	PROMISE(!batch.more || n || !brg_str_eq(asked.cursor, batch.next_cursor));
	for (size_t i = 0; i < n; i++) {
		check_envelope(list[i]);
		for (size_t k = 0; k < i; k++)
			PROMISE(!brg_str_eq(list[i]->remote_id, list[k]->remote_id));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct input in = { bytes, n };
	uint8_t how = byte(&in);

	visit.batch = arena_new();
	engine.stopping = how & 128;
	if (how % 3 == 0)
		check_answer(&in);
	else if (how % 3 == 1)
		check_message(&in);
	else
		check_batch(&in);
	arena_free(&visit.batch);
	return 0;
}
