"""The sandbox's Jasper, as clients see it that are not ours: well-behaved ones and others."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree import ElementTree

import pytest
import requests
import zeep
from zeep.exceptions import Fault
from zeep.wsse.username import UsernameToken

from sandbox.jasper import Jasper
from sandbox.web import WebServer

SCHEMA = "http://api.jasperwireless.com/ws/schema"
ACTION = "http://api.jasperwireless.com/ws/service/terminal/"
REST = "/rws/api/v1/devices"


class Served(Jasper):
    """A mock server with its address, and ways to talk to it."""

    url = ""

    def zeep(self, username: str = "", password: str = "") -> Any:
        token = UsernameToken(username or self.username, password or self.password)
        return zeep.Client(f"{self.url}/ws/schema/Terminal.wsdl", wsse=token).service

    def head(self) -> dict[str, str]:
        return {"messageId": "m-1", "version": "1.0", "licenseKey": self.license_key}

    def get(self, path: str, login: tuple[str, str] | None = None, **params: Any) -> Any:
        login = login or (self.username, self.api_key)
        return requests.get(self.url + path, params=params, auth=login, timeout=10)

    def post(self, envelope: str, operation: str = "GetModifiedTerminals") -> Any:
        headers = {
            "Content-Type": "text/xml; charset=utf-8",
            "SOAPAction": f'"{ACTION}{operation}"',
        }
        url = f"{self.url}/ws/service/terminal"
        return requests.post(url, envelope.encode(), headers=headers, timeout=10)


@pytest.fixture
def jasper() -> Iterator[Served]:
    made = Served(sims=120)
    with WebServer(made.app) as server:
        made.url = server.url
        yield made


def code_of(response: requests.Response) -> str:
    """The faultstring of a SOAP answer."""
    return ElementTree.fromstring(response.content).findtext(".//faultstring") or ""


def refused(call: Any, **arguments: Any) -> str:
    with pytest.raises(Fault) as caught:
        call(**arguments)
    return str(caught.value.message)


# SOAP.


def test_a_list_comes_in_pages_of_fifty_the_oldest_first(jasper: Served):
    service = jasper.zeep()
    pages = [service.GetModifiedTerminals(pageNumber=page, **jasper.head()) for page in (1, 2, 3)]
    assert [len(page.iccids.iccid) for page in pages] == [50, 50, 20]
    assert {page.totalPages for page in pages} == {3}
    iccids = [iccid for page in pages for iccid in page.iccids.iccid]
    moments = [jasper.sims[iccid].modified for iccid in iccids]
    assert moments == sorted(moments)


def test_since_is_not_inclusive(jasper: Served):
    last = jasper.sims.all[-1]
    service = jasper.zeep()
    before = last.modified - timedelta(milliseconds=1)
    found = service.GetModifiedTerminals(since=before, **jasper.head())
    assert found.iccids.iccid == [last.iccid]
    assert service.GetModifiedTerminals(since=last.modified, **jasper.head()).iccids is None


def test_older_services_give_one_list(jasper: Served):
    jasper.in_pages = False
    service = jasper.zeep()
    assert len(service.GetModifiedTerminals(**jasper.head()).iccids.iccid) == 120
    with pytest.raises(TypeError):
        service.GetModifiedTerminals(pageNumber=2, **jasper.head())


def test_details_keep_no_order_and_leave_out_what_is_unknown(jasper: Served):
    first, second, third = (sim.iccid for sim in jasper.sims.all[:3])
    jasper.sims.vanished.add(second)
    asked = [first, second, third, "8944599999999999999"]
    found = jasper.zeep().GetTerminalDetails(iccids={"iccid": asked}, **jasper.head())
    assert [terminal.iccid for terminal in found.terminals.terminal] == [third, first]


def test_a_terminal_has_what_the_vendor_s_have(jasper: Served):
    sim = jasper.sims.all[3]
    found = jasper.zeep().GetTerminalDetails(iccids={"iccid": [sim.iccid]}, **jasper.head())
    (terminal,) = found.terminals.terminal
    assert terminal.msisdn == sim.msisdn
    assert terminal.status.endswith("_NAME")
    assert terminal.dateModified == sim.modified
    assert terminal.rating is None
    raw = jasper.post(envelope(jasper, f"<j:iccids><j:iccid>{sim.iccid}</j:iccid></j:iccids>",
                               "GetTerminalDetails"), "GetTerminalDetails").text  # fmt: skip
    assert "<ns2:custom10/>" in raw
    assert 'xsi:nil="true"' in raw
    assert 'ns2:requestId="' in raw


@pytest.mark.parametrize(
    ("username", "password"), [("nobody", ""), ("", "wrong"), ("OOMNITZA", "")]
)
def test_a_wrong_login_is_refused(username: str, password: str, jasper: Served):
    service = jasper.zeep(username, password)
    assert refused(service.GetModifiedTerminals, **jasper.head()) == "400200"


def envelope(jasper: Served, parts: str = "", operation: str = "GetModifiedTerminals") -> str:
    wsse = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
    return (
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Header>'
        f'<w:Security xmlns:w="{wsse}" s:mustUnderstand="1"><w:UsernameToken>'
        f"<w:Username>{jasper.username}</w:Username><w:Password>{jasper.password}</w:Password>"
        "</w:UsernameToken></w:Security></s:Header>"
        f'<s:Body><j:{operation}Request xmlns:j="{SCHEMA}">'
        "<j:messageId/><j:version/>"
        f"<j:licenseKey>{jasper.license_key}</j:licenseKey>{parts}"
        f"</j:{operation}Request></s:Body></s:Envelope>"
    )


def test_another_client_is_understood(jasper: Served):
    answer = jasper.post(envelope(jasper))
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/xml")
    assert answer.text.count("<ns2:iccid>") == 50


def test_a_fault_is_an_answer_with_status_500(jasper: Served):
    answer = jasper.post(envelope(jasper).replace(jasper.license_key, "wrong"))
    assert answer.status_code == 500
    assert code_of(answer) == "400100"
    assert "<faultcode>SOAP-ENV:Client</faultcode>" in answer.text


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("<w:Username>oomnitza</w:Username>", "", "400200"),
        ("w:UsernameToken", "w:Else", "400200"),
        ("<j:messageId/>", "", "400000"),
        ("<j:messageId/><j:version/>", "<j:version/><j:messageId/>", "400000"),
        ("</j:GetM", "<j:pageNumber>1</j:pageNumber><j:since/></j:GetM", "400000"),
        ("</j:GetM", "<j:since>yesterday</j:since></j:GetM", "400000"),
        ("</s:Body>", "", "400000"),
    ],
)  # fmt: skip
def test_what_the_schema_rules_out_is_refused(old: str, new: str, code: str, jasper: Served):
    assert old in envelope(jasper)
    assert code_of(jasper.post(envelope(jasper).replace(old, new))) == code


def test_the_action_says_which_operation_it_is(jasper: Served):
    assert code_of(jasper.post(envelope(jasper), "GetTerminalDetails")) == "400000"
    assert code_of(jasper.post(envelope(jasper), "EditTerminal")) == "400000"


@pytest.mark.parametrize(("count", "code"), [(0, "400400"), (51, "400400")])
def test_a_request_for_details_has_its_limits(count: int, code: str, jasper: Served):
    iccids = [sim.iccid for sim in jasper.sims.all[:count]]
    service = jasper.zeep()
    assert refused(service.GetTerminalDetails, iccids={"iccid": iccids}, **jasper.head()) == code


def test_what_is_no_iccid_is_refused(jasper: Served):
    service = jasper.zeep()
    assert refused(service.GetTerminalDetails, iccids={"iccid": ["x"]}, **jasper.head()) == "100101"


def test_a_limit_of_calls_per_second_is_kept(jasper: Served):
    jasper.calls_per_second = 2
    service = jasper.zeep()
    for _ in range(2):
        service.GetModifiedTerminals(**jasper.head())
    assert refused(service.GetModifiedTerminals, **jasper.head()) == "400101"


def test_the_service_takes_posts_only(jasper: Served):
    assert requests.get(f"{jasper.url}/ws/service/terminal", timeout=10).status_code == 405
    assert requests.get(f"{jasper.url}/ws/schema/Other.wsdl", timeout=10).status_code == 404


# REST.

SINCE = "2024-01-01T00:00:00+00:00"


def test_devices_come_in_pages_until_the_last(jasper: Served):
    pages = [jasper.get(REST, modifiedSince=SINCE, pageNumber=page).json() for page in (1, 2, 3, 4)]
    assert [len(page["devices"]) for page in pages] == [50, 50, 20, 0]
    assert [page["lastPage"] for page in pages] == [False, False, True, True]
    assert [page["pageNumber"] for page in pages] == [1, 2, 3, 4]
    assert set(pages[0]["devices"][0]) == {"iccid", "status", "ratePlan", "communicationPlan"}


@pytest.mark.parametrize(
    ("params", "status", "code"),
    [
        ({}, 400, "10000003"),
        ({"modifiedSince": "2024-01-01"}, 400, "10000002"),
        ({"modifiedSince": "2024-01-01T00:00:00 00:00"}, 400, "10000002"),  # a + that was not coded
        ({"modifiedSince": SINCE, "pageSize": 51}, 400, "10000002"),
        ({"modifiedSince": SINCE, "pageNumber": 0}, 400, "10000002"),
        ({"modifiedSince": SINCE, "colour": "red"}, 400, "10000028"),
        ({"modifiedSince": SINCE, "modifiedTill": "2025-06-01T00:00:00Z"}, 400, "10000002"),
    ],
)
def test_what_the_api_refuses(params: dict[str, Any], status: int, code: str, jasper: Served):
    answer = jasper.get(REST, **params)
    assert (answer.status_code, answer.json()["errorCode"]) == (status, code)
    assert answer.json()["errorMessage"]


def test_without_an_end_a_span_is_a_year(jasper: Served):
    jasper.sims.modify(jasper.sims.all[0].iccid, datetime(2026, 1, 1, tzinfo=UTC))
    jasper.sims.modify(jasper.sims.all[1].iccid, datetime(2024, 12, 1, tzinfo=UTC))
    pages = [jasper.get(REST, modifiedSince=SINCE, pageNumber=page).json() for page in (1, 2, 3)]
    assert sum(len(page["devices"]) for page in pages) == 119


def test_older_services_know_no_end_of_a_span(jasper: Served):
    jasper.knows_till = False
    refused = jasper.get(REST, modifiedSince=SINCE, modifiedTill="2024-06-01T00:00:00Z")
    assert refused.json()["errorCode"] == "10000028"


def test_some_services_list_a_year_only(jasper: Served):
    jasper.only_last_year = True
    assert jasper.get(REST, modifiedSince=SINCE).json()["errorCode"] == "10000045"
    recently = f"{datetime.now(UTC) - timedelta(days=300):%Y-%m-%dT%H:%M:%SZ}"
    assert jasper.get(REST, modifiedSince=recently).status_code == 200


def test_a_device_and_its_usage(jasper: Served):
    sim = jasper.sims.all[0]
    device = jasper.get(f"{REST}/{sim.iccid}").json()
    assert device["dateUpdated"] == "2024-01-15 08:37:00.678+0000"
    assert device["accountCustom1"] == sim.owner.full_name
    usage = jasper.get(f"{REST}/{sim.iccid}/ctdUsages").json()
    assert usage["ctdDataUsage"] == sim.bytes_used


def test_an_unknown_device_is_not_found(jasper: Served):
    answer = jasper.get(f"{REST}/8944599999999999999")
    assert (answer.status_code, answer.json()["errorCode"]) == (404, "20000001")


@pytest.mark.parametrize("login", [("oomnitza", "wrong"), ("nobody", "9b8a7c6d-sandbox-api-key")])
def test_a_wrong_key_is_refused(login: tuple[str, str], jasper: Served):
    answer = jasper.get(REST, login=login, modifiedSince=SINCE)
    assert (answer.status_code, answer.json()["errorCode"]) == (401, "10000001")


def test_a_role_without_rights_is_refused(jasper: Served):
    jasper.may_read = False
    assert jasper.get(REST, modifiedSince=SINCE).json()["errorCode"] == "10000030"


def test_one_call_too_many_in_a_second_is_refused(jasper: Served):
    jasper.calls_per_second = 1
    answers = [jasper.get(REST, modifiedSince=SINCE) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 400]
    assert answers[1].json()["errorCode"] == "40000029"


# Both.


def test_an_outage_comes_from_before_the_application(jasper: Served):
    jasper.outages.fail_next(2, 503)
    assert jasper.get(REST, modifiedSince=SINCE).status_code == 503
    assert jasper.post(envelope(jasper)).headers["Content-Type"].startswith("text/html")
    assert jasper.post(envelope(jasper)).status_code == 200


def test_a_modified_sim_is_at_the_end_of_the_list(jasper: Served):
    iccid = jasper.sims.all[0].iccid
    jasper.sims.modify(iccid)
    assert jasper.sims.modified(None)[-1].iccid == iccid


def test_the_sections_are_complete(jasper: Served):
    for text in (jasper.section(jasper.url), jasper.control_center_section(jasper.url)):
        assert "enable = True" in text
        assert jasper.url in text
