/* SPDX-License-Identifier: Apache-2.0 */
#include "core/tracked.h"

#include "core/alert.h"
#include "core/commit.h"
#include "core/contract.h"
#include "core/faults.h"
#include "core/log.h"

#define PAGE 200

RULE(tracked_taken, "0094", "taken: it lies in the tracked folder {folder}",
     "tagen: den ligger i den spårade mappen {folder}",
     "`brygga folder untrack` leaves what comes there next to the rules.");
static RULE(now_regards, "0095", "regards now what the tracked folder {folder} regards",
	    "avser nu det som den spårade mappen {folder} avser",
	    "Mail that lies there follows the folder; move it out to set it by hand.");
static RULE(
	filed_first, "0096",
	"keeps what it regards: another mailbox has filed it first, under something else",
	"behåller det som den avser: en annan brevlåda har arkiverat den först, under något annat",
	"One mail is one record; move it out of the other folder to let this one decide.");

static const struct brg_fault turned_off = {
	.code = "BRG-MAIL-0021",
	.cls = BRG_ENOTFOUND,
	.scope = BRG_SCOPE_MAILBOX,
	.retry = BRG_RETRY_NEVER,
	.en = "the tracked folder {folder} does not lie below the inbox any more: mail that comes "
	      "there is not tracked",
	.sv = "den spårade mappen {folder} ligger inte under inkorgen längre: post som hamnar där "
	      "spåras inte",
	.help = "It was deleted or moved. What was tracked stays. Move it back and track it again "
		"with `brygga folder track`, or let go of it with `brygga folder untrack`.",
};

const struct brg_fault *const tracked_faults[] = { &tracked_taken, &now_regards, &filed_first,
						   &turned_off, NULL };

/* ---- what the mailbox has -------------------------------------------------------------------*/

struct node {
	struct node *next;
	struct brg_str id, parent, name;
	bool inbox, sent, mail;
};

struct listing {
	struct brg_arena *arena;
	struct node *nodes;
	size_t n;
};

static int take(void *arg, const struct brg_folder *f)
{
	struct listing *l = arg;
	struct node *node;

	/* Without a name it is the inbox, which nobody tracks. */
	if (!f->id.len)
		return 0;
	node = arena_alloc(l->arena, sizeof(*node));
	*node = (struct node){
		.next = l->nodes,
		.id = arena_str(l->arena, f->id),
		.parent = arena_str(l->arena, f->parent),
		.name = arena_str(l->arena, f->name),
		.inbox = brg_str_eq(f->role, brg_cstr("inbox")),
		.sent = brg_str_eq(f->role, brg_cstr("sent")),
		.mail = (f->kinds & BRG_KIND_BIT(BRG_EMAIL)) != 0,
	};
	l->nodes = node;
	l->n++;
	return 0;
}

static const struct node *find(const struct listing *l, struct brg_str id)
{
	for (const struct node *n = l->nodes; n; n = n->next)
		if (brg_str_eq(n->id, id))
			return n;
	return NULL;
}

/* Its path below the inbox; ptr NULL: it does not lie there. A server may tell a ring. */
static struct brg_str path_of(const struct listing *l, const struct node *node)
{
	const char *path = arena_str(l->arena, node->name).ptr;
	const struct node *at = find(l, node->parent);

	for (size_t depth = 0; at && depth < l->n; depth++, at = find(l, at->parent)) {
		if (at->inbox)
			return brg_cstr(path);
		path = arena_printf(l->arena, "%.*s/%s", (int)at->name.len, at->name.ptr, path);
	}
	return (struct brg_str){ NULL, 0 };
}

int tracked_list(const struct brg_connector *ops, void *session, struct brg_arena *arena,
		 struct mail_folders *out, struct brg_err *err)
{
	struct listing l = { .arena = arena };
	int rc = ops->folders(session, take, &l, err);

