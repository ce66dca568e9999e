"""The functions that programs may call; there are no others."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from time import time
from typing import Any

from lib.language.bounds import weight
from lib.language.errors import Stopped
from lib.values.dates import epoch
from lib.values.kinds import kind_of
from lib.values.paths import compile_path, first_key

Function = Callable[..., Any]

# The digits of a number in a text, and those to which a number is rounded.
MOST_DIGITS = 1_000
LONGEST_PATH = 200
# What may be a date, besides dates.
DATES = (str, int, float)
SECONDS_OF_A_DAY = 86_400


def a_date(value: Any) -> datetime | None:
    """Return the time of a date in any known form, with its time zone; None if there is none."""
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    if value is not None and not isinstance(value, DATES):
        raise Stopped(f"{kind_of(value)} is not a date")
    seconds = epoch(value)
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def days_since(value: Any) -> float | None:
    """Return the days since a date in any known form, with a fraction; None if there is none."""
    if isinstance(value, DATES):
        seconds: float | None = epoch(value)
    else:
        moment = a_date(value)
        seconds = None if moment is None else moment.timestamp()
    return None if seconds is None else (time() - seconds) / SECONDS_OF_A_DAY


def now() -> datetime:
    """Return the current time in UTC."""
    return datetime.now(UTC)


def today() -> datetime:
    """Return the beginning of the current day in UTC."""
    return now().replace(hour=0, minute=0, second=0, microsecond=0)


def days(number: float) -> timedelta:
    """Return a duration of so many days."""
    return timedelta(days=number)


def hours(number: float) -> timedelta:
    """Return a duration of so many hours."""
    return timedelta(hours=number)


def get_field_value(data: Any, path: str, default: Any = None) -> Any:
    """Return the value at a path such as `general.serial_number`, or the default."""
    if not isinstance(path, str):
        raise Stopped(f"get_field_value(): the path must be text, not {kind_of(path)}")
    if len(path) > LONGEST_PATH:
        raise Stopped(f"a path can have at most {LONGEST_PATH} characters")
    if not isinstance(data, dict):
        return default
    if "[" in path and ("=" in path or path.count("*") > 1):
        # What the program built may hold one value many times.
        weight(data.get(first_key(path)))
    value = compile_path(path)(data)
    return default if value is None else value


def cae(record: Any, attr: str, default: Any = None) -> Any:
    """Return the value of a Casper extension attribute; of several, the first that is not empty."""
    if not isinstance(attr, str):
        raise Stopped(f"cae(): the name of the attribute must be text, not {kind_of(attr)}")
    attributes = record.get("extension_attributes") if isinstance(record, dict) else None
    try:
        values = [item.get("value") for item in attributes or () if item.get("name") == attr]
    except (TypeError, AttributeError) as error:
        raise Stopped("cae(): extension_attributes is not a list of attributes") from error
    return next(filter(None, values), values[0]) if values else default


def _int(value: Any = 0, base: int | None = None) -> int:
    if isinstance(value, str) and len(value) > MOST_DIGITS:
        raise Stopped(f"a number can have at most {MOST_DIGITS} digits")
    return int(value) if base is None else int(value, base)


def _round(number: Any, ndigits: int | None = None) -> Any:
    if ndigits is not None and abs(ndigits) > MOST_DIGITS:
        raise Stopped(f"a number can be rounded to at most {MOST_DIGITS} digits")
    return round(number, ndigits)


def _sum(items: Any, start: Any = 0) -> Any:
    """Python's own, but for lists: each addition would copy all that was added before."""
    if isinstance(start, list | tuple):
        raise Stopped("lists cannot be summed")
    return sum(items, start)


FUNCTIONS: dict[str, Function] = {
    **{
        function.__name__: function
        for function in (
            abs, all, any, bool, float, len, list, max, min, set, sorted, str, tuple,
            cae, days, days_since, get_field_value, hours, now, today,
        )
    },
    "date": a_date,
    "int": _int,
    "round": _round,
    "sum": _sum,
}  # fmt: skip
# Those that look at what is in the items, too.
DEEP = frozenset({"max", "min", "set", "sorted", "str"})
# Those that look at as much of a record as it takes.
SEARCHING = frozenset({"cae", "get_field_value"})
