"""SOAP: calls as a WSDL describes them, and answers as dicts, none of them short or broken."""

from __future__ import annotations

import logging
import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from lib.connection import ConnectionSettings
from lib.errors import ConfigurationError, SignInError, SourceFault, SourceUnavailable
from lib.http.soap import SoapFault, SoapService, Unintelligible, trusted_address
from tests.certificates import issue

SCHEMAS = Path(__file__).parents[3] / "sandbox" / "jasper"
SCHEMA = "http://api.jasperwireless.com/ws/schema"
SOAP = "{http://schemas.xmlsoap.org/soap/envelope/}"
WSSE = "{http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd}"
HEAD = {"messageId": "m-1", "version": "5.90", "licenseKey": "key"}
XML = {"Content-Type": "text/xml; charset=utf-8"}
PASSWORD = "p<ä&ss"


def envelope(body: str) -> str:
    return (
        '<SOAP-ENV:Envelope xmlns:SOAP-ENV="http://schemas.xmlsoap.org/soap/envelope/">'
        f"<SOAP-ENV:Header/><SOAP-ENV:Body>{body}</SOAP-ENV:Body></SOAP-ENV:Envelope>"
    )


def listed(parts: str) -> str:
    """An answer to GetModifiedTerminals."""
    return envelope(
        f'<n:GetModifiedTerminalsResponse xmlns:n="{SCHEMA}" n:requestId="AbC">'
        "<n:correlationId>m-1</n:correlationId><n:version>7.28</n:version><n:build/>"
        f"<n:timestamp>2024-05-06T07:08:09.678Z</n:timestamp>{parts}"
        "</n:GetModifiedTerminalsResponse>"
    )


def detailed(parts: str) -> str:
    """An answer to GetTerminalDetails, of one terminal."""
    return envelope(
        f'<n:GetTerminalDetailsResponse xmlns:n="{SCHEMA}">'
        "<n:correlationId>m-1</n:correlationId><n:version>7.28</n:version><n:build/>"
        "<n:timestamp>2024-05-06T07:08:09.678Z</n:timestamp>"
        f'<n:terminals><n:terminal msisdn="555">{parts}</n:terminal></n:terminals>'
        "</n:GetTerminalDetailsResponse>"
    )


def fault(code: str = "400200", detail: str = "") -> str:
    return envelope(
        "<SOAP-ENV:Fault><faultcode>SOAP-ENV:Client</faultcode>"
        f"<faultstring>{code}</faultstring>{detail}</SOAP-ENV:Fault>"
    )


EMPTY = listed("<n:iccids/>")


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lib.retry.FIRST_PAUSE", 0.0)


@contextmanager
def service(server: Any, wsdl: str = "", **given: Any) -> Iterator[SoapService]:
    settings = ConnectionSettings(**{"retries": 0, "timeout": 5, **given})
    made = SoapService(
        wsdl or str(SCHEMAS / "Terminal.wsdl"),
        settings,
        username="user",
        password=PASSWORD,
        address=f"{server.url}/ws/service/terminal",
    )
    try:
        yield made
    finally:
        made.close()


def modified(server: Any, *answers: tuple[Any, ...], **given: Any) -> dict[str, Any]:
    server.answers = list(answers)
    with service(server, **given) as terminals:
        return terminals.call("GetModifiedTerminals", **HEAD)


def terminal(server: Any, parts: str) -> dict[str, Any]:
    server.answers = [(200, detailed(parts), XML)]
    with service(server) as terminals:
        answer = terminals.call("GetTerminalDetails", **HEAD, iccids={"iccid": ["89"]})
    (found,) = answer["terminals"]["terminal"]
    return found


# What is sent.


def test_a_request_is_signed_with_the_password_in_clear(server: Any):
    modified(server, (200, EMPTY, XML))
    (asked,) = server.asked
    assert asked.headers["soapaction"] == (
        '"http://api.jasperwireless.com/ws/service/terminal/GetModifiedTerminals"'
    )
    assert asked.headers["content-type"] == "text/xml; charset=utf-8"
    token = ElementTree.fromstring(asked.body).find(f"{SOAP}Header/{WSSE}Security/*")
    assert [child.tag.removeprefix(WSSE) for child in token] == ["Username", "Password"]
    assert [child.text for child in token] == ["user", PASSWORD]
    assert token[1].get("Type").endswith("#PasswordText")


