/* SPDX-License-Identifier: Apache-2.0
 *
 * The connector "sim": what an engine sees of the mail system.
 */
#include "simmail-private.h"

#include <errno.h>
#include <sys/file.h>

/* clang-format off */
#define FAULT(id, number, class, where, again, english, swedish)				\
	const struct brg_fault id = {							\
		.code = "BRG-SIMMAIL-" number, .cls = class, .scope = BRG_SCOPE_##where,	\
		.retry = BRG_RETRY_##again, .en = english, .sv = swedish,			\
		.help = "The simulated mail system was told to do so. Only in tests.",		\
	}
static FAULT(refused, "0001", BRG_EIO, SERVER, LATER,
	     "the simulated server refuses the connection",
	     "den simulerade servern vägrar anslutningen");
FAULT(simmail_hung_up, "0002", BRG_EIO, MAILBOX, LATER,
      "the simulated server hung up", "den simulerade servern lade på");
FAULT(simmail_no_answer, "0003", BRG_ETIMEDOUT, MAILBOX, LATER,
	     "the simulated server does not answer", "den simulerade servern svarar inte");
static FAULT(throttled, "0004", BRG_ELIMIT, MAILBOX, LATER,
	     "the simulated server asks for a pause", "den simulerade servern ber om en paus");
FAULT(simmail_cursor_lost, "0005", BRG_ECURSOR, FOLDER, NOW,
      "the simulated server does not know the cursor any more",
      "den simulerade servern känner inte längre till positionen");
FAULT(simmail_no_folder, "0006", BRG_ENOTFOUND, FOLDER, LATER,
      "there is no folder {folder}", "mappen {folder} finns inte");
FAULT(simmail_gone, "0007", BRG_ENOTFOUND, ITEM, NEVER,
	     "the item is gone", "posten är borta");
FAULT(simmail_conflict, "0008", BRG_ECONFLICT, ITEM, NOW,
	     "the item has another version by now", "posten har en annan version nu");
FAULT(simmail_sick, "0009", BRG_EPROTO, ITEM, LATER,
      "the simulated server fails on this item", "den simulerade servern klarar inte posten");
FAULT(simmail_full, "0010", BRG_EFULL, ITEM, LATER,
      "there is no room for this", "det finns inte plats för detta");
FAULT(simmail_bad_field, "0011", BRG_EINVAL, ITEM, NEVER,
      "a field or part is not one of this mail system, or of another type",
      "ett fält eller en del finns inte i detta system, eller är av annan typ");
FAULT(simmail_not_organizer, "0012", BRG_ENOTSUP, ITEM, NEVER,
	     "only the organizer may change who attends",
	     "bara organisatören får ändra deltagarna");
FAULT(simmail_too_many_mails, "0013", BRG_EINVAL, ITEM, NEVER,
	     "this would mail more people than it may",
	     "detta skulle mejla fler än det får");
static FAULT(no_box, "0014", BRG_EINVAL, MAILBOX, NEVER,
	     "there is no simulated mailbox {box}", "den simulerade brevlådan {box} finns inte");
static FAULT(no_region, "0015", BRG_EINVAL, MAILBOX, NEVER,
	     "the region {path} cannot be used: {reason}",
	     "området {path} kan inte användas: {reason}");
static FAULT(bad_habit, "0016", BRG_EINVAL, MAILBOX, NEVER,
	     "there is no habit {habit}", "vanan {habit} finns inte");
/* clang-format on */

static const struct brg_fault *const faults[] = {
	&refused,
	&simmail_hung_up,
	&simmail_no_answer,
	&throttled,
	&simmail_cursor_lost,
	&simmail_no_folder,
	&simmail_gone,
	&simmail_conflict,
	&simmail_sick,
	&simmail_full,
	&simmail_bad_field,
	&simmail_not_organizer,
	&simmail_too_many_mails,
	&no_box,
	&no_region,
	&bad_habit,
	NULL,
};

/* ---- every call -----------------------------------------------------------------------------*/

int simmail_break_off(struct simmail_session *s, const struct brg_fault *why, struct brg_err *err)
{
	s->dead = true;
	return brg_fail(err, why, "%s", "");
}

