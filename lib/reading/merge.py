"""A merge join of two sorted streams of rows, which keeps neither of them in memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any

from lib.errors import SourceFault

Row = dict[str, Any]


def merge_join(
    rows: Iterable[Row], details: Iterable[Row], key: str
) -> Iterator[tuple[Row, list[Row]]]:
    """Yield (row, list of the details with the same key) pairs: a left outer join.

    Both streams must be sorted by the key, an integer; SourceFault is raised if they are not. Of
    several rows with the same key only the first is used; details without a row are skipped.
    """
    groups = groupby(_sorted(details, key), itemgetter(key))
    number, group = next(groups, NOTHING)
    for row_number, same in groupby(_sorted(rows, key), itemgetter(key)):
        while number is not None and number < row_number:
            number, group = next(groups, NOTHING)
        yield next(same), list(group) if number == row_number else []


NOTHING: tuple[int | None, Iterable[Row]] = (None, ())


def _sorted(rows: Iterable[Row], key: str) -> Iterator[Row]:
    last: int | None = None
    for row in rows:
        number = row[key] = int(row[key])
        if last is not None and number < last:
            raise SourceFault(
                f"the rows are not sorted: {key} {number} after {last}", fix="Try again later"
            )
        last = number
        yield row
