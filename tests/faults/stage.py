"""Where faults of the network are tried: runs in this process, over sockets that can be spoiled."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from lib.config import config
from lib.report.summary import exit_code
from lib.run.options import RunOptions
from lib.run.pipeline import run_section
from lib.run.tally import Outcome
from lib.state import open_to_read
from sandbox.jamf import JamfPro
from sandbox.mock import PASSWORD, SERIAL_NUMBER
from sandbox.okta import Okta
from sandbox.onelogin import OneLogin
from sandbox.oomnitza import API_TOKEN, Oomnitza
from sandbox.zendesk import Zendesk
from tests.faults.proxy import FaultyServer, serve

RECORDS = 12
BATCH = 4
RETRIES = 3
# Long enough for everything that is not spoiled; stalls are tried with the shortest.
TIMEOUT, SHORTEST_TIMEOUT = 20, 1

CASPER = f"""\
[casper]
enable = True
username = auditor
password = {PASSWORD}
sync_type = computers
workers = 2
"""
CASPER_MAPPING: dict[str, str | list[str]] = {
    "general.serial_number": SERIAL_NUMBER,
    "general.name": "NAME",
    "hardware.model": "MODEL",
}


@dataclass(frozen=True)
class Source:
    """A mock server with `RECORDS` records, the section that reads it, and its mapping."""

    make: Callable[[], Any]
    section: Callable[[Any, str], str]
    mapping: dict[str, dict[str, str | list[str]]]
    kind: str  # "users" or "assets"
    key: str  # the field by which Oomnitza tells its records apart


SOURCES = {
    "casper": Source(
        lambda: JamfPro(computers=RECORDS, mobile_devices=0, username="auditor", password=PASSWORD),
        lambda jamf, url: f"{CASPER}url = {url}\nsync_field = {SERIAL_NUMBER}\n",
        {"Casper": CASPER_MAPPING},
        "assets",
        SERIAL_NUMBER,
    ),
    "okta": Source(
        lambda: Okta(RECORDS),
        lambda okta, url: f"{okta.section(url)}limit = {BATCH}\n",
        Okta.server_mapping,
        "users",
        "USER",
    ),
    "onelogin": Source(
        lambda: OneLogin(RECORDS),
        lambda onelogin, url: onelogin.section(url),
        OneLogin.server_mapping,
        "users",
        "USER",
    ),
    "zendesk": Source(
        lambda: Zendesk(users=RECORDS),
        lambda zendesk, url: zendesk.section(url),
        Zendesk.server_mapping,
        "users",
        "USER",
    ),
}
# Page sizes of sources that have no setting for them.
PAGES = ("connectors.onelogin.PAGE_2", "connectors.zendesk.LARGEST_PAGE")


class Stage:
    """A source and an Oomnitza that begin anew with each `set`, and an empty ledger for them."""

    def __init__(self, folder: Path, source: FaultyServer, target: FaultyServer) -> None:
        self.source, self.target = source, target
        self._folder = folder
        self._number = 0

    def set(self, name: str, *, login: bool = False, **settings: Any) -> None:
        """Begin anew with this source; `settings` are those of its section."""
        self._number += 1
        kind = SOURCES[name]
        mock_source = kind.make()
        self.oomnitza = Oomnitza(api_token=API_TOKEN)
        self.oomnitza.mappings.update(kind.mapping)
        self.source.app, self.target.app = mock_source.app, self.oomnitza.app
        loaded = _loaded(self._folder, kind.section(mock_source, self.source.url), name, login)
        self.name, self.kind = name, kind
        self.section = loaded.sections[0]
        self._ours = replace(loaded.oomnitza, url=self.target.url)
        self.change(**{"retries": RETRIES, "timeout": TIMEOUT, **settings})
        self._state = self._folder / f"{self._number}.db"

    def change(self, **settings: Any) -> None:
        self.section = replace(self.section, settings=replace(self.section.settings, **settings))
        both = {name: settings[name] for name in ("retries", "timeout") if name in settings}
        self._ours = replace(self._ours, **both)

    def run(self, **options: Any) -> Outcome:
        """Run the section; whatever happens, its counts add up and its promises are kept."""
        told_so = RunOptions(state=self._state, **options)
        outcome = run_section(self.section, self._ours, told_so)
        told = f"{outcome.tally} {outcome.error}"
        assert outcome.tally.balanced, told
        assert "unexpected error" not in told
        assert outcome.missing == 0, told
        assert exit_code([outcome]) in (0, 1, 4), told
        with closing(sqlite3.connect(self._state)) as ledger:
            assert ledger.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        held = self.held()
        whole = EXPECTED.get(self.name, held)
        assert all(held[key] == whole[key] for key in held), told
        assert outcome.tally.sent <= len(held), told
        return outcome

    def held(self) -> dict[str, dict[str, Any]]:
        """What Oomnitza holds, each record once."""
        records = self.oomnitza.records(self.kind.kind)
        found = {record[self.kind.key]: record for record in records}
        assert len(found) == len(records), "a record is there twice"
        return found

    def heal(self) -> None:
        """Spoil nothing any more."""
        for server in (self.source, self.target):
            server.spoil = serve
            server.listen()

    def check_whole(self, outcome: Outcome) -> None:
        """After a run without faults nothing is left of those before."""
        assert exit_code([outcome]) == 0, outcome.error
        assert self.held() == EXPECTED[self.name]
        assert [run for run in self.oomnitza.runs() if not run.finished or run.late] == []
        with open_to_read(self._state) as ledger:
            assert list(ledger.saved_records()) == []


# What each source's records are in Oomnitza, as a run without faults brings them there.
EXPECTED: dict[str, dict[str, dict[str, Any]]] = {}


def learn(stage: Stage) -> None:
    """Fill `EXPECTED`."""
    for name in SOURCES:
        stage.set(name)
        assert exit_code([stage.run()]) == 0
        EXPECTED[name] = stage.held()
        assert len(EXPECTED[name]) >= RECORDS - 1, name
        stage.oomnitza.close()


@contextmanager
def patched() -> Iterator[None]:
    """Pages of a few records, and pauses of a moment."""
    with pytest.MonkeyPatch.context() as patch:
        for name in PAGES:
            patch.setattr(name, BATCH)
        patch.setattr("lib.retry.FIRST_PAUSE", 0.02)
        patch.setattr("lib.retry.JITTER", 0.0)
        patch.setattr("lib.run.batchsender.CANCEL_INTERVAL", 0.0)
        yield


@cache
def _loaded(folder: Path, section: str, name: str, login: bool) -> config.Config:
    ini = folder / "config.ini"
    who = "username = sandbox\npassword = sandbox-password" if login else f"api_token = {API_TOKEN}"
    target = f"[oomnitza]\nurl = http://127.0.0.1\n{who}\nbatch_size = {BATCH}\n"
    ini.write_text(f"{target}\n{section}", "utf-8")
    return config.load_config(ini, [name])


@contextmanager
def stage(folder: Path) -> Iterator[Stage]:
    with FaultyServer() as source, FaultyServer() as target:
        made = Stage(folder, source, target)
        learn(made)
        yield made
