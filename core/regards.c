/* SPDX-License-Identifier: Apache-2.0 */
#include "core/regards.h"

#include "core/id.h"
#include "core/problems.h"

static const struct brg_fault nothing = {
	.code = "BRG-CONF-0103",
	.cls = BRG_EINVAL,
	.scope = BRG_SCOPE_STORE,
	.retry = BRG_RETRY_NEVER,
	.en = "there is no contact, account or other reference {name}",
	.sv = "det finns ingen kontakt, inget konto och ingen annan referens {name}",
	.help = "What a filter says of regarding is written KIND/NAME, as in case/4711, or by its "
		"external key, as in crm:17. `brygga reference list` shows what there is; a file for "
		"`brygga apply` may bring it in the same run.",
};

const struct brg_fault *const regards_faults[] = { &nothing, NULL };

static bool blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool of_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_';
}

bool regards_split(struct brg_str name, struct brg_str *first, struct brg_str *second,
		   bool *external)
{
	for (size_t i = 0; i < name.len; i++) {
		if (name.ptr[i] != '/' && name.ptr[i] != ':')
			continue;
		*external = name.ptr[i] == ':';
		*first = (struct brg_str){ name.ptr, i };
		*second = (struct brg_str){ name.ptr + i + 1, name.len - i - 1 };
		return first->len && second->len;
	}
	return false;
}

/* Behind the text in double quotes that begins at i. */
static size_t skip_quoted(struct brg_str s, size_t i)
{
	for (i++; i < s.len && s.ptr[i] != '"'; i++)
		i += s.ptr[i] == '\\' && i + 1 < s.len;
	return i < s.len ? i + 1 : s.len;
}

/* Does `regarding` with = or != begin at i? Then where its value does; else 0. */
static size_t value_at(struct brg_str s, size_t i)
{
	const char *word = "regarding";
	size_t n = strlen(word);

	if (s.len - i < n || memcmp(s.ptr + i, word, n) != 0 || (i && of_word(s.ptr[i - 1])))
		return 0;
	for (i += n; i < s.len && blank(s.ptr[i]); i++)
		;
	i += i + 1 < s.len && s.ptr[i] == '!';
	if (i >= s.len || s.ptr[i] != '=')
		return 0;
	for (i++; i < s.len && blank(s.ptr[i]); i++)
		;
	return i;
}

/* The end of a value that begins at i, and the name in it. */
static size_t take_value(struct brg_str s, size_t i, struct brg_str *name)
{
	size_t end = i;

	if (i < s.len && s.ptr[i] == '"') {
		end = skip_quoted(s, i);
		*name = (struct brg_str){ s.ptr + i + 1, end - i < 2 ? 0 : end - i - 2 };
		return end;
	}
	while (end < s.len && !blank(s.ptr[end]) && s.ptr[end] != ')')
		end++;
	*name = (struct brg_str){ s.ptr + i, end - i };
	return end;
}

int regards_resolve(struct brg_str s, const struct regards_lookup *lookup, struct brg_arena *arena,
		    struct brg_str *out, struct brg_err *err)
{
	const char *made = "";
	size_t from = 0, i = 0;

	while (i < s.len) {
		struct brg_str name, first, second;
		size_t value = value_at(s, i);
		struct brg_id id;
		char uuid[ID_TEXT];
		bool external;
		int rc;

		if (!value) {
			i = s.ptr[i] == '"' ? skip_quoted(s, i) : i + 1;
			continue;
		}
		i = take_value(s, value, &name);
		if (!regards_split(name, &first, &second, &external))
			continue; /* an id, or what the parser will refuse */
		rc = lookup->find(lookup->ctx, name, &id, err);
		if (rc < 0)
			return rc;
		if (rc == 0)
			return brg_fail(err, &nothing, "name=%s", problems_show(arena, name));
		made = arena_printf(arena, "%s%.*s%s", made, (int)(value - from), s.ptr + from,
				    id_format(&id, uuid));
		from = i;
	}
	*out = brg_cstr(arena_printf(arena, "%s%.*s", made, (int)(s.len - from), s.ptr + from));
	return 0;
}
