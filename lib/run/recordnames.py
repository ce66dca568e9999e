"""Name a record so that an administrator finds it: by its sync key, and by its ID in the source."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from lib.jsontext import printable
from lib.record import Record
from lib.target import packing
from lib.target.item import Item
from lib.values.paths import compile_path

# The maximum length of a value in characters. A DN must not be cut where that can be avoided.
LONGEST_VALUE = 200
# Without a sync key and an ID, this many fields are shown, if they are not longer than that.
FIRST_FIELDS = 3
LONGEST_FIELD = 60


@dataclass(frozen=True)
class RecordNames:
    """Names the records of a section: SERIAL C02XK1ABJGH5, general.id 4711.

    `key_fields` are the Oomnitza fields that identify a record, `id_paths` those of its connector.
    """

    key_fields: Sequence[str] = ()
    id_paths: Sequence[str] = ()

    def __call__(self, mapped: Record, fetched: Record | None = None) -> str:
        """Return the name of a record, or its first short fields if it has no key and no ID."""
        return self.find(mapped, fetched) or first_fields(mapped)

    def of_item(self, item: Item) -> str:
        """Return the name of a record to be sent."""
        return self(item.values, packing.unpack(item.fetched) if self.id_paths else None)

    def in_source(self, fetched: Record, key: Callable[[], Record]) -> str:
        """Return the name of a record that is not mapped; `key` maps the fields of its key."""
        return self.find(key() if self.key_fields else {}, fetched) or first_fields(fetched)

    def find(self, mapped: Record, fetched: Record | None = None) -> str:
        """Return the key and the ID of a record; empty if it has neither."""
        return ", ".join(self._parts(mapped, fetched or {}))

    def _parts(self, mapped: Record, fetched: Record) -> Iterator[str]:
        shown = set()
        for name in self.key_fields:
            if text := _text(mapped.get(name)):
                shown.add(text.casefold())
                yield f"{name} {text}"
        for path in self.id_paths:
            if text := _text(compile_path(path)(fetched)):
                if text.casefold() not in shown:
                    yield f"{path} {text}"
                return


def first_fields(record: Record) -> str:
    """Return the first short fields of a record."""
    filled = (
        f"{name} {printable(str(value))}"
        for name, value in record.items()
        if value and isinstance(value, str | int) and len(str(value)) <= LONGEST_FIELD
    )
    return ", ".join(part for part, _ in zip(filled, range(FIRST_FIELDS), strict=False))


def _text(value: Any) -> str:
    """The text of a value that can identify a record; empty for any other value."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    text = printable(str(value).strip())
    return text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 3]}..."
