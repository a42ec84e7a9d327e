/* SPDX-License-Identifier: Apache-2.0 */
#include "meeting.h"

#include "moment.h"

#include <strings.h>

static const struct brg_field *value_of(const struct brg_fields *fields, uint32_t id)
{
	const struct brg_field *f = fields_find(fields, id);

	return f && f->presence == BRG_VALUE ? f : NULL;
}

/* ---- when -----------------------------------------------------------------------------------*/

/* What floats lies in the mailbox's own zone. */
static struct brg_str zone_of(const struct exchange *x, const struct brg_field *f)
{
	return f->u.wall.zone.len ? f->u.wall.zone : brg_cstr(x->zone);
}

static int take_time(struct exchange *x, const struct brg_field *f, struct brg_arena *arena,
		     int64_t *us, struct brg_str *zone, struct brg_err *err)
{
	char iana[BRG_ZONE_MAX], windows[BRG_ZONE_MAX];
	struct brg_str name = zone_of(x, f);

	if (!x->zones->iana(name, iana) || !x->zones->windows(brg_cstr(iana), windows) ||
	    !x->zones->instant(f->u.wall.local, brg_cstr(iana), us))
		return brg_fail(err, &ews_no_zone, "zone=%.*s", (int)name.len, name.ptr);
	if (zone)
		*zone = x->host->dup(arena, windows, strlen(windows));
	return 0;
}

/* The zones go with the times: where one of them is another one, all are told. */
static void mark_times(const struct meeting *there, struct meeting *out)
{
	const unsigned zones = MADE_BIT(MADE_START_ZONE) | MADE_BIT(MADE_END_ZONE);
	const unsigned times = MADE_BIT(MADE_START) | MADE_BIT(MADE_END);

	if (!there || !brg_str_eq(there->start_zone, out->start_zone) ||
	    !brg_str_eq(there->end_zone, out->end_zone))
		out->written |= zones | times;
	else if (there->start_us != out->start_us || there->end_us != out->end_us)
		out->written |= times;
}

static int take_times(struct exchange *x, const struct brg_fields *fields,
		      const struct meeting *there, struct brg_arena *arena, struct meeting *out,
		      struct brg_err *err)
{
	const struct brg_field *start = value_of(fields, x->meeting.start);
	const struct brg_field *end = value_of(fields, x->meeting.end);

	if (there) {
		out->start_us = there->start_us;
		out->end_us = there->end_us;
		out->start_zone = there->start_zone;
		out->end_zone = there->end_zone;
	}
	if (start && take_time(x, start, arena, &out->start_us, &out->start_zone, err) < 0)
		return err->code;
	if (end && take_time(x, end, arena, &out->end_us, &out->end_zone, err) < 0)
		return err->code;
	if (start && !end && !there) {
		out->end_us = out->start_us;
		out->end_zone = out->start_zone;
	}
	if (start || end)
		mark_times(there, out);
	return 0;
}

/* ---- how it repeats -------------------------------------------------------------------------*/

static int refuse_rule(const struct brg_field *rule, struct brg_str start, struct brg_err *err)
{
	return brg_fail(err, &ews_no_pattern, "rule=%.*s\nstart=%.*s", (int)rule->u.text.len,
			rule->u.text.ptr, (int)start.len, start.ptr);
}

/* The first occurrence is where the pattern begins; Exchange would move a start that is none. */
static bool starts_in_it(struct exchange *x, const struct brg_field *rule, struct brg_str start)
{
	return !x->series || x->series->index(rule->u.text, start, start) == 1;
}

