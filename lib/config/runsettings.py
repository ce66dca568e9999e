"""The settings of the section [run], which concern every run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lib.settings import Settings, at_least, setting


@dataclass(frozen=True, kw_only=True)
class RunSettings(Settings):
    """The settings of the section [run]."""

    state: Path | None = setting(
        "The file in which runs keep what later ones need: what was sent, what was set aside, past"
        " runs. Left empty, it stands beside the ini and has its name, with .db at the end.",
        default=None,
        parse=Path,
    )
    keep_days: int = setting(
        "For how many days records that were set aside, and past runs, are kept.",
        default=90,
        parse=at_least(1),
    )
    retry_ceiling: int = setting(
        "How many requests the run of one section may repeat, all together.",
        default=500,
        parse=at_least(0),
    )
    converters_folder: Path | None = setting(
        "A folder with converters of your own, one Python file each.", default=None
    )
