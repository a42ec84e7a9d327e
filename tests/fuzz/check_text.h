/* SPDX-License-Identifier: Apache-2.0
 *
 * Valid UTF-8 without control characters, by the book (RFC 3629).
 */
#ifndef BRG_FUZZ_CHECK_TEXT_H
#define BRG_FUZZ_CHECK_TEXT_H

#include "tests/fuzz/fuzz.h"

#include <brygga/abi.h>

/* lines: LF and TAB may be in it. */
static inline void check_text(struct brg_str s, bool lines)
{
	const unsigned char *p = (const unsigned char *)s.ptr;

	for (size_t i = 0, n; i < s.len; i += n) {
		unsigned c = p[i];
		unsigned low = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80;
		unsigned high = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf;

		n = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
		PROMISE((c >= 0x20 && c != 0x7f) || (lines && (c == '\n' || c == '\t')));
		PROMISE(c < 0x80 || (c >= 0xc2 && c <= 0xf4));
		PROMISE(s.len - i >= n);
		PROMISE(n == 1 || (p[i + 1] >= low && p[i + 1] <= high));
		for (size_t k = 2; k < n; k++)
			PROMISE((p[i + k] & 0xc0) == 0x80);
		PROMISE(c != 0xc2 || p[i + 1] >= 0xa0);
	}
}

#endif
