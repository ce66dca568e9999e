"""How long a service that gives trouble is put up with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lib.connector import SourceItem
from lib.errors import RecordUnreadable, SourceUnavailable

# So many records in a row that cannot be read mean that the service is at fault, not they.
MOST_UNREADABLE = 10


def while_readable(delivered: Iterable[SourceItem], *, where: str) -> Iterator[SourceItem]:
    """Yield what comes; raises SourceUnavailable when nothing of it can be read any more."""
    unreadable = 0
    for item in delivered:
        unreadable = unreadable + 1 if isinstance(item, RecordUnreadable) else 0
        yield item
        if unreadable == MOST_UNREADABLE:
            raise SourceUnavailable(
                f"{unreadable} records in a row cannot be read; the last: {item}",
                where=where,
                fix="Try again later, or check the rights of the account",
            )
