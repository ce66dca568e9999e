"""Transactions that survive threads, kills and full disks; and what SQLite says, in words."""

import os
import random
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from lib.errors import ConfigurationError, ConnectorError
from lib.state import RecordToSave, open_store, open_to_read
from lib.state.sqlite import opening
from tests.lib.state.conftest import TARGET

ROOT = Path(__file__).resolve().parents[4]
KILLS = 20
BATCH = 10

# Writes batches, each of them with its number in every record and aside, and tells when one is in.
WRITER = f"""
import sys
from itertools import count
from pathlib import Path
from lib.state import RecordToSave, open_store

section = open_store(Path(sys.argv[1])).section("ldap", "{TARGET}")
section.left_running()
run = section.begin()
section.describe(fingerprint="f", full=False)
for batch in count():
    with section.batch():
        keys = [f"{{run}} {{batch}} {{number}}" for number in range({BATCH})]
        section.sent((key, b"d", "x" * 3_000) for key in keys)
        section.sent((f"same {{number}}", f"{{run}} {{batch}}".encode(), "{{}}")
                     for number in range({BATCH}))
        section.save_for_resend([RecordToSave("rejected", f"{{run}} {{batch}}", str(number))
                           for number in range({BATCH})])
    print(run, batch, flush=True)
"""


def records(*keys):
    return [(key, b"d", "{}") for key in keys]


