"""jesfs and what others made: their mail servers, and their mail.

  smuggling  what is in a body stays in it, at a real Postfix and a real Exim
  realmail   messages of other programs arrive as they were

Runs in namespaces of its own, below one scratch folder: when it ends, so do
its processes and mounts. The exit status is 0 when all agreed.
"""

import argparse
import os
import shutil
import signal
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
TESTS = os.path.dirname(HERE)
sys.path.insert(1, os.path.join(TESTS, "bench"))

# pylint: disable=wrong-import-position # they are found only now
import realmail  # noqa: E402
import smuggling  # noqa: E402
from process import BenchError  # noqa: E402

PARTS = {"realmail": realmail.run, "smuggling": smuggling.run}
INSIDE = "JESFS_PEERS_INSIDE"
NAMESPACES = ["unshare", "--mount", "--propagation", "private", "--pid",
              "--fork", "--kill-child", "--mount-proc"]


def lacks():
    """What is missing for a mount, or None."""
    if os.geteuid() != 0:
        return "this needs root, to mount"
    try:
        os.close(os.open("/dev/fuse", os.O_RDWR))
    except OSError as error:
        return f"/dev/fuse: {error.strerror}"
    return None


def run(part, build, scratch):
    """Runs a part; prints what failed and the line that closes a test."""
    unpacked = os.path.join(os.path.dirname(TESTS), "build", part)
    try:
        count, failures = PARTS[part](build, unpacked, scratch)
    except (BenchError, OSError) as error:
        print(f"{part}: {error}\n0%: Checks: 1, Failures: 0, Errors: 1")
        return 1
    for failure in failures:
        print(failure)
    percent = 100 * (count - len(failures)) // count if count else 0
    print(f"{percent}%: Checks: {count}, Failures: {len(failures)},"
          " Errors: 0")
    return 0 if count > 0 and not failures else 1


def main():
    """Enters the namespaces, and runs there."""
    parser = argparse.ArgumentParser(prog="peers", description=__doc__)
    parser.add_argument("part", choices=PARTS)
    parser.add_argument("build", help="folder of the programs")
    options = parser.parse_args()
    if lacks() is not None:
        print(f"not run: {lacks()}")
        sys.exit(1 if os.environ.get("CI") == "true" else 0)
    if INSIDE not in os.environ:
        os.environ[INSIDE] = "yes"
        os.execvp(NAMESPACES[0], NAMESPACES + [sys.executable, "-B", HERE]
                  + sys.argv[1:])
    # A terminated run takes the same way out as a finished one.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    scratch = tempfile.mkdtemp(prefix="jesfs-peers-")
    os.chmod(scratch, 0o755)
    try:
        status = run(options.part, options.build, scratch)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    sys.exit(status)


if __name__ == "__main__":
    main()
