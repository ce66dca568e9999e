"""End to end: the program in a process of its own, against the whole sandbox."""

import base64
import fcntl
import json
import os
import re
import shlex
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import pytest

from sandbox.directory import ADMIN_DN, Directory
from sandbox.directory import company as people_of_the_directory
from sandbox.jamf import COMPUTERS, MOBILE_DEVICES, JamfPro
from sandbox.mock import PASSWORD, SERIAL_NUMBER
from sandbox.oomnitza import API_TOKEN, Oomnitza
from sandbox.people import HEADCOUNT, people
from sandbox.web import WebServer
from tests.program import ENVIRONMENT, ROOT, Ended, Program, end_of

COMPLETE = [person for person in people(HEADCOUNT) if person.mail]
JAMF = JamfPro(computers=COMPUTERS, mobile_devices=0)
# Of the computers one has no serial number, as Jamf Pro says it.
NAMED = sum(
    JAMF.computers.record(number)["general"]["serial_number"] != "Not Available"
    for number in JAMF.computers.ids
)

CONNECTOR = '''\
"""A source for tests."""

from lib.connector import AssetConnector
from lib.sectionsettings import AssetSettings


class Connector(AssetConnector[AssetSettings]):
    """A source for tests."""

    title = "Odd"
    mapping = {"SERIAL": {"source": "serial"}, "NAME": {"source": "name"}}

    def check(self):
        """Nothing to check."""

    def records(self, projection):
        yield {"serial": "S1", "name": "fine"}
        %s
        yield {"serial": "S3", "name": "Zoë 佐藤"}
'''


class Stage:
    """What a running web server serves is the `app` of the current test."""

    app: WSGIApplication

    def __call__(self, environ: WSGIEnvironment, respond: StartResponse) -> Iterable[bytes]:
        return self.app(environ, respond)


@dataclass
class Company:
    """The part of the sandbox's company that these tests read from and write to."""

    oomnitza: Oomnitza
    jamf: JamfPro
    directory: Directory
    addresses: dict[str, str]

    @property
    def ini(self) -> str:
        """The sections for all of them."""
        urls = self.addresses
        sections = [
            self.oomnitza.section(urls["oomnitza"]),
            self.directory.section(urls["directory"]),
        ]
        return "\n".join([*sections, *self.jamf.sections(urls["jamf"])])


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[Stage, Stage, Directory, dict[str, str]]]:
    oomnitza, jamf = Stage(), Stage()
    accounts = {ADMIN_DN: PASSWORD}
    with (
        WebServer(oomnitza) as first,
        WebServer(jamf) as second,
        Directory(people_of_the_directory(HEADCOUNT), accounts=accounts) as directory,
    ):
        urls = {"oomnitza": first.url, "jamf": second.url, "directory": directory.url}
        yield oomnitza, jamf, directory, urls


@pytest.fixture
def company(servers: tuple[Stage, Stage, Directory, dict[str, str]]) -> Iterator[Company]:
    oomnitza = Oomnitza(api_token=API_TOKEN)
    jamf = JamfPro(username="auditor", password=PASSWORD)
    for source in (Directory, JamfPro):
        oomnitza.mappings.update(source.server_mapping)
    servers[0].app, servers[1].app = oomnitza.app, jamf.app
    yield Company(oomnitza, jamf, *servers[2:])
    oomnitza.close()


@pytest.fixture
def program(tmp_path: Path, company: Company) -> Program:
    """The program with the sandbox's settings in the ini beside it."""
    made = Program(tmp_path / "program")
    made.ini.write_text(company.ini, "utf-8")
    return made


@pytest.fixture
def odd(program: Program) -> Callable[[str], None]:
    """Add a connector "odd" that does something between its two records."""

    def add(statement: str) -> None:
        text = CONNECTOR % statement
        (program.folder / "connectors" / "odd.py").write_text(text, "utf-8")
        append(program.ini, "[odd]\nenable = True\nsync_field = SERIAL\n")

    return add


