/* SPDX-License-Identifier: Apache-2.0
 *
 * The kit's own work: a host for the plugin, memory and stores of a case, and the list of
 * cases.
 */
#include "storage-kit-private.h"

#include <stdlib.h>
#include <unistd.h>

static const struct kit_case *const lists[] = {
	kit_step_cases,	   kit_item_cases, kit_lease_cases, kit_slot_cases,
	kit_process_cases, kit_body_cases, kit_read_cases,  kit_mail_cases,
	kit_sync_cases,	   kit_feed_cases, kit_match_cases, kit_zone_cases,
};

static const struct kit_case *case_at(size_t at)
{
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		for (const struct kit_case *c = lists[i]; c->name; c++) {
			if (at-- == 0)
				return c;
		}
	}
	return NULL;
}

const char *storage_kit_name(size_t at)
{
	const struct kit_case *c = case_at(at);

	return c ? c->name : NULL;
}

unsigned storage_kit_group(size_t at)
{
	const struct kit_case *c = case_at(at);

	return c ? c->group : 0;
}

/* ---- failures and memory --------------------------------------------------------------------*/

void kit_fail(struct kit *k, const char *file, int line, const char *what)
{
	if (!k->failed)
		k->harness->failed(k->harness->arg, k->name, file, line, what);
	k->failed = true;
}

void kit_fail_rc(struct kit *k, const struct kit_store *st, const char *file, int line,
		 const char *what, int rc)
{
	char text[1024];

	(void)snprintf(text, sizeof(text), "%s: %d, op %zu, %s [%s] %s", what, rc, st->failed,
		       rc < 0 && st->err.fault ? st->err.fault->en : "no error",
		       rc < 0 ? st->err.params : "", rc < 0 ? st->err.said : "");
	kit_fail(k, file, line, text);
}

struct scrap {
	struct scrap *next;
	max_align_t bytes[];
};

void *kit_alloc(struct kit *k, size_t n)
{
	struct scrap *s = calloc(1, sizeof(*s) + n);

	if (!s)
		abort();
	s->next = k->scraps;
	k->scraps = s;
	return s->bytes;
}

struct brg_str kit_printf(struct kit *k, const char *fmt, ...)
{
	char text[512];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return (struct brg_str){ memcpy(kit_alloc(k, (size_t)n + 1), text, (size_t)n + 1),
				 (size_t)n };
}

struct brg_id kit_id_at(struct kit *k, int64_t us)
{
	uint64_t ms = (uint64_t)us / 1000, n = ++k->ids, who = (uint64_t)getpid();
	struct brg_id id = { { 0 } };

	for (int i = 0; i < 6; i++)
		id.b[i] = (unsigned char)(ms >> (40 - 8 * i));
	id.b[6] = 0x70;
	id.b[8] = 0x80;
	for (int i = 0; i < 4; i++) {
		id.b[9 + i] = (unsigned char)(n >> (24 - 8 * i));
		id.b[12 + i] ^= (unsigned char)(who >> (24 - 8 * i));
	}
	return id;
}

struct brg_id kit_id(struct kit *k)
{
	return kit_id_at(k, KIT_NOW + 1000 * (int64_t)(k->ids + 1));
}

/* ---- the host -------------------------------------------------------------------------------*/

static void host_log(void *ctx, int level, const char *event, const char *fmt, ...)
{
	(void)ctx;
	(void)level;
	(void)event;
	(void)fmt;
}

static int64_t host_now(void *ctx)
{
	(void)ctx;
	return KIT_NOW;
}

static int64_t host_left(void *ctx)
{
	(void)ctx;
	return INT32_MAX;
}

static bool host_canceled(void *ctx)
{
	(void)ctx;
	return false;
}

/* ---- options --------------------------------------------------------------------------------*/

