"""Many sequences on one mount, and those with a kill in the middle together.

Sequences without a kill go one after the other. Of the others a whole group
plays up to its kill, each in a process of its own, so that a child that
closes its copies closes only those of its sequence; then the program is
killed once for all of them, and they go on one by one. Their names differ,
and each looks only at its own.
"""

import os
import pickle
import traceback

from operations import text_of
from player import Disagreement, Player

GROUP = 150


class Failure:
    """A sequence that failed, as text that repeats it."""

    def __init__(self, sequence, error):
        self.text = text_of(sequence)
        if isinstance(error, Disagreement):
            self.what = error.what
            self.expected, self.seen = str(error.expected), str(error.seen)
        else:
            self.what = "".join(traceback.format_exception_only(error)).strip()
            self.expected, self.seen = "no error", self.what


class Totals:
    """What was done and what was found."""

    def __init__(self):
        self.sequences = 0
        self.operations = 0
        self.labels_back = 0
        self.restarts = 0
        self.seconds = 0.0  # of the slowest job
        self.failures = []

    def add(self, player, sequence, failure):
        """One sequence is over."""
        self.sequences += 1
        self.operations += len(sequence)
        self.labels_back += player.labels_back
        if failure is not None:
            self.failures.append(failure)

    def merge(self, other):
        """Adds what another has counted."""
        self.sequences += other.sequences
        self.operations += other.operations
        self.labels_back += other.labels_back
        self.restarts += other.restarts
        self.seconds = max(self.seconds, other.seconds)
        self.failures += other.failures


def run_whole(mount, sequence, totals):
    """Plays a sequence without a kill."""
    player = Player(mount)
    failure = None
    try:
        for operation in sequence:
            player.play(operation)
        player.finish()
    except (Disagreement, OSError) as error:
        failure = Failure(sequence, error)
        player.clean_up()
    totals.add(player, sequence, failure)


class Parted:
    """A sequence in a process of its own, halted where its kill is."""

    def __init__(self, mount, sequence, tag):
        self.sequence = sequence
        self.result, self.halted = os.pipe()
        self.go_on, self.signal = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(self.result)
            os.close(self.signal)
            self._run_child(mount, tag)
        os.close(self.halted)
        os.close(self.go_on)

    def _run_child(self, mount, tag):
        totals = Totals()
        try:
            self._play(mount, tag, totals)
            with os.fdopen(self.halted, "wb") as out:
                pickle.dump(totals, out)
        finally:
            os._exit(0)

    def _halt(self):
        os.write(self.halted, b".")
        os.read(self.go_on, 1)

    def _play(self, mount, tag, totals):
        player = Player(mount, tag)
        kill_at = [one[0] for one in self.sequence].index("kill")
        failure = None
        try:
            for operation in self.sequence[:kill_at]:
                player.play(operation)
        except (Disagreement, OSError) as error:
            failure = Failure(self.sequence, error)
        self._halt()
        try:
            if failure is None:
                player.killed()
                for operation in self.sequence[kill_at + 1:]:
                    player.play(operation)
                player.finish()
        except (Disagreement, OSError) as error:
            failure = Failure(self.sequence, error)
        if failure is not None:
            player.clean_up()
        totals.add(player, self.sequence, failure)

    def wait_for_kill(self):
        """Until it has played up to its kill."""
        os.read(self.result, 1)

    def finish(self, totals):
        """Lets it go on and adds what became of it."""
        os.write(self.signal, b".")
        os.close(self.signal)
        with os.fdopen(self.result, "rb") as given:
            octets = given.read()
        os.waitpid(self.pid, 0)
        if octets:
            totals.merge(pickle.loads(octets))
        else:
            totals.sequences += 1
            totals.failures.append(Failure(
                self.sequence, OSError("its process ended without a word")))


def run_group(mount, sequences, totals):
    """Plays sequences that have their kill in common."""
    parted = []
    for number, sequence in enumerate(sequences):
        one = Parted(mount, sequence, f"_{number}_")
        one.wait_for_kill()
        parted.append(one)
    mount.kill_and_restart()
    for one in parted:
        one.finish(totals)


def run_all(mount, sequences, totals, failures_max):
    """Plays them all, or until failures_max have failed."""
    group = []
    for sequence in sequences:
        if len(totals.failures) >= failures_max:
            return
        if ("kill", None, None) not in sequence:
            run_whole(mount, sequence, totals)
            continue
        group.append(sequence)
        if len(group) == GROUP:
            run_group(mount, group, totals)
            group.clear()
    if group:
        run_group(mount, group, totals)
