"""Batches that are being sent: in how many threads, and what comes back of each."""

import threading

from lib.errors import TargetRefused, TargetUnavailable
from lib.run.inflight import InFlight
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


def test_start_without_workers_has_its_result_at_once():
    target = Target(0)
    in_flight = InFlight(target)
    in_flight.start(records("a", "b"))
    assert in_flight.oldest_is_done
    assert keys(in_flight.take_oldest().accepted) == ["a", "b"]
    assert not in_flight
    assert target.threads == {threading.current_thread()}
    in_flight.close()


def test_has_room_for_one_batch_more_than_workers():
    target = Target(2)
    in_flight = InFlight(target)
    assert in_flight.has_room_for(records("a"))
    in_flight.start(records("a"))
    assert not in_flight.oldest_is_done
    assert in_flight.has_room_for(records("b"))
    in_flight.start(records("b"))
    in_flight.start(records("c"))
    assert not in_flight.has_room_for(records("d"))
    target.go.set()
    assert keys(in_flight.take_oldest().accepted) == ["a"]
    assert in_flight.has_room_for(records("d"))
    assert [keys(in_flight.take_oldest().accepted) for _ in "bc"] == [["b"], ["c"]]
    in_flight.close()


def test_has_room_for_a_record_in_flight_is_false():
    target = Target(3)
    in_flight = InFlight(target)
    in_flight.start(records("a", "b"))
    assert not in_flight.has_room_for(records("c", "b"))
    unknown = records("c")
    unknown[0].key = None
    assert not in_flight.has_room_for(unknown)
    target.go.set()
    in_flight.take_oldest()
    assert in_flight.has_room_for(unknown)
    in_flight.close()


def test_take_oldest_after_an_error_has_accepted_rejected_and_remaining():
    target = Target(0, bad=["b"])
    in_flight = InFlight(target)
    in_flight.start(records("a", "b", "away", "d"))
    result = in_flight.take_oldest()
    assert keys(result.accepted) == []
    assert isinstance(result.error, TargetUnavailable)
    assert keys(result.remaining) == ["a", "b", "away", "d"]
    in_flight.start(records("a", "b"))
    result = in_flight.take_oldest()
    assert (keys(result.accepted), [item.key for item, _ in result.rejected]) == (["a"], ["b"])
    assert (list(result.remaining), result.error) == ([], None)
