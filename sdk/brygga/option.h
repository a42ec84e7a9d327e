/* SPDX-License-Identifier: Apache-2.0
 *
 * brygga/option.h - settings as a table.
 *
 * The core parses, checks and fills the plugin's instance from this table before
 * open() is called, so a plugin never sees a bad value. `brygga plugin show`, sample
 * files and the manual are made from the same rows.
 */
#ifndef BRG_OPTION_H
#define BRG_OPTION_H

#include <brygga/abi.h>

enum brg_option_type {
	BRG_OPT_STRING = 1,   /* const char *, NUL-terminated, lives as long as the instance */
	BRG_OPT_BOOL = 2,     /* bool: yes, no, true, false, on, off, 1, 0 */
	BRG_OPT_INT = 3,      /* int64_t in [min, max] */
	BRG_OPT_SIZE = 4,     /* int64_t bytes in [min, max]: 500, 64K, 35M, 2G (powers of 1024) */
	BRG_OPT_DURATION = 5, /* int64_t milliseconds in [min, max]: 500ms, 30s, 5m, 2h, 14d */
	BRG_OPT_CHOICE = 6,   /* int: index of the word in `choices` */
};

enum {
	BRG_OPT_REQUIRED = 1 << 0,
	BRG_OPT_SECRET = 1 << 1,      /* sealed in the store; `file:`, `env:` or a prompt; never shown */
	BRG_OPT_PER_MAILBOX = 1 << 2, /* may stand in a mailbox's section and wins there */
	BRG_OPT_UNLESS_OAUTH = 1 << 3, /* if required, then only while the option "oauth" is none */
};

struct brg_option {
	const char *name; /* lower-case-with-hyphens; NULL ends the table */
	int type;	  /* enum brg_option_type */
	unsigned flags;
	size_t offset;	     /* of the member in the plugin's instance */
	const char *dflt;    /* as it would stand in the file; NULL: zero or empty */
	const char *choices; /* BRG_OPT_CHOICE: "yes|no|auto" */
	int64_t min, max;    /* numbers; both 0: any value >= 0 */
	const char *help;    /* one sentence */
};
#define BRG_OPTION_END { NULL, 0, 0, 0, NULL, NULL, 0, 0, NULL }

/* Shared group: where a server is and how TLS is done. Embed the struct, put
 * BRG_OPTIONS_ENDPOINT(struct mine, where) in the table, hand it to the stream. */
enum brg_tls_mode { BRG_TLS_IMPLICIT = 0, BRG_TLS_STARTTLS = 1, BRG_TLS_NONE = 2 };

struct brg_endpoint {
	const char *host;
	int64_t port;	     /* 0: the connector's default for the mode */
	int tls;	     /* enum brg_tls_mode */
	const char *ca_file; /* PEM; empty: the system's trust store */
	int64_t connect_timeout_ms;
	int64_t read_timeout_ms; /* silence longer than this is a time-out */
};

#define BRG_OPTIONS_ENDPOINT(type, member)                                                         \
	{ "host", BRG_OPT_STRING, BRG_OPT_REQUIRED, offsetof(type, member.host), NULL, NULL, 0, 0, \
	  "Name or address of the server." },                                                      \
	{ "port", BRG_OPT_INT, 0, offsetof(type, member.port), "0", NULL, 0, 65535,                \
	  "Port; 0 takes the usual one for the TLS mode." },                                       \
	{ "tls", BRG_OPT_CHOICE, 0, offsetof(type, member.tls), "implicit",                        \
	  "implicit|starttls|none", 0, 0,                                                          \
	  "implicit: TLS from the first byte; starttls: required upgrade; none: clear text." },    \
	{ "ca-file", BRG_OPT_STRING, 0, offsetof(type, member.ca_file), "", NULL, 0, 0,            \
	  "PEM file of the authorities to trust instead of the system's." },                       \
	{ "connect-timeout", BRG_OPT_DURATION, 0, offsetof(type, member.connect_timeout_ms),       \
	  "20s", NULL, 100, 600000, "Longest wait for a connection, TLS included." },              \
	{ "read-timeout", BRG_OPT_DURATION, 0, offsetof(type, member.read_timeout_ms), "60s",      \
	  NULL, 100, 600000, "Longest silence of the server." }

/* Shared group: how OAuth 2.0 tokens are had (service "token"). Embed the struct, put
 * BRG_OPTIONS_OAUTH(struct mine, oauth) in the table. Nothing is set: no OAuth. */
enum brg_oauth_grant { BRG_OAUTH_NONE = 0, BRG_OAUTH_SIGN_IN = 1, BRG_OAUTH_CLIENT = 2 };

struct brg_oauth {
	int grant; /* enum brg_oauth_grant */
	const char *token_url;
	const char *device_url;
	const char *client_id;
	const char *client_secret; /* empty: a public client */
	const char *scope;
	const char *ca_file; /* PEM; empty: the system's trust store */
	const char *certificate; /* PEM, with its key: instead of the secret; empty: none */
};

#define BRG_OPTIONS_OAUTH(type, member)                                                            \
	{ "oauth", BRG_OPT_CHOICE, 0, offsetof(type, member.grant), "none",                        \
	  "none|sign-in|client-credentials", 0, 0,                                                 \
	  "How OAuth tokens are had: sign-in (brygga auth login) or client-credentials." },        \
	{ "oauth-token-url", BRG_OPT_STRING, 0, offsetof(type, member.token_url), "", NULL, 0, 0,  \
	  "The provider's token endpoint (https)." },                                              \
	{ "oauth-device-url", BRG_OPT_STRING, 0, offsetof(type, member.device_url), "", NULL, 0,   \
	  0, "The provider's device authorization endpoint, for brygga auth login." },             \
	{ "oauth-client-id", BRG_OPT_STRING, 0, offsetof(type, member.client_id), "", NULL, 0, 0,  \
	  "The client id that the provider gave." },                                               \
	{ "oauth-client-secret", BRG_OPT_STRING, BRG_OPT_SECRET,                                   \
	  offsetof(type, member.client_secret), "", NULL, 0, 0,                                    \
	  "The client's secret; none for a public client." },                                      \
	{ "oauth-scope", BRG_OPT_STRING, 0, offsetof(type, member.scope), "", NULL, 0, 0,          \
	  "Scopes to ask for, with blanks between them." },                                        \
	{ "oauth-ca-file", BRG_OPT_STRING, 0, offsetof(type, member.ca_file), "", NULL, 0, 0,      \
	  "PEM file of the authorities to trust for the provider." },                              \
	{ "oauth-certificate", BRG_OPT_STRING, 0, offsetof(type, member.certificate), "", NULL, 0, \
	  0, "PEM file with the client's certificate and its key, instead of a secret." }

#endif
