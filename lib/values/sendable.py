"""Conversion of the results of converters to values that JSON can hold."""

from __future__ import annotations

from datetime import date
from types import CoroutineType, NoneType
from typing import Any

from lib.values.dates import epoch
from lib.values.kinds import kind_of

# What is sent as it is. Whole numbers are, too, if they are not too long.
PLAIN = frozenset({NoneType, bool, float, str})
# Beyond what a number in JSON can mean to others.
TOO_LONG = 10**300
DEEPEST = 50


def sendable(value: Any, depth: int = 0) -> Any:
    """Return a value as JSON types: tuples and sets become lists, dates seconds since 1970.

    Raises ValueError for types that JSON does not have, and for lists and dicts that are nested
    more than 50 levels deep, as those are that contain themselves.
    """
    kind = type(value)
    if kind in PLAIN or (kind is int and -TOO_LONG < value < TOO_LONG):
        return value
    if depth > DEEPEST:
        raise ValueError(
            f"{kind_of(value)} is nested more than {DEEPEST} levels deep and cannot be sent"
        )
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
    """Return the `repr` of a value, cut at `longest` characters; never raises."""
    try:
        return repr(value)[:longest]
    except (Exception, SystemExit):  # it may be of anybody's class
        return f"{kind_of(value)} that cannot be shown"


def _key(key: Any) -> str:
    if not isinstance(key, str):
        raise ValueError(f"a dict with the key {shown(key, 60)} cannot be sent; keys must be text")
    return str.__str__(key)


def _bare(value: Any) -> Any:
    """Return a string or number of a subclass, such as an enum's, as its plain type."""
    match value:
        case str():
            return str.__str__(value)
        case float():
            return float.__pos__(value)
        case int() if -TOO_LONG < int.__pos__(value) < TOO_LONG:
            return int.__pos__(value)
        case int():
            raise ValueError("the number is too large to be sent")
        case CoroutineType():
            value.close()  # it would be complained about that nobody waited for it
    raise ValueError(f"{kind_of(value)} cannot be sent")
