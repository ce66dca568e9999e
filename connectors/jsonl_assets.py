"""Assets from JSON Lines files."""

from __future__ import annotations

from dataclasses import dataclass

from lib.connector import AssetConnector, AssetSettings, Records, Sources
from lib.files import jsonlines
from lib.files.textfiles import FileSettings


@dataclass(frozen=True, kw_only=True)
class Settings(FileSettings, AssetSettings):
    """Those of the files, and those of assets."""


class Connector(AssetConnector[Settings]):
    """Assets from JSON Lines files: each line is one asset."""

    title = "JSONL_assets"
    settings_type = Settings

    def check(self) -> None:
        jsonlines.check(self.settings)

    def records(self, sources: Sources) -> Records:
        return jsonlines.records(self.settings)
