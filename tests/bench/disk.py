"""The disk under test: a journaled ext4 image over a loop device.

Both queues lie on it. A file system without a journal would punish a file
per mail, and a tmpfs would make every sync free.
"""

import os
import subprocess

from process import BenchError

SIZE = 3 << 30
SECTOR = 512


def expect_room(folder, octets):
    """Refuses to begin what would fill the file system of a folder."""
    found = os.statvfs(folder)
    free = found.f_bavail * found.f_frsize
    if free < octets:
        raise BenchError(
            f"{folder} has {free / (1 << 30):.1f} GiB free, "
            f"{octets / (1 << 30):.1f} are needed; TMPDIR names another place")


class Disk:
    """One file system in an image file, mounted while the block lasts."""

    def __init__(self, scratch, size=SIZE, files=0):
        """files: how many it must have room for beside the usual number."""
        self.size = size
        self.files = files
        self.image = os.path.join(scratch, "disk.img")
        self.path = os.path.join(scratch, "disk")
        self.device = None

    def __enter__(self):
        expect_room(os.path.dirname(self.image), self.size)
        with open(self.image, "wb") as image:
            os.posix_fallocate(image.fileno(), 0, self.size)
        # Nothing is left for the kernel to write later, unasked.
        subprocess.run(
            ["mkfs.ext4", "-q", "-F", "-m", "0", "-E",
             "lazy_itable_init=0,lazy_journal_init=0",
             "-N", str((self.size >> 14) + self.files), self.image],
            check=True)
        os.makedirs(self.path, exist_ok=True)
        # mount frees the loop device again when the file system goes.
        subprocess.run(["mount", "-o", "loop", self.image, self.path],
                       check=True)
        source = subprocess.run(
            ["findmnt", "-no", "SOURCE", self.path],
            check=True, capture_output=True, text=True).stdout.strip()
        self.device = os.path.basename(source)
        return self

    def __exit__(self, *_):
        if subprocess.run(["umount", self.path], check=False).returncode:
            subprocess.run(["umount", "-l", self.path], check=False)
        os.unlink(self.image)

    def sync(self):
        """Everything written so far is on the device when this returns."""
        subprocess.run(["sync", "-f", self.path], check=True)

    def octets_written(self):
        """Octets that went to the device since it was set up, or have to."""
        self.sync()
        return self.octets_so_far()

    def octets_so_far(self):
        """Those that went there already."""
        with open(f"/sys/block/{self.device}/stat", encoding="ascii") as stat:
            return int(stat.read().split()[6]) * SECTOR
