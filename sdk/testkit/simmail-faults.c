/* SPDX-License-Identifier: Apache-2.0
 *
 * Trouble by dice and by script, and a table of what became of it.
 */
#include "simmail-private.h"

static const char *const fault_names[SIMMAIL_FAULTS] = {
	"refuse",  "hang-up", "lose-answer", "late-work",   "throttle", "partial",   "cut",
	"reorder", "replay",  "double",	     "lose-cursor", "skew",	"meanwhile", "spoil",
};
static const char *const call_names[SIMMAIL_CALLS] = {
	"open", "identity", "list", "pull", "get", "push", "find",
};
static const char *const outcome_names[SIMMAIL_OUTCOMES] = {
	"failed", "done-untold", "later", "bent", "idle",
};

/* Where each fault may strike, and all that may come of it there. */
#define ENDS(outcome) (1u << SIMMAIL_##outcome)
#define FAILS	      ENDS(FAILED)
#define BENT_OR_IDLE  (ENDS(BENT) | ENDS(IDLE))
static const uint8_t ends[SIMMAIL_FAULTS][SIMMAIL_CALLS] = {
	[SIMMAIL_REFUSE] = { [SIMMAIL_OPEN] = FAILS },
	[SIMMAIL_HANG_UP] = { [SIMMAIL_IDENTITY] = FAILS,
			      [SIMMAIL_LIST] = FAILS,
			      [SIMMAIL_PULL] = FAILS,
			      [SIMMAIL_GET] = FAILS,
			      [SIMMAIL_PUSH] = FAILS,
			      [SIMMAIL_FIND] = FAILS },
	[SIMMAIL_LOSE_ANSWER] = { [SIMMAIL_PUSH] = ENDS(DONE_UNTOLD) },
	[SIMMAIL_LATE_WORK] = { [SIMMAIL_PUSH] = ENDS(LATER) | FAILS },
	[SIMMAIL_THROTTLE] = { [SIMMAIL_OPEN] = FAILS,
			       [SIMMAIL_LIST] = FAILS,
			       [SIMMAIL_PULL] = FAILS,
			       [SIMMAIL_GET] = FAILS,
			       [SIMMAIL_PUSH] = FAILS,
			       [SIMMAIL_FIND] = FAILS },
	[SIMMAIL_PARTIAL] = { [SIMMAIL_PULL] = BENT_OR_IDLE,
			      [SIMMAIL_GET] = ENDS(BENT),
			      [SIMMAIL_PUSH] = ENDS(BENT) },
	[SIMMAIL_CUT] = { [SIMMAIL_PULL] = BENT_OR_IDLE,
			  [SIMMAIL_GET] = ENDS(DONE_UNTOLD),
			  [SIMMAIL_PUSH] = FAILS | ENDS(DONE_UNTOLD),
			  [SIMMAIL_FIND] = FAILS | ENDS(IDLE) },
	[SIMMAIL_REORDER] = { [SIMMAIL_PULL] = BENT_OR_IDLE },
	[SIMMAIL_REPLAY] = { [SIMMAIL_PULL] = BENT_OR_IDLE },
	[SIMMAIL_DOUBLE] = { [SIMMAIL_PULL] = BENT_OR_IDLE },
	[SIMMAIL_LOSE_CURSOR] = { [SIMMAIL_PULL] = FAILS | ENDS(IDLE) },
	[SIMMAIL_SKEW] = { [SIMMAIL_PULL] = ENDS(BENT), [SIMMAIL_PUSH] = ENDS(BENT) },
	[SIMMAIL_MEANWHILE] = { [SIMMAIL_LIST] = ENDS(BENT),
				[SIMMAIL_PULL] = ENDS(BENT),
				[SIMMAIL_GET] = ENDS(BENT),
				[SIMMAIL_PUSH] = ENDS(BENT),
				[SIMMAIL_FIND] = ENDS(BENT) },
	[SIMMAIL_SPOIL] = { [SIMMAIL_PULL] = BENT_OR_IDLE, [SIMMAIL_GET] = BENT_OR_IDLE },
};

static void (*meanwhile)(struct simmail *sim, int box, int call, void *arg);
static void *meanwhile_arg;

const char *simmail_fault_name(int fault)
{
	return fault_names[fault];
}

const char *simmail_call_name(int call)
{
	return call_names[call];
}

const char *simmail_outcome_name(int outcome)
{
	return outcome_names[outcome];
}

/* ---- what is to happen ----------------------------------------------------------------------*/

void simmail_set_fault(struct simmail *sim, int fault, int call, uint16_t per_mille)
{
	for (int i = 0; i < SIMMAIL_CALLS; i++)
		if ((call == i || call == SIMMAIL_CALLS) && ends[fault][i])
			sim->per_mille[fault][i] = per_mille;
}

void simmail_trouble(struct simmail *sim, uint16_t per_mille)
{
	for (int i = 0; i < SIMMAIL_FAULTS; i++)
		simmail_set_fault(sim, i, SIMMAIL_CALLS, per_mille);
}

bool simmail_script(struct simmail *sim, int box, int call, int fault, uint32_t n)
{
	if (!ends[fault][call] || n == 0)
		return false;
	for (int i = 0; i < SIMMAIL_SCRIPT; i++) {
		if (sim->script[i].countdown)
			continue;
		sim->script[i] = (struct simmail_order){ .call = (uint8_t)call,
							 .fault = (uint8_t)fault,
							 .box = (uint8_t)box,
							 .countdown = n };
		return true;
	}
	return false;
}

