"""Whether a mail that arrived is the message that was written.

Both are read by Python's email package. What may differ is what is
documented: fields that are put on top or taken out, and line ends.
"""

import email
import email.header
import email.policy
import email.utils
import re

TAKEN_OUT = ("bcc", "resent-bcc", "return-path", "x-jes-origin")
PUT_ON_TOP = ("date", "message-id", "from")
MIME = ("mime-version", "content-type", "content-transfer-encoding")
HOST = "jesfs.example"


def lines_of(octets):
    """The message as its lines say it: LF alone, no controls in a line."""
    text = octets.replace(b"\r\n", b"\n")
    text = text.replace(b"\r", b" ").replace(b"\0", b" ")
    # The line of a mailbox file before a message is no part of it.
    text = re.sub(rb"\AFrom [^\n]*\n", b"", text)
    return text if text.endswith(b"\n") else text + b"\n"


def parse(octets):
    """The message, as Python reads it."""
    return email.message_from_bytes(lines_of(octets),
                                    policy=email.policy.compat32)


def fields(message):
    """Its fields in order: names in lower case, values as they are."""
    return [(name.lower(), str(value)) for name, value in message.items()]


def decoded(value):
    """What a field says to people, or the field where Python cannot tell."""
    try:
        return str(email.header.make_header(
            email.header.decode_header(value)))
    except (LookupError, UnicodeError, ValueError):
        return str(value)


def is_8bit(octets):
    """Whether there is an octet over 127."""
    return any(octet > 127 for octet in octets)


def _may_be_added(source, octets):
    has = {name for name, _ in fields(source)}
    names = {name for name in PUT_ON_TOP if name not in has}
    if "mime-version" not in has and is_8bit(octets):
        names |= {name for name in MIME if name not in has}
    return names


def compare_header(source, octets, seen):
    """What differs in the header, or None."""
    kept = [field for field in fields(source) if field[0] not in TAKEN_OUT]
    arrived = fields(seen)
    added = arrived[:len(arrived) - len(kept)]
    if arrived[len(added):] != kept:
        return f"header {arrived[len(added):]}, expected {kept}"
    names = [name for name, _ in added]
    if not names or names.pop(0) != "received":
        return "no Received on top"
    if len(set(names)) != len(names) or not _may_be_added(
            source, octets).issuperset(names):
        return f"fields on top: {names}"
    if not {"date", "message-id", "from"}.issubset(dict(arrived)):
        return "a field that every mail needs is missing"
    for name in ("subject", "from"):
        if decoded(source.get(name, "")) != decoded(seen.get(name, "")) \
                and name in source:
            return f"{name} is another one"
    return None


def parts_of(message):
    """Type and content of each part, deepest order."""
    return [(part.get_content_type(), part.get_filename(),
             None if part.is_multipart() else part.get_payload(decode=True),
             part.preamble, part.epilogue) for part in message.walk()]


def compare_parts(source, seen, has_mime):
    """What differs in the parts, or None; has_mime: a type was added."""
    expected, arrived = parts_of(source), parts_of(seen)
    if len(expected) != len(arrived):
        return f"{len(arrived)} parts, expected {len(expected)}"
    for number, (one, other) in enumerate(zip(expected, arrived)):
        if one != other and not (has_mime and one[2] == other[2]):
            return f"part {number}: {other}, expected {one}"
    return None


def _pairs(values):
    """Names and addresses; a comma behind the last one is no fault here."""
    try:
        return email.utils.getaddresses(values, strict=False)
    except TypeError:  # an older Python knows no other way
        return email.utils.getaddresses(values)


def _addresses(message, names):
    values = [value for name in names for value in message.get_all(name, [])]
    return [address for _, address in _pairs(list(map(str, values)))
            if address]


def recipients(message):
    """Whom it is for, by Python's reading of it."""
    prefix = "resent-" if any(name.startswith("resent-")
                              for name, _ in fields(message)) else ""
    found = _addresses(message, [prefix + name for name in
                                 ("to", "cc", "bcc")])
    return {address if "@" in address else f"{address}@{HOST}"
            for address in found}


def compare(octets, arrived, rcpts):
    """What differs between a message and the mail that arrived, or None."""
    source, seen = parse(octets), parse(arrived)
    wanted = recipients(source)
    if rcpts != wanted:
        return f"recipients {sorted(rcpts)}, expected {sorted(wanted)}"
    has_mime = "mime-version" in seen and "mime-version" not in source
    return (compare_header(source, octets, seen)
            or compare_parts(source, seen, has_mime))
