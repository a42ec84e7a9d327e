/* SPDX-License-Identifier: Apache-2.0
 *
 * The SMTP connector against a server that says anything. The first six bytes choose how the
 * visit is made, the rest is what the server says, with 0x1e between connections. Each input runs
 * twice, in different pieces. At every write all that was heard must have been whole replies and
 * the fates of all mails true; in the end they are held against a plain reading of what was said.
 */
#include "sdk/testkit/fakehost.h"
#include "tests/fuzz/smtp_model.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <strings.h>

brg_plugin_entry_fn smtp_LTX_brg_plugin_entry;

#define HOW	 6
#define LINKS	 8
#define PASSWORD "s3cr3t"
#define TOKEN	 "t0k3n-of-ann-0123456789"

/* One connection. */
struct link {
	struct brg_str said; /* will be said over it */
	size_t heard;	     /* so much of that was skipped over */
	char *sent;
	size_t n_sent;
};

struct visit {
	struct fakehost *fh;
	const struct brg_connector *c;
	void *self;
	const uint8_t *how;
	uint64_t sum; /* of all that came out */
	struct brg_str rest;
	struct link links[LINKS];
	size_t n_links, writes;
	struct brg_message *mails[MODEL_MAILS]; /* by the number in their content */
	bool ended[MODEL_MAILS];		/* the last byte of it went out */
	bool secret, opened, broken;
};

static const struct brg_fault line_cut = { .code = "BRG-FAKE-0010",
					   .cls = BRG_EIO,
					   .en = "the line was cut",
					   .sv = "ledningen klipptes av",
					   .help = "A test wanted it so." };
static const struct brg_fault line_silent = { .code = "BRG-FAKE-0011",
					      .cls = BRG_ETIMEDOUT,
					      .en = "nothing more comes",
					      .sv = "inget mer kommer",
					      .help = "A test wanted it so." };

/* ---- chance, and slow sums ------------------------------------------------------------------*/

/* In place of OpenSSL's: a nonce that the corpus can know, and rounds that cost nothing. */
int RAND_bytes(unsigned char *p, int n)
{
	memset(p, 'n', (size_t)n);
	return 1;
}

int PKCS5_PBKDF2_HMAC(const char *pass, int passlen, const unsigned char *salt, int saltlen,
		      int iter, const EVP_MD *digest, int keylen, unsigned char *out)
{
	unsigned char sum[EVP_MAX_MD_SIZE];
	unsigned n = sizeof(sum);

	PROMISE(iter >= 4096 && iter <= 1000000 && saltlen > 0);
	PROMISE(HMAC(digest, pass, passlen, salt, (size_t)saltlen, sum, &n) && (int)n >= keylen);
	memcpy(out, sum, (size_t)keylen);
	return 1;
}

/* ---- the wire, watched ----------------------------------------------------------------------*/

static struct visit *the_visit;
static const struct brg_stream_service *real;
static const void *(*real_service)(void *ctx, const char *name, uint32_t version);

static struct link *link_now(void)
{
	return &the_visit->links[the_visit->n_links - 1];
}

static int watch_connect(void *ctx, const struct brg_endpoint *where, struct brg_stream **out,
			 struct brg_err *err)
{
	struct visit *v = the_visit;
	const char *end = v->rest.len ? memchr(v->rest.ptr, 0x1e, v->rest.len) : NULL;
	struct link *l = &v->links[v->n_links];

	if (!v->rest.len || v->n_links == LINKS)
		return brg_fail(err, &line_cut, "%s", "");
	v->n_links++;
	l->said = (struct brg_str){ v->rest.ptr, end ? (size_t)(end - v->rest.ptr) : v->rest.len };
	v->rest.ptr += l->said.len + (end != NULL);
	v->rest.len -= l->said.len + (end != NULL);
	fakehost_feed(v->fh, l->said.ptr, l->said.len);
	return real->connect(ctx, where, out, err);
}

static bool may_pipeline(const struct visit *v, struct brg_str said)
{
	static const char word[] = "pipelining";

	for (size_t i = 0; !(v->how[1] & 2) && i + sizeof(word) <= said.len; i++)
		if (strncasecmp(said.ptr + i, word, sizeof(word) - 1) == 0)
			return true;
	return false;
}

