"""What a run shows while it goes on: JSON for programs, tables and progress for people."""

import io
import json
import logging
import sys
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest

from lib import secrets
from lib.cli.terminal import TerminalListener
from lib.run.events import Progress, RecordShown, SectionEnded, SectionStarted
from lib.run.tally import Outcome, Tally


class Terminal(io.StringIO):
    """What is written to a terminal; 80 columns wide."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Terminal]:
    """Make "stdout" or "stderr" a terminal."""
    monkeypatch.setenv("COLUMNS", "80")

    def connect(name: str) -> Terminal:
        made = Terminal()
        monkeypatch.setattr(sys, name, made)
        return made

    return connect


@pytest.fixture
def console() -> Iterator[logging.StreamHandler]:
    """The handler that logs to the terminal, made after the terminal."""
    handler = logging.StreamHandler()
    logging.getLogger().addHandler(handler)
    yield handler
    logging.getLogger().removeHandler(handler)


def shown(record: dict[str, Any], before: dict[str, Any] | None = None) -> str:
    with TerminalListener() as listener:
        listener.handle(RecordShown("ldap", record, before))
    return sys.stdout.getvalue()


class TestRecordsForPrograms:
    def test_a_record_is_one_line_of_json(self, capsys):
        with TerminalListener() as listener:
            record = {"USER": "zoë", "NOTE": "two\nlines", "LIST": [1, None]}
            listener.handle(RecordShown("ldap", record, None))
            listener.handle(RecordShown("ldap", {"SEEN": date(2015, 7, 21)}, None))
        first, second = capsys.readouterr().out.splitlines()
        assert json.loads(first) == {"USER": "zoë", "NOTE": "two\nlines", "LIST": [1, None]}
        assert json.loads(second) == {"SEEN": "2015-07-21"}

    def test_there_is_no_progress(self, capsys):
        with TerminalListener() as listener:
            listener.handle(SectionStarted("ldap"))
            listener.handle(Progress("ldap", Tally(fetched=5, sent=5), 10, 0.1))
            listener.handle(SectionEnded(Outcome("ldap")))
        assert tuple(capsys.readouterr()) == ("", "")

    def test_where_records_are_told_otherwise_none_is_shown(self, capsys):
        with TerminalListener(records=False) as listener:
            listener.handle(RecordShown("ldap", {"USER": "zoë"}, None))
        assert tuple(capsys.readouterr()) == ("", "")

    def test_secrets_are_masked_wherever_they_are(self, capsys):
        secrets.remember("pass word")
        with TerminalListener() as listener:
            record = {"A": "my pass word", "B": [{"c": "pass word"}]}
            listener.handle(RecordShown("ldap", record, None))
        assert "pass word" not in capsys.readouterr().out


class TestRecordsForPeople:
    def test_a_record_is_a_small_table(self, terminal):
        terminal("stdout")
        assert shown({"USER": "zoë", "FIRST_NAME": None, "AGE": 7}).splitlines() == [
            "[ldap] new",
            "  USER        zoë",
            "  FIRST_NAME  null",
            "  AGE         7",
            "",
        ]

    def test_secrets_are_masked(self, terminal):
        terminal("stdout")
        secrets.remember("pass word")
        assert "pass word" not in shown({"A": "my pass word"})

    def test_lines_are_as_long_as_the_terminal_is_wide(self, terminal):
        terminal("stdout")
        text = shown({"LONG": "x" * 1000, "MANY": [{"name": "Mail"}] * 60})
        assert max(map(len, text.splitlines())) <= 80
        assert "... (60 items)" in text

    def test_no_value_can_command_the_terminal(self, terminal):
        terminal("stdout")
        text = shown({"NAME": "\x1b[2Jgone\x07\r\nnext", "LIST": ["\x9b31m"]})
        assert not {"\x1b", "\x07", "\r", "\x9b"} & {*text}
        assert len(text.splitlines()) == 4

    def test_what_has_changed_is_shown_beside_what_it_was(self, terminal):
        terminal("stdout")
        before = {"USER": "zoë", "PHONE": None, "AGE": 6}
        assert shown({"USER": "zoë", "PHONE": "1", "AGE": 6, "NEW": 2}, before).splitlines() == [
            "[ldap] changed",
            "  USER   zoë",
            "  PHONE  null → 1",
            "  AGE    6",
            "  NEW    null → 2",
            "",
        ]

    def test_what_has_not_changed_is_said_to_be_so(self, terminal):
        terminal("stdout")
        assert shown({"USER": "zoë"}, {"USER": "zoë"}).startswith("[ldap] unchanged\n")

    def test_an_empty_record(self, terminal):
        terminal("stdout")
        assert shown({}).splitlines() == ["[ldap] new", ""]


class TestProgress:
    def test_it_counts_on_one_line_and_leaves_no_trace(self, terminal):
        stderr = terminal("stderr")
        with TerminalListener() as listener:
            listener.handle(SectionStarted("ldap"))
            for number in range(1, 4):
                listener.handle(Progress("ldap", Tally(fetched=number, sent=number - 1), 4, 0.1))
            text = stderr.getvalue()
            listener.handle(SectionEnded(Outcome("ldap")))
        assert "ldap" in text
        assert "3/4" in text
        assert "sent=2" in text
        assert "\n" not in stderr.getvalue()
        assert stderr.getvalue().split("\r")[-2].strip() == ""  # wiped out

    def test_vanished_records_count_as_done(self, terminal):
        stderr = terminal("stderr")
        with TerminalListener() as listener:
            listener.handle(SectionStarted("ldap"))
            listener.handle(Progress("ldap", Tally(fetched=1, vanished=2), 3, 0.1))
        assert "3/3" in stderr.getvalue()

    def test_each_of_several_sections_has_its_line(self, terminal):
        stderr = terminal("stderr")
        with TerminalListener() as listener:
            for name in ("ldap", "casper"):
                listener.handle(SectionStarted(name))
            listener.handle(Progress("ldap", Tally(fetched=1), 5, 0.1))
            listener.handle(Progress("casper", Tally(fetched=2), 7, 0.1))
            listener.handle(SectionEnded(Outcome("ldap")))
        text = stderr.getvalue()
        assert "1/5" in text
        assert "2/7" in text

    def test_what_is_logged_appears_above_the_line(self, terminal, console):
        stderr = terminal("stderr")
        console.setStream(stderr)
        with TerminalListener() as listener:
            listener.handle(SectionStarted("ldap"))
            logging.getLogger("lib.test").warning("look here")
        lines = stderr.getvalue().replace("\r", "\n").split("\n")
        assert "look here" in lines  # on a line of its own

    def test_the_log_handlers_are_given_back(self, terminal, console):
        stderr = terminal("stderr")
        console.setStream(stderr)
        with pytest.raises(KeyboardInterrupt), TerminalListener():
            assert console.stream is not stderr
            raise KeyboardInterrupt
        assert console.stream is stderr

    def test_handlers_of_other_files_are_left_alone(self, terminal, console):
        terminal("stderr")
        elsewhere = io.StringIO()
        console.setStream(elsewhere)
        with TerminalListener():
            assert console.stream is elsewhere
