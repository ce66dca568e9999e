"""The limit on unreadable records in a row."""

from itertools import repeat
from typing import Any

import pytest

from lib.errors import RecordGone, RecordUnreadable, SourceUnavailable
from lib.reading.unreadable import MOST_UNREADABLE, limit_unreadable

SPOILED = RecordUnreadable("device 7 cannot be read")


def taken(*items: Any) -> list[Any]:
    return list(limit_unreadable(items, where="https://sims.example.com"))


def test_limit_unreadable_yields_all_items():
    items = [{"id": 1}, SPOILED, RecordGone("device 8 is gone"), {"id": 2}]
    assert taken(*items) == items


def test_unreadable_records_not_in_a_row_are_tolerated():
    assert len(taken(*[*[SPOILED] * (MOST_UNREADABLE - 1), {"id": 1}] * 3)) == 3 * MOST_UNREADABLE


def test_ten_unreadable_records_in_a_row_raise_error():
    seen = []
    with pytest.raises(SourceUnavailable, match="device 7") as caught:
        for item in limit_unreadable(repeat(SPOILED), where="https://sims.example.com"):
            seen.append(item)
    assert len(seen) == MOST_UNREADABLE
    assert caught.value.where == "https://sims.example.com"
    assert "permissions" in caught.value.fix
