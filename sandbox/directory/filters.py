"""LDAP search filters (RFC 4511, 4.5.1.7): decoded from BER, and evaluated on an entry.

An evaluation is True, False or None. None is the protocol's Undefined: the schema does not know
the attribute, or no rule of it fits what is asked. Undefined stays undefined when negated, so that
`(!(nickname=x))` finds nobody where no schema has a nickname.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from sandbox.directory import ber
from sandbox.directory.names import DistinguishedName, folded, normal, parse_dn

BIT_AND = "1.2.840.113556.1.4.803"
BIT_OR = "1.2.840.113556.1.4.804"
IN_CHAIN = "1.2.840.113556.1.4.1941"
DEEPEST = 50

STANDARD = frozenset(  # inetOrgPerson (RFC 2798) and the usual groups, in lower case
    (
        *("c", "carlicense", "cn", "dc", "departmentnumber", "description", "displayname"),
        *("employeenumber", "employeetype", "facsimiletelephonenumber", "gidnumber", "givenname"),
        *("homephone", "homepostaladdress", "initials", "jpegphoto", "l", "mail", "manager"),
        *("member", "memberuid", "mobile", "o", "objectclass", "ou", "owner", "pager"),
        *("physicaldeliveryofficename", "postaladdress", "postalcode", "postofficebox"),
        *("preferredlanguage", "roomnumber", "secretary", "seealso", "sn", "st", "street"),
        *("telephonenumber", "title", "uid", "uniquemember", "userpassword"),
    )
)
OPERATIONAL = frozenset(  # what "*" does not select and "+" does
    (
        *("createtimestamp", "entrydn", "entryuuid", "memberof", "modifytimestamp"),
        *("namingcontexts", "supportedcontrol", "supportedextension", "supportedfeatures"),
        "supportedldapversion",
    )
)
DN_VALUED = frozenset(  # compared as DNs, and not by parts
    (
        *("distinguishedname", "entrydn", "manager", "member", "memberof", "owner"),
        *("secretary", "seealso", "uniquemember"),
    )
)


class Record:
    """An entry as a search sees it; `schema` holds every attribute's name in lower case."""

    def __init__(
        self, dn: str, attributes: Mapping[str, Sequence[bytes]], schema: Container[str]
    ) -> None:
        self.dn = dn
        self.name = parse_dn(dn)
        self._attributes = {name.lower(): (name, values) for name, values in attributes.items()}
        self._schema = schema
        # The groups that hold this entry, by way of others too; None where no server works it out.
        self.groups: Container[DistinguishedName] | None = None

    def values(self, attribute: str) -> Sequence[bytes] | None:
        """Values in their order; none for an absent attribute, None for an unknown one."""
        name = attribute.lower()
        if name in self._attributes:
            return self._attributes[name][1]
        return () if name in self._schema else None

    def selected(self, wanted: Sequence[str]) -> Iterator[tuple[str, Sequence[bytes]]]:
        """Yield what a search that wants these attributes gets (RFC 4511, 4.5.1.8; RFC 3673)."""
        names = {name.lower() for name in wanted} or {"*"}
        for name, (spelling, values) in self._attributes.items():
            if name in names or ("+" if name in OPERATIONAL else "*") in names:
                yield spelling, values


@dataclass(frozen=True)
class Filter:
    """A decoded filter: its text form (RFC 4515), and what it says of an entry."""

    text: str
    evaluate: Callable[[Record], bool | None]


def decode(reader: ber.Reader, depth: int = 0) -> Filter:
    """Take one filter; ber.Malformed where there is none, or one that nests too deeply."""
    if depth > DEEPEST:
        raise ber.Malformed("the filter nests too deeply")
    tag, content = reader.element()
    inner = ber.Reader(content)
    match tag:
        case 0xA0:
            return _combination("&", inner, depth)
        case 0xA1:
            return _combination("|", inner, depth)
        case 0xA2:
            return _negation(inner, depth)
        case 0xA3 | 0xA8:
            return _equality("=" if tag == 0xA3 else "~=", inner)
        case 0xA4:
            return _substrings(inner)
        case 0xA5 | 0xA6:
            return _ordering(">=" if tag == 0xA5 else "<=", inner)
        case 0x87:
            return _assertion(ber.text(content), "=*", bool)
        case 0xA9:
            return _extensible(inner)
    return Filter("(?)", _undefined)


def _combination(sign: str, reader: ber.Reader, depth: int) -> Filter:
    """Decode "and" or "or"; without a term, "and" is true and "or" is false (RFC 4526)."""
    decisive = sign == "|"
    terms = []
    while reader:
        terms.append(decode(reader, depth + 1))

    def evaluate(record: Record) -> bool | None:
        results = {term.evaluate(record) for term in terms}
        if decisive in results:
            return decisive
        return None if None in results else not decisive

    return Filter(f"({sign}{''.join(term.text for term in terms)})", evaluate)


def _negation(reader: ber.Reader, depth: int) -> Filter:
    term = decode(reader, depth + 1)
    reader.end()

    def evaluate(record: Record) -> bool | None:
        result = term.evaluate(record)
        return None if result is None else not result

    return Filter(f"(!{term.text})", evaluate)


