"""Checkpoints: moved only by runs of which nothing is left, and kept in a file or the store."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest

from lib.checkpoint import OVERLAP, Checkpoint
from lib.config.sections import Section
from lib.connector import Projection, Records, SourceItem
from lib.errors import (
    ConfigurationError,
    RecordGone,
    RecordUnreadable,
    SourceUnavailable,
    StateUnreadable,
    TargetUnavailable,
)
from lib.ini import Entry
from lib.mapping import layers
from lib.oomnitza.target import OomnitzaSettings
from lib.reading.incremental import IncrementalConnector, IncrementalSettings
from lib.run import checkpoints
from lib.run.legacyfingerprints import legacy_fingerprint
from lib.run.pipeline import RunOptions, run_section
from lib.settings import setting
from lib.state import open_to_read
from sandbox.oomnitza import Oomnitza
from sandbox.web import WebServer

NOON = datetime(2024, 5, 6, 12, tzinfo=UTC)


class Settings(IncrementalSettings):
    """What every section may have."""


class Connector(IncrementalConnector[Settings]):
    """Yields what the test has put into `delivered`."""

    title = "Acme"
    settings_type = Settings
    mapping: ClassVar = {"BARCODE": {"source": "tag"}}
    delivered: ClassVar[list[SourceItem | Exception]] = []
    reached: ClassVar[datetime] = NOON
    since: ClassVar[list[datetime | None]] = []
    account = "somebody"

    def check(self) -> None:
        """There is nothing to check."""

    def connect(self) -> Any:
        """There is nothing to connect to."""

    def records(self, projection: Projection) -> Records:
        self.since.append(projection.checkpoint.read())
        for item in self.delivered:
            if isinstance(item, (RecordGone, RecordUnreadable, dict)):
                yield item
            else:
                raise item
        projection.checkpoint.advance(self.reached, self.reached)


@pytest.fixture
def oomnitza(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Oomnitza]:
    Connector.delivered = [{"tag": f"A-{number}"} for number in range(250)]
    Connector.reached, Connector.since = NOON, []
    monkeypatch.setattr("lib.connector.load_connector", lambda _: Connector)
    target = Oomnitza()
    with WebServer(target.app) as server:
        target.url, target.state = server.url, tmp_path / "state.db"  # type: ignore[attr-defined]
        yield target
    target.close()


def section_of(oomnitza: Any, recordfilter: str = "", **settings: Any) -> Section:
    made = Settings(sync_field=("BARCODE",), **settings)
    entry = Entry("recordfilter", recordfilter, 1) if recordfilter else None
    return Section("acme", "acme", made, {}, entry, folder=oomnitza.state.parent)


def run(oomnitza: Any, recordfilter: str = "", storage: Path | None = None, **options: Any) -> Any:
    target = OomnitzaSettings(url=oomnitza.url, api_token="sandbox-token", retries=0)
    section = section_of(oomnitza, recordfilter, storage=storage)
    return run_section(section, target, RunOptions(**{"state": oomnitza.state, **options}))


def kept(oomnitza: Any) -> list[datetime]:
    """The checkpoints in the store."""
    with open_to_read(oomnitza.state) as store:
        return list(store.section("acme", oomnitza.url).checkpoints().values())


def test_complete_run_commits(oomnitza: Oomnitza):
    assert run(oomnitza).tally.sent == 250
    assert kept(oomnitza) == [NOON - OVERLAP]


def test_empty_run_commits(oomnitza: Oomnitza):
    Connector.delivered = []
    assert run(oomnitza).error is None
    assert kept(oomnitza) == [NOON - OVERLAP]


def test_filtered_and_unchanged_records_commit(oomnitza: Oomnitza):
    Connector.delivered = [{"tag": "A-1"}, {"tag": "A-9"}, RecordGone("A-3 is gone")]
    outcome = run(oomnitza, recordfilter="record['tag'] != 'A-9'")
    assert (outcome.tally.filtered, outcome.tally.vanished) == (1, 1)
    assert kept(oomnitza) == [NOON - OVERLAP]


def test_incomplete_record_commits_nothing(oomnitza: Oomnitza):
    Connector.delivered = [{"tag": "A-1"}, {"tag": ""}]
    assert run(oomnitza).tally.incomplete == 1
    assert kept(oomnitza) == []


def test_commit_comes_after_the_last_batch(oomnitza: Oomnitza, monkeypatch: pytest.MonkeyPatch):
    held = []
    monkeypatch.setattr(Checkpoint, "commit", lambda _: held.append(oomnitza.count("assets")))
    run(oomnitza)
    assert held == [250]


def test_testmode_commits_nothing(oomnitza: Oomnitza):
    assert run(oomnitza, testmode=True).tally.sent == 250
    assert kept(oomnitza) == []


@pytest.mark.parametrize("count", [1, 100, 249])
def test_record_count_reached_commits_nothing(count: int, oomnitza: Oomnitza):
    assert run(oomnitza, record_count=count).tally.sent == count
    assert kept(oomnitza) == []


def test_record_count_not_reached_commits(oomnitza: Oomnitza):
    assert run(oomnitza, record_count=251).tally.sent == 250
    assert kept(oomnitza) == [NOON - OVERLAP]


@pytest.mark.parametrize("error", [SourceUnavailable("away"), KeyboardInterrupt(), KeyError("bug")])
def test_source_error_commits_nothing(error: Any, oomnitza: Oomnitza):
    Connector.delivered = [*Connector.delivered[:150], error]
    assert run(oomnitza).error
    assert kept(oomnitza) == []


def test_target_unavailable_commits_nothing(oomnitza: Oomnitza):
    oomnitza.fail_next(1000, 503, path="/api/v3/bulk")
    assert isinstance(run(oomnitza).error, TargetUnavailable)
    assert kept(oomnitza) == []


def test_refused_record_commits_nothing(oomnitza: Oomnitza):
    """It has to come again once the administrator has put right what is wrong with it."""
    oomnitza.refuse = lambda record: "no such tag" if record["BARCODE"] == "A-7" else None
    assert run(oomnitza).tally.rejected == 1
    assert kept(oomnitza) == []


def test_unreadable_record_commits_nothing(oomnitza: Oomnitza):
    Connector.delivered = [*Connector.delivered, RecordUnreadable("A-251 cannot be read")]
    assert run(oomnitza).tally.rejected == 1
    assert kept(oomnitza) == []


def test_commit_fails_makes_the_run_failed(oomnitza: Oomnitza, monkeypatch: pytest.MonkeyPatch):
    def full(*_: Any) -> None:
        raise ConfigurationError("storage: the file cannot be written")

    monkeypatch.setattr(Checkpoint, "commit", full)
    outcome = run(oomnitza)
    assert isinstance(outcome.error, ConfigurationError)
    assert outcome.tally.sent == 250


# Where it is kept.


def test_next_run_reads_from_the_checkpoint(oomnitza: Oomnitza):
    for _ in range(2):
        run(oomnitza)
    assert Connector.since == [None, NOON - OVERLAP]


def test_testmode_reads_from_the_checkpoint(oomnitza: Oomnitza):
    run(oomnitza)
    run(oomnitza, testmode=True)
    assert Connector.since == [None, NOON - OVERLAP]


def test_full_reads_everything_and_commits(oomnitza: Oomnitza):
    run(oomnitza)
    Connector.reached = NOON + timedelta(days=1)
    run(oomnitza, full=True)
    assert Connector.since == [None, None]
    assert kept(oomnitza) == [NOON + timedelta(days=1) - OVERLAP]


def test_checkpoint_never_decreases(oomnitza: Oomnitza):
    run(oomnitza)
    Connector.reached = NOON - timedelta(days=1)
    run(oomnitza)
    assert kept(oomnitza) == [NOON - OVERLAP]


def test_another_filter_reads_everything(oomnitza: Oomnitza):
    run(oomnitza)
    run(oomnitza, recordfilter="record['tag'] != 'A-9'")
    assert Connector.since == [None, None]


@pytest.mark.parametrize(
    "other",
    [
        lambda section: replace(section, mapping={"NAME": {"hardcoded": "a SIM"}}),
        lambda section: replace(section, name="acme.Other"),
    ],
    ids=["mapping", "section"],
)
def test_another_mapping_or_section_reads_everything(oomnitza: Any, other: Any):
    target = OomnitzaSettings(url=oomnitza.url, api_token="sandbox-token", retries=0)
    section = section_of(oomnitza)
    for each in (section, section, other(section)):
        assert run_section(each, target, RunOptions(state=oomnitza.state)).error is None
    assert Connector.since == [None, NOON - OVERLAP, None]


def test_another_target_reads_everything(oomnitza: Any):
    run(oomnitza)
    oomnitza.url = oomnitza.url.replace("127.0.0.1", "localhost")
    assert run(oomnitza).error is None
    assert Connector.since == [None, None]


def test_unrelated_settings_keep_the_checkpoint(oomnitza: Any):
    target = OomnitzaSettings(url=oomnitza.url, api_token="sandbox-token", retries=0)
    for how in ({}, {"changed_only": True, "shrink_limit": "10%", "retries": 1}):
        run_section(section_of(oomnitza, **how), target, RunOptions(state=oomnitza.state))
    assert Connector.since == [None, NOON - OVERLAP]


def test_storage_setting_is_used_instead_of_the_store(oomnitza: Any):
    file = oomnitza.state.with_name("kept.json")
    for _ in range(2):
        run(oomnitza, storage=file)
    assert Connector.since == [None, NOON - OVERLAP]
    assert kept(oomnitza) == []
    [key] = json.loads(file.read_text("utf-8"))
    assert key.startswith(f"somebody acme {oomnitza.url} ")


def old_file(oomnitza: Any, content: str) -> Path:
    file: Path = oomnitza.state.with_name("storage.db")
    file.write_text(content, "utf-8")
    return file


def old_key(oomnitza: Any) -> str:
    """The key of the section in a file of the first version."""
    section = section_of(oomnitza)
    fields = layers.effective_mapping(Connector(section.settings), section.mapping)
    print_ = legacy_fingerprint(section, list(fields.values()))
    return f"somebody acme {oomnitza.url} {print_}"


def test_legacy_file_is_taken_over_once(oomnitza: Any):
    before = NOON - timedelta(days=30)
    file = old_file(oomnitza, json.dumps({old_key(oomnitza): before.isoformat()}))
    content = file.read_bytes()
    for _ in range(2):
        run(oomnitza)
    run(oomnitza, recordfilter="record['tag'] != 'A-9'")
    assert Connector.since == [before, NOON - OVERLAP, None]
    assert file.read_bytes() == content
    assert {item.name for item in file.parent.iterdir()} >= {"storage.db", "state.db"}


def test_legacy_file_without_keys_is_taken_over_once(oomnitza: Any):
    old_file(oomnitza, "2015-07-21T10:00:00Z")
    run(oomnitza)
    run(oomnitza, recordfilter="record['tag'] != 'A-9'")
    assert Connector.since == [datetime(2015, 7, 21, 10, tzinfo=UTC), None]


def test_legacy_file_of_another_section_is_ignored(oomnitza: Any):
    old_file(oomnitza, json.dumps({"somebody other https://x 1": NOON.isoformat()}))
    run(oomnitza)
    assert Connector.since == [None]


def test_invalid_legacy_file_is_an_error(oomnitza: Any):
    old_file(oomnitza, "garbage")
    outcome = run(oomnitza)
    assert isinstance(outcome.error, ConfigurationError)
    assert "does not contain a valid checkpoint" in str(outcome.error)


def test_later_setting_keeps_the_checkpoint(oomnitza: Any, monkeypatch: pytest.MonkeyPatch):
    run(oomnitza)

    @dataclass(frozen=True, kw_only=True)
    class More(Settings):
        pages: int = setting("How many.", default=7)

    monkeypatch.setattr(f"{__name__}.Settings", More)
    run(oomnitza)
    assert Connector.since == [None, NOON - OVERLAP]


# Whether it could be kept, before anything is read.


def try_it(oomnitza: Any, **settings: Any) -> None:
    section = section_of(oomnitza, **settings)
    checkpoints.check_place(section, Connector(section.settings), oomnitza.url, oomnitza.state)


def test_check_place_creates_nothing(oomnitza: Any):
    try_it(oomnitza)
    try_it(oomnitza, storage=oomnitza.state.with_name("kept.json"))
    assert list(oomnitza.state.parent.iterdir()) == []


@pytest.mark.parametrize("content", ["garbage", "7"])
def test_check_place_with_another_file_raises(content: str, oomnitza: Any):
    file = old_file(oomnitza, content)
    with pytest.raises(ConfigurationError, match="does not contain a valid checkpoint"):
        try_it(oomnitza, storage=file)
    with pytest.raises(ConfigurationError, match="does not contain a valid checkpoint"):
        try_it(oomnitza)


def test_check_place_not_writable_raises(oomnitza: Any):
    with pytest.raises(ConfigurationError, match="storage: cannot write the file"):
        try_it(oomnitza, storage=oomnitza.state.parent / "none" / "kept.json")
    oomnitza.state = oomnitza.state.parent / "none" / "state.db"
    with pytest.raises(ConfigurationError, match="state: cannot write the state database"):
        try_it(oomnitza)


def test_check_place_with_unreadable_store_raises(oomnitza: Any):
    oomnitza.state.write_text("garbage" * 100)
    with pytest.raises(StateUnreadable):
        try_it(oomnitza)
