"""The settings of the section [report]."""

import re
from pathlib import Path

import pytest

from lib import ini
from lib.config.reportsettings import ReportSettings
from lib.settings import declared, read_settings, secrets_of

PAGE = (Path(__file__).parents[3] / "docs" / "how-to" / "monitor.md").read_text("utf-8")


def read(**given):
    settings, faults = read_settings(ReportSettings, given)
    assert faults == []
    return settings


def faults(**given):
    return {fault.key: fault.text for fault in read_settings(ReportSettings, given)[1]}


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
        assert told["webhook_url"].startswith("not a valid URL for a webhook")
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
            entries = ini.read_ini(path).sections["report"].entries
            assert set(entries) <= {item.name for item in declared(ReportSettings)}
            read(**{key: entry.value for key, entry in entries.items()})
