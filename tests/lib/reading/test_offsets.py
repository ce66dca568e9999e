"""Listings with a total: all of it, each once, although it changes; or an error."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain

import pytest

from lib.errors import SourceFault
from lib.reading.offsets import Page, read_pages

WHERE = "https://example.com/devices"


class Listing:
    """A listing of numbers; `before` is called before the page with that number (from 0) is given.

    With `aligned`, pages begin at multiples of their length, as those do that have a number.
    """

    def __init__(self, count: int, length: int = 10, *, aligned: bool = False) -> None:
        self.items = list(range(count))
        self.length = length
        self.aligned = aligned
        self.asked: list[int] = []
        self.before: dict[int, Callable[[], object]] = {}

    def fetch(self, index: int) -> Page:
        self.before.get(len(self.asked), lambda: None)()
        self.asked.append(index)
        first = index - index % self.length if self.aligned else index
        page = self.items[first : first + self.length]
        return Page([{"id": item} for item in page], first, len(self.items))


def pages(fetch: Callable[[int], Page]) -> Iterator[list[int]]:
    for page in read_pages(fetch, lambda record: record.get("id"), where=WHERE):
        yield [record["id"] for record in page]


def read(listing: Listing) -> list[int]:
    return list(chain.from_iterable(pages(listing.fetch)))


@pytest.mark.parametrize("aligned", [True, False])
@pytest.mark.parametrize("count", [0, 1, 9, 10, 11, 20, 35])
def test_all_is_read_and_nothing_is_asked_for_past_the_end(count: int, aligned: bool) -> None:
    listing = Listing(count, aligned=aligned)
    assert read(listing) == list(range(count))
    assert listing.asked == list(range(0, max(1, count), 10))


def test_a_page_is_asked_for_when_the_one_before_is_used_up() -> None:
    listing = Listing(35)
    found = pages(listing.fetch)
    assert listing.asked == []
    next(found)
    assert listing.asked == [0]


def test_it_goes_on_where_a_short_page_ended() -> None:
    listing = Listing(35)

    def shorter() -> None:
        listing.length = 4

    listing.before[1] = shorter
    assert read(listing) == list(range(35))
    assert listing.asked == [0, 10, 14, 18, 22, 26, 30, 34]


@pytest.mark.parametrize("aligned", [True, False])
@pytest.mark.parametrize("gone", [range(1), range(3, 8), range(12), range(9, 11), range(25, 35)])
@pytest.mark.parametrize("at", [1, 2, 3])
def test_records_that_go_make_it_miss_no_other(gone: range, at: int, aligned: bool) -> None:
    listing = Listing(35, aligned=aligned)

    def shrink() -> None:
        listing.items = [item for item in listing.items if item not in gone]

    listing.before[at] = shrink
    found = read(listing)
    assert len(found) == len(set(found))
    assert set(found) >= set(range(35)) - set(gone)


def test_it_may_become_shorter_again_and_again() -> None:
    listing = Listing(60)
    listing.before = {at: lambda: listing.items.pop(0) for at in range(1, 9)}
    found = read(listing)
    assert len(found) == len(set(found))
    assert set(found) >= set(listing.items)


def test_records_that_come_are_read_too() -> None:
    listing = Listing(20)
    listing.before[1] = lambda: listing.items.extend(range(20, 25))
    assert read(listing) == list(range(25))


def test_records_that_come_in_front_double_none() -> None:
    listing = Listing(25)
    listing.before[1] = lambda: listing.items.insert(0, 99)
    assert read(listing) == list(range(25))


def test_records_without_a_key_are_all_kept() -> None:
    def fetch(_: int) -> Page:
        return Page([{"name": "a"}, {"name": "a"}], 0, 2)

    found = read_pages(fetch, lambda record: record.get("id"), where=WHERE)
    assert [len(page) for page in found] == [2]


@pytest.mark.parametrize("aligned", [True, False])
@pytest.mark.parametrize("told", [35, None])
def test_a_listing_that_ends_early_is_a_fault(told: int | None, aligned: bool) -> None:
    listing = Listing(20, aligned=aligned)

    def fetch(index: int) -> Page:
        page = listing.fetch(index)
        return Page(page.records, page.first, 35 if page.records else told)

    with pytest.raises(SourceFault, match="ends after 20 of 35"):
        list(pages(fetch))


def test_a_listing_that_has_nothing_any_more_ends_quickly() -> None:
    listing = Listing(3500)

    def fetch(index: int) -> Page:
        page = listing.fetch(index)
        return page if index < 2000 else Page([], index, None)

    with pytest.raises(SourceFault) as caught:
        list(pages(fetch))
    assert caught.value.where == WHERE
    assert len(listing.asked) < 210


def test_the_same_page_again_is_a_fault() -> None:
    with pytest.raises(SourceFault, match="twice"):
        list(pages(lambda _: Page([{"id": 1}, {"id": 2}], 0, 35)))


def test_a_total_that_wavers_does_no_harm() -> None:
    listing = Listing(60)

    def fetch(index: int) -> Page:
        page = listing.fetch(index)
        return Page(page.records, page.first, 60 - len(listing.asked) % 2)

    assert sorted(chain.from_iterable(pages(fetch))) == list(range(60))


@pytest.mark.parametrize("record", [None, 1, "one", ["id"]])
def test_what_is_no_record_is_a_fault(record: object) -> None:
    with pytest.raises(SourceFault, match="no record") as caught:
        list(pages(lambda _: Page([record], 0, 1)))
    assert caught.value.where == WHERE
