"""Large data sets: one huge mail, and a million mails in one data set."""

import os
import socket
import threading
import time

from process import BenchError, MemoryWatch, wait_until
from stage import GIBIBYTE, MAIL, MEBIBYTE, Stage

BLOCK = 1 << 20
LINE = b"X" * 78 + b"\n"
END = b"\r\n.\r\n"


class OctetSink:
    """A server for one session after another that counts the octets of mails.

    A mail's octets are those between DATA and the dot, line ends included.
    """

    def __init__(self):
        self.octets = 0
        self.mails = 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self._thread.join()

    def _serve(self):
        while True:
            try:
                session, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._session, args=(session,),
                             daemon=True).start()

    def _session(self, session):
        try:
            with session, session.makefile("rb") as commands:
                session.sendall(b"220 bench.invalid\r\n")
                for command in commands:
                    self._answer(session, command, commands)
        except OSError:
            return

    def _answer(self, session, command, commands):
        if not command.upper().startswith(b"DATA"):
            session.sendall(b"250 bench.invalid\r\n")
            return
        session.sendall(b"354 go on\r\n")
        self.octets += self._mail_octets(commands)
        self.mails += 1
        session.sendall(b"250 taken\r\n")

    @staticmethod
    def _mail_octets(commands):
        """Reads up to the dot; nothing follows it before it is answered."""
        total, tail = 0, b"\r\n"
        while True:
            block = commands.read1(BLOCK)
            if not block:
                raise OSError("the session ended within a mail")
            total += len(block)
            tail = (tail + block)[-len(END):]
            if tail == END:
                return total - len(END) + 2


class Large(Stage):
    """One mount; what is written is sent as soon as it is closed."""

    keys = {"S7", "S7m", "S8", "S8m"}

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.steps = (
            (("S7", "S7m"), self.stream),
            (("S8", "S8m"), self.many_mails),
        )
        self.source = os.path.join(self.scratch, "source")

    def __enter__(self):
        room = GIBIBYTE + 2 * self.sizes.large
        self._set_up(room).__enter__()
        return self

    def __exit__(self, *error):
        return self.disk.__exit__(*error)

    # ---- one mail ---------------------------------------------------------

    def _write_source(self):
        """A data set of one mail. Returns what a server gets of it."""
        lines = self.sizes.large // len(LINE)
        block = LINE * (BLOCK // len(LINE))
        head, end = MAIL.split("It is")[0].encode(), b".\nQUIT\n"
        with open(self.source, "wb") as source:
            source.write(b"HELO bench.invalid\n" + head)
            for _ in range(lines // (len(block) // len(LINE))):
                source.write(block)
            source.write(LINE * (lines % (len(block) // len(LINE))))
            source.write(end)
        content = head.split(b"DATA\n")[1]
        return (len(content) + content.count(b"\n")
                + lines * (len(LINE) + 1))

    def _copy_rate(self, target):
        """MiB a second of a dd that ends when all is on the disk."""
        size = os.stat(self.source).st_size
        before = self.disk.octets_written()
        began = time.monotonic()
        self.place.run(["dd", f"if={self.source}", f"of={target}",
                        "bs=1M", "conv=fsync", "status=none"])
        took = time.monotonic() - began
        written = self.disk.octets_so_far() - before
        if written < size:
            raise BenchError(f"{written} octets on the disk after {target}")
        return size / MEBIBYTE / took

    def _write_everywhere(self, path):
        """What a disk does only the first time is done when turns begin."""
        names = [path, path + ".2"]
        for name in names:
            self._copy_rate(name)
        for name in names:
            os.unlink(name)

    def stream(self):
        """S7, S7m: written beside dd, and sent whole."""
        octets = self._write_source()
        beside, side = os.path.join(self.disk.path, "file"), self.side("jesfs")
        self._write_everywhere(beside)
        growth = 0
        try:
            with OctetSink() as sink:
                side.start(sink.port)
                for number in range(self.sizes.rounds):
                    yield "dd", {"S7": self._copy_rate(beside)}
                    os.unlink(beside)
                    with MemoryWatch(side.daemon.pid) as watch:
                        rate = self._copy_rate(f"{side.drop}/large{number}")
                        self._expect_sent(sink, number + 1, octets)
                        wait_until(side.is_idle, "an empty spool")
                    growth = max(growth, watch.growth())
                    yield "jesfs", {"S7": rate}
                yield "jesfs", {"S7m": growth / MEBIBYTE}
        finally:
            side.stop()
            side.clean()
            os.unlink(self.source)

    @staticmethod
    def _expect_sent(sink, mails, octets):
        """Every mail arrived, with every octet of it and fields on top."""
        wait_until(lambda: sink.mails >= mails, "the large mail", 600, 0.02)
        if sink.mails != mails or sink.octets <= mails * octets:
            raise BenchError(f"{sink.mails} mails of {sink.octets} octets "
                             f"instead of {mails} of over {mails * octets}")

    # ---- many mails -------------------------------------------------------

    def many_mails(self):
        """S8, S8m: accepted, and every mail of it sent."""
        yield "data sets", {"S8": self.empty_drain_rate("few")}
        with open(self.source, "w", encoding="ascii") as source:
            source.write("HELO bench.invalid\n")
            for _ in range(self.sizes.mails):
                source.write(MAIL)
            source.write("QUIT\n")
        side = self.side("jesfs")
        with self.waiting(side) as sink, \
                MemoryWatch(side.daemon.pid) as watch:
            self._copy_rate(f"{side.drop}/many")
            rate = self.drain_rate(sink, self.sizes.mails, 1200)
            sink.wait_for(self.sizes.mails)
            wait_until(side.is_idle, "an empty spool")
        os.unlink(self.source)
        yield "jesfs", {"S8": rate, "S8m": watch.growth() / MEBIBYTE}
