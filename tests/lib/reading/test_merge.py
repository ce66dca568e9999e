"""Two sorted streams of rows, side by side."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

import pytest

from lib.errors import SourceFault
from lib.reading.merge import merge_join


def rows(*numbers: Any) -> list[dict[str, Any]]:
    return [{"id": number, "at": at} for at, number in enumerate(numbers)]


def merged(left: list[Any], right: list[Any]) -> list[tuple[int, list[int]]]:
    pairs = merge_join(rows(*left), rows(*right), "id")
    return [(row["id"], [item["at"] for item in details]) for row, details in pairs]


def test_each_row_comes_with_its_details():
    assert merged([1, 2, 3], [1, 1, 3]) == [(1, [0, 1]), (2, []), (3, [2])]


def test_details_without_a_row_are_passed_over():
    assert merged([2, 5], [1, 2, 3, 4, 5, 6]) == [(2, [1]), (5, [4])]


@pytest.mark.parametrize("right", [[], [7], [0]])
def test_rows_without_details_come_too(right: list[int]):
    assert merged([1, 2], right) == [(1, []), (2, [])]


def test_nothing_gives_nothing():
    assert merged([], [1, 2]) == []


def test_duplicate_rows_keep_first():
    pairs = list(merge_join(rows(1, 1, 2), rows(1, 2, 2), "id"))
    assert [row["at"] for row, _ in pairs] == [0, 2]
    assert [len(details) for _, details in pairs] == [1, 2]


def test_keys_that_come_as_text_or_decimals_are_numbers():
    assert merged(["9", "10"], ["9", "10", "10"]) == [(9, [0]), (10, [1, 2])]


@pytest.mark.parametrize(("left", "right"), [([2, 1], []), ([1, 2, 3], [2, 1])])
def test_another_order_is_an_error(left: list[int], right: list[int]):
    with pytest.raises(SourceFault, match="the rows are not sorted: id 1 after 2"):
        merged(left, right)


def test_no_more_is_read_than_needed():
    read = {"left": 0, "right": 0}

    def endless(name: str) -> Iterator[dict[str, int]]:
        while True:
            read[name] += 1
            yield {"id": read[name]}

    assert len(list(islice(merge_join(endless("left"), endless("right"), "id"), 10))) == 10
    assert max(read.values()) <= 12
