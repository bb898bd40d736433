"""Reading data sets: jes check beside programs that read the same file."""

import os
import random
import subprocess
import time
from dataclasses import dataclass

from measures import Row
from process import BenchError, MemoryWatch
from stage import MEBIBYTE

READING_ROWS = (
    Row("I1", "ASCII batch SMTP read, checked", "MB/s", True, 0.3, ("wc",)),
    Row("I2", "the same in IBM-1047", "MB/s", True, 0.5, ("iconv",)),
    Row("I3", "memory it takes", "MiB", False, 16, ()),
)

WRITER = "TargetServer { TargetIP 127.0.0.1 }\nTranslate IBM-1047\n"
WORDS = ("lorem ipsum dolor sit amet consectetur adipiscing elit sed do "
         "eiusmod tempor incididunt ut labore et dolore magna").split()
BLOCK_MAILS = 4000
LOOK_S = 0.01


@dataclass(frozen=True)
class Amounts:
    """How much is read, how often."""

    octets: int = 1 << 30
    rounds: int = 5


SHORT_AMOUNTS = Amounts(octets=64 << 20, rounds=3)


def mail(number, chance):
    """One mail of 500 to 8000 octets, as a job would write it."""
    lines = [f"MAIL FROM:<job{number}@bench.invalid>",
             f"RCPT TO:<user{number}@bench.invalid>", "DATA",
             f"From: <job{number}@bench.invalid>",
             f"To: <user{number}@bench.invalid>",
             f"Subject: report {number}", ""]
    left = chance.choice((500, 2000, 8000))
    while left > 0:
        lines.append(" ".join(chance.choices(WORDS, k=chance.randint(3, 12))))
        left -= len(lines[-1]) + 1
    return "\n".join(lines + [".", ""])


class Reading:
    """Files in page cache, and who reads them, in turn."""

    keys = {"I1", "I2", "I3"}

    def __init__(self, scratch, build, amounts):
        self.scratch = os.path.join(scratch, "reading")
        self.jes = os.path.join(build, "jes")
        self.amounts = amounts
        self.steps = ((("I1", "I3"), self._ascii), (("I2",), self._ebcdic))

    def __enter__(self):
        os.makedirs(self.scratch)
        chance = random.Random(1)
        block = "".join(mail(n, chance) for n in range(BLOCK_MAILS)).encode()
        with open(self._path("writer"), "w", encoding="ascii") as out:
            out.write(WRITER)
        with open(self._path("ascii"), "wb") as out:
            out.write(b"HELO bench.invalid\n")
            while out.tell() < self.amounts.octets:
                out.write(block)
        return self

    def __exit__(self, *_):
        for name in ("ascii", "ebcdic", "writer"):
            if os.path.exists(self._path(name)):
                os.remove(self._path(name))

    def _path(self, name):
        return os.path.join(self.scratch, name)

    def _rate(self, name, *command):
        """Megaoctets a second at which a command reads a file."""
        path = self._path(name)
        began = time.monotonic()
        done = subprocess.run([*command, path], stdout=subprocess.DEVNULL,
                              check=False)
        took = time.monotonic() - began
        if done.returncode != 0:
            raise BenchError(f"{command[0]}: exit status {done.returncode}")
        return os.path.getsize(path) / took / 1e6

    def _beside(self, key, name, ours, theirs):
        """Both in turn; the first time is to have the file in memory."""
        self._rate(name, *theirs)
        for _ in range(self.amounts.rounds):
            yield theirs[0], {key: self._rate(name, *theirs)}
            yield "jesfs", {key: self._rate(name, *ours)}

    def _memory(self):
        """The most it has resident, in MiB."""
        with subprocess.Popen([self.jes, "check", self._path("ascii")],
                              stdout=subprocess.DEVNULL) as process:
            with MemoryWatch(process.pid, LOOK_S) as watch:
                process.wait()
        return watch.peak / MEBIBYTE

    def _ascii(self):
        yield from self._beside("I1", "ascii", (self.jes, "check"),
                                ("wc", "-l"))
        yield "jesfs", {"I3": self._memory()}

    def _ebcdic(self):
        with open(self._path("ebcdic"), "wb") as out:
            subprocess.run(["iconv", "-f", "UTF-8", "-t", "IBM1047",
                            self._path("ascii")], stdout=out, check=True)
        yield from self._beside(
            "I2", "ebcdic", (self.jes, "check", "-c", self._path("writer")),
            ("iconv", "-f", "IBM1047", "-t", "UTF-8"))