/* Nothing was passed over that is no reply, and nothing is said after a farewell, or out of turn.
 */
static void check_heard(const struct visit *v, const struct link *l)
{
	struct model m;
	size_t k;

	model_run(&m, l->said, (struct brg_str){ l->sent ? l->sent : "", l->n_sent });
	k = model_taken(&m, l->heard);
	PROMISE(k > 0 && m.codes[0] == 220);
	for (size_t i = 0; i < k; i++)
		PROMISE(m.codes[i] != 421);
	PROMISE(m.asked == k || (m.asked > k && may_pipeline(v, l->said)));
}

/* The end of a mail is about to go out: its fate is unknown, and before that it was not sent. */
static void check_fates(struct visit *v, const void *p, size_t n)
{
	char mark[] = "end-of-0";

	for (size_t i = 0; i < MODEL_MAILS; i++) {
		mark[7] = (char)('0' + i);
		if (!v->mails[i] || v->ended[i])
			continue;
		v->ended[i] = memmem(p, n, mark, 8) != NULL;
		PROMISE(v->mails[i]->fate == (v->ended[i] ? BRG_FATE_UNKNOWN : BRG_FATE_NOT_SENT));
	}
}

static int watch_write(struct brg_stream *s, const void *p, size_t n, struct brg_err *err)
{
	struct visit *v = the_visit;
	struct link *l = link_now();
	int rc;

	check_heard(v, l);
	check_fates(v, p, n);
	l->sent = realloc(l->sent, l->n_sent + n + 1);
	PROMISE(l->sent);
	memcpy(l->sent + l->n_sent, p, n);
	l->n_sent += n;
	l->sent[l->n_sent] = '\0';
	rc = real->write(s, p, n, err);
	return ++v->writes == v->how[4] ? brg_fail(err, &line_cut, "%s", "") : rc;
}

static int watch_peek(struct brg_stream *s, size_t have, struct brg_str *out, struct brg_err *err)
{
	int rc = real->peek(s, have, out, err);

	return rc == 0 && (the_visit->how[1] & 16) ? brg_fail(err, &line_silent, "%s", "") : rc;
}

static void watch_skip(struct brg_stream *s, size_t n)
{
	link_now()->heard += n;
	real->skip(s, n);
}

static const void *watch_service(void *ctx, const char *name, uint32_t version)
{
	static struct brg_stream_service watch;

	if (strcmp(name, "stream") != 0)
		return real_service(ctx, name, version);
	real = real_service(ctx, name, version);
	watch = *real;
	watch.connect = watch_connect;
	watch.write = watch_write;
	watch.peek = watch_peek;
	watch.skip = watch_skip;
	return &watch;
}

/* ---- what comes out -------------------------------------------------------------------------*/

static void add(struct visit *v, const void *p, size_t n)
{
	const unsigned char *s = p;

	for (size_t i = 0; i < n; i++)
		v->sum = (v->sum ^ s[i]) * UINT64_C(1099511628211);
	v->sum = (v->sum ^ n) * UINT64_C(1099511628211);
}

static bool was_sent(const struct visit *v, const char *text)
{
	for (size_t i = 0; i < v->n_links; i++)
		if (v->links[i].sent && strstr(v->links[i].sent, text))
			return true;
	return false;
}

static bool holds(struct brg_str words, const char *what)
{
	return memmem(words.ptr, words.len, what, strlen(what)) != NULL;
}

/* Words of the server, from which nothing secret may be had that it had from us. */
static void check_words(struct visit *v, struct brg_str words)
{
	static const char *const encoded[] = { "AGFubgBzM2NyM3Q=", "czNjcjN0" };

	if (words.len == 0)
		return;
	PROMISE(!v->secret || !holds(words, PASSWORD));
	PROMISE(v->fh->token_asked == 0 || !holds(words, TOKEN));
	for (size_t i = 0; i < 2; i++)
		PROMISE(!was_sent(v, encoded[i]) || !holds(words, encoded[i]));
	add(v, words.ptr, words.len);
}

static void check_err(struct visit *v, const struct brg_err *err)
{
	PROMISE(err->fault && err->fault->cls == err->code && err->code < 0);
	check_words(v, brg_cstr(err->said));
	check_words(v, brg_cstr(err->params));
	add(v, err->fault->code, strlen(err->fault->code));
}

