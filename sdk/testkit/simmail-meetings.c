/* SPDX-License-Identifier: Apache-2.0
 *
 * Who hears of a meeting. Attendees with a mailbox here get a copy with the same uid, which
 * follows the organizer's; all others are only written down as mailed.
 */
#include "simmail-private.h"

static const struct brg_str none = { "", 0 };

bool simmail_is_organizer(const struct simmail *sim, int box, const struct simmail_item *item)
{
	char who[64];
	struct brg_str organizer = simmail_own(&item->content, "organizer", who, sizeof(who));

	return organizer.len == 0 || brg_str_eq(organizer, brg_cstr(sim->boxes[box].address));
}

/* Next attendee but the owner. */
static bool next_guest(const struct simmail *sim, int box, const struct simmail_text *content,
		       size_t *at, struct simmail_line *line)
{
	while (simmail_next(content, at, line))
		if (line->name.len == 0 && brg_str_eq(line->part, brg_cstr("attendees")) &&
		    !brg_str_eq(line->key, brg_cstr(sim->boxes[box].address)))
			return true;
	return false;
}

uint32_t simmail_to_mail(const struct simmail *sim, int box, const struct simmail_item *item)
{
	struct simmail_line line;
	uint32_t n = 0;

	if (item->kind != BRG_APPOINTMENT || !simmail_is_organizer(sim, box, item))
		return 0;
	for (size_t at = 0; next_guest(sim, box, &item->content, &at, &line);)
		n++;
	return n;
}

static void note(struct simmail *sim, int box, const char *uid, int what, struct brg_str to,
		 const struct simmail_op *op)
{
	struct simmail_mail *mail = &sim->mailed[sim->n_mailed++ % SIMMAIL_MAILED];

	*mail = (struct simmail_mail){ .box = (uint8_t)box,
				       .what = (uint8_t)what,
				       .by_push = op && op->by_push,
				       .allowed = op ? op->mails_out : 0 };
	(void)snprintf(mail->to, sizeof(mail->to), "%.*s", (int)to.len, to.ptr);
	(void)snprintf(mail->uid, sizeof(mail->uid), "%s", uid);
}

uint32_t simmail_mails_by_push(const struct simmail *sim, bool unasked)
{
	uint32_t n = 0, kept = sim->n_mailed < SIMMAIL_MAILED ? sim->n_mailed : SIMMAIL_MAILED;

	for (uint32_t i = 0; i < kept; i++)
		n += sim->mailed[i].by_push && (!unasked || sim->mailed[i].allowed == 0);
	return n;
}

/* Take over what the organizer decides; what is the attendee's own stays. */
static void follow(struct simmail_text *copy, const struct simmail_text *from)
{
	const struct simmail_field *field;
	struct simmail_line line;
	size_t at = 0, back = 0;

	for (; simmail_next(copy, &at, &line); back = at) {
		field = simmail_field(BRG_APPOINTMENT, line.name);
		if (line.part.len || (field && (field->flags & FIELD_SHARED))) {
			simmail_remove(copy, &line);
			at = back;
		}
	}
	for (at = 0; simmail_next(from, &at, &line);) {
		char raw[SIMMAIL_CONTENT];
		struct brg_str value = { raw, simmail_unescape(line.value, raw, sizeof(raw)) };

		field = simmail_field(BRG_APPOINTMENT, line.name);
		if (line.part.len || (field && (field->flags & FIELD_SHARED)))
			simmail_put(copy, line.part, line.key, line.name,
				    line.gone ? NULL : &value);
	}
}

static void deliver(struct simmail *sim, int to, const struct simmail_item *from)
{
	int item = simmail_by_uid(sim, to, from->uid);
	struct simmail_item *copy;

	if (item < 0) {
		item = simmail_new_item(sim, to, BRG_APPOINTMENT, SIMMAIL_CALENDAR);
		if (item < 0)
			return;
		copy = &sim->boxes[to].now.items[item];
		memcpy(copy->uid, from->uid, sizeof(copy->uid));
		simmail_put_own(&copy->content, "show_as", "tentative");
		simmail_put_own(&copy->content, "response", "none");
	}
	copy = &sim->boxes[to].now.items[item];
	follow(&copy->content, &from->content);
	simmail_changed(sim, to, item);
}

