"""An LDAP server of sample entries: in memory, read-only, on a loopback port.

It answers as OpenLDAP does, down to the diagnostic texts, with one loan from Active Directory: a
page size above the maximum is cut down to it and not refused.
"""

from __future__ import annotations

import secrets
import socket
import socketserver
import ssl
import threading
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

from sandbox import ber, ldapfilter
from sandbox.ldapfilter import OPERATIONAL, STANDARD, DistinguishedName, Record, parse_dn
from sandbox.people import Person, people

SUFFIX = "dc=example,dc=com"
PEOPLE = f"ou=people,{SUFFIX}"
GROUPS = f"ou=groups,{SUFFIX}"
MEMBERSHIP: Mapping[str, Callable[[Person], bool]] = {
    "contractors": lambda person: person.number % 10 == 0,
    "managers": lambda person: person.title == "Manager",
    "Sales, Field": lambda person: person.department == "Sales",
}

PAGED_RESULTS = "1.2.840.113556.1.4.319"
DOMAIN_SCOPE = "1.2.840.113556.1.4.1339"
START_TLS = "1.3.6.1.4.1.1466.20037"
WHO_AM_I = "1.3.6.1.4.1.4203.1.11.3"
NOTICE_OF_DISCONNECTION = "1.3.6.1.4.1.1466.20036"
ALL_OPERATIONAL_ATTRIBUTES = "1.3.6.1.4.1.4203.1.5.1"

SUCCESS = 0
OPERATIONS_ERROR = 1
PROTOCOL_ERROR = 2
SIZE_LIMIT_EXCEEDED = 4
AUTH_METHOD_NOT_SUPPORTED = 7
UNAVAILABLE_CRITICAL_EXTENSION = 12
CONFIDENTIALITY_REQUIRED = 13
NO_SUCH_OBJECT = 32
INVALID_DN_SYNTAX = 34
INVALID_CREDENTIALS = 49
UNWILLING_TO_PERFORM = 53

UNANSWERED = {0x42: "unbind", 0x50: "abandon"}
ANSWERED = {  # tag of the request: name, tag of the answer
    0x60: ("bind", 0x61),
    0x63: ("search", 0x65),
    0x66: ("modify", 0x67),
    0x68: ("add", 0x69),
    0x4A: ("delete", 0x6B),
    0x6C: ("modifyDN", 0x6D),
    0x6E: ("compare", 0x6F),
    0x77: ("extended", 0x78),
}
SCOPES = {  # scope of a search: name, levels below its base
    0: ("base", range(1)),
    1: ("one", range(1, 2)),
    2: ("sub", range(100)),
    3: ("children", range(1, 100)),
}


class Entry(NamedTuple):
    dn: str
    attributes: Mapping[str, Sequence[str | bytes]]


class Asked(NamedTuple):
    """A request that came in, by name ("bind", "search", "extended", ...), and what it said."""

    operation: str
    detail: Mapping[str, Any]


class Outcome(NamedTuple):
    """How a request ended: the LDAPResult of its answer (RFC 4511, 4.1.9)."""

    code: int = SUCCESS
    text: str = ""
    matched: str = ""
    referral: tuple[str, ...] = ()


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
        self._listener: _Listener | None = None

    @property
    def url(self) -> str:
        """Address without a trailing slash; ldaps by name, since certificates name hosts."""
        scheme, host = ("ldaps", "localhost") if self.ldaps else ("ldap", "127.0.0.1")
        return f"{scheme}://{host}:{self.port}"

    def start(self) -> Self:
        self._listener = _Listener(self)
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


class Refused(Exception):
    """A request ends with another outcome than success."""

    def __init__(
        self, code: int, text: str = "", matched: str = "", referral: tuple[str, ...] = ()
    ) -> None:
        super().__init__(code, text)
        self.outcome = Outcome(code, text, matched, referral)


