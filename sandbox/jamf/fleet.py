"""The devices of one kind: which ids there are, which of them misbehave, and their records."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import tzinfo
from typing import Any

from sandbox.jamf.groups import Group
from sandbox.people import Person, people

Record = dict[str, Any]


class Fleet:
    """Devices 1 to `count`; the record of each is made when it is asked for.

    A test changes, before or during a run: `ids` (what the listing names, in its order) and the
    sets of ids `vanished` (listed, but its detail answers 404), `broken` (its detail always
    answers 500 with HTML), `forbidden` (of another site: its detail answers 401 with the record).
    """

    def __init__(
        self,
        count: int,
        make: Callable[[int, Person, tzinfo], Record],
        groups: Sequence[Group],
        zone: tzinfo,
    ) -> None:
        self.ids = list(range(1, count + 1))
        self.groups = tuple(groups)
        self.vanished: set[int] = set()
        self.broken: set[int] = set()
        self.forbidden: set[int] = set()
        self._make = make
        self._zone = zone
        self._owners = list(people(count))

    def record(self, device_id: int) -> Record:
        """Return the sections of device `device_id`, one of 1 to `count`."""
        return self._make(device_id, self._owners[device_id - 1], self._zone)

    def has(self, device_id: int) -> bool:
        return device_id in self.ids and device_id not in self.vanished

    def readable(self) -> list[int]:
        """Return the ids that are still there and of the account's own site."""
        return [n for n in self.ids if n not in self.vanished and n not in self.forbidden]
