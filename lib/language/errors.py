"""What is wrong with a program, and where."""

from __future__ import annotations


class LanguageError(ValueError):
    """A text that cannot be run; lines and columns count from 1."""

    def __init__(self, what: str, text: str, line: int, column: int) -> None:
        lines = text.split("\n")
        self.line = line
        self.column = column
        self.what = what
        shown = lines[line - 1] if line <= len(lines) else ""
        pointer = "".join("\t" if char == "\t" else " " for char in shown[: column - 1]) + "^"
        self.excerpt = f"    {shown}\n    {pointer}"
        super().__init__(f"line {line}, column {column}: {what}\n{self.excerpt}")


class Stopped(Exception):
    """A program did what it may not do on this record, or took too long."""
