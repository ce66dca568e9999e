"""SIGINT and SIGTERM: the first one ends a run in good order at any moment, the second at once."""

from __future__ import annotations

import random
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lib.state.sqlite.lock import SectionLock
from tests.faults import figures
from tests.faults.place import OUTCOMES, Place, place, wait_until
from tests.program import Ended, end_of

COMPUTERS = 40
SEED = 4711
SIGNALS = (signal.SIGINT, signal.SIGTERM)
ONE = (signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.faults))
CODES = {signal.SIGINT: 130, signal.SIGTERM: 143}
# So long that a test does not outlast it.
FOR_EVER = {"Retry-After": "120"}
DETAILS = "/JSSResource/computers/id/"
BULK = "/api/v3/bulk"
LONG = pytest.mark.faults


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Place]:
    with place(tmp_path / "program", computers=COMPUTERS) as made:
        yield made


def start(made: Place, *arguments: object) -> subprocess.Popen[str]:
    report = made.program.folder / "report.json"
    report.unlink(missing_ok=True)
    return made.program.start("upload", "casper", *arguments, "--report", report)


def counts(made: Place) -> dict[str, int]:
    """The counts of the latest run; they have to add up."""
    return made.report(made.program.folder / "report.json")["casper"]["counts"]


def check_run_again(made: Place) -> None:
    """A plain run, after which all is well."""
    ended, _ = made.upload("casper")
    assert (ended.code, ended.err) == (0, "")
    assert made.held_computers() == made.computers()
    assert made.set_aside() == []
    assert made.states()[0] == "complete"
    assert "running" not in made.states()
    made.check_closed()
    made.check_ledger()


def check_quiet(ended: Ended) -> None:
    assert "Traceback" not in ended.out + ended.err
    assert ended.err in ("", "Note: Stopping cleanly. Press Ctrl-C again to stop immediately.\n")


def stop_at(made: Place, seconds: float, number: signal.Signals) -> bool:
    """Send a signal after so many seconds; whether it came to a run that was under way."""
    known = len(made.states())
    process = start(made)
    time.sleep(seconds)
    process.send_signal(number)
    ended = end_of(process)
    begun = made.program.folder.joinpath("report.json").exists()
    assert ended.code in (0, CODES[number], -number)
    if ended.code != CODES[number] or not begun:
        return False  # it had not begun, or it was over
    check_quiet(ended)
    latest = counts(made)
    assert ended.out.startswith("section ")
    assert "the run was interrupted" in ended.out
    if len(made.states()) == known:  # it was about to open the ledger
        assert set(latest.values()) == {0}
        return False
    assert made.states()[0] == "interrupted"
    made.check_closed()
    made.check_ledger()
    assert len(made.set_aside()) == latest["unsent"]
    return True


