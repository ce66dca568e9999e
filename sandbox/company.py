"""The whole sandbox at once: an Oomnitza and every source of one company, and an ini for them."""

from __future__ import annotations

import threading
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from sandbox.directory import Directory, company
from sandbox.jamf import JamfPro
from sandbox.oomnitza import Oomnitza
from sandbox.web import WebServer

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
"""


class Company:
    """Starts everything for the length of a `with` block; Oomnitza's data stay in the folder."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.config = folder / "config.ini"
        self.oomnitza = Oomnitza(folder / "oomnitza.sqlite", api_token=API_TOKEN)
        self.oomnitza.mappings.update(SERVER_MAPPINGS)
        self.jamf = JamfPro(
            computers=COMPUTERS,
            mobile_devices=MOBILE_DEVICES,
            username="auditor",
            password=PASSWORD,
        )
        self.directory = Directory(company(PEOPLE), accounts={ADMIN_DN: PASSWORD})
        self._servers = {
            "oomnitza": WebServer(self.oomnitza.app),
            "jamf": WebServer(self.jamf.app),
        }
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
                f"  python connector.py upload ldap casper --ini {self.config}",
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
        text = INI.format(
            **self.addresses,
            api_token=API_TOKEN,
            admin_dn=ADMIN_DN,
            password=PASSWORD,
            serial_number=SERIAL_NUMBER,
        )
        self.config.touch(mode=0o600)
        self.config.write_text(text, encoding="utf-8")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()
        self.oomnitza.close()
