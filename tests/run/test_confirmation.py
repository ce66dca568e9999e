"""Success is what Oomnitza confirmed: responses that do not, and run logs that do not add up."""

from dataclasses import replace

import pytest

from lib.errors import ConfigurationError, ExitCode, TargetUnavailable
from lib.report.summary import exit_code, summary
from lib.run import runlog
from tests.run.made_up import counts, devices, posts, serials


@pytest.fixture(autouse=True)
def pauses(monkeypatch):
    made: list[float] = []
    monkeypatch.setattr(runlog, "pause", made.append)
    return made


def confirming(run, confirm: str):
    run.oomnitza = replace(run.oomnitza, confirm=confirm)
    return run


def test_proxy_page_in_place_of_oomnitza_leaves_the_records_unsent(run, oomnitza):
    oomnitza.fail_next(99, 200, "Blocked by policy", path="/api/v3/bulk")
    outcome = run(devices(130))
    assert counts(outcome) == {"fetched": 100, "unsent": 100}
    assert isinstance(outcome.error, TargetUnavailable)
    assert exit_code([outcome]) is ExitCode.SECTION_FAILED
    assert "confirm = status" in str(outcome.error)
    assert serials(oomnitza) == []


def test_records_that_were_not_confirmed_are_sent_by_the_next_run(run, oomnitza, tmp_path):
    run.state = tmp_path / "state.db"
    run.set(changed_only=True)
    oomnitza.fail_next(99, 200, "Blocked by policy", path="/api/v3/bulk")
    run(devices(3))
    oomnitza.outages.end()
    assert counts(run(devices(3))) == {"fetched": 3, "sent": 3}
    assert counts(run(devices(3))) == {"fetched": 3, "unchanged": 3}


def test_truncated_response_is_requested_again(run, oomnitza):
    run.oomnitza = replace(run.oomnitza, retries=1)
    oomnitza.fail_next(1, 200, '{"added": ', path="/api/v3/bulk")
    assert counts(run(devices(3))) == {"fetched": 3, "sent": 3}


def test_error_in_the_response_leaves_the_batch_unsent(run, oomnitza):
    oomnitza.fail_next(1, 200, '{"status": "error", "message": "no"}', path="/api/v3/bulk")
    outcome = run(devices(3))
    assert counts(outcome) == {"fetched": 3, "unsent": 3}
    assert "the response reports an error (no)" in str(outcome.error)
    assert exit_code([outcome]) is ExitCode.SECTION_FAILED


def test_errors_of_single_records_reject_these_records_only(run, oomnitza):
    oomnitza.respond = lambda records: {
        "errors": [{"row": 1, "error": "bad serial"} for it in records if it["SERIAL"] == "S7"]
    }
    outcome = run(devices(10))
    assert counts(outcome) == {"fetched": 10, "sent": 9, "rejected": 1}
    [(reason, example)] = outcome.not_sent.items()
    assert reason == "rejected: Oomnitza reports an error in the record (bad serial)"
    assert "S7" in example.text
    assert exit_code([outcome]) is ExitCode.RECORDS_LEFT


def test_status_is_enough_if_it_is_asked_for(run, oomnitza):
    oomnitza.respond = lambda records: {"status": "error"}
    assert counts(confirming(run, "status")(devices(3))) == {"fetched": 3, "sent": 3}


def test_shape_of_the_response_is_in_the_outcome(run, oomnitza):
    oomnitza.respond = lambda records: {"added": len(records)}
    assert run(devices(3)).response_shape == "{added: number}"


class TestRunLog:
    def test_counts_that_add_up_are_read_once(self, run, pauses):
        outcome = run(devices(3))
        assert outcome.server == {"added": 3, "updated": 0, "skipped": 0, "errors": 0}
        assert (outcome.notes, outcome.unconfirmed, pauses) == ([], 0, [])

    def test_counts_that_differ_are_read_again_and_noted(self, run, oomnitza, pauses):
        oomnitza.run_log = lambda entry: entry | {"added_records_count": 2}
        outcome = run(devices(3))
        assert pauses == [10]
        assert outcome.notes == [
            "Oomnitza's run log counts 2 processed records in this run; the connector sent 3."
        ]
        assert exit_code([outcome]) is ExitCode.OK

    def test_counts_that_add_up_later_are_not_noted(self, run, oomnitza, pauses, monkeypatch):
        oomnitza.run_log = lambda entry: entry | {"added_records_count": 0}
        monkeypatch.setattr(runlog, "pause", lambda _: setattr(oomnitza, "run_log", None))
        outcome = run(devices(3))
        assert (outcome.notes, outcome.server["added"]) == ([], 3)

    def test_more_errors_than_rejects_leave_records(self, run, oomnitza):
        oomnitza.run_log = lambda entry: entry | {"added_records_count": 1, "error_logs_count": 2}
        outcome = run(devices(3))
        assert exit_code([outcome]) is ExitCode.RECORDS_LEFT
        assert outcome.notes == []

    def test_run_log_without_counts_says_nothing(self, run, oomnitza, pauses):
        oomnitza.run_log = lambda entry: {"portion_correlation_id": entry["portion_correlation_id"]}
        outcome = run(devices(3))
        assert (outcome.server, outcome.notes, pauses) == (None, [], [])
        assert "Oomnitza counted" not in summary([outcome])

    def test_strict_reads_a_run_log_again_that_comes_late(self, run, oomnitza, pauses, monkeypatch):
        oomnitza.run_log = lambda entry: {}
        monkeypatch.setattr(runlog, "pause", lambda _: setattr(oomnitza, "run_log", None))
        outcome = confirming(run, "strict")(devices(3))
        assert (outcome.unconfirmed, outcome.server["added"]) == (0, 3)

    @pytest.mark.parametrize(
        "change",
        [
            lambda entry: entry | {"added_records_count": 2},
            lambda entry: {},
        ],
        ids=["differs", "missing"],
    )
    def test_strict_wants_the_counts(self, run, oomnitza, change, tmp_path):
        run.state = tmp_path / "state.db"
        run.set(changed_only=True)
        oomnitza.run_log = change
        outcome = confirming(run, "strict")(devices(3))
        assert (counts(outcome), outcome.unconfirmed) == ({"fetched": 3, "sent": 3}, 3)
        assert exit_code([outcome]) is ExitCode.RECORDS_LEFT
        assert "does not confirm 3 records" in summary([outcome])
        oomnitza.run_log = None
        outcome = run(devices(3))
        assert (counts(outcome), outcome.unconfirmed) == ({"fetched": 3, "sent": 3}, 0)
        assert counts(run(devices(3))) == {"fetched": 3, "unchanged": 3}


class TestRefusalsInARow:
    def test_target_that_refuses_everything_after_a_success_stops_the_run(self, run, oomnitza):
        oomnitza.refuse = lambda record: "no" if int(record["SERIAL"][1:]) >= 100 else None
        outcome = run(devices(800))
        assert isinstance(outcome.error, ConfigurationError)
        assert "rejected 101 records in a row" in str(outcome.error)
        assert outcome.tally.sent == 100
        assert outcome.tally.rejected <= 200
        assert len(posts(oomnitza)) < 500

    def test_internal_errors_for_ever_stop_the_run(self, run, oomnitza):
        run.oomnitza = replace(run.oomnitza, retries=0)
        oomnitza.respond = lambda records: 500 if records[0]["SERIAL"] != "S0" else {}
        outcome = run(devices(300))
        assert isinstance(outcome.error, TargetUnavailable)
        assert "requests in a row with an internal error" in str(outcome.error)
        assert outcome.tally.sent == 100
        assert len(posts(oomnitza)) < 40
