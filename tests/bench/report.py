# SPDX-License-Identifier: Apache-2.0
"""The measured numbers as Markdown."""

import measure


def seconds(value):
    return "%.2f" % value if value < 100 else "%.0f" % value


class Report:
    def __init__(self, head):
        self.head, self.goals, self.sections = head, [], []

    def goal(self, what, value, limit, unit="", at_least=False):
        """One line of the summary: a number, and what was asked of it."""
        met = value >= limit if at_least else value <= limit
        self.goals.append((what, "%.3g%s" % (value, unit), "%s %.3g%s" %
                           ("at least" if at_least else "at most", limit, unit),
                           "yes" if met else "no"))

    def runs(self, title, note, rows, per=None):
        """One measurement: rows of (name, list of {"seconds", "cpu"}, remark), the first of
        them the limit. `per` adds a rate: (how many, of what)."""
        limit = measure.median([r["seconds"] for r in rows[0][1]])
        rate = " %s a second |" % per[1] if per else ""
        out = ["### " + title, "", note, "",
               "| | median s | fastest to slowest | times bare |%s CPU s | |" % rate,
               "| --- | ---: | ---: | ---: |%s ---: | --- |" % (" ---: |" if per else "")]
        for name, runs, remark in rows:
            took = sorted(r["seconds"] for r in runs)
            mid = measure.median(took)
            line = "| %s | %s | %s to %s | %.2f |" % (name, seconds(mid), seconds(took[0]),
                                                     seconds(took[-1]), mid / limit)
            if per:
                line += " %.0f |" % (per[0] / mid)
            cpu = [r["cpu"] for r in runs if r.get("cpu") is not None]
            out.append(line + " %s | %s |" % (seconds(measure.median(cpu)) if cpu else "-",
                                              remark))
        self.sections.append("\n".join(out))

    def text(self, title, lines):
        self.sections.append("\n".join(["### " + title, ""] + lines))

    def markdown(self):
        out = ["- " + line for line in self.head] + [""]
        if self.goals:
            out += ["| number | measured | asked | met |", "| --- | ---: | ---: | --- |"]
            out += ["| %s | %s | %s | %s |" % goal for goal in self.goals] + [""]
        return "\n".join(out) + "\n" + "\n\n".join(self.sections) + "\n"
