/* SPDX-License-Identifier: Apache-2.0
 *
 * What lies in the rows of the store, as if others had written it: recipients, settings, sealed
 * secrets, sign-ins, bodies, parameters of sentences. It is read or refused; what was read is
 * written and read again the same. The first two bytes choose what it is and in which pieces.
 */
#include "core/body.h"
#include "core/faults.h"
#include "core/recipients.h"
#include "core/secrets.h"
#include "core/settings.h"
#include "core/token_store.h"
#include "core/utf8.h"
#include "tests/fuzz/check_text.h"

#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

static struct brg_arena *arena;
static size_t pieces; /* bytes of each, or a number to choose by */

/* ---- recipients -----------------------------------------------------------------------------*/

static void check_recipients(struct brg_str row)
{
	struct recipients list, again;
	struct brg_str json, same;
	size_t n = 0;

	recipients_read(row, arena, &list);
	PROMISE(list.n <= RECIPIENTS_MAX);
	for (size_t i = 0; i < list.n; i++) {
		struct recipient *r = &list.at[i], *found = recipients_find(&list, r->address);
		struct recipient was = *r;

		PROMISE(r->address.len && strcmp(recipient_state_name(r->state), "unknown") != 0);
		PROMISE(found && found <= r);
		for (int state = -1; state <= RECIPIENT_ANSWERED + 1; state++)
			if (recipient_becomes(r, state, 7))
				PROMISE(r->state == state && !recipient_becomes(r, state, 8));
		PROMISE(!recipient_becomes(r, RECIPIENT_SENT, 9));
		*r = was;
	}
	for (int state = 0; state <= RECIPIENT_ANSWERED; state++)
		n += recipients_count(&list, state);
	PROMISE(n == list.n);
	json = recipients_write(&list, arena);
	recipients_read(json, arena, &again);
	PROMISE(again.n == list.n);
	same = recipients_write(&again, arena);
	PROMISE(brg_str_eq(json, same));
}

/* ---- settings and secrets -------------------------------------------------------------------*/

static void check_settings(struct brg_str row)
{
	struct settings all = { 0 }, again = { 0 };
	struct brg_err err = BRG_ERR_INIT;
	struct brg_str json;
	int rc = settings_add_json(&all, row, arena, &err);

	PROMISE(rc <= 0 && (rc == 0 || err.fault->cls == rc));
	for (size_t i = 0; i < all.n; i++) {
		const struct setting *s = &all.at[i];

		PROMISE(s->name.ptr[s->name.len] == '\0' && s->value.ptr[s->value.len] == '\0');
		PROMISE(!memchr(s->value.ptr, '\0', s->value.len));
		PROMISE(settings_get(&all, s->name.ptr));
	}
	json = settings_to_json(&all, arena);
	PROMISE(settings_add_json(&again, json, arena, &err) == 0 && again.n == all.n);
	PROMISE(brg_str_eq(settings_to_json(&again, arena), json));
	settings_narrow(&again, "smtp", arena);
	for (size_t i = all.n; i < again.n; i++)
		PROMISE(again.at[i].name.len && again.n <= 2 * all.n);
	settings_wipe(&again);
}

static void put_file(const char *dir, const char *name, const char *text)
{
	char path[64];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	PROMISE(f && fputs(text, f) >= 0 && fchmod(fileno(f), 0600) == 0 && fclose(f) == 0);
}

/* Always the same keys, so that an input means the same each time. */
static const struct secrets *keys(void)
{
	static const char *const files[][2] = {
		{ "hash.key",
		  "brygga-hash-1 "
		  "0000000000000000000000000000000000000000000000000000000000000000\n" },
		{ "key.pub", "brygga-public-1 "
			     "8f40c5adb68f25624ae5b214ea767a6ec94d829d3d7b5e1ad1ba6f3e2138285f\n" },
		{ "key", "brygga-private-1 "
			 "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n" },
	};
	static struct secrets *opened;
	char dir[] = "/tmp/brygga-fuzz-XXXXXX", path[64];
	struct brg_err err = BRG_ERR_INIT;

	if (opened)
		return opened;
	PROMISE(mkdtemp(dir));
	for (size_t i = 0; i < 3; i++)
		put_file(dir, files[i][0], files[i][1]);
	(void)secrets_open(dir, true, &opened, &err);
	for (size_t i = 0; i < 3; i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", dir, files[i][0]);
		(void)unlink(path);
	}
	(void)rmdir(dir);
	PROMISE(opened);
	return opened;
}

