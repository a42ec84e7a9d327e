/* SPDX-License-Identifier: Apache-2.0
 *
 * Brings the store in step with a directory file. It reads everything first, works out what
 * differs, and writes only that; so it can be run again at any time, after a crash too, and
 * what is refused because a visit or another command was in between is worked out anew.
 */
#include "core/alert.h"
#include "core/directory.h"

#include "core/doubles.h"
#include "core/id.h"
#include "core/mailbox.h"
#include "core/options.h"
#include "core/secrets.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define STEP_OPS  500 /* a step ends at the next mailbox after so many */
#define PAUSE_MS  250 /* before a refused step is worked out again */
#define MAX_TRIES 240 /* a minute: longer than a visit that gives way */

#define CHANGE(row, number, english, swedish, helps) \
	static const struct brg_fault row = {        \
		.code = "BRG-CONF-" number,          \
		.en = english,                       \
		.sv = swedish,                       \
		.help = helps,                       \
	}

#define REPEAT "Said by `brygga apply` for each change that it made. A second run makes none."
CHANGE(new_user, "0120", "created user {name}", "skapade användaren {name}", REPEAT);
CHANGE(new_queue, "0121", "created queue {name}", "skapade kön {name}", REPEAT);
CHANGE(new_profile, "0122", "created profile {name}", "skapade profilen {name}", REPEAT);
CHANGE(new_mailbox, "0123", "created mailbox {name}", "skapade brevlådan {name}", REPEAT);
CHANGE(user_changed, "0124", "changed user {name}: {what}", "ändrade användaren {name}: {what}",
       REPEAT);
CHANGE(queue_changed, "0125", "changed queue {name}: {what}", "ändrade kön {name}: {what}", REPEAT);
CHANGE(profile_changed, "0126", "changed profile {name}: {what}", "ändrade profilen {name}: {what}",
       REPEAT);
CHANGE(mailbox_changed, "0127", "changed mailbox {name}: {what}",
       "ändrade brevlådan {name}: {what}", REPEAT);
CHANGE(lane_on, "0128", "turned on {lane} of mailbox {name}", "slog på {lane} för brevlådan {name}",
       REPEAT);
CHANGE(lane_off, "0129", "turned off {lane} of mailbox {name}",
       "stängde av {lane} för brevlådan {name}", REPEAT);

static const struct brg_fault busy = {
	.code = "BRG-CONF-0130",
	.cls = BRG_EBUSY,
	.scope = BRG_SCOPE_STORE,
	.retry = BRG_RETRY_LATER,
	.en = "the store refused the change of {name} for a minute because others work on it: run "
	      "the command again",
	.sv = "lagret avvisade ändringen av {name} i en minut eftersom andra arbetar med den: kör "
	      "kommandot igen",
	.help = "A running visit holds its mailbox until it ends. What was said to be changed is "
		"changed; the rest follows at the next run.",
};
static const struct brg_fault no_key = {
	.code = "BRG-CONF-0132",
	.cls = BRG_EINVAL,
	.scope = BRG_SCOPE_STORE,
	.retry = BRG_RETRY_NEVER,
	.en = "there is no key to seal the secrets of {name} with",
	.sv = "det finns ingen nyckel att försegla hemligheterna för {name} med",
	.help = "Nothing was changed. The key is made in the state folder together with the store.",
};
static const struct brg_fault bad_fd = {
	.code = "BRG-CONF-0133",
	.cls = BRG_EINVAL,
	.scope = BRG_SCOPE_STORE,
	.retry = BRG_RETRY_NEVER,
	.en = "cannot read the secret {key} of {name} from descriptor {fd}, or it is empty",
	.sv = "hemligheten {key} för {name} kan inte läsas från fildeskriptor {fd}, eller är tom",
	.help = "Nothing was changed. A descriptor can be read only once: name each in one place.",
};

