"""Leavers: records that are missing in several runs are sent once more, with other fields."""

from dataclasses import replace

import pytest

from lib.errors import ExitCode, RecordUnreadable, UnsafeRun
from lib.report.summary import exit_code, summary
from lib.state import open_store
from tests.run.made_up import Watcher, counts, devices


@pytest.fixture
def leaving(run, tmp_path):
    """A section that sends missing records with STATUS, after two runs, without a limit."""
    run.state = tmp_path / "state.db"
    run.section = replace(run.section, missing={"STATUS": "Inactive"})
    run.set(missing="send", missing_after=2, missing_limit="100%", changed_only=True)
    return run


def statuses(oomnitza):
    return {item["SERIAL"]: item.get("STATUS") for item in oomnitza.records("assets")}


def test_record_missing_in_two_runs_is_sent_once_more(leaving, oomnitza):
    leaving(devices(3))
    first = leaving(devices(2))
    assert (first.leavers, first.missing) == (0, 1)
    second = leaving(devices(2))
    assert (second.leavers, second.error) == (1, None)
    assert counts(second) == {"fetched": 2, "unchanged": 2}
    assert statuses(oomnitza) == {"S0": None, "S1": None, "S2": "Inactive"}
    assert exit_code([second]) is ExitCode.OK
    assert second.notes[0] == "1 missing record was sent with STATUS = Inactive."


def test_field_that_the_mapping_does_not_set_back_is_noted(leaving):
    [_, _, outcome] = [leaving(devices(number)) for number in (3, 2, 2)]
    assert outcome.notes[1] == (
        "The mapping does not fill STATUS. A missing record that returns to the source keeps"
        " STATUS = Inactive in Oomnitza."
    )


def test_field_that_the_mapping_sets_back_is_not_noted(leaving):
    leaving.section = replace(leaving.section, missing={"NAME": "gone"})
    [_, _, outcome] = [leaving(devices(number)) for number in (3, 2, 2)]
    assert outcome.notes == ["1 missing record was sent with NAME = gone."]


def test_record_is_sent_with_the_fields_it_last_had(leaving, oomnitza):
    for number in (3, 2, 2):
        leaving(devices(number))
    assert oomnitza.records("assets")[2] == {"SERIAL": "S2", "NAME": "Mac 2", "STATUS": "Inactive"}


def test_record_is_not_sent_again(leaving, oomnitza):
    outcomes = [leaving(devices(number)) for number in (3, 2, 2, 2, 2)]
    assert [outcome.leavers for outcome in outcomes] == [0, 0, 1, 0, 0]


def test_record_that_returns_is_sent_in_full_and_can_leave_again(leaving, oomnitza):
    for number in (3, 2, 2):
        leaving(devices(number))
    back = leaving(devices(3))
    assert counts(back) == {"fetched": 3, "unchanged": 2, "sent": 1}
    assert [leaving(devices(number)).leavers for number in (2, 2, 2)] == [0, 1, 0]


def test_record_that_returns_after_a_lost_response_is_sent_in_full(leaving, oomnitza):
    leaving.set(missing_after=1)
    leaving(devices(3))
    oomnitza.respond = lambda records: {"status": "error"} if "STATUS" in records[0] else {}
    assert leaving(devices(2)).error
    oomnitza.respond = None
    assert counts(leaving(devices(3))) == {"fetched": 3, "unchanged": 2, "sent": 1}


def test_missing_after_one_run_sends_at_once(leaving):
    leaving.set(missing_after=1)
    assert [leaving(devices(number)).leavers for number in (3, 2, 2)] == [0, 1, 0]


def test_without_the_setting_nothing_is_sent(leaving):
    leaving.set(missing="report")
    assert [leaving(devices(number)).leavers for number in (3, 2, 2)] == [0, 0, 0]


def test_first_run_sends_no_missing_records(leaving):
    leaving.set(missing_after=1)
    assert leaving(devices(3)).leavers == 0


def test_filtered_record_is_not_missing(leaving):
    leaving.set(missing_after=1)
    leaving.filter("\n  return record.serial != 'S2'")
    leaving(devices(3))
    assert leaving(devices(3)).leavers == 0


def test_changed_filter_starts_the_comparison_again(leaving):
    leaving.set(missing_after=1)
    leaving(devices(3))
    leaving.filter("\n  return True")
    assert leaving(devices(2)).leavers == 0
    assert leaving(devices(1)).leavers == 1