static int throttle(struct simmail_session *s, struct brg_err *err)
{
	uint32_t pause = 1000 * (1 + simmail_below(&s->sim->dice, 120));

	brg_fail(err, &throttled, "%s", "");
	err->retry_after_ms = pause;
	if (simmail_below(&s->sim->dice, 4) == 0)
		err->scope = BRG_SCOPE_SERVER;
	return brg_said(err, brg_cstr("ErrorServerBusy"));
}

static void spoil(struct simmail_session *s)
{
	const struct simmail_state *now = &s->sim->boxes[s->at].now;
	uint32_t item = simmail_below(&s->sim->dice, now->n_items);

	if (item < now->n_items && now->items[item].used) {
		simmail_poison(s->sim, s->at, (int)item,
			       (uint8_t)(1 + simmail_below(&s->sim->dice, 4)));
		s->outcome = SIMMAIL_BENT;
	}
}

/* Faults that are the same at every call. 1: go on. */
static int meet(struct simmail_session *s, int call, int fault, struct brg_err *err)
{
	s->outcome = SIMMAIL_IDLE;
	switch (fault) {
	case SIMMAIL_REFUSE:
		s->outcome = SIMMAIL_FAILED;
		return simmail_break_off(s, &refused, err);
	case SIMMAIL_HANG_UP:
		s->outcome = SIMMAIL_FAILED;
		return simmail_break_off(s, &simmail_hung_up, err);
	case SIMMAIL_THROTTLE:
		s->outcome = SIMMAIL_FAILED;
		return throttle(s, err);
	case SIMMAIL_SKEW:
		s->outcome = SIMMAIL_BENT;
		s->sim->boxes[s->at].skew_us =
			((int64_t)simmail_below(&s->sim->dice, 1201) - 600) * 1000000;
		return 1;
	case SIMMAIL_MEANWHILE:
		s->outcome = SIMMAIL_BENT;
		simmail_meanwhile(s->sim, s->at, call);
		return 1;
	case SIMMAIL_SPOIL:
		spoil(s);
		return 1;
	default:
		return 1;
	}
}

static void unlock(struct simmail_session *s)
{
	if (s->fd >= 0)
		(void)flock(s->fd, LOCK_UN);
}

int simmail_call_begin(struct simmail_session *s, int call, int *fault, struct brg_err *err)
{
	int rc;

	*fault = -1;
	if (s->host->canceled(s->host->ctx))
		return s->host->stopped(s->host->ctx, err);
	if (s->dead)
		return brg_fail(err, &simmail_hung_up, "%s", "");
	if (s->fd >= 0)
		(void)flock(s->fd, LOCK_EX);
	s->sim->now_us = s->host->now_us(s->host->ctx);
	simmail_begin(s->sim, s->at, call);
	*fault = simmail_strike(s->sim, s->at, call);
	rc = meet(s, call, *fault, err);
	return rc < 0 ? simmail_call_end(s, call, *fault, rc, err) : rc;
}

int simmail_call_end(struct simmail_session *s, int call, int fault, int rc, struct brg_err *err)
{
	if (fault == SIMMAIL_LOSE_ANSWER && rc >= 0) {
		s->outcome = SIMMAIL_DONE_UNTOLD;
		rc = simmail_break_off(s, &simmail_hung_up, err);
	}
	if (fault >= 0)
		simmail_struck(s->sim, fault, call, s->outcome);
	unlock(s);
	return rc;
}

const struct brg_err *simmail_entry_error(struct simmail_session *s, struct brg_arena *arena,
					  const struct brg_fault *fault)
{
	struct brg_err *err = s->host->alloc(arena, sizeof(*err));

	err->size = sizeof(*err);
	brg_fail(err, fault, fault == &simmail_no_folder ? "folder=?" : "%s", "");
	return err;
}

/* ---- the session ----------------------------------------------------------------------------*/

static int find_system(struct simmail_session *s, struct brg_err *err)
{
	const char *wrong = NULL;

	s->fd = -1;
	s->sim = simmail_world;
	if (s->region[0]) {
		s->sim = simmail_map(s->region, false, 0, &s->fd);
		s->mapped = s->sim != NULL;
	}
	if (!s->sim)
		return brg_fail(err, &no_region, "path=%s\nreason=%s", s->region,
				s->region[0] ? strerror(errno) : "none");
	s->at = simmail_find_box(s->sim, s->box);
	if (s->at < 0)
		return brg_fail(err, &no_box, "box=%s", s->box);
	if (s->habits[0])
		wrong = simmail_set_habits(&s->sim->boxes[s->at].habits, s->habits);
	if (wrong)
		return brg_fail(err, &bad_habit, "habit=%s", wrong);
	return 0;
}

