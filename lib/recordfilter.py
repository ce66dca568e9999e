"""The record filter of a section: which records of the source go on to the mapping.

A filter is a program in the language of `lib.language`; a record is kept where it returns something
true. Without one, every record is kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lib.language import Program, compile_program

ARGUMENTS = ("record",)


@dataclass(frozen=True)
class RecordFilter:
    """A compiled filter; call it with a record. Raises lib.language.Stopped where it fails."""

    program: Program | None

    def __call__(self, record: dict[str, Any]) -> bool:
        return self.program is None or bool(self.program.run(record))

    @property
    def reads(self) -> frozenset[str] | None:
        """The top-level fields that it looks at; None for all of them."""
        return frozenset() if self.program is None else self.program.reads("record")


def compile_filter(text: str) -> RecordFilter:
    """Compile the value of a `recordfilter` key. Raises lib.language.LanguageError."""
    if not text.strip():
        return RecordFilter(None)
    return RecordFilter(compile_program(_aligned(text), ARGUMENTS))


def _aligned(text: str) -> str:
    """The text with its first line, if the key's line holds one, indented like those below."""
    first, *rest = text.split("\n")
    margins = [len(line) - len(line.lstrip()) for line in rest if line.strip()]
    if not first.strip() or not margins:
        return text
    within = first.rstrip().endswith(":") and margins[0] == min(margins)
    margin = min(margins) - 1 if within else min(margins)
    return "\n".join([" " * margin + first.strip(), *rest])
