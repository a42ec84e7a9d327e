/* SPDX-License-Identifier: Apache-2.0 */
#include "core/utf8.h"

size_t utf8_char(const unsigned char *p, size_t n, uint32_t *point)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t len = p[0] < 0x80 ? 1 : p[0] >= 0xF0 ? 4 : p[0] >= 0xE0 ? 3 : p[0] >= 0xC0 ? 2 : 0;
	uint32_t c = p[0];

	if (len == 0 || len > n || p[0] > 0xF4)
		return 0;
	if (len > 1)
		c &= 0x7Fu >> len;
	for (size_t i = 1; i < len; i++) {
		if ((p[i] & 0xC0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3F);
	}
	*point = c;
	return c < least[len] || c > 0x10FFFF || (c >= 0xD800 && c < 0xE000) ? 0 : len;
}

size_t utf8_put(uint32_t c, char out[4])
{
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	static const unsigned char lead[] = { 0, 0, 0xC0, 0xE0, 0xF0 };

	for (size_t i = n; i-- > 1; c >>= 6)
		out[i] = (char)(0x80 | (c & 0x3F));
	out[0] = (char)(lead[n] | c);
	return n;
}

/* The length of the plain character at p, 0 if it is none. */
static size_t plain_char(const char *p, size_t n)
{
	uint32_t c = 0;
	size_t len = utf8_char((const unsigned char *)p, n, &c);

	return c < 0x20 || (c >= 0x7F && c < 0xA0) ? 0 : len;
}

bool utf8_plain(struct brg_str s)
{
	for (size_t i = 0, len; i < s.len; i += len) {
		len = plain_char(s.ptr + i, s.len - i);
		if (len == 0)
			return false;
	}
	return true;
}

void utf8_repair(char *s, size_t n)
{
	for (size_t i = 0, len; i < n; i += len ? len : 1) {
		len = plain_char(s + i, n - i);
		if (len == 0)
			s[i] = '?';
	}
}
