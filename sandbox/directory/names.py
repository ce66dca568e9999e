"""Distinguished names (RFC 4514), and texts, in the form in which they are compared."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

DistinguishedName = tuple[frozenset[tuple[str, str]], ...]

_RDN = re.compile(
    r"""\s* ([A-Za-z][\w-]* | \d+(?:\.\d+)*) \s* =                # name or OID of the attribute
        ((?: [^\\,+";<>] | \\[0-9A-Fa-f]{2} | \\[^0-9A-Fa-f] )*)  # value, with escapes
        ([,+]|\Z)""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(rb"\\(?:([0-9A-Fa-f]{2})|(.))", re.DOTALL)


@lru_cache(maxsize=1 << 18)
def parse_dn(dn: str) -> DistinguishedName:
    """Comparable form of a DN (RFC 4514): its RDNs, leaf first; ValueError if it is none."""
    names: list[frozenset[tuple[str, str]]] = []
    rdn: set[tuple[str, str]] = set()
    at, separator = 0, "," if dn else ""
    while separator:
        part = _RDN.match(dn, at)
        if part is None:
            raise ValueError(f"not a distinguished name: {dn!r}")
        name, value, separator = part.groups()
        rdn.add((name.lower(), normal(_ESCAPE.sub(_unescaped, value.encode()))))
        if separator != "+":
            names.append(frozenset(rdn))
            rdn = set()
        at = part.end()
    return tuple(names)


def _unescaped(escape: re.Match[bytes]) -> bytes:
    pair, character = escape.groups()
    return bytes.fromhex(pair.decode()) if pair else bytes(character)


@lru_cache(maxsize=1 << 18)
def normal(value: bytes) -> str:
    """What caseIgnoreMatch compares: case and surplus spaces do not count (RFC 4518)."""
    return folded(value).strip()


def folded(value: bytes) -> str:
    """The same with the blanks at its ends, as the pieces of a substring filter have them."""
    text = value.decode(errors="surrogateescape").casefold()
    return re.sub(r"\s+", " ", unicodedata.normalize("NFKC", text))
