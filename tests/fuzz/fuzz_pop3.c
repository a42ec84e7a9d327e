/* SPDX-License-Identifier: Apache-2.0
 *
 * The POP3 connector against a server that says anything. The first four bytes choose
 * how the visit is made, the rest is what the server says. Each input runs twice, in
 * different pieces: what comes out must not depend on how the bytes arrive.
 */
#include "sdk/testkit/fakehost.h"
#include "tests/fuzz/fuzz.h"

brg_plugin_entry_fn pop3_LTX_brg_plugin_entry;

#define PULLS 20

struct visit {
	struct fakehost *fh;
	const struct brg_connector *c;
	void *self;
	const uint8_t *how;
	uint64_t sum; /* of all that came out */
	struct brg_str ids[8];
	size_t n_ids;
};

static void add(struct visit *v, const void *p, size_t n)
{
	const unsigned char *s = p;

	for (size_t i = 0; i < n; i++)
		v->sum = (v->sum ^ s[i]) * UINT64_C(1099511628211);
	v->sum = (v->sum ^ n) * UINT64_C(1099511628211);
}

static int answer(struct visit *v, int rc, const struct brg_err *err)
{
	add(v, &rc, sizeof(rc));
	if (rc >= 0)
		return rc;
	PROMISE(err->code == rc && err->fault && err->fault->cls == rc);
	/* What was said before there was a token is no echo of it. */
	PROMISE(((v->how[0] & 128) && v->fh->token_asked == 0) ||
		(!strstr(err->said, "s3cr3t") && !strstr(err->params, "s3cr3t")));
	add(v, err->said, strlen(err->said));
	return rc;
}

static void check_mail(struct visit *v, struct brg_str mail)
{
	const char *nl = mail.ptr, *end = mail.ptr + mail.len;

	while (nl < end && (nl = memchr(nl, '\n', (size_t)(end - nl)))) {
		PROMISE(nl > mail.ptr && nl[-1] == '\r');
		nl++;
	}
	PROMISE(mail.len == 0 || end[-1] == '\n');
	add(v, mail.ptr, mail.len);
}

static void check_envelope(struct visit *v, const struct brg_envelope *env)
{
	PROMISE(env->remote_id.len >= 1 && env->remote_id.len <= 1024);
	for (size_t i = 0; i < env->remote_id.len; i++)
		PROMISE(env->remote_id.ptr[i] > ' ' && env->remote_id.ptr[i] <= '~');
	PROMISE(!env->err || (!env->body && env->err->scope == BRG_SCOPE_ITEM));
	add(v, env->remote_id.ptr, env->remote_id.len);
	add(v, env->header.ptr, env->header.len);
	add(v, &env->octets, sizeof(env->octets));
	if (env->body)
		check_mail(v, fakehost_bytes(env->body));
}

static void take_batch(struct visit *v)
{
	struct fakehost *fh = v->fh;

	PROMISE(fh->batch.next_cursor.len <= 128);
	for (size_t i = 0; i < fh->n_envelopes; i++) {
		const struct brg_envelope *env = fh->envelopes[i];

		check_envelope(v, env);
		for (size_t k = 0; k < i; k++)
			PROMISE(!brg_str_eq(env->remote_id, fh->envelopes[k]->remote_id));
		if (v->n_ids < 8)
			v->ids[v->n_ids++] = fh->host.dup(fakehost_arena(fh), env->remote_id.ptr,
							  env->remote_id.len);
	}
}

static int pulls(struct visit *v, struct brg_err *err)
{
	char cursor[160] = "";
	struct brg_pull req = { .size = sizeof(req),
				.want = v->how[1] & 3u,
				.max_items = v->how[2] % 8u + 1,
				.max_bytes = 1000 };
	int rc;

	req.max_octets = v->how[1] & 4 ? 40 : 0;
	if (v->how[1] & 8)
		(void)snprintf(cursor, sizeof(cursor), "v1 0 x");
	for (int i = 0; i < PULLS; i++) {
		req.cursor = brg_cstr(cursor);
		rc = answer(v, v->c->pull(v->self, &req, fakehost_batch(v->fh), err), err);
		if (rc < 0)
			return rc;
		take_batch(v);
		(void)snprintf(cursor, sizeof(cursor), "%.*s", (int)v->fh->batch.next_cursor.len,
			       v->fh->batch.next_cursor.ptr);
		if (!v->fh->batch.more)
			return 0;
		if ((v->how[1] & 16) && i == 1)
			return 0;
	}
	return 0;
}

