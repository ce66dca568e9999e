"""When the checkpoint is committed: only after a run of which no record is left to be sent."""

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
    run.source.commits = 0


@pytest.mark.parametrize(
    "items",
    [
        devices(3),
        [],
        [*devices(2), RecordGone("it was deleted meanwhile")],
        devices(100),  # a whole batch
    ],
)
def test_commit_when_every_record_was_sent(
    run: Runner, source: type[MadeUp], items: list[Any]
) -> None:
    run(items)
    assert source.commits == 1


def test_commit_with_filtered_or_unchanged_records(run: Runner, source: type[MadeUp]) -> None:
    run.set(changed_only=True)
    run.filter('return record["serial"] != "S1"')
    outcomes = [run(devices(3)), run(devices(3))]
    assert [outcome.tally.filtered for outcome in outcomes] == [1, 1]
    assert outcomes[1].tally.unchanged == 2
    assert source.commits == 2


def test_commit_without_a_ledger(run: Runner, source: type[MadeUp]) -> None:
    run.state = None
    run(devices(3))
    assert source.commits == 1


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
def test_no_commit_when_a_record_was_not_read_or_incomplete(
    run: Runner, source: type[MadeUp], item: Any
) -> None:
    run([*devices(2), item])
    assert source.commits == 0


@pytest.mark.parametrize("prepare", [refuse_one, fail_to_filter, keep_it_open, stop, demand_more])
def test_no_commit_when_records_were_not_sent(
    run: Runner,
    source: type[MadeUp],
    oomnitza: Oomnitza,
    prepare: Callable[[Runner, Oomnitza], None],
) -> None:
    prepare(run, oomnitza)
    run(devices(3))
    assert source.commits == 0


@pytest.mark.parametrize(
    "options", [{"testmode": True}, {"record_count": 2}, {"record_count": 3}, {"resend": True}]
)
def test_no_commit_of_a_partial_run(
    run: Runner, source: type[MadeUp], options: dict[str, Any]
) -> None:
    run(devices(3), **options)
    assert source.commits == 0


def test_commit_when_record_count_is_not_reached(run: Runner, source: type[MadeUp]) -> None:
    run(devices(3), record_count=4)
    assert source.commits == 1
