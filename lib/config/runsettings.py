"""The settings of the section [run], which concern every run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lib.settings import Settings, any_path, at_least, setting


@dataclass(frozen=True, kw_only=True)
class RunSettings(Settings):
    """The settings of the section [run]."""

    state: Path | None = setting(
        "The state database (SQLite): past runs, what was last sent, and records saved for resend."
        " Default: next to the config file, with the same name and the suffix .db.",
        default=None,
        parse=any_path,
    )
    keep_days: int = setting(
        "The number of days to keep past runs and records saved for resend.",
        default=90,
        parse=at_least(1),
    )
    retry_ceiling: int = setting(
        "The retry limit: the number of retries in the run of one section, for all requests"
        " together.",
        default=500,
        parse=at_least(0),
    )
    converters_folder: Path | None = setting(
        "A folder with custom converters, one Python file each.", default=None
    )
