"""The lifecycle of a run in the ledger: opening, earlier runs, how it ended, its counts."""

import time
from contextlib import ExitStack
from types import SimpleNamespace

import pytest

from lib.errors import (
    AlreadyRunning,
    Interrupted,
    SourceFault,
    StateUnreadable,
    TargetFault,
    TargetRefused,
    TargetUnavailable,
)
from lib.run import lifecycle
from lib.run.mode import Mode
from lib.run.options import RunOptions
from lib.run.tally import Outcome, Tally
from lib.sectionsettings import AssetSettings
from lib.state import NullLedger, ReadOnlyLedger, open_store, open_to_read

TARGET = "https://acme.example.com"


@pytest.fixture
def state(tmp_path):
    return tmp_path / "state.db"


@pytest.fixture
def stack():
    with ExitStack() as stack:
        yield stack


def open_ledger(stack, state, *, testmode=False, wait=False, resend=False, told=None):
    options = RunOptions(state=state, testmode=testmode, wait=wait, resend=resend)
    return Mode(options).open_ledger(stack, "ldap", TARGET, told or outcome())


def outcome(error=None, *, complete=False, **counts):
    return Outcome("ldap", Tally(**counts), error=error, complete=complete)


def history(state):
    with open_to_read(state) as ledger:
        return ledger.history()


def run(state, how, *, complete=True):
    """A whole run that ends like this; gives its notes."""
    how.complete = complete
    with ExitStack() as stack:
        ledger = open_ledger(stack, state)
        lifecycle.begin(ledger, how)
        ledger.describe(fingerprint="f", full=True)
        lifecycle.end(ledger, how)
    return how.notes


class TestOpening:
    def test_open_ledger_without_state_is_a_null_ledger(self, stack):
        assert isinstance(open_ledger(stack, None), NullLedger)

    def test_open_ledger_in_testmode_creates_nothing(self, stack, state):
        assert isinstance(open_ledger(stack, state, testmode=True), ReadOnlyLedger)
        assert isinstance(open_ledger(stack, state, testmode=True), ReadOnlyLedger)
        assert list(state.parent.iterdir()) == []

    def test_open_ledger_in_testmode_with_unreadable_state_has_a_warning(self, stack, state):
        state.write_text("no database" * 100)
        told = outcome()
        assert type(open_ledger(stack, state, testmode=True, told=told)) is NullLedger
        [warning] = told.warnings
        assert warning.startswith(f"Not compared with earlier runs: {state}: state: ")

    def test_open_ledger_for_resend_with_unreadable_state_raises(self, stack, state):
        state.write_text("no database" * 100)
        with pytest.raises(StateUnreadable):
            open_ledger(stack, state, testmode=True, resend=True)

    def test_read_only_ledger_with_damaged_rows_has_a_warning(self, stack, state):
        with open_store(state) as store:
            section = store.section("ldap", TARGET)
            section.begin()
            section.sent((str(number), b"d", "{}") for number in range(3_000))
        content = state.read_bytes()
        state.write_bytes(content[: 4096 * 8] + bytes(len(content) - 4096 * 8))
        told = outcome()
        ledger = open_ledger(stack, state, testmode=True, told=told)
        for _ in range(2):
            assert ledger.known(list(map(str, range(3_000)))) == {}
        assert len(told.warnings) == 1

    def test_open_ledger_twice_raises_already_running(self, state):
        with ExitStack() as first, ExitStack() as second:
            open_ledger(first, state)
            with pytest.raises(AlreadyRunning):
                open_ledger(second, state)
            first.close()
            open_ledger(second, state)


class TestEnd:
    @pytest.mark.parametrize(
        ("error", "complete", "state_told"),
        [
            (None, True, "complete"),
            (None, False, "partial"),
            (SourceFault("it broke"), True, "failed"),
            (Interrupted("stopped"), False, "interrupted"),
        ],
    )
    def test_end_records_state_counts_and_error(self, state, error, complete, state_told):
        run(state, outcome(error, fetched=3, sent=3), complete=complete)
        [past] = history(state)
        assert past.state == state_told
        assert past.counts["sent"] == 3
        assert past.error == (str(error) if error else "")
        assert past.ended is not None

    def test_end_without_begin_records_nothing(self, state, stack):
        ledger = open_ledger(stack, state)
        lifecycle.end(ledger, outcome(Interrupted("stopped")))
        assert history(state) == []

    def test_end_of_a_complete_run_counts_missing_records(self, state):
        with ExitStack() as stack:
            ledger = open_ledger(stack, state)
            lifecycle.begin(ledger, outcome())
            ledger.describe(fingerprint="f", full=True)
            ledger.sent([("ada", b"1", "{}"), ("bob", b"2", "{}")])
            lifecycle.end(ledger, outcome(fetched=2, sent=2, complete=True))
        partial, failed, complete = (
            outcome(),
            outcome(SourceFault("it broke")),
            outcome(fetched=1, sent=1, complete=True),
        )
        run(state, partial, complete=False)
        run(state, failed)
        assert (partial.missing, failed.missing) == (0, 0)
        with ExitStack() as stack:
            ledger = open_ledger(stack, state)
            lifecycle.begin(ledger, complete)
            ledger.describe(fingerprint="f", full=True)
            ledger.sent([("ada", b"1", "{}")])
            lifecycle.end(ledger, complete)
        assert complete.missing == 1


