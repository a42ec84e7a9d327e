/* SPDX-License-Identifier: Apache-2.0 */
#include "item.h"

#include <stdio.h>

void item_stamp_uri(struct soap *s)
{
	soap_open(s, "t:ExtendedFieldURI");
	soap_attribute(s, "PropertySetId", brg_cstr(STAMP_SET));
	soap_attribute(s, "PropertyName", brg_cstr(STAMP_NAME));
	soap_attribute(s, "PropertyType", brg_cstr("String"));
	soap_close(s);
}

static char *put_hex(char *to, const struct brg_id *id)
{
	for (size_t i = 0; i < sizeof(id->b); i++)
		to += sprintf(to, "%02x", id->b[i]);
	return to;
}

void item_stamp_text(const struct brg_stamp *stamp, char out[STAMP_TEXT])
{
	char *to = put_hex(out, &stamp->store);

	*to++ = '.';
	to = put_hex(to, &stamp->mailbox);
	*to++ = '.';
	to = put_hex(to, &stamp->record);
	(void)sprintf(to, ".%016llx", (unsigned long long)stamp->attempt);
}

static bool take_hex(const char *from, unsigned char *to, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		unsigned byte;
		char two[3] = { from[2 * i], from[2 * i + 1], '\0' };

		if (strspn(two, "0123456789abcdef") != 2 || sscanf(two, "%x", &byte) != 1)
			return false;
		to[i] = (unsigned char)byte;
	}
	return true;
}

/* 32.32.32.16 hexadecimal digits. */
bool item_stamp_read(struct brg_str text, struct brg_stamp *out)
{
	unsigned char attempt[8];

	if (text.len != 115 || text.ptr[32] != '.' || text.ptr[65] != '.' || text.ptr[98] != '.' ||
	    !take_hex(text.ptr, out->store.b, 16) || !take_hex(text.ptr + 33, out->mailbox.b, 16) ||
	    !take_hex(text.ptr + 66, out->record.b, 16) || !take_hex(text.ptr + 99, attempt, 8))
		return false;
	out->attempt = 0;
	for (size_t i = 0; i < 8; i++)
		out->attempt = out->attempt << 8 | attempt[i];
	return true;
}

void item_stamp_write(struct soap *s, const struct brg_stamp *stamp)
{
	char text[STAMP_TEXT];

	item_stamp_text(stamp, text);
	soap_open(s, "t:ExtendedProperty");
	item_stamp_uri(s);
	soap_leaf(s, "t:Value", brg_cstr(text));
	soap_close(s);
}
