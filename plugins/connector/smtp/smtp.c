/* SPDX-License-Identifier: Apache-2.0
 *
 * Email to SMTP servers (RFC 5321, 6409). The descriptor, and a session from open to close.
 * What the protocol says is in the other files; smtp.h has the map.
 */
#include "smtp.h"

#include <stdlib.h>
#include <strings.h>

static const struct brg_option options[] = {
	BRG_OPTIONS_ENDPOINT(struct smtp, where),
	{ "username", BRG_OPT_STRING, BRG_OPT_PER_MAILBOX, offsetof(struct smtp, username), "",
	  NULL, 0, 0, "Name to log in with; empty: the server is used without." },
	{ "password", BRG_OPT_STRING, BRG_OPT_SECRET | BRG_OPT_PER_MAILBOX,
	  offsetof(struct smtp, password), "", NULL, 0, 0,
	  "Password to log in with; not needed with OAuth." },
	BRG_OPTIONS_OAUTH(struct smtp, oauth),
	{ "auth", BRG_OPT_CHOICE, 0, offsetof(struct smtp, auth), "auto",
	  "auto|none|plain|login|cram-md5|xoauth2|oauthbearer", 0, 0,
	  "How to log in; auto takes the best that the server offers." },
	{ "insecure-login", BRG_OPT_BOOL, 0, offsetof(struct smtp, insecure_login), "no", NULL, 0,
	  0, "Allow to send the password without TLS to another machine." },
	{ "name", BRG_OPT_STRING, 0, offsetof(struct smtp, name), "", NULL, 0, 0,
	  "What to call ourselves in EHLO; empty: the name of this machine." },
	{ "pipelining", BRG_OPT_BOOL, 0, offsetof(struct smtp, pipelining), "yes", NULL, 0, 0,
	  "Send many commands at once if the server says that it can take them." },
	{ "chunking", BRG_OPT_BOOL, 0, offsetof(struct smtp, chunking), "yes", NULL, 0, 0,
	  "Have several messages under way at once if the server takes BDAT; a lost connection "
	  "may then leave up to four of them uncertain." },
	BRG_OPTION_END,
};

/* This machine, by an address that needs no look-up to be sure of. */
static bool is_loopback(const char *host)
{
	if (strcasecmp(host, "localhost") == 0 || strcmp(host, "::1") == 0 ||
	    strcmp(host, "[::1]") == 0)
		return true;
	return strncmp(host, "127.", 4) == 0 && host[strspn(host, "0123456789.")] == '\0';
}

static int check_text(const struct smtp *s, const char *option, const char *value,
		      struct brg_err *err)
{
	if (*value && strlen(value) <= LOGIN_OCTETS && !strpbrk(value, "\r\n"))
		return 0;
	return brg_fail(err, &smtp_bad_login, "option=%s\nhost=%s\nlimit=%d", option, s->where.host,
			LOGIN_OCTETS);
}

static int check_options(struct smtp *s, struct brg_err *err)
{
	bool logs_in = s->username[0] && s->auth != AUTH_NONE;
	int rc = logs_in ? check_text(s, "username", s->username, err) : 0;

	if (rc == 0 && logs_in && !auth_by_token(s))
		rc = check_text(s, "password", s->password, err);
	if (rc < 0)
		return rc;
	if (logs_in && s->where.tls == BRG_TLS_NONE && !s->insecure_login &&
	    !is_loopback(s->where.host))
		return brg_fail(err, &smtp_insecure, "host=%s", s->where.host);
	if (strpbrk(s->name, " \r\n"))
		return brg_fail(err, &smtp_bad_login, "option=name\nhost=%s\nlimit=%d",
				s->where.host, LOGIN_OCTETS);
	if (s->where.port == 0)
		s->where.port = s->where.tls == BRG_TLS_IMPLICIT ? 465 : 587;
	if ((s->auth == AUTH_XOAUTH2 || s->auth == AUTH_OAUTHBEARER || auth_by_token(s)) &&
	    !s->tokens)
		return brg_fail(err, &smtp_no_tokens, "%s", "");
	return 0;
}

static int smtp_open(void *self, const struct brg_host *host, struct brg_err *err)
{
	struct smtp *s = self;
	int rc;

	s->host = host;
	s->doing = "connect";
	s->net = host->service(host->ctx, "stream", 1);
	s->tokens = host->service(host->ctx, "token", 1);
	if (!s->net)
		return brg_fail(err, &smtp_no_stream, "%s", "");
	rc = check_options(s, err);
	if (rc == 0)
		rc = s->net->connect(host->ctx, &s->where, &s->stream, err);
	return rc < 0 ? rc : login_greet(s, err);
}

static void smtp_close(void *self)
{
	struct smtp *s = self;

	if (s->stream)
		s->net->close(s->stream);
	s->stream = NULL;
	free(s->out);
	free(s->questions);
	s->out = NULL;
	s->questions = NULL;
}

static int smtp_finish(void *self, struct brg_err *err)
{
	struct smtp *s = self;
	struct reply r;

	return s->failed ? 0 : wire_ask(s, "QUIT", "QUIT", &r, NULL, err);
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
		rc = wire_fault(s, &smtp_refused, r.words, err);
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
