/* SPDX-License-Identifier: Apache-2.0
 *
 * UTF-8 where the bytes are that, else windows-1252, is right for nearly all mail whose charset
 * is not told or not true; what is told otherwise is iconv's. Labels are taken as browsers take
 * them: mailers that say iso-8859-1 mean windows-1252 (WHATWG Encoding section 4.2).
 */
#include "core/charset.h"

#include "core/utf8.h"

#include <errno.h>
#include <iconv.h>
#include <strings.h>

#define PIECE	4096
#define TRUSTED 2 /* so many sequences of UTF-8 are no chance */

static const char utf8[] = "utf-8", windows[] = "windows-1252";

/* Names that iconv does not know, or knows in a narrower sense. */
static const struct {
	const char *label, *name;
} aliases[] = {
	{ "iso-8859-1", windows },
	{ "iso8859-1", windows },
	{ "iso_8859-1", windows },
	{ "iso88591", windows },
	{ "latin1", windows },
	{ "latin-1", windows },
	{ "l1", windows },
	{ "cp1252", windows },
	{ "cp-1252", windows },
	{ "windows-1252", windows },
	{ "windows1252", windows },
	{ "x-cp1252", windows },
	{ "iso-8859-8-i", "iso-8859-8" },
	{ "iso-8859-8-e", "iso-8859-8" },
	{ "iso-8859-9", "cp1254" },
	{ "iso-8859-11", "cp874" },
	{ "tis-620", "cp874" },
	{ "windows-874", "cp874" },
	{ "gb2312", "gb18030" },
	{ "gb_2312-80", "gb18030" },
	{ "gbk", "gb18030" },
	{ "x-gbk", "gb18030" },
	{ "cp936", "gb18030" },
	{ "hz-gb-2312", "gb18030" },
	{ "big5", "big5-hkscs" },
	{ "big-5", "big5-hkscs" },
	{ "x-big5", "big5-hkscs" },
	{ "shift_jis", "cp932" },
	{ "shift-jis", "cp932" },
	{ "sjis", "cp932" },
	{ "x-sjis", "cp932" },
	{ "windows-31j", "cp932" },
	{ "ms_kanji", "cp932" },
	{ "x-euc-jp", "euc-jp" },
	{ "ks_c_5601-1987", "cp949" },
	{ "ks_c_5601-1989", "cp949" },
	{ "ksc5601", "cp949" },
	{ "euc-kr", "cp949" },
	{ "windows-949", "cp949" },
	{ "x-mac-roman", "macintosh" },
	{ "x-mac-cyrillic", "mac-cyrillic" },
	{ "unicode-1-1-utf-7", "utf-7" },
	{ "x-unicode-2-0-utf-7", "utf-7" },
	{ "unicode-2-0-utf-7", "utf-7" },
	{ "unicode", "utf-16" },
	{ "ucs-2", "utf-16" },
	{ "iso-10646-ucs-2", "utf-16" },
};

/* Names that say nothing that the bytes do not say better. */
static const char *const silent[] = {
	"",	   "us-ascii",	"ascii",	"ansi_x3.4-1968", "iso646-us",
	"unknown", "x-unknown", "unknown-8bit", "x-user-defined", "binary",
	"8bit",	   "7bit",	"default",	"none",		  "_autodetect_all",
};

/* Names of what is looked for anyway. */
static const char *const says_utf8[] = { utf8, "utf8", "utf_8", "unicode-1-1-utf-8" };

/* Windows-1252 from 0x80; its five holes are U+FFFD. */
static const uint16_t high[32] = {
	0x20AC, 0xFFFD, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
	0x2039, 0x0152, 0xFFFD, 0x017D, 0xFFFD, 0xFFFD, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
	0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0xFFFD, 0x017E, 0x0178,
};

uint32_t charset_windows(unsigned char c)
{
	return c >= 0x80 && c < 0xA0 ? high[c - 0x80] : c;
}

/* ---- looking --------------------------------------------------------------------------------*/

/* May more bytes make a character of these? */
static bool may_begin(const unsigned char *p, size_t n)
{
	size_t want = p[0] >= 0xF0 && p[0] <= 0xF4 ? 4 : p[0] >= 0xE0 ? 3 : p[0] >= 0xC2 ? 2 : 0;

	if (p[0] > 0xF4 || n >= want)
		return false;
	for (size_t i = 1; i < n; i++)
		if ((p[i] & 0xC0) != 0x80)
			return false;
	return true;
}

static void look_at(struct charset_look *look, const unsigned char *p, size_t n, bool more)
{
	uint32_t point;

	for (size_t i = 0, len; i < n; i += len) {
		if (p[i] < 0x80) {
			len = 1;
			continue;
		}
		len = utf8_char(p + i, n - i, &point);
		if (len) {
			look->good++;
		} else if (more && may_begin(p + i, n - i)) {
			look->n_held = (unsigned)(n - i);
			memcpy(look->held, p + i, look->n_held);
			return;
		} else {
			look->bad++;
			len = 1;
		}
	}
}

