"""The AirWatch of the sandbox: what it lets in, how it pages, what its devices look like."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from sandbox.airwatch import AirWatch

SEARCH = "/api/mdm/devices/search"


class Caller(Client):
    """Asks as an administrator does, unless told otherwise."""

    def __init__(self, airwatch: AirWatch) -> None:
        super().__init__(airwatch.app)
        signing = airwatch.sign_in
        self.how: dict[str, Any] = {
            "auth": (signing.username, signing.password),
            "headers": {"aw-tenant-code": signing.api_token},
        }

    def ask(self, path: str, **how: Any) -> TestResponse:
        return self.get(path, **{**self.how, **how})


@pytest.fixture
def airwatch() -> AirWatch:
    return AirWatch(45)


@pytest.fixture
def caller(airwatch: AirWatch) -> Caller:
    return Caller(airwatch)


def bearer(caller: Caller, airwatch: AirWatch, **form: str) -> dict[str, str]:
    signing = airwatch.sign_in
    given = {
        "grant_type": "client_credentials",
        "client_id": signing.client_id,
        "client_secret": signing.client_secret,
    }
    answer = caller.post("/connect/token", data=given | form).get_json()
    return {"Authorization": f"Bearer {answer['access_token']}"}


# Who is let in.


def test_an_administrator_with_the_api_key_is_let_in(caller: Caller) -> None:
    assert caller.ask(SEARCH).status_code == 200
    assert caller.ask("/api/system/info").get_json()["ProductName"] == "Workspace ONE UEM"


def test_a_wrong_password_is_refused_by_name(caller: Caller) -> None:
    answer = caller.ask(SEARCH, auth=("somebody", "wrong"))
    assert answer.status_code == 401
    assert answer.get_json().keys() == {"errorCode", "message", "activityId"}
    assert answer.get_json()["errorCode"] == 1005
    assert "somebody" in answer.get_json()["message"]


def test_nobody_is_refused(caller: Caller) -> None:
    assert caller.ask(SEARCH, auth=None).status_code == 401


def test_a_wrong_api_key_is_refused_and_repeated(caller: Caller) -> None:
    answer = caller.ask(SEARCH, headers={"aw-tenant-code": "wrong"})
    assert (answer.status_code, answer.get_json()["errorCode"]) == (403, 1013)
    assert "wrong" in answer.get_json()["message"]
    assert caller.ask(SEARCH, headers={}).status_code == 401


@pytest.mark.parametrize(
    ("right", "path"),
    [
        ("devices", SEARCH),
        ("network", "/api/mdm/devices/5001/network"),
        ("dep", "/api/mdm/dep/groups/5f0c2a1e-0000-4000-8000-000000000570/devices"),
    ],
)
def test_a_role_without_the_right_is_refused(
    caller: Caller, airwatch: AirWatch, right: str, path: str
) -> None:
    assert caller.ask(path).status_code == 200
    airwatch.rights.discard(right)
    assert caller.ask(path).status_code == 403


def test_a_client_gets_a_token_for_an_hour(caller: Caller, airwatch: AirWatch) -> None:
    signing = airwatch.sign_in
    form = {"grant_type": "client_credentials"}
    answer = caller.post(
        "/connect/token", data=form, auth=(signing.client_id, signing.client_secret)
    ).get_json()
    assert answer["access_token"].startswith("eyJ")
    assert (answer["token_type"], answer["expires_in"]) == ("Bearer", 3600)


def test_a_token_needs_no_api_key(caller: Caller, airwatch: AirWatch) -> None:
    headers = bearer(caller, airwatch)
    assert caller.get(SEARCH, headers=headers).status_code == 200
    airwatch.sign_in.revoke_tokens()
    assert caller.get(SEARCH, headers=headers).status_code == 401


def test_a_token_ends(caller: Caller, airwatch: AirWatch) -> None:
    airwatch.sign_in.token_lifetime = 0
    headers = bearer(caller, airwatch)
    assert caller.get(SEARCH, headers=headers).status_code == 401


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"client_secret": "wrong"}, "invalid_client"),
        ({"client_id": ""}, "invalid_client"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
    ],
)
def test_a_wrong_client_gets_none(
    caller: Caller, airwatch: AirWatch, form: dict[str, str], error: str
) -> None:
    signing = airwatch.sign_in
    right = {"client_id": signing.client_id, "client_secret": signing.client_secret}
    given = {"grant_type": "client_credentials", **right, **form}
    answer = caller.post("/connect/token", data=given)
    assert (answer.status_code, answer.get_json()) == (400, {"error": error})
    assert caller.post("/connect/token/", data=given).status_code == 404


def test_a_tenant_may_refuse_passwords(caller: Caller, airwatch: AirWatch) -> None:
    airwatch.sign_in.basic = False
    assert caller.ask(SEARCH).status_code == 401


# How it pages.


def test_pages_are_counted_from_0(caller: Caller, airwatch: AirWatch) -> None:
    pages = [caller.ask(f"{SEARCH}?pagesize=20&page={number}").get_json() for number in range(3)]
    assert [page["Page"] for page in pages] == [0, 1, 2]
    assert {(page["PageSize"], page["Total"]) for page in pages} == {(20, 45)}
    assert [device for page in pages for device in page["Devices"]] == airwatch.devices


@pytest.mark.parametrize("empty", [True, False])
def test_no_devices_are_no_content(caller: Caller, airwatch: AirWatch, empty: bool) -> None:
    if empty:
        airwatch.devices.clear()
    answer = caller.ask(f"{SEARCH}?pagesize=20&page={0 if empty else 3}")
    assert (answer.status_code, answer.data) == (204, b"")
    assert "Content-Type" not in answer.headers
    assert "X-RateLimit-Remaining" in answer.headers


def test_too_large_a_page_is_cut(caller: Caller) -> None:
    big = AirWatch(600)
    page = Caller(big).ask(f"{SEARCH}?pagesize=30000").get_json()
    assert (page["PageSize"], len(page["Devices"]), page["Total"]) == (500, 500, 600)
    assert caller.ask(SEARCH).get_json()["PageSize"] == 500


@pytest.mark.parametrize(
    "query", ["page=-1", "pagesize=0", "page=x", "orderby=name", "sortorder=1"]
)
def test_a_wrong_parameter_is_refused(caller: Caller, query: str) -> None:
    assert caller.ask(f"{SEARCH}?{query}").status_code == 400


def test_what_is_not_built_is_not_passed_over(caller: Caller) -> None:
    assert caller.ask(f"{SEARCH}?lgid=570").status_code == 501


def test_it_can_sort_and_filter(caller: Caller) -> None:
    answer = caller.ask(f"{SEARCH}?platform=WinRT&orderby=LastSeen&sortorder=desc").get_json()
    seen = [device["LastSeen"] for device in answer["Devices"]]
    assert seen == sorted(seen, reverse=True)
    assert len(seen) == answer["Total"] == 9


def test_paths_and_names_of_parameters_may_be_written_in_any_case(caller: Caller) -> None:
    answer = caller.ask("/API/MDM/Devices/Search?pageSize=7&PAGE=1").get_json()
    assert (answer["Page"], answer["PageSize"]) == (1, 7)
    assert caller.ask("/api/v1/mdm/devices/search").status_code == 200


# What the headers tell.


def test_each_answer_counts_the_quota_of_the_day(caller: Caller) -> None:
    left = [int(caller.ask(SEARCH).headers["X-RateLimit-Remaining"]) for _ in range(3)]
    assert left == [249_999, 249_998, 249_997]
    reset = int(caller.ask(SEARCH).headers["X-RateLimit-Reset"])
    assert 0 < reset - time.time() <= 86_400


def test_nothing_is_answered_past_the_quota(caller: Caller, airwatch: AirWatch) -> None:
    airwatch.quota = 1
    assert caller.ask(SEARCH).headers["X-RateLimit-Remaining"] == "0"
    answer = caller.ask(SEARCH)
    assert (answer.status_code, answer.headers["X-RateLimit-Remaining"]) == (429, "0")


@pytest.mark.parametrize(
    ("accept", "path", "shown", "there_are"),
    [
        ("application/json", SEARCH, "v1", "1, 2, 3"),
        ("application/json;version=2", SEARCH, "v2", "1, 2, 3"),
        ("application/json;version=2", "/api/mdm/devices/5001/network", "v1", "1"),
    ],
)
def test_the_version_is_negotiated(
    caller: Caller, accept: str, path: str, shown: str, there_are: str
) -> None:
    headers = caller.how["headers"] | {"Accept": accept}
    answer = caller.ask(path, headers=headers)
    assert answer.headers["x-api-version"] == shown
    assert answer.headers["api-supported-versions"] == there_are
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert answer.headers["x-correlation-id"]


@pytest.mark.parametrize(
    ("accept", "status"), [("application/json;version=3", 501), ("application/xml", 406)]
)
def test_forms_that_are_not_built_are_refused(caller: Caller, accept: str, status: int) -> None:
    headers = caller.how["headers"] | {"Accept": accept}
    assert caller.ask(SEARCH, headers=headers).status_code == status


# One device.


@pytest.mark.parametrize(
    "path",
    [
        "/api/mdm/devices/5001/network",
        "/api/mdm/devices/network?searchby=Serialnumber&id=F9F0000001",
        "/api/mdm/devices/network?searchby=Macaddress&id=02AB00000001",
        "/api/v1/mdm/devices/macaddress/02AB00000001/network",
    ],
)
def test_the_network_of_a_device_is_found_in_several_ways(caller: Caller, path: str) -> None:
    network = caller.ask(path).get_json()
    assert network["WifiInfo"]["WifiMacAddress"] == "02AB00000001"
    assert network["IPAddress"]["WifiIPAddress"] == "192.0.2.2"


@pytest.mark.parametrize("path", ["/api/mdm/devices/4711", "/api/mdm/devices/4711/network"])
def test_a_device_that_is_not_there_is_told(caller: Caller, path: str) -> None:
    answer = caller.ask(path)
    assert (answer.status_code, answer.get_json()["errorCode"]) == (404, 5061)


def test_networks_can_be_missing_or_broken(caller: Caller, airwatch: AirWatch) -> None:
    airwatch.no_network.add(5001)
    airwatch.broken.add(5002)
    assert caller.ask("/api/mdm/devices/5001/network").status_code == 404
    for _ in range(3):
        assert caller.ask("/api/mdm/devices/5002/network").status_code == 500
    assert caller.ask("/api/mdm/devices/5003/network").status_code == 200


def test_apple_s_program_answers_with_a_bare_list(caller: Caller, airwatch: AirWatch) -> None:
    devices = caller.ask(f"/api/mdm/dep/groups/{airwatch.dep_group}/devices").get_json()
    apple = [device for device in airwatch.devices if device["OEMInfo"] == "Apple"]
    assert [each["deviceSerialNumber"] for each in devices] == [
        each["SerialNumber"] for each in apple
    ]
    assert caller.ask("/api/mdm/dep/groups/another/devices").status_code == 404


def test_the_devices_hold_what_real_ones_hold() -> None:
    devices = AirWatch(600).devices
    text = json.dumps(devices, ensure_ascii=False)
    assert not text.isascii()
    assert "0001-01-01T00:00:00.000" in text
    for key in ("UserId", "MacAddress", "CompromisedStatus", "DeviceCellularNetworkInfo"):
        assert 0 < sum(key not in device for device in devices) < 600
    serials = [device["SerialNumber"] for device in devices if device["SerialNumber"]]
    assert len(set(serials)) == len(serials) < 600
    assert {device["Id"]["Value"] for device in devices} == set(range(5001, 5601))


def test_an_outage_passes_and_keeps_the_headers(caller: Caller, airwatch: AirWatch) -> None:
    airwatch.outages.fail_next(1, 503, path=SEARCH)
    answer = caller.ask(SEARCH)
    assert (answer.status_code, answer.mimetype) == (503, "text/html")
    assert "X-RateLimit-Limit" in answer.headers
    assert caller.ask(SEARCH).status_code == 200


def test_its_section_names_its_credentials(airwatch: AirWatch) -> None:
    text = airwatch.section("http://127.0.0.1:1")
    signing = airwatch.sign_in
    for value in ("http://127.0.0.1:1", signing.username, signing.password, signing.api_token):
        assert f" = {value}\n" in text
    assert text.startswith("[airwatch]\nenable = True\n")


def test_its_mapping_names_what_devices_have(airwatch: AirWatch) -> None:
    (mapping,) = airwatch.server_mapping.values()
    tops = {source.split(".")[0] for source in mapping} - {"network", "dep"}
    assert tops <= airwatch.devices[0].keys()
