/* SPDX-License-Identifier: Apache-2.0 */
#include "core/alert.h"

#include "core/id.h"

struct brg_alert_row *alert_raise(struct step *step, int level, int scope,
				  const struct brg_id *object, struct brg_str code, int64_t now_us)
{
	struct brg_op *op = step_add(step, BRG_OP_ALERT, BRG_ANY);

	op->u.alert.id = id_new(now_us);
	op->u.alert.level = level;
	op->u.alert.scope = scope;
	op->u.alert.object = *object;
	op->u.alert.code = code;
	op->u.alert.first_us = op->u.alert.last_us = now_us;
	return &op->u.alert;
}

void alert_clear(struct step *step, int scope, const struct brg_id *object, struct brg_str code,
		 int64_t now_us)
{
	struct brg_op *op = step_add(step, BRG_OP_CLEAR, BRG_ANY);

	op->u.alert.scope = scope;
	op->u.alert.object = *object;
	op->u.alert.code = code;
	op->u.alert.cleared_us = now_us;
}

static void clear_all(struct step *step, const struct visit *v, int64_t now_us)
{
	static const struct brg_id store;
	const struct brg_str any = { "", 0 };

	alert_clear(step, BRG_ALERT_MAILBOX, &v->claimed.mailbox.id, any, now_us);
	alert_clear(step, BRG_ALERT_PROFILE, &v->claimed.profile.id, any, now_us);
	alert_clear(step, BRG_ALERT_STORE, &store, any, now_us);
}

void alert_leave(struct step *step, struct brg_visit_row *visit, int64_t now_us)
{
	const struct brg_str any = { "", 0 };

	if (visit->code.len == 0)
		return;
	alert_clear(step, BRG_ALERT_MAILBOX, &visit->mailbox, any, now_us);
	alert_clear(step, BRG_ALERT_PROFILE, &visit->profile, any, now_us);
	visit->code = visit->params = visit->said = any;
}

void alert_visit(struct step *step, const struct visit *v, const struct brg_visit_row *now,
		 const struct brg_err *err)
{
	static const struct brg_id store;
	const struct brg_id *object = &v->claimed.mailbox.id;
	int scope = BRG_ALERT_MAILBOX, level = BRG_LOG_ERROR;
	struct brg_alert_row *a;

	if (err->code == 0) {
		/* Only a lane that failed before can have raised something. */
		if (v->claimed.visit.code.len)
			clear_all(step, v, now->ended_us);
		return;
	}
	if (now->outcome == BRG_FAILED_SERVER) {
		scope = err->scope == BRG_SCOPE_STORE ? BRG_ALERT_STORE : BRG_ALERT_PROFILE;
		object = scope == BRG_ALERT_STORE ? &store : &v->claimed.profile.id;
		level = BRG_LOG_WARNING;
	} else if (now->state != BRG_DISABLED) {
		return; /* it is tried again, and counted in the visit's row */
	}
	a = alert_raise(step, level, scope, object, now->code, now->ended_us);
	a->params = now->params;
	a->said = now->said;
}

void alert_clear_item(struct step *step, const struct brg_id *mailbox, struct brg_str detail,
		      int64_t now_us)
{
	struct brg_op *op = step_add(step, BRG_OP_CLEAR, BRG_ANY);

	op->u.alert.scope = BRG_ALERT_ITEM;
	op->u.alert.object = *mailbox;
	op->u.alert.detail = detail;
	op->u.alert.cleared_us = now_us;
}

void alert_item(struct step *step, const struct visit *v, const struct brg_parked_row *parked)
{
	struct brg_alert_row *a =
		alert_raise(step, BRG_LOG_WARNING, BRG_ALERT_ITEM, &v->claimed.mailbox.id,
			    parked->code, v->engine->now_us(v->engine));

	a->params = parked->params;
	a->said = parked->said;
	a->detail = parked->remote_id;
}
