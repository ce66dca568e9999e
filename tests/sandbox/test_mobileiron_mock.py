"""MobileIron Cloud and Core of the sandbox: what they let in, how they page, what they hold."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from sandbox.mobileiron import MobileIronCloud, MobileIronCore
from sandbox.mobileiron.server import Server

NOW = 1_700_000_000
SPACES = "/api/v1/tenant/partition/device"
DEVICES = "/api/v1/device"
CORE = "/api/v2/devices"
ROWS_FAULT = {
    "errors": {
        "globalErrors": None,
        "fieldErrors": [{"code": "Range", "message": "must be between 1 and 500", "field": "rows"}],
    },
    "result": None,
}


class Caller(Client):
    """Asks as the one account does."""

    def __init__(self, server: Server) -> None:
        super().__init__(server.app)
        self._auth = (server.username, server.password)

    def ask(self, path: str, **query: Any) -> TestResponse:
        return self.get(path, query_string=query or None, auth=self._auth)

    def result(self, path: str, **query: Any) -> Any:
        """What Cloud gives as its result."""
        answer = self.ask(path, **query).get_json()
        assert answer["errors"] is None
        return answer["result"]


@pytest.fixture
def cloud() -> MobileIronCloud:
    return MobileIronCloud(90, now=NOW)


@pytest.fixture
def core() -> MobileIronCore:
    return MobileIronCore(120)


@pytest.fixture(params=[MobileIronCloud, MobileIronCore])
def server(request: pytest.FixtureRequest) -> Server:
    made: Server = request.param(10)
    return made


def devices(server: Server, **query: Any) -> TestResponse:
    """The devices of the first space."""
    if isinstance(server, MobileIronCloud):
        return Caller(server).ask(DEVICES, **{"dmPartitionId": 100_001, **query})
    first: Mapping[str, Any] = {"adminDeviceSpaceId": 1, "fields": "common.uuid", "labelId": -1}
    return Caller(server).ask(CORE, **{**first, **query})


# Both.


def test_the_account_is_let_in(server: Server) -> None:
    assert devices(server).status_code == 200


@pytest.mark.parametrize("login", [None, ("api-reader@example.com", "wrong"), ("somebody", "x")])
def test_nobody_else_is(server: Server, login: tuple[str, str] | None) -> None:
    for path in (SPACES, DEVICES, CORE, "/api/v2/device_spaces/mine"):
        answer = Client(server.app).get(path, auth=login)
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"].startswith("Basic")


def test_basic_does_not_do_with_multi_factor_sign_in(server: Server) -> None:
    server.multi_factor = True
    assert devices(server).status_code == 401


def test_an_account_without_the_right_sees_no_devices(server: Server) -> None:
    server.may_read = False
    assert devices(server).status_code == 403


def test_everything_may_be_below_a_path(server: Server) -> None:
    server.path_prefix = "/company"
    assert devices(server).status_code == 404
    paths = "/company/api/v1/tenant/partition/device", "/company/api/v2/device_spaces/mine"
    assert {Caller(server).ask(path).status_code for path in paths} == {200, 404}


def test_an_outage_passes(server: Server) -> None:
    server.outages.fail_next(1, 503)
    assert [devices(server).status_code for _ in range(2)] == [503, 200]


def test_too_long_a_request_is_refused(server: Server) -> None:
    assert devices(server, query="x" * 8000).status_code == 400


def test_its_section_names_its_credentials(server: Server) -> None:
    text = server.section("http://127.0.0.1:1")  # type: ignore[attr-defined]
    for value in ("True", "http://127.0.0.1:1", server.username, server.password):
        assert f" = {value}\n" in text


# Cloud.


def test_spaces_come_50_at_a_time_whatever_is_asked_for(cloud: MobileIronCloud) -> None:
    for number in range(60):
        cloud.spaces[200_000 + number] = f"Space {number}"
    first = Caller(cloud).result(SPACES, rows=500)
    second = Caller(cloud).result(SPACES, rows=500, start=50)
    assert (len(first["searchResults"]), first["totalCount"]) == (50, 64)
    assert (len(second["searchResults"]), second["offset"]) == (14, 50)
    assert [each["defaultPartition"] for each in first["searchResults"]].count(True) == 1
    assert Caller(cloud).result(SPACES)["limit"] == 50


def test_each_space_has_its_own_devices(cloud: MobileIronCloud) -> None:
    found = Caller(cloud).result(DEVICES, dmPartitionId=100_002, rows=500)
    assert {each["dmPartitionName"] for each in found["searchResults"]} == {"Drivers"}
    assert found["totalCount"] == len(found["searchResults"]) == 30
    empty = Caller(cloud).result(DEVICES, dmPartitionId=100_004)
    assert (empty["totalCount"], empty["searchResults"]) == (0, [])


def test_pages_begin_at_start_and_not_at_offset(cloud: MobileIronCloud) -> None:
    all_of_them = Caller(cloud).result(DEVICES, dmPartitionId=100_001, rows=500)["searchResults"]
    page = Caller(cloud).result(DEVICES, dmPartitionId=100_001, rows=7, start=5, offset=20)
    assert page["searchResults"] == all_of_them[5:12]
    assert (page["offset"], page["limit"]) == (5, 7)


@pytest.mark.parametrize("path", [SPACES, DEVICES])
@pytest.mark.parametrize("rows", [0, 501, 10_000])
def test_too_many_rows_are_refused_as_documented(
    cloud: MobileIronCloud, path: str, rows: int
) -> None:
    answer = Caller(cloud).ask(path, rows=rows, dmPartitionId=100_001)
    assert (answer.status_code, answer.get_json()) == (400, ROWS_FAULT)


@pytest.mark.parametrize(
    "query",
    [
        {"dmPartitionId": ""},
        {"dmPartitionId": 4711},
        {"start": "x"},
        {"sortFields[0].name": "nothing"},
        {"sortFields[0].order": "down"},
    ],
)
def test_wrong_parameters_are_refused(cloud: MobileIronCloud, query: dict[str, Any]) -> None:
    answer = devices(cloud, **query)
    assert answer.status_code == 400
    assert answer.get_json()["errors"]["fieldErrors"]


def test_what_is_not_built_is_not_passed_over(cloud: MobileIronCloud) -> None:
    assert devices(cloud, fq="registrationState=ACTIVE").status_code == 501
    assert devices(cloud, q="").status_code == 200


@pytest.mark.parametrize("nulls_first", [True, False])
def test_the_latest_can_come_first(cloud: MobileIronCloud, nulls_first: bool) -> None:
    cloud.nulls_first = nulls_first
    del cloud.devices[62:]  # 31 and 62 never checked in, and 62 is in this space
    for device in cloud.devices:
        device["dmPartitionId"] = 100_001
    sorting = {"sortFields[0].name": "lastCheckin", "sortFields[0].order": "DESC", "rows": 500}
    listed = devices(cloud, **sorting).get_json()["result"]["searchResults"]
    moments = [each["lastCheckin"] for each in listed]
    dated = [moment for moment in moments if moment is not None]
    assert dated == sorted(dated, reverse=True)
    nulls = [None] * (len(moments) - len(dated))
    assert nulls
    assert moments == (nulls + dated if nulls_first else dated + nulls)


def test_brackets_may_be_encoded_or_not(cloud: MobileIronCloud) -> None:
    raw = f"{DEVICES}?dmPartitionId=100001&sortFields[0].name=id&sortFields[0].order=DESC"
    plain = Caller(cloud).ask(raw).get_json()["result"]
    encoded = raw.replace("[", "%5B").replace("]", "%5D")
    assert Caller(cloud).ask(encoded).get_json()["result"] == plain
    ids = [each["id"] for each in plain["searchResults"]]
    assert ids == sorted(ids, reverse=True)


def test_windows_devices_have_hardware_and_others_have_none(cloud: MobileIronCloud) -> None:
    hardware = Caller(cloud).result(f"{DEVICES}/500002/hardwareinventory")
    assert hardware["computerSystemProduct"]["identifyingNumber"] == "TSTWIN000002"
    assert Caller(cloud).result(f"{DEVICES}/500001/hardwareinventory") is None
    assert Caller(cloud).ask(f"{DEVICES}/4711/hardwareinventory").status_code == 404
    cloud.broken.add(500_002)
    for _ in range(2):
        assert Caller(cloud).ask(f"{DEVICES}/500002/hardwareinventory").status_code == 500


def test_a_gdpr_profile_hides_what_is_personal(cloud: MobileIronCloud) -> None:
    cloud.gdpr = True
    device = Caller(cloud).result(f"{DEVICES}/500004")
    assert device["serialNumber"] == device["emailAddress"] == "********"
    assert device["deviceModel"] == "iPhone14,5"


def test_the_tenant_knows_its_default_space(cloud: MobileIronCloud) -> None:
    tenant = Caller(cloud).result("/api/v1/metadata/tenant")
    assert tenant["defaultDmPartitionId"] == 100_001


def test_the_devices_of_cloud_hold_what_real_ones_hold(cloud: MobileIronCloud) -> None:
    assert not json.dumps(cloud.devices, ensure_ascii=False).isascii()
    serials = {each["platformType"]: set() for each in cloud.devices}
    for each in cloud.devices:
        serials[each["platformType"]].add(each["serialNumber"])
    assert serials["WINDOWS_PHONE"] == {None}
    assert "" in serials["ANDROID"]
    assert all(serials["IOS"])
    ages = {NOW * 1000 - each["lastCheckin"] for each in cloud.devices if each["lastCheckin"]}
    assert min(ages) < 36 * 3_600_000 < max(ages)
    assert len({each["id"] for each in cloud.devices}) == 90


def test_its_mapping_names_what_devices_of_cloud_have(cloud: MobileIronCloud) -> None:
    (mapping,) = cloud.server_mapping.values()
    assert mapping.keys() - {"primaryProcessorName"} <= cloud.devices[0].keys()


# Core.


def test_core_tells_its_spaces_and_fields(core: MobileIronCore) -> None:
    spaces = Caller(core).ask("/api/v2/device_spaces/mine").get_json()
    assert [each["id"] for each in spaces["results"]] == [1, 2, 3]
    assert (spaces["totalCount"], spaces["resultCount"], spaces["hasMore"]) == (3, 3, False)
    for path in ("/api/v2/device_spaces/criteria", "/api/v2/devices/search_fields"):
        answer = Caller(core).ask(path, adminDeviceSpaceId=1).get_json()
        assert "ios.iPhone UDID" in [each["name"] for each in answer["results"]]
    assert "apiVersion" in Caller(core).ask("/api/v2/ping").get_json()["results"]


def test_pages_of_core_are_counted_by_devices(core: MobileIronCore) -> None:
    first, last = (
        devices(core, limit=50, offset=offset, fields="common.id").get_json() for offset in (0, 100)
    )
    assert [each["common.id"] for each in first["results"]] == list(range(1, 51))
    assert (first["totalCount"], first["resultCount"], first["hasMore"]) == (120, 50, True)
    assert (last["totalCount"], last["resultCount"], last["hasMore"]) == (120, 20, False)
    assert len(devices(core).get_json()["results"]) == 50


def test_a_last_page_may_promise_more(core: MobileIronCore) -> None:
    core.eager = True
    assert devices(core, limit=200).get_json()["hasMore"]


def test_the_global_space_holds_all_and_another_its_own(core: MobileIronCore) -> None:
    counts = [
        devices(core, adminDeviceSpaceId=space).get_json()["totalCount"] for space in (1, 2, 3)
    ]
    assert counts == [120, 40, 40]
    count = Caller(core).ask("/api/v2/devices/count", adminDeviceSpaceId=2, query="").get_json()
    assert count["totalCount"] == 40


def test_only_the_fields_that_are_asked_for_come_back(core: MobileIronCore) -> None:
    answer = devices(core, fields="common.uuid,ios.iPhone UDID", limit=200).get_json()
    assert {frozenset(each) for each in answer["results"]} == {
        frozenset({"common.uuid", "ios.iPhone UDID"}),
        frozenset({"common.uuid"}),
    }


@pytest.mark.parametrize(
    "query",
    [
        {"fields": ""},
        {"fields": "common.nothing"},
        {"fields": "common.uuid,common.id,common.model"},
        {"adminDeviceSpaceId": 9},
        {"adminDeviceSpaceId": ""},
        {"limit": 201},
        {"limit": "many"},
        {"offset": -1},
    ],
)
def test_core_refuses_wrong_parameters(core: MobileIronCore, query: dict[str, Any]) -> None:
    core.most_fields = 2
    answer = devices(core, **query)
    assert answer.status_code == 400
    assert answer.get_json()["messages"][0]["localizedMessage"]


def test_core_needs_a_query_or_a_label(core: MobileIronCore) -> None:
    query = {"adminDeviceSpaceId": 1, "fields": "common.uuid"}
    assert Caller(core).ask(CORE, **query).status_code == 400
    assert Caller(core).ask(CORE, **query, query="").status_code == 200
    assert Caller(core).ask(CORE, **query, query='common.status = "ACTIVE"').status_code == 501


def test_the_devices_of_core_hold_what_real_ones_hold(core: MobileIronCore) -> None:
    assert not json.dumps(core.devices, ensure_ascii=False).isascii()
    assert None in {each["common.SerialNumber"] for each in core.devices}
    assert core.devices[0]["common.last_connected_at"].endswith(".000Z")
    assert len({each["common.uuid"] for each in core.devices}) == 120
    assert set().union(*core.devices) - {"space"} == set(core.fields)