static int answer(struct visit *v, int rc, const struct brg_err *err)
{
	add(v, &rc, sizeof(rc));
	PROMISE(rc <= 0);
	if (rc < 0) {
		PROMISE(err->code == rc);
		check_err(v, err);
	}
	return rc;
}

/* ---- mail -----------------------------------------------------------------------------------*/

#define HEAD "Subject: x\r\n\r\n"
#define HUGE (72 * 1024)
static const struct {
	const char *sender, *to[MODEL_PEOPLE], *body;
} kinds[MODEL_MAILS] = {
	{ "me@x", { "a@x" }, HEAD "one\r\n.\r\n..two\r\nend-of-0\r\n" },
	{ "me@x", { "a@x", "b@x" }, HEAD "end-of-1\r\n" },
	{ "me@x", { "a@x" }, HEAD "\xc3\xa5\r\nend-of-2\r\n" },
	{ "me@x", { "\xc3\xa5@x", "b@x" }, HEAD "end-of-3\r\n" },
	{ "", { "a@x" }, HEAD "end-of-4" },
	{ "me@x", { "a@x", "\"b <c\"@x" }, NULL }, /* long */
	{ "me@x", { "a@x" }, HEAD "one\ntwo\r\nend-of-6\r\n" },
	{ "me@x", { "a@x", "b>@x" }, HEAD "end-of-7\r\n" },
};

static struct brg_message *make(struct visit *v, size_t i)
{
	const struct brg_host *host = &v->fh->host;
	struct brg_arena *arena = fakehost_arena(v->fh);
	struct brg_message *m = host->alloc(arena, sizeof(*m));
	struct brg_err err = BRG_ERR_INIT;
	const char *body = kinds[i].body ? kinds[i].body : HEAD "end-of-5\r\n";

	m->size = sizeof(*m);
	m->sender = brg_cstr(kinds[i].sender);
	m->to = host->alloc(arena, MODEL_PEOPLE * sizeof(*m->to));
	for (; m->n_to < MODEL_PEOPLE && kinds[i].to[m->n_to]; m->n_to++) {
		m->to[m->n_to].size = sizeof(*m->to);
		m->to[m->n_to].address = brg_cstr(kinds[i].to[m->n_to]);
	}
	m->body = host->blob_new(host->ctx, arena);
	for (size_t n = 0; !kinds[i].body && n < HUGE; n += 24)
		(void)host->blob_add(m->body, ". twenty-four and more\r\n", 24, &err);
	(void)host->blob_add(m->body, body, strlen(body), &err);
	v->mails[i] = m;
	return m;
}

/* Over all connections: it went out again only where it was not taken for certain. */
static struct model_mail happened(const struct visit *v, size_t i)
{
	struct model_mail all = { 0 };
	struct model m;

	for (size_t k = 0; k < v->n_links; k++) {
		const struct link *l = &v->links[k];

		model_run(&m, l->said, (struct brg_str){ l->sent ? l->sent : "", l->n_sent });
		if (m.mails[i].contents == 0)
			continue;
		PROMISE(!all.contents || (all.settled && !all.taken));
		all = m.mails[i];
	}
	return all;
}

static void check_mail(struct visit *v, size_t i, int rc)
{
	const struct brg_message *m = v->mails[i];
	struct model_mail did = happened(v, i);

	add(v, &m->fate, sizeof(m->fate));
	PROMISE(m->fate == BRG_FATE_NOT_SENT || v->ended[i]);
	PROMISE(m->fate != BRG_FATE_NOT_SENT || !did.taken);
	PROMISE(m->fate != BRG_FATE_NOT_SENT || !did.contents || did.settled);
	PROMISE(m->fate != BRG_FATE_UNKNOWN || (rc < 0 && !m->err));
	PROMISE(m->fate != BRG_FATE_SENT || (did.taken && !m->err && did.n_to == m->n_to));
	PROMISE(rc < 0 || m->fate == BRG_FATE_SENT || m->err);
	check_words(v, m->said);
	if (m->err) {
		PROMISE(m->err->scope == BRG_SCOPE_ITEM);
		check_err(v, m->err);
	}
	for (size_t k = 0; k < m->n_to; k++) {
		if (m->to[k].err)
			check_err(v, m->to[k].err);
		if (m->fate == BRG_FATE_SENT)
			PROMISE(did.accepted[k] == (m->to[k].err == NULL));
	}
}