static int take_rule(struct exchange *x, const struct brg_fields *fields,
		     const struct meeting *there, struct meeting *out, struct brg_err *err)
{
	const struct brg_field *rule = fields_find(fields, x->meeting.recurrence);
	const struct brg_field *start = value_of(fields, x->meeting.start);
	struct brg_str first;

	if (rule && rule->presence == BRG_NULL && there && there->repeats)
		out->cleared |= MADE_BIT(MADE_RULE);
	if (!rule || rule->presence == BRG_NULL || !start)
		return 0;
	first = start->u.wall.local;
	if (out->all_day && first.len > 10)
		first.len = 10;
	if (!pattern_from_rule(rule->u.text, first, &out->pattern) || !starts_in_it(x, rule, first))
		return refuse_rule(rule, first, err);
	out->repeats = true;
	(void)snprintf(out->first_day, sizeof(out->first_day), "%.10s", first.ptr);
	if (!there || !there->repeats || !pattern_eq(&there->pattern, &out->pattern) ||
	    strcmp(there->first_day, out->first_day) != 0)
		out->written |= MADE_BIT(MADE_RULE);
	return 0;
}

/* ---- who comes ------------------------------------------------------------------------------*/

static int role_of(const struct exchange *x, const struct brg_part *part, int was)
{
	const struct brg_field *role = value_of(&part->fields, x->meeting.role);

	if (!role)
		return was;
	if (brg_str_eq(role->u.text, brg_cstr("optional")))
		return MADE_OPTIONAL;
	return brg_str_eq(role->u.text, brg_cstr("resource")) ? MADE_RESOURCES : MADE_REQUIRED;
}

static struct guest *find(struct meeting *m, struct brg_str address)
{
	for (size_t i = 0; i < m->n_guests; i++)
		if (m->guests[i].address.len == address.len &&
		    strncasecmp(m->guests[i].address.ptr, address.ptr, address.len) == 0)
			return &m->guests[i];
	return NULL;
}

static void take_guest(struct exchange *x, const struct brg_part *part, struct meeting *out)
{
	const struct brg_field *name = fields_find(&part->fields, x->meeting.name);
	struct guest *g = find(out, part->key), was = { .role = 0 };

	if (!g) {
		g = &out->guests[out->n_guests++];
		*g = (struct guest){ .address = part->key, .role = MADE_REQUIRED };
	} else {
		was = *g;
	}
	g->role = role_of(x, part, g->role);
	if (name)
		g->name = name->presence == BRG_VALUE ? name->u.text : (struct brg_str){ "", 0 };
	if (was.role != g->role || !brg_str_eq(was.name, g->name))
		out->written |= MADE_BIT(g->role) | (was.role ? MADE_BIT(was.role) : 0);
}

static void drop_guest(const struct brg_part *part, struct meeting *out)
{
	struct guest *g = find(out, part->key);

	if (!g)
		return;
	out->written |= MADE_BIT(g->role);
	*g = out->guests[--out->n_guests];
}

static bool has_role(const struct meeting *m, int role)
{
	for (size_t i = 0; i < m->n_guests; i++)
		if (m->guests[i].role == role)
			return true;
	return false;
}

/* Lists are written whole, for a list cannot be told to lose one. */
static void take_guests(struct exchange *x, const struct brg_push *push,
			const struct meeting *there, struct brg_arena *arena, struct meeting *out)
{
	size_t n = there ? there->n_guests : 0;

	out->guests = x->host->alloc(arena, (n + push->n_parts + 1) * sizeof(*out->guests));
	if (n)
		memcpy(out->guests, there->guests, n * sizeof(*out->guests));
	out->n_guests = n;
	for (size_t i = 0; i < push->n_parts; i++) {
		if (push->parts[i].type != BRG_ATTENDEE)
			continue;
		if (push->parts[i].presence == BRG_NULL)
			drop_guest(&push->parts[i], out);
		else
			take_guest(x, &push->parts[i], out);
	}
	for (int role = MADE_REQUIRED; role <= MADE_RESOURCES; role++)
		if ((out->written & MADE_BIT(role)) && !has_role(out, role)) {
			out->written &= ~MADE_BIT(role);
			out->cleared |= there ? MADE_BIT(role) : 0;
		}
}

