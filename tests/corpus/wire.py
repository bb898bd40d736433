#!/usr/bin/env python3
"""wire.py [--write] - works out the cases of tests/corpus/wire.

Without --write it compares them with the files that are there and ends with 1
where one differs. What is expected is made here from lines of text by Python's
codecs, by iconv(1) for pages that Python lacks, and by the few rules below:
no program of this tree has a part in it. The form is in tests/support_wire.h.
"""
import quopri
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parent / "wire"
DATE = "Mon, 23 Nov 2026 10:00:00 +0000"
CASES = {}


# ---- octets of a page or a character set ---------------------------------

def iconv(octets, of, to):
    return subprocess.run(["iconv", "-f", of, "-t", to], input=octets,
                          stdout=subprocess.PIPE, check=True).stdout


def encode(text, name):
    """Text that the page has all of."""
    try:
        return text.encode({"IBM037": "cp037"}.get(name, name))
    except LookupError:
        return iconv(text.encode(), "UTF-8", name)


def replace(text, name):
    """The same, with "?" for what it lacks, character by character."""
    kept = []
    for c in text:
        try:
            encode(c, name)
            kept.append(c)
        except (UnicodeEncodeError, subprocess.CalledProcessError):
            kept.append("?")
    return encode("".join(kept), name)


def as_sent(line, charset):
    if charset is None:  # as it came
        return line if isinstance(line, bytes) else line.encode()
    if isinstance(line, bytes):
        line = line.decode("utf-8", "replace")
    return replace(line, charset)


# ---- files ----------------------------------------------------------------

def show(octets):
    return "".join(chr(o) if 32 <= o < 127 and o != 92 else f"\\x{o:02x}"
                   for o in octets)


def show_text(octets):
    lines = octets.split(b"\n")
    shown = [show(line) for line in lines[:-1]]
    if lines[-1]:
        shown.append(show(lines[-1]) + "\\")
    return shown


def show_octets(octets):
    digits = octets.hex()
    return [" ".join(digits[i:i + 64][j:j + 8] for j in range(0, 64, 8)).strip()
            for i in range(0, len(digits), 64)]


def case(name, shows, octets, expected, conf=(), is_text=False):
    assert name not in CASES, name
    lines = [f"# {shows}", "[conf]", *conf]
    lines += ["[text]", *show_text(octets)] if is_text else \
        ["[octets]", *show_octets(octets)]
    lines += ["[expected]", *expected]
    CASES[name] = "\n".join(lines) + "\n"


# ---- what a server hears -----------------------------------------------------

def received(number, rcpts, helo="NODE1", user_info=True, names_one=True):
    """RFC 5321 section 4.4, in lines of at most 78 columns."""
    first = [f"from {helo}", "(user=alice uid=1001 job=JOB00412)",
             "by mvs1.example.com (jesfs)"]
    job = "JOB00412"
    if not user_info:
        del first[1]
        job = "D0000412"
    second = [f"with spool id {job}.{number}"]
    if len(rcpts) == 1 and names_one:
        second.append(f"for <{rcpts[0]}>")
    second[-1] += ";"
    second.append(DATE)
    lines = ["Received:"]
    for group in first, second:
        for i, word in enumerate(group):
            starts = group is second and i == 0
            if starts or len(lines[-1]) + 1 + len(word) > 78:
                lines.append("")
            lines[-1] += " " + word
    return lines


def message_id(number, user_info=True):
    stamp = "Nov232026.100000.541437"
    what = f"PAYJOB1.JOB00412.{stamp}" if user_info else f"{stamp}.412"
    return f"Message-ID: <{what}.{number}@mvs1.example.com>"


def mime(charset):
    return ["MIME-Version: 1.0",
            f"Content-Type: text/plain; charset={charset}",
            "Content-Transfer-Encoding: 8bit"]


def mail(content, charset=None, top=(), number=1, sender="a@example.org",
         rcpts=("b@example.org",), helo="NODE1", user_info=True,
         names_one=True):
    """MAIL to the final dot; top is what follows Received there."""
    heard = [f"MAIL FROM:<{sender}>", *(f"RCPT TO:<{r}>" for r in rcpts),
             "DATA", *received(number, rcpts, helo, user_info, names_one),
             *top]
    for line in content:
        sent = as_sent(line, charset)
        assert len(sent) <= 998
        heard.append(show((b"." if sent.startswith(b".") else b"") + sent))
    return [*heard, "."]


def refused(reply, line):
    """A mail that is undeliverable: nothing of it is sent."""
    return [f"ERROR line {line}: {reply}", "MAIL FROM:<a@example.org>",
            "RCPT TO:<b@example.org>", f"REFUSED line {line}: {reply}"]


# ---- data sets -----------------------------------------------------------------

# A header that lacks nothing.
HEADER = ["From: a@example.org", f"Date: {DATE}", "Message-ID: <1@example.org>"]
PLAIN = [*HEADER, "MIME-Version: 1.0", ""]


def batch(content, sender="a@example.org", rcpts=("b@example.org",),
          helo="HELO NODE1", end=(".", "QUIT")):
    """Content as it stands, dots and all."""
    return [*([helo] if helo else []), f"MAIL FROM:<{sender}>",
            *(f"RCPT TO:<{r}>" for r in rcpts), "DATA", *content, *end]


def stream(lines, end=b"\n"):
    return b"".join((line if isinstance(line, bytes) else line.encode()) + end
                    for line in lines)


def page_stream(lines, page, end=None):
    if end is None:
        end = b"\x15"
    return b"".join((line if isinstance(line, bytes) else encode(line, page))
                    + end for line in lines)


def records(lines, page):
    return [line if isinstance(line, bytes) else encode(line, page)
            if page else line.encode() for line in lines]


def fixed(lines, page="IBM1047", length=80):
    blank = b"\x40" if page else b" "
    return b"".join(r.ljust(length, blank) for r in records(lines, page))


def word(length, flags=0):
    return (length + 4).to_bytes(2, "big") + bytes([flags, 0])


def variable(lines, page="IBM1047"):
    return b"".join(word(len(r)) + r for r in records(lines, page))


def spanned(lines, size, page="IBM1047"):
    out = b""
    for r in records(lines, page):
        parts = [r[i:i + size] for i in range(0, len(r), size)] or [b""]
        for i, part in enumerate(parts):
            flags = 0 if len(parts) == 1 else \
                1 if i == 0 else 2 if i == len(parts) - 1 else 3
            out += word(len(part), flags) + part
    return out


def blocked(lines, count, page="IBM1047"):
    recs = records(lines, page)
    out = b""
    for i in range(0, len(recs), count):
        block = b"".join(word(len(r)) + r for r in recs[i:i + count])
        out += word(len(block)) + block
    return out


def unit(key, *values):
    return key.to_bytes(2, "big") + len(values).to_bytes(2, "big") + b"".join(
        len(v).to_bytes(2, "big") + v for v in values)


def segments(octets, flags=0, size=253):
    parts = [octets[i:i + size] for i in range(0, len(octets), size)] or [b""]
    out = b""
    for i, part in enumerate(parts):
        ends = (0x80 if i == 0 else 0) | (0x40 if i == len(parts) - 1 else 0)
        out += bytes([len(part) + 2, flags | ends]) + part
    return out


