/* SPDX-License-Identifier: Apache-2.0
 *
 * Counting effects, and holding them back.
 */
#include "core/plan.h"

#include "core/id.h"

#include <jansson.h>
#include <openssl/sha.h>
#include <stdlib.h>

const struct brg_fault plan_ends = {
	.code = "BRG-SYNC-0150",
	.scope = BRG_SCOPE_MAILBOX,
	.retry = BRG_RETRY_NEVER,
	.en = "{ends} of {links} links of the mailbox would end at once; this waits for a person",
	.sv = "{ends} av brevlådans {links} länkar skulle upphöra på en gång; det väntar på en människa",
	.help = "An emptied or restored mailbox looks like many deletions. Nothing is deleted until "
		"somebody has looked: `brygga plan show`, then `brygga plan approve` or "
		"`brygga plan reject`. Changes of single things go on meanwhile. The bounds are "
		"plan-deletes-min and plan-deletes-percent of [sync].",
};
const struct brg_fault plan_creates = {
	.code = "BRG-SYNC-0151",
	.scope = BRG_SCOPE_MAILBOX,
	.retry = BRG_RETRY_NEVER,
	.en = "the first contact would create {creates} things; this waits for a person",
	.sv = "den första kontakten skulle skapa {creates} saker; det väntar på en människa",
	.help = "A filter that is too wide, or a mailbox that was synchronized by another program, "
		"makes many copies. Look at `brygga plan show`, then `brygga plan approve` or "
		"`brygga plan reject`. The bound is plan-creates of [sync].",
};
const struct brg_fault plan_rules = {
	.code = "BRG-SYNC-0152",
	.scope = BRG_SCOPE_MAILBOX,
	.retry = BRG_RETRY_NEVER,
	.en = "filters, directions or fields have changed; what that does to the mailbox waits for a "
	      "person",
	.sv = "filter, riktningar eller fält har ändrats; vad det gör med brevlådan väntar på en "
	      "människa",
	.help = "A change of the rules is never a side effect of the next visit: the mailbox rests "
		"until `brygga plan approve`. `brygga plan show` lists what would be done.",
};
const struct brg_fault plan_folder = {
	.code = "BRG-SYNC-0153",
	.scope = BRG_SCOPE_MAILBOX,
	.retry = BRG_RETRY_NEVER,
	.en = "a folder of the mailbox is not there any more; {ends} links would end; this waits for a "
	      "person",
	.sv = "en mapp i brevlådan finns inte längre; {ends} länkar skulle upphöra; det väntar på en "
	      "människa",
	.help = "The folder was deleted, or the account lost the right to see it. Nothing is deleted "
		"for it. `brygga plan approve` ends the links, and both sides stay as they are.",
};
const struct brg_fault plan_restored = {
	.code = "BRG-SYNC-0154",
	.scope = BRG_SCOPE_MAILBOX,
	.retry = BRG_RETRY_NEVER,
	.en = "the mailbox seems to have been set back: {older} of {links} items are older than what was "
	      "synchronized; this waits for a person",
	.sv = "brevlådan tycks ha återställts: {older} av {links} poster är äldre än det som "
	      "synkroniserats; det väntar på en människa",
	.help = "A restored mailbox would overwrite newer records with old values. `brygga plan "
		"approve` takes the mailbox as it is now; until then nothing is changed.",
};

const struct brg_fault *const plan_faults[] = { &plan_ends,   &plan_creates,  &plan_rules,
						&plan_folder, &plan_restored, NULL };

const char *effect_name(int type)
{
	static const char *const names[] = { "-",      "create", "adopt",    "change",
					     "delete", "unlink", "ambiguous" };

	return names[type > 0 && type < EFFECT_TYPES ? type : 0];
}

/* ---- noting ---------------------------------------------------------------------------------*/

/* By what an approved effect is known again: a hash, as a keyset wants it. */
static struct brg_str key_of(const struct effect *e, struct brg_arena *arena)
{
	char id[ID_TEXT];
	const char *text = arena_printf(arena, "%d/%d/%s/%.*s/%.*s", e->side, e->type,
					id_format(&e->record, id), (int)e->folder.len,
					e->folder.ptr, (int)e->remote_id.len, e->remote_id.ptr);
	struct brg_sha sha;

	SHA256((const unsigned char *)text, strlen(text), sha.b);
	return arena_dup(arena, sha.b, 16);
}

/* A keyset goes by the first bytes; those of an id are the time. */
static struct brg_str key_of_record(const struct brg_id *id, unsigned char key[16])
{
	for (int i = 0; i < 16; i++)
		key[i] = id->b[15 - i];
	return (struct brg_str){ (const char *)key, 16 };
}

bool plan_adopts(const struct plan *p, const struct brg_id *record)
{
	unsigned char key[16];

	return keyset_has(&p->adopted, key_of_record(record, key));
}

static void note(struct plan *p, const struct effect *e)
{
	unsigned char key[16];
	struct effect *to;

	if (e->type == EFFECT_ADOPT && !plan_adopts(p, &e->record))
		(void)keyset_add(&p->adopted, arena_str(p->arena, key_of_record(&e->record, key)),
				 p->arena);
	p->counts[e->side][e->type]++;
	p->mails_out += e->mails_out;
	if (p->n == p->room) {
		size_t room = p->room ? p->room * 2 : 64;
		struct effect *grown = arena_alloc(p->arena, room * sizeof(*grown));

		if (p->n)
			memcpy(grown, p->lines, p->n * sizeof(*grown));
		p->lines = grown;
		p->room = room;
	}
	to = &p->lines[p->n++];
	*to = *e;
	to->folder = arena_str(p->arena, e->folder);
	to->remote_id = arena_str(p->arena, e->remote_id);
}

