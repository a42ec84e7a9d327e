/* SPDX-License-Identifier: Apache-2.0 */
#include "core/setup.h"

#include "core/blob.h"
#include "core/faults.h"
#include "core/host.h"
#include "core/http.h"
#include "core/loader.h"
#include "core/log.h"
#include "core/mime.h"
#include "core/net.h"
#include "core/recur.h"
#include "core/stream.h"
#include "core/token.h"
#include "core/zone.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdlib.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

static const struct brg_fault wrong_key = {
	.code = "BRG-CORE-0030",
	.cls = BRG_EAUTH,
	.scope = BRG_SCOPE_STORE,
	.retry = BRG_RETRY_NEVER,
	.en = "the key in {path} does not belong to this store",
	.sv = "nyckeln i {path} hör inte till det här lagret",
	.help = "Passwords in the store are sealed to a key that lies in the state folder. Put "
		"back the files key, key.pub and hash.key that belong to this store; without them the "
		"passwords cannot be read and must be given again in a new store.",
};
static const struct brg_fault not_enabled = {
	.code = "BRG-CORE-0031",
	.cls = BRG_EINVAL,
	.scope = BRG_SCOPE_MAILBOX,
	.retry = BRG_RETRY_NEVER,
	.en = "the connector {connector} is not enabled: add a section [connector {connector}] to "
	      "{file}",
	.sv = "anslutningen {connector} är inte påslagen: lägg till avsnittet [connector "
	      "{connector}] i {file}",
	.help = "Only plugins that the configuration names are loaded. An empty section is enough.",
};
static const struct brg_fault no_lock = {
	.code = "BRG-CORE-0032",
	.cls = BRG_EIO,
	.scope = BRG_SCOPE_STORE,
	.retry = BRG_RETRY_NEVER,
	.en = "cannot write in the state folder {path}: {reason}",
	.sv = "det går inte att skriva i tillståndsmappen {path}: {reason}",
	.help = "The state folder must exist and belong to the user that runs Brygga.",
};

const struct brg_fault *const setup_faults[] = { &wrong_key, &not_enabled, &no_lock, NULL };

