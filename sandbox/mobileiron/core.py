"""The mock server for MobileIron Core: the device spaces of an administrator, and their devices.

Written from the Core V2 API Guide and from recorded answers.
"""

from __future__ import annotations

import time
from typing import Any

from flask import Response, jsonify, request

from sandbox.mobileiron.core_devices import FIELDS, Device, devices
from sandbox.mobileiron.server import Server, refuse
from sandbox.mock import SERIAL_NUMBER

LARGEST_PAGE, DEFAULT_PAGE = 200, 50
MOST_FIELDS = 512
ALL_SMARTPHONES = "-1"
# The first one is the global space, of which the others are parts.
SPACES = {1: "Global", 2: "Drivers", 3: "Außendienst"}


class MobileIronCore(Server):
    """A MobileIron Core with its administrator: see `Server`.

    Switches, to be set before or during a run:
        devices: all there are, in the order in which they are listed. One taken out is gone.
        spaces: the names of the administrator's device spaces by their ids; the first holds all.
        fields: the names of fields that it knows.
        most_fields: how many fields a request may name.
        page_limit: the largest page that may be asked for.
        eager: whether the last page says that there are more.
    """

    # No `server_mapping`: Oomnitza keeps one for MobileIron, in which Cloud's fields are.
    name = "core"

    def __init__(self, count: int = 250) -> None:
        super().__init__("miadmin", "sandbox password")
        self.spaces = dict(SPACES)
        self.devices = devices(count, list(SPACES.items()))
        self.fields = list(FIELDS)
        self.most_fields = MOST_FIELDS
        self.page_limit = LARGEST_PAGE
        self.eager = False
        self.app.get("/api/v2/ping")(self._ping)
        self.app.get("/api/v2/device_spaces/mine")(self._mine)
        self.app.get("/api/v2/device_spaces/criteria")(self._criteria)
        self.app.get("/api/v2/devices/search_fields", endpoint="search_fields")(self._criteria)
        self.app.get("/api/v2/devices")(self._search)
        self.app.get("/api/v2/devices/count")(self._count)

    def section(self, url: str) -> str:
        """A section of an ini for this server, at that address, with a mapping of its own."""
        return (
            f"[mobileiron.Core]\nenable = True\nurl = {url}\nusername = {self.username}\n"
            f"password = {self.password}\napi_version = 2\nsync_field = {SERIAL_NUMBER}\n"
            f"use_server_map = False\nmapping.{SERIAL_NUMBER} = common.SerialNumber\n"
            "mapping.MODEL = common.model\nmapping.OS_VERSION = common.os_version\n"
            "mapping.IMEI = common.imei\nmapping.ASSIGNED_TO = user.email_address\n"
        )

    def _ping(self) -> Response:
        return jsonify(results={"apiVersion": 2.0, "vspVersion": "VSP 11.3.0.0 Build 51"})

    def _mine(self) -> Response:
        spaces = [
            {"id": key, "name": name, "path": f"/{key}/"} for key, name in self.spaces.items()
        ]
        return _listing(spaces, len(spaces), more=False)

    def _criteria(self) -> Response:
        self._space()
        fields = [{"name": name, "label": name.split(".")[-1]} for name in self.fields]
        return _listing(fields, len(fields), more=False)

    def _count(self) -> Response:
        self.require_right()
        return _listing([], len(self._found()), more=False)

    def _search(self) -> Response:
        self.require_right()
        found = self._found()
        names = [name for name in request.args.get("fields", "").split(",") if name]
        if not 1 <= len(names) <= self.most_fields or not set(names) <= set(self.fields):
            refuse(_error("The fields are not valid."))
        limit = _number("limit", DEFAULT_PAGE)
        offset = _number("offset", 0)
        if limit > self.page_limit:
            refuse(_error(f"The limit must be no more than {self.page_limit}."))
        page = found[offset : offset + limit]
        shown = [{name: device[name] for name in names if name in device} for device in page]
        return _listing(shown, len(found), more=self.eager or offset + limit < len(found))

    def _found(self) -> list[Device]:
        """The devices of the space that is asked for, those of its parts among them."""
        space = self._space()
        query, label = request.args.get("query"), request.args.get("labelId")
        if query is None and label is None:
            refuse(_error("One of query and labelId is required."))
        if query or label not in (None, ALL_SMARTPHONES):
            refuse(Response("The sandbox supports neither queries nor other labels", 501))
        is_global = space == next(iter(self.spaces))
        return [device for device in self.devices if is_global or device["space"] == space]

    def _space(self) -> int:
        text = request.args.get("adminDeviceSpaceId", "")
        if not text.isdecimal() or int(text) not in self.spaces:
            refuse(_error("The adminDeviceSpaceId is not valid."))
        return int(text)


def _number(name: str, default: int) -> int:
    text = request.args.get(name, str(default))
    if not text.isdecimal():
        refuse(_error(f"The {name} is not valid."))
    return int(text)


def _listing(results: list[Any], total: int, *, more: bool) -> Response:
    return jsonify(
        results=results,
        totalCount=total,
        resultCount=len(results),
        searchTimeMillis=3,
        currentServerTimeMilliseconds=int(time.time() * 1000),
        hasMore=more,
    )


def _error(sentence: str) -> Response:
    message = {
        "type": "Error",
        "messageKey": "com.mobileiron.vsp.messages.validation.constraints",
        "localizedMessage": sentence,
    }
    answer = jsonify(messages=[message])
    answer.status_code = 400
    return answer