const struct brg_fault apply_no_terminal = {
	.code = "BRG-CONF-0190",
	.cls = BRG_EINVAL,
	.scope = BRG_SCOPE_STORE,
	.retry = BRG_RETRY_NEVER,
	.en = "there is no terminal to ask for the {what}; use file: or fd:",
	.sv = "det finns ingen terminal att fråga på om {what}; använd file: eller fd:",
	.help = "`prompt` asks on the terminal. In a script put the secret in a file that "
		"only you can read (file:PATH) or hand over a descriptor (fd:N).",
};

const struct brg_fault *const apply_faults[] = {
	&new_user,	&new_queue,	  &new_profile,	    &new_mailbox,	&user_changed,
	&queue_changed, &profile_changed, &mailbox_changed, &lane_on,		&lane_off,
	&busy,		&no_key,	  &bad_fd,	    &apply_no_terminal, NULL,
};

/* A change that is reported once its step is committed. */
struct change {
	const struct brg_fault *row;
	const char *params;
};

struct applier {
	struct store *store;
	const struct secrets *secrets;
	const struct directory *dir;
	const struct directory_io *io;
	int64_t now_us;
	struct brg_arena *arena; /* of the whole run */

	/* Secrets of each profile and mailbox as JSON, resolved once; empty: none. */
	struct brg_str *profile_plain, *mailbox_plain;

	/* One attempt: the store as it was read, sorted by name (visits by mailbox). */
	struct brg_arena *scratch;
	struct brg_row *owners, *profiles, *mailboxes, *visits;
	size_t n_owners, n_profiles, n_mailboxes, n_visits;
	struct brg_id *owner_ids, *profile_ids; /* of the directory's */
	bool *profile_changed;			/* its settings or secrets differ */
	bool *profile_moved;			/* it may be another server now */
	struct step step;
	struct change *changes;
	size_t n_changes, room_changes;
	const char *last_name; /* what the step under construction touched last */

	int changed; /* rows, over all attempts */
};

/* ---- secrets ----------------------------------------------------------------------- */

static int read_fd(struct applier *a, const struct directory_secret *s, const char *what,
		   struct brg_str *out, struct brg_err *err)
{
	int fd = directory_fd(s->form);
	char buf[65536];
	size_t n = 0;
	ssize_t got;

	while ((got = read(fd, buf + n, sizeof(buf) - n)) > 0)
		n += (size_t)got;
	if (n && buf[n - 1] == '\n')
		n--;
	if (got == 0 && n && !memchr(buf, '\0', n))
		*out = arena_dup(a->arena, buf, n);
	explicit_bzero(buf, sizeof(buf));
	return out->len ? 0 : brg_fail(err, &bad_fd, "key=%s\nname=%s\nfd=%d", s->name, what, fd);
}

static int resolve(struct applier *a, const struct directory_secret *s, const char *what,
		   struct brg_str *out, struct brg_err *err)
{
	*out = (struct brg_str){ 0 };
	if (s->form.len > 3 && memcmp(s->form.ptr, "fd:", 3) == 0)
		return read_fd(a, s, what, out, err);
	if (!brg_str_eq(s->form, brg_cstr("prompt")))
		return option_resolve(s->form, a->arena, out, err);
	return a->io->prompt(a->io->ctx, arena_printf(a->arena, "%s (%s)", s->name, what), a->arena,
			     out, err);
}

/* All secrets of a row as one JSON object. */
static int gather(struct applier *a, const struct directory_secret *secrets, size_t n,
		  const char *what, struct brg_str *out, struct brg_err *err)
{
	struct settings all = { 0 };
	struct brg_str value;

	if (n == 0)
		return 0;
	if (!a->secrets)
		return brg_fail(err, &no_key, "name=%s", what);
	for (size_t i = 0; i < n; i++) {
		if (resolve(a, &secrets[i], what, &value, err) < 0)
			return err->code;
		settings_add(&all, a->arena, brg_cstr(secrets[i].name), value);
		explicit_bzero((void *)(uintptr_t)value.ptr, value.len);
		all.at[all.n - 1].secret = true;
	}
	*out = settings_to_json(&all, a->arena);
	settings_wipe(&all);
	return 0;
}

