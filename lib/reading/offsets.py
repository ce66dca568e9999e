"""Pagination by offset or page number, of listings that may tell their total.

Each record is yielded once, also if others are added or removed while the pages are read.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Any

from lib.compactset import CompactSet
from lib.errors import SourceFault
from lib.reading.listing import Page, PageGuard
from lib.values.values import int_or_none
from lib.wording import counted

log = logging.getLogger(__name__)

Key = Callable[[dict[str, Any]], Any]
# More pages in a row without new records than a shift of records explains.
MOST_STALE = 3


def paginate_by_offset(
    fetch: Callable[[int], Page], key: Key, *, where: str, numbered: bool = False
) -> Iterator[list[dict[str, Any]]]:
    """Yield the records page by page, from the first to the last, each once.

    Args:
        fetch: Requests the page at an offset or, if `numbered`, with a number (both from 0). It is
            called when the page before is used up.
        key: The identity of a record; records without one (None) are always kept.
        where: The address that errors and log messages name.
        numbered: Whether pages have numbers.

    Reading ends when the total is reached and the page does not promise `more`, or at an empty
    page; if fewer records than the total came by then, a warning is logged. If the total decreases
    between two pages, the remaining records have moved up, and reading goes back by as many
    records, or by the pages that they fill. Raises SourceFault for a repeated page, and for items
    that are not records.
    """
    seen = _Seen(key, where)
    went_back_from: set[int] = set()  # once from each position
    position = total = length = 0
    went_back = False
    while True:
        page = fetch(position)
        length = max(length, len(page.records))
        before, total = total, total if page.total is None else page.total
        ends_early = not page.records and not went_back and seen.count < total
        if position and position not in went_back_from and (total < before or ends_early):
            went_back_from.add(position)
            moved_up = max(1, before - total)
            pages = -(-moved_up // length)
            position = max(0, position - (pages if numbered else moved_up))
            seen.guard.expect_again(pages)
            went_back = True
            continue
        yield seen.new(page.records)
        went_back = False
        position += 1 if numbered else len(page.records)
        if not page.records or not (page.more or position < total):
            break
    if not page.records and seen.count < total:
        log.warning(
            "%s: the server reported %s but returned only %d",
            where,
            counted(total, "record"),
            seen.count,
        )


class _Seen:
    """The identities of the records that were yielded, `count` of them."""

    def __init__(self, key: Key, where: str) -> None:
        self.count = 0
        self._key = key
        self._where = where
        self._keys = CompactSet()
        self.guard = PageGuard(where, most_stale=MOST_STALE)

    def new(self, records: list[Any]) -> list[dict[str, Any]]:
        """Return the records of a page that are new; raise SourceFault for a repeated page."""
        if not all(isinstance(record, dict) for record in records):
            raise SourceFault(
                "a page contains an item that is not a record",
                where=self._where,
                fix="Try again later",
            )
        new, mark = [], []
        for record in records:
            key = self._key(record)
            mark.append(record if key is None else key)
            if key is None or self._keys.add(key):
                new.append(record)
        if mark:
            self.guard.check(mark, new=bool(new))
        self.count += len(new)
        return new


def read_latest(
    pages: Callable[[], Iterator[list[dict[str, Any]]]],
    key: Key,
    field: str,
    oldest: float,
    *,
    name: str,
) -> Iterator[dict[str, Any]]:
    """Yield the records of a listing whose timestamp is at or after `oldest`, each once.

    Args:
        pages: Starts to read the listing, which has the latest records first; it is read until a
            page has no new record that is recent enough.
        key: The identity of a record.
        field: The field with the timestamp, a number.
        oldest: The lowest timestamp to yield, in the same unit.
        name: The name of the listing in the log.

    A record whose timestamp changes during the run moves to the front. So if there was more than
    one page, the front is read again, until it holds nothing new. How many records are too old is
    logged; a page without any timestamps is logged as a warning.
    """
    yielded, left_out = CompactSet(), CompactSet()
    count, too_old, undated = 0, 0, False
    for _ in range(2):
        for page in pages():
            count += 1
            timestamps = [int_or_none(record.get(field)) for record in page]
            new = []
            for record, timestamp in zip(page, timestamps, strict=True):
                ident = key(record)
                if timestamp is None or timestamp < oldest:
                    too_old += ident not in yielded and left_out.add(ident)
                elif yielded.add(ident):
                    too_old -= ident in left_out
                    new.append(record)
            yield from new
            dated = any(timestamp is not None for timestamp in timestamps)
            undated = undated or bool(page and not dated)
            if dated and not new:
                break
        if count < 2:
            break
    if undated:
        log.warning("%s: no record on a page has a value, so the whole page was skipped", name)
    if too_old:
        log.info(
            "%s: at least %s skipped, because the value is too old or empty",
            name,
            counted(too_old, "record"),
        )
