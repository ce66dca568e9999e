"""The functions of a frame that expressions become; those of calls are in `calls`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from lib.language.bounds import CONTAINERS, ROUND, SIZED, Frame, Run, bounded, spend, weight
from lib.language.errors import Stopped
from lib.language.methods import attribute
from lib.language.operators import COMPARISONS, Operation, subscript

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
        _hash(frame, (at,))
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
        return result

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
    compare = COMPARISONS[sign]

    def run(frame: Frame) -> Any:
        one, other = left(frame), right(frame)
        _look_through(frame, one, other)
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
    comparisons = [(COMPARISONS[sign], other) for sign, other in others]

    def run(frame: Frame) -> Any:
        left = first(frame)
        for compare, other in comparisons:
            right = other(frame)
            _look_through(frame, left, right)
            result = compare(left, right)
            if not result:
                break
            left = right
        return result

    return run


def _look_through(frame: Frame, left: Any, right: Any) -> None:
    """Count what it takes to compare two values, or to look for one in the other."""
    if type(right) in SIZED:
        nested = type(left) in CONTAINERS
        spend(frame, weight(left) + weight(right) if nested else len(right))


def collection(kind: Callable[[list[Any]], Any], items: Sequence[Run]) -> Run:
    def run(frame: Frame) -> Any:
        spend(frame, len(items))
        found = [item(frame) for item in items]
        if kind is set:
            _hash(frame, found)
        return found if kind is list else kind(found)

    return run


def dictionary(items: Sequence[tuple[Run, Run]]) -> Run:
    def run(frame: Frame) -> Any:
        spend(frame, len(items))
        pairs = [(key(frame), value(frame)) for key, value in items]
        _hash(frame, (key for key, _ in pairs))
        return dict(pairs)

    return run


def _hash(frame: Frame, keys: Iterable[Any]) -> None:
    """Count what it takes to hash keys."""
    for key in keys:
        if type(key) is tuple:
            spend(frame, weight(key))


def loop(source: Run, slots: Sequence[int], conditions: Sequence[Run], body: Run) -> Run:
    """Run the body for each item that meets the conditions, until it gives something true."""
    slot = slots[0]

    def run(frame: Frame) -> bool:
        items = source(frame)
        if items is None:
            return False
        if not hasattr(items, "__len__"):
            raise Stopped(f"a value of type {type(items).__name__} has no items")
        spend(frame, ROUND * len(items))
        for value in items:
            if len(slots) == 1:
                frame[slot] = value
            else:
                _unpack(frame, slots, value)
            for condition in conditions:
                if not condition(frame):
                    break
            else:
                if body(frame):
                    return True
        return False

    return run


def collected(kind: Callable[[list[Any]], Any], slot: int, loops: Run) -> Run:
    """A comprehension, whose loops append to the list in the slot."""

    def run(frame: Frame) -> Any:
        found: list[Any] = []
        frame[slot] = found
        loops(frame)
        if kind is list:
            return found
        spend(frame, weight(found))
        return kind(found)

    return run


def negated(run: Run) -> Run:
    return lambda frame: not run(frame)


def _unpack(frame: Frame, slots: Sequence[int], value: Any) -> None:
    parts = list(value)
    if len(parts) != len(slots):
        raise Stopped(f"{len(parts)} values cannot be given to {len(slots)} names")
    for slot, part in zip(slots, parts, strict=True):
        frame[slot] = part


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
            if type(shown) in CONTAINERS:
                spend(frame, weight(shown))
            texts.append(format(convert(shown) if convert else shown, form))
        length = sum(map(len, texts))
        bounded(length)
        spend(frame, length)
        return "".join(texts)

    return run
