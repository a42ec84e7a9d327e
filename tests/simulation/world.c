/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/simulation/world.h"

#include "core/faults.h"
#include "core/id.h"
#include "core/keeper.h"
#include "core/options.h"

#include <stdlib.h>
#include <unistd.h>

#define MINUTE_US INT64_C(60000000)

static struct world *of(struct engine *e)
{
	return e->ctx;
}

static int64_t world_now(struct engine *e)
{
	return of(e)->now_us += 100;
}

static const struct brg_plugin *world_connector(struct engine *e, struct brg_str name,
						struct brg_err *err)
{
	(void)name;
	(void)err;
	return &of(e)->plugin;
}

void world_must(int rc, const struct brg_err *err, const char *what)
{
	char text[1024];

	if (rc >= 0)
		return;
	fprintf(stderr, "%s: %s\n", what, err_render(err, "en", text, sizeof(text)));
	abort();
}

const char *world_place(void)
{
	const char *chosen = getenv("TMPDIR");

	if (chosen && *chosen)
		return chosen;
	return access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
}

/* ---- the engine -----------------------------------------------------------------------------*/

void world_init(struct world *w, const char *folder, const struct brg_plugin *sqlite, void *memory,
		uint64_t seed)
{
	const struct sync_rules *usual = sync_rules_default();

	*w = (struct world){ .folder = folder, .sqlite = sqlite, .rules = *usual };
	w->now_us = INT64_C(1795000000000000); /* November 2026 */
	for (int kind = BRG_CONTACT; kind <= BRG_APPOINTMENT; kind++) {
		memcpy(w->merge[kind], usual->merge[kind],
		       usual->table->kinds[kind].n_groups * sizeof(w->merge[0][0]));
		w->rules.merge[kind] = w->merge[kind];
	}
	w->sim = simmail_world = simmail_init(memory, SIMMAIL_SIZE, seed);
	w->connector = *simmail_plugin.connector;
	w->plugin = simmail_plugin;
	w->plugin.connector = &w->connector;
	w->scratch = arena_new();
}

static void open_store(struct world *w)
{
	struct settings settings = { 0 };
	struct brg_err err = BRG_ERR_INIT;
	struct store *store = &w->engine.store;

	settings_add(&settings, w->arena, brg_cstr("path"),
		     brg_cstr(arena_printf(w->arena, "%s/world.db", w->folder)));
	settings_add(&settings, w->arena, brg_cstr("committer"), brg_cstr("inline"));
	/* In memory the log is kept short: there nothing is gained by a long one. */
	if (w->vfs) {
		settings_add(&settings, w->arena, brg_cstr("vfs"), brg_cstr(w->vfs));
		settings_add(&settings, w->arena, brg_cstr("wal-limit"), brg_cstr("1M"));
	}
	store->plugin = w->sqlite;
	store->ops = w->sqlite->storage;
	store->self = xcalloc(1, w->sqlite->instance_size);
	world_must(options_fill(w->sqlite->options, store->self, settings.at, settings.n, w->arena,
				&err),
		   &err, "options");
	host_init(&w->host, &w->engine, w->arena, "sqlite");
	world_must(store->ops->open(store->self, &w->host.table, BRG_OPEN_CREATE, &err), &err,
		   "open");
}

void world_start(struct world *w)
{
	w->arena = arena_new();
	engine_init(&w->engine);
	w->engine.now_us = world_now;
	w->engine.connector = world_connector;
	w->engine.ctx = w;
	w->engine.sync = &w->rules;
	w->engine.visit_ms = INT64_MAX / 4;
	open_store(w);
}

void world_open(struct world *w)
{
	world_start(w);
	world_join(w);
}

void world_begin(struct world *w, void *memory, uint64_t seed)
{
	struct world started = *w;

	arena_free(&started.scratch);
	world_init(w, started.folder, started.sqlite, memory, seed);
	w->vfs = started.vfs;
	w->arena = started.arena;
	w->engine = started.engine;
	w->host = started.host;
	world_join(w);
}

void world_join(struct world *w)
{
	struct brg_err err = BRG_ERR_INIT;

	w->engine.ctx = w;
	world_must(engine_join(&w->engine, "act", &err), &err, "join");
}

