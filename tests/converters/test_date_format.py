"""Dates as Oomnitza keeps them."""

import pytest

from converters.date_format import converter


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("2015-07-21", 1437436800),
        ("2015-07-21 10:00:00", 1437472800),
        ("2015-07-21T10:00:00", 1437472800),
        ("2015-07-21T10:00:00.5Z", 1437472800),
        ("2015-07-21T10:00:00+02:00", 1437465600),
        (1437472800, 1437472800),
        (1437472800123, 1437472800),
        ("1437472800123", 1437472800),
        ("", None),
        (None, None),
        (0, None),
    ],
)
def test_a_date_becomes_seconds_since_1970_in_utc(value, seconds):
    assert converter("date", {"date": value}, value, {}) == seconds


def test_what_is_no_date_is_not_passed_on_as_one():
    with pytest.raises(ValueError):
        converter("date", {}, "next week", {})
