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
import sys
import tempfile
import time

import fetch
from disk import Disk
from jesfs import Jesfs
from measures import ROWS, SHORT, Counts, Measures
from place import Place
from postfix import Postfix
from process import BenchError


class Results:
    """The figures of all rounds."""

    def __init__(self):
        self.figures = {}
        self.failures = []

    def add(self, side, figures):
        """Keeps the figures of one run."""
        for key, figure in figures.items():
            self.figures.setdefault((key, side.name), []).append(figure)

    def median(self, key, name):
        """The median over the rounds, or None."""
        figures = self.figures.get((key, name))
        return statistics.median(figures) if figures else None

    def best(self, row, names):
        """The better median of several sides and whose it is."""
        known = [(self.median(row.key, name), name) for name in names
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
    parser.add_argument("--only", default="", metavar="B1,B4")
    parser.add_argument("--sides", default="", metavar="jesfs,postfix")
    parser.add_argument("--unpacked", action="store_true",
                        help="do not use Postfix as it is installed")
    return parser.parse_args()


def run_rounds(measures, sides, wanted, rounds):
    """Every wanted measure: all sides in turn, round after round."""
    results = Results()
    for keys, measure in measures.all:
        if wanted and not wanted & set(keys):
            continue
        for number in range(rounds):
            for side in sides:
                run_once(results, measure, side, "/".join(keys), number + 1)
    return results


def run_once(results, measure, side, label, number):
    """One run of one side; a failure is noted and the next one follows."""
    began = time.monotonic()
    try:
        figures = measure(side)
    except (BenchError, OSError) as error:
        results.failures.append(f"{label} {side.name}: {error}")
        print(f"  {label} round {number} {side.name}: FAILED: {error}",
              file=sys.stderr)
        return
    results.add(side, figures)
    text = ", ".join(f"{key} {figure:.4g}" for key, figure in figures.items())
    print(f"  {label} round {number} {side.name}: {text}"
          f" ({time.monotonic() - began:.1f} s)", file=sys.stderr)


def format_figure(figure):
    """A figure in as many digits as it deserves."""
    return f"{figure:,.0f}" if figure >= 100 else f"{figure:.3g}"


def print_table(results):
    """The table. Returns whether every floor was reached."""
    is_good = True
    print(f"{'':6}{'':33}{'unit':9}{'theirs':>9}  {'':14}{'ours':>9}"
          f"{'ratio':>9}  must")
    for row in ROWS:
        theirs, name = results.best(row, ("postfix", "postfix-tuned"))
        ours = results.median(row.key, "jesfs")
        if theirs is None or ours is None:
            continue
        ratio = ours / theirs
        sign = ">=" if row.is_more_better else "<="
        verdict = "reached" if row.is_reached(ratio) else "MISSED"
        is_good = is_good and row.is_reached(ratio)
        print(f"{row.key:6}{row.work:33}{row.unit:9}"
              f"{format_figure(theirs):>9}  {name:14}"
              f"{format_figure(ours):>9}{ratio:>9.3g}  "
              f"{sign} {row.must:.3g} {verdict}")
    return is_good


def run(options, scratch):
    """Sets up both sides, measures, prints. Returns the exit status."""
    build = os.path.abspath(options.build)
    unpacked = os.path.join(os.path.dirname(build), "postfix")
    programs = fetch.postfix(unpacked, options.unpacked)
    with Disk(scratch) as disk:
        place = Place(scratch, build, disk)
        sides = [Postfix(programs, place, is_tuned=False),
                 Postfix(programs, place, is_tuned=True),
                 Jesfs(os.path.join(build, "jesfs"), place)]
        chosen = set(filter(None, options.sides.split(",")))
        sides = [s for s in sides if not chosen or s.name in chosen]
        measures = Measures(programs.command("smtp-sink"), disk,
                            SHORT if options.short else Counts())
        results = run_rounds(
            measures, sides, set(filter(None, options.only.split(","))),
            options.rounds or (1 if options.short else 3))
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
    except (BenchError, OSError) as error:
        print(f"bench: {error}", file=sys.stderr)
        status = 1
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    sys.exit(status)


if __name__ == "__main__":
    main()
