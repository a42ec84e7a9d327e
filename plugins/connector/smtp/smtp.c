/* SPDX-License-Identifier: Apache-2.0
 *
 * Email to SMTP servers (RFC 5321, 6409). The descriptor, and a session from open to close.
 * What the protocol says is in the other files; smtp.h has the map.
 */
#include "smtp.h"

#include <stdlib.h>

static const struct brg_option options[] = {
	BRG_OPTIONS_ENDPOINT(struct smtp, where),
	{ "username", BRG_OPT_STRING, BRG_OPT_PER_MAILBOX, offsetof(struct smtp, username), "",
	  NULL, 0, 0, "Name to log in with; empty: the server is used without." },
	{ "password", BRG_OPT_STRING, BRG_OPT_SECRET | BRG_OPT_PER_MAILBOX,
	  offsetof(struct smtp, password), "", NULL, 0, 0,
	  "Password to log in with; not needed with OAuth." },
	BRG_OPTIONS_OAUTH(struct smtp, oauth),
	{ "auth", BRG_OPT_CHOICE, 0, offsetof(struct smtp, auth), "auto",
	  "auto|none|plain|login|cram-md5|scram-sha-1|scram-sha-256|xoauth2|oauthbearer", 0, 0,
	  "How to log in; auto takes the best that the server offers." },
	{ "insecure-login", BRG_OPT_BOOL, 0, offsetof(struct smtp, insecure_login), "no", NULL, 0,
	  0, "Allow to log in without TLS to another machine." },
	{ "name", BRG_OPT_STRING, 0, offsetof(struct smtp, name), "", NULL, 0, 0,
	  "What to call ourselves in EHLO; empty: the name of this machine." },
	{ "pipelining", BRG_OPT_BOOL, 0, offsetof(struct smtp, pipelining), "yes", NULL, 0, 0,
	  "Send many commands at once if the server says that it can take them." },
	{ "chunking", BRG_OPT_BOOL, 0, offsetof(struct smtp, chunking), "yes", NULL, 0, 0,
	  "Send messages by BDAT, and several at once, if the server says that it can take them." },
	{ "window", BRG_OPT_INT, 0, offsetof(struct smtp, window), "4", NULL, 1, 16,
	  "Messages under way at once with chunking; a lost connection may leave all of them "
	  "uncertain." },
	BRG_OPTION_END,
};

static int check_text(const struct smtp *s, const char *option, const char *value,
		      struct brg_err *err)
{
	if (*value && strlen(value) <= LOGIN_OCTETS && !strpbrk(value, "\r\n"))
		return 0;
	return brg_fail(err, &smtp_bad_login, "option=%s\nhost=%.100s\nlimit=%d", option,
			s->where.host, LOGIN_OCTETS);
}

static int check_login(const struct smtp *s, struct brg_err *err)
{
	bool by_token = auth_by_token(s);
	int rc = check_text(s, "username", s->username, err);

	if (rc == 0 && !by_token && s->auth != AUTH_XOAUTH2 && s->auth != AUTH_OAUTHBEARER)
		rc = check_text(s, "password", s->password, err);
	else if (rc == 0 && !by_token)
		rc = brg_fail(err, &smtp_no_oauth, "host=%.100s", s->where.host);
	else if (rc == 0 && !s->tokens)
		rc = brg_fail(err, &smtp_no_tokens, "%s", "");
	if (rc == 0 && s->where.tls == BRG_TLS_NONE && !s->insecure_login &&
	    !brg_is_loopback(s->where.host))
		rc = brg_fail(err, &smtp_insecure, "host=%.100s", s->where.host);
	return rc;
}

static int check_options(struct smtp *s, struct brg_err *err)
{
	int rc = auth_wanted(s) ? check_login(s, err) : 0;

	if (rc == 0 && (strpbrk(s->name, " \t\r\n") || strlen(s->name) > NAME_OCTETS))
		rc = brg_fail(err, &smtp_bad_login, "option=name\nhost=%.100s\nlimit=%d",
			      s->where.host, NAME_OCTETS);
	if (s->where.port == 0)
		s->where.port = s->where.tls == BRG_TLS_IMPLICIT ? 465 : 587;
	return rc;
}

static int smtp_open(void *self, const struct brg_host *host, struct brg_err *err)
{
	struct smtp *s = self;
	int rc;

	s->host = host;
	s->net = host->service(host->ctx, "stream", 1);
	s->tokens = host->service(host->ctx, "token", 1);
	if (!s->net)
		return brg_fail(err, &smtp_no_stream, "%s", "");
	rc = check_options(s, err);
	return rc < 0 ? rc : login_open(s, err);
}

static void smtp_close(void *self)
{
	struct smtp *s = self;

	wire_close(s);
	free(s->out);
	free(s->questions);
	s->out = NULL;
	s->questions = NULL;
}

/* Every message is settled before; nothing hangs on the answer. */
static int smtp_finish(void *self, struct brg_err *err)
{
	struct smtp *s = self;
	struct reply r;

	if (!s->failed && wire_ask(s, "QUIT", "QUIT", &r, NULL, err) < 0)
		*err = (struct brg_err)BRG_ERR_INIT;
	return 0;
}

static int smtp_probe(void *self, int lane, struct brg_err *err)
{
	struct smtp *s = self;
	struct reply r;
	int rc;

	if (lane != BRG_OUTGOING)
		return brg_fail(err, &smtp_only_email, "%s", "");
	rc = wire_ask(s, "NOOP", "NOOP", &r, NULL, err);
	if (rc == 0 && r.code / 100 != 2)
		rc = wire_fault(s, &smtp_refused, &r, err);
	return rc;
}

static const struct brg_connector connector = {
	.size = sizeof(connector),
	.kinds = BRG_KIND_BIT(BRG_EMAIL),
	.lanes = BRG_LANE_BIT(BRG_OUTGOING),
	.caps = 0,
	.open = smtp_open,
	.close = smtp_close,
	.send = send_list,
	.finish = smtp_finish,
	.probe = smtp_probe,
};

static const struct brg_plugin plugin = {
	BRG_PLUGIN_HEAD(BRG_CONNECTOR),
	.name = "smtp",
	.version = PACKAGE_VERSION,
	.summary = "email to SMTP servers",
	.license = "Apache-2.0",
	.instance_size = sizeof(struct smtp),
	.options = options,
	.faults = smtp_faults,
	.connector = &connector,
};
BRG_PLUGIN(smtp, plugin);
