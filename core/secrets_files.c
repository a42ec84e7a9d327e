/* SPDX-License-Identifier: Apache-2.0
 *
 * The key files. They are made once in the life of a store and must then never change or
 * be half there: `key.new` exists from before the first file until after the last, and says
 * that nothing was sealed yet. Each file is one line, `brygga-KIND-1 HEX`, so that a person
 * sees what it is and a cut one is noticed.
 */
#include "core/faults.h"
#include "core/secrets-private.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

const struct brg_fault secrets_missing = {
	.code = "BRG-SECR-0001",
	.cls = BRG_ENOTFOUND,
	.scope = BRG_SCOPE_STORE,
	.retry = BRG_RETRY_NEVER,
	.en = "the key file {path} is not there",
	.sv = "nyckelfilen {path} saknas",
	.help = "Passwords in the store are sealed to a key in the state folder: the files key, "
		"key.pub and hash.key. Put them back from a backup. Without them the passwords "
		"cannot be read and must be given again in a new store.",
};
const struct brg_fault secrets_there = {
	.code = "BRG-SECR-0002",
	.cls = BRG_ECONFLICT,
	.scope = BRG_SCOPE_STORE,
	.retry = BRG_RETRY_NEVER,
	.en = "no new key is made because {path} is there already",
	.sv = "ingen ny nyckel skapas eftersom {path} redan finns",
	.help = "The state folder holds part of an older key, but the store is new. Put all three "
		"files (key, key.pub, hash.key) back beside their store, or move them away to "
		"start afresh.",
};
const struct brg_fault secrets_bad_file = {
	.code = "BRG-SECR-0003",
	.cls = BRG_EINVAL,
	.scope = BRG_SCOPE_STORE,
	.retry = BRG_RETRY_NEVER,
	.en = "the key file {path} is not usable: {reason}",
	.sv = "nyckelfilen {path} går inte att använda: {reason}",
	.help = "Put back all three files (key, key.pub, hash.key) from the same backup.",
};
const struct brg_fault secrets_open_to_all = {
	.code = "BRG-SECR-0004",
	.cls = BRG_EINVAL,
	.scope = BRG_SCOPE_STORE,
	.retry = BRG_RETRY_NEVER,
	.en = "the key file {path} can be read by others than its owner: run chmod 600 {path}",
	.sv = "nyckelfilen {path} kan läsas av andra än sin ägare: kör chmod 600 {path}",
	.help = "Who reads this file can read every password in the store. If others may have read "
		"it, "
		"change the passwords.",
};
const struct brg_fault secrets_io = {
	.code = "BRG-SECR-0008",
	.cls = BRG_EIO,
	.scope = BRG_SCOPE_STORE,
	.retry = BRG_RETRY_LATER,
	.en = "cannot read or write the key file {path}: {reason}",
	.sv = "nyckelfilen {path} kan inte läsas eller skrivas: {reason}",
	.help = "The state folder must exist and belong to the user that runs Brygga.",
};

/* In the order in which they are made; the private key is last and completes the set. */
enum { HASH, PUBLIC, PRIVATE };
static const struct {
	const char *name, *kind;
	mode_t mode;
} files[] = {
	[HASH] = { "hash.key", "brygga-hash-1 ", 0600 },
	[PUBLIC] = { "key.pub", "brygga-public-1 ", 0644 },
	[PRIVATE] = { "key", "brygga-private-1 ", 0600 },
};

static int fail_io(const char *dir, const char *name, struct brg_err *err)
{
	const struct brg_fault *row = &secrets_io;

	if (errno == ENOSPC || errno == EDQUOT)
		row = &fault_disk_full;
	return brg_fail(err, row, "path=%s/%s\nreason=%s", dir, name, strerror(errno));
}

/* ---- make -----------------------------------------------------------------------------------*/

