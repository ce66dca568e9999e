"""True and false, from the words that systems have for them."""

import pytest
from hypothesis import given

from lib.mapping.converters import conversion
from lib.settings import FALSE, TRUE
from tests.values import EMPTY, VALUES

YES = [*sorted(TRUE), "Enabled", "ACTIVE", " True ", "YES\n", True, 1]
NO = [*sorted(FALSE), "Disabled", "INACTIVE", " False ", "NO\n", False, 0]


def convert(value, params=""):
    return conversion(f"boolean:{params}")("field", {}, value)


@pytest.mark.parametrize("value", YES)
def test_words_for_true(value):
    assert convert(value) is True
    assert convert(value, "true=Active") == "Active"
    assert convert(value, "true=|false=x") == ""
    assert convert(value, "false=Retired") is True


@pytest.mark.parametrize("value", NO)
def test_words_for_false(value):
    assert convert(value) is False
    assert convert(value, "false=Retired") == "Retired"
    assert convert(value, "true=Active|false=Retired") == "Retired"
    assert convert(value, "true=Active") is False


@pytest.mark.parametrize("value", [*EMPTY, {}])
def test_without_a_value_there_is_neither(value):
    assert convert(value, "true=a|false=b") is None


@pytest.mark.parametrize("value", ["maybe", "unknown", "10", 2, -1, 0.5, "truefalse"])
def test_other_words_and_numbers_are_refused(value):
    with pytest.raises(ValueError, match="the value is neither true nor false"):
        convert(value)


@pytest.mark.parametrize("value", [["true"], {"a": True}, [True]])
def test_what_is_no_text_is_refused(value):
    with pytest.raises(ValueError, match="is not text"):
        convert(value)


def test_wrong_parameters_are_told_when_the_mapping_is_read():
    with pytest.raises(ValueError, match="unknown parameter 'yes'"):
        conversion("boolean:yes=a")
    with pytest.raises(ValueError, match="the parameter true needs a value"):
        conversion("boolean:true")


@given(VALUES)
def test_anything_is_converted_or_refused(value):
    try:
        assert convert(value) in (True, False, None)
    except ValueError as error:
        assert "is not text" in str(error) or "neither true nor false" in str(error)
