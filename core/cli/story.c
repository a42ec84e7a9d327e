/* SPDX-License-Identifier: Apache-2.0 */
#include "core/cli/story.h"

#include "core/cli/value.h"
#include "core/faults.h"
#include "core/id.h"
#include "core/record.h"

#include <stdlib.h>

#define STORY_MAX 1000

/* ---- who ------------------------------------------------------------------------------------*/

static bool is_user(struct cli *cli, struct brg_str name)
{
	struct brg_query q = cli_query(BRG_READ_OWNERS);
	size_t n = 0;

	q.number = BRG_USER;
	q.text = name;
	return cli_read(cli, &q, &n) && n;
}

static void add_who(struct cli *cli, json_t *o, const struct brg_history_row *h)
{
	const char *by = "sync";

	if (h->who.len) {
		bool person = brg_str_eq(h->who, brg_cstr("administrator")) || is_user(cli, h->who);

		json_object_set_new(o, "who", cli_str(h->who));
		by = person ? "person" : "program";
	} else if (!brg_id_is_nil(&h->mailbox)) {
		json_object_set_new(o, "who", cli_mailbox_name(cli, &h->mailbox));
		by = "mailbox";
	} else {
		json_object_set_new(o, "who", json_string("brygga"));
	}
	json_object_set_new(o, "by", json_string(by));
}

/* ---- what -----------------------------------------------------------------------------------*/

/* The values of one group, field -> text. Those of a part have its name before them. */
static json_t *values_of(struct cli *cli, int kind, const json_t *json, const char *group)
{
	json_t *out = json_object(), *values, *v, *part;
	char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;
	struct brg_err err = BRG_ERR_INIT;
	struct image image;
	const char *key, *inner;
	size_t i;

	if (text && image_from_json(cli->setup.engine.sync->table, kind, brg_cstr(text), cli->arena,
				    &image, &err) == 0) {
		values = cli_values(cli, kind, &image);
		json_object_foreach(values, key, v)
		{
			if (json_is_string(v))
				json_object_set(out, key, v);
			json_array_foreach(v, i, part)
			{
				/* That it is there is something too. */
				json_object_set_new(out, group,
						    json_string(json_object_get(part, "deleted")
									? "(deleted)"
									: "(there)"));
				json_object_foreach(part, inner, v)
				{
					if (json_is_string(v) && strcmp(inner, "address") != 0 &&
					    strcmp(inner, "start") != 0)
						json_object_set(out,
								arena_printf(cli->arena, "%s/%s",
									     group, inner),
								v);
				}
			}
		}
		json_decref(values);
	}
	free(text);
	return out;
}

static void add_changes(struct cli *cli, int kind, const char *group, const json_t *one,
			json_t *changes)
{
	json_t *was = values_of(cli, kind, json_object_get(one, "was"), group);
	json_t *now = values_of(cli, kind, json_object_get(one, "now"), group);
	json_t *all = json_copy(was), *v;
	const char *key;

	json_object_update(all, now);
	json_object_foreach(all, key, v)
	{
		json_t *from = json_object_get(was, key), *to = json_object_get(now, key);

		if (!json_equal(from, to))
			json_array_append_new(changes, json_pack("{s:s, s:O?, s:O?}", "field", key,
								 "from", from, "to", to));
	}
	json_decref(was);
	json_decref(now);
	json_decref(all);
}

static json_t *why_lost(const struct cli *cli, int why, const char *group)
{
	const struct brg_fault *row = merge_why(why);

	return row ? cli_sentence(cli, brg_cstr(row->code),
				  brg_cstr(arena_printf(cli->arena, "group=%s", group)))
		   : json_string("");
}

static void add_losses(struct cli *cli, int kind, const char *group, const json_t *one,
		       json_t *losses)
{
	const json_t *lost = json_object_get(one, "lost");
	bool ours = json_integer_value(json_object_get(one, "side")) == SIDE_STORE;
	int why = (int)json_integer_value(json_object_get(one, "why"));
	json_t *values, *v;
	const char *key;

	if (!lost)
		return;
	values = values_of(cli, kind, lost, group);
	if (json_object_size(values) == 0)
		json_object_set_new(values, group, json_null());
	json_object_foreach(values, key, v)
	{
		json_array_append_new(losses,
				      json_pack("{s:s, s:O, s:s, s:o}", "field", key, "value", v,
						"side", ours ? "record" : "mailbox", "why",
						why_lost(cli, why, group)));
	}
	json_decref(values);
}

static json_t *history_json(struct cli *cli, int kind, const struct brg_history_row *h)
{
	json_t *o = json_object(), *changes = json_array(), *losses = json_array();
	json_t *groups = json_loadb(h->changes.ptr, h->changes.len, 0, NULL), *one;
	const char *group;

	json_object_foreach(groups, group, one)
	{
		add_changes(cli, kind, group, one, changes);
		add_losses(cli, kind, group, one, losses);
	}
	json_decref(groups);
	json_object_set_new(o, "when", cli_time(id_time_us(&h->id)));
	add_who(cli, o, h);
	json_object_set_new(o, "mailbox", cli_mailbox_name(cli, &h->mailbox));
	json_object_set_new(o, "version", json_integer(h->version));
	json_object_set_new(o, "run", cli_id(&h->run));
	json_object_set_new(o, "rule", cli_str(h->code));
	json_object_set_new(o, "why", cli_sentence(cli, h->code, h->params));
	json_object_set_new(o, "changes", changes);
	json_object_set_new(o, "lost", losses);
	return o;
}

