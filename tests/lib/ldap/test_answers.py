"""Answers received ahead: one at a time, and what goes wrong is told to the one who wants it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from lib.ldap.answers import Answer, Answers


class Connection:
    """A connection and its strategy, as far as ldap3's matter here; answers come when they may.

    `events` are what happened on it.
    """

    def __init__(self) -> None:
        self.strategy = self
        self.socket, self.server = socket.socketpair()
        self.socket.settimeout(20)
        self.events: list[str] = []
        self.may_answer = threading.Event()

    def receiving(self) -> list[bytes]:
        return []

    def search(self, number: int) -> int:
        self.events.append(f"asked {number}")
        return int(self.post_send_search(number))

    def post_send_search(self, number: int) -> Any:
        raise AssertionError("this would wait for the answer")

    def get_response(self, number: int) -> tuple[list[Any], dict[str, Any]]:
        assert self.may_answer.wait(20)
        self.events.append(f"answered {number}")
        return [], {"result": number}

    def close(self) -> None:
        self.events.append("closed")


class Refused(Exception):
    """What ldap3 raises for a result other than success."""


@pytest.fixture
def connection() -> Iterator[Connection]:
    made = Connection()
    with made.socket, made.server:
        yield made


@pytest.fixture
def answers(connection: Connection) -> Iterator[Answers]:
    made = Answers(connection)
    yield made
    made.close()


def sending(connection: Connection, number: int) -> Callable[[], int]:
    return lambda: connection.search(number)


def test_an_answer_now(connection: Connection, answers: Answers) -> None:
    connection.may_answer.set()
    assert answers.now(sending(connection, 1)) == Answer([], {"result": 1})


def test_an_answer_ahead_is_not_waited_for(connection: Connection, answers: Answers) -> None:
    ahead = answers.ahead(sending(connection, 1))
    assert connection.events == ["asked 1"]
    connection.may_answer.set()
    assert ahead.result() == Answer([], {"result": 1})


@pytest.mark.parametrize("way", ["now", "ahead"])
def test_a_request_waits_for_the_answer_before_it(
    connection: Connection, answers: Answers, way: str
) -> None:
    answers.ahead(sending(connection, 1))
    threading.Timer(0.05, connection.may_answer.set).start()
    getattr(answers, way)(sending(connection, 2))
    assert connection.events[:3] == ["asked 1", "answered 1", "asked 2"]


def test_what_cannot_be_sent_is_told_when_its_answer_is_wanted(answers: Answers) -> None:
    def broken() -> int:
        raise BrokenPipeError("no way")

    ahead = answers.ahead(broken)
    with pytest.raises(BrokenPipeError, match="no way"):
        ahead.result()
    with pytest.raises(BrokenPipeError, match="no way"):
        answers.now(broken)


def test_a_refusal_ahead_is_told_to_nobody_else(
    connection: Connection, answers: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: int) -> Any:
        raise Refused

    with monkeypatch.context() as patch:
        patch.setattr(connection, "get_response", refuse)
        ahead = answers.ahead(sending(connection, 1))
        assert isinstance(ahead.exception(), Refused)
    connection.may_answer.set()
    assert answers.now(sending(connection, 2)).result == {"result": 2}


def test_a_connection_on_which_an_answer_broke_off_is_used_no_more(
    connection: Connection, answers: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_off(_: int) -> Any:
        raise TimeoutError

    monkeypatch.setattr(connection, "get_response", break_off)
    assert isinstance(answers.ahead(sending(connection, 1)).exception(), TimeoutError)
    assert connection.events == ["asked 1", "closed"]


def test_an_entry_that_ldap3_was_handed_is_not_lost_without_a_word(
    connection: Connection, answers: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    others = [{"type": "searchResRef"}, {"type": "searchResEntry"}]
    monkeypatch.setattr(connection, "get_response", lambda _: (others, {"result": 0}))
    with pytest.raises(ValueError, match="another form"):
        answers.now(sending(connection, 1))


def test_closing_cuts_off_what_is_on_its_way(
    connection: Connection, answers: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    def receive(_: int) -> tuple[list[Any], dict[str, Any]]:
        return [], {"received": connection.socket.recv(1)}

    monkeypatch.setattr(connection, "get_response", receive)
    ahead = answers.ahead(sending(connection, 1))
    answers.close()
    assert ahead.result().result == {"received": b""}


def test_closing_leaves_a_connection_open_on_which_nothing_is_on_its_way(
    connection: Connection, answers: Answers
) -> None:
    connection.may_answer.set()
    answers.ahead(sending(connection, 1)).result()
    answers.close()
    connection.socket.sendall(b"goodbye")
    assert connection.server.recv(7) == b"goodbye"