static int gather_all(struct applier *a, struct brg_err *err)
{
	const struct directory *d = a->dir;
	int rc = 0;

	a->profile_plain = arena_alloc(a->arena, (d->n_profiles + 1) * sizeof(struct brg_str));
	a->mailbox_plain = arena_alloc(a->arena, (d->n_mailboxes + 1) * sizeof(struct brg_str));
	for (size_t i = 0; i < d->n_profiles && rc == 0; i++)
		rc = gather(a, d->profiles[i].secrets, d->profiles[i].n_secrets,
			    arena_printf(a->arena, "profile %s", d->profiles[i].name),
			    &a->profile_plain[i], err);
	for (size_t i = 0; i < d->n_mailboxes && rc == 0; i++)
		rc = gather(a, d->mailboxes[i].secrets, d->mailboxes[i].n_secrets,
			    arena_printf(a->arena, "mailbox %s", d->mailboxes[i].name),
			    &a->mailbox_plain[i], err);
	return rc;
}

static void wipe(struct brg_str *plain, size_t n)
{
	for (size_t i = 0; plain && i < n; i++)
		if (plain[i].len)
			explicit_bzero((void *)(uintptr_t)plain[i].ptr, plain[i].len);
}

/* Is the secret the one that the row had? The note is a keyed hash, so that it can be told
 * without the private key, and of the row's own, so that equal secrets do not show. */
static void note_secret(struct applier *a, const char *kind, const struct brg_id *id,
			struct brg_str plain, struct settings *settings)
{
	unsigned char hash[16];
	char uuid[ID_TEXT], hex[33];
	char *text;

	if (plain.len == 0)
		return;
	text = arena_printf(a->scratch, "%s:%s\n%s", kind, id_format(id, uuid), plain.ptr);
	secrets_hash(a->secrets, "secret", brg_cstr(text), hash);
	explicit_bzero(text, strlen(text));
	for (size_t i = 0; i < sizeof(hash); i++)
		(void)snprintf(hex + 2 * i, 3, "%02x", hash[i]);
	settings_add(settings, a->scratch, brg_cstr(".secret"), brg_cstr(hex));
}

static int seal(struct applier *a, const char *kind, const struct brg_id *id, struct brg_str plain,
		struct brg_str *out, struct brg_err *err)
{
	char uuid[ID_TEXT];

	*out = (struct brg_str){ 0 };
	if (plain.len == 0)
		return 0;
	return secrets_seal(a->secrets, plain,
			    brg_cstr(arena_printf(a->scratch, "%s:%s", kind, id_format(id, uuid))),
			    a->scratch, out, err);
}

/* ---- differences -------------------------------------------------------------------- */

static void note_change(struct applier *a, const struct brg_fault *row, const char *params)
{
	if (a->n_changes == a->room_changes) {
		a->room_changes = a->room_changes ? 2 * a->room_changes : 64;
		a->changes = xrealloc(a->changes, a->room_changes, sizeof(*a->changes));
	}
	a->changes[a->n_changes++] = (struct change){ row, params };
}

static const char *comma(struct applier *a, const char *list, const char *word)
{
	return arena_printf(a->scratch, "%s%s%s", list, *list ? ", " : "", word);
}

/* Add the names of settings that differ to the list, a secret's by its own name. *elsewhere
 * becomes true if one of them is the connector's, so that it may lead to another mailbox. */
static const char *differences(struct applier *a, const char *list, struct brg_str was_json,
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
			list = comma(a, list, name);
			if (!options_find(mailbox_options, brg_cstr(name)))
				*elsewhere = true;
		}
	}
	then = settings_get(&was, ".secret");
	since = settings_get(now, ".secret");
	if (then && since && brg_str_eq(then->value, since->value))
		return list;
	for (size_t i = 0; i < n_secrets; i++)
		list = comma(a, list, secrets[i].name);
	return then && !since ? comma(a, list, "secrets") : list;
}

