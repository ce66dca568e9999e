"""Memory: how much a run takes at its peak, whatever the number of its records.

What is told is the largest resident set of the connector's process. 10,000 and then 1,000,000
people from a CSV file pass a record filter, are mapped to eight fields and uploaded, with all that
a first run writes down. 1,000 and then 3,000 computers of 60 KB come from Casper, and of each most
is uploaded (its applications); what they take is that of the batches of 100 that are under way.
"""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

from benchmarks import casper, users
from benchmarks.measure import Figure
from benchmarks.program import Folder, Taken
from benchmarks.standins import Standins

FEW, MANY = 10_000, 1_000_000
FEW_COMPUTERS, MANY_COMPUTERS = 1_000, 3_000
SIZE = 60_000
ROUNDS = 3
MOST = 120_000_000
# How much more the many may take than the few.
FLAT = 1.2

FILTER = 'recordfilter = return record.login != "nobody" and record.number != "0"'


def figures() -> Iterator[Figure]:
    few, many = _people(FEW, ROUNDS), _people(MANY, 1)
    yield _compared(f"{MANY:,} people", many, f"{FEW:,}", few, FLAT)
    yield _beside_most(f"{MANY:,} people", many)
    few, many = _computers(FEW_COMPUTERS, ROUNDS), _computers(MANY_COMPUTERS, ROUNDS)
    yield _compared(f"{MANY_COMPUTERS:,} computers", many, f"{FEW_COMPUTERS:,}", few, FLAT)


def _people(count: int, rounds: int) -> list[Taken]:
    with Standins() as standins, Folder() as folder:
        file = folder.path / "people.csv"
        users.write(file, count)
        folder.ini.write_text(users.ini(standins.url, file, FILTER), "utf-8")
        return [users.first_run(folder) for _ in range(rounds)]


def _computers(count: int, rounds: int) -> list[Taken]:
    with Standins(count, SIZE) as standins, Folder() as folder:
        folder.ini.write_text(casper.ini(standins.url), "utf-8")
        return [casper.first_run(folder) for _ in range(rounds)]


def _compared(what: str, many: list[Taken], beside: str, few: list[Taken], target: float) -> Figure:
    least = median(taken.peak for taken in few)
    ratios = [taken.peak / least for taken in many]
    return Figure(what, _peak(many), f"{beside}: {_peak(few)}", ratios, target)


def _beside_most(what: str, found: list[Taken]) -> Figure:
    ratios = [taken.peak / MOST for taken in found]
    return Figure(what, _peak(found), f"{MOST / 1e6:.0f} MB", ratios, 1.0)


def _peak(found: list[Taken]) -> str:
    return f"{median(taken.peak for taken in found) / 1e6:.0f} MB"
