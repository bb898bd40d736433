"""Model check: a mount against a reference model, sequence by sequence.

Plays sequences of operations on a real mount and on a model that was written
from the documented behaviour, and compares every errno, listing, content and
state. Without --short: all of 3 over two names, all of 4 over one name, and
20,000 random ones of 30 over two names and two writers. Exit status 0 when
all agree; a sequence that does not is printed with the command repeating it.
"""

import argparse
import itertools
import os
import shutil
import signal
import sys
import tempfile
import time

from batch import Totals, run_all
from jobs import run_jobs
from mount import Mount, MountError, lacks
from operations import all_of, asked_for, at_random, sequence_of
from shrink import shrink

FAILURES_MAX = 10


class Part:
    """A name, the sequences, and how many there are with what is left out."""

    def __init__(self, name, sequences, asked):
        self.name = name
        self.sequences = sequences
        self.asked = asked


def parse_options():
    """The command line."""
    parser = argparse.ArgumentParser(prog="model", description=__doc__)
    parser.add_argument("build", help="folder of the programs")
    parser.add_argument("--short", action="store_true",
                        help="length 2, and 500 random ones")
    parser.add_argument("--seed", type=int, default=0,
                        help="of the random ones; else another each time")
    parser.add_argument("--jobs", type=int, default=4, metavar="N",
                        help="mounts at the same time, 4")
    parser.add_argument("--random", type=int, default=None, metavar="N")
    parser.add_argument("--only", default="", metavar="two,one,random")
    parser.add_argument("--play", default="", metavar="SEQUENCE",
                        help="one sequence, as a failure prints it; where"
                        " it fails it is made as short as it gets")
    return parser.parse_args()


def parts_of(options):
    """What is to be played."""
    two, one, count = (2, 2, 500) if options.short else (3, 4, 20000)
    if options.random is not None:
        count = options.random
    parts = {
        "two": Part(f"{two} operations over two names",
                    all_of("ab", two), asked_for("ab", two)),
        "one": Part(f"{one} operations over one name",
                    all_of("a", one), asked_for("a", one)),
        "random": Part(f"random, seed {options.seed}",
                       (at_random(options.seed, number)
                        for number in range(count)), count),
    }
    chosen = set(filter(None, options.only.split(","))) or set(parts)
    return [part for key, part in parts.items() if key in chosen]


def shrunk(mount, options):
    """Plays the one asked for, and shorter ones while they fail."""
    totals = Totals()
    sequence = tuple(sequence_of(options.play))
    failure = shrink(mount, sequence)
    totals.sequences = 1
    totals.operations = len(sequence)
    totals.failures = [failure] if failure is not None else []
    return totals


def run_share(options, scratch, number):
    """One job: every so many sequences of each part, on its own mount.

    Returns the totals of each part.
    """
    folder = os.path.join(scratch, str(number))
    os.mkdir(folder)
    mount = Mount(os.path.join(os.path.abspath(options.build), "jesfs"),
                  folder)
    results = []
    try:
        mount.start()
        if options.play:
            return [shrunk(mount, options)]
        for part in parts_of(options):
            began = time.monotonic()
            totals = Totals()
            run_all(mount, itertools.islice(
                part.sequences, number, None, options.jobs),
                    totals, FAILURES_MAX)
            totals.seconds = time.monotonic() - began
            results.append(totals)
        results[-1].restarts = mount.restarts
    finally:
        status = mount.stop()
    if status != 0:
        raise MountError(f"jesfs ended with {status}:\n{mount.log()}")
    return results


def run(options, scratch):
    """Plays every part. Returns the totals of all."""
    if options.play:
        options.jobs = 1
    everything = Totals()
    shares = run_jobs(options.jobs,
                      lambda number: run_share(options, scratch, number))
    for part, results in zip(parts_of(options), zip(*shares)):
        totals = Totals()
        for share in results:
            totals.merge(share)
        everything.merge(totals)
        if not options.play:
            print(f"{part.name}: {totals.sequences} sequences played"
                  f" ({part.asked} asked for), {totals.operations}"
                  f" operations, {len(totals.failures)} failed,"
                  f" {totals.seconds:.1f} s")
    print(f"{everything.restarts} times killed and restarted;"
          f" {everything.labels_back} labels went back to an older data set")
    return everything


def report(options, totals):
    """What failed, and the line that closes a test."""
    for failure in totals.failures[:FAILURES_MAX]:
        print(f"\n{failure.what}\n  expected {failure.expected}\n"
              f"  seen     {failure.seen}\n"
              f"  repeat   python3 -B tests/model {options.build}"
              f" --play '{failure.text}'")
    good = totals.sequences - len(totals.failures)
    percent = 100 * good // totals.sequences if totals.sequences else 0
    print(f"{percent}%: Checks: {totals.sequences},"
          f" Failures: {len(totals.failures)}, Errors: 0")
    return 0 if totals.sequences > 0 and not totals.failures else 1


def main():
    """Plays in a scratch folder that goes when it ends."""
    options = parse_options()
    if lacks() is not None:
        print(f"not run: {lacks()}")
        sys.exit(1 if os.environ.get("CI") == "true" else 0)
    options.seed = options.seed or int.from_bytes(os.urandom(4), "big")
    # A terminated run takes the same way out as a finished one.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    signal.signal(signal.SIGHUP, lambda *_: sys.exit(1))
    scratch = tempfile.mkdtemp(prefix="jesfs-model-")
    os.chmod(scratch, 0o755)
    try:
        status = report(options, run(options, scratch))
    except (MountError, OSError) as error:
        print(f"model: {error}\n0%: Checks: 1, Failures: 0, Errors: 1")
        status = 1
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    sys.exit(status)


if __name__ == "__main__":
    main()
