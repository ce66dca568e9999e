"""The safety threshold after a run with so many records."""

import pytest

from lib.run.threshold import min_expected


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
