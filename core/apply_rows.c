/* SPDX-License-Identifier: Apache-2.0
 *
 * Profiles, mailboxes and their lanes: what differs, and the ops that make it so.
 */
#include "core/apply-private.h"

#include "core/alert.h"
#include "core/id.h"
#include "core/mailbox.h"
#include "core/options.h"

#include <stdlib.h>

CHANGE(new_profile, "0122", "created profile {name}", "skapade profilen {name}", REPEAT);
CHANGE(new_mailbox, "0123", "created mailbox {name}", "skapade brevlådan {name}", REPEAT);
CHANGE(profile_changed, "0126", "changed profile {name}: {what}", "ändrade profilen {name}: {what}",
       REPEAT);
CHANGE(mailbox_changed, "0127", "changed mailbox {name}: {what}",
       "ändrade brevlådan {name}: {what}", REPEAT);
CHANGE(lane_on, "0128", "turned on {lane} of mailbox {name}", "slog på {lane} för brevlådan {name}",
       REPEAT);
CHANGE(lane_off, "0129", "turned off {lane} of mailbox {name}",
       "stängde av {lane} för brevlådan {name}", REPEAT);

const struct brg_fault *const apply_row_faults[] = {
	&new_profile, &new_mailbox, &profile_changed, &mailbox_changed, &lane_on, &lane_off, NULL,
};

void apply_note(struct applier *a, const struct brg_fault *row, const char *params)
{
	if (a->n_changes == a->room_changes) {
		a->room_changes = a->room_changes ? 2 * a->room_changes : 64;
		a->changes = xrealloc(a->changes, a->room_changes, sizeof(*a->changes));
	}
	a->changes[a->n_changes++] = (struct change){ row, params };
}

const char *apply_comma(struct applier *a, const char *list, const char *word)
{
	return arena_printf(a->scratch, "%s%s%s", list, *list ? ", " : "", word);
}

const char *apply_differences(struct applier *a, const char *list, struct brg_str was_json,
			      const struct settings *now, const struct directory_secret *secrets,
			      size_t n_secrets, bool *elsewhere)
{
	struct brg_err ignored = BRG_ERR_INIT;
	struct settings was = { 0 };
	const struct settings *sides[] = { &was, now };
	const struct setting *then, *since;

	/* What is damaged differs. */
	(void)settings_add_json(&was, was_json, a->scratch, &ignored);
	for (size_t k = 0; k < 2; k++) {
		for (size_t i = 0; i < sides[k]->n; i++) {
			const char *name = sides[k]->at[i].name.ptr;

			then = settings_get(&was, name);
			since = settings_get(now, name);
			/* Names on both sides are met on the second. */
			if (name[0] == '.' || (k == 0 && since) ||
			    (then && since && brg_str_eq(then->value, since->value)))
				continue;
			list = apply_comma(a, list, name);
			if (!options_find(mailbox_options, brg_cstr(name)))
				*elsewhere = true;
		}
	}
	then = settings_get(&was, ".secret");
	since = settings_get(now, ".secret");
	if (then && since && brg_str_eq(then->value, since->value))
		return list;
	for (size_t i = 0; i < n_secrets; i++)
		list = apply_comma(a, list, secrets[i].name);
	return then && !since ? apply_comma(a, list, "secrets") : list;
}

struct brg_op *apply_op(struct applier *a, int type, const struct brg_row *was, int64_t version,
			const char *name)
{
	a->last_name = name;
	return step_add(&a->step, type, was ? version : BRG_NEW);
}

