"""What a writer directory does, in as few words as we can find.

Written from the documented behaviour alone, of data sets as values and
directories as a list of them. It shares no code and no idea of how to store
anything with the program.
"""

import fnmatch

DRAFTS = (".*", "*~", "*.tmp", "*.part", "*.partial", "*.filepart", "*.swp",
          "*.swpx", "#*#", "sed??????")

# One whole mail; the shorter octets that spoil it have no line end.
MAIL = (b"HELO m\nMAIL FROM:<a@example>\nRCPT TO:<b@example>\nDATA\n"
        b"Subject: mo\n\nx\n.\n")


def is_draft(label):
    """Whether a name is one under which programs write drafts."""
    return any(fnmatch.fnmatchcase(label, pattern) for pattern in DRAFTS)


def is_complete(octets):
    """Whether it is batch SMTP whose last mail has its final dot.

    Sequences write whole mails and cut and spoil them: one that ends with a
    final dot has it as the end of a mail. The zeros of a longer size are
    neither a mail nor the beginning of one. What does not begin with a
    command is no batch SMTP.
    """
    said = octets.strip(b"\0")
    return said.startswith(b"HELO ") and said.endswith(b"\n.\n")


class DataSet:
    """One data set. job is what the program calls it, once it is known."""

    def __init__(self, writer, label):
        self.writer = writer
        self.label = label
        self.has_label = True
        self.was_displaced = False
        self.state = "open"
        self.reason = ""
        self.octets = b""
        self.durable = None
        self.is_closing = False
        self.modes = {0o600}
        self.modes_once = {0o600}
        self.may_get_label_back = False
        self.job = None
        self.inode = None

    def shown(self):
        """The name under which root lists it."""
        return self.label if self.has_label else self.job_name()

    def job_name(self):
        """The name that it has in any case."""
        return f"{self.job}.{self.label}"


class Handle:
    """An open(2) for writing: it is its data set."""

    def __init__(self, data_set, appends):
        self.data_set = data_set
        self.appends = appends
        self.offset = 0


class Refused(Exception):
    """The call fails with the errno of that name."""