def netdata(lines, page="IBM1047", recfm=0x9000, size=253, length=80):
    """INMR01, INMR02, INMR03, data, INMR06: what XMIT makes."""
    def control(name, octets=b""):
        return segments(encode(name, "IBM1047") + octets, 0x20)
    e = lambda text: encode(text, "IBM1047")
    out = control("INMR01", unit(0x42, b"\x50") + unit(0x1011, e("NODE1"))
                  + unit(0x1012, e("ALICE")) + unit(0x102f, b"\x01"))
    out += control("INMR02", b"\0\0\0\x01" + unit(0x1028, e("INMCOPY"))
                   + unit(0x49, recfm.to_bytes(2, "big"))
                   + unit(0x02, e("ALICE"), e("MAIL")))
    out += control("INMR03", unit(0x49, recfm.to_bytes(2, "big"))
                   + unit(0x42, length.to_bytes(2, "big")))
    for r in records(lines, page):
        out += segments(r, 0, size)
    out += control("INMR06")
    return out + bytes(-len(out) % 80)


def target(*statements):
    return ["TargetServer", "{", "TargetIP 127.0.0.1", *statements, "}"]


# ---- streams ---------------------------------------------------------------------

def text_case(name, shows, lines, expected, conf=(), end=b"\n", octets=None):
    case(name, shows, stream(lines, end) if octets is None else octets,
         expected, conf, is_text=True)


def body_case(name, shows, body, sent=None, conf=(), end=b"\n", octets=None,
              **how):
    """Lines of a text, and what is sent of them."""
    text_case(name, shows, batch([*PLAIN, *body]),
              mail([*PLAIN, *(body if sent is None else sent)], **how), conf,
              end, octets)


def streams():
    body_case("stream-lf-ends-a-line", "LF ends a line", ["one", "two"])
    body_case("stream-cr-lf-ends-a-line", "CR LF ends a line",
              ["one", "two"], end=b"\r\n")
    whole = stream(batch([*PLAIN, "one"]))
    body_case("stream-both-line-ends-may-be-mixed", "LF and CR LF in one",
              ["one"], octets=whole.replace(b"DATA\n", b"DATA\r\n"))
    body_case("stream-a-bare-cr-is-a-blank", "a CR within a line",
              ["one\rtwo", "\rthree"], ["one two", " three"])
    body_case("stream-cr-cr-lf-ends-a-line-after-a-blank",
              "the CR before CR LF is the line's", ["one\r\r"], ["one  "],
              octets=stream(batch([*PLAIN, "one\r\r\r"])).replace(
                  b"one\r\r\r\n", b"one\r\r\r\n"))
    body_case("stream-a-nul-is-a-blank", "NUL never leaves",
              ["one\0two", "\0"], ["one two", " "])
    body_case("stream-trailing-blanks-of-text-stay", "-- is a signature",
              ["-- ", "name   "])
    body_case("stream-an-empty-line-stays", "lines without octets",
              ["", "", "one", ""])
    body_case("stream-tabs-stay", "tabs are text", ["\tone\ttwo\t"])
    body_case("stream-controls-stay", "other controls are text",
              ["a\x01b\x07c\x1bd\x7f"])
    body_case("stream-nel-is-text-without-a-page", "NEL ends no line of UTF-8",
              ["a\u0085b"], top=())
    body_case("stream-line-separators-are-text", "nor do U+2028 and U+000C",
              ["a\u2028b\x0bc\x0cd"])
    body_case("stream-octets-stay-as-they-came", "neither page nor charset",
              [b"\xff\xfe\x80 caf\xe9"])
    body_case("stream-utf8-stays-as-it-came", "neither page nor charset",
              ["Gr\u00fc\u00dfe, \u65e5\u672c \U0001f600"])
    text_case("stream-a-last-line-needs-no-lf", "the end ends a line", [],
              mail([*PLAIN, "last"]),
              octets=stream(batch([*PLAIN], end=())) + b"last")
    text_case("stream-a-mail-without-a-dot-ends-with-the-data-set",
              "the final dot is implied", batch([*PLAIN, "last"], end=()),
              mail([*PLAIN, "last"]))
    text_case("stream-a-mail-without-quit-is-whole", "QUIT is implied",
              batch([*PLAIN, "last"], end=(".",)), mail([*PLAIN, "last"]))
    line = "x" * 998
    body_case("stream-998-octets-are-a-line", "the longest", [line])
    body_case("stream-a-line-of-998-with-a-dot-doubled",
              "the doubled dot does not count", ["." + "." * 998],
              ["." * 998])
    trunc = ["Options", "{", "DataLineTrunc YES", "}"]
    body_case("stream-data-line-trunc-cuts-at-998", "DataLineTrunc YES",
              [line + "yz", "next"], [line, "next"], conf=trunc)
    body_case("stream-long-line-truncate-is-the-same", "LongLine truncate",
              ["z" * 5000, "next"], ["z" * 998, "next"],
              conf=["LongLine truncate"])
    body_case("stream-a-line-is-cut-between-characters",
              "no half of a character is sent",
              ["x" * 997 + "\u00e4", "next"], ["x" * 997, "next"], conf=trunc)
    text_case("stream-a-line-over-998-is-an-error", "DataLineTrunc NO",
              batch([*PLAIN, line + "y"]),
              refused("500 5.6.0 JES Data line too long", 10))
    text_case("stream-bare-cr-reject-is-an-error", "BareCR reject",
              batch([*PLAIN, "a\rb"]),
              refused("500 5.6.0 JES Bare CR in data line", 10),
              conf=["BareCR reject"])
    body_case("smuggling-lf-dot-cr-lf", "a dot line is the end: what is behind"
              " is no mail of it", ["one"], octets=stream(
                  batch([*PLAIN, "one"], end=(".\r", "QUIT"))))
    for name, octets in (("cr-dot-cr", "\r.\r"), ("cr-dot-cr-lf-none", "\r."),
                         ("nul-dot", "\0."), ("dot-nul", ".\0"),
                         ("cr-dot", "a\r.")):
        text = "x" + octets + "y"
        sent = text.replace("\r", " ").replace("\0", " ")
        body_case("smuggling-" + name + "-ends-nothing",
                  "only a line that is a dot is the end", [text], [sent])


# ---- batch SMTP -----------------------------------------------------------------

