"""The target server both sides deliver to: Postfix's smtp-sink."""

import fcntl
import os
import re
import signal
import subprocess
import time

from process import BenchError, is_listening, wait_until

PIPE_SIZE = 1 << 20
F_SETPIPE_SZ = 1031
POLL_SECONDS = 0.005


class Sink:
    """smtp-sink on loopback, counting the mails it takes.

    hang: it never answers the end of a mail, so sessions stay open.
    """

    def __init__(self, program, port, hang=False):
        self.port = port
        self.mails = 0
        read, write = os.pipe()
        # The counters of a whole run fit, so the sink never waits for us.
        fcntl.fcntl(read, F_SETPIPE_SZ, PIPE_SIZE)
        os.set_blocking(read, False)
        self.counters = read
        self.process = subprocess.Popen(
            [program, "-4", "-c", "-u", "nobody", "-m", "256"]
            + (["-w", "3600"] if hang else [])
            + [f"127.0.0.1:{port}", "256"], stdout=write)
        os.close(write)

    def __enter__(self):
        wait_until(lambda: is_listening(self.port), "smtp-sink to listen")
        return self

    def __exit__(self, *_):
        # Not asked to: one that is paused would say its first words first.
        self.process.kill()
        self.process.wait()
        os.close(self.counters)

    def pause(self):
        """Connections still come about, and no word is said on them."""
        self.process.send_signal(signal.SIGSTOP)

    def resume(self):
        """The opposite."""
        self.process.send_signal(signal.SIGCONT)

    def count(self):
        """Mails taken so far."""
        while True:
            try:
                text = os.read(self.counters, PIPE_SIZE)
            except BlockingIOError:
                return self.mails
            if not text:
                raise BenchError("smtp-sink ended")
            self.mails = int(re.findall(rb"mesg=(\d+)", text)[-1])

    def wait_for(self, mails, seconds=300):
        """Returns the moment the sink had that many, and refuses more."""
        wait_until(lambda: self.count() >= mails,
                   f"{mails} mails at the sink", seconds, POLL_SECONDS)
        arrived = time.monotonic()
        if self.mails > mails:
            raise BenchError(f"{self.mails} mails instead of {mails}")
        return arrived
