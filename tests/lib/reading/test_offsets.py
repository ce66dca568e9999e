"""Listings in pages: all of it, each once, although it changes and its total is wrong."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any

import pytest

from lib.errors import SourceFault
from lib.reading.listing import Page
from lib.reading.offsets import paginate_by_offset, read_latest

WHERE = "https://example.com/devices"


class Listing:
    """A listing of numbers; `before` is called before the page with that number (from 0) is given.

    Pages are asked for by the index of their first number or, where `numbered`, by their own one;
    those are followed by an empty one.
    """

    def __init__(self, count: int, length: int = 10, *, numbered: bool = False) -> None:
        self.items = list(range(count))
        self.length = length
        self.numbered = numbered
        self.asked: list[int] = []
        self.before: dict[int, Callable[[], object]] = {}

    def fetch(self, index: int) -> Page:
        self.before.get(len(self.asked), lambda: None)()
        self.asked.append(index)
        first = index * self.length if self.numbered else index
        page = self.items[first : first + self.length]
        return Page([{"id": item} for item in page], len(self.items), more=self.numbered)


def pages(fetch: Callable[[int], Page], *, numbered: bool = False) -> Iterator[list[int]]:
    def key(record: dict[str, Any]) -> Any:
        return record.get("id")

    for page in paginate_by_offset(fetch, key, where=WHERE, numbered=numbered):
        yield [record["id"] for record in page]


def read(listing: Listing) -> list[int]:
    return list(chain.from_iterable(pages(listing.fetch, numbered=listing.numbered)))


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [each.message for each in caplog.records if each.levelno == logging.WARNING]


@pytest.mark.parametrize("count", [0, 1, 9, 10, 11, 20, 35])
def test_all_is_read_and_nothing_is_asked_for_past_the_total(count: int) -> None:
    listing = Listing(count)
    assert read(listing) == list(range(count))
    assert listing.asked == list(range(0, max(1, count), 10))


@pytest.mark.parametrize("count", [0, 1, 9, 10, 11, 20, 35])
def test_pages_with_numbers_are_read_until_an_empty_one(
    count: int, caplog: pytest.LogCaptureFixture
) -> None:
    listing = Listing(count, numbered=True)
    assert read(listing) == list(range(count))
    assert listing.asked == list(range((count + 9) // 10 + 1))
    assert caplog.records == []


@pytest.mark.parametrize("total", [0, 3, 10, None])
def test_what_the_server_promises_counts_more_than_the_total(total: int | None) -> None:
    listing = Listing(35)

    def fetch(index: int) -> Page:
        page = listing.fetch(index)
        return Page(page.records, total, more=index + 10 < 35)

    assert list(chain.from_iterable(pages(fetch))) == list(range(35))


@pytest.mark.parametrize("total", [0, 3, 10, None])
def test_a_total_that_is_too_small_ends_no_pages_with_numbers(total: int | None) -> None:
    listing = Listing(35, numbered=True)

    def fetch(number: int) -> Page:
        return Page(listing.fetch(number).records, total, more=True)

    assert list(chain.from_iterable(pages(fetch, numbered=True))) == list(range(35))


@pytest.mark.parametrize("short", [0, 1, 3])
def test_a_short_page_among_those_with_numbers_moves_no_other(
    short: int, caplog: pytest.LogCaptureFixture
) -> None:
    listing = Listing(35, numbered=True)

    def fetch(number: int) -> Page:
        page = listing.fetch(number)
        return Page(page.records[:-1] if number == short else page.records, 35, more=True)

    assert len(set(chain.from_iterable(pages(fetch, numbered=True)))) == 34
    assert warnings(caplog) == [f"{WHERE}: the server reported 35 records but returned only 34"]


def test_a_page_is_asked_for_when_the_one_before_is_used_up() -> None:
    listing = Listing(35)
    found = pages(listing.fetch)
    assert listing.asked == []
    next(found)
    assert listing.asked == [0]


def test_offset_continues_after_short_page() -> None:
    listing = Listing(35)

    def shorter() -> None:
        listing.length = 4

    listing.before[1] = shorter
    assert read(listing) == list(range(35))
    assert listing.asked == [0, 10, 14, 18, 22, 26, 30, 34]


@pytest.mark.parametrize("numbered", [True, False])
@pytest.mark.parametrize("gone", [range(1), range(3, 8), range(12), range(9, 11), range(25, 35)])
@pytest.mark.parametrize("at", [1, 2, 3])
def test_removed_records_hide_no_others(gone: range, at: int, numbered: bool) -> None:
    listing = Listing(35, numbered=numbered)

    def shrink() -> None:
        listing.items = [item for item in listing.items if item not in gone]

    listing.before[at] = shrink
    found = read(listing)
    assert len(found) == len(set(found))
    assert set(found) >= set(range(35)) - set(gone)


@pytest.mark.parametrize("numbered", [True, False])
def test_many_removed_records_at_end_are_tolerated(numbered: bool) -> None:
    listing = Listing(150, numbered=numbered)

    def shrink() -> None:
        del listing.items[90:]

    listing.before[8] = shrink
    assert read(listing) == list(range(90))


def test_listing_may_shrink_repeatedly() -> None:
    listing = Listing(60)
    listing.before = {at: lambda: listing.items.pop(0) for at in range(1, 9)}
    found = read(listing)
    assert len(found) == len(set(found))
    assert set(found) >= set(listing.items)


def test_added_records_are_read() -> None:
    listing = Listing(20)
    listing.before[1] = lambda: listing.items.extend(range(20, 25))
    assert read(listing) == list(range(25))


def test_records_added_in_front_cause_no_duplicates() -> None:
    listing = Listing(25)
    listing.before[1] = lambda: listing.items.insert(0, 99)
    assert read(listing) == list(range(25))


def test_records_without_a_key_are_all_kept() -> None:
    def fetch(_: int) -> Page:
        return Page([{"name": "a"}, {"name": "a"}], 2)

    found = paginate_by_offset(fetch, lambda record: record.get("id"), where=WHERE)
    assert [len(page) for page in found] == [2]


@pytest.mark.parametrize("numbered", [True, False])
@pytest.mark.parametrize("told", [35, None])
def test_empty_page_ends_reading_with_warning(
    told: int | None, numbered: bool, caplog: pytest.LogCaptureFixture
) -> None:
    listing = Listing(20, numbered=numbered)

    def fetch(index: int) -> Page:
        page = listing.fetch(index)
        return Page(page.records, 35 if page.records else told, more=numbered)

    assert list(chain.from_iterable(pages(fetch, numbered=numbered))) == list(range(20))
    assert warnings(caplog) == [f"{WHERE}: the server reported 35 records but returned only 20"]


def test_emptied_listing_ends_quickly() -> None:
    listing = Listing(3500)

    def fetch(index: int) -> Page:
        page = listing.fetch(index)
        return page if index < 2000 else Page([], None)

    assert len(list(chain.from_iterable(pages(fetch)))) >= 2000
    assert len(listing.asked) < 210


def test_a_page_that_a_shift_repeats_is_no_fault() -> None:
    listing = Listing(21)
    listing.before[2] = lambda: listing.items.insert(0, listing.items.pop())
    assert read(listing) == list(range(20))


def test_a_page_in_another_order_is_no_fault() -> None:
    orders = [[1, 2], [2, 1], [3, 4], []]
    found = pages(
        lambda number: Page([{"id": each} for each in orders[number]], 4, more=True), numbered=True
    )
    assert list(chain.from_iterable(found)) == [1, 2, 3, 4]


def test_the_same_records_in_ever_another_order_are_a_fault() -> None:
    orders = [[1, 2], [2, 1]]
    with pytest.raises(SourceFault, match="had already returned"):
        list(pages(lambda at: Page([{"id": each} for each in orders[at % 2]], 9, more=True),
                   numbered=True))  # fmt: skip


def test_the_same_page_without_keys_again_is_a_fault() -> None:
    with pytest.raises(SourceFault, match="had already returned"):
        list(paginate_by_offset(lambda _: Page([{"name": "a"}], 9), lambda _: None, where=WHERE))


def test_the_same_page_again_is_a_fault() -> None:
    with pytest.raises(SourceFault, match="had already returned"):
        list(pages(lambda _: Page([{"id": 1}, {"id": 2}], 35)))


def test_a_total_that_wavers_does_no_harm() -> None:
    listing = Listing(60)

    def fetch(index: int) -> Page:
        page = listing.fetch(index)
        return Page(page.records, 60 - len(listing.asked) % 2)

    assert sorted(chain.from_iterable(pages(fetch))) == list(range(60))


@pytest.mark.parametrize("record", [None, 1, "one", ["id"]])
def test_item_that_is_not_a_record_raises_error(record: object) -> None:
    with pytest.raises(SourceFault, match="an item that is not a record") as caught:
        list(pages(lambda _: Page([record], 1)))
    assert caught.value.where == WHERE


# The latest first.


class Moments:
    """A listing of records by their moments, the latest first; `meanwhile` is done after a page."""

    def __init__(self, *moments: float | None) -> None:
        self.records = [{"id": at, "moment": moment} for at, moment in enumerate(moments)]
        self.meanwhile: Callable[[], object] | None = None
        self.pages_read = 0

    def pages(self) -> Iterator[list[dict[str, Any]]]:
        for first in range(0, len(self.records), 3):
            self.records.sort(key=lambda record: -(record["moment"] or 0))
            self.pages_read += 1
            yield self.records[first : first + 3]
            if self.meanwhile:
                self.meanwhile()
                self.meanwhile = None

    def read(self, oldest: float = 0) -> list[int]:
        found = read_latest(
            self.pages,
            key=lambda record: record["id"],
            field="moment",
            oldest=oldest,
            name="Moments",
        )
        return [record["id"] for record in found]


def test_the_latest_are_read_as_far_as_they_go() -> None:
    listing = Moments(9, 8, 7, 6, 3, 2, 2, 2, 2, 1, 1, 1)
    assert listing.read(oldest=5) == [0, 1, 2, 3]
    assert listing.pages_read == 3 + 1


def test_one_page_is_read_once() -> None:
    listing = Moments(9, 8, 7)
    assert listing.read(oldest=5) == [0, 1, 2]
    assert listing.pages_read == 1


@pytest.mark.parametrize("moved", [(6,), (3, 4), (3, 4, 5, 6)])
@pytest.mark.parametrize("oldest", [0, 4])
def test_records_that_move_to_the_front_meanwhile_are_read(
    moved: tuple[int, ...], oldest: float
) -> None:
    listing = Moments(9, 8, 7, 6, 5, 4, 3)
    to_move = [listing.records[at] for at in moved]
    listing.meanwhile = lambda: [record.update(moment=10) for record in to_move]
    found = listing.read(oldest)
    assert len(found) == len(set(found))
    assert set(found) >= {0, 1, 2, 3, 4, 5, *moved}


def test_how_many_are_left_out_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    assert Moments(9, 3, 2, None).read(oldest=5) == [0]
    assert [(each.levelname, each.message) for each in caplog.records] == [
        ("WARNING", "Moments: no record on a page has a value, so the whole page was skipped"),
        ("INFO", "Moments: at least 3 records skipped, because the value is too old or empty"),
    ]


def test_record_read_later_is_not_counted_as_left_out(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    listing = Moments(9, 8, 3, 2)
    moves = listing.records[2]
    listing.meanwhile = lambda: moves.update(moment=10)
    assert listing.read(oldest=5) == [0, 1, 2]
    assert [each.message for each in caplog.records] == [
        "Moments: at least 1 record skipped, because the value is too old or empty"
    ]


def test_when_none_is_left_out_there_is_nothing_to_say(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    assert Moments(9, 8, 7, 6).read(oldest=5) == [0, 1, 2, 3]
    assert caplog.records == []
