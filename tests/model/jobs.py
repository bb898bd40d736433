"""Several processes with a part of the work each."""

import os
import pickle
import signal


class Job:
    """A process that works out a value."""

    def __init__(self, work, number):
        self.result, given = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(self.result)
            self._run_child(work, number, given)
        os.close(given)

    @staticmethod
    def _run_child(work, number, given):
        """Never returns: what its parent has to do is not for it."""
        try:
            try:
                value = work(number)
            except Exception as error:  # told to the parent, who raises it
                value = error
            with os.fdopen(given, "wb") as out:
                pickle.dump(value, out)
        finally:
            os._exit(0)

    def value(self):
        """Waits for it; raises what it has raised."""
        with os.fdopen(self.result, "rb") as given:
            octets = given.read()
        os.waitpid(self.pid, 0)
        self.pid = None
        value = pickle.loads(octets) if octets else OSError("a job ended")
        if isinstance(value, Exception):
            raise value
        return value

    def end(self):
        """Asks it to end where nobody waits for its value any more."""
        if self.pid is not None:
            os.kill(self.pid, signal.SIGTERM)
            os.waitpid(self.pid, 0)


def run_jobs(count, work):
    """The values of work(0), work(1) ..., which run at the same time."""
    jobs = []
    try:
        for number in range(count):
            jobs.append(Job(work, number))
        return [job.value() for job in jobs]
    finally:
        for job in jobs:
            job.end()
