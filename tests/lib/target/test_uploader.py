"""Handing over batches: which records are found to be refused, and what else may go wrong."""

import pytest

from lib.errors import SignInError, TargetFault, TargetRefused, TargetUnavailable
from lib.jsontext import to_json
from lib.target.item import Item
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


def test_an_item_takes_little_room_and_gives_its_record_back():
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
    for part, error in send_with_bisect(target, batch):
        seen += part
        if error:
            assert len(part) == 1
            found.append(part[0].values["number"])
    assert seen == batch
    return found


def test_a_batch_without_fault_is_sent_once():
    target = Target()
    assert list(send_with_bisect(target, records(100))) == [(records(100), None)]
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
    [first, second] = [error for _, error in send_with_bisect(Target(1, 2), records(4)) if error]
    assert (str(first), str(second)) == ("refused with [1]", "refused with [2]")


@pytest.mark.parametrize("error", [TargetUnavailable("away"), SignInError("token"), ValueError()])
def test_other_errors_are_raised_and_nothing_more_is_sent(error: Exception):
    class Away(Target):
        def send(self, items: list[Item]) -> None:
            super().send(items)
            raise error

    target = Away()
    with pytest.raises(type(error)):
        list(send_with_bisect(target, records(8)))
    assert len(target.sent) == 1


def test_an_outage_while_bisecting_leaves_the_rest_unsent():
    class Fading(Target):
        def send(self, items: list[Item]) -> None:
            if len(self.sent) == 2:
                raise TargetUnavailable("away")
            super().send(items)

    target = Fading(5)
    parts = send_with_bisect(target, records(8))
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
            raise TargetFault("the server answered 500") from None

    def canceled(self) -> bool:
        if len(self.sent) > self.away_after:
            raise TargetUnavailable("away")
        return False


def test_an_internal_error_is_traced_to_the_records_that_cause_it():
    target = Faulty(2, 6)
    assert refused(target, records(8)) == [2, 6]
    assert target.taken == [0, 1, 3, 4, 5, 7]


def test_an_internal_error_of_an_oomnitza_that_is_down_is_no_reason_to_look_for_records():
    target = Faulty(*range(8))
    target.away_after = 0
    with pytest.raises(TargetUnavailable, match="away"):
        list(send_with_bisect(target, records(8)))
    assert len(target.sent) == 1


def test_a_dry_run_shows_each_record_and_refuses_none():
    shown: list[Item] = []
    dry = DryRun(shown.append)
    assert list(send_with_bisect(dry, records(3))) == [(records(3), None)]
    dry.leave_out(records(1))
    assert dry.canceled() is False
    dry.finish("something")
    assert shown == records(3)
