"""Listings that go wrong from page to page, and clocks that jump, in the middle of a run."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from itertools import count

import pytest

from lib.report.summary import exit_code
from tests.faults.kinds import Injection
from tests.faults.proxy import Answer, Exchange, serve
from tests.faults.stage import BATCH, Stage, patched, stage

DAY = 86_400.0
LISTINGS = {"okta": "/api/v1/users", "onelogin": "/api/2/users", "zendesk": "/api/v2/users"}


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with patched(), stage(tmp_path_factory.mktemp("pages")) as made:
        yield made


class Repeating:
    """From a page on (the first is 1), that page comes again: for the next one, or for all."""

    def __init__(self, listing: str, page: int, *, once: bool) -> None:
        self.count = 0
        self._listing, self._page, self._once = listing, page, once
        self._seen = 0
        self._kept: Answer | None = None

    def __call__(self, exchange: Exchange) -> None:
        if not exchange.path.startswith(self._listing):
            serve(exchange)
            return
        self._seen += 1
        if self._kept and (not self._once or self._seen == self._page + 1):
            self.count += 1
            exchange.send(self._kept)
            return
        answer = exchange.answer()
        if self._seen == self._page:
            self._kept = answer
        exchange.send(answer)


class Endless:
    """Pages for ever, each with a cursor of its own; `turn` makes the next one of those before."""

    def __init__(self, listing: str, turn: Callable[[list[Answer]], Answer]) -> None:
        self._listing, self._turn = listing, turn
        self._pages: list[Answer] = []
        self.count = 0

    def __call__(self, exchange: Exchange) -> None:
        if not exchange.path.startswith(self._listing):
            serve(exchange)
            return
        if len(self._pages) < 2:
            self._pages.append(exchange.answer())
            exchange.send(self._pages[-1])
            return
        self.count += 1
        assert self.count < 1000, "nobody notices that there is no end"
        exchange.send(with_cursor(self._turn(self._pages), f"c{self.count}"))


def with_cursor(answer: Answer, cursor: str) -> Answer:
    """The answer with another cursor to the next page, in Okta's way and in Zendesk's."""
    headers = [
        (name, re.sub(r"after=[^&]*(.*next)", rf"after={cursor}\1", value))
        for name, value in answer.headers
    ]
    body = json.loads(answer.body)
    if isinstance(body, dict):
        body["meta"] |= {"after_cursor": cursor, "has_more": True}
    return Answer(answer.status, headers, json.dumps(body).encode())


def the_same(pages: list[Answer]) -> Answer:
    return pages[-1]


def in_turns(pages: list[Answer]) -> Answer:
    pages.reverse()
    return pages[-1]


def nothing(pages: list[Answer]) -> Answer:
    body = json.loads(pages[-1].body)
    empty = body | {"users": []} if isinstance(body, dict) else []
    return pages[-1]._replace(body=json.dumps(empty).encode())


def rerun(shared: Stage) -> None:
    shared.heal()
    shared.check_whole(shared.run())
    shared.oomnitza.close()


@pytest.mark.parametrize("once", [True, False], ids=["once", "for ever"])
@pytest.mark.parametrize("page", [1, 2])
@pytest.mark.parametrize("name", LISTINGS)
def test_a_repeated_page_is_no_part_of_a_complete_run(shared, name, page, once):
    shared.set(name)
    shared.source.spoil = spoil = Repeating(LISTINGS[name], page, once=once)
    outcome = shared.run()
    assert spoil.count
    assert exit_code([outcome]) == 1
    assert outcome.tally.sent >= page * BATCH - 1  # what came before is not lost
    rerun(shared)


@pytest.mark.parametrize("turn", [the_same, in_turns, nothing])
@pytest.mark.parametrize("name", ["okta", "zendesk"])
def test_cursors_without_end_are_noticed(shared, name, turn):
    shared.set(name)
    shared.source.spoil = spoil = Endless(LISTINGS[name], turn)
    outcome = shared.run()
    assert spoil.count
    assert exit_code([outcome]) == 1
    rerun(shared)


class Clock:
    """time.time, `ahead` of the truth."""

    def __init__(self) -> None:
        self.ahead = 0.0
        self._true = time.time

    def __call__(self) -> float:
        return self._true() + self.ahead


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(time, "time", made)
    return made


def jumping(clock: Clock, seconds: float) -> Callable[[Exchange], None]:
    """Everybody's clock jumps before the answer: ours, and the server's with its header Date."""

    def spoil(exchange: Exchange) -> None:
        clock.ahead = seconds
        serve(exchange)

    return spoil


def misdated(clock: Clock, seconds: float) -> Callable[[Exchange], None]:
    """The server's header Date is wrong."""

    def spoil(exchange: Exchange) -> None:
        clock.ahead = seconds
        answer = exchange.answer()
        clock.ahead = 0
        exchange.send(answer)

    return spoil


@pytest.mark.parametrize("extent", ["once", "lasting"])
@pytest.mark.parametrize("days", [1, -1])
@pytest.mark.parametrize("how", [jumping, misdated])
@pytest.mark.parametrize(
    ("side", "name"), [("source", "casper"), ("source", "okta"), ("target", "okta")]
)
@pytest.mark.faults
def test_a_clock_that_jumps_changes_nothing(shared, clock, side, name, how, days, extent):
    for position in count(1):
        clock.ahead = 0
        shared.set(name, changed_only=True)
        injection = Injection(how(clock, days * DAY), position, extent)
        getattr(shared, side).spoil = injection
        outcome = shared.run()
        shared.heal()
        if not injection.struck:
            break
        shared.check_whole(outcome)
        again = shared.run()
        shared.check_whole(again)
        clock.ahead = 0
        shared.check_whole(shared.run(full=True))
        shared.oomnitza.close()
    assert position > 3
