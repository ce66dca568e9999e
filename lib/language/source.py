"""A piece of a program that knows where in the program it stands."""

from __future__ import annotations

from typing import Self

from lib.language.errors import LanguageError


class Source(str):
    """The part of a program from an offset; made of text of the same length, or the same text.

    What the grammar finds in it has offsets of the program: those in the piece plus `start`.
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
        """The error for an offset of this piece."""
        return LanguageError(what, self.program, self.start + at)