def test_arguments_become_elements_in_the_order_of_the_schema(server: Any):
    server.answers = [(200, EMPTY, XML)]
    with service(server) as terminals:
        terminals.call("GetModifiedTerminals", pageNumber=2, **HEAD)
    request = ElementTree.fromstring(server.asked[0].body).find(f"{SOAP}Body/*")
    names = [child.tag.removeprefix(f"{{{SCHEMA}}}") for child in request]
    assert names == ["messageId", "version", "licenseKey", "pageNumber"]


def test_a_service_tells_what_its_requests_can_hold(server: Any):
    with service(server) as terminals:
        assert terminals.takes("GetModifiedTerminals", "pageNumber")
        assert not terminals.takes("GetTerminalDetails", "pageNumber")


def test_a_request_that_met_an_outage_is_sent_again(server: Any):
    html = (503, "<html>busy</html>", {"Retry-After": "0"})
    assert modified(server, html, html, (200, EMPTY, XML), retries=3)["iccids"] is None
    assert len(server.asked) == 3


def test_no_password_reaches_the_log(server: Any, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)
    modified(server, (200, EMPTY, XML))
    assert server.asked
    assert PASSWORD not in caplog.text
    assert "p&lt;" not in caplog.text


# What comes back.


def test_an_answer_is_a_dict_of_plain_values(server: Any):
    answer = modified(server, (200, listed("<n:iccids><n:iccid>89</n:iccid></n:iccids>"), XML))
    assert answer == {
        "correlationId": "m-1",
        "version": "7.28",
        "build": None,
        "timestamp": "2024-05-06T07:08:09.678Z",
        "iccids": {"iccid": ["89"]},
        "totalPages": None,
    }


def test_lists_are_lists_whether_of_none_one_or_many(server: Any):
    assert modified(server, (200, EMPTY, XML))["iccids"] is None
    many = "".join(f"<n:iccid>{number}</n:iccid>" for number in range(3))
    answer = modified(server, (200, listed(f"<n:iccids>{many}</n:iccids>"), XML))
    assert answer["iccids"]["iccid"] == ["0", "1", "2"]


def test_values_have_the_types_of_the_schema(server: Any):
    found = terminal(
        server,
        "<n:iccid>89</n:iccid><n:ratePlan>物联网 5元</n:ratePlan>"
        "<n:monthToDateUsage>0.250</n:monthToDateUsage>"
        "<n:overageLimitReached>true</n:overageLimitReached>"
        "<n:dateModified>2024-05-06T09:08:09.5+02:00</n:dateModified>"
        "<n:custom1/><n:accountId>100020620</n:accountId>"
        '<n:ctdSessionCount xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="true"/>',
    )
    filled = {key: value for key, value in found.items() if value is not None}
    assert filled == {
        "iccid": "89",
        "ratePlan": "物联网 5元",
        "monthToDateUsage": 0.25,
        "overageLimitReached": True,
        "dateModified": "2024-05-06T09:08:09.500+02:00",
        "accountId": 100020620,
        "msisdn": "555",
    }
    assert not [key for key in found if key.startswith("_")]


def test_a_moment_without_a_zone_is_taken_as_utc(server: Any):
    found = terminal(server, "<n:iccid>89</n:iccid><n:dateAdded>2024-05-06T07:08:09</n:dateAdded>")
    assert found["dateAdded"] == "2024-05-06T07:08:09.000Z"


