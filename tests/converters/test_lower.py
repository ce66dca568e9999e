"""Text in small letters."""

import pytest
from hypothesis import given

from lib.converters import conversion
from tests.values import EMPTY, TEXTS, VALUES


def convert(value):
    return conversion("lower")("field", {}, value)


@pytest.mark.parametrize(
    ("value", "changed"),
    [
        ("Ada@Example.COM", "ada@example.com"),
        ("ÄÖÜ", "äöü"),
        (" A ", " a "),
        ("ΑΣ", "ας"),
        (7, "7"),
        (["A", None, " ", "b", 7], ["a", "b", "7"]),
    ],
)
def test_all_letters_become_small(value, changed):
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
        conversion("lower:words")


@given(TEXTS)
def test_the_second_time_nothing_changes(text):
    assert convert(convert(text)) == convert(text)


@given(VALUES)
def test_anything_is_converted_or_refused(value):
    try:
        convert(value)
    except ValueError as error:
        assert "is no text" in str(error)