static int by_script(struct simmail *sim, int box, int call)
{
	int fault = -1;

	for (int i = 0; i < SIMMAIL_SCRIPT; i++) {
		struct simmail_order *o = &sim->script[i];

		if (o->countdown && o->call == call && (o->box == box || o->box == SIMMAIL_ANY) &&
		    --o->countdown == 0)
			fault = o->fault;
	}
	return fault;
}

int simmail_strike(struct simmail *sim, int box, int call)
{
	int fault = by_script(sim, box, call);

	for (int i = 0; i < SIMMAIL_FAULTS && fault < 0 && !sim->mute; i++)
		if (sim->per_mille[i][call] &&
		    simmail_below(&sim->dice, 1000) < sim->per_mille[i][call])
			fault = i;
	return fault;
}

void simmail_on_meanwhile(void (*fn)(struct simmail *sim, int box, int call, void *arg), void *arg)
{
	meanwhile = fn;
	meanwhile_arg = arg;
}

void simmail_meanwhile(struct simmail *sim, int box, int call)
{
	char said[256];

	if (meanwhile)
		meanwhile(sim, box, call, meanwhile_arg);
	else
		simmail_user_random(sim, box, &sim->dice, said, sizeof(said));
}

/* ---- late work, touches ---------------------------------------------------------------------*/

bool simmail_do_later(struct simmail *sim, const struct simmail_op *op)
{
	struct simmail_op *late = &sim->late[sim->n_late];

	if (sim->n_late == SIMMAIL_LATE)
		return false;
	memcpy(late, op, offsetof(struct simmail_op, changes));
	simmail_copy_text(&late->changes, &op->changes);
	late->countdown = 1 + simmail_below(&sim->dice, sim->late_calls);
	sim->n_late++;
	return true;
}

/* In the order in which they were asked for. */
static uint32_t do_late(struct simmail *sim, bool all)
{
	uint32_t kept = 0, done = 0, n = sim->n_late;
	int item;

	for (uint32_t i = 0; i < n; i++) {
		struct simmail_op *op = &sim->late[i];

		if (all || --op->countdown == 0) {
			simmail_write(sim, op, &item);
			done++;
		} else {
			if (kept != i) {
				memcpy(&sim->late[kept], op, offsetof(struct simmail_op, changes));
				simmail_copy_text(&sim->late[kept].changes, &op->changes);
			}
			kept++;
		}
	}
	sim->n_late = kept;
	return done;
}

uint32_t simmail_settle(struct simmail *sim)
{
	return do_late(sim, true);
}

static void touch_some(struct simmail *sim, int box)
{
	const struct simmail_state *now = &sim->boxes[box].now;
	uint32_t item;

	if (sim->boxes[box].habits.touch == 0 || sim->mute || now->n_items == 0 ||
	    simmail_below(&sim->dice, 1000) >= sim->boxes[box].habits.touch)
		return;
	item = simmail_below(&sim->dice, now->n_items);
	if (now->items[item].used)
		simmail_touch(sim, box, (int)item);
}

void simmail_begin(struct simmail *sim, int box, int call)
{
	sim->boxes[box].calls[call]++;
	do_late(sim, false);
	touch_some(sim, box);
}

/* ---- what happened --------------------------------------------------------------------------*/

void simmail_struck(struct simmail *sim, int fault, int call, int outcome)
{
	sim->struck[fault][call][outcome]++;
}

void simmail_add_faults(struct simmail *to, const struct simmail *from)
{
	for (int f = 0; f < SIMMAIL_FAULTS; f++)
		for (int c = 0; c < SIMMAIL_CALLS; c++)
			for (int o = 0; o < SIMMAIL_OUTCOMES; o++)
				to->struck[f][c][o] += from->struck[f][c][o];
}

void simmail_print_faults(const struct simmail *sim, FILE *out)
{
	(void)fprintf(out, "%-12s %-9s", "fault", "call");
	for (int o = 0; o < SIMMAIL_OUTCOMES; o++)
		(void)fprintf(out, " %11s", outcome_names[o]);
	for (int f = 0; f < SIMMAIL_FAULTS; f++)
		for (int c = 0; c < SIMMAIL_CALLS; c++) {
			const uint32_t *row = sim->struck[f][c];
			uint32_t sum = 0;

			for (int o = 0; o < SIMMAIL_OUTCOMES; o++)
				sum += row[o];
			if (!sum)
				continue;
			(void)fprintf(out, "\n%-12s %-9s", fault_names[f], call_names[c]);
			for (int o = 0; o < SIMMAIL_OUTCOMES; o++)
				(void)fprintf(out, " %11u", row[o]);
		}
	(void)fputc('\n', out);
}

bool simmail_all_seen(const struct simmail *sim, FILE *out)
{
	bool all = true;

	for (int f = 0; f < SIMMAIL_FAULTS; f++)
		for (int c = 0; c < SIMMAIL_CALLS; c++)
			for (int o = 0; o < SIMMAIL_OUTCOMES; o++) {
				bool may = ends[f][c] >> o & 1, was = sim->struck[f][c][o] > 0;

				if (may == was)
					continue;
				all = false;
				(void)fprintf(out, "%s at %s that ends %s %s\n", fault_names[f],
					      call_names[c], outcome_names[o],
					      may ? "was never seen" : "should not be");
			}
	return all;
}
