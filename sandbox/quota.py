"""How many requests a vendor answers in a while."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class Quota:
    """Requests in a window of so many seconds, which begins with the first one after the last.

    `used` are those of the window that `ends` then, in seconds since 1970 by the clock `now`.
    """

    def __init__(self, seconds: float, now: Callable[[], float] = time.time) -> None:
        self.used = 0
        self.ends = 0.0
        self._seconds = seconds
        self._now = now
        self._lock = threading.Lock()

    def take(self, limit: int) -> bool:
        """Count one more request, unless so many were counted already: then it is refused."""
        with self._lock:
            if self._now() >= self.ends:
                self.used, self.ends = 0, self._now() + self._seconds
            if self.used >= limit:
                return False
            self.used += 1
            return True

    def left(self, limit: int) -> int:
        return max(0, limit - self.used)

    def refill(self) -> None:
        """Begin another window with the next request."""
        with self._lock:
            self.ends = self._now()
