"""When a source hears that nothing of a run is left: only then may its position move on."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lib.errors import RecordGone, RecordUnreadable, SourceUnavailable
from sandbox.oomnitza import Oomnitza
from tests.run.made_up import MadeUp, Runner, Watcher, devices


@pytest.fixture
def run(run: Runner, tmp_path: Path) -> Runner:
    run.state = tmp_path / "state.db"
    run.listener = Watcher()
    return run


def refuse_one(run: Runner, oomnitza: Oomnitza) -> None:
    oomnitza.refuse = lambda record: "bad" if record["SERIAL"] == "S1" else None


def fail_to_filter(run: Runner, oomnitza: Oomnitza) -> None:
    run.filter('return record["name"] > 1')


def keep_it_open(run: Runner, oomnitza: Oomnitza) -> None:
    oomnitza.fail_next(1, 503, path="/api/v3/bulk/")


def stop(run: Runner, oomnitza: Oomnitza) -> None:
    assert isinstance(run.listener, Watcher)
    run.listener.at[2] = run.listener.stop.set


def demand_more(run: Runner, oomnitza: Oomnitza) -> None:
    run(devices(40))
    run.source.times_settled = 0


@pytest.mark.parametrize(
    "items",
    [
        devices(3),
        [],
        [*devices(2), RecordGone("it was deleted meanwhile")],
        devices(100),  # a whole batch
    ],
)
def test_when_all_that_came_was_sent(run: Runner, source: type[MadeUp], items: list[Any]) -> None:
    run(items)
    assert source.times_settled == 1


def test_also_of_records_that_are_filtered_or_unchanged(run: Runner, source: type[MadeUp]) -> None:
    run.set(changed_only=True)
    run.filter('return record["serial"] != "S1"')
    outcomes = [run(devices(3)), run(devices(3))]
    assert [outcome.tally.filtered for outcome in outcomes] == [1, 1]
    assert outcomes[1].tally.unchanged == 2
    assert source.times_settled == 2


def test_also_without_a_ledger(run: Runner, source: type[MadeUp]) -> None:
    run.state = None
    run(devices(3))
    assert source.times_settled == 1


@pytest.mark.parametrize(
    "item",
    [
        {"name": "without a serial number"},
        RecordUnreadable("it cannot be read"),
        {"serial": "S9", "name": {1: {object(): "no JSON"}}},
        SourceUnavailable("it went away"),
        KeyboardInterrupt(),
        KeyError("a mistake in a connector"),
    ],
)
def test_not_when_something_of_it_is_to_come_again(
    run: Runner, source: type[MadeUp], item: Any
) -> None:
    run([*devices(2), item])
    assert source.times_settled == 0


@pytest.mark.parametrize("prepare", [refuse_one, fail_to_filter, keep_it_open, stop, demand_more])
def test_not_when_oomnitza_or_the_run_left_something(
    run: Runner,
    source: type[MadeUp],
    oomnitza: Oomnitza,
    prepare: Callable[[Runner, Oomnitza], None],
) -> None:
    prepare(run, oomnitza)
    run(devices(3))
    assert source.times_settled == 0


@pytest.mark.parametrize(
    "options", [{"testmode": True}, {"record_count": 2}, {"record_count": 3}, {"resend": True}]
)
def test_not_when_the_run_was_not_meant_to_be_complete(
    run: Runner, source: type[MadeUp], options: dict[str, Any]
) -> None:
    run(devices(3), **options)
    assert source.times_settled == 0


def test_a_record_count_that_is_not_reached_stops_nothing(
    run: Runner, source: type[MadeUp]
) -> None:
    run(devices(3), record_count=4)
    assert source.times_settled == 1
