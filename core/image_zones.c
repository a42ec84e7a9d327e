/* SPDX-License-Identifier: Apache-2.0
 *
 * Zones by the names that the record has. Windows has one zone where IANA has many, and a server
 * that knows zones by Windows' names tells the first of them: what was planned for Stockholm comes
 * back as planned for Berlin.
 */
#include "core/image.h"

#include "core/zone.h"

/* Another name of one zone, as Windows sees it. */
static bool is_alike(struct brg_str a, struct brg_str b)
{
	char as[ZONE_NAME_MAX], bs[ZONE_NAME_MAX];

	return a.len && b.len && !brg_str_eq(a, b) && zone_windows(a, as) && zone_windows(b, bs) &&
	       strcmp(as, bs) == 0;
}

/* What the record has for a field: in the part, else in the whole. */
static const struct brg_field *ours_of(const struct image *record, const struct brg_part *part,
				       uint32_t id)
{
	const struct image fields = { .fields = part ? part->fields : (struct brg_fields){ 0 } };
	const struct brg_field *own = image_field(&fields, id);

	return own ? own : image_field(record, id);
}

static struct brg_fields name_fields(const struct brg_fields *told, const struct image *record,
				     const struct brg_part *part, struct brg_arena *arena)
{
	struct brg_field *copy = NULL;

	for (size_t i = 0; i < told->n; i++) {
		const struct brg_field *f = &told->at[i], *ours;

		if (f->type != BRG_WALL || f->presence != BRG_VALUE)
			continue;
		ours = ours_of(record, part, f->id);
		if (!ours || ours->type != BRG_WALL || ours->presence != BRG_VALUE ||
		    !is_alike(f->u.wall.zone, ours->u.wall.zone))
			continue;
		if (!copy) {
			copy = arena_alloc(arena, told->n * sizeof(*copy));
			memcpy(copy, told->at, told->n * sizeof(*copy));
		}
		copy[i].u.wall.zone = ours->u.wall.zone;
	}
	return copy ? (struct brg_fields){ copy, told->n } : *told;
}

const struct image *image_zones_as(const struct image *item, const struct image *record,
				   struct brg_arena *arena)
{
	struct image *out = arena_alloc(arena, sizeof(*out));
	struct brg_part *parts = NULL;

	*out = *item;
	out->fields = name_fields(&item->fields, record, NULL, arena);
	for (size_t i = 0; i < item->n_parts; i++) {
		const struct brg_part *p = &item->parts[i];
		struct brg_fields named =
			name_fields(&p->fields, record, image_part(record, p->type, p->key), arena);

		if (named.at == p->fields.at)
			continue;
		if (!parts) {
			parts = arena_alloc(arena, item->n_parts * sizeof(*parts));
			memcpy(parts, item->parts, item->n_parts * sizeof(*parts));
			out->parts = parts;
		}
		parts[i].fields = named;
	}
	return out;
}
