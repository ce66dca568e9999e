"""Fetching ahead: in order, bounded, lazy, and stopped with the one who uses it."""

import threading
from itertools import count

import pytest

from lib.reading import ahead
from lib.reading.ahead import fetch_ahead


class Fetches:
    """Counts fetches, those under way at once, and remembers their keys."""

    def __init__(self) -> None:
        self.keys: list[int] = []
        self.peak = 0
        self._under_way = 0
        self._lock = threading.Lock()

    def __call__(self, key: int) -> str:
        with self._lock:
            self.keys.append(key)
            self._under_way += 1
            self.peak = max(self.peak, self._under_way)
        threading.Event().wait(0.002)
        with self._lock:
            self._under_way -= 1
        return f"item {key}"


def test_items_come_in_the_order_of_the_keys_whichever_is_ready_first():
    second_is_ready = threading.Event()

    def fetch(key: int) -> int:
        if key == 1:
            assert second_is_ready.wait(10)
        elif key == 2:
            second_is_ready.set()
        return key

    assert list(fetch_ahead(fetch, [1, 2, 3], workers=2)) == [1, 2, 3]


def test_several_are_fetched_at_once_and_never_more_than_workers():
    meeting = threading.Barrier(3, timeout=10)
    assert len(list(fetch_ahead(lambda _: meeting.wait(), range(9), workers=3))) == 9
    fetch = Fetches()
    assert len(list(fetch_ahead(fetch, range(30), workers=3))) == 30
    assert fetch.peak <= 3


def test_one_worker_fetches_one_after_the_other():
    fetch = Fetches()
    assert len(list(fetch_ahead(fetch, range(5), workers=1))) == 5
    assert fetch.peak == 1


def test_nothing_is_fetched_before_the_first_item_is_asked_for():
    fetch = Fetches()
    fetch_ahead(fetch, range(10), workers=4)
    assert fetch.keys == []


@pytest.mark.parametrize("taken", [1, 2, 7])
def test_never_more_than_workers_wait_to_be_used(taken: int):
    fetch = Fetches()
    items = fetch_ahead(fetch, count(), workers=4)
    for _ in range(taken):
        next(items)
    items.close()
    assert taken <= len(fetch.keys) <= taken + 4
    assert sorted(fetch.keys) == list(range(len(fetch.keys)))


def test_keys_are_taken_only_as_they_are_needed():
    taken = []

    def keys():
        for key in count():
            taken.append(key)
            yield key

    items = fetch_ahead(lambda key: key, keys(), workers=3)
    next(items)
    items.close()
    assert len(taken) <= 4


def test_closing_stops_and_waits_for_what_is_under_way():
    fetch = Fetches()
    items = fetch_ahead(fetch, count(), workers=3)
    next(items)
    items.close()
    begun = len(fetch.keys)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("fetch")]
    assert len(fetch.keys) == begun


def test_fetch_error_is_raised_in_its_place():
    def fetch(key: int) -> int:
        if key == 3:
            raise ValueError("three")
        return key

    items = fetch_ahead(fetch, range(10), workers=5)
    assert [next(items), next(items), next(items)] == [0, 1, 2]
    with pytest.raises(ValueError, match="three"):
        next(items)
    assert list(items) == []


def test_a_signal_ends_the_waiting_for_one_who_does_not_answer(monkeypatch: pytest.MonkeyPatch):
    answers, asked = threading.Event(), []

    def fetch(key: int) -> int:
        asked.append(key)
        if key:
            monkeypatch.setattr(ahead, "requested", lambda: True)
            assert answers.wait(20)
            raise ValueError("this is not the fault of the record")
        return key

    items = fetch_ahead(fetch, count(), workers=2)
    assert next(items) == 0
    with pytest.raises(KeyboardInterrupt):
        next(items)
    assert not answers.is_set()
    answers.set()
    for thread in threading.enumerate():
        if thread.name.startswith("fetch"):
            thread.join(20)
    assert set(asked) <= {0, 1, 2}  # one who was given a key may begin with it a little later


def test_no_keys_give_no_items():
    assert list(fetch_ahead(Fetches(), [], workers=5)) == []
