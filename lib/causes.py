"""What lies beneath an exception, by type: the operating system's words are in its own language."""

from __future__ import annotations

from collections.abc import Iterator

from lib.errors import ConnectorError


def causes(error: BaseException) -> Iterator[BaseException]:
    """The error and all that it was raised from or holds, from the outside in.

    What was told as an error of this program is not looked into: it is about something else, as
    when a second attempt is made while the first one's failure is dealt with.
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
    """What it all began with."""
    while inner := error.__cause__ or error.__context__:
        if isinstance(inner, ConnectorError):
            break
        error = inner
    return error
