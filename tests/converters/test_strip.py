"""Text without what is blank around it."""

from unicodedata import category

import pytest
from hypothesis import given

from lib.mapping.converters import conversion
from tests.values import EMPTY, TEXTS, VALUES


def convert(value):
    return conversion("strip")("field", {}, value)


@pytest.mark.parametrize(
    ("value", "stripped"),
    [
        (" a b ", "a b"),
        ("\ta\r\n", "a"),
        ("\u00a0a\u2003", "a"),
        ("a", "a"),
        ("\ufeffa\u200b b\u200e", "a\u200b b"),
        ("\0a\r", "a"),
        ("\u200b", None),
        (["\u200b", "\x7fa"], ["a"]),
        (7, "7"),
        ([" a ", None, " ", "b"], ["a", "b"]),
    ],
)
def test_blanks_around_the_text_go(value, stripped):
    assert convert(value) == stripped


@pytest.mark.parametrize("value", EMPTY)
def test_where_there_is_nothing_else_there_is_no_value(value):
    assert convert(value) is None


@pytest.mark.parametrize("value", [{"a": 1}, True, [["a"]]])
def test_what_is_no_text_is_refused(value):
    with pytest.raises(ValueError, match="is not text"):
        convert(value)


def test_it_takes_no_parameters():
    with pytest.raises(ValueError, match="unknown parameter 'chars'; it has no parameters"):
        conversion("strip:chars=-")


@given(TEXTS)
def test_the_second_time_nothing_changes(text):
    once = convert(text)
    assert convert(once) == once
    assert (once or "") in text.strip()
    assert not once or not {category(once[0]), category(once[-1])} & {"Cc", "Zs", "Zl", "Zp"}


@given(VALUES)
def test_anything_is_converted_or_refused(value):
    try:
        convert(value)
    except ValueError as error:
        assert "is not text" in str(error)
