"""The scratch folder of a run, its mails, and the load tools."""

import os
import subprocess

from process import BenchError
from postfix import LENGTH, RECIPIENT, SENDER

HEADER = f"""\
From: <{SENDER}>
To: <{RECIPIENT}>
Date: Mon, 1 Jan 2024 00:00:00 +0000
Message-Id: <1@bench.invalid>

"""
LINE = "X" * 78
# The same octets, with the envelope around them.
ENVELOPE = f"HELO bench.invalid\nMAIL FROM:<{SENDER}>\nRCPT TO:<{RECIPIENT}>\n"


class Place:
    """Where a run keeps its files."""

    def __init__(self, scratch, tools, disk):
        self.scratch = scratch
        self.tools = tools
        self.disk = disk
        text = HEADER + self._body()
        self.message = os.path.join(scratch, "message")
        self.data_set = os.path.join(scratch, "data-set")
        self.write(self.message, text)
        self.write(self.data_set, f"{ENVELOPE}DATA\n{text}.\nQUIT\n")

    @staticmethod
    def _body():
        text = (LINE + "\n") * (LENGTH // (len(LINE) + 1) + 1)
        return text[:LENGTH - 1] + "\n"

    def folder(self, *names):
        """Makes a folder and returns its path."""
        path = os.path.join(self.scratch, *names)
        os.makedirs(path, exist_ok=True)
        return path

    @staticmethod
    def write(path, text):
        """Writes a text file."""
        with open(path, "w", encoding="ascii") as file:
            file.write(text)

    # What programs complain about is shown only when they fail.
    @staticmethod
    def run(command, stdin=None):
        """Runs a command to its end and returns what it printed."""
        done = subprocess.run(command, stdin=stdin, check=False, text=True,
                              capture_output=True)
        if done.returncode:
            raise BenchError(f"{command[0]}: exit {done.returncode}: "
                             + done.stderr[-200:].strip())
        return done.stdout

    def load(self, threads, count, file, folder):
        """bench_load: many files from several threads."""
        return self.run([f"{self.tools}/bench_load", str(threads),
                         str(count), file, folder])

    def spawn(self, jobs, count, stdin, command):
        """bench_spawn: a process per mail."""
        self.run([f"{self.tools}/bench_spawn", str(jobs), str(count), stdin,
                  *command])

    def probe(self, count, gap_ms, file, target, sink):
        """bench_probe: one mail at a time; p50 and p99 in ms."""
        printed = self.run([f"{self.tools}/bench_probe", str(count),
                            str(gap_ms), file, *target], sink.counters)
        return tuple(float(word) for word in printed.split())
