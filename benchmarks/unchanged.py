"""A run without changes, compared with the full run before it.

With `changed_only`, 20,000 users from a CSV file are uploaded, and then uploaded again without a
change. The second run reads, maps, and compares all of them, and sends nothing. The full run waits
for 200 responses: 5 s at 50 ms per request, and half a second at 5 ms.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import median

from benchmarks import users
from benchmarks.measure import Figure, ratios
from benchmarks.mockservers import MockServers
from benchmarks.program import Folder, Taken

USERS = 20_000
LATENCIES = {0.05: 3, 0.005: 5}  # seconds per request, and how many rounds
REQUESTS_TARGET = 1 / 20
TIME_TARGET = 1 / 5

Run = tuple[Taken, int]


def figures() -> Iterator[Figure]:
    with MockServers() as mockservers, Folder() as folder:
        file = folder.path / "people.csv"
        users.write(file, USERS)
        folder.ini.write_text(users.ini(mockservers.url, file, "changed_only = True"), "utf-8")
        folder.connector("upload", "csv_users", "--record-count", "1")
        for mockservers.latency, rounds in LATENCIES.items():
            runs = [_both(mockservers, folder) for _ in range(rounds)]
            yield from _compared(f"{mockservers.latency * 1000:.0f} ms", runs)


def _compared(at: str, runs: list[tuple[Run, Run]]) -> Iterator[Figure]:
    full, again = zip(*runs, strict=True)
    yield _figure(
        f"{at}, requests", "", [run[1] for run in again], [run[1] for run in full], REQUESTS_TARGET
    )
    yield _figure(
        f"{at}, time",
        " s",
        [run[0].seconds for run in again],
        [run[0].seconds for run in full],
        TIME_TARGET,
    )


def _both(mockservers: MockServers, folder: Folder) -> tuple[Run, Run]:
    folder.forget()
    return _counted(mockservers, folder), _counted(mockservers, folder)


def _counted(mockservers: MockServers, folder: Folder) -> Run:
    before = mockservers.requests
    taken = folder.connector("upload", "csv_users")
    return taken, mockservers.requests - before


def _figure(
    what: str, unit: str, again: Sequence[float], full: Sequence[float], target: float
) -> Figure:
    second, first = (f"{median(each):,.3g}{unit}" for each in (again, full))
    return Figure(what, second, f"full run: {first}", ratios(again, full), target)