	*out = (struct mail_folders){ 0 };
	if (rc < 0)
		return rc;
	out->at = arena_alloc(arena, (l.n + 1) * sizeof(*out->at));
	for (const struct node *n = l.nodes; n; n = n->next) {
		struct brg_str path = n->mail && !n->inbox ? path_of(&l, n) : (struct brg_str){ 0 };

		if (path.ptr)
			out->at[out->n++] = (struct mail_folder){ n->id, path };
		if (n->mail && n->sent)
			out->sent = n->id;
	}
	return 0;
}

/* ---- what the visit starts from -------------------------------------------------------------*/

static void put(struct visit *v, const struct brg_tracked_row *row)
{
	struct brg_op *op = commit_op(v, BRG_OP_TRACKED, row->version);

	op->u.tracked = *row;
	op->u.tracked.folder = arena_str(v->pending, row->folder);
	op->u.tracked.name = arena_str(v->pending, row->name);
}

const char *tracked_params(struct visit *v)
{
	return arena_printf(v->pending, "folder=%.*s", (int)v->filed->name.len, v->filed->name.ptr);
}

void tracked_lost(struct visit *v)
{
	struct brg_tracked_row *row = v->filed;
	struct brg_alert_row *alert;

	row->state = BRG_TRACKED_OFF;
	put(v, row);
	alert = alert_raise(&v->step, BRG_LOG_WARNING, BRG_ALERT_ITEM, &v->claimed.mailbox.id,
			    brg_cstr(turned_off.code), v->engine->now_us(v->engine));
	alert->detail = arena_str(v->pending, row->folder);
	alert->params = brg_cstr(tracked_params(v));
}

static const struct mail_folder *told(const struct mail_folders *all, struct brg_str id)
{
	for (size_t i = 0; i < all->n; i++)
		if (brg_str_eq(all->at[i].id, id))
			return &all->at[i];
	return NULL;
}

/* What is told may be a while old: whether one is there shows when it is pulled. */
static void take_name(struct visit *v, struct brg_tracked_row *row, const struct mail_folders *all)
{
	const struct mail_folder *now = told(all, row->folder);

	if (!now || brg_str_eq(now->path, row->name))
		return;
	row->name = now->path;
	put(v, row);
	row->version++;
}

int tracked_begin(struct visit *v, struct brg_err *err)
{
	const struct brg_connector *ops = v->plugin->connector;
	struct brg_query q = { .size = sizeof(q),
			       .what = BRG_READ_TRACKED,
			       .mailbox = v->claimed.mailbox.id };
	struct mail_folders all;
	struct brg_row *rows;
	size_t n;

	if (!BRG_HAS(ops, brg_connector, folders))
		return 0;
	if (store_all(&v->engine->store, &q, v->arena, &rows, &n, err) < 0)
		return err->code;
	v->tracked = arena_alloc(v->arena, (n + 1) * sizeof(*v->tracked));
	for (size_t i = 0; i < n; i++)
		if (rows[i].u.tracked.state == BRG_TRACKED_ON)
			v->tracked[v->n_tracked++] = rows[i].u.tracked;
	if (v->n_tracked == 0 && !v->settings.track_sent)
		return 0;
	if (contract_answer(v, tracked_list(ops, v->session, v->arena, &all, err), "folders", err) <
	    0)
		return err->code;
	if (v->settings.track_sent)
		v->sent_folder = all.sent;
	for (size_t i = 0; i < v->n_tracked; i++)
		take_name(v, &v->tracked[i], &all);
	return commit_now(v, BRG_RELAXED, err);
}

/* ---- regarding ------------------------------------------------------------------------------*/

/* Does the record lie in a tracked folder of another mailbox, whose regarding it has? */
static int is_filed_elsewhere(struct visit *v, const struct brg_record_row *record, bool *out,
			      struct brg_err *err)
{
	struct brg_query links = { .size = sizeof(links),
				   .what = BRG_READ_LINKS,
				   .other = record->id };
	struct brg_row *rows, folder;
	size_t n;
	int found;

