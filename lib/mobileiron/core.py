"""A client of MobileIron Core (today Ivanti EPMM)."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from itertools import chain
from typing import Any
from urllib.parse import quote, urlencode

from requests.auth import AuthBase

from lib.connection import ConnectionSettings
from lib.connector import Projection
from lib.http.response import member
from lib.mobileiron.client import MobileIron, Refused
from lib.reading.listing import Page
from lib.reading.offsets import paginate_by_offset
from lib.record import Record
from lib.values.values import int_or_none

log = logging.getLogger(__name__)

PAGE = 200  # the largest one
# How names of fields begin.
FIELDS = ("common.", "user.", "ios.", "android.", "windows_phone.")


class Core(MobileIron):
    """A client of MobileIron Core, version 2 of its API; the keys of its devices have dots."""

    key, serial_number = "common.uuid", "common.SerialNumber"

    def __init__(self, url: str, settings: ConnectionSettings, auth: AuthBase) -> None:
        super().__init__(url, settings, auth=auth, retry_status=frozenset({500}))

    def devices(self, projection: Projection) -> Iterator[Record]:
        """Yield the devices of the administrator's own device spaces."""
        spaces = self._results("/api/v2/device_spaces/mine")
        for space in spaces:
            yield from self._listed(member(space, "id", where=self.url), projection)
        if not spaces:
            log.warning("%s: the account has no device spaces. Check its roles.", self.url)

    def _listed(self, space: Any, projection: Projection) -> Iterator[Record]:
        """Yield the devices of a space, with the fields that the projection needs.

        Core's list of fields lacks some that it gives; but it may also refuse a field that is not
        in the list, or to give all of them at once.
        """
        listed = self._fields(space)
        needed = [self.key, *sorted(projection.paths.intersection(listed) - {self.key})]
        others = projection.paths.difference(listed, {self.key})
        unlisted = sorted(path for path in others if path.startswith(FIELDS))
        fields = [*needed, *unlisted]
        if projection.everything:
            fields = list(dict.fromkeys([*fields, *listed]))

        def fetch(offset: int) -> Page:
            nonlocal fields, unlisted
            while True:
                try:
                    return self._page(space, fields, offset)
                except Refused:
                    if unlisted:
                        log.warning(
                            "Device space %s: Core does not support the fields %s",
                            space,
                            ", ".join(unlisted),
                        )
                        fields = [name for name in fields if name not in unlisted]
                        unlisted = []
                    elif fields != needed:
                        fields = fields[: max(len(needed), len(fields) // 2)]
                    else:
                        raise

        pages = paginate_by_offset(fetch, lambda device: device.get(self.key), where=self.url)
        return chain.from_iterable(pages)

    def _fields(self, space: Any) -> list[str]:
        """Return the names of all fields that devices may have, the general ones first."""
        fields = self._results("/api/v2/device_spaces/criteria", adminDeviceSpaceId=space)
        names = [member(field, "name", str, where=self.url) for field in fields]
        return sorted(names, key=lambda name: not name.startswith("common."))

    def _results(self, path: str, **params: Any) -> list[Any]:
        return list(member(self.get_json(path, **params), "results", list, where=self.url + path))

    def _page(self, space: Any, fields: list[str], offset: int) -> Page:
        query = {"adminDeviceSpaceId": space, "query": "", "labelId": -1, "limit": PAGE}
        query |= {"offset": offset, "fields": ",".join(fields)}
        path = "/api/v2/devices"
        # Some names of fields contain spaces, which must be sent as %20.
        answer = self.get_json(f"{path}?{urlencode(query, quote_via=quote)}")
        devices = member(answer, "results", list, where=self.url + path)
        total = int_or_none(answer.get("totalCount"))
        return Page(devices, total, more=bool(answer.get("hasMore", total is None)))