def batches():
    body_case("batch-a-doubled-dot-is-one", "the writer's transparency",
              ["..", "..one", "...two"], [".", ".one", "..two"])
    body_case("batch-a-single-dot-before-text-is-taken-off",
              "any receiver would", [".one"], ["one"])
    body_case("batch-a-dot-within-a-line-is-text", "only the first counts",
              ["a.", " .", "a..b"])
    text_case("batch-blanks-behind-the-final-dot-are-ignored",
              "as in padded records", batch([*PLAIN, "one"],
                                            end=(".   ", "QUIT")),
              mail([*PLAIN, "one"]))
    text_case("batch-commands-in-any-case", "commands are not case sensitive",
              ["helo NODE1", "mail from:<a@example.org>",
               "Rcpt To:<b@example.org>", "daTA", *PLAIN, "one", ".", "quit"],
              mail([*PLAIN, "one"]))
    text_case("batch-trailing-blanks-of-commands-are-cut",
              "blanks behind a command",
              ["HELO NODE1   ", "MAIL FROM:<a@example.org>  ",
               "RCPT TO:<b@example.org> ", "DATA    ", *PLAIN, ".", "QUIT  "],
              mail(PLAIN))
    text_case("batch-blank-records-between-commands-are-ignored",
              "empty lines before and between commands",
              ["", "  ", *batch(PLAIN)[:1], "", *batch(PLAIN)[1:]],
              mail(PLAIN))
    text_case("batch-text-behind-quit-is-not-read", "QUIT ends it",
              [*batch(PLAIN), "nonsense", "MAIL FROM:<c@d>"], mail(PLAIN))
    text_case("batch-the-null-path-is-a-sender", "MAIL FROM:<>",
              batch(PLAIN, sender=""), mail(PLAIN, sender=""))
    text_case("batch-several-recipients-leave-out-for",
              "for is said of a single recipient alone",
              batch(PLAIN, rcpts=("b@example.org", "c@example.org")),
              mail(PLAIN, rcpts=("b@example.org", "c@example.org")))
    text_case("batch-a-recipient-named-twice-gets-one", "nobody gets it twice",
              batch(PLAIN, rcpts=("b@example.org", "b@example.org")),
              mail(PLAIN))
    text_case("batch-mails-are-numbered", "several mails behind one HELO",
              [*batch([*PLAIN, "one"], end=(".",)),
               *batch([*PLAIN, "two"], helo=None)],
              mail([*PLAIN, "one"]) + mail([*PLAIN, "two"], number=2))
    text_case("batch-each-mail-has-the-helo-before-it", "a second session",
              [*batch(PLAIN, end=(".",)), *batch(PLAIN, helo="EHLO NODE2")],
              mail(PLAIN) + mail(PLAIN, number=2, helo="NODE2"))
    text_case("batch-rset-forgets-the-envelope", "RSET",
              ["HELO NODE1", "MAIL FROM:<x@example.org>",
               "RCPT TO:<y@example.org>", "RSET",
               *batch(PLAIN, helo=None)], mail(PLAIN))
    text_case("batch-a-source-route-is-left-out", "<@a,@b:user@c>",
              batch(PLAIN, rcpts=("@x.example,@y.example:b@example.org",)),
              mail(PLAIN))
    text_case("batch-size-and-body-are-taken-and-dropped", "MAIL parameters",
              ["HELO NODE1",
               "MAIL FROM:<a@example.org> SIZE=100 BODY=8BITMIME",
               *batch(PLAIN)[2:]], mail(PLAIN))
    text_case("batch-an-unknown-command-stops-nothing",
              "it is told, and mails before and behind it are sent",
              ["HELO NODE1", "HALLO", *batch(PLAIN, helo=None)],
              ["ERROR line 2: 500 5.5.1 JES Unknown command, 'HALLO'",
               *mail(PLAIN)])
    text_case("batch-too-many-words-behind-data", "CSSMTP's reply",
              ["HELO NODE1", "MAIL FROM:<a@example.org>",
               "RCPT TO:<b@example.org>", "DATA now", "text", ".", "QUIT"],
              refused("501 5.5.4 JES Syntax error. "
                      "Too many args after 'DATA'", 4))
    text_case("batch-an-empty-text-is-a-mail", "DATA and a dot", batch([]),
              mail([], top=["From: <a@example.org>", f"Date: {DATE}",
                            message_id(1)]))
    at = ["Options", "{", "AtSign \u00a7", "}"]
    text_case("batch-at-sign-in-commands", "Options AtSign",
              ["HELO NODE1", "MAIL FROM:<a\u00a7example.org>",
               "RCPT TO:<b\u00a7example.org>", "DATA", *PLAIN,
               "text \u00a7 stays", "."], mail([*PLAIN, "text \u00a7 stays"]),
              conf=at)
    text_case("batch-at-sign-in-header-fields", "and not in Subject",
              batch(["From: a\u00a7example.org", *HEADER[1:],
                     "Subject: x\u00a7y", "MIME-Version: 1.0", "", "z"]),
              mail(["From: a@example.org", *HEADER[1:], "Subject: x\u00a7y",
                    "MIME-Version: 1.0", "", "z"]), conf=at)
    text_case("batch-at-sign-in-subject-where-that-is-coded",
              "Options ReplaceSubjectAtSign",
              batch([*HEADER, "Subject: x\u00a7y", "MIME-Version: 1.0", ""]),
              mail([*HEADER, "Subject: x@y", "MIME-Version: 1.0", ""]),
              conf=["Options", "{", "AtSign \u00a7",
                    "ReplaceSubjectAtSign YES", "}"])
    text_case("batch-nulls-behind-commands-are-cut-where-that-is-coded",
              "Options NullTrnc", ["HELO NODE1\0\0", "MAIL FROM:<a@example.org>"
                                   + "\0" * 600, *batch(PLAIN)[2:]],
              mail(PLAIN), conf=["Options", "{", "NullTrnc YES", "}"])
    text_case("batch-a-command-of-511-octets-is-too-long", "510 is the most",
              ["HELO " + "n" * 506, "QUIT"],
              ["ERROR line 1: 500 5.2.5 JES Command line too long"])


# ---- headers ---------------------------------------------------------------------

def header_case(name, shows, content, sent, conf=(), **how):
    text_case(name, shows, batch(content), mail(sent, **how), conf)


