"""Mock servers of Jamf Pro, Zendesk and Oomnitza, in a process of their own, at next to no cost.

They answer what the benchmarks ask and look at nothing else: what is measured is the connector.
Jamf Pro gives the whole document of a computer even where parts were asked for; Zendesk gives the
same hundred users on each page, but for their ids and mail addresses.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
from ctypes import c_double, c_long
from datetime import UTC, datetime, timedelta
from functools import partial
from multiprocessing.connection import Connection
from multiprocessing.sharedctypes import RawValue
from types import TracebackType
from typing import Any, Self

from benchmarks.mapping import SIZE, sample
from sandbox.people import people
from sandbox.zendesk.account import user

HEAD_END = b"\r\n\r\n"
LENGTH = b"content-length:"
DETAIL = b"/JSSResource/computers/id/"
USERS = b"/api/v2/users.json"
USERS_PAGE = 100
CURSOR = b"after%5D="
# What is put in the place of these is what tells one computer, and one page, from another.
SERIAL_NUMBER = b"SERIAL-NUMBER"
PAGE = b"7654321"
BEFORE_FIRST_PAGE = 1_000_000  # so that the number of each page is as long


class MockServers:
    """All of them, at `url` for the length of a `with` block.

    They list so many computers of this size, and so many users, by the hundred.
    """

    def __init__(self, computers: int = 0, size: int = SIZE, users: int = 0) -> None:
        spawned = multiprocessing.get_context("spawn")
        self._latency: Any = RawValue(c_double, 0.0)
        self._requests: Any = RawValue(c_long, 0)
        self._ours, theirs = spawned.Pipe()
        listed = (computers, size, users)
        self._process = spawned.Process(
            target=_serve, args=(theirs, listed, self._latency, self._requests), daemon=True
        )

    def __enter__(self) -> Self:
        self._process.start()
        self.url = f"http://127.0.0.1:{self._ours.recv()}"
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.terminate()
        self._process.join()

    @property
    def latency(self) -> float:
        """How many seconds after a request its answer is sent."""
        return float(self._latency.value)

    @latency.setter
    def latency(self, seconds: float) -> None:
        self._latency.value = seconds

    @property
    def requests(self) -> int:
        """How many have been answered."""
        return int(self._requests.value)


def _serve(port: Connection, listed: tuple[int, int, int], latency: Any, requests: Any) -> None:
    asyncio.run(_answer(port, Answers(*listed), latency, requests))


async def _answer(port: Connection, answers: Answers, latency: Any, requests: Any) -> None:
    protocol = partial(_Connection, answers, latency, requests)
    server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0)
    port.send(server.sockets[0].getsockname()[1])
    await server.serve_forever()


class Answers:
    """What is answered to a request, as the bytes to send."""

    def __init__(self, computers: int, size: int, users: int) -> None:
        ids = range(1, computers + 1)
        listed = [{"id": number, "name": f"mac-{number}"} for number in ids]
        expires = datetime.now(UTC) + timedelta(hours=12)
        self._documents = [_document(record) for record in sample(size)] if computers else []
        self._pages = users // USERS_PAGE
        self._page, self._last_page = (_page(more=more) for more in (True, False))
        self._nothing = _http({})
        self._known = {
            b"GET /JSSResource/computers": _http({"computers": listed}),
            b"POST /api/v1/auth/token": _http({"token": "t", "expires": expires.isoformat()}),
            b"POST /api/v1/auth/invalidate-token": b"HTTP/1.1 204 No Content\r\n\r\n",
        }

    def to(self, method: bytes, target: bytes) -> bytes:
        path, _, query = target.partition(b"?")
        if path == USERS:
            number = int(query.partition(CURSOR)[2] or BEFORE_FIRST_PAGE) + 1
            more = number - BEFORE_FIRST_PAGE < self._pages
            return (self._page if more else self._last_page).replace(PAGE, b"%d" % number)
        if path.startswith(DETAIL):
            device = path[len(DETAIL) :].partition(b"/")[0]
            document = self._documents[int(device) % len(self._documents)]
            return document.replace(SERIAL_NUMBER, device.zfill(len(SERIAL_NUMBER)))
        return self._known.get(method + b" " + path, self._nothing)


class _Connection(asyncio.Protocol):
    """One connection, kept open; a request comes when the one before it was answered."""

    def __init__(self, answers: Answers, latency: Any, requests: Any) -> None:
        self._answers = answers
        self._latency = latency
        self._requests = requests
        self._received = bytearray()
        self._end = 0  # of the request, once its head is there
        self._loop = asyncio.get_running_loop()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        if not self._end:
            self._end = _request_end(self._received)
        if not self._end or len(self._received) < self._end:
            return
        method, target, _ = self._received.split(b" ", 2)
        answer = self._answers.to(bytes(method), bytes(target))
        self._requests.value += 1
        self._received.clear()
        self._end = 0
        if self._latency.value:
            self._loop.call_later(self._latency.value, self._transport.write, answer)
        else:
            self._transport.write(answer)


def _request_end(received: bytearray) -> int:
    """Where the request ends that begins here; 0 while that cannot be told."""
    head_end = received.find(HEAD_END)
    if head_end < 0:
        return 0
    head = bytes(received[:head_end]).lower() + b"\r\n"
    at = head.find(LENGTH)
    length = int(head[at + len(LENGTH) : head.index(b"\r\n", at)]) if at >= 0 else 0
    return head_end + len(HEAD_END) + length


def _document(record: dict[str, Any]) -> bytes:
    record["general"]["serial_number"] = SERIAL_NUMBER.decode()
    return _http({"computer": record})


def _page(*, more: bool) -> bytes:
    """A page of users, whose number stands in their ids and addresses and in the next cursor."""
    number = PAGE.decode()
    users = [user(person, [], "https://acme.zendesk.com") for person in people(USERS_PAGE)]
    for at, record in enumerate(users):
        record["id"] = int(f"{number}{at:02d}")
        record["email"] = f"user{at:02d}.{number}@example.com"
    return _http({"users": users, "meta": {"has_more": more, "after_cursor": number}})


def _http(body: Any) -> bytes:
    text = json.dumps(body).encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(text)}"
    return head.encode() + HEAD_END + text
