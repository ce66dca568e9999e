"""Computers and mobile devices from Casper, which is called Jamf Pro today."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from email.utils import formatdate, parsedate_to_datetime
from functools import partial
from typing import Any, Literal

from lib.auth import Token, TokenAuth, basic
from lib.connector import AssetConnector, AssetSettings, Delivered, Record, Records, Sources
from lib.errors import (
    ConfigurationError,
    ConnectorError,
    RecordGone,
    RecordUnreadable,
    SignInError,
    SourceFault,
    SourceUnavailable,
)
from lib.http import Client, NotFound, json_of, member
from lib.oauth import client_credentials
from lib.plugins import did_you_mean
from lib.reading.ahead import fetch_ahead
from lib.reading.patience import while_readable
from lib.settings import at_least, setting, url

# So many devices in a row that are gone are looked for in the listing again.
MOST_GONE = 10
# What Jamf Pro writes for a device that has none.
NO_SERIAL_NUMBER = "Not Available"


@dataclass(frozen=True, kw_only=True)
class Settings(AssetSettings):
    url: str = setting(
        "The address of Jamf Pro.", example="https://jss.jamfcloud.com/example", parse=url
    )
    username: str = setting(
        "A local or LDAP account (no single sign-on) with the rights of an auditor.",
        default="",
        example="username@example.com",
    )
    password: str = setting(
        "The password of that account.", default="", example="change-me", secret=True
    )
    client_id: str = setting(
        "The id of an API client (Jamf Pro 10.49 and later), instead of username and password.",
        default="",
    )
    client_secret: str = setting("The secret of that API client.", default="", secret=True)
    sync_type: Literal["computers", "mobiledevices"] = setting(
        "What to read. For both, add a second section, [casper.MDM].", default="computers"
    )
    group_name: str = setting(
        "A computer group or mobile device group; without one, all devices are read.",
        default="",
        advanced=True,
    )
    update_only: bool = setting("True updates assets and never creates one.", default=False)
    workers: int = setting(
        "How many requests to make at once; Jamf advises against more than 5.",
        default=5,
        advanced=True,
        parse=at_least(1),
    )

    def problems(self) -> Iterator[tuple[str, str]]:
        yield from super().problems()
        if bool(self.client_id) != bool(self.client_secret):
            yield "client_id", "client_id and client_secret belong together"
        elif not self.client_id and not (self.username and self.password):
            yield "username", "give username and password, or client_id and client_secret"


@dataclass(frozen=True)
class DeviceType:
    """One kind of device: as the Classic API's paths and its JSON spell it, and its sections."""

    in_paths: str
    in_json: str
    sections: frozenset[str]


# Found in the records of every device, of computers, and of mobile devices.
EVERYWHERE = {
    "general", "location", "purchasing", "certificates", "security", "extension_attributes",
    "configuration_profiles",
}  # fmt: skip
OF_COMPUTERS = EVERYWHERE | {"peripherals", "hardware", "software", "groups_accounts", "iphones"}
OF_MOBILE_DEVICES = EVERYWHERE | {
    "applications", "network", "provisioning_profiles", "mobile_device_groups",
}  # fmt: skip
COMPUTERS = DeviceType("computer", "computer", frozenset(OF_COMPUTERS))
MOBILE_DEVICES = DeviceType("mobiledevice", "mobile_device", frozenset(OF_MOBILE_DEVICES))


