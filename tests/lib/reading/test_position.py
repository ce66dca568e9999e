"""Positions: kept in a file, and moved only by runs of which nothing is left."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest

from lib.config.sections import Section
from lib.connector import AssetConnector, AssetSettings, Delivered, Records, Sources
from lib.errors import (
    ConfigurationError,
    RecordGone,
    RecordUnreadable,
    SourceUnavailable,
    TargetUnavailable,
)
from lib.ini import Entry
from lib.oomnitza.target import OomnitzaSettings
from lib.reading.position import OVERLAP, Position
from lib.run.pipeline import RunOptions, run_section
from sandbox.oomnitza import Oomnitza
from sandbox.web import WebServer

NOON = datetime(2024, 5, 6, 12, tzinfo=UTC)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "storage.db"


def keep(file: Path, latest: datetime, asked: datetime = NOON, key: str = "one") -> None:
    place = Position(file, key)
    place.reach(latest, asked)
    place.keep()


# The file.


def test_without_a_file_there_is_no_position(file: Path):
    assert Position(file, "one").read() is None
    assert not file.exists()


def test_what_was_kept_is_read_by_the_next_run(file: Path):
    keep(file, NOON - timedelta(hours=1))
    assert Position(file, "one").read() == NOON - timedelta(hours=1) - OVERLAP


def test_nothing_is_kept_before_something_was_reached(file: Path):
    Position(file, "one").keep()
    assert not file.exists()


def test_nothing_is_written_before_it_is_to_be_kept(file: Path):
    Position(file, "one").reach(NOON, NOON)
    assert not file.exists()


def test_a_position_stays_behind_by_a_margin(file: Path):
    assert timedelta(minutes=1) <= OVERLAP <= timedelta(hours=1)


def test_what_changed_after_the_source_was_asked_is_read_again(file: Path):
    keep(file, latest=NOON + timedelta(hours=3), asked=NOON)
    assert Position(file, "one").read() == NOON - OVERLAP


def test_a_position_never_goes_back(file: Path):
    keep(file, NOON)
    keep(file, NOON - timedelta(days=1))
    assert Position(file, "one").read() == NOON - OVERLAP


def test_sections_share_a_file(file: Path):
    keep(file, NOON, key="one")
    keep(file, NOON - timedelta(days=1), key="other")
    assert Position(file, "one").read() == NOON - OVERLAP
    assert Position(file, "other").read() == NOON - timedelta(days=1) - OVERLAP


def test_the_file_of_earlier_versions_is_understood(file: Path):
    file.write_text("2015-07-21T10:00:00Z\n")
    assert Position(file, "one").read() == datetime(2015, 7, 21, 10, tzinfo=UTC)
    keep(file, NOON)
    assert json.loads(file.read_text()) == {"one": (NOON - OVERLAP).isoformat()}


def test_an_empty_file_holds_no_position(file: Path):
    file.write_text("")
    assert Position(file, "one").read() is None


@pytest.mark.parametrize("text", ["garbage", '{"one": "yesterday"}', '{"one": 5}', "[1, 2]", "7"])
def test_what_is_no_moment_is_never_sent(text: str, file: Path):
    file.write_text(text)
    with pytest.raises(ConfigurationError, match="no moment") as caught:
        Position(file, "one").read()
    assert str(file) in str(caught.value)
    assert "Delete it" in caught.value.fix


def test_bytes_that_are_no_text_are_told(file: Path):
    file.write_bytes(b"SQLite format 3\x00\xff\xfe")
    with pytest.raises(ConfigurationError, match="cannot be read"):
        Position(file, "one").read()


def test_a_place_that_cannot_be_written_is_told_before_anything_is_read(tmp_path: Path):
    with pytest.raises(ConfigurationError, match="cannot be written"):
        Position(tmp_path / "nowhere" / "storage.db", "one").read()


@pytest.mark.skipif(os.name != "posix" or os.getuid() == 0, reason="root may write everything")
def test_a_file_that_belongs_to_somebody_else_is_told(file: Path):
    file.touch(mode=0o400)
    with pytest.raises(ConfigurationError, match="cannot be written"):
        Position(file, "one").read()


def test_a_crash_while_writing_leaves_the_file_as_it_was(
    file: Path, monkeypatch: pytest.MonkeyPatch
):
    keep(file, NOON)
    before = file.read_text()

    def crash(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", crash)
    with pytest.raises(ConfigurationError, match="No space left"):
        keep(file, NOON + timedelta(days=1), asked=NOON + timedelta(days=1))
    assert file.read_text() == before


# When a run moves it.


class Settings(AssetSettings):
    """What every section may have."""


class Connector(AssetConnector[Settings]):
    """Yields what the test has put into `delivered`."""

    title = "Acme"
    settings_type = Settings
    mapping: ClassVar = {"BARCODE": {"source": "tag"}}
    delivered: ClassVar[list[Delivered | Exception]] = []
    moves: ClassVar[list[str]] = []

    def check(self) -> None:
        """There is nothing to check."""

    def records(self, sources: Sources) -> Records:
        for item in self.delivered:
            if isinstance(item, (RecordGone, RecordUnreadable, dict)):
                yield item
            else:
                raise item

    def settled(self) -> None:
        self.moves.append("settled")


@pytest.fixture
def oomnitza(monkeypatch: pytest.MonkeyPatch) -> Iterator[Oomnitza]:
    Connector.delivered = [{"tag": f"A-{number}"} for number in range(250)]
    Connector.moves = []
    monkeypatch.setattr("lib.connector.load", lambda _: Connector)
    target = Oomnitza()
    with WebServer(target.app) as server:
        target.url = server.url  # type: ignore[attr-defined]
        yield target
    target.close()


def run(oomnitza: Any, recordfilter: str = "", **options: Any) -> Any:
    settings = Settings(sync_field=("BARCODE",))
    target = OomnitzaSettings(url=oomnitza.url, api_token="sandbox-token", retries=0)
    section = Section("acme", "acme", settings, {}, Entry("recordfilter", recordfilter, 1))
    return run_section(section, target, RunOptions(**options))


def test_a_complete_run_settles(oomnitza: Oomnitza):
    assert run(oomnitza).tally.sent == 250
    assert Connector.moves == ["settled"]


def test_an_empty_run_settles(oomnitza: Oomnitza):
    Connector.delivered = []
    assert run(oomnitza).error is None
    assert Connector.moves == ["settled"]


def test_records_that_are_left_aside_on_purpose_settle(oomnitza: Oomnitza):
    Connector.delivered = [{"tag": "A-1"}, {"tag": "A-9"}, RecordGone("A-3 is gone")]
    outcome = run(oomnitza, recordfilter="record['tag'] != 'A-9'")
    assert (outcome.tally.filtered, outcome.tally.vanished) == (1, 1)
    assert Connector.moves == ["settled"]


def test_an_incomplete_record_keeps_the_position_so_that_it_comes_again(oomnitza: Oomnitza):
    Connector.delivered = [{"tag": "A-1"}, {"tag": ""}]
    assert run(oomnitza).tally.incomplete == 1
    assert Connector.moves == []


def test_it_settles_after_everything_was_sent(oomnitza: Oomnitza, monkeypatch: pytest.MonkeyPatch):
    held = []
    monkeypatch.setattr(Connector, "settled", lambda _: held.append(oomnitza.count("assets")))
    run(oomnitza)
    assert held == [250]


def test_testmode_settles_nothing(oomnitza: Oomnitza):
    assert run(oomnitza, testmode=True).tally.sent == 250
    assert Connector.moves == []


@pytest.mark.parametrize("count", [1, 100, 249])
def test_a_run_that_is_cut_short_settles_nothing(count: int, oomnitza: Oomnitza):
    assert run(oomnitza, record_count=count).tally.sent == count
    assert Connector.moves == []


def test_a_limit_that_is_not_reached_cuts_nothing_short(oomnitza: Oomnitza):
    assert run(oomnitza, record_count=251).tally.sent == 250
    assert Connector.moves == ["settled"]


@pytest.mark.parametrize("error", [SourceUnavailable("away"), KeyboardInterrupt(), KeyError("bug")])
def test_a_source_that_fails_settles_nothing(error: Any, oomnitza: Oomnitza):
    Connector.delivered = [*Connector.delivered[:150], error]
    assert run(oomnitza).error
    assert Connector.moves == []


def test_an_oomnitza_that_goes_away_settles_nothing(oomnitza: Oomnitza):
    oomnitza.fail_next(1000, 503, path="/api/v3/bulk")
    assert isinstance(run(oomnitza).error, TargetUnavailable)
    assert Connector.moves == []


def test_a_record_that_oomnitza_refuses_settles_nothing(oomnitza: Oomnitza):
    """It has to come again once the administrator has put right what is wrong with it."""
    oomnitza.refuse = lambda record: "no such tag" if record["BARCODE"] == "A-7" else None
    assert run(oomnitza).tally.rejected == 1
    assert Connector.moves == []


def test_a_record_that_cannot_be_read_settles_nothing(oomnitza: Oomnitza):
    Connector.delivered = [*Connector.delivered, RecordUnreadable("A-251 cannot be read")]
    assert run(oomnitza).tally.rejected == 1
    assert Connector.moves == []


def test_a_position_that_cannot_be_kept_fails_the_run(
    oomnitza: Oomnitza, monkeypatch: pytest.MonkeyPatch
):
    def full(_: Connector) -> None:
        raise ConfigurationError("storage: the file cannot be written")

    monkeypatch.setattr(Connector, "settled", full)
    outcome = run(oomnitza)
    assert isinstance(outcome.error, ConfigurationError)
    assert outcome.tally.sent == 250


def test_most_connectors_have_nothing_to_settle():
    class Plain(Connector):
        """One that does not say."""

        settled = AssetConnector.settled

    assert Plain(Settings()).settled() is None


def test_each_reader_has_a_position_of_its_own(tmp_path: Path):
    shared = Position(tmp_path / "storage.db", "account")
    first, second = shared.of("jasper.A https://x 1"), shared.of("jasper.B https://x 1")
    first.reach(datetime(2026, 1, 2, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC))
    first.keep()
    assert second.read() is None
    again = Position(tmp_path / "storage.db", "account").of("jasper.A https://x 1")
    assert again.read() == datetime(2026, 1, 2, tzinfo=UTC) - OVERLAP
