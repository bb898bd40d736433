"""One jesfs with two writers, whose target server does not answer.

So nothing is ever sent, and what was submitted stays ready.
"""

import os
import signal
import socket
import subprocess
import time

WRITERS = ("MODELA", "MODELB")

MAIN = "SpoolDirectory {folder}/spool\nWriterConfig {folder}/writers/*.conf\n"
WRITER = """\
TargetServer
{{
  TargetIP 127.0.0.1
  ConnectPort {port}
}}
JESSyntaxErrLimit 0
"""
START_S = 60


def lacks():
    """What is missing for a mount, or None."""
    if os.geteuid() != 0:
        return "this needs root, to mount"
    try:
        os.close(os.open("/dev/fuse", os.O_RDWR))
    except OSError as error:
        return f"/dev/fuse: {error.strerror}"
    return None


class MountError(Exception):
    """The program does not start or end as it should."""


class Mount:
    """A mount in a folder of its own."""

    def __init__(self, program, folder):
        self.program = program
        self.folder = folder
        self.point = os.path.join(folder, "mount")
        self.daemon = None
        # Bound, not listening: whoever connects is refused.
        self.deaf = socket.socket()
        self.deaf.bind(("127.0.0.1", 0))
        self.restarts = 0
        self._configure()

    def _configure(self):
        for name in ("mount", "spool", "writers"):
            os.makedirs(os.path.join(self.folder, name), mode=0o700)
        with open(os.path.join(self.folder, "jesfs.conf"), "w",
                  encoding="ascii") as out:
            out.write(MAIN.format(folder=self.folder))
        for writer in WRITERS:
            name = os.path.join(self.folder, "writers", writer + ".conf")
            with open(name, "w", encoding="ascii") as out:
                out.write(WRITER.format(port=self.deaf.getsockname()[1]))

    def directory(self, writer):
        """The drop directory of writer 1 or 2."""
        return os.path.join(self.point, "spool", WRITERS[writer - 1])

    def _is_up(self):
        return os.path.ismount(self.point) and os.path.isdir(
            self.directory(1))

    def start(self):
        """Mounts; ready when it returns."""
        with open(os.path.join(self.folder, "log"), "ab") as log:
            self.daemon = subprocess.Popen(
                [self.program, "-f", "-c",
                 os.path.join(self.folder, "jesfs.conf"), self.point],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True)
        deadline = time.monotonic() + START_S
        while not self._is_up():
            if self.daemon.poll() is not None or time.monotonic() > deadline:
                raise MountError(f"jesfs does not mount:\n{self.log()}")
            time.sleep(0.01)

    def log(self):
        """The end of what it has logged."""
        with open(os.path.join(self.folder, "log"), encoding="utf-8",
                  errors="replace") as log:
            return log.read()[-4000:]

    def _detach(self):
        # One that nobody serves any more looks as if it were not there.
        subprocess.run(["umount", "-l", self.point], check=False,
                       stderr=subprocess.DEVNULL)

    def _serving(self):
        """The process that does the work; its parent only waits."""
        return int(os.getxattr(self.point, "user.jes.pid"))

    def kill_and_restart(self):
        """SIGKILL, and a new one on the same spool."""
        os.kill(self._serving(), signal.SIGKILL)
        self.daemon.wait(START_S)
        self._detach()
        self.restarts += 1
        self.start()

    def stop(self):
        """A clean end. Returns its exit status."""
        status = 0
        if self.daemon is not None and self.daemon.poll() is None:
            self.daemon.send_signal(signal.SIGTERM)
            try:
                status = self.daemon.wait(START_S)
            except subprocess.TimeoutExpired:
                self.daemon.kill()
                status = self.daemon.wait()
        self._detach()
        subprocess.run([self.program, "--unprotect", self.point],
                       check=False, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
        self.deaf.close()
        return status
