"""The first of several fields that is filled."""

import pytest
from hypothesis import given

from lib.mapping.converters import conversion
from lib.values.values import is_nothing
from tests.values import EMPTY, VALUES

RECORD = {
    "a": "",
    "blank": " ",
    "none": None,
    "list": [],
    "b": " text ",
    "c": "later",
    "zero": 0,
    "no": False,
    "tags": ["x"],
    "profile": {"mobile": " +49 ", "phones": ["", "+33"]},
    "Last, first": "quoted",
}


def convert(fields, value=None, record=RECORD):
    return conversion(f"first_field:fields={fields}")("a", record, value)


@pytest.mark.parametrize("value", ["x", " x ", 0, False, 7, ["x"], {"a": 1}])
def test_a_value_stays_as_it_is(value):
    assert convert("b", value) is value


@pytest.mark.parametrize("value", [*EMPTY, {}])
def test_where_it_is_empty_the_first_filled_field_counts(value):
    assert convert("a,blank,none,list,missing,b,c", value) == "text"


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ("c,b", "later"),
        (" missing , c ", "later"),
        ("zero,b", 0),
        ("no,b", False),
        ("tags,b", ["x"]),
        ("profile.work,profile.mobile", "+49"),
        ("profile.phones.0,profile.phones[1]", "+33"),
        ("none.deep.deeper,c", "later"),
        ('"Last, first"', "quoted"),
    ],
)
def test_fields_are_paths_and_are_tried_in_their_order(fields, found):
    assert convert(fields) == found


def test_where_all_are_empty_there_is_no_value():
    assert convert("a,blank,none,list,missing", " ") is None


def test_it_tells_what_it_reads():
    made = conversion("first_field:fields=workPhone, profile.phones.0")
    assert made.reads == {"workPhone", "profile.phones.0"}


@pytest.mark.parametrize(
    ("params", "told"),
    [
        ("", "the parameter fields is missing"),
        (":fields", "the parameter fields needs a value"),
        (":fields=", "fields: an item between the commas is empty"),
        (":fields=a,,b", "fields: an item between the commas is empty"),
        (":values=a", "unknown parameter 'values'"),
    ],
)
def test_wrong_parameters_are_told_when_the_mapping_is_read(params, told):
    with pytest.raises(ValueError, match=told):
        conversion(f"first_field{params}")


@given(VALUES, VALUES, VALUES)
def test_it_is_empty_only_if_all_are(value, first, second):
    found = convert("x,y", value, {"x": first, "y": second})
    assert is_nothing(found) == all(map(is_nothing, (value, first, second)))
