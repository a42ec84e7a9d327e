/* SPDX-License-Identifier: Apache-2.0
 *
 * Codes in what servers say: "550 5.1.1 <x@example.org>: no such user".
 */
#include "core/report-private.h"

#include <ctype.h>

static bool is_digit(struct brg_str s, size_t i)
{
	return i < s.len && isdigit((unsigned char)s.ptr[i]);
}

/* Digits from i on, at most `max`; more: none. */
static size_t digits(struct brg_str s, size_t i, size_t max)
{
	size_t n = 0;

	while (is_digit(s, i + n))
		n++;
	return n <= max ? n : 0;
}

/* The length of "5.1.1" at i (RFC 3463 section 2), 0: none. Addresses of hosts and numbers of
 * versions have a dot more or fewer. */
static size_t code_at(struct brg_str s, size_t i)
{
	size_t n = i + 1, k;

	if ((s.ptr[i] != '4' && s.ptr[i] != '5') ||
	    (i && (isalnum((unsigned char)s.ptr[i - 1]) || s.ptr[i - 1] == '.')))
		return 0;
	for (int part = 0; part < 2; part++) {
		if (n >= s.len || s.ptr[n] != '.')
			return 0;
		k = digits(s, n + 1, 3);
		if (k == 0)
			return 0;
		n += 1 + k;
	}
	return n < s.len && s.ptr[n] == '.' && is_digit(s, n + 1) ? 0 : n - i;
}

struct brg_str report_status_code(struct brg_str text)
{
	for (size_t i = 0; i < text.len; i++) {
		size_t n = code_at(text, i);

		if (n)
			return (struct brg_str){ text.ptr + i, n };
	}
	return MIME_NONE;
}

/* The class of the first reply ("550 ", "550-"), 0: there is none. */
static int reply_class(struct brg_str s)
{
	for (size_t i = 0; i + 2 < s.len; i++) {
		char before = i ? s.ptr[i - 1] : ' ', after = i + 3 < s.len ? s.ptr[i + 3] : ' ';

		if ((s.ptr[i] == '4' || s.ptr[i] == '5') && digits(s, i, 3) == 3 &&
		    s.ptr[i + 1] <= '7' && !isalnum((unsigned char)before) && before != '.' &&
		    before != ',' && (after == ' ' || after == '-' || after == '#' || after == ')'))
			return s.ptr[i] - '0';
	}
	return 0;
}

/* x.0.0 says nothing but the class. */
static bool says_more(struct brg_str status)
{
	return status.len > 1 &&
	       !brg_str_eq((struct brg_str){ status.ptr + 1, status.len - 1 }, brg_cstr(".0.0"));
}

int report_bounce(struct brg_str status, struct brg_str said, struct brg_arena *arena)
{
	struct brg_str code = says_more(status) ? status : report_status_code(said);
	int class;

	if (says_more(code)) {
		bool full = brg_str_eq((struct brg_str){ code.ptr + 1, code.len - 1 },
				       brg_cstr(".2.2")); /* RFC 3463 section 3.3 */

		return code.ptr[0] == '4' || full ? REPORT_BOUNCED_SOFT : REPORT_BOUNCED_HARD;
	}
	if (report_has(WORDS_SOFT, report_fold(said, arena)))
		return REPORT_BOUNCED_SOFT;
	class = status.len ? status.ptr[0] - '0' : reply_class(said);
	return class == 4 ? REPORT_BOUNCED_SOFT : REPORT_BOUNCED_HARD;
}
