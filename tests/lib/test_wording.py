"""Tests of the numbers in sentences."""

import pytest

from lib.wording import counted, empty_fields


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "0 records"), (1, "1 record"), (2, "2 records"), (1399, "1,399 records")],
)
def test_counted_number_decides_between_singular_and_plural(number, text):
    assert counted(number, "record") == text


def test_counted_irregular_plural_is_used_as_given():
    assert counted(1, "entry", "entries") == "1 entry"
    assert counted(3, "entry", "entries") == "3 entries"


def test_empty_fields_has_the_plural_of_several():
    assert empty_fields(["EMAIL"]) == "required field EMAIL is empty"
    assert empty_fields(["EMAIL", "USER"]) == "required fields EMAIL, USER are empty"