def headers():
    date, ident = f"Date: {DATE}", message_id(1)
    sender = "From: <a@example.org>"
    full = [*HEADER, "", "text"]
    header_case("header-received-is-on-top", "and nothing else is missing",
                full, full)
    header_case("header-date-is-added", "where there is none",
                ["From: a@example.org", "Message-ID: <1@example.org>", "", "x"],
                ["From: a@example.org", "Message-ID: <1@example.org>", "", "x"],
                top=[date])
    header_case("header-date-no-adds-none", "Header { Date NO }",
                ["From: a@example.org", "Message-ID: <1@example.org>", "", "x"],
                ["From: a@example.org", "Message-ID: <1@example.org>", "", "x"],
                conf=["Header", "{", "Date NO", "}"])
    header_case("header-message-id-is-added", "job, id, host and time",
                [*HEADER[:2], "", "x"], [*HEADER[:2], "", "x"], top=[ident])
    header_case("header-user-info-no-names-no-job",
                "Header { UserInfo NO }", [*HEADER[:2], "", "x"],
                [*HEADER[:2], "", "x"], top=[message_id(1, False)],
                user_info=False, conf=["Header", "{", "UserInfo NO", "}"])
    header_case("header-from-is-added-from-the-reverse-path", "AddFrom",
                [*HEADER[1:], "", "x"], [*HEADER[1:], "", "x"], top=[sender])
    header_case("header-add-from-no-adds-none", "AddFrom no",
                [*HEADER[1:], "", "x"], [*HEADER[1:], "", "x"],
                conf=["AddFrom NO"])
    text_case("header-from-of-the-null-path-is-the-daemon", "AddFrom",
              batch([*HEADER[1:], "", "x"], sender=""),
              mail([*HEADER[1:], "", "x"], sender="",
                   top=["From: <MAILER-DAEMON@mvs1.example.com>"]))
    header_case("header-the-order-of-what-is-added",
                "From, Date, Message-ID", ["Subject: s", "", "x"],
                ["Subject: s", "", "x"], top=[sender, date, ident])
    header_case("header-names-are-known-in-any-case", "and none is added",
                ["FROM: a@example.org", "date: x", "message-id: <1@x>", "",
                 "x"],
                ["FROM: a@example.org", "date: x", "message-id: <1@x>", "",
                 "x"])
    header_case("header-a-missing-blank-line-is-put-in",
                "before the first line that is no field",
                [*HEADER, "Hello, world"], [*HEADER, "", "Hello, world"])
    header_case("header-a-blank-before-the-colon-is-no-field",
                "so the text begins there",
                [*HEADER, "Subject : x", "y"], [*HEADER, "", "Subject : x",
                                                "y"])
    header_case("header-a-text-without-a-header", "all is added",
                ["Hello, world"], ["", "Hello, world"],
                top=[sender, date, ident])
    header_case("header-a-folded-field-stays-folded", "blank and tab",
                [*HEADER, "Subject: one", " two", "\tthree", "", "x"],
                [*HEADER, "Subject: one", " two", "\tthree", "", "x"])
    header_case("header-bcc-is-taken-out", "with all its lines",
                [*HEADER, "Bcc: c@example.org,", " d@example.org",
                 "To: b@example.org", "", "Bcc: text"],
                [*HEADER, "To: b@example.org", "", "Bcc: text"],
                names_one=False)
    header_case("header-resent-bcc-is-taken-out", "as Bcc",
                [*HEADER, "Resent-Bcc: c@example.org", "", "x"],
                [*HEADER, "", "x"], names_one=False)
    header_case("header-return-path-is-taken-out", "final delivery adds it",
                ["Return-Path: <x@example.org>", *HEADER, "", "x"],
                [*HEADER, "", "x"])
    header_case("header-a-forged-origin-is-taken-out", "X-JES-Origin is ours",
                [*HEADER, "X-JES-Origin: user=root", "", "x"],
                [*HEADER, "", "x"])
    header_case("header-origin-is-added-where-that-is-coded", "OriginHeader",
                full, full, conf=["OriginHeader YES"],
                top=["X-JES-Origin: user=alice; uid=1001; job=JOB00412"])
    header_case("header-received-of-others-stays", "they are a trace",
                ["Received: from x by y; z", *full],
                ["Received: from x by y; z", *full])
    header_case("header-sender-is-added-where-that-is-coded",
                "From is somebody else: AddSender", full, full,
                conf=["AddSender YES"],
                top=["Sender: <alice@mvs1.example.com>"])
    header_case("header-sender-of-the-writer-is-replaced", "AddSender",
                [*HEADER, "Sender: x@example.org", "", "x"],
                [*HEADER, "", "x"], conf=["AddSender YES"],
                top=["Sender: <alice@mvs1.example.com>"])
    own = ["From: Alice <alice@mvs1.example.com>", *HEADER[1:], "", "x"]
    header_case("header-no-sender-where-from-is-the-writer", "AddSender", own,
                own, conf=["AddSender YES"])
    header_case("header-mime-is-added-for-8-bit-text", "AddMime",
                [*HEADER, "", "Gr\u00fc\u00dfe"],
                [*HEADER, "", "Gr\u00fc\u00dfe"], top=mime("utf-8"))
    header_case("header-add-mime-no-adds-none", "AddMime no",
                [*HEADER, "", "Gr\u00fc\u00dfe"],
                [*HEADER, "", "Gr\u00fc\u00dfe"], conf=["AddMime NO"])
    typed = [*HEADER, "Content-Type: text/html", "", "Gr\u00fc\u00dfe"]
    header_case("header-mime-of-the-writer-stays", "a Content-Type is enough",
                typed, typed)
    header_case("header-ascii-text-needs-no-mime", "8-bit in fields alone",
                [*HEADER, "Subject: Gr\u00fc\u00dfe", "", "x"],
                [*HEADER, "Subject: Gr\u00fc\u00dfe", "", "x"])
    words = " ".join(["word"] * 300)
    line = "Subject: " + words
    fold = line.rfind(" ", 0, 998 + 1)
    header_case("header-a-long-line-is-folded-at-a-blank", "998 octets",
                [*HEADER, line, "", "x"],
                [*HEADER, line[:fold], line[fold:], "", "x"])
    text_case("header-a-line-that-cannot-be-folded-is-an-error",
              "998 octets without a blank",
              batch([*HEADER, "Subject:" + "x" * 1200, "", "x"]),
              refused("500 5.6.0 JES Header line too long", 8))
    hops = ["Received: x"] * 3
    text_case("header-hop-limit-ends-a-loop", "HopLimit",
              batch([*hops, *full]),
              refused("554 5.4.6 JES Too many Received fields: mail loop", 7),
              conf=["HopLimit 3"])


# ---- plain messages --------------------------------------------------------------

def message_case(name, shows, content, rcpts, sent=None, conf=(),
                 sender="a@example.org", top=(), **how):
    text_case(name, shows, content,
              mail(content if sent is None else sent, sender=sender,
                   rcpts=rcpts, helo="mvs1.example.com", top=top, **how), conf)


def messages():
    to = "To: b@example.org"
    one = ("b@example.org",)
    message_case("message-to-is-the-recipient", "InputFormat auto",
                 [*HEADER, to, "", "text"], one)
    message_case("message-a-dot-line-is-text", "nothing ends but the data set",
                 [*HEADER, to, "", "a", ".", "..", "b"], one)
    message_case("message-cc-and-bcc-are-recipients-and-bcc-is-not-sent",
                 "as sendmail -t", [*HEADER, to, "Cc: c@example.org",
                                    "Bcc: d@example.org", "", "x"],
                 ("b@example.org", "c@example.org", "d@example.org"),
                 [*HEADER, to, "Cc: c@example.org", "", "x"])
    message_case("message-commands-in-it-are-text", "it is no batch",
                 [*HEADER, to, "", "MAIL FROM:<x@y>", "QUIT"], one)
    message_case("message-return-path-is-the-sender", "and is taken out",
                 ["Return-Path: <x@example.org>", *HEADER, to, "", "x"], one,
                 [*HEADER, to, "", "x"], sender="x@example.org")
    message_case("message-sender-goes-before-from", "of the envelope",
                 ["Sender: s@example.org", *HEADER, to, "", "x"], one,
                 sender="s@example.org")
    message_case("message-input-format-message", "InputFormat message",
                 [*HEADER, to, "", "x"], one, conf=["InputFormat message"])
    message_case("message-names-and-comments-are-no-addresses",
                 "groups, comments, quoted strings",
                 [*HEADER, 'To: "b, c" <b@example.org> (d, e),',
                  " f@example.org (x)", "", "x"],
                 ("b@example.org", "f@example.org"))
    message_case("message-mime-is-added-for-8-bit-text", "AddMime",
                 [*HEADER, to, "", "Gr\u00fc\u00dfe"], one, top=mime("utf-8"))


