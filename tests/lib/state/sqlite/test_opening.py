"""The store's file: made for its owner alone, and never mistaken."""

import os
import sqlite3
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from lib.state import open_store, open_to_read
from lib.state.sqlite.schema import VERSION
from tests.lib.state.sqlite.statefile import (
    LOOK,
    POSIX,
    ROOT,
    add,
    as_somebody_else,
    fill,
    knows,
    pragma,
    refused,
)


class TestOpenStore:
    def test_open_store_new_file_is_durable_and_has_a_version(self, path):
        with open_store(path) as ledger:
            connection = ledger._database._connection
            assert connection.execute("PRAGMA synchronous").fetchone() == (2,)  # FULL
            assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert pragma(path, "user_version") == VERSION
        assert [item.name for item in path.parent.iterdir()] == [path.name]

    @POSIX
    def test_open_store_files_are_private(self, path):
        before = os.umask(0)
        try:
            with open_store(path) as ledger:
                add(ledger, "a")
                files = {item.name: item for item in path.parent.iterdir()}
                assert set(files) == {path.name, f"{path.name}-wal", f"{path.name}-shm"}
                assert {stat.S_IMODE(item.stat().st_mode) for item in files.values()} == {0o600}
        finally:
            os.umask(before)

    def test_open_store_accepts_any_file_name(self, tmp_path):
        path = tmp_path / "a?mode=memory#x%20 ä.db"
        fill(path)
        assert path.exists()
        with open_to_read(path) as ledger:
            assert knows(ledger, "a") == ["a"]

    def test_open_store_accepts_a_relative_path(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        fill(Path("state.db"))
        assert (tmp_path / "state.db").exists()

    def test_open_store_initializes_an_empty_file(self, path):
        path.touch()
        fill(path)
        with open_store(path) as ledger:
            assert knows(ledger, "a") == ["a"]

    def test_open_store_by_several_processes_at_once(self, path):
        code = (
            f"{LOOK}\nwith open_store(path) as ledger: ledger.section('ldap', sys.argv[2]).begin()"
        )
        begun = [
            subprocess.Popen([sys.executable, "-c", code, str(path), str(number)], cwd=ROOT)
            for number in range(6)
        ]
        assert [process.wait() for process in begun] == [0] * 6
        with open_store(path) as ledger:
            assert len(ledger.history()) == 6

    def test_open_store_waits_for_another_process(self, path):
        other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        other.execute("BEGIN IMMEDIATE")
        ends = threading.Timer(0.1, other.execute, ["COMMIT"])
        ends.start()
        fill(path)
        ends.join()
        other.close()

    def test_close_twice_is_allowed(self, path):
        ledger = open_store(path)
        ledger.close()
        ledger.close()


@pytest.mark.parametrize("opened", [open_store, open_to_read])
class TestForeignFiles:
    def test_open_store_newer_version_raises(self, path, opened):
        fill(path)
        connection = sqlite3.connect(path)
        connection.execute(f"PRAGMA user_version = {VERSION + 1}")
        connection.close()
        content = path.read_bytes()
        refused(opened, path, "newer version", "Update the connector")
        assert path.read_bytes() == content

    @pytest.mark.parametrize(
        "statement", ["CREATE TABLE record (id)", "PRAGMA user_version = 1", "VACUUM"]
    )
    def test_open_store_foreign_database_raises(self, path, opened, statement):
        connection = sqlite3.connect(path)
        connection.execute(statement)
        if statement == "VACUUM":
            connection.execute("PRAGMA application_id = 7")
        connection.close()
        content = path.read_bytes()
        refused(opened, path, "another program", "Set state to another file")
        assert path.read_bytes() == content

    def test_open_store_not_a_database_raises(self, path, opened):
        path.write_text("[ldap]\nenable = True\n" * 100)
        content = path.read_bytes()
        refused(opened, path, "not a state database", "another file")
        assert path.read_bytes() == content


class TestNotWritable:
    def test_open_store_missing_folder_raises(self, tmp_path):
        refused(open_store, tmp_path / "none" / "state.db", "No such file", "folder")
        (tmp_path / "file").touch()
        refused(
            open_store, tmp_path / "file" / "state.db", "cannot create the state database", "folder"
        )

    def test_open_store_of_a_folder_raises(self, path):
        path.mkdir()
        refused(open_store, path, "this is a folder, not a file")

    @POSIX
    def test_open_store_unwritable_folder_raises(self, open_folder):
        open_folder.chmod(0o555)
        told = "try: open_store(path)\nexcept ConfigurationError as error: print(error)"
        text = " ".join(as_somebody_else(told, str(open_folder / "state.db")))
        assert text.startswith(
            f"{open_folder / 'state.db'}: state: cannot create the state database"
        )
        assert list(open_folder.iterdir()) == []

    @POSIX
    @pytest.mark.parametrize("mode", [0o444, 0o666])
    def test_open_store_unwritable_file_raises(self, open_folder, mode):
        path = open_folder / "state.db"
        fill(path)
        path.chmod(mode)
        open_folder.chmod(0o555)
        told = "try: open_store(path)\nexcept ConfigurationError as error: print(error)"
        text = " ".join(as_somebody_else(told, str(path)))
        assert text.startswith(f"{path}: state: cannot write the state database")
        assert list(open_folder.iterdir()) == [path]
