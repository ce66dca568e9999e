"""Jasper by SOAP: the contract, paging, faults, and how the position moves."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar, Self

import pytest

from connectors.jasper import Connector, Settings
from lib.checkpoint import Checkpoint
from lib.config.sections import Section
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
from lib.oomnitza.target import OomnitzaSettings
from lib.reading.unreadable import MOST_UNREADABLE
from lib.run.pipeline import RunOptions, run_section
from lib.run.tally import Outcome
from lib.settings import read_settings
from lib.state import CheckpointFile
from sandbox.jasper import Jasper
from sandbox.oomnitza import Oomnitza
from sandbox.web import WebServer
from tests.certificates import Certificates
from tests.contract import ConnectorContract, failure
from tests.example import page_example
from tests.example import upload as run_example
from tests.source import Source, address_in, does_not_apply

SCHEMAS = Path(__file__).parents[2] / "sandbox" / "jasper"
SERVICE = "/ws/service/terminal"
WSDL = "/ws/schema/Terminal.wsdl"


class JasperSource(Source):
    connector = "jasper"
    id_path, name_path = "iccid", "custom1"
    wrong_credentials: ClassVar = {"password": "wr0ng-s3cret"}
    most_for_three = 2  # a page of the list, and the details of what is on it

    def __init__(self, folder: Path, sims: int = 130) -> None:
        self.jasper = Jasper(sims=sims)
        self.storage = folder / "storage.db"

    def __enter__(self) -> Self:
        self._server = WebServer(self.jasper.app).start()
        self.url = self._server.url
        self.address = address_in(self.url)
        self.ini = {
            "wsdl_path": self.url + WSDL,
            "username": self.jasper.username,
            "password": self.jasper.password,
            "api_token": self.jasper.license_key,
            "storage": str(self.storage),
        }
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop()

    @property
    def names(self) -> dict[str, str]:
        return {sim.iccid: sim.custom[0] for sim in self.jasper.sims.all}

    @property
    def requests(self) -> int:
        return len(self.jasper.calls)

    def elsewhere(self, address: str) -> dict[str, str]:
        return {"wsdl_path": f"http://{address}{WSDL}"}

    @contextmanager
    def over_tls(self, certificates: Certificates) -> Iterator[dict[str, str]]:
        with WebServer(self.jasper.app, certificate=certificates.server) as server:
            yield {"wsdl_path": server.url + WSDL}

    def withdraw_rights(self) -> None:
        self.jasper.may_read = False

    def vanish(self, record_id: str) -> None:
        self.jasper.sims.vanished.add(record_id)

    def spoil(self, record_id: str) -> None:
        self.jasper.sims.spoiled.add(record_id)

    def fail_once(self) -> None:
        self.jasper.outages.fail_next(1, path=SERVICE, headers={"Retry-After": "0"})

    def fail_for_good(self) -> None:
        self.jasper.outages.fail_next(1_000_000, path=SERVICE)

    def garble(self, body: str) -> dict[str, str]:
        self.jasper.outages.fail_next(1_000_000, 200, path=SERVICE, body=body)
        return {}

    def clear(self) -> None:
        self.jasper.sims.all.clear()

    end_sessions = does_not_apply("each request has the password in it")


class TestContract(ConnectorContract):
    source_type = JasperSource

    @pytest.fixture
    def source(self, tmp_path: Path) -> Iterator[JasperSource]:
        with JasperSource(tmp_path) as source:
            yield source


@pytest.fixture
def jasper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[JasperSource]:
    monkeypatch.setattr("lib.retry.FIRST_PAUSE", 0.0)
    with JasperSource(tmp_path) as source:
        yield source


def sources(made: Connector, *paths: str) -> Projection:
    """What a run asks for that keeps its checkpoint in the file of the section."""
    assert made.settings.storage
    file = CheckpointFile(made.settings.storage, made.account)
    return Projection(frozenset(paths), checkpoint=Checkpoint(file))


def read(source: JasperSource, **changes: str) -> list[SourceItem]:
    made = source.connect(**changes)
    assert isinstance(made, Connector)
    return list(made.records(sources(made)))


def sinces(source: JasperSource) -> list[str]:
    """What each call for a list so far has asked for."""
    lists = [call for call in source.jasper.calls if "GetModifiedTerminalsRequest" in call]
    return ["".join(re.findall(r":since>([^<]*)<", call)) for call in lists]


def asked_for(source: JasperSource) -> list[int]:
    """Of how many SIMs each call for details so far has asked."""
    calls = [call for call in source.jasper.calls if "GetTerminalDetailsRequest" in call]
    return [call.count(":iccid>") // 2 for call in calls]


def at_call(source: JasperSource, number: int, do: Callable[[], object]) -> None:
    """Do something once, before this call from now on is answered."""
    calls = iter(range(1, 1_000_000))

    def on_request(method: str, _: str) -> None:
        if method == "POST" and next(calls) == number:
            do()

    source.jasper.on_request = on_request


# What it asks for.


def test_details_are_asked_for_in_chunks_that_the_service_takes(jasper: JasperSource) -> None:
    assert len(read(jasper)) == 130
    assert asked_for(jasper) == [50, 50, 30]
    assert len(sinces(jasper)) == 3


def test_a_service_that_gives_one_long_list_is_read_in_the_same_chunks(
    jasper: JasperSource,
) -> None:
    jasper.jasper.in_pages = False
    assert len(read(jasper)) == 130
    assert asked_for(jasper) == [50, 50, 30]
    assert len(sinces(jasper)) == 1


def test_a_list_of_one_is_a_list(tmp_path: Path) -> None:
    with JasperSource(tmp_path, sims=1) as source:
        assert len(read(source)) == 1


def test_a_wsdl_that_knows_no_pages_is_not_taken_for_the_whole_list(
    jasper: JasperSource, tmp_path: Path
) -> None:
    for name in ("Terminal.wsdl", "JasperAPI.xsd"):
        parts = (SCHEMAS / name).read_text("utf-8").split("<!--PAGING-->")
        (tmp_path / name).write_text("".join(parts[::2]), "utf-8")
    old = {"wsdl_path": str(tmp_path / "Terminal.wsdl"), "endpoint": jasper.url + SERVICE}
    with pytest.raises(SourceFault, match="pages") as caught:
        read(jasper, **old)
    assert "wsdl_path" in caught.value.fix


def test_a_wsdl_can_be_a_file_and_the_address_a_setting(jasper: JasperSource) -> None:
    local = {"wsdl_path": str(SCHEMAS / "Terminal.wsdl"), "endpoint": jasper.url + SERVICE}
    assert len(read(jasper, **local)) == 130
    assert [path for method, path in jasper.jasper.requests if method == "GET"] == []


def test_a_record_is_what_the_service_says(jasper: JasperSource) -> None:
    records = {item["iccid"]: item for item in read(jasper) if isinstance(item, dict)}
    sim = jasper.jasper.sims.all[4]
    record = records[sim.iccid]
    assert record["imsi"] == sim.imsi
    assert record["status"] == f"{sim.status}_NAME"
    assert record["ratePlan"] == sim.rate_plan
    assert record["msisdn"] == sim.msisdn
    assert record["dateModified"] == "2024-01-15T11:05:00.678Z"
    assert record["monthToDateUsage"] == pytest.approx(sim.bytes_used / 2**20, abs=0.001)
    assert record["accountId"] == 100020620
    assert json.loads(json.dumps(record)) == record


# What the service refuses.


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"password": "wr0ng"}, "username and password"),
        ({"username": "nobody"}, "username and password"),
        ({"api_token": "wr0ng"}, "api_token"),
    ],
)
def test_each_credential_that_is_wrong_is_named(
    wrong: dict[str, str], named: str, jasper: JasperSource
) -> None:
    error = failure(jasper.connect(**wrong), SignInError, jasper.address)
    assert named in error.fix


@pytest.mark.parametrize("code", ["400101", "400300"])
def test_what_passes_is_asked_for_again(code: str, jasper: JasperSource) -> None:
    with closing(jasper.connect(retries="3").records(Projection())) as records:
        delivered = list(islice(records, 60))
        jasper.jasper.refusals = [code] * 3
        delivered += records
    assert len(delivered) == 130


def test_lasting_rate_limit_ends_run(jasper: JasperSource) -> None:
    jasper.jasper.refusals = ["400101"] * 10
    with pytest.raises(SourceUnavailable, match="400101"):
        read(jasper, retries="2")
    assert jasper.requests == 3


def test_a_fault_that_is_not_known_ends_the_run(jasper: JasperSource) -> None:
    jasper.jasper.refusals = ["400000"]
    with pytest.raises(SourceFault, match="400000") as caught:
        read(jasper)
    assert not isinstance(caught.value, SourceUnavailable)


def test_a_sim_of_another_account_is_told_and_the_rest_arrives(jasper: JasperSource) -> None:
    foreign = jasper.jasper.sims.all[60].iccid
    jasper.jasper.sims.foreign.add(foreign)
    delivered = read(jasper)
    assert len(delivered) == 130
    (unreadable,) = (item for item in delivered if isinstance(item, RecordUnreadable))
    assert foreign in str(unreadable)


def test_a_service_that_can_tell_nothing_ends_the_run(jasper: JasperSource) -> None:
    jasper.jasper.sims.spoiled.update(sim.iccid for sim in jasper.jasper.sims.all)
    delivered: list[SourceItem] = []
    with pytest.raises(SourceUnavailable, match=f"{MOST_UNREADABLE} records in a row"):
        delivered += jasper.connect().records(Projection())
    assert all(isinstance(item, RecordUnreadable) for item in delivered)


def test_all_sims_of_a_chunk_may_be_gone(jasper: JasperSource) -> None:
    gone = {sim.iccid for sim in jasper.jasper.sims.all[:50]}
    jasper.jasper.sims.vanished |= gone
    delivered = read(jasper)
    assert sum(isinstance(item, RecordGone) for item in delivered) == 50
    assert len(delivered) == 130


def test_a_password_change_in_the_middle_ends_the_run(jasper: JasperSource) -> None:
    at_call(jasper, 3, lambda: setattr(jasper.jasper, "password", "another"))
    with pytest.raises(SignInError):
        read(jasper)


def test_rights_that_are_missing_are_told(jasper: JasperSource) -> None:
    jasper.jasper.may_read = False
    with pytest.raises(AccessDenied):
        read(jasper)


HOLLOW = (
    '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
    '<j:GetModifiedTerminalsResponse xmlns:j="http://api.jasperwireless.com/ws/schema">{}'
    "</j:GetModifiedTerminalsResponse></s:Body></s:Envelope>"
)
EMPTY_PAGE = HOLLOW.format(
    "<j:correlationId/><j:version/><j:build/><j:timestamp>2024-05-06T07:08:09Z</j:timestamp>"
    "<j:iccids/><j:totalPages>3</j:totalPages>"
)


@pytest.mark.parametrize("answer", [HOLLOW.format(""), EMPTY_PAGE], ids=["hollow", "empty page"])
def test_a_list_that_breaks_off_is_no_shorter_list(answer: str, jasper: JasperSource) -> None:
    with closing(jasper.connect().records(Projection())) as records:
        delivered = list(islice(records, 50))
        jasper.jasper.outages.fail_next(1, 200, path=SERVICE, body=answer)
        with pytest.raises(SourceFault):
            delivered += records


# How far it has read.


def test_a_first_run_asks_for_all_and_the_next_for_what_was_modified(jasper: JasperSource) -> None:
    first = jasper.connect()
    wanted = sources(first)
    assert len(list(first.records(wanted))) == 130
    wanted.checkpoint.commit()
    assert sinces(jasper) == ["", "", ""]
    changed = jasper.jasper.sims.all[3].iccid
    jasper.jasper.sims.modify(changed)
    last = jasper.jasper.sims.all[-1]
    delivered = read(jasper)
    # The last one of all is read once more: the position stays behind by a margin.
    assert jasper.ids(delivered) == [last.iccid, changed]
    since = datetime.fromisoformat(sinces(jasper)[-1])
    assert timedelta(minutes=1) < last.modified - since < timedelta(hours=1)


def test_nothing_is_kept_before_the_run_commits_it(jasper: JasperSource) -> None:
    read(jasper)
    assert not jasper.storage.exists()
    assert len(read(jasper)) == 130


def test_a_run_that_was_not_read_to_its_end_keeps_nothing(jasper: JasperSource) -> None:
    made = jasper.connect()
    wanted = sources(made)
    with closing(made.records(wanted)) as records:
        next(records)
    wanted.checkpoint.commit()
    assert not jasper.storage.exists()


def test_what_is_modified_during_a_run_comes_in_the_next_one(jasper: JasperSource) -> None:
    """The service keeps the order by the moment of modification, and pages move."""
    sims = jasper.jasper.sims

    # After the list's first page was given, a SIM on it and one on its second page are modified.
    def modify() -> None:
        for at in (5, 70):
            sims.modify(sims.all[at].iccid)

    at_call(jasper, 2, modify)
    made = jasper.connect()
    wanted = sources(made)
    ids = jasper.ids(list(made.records(wanted)))
    assert sorted(ids) == sorted(jasper.names)
    wanted.checkpoint.commit()
    assert {sims.all[5].iccid, sims.all[70].iccid} <= set(jasper.ids(read(jasper)))


def test_a_sim_with_a_date_in_the_future_hides_no_other(jasper: JasperSource) -> None:
    sims = jasper.jasper.sims
    sims.modify(sims.all[0].iccid, datetime.now(UTC) + timedelta(days=300))
    made = jasper.connect()
    wanted = sources(made)
    list(made.records(wanted))
    wanted.checkpoint.commit()
    sims.modify(sims.all[9].iccid)
    assert sims.all[9].iccid in jasper.ids(read(jasper))


def test_a_list_that_never_rests_keeps_the_position(jasper: JasperSource) -> None:
    sims = jasper.jasper.sims

    def modify(method: str, _: str) -> None:
        if method == "POST":
            sims.modify(sims.modified(None)[0].iccid)

    jasper.jasper.on_request = modify
    made = jasper.connect()
    wanted = sources(made)
    ids = jasper.ids(list(made.records(wanted)))
    assert len(ids) == len(set(ids))
    wanted.checkpoint.commit()
    assert not jasper.storage.exists()


def test_a_quiet_account_keeps_its_position(jasper: JasperSource) -> None:
    made = jasper.connect()
    wanted = sources(made)
    list(made.records(wanted))
    wanted.checkpoint.commit()
    kept = jasper.storage.read_text()
    jasper.clear()
    again = jasper.connect()
    wanted = sources(again)
    assert list(again.records(wanted)) == []
    wanted.checkpoint.commit()
    assert jasper.storage.read_text() == kept


def test_another_account_has_its_own_position(jasper: JasperSource) -> None:
    made = jasper.connect()
    wanted = sources(made)
    list(made.records(wanted))
    wanted.checkpoint.commit()
    jasper.jasper.username = "somebody-else"
    assert len(read(jasper, username="somebody-else")) == 130


def test_a_storage_that_holds_garbage_is_told_and_never_sent(jasper: JasperSource) -> None:
    jasper.storage.write_text("garbage")
    with pytest.raises(ConfigurationError, match="storage"):
        read(jasper)
    assert jasper.requests == 0


# The whole way.


def upload(jasper: JasperSource, oomnitza: Any, **options: Any) -> Outcome:
    settings, faults = read_settings(
        Settings, {"retries": "0", "sync_field": "ICCID", **jasper.ini}
    )
    assert faults == []
    mapping = {"ICCID": {"source": "iccid"}, "PLAN": {"source": "ratePlan"}}
    target = OomnitzaSettings(url=oomnitza.url, api_token="sandbox-token", retries=0)
    section = Section("jasper", "jasper", settings, mapping)
    return run_section(section, target, RunOptions(**options))


@pytest.fixture
def oomnitza() -> Iterator[Any]:
    target = Oomnitza()
    with WebServer(target.app) as server:
        target.url = server.url  # type: ignore[attr-defined]
        yield target
    target.close()


def test_an_upload_moves_the_position(jasper: JasperSource, oomnitza: Oomnitza) -> None:
    assert upload(jasper, oomnitza).tally.sent == 130
    assert upload(jasper, oomnitza).tally.sent == 1
    assert oomnitza.count("assets") == 130


@pytest.mark.parametrize("options", [{"testmode": True}, {"record_count": 10}])
def test_a_trial_does_not_move_the_position(
    options: dict[str, Any], jasper: JasperSource, oomnitza: Oomnitza
) -> None:
    upload(jasper, oomnitza, **options)
    assert not jasper.storage.exists()
    assert upload(jasper, oomnitza).tally.sent == 130


def test_after_a_crash_all_is_sent_again_and_nothing_is_skipped(
    jasper: JasperSource, oomnitza: Oomnitza
) -> None:
    oomnitza.fail_next(1, 503, path="/api/v3/bulk")
    assert upload(jasper, oomnitza).error
    assert not jasper.storage.exists()
    assert upload(jasper, oomnitza).tally.sent == 130
    assert oomnitza.count("assets") == 130


# Settings.


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ({"wsdl_path": "/nowhere/Terminal.wsdl"}, "wsdl_path"),
        ({"username": ""}, "username"),
        ({"password": ""}, "password"),
        ({"api_token": ""}, "api_token"),
        ({"endpoint": "terminal"}, "endpoint"),
    ],
)
def test_settings_that_cannot_be_are_told(given: dict[str, str], key: str) -> None:
    complete = {"username": "user", "password": "secret", "api_token": "key"}
    _, faults = read_settings(Settings, {**complete, **given})
    assert [fault.key for fault in faults] == [key]


def test_a_section_from_the_first_versions_is_complete() -> None:
    """As the documentation of the original connector has it."""
    given = {
        "wsdl_path": "http://api.jasperwireless.com/ws/schema/Terminal.wsdl",
        "username": "username@example.com",
        "password": "change-me",
        "storage": "storage.db",
        "api_token": "YOUR Jasper API TOKEN",
        "sync_field": "24DCF85294E411E38A52066B556BA4EE",
        "update_only": "False",
    }
    settings, faults = read_settings(Settings, given)
    assert faults == []
    assert settings == read_settings(Settings, {**given, "wsdl_path": ""})[0]
    assert settings.storage == Path("storage.db").absolute()


def test_the_example_of_the_page_can_be_run(jasper: JasperSource, tmp_path: Path) -> None:
    text = page_example("jasper", **jasper.ini)
    outcome, records = run_example(text, "jasper", tmp_path)
    assert outcome.error is None
    assert len(records) == 130
    assert {"24DCF85294E411E38A52066B556BA4EE", "IMEI", "RATE_PLAN"} <= set(records[0])
