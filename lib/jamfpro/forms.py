"""The fields of Jamf Pro's inventory in the Classic API's form: names, dates, wordings, lists.

A field is read from a record of the Jamf Pro API and written into one that looks like the Classic
API's, where nothing is an empty text (or list) and not null.
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

Form = Callable[[Any], Any]

# How the Classic API words what the Jamf Pro API has as a constant; others are in plain words.
WORDINGS = {
    "APP_STORE_AND_IDENTIFIED_DEVELOPERS": "App Store and identified developers",
    "FULL_SECURITY": "full",
    "ALLOW_BOOTING_FROM_EXTERNAL_MEDIA": "allowed",
}
ATTRIBUTE_TYPES = {"STRING": "String", "INTEGER": "Number", "DATE": "Date", "DATE_TIME": "Date"}


@dataclass(frozen=True)
class ClassicField:
    """The path of a field in the Classic API, the paths of its source, and how to read it."""

    classic: str
    pro: tuple[str, ...]
    form: Form
    read: Callable[[Record], Any]

    @property
    def paths(self) -> Iterator[str]:
        """The path; of a list, those of what its items have."""
        inner = self.form.fields if isinstance(self.form, Each) else None
        if inner is None:
            yield self.classic
        for item in inner or ():
            yield from (f"{self.classic}[*].{path}" for path in item.paths)


class Each:
    """The form of a list: each of its items with these fields."""

    def __init__(self, *fields: ClassicField) -> None:
        self.fields = fields

    def __call__(self, items: Any) -> list[Record]:
        return [
            {field.classic: field.read(item) for field in self.fields}
            for item in items or ()
            if isinstance(item, dict)
        ]


def text(value: Any) -> Any:
    """A value as it is; nothing is an empty text."""
    return "" if value is None else value


def mapped(classic: str, *pro: str, form: Form = text) -> ClassicField:
    """One that comes from the first of these paths that leads to something."""
    getters = [_getter(path) for path in pro]
    if len(getters) == 1:
        (get,) = getters
        return ClassicField(classic, pro, form, lambda record: form(get(record)))

    def first(record: Record) -> Any:
        found = (get(record) for get in getters)
        return form(next((value for value in found if value is not None), None))

    return ClassicField(classic, pro, form, first)


def gathered(classic: str, *pro: str, form: Form) -> ClassicField:
    """One that comes from the lists at all these paths."""
    getters = [_getter(path) for path in pro]

    def read(record: Record) -> Any:
        return form(list(chain.from_iterable(get(record) or () for get in getters)))

    return ClassicField(classic, pro, form, read)


def _getter(path: str) -> Callable[[Record], Any]:
    """What looks up a path of plain keys."""
    *sections, key = path.split(".")

    def get(record: Record) -> Any:
        for section in sections:
            record = record.get(section)  # type: ignore[assignment]
            if not isinstance(record, dict):
                return None
        return record.get(key)

    return get


def renamed(**names: str) -> list[ClassicField]:
    """Fields that only have other names: `bundle_id="bundleId"`."""
    return [mapped(classic, pro) for classic, pro in names.items()]


def below(classic: str, pro: str, **names: str) -> list[ClassicField]:
    """Fields of one section that only have other names in one section."""
    return [mapped(f"{classic}.{name}", f"{pro}.{theirs}") for name, theirs in names.items()]


def classic_paths(fields: Iterable[ClassicField]) -> list[str]:
    """The paths of the Classic API that these fields fill."""
    return [path for item in fields for path in item.paths]


def dated(classic: str, *pro: str, plain: bool = True) -> list[ClassicField]:
    """A moment: as plain text (in UTC), as milliseconds, and with its offset."""
    spelled = [mapped(classic, *pro, form=partial(in_utc, form="%Y-%m-%d %H:%M:%S"))]
    return [*(spelled if plain else []), *_twins(classic, *pro)]


def day(classic: str, pro: str) -> list[ClassicField]:
    """A day, of which the two other forms are the midnight in UTC."""
    return [mapped(classic, pro, form=partial(in_utc, form="%Y-%m-%d")), *_twins(classic, pro)]


def _twins(classic: str, *pro: str) -> list[ClassicField]:
    return [
        mapped(f"{classic}_epoch", *pro, form=milliseconds),
        mapped(f"{classic}_utc", *pro, form=with_offset),
    ]


def in_utc(value: Any, form: str) -> str:
    """A moment in ISO 8601 as text of this form, in UTC; what is none stays as it is."""
    at = _parsed(value)
    return at.strftime(form) if at else str(text(value))


def milliseconds(value: Any) -> int:
    """Milliseconds since 1970; 0 for no moment."""
    at = _parsed(value)
    return round(at.timestamp() * 1000) if at else 0


def milliseconds_or_none(value: Any) -> int | str:
    """What certificates of computers have: an empty text for no moment."""
    return milliseconds(value) or ""


def milliseconds_in_text(value: Any) -> str:
    """What certificates of mobile devices have."""
    return str(milliseconds(value) or "")


def with_offset(value: Any) -> str:
    """The form 2024-03-11T13:37:05.120+0000; an empty text for no moment."""
    at = _parsed(value)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}+0000" if at else ""


def _parsed(value: Any) -> datetime | None:
    at = moment_or_none(value) if isinstance(value, str) else None
    return at and at.astimezone(UTC)


def worded(value: Any) -> Any:
    """A constant in words: "Not Available" of NOT_AVAILABLE."""
    if not isinstance(value, str):
        return text(value)
    return WORDINGS.get(value, value.replace("_", " ").title())


def lowered(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else text(value)


def yes_or_no(value: Any) -> Any:
    return text(value) if not isinstance(value, bool) else "Yes" if value else "No"


def whole(value: Any) -> Any:
    """An id, which is a number in the Classic API and text in the Jamf Pro API."""
    try:
        return int(value)
    except (TypeError, ValueError):
        return text(value)


def listed(value: Any) -> Any:
    """A list; nothing is an empty one."""
    return [] if value is None else value


def names_of(items: Any, key: str = "name") -> list[Any]:
    """The names of the items of a list."""
    return [item.get(key) for item in items or () if isinstance(item, dict)]


def last_user(users: Any) -> Record:
    """Of several users the Classic API's JSON has the last only."""
    return {"mdm_capable_user": users[-1]} if users else {}


def megabytes(value: Any) -> str:
    """The size of a home folder, as text: "-1MB"."""
    return "" if value is None else f"{value}MB"


def site(value: Any) -> Record:
    value = value if isinstance(value, dict) else {}
    return {"id": whole(value.get("id")), "name": text(value.get("name"))}


def attributes(items: list[Any], *, number: str, kind: str, values: str) -> list[Record]:
    """Extension attributes by their number; the last three are the keys of what they have."""
    found = [
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
    return sorted(found, key=lambda item: item["id"] if isinstance(item["id"], int) else 0)


def _only(values: Any) -> Any:
    """The value of an attribute; of one that has several, all of them."""
    if not isinstance(values, list):
        return text(values)
    return "" if not values else text(values[0]) if len(values) == 1 else values
