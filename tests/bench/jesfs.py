"""Our side: jesfs mounted in a scratch folder."""

import os
import shutil
import signal
import subprocess

from process import (BenchError, cpu_seconds, end, memory_octets, tree,
                     wait_until)

MOUNT = "SpoolDirectory {spool}\nWriterConfig {config}/writers/*.conf\n"

WRITER = """\
TargetServer
{{
  TargetIP 127.0.0.1
  ConnectPort {sink}
  ConnectLimit 16
}}
TimeOut
{{
  ConnectIdle 5
}}
"""

# The same for a server that makes us wait: mails of any length, and time for
# its first word until the queue is full.
PATIENT_WRITER = """\
TargetServer
{{
  TargetIP 127.0.0.1
  ConnectPort {sink}
  ConnectLimit 16
  MessageSize 0
}}
TimeOut
{{
  ConnectIdle 5
  ConnectRetry 5
  InitialMsg 1200
}}
"""


class Jesfs:
    """One mount with one writer, MAIL."""

    name = "jesfs"

    def __init__(self, program, place, folder="jesfs", writer=WRITER):
        self.program = program
        self.place = place
        self.writer = writer
        self.config = place.folder(folder)
        self.mount = place.folder(folder, "mount")
        self.spool = os.path.join(place.disk.path, folder)
        self.drop = os.path.join(self.mount, "spool", "MAIL")
        self.daemon = None
        place.folder(folder, "writers")

    def start(self, sink_port):
        """Mounts it; mail is delivered to the sink."""
        main = os.path.join(self.config, "jesfs.conf")
        os.makedirs(self.spool, mode=0o700, exist_ok=True)
        self.place.write(
            main, MOUNT.format(spool=self.spool, config=self.config))
        self.place.write(
            os.path.join(self.config, "writers", "MAIL.conf"),
            self.writer.format(sink=sink_port))
        with open(self.config + ".log", "ab") as log:
            self.daemon = subprocess.Popen(
                [self.program, "-f", "-c", main, self.mount],
                stdout=log, stderr=log, start_new_session=True)
        wait_until(lambda: self.daemon.poll() is not None
                   or os.path.isdir(self.drop), "jesfs to mount")
        if self.daemon.poll() is not None:
            raise BenchError(f"jesfs ended; see {self.config}.log")

    # Nobody listens there until a sink is started: mail waits.
    start_filling = start
    start_undelivered = start

    def stop(self):
        """Unmounts, after which nothing of it runs."""
        end(self.daemon)
        self.daemon = None
        # One that was killed leaves a dead mount, and its mount point locked.
        subprocess.run(["umount", "-l", self.mount], check=False,
                       stderr=subprocess.DEVNULL)
        subprocess.run(["chattr", "-i", self.mount], check=False,
                       stderr=subprocess.DEVNULL)

    def kill(self):
        """Ends it as a crash does, and takes the dead mount away."""
        for pid in tree(self.daemon.pid):
            os.kill(pid, signal.SIGKILL)
        self.daemon.wait()
        self.stop()

    def clean(self):
        """Empties the spool of a stopped mount."""
        shutil.rmtree(self.spool, ignore_errors=True)

    def queued(self):
        """Data sets on the spool, one mail in each."""
        return len(os.listdir(self.drop))

    def is_idle(self):
        """Whether nothing is left to do."""
        return self.queued() == 0

    def accept(self, count):
        """Writes one file per mail from 16 threads."""
        self.place.load(16, count, self.place.data_set, self.drop)

    def accept_one_by_one(self, count):
        """Writes one file per mail, one after the other."""
        self.place.load(1, count, self.place.data_set, self.drop)

    def accept_by_processes(self, count, jobs):
        """Copies each mail with a cp of its own."""
        self.place.spawn(jobs, count, "/dev/null",
                         ["cp", self.place.data_set, self.drop + "/cp-{}"])

    def probe(self, count, gap_ms, sink):
        """Times one mail at a time to the sink: p50 and p99 in ms."""
        return self.place.probe(count, gap_ms, self.place.data_set,
                                [self.drop], sink)

    def cpu_seconds(self):
        """Processor time of the daemon so far."""
        return cpu_seconds(self.daemon.pid)

    def memory_octets(self):
        """Memory of the daemon."""
        return memory_octets(self.daemon.pid)
