"""Events as lines of JSON: their members, and the files and pipes that they are written to."""

import json
import os
import re
import stat
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from lib import __version__, secrets
from lib.errors import SourceFault, UsageError
from lib.report.eventlines import EventFile, EventLines, as_line
from lib.report.runreport import section_report
from lib.run.events import (
    Event,
    Progress,
    RecordShown,
    RunEnded,
    RunStarted,
    SectionEnded,
    SectionStarted,
)
from lib.run.tally import Outcome, Tally
from lib.secrets import MASK

PAGE = (Path(__file__).parents[3] / "docs" / "reference" / "report.md").read_text("utf-8")
AT = 1795400100.25
OUTCOME = Outcome("ldap", Tally(fetched=2, sent=1, rejected=1), error=SourceFault("no"))
COUNTS = dict.fromkeys(Tally.__dataclass_fields__, int)
COMMON = {"kind": str, "at": str}
SECTION = {
    "section": str,
    "status": str,
    "outcome": str,
    "exit_code": int,
    "counts": COUNTS,
    "ready": int,
    "seconds": float,
    "retries": int,
    "missing": int,
    "leavers": int,
    "fields": dict,
    "compared": type(None),
    "server": type(None),
    "response_shape": str,
    "unconfirmed": int,
    "error": {"kind": str, "text": str, "exit_code": int},
    "left_aside": list,
    "failed_conversions": list,
    "notes": list,
}
# What programs may rely on: each member by its kind, and its type.
SCHEMA: dict[str, dict[str, Any]] = {
    "run_started": {
        "format": int,
        "version": str,
        "sections": list,
        "testmode": bool,
        "resend": bool,
    },
    "section_started": {"section": str},
    "progress": {"section": str, "counts": COUNTS, "expected": int, "seconds": float},
    "record": {"section": str, "state": str, "record": dict, "before": dict},
    "section_ended": SECTION,
    "run_ended": {"exit_code": int, "seconds": float},
}
EVENTS = [
    RunStarted(("ldap", "casper"), testmode=True, at=AT),
    SectionStarted("ldap", at=AT),
    Progress("ldap", Tally(fetched=2, sent=1), 9, 0.5, at=AT),
    RecordShown("ldap", {"A": 1}, {"A": 2}, at=AT),
    SectionEnded(OUTCOME, at=AT),
    RunEnded((OUTCOME,), AT - 8.125, at=AT),
]


def fits(value, form):
    if isinstance(form, dict):
        return list(value) == list(form) and all(fits(value[key], form[key]) for key in form)
    return type(value) is form


def test_every_event_has_its_kind_and_no_kind_is_without_one():
    kinds = [as_line(event)["kind"] for event in EVENTS]
    assert kinds == list(SCHEMA)
    assert {type(event) for event in EVENTS} == set(Event.__subclasses__())


@pytest.mark.parametrize("event", EVENTS)
def test_members_and_their_types_are_those_that_programs_rely_on(event):
    line = json.loads(json.dumps(as_line(event)))
    form = COMMON | SCHEMA[line["kind"]]
    assert fits(line, form), line
    assert line["at"] == "2026-11-23T02:15:00.250Z"


@pytest.mark.parametrize("kind", SCHEMA)
def test_the_page_names_every_member(kind):
    [row] = re.findall(rf"^\| `{kind}` \|.*$", PAGE, re.MULTILINE)
    if kind == "section_ended":
        assert "sections" in row
    else:
        assert set(re.findall(r"`(\w+)`", row.split("|")[3])) >= set(SCHEMA[kind])


def test_the_example_of_the_page_is_right():
    [example] = re.findall(r'```json\n(\{"kind".*?)```', PAGE, re.DOTALL)
    lines = [json.loads(line) for line in example.splitlines()]
    assert [line["kind"] for line in lines] == [
        "run_started",
        "section_started",
        "progress",
        "run_ended",
    ]
    for line in lines:
        assert fits(line, COMMON | SCHEMA[line["kind"]]), line


def test_what_is_in_the_lines():
    lines = {line["kind"]: line for line in map(as_line, EVENTS)}
    assert lines["run_started"]["version"] == __version__
    assert lines["run_started"]["sections"] == ["ldap", "casper"]
    assert lines["progress"]["counts"]["fetched"] == 2
    assert (lines["record"]["state"], lines["record"]["before"]) == ("changed", {"A": 2})
    assert section_report(OUTCOME).items() <= lines["section_ended"].items()
    assert (lines["run_ended"]["exit_code"], lines["run_ended"]["seconds"]) == (1, 8.125)


