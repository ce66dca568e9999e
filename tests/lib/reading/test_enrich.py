"""Enrichment by one more request for each record, which may fail; several are made at a time."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import closing
from itertools import count, islice
from typing import Any

import pytest

from lib.errors import AccessDenied, SignInError, SourceUnavailable
from lib.reading.enrich import MOST_FAILED, enrich


def records(number: int) -> list[dict[str, Any]]:
    return [{"id": at} for at in range(number)]


def failing(*ids: int, nothing_for: tuple[int, ...] = ()) -> Callable[[dict[str, Any]], Any]:
    """A fetch that gives the id as text, fails for some, and has nothing to ask for others."""

    def fetch(record: dict[str, Any]) -> str | None:
        if record["id"] in ids:
            raise SourceUnavailable(f"no answer for {record['id']}")
        return None if record["id"] in nothing_for else str(record["id"])

    return fetch


def read(number: int, fetch: Callable[[dict[str, Any]], Any], *, needed: bool = True) -> list[Any]:
    found = enrich(records(number), fetch, 3, name="It", needed=needed)
    return [extra for _, extra in found]


def test_enrich_yields_records_in_order_with_results() -> None:
    found = enrich(records(20), failing(), 3, name="It", needed=True)
    assert list(found) == [({"id": at}, str(at)) for at in range(20)]


def test_failed_fetch_yields_record_without_result() -> None:
    assert read(4, failing(1)) == ["0", None, "2", "3"]


def test_failures_are_logged_and_counted(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    read(5, failing(1, 3))
    assert [(each.levelname, each.message) for each in caplog.records] == [
        ("INFO", "It could not be read for one record: no answer for 1"),
        ("INFO", "It could not be read for one record: no answer for 3"),
        ("WARNING", "It could not be read for 2 records. The log contains the reasons"),
    ]


def test_without_failures_there_is_nothing_to_say(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    read(5, failing(nothing_for=(2,)))
    assert caplog.records == []


def test_failures_not_in_a_row_are_tolerated() -> None:
    odd = [at for at in range(50) if at % MOST_FAILED]
    assert read(50, failing(*odd)).count(None) == len(odd)


def test_ten_failures_in_a_row_raise_last_error() -> None:
    def fetch(record: dict[str, Any]) -> None:
        raise AccessDenied(f"not {record['id']}")

    found = enrich(records(50), fetch, 3, name="It", needed=True)
    taken = []
    with pytest.raises(AccessDenied, match=f"not {MOST_FAILED - 1}"):
        taken.extend(found)
    assert len(taken) == MOST_FAILED - 1


def test_too_many_in_a_row_after_a_success_are_left_out(caplog: pytest.LogCaptureFixture) -> None:
    found = read(50, failing(*range(1, 40)))
    assert found == ["0", *[None] * 39, *map(str, range(40, 50))]
    assert [each.message for each in caplog.records if each.levelno == logging.WARNING] == [
        "It could not be read for 39 records. The log contains the reasons"
    ]


@pytest.mark.parametrize("kind", [AccessDenied, SignInError])
def test_lost_permissions_raise_error(kind: type[SignInError]) -> None:
    def fetch(record: dict[str, Any]) -> int:
        if record["id"] >= 5:
            raise kind("no more")
        return 1

    taken = []
    with pytest.raises(kind):
        taken.extend(enrich(records(50), fetch, 3, name="It", needed=True))
    assert len(taken) == 5 + MOST_FAILED - 1


def test_records_without_an_extra_do_not_break_a_row_of_failures() -> None:
    failed = range(0, 2 * MOST_FAILED, 2)
    without = tuple(range(1, 2 * MOST_FAILED, 2))
    with pytest.raises(SourceUnavailable):
        read(2 * MOST_FAILED, failing(*failed, nothing_for=without))


def test_unneeded_data_may_fail_for_all_records() -> None:
    assert read(50, failing(*range(50)), needed=False) == [None] * 50


def test_no_more_is_asked_for_than_wanted() -> None:
    asked = []

    def fetch(record: dict[str, Any]) -> int:
        asked.append(record["id"])
        return 1

    endless = ({"id": at} for at in count())
    found: Any = enrich(endless, fetch, 4, name="It", needed=True)
    with closing(found):
        assert len(list(islice(found, 3))) == 3
    assert len(asked) <= 3 + 4


def test_unexpected_exception_is_raised() -> None:
    with pytest.raises(ZeroDivisionError):
        read(3, lambda record: 1 / record["id"])
