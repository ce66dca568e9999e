"""Whole runs of a folder whose files are read once: what is sent, and when files are accepted."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lib.config import config
from lib.errors import ExitCode
from lib.report.summary import exit_code
from lib.run.options import RunOptions
from lib.run.pipeline import run_section
from lib.run.tally import Outcome
from sandbox.oomnitza import Oomnitza
from tests.run.made_up import counts

Run = Callable[..., Outcome]

INI = """
[oomnitza]
url = {url}
api_token = sandbox-token
retries = 0

[csv_users]
enable = True
directory = drop
files = once
use_server_map = False
default_role = 25
default_position = unused
sync_field = USER
mapping.USER = Login
mapping.EMAIL = {{"source": "Mail", "required": true}}
"""


@pytest.fixture
def run(oomnitza: Oomnitza, stage: Any, tmp_path: Path) -> Run:
    ini = tmp_path / "config.ini"
    ini.write_text(INI.format(url=stage.url), "utf-8")
    (tmp_path / "drop").mkdir()

    def run(text: str = "", **options: Any) -> Outcome:
        loaded = config.load_config(ini, ["csv_users"])
        assert loaded.warnings == []
        options = {"state": tmp_path / "config.db", **options}
        return run_section(loaded.sections[0], loaded.oomnitza, RunOptions(**options))

    return run


@pytest.fixture
def drop(tmp_path: Path) -> Callable[[str, int], None]:
    def drop(name: str, count: int, mail: str = "x@example.com") -> None:
        rows = [f"{name}{number},{mail}\n" for number in range(count)]
        (tmp_path / "drop" / f"{name}.csv").write_text("Login,Mail\n" + "".join(rows))

    return drop


def test_new_files_are_sent_once(run: Run, drop: Callable[..., None]) -> None:
    drop("a", 40)
    assert counts(run()) == {"fetched": 40, "sent": 40}
    nothing = run()
    assert counts(nothing) == {}
    assert exit_code([nothing]) == ExitCode.OK
    assert nothing.missing == 0
    assert any("No new files" in note for note in nothing.notes)
    drop("b", 1)
    few = run()
    assert counts(few) == {"fetched": 1, "sent": 1}, "no safety threshold"
    assert few.missing == 0


def test_file_with_rejected_record_is_read_again(
    run: Run, drop: Callable[..., None], oomnitza: Oomnitza
) -> None:
    drop("a", 3)
    oomnitza.refuse = lambda record: "bad" if record["USER"] == "a1" else None
    assert counts(run()) == {"fetched": 3, "sent": 2, "rejected": 1}
    oomnitza.refuse = lambda record: None
    assert counts(run()) == {"fetched": 3, "sent": 3}
    assert counts(run()) == {}


def test_file_with_incomplete_record_is_accepted(run: Run, drop: Callable[..., None]) -> None:
    drop("a", 2)
    drop("b", 1, mail="")
    assert counts(run()) == {"fetched": 3, "sent": 2, "incomplete": 1}
    assert counts(run()) == {}


def test_dry_run_accepts_nothing(run: Run, drop: Callable[..., None]) -> None:
    drop("a", 2)
    assert run(testmode=True).tally.fetched == 2
    assert run(record_count=1).tally.fetched == 1
    assert run().tally.fetched == 2
    assert run(testmode=True).tally.fetched == 0
    assert run(full=True).tally.fetched == 2