@pytest.mark.parametrize(
    "parts",
    [
        "<n:iccid>89</n:iccid><n:accountId>5</n:accountId><n:custom10>last</n:custom10>",
        "<n:iccid>89</n:iccid><n:new/><n:accountId>5</n:accountId><n:custom10>last</n:custom10>",
        "<n:custom10>last</n:custom10><n:accountId>5</n:accountId><n:iccid>89</n:iccid>",
    ],
    ids=["some are missing", "a new one", "another order"],
)
def test_a_schema_that_is_out_of_date_loses_nothing(parts: str, server: Any):
    found = terminal(server, parts)
    assert (found["iccid"], found["accountId"], found["custom10"]) == ("89", 5, "last")


def test_elements_that_the_schema_does_not_know_come_as_text(server: Any):
    found = terminal(
        server, "<n:iccid>89</n:iccid><n:eid>8904</n:eid><n:plan><n:name>M</n:name></n:plan>"
    )
    assert found["eid"] == "8904"
    assert found["plan"] == {"name": "M"}


def test_the_moment_of_the_last_answer_is_told(server: Any):
    server.answers = [(200, EMPTY, {**XML, "Date": "Mon, 06 May 2024 12:00:00 GMT"})]
    with service(server) as terminals:
        assert terminals.date == ""
        terminals.call("GetModifiedTerminals", **HEAD)
        assert terminals.date == "Mon, 06 May 2024 12:00:00 GMT"


# What is no answer.


def cut(text: str) -> str:
    """An answer that its server cut short without saying so."""
    return text[: text.index("</n:iccids>")]


LONG = listed("<n:iccids><n:iccid>1</n:iccid><n:iccid>2</n:iccid></n:iccids>")


@pytest.mark.parametrize(
    "text",
    [
        cut(LONG),
        "<html><body><p>Please sign in.</p></body></html>",
        "<html><body><p>Please sign in.<br></body></html>",
        "",
        "{}",
        "<xml/>",
        '<!DOCTYPE a [<!ENTITY b "c">]>' + EMPTY,
    ],
)
def test_what_is_no_whole_message_is_asked_for_again_and_then_an_error(text: str, server: Any):
    with pytest.raises(SourceUnavailable, match="not a complete SOAP message") as caught:
        modified(server, (200, text, XML), retries=5)
    assert len(server.asked) == 3
    assert caught.value.where == f"{server.url}/ws/service/terminal"


def test_an_answer_that_is_broken_once_is_had_the_second_time(server: Any):
    answer = modified(server, (200, cut(LONG), XML), (200, LONG, XML), retries=1)
    assert answer["iccids"]["iccid"] == ["1", "2"]


def test_another_element_than_was_promised_is_an_error(server: Any):
    with pytest.raises(SourceFault):
        modified(server, (200, detailed("<n:iccid>89</n:iccid>"), XML))


def test_an_empty_body_is_an_error(server: Any):
    with pytest.raises(SourceFault):
        modified(server, (200, envelope(""), XML))


def test_a_value_of_another_type_is_told(server: Any):
    with pytest.raises(Unintelligible, match="GetTerminalDetails"):
        terminal(server, "<n:iccid>89</n:iccid><n:monthToDateUsage>n/a</n:monthToDateUsage>")


# Faults, and other refusals.

DETAIL = f'<detail><n:error xmlns:n="{SCHEMA}">Who are you?</n:error></detail>'


@pytest.mark.parametrize("status", [500, 200, 400])
def test_a_fault_is_found_whatever_its_status(status: int, server: Any):
    with pytest.raises(SoapFault, match=r"Who are you\? \(400200\)") as caught:
        modified(server, (status, fault(detail=DETAIL), XML))
    assert caught.value.code == "400200"
    assert caught.value.where == f"{server.url}/ws/service/terminal"
    assert len(server.asked) == 1


def test_a_fault_without_detail_has_its_code(server: Any):
    with pytest.raises(SoapFault, match="400101") as caught:
        modified(server, (500, fault("400101"), XML))
    assert caught.value.code == "400101"


def test_a_fault_can_be_sent_to_another_process(server: Any):
    with pytest.raises(SoapFault) as caught:
        modified(server, (500, fault(), XML))
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


