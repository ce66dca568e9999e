"""What a program may call: functions by name, methods by the type of the value, `re`, and dates.

Nothing else can be called. What could build something huge, or take for ever, is bounded here.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import regex

from lib.dates import epoch
from lib.language.errors import Stopped
from lib.paths import compile_path

LONGEST_TEXT = 1_000_000
LONGEST_PATTERN = 1_000
# Seconds that one regular expression may take on one text.
PATTERN_SECONDS = 0.2

Function = Callable[..., Any]


def bounded(length: float) -> None:
    """Raise Stopped if a text or list of this length is longer than allowed."""
    if length > LONGEST_TEXT:
        raise Stopped(f"this would be longer than {LONGEST_TEXT} characters or items")


def a_date(value: Any) -> datetime | None:
    """The moment that a date in any known form stands for; None for no date."""
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    seconds = epoch(value)
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def days_since(value: Any) -> float | None:
    """Days, with their fraction, since a date in any known form; None for no date."""
    moment = a_date(value)
    return None if moment is None else (now() - moment) / timedelta(days=1)


def now() -> datetime:
    return datetime.now(UTC)


def today() -> datetime:
    return now().replace(hour=0, minute=0, second=0, microsecond=0)


def days(number: float) -> timedelta:
    return timedelta(days=number)


def hours(number: float) -> timedelta:
    return timedelta(hours=number)


def get_field_value(record: Any, path: str, default: Any = None) -> Any:
    """The value at a path such as `general.serial_number`."""
    value = compile_path(path)(record)
    return default if value is None else value


def cae(record: Any, attribute: str, default: Any = None) -> Any:
    """The value of a Casper extension attribute, by its name."""
    for item in record.get("extension_attributes") or ():
        if item.get("name") == attribute:
            return item.get("value")
    return default


FUNCTIONS: dict[str, Function] = {
    **{
        function.__name__: function
        for function in (
            abs, all, any, bool, float, int, len, list, max, min, round, set, sorted, str, sum,
            tuple, cae, days, days_since, get_field_value, hours, now, today,
        )
    },
    "date": a_date,
}  # fmt: skip


def _pattern(name: str) -> Function:
    method = getattr(regex, name)

    def call(pattern: str, *texts: Any, **how: Any) -> Any:
        if not isinstance(pattern, str) or len(pattern) > LONGEST_PATTERN:
            raise Stopped(f"a pattern is a text of at most {LONGEST_PATTERN} characters")
        if texts[-1:] == (None,):
            return [] if name in ("findall", "split") else None
        if name == "sub":
            bounded(len(str(texts[-1])) * (len(str(texts[0])) + 1))
        try:
            return method(pattern, *texts, timeout=PATTERN_SECONDS, **how)
        except TimeoutError:
            raise Stopped(f"the pattern {pattern!r} takes too long on this text") from None
        except regex.error as problem:
            raise Stopped(f"the pattern {pattern!r} is wrong: {problem}") from None

    return call


PATTERN_FUNCTIONS = {
    name: _pattern(name) for name in ("findall", "fullmatch", "match", "search", "split", "sub")
}
PATTERN_FLAGS = {
    name: int(getattr(regex, name))
    for name in ("I", "IGNORECASE", "M", "MULTILINE", "S", "DOTALL", "A", "ASCII")
}


def _replace(text: str, old: str, new: str, count: int = -1) -> str:
    bounded(len(text) + text.count(old) * len(new))
    return text.replace(old, new, count)


def _join(text: str, items: Iterable[str]) -> str:
    parts = list(items)
    bounded(sum(map(len, parts)) + len(text) * len(parts))
    return text.join(parts)


def _padded(name: str) -> Function:
    method = getattr(str, name)

    def pad(text: str, width: int, *fill: str) -> Any:
        bounded(width)
        return method(text, width, *fill)

    return pad


def _strftime(moment: date, form: str) -> str:
    if regex.search(r"%\W*\d", form):
        raise Stopped("a width in a date's format is not possible here")
    return moment.strftime(form)


_TEXT = (
    "capitalize casefold count endswith find isalnum isalpha isdecimal isdigit islower isnumeric"
    " isspace istitle isupper lower lstrip partition removeprefix removesuffix rfind rpartition"
    " rsplit rstrip split splitlines startswith strip swapcase title upper"
)
_MOMENT = "astimezone date isoformat isoweekday timestamp weekday"


def _methods(kind: type[Any], names: str) -> dict[str, Function]:
    return {name: getattr(kind, name) for name in names.split()}


METHODS: dict[type[Any], dict[str, Function]] = {
    str: {
        **_methods(str, _TEXT),
        **{name: _padded(name) for name in ("center", "ljust", "rjust", "zfill")},
        "replace": _replace,
        "join": _join,
    },
    dict: _methods(dict, "get items keys values"),
    list: _methods(list, "count index"),
    tuple: _methods(tuple, "count index"),
    set: _methods(set, "difference intersection isdisjoint issubset issuperset union"),
    float: _methods(float, "is_integer"),
    datetime: {**_methods(datetime, _MOMENT), "strftime": _strftime},
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


def attribute(value: Any, name: str) -> Any:
    """A field of a dict, a part of a date; None for what is not there."""
    if isinstance(value, dict):
        return value.get(name)
    if name in ATTRIBUTES.get(type(value), ()):
        return getattr(value, name)
    return None


def method(value: Any, name: str) -> Function:
    """A method of a value; raises Stopped where its type has none of that name."""
    methods = METHODS.get(type(value)) or METHODS.get(_known_base(value), {})
    if name not in methods:
        raise Stopped(f"{type(value).__name__} {value!r:.40} has no method {name}")
    return methods[name]


def _known_base(value: Any) -> type[Any]:
    return next((kind for kind in METHODS if isinstance(value, kind)), type(None))


def finite(value: Any) -> Any:
    """The result of arithmetic, unless it is a number without end or no number at all."""
    if isinstance(value, complex) or (isinstance(value, float) and not math.isfinite(value)):
        raise Stopped("this calculation has no result")
    return value
