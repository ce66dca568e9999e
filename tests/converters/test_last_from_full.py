"""The last name of a full one."""

import pytest
from hypothesis import given

from lib.converters import conversion
from tests.values import EMPTY, TEXTS, VALUES


def convert(value):
    return conversion("last_from_full")("name", {}, value)


@pytest.mark.parametrize(
    ("full", "last"),
    [
        ("Ada Quill", "Quill"),
        ("Ada Maria Quill", "Quill"),
        ("Ada", "Ada"),
        (" Ada  Quill ", "Quill"),
        ("Ada\tQuill", "Quill"),
        ("Eun-ji 佐藤", "佐藤"),
        ("O'Neil, Ada", "Ada"),
        (7, "7"),
        (["Ada Quill", None, "", "Eun-ji 佐藤"], ["Quill", "佐藤"]),
    ],
)
def test_the_first_word_is_taken(full, last):
    assert convert(full) == last


@pytest.mark.parametrize("value", EMPTY)
def test_what_is_empty_stays_so(value):
    assert convert(value) == value


@pytest.mark.parametrize("value", [{"a": 1}, True, [["Ada"]]])
def test_what_is_no_text_is_refused(value):
    with pytest.raises(ValueError, match="is no text"):
        convert(value)


def test_it_takes_no_parameters():
    with pytest.raises(ValueError, match="no parameter 'on'; it takes none"):
        conversion("last_from_full:on=-")


@given(TEXTS)
def test_of_the_first_name_it_is_the_whole(text):
    assert convert(convert(text)) == convert(text)


@given(VALUES)
def test_anything_is_converted_or_refused(value):
    try:
        convert(value)
    except ValueError as error:
        assert "is no text" in str(error)
