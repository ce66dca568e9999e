"""A limit on unreadable records in a row, beyond which the source itself is at fault."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lib.connector import SourceItem
from lib.errors import RecordUnreadable, SourceUnavailable

# So many unreadable records in a row mean that the service is at fault, not the records.
MOST_UNREADABLE = 10


def limit_unreadable(items: Iterable[SourceItem], *, where: str) -> Iterator[SourceItem]:
    """Yield the items of a source; raise SourceUnavailable after ten unreadable ones in a row.

    `where` is the address that the error names.
    """
    unreadable = 0
    for item in items:
        unreadable = unreadable + 1 if isinstance(item, RecordUnreadable) else 0
        yield item
        if unreadable == MOST_UNREADABLE:
            raise SourceUnavailable(
                f"{unreadable} records in a row could not be read. The last error was: {item}",
                where=where,
                fix="Check the permissions of the account. If they are correct, try again later",
            )