# ---- records -----------------------------------------------------------------------

def record_case(name, shows, octets, content, conf, charset="latin-1", **how):
    case(name, shows, octets, mail([*PLAIN, *content], charset=charset, **how),
         ["Translate IBM-1047", *conf])


def record_cases():
    fix, var = ["RecordFormat fixed"], ["RecordFormat variable"]
    asa, machine = ["CarriageControl asa"], ["CarriageControl machine"]
    body = [*PLAIN, "one", "", "two"]
    lines = batch(body)
    text = body[len(PLAIN):]
    record_case("ebcdic-nel-ends-a-line", "X'15'", page_stream(lines,
                "IBM1047"), text, [])
    record_case("ebcdic-lf-ends-a-line", "X'25'", page_stream(lines, "IBM1047",
                b"\x25"), text, [])
    record_case("ebcdic-cr-lf-ends-a-line", "X'0D25'",
                page_stream(lines, "IBM1047", b"\x0d\x25"), text, [])
    record_case("ebcdic-cr-nel-ends-a-line", "X'0D15'",
                page_stream(lines, "IBM1047", b"\x0d\x15"), text, [])
    record_case("ebcdic-trailing-blanks-of-text-are-cut", "as JES does",
                page_stream(batch([*PLAIN, "one   ", "   ", "-- "]),
                            "IBM1047"), ["one", "", "--"], [])
    record_case("fixed-records-are-lines", "80 octets, blanks cut off",
                fixed(lines), text, fix)
    record_case("fixed-record-length-counts", "RecordLength 133",
                fixed([*lines[:-2], "x" * 133, *lines[-2:]], length=133),
                [*text, "x" * 133], [*fix, "RecordLength 133"])
    record_case("fixed-the-last-record-may-be-short", "as text is cut",
                fixed(lines[:-1]) + encode("QUIT", "IBM1047"), text, fix)
    record_case("fixed-a-full-record-is-a-line", "80 octets",
                fixed(batch([*PLAIN, "y" * 80, "z" * 80])),
                ["y" * 80, "z" * 80], fix)
    seq = b"".join(encode(r.ljust(72) + f"{i:08d}", "IBM1047")
                   for i, r in enumerate(lines))
    record_case("fixed-sequence-numbers-are-no-text", "columns 73 to 80",
                seq, text, [*fix, "SequenceNumbers YES"])
    record_case("fixed-a-line-end-in-a-record-is-a-blank",
                "a record is exactly one line",
                fixed(batch([*PLAIN, b"\x81\x15\x82\x25\x83\x0d\x84\x00\x85"])),
                ["a b c d e"], fix)
    smuggled = encode("x", "IBM1047") + b"\x25" + encode(".", "IBM1047") \
        + b"\x25" + encode("MAIL FROM:<m@x>", "IBM1047")
    record_case("fixed-lf-dot-lf-smuggles-nothing", "conversion comes first",
                fixed(batch([*PLAIN, smuggled])), ["x . MAIL FROM:<m@x>"], fix)
    record_case("variable-lf-dot-lf-smuggles-nothing", "conversion comes first",
                variable(batch([*PLAIN, smuggled])), ["x . MAIL FROM:<m@x>"],
                var)
    record_case("ebcdic-a-stream-ends-at-the-dot-it-shows",
                "a dot line is a dot line however it came",
                page_stream(batch([*PLAIN, "x"]), "IBM1047", b"\x25"), ["x"],
                [])
    record_case("fixed-a-command-goes-on-behind-80-octets-and-a-bracket",
                "continuation: column 80 holds the <",
                fixed(["HELO NODE1", "MAIL FROM:<a@example.org>",
                       "RCPT TO:".ljust(79) + "<", "b@example.org>",
                       *lines[3:]]), text, fix)
    record_case("fixed-text-does-not-go-on", "Continuation commands",
                fixed(batch([*PLAIN, "x" * 79 + "<", "y"])),
                ["x" * 79 + "<", "y"], fix)
    record_case("fixed-blanks-are-cut-before-the-page-is-asked",
                "records of blanks are empty lines",
                fixed(batch([*PLAIN, "", "   x", ""])), ["", "   x", ""], fix)
    record_case("rdw-a-short-record-is-one-line", "lengths before records",
                variable(lines), text, var)
    record_case("rdw-an-empty-record-is-an-empty-line", "length 4",
                variable(batch([*PLAIN, "", "", "x"])), ["", "", "x"], var)
    record_case("rdw-spanned-segments-are-one-record", "first, middle, last",
                spanned(lines, 7), text, var)
    record_case("rdw-block-words-are-passed-over", "a BDW before each block",
                blocked(lines, 3), text, var)
    record_case("rdw-trailing-blanks-are-cut", "as JES does",
                variable(batch([*PLAIN, "one    ", "  "])), ["one", ""], var)
    record_case("rdw-a-long-record-is-one-line", "990 octets",
                variable(batch([*PLAIN, "z" * 990])), ["z" * 990], var)
    case("rdw-a-record-cut-short-is-damage", "it ends within a record",
         variable(lines)[:-2],
         [*mail(body, charset="latin-1"),
          "ERROR line 14: 554 5.6.0 JES Damaged data set, "
          "'it ends within a record'"],
         ["Translate IBM-1047", *var])
    case("rdw-records-may-be-ascii", "RecordFormat without Translate",
         variable(lines, None), mail(body), var)
    case("fixed-records-may-be-ascii", "RecordFormat without Translate",
         fixed(lines, None), mail(body), fix)
    controlled = [" " + lines[0], "0" + lines[1], "-" + lines[2],
                  "+" + lines[3], *("1" + r for r in lines[4:])]
    for form, make, conf in (("fixed", fixed, fix), ("variable", variable,
                                                     var)):
        record_case(f"asa-control-is-dropped-in-{form}-records",
                    "the first octet is no text", make(controlled), text,
                    [*conf, *asa])
        raw = [b"\x09" + encode(r, "IBM1047") for r in lines]
        record_case(f"machine-control-is-dropped-in-{form}-records",
                    "the first octet is no text", make(raw), text,
                    [*conf, *machine])
    record_case("asa-control-is-dropped-in-streams", "of each line",
                page_stream(controlled, "IBM1047"), text, asa)
    record_case("asa-a-dot-behind-the-control-ends-the-mail", "column 2",
                variable([*(" " + r for r in lines)]), text, [*var, *asa])
    net = ["RecordFormat netdata"]
    record_case("netdata-is-unwrapped", "as XMIT makes it", netdata(
        [r.ljust(80) for r in lines]), text, net)
    record_case("netdata-segments-are-one-record", "records in small segments",
                netdata(lines, size=5), text, net)
    record_case("netdata-a-record-of-several-segments", "700 octets",
                netdata(batch([*PLAIN, "n" * 700])), ["n" * 700], net)
    record_case("netdata-says-its-carriage-control", "RECFM VBA",
                netdata([" " + r for r in lines], recfm=0x5400), text, net)
    record_case("netdata-says-its-machine-control", "RECFM FBM",
                netdata([b"\x09" + encode(r, "IBM1047") for r in lines],
                        recfm=0x9200), text, net)
    case("netdata-is-ebcdic-though-no-page-is-coded",
         "without Translate it is IBM-1047", netdata(lines),
         mail(body, charset="latin-1"), net)