class Tree:
    """Entries by name, in the order in which they were given."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        given = [
            (dn, {name: [_as_bytes(value) for value in values] for name, values in held.items()})
            for dn, held in entries
        ]
        names = {name.lower() for _, attributes in given for name in attributes}
        schema = STANDARD | OPERATIONAL | names
        records = [Record(dn, attributes, schema) for dn, attributes in given]
        self._records = {record.name: record for record in records}

    def find(self, dn: str) -> Record:
        """Entry of this DN; if there is none, the refusal tells how much of the DN there is."""
        name = _name(dn)
        for missing in range(len(name) + 1):
            record = self._records.get(name[missing:])
            if record and not missing:
                return record
            if record:
                raise Refused(NO_SUCH_OBJECT, matched=record.dn)
        raise Refused(NO_SUCH_OBJECT)

    def search(self, request: SearchRequest) -> list[Record]:
        base = self.find(request.base)
        scope, levels = SCOPES[request.scope]
        candidates = [base] if scope == "base" else self._records.values()
        return [
            record
            for record in candidates
            if (below := len(record.name) - len(base.name)) in levels
            and record.name[below:] == base.name
            and request.filter.evaluate(record)
        ]


def _name(dn: str) -> DistinguishedName:
    try:
        return parse_dn(dn)
    except ValueError:
        raise Refused(INVALID_DN_SYNTAX, "invalid DN") from None


def _as_bytes(value: str | bytes) -> bytes:
    return value.encode() if isinstance(value, str) else value


class Control(NamedTuple):
    critical: bool
    value: bytes


class SearchRequest(NamedTuple):
    base: str
    scope: int
    size_limit: int
    types_only: bool
    filter: ldapfilter.Filter
    attributes: list[str]

    @classmethod
    def decode(cls, body: bytes) -> Self:
        reader = ber.Reader(body)
        base, scope = reader.text(), reader.integer(ber.ENUMERATED)
        reader.take(ber.ENUMERATED)  # derefAliases: there are no aliases
        size_limit = reader.integer()
        reader.take(ber.INTEGER)  # timeLimit: a search takes milliseconds
        types_only = reader.boolean()
        condition, names = ldapfilter.decode(reader), reader.sequence()
        attributes = []
        while names:
            attributes.append(names.text())
        if scope not in SCOPES:
            raise Refused(PROTOCOL_ERROR, "invalid scope")
        return cls(base, scope, size_limit, types_only, condition, attributes)


class Page(NamedTuple):
    """Value of the paged results control (RFC 2696)."""

    size: int
    cookie: bytes

    @classmethod
    def wanted(cls, controls: Mapping[str, Control]) -> Self | None:
        control = controls.get(PAGED_RESULTS)
        if control is None:
            return None
        try:
            reader = ber.Reader(control.value).sequence()
            page = cls(reader.integer(), reader.take())
        except ber.Malformed:
            text = "paged results control could not be decoded"
            raise Refused(PROTOCOL_ERROR, text) from None
        if page.size < 0:
            raise Refused(PROTOCOL_ERROR, "paged results control size invalid")
        return page

    def encode(self) -> bytes:
        value = ber.sequence(ber.integer(self.size), ber.octets(self.cookie))
        return ber.sequence(ber.octets(PAGED_RESULTS), ber.octets(value))


@dataclass
class Cursor:
    """A search of which some entries are yet to be sent."""

    request: bytes
    records: list[Record]
    cut_short: bool
    cookie: bytes = b""


class _Listener(socketserver.ThreadingTCPServer):
    """Accept connections, and keep a second handle of each so that stop() can break it off."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, directory: Directory) -> None:
        super().__init__(("127.0.0.1", directory.port), _Session)
        self.directory = directory
        self._open: dict[threading.Thread, socket.socket] = {}
        self._loop = threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True)

    def start(self) -> int:
        """Begin to accept; returns the port."""
        self._loop.start()
        return int(self.server_address[1])

    def stop(self) -> None:
        self.shutdown()
        self._loop.join()
        self.server_close()
        for thread, handle in list(self._open.items()):
            with suppress(OSError):
                handle.shutdown(socket.SHUT_RDWR)
            thread.join()

    def process_request(self, request: Any, client_address: Any) -> None:
        thread = threading.Thread(target=self._serve, args=(request, client_address), daemon=True)
        self._open[thread] = request.dup()
        thread.start()

    def _serve(self, request: Any, client_address: Any) -> None:
        self.process_request_thread(request, client_address)
        self._open.pop(threading.current_thread()).close()


