"""Plays one sequence on the mount and on the model, call by call.

After every operation its errno and all that watch.py can see of the mount
are compared. At the end all handles are closed; then also what is in every
data set, its line in status/queue, and that it can be purged.
"""

import errno
import os
import time

from spool_model import MAIL, Refused
from watch import WAIT_S, Disagreement, Watcher

# No mail any more, but what any line may begin with: no write of it is refused.
SPOILED = b"X:"
SMALL = b"small"


class Player(Watcher):
    """One sequence; its names carry a tag that no other sequence has."""

    def __init__(self, mount, tag=""):
        super().__init__(mount, tag)
        self.labels_back = 0

    def _top(self, place):
        stack = self.handles.get(place)
        return stack[-1] if stack else None

    # ---- an operation and its errno ------------------------------------

    def play(self, operation):
        """Plays one operation and compares all that can be seen."""
        verb, place, argument = operation
        getattr(self, "_play_" + verb)(place, argument)
        self.compare()

    def both(self, what, call, expect):
        """Makes a call on the mount and on the model; compares errnos.

        Returns what both gave, None where they refused.
        """
        expected, seen, given, got = "0", "0", None, None
        try:
            got = call()
        except OSError as error:
            seen = errno.errorcode.get(error.errno, str(error.errno))
        try:
            given = expect()
        except Refused as refused:
            expected = str(refused)
        if expected != seen:
            raise Disagreement(f"errno of {what}", expected, seen)
        return (got, given) if seen == "0" else None

    # ---- opening -------------------------------------------------------

    def _open(self, place, flags, **how):
        label = self.label(place)
        opened = self.both(
            "open",
            lambda: os.open(self.path(place[0], label),
                            os.O_WRONLY | flags, 0o666),
            lambda: self.model.open(place[0], label, **how))
        if opened is None:
            return
        descriptor, handle = opened
        self.handles.setdefault(place, []).append(opened)
        self._meet(descriptor, handle.data_set)

    def _meet(self, descriptor, data_set):
        job = os.getxattr(descriptor, "user.jes.jobid").decode()
        if job in self.jobs:
            raise Disagreement("job id of a new data set", "a new one", job)
        self.jobs.add(job)
        data_set.job = job
        data_set.inode = os.fstat(descriptor).st_ino

    def _play_create(self, place, _):
        self._open(place, os.O_CREAT | os.O_TRUNC)

    def _play_append(self, place, _):
        self._open(place, os.O_CREAT | os.O_APPEND, appends=True)

    def _play_exclusive(self, place, _):
        self._open(place, os.O_CREAT | os.O_EXCL, exclusive=True)

    def _play_reopen(self, place, _):
        self._open(place, 0, creates=False)

    # ---- handles -------------------------------------------------------

    def _play_write(self, place, _):
        self._write(self._top(place), MAIL)

    def _write(self, top, octets):
        if top is not None:
            self.both("write", lambda: os.write(top[0], octets),
                      lambda: self.model.write(top[1], octets))

    def _play_pwrite(self, place, offset):
        top = self._top(place)
        if top is not None:
            self.both("pwrite", lambda: os.pwrite(top[0], SPOILED, offset),
                      lambda: self.model.pwrite(top[1], SPOILED, offset))

    def _play_flush(self, place, _):
        top = self._top(place)
        if top is not None:
            self.both("dup, close", lambda: os.close(os.dup(top[0])),
                      lambda: self.model.flush(top[1]))

    def _play_fsync(self, place, _):
        top = self._top(place)
        if top is not None:
            self.both("fsync", lambda: os.fsync(top[0]),
                      lambda: self.model.fsync(top[1]))

    def _play_close(self, place, _):
        if self._top(place) is None:
            return
        top = self.handles[place].pop()
        self.both("close", lambda: os.close(top[0]),
                  lambda: self.model.close(top[1]))

    def _play_forkclose(self, place, _):
        """A child closes its copy and ends, which closes all the others."""
        top = self._top(place)
        if top is None:
            return

        def call():
            child = os.fork()
            if child == 0:
                try:
                    os.close(top[0])
                    os._exit(0)
                except OSError as error:
                    os._exit(error.errno)
            code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            if code != 0:
                raise OSError(code, "close in the child")

        def expect():
            for stack in self.handles.values():
                for _, handle in stack:
                    self.model.flush(handle)

        self.both("close in the child", call, expect)

    # ---- paths ---------------------------------------------------------

    def _rename(self, source, target):
        """source and target: writer and name; source may be a job name."""
        data_set = self._named(*source)

        def expect():
            if data_set is None:
                raise Refused("ENOENT")
            self.model.rename(data_set, source[1], *target)

        self.both(f"rename {source[1]} to {target[1]}",
                  lambda: os.rename(self.path(*source), self.path(*target)),
                  expect)

    def _named(self, writer, name):
        for one in self.model.data_sets:
            if one.writer == writer and name in (one.shown(), one.job_name()):
                return one
        return None

    def _play_plain(self, place, _):
        """To the plain name from the draft, else to one of its own."""
        writer, plain = place[0], self.label(place)
        draft = self.label(place, ".tmp")
        if self.model.find(writer, draft) is not None:
            self._rename((writer, draft), (writer, plain))
        else:
            self._rename((writer, plain),
                         (writer, self.label(place, ".new")))

    def _play_draft(self, place, _):
        self._rename((place[0], self.label(place)),
                     (place[0], self.label(place, ".tmp")))

    def _play_taken(self, place, _):
        """Onto the other name when it is taken, else onto one we take."""
        writer, name = place
        label = self.label(place)
        target = ("b" if name == "a" else "a") + self.tag
        if self.model.find(writer, target) is None:
            target = self.label(place, ".old")
        if (self.model.find(writer, label) is not None
                and self.model.find(writer, target) is None):
            self._take(writer, target)
        self._rename((writer, label), (writer, target))

    def _take(self, writer, label):
        descriptor = os.open(self.path(writer, label),
                             os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        handle = self.model.open(writer, label)
        try:
            self._meet(descriptor, handle.data_set)
            self._write((descriptor, handle), SMALL)
        finally:
            os.close(descriptor)
        self.model.close(handle)
        self.compare()

    def _play_unlink(self, place, _):
        label = self.label(place)
        self.both("unlink", lambda: os.unlink(self.path(place[0], label)),
                  lambda: self.model.unlink(place[0], label))

    def _play_truncate(self, place, size):
        """By the handle if there is one, else by the path."""
        top = self._top(place)
        if top is None:
            self._play_cut(place, size)
            return
        self.both("ftruncate", lambda: os.ftruncate(top[0], size),
                  lambda: self.model.ftruncate(top[1], size))

    def _play_cut(self, place, size):
        label = self.label(place)
        self.both("truncate",
                  lambda: os.truncate(self.path(place[0], label), size),
                  lambda: self.model.truncate(place[0], label, size))

    def _play_chmod(self, place, mode):
        label = self.label(place)
        self.both("chmod",
                  lambda: os.chmod(self.path(place[0], label), mode),
                  lambda: self.model.chmod(place[0], label, mode))

    def _play_move(self, place, _):
        label = self.label(place)
        self._rename((place[0], label), (3 - place[0], label))

    def _play_jobunlink(self, place, _):
        one = self.model.oldest(place[0], self.label(place))
        if one is not None:
            self._purge(one)

    def _purge(self, one):
        self.both("unlink of a job name",
                  lambda: os.unlink(self.path(one.writer, one.job_name())),
                  lambda: self.model.unlink_job(one))

    def _rename_job(self, place, writer, suffix=""):
        one = self.model.oldest(place[0], self.label(place))
        if one is not None:
            self._rename((one.writer, one.job_name()),
                         (writer, self.label(place, suffix)))

    def _play_jobplain(self, place, _):
        self._rename_job(place, place[0])

    def _play_jobdraft(self, place, _):
        self._rename_job(place, place[0], "~")

    def _play_jobmove(self, place, _):
        self._rename_job(place, 3 - place[0])

    def _play_links(self, place, _):
        """What no writer directory takes."""
        free = self.path(place[0], self.label(place, ".link"))
        listed = self.path(place[0], self.label(place))

        def refuse(name="EPERM"):
            raise Refused(name)

        self.both("symlink", lambda: os.symlink("x", free), refuse)
        self.both("mkdir", lambda: os.mkdir(free), refuse)
        self.both("mknod", lambda: os.mkfifo(free), refuse)
        if self.model.find(place[0], self.label(place)) is not None:
            self.both("link", lambda: os.link(listed, free), refuse)
            self.both("setxattr",
                      lambda: os.setxattr(listed, "user.x", b"x"),
                      lambda: refuse("ENOTSUP"))
        self.both("a name of ours",
                  lambda: os.open(self.path(place[0], "JOB00001.x"
                                            + self.tag),
                                  os.O_WRONLY | os.O_CREAT),
                  lambda: refuse("EINVAL"))

    # ---- a killed program ----------------------------------------------

    def killed(self):
        """The program was killed and started: no handle is any good."""
        for stack in self.handles.values():
            for descriptor, _ in stack:
                try:
                    os.close(descriptor)
                except OSError:
                    pass
        self.handles.clear()
        self.forget()
        self.model.kill()
        # A job that never was on disk leaves its number to another.
        self.jobs = {one.job for one in self.model.data_sets}
        places = {}
        for writer in (1, 2):
            for name in self.names(writer):
                job = os.getxattr(self.path(writer, name), "user.jes.jobid")
                places[writer, name] = job.decode()
        self.labels_back += sum(1 for _ in self.model.see_labels(places))
        self.compare()

    # ---- the end -------------------------------------------------------

    def finish(self):
        """Closes all handles, compares what is left, and purges it."""
        for place, stack in self.handles.items():
            while stack:
                self._play_close(place, None)
        self.compare()
        for one in self.model.data_sets:
            self.compare_octets(one)
        self.compare_queue()
        for one in list(self.model.data_sets):
            self._purge(one)
        self.compare()

    def clean_up(self):
        """After a disagreement: nothing of it is left to the next one."""
        for stack in self.handles.values():
            for descriptor, _ in stack:
                try:
                    os.close(descriptor)
                except OSError:
                    pass
        self.handles.clear()
        deadline = time.monotonic() + WAIT_S
        while time.monotonic() < deadline:
            left = [(writer, name) for writer in (1, 2)
                    for name in self.names(writer)]
            if not left:
                return
            for writer, name in left:
                self._remove(self.path(writer, name))

    @staticmethod
    def _remove(path):
        try:
            job = os.getxattr(path, "user.jes.jobid").decode()
            folder, name = os.path.split(path)
            if not name.startswith(job + "."):
                name = f"{job}.{name}"
            os.unlink(os.path.join(folder, name))
        except OSError:
            pass
