"""Data sets with a second mail hidden in the body of the first.

What they look like on the spool, and what lines their mail has; both are
worked out here, from what is documented of records, by nothing of jesfs's.
"""

import re
import struct

SEQUENCES = {
    "lf.lf": "\n.\n", "cr.cr": "\r.\r", "cr.lf": "\r.\n", "lf.cr": "\n.\r",
    "lf.crlf": "\n.\r\n", "crlf.lf": "\r\n.\n", "cr.crlf": "\r.\r\n",
    "crlf.cr": "\r\n.\r", "crlfnul.crlf": "\r\n\0.\r\n",
    "crlf.nulcrlf": "\r\n.\0\r\n",
}
# A line end of EBCDIC alone.
NEL_SEQUENCES = {"nel.nel": "\x85.\x85", "nel.crlf": "\x85.\r\n"}

HIDDEN = ("MAIL FROM:<evil@a.example>\r\nRCPT TO:<x@b.example>\r\n"
          "DATA\r\nevil\r\n.\r\n")

PAGES = ("ASCII", "IBM-037", "IBM-1047")
FORMS = ("stream", "fixed", "variable", "netdata")
INPUTS = ("batch", "message")
LENGTH = 80

# Where the two pages differ.
TO_1047 = bytes.maketrans(b"\xba\xad\xbb\xbd\xb0\x5f",
                          b"\xad\xba\xbd\xbb\x5f\xb0")


def encode(text, page):
    """The octets of text. NEL is X'15' and LF X'25', as in the C library."""
    if page == "ASCII":
        return text.encode("ascii")
    octets = text.encode("cp037")
    return octets.translate(TO_1047) if page == "IBM-1047" else octets


def segments(record, flags):
    """A record of NETDATA."""
    parts = [record[i:i + 253] for i in range(0, len(record), 253)] or [b""]
    out = b""
    for number, part in enumerate(parts):
        is_first = 0x80 if number == 0 else 0
        is_last = 0x40 if number == len(parts) - 1 else 0
        out += bytes((len(part) + 2, flags | is_first | is_last)) + part
    return out


def netdata(records):
    """What XMIT makes of one sequential data set."""
    def control(number, units):
        name = f"INMR0{number}".encode("cp037")
        return segments(name + units, 0x20)

    copy = "INMCOPY".encode("cp037")
    files = b"\x10\x2f\0\1\0\1\1"
    step = b"\0\0\0\1\x10\x28\0\1" + struct.pack(">H", len(copy)) + copy
    form = b"\0\x49\0\1\0\2\x50\0"  # RECFM VB
    out = (control(1, files) + control(2, step + form) + control(3, form)
           + b"".join(segments(record, 0) for record in records)
           + control(6, b""))
    return out + b"\0" * (-len(out) % LENGTH)


def lay(lines, form, page):
    """The octets of a data set of these lines."""
    if form == "stream":
        end = "\n" if page == "ASCII" else "\x85"
        return encode("".join(line + end for line in lines), page)
    records = [encode(line, page) for line in lines]
    if form == "variable":
        return b"".join(struct.pack(">HH", len(record) + 4, 0) + record
                        for record in records)
    if form == "netdata":
        return netdata(records)
    assert max(map(len, records)) <= LENGTH
    blank = encode(" ", page)
    return b"".join(record.ljust(LENGTH, blank) for record in records)


def sequences(page):
    """Those that have a meaning in the page, by name."""
    more = {} if page == "ASCII" else NEL_SEQUENCES
    return {**SEQUENCES, **more}


class Case:
    """One data set; name is its recipient and its subject."""

    def __init__(self, name, page, form, kind, sequence):
        self.name = name
        self.page = page
        self.form = form
        self.kind = kind
        self.body = ["before [it]^", "x" + sequence + HIDDEN, "behind it"]

    def _line_ends(self):
        return "\r?\n" if self.page == "ASCII" else "\r?\n|\x85"

    def data_set(self):
        """Its octets."""
        head = ["From: <a@a.example>", f"To: <{self.name}@b.example>",
                f"Subject: {self.name}", ""]
        if self.kind == "message":
            return lay(head + self.body, self.form, self.page)
        body = self.body
        if self.form == "stream":
            # A line here is not one there: its writer doubles each dot.
            body = [re.sub(rf"({self._line_ends()})\.", r"\1..", line)
                    for line in body]
        lines = ["HELO A", "MAIL FROM:<a@a.example>",
                 f"RCPT TO:<{self.name}@b.example>", "DATA", *head, *body,
                 ".", "QUIT"]
        return lay(lines, self.form, self.page)

    def lines(self):
        """The lines of the body that arrives, without blanks at the end."""
        lines = self.body
        if self.form == "stream":
            lines = [part for line in lines
                     for part in re.split(self._line_ends(), line)]
        return [re.sub("[\r\n\0\x85]", " ", line).rstrip(" ")
                for line in lines]
