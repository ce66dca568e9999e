"""What can go wrong with a request, and to which ones it is done."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Literal

from tests.faults.proxy import Answer, Exchange, serve

# To one request, to all for the same address from one on, to all whatsoever from one on.
Extent = Literal["once", "here", "lasting"]
Spoil = Callable[[Exchange], None]

HTML = b"<html><head><title>Hotel</title></head><body><p>Please sign in to the Wi-Fi</p></body>"


def status(code: int, **headers: str) -> Spoil:
    """Answers so, and does nothing of what was asked."""
    told = [(name.replace("_", "-"), value) for name, value in headers.items()]
    return lambda exchange: exchange.send(
        Answer(code, [("Content-Type", "text/html"), *told], HTML.replace(b"Hotel", b"Oops"))
    )


def unheard(exchange: Exchange) -> None:
    exchange.reset()


def answer_lost(exchange: Exchange) -> None:
    """What was asked is done, and nobody hears of it."""
    exchange.answer()
    exchange.reset()


def reset_in_body(exchange: Exchange) -> None:
    exchange.send(exchange.answer(), 0.5)
    exchange.reset()


def short_body(exchange: Exchange) -> None:
    exchange.send(exchange.answer(), 0.5)
    exchange.close()


def stall(exchange: Exchange) -> None:
    exchange.stall()


def stall_in_body(exchange: Exchange) -> None:
    exchange.send(exchange.answer(), 0.5)
    exchange.stall()


def truncated_json(exchange: Exchange) -> None:
    """Half of an answer that claims to be whole."""
    answer = exchange.answer()
    exchange.send(answer._replace(body=answer.body[: len(answer.body) // 2]))


def html(exchange: Exchange) -> None:
    exchange.send(Answer(200, [("Content-Type", "text/html")], HTML))


def refused(exchange: Exchange) -> None:
    """The request is lost, and no connections are taken after it."""
    exchange.server.refuse()
    exchange.reset()


def refused_for_a_moment(exchange: Exchange) -> None:
    exchange.server.refuse_for_a_moment()
    exchange.reset()


CONNECTION: dict[str, Spoil] = {
    "refused": refused,
    "reset before it is heard": unheard,
    "reset after it is done": answer_lost,
    "reset in the body": reset_in_body,
    "short body": short_body,
}
SLOW: dict[str, Spoil] = {
    "stall": stall,
    "stall in the body": stall_in_body,
    "429, Retry-After 1": status(429, Retry_After="1"),
}
ANSWERS: dict[str, Spoil] = {
    "401": status(401),
    "429": status(429),
    "429, Retry-After 0": status(429, Retry_After="0"),
    "500": status(500),
    "502": status(502),
    "503": status(503),
    "truncated JSON": truncated_json,
    "HTML with 200": html,
}
KINDS = CONNECTION | SLOW | ANSWERS
# What is done in place of a kind where it is to pass.
PASSING = {"refused": refused_for_a_moment}


def spoil_of(kind: str, extent: Extent) -> Spoil:
    return PASSING.get(kind, KINDS[kind]) if extent == "once" else KINDS[kind]


class Injection:
    """Spoils the exchange at `position` (the first is 1), and those after it by the extent."""

    def __init__(self, spoil: Spoil, position: int, extent: Extent) -> None:
        self.struck: Exchange | None = None  # the one at the position
        self.count = 0  # how many were spoiled
        self._spoil = spoil
        self._position = position
        self._extent = extent
        self._seen = 0
        self._lock = threading.Lock()

    def __call__(self, exchange: Exchange) -> None:
        with self._lock:
            spoiled = self._is_meant(exchange)
            self.count += spoiled
        (self._spoil if spoiled else serve)(exchange)

    def _is_meant(self, exchange: Exchange) -> bool:
        self._seen += 1
        if self._seen == self._position:
            self.struck = exchange
        if self.struck is None or self._extent == "once":
            return exchange is self.struck
        address = (exchange.method, exchange.path)
        return self._extent == "lasting" or address == (self.struck.method, self.struck.path)
