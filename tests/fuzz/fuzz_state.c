/* SPDX-License-Identifier: Apache-2.0
 *
 * What somebody damaged, or a dying process left. The ledger: what was entered is recalled as it
 * was; of a damaged file something within bounds, or nothing. The keys: a set that opens what it
 * seals, or an error. The scoreboard: somebody is to blame, in words, or nobody.
 */
#include "core/ledger.h"
#include "core/scoreboard.h"
#include "core/secrets.h"
#include "core/utf8.h"
#include "tests/fuzz/fuzz.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[64];

static const char *path_of(const char *name)
{
	static char path[160];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static void put_file(const char *name, const void *text, size_t n, mode_t mode)
{
	int fd = open(path_of(name), O_WRONLY | O_CREAT | O_TRUNC, 0600);

	PROMISE(fd >= 0 && write(fd, text, n) == (ssize_t)n && fchmod(fd, mode) == 0);
	(void)close(fd);
}

/* ---- the ledger -----------------------------------------------------------------------------*/

#define LEDGER "sending-01000000-0000-0000-0000-000000000000"
#define ENTRY  3 /* bytes of the input for each */

static const struct brg_id mailbox = { { 1 } };

static struct brg_id record_of(size_t i)
{
	return (struct brg_id){ { 2, (unsigned char)i } };
}

static size_t people_of(const uint8_t *e)
{
	return e[1] % (LEDGER_RECIPIENTS + 1u);
}

static void enter(const uint8_t *entries, size_t n)
{
	struct brg_err err = BRG_ERR_INIT, refused = BRG_ERR_INIT;
	struct ledger *l = ledger_open(dir, &mailbox, &err);

	PROMISE(l);
	for (size_t i = 0; i < n; i++) {
		const struct brg_id record = record_of(i);
		struct brg_message *m;

		if (i == LEDGER_MESSAGES)
			ledger_turn(l);
		m = ledger_enter(l, i % LEDGER_MESSAGES, &record, i + 1);
		m->fate = entries[i * ENTRY] % 3;
		m->n_to = people_of(entries + i * ENTRY);
		for (size_t k = 0; k < m->n_to; k++)
			m->to[k].err = entries[i * ENTRY + 2] >> k % 8 & 1 ? &refused : NULL;
	}
	ledger_close(&l, false);
	PROMISE(!l);
}

/* The next piece of an input: two bytes where it goes, one how long it is, and its bytes. False:
 * what is left is less. */
static bool next_piece(const uint8_t **bytes, size_t *n, size_t *at, struct brg_str *out)
{
	const uint8_t *p = *bytes;
	size_t len;

	if (*n <= 3)
		return false;
	len = p[2] < *n - 3 ? p[2] : *n - 3;
	*at = (p[0] * 256u + p[1]) * 2;
	*out = (struct brg_str){ (const char *)p + 3, len };
	*bytes += 3 + len;
	*n -= 3 + len;
	return true;
}

/* Pieces of the input go over the file; what is left says how much of that is cut off. False:
 * nothing was changed. */
static bool damage(const uint8_t *bytes, size_t n)
{
	int fd = open(path_of(LEDGER), O_RDWR);
	struct brg_str piece;
	struct stat st;
	bool changed = n > 0;
	size_t at;

	PROMISE(fd >= 0 && fstat(fd, &st) == 0);
	while (next_piece(&bytes, &n, &at, &piece))
		PROMISE(pwrite(fd, piece.ptr, piece.len, (off_t)at) == (ssize_t)piece.len);
	if (n)
		PROMISE(ftruncate(fd, st.st_size - bytes[0]) == 0);
	(void)close(fd);
	return changed;
}

static void recall(const uint8_t *entries, size_t n, bool damaged)
{
	struct ledger_entry got;

	for (size_t i = 0; i <= n; i++) {
		const struct brg_id record = record_of(i);
		const uint8_t *e = entries + i * ENTRY;
		int found = ledger_recall(dir, &mailbox, &record, i + 1, &got);

		PROMISE(damaged || found == (i < n));
		PROMISE(!found || got.n_to <= LEDGER_RECIPIENTS);
		if (damaged || i == n)
			continue;
		PROMISE(got.fate == e[0] % 3 && got.n_to == people_of(e));
		for (size_t k = 0; k < got.n_to; k++)
			PROMISE(got.refused[k] == (e[2] >> k % 8 & 1));
		PROMISE(ledger_recall(dir, &mailbox, &record, i + 2, &got) == 0);
	}
}

static void check_ledger(const uint8_t *bytes, size_t n)
{
	size_t entries = n ? bytes[0] % (2 * LEDGER_MESSAGES + 1u) : 0;
	bool damaged;

	if (n < 1 + entries * ENTRY)
		return;
	enter(bytes + 1, entries);
	damaged = damage(bytes + 1 + entries * ENTRY, n - 1 - entries * ENTRY);
	recall(bytes + 1, entries, damaged);
	ledger_forget(dir, &mailbox);
	recall(bytes + 1, 0, false);
}

/* ---- the keys -------------------------------------------------------------------------------*/

static const char *const files[][2] = {
	{ "hash.key",
	  "brygga-hash-1 0000000000000000000000000000000000000000000000000000000000000000\n" },
	{ "key.pub",
	  "brygga-public-1 8f40c5adb68f25624ae5b214ea767a6ec94d829d3d7b5e1ad1ba6f3e2138285f\n" },
	{ "key",
	  "brygga-private-1 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n" },
};

static void check_seal(const struct secrets *s, bool with_private)
{
	struct brg_arena *arena = arena_new();
	struct brg_err err = BRG_ERR_INIT;
	struct brg_str sealed, plain;
	int rc = secrets_seal(s, brg_cstr("hunter2"), brg_cstr("row"), arena, &sealed, &err);

	/* A public key that is a bad point seals nothing; its private half is another's. */
	PROMISE(rc == 0 || !with_private);
	if (rc == 0)
		PROMISE((secrets_unseal(s, sealed, brg_cstr("row"), arena, &plain, &err) == 0) ==
			with_private);
	arena_free(&arena);
}

/* The first byte: which file is as the rest of the input says, and how the set is opened. */
static void check_keys(const uint8_t *bytes, size_t n)
{
	struct brg_err err = BRG_ERR_INIT;
	struct secrets *s = NULL;
	uint8_t how = n ? bytes[0] : 0;
	int rc;

	for (size_t i = 0; i < 3; i++)
		if (n && (how & 3) == i)
			put_file(files[i][0], bytes + 1, n - 1, how & 4 ? 0640 : 0600);
		else
			put_file(files[i][0], files[i][1], strlen(files[i][1]), 0600);
	rc = secrets_open(dir, how & 8, &s, &err);
	PROMISE((rc == 0) == (s != NULL) && (rc == 0 || err.fault->cls == rc));
	if (s)
		check_seal(s, how & 8);
	secrets_free(&s);
	for (size_t i = 0; i < 3; i++)
		(void)unlink(path_of(files[i][0]));
}

/* ---- the scoreboard -------------------------------------------------------------------------*/

#define SLOTS 3

/* One process: visits that ran, and what was written over them. The first byte: how it ended. */
static void check_board(const uint8_t *bytes, size_t n)
{
	static const int ends[] = { SIGSEGV, SIGKILL, 0, 70 << 8 };
	static struct scoreboard board;
	struct board_process *p = &board.processes[0];
	struct board_obituary *o;
	const struct board_slot *guilty;
	size_t at, read = 0, met = 0;
	struct brg_str piece;
	uint8_t how = n ? *bytes : 0;
	int cause = 0;

	memset(p, 0, sizeof(*p));
	memset(board.obituaries, 0, sizeof(board.obituaries));
	for (size_t i = 0; i < SLOTS && (how >> 2 & 3) > i; i++) {
		const struct brg_id visit = record_of(i);

		board_begin(&p->slots[i], &visit, &mailbox, how & 16 ? 1 : 0);
		board_item(&p->slots[i], brg_cstr("folder"), brg_cstr("item"));
	}
	for (bytes += n > 0, n -= n > 0; next_piece(&bytes, &n, &at, &piece);)
		memcpy((char *)&p->suspects + at, piece.ptr, piece.len);
	(void)board_overrun(p, how & 32 ? INT64_MAX : board_now_ms());
	guilty = board_bury(&board, p, ends[how & 3], &cause);
	PROMISE(cause >= BOARD_CRASH && cause <= BOARD_UNKNOWN);
	PROMISE(!guilty || (guilty >= p->slots && guilty < p->slots + BOARD_THREADS));
	PROMISE((guilty != NULL) == (cause == BOARD_CRASH || cause == BOARD_HANG));
	while ((o = board_next_obituary(&board, &read))) {
		const char *item_end = memchr(o->item, '\0', BOARD_ITEM);

		PROMISE(item_end && memchr(o->folder, '\0', BOARD_ITEM));
		PROMISE(utf8_plain(brg_cstr(o->item)) && utf8_plain(brg_cstr(o->folder)));
		PROMISE(guilty && brg_id_eq(&o->visit, &guilty->visit));
		board_done_obituary(o);
		met++;
	}
	PROMISE(met == (guilty != NULL));
	for (size_t i = 0; i < SLOTS; i++) {
		const struct brg_id visit = record_of(i);

		board_clear_suspect(p, &visit);
	}
	PROMISE(board_overrun(p, INT64_MAX) == NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	if (n < 1)
		return 0;
	(void)snprintf(dir, sizeof(dir), "%s/brygga-fuzz-XXXXXX",
		       access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	PROMISE(mkdtemp(dir));
	if (bytes[0] % 3 == 0)
		check_ledger(bytes + 1, n - 1);
	else if (bytes[0] % 3 == 1)
		check_keys(bytes + 1, n - 1);
	else
		check_board(bytes + 1, n - 1);
	PROMISE(rmdir(dir) == 0);
	return 0;
}
