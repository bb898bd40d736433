"""What is measured, and the floors to reach."""

import time
from contextlib import contextmanager
from dataclasses import dataclass

from process import BenchError, free_port, sessions_to, wait_until
from sink import Sink

SESSIONS = 16
MEBIBYTE = 1 << 20


@dataclass(frozen=True)
class Row:
    """One line of the table: a figure of each side, and their ratio.

    must: ours divided by theirs is at least that where more is better,
    at most that where less is. None: the ratio is shown, no more.
    beside: whose figures are theirs; the best of them counts. With nobody
    beside, the figure itself is at least or at most that.
    """

    key: str
    work: str
    unit: str
    is_more_better: bool
    must: float | None
    beside: tuple = ("postfix", "postfix-tuned")

    def is_reached(self, ratio):
        """Whether a ratio is on the right side of the floor."""
        if self.must is None:
            return True
        if self.is_more_better:
            return ratio >= self.must
        return ratio <= self.must


ROWS = (
    Row("B1", "durable accept, 16 at once", "mails/s", True, 4),
    Row("B1s", "durable accept, one at a time", "mails/s", True, 12),
    Row("B2", "a process per mail, 8 at once", "mails/s", True, 3.5),
    Row("B3", "drain of a full queue", "mails/s", True, 8),
    Row("B4", "end to end, 16 at once", "mails/s", True, 7),
    Row("B5", "processor time, 1,000 mails", "ms", False, 1 / 6),
    Row("B6", "one mail when idle, p50", "ms", False, 1 / 4),
    Row("B6p99", "one mail when idle, p99", "ms", False, 1 / 5),
    Row("B7", "memory, full queue, 16 sessions", "MiB", False, 1 / 2),
    Row("B7w", "written to disk, 1,000 mails", "MiB", False, 1 / 2),
)


@dataclass(frozen=True)
class Counts:
    """How many mails each measure takes."""

    accept: int = 10000
    single: int = 400
    processes: int = 1500
    queue: int = 20000
    through: int = 8000
    idle: int = 500
    gap_ms: int = 10
    warm: int = 500


SHORT = Counts(accept=3000, single=150, processes=500, queue=3000,
               through=3000, idle=100)


class Measures:
    """The measures, each a function of one side that returns figures."""

    def __init__(self, smtp_sink, disk, counts):
        self.smtp_sink = smtp_sink
        self.disk = disk
        self.counts = counts
        self.all = (
            (("B1",), self.accept),
            (("B1s",), self.accept_one_by_one),
            (("B2",), self.accept_by_processes),
            (("B3",), self.drain),
            (("B4", "B5", "B7w"), self.end_to_end),
            (("B6", "B6p99"), self.latency),
            (("B7",), self.memory),
        )

    @contextmanager
    def _running(self, side, start, port):
        """A side with an empty queue, stopped and emptied afterwards."""
        self.disk.sync()
        try:
            start(port)
            yield
        finally:
            side.stop()
            side.clean()

    def _sink(self, port, hang=False):
        return Sink(self.smtp_sink, port, hang)

    def _rate(self, side, hand_over, count):
        """Mails a second that a side takes while none leaves."""
        with self._running(side, side.start_undelivered, free_port()):
            side.accept(self.counts.warm)
            began = time.monotonic()
            hand_over(count)
            took = time.monotonic() - began
            expect_queued(side, count + self.counts.warm)
        return count / took

    def accept(self, side):
        """B1: open, write, close against kept SMTP sessions."""
        return {"B1": self._rate(side, side.accept, self.counts.accept)}

    def accept_one_by_one(self, side):
        """B1s: the same from one thread, against sendmail."""
        return {"B1s": self._rate(side, side.accept_one_by_one,
                                  self.counts.single)}

    def accept_by_processes(self, side):
        """B2: cp against sendmail, eight at once."""
        return {"B2": self._rate(
            side, lambda count: side.accept_by_processes(count, jobs=8),
            self.counts.processes)}

    def drain(self, side):
        """B3: a queue filled before, from the first mail to the last."""
        port, count = free_port(), self.counts.queue
        with self._running(side, side.start_filling, port):
            side.accept(count)
            expect_queued(side, count)
            side.stop()
            with self._sink(port) as sink:
                side.start(port)
                wait_until(lambda: sink.count() > 0, "the first mail")
                first, began = sink.mails, time.monotonic()
                took = sink.wait_for(count) - began
        return {"B3": (count - first) / took}

    def end_to_end(self, side):
        """B4, B5, B7w: from the writers to the sink, and what it cost."""
        port, count = free_port(), self.counts.through
        with self._running(side, side.start, port), self._sink(port) as sink:
            side.accept(self.counts.warm)
            sink.wait_for(self.counts.warm)
            wait_until(side.is_idle, "an empty queue")
            octets = self.disk.octets_written()
            cpu, began = side.cpu_seconds(), time.monotonic()
            side.accept(count)
            took = sink.wait_for(count + self.counts.warm) - began
            wait_until(side.is_idle, "an empty queue")
            cpu = side.cpu_seconds() - cpu
            # What a side still keeps in memory it writes when it ends.
            side.stop()
            octets = self.disk.octets_written() - octets
        return {"B4": count / took, "B5": cpu * 1e6 / count,
                "B7w": octets * 1000 / count / MEBIBYTE}

    def latency(self, side):
        """B6: one mail at a time on a system at rest."""
        port = free_port()
        with self._running(side, side.start, port), self._sink(port) as sink:
            p50, p99 = side.probe(self.counts.idle, self.counts.gap_ms, sink)
        return {"B6": p50, "B6p99": p99}

    def memory(self, side):
        """B7: a sink that never answers, and mail queued behind it."""
        port, count = free_port(), self.counts.queue
        with self._running(side, side.start, port), \
                self._sink(port, hang=True) as sink:
            side.accept(count)
            wait_until(lambda: sessions_to(sink.port) >= SESSIONS,
                       "16 sessions")
            expect_queued(side, count)
            octets = side.memory_octets()
        return {"B7": octets / MEBIBYTE}


def expect_queued(side, count):
    """No figure without the mails: all of them must be in the queue."""
    # Mail that moves between two queues while they are read is seen twice
    # or not at all; it soon comes to rest.
    try:
        wait_until(lambda: side.queued() == count, "", seconds=30)
    except BenchError:
        raise BenchError(
            f"{side.queued()} mails in the queue instead of {count}") from None
