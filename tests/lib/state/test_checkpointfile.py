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


def test_load_without_file_is_none(file: Path):
    assert read(file) is None
    assert not file.exists()


def test_load_returns_what_was_stored(file: Path):
    keep(file, NOON - timedelta(hours=1))
    assert read(file) == NOON - timedelta(hours=1) - OVERLAP


def test_commit_without_advance_stores_nothing(file: Path):
    Checkpoint(CheckpointFile(file, "one")).commit()
    assert not file.exists()


def test_advance_writes_nothing(file: Path):
    Checkpoint(CheckpointFile(file, "one")).advance(NOON, NOON)
    assert not file.exists()


def test_commit_subtracts_the_overlap(file: Path):
    assert timedelta(minutes=1) <= OVERLAP <= timedelta(hours=1)


def test_advance_is_limited_to_the_time_of_the_request(file: Path):
    keep(file, latest=NOON + timedelta(hours=3), asked=NOON)
    assert read(file) == NOON - OVERLAP


def test_keep_of_an_earlier_time_changes_nothing(file: Path):
    keep(file, NOON)
    keep(file, NOON - timedelta(days=1))
    assert read(file) == NOON - OVERLAP


def test_keep_leaves_other_sections_alone(file: Path):
    keep(file, NOON, key="one")
    keep(file, NOON - timedelta(days=1), key="other")
    assert read(file) == NOON - OVERLAP
    assert read(file, "other") == NOON - timedelta(days=1) - OVERLAP


def test_load_legacy_file_without_keys(file: Path):
    file.write_text("2015-07-21T10:00:00Z\n")
    assert read(file) == datetime(2015, 7, 21, 10, tzinfo=UTC)
    keep(file, NOON)
    assert json.loads(file.read_text()) == {"one": (NOON - OVERLAP).isoformat()}


def test_load_empty_file_is_none(file: Path):
    file.write_text("")
    assert read(file) is None


@pytest.mark.parametrize("text", ["garbage", '{"one": "yesterday"}', '{"one": 5}', "[1, 2]", "7"])
def test_load_invalid_time_raises(text: str, file: Path):
    file.write_text(text)
    with pytest.raises(ConfigurationError, match="does not contain a valid checkpoint") as caught:
        read(file)
    assert str(file) in str(caught.value)
    assert "Delete it" in caught.value.fix


def test_load_invalid_encoding_raises(file: Path):
    file.write_bytes(b"SQLite format 3\x00\xff\xfe")
    with pytest.raises(ConfigurationError, match="the file is not a text file"):
        read(file)


def test_load_not_writable_raises(tmp_path: Path):
    with pytest.raises(ConfigurationError, match="cannot write the file"):
        read(tmp_path / "nowhere" / "storage.db")


@pytest.mark.skipif(os.name != "posix" or os.getuid() == 0, reason="root may write everything")
def test_load_file_of_another_user_raises(file: Path):
    file.touch(mode=0o400)
    with pytest.raises(ConfigurationError, match="cannot write the file"):
        read(file)


def test_keep_interrupted_leaves_the_file_intact(file: Path, monkeypatch: pytest.MonkeyPatch):
    keep(file, NOON)
    before = file.read_text()

    def crash(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", crash)
    with pytest.raises(ConfigurationError, match="No space left"):
        keep(file, NOON + timedelta(days=1), asked=NOON + timedelta(days=1))
    assert file.read_text() == before


def test_load_uses_legacy_keys(file: Path):
    keep(file, NOON, key="account as it was")
    checkpoint = Checkpoint(CheckpointFile(file, "account", ["account as it was"]))
    assert checkpoint.read() == NOON - OVERLAP
    later = NOON + timedelta(days=1)
    checkpoint.advance(later, later)
    checkpoint.commit()
    assert read(file, "account") == later - OVERLAP
    assert read(file, "account as it was") == NOON - OVERLAP


def test_checkpoint_with_full_refresh_reads_everything_and_commits(file: Path):
    keep(file, NOON)
    checkpoint = Checkpoint(CheckpointFile(file, "one"), full_refresh=True)
    assert checkpoint.read() is None
    later = NOON + timedelta(days=1)
    checkpoint.advance(later, later)
    checkpoint.commit()
    assert read(file) == later - OVERLAP


def test_checkpoint_without_place_stores_nothing():
    checkpoint = Checkpoint()
    checkpoint.advance(NOON, NOON)
    checkpoint.commit()
    assert checkpoint.read() is None
