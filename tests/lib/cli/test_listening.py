"""Who hears of a run: the terminal always, and the events' reader where there is one."""

import json

import pytest

from lib import secrets
from lib.cli import listening as module
from lib.cli.listening import STDOUT, listening
from lib.errors import UsageError
from lib.run.events import RecordShown, SectionStarted
from lib.secrets import MASK

RECORD = RecordShown("ldap", {"A": "my pass word"}, None)


def test_without_events_records_are_printed(capsys):
    with listening(None) as listener:
        listener.handle(RECORD)
    assert json.loads(capsys.readouterr().out) == RECORD.record


def test_on_standard_output_there_are_events_alone(capsys):
    secrets.remember("pass word")
    with listening(STDOUT) as listener:
        listener.handle(SectionStarted("ldap"))
        listener.handle(RECORD)
    printed = capsys.readouterr()
    lines = [json.loads(line) for line in printed.out.splitlines()]
    assert [line["kind"] for line in lines] == ["section_started", "record"]
    assert lines[1]["record"] == {"A": f"my {MASK}"}
    assert printed.err == ""


def test_with_a_file_nothing_is_printed(tmp_path, capsys):
    with listening(tmp_path / "events") as listener:
        listener.handle(RECORD)
    assert json.loads((tmp_path / "events").read_text("utf-8"))["kind"] == "record"
    assert tuple(capsys.readouterr()) == ("", "")


def test_a_file_that_is_none_for_events_keeps_the_run_from_beginning(tmp_path):
    (tmp_path / "config.ini").write_text("[ldap]", "utf-8")
    begun = False
    with pytest.raises(UsageError), listening(tmp_path / "config.ini"):
        begun = True
    assert not begun


def test_a_full_disk_is_a_warning(tmp_path, capsys, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module.EventFile, "write", full)
    with listening(tmp_path / "events") as listener:
        listener.handle(RECORD)
        assert not listener.stop.is_set()
    assert capsys.readouterr().err == (
        "Warning: not all events could be written (No space left on device)\n"
    )


def test_a_reader_that_goes_away_stops_the_run_and_is_told_at_its_end(monkeypatch):
    def gone(*_):
        raise BrokenPipeError

    monkeypatch.setattr(module, "print_json", gone)
    ended = False
    with pytest.raises(BrokenPipeError), listening(STDOUT) as listener:
        listener.handle(RECORD)
        assert listener.stop.is_set()
        ended = True
    assert ended
