# SPDX-License-Identifier: Apache-2.0
"""What the test's Exchange server remembers from one life to the next: the mailboxes, in a file."""
import copyreg
import os
import pickle

from lxml import etree

import ews_mailbox

copyreg.pickle(etree._Element, lambda element: (etree.fromstring, (etree.tostring(element, with_tail=False),)))


def save(server, path):
    for box in server.boxes.values():
        box.system = None
    kept = {"boxes": server.boxes, "mailed": server.mailed, "sent": server.sent,
            "numbers": next(ews_mailbox.numbers)}
    with open(path + ".new", "wb") as f:
        pickle.dump(kept, f)
    os.replace(path + ".new", path)


def load(server, path):
    if not os.path.exists(path):
        return
    with open(path, "rb") as f:
        kept = pickle.load(f)
    server.boxes, server.mailed, server.sent = kept["boxes"], kept["mailed"], kept["sent"]
    ews_mailbox.start_numbers(kept["numbers"] + 1)
    for box in server.boxes.values():
        box.system = server
