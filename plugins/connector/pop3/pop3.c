/* SPDX-License-Identifier: Apache-2.0
 *
 * Email from POP3 servers (RFC 1939, 2449, 2595, 5034, 7628). The descriptor, and a session
 * from open to close. What the protocol says is in the other files; pop3.h has the map.
 */
#include "pop3.h"

#include <brygga/sasl.h>

#include <stdlib.h>

static const struct brg_option options[] = {
	BRG_OPTIONS_ENDPOINT(struct pop3, where),
	{ "username", BRG_OPT_STRING, BRG_OPT_REQUIRED | BRG_OPT_PER_MAILBOX,
	  offsetof(struct pop3, username), NULL, NULL, 0, 0, "Name to log in with." },
	{ "password", BRG_OPT_STRING,
	  BRG_OPT_REQUIRED | BRG_OPT_UNLESS_OAUTH | BRG_OPT_SECRET | BRG_OPT_PER_MAILBOX,
	  offsetof(struct pop3, password), "", NULL, 0, 0,
	  "Password to log in with; not needed with OAuth." },
	BRG_OPTIONS_OAUTH(struct pop3, oauth),
	{ "auth", BRG_OPT_CHOICE, 0, offsetof(struct pop3, auth), "auto",
	  "auto|plain|user|apop|xoauth2|oauthbearer", 0, 0,
	  "How to log in: plain is AUTH PLAIN, user is USER and PASS; auto asks the server." },
	{ "insecure-login", BRG_OPT_BOOL, 0, offsetof(struct pop3, insecure_login), "no", NULL, 0,
	  0, "Allow to send the password without TLS to another machine." },
	{ "pipelining", BRG_OPT_CHOICE, 0, offsetof(struct pop3, pipelining), "auto", "auto|no", 0,
	  0, "Send many commands at once if the server says that it can take them." },
	BRG_OPTION_END,
};

static int check_text(const struct pop3 *p, const char *option, const char *value,
		      struct brg_err *err)
{
	if (value && *value && strlen(value) <= LOGIN_OCTETS && !strpbrk(value, "\r\n"))
		return 0;
	return brg_fail(err, &pop3_bad_login, "option=%s\nhost=%s\nlimit=%d", option, p->where.host,
			LOGIN_OCTETS);
}

static int check_options(struct pop3 *p, struct brg_err *err)
{
	int rc = check_text(p, "username", p->username, err);

	if (rc == 0 && !auth_by_token(p))
		rc = check_text(p, "password", p->password, err);
	if (rc < 0)
		return rc;
	if ((p->auth == AUTH_XOAUTH2 || p->auth == AUTH_OAUTHBEARER) && !auth_by_token(p))
		return brg_fail(err, &pop3_no_oauth, "host=%s", p->where.host);
	if (p->where.tls == BRG_TLS_NONE && !p->insecure_login && !brg_is_loopback(p->where.host))
		return brg_fail(err, &pop3_insecure, "host=%s", p->where.host);
	if (p->where.port == 0)
		p->where.port = p->where.tls == BRG_TLS_IMPLICIT ? 995 : 110;
	return 0;
}

static int pop3_open(void *self, const struct brg_host *host, struct brg_err *err)
{
	struct pop3 *p = self;
	int rc;

	p->host = host;
	p->doing = "connect";
	p->cut = UINT32_MAX;
	p->net = host->service(host->ctx, "stream", 1);
	if (!p->net)
		return brg_fail(err, &pop3_no_stream, "%s", "");
	rc = check_options(p, err);
	p->tokens = host->service(host->ctx, "token", 1);
	if (rc == 0 && auth_by_token(p) && !p->tokens)
		rc = brg_fail(err, &pop3_no_tokens, "%s", "");
	if (rc == 0)
		rc = p->net->connect(host->ctx, &p->where, &p->stream, err);
	if (rc == 0)
		rc = login_greet(p, err);
	if (rc == 0 && p->where.tls == BRG_TLS_STARTTLS)
		rc = login_tls(p, err);
	if (rc == 0)
		rc = login_enter(p, err);
	return rc;
}

