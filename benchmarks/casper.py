"""End to end: Casper, compared with the time spent waiting for responses.

The connector reads 2,000 computers of about 40 KB one by one, filters and maps them as in the
benchmark of the mapping, and uploads them as in a first run. Each request is answered after 50 ms,
on both sides. The number of parallel requests is the default: 5 to Jamf Pro and 2 to Oomnitza. The
comparison is the time that the slower side alone spends waiting.
"""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.mapping import FILTER, MAPPING
from benchmarks.measure import Figure
from benchmarks.mockservers import MockServers
from benchmarks.program import Folder, Taken

COMPUTERS = 2_000
LATENCY = 0.05
WORKERS = 5
ROUNDS = 3
TARGET = 1.3

INI = """\
[oomnitza]
url = {url}
api_token = token

[casper]
enable = True
url = {url}
username = auditor
password = password
sync_field = SERIAL_NUMBER
workers = {workers}
recordfilter =
{filter}
{mapping}
"""


def figures() -> Iterator[Figure]:
    with MockServers(COMPUTERS) as mockservers, Folder() as folder:
        folder.ini.write_text(ini(mockservers.url), "utf-8")
        folder.connector("upload", "casper", "--record-count", "1")
        mockservers.latency = LATENCY
        found = [first_run(folder) for _ in range(ROUNDS)]
    yield Figure.beside_bound(
        f"{COMPUTERS:,} computers",
        [taken.seconds for taken in found],
        COMPUTERS * LATENCY / WORKERS,
        TARGET,
    )


def ini(url: str) -> str:
    lines = "\n".join(f"    {line}" for line in FILTER.strip().splitlines())
    mapping = "\n".join(f"mapping.{name} = {text}" for name, text in MAPPING.items())
    return INI.format(url=url, workers=WORKERS, filter=lines, mapping=mapping)


def first_run(folder: Folder) -> Taken:
    """A run without any before it."""
    folder.forget()
    return folder.connector("upload", "casper")
