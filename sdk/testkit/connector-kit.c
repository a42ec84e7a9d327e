/* SPDX-License-Identifier: Apache-2.0
 *
 * Cases, sessions, and what is asked of them in more than one place.
 */
#include "connector-kit-private.h"

#include <stdio.h>
#include <string.h>

#define PAGES_MOST  10000
#define CURSOR_MOST ((size_t)1 << 20)

void ckit_fail(struct ckit *k, const char *file, int line, const char *what)
{
	k->failed = true;
	k->harness->failed(k->harness->arg, k->name, file, line, what);
}

void *ckit_alloc(struct ckit *k, size_t n)
{
	return k->s.host->alloc(k->s.arena, n);
}

const char *ckit_why(struct ckit *k, const struct brg_err *err)
{
	size_t room = sizeof(err->params) + sizeof(err->said) + 100;
	char *out = ckit_alloc(k, room);

	(void)snprintf(out, room, "%s (class %d) %s %s", err->fault ? err->fault->code : "no code",
		       err->code, err->params, err->said);
	return out;
}

static unsigned kinds_of(int lane)
{
	return lane == BRG_ACT ? ~BRG_KIND_BIT(BRG_EMAIL) : BRG_KIND_BIT(BRG_EMAIL);
}

struct folders {
	struct ckit *k;
	bool every;
	struct brg_folder *at;
	size_t n, room;
};

static int on_folder(void *arg, const struct brg_folder *f)
{
	struct folders *all = arg;
	const struct brg_host *host = all->k->s.host;

	if (all->n == all->room)
		return 1;
	/* Known by its role, and no place to pull. */
	if (!all->every && (!(f->kinds & kinds_of(all->k->harness->lane)) ||
			    brg_str_eq(f->role, brg_cstr("deleted"))))
		return 0;
	all->at[all->n] = *f;
	all->at[all->n].id = host->dup(all->k->s.arena, f->id.ptr, f->id.len);
	all->at[all->n].role = host->dup(all->k->s.arena, f->role.ptr, f->role.len);
	all->n++;
	return 0;
}

size_t ckit_folders(struct ckit *k, bool every, struct brg_folder *out, size_t room)
{
	struct folders all = { k, every, out, 0, room };

	/* Incoming mail comes from where the connector takes it. */
	if (!BRG_HAS(k->ops, brg_connector, folders) ||
	    (!every && k->harness->lane == BRG_INCOMING)) {
		out[0] = (struct brg_folder){ .size = sizeof(out[0]),
					      .kinds = kinds_of(k->harness->lane) };
		return 1;
	}
	if (k->ops->folders(k->s.self, on_folder, &all, &k->err) < 0) {
		ckit_fail(k, __FILE__, __LINE__, ckit_why(k, &k->err));
		return 0;
	}
	return all.n;
}

void ckit_each_folder(struct ckit *k, void (*run)(struct ckit *k, const struct brg_folder *f))
{
	struct brg_folder at[CKIT_FOLDERS];
	size_t n = ckit_folders(k, false, at, CKIT_FOLDERS);

	for (size_t i = 0; i < n && !k->failed; i++)
		run(k, &at[i]);
}

struct page {
	struct brg_batch pub; /* first */
	struct ckit *k;
	struct ckit_listing *to;
	size_t room, n; /* n: of this page */
};

static struct brg_envelope *add(struct brg_batch *batch)
{
	struct page *p = (struct page *)batch;
	struct brg_envelope *e = ckit_alloc(p->k, sizeof(*e));

	*e = (struct brg_envelope){ .size = sizeof(*e), .kind = BRG_EMAIL, .op = BRG_PRESENT };
	if (p->to->n == p->room) {
		const struct brg_envelope **old = p->to->at;

		p->room = p->room ? 2 * p->room : 64;
		p->to->at = ckit_alloc(p->k, p->room * sizeof(*old));
		if (p->to->n)
			memcpy(p->to->at, old, p->to->n * sizeof(*old));
	}
	p->n++;
	p->to->at[p->to->n++] = e;
	return e;
}

int ckit_try_list(struct ckit *k, const struct brg_folder *f, struct brg_str cursor, uint32_t page,
		  struct ckit_listing *out)
{
	struct brg_pull req = { .size = sizeof(req),
				.want = BRG_WANT_HEADER,
				.folder = f->id,
				.max_items = page,
				.max_bytes = 1 << 20 };
	struct page p = { .k = k, .to = out };

	*out = (struct ckit_listing){ .cursor = cursor };
	p.pub = (struct brg_batch){
		.size = sizeof(p.pub), .arena = k->s.arena, .list = &p, .add = add, .more = true
	};
	for (int i = 0; p.pub.more; i++) {
		req.cursor = out->cursor;
		p.n = 0;
		p.pub.more = false;
		if (k->ops->pull(k->s.self, &req, &p.pub, &k->err) < 0)
			return k->err.code;
		if (i == PAGES_MOST || p.n > page || p.pub.next_cursor.len > CURSOR_MOST) {
			ckit_fail(k, __FILE__, __LINE__, "pull() keeps its bounds");
			return 0;
		}
		out->cursor =
			k->s.host->dup(k->s.arena, p.pub.next_cursor.ptr, p.pub.next_cursor.len);
	}
	return 0;
}

