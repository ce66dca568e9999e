"""The SIMs of the sandbox's account, and what can go wrong with one of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sandbox.people import Person, people

ACCOUNT_ID = 100020620
STATUSES = (
    "ACTIVATED",
    "ACTIVATED",
    "ACTIVATED",
    "DEACTIVATED",
    "INVENTORY",
    "TEST_READY",
    "ACTIVATION_READY",
    "RETIRED",
)
RATE_PLANS = ("Fleet 10 MB", "Données illimitées", "物联网 5元套餐", "M2M <basic> & more")
# From then on a SIM was modified every 37 minutes.
FIRST_MODIFIED = datetime(2024, 1, 15, 8, 0, 0, 678000, tzinfo=UTC)


@dataclass
class Sim:
    """One SIM card, in the words of the REST API; texts may be empty, some dates missing."""

    number: int
    owner: Person
    modified: datetime

    def __post_init__(self) -> None:
        number = self.number
        self.iccid = f"8944500{number:013d}"
        self.imsi = f"901161{number:09d}"
        self.msisdn = f"88235{number:010d}"
        self.status = STATUSES[number % len(STATUSES)]
        self.in_use = self.status in ("ACTIVATED", "DEACTIVATED", "RETIRED")
        # Some modems report an IMEISV, which has 16 digits.
        self.imei = f"35{number:013d}" + ("01" if number % 9 == 0 else "") if self.in_use else ""
        self.rate_plan = RATE_PLANS[number % len(RATE_PLANS)]
        self.customer = "Quill & Sons" if number % 3 == 0 else ""
        self.device_id = f"{self.owner.login}-{number}" if self.in_use else ""
        self.ip = f"10.20.{number // 250}.{number % 250 + 1}" if number % 4 == 0 else ""
        self.custom = [self.owner.full_name, self.owner.department, *[""] * 8]
        self.added = datetime(2019, 3, 1, 12, tzinfo=UTC) + timedelta(hours=number)
        self.shipped = self.added + timedelta(days=3)
        self.activated = self.added + timedelta(days=30) if self.in_use else None
        self.bytes_used = number * 4096 if self.in_use else 0
        self.sessions = number % 7 if self.in_use else None


class Sims:
    """An account's SIMs.

    A test changes, before or during a run: `all` (in no order) and the sets of ICCIDs `vanished`
    (in lists, but no longer there), `foreign` (moved to another account after the list was made)
    and `spoiled` (the service fails when it is to tell about them).
    """

    def __init__(self, count: int) -> None:
        self.all = [
            Sim(owner.number, owner, FIRST_MODIFIED + timedelta(minutes=37 * owner.number))
            for owner in people(count)
        ]
        self.vanished: set[str] = set()
        self.foreign: set[str] = set()
        self.spoiled: set[str] = set()

    def modify(self, iccid: str, moment: datetime | None = None) -> None:
        """Let a SIM be modified, now or at that moment."""
        self[iccid].modified = moment or datetime.now(UTC)

    def modified(
        self, since: datetime | None, till: datetime | None = None, status: str = ""
    ) -> list[Sim]:
        """Those modified after `since`, the oldest modification first."""
        return sorted(self._modified(since, till, status), key=lambda sim: sim.modified)

    def __getitem__(self, iccid: str) -> Sim:
        return next(sim for sim in self.all if sim.iccid == iccid)

    def has(self, iccid: str) -> bool:
        there = any(sim.iccid == iccid for sim in self.all)
        return there and iccid not in self.vanished

    def _modified(
        self, since: datetime | None, till: datetime | None, status: str
    ) -> Iterator[Sim]:
        for sim in self.all:
            late_enough = since is None or sim.modified > since
            early_enough = till is None or sim.modified <= till
            if late_enough and early_enough and status in ("", sim.status):
                yield sim