static int chosen(struct visit *v, struct brg_err *err)
{
	struct brg_get req = {
		.size = sizeof(req), .want = BRG_WANT_BODY, .ids = v->ids, .n = v->n_ids
	};
	int rc;

	req.max_octets = v->how[1] & 4 ? 40 : 0;
	rc = answer(v, v->c->get(v->self, &req, fakehost_sink(v->fh), err), err);
	for (size_t i = 0; i < v->fh->n_items; i++) {
		const struct fake_item *item = &v->fh->items[i];

		PROMISE(item->request < v->n_ids && item->has_body != item->failed);
		if (item->has_body)
			check_mail(v, item->body);
	}
	PROMISE(rc < 0 || v->fh->n_items == v->n_ids);
	return rc;
}

static int deletes(struct visit *v, struct brg_err *err)
{
	struct brg_push ops[8];

	memset(ops, 0, sizeof(ops));
	for (size_t i = 0; i < v->n_ids; i++) {
		ops[i].size = sizeof(ops[i]);
		ops[i].type = BRG_DELETE;
		ops[i].remote_id = v->ids[i];
	}
	return answer(v, v->c->push(v->self, ops, v->n_ids, fakehost_arena(v->fh), err), err);
}

/* Clear text or STLS, with a password or with a token. */
static const char *const settings[] = {
	"host=::1\ntls=none\nusername=ann\npassword=s3cr3t\n",
	"host=::1\ntls=starttls\nusername=ann\npassword=s3cr3t\n",
	"host=::1\ntls=none\nusername=ann\noauth=sign-in\n",
	"host=::1\ntls=starttls\nusername=ann\noauth=sign-in\n",
};

static uint64_t visit(const uint8_t *how, const uint8_t *bytes, size_t n, size_t chunk)
{
	const struct brg_plugin *plugin = pop3_LTX_brg_plugin_entry();
	struct visit v = { .fh = fakehost_new(), .c = plugin->connector, .how = how };
	struct brg_err err = BRG_ERR_INIT;
	int rc;

	v.fh->chunk = chunk;
	v.fh->tokens = "s3cr3t";
	v.self = fakehost_instance(v.fh, plugin, settings[(how[0] & 1) + (how[0] & 128 ? 2 : 0)]);
	if (how[0] & 2)
		fakehost_set_state(
			v.fh, "capa",
			how[0] & 1 ? "v1 1699999999000000 ::1:110:1 0 CAPA PLAIN PIPELINING TOP"
				   : "v1 1699999999000000 ::1:110:2 0 PLAIN PIPELINING UIDL");
	if (how[0] & 4)
		fakehost_know(v.fh, "old", BRG_LINKED);
	if (how[0] & 8)
		fakehost_set_state(v.fh, "cut", "3 a");
	fakehost_feed(v.fh, bytes, n);
	rc = answer(&v, v.c->open(v.self, &v.fh->host, &err), &err);
	if (rc == 0)
		rc = pulls(&v, &err);
	if (rc == 0 && (how[0] & 16))
		rc = chosen(&v, &err);
	if (rc == 0 && (how[0] & 32))
		rc = deletes(&v, &err);
	if (rc == 0 && (how[0] & 64))
		rc = pulls(&v, &err);
	if (rc == 0)
		(void)answer(&v, v.c->finish(v.self, &err), &err);
	v.c->close(v.self);
	fakehost_drop(v.self);
	fakehost_free(v.fh);
	return v.sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	if (n < 4)
		return 0;
	PROMISE(visit(bytes, bytes + 4, n - 4, 0) ==
		visit(bytes, bytes + 4, n - 4, bytes[3] % 16 + 1));
	return 0;
}