/* ---- the story ------------------------------------------------------------------------------*/

static int by_time(const void *a, const void *b)
{
	json_t *const *x = a, *const *y = b;
	const char *s = json_string_value(json_object_get(*x, "when"));
	const char *t = json_string_value(json_object_get(*y, "when"));
	int c = strcmp(s ? s : "", t ? t : "");

	return c ? c
		 : (int)(json_integer_value(json_object_get(*x, "order")) -
			 json_integer_value(json_object_get(*y, "order")));
}

/* Seconds are what is told; within one the order stays as it was read. */
static json_t *sorted(struct cli *cli, json_t *array)
{
	size_t n = json_array_size(array);
	json_t **at = arena_alloc(cli->arena, (n + 1) * sizeof(json_t *));
	json_t *out = json_array();

	for (size_t i = 0; i < n; i++) {
		at[i] = json_array_get(array, i);
		json_object_set_new(at[i], "order", json_integer((json_int_t)i));
	}
	qsort(at, n, sizeof(json_t *), by_time);
	for (size_t i = 0; i < n; i++) {
		json_object_del(at[i], "order");
		json_array_append(out, at[i]);
	}
	json_decref(array);
	return out;
}

static bool add_history(struct cli *cli, const struct brg_record_row *r, json_t *story)
{
	struct brg_query q = cli_query(BRG_READ_HISTORY);
	struct brg_row *rows;
	size_t n = 0;

	q.other = r->id;
	q.limit = cli->limit > 0 ? (uint32_t)cli->limit : STORY_MAX;
	rows = cli_read(cli, &q, &n);
	for (size_t i = n; rows && i > 0; i--)
		json_array_append_new(story, history_json(cli, r->kind, &rows[i - 1].u.history));
	return rows != NULL;
}

/* ---- for people -----------------------------------------------------------------------------*/

static void put_line(json_t *lines, json_t *entry, bool first, const json_t *field,
		     const json_t *from, const json_t *to, const json_t *why)
{
	static const char *const head[] = { "when", "who", "version" };
	json_t *o = json_object();

	for (size_t i = 0; i < 3; i++) {
		json_t *v = json_object_get(entry, head[i]);

		json_object_set_new(o, head[i], first && v ? json_incref(v) : json_string(""));
	}
	json_object_set_new(o, "field", field ? json_deep_copy(field) : json_string(""));
	json_object_set_new(o, "from", field ? json_deep_copy(from) : json_string(""));
	json_object_set_new(o, "to", field ? json_deep_copy(to) : json_string(""));
	json_object_set_new(o, "why", why ? json_deep_copy(why) : json_string(""));
	json_array_append_new(lines, o);
}

/* A line for each field; what is the same as above it stands once. */
static void entry_lines(json_t *lines, json_t *entry)
{
	json_t *why = json_object_get(entry, "why"), *one;
	json_t *lost_to = json_string("(lost)");
	bool first = true;
	size_t i;

	json_array_foreach(json_object_get(entry, "changes"), i, one)
	{
		put_line(lines, entry, first, json_object_get(one, "field"),
			 json_object_get(one, "from"), json_object_get(one, "to"),
			 first ? why : NULL);
		first = false;
	}
	if (first)
		put_line(lines, entry, true, NULL, NULL, NULL, why);
	json_array_foreach(json_object_get(entry, "lost"), i, one)
		put_line(lines, entry, false, json_object_get(one, "field"),
			 json_object_get(one, "value"), lost_to, json_object_get(one, "why"));
	json_decref(lost_to);
}

static int print_story(struct cli *cli, json_t *story)
{
	static const struct cli_column columns[] = {
		{ "when", "WHEN", false },	 { "who", "WHO", false },
		{ "version", "VERSION", false }, { "field", "FIELD", true },
		{ "from", "FROM", true },	 { "to", "TO", true },
		{ "why", "WHY", true },		 { NULL, NULL, false },
	};
	json_t *lines = json_array(), *entry;
	size_t i;

	json_array_foreach(story, i, entry) entry_lines(lines, entry);
	json_decref(story);
	return cli_list(cli, lines, columns, "nothing is known of it");
}

int cli_story(struct cli *cli, const struct brg_record_row *r, json_t *decisions)
{
	json_t *story = json_array(), *one;
	size_t i;

	if (!add_history(cli, r, story)) {
		json_decref(story);
		json_decref(decisions);
		return CLI_FAILED;
	}
	json_array_foreach(decisions, i, one)
	{
		json_t *mailbox = json_object_get(one, "mailbox");

		json_object_set(one, "who", mailbox ? mailbox : json_null());
		json_array_append(story, one);
	}
	json_decref(decisions);
	story = sorted(cli, story);
	return cli->json ? cli_list(cli, story, NULL, "") : print_story(cli, story);
}
