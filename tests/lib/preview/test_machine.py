"""Whether the files of a run can be written, and who can read the config file."""

import os

import pytest

from lib.config import config
from lib.errors import ExitCode
from lib.preview import machine
from lib.preview.finding import Severity
from lib.preview.machine import check_machine

OOMNITZA = "[oomnitza]\nurl = https://acme.oomnitza.com\napi_token = t\n"


@pytest.fixture
def findings(tmp_path):
    def check(more="", mode=0o600):
        path = tmp_path / "config.ini"
        path.write_text(f"{OOMNITZA}{more}", "utf-8")
        path.chmod(mode)
        return list(check_machine(config.common(path)))

    return check


def test_machine_in_order_is_one_good_finding(findings, tmp_path):
    [finding] = findings()
    assert finding.severity is Severity.OK
    assert finding.text == f"state: {tmp_path / 'config.db'} can be written"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["config.ini"]


@pytest.mark.parametrize(
    ("state", "reason"), [("none/x.db", "its folder does not exist"), (".", "it is a folder")]
)
def test_state_that_cannot_be_written_fails(findings, state, reason):
    [finding] = findings(f"[run]\nstate = {state}\n")
    assert (finding.severity, finding.exit_code) == (Severity.FAILED, ExitCode.CONFIGURATION)
    assert f"({reason}). Set state in [run] to another file" in finding.text


@pytest.mark.parametrize(
    ("exists", "reason"), [(True, "no permission"), (False, "no permission in its folder")]
)
def test_state_of_others_fails(findings, tmp_path, monkeypatch, exists, reason):
    if exists:
        (tmp_path / "config.db").touch()
    monkeypatch.setattr(machine.os, "access", lambda path, mode: path.name == "saved_data")
    [finding] = [each for each in findings() if each.text.startswith("state: ")]
    assert f"({reason})" in finding.text


@pytest.mark.parametrize("key", ["file", "prometheus_file"])
def test_report_file_that_cannot_be_written_is_a_note(findings, key):
    _, finding = findings(f"[report]\n{key} = none/x.prom\n")
    assert finding.severity is Severity.NOTE
    assert finding.text.startswith(f"[report] {key}: cannot write ")


def test_file_in_the_place_of_saved_data_is_a_note(findings, tmp_path):
    (tmp_path / "saved_data").touch()
    _, finding = findings()
    assert finding.severity is Severity.NOTE
    assert "Do not use --save-data" in finding.text


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such modes")
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644])
def test_config_file_that_others_can_read_is_a_note(findings, tmp_path, mode):
    _, finding = findings(mode=mode)
    assert finding.severity is Severity.NOTE
    assert f"Run `chmod 600 {tmp_path / 'config.ini'}`" in finding.text