@pytest.mark.parametrize("spoil", ["rejected", "unreadable", "record_count"])
def test_run_that_does_not_know_everything_sends_no_missing_records(leaving, oomnitza, spoil):
    leaving.set(missing_after=1)
    leaving(devices(3))
    items, options = devices(2), {}
    if spoil == "rejected":
        oomnitza.refuse = lambda record: "no" if record["NAME"] == "new" else None
        items[0] = {"serial": "S0", "name": "new"}
    elif spoil == "unreadable":
        items.append(RecordUnreadable("cannot be read"))
    else:
        options["record_count"] = 1
    assert leaving(items, **options).leavers == 0


@pytest.mark.parametrize("spoil", ["rejected", "unreadable"])
def test_run_that_did_not_know_everything_does_not_count(leaving, oomnitza, spoil):
    leaving(devices(3))
    if spoil == "rejected":
        oomnitza.refuse = lambda record: "no" if record["NAME"] == "new" else None
        leaving([devices(1)[0], {"serial": "S1", "name": "new"}])
        oomnitza.refuse = None
    else:
        leaving([*devices(2), RecordUnreadable("cannot be read")])
    assert leaving(devices(2)).leavers == 0
    assert leaving(devices(2)).leavers == 1


def test_too_many_missing_records_stop_before_any_is_sent(leaving, oomnitza):
    leaving.set(missing_after=1, missing_limit="5%")
    leaving(devices(60))
    outcome = leaving(devices(56))
    assert isinstance(outcome.error, UnsafeRun)
    assert exit_code([outcome]) is ExitCode.UNSAFE
    assert str(outcome.error).startswith(
        "safety threshold for missing records: 4 records are missing, but missing_limit = 5% allows"
        " 3. No missing record was sent."
    )
    assert str(outcome.error).endswith("run once with --force=missing.")
    assert set(statuses(oomnitza).values()) == {None}
    forced = leaving(devices(56), force=("missing",))
    assert (forced.leavers, forced.error) == (4, None)


@pytest.mark.parametrize(
    ("limit", "allowed"), [("3", 3), ("1", 1), ("5%", 1), ("50%", 5), ("0%", 0)]
)
def test_limit_is_a_number_or_a_share_of_the_last_run_and_a_share_is_at_least_one(
    leaving, limit, allowed
):
    leaving.set(missing_after=1, missing_limit=limit, shrink_limit="100%")
    leaving(devices(10))
    assert leaving(devices(10 - allowed)).leavers == allowed
    leaving(devices(10))
    assert isinstance(leaving(devices(10 - allowed - 1)).error, UnsafeRun)


def test_rejected_missing_record_is_reported_and_tried_again(leaving, oomnitza):
    leaving.set(missing_after=1)
    leaving(devices(3))
    oomnitza.refuse = lambda record: "no" if record.get("STATUS") else None
    outcome = leaving(devices(2))
    assert (outcome.leavers, outcome.leavers_rejected) == (0, 1)
    assert exit_code([outcome]) is ExitCode.RECORDS_LEFT
    assert "missing record: " in summary([outcome])
    oomnitza.refuse = None
    assert leaving(devices(2)).leavers == 1


def test_resend_sends_no_missing_records(leaving):
    leaving.set(missing_after=1)
    leaving(devices(3))
    assert leaving([], resend=True).leavers == 0


class TestDryRun:
    @pytest.fixture
    def left(self, leaving, oomnitza):
        leaving.set(missing_after=1)
        leaving(devices(4))
        leaving.listener = Watcher()
        return leaving

    def test_dry_run_shows_missing_records_and_sends_nothing(self, left, oomnitza):
        outcome = left(devices(2), testmode=True)
        assert outcome.leavers == 2
        assert outcome.notes[0] == "An upload would send 2 missing records with STATUS = Inactive."
        shown = [record for record in left.listener.shown if "STATUS" in record]
        assert [record["SERIAL"] for record in shown] == ["S2", "S3"]
        assert set(statuses(oomnitza).values()) == {None}
        left.listener = None
        assert left(devices(2)).leavers == 2

    def test_dry_run_warns_of_too_many(self, left):
        left.set(missing_limit="1", shrink_limit="100%")
        outcome = left(devices(2), testmode=True)
        assert outcome.leavers == 0
        assert outcome.warnings == [
            "An upload would send no missing records. Safety threshold for missing records: 2"
            " records are missing, but missing_limit = 1 allows 1."
        ]

    def test_dry_run_with_a_record_count_shows_none(self, left):
        assert left(devices(2), testmode=True, record_count=1).leavers == 0


def test_forgotten_record_is_not_sent_and_returns_as_a_new_one(leaving):
    leaving(devices(3))
    leaving(devices(2))
    with open_store(leaving.state) as store:
        store.section("made_up", leaving.oomnitza.url).forget(["s2"])
    outcome = leaving(devices(2))
    assert (outcome.leavers, outcome.missing) == (0, 0)
    assert leaving(devices(3)).tally.sent == 1
