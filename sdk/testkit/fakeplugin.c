/* SPDX-License-Identifier: Apache-2.0
 *
 * An instance of a plugin as the core would fill it: from its option table.
 */
#include "fakehost-private.h"

#include <stdlib.h>

static int choice(const char *choices, const char *value)
{
	size_t n = strlen(value);
	int at = 0;

	for (;; choices++, at++) {
		size_t len = strcspn(choices, "|");

		if (len == n && memcmp(choices, value, n) == 0)
			return at;
		choices += len;
		if (!*choices)
			return -1;
	}
}

/* A number and the power or span behind it: 64K, 20s. */
static int64_t number(const char *value)
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

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (strcmp(end, units[i].unit) == 0)
			return n * units[i].times;
	return -1;
}

static bool put(struct fakehost *fh, void *self, const struct brg_option *o, const char *value)
{
	char *member = (char *)self + o->offset;
	int64_t n = 0;

	switch (o->type) {
	case BRG_OPT_STRING:
		*(const char **)(void *)member =
			fake_dup(&fh->own->arena, value, strlen(value)).ptr;
		return true;
	case BRG_OPT_BOOL:
		*(bool *)(void *)member = strcmp(value, "yes") == 0;
		return strcmp(value, "yes") == 0 || strcmp(value, "no") == 0;
	case BRG_OPT_CHOICE:
		*(int *)(void *)member = choice(o->choices, value);
		return *(int *)(void *)member >= 0;
	default:
		n = number(value);
		*(int64_t *)(void *)member = n;
		return n >= 0 && (o->max == 0 || (n >= o->min && n <= o->max));
	}
}

static bool put_named(struct fakehost *fh, void *self, const struct brg_option *options,
		      const char *line, size_t n)
{
	char *setting = fake_copy(line, n);
	char *value = strchr(setting, '=');
	bool ok = value != NULL;

	if (value)
		*value++ = '\0';
	while (ok && options->name && strcmp(options->name, setting) != 0)
		options++;
	ok = ok && options->name && put(fh, self, options, value);
	if (!ok)
		fake_wrong(fh, "bad setting", line, n);
	free(setting);
	return ok;
}

void *fakehost_instance(struct fakehost *fh, const struct brg_plugin *plugin, const char *settings)
{
	void *self = calloc(1, plugin->instance_size);
	bool ok = true;

	if (!self)
		fake_misuse("no memory");
	fh->wrong[0] = '\0';
	for (const struct brg_option *o = plugin->options; o && o->name; o++)
		if (o->dflt)
			ok = put(fh, self, o, o->dflt) && ok;
	while (*settings && ok) {
		size_t n = strcspn(settings, "\n");

		ok = put_named(fh, self, plugin->options, settings, n);
		settings += n + (settings[n] == '\n');
	}
	if (ok)
		return self;
	free(self);
	return NULL;
}

void fakehost_drop(void *self)
{
	free(self);
}
