"""Control Center by REST: the contract, spans and pages, errors, and how the position moves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from pathlib import Path
from typing import Any, ClassVar, Self
from urllib.parse import parse_qs, urlsplit

import pytest

from connectors.control_center import Connector, Settings
from lib.checkpoint import Checkpoint
from lib.connector import Projection, SourceItem
from lib.errors import (
    AccessDenied,
    ConfigurationError,
    RecordGone,
    RecordUnreadable,
    SignInError,
    SourceFault,
    SourceUnavailable,
)
from lib.settings import read_settings
from lib.state import CheckpointFile
from sandbox.jasper import Jasper
from tests.contract import ConnectorContract, failure
from tests.example import page_example, upload
from tests.source import WebSource, does_not_apply

DEVICES = "/rws/api/v1/devices"
# The lists of the years from 2004 on, before the first one in which there were SIMs.
EMPTY_YEARS = 20


class ControlCenter(WebSource):
    connector = "control_center"
    id_path, name_path = "iccid", "accountCustom1"
    wrong_credentials: ClassVar = {"api_key": "wr0ng-s3cret"}
    most_for_three = EMPTY_YEARS + 1 + 3

    def __init__(self, folder: Path, sims: int = 70) -> None:
        self.jasper = Jasper(sims=sims)
        self.storage = folder / "storage.db"
        super().__init__(
            self.jasper.app,
            username=self.jasper.username,
            api_key=self.jasper.api_key,
            storage=str(self.storage),
        )

    def __enter__(self) -> Self:
        super().__enter__()
        return self

    @property
    def names(self) -> dict[str, str]:
        return {sim.iccid: sim.custom[0] for sim in self.jasper.sims.all}

    @property
    def requests(self) -> int:
        return len(self.jasper.requests)

    def withdraw_rights(self) -> None:
        self.jasper.may_read = False

    def vanish(self, record_id: str) -> None:
        self.jasper.sims.vanished.add(record_id)

    def spoil(self, record_id: str) -> None:
        self.jasper.sims.spoiled.add(record_id)

    def fail_once(self) -> None:
        self.jasper.outages.fail_next(1, path=DEVICES, headers={"Retry-After": "0"})

    def fail_for_good(self) -> None:
        self.jasper.outages.fail_next(1_000_000, path=DEVICES)

    def garble(self, body: str) -> dict[str, str]:
        self.jasper.outages.fail_next(1_000_000, 200, path=DEVICES, body=body)
        return {}

    def clear(self) -> None:
        self.jasper.sims.all.clear()

    end_sessions = does_not_apply("each request has the key in it")


class TestContract(ConnectorContract):
    source_type = ControlCenter

    @pytest.fixture
    def source(self, tmp_path: Path) -> Iterator[ControlCenter]:
        with ControlCenter(tmp_path) as source:
            yield source


@pytest.fixture
def center(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ControlCenter]:
    monkeypatch.setattr("lib.retry.FIRST_PAUSE", 0.0)
    with ControlCenter(tmp_path) as source:
        yield source


def sources(made: Connector, *paths: str) -> Projection:
    """What a run asks for that keeps its checkpoint in the file of the section."""
    assert made.settings.storage
    file = CheckpointFile(made.settings.storage, made.account)
    return Projection(frozenset(paths), checkpoint=Checkpoint(file))


def read(center: ControlCenter, *paths: str, **changes: str) -> list[SourceItem]:
    made = center.connect(**changes)
    assert isinstance(made, Connector)
    return list(made.records(sources(made, *paths)))


def lists(center: ControlCenter) -> list[dict[str, str]]:
    """The parameters of each list asked for so far."""
    asked = (urlsplit(path) for _, path in center.jasper.requests)
    return [
        {name: values[0] for name, values in parse_qs(url.query).items()}
        for url in asked
        if url.path == DEVICES
    ]


def recent(center: ControlCenter) -> None:
    """Let all SIMs have been modified within the last days."""
    start = datetime.now(UTC) - timedelta(days=20)
    for number, sim in enumerate(center.jasper.sims.all):
        sim.modified = start + timedelta(minutes=number)


# What it asks for.


def test_years_and_pages_are_read_one_after_the_other(center: ControlCenter) -> None:
    assert len(read(center)) == 70
    asked = lists(center)
    assert asked[0] == {
        "modifiedSince": "2004-01-01T00:00:00+00:00",
        "modifiedTill": "2004-12-31T00:00:00+00:00",
        "pageSize": "50",
        "pageNumber": "1",
    }
    spans = list(dict.fromkeys((item["modifiedSince"], item["modifiedTill"]) for item in asked))
    assert all(end == start for (_, end), (start, _) in pairwise(spans))
    assert datetime.fromisoformat(spans[-1][1]) > datetime.now(UTC)
    assert [item["pageNumber"] for item in asked].count("2") == 1


def test_an_older_service_is_asked_for_all_at_once(center: ControlCenter) -> None:
    center.jasper.knows_till = False
    assert len(read(center)) == 70
    refused, *asked = lists(center)
    assert "modifiedTill" in refused
    assert [sorted(item) for item in asked] == [["modifiedSince", "pageNumber", "pageSize"]] * 2


def test_a_service_that_lists_a_year_only_is_asked_for_that_year(
    center: ControlCenter, caplog: pytest.LogCaptureFixture
) -> None:
    center.jasper.only_last_year = True
    recent(center)
    assert len(read(center)) == 70
    assert "within a year" in caplog.text
    assert len(lists(center)) == 3  # the one that was refused, and two pages


def test_a_service_that_lists_less_than_a_year_ends_the_run(center: ControlCenter) -> None:
    center.jasper.refusals = ["10000045"] * 9
    with pytest.raises(SourceFault, match="10000045"):
        read(center)
    assert center.requests == 2


def test_the_path_of_the_api_may_stand_in_the_address(center: ControlCenter) -> None:
    assert len(read(center, url=f"{center.ini['url']}/rws/api/v1")) == 70


def test_usage_is_requested_only_if_needed(center: ControlCenter) -> None:
    (record, *_) = read(center, "iccid", "ctdDataUsage")
    assert isinstance(record, dict)
    assert record["ctdDataUsage"] == center.jasper.sims.all[0].bytes_used
    assert record["imsi"]
    before = center.requests
    read(center, "iccid")
    assert not any("ctdUsages" in path for _, path in center.jasper.requests[before:])


def test_a_record_is_what_the_service_says(center: ControlCenter) -> None:
    sim = center.jasper.sims.all[4]
    record = next(item for item in read(center) if center.ids([item]) == [sim.iccid])
    assert isinstance(record, dict)
    assert record["status"] == sim.status
    assert record["dateUpdated"] == "2024-01-15 11:05:00.678+0000"
    assert record["accountId"] == "100020620"
    assert record["customer"] is None
    assert "ctdDataUsage" not in record


# What the service refuses.


def test_a_check_is_one_request(center: ControlCenter) -> None:
    center.connect().check()
    assert center.requests == 1


def test_rights_that_are_missing_are_told(center: ControlCenter) -> None:
    center.jasper.may_read = False
    error = failure(center.connect(), AccessDenied, center.address)
    assert "role" in error.fix


def test_a_limit_of_calls_is_waited_for(center: ControlCenter) -> None:
    with closing(center.connect(retries="3").records(Projection())) as records:
        delivered = list(islice(records, 30))
        center.jasper.refusals = ["40000029"] * 3
        delivered += records
    assert len(delivered) == 70
    assert all(isinstance(item, dict) for item in delivered)


def test_lasting_rate_limit_ends_run(center: ControlCenter) -> None:
    center.jasper.refusals = ["40000029"] * 10
    with pytest.raises(SourceUnavailable, match="Rate Limit"):
        read(center, retries="2")
    assert center.requests == 3


def test_a_device_that_moved_to_another_account_is_gone(center: ControlCenter) -> None:
    center.jasper.sims.foreign.add(center.jasper.sims.all[3].iccid)
    assert sum(isinstance(item, RecordGone) for item in read(center)) == 1


def test_missing_page_is_not_reported_as_gone_device(center: ControlCenter) -> None:
    """Somebody on the way may answer so; that must not look like a deletion."""
    sim = center.jasper.sims.all[3]
    center.jasper.outages.fail_next(1, 404, path=sim.iccid)
    (item,) = (item for item in read(center) if not isinstance(item, dict))
    assert isinstance(item, RecordUnreadable)


def test_a_key_that_ends_in_the_middle_ends_the_run(center: ControlCenter) -> None:
    with closing(center.connect().records(Projection())) as records:
        next(records)
        center.jasper.api_key = "another"
        with pytest.raises(SignInError):
            list(records)


@pytest.mark.parametrize(
    "body",
    [
        '{"devices": [], "lastPage": false}',
        '{"devices": [], "lastPage": true, "pageNumber": 7}',
        '{"devices": [{"status": "ACTIVATED"}], "lastPage": true, "pageNumber": 1}',
        '{"devices": [{"iccid": "8944"}], "pageNumber": 1}',
        '{"devices": null, "lastPage": true, "pageNumber": 1}',
        "[]",
    ],
)
def test_response_without_list_raises_error(body: str, center: ControlCenter) -> None:
    center.garble(body)
    with pytest.raises(SourceFault):
        read(center)


def test_a_page_that_comes_twice_is_an_error(center: ControlCenter) -> None:
    center.garble('{"devices": [{"iccid": "8944"}], "lastPage": false}')
    with pytest.raises((SourceFault, SourceUnavailable)):
        read(center)


# How far it has read.


def read_and_commit(center: ControlCenter) -> list[SourceItem]:
    made = center.connect()
    wanted = sources(made)
    delivered = list(made.records(wanted))
    wanted.checkpoint.commit()
    return delivered


def test_the_next_run_asks_for_what_was_modified_since(center: ControlCenter) -> None:
    read_and_commit(center)
    changed = center.jasper.sims.all[3].iccid
    center.jasper.sims.modify(changed)
    last = center.jasper.sims.all[-1]
    before = len(lists(center))
    assert center.ids(read_and_commit(center)) == [last.iccid, changed]
    since = datetime.fromisoformat(lists(center)[before]["modifiedSince"])
    assert timedelta(minutes=1) < last.modified - since < timedelta(hours=1)


def test_nothing_is_kept_before_the_run_commits_it(center: ControlCenter) -> None:
    read(center)
    assert not center.storage.exists()


def test_what_is_modified_during_a_run_comes_in_the_next_one(center: ControlCenter) -> None:
    sims = center.jasper.sims
    made = center.connect()
    wanted = sources(made)
    with closing(made.records(wanted)) as records:
        delivered = list(islice(records, 3))
        sims.modify(sims.all[0].iccid)  # what was first on page two is now on page one
        sims.modify(sims.all[60].iccid)
        delivered += records
    assert sorted(center.ids(delivered)) == sorted(center.names)
    wanted.checkpoint.commit()
    assert {sims.all[0].iccid, sims.all[60].iccid} <= set(center.ids(read(center)))


def test_checkpoint_advances_to_time_of_request(
    center: ControlCenter,
) -> None:
    sims = center.jasper.sims
    made = center.connect()
    wanted = sources(made)
    records = made.records(wanted)
    next(records)
    sims.modify(sims.all[60].iccid, datetime.now(UTC) + timedelta(hours=2))
    list(records)
    wanted.checkpoint.commit()
    sims.modify(sims.all[5].iccid)
    assert sims.all[5].iccid in center.ids(read(center))


def test_a_storage_that_holds_garbage_is_told(center: ControlCenter) -> None:
    center.storage.write_text("garbage")
    with pytest.raises(ConfigurationError, match="storage"):
        read(center)
    assert center.requests == 0


@pytest.mark.parametrize("key", ["url", "username", "api_key"])
def test_what_is_missing_is_told(key: str) -> None:
    given: dict[str, Any] = {"url": "https://restapi3.jasper.com", "username": "u", "api_key": "k"}
    assert read_settings(Settings, given)[1] == []
    _, faults = read_settings(Settings, {**given, key: ""})
    assert [fault.key for fault in faults] == [key]


def test_the_example_of_the_page_can_be_run(center: ControlCenter, tmp_path: Path) -> None:
    text = page_example("control_center", **center.ini)
    outcome, records = upload(text, "control_center", tmp_path)
    assert outcome.error is None
    assert len(records) == 70
    assert {"24DCF85294E411E38A52066B556BA4EE", "IMEI", "RATE_PLAN"} <= set(records[0])
