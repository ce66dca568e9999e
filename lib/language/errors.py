"""What is wrong with a program, and where."""

from __future__ import annotations

# Of a longer line an excerpt shows the part around the mistake.
WIDEST = 100


class LanguageError(ValueError):
    """A text that cannot be run: `what` is wrong at an offset of it.

    Lines and columns count from 1. The excerpt is the line, and below it a caret.
    """

    def __init__(self, what: str, text: str, at: int) -> None:
        super().__init__(what, text, at)
        self.what = what
        self.line, self.column = place(text, min(at, len(text)))
        self.excerpt = _excerpt(text.split("\n")[self.line - 1], self.column - 1)

    def __str__(self) -> str:
        return f"line {self.line}, column {self.column}: {self.what}\n{self.excerpt}"


class Stopped(Exception):
    """A program failed on this record, did what it may not do, or took too long.

    `line` is the one that it had come to; 0 as long as that is not known.
    """

    line = 0


def place(text: str, at: int) -> tuple[int, int]:
    """Line and column, counted from 1, of an offset."""
    return text.count("\n", 0, at) + 1, at - (text.rfind("\n", 0, at) + 1) + 1


def _excerpt(line: str, at: int) -> str:
    begin = max(0, at - WIDEST // 2) if len(line) > WIDEST else 0
    piece = line[begin : begin + WIDEST]
    shown = "".join(char if char.isprintable() or char == "\t" else "\ufffd" for char in piece)
    pointer = "".join("\t" if char == "\t" else " " for char in shown[: at - begin])
    return f"    {shown}\n    {pointer}^"
