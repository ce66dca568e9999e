"""Look a value up in a record by its path, as mappings name it: `general.serial_number`.

A number picks from a list. A step that leads nowhere gives None. Where a step is missing, the rest
of the path is tried as one key, since some systems have dots in their keys.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Getter = Callable[[Any], Any]


def compile_path(path: str) -> Getter:
    """A function that looks the path up in a record (a dict)."""
    if "." not in path:
        return lambda record: record.get(path)
    steps = path.split(".")
    rests = [".".join(steps[at:]) for at in range(len(steps))]

    def get(record: Any) -> Any:
        value = record
        for step, rest in zip(steps, rests, strict=True):
            if isinstance(value, dict):
                if step not in value:
                    return value.get(rest)
                value = value[step]
            elif isinstance(value, list):
                value = _item(value, step)
            else:
                return None
        return value

    return get


def _item(items: list[Any], step: str) -> Any:
    if not step.isdecimal() or int(step) >= len(items):
        return None
    return items[int(step)]