	*out = false;
	if (store_all(&v->engine->store, &links, v->batch, &rows, &n, err) < 0)
		return err->code;
	for (size_t i = 0; i < n && !*out; i++) {
		const struct brg_link_row *l = &rows[i].u.link;
		struct brg_query q = { .size = sizeof(q),
				       .what = BRG_READ_TRACKED,
				       .mailbox = l->mailbox,
				       .folder = l->folder };

		if (!l->live || !l->folder.len || brg_id_eq(&l->mailbox, &v->claimed.mailbox.id))
			continue;
		found = store_one(&v->engine->store, &q, v->batch, &folder, err);
		if (found < 0)
			return found;
		*out = found && folder.u.tracked.state == BRG_TRACKED_ON &&
		       brg_id_eq(&folder.u.tracked.regarding, &record->regarding);
	}
	return 0;
}

/* A set goes by the first bytes of a key; those of an id are its time. */
static bool is_first(struct visit *v, const struct brg_id *id)
{
	unsigned char key[sizeof(id->b)];

	for (size_t i = 0; i < sizeof(key); i++)
		key[i] = id->b[sizeof(key) - 1 - i];
	return keyset_add(&v->regarded, arena_dup(v->arena, key, sizeof(key)), v->arena);
}

static void write_regarding(struct visit *v, const struct brg_record_row *record)
{
	struct brg_record_row *to = &commit_op(v, BRG_OP_RECORD, record->version)->u.record;

	*to = *record;
	to->message_key = arena_str(v->pending, record->message_key);
	to->fields = arena_str(v->pending, record->fields);
	to->keys = arena_str(v->pending, record->keys);
	to->zones = arena_str(v->pending, record->zones);
	to->regarding = v->filed->regarding;
	to->modified_us = v->engine->now_us(v->engine);
}

int tracked_regard(struct visit *v, struct brg_str remote_id, const struct brg_record_row *record,
		   struct brg_err *err)
{
	const struct brg_fault *rule = &now_regards;
	bool elsewhere = false;

	if (brg_id_is_nil(&v->filed->regarding) ||
	    brg_id_eq(&v->filed->regarding, &record->regarding))
		return 0;
	/* The same mail may lie there twice, and was read before the step that is being built. */
	if (!is_first(v, &record->id))
		return 0;
	if (!brg_id_is_nil(&record->regarding) &&
	    is_filed_elsewhere(v, record, &elsewhere, err) < 0)
		return err->code;
	if (elsewhere)
		rule = &filed_first;
	else
		write_regarding(v, record);
	arrival_note(v, remote_id, &record->id, rule, tracked_params(v));
	return 0;
}

static int relink(struct visit *v, const struct brg_link_row *link, struct brg_err *err)
{
	struct brg_query q = { .size = sizeof(q), .what = BRG_READ_RECORDS, .id = link->record };
	struct brg_row row;
	int found = store_one(&v->engine->store, &q, v->batch, &row, err);

	if (found <= 0 || row.u.record.deleted_us)
		return found < 0 ? found : 0;
	return tracked_regard(v, link->remote_id, &row.u.record, err);
}

int tracked_relink(struct visit *v, struct brg_err *err)
{
	struct brg_query q = { .size = sizeof(q),
			       .what = BRG_READ_LINKS,
			       .mailbox = v->claimed.mailbox.id,
			       .folder = v->filed->folder,
			       .limit = PAGE };
	struct brg_row *rows;
	size_t n = PAGE;
	int rc = 0;

	if (!v->filed->relink)
		return 0;
	while (n == PAGE && rc == 0) {
		arena_reset(v->batch);
		rc = store_all(&v->engine->store, &q, v->batch, &rows, &n, err);
		for (size_t i = 0; i < n && rc == 0; i++) {
			q.after = rows[i].u.link.id;
			rc = relink(v, &rows[i].u.link, err);
		}
		if (rc == 0)
			rc = commit_now(v, BRG_RELAXED, err);
		if (rc == 0 && n == PAGE && visit_time_is_up(v)) {
			v->backlog = true;
			return 0;
		}
	}
	arena_reset(v->batch);
	if (rc < 0)
		return rc;
	v->filed->relink = false;
	put(v, v->filed);
	return commit_now(v, BRG_RELAXED, err);
}