void charset_look(struct charset_look *look, const char *text, size_t n)
{
	const unsigned char *p = (const unsigned char *)text;
	unsigned char joined[8];
	size_t k;

	for (size_t i = 0; i < n && look->octets + i < sizeof(look->first); i++)
		look->first[look->octets + i] = p[i];
	for (size_t i = 0; i < n; i++)
		if (p[i] == 0)
			look->nul[(look->octets + i) & 1]++;
	look->escapes = look->escapes || memmem(p, n, "\033$", 2) || memmem(p, n, "\033(J", 3);
	look->octets += n;
	/* What a piece cut in two. */
	while (look->n_held && n) {
		memcpy(joined, look->held, look->n_held);
		k = look->n_held;
		look->n_held = 0;
		joined[k++] = *p++;
		n--;
		look_at(look, joined, k, true);
	}
	look_at(look, p, n, true);
}

static bool is_one_of(struct brg_str told, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strlen(names[i]) == told.len && strncasecmp(names[i], told.ptr, told.len) == 0)
			return true;
	return false;
}

/* What iconv calls it. False: it does not know it. */
static bool known(struct brg_str told, char name[CHARSET_NAME])
{
	iconv_t cd;

	if (told.len >= CHARSET_NAME)
		return false;
	for (size_t i = 0; i < told.len; i++) {
		char c = told.ptr[i];

		/* Never a path or one of iconv's own switches. */
		if (!((c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') || c == '-' ||
		      c == '_' || c == '.' || c == ':'))
			return false;
		name[i] = c;
	}
	name[told.len] = '\0';
	for (size_t i = 0; i < sizeof(aliases) / sizeof(aliases[0]); i++)
		if (strcasecmp(aliases[i].label, name) == 0) {
			(void)snprintf(name, CHARSET_NAME, "%s", aliases[i].name);
			return true;
		}
	cd = iconv_open(utf8, name);
	if (cd == (iconv_t)-1)
		return false;
	(void)iconv_close(cd);
	return true;
}

/* The mark of byte order; without one most characters of a text have a NUL on one side. */
static const char *wide(const struct charset_look *look, bool told)
{
	uint64_t even = look->nul[0], odd = look->nul[1];

	if (look->octets < 2)
		return NULL;
	if (look->first[0] == 0xFF && look->first[1] == 0xFE)
		return "utf-16le";
	if (look->first[0] == 0xFE && look->first[1] == 0xFF)
		return "utf-16be";
	if (odd > look->octets / 4 && even < odd / 8)
		return "utf-16le";
	if ((even > look->octets / 4 && odd < even / 8) || told)
		return "utf-16be"; /* RFC 2781 section 4.3 */
	return NULL;
}

static const char *guess(const struct charset_look *look)
{
	const char *name = wide(look, false);

	if (name)
		return name;
	if (look->escapes && look->good + look->bad == 0)
		return "iso-2022-jp";
	return look->good >= look->bad + (look->n_held > 0) ? utf8 : windows;
}

bool charset_choose(struct brg_str told, const struct charset_look *look, char name[CHARSET_NAME])
{
	bool told_utf8 = is_one_of(told, says_utf8, sizeof(says_utf8) / sizeof(says_utf8[0]));
	bool is_silent = told_utf8 || is_one_of(told, silent, sizeof(silent) / sizeof(silent[0]));
	bool obeyed = !is_silent && known(told, name);
	const char *chosen;

	if (look->first[0] == 0xEF && look->first[1] == 0xBB && look->first[2] == 0xBF) {
		(void)snprintf(name, CHARSET_NAME, "%s", utf8);
		return told_utf8 || told.len == 0;
	}
	if (obeyed && strcasecmp(name, "utf-16") == 0)
		(void)snprintf(name, CHARSET_NAME, "%s", wide(look, true) ?: "utf-16be");
	else if (obeyed && strcmp(name, windows) == 0 && look->good >= TRUSTED && look->bad == 0)
		obeyed = false; /* it says so, but it is not */
	if (obeyed)
		return true;
	chosen = guess(look);
	(void)snprintf(name, CHARSET_NAME, "%s", chosen);
	if (is_silent && look->good + look->bad + look->n_held == 0 && chosen == utf8)
		return true; /* ASCII */
	return told_utf8 && chosen == utf8 && look->bad == 0;
}

/* ---- converting -----------------------------------------------------------------------------*/

enum way { BY_UTF8, BY_TABLE, BY_ICONV };

struct charset {
	enum way way;
	bool started;
	iconv_t cd;
	char held[16]; /* what is not a whole character yet */
	size_t n_held;
	char out[PIECE];
	size_t n;
};

static void close_iconv(void *arg)
{
	(void)iconv_close(((struct charset *)arg)->cd);
}

struct charset *charset_open(const char *name, struct brg_arena *arena)
{
	struct charset *c = arena_alloc(arena, sizeof(*c));

	c->way = strcmp(name, utf8) == 0      ? BY_UTF8
		 : strcmp(name, windows) == 0 ? BY_TABLE
					      : BY_ICONV;
	if (c->way != BY_ICONV)
		return c;
	c->cd = iconv_open(utf8, name);
	if (c->cd == (iconv_t)-1)
		c->way = BY_UTF8;
	else
		arena_defer(arena, close_iconv, c);
	return c;
}

typedef int put_fn(void *arg, const void *p, size_t n, struct brg_err *err);

/* The mark at the very beginning is no text. */
static int flush(struct charset *c, put_fn *put, void *arg, struct brg_err *err)
{
	size_t skip = !c->started && c->n >= 3 && memcmp(c->out, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
	int rc = c->n > skip ? put(arg, c->out + skip, c->n - skip, err) : 0;

	c->started = c->started || c->n;
	c->n = 0;
	return rc;
}

static void add_point(struct charset *c, uint32_t point)
{
	c->n += utf8_put(point, c->out + c->n);
}

/* One step over the n bytes at p: how many were taken; 0: more are needed. */
static size_t step_utf8(struct charset *c, const unsigned char *p, size_t n)
{
	uint32_t point;
	size_t len = utf8_char(p, n, &point);

	if (len) {
		memcpy(c->out + c->n, p, len);
		c->n += len;
		return len;
	}
	if (may_begin(p, n))
		return 0;
	add_point(c, 0xFFFD);
	return 1;
}

static size_t step_table(struct charset *c, const unsigned char *p)
{
	if (*p < 0x80)
		c->out[c->n++] = (char)*p;
	else
		add_point(c, charset_windows(*p));
	return 1;
}

static size_t step_iconv(struct charset *c, const unsigned char *p, size_t n)
{
	char *in = (char *)(uintptr_t)p, *to = c->out + c->n;
	size_t left = n, room = sizeof(c->out) - c->n;
	size_t rc = iconv(c->cd, &in, &left, &to, &room);
	bool wrong = rc == (size_t)-1 && errno == EILSEQ;

	c->n = sizeof(c->out) - room;
	if (wrong && left == n) {
		add_point(c, 0xFFFD);
		return 1;
	}
	return n - left;
}

static size_t step(struct charset *c, const unsigned char *p, size_t n)
{
	return c->way == BY_UTF8    ? step_utf8(c, p, n)
	       : c->way == BY_TABLE ? step_table(c, p)
				    : step_iconv(c, p, n);
}

/* Most of nearly all text. */
static size_t ascii_run(struct charset *c, const unsigned char *p, size_t n)
{
	size_t k = 0, room = sizeof(c->out) - c->n;

	if (c->way == BY_ICONV)
		return 0;
	while (k < n && k < room && p[k] < 0x80)
		k++;
	memcpy(c->out + c->n, p, k);
	c->n += k;
	return k;
}

/* Room for what one step may write is there. */
static int make_room(struct charset *c, put_fn *put, void *arg, struct brg_err *err)
{
	return c->n > sizeof(c->out) - 64 ? flush(c, put, arg, err) : 0;
}

/* What a piece cut in two, byte by byte. */
static int put_held(struct charset *c, const unsigned char **p, size_t *n, put_fn *put, void *arg,
		    struct brg_err *err)
{
	int rc = 0;

	while (rc == 0 && c->n_held && *n) {
		size_t used;

		c->held[c->n_held++] = (char)*(*p)++;
		(*n)--;
		do {
			rc = make_room(c, put, arg, err);
			used = step(c, (const unsigned char *)c->held, c->n_held);
			if (used == 0 && c->n_held == sizeof(c->held)) {
				add_point(c, 0xFFFD);
				used = 1;
			}
			c->n_held -= used;
			memmove(c->held, c->held + used, c->n_held);
		} while (rc == 0 && used && c->n_held);
	}
	return rc;
}

int charset_put(struct charset *c, const char *text, size_t n, put_fn *put, void *arg,
		struct brg_err *err)
{
	const unsigned char *p = (const unsigned char *)text;
	int rc = put_held(c, &p, &n, put, arg, err);

	while (rc == 0 && n) {
		size_t used;

		rc = make_room(c, put, arg, err);
		used = ascii_run(c, p, n);
		if (used == 0)
			used = step(c, p, n);
		if (used == 0 && n < sizeof(c->held)) {
			memcpy(c->held, p, n);
			c->n_held = n;
			break;
		}
		if (used == 0) {
			add_point(c, 0xFFFD);
			used = 1;
		}
		p += used;
		n -= used;
	}
	return rc ? rc : flush(c, put, arg, err);
}

int charset_end(struct charset *c, put_fn *put, void *arg, struct brg_err *err)
{
	char *to;
	size_t room;

	if (c->n_held)
		add_point(c, 0xFFFD);
	c->n_held = 0;
	if (c->way == BY_ICONV) {
		to = c->out + c->n;
		room = sizeof(c->out) - c->n;
		(void)iconv(c->cd, NULL, NULL, &to, &room);
		c->n = sizeof(c->out) - room;
	}
	return flush(c, put, arg, err);
}
