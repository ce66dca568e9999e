"""The functions of a frame that expressions become.

Those of calls are in `calls`, those of lists and loops in `containers`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from lib.language.bounds import (
    BITS,
    CONTAINERS,
    LARGE,
    LEFT,
    SIZED,
    Frame,
    Run,
    bounded,
    looked_for,
    spend,
    spend_on_keys,
    weight,
)
from lib.language.methods import attribute
from lib.language.operators import COMPARISONS, Operation, subscript

SEEKING = frozenset({"in", "not in"})
CONVERSIONS: dict[str, Callable[[Any], str]] = {"r": repr, "s": str, "a": ascii}
# A text, or a value with its conversion and its format.
Part = str | tuple[Run, Callable[[Any], str] | None, str]


def constant(value: Any) -> Run:
    return lambda _frame: value


def field(slot: int, names: Sequence[str]) -> Run:
    """A field below a name: `record.general.name`."""
    name, *others = names
    if len(others) == 1:
        return _field_in_section(slot, name, others[0])
    if others:
        return field_of(lambda frame: frame[slot], names)

    def run(frame: Frame) -> Any:
        value = frame[slot]
        return value.get(name) if type(value) is dict else attribute(value, name)

    return run


def _field_in_section(slot: int, section_key: str, key: str) -> Run:
    """The same as `field_of`, quicker for what most filters ask for."""
    of_any = field_of(lambda frame: frame[slot], (section_key, key))

    def run(frame: Frame) -> Any:
        value = frame[slot]
        if type(value) is dict:
            section = value.get(section_key)
            if type(section) is dict:
                return section.get(key)
        return of_any(frame)

    return run


def field_of(owner: Run, names: Sequence[str]) -> Run:
    """A field below any value. As in mappings, the rest of the names may be one key with dots."""
    steps = [(name, ".".join(names[at:])) for at, name in enumerate(names)]

    def run(frame: Frame) -> Any:
        value = owner(frame)
        for name, rest in steps:
            if type(value) is not dict:
                value = attribute(value, name)
            elif name in value:
                value = value[name]
            else:
                return value.get(rest)
        return value

    return run


def key_of(owner: Run, key: str) -> Run:
    """A field in quotes: `record["name"]`."""

    def run(frame: Frame) -> Any:
        value = owner(frame)
        return value.get(key) if type(value) is dict else subscript(value, key)

    return run


def item(owner: Run, index: Run) -> Run:
    def run(frame: Frame) -> Any:
        value, at = owner(frame), index(frame)
        if type(at) is not str and isinstance(value, dict):
            spend_on_keys(frame, (at,))
            spend(frame, len(value))
        return subscript(value, at)

    return run


def part(owner: Run, bounds: Sequence[Run]) -> Run:
    """A slice."""

    def run(frame: Frame) -> Any:
        found = subscript(owner(frame), slice(*[bound(frame) for bound in bounds]))
        if type(found) in SIZED:
            spend(frame, len(found))
        return found

    return run


def growing(operation: Operation, left: Run, right: Run) -> Run:
    """An operation whose result may be longer than what it is given."""

    def run(frame: Frame) -> Any:
        result = operation(left(frame), right(frame))
        if type(result) in SIZED:
            spend(frame, len(result))
        elif type(result) is int:
            frame[LEFT] -= result.bit_length() // BITS
        return result

    return run


def dividing(operation: Operation, left: Run, right: Run) -> Run:
    def run(frame: Frame) -> Any:
        value = left(frame)
        if type(value) is int:
            frame[LEFT] -= value.bit_length() // BITS
        return operation(value, right(frame))

    return run


def logical(operator: str, operands: Sequence[Run]) -> Run:
    def run_and(frame: Frame) -> Any:
        for operand in operands:
            value = operand(frame)
            if not value:
                break
        return value

    def run_or(frame: Frame) -> Any:
        for operand in operands:
            value = operand(frame)
            if value:
                break
        return value

    return run_and if operator == "and" else run_or


def comparison(sign: str, left: Run, right: Run) -> Run:
    compare, seeks = COMPARISONS[sign], sign in SEEKING

    def run(frame: Frame) -> Any:
        one, other = left(frame), right(frame)
        _look_through(frame, one, other, seeks=seeks)
        return compare(one, other)

    return run


def comparison_with(sign: str, left: Run, value: Any) -> Run:
    """A comparison with a constant, which is what most filters consist of."""
    if sign == "==":
        return lambda frame: left(frame) == value
    if sign == "!=":
        return lambda frame: left(frame) != value
    compare = COMPARISONS[sign]
    if sign == "in" and isinstance(value, tuple):
        return lambda frame: left(frame) in value
    return lambda frame: compare(left(frame), value)


def chain(first: Run, others: Sequence[tuple[str, Run]]) -> Run:
    """`a < b < c`: each is computed once, and none behind the first that fails."""
    comparisons = [(COMPARISONS[sign], sign in SEEKING, other) for sign, other in others]

    def run(frame: Frame) -> Any:
        left = first(frame)
        for compare, seeks, other in comparisons:
            right = other(frame)
            _look_through(frame, left, right, seeks=seeks)
            result = compare(left, right)
            if not result:
                break
            left = right
        return result

    return run


def _look_through(frame: Frame, left: Any, right: Any, *, seeks: bool) -> None:
    """Count what it takes to compare two values, or to look for one in the other."""
    if type(right) in SIZED:
        if type(left) in CONTAINERS:
            spend(frame, weight(left) + weight(right))
        else:
            spend(frame, len(right) + (looked_for(left, right) if seeks else 0))


def negated(run: Run) -> Run:
    return lambda frame: not run(frame)


def formatted(parts: Sequence[Part]) -> Run:
    """An f-string."""

    def run(frame: Frame) -> str:
        texts = []
        for part in parts:
            if isinstance(part, str):
                texts.append(part)
                continue
            value, convert, form = part
            shown = value(frame)
            if type(shown) in LARGE:
                spend(frame, weight(shown))
            texts.append(format(convert(shown) if convert else shown, form))
        length = sum(map(len, texts))
        bounded(length)
        spend(frame, length)
        return "".join(texts)

    return run
