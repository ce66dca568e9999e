"""How long a service that gives trouble is put up with."""

import pickle
from itertools import repeat
from typing import Any

import pytest

from lib.errors import RecordGone, RecordUnreadable, SourceFault, SourceUnavailable
from lib.reading.patience import MOST_UNREADABLE, Passing, patiently, while_readable

SPOILED = RecordUnreadable("device 7 cannot be read")


class Call:
    """Raises these errors in turn, then gives 42."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.count = 0

    def __call__(self) -> int:
        self.count += 1
        if self.errors:
            raise self.errors.pop(0)
        return 42


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses made, which take no time."""
    made: list[float] = []
    monkeypatch.setattr("time.sleep", made.append)
    return made


def test_a_call_that_succeeds_is_made_once(pauses: list[float]):
    call = Call()
    assert patiently(call, 5) == 42
    assert call.count == 1
    assert pauses == []


def test_what_passes_is_tried_again_after_growing_pauses(pauses: list[float]):
    assert patiently(Call(*[Passing("too many calls")] * 4), 5) == 42
    assert pauses == [1.0, 2.0, 4.0, 8.0]


@pytest.mark.parametrize("retries", [0, 1, 3])
def test_after_the_last_retry_the_error_is_raised(retries: int, pauses: list[float]):
    call = Call(*[Passing("too many calls")] * 9)
    with pytest.raises(SourceUnavailable, match="too many calls"):
        patiently(call, retries)
    assert call.count == retries + 1
    assert len(pauses) == retries


@pytest.mark.parametrize("error", [SourceFault("broken"), SourceUnavailable("away"), KeyError("x")])
def test_other_errors_are_raised_at_once(error: Exception, pauses: list[float]):
    call = Call(error)
    with pytest.raises(type(error)):
        patiently(call, 5)
    assert call.count == 1


def test_what_passes_can_be_sent_to_another_process():
    error = pickle.loads(pickle.dumps(Passing("too many", where="here", fix="Wait")))
    assert (type(error), str(error)) == (Passing, "here: too many. Wait.")


def taken(*items: Any) -> list[Any]:
    return list(while_readable(items, where="https://sims.example.com"))


def test_all_that_comes_is_passed_on():
    items = [{"id": 1}, SPOILED, RecordGone("device 8 is gone"), {"id": 2}]
    assert taken(*items) == items


def test_unreadable_ones_between_others_end_nothing():
    assert len(taken(*[*[SPOILED] * (MOST_UNREADABLE - 1), {"id": 1}] * 3)) == 3 * MOST_UNREADABLE


def test_too_many_unreadable_ones_in_a_row_end_the_run():
    seen = []
    with pytest.raises(SourceUnavailable, match="device 7") as caught:
        for item in while_readable(repeat(SPOILED), where="https://sims.example.com"):
            seen.append(item)
    assert len(seen) == MOST_UNREADABLE
    assert caught.value.where == "https://sims.example.com"
    assert "rights" in caught.value.fix
