"""Several sections: their order, what begins no more, and what is told of them."""

import threading

import pytest

from lib import secrets
from lib.config.sections import Section
from lib.errors import ConnectorError, Interrupted
from lib.oomnitza.target import OomnitzaSettings
from lib.run import sections
from lib.run.events import Event, Listener, RunEnded, RunStarted, SectionEnded, SectionStarted
from lib.run.options import RunOptions
from lib.run.sections import run_sections
from lib.run.tally import Outcome
from lib.sectionsettings import ConnectorSettings
from lib.state.sqlite import SqliteStore

TARGET = OomnitzaSettings(url="https://example.oomnitza.com", api_token="x")
NAMES = ("a", "b", "c")


class Ears(Listener):
    def __init__(self) -> None:
        super().__init__()
        self.heard: list[Event] = []

    def handle(self, event: Event) -> None:
        self.heard.append(event)


@pytest.fixture
def acts(monkeypatch):
    """What the run of a section does, by its name: gives the error it ends with, or None."""
    found = {}

    def run_section(section, _target, _options, events):
        act = found.get(section.name)
        return Outcome(section.name, error=act(events) if act else None)

    monkeypatch.setattr(sections, "run_section", run_section)
    return found


def run(listener=None, options=None, **how):
    chosen = [Section(name, "casper", ConnectorSettings(), {}) for name in NAMES]
    return run_sections(chosen, TARGET, options or RunOptions(), listener, **how)


def names(ended):
    return [outcome.section for outcome in ended.outcomes]


@pytest.mark.parametrize("parallel", [1, 2, 8])
def test_run_sections_returns_outcomes_in_order(acts, parallel):
    second = threading.Event()
    if parallel > 1:
        acts["a"] = lambda _: second.wait(30) and None
        acts["b"] = lambda _: second.set()
    assert names(run(parallel=parallel)) == [*NAMES]


@pytest.mark.parametrize("parallel", [1, 2])
def test_run_sections_continues_after_a_failure(acts, parallel):
    acts["a"] = lambda _: ConnectorError("no")
    assert names(run(parallel=parallel)) == [*NAMES]


def test_run_sections_with_fail_fast_stops_after_a_failure(acts):
    acts["b"] = lambda _: ConnectorError("no")
    assert names(run(fail_fast=True)) == ["a", "b"]


def test_run_sections_after_an_interruption_starts_no_other(acts):
    acts["a"] = lambda _: Interrupted("the run was interrupted")
    assert names(run()) == ["a"]


@pytest.mark.parametrize("parallel", [1, 2])
def test_run_sections_after_stop_starts_none(acts, parallel):
    ears = Ears()
    ears.stop.set()
    assert names(run(ears, parallel=parallel)) == []


def test_run_sections_interrupted_stops_parallel_runs(acts, monkeypatch):
    begun = threading.Barrier(3)

    def until_stopped(events):
        begun.wait(30)
        return Interrupted("the run was interrupted") if events.stop.wait(30) else None

    def interrupted(_):
        begun.wait(30)
        raise KeyboardInterrupt

    acts.update(dict.fromkeys(NAMES, until_stopped))
    monkeypatch.setattr(sections, "wait", interrupted)
    ended = run(parallel=2)
    assert names(ended) == ["a", "b"]
    assert all(isinstance(outcome.error, Interrupted) for outcome in ended.outcomes)


def test_run_sections_emits_events(acts):
    ears = Ears()
    ended = run(ears, RunOptions(testmode=True))
    first, *middle, last = ears.heard
    assert (first.sections, first.testmode, first.resend) == (NAMES, True, False)
    assert last is ended
    assert last.started == first.at <= last.at
    told = [item for item in middle if isinstance(item, SectionStarted | SectionEnded)]
    assert [getattr(item, "section", None) or item.outcome.section for item in told] == [
        name for name in NAMES for _ in range(2)
    ]
    assert (type(first), type(last)) == (RunStarted, RunEnded)


@pytest.mark.parametrize("parallel", [1, 2])
def test_run_sections_shares_secrets_with_its_caller(acts, parallel):
    acts["a"] = lambda _: secrets.remember("hunter2")
    with secrets.apart():
        run(parallel=parallel)
        masked = secrets.redact("hunter2")
    with secrets.apart():
        assert secrets.redact("hunter2") == "hunter2"
    assert masked == secrets.MASK


@pytest.mark.parametrize(
    ("options", "how", "expired"),
    [
        ({}, {"keep_days": 9}, [9]),
        ({}, {}, []),
        ({"testmode": True}, {"keep_days": 9}, []),
        ({"state": None}, {"keep_days": 9}, []),
    ],
)
def test_run_sections_with_keep_days_expires_old_state(
    acts, monkeypatch, tmp_path, options, how, expired
):
    days = []
    monkeypatch.setattr(SqliteStore, "expire", lambda _, keep: days.append(keep))
    acts["a"] = lambda _: days.append("a")
    run(options=RunOptions(**{"state": tmp_path / "x.db", **options}), **how)
    assert days == [*expired, "a"]
