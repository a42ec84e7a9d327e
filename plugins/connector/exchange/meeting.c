/* SPDX-License-Identifier: Apache-2.0 */
#include "meeting.h"

#include "moment.h"

#define HALF_A_DAY_US (INT64_C(12) * 3600 * 1000000)

void meeting_ids(struct exchange *x)
{
	struct meeting_ids *ids = &x->meeting;
	const struct brg_host *h = x->host;

	ids->start = h->field(h->ctx, BRG_APPOINTMENT, "start");
	ids->end = h->field(h->ctx, BRG_APPOINTMENT, "end");
	ids->all_day = h->field(h->ctx, BRG_APPOINTMENT, "all_day");
	ids->recurrence = h->field(h->ctx, BRG_APPOINTMENT, "recurrence");
	ids->name = h->field(h->ctx, BRG_KIND_ATTENDEE, "name");
	ids->role = h->field(h->ctx, BRG_KIND_ATTENDEE, "role");
	ids->response = h->field(h->ctx, BRG_KIND_ATTENDEE, "response");
	ids->responded = h->field(h->ctx, BRG_KIND_ATTENDEE, "responded");
}

const struct brg_field *fields_find(const struct brg_fields *fields, uint32_t id)
{
	for (size_t i = 0; i < fields->n; i++)
		if (fields->at[i].id == id && fields->at[i].presence != BRG_ABSENT)
			return &fields->at[i];
	return NULL;
}

/* ---- zones ----------------------------------------------------------------------------------*/

void meeting_zone(struct exchange *x, struct brg_str name, char out[BRG_ZONE_MAX])
{
	if (!x->zones->iana(name, out))
		(void)snprintf(out, BRG_ZONE_MAX, "Etc/UTC");
}

/* Single appointments are what they are in any zone; where clocks go in another way, series are
 * not. */
static int check_zone(struct exchange *x, const struct meeting *m, struct brg_err *err)
{
	char iana[BRG_ZONE_MAX];

	if (!m->repeats || x->zones->iana(m->start_zone, iana))
		return 0;
	return brg_fail(err, &ews_zone, "zone=%.60s", m->start_zone.ptr);
}

/* ---- the tree -------------------------------------------------------------------------------*/

static struct brg_str kept(struct exchange *x, struct brg_str s, struct brg_arena *arena)
{
	return x->host->dup(arena, s.ptr, s.len);
}

/* Somebody without an address is nobody that could be told from others. */
static void read_guests(struct exchange *x, const xmlNode *list, int role, struct brg_arena *arena,
			struct meeting *out)
{
	for (const xmlNode *a = soap_first(list); a; a = soap_next(a)) {
		const xmlNode *mailbox = soap_child(a, "Mailbox");
		struct brg_str address = soap_value_of(x, mailbox, "EmailAddress");

		if (!address.len)
			continue;
		out->guests[out->n_guests++] = (struct guest){
			.address = kept(x, address, arena),
			.name = kept(x, soap_value_of(x, mailbox, "Name"), arena),
			.role = role,
			.response = kept(x, soap_value_of(x, a, "ResponseType"), arena),
			.responded = kept(x, soap_value_of(x, a, "LastResponseTime"), arena),
		};
	}
}

static void read_all_guests(struct exchange *x, const xmlNode *item, struct brg_arena *arena,
			    struct meeting *out)
{
	static const struct {
		const char *element;
		int role;
	} lists[] = { { "RequiredAttendees", MADE_REQUIRED },
		      { "OptionalAttendees", MADE_OPTIONAL },
		      { "Resources", MADE_RESOURCES } };
	size_t n = 0;

	for (size_t i = 0; i < 3; i++)
		n += soap_count(soap_child(item, lists[i].element));
	out->guests = x->host->alloc(arena, (n + 1) * sizeof(*out->guests));
	for (size_t i = 0; i < 3; i++)
		read_guests(x, soap_child(item, lists[i].element), lists[i].role, arena, out);
}

static void read_first_day(struct exchange *x, const xmlNode *recurrence, struct meeting *out)
{
	const xmlNode *range = soap_next(soap_first(recurrence));

	(void)snprintf(out->first_day, sizeof(out->first_day), "%.10s",
		       soap_value_of(x, range, "StartDate").ptr);
}

int meeting_read(struct exchange *x, const xmlNode *item, struct brg_arena *arena,
		 struct meeting *out, struct brg_err *err)
{
	const xmlNode *recurrence = soap_child(item, "Recurrence");
	struct brg_str all_day = soap_value_of(x, item, "IsAllDayEvent");