def append(path: Path, text: str) -> None:
    path.write_text(path.read_text("utf-8") + "\n" + text, "utf-8")


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def books(text: str) -> dict[str, dict[str, int]]:
    """The table of a summary: section -> column -> number, without the seconds."""
    lines = iter(text.splitlines())
    head = next(line for line in lines if line.startswith("section "))
    columns = re.split(r"  +", head.strip())[1:-1]
    found = {}
    for line in lines:
        row = re.fullmatch(r"(\S+)((?: +\d+)+) +[\d.]+", line)
        if row:
            found[row[1]] = dict(zip(columns, map(int, row[2].split()), strict=True))
    return found


def quiet(ended: Ended) -> bool:
    """Whether there is nothing in what was written that only a terminal understands."""
    return not re.search(r"[\x00-\x09\x0b-\x1f\x7f]|Traceback", ended.out + ended.err)


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


class TestTheMainJob:
    def test_people_and_devices_arrive_complete(self, program, company):
        ended = program.run("upload", "ldap", "casper", "casper.mdm")
        assert (ended.code, ended.err) == (0, "")
        assert quiet(ended)
        missing = HEADCOUNT - len(COMPLETE)
        zero = {"filtered": 0, "rejected": 0, "unsent": 0}
        assert books(ended.out) == {
            "ldap": {"fetched": HEADCOUNT, "incomplete": missing, "sent": len(COMPLETE), **zero},
            "casper": {
                "fetched": COMPUTERS,
                "incomplete": COMPUTERS - NAMED,
                "sent": NAMED,
                **zero,
            },
            "casper.MDM": {
                "fetched": MOBILE_DEVICES,
                "incomplete": 0,
                "sent": MOBILE_DEVICES,
                **zero,
            },
        }
        assert company.oomnitza.count("assets") == NAMED + MOBILE_DEVICES
        assert {record["USER"]: record for record in company.oomnitza.records("users")} == {
            person.login: {
                "USER": person.login,
                "FIRST_NAME": person.first_name,
                "LAST_NAME": person.last_name,
                "EMAIL": person.mail,
                "PHONE": person.phone or None,
                "POSITION": person.title or None,
                "PERMISSIONS_ID": "25",
            }
            for person in COMPLETE
        }
        for record in company.oomnitza.records("assets", COMPUTERS // 2):
            assert record[SERIAL_NUMBER]
            assert isinstance(record["LAST_SEEN"], int)
            assert record["APPLICATIONS"][0].keys() >= {"name", "version"}
        runs = company.oomnitza.runs()
        assert [run.connector_name for run in runs] == ["LDAP", "Casper", "Casper.MDM"]
        assert all(run.finished and not run.late and not run.errors for run in runs)

    def test_a_login_serves_in_place_of_a_token_also_when_it_ends_in_the_middle(
        self, program, company
    ):
        login = "username = sandbox\npassword = sandbox-password\nbatch_size = 20"
        change(program.ini, f"api_token = {API_TOKEN}", login)
        company.jamf.delay = 0.01
        process = program.start("upload", "casper")
        wait_until(lambda: company.oomnitza.count("assets") >= 20)
        company.oomnitza.revoke_tokens()
        ended = end_of(process)
        assert ended.code == 0
        assert company.oomnitza.count("assets") == NAMED
        assert [asked.path for asked in company.oomnitza.requests].count("/api/request_token") == 2

    def test_what_is_wrong_is_said_in_one_line_and_logged(self, program, company):
        change(program.ini, company.addresses["jamf"], "http://nowhere.invalid")
        change(program.ini, "sync_type = computers", "sync_type = computers\nretries = 1")
        ended = program.run("upload", "casper")
        assert ended.code == 1
        assert ended.err == ""
        assert ended.out.splitlines()[2:] == [
            "Error: [casper] http://nowhere.invalid/api/v1/auth/token: host name not found."
            " Check the spelling of the host name, and the DNS settings of this machine."
        ]
        assert "host name not found" in program.logs

    def test_vanished_broken_and_refused_devices_are_counted(self, program, company):
        company.jamf.computers.vanished |= {7, 8}
        company.jamf.computers.broken |= {30}
        change(program.ini, "sync_type = computers", "sync_type = computers\nretries = 0")
        company.oomnitza.refuse = lambda record: (
            "a bad value" if record["NAME"] == "LAB-MAC-0050" else None
        )
        ended = program.run("upload", "casper")
        assert ended.code == 4
        counts = books(ended.out)["casper"]
        assert (counts["fetched"], counts["rejected"]) == (COMPUTERS - 2, 2)
        assert counts["sent"] == NAMED - 4
        assert (
            "Note: [casper] 2 records were listed by the source but could not be found."
            in ended.out
        )
        assert "device 30" in ended.out
        assert "a bad value" in ended.out
        assert company.oomnitza.count("assets") == NAMED - 4

    def test_an_outage_of_oomnitza_in_the_middle(self, program, company):
        change(program.ini, f"api_token = {API_TOKEN}", f"api_token = {API_TOKEN}\nretries = 0")
        change(program.ini, "retries = 0", "retries = 0\nbatch_size = 10")
        company.jamf.delay = 0.01
        process = program.start("upload", "casper", "ldap")
        wait_until(lambda: company.oomnitza.count("assets") >= 20)
        company.oomnitza.fail_next(1, 503, "<p>Down for maintenance</p>", path="/api/v3/bulk")
        ended = end_of(process)
        assert ended.code == 1
        counts = books(ended.out)["casper"]
        assert counts["unsent"] >= 10  # the batch, and what was read while it was on its way
        assert counts["fetched"] == counts["incomplete"] + counts["sent"] + counts["unsent"]
        assert counts["sent"] == company.oomnitza.count("assets")
        assert "the server responded with 503 (Down for maintenance)" in ended.out
        assert books(ended.out)["ldap"]["sent"] == len(COMPLETE)


class TestPaths:
    def test_an_ini_named_relative_to_the_current_folder(self, program, company, tmp_path):
        folder = tmp_path / "other"
        folder.mkdir()
        program.ini.rename(folder / "my.ini")
        ended = program.run(
            "upload", "casper", "--ini", "my.ini", "--save-data", "--record-count", 2, cwd=folder
        )
        assert ended.code == 0
        assert len(list((folder / "saved_data").glob("casper.*.jsonl"))) == 2
        left = {path.name for path in folder.iterdir()}
        assert left == {"my.ini", "my.db", "my.db.casper.lock", "saved_data"}

    def test_without_an_ini_the_place_where_it_is_looked_for_is_named(self, program):
        program.ini.unlink()
        ended = program.run("upload", "casper")
        assert ended.code == 3
        assert ended.err.startswith(f"Error: {program.ini}: config file not found.")

    def test_a_new_ini_is_written_beside_the_program_for_its_owner_alone(self, program):
        program.ini.unlink()
        ended = program.run("generate-ini", cwd="/", umask=0)
        assert ended.code == 0
        assert program.ini.stat().st_mode & 0o777 == 0o600
        assert not list(program.folder.glob("*.log"))


class TestPipes:
    def test_testmode_writes_pure_json_and_sends_nothing(self, program, company):
        ended = program.run("upload", "ldap", "casper", "--testmode")
        assert ended.code == 0
        records = [json.loads(line) for line in ended.out.splitlines()]
        assert len(records) == len(COMPLETE) + NAMED
        assert "Løvland" in {record.get("LAST_NAME") for record in records}
        assert ended.err.endswith("Note: This was a dry run. Nothing was sent.\n")
        assert {asked.method for asked in company.oomnitza.requests} == {"GET"}
        assert company.oomnitza.runs() == []

    def test_a_poor_encoding_changes_nothing(self, program, odd):
        odd("pass")
        environment = ENVIRONMENT | {"PYTHONIOENCODING": "cp1252"}
        ended = program.run("upload", "odd", "--testmode", env=environment)
        assert ended.code == 0
        assert json.loads(ended.out.splitlines()[-1])["NAME"] == "Zoë 佐藤"

    def test_a_pipe_that_closes_early_ends_it_quietly(self, program, company):
        company.jamf.delay = 0.01
        process = program.start("upload", "casper", "--testmode")
        assert json.loads(process.stdout.readline())["NAME"] == "LAB-MAC-0001"
        process.stdout.close()
        err = process.stderr.read()
        process.wait(30)
        process.stderr.close()
        assert "Traceback" not in err
        assert "Exception" not in err
        details = [path for _, path in company.jamf.requests if "/id/" in path]
        assert len(details) < COMPUTERS

    def test_without_any_output_it_runs_all_the_same(self, program, company):
        command = " ".join([*map(shlex.quote, program.command("upload", "casper")), ">&-", "2>&-"])
        done = subprocess.run(["/bin/sh", "-c", command], env=ENVIRONMENT, timeout=60, check=False)
        assert done.returncode == 0
        assert company.oomnitza.count("assets") == NAMED

    def test_half_an_emoji_stops_nothing(self, program, odd, company):
        odd('yield {"serial": "cut \\ud83d", "name": "Mac"}')  # the serial names the record
        ended = program.run("upload", "odd", "--save-data")
        assert ended.code == 4
        assert quiet(ended)
        assert books(ended.out)["odd"]["sent"] == 2
        assert r"cut \ud83d" in ended.out
        assert r"cut \ud83d" in program.logs


def events(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


class TestEvents:
    def test_standard_output_has_the_events_of_a_run_and_nothing_else(self, program, company):
        company.jamf.delay = 0.02
        ended = program.run("upload", "casper", "ldap", "--parallel", 2, "--events", "-")
        assert ended.code == 0
        lines = events(ended.out)
        assert (lines[0]["kind"], lines[-1]["kind"]) == ("run_started", "run_ended")
        assert lines[-1]["exit_code"] == 0
        counts = {each["section"]: each["counts"] for each in lines if "counts" in each}
        shown = books(ended.err)
        assert (
            counts["casper"]["sent"] == shown["casper"]["sent"] == company.oomnitza.count("assets")
        )
        assert counts["ldap"]["sent"] == shown["ldap"]["sent"] == company.oomnitza.count("users")
        progress = [each for each in lines if each["kind"] == "progress"]
        assert len(progress) >= 4  # at the first record of each, and at the end
        for section in ("casper", "ldap"):
            kinds = [each["kind"] for each in lines if each.get("section") == section]
            assert (kinds[0], kinds[-1]) == ("section_started", "section_ended")
            assert {*kinds[1:-1]} == {"progress"}

    def test_in_testmode_records_are_events_also_of_a_resend(self, program, company):
        ended = program.run("upload", "ldap", "--testmode", "--events", "-")
        records = [each["record"] for each in events(ended.out) if each["kind"] == "record"]
        assert len(records) == len(COMPLETE)
        assert "Løvland" in {record.get("LAST_NAME") for record in records}
        assert ended.err.endswith("Note: This was a dry run. Nothing was sent.\n")
        path = program.folder / "events"
        ended = program.run("resend", "ldap", "--events", path)
        assert "ldap" in books(ended.out)
        assert events(path.read_text("utf-8"))[0]["resend"] is True
        assert ended.out.endswith("Note: No records are saved for resend.\n")

    def test_a_reader_that_goes_away_ends_the_run_in_good_order(self, program, company):
        change(program.ini, "[oomnitza]\n", "[oomnitza]\nbatch_size = 10\n")
        company.jamf.delay = 0.03
        process = program.start("upload", "casper", "ldap", "--events", "-")
        for line in iter(process.stdout.readline, ""):
            if re.search(r'"sent": [1-9]', line):
                break
        process.stdout.close()
        err = process.stderr.read()
        process.stderr.close()
        assert process.wait(30) == 1
        assert not re.search("Traceback|Exception", err)
        counts = books(err)["casper"]
        assert 10 <= counts["sent"] == company.oomnitza.count("assets") < NAMED
        assert all(run.finished for run in company.oomnitza.runs())
        assert "interrupted" in program.run("history", "casper").out

    def test_a_file_that_is_no_file_of_events_is_left_alone(self, program, company):
        before = program.ini.read_bytes()
        ended = program.run("upload", "ldap", "--events", program.ini)
        assert (ended.code, program.ini.read_bytes()) == (2, before)
        assert "the file does not contain events, so it was not overwritten" in ended.err
        assert company.oomnitza.requests == []


class TestTerminal:
    @pytest.fixture
    def on_terminal(self, program: Program) -> Callable[..., Ended]:
        """Run it on a terminal of 100 columns; all that it writes is in `out`."""

        def run(*arguments: str) -> Ended:
            leader, follower = os.openpty()
            fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))
            ends = dict.fromkeys(("stdin", "stdout", "stderr"), follower)
            process = program.start(*arguments, env=ENVIRONMENT | {"TERM": "xterm"}, **ends)
            os.close(follower)
            text = b"".join(iter(lambda: _read(leader), b"")).decode("utf-8")
            os.close(leader)
            return Ended(process.wait(30), text, "")

        return run

    def test_there_is_a_progress_line_and_then_the_books(self, on_terminal, company):
        company.jamf.delay = 0.02
        ended = on_terminal("upload", "casper")
        assert ended.code == 0
        assert re.search(rf"\rcasper: +\d+%.*\d+/{COMPUTERS} ", ended.out)
        table = ended.out[ended.out.index("section ") :].replace("\r\n", "\n")
        assert books(table)["casper"]["sent"] == NAMED

    def test_testmode_is_laid_out_to_be_read(self, on_terminal):
        ended = on_terminal("upload", "ldap", "--testmode", "--record-count", "1")
        assert ended.code == 0
        lines = ended.out.replace("\r", "\n").split("\n")
        assert "[ldap] new" in lines
        assert "  USER            aquill1" in lines
        assert '"USER"' not in ended.out

    def test_warnings_appear_on_lines_of_their_own(self, on_terminal, company, program):
        company.jamf.fail_next(1, 200, path="/JSSResource/computers/id/60")
        ended = on_terminal("upload", "casper")
        assert ended.code == 0
        lines = ended.out.replace("\r", "\n").split("\n")
        assert any(line.startswith("Warning: [casper] http://127.0.0.1") for line in lines)


