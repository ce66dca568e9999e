"""From one version of the file to the next: copied before, changed as a whole, or not at all."""

import os
import shutil
import sqlite3
import stat
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest

from lib.errors import ConnectorError
from lib.state import FieldCount, open_store, open_to_read
from lib.state.sqlite import schema
from tests.lib.state.sqlite.statefile import LOOK, POSIX, ROOT, pragma

# Written by the program of 693c977, by tests/lib/state/make_version1.py.
VERSION1 = Path(__file__).parents[1] / "version1.db"
TARGET = "https://example.oomnitza.com"


@pytest.fixture
def old(path):
    shutil.copy(VERSION1, path)
    path.chmod(0o640)
    return path


def what_is_in(store):
    """What the two runs have left, as far as a store tells it."""
    section = store.section("people", TARGET)
    return {
        "states": [past.state for past in store.history()],
        "sent": sorted(section.known(["ada", "bob", "cy", "dora", "eve"])),
        "missing": [item.key for item in section.missing()],
        "rejected": [(item.key, item.times) for item in store.saved_records()],
        "bob": section.last_sent(section.known(["bob"])["bob"])["FIRST_NAME"],
    }


LEFT = {
    "states": ["complete", "complete"],
    "sent": ["ada", "bob", "cy", "dora"],
    "missing": ["dora"],
    "rejected": [("eve", 2)],
    "bob": "Böb",
}


def tables(path):
    with closing(sqlite3.connect(path)) as database:
        found = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        return {name for (name,) in found if not name.startswith("sqlite_")}


def test_upgrade_keeps_all_rows(old):
    assert pragma(old, "user_version") == 1
    with open_store(old) as store:
        assert what_is_in(store) == LEFT
        section = store.section("people", TARGET)
        section.begin()
        section.sent([("fay", b"d", "{}")])
    assert pragma(old, "user_version") == schema.VERSION > 1
    assert {"checkpoint", "accepted_file"} <= tables(old)


def test_upgrade_from_version_2_adds_the_tables_of_fields_and_changes(old):
    with closing(sqlite3.connect(old, isolation_level=None)) as database:
        for statement in schema.STEPS[1]:
            database.execute(statement)
        database.execute("PRAGMA user_version = 2")
    with open_to_read(old) as store:
        last = store.section("people", TARGET).last_complete()
        assert store.section("people", TARGET).fields(last.id) == {}
        assert store.fields(last.id) == store.changes(last.id) == []
    assert pragma(old, "user_version") == 2
    with open_store(old) as store:
        assert what_is_in(store) == LEFT
        section = store.section("people", TARGET)
        run = section.begin()
        section.record_fields([FieldCount("USER", 1, "{}")])
        section.sent([("bob", b"d", '{"FIRST_NAME": "Bob"}')])
        assert section.fields(run)["USER"].filled == 1
        [change] = store.changes(run)
        assert change.fields == {"FIRST_NAME": ("Böb", "Bob")}
    assert pragma(old, "user_version") == schema.VERSION
    with open_to_read(old.with_name("state.db.v2")) as store:
        assert what_is_in(store) == LEFT


def test_upgrade_makes_a_private_copy_first(old):
    before = os.umask(0)
    try:
        with open_store(old):
            pass
    finally:
        os.umask(before)
    copy = old.with_name("state.db.v1")
    assert {item.name for item in old.parent.iterdir()} == {"state.db", "state.db.v1"}
    assert pragma(copy, "user_version") == 1
    assert "checkpoint" not in tables(copy)
    with open_to_read(copy) as store:
        assert what_is_in(store) == LEFT
    if os.name == "posix":
        assert stat.S_IMODE(copy.stat().st_mode) == 0o600


def test_upgrade_copy_contains_the_wal(old):
    wal = (
        "import sqlite3, sys, os\n"
        "database = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "database.execute('PRAGMA wal_autocheckpoint = 0')\n"
        "database.execute(\"UPDATE run SET error = 'written last'\")\n"
        "os._exit(9)"
    )
    subprocess.run([sys.executable, "-c", wal, str(old)], check=False)
    assert old.with_name("state.db-wal").stat().st_size
    with open_store(old):
        pass
    with open_to_read(old.with_name("state.db.v1")) as store:
        assert {past.error for past in store.history()} == {"written last"}


def test_upgrade_of_a_current_file_makes_no_copy(path):
    for _ in range(2):
        with open_store(path):
            pass
    assert [item.name for item in path.parent.iterdir()] == ["state.db"]


