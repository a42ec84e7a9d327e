/* SPDX-License-Identifier: Apache-2.0
 *
 * The log: one event is one line and one write(), so lines of many processes never mix.
 */
#include "core/log.h"

#include "core/faults.h"

#include <pthread.h>
#include <time.h>
#include <unistd.h>

static int max_level = BRG_LOG_INFO;
static const char *log_prefix = "";
static bool on_terminal;

void log_init(int level, const char *prefix)
{
	max_level = level;
	log_prefix = prefix;
	on_terminal = isatty(STDERR_FILENO) == 1;
}

static size_t put_head(char *line, size_t size, int level)
{
	struct timespec now;
	struct tm tm;
	size_t n;

	if (!on_terminal)
		return (size_t)snprintf(line, size, "<%d>", level);
	clock_gettime(CLOCK_REALTIME, &now);
	localtime_r(&now.tv_sec, &tm);
	n = strftime(line, size, "%H:%M:%S", &tm);
	return n + (size_t)snprintf(line + n, size - n, ".%03ld %s", now.tv_nsec / 1000000,
				    level <= BRG_LOG_ERROR     ? "error "
				    : level <= BRG_LOG_WARNING ? "warning "
							       : "");
}

void log_vevent(int level, const char *event, const char *context, const char *fmt, va_list ap)
{
	char line[2048];
	size_t n, size = sizeof(line) - 1;
	int k;

	if (level > max_level)
		return;
	n = put_head(line, size, level);
	k = snprintf(line + n, size - n, "%s%s%s%s%s", log_prefix, event, *context ? " " : "",
		     context, *fmt ? " " : "");
	n = (size_t)k < size - n ? n + (size_t)k : size;
	k = vsnprintf(line + n, size - n, fmt, ap);
	n = (size_t)k < size - n ? n + (size_t)k : size - 1;
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)line[i] < 0x20)
			line[i] = ' ';
	line[n++] = '\n';
	if (write(STDERR_FILENO, line, n) < 0)
		return; /* nobody listens; there is nowhere to say so */
}

void log_event(int level, const char *event, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_vevent(level, event, "", fmt, ap);
	va_end(ap);
}

static bool of_address(char c)
{
	return (unsigned char)c > 0x20 && !strchr("\"'<>()[]{},;:=", c);
}

/* What servers say may name people: a word with an @ in it becomes "(address)". `quote` stands
 * for a quotation mark. */
static size_t put_hidden(char *out, size_t n, const char *value, char quote)
{
	size_t at = 0;

	while (*value && at + 1 < n) {
		size_t word = 0;

		while (of_address(value[word]))
			word++;
		if (word == 0) {
			out[at++] = *value == '"' ? quote : *value;
			value++;
			continue;
		}
		at += (size_t)snprintf(out + at, n - at, "%.*s",
				       memchr(value, '@', word) ? 9 : (int)word,
				       memchr(value, '@', word) ? "(address)" : value);
		if (at >= n)
			at = n - 1;
		value += word;
	}
	out[at] = '\0';
	return at;
}

struct brg_str log_hide(struct brg_str text, struct brg_arena *arena)
{
	size_t room = 4 * text.len + 10; /* "(address)" for "a@" */
	char *out;

	if (text.len == 0 || !memchr(text.ptr, '@', text.len))
		return text;
	out = arena_alloc(arena, room);
	return (struct brg_str){ out, put_hidden(out, room, arena_str(arena, text).ptr, '"') };
}

static size_t put_value(char *out, size_t n, const char *value)
{
	return put_hidden(out, n, value, '\'');
}

const char *log_err(const struct brg_err *err, char *out, size_t n)
{
	struct brg_err words = *err;
	char reason[LOG_ERR_TEXT];
	size_t at;

	words.said[0] = '\0';
	err_render(&words, "en", reason, sizeof(reason));
	at = (size_t)snprintf(out, n, "code=%s reason=\"", err->fault ? err->fault->code : "none");
	if (at + 2 > n)
		return out; /* no room for more than the code */
	at += put_value(out + at, n - at - 1, reason);
	if (err->said[0] && at + sizeof("\" said=\"\"") < n) {
		at += (size_t)snprintf(out + at, n - at, "\" said=\"");
		at += put_value(out + at, n - at - 1, err->said);
	}
	(void)snprintf(out + at, n - at, "\"");
	return out;
}

/* ---- what goes on failing -------------------------------------------------------------------*/

#define AGAIN_S 60

struct repeat {
	const char *event;
	const struct brg_fault *fault;
	time_t told_s;
	unsigned silent;
};

/* The one that is it, else the oldest. */
static struct repeat *find_repeat(struct repeat *list, size_t n, const char *event,
				  const struct brg_fault *fault)
{
	struct repeat *oldest = list;

	for (size_t i = 0; i < n; i++) {
		if (list[i].fault == fault && list[i].event && strcmp(list[i].event, event) == 0)
			return &list[i];
		if (list[i].told_s < oldest->told_s)
			oldest = &list[i];
	}
	*oldest = (struct repeat){ .event = event, .fault = fault, .told_s = -AGAIN_S };
	return oldest;
}

void log_failure(int level, const char *event, const struct brg_err *err)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	static struct repeat repeats[16];
	char text[LOG_ERR_TEXT];
	struct timespec now;
	unsigned silent = 0;
	struct repeat *r;
	bool tell;

	clock_gettime(CLOCK_MONOTONIC, &now);
	pthread_mutex_lock(&lock);
	r = find_repeat(repeats, sizeof(repeats) / sizeof(repeats[0]), event, err->fault);
	tell = now.tv_sec - r->told_s >= AGAIN_S;
	if (tell) {
		silent = r->silent;
		r->silent = 0;
		r->told_s = now.tv_sec;
	} else {
		r->silent++;
	}
	pthread_mutex_unlock(&lock);
	if (tell && silent)
		log_event(level, event, "%s again=%u", log_err(err, text, sizeof(text)), silent);
	else if (tell)
		log_event(level, event, "%s", log_err(err, text, sizeof(text)));
}
