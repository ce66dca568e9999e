"""Text in which another one is replaced."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.mapping.converters import conversion
from tests.values import EMPTY, VALUES


def convert(value, params):
    return conversion(f"replace:{params}")("field", {}, value)


@pytest.mark.parametrize(
    ("value", "params", "replaced"),
    [
        ("a-b-c", "old=-|new=:", "a:b:c"),
        ("a-b-c", "old=-", "abc"),
        ("a-b-c", "old=-|new=", "abc"),
        ("a b", "old= |new=  ", "a  b"),
        ("a.b", "old=.|new=\\1", "a\\1b"),
        ("a|b", r"old=\||new=\|\|", "a||b"),
        ("a=b", "old==|new=-=", "a-=b"),
        ("Aa", "old=a|new=b", "Ab"),
        ("aaa", "old=aa|new=b", "ba"),
        ("nothing", "old=x|new=y", "nothing"),
        ("xx", "old=x", ""),
        (101, "old=0|new=2", "121"),
        (["a-b", None, "-", "c"], "old=-", ["ab", "c"]),
    ],
)
def test_every_occurrence_is_replaced_literally(value, params, replaced):
    assert convert(value, params) == replaced


@pytest.mark.parametrize("value", EMPTY)
def test_what_is_empty_stays_so(value):
    assert convert(value, "old= |new=x") == value


@pytest.mark.parametrize("value", [{"a": 1}, True, [["a"]]])
def test_what_is_no_text_is_refused(value):
    with pytest.raises(ValueError, match="is not text"):
        convert(value, "old=a")


@pytest.mark.parametrize(
    ("params", "told"),
    [
        ("new=a", "the parameter old is missing"),
        ("old=|new=a", "old: a value is required"),
        ("old=a|new", "the parameter new needs a value"),
        ("old=a|with=b", "unknown parameter 'with'"),
    ],
)
def test_wrong_parameters_are_told_when_the_mapping_is_read(params, told):
    with pytest.raises(ValueError, match=told):
        conversion(f"replace:{params}")


@given(st.text("ab- "))
def test_what_is_replaced_and_replaced_back_is_as_before(text):
    assert convert(convert(text, "old=-|new=é"), "old=é|new=-") == text


@given(VALUES)
def test_anything_is_converted_or_refused(value):
    try:
        convert(value, "old=a|new=b")
    except ValueError as error:
        assert "is not text" in str(error)