class TestKilledRuns:
    def test_begin_after_a_killed_run_has_a_note_once(self, state):
        with ExitStack() as stack:
            lifecycle.begin(open_ledger(stack, state), outcome())
        moment = time.strftime("%Y-%m-%d")
        [note] = run(state, outcome())
        assert note.startswith(f"The run started at {moment}")
        assert note.endswith("was killed before it finished.")
        assert run(state, outcome()) == []
        assert [past.state for past in history(state)] == ["complete", "complete", "killed"]

    def test_begin_after_a_killed_open_run_forces_a_full_refresh(self, state):
        run(state, outcome())
        for opened in (False, True):
            with ExitStack() as stack:
                ledger = open_ledger(stack, state)
                lifecycle.begin(ledger, outcome())
                if opened:
                    ledger.opened("portion")
            with ExitStack() as stack:
                ledger = open_ledger(stack, state)
                lifecycle.begin(ledger, outcome())
                assert (ledger.last_full() is None) == opened
        run(state, outcome())
        with ExitStack() as stack:
            assert open_ledger(stack, state).last_full() is not None


class Closing:
    """Oomnitza, which closes runs, or raises."""

    def __init__(self, error=None):
        self.closed = []
        self._error = error

    def close_run(self, portion):
        self.closed.append(portion)
        if self._error:
            raise self._error


class TestCloseEarlierRuns:
    @pytest.fixture
    def ledger(self, state, stack):
        ledger = open_ledger(stack, state)
        for portion in ("one", "two"):
            lifecycle.begin(ledger, outcome())
            ledger.opened(portion)
        lifecycle.begin(ledger, outcome())
        return ledger

    def test_close_earlier_runs_closes_each_once(self, ledger):
        client = Closing()
        lifecycle.close_earlier_runs(ledger, client)
        lifecycle.close_earlier_runs(ledger, client)
        assert client.closed == ["one", "two"]

    def test_close_earlier_runs_unknown_to_the_target_are_closed(self, ledger):
        lifecycle.close_earlier_runs(ledger, Closing(TargetRefused("unknown")))
        assert ledger.left_open() == []

    def test_close_earlier_runs_with_target_unavailable_leaves_them_open(self, ledger):
        with pytest.raises(TargetUnavailable):
            lifecycle.close_earlier_runs(ledger, Closing(TargetUnavailable("away")))
        assert [past.portion for past in ledger.left_open()] == ["one", "two"]


class TestCloseTally:
    def test_close_tally_of_a_failed_run_counts_unsent(self):
        how = outcome(SourceFault("it broke"), fetched=9, filtered=1, sent=4, rejected=1)
        lifecycle.close_tally(how)
        assert how.tally.unsent == 3
        assert how.tally.balanced

    def test_close_tally_with_too_few_outcomes_is_an_error(self):
        how = outcome(fetched=9, sent=8)
        lifecycle.close_tally(how)
        assert str(how.error) == (
            "the record counts do not add up: 9 fetched, 0 filtered, 0 incomplete, 0 unchanged,"
            " 0 duplicate, 8 sent, 0 rejected, 0 unsent, 0 vanished. Report this bug, with the log"
            " file."
        )
        assert how.tally.unsent == 0

    def test_close_tally_with_too_many_outcomes_is_an_error(self):
        how = outcome(fetched=3, sent=4)
        lifecycle.close_tally(how)
        assert "the record counts do not add up" in str(how.error)

    def test_close_tally_balanced_changes_nothing(self):
        how = outcome(fetched=3, sent=1, unchanged=1, incomplete=1)
        lifecycle.close_tally(how)
        assert how.error is None


@pytest.mark.parametrize("error", [TargetFault("500"), TargetRefused("400")])
def test_close_earlier_runs_refused_are_closed(stack, state, error):
    class Client:
        def close_run(self, portion):
            raise error

    ledger = open_ledger(stack, state)
    lifecycle.begin(ledger, outcome())
    ledger.opened("portion")
    ledger.end("failed", {})
    lifecycle.begin(ledger, outcome())
    lifecycle.close_earlier_runs(ledger, Client())
    assert ledger.left_open() == []


@pytest.mark.parametrize(
    ("changed_only", "days_ago", "full"),
    [
        (False, 1, True),
        (True, None, True),
        (True, 1, False),
        (True, 6.9, False),
        (True, 7, True),
        (True, 7.1, True),
        (True, 0, False),
        (True, -1, True),  # the clock has been put back
    ],
)
def test_is_full_refresh_by_changed_only_and_last_full_run(
    monkeypatch, changed_only, days_ago, full
):
    monkeypatch.setattr("lib.run.lifecycle.time", SimpleNamespace(time=lambda: 1_000_000.0))
    last = None if days_ago is None else 1_000_000.0 - days_ago * 86400
    ledger = SimpleNamespace(last_full=lambda: last)
    settings = AssetSettings(sync_field=("A",), changed_only=changed_only, full_every="7d")
    assert lifecycle.is_full_refresh(settings, ledger) is full
