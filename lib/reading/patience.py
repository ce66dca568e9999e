"""How long a service that gives trouble is put up with."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from lib.connector import Delivered
from lib.errors import RecordUnreadable, SourceUnavailable

log = logging.getLogger(__name__)
T = TypeVar("T")

# The first pause before a call is made again, in seconds; each further one is twice as long.
FIRST_PAUSE = 1.0
# So many records in a row that cannot be read mean that the service is at fault, not they.
MOST_UNREADABLE = 10


class Passing(SourceUnavailable):
    """The service has answered that it cannot answer now, as when a limit of calls is reached."""


def patiently(call: Callable[[], T], retries: int) -> T:
    """What the call gives; while it raises Passing, it is made again, up to so many times."""
    pause = FIRST_PAUSE
    for _ in range(retries):
        try:
            return call()
        except Passing as error:
            log.info("%s; asking again in %.0f s", error.what, pause)
            time.sleep(pause)
            pause *= 2
    return call()


def while_readable(delivered: Iterable[Delivered], *, where: str) -> Iterator[Delivered]:
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
