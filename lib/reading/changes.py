"""Paginated lists of modified records whose order changes while they are read."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator

from lib.compactset import CompactSet
from lib.reading.listing import PageGuard

log = logging.getLogger(__name__)

# How often such a list is read before it is taken as it is.
ROUNDS = 3


class Changes:
    """The IDs of a paginated list, ordered by the time of modification, each ID once.

    A record that is modified during the run moves to the end of the list, and other records move
    forward onto pages that were read before. Therefore a list in which an ID comes twice is read
    again, up to ROUNDS times. `stable`: no ID came twice when it was last read; otherwise some
    records may be missing.

    Args:
        pages: Starts to read the list from its first page.
        where: The address that errors and log messages name.
    """

    def __init__(self, pages: Callable[[], Iterator[list[str]]], *, where: str) -> None:
        self.stable = False
        self._pages = pages
        self._where = where
        self._listed = CompactSet()

    def chunks(self, size: int) -> Iterator[list[str]]:
        """Yield lists of up to `size` IDs; raise SourceFault if a page is repeated."""
        for _ in range(ROUNDS):
            self.stable = True
            for new in self._round():
                yield from (new[at : at + size] for at in range(0, len(new), size))
            if self.stable:
                return
        log.warning(
            "%s: records changed while the list was read; the next run starts again from the same"
            " checkpoint",
            self._where,
        )

    def _round(self) -> Iterator[list[str]]:
        """Read the list once; yield the IDs of each page that are new."""
        guard = PageGuard(self._where, next_only=True)
        in_this_round = CompactSet()
        for page in self._pages():
            if page:
                guard.check(page)
            idents = dict.fromkeys(page)
            if [ident for ident in idents if not in_this_round.add(ident)]:
                self.stable = False
            yield [ident for ident in idents if self._listed.add(ident)]
