"""Parser of dates and times in the formats of all sources; the results are in UTC."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any

from lib.values.kinds import kind_of

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)

# Below this, a number means no moment: it is a day in digits (20150721), or counts something.
SECONDS_FROM = 100_000_000  # in 1973
# Beyond this, a number cannot mean seconds (it would be the year 5138): it means milliseconds.
MILLISECONDS_FROM = 100_000_000_000
FIRST = -62_135_596_800  # the first second that Python knows, 0001-01-01
# Windows counts steps of 100 ns since 1601 (FILETIME). These numbers are the years 1917 to 4769.
FILETIMES = range(10**17, 10**18)
FILETIMES_A_SECOND = 10**7
FILETIME_EPOCH = 11_644_473_600  # the seconds from 1601 to 1970
# How Active Directory says "never"; so does 0.
NEVER = 2**63 - 1
# The first day of .NET (AirWatch's "never") and of FILETIME.
NO_DATES = frozenset({date(1, 1, 1), date(1601, 1, 1)})

NUMBER = re.compile(r"-?[0-9]{9,20}(?:\.[0-9]+)?")
# RFC 4517: 20150721100000.0Z. Fourteen digits are a moment without a zone, too.
GENERALIZED = re.compile(
    r"(?P<day>[0-9]{8})(?P<time>[0-9]{6}(?:[.,][0-9]+)?|(?:[0-9]{4}|[0-9]{2})(?=[Z+-]))"
    r"(?P<zone>Z|[+-][0-9]{2}(?:[0-9]{2})?)?"
)
# The time of day, and its zone, behind a day that is not written as ISO 8601 has it.
TIME = (
    r"(?:(?: +|, | at |T)(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})"
    r"(?P<rest>:[0-9]{2}(?:[.,][0-9]+)?)?(?: ?(?P<half>[AaPp])[Mm])?)?"
    r"(?: ?(?P<zone>Z|UTC?|GMT|[+-][0-9]{2}:?[0-9]{2}))?"
)
WEEKDAY = r"(?:(?:[A-Z][a-z]+day|[A-Z][a-z]{2}),? )?"
YEAR = r"(?P<year>[0-9]{4})"
DAY = r"(?P<day>[0-9]{1,2})"
MONTH = r"(?P<month>[A-Z][a-z]+)"
# A year in front, or a month by its name, leaves no doubt which number is the day.
CLEAR = tuple(
    re.compile(form + TIME)
    for form in (
        rf"{YEAR}(?P<between>[-/])(?P<month>[0-9]{{1,2}})(?P=between){DAY}",
        # RFC 5322, as in the headers of HTTP: Tue, 21 Jul 2015 10:00:00 GMT
        rf"{WEEKDAY}{DAY} {MONTH},? {YEAR}",
        # Jamf Pro: Tuesday, July 21 2015 at 10:00 AM; SQL Server: Jul  1 2015 10:00AM
        rf"{WEEKDAY}{MONTH} {{1,2}}{DAY},? {YEAR}",
    )
)
ORDER_UNKNOWN = re.compile(r"[0-9]{1,2}([/.-])[0-9]{1,2}\1[0-9]{2,4}\b")
MONTH_NAMES = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
MONTHS = {name[:size]: n for n, name in enumerate(MONTH_NAMES, 1) for size in (3, None)}
MONTHS |= {f"{n:0{size}}": n for n in range(1, 13) for size in (1, 2)}

DIRECTIVE = re.compile(r"%(.?)", re.DOTALL)
# What every system's Python writes and reads in the same way, whatever its language.
WRITTEN = frozenset("aAbBdfGHIjmMpSuUVwWyYzZ%")
READ = WRITTEN - {"Z"}  # of most zones, strptime does not know the name


def epoch(value: Any, zone: tzinfo = UTC, pattern: str = "") -> int | None:
    """Return a date as seconds since 1970, rounded down; arguments and errors as of `moment`."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _seconds(value)
    parsed = moment(value, zone, pattern)
    return None if parsed is None else (parsed - EPOCH) // SECOND


