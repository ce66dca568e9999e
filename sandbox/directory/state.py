"""What a directory is and holds, as its sessions read it: entries, accounts, limits."""

from __future__ import annotations

import ssl
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from sandbox.directory.entries import SUFFIX
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
from sandbox.directory.tree import Entry, Tree

# LDAP_CAP_ACTIVE_DIRECTORY_OID (MS-ADTS, 3.1.1.3.4.3).
ACTIVE_DIRECTORY = "1.2.840.113556.1.4.800"


class Asked(NamedTuple):
    """A request that came in, by name ("bind", "search", "extended", ...), and what it said."""

    operation: str
    detail: Mapping[str, Any]


class State:
    """A directory without its port.

    `accounts` holds the password of each DN that may bind, and read everything. A search without
    paging gets `size_limit` entries at most, a page holds `max_page`. A certificate (paths of a PEM
    chain and its key) brings StartTLS, or with `ldaps` TLS from the first byte. One that is
    `active_directory` says so in its root, and finds members of groups in groups by its own rule.

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
        size_limit: int = 500,
        max_page: int = 1000,
        anonymous_read: bool = False,
        certificate: tuple[Path, Path] | None = None,
        ldaps: bool = False,
        active_directory: bool = False,
    ) -> None:
        if ldaps and not certificate:
            raise ValueError("ldaps needs a certificate")
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
        self.active_directory = active_directory
        if active_directory:
            self.tree.work_out_groups()
        self.accounts = {parse_dn(dn): (dn, password) for dn, password in accounts.items()}
        self.ldaps = ldaps
        self.tls = _tls_context(*certificate) if certificate else None

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
        if self.active_directory:
            attributes |= {
                "supportedCapabilities": [ACTIVE_DIRECTORY],
                "defaultNamingContext": [self.suffix],
            }
        return Tree([Entry("", attributes)]).find("")


def _tls_context(chain: Path, key: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(chain, key)
    return context