static void pop3_close(void *self)
{
	struct pop3 *p = self;

	if (p->stream)
		p->net->close(p->stream);
	p->stream = NULL;
	listing_free(p);
	free(p->jobs);
	free(p->scratch);
	p->jobs = NULL;
	p->scratch = NULL;
	auth_forget(p);
}

/* RFC 1939 section 6: only QUIT enters the update state, where deletes happen; its +OK
 * says that they did. Where nothing was deleted, nothing hangs on the answer. */
static int pop3_finish(void *self, struct brg_err *err)
{
	struct pop3 *p = self;
	struct brg_str words = { NULL, 0 };
	int rc = 0;

	if (p->failed) {
		*err = p->failure;
		return err->code;
	}
	rc = fetch_drain(p, &p->pass, err);
	if (rc < 0)
		return rc;
	if (p->deletes)
		p->host->effect(p->host->ctx, "pop3-quit");
	rc = wire_ask(p, "QUIT", &words, err);
	if (rc == WIRE_OK)
		return 0;
	if (!p->deletes && (rc == WIRE_ERR || err->fault == &pop3_closed))
		return 0;
	if (rc == WIRE_ERR || err->fault == &pop3_closed) {
		wire_fault(p, &pop3_quit_refused, words, err);
		return wire_fail(p, err);
	}
	return rc;
}

/* STAT has the smallest answer of all commands that need a maildrop. */
static int pop3_probe(void *self, int lane, struct brg_err *err)
{
	struct pop3 *p = self;
	struct brg_str words;
	int rc;

	if (lane != BRG_INCOMING)
		return brg_fail(err, &pop3_only_email, "%s", "");
	rc = fetch_drain(p, &p->pass, err);
	if (rc == 0)
		rc = wire_ask(p, "STAT", &words, err);
	if (rc == WIRE_ERR)
		return wire_refused(p, &pop3_refused, words, err);
	return rc < 0 ? rc : 0;
}

/* POP3 knows no name of a maildrop but the one it is opened by. */
static int pop3_identity(void *self, struct brg_str *out, struct brg_err *err)
{
	struct pop3 *p = self;
	int n = snprintf(p->identity, sizeof(p->identity), "%s@%s", p->username, p->where.host);

	(void)err;
	if ((size_t)n >= sizeof(p->identity))
		n = (int)sizeof(p->identity) - 1;
	for (size_t i = strlen(p->username) + 1; i < (size_t)n; i++)
		if (p->identity[i] >= 'A' && p->identity[i] <= 'Z')
			p->identity[i] = (char)(p->identity[i] + ('a' - 'A'));
	*out = (struct brg_str){ p->identity, (size_t)n };
	return 0;
}

static const struct brg_connector connector = {
	.size = sizeof(connector),
	.kinds = BRG_KIND_BIT(BRG_EMAIL),
	.lanes = BRG_LANE_BIT(BRG_INCOMING),
	.caps = BRG_CAP_COMPLETE | BRG_CAP_FINISH | BRG_CAP_HEADER_FIRST,
	.open = pop3_open,
	.close = pop3_close,
	.pull = pull_batch,
	.get = pull_chosen,
	.push = pull_delete,
	.finish = pop3_finish,
	.probe = pop3_probe,
	.identity = pop3_identity,
};

static const struct brg_plugin plugin = {
	BRG_PLUGIN_HEAD(BRG_CONNECTOR),
	.name = "pop3",
	.version = PACKAGE_VERSION,
	.summary = "email from POP3 servers",
	.license = "Apache-2.0",
	.instance_size = sizeof(struct pop3),
	.options = options,
	.faults = pop3_faults,
	.connector = &connector,
};
BRG_PLUGIN(pop3, plugin);
