/* SPDX-License-Identifier: Apache-2.0 */
#include "simmail-private.h"

#define SENSITIVITY "normal|personal|private|confidential"
#define IMPORTANCE  "low|normal|high"
#define RESPONSE    "none|accepted|declined|tentative|organizer"

const struct simmail_field simmail_fields[] = {
#define X(kind, name, type, flags, words) { name, kind, type, flags, words },
#include "simmail-fields.h"
#undef X
	{ NULL, 0, 0, 0, NULL },
};
_Static_assert(sizeof(simmail_fields) / sizeof(simmail_fields[0]) <= SIMMAIL_FIELDS_MAX,
	       "a session has room for an id of each field");

/* The connector reads and writes all that the mail system keeps; habits are for engines to find
 * out. */
#define READ_WRITE (BRG_FIELD_READ | BRG_FIELD_WRITE)
const struct brg_field_cap simmail_caps[] = {
#define X(kind, name, type, flags, words) { name, kind, READ_WRITE, 0, 0 },
#include "simmail-fields.h"
#undef X
	{ "attendees", BRG_APPOINTMENT, READ_WRITE, 0, 0 },
	{ "occurrences", BRG_APPOINTMENT, READ_WRITE, 0, 0 },
	{ NULL, 0, 0, 0, 0 },
};

const struct simmail_field *simmail_field(int kind, struct brg_str name)
{
	for (const struct simmail_field *f = simmail_fields; f->name; f++)
		if (f->kind == kind && brg_str_eq(brg_cstr(f->name), name))
			return f;
	return NULL;
}
