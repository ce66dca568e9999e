"""The sample groups of devices, with the names that get in the way of a careless client."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Group:
    """A smart or static group that holds every `every`-th device (0: none at all)."""

    id: int
    name: str
    is_smart: bool
    every: int

    def holds(self, device_id: int) -> bool:
        return self.every > 0 and device_id % self.every == 0


COMPUTER_GROUPS = (
    Group(1, "All Managed Clients", is_smart=True, every=1),
    Group(2, "Lab Macs", is_smart=False, every=10),
    Group(3, "Sales/Finance", is_smart=True, every=5),
    Group(4, "Büro Zürich", is_smart=True, every=7),
    Group(5, "Retired", is_smart=False, every=0),
)
MOBILE_DEVICE_GROUPS = (
    Group(1, "All Managed iPads", is_smart=True, every=2),
    Group(2, "Loan Pool", is_smart=False, every=6),
    Group(3, "iOS/iPadOS", is_smart=True, every=1),
    Group(4, "Empfang Köln", is_smart=False, every=9),
    Group(5, "Kiosks", is_smart=False, every=0),
)
