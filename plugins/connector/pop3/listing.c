/* SPDX-License-Identifier: Apache-2.0
 *
 * What lies in the maildrop, and by which name it is known for ever. A message number
 * holds for one session (RFC 1939 section 5), so identity is the unique-id of UIDL
 * (section 7), with three repairs for what servers really send:
 *
 *  - several messages with one UID (or none): the id is UID#HASH, HASH being 128 bits of
 *    SHA-256 of the header as TOP gives it, and .2, .3 for equal headers. It does not
 *    change when another of the group goes. When only one is left, its id is the plain
 *    UID again: for the core that is an item renamed, which it knows by its header.
 *  - a UID that is no UID (longer than 512 octets, a space inside, not ASCII): ~HASH.
 *  - a UID that looks like one of these two (has a # or begins with ~): ~HASH too, so
 *    that no server can make one id mean two messages.
 *
 * The cursor is "v1 COUNT DIGEST": SHA-256 of the UIDs as listed, in the order of the
 * listing, each with a newline. Numbers are not part of it, so that a maildrop that is
 * renumbered after an expunge elsewhere compares by what it holds. A server that lists
 * the same messages in another order costs one look into the store, and nothing else.
 */
#include "pop3.h"

#include <openssl/evp.h>
#include <stdlib.h>

#define NUMBER_MAX	((uint64_t)INT32_MAX)
#define LISTING_ENTRIES 1000000
#define LISTING_OCTETS	((uint64_t)64 * 1024 * 1024)
#define UID_OCTETS	512
#define HASH_OCTETS	16
/* Headers that are read to tell equal UIDs apart, each time the listing changes. */
#define EQUAL_UIDS 1000

struct brg_str listing_id(const struct pop3 *p, const struct entry *e)
{
	return (struct brg_str){ p->listing.text + e->at, e->len };
}

void listing_free(struct pop3 *p)
{
	free(p->listing.at);
	free(p->listing.text);
	free(p->listing.order);
	memset(&p->listing, 0, sizeof(p->listing));
}

static uint64_t add_text(struct listing *l, const char *s, size_t n)
{
	uint64_t at = l->len;

	if (l->len + n >= l->text_room) {
		l->text_room = (l->len + n) * 2 + 4096;
		l->text = wire_grow(l->text, (size_t)l->text_room, 1);
	}
	memcpy(l->text + at, s, n);
	l->len += n;
	return at;
}

static int garbage(struct pop3 *p, const char *command, struct brg_err *err)
{
	brg_fail(err, &pop3_garbage, "host=%s\ncommand=%s", p->where.host, command);
	return wire_fail(p, err);
}

static bool has_control(struct brg_str s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.ptr[i] < 0x20 || s.ptr[i] == 0x7f)
			return true;
	return false;
}

/* RFC 1939 section 7: one to 70 characters in the range 0x21 to 0x7E. */
static bool is_plain(struct brg_str uid)
{
	if (uid.len > UID_OCTETS || (uid.len && uid.ptr[0] == '~'))
		return false;
	for (size_t i = 0; i < uid.len; i++)
		if (uid.ptr[i] < 0x21 || uid.ptr[i] > 0x7e || uid.ptr[i] == '#')
			return false;
	return true;
}

static void hex(const unsigned char *bytes, size_t n, char *out)
{
	static const char digit[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		out[2 * i] = digit[bytes[i] >> 4];
		out[2 * i + 1] = digit[bytes[i] & 15];
	}
	out[2 * n] = '\0';
}

static void hash(const char *s, size_t n, size_t octets, char *out)
{
	unsigned char sum[EVP_MAX_MD_SIZE];

	if (EVP_Digest(s ? s : "", n, sum, NULL, EVP_sha256(), NULL) != 1)
		abort();
	hex(sum, octets, out);
}

