"""Two runs at once: of one section one after the other, of several sections side by side."""

from __future__ import annotations

import itertools
import json
import os
import signal
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lib.state.sqlite.lock import SectionLock
from sandbox.mock import SERIAL_NUMBER
from tests.faults.place import Place, place, wait_until
from tests.program import end_of

COMPUTERS = 30
ROWS = 60
LONG = pytest.mark.faults


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Place]:
    with place(tmp_path / "program", computers=COMPUTERS) as made:
        rows = [{"serial": f"ROW{number}", "number": number} for number in range(ROWS)]
        file = made.program.folder / "assets.jsonl"
        file.write_text("\n".join(map(json.dumps, rows)), "utf-8")
        for name in ("jsonl_assets", "jsonl_assets.more"):
            made.sections[name] = from_file(file, f"{name[-4:]}-")
        made.write_ini(oomnitza={"batch_size": 1})
        yield made


def from_file(file: Path, mark: str) -> dict[str, Any]:
    return {
        "enable": "True",
        "filename": file,
        "sync_field": SERIAL_NUMBER,
        f"mapping.{SERIAL_NUMBER}": '{"source": "serial"}',
        f"mapping.MARK{mark[0].upper()}": json.dumps({"hardcoded": mark}),
    }


def test_the_second_one_ends_and_says_who_holds_the_section(made):
    over = hold_back(made)
    first = made.program.start("upload", "casper")
    wait_until(lambda: made.oomnitza.count("assets") > 0)
    second, report = made.upload("casper")
    over.set()
    assert second.code == 5
    assert second.err == ""
    process = f"process {first.pid} on {socket.gethostname()}"
    assert f"is already running ({process}, started 2" in second.out
    assert set(report["casper"]["counts"].values()) == {0}
    assert end_of(first).code == 0
    assert made.states() == ["complete"]
    assert made.held_computers() == made.computers()


def hold_back(made: Place) -> threading.Event:
    """Let some computers come, and the others when the event is set."""
    come, over = itertools.count(), threading.Event()

    def wait(method: str, path: str) -> None:
        if "/computers/id/" in path and next(come) >= COMPUTERS / 2:
            over.wait(60)

    made.jamf.on_request = wait
    return over


@LONG
def test_a_section_that_is_held_does_not_stop_the_next(made):
    with SectionLock(made.state, "casper"):
        ended, report = made.upload("casper", "jsonl_assets")
    assert ended.code == 5
    assert report["jsonl_assets"]["counts"]["sent"] == ROWS
    made.upload("casper")
    assert made.states() == ["complete"]


@LONG
def test_with_wait_it_runs_afterwards(made):
    made.jamf.delay = 0.05
    first = made.program.start("upload", "casper")
    wait_until(lambda: made.oomnitza.count("assets") > 0)
    ended, _ = made.upload("casper", "--wait")
    assert ended.code == 0
    assert end_of(first).code == 0
    later, earlier = made.history()
    assert (later.state, earlier.state) == ("complete", "complete")
    assert earlier.ended is not None
    assert later.started >= earlier.ended
    made.check_closed()


def test_processes_side_by_side_share_one_ledger(made):
    sections = ("casper", "jsonl_assets", "jsonl_assets.more")
    started = [made.program.start("upload", section) for section in sections]
    for process in started:
        ended = end_of(process)
        assert (ended.code, ended.err) == (0, "")
        assert "locked" not in ended.out + made.program.logs
    check_whole(made)


@LONG
def test_sections_side_by_side_in_one_process(made):
    ended, report = made.upload("casper", "jsonl_assets", "jsonl_assets.more", "--parallel", "3")
    assert (ended.code, ended.err) == (0, "")
    assert report["jsonl_assets.more"]["counts"]["sent"] == ROWS
    check_whole(made)


def check_whole(made: Place) -> None:
    made.check_ledger()
    made.check_closed()
    assert made.oomnitza.count("assets") == len(made.computers()) + ROWS
    for section, count in (("casper", len(made.computers())), ("jsonl_assets", ROWS)):
        [run] = made.history(section)
        assert (run.state, run.counts["sent"]) == ("complete", count)


@LONG
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_all_that_run_side_by_side(made, number):
    made.jamf.delay = made.delay = 0.1
    process = made.program.start("upload", "casper", "jsonl_assets", "--parallel", "2")
    wait_until(lambda: made.oomnitza.count("assets") > 5)
    process.send_signal(number)
    ended = end_of(process)
    assert ended.code == 128 + number
    assert "Traceback" not in ended.out + ended.err
    assert {made.states(each)[0] for each in ("casper", "jsonl_assets")} == {"interrupted"}
    made.check_closed()
    made.jamf.delay = made.delay = 0
    assert made.upload("casper", "jsonl_assets")[0].code == 0
    assert made.set_aside() == []
    assert made.oomnitza.count("assets") == len(made.computers()) + ROWS


@LONG
def test_a_signal_also_ends_the_waiting_of_one_that_would_run_side_by_side(made):
    with SectionLock(made.state, "casper"):
        options = ("casper", "jsonl_assets", "--parallel", "2", "--wait")
        process = made.program.start("upload", *options)
        wait_until(lambda: "waiting for it" in made.program.logs)
        os.kill(process.pid, signal.SIGTERM)
        ended = end_of(process)
    assert ended.code == 143
    assert "Traceback" not in ended.out + ended.err
    assert made.upload("casper", "jsonl_assets")[0].code == 0
