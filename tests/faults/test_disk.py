"""What the program keeps cannot be kept, or was spoiled: it says so, and a later run is whole."""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from resource import RLIMIT_FSIZE, setrlimit
from secrets import token_hex
from signal import SIGXFSZ
from typing import Any

import pytest

from sandbox.mock import SERIAL_NUMBER
from tests.faults.place import Place, place
from tests.program import ENVIRONMENT, Ended

COMPUTERS = 40
HOUR, DAY = 3600, 86_400
# What is given to a whole file system, and how much of it is left for the program.
SIZE = 1_000_000
LONG = pytest.mark.faults
ROOMS = [40_000, *(pytest.param(each, marks=LONG) for each in (0, 4_096, 20_000, 60_000, 120_000))]


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Place]:
    with place(tmp_path / "program", computers=COMPUTERS) as made:
        yield made


@contextmanager
def file_system(folder: Path, options: str = f"size={SIZE}") -> Iterator[Path]:
    """A file system of its own in the folder; skips the test where none may be mounted."""
    folder.mkdir(exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    try:
        subprocess.run(mount, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("only root may mount a file system")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(folder: Path, room: int = 0) -> Path:
    """Leave so many bytes free, in whole pages; removing the file makes room again."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        while True:
            try:
                file.write(bytes(4096))
            except OSError:
                break
        file.truncate(max(0, file.tell() - room))
    return filler


def sentence(ended: Ended) -> str:
    """What a run said when it failed: one sentence, wherever it stands, and nothing unreadable."""
    assert "Traceback" not in ended.out + ended.err
    assert "unexpected error" not in ended.out + ended.err
    said = re.findall(r"^Error: (?:\[\w+\] )?(.+)", ended.out + ended.err, re.MULTILINE)
    assert len(said) == 1, ended
    return str(said[0])


def check_run_again(made: Place, code: int = 0) -> dict[str, Any]:
    """A plain run, after which all is well."""
    ended, report = made.upload("casper")
    assert (ended.code, ended.err) == (code, "")
    assert made.held_computers() == made.computers()
    assert made.set_aside() == []
    assert made.states()[0] == "complete"
    made.check_closed()
    made.check_ledger()
    return dict(report["casper"]["counts"])


class TestTheLedger:
    @pytest.mark.parametrize("room", ROOMS)
    @pytest.mark.parametrize("begun", [pytest.param(False, marks=LONG), True])
    def test_on_a_full_disk(self, made, tmp_path, room, begun):
        with file_system(tmp_path / "disk") as disk:
            made.state = disk / "state.db"
            made.write_ini(run={"state": made.state})
            if begun:
                check_run_again(made)
                made.renamed |= dict.fromkeys(range(1, COMPUTERS + 1), "renamed " * 200)
            filler = fill(disk, room)
            ended, _ = made.upload("casper")
            if ended.code:
                assert ended.code in (1, 3)
                assert re.search("disk is full|No space left", sentence(ended))
            filler.unlink()
            check_run_again(made)

    @LONG
    def test_some_run_fails_for_want_of_room_after_it_began(self, made, tmp_path):
        with file_system(tmp_path / "disk") as disk:
            made.state = disk / "state.db"
            made.write_ini(run={"state": made.state})
            check_run_again(made)
            made.renamed |= dict.fromkeys(range(1, COMPUTERS + 1), "renamed " * 500)
            fill(disk, 50_000)
            ended, _ = made.upload("casper")
            assert ended.code == 1
            assert "disk is full" in sentence(ended)

    @LONG
    def test_with_a_limit_to_the_size_of_files(self, made):
        (made.program.folder / "logging.json").write_text('{"version": 1}', "utf-8")
        limit = partial(setrlimit, RLIMIT_FSIZE, (50_000, 50_000))
        ended, _ = made.upload("casper", preexec_fn=limit)
        assert ended.code == 1
        assert ended.code != -SIGXFSZ
        assert str(made.state) in sentence(ended)
        check_run_again(made)

    def test_in_a_folder_that_cannot_be_written(self, made, tmp_path):
        folder = tmp_path / "closed"
        folder.mkdir()
        made.write_ini(run={"state": folder / "state.db"})
        folder.chmod(0o500)
        command = made.program.command("upload", "casper")
        if os.getuid() == 0:
            if not shutil.which("setpriv"):
                pytest.skip("root may write everywhere")
            command = ["setpriv", "--bounding-set=-dac_override", *command]
        done = subprocess.run(
            command, capture_output=True, text=True, env=ENVIRONMENT, cwd="/", check=False
        )
        ended = Ended(done.returncode, done.stdout, done.stderr)
        assert ended.code == 3
        assert "state: cannot create the state database (Permission denied)" in sentence(ended)
        assert made.oomnitza.runs() == []

    @LONG
    def test_on_a_file_system_that_became_read_only(self, made, tmp_path):
        with file_system(tmp_path / "disk") as disk:
            made.state = disk / "state.db"
            made.write_ini(run={"state": made.state})
            check_run_again(made)
            subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
            ended, _ = made.upload("casper")
            assert ended.code == 3
            assert "state" in sentence(ended)
            looked = made.program.run("history")
            assert (looked.code, looked.err) == (0, "")
            assert "complete" in looked.out
            subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)
            check_run_again(made)

    @pytest.mark.parametrize(
        ("spoil", "words"),
        [
            (
                lambda path: path.write_bytes(b"no database " * 500),
                "the file is not a state database",
            ),
            pytest.param(lambda path: newer(path), "written by a newer version", marks=LONG),
            pytest.param(lambda path: (path.unlink(), path.mkdir()), "state", marks=LONG),
            pytest.param(
                lambda path: other(path), "the file is a database of another program", marks=LONG
            ),
        ],
    )
    def test_that_is_something_else(self, made, spoil, words):
        check_run_again(made)
        kept = made.state.read_bytes()
        spoil(made.state)
        before = len(made.oomnitza.runs())
        for command in (["upload", "casper"], ["history"], ["rejects"], ["missing"]):
            ended = made.program.run(*command)
            assert ended.code == 3, command
            assert words in sentence(ended)
        assert len(made.oomnitza.runs()) == before
        shutil.rmtree(made.state) if made.state.is_dir() else made.state.unlink()
        made.state.write_bytes(kept)
        check_run_again(made)

    @LONG
    @pytest.mark.parametrize("at", [0.1, 0.3, 0.5, 0.7, 0.9])
    def test_that_is_damaged_in_the_middle(self, made, at):
        check_run_again(made)
        with made.state.open("r+b") as file:
            file.seek(int(made.state.stat().st_size * at) // 4096 * 4096)
            file.write(b"\xff" * 4096)
        made.renamed |= dict.fromkeys(range(1, COMPUTERS + 1), "renamed")
        ended, _ = made.upload("casper")
        if ended.code:
            assert ended.code in (1, 3)
            assert str(made.state) in sentence(ended)
        made.state.unlink()
        for end in ("-wal", "-shm"):
            made.state.with_name(made.state.name + end).unlink(missing_ok=True)
        made.oomnitza.runs()
        ended, _ = made.upload("casper")
        assert ended.code == 0
        assert made.held_computers() == made.computers()

    @LONG
    def test_that_was_emptied_or_removed_is_begun_anew(self, made):
        check_run_again(made)
        made.state.write_bytes(b"")
        assert check_run_again(made)["sent"] == len(made.computers())
        made.state.unlink()
        assert check_run_again(made)["sent"] == len(made.computers())

    @LONG
    def test_that_another_program_holds_for_long(self, made):
        check_run_again(made)
        with closing(sqlite3.connect(made.state, isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            ended, _ = made.upload("casper")
            assert ended.code == 1
            assert "another program has locked the state database" in sentence(ended)
        check_run_again(made)

    @LONG
    def test_that_another_program_holds_for_a_moment(self, made):
        check_run_again(made)
        with closing(sqlite3.connect(made.state, isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            process = made.program.start("upload", "casper")
            time.sleep(1.5)
            other.execute("ROLLBACK")
            out, _ = process.communicate(timeout=60)
        assert process.returncode == 0, out


def newer(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA user_version = 99")


def other(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE sms (text)")


@pytest.mark.parametrize(
    "room", [0, *(pytest.param(each, marks=LONG) for each in (4_096, 100_000))]
)
def test_saved_data_on_a_full_disk(made, room):
    with file_system(made.program.folder / "saved_data") as disk:
        filler = fill(disk, room)
        ended, report = made.upload("casper", "--save-data")
        assert ended.code == 3
        assert "--save-data: cannot write the files (No space left on device)" in sentence(ended)
        counts = report["casper"]["counts"]
        assert counts["sent"] == len(made.held_computers())
        made.check_closed()
        filler.unlink()
        check_run_again(made)


@LONG
def test_a_few_saved_data_on_a_full_disk_are_not_lost_silently(made):
    with file_system(made.program.folder / "saved_data") as disk:
        fill(disk)
        ended = made.program.run("upload", "casper", "--save-data", "--record-count", "1")
        assert ended.code == 3
        assert "--save-data: cannot write the files (No space left on device)" in sentence(ended)
        made.check_closed()


def test_no_room_for_the_records_that_wait_for_others(made, tmp_path):
    people = made.program.folder / "assets.jsonl"
    # What can hardly be compressed.
    rows = [{"serial": f"S{number}", "text": token_hex(300_000)} for number in range(40)]
    people.write_text("\n".join(map(json.dumps, rows)), "utf-8")
    made.sections["jsonl_assets"] = {
        "enable": "True",
        "filename": people,
        "sync_field": SERIAL_NUMBER,
        f"mapping.{SERIAL_NUMBER}": json.dumps({"source": "serial"}),
        "mapping.TEXT": json.dumps({"source": "text"}),
    }
    made.write_ini()
    assert made.upload("jsonl_assets")[0].code == 0
    with file_system(tmp_path / "tmp") as disk:
        filler = fill(disk, 8_192)  # into a folder that is full, no program makes such files
        environment = ENVIRONMENT | {"TMPDIR": str(disk)}
        ended, report = made.upload("jsonl_assets", env=environment)
        assert ended.code == 1
        assert "cannot write the temporary file of records to be sent" in sentence(ended)
        counts = report["jsonl_assets"]["counts"]
        assert counts["sent"] == 0
        assert counts["unsent"] == len(made.set_aside()) > 0
        filler.unlink()
    ended, report = made.upload("jsonl_assets")
    assert ended.code == 0
    assert report["jsonl_assets"]["counts"]["sent"] == 40
    assert made.set_aside() == []


class TestTheClock:
    @pytest.fixture
    def at(self, made, tmp_path) -> Callable[..., tuple[Ended, dict[str, Any]]]:
        """Run a command while the clock is so many seconds off."""
        folder = tmp_path / "clock"
        folder.mkdir()
        (folder / "sitecustomize.py").write_text(
            "import os, time\n"
            "true, off = time.time, float(os.environ['OFF'])\n"
            "time.time = lambda: true() + off\n",
            "utf-8",
        )

        def run(off: float, *arguments: object) -> tuple[Ended, dict[str, Any]]:
            environment = ENVIRONMENT | {"PYTHONPATH": str(folder), "OFF": str(off)}
            return made.run(*arguments, env=environment)

        made.write_ini(casper={"changed_only": True})
        return run

    @pytest.mark.parametrize("jump", [-40 * DAY, pytest.param(-2 * HOUR, marks=LONG)])
    def test_that_jumps_back_makes_a_run_send_all_and_nothing_is_lost(self, made, at, jump):
        ended, report = at(0, "upload", "casper")
        assert ended.code == 0
        made.renamed[7] = "renamed"
        ended, report = at(jump, "upload", "casper")
        assert ended.code == 0
        assert report["casper"]["counts"]["sent"] == len(made.computers())
        assert made.held_computers() == made.computers()
        made.renamed[8] = "renamed"
        ended, report = at(jump + HOUR, "upload", "casper")
        assert report["casper"]["counts"]["sent"] == 1
        assert made.held_computers() == made.computers()
        shown = made.program.run("history", "--json")
        assert [json.loads(line)["state"] for line in shown.out.splitlines()] == ["complete"] * 3
        assert made.program.run("history").out.count(" complete ") == 3

    @LONG
    def test_that_was_far_ahead_for_one_run(self, made, at):
        at(0, "upload", "casper")
        ended, _ = at(5000 * DAY, "upload", "casper")
        assert ended.code == 0
        ended, report = at(0, "upload", "casper")
        assert report["casper"]["counts"]["sent"] == len(made.computers())
        ended, report = at(HOUR, "upload", "casper")
        assert (ended.code, report["casper"]["counts"]["sent"]) == (0, 0)
        assert "complete" in made.program.run("history").out

    @LONG
    def test_that_jumps_back_takes_nothing_from_what_is_set_aside(self, made, at):
        made.oomnitza.refuse = lambda record: "no" if "0007" in record["NAME"] else None
        assert at(0, "upload", "casper")[0].code == 4
        at(-40 * DAY, "upload", "casper")
        assert [outcome for outcome, _ in made.set_aside()] == ["rejected"]
        made.oomnitza.refuse = None
        assert at(-41 * DAY, "resend", "casper")[0].code == 0
        assert made.set_aside() == []
        assert made.held_computers() == made.computers()