/* One line of UIDL: number, space, unique-id. */
static int add_entry(struct pop3 *p, struct brg_str line, struct brg_err *err)
{
	struct listing *l = &p->listing;
	uint64_t number = wire_number(&line, NUMBER_MAX);
	struct entry *e;

	while (line.len && line.ptr[line.len - 1] == ' ')
		line.len--;
	if (number == 0 || has_control(line))
		return garbage(p, "UIDL", err);
	if (l->n >= LISTING_ENTRIES || l->len + line.len + 1 > LISTING_OCTETS) {
		brg_fail(err, &pop3_too_many, "host=%s\nlimit=%d", p->where.host, LISTING_ENTRIES);
		return wire_fail(p, err);
	}
	if (l->n == l->room) {
		l->room = l->room ? l->room * 2 : 64;
		l->at = wire_grow(l->at, l->room, sizeof(*l->at));
	}
	e = &l->at[l->n++];
	memset(e, 0, sizeof(*e));
	e->number = (uint32_t)number;
	e->len = (uint32_t)line.len;
	e->at = add_text(l, line.ptr, line.len);
	add_text(l, "\n", 1);
	return 0;
}

static int by_number(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	return (x->number > y->number) - (x->number < y->number);
}

/* Ascending numbers, each once. Servers list in order; one that does not is sorted,
 * after the cursor was taken. */
static int check_numbers(struct pop3 *p, struct brg_err *err)
{
	struct listing *l = &p->listing;
	bool sorted = true;

	for (uint32_t i = 1; i < l->n; i++)
		sorted = sorted && l->at[i - 1].number < l->at[i].number;
	if (sorted)
		return 0;
	qsort(l->at, l->n, sizeof(*l->at), by_number);
	for (uint32_t i = 1; i < l->n; i++)
		if (l->at[i - 1].number == l->at[i].number)
			return garbage(p, "UIDL", err);
	return 0;
}

static struct entry *by_its_number(struct pop3 *p, uint64_t number)
{
	struct entry key = { .number = (uint32_t)number };

	if (!p->listing.n)
		return NULL;
	return bsearch(&key, p->listing.at, p->listing.n, sizeof(key), by_number);
}

/* "number octets": what LIST says is believed only where UIDL knows the number. */
static int add_size(struct pop3 *p, struct brg_str line, struct brg_err *err)
{
	uint64_t number = wire_number(&line, NUMBER_MAX);
	struct entry *e = by_its_number(p, number);

	if (number == 0 || line.len == 0 || line.ptr[0] < '0' || line.ptr[0] > '9')
		return garbage(p, "LIST", err);
	if (e)
		e->octets = wire_number(&line, INT64_MAX / 16);
	return 0;
}

/* LIST's whole answer. Without sizes the work goes on: they only guide it. */
static int read_sizes(struct pop3 *p, struct brg_err *err)
{
	struct brg_str words, line;
	int rc;

	p->doing = "LIST";
	rc = wire_status(p, &words, err);
	if (rc == WIRE_GO_ON)
		return garbage(p, "LIST", err);
	while (rc > 0) {
		rc = wire_next(p, &line, err);
		if (rc > 0 && add_size(p, line, err) < 0)
			return err->code;
	}
	for (uint32_t i = 0; i < p->listing.n; i++)
		p->listing.at[i].sized = true;
	return rc < 0 ? rc : 0;
}

static int read_uids(struct pop3 *p, struct brg_err *err)
{
	struct brg_str words, line;
	int rc = wire_status(p, &words, err);

	if (rc == WIRE_GO_ON)
		return garbage(p, "UIDL", err);
	/* UIDL is optional (RFC 1939 section 7). Announced and refused is another thing. */
	if (rc == WIRE_ERR)
		return wire_refused(p, p->capa & CAPA_UIDL ? &pop3_refused : &pop3_no_uidl, words,
				    err);
	while (rc > 0) {
		rc = wire_next(p, &line, err);
		if (rc > 0 && add_entry(p, line, err) < 0)
			return err->code;
	}
	return rc;
}

