#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Machine-made mutants of the two-way engine, and whether the simulation catches them.

    mutants.py [--count N] [--seeds N] [--jobs N] [--dice N] [--files PATTERN] [--report FILE]
    mutants.py --again REPORT [...]     only those that survived then

A mutant is one place of one file: an operator, a constant, a call or an assignment that is left
out, a branch that is always or never taken. Places are drawn by dice, of each file as many as its
share; one dice draws the same places again for as long as their lines stand. A mutant whose code is
the same as before is none, and another is drawn; nor is one that the list `equal` names, with the
reason why nobody can tell it from the engine as it is."""
import argparse
import collections
import concurrent.futures
import hashlib
import re
import sys
import time

import variants

EQUAL = f'{variants.TOP}/tests/simulation/equal'
ENGINE = ['core/sync.c', 'core/sync_double.c', 'core/sync_feed.c', 'core/sync_guard.c', 'core/sync_inbox.c',
          'core/sync_intent.c', 'core/sync_item.c', 'core/sync_merge.c',
          'core/sync_missing.c', 'core/sync_pull.c',
          'core/sync_push.c', 'core/sync_read.c', 'core/sync_recover.c', 'core/sync_state.c',
          'core/sync_write.c', 'core/plan.c', 'core/visit.c', 'core/commit.c', 'core/record.c',
          'core/fate.c', 'core/slots.c', 'plugins/storage/sql/apply_sync.c', 'plugins/storage/sql/apply_items.c']

SWAPS = [ # token, with what; blanks around keep pointers and signs out
    (r' == ', ' != '), (r' != ', ' == '), (r' < ', ' <= '), (r' <= ', ' < '), (r' > ', ' >= '),
    (r' >= ', ' > '), (r' < ', ' > '), (r' && ', ' || '), (r' \|\| ', ' && '), (r' \+ ', ' - '),
    (r' - ', ' + '), (r' \+= ', ' -= '), (r' \|= ', ' = '), (r' &= ~', ' |= '), (r'(?<=[(\s])!(?=[\w(])', ''),
    (r'\btrue\b', 'false'), (r'\bfalse\b', 'true'), (r'\bBRG_DURABLE\b', 'BRG_RELAXED'), (r'(?<![\w.\-"])0(?![\w."])', '1'),
    (r'(?<![\w.\-"])1(?![\w."])', '0'), (r'(?<![\w.\-"])1(?![\w."])', '2'),
    (r'\bcontinue;', 'break;'), (r'\bbreak;', ';'), (r'\+\+', '--'),
]
CALL = re.compile(r'^\t+(?:\(void\))?[a-z_]+\(.*\);$')
ASSIGN = re.compile(r'^\t+[*\w][\w.>\[\]*()-]* (?:[|&+-])?= .*;$')
BRANCH = re.compile(r'^(\t+(?:\} else )?if \()(.*)(\)(?: \{)?)$')
RETURN = re.compile(r'^(\t+return )([^;"]+);$')
# More memory than is needed is no fault, and less is the sanitizers' business.
SIZES = 'arena_alloc('
# Lines that nobody runs: constants of tables are rows to read, not to break.
SKIPPED = re.compile(r'^\s*(?:/?\*|#|//|static |extern |struct |const |typedef |\.\w+ = "|"|\[|\{ )')


def in_function(lines):
    """Numbers of the lines that stand in functions."""
    inside, comment = False, False
    for i, line in enumerate(lines):
        if line.startswith('{') and not line.startswith('{ '):
            inside = True
        elif line.startswith('}'):
            inside = False
        starts = '/*' in line and '*/' not in line
        if inside and not comment and not starts and '/*' not in line and '"' not in line \
                and not SKIPPED.match(line) and 'MUTANT(' not in line:
            yield i
        if starts:
            comment = True
        elif '*/' in line:
            comment = False


def declares(line):
    return re.match(r'^\t+(?:int|bool|size_t|u?int\d+_t|char|struct|const|unsigned|void|json_t)\b', line)


def read_equal():
    """{(file or file:function, line of code, what was done)}"""
    found = set()
    for line in open(EQUAL, encoding='utf-8'):
        if line.strip() and not line.startswith('#'):
            parts = [p.strip() for p in line.split(' @ ')]
            if len(parts) != 4 or not all(parts):
                raise SystemExit(f'{EQUAL}: not "file @ line @ what was done @ why": {line.strip()}')
            found.add(tuple(parts[:3]))
    return found


def places(path):
    """(line, what it becomes, what was done) of a file."""
    lines = open(f'{variants.TOP}/{path}', encoding='utf-8').read().split('\n')
    found = []
    for i in in_function(lines):
        line = lines[i]
        for token, other in SWAPS if SIZES not in line else []:
            for n, m in enumerate(re.finditer(token, line), 1):
                found.append((i, line[:m.start()] + other + line[m.end():],
                              f'{m.group().strip()} -> {other.strip() or "nothing"}'
                              + (f' #{n}' if n > 1 else '')))
        if CALL.match(line) and not declares(line):
            found.append((i, '\t;', 'call left out'))
        if ASSIGN.match(line) and not declares(line):
            found.append((i, '\t;', 'assignment left out'))
        m = BRANCH.match(line)
        if m:
            found.append((i, f'{m[1]}0 && ({m[2]}){m[3]}', 'branch never taken'))
            found.append((i, f'{m[1]}1 || ({m[2]}){m[3]}', 'branch always taken'))
        m = RETURN.match(line)
        if m and m[2] not in ('0', '1'):
            found.append((i, f'{m[1]}0;', 'returns 0'))
    return lines, found


def function_of(lines, at):
    """The name of the function that a line stands in."""
    while at and not lines[at].startswith('{'):
        at -= 1
    while at and not re.match(r'\w', lines[at]):
        at -= 1
    return re.search(r'(\w+)\(', lines[at])[1]


def shuffle(path, lines, found, dice):
    """By what is written there, so that a line more or less elsewhere leaves the others drawn."""
    seen, keyed = collections.Counter(), []
    for f in found:
        name = f'{dice} {path} {lines[f[0]].strip()} {f[2]}'
        seen[name] += 1
        keyed.append((hashlib.sha256(f'{name} {seen[name]}'.encode()).digest(), f))
    return [f for _, f in sorted(keyed)]


def draw(files, count, dice):
    """Of each file its share, shuffled; more than are wanted, for some are none."""
    of = {f: places(f) for f in files}
    total = sum(len(found) for _, found in of.values())
    unknown = []
    for where, code, done in sorted(read_equal()):
        path, _, function = where.partition(':')
        if path not in of:
            continue
        lines, found = of[path]
        fits = [f for f in found if (lines[f[0]].strip(), f[2]) == (code, done)
                and function in ('', function_of(lines, f[0]))]
        for f in fits:
            found.remove(f)
        if not fits:
            unknown.append(f'{EQUAL}: fits no more: {where} @ {code} @ {done}')
    if unknown:
        raise SystemExit('\n'.join(unknown))
    queues = [[path, lines, shuffle(path, lines, found, dice), max(4, round(count * len(found) / total))]
              for path, (lines, found) in of.items()]
    return queues, total


def survivors(report):
    """A queue of its own for each that a report names."""
    queues = []
    for line in open(report, encoding='utf-8'):
        m = re.match(r'survived: ([^:]+):(\d+): (.*)$', line)
        if m:
            lines, found = places(m[1])
            found = [f for f in found if f[0] + 1 == int(m[2]) and f[2] == m[3]]
            queues += [[m[1], lines, [f], 1] for f in found]
    return queues


def look(bench, second, number, queue, tests):
    """Draw from the queue until a mutant is one. (path, line, what, verdict)"""
    path, lines, found, _ = queue
    while True:
        with bench.lock:
            if not found:
                return None
            at, line, what = found.pop()
        text = '\n'.join([f'#line 1 "{path}"', *lines[:at], line, *lines[at + 1:]])
        said = bench.judge(number, {path: text}, [t for t in tests if t.name != 'sim_act'])
        if said is None:
            said = second.judge(number, {path: text}, variants.quick_scenarios())
            said = None if said in (None, 'nothing') else 'sanitized ' + said
        if said is None:
            said = bench.judge(number, {path: text}, [t for t in tests if t.name == 'sim_act'])
        if said not in ('unfit', 'nothing'):
            return path, at + 1, what, said


def table(results, out):
    files = sorted({r[0] for r in results})
    print(f'{"file":36} {"mutants":>8} {"caught":>8} {"survived":>9}', file=out)
    for f in [*files, None]:
        some = [r for r in results if f in (None, r[0])]
        caught = sum(r[3] is not None for r in some)
        print(f'{f or "all":36} {len(some):8} {caught:8} {len(some) - caught:9}', file=out)


def main():
    args = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    args.add_argument('--count', type=int, default=300)
    args.add_argument('--seeds', type=int, default=500)
    args.add_argument('--jobs', type=int, default=2)
    args.add_argument('--dice', type=int, default=1)
    args.add_argument('--files', default='')
    args.add_argument('--report')
    args.add_argument('--again')
    args.add_argument('--percent', type=int, default=90)
    opt = args.parse_args()
    files = [f for f in ENGINE + [m for m in sorted(variants.merge_files())] if opt.files in f]
    tests = variants.programs(opt.seeds, 30)
    bench = variants.Bench(opt.jobs)
    second = variants.Bench(opt.jobs, sanitized=True)
    began, results = time.time(), []
    try:
        for one, some in (bench, tests), (second, variants.quick_scenarios()):
            one.build(some)
            for test in some:
                said = one.run(test, one.dir + '/run', one.dir, one.dir)
                if said:
                    raise SystemExit(f'the engine as it is: {said}')
        if opt.again:
            queues = survivors(opt.again)
            total = opt.count = len(queues)
        else:
            queues, total = draw(files, opt.count, opt.dice)
        print(f'{total} places; built and tried in {time.time() - began:.0f} s', flush=True)
        work = [q for q in queues for _ in range(q[3])]
        with concurrent.futures.ThreadPoolExecutor(opt.jobs) as pool:
            todo = [pool.submit(look, bench, second, i, q, tests) for i, q in enumerate(work)]
            for one in concurrent.futures.as_completed(todo):
                r = one.result()
                if not r:
                    continue
                results.append(r)
                print(f'{len(results):4} {r[0]}:{r[1]}: {r[2]}: {r[3] or "SURVIVED"}', flush=True)
    finally:
        bench.close()
        second.close()
    caught = sum(r[3] is not None for r in results)
    good = len(results) >= opt.count and caught * 100 >= opt.percent * len(results)
    for out in [sys.stdout] + ([open(opt.report, 'w', encoding='utf-8')] if opt.report else []):
        table(results, out)
        for r in sorted(r for r in results if r[3] is None):
            print(f'survived: {r[0]}:{r[1]}: {r[2]}', file=out)
    print(f'{"ok" if good else "not ok"} - {caught} of {len(results)} mutants caught in '
          f'{time.time() - began:.0f} s')
    return 0 if good else 1


if __name__ == '__main__':
    sys.exit(main())