class Connector(AssetConnector[Settings]):
    """Computers or mobile devices from Casper, which is called Jamf Pro today."""

    title = "Casper"
    settings_type = Settings
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
            self._ids(jamf)

    def records(self, sources: Sources) -> Records:
        subset = self._subset(sources)
        with self._jamf() as jamf:
            ids = self._ids(jamf)
            self.expected = len(ids)

            def detail(device: int) -> Delivered:
                return self._detail(jamf, device, subset)

            with closing(fetch_ahead(detail, ids, self.settings.workers)) as found:
                yield from self._while_listed(jamf, while_readable(found, where=jamf.url))

    @property
    def _devices(self) -> DeviceType:
        return COMPUTERS if self.settings.sync_type == "computers" else MOBILE_DEVICES

    @contextmanager
    def _jamf(self) -> Iterator[Client]:
        """A signed-in client. Its cookies are dropped: they would pin all requests to one node."""
        settings = self.settings
        jamf = Client(
            settings.url,
            settings,
            connections=settings.workers,
            cookies=False,
            repeatable=frozenset({"GET", "POST"}),  # what is posted signs in or out
            retry_status=frozenset({500}),
        )
        sign_in = partial(_client_token if settings.client_id else _user_token, jamf, settings)
        try:
            jamf.auth = TokenAuth(partial(_again, sign_in), token=sign_in())
        except NotFound:  # a server from before 10.35 has no tokens
            jamf.auth = basic(settings.username, settings.password)
        try:
            yield jamf
        finally:
            if isinstance(jamf.auth, TokenAuth) and not settings.client_id:
                with suppress(ConnectorError):
                    jamf.request("POST", "/api/v1/auth/invalidate-token")
            jamf.close()

    def _while_listed(self, jamf: Client, found: Iterable[Delivered]) -> Iterator[Delivered]:
        """Yield what comes; devices that are gone must be gone from the listing, too.

        A server that is being restarted says of every device that it has none such.
        """
        gone: set[str] = set()
        some_left = False
        for item in found:
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
                f"the server lists {min(gone & listed)} and others, and says that it has none such",
                where=jamf.url,
                fix="Try again later",
            )

    def _ids(self, jamf: Client) -> list[int]:
        settings, devices = self.settings, self._devices
        if settings.group_name:
            members = self._group(jamf)
        else:
            path = f"/JSSResource/{devices.in_paths}s"
            members = _get(jamf, path, f"{devices.in_json}s", list)
        ids = (member(item, "id", int, where=settings.url) for item in members)
        return list(dict.fromkeys(ids))

    def _group(self, jamf: Client) -> Any:
        """The members of the group; found by its name here, since a path cannot hold each name."""
        path = f"/JSSResource/{self._devices.in_paths}groups"
        word, wanted = self._devices.in_json, self.settings.group_name
        listed = _get(jamf, path, f"{word}_groups", list)
        groups = {member(item, "name"): member(item, "id") for item in listed}
        if wanted not in groups:
            raise ConfigurationError(
                f"there is no group {wanted!r} in Jamf Pro",
                fix=f"Check group_name; {did_you_mean(wanted, groups)}".rstrip("; "),
            )
        group = _get(jamf, f"{path}/id/{groups[wanted]}", f"{word}_group", dict)
        return member(group, f"{word}s", list, where=jamf.url + path)

    def _subset(self, sources: Sources) -> str:
        """The path's end that asks for the needed sections only; nothing asks for all."""
        if sources.everything or not self._devices.sections.issuperset(sources.tops):
            return ""
        # Without General a record has no id. In paths, extension_attributes is ExtensionAttributes.
        names = dict.fromkeys(["general", *sources.tops])
        return "/subset/" + "&".join(name.title().replace("_", "") for name in names)

    def _detail(self, jamf: Client, device: int, subset: str) -> Delivered:
        path = f"/JSSResource/{self._devices.in_paths}s/id/{device}{subset}"
        try:
            record: Record = _get(jamf, path, self._devices.in_json, dict)
        except NotFound:
            return RecordGone("it is no longer there", where=f"device {device}")
        except ConnectorError as error:
            # With a token, what is refused of one device only is AccessDenied.
            if type(error) is SignInError and isinstance(jamf.auth, TokenAuth):
                raise
            return RecordUnreadable(error.what, where=f"device {device}")
        general = record.get("general")
        if isinstance(general, dict) and general.get("serial_number") == NO_SERIAL_NUMBER:
            general["serial_number"] = ""
        return record


def _get(jamf: Client, path: str, key: str, kind: type) -> Any:
    """What the answer to a GET holds under its one key."""
    return member(jamf.get_json(path), key, kind, where=jamf.url + path)


def _again(sign_in: Callable[[], Token]) -> Token:
    """A sign-in in the middle of a run; that it fails is no matter of a single device."""
    try:
        return sign_in()
    except (NotFound, SourceUnavailable) as error:
        raise SignInError(
            f"signing in again has failed ({error.what})", where=error.where, fix="Try again later"
        ) from None


def _client_token(jamf: Client, settings: Settings) -> Token:
    """A token for an API client; servers from 11.23 on have the versioned path as well."""
    for path in ("/api/oauth/token", "/api/v1/oauth/token"):
        with suppress(NotFound):
            return client_credentials(jamf, path, settings.client_id, settings.client_secret)
    raise SignInError(
        "this Jamf Pro knows no API clients (they came with 10.49)",
        where=settings.url,
        fix="Set username and password instead",
    )


def _user_token(jamf: Client, settings: Settings) -> Token:
    """A token for an account. Its end is told by the server's clock, which may differ from ours."""
    login = basic(settings.username, settings.password)
    try:
        response = jamf.request("POST", "/api/v1/auth/token", auth=login)
    except SignInError as error:
        if re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", settings.username):
            error.fix = "The username looks like an API client's: use client_id and client_secret"
        raise
    answer = json_of(response)
    token, expires = (member(answer, key, str, where=response.url) for key in ("token", "expires"))
    now = parsedate_to_datetime(response.headers.get("Date") or formatdate(usegmt=True))
    try:
        return Token(token, (datetime.fromisoformat(expires) - now).total_seconds())
    except (TypeError, ValueError):
        raise SourceFault(
            f"the token ends at no known time ({expires})", where=response.url, fix="Check the url"
        ) from None