def _read(descriptor: int) -> bytes:
    """What comes next; nothing when the other end of a terminal is closed."""
    try:
        return os.read(descriptor, 65536)
    except OSError:
        return b""


class TestMistakesInCode:
    def test_in_a_connector(self, program, odd, company):
        odd("raise KeyError('missing')")
        ended = program.run("upload", "odd", "casper")
        assert ended.code == 1
        assert quiet(ended)
        assert "Error: [odd] unexpected error (KeyError)." in ended.out
        assert "Traceback" in program.logs
        counts = books(ended.out)
        assert counts["odd"]["fetched"] == sum(
            counts["odd"][name] for name in ("incomplete", "sent", "rejected", "unsent")
        )
        assert counts["odd"]["sent"] == 1
        assert counts["casper"]["sent"] == NAMED

    def test_in_a_connector_that_cannot_even_be_read(self, program, odd):
        odd("def broken(:")
        for words in (
            ("upload", "odd"),
            ("check", "odd"),
            ("generate-ini", "--ini", "/nowhere.ini"),
        ):
            ended = program.run(*words)
            assert ended.code == 1
            assert quiet(ended)
            assert "SyntaxError" in ended.err
        assert program.run("upload", "casper", "--record-count", "1").code == 0

    def test_in_a_converter(self, program, company):
        converter = "def converter(field, record, value, params):\n    return value.nonsense\n"
        (program.folder / "converters" / "wrong.py").write_text(converter)
        mapping = 'mapping.MODEL = {"source": "hardware.model", "converter": "wrong"}'
        change(program.ini, "sync_type = computers", f"sync_type = computers\n{mapping}")
        ended = program.run("upload", "casper")
        assert ended.code == 0
        assert quiet(ended)
        assert (
            f"Warning: [casper] MODEL: conversion failed in {COMPUTERS} records, so the field is"
            f" empty. Example: {SERIAL_NUMBER} SNDBXMAC0001, general.id 1: wrong:"
        ) in ended.out
        assert {record["MODEL"] for record in company.oomnitza.records("assets")} == {None}

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full, as Linux has")
    def test_a_full_disk_keeps_no_log_and_stops_nothing(self, program):
        change(program.folder / "logging.json", '"info.log"', '"/dev/full"')
        ended = program.run("upload", "casper")
        assert (ended.code, ended.err) == (0, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full, as Linux has")
class TestFullDisk:
    """What cannot be printed is one sentence and exit code 1; the report is written before."""

    def full(self, program, *words, **how):
        """Run with standard output on a full disk; returns the exit code and standard error."""
        with Path("/dev/full").open("w") as full:
            process = program.start(*words, stdout=full, **how)
            _, err = process.communicate(timeout=60)
        return process.returncode, err

    def test_summary_on_a_full_disk(self, program, company):
        report = program.folder / "report.json"
        assert self.full(program, "upload", "casper", "--report", report) == (
            1,
            "Error: cannot write to standard output (No space left on device)\n",
        )
        assert json.loads(report.read_text("utf-8"))["exit_code"] == 0
        assert company.oomnitza.count("assets") > 0

    def test_events_on_a_full_disk(self, program):
        code, err = self.full(program, "upload", "casper", "--events", "-")
        assert code == 0
        assert err.endswith("Warning: not all events could be written (No space left on device)\n")

    def test_records_of_a_dry_run_on_a_full_disk(self, program):
        code, err = self.full(program, "upload", "casper", "--testmode")
        assert code == 1
        assert "Error: [casper] cannot write to standard output (No space left" in err

    @pytest.mark.parametrize("words", [["history"], ["check", "casper"]])
    def test_other_commands_on_a_full_disk(self, program, words):
        assert self.full(program, *words) == (
            1,
            "Error: cannot write to standard output (No space left on device)\n",
        )

    def test_both_streams_on_a_full_disk(self, program):
        assert self.full(program, "history", stderr=subprocess.STDOUT) == (1, None)

    def test_help_on_a_full_disk(self, program):
        assert self.full(program, "--help") == (
            1,
            "Error: cannot write the output (No space left on device).\n",
        )


def test_python_without_the_packages_is_told_where_they_are():
    command = [sys.executable, "-S", ROOT / "connector.py", "history"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 1
    assert ended.stderr == (
        "Error: the Python package click is not installed here. Run the connector with"
        " .venv/bin/python, which `make demo` creates.\n"
    )


class TestInterrupted:
    @pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
    def test_a_signal_ends_it_with_balanced_books(self, program, company, number, code):
        change(program.ini, "[oomnitza]\n", "[oomnitza]\nbatch_size = 10\n")
        company.jamf.delay = 0.03
        process = program.start("upload", "casper", "ldap")
        wait_until(lambda: len(company.jamf.requests) > 40)
        process.send_signal(number)
        ended = end_of(process)
        assert ended.code == code
        assert quiet(ended)
        assert "Error: [casper] the run was interrupted" in ended.out
        counts = books(ended.out)
        assert counts.keys() == {"casper"}
        assert 0 < counts["casper"]["fetched"] < COMPUTERS
        assert counts["casper"]["fetched"] == sum(
            counts["casper"][name] for name in ("incomplete", "sent", "rejected", "unsent")
        )
        assert counts["casper"]["sent"] == company.oomnitza.count("assets")
        [run] = company.oomnitza.runs()
        assert run.finished
        assert "interrupted" in program.logs

    def test_a_second_signal_ends_it_at_once(self, program, company):
        company.jamf.delay = 1
        process = program.start("upload", "casper")
        wait_until(lambda: any("/id/" in path for _, path in company.jamf.requests))
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGTERM)
        ended = end_of(process)
        assert ended.code == 143
        assert ended.out == ""  # it had no time for a summary
        assert "Traceback" not in ended.err


class TestSecrets:
    """Nothing that was ever sent as a credential is in anything that the program writes."""

    @pytest.fixture
    def sent(self, company: Company) -> set[str]:
        """Every credential that arrives at a web server, in each form that it has there."""
        seen: set[str] = set()
        for app in (company.oomnitza.app, company.jamf.app):
            app.wsgi_app = _listening(app.wsgi_app, seen)  # type: ignore[method-assign]
        return seen

    def debug(self, program: Program) -> None:
        path = program.folder / "logging.json"
        text = path.read_text("utf-8")
        path.write_text(re.sub(r'"(INFO|WARNING|ERROR)"', '"DEBUG"', text), "utf-8")

    def written(self, program: Program, *ends: Ended) -> str:
        saved = (program.folder / "saved_data").glob("*.jsonl")
        texts = [path.read_text("utf-8") for path in saved]
        return "\n".join([program.logs, *texts, *(ended.out + ended.err for ended in ends)])

    @pytest.mark.parametrize("login", [False, True])
    def test_a_whole_run_with_all_that_can_be_logged(self, program, company, sent, login):
        self.debug(program)
        known = {PASSWORD, quote(PASSWORD), quote_plus(PASSWORD)}
        if login:
            credentials = "username = sandbox\npassword = sandbox-password"
            change(program.ini, f"api_token = {API_TOKEN}", credentials)
            known.add("sandbox-password")
        company.jamf.fail_next(1, 503, path="/JSSResource/computers/id/5")
        names = ("ldap", "casper", "casper.mdm")
        ends = [
            program.run("upload", *names, "--save-data"),
            program.run("upload", *names, "--testmode", "--record-count", "2"),
            program.run("check", *names),
        ]
        assert [ended.code for ended in ends[:2]] == [0, 0]
        text = self.written(program, *ends)
        assert "urllib3.connectionpool" in text
        assert len(sent) >= 3
        assert not [secret for secret in sent | known if secret in text]

    def test_when_sign_ins_are_refused(self, program, company, sent):
        self.debug(program)
        company.jamf.password = "another"
        change(program.ini, f"password = {PASSWORD}", "password = Wr0ng! päss%20wörd")
        ends = [program.run("upload", name) for name in ("ldap", "casper")]
        change(program.ini, API_TOKEN, "a wrong token")
        ends.append(program.run("upload", "casper"))
        assert [ended.code for ended in ends] == [1, 1, 1]
        text = self.written(program, *ends)
        assert "401" in text
        forms = {"Wr0ng!", "päss", "a wrong token", "p%C3%A4ss", "p\\u00e4ss"}
        assert not [secret for secret in sent | forms if secret in text]

    def test_in_the_words_of_an_unexpected_error(self, program, odd):
        odd(f"raise ValueError('refused with {API_TOKEN}')")
        ended = program.run("upload", "odd")
        assert "ValueError" in ended.out
        assert API_TOKEN not in self.written(program, ended)


def _listening(app: Any, seen: set[str]) -> Any:
    """A WSGI application that notes the credentials in the requests to another one."""

    def listen(environ: dict[str, Any], respond: Any) -> Any:
        scheme, _, secret = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
        seen.update(filter(None, (secret, environ.get("HTTP_AUTHORIZATION2"))))
        if scheme == "Basic":
            seen.add(base64.b64decode(secret).decode("utf-8").partition(":")[2])
        return app(environ, respond)

    return listen


def test_help_is_quick_since_it_imports_no_more_than_it_needs(program):
    code = (
        "import sys; from lib.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: print(*sorted({name.split('.')[0] for name in sys.modules}))"
    )
    listing = subprocess.run(
        [sys.executable, "-c", code], cwd=program.folder, capture_output=True, text=True, check=True
    )
    modules = listing.stdout.splitlines()[-1].split()
    assert "click" in modules
    assert not {"requests", "urllib3", "ldap3", "flask", "cheroot", "tqdm"} & {*modules}


class TestSideBySide:
    def test_sections_run_at_the_same_time(self, program, company):
        company.jamf.delay = 0.02
        ended = program.run("upload", "casper", "ldap", "--parallel", 2)
        assert (ended.code, ended.err) == (0, "")
        assert [*books(ended.out)] == ["casper", "ldap"]
        assert books(ended.out)["ldap"]["sent"] == company.oomnitza.count("users")
        assert books(ended.out)["casper"]["sent"] == company.oomnitza.count("assets")
        people, devices = sorted(company.oomnitza.runs(), key=lambda run: -len(run.data_type))
        assert {people.connector_name, devices.connector_name} == {"Casper", "LDAP"}
        began = [line for line in program.logs.splitlines() if line.endswith("] run started")]
        assert len(began) == 2
        # The quick one was over before the slow one.
        assert program.logs.index("[ldap] run ended") < program.logs.index("[casper] run ended")

    @pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
    def test_a_signal_ends_all_of_them_in_good_order(self, program, company, number, code):
        company.jamf.delay = 0.05
        process = program.start("upload", "casper", "ldap", "--parallel", 2)
        wait_until(lambda: company.oomnitza.count("users") > 0)
        process.send_signal(number)
        ended = end_of(process)
        assert ended.code == code
        found = books(ended.out)["casper"]
        assert found["fetched"] == found["incomplete"] + found["sent"] + found["unsent"]
        assert found["sent"] == company.oomnitza.count("assets")
        assert all(run.finished for run in company.oomnitza.runs())

    @pytest.mark.parametrize(("options", "sections"), [((), 2), (("--fail-fast",), 1)])
    def test_what_happens_after_one_that_fails(self, program, company, options, sections):
        company.jamf.password = "another"
        ended = program.run("upload", "casper", "ldap", *options)
        assert ended.code == 1
        assert len(books(ended.out)) == sections
