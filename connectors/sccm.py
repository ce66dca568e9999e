"""Computers from Microsoft SCCM (Configuration Manager), read from the views of its database."""

from __future__ import annotations

import logging
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, replace

from lib.connector import AssetConnector, Projection, Records
from lib.errors import SourceFault
from lib.odbc.database import OdbcDatabase
from lib.odbc.sqlserver import SqlServerSettings, sql_server
from lib.odbc.views import Views
from lib.reading.merge import Row, merge_join
from lib.record import Record
from lib.sectionsettings import AssetSettings
from lib.settings import setting

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Settings(SqlServerSettings, AssetSettings):
    server: str = setting(
        "The server that hosts the database. With an instance: host\\instance.",
        example="server.example.com",
    )
    database: str = setting("The database of the site: CM_ and the site code.", default="CM_DCT")
    include_obsolete: bool = setting(
        "If True, also read computers whose client is obsolete, decommissioned, or removed.",
        default=False,
        advanced=True,
    )


@dataclass(frozen=True)
class Fact:
    """The part of a record that comes from one view: its keys, each with a column of the view.

    The view may have many rows for a computer: `best` sorts them, and the first one is used; `only`
    are conditions on them. Conditions on columns that the site lacks are left out. `id` is
    the column with the ResourceID.
    """

    view: str
    columns: dict[str, str]
    best: tuple[str, ...] = ('"GroupID"',)
    only: tuple[str, ...] = ()
    id: str = "ResourceID"


NEWEST = ('"TimeStamp" DESC', '"GroupID"')
SYSTEM = "v_R_System"
REPORTED = (
    '"Client0" = 1',
    '"Obsolete0" = 0 OR "Obsolete0" IS NULL',
    '"Decommissioned0" = 0 OR "Decommissioned0" IS NULL',
)
# Only computers with an inventory are reported, so each has a row here.
COMPUTER = Fact(
    "v_GS_COMPUTER_SYSTEM",
    {
        "computer_name": "Name0",
        "domain_name": "Domain0",
        "make": "Manufacturer0",
        "model": "Model0",
        "platform": "SystemType0",
        "user_name": "UserName0",
    },
    best=NEWEST,
)
FACTS = (
    COMPUTER,
    Fact("v_GS_PROCESSOR", {"cpu": "Name0"}),
    Fact(
        "v_GS_DISK",
        {"hdd_total_mb": "Size0"},
        best=(
            "CASE WHEN \"MediaType0\" LIKE 'Fixed%' THEN 0 ELSE 1 END",
            'CASE WHEN "Size0" IS NULL THEN 1 ELSE 0 END',
            '"Index0"',
        ),
        only=('"InterfaceType0" <> \'USB\' OR "InterfaceType0" IS NULL',),
    ),
    Fact(
        "v_GS_NETWORK_ADAPTER_CONFIGURATION",
        {"ipv4_address": "IPAddress0", "mac_address": "MACAddress0"},
        # Adapters of virtual machines have addresses, but no way out.
        best=(
            'CASE WHEN "DefaultIPGateway0" IS NULL THEN 1 ELSE 0 END',
            'CASE WHEN "IPEnabled0" = 1 THEN 0 ELSE 1 END',
            '"Index0"',
        ),
        only=('"MACAddress0" IS NOT NULL', '"IPAddress0" IS NOT NULL'),
    ),
    Fact("v_GS_X86_PC_MEMORY", {"memory_total_kb": "TotalPhysicalMemory0"}),
    Fact("v_GS_OPERATING_SYSTEM", {"os_version": "Caption0"}, best=NEWEST),
    Fact(
        "v_GS_PC_BIOS",
        {"serial_number": "SerialNumber0"},
        # As an enclosure counts a docking station (12), too, with a serial number of its own.
        best=("CASE WHEN \"ChassisTypes0\" = '12' THEN 1 ELSE 0 END", '"GroupID"'),
    ),
    Fact(SYSTEM, {"last_logon": "Last_Logon_Timestamp0"}, best=('"ResourceID"',)),
    Fact(
        "v_UserMachineRelationship",
        {"primary_user": "UniqueUserName"},
        best=('"RelationshipResourceID"',),
        only=('"RelationActive" = 1',),
        id="MachineResourceID",
    ),
    Fact(
        "v_GS_ENCRYPTABLE_VOLUME",
        {"c_drive_encrypted": "ProtectionStatus0"},
        only=("\"DriveLetter0\" = 'C:'",),
    ),
    Fact("v_GS_AntimalwareHealthStatus", {"antivirus_enabled": "AntivirusEnabled"}),
)
# The one holds the 32-bit programs of 64-bit machines, the other one their 64-bit programs.
SOFTWARE = ("v_GS_ADD_REMOVE_PROGRAMS", "v_GS_ADD_REMOVE_PROGRAMS_64")
# Replacements for views that a site lacks; older sites truncate names to 30 characters.
INSTEAD = {
    "v_GS_NETWORK_ADAPTER_CONFIGURATION": "v_GS_NETWORK_ADAPTER_CONFIGUR",
    "v_GS_PC_BIOS": "v_GS_SYSTEM_ENCLOSURE",
}