int apply_profile(struct applier *a, size_t i, struct brg_err *err)
{
	const struct directory_profile *f = &a->dir->profiles[i];
	const struct brg_row *was = apply_was_profile(a, f->name);
	struct brg_id id = was ? was->u.profile.id : id_new(a->now_us);
	struct settings settings = { 0 };
	struct brg_profile_row *row;
	struct brg_str json, sealed;
	const char *what = "";

	a->profile_ids[i] = id;
	for (size_t j = 0; j < f->settings.n; j++)
		settings_add(&settings, a->scratch, f->settings.at[j].name,
			     f->settings.at[j].value);
	apply_note_secret(a, "profile", &id, a->profile_plain[i], &settings);
	json = settings_to_json(&settings, a->scratch);
	if (was) {
		if (!brg_str_eq(was->u.profile.connector, brg_cstr(f->plugin->name)))
			what = apply_comma(a, what, "connector");
		a->profile_moved[i] = *what != '\0';
		what = apply_differences(a, what, was->u.profile.settings, &settings, f->secrets,
					 f->n_secrets, &a->profile_moved[i]);
		a->profile_changed[i] = *what != '\0';
		if (was->u.profile.max_connections != f->max_connections)
			what = apply_comma(a, what, "max-connections");
		if (!*what && brg_str_eq(json, was->u.profile.settings))
			return 0;
	}
	if (apply_seal(a, "profile", &id, a->profile_plain[i], &sealed, err) < 0)
		return err->code;
	row = &apply_op(a, BRG_OP_PROFILE, was, was ? was->u.profile.version : 0, f->name)
		       ->u.profile;
	*row = (struct brg_profile_row){
		.id = id,
		.name = brg_cstr(f->name),
		.connector = brg_cstr(f->plugin->name),
		.max_connections = f->max_connections,
		.settings = json,
		.sealed = sealed,
	};
	apply_note(a, was ? &profile_changed : &new_profile,
		   arena_printf(a->scratch, "name=%s\nwhat=%s", f->name, what));
	return 0;
}

/* received-after in its stored form: a moment that was counted once stays. */
static void apply_after(struct applier *a, const struct directory_mailbox *m,
			const struct brg_row *was, struct settings *settings)
{
	struct brg_err ignored = BRG_ERR_INIT;
	const struct setting *written, *stored;
	struct settings before = { 0 };
	struct brg_str moment;

	if (m->after.len == 0)
		return;
	if (was)
		(void)settings_add_json(&before, was->u.mailbox.settings, a->scratch, &ignored);
	written = settings_get(&before, ".received-after");
	stored = settings_get(&before, "received-after");
	if (written && stored && brg_str_eq(written->value, m->after))
		moment = stored->value;
	else if (mailbox_fold_after(m->after, a->now_us, a->scratch, &moment, &ignored) < 0)
		return; /* directory_parse() has checked it */
	settings_add(settings, a->scratch, brg_cstr("received-after"), moment);
	settings_add(settings, a->scratch, brg_cstr(".received-after"), m->after);
}

/* How a mailbox is to be and how it was. */
struct move {
	const struct directory_mailbox *m;
	size_t profile; /* index in the directory */
	const struct brg_row *was;
	struct brg_id id;
	bool changed;	/* something of its own that a visit would see differs */
	bool elsewhere; /* it may be another mailbox on the server now */
};

static void apply_lane(struct applier *a, const struct move *move, int lane)
{
	static const char *const names[] = { "", "incoming", "outgoing", "act" };
	const struct brg_visit_row *was = apply_was_visit(a, &move->id, lane);
	size_t of = (size_t)(directory_profile_of(move->m, lane) - a->dir->profiles);
	const struct brg_id *profile = &a->profile_ids[of];
	bool on = move->m->lanes & BRG_LANE_BIT(lane), was_on = was && was->state != BRG_OFF;
	bool mend =
		was_on && was->state != BRG_ENABLED && (move->changed || a->profile_changed[of]);
	struct brg_visit_row *v, now;

	if (!on && !was_on)
		return;
	if (on && was_on && brg_id_eq(&was->profile, profile) && !mend) {
		if (move->changed)
			step_add(&a->step, BRG_OP_WANT, BRG_ANY)->u.want =
				(struct brg_want){ move->id, lane };
		return;
	}
	a->last_name = move->m->name;
	now = was ? *was : (struct brg_visit_row){ .mailbox = move->id, .lane = lane };
	if (was && (!on || !brg_id_eq(&was->profile, profile)))
		alert_leave(&a->step, &now, a->now_us);
	v = &step_add(&a->step, BRG_OP_VISIT, was ? BRG_ANY : BRG_NEW)->u.visit;
	*v = now;
	if (!was)
		v->id = id_new(a->now_us);
	v->profile = *profile;
	v->state = on ? BRG_ENABLED : BRG_OFF;
	v->due_us = a->now_us;
	/* A person has changed something: what failed before says nothing now. */
	v->failures = v->strikes = v->probes = 0;
	if (on != was_on && move->was)
		apply_note(
			a, on ? &lane_on : &lane_off,
			arena_printf(a->scratch, "lane=%s\nname=%s", names[lane], move->m->name));
}