static const struct brg_row *find(const struct brg_row *rows, size_t n,
				  const struct brg_row *wanted,
				  int (*order)(const void *, const void *))
{
	return n ? bsearch(wanted, rows, n, sizeof(*rows), order) : NULL;
}

static int compare(struct brg_str a, struct brg_str b)
{
	size_t n = a.len < b.len ? a.len : b.len;
	int d = n ? memcmp(a.ptr, b.ptr, n) : 0;

	return d ? d : a.len < b.len ? -1 : a.len > b.len;
}

static int order_owners(const void *x, const void *y)
{
	const struct brg_owner_row *a = &((const struct brg_row *)x)->u.owner;
	const struct brg_owner_row *b = &((const struct brg_row *)y)->u.owner;

	return a->type != b->type ? a->type - b->type : compare(a->name, b->name);
}

static int order_profiles(const void *x, const void *y)
{
	return compare(((const struct brg_row *)x)->u.profile.name,
		       ((const struct brg_row *)y)->u.profile.name);
}

static int order_mailboxes(const void *x, const void *y)
{
	return compare(((const struct brg_row *)x)->u.mailbox.name,
		       ((const struct brg_row *)y)->u.mailbox.name);
}

static int order_visits(const void *x, const void *y)
{
	const struct brg_visit_row *a = &((const struct brg_row *)x)->u.visit;
	const struct brg_visit_row *b = &((const struct brg_row *)y)->u.visit;
	int d = memcmp(&a->mailbox, &b->mailbox, sizeof(a->mailbox));

	return d ? d : a->lane - b->lane;
}

static int read_rows(struct applier *a, int what, struct brg_row **rows, size_t *n,
		     int (*order)(const void *, const void *), struct brg_err *err)
{
	struct brg_query q = { .size = sizeof(q), .what = what };
	int rc = store_all(a->store, &q, a->scratch, rows, n, err);

	if (rc == 0 && *n)
		qsort(*rows, *n, sizeof(**rows), order);
	return rc;
}

static int read_store(struct applier *a, struct brg_err *err)
{
	int rc = read_rows(a, BRG_READ_OWNERS, &a->owners, &a->n_owners, order_owners, err);

	if (rc == 0)
		rc = read_rows(a, BRG_READ_PROFILES, &a->profiles, &a->n_profiles, order_profiles,
			       err);
	if (rc == 0)
		rc = read_rows(a, BRG_READ_MAILBOXES, &a->mailboxes, &a->n_mailboxes,
			       order_mailboxes, err);
	if (rc == 0)
		rc = read_rows(a, BRG_READ_VISITS, &a->visits, &a->n_visits, order_visits, err);
	return rc;
}

/* ---- rows -------------------------------------------------------------------------- */

/* An op on a row that is there, or a new one; counts it and names it for messages. */
static struct brg_op *op_for(struct applier *a, int type, const struct brg_row *was,
			     int64_t version, const char *name)
{
	a->last_name = name;
	return step_add(&a->step, type, was ? version : BRG_NEW);
}

static void apply_owner(struct applier *a, size_t i)
{
	const struct directory_owner *o = &a->dir->owners[i];
	bool user = o->type == BRG_USER;
	struct brg_row key = { .u.owner = { .type = o->type, .name = brg_cstr(o->name) } };
	const struct brg_row *was = find(a->owners, a->n_owners, &key, order_owners);
	struct brg_owner_row *row;

	a->owner_ids[i] = was ? was->u.owner.id : id_new(a->now_us);
	if (was && brg_str_eq(was->u.owner.address, o->address))
		return;
	row = &op_for(a, BRG_OP_OWNER, was, was ? was->u.owner.version : 0, o->name)->u.owner;
	*row = was ? was->u.owner : key.u.owner;
	row->id = a->owner_ids[i];
	row->address = o->address;
	if (!was)
		row->settings = brg_cstr("{}");
	if (was)
		note_change(a, user ? &user_changed : &queue_changed,
			    arena_printf(a->scratch, "name=%s\nwhat=address", o->name));
	else
		note_change(a, user ? &new_user : &new_queue,
			    arena_printf(a->scratch, "name=%s", o->name));
}

