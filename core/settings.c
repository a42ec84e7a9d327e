/* SPDX-License-Identifier: Apache-2.0
 *
 * The settings of profiles and mailboxes on their way between the store's JSON and the option
 * tables. Everything is a string; what a string means is the table's to say.
 */
#include "core/settings.h"

#include "core/id.h"
#include "core/secrets.h"

#include <jansson.h>
#include <stdlib.h>

static const struct brg_fault damaged = {
	.code = "BRG-CONF-0035",
	.cls = BRG_EINVAL,
	.retry = BRG_RETRY_NEVER,
	.en = "the settings in the store are damaged: not a JSON object of strings",
	.sv = "inställningarna i lagret är skadade: inte ett JSON-objekt med strängar",
	.help = "Somebody wrote to the store by other means. Apply the profile or mailbox again; "
		"its settings are then written anew.",
};

const struct brg_fault *const settings_faults[] = { &damaged, NULL };

static void append(struct settings *settings, struct brg_arena *arena, struct setting one)
{
	struct setting *grown;

	if (settings->n == settings->room) {
		settings->room = settings->room ? 2 * settings->room : 16;
		grown = arena_alloc(arena, settings->room * sizeof(*grown));
		if (settings->n)
			memcpy(grown, settings->at, settings->n * sizeof(*grown));
		settings->at = grown;
	}
	settings->at[settings->n++] = one;
}

void settings_add(struct settings *settings, struct brg_arena *arena, struct brg_str name,
		  struct brg_str value)
{
	append(settings, arena,
	       (struct setting){ arena_str(arena, name), arena_str(arena, value), false });
}

const struct setting *settings_get(const struct settings *settings, const char *name)
{
	for (size_t i = settings->n; i > 0; i--)
		if (brg_str_eq(settings->at[i - 1].name, brg_cstr(name)))
			return &settings->at[i - 1];
	return NULL;
}

static int add_object(struct settings *settings, struct brg_str json, bool secret,
		      struct brg_arena *arena, struct brg_err *err)
{
	json_t *object = json_loadb(json.ptr, json.len, JSON_REJECT_DUPLICATES, NULL);
	const char *name;
	json_t *value;
	int rc = 0;

	if (!json_is_object(object))
		rc = brg_fail(err, &damaged, "%s", "");
	json_object_foreach(object, name, value)
	{
		struct brg_str text = { json_string_value(value), json_string_length(value) };

		if (!json_is_string(value)) {
			rc = brg_fail(err, &damaged, "%s", "");
			break;
		}
		append(settings, arena,
		       (struct setting){ arena_str(arena, brg_cstr(name)), arena_str(arena, text),
					 secret });
		if (secret)
			explicit_bzero((void *)(uintptr_t)text.ptr, text.len);
	}
	json_decref(object);
	return rc;
}

int settings_add_json(struct settings *settings, struct brg_str json, struct brg_arena *arena,
		      struct brg_err *err)
{
	return json.len ? add_object(settings, json, false, arena, err) : 0;
}

int settings_add_sealed(struct settings *settings, const struct secrets *secrets, const char *kind,
			const struct brg_id *id, struct brg_str sealed, struct brg_arena *arena,
			struct brg_err *err)
{
	struct brg_str plain = { 0 };
	char uuid[ID_TEXT];
	int rc;

	if (sealed.len == 0)
		return 0;
	rc = secrets_unseal(secrets, sealed,
			    brg_cstr(arena_printf(arena, "%s:%s", kind, id_format(id, uuid))),
			    arena, &plain, err);
	if (rc == 0)
		rc = add_object(settings, plain, true, arena, err);
	if (plain.len)
		explicit_bzero((void *)(uintptr_t)plain.ptr, plain.len);
	return rc;
}

void settings_narrow(struct settings *settings, const char *plugin, struct brg_arena *arena)
{
	size_t n = settings->n, len = strlen(plugin);

	for (size_t i = 0; i < n; i++) {
		struct setting s = settings->at[i];

		if (s.name.len <= len + 1 || memcmp(s.name.ptr, plugin, len) != 0 ||
		    s.name.ptr[len] != '.')
			continue;
		s.name = (struct brg_str){ s.name.ptr + len + 1, s.name.len - len - 1 };
		append(settings, arena, s);
	}
}

struct brg_str settings_to_json(const struct settings *settings, struct brg_arena *arena)
{
	json_t *object = json_object();
	struct brg_str out;
	char *text;

	for (size_t i = 0; i < settings->n; i++) {
		const struct setting *s = &settings->at[i];

		(void)json_object_set_new(object, s->name.ptr,
					  json_stringn(s->value.ptr, s->value.len));
	}
	text = json_dumps(object, JSON_COMPACT | JSON_SORT_KEYS);
	if (!text)
		abort();
	out = arena_str(arena, brg_cstr(text));
	explicit_bzero(text, out.len);
	free(text);
	json_decref(object);
	return out;
}

void settings_wipe(struct settings *settings)
{
	for (size_t i = 0; i < settings->n; i++)
		if (settings->at[i].secret)
			explicit_bzero((void *)(uintptr_t)settings->at[i].value.ptr,
				       settings->at[i].value.len);
	*settings = (struct settings){ 0 };
}
