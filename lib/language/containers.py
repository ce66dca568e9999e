"""Lists, sets, dicts, and comprehensions, compiled to functions of a frame."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from lib.language.bounds import NODE, ROUND, Frame, Run, spend, spend_on_keys, weight
from lib.language.errors import Stopped
from lib.language.failures import hashed
from lib.values.kinds import kind_of
from lib.wording import counted


def collection(kind: Callable[[list[Any]], Any], items: Sequence[Run]) -> Run:
    """Compile a list, tuple, or set of these items."""

    def run(frame: Frame) -> Any:
        spend(frame, len(items))
        values = [item(frame) for item in items]
        if kind is set:
            spend_on_keys(frame, values)
            return hashed(set, values, values)
        return values if kind is list else kind(values)

    return run


def dictionary(items: Sequence[tuple[Run, Run]]) -> Run:
    """Compile a dict of these (key, value) pairs."""

    def run(frame: Frame) -> Any:
        spend(frame, len(items))
        pairs = [(key(frame), value(frame)) for key, value in items]
        spend_on_keys(frame, [key for key, _ in pairs])
        return hashed(dict, pairs, [key for key, _ in pairs])

    return run


def run_loop(
    source: Run, slots: Sequence[int], conditions: Sequence[Run], body: Run, size: int
) -> Run:
    """Compile a loop of a comprehension, which ends when its body gives a true value.

    Args:
        source: The items.
        slots: The positions in the frame of the names of an item.
        conditions: The body is run for the items that meet all of them.
        body: What is done with an item.
        size: That of the conditions and the body together, in nodes.
    """
    slot = slots[0]
    price = max(ROUND, NODE * size)

    def run(frame: Frame) -> bool:
        items = source(frame)
        if items is None:
            return False
        if not hasattr(items, "__len__"):
            raise Stopped(f"cannot loop over {kind_of(items)}")
        spend(frame, price * len(items))
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
    """Compile a comprehension, whose loops append to the list in the slot."""

    def run(frame: Frame) -> Any:
        items: list[Any] = []
        frame[slot] = items
        loops(frame)
        if kind is list:
            return items
        spend(frame, weight(items))
        keys = [key for key, _ in items] if kind is dict else items
        spend_on_keys(frame, keys)
        return hashed(kind, items, keys)

    return run


def _unpack(frame: Frame, slots: Sequence[int], value: Any) -> None:
    try:
        parts = list(value)
    except TypeError as error:
        raise Stopped(f"cannot assign {kind_of(value)} to {len(slots)} names") from error
    if len(parts) != len(slots):
        values = counted(len(parts), "value")
        raise Stopped(f"cannot assign {values} to {len(slots)} names")
    for slot, part in zip(slots, parts, strict=True):
        frame[slot] = part
