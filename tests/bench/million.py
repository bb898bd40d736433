"""A million data sets on one writer: to start, list, add, send and forget."""

import os
import shutil
import subprocess
import sys
import time
from contextlib import ExitStack

from process import (BenchError, free_port, kernel_octets, memory_octets,
                     wait_until)
from stage import GIBIBYTE, MEBIBYTE, Stage

AT_ONCE = 50000
FORGET_SECONDS = 60
FORGOTTEN = 0.01
OCTETS_EACH = 2048  # on the disk, the copy and all else included
CACHES = ("fuse_inode", "dentry")


def _timed(work):
    began = time.monotonic()
    work()
    return time.monotonic() - began


class Million(Stage):
    """The mount they wait in, filled once; each step finds them there."""

    keys = {"S1", "S1k", "S2", "S3", "S4", "S5", "S6", "S6d"}

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.steps = (
            (("S5",), self.memory),
            (("S2",), self.listing),
            (("S3",), self.accept),
            (("S1", "S1k"), self.start),
            (("S4", "S6", "S6d"), self.drain),
        )
        self.full = None
        self.sink = None
        self.ext4 = None
        self.count = 0
        self.kernel_before = []
        self.kernel_full = {}
        self._open = ExitStack()

    def __enter__(self):
        count = self.sizes.data_sets
        with ExitStack() as stack:
            disk = stack.enter_context(
                self._set_up(GIBIBYTE + count * OCTETS_EACH, count))
            self.ext4 = self._make_files(os.path.join(disk.path, "ext4"))
            self.full = self.side("full")
            self.sink = stack.enter_context(self.waiting(self.full))
            self.kernel_before = [kernel_octets(cache) for cache in CACHES]
            self._fill(count)
            self.kernel_full = self._kernel_takes()
            self._open = stack.pop_all()
        return self

    def __exit__(self, *error):
        return self._open.__exit__(*error)

    def _make_files(self, folder):
        """As many empty files, with names of the same length."""
        os.makedirs(folder)
        for number in range(self.sizes.data_sets):
            name = f"load-{os.getpid()}-{number % AT_ONCE}.{number // AT_ONCE}"
            os.close(os.open(os.path.join(folder, name),
                             os.O_WRONLY | os.O_CREAT, 0o600))
        return folder

    def _fill(self, count):
        """Creates them through the mount, and sees that all are there."""
        while self.count < count:
            part = min(AT_ONCE, count - self.count)
            rate = self.accept_rate(self.full, part)
            self.count += part
            print(f"  {self.count:,} data sets, the last {rate:,.0f}/s",
                  file=sys.stderr)
        self._expect_listed(self.full, ["-U"])

    def _expect_listed(self, side, options):
        """Lists a mount; every data set must be in it."""
        listed = self._list(side.drop, options)
        if listed != self.count:
            raise BenchError(f"{listed} names instead of {self.count}")

    @staticmethod
    def _list(folder, options):
        """ls | wc -l"""
        with subprocess.Popen(["ls", *options, folder], stdout=subprocess.PIPE,
                              env=dict(os.environ, LC_ALL="C")) as names:
            counted = subprocess.run(["wc", "-l"], stdin=names.stdout,
                                     check=True, capture_output=True)
        return int(counted.stdout)

    # ---- steps ------------------------------------------------------------

    def memory(self):
        """S5: what the daemon takes."""
        octets = memory_octets(self.full.daemon.pid)
        yield "jesfs", {"S5": octets / MEBIBYTE}

    def listing(self):
        """S2: a directory of either, in turn; both have been read before."""
        self._list(self.ext4, ["-U"])
        for _ in range(self.sizes.rounds):
            yield "ext4", {"S2": _timed(
                lambda: self._list(self.ext4, ["-U"]))}
            yield "jesfs", {"S2": _timed(
                lambda: self._expect_listed(self.full, ["-U"]))}

    def accept(self):
        """S3: some more, and as many on an empty spool, in turn."""
        more, empty = self.sizes.accept, self.side("empty")
        for _ in range(self.sizes.rounds):
            with self.waiting(empty):
                empty.accept(self.sizes.warm)
                yield "empty", {"S3": self.accept_rate(empty, more)}
                rate = self.accept_rate(self.full, more)
                self.count += more
                yield "jesfs", {"S3": rate}

    def start(self):
        """S1, S1k: on a copy of the spool, so that the mount stays."""
        copy = self.side("copy")
        shutil.copytree(self.full.spool, copy.spool)
        try:
            copy.start(free_port())
            copy.stop()
            self._select(copy.spool)
            for _ in range(self.sizes.rounds):
                yield "sqlite3", {"S1": _timed(
                    lambda: self._select(copy.spool))}
                yield "jesfs", {"S1": self._start_seconds(copy)}
                copy.stop()
            yield "sqlite3", {"S1k": _timed(lambda: self._select(copy.spool))}
            for _ in range(2):
                copy.start(free_port())
                copy.kill()
                yield "jesfs", {"S1k": self._start_seconds(copy)}
        finally:
            copy.stop()
            copy.clean()

    def _start_seconds(self, side):
        """From nothing to a whole ls, sorted as it is."""
        def start_and_list():
            side.start(free_port())
            self._expect_listed(side, [])

        return _timed(start_and_list)

    @staticmethod
    def _select(spool):
        """The yardstick of S1."""
        subprocess.run(["sqlite3", os.path.join(spool, "spool.db"),
                        "select * from dataset"], check=True,
                       stdout=subprocess.DEVNULL)

    def drain(self):
        """S4, S6: all of them are sent, in parts; between them, a few."""
        yield "full", self.kernel_full
        for part in range(1, self.sizes.rounds + 1):
            yield "empty", {"S4": self.empty_drain_rate("empty")}
            yield "jesfs", {"S4": self.drain_rate(
                self.sink, self.count * part // self.sizes.rounds)}
            self.sink.pause()
        self.sink.resume()
        self.sink.wait_for(self.count)
        wait_until(self.full.is_idle, "an empty spool")
        yield "jesfs", self._kernel_keeps()

    def _kernel_takes(self):
        """What the kernel has in memory more than before the mount.

        No inode of ours goes before its dentries have. The dentries of other
        file systems cannot be told from ours, so theirs are only shown.
        """
        taken = [kernel_octets(cache) - before for cache, before
                 in zip(CACHES, self.kernel_before)]
        return {key: max(0, octets) / MEBIBYTE
                for key, octets in zip(("S6", "S6d"), taken)}

    def _kernel_keeps(self):
        """The same when it had time to forget."""
        enough = self.kernel_full["S6"] * FORGOTTEN
        deadline = time.monotonic() + FORGET_SECONDS
        while self._kernel_takes()["S6"] > enough \
                and time.monotonic() < deadline:
            time.sleep(0.5)
        return self._kernel_takes()
