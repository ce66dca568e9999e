"""The SOAP service Terminal: GetModifiedTerminals and GetTerminalDetails.

Written from the vendor's Terminal.wsdl and JasperAPI.xsd (elements, their order, limits), from
answers that were recorded (prefixes, empty elements, nil) and from the codes of its faults.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from flask import Response, request

from sandbox.jasper.sims import ACCOUNT_ID, Sim
from sandbox.jasper.state import State

SCHEMA = "http://api.jasperwireless.com/ws/schema"
ACTION = "http://api.jasperwireless.com/ws/service/terminal/"
SOAP = "{http://schemas.xmlsoap.org/soap/envelope/}"
WSSE = "{http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd}"
TEXT_PASSWORD = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordText"
NIL = ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="true"'
LARGEST_REQUEST = 50
PAGE = 50
VERSION = "7.28"
HEAD = ("messageId", "version", "licenseKey")
FAULTS = {
    "100101": "The ICCID is invalid",
    "400000": "The request is not valid",
    "400100": "The license key is invalid",
    "400101": "The license has exceeded its rate limit",
    "400200": "Security validation failed",
    "400201": "Access violation",
    "400300": "Internal error",
    "400400": "There are too many entries in the request",
}


class Fault(Exception):
    """What the service refuses, by the code that goes into the faultstring."""


class Terminals:
    """The service; `answer` is the view for POSTs to it."""

    def __init__(self, jasper: State) -> None:
        self._jasper = jasper

    def answer(self) -> Response:
        try:
            operation, body = self._let_in(request.get_data())
            if operation == "GetModifiedTerminals":
                answer = self._modified(body)
            else:
                answer = self._details(body)
        except Fault as fault:
            return _fault(str(fault))
        return _envelope(answer)

    def _let_in(self, content: bytes) -> tuple[str, ElementTree.Element]:
        """Check envelope, credentials and what each request begins with."""
        try:
            envelope = ElementTree.fromstring(content)
        except ElementTree.ParseError:
            raise Fault("400000") from None
        body = envelope.find(f"{SOAP}Body/*")
        if envelope.tag != f"{SOAP}Envelope" or body is None:
            raise Fault("400000")
        self._check_security(envelope.find(f"{SOAP}Header/{WSSE}Security/{WSSE}UsernameToken"))
        action = request.headers.get("SOAPAction", "").strip('"')
        operation = action.removeprefix(ACTION)
        known = ("GetModifiedTerminals", "GetTerminalDetails")
        if operation not in known or body.tag != f"{{{SCHEMA}}}{operation}Request":
            raise Fault("400000")
        if [_name(child) for child in body][:3] != list(HEAD):
            raise Fault("400000")
        if body[2].text != self._jasper.license_key:
            raise Fault("400100")
        refusal = self._jasper.refusal("400101")
        if refusal:
            raise Fault(refusal)
        if not self._jasper.may_read:
            raise Fault("400201")
        return operation, body

    def _check_security(self, token: ElementTree.Element | None) -> None:
        if token is None:
            raise Fault("400200")
        password = token.find(f"{WSSE}Password")
        given = (token.findtext(f"{WSSE}Username"), token.findtext(f"{WSSE}Password"))
        kind = TEXT_PASSWORD if password is None else password.get("Type", TEXT_PASSWORD)
        if kind != TEXT_PASSWORD or given != (self._jasper.username, self._jasper.password):
            raise Fault("400200")

    def _modified(self, body: ElementTree.Element) -> str:
        known = ["since", "simState", *(["pageNumber"] if self._jasper.in_pages else [])]
        given = [_name(child) for child in body][3:]
        if given != [name for name in known if name in given]:  # an xs:sequence
            raise Fault("400000")
        since = body.findtext(f"{{{SCHEMA}}}since")
        page = int(body.findtext(f"{{{SCHEMA}}}pageNumber") or 1)
        sims = self._jasper.sims.modified(_moment(since) if since else None)
        pages = ""
        if self._jasper.in_pages:
            pages = f"<ns2:totalPages>{max(1, -(-len(sims) // PAGE))}</ns2:totalPages>"
            sims = sims[(page - 1) * PAGE : page * PAGE]
        iccids = "".join(f"<ns2:iccid>{sim.iccid}</ns2:iccid>" for sim in sims)
        return _response(
            "GetModifiedTerminals", body, (f"<ns2:iccids>{iccids}</ns2:iccids>", pages)
        )

    def _details(self, body: ElementTree.Element) -> str:
        if [_name(child) for child in body][3:] != ["iccids"]:
            raise Fault("400000")
        iccids = [child.text or "" for child in body[3]]
        if not 1 <= len(iccids) <= LARGEST_REQUEST:
            raise Fault("400400")
        if not all(re.fullmatch(r"\d{19,20}", iccid) for iccid in iccids):
            raise Fault("100101")
        sims = self._jasper.sims
        if not sims.foreign.isdisjoint(iccids):
            raise Fault("400201")
        found = [sims[iccid] for iccid in iccids if sims.has(iccid)]
        terminals = "".join(
            _terminal(sim, spoiled=sim.iccid in sims.spoiled) for sim in reversed(found)
        )
        return _response(
            "GetTerminalDetails", body, (f"<ns2:terminals>{terminals}</ns2:terminals>",)
        )


def _terminal(sim: Sim, *, spoiled: bool) -> str:
    elements = "".join(_elements(sim, spoiled=spoiled))
    return f'<ns2:terminal msisdn="{sim.msisdn}">{elements}</ns2:terminal>'


def _elements(sim: Sim, *, spoiled: bool) -> Iterator[str]:
    """The elements in the order of TerminalType; None is an element that is left out."""
    for name, text in _values(sim).items():
        if name in ("fixedIpAddress", "ctdSessionCount") and not text:
            yield f"<ns2:{name}{NIL}/>"
        elif name == "monthToDateUsage" and spoiled:
            yield f"<ns2:{name}>n/a</ns2:{name}>"
        elif text is not None:
            yield f"<ns2:{name}>{escape(text)}</ns2:{name}>" if text else f"<ns2:{name}/>"


def _values(sim: Sim) -> dict[str, str | None]:
    used = f"{sim.bytes_used / 2**20:.3f}"
    custom = {f"custom{number}": text for number, text in enumerate(sim.custom, 1)}
    return {
        "iccid": sim.iccid,
        "terminalId": sim.device_id or None,
        "customer": sim.customer or None,
        "suspended": "N",
        "ratePlan": sim.rate_plan,
        "status": f"{sim.status}_NAME",
        "monthToDateUsage": used,
        "overageLimitReached": "false",
        "overageLimitOverride": "DEFAULT",
        "dateActivated": _date(sim.activated) if sim.activated else None,
        "dateAdded": _date(sim.added),
        "dateModified": _date(sim.modified),
        "dateShipped": _date(sim.shipped),
        "monthToDateDataUsage": used,
        "monthToDateSMSUsage": "0",
        "monthToDateVoiceUsage": "0",
        "secureSimId": "",
        **{name: custom.pop(name) for name in ("custom1", "custom2", "custom3")},
        "rating": "",
        "secureSimUsernameCopyRule": "N",
        "secureSimPasswordCopyRule": "N",
        "accountId": str(ACCOUNT_ID),
        "fixedIpAddress": sim.ip,
        "ctdSessionCount": str(sim.sessions) if sim.sessions is not None else "",
        **{f"customerCustom{number}": "" for number in range(1, 6)},
        **{f"operatorCustom{number}": "" for number in range(1, 6)},
        "imsi": sim.imsi,
        "primaryICCID": "",
        "imei": sim.imei,
        "globalSimType": "",
        "version": "1",
        **custom,
        "eid": f"8904{sim.number:028d}",  # newer than the schema: it stands where that has xs:any
    }


def _response(operation: str, body: ElementTree.Element, parts: tuple[str, ...]) -> str:
    return (
        f'<ns2:{operation}Response xmlns:ns2="{SCHEMA}" ns2:requestId="{secrets.token_hex(8)}">'
        f"<ns2:correlationId>{escape(body[0].text or '')}</ns2:correlationId>"
        f"<ns2:version>{VERSION}</ns2:version><ns2:build>Unknown</ns2:build>"
        f"<ns2:timestamp>{_date(datetime.now(UTC))}</ns2:timestamp>"
        f"{''.join(parts)}</ns2:{operation}Response>"
    )


def _fault(code: str) -> Response:
    whose = "Server" if code == "400300" else "Client"
    detail = (
        f'<ns2:error xmlns:ns2="{SCHEMA}">{FAULTS.get(code, "Error")}</ns2:error>'
        f'<ns2:exception xmlns:ns2="{SCHEMA}">com.jasperwireless.ws.Refusal</ns2:exception>'
        f'<ns2:message xmlns:ns2="{SCHEMA}">at com.jasperwireless.ws.Terminal</ns2:message>'
    )
    return _envelope(
        f"<SOAP-ENV:Fault><faultcode>SOAP-ENV:{whose}</faultcode><faultstring>{code}</faultstring>"
        f"<detail>{detail}</detail></SOAP-ENV:Fault>",
        500,
    )


def _envelope(body: str, status: int = 200) -> Response:
    text = (
        '<SOAP-ENV:Envelope xmlns:SOAP-ENV="http://schemas.xmlsoap.org/soap/envelope/">'
        f"<SOAP-ENV:Header/><SOAP-ENV:Body>{body}</SOAP-ENV:Body></SOAP-ENV:Envelope>"
    )
    return Response(text, status, content_type="text/xml;charset=utf-8")


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Fault("400000") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _date(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _name(element: ElementTree.Element) -> str:
    return element.tag.removeprefix(f"{{{SCHEMA}}}")