# ---- pages ------------------------------------------------------------------------

SINGLE = {
    "037": "\u00e9\u00a2\u00ac[]{}~^!|#$@\\", "273": "\u00e4\u00f6\u00fc\u00df"
    "\u00a7\u00c4@[]{}", "277": "\u00e6\u00f8\u00e5\u00c6\u00d8\u00c5@#$",
    "278": "\u00e5\u00e4\u00f6\u00c5\u00a4@[]", "280": "\u00e0\u00e8\u00ec"
    "\u00f2\u00f9@[]", "284": "\u00f1\u00d1\u00a1\u00bf@#", "285": "\u00a3$@~",
    "297": "\u00e0\u00e9\u00e7\u00f9@[]{}", "500": "[]!|@^\u00a7\u00b6",
    "871": "\u00fe\u00f0\u00de\u00d0\u00e6@", "1047": "[]\u00dd\u00a8^~@|!",
    "1140": "\u20ac\u00e9@[]", "1141": "\u20ac\u00e4\u00df@", "1142":
    "\u20ac\u00e6\u00f8", "1143": "\u20ac\u00e5\u00c9", "1144":
    "\u20ac\u00e0\u00f9", "1145": "\u20ac\u00f1", "1146": "\u20ac\u00a3",
    "1147": "\u20ac\u00e7", "1148": "\u20ac[]!|", "1149": "\u20ac\u00fe",
}

MULTI = {
    "930": ("\u65e5\u672c\uff76\uff85 KANA", "ISO-2022-JP", "iso2022_jp"),
    "933": ("\uac00\ub098\ub2e4 abc", "EUC-KR", "euc_kr"),
    "935": ("\u4e2d\u6587 abc", "GBK", "gbk"),
    "937": ("\u4e2d\u6587\u5b57 abc", "CP950", "cp950"),
    "939": ("\u65e5\u672c\u8a9e abc", "ISO-2022-JP", "iso2022_jp"),
    "1364": ("\ud55c\uae00 abc", "EUC-KR", "euc_kr"),
    "1371": ("\u6f22\u5b57 abc", "BIG5", "big5"),
    "1388": ("\u6c49\u5b57 abc", "GB18030", "gb18030"),
    "1390": ("\u304b\u306a\u6f22\u5b57", "EUC-JP", "euc_jp"),
    "1399": ("\u304b\u306a\u6f22\u5b57 abc", "SJIS", "shift_jis"),
}


def pages():
    forms = (("stream", lambda r, p: page_stream(r, p), []),
             ("fixed", fixed, ["RecordFormat fixed"]),
             ("variable", variable, ["RecordFormat variable"]))
    for i, (ccsid, text) in enumerate(SINGLE.items()):
        page = f"IBM{ccsid}"
        spelt = ("IBM-" + ccsid, "IBM" + ccsid, "CP" + ccsid, ccsid)[i % 4]
        form, make, conf = forms[i % 3]
        octets = make(batch([*PLAIN, text]), page)
        case(f"page-{ccsid}-in-{form}-to-iso8859-1", "the default of Charset",
             octets, mail([*PLAIN, text], charset="latin-1"),
             [f"Translate {spelt}", *conf])
        case(f"page-{ccsid}-in-{form}-to-utf-8", "Charset UTF-8", octets,
             mail([*PLAIN, text], charset="utf-8"),
             [f"Translate {spelt}", *conf, *target("Charset UTF-8")])
    for i, (ccsid, (text, charset, codec)) in enumerate(MULTI.items()):
        page = f"IBM{ccsid}"
        form, make, conf = forms[(i + 1) % 3]
        octets = make(batch([*PLAIN, text]), page)
        conf = [f"Translate IBM-{ccsid}", "MBCS YES", *conf]
        if codec == "iso2022_jp":  # it has no narrow katakana
            sent = text.replace("\uff76", "?").replace("\uff85", "?")
        else:
            sent = text
        case(f"page-{ccsid}-in-{form}-to-{charset.lower()}", "MBCharset",
             octets, mail([*PLAIN, sent], charset=codec),
             [*conf, *target(f"MBCharset {charset}")])
        case(f"page-{ccsid}-in-{form}-to-utf-8", "MBCharset UTF-8", octets,
             mail([*PLAIN, text], charset="utf-8"),
             [*conf, *target("MBCharset UTF-8")])
    conf = ["Translate IBM-939", "MBCS YES"]
    utf8 = target("MBCharset UTF-8")
    open_ended = b"\x0e\x45\x62"
    case("page-939-a-shift-does-not-span-records",
         "the next record begins shifted in",
         variable(batch([*PLAIN, open_ended, "abc"]), "IBM939"),
         mail([*PLAIN, "\u65e5", "abc"]),
         [*conf, "RecordFormat variable", *utf8])
    case("page-939-a-shift-does-not-span-lines",
         "NEL ends a line, shifted out or not",
         page_stream(batch([*PLAIN, open_ended, "abc"]), "IBM939"),
         mail([*PLAIN, "\u65e5", "abc"]), [*conf, *utf8])
    case("page-939-half-a-character-is-a-mark", "the record ends within it",
         variable(batch([*PLAIN, open_ended + b"\x45", "abc"]), "IBM939"),
         mail([*PLAIN, "\u65e5?", "abc"]),
         [*conf, "RecordFormat variable", *utf8])
    case("page-939-an-unknown-pair-is-one-mark", "counted once",
         variable(batch([*PLAIN, b"\x0e\xfe\xfe\x0f\x81"]), "IBM939"),
         mail([*PLAIN, "?a"]), [*conf, "RecordFormat variable", *utf8])
    known = "\u65e5\u672c"
    case("page-939-unconvertible-error-fails-the-mail", "Unconvertible error",
         variable([*batch([*PLAIN, b"\x0e\xfe\xfe\x0f\x81"], end=(".",)),
                   *batch([*PLAIN, known], helo=None)], "IBM939"),
         refused("554 5.6.5 JES Unconvertible data", 10)
         + mail([*PLAIN, known], number=2),
         [*conf, "RecordFormat variable", "Unconvertible error", *utf8])
    case("page-939-no-mark-stands-in-an-address",
         "the recipient is in error, whatever Unconvertible says",
         variable(["HELO NODE1", "MAIL FROM:<a@example.org>",
                   "RCPT TO:<b@example.org>", encode("RCPT TO:<c", "IBM939")
                   + b"\x0e\xfe\xfe\x0f" + encode("@example.org>", "IBM939"),
                   *batch(PLAIN)[3:]], "IBM939"),
         ["ERROR line 4: 501 5.6.5 JES Unconvertible character in command",
          *mail(PLAIN)], [*conf, "RecordFormat variable", *utf8])
    case("page-939-5055-is-iso-2022-jp", "IBM's pair 939 and 5055",
         page_stream(batch([*PLAIN, "\u65e5\u672c x"]), "IBM939"),
         mail([*PLAIN, "\u65e5\u672c x"], charset="iso2022_jp"),
         [*conf, *target("MBCharset 5055")])
    case("page-930-5053-is-iso-2022-jp", "IBM's pair 930 and 5053",
         page_stream(batch([*PLAIN, "\u65e5\u672c X"]), "IBM930"),
         mail([*PLAIN, "\u65e5\u672c X"], charset="iso2022_jp"),
         ["Translate 930", "MBCS YES", *target("MBCharset IBM-5053")])
    case("page-937-950-is-big5", "IBM's pair 937 and 950",
         page_stream(batch([*PLAIN, "\u4e2d\u6587"]), "IBM937"),
         mail([*PLAIN, "\u4e2d\u6587"], charset="cp950"),
         ["Translate 937", "MBCS YES", *target("MBCharset 950")])
    conf = ["Translate IBM-273", *target("Charset UTF-8")]
    case("page-273-an-at-sign-is-another-octet", "X'B5', not X'7C'",
         page_stream(batch([*PLAIN, "a@b"]), "IBM273"),
         mail([*PLAIN, "a@b"], charset="utf-8"), conf)
    case("page-1047-octets-in-a-273-job", "AtSign takes what X'7C' is there",
         page_stream(batch([*PLAIN, "x"]), "IBM273").replace(b"\xb5", b"\x7c"),
         mail([*PLAIN, "x"], charset="utf-8"),
         [*conf, "Options", "{", "AtSign \u00a7", "}"])
    long = "\u00e4" * 998
    octets = variable(batch([*PLAIN, long]), "IBM273")
    conf = ["Translate IBM-273", "RecordFormat variable"]
    case("page-273-998-characters-are-a-line-of-iso8859-1",
         "measured in the target's character set", octets,
         mail([*PLAIN, long], charset="latin-1"), conf)
    case("page-273-998-characters-are-too-long-a-line-of-utf-8",
         "1996 octets there", octets,
         ["MAIL FROM:<a@example.org>", "RCPT TO:<b@example.org>", "DATA",
          "FAULT 554 5.6.0 a line is too long in the target's character set"],
         [*conf, *target("Charset UTF-8")])
    case("page-273-999-characters-are-too-long-for-all",
         "the reader says it",
         variable(batch([*PLAIN, long + "x"]), "IBM273"),
         refused("500 5.6.0 JES Data line too long", 10), conf)
    case("page-iso8859-15-is-sent-as-it-came", "a page that is not EBCDIC",
         "\n".join(batch([*PLAIN, "5 \u20ac"])).encode("iso8859-15"),
         mail([*PLAIN, "5 \u20ac"], charset="iso8859-15"),
         ["Translate ISO8859-15"])


