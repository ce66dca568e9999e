"""Lists of what was modified since a moment, which change while they are read."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator

from lib.compactset import CompactSet
from lib.reading.listing import PageGuard

log = logging.getLogger(__name__)

# How often such a list is read before it is taken as it is.
ROUNDS = 3


class Changes:
    """The ids of a list that comes in pages, the oldest modification first; each id once.

    A record that is modified meanwhile moves to the end of the list, and others slip onto pages
    that were read before. So a list in which an id comes twice is read again. In the end `settled`
    says whether that helped: if not, some records may be missing.
    """

    def __init__(self, pages: Callable[[], Iterator[list[str]]], *, where: str) -> None:
        self.settled = False
        self._pages = pages
        self._where = where
        self._listed = CompactSet()

    def chunks(self, size: int) -> Iterator[list[str]]:
        """Yield up to so many ids at once; raises SourceFault for a page that is given twice."""
        for _ in range(ROUNDS):
            self.settled = True
            for new in self._round():
                yield from (new[at : at + size] for at in range(0, len(new), size))
            if self.settled:
                return
        log.warning(
            "%s: records keep changing places in the list; the next run begins where this one did",
            self._where,
        )

    def _round(self) -> Iterator[list[str]]:
        """Yield the ids of each page that were not listed before."""
        guard = PageGuard(self._where, next_only=True)
        in_this_round = CompactSet()
        for page in self._pages():
            if page:
                guard.check(page)
            idents = dict.fromkeys(page)
            if [ident for ident in idents if not in_this_round.add(ident)]:
                self.settled = False
            yield [ident for ident in idents if self._listed.add(ident)]
