"""The entries of the sandbox's company: its units, its people, and their groups."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta

from sandbox.directory.tree import Entry
from sandbox.people import Person, people

SUFFIX = "dc=example,dc=com"
PEOPLE = f"ou=people,{SUFFIX}"
GROUPS = f"ou=groups,{SUFFIX}"
MEMBERSHIP: Mapping[str, Callable[[Person], bool]] = {
    "contractors": lambda person: person.number % 10 == 0,
    "managers": lambda person: person.title == "Manager",
    "Sales, Field": lambda person: person.department == "Sales",
}


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
