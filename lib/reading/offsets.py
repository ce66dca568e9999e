"""Listings that are read by an index or by the number of a page, and may tell what they hold."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Any

from lib.compactset import CompactSet
from lib.errors import SourceFault
from lib.reading.listing import Page, PageGuard
from lib.values.values import int_or_none

log = logging.getLogger(__name__)

Key = Callable[[dict[str, Any]], Any]
# So many pages in a row with nothing new on them are no shift any more.
MOST_STALE = 3


def read_pages(
    fetch: Callable[[int], Page], key: Key, *, where: str, numbered: bool = False
) -> Iterator[list[dict[str, Any]]]:
    """Yield the records page by page, from the first to the last, each once.

    `fetch` gives the page that begins at an index, or that has a number (from 0), which is called
    when the page before is used up. `key` tells records apart; one that has none (None) is kept.
    Reading ends where the total is reached and the page does not promise `more`, or at an empty
    page; when fewer than the total have come by then, a warning says so. When the listing got
    shorter since the last page, what follows has moved up, so reading goes back: by as many
    records, or by the pages that they fill. Raises SourceFault, which names `where`, for a page
    that comes again, and for what is no record.
    """
    seen = _Seen(key, where)
    turned: set[int] = set()  # where reading went back, once from each
    at = total = length = 0
    went_back = False
    while True:
        page = fetch(at)
        length = max(length, len(page.records))
        before, total = total, total if page.total is None else page.total
        ends_early = not page.records and not went_back and seen.count < total
        if at and at not in turned and (total < before or ends_early):
            turned.add(at)
            moved_up = max(1, before - total)
            pages = -(-moved_up // length)
            at = max(0, at - (pages if numbered else moved_up))
            seen.guard.expect_again(pages)
            went_back = True
            continue
        yield seen.new(page.records)
        went_back = False
        at += 1 if numbered else len(page.records)
        if not page.records or not (page.more or at < total):
            break
    if not page.records and seen.count < total:
        log.warning("%s: %d of %d records came; no more are given", where, seen.count, total)


class _Seen:
    """Which records have come: `count` of them."""

    def __init__(self, key: Key, where: str) -> None:
        self.count = 0
        self._key = key
        self._where = where
        self._known = CompactSet()
        self.guard = PageGuard(where, most_stale=MOST_STALE)

    def new(self, records: list[Any]) -> list[dict[str, Any]]:
        """Those that have not come before; raises SourceFault for a page that has."""
        if not all(isinstance(record, dict) for record in records):
            raise SourceFault(
                "a page holds what is no record", where=self._where, fix="Try again later"
            )
        new, page = [], []
        for record in records:
            found = self._key(record)
            page.append(record if found is None else found)
            if found is None or self._known.add(found):
                new.append(record)
        if page:
            self.guard.check(page, new=bool(new))
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
    """Yield the records whose moment, a number in a field, is not before the oldest, each once.

    `pages` begins to read a listing that has the latest ones first; it is read as far as they go.
    A record that becomes a late one meanwhile moves to the front, so after more than a page the
    front is read again, as far as there is something new. What is left out is logged under the
    `name` of the listing; that a page has no moments at all is warned about.
    """
    came, left_out = CompactSet(), CompactSet()
    count, too_old, undated = 0, 0, False
    for _ in range(2):
        for page in pages():
            count += 1
            moments = [int_or_none(record.get(field)) for record in page]
            fresh = []
            for record, at in zip(page, moments, strict=True):
                found = key(record)
                if at is None or at < oldest:
                    too_old += found not in came and left_out.add(found)
                elif came.add(found):
                    too_old -= found in left_out
                    fresh.append(record)
            yield from fresh
            dated = any(at is not None for at in moments)
            undated = undated or bool(page and not dated)
            if dated and not fresh:
                break
        if count < 2:
            break
    if undated:
        log.warning("%s: on a whole page no record has one, so all of it is left out", name)
    if too_old:
        log.info("%s: at least %d are too old or never were", name, too_old)
