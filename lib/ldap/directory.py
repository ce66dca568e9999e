"""An LDAP client: signs in to a directory and searches it.

What is different from plain ldap3 2.9.1, and why:

- certificates are checked, names and IP addresses alike: ldap3 checks none unless told;
- referrals are never followed: ldap3 would send the password, in clear, to any host named;
- the result code of every page is checked: ldap3 takes a truncated answer for a complete one;
- values are the directory's bytes: ldap3 reads those that are not UTF-8 as Latin-1;
- no schema is read, so that an attribute unknown to it can be asked for;
- entries are decoded by lib.ldap.decoder, and pages received ahead by lib.ldap.answers, with which
  people arrive several times as fast.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal
from urllib.parse import urlsplit

import ldap3
from ldap3.core import exceptions as ldap_errors
from ldap3.utils.asn1 import decode_message_fast
from ldap3.utils.conv import escape_filter_chars

from lib.connection import ConnectionSettings
from lib.errors import ConfigurationError, SourceFault
from lib.ldap.answers import Answer, Answers
from lib.ldap.decoder import AttributeNames, plain_entry
from lib.ldap.errors import NoSuchEntry, error_for_failure, error_for_result
from lib.retry import UNREACHABLE, Retry
from lib.tls import client_context

# Active Directory gives at most 1000 entries a page; OpenLDAP refuses more than it is set to.
PAGE_SIZE = 500
SMALL_PAGE = 50  # which is refused for other reasons than its size
PAGED_RESULTS = "1.2.840.113556.1.4.319"

Scope = Literal["BASE", "LEVEL", "SUBTREE"]


@dataclass(frozen=True)
class LdapEntry:
    """An entry of a directory: its DN, and the raw values of its attributes.

    Attribute names are in the directory's own spelling.
    """

    dn: str
    attributes: dict[str, list[bytes]]


class Directory:
    """A connection to one LDAP server; `connect` signs in."""

    def __init__(
        self, url: str, settings: ConnectionSettings, *, start_tls: bool = False, version: int = 3
    ) -> None:
        parts = urlsplit(url)
        secure = parts.scheme.lower() == "ldaps"
        self._where = url
        self._version = version
        self._timeout = settings.timeout
        self._start_tls = start_tls
        with self._translate_errors():
            # One for each attempt: it keeps in mind which addresses did not answer.
            self._server = partial(
                ldap3.Server,
                parts.hostname,
                parts.port or (636 if secure else 389),
                use_ssl=secure,
                tls=_CheckedTls(client_context(settings)),
                get_info=ldap3.NONE,
                connect_timeout=min(30, settings.timeout),
            )
        self._retry = Retry(settings.retries)
        self._connection: Any = None
        self._names = AttributeNames()

    def connect(self, username: str, password: str) -> None:
        """Sign in; without a username, anonymously.

        Retries if the directory is unreachable or busy, but never a refused sign-in.
        """
        self._retry.call(partial(self._open, username, password), UNREACHABLE)

    def _open(self, username: str, password: str) -> None:
        self.close()
        with self._translate_errors():
            self._connection = connection = ldap3.Connection(
                self._server(),
                user=username or None,
                password=password or None,
                authentication=ldap3.SIMPLE if username else ldap3.ANONYMOUS,
                version=self._version,
                auto_bind=ldap3.AUTO_BIND_NONE,
                auto_referrals=False,
                auto_range=False,
                check_names=False,
                raise_exceptions=True,
                read_only=True,
                receive_timeout=self._timeout,
                return_empty_attributes=False,
            )
            self._answers = Answers(connection)
            connection.open(read_server_info=False)
            if self._start_tls:
                connection.start_tls(read_server_info=False)
            connection.bind(read_server_info=False)
            self._successful(connection.result)

    def close(self) -> None:
        """Sign out and close the connection; errors of the directory are ignored."""
        if self._connection:
            self._answers.close()
            with suppress(ldap_errors.LDAPException, OSError):
                self._connection.unbind()
            if self._connection.socket:  # ldap3 leaves it open when there was no connection
                self._connection.socket.close()

    def search(
        self,
        base: str,
        query: str,
        attributes: Sequence[str],
        *,
        scope: Scope = "SUBTREE",
        page_size: int = PAGE_SIZE,
    ) -> Iterator[LdapEntry]:
        """Yield the entries at or below the base that match an RFC 4515 filter, page by page.

        From the second page on, the next one is received while one is used; a caller that takes
        only the first page waits for no other. During a search `entry` may be called, but no other
        paged search: OpenLDAP keeps one at a time. LDAP 2, and a page size of 0, do without pages.

        Raises SourceFault if the directory truncates the result.
        """
        paged = page_size and self._version > 2
        paging = {"paged_size": page_size, "paged_criticality": True} if paged else {}
        search = partial(
            self._connection.search,
            base,
            query,
            search_scope=scope,
            dereference_aliases=ldap3.DEREF_NEVER,
            attributes=list(attributes),
        )
        with self._translate_errors(base):
            page, cookie = self._page(self._first(search, paging), base)
        yield from self._entries(page, base)
        ahead = cookie and self._answers.ahead(partial(search, paged_cookie=cookie, **paging))
        while ahead:
            with self._translate_errors(base):
                page, following = self._page(ahead.result(), base)
            if following == cookie and not page:
                raise SourceFault(
                    "the directory returned the same empty page twice",
                    where=self._where,
                    fix="Try again later",
                )
            cookie = following
            ahead = cookie and self._answers.ahead(partial(search, paged_cookie=cookie, **paging))
            yield from self._entries(page, base)

    def entry(self, dn: str, query: str, attributes: Sequence[str]) -> LdapEntry | None:
        """Return the entry with this DN; None if it does not exist or does not match."""
        try:
            entries = self.search(dn, query, attributes, scope="BASE", page_size=0)
            return next(entries, None)
        except NoSuchEntry:
            return None

    def all_values(self, dn: str, attribute: str) -> list[bytes] | None:
        """Return all values of one attribute; None if the entry does not exist.

        Active Directory gives more than 1500 values in parts, named `member;range=0-1499`, the
        last one `member;range=3000-*` (MS-ADTS, range retrieval).
        """
        values: list[bytes] = []
        asked = attribute
        while asked:
            entry = self.entry(dn, "(objectClass=*)", [asked])
            if entry is None:
                return None
            asked = ""
            for name, part in entry.attributes.items():
                values += part
                end = re.search(r";range=\d+-(\d+)$", name, re.IGNORECASE)
                if end and part:
                    asked = f"{attribute};range={int(end[1]) + 1}-*"
        return values

    def _first(self, search: Callable[..., int], paging: dict[str, Any]) -> Answer:
        """The answer with the first page.

        Where a page is more than OpenLDAP gives (its limit size.pr), `paged_size` is made smaller
        until it is not.
        """
        while True:
            try:
                return self._answers.now(partial(search, **paging))
            except ldap_errors.LDAPAdminLimitExceededResult:
                if paging.get("paged_size", 0) <= SMALL_PAGE:
                    raise
                paging["paged_size"] //= 2

    def _page(self, answer: Answer, base: str) -> tuple[list[bytes], bytes]:
        """The entries of a page, undecoded, and the cookie for the page that follows."""
        result = self._successful(answer.result, base)
        control = (result.get("controls") or {}).get(PAGED_RESULTS)
        return answer.entries, control["value"]["cookie"] if control else b""

    def _entries(self, messages: list[bytes], base: str) -> Iterator[LdapEntry]:
        for message in messages:
            decoded = plain_entry(message, self._names)
            yield LdapEntry(*decoded) if decoded else self._by_ldap3(message, base)

    def _by_ldap3(self, message: bytes, base: str) -> LdapEntry:
        """Decode a message that `plain_entry` does not cover."""
        with self._translate_errors(base):
            item = self._connection.strategy.decode_response_fast(decode_message_fast(message))
            values = item["raw_attributes"].items()
            return LdapEntry(item["dn"], {name: each or [] for name, each in values})

    def _successful(self, result: dict[str, Any], base: str = "") -> dict[str, Any]:
        """The result. ldap3 raises for some of the others, but not for all."""
        if result["result"] != 0:
            raise error_for_result(
                result["result"], result["description"], result["message"], self._at(base)
            )
        return result

    @contextmanager
    def _translate_errors(self, base: str = "") -> Iterator[None]:
        """Turn ldap3's exceptions into the errors of this program."""
        where = self._at(base)
        try:
            yield
        except ldap_errors.LDAPOperationResult as error:
            raise error_for_result(
                error.result, error.description, error.message or "", where
            ) from None
        except ldap_errors.LDAPInvalidFilterError:
            raise ConfigurationError(
                "not a valid LDAP filter",
                where=where,
                fix="Correct filter, for example its parentheses",
            ) from None
        except ldap_errors.LDAPInvalidDnError:
            raise ConfigurationError(
                f"'{base}' is not a valid distinguished name",
                where=where,
                fix="Set base_dn to a distinguished name, such as ou=People,dc=example,dc=com",
            ) from None
        except (ldap_errors.LDAPException, OSError) as error:
            raise error_for_failure(error, where) from error
        except (LookupError, TypeError, ValueError) as error:  # ldap3 met bytes that are no LDAP
            raise SourceFault(
                "the response is not LDAP",
                where=where,
                fix="Check that host and port in url are those of an LDAP server",
            ) from error

    def _at(self, base: str) -> str:
        return f"{self._where} {base}".rstrip()


class _CheckedTls(ldap3.Tls):  # type: ignore[misc]
    """Checks certificates by the ssl module; ldap3's own check has no IP addresses in 3.12+."""

    def __init__(self, context: ssl.SSLContext) -> None:
        super().__init__(validate=ssl.CERT_NONE)
        self._context = context

    def wrap_socket(self, connection: Any, do_handshake: bool = False) -> None:
        connection.socket = self._context.wrap_socket(
            connection.socket,
            do_handshake_on_connect=do_handshake,
            server_hostname=connection.server.host,
        )


def parenthesised(query: str) -> str:
    """Return a filter with its outer parentheses, which ldap3 requires and other tools do not."""
    query = " ".join(line.strip() for line in query.splitlines()).strip()
    return query if query.startswith("(") else f"({query})"


def escaped(value: str) -> str:
    """Return a value with the special characters of a filter escaped (RFC 4515)."""
    return str(escape_filter_chars(value))
