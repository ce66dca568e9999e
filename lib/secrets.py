"""Keep passwords and tokens out of everything that is printed, logged or saved.

Whoever learns a secret (the reader of the ini, a sign-in) calls `remember`; whatever leaves the
program as text passes `redact`. The memory belongs to the process and is never written anywhere.
"""

from __future__ import annotations

import base64
import html
import json
import re
import threading
from typing import Any
from urllib.parse import quote, quote_plus

MASK = "********"

_known: set[str] = set()
_lock = threading.Lock()
_pattern: re.Pattern[str] | None = None


def remember(*secrets: str) -> None:
    """Add secrets, together with the forms that they take in JSON, in Python and in URLs."""
    global _pattern
    with _lock:
        _known.update(form for secret in filter(None, secrets) for form in _forms(secret))
        _pattern = re.compile("|".join(map(_as_pattern, sorted(_known, key=len, reverse=True))))


def _forms(secret: str) -> set[str]:
    for_json = {json.dumps(secret, ensure_ascii=ascii_)[1:-1] for ascii_ in (True, False)}
    for_html = {html.escape(secret), html.escape(secret, quote=False), secret.replace("/", "\\/")}
    for_url = {quote(secret, safe=""), quote_plus(secret)}
    return {secret, repr(secret)[1:-1], *for_url, *for_json, *for_html}


def remember_login(username: str, password: str) -> None:
    """Add a password, together with what HTTP Basic makes of it."""
    if password:
        remember(password, base64.b64encode(f"{username}:{password}".encode()).decode())


def redact(text: str) -> str:
    """The text with each remembered secret masked."""
    return _pattern.sub(MASK, text) if _pattern and _known else text


def redact_data(value: Any) -> Any:
    """The same for all strings inside lists and dicts."""
    match value:
        case str():
            return redact(value)
        case dict():
            return {key: redact_data(item) for key, item in value.items()}
        case list():
            return [redact_data(item) for item in value]
    return value


def forget_all() -> None:
    """Start anew (tests)."""
    global _pattern
    _known.clear()
    _pattern = None


def _as_pattern(secret: str) -> str:
    # A very short one is masked only where it stands alone: it would turn text into noise.
    escaped = re.escape(secret)
    return rf"(?<!\w){escaped}(?!\w)" if len(secret) < 4 else escaped
