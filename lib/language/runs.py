"""Fields, operators, comparisons, and f-strings, compiled to functions of a frame.

Calls are in `calls`, lists and loops in `containers`.
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
from lib.language.errors import Stopped
from lib.language.failures import no_item
from lib.language.methods import get_attribute
from lib.language.operators import COMPARISONS, Operation, get_item
from lib.values.kinds import kind_of

SEEKING = frozenset({"in", "not in"})
CONVERSIONS: dict[str, Callable[[Any], str]] = {"r": repr, "s": str, "a": ascii}
# A text, or a value with its conversion and its format.
Part = str | tuple[Run, Callable[[Any], str] | None, str]


def constant(value: Any) -> Run:
    """Compile a constant."""
    return lambda _frame: value


def field(slot: int, names: Sequence[str]) -> Run:
    """Compile a field of a named value: `record.general.name`."""
    name, *others = names
    if len(others) == 1:
        return _field_in_section(slot, name, others[0])
    if others:
        return field_of(lambda frame: frame[slot], names)

    def run(frame: Frame) -> Any:
        value = frame[slot]
        return value.get(name) if type(value) is dict else get_attribute(value, name)

    return run


def _field_in_section(slot: int, section_key: str, key: str) -> Run:
    """Compile the same as `field_of`, faster for the fields that most filters use."""
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
    """Compile a field of any value; as in mappings, the rest of the names may be a dotted key."""
    steps = [(name, ".".join(names[at:])) for at, name in enumerate(names)]

    def run(frame: Frame) -> Any:
        value = owner(frame)
        for name, rest in steps:
            if type(value) is not dict:
                value = get_attribute(value, name)
            elif name in value:
                value = value[name]
            else:
                return value.get(rest)
        return value

    return run


def field_by_key(owner: Run, key: str) -> Run:
    """Compile a field in quotes: `record["name"]`."""

    def run(frame: Frame) -> Any:
        value = owner(frame)
        return value.get(key) if type(value) is dict else get_item(value, key)

    return run


def item(owner: Run, index: Run) -> Run:
    """Compile an item by a computed index or key: `record.list[n]`."""

    def run(frame: Frame) -> Any:
        value, at = owner(frame), index(frame)
        if type(at) is not str and isinstance(value, dict):
            spend_on_keys(frame, (at,))
            spend(frame, len(value))
        return get_item(value, at)

    return run


def part(owner: Run, bounds: Sequence[Run]) -> Run:
    """Compile a slice: `record.name[1:3]`."""

    def run(frame: Frame) -> Any:
        value, at = owner(frame), slice(*[bound(frame) for bound in bounds])
        if isinstance(value, dict):  # from Python 3.12 on, a slice would be taken for a key
            raise Stopped(no_item(value, at))
        values = get_item(value, at)
        if type(values) in SIZED:
            spend(frame, len(values))
        return values

    return run


def growing(operation: Operation, left: Run, right: Run) -> Run:
    """Compile an operation whose result may be longer than its operands."""

    def run(frame: Frame) -> Any:
        result = operation(left(frame), right(frame))
        if type(result) in SIZED:
            spend(frame, len(result))
        elif type(result) is int:
            frame[LEFT] -= result.bit_length() // BITS
        return result

    return run


def dividing(operation: Operation, left: Run, right: Run) -> Run:
    """Compile a division, which costs the size of the number that is divided."""

    def run(frame: Frame) -> Any:
        value = left(frame)
        if type(value) is int:
            frame[LEFT] -= value.bit_length() // BITS
        return operation(value, right(frame))

    return run


def logical(operator: str, operands: Sequence[Run]) -> Run:
    """Compile `and` or `or`, which evaluate no operand after the one that decides."""

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
    """Compile a comparison of two expressions."""
    compare, seeks = COMPARISONS[sign], sign in SEEKING

    def run(frame: Frame) -> Any:
        one, other = left(frame), right(frame)
        _look_through(frame, one, other, seeks=seeks)
        return compare(one, other)

    return run


def comparison_with(sign: str, left: Run, value: Any) -> Run:
    """Compile a comparison with a constant, of which most filters consist."""
    if sign == "==":
        return lambda frame: left(frame) == value
    if sign == "!=":
        return lambda frame: left(frame) != value
    compare = COMPARISONS[sign]
    if sign == "in" and isinstance(value, tuple):
        return lambda frame: left(frame) in value
    return lambda frame: compare(left(frame), value)


def chain(first: Run, others: Sequence[tuple[str, Run]]) -> Run:
    """Compile `a < b < c`: each operand is evaluated once, and none after the first failure."""
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
    """Spend what it takes to compare two values, or to search one for the other."""
    if type(right) in SIZED:
        if type(left) in CONTAINERS:
            spend(frame, weight(left) + weight(right))
        else:
            spend(frame, len(right) + (looked_for(left, right) if seeks else 0))


def negated(run: Run) -> Run:
    """Compile `not`."""
    return lambda frame: not run(frame)


def formatted(parts: Sequence[Part]) -> Run:
    """Compile an f-string."""

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
            texts.append(_formatted(convert(shown) if convert else shown, form))
        length = sum(map(len, texts))
        bounded(length)
        spend(frame, length)
        return "".join(texts)

    return run


def _formatted(value: Any, form: str) -> str:
    try:
        return format(value, form)
    except (TypeError, ValueError, OverflowError) as error:
        raise Stopped(f"the format '{form}' does not fit {kind_of(value)}") from error
