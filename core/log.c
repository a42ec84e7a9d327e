/* SPDX-License-Identifier: Apache-2.0
 *
 * The log: one event is one line and one write(), so lines of many processes never mix.
 */
#include "core/log.h"

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

/* name=value lines become name="value" pairs. */
static size_t put_params(char *out, size_t n, const char *params)
{
	size_t at = 0;
	bool in_value = false;

	for (const char *p = params; *p && at + 3 < n; p++) {
		if (*p == '\n') {
			if (in_value)
				out[at++] = '"';
			in_value = false;
			out[at++] = ' ';
		} else if (*p == '=' && !in_value) {
			out[at++] = '=';
			out[at++] = '"';
			in_value = true;
		} else {
			out[at++] = *p == '"' ? '\'' : *p;
		}
	}
	if (in_value)
		out[at++] = '"';
	out[at] = '\0';
	return at;
}

const char *log_err(const struct brg_err *err, char *out, size_t n)
{
	size_t at;

	at = (size_t)snprintf(out, n, "code=%s ", err->fault ? err->fault->code : "none");
	at += put_params(out + at, n - at, err->params);
	if (err->said[0] && at + 8 < n) {
		char said[sizeof(err->said) + 8];

		(void)snprintf(said, sizeof(said), "said=%s", err->said);
		if (out[at - 1] != ' ')
			out[at++] = ' ';
		put_params(out + at, n - at, said);
	}
	return out;
}
