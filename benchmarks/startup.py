"""Start-up, compared with a Python that only imports click.

The figure is the wall-clock time from the start of the process to its end. The upload has three
users from a CSV file, and everything else that a run needs: five requests that are answered at
once, the lock, and the state database. The second comparison is a Python that imports the libraries
of every upload.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from statistics import median

from benchmarks import users
from benchmarks.measure import Figure, ratios
from benchmarks.mockservers import MockServers
from benchmarks.program import Folder, Taken

PEOPLE = 3
ROUNDS = 21
CLICK = "import click"
LIBRARIES = "import click, filelock, requests, sqlite3, tqdm"


def figures() -> Iterator[Figure]:
    with MockServers() as mockservers, Folder() as folder:
        file = folder.path / "people.csv"
        users.write(file, PEOPLE)
        folder.ini.write_text(users.ini(mockservers.url, file), "utf-8")
        found = _in_turn(
            {
                "help": lambda: folder.python("connector.py", "--help"),
                "upload": lambda: users.first_run(folder),
                CLICK: lambda: folder.python("-c", CLICK),
                LIBRARIES: lambda: folder.python("-c", LIBRARIES),
            }
        )
    yield _figure("connector.py --help", found["help"], CLICK, found[CLICK])
    yield _figure("connector.py upload", found["upload"], CLICK, found[CLICK])
    yield _figure("connector.py upload", found["upload"], LIBRARIES, found[LIBRARIES])


def _in_turn(ways: dict[str, Callable[[], Taken]]) -> dict[str, list[float]]:
    for way in ways.values():
        way()
    found: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(ROUNDS):
        for name in sorted(ways, reverse=bool(number % 2)):
            found[name].append(ways[name]().seconds)
    return found


def _figure(what: str, measured: list[float], beside: str, others: list[float]) -> Figure:
    millis, other_millis = (f"{median(each) * 1000:.0f} ms" for each in (measured, others))
    return Figure(what, millis, f"`{beside}`: {other_millis}", ratios(measured, others))
