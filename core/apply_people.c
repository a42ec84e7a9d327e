/* SPDX-License-Identifier: Apache-2.0
 *
 * Users, queues and references: what differs, and the ops that make it so.
 */
#include "core/apply-private.h"

#include "core/id.h"

CHANGE(new_user, "0120", "created user {name}", "skapade användaren {name}", REPEAT);
CHANGE(new_queue, "0121", "created queue {name}", "skapade kön {name}", REPEAT);
CHANGE(user_changed, "0124", "changed user {name}: {what}", "ändrade användaren {name}: {what}",
       REPEAT);
CHANGE(queue_changed, "0125", "changed queue {name}: {what}", "ändrade kön {name}: {what}", REPEAT);
CHANGE(new_reference, "0134", "created {kind} {name}", "skapade {kind} {name}", REPEAT);
CHANGE(reference_changed, "0135", "changed {kind} {name}: {what}", "ändrade {kind} {name}: {what}",
       REPEAT);

static const struct brg_fault key_taken = {
	.code = "BRG-CONF-0137",
	.cls = BRG_ECONFLICT,
	.scope = BRG_SCOPE_STORE,
	.retry = BRG_RETRY_NEVER,
	.en = "the external key {key} of {what} is that of {other} in the store",
	.sv = "den externa nyckeln {key} för {what} är den för {other} i lagret",
	.help = "Nothing was changed. A key of another system names one thing. To move it, write both "
		"things into the file, the key with the one that is to have it.",
};

const struct brg_fault *const apply_people_faults[] = {
	&new_user,	&new_queue,	    &user_changed, &queue_changed,
	&new_reference, &reference_changed, &key_taken,	   NULL,
};

/* ---- external keys --------------------------------------------------------------------------*/

/* What has this id in the store, as people name it; *named: the file has it too. */
static const char *name_of(struct applier *a, const struct brg_id *id, bool *named)
{
	const struct directory *d = a->dir;

	*named = false;
	for (size_t i = 0; i < a->n_owners; i++) {
		const struct brg_owner_row *o = &a->owners[i].u.owner;

		if (!brg_id_eq(&o->id, id))
			continue;
		for (size_t k = 0; k < d->n_owners; k++)
			*named = *named || (d->owners[k].type == o->type &&
					    brg_str_eq(brg_cstr(d->owners[k].name), o->name));
		return arena_printf(a->scratch, "%s %s", o->type == BRG_USER ? "user" : "queue",
				    o->name.ptr);
	}
	for (size_t i = 0; i < a->n_references; i++) {
		const struct brg_reference_row *r = &a->references[i].u.reference;

		if (!brg_id_eq(&r->id, id))
			continue;
		for (size_t k = 0; k < d->n_references; k++)
			*named = *named || (brg_str_eq(brg_cstr(d->references[k].kind), r->kind) &&
					    brg_str_eq(brg_cstr(d->references[k].name), r->name));
		return arena_printf(a->scratch, "%s %s", r->kind.ptr, r->name.ptr);
	}
	return "a record or another thing";
}

/* Of one thing, which has this id or (NULL) is new. */
static int check_keys(struct applier *a, const struct directory_known *known,
		      const struct brg_id *id, const char *kind, const char *name,
		      struct brg_err *err)
{
	for (size_t i = 0; i < known->n_externals; i++) {
		const struct directory_external *key = &known->externals[i];
		const struct brg_row *was = apply_was_external(a, key);
		const char *other;
		bool named;

		if (!was || (id && brg_id_eq(&was->u.external.object, id)))
			continue;
		other = name_of(a, &was->u.external.object, &named);
		if (!named)
			return brg_fail(err, &key_taken, "key=%s:%s\nwhat=%s %s\nother=%s",
					key->system.ptr, key->key.ptr, kind, name, other);
	}
	return 0;
}

int apply_check_keys(struct applier *a, struct brg_err *err)
{
	const struct directory *d = a->dir;
	const struct brg_row *was;
	int rc = 0;

	for (size_t i = 0; i < d->n_owners && rc == 0; i++) {
		const struct directory_owner *o = &d->owners[i];

		was = apply_was_owner(a, o->type, o->name);
		rc = check_keys(a, &o->known, was ? &was->u.owner.id : NULL,
				o->type == BRG_USER ? "user" : "queue", o->name, err);
	}
	for (size_t i = 0; i < d->n_references && rc == 0; i++) {
		const struct directory_reference *r = &d->references[i];

		was = apply_was_reference(a, r->kind, r->name);
		rc = check_keys(a, &r->known, was ? &was->u.reference.id : NULL, r->kind, r->name,
				err);
	}
	return rc;
}

/* ---- what differs ---------------------------------------------------------------------------*/

