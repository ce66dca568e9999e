"""How long a server wants to be left alone, as it says in the headers of its answers.

Beside the standard Retry-After, services tell when their quota is filled again: X-Rate-Limit-Reset
(Okta) and X-RateLimit-Reset (OneLogin, Workspace ONE) or RateLimit-Reset (Zendesk), some as seconds
from now, some as seconds since 1970, and how many requests are left until then.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from email.utils import parsedate_to_datetime
from typing import Any, Self

from urllib3 import BaseHTTPResponse
from urllib3.exceptions import InvalidHeader, MaxRetryError, SSLError
from urllib3.util import Retry

from lib import interruption
from lib.interruption import pause

log = logging.getLogger(__name__)

# The longest that one request waits for its turn, in seconds.
LONGEST_PAUSE = 300
RESET_HEADERS = ("X-Rate-Limit-Reset", "X-RateLimit-Reset", "RateLimit-Reset")
REMAINING_HEADERS = ("X-Rate-Limit-Remaining", "X-RateLimit-Remaining", "RateLimit-Remaining")
# Where no run sets a ceiling.
UNLIMITED = 10**9
# A reset in more seconds than these is a date.
LONGEST_WINDOW = 10_000_000


def seconds_to_reset(headers: Mapping[str, str]) -> float | None:
    """Seconds until the quota is filled again, by the server's own clock, where it tells."""
    reset = _number(headers, RESET_HEADERS)
    if reset is None:
        return None
    if reset < LONGEST_WINDOW:
        return reset
    try:
        now = parsedate_to_datetime(headers["Date"]).timestamp()
    except (KeyError, ValueError):
        now = time.time()
    # The server's clock has no fractions: a second more, lest the quota is not there yet.
    return max(0.0, reset - now + 1)


def pause_before_next(headers: Mapping[str, str]) -> float:
    """Seconds to wait before another request, since this one was the last of the quota.

    0 where that would be too long, as at the end of a day's quota: the server then says so.
    """
    if _number(headers, REMAINING_HEADERS) != 0:
        return 0.0
    pause = seconds_to_reset(headers) or 0.0
    return pause if pause <= LONGEST_PAUSE else 0.0


class RetryBudget:
    """How many requests one run may repeat, all of its connections together; threads share it."""

    def __init__(self, ceiling: int) -> None:
        self.used = 0
        self._ceiling = ceiling
        self._lock = threading.Lock()

    def take(self) -> bool:
        """Take one from what is left; False if there is nothing."""
        with self._lock:
            if self.used >= self._ceiling:
                return False
            self.used += 1
            return True


_budget: ContextVar[RetryBudget | None] = ContextVar("retry_budget", default=None)


@contextmanager
def retry_budget(ceiling: int) -> Iterator[RetryBudget]:
    """Give the sessions that are made within the block a budget in common."""
    budget = RetryBudget(ceiling)
    token = _budget.set(budget)
    try:
        yield budget
    finally:
        _budget.reset(token)


class PatientRetry(Retry):
    """Waits for the reset of the quota where there is no Retry-After, and logs what is repeated."""

    def __init__(self, *args: Any, budget: RetryBudget | None = None, **how: Any) -> None:
        super().__init__(*args, **how)
        self._run_budget = budget or _budget.get() or RetryBudget(UNLIMITED)

    def new(self, **changed: Any) -> Self:
        """A copy with changes; the budget is that of the run."""
        return super().new(budget=self._run_budget, **changed)

    def increment(
        self,
        method: str | None = None,
        url: str | None = None,
        response: BaseHTTPResponse | None = None,
        error: Exception | None = None,
        *more: Any,
        **how: Any,
    ) -> Self:
        """What is left after an attempt that failed; raises when that is nothing.

        Nothing is left, either, when all tries together would not outwait what the server asks,
        when no secure connection can be made, and when the program has been told to stop.
        """
        if isinstance(error, SSLError) or interruption.requested():
            raise MaxRetryError(how.get("_pool"), url or "", error)  # type: ignore[arg-type]
        asked = None if response is None else self._asked(response)
        if asked is not None and self.total is not None and asked > LONGEST_PAUSE * self.total:
            raise MaxRetryError(how.get("_pool"), url or "", error)  # type: ignore[arg-type]
        left = super().increment(method, url, response, error, *more, **how)
        if not self._run_budget.take():
            log.warning("this run has repeated too many requests; it repeats no more")
            raise MaxRetryError(how.get("_pool"), url or "", error)  # type: ignore[arg-type]
        why = error if response is None else f"the server answered {response.status}"
        log.info("%s %s: %s; trying again", method, (url or "").split("?")[0], why)
        return left

    def sleep(self, response: BaseHTTPResponse | None = None) -> None:
        """As any Retry's, but not beyond a signal."""
        asked = None if response is None else self.get_retry_after(response)
        pause(asked or self.get_backoff_time())

    def get_retry_after(self, response: BaseHTTPResponse) -> float | None:
        asked = self._asked(response)
        return None if asked is None else min(asked, LONGEST_PAUSE)

    def _asked(self, response: BaseHTTPResponse) -> float | None:
        try:
            asked = super().get_retry_after(response)
        except InvalidHeader:  # a fraction, or no number at all
            told = _number(response.headers, ("Retry-After",))
            asked = told if told is not None and told >= 0 else None
        if asked is None and response.status == 429:
            asked = seconds_to_reset(response.headers)
        return asked


def _number(headers: Mapping[str, Any], names: tuple[str, ...]) -> float | None:
    for name in names:
        try:
            return float(headers[name])
        except (KeyError, ValueError):
            continue
    return None
