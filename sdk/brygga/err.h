/* SPDX-License-Identifier: Apache-2.0
 *
 * brygga/err.h - how a plugin says that something failed.
 *
 * A fallible function returns 0 (or a count), or a negative enum brg_class, and fills
 * its last argument `struct brg_err *err` exactly when it returns < 0. What the core
 * does next follows from `scope` and `retry`; it never reads text.
 *
 * Each way to fail is a row of constant data, a `struct brg_fault`, with a code that
 * never changes and its sentence in every language:
 *
 *	static const struct brg_fault locked = {
 *		.code = "BRG-POP3-0004", .cls = BRG_EBUSY,
 *		.scope = BRG_SCOPE_MAILBOX, .retry = BRG_RETRY_LATER,
 *		.en = "another session holds the maildrop of {user}",
 *		.sv = "en annan session håller brevlådan för {user}",
 *		.help = "POP3 gives a maildrop to one session at a time. ...",
 *	};
 *	return brg_fail(err, &locked, "user=%s", user);
 *
 * A plugin lists its rows in the descriptor; `brygga help CODE` prints them.
 */
#ifndef BRG_ERR_H
#define BRG_ERR_H

#include <brygga/abi.h>

/* What kind of thing went wrong. Values are never reused. */
enum brg_class {
	BRG_OK = 0,
	BRG_EIO = -1,	      /* transport or disk; peer closed */
	BRG_EAUTH = -2,	      /* credentials refused, expired or missing */
	BRG_ENOTFOUND = -3,   /* the thing is gone (often not a fault) */
	BRG_ECONFLICT = -4,   /* a precondition failed: version differs */
	BRG_EPROTO = -5,      /* the peer broke its protocol */
	BRG_ELIMIT = -6,      /* throttled; see retry_after_ms */
	BRG_ECANCELED = -7,   /* the host asked to stop */
	BRG_ETIMEDOUT = -8,   /* the deadline passed */
	BRG_ENOTSUP = -9,     /* cannot be done with this server or plugin */
	BRG_EINVAL = -10,     /* bad setting or bad call */
	BRG_EBUSY = -11,      /* held by another; comes free by itself */
	BRG_ECURSOR = -12,    /* the cursor is lost: start over */
	BRG_ETLS = -13,	      /* TLS refused, or the certificate is not good */
	BRG_EFULL = -14,      /* no room: disk, quota, size limit */
	BRG_EREADONLY = -15,  /* the store cannot be written */
	BRG_EFENCED = -16,    /* the lease is no longer ours */
	BRG_EINTERNAL = -17,  /* a bug; the text says where */
};

/* How much of the world the failure is about. */
enum brg_scope {
	BRG_SCOPE_MAILBOX = 0, /* the safe default */
	BRG_SCOPE_ITEM = 1,
	BRG_SCOPE_FOLDER = 2,
	BRG_SCOPE_SERVER = 3, /* counts against no mailbox */
	BRG_SCOPE_STORE = 4,
};

enum brg_retry {
	BRG_RETRY_LATER = 0, /* the safe default */
	BRG_RETRY_NOW = 1,
	BRG_RETRY_NEVER = 2, /* until a person changes something */
};

/* One way to fail, as constant data. */
struct brg_fault {
	const char *code; /* "BRG-<AREA>-nnnn", at most 19 bytes, for ever */
	int cls;	  /* enum brg_class */
	int scope;	  /* enum brg_scope */
	int retry;	  /* enum brg_retry */
	const char *en;	  /* one sentence, no full stop; {name} is a parameter */
	const char *sv;	  /* the same in Swedish, with the same parameters */
	const char *help; /* a paragraph: what it means and what to do */
};

struct brg_err {
	uint32_t size;
	int code; /* enum brg_class */
	int scope;
	int retry;
	uint32_t retry_after_ms; /* as the server asked; 0: the core's own pause */
	const struct brg_fault *fault;
	char params[256]; /* name=value, one a line; no secrets */
	char said[256];	  /* the server's own words, one line; no secrets */
};
#define BRG_ERR_INIT { sizeof(struct brg_err), 0, 0, 0, 0, NULL, "", "" }

/* Fill *err from a row and return its class, so that `return brg_fail(...)` reads
 * well. fmt makes the parameters: "host=%s\nport=%d", or "" for none. */
static inline BRG_PRINTF(3, 4) int brg_fail(struct brg_err *err, const struct brg_fault *fault,
					    const char *fmt, ...)
{
	va_list ap;

	err->code = fault->cls;
	err->scope = fault->scope;
	err->retry = fault->retry;
	err->retry_after_ms = 0;
	err->fault = fault;
	err->said[0] = '\0';
	va_start(ap, fmt);
	(void)vsnprintf(err->params, sizeof(err->params), fmt, ap);
	va_end(ap);
	return fault->cls;
}

/* Keep what the server said (control characters become spaces) and return the class. */
static inline int brg_said(struct brg_err *err, struct brg_str words)
{
	size_t n = 0;

	for (size_t i = 0; i < words.len && n + 1 < sizeof(err->said); i++) {
		unsigned char c = (unsigned char)words.ptr[i];

		err->said[n++] = c < 0x20 || c == 0x7f ? ' ' : (char)c;
	}
	err->said[n] = '\0';
	return err->code;
}

#endif