# ---- character sets -----------------------------------------------------------------

CHARSETS = {
    "ISO8859-1": ("caf\u00e9 \u00a7", "latin-1", "iso-8859-1"),
    "ISO8859-2": ("\u0142\u00f3d\u017a", "iso8859-2", "iso-8859-2"),
    "ISO8859-5": ("\u043c\u0438\u0440", "iso8859-5", "iso-8859-5"),
    "ISO8859-7": ("\u03bb\u03cc\u03b3\u03bf\u03c2", "iso8859-7", "iso-8859-7"),
    "ISO8859-9": ("\u0131\u011f\u015f", "iso8859-9", "iso-8859-9"),
    "ISO8859-15": ("5 \u20ac", "iso8859-15", "iso-8859-15"),
    "CP1252": ("5 \u20ac \u201cx\u201d", "cp1252", "windows-1252"),
    "KOI8-R": ("\u043c\u0438\u0440", "koi8-r", "KOI8-R"),
}


def charsets():
    for name, (text, codec, label) in CHARSETS.items():
        low = name.lower()
        text_case(f"charset-{low}-is-what-the-target-gets", "from UTF-8",
                  batch([*PLAIN, text]), mail([*PLAIN, text], charset=codec),
                  target(f"Charset {name}"))
        text_case(f"charset-{low}-is-named-by-mime", "AddMime",
                  batch([*HEADER, "", text]),
                  mail([*HEADER, "", text], charset=codec, top=mime(label)),
                  target(f"Charset {name}"))
    latin = target("Charset ISO8859-1")
    body = "5 \u20ac, \u65e5, \U0001f600"
    text_case("charset-a-character-it-lacks-is-a-mark", "one for each",
              batch([*PLAIN, body]), mail([*PLAIN, body], charset="latin-1"),
              latin)
    text_case("charset-octets-that-are-no-utf-8-are-marks",
              "one for each part of a character",
              batch([*PLAIN, b"\xe2\x82 \xff \xc3\xa9\xc3"]),
              mail([*PLAIN, b"\xe2\x82 \xff \xc3\xa9\xc3"],
                   charset="latin-1"), latin)
    text_case("charset-fields-are-converted-too", "Subject",
              batch([*HEADER, "Subject: caf\u00e9", "", "x"]),
              mail([*HEADER, "Subject: caf\u00e9", "", "x"],
                   charset="latin-1"), latin)
    text_case("charset-us-ascii-has-no-umlauts", "Charset US-ASCII",
              batch([*PLAIN, "Gr\u00fc\u00dfe"]),
              mail([*PLAIN, "Gr\u00fc\u00dfe"], charset="ascii"),
              target("Charset US-ASCII"))
    text_case("charset-ascii-lines-stay-as-they-are", "whatever is coded",
              batch([*PLAIN, "~\\{|}^[]`@#$"]), mail([*PLAIN,
                                                      "~\\{|}^[]`@#$"]), latin)
    text_case("charset-dots-are-doubled-behind-it", "of converted lines",
              batch([*PLAIN, "..\u00e9"]), mail([*PLAIN, ".\u00e9"],
                                                charset="latin-1"), latin)
    text_case("charset-lines-are-cut-behind-it",
              "998 characters of one octet, though 1996 of UTF-8",
              batch([*PLAIN, "\u00e9" * 1200]),
              mail([*PLAIN, "\u00e9" * 998], charset="latin-1"),
              [*latin, "LongLine truncate"])
    text_case("charset-unconvertible-error-fails-the-mail",
              "Unconvertible error", batch([*PLAIN, "5 \u20ac"]),
              ["MAIL FROM:<a@example.org>", "RCPT TO:<b@example.org>", "DATA",
               "FAULT 554 5.6.5 the target's character set lacks a character"],
              [*latin, "Unconvertible error"])


# ---- long lines ------------------------------------------------------------------

TYPE = "Content-Type: text/plain; charset="
QUOTED = "Content-Transfer-Encoding: quoted-printable"


def quoted(line):
    """RFC 2045 section 6.7, as Python does it."""
    line = line.replace(b"\r", b" ").replace(b"\0", b" ")
    lines = quopri.encodestring(line + b"\n").split(b"\n")[:-1]
    assert all(len(l) <= 76 for l in lines)
    return lines


