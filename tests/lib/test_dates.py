"""Moments in time, in the forms in which systems write them."""

import time
from datetime import UTC, date, datetime

import pytest

from lib.dates import epoch

MOMENT = 1710164225  # 2024-03-11 13:37:05 UTC


@pytest.fixture
def far_from_utc(monkeypatch):
    """This machine in another time zone, where a machine lets itself be moved."""
    monkeypatch.setenv("TZ", "America/New_York")
    if hasattr(time, "tzset"):
        time.tzset()
        yield
        monkeypatch.undo()
        time.tzset()
    else:
        yield


@pytest.mark.parametrize(
    "value",
    [
        "2024-03-11T13:37:05Z",
        "2024-03-11T13:37:05.120+0000",
        "2024-03-11T13:37:05.12Z",
        "2024-03-11T13:37:05.1234567Z",
        "2024-03-11T08:37:05-0500",
        "2024-03-11T15:37:05+02:00",
        "2024-03-11 13:37:05",
        " 2024-03-11 13:37:05 ",
        "20240311T133705Z",
        MOMENT,
        float(MOMENT) + 0.9,
        str(MOMENT),
        MOMENT * 1000,
        MOMENT * 1000 + 120,
        f"{MOMENT}120",
        datetime(2024, 3, 11, 13, 37, 5, tzinfo=UTC),
    ],
)
def test_one_moment_has_many_forms(value, far_from_utc):
    assert epoch(value) == MOMENT


@pytest.mark.parametrize("value", ["2025-08-15", "20250815", date(2025, 8, 15), "2025-08-15 00:00"])
def test_a_day_begins_at_midnight_utc_whatever_this_machine_s_zone(value, far_from_utc):
    assert epoch(value) == 1755216000


def test_a_number_of_twelve_digits_is_milliseconds():
    assert epoch(99_999_999_999) == 99_999_999_999
    assert epoch(100_000_000_000) == 100_000_000
    assert epoch("100000000000") == 100_000_000
    assert epoch("100000000") == 100_000_000


def test_moments_before_1970_are_negative():
    assert epoch("1969-12-31T23:59:59Z") == -1
    assert epoch(-1) == -1


@pytest.mark.parametrize("value", [None, "", "   ", 0, 0.0, "0"])
def test_no_date_is_no_moment(value):
    assert epoch(value) is None


@pytest.mark.parametrize(
    "value",
    [
        "Sunday, March 10 2024 at 6:02 PM",
        "07/21/2015",
        "2015-13-01",
        "2015-02-29",
        "yesterday",
        True,
        [],
        float("nan"),
        float("inf"),
    ],
)
def test_everything_else_is_refused(value):
    with pytest.raises(ValueError):
        epoch(value)
