"""Messages of other programs arrive as they were, or are refused rightly."""

import glob
import os
import re

import servers
from comparing import compare, parse, recipients
from mounted import TARGET, Mounted
from refusals import FOR_NOBODY, REFUSALS
from sources import sources

PATIENCE_S = 120
SENT_LEAST = 120
WRITER = "REAL"


def put_all(mounted, found):
    """Writes every message. Returns names by data set, and refusals."""
    jobs, refused = {}, {}
    for name, path in found.items():
        with open(path, "rb") as file:
            octets = file.read()
        number, error = mounted.put(WRITER, "m", octets)
        jobs[number] = name
        if error is not None:
            refused[name] = os.strerror(error)
    return jobs, refused


def read_mails(box, jobs):
    """The mails that arrived, by name: octets and recipients of each."""
    arrived = {}
    for path in glob.glob(os.path.join(box, "*.mail")):
        with open(path, "rb") as file:
            octets = file.read()
        with open(path[:-len("mail")] + "env", encoding="utf-8") as file:
            rcpts = set(re.findall(r"^rcpt <(.*)>$", file.read(), re.M))
        job = re.search(rb"spool id JOB0*(\d+)", octets)
        name = jobs[int(job.group(1))]
        arrived.setdefault(name, []).append((octets, rcpts))
    return arrived


def judge(name, octets, mails, reason):
    """What is wrong with a message, or None; reason: it was not taken."""
    expected = REFUSALS.get(name)
    if expected is not None:
        if reason is None or expected not in reason:
            return f"{name}: refused as {reason}, expected {expected}"
        if name in FOR_NOBODY and recipients(parse(octets)):
            return f"{name}: Python reads recipients"
        return f"{name}: was sent all the same" if mails else None
    if reason is not None:
        return f"{name}: refused: {reason}"
    if len(mails) != 1:
        return f"{name}: {len(mails)} mails arrived"
    difference = compare(octets, *mails[0])
    return f"{name}: {difference}" if difference else None


def judge_all(found, arrived, refused):
    """What is wrong, of all of them."""
    failures = []
    for name, path in found.items():
        with open(path, "rb") as file:
            failures.append(judge(name, file.read(), arrived.get(name, []),
                                  refused.get(name)))
    failures += [f"{name}: there is no such message"
                 for name in REFUSALS if name not in found]
    print(f"{len(found)} messages: {len(arrived)} were sent,"
          f" {len(refused)} refused")
    if len(arrived) < SENT_LEAST:
        failures.append(f"{len(arrived)} sent, expected {SENT_LEAST}")
    return [failure for failure in failures if failure]


def run(build, unpacked, scratch):
    """Returns how many checks there were, and what failed."""
    found = sources(unpacked)
    capture = servers.Capture(os.path.join(scratch, "capture"))
    mounted = Mounted(build, os.path.join(scratch, "jesfs"), {
        WRITER: "InputFormat message\n" + TARGET.format(port=capture.port)})
    try:
        capture.start(build)
        mounted.start()
        jobs, refused = put_all(mounted, found)
        for words in mounted.wait_settled(PATIENCE_S):
            number = int(words[0].lstrip("JOB"))
            refused[jobs[number]] = " ".join(words[5:])
        return len(found), judge_all(
            found, read_mails(capture.box, jobs), refused)
    finally:
        mounted.stop()
        capture.stop()
