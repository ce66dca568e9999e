"""The methods and attributes of values that programs may use, by the type of the value."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from typing import Any

import regex

from lib.language.bounds import bounded
from lib.language.errors import Stopped
from lib.values.kinds import kind_of

Method = Callable[..., Any]

# A text that is looked for from the right, or stripped: Python has no quick way for these.
LONGEST_SOUGHT = 1_000
LONGEST_DATE_FORMAT = 1_000
DATE_FORMAT = regex.compile(r"(?:[^%]|%-?[A-Za-z%])*")


def get_attribute(value: Any, name: str) -> Any:
    """Return a field of a dict or an attribute of a date; None if it does not exist."""
    if isinstance(value, dict):
        return value.get(name)
    kind = _kind(value)
    if name in ATTRIBUTES.get(kind, ()):
        return getattr(value, name)
    if name in METHODS.get(kind, ()):
        raise Stopped(f"`{name}` is a method; write {name}()")
    return None


def method(value: Any, name: str) -> Method:
    """Return a method of a value; raise Stopped if its type has no such method."""
    methods = METHODS.get(_kind(value), {})
    if name not in methods:
        raise Stopped(f"{kind_of(value)} has no method {name}()")
    return methods[name]


def _kind(value: Any) -> type[Any]:
    """Return the type in METHODS that a value is an instance of; its own type if there is none."""
    kind = type(value)
    if kind in METHODS:
        return kind
    return next((listed for listed in METHODS if isinstance(value, listed)), kind)


def _replace(text: str, old: str, new: str, count: int = -1) -> str:
    bounded(len(text) + text.count(old) * len(new))
    return text.replace(old, new, count)


def _join(text: str, iterable: Iterable[str]) -> str:
    parts = list(iterable)
    bounded(sum(map(len, parts)) + len(text) * len(parts))
    return text.join(parts)


def _padding(name: str) -> Method:
    pad = getattr(str, name)

    def call(text: str, width: int, *fill: str) -> Any:
        bounded(width)
        if fill and isinstance(fill[0], str) and len(fill[0]) != 1:
            raise Stopped(f"{name}(): the fill character must be a single character")
        return pad(text, width, *fill)

    return call


def _seeking(name: str) -> Method:
    seek = getattr(str, name)

    def call(text: str, *sought: Any, **how: Any) -> Any:
        for item in (*sought, *how.values()):
            if isinstance(item, str) and len(item) > LONGEST_SOUGHT:
                raise Stopped(f"{name}() accepts text of at most {LONGEST_SOUGHT} characters")
        return seek(text, *sought, **how)

    return call


def _strftime(moment: date, form: str) -> str:
    if len(form) > LONGEST_DATE_FORMAT or not DATE_FORMAT.fullmatch(form):
        raise Stopped("in a date format, % must be followed by a letter")
    return moment.strftime(form)


def _methods(kind: type[Any], names: str) -> dict[str, Method]:
    return {name: getattr(kind, name) for name in names.split()}


METHODS: dict[type[Any], dict[str, Method]] = {
    str: {
        **_methods(
            str,
            "capitalize casefold count endswith find index isalnum isalpha isascii isdecimal"
            " isdigit islower isnumeric isprintable isspace istitle isupper lower partition"
            " removeprefix removesuffix split splitlines startswith swapcase title upper",
        ),
        **{name: _padding(name) for name in ("center", "ljust", "rjust", "zfill")},
        **{
            name: _seeking(name)
            for name in ("lstrip", "rfind", "rindex", "rpartition", "rsplit", "rstrip", "strip")
        },
        "replace": _replace,
        "join": _join,
    },
    dict: {
        "get": dict.get,
        "items": lambda fields: list(fields.items()),
        "keys": list,
        "values": lambda fields: list(fields.values()),
    },
    list: _methods(list, "count index"),
    tuple: _methods(tuple, "count index"),
    set: _methods(set, "difference intersection isdisjoint issubset issuperset union"),
    float: _methods(float, "is_integer"),
    datetime: {
        **_methods(datetime, "astimezone date isoformat isoweekday timestamp weekday"),
        "strftime": _strftime,
    },
    date: {**_methods(date, "isoformat isoweekday weekday"), "strftime": _strftime},
    timedelta: _methods(timedelta, "total_seconds"),
    regex.Match: _methods(regex.Match, "end group groupdict groups span start"),
}
METHOD_NAMES = frozenset(name for methods in METHODS.values() for name in methods)
ATTRIBUTES: dict[type[Any], frozenset[str]] = {
    datetime: frozenset({"year", "month", "day", "hour", "minute", "second"}),
    date: frozenset({"year", "month", "day"}),
    timedelta: frozenset({"days", "seconds"}),
}