class Connector(AssetConnector[Settings]):
    """Computers from Microsoft SCCM (Configuration Manager), read from its database."""

    title = "SCCM"
    settings_type = Settings
    id_paths = ("hardware.resource_id",)
    mapping = {"APPLICATIONS": {"source": "software"}}
    converters = {"hardware.last_logon": "date_format"}

    def check(self) -> None:
        self._site()

    def records(self, projection: Projection) -> Records:
        site = self._site()
        hardware = site.hardware(projection, everybody=self.settings.include_obsolete)
        software = (
            site.software() if projection.everything or "software" in projection.top_level else None
        )
        with closing(hardware), closing(software or hardware):
            for computer, rows in merge_join(hardware, software or (), "resource_id"):
                if "ipv4_address" in computer:
                    computer["ipv4_address"] = ipv4(computer["ipv4_address"])
                record: Record = {"hardware": computer}
                if software:
                    record["software"] = [program(row) for row in rows if row["name"]]
                yield record

    def _site(self) -> Site:
        settings = self.settings
        return Site(sql_server(settings.server, settings.database, settings))


class Site:
    """The views that there are, and the queries on them: SQL that PostgreSQL and SQLite read, too.

    What stands in it are names from above. Raises SourceFault for a database that is not a site's.
    """

    def __init__(self, database: OdbcDatabase) -> None:
        self._database = database
        names = dict.fromkeys([*(fact.view for fact in FACTS), *INSTEAD.values(), *SOFTWARE])
        self._views = Views(database, names, schema="dbo")
        for view in (SYSTEM, COMPUTER.view):
            if view not in self._views.columns:
                raise SourceFault(
                    f"view {view} not found in the database",
                    where=database.where,
                    fix="Check that database is the database of a site: CM_ and the site code",
                )

    def hardware(self, projection: Projection, *, everybody: bool) -> Generator[Row, None, None]:
        """Yield one row for each computer, sorted by ResourceID."""
        columns, joins = ['r."ResourceID" AS "resource_id"'], []
        for number, fact in enumerate(self._facts(projection)):
            columns += [f'f{number}."{key}"' for key in fact.columns]
            kind = "INNER JOIN" if fact.view == COMPUTER.view else "LEFT OUTER JOIN"
            on = f'f{number}."id" = r."ResourceID" AND f{number}."rn" = 1'
            best = self._views.numbered(
                fact.view, fact.columns, id=fact.id, best=fact.best, only=fact.only
            )
            joins.append(f"{kind} ({best}) AS f{number} ON {on}")
        where = self._views.where(SYSTEM, () if everybody else REPORTED)
        return self._database.query(
            f"SELECT {', '.join(columns)} FROM {self._views.name(SYSTEM)} AS r {' '.join(joins)}"  # noqa: S608
            f' {where} ORDER BY r."ResourceID"'
        )

    def software(self) -> Generator[Row, None, None] | None:
        """Yield the programs of all computers, sorted by ResourceID; None without any view."""
        parts = [
            'SELECT "ResourceID" AS "resource_id", "DisplayName0" AS "name",'  # noqa: S608
            f' "Version0" AS "version", "Publisher0" AS "publisher" FROM {self._views.name(view)}'
            for view in SOFTWARE
            if view in self._views.columns
        ]
        if not parts:
            log.warning("%s: no software view found", self._database.where)
            return None
        return self._database.query(
            f"SELECT * FROM ({' UNION '.join(parts)}) AS s"  # noqa: S608
            ' WHERE "name" IS NOT NULL ORDER BY "resource_id", "name", "version"'
        )

    def _facts(self, projection: Projection) -> Iterator[Fact]:
        """Yield the facts that the projection needs, with the columns that the site has."""
        wanted = {path.removeprefix("hardware.") for path in projection.paths}
        whole = projection.everything or "hardware" in wanted
        for fact in FACTS:
            if fact is not COMPUTER and not whole and wanted.isdisjoint(fact.columns):
                continue
            view = (
                fact.view if fact.view in self._views.columns else INSTEAD.get(fact.view, fact.view)
            )
            there = self._views.columns.get(view, frozenset())
            columns = {key: name for key, name in fact.columns.items() if name in there}
            for key in fact.columns.keys() - columns:
                log.warning(
                    "%s: column %s.%s not found", self._database.where, fact.view, fact.columns[key]
                )
            if columns:
                yield replace(fact, view=view, columns=columns)


def ipv4(addresses: str | None) -> str | None:
    """The first of an adapter's addresses, `fe80::1, 10.0.0.5`, that leads somewhere in IPv4."""
    for address in (addresses or "").split(","):
        if "." in address and not address.strip().startswith(("127.", "169.254.", "0.")):
            return address.strip()
    return None


def program(row: Row) -> Record:
    """Return a row of a software view as an item of `software`."""
    names = {name: row[name] for name in ("name", "version", "publisher")}
    return {**names, "path": None}