/* Addresses and names elsewhere, whole. */
static void put_known(struct applier *a, int type, const struct brg_id *id,
		      const struct directory_known *known)
{
	struct brg_op *op = step_add(&a->step, BRG_OP_ADDRESSES, BRG_ANY);

	op->u.addresses = (struct brg_addresses){ type, *id, known->addresses, known->n_addresses };
	for (size_t i = 0; i < known->n_externals; i++) {
		const struct brg_row *was = apply_was_external(a, &known->externals[i]);
		bool moves = was && !brg_id_eq(&was->u.external.object, id);

		/* apply_check_keys() has seen that it may move; what was free must be so still. */
		op = step_add(&a->step, BRG_OP_EXTERNAL, moves ? BRG_ANY : BRG_NEW);
		op->u.external = (struct brg_external_row){ known->externals[i].system,
							    known->externals[i].key, *id };
	}
}

/* What differs of an owner that is there: words, empty if nothing does. */
static const char *owner_differences(struct applier *a, const struct directory_owner *o,
				     const struct brg_owner_row *was, struct brg_str json,
				     bool *known)
{
	const char *what = "", *of_known;
	bool ignored;

	*known = apply_known_differs(a, &was->id, &o->known, &of_known);
	if (!brg_str_eq(was->address, o->address))
		what = apply_comma(a, what, "address");
	else if (*known)
		what = apply_comma(a, what, of_known);
	if (!brg_str_eq(was->team, o->team))
		what = apply_comma(a, what, "team");
	if (!brg_str_eq(was->settings, json))
		what = apply_differences(a, what, was->settings, &o->settings, NULL, 0, &ignored);
	return what;
}

void apply_owner(struct applier *a, size_t i)
{
	const struct directory_owner *o = &a->dir->owners[i];
	bool user = o->type == BRG_USER, known = true;
	const struct brg_row *row = apply_was_owner(a, o->type, o->name);
	const struct brg_owner_row *was = row ? &row->u.owner : NULL;
	struct brg_str json = settings_to_json(&o->settings, a->scratch);
	const char *what = was ? owner_differences(a, o, was, json, &known) : "";

	a->owner_ids[i] = was ? was->id : id_new(a->now_us);
	if (was && !*what)
		return;
	apply_op(a, BRG_OP_OWNER, row, was ? was->version : 0, o->name)->u.owner =
		(struct brg_owner_row){
			.id = a->owner_ids[i],
			.type = o->type,
			.name = brg_cstr(o->name),
			.address = o->address,
			.settings = json,
			.team = o->team,
		};
	if (known)
		put_known(a, user ? BRG_PARTY_USER : BRG_PARTY_QUEUE, &a->owner_ids[i], &o->known);
	if (was)
		apply_note(a, user ? &user_changed : &queue_changed,
			   arena_printf(a->scratch, "name=%s\nwhat=%s", o->name, what));
	else
		apply_note(a, user ? &new_user : &new_queue,
			   arena_printf(a->scratch, "name=%s", o->name));
}

static const char *reference_differences(struct applier *a, const struct directory_reference *r,
					 const struct brg_reference_row *was,
					 const struct brg_id *owner, bool *known)
{
	const char *what = "", *of_known;

	*known = apply_known_differs(a, &was->id, &r->known, &of_known);
	if (*known)
		what = apply_comma(a, what, of_known);
	if (!brg_str_eq(was->title, r->title))
		what = apply_comma(a, what, "title");
	if (!brg_str_eq(was->link, r->link))
		what = apply_comma(a, what, "link");
	if (!brg_id_eq(&was->owner, owner))
		what = apply_comma(a, what, "owner");
	if (was->visibility != r->visibility)
		what = apply_comma(a, what, "visibility");
	return what;
}

void apply_reference(struct applier *a, size_t i)
{
	static const struct brg_id nobody;
	const struct directory_reference *r = &a->dir->references[i];
	const struct brg_row *row = apply_was_reference(a, r->kind, r->name);
	const struct brg_reference_row *was = row ? &row->u.reference : NULL;
	const struct brg_id *owner = r->owner ? &a->owner_ids[r->owner - a->dir->owners] : &nobody;
	struct brg_id id = was ? was->id : id_new(a->now_us);
	bool known = true;
	const char *what = was ? reference_differences(a, r, was, owner, &known) : "";

	a->reference_ids[i] = id;
	if (was && !*what)
		return;
	apply_op(a, BRG_OP_REFERENCE, row, was ? was->version : 0, r->name)->u.reference =
		(struct brg_reference_row){
			.id = id,
			.owner = *owner,
			.kind = brg_cstr(r->kind),
			.name = brg_cstr(r->name),
			.title = r->title,
			.link = r->link,
			.visibility = r->visibility,
		};
	if (known)
		put_known(a, BRG_PARTY_REFERENCE, &id, &r->known);
	apply_note(a, was ? &reference_changed : &new_reference,
		   arena_printf(a->scratch, "kind=%s\nname=%s\nwhat=%s", r->kind, r->name, what));
}
