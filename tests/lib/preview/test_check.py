"""`connector.py check`: what it finds, in words and as an exit code."""

import pytest

from lib.config import config
from lib.errors import ExitCode
from lib.preview.check import check_section
from lib.preview.explain import explain_section
from sandbox.jamf import JamfPro
from sandbox.jasper import Jasper
from sandbox.oomnitza import Oomnitza
from sandbox.web import WebServer

INI = """
[oomnitza]
url = {oomnitza}
api_token = sandbox-token
retries = 0
[casper]
enable = True
url = {jamf}
username = oomnitza-reader
password = {password}
retries = 0
{more}
"""


@pytest.fixture
def findings(tmp_path):
    """Check a [casper] section with further lines; gives the findings by their text."""

    def check(more="", password="sandbox password", offline=False, computers=12, **broken):
        oomnitza = Oomnitza()
        oomnitza.mappings["Casper"] = {"general.serial_number": "SERIAL"}
        jamf = JamfPro(computers=computers, mobile_devices=1)
        with WebServer(oomnitza.app) as target, WebServer(jamf.app) as source:
            urls = {"oomnitza": target.url, "jamf": source.url} | broken
            ini = tmp_path / "config.ini"
            ini.write_text(INI.format(**urls, password=password, more=more), "utf-8")
            loaded = config.load_config(ini, ["casper"])
            found = list(check_section(loaded.sections[0], loaded.oomnitza, offline=offline))
        check.requests = len(jamf.requests) + len(oomnitza.requests)
        return {finding.text: finding.exit_code for finding in found}

    return check


def codes(found, word):
    return [code for text, code in found.items() if word in text]


def test_a_section_in_order_has_nothing_but_good_findings(findings):
    found = findings()
    assert set(found.values()) == {ExitCode.OK}
    assert "source: 10 sample records read" in found


def test_offline_asks_nobody(findings):
    found = findings(offline=True)
    assert set(found.values()) == {ExitCode.OK}
    assert findings.requests == 0


def test_a_source_of_no_records_is_in_order(findings):
    found = findings(computers=0)
    assert set(found.values()) == {ExitCode.OK}
    assert "source: no sample records found" in found


def test_a_refused_sign_in_is_told_as_one_of_the_source(findings):
    assert codes(findings(password="wrong"), "source: ") == [ExitCode.SECTION_FAILED]


def test_the_source_is_tried_also_when_oomnitza_is_away(findings):
    found = findings(oomnitza="http://127.0.0.1:1")
    assert codes(found, "Oomnitza: ") == [ExitCode.SECTION_FAILED]
    assert "source: 10 sample records read" in found


def test_a_misspelt_source_path_is_found_in_the_records(findings):
    found = findings("mapping.NAME = general.nam")
    expected = (
        "mapping.NAME: no sample record contains the source path 'general.nam'. Did you mean"
        " general.name?"
    )
    assert found[expected] is ExitCode.CONFIGURATION


def test_a_path_like_no_other_is_told_but_may_be_right(findings):
    found = findings("mapping.X = qqqq.zzzz")
    expected = "mapping.X: no sample record contains the source path 'qqqq.zzzz'"
    assert found[expected] is ExitCode.OK


def test_a_sync_field_without_a_value_is_a_mistake(findings):
    assert codes(findings("sync_field = BARCODE"), "BARCODE") == [ExitCode.CONFIGURATION]


def test_a_required_field_that_is_always_empty_is_a_mistake(findings):
    found = findings('mapping.TAG = {"source": "general.barcode_2", "required": true}')
    expected = "TAG: required, but empty in 10 of 10 sample records"
    assert found[expected] is ExitCode.RECORDS_LEFT


def test_a_filter_that_fails_is_told_and_stops_nothing(findings):
    found = findings("recordfilter = int(record.general.name) > 3")
    assert not [text for text in found if "no sample record passed" in text]
    [text] = [text for text in found if "record filter failed on 10 of 10" in text]
    assert found[text] is ExitCode.RECORDS_LEFT


