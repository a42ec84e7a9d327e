/* SPDX-License-Identifier: Apache-2.0
 *
 * What a connector writes: made with a stamp, found by it, changed under a precondition, deleted.
 */
#include "connector-kit-private.h"

#include <string.h>

#define ACT BRG_LANE_BIT(BRG_ACT)

static bool can_push(const struct brg_connector *ops)
{
	return BRG_HAS(ops, brg_connector, push);
}

static bool has_stamps(const struct brg_connector *ops)
{
	return can_push(ops) && (ops->caps & BRG_CAP_STAMP) && BRG_HAS(ops, brg_connector, find);
}

static bool has_precondition(const struct brg_connector *ops)
{
	return can_push(ops) && (ops->caps & BRG_CAP_PRECONDITION);
}

/* What the cases write: a name, which every kind has, and the time of an appointment. */
struct sample {
	int kind;
	struct brg_folder home;
	struct brg_field fields[3];
	size_t n;
	struct brg_stamp stamp;
};

static struct brg_id id_of(uint8_t a, uint8_t b)
{
	struct brg_id id = { { 0x4b, 0x69, 0x74, a, b } };

	return id;
}

static void put_wall(struct ckit *k, struct sample *s, const char *name, const char *local)
{
	struct brg_field *f = &s->fields[s->n++];

	*f = (struct brg_field){ .id = k->s.host->field(k->s.host->ctx, s->kind, name),
				 .presence = BRG_VALUE,
				 .type = BRG_WALL };
	f->u.wall.local = brg_cstr(local);
	f->u.wall.zone = brg_cstr("Europe/Stockholm");
}

static void put_name(struct ckit *k, struct sample *s, const char *text)
{
	s->fields[0] = (struct brg_field){
		.id = k->s.host->field(k->s.host->ctx, s->kind,
				       s->kind == BRG_CONTACT ? "surname" : "subject"),
		.presence = BRG_VALUE,
		.type = BRG_TEXT,
	};
	s->fields[0].u.text = brg_cstr(text);
}

static void one_push(struct ckit *k, struct brg_push *op)
{
	CHECK_OK(k, k->ops->push(k->s.self, op, 1, k->s.arena, &k->err));
}

/* False: the kind has no folder here. */
static bool make(struct ckit *k, int kind, const char *name, struct sample *s, struct brg_push *op)
{
	struct brg_folder at[CKIT_FOLDERS];
	size_t n = ckit_folders(k, false, at, CKIT_FOLDERS), f = 0;
	static uint8_t made;

	while (f < n && !((at[f].kinds & BRG_KIND_BIT(kind)) && at[f].role.len))
		f++;
	if (k->failed || f == n)
		return false;
	*s = (struct sample){ .kind = kind, .home = at[f], .n = 1 };
	put_name(k, s, name);
	if (kind == BRG_APPOINTMENT) {
		put_wall(k, s, "start", "2027-05-04T10:00:00");
		put_wall(k, s, "end", "2027-05-04T11:00:00");
	}
	made++;
	s->stamp = (struct brg_stamp){ id_of(1, 0), id_of(2, 0), id_of(3, made), 7 };
	*op = (struct brg_push){ .size = sizeof(*op),
				 .type = BRG_CREATE,
				 .kind = (uint16_t)kind,
				 .folder = s->home.id,
				 .fields = { s->fields, s->n },
				 .stamp = k->ops->caps & BRG_CAP_STAMP ? &s->stamp : NULL };
	one_push(k, op);
	if (!k->failed && (op->err || op->new_id.len == 0))
		ckit_fail(k, __FILE__, __LINE__,
			  op->err ? ckit_why(k, op->err) : "no id of what was made");
	return !k->failed;
}

static struct brg_push change(const struct sample *s, struct brg_str id, struct brg_str version)
{
	return (struct brg_push){ .size = sizeof(struct brg_push),
				  .type = BRG_UPDATE,
				  .kind = (uint16_t)s->kind,
				  .folder = s->home.id,
				  .remote_id = id,
				  .version = version,
				  .fields = { s->fields, 1 } };
}

static struct brg_push removal(const struct sample *s, struct brg_str id, struct brg_str version)
{
	struct brg_push op = change(s, id, version);

	op.type = BRG_DELETE;
	op.fields = (struct brg_fields){ NULL, 0 };
	return op;
}

static struct brg_str name_of(const struct sample *s, const struct brg_item *item)
{
	for (size_t i = 0; i < item->fields.n; i++)
		if (item->fields.at[i].id == s->fields[0].id &&
		    item->fields.at[i].presence == BRG_VALUE)
			return item->fields.at[i].u.text;
	return (struct brg_str){ "", 0 };
}

static void read_name(struct ckit *k, const struct sample *s, struct brg_str id, const char *want,
		      struct brg_str *version)
{
	struct brg_item item;

	if (!ckit_get(k, s->home.id, id, &item))
		return;
	CHECK(k, item.err == NULL);
	CHECK(k, brg_str_eq(name_of(s, &item), brg_cstr(want)));
	*version = item.version;
}