class _Session(socketserver.BaseRequestHandler):
    """The conversation on one connection: requests are answered one after another, in order."""

    server: _Listener

    def setup(self) -> None:
        self._directory = self.server.directory
        self._socket: socket.socket = self.request
        self._stream = self._socket.makefile("rwb")
        self._account = ""
        self._cursor: Cursor | None = None
        self._entries_left = self._directory.hang_up_after

    def handle(self) -> None:
        with suppress(OSError):
            if self._directory.ldaps:
                self._secure()
            try:
                while self._exchange():
                    pass
            except ber.Malformed as error:
                self._message, self._answer = 0, 0x78
                self._reply(
                    Outcome(PROTOCOL_ERROR, str(error)), ber.octets(NOTICE_OF_DISCONNECTION, 0x8A)
                )

    def finish(self) -> None:
        with suppress(OSError):
            self._stream.close()
        self._socket.close()

    def _exchange(self) -> bool:
        """Take the next request and answer it; False when there is none to come."""
        content = ber.read_message(self._stream)
        if content is None:
            return False
        message = ber.Reader(content)
        self._message = message.integer()
        tag, body = message.element()
        if tag in UNANSWERED:
            self._directory.requests.append(Asked(UNANSWERED[tag], {}))
            return UNANSWERED[tag] != "unbind"
        if tag not in ANSWERED or self._message <= 0:
            raise ber.Malformed("unknown LDAP request")
        self._operation, self._answer = ANSWERED[tag]
        handlers = {"bind": self._bind, "search": self._search, "extended": self._extended}
        try:
            handlers.get(self._operation, self._change)(body, _controls(message))
        except Refused as refused:
            self._reply(refused.outcome)
        return True

    def _admit(self, controls: Mapping[str, Control], **detail: object) -> None:
        """Write down what is asked, and refuse it if a test wants that or a control is unknown."""
        self._directory.requests.append(Asked(self._operation, detail))
        refusal = next(self._directory.refusals.get(self._operation, iter(())), None)
        if refusal:
            raise Refused(*refusal)
        known = self._directory.controls() if self._operation == "search" else []
        if any(control.critical and oid not in known for oid, control in controls.items()):
            text = "critical extension is not recognized"
            raise Refused(UNAVAILABLE_CRITICAL_EXTENSION, text)

    def _bind(self, body: bytes, controls: Mapping[str, Control]) -> None:
        request = ber.Reader(body)
        version, dn = request.integer(), request.text()
        method, credentials = request.element()
        self._account = ""
        self._admit(controls, name=dn, version=version)
        if version != 3:
            historical = "historical protocol version requested, use LDAPv3 instead"
            text = historical if version == 2 else "requested protocol version not supported"
            raise Refused(PROTOCOL_ERROR, text)
        if method != 0x80:
            raise Refused(AUTH_METHOD_NOT_SUPPORTED, "only simple binds are known")
        self._account = self._authenticated(dn, credentials)
        self._reply(Outcome())

    def _authenticated(self, dn: str, password: bytes) -> str:
        """DN of the account that these credentials open, empty for anonymous."""
        name = _name(dn)
        if not password and not name:
            return ""
        if not password:
            text = "unauthenticated bind (DN with no password) disallowed"
            raise Refused(UNWILLING_TO_PERFORM, text)
        if self._directory.require_tls and not isinstance(self._socket, ssl.SSLSocket):
            raise Refused(CONFIDENTIALITY_REQUIRED, "confidentiality required")
        account, right = self._directory.accounts.get(name, ("", ""))
        if not account or right.encode() != password:
            raise Refused(INVALID_CREDENTIALS)
        return account

    def _search(self, body: bytes, controls: Mapping[str, Control]) -> None:
        request, page = SearchRequest.decode(body), Page.wanted(controls)
        self._admit(
            controls,
            base=request.base,
            scope=SCOPES[request.scope][0],
            filter=request.filter.text,
            attributes=request.attributes,
            size_limit=request.size_limit,
            page_size=page.size if page else None,
        )
        if not self._directory.paging:
            page = None
        if page and page.cookie:
            cursor = self._resumed(page.cookie, body)
        else:
            cursor = self._begun(request, body, paged=page is not None)
            if DOMAIN_SCOPE not in controls:
                self._send_references(request)
        size = min(page.size, self._directory.max_page) if page else len(cursor.records)
        self._send_entries(cursor.records[:size], request)
        del cursor.records[:size]
        if cursor.cut_short and not cursor.records:
            self._reply(Outcome(SIZE_LIMIT_EXCEEDED))
        else:
            self._reply(Outcome(), controls=self._paged(page, cursor) if page else b"")

    def _begun(self, request: SearchRequest, body: bytes, paged: bool) -> Cursor:
        directory = self._directory
        if not request.base and SCOPES[request.scope][0] == "base":
            root = directory.root_dse()
            return Cursor(body, [root] if request.filter.evaluate(root) else [], cut_short=False)
        if not (self._account or directory.anonymous_read):
            raise Refused(NO_SUCH_OBJECT)
        records = directory.tree.search(request)
        limits = (request.size_limit, 0 if paged else directory.size_limit)
        limit = min(filter(None, limits), default=len(records))
        return Cursor(body, records[:limit], cut_short=len(records) > limit)

    def _resumed(self, cookie: bytes, body: bytes) -> Cursor:
        """The search that goes on: same connection, same request, and the newest cookie."""
        cursor = self._cursor
        if cursor is None or cursor.cookie != cookie:
            raise Refused(PROTOCOL_ERROR, "paged results cookie is invalid")
        if cursor.request != body:
            text = "a search may not change between its pages (RFC 2696, 3)"
            raise Refused(PROTOCOL_ERROR, text)
        return cursor

    def _paged(self, page: Page, cursor: Cursor) -> bytes:
        """Keep what is left for the next page; a size of 0 gives it up."""
        more = page.size > 0 and bool(cursor.records)
        cursor.cookie = secrets.token_bytes(8) if more else b""
        self._cursor = cursor if more else None
        return Page(0, cursor.cookie).encode()

    def _send_references(self, request: SearchRequest) -> None:
        if _name(request.base) == _name(self._directory.suffix) and request.scope == 2:
            for uri in self._directory.references:
                self._send(ber.element(0x73, ber.octets(uri)))

    def _send_entries(self, records: Iterable[Record], request: SearchRequest) -> None:
        for record in records:
            if self._entries_left is not None:
                if self._entries_left == 0:
                    raise ConnectionAbortedError
                self._entries_left -= 1
            attributes = [
                ber.sequence(
                    ber.octets(name),
                    ber.element(ber.SET, *map(ber.octets, () if request.types_only else values)),
                )
                for name, values in record.selected(request.attributes)
            ]
            self._send(ber.element(0x64, ber.octets(record.dn), ber.sequence(*attributes)))

    def _extended(self, body: bytes, controls: Mapping[str, Control]) -> None:
        oid = ber.Reader(body).text(0x80)
        self._admit(controls, name=oid)
        if oid == WHO_AM_I:
            identity = f"dn:{self._account}" if self._account else ""
            self._reply(Outcome(), ber.octets(identity, 0x8B))
        elif oid == START_TLS and self._directory.tls:
            if isinstance(self._socket, ssl.SSLSocket):
                raise Refused(OPERATIONS_ERROR, "TLS already started")
            self._reply(Outcome(), ber.octets(START_TLS, 0x8A))
            self._secure()
        else:
            raise Refused(PROTOCOL_ERROR, "unsupported extended operation")

    def _change(self, _: bytes, controls: Mapping[str, Control]) -> None:
        self._admit(controls)
        raise Refused(UNWILLING_TO_PERFORM, "operation restricted")

    def _secure(self) -> None:
        """Go on in TLS; what came too early, in the clear, is dropped."""
        assert self._directory.tls
        self._stream.close()
        self._socket = self._directory.tls.wrap_socket(self._socket, server_side=True)
        self._stream = self._socket.makefile("rwb")

    def _reply(self, outcome: Outcome, extra: bytes = b"", controls: bytes = b"") -> None:
        result = [
            ber.integer(outcome.code, ber.ENUMERATED),
            ber.octets(outcome.matched),
            ber.octets(outcome.text),
        ]
        if outcome.referral:
            result.append(ber.element(0xA3, *map(ber.octets, outcome.referral)))
        self._send(ber.element(self._answer, *result, extra), controls)
        self._stream.flush()

    def _send(self, answer: bytes, controls: bytes = b"") -> None:
        tail = ber.element(0xA0, controls) if controls else b""
        self._stream.write(ber.sequence(ber.integer(self._message), answer, tail))


def _controls(message: ber.Reader) -> dict[str, Control]:
    """Take the controls that a message ends with, if any, by their OID."""
    controls = {}
    listed = message.sequence(0xA0) if message.next_tag() == 0xA0 else ber.Reader(b"")
    while listed:
        control = listed.sequence()
        oid = control.text()
        critical = control.boolean() if control.next_tag() == ber.BOOLEAN else False
        controls[oid] = Control(critical, control.take() if control else b"")
    return controls


def _tls_context(chain: Path, key: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(chain, key)
    return context