void world_leave(struct world *w)
{
	struct brg_err err = BRG_ERR_INIT;
	struct brg_slots none = { .size = sizeof(none),
				  .process = w->engine.process,
				  .profile = w->profile };

	world_must(w->engine.store.ops->slots(w->engine.store.self, &none, &err), &err, "leave");
}

void world_close(struct world *w)
{
	w->engine.store.ops->close(w->engine.store.self);
	free(w->engine.store.self);
	arena_free(&w->arena);
}

/* ---- the directory --------------------------------------------------------------------------*/

static void commit(struct world *w, struct step *step, const char *what)
{
	struct brg_err err = BRG_ERR_INIT;
	size_t failed = 0;
	int rc = store_commit(&w->engine.store, step, w->relaxed ? BRG_RELAXED : BRG_DURABLE,
			      &failed, &err);

	world_must(rc, &err, what);
	if (rc == BRG_REFUSED) {
		fprintf(stderr, "%s: op %zu was refused\n", what, failed);
		abort();
	}
}

static void add_profile(struct world *w, struct step *step)
{
	if (!brg_id_is_nil(&w->profile))
		return;
	w->profile = id_new(w->now_us);
	step_add(step, BRG_OP_PROFILE, BRG_NEW)->u.profile =
		(struct brg_profile_row){ .id = w->profile,
					  .name = brg_cstr("sim"),
					  .connector = brg_cstr("sim"),
					  .max_connections = 10,
					  .settings = brg_cstr("{}") };
}

int world_add_user(struct world *w, const char *address, const char *settings)
{
	struct world_user *u = &w->users[w->n_users];
	struct brg_str folded;
	struct step step;

	u->box = simmail_add_box(w->sim, address);
	u->owner = id_new(w->now_us);
	u->mailbox = id_new(w->now_us);
	(void)snprintf(u->address, sizeof(u->address), "%s", address);
	step_init(&step, w->scratch);
	add_profile(w, &step);
	step_add(&step, BRG_OP_OWNER, BRG_NEW)->u.owner =
		(struct brg_owner_row){ .id = u->owner,
					.type = BRG_USER,
					.name = brg_cstr(u->address),
					.address = brg_cstr(u->address),
					.settings = brg_cstr(settings) };
	step_add(&step, BRG_OP_MAILBOX, BRG_NEW)->u.mailbox = (struct brg_mailbox_row){
		.id = u->mailbox,
		.owner = u->owner,
		.profile = w->profile,
		.name = brg_cstr(u->address),
		.address = brg_cstr(u->address),
		.settings = brg_cstr(arena_printf(w->scratch, "{\"box\":\"%d\"}", u->box)),
	};
	step_add(&step, BRG_OP_VISIT, BRG_NEW)->u.visit =
		(struct brg_visit_row){ .id = id_new(w->now_us),
					.mailbox = u->mailbox,
					.profile = w->profile,
					.lane = BRG_ACT,
					.state = BRG_ENABLED };
	folded = brg_cstr(u->address);
	step_add(&step, BRG_OP_ADDRESSES, BRG_ANY)->u.addresses = (struct brg_addresses){
		.object = u->owner, .type = BRG_PARTY_USER, .at = &folded, .n = 1
	};
	commit(w, &step, "add user");
	return w->n_users++;
}

void world_filter(struct world *w, int user, int kind, const char *text)
{
	struct brg_id id = id_new(w->now_us);
	char name[ID_TEXT];
	struct step step;

	step_init(&step, w->scratch);
	step_add(&step, BRG_OP_FILTER, BRG_NEW)->u.filter = (struct brg_filter_row){
		.id = id,
		.owner = w->users[user].owner,
		.type = BRG_FILTER_USER,
		.kind = kind,
		.active = true,
		.name = brg_cstr(arena_printf(w->scratch, "filter %s", id_format(&id, name))),
		.text = brg_cstr(text),
	};
	commit(w, &step, "add filter");
}

void world_policy(struct world *w, int kind, int policy)
{
	for (size_t i = 0; i < FIELD_GROUPS_MAX; i++)
		w->merge[kind][i].policy = (uint8_t)policy;
}

void world_rule(struct world *w, int kind, const char *group, int direction, int policy)
{
	int g = field_group_named(w->rules.table, kind, brg_cstr(group));

	if (g < 0)
		abort();
	w->merge[kind][g] = (struct merge_rule){ (uint8_t)direction, (uint8_t)policy };
}

/* ---- visits ---------------------------------------------------------------------------------*/

