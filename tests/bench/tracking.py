# SPDX-License-Identifier: Apache-2.0
"""What it costs that mail is tracked: a first fetch beside that of the foundation, and finding
what a mail answers in a large store beside a small one."""

import corpus
import measure
import ours

FOUNDATION = 1.68  # times bare, as docs/benchmarks.md had it before mail was tracked
ASKED = 500
WAYS = {"reply": "In-Reply-To", "token": "tracking token", "index": "Thread-Index",
        "nothing": "three ids that lead nowhere"}


def people():
    """Those of the mailbox whom the CRM knows, as sections of the directory."""
    return "".join("[contact c%d]\ntitle = %s\naddresses = %s\n" % (i, name, address)
                   for i, (address, name) in enumerate(corpus.Talk().known().items()))


def first_fetch(bench):
    """first fetch of a mailbox of conversations, correlated"""
    bench.bare("--user", "talk")
    jobs = {"bare": lambda: bench.bare("--user", "talk"),
            "brygga": lambda: bench.visit("talk", bench.big, people=people())}
    rows = [("bare", "bare", "throws the bytes away"),
            ("**brygga**", "brygga", "`brygga visit talk`, every mail correlated")]
    if bench.args.foundation:
        where = bench.where + "/foundation"
        old = ours.Brygga(bench.args.foundation, bench.server, where + "/brygga",
                          ours.plugins(bench.args.foundation, where))
        jobs["foundation"] = lambda: bench.visit("talk", bench.big, brygga=old)
        rows.append(("foundation", "foundation", "Brygga before it tracked mail"))
    r = bench.rounds(jobs)
    bench.report.runs("First fetch of %d messages in conversations" % bench.big, "Two in five "
                      "answer another one, every third sender is a contact of the CRM. One "
                      "session, clear text, into an empty store.",
                      [(title, r[name], remark) for title, name, remark in rows])
    if "foundation" in r:
        bench.report.goal("first fetch with correlation, times the foundation",
                          bench.mid(r, "brygga") / bench.mid(r, "foundation"), 1.25)
    else:
        bench.report.goal("first fetch with correlation, times the documented foundation",
                          bench.mid(r, "brygga") / bench.mid(r, "bare") / FOUNDATION, 1.25)


def filled(bench, n):
    """A store with n tracked emails."""
    b = ours.Brygga(bench.build, bench.server, "%s/tracked-%d" % (bench.where, n), bench.plugins)
    b.fresh({"anna": "anna"})
    bench.say("  %d emails tracked in %.0f s" % (n, b.probe("fill", n)["seconds"]))
    return b


def correlation(bench):
    """finding what a mail answers among a million and among a thousand"""
    sizes = (1000, 100_000 if bench.args.small else 1_000_000)
    stores = {n: filled(bench, n) for n in sizes}
    runs = {n: [] for n in sizes}
    for _ in range(bench.args.rounds):
        for n, b in stores.items():
            runs[n].append(b.probe("answers", ASKED, n))
            bench.say("  %8d: %s" % (n, runs[n][-1]))

    def mid(n, kind, way):
        return measure.median([r[kind][way] for r in runs[n]])

    titles = {"anywhere": "correlation alone, answers to any mail of the store",
              "newest": "correlation alone, answers to the newest 1,000",
              "whole": "from the header block to the verdict, any mail"}
    lines = ["One mail of the medians of %d rounds of %d answers, in microseconds, by the rooms "
             "that a visit uses; first as many that are not counted." % (len(runs[sizes[0]]),
                                                                       ASKED), "",
             "| | found by | %s | %s | times |" % tuple("among {:,}".format(n) for n in sizes),
             "| --- | --- | ---: | ---: | ---: |"]
    for kind, title in titles.items():
        for way, name in WAYS.items():
            few, lots = (mid(n, kind, way) for n in sizes)
            lines.append("| %s | %s | %.1f | %.1f | %.2f |" % (title, name, few, lots, lots / few))
            title = ""
    bench.report.text("Finding what a mail answers", lines)
    for kind, what in (("newest", "to one of the newest 1,000"), ("anywhere", "to any mail")):
        for way in ("reply", "token", "index"):
            bench.report.goal("correlation by %s, %s: among %s, times among %s" % (
                WAYS[way], what, "{:,}".format(sizes[1]), "{:,}".format(sizes[0])),
                mid(sizes[1], kind, way) / mid(sizes[0], kind, way), 2)
