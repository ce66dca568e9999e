"""A list as one text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.mapping.converters import conversion
from tests.values import EMPTY, VALUES


def convert(value, params=""):
    return conversion(f"join:{params}")("field", {}, value)


@pytest.mark.parametrize(
    ("value", "params", "text"),
    [
        (["a", "b"], "", "a, b"),
        (["a", "b"], "with=; ", "a; b"),
        (["a", "b"], "with=", "ab"),
        (["a", "b"], "with=\n", "a\nb"),
        (["a", "b"], r"with= \| ", "a | b"),
        (["a"], "", "a"),
        (["a", None, "", " ", [], {}, "b", 7, 0], "with=,", "a,b,7,0"),
        ([" a ", "b"], "with=,", " a ,b"),
        ("a, b", "with=;", "a, b"),
        (7, "", "7"),
    ],
)
def test_the_items_that_are_filled_are_joined(value, params, text):
    assert convert(value, params) == text


@pytest.mark.parametrize("value", [*EMPTY, {}, [None, "", " "]])
def test_where_nothing_is_filled_there_is_no_value(value):
    assert convert(value) is None


@pytest.mark.parametrize("value", [{"a": 1}, True, ["a", ["b"]], ["a", {"b": 1}], ["a", False]])
def test_what_is_no_text_is_refused(value):
    with pytest.raises(ValueError, match="is not text"):
        convert(value)


def test_wrong_parameters_are_told_when_the_mapping_is_read():
    with pytest.raises(ValueError, match="unknown parameter 'on'"):
        conversion("join:on=,")
    with pytest.raises(ValueError, match="the parameter with needs a value"):
        conversion("join:with")


@given(st.lists(st.text("abc", min_size=1), min_size=1))
def test_what_is_joined_can_be_taken_apart(items):
    assert convert(items, "with=-").split("-") == items


@given(VALUES)
def test_anything_is_converted_or_refused(value):
    try:
        assert isinstance(convert(value), str | None)
    except ValueError as error:
        assert "is not text" in str(error)
