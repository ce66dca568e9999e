"""Listings that are read from an index on, and tell how many records they hold."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from lib.errors import SourceFault

Key = Callable[[dict[str, Any]], Any]


@dataclass(frozen=True)
class Page:
    """A part of a listing: records, the index of the first one, and how many there are in all.

    The total is None in an answer that does not tell it.
    """

    records: list[Any]
    first: int
    total: int | None


def read_pages(
    fetch: Callable[[int], Page], key: Key, *, where: str
) -> Iterator[list[dict[str, Any]]]:
    """Yield the records page by page, from the first to the last, each once.

    `fetch` gives the page that holds the record at an index, and may begin before it; it is called
    when the page before is used up. `key` tells records apart; one that has none (None) is kept.
    When the listing got shorter since the last page, what follows has moved up, so reading goes
    back by as many. Raises SourceFault, which names `where`, for a listing that ends before all
    have come, for a page that comes again, and for what is no record.
    """
    seen: set[Any] = set()
    turned: set[int] = set()  # the indexes from which reading went back, once from each
    index = total = 0
    went_back = False
    while True:
        page = fetch(index)
        before, total = total, total if page.total is None else page.total
        shorter = total < before or (not page.records and not went_back)
        if shorter and index and index not in turned:
            turned.add(index)
            index = max(0, index - max(1, before - total))
            went_back = True
            continue
        new = _unseen(page.records, key, seen, where)
        if page.records and not new and not went_back:
            raise _fault("a page has come twice", where)
        yield new
        index, went_back = page.first + len(page.records), False
        if index >= total:
            return
        if not page.records:
            raise _fault(f"the listing ends after {index} of {total} records", where)


def _unseen(records: list[Any], key: Key, seen: set[Any], where: str) -> list[dict[str, Any]]:
    """The records with a key that has not been seen, which it is now."""
    new = []
    for record in records:
        if not isinstance(record, dict):
            raise _fault("a page holds what is no record", where)
        found = key(record)
        if found is None or found not in seen:
            new.append(record)
            seen.add(found)
    return new


def _fault(what: str, where: str) -> SourceFault:
    return SourceFault(what, where=where, fix="Try again later")
