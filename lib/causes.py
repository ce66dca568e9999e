"""Find the causes of an exception by their type.

Messages of the operating system cannot be used for that: they are in its language.
"""

from __future__ import annotations

from collections.abc import Iterator

from lib.errors import ConnectorError


def causes(error: BaseException) -> Iterator[BaseException]:
    """Yield the error and all exceptions that caused it, the outermost first.

    A ConnectorError among the causes is skipped, with its own causes: it is about something else,
    as when a second attempt is made while the failure of the first one is handled.
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
    """Return the exception at the end of the chain of causes."""
    while inner := error.__cause__ or error.__context__:
        if isinstance(inner, ConnectorError):
            break
        error = inner
    return error
