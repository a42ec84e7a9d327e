/* SPDX-License-Identifier: Apache-2.0 */
#include "core/regards.h"

#include "core/id.h"
#include "core/problems.h"
#include "core/where-private.h"

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

/* The text as it becomes, up to `from` of the old one. */
struct change {
	struct reader r;
	const struct regards_lookup *lookup;
	const char *made;
	size_t from;
};

/* The value that is looked at: an id in place of a name. What is neither the parser will refuse. */
static int change_value(struct change *c, struct brg_err *err)
{
	const struct token *t = &c->r.token;
	struct brg_str first, second;
	struct brg_id id;
	char uuid[ID_TEXT];
	bool external;
	int rc;

	if ((t->type != TOKEN_WORD && t->type != TOKEN_QUOTED) ||
	    !regards_split(t->text, &first, &second, &external))
		return 0;
	rc = c->lookup->find(c->lookup->ctx, t->text, &id, err);
	if (rc < 0)
		return rc;
	if (rc == 0)
		return brg_fail(err, &nothing, "name=%s", problems_show(c->r.arena, t->text));
	c->made = arena_printf(c->r.arena, "%s%.*s%s", c->made, (int)(t->at - c->from),
			       c->r.text.ptr + c->from, id_format(&id, uuid));
	c->from = c->r.next;
	return 0;
}

/* Behind `regarding`: = or != and a value, or in and several. */
static int change_values(struct change *c, struct brg_err *err)
{
	bool list = where_is(&c->r.token, "in");
	int rc = 0;

	if (!list && !where_is(&c->r.token, "=") && !where_is(&c->r.token, "!="))
		return 0;
	if (where_next(&c->r) < 0)
		return 0;
	if (!list)
		return change_value(c, err);
	while (rc == 0 && (where_is(&c->r.token, "(") || where_is(&c->r.token, ",")) &&
	       where_next(&c->r) == 0) {
		rc = change_value(c, err);
		if (rc < 0 || where_next(&c->r) < 0)
			break;
	}
	return rc;
}

int regards_resolve(struct brg_str s, const struct regards_lookup *lookup, struct brg_arena *arena,
		    struct brg_str *out, struct brg_err *err)
{
	struct brg_err ignored = BRG_ERR_INIT; /* the parser tells it */
	struct change c = { .lookup = lookup, .made = "" };
	int rc = 0;

	c.r = (struct reader){ .text = s, .arena = arena, .err = &ignored };
	while (rc == 0 && s.len <= WHERE_MAX && where_next(&c.r) == 0 &&
	       c.r.token.type != TOKEN_END)
		if (where_is(&c.r.token, "regarding") && where_next(&c.r) == 0)
			rc = change_values(&c, err);
	if (rc == 0)
		*out = brg_cstr(arena_printf(arena, "%s%.*s", c.made, (int)(s.len - c.from),
					     s.ptr + c.from));
	return rc;
}
