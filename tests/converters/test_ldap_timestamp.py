"""Dates of directories."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.mapping.converters import conversion


def convert(value):
    return conversion("ldap_timestamp")("pwdLastSet", {"pwdLastSet": value}, value)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("132223104000000000", 1577836800),
        (132223104000000000, 1577836800),
        (" 132223104009999999 ", 1577836800),
        ("20150721100000.0Z", 1437472800),
        ("20150721100000Z", 1437472800),
        ("20150721120000+0200", 1437472800),
        ("20150721100000,123Z", 1437472800),
        ("2015-07-21T10:00:00+00:00", 1437472800),
        (datetime(2015, 7, 21, 10, tzinfo=UTC), 1437472800),
        (["132223104000000000", "0"], [1577836800]),
    ],
)
def test_a_moment_becomes_seconds_since_1970(value, seconds):
    assert convert(value) == seconds


@pytest.mark.parametrize(
    "value", [None, "", " ", 0, "0", "9223372036854775807", 9223372036854775807]
)
def test_never_gives_no_value(value):
    assert convert(value) is None


@pytest.mark.parametrize(
    "value",
    ["-36288000000000", "1437472800", 1437472800, "1", "9" * 18 + "9", "soon", True, {}, b"0"],
)
def test_spans_of_time_and_other_values_are_refused(value):
    with pytest.raises(ValueError):
        convert(value)


def test_it_takes_no_parameters():
    with pytest.raises(ValueError, match="it has no parameters"):
        conversion("ldap_timestamp:zone=UTC")


@given(st.datetimes(datetime(1950, 1, 1), datetime(2200, 1, 1)))
def test_both_forms_of_a_moment_are_the_same(moment):
    ticks = (moment - datetime(1601, 1, 1)) // timedelta(microseconds=1) * 10
    assert convert(str(ticks)) == convert(f"{moment:%Y%m%d%H%M%S.%f}Z")
