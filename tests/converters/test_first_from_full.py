"""The first name of a full one."""

import pytest
from hypothesis import given

from lib.converters import conversion
from tests.values import EMPTY, TEXTS, VALUES


def convert(value):
    return conversion("first_from_full")("name", {}, value)


@pytest.mark.parametrize(
    ("full", "first"),
    [
        ("Ada Quill", "Ada"),
        ("Ada Maria Quill", "Ada"),
        ("Ada", "Ada"),
        (" Ada  Quill ", "Ada"),
        ("Ada\tQuill", "Ada"),
        ("Eun-ji 佐藤", "Eun-ji"),
        ("O'Neil, Ada", "O'Neil,"),
        (7, "7"),
        (["Ada Quill", None, "", "Eun-ji 佐藤"], ["Ada", "Eun-ji"]),
    ],
)
def test_the_first_word_is_taken(full, first):
    assert convert(full) == first


@pytest.mark.parametrize("value", EMPTY)
def test_what_is_empty_stays_so(value):
    assert convert(value) == value


@pytest.mark.parametrize("value", [{"a": 1}, True, [["Ada"]]])
def test_what_is_no_text_is_refused(value):
    with pytest.raises(ValueError, match="is no text"):
        convert(value)


def test_it_takes_no_parameters():
    with pytest.raises(ValueError, match="no parameter 'on'; it takes none"):
        conversion("first_from_full:on=-")


@given(TEXTS)
def test_of_the_first_name_it_is_the_whole(text):
    assert convert(convert(text)) == convert(text)


@given(VALUES)
def test_anything_is_converted_or_refused(value):
    try:
        convert(value)
    except ValueError as error:
        assert "is no text" in str(error)
