"""What a run tells while it goes on, and how long it took."""

import time

import pytest

from tests.run.made_up import MadeUp, Runner, Watcher, devices


def test_how_many_will_come_is_told_as_the_source_says_it(
    run: Runner, source: type[MadeUp], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source, "expected", property(lambda _: 2, lambda *_: None), raising=False)
    run.listener = watcher = Watcher()
    run(devices(2))
    assert watcher.heard[:2] == [(1, 2), (2, 2)]


def test_how_long_it_took_is_in_the_outcome(run: Runner) -> None:
    begun = time.monotonic()
    outcome = run(devices(2))
    assert 0 < outcome.seconds <= time.monotonic() - begun


def test_what_oomnitza_counted_is_in_the_outcome(run: Runner) -> None:
    run(devices(2))
    outcome = run(devices(3))
    assert outcome.server == {"added": 1, "updated": 2, "skipped": 0, "errors": 0}
