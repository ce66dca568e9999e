"""One run of a section at a time: who holds the lock is told, and the dead are in nobody's way."""

import json
import os
import re
import socket
import stat
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest

from lib.errors import AlreadyRunning, ConfigurationError, ExitCode
from lib.state.sqlite import lock
from lib.state.sqlite.lock import SectionLock

ROOT = Path(__file__).resolve().parents[4]
HOLDER = """
import sys
from pathlib import Path
from lib.state.sqlite.lock import SectionLock
with SectionLock(Path(sys.argv[1]), sys.argv[2]):
    print("held", flush=True)
    sys.stdin.read()
"""
SINCE = r"started 2\d\d\d-\d\d-\d\d \d\d:\d\d UTC"


@pytest.fixture
def state(tmp_path):
    return tmp_path / "state.db"


@contextmanager
def another_process(state, section):
    """Another process that holds the lock until the end of the block, or until it is killed."""
    command = [sys.executable, "-c", HOLDER, str(state), section]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "held\n"
        yield process


def is_free(state, section="ldap"):
    try:
        with SectionLock(state, section):
            return True
    except AlreadyRunning:
        return False


def test_lock_held_names_its_holder(state):
    with another_process(state, "ldap") as process, pytest.raises(AlreadyRunning) as caught:
        SectionLock(state, "ldap").__enter__()
    text = str(caught.value)
    expected = (
        rf"the section is already running \(process {process.pid} on"
        rf" {re.escape(socket.gethostname())}"
        rf", {SINCE}\)\. Wait until it has finished, or use --wait\."
    )
    assert re.fullmatch(expected, text), text
    assert caught.value.exit_code == ExitCode.ALREADY_RUNNING
    assert is_free(state)


def test_lock_of_a_dead_process_is_free(state):
    with another_process(state, "ldap") as process:
        assert not is_free(state)
        process.kill()
        process.wait()
        assert state.with_name("state.db.ldap.holder").exists()
        with SectionLock(state, "ldap"):
            about = json.loads(state.with_name("state.db.ldap.holder").read_text("utf-8"))
            assert about["pid"] == os.getpid()


def test_lock_is_released_after_an_error(state):
    with pytest.raises(KeyboardInterrupt), SectionLock(state, "ldap"):
        raise KeyboardInterrupt
    assert is_free(state)
    assert not state.with_name("state.db.ldap.holder").exists()


def test_lock_excludes_threads_of_one_process(state):
    inside, most, counted = [], [], threading.Lock()

    def run():
        for _ in range(5):
            with SectionLock(state, "ldap", wait=True, say=lambda _: None):
                with counted:
                    inside.append(1)
                    most.append(len(inside))
                inside.pop()

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(most) == 20
    assert set(most) == {1}


def test_lock_is_not_reentrant(state):
    with SectionLock(state, "ldap") as held:
        with pytest.raises(AlreadyRunning), held:
            pytest.fail("it was taken twice")
        assert not is_free(state)


def test_lock_wait_announces_once(state, monkeypatch):
    said, pauses = [], []
    with another_process(state, "ldap") as process:

        def pause(_seconds):
            pauses.append(process.poll())
            if len(pauses) == 3:
                process.stdin.close()
                process.wait()

        monkeypatch.setattr(lock.time, "sleep", pause)
        with SectionLock(state, "ldap", wait=True, say=said.append):
            assert not is_free(state)
    assert len(pauses) == 3
    [text] = said
    assert text.startswith(f"[ldap] the section is already running (process {process.pid} on ")
    assert "waiting" in text


def test_lock_wait_can_be_interrupted(state, monkeypatch):
    def interrupt(_seconds):
        raise KeyboardInterrupt

    monkeypatch.setattr(lock.time, "sleep", interrupt)
    with (
        SectionLock(state, "ldap"),
        pytest.raises(KeyboardInterrupt),
        SectionLock(state, "ldap", wait=True),
    ):
        pytest.fail("it did not wait")
    assert is_free(state)


