# SPDX-License-Identifier: Apache-2.0
"""Views that are wrong on purpose. Rules that explain such a view too would explain anything, so
check.py counts how many are noticed.
"""
import copy
import random


def changed(text):
    """Another text of the same length, if it has any."""
    return text[:-1] + ("x" if text[-1] != "x" else "y") if text else "x"


def subject(view, rng):
    view["subject"] = changed(view["subject"])


def author(view, rng):
    key = rng.choice(["name", "address"])
    view["from"][key] = changed(view["from"][key])


def fewer_to(view, rng):
    if not view["to"]:
        return False
    view["to"].pop(rng.randrange(len(view["to"])))


def other_to(view, rng):
    if not view["to"]:
        return False
    one = rng.choice(view["to"])
    one["address"] = changed(one["address"])


def later(view, rng):
    if not view["date"]:
        return False
    view["date"] += 3600 * 1000000


def ident(view, rng):
    view["message_id"] = changed(view["message_id"])


def fewer_parts(view, rng):
    if not view["parts"]:
        return False
    view["parts"].pop()


def kind(view, rng):
    if not view["parts"]:
        return False
    one = rng.choice(view["parts"])
    one["type"] = changed(one["type"])


def name(view, rng):
    if not view["parts"]:
        return False
    one = rng.choice(view["parts"])
    one["name"] = changed(one["name"])


def content(view, rng):
    if not view["parts"]:
        return False
    one = rng.choice(view["parts"])
    key = "content" if "content" in one else "bytes"
    if one["type"].startswith("message/"):
        return False
    one[key] = changed(one[key])


def octets(view, rng):
    if not view["parts"]:
        return False
    one = rng.choice(view["parts"])
    if one["type"].startswith("message/"):
        return False
    one["octets"] += 1


def hidden(view, rng):
    """A text that is to be read becomes a file."""
    shown = [p for p in view["parts"] if p["type"] == "text/plain" and not p["attachment"] and p["depth"]]
    if not shown:
        return False
    rng.choice(shown)["attachment"] = True


def text(view, rng):
    words = view["text"].split(" ")
    if len(words) < 3:
        return False
    words.pop(rng.randrange(len(words) - 1))
    view["text"] = " ".join(words)


def html(view, rng):
    if view["html_at"] < 0:
        return False
    view["html"] = changed(view["html"].rstrip())


WAYS = [subject, author, fewer_to, other_to, later, ident, fewer_parts, kind, name, content, octets,
        hidden, text, html]


def falsified(view, seed):
    """What was changed, and the changed view; None where the way does not fit."""
    rng = random.Random(seed)
    way = rng.choice(WAYS)
    false = copy.deepcopy(view)
    if way(false, rng) is False:
        return None
    return way.__name__, false
