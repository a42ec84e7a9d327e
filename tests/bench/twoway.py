# SPDX-License-Identifier: Apache-2.0
"""Contacts both ways: what the engine of the lane act costs in CPU. It runs inline in
tests/bench/twoway on a store on the disk, against a simulated mailbox whose own CPU is told
apart."""

import json
import re
import subprocess

import measure

HOW = {"alike": "both sides have them, alike",
       "mailbox": "only the mailbox has them",
       "differing": "both have them, each knows a field more"}


def once(bench, *args, program="twoway"):
    """What the program says; it ends by itself, or fails."""
    command = [bench.build + "/tests/bench/" + program, *(str(a) for a in args)]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=900, check=False)
    if done.returncode:
        raise measure.Failed("%s: %s" % (" ".join(command), done.stderr.strip()[-300:]))
    bench.say("  %s: %s" % (" ".join(str(a) for a in args[1:]), done.stdout.strip()))
    return done.stdout


def ask(bench, *args):
    return json.loads(once(bench, bench.where, *args))


def mid(runs, key):
    return measure.median([r[key] for r in runs])


def first_match(bench):
    """first matches of contacts, ours on one side, on both, and differing"""
    sizes = [n // bench.share for n in (1000, 5000, 10_000, 20_000)]
    runs = {(how, n): [] for how in HOW for n in sizes}
    for _ in range(bench.args.rounds):
        for (how, n), all_runs in runs.items():
            all_runs.append(ask(bench, "first", how, n))
    lines = ["Until all are linked and a visit finds nothing to do: pull, survey, the plan where "
             "one waits (it is approved at once), reading, matching, steps, and the fold of the "
             "log. Contacts of twelve fields; CPU of the engine alone. Median of %d." %
             bench.args.rounds, "",
             "| | contacts | CPU s | µs each | the simulated server's CPU s | writes to it |",
             "| --- | ---: | ---: | ---: | ---: | ---: |"]
    for (how, n), all_runs in runs.items():
        cpu = mid(all_runs, "cpu")
        lines.append("| %s | %d | %.2f | %.0f | %.2f | %d |" % (
            HOW[how] if n == sizes[0] else "", n, cpu, cpu / n * 1e6, mid(all_runs, "server"),
            mid(all_runs, "writes")))
    bench.report.text("First match", lines)
    for how, what in HOW.items():
        cpu = {n: mid(runs[how, n], "cpu") for n in sizes}
        bench.report.goal("first match of %s contacts, %s, our CPU" %
                          ("{:,}".format(sizes[2]), what), cpu[sizes[2]], 2, " s")
        bench.report.goal("first match, %s: one of %s, times one of %s" %
                          (what, "{:,}".format(sizes[3]), "{:,}".format(sizes[0])),
                          (cpu[sizes[3]] / sizes[3]) / (cpu[sizes[0]] / sizes[0]), 1.5)


def visits(bench):
    """visits with nothing new, and with ten changes, whatever is linked"""
    sizes = [10] + [n // bench.share for n in (1000, 100_000)]
    told = {n: ask(bench, "visits", n) for n in sizes}
    few, lots = told[sizes[1]], told[sizes[2]]
    lines = ["Medians of 20 visits, CPU of the engine alone. Of the ten changes five are the "
             "store's and five the mailbox's; at the end of the visit both have all.", "",
             "| contacts linked | nothing changed, ms | ten changes, ms |",
             "| ---: | ---: | ---: |"]
    for n, r in told.items():
        lines.append("| %d | %.2f | %s |" % (n, r["idle_ms"], "%.1f" % r["changed_ms"]
                                             if "changed_ms" in r else "-"))
    bench.report.text("Visits of a linked mailbox", lines)
    bench.report.goal("visit with nothing changed: %s linked, times %s" %
                      ("{:,}".format(sizes[2]), "{:,}".format(sizes[1])),
                      lots["idle_ms"] / few["idle_ms"], 1.5)
    bench.report.goal("visit with 10 changes among %s linked, our CPU" %
                      "{:,}".format(sizes[2]), lots["changed_ms"], 50, " ms")


def merges(bench):
    """merges alone, and records that the mailbox has changed, or both sides"""
    n = 5000 // bench.share
    alone, rates = {}, {"there": [], "both": []}
    for _ in range(bench.args.rounds):
        text = once(bench, 2, program="merge")
        for name, rate in re.findall(r"^(.*?)\s+(\d+) merges/s$", text, re.M):
            alone.setdefault(name, []).append(int(rate))
        for how, all_rates in rates.items():
            r = ask(bench, "merges", how, n)
            all_rates.append(r["records"] / r["cpu"])
    lines = ["On one core. Median of %d." % bench.args.rounds, "",
             "| | a second |", "| --- | ---: |"]
    lines += ["| decoded records merged: %s | %.0f |" % (name, measure.median(all_rates))
              for name, all_rates in alone.items()]
    lines.append("| records that the mailbox changed, from the listing to the step | %.0f |" %
                 measure.median(rates["there"]))
    lines.append("| records that both sides changed, from the listing to the read-back | %.0f |" %
                 measure.median(rates["both"]))
    lines += ["", "The last two are %d contacts, in visits that survey first because so much is new. "
              "What the mailbox changed is loaded and merged twice, and stands in one step. Where both "
              "sides changed another field, each record is loaded and merged four times, written in "
              "three steps and once in the mailbox, and read back." % n]
    bench.report.text("Merges", lines)
    bench.report.goal("merges of decoded records, 2 of 20 fields changed, a second",
                      measure.median(alone["20 fields, 2 changed"]), 500_000, at_least=True)
    bench.report.goal("records that the mailbox changed, loaded, merged and committed, a second",
                      measure.median(rates["there"]), 5000, at_least=True)
