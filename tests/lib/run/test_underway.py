"""Batches that are being sent: in how many threads, and what comes back of each."""

import threading

from lib.errors import TargetRefused, TargetUnavailable
from lib.run.underway import UnderWay
from tests.items import items


class Target:
    """Waits with each batch until it may go on; refuses records that are `bad`."""

    batch_size = 4

    def __init__(self, workers, bad=()):
        self.workers = workers
        self.go = threading.Event()
        self.threads = set()
        self._bad = bad

    def send(self, batch):
        self.threads.add(threading.current_thread())
        if self.workers:
            assert self.go.wait(5)
        keys = {item.key for item in batch}
        if "away" in keys:
            raise TargetUnavailable("away")
        if keys & set(self._bad):
            raise TargetRefused("bad")

    def canceled(self):
        return False


def records(*keys):
    return items({"id": key} for key in keys)


def keys(found):
    return [item.key for item in found]


def test_without_threads_a_batch_has_come_back_as_soon_as_it_was_begun():
    target = Target(0)
    under_way = UnderWay(target)
    under_way.begin(records("a", "b"))
    assert under_way.has_come_back
    assert keys(under_way.oldest().taken) == ["a", "b"]
    assert not under_way
    assert target.threads == {threading.current_thread()}
    under_way.close()


def test_there_is_room_for_as_many_as_there_are_threads_and_one_that_waits():
    target = Target(2)
    under_way = UnderWay(target)
    assert under_way.has_room_for(records("a"))
    under_way.begin(records("a"))
    assert not under_way.has_come_back
    assert under_way.has_room_for(records("b"))
    under_way.begin(records("b"))
    under_way.begin(records("c"))
    assert not under_way.has_room_for(records("d"))
    target.go.set()
    assert keys(under_way.oldest().taken) == ["a"]
    assert under_way.has_room_for(records("d"))
    assert [keys(under_way.oldest().taken) for _ in "bc"] == [["b"], ["c"]]
    under_way.close()


def test_a_record_is_never_under_way_twice():
    target = Target(3)
    under_way = UnderWay(target)
    under_way.begin(records("a", "b"))
    assert not under_way.has_room_for(records("c", "b"))
    unknown = records("c")
    unknown[0].key = None
    assert not under_way.has_room_for(unknown)
    target.go.set()
    under_way.oldest()
    assert under_way.has_room_for(unknown)
    under_way.close()


def test_of_a_batch_that_broke_off_it_is_known_what_was_taken_refused_and_left():
    target = Target(0, bad=["b"])
    under_way = UnderWay(target)
    under_way.begin(records("a", "b", "away", "d"))
    sent = under_way.oldest()
    assert keys(sent.taken) == []
    assert isinstance(sent.error, TargetUnavailable)
    assert keys(sent.left) == ["a", "b", "away", "d"]
    under_way.begin(records("a", "b"))
    sent = under_way.oldest()
    assert (keys(sent.taken), [item.key for item, _ in sent.refused]) == (["a"], ["b"])
    assert (list(sent.left), sent.error) == ([], None)
