"""Jamf Pro: records of the Jamf Pro API, with the field names of the Classic API."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from operator import eq

from lib.connector import Projection
from lib.jamfpro import computers, mobiledevices
from lib.jamfpro.transforms import ClassicField
from lib.record import Record
from lib.values.paths import steps

# The keys of a record that come with each section.
ALWAYS = {"id", "udid", "mobileDeviceId", "deviceType"}
# Sections that may have hundreds of entries for each device.
LONG_SECTIONS = {"APPLICATIONS", "CERTIFICATES", "PACKAGE_RECEIPTS", "SERVICES"}


@dataclass(frozen=True)
class Inventory:
    """One of the two listings of the Jamf Pro API, with its fields in the Classic API's names.

    Attributes:
        paths: The paths of its versions, the newest first.
        id_key: The key of the ID in a record.
        options: Parameters of each request.
        groups: The path of the list of groups.
        groups_filter: Whether the listing can be filtered by a group.
        lookups: Fields of which a record has only the ID, with the listing of their names.
        never_null: The sections that every device has, if they are requested.
        device: The word for a device in the names of privileges.
        fields: The fields of the Classic API that it has.
        absent: The fields of the Classic API that it lacks.
    """

    paths: tuple[str, ...]
    id_key: str
    groups: str
    groups_filter: bool
    options: Mapping[str, str]
    lookups: Mapping[str, str]
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
    lookups={"location.department": "Departments", "location.building": "Buildings"},
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
    lookups={},
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


class ClassicView:
    """A view of the records of an inventory in the format of the Classic API.

    Only what the projection needs is in it: `sections` are those to request, `lookups` the needed
    ones of the inventory, and `missing` the paths of the projection that the inventory lacks.
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
        self.lookups = {path: kind for path, kind in inventory.lookups.items() if path in at}
        nameless = inventory.lookups.keys() - at
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

    def unreadable_section(self, record: Record) -> str:
        """Return the key of a requested section that is missing in a record; empty if none is."""
        return next((key for key in self._never_null if record.get(key) is None), "")

    def __call__(self, record: Record) -> Record:
        """Return a record in the format of the Classic API."""
        classic: Record = {}
        for item, (*sections, key) in self._fields:
            parent = classic
            for section in sections:
                parent = parent.setdefault(section, {})
            parent[key] = item.read(record)
        return classic


def sections_of(item: ClassicField) -> set[str]:
    """Return the sections that a field is read from, as requests name them: USER_AND_LOCATION."""
    return {_section(key) for key in {path.split(".")[0] for path in item.pro} - ALWAYS}


def _section(key: str) -> str:
    return re.sub(r"(?=[A-Z])", "_", key).upper()


def _is_one(item: ClassicField, wanted: list[list[str]]) -> bool:
    """Whether one of these paths is that of the field, or one below or above it."""
    of_field = item.classic.split(".")
    return any(all(map(eq, of_field, keys)) for keys in wanted)


def _keys(path: str) -> list[str]:
    return [step.key for step in steps(path)]