static void make_change_delete(struct ckit *k, int kind)
{
	struct brg_str version = { "", 0 }, before;
	struct ckit_listing listing;
	struct brg_push op, later;
	struct brg_item item;
	struct sample s;

	if (!make(k, kind, "Kit one", &s, &op))
		return;
	read_name(k, &s, op.new_id, "Kit one", &version);
	CHECK_STILL(k);
	ckit_list(k, &s.home, (struct brg_str){ "", 0 }, 100, &listing);
	CHECK_STILL(k);
	before = version;
	put_name(k, &s, "Kit two");
	later = change(&s, op.new_id, version);
	one_push(k, &later);
	CHECK_STILL(k);
	CHECK(k, later.err == NULL);
	read_name(k, &s, op.new_id, "Kit two", &version);
	CHECK_STILL(k);
	CHECK(k, !brg_str_eq(version, before));
	/* The change is told behind the cursor. */
	ckit_list(k, &s.home, listing.cursor, 100, &listing);
	CHECK_STILL(k);
	CHECK(k, listing.n == 1 && brg_str_eq(listing.at[0]->remote_id, op.new_id));
	later = removal(&s, op.new_id, version);
	one_push(k, &later);
	CHECK_STILL(k);
	CHECK(k, later.err == NULL);
	if (!ckit_get(k, s.home.id, op.new_id, &item))
		return;
	CHECK(k, item.err && item.err->code == BRG_ENOTFOUND && item.err->scope == BRG_SCOPE_ITEM);
}

static void each_kind(struct ckit *k, void (*run)(struct ckit *k, int kind))
{
	for (int kind = BRG_CONTACT; kind <= BRG_APPOINTMENT && !k->failed; kind++)
		if (k->ops->kinds & BRG_KIND_BIT(kind))
			run(k, kind);
}

static void what_is_made_is_changed_and_deleted(struct ckit *k)
{
	each_kind(k, make_change_delete);
}

static void find_it(struct ckit *k, int kind)
{
	struct brg_stamp both[2];
	struct brg_push op, gone;
	struct brg_str found;
	struct sample s;

	if (!make(k, kind, "Kit stamped", &s, &op))
		return;
	both[0] = s.stamp;
	both[1] = s.stamp;
	both[1].record = id_of(9, 9);
	found = ckit_find_first(k, kind, both, 2);
	CHECK_STILL(k);
	CHECK(k, brg_str_eq(found, op.new_id));
	gone = removal(&s, op.new_id, (struct brg_str){ "", 0 });
	one_push(k, &gone);
}

static void stamps_are_found(struct ckit *k)
{
	each_kind(k, find_it);
}

/* Of another version nothing is changed, and the neighbours in the call stand. */
static void stale(struct ckit *k, int kind)
{
	struct brg_str version = { "", 0 }, old;
	struct brg_push op, two, ops[2];
	struct sample s, other;

	if (!make(k, kind, "Kit one", &s, &op) || !make(k, kind, "Kit other", &other, &two))
		return;
	read_name(k, &s, op.new_id, "Kit one", &old);
	CHECK_STILL(k);
	put_name(k, &s, "Kit two");
	ops[0] = change(&s, op.new_id, old);
	one_push(k, &ops[0]);
	CHECK_STILL(k);
	CHECK(k, ops[0].err == NULL);
	put_name(k, &s, "Kit three");
	put_name(k, &other, "Kit beside");
	ops[0] = change(&s, op.new_id, old);
	ops[1] = change(&other, two.new_id, (struct brg_str){ "", 0 });
	read_name(k, &other, two.new_id, "Kit other", &ops[1].version);
	CHECK_STILL(k);
	CHECK_OK(k, k->ops->push(k->s.self, ops, 2, k->s.arena, &k->err));
	CHECK(k, ops[0].err && ops[0].err->code == BRG_ECONFLICT);
	CHECK(k, ops[0].err->scope == BRG_SCOPE_ITEM);
	CHECK(k, ops[1].err == NULL);
	read_name(k, &s, op.new_id, "Kit two", &version);
	read_name(k, &other, two.new_id, "Kit beside", &ops[1].version);
	CHECK_STILL(k);
	ops[0] = removal(&s, op.new_id, version);
	ops[1] = removal(&other, two.new_id, ops[1].version);
	CHECK_OK(k, k->ops->push(k->s.self, ops, 2, k->s.arena, &k->err));
	CHECK(k, ops[0].err == NULL && ops[1].err == NULL);
}

static void a_stale_version_changes_nothing(struct ckit *k)
{
	each_kind(k, stale);
}

const struct ckit_case ckit_write_cases[] = {
	{ "what-is-made-is-changed-and-deleted", ACT, can_push,
	  what_is_made_is_changed_and_deleted },
	{ "stamps-are-found", ACT, has_stamps, stamps_are_found },
	{ "a-stale-version-changes-nothing", ACT, has_precondition,
	  a_stale_version_changes_nothing },
	{ 0 },
};
