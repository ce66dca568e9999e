"""The chain of exceptions beneath an exception.

Failures are recognized by type, since the operating system words its errors in its own language.
"""

from __future__ import annotations

from collections.abc import Iterator

from lib.errors import ConnectorError


def causes(error: BaseException) -> Iterator[BaseException]:
    """Yield the error and all exceptions that it was raised from or holds, the outermost first.

    An error of this program beneath it is skipped: it is about something else, as when a second
    attempt is made while the failure of the first one is handled.
    """
    waiting: list[object] = [error]
    seen: set[int] = set()
    while waiting:
        item = waiting.pop(0)
        if isinstance(item, list | tuple):  # as in the args of ldap3's exceptions
            waiting += item
        elif isinstance(item, BaseException) and id(item) not in seen:
            seen.add(id(item))
            if item is error or not isinstance(item, ConnectorError):
                yield item
                reason = getattr(item, "reason", None)  # as in urllib3's MaxRetryError
                waiting += [item.__cause__, item.__context__, item.args, reason]


def innermost(error: BaseException) -> BaseException:
    """Return the first exception of the chain, from which all others were raised."""
    while inner := error.__cause__ or error.__context__:
        if isinstance(inner, ConnectorError):
            break
        error = inner
    return error
