"""What it costs to watch the fields, in processor time.

20,000 users with eight mapped fields from a CSV file are uploaded at 0 ms per request, and the
processor time of the whole process is measured. The comparison is the same run without the counts
of filled fields and without the changes that a run keeps. In the second run nothing has
changed, and all records are sent. In the third run each record has a changed field.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from statistics import median

from benchmarks.measure import Figure, ratios
from benchmarks.mockservers import MockServers
from benchmarks.program import Folder, Taken
from benchmarks.users import USERS, ini, write

ROUNDS = 9
TARGET = 1.03
RUNS = ("first run", "run without changes", "run in which all records change")


def figures() -> Iterator[Figure]:
    with MockServers() as mockservers, Folder() as folder:
        file = folder.path / "people.csv"
        folder.ini.write_text(ini(mockservers.url, file), "utf-8")
        rounds = [[three_runs(folder, how) for how in ("with", "without")] for _ in range(ROUNDS)]
    for at, name in enumerate(RUNS):
        ours, beside = ([pair[side][at].cpu for pair in rounds] for side in (0, 1))
        yield Figure(
            f"{name}, {USERS:,} users",
            f"{median(ours):.3f} s",
            f"without watching: {median(beside):.3f} s",
            ratios(ours, beside),
            TARGET,
        )


def three_runs(folder: Folder, how: str) -> list[Taken]:
    """A first run, one without changes, and one in which each record has a changed field."""
    file = folder.path / "people.csv"
    folder.forget()
    write(file, USERS)
    options = ("--ini", str(folder.ini), "--logging-config", str(folder.logging))
    upload = ("-m", "benchmarks.watching", how, *options, "upload", "csv_users")
    taken = [folder.python(*upload), folder.python(*upload)]
    file.write_text(file.read_text("utf-8").replace(",Oslo,", ",Bergen,"), "utf-8")
    return [*taken, folder.python(*upload)]


def connector(how: str, arguments: list[str]) -> None:
    """Run the connector in this process; "without" watching, as a comparison."""
    from lib.cli import main

    if how == "without":
        from lib.run.fields import FieldCounts
        from lib.state.sqlite.changes import ChangeLog

        FieldCounts.add = lambda *_: None  # type: ignore[method-assign]
        ChangeLog.start = lambda *_: None  # type: ignore[method-assign]
        ChangeLog.note = lambda *_: None  # type: ignore[method-assign]
    main(arguments, prog_name="connector.py")


if __name__ == "__main__":
    connector(sys.argv[1], sys.argv[2:])
