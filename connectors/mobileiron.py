"""Devices from MobileIron Cloud (now Ivanti Neurons for MDM) or Core (now Ivanti EPMM)."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Literal

from lib.compactset import CompactSet
from lib.connector import AssetConnector, Projection, Records
from lib.duplicates import duplicates_setting
from lib.errors import AccessDenied
from lib.http.auth import basic
from lib.mobileiron import Cloud, Core
from lib.sectionsettings import AssetSettings
from lib.settings import at_least, setting, url

ALL = "All"


def device_spaces(text: str) -> tuple[str, ...]:
    """Return the names of device spaces: a JSON list, names between commas, or the word All."""
    try:
        parsed = json.loads(text)
    except ValueError:
        parsed = text.strip("[] ").split(",")
    names = [str(name).strip("\"' ") for name in (parsed if isinstance(parsed, list) else [parsed])]
    if not any(names):
        raise ValueError(f"the list is empty. Enter a device space, or {ALL}")
    return (ALL,) if ALL.lower() in map(str.lower, names) else tuple(filter(None, names))


@dataclass(frozen=True, kw_only=True)
class Settings(AssetSettings):
    url: str = setting(
        "The address of MobileIron: that of your cluster in the cloud, or of your Core server.",
        default="https://na1.mobileiron.com",
        parse=url,
    )
    username: str = setting(
        "An administrator with permission to read devices, without multi-factor sign-in.",
        example="username@example.com",
    )
    password: str = setting("The password of that administrator.", example="change-me", secret=True)
    partitions: tuple[str, ...] = setting(
        "The device spaces to read, as a JSON list of their names, or All (Cloud only).",
        default=(ALL,),
        example='["Drivers"]',
        parse=device_spaces,
    )
    api_version: Literal["1", "2"] = setting(
        "The MobileIron product: 1 is Cloud, 2 is Core.", default="1"
    )
    include_checkin_devices_only: bool = setting(
        "Skip devices that have not checked in recently (Cloud only). If False, read all devices.",
        default=True,
    )
    last_checkin_date_threshold: int = setting(
        "The maximum age of the last check-in, in seconds (Cloud only). Older devices are skipped."
        " 129600 is 36 hours.",
        default=129_600,
        parse=at_least(0),
    )
    workers: int = setting(
        "The number of requests for Windows hardware at the same time (Cloud only).",
        default=5,
        advanced=True,
        parse=at_least(1),
    )
    duplicates: str = duplicates_setting(example="newest")

    @property
    def contact_path(self) -> str:
        return "lastCheckin" if self.api_version == "1" else "common.last_connected_at"


class Connector(AssetConnector[Settings]):
    """Devices from MobileIron Cloud (now Ivanti Neurons for MDM) or Core (now Ivanti EPMM)."""

    title = "MobileIron"
    settings_type = Settings
    id_paths = ("id", "common.uuid")  # of Cloud, and of Core

    def check(self) -> None:
        with closing(self._mobileiron()) as mobileiron:
            next(mobileiron.devices(Projection()), None)

    def records(self, projection: Projection) -> Records:
        seen = CompactSet()  # a device may move to another space, or be in one within another
        with closing(self._mobileiron()) as mobileiron:
            for device in mobileiron.devices(projection):
                if mobileiron.serial_number in projection.paths:
                    _require_unmasked(device.get(mobileiron.serial_number), mobileiron.url)
                key = device.get(mobileiron.key)
                if key is None or seen.add(key):
                    yield device

    def _mobileiron(self) -> Cloud | Core:
        settings = self.settings
        login = basic(settings.username, settings.password)
        if settings.api_version == "2":
            return Core(settings.url, settings, login)
        lately = settings.include_checkin_devices_only
        return Cloud(
            settings.url,
            settings,
            login,
            spaces=None if settings.partitions == (ALL,) else settings.partitions,
            checked_in_within=settings.last_checkin_date_threshold if lately else None,
            workers=settings.workers,
        )


def _require_unmasked(serial_number: Any, where: str) -> None:
    """Raise AccessDenied for a masked serial number: all devices would have the same one."""
    if "*" in str(serial_number):
        fix = "Remove the account from its GDPR profile in MobileIron"
        raise AccessDenied(f"serial numbers are masked ({serial_number})", where=where, fix=fix)
