"""The names of the types of values in messages: "text", "a number", "a list"."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

# The first one that fits counts: a bool is also an int, and a datetime also a date.
NAMES: tuple[tuple[type[Any] | tuple[type[Any], ...], str], ...] = (
    (bool, "True or False"),
    (str, "text"),
    ((int, float, Decimal), "a number"),
    (list, "a list"),
    (tuple, "a tuple"),
    ((set, frozenset), "a set"),
    (dict, "a dict"),
    ((bytes, bytearray), "binary data"),
    (datetime, "a timestamp"),
    (date, "a date"),
    (time, "a time of day"),
    (timedelta, "a duration"),
    (UUID, "a UUID"),
)


def kind_of(value: Any) -> str:
    """Return the name of the type of a value, with its article."""
    if value is None:
        return "an empty value (None)"
    if isinstance(value, datetime) and value.tzinfo is None:
        return "a timestamp without a time zone"
    name = type(value).__name__
    other = "the result of a pattern" if name == "Match" else f"a value of type {name}"
    return next((name for kind, name in NAMES if isinstance(value, kind)), other)


def kinds_of(values: Iterable[Any]) -> str:
    """Return the names of the types of one or more values, each once: "text and a number"."""
    *names, last = dict.fromkeys(map(kind_of, values))
    return f"{', '.join(names)} and {last}" if names else last
