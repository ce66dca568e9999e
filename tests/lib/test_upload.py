"""Handing over batches: which records are found to be refused, and what else may go wrong."""

import pytest

from lib.errors import SignInError, TargetRefused, TargetUnavailable
from lib.upload import DryRun, deliver


class Target:
    """Takes batches without any of the `bad` records; `sent` are the batches that came."""

    batch_size = 100

    def __init__(self, *bad: int) -> None:
        self.sent: list[list[int]] = []
        self.taken: list[int] = []
        self._bad = bad

    def send(self, records: list[dict]) -> None:
        numbers = [record["number"] for record in records]
        self.sent.append(numbers)
        if any(number in self._bad for number in numbers):
            raise TargetRefused(f"refused with {numbers}")
        self.taken += numbers

    def finish(self) -> None:
        raise AssertionError("deliver does not end a run")


def records(count: int) -> list[dict]:
    return [{"number": number} for number in range(count)]


def refused(target: Target, batch: list[dict]) -> list[int]:
    """Deliver the batch, and give the numbers of the records at whose place there is an error."""
    at, found = 0, []
    for count, error in deliver(target, batch):
        if error:
            assert count == 1
            found.append(batch[at]["number"])
        at += count
    assert at == len(batch)
    return found


def test_a_batch_without_fault_is_sent_once():
    target = Target()
    assert list(deliver(target, records(100))) == [(100, None)]
    assert target.sent == [list(range(100))]


@pytest.mark.parametrize(
    "bad",
    [[0], [99], [50], [49, 50], [3, 4, 5, 77], list(range(0, 100, 2)), list(range(100))],
)
def test_exactly_the_refused_records_are_found(bad: list[int]):
    target = Target(*bad)
    assert refused(target, records(100)) == bad
    assert target.taken == [number for number in range(100) if number not in bad]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 10])
def test_every_place_in_a_batch_of_any_size_is_found(size: int):
    for bad in range(size):
        target = Target(bad)
        assert refused(target, records(size)) == [bad]
        assert target.taken == [number for number in range(size) if number != bad]


def test_one_refused_record_in_a_hundred_takes_few_requests():
    target = Target(63)
    refused(target, records(100))
    assert len(target.sent) <= 15


def test_each_refusal_is_the_answer_to_its_own_record():
    [first, second] = [error for _, error in deliver(Target(1, 2), records(4)) if error]
    assert (str(first), str(second)) == ("refused with [1]", "refused with [2]")


@pytest.mark.parametrize("error", [TargetUnavailable("away"), SignInError("token"), ValueError()])
def test_other_errors_are_raised_and_nothing_more_is_sent(error: Exception):
    class Away(Target):
        def send(self, records: list[dict]) -> None:
            super().send(records)
            raise error

    target = Away()
    with pytest.raises(type(error)):
        list(deliver(target, records(8)))
    assert len(target.sent) == 1


def test_an_outage_while_bisecting_leaves_the_rest_unsent():
    class Fading(Target):
        def send(self, records: list[dict]) -> None:
            if len(self.sent) == 2:
                raise TargetUnavailable("away")
            super().send(records)

    target = Fading(5)
    parts = deliver(target, records(8))
    assert next(parts) == (4, None)
    with pytest.raises(TargetUnavailable):
        next(parts)
    assert target.taken == [0, 1, 2, 3]


def test_a_dry_run_shows_each_record_and_refuses_none():
    shown: list[dict] = []
    dry = DryRun(shown.append)
    assert list(deliver(dry, records(3))) == [(3, None)]
    dry.finish()
    assert shown == records(3)
