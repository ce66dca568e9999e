"""Moments in time, in the forms in which systems write them."""

import time
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.values.dates import (
    each_date,
    epoch,
    filetime,
    moment,
    moment_or_none,
    reading_pattern,
    time_zone,
    writing_pattern,
)

MOMENT = 1710164225  # 2024-03-11 13:37:05 UTC
MINUTE = MOMENT - 5
DAY = 1710115200
BERLIN = time_zone("Europe/Berlin")  # an hour before UTC on that day


@pytest.fixture
def far_from_utc(monkeypatch):
    """This machine in another time zone, where a machine lets itself be moved."""
    monkeypatch.setenv("TZ", "America/New_York")
    if hasattr(time, "tzset"):
        time.tzset()
        yield
        monkeypatch.undo()
        time.tzset()
    else:
        yield


# What each system returns, as its documentation or a recorded answer of it has it.
FORMS = [
    ("AirWatch: no zone, three digits", "2024-03-11T13:37:05.120", MOMENT),
    ("AirWatch: never", "0001-01-01T00:00:00.000", None),
    ("AirWatch: never, without a fraction", "0001-01-01T00:00:00", None),
    ("BambooHR: a day", "2024-03-11", DAY),
    ("BambooHR: no day", "0000-00-00", None),
    ("BambooHR: lastChanged", "2024-03-11T13:37:05+00:00", MOMENT),
    ("Casper: plain text", "2024-03-11 13:37:05", MOMENT),
    ("Casper: a day", "2024-03-11", DAY),
    ("Casper: _epoch", 1710164225120, MOMENT),
    ("Casper: _epoch as text, in certificates", "1710164225120", MOMENT),
    ("Casper: no _epoch", 0, None),
    ("Casper: _utc", "2024-03-11T13:37:05.120+0000", MOMENT),
    ("Casper: _utc in another zone", "2024-03-11T08:37:05.120-0500", MOMENT),
    ("Casper: nothing", "", None),
    ("Casper: a mobile device", "Monday, March 11 2024 at 1:37 PM", MINUTE),
    ("Casper: a mobile device, in the morning", "Monday, March 11 2024 at 9:05 AM", DAY + 32700),
    ("Casper: a mobile device, at midnight", "Monday, March 11 2024 at 12:00 AM", DAY),
    ("Casper: a mobile device, at noon", "Monday, March 11 2024 at 12:00 PM", DAY + 43200),
    ("Jamf Pro API: two digits", "2024-03-11T13:37:05.12Z", MOMENT),
    ("Jamf Pro API: no fraction", "2024-03-11T13:37:05Z", MOMENT),
    ("Jasper: SOAP", "2024-03-11T13:37:05.678Z", MOMENT),
    ("Control Center: with a blank", "2024-03-11 13:37:05.339+0000", MOMENT),
    ("OpenLDAP: createTimestamp", "20240311133705Z", MOMENT),
    ("Active Directory: whenCreated", "20240311133705.0Z", MOMENT),
    ("LDAP: with an offset", "20240311143705+0100", MOMENT),
    ("LDAP: with an offset in hours", "20240311083705-05", MOMENT),
    ("LDAP: with a comma", "20240311133705,5Z", MOMENT),
    ("LDAP: minutes", "202403111337Z", MINUTE),
    ("LDAP: hours", "2024031113Z", DAY + 13 * 3600),
    ("LDAP: without a zone", "20240311133705", MOMENT),
    ("Active Directory: FILETIME", "133546378251230000", MOMENT),
    ("Active Directory: FILETIME as a number", 133546378251230000, MOMENT),
    ("Active Directory: never set", "0", None),
    ("Active Directory: never expires", "9223372036854775807", None),
    ("Active Directory: never expires, as a number", 2**63 - 1, None),
    ("LDAP: FILETIME 0 as a moment", "1601-01-01T00:00:00+00:00", None),
    ("MobileIron Cloud: lastCheckin", 1710164225252, MOMENT),
    ("MobileIron Cloud: null", None, None),
    ("MobileIron Core: last_connected_at", "2024-03-11T13:37:05.000Z", MOMENT),
    ("Okta: lastUpdated", "2024-03-11T13:37:05.000Z", MOMENT),
    ("OneLogin: XML", "2024-03-11T05:37:05-08:00", MOMENT),
    ("OneLogin: JSON", "2024-03-11T13:37:05.990Z", MOMENT),
    ("SCCM: ODBC", datetime(2024, 3, 11, 13, 37, 5, 123000), MOMENT),
    ("SCCM: ODBC, as text", "2024-03-11T13:37:05.123000", MOMENT),
    ("SCCM: a day", date(2024, 3, 11), DAY),
    ("SCCM: InstallDate0 of a program", "20240311", DAY),
    ("Zendesk: created_at", "2024-03-11T13:37:05Z", MOMENT),
    ("Zendesk: a user field", "2024-03-11T00:00:00Z", DAY),
    ("HTTP: Date", "Mon, 11 Mar 2024 13:37:05 GMT", MOMENT),
    ("mail: Date", "Mon, 11 Mar 2024 08:37:05 -0500", MOMENT),
    ("mail: without a weekday and seconds", "11 Mar 2024 13:37 +0000", MINUTE),
]