def test_lock_wait_is_logged_by_default(state, monkeypatch, caplog):
    held = SectionLock(state, "ldap")
    monkeypatch.setattr(lock.time, "sleep", lambda _seconds: held.__exit__(None, None, None))
    with held, caplog.at_level("INFO"):
        SectionLock(state, "ldap", wait=True).__enter__().__exit__(None, None, None)
    assert [record.message.split(" (")[0] for record in caplog.records] == [
        "[ldap] the section is already running"
    ]


@pytest.mark.parametrize("content", ["", "{", "[]", '{"pid": 1}', '{"started": 1e99}', "\udcff"])
def test_lock_held_without_holder_file_is_another_process(state, content):
    with SectionLock(state, "ldap"):
        holder = state.with_name("state.db.ldap.holder")
        holder.write_text(content, encoding="utf-8", errors="surrogateescape")
        with pytest.raises(AlreadyRunning, match="in another process"):
            SectionLock(state, "ldap").__enter__()
        holder.unlink()
        with pytest.raises(AlreadyRunning, match="in another process"):
            SectionLock(state, "ldap").__enter__()


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("ldap", "ldap.Contractors"),
        ("ldap.a/b", "ldap.a_b"),
        ("ldap.a/b", "ldap.a:b"),
        ("ldap.a b", "ldap.a\tb"),
        ("ldap", "LDAP"),  # the same file on Windows and macOS
        ("ldap.é", "ldap.e\u0301"),
        ("ldap." + "x" * 300 + "1", "ldap." + "x" * 300 + "2"),
        ("ldap.\ud83d", "ldap.\ud83e"),
    ],
)
def test_lock_of_another_section_is_independent(state, one, two):
    with SectionLock(state, one):
        assert not is_free(state, one)
        with SectionLock(state, two):
            names = {path.name.lower() for path in state.parent.iterdir()}
            assert len(names) == 4
            assert all(re.fullmatch(r"state\.db\.[\w.~-]{,80}", name, re.ASCII) for name in names)


def test_lock_of_another_state_file_is_independent(state):
    with SectionLock(state, "ldap"), SectionLock(state.with_name("other.db"), "ldap"):
        pass


@pytest.mark.parametrize("section", ["../up", "/etc/ldap", "..", "a\\b", "ldap.\n"])
def test_lock_file_cannot_leave_the_folder(tmp_path, section):
    folder = tmp_path / "in" / "here"
    folder.mkdir(parents=True)
    with SectionLock(folder / "state.db", section):
        files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {path.parent for path in files} == {folder}


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_lock_files_are_private(state):
    before = os.umask(0)
    try:
        with SectionLock(state, "ldap"):
            modes = {stat.S_IMODE(path.stat().st_mode) for path in state.parent.iterdir()}
    finally:
        os.umask(before)
    assert modes == {0o600}


def test_lock_in_unwritable_folder_raises(tmp_path):
    (tmp_path / "file").touch()
    for folder in (tmp_path / "file", tmp_path / "none"):
        with pytest.raises(ConfigurationError) as caught:
            SectionLock(folder / "state.db", "ldap", wait=True).__enter__()
        text = str(caught.value)
        assert text.startswith(
            f"{folder / 'state.db.ldap.lock'}: state: cannot create the lock file"
        )
        assert caught.value.fix
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_lock_with_invalid_holder_file_still_holds(state):
    state.with_name("state.db.ldap.holder").mkdir()
    with SectionLock(state, "ldap"), pytest.raises(AlreadyRunning, match="in another process"):
        SectionLock(state, "ldap").__enter__()
    assert is_free(state)


def test_lock_not_supported_raises(state, monkeypatch):
    def acquire(*_, **__):
        raise NotImplementedError("this file system knows no locks")

    monkeypatch.setattr(lock.FileLock, "acquire", acquire)
    with pytest.raises(ConfigurationError, match="the file system does not support locks"):
        SectionLock(state, "ldap").__enter__()


def test_it_is_given_back_at_once_by_whichever_thread(state):
    held = SectionLock(state, "ldap").__enter__()
    giving_back = threading.Thread(target=held.__exit__, args=(None, None, None))
    giving_back.start()
    giving_back.join()
    assert is_free(state), "and not only once it is dropped"
    assert not state.with_name("state.db.ldap.holder").exists()