def test_check_filter_that_no_sample_passes_is_noted(findings):
    found = findings("recordfilter = record.nosuch == 1")
    assert found["record filter: keeps 0 of 10 sample records"] is ExitCode.OK


def test_the_sync_field_counts_as_required(findings):
    found = findings("sync_field = TAG\nmapping.TAG = general.barcode_2")
    expected = "TAG: required, but empty in 10 of 10 sample records"
    assert found[expected] is ExitCode.RECORDS_LEFT


JASPER = """
[oomnitza]
url = {oomnitza}
api_token = sandbox-token
retries = 0
[jasper]
enable = True
retries = 0
{section}
"""


@pytest.fixture
def jasper(tmp_path):
    """Check a [jasper] section with further lines; the state is `state.db` in the folder."""

    def check(more=""):
        oomnitza, jasper = Oomnitza(), Jasper(sims=20)
        with WebServer(oomnitza.app) as target, WebServer(jasper.app) as source:
            lines = jasper.section(source.url).splitlines()[2:]
            ini = tmp_path / "config.ini"
            text = JASPER.format(oomnitza=target.url, section="\n".join([*lines, more]))
            ini.write_text(text, "utf-8")
            loaded, state = config.load_config(ini, ["jasper"]), tmp_path / "state.db"
            found = list(check_section(loaded.sections[0], loaded.oomnitza, state=state))
        check.requests = len(jasper.calls)
        return {finding.text: finding.exit_code for finding in found}

    return check


def test_a_checkpoint_that_can_be_kept_is_no_finding(jasper, tmp_path):
    assert "source: 10 sample records read" in jasper()
    assert [item.name for item in tmp_path.iterdir()] == ["config.ini"]


def test_a_storage_that_holds_something_else_is_told_before_the_source_is_asked(jasper, tmp_path):
    (tmp_path / "kept.json").write_text("garbage")
    found = jasper("storage = kept.json")
    assert codes(found, "storage: the file does not contain a valid checkpoint") == [
        ExitCode.CONFIGURATION
    ]
    assert jasper.requests == 0


def test_a_state_that_cannot_be_read_is_a_note(jasper, tmp_path):
    (tmp_path / "state.db").write_text("garbage" * 100)
    found = jasper()
    assert codes(found, "not compared with earlier runs") == [ExitCode.OK]
    assert "source: 10 sample records read" in found


CSV = """
[oomnitza]
url = {oomnitza}
api_token = sandbox-token
retries = 0
[csv_assets]
enable = True
filename = assets.csv
mapping.SERIAL = serial
"""


@pytest.fixture
def csv(tmp_path):
    """Check a [csv_assets] section, and explain its record; the state is `state.db`."""

    def check():
        with WebServer(Oomnitza().app) as target:
            (tmp_path / "assets.csv").write_text("serial\nS1\n", "utf-8")
            ini, state = tmp_path / "config.ini", tmp_path / "state.db"
            ini.write_text(CSV.format(oomnitza=target.url), "utf-8")
            loaded = config.load_config(ini, ["csv_assets"])
            section = loaded.sections[0]
            explained = explain_section(section, loaded.oomnitza, state=state)
            found = check_section(section, loaded.oomnitza, state=state)
            texts = {finding.text: finding.exit_code for finding in found}
            return texts, [text for text, _ in explained]

    return check


def test_unreadable_state_is_noted_by_check_and_explain_for_any_source(csv, tmp_path):
    (tmp_path / "state.db").write_text("garbage" * 100)
    findings, explained = csv()
    assert codes(findings, "not compared with earlier runs") == [ExitCode.OK]
    assert explained[0].startswith("Not compared with earlier runs: ")


def test_readable_or_missing_state_is_not_mentioned(csv, tmp_path):
    findings, explained = csv()
    assert codes(findings, "earlier runs") == []
    assert explained == ["record 1"]
    assert not (tmp_path / "state.db").exists()
