"""Whether mails that were encoded are the mails that were written.

judge_encoded.py FOLDER COUNT: N.written holds a text, N.received the mail of it as
it went on the wire, its final dot too. Read by Python's email package it is
that text; no line is over 76 octets.
"""
import sys
from email import message_from_bytes
from email.policy import SMTP
from pathlib import Path


def receive(octets):
    lines = octets.split(b"\r\n")
    if lines[-2:] != [b".", b""]:
        sys.exit("no final dot")
    return b"\r\n".join(l[1:] if l.startswith(b".") else l
                        for l in lines[:-2]) + b"\r\n"


def mean(text):
    text = text.removesuffix(b"\r")  # half of a line end
    text = text.replace(b"\r\n", b"\n").replace(b"\r", b" ")
    text = text.replace(b"\0", b" ").replace(b"\n", b"\r\n")
    return text if text.endswith(b"\r\n") else text + b"\r\n"


def judge(folder, name):
    written = (folder / f"{name}.written").read_bytes()
    octets = receive((folder / f"{name}.received").read_bytes())
    body = octets.split(b"\r\n\r\n", 1)[1]
    mail = message_from_bytes(octets, policy=SMTP)
    if mail["content-transfer-encoding"] != "quoted-printable" \
            or mail["mime-version"] != "1.0" or mail.defects:
        sys.exit(f"{name}: {mail.items()} {mail.defects}")
    if mail.get_payload(decode=True) != mean(written):
        sys.exit(f"{name}: another text")
    if max(map(len, body.split(b"\r\n"))) > 76 or not body.isascii():
        sys.exit(f"{name}: a long line")


def main():
    folder = Path(sys.argv[1])
    names = [p.stem for p in folder.glob("*.written")]
    for name in names:
        judge(folder, name)
    if len(names) != int(sys.argv[2]):
        sys.exit(f"{len(names)} mails")


main()
