"""write.py HOW - writes the file that MAIL names to the one that F names."""

import errno
import mmap
import os
import shutil
import signal
import subprocess
import sys
import tempfile

MAIL = os.environ["MAIL"]
F = os.environ["F"]
with open(MAIL, "rb") as mail:
    TEXT = mail.read()
HALF = len(TEXT) // 2
NEW = os.O_WRONLY | os.O_CREAT | os.O_TRUNC


def write_all(file, octets):
    """Writes, past what Python would keep back."""
    if os.write(file, octets) != len(octets):
        sys.exit("a short write")


def by_open():
    """The way most programs have it."""
    with open(F, "wb") as file:
        file.write(TEXT)


def by_copy():
    """shutil.copy(): the mode is set by name, after the close."""
    shutil.copy(MAIL, F)


def by_copy2():
    """shutil.copy2(): the times and attributes as well."""
    shutil.copy2(MAIL, F)


def by_replace():
    """A temporary file that gets its name when it is whole."""
    with tempfile.NamedTemporaryFile(
            dir=os.path.dirname(F), suffix=".tmp", delete=False) as file:
        file.write(TEXT)
    os.replace(file.name, F)


def by_named():
    """The same, with the name that Python gives it."""
    with tempfile.NamedTemporaryFile(
            dir=os.path.dirname(F), delete=False) as file:
        file.write(TEXT)
    os.replace(file.name, F)


def by_children():
    """Children write to the stdout their parent opened with O_APPEND."""
    file = os.open(F, NEW | os.O_APPEND)
    for span in ("head -n 5", "tail -n +6"):
        subprocess.run([*span.split(), MAIL], stdout=file, check=True)
    os.close(file)


def by_fork():
    """The child writes first, and closes first."""
    file = os.open(F, NEW)
    child = os.fork()
    if child == 0:
        write_all(file, TEXT[:HALF])
        os.close(file)
        os._exit(0)
    if os.waitpid(child, 0)[1] != 0:
        sys.exit("the child failed")
    write_all(file, TEXT[HALF:])
    os.close(file)


def by_killed():
    """Half of it, and then the end."""
    file = os.open(F, NEW)
    write_all(file, TEXT[:HALF])
    os.kill(os.getpid(), signal.SIGKILL)


def by_mmap():
    """Memory shared with the file, where there is such memory."""
    file = os.open(F, os.O_RDWR | os.O_CREAT | os.O_TRUNC)
    os.ftruncate(file, len(TEXT))
    try:
        shared = mmap.mmap(file, len(TEXT), mmap.MAP_SHARED,
                           mmap.PROT_READ | mmap.PROT_WRITE)
    except OSError as error:
        if error.errno != errno.ENODEV:
            raise
        os.ftruncate(file, 0)
        sys.exit(errno.ENODEV)
    shared[:] = TEXT
    shared.flush()
    shared.close()
    os.close(file)


globals()["by_" + sys.argv[1]]()
