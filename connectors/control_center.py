"""SIM cards from Cisco IoT Control Center (formerly Jasper), read with its REST API."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any
from urllib.parse import quote

import requests

from lib.connector import Projection, SourceItem
from lib.errors import (
    AccessDenied,
    ConnectorError,
    RecordGone,
    RecordUnreadable,
    SignInError,
    SourceFault,
    TransientError,
)
from lib.http.auth import basic
from lib.http.client import Client
from lib.http.ratelimit import asked_pause
from lib.http.response import json_of, member
from lib.reading.changes import Changes
from lib.reading.incremental import IncrementalConnector, IncrementalSettings
from lib.record import Record
from lib.settings import setting, url
from lib.values.dates import moment_or_none

log = logging.getLogger(__name__)

API = "/rws/api/v1"
PAGE_SIZE = 50  # the most that the API gives
# A list spans a year at most. Before the first day there were no SIMs.
YEAR = timedelta(days=365)
FIRST_DAY = datetime(2004, 1, 1, tzinfo=UTC)
# What a device's usage tells, by a request of its own.
USAGE = frozenset(
    {
        "ctdDataUsage",
        "ctdSMSUsage",
        "ctdVoiceUsage",
        "ctdSessionCount",
        "overageLimitReached",
        "overageLimitOverride",
    }
)


class NoSuchDevice(SourceFault):
    """The service does not know this ICCID."""


class UnknownParameter(SourceFault):
    """The service does not support a parameter."""


class TooLongAgo(SourceFault):
    """The service does not list devices that were modified so long ago."""


LATER = "Try again later"
# Errors by their code: the kind of error, and what to do.
ERRORS: dict[str, tuple[type[ConnectorError], str]] = {
    "10000001": (
        SignInError,
        "Check username and api_key, and the IP addresses from which the user can sign in",
    ),
    "10000028": (UnknownParameter, LATER),
    "10000030": (AccessDenied, "Check the permissions (the role) of the user"),
    "10000045": (TooLongAgo, LATER),
    "20000001": (NoSuchDevice, LATER),
    "40000029": (TransientError, LATER),  # over the rate limit
}


@dataclass(frozen=True, kw_only=True)
class Settings(IncrementalSettings):
    url: str = setting(
        "The address of the API. Control Center shows it under API.",
        example="https://restapi3.jasper.com",
        parse=url,
    )
    username: str = setting("The name of a Control Center user.", example="username@example.com")
    api_key: str = setting("The API key of that user.", example="change-me", secret=True)


class Connector(IncrementalConnector[Settings]):
    """SIM cards from Cisco IoT Control Center (formerly Jasper), read with its REST API."""

    title = "Jasper"
    settings_type = Settings
    id_paths = ("iccid",)

    @property
    def account(self) -> str:
        return f"{self.settings.username} {self.settings.url}"

    def connect(self) -> Devices:
        return Devices(self.settings)


class Devices(Client):
    """The API's devices. `asked`: when it began its first list, by its own clock."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(
            settings.url.removesuffix(API) + API,
            settings,
            auth=basic(settings.username, settings.api_key),
        )
        self.asked: datetime | None = None

    def modified(self, since: datetime | None) -> Iterator[list[str]]:
        """Yield ICCIDs page by page, year by year. Older services know no end of a span."""
        now = datetime.now(UTC)
        start = since or FIRST_DAY
        while start < now:
            try:
                yield from self._listed(modifiedSince=start, modifiedTill=start + YEAR)
            except UnknownParameter:
                yield from self._listed(modifiedSince=start)
                return
            except TooLongAgo:
                if start > now - YEAR:
                    raise
                log.warning(
                    "%s: SIM cards that were not modified within a year are not listed", self.url
                )
                start = now - YEAR + timedelta(hours=1)
            else:
                start += YEAR

    def details(self, changes: Changes, projection: Projection) -> Iterator[SourceItem]:
        """Request one device after the other, as the policies of the API require."""
        usage = projection.everything or not USAGE.isdisjoint(projection.top_level)
        iccids = chain.from_iterable(changes.chunks(PAGE_SIZE))
        return (self._detail(iccid, usage=usage) for iccid in iccids)

    def modified_at(self, record: Record) -> Any:
        return record.get("dateUpdated") or record.get("dateModified")

    def _detail(self, iccid: str, *, usage: bool) -> SourceItem:
        path = f"/devices/{quote(iccid, safe='')}"
        try:
            record = self._get(path)
            return {**record, **self._get(f"{path}/ctdUsages")} if usage else record
        except NoSuchDevice:
            return RecordGone(f"SIM {iccid} no longer exists")
        except ConnectorError as error:
            if type(error) is SignInError:
                raise
            return RecordUnreadable(f"cannot read SIM {iccid} ({error.what})")

    def refusal(self, response: requests.Response) -> ConnectorError:
        """Errors are {"errorMessage": "...", "errorCode": "40000029"}."""
        error = super().refusal(response)
        with suppress(ConnectorError):
            kind, fix = ERRORS.get(str(member(json_of(response), "errorCode")), (None, ""))
            if kind:
                asked = asked_pause(response)
                return kind(error.what, where=error.where, fix=fix, retry_after=asked)
        return error

    def _listed(self, **span: datetime) -> Iterator[list[str]]:
        bounds = {name: f"{at:%Y-%m-%dT%H:%M:%S}+00:00" for name, at in span.items()}
        page, last = 0, False
        while not last:
            page += 1
            answer = self._get("/devices", **bounds, pageSize=PAGE_SIZE, pageNumber=page)
            devices = member(answer, "devices", list, where=self.url)
            last = member(answer, "lastPage", bool, where=self.url)
            if answer.get("pageNumber", page) != page or not (devices or last):
                raise SourceFault(
                    f"the response is not page {page} of the list", where=self.url, fix=LATER
                )
            yield [member(device, "iccid", str, where=self.url) for device in devices]

    def _get(self, path: str, **params: Any) -> Record:
        answer, response = self.get_page(path, **params)
        self.asked = self.asked or moment_or_none(response.headers.get("Date"))
        if not isinstance(answer, dict):
            raise SourceFault("the response is not a JSON object", where=self.url + path, fix=LATER)
        return answer
