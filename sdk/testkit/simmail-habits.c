/* SPDX-License-Identifier: Apache-2.0
 *
 * What a server makes of what it is given: texts cut and tidied, moments cut, fields forgotten,
 * rules between fields.
 */
#include "simmail-private.h"

#include <stdlib.h>

static const struct {
	const char *word;
	uint32_t flag;
} words_of[] = {
	{ "normalise", SIMMAIL_NORMALISE },
	{ "drop-silent", SIMMAIL_DROP_SILENT },
	{ "immutable-id", SIMMAIL_IMMUTABLE_ID },
	{ "answers", SIMMAIL_ANSWERS },
	{ "no-precondition", SIMMAIL_NO_PRECONDITION },
	{ "delete-ignores-version", SIMMAIL_DELETE_IGNORES_VERSION },
	{ "completes", SIMMAIL_COMPLETES },
	{ "sorts", SIMMAIL_SORTS },
	{ "keeps-series", SIMMAIL_KEEPS_SERIES },
	{ "organizes", SIMMAIL_ORGANIZES },
	{ "newest-first", SIMMAIL_NEWEST_FIRST },
	{ "apart", SIMMAIL_APART },
	{ "none", 0 },
};

static bool is_word(const char *word, size_t n, const char *name)
{
	return strlen(name) == n && memcmp(word, name, n) == 0;
}

static bool set_drop(struct simmail_habits *habits, const char *name, size_t n)
{
	for (int i = 0; i < SIMMAIL_DROPPED; i++) {
		if (habits->dropped[i][0])
			continue;
		(void)snprintf(habits->dropped[i], sizeof(habits->dropped[i]), "%.*s", (int)n,
			       name);
		return true;
	}
	return false;
}

static bool set_number(struct simmail_habits *habits, const char *word, size_t name_len)
{
	char *unit;
	unsigned long n = strtoul(word + name_len + 1, &unit, 10);

	if (is_word(word, name_len, "truncate"))
		habits->truncate = (uint32_t)n;
	else if (is_word(word, name_len, "truncate-body"))
		habits->truncate_body = (uint32_t)n;
	else if (is_word(word, name_len, "touch"))
		habits->touch = (uint32_t)n;
	else if (is_word(word, name_len, "precision"))
		habits->precision_us = (int64_t)n * 1000000 * (*unit == 'm' ? 60 : 1);
	else
		return false;
	return true;
}

static bool set_word(struct simmail_habits *habits, const char *word, size_t n)
{
	const char *sign = memchr(word, '=', n);

	if (sign && is_word(word, (size_t)(sign - word), "drop"))
		return set_drop(habits, sign + 1, n - (size_t)(sign + 1 - word));
	if (sign)
		return set_number(habits, word, (size_t)(sign - word));
	for (size_t i = 0; i < sizeof(words_of) / sizeof(words_of[0]); i++)
		if (is_word(word, n, words_of[i].word)) {
			habits->flags |= words_of[i].flag;
			return true;
		}
	return false;
}

const char *simmail_set_habits(struct simmail_habits *habits, const char *words)
{
	memset(habits, 0, sizeof(*habits));
	while (*words) {
		size_t n = strcspn(words, " ");

		if (n && !set_word(habits, words, n))
			return words;
		words += n + (words[n] == ' ');
	}
	return NULL;
}

bool simmail_drops(const struct simmail_habits *habits, struct brg_str name)
{
	for (int i = 0; i < SIMMAIL_DROPPED; i++)
		if (habits->dropped[i][0] && brg_str_eq(brg_cstr(habits->dropped[i]), name))
			return true;
	return false;
}

/* ---- values ---------------------------------------------------------------------------------*/

/* Trimmed, one blank for many. */
static void tidy(char *s)
{
	char *to = s;

	for (const char *at = s; *at; at++)
		if (*at != ' ' || (to > s && to[-1] != ' '))
			*to++ = *at;
	while (to > s && to[-1] == ' ')
		to--;
	*to = '\0';
}

static void fold(char *s)
{
	for (; *s; s++)
		if (*s >= 'A' && *s <= 'Z')
			*s = (char)(*s - 'A' + 'a');
}

static void drop_blanks(char *s)
{
	char *to = s;

	for (; *s; s++)
		if (*s != ' ')
			*to++ = *s;
	*to = '\0';
}

static void end_lines(char *s, size_t room)
{
	char was[SIMMAIL_CONTENT];
	size_t n = 0;

	(void)snprintf(was, sizeof(was), "%s", s);
	for (const char *at = was; *at && n + 5 < room; at++) {
		if (*at == '\n' && (at == was || at[-1] != '\r'))
			s[n++] = '\r';
		s[n++] = *at;
	}
	if (n && s[n - 1] != '\n') {
		s[n++] = '\r';
		s[n++] = '\n';
	}
	s[n] = '\0';
}

static void normalise(const struct simmail_field *field, char *s, size_t room)
{
	if (field->flags & FIELD_BODY) {
		end_lines(s, room);
		return;
	}
	tidy(s);
	if (field->flags & FIELD_ADDRESS)
		fold(s);
	if (field->flags & FIELD_PHONE)
		drop_blanks(s);
}

