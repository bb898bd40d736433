"""The disk under test: a journaled ext4 image over a loop device.

Both queues lie on it. A file system without a journal would punish a file
per mail, and a tmpfs would make every sync free.
"""

import os
import subprocess

SIZE = 3 << 30
SECTOR = 512


class Disk:
    """One file system in an image file, mounted while the block lasts."""

    def __init__(self, scratch):
        self.image = os.path.join(scratch, "disk.img")
        self.path = os.path.join(scratch, "disk")
        self.device = None

    def __enter__(self):
        with open(self.image, "wb") as image:
            os.posix_fallocate(image.fileno(), 0, SIZE)
        # Nothing is left for the kernel to write later, unasked.
        subprocess.run(
            ["mkfs.ext4", "-q", "-F", "-m", "0", "-E",
             "lazy_itable_init=0,lazy_journal_init=0", self.image],
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
        """Octets that went to the device since it was set up."""
        self.sync()
        with open(f"/sys/block/{self.device}/stat", encoding="ascii") as stat:
            return int(stat.read().split()[6]) * SECTOR
