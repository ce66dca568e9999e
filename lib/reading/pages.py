"""Listings that come in pages, each of which tells where the next one is."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterator
from typing import Any, TypeVar

from lib.compactset import CompactSet
from lib.errors import RecordUnreadable, SourceFault
from lib.reading.listing import Page, PageGuard

Position = TypeVar("Position", bound=Hashable)
# So many pages in a row without anything new on them are no chance any more.
MOST_STALE = 20
NO_RECORD = "a page holds what is no record with an id"


def walk(
    fetch: Callable[[Position], tuple[list[Any], Position | None]],
    first: Position,
    *,
    where: str,
    seen: CompactSet | None = None,
) -> Iterator[dict[str, Any] | RecordUnreadable]:
    """Yield the records of a listing, each once, by their `id`; for one without it, the error.

    `fetch` gives the page at a position (a number, a cursor, an address), and the position of the
    next page or None; a page is fetched when the one before it is used up. `seen` are ids that are
    left out, and grows. Raises SourceFault when the server goes in circles, and for a page on which
    nothing is a record; `where` is the address that such an error names.
    """
    seen = CompactSet() if seen is None else seen
    positions, guard = PageGuard(where), PageGuard(where, most_stale=MOST_STALE)
    positions.check(first)
    position: Position | None = first
    while position is not None:
        page, position = fetch(position)
        ids = [_id(record) for record in page]
        known = [ident for ident in ids if ident is not None]
        if page and not known:
            raise SourceFault(NO_RECORD, where=where, fix="Check the url")
        new = position is None  # what comes last need not bring anything
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
        guard.check(known[0] if known else None, new=new)


def walk_numbers(
    fetch: Callable[[int], Page], size: int, *, where: str
) -> Iterator[dict[str, Any] | RecordUnreadable]:
    """Yield what `walk` yields, of pages with numbers from 1 on that hold up to `size` records.

    Where a page does not tell whether `more` follow, the last one is the first that is empty.
    Where records vanish meanwhile, others move forward onto pages that were read: as many pages as
    these may be on are read once more. Raises SourceFault, too, when fewer records came than the
    listing has in the end, and for an empty page before the last.
    """
    came = total = 0

    def numbered(number: int) -> tuple[list[Any], int | None]:
        nonlocal total
        page, before = fetch(number), total
        total = page.total or 0
        more = bool(page.records) if page.more is None else page.more
        if more and not page.records:
            raise _missing(f"page {number} is empty, and is not the last one", where)
        vanished = before - total if page.total is not None else 0
        again = range(max(1, number - math.ceil(vanished / size)), number)
        moved = [each for earlier in again for each in fetch(earlier).records]
        moved = [record for record in moved if _id(record) is not None]
        return page.records + moved, number + 1 if more else None

    for record in walk(numbered, 1, where=where):
        came += 1
        yield record
    if came < total:
        raise _missing(f"only {came} of {total} records came", where)


def _missing(what: str, where: str) -> SourceFault:
    return SourceFault(what, where=where, fix="Try again later")


def _id(record: Any) -> str | int | None:
    """The id of a record; None for what has none."""
    ident = record.get("id") if isinstance(record, dict) else None
    return ident if isinstance(ident, str | int) and ident != "" else None
