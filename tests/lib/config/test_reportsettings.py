"""The section [report], and the ways that a report takes by its settings."""

import json
import re
from pathlib import Path

import pytest

from lib import ini, secrets
from lib.config.reportsettings import ReportSettings, deliver
from lib.report.runreport import run_report
from lib.run.tally import Outcome, Tally
from lib.settings import declared, read_settings, secrets_of

PAGE = (Path(__file__).parents[3] / "docs" / "monitoring.md").read_text("utf-8")


def report(exit_code=0, *, testmode=False):
    outcome = Outcome("ldap", Tally(fetched=1, sent=1))
    return run_report([outcome], started=0, ended=60, testmode=testmode, exit_code=exit_code)


def read(**given):
    settings, faults = read_settings(ReportSettings, given)
    assert faults == []
    return settings


def faults(**given):
    return {fault.key: fault.text for fault in read_settings(ReportSettings, given)[1]}


def everything(tmp_path, server, **given):
    return read(
        file=str(tmp_path / "report.json"),
        prometheus_file=str(tmp_path / "report.prom"),
        webhook_url=f"{server.url}/hook",
        **given,
    )


class TestSettings:
    def test_none_has_to_be_given(self):
        assert read() == ReportSettings()

    def test_files_are_paths_and_need_not_exist(self):
        paths = {item.name for item in declared(ReportSettings) if item.is_path}
        assert paths == {"file", "prometheus_file"}
        assert read(file="/nowhere/x.json").file == Path("/nowhere/x.json")

    def test_what_opens_the_webhook_is_a_secret(self):
        settings = read(webhook_url="https://chat.example.com/x", webhook_token="t")
        assert set(secrets_of(settings)) == {"https://chat.example.com/x", "t"}
        assert "chat" not in repr(settings)

    @pytest.mark.parametrize(
        "address",
        [
            "https://chat.example.com/hooks/6hj9xk3qeprozfpn",
            "http://127.0.0.1:8080",
            "https://example.com/webhook/11-22@33-44/IncomingWebhook/55",
            "https://example.com/hook/?sig=a/b",
            "https://example.com/hook/",
        ],
    )
    def test_an_address_of_a_webhook_is_taken_as_it_stands(self, address):
        assert read(webhook_url=f" {address} ").webhook_url == address

    @pytest.mark.parametrize(
        "address",
        [
            "chat.example.com/hooks/secret",
            "ftp://example.com/secret",
            "https:///hooks/secret",
            "https://user:secret@example.com/hook",
            "https://example.com:secret/hook",
        ],
    )
    def test_other_addresses_are_refused_without_being_repeated(self, address):
        told = faults(webhook_url=address)
        assert told["webhook_url"].startswith("this is not the address of a webhook")
        assert "secret" not in str(told)

    def test_a_file_that_node_exporter_would_not_read_is_refused(self):
        assert "prometheus_file" in faults(prometheus_file="/var/lib/x.txt")

    def test_a_token_without_an_address_is_a_mistake(self):
        assert "webhook_token" in faults(webhook_token="x")

    def test_the_examples_of_the_page_are_right(self, tmp_path):
        examples = re.findall(r"```ini\n(.*?)```", PAGE, re.DOTALL)
        assert len(examples) == 3
        for text in examples:
            path = tmp_path / "config.ini"
            path.write_text(text, "utf-8")
            entries = ini.read(path).sections["report"].entries
            assert set(entries) <= {item.name for item in declared(ReportSettings)}
            read(**{key: entry.value for key, entry in entries.items()})


class TestDelivery:
    def test_without_settings_nothing_happens(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        assert deliver(report(1), ReportSettings()) == []
        assert list(tmp_path.iterdir()) == []

    def test_all_that_is_set_is_done(self, tmp_path, server):
        assert deliver(report(1), everything(tmp_path, server), tmp_path / "extra.json") == []
        for name in ("report.json", "extra.json"):
            assert json.loads((tmp_path / name).read_text("utf-8")) == report(1)
        assert 'exit_code{section="ldap"} 0' in (tmp_path / "report.prom").read_text("utf-8")
        assert json.loads(server.asked[0].body)["exit_code"] == 1

    def test_testmode_leaves_nothing_but_the_file_that_was_asked_for(self, tmp_path, server):
        settings = everything(tmp_path, server, webhook_when="always")
        assert deliver(report(1, testmode=True), settings, tmp_path / "extra.json") == []
        assert [path.name for path in tmp_path.iterdir()] == ["extra.json"]
        assert server.asked == []

    @pytest.mark.parametrize(
        ("when", "exit_code", "posted"),
        [("", 0, 0), ("", 4, 1), ("problems", 0, 0), ("always", 0, 1), ("always", 1, 1)],
    )
    def test_a_webhook_hears_of_problems_or_of_everything(self, when, exit_code, posted, server):
        settings = read(webhook_url=server.url, webhook_when=when)
        deliver(report(exit_code), settings)
        assert len(server.asked) == posted

    def test_the_token_goes_with_it(self, server):
        deliver(report(1), read(webhook_url=server.url, webhook_token="a token"))
        assert server.asked[0].headers["authorization"] == "Bearer a token"

    def test_what_fails_is_told_and_keeps_nothing_else_from_being_done(self, tmp_path, server):
        (tmp_path / "report.json").mkdir()
        (tmp_path / "report.prom").mkdir()
        server.answers = [(404, "no such hook")]
        told = deliver(report(1), everything(tmp_path, server), tmp_path / "none" / "x.json")
        assert len(told) == 4
        assert told[0].startswith(f"{tmp_path / 'none' / 'x.json'}: the file cannot be written")
        assert "report.json" in told[1]
        assert "report.prom" in told[2]
        assert "webhook" in told[3]
        assert len(server.asked) == 1

    def test_secrets_are_masked_in_what_is_told(self, tmp_path):
        secrets.remember("hidden")
        [told] = deliver(report(), ReportSettings(), tmp_path / "hidden" / "x.json")
        assert "hidden" not in told
