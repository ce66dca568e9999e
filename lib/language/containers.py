"""The functions of a frame that lists, sets, dicts and comprehensions become."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from lib.language.bounds import NODE, ROUND, Frame, Run, spend, spend_on_keys, weight
from lib.language.errors import Stopped


def collection(kind: Callable[[list[Any]], Any], items: Sequence[Run]) -> Run:
    def run(frame: Frame) -> Any:
        spend(frame, len(items))
        found = [item(frame) for item in items]
        if kind is set:
            spend_on_keys(frame, found)
        return found if kind is list else kind(found)

    return run


def dictionary(items: Sequence[tuple[Run, Run]]) -> Run:
    def run(frame: Frame) -> Any:
        spend(frame, len(items))
        pairs = [(key(frame), value(frame)) for key, value in items]
        spend_on_keys(frame, [key for key, _ in pairs])
        return dict(pairs)

    return run


def loop(source: Run, slots: Sequence[int], conditions: Sequence[Run], body: Run, size: int) -> Run:
    """Run the body for each item that meets the conditions, until it gives something true.

    `size` is that of the conditions and the body together, in nodes.
    """
    slot = slots[0]
    price = max(ROUND, NODE * size)

    def run(frame: Frame) -> bool:
        items = source(frame)
        if items is None:
            return False
        if not hasattr(items, "__len__"):
            raise Stopped(f"a value of type {type(items).__name__} has no items")
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
    """A comprehension, whose loops append to the list in the slot."""

    def run(frame: Frame) -> Any:
        found: list[Any] = []
        frame[slot] = found
        loops(frame)
        if kind is list:
            return found
        spend(frame, weight(found))
        spend_on_keys(frame, [key for key, _ in found] if kind is dict else found)
        return kind(found)

    return run


def _unpack(frame: Frame, slots: Sequence[int], value: Any) -> None:
    parts = list(value)
    if len(parts) != len(slots):
        raise Stopped(f"{len(parts)} values cannot be given to {len(slots)} names")
    for slot, part in zip(slots, parts, strict=True):
        frame[slot] = part
