"""End to end: users from a CSV file, compared with waiting and with a bare loop.

20,000 rows of ten columns are mapped to eight fields and uploaded as in a first run, 100 per
request and 2 requests at a time. At 50 ms per request, the comparison is the time spent waiting for
responses. At 0 ms, it is the processor time of a loop that only parses and posts the same batches
(of the whole process, with its start).
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from statistics import median

import requests

from benchmarks.measure import Figure, ratios
from benchmarks.mockservers import MockServers
from benchmarks.program import Folder, Taken
from sandbox.people import people

USERS = 20_000
BATCH = 100
WORKERS = 2
LATENCY = 0.05
ROUNDS_WAITING = 3
ROUNDS = 9
WAITING_TARGET = 1.3
CPU_TARGET = 2.0

COLUMNS = (
    "number", "login", "first_name", "last_name", "mail", "phone", "title", "department", "city",
    "hired",
)  # fmt: skip
MAPPED = {
    "USER": "login",
    "FIRST_NAME": "first_name",
    "LAST_NAME": "last_name",
    "EMAIL": "mail",
    "PHONE": "phone",
    "TITLE": "title",
    "DEPARTMENT": "department",
    "CITY": "city",
}

INI = """\
[oomnitza]
url = {url}
api_token = token

[csv_users]
enable = True
filename = {file}
default_role = 25
default_position = unused
{more}
{mapping}
"""


def figures() -> Iterator[Figure]:
    with MockServers() as mockservers, Folder() as folder:
        file = folder.path / "people.csv"
        write(file, USERS)
        folder.ini.write_text(ini(mockservers.url, file), "utf-8")
        loop = ("-m", "benchmarks.users", mockservers.url, str(file))
        first_run(folder)
        folder.python(*loop)
        rounds = [(first_run(folder), folder.python(*loop)) for _ in range(ROUNDS)]
        mockservers.latency = LATENCY
        waiting = [first_run(folder).seconds for _ in range(ROUNDS_WAITING)]
    bound = USERS / BATCH * LATENCY / WORKERS
    speed = f"{USERS / median(waiting):,.0f} records/s"
    yield Figure.beside_bound(f"50 ms, {speed}", waiting, bound, WAITING_TARGET)
    ours, bare = ([pair[at] for pair in rounds] for at in (0, 1))
    speed = f"{USERS / median(taken.seconds for taken in ours):,.0f} records/s"
    yield Figure(
        f"0 ms, {speed}, processor time",
        f"{median(taken.cpu for taken in ours):.2f} s",
        f"bare loop: {median(taken.cpu for taken in bare):.2f} s",
        ratios([taken.cpu for taken in ours], [taken.cpu for taken in bare]),
        CPU_TARGET,
    )


def write(file: Path, count: int) -> None:
    """Write a file of so many people."""
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(COLUMNS)
        for each in people(count):
            texts = (each.first_name, each.last_name, each.mail, each.phone, each.title)
            writer.writerow(
                [each.number, each.login, *texts, each.department, "Oslo", "2020-02-29"]
            )


def ini(url: str, file: Path, more: str = "") -> str:
    mapping = "\n".join(f"mapping.{name} = {column}" for name, column in MAPPED.items())
    return INI.format(url=url, file=file, more=more, mapping=mapping)


def first_run(folder: Folder) -> Taken:
    """A run without any before it."""
    folder.forget()
    return folder.connector("upload", "csv_users")


def bare_loop(url: str, file: str) -> None:
    """Parse and post, one batch after the other, and nothing else."""
    with Path(file).open(encoding="utf-8", newline="") as text, requests.Session() as session:
        rows = csv.DictReader(text)
        while batch := list(islice(rows, BATCH)):
            records = [{name: row[column] for name, column in MAPPED.items()} for row in batch]
            session.post(f"{url}/api/v3/bulk", json={"records": records}).raise_for_status()


if __name__ == "__main__":
    bare_loop(*sys.argv[1:])
