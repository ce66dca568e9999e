"""Dates in file names, such as assets_2026-06-01.csv or assets_31-12-2025.csv."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
# A time may follow, as in 20260601T0930. Names with the same date are compared as text.
YEAR_FIRST = re.compile(
    r"(?<!\d)(?P<year>(?:19|20)\d\d)(?P<by>[-_. ]?)(?P<month>\d\d)(?P=by)(?P<day>\d\d)"
    r"(?:(?!\d)|(?=\d{4}(?!\d))|(?=\d{6}(?!\d)))"
)
YEAR_LAST = re.compile(
    r"(?<!\d)(?P<one>\d{1,2})(?P<by>[-_. ])(?P<two>\d{1,2})(?P=by)(?P<year>(?:19|20)\d\d)(?!\d)"
    r"|(?<!\d)(?P<one_>\d\d)(?P<two_>\d\d)(?P<year_>(?:19|20)\d\d)(?!\d)"
)
NAMED_MONTH = re.compile(
    rf"(?<!\d)(?P<day>\d{{1,2}})[-_. ]?(?P<month>{'|'.join(MONTHS)})[a-z]*[-_. ]?"
    r"(?P<year>(?:19|20)\d\d)(?!\d)",
    re.IGNORECASE,
)
MONTH_ONLY = re.compile(
    r"(?<!\d)(?<!\d[-_. ])(?:(?P<year>(?:19|20)\d\d)[-_. ](?P<month>\d\d)"
    r"|(?P<month_>\d\d)[-_. ](?P<year_>(?:19|20)\d\d))(?![-_. ]?\d)"
)


class AmbiguousDates(ValueError):
    """Dates of which it is not certain what is the day and what the month."""


def dates_in(names: Iterable[str]) -> dict[str, date | None]:
    """Return the date in each name; None if there is none.

    Whether the day or the month comes first is decided by all names together. Raises AmbiguousDates
    if that is not certain.
    """
    names = list(names)
    readings = [_dates(names, day_first=first) for first in (True, False)]
    by_day, by_month = readings
    if by_day == by_month:
        return by_day
    possible = [
        reading
        for reading in readings
        if all(reading[name] or not (by_day[name] or by_month[name]) for name in names)
    ]
    if len(possible) == 1:
        return possible[0]
    unclear = next(name for name in names if by_day[name] != by_month[name])
    raise AmbiguousDates(unclear)


def is_sorted_by_date(names: Iterable[str]) -> bool:
    """Whether names in this order are in the order of the dates in them.

    Only names that are alike but for their digits are compared. If it is not certain whether the
    day or the month comes first, both must fit.
    """
    names = list(names)
    try:
        readings = [dates_in(names)]
    except AmbiguousDates:
        readings = [_dates(names, day_first=first) for first in (True, False)]
    return all(_rising(names, reading) for reading in readings)


def _rising(names: Iterable[str], dates: dict[str, date | None]) -> bool:
    latest: dict[str, date] = {}
    for name in names:
        found = dates[name]
        kind = re.sub(r"[\W\d_]+", "", NAMED_MONTH.sub("", name).casefold())
        if found and found < latest.get(kind, found):
            return False
        if found:
            latest[kind] = found
    return True


def _dates(names: Iterable[str], *, day_first: bool) -> dict[str, date | None]:
    return {name: _date(name, day_first=day_first) for name in names}


def _date(name: str, *, day_first: bool) -> date | None:
    for found in YEAR_FIRST.finditer(name):
        if made := _valid(found["year"], found["month"], found["day"]):
            return made
    for found in YEAR_LAST.finditer(name):
        one, two, year = (found[key] or found[f"{key}_"] for key in ("one", "two", "year"))
        # Between dots, as in 31.12.2025, the day comes first everywhere.
        day, month = (one, two) if day_first or found["by"] == "." else (two, one)
        if made := _valid(year, month, day):
            return made
    for found in NAMED_MONTH.finditer(name):
        month = str(MONTHS.index(found["month"].lower()) + 1)
        if made := _valid(found["year"], month, found["day"]):
            return made
    for found in MONTH_ONLY.finditer(name):
        year, month = found["year"] or found["year_"], found["month"] or found["month_"]
        if made := _valid(year, month, "1"):
            return made
    return None


def _valid(year: str, month: str, day: str) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None
