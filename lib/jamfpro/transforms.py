"""Transforms from the Jamf Pro API to the Classic API: names, dates, constants, lists.

A field is read from a record of the Jamf Pro API and written into one in the format of the Classic
API, in which an empty string (or list) takes the place of null.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import chain
from typing import Any

from lib.record import Record
from lib.values.dates import moment_or_none

Transform = Callable[[Any], Any]

# How the Classic API words what the Jamf Pro API has as a constant; others are in plain words.
WORDINGS = {
    "APP_STORE_AND_IDENTIFIED_DEVELOPERS": "App Store and identified developers",
    "FULL_SECURITY": "full",
    "ALLOW_BOOTING_FROM_EXTERNAL_MEDIA": "allowed",
}
ATTRIBUTE_TYPES = {"STRING": "String", "INTEGER": "Number", "DATE": "Date", "DATE_TIME": "Date"}


@dataclass(frozen=True)
class ClassicField:
    """A field of the Classic API: its path, its paths in the Jamf Pro API, and how to read it."""

    classic: str
    pro: tuple[str, ...]
    transform: Transform
    read: Callable[[Record], Any]

    @property
    def paths(self) -> Iterator[str]:
        """The path of the field; for a list of dicts, the paths of the fields of its items."""
        inner = self.transform.fields if isinstance(self.transform, Each) else None
        if inner is None:
            yield self.classic
        for item in inner or ():
            yield from (f"{self.classic}[*].{path}" for path in item.paths)


class Each:
    """The transform of a list of dicts: each item with these fields."""

    def __init__(self, *fields: ClassicField) -> None:
        self.fields = fields

    def __call__(self, items: Any) -> list[Record]:
        return [
            {field.classic: field.read(item) for field in self.fields}
            for item in items or ()
            if isinstance(item, dict)
        ]


def text(value: Any) -> Any:
    """Return a value unchanged; None becomes an empty string."""
    return "" if value is None else value


def mapped(classic: str, *pro: str, transform: Transform = text) -> ClassicField:
    """Return a field whose value is read from the first of these paths that has one."""
    getters = [_getter(path) for path in pro]
    if len(getters) == 1:
        (get,) = getters
        return ClassicField(classic, pro, transform, lambda record: transform(get(record)))

    def first(record: Record) -> Any:
        values = (get(record) for get in getters)
        return transform(next((value for value in values if value is not None), None))

    return ClassicField(classic, pro, transform, first)


def gathered(classic: str, *pro: str, transform: Transform) -> ClassicField:
    """Return a field whose value is read from the lists at all these paths, joined."""
    getters = [_getter(path) for path in pro]

    def read(record: Record) -> Any:
        return transform(list(chain.from_iterable(get(record) or () for get in getters)))

    return ClassicField(classic, pro, transform, read)


def _getter(path: str) -> Callable[[Record], Any]:
    """Return a function that looks up a path of plain keys."""
    *sections, key = path.split(".")

    def get(record: Record) -> Any:
        for section in sections:
            record = record.get(section)  # type: ignore[assignment]
            if not isinstance(record, dict):
                return None
        return record.get(key)

    return get


def renamed(**names: str) -> list[ClassicField]:
    """Return fields that only have other names: `bundle_id="bundleId"`."""
    return [mapped(classic, pro) for classic, pro in names.items()]


def below(classic: str, pro: str, **names: str) -> list[ClassicField]:
    """Return the fields of one section that only have other names in another section."""
    return [mapped(f"{classic}.{name}", f"{pro}.{theirs}") for name, theirs in names.items()]


def classic_paths(fields: Iterable[ClassicField]) -> list[str]:
    """Return the paths of the Classic API that these fields fill."""
    return [path for item in fields for path in item.paths]


def dated(classic: str, *pro: str, plain: bool = True) -> list[ClassicField]:
    """Return the fields of a timestamp: plain (UTC), in milliseconds, and with an offset."""
    spelled = [mapped(classic, *pro, transform=partial(in_utc, pattern="%Y-%m-%d %H:%M:%S"))]
    return [*(spelled if plain else []), *_epoch_and_utc(classic, *pro)]


def day(classic: str, pro: str) -> list[ClassicField]:
    """Return the fields of a day: plain, and its midnight in UTC in the two other formats."""
    return [
        mapped(classic, pro, transform=partial(in_utc, pattern="%Y-%m-%d")),
        *_epoch_and_utc(classic, pro),
    ]


def _epoch_and_utc(classic: str, *pro: str) -> list[ClassicField]:
    return [
        mapped(f"{classic}_epoch", *pro, transform=milliseconds),
        mapped(f"{classic}_utc", *pro, transform=with_offset),
    ]


def in_utc(value: Any, pattern: str) -> str:
    """Format an ISO 8601 timestamp by a pattern, in UTC; other values stay unchanged."""
    at = _parsed(value)
    return at.strftime(pattern) if at else str(text(value))


def milliseconds(value: Any) -> int:
    """Return an ISO 8601 timestamp as milliseconds since 1970; 0 for other values."""
    at = _parsed(value)
    return round(at.timestamp() * 1000) if at else 0


def milliseconds_or_none(value: Any) -> int | str:
    """Return milliseconds as certificates of computers have them: an empty string for none."""
    return milliseconds(value) or ""


def milliseconds_in_text(value: Any) -> str:
    """Return milliseconds as certificates of mobile devices have them: as a string."""
    return str(milliseconds(value) or "")


def with_offset(value: Any) -> str:
    """Format a timestamp as 2024-03-11T13:37:05.120+0000; other values become empty."""
    at = _parsed(value)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}+0000" if at else ""


def _parsed(value: Any) -> datetime | None:
    at = moment_or_none(value) if isinstance(value, str) else None
    return at and at.astimezone(UTC)


def worded(value: Any) -> Any:
    """Return a constant in words: NOT_AVAILABLE becomes "Not Available"."""
    if not isinstance(value, str):
        return text(value)
    return WORDINGS.get(value, value.replace("_", " ").title())


def lowered(value: Any) -> Any:
    """Return a string in lowercase."""
    return value.lower() if isinstance(value, str) else text(value)


def yes_or_no(value: Any) -> Any:
    """Return a boolean as "Yes" or "No"."""
    return text(value) if not isinstance(value, bool) else "Yes" if value else "No"


def whole(value: Any) -> Any:
    """Return an ID as a number, as the Classic API has it; the Jamf Pro API has strings."""
    try:
        return int(value)
    except (TypeError, ValueError):
        return text(value)


def listed(value: Any) -> Any:
    """Return a list; None becomes an empty one."""
    return [] if value is None else value


def names_of(items: Any, key: str = "name") -> list[Any]:
    """Return the names of the items of a list."""
    return [item.get(key) for item in items or () if isinstance(item, dict)]


def last_user(users: Any) -> Record:
    """Return the last of several users, the only one that the Classic API's JSON has."""
    return {"mdm_capable_user": users[-1]} if users else {}


def megabytes(value: Any) -> str:
    """Return the size of a home folder as a string: "-1MB"."""
    return "" if value is None else f"{value}MB"


def site(value: Any) -> Record:
    """Return a site with its ID as a number."""
    value = value if isinstance(value, dict) else {}
    return {"id": whole(value.get("id")), "name": text(value.get("name"))}


def attributes(items: list[Any], *, number: str, kind: str, values: str) -> list[Record]:
    """Return extension attributes, sorted by their ID.

    `number`, `kind`, and `values` are the keys of the ID, the type, and the values of an item.
    """
    converted = [
        {
            "id": whole(item.get(number)),
            "name": text(item.get("name")),
            "type": ATTRIBUTE_TYPES.get(str(item.get(kind)), text(item.get(kind))),
            **({"multi_value": item["multiValue"]} if "multiValue" in item else {}),
            "value": _only(item.get(values)),
        }
        for item in items
        if isinstance(item, dict)
    ]
    return sorted(converted, key=lambda item: item["id"] if isinstance(item["id"], int) else 0)


def _only(values: Any) -> Any:
    """Return the value of an attribute, or a list if it has several."""
    if not isinstance(values, list):
        return text(values)
    return "" if not values else text(values[0]) if len(values) == 1 else values
