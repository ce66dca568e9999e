"""Phone numbers by the rules of their countries."""

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.mapping.converters import conversion

ROOT = Path(__file__).resolve().parents[2]
NORWAY = "+4722345678"


def convert(value, params=""):
    return conversion(f"phone:{params}")("mobilePhone", {"mobilePhone": value}, value)


@pytest.mark.parametrize(
    ("value", "params", "spelt"),
    [
        ("+47 22 34 56 78", "", NORWAY),
        ("+47 (22) 34-56-78", "", NORWAY),
        (" +4722345678 ", "", NORWAY),
        ("22 34 56 78", "region=NO", NORWAY),
        ("22345678", "region=no", NORWAY),
        (22345678, "region=NO", NORWAY),
        ("0047 22 34 56 78", "region=DE", NORWAY),
        ("+47 22 34 56 78", "region=US", NORWAY),  # its own country counts
        ("(415) 555-0133", "region=US", "+14155550133"),
        ("(415) 555-0133 x12", "region=US", "+14155550133"),
        (NORWAY, "format=international", "+47 22 34 56 78"),
        (NORWAY, "format=national", "22 34 56 78"),
        (NORWAY, "format=RFC3966", "tel:+47-22-34-56-78"),
        ("020 7946 0958", "region=GB|format=international", "+44 20 7946 0958"),
        ([NORWAY, "", "+14155550133"], "", [NORWAY, "+14155550133"]),
    ],
)
def test_a_number_is_spelt_in_one_way(value, params, spelt):
    assert convert(value, params) == spelt


@pytest.mark.parametrize("value", [None, "", " ", []])
def test_nothing_stays_nothing(value):
    assert convert(value, "region=NO") == value


@pytest.mark.parametrize(
    ("value", "params", "why"),
    [
        ("22 34 56 78", "", "has no country code; set region="),
        ("+4700000001", "", r"'\+4700000001' is not a valid phone number"),
        ("+999 123", "", "has no country code"),
        ("12", "region=NO", "not a valid phone number"),
        ("ext. 12", "region=NO", "phone number"),
        ("none", "region=NO", "'none' is not a phone number"),
        ("1" * 300, "region=NO", "not a phone number"),
        (True, "", "is not text"),
        ({"mobile": NORWAY}, "", "is not text"),
    ],
)
def test_what_is_no_valid_number_is_refused(value, params, why):
    with pytest.raises(ValueError, match=why):
        convert(value, params)


@pytest.mark.parametrize(
    ("params", "why"),
    [
        ("region=Norway", "region: 'NORWAY' is not a two-letter country code"),
        ("region=XX", "region: 'XX' is not"),
        ("format=e146", r"format: unknown format 'e146'; did you mean e164\?"),
        ("format=pretty", "format: .* use one of: e164, international, national, rfc3966"),
        ("country=NO", "unknown parameter 'country'"),
    ],
)
def test_wrong_parameters_are_told_with_the_mapping(params, why):
    with pytest.raises(ValueError, match=why):
        convert(NORWAY, params)


def test_the_rules_of_the_countries_are_loaded_when_a_mapping_needs_them():
    code = "import converters.phone, sys; print('phonenumbers' in sys.modules)"
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "False"


FORMATS = st.sampled_from(["e164", "international", "rfc3966"])


@given(st.integers(20_000_000, 79_999_999), FORMATS)
def test_every_spelling_is_read_back(number, form):
    try:
        spelt = convert(f"+47{number}", f"format={form}")
    except ValueError:  # not all of them are given out
        return
    assert convert(spelt) == f"+47{number}"
    assert convert(spelt, f"format={form}") == spelt


@given(st.text() | st.text("+0123456789 ()-x;.") | st.integers())
def test_a_value_is_converted_or_refused(value):
    try:
        result = convert(value, "region=US")
    except ValueError:
        return
    assert result == value or result.startswith("+")
