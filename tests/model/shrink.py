"""Makes a sequence that fails as short as it gets."""

from batch import Totals, run_all


def fails(mount, sequence):
    """The failure of a sequence, or None."""
    totals = Totals()
    run_all(mount, [sequence], totals, 1)
    return totals.failures[0] if totals.failures else None


def shrink(mount, sequence):
    """Leaves out one operation after the other while it still fails.

    Returns the failure of what is left, or None when it fails no more.
    """
    failure = fails(mount, sequence)
    at = len(sequence) - 1
    while failure is not None and at >= 0:
        shorter = sequence[:at] + sequence[at + 1:]
        other = fails(mount, shorter) if shorter else None
        if other is not None:
            sequence, failure = shorter, other
        at = min(at, len(sequence)) - 1
    return failure
