"""One part of a text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.mapping.converters import conversion
from tests.values import EMPTY, VALUES


def convert(value, params):
    return conversion(f"split:{params}")("field", {}, value)


@pytest.mark.parametrize(
    ("value", "params", "part"),
    [
        ("ada@example.com", "on=@", "ada"),
        ("ada@example.com", "on=@|index=0", "ada"),
        ("ada@example.com", "on=@|index=1", "example.com"),
        ("ada@example.com", "on=@|index=-1", "example.com"),
        ("ada@example.com", "on=@|index=-2", "ada"),
        ("ada@example.com", "index= 0 |on=@", "ada"),
        ("a, b", "on=,|index=1", " b"),
        ("a - b", "on= - |index=1", "b"),
        ("a||b", r"on=\|\||index=1", "b"),
        ("a=b", "on==|index=1", "b"),
        (r"CORP\ada", r"on=\\|index=1", "ada"),
        (r"CORP\ada", "index=1|on=\\", "ada"),
        ("a,,b", "on=,|index=1", ""),
        ("no separator", "on=,", "no separator"),
        (" Ada \t Maria\nQuill ", "index=1", "Maria"),
        (" Ada \t Maria\nQuill ", "index=-1", "Quill"),
        ("Ada Maria", "", "Ada"),
        (10.25, "on=.|index=1", "25"),
        (["a@x", "b@y", None, ""], "on=@|index=1", ["x", "y"]),
        (["a@x", "@y"], "on=@", ["a"]),
    ],
)
def test_the_part_of_that_number_is_taken(value, params, part):
    assert convert(value, params) == part


@pytest.mark.parametrize("value", EMPTY)
@pytest.mark.parametrize("params", ["on=@|index=1", "index=1"])
def test_what_is_empty_stays_so(value, params):
    assert convert(value, params) == value


@pytest.mark.parametrize(
    ("value", "params"),
    [
        ("ada", "on=@|index=1"),
        ("a@b", "on=@|index=-3"),
        ("a", "index=1"),
        (["a@b", "c"], "index=1"),
    ],
)
def test_a_part_that_there_is_not_is_told(value, params):
    with pytest.raises(ValueError, match=r"index=-?\d is out of range; the value has \d parts?$"):
        convert(value, params)


@pytest.mark.parametrize("value", [{"a": 1}, True, [["a@b"]]])
def test_what_is_no_text_is_refused(value):
    with pytest.raises(ValueError, match="is not text"):
        convert(value, "on=@")


@pytest.mark.parametrize(
    ("params", "told"),
    [
        ("on=", "on: a value is required"),
        ("on", "the parameter on needs a value"),
        ("index=first", "index: 'first' is not a whole number"),
        ("index=1.5", "index: '1.5' is not a whole number"),
        ("by=@", "unknown parameter 'by'"),
        (r"on=\|index=1", r"on: the backslash before \|index= .* write two"),
    ],
)
def test_wrong_parameters_are_told_when_the_mapping_is_read(params, told):
    with pytest.raises(ValueError, match=f"^converter split: {told}"):
        conversion(f"split:{params}")


@given(
    st.lists(st.text("ab ", min_size=1).filter(str.strip), min_size=1),
    st.data(),
)
def test_what_was_joined_is_taken_apart(parts, data):
    index = data.draw(st.integers(-len(parts), len(parts) - 1))
    assert convert("||".join(parts), rf"on=\|\||index={index}") == parts[index]


@given(VALUES)
def test_anything_is_converted_or_refused(value):
    try:
        convert(value, "on=a|index=1")
    except ValueError as error:
        assert "is not text" in str(error) or "is out of range" in str(error)
