"""Listings in pages: each record once, page after page, and no going in circles."""

import json
import weakref
from itertools import islice

import pytest

from lib.compactset import CompactSet
from lib.connection import ConnectionSettings
from lib.errors import RecordUnreadable, SourceFault, SourceUnavailable
from lib.http.client import Client
from lib.reading.listing import Page
from lib.reading.pages import MOST_STALE, paginate, paginate_by_number

WHERE = "https://acme.example.com"


def records(*idents):
    return [{"id": ident} for ident in idents]


class Listing:
    """Pages by their position, each with that of the next; `fetched` are those asked for."""

    def __init__(self, pages):
        self.pages = pages
        self.fetched = []

    def __call__(self, position):
        self.fetched.append(position)
        return self.pages[position]

    def ids(self, first=1, **how):
        return (record["id"] for record in paginate(self, first, where=WHERE, **how))


def test_pages_are_read_in_their_order_to_the_end():
    listing = Listing({"a": (records(1, 2), "c"), "c": (records(3), "b"), "b": (records(4), None)})
    assert list(listing.ids("a")) == [1, 2, 3, 4]
    assert listing.fetched == ["a", "c", "b"]


def test_a_page_is_fetched_when_the_one_before_is_used_up():
    listing = Listing({1: (records(1, 2), 2), 2: (records(3), None)})
    ids = listing.ids()
    assert listing.fetched == []
    assert list(islice(ids, 2)) == [1, 2]
    assert listing.fetched == [1]
    assert list(ids) == [3]


def test_page_is_freed_before_next_fetch():
    class Record(dict):
        """One of which can be asked whether it is still there."""

    came, still_there = [], []

    def fetch(number):
        still_there.append(sum(found() is not None for found in came))
        page = [Record(each) for each in records(*range(number * 50, number * 50 + 50))]
        came.extend(map(weakref.ref, page))
        return page, number + 1 if number < 4 else None

    assert sum(1 for _ in paginate(fetch, 0, where=WHERE)) == 250
    assert max(still_there) <= 1, "the last record is in the hands of who reads"


def test_an_empty_page_is_no_end():
    assert list(Listing({1: ([], 2), 2: ([], 3), 3: (records(5), None)}).ids()) == [5]


def test_a_record_that_moved_comes_once():
    listing = Listing({1: (records(1, 2), 2), 2: (records(2, 3), 3), 3: (records(3), None)})
    assert list(listing.ids()) == [1, 2, 3]


def test_ids_of_another_listing_can_be_left_out():
    seen = CompactSet([2])
    assert list(Listing({1: (records(1, 2, 3), None)}).ids(seen=seen)) == [1, 3]
    assert all(ident in seen for ident in (1, 2, 3))


def test_numbers_and_texts_are_different_ids():
    assert list(Listing({1: (records(1, "1", 0), None)}).ids()) == [1, "1", 0]


@pytest.mark.parametrize(
    "pages",
    [
        {1: (records(1), 1)},
        {1: (records(1), 2), 2: (records(2), 1)},
        {1: ([], 2), 2: ([], 1)},
        {1: ([], 2), 2: ([], 3), 3: ([], 2)},
        {1: (records(1, 2), 2), 2: (records(1, 2), 3), 3: (records(3), None)},
        {1: (records(1), 2), 2: (records(2), 3), 3: (records(1), None)},
    ],
)
def test_going_in_circles_is_a_fault(pages):
    listing = Listing(pages)
    with pytest.raises(SourceFault, match="had already returned") as caught:
        list(islice(listing.ids(), 100))
    assert caught.value.where == WHERE
    assert len(listing.fetched) <= len(pages)


def test_pages_with_nothing_new_on_them_are_not_read_for_ever():
    known = {number: (records(number), number + 1) for number in range(2, 90)}
    listing = Listing({1: (records(*range(100)), 2)} | known)
    ids = listing.ids()
    assert list(islice(ids, 100)) == list(range(100))
    with pytest.raises(SourceFault, match="had already returned"):
        next(ids)
    assert len(listing.fetched) == 1 + MOST_STALE


def test_a_few_pages_with_nothing_new_on_them_are_a_chance():
    known = {number: (records(number), number + 1) for number in range(2, 2 + MOST_STALE - 1)}
    listing = Listing({1: (records(*range(100)), 2)} | known | {21: (records(100), None)})
    assert list(listing.ids()) == list(range(101))


def test_last_stale_page_is_tolerated():
    last = 1 + MOST_STALE
    known = {number: (records(number), number + 1) for number in range(2, last)}
    listing = Listing({1: (records(*range(100)), 2)} | known | {last: (records(last), None)})
    assert list(listing.ids()) == list(range(100))


