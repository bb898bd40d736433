"""The other side: real mail servers, and one that keeps what it is sent.

The real ones are packages that are only unpacked. Each runs in a folder of
its own, listens on loopback, and delivers all mail into one Maildir.
"""

import os
import shutil
import subprocess

import postfix_config
from postfix import Programs
from process import BenchError, end, free_port, is_listening, wait_until

USER = "Debian-exim"  # whom Exim's package would make
USER_ID = 64999
START_S = 60

POSTFIX_MAIN = """\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
myhostname = postfix.example
mydestination =
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
alias_maps =
alias_database =
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_client_connection_count_limit = 0
virtual_mailbox_domains = b.example
virtual_mailbox_base = {folder}
virtual_mailbox_maps = static:box/
virtual_uid_maps = static:{user}
virtual_gid_maps = static:{user}
"""

POSTFIX_SERVICES = postfix_config.SERVICES + postfix_config.MOVERS + """\
virtual unix - n n - - virtual
"""

EXIM = """\
primary_hostname = exim.example
spool_directory = {folder}/spool
log_file_path = {folder}/%slog
exim_user = {name}
exim_group = {name}
deliver_drop_privilege = true
keep_environment =
tls_advertise_hosts =
smtp_accept_queue_per_connection = 0
smtp_accept_max = 0
acl_smtp_rcpt = everybody
acl_smtp_data = everybody
begin acl
everybody:
  accept
begin routers
all:
  driver = accept
  transport = box
begin transports
box:
  driver = appendfile
  directory = {folder}/box
  maildir_format
  create_directory
  envelope_to_add
  user = {name}
  group = {name}
"""


def add_user(scratch):
    """Lets this mount namespace have the user that Exim's package makes."""
    line = {"passwd": f"{USER}:x:{USER_ID}:{USER_ID}::/nonexistent:/bin/false",
            "group": f"{USER}:x:{USER_ID}:"}
    for name, more in line.items():
        path = os.path.join(scratch, name)
        with open(f"/etc/{name}", encoding="utf-8") as old:
            kept = [text for text in old if not text.startswith(USER + ":")]
        with open(path, "w", encoding="utf-8") as new:
            new.write("".join(kept) + more + "\n")
        subprocess.run(["mount", "--bind", path, f"/etc/{name}"], check=True)


class Server:
    """What all have: a folder, a port, a process."""

    def __init__(self, folder):
        self.folder = folder
        self.port = free_port()
        self.process = None
        self.box = os.path.join(folder, "box")
        os.makedirs(folder)

    def _write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="ascii") as out:
            out.write(text)
        return path

    def _run(self, command, **more):
        with open(os.path.join(self.folder, "log"), "ab") as log:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                **more)
        wait_until(lambda: self.process.poll() is not None
                   or is_listening(self.port), command[0], START_S)
        if self.process.poll() is not None:
            raise BenchError(f"{command[0]} ended: {self.log()}")

    def log(self):
        """The end of what it said."""
        with open(os.path.join(self.folder, "log"), encoding="utf-8",
                  errors="replace") as log:
            return log.read()[-2000:]

    def mails(self):
        """The mails that were delivered, and those on their way there."""
        found = []
        for name in ("new", "tmp"):
            folder = os.path.join(self.box, name)
            found += [os.path.join(folder, file) for file in
                      (os.listdir(folder) if os.path.isdir(folder) else ())]
        return found

    def _files(self, *names):
        return sum(len(files) for name in names for _, _, files in
                   os.walk(os.path.join(self.folder, name)))

    def stop(self):
        """Ends it; what it started ends with this PID namespace."""
        end(self.process)


class Postfix(Server):
    """Postfix, as Debian has it."""

    name = "Postfix"

    def start(self, unpacked):
        """Starts the one that was unpacked there."""
        programs = Programs(unpacked)
        queue = os.path.join(self.folder, "queue")
        data = os.path.join(self.folder, "data")
        for path in (data, self.box):
            os.makedirs(path)
        os.makedirs(os.path.join(queue, "pid"))
        shutil.chown(data, programs.owner)
        shutil.chown(self.box, USER)
        for name, is_shared, mode in postfix_config.FOLDERS:
            path = os.path.join(queue, name)
            os.mkdir(path)
            shutil.chown(path, programs.owner,
                         programs.group if is_shared else "root")
            os.chmod(path, mode)
        main = POSTFIX_MAIN.format(folder=self.folder, user=USER_ID)
        for name, text in (
                ("main.cf", main + programs.settings()),
                ("master.cf", POSTFIX_SERVICES.format(port=self.port))):
            # Postfix waits until a file it reads is a few seconds old.
            os.utime(self._write(name, text), (0, 0))
        self._run([f"{programs.daemons}/master", "-c", self.folder, "-d"],
                  start_new_session=True,
                  env=dict(os.environ, MAIL_CONFIG=self.folder))

    def is_idle(self):
        """Whether nothing is on its way into the box."""
        return self._files("queue/incoming", "queue/active",
                           "queue/deferred", "queue/maildrop") == 0


class Exim(Server):
    """Exim, as Debian has it."""

    name = "Exim"

    def start(self, unpacked):
        """Starts the one that was unpacked there, without privileges."""
        shutil.chown(self.folder, USER, USER)
        config = self._write("config", EXIM.format(
            folder=self.folder, name=USER))
        self._run(["setpriv", f"--reuid={USER_ID}", f"--regid={USER_ID}",
                   "--clear-groups", f"{unpacked}/usr/sbin/exim4", "-C",
                   config, "-bdf", "-q10s", "-oX", f"127.0.0.1.{self.port}"])

    def is_idle(self):
        """Whether nothing is on its way into the box."""
        return self._files("spool/input") == 0


class Capture(Server):
    """Ours: NNNNNN.env and NNNNNN.mail of each mail, octets as they came."""

    name = "capture"

    def start(self, build, *more):
        """Starts it; more are arguments of its."""
        os.mkdir(self.box)
        self._run([os.path.join(os.path.abspath(build), "capture"), "-d",
                   self.box, "-p", str(self.port), *more])
