"""Users from an LDAP directory, compared with `ldapsearch` and plain ldap3.

50,000 users with 15 attributes each are read in pages of 500 from an OpenLDAP server on this
machine. The wall-clock time includes signing in. `ldapsearch` writes the entries to a file. The
other two return the name and the values of each entry. The server is the one of the tests, so
without `slapd` and `ldapsearch` there are no figures.
"""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import ldap3

from benchmarks.measure import Figure, ratios, seconds
from lib.connection import ConnectionSettings
from lib.ldap.directory import PAGE_SIZE, Directory
from tests.certificates import issue
from tests.slapd import SEARCH_PATH, Slapd

PEOPLE = 50_000
ROUNDS = 7
TARGET = 2.0
EVERYONE = "(objectClass=inetOrgPerson)"
ATTRIBUTES = (
    "uid", "cn", "sn", "givenName", "mail", "telephoneNumber", "title", "objectClass",
    "structuralObjectClass", "entryUUID", "entryCSN", "creatorsName", "createTimestamp",
    "modifiersName", "modifyTimestamp",
)  # fmt: skip


def figures() -> Iterator[Figure]:
    if not all(shutil.which(name, path=SEARCH_PATH) for name in ("slapd", "ldapsearch")):
        return
    with TemporaryDirectory() as folder:
        certificates = issue(Path(folder, "certificates"))
        with Slapd(Path(folder, "slapd"), certificates, people=PEOPLE) as server:
            yield from _compared(server, Path(folder))


def _compared(server: Slapd, folder: Path) -> Iterator[Figure]:
    output = folder / "people.ldif"
    ways: dict[str, Callable[[], object]] = {
        "ours": lambda: through_the_door(server),
        "ldapsearch": lambda: by_ldapsearch(server, output),
        "ldap3": lambda: by_ldap3(server),
    }
    assert through_the_door(server) == by_ldap3(server) == PEOPLE
    by_ldapsearch(server, output)
    assert output.read_bytes().count(b"\nuid:") == PEOPLE
    found = seconds(ways, ROUNDS, time.perf_counter)
    for beside, target in (("ldapsearch", TARGET), ("ldap3", None)):
        yield Figure(
            f"{PEOPLE:,} users",
            _speed(found["ours"]),
            f"{beside}: {_speed(found[beside])}",
            ratios(found["ours"], found[beside]),
            target,
        )


def through_the_door(server: Slapd) -> int:
    directory = Directory(server.ldap_url, ConnectionSettings())
    directory.connect(server.bind_dn, server.password)
    try:
        entries = directory.search(server.base_dn, EVERYONE, ATTRIBUTES, page_size=PAGE_SIZE)
        return sum(1 for entry in entries if entry.attributes)
    finally:
        directory.close()


def by_ldap3(server: Slapd) -> int:
    """As its documentation has it, but without the directory's schema."""
    where = ldap3.Server("localhost", server.ldap_port, get_info=ldap3.NONE)
    with ldap3.Connection(where, server.bind_dn, server.password, auto_bind=True) as connection:
        entries = connection.extend.standard.paged_search(
            server.base_dn, EVERYONE, attributes=ATTRIBUTES, paged_size=PAGE_SIZE
        )
        return sum(1 for entry in entries if entry["raw_attributes"])


def by_ldapsearch(server: Slapd, output: Path) -> None:
    command = ["ldapsearch", "-x", "-LLL", "-H", server.ldap_url, "-b", server.base_dn]
    command += ["-D", server.bind_dn, "-w", server.password, "-E", f"pr={PAGE_SIZE}/noprompt"]
    with output.open("wb") as file:
        subprocess.run([*command, EVERYONE, *ATTRIBUTES], stdout=file, check=True)


def _speed(times: list[float]) -> str:
    return f"{PEOPLE / median(times):,.0f} users/s"
