"""The limits of a program: how much work one run may do, and how large its values may get."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Any

from lib.language.errors import Stopped

# What a run knows: how much work is left to it, the line that it has come to, then the values of
# its arguments and of the names that it gives.
Frame = list[Any]
Run = Callable[[Frame], Any]
LEFT, LINE, FIRST = 0, 1, 2

# Work is counted in characters and items that are built or looked through. A unit stands for at
# most about 0.1 microseconds, so that a run is over after a second or so.
WORK = 10_000_000
SECOND = 10_000_000
# What a round of a loop costs: so much for each node of what is done in it, and at least ROUND.
NODE, ROUND = 3, 100

# The most characters and items of one value, and how deep they may lie in each other.
LONGEST = 1_000_000
DEEPEST = 50
MOST_BITS = 4096

CONTAINERS = frozenset({list, tuple, set, dict})
SIZED = CONTAINERS | {str}
# What can take long to be written out.
LARGE = SIZED | {int}
KNOWN = tuple(SIZED)
# So many bits of a number count as a character.
BITS = 16
# Whoever chooses keys can make Python compare each with all others, unless they are texts or
# numbers of so few bits.
SPREAD_BITS = 32


def spend(frame: Frame, work: int) -> None:
    """Take work from the budget of a run. Raises Stopped if that is used up."""
    frame[LEFT] -= work
    if frame[LEFT] < 0:
        raise Stopped("too many operations for one record")


def bounded(length: float) -> None:
    """Raise Stopped if a string or a list of this length is longer than allowed."""
    if length > LONGEST:
        raise Stopped(f"the result would be longer than {LONGEST} characters or items")


def few_bits(bits: int) -> None:
    """Raise Stopped if a number with so many bits is bigger than allowed."""
    if bits > MOST_BITS:
        raise Stopped("the number would be too large")


def weight(value: Any) -> int:
    """Return the number of characters and items in a value at all depths, with the cost of keys.

    A list can hold another one many times, which holds another one many times: comparing or
    printing it takes far more work than it has items. Raises Stopped for more than LONGEST, and for
    values that are nested deeper than DEEPEST.
    """
    total, keys, level = 0, 0, [value]
    for _ in range(DEEPEST + 1):
        deeper: list[Any] = []
        for item in level:
            kind = type(item)
            if kind is str:
                total += len(item)
            elif kind is int:
                total += item.bit_length() // BITS
            elif kind in CONTAINERS or isinstance(item, KNOWN):
                total += len(item)
                bounded(total)
                deeper.extend(() if isinstance(item, str) else item)
                if isinstance(item, dict):
                    deeper.extend(item.values())
                if isinstance(item, dict | set):
                    keys += collisions(item)
        bounded(total)
        if not deeper:
            return total + keys
        level = deeper
    raise Stopped(f"values are nested more than {DEEPEST} levels deep")


def collisions(keys: Iterable[Any]) -> int:
    """Return what hash collisions may cost when keys are put into a set."""
    others = 0
    for key in keys:
        kind = type(key)
        if kind is tuple or (kind is int and key.bit_length() > SPREAD_BITS):
            others += 1
    return others * others >> 4


def spend_on_keys(frame: Frame, keys: Collection[Any]) -> None:
    """Spend what it takes to hash keys and to compare them."""
    spend(frame, collisions(keys) + sum(weight(key) for key in keys if type(key) is tuple))


def constant_size(value: Any) -> int:
    """Return how many nodes a constant counts for: its items, and a part of its characters."""
    if isinstance(value, tuple):
        return len(value) + sum(map(constant_size, value))
    return len(value) >> 5 if isinstance(value, str) else 0


def looked_for(item: Any, container: Any) -> int:
    """Return what it costs to search a string for another one, or a list."""
    return len(item) * len(container) >> 8 if type(item) is str else 0
