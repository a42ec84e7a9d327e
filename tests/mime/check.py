#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Odd mail: what our parser shows is compared with what should be shown (corpus/, expected/,
big.py) and with Python's email package, on the corpus and on generated messages.

    check.py [--messages N] [--seed N] [NAME ...]   NAME: only messages whose names begin so
    check.py --catalogue                            write README.md anew
    check.py --generated SEED                       print a generated message

$BRYGGA_BUILD_DIR is where mime_show was built (make check TESTS=).
"""
import argparse
import collections
import concurrent.futures
import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

import big  # noqa: E402
import differences  # noqa: E402
import expect  # noqa: E402
import generate  # noqa: E402
import rules  # noqa: E402
from falsify import falsified  # noqa: E402

PIECE = 250  # messages for one process of mime_show
LEAST = 300  # messages of the corpus
NOTICED = 0.99  # of the views that are wrong on purpose: some fields can be read in many ways
MARK = "<!-- check.py --catalogue writes what follows -->"
passed = failed = 0


def say(good, name, why=()):
    """One line a test, as the other suites print them; what was wrong goes below it."""
    global passed, failed
    passed, failed = passed + bool(good), failed + (not good)
    print(f"{'ok' if good else 'not ok'} - {name}", flush=True)
    if not good:
        for line in list(why)[:int(os.environ.get("MIME_LINES", 40))]:
            print(f"#   {line}"[:1500])
    return good


def program():
    return os.path.join(os.environ.get("BRYGGA_BUILD_DIR", "."), "mime_show")


def show(messages):
    """Our views of raw messages."""
    feed = b"".join(len(raw).to_bytes(4, "big") + raw for raw in messages)
    done = subprocess.run([program(), "--batch"], input=feed, stdout=subprocess.PIPE, check=True)
    views = [json.loads(line) for line in done.stdout.splitlines()]
    if len(views) != len(messages):
        raise RuntimeError(f"{len(views)} views of {len(messages)} messages")
    return views


def load(only):
    """The corpus: name, bytes, expectation."""
    for name in sorted(os.listdir(os.path.join(HERE, "corpus"))):
        stem = name.removesuffix(".eml")
        if only and not stem.startswith(tuple(only)):
            continue
        with open(os.path.join(HERE, "corpus", name), "rb") as f:
            raw = f.read()
        with open(os.path.join(HERE, "expected", stem + ".json"), encoding="utf-8") as f:
            yield stem, raw, json.load(f)


# ---- the corpus itself ---------------------------------------------------------------------------


def catalogue(messages):
    """README.md: what stands above its mark, and one line a message, grouped."""
    with open(os.path.join(HERE, "README.md"), encoding="utf-8") as f:
        out = f.read().partition(MARK)[0] + MARK + "\n"
    group = None
    for name, _, want in messages:
        if want["group"] != group:
            group = want["group"]
            out += f"\n## {group}\n\n| Message | Structure | Defect |\n|---|---|---|\n"
        cells = [name, want["structure"], want["defect"]]
        out += "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"
    return out


def check_catalogue(messages):
    seen = collections.Counter((want["structure"], want["defect"]) for _, _, want in messages)
    twice = [f"{s}; {d}" for (s, d), n in seen.items() if n > 1]
    say(not twice, f"no two of {len(messages)} messages have the same structure and defect", twice)
    same = collections.Counter(raw for _, raw, _ in messages)
    say(len(same) == len(messages), "no two messages have the same bytes")
    say(len(messages) >= LEAST, f"there are at least {LEAST} messages")
    files = {name.removesuffix(".json") for name in os.listdir(os.path.join(HERE, "expected"))}
    lone = files ^ {name for name, _, _ in messages}
    say(not lone, "every message has its expectation, and there are no others", sorted(lone))
    with open(os.path.join(HERE, "README.md"), encoding="utf-8") as f:
        say(f.read() == catalogue(messages), "README.md lists the messages as they are (check.py --catalogue)")


# ---- expectations --------------------------------------------------------------------------------


def check_expected(messages, known):
    views = show([raw for _, raw, _ in messages])
    for (name, raw, want), ours in zip(messages, views):
        wrong = expect.compare(want, ours) + expect.promises(raw, ours)
        label = f"{name}: {want['structure']}: {want['defect']}"
        if name in known:
            say(wrong, f"{label} (known to be wrong: {known[name]})",
                ["it is right now: take it out of known.json"])
        else:
            say(not wrong, label, wrong)
    return views


def check_big():
    """One process a message: what one leaves behind must not help the next."""
    for name, raw, want in big.messages():
        ours, = show([raw])
        wrong = expect.compare(want, ours) + expect.promises(raw, ours)
        say(not wrong, f"{name}: {want['structure']}: {want['defect']}", wrong)


# ---- Python --------------------------------------------------------------------------------------


class Found:
    """What the comparison of many messages with Python came to."""

    def __init__(self):
        self.messages = self.different = self.whole = 0
        self.known = collections.Counter()  # what is wrong and known to be, by its defect
        self.rules = collections.Counter()
        self.wrong = []  # sentences
        self.falsified = self.noticed = 0
        self.missed = collections.Counter()

    def add(self, other):
        for key in ("messages", "different", "whole", "falsified", "noticed"):
            setattr(self, key, getattr(self, key) + getattr(other, key))
        self.known += other.known
        self.rules += other.rules
        self.missed += other.missed
        self.wrong += other.wrong


def judge(found, name, raw, ours):
    """Every difference of one message needs a rule."""
    case = differences.Case(raw, ours)
    found.messages += 1
    used, unexplained = differences.explain(case)
    found.rules.update(used)
    found.different += bool(used or unexplained)
    found.wrong += [f"{name}: {sentence}" for sentence in unexplained]
    return case


def falsify(found, case, wanted, seed):
    """A view that is wrong on purpose must be noticed: else the rules explain anything."""
    false = falsified(case.ours, seed)
    if false is None:
        return
    what, view = false
    found.falsified += 1
    _, unexplained = differences.explain(differences.Case(case.raw, view, case.python))
    if unexplained or list(expect.against(wanted, view)):
        found.noticed += 1
    else:
        found.missed[f"{what} of generated {seed}"] += 1


def judge_generated(first, n, every, known):
    """A piece of the generated messages, in a process of its own."""
    found = Found()
    made = [generate.make(seed) for seed in range(first, first + n)]
    views = show([raw for raw, _, _ in made])
    for seed, ((raw, did, wanted), ours) in enumerate(zip(made, views), first):
        name = f"generated {seed} ({', '.join(did)})"
        wrong = expect.promises(raw, ours) + list(expect.against(wanted, ours))
        before = len(found.wrong)
        found.wrong += [f"{name}: {sentence}" for sentence in wrong]
        found.whole += "parts" in wanted and "content" in wanted["parts"][0]
        case = judge(found, name, raw, ours)
        if set(did) & set(known):
            found.known.update({defect: len(found.wrong) - before for defect in did if defect in known})
            del found.wrong[before:]
        elif seed % every == 0:
            falsify(found, case, wanted, seed)
    return found


def report(found, name):
    say(not found.wrong, f"{name}: {found.messages} messages, {found.different} of which differ from Python in "
        f"{len(found.rules)} ways, each explained", found.wrong)


def check_python(messages, views, known):
    found = Found()
    for (name, raw, _), ours in zip(messages, views):
        if name not in known:
            judge(found, name, raw, ours)
    report(found, "the corpus")
    return found


def check_generated(first, n, known):
    found = Found()
    with concurrent.futures.ProcessPoolExecutor(max_workers=os.cpu_count()) as pool:
        starts = range(first, first + n, PIECE)
        sizes = [min(PIECE, first + n - start) for start in starts]
        for piece in pool.map(judge_generated, starts, sizes, [10] * len(sizes), [known] * len(sizes)):
            found.add(piece)
    for defect, why in known.items():
        say(found.known[defect], f"generated: {defect} (known to be wrong: {why})",
            ["it is right now: take it out of known.json"])
    report(found, f"generated from {first} on")
    say(found.whole >= n // 3, f"of {found.whole} of them every part is known beforehand, and is what is shown")
    say(found.noticed >= NOTICED * found.falsified,
        f"{found.noticed} of {found.falsified} views that were made wrong on purpose are noticed",
        list(found.missed))
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=20000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--catalogue", action="store_true")
    parser.add_argument("--generated", type=int)
    parser.add_argument("names", nargs="*")
    args = parser.parse_args()
    if args.generated is not None:
        sys.stdout.buffer.write(generate.make(args.generated)[0])
        return 0
    messages = list(load(args.names))
    if args.catalogue:
        text = catalogue(messages)
        with open(os.path.join(HERE, "README.md"), "w", encoding="utf-8") as f:
            f.write(text)
        return 0
    if not os.access(program(), os.X_OK):
        print(f"not ok - {program()} is built (make check TESTS=, $BRYGGA_BUILD_DIR)")
        return 1
    with open(os.path.join(HERE, "known.json"), encoding="utf-8") as f:
        known = json.load(f)
    if not args.names:
        check_catalogue(messages)
    views = check_expected(messages, known["messages"])
    found = check_python(messages, views, known["messages"])
    if not args.names:
        check_big()
        found.add(check_generated(args.seed, args.messages, known["defects"]))
        idle = [rule.name for rule in rules.RULES if rule.name not in found.rules]
        say(not idle, "every rule of differences.py explains something", idle)
        for rule in rules.RULES:
            print(f"# {found.rules[rule.name]:6} {rule.name}: {rule.why}")
    print(f"\n{passed} passed, {failed} failed")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