def test_what_is_not_known_is_null():
    assert as_line(Progress("ldap", Tally(), None, 0.5))["expected"] is None
    assert as_line(RecordShown("ldap", {"A": 1}, None))["before"] is None


class TestListener:
    def test_a_reader_that_goes_away_stops_the_run(self):
        def write(_):
            raise BrokenPipeError("gone")

        lines = EventLines(write)
        lines.handle(EVENTS[0])
        assert lines.stop.is_set()
        assert str(lines.closed) == "gone"

    def test_a_full_disk_ends_the_lines_and_not_the_run(self):
        written = []

        def write(line):
            if written:
                raise OSError(28, "No space left on device")
            written.append(line)

        lines = EventLines(write)
        for event in EVENTS:
            lines.handle(event)
        assert lines.failure == "No space left on device"
        assert not lines.stop.is_set()
        assert [line["kind"] for line in written] == ["run_started"]

    def test_threads_do_not_write_into_each_other_s_lines(self):
        inside = threading.Lock()
        written = []

        def write(line):
            assert inside.acquire(blocking=False)
            written.append(line)
            inside.release()

        lines = EventLines(write)

        def tell():
            for _ in range(200):
                lines.handle(EVENTS[1])

        threads = [threading.Thread(target=tell) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(written) == 800


class TestFile:
    def test_every_line_is_there_at_once(self, tmp_path):
        path = tmp_path / "events.jsonl"
        with EventFile(path) as file:
            for number in (1, 2):
                file.write({"kind": "x", "number": number})
                lines = path.read_bytes().splitlines()
                assert json.loads(lines[-1])["number"] == len(lines) == number

    def test_secrets_are_masked(self, tmp_path):
        secrets.remember("pass word")
        path = tmp_path / "events.jsonl"
        with EventFile(path) as file:
            file.write(as_line(RecordShown("ldap", {"A": ["my pass word"]}, None)))
        assert json.loads(path.read_text("utf-8"))["record"] == {"A": [f"my {MASK}"]}

    @pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such permissions")
    def test_it_is_for_its_owner_alone(self, tmp_path):
        with EventFile(tmp_path / "events.jsonl"):
            assert stat.S_IMODE((tmp_path / "events.jsonl").stat().st_mode) == 0o600

    @pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such permissions")
    def test_file_of_earlier_run_becomes_private(self, tmp_path):
        path = tmp_path / "events.jsonl"
        path.touch(mode=0o666)
        path.chmod(0o666)
        with EventFile(path):
            assert stat.S_IMODE(path.stat().st_mode) == 0o600

    def test_file_of_running_run_is_refused_and_kept(self, tmp_path):
        path = tmp_path / "events.jsonl"
        with EventFile(path) as file:
            file.write({"kind": "x", "number": 1})
            with pytest.raises(UsageError, match="another run is writing events"):
                EventFile(path)
            file.write({"kind": "x", "number": 2})
        numbers = [json.loads(line)["number"] for line in path.read_text("utf-8").splitlines()]
        assert numbers == [1, 2]
        with EventFile(path) as file:
            file.write({"kind": "x", "number": 3})

    def test_events_of_an_earlier_run_are_written_anew(self, tmp_path):
        path = tmp_path / "events.jsonl"
        for number in (1, 2):
            with EventFile(path) as file:
                file.write({"kind": "x", "number": number})
        assert json.loads(path.read_text("utf-8"))["number"] == 2

    @pytest.mark.parametrize(
        "kept", ["[oomnitza]\nurl = x\n", '{"format": 1}', "SQLite format 3\0"]
    )
    def test_a_file_that_holds_something_else_is_left_as_it_is(self, tmp_path, kept):
        path = tmp_path / "config.ini"
        path.write_text(kept, "utf-8")
        with pytest.raises(UsageError, match="does not contain events, so it was not overwritten"):
            EventFile(path)
        assert path.read_text("utf-8") == kept

    @pytest.mark.parametrize("name", [".", "none/events.jsonl"])
    def test_what_cannot_be_written_is_told_before_anything_runs(self, tmp_path, name):
        with pytest.raises(UsageError, match="cannot write the file"):
            EventFile(tmp_path / name)

    @pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no such pipes")
    def test_it_may_be_a_pipe(self, tmp_path):
        path = tmp_path / "pipe"
        os.mkfifo(path)
        received = []
        reader = threading.Thread(target=lambda: received.append(path.read_bytes()))
        reader.start()
        with EventFile(path) as file:
            file.write({"kind": "x"})
        reader.join()
        assert received == [b'{"kind": "x"}\n']
