"""AirWatch against the sandbox's: the contract, signed in both ways, and what is special to it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar, Self

import flask
import pytest

from connectors.airwatch import Settings
from lib.connector import Projection, SourceItem
from lib.errors import AccessDenied, SignInError, SourceFault, SourceUnavailable
from lib.http.client import NotFound
from lib.settings import read_settings
from sandbox.airwatch import AirWatch
from tests.contract import ConnectorContract, failure
from tests.example import page_example, upload
from tests.source import WebSource, does_not_apply

SEARCH = "/api/mdm/devices/search"


class WithPassword(WebSource):
    connector = "airwatch"
    id_path, name_path = "Id.Value", "DeviceReportedName"
    wrong_credentials: ClassVar = {"password": "wr0ng-s3cret"}
    most_for_three = 1

    vanish = does_not_apply("the listing holds whole devices")
    spoil = does_not_apply("the listing holds whole devices")
    end_sessions = does_not_apply("there is no session with Basic")

    def __init__(self, devices: int = 65) -> None:
        self.airwatch = AirWatch(devices)
        self.airwatch.page_limit = 20
        signing = self.airwatch.sign_in
        super().__init__(
            self.airwatch.app,
            username=signing.username,
            password=signing.password,
            api_token=signing.api_token,
        )

    @property
    def names(self) -> dict[str, str]:
        return {
            str(device["Id"]["Value"]): device["DeviceReportedName"]
            for device in self.airwatch.devices
        }

    @property
    def requests(self) -> int:
        return len(self.airwatch.requests)

    def withdraw_rights(self) -> None:
        self.airwatch.rights.clear()

    def fail_once(self) -> None:
        self.airwatch.outages.fail_next(1, path=SEARCH)

    def fail_for_good(self) -> None:
        self.airwatch.outages.fail_next(1_000_000, path=SEARCH)

    def garble(self, body: str) -> dict[str, str]:
        self.airwatch.outages.fail_next(1_000_000, 200, path=SEARCH, body=body)
        return {}

    def clear(self) -> None:
        self.airwatch.devices.clear()


class WithClient(WithPassword):
    wrong_credentials: ClassVar = {"client_secret": "wr0ng-s3cret"}
    most_for_three = 2  # the token and a page

    def __enter__(self) -> Self:
        super().__enter__()
        signing = self.airwatch.sign_in
        self.ini = {
            "url": self.ini["url"],
            "client_id": signing.client_id,
            "client_secret": signing.client_secret,
            "oauth_url": f"{self.ini['url']}/connect/token",
        }
        return self

    def end_sessions(self) -> None:
        self.airwatch.sign_in.revoke_tokens()


class TestContractWithPassword(ConnectorContract):
    source_type = WithPassword


class TestContractWithClient(ConnectorContract):
    source_type = WithClient


@pytest.fixture
def source() -> Iterator[WithPassword]:
    with WithPassword() as source:
        yield source


@pytest.fixture
def client() -> Iterator[WithClient]:
    with WithClient() as source:
        yield source


def read(source: WithPassword, *paths: str, **ini: str) -> list[Any]:
    return list(source.connect(**ini).records(Projection(frozenset(paths))))


def numbers(delivered: list[SourceItem]) -> list[int]:
    return [item["Id"]["Value"] for item in delivered if isinstance(item, dict)]


def asked(source: WithPassword, words: str) -> list[str]:
    """The paths of the requests that hold these words, in their order."""
    return [path for _, path in source.airwatch.requests if words in path]


def headers_seen(source: WithPassword, name: str) -> list[str | None]:
    """What requests to come hold in this header, in a list that grows."""
    seen: list[str | None] = []
    source.airwatch.on_request = lambda *_: seen.append(flask.request.headers.get(name))
    return seen


def before_page(source: WithPassword, number: int, do: Callable[[], object]) -> None:
    """Do something once, when this page is asked for."""

    def on_request(_: str, path: str) -> None:
        if f"page={number}&" in path:
            source.airwatch.on_request = None
            do()

    source.airwatch.on_request = on_request


# How it signs in.


def test_basic_comes_with_the_api_key_and_the_version(source: WithPassword) -> None:
    keys = headers_seen(source, "aw-tenant-code")
    read(source)
    assert set(keys) == {source.airwatch.sign_in.api_token}
    accepted = headers_seen(source, "Accept")
    read(source)
    assert set(accepted) == {"application/json;version=1"}


@pytest.mark.parametrize("password", ["pässwörd €", "50%:*'\"", "佐藤"])
def test_any_password_can_be_used(source: WithPassword, password: str) -> None:
    source.airwatch.sign_in.password = password
    source.connect(password=password).check()


def test_a_wrong_api_key_is_told_without_repeating_it(source: WithPassword) -> None:
    error = failure(source.connect(api_token="a-wr0ng-key"), AccessDenied, source.address)
    assert "api_token" in error.fix
    assert "Organization Group" in str(error)


def test_an_oauth_client_needs_no_api_key(client: WithClient) -> None:
    keys = headers_seen(client, "aw-tenant-code")
    assert len(read(client)) == 65
    assert set(keys) == {None}


def test_an_api_key_that_is_there_goes_along_with_the_token(client: WithClient) -> None:
    keys = headers_seen(client, "aw-tenant-code")
    read(client, api_token="a key")
    assert keys == [None, *["a key"] * 5]


def test_the_secret_is_sent_for_the_token_only(client: WithClient) -> None:
    seen = headers_seen(client, "Authorization")
    read(client)
    assert seen[0] is None
    assert {str(value).split()[0] for value in seen[1:]} == {"Bearer"}


def test_a_token_that_ends_in_the_middle_is_renewed(client: WithClient) -> None:
    client.airwatch.sign_in.token_lifetime = 0  # each is over when it comes
    with closing(client.records(client.connect())) as records, pytest.raises(AccessDenied):
        next(records)
    client.airwatch.requests.clear()
    client.airwatch.sign_in.token_lifetime = 3600
    with closing(client.records(client.connect())) as records:
        delivered = list(islice(records, 25))
        client.airwatch.sign_in.revoke_tokens()
        delivered += records
    assert len(delivered) == 65
    assert len(asked(client, "/connect/token")) == 2


def test_a_wrong_oauth_url_is_told(client: WithClient) -> None:
    for wrong in (client.ini["url"], f"{client.ini['url']}/oauth/token"):
        error = failure(client.connect(oauth_url=wrong), NotFound, client.address)
        assert "oauth_url" in error.fix


def test_a_slash_behind_an_address_does_no_harm(client: WithClient) -> None:
    client.connect(url=f"{client.ini['url']}/", oauth_url=f"{client.ini['oauth_url']}/").check()


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ({}, "client_id"),
        ({"username": "u", "password": "p"}, "client_id"),
        ({"username": "u", "password": "p", "client_id": "c"}, "client_id"),
        ({"client_secret": "c"}, "client_id"),
        ({"client_id": "c", "client_secret": "s"}, "oauth_url"),
    ],
)
def test_settings_that_do_not_fit_together_are_told(given: dict[str, str], key: str) -> None:
    _, faults = read_settings(Settings, {"url": "https://as1.awmdm.com", **given})
    assert [fault.key for fault in faults] == [key]


# How it reads pages.


def test_pages_are_asked_for_by_number_in_a_fixed_order(source: WithPassword) -> None:
    read(source)
    ends = [path.partition("?")[2] for path in asked(source, SEARCH)]
    assert ends == [f"page={number}&pagesize=500&orderby=deviceid" for number in range(5)]


def test_the_end_is_where_the_server_has_nothing_any_more(
    source: WithPassword, caplog: pytest.LogCaptureFixture
) -> None:
    del source.airwatch.devices[40:]
    assert len(read(source)) == 40
    assert len(asked(source, SEARCH)) == 3
    assert caplog.records == []


def change_answers(source: WithPassword, change: Callable[[dict[str, Any]], object]) -> None:
    """Let each page of devices be changed before it is sent."""

    def changed(answer: flask.Response) -> flask.Response:
        if flask.request.path == SEARCH and answer.status_code == 200:
            page = answer.get_json()
            change(page)
            answer.set_data(flask.json.dumps(page))
        return answer

    source.airwatch.app.after_request(changed)


@pytest.mark.parametrize("total", [0, 1, 20, 64, None, "65", "many"])
def test_a_total_that_is_none_ends_nothing(
    source: WithPassword, total: Any, caplog: pytest.LogCaptureFixture
) -> None:
    change_answers(source, lambda page: page.update(Total=total))
    assert len(read(source)) == 65
    assert caplog.records == []


def test_the_total_and_the_number_of_a_page_may_be_missing(source: WithPassword) -> None:
    change_answers(source, lambda page: (page.pop("Total"), page.pop("Page")))
    assert len(read(source)) == 65


def test_the_number_of_a_page_may_be_text(source: WithPassword) -> None:
    change_answers(source, lambda page: page.update(Page=str(page["Page"])))
    assert len(read(source)) == 65


@pytest.mark.parametrize("short", [0, 1, 3])
def test_a_page_that_lacks_a_device_loses_no_other(
    source: WithPassword, short: int, caplog: pytest.LogCaptureFixture
) -> None:
    change_answers(source, lambda page: page["Devices"].pop() if page["Page"] == short else None)
    assert len(set(numbers(read(source)))) == 64
    (warning,) = (each for each in caplog.records if each.levelno == logging.WARNING)
    assert "reported 65 records but returned only 64" in warning.message


@pytest.mark.parametrize("body", ['{"Devices": null, "Total": 0}', '{"Page": 0, "Total": 0}'])
def test_no_devices_may_be_said_in_several_ways(source: WithPassword, body: str) -> None:
    source.airwatch.outages.fail_next(1, 200, path=SEARCH, body=body)
    assert read(source) == []


@pytest.mark.parametrize("body", ["null", "[]", "{}", '{"Devices": {}, "Total": 1}'])
def test_invalid_page_raises_error(source: WithPassword, body: str) -> None:
    source.airwatch.outages.fail_next(1, 200, path=SEARCH, body=body)
    with pytest.raises(SourceFault, match=r"'Devices' is missing in the response"):
        read(source)


def test_a_page_that_fails_within_the_server_is_asked_for_again(source: WithPassword) -> None:
    source.airwatch.outages.fail_next(1, 500, path=SEARCH)
    assert len(read(source, retries="1")) == 65


def test_devices_that_go_while_pages_are_read_make_it_miss_none(source: WithPassword) -> None:
    devices = source.airwatch.devices
    rest = numbers(devices[3:])

    def unenrol() -> None:
        del devices[:3]

    before_page(source, 2, unenrol)
    delivered = numbers(read(source))
    assert set(rest) <= set(delivered)
    assert len(delivered) == len(set(delivered)) == 65


def test_a_page_that_is_no_longer_there_is_no_fault(source: WithPassword) -> None:
    devices = source.airwatch.devices
    del devices[21:]

    def unenrol() -> None:
        del devices[0]

    before_page(source, 1, unenrol)
    assert len(read(source)) == 21


def test_devices_that_come_while_pages_are_read_are_read_too(source: WithPassword) -> None:
    devices = source.airwatch.devices
    late = devices.pop()
    before_page(source, 2, lambda: devices.append(late))
    assert len(set(numbers(read(source)))) == 65


def test_a_server_that_gives_the_same_page_again_is_at_fault(source: WithPassword) -> None:
    page = {"Devices": source.airwatch.devices[:20], "PageSize": 20, "Total": 65}
    source.airwatch.outages.fail_next(99, 200, path=SEARCH, body=flask.json.dumps(page))
    with pytest.raises(SourceFault, match="had already returned"):
        read(source)


def test_a_server_that_gives_another_page_is_at_fault(source: WithPassword) -> None:
    page = {"Devices": source.airwatch.devices[:20], "Page": 7, "PageSize": 20, "Total": 65}
    source.airwatch.outages.fail_next(1, 200, path=SEARCH, body=flask.json.dumps(page))
    with pytest.raises(SourceFault, match="returned page 7 instead of page 0"):
        read(source)


@pytest.mark.parametrize("end", [204, 200])
def test_a_listing_that_ends_early_is_warned_about(
    source: WithPassword, end: int, caplog: pytest.LogCaptureFixture
) -> None:
    body = "" if end == 204 else '{"Devices": [], "PageSize": 20, "Total": 65}'
    with closing(source.connect().records(Projection())) as records:
        assert len(list(islice(records, 41))) == 41  # of the third page
        source.airwatch.outages.fail_next(99, end, path=SEARCH, body=body)
        assert len(list(records)) == 60 - 41
    assert "the server reported 65 records but returned only 60" in caplog.text
    assert len(asked(source, SEARCH)) == 5


@pytest.mark.parametrize("code", ["1013", '"1013"'])
def test_an_error_inside_a_success_is_an_error(source: WithPassword, code: str) -> None:
    key = source.airwatch.sign_in.api_token
    body = f'{{"errorCode": {code}, "message": "Tenant code {key} is wrong", "activityId": "1"}}'
    source.airwatch.outages.fail_next(99, 200, path=SEARCH, body=body)
    error = failure(source.connect(), SourceFault, source.address)
    assert "1013" in str(error)


def test_the_quota_of_a_day_that_is_used_up_ends_the_run_at_once(source: WithPassword) -> None:
    source.airwatch.quota = 2
    with pytest.raises(SourceUnavailable, match="quota"):
        read(source, retries="5")
    assert len(asked(source, SEARCH)) == 3


def test_a_server_that_asks_for_a_pause_gets_it(source: WithPassword) -> None:
    source.airwatch.outages.fail_next(1, 429, path=SEARCH, headers={"Retry-After": "0"})
    assert len(read(source, retries="1")) == 65


# What it adds to the devices.


def test_devices_come_as_the_server_has_them(source: WithPassword) -> None:
    assert read(source, "SerialNumber", "LocationGroupId.Name") == source.airwatch.devices


def test_the_network_is_asked_for_when_a_mapping_needs_it(source: WithPassword) -> None:
    read(source, "SerialNumber", "WifiSsid")
    assert asked(source, "/network") == []
    delivered = read(source, "network.WifiInfo.WifiMacAddress")
    assert numbers(delivered) == numbers(source.airwatch.devices)
    assert delivered[0]["network"]["WifiInfo"]["WifiMacAddress"] == "02AB00000001"
    assert delivered[5]["network"]["WifiInfo"] is None
    assert len(asked(source, "/network")) == 65


def test_with_everything_there_is_all_of_it(source: WithPassword) -> None:
    made = source.connect(dep_uuid=source.airwatch.dep_group)
    delivered = list(made.records(Projection(everything=True)))
    assert all("IPAddress" in item["network"] for item in delivered)
    assert sum("dep" in item for item in delivered) > 20


@pytest.mark.parametrize("why", ["broken", "no_network"])
def test_a_device_whose_network_cannot_be_had_comes_without(source: WithPassword, why: str) -> None:
    number = source.airwatch.devices[30]["Id"]["Value"]
    getattr(source.airwatch, why).add(number)
    delivered = read(source, "network.IPAddress.WifiIPAddress", retries="5")
    assert [item["network"] == {} for item in delivered] == [n == 30 for n in range(65)]
    assert len(asked(source, f"/{number}/network")) == 1


@pytest.mark.parametrize("body", ["<html><p>Oops</p></html>", "[]", '"text"', "null"])
def test_a_network_that_is_no_network_is_none(source: WithPassword, body: str) -> None:
    del source.airwatch.devices[1:]
    source.airwatch.outages.fail_next(1, 200, path="/network", body=body)
    assert read(source, "network.PhoneNumber")[0]["network"] == {}


def test_failed_network_requests_are_logged(
    source: WithPassword, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    source.airwatch.broken.update(numbers(source.airwatch.devices[:2]))
    read(source, "network.PhoneNumber")
    told = [record.message for record in caplog.records if record.levelno == logging.WARNING]
    assert told == ["Network data could not be read for 2 records."
                    " The log contains the reasons"]  # fmt: skip
    assert "/api/mdm/devices/5002/network: the server responded with 500" in caplog.text


def test_devices_of_which_no_network_is_known_are_no_failure(
    source: WithPassword, caplog: pytest.LogCaptureFixture
) -> None:
    source.airwatch.no_network.update(numbers(source.airwatch.devices))
    assert len(read(source, "network.PhoneNumber")) == 65
    assert caplog.records == []


def test_networks_that_are_needed_and_all_fail_end_the_run(source: WithPassword) -> None:
    source.airwatch.broken.update(numbers(source.airwatch.devices))
    with pytest.raises(SourceUnavailable):
        read(source, "network.PhoneNumber")
    assert len(asked(source, "/network")) < 20


def test_a_role_that_may_not_read_networks_is_told_when_they_are_needed(
    source: WithPassword,
) -> None:
    source.airwatch.rights.discard("network")
    with pytest.raises(AccessDenied, match="permissions of the administrator's role"):
        read(source, "network.PhoneNumber")
    assert len(list(source.connect().records(Projection(everything=True)))) == 65


@pytest.mark.parametrize("workers", [1, 3])
def test_no_more_networks_are_asked_for_than_wanted(source: WithPassword, workers: int) -> None:
    paths = Projection(frozenset({"network.PhoneNumber"}))
    with closing(source.connect(workers=str(workers)).records(paths)) as records:
        assert len(list(islice(records, 2))) == 2
    assert len(asked(source, "/network")) <= 2 + workers


def test_dep_facts_are_added_to_device(source: WithPassword) -> None:
    delivered = read(
        source, "dep.profileName", "SerialNumber", dep_uuid=source.airwatch.dep_group.upper()
    )
    apple = [item for item in delivered if item["OEMInfo"] == "Apple" and item["SerialNumber"]]
    assert {item["dep"]["profileName"] for item in apple} == {"Corporate"}
    assert all(item["dep"]["deviceSerialNumber"] == item["SerialNumber"] for item in apple)
    assert not any("dep" in item for item in delivered if item not in apple)
    assert len(asked(source, "/dep/")) == 1


def test_apple_s_program_is_asked_for_when_a_mapping_needs_it(source: WithPassword) -> None:
    read(source, "SerialNumber", dep_uuid=source.airwatch.dep_group)
    read(source, "dep.profileName")
    assert asked(source, "/dep/") == []


def test_an_unknown_group_of_apple_s_program_is_told(source: WithPassword) -> None:
    with pytest.raises(NotFound, match="dep_uuid"):
        read(source, "dep.profileName", dep_uuid="none#such")
    assert asked(source, "/dep/") == ["/api/mdm/dep/groups/none#such/devices"]


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (204, "", None),
        (200, '[null, {}, {"deviceSerialNumber": ["1"]}]', None),
        (200, "{}", SourceFault),
        (403, "", SignInError),
    ],
)
def test_the_answer_of_apple_s_program_is_looked_at(
    source: WithPassword, status: int, body: str, kind: type[Exception] | None
) -> None:
    source.airwatch.outages.fail_next(1, status, path="/dep/", body=body)
    if kind is None:
        assert len(read(source, "dep.profileName", dep_uuid="u")) == 65
    else:
        with pytest.raises(kind):
            read(source, "dep.profileName", dep_uuid="u")


# From end to end.


def test_the_example_of_its_page_runs(client: WithClient, tmp_path: Path) -> None:
    outcome, assets = upload(page_example("airwatch", **client.ini), "airwatch", tmp_path)
    assert outcome.error is None
    assert (outcome.tally.sent, outcome.tally.incomplete) == (63, 2)  # two have no serial number
    assert assets[0] == {"24DCF85294E411E38A52066B556BA4EE": "F9F0000001"}


def test_the_section_of_the_sandbox_runs(source: WithPassword, tmp_path: Path) -> None:
    airwatch = source.airwatch
    text = airwatch.section(source.ini["url"])
    outcome, assets = upload(text, "airwatch", tmp_path, airwatch.server_mapping)
    assert outcome.error is None
    assert outcome.tally.sent == 63
    assert all(any(asset[field] for asset in assets) for field in assets[0])
