"""Assets from JSON Lines files."""

from __future__ import annotations

from dataclasses import dataclass

from lib.connector import AssetConnector, Projection, Records
from lib.files.jsonlines import check_jsonl, read_jsonl
from lib.files.textfiles import FileSettings
from lib.sectionsettings import AssetSettings


@dataclass(frozen=True, kw_only=True)
class Settings(FileSettings, AssetSettings):
    """The settings of the files, followed by those of assets."""


class Connector(AssetConnector[Settings]):
    """Assets from JSON Lines files. Each line is one asset."""

    title = "JSONL_assets"
    settings_type = Settings

    def check(self) -> None:
        check_jsonl(self.settings)

    def records(self, projection: Projection) -> Records:
        return read_jsonl(self.settings, projection, self.remarks)
