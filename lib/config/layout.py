"""Find which lines of a config file belong to what, so that some can be replaced."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from lib import ini

LINES = re.compile(f"({ini.LINE_BREAK.pattern})")
# The key of an entry with what stands before its value, and the value with the blanks behind it.
FIRST_LINE = re.compile(r"(\s*[^=:]*?(\s*)[=:])(\s*)(.*)", re.DOTALL)


@dataclass(frozen=True)
class Statement:
    """A section header, an entry, or an invalid line, with the lines that continue it.

    Names are in lower case; `key` is empty for what is no entry. Lines are counted from 0.
    """

    section: str
    key: str
    lines: Sequence[str]  # as the reader takes them, and without blank ones at the end
    first: int

    @property
    def end(self) -> int:
        """The line after the last one."""
        return self.first + len(self.lines)

    @property
    def is_head(self) -> bool:
        """Whether it is a section header."""
        return self.lines[0].lstrip().startswith("[")

    @property
    def indent(self) -> str:
        """The indentation of its first line."""
        line = self.lines[0]
        return line[: len(line) - len(line.lstrip())]


class Layout:
    """The lines of a text, and the statements in its sections."""

    def __init__(self, text: str) -> None:
        parts = LINES.split(text)
        self._lines = parts[::2]
        self._ends = [*parts[1::2], ""]
        self._end_of_new = parts[1] if len(parts) > 1 else "\n"
        self._statements = _statements(text)
        self._begins = {item.first for item in self._statements}

    def spliced(self, at: int, removed: int, added: Sequence[str]) -> str:
        """Return the text with some lines replaced; the last line keeps its line ending."""
        lines = list(zip(self._lines, self._ends, strict=True))
        lines[at : at + removed] = [(line, self._end_of_new) for line in added]
        if added and at + len(added) == len(lines):
            lines[-1] = (added[-1], "")
            if at and not lines[at - 1][1]:
                lines[at - 1] = (lines[at - 1][0], self._end_of_new)
        return "".join(line + end for line, end in lines)

    def with_value(self, section: str, key: str, value: str) -> str:
        """Return the text with another value of a key, of the last one if it occurs several times.

        Lines of the value that are the same before and after are left alone.
        """
        entry = self._entries(section, key)[-1]
        old, new = list(entry.lines[1:]), value.split("\n")
        first_line, new = new[0], new[1:]
        front = _equal(old, new)
        back = _equal(old[front:][::-1], new[front:][::-1])
        at = entry.first + 1 + front
        text = self.spliced(at, len(old) - front - back, new[front : len(new) - back])
        if ini.key_and_value(entry.lines[0])[1] == first_line:
            return text
        return Layout(text).spliced(entry.first, 1, [_first_line(entry.lines[0], first_line)])

    def with_key(self, section: str, key: str, value: str) -> str:
        """Return the text with a new key at the end of the section's own lines."""
        last = [item for item in self._statements if item.section == section][-1]
        # A line that is indented deeper than the one above it would continue that.
        following = [item for item in self._statements if item.first > last.first]
        like = following[0] if last.is_head and following else last
        return self.spliced(self._end_of(last), 0, entry_lines(key, value, like.indent))

    def without_key(self, section: str, key: str) -> str:
        """Return the text without a key, however often it occurs in the section."""
        spans = [(item.first, item.end) for item in self._entries(section, key)]
        return self._without(spans)

    def with_section(self, name: str, entries: Sequence[tuple[str, str]]) -> str:
        """Return the text with a new section at its end, after an empty line."""
        at = len(self._lines) - (not self._lines[-1])
        blank = [""] if at and self._lines[at - 1].strip() else []
        added = [line for key, value in entries for line in entry_lines(key, value)]
        return self.spliced(at, 0, [*blank, f"[{name}]", *added])

    def without_section(self, section: str) -> str:
        """Return the text without a section, its comments, and the empty lines after it."""
        spans = []
        for at, item in enumerate(self._statements):
            if item.is_head and item.section == section:
                heads = (at for at in range(at + 1, len(self._statements)) if self._is_head(at))
                last = self._statements[next(heads, len(self._statements)) - 1]
                end = self._end_of(last)
                while end < len(self._lines) - 1 and not self._lines[end].strip():
                    end += 1
                spans.append((item.first, end))
        return self._without(spans)

    def _entries(self, section: str, key: str) -> list[Statement]:
        return [item for item in self._statements if (item.section, item.key) == (section, key)]

    def _is_head(self, at: int) -> bool:
        return self._statements[at].is_head

    def _end_of(self, last: Statement) -> int:
        """The line behind a section's own ones, by its last statement.

        Comments right below that are its own, unless they stand right above the next one.
        """
        end = last.end
        while end < len(self._lines) and self._lines[end].strip():
            if end in self._begins:
                return last.end
            end += 1
        return end

    def _without(self, spans: Sequence[tuple[int, int]]) -> str:
        gone = {at for first, end in spans for at in range(first, end)}
        pairs = enumerate(zip(self._lines, self._ends, strict=True))
        return "".join(line + end for at, (line, end) in pairs if at not in gone)


def entry_lines(key: str, value: str, indent: str = "") -> list[str]:
    """Return the lines of a new entry."""
    first, *others = value.split("\n")
    return [f"{indent}{key} = {first}".rstrip(), *others]


def _statements(text: str) -> list[Statement]:
    """Those in sections, in the order of the text."""
    statements = []
    section: str | None = None
    for number, lines in ini.statements(text):
        while not lines[-1]:
            lines.pop()
        if lines[0].lstrip().startswith("["):
            section = ini.section_name(lines[0]).lower()
            statements.append(Statement(section, "", lines, number - 1))
        elif section is not None:
            key, _ = ini.key_and_value(lines[0])
            statements.append(Statement(section, key, lines, number - 1))
    return statements


def _first_line(line: str, value: str) -> str:
    """The line with another value, set off from the key as before."""
    match = FIRST_LINE.fullmatch(line)
    head, before, behind, old = match.groups() if match else (line, "", "", "")
    blank = behind if old.strip() else before and " "
    return f"{head}{blank}{value}".rstrip()


def _equal(one: Sequence[str], other: Sequence[str]) -> int:
    """How many items are the same at the beginning of both."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (left, right) in pairs if left != right), min(len(one), len(other)))
