"""The ledger's file: made for its owner alone, never mistaken, and read without leaving a trace."""

import os
import shutil
import sqlite3
import stat
import subprocess
import sys
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lib.errors import ConfigurationError
from lib.state import NewAside, open_store, open_to_read
from lib.state.sqlite.opening import VERSION
from tests.lib.state.conftest import TARGET

ROOT = Path(__file__).resolve().parents[4]
NOBODY = 65534
POSIX = pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")


def fill(path):
    """Make a ledger with one known record and one aside, and close it."""
    with open_store(path) as ledger:
        add(ledger, "a")


def add(ledger, key):
    section = ledger.section("ldap", TARGET)
    section.begin()
    section.sent([(key, b"d", "{}")])
    section.put_aside([NewAside("rejected", "no")])


def knows(ledger, *keys):
    return sorted(ledger.section("ldap", TARGET).known(keys))


def pragma(path, name):
    connection = sqlite3.connect(path)
    try:
        return connection.execute(f"PRAGMA {name}").fetchone()[0]
    finally:
        connection.close()


def refused(call, path, *words):
    with pytest.raises(ConfigurationError) as caught:
        call(path)
    text = str(caught.value)
    assert text.startswith(f"{path}: state: "), text
    assert caught.value.fix
    for word in words:
        assert word in text
    return text


