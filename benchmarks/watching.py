"""The cost of watching the data: a run, compared with one that does not look at its records.

20,000 users from a CSV file are uploaded as in a first run, again with a change in a tenth of the
records, and again with a change in all of them. The comparison is the same run without counting
filled fields, without looking for fields that get objects, and without keeping the changes of
fields. Times are processor time, of the whole process with its start. Records that share a sync key
are found by the notes that the state database keeps of each record in any case, so that part has no
comparison. A run that changes every record has no target: up to 10,000 changes are kept.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import users
from benchmarks.measure import Figure, ratios
from benchmarks.mockservers import MockServers
from benchmarks.program import Folder, Taken
from lib.cli import main
from lib.mapping.objects import ObjectFields
from lib.run.fields import FieldCounts
from lib.state.sqlite.changes import ChangeLog

USERS = 20_000
ROUNDS = 9
# The runs, each with the share of records that it changes and its target.
RUNS = {"first run": (0, 1.03), "a tenth changed": (10, 1.03), "all changed": (1, None)}


def figures() -> Iterator[Figure]:
    with MockServers() as mockservers, Folder() as folder:
        inis = _inis(folder, mockservers.url)
        _all(folder, inis, "watched")
        rounds = [
            (_all(folder, inis, "watched"), _all(folder, inis, "unwatched")) for _ in range(ROUNDS)
        ]
    for at, (name, (_, target)) in enumerate(RUNS.items()):
        watched, not_watched = ([pair[way][at].cpu for pair in rounds] for way in (0, 1))
        yield Figure(
            name,
            f"{median(watched):.2f} s",
            f"without watching: {median(not_watched):.2f} s",
            ratios(watched, not_watched),
            target,
        )


def _inis(folder: Folder, url: str) -> list[Path]:
    """Write a config file for each run; they share the state database."""
    first = folder.path / "people.csv"
    users.write(first, USERS)
    head, *rows = first.read_text("utf-8").splitlines(keepends=True)
    inis = []
    for number, (every, _) in enumerate(RUNS.values()):
        file = folder.path / f"people{number}.csv"
        city = f"Bergen {number}"
        changed = [
            row.replace("Oslo", city) if every and not at % every else row
            for at, row in enumerate(rows)
        ]
        file.write_text(head + "".join(changed), "utf-8")
        ini = file.with_suffix(".ini")
        ini.write_text(f"{users.ini(url, file)}\n[run]\nstate = config.db\n", "utf-8")
        inis.append(ini)
    return inis


def _all(folder: Folder, inis: list[Path], way: str) -> list[Taken]:
    folder.forget()
    command = ("-m", "benchmarks.watching", way)
    return [folder.python(*command, "--ini", str(ini), "upload", "csv_users") for ini in inis]


def _look_away() -> None:
    def nothing(*_: Any, **__: Any) -> None:
        """Do nothing."""

    for kind, name in ((FieldCounts, "add"), (ObjectFields, "look"), (ChangeLog, "note")):
        setattr(kind, name, nothing)


if __name__ == "__main__":
    way, *arguments = sys.argv[1:]
    if way == "unwatched":
        _look_away()
    main(arguments)
