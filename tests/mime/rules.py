# SPDX-License-Identifier: Apache-2.0
"""The kinds of difference to Python: each a name, and a sentence on who is right and why."""

RULES = []


class Rule:
    def __init__(self, name, why):
        self.name, self.why = name, why
        RULES.append(self)
