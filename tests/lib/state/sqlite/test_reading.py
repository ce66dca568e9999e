"""To read the file without leaving a trace; and what cannot be read is never taken for empty."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest

from lib.errors import ConfigurationError, ExitCode, StateUnreadable
from lib.state import RecordToSave, open_store, open_to_read
from tests.lib.state.conftest import TARGET
from tests.lib.state.sqlite.statefile import KNOWN, POSIX, ROOT, add, as_somebody_else, fill, knows


def test_open_to_read_missing_file_is_empty_and_not_created(tmp_path):
    for path in (tmp_path / "state.db", tmp_path / "none" / "state.db"):
        with open_to_read(path) as ledger:
            section = ledger.section("ldap", TARGET)
            assert ledger.history() == list(ledger.saved_records()) == section.left_open() == []
            assert section.known(["a"]) == {}
            assert section.last_complete() is section.last_full() is None
            assert list(section.missing()) == []
    assert list(tmp_path.iterdir()) == []


def test_open_to_read_empty_file_stays_empty(path):
    path.touch()
    with open_to_read(path) as ledger:
        assert ledger.history() == []
    assert path.read_bytes() == b""


def test_open_to_read_rejects_writes(path):
    fill(path)
    content = path.read_bytes()
    with open_to_read(path) as ledger:
        assert knows(ledger, "a") == ["a"]
        assert [item.reason for item in ledger.saved_records()] == ["no"]
        section = ledger.section("ldap", TARGET)
        for call in (section.begin, lambda: section.closed(1), lambda: ledger.expire(0)):
            with pytest.raises(ConfigurationError, match="cannot write the state database"):
                call()
    assert list(path.parent.iterdir()) == [path]
    assert path.read_bytes() == content


def test_open_to_read_sees_commits_of_a_run(path):
    with open_store(path) as writer:
        add(writer, "a")
        with open_to_read(path) as ledger:
            assert knows(ledger, "a", "b") == ["a"]
            add(writer, "b")
            assert knows(ledger, "a", "b") == ["a", "b"]


def test_open_to_read_during_a_run_is_consistent(path):
    fill(path)
    with open_to_read(path) as ledger:
        assert knows(ledger, "a") == ["a"]
        with open_store(path) as writer:
            section = writer.section("ldap", TARGET)
            section.begin()
            section.sent((f"{number}", b"d", "x" * 1_000) for number in range(3_000))
        assert knows(ledger, "a", "0", "2999") == ["0", "2999", "a"]
    assert list(path.parent.iterdir()) == [path]


def test_open_to_read_sees_commits_of_a_killed_run(path):
    killed = "import os\nfrom tests.lib.state.sqlite.statefile import *\n"
    killed += f"add(open_store(Path({str(path)!r})), 'a')\nos._exit(9)"
    assert subprocess.run([sys.executable, "-c", killed], cwd=ROOT, check=False).returncode == 9
    assert path.with_name("state.db-wal").exists()
    with open_to_read(path) as ledger:
        assert knows(ledger, "a") == ["a"]


@POSIX
def test_open_to_read_in_unwritable_folder(open_folder):
    path = open_folder / "state.db"
    fill(path)
    path.chmod(0o644)
    open_folder.chmod(0o555)
    assert as_somebody_else(KNOWN, str(path)) == ["a"]
    assert list(open_folder.iterdir()) == [path]


@POSIX
def test_open_to_read_by_another_user_leaves_no_files(open_folder):
    path = open_folder / "state.db"
    fill(path)
    path.chmod(0o444)
    open_folder.chmod(0o777)
    assert as_somebody_else(KNOWN, str(path)) == ["a"]
    assert list(open_folder.iterdir()) == [path]


@POSIX
def test_open_to_read_by_another_user_sees_commits(open_folder):
    path = open_folder / "state.db"
    with open_store(path) as ledger:
        add(ledger, "a")
        for item in open_folder.iterdir():
            item.chmod(0o644)
        add(ledger, "b")
        assert as_somebody_else(KNOWN, str(path)) == ["a", "b"]


# What cannot be read, is said so.


def unreadable(path, *words):
    with pytest.raises(StateUnreadable) as caught, open_to_read(path) as store:
        section = store.section("ldap", TARGET)
        store.history()
        list(store.saved_records())
        list(section.missing())
        section.known(list(map(str, range(2_000))))
    error = caught.value
    assert error.where == str(path)
    assert error.fix
    assert error.exit_code == ExitCode.CONFIGURATION
    for word in words:
        assert word in str(error)


@POSIX
@pytest.mark.skipif(os.name == "posix" and os.getuid() != 0, reason="needs another user")
@pytest.mark.parametrize("whose", ["file", "folder"])
def test_open_to_read_without_permission_raises(open_folder, whose):
    path = open_folder / "in" / "state.db"
    path.parent.mkdir()
    fill(path)
    path.chmod(0o600 if whose == "file" else 0o644)
    path.parent.chmod(0o755 if whose == "file" else 0o700)
    told = "try: open_to_read(path)\nexcept StateUnreadable as error: print(error)"
    text = " ".join(as_somebody_else(told, str(path)))
    assert text.startswith(f"{path}: state: cannot read the state database (")


@POSIX
@pytest.mark.skipif(os.name == "posix" and os.getuid() != 0, reason="needs another user")
def test_open_to_read_wal_of_another_user_raises(open_folder):
    path = open_folder / "state.db"
    killed = "import os\nfrom tests.lib.state.sqlite.statefile import *\n"
    killed += f"add(open_store(Path({str(path)!r})), 'a')\nos._exit(9)"
    subprocess.run([sys.executable, "-c", killed], cwd=ROOT, check=False)
    path.with_name("state.db-shm").unlink()
    path.chmod(0o644)
    told = "try: open_to_read(path)\nexcept StateUnreadable as error: print(error)"
    assert "to include the changes of the last run, write access is needed" in " ".join(
        as_somebody_else(told, str(path))
    )


def test_open_to_read_of_a_folder_raises(path):
    path.mkdir()
    unreadable(path, "this is a folder")


def test_open_to_read_not_a_database_raises(path):
    path.write_text("[ldap]\n" * 100)
    unreadable(path, "not a state database")


@pytest.mark.parametrize("part", ["all but the head", "the middle", "cut"])
def test_open_to_read_damaged_file_raises(path, part):
    with open_store(path) as store:
        section = store.section("ldap", TARGET)
        for _ in range(30):
            section.begin()
            section.save_for_resend(
                [RecordToSave("rejected", f"{number} " + "x" * 50) for number in range(40)]
            )
            section.sent((str(number), b"d", "{}") for number in range(2_000))
    content = bytearray(path.read_bytes())
    if part == "cut":
        content = content[: len(content) // 3]
    else:
        begin = 4096 if part == "all but the head" else len(content) // 3
        content[begin:] = b"\xa5" * (len(content) - begin)
    path.write_bytes(content)
    unreadable(path, "damaged")


def test_open_to_read_invalid_row_raises(path):
    fill(path)
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("UPDATE run SET counts = '{'")
    unreadable(path, "damaged")
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("UPDATE run SET counts = '{}'")
        database.execute("UPDATE aside SET fetched = x'00'")
    unreadable(path, "damaged")
