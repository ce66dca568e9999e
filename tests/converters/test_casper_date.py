"""Dates of Casper (Jamf Pro), with their twins in the same record."""

import pytest

from converters.casper_date import converter

MOMENT = 1710164225  # 2024-03-11 13:37:05 UTC
FIELD = "general.report_date"


def convert(general, field=FIELD):
    record = {"general": general}
    return converter(field, record, general.get(field.split(".")[1]), {})


def test_the_twin_in_milliseconds_counts_before_text_in_an_unnamed_zone():
    twins = {
        "report_date": "2024-03-11 08:37:05",
        "report_date_epoch": MOMENT * 1000 + 120,
        "report_date_utc": "2020-01-01T00:00:00.000+0000",
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


@pytest.mark.parametrize("text", ["2024-03-11 13:37:05", "2024-03-11T13:37:05Z"])
def test_text_without_twins_is_taken_as_utc_unless_it_says_otherwise(text):
    assert convert({"report_date": text}) == MOMENT


def test_a_sentence_is_no_date_but_its_twins_are():
    twins = {
        "report_date": "Monday, March 11 2024 at 1:37 PM",
        "report_date_epoch": str(MOMENT * 1000),
    }
    assert convert(twins) == MOMENT
    with pytest.raises(ValueError):
        convert({"report_date": twins["report_date"]})


def test_a_date_without_a_time_stays_that_day_whatever_its_twins_say():
    twins = {"report_date": "2022-09-01", "report_date_epoch": 1662045631000}
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
    assert converter("seen", {"seen_epoch": MOMENT * 1000}, None, {}) == MOMENT
