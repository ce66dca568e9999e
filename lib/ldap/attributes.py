"""Conversion of LDAP entries to records."""

from __future__ import annotations

import struct
import uuid
from collections.abc import Iterable

from lib.ldap.directory import LdapEntry
from lib.record import Record

BINARY = "*BINARY*"
# What some directories let an account read, and nobody else should.
SECRETS = frozenset(
    {
        "userpassword",
        "unicodepwd",
        "ms-mcs-admpwd",
        "mslaps-password",
        "msds-managedpassword",
        "sambalmpassword",
        "sambantpassword",
        "krbprincipalkey",
    }
)


def record_of(entry: LdapEntry, asked: Iterable[str], *, lists: Iterable[str]) -> Record:
    """Return a record with the attributes of an entry, in the spelling of `asked`, and its `dn`.

    Attributes in `lists` are lists of all their values, others their first value; values are
    strings. Passwords are left out.
    """
    spellings: dict[str, list[str]] = {}
    for name in asked:
        spellings.setdefault(name.lower(), []).append(name)
    whole = {name.lower() for name in lists}
    record: Record = {"dn": entry.dn}
    for name, values in entry.attributes.items():
        lower = name.lower()
        if lower in SECRETS:
            continue
        texts = [_text(lower, value) for value in values]
        kept = texts if lower in whole else next(iter(texts), "")
        for spelling in spellings.get(lower, [name]):
            record[spelling] = kept
    return record


def _text(name: str, value: bytes) -> str:
    if name == "objectguid" and len(value) == 16:
        return str(uuid.UUID(bytes_le=value))
    if name == "objectsid" and len(value) >= 8 and len(value) == 8 + 4 * value[1]:
        parts = struct.unpack(f"<{value[1]}I", value[8:])
        return "-".join(map(str, ("S", value[0], int.from_bytes(value[2:8], "big"), *parts)))
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return BINARY