@pytest.mark.parametrize(("value", "seconds"), [form[1:] for form in FORMS], ids=lambda item: item)
def test_every_form_that_the_systems_return_is_known(value, seconds, far_from_utc):
    assert epoch(value) == seconds


@pytest.mark.parametrize(
    "value",
    [
        " 2024-03-11 13:37:05 ",
        "20240311T133705Z",
        "20240311T133705.5+0000",
        "2024-03-11T15:37:05+02",
        "2024-03-11T15:37:05 +0200",
        MOMENT,
        float(MOMENT) + 0.9,
        str(MOMENT),
        f"{MOMENT}.123",
        MOMENT * 1000,
        float(MOMENT * 1000 + 120),
        datetime(2024, 3, 11, 14, 37, 5, tzinfo=timezone(timedelta(hours=1))),
    ],
)
def test_one_moment_has_more_forms(value, far_from_utc):
    assert epoch(value) == MOMENT


@given(st.integers(1, 9), st.sampled_from(["", "Z", "+0000", "+00:00"]))
def test_a_fraction_may_have_any_number_of_digits(digits, zone):
    assert epoch(f"2024-03-11T13:37:05.{'9' * digits}{zone}") == MOMENT


@pytest.mark.parametrize("value", ["2025-08-15", "20250815", date(2025, 8, 15), "2025-08-15 00:00"])
def test_a_day_begins_at_midnight_utc_whatever_this_machine_s_zone(value, far_from_utc):
    assert epoch(value) == 1755216000


def test_a_number_means_what_its_size_lets_it_mean():
    assert epoch(99_999_999_999) == 99_999_999_999
    assert epoch(100_000_000_000) == 100_000_000
    assert epoch("100000000000") == 100_000_000
    assert epoch("100000000") == 100_000_000
    assert epoch(10**14 - 1) == 10**11 - 1
    assert epoch(10**17) == 10**10 - 11_644_473_600


@pytest.mark.parametrize("number", [15, 20150721, 20150721.0, 99_999_999, -1, -86_400])
def test_a_number_too_small_for_a_moment_is_told(number):
    with pytest.raises(ValueError, match="is not a date in a known format"):
        epoch(number)
    with pytest.raises(ValueError, match="is not a date in a known format"):
        moment(number)


@pytest.mark.parametrize(
    "value",
    [
        "2024/03/11 13:37:05",
        "2024/3/11 13:37:05.9",
        "2024-3-11 13:37:05",
        "2024/03/11T13:37:05Z",
        "2024-03-11 13:37:05 UTC",
        "2024-03-11T13:37:05.120 GMT",
        "2024/03/11 14:37:05 +01:00",
        "2024/03/11 01:37:05 PM",
        "March 11, 2024 13:37:05",
        "Mar 11 2024 1:37:05PM",
        "11 March 2024 13:37:05 UTC",
        "11 Mar 2024, 1:37:05 pm",
    ],
)
def test_a_moment_whose_day_is_clear_may_be_written_in_many_ways(value, far_from_utc):
    assert epoch(value) == MOMENT


