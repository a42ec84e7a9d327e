# SPDX-License-Identifier: Apache-2.0
"""The kinds of difference to Python: each a name, a colon, and who is right and why."""

RULES = []


class Rule:
    def __init__(self, text):
        self.name, self.why = " ".join(text.split()).split(": ", 1)
        RULES.append(self)
