"""Devices from Workspace ONE UEM, formerly VMware AirWatch."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import quote

from requests import Response
from requests.auth import AuthBase

from lib import secrets
from lib.connector import AssetConnector, Projection, Records
from lib.duplicates import duplicates_setting
from lib.errors import AccessDenied, ConnectorError, SignInError, SourceFault
from lib.http.auth import Token, TokenAuth, basic
from lib.http.client import Client, NotFound
from lib.http.oauth import OAuthClientSettings, client_credentials
from lib.http.response import NoContent, member
from lib.reading.enrich import enrich
from lib.reading.listing import Page
from lib.reading.offsets import paginate_by_offset
from lib.record import Record
from lib.sectionsettings import AssetSettings
from lib.settings import at_least, setting
from lib.settings import url as web_address
from lib.values.values import int_or_none

SEARCH = "/api/mdm/devices/search"
# The default and the most; for a larger one the server gives as many.
LARGEST_PAGE = 500


@dataclass(frozen=True, kw_only=True)
class Settings(OAuthClientSettings, AssetSettings):
    url: str = setting(
        "The address of the API: https://as1234.awmdm.com if the console is at"
        " https://cn1234.awmdm.com.",
        example="https://as1234.awmdm.com",
        parse=web_address,
    )
    client_id: str = setting(
        "The ID of an OAuth client (in the cloud only).",
        default="",
        example="YOUR AirWatch CLIENT ID",
    )
    client_secret: str = setting(
        "The secret of that OAuth client.",
        default="",
        example="YOUR AirWatch CLIENT SECRET",
        secret=True,
    )
    oauth_url: str = setting(
        "The token address of your region: https://REGION.uemauth.workspaceone.com/connect/token."
        " REGION is na, emea, apac, or uat.",
        default="",
        example="https://na.uemauth.workspaceone.com/connect/token",
        parse=web_address,
    )
    username: str = setting(
        "An administrator for Basic authentication: the older way to sign in, the only one on"
        " premises.",
        default="",
        example="username@example.com",
        alternative=True,
    )
    password: str = setting(
        "The password of that administrator, for the older way to sign in.",
        default="",
        example="change-me",
        secret=True,
        alternative=True,
    )
    api_token: str = setting(
        "The REST API key (aw-tenant-code), for the older way to sign in.",
        default="",
        example="YOUR AirWatch API TOKEN",
        secret=True,
        alternative=True,
    )
    dep_uuid: str = setting(
        "The UUID of an organization group. If it is set, data from Apple's Device Enrollment"
        " Program is added to the group's devices under `dep`.",
        default="",
    )
    workers: int = setting(
        "The number of requests for network data at the same time.",
        default=5,
        advanced=True,
        parse=at_least(1),
    )
    duplicates: str = duplicates_setting(example="newest")

    @property
    def contact_path(self) -> str:
        return "LastSeen"

    def problems(self) -> Iterator[tuple[str, str]]:
        yield from super().problems()
        if self.client_id and self.client_secret and not self.oauth_url:
            yield "oauth_url", "client_id and client_secret need the oauth_url of your region"
        elif not self.by_client and not (self.username and self.password and self.api_token):
            yield (
                "client_id",
                "credentials are missing. Set client_id, client_secret, and oauth_url (or username,"
                " password, and api_token)",
            )


class Connector(AssetConnector[Settings]):
    """Devices from Workspace ONE UEM, formerly VMware AirWatch."""

    title = "AirWatch"
    settings_type = Settings
    id_paths = ("Id.Value",)

    def check(self) -> None:
        with self._airwatch() as (airwatch, _):
            _devices(airwatch, 0, 1)

    def records(self, projection: Projection) -> Records:
        wanted = {"network", "dep"} if projection.everything else set(projection.top_level)
        with self._airwatch() as (airwatch, details):
            enrolled = {}
            if "dep" in wanted and self.settings.dep_uuid:
                enrolled = _enrolled(airwatch, self.settings.dep_uuid)
            devices = self._listed(airwatch)
            if "network" in wanted:
                devices = self._with_network(
                    devices, details, needed="network" in projection.top_level
                )
            for device in devices:
                number = device.get("SerialNumber")
                if isinstance(number, str) and number in enrolled:
                    device["dep"] = enrolled[number]
                yield device

    @contextmanager
    def _airwatch(self) -> Iterator[tuple[Client, Client]]:
        """Give the block a client for listings, and one for details of devices.

        The latter does not retry status 500, which the details of some devices always have.
        """
        own = self.settings
        auth = (
            TokenAuth(partial(_token, own)) if own.client_id else basic(own.username, own.password)
        )
        with ExitStack() as stack:
            listings = _AirWatch(own, auth, retry_status=frozenset({500}))
            details = _AirWatch(own, auth, connections=own.workers)
            yield stack.enter_context(closing(listings)), stack.enter_context(closing(details))

    def _listed(self, airwatch: Client) -> Iterator[Record]:
        """Yield the devices until an empty page: Total may count some that are not given."""

        def fetch(number: int) -> Page:
            devices, total = _devices(airwatch, number, LARGEST_PAGE)
            self.expected = self.expected if total is None else total
            return Page(devices, total, more=True)

        for page in paginate_by_offset(fetch, _id, where=airwatch.url + SEARCH, numbered=True):
            yield from page

    def _with_network(
        self, devices: Iterator[Record], airwatch: Client, *, needed: bool
    ) -> Iterator[Record]:
        """Yield the devices with their network data, which is {} if there is none."""
        enriched = enrich(
            devices,
            partial(_network, airwatch),
            self.settings.workers,
            name="Network data",
            needed=needed,
        )
        for device, network in enriched:
            device["network"] = network or {}
            yield device


class _AirWatch(Client):
    """A client of version 1 of the API, which also the newest servers support."""

    def __init__(self, settings: Settings, auth: AuthBase, **how: Any) -> None:
        headers = {"Accept": "application/json;version=1"}
        if settings.api_token:
            secrets.remember(settings.api_token)
            headers["aw-tenant-code"] = settings.api_token
        super().__init__(settings.url, settings, auth=auth, headers=headers, **how)

    def refusal(self, response: Response) -> ConnectorError:
        error = super().refusal(response)
        if isinstance(error, AccessDenied):
            fix = "Check api_token, and the permissions of the administrator's role"
            return error.with_fix(fix)
        return error


def _token(settings: Settings) -> Token:
    """Request a token for an OAuth client; it lasts an hour."""
    with closing(Client(settings.oauth_url, settings, repeatable=frozenset({"POST"}))) as authority:
        try:
            return client_credentials(authority, "", settings)
        except (SignInError, NotFound) as error:
            fix = "Check client_id and client_secret, and the region in oauth_url"
            raise error.with_fix(fix) from None


def _get(airwatch: Client, path: str, **params: Any) -> Any:
    """Return the JSON of a GET; raise SourceFault for an error in a successful response."""
    answer = airwatch.get_json(path, **params)
    if isinstance(answer, dict) and answer.get("errorCode"):
        message = f"error {answer['errorCode']}: {answer.get('message')}"
        raise SourceFault(
            f"the server reported {secrets.redact(message)}",
            where=airwatch.url + path,
            fix="Check that url is the address of the API, and the permissions of the account",
        )
    return answer


def _devices(airwatch: Client, number: int, length: int) -> tuple[list[Any], int | None]:
    """Return a page of devices, counted from 0, and the total if the server reports it.

    Most servers answer with an empty response if there are no devices, or no more.
    """
    try:
        answer = _get(airwatch, SEARCH, page=number, pagesize=length, orderby="deviceid")
    except NoContent:
        return [], None
    where = airwatch.url + SEARCH
    if not isinstance(answer, dict) or not answer.keys() & {"Devices", "Total"}:
        raise SourceFault(
            "'Devices' is missing in the response",
            where=where,
            fix="Check that url is the address of the API, not of the console",
        )
    came = int_or_none(answer.get("Page"))
    if came not in (None, number):
        raise SourceFault(
            f"the server returned page {came} instead of page {number}",
            where=where,
            fix="Try again later",
        )
    devices = [] if answer.get("Devices") is None else member(answer, "Devices", list, where=where)
    return devices, int_or_none(answer.get("Total"))


def _id(device: Record) -> Any:
    identifier = device.get("Id")
    return identifier.get("Value") if isinstance(identifier, dict) else identifier


def _network(airwatch: Client, device: Record) -> Any:
    """Request the network data of a device; {} if the server has none."""
    try:
        network = _get(airwatch, f"/api/mdm/devices/{_id(device)}/network")
    except (NotFound, NoContent):
        return {}
    return network if isinstance(network, dict) else {}


def _enrolled(airwatch: Client, group: str) -> dict[str, Record]:
    """Return the devices of a group in Apple's enrollment program, by serial number."""
    path = f"/api/mdm/dep/groups/{quote(group, safe='')}/devices"
    try:
        devices = _get(airwatch, path)
    except NoContent:
        return {}
    except NotFound as error:
        raise error.with_fix("Check that dep_uuid is the UUID of a group") from None
    if not isinstance(devices, list):
        raise SourceFault(
            "the response is not a list of devices",
            where=airwatch.url + path,
            fix="Check that dep_uuid is the UUID of a group",
        )
    return {device["deviceSerialNumber"]: device for device in devices if _is_named(device)}


def _is_named(enrolled: Any) -> bool:
    number = enrolled.get("deviceSerialNumber") if isinstance(enrolled, dict) else None
    return isinstance(number, str) and number != ""
