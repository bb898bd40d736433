"""What processes cost: time of the processor, memory, and how they end."""

import os
import signal
import socket
import subprocess
import threading
import time

TICKS = os.sysconf("SC_CLK_TCK")


class BenchError(Exception):
    """A run that gave no figure, and why."""


def wait_until(condition, what, seconds=60, step=0.005):
    """Waits for condition() to be true; BenchError when it never is."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise BenchError(f"waited {seconds} s in vain: {what}")
        time.sleep(step)


def free_port():
    """A port of the loopback interface that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def is_listening(port):
    """Whether a server accepts connections on the port."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def sessions_to(port):
    """How many connections to the port are established."""
    remote = f"0100007F:{port:04X}"
    count = 0
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with open(table, encoding="ascii") as lines:
            fields = [line.split() for line in lines]
        count += sum(1 for f in fields
                     if f[2].endswith(remote) and f[3] == "01")
    return count


def _stat(pid):
    """The fields of /proc/PID/stat after the name, or None."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii",
                  errors="replace") as stat:
            return stat.read().rpartition(")")[2].split()
    except OSError:
        return None


def tree(root):
    """The process root and all its living descendants."""
    parents = {}
    for name in os.listdir("/proc"):
        fields = _stat(name) if name.isdigit() else None
        if fields:
            parents[int(name)] = int(fields[1])
    found = [root]
    for pid in found:
        found += [child for child, parent in parents.items() if parent == pid]
    return found


def cpu_seconds(root):
    """Processor time of a tree, with that of children it has reaped."""
    ticks = 0
    for pid in tree(root):
        fields = _stat(pid)
        if fields:
            ticks += sum(int(ticks) for ticks in fields[11:15])
    return ticks / TICKS


def memory_octets(root):
    """Proportional set size of a tree."""
    total = 0
    for pid in tree(root):
        try:
            with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as maps:
                total += sum(int(line.split()[1]) << 10 for line in maps
                             if line.startswith("Pss:"))
        except OSError:
            continue
    return total


def kernel_octets(cache):
    """What the objects in use of one of the kernel's caches take."""
    with open("/proc/slabinfo", encoding="ascii") as lines:
        for line in lines:
            name, *numbers = line.split()
            if name == cache:
                return int(numbers[0]) * int(numbers[2])
    raise BenchError(f"the kernel does not say what {cache} takes")


class MemoryWatch:
    """The most memory a tree takes while the block lasts."""

    def __init__(self, root, step=0.1):
        self.root = root
        self.step = step
        self.before = memory_octets(root)
        self.peak = self.before
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._is_over.set()
        self._thread.join()

    def _look(self):
        while not self._is_over.wait(self.step):
            self.peak = max(self.peak, memory_octets(self.root))

    def growth(self):
        """By how many octets it grew at its largest."""
        return self.peak - self.before


def end(process, seconds=30):
    """Asks a process to end, insists when it does not, and reaps it."""
    if process is None or process.poll() is not None:
        return
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
