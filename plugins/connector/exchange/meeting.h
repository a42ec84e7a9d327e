/* SPDX-License-Identifier: Apache-2.0
 *
 * What several elements of a CalendarItem say together: when it is, how it repeats, who comes.
 */
#ifndef BRG_EXCHANGE_MEETING_H
#define BRG_EXCHANGE_MEETING_H

#include "map.h"
#include "pattern_soap.h"

#define MADE_BIT(m) (1u << (m))

struct guest {
	struct brg_str address, name;
	int role; /* MADE_REQUIRED, MADE_OPTIONAL, MADE_RESOURCES */
	/* As the server has them: a word of MAP_RESPONSES, an xs:dateTime; empty: not told. */
	struct brg_str response, responded;
};

struct meeting {
	bool all_day, repeats;
	int64_t start_us, end_us;
	struct brg_str start_zone, end_zone; /* names of Windows, or as the server told them */
	struct pattern pattern;
	char first_day[11]; /* of the series, in the zone of its start */
	struct guest *guests;
	size_t n_guests;
	/* Of what is wished: the elements that are to be written, and those that go (MADE_BIT). */
	unsigned written, cleared;
};

/* ---- reading (meeting.c) --------------------------------------------------------------------*/

void meeting_ids(struct exchange *x);
/* The field, where it is told of; NULL: it is not. */
const struct brg_field *fields_find(const struct brg_fields *fields, uint32_t id);
/* What the server tells. An error is the item's. */
int meeting_read(struct exchange *x, const xmlNode *item, struct brg_arena *arena,
		 struct meeting *out, struct brg_err *err);
#define MEETING_FIELDS 3
/* As fields (at most MEETING_FIELDS) ... */
size_t meeting_fields(struct exchange *x, const struct meeting *m, struct brg_arena *arena,
		      struct brg_field *out);
/* ... and attendees. */
const struct brg_part *meeting_guests(struct exchange *x, const struct meeting *m,
				      struct brg_arena *arena);
/* What the core knows an occurrence by: when it was to start. */
struct brg_str meeting_key(struct exchange *x, const struct meeting *series, int64_t us,
			   struct brg_arena *arena);
/* The IANA name of the zone that it starts in; UTC where that is not known. */
void meeting_zone(struct exchange *x, struct brg_str name, char out[BRG_ZONE_MAX]);

/* ---- writing (meeting_wish.c) ---------------------------------------------------------------*/

/* What is to be written; there: what the server has, NULL: nothing yet. Elements that would stay
 * what they are are not written: a series that is told anew how it repeats loses its exceptions. An
 * error is the item's: Exchange cannot have it so. */
int meeting_wish(struct exchange *x, const struct brg_push *push, const struct meeting *there,
		 struct brg_arena *arena, struct meeting *out, struct brg_err *err);
/* The same of an occurrence, which has the zone of its series and does not repeat. */
int meeting_wish_occurrence(struct exchange *x, const struct brg_fields *fields,
			    const struct meeting *series, struct meeting *out, struct brg_err *err);
/* One element. */
void meeting_write(struct exchange *x, struct soap *s, const struct meeting *m, int made);
/* Does it touch anything that meeting_wish() has to compare with what is there? */
bool meeting_touches(const struct exchange *x, const struct brg_push *push);

#endif