	*out = (struct meeting){ .repeats = recurrence != NULL };
	out->all_day = brg_str_eq(all_day, brg_cstr("true")) || brg_str_eq(all_day, brg_cstr("1"));
	if (!moment_read(x, soap_value_of(x, item, "Start"), &out->start_us) ||
	    !moment_read(x, soap_value_of(x, item, "End"), &out->end_us))
		return brg_fail(err, &ews_missing, "operation=GetItem\nelement=%s", "Start");
	out->start_zone =
		kept(x, soap_attribute_of(x, soap_child(item, "StartTimeZone"), "Id"), arena);
	out->end_zone = kept(x, soap_attribute_of(x, soap_child(item, "EndTimeZone"), "Id"), arena);
	if (!out->end_zone.len)
		out->end_zone = out->start_zone;
	if (recurrence && !pattern_read(x, recurrence, &out->pattern))
		return brg_fail(err, &ews_pattern, "element=%.60s",
				soap_first(recurrence) ? (const char *)soap_first(recurrence)->name
						       : "");
	if (recurrence)
		read_first_day(x, recurrence, out);
	read_all_guests(x, item, arena, out);
	return check_zone(x, out, err);
}

/* ---- fields ---------------------------------------------------------------------------------*/

/* Whole days are dates: a server's midnight that is not quite one is the nearest. */
static void take_wall(struct exchange *x, const struct meeting *m, int64_t us, struct brg_str zone,
		      struct brg_arena *arena, struct brg_field *f)
{
	char iana[BRG_ZONE_MAX], wall[20];

	meeting_zone(x, zone, iana);
	f->type = BRG_WALL;
	if (!x->zones->wall(m->all_day ? us + HALF_A_DAY_US : us, brg_cstr(iana), wall)) {
		f->presence = BRG_NULL;
		return;
	}
	if (m->all_day)
		memcpy(wall + 11, "00:00:00", 8);
	f->presence = BRG_VALUE;
	f->u.wall.local = kept(x, brg_cstr(wall), arena);
	f->u.wall.zone = kept(x, brg_cstr(iana), arena);
}

size_t meeting_fields(struct exchange *x, const struct meeting *m, struct brg_arena *arena,
		      struct brg_field *out)
{
	const struct meeting_ids *ids = &x->meeting;
	char rule[PATTERN_RULE_MAX] = "";

	for (int i = 0; i < MEETING_FIELDS; i++)
		out[i] = (struct brg_field){ .id = 0 };
	out[0].id = ids->start;
	take_wall(x, m, m->start_us, m->start_zone, arena, &out[0]);
	out[1].id = ids->end;
	take_wall(x, m, m->end_us, m->end_zone, arena, &out[1]);
	if (m->repeats)
		pattern_to_rule(&m->pattern, rule);
	out[2].id = ids->recurrence;
	out[2].type = BRG_TEXT;
	out[2].presence = *rule ? BRG_VALUE : BRG_NULL;
	out[2].u.text = kept(x, brg_cstr(rule), arena);
	return MEETING_FIELDS;
}

static struct brg_field text_field(uint32_t id, int type, struct brg_str text)
{
	return (struct brg_field){ .id = id,
				   .type = (uint8_t)type,
				   .presence = text.len ? BRG_VALUE : BRG_NULL,
				   .u.text = text };
}

static void take_guest(struct exchange *x, const struct guest *g, struct brg_arena *arena,
		       struct brg_part *out)
{
	static const char *const roles[] = { [MADE_REQUIRED] = "required",
					     [MADE_OPTIONAL] = "optional",
					     [MADE_RESOURCES] = "resource" };
	struct brg_field *f = x->host->alloc(arena, 4 * sizeof(*f));
	struct brg_str response = map_word(g->response, MAP_RESPONSES, MAP_RESPONSES_OURS);
	int64_t us;

	f[0] = text_field(x->meeting.name, BRG_TEXT, g->name);
	f[1] = text_field(x->meeting.role, BRG_CHOICE, brg_cstr(roles[g->role]));
	f[2] = text_field(x->meeting.response, BRG_CHOICE,
			  response.len ? response : brg_cstr("none"));
	f[3] = (struct brg_field){ .id = x->meeting.responded,
				   .type = BRG_MOMENT,
				   .presence = BRG_NULL };
	if (moment_read(x, g->responded, &us)) {
		f[3].presence = BRG_VALUE;
		f[3].u.integer = us;
	}
	*out = (struct brg_part){ .size = sizeof(*out),
				  .type = BRG_ATTENDEE,
				  .key = g->address,
				  .presence = BRG_VALUE,
				  .fields = { f, 4 } };
}

const struct brg_part *meeting_guests(struct exchange *x, const struct meeting *m,
				      struct brg_arena *arena)
{
	struct brg_part *parts = x->host->alloc(arena, (m->n_guests + 1) * sizeof(*parts));

	for (size_t i = 0; i < m->n_guests; i++)
		take_guest(x, &m->guests[i], arena, &parts[i]);
	return parts;
}

struct brg_str meeting_key(struct exchange *x, const struct meeting *series, int64_t us,
			   struct brg_arena *arena)
{
	struct brg_field f = { .id = 0 };

	take_wall(x, series, us, series->start_zone, arena, &f);
	if (series->all_day && f.u.wall.local.len > 10)
		f.u.wall.local.len = 10;
	return f.presence == BRG_VALUE ? f.u.wall.local : (struct brg_str){ "", 0 };
}