struct taken {
	struct brg_arena *arena;
	struct brg_claimed claimed;
	bool any;
};

static void take(void *arg, const struct brg_claimed *claimed)
{
	struct taken *t = arg;

	visit_copy(&t->claimed, claimed, t->arena);
	t->any = true;
}

static void tell_parked(struct world *w)
{
	struct brg_query q = { .what = BRG_READ_PARKED };
	struct brg_row *rows;
	size_t n;

	rows = world_rows(w, &q, &n);
	for (size_t i = 0; i < n; i++)
		fprintf(stderr, "parked %.*s: %.*s %.*s\n", (int)rows[i].u.parked.remote_id.len,
			rows[i].u.parked.remote_id.ptr, (int)rows[i].u.parked.code.len,
			rows[i].u.parked.code.ptr, (int)rows[i].u.parked.params.len,
			rows[i].u.parked.params.ptr);
}

int world_visit(struct world *w, int user)
{
	return world_visit_lane(w, user, BRG_ACT);
}

int world_visit_lane(struct world *w, int user, int lane)
{
	struct store *store = &w->engine.store;
	struct brg_room room = { .profile = w->profile, .free = 1 };
	struct brg_claim_request req = { .size = sizeof(req),
					 .lane = lane,
					 .process = w->engine.process,
					 .n = 1,
					 .rooms = &room,
					 .n_rooms = 1,
					 .only_mailbox = w->users[user].mailbox };
	struct brg_slots slots = { .size = sizeof(slots),
				   .hold = 1,
				   .process = w->engine.process,
				   .profile = w->profile };
	struct taken t = { .arena = arena_new() };
	int outcome = -1;

	w->err = (struct brg_err)BRG_ERR_INIT;
	w->now_us += 15 * MINUTE_US;
	req.now_us = w->now_us;
	world_must(store->ops->slots(store->self, &slots, &w->err), &w->err, "slots");
	world_must(store->ops->claim(store->self, &req, take, &t, &w->err), &w->err, "claim");
	if (t.any)
		outcome = visit_run(&w->engine, &t.claimed, NULL, &w->err);
	if (w->verbose && w->err.code) {
		char text[512];

		fprintf(stderr, "visit of %s: %s\n", w->users[user].address,
			err_render(&w->err, "en", text, sizeof(text)));
	}
	if (w->verbose)
		tell_parked(w);
	arena_free(&t.arena);
	return outcome;
}

void world_keep(struct world *w)
{
	struct brg_err err = BRG_ERR_INIT;

	world_must(keeper_bury(&w->engine, NULL, &err), &err, "bury");
	world_must(keeper_probe(&w->engine, &err), &err, "probe");
}

void world_rounds(struct world *w, int rounds)
{
	for (int i = 0; i < rounds; i++)
		for (int u = 0; u < w->n_users; u++)
			(void)world_visit(w, u);
}

/* Under the lease's own token: its row is as if the keeper had given it back. */
static void give_back(struct world *w, const struct brg_visit_row *visit)
{
	struct brg_err err = BRG_ERR_INIT;
	struct brg_op *op;
	struct step step;

	step_init(&step, w->scratch);
	op = step_add(&step, BRG_OP_SETTLE, BRG_ANY);
	op->u.settle.lease = (struct brg_lease){ visit->id, visit->token };
	op->u.settle.visit = *visit;
	op->u.settle.visit.due_us = 0;
	op->u.settle.visit.state = BRG_ENABLED;
	world_must(store_commit(&w->engine.store, &step, BRG_RELAXED, NULL, &err), &err,
		   "take over");
}

void world_take_over(struct world *w)
{
	struct brg_query q = { .what = BRG_READ_VISITS };
	struct world other = *w;
	struct brg_row *rows;
	size_t n;

	other.scratch = arena_new();
	world_join(&other);
	rows = world_rows(&other, &q, &n);
	for (size_t i = 0; i < n; i++) {
		const struct brg_visit_row *visit = &rows[i].u.visit;

		if (brg_id_is_nil(&visit->process))
			continue;
		give_back(&other, visit);
		for (int u = 0; u < other.n_users; u++)
			if (brg_id_eq(&other.users[u].mailbox, &visit->mailbox))
				(void)world_visit(&other, u);
	}
	world_leave(&other);
	w->now_us = other.now_us;
	arena_free(&other.scratch);
}