static int sim_open(void *self, const struct brg_host *host, struct brg_err *err)
{
	struct simmail_session *s = self;
	int fault, rc;

	s->host = host;
	rc = find_system(s, err);
	if (rc < 0)
		return rc;
	for (int i = 0; simmail_fields[i].name; i++)
		s->ids[i] = host->field(host->ctx, simmail_fields[i].kind, simmail_fields[i].name);
	rc = simmail_call_begin(s, SIMMAIL_OPEN, &fault, err);
	return rc < 0 ? rc : simmail_call_end(s, SIMMAIL_OPEN, fault, 0, err);
}

static void sim_close(void *self)
{
	struct simmail_session *s = self;

	if (s->mapped)
		simmail_unmap(s->sim, s->fd);
}

static int sim_identity(void *self, struct brg_str *out, struct brg_err *err)
{
	struct simmail_session *s = self;
	int fault, rc = simmail_call_begin(s, SIMMAIL_IDENTITY, &fault, err);

	if (rc < 0)
		return rc;
	*out = brg_cstr(s->sim->boxes[s->at].guid);
	return simmail_call_end(s, SIMMAIL_IDENTITY, fault, 0, err);
}

static int sim_folders(void *self, int (*each)(void *arg, const struct brg_folder *f), void *arg,
		       struct brg_err *err)
{
	struct simmail_session *s = self;
	int fault, rc = simmail_call_begin(s, SIMMAIL_LIST, &fault, err);

	if (rc < 0)
		return rc;
	for (int i = 0; i < SIMMAIL_FOLDERS; i++) {
		const struct simmail_folder *f = &s->sim->boxes[s->at].folders[i];
		struct brg_folder told = { .size = sizeof(told),
					   .kinds = f->kinds,
					   .id = brg_cstr(f->id),
					   .name = brg_cstr(f->name),
					   .role = brg_cstr(f->role) };

		if (f->id[0] && !f->unmapped && each(arg, &told))
			break;
	}
	return simmail_call_end(s, SIMMAIL_LIST, fault, 0, err);
}

/* ---- get ------------------------------------------------------------------------------------*/

/* Its poison wears off. */
bool simmail_is_sick(struct simmail_session *s, int item)
{
	uint8_t *poison = &simmail_get_box(s->sim, s->at)->now.items[item].poison;

	if (*poison == 0)
		return false;
	if (*poison != 255)
		--*poison;
	return true;
}

static int hand_over(struct simmail_session *s, const struct brg_get *req, size_t i, bool fail,
		     struct brg_sink *out, struct brg_err *err)
{
	struct brg_item item = { .size = sizeof(item), .request = (uint32_t)i };
	int at = simmail_item_in(s, req->folder, req->ids[i]);

	s->host->item(s->host->ctx, req->ids[i]);
	if (at < 0)
		item.err = simmail_entry_error(s, out->arena, &simmail_gone);
	else if (simmail_is_sick(s, at) || fail)
		item.err = simmail_entry_error(s, out->arena, &simmail_sick);
	else
		simmail_fill_item(s, at, (req->want & BRG_WANT_FIELDS) != 0, out->arena, &item);
	return out->item(out, &item, err);
}

static int sim_get(void *self, const struct brg_get *req, struct brg_sink *out, struct brg_err *err)
{
	struct simmail_session *s = self;
	int fault, rc = simmail_call_begin(s, SIMMAIL_GET, &fault, err);
	size_t at;

	if (rc < 0)
		return rc;
	at = simmail_below(&s->sim->dice, (uint32_t)req->n);
	rc = 0;
	for (size_t i = 0; rc >= 0 && i < req->n; i++) {
		if (i == at && (fault == SIMMAIL_CUT || fault == SIMMAIL_PARTIAL))
			s->outcome = fault == SIMMAIL_CUT ? SIMMAIL_DONE_UNTOLD : SIMMAIL_BENT;
		if (i == at && fault == SIMMAIL_CUT)
			rc = simmail_break_off(s, &simmail_hung_up, err);
		else
			rc = hand_over(s, req, i, i == at && fault == SIMMAIL_PARTIAL, out, err);
	}
	s->host->item(s->host->ctx, (struct brg_str){ NULL, 0 });
	return simmail_call_end(s, SIMMAIL_GET, fault, rc < 0 ? rc : 0, err);
}

