"""What spreadsheet programs do to the rows of CSV files, and how it is undone or reported."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence

from lib.remarks import Remarks
from lib.wording import counted

MARK = "\ufeff"  # a byte order mark
# With such a first line a file tells Excel its delimiter.
SEP_LINE = re.compile(r'"?sep=(.)"?[\r\n]*')
# A text that looks like a number, written as a formula so that it keeps its zeros.
FORMULA_TEXT = re.compile(r'\s*="((?:[^"]|"")*)"\s*')
# A number that was shortened: "357000000000123" becomes 3.57E+14, and "12E5" becomes 1.20E+06.
SHORTENED = re.compile(r"\s*-?\d(?:[.,]\d+)?E[+-]\d{2,3}\s*")


class SpreadsheetRows:
    """Corrects the rows of one file; what it changes or finds is remarked on.

    `names` are those of the columns, `watched` the indexes of the columns that are used. `where`
    returns the place of the current row.
    """

    def __init__(
        self,
        names: Sequence[str],
        watched: Collection[int],
        remarks: Remarks,
        where: Callable[[], str],
    ) -> None:
        self._names = list(names)
        self._begins = {"sep=", "Sep=", "SEP="}  # of lines that are no rows, for a quick look
        self._begins |= {
            begin[:4] for begin in (names[0], f"{MARK}{names[0]}", f'{MARK}"{names[0]}"')
        }
        self._watched = watched
        self._remarks = remarks
        self._where = where

    def fitted(self, row: list[str]) -> list[str]:
        """Return the row without empty values at its end, or with some, to fit the columns.

        A row with too many values is returned as it is.
        """
        number = len(self._names)
        if len(row) == number:
            return row
        if len(row) > number and not any(map(str.strip, row[number:])):
            return row[:number]
        if len(row) < number:
            self._remarks.warn(_short, example=self._where())
            return row + [""] * (number - len(row))
        return row

    def is_header(self, row: Sequence[str], delimiter: str) -> bool:
        """Whether the row is a header line again, as in files that were joined."""
        first = row[0].strip()
        if first[:4] not in self._begins:
            return False
        if first[:4].lower() == "sep=" and SEP_LINE.fullmatch(delimiter.join(row).strip()):
            return True
        number = len(self._names)
        cells = [_without_mark(first), *map(str.strip, row[1:])]
        if cells[:number] != self._names or any(cells[number:]):
            return False
        self._remarks.note(_header_again, example=self._where())
        return True

    def cleaned(self, row: list[str], text: str) -> list[str]:
        """Return the row with `="00123"` as 00123; `text` is the whole row."""
        if '="' in text:
            row = [text_of_formula(cell) for cell in row]
        if "E+" in text or "E-" in text:
            for at in self._watched:
                if SHORTENED.fullmatch(row[at]):
                    example = f"{row[at].strip()} in {self._where()}"
                    self._remarks.warn(_shortened, self._names[at], example=example)
        return row


def _without_mark(name: str) -> str:
    """A name of a column without the byte order mark of a file that was appended to another."""
    return name.removeprefix(MARK).strip('"').strip() if name.startswith(MARK) else name


def text_of_formula(cell: str) -> str:
    """Return the text in a formula such as ="00123"; other cells unchanged."""
    found = FORMULA_TEXT.fullmatch(cell)
    return found[1].replace('""', '"') if found else cell


def _short(count: int, about: str) -> str:
    has = "has" if count == 1 else "have"
    return (
        f"{counted(count, 'row')} {has} fewer values than there are columns. The connector read the"
        " missing ones as empty, as spreadsheet programs leave them out."
    )


def _header_again(count: int, about: str) -> str:
    was = "was" if count == 1 else "were"
    return f"{counted(count, 'row')} repeated the names of the columns and {was} skipped"


def _shortened(count: int, column: str) -> str:
    looks = "looks" if count == 1 else "look"
    return (
        f"{column}: {counted(count, 'value')} {looks} like a number that a spreadsheet program"
        " shortened. Format the column as text, enter the values again, and export the file again."
    )
