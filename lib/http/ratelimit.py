"""Rate limits: how long a server asks to wait, in the headers of its responses.

Next to the standard Retry-After, services tell when their quota is filled again: X-Rate-Limit-Reset
(Okta) and X-RateLimit-Reset (OneLogin, Workspace ONE) or RateLimit-Reset (Zendesk), some as seconds
from now, some as seconds since 1970, and how many requests are left until then.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

import requests

from lib import interruption
from lib.retry import LONGEST_PAUSE

RESET_HEADERS = ("X-Rate-Limit-Reset", "X-RateLimit-Reset", "RateLimit-Reset")
REMAINING_HEADERS = ("X-Rate-Limit-Remaining", "X-RateLimit-Remaining", "RateLimit-Remaining")
# A reset in more seconds than these is a date.
LONGEST_WINDOW = 10_000_000


class RateLimiter:
    """Delays requests while the quota of a server is used up; thread-safe."""

    def __init__(self) -> None:
        self._quiet_until = 0.0
        self._lock = threading.Lock()

    def wait(self) -> None:
        """Wait until the next request may be sent, or a signal arrives."""
        interruption.pause(self._quiet_until - time.monotonic())

    def update(self, headers: Mapping[str, str]) -> None:
        """Read the quota in the headers of a response; a late one never shortens a pause."""
        if seconds := pause_before_next(headers):
            with self._lock:
                self._quiet_until = max(self._quiet_until, time.monotonic() + seconds)


def seconds_to_reset(headers: Mapping[str, str]) -> float | None:
    """Return seconds until the quota is filled again, by the server's clock; None if unknown."""
    reset = _number(headers, RESET_HEADERS)
    if reset is None:
        return None
    if reset < LONGEST_WINDOW:
        return max(0.0, reset)
    # The server's clock has no fractions: a second more, lest the quota is not there yet.
    return max(0.0, reset - _now(headers) + 1)


def pause_before_next(headers: Mapping[str, str]) -> float:
    """Return the seconds to wait before the next request, if the quota is used up; otherwise 0.

    Also 0 if the wait would be longer than LONGEST_PAUSE, as with a quota per day: the server then
    refuses the next request with a reason.
    """
    if _number(headers, REMAINING_HEADERS) != 0:
        return 0.0
    pause = seconds_to_reset(headers) or 0.0
    return pause if pause <= LONGEST_PAUSE else 0.0


def asked_pause(response: requests.Response) -> float | None:
    """Return the seconds that a response asks to wait before a retry; None if it does not say.

    They are those in Retry-After or, after too many requests (429), until the quota is reset.
    """
    asked = _retry_after(response.headers)
    if asked is None and response.status_code == requests.codes.too_many_requests:
        return seconds_to_reset(response.headers)
    return asked


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds of Retry-After, a number or a date (RFC 9110, section 10.2.3)."""
    seconds = _number(headers, ("Retry-After",))
    if seconds is not None:
        return seconds if seconds >= 0 else None
    try:
        until = parsedate_to_datetime(headers["Retry-After"]).timestamp()
    except (KeyError, ValueError, OverflowError):
        return None
    return max(0.0, until - _now(headers))


def _now(headers: Mapping[str, str]) -> float:
    """Return the seconds since 1970 by the server's clock, or by ours if it does not tell."""
    try:
        return parsedate_to_datetime(headers["Date"]).timestamp()
    except (KeyError, ValueError, OverflowError):
        return time.time()


def _number(headers: Mapping[str, str], names: tuple[str, ...]) -> float | None:
    for name in names:
        try:
            number = float(headers[name])
        except (KeyError, ValueError):
            continue
        if math.isfinite(number):
            return number
    return None