def test_the_page_that_leads_back_is_still_read():
    ids = Listing({1: (records(1), 2), 2: (records(2, 1, 3), 1)}).ids()
    assert list(islice(ids, 3)) == [1, 2, 3]
    with pytest.raises(SourceFault, match="had already returned"):
        next(ids)


WITHOUT_ID = [None, 1, "a", [], {}, {"id": None}, {"id": ""}, {"id": {}}, {"id": [1]}]


@pytest.mark.parametrize("item", WITHOUT_ID)
def test_item_without_id_is_unreadable_and_rest_is_read(item):
    listing = Listing({1: ([item, *records(1)], 2), 2: ([*records(2), item], None)})
    delivered = list(paginate(listing, 1, where=WHERE))
    bad = [each for each in delivered if isinstance(each, RecordUnreadable)]
    assert [each.where for each in bad] == [WHERE, WHERE]
    assert [each for each in delivered if each not in bad] == records(1, 2)


@pytest.mark.parametrize("item", WITHOUT_ID)
def test_a_page_on_which_nothing_has_an_id_is_a_fault(item):
    with pytest.raises(SourceFault, match="not a record with an ID"):
        list(Listing({1: (records(1), 2), 2: ([item, item], None)}).ids())


class Shrinking:
    """Pages of two, by number; `vanish` is who is gone when so many pages have been asked for."""

    def __init__(self, count, vanish=None, tells=True):
        self.idents, self.vanish, self.tells = list(range(count)), vanish or {}, tells
        self.fetched = []

    def __call__(self, number):
        self.fetched.append(number)
        gone = self.vanish.get(len(self.fetched), ())
        self.idents = [ident for ident in self.idents if ident not in gone]
        total = len(self.idents)
        page = records(*self.idents[2 * number - 2 : 2 * number])
        return Page(page, total, more=number * 2 < total) if self.tells else Page(page)

    def ids(self):
        return [record["id"] for record in paginate_by_number(self, 2, where=WHERE)]


def test_numbered_pages_are_read_to_the_last():
    listing = Shrinking(5)
    assert listing.ids() == [0, 1, 2, 3, 4]
    assert listing.fetched == [1, 2, 3]


def test_numbered_pages_that_tell_no_number_are_read_until_nothing_comes():
    listing = Shrinking(4, tells=False)
    assert listing.ids() == [0, 1, 2, 3]
    assert listing.fetched == [1, 2, 3]


@pytest.mark.parametrize(
    ("gone", "fetched"),
    [([0], [1, 2, 3, 2, 4]), ([0, 1, 2], [1, 2, 3, 1, 2]), ([7], [1, 2, 3, 2, 4])],
)
def test_pages_onto_which_records_moved_are_read_once_more(gone, fetched):
    listing = Shrinking(8, {3: gone})
    assert set(listing.ids()) >= set(range(8)) - set(gone)
    assert listing.fetched == fetched


def test_fewer_records_than_total_raise_error():
    with pytest.raises(SourceFault, match="reported 5 records but returned only 2") as caught:
        list(paginate_by_number(lambda _: Page(records(1, 2), 5, more=False), 2, where=WHERE))
    assert caught.value.where == WHERE


def client(server):
    return Client(server.url, ConnectionSettings(retries=0))


def test_a_page_comes_with_its_headers(server):
    server.answers = [(200, json.dumps([1]), {"Total-Pages": "7"})]
    body, response = client(server).get_page("/x", page=3)
    assert body == [1]
    assert response.headers["total-pages"] == "7"
    assert server.asked[0].query == {"page": "3"}


def test_a_page_that_is_no_json_is_asked_for_again(server, monkeypatch):
    monkeypatch.setattr("lib.retry.FIRST_PAUSE", 0.0)
    server.answers = [(200, "<html>"), (200, "[]", {"A": "1"}), (200, "<html>")]
    asking = Client(server.url, ConnectionSettings(retries=1))
    body, response = asking.get_page("/x")
    assert (body, response.headers["A"]) == ([], "1")
    with pytest.raises(SourceUnavailable, match="not JSON"):
        asking.get_page("/x")


def test_invalid_item_on_repeated_page_is_counted_once():
    """One vanishes while pages are read, so the first page is read once more."""
    first = [{"id": 1}, {"name": "no id"}, {"id": 2}]
    pages = {1: [*first], 2: [{"id": 4}, {"id": 5}]}
    totals = iter([6, 5, 5])

    def fetch(number):
        return Page(pages[number], next(totals), more=number < 2)

    found = list(paginate_by_number(fetch, 3, where=WHERE))
    assert sum(isinstance(each, RecordUnreadable) for each in found) == 1
    pages[2].pop()  # one more is missing, and nothing stands in for it
    totals = iter([6, 5, 5])
    with pytest.raises(SourceFault, match="reported 5 records but returned only 4"):
        list(paginate_by_number(fetch, 3, where=WHERE))