def as_somebody_else(code, *arguments):
    """What this code prints, run by a user who owns nothing here (root may write everywhere)."""
    become = f"import os\nif os.getuid() == 0: os.setgid({NOBODY}); os.setuid({NOBODY})\n"
    result = subprocess.run(
        [sys.executable, "-c", f"{LOOK}\n{become}\n{code}", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout.split()


# All imports come before the change of user, to whom this Python may not be readable.
LOOK = """
import encodings.idna, lib.state.sqlite, socket, sys
from pathlib import Path
from lib.errors import ConfigurationError
from lib.state import open_store, open_to_read
path = Path(sys.argv[1])
"""
KNOWN = f"""
with open_to_read(path) as ledger:
    print(*sorted(ledger.section("ldap", "{TARGET}").known(["a", "b"])))
"""


@pytest.fixture
def open_folder():
    """A folder into which everybody can look; those of pytest are closed to others."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    folder.chmod(0o755)
    shutil.rmtree(folder)


class TestToWrite:
    def test_a_new_file_is_durable_and_has_a_version(self, path):
        with open_store(path) as ledger:
            connection = ledger._database._connection
            assert connection.execute("PRAGMA synchronous").fetchone() == (2,)  # FULL
            assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert pragma(path, "user_version") == VERSION
        assert [item.name for item in path.parent.iterdir()] == [path.name]

    @POSIX
    def test_only_its_owner_may_read_any_part_of_it(self, path):
        before = os.umask(0)
        try:
            with open_store(path) as ledger:
                add(ledger, "a")
                files = {item.name: item for item in path.parent.iterdir()}
                assert set(files) == {path.name, f"{path.name}-wal", f"{path.name}-shm"}
                assert {stat.S_IMODE(item.stat().st_mode) for item in files.values()} == {0o600}
        finally:
            os.umask(before)

    def test_an_odd_name_is_a_name(self, tmp_path):
        path = tmp_path / "a?mode=memory#x%20 ä.db"
        fill(path)
        assert path.exists()
        with open_to_read(path) as ledger:
            assert knows(ledger, "a") == ["a"]

    def test_a_name_may_be_relative(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        fill(Path("state.db"))
        assert (tmp_path / "state.db").exists()

    def test_an_empty_file_is_filled(self, path):
        path.touch()
        fill(path)
        with open_store(path) as ledger:
            assert knows(ledger, "a") == ["a"]

    def test_several_may_begin_with_it_at_once(self, path):
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

    def test_it_waits_for_one_who_begins_with_it(self, path):
        other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        other.execute("BEGIN IMMEDIATE")
        ends = threading.Timer(0.1, other.execute, ["COMMIT"])
        ends.start()
        fill(path)
        ends.join()
        other.close()

    def test_to_close_it_twice_does_no_harm(self, path):
        ledger = open_store(path)
        ledger.close()
        ledger.close()


@pytest.mark.parametrize("opened", [open_store, open_to_read])
class TestMistaken:
    def test_a_file_of_a_newer_version_is_left_as_it_is(self, path, opened):
        fill(path)
        connection = sqlite3.connect(path)
        connection.execute(f"PRAGMA user_version = {VERSION + 1}")
        connection.close()
        content = path.read_bytes()
        refused(opened, path, "newer version", "Update this program")
        assert path.read_bytes() == content

    @pytest.mark.parametrize(
        "statement", ["CREATE TABLE record (id)", "PRAGMA user_version = 1", "VACUUM"]
    )
    def test_the_database_of_another_program_is_left_as_it_is(self, path, opened, statement):
        connection = sqlite3.connect(path)
        connection.execute(statement)
        if statement == "VACUUM":
            connection.execute("PRAGMA application_id = 7")
        connection.close()
        content = path.read_bytes()
        refused(opened, path, "another program", "Name another file")
        assert path.read_bytes() == content

    def test_a_file_that_is_no_database_is_left_as_it_is(self, path, opened):
        path.write_text("[ldap]\nenable = True\n" * 100)
        content = path.read_bytes()
        refused(opened, path, "not a database", "another file")
        assert path.read_bytes() == content


class TestNotWritable:
    def test_a_folder_that_is_not_there(self, tmp_path):
        refused(open_store, tmp_path / "none" / "state.db", "No such file", "folder")
        (tmp_path / "file").touch()
        refused(open_store, tmp_path / "file" / "state.db", "cannot be made", "folder")

    def test_a_folder_in_place_of_the_file(self, path):
        path.mkdir()
        refused(open_store, path, "cannot be written")

    @POSIX
    def test_a_folder_that_is_not_writable(self, open_folder):
        open_folder.chmod(0o555)
        told = "try: open_store(path)\nexcept ConfigurationError as error: print(error)"
        text = " ".join(as_somebody_else(told, str(open_folder / "state.db")))
        assert text.startswith(f"{open_folder / 'state.db'}: state: the file cannot be made")
        assert list(open_folder.iterdir()) == []

    @POSIX
    @pytest.mark.parametrize("mode", [0o444, 0o666])
    def test_a_file_that_cannot_be_written_or_has_no_room_beside_it(self, open_folder, mode):
        path = open_folder / "state.db"
        fill(path)
        path.chmod(mode)
        open_folder.chmod(0o555)
        told = "try: open_store(path)\nexcept ConfigurationError as error: print(error)"
        text = " ".join(as_somebody_else(told, str(path)))
        assert text.startswith(f"{path}: state: the file cannot be written")
        assert list(open_folder.iterdir()) == [path]


class TestToLook:
    def test_a_file_that_is_not_there_is_empty_and_is_not_made(self, tmp_path):
        for path in (tmp_path / "state.db", tmp_path / "none" / "state.db"):
            with open_to_read(path) as ledger:
                section = ledger.section("ldap", TARGET)
                assert ledger.history() == list(ledger.saved_records()) == section.left_open() == []
                assert section.known(["a"]) == {}
                assert section.last_complete() is section.last_full() is None
                assert list(section.missing()) == []
                with ThreadPoolExecutor(1) as another:
                    assert another.submit(section.last_full).result() is None
        assert list(tmp_path.iterdir()) == []

    def test_an_empty_file_is_empty_and_stays_so(self, path):
        path.touch()
        with open_to_read(path) as ledger:
            assert ledger.history() == []
        assert path.read_bytes() == b""

    def test_all_can_be_read_and_nothing_written(self, path):
        fill(path)
        content = path.read_bytes()
        with open_to_read(path) as ledger:
            assert knows(ledger, "a") == ["a"]
            assert [item.reason for item in ledger.saved_records()] == ["no"]
            section = ledger.section("ldap", TARGET)
            for call in (section.begin, lambda: section.closed(1), lambda: ledger.expire(0)):
                with pytest.raises(ConfigurationError, match="cannot be written"):
                    call()
        assert list(path.parent.iterdir()) == [path]
        assert path.read_bytes() == content

    def test_while_a_run_writes_its_latest_is_seen(self, path):
        with open_store(path) as writer:
            add(writer, "a")
            with open_to_read(path) as ledger:
                assert knows(ledger, "a", "b") == ["a"]
                add(writer, "b")
                assert knows(ledger, "a", "b") == ["a", "b"]

    def test_while_a_run_begins_and_ends_what_is_read_is_whole(self, path):
        fill(path)
        with open_to_read(path) as ledger:
            assert knows(ledger, "a") == ["a"]
            with open_store(path) as writer:
                section = writer.section("ldap", TARGET)
                section.begin()
                section.sent((f"{number}", b"d", "x" * 1_000) for number in range(3_000))
            assert knows(ledger, "a", "0", "2999") == ["0", "2999", "a"]
        assert list(path.parent.iterdir()) == [path]

    def test_what_a_killed_run_left_is_seen(self, path):
        killed = "import os\nfrom tests.lib.state.sqlite.test_opening import *\n"
        killed += f"add(open_store(Path({str(path)!r})), 'a')\nos._exit(9)"
        assert subprocess.run([sys.executable, "-c", killed], cwd=ROOT, check=False).returncode == 9
        assert path.with_name("state.db-wal").exists()
        with open_to_read(path) as ledger:
            assert knows(ledger, "a") == ["a"]

    @POSIX
    def test_it_can_be_read_where_nothing_can_be_written(self, open_folder):
        path = open_folder / "state.db"
        fill(path)
        path.chmod(0o644)
        open_folder.chmod(0o555)
        assert as_somebody_else(KNOWN, str(path)) == ["a"]
        assert list(open_folder.iterdir()) == [path]

    @POSIX
    def test_another_user_leaves_nothing_behind_where_the_folder_is_open_to_all(self, open_folder):
        path = open_folder / "state.db"
        fill(path)
        path.chmod(0o444)
        open_folder.chmod(0o777)
        assert as_somebody_else(KNOWN, str(path)) == ["a"]
        assert list(open_folder.iterdir()) == [path]

    @POSIX
    def test_another_user_sees_what_a_run_writes(self, open_folder):
        path = open_folder / "state.db"
        with open_store(path) as ledger:
            add(ledger, "a")
            for item in open_folder.iterdir():
                item.chmod(0o644)
            add(ledger, "b")
            assert as_somebody_else(KNOWN, str(path)) == ["a", "b"]

    @POSIX
    @pytest.mark.skipif(os.name == "posix" and os.getuid() != 0, reason="needs another user")
    def test_what_is_for_other_users_is_as_good_as_empty(self, open_folder):
        path = open_folder / "state.db"
        fill(path)
        warned = "import logging; logging.basicConfig(stream=sys.stdout)\n"
        text = " ".join(as_somebody_else(warned + KNOWN, str(path)))
        assert text.startswith(f"WARNING:lib.state.sqlite.opening:{path}: the state cannot be read")
        assert text.endswith("empty")
