"""Assets from CSV files."""

from __future__ import annotations

from dataclasses import dataclass

from lib.connector import AssetConnector, Projection, Records
from lib.files.csvfile import CsvSettings, check_csv, read_csv
from lib.sectionsettings import AssetSettings


@dataclass(frozen=True, kw_only=True)
class Settings(CsvSettings, AssetSettings):
    """The settings of the files, followed by those of assets."""


class Connector(AssetConnector[Settings]):
    """Assets from CSV files. Each row is one asset."""

    title = "CSV_assets"
    settings_type = Settings

    def check(self) -> None:
        check_csv(self.settings)

    def records(self, projection: Projection) -> Records:
        return read_csv(self.settings, projection, self.remarks)
