"""An LDAP server of sample entries: in memory, read-only, on a loopback port.

It answers as OpenLDAP does, down to the diagnostic texts, with one loan from Active Directory: a
page size above the maximum is cut down to it and not refused.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, ClassVar, Self

from sandbox.directory.entries import PEOPLE, company
from sandbox.directory.session import Listener
from sandbox.directory.state import State
from sandbox.directory.tree import Entry
from sandbox.mock import PASSWORD, MockSystem, ServerMapping
from sandbox.people import HEADCOUNT

ADMIN_DN = "cn=read-only-admin,dc=example,dc=com"


class Directory(State, MockSystem):
    """An LDAP server on 127.0.0.1 for as long as the `with` block lasts; port 0 takes a free one.

    Beside the port it is made with what its `State` takes, which also has the switches.
    """

    name = "directory"
    server_mapping: ClassVar[ServerMapping] = {
        "LDAP": {"telephoneNumber": "PHONE", "title": "POSITION"}
    }

    def __init__(self, entries: Iterable[Entry], *, port: int = 0, **state: Any) -> None:
        super().__init__(entries, **state)
        self.port = port
        self._listener: Listener | None = None

    @classmethod
    def for_sandbox(cls, folder: Path) -> Self:
        return cls(company(HEADCOUNT), accounts={ADMIN_DN: PASSWORD})

    def section(self, url: str) -> str:
        """The section that reads its people with the first of its accounts."""
        dn, password = next(iter(self.accounts.values()))
        return (
            f"[ldap]\nenable = True\nurl = {url}\nusername = {dn}\npassword = {password}\n"
            f"base_dn = {PEOPLE}\nfilter = (objectClass=inetOrgPerson)\n"
            "default_role = 25\ndefault_position = Employee\n"
        )

    def start(self) -> Self:
        self._listener = Listener(self, self.port)
        self.port = self._listener.start()
        # By name over TLS, since certificates name hosts.
        scheme, host = ("ldaps", "localhost") if self.ldaps else ("ldap", "127.0.0.1")
        self.url = f"{scheme}://{host}:{self.port}"
        return self

    def stop(self) -> None:
        """Close the port and break off every connection."""
        if self._listener:
            self._listener.stop()
            self._listener = None