/* ---- all of it ------------------------------------------------------------------------------*/

int meeting_wish(struct exchange *x, const struct brg_push *push, const struct meeting *there,
		 struct brg_arena *arena, struct meeting *out, struct brg_err *err)
{
	const struct brg_field *all_day = fields_find(&push->fields, x->meeting.all_day);

	*out = (struct meeting){ .all_day = there && there->all_day };
	if (all_day)
		out->all_day = all_day->presence == BRG_VALUE && all_day->u.integer;
	if (take_times(x, &push->fields, there, arena, out, err) < 0 ||
	    take_rule(x, &push->fields, there, out, err) < 0)
		return err->code;
	take_guests(x, push, there, arena, out);
	return 0;
}

int meeting_wish_occurrence(struct exchange *x, const struct brg_fields *fields,
			    const struct meeting *series, struct meeting *out, struct brg_err *err)
{
	const struct brg_field *start = value_of(fields, x->meeting.start);
	const struct brg_field *end = value_of(fields, x->meeting.end);

	*out = (struct meeting){ .all_day = series->all_day };
	if (start) {
		if (take_time(x, start, NULL, &out->start_us, NULL, err) < 0)
			return err->code;
		out->written |= MADE_BIT(MADE_START);
	}
	if (end) {
		if (take_time(x, end, NULL, &out->end_us, NULL, err) < 0)
			return err->code;
		out->written |= MADE_BIT(MADE_END);
	}
	return 0;
}

bool meeting_touches(const struct exchange *x, const struct brg_push *push)
{
	const struct meeting_ids *ids = &x->meeting;

	for (size_t i = 0; i < push->n_parts; i++)
		if (push->parts[i].type == BRG_ATTENDEE)
			return true;
	return fields_find(&push->fields, ids->start) || fields_find(&push->fields, ids->end) ||
	       fields_find(&push->fields, ids->recurrence);
}

static void write_moment(struct exchange *x, struct soap *s, const char *name, int64_t us)
{
	char text[MOMENT_TEXT] = "";

	(void)moment_write(x, us, text);
	soap_leaf(s, name, brg_cstr(text));
}

static void write_guest(struct soap *s, const struct guest *g)
{
	soap_open(s, "t:Attendee");
	soap_open(s, "t:Mailbox");
	if (g->name.len)
		soap_leaf(s, "t:Name", g->name);
	soap_leaf(s, "t:EmailAddress", g->address);
	soap_close(s);
	if (g->response.len)
		soap_leaf(s, "t:ResponseType", g->response);
	if (g->responded.len)
		soap_leaf(s, "t:LastResponseTime", g->responded);
	soap_close(s);
}

static void write_guests(struct soap *s, const struct meeting *m, const char *name, int role)
{
	soap_open(s, name);
	for (size_t i = 0; i < m->n_guests; i++)
		if (m->guests[i].role == role)
			write_guest(s, &m->guests[i]);
	soap_close(s);
}

void meeting_write(struct exchange *x, struct soap *s, const struct meeting *m, int made)
{
	switch (made) {
	case MADE_START:
		write_moment(x, s, "t:Start", m->start_us);
		break;
	case MADE_END:
		write_moment(x, s, "t:End", m->end_us);
		break;
	case MADE_REQUIRED:
		write_guests(s, m, "t:RequiredAttendees", made);
		break;
	case MADE_OPTIONAL:
		write_guests(s, m, "t:OptionalAttendees", made);
		break;
	case MADE_RESOURCES:
		write_guests(s, m, "t:Resources", made);
		break;
	case MADE_RULE:
		pattern_write(s, &m->pattern, brg_cstr(m->first_day));
		break;
	case MADE_START_ZONE:
		soap_empty(s, "t:StartTimeZone", "Id", m->start_zone);
		break;
	case MADE_END_ZONE:
		soap_empty(s, "t:EndTimeZone", "Id", m->end_zone);
		break;
	default:
		break;
	}
}
