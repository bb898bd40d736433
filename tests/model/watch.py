"""What can be seen of a mount, beside what the model says.

Of both writer directories the listing, and of every data set its job id,
inode, state, size and mode; the size that each open handle gives; what is in
a data set; status/queue.

What the program does after close(2) has returned is waited for: a look at
the mount is repeated until it is as expected or WAIT_S are over.
"""

import errno
import os
import stat
import time

from spool_model import SpoolModel

WAIT_S = 5.0


class Disagreement(Exception):
    """What was expected and what was seen."""

    def __init__(self, what, expected, seen):
        super().__init__(what)
        self.what = what
        self.expected = expected
        self.seen = seen


def only_in(one, other):
    """What a dictionary has that another has not, or has otherwise."""
    return {key: one[key] for key in one if one[key] != other.get(key)}


class Watcher:
    """Looks at a mount for one sequence."""

    def __init__(self, mount, tag):
        self.mount = mount
        self.tag = tag  # in every name of this sequence, and in no other
        self.model = SpoolModel()
        self.handles = {}  # place: [(descriptor, handle of the model)]
        self.jobs = set()
        self.seen_jobs = {}  # (path, inode): job id

    def forget(self):
        """Asks for all job ids again."""
        self.seen_jobs.clear()

    # ---- names ---------------------------------------------------------

    def label(self, place, suffix=""):
        """The name of a place, or of one beside it."""
        return place[1] + self.tag + suffix

    def path(self, writer, name):
        """A name in a writer directory."""
        return os.path.join(self.mount.directory(writer), name)

    def _is_ours(self, name):
        return self.tag in name

    # ---- what can be seen ----------------------------------------------

    def names(self, writer):
        """What a writer directory lists of this sequence."""
        return filter(self._is_ours, os.listdir(self.mount.directory(writer)))

    def _expected(self):
        return {
            (one.writer, one.shown()): {
                "job": one.job, "inode": one.inode, "state": one.state,
                "size": len(one.octets), "modes": sorted(one.modes)}
            for one in self.model.data_sets}

    def _seen(self):
        found = {}
        for writer in (1, 2):
            for name in self.names(writer):
                path = self.path(writer, name)
                try:
                    found[writer, name] = self._look(path)
                except FileNotFoundError:
                    continue  # went between the listing and the look
        return found

    def _look(self, path):
        status = os.lstat(path)
        known = (path, status.st_ino)  # whose job id never changes
        if known not in self.seen_jobs:
            self.seen_jobs[known] = os.getxattr(
                path, "user.jes.jobid").decode()
        return {"job": self.seen_jobs[known],
                "inode": status.st_ino,
                "state": os.getxattr(path, "user.jes.state").decode(),
                "size": status.st_size,
                "modes": [stat.S_IMODE(status.st_mode)]}

    @staticmethod
    def _agree(expected, seen):
        if expected.keys() != seen.keys():
            return False
        for place, one in expected.items():
            other = seen[place]
            if not set(other["modes"]) <= set(one["modes"]):
                return False
            if any(one[key] != other[key]
                   for key in ("job", "inode", "state", "size")):
                return False
        return True

    def _agree_in_time(self, look, expected, agree, what):
        deadline = time.monotonic() + WAIT_S
        while not agree(expected, seen := look()):
            if time.monotonic() > deadline:
                raise Disagreement(what, only_in(expected, seen),
                                   only_in(seen, expected))
            time.sleep(0.0005)

    def compare(self):
        """The listings of both writers, until they are as expected."""
        self._agree_in_time(
            self._seen, self._expected(), self._agree, "listing")
        for stack in self.handles.values():
            for descriptor, handle in stack:
                self._compare_size(descriptor, handle.data_set)

    def _compare_size(self, descriptor, one):
        try:
            seen = os.fstat(descriptor).st_size
        except OSError as error:
            seen = errno.errorcode[error.errno]
        if seen != len(one.octets):
            raise Disagreement("fstat of a handle", len(one.octets), seen)

    def compare_octets(self, one):
        """What is in a data set, by every name that it has."""
        for name in {one.shown(), one.job_name()}:
            with open(self.path(one.writer, name), "rb") as opened:
                seen = opened.read()
            if seen != one.octets:
                raise Disagreement(
                    f"content of {name}", one.octets, seen)

    def compare_queue(self):
        """Its line in status/queue, of each."""
        expected = {}
        for one in self.model.data_sets:
            writer = os.path.basename(self.mount.directory(one.writer))
            expected[one.job] = (writer, one.state, one.reason)

        def look():
            path = os.path.join(self.mount.point, "status", "queue")
            with open(path, encoding="utf-8") as queue:
                rows = [line.split(None, 5) for line in queue][1:]
            # WRITER OWNER STATE, NEXT TRY, REASON: of our jobs
            return {row[0]: (row[1], row[3], row[5].strip())
                    for row in rows if row[0] in self.jobs}

        def agree(wanted, seen):
            return wanted.keys() == seen.keys() and all(
                row[:2] == seen[job][:2] and row[2] in seen[job][2]
                for job, row in wanted.items())

        self._agree_in_time(look, expected, agree, "status/queue")
