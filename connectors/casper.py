"""Computers and mobile devices from Jamf Pro, formerly the Casper Suite."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass
from typing import Any, Literal

from lib import jamfpro
from lib.connector import AssetConnector, Projection, Records, SourceItem
from lib.duplicates import duplicates_setting
from lib.errors import ConnectorError, RecordGone, RecordUnreadable, SignInError, SourceFault
from lib.http.client import Client, NotFound
from lib.http.response import member
from lib.jamfpro import Inventory
from lib.jamfpro.inventory import Reader, group_id
from lib.jamfpro.signin import JamfProSettings, has_token, signed_in
from lib.reading.ahead import fetch_ahead
from lib.reading.unreadable import limit_unreadable
from lib.record import Record
from lib.sectionsettings import AssetSettings
from lib.settings import at_least, setting

# After so many devices in a row that are gone, the listing is read again to verify that.
MOST_GONE = 10
# What Jamf Pro writes for a device without a serial number.
NO_SERIAL_NUMBER = "Not Available"


@dataclass(frozen=True, kw_only=True)
class DeviceSettings(AssetSettings):
    sync_type: Literal["computers", "mobiledevices"] = setting(
        "The devices to read. For both kinds, add a second section, [casper.MDM].",
        default="computers",
    )
    api: Literal["classic", "pro"] = setting(
        "The API to use: pro reads hundreds of devices per request, classic only one. Mappings are"
        " the same. pro needs Jamf Pro 10.39 or later.",
        default="classic",
        advanced=True,
    )
    group_name: str = setting(
        "The computer group or mobile device group to read. Default: all devices.",
        default="",
        advanced=True,
    )
    update_only: bool = setting(
        "If True, only update existing assets. No assets are created.", default=False
    )
    workers: int = setting(
        "The number of requests at the same time. Jamf advises against more than 5.",
        default=5,
        advanced=True,
        parse=at_least(1),
    )
    duplicates: str = duplicates_setting(example="newest")

    @property
    def contact_path(self) -> str:
        computers = self.sync_type == "computers"
        date = "last_contact_time_epoch" if computers else "last_inventory_update_epoch"
        return f"general.{date}"


@dataclass(frozen=True, kw_only=True)
class Settings(JamfProSettings, DeviceSettings):
    """The settings of the Casper connector: first the sign-in, then what to read."""


@dataclass(frozen=True)
class DeviceType:
    """A kind of device: its names in the paths and the JSON of the Classic API, and its sections.

    `inventory` is its listing in the Jamf Pro API.
    """

    in_paths: str
    in_json: str
    sections: frozenset[str]
    inventory: Inventory


# Found in the records of every device, of computers, and of mobile devices.
EVERYWHERE = {
    "general", "location", "purchasing", "certificates", "security", "extension_attributes",
    "configuration_profiles",
}  # fmt: skip
OF_COMPUTERS = EVERYWHERE | {"peripherals", "hardware", "software", "groups_accounts", "iphones"}
OF_MOBILE_DEVICES = EVERYWHERE | {
    "applications", "network", "provisioning_profiles", "mobile_device_groups",
}  # fmt: skip
COMPUTERS = DeviceType("computer", "computer", frozenset(OF_COMPUTERS), jamfpro.COMPUTERS)
MOBILE_DEVICES = DeviceType(
    "mobiledevice", "mobile_device", frozenset(OF_MOBILE_DEVICES), jamfpro.MOBILE_DEVICES
)


class Connector(AssetConnector[Settings]):
    """Computers or mobile devices from Jamf Pro, formerly the Casper Suite."""

    title = "Casper"
    settings_type = Settings
    id_paths = ("general.id",)
    converters = dict.fromkeys(
        (
            "general.report_date",
            "general.last_contact_time",
            "general.initial_entry_date",
            "general.last_inventory_update",
            "purchasing.po_date",
            "purchasing.warranty_expires",
            "purchasing.lease_expires",
        ),
        "casper_date",
    )

    @property
    def mapping_name(self) -> str:
        return "Casper" if self._devices is COMPUTERS else "Casper.MDM"

    def default_mapping(self) -> dict[str, dict[str, Any]]:
        computers = self._devices is COMPUTERS
        return {"APPLICATIONS": {"source": "software.applications"}} if computers else {}

    def check(self) -> None:
        with self._jamf() as jamf:
            if self.settings.api == "pro":
                self._reader(jamf).check()
            else:
                self._ids(jamf)

    def records(self, projection: Projection) -> Records:
        read = self._inventory if self.settings.api == "pro" else self._one_by_one
        with self._jamf() as jamf, closing(read(jamf, projection)) as records:
            for record in records:
                general = record.get("general") if isinstance(record, dict) else None
                if isinstance(general, dict) and general.get("serial_number") == NO_SERIAL_NUMBER:
                    general["serial_number"] = ""
                yield record

    def _inventory(self, jamf: Client, projection: Projection) -> Records:
        """Yield the devices that the Jamf Pro API lists, in the format of the Classic API."""
        reader = self._reader(jamf)
        for record in limit_unreadable(reader.records(projection), where=jamf.url):
            self.expected = reader.total
            yield record

    def _reader(self, jamf: Client) -> Reader:
        return Reader(jamf, self._devices.inventory, self.settings.group_name)

    def _one_by_one(self, jamf: Client, projection: Projection) -> Records:
        """Yield the details of each device that the Classic API lists."""
        subset = self._subset(projection)
        ids = self._ids(jamf)
        self.expected = len(ids)

        def detail(device: int) -> SourceItem:
            return self._detail(jamf, device, subset)

        with closing(fetch_ahead(detail, ids, self.settings.workers)) as details:
            yield from self._while_listed(jamf, limit_unreadable(details, where=jamf.url))

    @property
    def _devices(self) -> DeviceType:
        return COMPUTERS if self.settings.sync_type == "computers" else MOBILE_DEVICES

    def _jamf(self) -> AbstractContextManager[Client]:
        return signed_in(self.settings, connections=self.settings.workers)

    def _while_listed(self, jamf: Client, items: Iterable[SourceItem]) -> Iterator[SourceItem]:
        """Yield the items; raise SourceFault if devices that are gone are still listed.

        A server that is being restarted answers 404 for every device.
        """
        gone: set[str] = set()
        some_left = False
        for item in items:
            gone = gone | {item.where} if isinstance(item, RecordGone) else set()
            some_left = some_left or not gone
            yield item
            if len(gone) == MOST_GONE:
                self._require_gone(jamf, gone)
        if gone and not some_left:
            self._require_gone(jamf, gone)

    def _require_gone(self, jamf: Client, gone: set[str]) -> None:
        listed = {f"device {device}" for device in self._ids(jamf)}
        if not gone.isdisjoint(listed):
            raise SourceFault(
                f"the server lists {min(gone & listed)} and other devices but returns 404 for each"
                " of them (it may be restarting)",
                where=jamf.url,
                fix="Try again later",
            )

    def _ids(self, jamf: Client) -> list[int]:
        settings, devices = self.settings, self._devices
        try:
            if settings.group_name:
                members = self._group(jamf)
            else:
                path = f"/JSSResource/{devices.in_paths}s"
                members = _get(jamf, path, f"{devices.in_json}s", list)
        except NotFound as error:
            if has_token(jamf):  # so the Jamf Pro API is there
                fix = "Set api = pro if this Jamf Pro has no Classic API"
                raise error.with_fix(fix) from None
            raise
        ids = (member(item, "id", int, where=settings.url) for item in members)
        return list(dict.fromkeys(ids))

    def _group(self, jamf: Client) -> Any:
        """Return the members of the group."""
        path = f"/JSSResource/{self._devices.in_paths}groups"
        word, where = self._devices.in_json, jamf.url + path
        listed = _get(jamf, path, f"{word}_groups", list)
        number = group_id(listed, self.settings.group_name, where)
        group = _get(jamf, f"{path}/id/{number}", f"{word}_group", dict)
        return member(group, f"{word}s", list, where=where)

    def _subset(self, projection: Projection) -> str:
        """Return the end of the path that requests only the needed sections; empty for all."""
        if projection.everything or not self._devices.sections.issuperset(projection.top_level):
            return ""
        # Without General a record has no id. In paths, extension_attributes is ExtensionAttributes.
        names = dict.fromkeys(["general", *projection.top_level])
        return "/subset/" + "&".join(name.title().replace("_", "") for name in names)

    def _detail(self, jamf: Client, device: int, subset: str) -> SourceItem:
        path = f"/JSSResource/{self._devices.in_paths}s/id/{device}{subset}"
        try:
            record: Record = _get(jamf, path, self._devices.in_json, dict)
        except NotFound:
            return RecordGone("no longer exists", where=f"device {device}")
        except ConnectorError as error:
            # With a token, what is refused of one device only is AccessDenied.
            if type(error) is SignInError and has_token(jamf):
                raise
            return RecordUnreadable(error.what, where=f"device {device}")
        return record


def _get(jamf: Client, path: str, key: str, kind: type) -> Any:
    """Return the value of the single key in the response to a GET."""
    return member(jamf.get_json(path), key, kind, where=jamf.url + path)
