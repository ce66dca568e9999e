"""Checkpoints in a file of their own: JSON, shared by sections, and never garbage."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from lib.checkpoint import OVERLAP, Checkpoint
from lib.errors import ConfigurationError
from lib.state import CheckpointFile

NOON = datetime(2024, 5, 6, 12, tzinfo=UTC)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "storage.db"


def keep(file: Path, latest: datetime, asked: datetime = NOON, key: str = "one") -> None:
    checkpoint = Checkpoint(CheckpointFile(file, key))
    checkpoint.advance(latest, asked)
    checkpoint.commit()


def read(file: Path, key: str = "one") -> datetime | None:
    return Checkpoint(CheckpointFile(file, key)).read()


def test_without_a_file_there_is_no_checkpoint(file: Path):
    assert read(file) is None
    assert not file.exists()


def test_what_was_kept_is_read_by_the_next_run(file: Path):
    keep(file, NOON - timedelta(hours=1))
    assert read(file) == NOON - timedelta(hours=1) - OVERLAP


def test_nothing_is_kept_before_something_was_reached(file: Path):
    Checkpoint(CheckpointFile(file, "one")).commit()
    assert not file.exists()


def test_nothing_is_written_before_it_is_to_be_kept(file: Path):
    Checkpoint(CheckpointFile(file, "one")).advance(NOON, NOON)
    assert not file.exists()


def test_a_checkpoint_stays_behind_by_a_margin(file: Path):
    assert timedelta(minutes=1) <= OVERLAP <= timedelta(hours=1)


def test_what_changed_after_the_source_was_asked_is_read_again(file: Path):
    keep(file, latest=NOON + timedelta(hours=3), asked=NOON)
    assert read(file) == NOON - OVERLAP


def test_a_checkpoint_never_goes_back(file: Path):
    keep(file, NOON)
    keep(file, NOON - timedelta(days=1))
    assert read(file) == NOON - OVERLAP


def test_sections_share_a_file(file: Path):
    keep(file, NOON, key="one")
    keep(file, NOON - timedelta(days=1), key="other")
    assert read(file) == NOON - OVERLAP
    assert read(file, "other") == NOON - timedelta(days=1) - OVERLAP


def test_the_file_of_earlier_versions_is_understood(file: Path):
    file.write_text("2015-07-21T10:00:00Z\n")
    assert read(file) == datetime(2015, 7, 21, 10, tzinfo=UTC)
    keep(file, NOON)
    assert json.loads(file.read_text()) == {"one": (NOON - OVERLAP).isoformat()}


def test_an_empty_file_holds_no_checkpoint(file: Path):
    file.write_text("")
    assert read(file) is None


@pytest.mark.parametrize("text", ["garbage", '{"one": "yesterday"}', '{"one": 5}', "[1, 2]", "7"])
def test_what_is_no_moment_is_never_sent(text: str, file: Path):
    file.write_text(text)
    with pytest.raises(ConfigurationError, match="no moment") as caught:
        read(file)
    assert str(file) in str(caught.value)
    assert "Delete it" in caught.value.fix


def test_bytes_that_are_no_text_are_told(file: Path):
    file.write_bytes(b"SQLite format 3\x00\xff\xfe")
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read(file)


def test_a_place_that_cannot_be_written_is_told_before_anything_is_read(tmp_path: Path):
    with pytest.raises(ConfigurationError, match="cannot be written"):
        read(tmp_path / "nowhere" / "storage.db")


@pytest.mark.skipif(os.name != "posix" or os.getuid() == 0, reason="root may write everything")
def test_a_file_that_belongs_to_somebody_else_is_told(file: Path):
    file.touch(mode=0o400)
    with pytest.raises(ConfigurationError, match="cannot be written"):
        read(file)


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


def test_what_an_earlier_version_kept_is_found_under_its_key(file: Path):
    keep(file, NOON, key="account as it was")
    checkpoint = Checkpoint(CheckpointFile(file, "account", ["account as it was"]))
    assert checkpoint.read() == NOON - OVERLAP
    later = NOON + timedelta(days=1)
    checkpoint.advance(later, later)
    checkpoint.commit()
    assert read(file, "account") == later - OVERLAP
    assert read(file, "account as it was") == NOON - OVERLAP


def test_to_begin_anew_is_to_read_from_the_beginning_and_to_keep_what_is_reached(file: Path):
    keep(file, NOON)
    checkpoint = Checkpoint(CheckpointFile(file, "one"), full_refresh=True)
    assert checkpoint.read() is None
    later = NOON + timedelta(days=1)
    checkpoint.advance(later, later)
    checkpoint.commit()
    assert read(file) == later - OVERLAP


def test_without_a_place_nothing_is_kept():
    checkpoint = Checkpoint()
    checkpoint.advance(NOON, NOON)
    checkpoint.commit()
    assert checkpoint.read() is None
