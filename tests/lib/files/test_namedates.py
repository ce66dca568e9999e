"""Dates in file names: in which forms, and what is day and what is month."""

from datetime import date

import pytest

from lib.files.namedates import AmbiguousDates, dates_in, is_sorted_by_date

JUNE = date(2026, 6, 1)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("assets_2026-06-01.csv", JUNE),
        ("assets_2026_06_01.csv", JUNE),
        ("20260601.csv", JUNE),
        ("export20260601T0930.csv", JUNE),
        ("export_20260601093000.csv", JUNE),
        ("export 2026-06-01 09-30.csv", JUNE),
        ("31-12-2025.csv", date(2025, 12, 31)),
        ("12-31-2025.csv", date(2025, 12, 31)),
        ("31122025.csv", date(2025, 12, 31)),
        ("1.6.2026.csv", JUNE),
        ("05.06.2026.csv", date(2026, 6, 5)),
        ("1-Jun-2026.csv", JUNE),
        ("01june2026.csv", JUNE),
        ("assets-2026-06.csv", JUNE),
        ("assets-06-2026.csv", JUNE),
        ("assets.csv", None),
        ("assets-12345678901.csv", None),
        ("99-99-2026.csv", None),
        ("serial-20269901.csv", None),
    ],
)
def test_dates_in_one_name(name, expected):
    assert dates_in([name]) == {name: expected}


def test_one_name_decides_for_all():
    assert dates_in(["a_01-06-2026.csv", "a_31-12-2025.csv"])["a_01-06-2026.csv"] == JUNE
    by_month = dates_in(["a_01-06-2026.csv", "a_12-31-2025.csv"])
    assert by_month["a_01-06-2026.csv"] == date(2026, 1, 6)


@pytest.mark.parametrize(
    "names", [["01-06-2026.csv"], ["01-06-2026.csv", "31-12-2025.csv", "12-31-2025.csv"]]
)
def test_days_and_months_that_are_not_certain_are_an_error(names):
    with pytest.raises(AmbiguousDates):
        dates_in(names)


def test_day_that_equals_month_is_certain():
    assert dates_in(["05-05-2026.csv"])["05-05-2026.csv"] == date(2026, 5, 5)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["assets_01-06-2026.csv", "assets_31-12-2025.csv"], False),
        (["assets_2025-12-31.csv", "assets_2026-06-01.csv"], True),
        (["Assets_2026-06-01.csv", "assets 2025-12-31.csv"], False),
        (["berlin_2026-06-01.csv", "paris_2025-12-31.csv"], True),
        (["1-Jun-2026.csv", "2-May-2026.csv"], False),  # both have names of months
        (["01-06-2026.csv", "02-05-2026.csv"], False),  # unless the month comes first
        (["a.csv", "b.csv"], True),
        ([], True),
    ],
)
def test_is_sorted_by_date(names, expected):
    assert is_sorted_by_date(names) is expected
