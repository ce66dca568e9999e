"""The threshold on records: how many must come after the last complete run for any to be sent."""

from pathlib import Path
from typing import Any

import pytest

from lib.errors import ExitCode, RecordUnreadable, SourceUnavailable, UnsafeRun
from lib.report.summary import exit_code
from sandbox.oomnitza import Oomnitza
from tests.run.made_up import MadeUp, Runner, counts, devices, history, posts, saved, serials

WARNING = (
    "An upload would send nothing: there are far fewer records than in the last complete run"
    " (safety threshold)."
)


@pytest.fixture
def run(run: Runner, tmp_path: Path) -> Runner:
    run.state = tmp_path / "state.db"
    return run


def goes_on(run: Runner, items: list[Any]) -> bool:
    """Whether a run sends these; one that does not sends nothing at all."""
    outcome = run(items)
    if outcome.error is None:
        return True
    assert isinstance(outcome.error, UnsafeRun)
    assert exit_code([outcome]) is ExitCode.UNSAFE
    assert outcome.tally.sent == 0
    return False


def unreadable(count: int) -> list[RecordUnreadable]:
    return [RecordUnreadable("broken", where=f"device {number}") for number in range(count)]


@pytest.mark.parametrize(
    ("before", "limit", "enough"),
    [(40, "50%", 20), (41, "50%", 21), (20, "50%", 10), (19, "50%", 1), (40, "5", 35), (1, "0", 1)],
)
def test_threshold_one_record_less_stops_the_run(
    run: Runner, before: int, limit: str, enough: int
) -> None:
    run.set(shrink_limit=limit)
    run(devices(before))
    assert not goes_on(run, devices(enough - 1))
    assert goes_on(run, devices(enough))


def test_threshold_error_sends_nothing(run: Runner, oomnitza: Oomnitza) -> None:
    run(devices(40))
    before = posts(oomnitza)
    outcome = run([{"serial": f"S{number}", "name": "new"} for number in range(19)])
    assert str(outcome.error) == (
        "safety threshold: only 19 records to send, but at least 20 were expected after the"
        " last complete run. Nothing was sent. Check the permissions of the account and the record"
        " filter. If the drop is intended, run once with --force."
    )
    assert counts(outcome) == {"fetched": 19, "unsent": 19}
    assert posts(oomnitza) == before
    assert saved(run) == []  # until somebody has looked
    assert [past.state for past in history(run)] == ["complete", "failed"]


def test_threshold_is_unchanged_after_a_stopped_run(run: Runner) -> None:
    run(devices(40))
    assert not goes_on(run, devices(19))
    assert not goes_on(run, devices(10))
    assert goes_on(run, devices(20))
    assert goes_on(run, devices(10)), "half of those of the last complete run"


def test_threshold_counts_unreadable_records_of_the_last_run(run: Runner) -> None:
    run([*devices(20), *unreadable(20)])
    assert not goes_on(run, [*devices(19), *unreadable(40)])
    assert goes_on(run, devices(20))


def test_threshold_counts_a_run_of_unreadable_records(run: Runner) -> None:
    run(unreadable(40))
    assert not goes_on(run, devices(19))


def test_threshold_ignores_filtered_and_incomplete_records(run: Runner) -> None:
    run.filter('return record["name"] != "in repair"')
    left_out = [{"serial": f"F{number}", "name": "in repair"} for number in range(20)]
    incomplete = [{"name": f"without {number}"} for number in range(20)]
    run([*devices(40), *left_out, *incomplete])
    assert not goes_on(run, [*devices(19), *left_out, *incomplete])
    assert goes_on(run, devices(20))


def test_threshold_counts_rejected_and_unchanged_records(run: Runner, oomnitza: Oomnitza) -> None:
    run.set(changed_only=True)
    oomnitza.refuse = lambda record: "bad" if record["SERIAL"] in ("S38", "S39") else None
    run(devices(40))
    assert counts(run(devices(40))) == {"fetched": 40, "unchanged": 38, "rejected": 2}
    assert not goes_on(run, devices(19))
    assert goes_on(run, devices(20))


@pytest.mark.parametrize("items", [[*devices(5), SourceUnavailable("away")], [KeyboardInterrupt()]])
def test_threshold_uses_the_last_complete_run(run: Runner, items: list[Any]) -> None:
    run(devices(40))
    run(items)
    run(devices(2), record_count=2)
    assert not goes_on(run, devices(19))


@pytest.mark.parametrize(
    "options", [{"force": {"records"}}, {"record_count": 5}, {"record_count": 1}]
)
def test_threshold_with_record_count_or_force_is_off(run: Runner, options: dict[str, Any]) -> None:
    run(devices(40))
    outcome = run(devices(5), **options)
    assert outcome.error is None
    assert outcome.tally.sent == options.get("record_count", 5)


def test_threshold_after_force_uses_its_count(run: Runner) -> None:
    run(devices(40))
    run(devices(2), force={"records"})
    assert goes_on(run, devices(1))


def test_threshold_without_ledger_is_off(run: Runner) -> None:
    run(devices(40))
    run.state = None
    assert goes_on(run, [])


def test_threshold_of_an_incremental_source_is_off(
    run: Runner, source: type[MadeUp], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source, "incremental", True)
    run(devices(40))
    assert goes_on(run, devices(1))
    assert goes_on(run, [])
    assert run([], testmode=True).warnings == []
    assert {past.fingerprint for past in history(run)} == {""}


@pytest.mark.parametrize(
    ("count", "options", "warnings"),
    [
        (19, {}, [WARNING]),
        (20, {}, []),
        (19, {"force": {"records"}}, []),
        (19, {"record_count": 19}, []),
        (19, {"record_count": 20}, [WARNING]),  # the source was read to the end
        (0, {"resend": True}, []),
    ],
)
def test_threshold_in_testmode_is_a_warning(
    run: Runner, count: int, options: dict[str, Any], warnings: list[str]
) -> None:
    run(devices(40))
    outcome = run(devices(count), testmode=True, **options)
    assert outcome.error is None
    assert outcome.warnings == warnings


def test_threshold_reached_sends_held_records_in_order(run: Runner, oomnitza: Oomnitza) -> None:
    run(devices(300))
    new = [{"serial": f"N{number}", "name": "new"} for number in range(170)]
    assert goes_on(run, new)
    assert serials(oomnitza)[300:] == [record["serial"].upper() for record in new]