@pytest.mark.parametrize(
    "value",
    [
        "2024/03/11",
        "2024/3/11",
        "2024-3-11",
        "2024-03-11 UTC",
        "March 11, 2024",
        "Monday, March 11, 2024",
        "11 March 2024",
        "Mar 11 2024",
    ],
)
def test_a_day_that_is_clear_may_be_written_in_many_ways(value):
    assert epoch(value, BERLIN) == DAY


def test_a_day_of_sql_server_has_two_places():
    assert epoch("Jul  1 2015 10:00AM") == 1435744800


def test_moments_before_1970_are_negative_and_rounded_down():
    assert epoch("1969-12-31T23:59:59Z") == -1
    assert epoch("1969-12-31T23:59:59.5Z") == -1
    assert epoch(-1_000_000_000) == -1_000_000_000
    assert epoch(-1_000_000_000.5) == -1_000_000_001
    assert epoch("-1000000000") == -1_000_000_000


def test_the_last_moment_of_all_does_not_become_the_next_year():
    assert epoch("9999-12-31T23:59:59.9999999") == 253402300799


@pytest.mark.parametrize("value", [None, "", "   ", 0, 0.0, "0", "0000-00-00 00:00:00"])
def test_no_date_is_no_moment(value):
    assert epoch(value) is None
    assert moment(value) is None


@pytest.mark.parametrize(
    "value",
    [
        "07/21/2015",
        "07/08/2015",
        "1/31/2024",  # a date of Casper's extension attributes
        "21.07.2015 10:00",
        "Monday, Marble 11 2024 at 1:37 PM",
        "Monday, March 11 2024 at 13:37 PM",
        "Monday, February 30 2024 at 1:37 PM",
        "Mon, 11 Mars 2024 13:37:05 GMT",
        "Mon, 11 Mar 2024 13:37:05 CET",
        "2015-13-01",
        "2015-02-29",
        "2015-7-32",
        "2015/7-1",
        "2015/07/21 25:00",
        "2015/07/21 13:00 PM",
        "2015-07-21 10:00:00 CET",
        "July 32, 2015",
        "07 08 2015",
        "2015-07-21+02:00",
        "2015-07-21_10:00",
        "2015",
        "201507",
        "20151301000000Z",
        "1437472800Z",
        "yesterday",
        "2015-07-2\N{ARABIC-INDIC DIGIT ONE}",
        "2015072\N{ARABIC-INDIC DIGIT ONE}",
        True,
        [],
        {},
        b"2015-07-21",
        float("nan"),
        float("inf"),
        1e300,
        10**14,
        10**18,
        10**400,
        -(10**14),
        -99_999_999_999,
        "9" * 20,
        "9" * 5000,
    ],
)
def test_everything_else_is_refused(value):
    with pytest.raises(ValueError):
        epoch(value)
    with pytest.raises(ValueError):
        moment(value)


def test_what_is_wrong_with_a_date_is_told():
    with pytest.raises(ValueError, match="order of day and month in '07/08/2015' is unknown"):
        epoch("07/08/2015")
    with pytest.raises(ValueError, match="'soon' is not a date in a known format"):
        epoch("soon")
    with pytest.raises(ValueError, match="a list is not a date"):
        epoch([])


def test_the_zone_is_for_moments_that_name_none():
    assert epoch("2024-03-11T14:37:05", BERLIN) == MOMENT
    assert epoch("2024-07-01 02:00", BERLIN) == 1719792000  # in summer, two hours
    assert epoch("20240311143705", BERLIN) == MOMENT
    assert epoch("Monday, March 11 2024 at 2:37 PM", BERLIN) == MINUTE
    assert epoch(datetime(2024, 3, 11, 14, 37, 5), BERLIN) == MOMENT
    for value in ("2024-03-11T13:37:05Z", "20240311133705Z", MOMENT, "2024-03-11T08:37:05-0500"):
        assert epoch(value, BERLIN) == MOMENT


