"""The limit on unreadable records in a row."""

from itertools import repeat
from typing import Any

import pytest

from lib.errors import RecordGone, RecordUnreadable, SourceUnavailable
from lib.reading.unreadable import MOST_UNREADABLE, limit_unreadable

SPOILED = RecordUnreadable("device 7 cannot be read")


def taken(*items: Any) -> list[Any]:
    return list(limit_unreadable(items, where="https://sims.example.com"))


def test_all_that_comes_is_passed_on():
    items = [{"id": 1}, SPOILED, RecordGone("device 8 is gone"), {"id": 2}]
    assert taken(*items) == items


def test_unreadable_ones_between_others_end_nothing():
    assert len(taken(*[*[SPOILED] * (MOST_UNREADABLE - 1), {"id": 1}] * 3)) == 3 * MOST_UNREADABLE


def test_too_many_unreadable_ones_in_a_row_end_the_run():
    seen = []
    with pytest.raises(SourceUnavailable, match="device 7") as caught:
        for item in limit_unreadable(repeat(SPOILED), where="https://sims.example.com"):
            seen.append(item)
    assert len(seen) == MOST_UNREADABLE
    assert caught.value.where == "https://sims.example.com"
    assert "rights" in caught.value.fix
