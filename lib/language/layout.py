"""The lines of a program: comments and line continuations out, indentation measured."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lib.language.errors import LanguageError
from lib.language.strings import LITERAL

PIECES = re.compile(
    rf"(?P<literal>{LITERAL.pattern})|(?P<comment>\#[^\n]*)|(?P<joined>\\\n)|(?P<newline>\n)"
    r"|(?P<open>[(\[{])|(?P<close>[)\]}])|(?P<quote>['\"])|[^\W\d]\w*|[\s\S]"
)


@dataclass(frozen=True)
class Line:
    """One logical line: from `start` to `end` of the text, indented by so many columns."""

    indent: int
    start: int
    end: int


def place(text: str, at: int) -> tuple[int, int]:
    """Line and column, counted from 1, of an offset."""
    return text.count("\n", 0, at) + 1, at - (text.rfind("\n", 0, at) + 1) + 1


def error(what: str, text: str, at: int) -> LanguageError:
    return LanguageError(what, text, *place(text, min(at, len(text))))


def logical_lines(text: str) -> tuple[str, list[Line]]:
    """The text with blanks for comments, and its lines that hold something.

    Inside brackets, and behind a backslash, a line goes on. Raises LanguageError for a string that
    has no end.
    """
    clean = []
    breaks = []
    depth = 0
    for piece in PIECES.finditer(text):
        found = piece[0]
        if piece["comment"] or piece["joined"]:
            found = " " * len(found)
        elif piece["quote"]:
            raise error("this string has no end", text, piece.start())
        elif piece["open"]:
            depth += 1
        elif piece["close"]:
            depth = max(0, depth - 1)
        elif piece["newline"] and depth == 0:
            breaks.append(piece.start())
        clean.append(found)
    plain = "".join(clean)
    return plain, list(_lines(plain, [*breaks, len(plain)]))


def _lines(text: str, breaks: list[int]) -> Iterator[Line]:
    start = 0
    for end in breaks:
        whole = text[start:end]
        bare = whole.lstrip()
        if bare:
            margin = whole[: len(whole) - len(bare)].replace("\n", "")
            yield Line(len(margin.expandtabs(8)), end - len(bare), end)
        start = end + 1
