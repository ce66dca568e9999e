"""Return the model of a Mac from the end of its serial number, if the source has no model.

    {"source": "hardware.model", "converter": "mac_model_from_sn"}

A value that is not empty stays unchanged. Otherwise the converter requests the model from Apple's
support service, which About This Mac also uses. It sends only the last four of 12 characters of the
serial number, or the last three of 11, once for each such ending. This works for Macs built before
2021. Newer Macs have random serial numbers, mostly with 10 characters, which do not contain the
model. They cannot be converted.

Apple does not guarantee this service. After three failures in a row, it is not used again in that
run.
"""

from __future__ import annotations

import re
import threading
from contextlib import closing
from typing import Any
from xml.etree import ElementTree

from lib.connection import ConnectionSettings
from lib.errors import ConnectorError, SourceFault
from lib.http.client import Client
from lib.mapping.converters import Parameter, Params, Resources
from lib.record import Record
from lib.settings import url
from lib.values.paths import compile_path
from lib.values.values import is_nothing, text_of

PARAMETERS = {
    "serial": Parameter("The source path of the serial number.", default="general.serial_number"),
    "url": Parameter(
        "The address of the service.", default="https://support-sp.apple.com/sp/product", parse=url
    ),
}
# Once is enough to repeat what is asked again for the next Mac, and nobody waits for it.
CONNECTION = ConnectionSettings(timeout=20, retries=1)
MOST_FAILURES = 3
PLACEHOLDER = "CPU Name"  # what the service has had in the place of a name that it did not know


def reads(params: Params) -> tuple[str, ...]:
    return (params["serial"],)


def prepare(params: Params, resources: Resources) -> Models:
    return Models(params["url"], params["serial"])


def converter(field: str, record: Record, value: Any, params: Models) -> Any:
    return params.of(record) if is_nothing(value) else value


class Models:
    """The models that the service has told, by serial numbers' ends; threads may share them."""

    def __init__(self, address: str, serial: str) -> None:
        self._address = address
        self._serial = compile_path(serial)
        self._lock = threading.Lock()
        self._known: dict[str, str | ConnectorError] = {}
        self._failures = 0  # in a row

    def of(self, record: Record) -> str | None:
        """The model of a record; None without a serial number, ValueError where none is known."""
        serial = self._serial(record)
        if is_nothing(serial):
            return None
        code = _code(text_of(serial).strip().upper())
        with self._lock:
            if code not in self._known:
                self._known[code] = self._ask(code)
        found = self._known[code]
        if isinstance(found, ConnectorError):
            raise ValueError(f"{self._address}: {found.what}")
        if not found:
            raise ValueError(f"Apple has no model for serial numbers that end with {code}")
        return found

    def _ask(self, code: str) -> str | ConnectorError:
        if self._failures >= MOST_FAILURES:
            what = f"failed {MOST_FAILURES} times in a row and is not used again in this run"
            return SourceFault(what)
        try:
            headers = {"Accept": "application/xml"}
            with closing(Client(self._address, CONNECTION, headers=headers)) as apple:
                found = _name(apple.request("GET", "", params={"cc": code}).content)
        except ConnectorError as error:
            self._failures += 1
            return error
        self._failures = 0
        return found


def _code(serial: str) -> str:
    """The part of a serial number that stands for the model."""
    if not re.fullmatch("[0-9A-Z]{11,12}", serial):
        raise ValueError(f"the serial number {serial!r:.60} does not contain a model code")
    return serial[8:]


def _name(content: bytes) -> str:
    """The name in `<root><configCode>NAME</configCode></root>`; empty where Apple knows none.

    An ending that stands for nothing gets `<root><error>0009</error></root>`.
    """
    try:
        text = content.decode()
        if "<!DOCTYPE" in text:  # without one there are no entities that could grow
            raise SourceFault("the response has an unknown format")
        root = ElementTree.fromstring(text)  # noqa: S314
    except (UnicodeDecodeError, ElementTree.ParseError):
        raise SourceFault("the response is not XML") from None
    name = " ".join((root.findtext("configCode") or "").split())
    return "" if name == PLACEHOLDER else name
