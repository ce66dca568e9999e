"""Whatever fails, the source or Oomnitza: what was read is sent or counted, and the run closed."""

import logging
from dataclasses import replace
from typing import Any

from lib.errors import (
    ConfigurationError,
    ExitCode,
    RecordGone,
    RecordUnreadable,
    SignInError,
    SourceUnavailable,
    TargetUnavailable,
)
from lib.report.summary import exit_code
from tests.run.made_up import Watcher, counts, devices, posts, serials


class TestSourceErrors:
    def test_source_error_sends_what_was_read_and_closes_the_run(self, run, oomnitza):
        outcome = run([*devices(130), SourceUnavailable("gone away", where="https://jamf")])
        assert counts(outcome) == {"fetched": 130, "sent": 130}
        assert isinstance(outcome.error, SourceUnavailable)
        assert exit_code([outcome]) is ExitCode.SECTION_FAILED
        # Two batches, the error, the end.
        assert posts(oomnitza) == [("bulk", 200)] * 3 + [("finalize", 200)]
        assert len(serials(oomnitza)) == 130
        assert oomnitza.runs()[0].error == "https://jamf: gone away"

    def test_source_error_before_the_first_record_sends_nothing(self, run, oomnitza):
        outcome = run([SignInError("wrong password")])
        assert counts(outcome) == {}
        assert isinstance(outcome.error, SignInError)
        assert posts(oomnitza) == []  # no run was opened

    def test_unexpected_error_in_connector_sends_what_was_read(self, run, oomnitza, caplog):
        outcome = run([*devices(130), KeyError("computers")])
        assert counts(outcome) == {"fetched": 130, "sent": 130}
        assert str(outcome.error).startswith("unexpected error (KeyError).")
        assert exit_code([outcome]) is ExitCode.SECTION_FAILED
        assert posts(oomnitza)[-1] == ("finalize", 200)
        [logged] = [item for item in caplog.records if item.exc_info]
        assert logged.exc_info[0] is KeyError

    def test_connector_calls_exit_ends_its_section_only(self, run, oomnitza):
        outcome = run([*devices(130), SystemExit(0)])
        assert counts(outcome) == {"fetched": 130, "sent": 130}
        assert str(outcome.error).startswith("unexpected error (SystemExit).")
        assert oomnitza.runs()[0].finished is not None

    def test_connector_yields_no_record_is_an_unexpected_error(self, run, oomnitza):
        outcome = run([*devices(2), 7, *devices(2)])
        assert outcome.tally.sent == 2
        assert "unexpected error" in str(outcome.error)

    def test_source_and_target_errors_leave_records_unsent(self, run, oomnitza):
        run.listener = Watcher()
        run.listener.at[130] = lambda: oomnitza.fail_next(9, 503)
        outcome = run([*devices(130), SourceUnavailable("gone away")])
        assert counts(outcome) == {"fetched": 130, "sent": 100, "unsent": 30}
        assert outcome.error is not None

    def test_failed_run_logs_its_error(self, run, caplog):
        run([*devices(1), SourceUnavailable("gone away", where="https://jamf")])
        [logged] = [item for item in caplog.records if item.levelno == logging.ERROR]
        assert "[made_up] failed: https://jamf: gone away" in logged.getMessage()

    def test_vanished_and_unreadable_records_do_not_stop_the_run(self, run, oomnitza):
        items = [
            *devices(2),
            RecordGone("device 7 is no longer there"),
            RecordUnreadable("cannot be read", where="device 8"),
            *devices(1, start=9),
        ]
        outcome = run(items)
        assert counts(outcome) == {"fetched": 4, "sent": 3, "rejected": 1, "vanished": 1}
        assert outcome.not_sent["rejected: cannot be read"].text == "device 8"
        assert exit_code([outcome]) is ExitCode.RECORDS_LEFT
        assert serials(oomnitza) == ["S0", "S1", "S9"]


