"""The mock server for MobileIron Cloud: device spaces, their devices, hardware of Windows ones.

Written from the MobileIron Cloud Customer Integration API Guide and from recorded answers.
"""

from __future__ import annotations

import time
from typing import Any, ClassVar

from flask import Response, jsonify, request

from sandbox.mobileiron.cloud_devices import Device, devices, hardware
from sandbox.mobileiron.server import Server, page, refuse
from sandbox.mock import SERIAL_NUMBER, ServerMapping

LARGEST_PAGE, DEFAULT_PAGE = 500, 50
SPACES = {
    100_001: "Default Space",
    100_002: "Drivers",
    100_003: "Außendienst, Nord",
    100_004: "New",
}
# What a GDPR profile hides, for those accounts that have one.
PERSONAL = (
    "uid", "displayName", "firstName", "lastName", "emailAddress", "phoneNumber", "imei", "imei2",
    "serialNumber", "iccid", "imsi", "meid",
)  # fmt: skip
HIDDEN = "********"


class MobileIronCloud(Server):
    """A tenant of MobileIron Cloud: see `Server`.

    Switches, to be set before or during a run:
        devices: all there are, in all spaces. One taken out is gone.
        spaces: the names of the device spaces by their ids; no device is in the last one.
        most_spaces: how many spaces are given at once, whatever `rows` asks for.
        page_limit: the largest page of devices that is given.
        broken: ids of devices whose hardware is answered with 500, always.
        gdpr: whether the account has a GDPR profile.
        nulls_first: where devices are that never checked in, when sorted with the latest first.
    """

    name = "mobileiron"
    server_mapping: ClassVar[ServerMapping] = {
        "MobileIron": {
            "serialNumber": SERIAL_NUMBER,
            "entityName": "NAME",
            "prettyModel": "MODEL",
            "platformVersion": "OS_VERSION",
            "imei": "IMEI",
            "emailAddress": "ASSIGNED_TO",
            "primaryProcessorName": "PROCESSOR",
        }
    }

    def __init__(self, count: int = 700, now: float | None = None) -> None:
        super().__init__("api-reader@example.com", "sandbox password")
        self.spaces = dict(SPACES)
        moment = int((time.time() if now is None else now) * 1000)
        self.devices = devices(count, moment, list(SPACES.items())[:-1])
        self.most_spaces = DEFAULT_PAGE
        self.page_limit = LARGEST_PAGE
        self.broken: set[int] = set()
        self.gdpr = False
        self.nulls_first = False
        self.app.get("/api/v1/tenant/partition/device")(self._spaces)
        self.app.get("/api/v1/metadata/tenant")(self._tenant)
        self.app.get("/api/v1/device")(self._search)
        self.app.get("/api/v1/device/<int:number>")(self._device)
        self.app.get("/api/v1/device/<int:number>/hardwareinventory")(self._hardware)

    def section(self, url: str) -> str:
        """A section of an ini for this tenant, served at that address."""
        return (
            f"[mobileiron]\nenable = True\nurl = {url}\nusername = {self.username}\n"
            f'password = {self.password}\npartitions = ["Default Space", "Drivers"]\n'
            f"sync_field = {SERIAL_NUMBER}\n"
        )

    def _spaces(self) -> Response:
        start, rows = _paging()
        found = [self._space(number, name) for number, name in self.spaces.items()]
        return _listing(found, start, rows, self.most_spaces)

    def _space(self, number: int, name: str) -> dict[str, Any]:
        is_default = number == next(iter(self.spaces))
        return {
            "id": number,
            "name": name,
            "description": "Default" if is_default else None,
            "domainRule": None if is_default else f"ACCOUNTGROUP EQ '{name}'",
            "defaultPartition": is_default,
            "priority": len(self.spaces) - list(self.spaces).index(number),
            "deviceCount": sum(device["dmPartitionId"] == number for device in self.devices),
            "createdAt": 1_509_633_426_359,
            "createdBy": 1,
            "guid": None,
            "treeView": None,
            "countLastUpdatedAt": None,
        }

    def _tenant(self) -> Response:
        return _result({"defaultDmPartitionId": next(iter(self.spaces))})

    def _search(self) -> Response:
        """Devices of one space; `offset` does not move the page, `start` does."""
        self.require_right()
        start, rows = _paging()
        space = request.args.get("dmPartitionId", "")
        if not space.isdecimal() or int(space) not in self.spaces:
            refuse(_invalid("dmPartitionId", "NotNull", "must name a device space"))
        for name in ("fq", "q"):
            if request.args.get(name):
                refuse(Response(f"The sandbox does not support {name}", 501))
        found = [device for device in self.devices if device["dmPartitionId"] == int(space)]
        shown = [self._shown(device) for device in self._sorted(found)]
        return _listing(
            shown, start, rows, self.page_limit, queryTime=12, facetedResults={},
            totalUnfilteredResultCount=0,
        )  # fmt: skip

    def _sorted(self, found: list[Device]) -> list[Device]:
        name = request.args.get("sortFields[0].name", "id")
        order = request.args.get("sortFields[0].order", "ASC")
        if order not in ("ASC", "DESC") or any(name not in device for device in found):
            refuse(_invalid("sortFields[0]", "Invalid", "is not a field to sort by"))
        known = [device for device in found if device[name] is not None]
        unknown = [device for device in found if device[name] is None]
        known.sort(key=lambda device: device[name], reverse=order == "DESC")
        return unknown + known if self.nulls_first else known + unknown

    def _shown(self, device: Device) -> Device:
        hidden = {name: HIDDEN for name in PERSONAL if device[name]} if self.gdpr else {}
        return device | hidden

    def _device(self, number: int) -> Response:
        self.require_right()
        return _result(self._shown(self._found(number)))

    def _hardware(self, number: int) -> Response:
        self.require_right()
        device = self._found(number)
        if number in self.broken:
            refuse(page(500, "Internal Server Error", "Something went wrong."))
        return _result(hardware(device))

    def _found(self, number: int) -> Device:
        found = [device for device in self.devices if device["id"] == number]
        if not found:
            refuse(page(404, "Not Found", "The device was not found."))
        return found[0]


def _paging() -> tuple[int, int]:
    """Where the page begins, and how many rows are asked for."""
    start, rows = request.args.get("start", "0"), request.args.get("rows", str(DEFAULT_PAGE))
    if not rows.isdecimal() or not 1 <= int(rows) <= LARGEST_PAGE:
        refuse(_invalid("rows", "Range", f"must be between 1 and {LARGEST_PAGE}"))
    if not start.isdecimal():
        refuse(_invalid("start", "Range", "must be at least 0"))
    return int(start), int(rows)


def _listing(found: list[Any], start: int, rows: int, most: int, **more: Any) -> Response:
    shown = found[start : start + min(rows, most)]
    around = {"totalCount": len(found), "offset": start, "limit": rows}
    return _result({"searchResults": shown, **around, **more})


def _result(result: Any) -> Response:
    return jsonify(errors=None, result=result)


def _invalid(field: str, code: str, message: str) -> Response:
    """The answer to a parameter that is not valid, as the guide shows it for `rows`."""
    fault = {"code": code, "message": message, "field": field}
    answer = jsonify(errors={"globalErrors": None, "fieldErrors": [fault]}, result=None)
    answer.status_code = 400
    return answer
