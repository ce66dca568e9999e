"""A reader of CSV files (RFC 4180), whose first row names the columns.

A malformed row is reported with the file and the line where it begins, and the rest is read. If a
misplaced quote may reach into further lines, reading ends with an error, because the lines after it
may be text of a value and not records.
"""

from __future__ import annotations

import csv
import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from pathlib import Path

from lib.connector import Projection, Records, SourceItem
from lib.errors import RecordUnreadable, SourceFault
from lib.files import textfiles
from lib.files.textfiles import FileSettings
from lib.settings import Settings, setting
from lib.values.paths import compile_path
from lib.wording import counted

log = logging.getLogger(__name__)

SUFFIX = ".csv"
# The longest value in characters. The default of the csv module is too low for long notes.
LONGEST_VALUE = 16_000_000
# With such a first line a file tells Excel its delimiter.
SEP_LINE = re.compile(r'"?sep=(.)"?[\r\n]*')
# The characters that separate columns in most files that are called CSV.
USUAL = ",;\t|"
NAMED = {"tab": "\t", "\\t": "\t"}
SPELLED = {"\t": "tab"}


def delimiter(text: str) -> str:
    """Parse a delimiter: one character, or the word tab; raise ValueError for others."""
    character = NAMED.get(text.strip().lower(), text.strip())
    if len(character) != 1 or character in '"\r\n':
        raise ValueError(f"{text.strip()!r} is not a valid delimiter. Enter one character, or tab")
    return character


@dataclass(frozen=True, kw_only=True)
class _Delimited(Settings):
    delimiter: str = setting(
        "The character between two columns, or the word tab.", default=",", parse=delimiter
    )


@dataclass(frozen=True, kw_only=True)
class CsvSettings(FileSettings, _Delimited):
    """The settings of sections that read CSV files: first which files, then their format."""


def check_csv(settings: CsvSettings) -> None:
    """Read the beginning of each file; raise SourceFault or SourceUnavailable for a problem."""
    textfiles.check_all(settings, SUFFIX, partial(_read, settings, Projection()))


def read_csv(settings: CsvSettings, projection: Projection) -> Records:
    """Yield the rows of all files as dicts by the names of their columns; values are strings."""
    yield from textfiles.read_all(settings, SUFFIX, partial(_read, settings, projection))


def _read(settings: CsvSettings, projection: Projection, path: Path) -> Iterator[SourceItem]:
    lines = _Lines(textfiles.lines(path, settings.encoding))
    sep_line = SEP_LINE.fullmatch(lines.first)
    if sep_line:
        lines.skip()
        settings = replace(settings, delimiter=sep_line[1])
    rows = _rows(lines, settings.delimiter)
    names = _names(next(rows, None), settings, path)
    _look_for_columns(names, projection, path)
    for row in rows:
        if isinstance(row, str) and not lines.alone(settings.delimiter, len(names)):
            raise SourceFault(
                f"{row}, and the beginning of the next row is not certain",
                where=f"{path}: line {lines.begin}",
                fix="Correct the quotes in this row",
            )
        problem = row if isinstance(row, str) else _problem(row, names, settings)
        if problem:
            yield RecordUnreadable(problem, where=f"{path}: line {lines.begin}")
        else:
            record = dict(zip(names, row, strict=True))
            record.pop("", None)
            yield record


def _look_for_columns(names: list[str], projection: Projection, path: Path) -> None:
    """Warn of mapped columns that the file lacks; raise SourceFault if it has none of them."""
    columns = dict.fromkeys(names, "")
    missing = sorted(path for path in projection.paths if compile_path(path)(columns) is None)
    if missing and len(missing) == len(projection.paths):
        raise SourceFault(
            f"the mapped columns are missing in the file ({', '.join(missing)})",
            where=str(path),
            fix=f"Map some of its columns: {', '.join(filter(None, names))}",
        )
    if missing:
        columns_not_found = "mapped columns not found, so their fields are empty"
        log.warning("%s: %s: %s", path, columns_not_found, ", ".join(missing))


def _names(row: list[str] | str | None, settings: CsvSettings, path: Path) -> list[str]:
    """Return the names of the columns; columns without a name are left out of the records."""
    if row is None:
        raise SourceFault(
            "the file is empty",
            where=str(path),
            fix="Write the names of the columns in the first line",
        )
    if isinstance(row, str):
        raise SourceFault(f"cannot read the names of the columns: {row}", where=str(path))
    names = [name.strip() for name in row]
    text = "".join(names)
    if not textfiles.is_text(text) or "\0" in text:
        raise SourceFault(
            f"the names of the columns are not valid {settings.encoding} text",
            where=str(path),
            fix="Set encoding, for example to cp1252 or utf-16",
        )
    other = [character for character in USUAL.replace(settings.delimiter, "") if character in text]
    if len(names) == 1 and other:
        raise SourceFault(
            f"the file has only one column, {text!r}",
            where=str(path),
            fix=f"Set delimiter = {SPELLED.get(other[0], other[0])}",
        )
    twice = sorted({name for name in names if name and names.count(name) > 1})
    if twice:
        raise SourceFault(
            f"two columns have the same name: {', '.join(twice)}",
            where=str(path),
            fix="Give each column its own name",
        )
    return names


def _problem(row: list[str], names: list[str], settings: CsvSettings) -> str:
    """Return what is wrong with a row; empty if nothing is."""
    if len(row) != len(names):
        return f"the row has {counted(len(row), 'value')} for {counted(len(names), 'column')}"
    if not textfiles.is_text("".join(row)):
        return f"the row is not valid {settings.encoding} text. Check encoding"
    return ""


class _Lines:
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


def _reason(error: csv.Error) -> str:
    """Return why the csv module refuses a row, in words for administrators."""
    if "field limit" in str(error):
        return f"a value is longer than {LONGEST_VALUE:,} characters"
    if "unexpected end" in str(error):
        return "a quoted value has no closing quote"
    return "text follows a closing quote, or a line break is not in quotes"


def _rows(lines: _Lines, delimiter: str) -> Iterator[list[str] | str]:
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
