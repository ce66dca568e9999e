"""MAC addresses in one spelling."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from lib.mapping.converters import conversion

ADDRESS = "02:00:5E:10:00:2A"


def convert(value, params=""):
    return conversion(f"mac_address:{params}")("mac", {"mac": value}, value)


@pytest.mark.parametrize(
    "spelling",
    [
        "02:00:5E:10:00:2A",
        "02:00:5e:10:00:2a",
        "02-00-5E-10-00-2A",
        "02.00.5e.10.00.2a",
        "02 00 5e 10 00 2a",
        "02005E10002A",
        "02005e10002a",
        "0200.5e10.002a",
        "0200-5e10-002a",
        "0200:5e10:002a",
        "02005e-10002a",
        " 02:00:5e:10:00:2a ",
        "2:0:5e:10:0:2a",
        "2-0-5E-10-00-2A",
    ],
)
def test_the_usual_spellings_are_known(spelling):
    assert convert(spelling) == ADDRESS


@pytest.mark.parametrize(
    ("params", "spelt"),
    [
        ("separator=-", "02-00-5E-10-00-2A"),
        ("separator=", "02005E10002A"),
        ("separator=|lower", "02005e10002a"),
        ("separator=.", "0200.5E10.002A"),
        ("separator=.|lower", "0200.5e10.002a"),
        ("lower", "02:00:5e:10:00:2a"),
        ("lower=no", ADDRESS),
    ],
)
def test_it_can_be_spelt_otherwise(params, spelt):
    assert convert(ADDRESS, params) == spelt


def test_numbers_may_be_addresses():
    assert convert(112233445566) == "11:22:33:44:55:66"


@pytest.mark.parametrize("value", [None, "", " ", []])
def test_nothing_stays_nothing(value):
    assert convert(value) == value


def test_what_is_no_address_of_anything_is_left_out_of_a_list():
    given = ["00:00:00:00:00:00", "0200.5e10.002a", "ff-ff-ff-ff-ff-ff", "ff-ff-ff-ff-ff-fe"]
    assert convert(given) == [ADDRESS, "FF:FF:FF:FF:FF:FE"]


def test_a_list_is_converted_one_by_one():
    assert convert(["0200.5e10.002a", "", "02005E10002B"]) == [ADDRESS, "02:00:5E:10:00:2B"]


@pytest.mark.parametrize(
    "value",
    [
        "n/a",
        "02:00:5E:10:00",
        "02:00:5E:10:00:2A:01",
        "02:00:5E:10:00:2G",
        "02:00-5E:10:00:2A",
        "2:0-5E:10:0:2A",
        "2 0 5E 10 0 2A",
        "2:0:5E:10:0",
        "2:0:5E:10:0:2A:",
        "2::5E:10:0:2A",
        "00:00:00:00:00:00",
        "0:0:0:0:0:0",
        "000000000000",
        "FF:FF:FF:FF:FF:FF",
        "ffff.ffff.ffff",
        "0200.5e10-002a",
        "02:00:5E:10:00:2A, 02:00:5E:10:00:2B",
        "02:00:5E:10:00:2A\x00",
        True,
        {"mac": "02:00:5E:10:00:2A"},
    ],
)
def test_what_is_no_address_is_refused(value):
    with pytest.raises(ValueError):
        convert(value)


@pytest.mark.parametrize(
    ("params", "why"),
    [
        ("separator=;", "separator: ';' is not a valid separator"),
        ("separator=::", "separator: '::' is not a valid separator"),
        ("separator", "separator needs a value"),
        ("lower=perhaps", "lower: 'perhaps' is neither True nor False"),
        ("upper", "unknown parameter 'upper'"),
    ],
)
def test_wrong_parameters_are_told_with_the_mapping(params, why):
    with pytest.raises(ValueError, match=why):
        convert(ADDRESS, params)


SPELLINGS = st.sampled_from(["", "separator=-", "separator=", "separator=.", "lower"])


@given(st.binary(min_size=6, max_size=6), SPELLINGS)
def test_every_spelling_is_read_back(address, params):
    assume(address not in (bytes(6), b"\xff" * 6))
    spelt = address.hex(":").upper()
    assert convert(convert(spelt, params)) == spelt
    assert convert(convert(spelt, params), params) == convert(spelt, params)


@given(st.text() | st.text("0123456789abcdefABCDEF:-. ") | st.integers())
def test_a_value_is_converted_or_refused(value):
    try:
        result = convert(value)
    except ValueError:
        return
    assert result == value or len(result) == len(ADDRESS)
