"""The whole sandbox at once: an Oomnitza and every source of one company, and an ini for them."""

from __future__ import annotations

import csv
import threading
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sandbox.airwatch import AirWatch
from sandbox.bamboohr import BambooHR
from sandbox.directory import Directory, company
from sandbox.jamf import JamfPro
from sandbox.jasper import Jasper
from sandbox.mobileiron import MobileIronCloud, MobileIronCore
from sandbox.okta import Okta
from sandbox.onelogin import OneLogin
from sandbox.oomnitza import Oomnitza
from sandbox.people import people
from sandbox.sccm import Sccm
from sandbox.web import WebServer
from sandbox.zendesk import Zendesk

PEOPLE = 300
COMPUTERS = 120
MOBILE_DEVICES = 60

ADMIN_DN = "cn=read-only-admin,dc=example,dc=com"
PASSWORD = "a password for the sandbox"
API_TOKEN = "an-api-token-for-the-sandbox"
SERIAL_NUMBER = "24DCF85294E411E38A52066B556BA4EE"

# What an administrator of Oomnitza has mapped there: source path → field.
SERVER_MAPPINGS: dict[str, dict[str, str | list[str]]] = {
    "LDAP": {"telephoneNumber": "PHONE", "title": "POSITION"},
    "CSV_users": {"mail": "EMAIL", "login": "USER", "phone": "PHONE"},
    "Casper": {
        "general.serial_number": SERIAL_NUMBER,
        "general.name": "NAME",
        "general.last_contact_time": "LAST_SEEN",
        "hardware.model": "MODEL",
        "hardware.os_version": "OS_VERSION",
        "location.username": "ASSIGNED_TO",
        "purchasing.warranty_expires": "WARRANTY_EXPIRES",
    },
    "Casper.MDM": {
        "general.serial_number": SERIAL_NUMBER,
        "general.display_name": "NAME",
        "general.last_inventory_update": "LAST_SEEN",
        "general.model": "MODEL",
        "general.os_version": "OS_VERSION",
        "network.imei": "IMEI",
        "location.username": "ASSIGNED_TO",
    },
}

INI = """\
# The sandbox's own settings, written anew each time it starts.

[oomnitza]
url = {oomnitza}
api_token = {api_token}

[ldap]
enable = True
url = {directory}
username = {admin_dn}
password = {password}
base_dn = ou=people,dc=example,dc=com
filter = (objectClass=inetOrgPerson)
default_role = 25
default_position = Employee

[casper]
enable = True
url = {jamf}
username = auditor
password = {password}
sync_field = {serial_number}
sync_type = computers

[casper.MDM]
enable = True
url = {jamf}
username = auditor
password = {password}
sync_field = {serial_number}
sync_type = mobiledevices

[csv_users]
enable = True
filename = people.csv
default_role = 25
default_position = Employee
"""


class Company:
    """Starts everything for the length of a `with` block; Oomnitza's data stay in the folder."""

    def __init__(self, folder: Path, ini: str = "config.ini") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.config = folder / ini
        self.oomnitza = Oomnitza(folder / "oomnitza.sqlite", api_token=API_TOKEN)
        self.jamf = JamfPro(
            computers=COMPUTERS,
            mobile_devices=MOBILE_DEVICES,
            username="auditor",
            password=PASSWORD,
        )
        self.directory = Directory(company(PEOPLE), accounts={ADMIN_DN: PASSWORD})
        self.sccm = Sccm(folder / "sccm.sqlite")
        # Those that tell their own section and mapping.
        self.others: dict[str, Any] = {
            "airwatch": AirWatch(),
            "bamboohr": BambooHR(),
            "jasper": Jasper(storage=folder / "storage.db"),
            "mobileiron": MobileIronCloud(),
            "core": MobileIronCore(),
            "okta": Okta(),
            "onelogin": OneLogin(),
            "zendesk": Zendesk(),
        }
        self.oomnitza.mappings.update(SERVER_MAPPINGS)
        for source in (self.sccm, *self.others.values()):
            self.oomnitza.mappings.update(source.server_mapping)
        apps = {"oomnitza": self.oomnitza, "jamf": self.jamf, **self.others}
        self._servers = {name: WebServer(service.app) for name, service in apps.items()}
        self._stack = ExitStack()

    @property
    def addresses(self) -> dict[str, str]:
        urls = {name: server.url for name, server in self._servers.items()}
        return {**urls, "directory": self.directory.url}

    def welcome(self) -> str:
        """What to tell the one who started it."""
        lines = [f"  {name:<10} {url}" for name, url in self.addresses.items()]
        return "\n".join(
            [
                "The sandbox runs at",
                *lines,
                f"Its settings: {self.config}. In another terminal, try",
                f"  connector.py upload ldap casper --ini {self.config}",
                f"and look at {self.addresses['oomnitza']}. Stop the sandbox with Ctrl-C.",
            ]
        )

    def wait(self) -> None:
        """Stay until the one who started it has had enough (KeyboardInterrupt)."""
        threading.Event().wait()

    def __enter__(self) -> Self:
        for server in self._servers.values():
            self._stack.enter_context(server)
        self._stack.enter_context(self.directory)
        self.config.touch(mode=0o600)
        self.config.write_text(self._ini(), encoding="utf-8")
        write_people(self.config.parent / "people.csv")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()
        self.oomnitza.close()

    def _ini(self) -> str:
        addresses = self.addresses
        text = INI.format(
            **addresses,
            api_token=API_TOKEN,
            admin_dn=ADMIN_DN,
            password=PASSWORD,
            serial_number=SERIAL_NUMBER,
        )
        sections = [source.section(addresses[name]) for name, source in self.others.items()]
        jasper = self.others["jasper"]
        sections.append(jasper.control_center_section(addresses["jasper"]))
        return "\n".join([text, *sections, self._sccm_section()])

    def _sccm_section(self) -> str:
        """SCCM is read through ODBC, which not every machine has."""
        section = self.sccm.section()
        if odbc_driver_is_there():
            return section
        missing = "# Needs unixODBC and its driver for SQLite (Debian: unixodbc, libsqliteodbc).\n"
        return missing + section.replace("enable = True", "enable = False")


def odbc_driver_is_there() -> bool:
    """Whether this machine can read a SQLite file through ODBC."""
    try:
        import pyodbc
    except ImportError:
        return False
    pyodbc.pooling = False  # what counts for the whole process is what it is at the first call
    return "SQLite3" in pyodbc.drivers()


def write_people(path: Path) -> None:
    """Write the company's first people as a file of comma-separated values."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["login", "first_name", "last_name", "mail", "phone"])
        for person in people(40):
            writer.writerow(
                [person.login, person.first_name, person.last_name, person.mail, person.phone]
            )
