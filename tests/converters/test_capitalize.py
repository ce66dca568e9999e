"""Text that begins with a large letter."""

from string import ascii_letters

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.converters import conversion
from tests.values import EMPTY, VALUES


def convert(value):
    return conversion("capitalize")("field", {}, value)


@pytest.mark.parametrize(
    ("value", "changed"),
    [
        ("hELLO", "Hello"),
        ("BERLIN", "Berlin"),
        ("NEW YORK", "New york"),
        ("O'NEIL", "O'neil"),
        ("éCOLE", "École"),
        (" berlin", " berlin"),
        ("4TH", "4th"),
        (7, "7"),
        (["PARIS", None, " ", "berlin"], ["Paris", "Berlin"]),
    ],
)
def test_the_first_letter_becomes_large_and_all_others_small(value, changed):
    assert convert(value) == changed


@pytest.mark.parametrize("value", EMPTY)
def test_what_is_empty_stays_so(value):
    assert convert(value) == value


@pytest.mark.parametrize("value", [{"a": 1}, True, [["a"]]])
def test_what_is_no_text_is_refused(value):
    with pytest.raises(ValueError, match="is no text"):
        convert(value)


def test_it_takes_no_parameters():
    with pytest.raises(ValueError, match="no parameter 'words'; it takes none"):
        conversion("capitalize:words")


@given(st.text(ascii_letters + " -0äÖé"))
def test_the_second_time_nothing_changes(text):
    assert convert(convert(text)) == convert(text)


@given(VALUES)
def test_anything_is_converted_or_refused(value):
    try:
        convert(value)
    except ValueError as error:
        assert "is no text" in str(error)