static int unseal(struct brg_str sealed, const char *row, struct brg_str *out)
{
	struct brg_err err = BRG_ERR_INIT;
	int rc = secrets_unseal(keys(), sealed, brg_cstr(row), arena, out, &err);

	PROMISE(rc == 0 || (rc == BRG_EAUTH && err.fault->cls == rc));
	return rc;
}

/* What was not sealed does not open; what was opens for its row only, and whole. */
static void check_sealed(struct brg_str row)
{
	struct brg_err err = BRG_ERR_INIT;
	struct brg_str sealed, plain;
	char *bytes;

	PROMISE(unseal(row, "mailbox:1", &plain) < 0);
	PROMISE(secrets_seal(keys(), row, brg_cstr("mailbox:1"), arena, &sealed, &err) == 0);
	PROMISE(unseal(sealed, "mailbox:1", &plain) == 0 && brg_str_eq(plain, row));
	PROMISE(unseal(sealed, "mailbox:2", &plain) < 0);
	PROMISE(unseal((struct brg_str){ sealed.ptr, sealed.len - 1 }, "mailbox:1", &plain) < 0);
	bytes = (char *)(uintptr_t)arena_str(arena, sealed).ptr;
	bytes[pieces % sealed.len] ^= (char)(1 << pieces % 8);
	PROMISE(unseal((struct brg_str){ bytes, sealed.len }, "mailbox:1", &plain) < 0);
}

/* ---- a store that has one row, or one body --------------------------------------------------*/

static struct brg_str stored;

static int read_state(void *self, const struct brg_query *q,
		      int (*row)(void *arg, const struct brg_row *row), void *arg,
		      struct brg_err *err)
{
	struct brg_row one = { .what = BRG_READ_STATES };

	(void)self;
	(void)err;
	PROMISE(q->what == BRG_READ_STATES);
	one.u.state.name = brg_cstr("name");
	one.u.state.value = stored;
	return row(arg, &one);
}

static int commit(void *self, const struct brg_step *step, size_t *failed, struct brg_err *err)
{
	(void)self;
	(void)failed;
	(void)err;
	PROMISE(step->n == 2 && step->ops[0].type == BRG_OP_STATE_IS);
	PROMISE(brg_str_eq(step->ops[0].u.state.value, stored));
	stored = arena_str(arena, step->ops[1].u.state.value);
	return BRG_COMMITTED;
}

static int read_body(void *self, const struct brg_sha *sha,
		     int (*chunk)(void *arg, struct brg_str bytes), void *arg, struct brg_err *err)
{
	int rc = 0;

	(void)self;
	(void)sha;
	(void)err;
	for (size_t at = 0, n; at < stored.len && rc == 0; at += n) {
		n = pieces + 3; /* the store's are never less */
		n = stored.len - at < n ? stored.len - at : n;
		rc = chunk(arg, arena_dup(arena, stored.ptr + at, n));
	}
	return rc;
}

static const struct brg_storage ops = {
	.size = sizeof(ops), .read = read_state, .commit = commit, .body = read_body
};
static struct store store = { .ops = &ops };

/* ---- sign-ins -------------------------------------------------------------------------------*/

static void load(const struct token_key *key, struct token_row *row)
{
	struct brg_err err = BRG_ERR_INIT;

	PROMISE(token_load(&store, key, arena, row, &err) == 0 && row->there);
}