/* Mails [from, to) in one call. */
static int hand_over(struct visit *v, size_t from, size_t to, struct brg_err *err)
{
	struct brg_message *list[MODEL_MAILS];
	size_t n = 0;
	int rc;

	for (size_t i = from; i < to; i++)
		list[n++] = make(v, i);
	rc = answer(v, v->c->send(v->self, list, n, fakehost_arena(v->fh), err), err);
	for (size_t i = 0; i < to; i++)
		if (v->mails[i])
			check_mail(v, i, rc);
	v->broken = rc < 0;
	return rc;
}

/* ---- a visit --------------------------------------------------------------------------------*/

#define LOGIN	"username=ann\npassword=" PASSWORD "\n"
#define BY(how) "tls=none\n" LOGIN "auth=" how "\n"
static const char *const settings[] = {
	"tls=none\n",
	"tls=starttls\n",
	"tls=none\n" LOGIN,
	"tls=starttls\n" LOGIN,
	"tls=implicit\n" LOGIN,
	BY("plain"),
	BY("login"),
	BY("cram-md5"),
	BY("scram-sha-1"),
	BY("scram-sha-256"),
	"tls=none\nusername=ann\noauth=sign-in\n",
	"tls=none\nusername=ann\noauth=sign-in\nauth=oauthbearer\n",
};
#define N_SETTINGS (sizeof(settings) / sizeof(settings[0]))

static void begin(struct visit *v)
{
	char text[256];

	(void)snprintf(text, sizeof(text), "host=127.0.0.1\nname=me.example\n%s%s%s%s",
		       settings[v->how[0] % N_SETTINGS], v->how[1] & 2 ? "pipelining=no\n" : "",
		       v->how[1] & 4 ? "chunking=no\n" : "", v->how[1] & 8 ? "window=1\n" : "");
	v->secret = strstr(text, PASSWORD) != NULL;
	v->fh->tokens = TOKEN;
	v->fh->cancel_after = v->how[5];
	the_visit = v;
	real_service = v->fh->host.service;
	v->fh->host.service = watch_service;
	v->self = fakehost_instance(v->fh, smtp_LTX_brg_plugin_entry(), text);
	PROMISE(v->self);
}

static int calls(struct visit *v, struct brg_err *err)
{
	size_t from = v->how[2] & 7, to = from + (v->how[2] >> 3 & 7) + 1;
	int rc = answer(v, v->c->open(v->self, &v->fh->host, err), err);

	to = to < MODEL_MAILS ? to : MODEL_MAILS;
	v->opened = rc == 0;
	if (rc == 0 && (v->how[1] & 1))
		rc = answer(v, v->c->probe(v->self, BRG_OUTGOING, err), err);
	if (rc == 0 && (v->how[1] & 32) && to - from > 1) {
		rc = hand_over(v, from, from + 1, err);
		from++;
	}
	return rc == 0 ? hand_over(v, from, to, err) : rc;
}

static uint64_t run(const uint8_t *how, const uint8_t *bytes, size_t n, size_t chunk)
{
	struct visit v = { .fh = fakehost_new(), .how = how, .rest = { (const char *)bytes, n } };
	struct brg_err err = BRG_ERR_INIT;
	size_t writes;

	v.c = smtp_LTX_brg_plugin_entry()->connector;
	v.fh->chunk = chunk;
	begin(&v);
	(void)calls(&v, &err);
	writes = v.writes;
	if (v.opened)
		(void)answer(&v, v.c->finish(v.self, &err), &err);
	/* What is broken says no farewell. */
	PROMISE(!v.broken || v.writes == writes);
	v.c->close(v.self);
	PROMISE(!v.fh->open);
	check_words(&v, v.fh->log);
	for (size_t i = 0; i < v.n_links; i++) {
		add(&v, v.links[i].sent, v.links[i].n_sent);
		free(v.links[i].sent);
	}
	fakehost_drop(v.self);
	fakehost_free(v.fh);
	return v.sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	if (n < HOW)
		return 0;
	PROMISE(run(bytes, bytes + HOW, n - HOW, 0) ==
		run(bytes, bytes + HOW, n - HOW, bytes[3] % 16 + 1));
	return 0;
}