int listing_get(struct pop3 *p, bool sizes, struct brg_err *err)
{
	struct listing *l = &p->listing;
	char digest[2 * EVP_MAX_MD_SIZE + 1];
	int rc;

	if (l->have)
		return 0;
	sizes = sizes && login_pipelines(p);
	rc = wire_send(p, "UIDL", "UIDL\r\nLIST\r\n", sizes ? 12 : 6, err);
	if (rc < 0)
		return rc;
	rc = read_uids(p, err);
	if (rc < 0 && (p->failed || !sizes))
		return rc;
	if (rc < 0) {
		struct brg_err other = BRG_ERR_INIT;

		(void)read_sizes(p, &other);
		return rc;
	}
	hash(l->text, (size_t)l->len, 32, digest);
	(void)snprintf(l->cursor, sizeof(l->cursor), "v1 %u %.64s", l->n, digest);
	rc = check_numbers(p, err);
	if (rc == 0 && sizes)
		rc = read_sizes(p, err);
	l->have = rc == 0;
	return rc;
}

/* LIST with a number answers in one line: "+OK number octets". */
static int read_one_size(struct pop3 *p, struct brg_err *err)
{
	struct brg_str words;
	int rc;

	p->doing = "LIST";
	rc = wire_status(p, &words, err);
	if (rc == WIRE_GO_ON)
		return garbage(p, "LIST", err);
	return rc == WIRE_OK ? add_size(p, words, err) : rc;
}

/* Some of many: one LIST each, pipelined, in groups that fit the window. */
static int ask_each(struct pop3 *p, const struct job *jobs, uint32_t n, struct brg_err *err)
{
	char text[WINDOW_COMMANDS * 20];
	uint32_t at = 0, from;
	size_t len;
	int rc = 0;

	while (at < n && rc == 0) {
		len = 0;
		for (from = at; at < n && at - from < WINDOW_COMMANDS; at++)
			len += (size_t)snprintf(text + len, sizeof(text) - len, "LIST %u\r\n",
						p->listing.at[jobs[at].entry].number);
		rc = wire_send(p, "LIST", text, len, err);
		for (; from < at && rc == 0; from++) {
			rc = read_one_size(p, err);
			p->listing.at[jobs[from].entry].sized = true;
		}
	}
	return rc;
}

int listing_sizes(struct pop3 *p, const struct job *jobs, uint32_t n, struct brg_err *err)
{
	bool all = true;
	int rc;

	for (uint32_t i = 0; i < n; i++)
		all = all && p->listing.at[jobs[i].entry].sized;
	if (all)
		return 0;
	if (login_pipelines(p) && n <= WINDOW_COMMANDS && n < p->listing.n / 8)
		return ask_each(p, jobs, n, err);
	rc = wire_send(p, "LIST", "LIST\r\n", 6, err);
	return rc < 0 ? rc : read_sizes(p, err);
}

static int by_id(const void *a, const void *b, void *arg)
{
	const struct pop3 *p = arg;
	uint32_t i = *(const uint32_t *)a, j = *(const uint32_t *)b;
	struct brg_str x = listing_id(p, &p->listing.at[i]), y = listing_id(p, &p->listing.at[j]);
	int c = memcmp(x.ptr, y.ptr, x.len < y.len ? x.len : y.len);

	if (c != 0)
		return c;
	if (x.len != y.len)
		return x.len < y.len ? -1 : 1;
	return (i > j) - (i < j);
}

static void sort_ids(struct pop3 *p)
{
	qsort_r(p->listing.order, p->listing.n, sizeof(*p->listing.order), by_id, p);
}

static bool same_id(struct pop3 *p, uint32_t i, uint32_t j)
{
	const uint32_t *order = p->listing.order;

	return brg_str_eq(listing_id(p, &p->listing.at[order[i]]),
			  listing_id(p, &p->listing.at[order[j]]));
}

static void rename_entry(struct pop3 *p, struct entry *e, const char *name, size_t n)
{
	e->at = add_text(&p->listing, name, n);
	e->len = (uint32_t)n;
	e->renamed = true;
}

static void hash_odd_uids(struct pop3 *p)
{
	struct listing *l = &p->listing;
	char name[2 + 2 * HASH_OCTETS] = "~";

	for (uint32_t i = 0; i < l->n; i++) {
		struct brg_str uid = listing_id(p, &l->at[i]);

		if (is_plain(uid))
			continue;
		hash(uid.ptr, uid.len, HASH_OCTETS, name + 1);
		rename_entry(p, &l->at[i], name, strlen(name));
	}
}