static void check_token(struct brg_str value)
{
	struct engine engine = { .secrets = keys() };
	struct token_key key = { .kind = "mailbox", .name = "name" };
	struct brg_err err = BRG_ERR_INIT;
	struct oauth_tokens tokens;
	struct token_row row, again;

	stored = value;
	load(&key, &row);
	PROMISE(brg_str_eq(row.raw, value) && row.sealed.len <= value.len);
	PROMISE((token_open(&engine, &key, &row, arena, &tokens, &err) == 0) == !row.sealed.len);
	PROMISE(token_swap(&store, &key, &row, &row, 0, arena, &err) == BRG_COMMITTED);
	load(&key, &again);
	PROMISE(row.signed_us == again.signed_us && row.refreshed_us == again.refreshed_us &&
		row.expires_us == again.expires_us && row.renew_us == again.renew_us &&
		row.offset_us == again.offset_us && row.lock_until_us == again.lock_until_us &&
		row.failed_us == again.failed_us && row.again_us == again.again_us);
	PROMISE(brg_id_eq(&row.lock_process, &again.lock_process));
	PROMISE(brg_id_eq(&row.lock_nonce, &again.lock_nonce));
	PROMISE(strcmp(row.code, again.code) == 0 && strcmp(row.params, again.params) == 0 &&
		strcmp(row.said, again.said) == 0);
	PROMISE(brg_str_eq(row.sealed, again.sealed));
}

/* ---- bodies ---------------------------------------------------------------------------------*/

#define BODY_MAX (1024 * 1024)

struct body {
	EVP_MD_CTX *hash;
	size_t n;
};

static int take(void *arg, const void *p, size_t n, struct brg_err *err)
{
	struct body *b = arg;

	b->n += n;
	EVP_DigestUpdate(b->hash, p, n);
	return b->n > BODY_MAX ? brg_fail(err, &fault_disk_full, "path=x\nreason=x") : 0;
}

static int unpack(const struct brg_sha *sha, struct brg_sha *got, struct brg_err *err)
{
	struct body b = { EVP_MD_CTX_new(), 0 };
	int rc;

	EVP_DigestInit_ex(b.hash, EVP_sha256(), NULL);
	rc = body_read(&store, sha, take, &b, err);
	EVP_DigestFinal_ex(b.hash, got->b, NULL);
	EVP_MD_CTX_free(b.hash);
	PROMISE(rc == 0 || (err->fault && rc == err->fault->cls));
	PROMISE((b.n > BODY_MAX) == (rc == BRG_EFULL));
	return rc;
}

/* A body passes if it is whole and of its name. */
static void check_body(struct brg_str frame)
{
	static const struct brg_sha other = { { 1 } };
	struct brg_err err = BRG_ERR_INIT;
	struct brg_sha first, second;
	bool whole;
	int rc;

	stored = frame;
	rc = unpack(&other, &first, &err);
	PROMISE(rc < 0);
	whole = strcmp(err.params, "reason=its hash is another") == 0;
	PROMISE((unpack(&first, &second, &err) == 0) == whole);
	PROMISE(!whole || memcmp(&first, &second, sizeof(first)) == 0);
	/* Of a frame in one piece zstd looks at the length that it tells, too. */
	pieces = frame.len + 1;
	rc = unpack(&first, &second, &err);
	PROMISE(rc < 0 || memcmp(&first, &second, sizeof(first)) == 0);
}

/* ---- sentences ------------------------------------------------------------------------------*/

/* As contract.c leaves them: lines of text. */
static void check_sentence(struct brg_str params)
{
	static const struct brg_fault row = { .code = "BRG-FAKE-0001",
					      .en = "{a} to {b}: {} {c",
					      .sv = "{b} \xc3\xa5t {a}",
					      .help = "A test." };
	struct brg_str text = arena_str(arena, params);
	char out[64];

	for (char *p = (char *)(uintptr_t)text.ptr, *end = p + text.len; p < end;) {
		char *eol = memchr(p, '\n', (size_t)(end - p));

		eol = eol ? eol : end;
		utf8_repair(p, (size_t)(eol - p));
		p = eol + 1;
	}
	for (int sv = 0; sv < 2; sv++) {
		(void)fault_render(&row, text, sv ? "sv" : "en", out, pieces % sizeof(out) + 1);
		PROMISE(memchr(out, '\0', pieces % sizeof(out) + 1));
		check_text(brg_cstr(out), false);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	static void (*const checks[])(struct brg_str) = { check_recipients, check_settings,
							  check_sealed,	    check_token,
							  check_body,	    check_sentence };

	if (n < 2)
		return 0;
	arena = arena_new();
	pieces = bytes[1] + 1u;
	checks[bytes[0] % 6](arena_dup(arena, bytes + 2, n - 2));
	arena_free(&arena);
	return 0;
}