def moment(value: Any, zone: tzinfo = UTC, pattern: str = "") -> datetime | None:
    """Parse a date in the format of any source to a datetime with a time zone.

    Accepts ISO 8601, the generalizedTime of LDAP, HTTP dates, Jamf Pro's sentences, other strings
    with the year in front or with the name of the month, dates of Python, and numbers: seconds from
    9 digits on, milliseconds from 12, and with 18 digits the FILETIME of Windows.

    Args:
        value: The date.
        zone: The time zone of strings without one. A day without a time begins at midnight UTC, so
            that it stays that day.
        pattern: A pattern of strptime, by which alone strings are then parsed.

    Returns None for an empty date: nothing, spaces, 0, 0000-00-00, the first days of .NET
    (0001-01-01) and of FILETIME. Raises ValueError for all other values.
    """
    if value is None:
        return None
    if isinstance(value, str):
        text = value.strip()
        if not text or text == "0" or text.startswith("0000-00-00"):
            return None
        parsed = _by_pattern(text, zone, pattern) if pattern else _from_text(text, zone)
    elif isinstance(value, datetime):
        parsed = value if value.tzinfo else value.replace(tzinfo=zone)
    elif isinstance(value, date):
        parsed = datetime(value.year, value.month, value.day, tzinfo=UTC)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        return _from_number(value)
    else:
        raise ValueError(f"{kind_of(value)} is not a date")
    return None if parsed is None or (parsed.year < 1602 and parsed.date() in NO_DATES) else parsed


def moment_or_none(value: Any) -> datetime | None:
    """Parse a date like `moment`, but return None also for invalid dates."""
    try:
        return moment(value)
    except ValueError:
        return None


def filetime(ticks: int) -> int | None:
    """Convert a FILETIME of Windows to seconds since 1970; None for 0 and "never".

    Raises ValueError for numbers with another meaning, such as durations.
    """
    if ticks in (0, NEVER):
        return None
    if ticks not in FILETIMES:
        raise ValueError(f"{ticks} is not a valid Windows timestamp")
    return ticks // FILETIMES_A_SECOND - FILETIME_EPOCH


def each_date(value: Any, change: Callable[[Any], Any]) -> Any:
    """Apply a function to a date, or to each item of a list, whose None results are left out."""
    if not isinstance(value, list):
        return change(value)
    changed = [change(item) for item in value]
    return [item for item in changed if item is not None]


def time_zone(name: str) -> tzinfo:
    """Return a time zone by its IANA name; raise ValueError for an unknown one."""
    import zoneinfo  # few need it

    try:
        return zoneinfo.ZoneInfo(name.strip())
    except (OSError, ValueError, KeyError):  # it is a folder, a path, or not there
        from lib.plugins import did_you_mean

        hint = (
            did_you_mean(name.strip(), zoneinfo.available_timezones())
            or "use a name such as Europe/Oslo"
        )
        raise ValueError(f"unknown time zone '{name.strip()}'; {hint}") from None


def writing_pattern(text: str) -> str:
    """Check a pattern of strftime; raise ValueError for one that is not portable."""
    _directives(text, WRITTEN)
    EPOCH.strftime(text)
    return text


def reading_pattern(text: str) -> str:
    """Check a pattern of strptime; raise ValueError for one that does not give a definite date."""
    text = text.strip()  # as the texts are that it is for
    if not _directives(text, READ) & set("yYG"):
        raise ValueError(f"the date pattern '{text}' contains no year (%Y)")
    sample = datetime(2001, 2, 3, 16, 5, 6, tzinfo=UTC)
    days = {(sample.month, sample.day), (sample.month, 1), (1, 1)}
    try:
        back = datetime.strptime(sample.strftime(text), text)
    except (ValueError, re.error):
        raise ValueError(f"the date pattern '{text}' cannot be used to read dates") from None
    if (back.month, back.day) not in days or back.hour not in (0, sample.hour):
        raise ValueError(
            f"the date pattern '{text}' is incomplete: the month (%m) or AM/PM (%p) may be missing"
        )
    return text