/* ---- find -----------------------------------------------------------------------------------*/

static bool same_stamp(const struct simmail_item *item, const struct brg_stamp *stamp)
{
	return item->used && item->stamped && brg_id_eq(&item->stamp.store, &stamp->store) &&
	       brg_id_eq(&item->stamp.mailbox, &stamp->mailbox) &&
	       brg_id_eq(&item->stamp.record, &stamp->record) &&
	       item->stamp.attempt == stamp->attempt;
}

static int sim_find(void *self, unsigned kinds, const struct brg_stamp *stamps, size_t n,
		    struct brg_arena *arena,
		    int (*each)(void *arg, size_t which, const struct brg_envelope *found),
		    void *arg, struct brg_err *err)
{
	struct simmail_session *s = self;
	int fault, rc = simmail_call_begin(s, SIMMAIL_FIND, &fault, err);
	const struct simmail_state *now;

	(void)kinds;

	if (rc < 0)
		return rc;
	now = &s->sim->boxes[s->at].now;
	for (size_t i = 0; i < n; i++)
		for (uint32_t j = 0; j < now->n_items; j++) {
			struct brg_envelope env = { .size = sizeof(env) };

			if (!same_stamp(&now->items[j], &stamps[i]))
				continue;
			if (fault == SIMMAIL_CUT) {
				s->outcome = SIMMAIL_FAILED;
				rc = simmail_break_off(s, &simmail_hung_up, err);
				return simmail_call_end(s, SIMMAIL_FIND, fault, rc, err);
			}
			simmail_fill_envelope(s, (int)j, arena, &env);
			env.folder =
				brg_cstr(s->sim->boxes[s->at].folders[now->items[j].folder].id);
			if (each(arg, i, &env))
				return simmail_call_end(s, SIMMAIL_FIND, fault, 0, err);
		}
	return simmail_call_end(s, SIMMAIL_FIND, fault, 0, err);
}

/* ---- the plugin -----------------------------------------------------------------------------*/

static const struct brg_option options[] = {
	{ "box", BRG_OPT_STRING, BRG_OPT_REQUIRED | BRG_OPT_PER_MAILBOX,
	  offsetof(struct simmail_session, box), NULL, NULL, 0, 0,
	  "Address or number of the simulated mailbox." },
	{ "region", BRG_OPT_STRING, 0, offsetof(struct simmail_session, region), "", NULL, 0, 0,
	  "File that holds the mail system; empty: memory of this process." },
	{ "habits", BRG_OPT_STRING, BRG_OPT_PER_MAILBOX, offsetof(struct simmail_session, habits),
	  "", NULL, 0, 0, "Habits of the server, as words: truncate=40 normalise drop=pager." },
	BRG_OPTION_END,
};

static const struct brg_connector connector = {
	.size = sizeof(connector),
	.kinds = BRG_KIND_BIT(BRG_CONTACT) | BRG_KIND_BIT(BRG_TASK) | BRG_KIND_BIT(BRG_APPOINTMENT),
	.lanes = BRG_LANE_BIT(BRG_ACT),
	.caps = BRG_CAP_DELETE_EVENTS | BRG_CAP_PRECONDITION | BRG_CAP_STAMP | BRG_CAP_SILENT |
		BRG_CAP_SERIES,
	.fields = simmail_caps,
	.open = sim_open,
	.close = sim_close,
	.folders = sim_folders,
	.pull = simmail_pull,
	.get = sim_get,
	.push = simmail_push,
	.find = sim_find,
	.identity = sim_identity,
};

void simmail_connector_as(struct brg_connector *out, uint32_t habits)
{
	*out = connector;
	if (habits & SIMMAIL_IMMUTABLE_ID)
		out->caps |= BRG_CAP_IMMUTABLE_ID;
	if (habits & SIMMAIL_NO_PRECONDITION)
		out->caps &= ~(uint32_t)BRG_CAP_PRECONDITION;
}

const struct brg_plugin simmail_plugin = {
	BRG_PLUGIN_HEAD(BRG_CONNECTOR),
	.name = "sim",
	.version = "1.0",
	.summary = "a simulated mail system for tests",
	.license = "Apache-2.0",
	.instance_size = sizeof(struct simmail_session),
	.options = options,
	.faults = faults,
	.connector = &connector,
};
