"""The names of the types of values in messages."""

import re
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from lib.values.kinds import kind_of, kinds_of


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (None, "an empty value (None)"),
        (True, "True or False"),
        ("", "text"),
        (1, "a number"),
        (1.5, "a number"),
        (Decimal("1"), "a number"),
        ([], "a list"),
        ((), "a tuple"),
        (set(), "a set"),
        (frozenset(), "a set"),
        ({}, "a dict"),
        (b"", "binary data"),
        (datetime(2024, 1, 1, tzinfo=UTC), "a timestamp"),
        (datetime(2024, 1, 1), "a timestamp without a time zone"),
        (date(2024, 1, 1), "a date"),
        (time(1), "a time of day"),
        (timedelta(1), "a duration"),
        (UUID(int=0), "a UUID"),
        (re.match("a", "a"), "the result of a pattern"),
        (1j, "a value of type complex"),
    ],
)
def test_kind_of_names_the_type(value, name):
    assert kind_of(value) == name


@pytest.mark.parametrize(
    ("values", "names"),
    [
        (["a"], "text"),
        (["a", "b"], "text"),
        (["a", 1, 2.5], "text and a number"),
        (["a", 1, None], "text, a number and an empty value (None)"),
    ],
)
def test_kinds_of_names_each_type_once(values, names):
    assert kinds_of(values) == names
