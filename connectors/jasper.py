"""SIM cards from Jasper Wireless, read with its SOAP API; see control_center for the REST API."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any
from uuid import uuid4

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
from lib.http.response import member
from lib.http.soap import SoapFault, SoapService, Unintelligible
from lib.reading.changes import Changes
from lib.reading.incremental import IncrementalConnector, IncrementalSettings
from lib.record import Record
from lib.settings import existing_path, setting, url
from lib.values.dates import moment_or_none

# The most SIMs in one request for details (JasperAPI.xsd).
CHUNK = 50
# The version of the schema in which the requests are written.
SCHEMA = "5.90"


class NoSuchTerminal(SourceFault):
    """The service does not know this ICCID."""


LATER = "Try again later"
# Faults by their code: the kind of error, and what to do.
FAULTS: dict[str, tuple[type[ConnectorError], str]] = {
    "100100": (NoSuchTerminal, LATER),
    "400100": (SignInError, "Check that api_token is the license key of the API"),
    "400101": (TransientError, LATER),  # over the rate limit
    "400200": (SignInError, "Check username and password"),
    "400201": (AccessDenied, "Check the permissions (the role) of the user"),
    "400300": (TransientError, LATER),  # an internal error
}


def wsdl(text: str) -> str:
    """The address or the path of a WSDL."""
    on_the_web = text.lower().startswith(("http://", "https://"))
    return url(text) if on_the_web else str(existing_path(text))


@dataclass(frozen=True, kw_only=True)
class Settings(IncrementalSettings):
    wsdl_path: str = setting(
        "The WSDL of the service Terminal: a URL, or a file with JasperAPI.xsd in the same folder.",
        default="http://api.jasperwireless.com/ws/schema/Terminal.wsdl",
        example="https://api.jasper.com/ws/schema/Terminal.wsdl",
        parse=wsdl,
    )
    username: str = setting("The name of a Control Center user.", example="username@example.com")
    password: str = setting("The password of that user.", example="change-me", secret=True)
    api_token: str = setting(
        "The license key of the API.", example="YOUR Jasper API TOKEN", secret=True
    )
    update_only: bool = setting(
        "If True, only update existing assets. No assets are created.", default=False
    )
    endpoint: str = setting(
        "The address of the service. Default: the address in the WSDL.",
        default="",
        advanced=True,
        parse=url,
    )


class Connector(IncrementalConnector[Settings]):
    """SIM cards from Jasper Wireless, read with its SOAP API.

    For the newer REST API, use the section [control_center].
    """

    title = "Jasper"
    settings_type = Settings
    id_paths = ("iccid",)

    @property
    def account(self) -> str:
        return f"{self.settings.username} {self.settings.endpoint or self.settings.wsdl_path}"

    def connect(self) -> Terminals:
        return Terminals(self.settings)


class Terminals:
    """The service Terminal. `asked`: when it began its first list, by its own clock."""

    def __init__(self, settings: Settings) -> None:
        self.asked: datetime | None = None
        self._settings = settings
        self._service = SoapService(
            settings.wsdl_path,
            settings,
            username=settings.username,
            password=settings.password,
            address=settings.endpoint,
            faults=FAULTS,
        )
        self.url = self._service.url

    def close(self) -> None:
        self._service.close()

    def modified(self, since: datetime | None) -> Iterator[list[str]]:
        """Yield ICCIDs page by page. Older services give all at once, and no number of pages."""
        page = pages = 1
        while page <= pages:
            number = {"pageNumber": page} if page > 1 else {}
            answer = self._call("GetModifiedTerminals", since=since, **number)
            self.asked = self.asked or moment_or_none(self._service.date or answer["timestamp"])
            pages = int(answer.get("totalPages") or 1)
            if pages > 1 and not self._service.takes("GetModifiedTerminals", "pageNumber"):
                raise SourceFault(
                    "the service returns its list in pages, which this WSDL does not describe",
                    where=self._settings.wsdl_path,
                    fix="Set wsdl_path to the current WSDL of the service",
                )
            iccids = (answer.get("iccids") or {}).get("iccid") or []
            if page < pages and not iccids:
                raise SourceFault(f"page {page} of {pages} is empty", where=self.url, fix=LATER)
            yield iccids
            page += 1

    def details(self, changes: Changes, projection: Projection) -> Iterator[SourceItem]:
        return chain.from_iterable(map(self._chunk, changes.chunks(CHUNK)))

    def modified_at(self, record: Record) -> Any:
        return record.get("dateModified")

    def _chunk(self, iccids: list[str]) -> Iterator[SourceItem]:
        """The service keeps no order, and leaves out what it does not know."""
        terminals: list[Record] = []
        try:
            answer = self._call("GetTerminalDetails", iccids={"iccid": iccids})
            terminals = (answer.get("terminals") or {}).get("terminal") or []
        except (SoapFault, Unintelligible, NoSuchTerminal, AccessDenied) as error:
            if len(iccids) == 1:
                yield without(iccids[0], error)
                return
        by_iccid = {member(item, "iccid", str, where=self.url): item for item in terminals}
        if not by_iccid and len(iccids) > 1:  # is it one of them, or the service?
            yield from chain.from_iterable(self._chunk([iccid]) for iccid in iccids)
        else:
            yield from (by_iccid.get(iccid) or gone(iccid) for iccid in iccids)

    def _call(self, operation: str, **arguments: Any) -> dict[str, Any]:
        head = {
            "messageId": uuid4().hex,
            "version": SCHEMA,
            "licenseKey": self._settings.api_token,
        }
        answer = self._service.call(operation, **head, **arguments)
        member(answer, "timestamp", str, where=self.url)  # each whole answer has one
        return answer


def without(iccid: str, error: ConnectorError) -> SourceItem:
    """Return what to yield for a SIM whose details cannot be read."""
    if isinstance(error, NoSuchTerminal):
        return gone(iccid)
    return RecordUnreadable(f"cannot read SIM {iccid} ({error.what})")


def gone(iccid: str) -> RecordGone:
    """Return what to yield for a SIM that the service does not know any more."""
    return RecordGone(f"SIM {iccid} no longer exists")