static bool is_held(const struct plan *p, int type)
{
	if (p->held & PLAN_HOLD_ALL)
		return true;
	if (type == EFFECT_DELETE || type == EFFECT_UNLINK)
		return p->held & PLAN_HOLD_ENDS;
	return type == EFFECT_CREATE && (p->held & PLAN_HOLD_CREATES);
}

bool plan_allows(struct plan *p, const struct effect *e)
{
	if (p->survey) {
		note(p, e);
		return false;
	}
	if (!is_held(p, e->type))
		return true;
	if (p->approved.n && e->mails_out == 0 && keyset_has(&p->approved, key_of(e, p->arena)))
		return true;
	p->withheld++;
	return false;
}

struct brg_str plan_counts(const struct plan *p, struct brg_arena *arena)
{
	json_t *o = json_object();
	struct brg_str out;
	char *text;

	for (int side = SIDE_STORE; side <= SIDE_SERVER; side++) {
		json_t *one = json_object();

		for (int t = 1; t < EFFECT_TYPES; t++)
			if (p->counts[side][t])
				json_object_set_new(one, effect_name(t),
						    json_integer(p->counts[side][t]));
		json_object_set_new(o, side == SIDE_STORE ? "store" : "mailbox", one);
	}
	json_object_set_new(o, "mails_out", json_integer(p->mails_out));
	text = json_dumps(o, JSON_COMPACT);
	if (!text)
		abort(); /* out of memory */
	out = arena_dup(arena, text, strlen(text));
	free(text);
	json_decref(o);
	return out;
}

/* ---- judging --------------------------------------------------------------------------------*/

void plan_judge(const struct plan *p, const struct sync_rules *rules, int64_t links,
		bool first_contact, struct plan_verdict *out)
{
	*out = (struct plan_verdict){ 0 };
	for (int side = SIDE_STORE; side <= SIDE_SERVER; side++) {
		int64_t ends = p->counts[side][EFFECT_DELETE] + p->counts[side][EFFECT_UNLINK];

		if (ends > out->ends)
			out->ends = ends;
		out->creates += p->counts[side][EFFECT_CREATE];
	}
	if (first_contact && out->creates > rules->plan_creates) {
		out->held |= PLAN_HOLD_CREATES;
		out->row = &plan_creates;
	}
	if (out->ends >= rules->plan_deletes_min &&
	    out->ends * 100 > links * rules->plan_deletes_percent) {
		out->held |= PLAN_HOLD_ENDS;
		out->row = &plan_ends;
	}
}

uint64_t plan_mark(const struct plan *p, unsigned held)
{
	struct plan as_held = { .held = held };
	struct brg_arena *scratch = arena_new();
	uint64_t sum = 0;

	for (size_t i = 0; i < p->n; i++) {
		uint64_t key;

		if (!is_held(&as_held, p->lines[i].type))
			continue;
		memcpy(&key, key_of(&p->lines[i], scratch).ptr, sizeof(key));
		sum += key;
	}
	arena_free(&scratch);
	return sum;
}

/* ---- keeping --------------------------------------------------------------------------------*/

void plan_save(const struct plan *p, struct step *step, const struct brg_id *mailbox,
	       const struct brg_fault *row, const char *params, struct brg_str basis,
	       int64_t now_us)
{
	struct brg_op *op = step_add(step, BRG_OP_PLAN, BRG_NEW);
	struct brg_id id = id_new(now_us);

	op->u.plan = (struct brg_plan_row){
		.id = id,
		.mailbox = *mailbox,
		.state = BRG_PLAN_WAITS,
		.made_us = now_us,
		.code = brg_cstr(row->code),
		.params = brg_cstr(params),
		.counts = plan_counts(p, step->arena),
		.basis = arena_str(step->arena, basis),
	};
	for (size_t i = 0; i < p->n; i++) {
		const struct effect *e = &p->lines[i];

		op = step_add(step, BRG_OP_PLAN_LINE, BRG_ANY);
		op->u.plan_line = (struct brg_plan_line_row){
			.plan = id,
			.seq = (int64_t)i + 1,
			.side = e->side,
			.effect = e->type,
			.kind = e->kind,
			.mails_out = e->mails_out,
			.record = e->record,
			.folder = arena_str(step->arena, e->folder),
			.remote_id = arena_str(step->arena, e->remote_id),
		};
	}
}

int plan_load(struct plan *p, struct store *store, const struct brg_id *id, struct brg_err *err)
{
	struct brg_query q = { .size = sizeof(q), .what = BRG_READ_PLAN_LINES, .other = *id };
	struct brg_row *rows;
	size_t n;

	if (store_all(store, &q, p->arena, &rows, &n, err) < 0)
		return err->code;
	for (size_t i = 0; i < n; i++) {
		const struct brg_plan_line_row *l = &rows[i].u.plan_line;
		struct effect e = { .side = l->side,
				    .type = l->effect,
				    .record = l->record,
				    .folder = l->folder,
				    .remote_id = l->remote_id };

		(void)keyset_add(&p->approved, key_of(&e, p->arena), p->arena);
	}
	return 0;
}
