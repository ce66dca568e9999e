"""Memory: the peak of a run, for different numbers of records.

The figure is the largest resident set of the connector's process. First 10,000 and then 1,000,000
users from a CSV file pass a record filter, are mapped to eight fields, and are uploaded as in a
first run. Then 1,000 and 3,000 computers of 60 KB come from Casper. Most of each computer is
uploaded (its applications). Finally, 10,000 and 1,000,000 users of 1 KB come from Zendesk, in pages
of 100, its maximum. The connector remembers each ID, because a record may be listed twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

from benchmarks import casper, users
from benchmarks.measure import Figure
from benchmarks.mockservers import MockServers
from benchmarks.program import Folder, Taken

FEW, MANY = 10_000, 1_000_000
FEW_COMPUTERS, MANY_COMPUTERS = 1_000, 3_000
FEW_USERS, MANY_USERS = 10_000, 1_000_000
SIZE = 60_000
ROUNDS = 3
MOST = 120_000_000
# How much more the many may take than the few.
FLAT = 1.2

ZENDESK = """\
[oomnitza]
url = {url}
api_token = token

[zendesk]
enable = True
url = {url}
system_name = acme
username = auditor@example.com
api_token = token
default_role = 25
default_position = unused
"""
FILTER = 'recordfilter = return record.login != "nobody" and record.number != "0"'


def figures() -> Iterator[Figure]:
    few, many = _people(FEW, ROUNDS), _people(MANY, 1)
    yield _compared(f"{MANY:,} users", many, f"{FEW:,}", few, FLAT)
    yield _beside_most(f"{MANY:,} users", many)
    few, many = _computers(FEW_COMPUTERS, ROUNDS), _computers(MANY_COMPUTERS, ROUNDS)
    yield _compared(f"{MANY_COMPUTERS:,} computers", many, f"{FEW_COMPUTERS:,}", few, FLAT)
    yield _beside_most(f"{MANY_COMPUTERS:,} computers", many)
    few, many = _users(FEW_USERS, ROUNDS), _users(MANY_USERS, 1)
    yield _compared(f"{MANY_USERS:,} users in pages", many, f"{FEW_USERS:,}", few, FLAT)
    yield _beside_most(f"{MANY_USERS:,} users in pages", many)


def _people(count: int, rounds: int) -> list[Taken]:
    with MockServers() as mockservers, Folder() as folder:
        file = folder.path / "people.csv"
        users.write(file, count)
        folder.ini.write_text(users.ini(mockservers.url, file, FILTER), "utf-8")
        return _runs(folder, "csv_users", rounds)


def _computers(count: int, rounds: int) -> list[Taken]:
    with MockServers(count, SIZE) as mockservers, Folder() as folder:
        folder.ini.write_text(casper.ini(mockservers.url), "utf-8")
        return _runs(folder, "casper", rounds)


def _users(count: int, rounds: int) -> list[Taken]:
    with MockServers(users=count) as mockservers, Folder() as folder:
        folder.ini.write_text(ZENDESK.format(url=mockservers.url), "utf-8")
        return _runs(folder, "zendesk", rounds)


def _runs(folder: Folder, section: str, rounds: int) -> list[Taken]:
    """First runs of a section, after one that has compiled the code: that takes more memory."""
    folder.connector("upload", section, "--record-count", "1")
    found = []
    for _ in range(rounds):
        folder.forget()
        found.append(folder.connector("upload", section))
    return found


def _compared(what: str, many: list[Taken], beside: str, few: list[Taken], target: float) -> Figure:
    least = median(taken.peak for taken in few)
    ratios = [taken.peak / least for taken in many]
    return Figure(what, _peak(many), f"{beside}: {_peak(few)}", ratios, target)


def _beside_most(what: str, found: list[Taken]) -> Figure:
    ratios = [taken.peak / MOST for taken in found]
    return Figure(what, _peak(found), f"{MOST / 1e6:.0f} MB", ratios, 1.0)


def _peak(found: list[Taken]) -> str:
    return f"{median(taken.peak for taken in found) / 1e6:.0f} MB"
