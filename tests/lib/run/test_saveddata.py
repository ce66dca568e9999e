"""What --save-data keeps: two files a run, one JSON object a line, for their owner only."""

import json
import os
import stat
import sys
from datetime import date, datetime

import pytest

from lib import secrets
from lib.errors import ConfigurationError
from lib.run import saveddata
from lib.run.saveddata import NothingSaved, SavedData
from lib.secrets import MASK


def lines(path):
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_saved_data_has_fetched_and_sent_records(tmp_path):
    with SavedData(tmp_path / "saved_data", "ldap") as saved:
        saved.add_fetched({"mail": "jürgen@example.com", "since": date(2015, 7, 21)})
        saved.add_fetched({"mail": "two\nlines"})
        saved.add_upload({"EMAIL": "jürgen@example.com"})
    assert lines(saved.fetched) == [
        {"mail": "jürgen@example.com", "since": "2015-07-21"},
        {"mail": "two\nlines"},
    ]
    assert lines(saved.uploads) == [{"EMAIL": "jürgen@example.com"}]
    assert "ü" in saved.fetched.read_text("utf-8")


def test_saved_data_files_are_named_by_section_and_time(tmp_path):
    with SavedData(tmp_path, "Casper.MDM") as saved:
        pass
    assert saved.fetched.parent == saved.uploads.parent == tmp_path
    assert saved.fetched.name.startswith("Casper.MDM.20")
    assert saved.fetched.name.endswith("Z.fetched.jsonl")
    assert saved.uploads.name.endswith("Z.uploads.jsonl")


def test_section_name_cannot_leave_the_folder(tmp_path):
    with SavedData(tmp_path / "saved", "ldap.../../x\\y:z") as saved:
        pass
    assert saved.fetched.parent == tmp_path / "saved"
    assert sorted(tmp_path.rglob("*.jsonl")) == [saved.fetched, saved.uploads]
    assert not {"/", "\\", ":"} & set(saved.fetched.name)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_saved_data_files_are_private(tmp_path):
    before = os.umask(0)
    try:
        with SavedData(tmp_path / "saved_data", "ldap") as saved:
            pass
    finally:
        os.umask(before)
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (saved.fetched, saved.uploads)]
    assert modes == [0o600, 0o600]
    assert stat.S_IMODE((tmp_path / "saved_data").stat().st_mode) == 0o700


def test_saved_data_masks_secrets(tmp_path):
    secrets.remember("hunter2")
    with SavedData(tmp_path, "ldap") as saved:
        saved.add_fetched({"note": "his password is hunter2", "list": [{"deep": "hunter2"}]})
        saved.add_upload({"NOTE": "hunter2"})
    assert lines(saved.fetched) == [{"note": f"his password is {MASK}", "list": [{"deep": MASK}]}]
    assert lines(saved.uploads) == [{"NOTE": MASK}]


def test_saved_data_of_the_same_second_overwrites_nothing(tmp_path, monkeypatch):
    class OneMoment(datetime):
        @classmethod
        def now(cls, zone=None):
            return cls(2015, 7, 21, tzinfo=zone)

    monkeypatch.setattr(saveddata, "datetime", OneMoment)
    made = [SavedData(tmp_path, "ldap") for _ in range(12)]
    for number, saved in enumerate(made):
        with saved:
            saved.add_fetched({"run": number})
    assert [lines(saved.fetched) for saved in made] == [[{"run": at}] for at in range(12)]


def test_folder_cannot_be_created_raises_with_its_name(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ConfigurationError) as caught:
        SavedData(tmp_path / "file" / "saved_data", "ldap")
    assert str(caught.value).startswith(
        f"{tmp_path / 'file' / 'saved_data'}: --save-data: cannot write the files"
    )


def test_nothing_saved_accepts_records(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    NothingSaved().add_fetched({"a": 1})
    NothingSaved().add_upload({"a": 1})
    assert list(tmp_path.iterdir()) == []


def test_saved_data_with_deeply_nested_record_continues(tmp_path):
    deep = []
    for _ in range(sys.getrecursionlimit()):
        deep = [deep]
    with SavedData(tmp_path, "ldap") as saved:
        saved.add_fetched({"deep": deep})
        saved.add_fetched({"uid": "ada"})
    assert lines(saved.fetched) == [
        {"not saved": "the record is nested too deeply"},
        {"uid": "ada"},
    ]
