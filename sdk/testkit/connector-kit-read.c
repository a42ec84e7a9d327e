/* SPDX-License-Identifier: Apache-2.0
 *
 * What a connector says of itself, and what it lists and reads.
 */
#include "connector-kit-private.h"

#include <string.h>

#define READS (BRG_LANE_BIT(BRG_INCOMING) | BRG_LANE_BIT(BRG_ACT))
#define ANY   (READS | BRG_LANE_BIT(BRG_OUTGOING))

static bool can_pull(const struct brg_connector *ops)
{
	return BRG_HAS(ops, brg_connector, pull);
}

static bool can_get(const struct brg_connector *ops)
{
	return can_pull(ops) && BRG_HAS(ops, brg_connector, get);
}

static bool has_folders(const struct brg_connector *ops)
{
	return BRG_HAS(ops, brg_connector, folders);
}

/* A capability without the call behind it is no promise. */
static void says_what_it_can(struct ckit *k)
{
	const struct brg_connector *c = k->ops;

	CHECK(k, c->kinds != 0 && c->lanes != 0);
	CHECK(k, c->open && c->close);
	CHECK(k, !(c->lanes & READS) || can_pull(c));
	CHECK(k, !(c->lanes & BRG_LANE_BIT(BRG_OUTGOING)) || BRG_HAS(c, brg_connector, send));
	CHECK(k, !(c->lanes & BRG_LANE_BIT(BRG_ACT)) ||
			 (c->fields && BRG_HAS(c, brg_connector, push) && can_get(c)));
	CHECK(k, !(c->caps & BRG_CAP_STAMP) || BRG_HAS(c, brg_connector, find));
	CHECK(k, !(c->caps & BRG_CAP_DRAFT) ||
			 (BRG_HAS(c, brg_connector, prepare) && BRG_HAS(c, brg_connector, send)));
	CHECK(k, !(c->caps & BRG_CAP_FINISH) || BRG_HAS(c, brg_connector, finish));
	CHECK(k, !(c->caps & BRG_CAP_PRECONDITION) || BRG_HAS(c, brg_connector, push));
}

/* Each is one that the framework knows, of a kind that it carries, and named once. */
static void fields_are_known(struct ckit *k)
{
	for (const struct brg_field_cap *f = k->ops->fields; f->name; f++) {
		/* Attendees are those of appointments. */
		int kind = f->kind == BRG_KIND_ATTENDEE ? BRG_APPOINTMENT : f->kind;

		CHECK(k, k->ops->kinds & BRG_KIND_BIT(kind));
		CHECK(k, f->can != 0);
		/* Parts are no fields. */
		if (strcmp(f->name, "attendees") != 0 && strcmp(f->name, "occurrences") != 0)
			CHECK(k, k->s.host->field(k->s.host->ctx, f->kind, f->name) != 0);
		for (const struct brg_field_cap *g = k->ops->fields; g < f; g++)
			CHECK(k, g->kind != f->kind || strcmp(g->name, f->name) != 0);
	}
}

static bool has_fields(const struct brg_connector *ops)
{
	return ops->fields != NULL;
}

static void folders_are_distinct(struct ckit *k)
{
	struct brg_folder at[CKIT_FOLDERS];
	size_t n = ckit_folders(k, true, at, CKIT_FOLDERS);

	CHECK_STILL(k);
	CHECK(k, n > 0);
	for (size_t i = 0; i < n; i++) {
		CHECK(k, at[i].id.len > 0);
		CHECK(k, !(at[i].kinds & ~k->ops->kinds));
		CHECK(k, at[i].kinds || at[i].role.len);
		for (size_t j = 0; j < i; j++)
			CHECK(k, !brg_str_eq(at[i].id, at[j].id));
	}
}

static int refuse(void *arg, const struct brg_folder *f)
{
	(void)f;
	++*(int *)arg;
	return 1;
}

static void folders_stop(struct ckit *k)
{
	int told = 0;

	CHECK_OK(k, k->ops->folders(k->s.self, refuse, &told, &k->err));
	CHECK(k, told == 1);
}

static const struct brg_str start = { "", 0 };

