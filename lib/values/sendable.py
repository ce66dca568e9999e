"""What a converter may give: values that JSON can hold, so that they can be sent."""

from __future__ import annotations

from datetime import date
from types import CoroutineType, NoneType
from typing import Any

from lib.values.dates import epoch

# What is sent as it is. Whole numbers are, too, if they are not too long.
PLAIN = frozenset({NoneType, bool, float, str})
# Beyond what a number in JSON can mean to others.
TOO_LONG = 10**300
DEEPEST = 50


def sendable(value: Any, depth: int = 0) -> Any:
    """The value as JSON has it: tuples and sets are lists, dates are seconds since 1970.

    Raises ValueError for what JSON has no form for, and for lists and dicts in more than 50 others,
    as those are that hold themselves.
    """
    kind = type(value)
    if kind in PLAIN or (kind is int and -TOO_LONG < value < TOO_LONG):
        return value
    if depth > DEEPEST:
        raise ValueError(f"a {kind.__name__} in {DEEPEST} others is no value that can be sent")
    match value:
        case dict():
            return {_key(key): sendable(item, depth + 1) for key, item in value.items()}
        case list() | tuple():
            return [sendable(item, depth + 1) for item in value]
        case set() | frozenset():
            # In the same order each time: what has not changed is known by its text.
            return sorted([sendable(item, depth + 1) for item in value], key=str)
        case date():
            return epoch(value)
    return _bare(value)


def shown(value: Any, longest: int) -> str:
    """How Python writes a value, cut; also of one that cannot be written."""
    try:
        return repr(value)[:longest]
    except (Exception, SystemExit):  # it may be of anybody's class
        return f"a {type(value).__name__} that cannot be shown"


def _key(key: Any) -> str:
    if not isinstance(key, str):
        raise ValueError(f"a dict with the key {shown(key, 60)} is no value that can be sent")
    return str.__str__(key)


def _bare(value: Any) -> Any:
    """A text or number of a class of its own, as are those of an enum, without that class."""
    match value:
        case str():
            return str.__str__(value)
        case float():
            return float.__pos__(value)
        case int() if -TOO_LONG < int.__pos__(value) < TOO_LONG:
            return int.__pos__(value)
        case int():
            raise ValueError("so long a number is no value that can be sent")
        case CoroutineType():
            value.close()  # it would be complained about that nobody waited for it
    raise ValueError(f"{shown(value, 100)} is no value that can be sent")