static void withdraw(struct simmail *sim, int to, const char *uid)
{
	int item = simmail_by_uid(sim, to, uid);

	if (item < 0)
		return;
	simmail_put_own(&sim->boxes[to].now.items[item].content, "cancelled", "1");
	simmail_changed(sim, to, item);
}

static int box_of(const struct simmail *sim, struct brg_str address)
{
	for (int i = 0; i < SIMMAIL_BOXES; i++)
		if (address.len && brg_str_eq(brg_cstr(sim->boxes[i].address), address))
			return i;
	return -1;
}

static void tell_one(struct simmail *sim, int box, const struct simmail_item *item,
		     struct brg_str guest, int what, const struct simmail_op *op)
{
	int to = box_of(sim, guest);

	note(sim, box, item->uid, what, guest, op);
	if (to < 0 || to == box)
		return;
	if (what == SIMMAIL_CANCELLED)
		withdraw(sim, to, item->uid);
	else
		deliver(sim, to, item);
}

void simmail_tell(struct simmail *sim, int box, int item, int what, const struct simmail_op *op)
{
	const struct simmail_item *it = &sim->boxes[box].now.items[item];
	struct simmail_line line;

	if (simmail_to_mail(sim, box, it) == 0)
		return;
	for (size_t at = 0; next_guest(sim, box, &it->content, &at, &line);)
		tell_one(sim, box, it, line.key, what, op);
}

void simmail_tell_uninvited(struct simmail *sim, int box, int item,
			    const struct simmail_text *before, const struct simmail_op *op)
{
	const struct simmail_item *it = &sim->boxes[box].now.items[item];
	struct simmail_line line, still;

	if (it->kind != BRG_APPOINTMENT)
		return;
	for (size_t at = 0; next_guest(sim, box, before, &at, &line);)
		if (!simmail_find_line(&it->content, line.part, line.key, none, &still))
			tell_one(sim, box, it, line.key, SIMMAIL_CANCELLED, op);
}

/* ---- answers --------------------------------------------------------------------------------*/

static void hear(struct simmail *sim, int organizer, const char *uid, const char *from,
		 const char *response)
{
	int item = simmail_by_uid(sim, organizer, uid);
	const struct brg_str part = brg_cstr("attendees"), key = brg_cstr(from);
	struct simmail_text *content;
	struct simmail_line line;
	struct brg_str value = brg_cstr(response);
	char moment[32];

	if (item < 0)
		return;
	content = &sim->boxes[organizer].now.items[item].content;
	if (!simmail_find_line(content, part, key, none, &line))
		return;
	simmail_put(content, part, key, brg_cstr("response"), &value);
	(void)snprintf(moment, sizeof(moment), "%lld",
		       (long long)(sim->now_us - sim->now_us % 1000000));
	value = brg_cstr(moment);
	simmail_put(content, part, key, brg_cstr("responded"), &value);
	simmail_changed(sim, organizer, item);
}

bool simmail_user_respond(struct simmail *sim, int box, int item, const char *response)
{
	struct simmail_item *it = &sim->boxes[box].now.items[item];
	char who[64];
	struct brg_str organizer = simmail_own(&it->content, "organizer", who, sizeof(who));
	int to;

	if (it->kind != BRG_APPOINTMENT || simmail_is_organizer(sim, box, it))
		return false;
	simmail_put_own(&it->content, "response", response);
	if (strcmp(response, "accepted") == 0)
		simmail_put_own(&it->content, "show_as", "busy");
	simmail_changed(sim, box, item);
	note(sim, box, it->uid, SIMMAIL_RESPONDED, organizer, NULL);
	to = box_of(sim, organizer);
	if (to >= 0)
		hear(sim, to, it->uid, sim->boxes[box].address, response);
	return true;
}
