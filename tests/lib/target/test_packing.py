"""Records in little room: they come back as they were, whatever they hold."""

import json
import sys
from collections import OrderedDict
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.jsontext import to_json
from lib.target.packing import SMALL, pack, unpack
from tests.values import TEXTS, VALUES


@given(st.dictionaries(TEXTS, VALUES))
def test_pack_and_unpack_return_an_equal_record(record):
    back = unpack(pack(record))
    # Written, so that 1 and True are told apart, and what is no number equals itself.
    assert repr(back) == repr(record)


@pytest.mark.parametrize("length", [SMALL - 100, SMALL, SMALL + 100, 50 * SMALL])
def test_pack_and_unpack_records_of_any_length(length):
    record = {"text": "☃" * (length // 3), "cut": "\ud83d", "bytes": b"\xff", "set": {1}}
    assert unpack(pack(record)) == record


def test_pack_compresses_large_records():
    applications = [{"name": f"Application {number}", "version": "1.0"} for number in range(1_000)]
    record = {"software": {"applications": applications}}
    assert len(pack(record)) < len(to_json(record)) / 4


class Kind(StrEnum):
    LAPTOP = "laptop"


NOT_PLAIN = {
    "seen": datetime(2015, 7, 21, tzinfo=UTC),
    "price": Decimal("1.50"),
    "kind": Kind.LAPTOP,
    "ordered": OrderedDict(a=[1, {"b": None}]),
    "anything": object,
}


@pytest.mark.parametrize("name", NOT_PLAIN)
@pytest.mark.parametrize("more", [0, 10 * SMALL])
def test_pack_other_types_become_their_json_form(name, more):
    record = {name: NOT_PLAIN[name], "more": "x" * more}
    back = unpack(pack(record))
    assert back == json.loads(to_json(record))
    assert to_json(back) == to_json(record), "so it is set aside as the record would have been"


def test_pack_deeply_nested_record_is_unpacked():
    deep = []
    for _ in range(sys.getrecursionlimit() - 10):
        deep = [deep]
    back = unpack(pack({"deep": deep}))["deep"]
    depth = 0
    while back:
        back, depth = back[0], depth + 1
    assert depth == sys.getrecursionlimit() - 10
