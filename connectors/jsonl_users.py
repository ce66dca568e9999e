"""People from JSON Lines files."""

from __future__ import annotations

from dataclasses import dataclass

from lib.connector import Projection, Records, UserConnector, UserSettings
from lib.files.jsonlines import check_jsonl, read_jsonl
from lib.files.textfiles import FileSettings


@dataclass(frozen=True, kw_only=True)
class Settings(FileSettings, UserSettings):
    """Those of the files, and those of people."""


class Connector(UserConnector[Settings]):
    """People from JSON Lines files: each line is one person."""

    title = "JSONL_users"
    settings_type = Settings

    def check(self) -> None:
        check_jsonl(self.settings)

    def records(self, projection: Projection) -> Records:
        return read_jsonl(self.settings)
