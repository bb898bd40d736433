"""jesfs beside Postfix: speed, memory and disk, side by side.

Runs every measure on both sides in turn, several rounds, and prints medians
and ratios. Postfix runs twice, with Debian's settings and with settings for
speed; the better figure counts. Exit status 0 when every floor is reached.
"""

import argparse
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

import fetch
from disk import Disk
from jesfs import Jesfs
from large import Large
from measures import ROWS, SHORT, Counts, Measures
from million import Million
from place import Place
from postfix import Postfix
from process import BenchError
from reading import READING_ROWS, SHORT_AMOUNTS, Amounts, Reading
from stage import SHORT_SIZES, SIZE_ROWS, Sizes

ERRORS = (BenchError, OSError, subprocess.CalledProcessError)


class Results:
    """The figures of all rounds."""

    def __init__(self):
        self.figures = {}
        self.failures = []

    def add(self, name, figures):
        """Keeps the figures of one run."""
        for key, figure in figures.items():
            self.figures.setdefault((key, name), []).append(figure)

    def fail(self, label, error):
        """Notes that a run gave no figures."""
        self.failures.append(f"{label}: {error}")
        print(f"  {label}: FAILED: {error}", file=sys.stderr)

    def median(self, key, name):
        """The median over the rounds, or None."""
        figures = self.figures.get((key, name))
        return statistics.median(figures) if figures else None

    def best(self, row):
        """The better median of those beside us and whose it is."""
        known = [(self.median(row.key, name), name) for name in row.beside
                 if self.median(row.key, name) is not None]
        if not known:
            return None, None
        return max(known) if row.is_more_better else min(known)


def parse_options():
    """The command line."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("build", help="folder of the programs")
    parser.add_argument("--short", action="store_true",
                        help="one round with few mails, to try it")
    parser.add_argument("--rounds", type=int, default=0)
    parser.add_argument("--only", default="", metavar="B1,S1")
    parser.add_argument("--sides", default="", metavar="jesfs,postfix")
    parser.add_argument("--unpacked", action="store_true",
                        help="do not use Postfix as it is installed")
    return parser.parse_args()


def run_rounds(results, measures, sides, wanted, rounds):
    """Every wanted measure: all sides in turn, round after round."""
    for keys, measure in measures.all:
        if wanted and not wanted & set(keys):
            continue
        for number in range(rounds):
            for side in sides:
                run_once(results, measure, side, "/".join(keys), number + 1)


def run_once(results, measure, side, label, number):
    """One run of one side; a failure is noted and the next one follows."""
    began = time.monotonic()
    try:
        figures = measure(side)
    except ERRORS as error:
        results.fail(f"{label} round {number} {side.name}", error)
        return
    results.add(side.name, figures)
    print_run(f"{label} round {number} {side.name}", figures, began)


def print_run(label, figures, began):
    """What one run has shown, for who waits."""
    text = ", ".join(f"{key} {figure:.4g}" for key, figure in figures.items())
    print(f"  {label}: {text} ({time.monotonic() - began:.1f} s)",
          file=sys.stderr)


def run_stage(results, stage, wanted):
    """The wanted steps of one stage; it is not set up for none."""
    if wanted and not wanted & stage.keys:
        return
    try:
        with stage:
            for keys, step in stage.steps:
                if not wanted or wanted & set(keys):
                    run_step(results, step, "/".join(keys))
    except ERRORS as error:
        results.fail("/".join(sorted(stage.keys)), error)


def run_step(results, step, label):
    """One step, which gives figures as it goes."""
    began = time.monotonic()
    try:
        for name, figures in step():
            results.add(name, figures)
            print_run(f"{label} {name}", figures, began)
            began = time.monotonic()
    except ERRORS as error:
        results.fail(label, error)


def format_figure(figure):
    """A figure in as many digits as it deserves."""
    return f"{figure:,.0f}" if figure >= 100 else f"{figure:.3g}"


def format_verdict(row, ratio):
    """What a line must be, and whether it is."""
    if row.must is None:
        return ""
    sign = ">=" if row.is_more_better else "<="
    verdict = "reached" if row.is_reached(ratio) else "MISSED"
    return f"{sign} {row.must:.3g} {verdict}"


def print_row(results, row):
    """One line. Returns whether its floor was reached."""
    ours = results.median(row.key, "jesfs")
    theirs, name = results.best(row)
    if ours is None or (row.beside and theirs is None):
        return True
    ratio = ours / theirs if row.beside else ours
    columns = (f"{format_figure(theirs):>9}  {name:14}"
               f"{format_figure(ours):>9}{ratio:>9.3g}" if row.beside
               else f"{'':25}{format_figure(ours):>9}{'':9}")
    print(f"{row.key:6}{row.work:33}{row.unit:9}{columns}  "
          f"{format_verdict(row, ratio)}")
    return row.is_reached(ratio)


def print_table(results):
    """The table. Returns whether every floor was reached."""
    print(f"{'':6}{'':33}{'unit':9}{'theirs':>9}  {'':14}{'ours':>9}"
          f"{'ratio':>9}  must")
    return all([print_row(results, row) for row in ROWS + SIZE_ROWS + READING_ROWS])


def run_sides(results, options, programs, scratch, wanted):
    """Both sides on one disk."""
    if wanted and not wanted & {row.key for row in ROWS}:
        return
    chosen = set(filter(None, options.sides.split(",")))
    with Disk(scratch) as disk:
        place = Place(scratch, options.build, disk)
        sides = [Postfix(programs, place, is_tuned=False),
                 Postfix(programs, place, is_tuned=True),
                 Jesfs(os.path.join(options.build, "jesfs"), place)]
        measures = Measures(programs.command("smtp-sink"), disk,
                            SHORT if options.short else Counts())
        run_rounds(results, measures,
                   [s for s in sides if not chosen or s.name in chosen],
                   wanted, options.rounds or (1 if options.short else 3))


def run(options, scratch):
    """Sets up what is measured, measures, prints. Returns the exit status."""
    results = Results()
    wanted = set(filter(None, options.only.split(",")))
    options.build = os.path.abspath(options.build)
    unpacked = os.path.join(os.path.dirname(options.build), "postfix")
    programs = fetch.postfix(unpacked, options.unpacked)
    run_sides(results, options, programs, scratch, wanted)
    for stage in (Million, Large):
        run_stage(results, stage(
            scratch, options.build, programs.command("smtp-sink"),
            SHORT_SIZES if options.short else Sizes()), wanted)
    run_stage(results, Reading(
        scratch, options.build,
        SHORT_AMOUNTS if options.short else Amounts()), wanted)
    is_good = print_table(results)
    for failure in results.failures:
        print(f"failed: {failure}")
    return 0 if is_good and not results.failures else 1


def main():
    """Runs the bench in a scratch folder that goes when it ends."""
    options = parse_options()
    if os.geteuid() != 0:
        sys.exit("bench: needs root, for mounts and a loop device")
    # A terminated run takes the same way out as a finished one.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    signal.signal(signal.SIGHUP, lambda *_: sys.exit(1))
    scratch = tempfile.mkdtemp(prefix="jesfs-bench-")
    os.chmod(scratch, 0o755)
    try:
        status = run(options, scratch)
    except ERRORS as error:
        print(f"bench: {error}", file=sys.stderr)
        status = 1
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    sys.exit(status)


if __name__ == "__main__":
    main()
