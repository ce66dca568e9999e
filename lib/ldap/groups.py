"""The members of groups: direct ones, and those of groups in the groups."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from lib.compactset import CompactSet
from lib.errors import ConfigurationError, RecordGone, RecordUnreadable, SourceFault
from lib.ldap.directory import Directory, LdapEntry, escaped, parenthesised
from lib.ldap.errors import UnreachableEntry
from lib.remarks import Remarks
from lib.wording import counted

log = logging.getLogger(__name__)

Member = LdapEntry | RecordGone | RecordUnreadable

REPLACED = "\ufffd"  # what Python decodes bytes to that are not UTF-8
EVERY_ENTRY = "(objectClass=*)"
MEMBER_ATTRIBUTES = ("member", "uniqueMember", "memberUid")
# LDAP_MATCHING_RULE_IN_CHAIN: the group itself, or by way of other groups (MS-ADTS, 3.1.1.3.4.4).
IN_CHAIN = "1.2.840.113556.1.4.1941"
# LDAP_CAP_ACTIVE_DIRECTORY_OID (MS-ADTS, 3.1.1.3.4.3).
ACTIVE_DIRECTORY = b"1.2.840.113556.1.4.800"
PEOPLE = frozenset(
    (
        *("person", "organizationalperson", "inetorgperson", "residentialperson", "user"),
        *("contact", "account", "posixaccount"),
    )
)


@dataclass(frozen=True)
class GroupQuery:
    """Which groups to read, and how.

    `query` is the filter for the members to deliver. Groups list them in `attribute`: by DN, or
    else by a name that `by_name`, a filter under `base`, finds. With `nested`, groups in the groups
    are followed.
    """

    groups: Sequence[str]
    base: str
    query: str
    attribute: str
    by_name: str
    nested: bool


class GroupMembers:
    """Reads the members of groups, each once.

    `expected` is the number of members listed so far.
    """

    def __init__(
        self, directory: Directory, how: GroupQuery, asked: Sequence[str], remarks: Remarks
    ) -> None:
        self.expected = 0
        self._directory = directory
        self._how = how
        self._remarks = remarks
        self._kind = ["objectClass", how.attribute]
        self._asked = [*asked, *self._kind]
        names = {name.lower() for name in asked}
        extra = {name.lower() for name in self._kind} - names
        self._unasked = frozenset() if "*" in names else frozenset(extra)
        self._read = CompactSet()  # the entries that were read, by DN
        self._listed = CompactSet()  # the names in the groups
        self._names: deque[str] = deque()
        self._groups: set[str] = set()  # a group can contain one that contains it
        self._domain = ""  # of Active Directory, if it is one and its rule is used

    def __iter__(self) -> Iterator[Member]:
        """Yield each member that matches the query, or why it cannot be read."""
        for group in self._how.groups:
            self._groups.add(group.lower())
            self._add_names(self._direct_members(group))
        if self._how.nested and not self._how.by_name and self._how.attribute.lower() == "member":
            self._domain = _active_directory_domain(self._directory)
        if self._domain:
            yield from self._in_chain()
        while self._names:
            name = self._names.popleft()
            if name.lower() not in self._read:
                yield from self._member(name)

    def _add_names(self, names: Iterable[bytes]) -> None:
        # A group that must have a member, and has none, contains an empty name.
        for value in filter(None, names):
            name = value.decode("utf-8", "replace")
            if self._listed.add(name.lower()):
                self._names.append(name)
                self.expected += 1

    def _direct_members(self, group: str) -> list[bytes]:
        names = self._directory.all_values(group, self._how.attribute)
        if names is None:
            raise ConfigurationError(
                f"group {group} not found", fix="Check group_dn and groups_dn in the config file"
            )
        if not names:
            self._explain_empty(group)
        return names

    def _explain_empty(self, group: str) -> None:
        """Raise ConfigurationError if the group lists its members in another attribute."""
        used = self._how.attribute
        entry = self._directory.entry(group, EVERY_ENTRY, list(MEMBER_ATTRIBUTES))
        others = [name for name in entry.attributes if name != used] if entry else []
        if others:
            raise ConfigurationError(
                f"group {group} has no attribute {used}, but has {others[0]}",
                fix=f"Set group_members_attr = {others[0]}",
            )
        log.warning("group %s has no members (no attribute %s)", group, used)

    def _in_chain(self) -> Iterator[LdapEntry]:
        """Yield the members that Active Directory finds by itself, which is faster.

        What it does not find is read one by one afterwards: members in other domains, and those
        of a search that the directory cut short.
        """
        for group in self._how.groups:
            self._look_for_primary(group)
            query = f"(&{self._how.query}(memberOf:{IN_CHAIN}:={escaped(group)}))"
            try:
                for entry in self._directory.search(self._domain, query, self._asked):
                    if not self._is_group(entry):
                        yield from self._once(entry)
            except SourceFault as error:
                log.info("the members of groups are read one by one: %s", error)

    def _look_for_primary(self, group: str) -> None:
        """Warn if users have the group as their primary group, which lists none of them.

        Their primaryGroupID is the last part of the group's SID (MS-ADA3, 2.120).
        """
        entry = self._directory.entry(group, EVERY_ENTRY, ["objectSid"])
        sid = next((values[0] for values in entry.attributes.values()), b"") if entry else b""
        ident = str(int.from_bytes(sid[-4:], "little"))
        query = f"(&{self._how.query}(primaryGroupID={ident}))"
        try:
            found = sid and any(self._directory.search(self._domain, query, ["1.1"], page_size=1))
        except SourceFault as error:
            log.info("cannot find out whether %s is a primary group: %s", group, error)
            return
        if found:
            self._remarks.warn(_primary_group, ident, example=group)

    def _member(self, name: str) -> Iterator[Member]:
        if REPLACED in name:
            yield RecordUnreadable("the name of a member in the group is not UTF-8", where=name)
            return
        if self._how.by_name:
            yield from self._member_by_name(name)
            return
        if "=" not in name:
            raise ConfigurationError(
                f"the group does not list its members by DN ({name})",
                fix="Set group_member_filter, for example (uid={0})",
            )
        try:
            entry = self._directory.entry(name, self._how.query, self._asked)
            other = None if entry else self._directory.entry(name, EVERY_ENTRY, self._kind)
        except UnreachableEntry as error:
            yield RecordUnreadable(error.what, where=name)
            return
        if entry:
            yield from self._found(entry, matches=True)
        elif other:
            yield from self._found(other, matches=False)
        else:
            yield _gone(name)

    def _member_by_name(self, name: str) -> Iterator[Member]:
        how = self._how
        one = parenthesised(how.by_name.replace("{0}", escaped(name)))
        entries = list(self._directory.search(how.base, f"(&{how.query}{one})", self._asked))
        others = entries or list(self._directory.search(how.base, one, self._kind))
        for entry in others:
            yield from self._found(entry, matches=bool(entries))
        if not others:
            yield _gone(name)

    def _found(self, entry: LdapEntry, *, matches: bool) -> Iterator[LdapEntry]:
        """Yield an entry that a group lists, if it matches and is not a group to be followed."""
        if self._is_group(entry):
            if self._how.nested:
                self._follow(entry.dn)
                return
            self._remarks.warn(_groups_not_read, example=entry.dn)
        elif not matches and not _is_person(entry):
            self._remarks.note(_neither, example=entry.dn)
        if matches:
            yield from self._once(entry)

    def _follow(self, group: str) -> None:
        """Read the members of a group in a group, too."""
        if group.lower() in self._groups:
            return
        self._groups.add(group.lower())
        if self._domain:
            self._look_for_primary(group)
        for attribute in dict.fromkeys((self._how.attribute, "member", "uniqueMember")):
            if names := self._directory.all_values(group, attribute):
                self._add_names(names)
                return
        self._remarks.note(_empty_groups, example=group)

    def _once(self, entry: LdapEntry) -> Iterator[LdapEntry]:
        """Yield an entry, without what only this module asks for, unless it was read before."""
        if self._read.add(entry.dn.lower()):
            for name in [each for each in entry.attributes if each.lower() in self._unasked]:
                del entry.attributes[name]
            yield entry

    def _is_group(self, entry: LdapEntry) -> bool:
        """Whether an entry is a group; a person can have the attribute, such as directReports."""
        classes = _classes(entry)
        if classes and _is_person(entry):
            return False
        used = self._how.attribute.lower()
        has_members = any(name.partition(";")[0].lower() == used for name in entry.attributes)
        return has_members or any("group" in name for name in classes)


def _active_directory_domain(directory: Directory) -> str:
    """The DN of the domain, if the directory is Active Directory; otherwise an empty string."""
    entry = directory.entry("", EVERY_ENTRY, ["supportedCapabilities", "defaultNamingContext"])
    values = {name.lower(): each for name, each in entry.attributes.items()} if entry else {}
    if ACTIVE_DIRECTORY not in values.get("supportedcapabilities", []):
        return ""
    return next(iter(values.get("defaultnamingcontext", [])), b"").decode()


def _is_person(entry: LdapEntry) -> bool:
    """Whether an entry is a person; also if the account may not see what it is."""
    classes = _classes(entry)
    return not classes or ("computer" not in classes and not PEOPLE.isdisjoint(classes))


def _classes(entry: LdapEntry) -> set[str]:
    values = (value for name, value in entry.attributes.items() if name.lower() == "objectclass")
    return {each.decode("utf-8", "replace").lower() for each in next(values, [])}


def _gone(name: str) -> RecordGone:
    return RecordGone(f"the group lists {name}, which is not in the directory")


def _groups_not_read(count: int, about: str) -> str:
    are, their = ("is itself a group", "its") if count == 1 else ("are groups themselves", "their")
    what = f"{counted(count, 'member')} of the groups {are}, and {their} members were not read"
    return f"{what}. Set nested_groups = True to read them."


def _primary_group(count: int, ident: str) -> str:
    what = "The primary group of users does not list them as members, so they were not read"
    return f"{what}. To read them, use a filter such as (primaryGroupID={ident}) without group_dn."


def _neither(count: int, about: str) -> str:
    is_ = "is neither a person nor a group" if count == 1 else "are neither people nor groups"
    what = f"{counted(count, 'member')} of the groups {is_} and did not match filter"
    return f"{what}. The connector did not read {'it' if count == 1 else 'them'}."


def _empty_groups(count: int, about: str) -> str:
    has = "has" if count == 1 else "have"
    return f"{counted(count, 'group')} in the groups {has} no members that are listed by DN"
