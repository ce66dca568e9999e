"""No value in place of words that mean nothing."""

import pytest
from hypothesis import given

from lib.mapping.converters import conversion
from lib.values.nothing import DEFAULT_WORDS
from tests.values import VALUES


def convert(value, params=""):
    return conversion(f"nothing:{params}" if params else "nothing")("field", {}, value)


@pytest.mark.parametrize("word", [*DEFAULT_WORDS, "N/A", " NULL\t", "Not  Specified", "#DIV/0!"])
def test_words_of_the_list_are_no_value(word):
    assert convert(word) is None


@pytest.mark.parametrize(
    "value", ["NA", "Nonesuch", "-1", "0", 0, False, None, "", "Unknown Mortal", {"a": "null"}]
)
def test_other_values_stay(value):
    assert convert(value) == value


def test_items_of_a_list_are_left_out():
    assert convert(["a", "N/A", ["-", "b"], None, 0]) == ["a", ["-", "b"], None, 0]
    assert convert(["N/A", "-"]) == []


@pytest.mark.parametrize(
    ("params", "value", "expected"),
    [
        ("words=tbd,vacant", "TBD", None),
        ("words=tbd,vacant", "N/A", "N/A"),
        ("words=default, vacant ", "Vacant", None),
        ("words=default,vacant", "N/A", None),
        (r"words=a\|b", "a|b", None),
    ],
)
def test_words_of_the_mapping(params, value, expected):
    assert convert(value, params) == expected


@pytest.mark.parametrize(
    ("params", "error"),
    [
        ("word=x", "unknown parameter 'word'; did you mean words?"),
        ("words=", "a value is required"),
        ("words", "needs a value"),
    ],
)
def test_wrong_parameters_are_errors_of_the_mapping(params, error):
    with pytest.raises(ValueError, match=error):
        convert("x", params)


@given(VALUES)
def test_a_second_time_changes_nothing(value):
    once = convert(value)
    assert convert(once) == once