/* To n characters of UTF-8. */
static void cut(char *s, uint32_t n)
{
	for (; *s; s++)
		if ((*s & 0xc0) != 0x80 && n-- == 0) {
			*s = '\0';
			return;
		}
}

/* The seconds of "YYYY-MM-DDTHH:MM:SS". */
static void cut_time(char *s, int64_t precision_us)
{
	if (precision_us >= 60000000 && strlen(s) >= 19)
		memcpy(s + 17, "00", 2);
}

static int by_text(const void *a, const void *b)
{
	const struct brg_str *x = a, *y = b;
	int order = memcmp(x->ptr, y->ptr, x->len < y->len ? x->len : y->len);

	return order ? order : (x->len > y->len) - (x->len < y->len);
}

static void sort_list(char *s)
{
	char was[1024];
	struct brg_str members[64];
	size_t n = 0;

	if (strlen(s) >= sizeof(was))
		return;
	memcpy(was, s, strlen(s) + 1);
	for (const char *at = was; n < 64; at += members[n++].len + 1) {
		members[n] = simmail_str(at, strcspn(at, "\x1f"));
		if (!at[members[n].len]) {
			n++;
			break;
		}
	}
	qsort(members, n, sizeof(members[0]), by_text);
	for (size_t i = 0; i < n; i++) {
		memcpy(s, members[i].ptr, members[i].len);
		s += members[i].len;
		*s++ = i + 1 < n ? '\x1f' : '\0';
	}
}

void simmail_make(const struct simmail_habits *habits, const struct simmail_field *field,
		  struct brg_str value, char *out, size_t room)
{
	uint32_t most = field->flags & FIELD_BODY ? habits->truncate_body : habits->truncate;

	(void)snprintf(out, room, "%.*s", (int)value.len, value.ptr ? value.ptr : "");
	if (field->type == BRG_TEXT && !(field->flags & FIELD_FIXED)) {
		if (most)
			cut(out, most);
		if (habits->flags & SIMMAIL_NORMALISE)
			normalise(field, out, room);
	}
	if (field->type == BRG_LIST && (habits->flags & SIMMAIL_SORTS))
		sort_list(out);
	if (field->type == BRG_WALL)
		cut_time(out, habits->precision_us);
	if (field->type == BRG_MOMENT && habits->precision_us) {
		int64_t us = strtoll(out, NULL, 10);

		(void)snprintf(out, room, "%lld", (long long)(us - us % habits->precision_us));
	}
}

/* ---- rules between fields -------------------------------------------------------------------*/

static bool is(const struct simmail_text *text, const char *name, const char *value)
{
	char own[64];

	return brg_str_eq(simmail_own(text, name, own, sizeof(own)), brg_cstr(value));
}

static bool changes(const struct simmail_text *text, const char *name)
{
	const struct brg_str none = { NULL, 0 };
	struct simmail_line line;

	return simmail_find_line(text, none, none, brg_cstr(name), &line);
}

static void clear(struct simmail_text *text, const char *name)
{
	const struct brg_str none = { NULL, 0 };
	struct simmail_line line;

	if (simmail_find_line(text, none, none, brg_cstr(name), &line))
		simmail_remove(text, &line);
}

/* Completed, 100 percent and a date of completion are one thing to Exchange. */
static void complete(int64_t now_us, struct simmail_text *content, const struct simmail_text *with)
{
	bool done = is(content, "status", "completed");
	char moment[24];

	if (changes(with, "status"))
		;
	else if (changes(with, "percent"))
		done = is(content, "percent", "100");
	else if (changes(with, "completed"))
		done = !is(content, "completed", "");
	else
		return;
	if (done) {
		simmail_put_own(content, "status", "completed");
		simmail_put_own(content, "percent", "100");
		(void)snprintf(moment, sizeof(moment), "%lld",
			       (long long)(now_us - now_us % 1000000));
		if (is(content, "completed", ""))
			simmail_put_own(content, "completed", moment);
		return;
	}
	clear(content, "completed");
	if (is(content, "percent", "100"))
		simmail_put_own(content, "percent", "0");
	if (is(content, "status", "completed"))
		simmail_put_own(content, "status", "in_progress");
}

void simmail_rules(const struct simmail *sim, int box, struct simmail_item *item,
		   const struct simmail_text *with)
{
	const struct simmail_box *b = &sim->boxes[box];
	struct simmail_line line;
	bool meeting = false;

	if (item->kind == BRG_TASK && (b->habits.flags & SIMMAIL_COMPLETES))
		complete(sim->now_us, &item->content, with);
	if (item->kind != BRG_APPOINTMENT)
		return;
	for (size_t at = 0; simmail_next(&item->content, &at, &line);)
		meeting = meeting || brg_str_eq(line.part, brg_cstr("attendees"));
	if ((meeting || (b->habits.flags & SIMMAIL_ORGANIZES)) &&
	    is(&item->content, "organizer", ""))
		simmail_put_own(&item->content, "organizer", b->address);
}
