"""Pieces of a program that know their position in it."""

from __future__ import annotations

from typing import Self

from lib.language.errors import LanguageError


class Source(str):
    """A piece of the text of a program, and the offset `start` at which it begins there.

    Offsets in the program are those in the piece plus `start`.
    """

    __slots__ = ("program", "start")
    program: str
    start: int

    def __new__(cls, text: str, program: str, start: int) -> Self:
        piece = super().__new__(cls, text)
        piece.program = program
        piece.start = start
        return piece

    def error(self, at: int, what: str) -> LanguageError:
        """Return the error for an offset of this piece."""
        return LanguageError(what, self.program, self.start + at)
