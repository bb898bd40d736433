"""What the measures of size share: rows, counts, and a place to run in."""

import os
import time
from contextlib import contextmanager
from dataclasses import dataclass

from disk import Disk
from jesfs import PATIENT_WRITER, Jesfs
from measures import Row
from place import Place
from process import free_port, wait_until
from sink import Sink

GIBIBYTE = 1 << 30
MEBIBYTE = 1 << 20

SIZE_ROWS = (
    Row("S1", "start, until ls answers", "s", False, 4, ("sqlite3",)),
    Row("S1k", "the same after a kill", "s", False, None, ("sqlite3",)),
    Row("S2", "ls -U of all of them", "s", False, 3, ("ext4",)),
    Row("S3", "accept, full spool", "mails/s", True, 0.8, ("empty",)),
    Row("S4", "drain, full spool", "mails/s", True, 0.8, ("empty",)),
    Row("S5", "memory, full spool", "MiB", False, 400, ()),
    Row("S6", "kernel's inodes, all sent", "MiB", False, 0.05, ("full",)),
    Row("S6d", "dentries, of the whole machine", "MiB", False, None,
        ("full",)),
    Row("S7", "one large data set written", "MiB/s", True, 0.5, ("dd",)),
    Row("S7m", "memory it takes, sent too", "MiB", False, 32, ()),
    Row("S8", "a data set of as many mails", "mails/s", True, None,
        ("data sets",)),
    Row("S8m", "memory it takes, sent too", "MiB", False, 64, ()),
)

MAIL = """\
MAIL FROM:<sender@bench.invalid>
RCPT TO:<recipient@bench.invalid>
DATA
From: <sender@bench.invalid>
To: <recipient@bench.invalid>
Subject: size

It is one of many.
.
"""


@dataclass(frozen=True)
class Sizes:
    """How large each thing is."""

    data_sets: int = 1000000
    accept: int = 10000
    drain: int = 60000
    large: int = 2 * GIBIBYTE
    mails: int = 1000000
    rounds: int = 5
    warm: int = 500


SHORT_SIZES = Sizes(data_sets=30000, accept=3000, drain=3000,
                    large=64 * MEBIBYTE, mails=20000, rounds=3)


class Stage:
    """A disk of its own, a small mail, and mounts whose server waits."""

    def __init__(self, scratch, build, smtp_sink, sizes):
        self.scratch = os.path.join(scratch, type(self).__name__.lower())
        self.build = build
        self.smtp_sink = smtp_sink
        self.sizes = sizes
        self.disk = None
        self.place = None

    def _set_up(self, octets, files=0):
        """The disk, still to be entered."""
        os.makedirs(self.scratch)
        os.chmod(self.scratch, 0o755)
        self.disk = Disk(self.scratch, octets, files)
        self.place = Place(self.scratch, self.build, self.disk)
        self.place.data_set = os.path.join(self.scratch, "small")
        self.place.write(self.place.data_set, "HELO bench.invalid\n" + MAIL)
        return self.disk

    def side(self, folder):
        """A mount, still to be started."""
        return Jesfs(os.path.join(self.build, "jesfs"), self.place, folder,
                     PATIENT_WRITER)

    @contextmanager
    def waiting(self, side):
        """Mounts it on an empty spool; its server is there and says nothing.

        A server that is not there would be tried again after a while, and
        what is measured would begin with that pause. This one answers the
        moment it is told to, in the same mount.
        """
        self.disk.sync()
        try:
            # A server that is gone keeps nobody from ending.
            with Sink(self.smtp_sink, free_port()) as sink:
                sink.pause()
                side.start(sink.port)
                yield sink
        finally:
            side.stop()
            side.clean()

    def accept_rate(self, side, count):
        """Data sets a second, from 16 threads."""
        began = time.monotonic()
        side.accept(count)
        return count / (time.monotonic() - began)

    @staticmethod
    def drain_rate(sink, count, seconds=300):
        """Lets the server answer until it has so many: mails a second.

        From the first mail to the last: how long the start takes is no part
        of it.
        """
        before = sink.count()
        sink.resume()
        wait_until(lambda: sink.count() > before, "the first mail")
        first, began = sink.mails, time.monotonic()
        wait_until(lambda: sink.count() >= count,
                   f"{count} mails at the server", seconds)
        return (sink.mails - first) / (time.monotonic() - began)

    def empty_drain_rate(self, folder):
        """The same of few data sets on a spool of their own."""
        side = self.side(folder)
        with self.waiting(side) as sink:
            side.accept(self.sizes.drain)
            rate = self.drain_rate(sink, self.sizes.drain)
            sink.wait_for(self.sizes.drain)
        return rate