def stopped_and_run_again(made: Place, stops: int) -> int:
    """So many stops in the middle, each with a plain run after it; gives the records compared."""
    chance = random.Random(SEED)
    made.upload("casper")
    made.jamf.delay = made.delay = 0.02
    started = time.monotonic()
    made.upload("casper")
    longest = time.monotonic() - started
    number = compared = 0
    while number < stops:
        made.write_ini(casper={"changed_only": bool(number % 2)})
        for device in chance.sample(range(1, COMPUTERS + 1), 15):
            made.renamed[device] = f"name {chance.random()}"
        if stop_at(made, chance.uniform(longest / 3, longest), SIGNALS[number // 2 % 2]):
            number += 1
            check_run_again(made)
            compared += len(made.computers())
    return compared


def test_a_run_is_stopped_at_any_moment(made):
    stopped_and_run_again(made, 3)


@pytest.mark.faults
@pytest.mark.timeout(900)
def test_a_run_is_stopped_at_a_hundred_moments(made):
    compared = stopped_and_run_again(made, 100)
    figures.write(
        "signals",
        "SIGINT or SIGTERM at 100 random moments of `upload casper`. After each: what was read and"
        f" not sent is set aside, to the record; after a plain run: {compared} records compared"
        " with Oomnitza in all. Lost: 0. Twice there: 0.",
    )


@LONG
@pytest.mark.parametrize("number", SIGNALS)
def test_the_batch_under_way_is_finished_and_what_was_read_is_sent(made, number):
    made.delay = 0.5
    made.jamf.delay = 0.3  # lest all is read when the first batch is taken
    process = start(made)
    wait_until(lambda: made.oomnitza.count("assets") >= 10)
    process.send_signal(number)
    ended = end_of(process)
    check_quiet(ended)
    assert ended.code == CODES[number]
    latest = counts(made)
    assert latest["sent"] == len(made.held_computers())
    assert 10 <= latest["sent"] < len(made.computers())
    assert len(made.set_aside()) == latest["unsent"]
    made.check_closed()
    assert made.oomnitza.runs()[0].error
    made.delay = 0
    check_run_again(made)


@LONG
@pytest.mark.parametrize("number", SIGNALS)
def test_a_second_one_ends_it_at_once_and_nothing_is_lost(made, number):
    made.upload("casper")
    made.renamed |= dict.fromkeys(range(1, 31), "new")
    made.delay = 1.0
    process = start(made)
    wait_until(lambda: len(made.oomnitza.runs()) == 2)
    process.send_signal(number)
    assert process.stderr
    assert process.stderr.readline().startswith("Note: Stopping cleanly")
    process.send_signal(number)
    ended = end_of(process)
    assert (ended.code, ended.out, ended.err) == (CODES[number], "", "")
    made.check_ledger()
    made.delay = 0
    check_run_again(made)
    assert made.states()[1] == "killed"


@LONG
@pytest.mark.parametrize("number", SIGNALS)
def test_while_it_waits_for_another_run(made, number):
    with SectionLock(made.state, "casper"):
        process = start(made, "--wait")
        wait_until(lambda: "waiting for it" in made.program.logs)
        process.send_signal(number)
        ended = end_of(process)
    assert ended.code == CODES[number]
    check_quiet(ended)
    assert "the run was interrupted" in ended.out
    assert made.oomnitza.runs() == []
    check_run_again(made)


@pytest.mark.parametrize("number", ONE)
def test_while_the_source_is_left_alone_for_a_while(made, number):
    made.jamf.fail_next(1000, 503, path=f"{DETAILS}20", headers=FOR_EVER)
    process = start(made)
    wait_until(lambda: sum(f"{DETAILS}2" in path for _, path in made.jamf.requests) >= 5)
    time.sleep(0.3)
    process.send_signal(number)
    ended = end_of(process)
    assert ended.code == CODES[number]
    check_quiet(ended)
    latest = counts(made)
    assert latest["sent"] == len(made.held_computers()) > 0
    made.check_closed()
    made.jamf.outages.end()
    check_run_again(made)


@pytest.mark.parametrize("number", ONE)
def test_while_oomnitza_is_left_alone_for_a_while(made, number):
    made.oomnitza.fail_next(1000, 503, headers=FOR_EVER, path=BULK)
    process = start(made)
    wait_until(lambda: any(each.status == 503 for each in made.oomnitza.requests))
    time.sleep(0.3)
    process.send_signal(number)
    ended = end_of(process)
    assert ended.code == CODES[number]
    assert "Traceback" not in ended.out + ended.err
    latest = counts(made)
    assert (latest["sent"], latest["unsent"]) == (0, len(made.set_aside()))
    made.oomnitza.outages.end()
    check_run_again(made)


@LONG
@pytest.mark.parametrize("number", SIGNALS)
def test_while_the_brake_holds_records_back(made, number):
    made.upload("casper")
    made.jamf.delay = 0.3
    asked = len(made.jamf.requests)
    process = start(made)
    wait_until(lambda: len(made.jamf.requests) > asked + 12)
    process.send_signal(number)
    ended = end_of(process)
    check_quiet(ended)
    assert ended.code == CODES[number]
    latest = counts(made)
    assert latest["sent"] == 0
    assert 0 < latest["unsent"] == len(made.set_aside()) < COMPUTERS // 2
    assert {name for name in OUTCOMES if latest[name]} <= {"unsent", "incomplete"}
    made.jamf.delay = 0
    check_run_again(made)