/* Write `name`.new, durable but for the folder's entry. */
static int write_new(int dir, size_t which, const unsigned char *key)
{
	static const char hex[] = "0123456789abcdef";
	char text[128], path[32];
	size_t n = strlen(files[which].kind);
	ssize_t put;
	int fd, rc;

	memcpy(text, files[which].kind, n);
	for (size_t i = 0; i < SECRETS_KEY; i++) {
		text[n++] = hex[key[i] >> 4];
		text[n++] = hex[key[i] & 15];
	}
	text[n++] = '\n';
	(void)snprintf(path, sizeof(path), "%s.new", files[which].name);
	fd = openat(dir, path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		    files[which].mode);
	if (fd < 0) {
		secrets_wipe(text, sizeof(text));
		return -1;
	}
	do
		put = write(fd, text, n);
	while (put < 0 && errno == EINTR);
	if (put >= 0 && (size_t)put != n)
		errno = ENOSPC;
	rc = (size_t)put == n && fchmod(fd, files[which].mode) == 0 && fsync(fd) == 0 ? 0 : -1;
	secrets_wipe(text, sizeof(text));
	if (close(fd) < 0)
		rc = -1;
	return rc;
}

/* A run that was cut off: what it left was never used. */
static int clear_cut_off(int dir)
{
	if (faccessat(dir, "key.new", F_OK, 0) < 0)
		return errno == ENOENT ? 0 : -1;
	if (faccessat(dir, "key", F_OK, 0) == 0)
		return 0; /* not ours: a key that is there is never touched */
	for (size_t i = HASH; i <= PUBLIC; i++) {
		char path[32];

		(void)snprintf(path, sizeof(path), "%s.new", files[i].name);
		if ((unlinkat(dir, path, 0) < 0 && errno != ENOENT) ||
		    (unlinkat(dir, files[i].name, 0) < 0 && errno != ENOENT))
			return -1;
	}
	return fsync(dir) < 0 || unlinkat(dir, "key.new", 0) < 0 ? -1 : 0;
}

static int make_keys(struct secrets_keys *keys)
{
	EVP_PKEY *pair = EVP_PKEY_Q_keygen(NULL, NULL, "X25519");
	size_t n = SECRETS_KEY, m = SECRETS_KEY;
	bool ok;

	ok = pair && EVP_PKEY_get_raw_private_key(pair, keys->private_half, &n) == 1 &&
	     EVP_PKEY_get_raw_public_key(pair, keys->public_half, &m) == 1 &&
	     RAND_priv_bytes(keys->hash_key, SECRETS_KEY) == 1;
	EVP_PKEY_free(pair);
	return ok ? 0 : -1;
}

static int write_keys(int dir, const char *state_dir, const struct secrets_keys *keys,
		      struct brg_err *err)
{
	const unsigned char *const bytes[] = {
		[HASH] = keys->hash_key,
		[PUBLIC] = keys->public_half,
		[PRIVATE] = keys->private_half,
	};
	char from[32];

	/* The private one first: its .new marks the work as begun. */
	for (size_t i = PRIVATE + 1; i-- > HASH;)
		if (write_new(dir, i, bytes[i]) < 0 || (i == PRIVATE && fsync(dir) < 0))
			return fail_io(state_dir, files[i].name, err);
	for (size_t i = HASH; i <= PRIVATE; i++) {
		(void)snprintf(from, sizeof(from), "%s.new", files[i].name);
		if ((i == PRIVATE && fsync(dir) < 0) || renameat(dir, from, dir, files[i].name) < 0)
			return fail_io(state_dir, files[i].name, err);
	}
	return fsync(dir) < 0 ? fail_io(state_dir, "", err) : 0;
}

