"""Which files of a folder are read, in which order, and which were read before."""

import os

import pytest

from lib.checkpoint import Checkpoint
from lib.errors import ConfigurationError, SourceUnavailable
from lib.files.folder import FolderSettings, files_to_read
from lib.remarks import Remarks
from lib.settings import read_settings


class Kept:
    """A place for accepted files, in memory."""

    def __init__(self):
        self.files = []

    def load(self):
        return self.files

    def keep(self, files):
        self.files = list(files)


@pytest.fixture
def touch(tmp_path):
    """Make files, each one later than the one before."""

    def touch(*names, text="a\n1\n"):
        begin = len(list(tmp_path.iterdir()))
        for number, name in enumerate(names, begin):
            (tmp_path / name).write_text(text)
            os.utime(tmp_path / name, (number * 100, number * 100))

    return touch


@pytest.fixture
def read(tmp_path):
    """Return the names of the files that are read."""

    def read(remarks=None, checkpoint=None, **given):
        texts = {"directory": str(tmp_path), **given}
        settings, faults = read_settings(FolderSettings, texts)
        assert faults == []
        found = files_to_read(settings, ".csv", checkpoint or Checkpoint(), remarks or Remarks())
        return [path.name for path in found]

    return read


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, ["assets_01-06-2026.csv", "assets_30-11-2025.csv", "assets_31-12-2025.csv"]),
        (
            {"order": "name"},
            ["assets_01-06-2026.csv", "assets_30-11-2025.csv", "assets_31-12-2025.csv"],
        ),
        (
            {"order": "time"},
            ["assets_31-12-2025.csv", "assets_30-11-2025.csv", "assets_01-06-2026.csv"],
        ),
        (
            {"order": "date-in-name"},
            ["assets_30-11-2025.csv", "assets_31-12-2025.csv", "assets_01-06-2026.csv"],
        ),
        ({"files": "newest"}, ["assets_01-06-2026.csv"]),
        ({"files": "newest", "order": "name"}, ["assets_31-12-2025.csv"]),
        ({"files": "newest", "order": "date-in-name"}, ["assets_01-06-2026.csv"]),
    ],
)
def test_order_and_number_of_files(touch, read, given, expected):
    touch("assets_31-12-2025.csv", "assets_30-11-2025.csv", "assets_01-06-2026.csv")
    assert read(**given) == expected


@pytest.mark.parametrize(
    ("names", "given", "warned"),
    [
        (["a_31-12-2025.csv", "a_01-06-2026.csv"], {}, True),
        (["a_31-12-2025.csv", "a_01-06-2026.csv"], {"files": "once"}, True),
        (["a_31-12-2025.csv", "a_01-06-2026.csv"], {"order": "name"}, False),
        (["a_31-12-2025.csv", "a_01-06-2026.csv"], {"order": "date-in-name"}, False),
        (["a_2025-12-31.csv", "a_2026-06-01.csv"], {}, False),
        (["a.csv", "b.csv"], {}, False),
    ],
)
def test_dates_that_do_not_sort_by_name_are_reported(touch, read, names, given, warned):
    touch(*names)
    remarks = Remarks()
    read(remarks, **given)
    assert bool(remarks.warnings) is warned
    assert not warned or "Set order = date-in-name" in remarks.warnings[0]


@pytest.mark.parametrize(
    ("names", "what"),
    [
        (["a_2026-06-01.csv", "b.csv"], "b.csv does not contain a date"),
        (["a_01-06-2026.csv", "a_02-05-2026.csv"], "which number is the day"),
    ],
)
def test_dates_that_are_missing_or_not_certain_are_an_error(touch, read, names, what):
    touch(*names)
    with pytest.raises(ConfigurationError, match=what) as caught:
        read(order="date-in-name")
    assert "order = time" in caught.value.fix


class TestOnce:
    def test_accepted_files_are_read_once(self, touch, read):
        kept = Kept()
        touch("a.csv", "b.csv")
        first = Checkpoint(files=kept)
        assert read(checkpoint=first, files="once") == ["a.csv", "b.csv"]
        assert read(checkpoint=Checkpoint(files=kept), files="once") == ["a.csv", "b.csv"]
        first.commit()
        assert read(checkpoint=Checkpoint(files=kept), files="once") == []
        touch("c.csv")
        second = Checkpoint(files=kept)
        assert read(checkpoint=second, files="once") == ["c.csv"]
        second.commit()
        assert read(checkpoint=Checkpoint(files=kept), files="once") == []

    def test_changed_file_is_read_again(self, touch, read, tmp_path):
        kept = Kept()
        touch("a.csv", "b.csv")
        first = Checkpoint(files=kept)
        read(checkpoint=first, files="once")
        first.commit()
        (tmp_path / "a.csv").write_text("a\n2\n3\n")
        assert read(checkpoint=Checkpoint(files=kept), files="once") == ["a.csv"]

    def test_deleted_files_are_forgotten(self, touch, read, tmp_path):
        kept = Kept()
        touch("a.csv", "b.csv")
        for _ in range(2):
            checkpoint = Checkpoint(files=kept)
            read(checkpoint=checkpoint, files="once")
            checkpoint.commit()
            (tmp_path / "a.csv").unlink(missing_ok=True)
        assert [file.split()[0] for file in kept.files] == ["b.csv"]

    def test_full_refresh_reads_all(self, touch, read):
        kept = Kept()
        touch("a.csv")
        first = Checkpoint(files=kept)
        read(checkpoint=first, files="once")
        first.commit()
        full = Checkpoint(files=kept, full_refresh=True)
        assert read(checkpoint=full, files="once") == ["a.csv"]

    def test_empty_folder_is_no_error(self, read, tmp_path):
        remarks = Remarks()
        assert read(remarks, files="once") == []
        assert remarks.notes == [f"No new files: {tmp_path}"]
        with pytest.raises(SourceUnavailable):
            read()

    def test_missing_folder_is_an_error(self, read, tmp_path):
        with pytest.raises(SourceUnavailable):
            read(files="once", directory=str(tmp_path / "gone"))

    def test_single_file_is_read_once_too(self, touch, read, tmp_path):
        kept = Kept()
        touch("a.csv")
        how = {"files": "once", "filename": str(tmp_path / "a.csv"), "directory": ""}
        first = Checkpoint(files=kept)
        assert read(checkpoint=first, **how) == ["a.csv"]
        first.commit()
        assert read(checkpoint=Checkpoint(files=kept), **how) == []

    def test_missing_file_is_an_error(self, read, tmp_path):
        how = {"files": "once", "filename": str(tmp_path / "gone.csv"), "directory": ""}
        with pytest.raises(SourceUnavailable, match="No such file"):
            read(**how)

    def test_reading_that_stops_accepts_nothing(self, touch, tmp_path):
        touch("a.csv", "b.csv")
        settings, _ = read_settings(FolderSettings, {"directory": str(tmp_path), "files": "once"})
        kept = Kept()
        checkpoint = Checkpoint(files=kept)
        next(files_to_read(settings, ".csv", checkpoint, Remarks()))
        checkpoint.commit()
        assert kept.files == []
