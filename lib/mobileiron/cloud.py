"""A client of MobileIron Cloud (today Ivanti Neurons for MDM)."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from functools import partial
from itertools import chain
from operator import itemgetter
from typing import Any

from requests.auth import AuthBase

from lib.connection import ConnectionSettings
from lib.connector import Projection
from lib.errors import ConfigurationError, SourceFault
from lib.http.client import Client
from lib.http.response import member
from lib.jsontext import to_json
from lib.mobileiron.client import MobileIron
from lib.reading.enrich import enrich
from lib.reading.listing import Page
from lib.reading.offsets import paginate_by_offset, read_latest
from lib.record import Record
from lib.values.values import int_or_none

log = logging.getLogger(__name__)

PAGE = 500  # the largest one
# What is added to the devices, and where it is in their hardware: first of which list.
HARDWARE = {
    "primaryProcessorName": ("processor", "name"),
    "primaryProcessorCores": ("processor", "cores"),
    "primaryHDDSize": ("hardDrive", "size"),
    "primaryMemoryCapacity": ("physicalMemory", "capacity"),
}


class Cloud(MobileIron):
    """A client of MobileIron Cloud, version 1 of its API.

    Args:
        spaces: The names of the device spaces to read; None for all.
        checked_in_within: Only devices that checked in within so many seconds; None for all.
        workers: How many requests for hardware are made at the same time.
    """

    key, serial_number = "id", "serialNumber"

    def __init__(
        self,
        url: str,
        settings: ConnectionSettings,
        auth: AuthBase,
        *,
        spaces: tuple[str, ...] | None,
        checked_in_within: int | None,
        workers: int,
    ) -> None:
        super().__init__(url, settings, auth=auth, retry_status=frozenset({500}))
        # What fails with 500 is not repeated here: for some devices it always does.
        self._details = MobileIron(url, settings, auth=auth, connections=workers)
        self._wanted_spaces = spaces
        self._checked_in_within = checked_in_within
        self._workers = workers

    def close(self) -> None:
        self._details.close()
        super().close()

    def devices(self, projection: Projection) -> Iterator[Record]:
        """Yield the devices, with their hardware if the projection needs it.

        Devices with Windows have their serial number only in their hardware.
        """
        devices = (device for space in self._spaces() for device in self._listed(space))
        wanted = {self.serial_number, *HARDWARE} & projection.paths
        if not wanted and not projection.everything:
            yield from devices
            return
        enriched = enrich(
            devices,
            partial(_hardware, self._details),
            self._workers,
            name="The hardware of Windows devices",
            needed=bool(wanted - {self.serial_number}),
        )
        for device, hardware in enriched:
            yield device | _primary(hardware or {})

    def _spaces(self) -> list[Any]:
        """Return the IDs of the device spaces to read."""
        pages = self._pages("/api/v1/tenant/partition/device")
        spaces = [(str(space.get("name")), space["id"]) for page in pages for space in page]
        names = [name for name, _ in spaces]
        wanted = names if self._wanted_spaces is None else self._wanted_spaces
        missing = ", ".join(name for name in wanted if name not in names)
        if missing and not set(wanted) & set(names):
            fix = f"Set partitions to All or to some of: {', '.join(names)}"
            raise ConfigurationError(
                f"device space not found in MobileIron: {missing}", where=self.url, fix=fix
            )
        if missing:
            log.warning(
                "device space not found in MobileIron, so it is skipped: %s. Check partitions.",
                missing,
            )
        return [ident for name, ident in spaces if name in wanted]

    def _listed(self, space: Any) -> Iterator[Record]:
        """Yield the devices that checked in recently, the latest first; or all, by their IDs."""
        within = self._checked_in_within
        name, order = ("id", "ASC") if within is None else ("lastCheckin", "DESC")
        sorting = {"sortFields[0].name": name, "sortFields[0].order": order}
        pages = partial(self._pages, "/api/v1/device", dmPartitionId=space, **sorting)
        if within is None:
            return chain.from_iterable(pages())
        oldest = (time.time() - within) * 1000
        name = f"Check-ins of device space {space}"
        return read_latest(pages, itemgetter("id"), "lastCheckin", oldest, name=name)

    def _pages(self, path: str, **params: Any) -> Iterator[list[Record]]:
        """Yield the pages of a listing, which may be shorter than requested."""
        where = self.url + path

        def fetch(start: int) -> Page:
            result = _result(self, path, rows=PAGE, start=start, **params)
            items = member(result, "searchResults", list, where=where)
            total = int_or_none(result.get("totalCount"))
            return Page(items, total, more=total is None)

        return paginate_by_offset(fetch, lambda item: member(item, "id", where=where), where=where)


def _result(cloud: Client, path: str, **params: Any) -> Any:
    """Return the result in a response of Cloud; raise SourceFault for errors in it.

    Also a successful response can have errors.
    """
    answer = cloud.get_json(path, **params)
    errors = answer.get("errors") if isinstance(answer, dict) else None
    if any(errors.values()) if isinstance(errors, dict) else errors:
        what = f"the server reported errors ({to_json(errors)})"[:300]
        raise SourceFault(what, where=cloud.url + path, fix="Try again later")
    return member(answer, "result", where=cloud.url + path)


def _hardware(cloud: Client, device: Record) -> Any:
    """Request the hardware of a device with Windows; return None for others."""
    if not device.get("windowsDeviceType"):
        return None
    hardware = _result(cloud, f"/api/v1/device/{device['id']}/hardwareinventory")
    return hardware if isinstance(hardware, dict) else {}


def _primary(hardware: Record) -> Record:
    """Return the fields of HARDWARE (None if unknown), and the serial number if it is known."""
    facts = {name: _first(hardware.get(part)).get(key) for name, (part, key) in HARDWARE.items()}
    number = _first([hardware.get("computerSystemProduct")]).get("identifyingNumber")
    return facts | ({Cloud.serial_number: number} if number else {})


def _first(items: Any) -> Record:
    return items[0] if isinstance(items, list) and items and isinstance(items[0], dict) else {}
