"""An LDAP server of sample entries: in memory, read-only, on a loopback port.

It answers as OpenLDAP does, down to the diagnostic texts, with one loan from Active Directory: a
page size above the maximum is cut down to it and not refused.
"""

from __future__ import annotations

import ssl
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

from sandbox.directory.filters import Record
from sandbox.directory.messages import (
    ALL_OPERATIONAL_ATTRIBUTES,
    DOMAIN_SCOPE,
    PAGED_RESULTS,
    START_TLS,
    WHO_AM_I,
    Outcome,
)
from sandbox.directory.names import parse_dn
from sandbox.directory.session import Asked, Listener
from sandbox.directory.tree import Entry, Tree
from sandbox.people import Person, people

SUFFIX = "dc=example,dc=com"
PEOPLE = f"ou=people,{SUFFIX}"
GROUPS = f"ou=groups,{SUFFIX}"
MEMBERSHIP: Mapping[str, Callable[[Person], bool]] = {
    "contractors": lambda person: person.number % 10 == 0,
    "managers": lambda person: person.title == "Manager",
    "Sales, Field": lambda person: person.department == "Sales",
}


class Directory:
    """An LDAP server on 127.0.0.1 for as long as the `with` block lasts; port 0 takes a free one.

    `accounts` holds the password of each DN that may bind, and read everything. A search without
    paging gets `size_limit` entries at most, a page holds `max_page`. A certificate (paths of a PEM
    chain and its key) brings StartTLS, or with `ldaps` TLS from the first byte.

    Attributes that may be changed while it runs, like `size_limit`, `max_page`, `anonymous_read`:
        require_tls: refuse passwords that come in the clear, as OpenLDAP's `security simple_bind`.
        paging: whether the server knows the paged results control.
        references: URIs of other servers, told before the entries of a search of the whole suffix.
        refusals: for an operation, the outcomes to answer with instead of the true one, a request
            each; None is the true one, as is the end. With itertools.repeat() there is no end.
        hang_up_after: entries after which a new connection breaks off in the middle of an answer.
        requests: what was asked, in order of arrival, without passwords.
    """

    def __init__(
        self,
        entries: Iterable[Entry],
        *,
        accounts: Mapping[str, str],
        suffix: str = SUFFIX,
        port: int = 0,
        size_limit: int = 500,
        max_page: int = 1000,
        anonymous_read: bool = False,
        certificate: tuple[Path, Path] | None = None,
        ldaps: bool = False,
    ) -> None:
        if ldaps and not certificate:
            raise ValueError("ldaps needs a certificate")
        self.port = port
        self.size_limit = size_limit
        self.max_page = max_page
        self.anonymous_read = anonymous_read
        self.require_tls = False
        self.paging = True
        self.references: list[str] = []
        self.refusals: dict[str, Iterator[Outcome | None]] = {}
        self.hang_up_after: int | None = None
        self.requests: list[Asked] = []
        self.suffix = suffix
        self.tree = Tree(entries)
        self.accounts = {parse_dn(dn): (dn, password) for dn, password in accounts.items()}
        self.ldaps = ldaps
        self.tls = _tls_context(*certificate) if certificate else None
        self._listener: Listener | None = None

    @property
    def url(self) -> str:
        """Address without a trailing slash; ldaps by name, since certificates name hosts."""
        scheme, host = ("ldaps", "localhost") if self.ldaps else ("ldap", "127.0.0.1")
        return f"{scheme}://{host}:{self.port}"

    def start(self) -> Self:
        self._listener = Listener(self)
        self.port = self._listener.start()
        return self

    def stop(self) -> None:
        """Close the port and every connection; a second call does nothing."""
        if self._listener:
            self._listener.stop()
            self._listener = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def controls(self) -> list[str]:
        """OIDs of the controls that a search takes; other operations take none."""
        return [DOMAIN_SCOPE, PAGED_RESULTS] if self.paging else [DOMAIN_SCOPE]

    def root_dse(self) -> Record:
        """Describe the server itself (RFC 4512, 5.1)."""
        attributes = {
            "objectClass": ["top"],
            "namingContexts": [self.suffix],
            "supportedLDAPVersion": ["3"],
            "supportedControl": self.controls(),
            "supportedExtension": [WHO_AM_I, START_TLS] if self.tls else [WHO_AM_I],
            "supportedFeatures": [ALL_OPERATIONAL_ATTRIBUTES],
        }
        return Tree([Entry("", attributes)]).find("")


def company(count: int) -> Iterator[Entry]:
    """Yield the sandbox's company: its units, `count` people, and the groups that have members."""
    staff = list(people(count))
    yield _entry(SUFFIX, ["dcObject", "organization"], dc="example", o="Example")
    yield _entry(PEOPLE, ["organizationalUnit"], ou="people")
    yield _entry(GROUPS, ["organizationalUnit"], ou="groups")
    for person in staff:
        yield _employee(person, manager=staff[max(person.number - 2, 0) // 8])
    for name, belongs in MEMBERSHIP.items():
        if members := [_person_dn(person) for person in staff if belongs(person)]:
            yield _entry(_group_dn(name), ["groupOfNames"], cn=name, member=members)
    logins = [person.login for person in staff if person.number % 3 == 0]
    yield _entry(_group_dn("vpn"), ["posixGroup"], cn="vpn", gidNumber="5000", memberUid=logins)


def _employee(person: Person, manager: Person) -> Entry:
    changed = date(2026, 1, 1) + timedelta(person.number % 300)
    return _entry(
        _person_dn(person),
        ["top", "person", "organizationalPerson", "inetOrgPerson"],
        uid=person.login,
        cn=person.full_name,
        sn=person.last_name,
        givenName=person.first_name,
        employeeNumber=str(person.number),
        mail=person.mail,
        telephoneNumber=person.phone,
        title=person.title,
        ou=person.department,
        manager=_person_dn(manager) if person.number > 1 else "",
        memberOf=[_group_dn(name) for name, belongs in MEMBERSHIP.items() if belongs(person)],
        modifyTimestamp=f"{changed:%Y%m%d}080000Z",
    )


def _entry(dn: str, classes: list[str], **attributes: str | list[str]) -> Entry:
    """Make an entry with an UUID; an empty value is left out, as no directory keeps one."""
    values = {
        name: [value] if isinstance(value, str) else value
        for name, value in attributes.items()
        if value
    }
    unique = {"entryUUID": [str(uuid.uuid5(uuid.NAMESPACE_X500, dn))]}
    return Entry(dn, {"objectClass": classes, **values, **unique})


def _person_dn(person: Person) -> str:
    return f"uid={person.login},{PEOPLE}"


def _group_dn(name: str) -> str:
    escaped = name.replace(",", r"\,")
    return f"cn={escaped},{GROUPS}"


def _tls_context(chain: Path, key: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(chain, key)
    return context
