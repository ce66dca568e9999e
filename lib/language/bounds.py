"""How much work one run of a program may do, and how long what it builds may get."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lib.language.errors import Stopped

# What a run knows: how much work is left to it, the line that it has come to, then the values of
# its arguments and of the names that it gives.
Frame = list[Any]
Run = Callable[[Frame], Any]
LEFT, LINE, FIRST = 0, 1, 2

# Work is counted in characters and items that are built or looked through.
WORK = 10_000_000
ROUND = 100  # of a loop
SECOND = 5_000_000  # of a pattern

# The most characters and items of one value.
LONGEST = 1_000_000
MOST_BITS = 4096

CONTAINERS = frozenset({list, tuple, set, dict})
SIZED = CONTAINERS | {str}
KNOWN = tuple(SIZED)


def spend(frame: Frame, work: int) -> None:
    """Take work from what is left to a run. Raises Stopped where that is too little."""
    frame[LEFT] -= work
    if frame[LEFT] < 0:
        raise Stopped("this is too much work for one record")


def bounded(length: float) -> None:
    """Raise Stopped if a text or a list of this length is longer than allowed."""
    if length > LONGEST:
        raise Stopped(f"this would be longer than {LONGEST} characters or items")


def few_bits(bits: int) -> None:
    """Raise Stopped if a number with so many bits is bigger than allowed."""
    if bits > MOST_BITS:
        raise Stopped("this number would be too big")


def weight(value: Any) -> int:
    """How many characters and items a value holds at all its depths.

    A list can hold another one many times, which holds another one many times: whoever compares
    or prints it has far more to do than it has items. Raises Stopped for more than LONGEST.
    """
    total, waiting = 0, [value]
    while waiting:
        item = waiting.pop()
        if not isinstance(item, KNOWN):
            continue
        total += len(item)
        bounded(total)
        if isinstance(item, dict):
            waiting.extend(item.values())
        if not isinstance(item, str):
            waiting.extend(item)
    return total
