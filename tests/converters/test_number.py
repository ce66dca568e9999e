"""Numbers, with units and without."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.mapping.converters import conversion


def convert(value, params=""):
    return conversion(f"number:{params}")("size", {"size": value}, value)


@pytest.mark.parametrize(
    ("value", "params", "number"),
    [
        ("16384", "", 16384),
        (" 16384 ", "", 16384),
        (16384, "", 16384),
        (129.489, "", 129.489),
        (8.0, "", 8),
        ("1,024", "", 1024),
        ("1,234,567.5", "", 1234567.5),
        ("$1,999.00", "", 1999),
        ("€ 5", "", 5),
        ("-1", "", -1),
        ("-$1.50", "", -1.5),
        ("+5.", "", 5),
        (".5", "", 0.5),
        ("1e3", "", 1000),
        ("1.5e400", "", 15 * 10**399),
        (1e22, "", 10**22),
        (1.5e-05, "", 1.5e-05),
        ("0", "", 0),
        ("8 GB", "", 8),
        ("8GB", "to=MB", 8192),
        ("8 gb", "to=mb", 8192),
        ("8\N{NO-BREAK SPACE}GB", "to=MB", 8192),
        ("16384", "from=MB|to=GB", 16),
        (500277, "from=MB|to=GB|digits=1", 488.6),
        (500277, "from=MB|to=GB|digits=0|step=1000", 500),
        ("1 TB", "from=MB|to=GB", 1024),  # its own unit counts
        ("1 TB", "to=GB|step=1000", 1000),
        ("1 TiB", "to=GiB|step=1000", 1024),
        ("1 GiB", "to=MB", 1024),
        ("1 KB", "to=B", 1024),
        ("1 KB", "to=B|step=1000", 1000),
        ("512 B", "to=KB", 0.5),
        ("2400 MHz", "to=GHz", 2.4),
        (2400, "from=MHz|to=GHz|step=1024", 2.4),
        ("2.5", "digits=0", 3),
        ("-2.5", "digits=0", -3),
        ("1.005", "digits=2", 1.01),
        ("1.004", "digits=2", 1),
        ("1.25", "digits=5", 1.25),
        (["1 GB", "", "2 GB"], "to=MB", [1024, 2048]),
    ],
)
def test_a_text_becomes_a_number(value, params, number):
    result = convert(value, params)
    assert result == number
    assert type(result) is type(number)


@pytest.mark.parametrize("value", [None, "", "  ", []])
def test_nothing_stays_nothing(value):
    assert convert(value, "from=MB|to=GB") == value


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("many", "'many' is not a number"),
        ("1,5", "'1,5' is not a number"),
        ("1.024,5", "is not a number"),
        ("12,34", "is not a number"),
        ("1,0240", "is not a number"),
        ("1 024", "is not a number"),
        ("1_024", "is not a number"),
        ("8 GB RAM", "is not a number"),
        ("1e5000", "is not a number"),
        ("\N{ARABIC-INDIC DIGIT EIGHT}", "is not a number"),
        ("1." + "0" * 500 + "1e400", "too large"),
        ("nan", "is not a number"),
        (float("inf"), "is not a number"),
        (float("nan"), "is not a number"),
        ("8 parsecs", "unknown unit 'parsecs'; use one of: B, KB"),
        ("85%", "is not a number"),
        (True, "is not text"),
        ({"size": 8}, "is not text"),
    ],
)
def test_what_is_no_number_is_refused(value, why):
    with pytest.raises(ValueError, match=why):
        convert(value)


def test_a_value_without_any_unit_cannot_change_it():
    with pytest.raises(ValueError, match="the value has no unit; set from="):
        convert("8", "to=MB")


def test_storage_is_no_frequency():
    with pytest.raises(ValueError, match="GHz cannot be converted to MB"):
        convert("8 GHz", "to=MB")


@pytest.mark.parametrize(
    ("params", "why"),
    [
        ("from=MB", "from also needs the unit of the result"),
        ("from=MB|to=GHz", "MB cannot be converted to GHz"),
        ("from=megs|to=GB", "from: unknown unit 'megs'"),
        ("to=Gb/s", "to: unknown unit"),
        ("digits=-1", "digits: -1 is not between 0 and 15"),
        ("digits=1000000000", "digits: .* is not between"),
        ("digits=x", "digits: 'x' is not a whole number"),
        ("step=512", "step: '512' is neither 1000 nor 1024"),
        ("unit=GB", "unknown parameter 'unit'"),
    ],
)
def test_wrong_parameters_are_told_with_the_mapping(params, why):
    with pytest.raises(ValueError, match=why):
        convert("8", params)


UNITS = st.sampled_from(["B", "KB", "MB", "GB", "TB", "KiB", "MiB", "GiB", "TiB"])


@given(st.integers(-(10**12), 10**12), UNITS, UNITS, st.sampled_from([1000, 1024]))
def test_there_and_back_is_the_same_number(number, here, there, step):
    away = convert(number, f"from={here}|to={there}|step={step}")
    back = convert(away, f"from={there}|to={here}|step={step}|digits=0")
    assert back == number


@given(st.integers(-(10**15), 10**15))
def test_commas_between_groups_make_no_difference(number):
    assert convert(f"{number:,}") == convert(number) == number


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_float_stays_what_it_is(number):
    assert float(convert(number)) == number


@given(st.text() | st.floats() | st.integers() | st.from_regex(r"[-$]?[0-9,.]{1,9} ?[KMG]?i?B?"))
def test_a_value_is_converted_or_refused(value):
    try:
        result = convert(value, "to=GB|from=MB|digits=3")
    except ValueError:
        return
    assert result == value or isinstance(result, int | float)