/* UID#HASH from the header of each of a group. */
static int name_by_header(struct pop3 *p, struct pipe *pipe, struct brg_err *err)
{
	struct brg_err refused = BRG_ERR_INIT;
	char name[UID_OCTETS + 64];
	struct message m;
	int rc = 0;

	while (pipe->got < pipe->n) {
		struct entry *e = &p->listing.at[pipe->jobs[pipe->got].entry];
		size_t len = e->len;

		memset(&m, 0, sizeof(m));
		m.want_header = true;
		rc = fetch_take(p, pipe, pipe->n, &m, &refused, err);
		if (rc < 0)
			return rc;
		memcpy(name, p->listing.text + e->at, len);
		name[len++] = '#';
		hash(m.header.ptr, rc ? m.header.len : 0, HASH_OCTETS, name + len);
		rename_entry(p, e, name, strlen(name));
	}
	return 0;
}

/* Equal headers under one UID are copies of one message: .2, .3 in their order. */
static void number_copies(struct pop3 *p)
{
	struct listing *l = &p->listing;
	char name[UID_OCTETS + 96];
	uint32_t run;

	for (uint32_t i = 0; i < l->n; i = run) {
		for (run = i + 1; run < l->n && same_id(p, i, run); run++)
			;
		for (uint32_t k = i + 1; k < run; k++) {
			struct entry *e = &l->at[l->order[k]];
			struct brg_str id = listing_id(p, e);
			int n = snprintf(name, sizeof(name), "%.*s.%u", (int)id.len, id.ptr,
					 k - i + 1);

			rename_entry(p, e, name, (size_t)n);
		}
	}
}

static int tell_apart(struct pop3 *p, struct brg_err *err)
{
	struct listing *l = &p->listing;
	struct pipe pipe = { .want = BRG_WANT_HEADER };
	uint32_t run;
	int rc;

	pipe.jobs = wire_grow(NULL, EQUAL_UIDS, sizeof(*pipe.jobs));
	for (uint32_t i = 0; i < l->n; i = run) {
		bool none = l->at[l->order[i]].len == 0;

		for (run = i + 1; run < l->n && same_id(p, i, run); run++)
			;
		for (uint32_t k = i; (run > i + 1 || none) && k < run; k++) {
			if (pipe.n < EQUAL_UIDS)
				pipe.jobs[pipe.n] = (struct job){ l->order[k], VERB_NONE };
			pipe.n++;
		}
	}
	if (pipe.n > EQUAL_UIDS) {
		rc = brg_fail(err, &pop3_equal_uids, "host=%s\ncount=%u\nlimit=%d", p->where.host,
			      pipe.n, EQUAL_UIDS);
	} else {
		rc = name_by_header(p, &pipe, err);
		sort_ids(p);
		number_copies(p);
		sort_ids(p);
	}
	free(pipe.jobs);
	return rc;
}

int listing_name(struct pop3 *p, struct brg_err *err)
{
	struct listing *l = &p->listing;
	bool clash = false;
	int rc = 0;

	if (l->named)
		return 0;
	p->cut = UINT32_MAX;
	l->order = wire_grow(l->order, l->n, sizeof(*l->order));
	for (uint32_t i = 0; i < l->n; i++)
		l->order[i] = i;
	hash_odd_uids(p);
	sort_ids(p);
	for (uint32_t i = 0; i < l->n; i++)
		clash = clash || l->at[l->order[i]].len == 0 || (i && same_id(p, i - 1, i));
	if (clash)
		rc = tell_apart(p, err);
	l->named = rc == 0;
	if (rc == 0)
		fetch_recall_cut(p);
	return rc;
}

struct entry *listing_find(struct pop3 *p, struct brg_str id)
{
	struct listing *l = &p->listing;
	uint32_t low = 0, high = l->n;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;
		struct brg_str it = listing_id(p, &l->at[l->order[mid]]);
		int c = memcmp(it.ptr, id.ptr, it.len < id.len ? it.len : id.len);

		if (c == 0 && it.len == id.len)
			return &l->at[l->order[mid]];
		if (c < 0 || (c == 0 && it.len < id.len))
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}
