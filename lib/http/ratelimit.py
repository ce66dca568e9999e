"""How long a server wants to be left alone, as it says in the headers of its answers.

Beside the standard Retry-After, services tell when their quota is filled again: X-Rate-Limit-Reset
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


class Turn:
    """Whose turn it is: waits until a quota that was used up is filled again; threads share it."""

    def __init__(self) -> None:
        self._quiet_until = 0.0
        self._lock = threading.Lock()

    def wait(self) -> None:
        """Return when the next request may be sent, or a signal has come."""
        interruption.pause(self._quiet_until - time.monotonic())

    def heed(self, headers: Mapping[str, str]) -> None:
        """Take note of an answer; one that comes late shortens no pause that another asked for."""
        if seconds := pause_before_next(headers):
            with self._lock:
                self._quiet_until = max(self._quiet_until, time.monotonic() + seconds)


def seconds_to_reset(headers: Mapping[str, str]) -> float | None:
    """Seconds until the quota is filled again, by the server's own clock, where it tells."""
    reset = _number(headers, RESET_HEADERS)
    if reset is None:
        return None
    if reset < LONGEST_WINDOW:
        return reset
    # The server's clock has no fractions: a second more, lest the quota is not there yet.
    return max(0.0, reset - _now(headers) + 1)


def pause_before_next(headers: Mapping[str, str]) -> float:
    """Seconds to wait before another request, since this one was the last of the quota.

    0 where that would be too long, as at the end of a day's quota: the server then says so.
    """
    if _number(headers, REMAINING_HEADERS) != 0:
        return 0.0
    pause = seconds_to_reset(headers) or 0.0
    return pause if pause <= LONGEST_PAUSE else 0.0


def asked_pause(response: requests.Response) -> float | None:
    """Seconds that an answer asks to wait before the same request; None where it does not say.

    That is its Retry-After, and after too many requests (429) the reset of the quota.
    """
    asked = _retry_after(response.headers)
    if asked is None and response.status_code == requests.codes.too_many_requests:
        return seconds_to_reset(response.headers)
    return asked


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds, fractions too, or a date (RFC 9110, section 10.2.3); None for anything else."""
    seconds = _number(headers, ("Retry-After",))
    if seconds is not None:
        return seconds if seconds >= 0 else None
    try:
        until = parsedate_to_datetime(headers["Retry-After"]).timestamp()
    except (KeyError, ValueError, OverflowError):
        return None
    return max(0.0, until - _now(headers))


def _now(headers: Mapping[str, str]) -> float:
    """Seconds since 1970 by the server's clock, by ours where it does not tell."""
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