static const char *mailbox_differences(struct applier *a, struct move *move,
				       const struct brg_mailbox_row *now,
				       const struct settings *settings)
{
	const struct brg_mailbox_row *was = &move->was->u.mailbox;
	const char *what = "";

	if (!brg_id_eq(&was->profile, &now->profile))
		what = apply_comma(a, what, "profile");
	if (!brg_str_eq(was->address, now->address))
		what = apply_comma(a, what, "address");
	move->elsewhere = *what || a->profile_moved[move->profile];
	if (!brg_id_eq(&was->owner, &now->owner))
		what = apply_comma(a, what, move->m->owner->type == BRG_USER ? "user" : "queue");
	what = apply_differences(a, what, was->settings, settings, move->m->secrets,
				 move->m->n_secrets, &move->elsewhere);
	move->changed = *what != '\0';
	return what;
}

int apply_mailbox(struct applier *a, size_t i, struct brg_err *err)
{
	const struct directory_mailbox *m = &a->dir->mailboxes[i];
	struct move move = { .m = m };
	struct settings settings = { 0 };
	struct brg_mailbox_row now, *row;
	const struct brg_mailbox_row *was;
	const char *what = "";

	move.was = apply_was_mailbox(a, m->name);
	was = move.was ? &move.was->u.mailbox : NULL;
	move.profile = (size_t)(m->profile - a->dir->profiles);
	move.id = was ? was->id : id_new(a->now_us);
	for (size_t j = 0; j < m->settings.n; j++)
		settings_add(&settings, a->scratch, m->settings.at[j].name,
			     m->settings.at[j].value);
	apply_after(a, m, move.was, &settings);
	apply_note_secret(a, "mailbox", &move.id, a->mailbox_plain[i], &settings);
	now = (struct brg_mailbox_row){
		.id = move.id,
		.owner = a->owner_ids[m->owner - a->dir->owners],
		.profile = a->profile_ids[move.profile],
		.name = brg_cstr(m->name),
		.address = m->address,
		.settings = settings_to_json(&settings, a->scratch),
	};
	if (was)
		what = mailbox_differences(a, &move, &now, &settings);
	/* The mailbox's own name for itself is learnt anew only where it may be another. */
	if (was && !move.elsewhere)
		now.identity = was->identity;
	if (!was || move.changed || !brg_str_eq(now.settings, was->settings) ||
	    !brg_str_eq(now.identity, was->identity)) {
		if (apply_seal(a, "mailbox", &move.id, a->mailbox_plain[i], &now.sealed, err) < 0)
			return err->code;
		row = &apply_op(a, BRG_OP_MAILBOX, move.was, was ? was->version : 0, m->name)
			       ->u.mailbox;
		*row = now;
		if (!was || move.changed)
			apply_note(a, was ? &mailbox_changed : &new_mailbox,
				   arena_printf(a->scratch, "name=%s\nwhat=%s", m->name, what));
	}
	for (int lane = BRG_INCOMING; lane <= BRG_ACT; lane++)
		apply_lane(a, &move, lane);
	if (m->lanes & BRG_LANE_BIT(BRG_ACT))
		apply_templates(a, m->owner);
	return 0;
}
