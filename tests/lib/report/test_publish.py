"""Publishing a report, by the settings of [report]."""

import json

import pytest

from lib import secrets
from lib.config.reportsettings import ReportSettings
from lib.report.publish import publish_report
from lib.report.runreport import run_report
from lib.run.tally import Outcome, Tally
from lib.settings import read_settings


def report(exit_code=0, *, testmode=False):
    outcome = Outcome("ldap", Tally(fetched=1, sent=1))
    return run_report([outcome], started=0, ended=60, testmode=testmode, exit_code=exit_code)


def read(**given):
    settings, faults = read_settings(ReportSettings, given)
    assert faults == []
    return settings


def everything(tmp_path, server, **given):
    return read(
        file=str(tmp_path / "report.json"),
        prometheus_file=str(tmp_path / "report.prom"),
        webhook_url=f"{server.url}/hook",
        **given,
    )


class TestPublishReport:
    def test_publish_report_without_settings_does_nothing(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        assert publish_report(report(1), ReportSettings()) == []
        assert list(tmp_path.iterdir()) == []

    def test_publish_report_with_all_settings_writes_and_posts(self, tmp_path, server):
        assert (
            publish_report(report(1), everything(tmp_path, server), tmp_path / "extra.json") == []
        )
        for name in ("report.json", "extra.json"):
            assert json.loads((tmp_path / name).read_text("utf-8")) == report(1)
        assert 'exit_code{section="ldap"} 0' in (tmp_path / "report.prom").read_text("utf-8")
        assert json.loads(server.asked[0].body)["exit_code"] == 1

    def test_publish_report_in_testmode_writes_the_extra_file_only(self, tmp_path, server):
        settings = everything(tmp_path, server, webhook_when="always")
        assert publish_report(report(1, testmode=True), settings, tmp_path / "extra.json") == []
        assert [path.name for path in tmp_path.iterdir()] == ["extra.json"]
        assert server.asked == []

    @pytest.mark.parametrize(
        ("when", "exit_code", "posted"),
        [("", 0, 0), ("", 4, 1), ("problems", 0, 0), ("always", 0, 1), ("always", 1, 1)],
    )
    def test_publish_report_posts_as_webhook_when_says(self, when, exit_code, posted, server):
        settings = read(webhook_url=server.url, webhook_when=when)
        publish_report(report(exit_code), settings)
        assert len(server.asked) == posted

    def test_publish_report_sends_the_webhook_token(self, server):
        publish_report(report(1), read(webhook_url=server.url, webhook_token="a token"))
        assert server.asked[0].headers["authorization"] == "Bearer a token"

    def test_publish_report_with_failures_returns_them_and_does_the_rest(self, tmp_path, server):
        (tmp_path / "report.json").mkdir()
        (tmp_path / "report.prom").mkdir()
        server.answers = [(404, "no such hook")]
        told = publish_report(report(1), everything(tmp_path, server), tmp_path / "none" / "x.json")
        assert len(told) == 4
        assert told[0].startswith(f"{tmp_path / 'none' / 'x.json'}: cannot write the file")
        assert "report.json" in told[1]
        assert "report.prom" in told[2]
        assert "webhook" in told[3]
        assert len(server.asked) == 1

    def test_publish_report_masks_secrets_in_failures(self, tmp_path):
        secrets.remember("hidden")
        [told] = publish_report(report(), ReportSettings(), tmp_path / "hidden" / "x.json")
        assert "hidden" not in told
