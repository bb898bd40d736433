"""The operations, and which sequences of them there are.

An operation is a tuple (verb, place, argument) and has one text, as in
"pwrite 1/a 3"; sequences are texts joined by "; ". A place is a writer and a
name. Operations on a handle go to the one that was opened last under a place.

What is left out, and why nothing is lost: an operation on a handle where the
place has none makes no call at all, so the sequence is the shorter one
without it; sequences of every length up to the asked one are played. An
operation that is refused stays in: its errno is a result. "kill" is in a
sequence once at most.
"""

import itertools
import random

# verb: whether it needs a handle, its arguments for the exhaustive part
ON_HANDLE = ("write", "pwrite", "flush", "fsync", "close", "forkclose")
ON_PATH = ("create", "append", "plain", "draft", "taken", "unlink",
           "truncate", "chmod")
ONLY_AT_RANDOM = ("exclusive", "reopen", "cut", "move", "jobunlink",
                  "jobplain", "jobdraft", "jobmove", "links")
OPENING = ("create", "append")

DEFAULTS = {"pwrite": 3, "truncate": 5, "chmod": 0o400, "cut": 5}

KILL = ("kill", None, None)
RANDOM_LENGTH = 30


def make(verb, place):
    """The operation with its usual argument."""
    return (verb, place, DEFAULTS.get(verb))


def text_of(sequence):
    """A sequence as people read it."""
    words = []
    for verb, place, argument in sequence:
        word = verb
        if place is not None:
            word += f" {place[0]}/{place[1]}"
        if argument is not None:
            word += f" {argument}"
        words.append(word)
    return "; ".join(words)


def sequence_of(text):
    """A sequence from its text."""
    sequence = []
    for part in filter(None, (p.strip() for p in text.split(";"))):
        words = part.split() + [None, None]
        place = None
        if words[1] is not None:
            writer, name = words[1].split("/")
            place = (int(writer), name)
        argument = int(words[2]) if words[2] is not None else None
        sequence.append((words[0], place, argument))
    return sequence


def _are_possible(sequence):
    """Whether each operation on a handle has one, and there is one kill."""
    handles = {}
    kills = 0
    for verb, place, _ in sequence:
        if verb == "kill":
            handles.clear()
            kills += 1
        elif verb in OPENING:
            handles[place] = handles.get(place, 0) + 1
        elif verb in ON_HANDLE and not handles.get(place):
            return False
        elif verb == "close":
            handles[place] -= 1
    return kills <= 1


def all_of(names, length):
    """Every sequence of up to length operations over names of one writer."""
    alphabet = [make(verb, (1, name))
                for name in names for verb in ON_HANDLE + ON_PATH]
    alphabet.append(KILL)
    for count in range(1, length + 1):
        for sequence in itertools.product(alphabet, repeat=count):
            if _are_possible(sequence):
                yield sequence


def asked_for(names, length):
    """How many there are of one length when nothing is left out."""
    verbs = len(names) * len(ON_HANDLE + ON_PATH)
    return verbs ** length + length * verbs ** (length - 1)


def _random_operation(generator, handles):
    place = (generator.choice((1, 2)), generator.choice("ab"))
    verb = generator.choice(
        ON_HANDLE * 2 + ON_PATH + OPENING * 2 + ONLY_AT_RANDOM)
    if verb in ON_HANDLE:
        if not handles:
            return make("create", place)
        place = generator.choice(sorted(handles))
    argument = {
        "pwrite": lambda: generator.choice((0, 3, 70, 5000)),
        "truncate": lambda: generator.choice((0, 5, 72, 4096)),
        "chmod": lambda: generator.choice((0o400, 0o600, 0o755)),
        "cut": lambda: 5,
    }.get(verb, lambda: None)()
    return (verb, place, argument)


def at_random(seed, number):
    """One sequence of 30 over two names and two writers."""
    generator = random.Random(f"{seed}.{number}")
    kill_at = generator.randrange(2 * RANDOM_LENGTH)
    handles = {}
    sequence = []
    for step in range(RANDOM_LENGTH):
        if step == kill_at:
            sequence.append(KILL)
            handles.clear()
            continue
        operation = _random_operation(generator, handles)
        verb, place, _ = operation
        if verb in OPENING:
            handles[place] = handles.get(place, 0) + 1
        elif verb == "close":
            handles[place] -= 1
            if handles[place] == 0:
                del handles[place]
        sequence.append(operation)
    return tuple(sequence)
