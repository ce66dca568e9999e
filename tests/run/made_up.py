"""A source that yields what a test says, and its runs against the sandbox's Oomnitza."""

from __future__ import annotations

import pickle
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from lib.config.sections import Section
from lib.connector import AssetConnector, Projection, Records
from lib.errors import RecordGone, RecordUnreadable
from lib.ini import Entry
from lib.oomnitza.target import OomnitzaSettings
from lib.run.events import SectionEvents
from lib.run.options import RunOptions
from lib.run.pipeline import run_section
from lib.run.tally import Outcome
from lib.sectionsettings import AssetSettings
from lib.state import PastRun, SavedRecord, open_to_read
from sandbox.oomnitza import Oomnitza


class MadeUp(AssetConnector[AssetSettings]):
    """Yields the items of the class one after the other, or raises those that are errors."""

    title = "Made up"
    mapping = MappingProxyType({"SERIAL": {"source": "serial"}, "NAME": {"source": "name"}})
    items: Iterable[Any] = ()
    given = 0
    closed = False
    commits = 0
    projection = Projection()

    def check(self) -> None: ...

    def records(self, projection: Projection) -> Records:
        kind = type(self)
        kind.projection = projection
        try:
            for item in kind.items:
                if isinstance(item, BaseException) and not isinstance(
                    item, RecordGone | RecordUnreadable
                ):
                    raise item
                kind.given += 1
                yield item
        finally:
            kind.closed = True


class Runner:
    """Runs the made-up source; what can be varied are its attributes."""

    def __init__(self, source: type[MadeUp], url: str) -> None:
        self.source = source
        self.section = Section(
            "made_up", "made_up", AssetSettings(sync_field=("SERIAL",)), mapping={}
        )
        # Without threads that upload, it is certain how far the source has been read.
        self.oomnitza = OomnitzaSettings(
            url=url, api_token="sandbox-token", retries=0, timeout=5, upload_workers=0
        )
        self.listener: SectionEvents | None = None
        self.state: Path | None = None  # the ledger

    def __call__(self, items: Iterable[Any], **options: Any) -> Outcome:
        self.source.items = items
        told = RunOptions(**{"state": self.state} | options)
        outcome = run_section(self.section, self.oomnitza, told, self.listener)
        assert outcome.tally.balanced
        assert pickle.loads(pickle.dumps(outcome)).tally == outcome.tally
        return outcome

    def set(self, **settings: Any) -> None:
        self.section = replace(self.section, settings=replace(self.section.settings, **settings))

    def require(self, field: str) -> None:
        mapping = {**self.section.mapping, field: {"required": True}}
        self.section = replace(self.section, mapping=mapping)

    def filter(self, statement: str) -> None:
        self.section = replace(self.section, recordfilter=Entry("recordfilter", statement, 1))


class Watcher(SectionEvents):
    """Remembers what it hears; `at` says what to do after so many records were fetched."""

    def __init__(self) -> None:
        super().__init__("made_up")
        self.heard: list[tuple[int, int | None]] = []
        self.shown: list[dict[str, Any]] = []
        self.at: dict[int, Any] = {}

    def progress(self, outcome: Outcome, expected: int | None) -> None:
        self.heard.append((outcome.tally.fetched, expected))
        act = self.at.pop(outcome.tally.fetched, None)
        if act:
            act()

    def show(self, section: str, record: Any, before: Any) -> None:
        assert section == "made_up"
        self.shown.append(record)


def devices(count: int, start: int = 0) -> list[dict[str, Any]]:
    return [{"serial": f"S{n}", "name": f"Mac {n}"} for n in range(start, start + count)]


def counts(outcome: Outcome) -> dict[str, int]:
    """The counts that are not zero."""
    return {name: count for name, count in vars(outcome.tally).items() if count}


def posts(oomnitza: Oomnitza) -> list[tuple[str, int]]:
    """The requests that change something: the last part of their path, and their status."""
    return [
        (asked.path.split("/")[-1], asked.status)
        for asked in oomnitza.requests
        if asked.method == "POST"
    ]


def serials(oomnitza: Oomnitza) -> list[str]:
    return [record["SERIAL"] for record in oomnitza.records("assets")]


def history(run: Runner) -> list[PastRun]:
    """What the ledger has of the runs so far, the first one first."""
    assert run.state
    with open_to_read(run.state) as ledger:
        return ledger.history()[::-1]


def saved(run: Runner) -> list[SavedRecord]:
    """What is saved to be sent again."""
    assert run.state
    with open_to_read(run.state) as ledger:
        return list(ledger.saved_records())
