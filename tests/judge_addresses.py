"""Address fields as an independent parser reads them.

Prints fields made at random, each followed by the mailboxes that Python's
email package finds in it; NUL after each. Repeatable: python3 FILE SEED COUNT.
"""
import random
import sys
from email.headerregistry import HeaderRegistry

ATOMS = ["ann", "bob", "x-y", "O'Neil", "a+b", "j_d", "=?utf-8?q?=3Ca=40b=3E?="]
QUOTED = ['"Doe, John"', '"a \\"b\\" c"', '"x@y.z"', '"<u@v>"', '"(p;q:"']
LOCALS = ["ann", "bob.smith", "x+tag", "o'neil", '"a@b"',
          '"semi;colon"', '"ann"', "john . doe"]
DOMAINS = ["example.org", "b.example", "x-y.example.com", "[192.0.2.1]",
           "mail . example"]
COMMENTS = ["(c)", "(a (nested, b@c) comment)", "(esc \\) aped)", "(<d@e>)"]
SPACES = ["", " ", "\r\n ", "\t", " \r\n\t"]


def space(pick):
    """White space, now and then with a comment."""
    if pick.random() < 0.15:
        return " " + pick.choice(COMMENTS) + " "
    return pick.choice(SPACES)


def phrase(pick):
    words = [pick.choice(ATOMS + QUOTED) for _ in range(pick.randint(1, 3))]
    return " ".join(words)


def address(pick):
    plain = pick.choice(LOCALS) + "@" + pick.choice(DOMAINS)
    form = pick.random()
    if form < 0.4:
        return plain
    route = "@r.example,@s.example:" if pick.random() < 0.1 else ""
    name = phrase(pick) if form < 0.9 else ""
    return name + " " + space(pick) + "<" + route + plain + ">"


def member(pick):
    if pick.random() < 0.1:
        inner = ", ".join(address(pick) for _ in range(pick.randint(0, 3)))
        return phrase(pick) + ": " + inner + ";"
    return address(pick)


def main():
    pick = random.Random(int(sys.argv[1]))
    registry = HeaderRegistry()
    for _ in range(int(sys.argv[2])):
        members = [member(pick) for _ in range(pick.randint(1, 5))]
        field = ""
        for text in members:
            field += ("," if field else "") + space(pick) + text + space(pick)
        unfolded = field.replace("\r\n", "")
        found = registry("To", unfolded).addresses
        paths = "".join("<%s>" % one.addr_spec for one in found)
        sys.stdout.write(field + "\0" + paths + "\0")


main()
