"""A record that is to be sent again is saved once, however often and for whatever it was."""

from pathlib import Path

import pytest

from sandbox.oomnitza import Oomnitza
from tests.run.made_up import Runner, counts, devices, saved, serials


@pytest.fixture
def run(run: Runner, tmp_path: Path) -> Runner:
    run.state = tmp_path / "state.db"
    run.filter('return record["serial"] < 5')  # fails
    run(devices(3))
    run.filter("return True")
    return run


def test_when_oomnitza_is_away_while_it_is_sent_again(run: Runner, oomnitza: Oomnitza) -> None:
    oomnitza.fail_next(1, 503, path="/api/v3/bulk")
    assert counts(run([], resend=True)) == {"fetched": 3, "unsent": 3}
    assert [(each.key, each.outcome) for each in saved(run)] == [
        ("s0", "unsent"),
        ("s1", "unsent"),
        ("s2", "unsent"),
    ]
    run([], resend=True)
    assert saved(run) == []
    assert serials(oomnitza) == ["S0", "S1", "S2"]


def test_when_oomnitza_refuses_it(run: Runner, oomnitza: Oomnitza) -> None:
    oomnitza.refuse = lambda record: "bad" if record["SERIAL"] == "S1" else None
    assert counts(run([], resend=True)) == {"fetched": 3, "sent": 2, "rejected": 1}
    assert [(each.key, each.outcome) for each in saved(run)] == [("s1", "rejected")]


def test_when_the_filter_fails_on_it_again(run: Runner) -> None:
    run.filter('return record["name"] < 5')
    assert counts(run([], resend=True)) == {"fetched": 3, "rejected": 3}
    assert len(saved(run)) == 3
    assert {each.times for each in saved(run)} == {2}
