"""Records as JSON text, whatever they hold."""

import json
import uuid
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from lib.jsontext import json_if_possible, to_json


@pytest.mark.parametrize(
    ("value", "decoded"),
    [
        (date(2015, 7, 21), "2015-07-21"),
        (datetime(2015, 7, 21, 10, 0, 1, tzinfo=UTC), "2015-07-21T10:00:01+00:00"),
        (b"\x00\xff", "AP8="),
        ({"b", "a"}, ["a", "b"]),
        (frozenset({1, "a"}), [1, "a"]),
        (("a", 1), ["a", 1]),
        (Decimal("1.50"), "1.50"),
        (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        ({"deep": [{"day": date(2015, 7, 21)}]}, {"deep": [{"day": "2015-07-21"}]}),
        ([None, True, 1.5, "x"], [None, True, 1.5, "x"]),
    ],
)
def test_what_json_does_not_know_is_written_in_a_documented_way(value, decoded):
    assert json.loads(to_json(value)) == decoded


def test_it_is_one_line_that_can_be_read_by_people():
    text = to_json({"name": "Jürgen 佐藤", "note": "two\nlines"})
    assert text == '{"name": "Jürgen 佐藤", "note": "two\\nlines"}'


def test_half_an_emoji_survives_the_way_into_bytes_and_back():
    record = {"name": "cut \ud83d", "whole": "\U0001f600"}
    assert json.loads(to_json(record).encode("utf-8")) == record


def test_what_json_cannot_hold_is_none_where_that_is_expected():
    assert json_if_possible({"since": date(2015, 7, 21)}) == '{"since": "2015-07-21"}'
    assert json_if_possible({("a", "b"): 1}) is None
