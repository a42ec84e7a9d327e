#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Deliberately broken variants of the two-way engine: each takes one promise away, and the
simulation must see it.

    broken.py [--seeds N] [--jobs N] [NAME ...]"""
import argparse
import concurrent.futures
import sys

import variants

# name: file, what stands there once, what stands there then; a list of these where a promise has
# more than one guard
VARIANTS = {
    'the cursor is committed before what it brought': (
        'core/sync_pull.c', 'if (MUTANT(MUTANT_CURSOR_FIRST) && p.n) {', 'if (p.n) {'),
    'writes have no intent': (
        'core/sync_intent.c',
        'if (MUTANT(MUTANT_INTENT_SKIPPED))\n\t\treturn;', 'return;'),
    'the intent is not durable': (
        'core/sync_intent.c', 'if (sync_commit(s, BRG_DURABLE, err) < 0)',
        'if (sync_commit(s, BRG_RELAXED, err) < 0)'),
    'nothing is looked up after a crash': (
        'core/sync.c', ' || sync_recover(s, err) < 0', ''),
    'updates have no precondition': (
        'core/sync_intent.c', '.version = w->link.remote_version,',
        '.version = w->type == BRG_UPDATE ? (struct brg_str){ "", 0 } : w->link.remote_version,'),
    'what was written counts as what is there': (
        'core/sync_intent.c', 'if (as_written) {', 'if (0) {'),
    'one shadow for both sides': (
        'core/sync_write.c', '.base_item = json(s, link->kind, item, false),',
        '.base_item = json(s, link->kind, record ? record : item, false),'),
    'a deletion is believed at once': (
        'core/sync_missing.c', '.number = s->round - 1,', '.number = s->round,'),
    # What a pass could not tell counts as met; and nothing is gone that can still be read.
    'a pass with errors may find things missing': [
        ('core/sync_pull.c', 'return untold(s, f, e, err);',
         'return f->pass ? 0 : untold(s, f, e, err);'),
        ('core/sync_missing.c', 'if (l->item.there || l->item.err) {', 'if (0) {')],
    'what is there again is gone': (
        'core/sync_missing.c', 'if (l->item.there || l->item.err) {', 'if (l->item.err) {'),
    'what cannot be read is gone': (
        'core/sync_missing.c', 'if (l->item.there || l->item.err) {',
        'if (l->item.there && !l->item.err) {'),
    'a deletion here beats an edit there': (
        'core/sync_push.c', 'in.other_changed = !brg_str_eq', 'in.other_changed = 0 && !brg_str_eq'),
    'a deletion there beats an edit here': (
        'core/sync_missing.c', '.other_changed = ', '.other_changed = 0 && '),
    'what was deleted comes back': (
        'core/sync_pull.c', 'if (ended && ended->end == BRG_LINK_DELETED)\n\t\treturn 0;', ''),
    'losing values are not kept': (
        'core/sync_merge.c', 'cause.n_losses = m.out.n_losses;', 'cause.n_losses = 0;'),
    'a record is written whoever wrote it meanwhile': (
        'core/record.c', 'op = step_add(step, BRG_OP_RECORD, was->row.version);\n\top->u.record = row;',
        'op = step_add(step, BRG_OP_RECORD, BRG_ANY);\n\top->u.record = row;'),
    'steps do not look at the lease': (
        'core/commit.c', 'if (v->step.n == 0 && !MUTANT(MUTANT_LEASE_UNCHECKED))', 'if (0)'),
    'private things are read': (
        'core/sync_pull.c', 'if (e->flags & BRG_IS_PRIVATE)\n\t\treturn 0;', ''),
    # It may become private between the listing and the reading; and who asks whether it becomes a
    # record by itself need not have asked that before.
    'private things are taken': [
        ('core/sync_item.c', 'if (!item->there || (item->flags & BRG_IS_PRIVATE)) {',
         'if (!item->there) {'),
        ('core/sync_item.c', 'if (flags & BRG_IS_PRIVATE)\n\t\treturn false;', '')],
    'private things are adopted': (
        'core/sync_item.c', 'if (!item->there || (item->flags & BRG_IS_PRIVATE)) {',
        'if (!item->there) {'),
    # Where the listing says so it is not even read.
    'a linked item that becomes private stays linked': [
        ('core/sync_inbox.c', 'if (*linked && (row->flags & BRG_IS_PRIVATE)) {', 'if (0) {'),
        ('core/sync_item.c', 'private = (item->flags & BRG_IS_PRIVATE) && became', 'private = 0 && became')],
    'a linked item that becomes private is read': (
        'core/sync_inbox.c', 'if (*linked && (row->flags & BRG_IS_PRIVATE)) {', 'if (0) {'),
    'a linked item that becomes private while it is read stays linked': (
        'core/sync_item.c', 'private = (item->flags & BRG_IS_PRIVATE) && became', 'private = 0 && became'),
    'what becomes private parts only where it did': (
        'core/sync_item.c', 'if (rows[i].u.link.live && !brg_id_eq(&rows[i].u.link.id, &mine->id))',
        'if (0)'),
    'nothing is matched before it is made': (
        'core/sync_item.c', 'if (rc == 0)\n\t\trc = by_likeness(s, row, item, err);', ''),
    'the first of several is taken': (
        'core/sync_item.c', 'return fits > 1 ? 2 : (int)fits;', 'return fits > 1 ? 1 : (int)fits;'),
    'an edit during a write is not seen': (
        'core/sync_intent.c', 'link->seen_version = w->record.row.version;',
        'link->seen_version = w->record.row.version + 1;'),
    'attendees are mailed unasked': (
        'core/sync_push.c', '.invite = s->rules->invite && !s->plan.held,', '.invite = true,'),
    'much is done without a plan': (
        'core/sync_guard.c', 'return g->rules || g->folder', 'return 0 && g->rules'),
    'what was found in another folder is deleted': (
        'core/sync_missing.c', 'in.event = FATE_ITEM_OUTSIDE;', ';'),
    # A visit that could not see all does nothing at all; and each room asks for itself.
    'a folder is believed whole in the middle of its pass': [
        ('core/sync_state.c', 'if (s->folders[i].pass)\n\t\t\treturn false;', ''),
        ('core/sync.c', 'if (whole && sync_guard', 'if (sync_guard'),
        ('core/sync.c', 'if (whole && !rest) {', 'if (!rest) {')],
    # Only a worker that has lost its lease could do that.
    'the inbox forgets what came meanwhile': [
        ('plugins/storage/sql/statements_sync.c',
         'AND remote_id = ?3 AND version = ?4"\n\t" AND op = ?5 AND pass = ?6", NULL },\nAT(S_INTENT) =',
         'AND remote_id = ?3 AND ?4 = ?4"\n\t" AND ?5 = ?5 AND ?6 = ?6", NULL },\nAT(S_INTENT) ='),
        ('core/commit.c', 'if (v->step.n == 0 && !MUTANT(MUTANT_LEASE_UNCHECKED))', 'if (0)')],
    'an item that failed is forgotten': (
        'core/sync_write.c', 'commit_op(s->v, BRG_OP_INBOX, BRG_ANY)',
        'commit_op(s->v, BRG_OP_INBOX_DONE, BRG_ANY)'),
    'feed positions move on though something was withheld': (
        'core/sync_feed.c', 's->plan.withheld == withheld', '(withheld || 1)'),
    'a moved item without our mark is a new one': (
        'core/sync_item.c', 'if (found && l.live && !l.missing)', 'if (found && l.live)'),
    'a moved item is a new one': (
        'core/sync_missing.c', 'if (!l->stamped || !sync_folder(s, l->folder))', 'if (1)'),
    # The table of fates is not asked for what it is to do: this end never deletes.
    'what lies in the rest of the inbox is decided': (
        'core/sync_inbox.c', 's->undecided++;\n\t\t\tbreak;', 'break;'),
    'what failed again in a visit is tried once more in it': (
        'core/sync_inbox.c', '(!due || row->tries > due->tries)', '!due'),
    'every mailbox holds a meeting that has no organizer': (
        'core/sync_feed.c', 'rc = sync_hold_meeting(s, r, err);', 'rc = 1;'),
    'a plan that holds the same is made again': (
        'core/sync_guard.c', ' && ends(plan.basis, mark))', ' && 0)'),
    'leaving the filter deletes': (
        'core/sync_push.c', '(void)sync_let_go(s, &d->link, FATE_RECORD_LEFT);',
        'return *w = (struct sync_write){ .type = BRG_DELETE, .link = d->link,'
        ' .record = d->record }, 1;'),
    'wanted is overwritten by settle': (
        'plugins/storage/sql/statements.c', 'CASE WHEN wanted > wanted_claimed AND ?4 > ?10 THEN ?10'
        ' ELSE ?4 END,"', '?4, wanted_claimed = wanted,"'),
    'the stamp is not written': (
        'core/sync_intent.c', 'to->stamp = stamp;', ''),
    'a meeting has a second feeder': (
        'core/sync_item.c', '1u << ROLE_OWN | 1u << ROLE_FEEDER', '1u << ROLE_OWN'),
}


def texts_of(name):
    """{file: its text, changed}"""
    places, texts = VARIANTS[name], {}
    for path, old, new in [places] if isinstance(places, tuple) else places:
        if path not in texts:
            with open(f'{variants.TOP}/{path}', encoding='utf-8') as file:
                texts[path] = file.read()
        if texts[path].count(old) != 1:
            raise SystemExit(f'"{name}" no longer fits {path}: {old!r}')
        texts[path] = texts[path].replace(old, new)
    return texts


def main():
    args = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    args.add_argument('--seeds', type=int, default=500)
    args.add_argument('--jobs', type=int, default=2)
    args.add_argument('--stories', action='store_true', help='without the scenario programs')
    args.add_argument('names', nargs='*')
    opt = args.parse_args()
    tests = variants.programs(opt.seeds)
    if opt.stories:
        tests = tests[-1:]
    chosen = {n: texts_of(n) for n in VARIANTS if not opt.names or n in opt.names}
    bench = variants.Bench(opt.jobs)
    missed = 0
    try:
        bench.build(tests)
        with concurrent.futures.ThreadPoolExecutor(opt.jobs) as pool:
            todo = {n: pool.submit(bench.judge, i, chosen[n], tests)
                    for i, n in enumerate(chosen)}
            for name, one in todo.items():
                said = one.result()
                good = said not in (None, 'unfit', 'nothing')
                missed += not good
                print(f'{"ok" if good else "not ok"} - caught: {name} ({said})', flush=True)
    finally:
        bench.close()
    return 1 if missed else 0


if __name__ == '__main__':
    sys.exit(main())