def test_open_to_read_old_file_leaves_it_unchanged(old):
    content = old.read_bytes()
    with open_to_read(old) as store:
        assert what_is_in(store) == LEFT
        assert store.section("people", TARGET).checkpoints() == {}
    assert old.read_bytes() == content
    assert [item.name for item in old.parent.iterdir()] == ["state.db"]


@POSIX
def test_open_to_read_old_file_in_unwritable_folder(open_folder):
    path = open_folder / "state.db"
    shutil.copy(VERSION1, path)
    path.chmod(0o444)
    open_folder.chmod(0o555)
    with open_to_read(path) as store:
        assert what_is_in(store) == LEFT


def test_upgrade_by_several_processes_at_once(old):
    code = f"{LOOK}\nopen_store(path).section('people', sys.argv[2]).begin()"
    begun = [
        subprocess.Popen([sys.executable, "-c", code, str(old), str(number)], cwd=ROOT)
        for number in range(6)
    ]
    assert [process.wait() for process in begun] == [0] * 6
    with open_store(old) as store:
        assert len(what_is_in(store)["states"]) == 8


def test_upgrade_while_the_old_version_runs(old):
    with closing(sqlite3.connect(old, isolation_level=None)) as running:
        running.execute("UPDATE run SET error = 'before'")
        with open_store(old):
            running.execute("UPDATE run SET error = 'after'")
        assert running.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    with open_store(old) as store:
        assert {past.error for past in store.history()} == {"after"}


def test_upgrade_waits_for_a_writer(old):
    other = sqlite3.connect(old, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    other.execute("UPDATE run SET error = 'written'")
    ends = threading.Timer(0.1, other.execute, ["COMMIT"])
    ends.start()
    with open_store(old):
        pass
    ends.join()
    other.close()
    with open_to_read(old.with_name("state.db.v1")) as store:
        assert {past.error for past in store.history()} == {"written"}


class TestFailedUpgrade:
    @staticmethod
    def is_as_it_was(path):
        assert pragma(path, "user_version") == 1
        assert "checkpoint" not in tables(path)
        with open_to_read(path) as store:
            assert what_is_in(store) == LEFT

    def test_upgrade_error_within_a_step_rolls_back(self, old, monkeypatch):
        broken = (*schema.STEPS[1], "CREATE TABLE section (id)")
        monkeypatch.setattr(schema, "STEPS", (schema.STEPS[0], broken))
        with pytest.raises(
            ConnectorError, match=r"cannot read or write the state database \(SQLITE_ERROR\)"
        ):
            open_store(old)
        monkeypatch.undo()
        self.is_as_it_was(old)
        with open_store(old) as store:
            assert what_is_in(store) == LEFT

    def test_upgrade_copy_cannot_be_made_raises(self, old):
        old.with_name("state.db.v1").mkdir()
        with pytest.raises(ConnectorError, match="cannot copy the state database"):
            open_store(old)
        assert {item.name for item in old.parent.iterdir()} == {"state.db", "state.db.v1"}
        self.is_as_it_was(old)

    @pytest.mark.parametrize("left", [0, 50_000])
    def test_upgrade_with_full_disk_rolls_back(self, tmp_path, left):
        """First there is no room for the copy; then there is for that, and for nothing else."""
        disk = tmp_path / "disk"
        disk.mkdir()
        mount = ["mount", "-t", "tmpfs", "-o", "size=512k", "none", str(disk)]
        try:
            mounted = subprocess.run(mount, capture_output=True, check=False).returncode == 0
        except FileNotFoundError:
            mounted = False
        if not mounted:
            pytest.skip("this user cannot mount a disk")
        try:
            self.upgrade_without_room(disk, left)
        finally:
            subprocess.run(["umount", str(disk)], check=True)

    def upgrade_without_room(self, disk, left):
        path = disk / "state.db"
        shutil.copy(VERSION1, path)
        filler = disk / "filler"
        used = os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize - left
        filler.write_bytes(bytes(used))
        with pytest.raises(ConnectorError) as caught:
            open_store(path)
        assert "full" in str(caught.value) or "No space left" in str(caught.value)
        assert not disk.joinpath("state.db.v1.new").exists()
        filler.unlink()
        self.is_as_it_was(path)
        with open_store(path) as store:
            assert what_is_in(store) == LEFT
        assert pragma(path, "user_version") == schema.VERSION
