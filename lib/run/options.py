"""What a run is told beside its section, and whom it tells how it goes on."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path

from lib.record import Record
from lib.run.tally import Outcome


@dataclass(frozen=True)
class RunOptions:
    """What the command line, and the section [run], say about a run."""

    testmode: bool = False
    record_count: int | None = None
    save_data: Path | None = None
    all_fields: bool = False  # what the source has, also where nothing reads it
    state: Path | None = None  # the ledger; without one nothing is remembered
    full: bool = False
    force: bool = False
    wait: bool = False
    resend: bool = False  # what earlier runs have set aside, instead of what the source has
    retry_ceiling: int = 500


class Listener:
    """Hears how a run goes on; this one does nothing with it.

    Once `stop` is set, the run ends in good order with the next record: runs in threads do not
    hear of signals by themselves.
    """

    def __init__(self) -> None:
        self.stop = threading.Event()

    def progress(self, outcome: Outcome, expected: int | None) -> None:
        """Called for each record; `expected` is their number, where the source has told it."""

    def show(self, section: str, record: Record, before: Record | None) -> None:
        """A record that testmode would have sent, and how it was last sent if that is known."""