@pytest.mark.parametrize("value", ["2024-03-11", "20240311", date(2024, 3, 11)])
def test_a_day_stays_that_day_in_every_zone(value):
    assert epoch(value, BERLIN) == DAY


def test_a_pattern_says_how_texts_are_read():
    assert epoch("11/03/2024", pattern="%d/%m/%Y") == DAY
    assert epoch(" 11/03/2024 ", BERLIN, "%d/%m/%Y") == DAY
    assert epoch("11.3.24 1:37 PM", pattern="%d.%m.%y %I:%M %p") == MINUTE
    assert epoch("11.3.24 14:37", BERLIN, "%d.%m.%y %H:%M") == MINUTE
    assert epoch("11.3.24 14:37 +0100", pattern="%d.%m.%y %H:%M %z") == MINUTE
    assert epoch(MOMENT, pattern="%d/%m/%Y") == MOMENT
    assert epoch("0000-00-00", pattern="%d/%m/%Y") is None
    with pytest.raises(ValueError, match="'2024-03-11' does not match %d/%m/%Y"):
        epoch("2024-03-11", pattern="%d/%m/%Y")


def test_a_moment_has_a_zone_and_its_fraction():
    assert moment("2024-03-11T13:37:05.25") == datetime(2024, 3, 11, 13, 37, 5, 250000, UTC)
    assert moment(MOMENT) == datetime(2024, 3, 11, 13, 37, 5, tzinfo=UTC)


