"""Users from CSV files."""

from __future__ import annotations

from dataclasses import dataclass

from lib.connector import Projection, Records, UserConnector
from lib.files.csvfile import CsvSettings, check_csv, read_csv
from lib.sectionsettings import UserSettings


@dataclass(frozen=True, kw_only=True)
class Settings(CsvSettings, UserSettings):
    """The settings of the files, followed by those of users."""


class Connector(UserConnector[Settings]):
    """Users from CSV files. Each row is one user."""

    title = "CSV_users"
    settings_type = Settings

    def check(self) -> None:
        check_csv(self.settings)

    def records(self, projection: Projection) -> Records:
        return read_csv(self.settings, projection, self.remarks)
