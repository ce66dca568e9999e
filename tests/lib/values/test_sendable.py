"""What can be sent, and in which form."""

import json
import re
from datetime import UTC, date, datetime, timedelta
from enum import Enum, IntEnum, StrEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.values.sendable import sendable, shown


class Colour(StrEnum):
    RED = "red"


class Size(IntEnum):
    BIG = 3


class Weight(float, Enum):
    HEAVY = 2.5


class Unshowable:
    def __repr__(self):
        raise SystemExit(3)


CIRCLE: list = []
CIRCLE.append(CIRCLE)


def nested(levels):
    value: Any = "x"
    for _ in range(levels):
        value = [value]
    return value


def waiting():
    async def wait():
        pass

    return wait()


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
        lambda inside: st.lists(inside) | st.dictionaries(st.text(), inside),
    )
)
def test_what_json_holds_stays_as_it_is(value):
    assert sendable(value) == value


@pytest.mark.parametrize(
    ("value", "sent"),
    [
        ((1, ("a", None)), [1, ["a", None]]),
        ({"b", "a"}, ["a", "b"]),
        (frozenset({2, 1}), [1, 2]),
        ({"a": (1,)}, {"a": [1]}),
        (datetime(2024, 3, 11, 13, 37, 5, tzinfo=UTC), 1710164225),
        (datetime(2024, 3, 11, 13, 37, 5), 1710164225),
        (date(2024, 3, 11), 1710115200),
        (Colour.RED, "red"),
        (Size.BIG, 3),
        (Weight.HEAVY, 2.5),
        ({Colour.RED: [Size.BIG]}, {"red": [3]}),
    ],
)
def test_other_values_get_a_form_that_json_has(value, sent):
    found = sendable(value)
    assert found == sent
    assert type(found) is type(sent)
    assert json.loads(json.dumps(found)) == sent


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (re.match("a", "a"), "the result of a pattern cannot be sent"),
        (timedelta(1), "a duration cannot be sent"),
        (b"bytes", "binary data cannot be sent"),
        (object, "a value of type type cannot be sent"),
        (Unshowable(), "a value of type Unshowable cannot be sent"),
        ({(1, 2): 3}, r"a dict with the key \(1, 2\) cannot be sent; keys must be text"),
        ({None: 3}, "a dict with the key None cannot be sent; keys must be text"),
        ([[re.compile("x")]], "a value of type Pattern cannot be sent"),
        (CIRCLE, "a list is nested more than 50 levels deep and cannot be sent"),
        (nested(60), "a list is nested more than 50 levels deep and cannot be sent"),
        (10**5000, "the number is too large to be sent"),
        (waiting(), "a value of type coroutine cannot be sent"),
    ],
    ids=lambda item: type(item).__name__,
)
def test_everything_else_cannot_be_sent(value, words):
    with pytest.raises(ValueError, match=f"^{words}$"):
        sendable(value)


def test_fifty_levels_can_be_sent():
    assert sendable(nested(50)) == nested(50)


def test_a_value_is_shown_in_short_or_by_its_type():
    assert shown("x" * 50, 5) == "'xxxx"
    assert shown(Unshowable(), 50) == "a value of type Unshowable that cannot be shown"
