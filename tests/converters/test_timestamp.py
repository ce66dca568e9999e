"""Dates by the name that older mappings use."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.mapping.converters import conversion


def convert(value):
    return conversion("timestamp")("seen", {"seen": value}, value)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("2015-07-21T10:00:00Z", 1437472800),
        ("2015-07-21", 1437436800),
        (1437472800, 1437472800),
        (1437472800.7, 1437472800),
        ("1437472800", 1437472800),
        ("1437472800123", 1437472800),
        (date(2015, 7, 21), 1437436800),
        (datetime(2015, 7, 21, 10, tzinfo=UTC), 1437472800),
        (["2015-07-21", ""], [1437436800]),
        (None, None),
        ("", None),
    ],
)
def test_a_date_becomes_seconds_since_1970(value, seconds):
    assert convert(value) == seconds


@pytest.mark.parametrize("value", ["soon", "07/08/2015", {}, True])
def test_what_is_no_date_is_refused(value):
    with pytest.raises(ValueError):
        convert(value)


def test_it_takes_no_parameters():
    with pytest.raises(ValueError, match="it has no parameters"):
        conversion("timestamp:zone=UTC")


@given(st.none() | st.text() | st.integers() | st.datetimes())
def test_it_does_as_date_format_does(value):
    results = []
    for name in ("timestamp", "date_format"):
        try:
            results.append(conversion(name)("seen", {}, value))
        except ValueError as error:
            results.append(str(error).partition(": ")[2])
    assert results[0] == results[1]