class TestThreads:
    def test_writes_of_several_threads_are_all_stored(self, ledger, running):
        def write(name):
            for number in range(40):
                running.sent(records(f"{name} {number}"))
                running.save_for_resend([RecordToSave("rejected", f"{name} {number}")])

        threads = [threading.Thread(target=write, args=[name]) for name in "abcd"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        keys = [f"{name} {number}" for name in "abcd" for number in range(40)]
        assert set(running.known(keys)) == set(keys)
        assert {item.reason for item in ledger.saved_records()} == set(keys)

    def test_batch_of_a_thread_excludes_other_threads(self, ledger, running):
        other = ledger.section("other", TARGET)
        begun, done = threading.Event(), threading.Event()

        def write():
            begun.set()
            other.begin()
            other.sent(records("b"))
            done.set()

        thread = threading.Thread(target=write)
        with pytest.raises(ZeroDivisionError), running.batch():
            running.sent(records("a"))
            thread.start()
            begun.wait()
            assert not done.wait(0.05)
            running.seen([str(1 // 0)])
        thread.join()
        assert running.known(["a"]) == {}
        assert set(other.known(["b"])) == {"b"}


class TestKilled:
    def test_killed_writer_leaves_a_consistent_file(self, path):
        moments = random.Random(5)
        written = 0
        for _ in range(KILLS):
            run, batch = self.kill_a_writer(path, moments.uniform(0, 0.08))
            self.check_whole(path)
            written += batch + 1
            section = open_store(path)
            with section as ledger:
                known = ledger.section("ldap", TARGET).known([f"{run} {batch} {BATCH - 1}"])
                assert len(known) == 1, "what it said to be in is in"
                assert ledger.history()[0].state == "running"
        with open_store(path) as ledger:
            assert len(ledger.section("ldap", TARGET).left_running()) == 1
            assert [past.state for past in ledger.history(limit=99)] == ["killed"] * KILLS
        assert written > KILLS

    @staticmethod
    def kill_a_writer(path, seconds):
        """Returns the run and the number of the last batch that the writer said to be in."""
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
        ) as process:
            said = process.stdout.readline()
            time.sleep(seconds)
            process.kill()
            lines = [said, *process.stdout.read().splitlines(keepends=True)]
        whole = [line for line in lines if line.endswith("\n")]
        run, batch = whole[-1].split()
        return int(run), int(batch)

    @staticmethod
    def check_whole(path):
        connection = sqlite3.connect(path)
        try:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            keys = [key.decode() for (key,) in connection.execute("SELECT key FROM record")]
            sizes = {}
            for key in keys:
                batch = key.rpartition(" ")[0]
                sizes[batch] = sizes.get(batch, 0) + 1
            assert set(sizes.values()) == {BATCH}
            latest = max(
                (tuple(map(int, batch.split())) for batch in sizes if batch != "same"),
            )
            text = f"{latest[0]} {latest[1]}"
            same = connection.execute(
                "SELECT DISTINCT digest FROM record WHERE CAST(key AS TEXT) LIKE 'same %'"
            )
            assert same.fetchall() == [(text.encode(),)]
            asides = connection.execute("SELECT reason, count(*) FROM aside GROUP BY reason")
            assert asides.fetchall() == [(text, BATCH)]
        finally:
            connection.close()


class TestErrors:
    @staticmethod
    def told(path, call):
        with pytest.raises(ConnectorError) as caught:
            call()
        assert caught.value.where == str(path)
        assert caught.value.fix
        assert "Traceback" not in str(caught.value)
        return caught.value

    def test_full_disk_rolls_back_the_batch_only(self, path, running):
        running.sent(records("before"))
        connection = running._database._connection
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages + 5}")

        def write():
            with running.batch():
                running.sent(records("small"))
                running.sent((str(number), b"d", os.urandom(900).hex()) for number in range(100))

        error = self.told(path, write)
        assert "the disk is full" in str(error)
        assert not isinstance(error, ConfigurationError)
        assert set(running.known(["before", "small", "0"])) == {"before"}
        connection.execute("PRAGMA max_page_count = 100000")
        write()
        assert set(running.known(["before", "small", "99"])) == {"before", "small", "99"}

    def test_full_disk_is_a_connector_error(self, tmp_path):
        disk = tmp_path / "disk"
        disk.mkdir()
        mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(disk)]
        try:
            mounted = subprocess.run(mount, capture_output=True, check=False).returncode == 0
        except FileNotFoundError:
            mounted = False
        if not mounted:
            pytest.skip("this user cannot mount a disk")
        try:
            self.fill_the_disk(disk / "state.db")
        finally:
            subprocess.run(["umount", str(disk)], check=True)

    def fill_the_disk(self, path):
        written = []

        def write(section):
            for number in range(1_000):
                section.sent([(str(number), b"d", os.urandom(900).hex())])
                written.append(str(number))

        filler = path.with_name("filler")
        filler.write_bytes(bytes(300_000))
        with open_store(path) as ledger:
            section = ledger.section("ldap", TARGET)
            section.begin()
            assert "full" in str(self.told(path, lambda: write(section)))
            assert len(written) > 10
            assert len(section.known(written)) == len(written)
        with open_to_read(path) as ledger:
            assert len(ledger.section("ldap", TARGET).known(written)) == len(written)
        filler.unlink()
        with open_store(path) as ledger:
            section = ledger.section("ldap", TARGET)
            section.begin()
            section.sent(records("after"))
            assert len(section.known([*written, "after"])) == len(written) + 1

    def test_damaged_file_is_a_connector_error(self, path):
        with open_store(path) as ledger:
            section = ledger.section("ldap", TARGET)
            section.begin()
            section.sent(records(*map(str, range(2_000))))
        content = bytearray(path.read_bytes())
        content[4096 * 6 :] = os.urandom(len(content) - 4096 * 6)
        path.write_bytes(content)
        with open_store(path) as ledger:
            section = ledger.section("ldap", TARGET)
            error = self.told(path, lambda: section.known(list(map(str, range(2_000)))))
        assert "damaged" in str(error)
        assert "move it away" in error.fix

    def test_locked_file_is_a_connector_error(self, path, monkeypatch, running):
        monkeypatch.setattr(opening, "BUSY_TIMEOUT", 0.05)
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        error = self.told(path, lambda: open_store(path))
        other.close()
        assert "another program has locked the state database" in str(error)

    def test_unwritable_file_is_a_configuration_error(self, path, running):
        running._database._connection.execute("PRAGMA query_only = ON")
        error = self.told(path, lambda: running.sent(records("a")))
        assert isinstance(error, ConfigurationError)
        assert "cannot write the state database" in str(error)

    def test_closed_store_is_a_connector_error(self, path, ledger, running):
        ledger.close()
        for call in (ledger.history, lambda: running.sent(records("a")), ledger.saved_records):
            self.told(path, call)


class TestLasting:
    """What SQLite is told to wait for: 2 is the disk at the end of each transaction, 1 is not."""

    @pytest.fixture
    def waits_for(self, ledger):
        return lambda: ledger._database.rows("PRAGMA synchronous")[0][0]

    def test_lasting_batch_waits_for_the_disk(self, running, waits_for):
        with running.batch():
            assert waits_for() == 2

    def test_batch_after_a_not_lasting_one_waits_again(self, running, waits_for):
        with running.batch(lasting=False):
            running.sent(records("ada"))
            assert waits_for() == 1
        running.save_for_resend([RecordToSave("rejected", "no")])
        assert waits_for() == 2

    def test_error_in_a_not_lasting_batch_keeps_the_next_lasting(self, running, waits_for):
        with pytest.raises(ZeroDivisionError), running.batch(lasting=False):
            running.sent(records("ada"))
            raise ZeroDivisionError
        assert running.known(["ada"]) == {}
        with running.batch():
            assert waits_for() == 2

    def test_interrupted_pragma_is_set_again(self, path, ledger, running, monkeypatch):
        database = ledger._database
        run = database._execute

        def interrupted(statement):
            run(statement)
            if statement.startswith("PRAGMA synchronous"):
                raise KeyboardInterrupt

        with running.batch(lasting=False):
            pass
        monkeypatch.setattr(database, "_execute", interrupted)
        with pytest.raises(KeyboardInterrupt), running.batch():
            pytest.fail("it was interrupted before")
        with pytest.raises(KeyboardInterrupt), running.batch(lasting=True):
            pytest.fail("it is said again, since it is not known what counts")
