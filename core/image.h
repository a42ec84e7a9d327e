/* SPDX-License-Identifier: Apache-2.0
 *
 * An image: what one side has of a thing, or had of it once (a shadow): fields by id, parts by
 * type and key, both sorted and none twice. Images are values: nothing changes one in place.
 *
 * "No value" is told in two ways, absent and null. In an image of a record they are the same;
 * in that of an item absent means that nothing was told, so it is never a change.
 */
#ifndef BRG_CORE_IMAGE_H
#define BRG_CORE_IMAGE_H

#include "core/field.h"

#define PART_BIT(type) (1u << (type)) /* enum brg_part_type */
#define IMAGE_TOLD_ALL (PART_BIT(BRG_OCCURRENCE) | PART_BIT(BRG_ATTENDEE))

/* What one image may have at most. */
#define IMAGE_JSON_MAX	      (8u * 1024 * 1024) /* bytes */
#define IMAGE_TEXT_MAX	      (1024u * 1024) /* characters of a text without a bound of its own */
#define IMAGE_LIST_MAX	      1000
#define IMAGE_ATTENDEES_MAX   500
#define IMAGE_OCCURRENCES_MAX 1000
#define IMAGE_KEY_MAX	      1024 /* bytes of an attendee's address */

struct image {
	struct brg_fields fields;
	const struct brg_part *parts; /* presence BRG_NULL: an occurrence that was deleted */
	size_t n_parts;
	unsigned told; /* PART_BIT of the types whose parts are all here; of a record: all */
};

/* ---- JSON: how the store keeps an image ---------------------------------------------------
 * An object: field name -> value. Text and choices are strings, moments and numbers integers,
 * flags booleans, walls { "local": "2026-11-30T09:00:00", "zone": "Europe/Stockholm" }, dates
 * strings, lists arrays. Attendees { "attendees": { ADDRESS: { fields } | null } }; occurrences
 * { "occurrences": { START: { fields } | null } }. Equal images give equal bytes. Empty texts and
 * lists are null. In an occurrence null says that it has not what the series has.
 *
 * Parts that nobody told of are null; where not all are told, IMAGE_AND_OTHERS stands among them.
 * So without either, as in a record, all are told. */
#define IMAGE_AND_OTHERS "..."

/* Names that the table does not know, and values of another type, are errors (BRG_EINVAL) that
 * name the field. Texts are taken as they are: see image_canonical() for what people write. */
int image_from_json(const struct field_table *table, int kind, struct brg_str json,
		    struct brg_arena *arena, struct image *out, struct brg_err *err);
/* Null fields are left out with `record`, else written as null; absent ones always left out. */
struct brg_str image_to_json(const struct field_table *table, int kind, const struct image *image,
			     bool record, struct brg_arena *arena);

/* ---- what a connector hands over ------------------------------------------------------------*/

/* Checked and in canonical form: known fields of the right type, texts in NFC with LF and no
 * blanks at line ends, addresses folded, zones as IANA names, recurrences in one spelling, lists
 * and parts sorted (of attendees with one address the first), empty texts and lists null. What the
 * connector does not declare as readable (caps; NULL: everything) is absent. Nothing of the
 * arguments is shared. BRG_EPROTO of scope item names what is wrong. */
int image_from_item(const struct field_table *table, int kind, const struct brg_field_cap *caps,
		    const struct brg_fields *fields, const struct brg_part *parts, size_t n_parts,
		    struct brg_arena *arena, struct image *out, struct brg_err *err);
/* The same form for what people and programs wrote (image_from_json() or a builder). Null parts
 * stay. BRG_EINVAL names what is wrong. */
int image_canonical(const struct field_table *table, int kind, const struct image *written,
		    struct brg_arena *arena, struct image *out, struct brg_err *err);
/* The same form for one text: not UTF-8 becomes '?', control characters but tab and line end go. */
struct brg_str image_text(struct brg_str text, struct brg_arena *arena);
/* For one address; what is none is a line of text, trimmed. */
struct brg_str image_address(struct brg_str text, struct brg_arena *arena);

/* ---- looking and making ---------------------------------------------------------------------*/

/* NULL: absent. */
const struct brg_field *image_field(const struct image *image, uint32_t id);
/* The same of parts. */
const struct brg_part *image_part(const struct image *image, int type, struct brg_str key);
/* The value, or empty. */
struct brg_str image_str(const struct image *image, uint32_t id);
int64_t image_int(const struct image *image, uint32_t id); /* or 0 */

bool field_value_eq(const struct brg_field *a,
		    const struct brg_field *b); /* NULL: absent, as null */
bool image_eq(const struct image *a, const struct image *b);
/* Of parts with the same key. In an occurrence a null field (cleared) and an absent one (as in the
 * series) differ. */
bool image_part_eq(const struct brg_part *a, const struct brg_part *b);
/* Bytewise, as lists and keys of parts are sorted. */
int image_str_order(struct brg_str a, struct brg_str b);
/* Where `part` stands: < 0 before (type, key), 0: it is that one. */
int image_part_order(const struct brg_part *part, int type, struct brg_str key);

/* The item with the record's names of zones where both are one zone to Windows (a server of its
 * kind tells one name of them). Shares what it can; may be the item as it is. */
const struct image *image_zones_as(const struct image *item, const struct image *record,
				   struct brg_arena *arena);
/* Values of `over` in place of those of `base`, parts likewise; null fields take the value away
 * (and stay, as null), and a null part is there as a deleted occurrence, or goes as an attendee. */
void image_lay(const struct image *base, const struct image *over, struct brg_arena *arena,
	       struct image *out);
/* A builder: fields in any order, the last one of an id holds. */
struct image_draft {
	struct brg_arena *arena;
	struct brg_field *fields;
	size_t n, room;
};
void draft_init(struct image_draft *draft, struct brg_arena *arena);
struct brg_field *draft_add(struct image_draft *draft, uint32_t id, int type, int presence);
/* An empty text is null. */
void draft_text(struct image_draft *draft, uint32_t id, int type, struct brg_str text);
void draft_int(struct image_draft *draft, uint32_t id, int type, int64_t value);
void draft_null(struct image_draft *draft, uint32_t id, int type);
/* Sorted; parts stay empty. */
struct brg_fields draft_done(struct image_draft *draft);

/* Is what the server has (item) what a server may have made of `wanted`: the same, cut short,
 * with other blanks or line ends, with less precise moments, with fields left out? For writes
 * whose answer was lost. */
bool image_resembles(const struct image *wanted, const struct image *item);
/* The same of one field (NULL: absent), but one that was left out is not forgiven. */
bool field_resembles(const struct brg_field *wanted, const struct brg_field *item);

extern const struct brg_fault *const image_faults[];

#endif