def _equality(sign: str, reader: ber.Reader) -> Filter:
    attribute, wanted = reader.text(), reader.take()
    return _assertion(attribute, sign + _escaped(wanted), partial(_has, attribute, wanted))


def _ordering(sign: str, reader: ber.Reader) -> Filter:
    """Decode >= or <=: two whole numbers are ordered as numbers, all else as text."""
    attribute, limit = reader.text(), reader.take()

    def in_order(value: bytes) -> bool:
        low, high = (limit, value) if sign == ">=" else (value, limit)
        least, most = _number(low), _number(high)
        if least is None or most is None:
            return normal(low) <= normal(high)
        return least <= most

    def judge(values: Sequence[bytes]) -> bool:
        return any(map(in_order, values))

    rule = _undefined if attribute.lower() in DN_VALUED else judge
    return _assertion(attribute, sign + _escaped(limit), rule)


def _substrings(reader: ber.Reader) -> Filter:
    attribute, pieces = reader.text(), reader.sequence()
    if not pieces:
        raise ber.Malformed("a substrings filter without a substring")
    initial = pieces.take(0x80) if pieces.next_tag() == 0x80 else None
    middle = []
    while pieces.next_tag() == 0x81:
        middle.append(pieces.take(0x81))
    final = pieces.take(0x82) if pieces else None
    pieces.end()
    text = "*".join(map(_escaped, (initial or b"", *middle, final or b"")))
    if attribute.lower() in DN_VALUED or b"" in (initial, *middle, final):
        return _assertion(attribute, f"={text}", _undefined)
    start, end = folded(initial or b"").lstrip(), folded(final or b"").rstrip()
    between = [folded(piece) for piece in middle]

    def judge(values: Sequence[bytes]) -> bool:
        return any(_fits(normal(value), start, between, end) for value in values)

    return _assertion(attribute, f"={text}", judge)


def _fits(value: str, start: str, between: Sequence[str], end: str) -> bool:
    if not (value.startswith(start) and value.endswith(end)):
        return False
    at, limit = len(start), len(value) - len(end)
    for piece in between:
        position = value.find(piece, at, limit)
        if position < 0:
            return False
        at = position + len(piece)
    return at <= limit


def _extensible(reader: ber.Reader) -> Filter:
    """Decode a match by a named rule, or by equality.

    The rules are the bitwise two and, for memberOf, Active Directory's for groups in groups.

    With the "dn" flag, the attributes that make up the entry's DN count as well.
    """
    rule = reader.text(0x81) if reader.next_tag() == 0x81 else ""
    attribute = reader.text(0x82) if reader.next_tag() == 0x82 else ""
    wanted = reader.take(0x83)
    in_dn = reader.boolean(0x84) if reader else False
    judge: Callable[[Sequence[bytes]], bool | None] = partial(_has, attribute, wanted)
    if rule:
        judge = partial(_has_bits, rule, wanted) if rule in (BIT_AND, BIT_OR) else _undefined
    if rule == IN_CHAIN and attribute.lower() == "memberof":
        return Filter(f"({attribute}:{rule}:={_escaped(wanted)})", partial(_in_chain, wanted))
    text = f"{':dn' * in_dn}{rule and ':' + rule}:={_escaped(wanted)}"
    of_values = _assertion(attribute, text, judge)
    part = (attribute.lower(), normal(wanted))

    def evaluate(record: Record) -> bool | None:
        return any(part in rdn for rdn in record.name) or of_values.evaluate(record)

    return Filter(of_values.text, evaluate) if in_dn and not rule else of_values


def _assertion(
    attribute: str, text: str, judge: Callable[[Sequence[bytes]], bool | None]
) -> Filter:
    """Filter on the values of one attribute, undefined where the schema does not know it."""

    def evaluate(record: Record) -> bool | None:
        values = record.values(attribute)
        return None if values is None else judge(values)

    return Filter(f"({attribute}{text})", evaluate)


def _undefined(_: object) -> None:
    return None


def _has(attribute: str, wanted: bytes, values: Sequence[bytes]) -> bool | None:
    if attribute.lower() not in DN_VALUED:
        return normal(wanted) in map(normal, values)
    try:
        return parse_dn(wanted.decode()) in [parse_dn(value.decode()) for value in values]
    except ValueError:
        return None


def _has_bits(rule: str, wanted: bytes, values: Sequence[bytes]) -> bool | None:
    mask = _number(wanted)
    numbers = [_number(value) for value in values]
    if mask is None or None in numbers:
        return None
    bits = [number & mask for number in numbers if number is not None]
    return mask in bits if rule == BIT_AND else any(bits)


def _in_chain(wanted: bytes, record: Record) -> bool | None:
    return None if record.groups is None else parse_dn(wanted.decode()) in record.groups


def _number(value: bytes) -> int | None:
    return int(value) if re.fullmatch(rb"-?\d{1,20}", value) else None


def _escaped(value: bytes) -> str:
    try:
        text = value.decode()
    except UnicodeDecodeError:
        return "".join(f"\\{byte:02x}" for byte in value)
    return re.sub(r"[\x00()*\\]", lambda match: f"\\{ord(match[0]):02x}", text)
