"""Pagination by cursor, link, or page number, of records that have an `id`."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterator
from typing import Any, TypeVar

from lib.compactset import CompactSet
from lib.errors import RecordUnreadable, SourceFault
from lib.reading.listing import Page, PageGuard
from lib.wording import counted

Position = TypeVar("Position", bound=Hashable)
# More pages in a row without new records than chance explains.
MOST_STALE = 20
WRONG_URL = "Check that url is the address of the API, not of the console"
NO_RECORD = "a page contains an item that is not a record with an ID"


def paginate(
    fetch: Callable[[Position], tuple[list[Any], Position | None]],
    first: Position,
    *,
    where: str,
    seen: CompactSet | None = None,
) -> Iterator[dict[str, Any] | RecordUnreadable]:
    """Yield the records of a listing, each `id` once; for an item without one, RecordUnreadable.

    Args:
        fetch: Requests the page at a position (a number, a cursor, an address), and returns its
            records and the position of the next page, None after the last one. It is called when
            the page before is used up.
        first: The position of the first page.
        where: The address that errors name.
        seen: IDs to skip; those of the yielded records are added.

    Raises SourceFault if pages are repeated, and for a page on which nothing is a record.
    """
    seen = CompactSet() if seen is None else seen
    positions, guard = PageGuard(where), PageGuard(where, most_stale=MOST_STALE)
    positions.check(first)
    position: Position | None = first
    while position is not None:
        page, position = fetch(position)
        ids = [_id(record) for record in page]
        valid_ids = [ident for ident in ids if ident is not None]
        if page and not valid_ids:
            raise SourceFault(NO_RECORD, where=where, fix=WRONG_URL)
        new = position is None  # the last page need not hold anything new
        for ident, record in zip(ids, page, strict=True):
            if ident is None:
                yield RecordUnreadable(NO_RECORD, where=where)
            elif seen.add(ident):
                new = True
                yield record
        del page  # before the next one comes: some take tens of megabytes
        if position is not None:
            positions.check(position)
        # A shift moves the first record of a page elsewhere.
        guard.check(valid_ids[0] if valid_ids else None, new=new)


def paginate_by_number(
    fetch: Callable[[int], Page], size: int, *, where: str
) -> Iterator[dict[str, Any] | RecordUnreadable]:
    """Yield what `paginate` yields, for pages with numbers from 1 and up to `size` records each.

    If the pages do not tell whether `more` follow, the first empty page is the last one. If records
    are removed during the run, others move forward onto pages that were read: as many pages as
    these may be on are read again. Raises SourceFault also if fewer records came than the listing
    has in the end, and for an empty page before the last one.
    """
    count = total = 0

    def numbered(number: int) -> tuple[list[Any], int | None]:
        nonlocal total
        page, before = fetch(number), total
        total = page.total or 0
        more = bool(page.records) if page.more is None else page.more
        if more and not page.records:
            raise _missing(f"page {number} is empty, but it is not the last page", where)
        vanished = before - total if page.total is not None else 0
        again = range(max(1, number - math.ceil(vanished / size)), number)
        moved = [each for earlier in again for each in fetch(earlier).records]
        moved = [record for record in moved if _id(record) is not None]
        return page.records + moved, number + 1 if more else None

    for record in paginate(numbered, 1, where=where):
        count += 1
        yield record
    if count < total:
        told = counted(total, "record")
        raise _missing(f"the server reported {told} but returned only {count:,}", where)


def _missing(what: str, where: str) -> SourceFault:
    return SourceFault(what, where=where, fix="Try again later")


def _id(record: Any) -> str | int | None:
    """The id of a record; None for what has none."""
    ident = record.get("id") if isinstance(record, dict) else None
    return ident if isinstance(ident, str | int) and ident != "" else None
