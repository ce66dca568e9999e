"""What an account at Jasper is and holds, as its SOAP and its REST API read it."""

from __future__ import annotations

import threading
import time

from sandbox.jasper.sims import Sims


class State:
    """An account at Jasper without its addresses.

    Switches, to be set before or during a run:
        sims: the SIMs, and what is wrong with some.
        username, password, license_key (SOAP) and api_key (REST): what is let in.
        may_read: whether the user has the rights to read SIMs.
        in_pages: whether the SOAP list comes in pages, as it does since about 2018.
        knows_till: whether the REST list takes modifiedTill (and then spans a year without it).
        only_last_year: whether the REST list refuses to begin more than a year ago.
        calls_per_second: the limit of calls; None is no limit.
        refusals: codes with which the next calls are refused, whatever they ask for.
    """

    def __init__(
        self,
        sims: int = 120,
        *,
        username: str = "oomnitza",
        password: str = "a sandbox password",
        license_key: str = "4f1c2d3e-sandbox-licence",
        api_key: str = "9b8a7c6d-sandbox-api-key",
    ) -> None:
        self.sims = Sims(sims)
        self.username, self.password = username, password
        self.license_key, self.api_key = license_key, api_key
        self.may_read = True
        self.in_pages = True
        self.knows_till = True
        self.only_last_year = False
        self.calls_per_second: int | None = None
        self.refusals: list[str] = []
        self._recent: list[float] = []
        self._lock = threading.Lock()

    def refusal(self, over_limit: str) -> str:
        """Count a call; the code with which it is refused, if any."""
        with self._lock:
            if self.refusals:
                return self.refusals.pop(0)
            now = time.monotonic()
            self._recent = [at for at in self._recent if now - at < 1]
            if self.calls_per_second is None or len(self._recent) < self.calls_per_second:
                self._recent.append(now)
                return ""
            return over_limit
