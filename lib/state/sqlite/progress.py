"""How far a source was read: checkpoints, and the files that are read only once."""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import datetime

from lib.state.rows import to_checkpoint
from lib.state.sqlite.database import StateDatabase
from lib.state.sqlite.statements import ACCEPT_FILE, ACCEPTED_FILES, CHECKPOINTS, REACH


def read_checkpoints(database: StateDatabase, section: int) -> dict[str, datetime]:
    """Return the checkpoints of a section by scope."""
    rows = database.rows(CHECKPOINTS, (section,))
    return dict(database.convert(to_checkpoint, row) for row in rows)


def store_checkpoint(database: StateDatabase, section: int, scope: str, reached: datetime) -> None:
    """Store the checkpoint of a scope, unless a later one is stored."""
    database.write(REACH, (section, scope, int(reached.timestamp()), time.time()))


def read_accepted_files(database: StateDatabase, section: int, scope: str) -> set[str]:
    """Return the files that were read in a scope."""
    return {file for (file,) in database.rows(ACCEPTED_FILES, (section, scope))}


def store_accepted_files(
    database: StateDatabase, section: int, scope: str, files: Iterable[str]
) -> None:
    """Store the files that were read, instead of those stored before."""
    now = time.time()
    with database.transaction():
        database.write("DELETE FROM accepted_file WHERE section = ?", (section,))
        database.write_many(ACCEPT_FILE, ((section, scope, file, now) for file in set(files)))
