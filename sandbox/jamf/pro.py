"""The listings of the Jamf Pro API: pages of records with the sections that were asked for."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from flask import Flask, Response, request

from sandbox.jamf import computers_inventory, mobile_devices_detail
from sandbox.jamf.answers import api_error, pro, refuse, status_page
from sandbox.jamf.auth import SignIn
from sandbox.jamf.computers_inventory import computer_result
from sandbox.jamf.fleet import Fleet, Record
from sandbox.jamf.location import BUILDINGS
from sandbox.jamf.mobile_devices_detail import mobile_device_result
from sandbox.jamf.state import State
from sandbox.people import DEPARTMENTS

MAX_PAGE_SIZE = 2000
"""A larger page-size is not refused: the page has 2000 records."""

INVENTORY_SINCE = {1: (10, 39), 2: (11, 18), 3: (11, 23), 4: (11, 30)}
"""The first release with each version of computers-inventory.

v1: the vendor's page on the end of the Classic computer endpoints; v4: changelog of 11.30.0. v2 and
v3: the releases of the months in which the schema says v1 and v2 were deprecated.
"""

SortKeys = Mapping[str, Callable[[int], Any]]


class Pro:
    """The inventories, and the names of what they refer to by id."""

    def __init__(self, jamf: State, sign_in: SignIn) -> None:
        self._jamf = jamf
        self._sign_in = sign_in

    def add_routes(self, app: Flask) -> None:
        app.get("/api/v1/jamf-pro-version")(self._version)
        app.get("/api/v<int:version>/computers-inventory")(self._computers)
        app.get("/api/v2/mobile-devices/detail")(self._mobile_devices)
        app.get("/api/v1/departments")(self._departments)
        app.get("/api/v1/buildings")(self._buildings)
        app.get("/api/v1/computer-groups")(self._computer_groups)
        app.get("/api/v1/mobile-device-groups")(self._mobile_device_groups)

    def _version(self) -> Response:
        self._sign_in.pro()
        return pro({"version": self._jamf.version})

    def _computers(self, version: int) -> Response:
        if version not in INVENTORY_SINCE:
            refuse(status_page(404))
        self._jamf.require(*INVENTORY_SINCE[version])
        self._sign_in.pro("Read Computers")
        module, fleet = computers_inventory, self._jamf.computers
        valid = module.V1_SECTIONS if version == 1 else module.SECTIONS
        sections = _sections(valid, module.READERS)
        _refuse_filter()
        ids = _sorted(fleet.readable(), _computer_keys(fleet, version), "general.name:asc")
        return _paged(ids, lambda n: computer_result(fleet.record(n), sections, version))

    def _mobile_devices(self) -> Response:
        """Answer with a page, or by default with 500 if one device of it is broken.

        From 11.29 on, exception-handling=LENIENT answers such a device with a section of null.
        """
        self._sign_in.pro("Read Mobile Devices")
        module, fleet = mobile_devices_detail, self._jamf.mobile_devices
        sections = _sections(module.SECTIONS, module.READERS)
        lenient = self._jamf.release >= (11, 29) and (
            request.args.get("exception-handling") == "LENIENT"
        )

        def result(number: int) -> dict[str, Any]:
            if number in fleet.broken and not lenient:
                refuse(api_error(500, "SERVER_ERROR", description=f"Mobile device {number}"))
            whole = mobile_device_result(fleet.record(number), sections)
            return whole | {"general": None} if number in fleet.broken else whole

        ids = _sorted(_in_group(fleet), _mobile_device_keys(fleet), "displayName:asc")
        return _paged(ids, result)

    def _departments(self) -> Response:
        self._sign_in.pro("Read Departments")
        return _named(DEPARTMENTS)

    def _buildings(self) -> Response:
        self._sign_in.pro("Read Buildings")
        return _named(BUILDINGS)

    def _computer_groups(self) -> Response:
        self._sign_in.pro("Read Smart Computer Groups", "Read Static Computer Groups")
        groups = self._jamf.computers.groups
        return pro([{"id": str(g.id), "name": g.name, "smartGroup": g.is_smart} for g in groups])

    def _mobile_device_groups(self) -> Response:
        self._sign_in.pro("Read Smart Mobile Device Groups", "Read Static Mobile Device Groups")
        groups = self._jamf.mobile_devices.groups
        return pro([{"id": str(g.id), "name": g.name, "isSmartGroup": g.is_smart} for g in groups])


def _named(names: Collection[str]) -> Response:
    rows = {n: {"id": str(n), "name": name} for n, name in enumerate(names, 1)}
    _refuse_filter()
    keys: SortKeys = {"id": lambda n: n, "name": lambda n: rows[n]["name"]}
    return _paged(_sorted(list(rows), keys, "id:asc"), rows.__getitem__)


def _computer_keys(fleet: Fleet, version: int) -> SortKeys:
    contact = "general.lastContactTime" if version < 4 else "general.lastCheckIn"
    return {
        "id": lambda n: n,
        "udid": _general(fleet, "udid"),
        "general.name": _general(fleet, "name"),
        "general.reportDate": _general(fleet, "report_date_epoch"),
        contact: _general(fleet, "last_contact_time_epoch"),
    }


def _mobile_device_keys(fleet: Fleet) -> SortKeys:
    return {
        "mobileDeviceId": lambda n: n,
        "displayName": _general(fleet, "display_name"),
        "serialNumber": _general(fleet, "serial_number"),
    }


def _general(fleet: Fleet, key: str) -> Callable[[int], Any]:
    return lambda n: fleet.record(n)["general"][key]


def _sections(valid: Collection[str], built: Collection[str]) -> list[str]:
    """Return the sections asked for; one the vendor knows but the sandbox lacks is a 501."""
    sections = request.args.getlist("section") or ["GENERAL"]
    for section in sections:
        if section not in valid:
            refuse(_bad_argument("section", f"{section} is not a section"))
        if section not in built:
            refuse(
                api_error(501, "NOT_BUILT", description=f"The sandbox does not support {section}")
            )
    return sections


def _sorted(ids: list[int], keys: SortKeys, default: str) -> list[int]:
    """Sort by the argument `sort`, `field:asc,other:desc`, whose fields are among `keys`."""
    criteria = ",".join(request.args.getlist("sort") or [default]).split(",")
    for criterion in reversed(criteria):
        field, _, direction = criterion.partition(":")
        if field not in keys or direction not in ("asc", "desc"):
            refuse(_bad_argument("sort", f"cannot sort by {criterion}"))
        ids = sorted(ids, key=keys[field], reverse=direction == "desc")
    return ids


def _paged(ids: list[int], result: Callable[[int], Record]) -> Response:
    """Answer with one page; no page is past the end, only an empty one."""
    page = _count("page", 0, least=0)
    size = min(_count("page-size", 100, least=1), MAX_PAGE_SIZE)
    results: Iterable[Record] = map(result, ids[page * size : (page + 1) * size])
    return pro({"totalCount": len(ids), "results": list(results)})


def _refuse_filter() -> None:
    if "filter" in request.args:
        refuse(api_error(501, "NOT_BUILT", description="The sandbox does not support this filter"))


def _in_group(fleet: Fleet) -> list[int]:
    """Return the devices that the argument `filter` lets pass: those of a group, by its id."""
    text = request.args.get("filter")
    if text is None:
        return fleet.readable()
    group_id = re.fullmatch(r"groupId==\"?(\d+)\"?", text)
    if not group_id:
        _refuse_filter()
    groups = [group for group in fleet.groups if group_id and str(group.id) == group_id[1]]
    return [n for n in fleet.readable() if any(group.holds(n) for group in groups)]


def _count(name: str, default: int, least: int) -> int:
    text = request.args.get(name, str(default))
    if not text.isdecimal() or int(text) < least:
        refuse(_bad_argument(name, f"{text} is not a number from {least} up"))
    return int(text)


def _bad_argument(field: str, description: str) -> Response:
    return api_error(400, "INVALID_FIELD", field=field, description=description)
