/* SPDX-License-Identifier: Apache-2.0
 *
 * Transfer encodings undone (RFC 2045 section 6). GMime's decoders lose what follows padding,
 * the end of a cut text and soft breaks with blanks; these show all that can be shown.
 */
#include "core/mime-private.h"

#include <strings.h>

void mime_transfer_open(struct mime_transfer *t, struct brg_str encoding)
{
	static const struct {
		const char *name;
		enum mime_way way;
	} names[] = {
		{ "base64", MIME_BASE64 }, { "quoted-printable", MIME_QUOTED },
		{ "x-uuencode", MIME_UU }, { "uuencode", MIME_UU },
		{ "x-uue", MIME_UU },	   { "uue", MIME_UU },
		{ "7bit", MIME_AS_IS },	   { "8bit", MIME_AS_IS },
		{ "binary", MIME_AS_IS },  { "", MIME_AS_IS },
	};

	*t = (struct mime_transfer){ .way = MIME_AS_IS, .bad = true };
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strlen(names[i].name) == encoding.len &&
		    strncasecmp(names[i].name, encoding.ptr, encoding.len) == 0) {
			t->way = names[i].way;
			t->bad = false;
		}
}

/* ---- base64 ---------------------------------------------------------------------------------*/

static int digit64(unsigned char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* The bytes of a group that is not full, at padding or at the end. */
static size_t end_group(struct mime_transfer *t, char *out)
{
	size_t n = 0;

	if (t->n >= 2)
		out[n++] = (char)(t->bits >> (t->n == 2 ? 4 : 10));
	if (t->n == 3)
		out[n++] = (char)(t->bits >> 2);
	t->bad = t->bad || t->n == 1;
	t->n = 0;
	t->bits = 0;
	return n;
}

static size_t put_base64(struct mime_transfer *t, const char *in, size_t n, char *out)
{
	size_t k = 0;

	for (size_t i = 0; i < n; i++) {
		int digit = digit64((unsigned char)in[i]);

		if (digit < 0) {
			if (in[i] == '=')
				k += end_group(t, out + k);
			else if (!strchr(" \t\r\n", in[i]) || in[i] == '\0')
				t->bad = true;
			continue;
		}
		t->bits = t->bits << 6 | (unsigned)digit;
		if (++t->n < 4)
			continue;
		out[k++] = (char)(t->bits >> 16);
		out[k++] = (char)(t->bits >> 8);
		out[k++] = (char)t->bits;
		t->n = 0;
		t->bits = 0;
	}
	return k;
}

/* ---- quoted-printable -----------------------------------------------------------------------*/

int mime_digit16(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 32;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* What began with '=' and is no encoding stays as it is. */
static size_t give_up(struct mime_transfer *t, char *out)
{
	size_t n = t->n;

	memcpy(out, t->held, n);
	t->n = 0;
	t->bad = true;
	return n;
}

/* One more byte behind '='. */
static size_t put_escape(struct mime_transfer *t, char c, char *out)
{
	size_t k = 0;

	if (c == '\n') {
		t->n = 0; /* a soft break, with or without blanks and a CR before its end */
		return 0;
	}
	if (t->n == 2 && mime_digit16(t->held[1]) >= 0 && mime_digit16(c) >= 0) {
		out[0] = (char)(mime_digit16(t->held[1]) << 4 | mime_digit16(c));
		t->n = 0;
		return 1;
	}
	if ((t->n == 1 && mime_digit16(c) >= 0) ||
	    (t->n < sizeof(t->held) && (mime_blank(c) || c == '\r') &&
	     (t->n == 1 || mime_digit16(t->held[1]) < 0))) {
		t->held[t->n++] = c;
		return 0;
	}
	k = give_up(t, out);
	if (c == '=')
		t->held[t->n++] = c;
	else
		out[k++] = c;
	return k;
}

static size_t put_quoted(struct mime_transfer *t, const char *in, size_t n, char *out)
{
	size_t k = 0;

	for (size_t i = 0; i < n; i++) {
		if (t->n)
			k += put_escape(t, in[i], out + k);
		else if (in[i] == '=')
			t->held[t->n++] = '=';
		else
			out[k++] = in[i];
	}
	return k;
}

/* ---- uuencode -------------------------------------------------------------------------------*/

static size_t put_uu_line(struct mime_transfer *t, char *out)
{
	const char *p = t->held;
	size_t n = t->n, want, k = 0;

	t->n = 0;
	while (n && (p[n - 1] == '\r' || p[n - 1] == '\n'))
		n--;
	if (!t->begun) {
		t->begun = n > 6 && memcmp(p, "begin ", 6) == 0;
		return 0;
	}
	if (n == 0 || t->over)
		return 0;
	want = (size_t)(p[0] - ' ') & 63;
	if (want == 0 || (n == 3 && memcmp(p, "end", 3) == 0)) {
		t->over = true;
		return 0;
	}
	for (size_t i = 1; i < n && k < want; i += 4) {
		unsigned bits = 0;

		/* Blanks at the end of a line may have been lost. */
		for (size_t j = i; j < i + 4; j++)
			bits = bits << 6 | ((unsigned)((j < n ? p[j] : ' ') - ' ') & 63);
		for (int shift = 16; shift >= 0 && k < want; shift -= 8)
			out[k++] = (char)(bits >> shift);
	}
	t->bad = t->bad || k < want;
	return k;
}

static size_t put_uu(struct mime_transfer *t, const char *in, size_t n, char *out)
{
	size_t k = 0;

	for (size_t i = 0; i < n; i++) {
		if (t->n < sizeof(t->held))
			t->held[t->n++] = in[i];
		if (in[i] == '\n')
			k += put_uu_line(t, out + k);
	}
	return k;
}

/* ---------------------------------------------------------------------------------------------- */

size_t mime_transfer_put(struct mime_transfer *t, const char *in, size_t n, char *out)
{
	switch (t->way) {
	case MIME_BASE64:
		return put_base64(t, in, n, out);
	case MIME_QUOTED:
		return put_quoted(t, in, n, out);
	case MIME_UU:
		return put_uu(t, in, n, out);
	default:
		memcpy(out, in, n);
		return n;
	}
}

size_t mime_transfer_end(struct mime_transfer *t, char *out)
{
	size_t n;

	switch (t->way) {
	case MIME_BASE64:
		t->bad = t->bad || t->n;
		return end_group(t, out);
	case MIME_QUOTED:
		n = t->n > 1 ? give_up(t, out) : 0; /* a soft break at the very end */
		t->n = 0;
		return n;
	case MIME_UU:
		n = t->n ? put_uu_line(t, out) : 0;
		t->bad = t->bad || !t->over;
		return n;
	default:
		return 0;
	}
}