class TestTargetErrors:
    def test_target_unavailable_at_the_start_reads_nothing(self, run, source, offline):
        run.oomnitza = replace(run.oomnitza, url=offline)
        outcome = run(devices(3))
        assert isinstance(outcome.error, TargetUnavailable)
        assert source.given == 0
        assert exit_code([outcome]) is ExitCode.SECTION_FAILED

    def test_target_unavailable_during_the_run_leaves_the_rest_unsent(self, run, source, oomnitza):
        run.listener = Watcher()
        run.listener.at[101] = lambda: oomnitza.fail_next(9, 503)
        outcome = run(devices(1000))
        assert counts(outcome) == {"fetched": 200, "sent": 100, "unsent": 100}
        assert isinstance(outcome.error, TargetUnavailable)
        assert posts(oomnitza) == [("bulk", 200), ("bulk", 503)]  # nobody to tell that it is over
        assert source.given == 200
        assert source.closed

    def test_token_revoked_during_the_run_leaves_the_rest_unsent(self, run, oomnitza):
        run.listener = Watcher()
        run.listener.at[101] = oomnitza.revoke_tokens
        outcome = run(devices(300))
        assert counts(outcome) == {"fetched": 200, "sent": 100, "unsent": 100}
        assert isinstance(outcome.error, SignInError)
        assert posts(oomnitza) == [("bulk", 200), ("bulk", 401)]

    def test_closing_fails_makes_the_run_failed(self, run, oomnitza):
        oomnitza.fail_next(1, 503, path="/api/v3/bulk/")
        outcome = run(devices(10))
        assert counts(outcome) == {"fetched": 10, "sent": 10}
        assert isinstance(outcome.error, TargetUnavailable)
        assert posts(oomnitza) == [("bulk", 200), ("finalize", 503)]

    def test_refused_records_are_rejected_and_the_others_sent(self, run, oomnitza):
        bad = {"S3", "S64", "S99", "S120"}
        oomnitza.refuse = lambda record: record["SERIAL"] in bad and f"{record['SERIAL']} is bad"
        outcome = run(devices(130))
        assert counts(outcome) == {"fetched": 130, "sent": 126, "rejected": 4}
        assert outcome.error is None
        assert exit_code([outcome]) is ExitCode.RECORDS_LEFT
        assert serials(oomnitza) == [f"S{n}" for n in range(130) if f"S{n}" not in bad]
        reasons = {reason: example.text for reason, example in outcome.not_sent.items()}
        assert len(reasons) == 4
        [(reason, text)] = [pair for pair in reasons.items() if "S64 is bad" in pair[0]]
        assert reason.startswith("rejected: ")
        assert "SERIAL S64" in text
        assert posts(oomnitza)[-1] == ("finalize", 200)

    def test_all_records_refused_completes_a_small_run(self, run, oomnitza):
        oomnitza.refuse = lambda record: "no"
        outcome = run(devices(7))
        assert counts(outcome) == {"fetched": 7, "rejected": 7}
        assert sum(example.count for example in outcome.not_sent.values()) == 7

    def test_first_records_all_refused_stops_the_run(self, run, source, oomnitza):
        oomnitza.refuse = lambda record: "no such field"
        outcome = run(devices(1000))
        assert isinstance(outcome.error, ConfigurationError)
        # The first batch, and those that were under way when it had come back.
        assert outcome.tally.rejected in (100, 200, 300, 400)
        assert (outcome.tally.sent, outcome.tally.fetched) == (0, source.given)
        assert source.given < 1000
        assert posts(oomnitza)[-1] == ("finalize", 200)

    def test_target_unavailable_during_bisection_leaves_the_rest_unsent(self, run, oomnitza):
        def refuse(record: dict[str, Any]) -> str | None:
            if record["SERIAL"] != "S1":
                return None
            refuse.calls += 1
            if refuse.calls == 3:  # [S0..S7], [S0..S3], [S0 S1]
                oomnitza.fail_next(9, 503)
            return "bad"

        refuse.calls = 0
        oomnitza.refuse = refuse
        outcome = run(devices(8))
        assert counts(outcome) == {"fetched": 8, "unsent": 8}
        assert isinstance(outcome.error, TargetUnavailable)

    def test_batch_too_large_is_sent_in_parts(self, run, oomnitza):
        oomnitza.max_records = 30
        outcome = run(devices(100))
        assert counts(outcome) == {"fetched": 100, "sent": 100}

    def test_half_surrogate_rejects_no_other_record(self, run, oomnitza):
        outcome = run([*devices(2), {"serial": "S9", "name": "cut \ud83d"}, *devices(2, start=4)])
        assert counts(outcome) == {"fetched": 5, "sent": 4, "rejected": 1}

    def test_values_without_json_form_reject_no_record(self, run, oomnitza):
        odd = [{"serial": "S8", "name": float("nan")}, {"serial": "S9", "name": {"a", "b"}}]
        outcome = run([*devices(1), *odd])
        assert counts(outcome) == {"fetched": 3, "sent": 3}
        assert [record["NAME"] for record in oomnitza.records("assets")] == [
            "Mac 0",
            None,
            ["a", "b"],
        ]


class TestRefusals:
    def test_first_records_all_refused_stops_sending(self, run, oomnitza):
        oomnitza.refuse = lambda _: "no such field"
        outcome = run(devices(200))
        assert (outcome.tally.rejected, outcome.tally.sent) == (outcome.tally.fetched, 0)
        assert outcome.tally.rejected % 100 == 0
        assert "Oomnitza rejected all of the first 100 records, so the run stopped." in str(
            outcome.error
        )
