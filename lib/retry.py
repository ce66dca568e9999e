"""The one retry: how often a call that failed for now is made again, after which pause.

Everything that asks over a network uses it: requests (`lib.http.client`), databases (`lib.odbc`),
directories (`lib.ldap`). Two numbers bound it. `retries` is how often one call is repeated, and
`retry_ceiling` how often the calls of a whole run are, whatever the cause: a connection that cannot
be made, a server that is busy, an answer that broke off, a token that has ended. After a signal
nothing is repeated any more, and a pause ends.
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

# Where nothing sets a bound.
UNLIMITED = 10**9
# In seconds: the first pause, the longest of our own choice, what chance adds at most, and the
# longest that a server may ask for.
FIRST_PAUSE = 1.0
LONGEST_BACKOFF = 60
JITTER = 0.5
LONGEST_PAUSE = 300


@dataclass(frozen=True)
class Patience:
    """How one kind of failure is put up with.

    `most` is how often it is tried again, `factor` by how much each pause is longer than the one
    before; `at_once` leaves the first pause out; with `jitter`, chance adds up to JITTER. `level`
    is that of the log.
    """

    most: int = UNLIMITED
    factor: int = 2
    at_once: bool = False
    jitter: bool = False
    level: int = logging.INFO

    def pause(self, repeat: int) -> float:
        """Seconds before this repeat of a call; 1 is the first."""
        step = repeat - self.at_once
        if not step:
            return 0.0
        times: int = min(self.factor ** (step - 1), LONGEST_BACKOFF)
        chance = random.uniform(0, JITTER) if self.jitter else 0.0  # noqa: S311
        return min(FIRST_PAUSE * times + chance, LONGEST_BACKOFF)


# A service that says that it cannot answer now.
STEADY = Patience()
# A request that met a lost connection, as kept ones are, or an overloaded server.
PROMPT = Patience(at_once=True, jitter=True)
# A server that cannot be reached, where each try may take as long as a time-out.
UNREACHED = Patience(most=3)
UNREACHED_PROMPT = Patience(most=3, at_once=True, jitter=True)
# An answer that was cut short, or is not what it has to be.
BROKEN = Patience(most=2, factor=4, level=logging.WARNING)


class RetryBudget:
    """How many calls one run may repeat, all of its connections together; threads share it."""

    def __init__(self, ceiling: int) -> None:
        self.used = 0
        self._ceiling = ceiling
        self._told = False
        self._lock = threading.Lock()

    def take(self) -> bool:
        """Take one from what is left; False if there is nothing, of which a log is told once."""
        with self._lock:
            if self.used < self._ceiling:
                self.used += 1
                return True
            told, self._told = self._told, True
        if not told:
            log.warning("this run has repeated too many requests; it repeats no more")
        return False

    def count(self, repeats: int = 1) -> None:
        """Count what is repeated beyond the ceiling, too; -1 takes back what was not repeated."""
        with self._lock:
            self.used += repeats


_budget: ContextVar[RetryBudget | None] = ContextVar("retry_budget", default=None)


@contextmanager
def retry_budget(ceiling: int) -> Iterator[RetryBudget]:
    """Give each Retry that is made within the block a budget in common."""
    budget = RetryBudget(ceiling)
    token = _budget.set(budget)
    try:
        yield budget
    finally:
        _budget.reset(token)


class Retry:
    """Makes calls again, each `retries` times at most; threads share it.

    The budget is that of the run in which it is made.
    """

    def __init__(self, retries: int) -> None:
        self.retries = retries
        self.budget = _budget.get() or RetryBudget(UNLIMITED)

    def call(self, call: Callable[[], T], patience: Patience = STEADY) -> T:
        """What the call gives; while it raises an error that is transient, it is made again.

        It must not retry by itself: the numbers would be multiplied.
        """
        attempts = self.attempts()
        while True:
            try:
                return call()
            except ConnectorError as error:
                if not attempts.another(error, patience):
                    raise

    def attempts(self) -> Attempts:
        """For one call, whose failures ask for different patience."""
        return Attempts(self)


class Attempts:
    """The attempts at one call."""

    def __init__(self, retry: Retry) -> None:
        self._retry = retry
        self._repeats: Counter[Patience] = Counter()

    def another(self, error: ConnectorError, patience: Patience = STEADY) -> bool:
        """Whether to try again after this error; if so, the pause before it is over.

        The pause is as long as the server asks, LONGEST_PAUSE at most. When not even all tries that
        are left would outwait what it asks, there is none.
        """
        left = self._left(patience)
        asked = error.retry_after or 0.0
        if not error.transient or left <= 0 or asked > LONGEST_PAUSE * left:
            return False
        if interruption.requested() or not self._retry.budget.take():
            return False
        self._repeats[patience] += 1
        seconds = min(asked or patience.pause(self._repeats.total()), LONGEST_PAUSE)
        after = f" in {seconds:.0f} s" if seconds else ""
        log.log(patience.level, "%s: %s; trying again%s", error.where, error.what, after)
        pause(seconds)
        if interruption.requested():
            self._retry.budget.count(-1)
            return False
        return True

    def _left(self, patience: Patience) -> int:
        return min(
            self._retry.retries - self._repeats.total(), patience.most - self._repeats[patience]
        )
