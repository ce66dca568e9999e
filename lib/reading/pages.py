"""Listings that come in pages, each of which tells where the next one is."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from typing import Any, TypeVar

from lib.errors import RecordUnreadable, SourceFault

Position = TypeVar("Position", bound=Hashable)
NO_RECORD = "a page holds what is no record with an id"


def walk(
    fetch: Callable[[Position], tuple[list[Any], Position | None]],
    first: Position,
    *,
    where: str,
    seen: set[Any] | None = None,
) -> Iterator[dict[str, Any] | RecordUnreadable]:
    """Yield the records of a listing, each once, by their `id`; for one without it, the error.

    `fetch` gives the page at a position (a number, a cursor, an address), and the position of the
    next page or None; a page is fetched when the one before it is used up. `seen` are ids that are
    left out, and grows. Raises SourceFault when the server goes in circles, and for a page on which
    nothing is a record; `where` is the address that such an error names.
    """
    seen = set() if seen is None else seen
    passed: set[Hashable] = {first}
    begun: set[Hashable] = set()  # the first records of the pages; a shift moves them elsewhere
    position: Position | None = first
    while position is not None:
        page, position = fetch(position)
        ids = [_id(record) for record in page]
        known = [ident for ident in ids if ident is not None]
        if page and not known:
            raise SourceFault(NO_RECORD, where=where, fix="Check the url")
        for ident, record in zip(ids, page, strict=True):
            if ident is None:
                yield RecordUnreadable(NO_RECORD, where=where)
            elif ident not in seen:
                seen.add(ident)
                yield record
        if position in passed or not begun.isdisjoint(known[:1]):
            raise SourceFault(
                "the server gives a page that it gave before", where=where, fix="Try again later"
            )
        passed.add(position)
        begun.update(known[:1])


def _id(record: Any) -> str | int | None:
    """The id of a record; None for what has none."""
    ident = record.get("id") if isinstance(record, dict) else None
    return ident if isinstance(ident, str | int) and ident != "" else None
