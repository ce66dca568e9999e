"""What a run leaves in the ledger, and tells Oomnitza, of what went wrong."""

from dataclasses import replace
from pathlib import Path

import pytest

from lib import secrets
from lib.errors import RecordUnreadable, SourceUnavailable
from sandbox.oomnitza import Oomnitza
from tests.run.made_up import Runner, devices, history, saved


@pytest.fixture
def run(run: Runner, tmp_path: Path) -> Runner:
    run.state = tmp_path / "state.db"
    return run


def test_outcome_contains_no_secret(run: Runner, oomnitza: Oomnitza) -> None:
    secrets.remember("hunter2")
    run(devices(40))
    run([*devices(1), RecordUnreadable("no hunter2"), SourceUnavailable("not with hunter2")])
    error = f"not with {secrets.MASK}"
    assert history(run)[-1].error == error
    assert {aside.reason for aside in saved(run)} == {error, f"no {secrets.MASK}"}
    run([*devices(1), SourceUnavailable("not with hunter2")], force={"records"})
    assert oomnitza.runs()[-1].error == error


def test_outcome_counts_retries(
    run: Runner, oomnitza: Oomnitza, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lib.retry.pause", lambda _: None)
    run.oomnitza = replace(run.oomnitza, retries=3)
    oomnitza.fail_next(2, 503, path="/api/v2/mappings")
    outcome = run(devices(1))
    assert outcome.error is None
    assert (outcome.retries, history(run)[0].retries) == (2, 2)
