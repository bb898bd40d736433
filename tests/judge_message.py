"""Whether a mail that was received is the message that was written.

judge_message.py WRITTEN RECEIVED: both are read by Python's email package. But
for what is taken out of a header and what is put on top of it they have the
same fields in the same order, and the same text.
"""
import sys
from email import message_from_bytes
from email.policy import compat32

TAKEN_OUT = {"bcc", "resent-bcc", "return-path", "x-jes-origin"}
PUT_ON_TOP = ["received", "sender", "from", "date", "message-id",
              "mime-version", "content-type", "content-transfer-encoding"]


def read(path):
    """The fields, their white space made one blank, and the text's lines."""
    with open(path, "rb") as file:
        octets = file.read().replace(b"\r\n", b"\n")
    if octets.startswith(b"From "):
        octets = octets.split(b"\n", 1)[1]
    message = message_from_bytes(octets, policy=compat32)
    fields = [(name.lower(), " ".join(str(value).split()))
              for name, value in message.items()]
    text = octets.split(b"\n\n", 1)[-1]
    if text and not text.endswith(b"\n"):
        text += b"\n"
    return fields, text


def main():
    written, text = read(sys.argv[1])
    received, received_text = read(sys.argv[2])
    wanted = [field for field in written if field[0] not in TAKEN_OUT]
    added = len(received) - len(wanted)
    if added < 1 or received[added:] != wanted:
        sys.exit(f"fields: {received} for {wanted}")
    names = [name for name, _ in received[:added]]
    missing = [name for name in PUT_ON_TOP if name in names]
    if names != missing or names[0] != "received":
        sys.exit(f"on top: {names}")
    if set(names[1:]) & {name for name, _ in written}:
        sys.exit(f"twice: {names}")
    if text != received_text:
        sys.exit(f"text: {received_text!r} for {text!r}")


main()