@pytest.mark.parametrize(
    ("status", "kind"), [(500, SourceUnavailable), (503, SourceUnavailable), (401, SignInError)]
)
def test_a_page_of_html_with_an_error_is_that_error(status: int, kind: type, server: Any):
    with pytest.raises(kind, match=f"responded with {status}"):
        modified(server, (status, "<html><p>no</p></html>", {"Content-Type": "text/html"}))


# The WSDL.


def test_a_wsdl_is_loaded_with_the_schema_beside_it(server: Any):
    text = (SCHEMAS / "Terminal.wsdl").read_text("utf-8")
    server.answers = [(200, text), (200, (SCHEMAS / "JasperAPI.xsd").read_text("utf-8"))]
    with service(server, f"{server.url}/ws/schema/Terminal.wsdl"):
        paths = [asked.path for asked in server.asked]
        assert paths == ["/ws/schema/Terminal.wsdl", "/ws/schema/JasperAPI.xsd"]


@pytest.mark.parametrize(
    "text",
    [
        "<html><body>Moved</body></html>",
        "<html><body>Moved<br></body></html>",
        "nothing",
        "",
        (SCHEMAS / "JasperAPI.xsd").read_text("utf-8"),
        (SCHEMAS / "Terminal.wsdl").read_text("utf-8")[:3000],
    ],
    ids=["html", "bad html", "text", "empty", "a schema", "half"],
)
def test_what_is_no_wsdl_is_told(text: str, server: Any):
    server.answers = [(200, text)]
    with (
        pytest.raises(SourceFault, match="not a valid WSDL") as caught,
        service(server, f"{server.url}/Terminal.wsdl"),
    ):
        pass
    assert caught.value.fix == "Check that wsdl_path is the address or the file of the WSDL"


def test_a_wsdl_that_is_not_there_is_told(server: Any):
    server.answers = [(404, "no")]
    with (
        pytest.raises(SourceFault, match=r"404.*Check that wsdl_path"),
        service(server, f"{server.url}/Terminal.wsdl"),
    ):
        pass


def test_a_certificate_is_checked_for_the_wsdl_too(server: Any, tmp_path: Path):
    from sandbox.web import WebServer

    certificates = issue(tmp_path)
    with (
        WebServer(server, certificate=certificates.server) as secure,
        pytest.raises(SourceUnavailable, match="not trusted"),
        service(server, f"{secure.url}/Terminal.wsdl"),
    ):
        pass


@pytest.mark.parametrize(
    ("wsdl", "address"),
    [
        ("http://api.jasperwireless.com/a.wsdl", "https://api.jasperwireless.com/ws/service"),
        ("http://kpn.jasperwireless.com/a.wsdl", "https://kpnapi.jasperwireless.com/ws/service"),
        ("http://127.0.0.1:8080/a.wsdl", "http://127.0.0.1:8080/ws/service"),
        ("http://localhost:8080/a.wsdl", "http://127.0.0.1:9090/ws/service"),
        ("https://api.jasper.com/a.wsdl", "https://elsewhere.example.com/ws/service"),
        ("/etc/oomnitza/a.wsdl", "http://api.example.com/ws/service"),
        ("C:\\oomnitza\\a.wsdl", "https://api.example.com/ws/service"),
    ],
)
def test_the_address_of_a_wsdl_is_taken(wsdl: str, address: str):
    assert trusted_address(address, wsdl) == address


@pytest.mark.parametrize(
    ("wsdl", "address"),
    [
        ("http://api.jasperwireless.com/a.wsdl", "http://api.jasperwireless.com/ws/service"),
        ("http://api.jasperwireless.com/a.wsdl", "https://jasperwireless.com.evil.example/ws"),
        ("http://api.jasperwireless.com/a.wsdl", "http://127.0.0.1/ws/service"),
        ("http://127.0.0.1:8080/a.wsdl", "http://127.evil.example/ws/service"),
        ("http://api.jasperwireless.com/a.wsdl", ""),
        ("/etc/oomnitza/a.wsdl", ""),
    ],
)
def test_an_address_that_somebody_may_have_put_there_is_not_taken(wsdl: str, address: str):
    with pytest.raises(ConfigurationError, match="endpoint"):
        trusted_address(address, wsdl)
