"""Dates as Oomnitza keeps them, or in a format."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.mapping.converters import conversion


def convert(value, params=""):
    return conversion(f"date_format:{params}")("date", {"date": value}, value)


# The forms of all the systems are in the tests of lib/values/dates.
@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("2015-07-21", 1437436800),
        ("2015-07-21 10:00:00", 1437472800),
        ("2015-07-21 10:00:00 +0200", 1437465600),
        ("2015-07-21 10:00", 1437472800),
        ("2015-07-21T10:00:00", 1437472800),
        ("2015-07-21T10:00:00.5Z", 1437472800),
        ("2015-07-21T10:00:00+02:00", 1437465600),
        ("20150721", 1437436800),
        ("20150721100000.0Z", 1437472800),
        ("Tuesday, July 21 2015 at 10:00 AM", 1437472800),
        (1437472800, 1437472800),
        (1437472800123, 1437472800),
        ("1437472800123", 1437472800),
        (130819464000000000, 1437472800),
        (date(2015, 7, 21), 1437436800),
        (datetime(2015, 7, 21, 10), 1437472800),
    ],
)
def test_a_date_becomes_seconds_since_1970_in_utc(value, seconds):
    assert convert(value) == seconds


@pytest.mark.parametrize("params", ["", "format=%Y", "from=%d/%m/%Y", "zone=Europe/Berlin"])
@pytest.mark.parametrize("value", [None, "", " ", 0, "0000-00-00", datetime.min])
def test_no_date_gives_no_value(value, params):
    assert convert(value, params) is None


@pytest.mark.parametrize("params", ["", "format=%Y", "zone=Europe/Berlin"])
def test_the_first_day_of_all_is_no_date(params):
    assert convert("0001-01-01T00:00:00", params) is None


@pytest.mark.parametrize("value", ["next week", "07/08/2015", "07/21/2015", "15.1", {"a": 1}, True])
def test_what_is_no_date_is_not_passed_on_as_one(value):
    with pytest.raises(ValueError):
        convert(value)
    with pytest.raises(ValueError):
        convert(value, "format=%Y")


def test_the_dates_of_a_list_are_converted_one_by_one():
    assert convert(["2015-07-21", "", "2015-07-22"]) == [1437436800, 1437523200]
    assert convert([]) == []


@pytest.mark.parametrize(
    ("value", "params", "text"),
    [
        ("2015-07-21T10:00:00", "format=%Y-%m-%d", "2015-07-21"),
        ("2015-07-21T01:00:00+02:00", "format=%Y-%m-%dT%H:%M:%SZ", "2015-07-20T23:00:00Z"),
        (1437472800000, "format=%d %B %Y, %I:%M %p", "21 July 2015, 10:00 AM"),
        ("2015-07-21 10:00", r"format=%H\|%M", "10|00"),
        ("2015-07-21", "format=%d.%m.|zone=Europe/Berlin", "21.07."),
        ("21/07/2015", "format=%Y-%m-%d|from=%d/%m/%Y", "2015-07-21"),
    ],
)
def test_a_format_gives_text_in_utc(value, params, text):
    assert convert(value, params) == text


@pytest.mark.parametrize(
    ("value", "params", "seconds"),
    [
        ("07/08/2015", "from=%m/%d/%Y", 1436313600),
        ("07/08/2015", "from=%d/%m/%Y", 1438905600),
        ("07/21/2015 10:00 AM", "from=%m/%d/%Y %I:%M %p", 1437472800),
        ("07/21/2015 12:00", "from=%m/%d/%Y %H:%M|zone=Europe/Berlin", 1437472800),
        ("07/21/2015", "from=%m/%d/%Y|zone=Europe/Berlin", 1437436800),
        (1437472800, "from=%m/%d/%Y", 1437472800),
    ],
)
def test_from_says_how_text_is_read(value, params, seconds):
    assert convert(value, params) == seconds


def test_with_from_other_texts_cannot_be_converted():
    with pytest.raises(ValueError, match="'2015-07-21' does not match"):
        convert("2015-07-21", "from=%m/%d/%Y")


def test_the_zone_is_for_dates_that_name_none():
    assert convert("2015-07-21 12:00", "zone=Europe/Berlin") == 1437472800
    assert convert(datetime(2015, 7, 21, 12), "zone=Europe/Berlin") == 1437472800
    assert convert("2015-07-21T10:00:00Z", "zone=Europe/Berlin") == 1437472800


def test_a_moment_at_the_end_of_time_cannot_be_written():
    with pytest.raises(ValueError, match="outside the range of years"):
        convert("9999-12-31T23:59:59-14:00", "format=%Y")


@pytest.mark.parametrize(
    ("params", "why"),
    [
        ("format=ISO", "format: the date pattern 'ISO' contains no directive such as %Y"),
        ("format=%s", "format: unknown directive %s"),
        ("from=%d/%m", "from: .* contains no year"),
        ("zone=Berlin", "zone: unknown time zone 'Berlin'"),
        ("zone", "zone needs a value"),
        ("fmt=%Y", "unknown parameter 'fmt'; did you mean format?"),
    ],
)
def test_wrong_parameters_are_told_with_the_mapping(params, why):
    with pytest.raises(ValueError, match=why):
        convert("2015-07-21", params)


def test_it_looks_at_nothing_but_its_value():
    assert conversion("date_format").reads == frozenset()


@given(
    st.datetimes(datetime(1602, 1, 1), datetime(9999, 12, 30)).map(lambda d: d.replace(tzinfo=UTC))
)
def test_what_is_written_can_be_read_again(moment):
    text = convert(moment, "format=%Y-%m-%dT%H:%M:%SZ")
    assert convert(text) == convert(moment)
    assert convert(text, "from=%Y-%m-%dT%H:%M:%SZ|zone=UTC") == convert(moment)


@given(st.text() | st.integers() | st.floats() | st.binary() | st.lists(st.text()))
def test_a_value_is_converted_or_refused(value):
    try:
        convert(value, "format=%Y-%m-%d")
        convert(value)
    except ValueError:
        pass