static void small_and_large(struct ckit *k, const struct brg_folder *f)
{
	struct ckit_listing small, large;

	ckit_list(k, f, start, 2, &small);
	CHECK_STILL(k);
	ckit_list(k, f, start, 500, &large);
	CHECK_STILL(k);
	CHECK(k, small.n == large.n);
	for (size_t i = 0; i < small.n; i++) {
		size_t same = 0;

		CHECK(k, small.at[i]->remote_id.len >= 1 && small.at[i]->remote_id.len <= 1024);
		CHECK(k, f->kinds & BRG_KIND_BIT(small.at[i]->kind));
		for (size_t j = 0; j < large.n; j++)
			same += brg_str_eq(small.at[i]->remote_id, large.at[j]->remote_id) &&
				brg_str_eq(small.at[i]->version, large.at[j]->version);
		CHECK(k, same == 1);
	}
}

/* Small pages tell the same as large ones: each item once, and of a kind that lies there. */
static void pages_are_bounded(struct ckit *k)
{
	ckit_each_folder(k, small_and_large);
}

static void again_and_again(struct ckit *k, const struct brg_folder *f)
{
	struct ckit_listing first, again;

	ckit_list(k, f, start, 3, &first);
	CHECK_STILL(k);
	for (int i = 0; i < 2; i++) {
		ckit_list(k, f, start, 3, &again);
		CHECK_STILL(k);
		CHECK(k, again.n == first.n);
		for (size_t j = 0; j < first.n; j++)
			CHECK(k, brg_str_eq(first.at[j]->remote_id, again.at[j]->remote_id));
	}
	if (first.cursor.len == 0)
		return;
	/* Nothing has happened since. */
	ckit_list(k, f, first.cursor, 3, &again);
	CHECK_STILL(k);
	CHECK(k, again.n == 0);
}

/* A visit that died asks again with the cursor that it had. */
static void the_same_cursor_tells_the_same(struct ckit *k)
{
	ckit_each_folder(k, again_and_again);
}

/* Or it needs none: then all is told. */
static void a_lost_cursor_is_said(struct ckit *k)
{
	struct brg_folder at[CKIT_FOLDERS];
	size_t n = ckit_folders(k, false, at, CKIT_FOLDERS);
	struct ckit_listing all, lost;
	int rc;

	CHECK_STILL(k);
	CHECK(k, n > 0);
	ckit_list(k, &at[0], start, 100, &all);
	CHECK_STILL(k);
	rc = ckit_try_list(k, &at[0], brg_cstr("of another server"), 100, &lost);
	CHECK(k, rc == BRG_ECURSOR || (rc == 0 && lost.n == all.n));
	k->err = (struct brg_err)BRG_ERR_INIT;
}

static void read_all(struct ckit *k, const struct brg_folder *f)
{
	struct ckit_listing all;

	ckit_list(k, f, start, 100, &all);
	CHECK_STILL(k);
	for (size_t i = 0; i < all.n && i < 20; i++) {
		struct brg_item item;

		if (all.at[i]->op != BRG_PRESENT)
			continue;
		if (!ckit_get(k, f->id, all.at[i]->remote_id, &item))
			return;
		CHECK(k, item.err == NULL);
		CHECK(k, brg_str_eq(item.version, all.at[i]->version));
		CHECK(k, k->harness->lane == BRG_ACT ? item.fields.n > 0 : item.body != NULL);
		k->items_read++;
	}
}

static void each_item_can_be_read(struct ckit *k)
{
	ckit_each_folder(k, read_all);
	CHECK_STILL(k);
	/* An empty mailbox proves nothing. */
	CHECK(k, k->items_read > 0);
}

const struct ckit_case ckit_read_cases[] = {
	{ "says-what-it-can", ANY, NULL, says_what_it_can },
	{ "fields-are-known", ANY, has_fields, fields_are_known },
	{ "folders-are-distinct", READS, has_folders, folders_are_distinct },
	{ "folders-stop", READS, has_folders, folders_stop },
	{ "pages-are-bounded", READS, can_pull, pages_are_bounded },
	{ "the-same-cursor-tells-the-same", READS, can_pull, the_same_cursor_tells_the_same },
	{ "a-lost-cursor-is-said", READS, can_pull, a_lost_cursor_is_said },
	{ "each-item-can-be-read", READS, can_get, each_item_can_be_read },
	{ 0 },
};
