"""The name in a mail address."""

import pytest
from hypothesis import given

from lib.mapping.converters import conversion
from tests.values import EMPTY, TEXTS, VALUES


def convert(value):
    return conversion("split_email")("email", {}, value)


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("ada@example.com", "ada"),
        (" ada@example.com ", "ada"),
        ("ada", "ada"),
        ("ada@", "ada"),
        ("@example.com", ""),
        ('"ada', '"ada'),
        ("a@b@c", "a"),
        (7, "7"),
        (["ada@example.com", "@x", None, "eun-ji@example.com"], ["ada", "eun-ji"]),
    ],
)
def test_what_is_before_the_first_at_sign_is_taken(value, name):
    assert convert(value) == name


@pytest.mark.parametrize("value", EMPTY)
def test_what_is_empty_stays_so(value):
    assert convert(value) == value


@pytest.mark.parametrize("value", [{"a": 1}, True, [["ada@example.com"]]])
def test_what_is_no_text_is_refused(value):
    with pytest.raises(ValueError, match="is not text"):
        convert(value)


def test_it_takes_no_parameters():
    with pytest.raises(ValueError, match="unknown parameter 'on'; it has no parameters"):
        conversion("split_email:on=@")


@given(TEXTS)
def test_a_name_is_its_own_name(text):
    assert convert(convert(text)) == convert(text)
    assert "@" not in convert(text)


@given(VALUES)
def test_anything_is_converted_or_refused(value):
    try:
        convert(value)
    except ValueError as error:
        assert "is not text" in str(error)
