"""The mock server for AirWatch: its switches, what it has seen, and the Flask app behind them.

Written from the MDM API's own description (versions 1 and 2) and from recorded answers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, ClassVar
from uuid import uuid4
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Response, g, jsonify, request
from werkzeug.exceptions import HTTPException

from sandbox.airwatch.answers import JSON, error, refuse, version
from sandbox.airwatch.devices import Device, devices, enrolment, network
from sandbox.airwatch.sign_in import SignIn
from sandbox.mock import SERIAL_NUMBER, MockServer, ServerMapping
from sandbox.quota import Quota

DAY = 86_400
NOT_FOUND = 5061
# What `orderby` may name, and where that is in a device.
ORDERS: dict[str, Callable[[Device], Any]] = {
    "deviceid": lambda device: device["Id"]["Value"],
    "model": lambda device: device["Model"],
    "platform": lambda device: device["Platform"],
    "lastseen": lambda device: device["LastSeen"],
    "ownership": lambda device: device["Ownership"],
}
NOT_BUILT = ("lgid", "lastseen", "seensince", "seen_since", "compliantstatus", "compliance_status")
FILTERS = {"user": "UserName", "model": "Model", "platform": "Platform", "ownership": "Ownership"}
ALTERNATE_IDS = {
    "macaddress": "MacAddress",
    "udid": "Udid",
    "serialnumber": "SerialNumber",
    "imeinumber": "Imei",
}


class AirWatch(MockServer):
    """A tenant of AirWatch, and the place that gives its tokens.

    Switches, to be set before or during a run:
        devices: all there are. One taken out is gone; the ids are in `["Id"]["Value"]`.
        sign_in: the credentials, whether Basic is taken, how long tokens live.
        rights: what the role of the account may read: "devices", "network", "dep".
        quota: how many requests a day has.
        page_limit: the largest page that is given, and the one that is given unasked.
        dep_group: the UUID of the one organization group with Apple's enrollment program.
        no_network: ids of devices about whose network nothing is known (404).
        broken: ids of devices whose network is answered with 500, always.
    """

    name = "airwatch"
    server_mapping: ClassVar[ServerMapping] = {
        "AirWatch": {
            "SerialNumber": SERIAL_NUMBER,
            "DeviceFriendlyName": "NAME",
            "Model": "MODEL",
            "OperatingSystem": "OS_VERSION",
            "Imei": "IMEI",
            "UserName": "ASSIGNED_TO",
            "LastSeen": "LAST_SEEN",
            "network.WifiInfo.WifiMacAddress": "WIFI_MAC_ADDRESS",
            "dep.profileName": "DEP_PROFILE",
        }
    }

    def __init__(self, count: int = 600) -> None:
        super().__init__()
        self.devices = devices(count)
        self.sign_in = SignIn(
            username="api-reader",
            password="sandbox password",
            api_token="c2FuZGJveA1234567890tenant=",
            client_id="0123456789abcdef0123456789abcdef",
            client_secret="sandbox-client-secret",
        )
        self.rights = {"devices", "network", "dep"}
        self.quota = 250_000
        self.page_limit = 500
        self.dep_group = "5f0c2a1e-0000-4000-8000-000000000570"
        self.no_network: set[int] = set()
        self.broken: set[int] = set()
        self._day = Quota(DAY)
        self._add_routes()

    def section(self, url: str) -> str:
        """A section of an ini for this tenant, served at that address."""
        signing = self.sign_in
        return (
            f"[airwatch]\nenable = True\nurl = {url}\nusername = {signing.username}\n"
            f"password = {signing.password}\napi_token = {signing.api_token}\n"
            f"dep_uuid = {self.dep_group}\nsync_field = {SERIAL_NUMBER}\n"
        )

    def _add_routes(self) -> None:
        app = self.app
        app.post("/connect/token")(lambda: self.sign_in.issue(request))
        for path, view in (
            ("system/info", self._info),
            ("mdm/devices/search", self._search),
            ("mdm/devices/network", self._network_by_alternate_id),
            ("mdm/devices/macaddress/<mac>/network", self._network_by_mac_address),
            ("mdm/devices/<number>", self._device),
            ("mdm/devices/<number>/network", self._network),
            ("mdm/dep/groups/<group>/devices", self._dep),
        ):
            app.add_url_rule(f"/api/{path}", path, view)
            app.add_url_rule(f"/api/v1/{path}", f"v1 {path}", view)
        app.wsgi_app = _whatever_case(app.wsgi_app)  # type: ignore[assignment,method-assign]

    def admit(self) -> Response | None:
        if not request.path.startswith("/api/"):
            return None
        if not self._day.take(self.quota):
            return error(429, "The quota of API calls for this day is used up.")
        self.sign_in.require(request)
        return None

    def dress(self, answer: Response) -> Response:
        if not request.path.startswith("/api/"):
            return answer
        headers = answer.headers
        headers["X-RateLimit-Limit"] = str(self.quota)
        headers["X-RateLimit-Remaining"] = str(self._day.left(self.quota))
        headers["X-RateLimit-Reset"] = str(int(self._day.ends))
        headers["x-correlation-id"] = str(uuid4())
        newest = g.get("newest", 1)
        headers["x-api-version"] = f"v{g.get('version', 1)}"
        headers["api-supported-versions"] = ", ".join(map(str, range(1, newest + 1)))
        if answer.mimetype == "application/json":
            headers["Content-Type"] = JSON
        return answer

    def explain(self, fault: HTTPException) -> Response:
        return error(fault.code or 500, fault.description or fault.name)

    def _let_in(self, right: str, newest: int = 1) -> None:
        """Let pass who has the right, and choose the version among those that there are."""
        g.newest, g.version = newest, version(request, newest)
        if right not in self.rights:
            refuse(403, "The role of the account does not permit to use this API.")

    def _info(self) -> Response:
        return jsonify(ProductName="Workspace ONE UEM", ProductVersion="24.10.0.5")

    def _search(self) -> Response:
        self._let_in("devices", newest=3)
        if g.version == 3:
            refuse(501, "The sandbox supports only versions 1 and 2 of this request.")
        args = {name.lower(): value for name, value in request.args.items()}
        for name in args.keys() & set(NOT_BUILT):
            refuse(501, f"The sandbox does not support {name}.")
        number = _number(args, "page", 0, least=0)
        size = min(_number(args, "pagesize", self.page_limit, least=1), self.page_limit)
        order = ORDERS.get(args.get("orderby", "deviceid").lower())
        direction = args.get("sortorder", "ASC").upper()
        if order is None or direction not in ("ASC", "DESC"):
            refuse(400, "orderby or sortorder is not valid.")
        devices = [device for device in self.devices if _matches(device, args)]
        devices.sort(key=order, reverse=direction == "DESC")
        page = devices[number * size : (number + 1) * size]
        if not page:
            nothing = Response(status=204)
            del nothing.headers["Content-Type"]
            return nothing
        return jsonify(Devices=page, Page=number, PageSize=size, Total=len(devices))

    def _device(self, number: str) -> Response:
        self._let_in("devices")
        return jsonify(self._found("Id", number))

    def _network(self, number: str) -> Response:
        self._let_in("network")
        return self._network_of(self._found("Id", number))

    def _network_by_mac_address(self, mac: str) -> Response:
        self._let_in("network")
        return self._network_of(self._found("MacAddress", mac))

    def _network_by_alternate_id(self) -> Response:
        self._let_in("network")
        kind = ALTERNATE_IDS.get(request.args.get("searchby", "").lower())
        if kind is None:
            refuse(400, "searchby is not valid.")
        return self._network_of(self._found(kind, request.args.get("id", "")))

    def _network_of(self, device: Device) -> Response:
        if device["Id"]["Value"] in self.broken:
            return error(500, "An error has occurred.", 1000)
        if device["Id"]["Value"] in self.no_network:
            return error(404, "No network information was found.")
        return jsonify(network(device))

    def _found(self, key: str, text: str) -> Device:
        """The device with this id, of the kind that the key holds."""
        for device in self.devices:
            held = device["Id"]["Value"] if key == "Id" else device.get(key)
            if held and str(held).lower() == text.lower():
                break
        else:
            refuse(404, f"Device with id {text} was not found.", NOT_FOUND)
        return device

    def _dep(self, group: str) -> Response:
        self._let_in("dep")
        if group.lower() != self.dep_group:
            refuse(404, "The organization group was not found.")
        apple = [device for device in self.devices if device["OEMInfo"] == "Apple"]
        return jsonify([enrolment(device) for device in apple])


def _whatever_case(application: WSGIApplication) -> WSGIApplication:
    """Take paths in any case, as the web server of AirWatch does."""

    def serve(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        environ["PATH_INFO"] = path.lower() if path[:5].lower() == "/api/" else path
        return application(environ, start_response)

    return serve


def _number(args: dict[str, str], name: str, default: int, *, least: int) -> int:
    text = args.get(name, str(default))
    if not text.isdecimal() or int(text) < least:
        refuse(400, f"{name} is not valid.")
    return int(text)


def _matches(device: Device, args: dict[str, str]) -> bool:
    wanted = {key: args[name] for name, key in FILTERS.items() if args.get(name)}
    return all(device[key].lower() == value.lower() for key, value in wanted.items())
