"""A reader of CSV files (RFC 4180), whose first row names the columns.

A malformed row is reported with the file and the line where it begins, and the rest is read. If a
misplaced quote may reach into further lines, reading ends with an error, because the lines after it
may be text of a value and not records.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from lib.connector import Projection, Records, SourceItem
from lib.errors import RecordUnreadable, SourceFault
from lib.filenames import path_text
from lib.files import textfiles
from lib.files.csvrows import Lines, split_rows, usual_delimiter
from lib.files.spreadsheet import SEP_LINE, SpreadsheetRows, text_of_formula
from lib.files.textfiles import FileSettings
from lib.record import Record
from lib.remarks import Remarks
from lib.settings import Settings, setting
from lib.values.paths import compile_path
from lib.wording import counted

log = logging.getLogger(__name__)

SUFFIX = ".csv"
# The characters that separate columns in most files that are called CSV.
USUAL = ",;\t|"
NAMED = {"tab": "\t", "\\t": "\t"}
SPELLED = {"\t": "tab"}
AUTO = "auto"


def delimiter(text: str) -> str:
    """Parse a delimiter: one character, tab, or auto; raise ValueError for others."""
    if text.strip().lower() == AUTO:
        return AUTO
    character = NAMED.get(text.strip().lower(), text.strip())
    if len(character) != 1 or character in '"\r\n':
        raise ValueError(
            f"{text.strip()!r} is not a valid delimiter. Enter one character, tab, or auto"
        )
    return character


@dataclass(frozen=True, kw_only=True)
class _Delimited(Settings):
    delimiter: str = setting(
        "The character between two columns, the word tab, or auto. With auto it is a comma, if the"
        " row with the names of the columns contains one, and otherwise the only semicolon, tab, or"
        " vertical bar in it.",
        default=",",
        example=AUTO,
        parse=delimiter,
    )


@dataclass(frozen=True, kw_only=True)
class CsvSettings(FileSettings, _Delimited):
    """The settings of sections that read CSV files: first which files, then their format."""


def check_csv(settings: CsvSettings) -> None:
    """Read the beginning of each file; raise SourceFault or SourceUnavailable for a problem."""
    read = partial(_read, settings, Projection(), Remarks())
    textfiles.check_all(settings, SUFFIX, read)


def read_csv(
    settings: CsvSettings, projection: Projection, remarks: Remarks | None = None
) -> Records:
    """Yield the rows of all files as dicts by the names of their columns; values are strings."""
    remarks = remarks or Remarks()
    read = partial(_read, settings, projection, remarks)
    yield from textfiles.read_all(
        settings, SUFFIX, read, checkpoint=projection.checkpoint, remarks=remarks
    )


def _read(
    settings: CsvSettings, projection: Projection, remarks: Remarks, path: Path
) -> Iterator[SourceItem]:
    lines = Lines(textfiles.lines(path, settings.encoding))
    settings = _with_delimiter(settings, lines)
    rows = split_rows(lines, settings.delimiter)
    header = _header(next(rows, None), settings, path)
    names = _distinct(header, projection, remarks, path)
    _look_for_columns(names, projection, path)

    name = path_text(path)

    def where() -> str:
        return f"{name}: line {lines.begin}"

    spreadsheet = SpreadsheetRows(header, _read_columns(names, projection), remarks, where)
    for row in rows:
        if isinstance(row, str):
            if not lines.alone(settings.delimiter, len(names)):
                raise SourceFault(
                    f"{row}, and the beginning of the next row is not certain",
                    where=where(),
                    fix="Correct the quotes in this row",
                )
            yield RecordUnreadable(row, where=where())
        elif not spreadsheet.is_header(row, settings.delimiter):
            cut_off = lines.unended and len(row) < len(names)
            values = row if cut_off else spreadsheet.fitted(row)
            text = "".join(values)
            if problem := _problem(values, text, names, settings):
                yield RecordUnreadable(problem, where=where())
            else:
                yield _record(names, spreadsheet.cleaned(values, text))


def _with_delimiter(settings: CsvSettings, lines: Lines) -> CsvSettings:
    """Return the settings with the delimiter of the file; a line that only names it is taken."""
    if sep_line := SEP_LINE.fullmatch(lines.first):
        lines.skip()
        return replace(settings, delimiter=sep_line[1])
    if settings.delimiter == AUTO:
        return replace(settings, delimiter=usual_delimiter(lines.header()))
    return settings


def _record(names: Sequence[str], values: Sequence[str]) -> Record:
    record = dict(zip(names, values, strict=True))
    record.pop("", None)
    return record


def _look_for_columns(names: list[str], projection: Projection, path: Path) -> None:
    """Warn of mapped columns that the file lacks; raise SourceFault if it has none of them."""
    columns = dict.fromkeys(names, "")
    missing = sorted(path for path in projection.paths if compile_path(path)(columns) is None)
    if missing and len(missing) == len(projection.paths):
        raise SourceFault(
            f"the mapped columns are missing in the file ({', '.join(missing)})",
            where=path_text(path),
            fix=f"Map some of its columns: {', '.join(filter(None, names))}",
        )
    if missing:
        columns_not_found = "mapped columns not found, so their fields are empty"
        log.warning("%s: %s: %s", path_text(path), columns_not_found, ", ".join(missing))


def _header(row: list[str] | str | None, settings: CsvSettings, path: Path) -> list[str]:
    """Return the names of the columns."""
    if row is None:
        raise SourceFault(
            "the file is empty",
            where=path_text(path),
            fix="Write the names of the columns in the first line",
        )
    if isinstance(row, str):
        raise SourceFault(f"cannot read the names of the columns: {row}", where=path_text(path))
    names = [text_of_formula(name).strip() for name in row]
    text = "".join(names)
    if not textfiles.is_text(text) or "\0" in text:
        raise SourceFault(
            f"the names of the columns are not valid {settings.encoding} text",
            where=path_text(path),
            fix="Set encoding, for example to cp1252 or utf-16",
        )
    other = [character for character in USUAL.replace(settings.delimiter, "") if character in text]
    if len(names) == 1 and other:
        raise SourceFault(
            f"the file has only one column, {text!r}",
            where=path_text(path),
            fix=f"Set delimiter = {SPELLED.get(other[0], other[0])}",
        )
    return names


def _distinct(
    header: Sequence[str], projection: Projection, remarks: Remarks, path: Path
) -> list[str]:
    """Return the names of the columns that are read, others empty.

    Columns without a name are not read, nor are two with the same name: raises SourceFault if these
    are mapped.
    """
    twice = {name for name in header if name and header.count(name) > 1}
    if mapped := sorted(name for name in twice if _is_read(name, projection)):
        raise SourceFault(
            f"two columns have the same name: {', '.join(mapped)}",
            where=path_text(path),
            fix="Rename one of them in the file",
        )
    for name in sorted(twice):
        remarks.note(_same_name, name, example=path_text(path))
    return ["" if name in twice else name for name in header]


def _same_name(count: int, name: str) -> str:
    return f"{name}: two columns have this name, so they were not read"


def _is_read(name: str, projection: Projection) -> bool:
    """Whether the mapping or the record filter reads a column by its name."""
    return any(compile_path(path)({name: ""}) is not None for path in projection.paths)


def _read_columns(names: Sequence[str], projection: Projection) -> list[int]:
    """The indexes of the columns that are read."""
    whole = projection.everything
    return [at for at, name in enumerate(names) if name and (whole or _is_read(name, projection))]


def _problem(row: Sequence[str], text: str, names: Sequence[str], settings: CsvSettings) -> str:
    """Return what is wrong with a row, whose values are `text` together; empty if nothing is."""
    if len(row) != len(names):
        what = f"the row has {counted(len(row), 'value')} for {counted(len(names), 'column')}"
        return what if len(row) > len(names) else f"{what}, and the file seems to be cut off there"
    if not textfiles.is_text(text):
        return f"the row is not valid {settings.encoding} text. Check encoding"
    if "\0" in text:
        return "the row contains a NUL character"
    return ""