def encoded(header, body, top, charset=None, **how):
    lines = [as_sent(h, charset) for h in header] + [b""]
    for line in body:
        lines += quoted(as_sent(line, charset))
    return mail(lines, top=top, **how)


def encode_case(name, shows, header, body, top, sent=None, conf=(), **how):
    text_case("encode-" + name, shows, batch([*header, "", *body]),
              encoded(header if sent is None else sent, body, top, **how),
              ["LongLine encode", *conf])


def encode_refused(name, fields, why):
    text_case("encode-" + name, "LongLine encode acts as error",
              batch([*HEADER, *fields, "", "one", "y" * 999]),
              refused("500 5.6.0 JES Data line too long in " + why,
                      10 + len(fields)), ["LongLine encode"])


def long_lines():
    long = "z" * 1200
    latin = target("Charset ISO8859-1")
    added = ["MIME-Version: 1.0", TYPE + "us-ascii", QUOTED]
    unlike = ["MIME-Version: 1.0", TYPE + "utf-8", QUOTED]
    encode_case("a-long-line-is-quoted-printable", "LongLine encode", HEADER,
                [long, "next"], added)
    encode_case("text-of-8-bits-says-its-charset", "AddMime", HEADER,
                ["Gr\u00fc\u00dfe " * 150, "\u65e5\u672c" * 400], unlike)
    encode_case("octets-that-are-no-text", "any octet",
                HEADER, [bytes(range(1, 10)) + bytes(range(11, 256)) * 5],
                unlike)
    encode_case("mime-version-is-not-put-twice", "it is there",
                PLAIN[:-1], [long], [TYPE + "us-ascii", QUOTED])
    encode_case("the-type-of-the-mail-stays", "and so does its charset",
                [*PLAIN[:-1], "Content-type: TEXT/html;", " charset=utf-8"],
                ["<b>" + "\u00e9" * 999 + "</b>"], [QUOTED])
    encode_case("the-encoding-of-the-mail-is-replaced", "8bit, folded",
                [*HEADER, "Content-Transfer-Encoding:", " (none) 8BIT (\\()",
                 "MIME-Version: 1.0", "Content-Type: text/plain"],
                [long], [QUOTED], [*HEADER, "MIME-Version: 1.0",
                                   "Content-Type: text/plain"])
    encode_case("7bit-is-no-encoding", "7bit", [
        *PLAIN[:-1], "Content-Transfer-Encoding: 7bit"], [long],
                [TYPE + "us-ascii", QUOTED], PLAIN[:-1])
    encode_case("all-lines-are-encoded", "not the long one alone", HEADER,
                ["a=b", "tab\t", "blank ", "", "\x1b[0m \x7f", "x" * 76,
                 "x" * 77, "x" * 74 + "=", "x" * 75 + "=", long], added)
    text_case("encode-998-octets-are-no-long-line", "the longest line",
              batch([*PLAIN, "x" * 998, "a=b"]),
              mail([*PLAIN, "x" * 998, "a=b"]), ["LongLine encode"])
    text_case("encode-dots-are-doubled-behind-it", "of lines as they are sent",
              batch([*HEADER, "", "..", "." * 1201, "..x"]),
              encoded(HEADER, [".", "." * 1200, ".x"], added),
              ["LongLine encode"])
    encode_case("cr-and-nul-are-blanks", "as in any other text", HEADER,
                [long + "\rx\0y", "z\r."], added)
    encode_case("add-mime-no-says-no-charset", "but that it is encoded",
                HEADER, ["\u00e9" * 999], ["MIME-Version: 1.0", QUOTED],
                conf=["AddMime No"])
    encode_case("a-header-field-of-8-bits-stays", "the text alone is encoded",
                [*HEADER, "Subject: caf\u00e9"], [long], added)
    encode_case("the-charset-is-the-targets", "ISO8859-1",
                [*HEADER, "Subject: caf\u00e9"], ["\u00e9" * 999 + "\u20ac"],
                ["MIME-Version: 1.0", TYPE + "iso-8859-1", QUOTED],
                conf=latin, charset="latin-1")
    text_case("encode-the-empty-line-may-be-missing", "text begins at once",
              batch([*HEADER, "a word " * 200 + "z", "next"]),
              encoded(HEADER, ["a word " * 200 + "z", "next"], added),
              ["LongLine encode"])
    text_case("encode-a-plain-message", "InputFormat message",
              ["From: a@example.org", "To: b@example.org", *HEADER[1:], "",
               ".", "." * 999],
              encoded(["From: a@example.org", "To: b@example.org",
                       *HEADER[1:]], [".", "." * 999], added,
                      helo="mvs1.example.com"),
              ["LongLine encode", "InputFormat message"])
    text_case("encode-a-long-header-line-is-folded", "at white space",
              batch([*HEADER, "Subject:" + " word" * 300, "", long]),
              encoded([*HEADER, "Subject:" + " word" * 198,
                       " word" * 102], [long], added), ["LongLine encode"])
    case("encode-a-record-of-ebcdic", "a page, and the target's charset",
         variable(batch([*HEADER, "", "\u00e9=" * 600])),
         encoded(HEADER, ["\u00e9=" * 600],
                 ["MIME-Version: 1.0", TYPE + "iso-8859-1", QUOTED],
                 charset="latin-1"),
         ["LongLine encode", "RecordFormat variable", "Translate IBM-1047"])
    for name in "DKIM-Signature", "DomainKey-Signature", \
            "ARC-Message-Signature":
        encode_refused("not-with-" + name.lower(), [name + ": v=1"],
                       "a signed mail")
    for kind, name in (("multipart/signed; boundary=x", "multipart-signed"),
                       ("multipart/mixed; boundary=x", "multipart"),
                       ("message/rfc822", "a-message"),
                       ("application/json", "an-application"),
                       ("text", "half-a-type"), ("", "no-type")):
        encode_refused("not-of-" + name, ["Content-Type: " + kind],
                       "content that is no single text")
    for word in "base64", "quoted-printable", "binary", "x-other", \
            "7bit base64":
        encode_refused("not-of-" + word.replace(" ", "-"),
                       ["Content-Transfer-Encoding: " + word],
                       "content that is encoded")
    encode_refused("not-of-two-types", ["Content-Type: text/plain"] * 2,
                   "content that is described twice")


def main():
    for make in (streams, batches, headers, messages, record_cases, pages,
                 charsets, long_lines):
        make()
    if "--write" in sys.argv[1:]:
        FOLDER.mkdir(exist_ok=True)
        for name, text in CASES.items():
            (FOLDER / name).write_text(text)
        return 0
    there = {p.name: p.read_text() for p in FOLDER.iterdir()}
    wrong = sorted(n for n in there.keys() | CASES.keys()
                   if there.get(n) != CASES.get(n))
    for name in wrong:
        print(f"wire/{name}: not as it is worked out")
    print(f"{len(CASES)} cases, {len(wrong)} differ")
    return 1 if wrong else 0


sys.exit(main())
