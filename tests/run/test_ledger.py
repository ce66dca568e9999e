"""Where a run meets its ledger: how it ended, what is missing, what is saved to be sent again."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lib.errors import ConnectorError, RecordGone, RecordUnreadable, SourceUnavailable
from lib.state import open_store, open_to_read
from lib.state.sqlite.section import SqliteLedger as SectionLedger
from sandbox.oomnitza import Oomnitza
from tests.run.made_up import MadeUp, Runner, counts, devices, history, posts, saved, serials


@pytest.fixture
def run(run: Runner, tmp_path: Path) -> Runner:
    run.state = tmp_path / "state.db"
    return run


def refuse(oomnitza: Oomnitza, *serials: str) -> None:
    oomnitza.refuse = lambda record: "no such model" if record["SERIAL"] in serials else None


class TestPastRun:
    @pytest.mark.parametrize(
        ("end", "options", "state"),
        [
            ([], {}, "complete"),
            ([{}], {}, "complete"),
            ([RecordUnreadable("broken")], {}, "complete"),
            ([], {"record_count": 3}, "partial"),
            ([], {"record_count": 4}, "complete"),  # fewer came, so the source was read to the end
            ([], {"resend": True}, "partial"),
            ([SourceUnavailable("it went away")], {}, "failed"),
            ([SystemExit(1)], {}, "failed"),
            ([KeyboardInterrupt()], {}, "interrupted"),
        ],
    )
    def test_past_run_has_its_end(
        self, run: Runner, end: list[Any], options: dict[str, Any], state: str
    ) -> None:
        outcome = run([*devices(3), *end], **options)
        [past] = history(run)
        assert past.state == state
        assert past.error == (str(outcome.error) if outcome.error else "")
        assert past.full
        assert past.ended

    def test_past_run_has_all_counts(self, run: Runner, oomnitza: Oomnitza) -> None:
        refuse(oomnitza, "S1")
        run.filter('return record["serial"] != "S2"')
        run.require("NAME")
        items = [*devices(5), {"serial": "S5"}, RecordGone("gone"), RecordUnreadable("broken")]
        outcome = run(items)
        [past] = history(run)
        assert past.counts == {
            "fetched": 7,
            "filtered": 1,
            "incomplete": 1,
            "unchanged": 0,
            "sent": 3,
            "rejected": 2,
            "unsent": 0,
            "vanished": 1,
            "ready": 4,
            "unreadable": 1,
        }
        assert (outcome.ready, outcome.unreadable) == (4, 1)

    def test_past_run_has_its_portion(self, run: Runner, oomnitza: Oomnitza) -> None:
        run(devices(1))
        [past] = history(run)
        assert [past.portion] == [each.portion for each in oomnitza.runs()]
        assert past.opened and past.closed
        assert past.started <= past.opened <= past.closed

    def test_testmode_records_no_run(self, run: Runner) -> None:
        run(devices(3), testmode=True)
        assert run.state
        assert not run.state.exists()
        run(devices(2))
        run(devices(3), testmode=True)
        assert [past.counts["sent"] for past in history(run)] == [2]

    def test_open_run_is_closed_by_the_next_run(self, run: Runner, oomnitza: Oomnitza) -> None:
        oomnitza.fail_next(1, 503, path="/api/v3/bulk/")
        run(devices(1))
        [left] = history(run)
        assert left.opened and not left.closed
        run([], testmode=True)
        assert not history(run)[0].closed
        run([])
        assert history(run)[0].closed
        assert all(each.finished for each in oomnitza.runs())

    def test_changed_only_second_run_is_not_full(self, run: Runner) -> None:
        run.set(changed_only=True)
        tallies = [run(devices(2), **options).tally for options in ({}, {}, {"full": True}, {})]
        assert [past.full for past in history(run)] == [True, False, True, False]
        assert [(tally.sent, tally.unchanged) for tally in tallies] == [
            (2, 0),
            (0, 2),
            (2, 0),
            (0, 2),
        ]

    def test_changed_plan_sends_all_records(self, run: Runner) -> None:
        run.set(changed_only=True)
        run(devices(2))
        run.set(sync_field=("NAME",))
        assert counts(run(devices(2))) == {"fetched": 2, "sent": 2}


class TestMissing:
    def test_missing_records_are_no_longer_in_the_source(self, run: Runner) -> None:
        assert run(devices(4)).missing == 0
        assert run(devices(3)).missing == 1
        assert run(devices(4)).missing == 0

    @pytest.mark.parametrize("count", [1, 499, 500, 501])
    def test_missing_excludes_records_that_are_not_sent(self, run: Runner, count: int) -> None:
        run.filter('return record["name"] != "in repair"')
        run.require("NAME")
        run(devices(count + 2))
        kept = {"serial": "S0", "name": "in repair"}, {"serial": f"S{count}"}
        outcome = run([*devices(count)[1:], *kept], force={"records"})
        assert (outcome.tally.filtered, outcome.tally.incomplete) == (1, 1)
        assert outcome.missing == 1
        filtered = [{"serial": f"S{number}", "name": "in repair"} for number in range(count)]
        outcome = run(filtered, force={"records"})
        assert outcome.tally.filtered == count
        assert outcome.missing == 2

    def test_missing_excludes_unchanged_and_refused_records(
        self, run: Runner, oomnitza: Oomnitza
    ) -> None:
        run.set(changed_only=True)
        run(devices(3))
        refuse(oomnitza, "S1")
        outcome = run([*devices(1), {"serial": "S1", "name": "of another model"}])
        assert counts(outcome) == {"fetched": 2, "unchanged": 1, "rejected": 1}
        assert outcome.missing == 1

    @pytest.mark.parametrize("options", [{"record_count": 1}, {"resend": True}])
    def test_missing_after_a_partial_run_is_none(
        self, run: Runner, options: dict[str, Any]
    ) -> None:
        run(devices(3))
        assert run(devices(3), **options).missing == 0

    def test_missing_with_unreadable_records_is_none(self, run: Runner) -> None:
        run(devices(3))
        assert run([*devices(1), RecordUnreadable("broken")]).missing == 0

    def test_missing_record_that_was_forgotten_returns_as_a_new_one(
        self, run: Runner, oomnitza: Oomnitza
    ) -> None:
        run.set(changed_only=True)
        run(devices(3))
        run(devices(2))
        assert run.state
        with open_store(run.state) as store:
            ledger = store.section("made_up", run.oomnitza.url)
            ledger.forget(item.key for item in ledger.missing())
        assert run(devices(2)).missing == 0
        assert counts(run(devices(3))) == {"fetched": 3, "unchanged": 2, "sent": 1}

    def test_changed_filter_is_noted_with_the_records_that_are_not_compared(
        self, run: Runner
    ) -> None:
        assert run(devices(5)).notes == []
        run.filter('return record["serial"] != "S0"')
        assert run([SourceUnavailable("it went away")]).notes == []
        outcome = run(devices(3))
        assert outcome.missing == 0
        [note] = outcome.notes
        assert "missing records are counted from this run on" in note
        assert note.endswith(" 2 records of earlier runs are no longer compared with the source.")
        assert run(devices(3)).notes == []
        assert run(devices(2)).missing == 1

    def test_changed_filter_is_not_noted_if_all_records_are_still_there(self, run: Runner) -> None:
        run(devices(3))
        run.filter('return record["serial"] != "S0"')
        outcome = run(devices(4))
        assert (outcome.tally.filtered, outcome.notes) == (1, [])

    def test_changed_filter_is_not_noted_after_a_partial_run(self, run: Runner) -> None:
        run(devices(5))
        run.filter('return record["serial"] != "S0"')
        assert run(devices(3), record_count=1).notes == []
        assert len(run(devices(3)).notes) == 1

    def test_missing_of_an_incremental_source_is_none(
        self, run: Runner, source: type[MadeUp], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(source, "incremental", True)
        run(devices(3))
        assert run(devices(1)).missing == 0


class TestResend:
    def test_resend_sends_rejected_records_without_the_source(
        self, run: Runner, source: type[MadeUp], oomnitza: Oomnitza
    ) -> None:
        refuse(oomnitza, "S1", "S3")
        run(devices(5))
        assert [aside.key for aside in saved(run)] == ["s1", "s3"]
        refuse(oomnitza, "S3")
        outcome = run(devices(9), resend=True)
        assert source.given == 5
        assert counts(outcome) == {"fetched": 2, "sent": 1, "rejected": 1}
        [left] = saved(run)
        assert (left.key, left.times, left.outcome) == ("s3", 2, "rejected")
        assert sorted(serials(oomnitza)) == ["S0", "S1", "S2", "S4"]

    def test_unchanged_record_is_no_longer_saved(self, run: Runner, oomnitza: Oomnitza) -> None:
        run.set(changed_only=True)
        run(devices(3))
        run.filter('return record["serial"] < 5')  # fails
        run(devices(3))
        assert len(saved(run)) == 3
        run.filter("return True")
        outcome = run([], resend=True)
        assert counts(outcome) == {"fetched": 3, "unchanged": 3}
        assert saved(run) == []
        assert len(posts(oomnitza)) == 3  # of the first run, and that the others ended

    def test_resend_filtered_record_is_no_longer_saved(
        self, run: Runner, oomnitza: Oomnitza
    ) -> None:
        refuse(oomnitza, "S1")
        run(devices(3))
        run.filter('return record["serial"] != "S1"')
        assert counts(run([], resend=True)) == {"fetched": 1, "filtered": 1}
        assert saved(run) == []

    def test_resend_incomplete_record_stays_saved(self, run: Runner, oomnitza: Oomnitza) -> None:
        refuse(oomnitza, "S9")
        run([*devices(3), {"serial": "S9"}])
        run.require("NAME")
        assert counts(run([], resend=True)) == {"fetched": 1, "incomplete": 1}
        assert [aside.key for aside in saved(run)] == ["s9"]

    def test_resend_is_not_a_complete_run(self, run: Runner, oomnitza: Oomnitza) -> None:
        refuse(oomnitza, "S1")
        run(devices(40))
        run([], resend=True)
        refuse(oomnitza)
        run([], resend=True)
        assert [past.state for past in history(run)] == ["complete", "partial", "partial"]
        with open_to_read(run.state) as ledger:  # type: ignore[arg-type]
            complete = ledger.section("made_up", run.oomnitza.url).last_complete()
        assert complete
        assert complete.counts["ready"] == 40
        assert counts(run(devices(19)))["unsent"] == 19

    def test_resend_without_saved_records_sends_nothing(
        self, run: Runner, oomnitza: Oomnitza
    ) -> None:
        run(devices(2))
        assert counts(run(devices(5), resend=True)) == {}
        assert serials(oomnitza) == ["S0", "S1"]

    def test_resend_sends_unsent_records_in_order(self, run: Runner, oomnitza: Oomnitza) -> None:
        oomnitza.fail_next(1, 503, path="/api/v3/bulk")
        assert counts(run(devices(100))) == {"fetched": 100, "unsent": 100}
        assert {aside.outcome for aside in saved(run)} == {"unsent"}
        run([], resend=True)
        assert serials(oomnitza) == [f"S{number}" for number in range(100)]
        assert saved(run) == []

    def test_complete_run_clears_saved_records(self, run: Runner, oomnitza: Oomnitza) -> None:
        refuse(oomnitza, "S1", "S2")
        run(devices(3))
        refuse(oomnitza, "S2")
        run(devices(3))
        assert [(aside.key, aside.times) for aside in saved(run)] == [("s2", 2)]

    def test_resend_in_testmode_shows_and_keeps_saved_records(
        self, run: Runner, oomnitza: Oomnitza
    ) -> None:
        refuse(oomnitza, "S1")
        run(devices(3))
        assert counts(run([], resend=True, testmode=True)) == {"fetched": 1, "sent": 1}
        assert [(aside.key, aside.times) for aside in saved(run)] == [("s1", 1)]


class TestLedgerErrors:
    def test_ledger_write_fails_stops_sending(
        self, run: Runner, oomnitza: Oomnitza, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        run.set(changed_only=True)
        run.oomnitza = replace(run.oomnitza, batch_size=3)
        run(devices(1))

        def fail(self: SectionLedger, items: Iterable[Any]) -> None:
            raise ConnectorError("the disk is full")

        monkeypatch.setattr(SectionLedger, "sent", fail)
        # S0 is unchanged, so that two of the next three have to wait for another batch.
        outcome = run(devices(6), force={"records"})
        assert "the disk is full" in str(outcome.error)
        assert serials(oomnitza) == ["S0", "S1", "S2", "S3"]
        assert [aside.key for aside in saved(run)] == ["s4", "s5"]
        assert history(run)[-1].state == "failed"

    def test_rejected_records_are_durable_at_once(
        self, run: Runner, oomnitza: Oomnitza, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        batch, save_for_resend = SectionLedger.batch, SectionLedger.save_for_resend
        lasting_now = [True]
        kept: list[bool] = []

        @contextmanager
        def watched(self: SectionLedger, *, lasting: bool = True) -> Iterator[None]:
            lasting_now.append(lasting)
            try:
                with batch(self, lasting=lasting):
                    yield
            finally:
                lasting_now.pop()

        def putting(self: SectionLedger, items: Iterable[Any]) -> None:
            items = list(items)
            kept.extend(lasting_now[-1:] * len(items))
            save_for_resend(self, items)

        monkeypatch.setattr(SectionLedger, "batch", watched)
        monkeypatch.setattr(SectionLedger, "save_for_resend", putting)
        refuse(oomnitza, "S1", "S2")
        run([*devices(4), RecordUnreadable("broken")])
        assert kept == [True, True, True]

    def test_second_run_of_a_section_is_refused(self, run: Runner) -> None:
        inner: list[Any] = []

        def items() -> Iterator[Any]:
            yield from devices(1)
            given = run.source.items
            inner.append(run(devices(1)))
            run.source.items = given
            yield from devices(1, start=1)

        outer = run(items())
        assert counts(outer) == {"fetched": 2, "sent": 2}
        assert "is already running (process" in str(inner[0].error)
        assert counts(inner[0]) == {}
        assert len(history(run)) == 1
        assert counts(run(devices(1))) == {"fetched": 1, "sent": 1}

    def test_sections_and_targets_are_independent(self, run: Runner, stage: Any) -> None:
        run.set(changed_only=True)
        run(devices(40))
        assert run.state
        with open_store(run.state) as ledger:
            assert ledger.section("made_up", run.oomnitza.url).last_complete()
            assert not ledger.section("made_up", "https://other.example.com").last_complete()
            assert not ledger.section("other", run.oomnitza.url).last_complete()
