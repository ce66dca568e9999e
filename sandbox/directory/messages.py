"""What LDAP messages say: requests and controls that come in, outcomes that go out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Self

from sandbox.directory import ber, filters
from sandbox.directory.names import DistinguishedName, parse_dn

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


class Outcome(NamedTuple):
    """How a request ended: the LDAPResult of its answer (RFC 4511, 4.1.9)."""

    code: int = SUCCESS
    text: str = ""
    matched: str = ""
    referral: tuple[str, ...] = ()


class Refused(Exception):
    """A request ends with another outcome than success."""

    def __init__(
        self, code: int, text: str = "", matched: str = "", referral: tuple[str, ...] = ()
    ) -> None:
        super().__init__(code, text)
        self.outcome = Outcome(code, text, matched, referral)


class Control(NamedTuple):
    critical: bool
    value: bytes


class SearchRequest(NamedTuple):
    base: str
    scope: int
    size_limit: int
    types_only: bool
    filter: filters.Filter
    attributes: list[str]

    @classmethod
    def decode(cls, body: bytes) -> Self:
        reader = ber.Reader(body)
        base, scope = reader.text(), reader.integer(ber.ENUMERATED)
        reader.take(ber.ENUMERATED)  # derefAliases: there are no aliases
        size_limit = reader.integer()
        reader.take(ber.INTEGER)  # timeLimit: a search takes milliseconds
        types_only = reader.boolean()
        condition, names = filters.decode(reader), reader.sequence()
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


def controls_of(message: ber.Reader) -> dict[str, Control]:
    """Take the controls that a message ends with, if any, by their OID."""
    controls = {}
    listed = message.sequence(0xA0) if message.next_tag() == 0xA0 else ber.Reader(b"")
    while listed:
        control = listed.sequence()
        oid = control.text()
        critical = control.boolean() if control.next_tag() == ber.BOOLEAN else False
        controls[oid] = Control(critical, control.take() if control else b"")
    return controls


def name_of(dn: str) -> DistinguishedName:
    try:
        return parse_dn(dn)
    except ValueError:
        raise Refused(INVALID_DN_SYNTAX, "invalid DN") from None
