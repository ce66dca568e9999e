"""Mask passwords and tokens in everything that is printed, logged, or saved.

Whoever learns a secret (the reader of the ini, a sign-in) calls `remember`; whatever leaves the
program as text passes `redact`. Both use the Redactor of whoever calls, which `apart` gives to a
command for its length, so that several in one process keep their secrets apart. Pools of threads
hand it on, by `contextvars.copy_context`.

A thread to which none was handed on, such as a library's own, is on the safe side: what it learns
is masked for all, and in its texts the secrets of all are masked. Nothing is ever written anywhere.
"""

from __future__ import annotations

import base64
import html
import json
import re
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any
from urllib.parse import quote, quote_plus
from weakref import WeakSet

MASK = "********"

_lock = threading.Lock()
_changes = 0  # how often anything was remembered or forgotten, by anybody


class Redactor:
    """The secrets of one run, and those that all runs share."""

    def __init__(self) -> None:
        self._forms: set[str] = set()
        self._compiled: tuple[int, re.Pattern[str] | None] = (-1, None)
        with _lock:
            _living.add(self)

    def remember(self, *secrets: str) -> None:
        """Add secrets, including the forms that they take in JSON, Python, and URLs."""
        global _changes
        with _lock:
            self._forms.update(form for secret in filter(None, secrets) for form in _forms(secret))
            _changes += 1

    def remember_login(self, username: str, password: str) -> None:
        """Add a password, including its form in HTTP Basic authentication."""
        if password:
            basic = base64.b64encode(f"{username}:{password}".encode()).decode()
            self.remember(password, basic)

    def redact(self, text: str) -> str:
        """Return the text with all secrets masked."""
        pattern = self._pattern()
        return pattern.sub(MASK, text) if pattern else text

    def redact_data(self, value: Any) -> Any:
        """Return a value with all secrets masked in the strings of its lists and dicts."""
        match value:
            case str():
                return self.redact(value)
            case dict():
                return {key: self.redact_data(item) for key, item in value.items()}
            case list():
                return [self.redact_data(item) for item in value]
        return value

    def _pattern(self) -> re.Pattern[str] | None:
        changes, pattern = self._compiled
        if changes != _changes:
            with _lock:
                pattern = _as_pattern(set().union(*(each._forms for each in self._masked())))
                self._compiled = (_changes, pattern)
        return pattern

    def _masked(self) -> Iterable[Redactor]:
        """Those whose secrets are masked here."""
        return (self, _everybody)


class _Everybody(Redactor):
    """That of those who have none: knows the secrets of all, and lets all know its own."""

    def _masked(self) -> Iterable[Redactor]:
        return _living


_living: WeakSet[Redactor] = WeakSet()
_everybody = _Everybody()
_current: ContextVar[Redactor] = ContextVar("redactor", default=_everybody)


@contextmanager
def apart() -> Iterator[Redactor]:
    """Use a new redactor within the block, and in threads that get its context."""
    redactor = Redactor()
    token = _current.set(redactor)
    try:
        yield redactor
    finally:
        _current.reset(token)


def remember(*secrets: str) -> None:
    """Add secrets to the current redactor."""
    _current.get().remember(*secrets)


def remember_login(username: str, password: str) -> None:
    """Add a password, including its form in HTTP Basic authentication."""
    _current.get().remember_login(username, password)


def redact(text: str) -> str:
    """Return the text with the secrets of the current redactor masked."""
    return _current.get().redact(text)


def redact_data(value: Any) -> Any:
    """Return a value with all secrets masked in the strings of its lists and dicts."""
    return _current.get().redact_data(value)


def forget_all() -> None:
    """Forget all secrets (for tests)."""
    global _changes
    with _lock:
        for redactor in _living:
            redactor._forms.clear()
        _changes += 1


def _forms(secret: str) -> set[str]:
    for_json = {json.dumps(secret, ensure_ascii=ascii_)[1:-1] for ascii_ in (True, False)}
    for_html = {html.escape(secret), html.escape(secret, quote=False), secret.replace("/", "\\/")}
    for_url = {quote(secret, safe=""), quote_plus(secret)}
    return {secret, repr(secret)[1:-1], *for_url, *for_json, *for_html}


def _as_pattern(forms: set[str]) -> re.Pattern[str] | None:
    """What finds any of them, the longest first: one may be a part of another."""
    return (
        re.compile("|".join(map(_found, sorted(forms, key=len, reverse=True)))) if forms else None
    )


def _found(form: str) -> str:
    # A very short one is masked only where it stands alone: it would turn text into noise.
    escaped = re.escape(form)
    return rf"(?<!\w){escaped}(?!\w)" if len(form) < 4 else escaped
