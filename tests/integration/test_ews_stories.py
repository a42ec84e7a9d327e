# SPDX-License-Identifier: Apache-2.0
"""The other half of the random stories with an Exchange server, for the second processor."""
from test_ews_story import SEEDS, play


def test_story(t):
    """and so in as many stories more"""
    play(t, range(SEEDS // 2 + 1, SEEDS + 1))
