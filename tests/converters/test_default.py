"""A value for records that have none."""

import pytest
from hypothesis import given

from lib.mapping.converters import conversion
from lib.values.values import is_nothing
from tests.values import EMPTY, VALUES


def convert(value, params="value=Headquarters"):
    return conversion(f"default:{params}")("field", {}, value)


@pytest.mark.parametrize("value", [*EMPTY, {}])
def test_what_is_empty_is_filled(value):
    assert convert(value) == "Headquarters"


def test_the_text_is_taken_as_it_stands():
    assert convert(None, r"value= a=b\|c ") == " a=b|c "


@pytest.mark.parametrize("value", ["Berlin", " a ", 0, False, 0.0, ["a"], [None], {"a": None}])
def test_a_value_stays_as_it_is(value):
    assert convert(value) is value


@pytest.mark.parametrize(
    ("params", "told"),
    [
        ("", "the parameter value is missing"),
        ("value=", "value: a value is required"),
        ("value", "the parameter value needs a value"),
        ("default=a", "unknown parameter 'default'"),
    ],
)
def test_wrong_parameters_are_told_when_the_mapping_is_read(params, told):
    with pytest.raises(ValueError, match=told):
        conversion(f"default:{params}")


@given(VALUES)
def test_whatever_comes_in_something_comes_out(value):
    assert not is_nothing(convert(value))
