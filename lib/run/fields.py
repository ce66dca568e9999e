"""In how many records of a run each mapped field is filled."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from lib.jsontext import to_json
from lib.mapping.mapping import ORIGINS, FieldMapping
from lib.record import Record
from lib.state import FieldCount
from lib.values.paths import compile_path
from lib.wording import counted

# How many records are kept, to find the names that the source uses.
SAMPLE = 10
# In which records blank strings are searched for.
SEARCHED = 200
SEARCHED_EVERY = 16
# The attributes of a mapping that decide on the value of a field, and whether it is sent.
DECISIVE = (*ORIGINS, "converter", "empty")


class FieldCounts:
    """Counts the filled fields of mapped records. A field is empty as `is_nothing` says.

    Blank strings are counted in each field in which some of the records had one: the first 200, or
    each 16th one. To look at all strings of all records would take as long as all else here.

    `omitted` are fields that are left out of a record in which they are empty, so that an empty
    value overwrites nothing. `sample` are the first records as the source delivered them.
    """

    def __init__(
        self, fields: Mapping[str, FieldMapping], omitted: Collection[str] = frozenset()
    ) -> None:
        self.records = 0
        self.sample: list[Record] = []
        self._fields = fields
        self._omitted = omitted
        self._empty = dict.fromkeys(fields, 0)
        self._with_blanks: list[str] = []  # the fields in which there were blank strings
        # The fields whose source path no record had so far.
        self._absent = {name: compile_path(path) for name in fields if (path := self.source(name))}

    def add(self, record: Record, values: Record) -> None:
        """Count a record, with the values to which it was mapped."""
        self.records += 1
        empty = self._empty
        # What `is_nothing` does, without its calls.
        for name, value in values.items():
            if not value and value != 0:
                empty[name] += 1
        if self.records <= SEARCHED or self.records % SEARCHED_EVERY == 0:
            self._with_blanks += [
                name for name in values if name not in self._with_blanks and _is_blank(values[name])
            ]
        for name in self._with_blanks:
            if _is_blank(values[name]):
                empty[name] += 1
        if self._absent:
            self._absent = {name: get for name, get in self._absent.items() if get(record) is None}
        if self.records <= SAMPLE:
            self.sample.append(record)

    @property
    def filled(self) -> dict[str, int]:
        """The number of records in which each field was filled."""
        return {name: self.records - empty for name, empty in self._empty.items()}

    @property
    def overwritten(self) -> list[str]:
        """The fields that an empty value overwrites in Oomnitza."""
        return [name for name in self._fields if name not in self._omitted]

    def is_empty(self, name: str) -> bool:
        """Return whether the field was empty in all records so far."""
        return self._empty[name] == self.records

    def is_absent(self, name: str) -> bool:
        """Return whether no record so far had a value at the source path of the field."""
        return name in self._absent

    def source(self, name: str) -> str:
        """Return the source path of the field; empty if it has none."""
        return str(self._fields[name].attributes.get("source", ""))

    def is_constant(self, name: str) -> bool:
        """Return whether the field has the same value in all records."""
        attributes = self._fields[name].attributes
        return not attributes.get("source") and not attributes.get("converter")

    def is_mapped_as(self, before: FieldCount | None) -> bool:
        """Return whether an earlier run had filled the field in the same way."""
        return before is not None and before.mapping == self._mapping(before.field)

    def rows(self) -> Iterator[FieldCount]:
        """Yield the counts as the store keeps them; none without a record."""
        for name, filled in self.filled.items() if self.records else ():
            yield FieldCount(name, filled, self._mapping(name))

    def _mapping(self, name: str) -> str:
        attributes = self._fields[name].attributes
        return to_json({key: attributes[key] for key in DECISIVE if key in attributes})


def _is_blank(value: Any) -> bool:
    return value.__class__ is str and value.isspace()


def everywhere(records: int) -> str:
    """Return "all 219 records", or the like for a single one."""
    return "the only record" if records == 1 else f"all {counted(records, 'record')}"


def filled_before(filled: int, records: int) -> str:
    """Return in how many records of the last complete run a field was filled."""
    return f"filled in {filled:,} of {counted(records, 'record')} of the last complete run"
