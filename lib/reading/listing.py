"""What all ways of reading a listing share: pages, and the guard against one that comes again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lib.compactset import CompactSet
from lib.errors import ConnectorError, SourceFault


@dataclass(frozen=True)
class Page:
    """A part of a listing: records, and as far as the answer tells it, what else there is.

    `total` is how many records there are in all, `more` whether further pages follow.
    """

    records: list[Any]
    total: int | None = None
    more: bool | None = None


class PageGuard:
    """Raises an error, which names `where`, for a page of a listing that came before.

    With `most_stale`, so many pages in a row on which nothing is new count as one, too. With
    `next_only`, only a page like the one just before it does: in a list of changes, pages may come
    again further on, since what is modified moves to the end.
    """

    def __init__(
        self,
        where: str,
        *,
        most_stale: int | None = None,
        next_only: bool = False,
        error: type[ConnectorError] = SourceFault,
    ) -> None:
        self._where = where
        self._most_stale = most_stale
        self._next_only = next_only
        self._error = error
        self._marks = CompactSet()
        self._stale = 0

    def check(self, mark: object, *, new: bool = True) -> None:
        """Raise the error for a page with the mark of an earlier one.

        The mark is what tells pages apart (a position, the first id, all ids; None where nothing
        does), `new` whether there is anything on the page that did not come before.
        """
        self._stale = 0 if new else self._stale + 1
        again = mark is not None and not self._marks.add(mark)
        if again or self._stale == self._most_stale:
            what = "the server gives a page that it gave before"
            raise self._error(what, where=self._where, fix="Try again later")
        if self._next_only:
            self._marks = CompactSet([mark])

    def expect_again(self, pages: int) -> None:
        """Be told that reading goes back, so that this many pages may bring nothing new."""
        self._marks, self._stale = CompactSet(), -pages
