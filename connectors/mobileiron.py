"""Devices from MobileIron: Cloud (today Ivanti Neurons for MDM) or Core (today Ivanti EPMM)."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from itertools import chain
from operator import itemgetter
from typing import Any, Literal
from urllib.parse import quote, urlencode

from requests import Response

from lib.compactset import CompactSet
from lib.connector import AssetConnector, AssetSettings, Records, Sources
from lib.errors import AccessDenied, ConfigurationError, ConnectorError, SignInError, SourceFault
from lib.http.auth import basic
from lib.http.client import Client, NotFound, member
from lib.reading.extras import with_extras
from lib.reading.offsets import Page, read_latest, read_pages, whole_number
from lib.record import Record
from lib.settings import at_least, setting, url

log = logging.getLogger(__name__)

ALL = "All"
CLOUD_PAGE, CORE_PAGE = 500, 200  # the largest ones
# How names of fields of Core begin.
FIELDS = ("common.", "user.", "ios.", "android.", "windows_phone.")
# What is added to the devices of Cloud, and where it is in their hardware: first of which list.
HARDWARE = {
    "primaryProcessorName": ("processor", "name"),
    "primaryProcessorCores": ("processor", "cores"),
    "primaryHDDSize": ("hardDrive", "size"),
    "primaryMemoryCapacity": ("physicalMemory", "capacity"),
}


def device_spaces(text: str) -> tuple[str, ...]:
    """Names of device spaces: a JSON list, names between commas, or the word All."""
    try:
        found = json.loads(text)
    except ValueError:
        found = text.strip("[] ").split(",")
    names = [str(name).strip("\"' ") for name in (found if isinstance(found, list) else [found])]
    if not any(names):
        raise ValueError(f"name a device space, or {ALL}")
    return (ALL,) if ALL.lower() in map(str.lower, names) else tuple(filter(None, names))


@dataclass(frozen=True, kw_only=True)
class Settings(AssetSettings):
    url: str = setting(
        "The address of MobileIron: of your cluster in the cloud, or of your Core.",
        default="https://na1.mobileiron.com",
        parse=url,
    )
    username: str = setting(
        "An administrator with the right to read devices, without multi-factor sign-in.",
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
        "Which MobileIron: 1 is Cloud, 2 is Core.", default="1"
    )
    include_checkin_devices_only: bool = setting(
        "False also reads devices that have not checked in for long (Cloud only).", default=True
    )
    last_checkin_date_threshold: int = setting(
        "How many seconds ago a device has checked in at the latest (Cloud only).",
        default=129_600,
        parse=at_least(0),
    )
    workers: int = setting(
        "How many requests for the hardware of Windows devices to make at once (Cloud only).",
        default=5,
        advanced=True,
        parse=at_least(1),
    )


class Connector(AssetConnector[Settings]):
    """Devices from MobileIron: Cloud (today Ivanti Neurons for MDM) or Core (today Ivanti EPMM)."""

    title = "MobileIron"
    settings_type = Settings

    def check(self) -> None:
        with closing(self._mobileiron()) as mobileiron:
            next(mobileiron.devices(Sources()), None)

    def records(self, sources: Sources) -> Records:
        seen = CompactSet()  # a device may move to another space, or be in one within another
        with closing(self._mobileiron()) as mobileiron:
            for device in mobileiron.devices(sources):
                if mobileiron.serial_number in sources.paths:
                    _require_unmasked(device.get(mobileiron.serial_number), mobileiron.url)
                key = device.get(mobileiron.key)
                if key is None or seen.add(key):
                    yield device

    def _mobileiron(self) -> Cloud | Core:
        kind = Core if self.settings.api_version == "2" else Cloud
        return kind(self.settings, retry_status=frozenset({500}))


class Refused(SourceFault):
    """The server does not take the request as it is, or finds it too long."""


class MobileIron(Client):
    """Requests signed with Basic, which is all that both products have in common."""

    fault = Refused

    def __init__(self, settings: Settings, **how: Any) -> None:
        login = basic(settings.username, settings.password)
        super().__init__(settings.url, settings, auth=login, **how)
        self.settings = settings

    def refusal(self, response: Response) -> ConnectorError:
        error = super().refusal(response)
        if isinstance(error, NotFound):
            error.fix = "Check the url, and api_version: 1 for Cloud, 2 for Core"
        elif type(error) is SignInError:
            error.fix = "Check username and password; multi-factor sign-in cannot be used"
        return error


class Cloud(MobileIron):
    """MobileIron Cloud, version 1 of its API."""

    key, serial_number = "id", "serialNumber"

    def devices(self, sources: Sources) -> Iterator[Record]:
        """The devices; those with Windows have their serial number in their hardware only."""
        devices = (device for space in self._spaces() for device in self._listed(space))
        wanted = {self.serial_number, *HARDWARE} & sources.paths
        if not wanted and not sources.everything:
            yield from devices
            return
        workers, needed = self.settings.workers, bool(wanted - {self.serial_number})
        # What fails with 500 is not repeated here: for some devices it always does.
        with closing(MobileIron(self.settings, connections=workers)) as details:
            fetch, name = partial(_hardware, details), "The hardware of Windows devices"
            for device, hardware in with_extras(devices, fetch, workers, name=name, needed=needed):
                yield device | _primary(hardware or {})

    def _spaces(self) -> list[Any]:
        """The ids of the device spaces that the setting `partitions` names."""
        pages = self._pages("/api/v1/tenant/partition/device")
        spaces = [(str(space.get("name")), space["id"]) for page in pages for space in page]
        names = [name for name, _ in spaces]
        wanted = names if self.settings.partitions == (ALL,) else self.settings.partitions
        missing = ", ".join(name for name in wanted if name not in names)
        if missing and not set(wanted) & set(names):
            fix = f"Check partitions; there are: {', '.join(names)}"
            raise ConfigurationError(
                f"MobileIron has no device space {missing}", where=self.url, fix=fix
            )
        if missing:
            log.warning("MobileIron has no device space %s. Check partitions.", missing)
        return [ident for name, ident in spaces if name in wanted]

    def _listed(self, space: Any) -> Iterator[Record]:
        """The devices that checked in lately, the latest first; or all, by their ids."""
        lately = self.settings.include_checkin_devices_only
        oldest = (time.time() - self.settings.last_checkin_date_threshold) * 1000
        name, order = ("lastCheckin", "DESC") if lately else ("id", "ASC")
        sorting = {"sortFields[0].name": name, "sortFields[0].order": order}
        pages = partial(self._pages, "/api/v1/device", dmPartitionId=space, **sorting)
        if not lately:
            return chain.from_iterable(pages())
        name = f"Check-ins of device space {space}"
        return read_latest(pages, itemgetter("id"), "lastCheckin", oldest, name=name)

    def _pages(self, path: str, **params: Any) -> Iterator[list[Record]]:
        """The pages of a listing, which may be shorter than they are asked to be."""
        where = self.url + path

        def fetch(start: int) -> Page:
            result = _result(self, path, rows=CLOUD_PAGE, start=start, **params)
            items = member(result, "searchResults", list, where=where)
            total = whole_number(result.get("totalCount"))
            return Page(items, total, more=total is None)

        return read_pages(fetch, lambda item: member(item, "id", where=where), where=where)


class Core(MobileIron):
    """MobileIron Core, version 2 of its API; the keys of its devices have dots."""

    key = "common.uuid"
    serial_number = "common.SerialNumber"

    def devices(self, sources: Sources) -> Iterator[Record]:
        """The devices of the administrator's own device spaces."""
        spaces = self._results("/api/v2/device_spaces/mine")
        for space in spaces:
            yield from self._listed(member(space, "id", where=self.url), sources)
        if not spaces:
            log.warning("%s: the account has no device space. Check its roles.", self.url)

    def _listed(self, space: Any, sources: Sources) -> Iterator[Record]:
        """The devices of a space, with the fields that are needed.

        Core's list of fields lacks some that it gives; but it may also refuse one that is not
        in the list, or to give all at once.
        """
        known = self._fields(space)
        needed = [self.key, *sorted(sources.paths.intersection(known) - {self.key})]
        others = sources.paths.difference(known, {self.key})
        unlisted = sorted(path for path in others if path.startswith(FIELDS))
        fields = [*needed, *unlisted]
        if sources.everything:
            fields = list(dict.fromkeys([*fields, *known]))

        def fetch(offset: int) -> Page:
            nonlocal fields, unlisted
            while True:
                try:
                    return self._page(space, fields, offset)
                except Refused:
                    if unlisted:
                        log.warning("Device space %s: Core refuses %s", space, ", ".join(unlisted))
                        fields = [name for name in fields if name not in unlisted]
                        unlisted = []
                    elif fields != needed:
                        fields = fields[: max(len(needed), len(fields) // 2)]
                    else:
                        raise

        pages = read_pages(fetch, lambda device: device.get(self.key), where=self.url)
        return chain.from_iterable(pages)

    def _fields(self, space: Any) -> list[str]:
        """The names of all fields that devices may have, the general ones first."""
        fields = self._results("/api/v2/device_spaces/criteria", adminDeviceSpaceId=space)
        names = [member(field, "name", str, where=self.url) for field in fields]
        return sorted(names, key=lambda name: not name.startswith("common."))

    def _results(self, path: str, **params: Any) -> list[Any]:
        return list(member(self.get_json(path, **params), "results", list, where=self.url + path))

    def _page(self, space: Any, fields: list[str], offset: int) -> Page:
        query = {"adminDeviceSpaceId": space, "query": "", "labelId": -1, "limit": CORE_PAGE}
        query |= {"offset": offset, "fields": ",".join(fields)}
        path = "/api/v2/devices"
        # Some names of fields hold blanks, which have to arrive as %20.
        answer = self.get_json(f"{path}?{urlencode(query, quote_via=quote)}")
        devices = member(answer, "results", list, where=self.url + path)
        total = whole_number(answer.get("totalCount"))
        return Page(devices, total, more=bool(answer.get("hasMore", total is None)))


def _result(cloud: Client, path: str, **params: Any) -> Any:
    """What an answer of Cloud holds beside its errors, which also a success may have."""
    answer = cloud.get_json(path, **params)
    errors = answer.get("errors") if isinstance(answer, dict) else None
    if any(errors.values()) if isinstance(errors, dict) else errors:
        what = f"the server answered errors ({errors})"[:300]
        raise SourceFault(what, where=cloud.url + path, fix="Try again later")
    return member(answer, "result", where=cloud.url + path)


def _hardware(cloud: Client, device: Record) -> Any:
    """What Cloud knows of the hardware of a Windows device; nothing (None) for others."""
    if not device.get("windowsDeviceType"):
        return None
    hardware = _result(cloud, f"/api/v1/device/{device['id']}/hardwareinventory")
    return hardware if isinstance(hardware, dict) else {}


def _primary(hardware: Record) -> Record:
    """The facts of HARDWARE, None where they are not known, and the serial number if it is."""
    facts = {name: _first(hardware.get(part)).get(key) for name, (part, key) in HARDWARE.items()}
    number = _first([hardware.get("computerSystemProduct")]).get("identifyingNumber")
    return facts | ({Cloud.serial_number: number} if number else {})


def _first(items: Any) -> Record:
    return items[0] if isinstance(items, list) and items and isinstance(items[0], dict) else {}


def _require_unmasked(serial_number: Any, where: str) -> None:
    """By masked numbers, all devices would be one."""
    if "*" in str(serial_number):
        fix = "Take the account out of its GDPR profile"
        raise AccessDenied(f"serial numbers are masked ({serial_number})", where=where, fix=fix)
