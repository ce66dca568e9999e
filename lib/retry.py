"""Retries with backoff for calls over a network, bounded for each call and for each run.

HTTP requests (`lib.http.client`), databases (`lib.odbc`), and directories (`lib.ldap`) all use it.
`retries` limits the repeats of one call, and `retry_ceiling` those of a whole run, whatever the
cause: an unreachable or busy server, an incomplete response, an expired token. After a signal,
nothing is retried, and a pause ends.
"""

from __future__ import annotations

import logging
import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TypeVar

from lib import interruption
from lib.errors import ConnectorError
from lib.interruption import pause

log = logging.getLogger(__name__)
T = TypeVar("T")

UNLIMITED = 10**9
# In seconds: the first pause, the longest backoff, the most that jitter adds, and the longest pause
# that a server may ask for.
FIRST_PAUSE = 1.0
LONGEST_BACKOFF = 60
JITTER = 0.5
LONGEST_PAUSE = 300


@dataclass(frozen=True)
class RetryPolicy:
    """How often, and after which pauses, one kind of failure is retried.

    Args:
        max_retries: How often a call is repeated after this kind of failure.
        factor: Each pause is so many times as long as the one before.
        immediate_first: The first retry is made without a pause.
        jitter: Add up to JITTER seconds at random to each pause.
        level: The log level of a retry.
    """

    max_retries: int = UNLIMITED
    factor: int = 2
    immediate_first: bool = False
    jitter: bool = False
    level: int = logging.INFO

    def pause(self, retry: int) -> float:
        """Return the seconds to wait before a retry; 1 is the first one."""
        step = retry - self.immediate_first
        if not step:
            return 0.0
        times: int = min(self.factor ** (step - 1), LONGEST_BACKOFF)
        added = random.uniform(0, JITTER) if self.jitter else 0.0  # noqa: S311
        return min(FIRST_PAUSE * times + added, LONGEST_BACKOFF)


# A service that says that it cannot answer now.
BACKOFF = RetryPolicy()
# A request on a kept connection that was lost meanwhile, or to an overloaded server.
IMMEDIATE = RetryPolicy(immediate_first=True, jitter=True)
# A server that cannot be reached, where each attempt may take as long as a timeout.
UNREACHABLE = RetryPolicy(max_retries=3)
UNREACHABLE_IMMEDIATE = RetryPolicy(max_retries=3, immediate_first=True, jitter=True)
# A response that is incomplete or invalid.
BROKEN_RESPONSE = RetryPolicy(max_retries=2, factor=4, level=logging.WARNING)


class RetryBudget:
    """The number of retries that one run may make on all of its connections; thread-safe."""

    def __init__(self, ceiling: int) -> None:
        self.used = 0
        self._ceiling = ceiling
        self._exhaustion_logged = False
        self._lock = threading.Lock()

    def take(self) -> bool:
        """Take one retry from the budget; return False if none is left (logged once)."""
        with self._lock:
            if self.used < self._ceiling:
                self.used += 1
                return True
            logged, self._exhaustion_logged = self._exhaustion_logged, True
        if not logged:
            log.warning("retry limit reached (retry_ceiling); this run does not retry any more")
        return False

    def count(self, repeats: int = 1) -> None:
        """Count retries without asking whether any are left; -1 takes back one not made."""
        with self._lock:
            self.used += repeats


_budget: ContextVar[RetryBudget | None] = ContextVar("retry_budget", default=None)


@contextmanager
def retry_budget(ceiling: int) -> Iterator[RetryBudget]:
    """Give all `Retry` objects that are created within the block one common budget."""
    budget = RetryBudget(ceiling)
    token = _budget.set(budget)
    try:
        yield budget
    finally:
        _budget.reset(token)


class Retry:
    """Repeats failed calls, each at most `retries` times; thread-safe.

    Uses the budget of the `retry_budget` block in which it is created.
    """

    def __init__(self, retries: int) -> None:
        self.retries = retries
        self.budget = _budget.get() or RetryBudget(UNLIMITED)

    def call(self, call: Callable[[], T], policy: RetryPolicy = BACKOFF) -> T:
        """Return the result of a call, which is repeated while it raises a transient error.

        The call must not retry by itself: the numbers would be multiplied.
        """
        attempts = self.attempts()
        while True:
            try:
                return call()
            except ConnectorError as error:
                if not attempts.another(error, policy):
                    raise

    def attempts(self) -> Attempts:
        """Return the attempts at one call, each failure of which can have a policy of its own."""
        return Attempts(self)


class Attempts:
    """The attempts at one call, counted by the policies of their failures."""

    def __init__(self, retry: Retry) -> None:
        self._retry = retry
        self._made: Counter[RetryPolicy] = Counter()

    def another(self, error: ConnectorError, policy: RetryPolicy = BACKOFF) -> bool:
        """Return whether to try again after this error, once the pause before that is over.

        The pause is as long as the server asks, at most LONGEST_PAUSE. If even the pauses of all
        remaining retries are shorter than what the server asks, there is no retry.
        """
        left = self._left(policy)
        asked = error.retry_after or 0.0
        if not error.transient or left <= 0 or asked > LONGEST_PAUSE * left:
            return False
        if interruption.requested() or not self._retry.budget.take():
            return False
        self._made[policy] += 1
        seconds = min(asked or policy.pause(self._made.total()), LONGEST_PAUSE)
        after = f" in {seconds:.0f} s" if seconds else ""
        log.log(policy.level, "%s: %s; retrying%s", error.where, error.what, after)
        pause(seconds)
        if interruption.requested():
            self._retry.budget.count(-1)
            return False
        return True

    def _left(self, policy: RetryPolicy) -> int:
        of_call = self._retry.retries - self._made.total()
        return min(of_call, policy.max_retries - self._made[policy])
