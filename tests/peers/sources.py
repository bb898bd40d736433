"""Messages that others wrote, found in packages that are only unpacked."""

import os
import re

ENMIME = "usr/share/gocode/src/github.com/jhillyerd/enmime/testdata"

# A short name, a folder of what was unpacked, and the files there.
PLACES = (
    ("python", "usr/lib/python3.11/test/test_email/data", r"msg_\w+\.txt"),
    ("bounce", "usr/lib/python3/dist-packages/flufl/bounce/tests/data",
     r".*\.txt"),
    ("spamassassin", "usr/share/doc/spamassassin/examples",
     r"sample-.*\.txt"),
    ("enmime", f"{ENMIME}/mail", r".*\.raw"),
    ("enmime-bad", f"{ENMIME}/low-quality", r".*\.raw"),
)


def sources(unpacked):
    """The path of each message, by a name such as python/msg_01.txt."""
    found = {}
    for place, folder, pattern in PLACES:
        for path, folders, names in os.walk(os.path.join(unpacked, folder)):
            folders.sort()
            found.update((f"{place}/{name}", os.path.join(path, name))
                         for name in sorted(names)
                         if re.fullmatch(pattern, name))
    return found
