"""Jamf Pro's inventory records in the field names of the Classic API."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from operator import eq

from lib.connector import Projection
from lib.jamfpro import computers, mobiledevices
from lib.jamfpro.forms import ClassicField
from lib.record import Record
from lib.values.paths import steps

# The keys of a record that come with each section.
ALWAYS = {"id", "udid", "mobileDeviceId", "deviceType"}
# Sections that may have hundreds of entries for each device.
LONG_SECTIONS = {"APPLICATIONS", "CERTIFICATES", "PACKAGE_RECEIPTS", "SERVICES"}


@dataclass(frozen=True)
class Inventory:
    """One of the two listings of the Jamf Pro API, and what it has in the Classic API's names.

    Attributes:
        paths: its versions, the newest first.
        id_key: where a record has its id.
        options: what it is always asked for.
        groups: where the groups are listed.
        groups_filter: whether the listing can be asked for those in a group.
        places: the fields of which it has the id only, with what lists their names.
        never_null: the keys of what each device has, of whatever kind, if it is asked for.
        device: what the names of privileges call a device.
        fields: what it has.
        absent: what the Classic API has besides.
    """

    paths: tuple[str, ...]
    id_key: str
    groups: str
    groups_filter: bool
    options: Mapping[str, str]
    places: Mapping[str, str]
    never_null: tuple[str, ...]
    device: str
    fields: tuple[ClassicField, ...]
    absent: tuple[str, ...]


COMPUTERS = Inventory(
    # The older ones are deprecated: 1 since June, 2 since November 2025, 3 since July 2026.
    paths=tuple(f"/api/v{version}/computers-inventory" for version in (4, 3, 2, 1)),
    id_key="id",
    groups="/api/v1/computer-groups",
    groups_filter=False,
    options={},
    places={"location.department": "Departments", "location.building": "Buildings"},
    device="Computer",
    never_null=("general",),
    fields=computers.FIELDS,
    absent=computers.ABSENT,
)
MOBILE_DEVICES = Inventory(
    paths=("/api/v2/mobile-devices/detail",),
    id_key="mobileDeviceId",
    groups="/api/v1/mobile-device-groups",
    groups_filter=True,
    options={"exception-handling": "LENIENT"},  # one device with bad data fails no page; from 11.29
    places={},
    device="Mobile Device",
    # What only iOS has, such as security, is not among them.
    never_null=(
        "general",
        "hardware",
        "userAndLocation",
        "purchasing",
        "applications",
        "certificates",
        "profiles",
        "extensionAttributes",
    ),
    fields=mobiledevices.FIELDS,
    absent=mobiledevices.ABSENT,
)


class Presentation:
    """The records of an inventory as the Classic API has them, as far as `projection` need them.

    `sections` are those to be asked for, `missing` the paths that nothing leads to, and `places`
    those of the inventory's that are needed.
    """

    def __init__(self, inventory: Inventory, projection: Projection) -> None:
        wanted = None if projection.everything else [_keys(path) for path in projection.paths]
        needed = [item for item in inventory.fields if wanted is None or _is_one(item, wanted)]
        self.sections = sorted({"GENERAL"}.union(*(sections_of(item) for item in needed)))
        self._never_null = [key for key in inventory.never_null if _section(key) in self.sections]
        self.missing = sorted(
            path
            for path in projection.paths
            if not any(_is_one(item, [_keys(path)]) for item in inventory.fields)
        )
        at = {item.classic for item in needed}
        self.places = {path: kind for path, kind in inventory.places.items() if path in at}
        nameless = inventory.places.keys() - at
        chosen = set(self.sections)
        self._fields = [
            (item, item.classic.split("."))
            for item in inventory.fields
            if sections_of(item) <= chosen and item.classic not in nameless
        ]

    @property
    def is_long(self) -> bool:
        """Whether a record can have tens of kilobytes."""
        return not LONG_SECTIONS.isdisjoint(self.sections)

    def broken(self, record: Record) -> str:
        """The key of a section that was asked for and did not come; nothing where all is well."""
        return next((key for key in self._never_null if record.get(key) is None), "")

    def __call__(self, record: Record) -> Record:
        """The record in the form of the Classic API."""
        presented: Record = {}
        for item, (*sections, key) in self._fields:
            place = presented
            for section in sections:
                place = place.setdefault(section, {})
            place[key] = item.read(record)
        return presented


def sections_of(item: ClassicField) -> set[str]:
    """The sections a field comes from, as they are asked for: USER_AND_LOCATION."""
    return {_section(key) for key in {path.split(".")[0] for path in item.pro} - ALWAYS}


def _section(key: str) -> str:
    return re.sub(r"(?=[A-Z])", "_", key).upper()


def _is_one(item: ClassicField, wanted: list[list[str]]) -> bool:
    """Whether one of these paths leads to the field, below it, or to what it is a part of."""
    way = item.classic.split(".")
    return any(all(map(eq, way, keys)) for keys in wanted)


def _keys(path: str) -> list[str]:
    return [step.key for step in steps(path)]
