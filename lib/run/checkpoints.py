"""Where the checkpoint of a section is stored: in its `storage` file, or in the state database."""

from __future__ import annotations

import os
from collections.abc import Collection
from datetime import datetime
from pathlib import Path
from typing import Any

from lib.checkpoint import Checkpoint, Place
from lib.config.sections import Section
from lib.connector import Connector
from lib.errors import ConfigurationError
from lib.reading.incremental import IncrementalConnector
from lib.run.fingerprints import section_fingerprint
from lib.run.legacyfingerprints import LEGACY_STORAGE, legacy_fingerprint
from lib.run.plan import SectionPlan
from lib.state import CheckpointFile, SectionLedger, open_to_read


def checkpoint_of(
    plan: SectionPlan, target: str, ledger: SectionLedger, *, full_refresh: bool
) -> Checkpoint:
    """Return the checkpoint of a section; another mapping or filter starts from the beginning."""
    section, fields = plan.section, list(plan.fields.values())
    scope = section_fingerprint(section, fields)
    before = legacy_fingerprint(section, fields)
    readers = [f"{section.name} {target} {each}" for each in (scope, before)]
    return Checkpoint(
        _place(section, plan.source, ledger, scope, readers),
        files=_FilesInLedger(ledger, scope),
        full_refresh=full_refresh,
    )


def check_place(section: Section, source: Connector[Any], target: str, state: Path) -> None:
    """Check that the state can be read, and the checkpoint of a section, if it has one, stored.

    Raises ConfigurationError if not, and StateUnreadable where the store cannot be looked into.
    """
    if not source.incremental:
        with open_to_read(state) as store:
            store.section(section.name, target).last_complete()
        return
    in_file = isinstance(source, IncrementalConnector) and source.settings.storage
    if not in_file and not _is_writable(state):
        raise ConfigurationError(
            "state: cannot write the state database",
            where=str(state),
            fix="Make the file and its folder writable for the account that runs the connector",
        )
    with open_to_read(state) as store:
        _place(section, source, store.section(section.name, target), "", [""]).load()


class _InLedger:
    """The state database. While it has no checkpoint, one of a legacy file is taken over."""

    def __init__(self, ledger: SectionLedger, scope: str, file: CheckpointFile | None) -> None:
        self._ledger = ledger
        self._scope = scope
        self._file = file

    def load(self) -> datetime | None:
        kept = self._ledger.checkpoints()
        if not kept and self._file:
            return self._file.load_read_only()
        return kept.get(self._scope)

    def keep(self, reached: datetime) -> None:
        self._ledger.reach(self._scope, reached)


class _FilesInLedger:
    """The accepted files, in the state database."""

    def __init__(self, ledger: SectionLedger, scope: str) -> None:
        self._ledger = ledger
        self._scope = scope

    def load(self) -> Collection[str]:
        return self._ledger.accepted_files(self._scope)

    def keep(self, files: Collection[str]) -> None:
        self._ledger.accept_files(self._scope, files)


def _place(
    section: Section,
    source: Connector[Any],
    ledger: SectionLedger,
    scope: str,
    readers: Collection[str],
) -> Place:
    """The place; in a file it has the key of the first reader, or may have that of another."""
    if not isinstance(source, IncrementalConnector):
        return _InLedger(ledger, scope, None)
    key, *others = (f"{source.account} {reader}".strip() for reader in readers)
    if source.settings.storage:
        return CheckpointFile(source.settings.storage, key, others)
    old = CheckpointFile(section.folder / LEGACY_STORAGE, key, others) if section.folder else None
    return _InLedger(ledger, scope, old)


def _is_writable(path: Path) -> bool:
    """Whether a state database can be written, for which files next to it are needed."""
    return os.access(path.parent, os.W_OK) and (not path.exists() or os.access(path, os.W_OK))
