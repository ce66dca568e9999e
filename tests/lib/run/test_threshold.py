"""The safety thresholds: what each measures, and all of them together."""

import pytest

from lib.cli.options import THRESHOLDS
from lib.errors import UnsafeRun
from lib.run import leavers
from lib.run.threshold import (
    FieldThreshold,
    RecordThreshold,
    Threshold,
    Thresholds,
    min_expected,
)


@pytest.mark.parametrize(
    ("before", "limit", "expected"),
    [
        (100, "50%", 50),
        (101, "50%", 51),
        (20, "50%", 10),
        (19, "50%", 1),  # of a small section only nothing at all is strange
        (1, "50%", 1),
        (0, "50%", 0),
        (100, "0%", 100),
        (100, "100%", 0),
        (1000, "12.5%", 875),
        (100, "10", 90),
        (100, "0", 100),
        (100, "100", 1),
        (100, "500", 1),
        (5, "3", 1),
    ],
)
def test_min_expected_by_number_or_percentage(before, limit, expected):
    assert min_expected(before, limit) == expected


class Measure(Threshold):
    """Waits for so many records."""

    check, intended = "Check it", "If it is intended"

    def __init__(self, name, least, saves_held=True):
        self.name, self.saves_held = name, saves_held
        self.least = least

    def waits(self, records):
        return records < self.least

    def failure(self, records):
        return f"{self.name}: too few" if self.waits(records) else ""

    def dry_run_warning(self, records):
        return self.failure(records)


class TestThresholds:
    def test_records_wait_until_all_thresholds_are_met(self):
        both = Thresholds(Measure("one", 2), Measure("other", 3))
        assert [both.wait(records) for records in range(5)] == [True, True, True, False, False]
        assert not Thresholds().wait(0)

    def test_met_threshold_stays_met(self):
        measure = Measure("one", 2)
        thresholds = Thresholds(measure)
        assert not thresholds.wait(2)
        measure.least = 9
        assert not thresholds.wait(3)

    def test_held_records_are_saved_unless_a_waiting_threshold_forbids_it(self):
        both = Thresholds(Measure("one", 3), Measure("other", 2, saves_held=False))
        assert not both.save_held
        both.wait(2)
        assert both.save_held

    @pytest.mark.parametrize(
        ("names", "option"),
        [
            (["records"], "--force"),
            (["fields"], "--force=fields"),
            (["records", "fields"], "--force=records,fields"),
        ],
    )
    def test_require_names_the_exact_option(self, names, option):
        thresholds = Thresholds(*(Measure(name, 2) for name in names), Measure("met", 0))
        thresholds.require(2)
        with pytest.raises(UnsafeRun) as caught:
            thresholds.require(1)
        assert str(caught.value).endswith(f", run once with {option}.")
        assert all(f"{name}: too few" in str(caught.value) for name in names)
        assert "met:" not in str(caught.value)

    def test_dry_run_warnings_are_those_of_unmet_thresholds(self):
        thresholds = Thresholds(Measure("one", 2), Measure("other", 1))
        assert thresholds.dry_run_warnings(1) == ["one: too few"]

    def test_names_on_the_command_line_are_those_of_the_thresholds(self):
        assert (RecordThreshold.name, FieldThreshold.name, leavers.THRESHOLD) == THRESHOLDS
