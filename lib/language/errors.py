"""The errors of programs: those found when they are compiled, and those of a run."""

from __future__ import annotations

from copy import copy

# Of a longer line an excerpt shows the part around the mistake.
WIDEST = 100


class LanguageError(ValueError):
    """A program that cannot be compiled: `what` is wrong at an offset of its text.

    `line` and `column` count from 1. `excerpt` is the line, and below it a caret.
    """

    def __init__(self, what: str, text: str, at: int) -> None:
        super().__init__(what, text, at)
        self.what = what
        self.line, self.column = place(text, min(at, len(text)))
        self.excerpt = _excerpt(text.split("\n")[self.line - 1], self.column - 1)

    def __str__(self) -> str:
        return f"line {self.line}, column {self.column}: {self.what}\n{self.excerpt}"

    def below(self, lines: int) -> LanguageError:
        """Return the same error of a program that begins so many lines further down in a file."""
        error = copy(self)
        error.line += lines
        return error


class Stopped(Exception):
    """A program that failed on a record, did what it may not do, or took too long.

    `line` is the line that it had reached; 0 if it is not known.
    """

    def __init__(self, what: str, line: int = 0) -> None:
        super().__init__(what)
        self.line = line


def place(text: str, at: int) -> tuple[int, int]:
    """Return the line and the column of an offset, both counted from 1."""
    return text.count("\n", 0, at) + 1, at - (text.rfind("\n", 0, at) + 1) + 1


def _excerpt(line: str, at: int) -> str:
    begin = max(0, at - WIDEST // 2) if len(line) > WIDEST else 0
    piece = line[begin : begin + WIDEST]
    shown = "".join(char if char.isprintable() or char == "\t" else "\ufffd" for char in piece)
    pointer = "".join("\t" if char == "\t" else " " for char in shown[: at - begin])
    return f"    {shown}\n    {pointer}^"