static int64_t wall_us(struct engine *engine)
{
	struct timespec t;

	(void)engine;
	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static const struct brg_plugin *find_connector(struct engine *engine, struct brg_str name,
					       struct brg_err *err)
{
	struct setup *s = engine->ctx;

	for (size_t i = 0; i < s->config->n_connectors; i++) {
		if (!brg_str_eq(brg_cstr(s->config->connectors[i].name), name))
			continue;
		if (!s->connectors[i])
			*err = s->connector_errors[i];
		return s->connectors[i];
	}
	brg_fail(err, &not_enabled, "connector=%.*s\nfile=%s", (int)name.len, name.ptr,
		 s->config->file);
	return NULL;
}

static const struct settings *find_defaults(struct engine *engine, struct brg_str name)
{
	struct setup *s = engine->ctx;
	const struct config_plugin *p = config_connector(s->config, name);

	return p ? &p->settings : NULL;
}

/* Windows has one name for several territories: the one that ICU holds for usual. */
static bool iana_name(struct brg_str name, char out[BRG_ZONE_MAX])
{
	return zone_canonical(name, (struct brg_str){ "", 0 }, out);
}

static const void *find_service(struct engine *engine, const char *name, uint32_t version)
{
	static const struct brg_zone_service zones = {
		.size = sizeof(zones),
		.version = 1,
		.iana = iana_name,
		.windows = zone_windows,
		.instant = zone_instant,
		.wall = zone_wall,
	};

	static const struct brg_series_service series = {
		.size = sizeof(series),
		.version = 1,
		.index = recur_index,
	};

	(void)engine;
	if (strcmp(name, "series") == 0 && version == 1)
		return &series;
	if (strcmp(name, "stream") == 0 && version == 1)
		return stream_service();
	if (strcmp(name, "http") == 0 && version == 1)
		return http_service();
	if (strcmp(name, "zone") == 0 && version == 1)
		return &zones;
	return strcmp(name, "token") == 0 && version == 1 ? token_service() : NULL;
}

void setup_log_refused(const struct setup *s)
{
	char text[LOG_ERR_TEXT];

	for (size_t i = 0; i < s->config->n_connectors; i++)
		if (!s->connectors[i])
			log_event(BRG_LOG_ERROR, "plugin.refused", "%s",
				  log_err(&s->connector_errors[i], text, sizeof(text)));
}

static void load_connectors(struct setup *s)
{
	const struct config *c = s->config;

	s->connectors = arena_alloc(s->arena, (c->n_connectors + 1) * sizeof(*s->connectors));
	s->connector_errors =
		arena_alloc(s->arena, (c->n_connectors + 1) * sizeof(*s->connector_errors));
	for (size_t i = 0; i < c->n_connectors; i++) {
		struct brg_err *err = &s->connector_errors[i];

		*err = (struct brg_err)BRG_ERR_INIT;
		if (loader_load(c->plugins, BRG_CONNECTOR, c->connectors[i].name, &s->connectors[i],
				err) < 0)
			s->connectors[i] = NULL;
	}
}

static int open_store(struct setup *s, unsigned flags, struct brg_err *err)
{
	const struct config *c = s->config;
	struct store *store = &s->engine.store;
	int rc;

	rc = loader_load(c->plugins, BRG_STORAGE, c->storage.name, &store->plugin, err);
	if (rc < 0)
		return rc;
	store->self = xcalloc(1, store->plugin->instance_size);
	rc = config_fill_storage(c, store->plugin, store->self, s->arena, err);
	if (rc < 0)
		return rc;
	s->storage_host = arena_alloc(s->arena, sizeof(*s->storage_host));
	host_init(s->storage_host, &s->engine, s->arena, store->plugin->name);
	store->ops = store->plugin->storage;
	return store->ops->open(store->self, &s->storage_host->table,
				flags & SETUP_READONLY ? BRG_OPEN_READONLY : BRG_OPEN_CREATE, err);
}

/* A key is made only together with a new store; ever after the store knows its check. */
static int open_keys(struct setup *s, unsigned flags, struct brg_err *err)
{
	unsigned char check[32];
	struct brg_store_row store = { .epoch = 0 };
	struct step step;
	int rc;

	rc = store_identity(&s->engine.store, s->arena, &store, err);
	if (rc < 0)
		return rc;
	if (store.key_check.len == 0 && !(flags & SETUP_READONLY)) {
		rc = secrets_open(s->config->state, false, &s->secrets, err);
		if (rc == BRG_ENOTFOUND)
			rc = secrets_create(s->config->state, err);
		secrets_free(&s->secrets);
	}
	if (rc >= 0)
		rc = secrets_open(s->config->state, flags & SETUP_PRIVATE_KEY, &s->secrets, err);
	if (rc < 0)
		return rc;
	s->engine.secrets = s->secrets;
	secrets_check(s->secrets, check);
	if (store.key_check.len == 0) {
		step_init(&step, s->arena);
		step_add(&step, BRG_OP_STORE, BRG_ANY)->u.store = store;
		step.ops[0].u.store.key_check = (struct brg_str){ (char *)check, sizeof(check) };
		return store_commit(&s->engine.store, &step, BRG_DURABLE, NULL, err);
	}
	if (!brg_str_eq(store.key_check, (struct brg_str){ (char *)check, sizeof(check) }))
		return brg_fail(err, &wrong_key, "path=%s", s->config->state);
	return 0;
}

void setup_role(struct setup *s, int role)
{
	const struct config_role *r = &s->config->roles[role];
	struct engine *e = &s->engine;

	e->visit_ms = r->visit_time_ms;
	e->visit_steps = r->visit_steps;
	e->timeout_ms = r->visit_timeout_ms;
	e->overlap = r->threads > 0;
}

int setup_open(struct setup *s, const struct config *config, unsigned flags, struct brg_err *err)
{
	struct engine *e = &s->engine;
	char *lock_path;
	int lock, rc;

	*s = (struct setup){ .config = config, .arena = arena_new() };
	engine_init(e);
	e->ctx = s;
	e->connector = find_connector;
	e->defaults = find_defaults;
	e->service = find_service;
	e->now_us = wall_us;
	e->lang = config_language(config);
	e->rules = config->schedule;
	e->email = &config->email;
	e->sync = &config->sync;
	e->state = config->state;
	setup_role(s, ROLE_INCOMING);
	/* Buffers of some MiB come and go; let the heap keep them. */
	mallopt(M_MMAP_THRESHOLD, 8 * 1024 * 1024);
	mallopt(M_TRIM_THRESHOLD, 16 * 1024 * 1024);
	mime_init();
	blob_init(config->state);
	rc = net_init(err);
	if (rc < 0)
		return rc;
	load_connectors(s);
	/* Several processes may find an empty folder at once. */
	lock_path = arena_printf(s->arena, "%s/setup.lock", config->state);
	lock = open(lock_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (lock < 0)
		return brg_fail(err, &no_lock, "path=%s\nreason=%s", config->state,
				strerror(errno));
	while (flock(lock, LOCK_EX) < 0 && errno == EINTR)
		;
	rc = open_store(s, flags, err);
	if (rc >= 0)
		rc = open_keys(s, flags, err);
	close(lock);
	return rc < 0 ? rc : 0;
}

void setup_close(struct setup *s)
{
	struct store *store = &s->engine.store;

	if (store->self && store->ops)
		store->ops->close(store->self);
	free(store->self);
	store->self = NULL;
	secrets_free(&s->secrets);
	arena_free(&s->arena);
}
