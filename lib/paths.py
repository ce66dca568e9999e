"""Look a value up in a record by its path, as mappings name it.

    general.serial_number                        a field of a field
    hardware.storage.0.model                     a number picks from a list (or: storage[0].model)
    software.applications[*].name                the names of all, as a list
    extension_attributes[name=Owner].value       the first whose name is Owner
    "Serial No. (1)"."a.b"                       keys with dots or brackets in them

A step that leads nowhere gives None. Where a step is missing, the rest of the path is tried as one
key, since some systems have dots in their keys.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, NamedTuple

Getter = Callable[[Any], Any]

SELECTOR = r"\[(?:\*|\d+|[^\]=\[]+=[^\]]*)\]"
STEP = re.compile(
    rf"(?:\"(?P<double>[^\"]*)\"|'(?P<single>[^']*)'|(?P<plain>(?:(?!{SELECTOR})[^.])+))"
    rf"(?P<selectors>(?:{SELECTOR})*)(?:\.(?=.)|$)"
)


class Step(NamedTuple):
    """One step of a path: a key, what picks from the list there, and the path from here on."""

    key: str
    selectors: tuple[str, ...]
    rest: str


@lru_cache(maxsize=1000)  # a record filter may make a path for each record
def steps(path: str) -> tuple[Step, ...]:
    """The steps of a path; one that follows no rule is a single key."""
    return tuple(_steps(path)) or (Step(path, (), path),)


def first_key(path: str) -> str:
    """The key of a record at which a path begins."""
    return steps(path)[0].key


def compile_path(path: str) -> Getter:
    """A function that looks the path up in a record (a dict)."""
    way = steps(path)
    if len(way) == 1 and not way[0].selectors:
        key = way[0].key
        return lambda record: record.get(key)
    if any(step.selectors for step in way):
        return lambda record: _select(record, way)

    def get(record: Any) -> Any:
        value = record
        for key, _, rest in way:
            if isinstance(value, dict):
                if key not in value:
                    return value.get(rest)
                value = value[key]
            elif isinstance(value, list):
                value = _item(value, key)
            else:
                return None
        return value

    return get


def _steps(path: str) -> Iterator[Step]:
    at = 0
    found = []
    while at < len(path):
        match = STEP.match(path, at)
        if not match:
            return
        key = next(part for part in match.group("double", "single", "plain") if part is not None)
        selectors = re.findall(SELECTOR, match["selectors"])
        found.append(Step(key, tuple(item[1:-1] for item in selectors), path[at:]))
        at = match.end()
    yield from found


def _select(value: Any, way: tuple[Step, ...]) -> Any:
    """Follow a way with selectors; behind `[*]` the values of all items that have one."""
    for at, (key, selectors, rest) in enumerate(way):
        if isinstance(value, dict):
            if key not in value:
                return value.get(rest)
            value = value[key]
        else:
            value = _item(value, key) if isinstance(value, list) else None
        for number, selector in enumerate(selectors):
            if selector == "*":
                items = value if isinstance(value, list) else []
                further = (Step("", selectors[number + 1 :], ""), *way[at + 1 :])
                found = [_select({"": item}, further) for item in items]
                return [item for item in found if item is not None]
            value = _picked(value, selector)
    return value


def _picked(value: Any, selector: str) -> Any:
    if not isinstance(value, list):
        return None
    if selector.isdecimal():
        return _item(value, selector)
    key, _, wanted = selector.partition("=")
    return next(
        (item for item in value if isinstance(item, dict) and str(item.get(key)) == wanted), None
    )


def _item(items: list[Any], step: str) -> Any:
    if not step.isdecimal() or int(step) >= len(items):
        return None
    return items[int(step)]
