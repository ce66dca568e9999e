"""Users from JSON Lines files."""

from __future__ import annotations

from dataclasses import dataclass

from lib.connector import Projection, Records, UserConnector
from lib.files.jsonlines import check_jsonl, read_jsonl
from lib.files.textfiles import FileSettings
from lib.sectionsettings import UserSettings


@dataclass(frozen=True, kw_only=True)
class Settings(FileSettings, UserSettings):
    """The settings of the files, followed by those of users."""


class Connector(UserConnector[Settings]):
    """Users from JSON Lines files. Each line is one user."""

    title = "JSONL_users"
    settings_type = Settings

    def check(self) -> None:
        check_jsonl(self.settings)

    def records(self, projection: Projection) -> Records:
        return read_jsonl(self.settings, projection, self.remarks)
