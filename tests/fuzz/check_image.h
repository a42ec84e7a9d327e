/* SPDX-License-Identifier: Apache-2.0
 *
 * What holds of every image that is in canonical form.
 */
#ifndef BRG_FUZZ_CHECK_IMAGE_H
#define BRG_FUZZ_CHECK_IMAGE_H

#include "core/derive.h"
#include "core/image.h"
#include "tests/fuzz/check_text.h"
#include "tests/fuzz/fuzz.h"

#include <jansson.h>

static inline void check_fields(const struct brg_fields *fields)
{
	for (size_t i = 0; i < fields->n; i++) {
		const struct brg_field *f = &fields->at[i];

		PROMISE(i == 0 || fields->at[i - 1].id < f->id);
		if (f->presence != BRG_VALUE)
			continue;
		if (f->type == BRG_TEXT || f->type == BRG_CHOICE || f->type == BRG_DATE) {
			PROMISE(f->u.text.len > 0);
			check_text(f->u.text, true);
		} else if (f->type == BRG_WALL) {
			check_text(f->u.wall.local, false);
			check_text(f->u.wall.zone, false);
		}
		for (size_t k = 0; f->type == BRG_LIST && k < f->u.list.n; k++) {
			check_text(f->u.list.at[k], true);
			PROMISE(k == 0 ||
				image_str_order(f->u.list.at[k - 1], f->u.list.at[k]) < 0);
		}
	}
}

static inline void check_shape(const struct image *image)
{
	check_fields(&image->fields);
	for (size_t i = 0; i < image->n_parts; i++) {
		const struct brg_part *p = &image->parts[i];

		check_text(p->key, false);
		check_fields(&p->fields);
		if (i)
			PROMISE(image_part_order(&image->parts[i - 1], p->type, p->key) < 0);
	}
}

/* To JSON and back, twice the same bytes. */
static inline void check_json(int kind, const struct image *image, struct brg_arena *arena)
{
	struct brg_str json = image_to_json(field_builtin(), kind, image, false, arena);
	struct brg_err err = BRG_ERR_INIT;
	struct image again;

	PROMISE(image_from_json(field_builtin(), kind, json, arena, &again, &err) == 0);
	PROMISE(image_eq(image, &again));
	PROMISE(brg_str_eq(image_to_json(field_builtin(), kind, &again, false, arena), json));
}

/* What follows from it. */
static inline void check_derived(int kind, const struct image *image, struct brg_arena *arena)
{
	struct image named, twice;
	struct derived derived;
	json_t *keys;
	size_t group;

	derive_fields(field_builtin(), kind, NULL, image, arena, &named);
	derive_fields(field_builtin(), kind, &named, &named, arena, &twice);
	PROMISE(image_eq(&named, &twice));
	derive_keys(field_builtin(), kind, &named, 0, arena, &derived);
	keys = json_loadb(derived.keys.ptr, derived.keys.len, 0, NULL);
	PROMISE(json_is_object(keys));
	PROMISE(derived.n_moments <= json_object_size(keys));
	json_decref(keys);
	PROMISE(brg_str_eq(derive_identity(field_builtin(), kind, &named, arena),
			   derive_identity(field_builtin(), kind, &twice, arena)));
	(void)derive_holds(field_builtin(), kind, &named, &group);
}

static inline void check_canonical(int kind, const struct image *image, struct brg_arena *arena)
{
	struct brg_err err = BRG_ERR_INIT;
	struct image again;

	check_shape(image);
	PROMISE(image_eq(image, image));
	PROMISE(image_canonical(field_builtin(), kind, image, arena, &again, &err) == 0);
	PROMISE(image_eq(image, &again));
	PROMISE(image_resembles(image, image));
	check_json(kind, image, arena);
	check_derived(kind, image, arena);
}

#endif
