"""How requests are signed: with Basic, or with a bearer token that was given out before."""

from __future__ import annotations

import time
from typing import Generic, TypeVar

from flask import request

Holder = TypeVar("Holder")


def basic_login() -> tuple[str | None, str | None] | None:
    """User and password of the request, if it is signed with Basic."""
    login = request.authorization
    return (login.username, login.password) if login and login.type == "basic" else None


def is_bearer() -> bool:
    """Whether the request is signed with a token, valid or not."""
    return request.authorization is not None and request.authorization.type == "bearer"


class BearerTokens(Generic[Holder]):
    """The tokens that were given out: to whom each, and until when it is good."""

    def __init__(self) -> None:
        self._given: dict[str, tuple[Holder, float]] = {}

    def give(self, token: str, holder: Holder, lifetime: float) -> float:
        """Let a token be good for so many seconds; returns its end in seconds since 1970."""
        ends = time.time() + lifetime
        self._given[token] = (holder, ends)
        return ends

    def holder(self) -> Holder | None:
        """Whose token the request is signed with, if with one that is good."""
        held = self._given.get(_token())
        return held[0] if held and held[1] > time.time() else None

    def forget(self) -> None:
        """Make the token of the request worthless."""
        self._given.pop(_token(), None)

    def clear(self) -> None:
        """Make every token given out so far worthless."""
        self._given.clear()


def _token() -> str:
    return (request.authorization.token or "") if request.authorization and is_bearer() else ""
