"""The demo, as `make demo` runs it: it shows what has arrived, and leaves nothing running."""

import re
import socket
import subprocess
import sys

import pytest

from sandbox.jamf import COMPUTERS, JamfPro
from sandbox.people import HEADCOUNT, people
from tests.program import Ended, Program, end_of

COMPLETE = sum(bool(person.mail) for person in people(HEADCOUNT))
JAMF = JamfPro(computers=COMPUTERS, mobile_devices=0)
# Of the computers one has no serial number, as Jamf Pro says it.
NAMED = sum(
    JAMF.computers.record(number)["general"]["serial_number"] != "Not Available"
    for number in JAMF.computers.ids
)


@pytest.fixture(scope="module")
def twice(tmp_path_factory) -> list[Ended]:
    """Two demos, one after the other, in one copy of the program."""
    program = Program(tmp_path_factory.mktemp("demo") / "program")
    command = [sys.executable, "-m", "sandbox.demo"]
    ends = []
    for _ in range(2):
        process = subprocess.Popen(
            command,
            cwd=program.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )
        ends.append(end_of(process))
    return ends


def test_it_succeeds_and_has_no_complaints(twice):
    assert [(ended.code, ended.err) for ended in twice] == [(0, "")] * 2


def test_it_shows_the_command_it_runs_and_the_books_of_the_run(twice):
    for ended in twice:
        assert re.search(
            r"^\$ connector\.py upload ldap casper --ini \.sandbox/\w+\.ini$", ended.out, re.M
        )
        assert re.search(
            rf"^ldap +{HEADCOUNT} +0 +{HEADCOUNT - COMPLETE} +{COMPLETE} ", ended.out, re.M
        )
        assert re.search(
            rf"^casper +{COMPUTERS} +0 +{COMPUTERS - NAMED} +{NAMED} ", ended.out, re.M
        )


def test_it_shows_what_oomnitza_holds_with_three_samples_of_each_kind(twice):
    for ended in twice:
        for count, kind in ((COMPLETE, "users"), (NAMED, "assets")):
            _, _, rest = ended.out.partition(f"Oomnitza now has {count} {kind}, for example:\n")
            samples = [line for line in rest.splitlines()[:4] if line.startswith("  ")]
            assert len(samples) == 3


def test_the_first_time_all_is_added_the_second_time_updated(twice):
    first, second = (ended.out for ended in twice)
    assert f"LDAP: {COMPLETE} added, 0 updated, 0 skipped, 0 errors" in first
    assert f"Casper: {NAMED} added, 0 updated, 0 skipped, 0 errors" in first
    assert f"LDAP: 0 added, {COMPLETE} updated, 0 skipped, 0 errors" in second
    assert f"Casper: 0 added, {NAMED} updated, 0 skipped, 0 errors" in second


def test_it_leaves_nothing_running(twice):
    for ended in twice:
        ports = [int(port) for port in re.findall(r"//127\.0\.0\.1:(\d+)", ended.out)]
        assert len(ports) >= 3
        for port in ports:
            with socket.socket() as client:
                assert client.connect_ex(("127.0.0.1", port)) != 0
