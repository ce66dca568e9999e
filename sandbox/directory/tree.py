"""The entries of a directory, by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sandbox.directory.filters import OPERATIONAL, STANDARD, Record
from sandbox.directory.messages import NO_SUCH_OBJECT, SCOPES, Refused, SearchRequest, name_of
from sandbox.directory.names import DistinguishedName, parse_dn


class Entry(NamedTuple):
    dn: str
    attributes: Mapping[str, Sequence[str | bytes]]


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

    def work_out_groups(self) -> None:
        """Tell each entry in which groups it is, directly or by way of others."""
        holders: dict[DistinguishedName, set[DistinguishedName]] = {}
        for record in self._records.values():
            for member in record.values("member") or ():
                holders.setdefault(parse_dn(member.decode()), set()).add(record.name)
        for record in self._records.values():
            above, found = [record.name], set[DistinguishedName]()
            while above:
                new = holders.get(above.pop(), set()) - found
                found |= new
                above += new
            record.groups = found

    def find(self, dn: str) -> Record:
        """Entry of this DN; if there is none, the refusal tells how much of the DN there is."""
        name = name_of(dn)
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


def _as_bytes(value: str | bytes) -> bytes:
    return value.encode() if isinstance(value, str) else value


@dataclass
class Cursor:
    """A search of which some entries are yet to be sent."""

    request: bytes
    records: list[Record]
    cut_short: bool
    cookie: bytes = b""