def _from_text(text: str, zone: tzinfo) -> datetime | None:
    if _is_iso(text):
        iso = text
    elif match := GENERALIZED.fullmatch(text):
        iso = f"{match['day']}T{match['time']}{match['zone'] or ''}"
    elif NUMBER.fullmatch(text):
        return _from_number(float(text) if "." in text else int(text))
    else:
        iso = _from_words(text)
    try:
        parsed = datetime.fromisoformat(iso)
    except ValueError:
        iso = _from_words(text)
        parsed = _parsed(iso, text)
    if parsed.tzinfo:
        return parsed
    # What `replace` would give, in a fifth of its time.
    return datetime.combine(parsed, parsed.time(), zone if len(iso) > len("2015-07-21") else UTC)


def _parsed(iso: str, text: str) -> datetime:
    try:
        return datetime.fromisoformat(iso)
    except ValueError:
        raise _unknown(text) from None


def _is_iso(text: str) -> bool:
    """Whether a text begins as ISO 8601 does; Python reads others, too, and some of them wrongly.

    It takes 20150721100000Z for a midnight.
    """
    if text[4:5] == "-":
        return text[10:11] in " T"  # or nothing
    return text[8:9] in " T" and text[:8].isdecimal()


def _from_words(text: str) -> str:
    """Return a date with an unambiguous day in ISO 8601."""
    match = next(filter(None, (form.fullmatch(text) for form in CLEAR)), None)
    if not match or match["month"] not in MONTHS:
        raise _unknown(text)
    facts = match.groupdict("")
    iso = f"{facts['year']}-{MONTHS[facts['month']]:02d}-{int(facts['day']):02d}"
    zone = "Z" if facts["zone"].isalpha() else facts["zone"]
    if not facts["hour"]:
        # Midnight there need not be that day here.
        if zone not in ("", "Z"):
            raise _unknown(text)
        return iso
    hour = int(facts["hour"])
    if facts["half"]:
        if not 1 <= hour <= 12:
            raise _unknown(text)
        hour = hour % 12 + (12 if facts["half"] in "Pp" else 0)
    return f"{iso}T{hour:02d}:{facts['minute']}{facts['rest']}{zone}"


def _by_pattern(text: str, zone: tzinfo, pattern: str) -> datetime:
    try:
        parsed = datetime.strptime(text, pattern)
    except ValueError:
        raise ValueError(f"{text!r:.60} does not match {pattern}") from None
    if parsed.tzinfo:
        return parsed
    return parsed.replace(tzinfo=zone if set("HI") & _directives(pattern, READ) else UTC)


def _from_number(number: float) -> datetime | None:
    seconds = _seconds(number)
    return None if seconds is None else EPOCH + timedelta(seconds=seconds)


def _seconds(number: float) -> int | None:
    """Return seconds since 1970 of a number, whose unit is known by its size; None for no date."""
    if isinstance(number, float) and not math.isfinite(number):
        raise ValueError(f"{number} is not a valid timestamp")
    whole = math.floor(number)
    if whole in (0, NEVER):
        return None
    if whole in FILETIMES:
        return filetime(whole)
    if abs(whole) < SECONDS_FROM:
        raise ValueError(f"{number} is not a date in a known format")
    seconds = whole if abs(whole) < MILLISECONDS_FROM else whole // 1000
    if not FIRST <= seconds < MILLISECONDS_FROM:
        raise ValueError(f"{number} is not a valid timestamp")
    return seconds


def _unknown(text: str) -> ValueError:
    if ORDER_UNKNOWN.match(text):
        return ValueError(f"the order of day and month in {text!r:.60} is unknown")
    return ValueError(f"{text!r:.60} is not a date in a known format")


def _directives(pattern: str, known: frozenset[str]) -> set[str]:
    """Return the letters after the % of a pattern; raise ValueError for unknown ones."""
    letters = set(DIRECTIVE.findall(pattern))
    for letter in sorted(letters - known):
        there = " ".join(f"%{each}" for each in sorted(known, key=str.lower))
        raise ValueError(f"unknown directive %{letter}; use one of: {there}")
    if not letters - {"%"}:
        raise ValueError(f"the date pattern '{pattern}' contains no directive such as %Y")
    return letters
