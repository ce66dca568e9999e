"""Handing over batches: which records are found to be refused, and what else may go wrong."""

import pytest

from lib.errors import SignInError, TargetFault, TargetRefused, TargetUnavailable
from lib.jsontext import to_json
from lib.target.item import Item
from lib.target.refusals import Refusals
from lib.target.uploader import DryRun, send_with_bisect
from tests.items import items


class Target:
    """Takes batches without any of the `bad` records; `sent` are the batches that came."""

    batch_size = 100

    def __init__(self, *bad: int) -> None:
        self.sent: list[list[int]] = []
        self.taken: list[int] = []
        self._bad = bad

    def send(self, items: list[Item]) -> None:
        numbers = [item.values["number"] for item in items]
        self.sent.append(numbers)
        if any(number in self._bad for number in numbers):
            raise TargetRefused(f"refused with {numbers}")
        self.taken += numbers

    def canceled(self) -> bool:
        return False

    def finish(self, error: str = "") -> None:
        raise AssertionError("deliver does not end a run")


def test_item_is_small_and_returns_its_record():
    record = {"SERIAL": "佐藤", "APPLICATIONS": [{"name": "☃", "version": "1.0"}] * 500}
    [packed] = items([record])
    assert len(packed.fetched) + len(packed.mapped) < len(to_json(record)) / 5
    assert (packed.values, packed.text) == (record, to_json(record))
    aside = packed.to_save("rejected", "no such role")
    assert (aside.outcome, aside.reason, aside.key) == ("rejected", "no such role", "佐藤")
    assert (aside.fetched, aside.mapped) == (packed.text, packed.text)


def records(count: int) -> list[Item]:
    return items({"number": number} for number in range(count))


def refused(target: Target, batch: list[Item]) -> list[int]:
    """Deliver the batch, and give the numbers of the records at whose place there is an error."""
    seen, found = [], []
    for part, error in send_with_bisect(target, batch, Refusals()):
        seen += part
        if error:
            assert len(part) == 1
            found.append(part[0].values["number"])
    assert seen == batch
    return found


def test_send_with_bisect_accepted_batch_is_one_request():
    target = Target()
    assert list(send_with_bisect(target, records(100), Refusals())) == [(records(100), None)]
    assert target.sent == [list(range(100))]


@pytest.mark.parametrize(
    "bad",
    [[0], [99], [50], [49, 50], [3, 4, 5, 77], list(range(0, 100, 2)), list(range(100))],
)
def test_send_with_bisect_finds_all_refused_records(bad: list[int]):
    target = Target(*bad)
    assert refused(target, records(100)) == bad
    assert target.taken == [number for number in range(100) if number not in bad]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 10])
def test_send_with_bisect_finds_a_record_at_any_index(size: int):
    for bad in range(size):
        target = Target(bad)
        assert refused(target, records(size)) == [bad]
        assert target.taken == [number for number in range(size) if number != bad]


def test_send_with_bisect_needs_few_requests():
    target = Target(63)
    refused(target, records(100))
    assert len(target.sent) <= 15


def test_send_with_bisect_yields_the_refusal_of_each_record():
    parts = send_with_bisect(Target(1, 2), records(4), Refusals())
    [first, second] = [error for _, error in parts if error]
    assert (str(first), str(second)) == ("refused with [1]", "refused with [2]")


@pytest.mark.parametrize("error", [TargetUnavailable("away"), SignInError("token"), ValueError()])
def test_send_with_bisect_raises_other_errors(error: Exception):
    class Away(Target):
        def send(self, items: list[Item]) -> None:
            super().send(items)
            raise error

    target = Away()
    with pytest.raises(type(error)):
        list(send_with_bisect(target, records(8), Refusals()))
    assert len(target.sent) == 1


def test_send_with_bisect_target_unavailable_stops():
    class Fading(Target):
        def send(self, items: list[Item]) -> None:
            if len(self.sent) == 2:
                raise TargetUnavailable("away")
            super().send(items)

    target = Fading(5)
    parts = send_with_bisect(target, records(8), Refusals())
    assert next(parts) == (records(4), None)
    with pytest.raises(TargetUnavailable):
        next(parts)
    assert target.taken == [0, 1, 2, 3]


class Faulty(Target):
    """Breaks down (500) on bad records; away altogether after so many requests."""

    away_after = 1000

    def send(self, items: list[Item]) -> None:
        try:
            super().send(items)
        except TargetRefused:
            raise TargetFault("the server responded with 500") from None

    def canceled(self) -> bool:
        if len(self.sent) > self.away_after:
            raise TargetUnavailable("away")
        return False


def test_send_with_bisect_finds_records_that_cause_a_500():
    target = Faulty(2, 6)
    assert refused(target, records(8)) == [2, 6]
    assert target.taken == [0, 1, 3, 4, 5, 7]


def test_send_with_bisect_500_of_a_target_that_is_down_raises():
    target = Faulty(*range(8))
    target.away_after = 0
    with pytest.raises(TargetUnavailable, match="away"):
        list(send_with_bisect(target, records(8), Refusals()))
    assert len(target.sent) == 1


def test_dry_run_shows_each_record():
    shown: list[Item] = []
    dry = DryRun(shown.append)
    assert list(send_with_bisect(dry, records(3), Refusals())) == [(records(3), None)]
    dry.leave_out(records(1))
    assert dry.canceled() is False
    dry.finish("something")
    assert shown == records(3)