void ckit_list(struct ckit *k, const struct brg_folder *f, struct brg_str cursor, uint32_t page,
	       struct ckit_listing *out)
{
	CHECK_OK(k, ckit_try_list(k, f, cursor, page, out));
}

struct one_item {
	struct brg_sink pub; /* first */
	struct ckit *k;
	struct brg_item *to;
	int given;
};

static int on_item(struct brg_sink *sink, const struct brg_item *item, struct brg_err *err)
{
	struct one_item *o = (struct one_item *)sink;
	struct brg_field *fields = ckit_alloc(o->k, (item->fields.n + 1) * sizeof(*fields));

	(void)err;
	o->given++;
	*o->to = *item;
	for (size_t i = 0; i < item->fields.n; i++) {
		fields[i] = item->fields.at[i];
		if (fields[i].type == BRG_TEXT && fields[i].presence == BRG_VALUE)
			fields[i].u.text = o->k->s.host->dup(o->k->s.arena, fields[i].u.text.ptr,
							     fields[i].u.text.len);
	}
	o->to->fields = (struct brg_fields){ fields, item->fields.n };
	o->to->version = o->k->s.host->dup(o->k->s.arena, item->version.ptr, item->version.len);
	return 0;
}

bool ckit_get(struct ckit *k, struct brg_str folder, struct brg_str id, struct brg_item *out)
{
	struct brg_get req = { .size = sizeof(req),
			       .want = k->harness->lane == BRG_ACT ? BRG_WANT_FIELDS
								   : BRG_WANT_BODY,
			       .folder = folder,
			       .ids = &id,
			       .n = 1 };
	struct one_item one = { .k = k, .to = out };

	*out = (struct brg_item){ .size = sizeof(*out) };
	one.pub =
		(struct brg_sink){ .size = sizeof(one.pub), .arena = k->s.arena, .item = on_item };
	if (k->ops->get(k->s.self, &req, &one.pub, &k->err) < 0)
		ckit_fail(k, __FILE__, __LINE__, ckit_why(k, &k->err));
	else if (one.given != 1 || out->request != 0)
		ckit_fail(k, __FILE__, __LINE__, "get() answers once for each id");
	return !k->failed;
}

struct found {
	struct ckit *k;
	struct brg_str id; /* of the first stamp */
	size_t first, others;
};

static int on_found(void *arg, size_t which, const struct brg_envelope *e)
{
	struct found *f = arg;

	if (which)
		f->others++;
	else if (f->first++ == 0)
		f->id = f->k->s.host->dup(f->k->s.arena, e->remote_id.ptr, e->remote_id.len);
	return 0;
}

struct brg_str ckit_find_first(struct ckit *k, int kind, const struct brg_stamp *stamps, size_t n)
{
	struct found found = { .k = k };

	if (k->ops->find(k->s.self, BRG_KIND_BIT(kind), stamps, n, k->s.arena, on_found, &found,
			 &k->err) < 0)
		ckit_fail(k, __FILE__, __LINE__, ckit_why(k, &k->err));
	else if (found.first != 1 || found.others)
		ckit_fail(k, __FILE__, __LINE__, "find() tells just what carries the stamp");
	return found.id;
}

/* ---- all cases ------------------------------------------------------------------------------*/

static const struct ckit_case *case_at(size_t at)
{
	static const struct ckit_case *const lists[] = { ckit_read_cases, ckit_write_cases,
							 ckit_send_cases };

	for (size_t l = 0; l < sizeof(lists) / sizeof(lists[0]); l++)
		for (size_t i = 0; lists[l][i].name; i++)
			if (at-- == 0)
				return &lists[l][i];
	return NULL;
}

const char *connector_kit_name(size_t at)
{
	const struct ckit_case *c = case_at(at);

	return c ? c->name : NULL;
}

int connector_kit_run(const struct connector_kit *harness, size_t at)
{
	const struct ckit_case *c = case_at(at);
	struct ckit k = { .harness = harness,
			  .ops = harness->plugin->connector,
			  .err = BRG_ERR_INIT };

	k.name = c->name;
	if (!(c->lanes & BRG_LANE_BIT(harness->lane)) || (c->promised && !c->promised(k.ops)))
		return 2;
	if (harness->open(harness->arg, &k.s, &k.err) < 0) {
		k.harness->failed(harness->arg, c->name, __FILE__, __LINE__,
				  k.err.fault ? k.err.fault->code : "open");
		return 1;
	}
	c->run(&k);
	if (!k.failed && BRG_HAS(k.ops, brg_connector, finish) &&
	    k.ops->finish(k.s.self, &k.err) < 0)
		ckit_fail(&k, __FILE__, __LINE__, ckit_why(&k, &k.err));
	harness->close(harness->arg, &k.s);
	return k.failed;
}
