"""SIMs from Cisco IoT Control Center (formerly Jasper) by its REST API."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import Any
from urllib.parse import quote

import requests

from lib.connector import AssetConnector, AssetSettings, Delivered, Records, Sources
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
from lib.http.client import Client, json_of, member
from lib.http.ratelimit import asked_pause
from lib.reading.changes import Changes
from lib.reading.patience import while_readable
from lib.reading.position import Position
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
    """The service takes no such parameter."""


class TooLongAgo(SourceFault):
    """The service does not list what was modified so long ago."""


LATER = "Try again later"
# Errors by their code: the kind of error, and what to do.
ERRORS: dict[str, tuple[type[ConnectorError], str]] = {
    "10000001": (SignInError, "Check username and api_key, and from where the user may call"),
    "10000028": (UnknownParameter, LATER),
    "10000030": (AccessDenied, "Check the rights (the role) of the user"),
    "10000045": (TooLongAgo, LATER),
    "20000001": (NoSuchDevice, LATER),
    "40000029": (TransientError, LATER),  # over the limit of calls per second
}


@dataclass(frozen=True, kw_only=True)
class Settings(AssetSettings):
    url: str = setting(
        "The address of the API, which Control Center shows under API.",
        example="https://restapi3.jasper.com",
        parse=url,
    )
    username: str = setting("A user of Control Center.", example="username@example.com")
    api_key: str = setting("The API key of that user.", example="change-me", secret=True)
    storage: Path = setting(
        "The file that keeps how far was read. A relative path begins in the folder of the ini.",
        default=Path("storage.db"),
        parse=lambda text: Path(text).expanduser(),
    )


class Connector(AssetConnector[Settings]):
    """SIMs from Cisco IoT Control Center (formerly Jasper) by its REST API."""

    title = "Jasper"
    incremental = True
    settings_type = Settings

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._position = Position(settings.storage, f"{settings.username} {settings.url}")

    def check(self) -> None:
        self._position.read()
        with closing(Devices(self.settings)) as devices:
            next(devices.modified(datetime.now(UTC) - timedelta(hours=1)))

    def records(self, sources: Sources) -> Records:
        """The SIMs modified since the position; in a first run, all."""
        self._position = self._position.of(sources.reader)
        since = None if sources.anew else self._position.read()
        latest: datetime | None = None
        usage = sources.everything or not USAGE.isdisjoint(sources.tops)
        with closing(Devices(self.settings)) as devices:
            changes = Changes(lambda: devices.modified(since), where=devices.url)
            iccids = chain.from_iterable(changes.chunks(PAGE_SIZE))
            # One call after the other, as the API's policies have it.
            details = (devices.detail(iccid, usage=usage) for iccid in iccids)
            for item in while_readable(details, where=devices.url):
                if isinstance(item, dict):
                    modified = moment_or_none(item.get("dateUpdated") or item.get("dateModified"))
                    latest = max(filter(None, (latest, modified)), default=None)
                yield item
        if changes.settled and latest and devices.asked:
            self._position.reach(latest, devices.asked)

    def settled(self) -> None:
        self._position.keep()


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
                log.warning("%s: what was not modified within a year is not listed", self.url)
                start = now - YEAR + timedelta(hours=1)
            else:
                start += YEAR

    def detail(self, iccid: str, *, usage: bool) -> Delivered:
        path = f"/devices/{quote(iccid, safe='')}"
        try:
            record = self._get(path)
            return {**record, **self._get(f"{path}/ctdUsages")} if usage else record
        except NoSuchDevice:
            return RecordGone(f"SIM {iccid} is no longer there")
        except ConnectorError as error:
            if type(error) is SignInError:
                raise
            return RecordUnreadable(f"SIM {iccid} cannot be read ({error})")

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
                raise SourceFault(f"this is not page {page} of the list", where=self.url, fix=LATER)
            yield [member(device, "iccid", str, where=self.url) for device in devices]

    def _get(self, path: str, **params: Any) -> Record:
        answer, response = self.get_page(path, **params)
        self.asked = self.asked or moment_or_none(response.headers.get("Date"))
        if not isinstance(answer, dict):
            raise SourceFault("the answer is no JSON object", where=self.url + path, fix=LATER)
        return answer
