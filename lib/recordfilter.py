"""The record filter of a section, which decides which records are uploaded.

A filter is a program in the language of `lib.language`; a record is kept where it returns something
true. Without one, every record is kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lib.ini import Entry
from lib.programs import compile_entry

if TYPE_CHECKING:
    from lib.language.compiler import Program

ARGUMENTS = ("record",)


@dataclass(frozen=True)
class RecordFilter:
    """A compiled filter, to be called with a record. Raises lib.language.Stopped if it fails."""

    program: Program | None

    def __call__(self, record: dict[str, Any]) -> bool:
        return self.program is None or bool(self.program.run(record))

    @property
    def reads(self) -> frozenset[str] | None:
        """The paths that the filter reads, as in mappings; None if it may read any."""
        return frozenset() if self.program is None else self.program.reads("record")

    def decide(self, record: dict[str, Any]) -> tuple[Any, int | None]:
        """Return the result of the filter, and the line that decided (None without a filter)."""
        return (True, None) if self.program is None else self.program.decide(record)


def compile_filter(entry: Entry | None) -> RecordFilter:
    """Compile the key `recordfilter` of a section. Raises lib.language.LanguageError."""
    if entry is None or not entry.value.strip():
        return RecordFilter(None)
    return RecordFilter(compile_entry(entry, ARGUMENTS))
