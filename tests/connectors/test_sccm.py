"""SCCM: the contract over SQL Server's protocol, and all else through three real ODBC drivers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar, Self

import pytest

from connectors.sccm import FACTS, INSTEAD, Settings, ipv4
from lib import connector
from lib.connector import Projection
from lib.errors import AccessDenied, ConfigurationError, SourceFault, SourceUnavailable
from lib.record import Record
from lib.settings import read_settings
from sandbox.sccm import Sccm
from sandbox.sccm.computers import Computer
from tests.contract import ConnectorContract
from tests.drivers import require_driver
from tests.example import page_example, upload
from tests.postgres import postgres, require_postgres
from tests.source import Source, does_not_apply
from tests.tds import DENIED, TdsServer

LOCKED = 1222
SQLITE = {"driver": "SQLite3", "server": "localhost", "username": "unused", "password": "unused"}
EVERYTHING = Projection(everything=True)


class SccmSource(Source):
    connector = "sccm"
    id_path, name_path = "hardware.resource_id", "hardware.os_version"
    wrong_credentials: ClassVar = {"password": "wr0ng-s3cret"}
    # Two sign-ins: for a look at each view that there may be, and for the query.
    most_for_three = 2 + 17 + 1
    all_at_once = "one query brings all computers"

    def __init__(self, folder: Path) -> None:
        require_driver("FreeTDS")
        self.site = Sccm(folder / "site.sqlite", 25)
        self.server = TdsServer(self.site.views)

    def __enter__(self) -> Self:
        self.server.__enter__()
        self.ini = self.server.settings
        self.address = f"127.0.0.1:{self.server.port}"
        return self

    def __exit__(self, *_: object) -> None:
        self.server.__exit__()

    @property
    def names(self) -> dict[str, str]:
        systems = {row[0]: row[5] for row in rows(self.site, "v_GS_OPERATING_SYSTEM")}
        active = (computer for computer in self.site.computers if computer.kind == "active")
        return {str(c.resource_id): systems[c.resource_id].rstrip() for c in active}

    @property
    def requests(self) -> int:
        return self.server.attempts + len(self.server.queries)

    def elsewhere(self, address: str) -> dict[str, str]:
        host, _, port = address.partition(":")
        return {"server": host, "port": port}

    def withdraw_rights(self) -> None:
        self.server.refuse = lambda sql: (
            DENIED,
            "The SELECT permission was denied on the object 'v_R_System', database 'CM_DCT'.",
        )

    def fail_for_good(self) -> None:
        self.server.refuse = lambda sql: (LOCKED, "Lock request time out period exceeded.")

    def clear(self) -> None:
        self.server.hold([view._replace(rows=[]) for view in self.site.views])

    over_tls = does_not_apply("FreeTDS checks no certificate")
    vanish = does_not_apply("a query brings the computers: none is asked for by itself")
    spoil = does_not_apply("a query brings the computers: none is asked for by itself")
    fail_once = does_not_apply("a query that broke off cannot be taken up again")
    end_sessions = does_not_apply("a sign-in lasts as long as its connection")
    garble = does_not_apply("what is no answer, the driver does not pass on")


class TestContract(ConnectorContract):
    source_type = SccmSource

    @pytest.fixture
    def source(self, tmp_path: Path) -> Iterator[SccmSource]:
        with SccmSource(tmp_path) as source:
            yield source


def rows(site: Sccm, view: str) -> list[tuple[Any, ...]]:
    return next(item.rows for item in site.views if item.name == view)


def connect(given: dict[str, str], **changes: str) -> connector.Connector[Any]:
    settings, faults = read_settings(Settings, {**given, **changes})
    assert faults == []
    return connector.load_connector("sccm")(settings)


def read(given: dict[str, str], *paths: str, **changes: str) -> list[Record]:
    made = connect(given, **changes)
    return list(made.records(Projection(frozenset(paths)) if paths else EVERYTHING))


def in_sqlite(site: Sccm) -> dict[str, str]:
    require_driver("SQLite3")
    return {**SQLITE, "database": str(site.database)}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Sccm:
    return Sccm(tmp_path_factory.mktemp("site") / "site.sqlite", 120)


@pytest.fixture(scope="module", params=["SQLite3", "PostgreSQL Unicode", "FreeTDS"])
def database(request: pytest.FixtureRequest, site: Sccm) -> Iterator[dict[str, str]]:
    """The settings that reach the same site through each of the drivers."""
    with ExitStack() as stack:
        if request.param == "SQLite3":
            yield in_sqlite(site)
        elif request.param == "FreeTDS":
            require_driver("FreeTDS")
            yield stack.enter_context(TdsServer(site.views)).settings
        else:
            require_postgres()
            yield stack.enter_context(postgres(site.views))


def by_kind(site: Sccm, kind: str) -> list[Computer]:
    return [computer for computer in site.computers if computer.kind == kind]


def first_rows(computer: Computer) -> dict[str, list[dict[str, Any]]]:
    views: dict[str, list[dict[str, Any]]] = {}
    for view, row in computer.rows():
        views.setdefault(view, []).append(row)
    return views


# What is read, through each of the drivers.


def test_one_record_for_each_active_computer(database: dict[str, str], site: Sccm) -> None:
    records = read(database)
    ids = [record["hardware"]["resource_id"] for record in records]
    assert ids == [computer.resource_id for computer in by_kind(site, "active")]
    assert len(ids) == 120
    others = {"obsolete", "decommissioned", "removed", "discovered"}
    assert others < {computer.kind for computer in site.computers}


def test_each_fact_is_what_the_right_row_says(database: dict[str, str], site: Sccm) -> None:
    records = {record["hardware"]["resource_id"]: record["hardware"] for record in read(database)}
    for computer in by_kind(site, "active"):
        views = first_rows(computer)
        disks = [disk for disk in views["v_GS_DISK"] if disk["Size0"]]
        inside = [disk for disk in disks if disk["InterfaceType0"] != "USB"]
        fixed = [disk for disk in inside if disk["MediaType0"].startswith("Fixed")]
        real = [row for row in views["v_GS_NETWORK_ADAPTER_CONFIGURATION"] if row.get("IPAddress0")]
        relations = views.get("v_UserMachineRelationship", [])
        system = views["v_GS_COMPUTER_SYSTEM"][0]
        assert records[computer.resource_id] == {
            "resource_id": computer.resource_id,
            "computer_name": system["Name0"],
            "domain_name": "CORP",
            "make": system["Manufacturer0"],
            "model": system["Model0"],
            "platform": "x64-based PC",
            "user_name": system["UserName0"],
            "cpu": "Intel(R) Core(TM) i7-1365U",
            "hdd_total_mb": fixed[0]["Size0"],
            "ipv4_address": ipv4(real[-1]["IPAddress0"]),
            "mac_address": real[-1]["MACAddress0"],
            "memory_total_kb": views["v_GS_X86_PC_MEMORY"][0]["TotalPhysicalMemory0"],
            "os_version": views["v_GS_OPERATING_SYSTEM"][-1]["Caption0"].rstrip(),
            "serial_number": computer.serial_number,
            "last_logon": views["v_R_System"][0]["Last_Logon_Timestamp0"].isoformat(),
            "primary_user": relations[0]["UniqueUserName"] if relations else None,
            "c_drive_encrypted": views["v_GS_ENCRYPTABLE_VOLUME"][1]["ProtectionStatus0"],
            "antivirus_enabled": views["v_GS_AntimalwareHealthStatus"][0]["AntivirusEnabled"],
        }
        assert records[computer.resource_id]["ipv4_address"].startswith("10.1.")


def test_the_site_has_what_makes_this_hard(site: Sccm) -> None:
    active = [first_rows(computer) for computer in by_kind(site, "active")]
    assert any(len(views["v_GS_PROCESSOR"]) > 1 for views in active)
    assert any(len(views["v_GS_DISK"]) > 3 for views in active)
    assert any(len(views["v_GS_NETWORK_ADAPTER_CONFIGURATION"]) > 2 for views in active)
    assert any(len(views["v_GS_OPERATING_SYSTEM"]) > 1 for views in active)
    assert any(len(views["v_GS_SYSTEM_ENCLOSURE"]) > 1 for views in active)
    assert any(len(views.get("v_UserMachineRelationship", [])) > 1 for views in active)
    assert any(views["v_GS_PROCESSOR"][0]["GroupID"] > 1 for views in active)
    assert any(views["v_GS_COMPUTER_SYSTEM"][0]["UserName0"] is None for views in active)


def test_software_is_each_program_once_and_has_a_name(database: dict[str, str], site: Sccm) -> None:
    records = read(database, "hardware.computer_name", "software")
    for record, computer in zip(records, by_kind(site, "active"), strict=True):
        expected = {
            (row["DisplayName0"], row["Version0"], row["Publisher0"], None)
            for row in computer.programs()
        }
        got = [
            (item["name"], item["version"], item["publisher"], item["path"])
            for item in record["software"]
        ]
        assert sorted(got, key=str) == sorted(expected, key=str)
    assert any(record["software"] == [] for record in records)


def test_obsolete_and_decommissioned_clients_come_when_wanted(
    database: dict[str, str], site: Sccm
) -> None:
    records = read(database, "hardware.serial_number", include_obsolete="True")
    ids = [record["hardware"]["resource_id"] for record in records]
    with_inventory = [item for item in site.computers if item.kind != "discovered"]
    assert ids == [computer.resource_id for computer in with_inventory]


def test_unneeded_views_are_not_queried(database: dict[str, str]) -> None:
    record = read(database, "hardware.serial_number")[0]
    assert "software" not in record
    assert "cpu" not in record["hardware"]
    assert record["hardware"]["serial_number"]
    assert record["hardware"]["resource_id"]


def test_a_whole_part_can_be_asked_for(database: dict[str, str]) -> None:
    record = read(database, "hardware")[0]
    assert set(record["hardware"]) == {"resource_id"} | {key for f in FACTS for key in f.columns}


def test_a_check_signs_in_and_finds_the_views(database: dict[str, str]) -> None:
    connect(database).check()


# How the queries are made.


def test_there_are_no_queries_per_computer(site: Sccm) -> None:
    require_driver("FreeTDS")
    with TdsServer(site.views) as server:
        read(server.settings)
        looks = [query for query in server.queries if query.endswith("WHERE 1 = 0")]
        assert len(server.queries) - len(looks) == 2


def test_two_results_are_open_at_once_on_two_connections(site: Sccm) -> None:
    """SQL Server answers one query per connection; FreeTDS refuses a second one by itself."""
    require_driver("FreeTDS")
    with (
        TdsServer(site.views) as server,
        closing(connect(server.settings).records(EVERYTHING)) as r,
    ):
        assert len(list(islice(r, 5))) == 5
        assert server.attempts == 3


@pytest.mark.parametrize("name", ["v_R_System", "v_GS_COMPUTER_SYSTEM"])
def test_database_without_site_raises_error(name: str, tmp_path: Path) -> None:
    given = in_sqlite(Sccm(tmp_path / "site.sqlite", 2, without=[name]))
    with pytest.raises(SourceFault, match=name) as caught:
        connect(given).check()
    assert "database" in caught.value.fix


@pytest.mark.parametrize("view", sorted({fact.view for fact in FACTS[1:]} - {"v_R_System"}))
def test_a_view_that_a_site_lacks_leaves_its_facts_empty(
    view: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    lacking = [view, INSTEAD.get(view, "")]
    records = read(in_sqlite(Sccm(tmp_path / "site.sqlite", 12, without=lacking)))
    assert len(records) == 12
    (missing,) = ({*fact.columns} for fact in FACTS if fact.view == view)
    assert missing.isdisjoint(records[0]["hardware"])
    assert f"column {view}." in caplog.text


def test_a_column_that_a_site_lacks_leaves_its_fact_empty(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    without = ["v_GS_COMPUTER_SYSTEM.Model0", "v_R_System.Decommissioned0", "v_GS_DISK.Index0"]
    records = read(in_sqlite(Sccm(tmp_path / "site.sqlite", 30, without=without)))
    assert "model" not in records[0]["hardware"]
    assert all(record["hardware"]["make"] for record in records)
    assert "v_GS_COMPUTER_SYSTEM.Model0" in caplog.text
    assert len(records) > 30  # nothing tells any more who is decommissioned


def test_adapters_are_found_under_the_name_that_older_sites_have(tmp_path: Path) -> None:
    without = ["v_GS_NETWORK_ADAPTER_CONFIGURATION"]
    records = read(in_sqlite(Sccm(tmp_path / "site.sqlite", 12, without=without)))
    assert all(record["hardware"]["mac_address"] for record in records)


def test_without_the_bios_the_enclosure_counts_but_not_the_dock(tmp_path: Path) -> None:
    site = Sccm(tmp_path / "site.sqlite", 12, without=["v_GS_PC_BIOS"])
    numbers = [record["hardware"]["serial_number"] for record in read(in_sqlite(site))]
    assert numbers == [computer.serial_number for computer in by_kind(site, "active")]


@pytest.mark.parametrize("left", ["v_GS_ADD_REMOVE_PROGRAMS", "v_GS_ADD_REMOVE_PROGRAMS_64"])
def test_one_view_of_software_is_enough(left: str, tmp_path: Path) -> None:
    both = {"v_GS_ADD_REMOVE_PROGRAMS", "v_GS_ADD_REMOVE_PROGRAMS_64"}
    records = read(in_sqlite(Sccm(tmp_path / "site.sqlite", 12, without=both - {left})))
    assert any(record["software"] for record in records)


def test_without_a_view_of_software_none_is_sent(tmp_path: Path) -> None:
    """An empty list would delete what Oomnitza has."""
    both = {"v_GS_ADD_REMOVE_PROGRAMS", "v_GS_ADD_REMOVE_PROGRAMS_64"}
    records = read(in_sqlite(Sccm(tmp_path / "site.sqlite", 12, without=both)))
    assert all("software" not in record for record in records)


def test_a_right_that_is_missing_for_one_view_ends_the_run(site: Sccm) -> None:
    require_driver("FreeTDS")
    with TdsServer(site.views) as server:
        server.refuse = lambda sql: (DENIED, "permission denied") if "BIOS" in sql else None
        with pytest.raises(AccessDenied, match="db_datareader"):
            connect(server.settings).check()


def test_thousands_are_read_one_after_the_other(tmp_path: Path) -> None:
    given = in_sqlite(Sccm(tmp_path / "site.sqlite", 3000))
    count = 0
    for record in connect(given).records(EVERYTHING):
        count += bool(record["hardware"]["serial_number"])
    assert count == 3000


# What it needs to run.


def test_missing_driver_raises_error(site: Sccm) -> None:
    require_driver("SQLite3")
    with pytest.raises(
        ConfigurationError, match=r"'Nonesuch' is not installed \(installed.*SQLite3"
    ):
        connect(SQLITE, driver="Nonesuch", database="x").check()


def test_a_password_may_hold_what_has_a_meaning_in_connection_strings(site: Sccm) -> None:
    require_driver("FreeTDS")
    for password in ("a;b", "a}b", "{a", "a=b", "[x]?*@!,()", "пароль;"):
        with TdsServer(site.views, password=password) as server:
            connect(server.settings).check()


@pytest.mark.parametrize("encrypt", ["", "yes", "no"])
def test_the_connection_can_be_encrypted_or_not(encrypt: str, site: Sccm) -> None:
    require_driver("FreeTDS")
    with TdsServer(site.views) as server:
        connect(server.settings, encrypt=encrypt).check()


def test_refused_connection_is_source_unavailable() -> None:
    require_driver("PostgreSQL Unicode")
    given = {**SQLITE, "driver": "PostgreSQL Unicode", "server": "127.0.0.1", "database": "x"}
    with pytest.raises(SourceUnavailable, match="refused"):
        connect(given, port="1").check()


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ({"username": ""}, "username"),
        ({"password": ""}, "username"),
        ({"authentication": "Kerberos"}, "authentication"),
        ({"encrypt": "maybe"}, "encrypt"),
        ({"port": "http"}, "port"),
        ({"server": ""}, "server"),
    ],
)
def test_settings_that_cannot_be_are_told(given: dict[str, str], key: str) -> None:
    _, faults = read_settings(Settings, {**SQLITE, **given})
    assert [fault.key for fault in faults] == [key]


def test_windows_authentication_needs_no_login() -> None:
    given = {"server": "sql.example.com", "authentication": "Windows"}
    settings, faults = read_settings(Settings, given)
    assert faults == []
    assert settings.database == "CM_DCT"


@pytest.mark.parametrize(
    ("addresses", "address"),
    [
        ("10.0.0.5", "10.0.0.5"),
        ("fe80::1, 10.0.0.5", "10.0.0.5"),
        ("10.0.0.5,fe80::1", "10.0.0.5"),
        ("169.254.3.4, 127.0.0.1, 192.168.1.9", "192.168.1.9"),
        ("fe80::1", None),
        ("", None),
        (None, None),
    ],
)
def test_of_an_adapter_s_addresses_the_one_of_ipv4_is_taken(
    addresses: str | None, address: str | None
) -> None:
    assert ipv4(addresses) == address


def test_the_example_of_the_page_can_be_run(
    database: dict[str, str], site: Sccm, tmp_path: Path
) -> None:
    outcome, records = upload(page_example("sccm", **database), "sccm", tmp_path)
    assert outcome.error is None
    assert len(records) == 120
    assert records[0]["APPLICATIONS"][0]["name"]
    assert records[0]["NAME"].startswith("PC-")
