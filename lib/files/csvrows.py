"""The rows of a CSV file (RFC 4180), with the lines where they begin."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from itertools import chain

# The longest value in characters. The default of the csv module is too low for long notes.
LONGEST_VALUE = 16_000_000
# The names of columns may contain line breaks.
MOST_HEADER_LINES = 100
# What a row without any value consists of.
BLANK = ' ,;\t|"\r\n\ufeff'
QUOTED = re.compile(r'"[^"]*"?')


def usual_delimiter(header: str) -> str:
    """Return the delimiter of a file, by its names of columns; a comma if that is not certain.

    It is a comma if there is one outside quotes, or else the only one of ; tab | that is there.
    """
    bare = QUOTED.sub("", header)
    others = [character for character in ";\t|" if character in bare]
    return others[0] if "," not in bare and len(others) == 1 else ","


class Lines:
    """The lines of a file for csv.reader, with the position of the current row."""

    def __init__(self, lines: Iterator[str]) -> None:
        self.first = next(lines, "")
        self.begin = 1  # the number of the first line of the row, from 1
        self._lines = chain([self.first] if self.first else [], lines)
        self._line = ""
        self._taken = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        self._line = next(self._lines)
        self._taken += 1
        return self._line

    @property
    def unended(self) -> bool:
        """Whether the last line of the row has no line end, so that the file may be cut off."""
        return not self._line.endswith(("\n", "\r"))

    def header(self) -> str:
        """Return the lines of the first row that is not empty, without taking them."""
        seen: list[str] = []
        text = ""
        for line in self._lines:
            seen.append(line)
            text += line
            if text.count('"') % 2 == 0 and text.strip(BLANK):
                break
            if len(seen) == MOST_HEADER_LINES:
                break
        self._lines = chain(seen, self._lines)
        return text

    def skip(self) -> None:
        next(self)
        self.next_row()

    def next_row(self) -> None:
        self.begin += self._taken
        self._taken = 0

    def alone(self, delimiter: str, columns: int) -> bool:
        """Return whether a malformed row seems to end with its line, so that the next is intact."""
        whole = self._line.count('"') % 2 == 0 and self._line.count(delimiter) >= columns - 1
        return self._taken == 1 and whole


def split_rows(lines: Lines, delimiter: str) -> Iterator[list[str] | str]:
    """Yield the rows that are not empty; for a malformed row, a string that says why."""
    csv.field_size_limit(LONGEST_VALUE)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        lines.next_row()
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield f"the row is malformed ({_reason(error)})"
        else:
            if any(map(str.strip, row)):
                yield row


def _reason(error: csv.Error) -> str:
    """Return why the csv module refuses a row, in words for administrators."""
    if "field limit" in str(error):
        return f"a value is longer than {LONGEST_VALUE:,} characters"
    if "unexpected end" in str(error):
        return "a quoted value has no closing quote"
    return "text follows a closing quote, or a line break is not in quotes"
