"""The other side: an instance of Postfix of its own, in a scratch folder."""

import os
import shutil
import subprocess

import postfix_config as config
from process import (BenchError, cpu_seconds, end, free_port, is_listening,
                     memory_octets, tree, wait_until)

SENDER = "sender@bench.invalid"
RECIPIENT = "recipient@bench.invalid"
LENGTH = 2048


class Programs:
    """Where Postfix's programs are: installed, or unpacked under root."""

    def __init__(self, root=""):
        self.root = root
        self.daemons = f"{root}/usr/lib/postfix/sbin"
        self.commands = f"{root}/usr/sbin"
        # Only an installed package brings a user and a group of its own.
        self.owner = "mail" if root else "postfix"
        self.group = "news" if root else "postdrop"
        if root:
            os.environ["LD_LIBRARY_PATH"] = f"{root}/usr/lib/postfix"

    def command(self, name):
        """The path of a command such as sendmail."""
        return os.path.join(self.commands, name)

    def settings(self):
        """The lines of main.cf that name these places."""
        lines = [f"daemon_directory = {self.daemons}",
                 f"command_directory = {self.commands}",
                 f"mail_owner = {self.owner}",
                 f"setgid_group = {self.group}"]
        if self.root:
            lines += [f"shlib_directory = {self.root}/usr/lib/postfix",
                      f"meta_directory = {self.root}/etc/postfix",
                      "import_environment = MAIL_CONFIG LD_LIBRARY_PATH"]
        return "".join(line + "\n" for line in lines)


class Postfix:
    """One instance, with Debian's settings or tuned for speed."""

    def __init__(self, programs, place, is_tuned):
        self.name = "postfix-tuned" if is_tuned else "postfix"
        self.programs = programs
        self.place = place
        self.is_tuned = is_tuned
        self.port = free_port()
        self.config = place.folder(self.name)
        self.data = place.folder(self.name, "data")
        self.queue = os.path.join(place.disk.path, self.name)
        self.master = None
        shutil.chown(self.data, programs.owner)
        self._make_queue()

    def _make_queue(self):
        os.makedirs(os.path.join(self.queue, "pid"))
        for name, is_shared, mode in config.FOLDERS:
            path = os.path.join(self.queue, name)
            os.makedirs(path)
            shutil.chown(path, self.programs.owner,
                         self.programs.group if is_shared else "root")
            os.chmod(path, mode)

    def _configure(self, sink_port, extra, services):
        main = config.COMMON.format(
            queue=self.queue, data=self.data, sink=sink_port)
        main += config.TUNED if self.is_tuned else config.PLAIN
        main += self.programs.settings() + extra
        for name, text in (("main.cf", main), ("master.cf",
                           services.format(port=self.port))):
            path = os.path.join(self.config, name)
            self.place.write(path, text)
            # Postfix waits until a file it reads is a few seconds old.
            os.utime(path, (0, 0))

    def _start(self):
        with open(self.config + ".log", "ab") as log:
            self.master = subprocess.Popen(
                [f"{self.programs.daemons}/master", "-c", self.config, "-d"],
                stdout=log, stderr=log, start_new_session=True,
                env=dict(os.environ, MAIL_CONFIG=self.config))
        wait_until(lambda: self.master.poll() is not None
                   or is_listening(self.port), "Postfix to start")
        if self.master.poll() is not None:
            raise BenchError(f"Postfix ended; see {self.config}.log")

    def start(self, sink_port):
        """Starts it; mail is delivered to the sink."""
        self._configure(sink_port, "", config.SERVICES + config.MOVERS)
        self._start()

    def start_filling(self, sink_port):
        """Starts it; mail is only taken, and none is touched after."""
        self._configure(sink_port, "", config.SERVICES)
        self._start()

    def start_undelivered(self, sink_port):
        """Starts it; mail is taken and none leaves, as in an outage."""
        if self.is_tuned:
            self.start_filling(sink_port)
            return
        self._configure(sink_port, config.DEFER,
                        config.SERVICES + config.MOVERS)
        self._start()

    def stop(self):
        """Ends master and with it all the others."""
        if self.master is None:
            return
        pids = tree(self.master.pid)
        end(self.master)
        self.master = None
        wait_until(lambda: not any(os.path.exists(f"/proc/{pid}")
                                   for pid in pids), "Postfix to end")

    def clean(self):
        """Empties the queue of a stopped instance."""
        for queue in ("maildrop", "incoming", "active", "deferred", "defer",
                      "hold", "bounce", "trace"):
            folder = os.path.join(self.queue, queue)
            for path, folders, names in os.walk(folder, topdown=False):
                for name in names:
                    os.unlink(os.path.join(path, name))
                for name in folders:
                    os.rmdir(os.path.join(path, name))

    def queued(self):
        """Mails in the queue."""
        return sum(len(names)
                   for queue in ("maildrop", "incoming", "active", "deferred")
                   for _, _, names in os.walk(os.path.join(self.queue, queue)))

    def is_idle(self):
        """Whether nothing is left to do."""
        return self.queued() == 0

    def accept(self, count):
        """Hands over mails as fast as 16 kept SMTP sessions can."""
        self.place.run(
            [self.programs.command("smtp-source"), "-4", "-d", "-s", "16",
             "-m", str(count), "-l", str(LENGTH), "-f", SENDER,
             "-t", RECIPIENT, f"127.0.0.1:{self.port}"])

    def _sendmail(self):
        return [self.programs.command("sendmail"), "-C", self.config,
                "-f", SENDER, "-t"]

    def accept_one_by_one(self, count):
        """Hands over mails one after the other."""
        self.accept_by_processes(count, jobs=1)

    def accept_by_processes(self, count, jobs):
        """Hands over each mail from a process of its own."""
        self.place.spawn(jobs, count, self.place.message, self._sendmail())

    def probe(self, count, gap_ms, sink):
        """Times one mail at a time to the sink: p50 and p99 in ms."""
        return self.place.probe(count, gap_ms, self.place.message,
                                self._sendmail(), sink)

    def cpu_seconds(self):
        """Processor time of master and all others so far."""
        return cpu_seconds(self.master.pid)

    def memory_octets(self):
        """Memory of master and all others."""
        return memory_octets(self.master.pid)
