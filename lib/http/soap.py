"""A SOAP client: calls of a service that a WSDL describes, with the responses as dicts.

What is different from plain zeep 4.3, and why:

- requests go through `lib.http.client`, with its certificates, retries and sentences: zeep would
  wait for an answer for ever, and log passwords;
- answers may lack elements, have new ones, or have them in another order: zeep would refuse them;
- to allow that, zeep also mends XML that is cut short, and what is behind the cut is lost without
  a word: so an answer has to be whole before zeep sees it;
- a fault is found whatever the status of its answer, and becomes an error with a code;
- a WSDL that came without encryption can send the credentials to its own domain only.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
import zeep
from zeep import exceptions as zeep_errors
from zeep.loader import parse_xml
from zeep.wsdl.utils import etree_to_string
from zeep.wsse.username import UsernameToken
from zeep.xsd.valueobjects import CompoundValue

from lib.connection import ConnectionSettings
from lib.errors import ConfigurationError, ConnectorError, SourceFault
from lib.http.client import Client, NotFound
from lib.http.errors import excerpt
from lib.http.response import BrokenAnswer

log = logging.getLogger(__name__)

CHECK_WSDL = "Check that wsdl_path is the address or the file of the WSDL"
ENVELOPE = "{http://schemas.xmlsoap.org/soap/envelope/}"
STRICT = zeep.Settings()
LENIENT = zeep.Settings(strict=False, xsd_ignore_sequence_order=True, xml_huge_tree=True)
THIS_MACHINE = re.compile(r"localhost|127(\.\d+){3}|::1")
# What zeep raises about documents that it can make nothing of, on purpose or not.
CONFUSED = (
    zeep_errors.Error,
    ArithmeticError,
    AttributeError,
    LookupError,
    NotImplementedError,
    TypeError,
    ValueError,
)


# By the code of a fault: the kind of error, and what to do.
Faults = Mapping[str, tuple[type[ConnectorError], str]]
NO_FAULTS: Faults = {}


class SoapFault(SourceFault):
    """The service answered with a fault; `code` is its faultstring, a number with some vendors."""

    code = ""


class Unintelligible(SourceFault):
    """A response is SOAP, but holds values that the schema does not allow."""


class SoapService:
    """A client of the first service in a WSDL.

    Args:
        wsdl: The URL or the path of the WSDL.
        settings: Timeout, retries, and TLS.
        username: For a WS-Security UsernameToken.
        password: Sent in clear in that token.
        address: The address of the service, in place of the one in the WSDL.
        faults: The errors to raise in place of SoapFault, by the codes of faults.

    All operations that are called must be safe to repeat. Raises the errors of `lib.http.client`,
    and SourceFault if the WSDL is invalid.
    """

    def __init__(
        self,
        wsdl: str,
        settings: ConnectionSettings,
        *,
        username: str,
        password: str,
        address: str = "",
        faults: Faults = NO_FAULTS,
    ) -> None:
        transport = _Transport(settings)
        try:
            client = zeep.Client(
                wsdl, UsernameToken(username, password), transport, settings=LENIENT
            )
            self._binding, named = _port(client)
        except NotFound as error:
            raise error.with_fix(CHECK_WSDL) from None
        except OSError as error:
            raise SourceFault(
                f"cannot read the WSDL ({error.strerror})", where=wsdl, fix=CHECK_WSDL
            ) from None
        except CONFUSED as error:
            log.debug("%s: %r", wsdl, error)
            raise SourceFault("not a valid WSDL", where=wsdl, fix=CHECK_WSDL) from None
        self.url = address or trusted_address(named, wsdl)
        self._calls = client.create_service(self._binding.name, self.url)
        self._http = transport.http = _SoapClient(self.url, settings, faults)

    @property
    def date(self) -> str:
        """The Date header of the last response, by the server's clock; empty if it had none."""
        return self._http.date

    def close(self) -> None:
        self._http.close()

    def call(self, operation: str, **arguments: Any) -> dict[str, Any]:
        """Call an operation; in the result, timestamps are ISO 8601 text and decimals are floats.

        Raises SoapFault, or Unintelligible if one of the values cannot be read.
        """
        promised = self._binding.get(operation).output.body.qname
        try:
            answer: dict[str, Any] = _plain(self._calls[operation](**arguments))
            if self._http.element != promised:
                raise ValueError(f"it holds {self._http.element}")
        except CONFUSED as error:
            log.debug("%s: %s: %r", self.url, operation, error)
            raise Unintelligible(
                f"the response to {operation} does not match the WSDL",
                where=self.url,
                fix="Check that wsdl_path is the current WSDL of the service",
            ) from None
        return answer

    def takes(self, operation: str, element: str) -> bool:
        """Return whether the WSDL allows an element in the request of an operation."""
        return element in dict(self._binding.get(operation).input.body.type.elements)