static int apply_profile(struct applier *a, size_t i, struct brg_err *err)
{
	const struct directory_profile *f = &a->dir->profiles[i];
	struct brg_row key = { .u.profile.name = brg_cstr(f->name) };
	const struct brg_row *was = find(a->profiles, a->n_profiles, &key, order_profiles);
	struct brg_id id = was ? was->u.profile.id : id_new(a->now_us);
	struct settings settings = { 0 };
	struct brg_profile_row *row;
	struct brg_str json, sealed;
	const char *what = "";

	a->profile_ids[i] = id;
	for (size_t j = 0; j < f->settings.n; j++)
		settings_add(&settings, a->scratch, f->settings.at[j].name,
			     f->settings.at[j].value);
	note_secret(a, "profile", &id, a->profile_plain[i], &settings);
	json = settings_to_json(&settings, a->scratch);
	if (was) {
		if (!brg_str_eq(was->u.profile.connector, brg_cstr(f->plugin->name)))
			what = comma(a, what, "connector");
		a->profile_moved[i] = *what != '\0';
		what = differences(a, what, was->u.profile.settings, &settings, f->secrets,
				   f->n_secrets, &a->profile_moved[i]);
		a->profile_changed[i] = *what != '\0';
		if (was->u.profile.max_connections != f->max_connections)
			what = comma(a, what, "max-connections");
		if (!*what && brg_str_eq(json, was->u.profile.settings))
			return 0;
	}
	if (seal(a, "profile", &id, a->profile_plain[i], &sealed, err) < 0)
		return err->code;
	row = &op_for(a, BRG_OP_PROFILE, was, was ? was->u.profile.version : 0, f->name)->u.profile;
	*row = (struct brg_profile_row){
		.id = id,
		.name = brg_cstr(f->name),
		.connector = brg_cstr(f->plugin->name),
		.max_connections = f->max_connections,
		.settings = json,
		.sealed = sealed,
	};
	note_change(a, was ? &profile_changed : &new_profile,
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
	struct brg_row key = { .u.visit = { .mailbox = move->id, .lane = lane } };
	const struct brg_row *row = find(a->visits, a->n_visits, &key, order_visits);
	const struct brg_visit_row *was = row ? &row->u.visit : NULL;
	const struct brg_id *profile = &a->profile_ids[move->profile];
	bool on = move->m->lanes & BRG_LANE_BIT(lane), was_on = was && was->state != BRG_OFF;
	bool mend = was_on && was->state != BRG_ENABLED &&
		    (move->changed || a->profile_changed[move->profile]);
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
	now = was ? *was : key.u.visit;
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
		note_change(
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
		what = comma(a, what, "profile");
	if (!brg_str_eq(was->address, now->address))
		what = comma(a, what, "address");
	move->elsewhere = *what || a->profile_moved[move->profile];
	if (!brg_id_eq(&was->owner, &now->owner))
		what = comma(a, what, move->m->owner->type == BRG_USER ? "user" : "queue");
	what = differences(a, what, was->settings, settings, move->m->secrets, move->m->n_secrets,
			   &move->elsewhere);
	move->changed = *what != '\0';
	return what;
}

static int apply_mailbox(struct applier *a, size_t i, struct brg_err *err)
{
	const struct directory_mailbox *m = &a->dir->mailboxes[i];
	struct brg_row key = { .u.mailbox.name = brg_cstr(m->name) };
	struct move move = { .m = m };
	struct settings settings = { 0 };
	struct brg_mailbox_row now, *row;
	const struct brg_mailbox_row *was;
	const char *what = "";

	move.was = find(a->mailboxes, a->n_mailboxes, &key, order_mailboxes);
	was = move.was ? &move.was->u.mailbox : NULL;
	move.profile = (size_t)(m->profile - a->dir->profiles);
	move.id = was ? was->id : id_new(a->now_us);
	for (size_t j = 0; j < m->settings.n; j++)
		settings_add(&settings, a->scratch, m->settings.at[j].name,
			     m->settings.at[j].value);
	apply_after(a, m, move.was, &settings);
	note_secret(a, "mailbox", &move.id, a->mailbox_plain[i], &settings);
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
		if (seal(a, "mailbox", &move.id, a->mailbox_plain[i], &now.sealed, err) < 0)
			return err->code;
		row = &op_for(a, BRG_OP_MAILBOX, move.was, was ? was->version : 0, m->name)
			       ->u.mailbox;
		*row = now;
		if (!was || move.changed)
			note_change(a, was ? &mailbox_changed : &new_mailbox,
				    arena_printf(a->scratch, "name=%s\nwhat=%s", m->name, what));
	}
	for (int lane = BRG_INCOMING; lane <= BRG_ACT; lane++)
		apply_lane(a, &move, lane);
	return 0;
}

/* ---- the run ----------------------------------------------------------------------- */

static int commit(struct applier *a, struct brg_err *err)
{
	char params[512];
	int rc = store_commit(a->store, &a->step, BRG_DURABLE, NULL, err);

	for (size_t i = 0; i < a->n_changes && rc == BRG_COMMITTED; i++) {
		(void)snprintf(params, sizeof(params), "%s", a->changes[i].params);
		a->changed++;
		if (a->io && a->io->report)
			a->io->report(a->io->ctx, a->changes[i].row, brg_cstr(params));
	}
	a->n_changes = 0;
	return rc;
}

/* Work out and commit everything that differs. BRG_REFUSED: somebody was in between. */
static int attempt(struct applier *a, struct brg_err *err)
{
	const struct directory *d = a->dir;
	int rc = read_store(a, err);

	if (rc == 0)
		rc = doubles_in_store(d, a->profiles, a->n_profiles, a->mailboxes, a->n_mailboxes,
				      a->scratch, err);
	a->owner_ids = arena_alloc(a->scratch, (d->n_owners + 1) * sizeof(struct brg_id));
	a->profile_ids = arena_alloc(a->scratch, (d->n_profiles + 1) * sizeof(struct brg_id));
	a->profile_changed = arena_alloc(a->scratch, d->n_profiles + 1);
	a->profile_moved = arena_alloc(a->scratch, d->n_profiles + 1);
	step_init(&a->step, a->scratch);
	for (size_t i = 0; i < d->n_owners && rc == 0; i++)
		apply_owner(a, i);
	for (size_t i = 0; i < d->n_profiles && rc == 0; i++)
		rc = apply_profile(a, i, err);
	for (size_t i = 0; i < d->n_mailboxes && rc == 0; i++) {
		rc = apply_mailbox(a, i, err);
		if (rc == 0 && a->step.n >= STEP_OPS)
			rc = commit(a, err);
	}
	return rc == 0 ? commit(a, err) : rc;
}

int directory_apply(struct store *store, const struct secrets *secrets,
		    const struct directory *directory, int64_t now_us,
		    const struct directory_io *io, struct brg_err *err)
{
	const struct timespec pause = { .tv_nsec = PAUSE_MS * 1000000L };
	struct applier a = { .store = store, .secrets = secrets, .dir = directory, .io = io };
	int rc;

	a.now_us = now_us;
	a.arena = arena_new();
	a.scratch = arena_new();
	rc = gather_all(&a, err);
	for (int tries = 1; rc == 0; tries++) {
		rc = attempt(&a, err);
		if (rc != BRG_REFUSED)
			break;
		rc = tries < MAX_TRIES ? 0 : brg_fail(err, &busy, "name=%s", a.last_name);
		a.n_changes = 0;
		arena_reset(a.scratch);
		(void)nanosleep(&pause, NULL);
	}
	wipe(a.profile_plain, directory->n_profiles);
	wipe(a.mailbox_plain, directory->n_mailboxes);
	free(a.changes);
	arena_free(&a.scratch);
	arena_free(&a.arena);
	return rc < 0 ? rc : a.changed;
}
