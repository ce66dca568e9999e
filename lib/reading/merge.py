"""Two sorted streams of rows, read side by side."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any

from lib.errors import SourceFault

Row = dict[str, Any]


def side_by_side(
    rows: Iterable[Row], details: Iterable[Row], key: str
) -> Iterator[tuple[Row, list[Row]]]:
    """Yield each row with the details that have the same key.

    Both have to come sorted by the key, which is a whole number. Of rows with the same key the
    first one counts; details without a row are passed over. Raises SourceFault for another order.
    """
    groups = groupby(_sorted(details, key), itemgetter(key))
    number, group = next(groups, NOTHING)
    for at, same in groupby(_sorted(rows, key), itemgetter(key)):
        while number is not None and number < at:
            number, group = next(groups, NOTHING)
        yield next(same), list(group) if number == at else []


NOTHING: tuple[int | None, Iterable[Row]] = (None, ())


def _sorted(rows: Iterable[Row], key: str) -> Iterator[Row]:
    last: int | None = None
    for row in rows:
        number = row[key] = int(row[key])
        if last is not None and number < last:
            raise SourceFault(f"rows come out of order: {key} {number} after {last}")
        last = number
        yield row
