"""MobileIron Cloud and Core against the sandbox's: the contract, and what is special to each."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

import flask
import pytest

from connectors.mobileiron import Settings
from lib.connector import Projection, SourceItem
from lib.errors import (
    AccessDenied,
    ConfigurationError,
    SignInError,
    SourceFault,
    SourceUnavailable,
)
from lib.http.client import NotFound
from lib.settings import read_settings
from lib.values.paths import compile_path
from sandbox.mobileiron import MobileIronCloud, MobileIronCore
from tests.contract import ConnectorContract, failure
from tests.example import page_example, upload
from tests.source import WebSource, does_not_apply

SPACES = "/api/v1/tenant/partition/device"
DEVICES = "/api/v1/device"
HOUR = 3_600_000


class MobileIron(WebSource):
    """What both products have in common; `server` is the mock server."""

    connector = "mobileiron"
    wrong_credentials: ClassVar = {"password": "wr0ng-s3cret"}
    server: MobileIronCloud | MobileIronCore
    listing: ClassVar[str]

    vanish = does_not_apply("the listing holds whole devices")
    spoil = does_not_apply("the listing holds whole devices")
    end_sessions = does_not_apply("there is no session with Basic")

    def __init__(self, server: MobileIronCloud | MobileIronCore, **ini: str) -> None:
        self.server = server
        super().__init__(server.app, username=server.username, password=server.password, **ini)

    @property
    def names(self) -> dict[str, str]:
        return {str(each[self.id_path]): each[self.name_path] for each in self.server.devices}

    @property
    def requests(self) -> int:
        return len(self.server.requests)

    def withdraw_rights(self) -> None:
        self.server.may_read = False

    def fail_once(self) -> None:
        self.server.outages.fail_next(1, path=self.listing)

    def fail_for_good(self) -> None:
        self.server.outages.fail_next(1_000_000, path=self.listing)

    def garble(self, body: str) -> dict[str, str]:
        self.server.outages.fail_next(1_000_000, 200, path=self.listing, body=body)
        return {}

    def clear(self) -> None:
        self.server.devices.clear()


class Cloud(MobileIron):
    id_path, name_path = "id", "entityName"
    most_for_three = 2  # the device spaces and a page
    listing = DEVICES
    server: MobileIronCloud

    def __init__(self) -> None:
        super().__init__(MobileIronCloud(70), include_checkin_devices_only="False")
        self.server.page_limit = 10


class Core(MobileIron):
    id_path, name_path = "common.uuid", "user.display_name"
    most_for_three = 3  # the device spaces, the fields and a page
    listing = "/api/v2/devices"
    server: MobileIronCore

    def __init__(self) -> None:
        super().__init__(MobileIronCore(450), api_version="2")


class TestContractOfCloud(ConnectorContract):
    source_type = Cloud


class TestContractOfCore(ConnectorContract):
    source_type = Core


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    with Cloud() as source:
        yield source


@pytest.fixture
def core() -> Iterator[Core]:
    with Core() as source:
        yield source


def read(source: MobileIron, *paths: str, **ini: str) -> list[Any]:
    return list(source.connect(**ini).records(Projection(frozenset(paths))))


def ids(source: MobileIron, delivered: list[SourceItem]) -> list[Any]:
    return [item[source.id_path] for item in delivered if isinstance(item, dict)]


def asked(source: MobileIron, path: str) -> list[dict[str, str]]:
    """The parameters of the requests for exactly this path, in their order."""
    urls = [urlsplit(url) for _, url in source.server.requests]
    found = [parse_qs(url.query, keep_blank_values=True) for url in urls if url.path == path]
    return [{name: values[-1] for name, values in each.items()} for each in found]


def at_request(source: MobileIron, words: str, do: Callable[[], object]) -> None:
    """Do something once, when a request comes whose path holds these words."""

    def on_request(_: str, path: str) -> None:
        if words in path:
            source.server.on_request = None
            do()

    source.server.on_request = on_request


# Both.


@pytest.mark.parametrize("source_type", [Cloud, Core])
@pytest.mark.parametrize("password", ["pässwörd €", "50%:*'\""])
def test_any_password_can_be_used(source_type: type[MobileIron], password: str) -> None:
    with source_type() as source:  # type: ignore[call-arg]
        source.server.password = password
        source.connect(password=password).check()


@pytest.mark.parametrize("source_type", [Cloud, Core])
def test_an_account_with_multi_factor_sign_in_is_told(source_type: type[MobileIron]) -> None:
    with source_type() as source:  # type: ignore[call-arg]
        source.server.multi_factor = True
        assert "multi-factor" in failure(source.connect(), SignInError, source.address).fix


@pytest.mark.parametrize(("source_type", "version"), [(Cloud, "2"), (Core, "1")])
def test_url_of_other_product_is_suggested(source_type: type[MobileIron], version: str) -> None:
    with source_type() as source:  # type: ignore[call-arg]
        error = failure(source.connect(api_version=version), NotFound, source.address)
        assert "api_version" in error.fix


@pytest.mark.parametrize("source_type", [Cloud, Core])
def test_it_may_be_below_a_path(source_type: type[MobileIron]) -> None:
    with source_type() as source:  # type: ignore[call-arg]
        source.server.path_prefix = "/company/rest"
        made = source.connect(url=f"{source.ini['url']}/company/rest/")
        assert len(list(source.records(made))) == len(source.names)


@pytest.mark.parametrize("source_type", [Cloud, Core])
def test_a_page_that_fails_within_the_server_is_asked_for_again(
    source_type: type[MobileIron],
) -> None:
    with source_type() as source:  # type: ignore[call-arg]
        source.server.outages.fail_next(1, 500, path=source.listing)
        assert len(read(source, retries="1")) == len(source.names)


@pytest.mark.parametrize("source_type", [Cloud, Core])
def test_a_device_that_goes_while_pages_are_read_makes_it_miss_none(
    source_type: type[MobileIron],
) -> None:
    with source_type() as source:  # type: ignore[call-arg]
        rest = set(source.names)
        first = source.server.devices[0]
        rest.discard(str(first[source.id_path]))
        offset = "start=10&" if source_type is Cloud else "offset=200&"
        at_request(source, offset, lambda: source.server.devices.remove(first))
        assert {str(found) for found in ids(source, read(source))} >= rest


@pytest.mark.parametrize("source_type", [Cloud, Core])
def test_a_listing_that_ends_early_is_warned_about(
    source_type: type[MobileIron], caplog: pytest.LogCaptureFixture
) -> None:
    with source_type() as source:  # type: ignore[call-arg]
        empty = {
            Cloud: '{"errors": null, "result": {"searchResults": [], "totalCount": 24}}',
            Core: '{"results": [], "totalCount": 450, "resultCount": 0, "hasMore": true}',
        }[source_type]
        with closing(source.records(source.connect())) as records:
            next(records)
            source.server.outages.fail_next(99, 200, path=source.listing, body=empty)
            assert len(list(records)) + 1 == {Cloud: 10, Core: 200}[source_type]
    assert {
        Cloud: "reported 24 records but returned only 10",
        Core: "450 records but returned only 200",
    }[source_type] in caplog.text


def change_answers(source: MobileIron, change: Callable[[dict[str, Any]], object]) -> None:
    """Let each page of devices be changed before it is sent."""

    def changed(answer: flask.Response) -> flask.Response:
        if flask.request.path == source.listing and answer.status_code == 200:
            page = answer.get_json()
            change(page)
            answer.set_data(flask.json.dumps(page))
        return answer

    source.server.app.after_request(changed)


@pytest.mark.parametrize(
    "change",
    [
        lambda page: page.pop("totalCount"),
        lambda page: page.pop("hasMore"),
        lambda page: (page.pop("totalCount"), page.pop("hasMore")),
        lambda page: page.update(totalCount=page["resultCount"]),
        lambda page: page.update(totalCount=str(page["totalCount"])),
        lambda page: page.update(hasMore=False),
    ],
)
def test_core_may_tell_in_several_ways_that_there_is_more(
    core: Core, change: Callable[[dict[str, Any]], object]
) -> None:
    change_answers(core, change)
    assert len(read(core)) == 450


@pytest.mark.parametrize("total", [None, "24"])
def test_the_total_of_cloud_may_be_missing_or_text(cloud: Cloud, total: str | None) -> None:
    change_answers(cloud, lambda page: page["result"].update(totalCount=total))
    age(cloud, *range(24))
    assert len(read(cloud)) == 24


# Which device spaces of Cloud are read.


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ('["Drivers"]', ("Drivers",)),
        ('["PartOne", "PartTwo"]', ("PartOne", "PartTwo")),
        ("['Drivers', 'Field']", ("Drivers", "Field")),
        ("[Drivers]", ("Drivers",)),
        ("Drivers", ("Drivers",)),
        ("Drivers, Field ", ("Drivers", "Field")),
        ('["Nord, Süd"]', ("Nord, Süd",)),
        ("All", ("All",)),
        ("all", ("All",)),
        ('"All"', ("All",)),
        ('["All"]', ("All",)),
        ("", ("All",)),
    ],
)
def test_partitions_may_be_written_in_several_ways(typed: str, names: tuple[str, ...]) -> None:
    given = {"username": "u", "password": "p", "partitions": typed}
    settings, faults = read_settings(Settings, given)
    assert faults == []
    assert settings.partitions == names


@pytest.mark.parametrize("typed", ["[]", '[""]', "[ ]"])
def test_no_partition_is_no_choice(typed: str) -> None:
    given = {"username": "u", "password": "p", "partitions": typed}
    assert [fault.key for fault in read_settings(Settings, given)[1]] == ["partitions"]


def test_only_the_partitions_that_are_named_are_read(cloud: Cloud) -> None:
    delivered = read(cloud, partitions='["Drivers", "Außendienst, Nord"]')
    assert {item["dmPartitionName"] for item in delivered} == {"Drivers", "Außendienst, Nord"}
    assert {each["dmPartitionId"] for each in asked(cloud, DEVICES)} == {"100002", "100003"}


def test_a_name_is_not_found_within_another(cloud: Cloud) -> None:
    cloud.server.spaces[100_005] = "Drive"
    read(cloud, partitions='["Drivers"]')
    assert {each["dmPartitionId"] for each in asked(cloud, DEVICES)} == {"100002"}


def test_a_partition_that_is_missing_is_warned_about(
    cloud: Cloud, caplog: pytest.LogCaptureFixture
) -> None:
    assert read(cloud, partitions='["drivers", "Drivers"]')
    (warning,) = (each for each in caplog.records if each.levelno == logging.WARNING)
    assert "drivers" in warning.message


def test_when_no_partition_is_there_it_is_an_error(cloud: Cloud) -> None:
    error = failure(cloud.connect(partitions="drivers"), ConfigurationError, cloud.address)
    assert "Default Space, Drivers" in error.fix


def test_all_partitions_are_read_however_many_there_are(cloud: Cloud) -> None:
    for number in range(120):
        cloud.server.spaces[200_000 + number] = f"Space {number}"
    cloud.server.devices[-1]["dmPartitionId"] = 200_119
    assert len(read(cloud)) == 70
    assert [each["start"] for each in asked(cloud, SPACES)] == ["0", "50", "100"]


# Which devices of Cloud are read.


def age(cloud: Cloud, *hours: float | None) -> None:
    """Let there be so many devices, in one space, that checked in so many hours ago."""
    cloud.server.devices = cloud.server.devices[: len(hours)]
    for device, ago in zip(cloud.server.devices, hours, strict=True):
        now = int(time.time() * 1000)
        device["lastCheckin"] = None if ago is None else now - int(ago * HOUR)
        device["dmPartitionId"] = 100_001


def lately(cloud: Cloud, **ini: str) -> list[int]:
    """The hours since the check-in of the devices that come."""
    found = read(cloud, include_checkin_devices_only="True", partitions="Default Space", **ini)
    return [round((time.time() * 1000 - item["lastCheckin"]) / HOUR) for item in found]


def test_devices_that_did_not_check_in_for_36_hours_are_left_out(cloud: Cloud) -> None:
    age(cloud, 35, 37, 1, None, 90, 20)
    assert lately(cloud) == [1, 20, 35]
    (page,) = asked(cloud, DEVICES)
    assert page["sortFields[0].name"] == "lastCheckin"
    assert page["sortFields[0].order"] == "DESC"


def test_how_long_that_is_can_be_set(cloud: Cloud) -> None:
    age(cloud, 1, 2, 3, 4, 5)
    assert lately(cloud, last_checkin_date_threshold="9000") == [1, 2]


def test_with_that_switched_off_all_are_read_by_their_ids(cloud: Cloud) -> None:
    age(cloud, 1, 400, None)
    assert len(read(cloud)) == 3
    first, *_ = asked(cloud, DEVICES)
    assert (first["sortFields[0].name"], first["sortFields[0].order"]) == ("id", "ASC")


def test_nothing_is_asked_for_behind_a_page_of_old_devices(cloud: Cloud) -> None:
    age(cloud, *range(1, 16), *range(60, 100))
    assert len(lately(cloud)) == 15
    # After several pages, the front is looked at once more.
    assert [each["start"] for each in asked(cloud, DEVICES)] == ["0", "10", "20", "0"]


@pytest.mark.parametrize("kind", [float, str])
def test_check_ins_may_come_with_a_fraction_or_as_text(cloud: Cloud, kind: type) -> None:
    age(cloud, 1, 2, 40)
    for device in cloud.server.devices:
        device["lastCheckin"] = kind(device["lastCheckin"])
    found = read(cloud, include_checkin_devices_only="True", partitions="Default Space")
    assert found == cloud.server.devices[:2]


def test_how_many_the_cutoff_leaves_out_is_logged(
    cloud: Cloud, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    age(cloud, 1, None, 40, 50)
    assert lately(cloud) == [1]
    assert [(each.levelname, each.message) for each in caplog.records] == [
        (
            "INFO",
            "Check-ins of device space 100001: at least 3 records skipped,"
            " because the value is too old or empty",
        )
    ]


def test_a_page_without_a_check_in_is_warned_about(
    cloud: Cloud, caplog: pytest.LogCaptureFixture
) -> None:
    age(cloud, None, None)
    assert lately(cloud) == []
    (warning,) = (each for each in caplog.records if each.levelno == logging.WARNING)
    assert "Check-ins of device space 100001" in warning.message


@pytest.mark.parametrize("moved", [(30,), (15, 25), (28, 29, 30)])
def test_devices_that_check_in_meanwhile_are_read(cloud: Cloud, moved: tuple[int, ...]) -> None:
    age(cloud, *range(1, 32))

    def check_in() -> None:
        for at in moved:
            cloud.server.devices[at]["lastCheckin"] = int(time.time() * 1000)

    at_request(cloud, "start=10&", check_in)
    found = ids(cloud, read(cloud, include_checkin_devices_only="True"))
    assert len(found) == len(set(found)) == 31


@pytest.mark.parametrize("nulls_first", [True, False])
def test_devices_that_never_checked_in_do_not_end_it(cloud: Cloud, nulls_first: bool) -> None:
    cloud.server.nulls_first = nulls_first
    age(cloud, *[None] * 25, 1, 2, 3)
    assert lately(cloud) == [1, 2, 3]


def test_a_device_that_checks_in_meanwhile_comes_once(cloud: Cloud) -> None:
    age(cloud, *range(1, 31))

    def check_in() -> None:
        cloud.server.devices[0]["lastCheckin"] += HOUR
        cloud.server.devices[15]["lastCheckin"] += 30 * HOUR

    at_request(cloud, "start=10&", check_in)
    found = ids(cloud, read(cloud, include_checkin_devices_only="True"))
    assert len(found) == len(set(found)) == 30


def test_a_device_that_moves_to_another_partition_comes_once(cloud: Cloud) -> None:
    device = next(each for each in cloud.server.devices if each["dmPartitionId"] == 100_001)
    at_request(cloud, "dmPartitionId=100002", lambda: device.update(dmPartitionId=100_002))
    found = ids(cloud, read(cloud))
    assert len(found) == len(set(found)) == 70


def test_errors_inside_a_success_are_errors(cloud: Cloud) -> None:
    body = '{"errors": {"globalErrors": [{"message": "busy"}]}, "result": null}'
    cloud.garble(body)
    assert "busy" in str(failure(cloud.connect(), SourceFault, cloud.address))


def test_errors_count_before_the_result_that_is_missing(cloud: Cloud) -> None:
    cloud.garble('{"errors": {"globalErrors": ["tenant locked"], "fieldErrors": null}}')
    assert "tenant locked" in str(failure(cloud.connect(), SourceFault, cloud.address))


@pytest.mark.parametrize("errors", [{"globalErrors": None, "fieldErrors": None}, {}, []])
def test_errors_that_are_empty_are_none(cloud: Cloud, errors: Any) -> None:
    change_answers(cloud, lambda page: page.update(errors=errors))
    assert len(read(cloud)) == 70


def test_pages_are_never_larger_than_cloud_takes(cloud: Cloud) -> None:
    read(cloud)
    assert {each["rows"] for each in asked(cloud, DEVICES) + asked(cloud, SPACES)} == {"500"}


def test_a_server_that_ignores_where_a_page_begins_is_at_fault(cloud: Cloud) -> None:
    body = '{"errors": null, "result": {"searchResults": [{"id": 1}], "totalCount": 70}}'
    cloud.server.outages.fail_next(99, 200, path=DEVICES, body=body)
    with pytest.raises(SourceFault, match="had already returned"):
        read(cloud)


# The hardware of Windows devices.


def windows(cloud: Cloud) -> list[int]:
    return [each["id"] for each in cloud.server.devices if each["windowsDeviceType"]]


def hardware_asked(cloud: Cloud) -> list[str]:
    return [path for _, path in cloud.server.requests if path.endswith("/hardwareinventory")]


def test_windows_devices_get_their_serial_number_and_hardware(cloud: Cloud) -> None:
    delivered = read(cloud, "serialNumber", "primaryProcessorName")
    by_id = {item["id"]: item for item in delivered}
    assert len(by_id) == 70
    number = windows(cloud)[1]
    assert by_id[number]["serialNumber"] == f"TSTWIN{number - 500_000:06d}"
    assert by_id[number]["primaryProcessorName"] == "13th Gen Intel(R) Core(TM) i5-1345U"
    assert by_id[number]["primaryProcessorCores"] == 10
    assert by_id[number]["primaryHDDSize"] == 512_110_190_592
    assert by_id[number]["primaryMemoryCapacity"] == 17_179_869_184
    assert by_id[500_002]["primaryMemoryCapacity"] is None
    assert len(hardware_asked(cloud)) == len(windows(cloud))


def test_other_devices_have_the_same_keys_empty(cloud: Cloud) -> None:
    phone = next(item for item in read(cloud, "primaryHDDSize") if item["platformType"] == "IOS")
    assert phone["serialNumber"].startswith("TSTIOS")
    keys = [key for key in phone if key.startswith("primary")]
    assert len(keys) == 4
    assert [phone[key] for key in keys] == [None] * 4


def test_hardware_is_asked_for_when_it_is_needed(cloud: Cloud) -> None:
    delivered = read(cloud, "imei", "entityName")
    assert hardware_asked(cloud) == []
    assert delivered == sorted(cloud.server.devices, key=lambda each: each["dmPartitionId"])
    list(cloud.connect().records(Projection(everything=True)))
    assert len(hardware_asked(cloud)) == len(windows(cloud))


def test_hardware_that_cannot_be_had_leaves_the_device(cloud: Cloud) -> None:
    number = windows(cloud)[0]
    cloud.server.broken.add(number)
    by_id = {item["id"]: item for item in read(cloud, "primaryHDDSize", retries="5")}
    assert by_id[number]["primaryHDDSize"] is None
    assert by_id[number]["serialNumber"] is None
    assert len(by_id) == 70
    assert len(hardware_asked(cloud)) == len(windows(cloud))


@pytest.mark.parametrize("result", ["null", "[1]", '{"processor": [null], "hardDrive": {}}'])
def test_odd_hardware_does_no_harm(cloud: Cloud, result: str) -> None:
    body = f'{{"errors": null, "result": {result}}}'
    cloud.server.outages.fail_next(99, 200, path="hardwareinventory", body=body)
    delivered = read(cloud, "serialNumber")
    assert {item["primaryHDDSize"] for item in delivered} == {None}
    assert {item["serialNumber"] for item in delivered if item["windowsDeviceType"]} == {None}


def test_hardware_that_a_mapping_needs_and_that_never_comes_ends_the_run(cloud: Cloud) -> None:
    cloud.server.broken.update(windows(cloud))
    with pytest.raises(SourceUnavailable):
        read(cloud, "primaryHDDSize")
    assert len(read(cloud, "serialNumber")) == 70


# What a GDPR profile hides.


def test_masked_serial_numbers_would_make_all_devices_one(cloud: Cloud) -> None:
    cloud.server.gdpr = True
    with pytest.raises(AccessDenied, match="GDPR"):
        read(cloud, "serialNumber", "entityName")


def test_masks_elsewhere_are_put_up_with(cloud: Cloud) -> None:
    cloud.server.gdpr = True
    assert len(read(cloud, "guid", "entityName")) == 70


def test_masked_serial_numbers_of_core_are_told_as_well(core: Core) -> None:
    core.server.devices[3]["common.SerialNumber"] = "TST****"
    with pytest.raises(AccessDenied, match="GDPR"):
        read(core, "common.SerialNumber")


# Core.


def test_core_is_asked_for_what_is_needed(core: Core) -> None:
    delivered = read(core, "common.SerialNumber", "ios.iPhone UDID")
    (first, *_) = asked(core, "/api/v2/devices")
    assert first["fields"] == "common.uuid,common.SerialNumber,ios.iPhone UDID"
    iphone = next(item for item in delivered if "ios.iPhone UDID" in item)
    assert compile_path("ios.iPhone UDID")(iphone) == iphone["ios.iPhone UDID"]
    assert iphone.keys() == {"common.uuid", "common.SerialNumber", "ios.iPhone UDID"}


def test_blanks_travel_as_percent_20(core: Core) -> None:
    uris: list[str] = []
    core.server.on_request = lambda *_: uris.append(flask.request.environ["REQUEST_URI"])
    read(core, "ios.iPhone UDID")
    assert "ios.iPhone%20UDID" in uris[-1]


def test_pages_of_core_are_200_long_and_counted_by_devices(core: Core) -> None:
    read(core)
    pages = [each for each in asked(core, "/api/v2/devices") if each["adminDeviceSpaceId"] == "1"]
    assert [(each["limit"], each["offset"]) for each in pages] == [
        ("200", "0"), ("200", "200"), ("200", "400"),
    ]  # fmt: skip
    assert pages[0]["query"] == ""


def test_a_device_in_a_space_within_another_comes_once(core: Core) -> None:
    found = ids(core, read(core))
    assert len(found) == len(set(found)) == 450
    spaces = {each["adminDeviceSpaceId"] for each in asked(core, "/api/v2/devices")}
    assert spaces == {"1", "2", "3"}


def test_a_last_page_that_promises_more_is_the_last(core: Core) -> None:
    core.server.eager = True
    assert len(read(core)) == 450


def test_a_field_that_is_none_of_core_is_not_asked_for(core: Core) -> None:
    assert len(read(core, "serialNumber", "common", "common.model")) == 450
    assert asked(core, "/api/v2/devices")[0]["fields"] == "common.uuid,common.model"


def test_a_field_that_core_does_not_list_is_asked_for_nevertheless(core: Core) -> None:
    listed = [{"name": name} for name in ("common.uuid", "common.model")]
    answer = flask.json.dumps({"results": listed})
    core.server.outages.fail_next(99, 200, path="/criteria", body=answer)
    delivered = read(core, "common.SerialNumber", "common.model", "user.user_id", "common.uuid")
    assert len(delivered) == 450
    assert all(item["user.user_id"] and "common.SerialNumber" in item for item in delivered)
    fields = "common.uuid,common.model,common.SerialNumber,user.user_id"
    assert asked(core, "/api/v2/devices")[0]["fields"] == fields


def test_a_field_that_core_refuses_is_left_out_and_told(
    core: Core, caplog: pytest.LogCaptureFixture
) -> None:
    delivered = read(core, "common.Serial", "common.model")
    assert len(delivered) == 450
    assert delivered[0].keys() == {"common.uuid", "common.model"}
    assert "Core does not support the fields common.Serial" in caplog.text
    assert asked(core, "/api/v2/devices")[-1]["fields"] == "common.uuid,common.model"


def test_core_without_device_spaces_is_warned_about(
    core: Core, caplog: pytest.LogCaptureFixture
) -> None:
    core.server.spaces.clear()
    assert read(core) == []
    assert "no device space" in caplog.text


def test_everything_is_all_that_core_knows(core: Core) -> None:
    delivered = list(core.connect().records(Projection(everything=True)))
    assert delivered[0].keys() == core.server.devices[0].keys() - {"space"}


@pytest.mark.parametrize("why", ["too many", "too long"])
def test_fields_refused_by_core_together_are_requested_in_part(core: Core, why: str) -> None:
    needed = ["android.afw_capable", "user.email_address"]
    if why == "too many":
        core.server.most_fields = 7
    else:
        core.server.fields += [f"common.some_rather_long_name_of_a_field_{n}" for n in range(300)]
    projection = Projection(frozenset(needed), everything=True)
    delivered = list(core.connect().records(projection))
    assert len(delivered) == 450
    asked_for = asked(core, "/api/v2/devices")[-1]["fields"].split(",")
    assert asked_for[:3] == ["common.uuid", *needed]
    assert len(asked_for) > 3


def test_needed_field_refused_by_core_raises_error(core: Core) -> None:
    core.server.most_fields = 1
    with pytest.raises(SourceFault, match="fields are not valid"):
        read(core, "common.model")


def test_core_has_no_partitions_and_no_cutoff(core: Core) -> None:
    more = {"partitions": '["Nowhere"]', "last_checkin_date_threshold": "1"}
    assert len(read(core, **more)) == 450


def test_reading_stops_after_requested_number_of_devices(core: Core) -> None:
    with closing(core.connect().records(Projection(everything=True))) as records:
        assert len(list(islice(records, 3))) == 3
    assert core.requests == 3


# From end to end.


@pytest.mark.parametrize(
    ("source_type", "section"), [(Cloud, "mobileiron"), (Core, "mobileiron.core")]
)
def test_the_example_of_its_page_runs(
    source_type: type[MobileIron], section: str, tmp_path: Path
) -> None:
    with source_type() as source:  # type: ignore[call-arg]
        own = {name: source.ini[name] for name in ("url", "username", "password")}
        outcome, assets = upload(page_example("mobileiron", **own), section, tmp_path)
    assert outcome.error is None
    assert outcome.tally.sent == len(assets) > 10
    assert all(each["24DCF85294E411E38A52066B556BA4EE"].startswith("TST") for each in assets)


@pytest.mark.parametrize(
    ("source_type", "section"), [(Cloud, "mobileiron"), (Core, "mobileiron.core")]
)
def test_the_section_of_the_sandbox_runs(
    source_type: type[MobileIron], section: str, tmp_path: Path
) -> None:
    with source_type() as source:  # type: ignore[call-arg]
        server = source.server
        text = server.section(source.ini["url"])
        outcome, assets = upload(text, section, tmp_path, server.server_mapping)
    assert outcome.error is None
    assert outcome.tally.sent == len(assets) > 10
    assert all(any(asset[field] for asset in assets) for field in assets[0])