@given(st.datetimes(timezones=st.timezones() | st.just(UTC)))
def test_what_python_writes_is_read_back(written):
    seconds = (written.replace(microsecond=0) - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()
    if written.date() not in (date(1, 1, 1), date(1601, 1, 1)):
        assert epoch(written) == seconds
    if written.utcoffset().total_seconds() % 60 == 0 and written.year > 1601:
        assert epoch(written.isoformat()) == seconds
        assert epoch(f"{written:%Y%m%d%H%M%S.0%z}") == seconds


@given(st.datetimes(datetime(1917, 12, 1), datetime(4000, 1, 1), timezones=st.just(UTC)))
def test_a_filetime_is_read_back(written):
    seconds = (written.replace(microsecond=0) - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()
    ticks = (written - datetime(1601, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) * 10
    assert epoch(ticks) == epoch(str(ticks)) == filetime(ticks) == seconds


SHAPES = st.from_regex(r"[0-9]{1,4}[-/. ]?[0-9]{1,2}[-/. ]?[0-9]{1,2}[T ]?[0-9:., +Z-]{0,16}\Z")


@given(
    st.text() | SHAPES | st.integers() | st.floats() | st.none() | st.datetimes() | st.dates(),
    st.sampled_from([UTC, BERLIN]),
)
def test_whatever_comes_in_it_is_a_moment_or_refused(value, zone):
    try:
        seconds = epoch(value, zone)
    except ValueError:
        return
    found = moment(value, zone)
    assert (seconds is None) == (found is None)
    if found is not None:
        assert abs(found.timestamp() - seconds) <= 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-05-06T12:00:00Z", datetime(2024, 5, 6, 12, tzinfo=UTC)),
        ("2024-05-06T12:00:00.000Z", datetime(2024, 5, 6, 12, tzinfo=UTC)),
        ("2024-05-06T14:00:00+02:00", datetime(2024, 5, 6, 12, tzinfo=UTC)),
        ("2024-05-06 12:00:00.000+0000", datetime(2024, 5, 6, 12, tzinfo=UTC)),
        ("2024-05-06T12:00:00", datetime(2024, 5, 6, 12, tzinfo=UTC)),
        ("Mon, 06 May 2024 12:00:00 GMT", datetime(2024, 5, 6, 12, tzinfo=UTC)),
        ("", None),
        ("soon", None),
        (None, None),
        (5, None),
        ([], None),
        ("0001-01-01T00:00:00Z", None),
        (float("nan"), None),
    ],
)
def test_what_a_service_gives_is_a_moment_or_none(text, expected):
    assert moment_or_none(text) == expected


# --- Windows' own count


def test_windows_counts_from_1601():
    assert filetime(132223104000000000) == 1577836800
    assert filetime(0) is None
    assert filetime(2**63 - 1) is None


@pytest.mark.parametrize("ticks", [1, -36288000000000, 1437472800, 10**17 - 1, 10**18, 2**63])
def test_a_span_of_time_is_no_moment(ticks):
    with pytest.raises(ValueError, match=f"{ticks} is not a valid Windows timestamp"):
        filetime(ticks)


# --- lists


def test_dates_in_a_list_are_changed_one_by_one():
    assert each_date(["2024-03-11", "", None, MOMENT], epoch) == [DAY, MOMENT]
    assert each_date("2024-03-11", epoch) == DAY
    assert each_date([], epoch) == []
    assert each_date(None, epoch) is None


# --- what a mapping says


@pytest.mark.parametrize("name", ["Europe/Berlin", " America/New_York ", "UTC", "Etc/GMT+5"])
def test_a_time_zone_has_a_name(name):
    assert time_zone(name).utcoffset(datetime(2024, 3, 11)) is not None


@pytest.mark.parametrize(
    "name", ["Europe/Berln", "", "Europe", "../etc/passwd", "/etc/passwd", "\0"]
)
def test_other_names_are_no_time_zones(name):
    with pytest.raises(ValueError, match="unknown time zone"):
        time_zone(name)


def test_a_time_zone_that_is_nearly_right_is_hinted_at():
    with pytest.raises(ValueError, match=r"did you mean Europe/Berlin\?"):
        time_zone("Europe/Berln")


@pytest.mark.parametrize(
    "pattern", ["%Y-%m-%d", "%d.%m.%y", "%A, %B %d", "%H:%M:%S.%f%z %Z", "%Y%%"]
)
def test_patterns_that_mean_the_same_everywhere_are_taken(pattern):
    assert writing_pattern(pattern) == pattern


@pytest.mark.parametrize(
    "pattern", ["%s", "%-d", "%Q", "%c", "%x", "%Y %", "iso", "", "100%%", "%é"]
)
def test_other_patterns_are_refused(pattern):
    with pytest.raises(ValueError):
        writing_pattern(pattern)
    with pytest.raises(ValueError):
        reading_pattern(pattern)


@pytest.mark.parametrize(
    "pattern",
    ["%d/%m/%Y", "%m/%d/%y %I:%M %p", "%Y%j", "%m/%Y", "%Y", "%b %d, %Y", "%d.%m.%Y %H:%M:%S.%f%z"],
)
def test_patterns_that_give_a_date_can_be_read_by(pattern):
    assert reading_pattern(pattern) == pattern


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("%d/%m", "contains no year"),
        ("%H:%M", "contains no year"),
        ("%d %Y", "is incomplete"),
        ("%Y-%m-%d %I:%M", "is incomplete"),
        ("%Y %Y", "cannot be used to read dates"),
        ("%G", "cannot be used to read dates"),
        ("%Y-%m-%d %Z", "unknown directive %Z"),
    ],
)
def test_patterns_that_give_none_are_refused(pattern, why):
    with pytest.raises(ValueError, match=why):
        reading_pattern(pattern)


@given(st.text("%YmdHIMpyjbaSfzGuV-/ "))
def test_a_pattern_is_one_or_refused(pattern):
    try:
        pattern = reading_pattern(pattern)
    except ValueError:
        return
    written = datetime(2024, 3, 11, 13, 37, tzinfo=UTC).strftime(pattern)
    assert epoch(written, pattern=pattern) is not None
