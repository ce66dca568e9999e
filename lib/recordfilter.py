"""The record filter of a section: which records of the source go on to the mapping.

A filter is a program in the language of `lib.language`; a record is kept where it returns something
true. Without one, every record is kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lib.language import compile_program

if TYPE_CHECKING:
    from lib.language.compiler import Program

ARGUMENTS = ("record",)


@dataclass(frozen=True)
class RecordFilter:
    """A compiled filter; call it with a record. Raises lib.language.Stopped where it fails."""

    program: Program | None

    def __call__(self, record: dict[str, Any]) -> bool:
        return self.program is None or bool(self.program.run(record))

    @property
    def reads(self) -> frozenset[str] | None:
        """The paths that it looks at, as in mappings; None for all there are."""
        return frozenset() if self.program is None else self.program.reads("record")


def compile_filter(text: str) -> RecordFilter:
    """Compile the value of a `recordfilter` key. Raises lib.language.LanguageError."""
    if not text.strip():
        return RecordFilter(None)
    return RecordFilter(compile_program(_aligned(text), ARGUMENTS))


def _aligned(text: str) -> str:
    """The text with its first line, if the key's line holds one, indented like those below.

    How deep it would stand cannot be seen: one deeper than it if it opens a block that the next
    line is in, else as deep as the least indented line.
    """
    first, *rest = text.split("\n")
    lines = [line for line in rest if line.strip() and not line.lstrip().startswith("#")]
    if not first.strip() or not lines:
        return text
    margins = [line[: len(line) - len(line.lstrip())] for line in lines]
    least = min(margins, key=len)
    opens = first.split("#")[0].rstrip().endswith(":") and margins[0] == least
    return "\n".join([(least[:-1] if opens else least) + first.strip(), *rest])
