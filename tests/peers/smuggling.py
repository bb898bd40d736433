"""One mail in, one mail out: smuggling, at a real Postfix and a real Exim."""

import email
import email.policy
import os
import socket

import servers
from mounted import TARGET, Mounted
from process import BenchError, wait_until
from smuggled import FORMS, HIDDEN, INPUTS, PAGES, Case, sequences

PATIENCE_S = 120

STATEMENTS = "InputFormat {kind}\nRecordFormat {form}\n"


def combinations():
    """Page, form and kind of each writer a server has.

    XMIT makes EBCDIC.
    """
    return [(page, form, kind) for page in PAGES for form in FORMS
            for kind in INPUTS if (page, form) != ("ASCII", "netdata")]


def writer_name(server, number):
    """A writer of one server and one combination."""
    return f"{server.name[0]}{number:02}".upper()


def writer_statements(server, page, form, kind):
    """Its file."""
    text = STATEMENTS.format(kind=kind, form=form)
    if page != "ASCII":
        text += f"Translate {page}\n"
    return text + TARGET.format(port=server.port)


def put_all(mounted, server):
    """Writes every data set for a server. Returns the cases."""
    cases = []
    for number, (page, form, kind) in enumerate(combinations()):
        for name, sequence in sequences(page).items():
            case = Case(f"{page}-{form}-{kind}-{name}", page, form, kind,
                        sequence)
            case.name = f"{number:02}.{len(cases):03}"
            case.shown = f"{server.name} {page} {form} {kind} {name}"
            _, error = mounted.put(writer_name(server, number), name,
                                   case.data_set())
            if error is not None:
                raise BenchError(f"{case.shown}: {os.strerror(error)}")
            cases.append(case)
    return cases


def read_mails(server):
    """The delivered mails by the recipient's local part: lists of octets."""
    found = {}
    for path in server.mails():
        with open(path, "rb") as file:
            octets = file.read()
        head = email.message_from_bytes(octets, policy=email.policy.compat32)
        to = head.get("Delivered-To") or head.get("Envelope-to") or "?"
        found.setdefault(to.partition("@")[0].strip("<> "), []).append(octets)
    return found


def judge(case, mails):
    """What is wrong with what arrived of a case, or None."""
    if len(mails) != 1:
        return f"{case.shown}: {len(mails)} mails arrived, expected 1"
    lines = mails[0].partition(b"\n\n")[2].decode("utf-8").split("\n")
    seen = [line.rstrip(" ") for line in lines]
    while seen and not seen[-1]:
        seen.pop()
    expected = case.lines()
    if seen != expected:
        return f"{case.shown}: arrived {seen}, expected {expected}"
    return None


def judge_server(server, cases):
    """What is wrong with the mails of a server."""
    wait_until(server.is_idle, f"{server.name} to deliver", PATIENCE_S, 0.1)
    found = read_mails(server)
    failures = [failure for case in cases for failure in
                [judge(case, found.pop(case.name, []))] if failure]
    if found:
        failures.append(f"{server.name}: mails nobody wrote for {found}")
    print(f"{server.name}: {len(cases)} data sets, {len(failures)} failed")
    return failures


def is_split(server, sequence):
    """Whether a client that sends the sequence gets two mails through.

    Without such a server the test would show nothing.
    """
    def replies(count):
        for _ in range(count):
            line = lines.readline()
            while line[3:4] == b"-":
                line = lines.readline()
            if line[:1] not in (b"2", b"3"):
                raise BenchError(f"{server.name} said {line!r}")

    before = len(server.mails())
    with socket.create_connection(("127.0.0.1", server.port), 60) as session:
        lines = session.makefile("rb")
        replies(1)
        for command in ("EHLO a.example", "MAIL FROM:<a@a.example>",
                        "RCPT TO:<control@b.example>", "DATA"):
            session.sendall(command.encode() + b"\r\n")
            replies(1)
        session.sendall(("\r\nx" + sequence + HIDDEN).encode())
        replies(1)
        session.settimeout(60)
        session.sendall(b"QUIT\r\n")
        while lines.readline():
            pass
    wait_until(server.is_idle, f"{server.name} to deliver", PATIENCE_S, 0.1)
    return len(server.mails()) - before == 2


def prove_peril(server):
    """Fails unless the server can be smuggled through by others."""
    if not is_split(server, "\n.\r\n"):
        raise BenchError(f"{server.name} takes nothing but CR LF here: the"
                         " test would show nothing")
    for path in server.mails():
        os.unlink(path)


def run(build, unpacked, scratch):
    """Returns how many checks there were, and what failed."""
    servers.add_user(scratch)
    peers = [servers.Postfix(os.path.join(scratch, "postfix")),
             servers.Exim(os.path.join(scratch, "exim"))]
    mounted = Mounted(build, os.path.join(scratch, "jesfs"), {
        writer_name(server, number): writer_statements(server, *what)
        for server in peers for number, what in enumerate(combinations())})
    try:
        for server in peers:
            server.start(unpacked)
        prove_peril(peers[0])
        mounted.start()
        cases = [put_all(mounted, server) for server in peers]
        held = mounted.wait_settled(PATIENCE_S)
        failures = []
        for server, of_server in zip(peers, cases):
            failures += judge_server(server, of_server)
        failures += [f"held: {' '.join(words)}" for words in held]
        return sum(map(len, cases)), failures
    finally:
        mounted.stop()
        for server in peers:
            server.stop()
