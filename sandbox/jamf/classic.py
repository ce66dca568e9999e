"""The Classic API, /JSSResource: listings of ids without pages, and one record per request."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask, Response

from sandbox.jamf.answers import classic, refuse, status_page
from sandbox.jamf.auth import SignIn
from sandbox.jamf.fleet import Fleet, Record
from sandbox.jamf.groups import Group
from sandbox.jamf.state import State

COMPUTER_MEMBER = ("id", "name", "mac_address", "alt_mac_address", "serial_number")
MOBILE_DEVICE_MEMBER = ("id", "name", "udid", "wifi_mac_address", "serial_number")
"""The keys of `general` that the members of a group show."""


def add_routes(app: Flask, jamf: State, sign_in: SignIn) -> None:
    """Answer for both kinds of device and their groups, to whom `sign_in` lets pass."""
    computers = Devices("computer", jamf.computers, sign_in, _computer_row, COMPUTER_MEMBER)
    mobile_devices = Devices(
        "mobile_device", jamf.mobile_devices, sign_in, _mobile_device_row, MOBILE_DEVICE_MEMBER
    )
    computers.add_routes(app)
    mobile_devices.add_routes(app)
    app.get("/JSSResource/computers", endpoint="computers")(computers.names)
    app.get("/JSSResource/computers/subset/basic", endpoint="basic")(computers.rows)
    app.get("/JSSResource/mobiledevices", endpoint="mobile_devices")(mobile_devices.rows)


class Devices:
    """The endpoints of one kind of device, "computer" or "mobile_device", and of its groups.

    The path leaves the underscore out of the kind, the JSON keeps it.
    """

    def __init__(
        self,
        kind: str,
        fleet: Fleet,
        sign_in: SignIn,
        row: Callable[[Record], dict[str, Any]],
        member: tuple[str, ...],
    ) -> None:
        self._kind = kind
        self._fleet = fleet
        self._sign_in = sign_in
        self._row = row
        self._member = member
        words = kind.replace("_", " ").title()
        self._privilege = f"Read {words}s"
        self._group_privileges = (f"Read Smart {words} Groups", f"Read Static {words} Groups")

    def add_routes(self, app: Flask) -> None:
        devices = f"/JSSResource/{self._kind.replace('_', '')}s"
        groups = f"/JSSResource/{self._kind.replace('_', '')}groups"
        for path, view in (
            (f"{devices}/id/<device_id>", self._device),
            (f"{devices}/id/<device_id>/subset/<names>", self._device),
            (groups, self._groups),
            (f"{groups}/id/<group_id>", self._group_by_id),
            (f"{groups}/name/<name>", self._group_by_name),
        ):
            app.add_url_rule(path, f"{self._kind} {path}", view)

    def names(self) -> Response:
        """List `{id, name}` of every device."""
        self._sign_in.classic(self._privilege)
        general = [self._fleet.record(n)["general"] for n in self._fleet.ids]
        rows = [{"id": each["id"], "name": each["name"]} for each in general]
        return classic(f"{self._kind}s", rows)

    def rows(self) -> Response:
        """List the basic facts of every device."""
        self._sign_in.classic(self._privilege)
        return classic(
            f"{self._kind}s", [self._row(self._fleet.record(n)) for n in self._fleet.ids]
        )

    def _device(self, device_id: str, names: str | None = None) -> Response:
        """Answer with all sections, or those of `A&B`: in any case, the unknown left out.

        A subset is called like its section without the underscores: ExtensionAttributes.
        """
        self._sign_in.classic(self._privilege)
        number, fleet = _number(device_id), self._fleet
        if not fleet.has(number):
            refuse(_not_found())
        if number in fleet.broken:
            refuse(status_page(500))
        sections = fleet.record(number)
        if names is not None:
            wanted = names.lower().split("&")
            sections = {
                key: value for key, value in sections.items() if key.replace("_", "") in wanted
            }
        answer = classic(self._kind, sections)
        if number in fleet.forbidden:
            answer.status_code = 401
        return answer

    def _groups(self) -> Response:
        self._sign_in.classic(*self._group_privileges)
        rows = [
            {"id": group.id, "name": group.name, "is_smart": group.is_smart}
            for group in self._fleet.groups
        ]
        return classic(f"{self._kind}_groups", rows)

    def _group_by_id(self, group_id: str) -> Response:
        self._sign_in.classic(*self._group_privileges)
        number = _number(group_id)
        return self._group(next((g for g in self._fleet.groups if g.id == number), None))

    def _group_by_name(self, name: str) -> Response:
        self._sign_in.classic(*self._group_privileges)
        return self._group(next((g for g in self._fleet.groups if g.name == name), None))

    def _group(self, group: Group | None) -> Response:
        if group is None:
            refuse(_not_found())
        members = [self._fleet.record(n)["general"] for n in self._fleet.ids if group.holds(n)]
        answer = {
            "id": group.id,
            "name": group.name,
            "is_smart": group.is_smart,
            "site": {"id": -1, "name": "None"},
            "criteria": [],
            f"{self._kind}s": [{key: each[key] for key in self._member} for each in members],
        }
        return classic(f"{self._kind}_group", answer)


def _computer_row(record: Record) -> dict[str, Any]:
    general, location = record["general"], record["location"]
    return {
        "id": general["id"],
        "name": general["name"],
        "managed": general["remote_management"]["managed"],
        "username": location["username"],
        "model": record["hardware"]["model"],
        "department": location["department"],
        "building": location["building"],
        "mac_address": general["mac_address"],
        "udid": general["udid"],
        "serial_number": general["serial_number"],
        "report_date_utc": general["report_date_utc"],
        "report_date_epoch": general["report_date_epoch"],
    }


def _mobile_device_row(record: Record) -> dict[str, Any]:
    keys = ("id", "name", "device_name", "udid", "serial_number", "phone_number")
    more = ("wifi_mac_address", "managed", "supervised", "model", "model_identifier")
    display = ("modelDisplay", "model_display")
    general = record["general"]
    row = {key: general[key] for key in (*keys, *more, *display)}
    return {**row, "username": record["location"]["username"]}


def _number(text: str) -> int:
    if not text.isdecimal():
        refuse(status_page(400, "An id is a number."))
    return int(text)


def _not_found() -> Response:
    return status_page(404, "The server has found nothing that matches the request.")