class _Transport:
    """What zeep loads documents with, and sends envelopes."""

    def __init__(self, settings: ConnectionSettings) -> None:
        self.http: _SoapClient
        self._settings = settings

    def load(self, url: str) -> bytes:
        if urlsplit(url).scheme in ("http", "https"):
            with closing(Client(url, self._settings, headers={"Accept": "*/*"})) as client:
                content = client.request("GET", "").content
        else:
            content = Path(url).read_bytes()
        parse_xml(content, None, settings=STRICT)
        return content

    def post_xml(
        self, address: str, envelope: Any, headers: Mapping[str, str]
    ) -> requests.Response:
        return self.http.exchange(etree_to_string(envelope), headers)


class _SoapClient(Client):
    """Posts envelopes to one address."""

    def __init__(self, url: str, settings: ConnectionSettings, faults: Faults) -> None:
        super().__init__(
            url,
            settings,
            headers={"Accept": "text/xml"},
            repeatable=frozenset({"GET", "POST"}),
        )
        self._faults = faults
        self.date = ""
        self.element = ""  # what the last answer held

    def exchange(self, envelope: bytes, headers: Mapping[str, str]) -> requests.Response:
        answer: requests.Response
        answer, self.element = self.read(self._whole, "POST", "", data=envelope, headers=headers)
        self.date = answer.headers.get("Date", "")
        return answer

    def refusal(self, response: requests.Response) -> ConnectorError:
        """Faults come with status 500 (SOAP 1.1, section 6.2)."""
        try:
            self._whole(response)
        except ConnectorError as fault:
            return fault
        except BrokenAnswer:
            pass
        return super().refusal(response)

    def _whole(self, response: requests.Response) -> tuple[requests.Response, str]:
        """An answer that is a whole envelope, and the name of what is in it.

        Raises BrokenAnswer for anything else, and what a fault stands for.
        """
        try:
            envelope = parse_xml(response.content, None, settings=STRICT)
        except zeep_errors.Error:
            envelope = None
        if envelope is None or envelope.tag != f"{ENVELOPE}Envelope":
            begins = excerpt(response.content.decode("utf-8", "replace"))
            raise BrokenAnswer(
                f"the response is not a complete SOAP message but begins with '{begins}'"
            )
        fault = envelope.find(f"{ENVELOPE}Body/{ENVELOPE}Fault")
        if fault is not None:
            raise _fault(fault, response.url, self._faults)
        body = envelope.find(f"{ENVELOPE}Body/*")
        return response, "" if body is None else str(body.tag)


def _fault(element: Any, where: str, faults: Faults) -> ConnectorError:
    texts = {
        _name(item): (item.text or "").strip() for item in element.iter() if item is not element
    }
    code = texts.get("faultstring", "")
    words = texts.get("error") or texts.get("message")
    message = f"{words} ({code})" if words else code
    kind, fix = faults.get(
        code, (SoapFault, "Look up the code in the documentation of the service")
    )
    fault = kind(f"the service reported an error: {message}", where=where, fix=fix)
    if isinstance(fault, SoapFault):
        fault.code = code
    return fault


def _port(client: Any) -> tuple[Any, str]:
    """The binding of the first port, and the address that the WSDL gives for it."""
    ports = [port for service in client.wsdl.services.values() for port in service.ports.values()]
    port = ports[0]
    return port.binding, port.binding_options.get("address") or ""


def trusted_address(address: str, wsdl: str) -> str:
    """Return the address of the service in a WSDL, if it can be trusted with the credentials.

    Raises ConfigurationError if there is none, or if the WSDL came without encryption and the
    address leads to another domain.
    """
    source, target = urlsplit(wsdl), urlsplit(address)
    here, there = source.hostname or "", target.hostname or ""
    safe = target.scheme == "https" and here.split(".")[-2:] == there.split(".")[-2:]
    local = THIS_MACHINE.fullmatch(here) and THIS_MACHINE.fullmatch(there)
    if not there:
        what = "the WSDL does not contain the address of the service"
    elif source.scheme != "http" or safe or local:
        return address
    else:
        what = f"the WSDL was loaded without encryption, and would send the password to {address}"
    raise ConfigurationError(what, where=wsdl, fix="Set endpoint to the address of the service")


def _plain(value: Any) -> Any:
    match value:
        case datetime():
            moment = value if value.tzinfo else value.replace(tzinfo=UTC)
            return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        case Decimal():
            return float(value)
        case list():
            return [_plain(item) for item in value]
        case CompoundValue():
            members = {key: _plain(value[key]) for key in value if not key.startswith("_")}
            unknown = getattr(value, "_value_1", None) or []
            return members | {_name(item): _text(item) for item in unknown if hasattr(item, "tag")}
    return value


def _text(element: Any) -> Any:
    """What the schema does not know comes as text."""
    if len(element):
        return {_name(child): _text(child) for child in element}
    return element.text


def _name(element: Any) -> str:
    return str(element.tag).rpartition("}")[2]
