"""Compile the expressions in a config file: record filters, and custom converters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lib.ini import Entry
from lib.language import compile_program

if TYPE_CHECKING:
    from lib.language.compiler import Program


def compile_entry(entry: Entry, arguments: Sequence[str]) -> Program:
    """Compile the value of a key; errors have the line numbers of the config file.

    Raises lib.language.LanguageError.
    """
    return compile_program(_aligned(entry.value), arguments, entry.line)


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
