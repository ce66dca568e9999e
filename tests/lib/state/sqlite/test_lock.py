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
SINCE = r"since 2\d\d\d-\d\d-\d\d \d\d:\d\d UTC"


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


def test_who_runs_the_section_is_told(state):
    with another_process(state, "ldap") as process, pytest.raises(AlreadyRunning) as caught:
        SectionLock(state, "ldap").__enter__()
    text = str(caught.value)
    expected = (
        rf"\[ldap\] is being run by process {process.pid} on {re.escape(socket.gethostname())}"
        rf" {SINCE}\. Wait for it, or use --wait\."
    )
    assert re.fullmatch(expected, text), text
    assert caught.value.exit_code == ExitCode.ALREADY_RUNNING
    assert is_free(state)


def test_a_dead_holder_is_not_in_the_way(state):
    with another_process(state, "ldap") as process:
        assert not is_free(state)
        process.kill()
        process.wait()
        assert state.with_name("state.db.ldap.holder").exists()
        with SectionLock(state, "ldap"):
            about = json.loads(state.with_name("state.db.ldap.holder").read_text("utf-8"))
            assert about["pid"] == os.getpid()


def test_the_lock_is_given_back_also_after_an_error(state):
    with pytest.raises(KeyboardInterrupt), SectionLock(state, "ldap"):
        raise KeyboardInterrupt
    assert is_free(state)
    assert not state.with_name("state.db.ldap.holder").exists()


def test_threads_of_one_process_exclude_each_other(state):
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


def test_it_is_taken_once_even_by_the_same_object(state):
    with SectionLock(state, "ldap") as held:
        with pytest.raises(AlreadyRunning), held:
            pytest.fail("it was taken twice")
        assert not is_free(state)


def test_who_waits_says_so_once_and_gets_it(state, monkeypatch):
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
    assert text.startswith(f"[ldap] is being run by process {process.pid} on ")
    assert "waiting" in text


def test_who_waits_can_be_interrupted(state, monkeypatch):
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


def test_waiting_is_noted_in_the_log_unless_it_is_said_elsewhere(state, monkeypatch, caplog):
    held = SectionLock(state, "ldap")
    monkeypatch.setattr(lock.time, "sleep", lambda _seconds: held.__exit__(None, None, None))
    with held, caplog.at_level("INFO"):
        SectionLock(state, "ldap", wait=True).__enter__().__exit__(None, None, None)
    assert [record.message.split(" by ")[0] for record in caplog.records] == ["[ldap] is being run"]


@pytest.mark.parametrize("content", ["", "{", "[]", '{"pid": 1}', '{"started": 1e99}', "\udcff"])
def test_a_holder_that_has_not_told_yet_is_another_process(state, content):
    with SectionLock(state, "ldap"):
        holder = state.with_name("state.db.ldap.holder")
        holder.write_text(content, encoding="utf-8", errors="surrogateescape")
        with pytest.raises(AlreadyRunning, match="by another process"):
            SectionLock(state, "ldap").__enter__()
        holder.unlink()
        with pytest.raises(AlreadyRunning, match="by another process"):
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
def test_sections_do_not_share_a_lock(state, one, two):
    with SectionLock(state, one):
        assert not is_free(state, one)
        with SectionLock(state, two):
            names = {path.name.lower() for path in state.parent.iterdir()}
            assert len(names) == 4
            assert all(re.fullmatch(r"state\.db\.[\w.~-]{,80}", name, re.ASCII) for name in names)


def test_state_files_do_not_share_a_lock(state):
    with SectionLock(state, "ldap"), SectionLock(state.with_name("other.db"), "ldap"):
        pass


@pytest.mark.parametrize("section", ["../up", "/etc/ldap", "..", "a\\b", "ldap.\n"])
def test_a_section_s_name_leads_into_no_other_folder(tmp_path, section):
    folder = tmp_path / "in" / "here"
    folder.mkdir(parents=True)
    with SectionLock(folder / "state.db", section):
        files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {path.parent for path in files} == {folder}


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_only_their_owner_may_read_the_files(state):
    before = os.umask(0)
    try:
        with SectionLock(state, "ldap"):
            modes = {stat.S_IMODE(path.stat().st_mode) for path in state.parent.iterdir()}
    finally:
        os.umask(before)
    assert modes == {0o600}


def test_a_folder_in_which_no_file_can_be_made_is_told_by_name(tmp_path):
    (tmp_path / "file").touch()
    for folder in (tmp_path / "file", tmp_path / "none"):
        with pytest.raises(ConfigurationError) as caught:
            SectionLock(folder / "state.db", "ldap", wait=True).__enter__()
        text = str(caught.value)
        assert text.startswith(f"{folder / 'state.db.ldap.lock'}: state: the lock file cannot be")
        assert caught.value.fix
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_holder_that_cannot_be_told_does_not_break_the_lock(state):
    state.with_name("state.db.ldap.holder").mkdir()
    with SectionLock(state, "ldap"), pytest.raises(AlreadyRunning, match="by another process"):
        SectionLock(state, "ldap").__enter__()
    assert is_free(state)


def test_where_files_cannot_be_locked_no_section_is_run(state, monkeypatch):
    def acquire(*_, **__):
        raise NotImplementedError("this file system knows no locks")

    monkeypatch.setattr(lock.FileLock, "acquire", acquire)
    with pytest.raises(ConfigurationError, match="this file system knows no locks"):
        SectionLock(state, "ldap").__enter__()


def test_it_is_given_back_at_once_by_whichever_thread(state):
    held = SectionLock(state, "ldap").__enter__()
    giving_back = threading.Thread(target=held.__exit__, args=(None, None, None))
    giving_back.start()
    giving_back.join()
    assert is_free(state), "and not only once it is dropped"
    assert not state.with_name("state.db.ldap.holder").exists()
