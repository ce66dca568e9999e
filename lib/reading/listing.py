"""The parts that all kinds of pagination share: a page, and a guard against repeated pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lib.compactset import CompactSet
from lib.errors import ConnectorError, SourceFault


@dataclass(frozen=True)
class Page:
    """One page of a listing, and what the response says about the rest of it.

    `total` is the number of records of the whole listing, `more` whether further pages follow; both
    are None if the response does not say.
    """

    records: list[Any]
    total: int | None = None
    more: bool | None = None


class PageGuard:
    """Detects that a server repeats a page, which would make pagination endless.

    Args:
        where: The address that the error names.
        most_stale: So many pages in a row without new records are an error, too.
        next_only: Compare a page only with the one before it: in a list of changes, the same page
            may come again later, because modified records move to the end.
        error: The class of the error.
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
        """Raise the error if an earlier page had the same mark.

        `mark` identifies a page (a position, the first ID, all IDs; None if nothing does). `new`
        says whether the page holds records that no earlier page had.
        """
        self._stale = 0 if new else self._stale + 1
        again = mark is not None and not self._marks.add(mark)
        if again or self._stale == self._most_stale:
            what = "the server returned a page that it had already returned"
            raise self._error(what, where=self._where, fix="Try again later")
        if self._next_only:
            self._marks = CompactSet([mark])

    def expect_again(self, pages: int) -> None:
        """Allow this many pages to be repeated, because reading goes back."""
        self._marks, self._stale = CompactSet(), -pages
