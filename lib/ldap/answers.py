"""Prefetching of LDAP search results: a thread receives the next page while one is decoded.

So a directory looks for the next page while one is decoded. The request goes out at once, from the
thread that asks: one that waited for its turn beside the decoder would gain nothing. The answer is
received whole, whether or not anyone wants it yet: while it lay in the buffers of the network it
could hold the directory up, and some then end the connection (389 Directory Server after 10
seconds, `nsslapd-ioblocktimeout`).
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from contextvars import copy_context
from typing import Any, NamedTuple

from lib.ldap.decoder import EntryMessages

Send = Callable[[], int]

# How ldap3 calls an entry.
ENTRY = "searchResEntry"


class Answer(NamedTuple):
    """The undecoded messages with entries, and ldap3's dict of the result that follows them."""

    entries: list[bytes]
    result: dict[str, Any]


class Answers:
    """Receives the responses to the searches of a synchronous connection of ldap3 2.9.

    The connection's `search` then only sends, and returns the number of the request. A request
    waits until the response to the previous one has arrived: one search is in progress at a time,
    and a search that is not read to its end does not block others.
    """

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._entries = EntryMessages(connection.strategy)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="ldap")
        self._ahead: Future[Answer] | None = None
        connection.post_send_search = lambda number: number

    def now(self, send: Send) -> Answer:
        """Send a search and wait for the response; raises ldap3's exceptions."""
        return self._received(self._sent(send))

    def ahead(self, send: Send) -> Future[Answer]:
        """Send a search and return a future of the response; also errors in sending are in it."""
        try:
            number = self._sent(send)
        except Exception as error:
            failed: Future[Answer] = Future()
            failed.set_exception(error)
            return failed
        self._ahead = self._thread.submit(copy_context().run, self._received, number)
        return self._ahead

    def close(self) -> None:
        """Stop receiving; a response in transit is cut off, so that no stalled directory blocks."""
        wire = self._connection.socket
        if wire and self._ahead and not self._ahead.done():
            with suppress(OSError):
                wire.shutdown(socket.SHUT_RDWR)
        self._thread.shutdown()

    def _sent(self, send: Send) -> int:
        if self._ahead:
            wait([self._ahead])
        self._entries.begin()
        return send()

    def _received(self, number: int) -> Answer:
        try:
            others, result = self._connection.strategy.get_response(number)
        except OSError:  # what is left of this answer must not be taken for the next one
            self._connection.strategy.close()
            raise
        if any(other["type"] == ENTRY for other in others):
            raise ValueError("an entry came in another form than it should")
        return Answer(self._entries.kept, result)