int secrets_create(const char *state_dir, struct brg_err *err)
{
	struct secrets_keys keys = { 0 };
	int dir = open(state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc = 0;

	if (dir < 0)
		return fail_io(state_dir, "", err);
	if (clear_cut_off(dir) < 0)
		rc = fail_io(state_dir, "key.new", err);
	for (size_t i = HASH; rc == 0 && i <= PRIVATE; i++)
		if (faccessat(dir, files[i].name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
			rc = brg_fail(err, &secrets_there, "path=%s/%s", state_dir, files[i].name);
	if (rc == 0 && make_keys(&keys) < 0)
		rc = brg_fail(err, &secrets_bad_file, "path=%s/key\nreason=OpenSSL made no key",
			      state_dir);
	if (rc == 0)
		rc = write_keys(dir, state_dir, &keys, err);
	secrets_wipe(&keys, sizeof(keys));
	close(dir);
	return rc;
}

/* ---- read -----------------------------------------------------------------------------------*/

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int parse(const char *text, size_t n, const char *kind, unsigned char *out)
{
	size_t at = strlen(kind);

	if (n < at || memcmp(text, kind, at) != 0)
		return -1;
	if (n == at + 2 * SECRETS_KEY + 1 && text[n - 1] == '\n')
		n--;
	if (n != at + 2 * SECRETS_KEY)
		return -1;
	for (size_t i = 0; i < SECRETS_KEY; i++, at += 2) {
		int high = digit(text[at]), low = digit(text[at + 1]);

		if (high < 0 || low < 0)
			return -1;
		out[i] = (unsigned char)(high << 4 | low);
	}
	return 0;
}

static int read_key(int dir, const char *state_dir, size_t which, unsigned char *out,
		    struct brg_err *err)
{
	const char *name = files[which].name;
	char text[256];
	struct stat st;
	ssize_t n = -1;
	int fd, rc = 0;

	fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 && errno == ENOENT)
		return brg_fail(err, &secrets_missing, "path=%s/%s", state_dir, name);
	if (fd < 0)
		return fail_io(state_dir, name, err);
	if (fstat(fd, &st) == 0)
		n = read(fd, text, sizeof(text));
	if (n < 0)
		rc = fail_io(state_dir, name, err);
	else if ((st.st_mode & 077) && (files[which].mode & 077) == 0)
		rc = brg_fail(err, &secrets_open_to_all, "path=%s/%s", state_dir, name);
	else if (parse(text, (size_t)n, files[which].kind, out) < 0)
		rc = brg_fail(err, &secrets_bad_file,
			      "path=%s/%s\nreason=it should be one line, %sand 64 hex digits",
			      state_dir, name, files[which].kind);
	secrets_wipe(text, sizeof(text));
	close(fd);
	return rc;
}

/* Do the halves belong together? */
static bool is_pair(const struct secrets_keys *keys)
{
	EVP_PKEY *pair = EVP_PKEY_new_raw_private_key_ex(NULL, "X25519", NULL, keys->private_half,
							 SECRETS_KEY);
	unsigned char half[SECRETS_KEY];
	size_t n = sizeof(half);
	bool same;

	same = pair && EVP_PKEY_get_raw_public_key(pair, half, &n) == 1 &&
	       memcmp(half, keys->public_half, sizeof(half)) == 0;
	EVP_PKEY_free(pair);
	return same;
}

int secrets_read_keys(const char *state_dir, bool with_private, struct secrets_keys *out,
		      struct brg_err *err)
{
	int dir = open(state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc = 0;

	if (dir < 0 && errno == ENOENT)
		return brg_fail(err, &secrets_missing, "path=%s/%s", state_dir, files[PUBLIC].name);
	if (dir < 0)
		return fail_io(state_dir, "", err);
	if (faccessat(dir, "key.new", F_OK, 0) == 0 && faccessat(dir, "key", F_OK, 0) < 0)
		rc = brg_fail(err, &secrets_missing, "path=%s/%s", state_dir, files[PRIVATE].name);
	if (rc == 0)
		rc = read_key(dir, state_dir, PUBLIC, out->public_half, err);
	if (rc == 0)
		rc = read_key(dir, state_dir, HASH, out->hash_key, err);
	if (rc == 0 && with_private) {
		rc = read_key(dir, state_dir, PRIVATE, out->private_half, err);
		out->has_private = rc == 0;
		if (rc == 0 && !is_pair(out))
			rc = brg_fail(err, &secrets_bad_file,
				      "path=%s/key\nreason=it does not belong to key.pub",
				      state_dir);
	}
	close(dir);
	return rc;
}
