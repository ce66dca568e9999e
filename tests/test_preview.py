"""What previews a run (check, explain, test mode) agrees with it, and needs no more rights."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lib.config import config
from lib.config.config import Config
from lib.preview.check import check_section
from lib.preview.explain import explain_section
from lib.run.options import RunOptions
from lib.run.pipeline import run_section
from sandbox.bamboohr import BambooHR
from sandbox.jamf import JamfPro
from sandbox.oomnitza import Oomnitza
from sandbox.web import WebServer

HEAD = "[oomnitza]\nurl = {url}\napi_token = sandbox-token\nretries = 0\n"


@pytest.fixture
def oomnitza() -> Iterator[WebServer]:
    with WebServer(Oomnitza().app) as target:
        yield target


def load(folder: Path, oomnitza: WebServer, section: str, text: str) -> Config:
    ini = folder / "config.ini"
    ini.write_text(HEAD.format(url=oomnitza.url) + text, "utf-8")
    return config.load_config(ini, [section])


def checked(loaded: Config, **how: bool) -> list[str]:
    """What `check` finds and calls a failure."""
    found = check_section(loaded.sections[0], loaded.oomnitza, **how)
    return [finding.text for finding in found if finding.severity == "failed"]


def explained(loaded: Config) -> str:
    [(_, explanation)] = explain_section(loaded.sections[0], loaded.oomnitza)
    assert explanation
    return explanation.outcome


def test_a_record_filter_that_reads_what_no_mapping_reads_is_previewed_as_it_will_run(
    tmp_path, oomnitza
):
    bamboohr = BambooHR()
    with WebServer(bamboohr.app) as source:
        text = bamboohr.section(source.url) + (
            "include_inactive = True\n"
            "recordfilter =\n    return int(record.employeeNumber) > 0\n"
            "mapping.USER = workEmail\n"
        )
        loaded = load(tmp_path, oomnitza, "bamboohr", text)
        assert checked(loaded) == []
        assert explained(loaded) == "sent"
        outcome = run_section(loaded.sections[0], loaded.oomnitza, RunOptions())
    assert outcome.error is None
    assert (outcome.tally.rejected, outcome.tally.filtered) == (0, 0)
    assert outcome.tally.sent


class TestRights:
    """Jamf's departments and buildings take two privileges that few mappings need."""

    @pytest.fixture
    def jamf(self) -> Iterator[JamfPro]:
        jamf = JamfPro(computers=12, mobile_devices=1)
        jamf.privileges -= {"Read Departments", "Read Buildings"}
        with WebServer(jamf.app) as jamf.server:
            yield jamf

    @pytest.fixture
    def loaded(self, jamf, tmp_path, oomnitza) -> Config:
        text = (
            f"[casper]\nenable = True\nurl = {jamf.server.url}\nusername = oomnitza-reader\n"
            "password = sandbox password\napi = pro\nsync_field = SERIAL\n"
            "mapping.SERIAL = general.serial_number\nmapping.APPLICATIONS =\n"
            "mapping.DEPARTMENT =\nmapping.BUILDING =\n"
        )
        return load(tmp_path, oomnitza, "casper", text)

    @staticmethod
    def asked(jamf: JamfPro) -> list[str]:
        return [path for _, path in jamf.requests if "departments" in path or "buildings" in path]

    def test_check_asks_for_no_more_than_an_upload(self, loaded, jamf):
        assert checked(loaded) == []
        assert self.asked(jamf) == []

    def test_explain_asks_for_no_more_than_an_upload(self, loaded, jamf):
        assert explained(loaded) == "sent"
        assert self.asked(jamf) == []

    @pytest.mark.parametrize("testmode", [False, True])
    def test_saving_data_asks_for_no_more_than_an_upload(self, loaded, jamf, tmp_path, testmode):
        options = RunOptions(save_data=tmp_path / "saved", testmode=testmode)
        outcome = run_section(loaded.sections[0], loaded.oomnitza, options)
        assert (outcome.error, outcome.tally.unsent) == (None, 0)
        assert self.asked(jamf) == []

    def test_who_asks_for_all_fields_is_told_of_the_rights_that_these_need(self, loaded, jamf):
        [text] = checked(loaded, all_fields=True)
        assert "Read" in text
        assert self.asked(jamf)

    def test_a_hint_for_a_misspelt_path_needs_no_further_rights(self, loaded, jamf, tmp_path):
        loaded.sections[0].mapping["NAME"] = {"source": "general.nam"}
        [text] = checked(loaded)
        assert text.endswith("Did you mean general.name?")
