"""The logical lines of a program, without comments, and with line continuations joined."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from lib.language.errors import LanguageError
from lib.language.mistakes import strange
from lib.language.source import Source
from lib.language.strings import LITERAL

PIECES = re.compile(
    rf"(?P<literal>{LITERAL.pattern})|(?P<comment>\#[^\n]*)|(?P<joined>\\\n)|(?P<newline>\n)"
    r"|(?P<open>[(\[{])|(?P<close>[)\]}])|(?P<quote>['\"])|\w+|[ \t.,:;=<>!+*/%&|-]"
    r"|(?P<strange>[\s\S])"
)
PAIRS = {")": "(", "]": "[", "}": "{"}
# Brackets in brackets; each level takes the parser some thirty calls.
DEEPEST = 20


class Line(NamedTuple):
    """One logical line, and the spaces and tabs by which it is indented."""

    margin: str
    source: Source


def logical_lines(text: str) -> list[Line]:
    """Return the logical lines of a program that are not empty, with spaces in place of comments.

    A line continues inside brackets and after a backslash. Raises LanguageError for strings and
    brackets that are not closed, and for invalid characters.
    """
    clean = []
    breaks = []
    brackets: list[re.Match[str]] = []
    for piece in PIECES.finditer(text):
        text_of_piece = piece[0]
        if piece["comment"] or piece["joined"]:
            text_of_piece = " " * len(text_of_piece)
        elif piece["quote"]:
            raise LanguageError("the string is not closed", text, piece.start())
        elif piece["strange"]:
            raise LanguageError(strange(text_of_piece), text, piece.start())
        elif piece["open"] or piece["close"]:
            _match_bracket(brackets, piece)
        elif piece["newline"] and not brackets:
            breaks.append(piece.start())
        clean.append(text_of_piece)
    if brackets:
        raise LanguageError(f"this {brackets[-1][0]} is not closed", text, brackets[-1].start())
    return list(_lines(text, "".join(clean), [*breaks, len(text)]))


def _match_bracket(brackets: list[re.Match[str]], piece: re.Match[str]) -> None:
    """Push an opening bracket to the stack, or pop the one that a closing bracket closes."""
    wrong = ""
    if piece["open"]:
        brackets.append(piece)
        if len(brackets) > DEEPEST:
            wrong = f"more than {DEEPEST} nested brackets are not allowed"
    elif not brackets:
        wrong = f"this {piece[0]} has no opening bracket"
    elif brackets.pop()[0] != PAIRS[piece[0]]:
        wrong = f"this {piece[0]} does not match the opening bracket"
    if wrong:
        raise LanguageError(wrong, piece.string, piece.start())


def _lines(program: str, plain: str, breaks: list[int]) -> Iterator[Line]:
    start = 0
    for end in breaks:
        bare = plain[start:end].lstrip()
        if bare:
            begin = end - len(bare)
            margin = plain[start:begin].rpartition("\n")[2]
            yield Line(margin, Source(bare.rstrip(), program, begin))
        start = end + 1
