"""jesfs on a mount of its own, with as many writers as are asked for."""

import os
import subprocess

from process import BenchError, end, wait_until

MAIN = """\
SpoolDirectory {folder}/spool
WriterConfig {folder}/writers/*.conf
HeloName jesfs.example
"""

TARGET = """\
TargetServer
{{
  TargetIP 127.0.0.1
  ConnectPort {port}
  ConnectLimit 2
  MessageSize 0
}}
"""


class Mounted:
    """A mount in a folder; writers is a dict of a name and its statements."""

    def __init__(self, build, folder, writers):
        self.program = os.path.join(os.path.abspath(build), "jesfs")
        self.folder = folder
        self.point = os.path.join(folder, "mount")
        self.daemon = None
        for name in ("mount", "writers"):
            os.makedirs(os.path.join(folder, name))
        self._write("jesfs.conf", MAIN.format(folder=folder))
        for name, statements in writers.items():
            self._write(f"writers/{name}.conf", statements)

    def _write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="ascii") as out:
            out.write(text)

    def start(self):
        """Mounts; ready when it returns."""
        with open(os.path.join(self.folder, "log"), "ab") as log:
            self.daemon = subprocess.Popen(
                [self.program, "-f", "-c",
                 os.path.join(self.folder, "jesfs.conf"), self.point],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        wait_until(lambda: os.path.ismount(self.point)
                   or self.daemon.poll() is not None, "jesfs to mount")
        if self.daemon.poll() is not None:
            raise BenchError("jesfs does not mount:\n" + self.log())

    def log(self):
        """The end of what it has logged."""
        with open(os.path.join(self.folder, "log"), encoding="utf-8",
                  errors="replace") as log:
            return log.read()[-4000:]

    def put(self, writer, name, octets):
        """Writes a data set.

        Returns its number, and None or the errno when it is refused.
        """
        path = os.path.join(self.point, "spool", writer, name)
        fd = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
        number = os.fstat(fd).st_ino
        refused = None
        try:
            while octets:
                octets = octets[os.write(fd, octets):]
        except OSError as error:
            refused = error.errno
        try:
            os.close(fd)
        except OSError as error:
            refused = error.errno
        return number, refused

    def queue(self):
        """What status/queue says of each data set, a list of words each."""
        path = os.path.join(self.point, "status", "queue")
        with open(path, encoding="utf-8", errors="replace") as lines:
            return [line.split() for line in lines][1:]

    def wait_settled(self, seconds):
        """Waits until nothing is on its way; returns what is held."""
        def moving():
            return [words for words in self.queue() if "held" not in words]

        try:
            wait_until(lambda: not moving(), "mail", seconds, 0.1)
        except BenchError as error:
            raise BenchError(f"not settled: {moving()[:5]}\n"
                             + self.log()) from error
        return self.queue()

    def stop(self):
        """A clean end."""
        if self.daemon is None:
            return
        end(self.daemon, 60)
        subprocess.run([self.program, "--unprotect", self.point],
                       check=False, capture_output=True)
        if self.daemon.returncode != 0:
            raise BenchError(f"jesfs ended with {self.daemon.returncode}:\n"
                             + self.log())
