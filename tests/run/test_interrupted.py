"""A run that is interrupted, at any moment, ends in good order."""

from dataclasses import replace
from typing import Any

import pytest

from lib.errors import ExitCode, Interrupted, RecordGone, RecordUnreadable
from lib.report.summary import exit_code
from lib.run import lifecycle
from lib.run.batchsender import BatchSender
from lib.state import open_store
from tests.run.made_up import Watcher, counts, devices, posts


class TestInterrupted:
    @pytest.mark.parametrize(
        ("before", "expected"),
        [
            (0, {}),
            (7, {"fetched": 7, "sent": 7}),
            (100, {"fetched": 100, "sent": 100}),
            (130, {"fetched": 130, "sent": 130}),
        ],
    )
    def test_interrupt_sends_what_was_read(self, run, source, oomnitza, before, expected):
        outcome = run([*devices(before), KeyboardInterrupt(), *devices(5)])
        assert counts(outcome) == expected
        assert isinstance(outcome.error, Interrupted)
        assert exit_code([outcome]) is ExitCode.INTERRUPTED
        assert source.closed
        assert posts(oomnitza)[-1:] == ([("finalize", 200)] if before else [])

    @pytest.mark.parametrize("step", ["finish", "close"])
    def test_interrupt_after_the_last_record_closes_once(self, run, oomnitza, monkeypatch, step):
        done = getattr(BatchSender, step)

        def interrupted(sender: BatchSender) -> None:
            done(sender)
            raise KeyboardInterrupt

        monkeypatch.setattr(BatchSender, step, interrupted)
        outcome = run(devices(3))
        assert isinstance(outcome.error, Interrupted)
        assert counts(outcome) == {"fetched": 3, "sent": 3}
        assert [each for each in posts(oomnitza) if each[0] == "finalize"] == [("finalize", 200)]

    def test_interrupt_while_recording_the_end_is_in_the_ledger(self, run, tmp_path, monkeypatch):
        end, signals = lifecycle.end, [KeyboardInterrupt()]

        def interrupted(*about: Any, **how: Any) -> None:
            end(*about, **how)
            if signals:
                raise signals.pop()

        monkeypatch.setattr(lifecycle, "end", interrupted)
        outcome = run(devices(3), state=tmp_path / "state.db")
        assert isinstance(outcome.error, Interrupted)
        with open_store(tmp_path / "state.db") as ledger:
            [past] = ledger.history()
        assert past.state == "interrupted"

    def test_stop_between_records_sends_what_was_read(self, run, oomnitza):
        def interrupt() -> None:
            raise KeyboardInterrupt

        run.listener = Watcher()
        run.listener.at[3] = interrupt
        assert counts(run(devices(9))) == {"fetched": 3, "sent": 3}

    def test_lost_signal_still_stops_the_run(self, run, oomnitza, monkeypatch):
        """As one is that comes while Python tidies up."""
        run.listener = Watcher()
        run.listener.at[3] = lambda: monkeypatch.setattr("lib.run.pipeline.requested", lambda: True)
        outcome = run(devices(9))
        assert counts(outcome) == {"fetched": 3, "sent": 3}
        assert isinstance(outcome.error, Interrupted)

    def test_interrupt_counts_rejected_and_incomplete_records(self, run, oomnitza):
        oomnitza.refuse = lambda record: "bad" if record["SERIAL"] == "S1" else None
        run.oomnitza = replace(run.oomnitza, batch_size=3)
        items = [*devices(3), {}, RecordGone("x"), RecordUnreadable("y"), *devices(1, start=5)]
        outcome = run([*items, KeyboardInterrupt()])
        assert counts(outcome) == {
            "fetched": 6,
            "incomplete": 1,
            "sent": 3,
            "rejected": 2,
            "vanished": 1,
        }