class SpoolModel:
    """All data sets of the writer directories, and what calls do to them."""

    def __init__(self):
        self.data_sets = []

    # ---- looking -------------------------------------------------------

    def find(self, writer, label):
        """The data set that has the label, or None."""
        for one in self.data_sets:
            if one.has_label and (one.writer, one.label) == (writer, label):
                return one
        return None

    def need(self, writer, label):
        """The data set that has the label; ENOENT."""
        found = self.find(writer, label)
        if found is None:
            raise Refused("ENOENT")
        return found

    def oldest(self, writer, label):
        """The oldest one that ever had the label, or None."""
        for one in self.data_sets:
            if (one.writer, one.label) == (writer, label):
                return one
        return None

    # ---- names ---------------------------------------------------------

    def _drop(self, data_set):
        if data_set in self.data_sets:
            self.data_sets.remove(data_set)
        data_set.state = "purged"

    def _give_label(self, data_set, writer, label):
        """Who had the label keeps his place under <JOBID>.<name>."""
        holder = self.find(writer, label)
        if holder is not None:
            holder.has_label = False
            holder.was_displaced = True
        data_set.writer, data_set.label = writer, label
        data_set.has_label = True
        data_set.was_displaced = False

    def open(self, writer, label, creates=True, exclusive=False,
             appends=False):
        """Every open for writing makes a new data set."""
        holder = self.find(writer, label)
        if holder is None and not creates:
            raise Refused("ENOENT")
        if holder is not None and exclusive:
            raise Refused("EEXIST")
        fresh = DataSet(writer, label)
        if holder is not None:
            fresh.modes |= holder.modes  # as a plain file would keep its own
            fresh.modes_once |= holder.modes
        self._give_label(fresh, writer, label)
        self.data_sets.append(fresh)
        return Handle(fresh, appends)

    def rename(self, data_set, name, writer, label):
        """rename(2) of a data set that was found under a name."""
        if self.find(writer, label) is data_set:
            return  # two names of one inode: Linux changes nothing
        self._give_label(data_set, writer, label)
        if data_set.state == "ready" and is_draft(label):
            data_set.state = "held"
            data_set.reason = ""
        elif (data_set.state == "held" and not is_draft(label)
              and name != label):
            data_set.state = "ready"
            data_set.reason = ""

    def unlink(self, writer, label):
        """unlink(2) of a label.

        A data set still open goes. But where a close(2) has passed with
        nothing new since, it cannot be told from one just closed, which the
        kernel tells of later: mail must not be cancelled, so the label alone
        is taken.
        """
        one = self.need(writer, label)
        if one.state == "open":
            is_written = one.is_closing and one.octets
            purges = is_draft(label) or not is_written
        else:
            purges = is_draft(label) and one.state == "held"
        if purges:
            self._drop(one)
        else:
            one.has_label = False

    def unlink_job(self, data_set):
        """unlink(2) of <JOBID>.<name>."""
        self._drop(data_set)

    def chmod(self, writer, label, mode):
        """chmod(2); data sets are their owner's alone."""
        one = self.need(writer, label)
        one.modes = {mode & 0o600}
        one.modes_once |= one.modes

    def truncate(self, writer, label, _size):
        """truncate(2) by path: only a handle changes octets."""
        self.need(writer, label)
        raise Refused("EPERM")

    # ---- octets --------------------------------------------------------

    @staticmethod
    def _put(data_set, offset, octets):
        old = data_set.octets.ljust(offset, b"\0")
        data_set.octets = old[:offset] + octets + old[offset + len(octets):]
        data_set.is_closing = False

    def write(self, handle, octets):
        """write(2), at the offset of the handle or at its end."""
        if handle.appends:
            handle.offset = len(handle.data_set.octets)
        self._put(handle.data_set, handle.offset, octets)
        handle.offset += len(octets)

    def pwrite(self, handle, octets, offset):
        """pwrite(2); Linux appends where O_APPEND is set."""
        if handle.appends:
            offset = len(handle.data_set.octets)
        self._put(handle.data_set, offset, octets)

    def ftruncate(self, handle, size):
        """ftruncate(2); whoever calls it has not closed yet."""
        one = handle.data_set
        one.is_closing = False
        one.octets = one.octets[:size].ljust(size, b"\0")

    @staticmethod
    def fsync(handle):
        """All octets so far are durable."""
        handle.data_set.durable = handle.data_set.octets

    def flush(self, handle):
        """What every close(2) of a descriptor sends."""
        if handle.data_set.octets or handle.data_set.durable is not None:
            self.fsync(handle)
        handle.data_set.is_closing = True

    def close(self, handle):
        """The last close(2): FLUSH, then RELEASE submits."""
        self.flush(handle)
        one = handle.data_set
        if one.state != "open":
            return
        if not one.octets:
            self._drop(one)
        elif is_draft(one.label):
            one.state = "held"
        else:
            one.state = "ready"

    # ---- an unclean end ------------------------------------------------

    def _restart_open(self, one):
        if not one.durable:
            self._drop(one)
            return
        one.octets = one.durable
        one.state = "held"
        if is_draft(one.label):
            return
        if is_complete(one.octets):
            one.state = "ready"
        else:
            one.reason = "INCOMPLETE"

    def kill(self):
        """The program is killed and started again; no handle is left.

        What becomes of modes is promised nowhere. Neither is whether a label
        whose last holder has gone returns to who had it before: both
        listings are right, and the first one seen counts.
        """
        for one in list(self.data_sets):
            one.modes = one.modes | one.modes_once
            if one.state == "open":
                self._restart_open(one)
        for one in self.data_sets:
            one.may_get_label_back = one.was_displaced

    def see_labels(self, seen):
        """Settles who has a label again; seen: (writer, name) to job."""
        for one in self.data_sets:
            if one.may_get_label_back:
                one.may_get_label_back = False
                place = (one.writer, one.label)
                if self.find(*place) is None and seen.get(place) == one.job:
                    one.has_label = True
                    yield one