/* ---- records --------------------------------------------------------------------------------*/

static struct image image_of(struct world *w, int kind, const char *json)
{
	struct brg_err err = BRG_ERR_INIT;
	struct image raw, out;

	world_must(image_from_json(w->rules.table, kind, brg_cstr(json), w->scratch, &raw, &err),
		   &err, json);
	world_must(image_canonical(w->rules.table, kind, &raw, w->scratch, &out, &err), &err, json);
	return out;
}

static struct record_cause cause(struct world *w, const struct brg_fault *row)
{
	return (struct record_cause){ .run = id_new(w->now_us),
				      .who = brg_cstr("a person"),
				      .row = row,
				      .params = brg_cstr("who=a person") };
}

struct brg_id world_new(struct world *w, int user, int kind, const char *json)
{
	struct record_cause why = cause(w, &record_from_program);
	struct record r = { .image = image_of(w, kind, json) };
	struct brg_err err = BRG_ERR_INIT;
	struct step step;

	r.row = (struct brg_record_row){ .id = id_new(w->now_us),
					 .owner = w->users[user].owner,
					 .kind = kind };
	step_init(&step, w->scratch);
	world_must(record_create(&w->engine, &step, &r, (struct brg_str){ "", 0 }, &why, &err),
		   &err, json);
	commit(w, &step, "new record");
	return r.row.id;
}

int world_read(struct world *w, const struct brg_id *id, struct record *out)
{
	struct brg_err err = BRG_ERR_INIT;
	int rc = record_read(&w->engine, id, w->scratch, out, &err);

	world_must(rc, &err, "read");
	return rc;
}

bool world_edit(struct world *w, const struct brg_id *id, const char *json)
{
	struct record_cause why = cause(w, &record_by_program);
	struct brg_err err = BRG_ERR_INIT;
	struct image patch, after;
	struct record r;
	struct step step;

	if (world_read(w, id, &r) == 0 || r.row.deleted_us)
		return false;
	patch = image_of(w, r.row.kind, json);
	image_lay(&r.image, &patch, w->scratch, &after);
	step_init(&step, w->scratch);
	if (record_change(&w->engine, &step, &r, &after, (struct brg_str){ "", 0 }, &why, &err) < 0)
		return false;
	commit(w, &step, "edit");
	return true;
}

void world_delete(struct world *w, const struct brg_id *id)
{
	struct record_cause why = cause(w, &record_deleted_here);
	struct record r;
	struct step step;

	if (world_read(w, id, &r) == 0 || r.row.deleted_us)
		return;
	step_init(&step, w->scratch);
	record_delete(&w->engine, &step, &r, &why);
	commit(w, &step, "delete");
}

const char *world_json(struct world *w, const struct brg_id *id)
{
	struct record r;
	struct brg_str text;

	if (world_read(w, id, &r) == 0 || r.row.deleted_us)
		return "gone";
	text = image_to_json(w->rules.table, r.row.kind, &r.image, true, w->scratch);
	return arena_printf(w->scratch, "%.*s", (int)text.len, text.ptr);
}

struct brg_row *world_rows(struct world *w, struct brg_query *q, size_t *n)
{
	struct brg_err err = BRG_ERR_INIT;
	struct brg_row *rows;

	q->size = sizeof(*q);
	world_must(store_all(&w->engine.store, q, w->scratch, &rows, n, &err), &err, "rows");
	return rows;
}

size_t world_count(struct world *w, int kind)
{
	struct brg_query q = { .what = BRG_READ_RECORDS_ACT, .number = kind };
	size_t n;

	(void)world_rows(w, &q, &n);
	return n;
}

int world_item(struct world *w, int user, const struct brg_id *record)
{
	struct brg_query q = { .what = BRG_READ_LINK,
			       .mailbox = w->users[user].mailbox,
			       .other = *record };
	size_t n;
	struct brg_row *rows = world_rows(w, &q, &n);

	if (n == 0 || !rows[0].u.link.live)
		return -1;
	return simmail_find_item(w->sim, w->users[user].box, rows[0].u.link.remote_id);
}

uint32_t world_writes(const struct world *w)
{
	uint32_t n = 0;

	for (int u = 0; u < w->n_users; u++)
		for (int t = 0; t < 6; t++)
			n += w->sim->boxes[w->users[u].box].pushed[t];
	return n;
}
