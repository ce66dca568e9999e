"""The options of a run."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class RunOptions:
    """What the command line, and the section [run], determine for a run."""

    testmode: bool = False
    record_count: int | None = None
    save_data: Path | None = None
    all_fields: bool = False  # what the source has, also where nothing reads it
    state: Path | None = None  # the ledger; without one nothing is remembered
    full: bool = False
    force: Collection[str] = ()  # the names of the thresholds that do not apply
    wait: bool = False
    resend: bool = False  # what earlier runs have saved for resend, instead of what the source has
    retry_ceiling: int = 500
