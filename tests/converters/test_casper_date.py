"""Dates of Casper (Jamf Pro), with their twins in the same record."""

import pytest

from lib.mapping.converters import conversion

MOMENT = 1710164225  # 2024-03-11 13:37:05 UTC
FIELD = "general.report_date"


def convert(general, field=FIELD):
    record = {"general": general}
    return conversion("casper_date")(field, record, general.get(field.split(".")[1]))


def test_the_twin_in_milliseconds_counts_before_text_in_an_unnamed_zone():
    twins = {
        "report_date": "2024-03-11 08:37:05",
        "report_date_epoch": MOMENT * 1000 + 120,
        "report_date_utc": "2020-01-01T00:00:00.000+0000",
    }
    assert convert(twins) == MOMENT


def test_a_twin_that_says_1970_is_none():
    twins = {
        "report_date": "2024-03-11 13:37:05",
        "report_date_epoch": 0,
        "report_date_utc": "1970-01-01T00:00:00.000+0000",
    }
    assert convert(twins) == MOMENT


@pytest.mark.parametrize("nothing", [{}, {"report_date_epoch": 0}, {"report_date_epoch": ""}])
def test_the_twin_with_an_offset_is_next(nothing):
    twins = {
        "report_date": "2024-03-11 08:37:05",
        "report_date_utc": "2024-03-11T08:37:05.120-0500",
        **nothing,
    }
    assert convert(twins) == MOMENT


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2024-03-11 13:37:05", MOMENT),
        ("2024-03-11T13:37:05Z", MOMENT),
        ("2024-03-11T08:37:05.12-0500", MOMENT),
        ("Monday, March 11 2024 at 1:37 PM", MOMENT - 5),
    ],
)
def test_text_without_twins_is_taken_as_utc_unless_it_says_otherwise(text, seconds):
    assert convert({"report_date": text}) == seconds


def test_a_sentence_has_exacter_twins():
    twins = {
        "report_date": "Monday, March 11 2024 at 8:37 AM",
        "report_date_epoch": str(MOMENT * 1000),
    }
    assert convert(twins) == MOMENT


@pytest.mark.parametrize("day", ["2022-09-01", " 2022-09-01 "])
def test_a_date_without_a_time_stays_that_day_whatever_its_twins_say(day):
    twins = {"report_date": day, "report_date_epoch": 1662045631000}
    assert convert(twins) == 1661990400


def test_a_field_that_only_its_twins_hold_has_a_moment():
    assert convert({"report_date_epoch": MOMENT * 1000}) == MOMENT


@pytest.mark.parametrize(
    "twins",
    [
        {},
        {"report_date": None},
        {"report_date": "", "report_date_epoch": 0, "report_date_utc": ""},
        {"report_date": " ", "report_date_epoch": "0"},
    ],
)
def test_no_date_gives_no_value(twins):
    assert convert(twins) is None


def test_a_path_without_sections_has_its_twins_beside_it():
    assert conversion("casper_date")("seen", {"seen_epoch": MOMENT * 1000}, None) == MOMENT


@pytest.mark.parametrize("value", ["soon", "3/11/2024", {}, True])
def test_what_is_no_date_is_refused(value):
    with pytest.raises(ValueError):
        convert({"report_date": value})


def test_it_takes_no_parameters():
    with pytest.raises(ValueError, match="it has no parameters"):
        conversion("casper_date:zone=UTC")