static int choice_of(const char *choices, const char *value)
{
	size_t n = strlen(value);

	for (int at = 0;; at++) {
		size_t len = strcspn(choices, "|");

		if (len == n && memcmp(choices, value, n) == 0)
			return at;
		if (!choices[len])
			return -1;
		choices += len + 1;
	}
}

static int64_t number_of(const char *value)
{
	static const struct {
		const char *unit;
		int64_t times;
	} units[] = {
		{ "", 1 },     { "K", 1 << 10 }, { "M", 1 << 20 }, { "G", 1 << 30 },  { "ms", 1 },
		{ "s", 1000 }, { "m", 60000 },	 { "h", 3600000 }, { "d", 86400000 },
	};
	char *end;
	int64_t n = strtoll(value, &end, 10);

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(end, units[i].unit) == 0)
			return n * units[i].times;
	}
	return -1;
}

static int set_option(void *self, const struct brg_option *o, const char *value)
{
	void *member = (char *)self + o->offset;
	int at;

	switch (o->type) {
	case BRG_OPT_STRING:
		*(const char **)member = value;
		return 0;
	case BRG_OPT_BOOL:
		*(bool *)member = strcmp(value, "yes") == 0;
		return 0;
	case BRG_OPT_CHOICE:
		at = choice_of(o->choices, value);
		*(int *)member = at;
		return at < 0 ? -1 : 0;
	default:
		*(int64_t *)member = number_of(value);
		return *(int64_t *)member < 0 ? -1 : 0;
	}
}

int storage_kit_option(const struct brg_plugin *plugin, void *self, const char *name,
		       const char *value)
{
	for (const struct brg_option *o = plugin->options; o && o->name; o++) {
		if (!name && o->dflt && set_option(self, o, o->dflt) < 0)
			return -1;
		if (name && strcmp(o->name, name) == 0)
			return set_option(self, o, value);
	}
	return name ? -1 : 0;
}

/* ---- stores ---------------------------------------------------------------------------------*/

struct kit_store *kit_open(struct kit *k, unsigned flags)
{
	const struct brg_plugin *plugin = k->harness->plugin;
	struct kit_store *st = kit_alloc(k, sizeof(*st));
	int rc;

	st->kit = k;
	st->ops = plugin->storage;
	st->self = kit_alloc(k, plugin->instance_size);
	st->err = (struct brg_err)BRG_ERR_INIT;
	st->host = (struct brg_host){
		.size = sizeof(st->host),
		.ctx = st,
		.log = host_log,
		.now_us = host_now,
		.left_ms = host_left,
		.canceled = host_canceled,
	};
	if (k->n_stores == KIT_STORES ||
	    k->harness->fill(k->harness->arg, st->self, k->store) < 0) {
		kit_fail(k, __FILE__, __LINE__, "an instance could not be filled in");
		return NULL;
	}
	k->stores[k->n_stores++] = st;
	st->open = true;
	rc = st->ops->open(st->self, &st->host, flags, &st->err);
	if (rc != 0) {
		kit_fail_rc(k, st, __FILE__, __LINE__, "open", rc);
		return NULL;
	}
	return st;
}

void kit_close(struct kit_store *st)
{
	if (st->open)
		st->ops->close(st->self);
	st->open = false;
}

static void clean_up(struct kit *k)
{
	for (size_t i = 0; i < k->n_children; i++)
		kit_kill(&k->children[i]);
	for (size_t i = 0; i < k->n_stores; i++)
		kit_close(k->stores[i]);
	for (struct scrap *s = k->scraps, *next; s; s = next) {
		next = s->next;
		free(s);
	}
}

int storage_kit_run(const struct storage_kit *harness, size_t at)
{
	static unsigned runs;
	const struct kit_case *c = case_at(at);
	struct kit k = { .harness = harness, .name = c->name };

	(void)snprintf(k.store, sizeof(k.store), "%s-%u", c->name, ++runs);
	c->run(&k);
	clean_up(&k);
	return k.failed;
}
