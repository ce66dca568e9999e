"""Users from an LDAP directory, such as OpenLDAP or Active Directory."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Literal

from lib.compactset import CompactSet
from lib.connector import Projection, Records, UserConnector, UserSettings
from lib.errors import ConfigurationError, RecordGone, RecordUnreadable
from lib.ldap.attributes import record_of
from lib.ldap.directory import Directory, LdapEntry, escaped, parenthesised
from lib.ldap.errors import UnreachableEntry
from lib.record import Record
from lib.settings import address, distinguished_names, setting

log = logging.getLogger(__name__)

ANONYMOUS = "anonymous"
MEMBER_ATTRIBUTES = ("member", "uniqueMember", "memberUid")


@dataclass(frozen=True, kw_only=True)
class Settings(UserSettings):
    url: str = setting(
        "The address of the directory: ldaps://host:636, or ldap://host:389 without encryption.",
        example="ldaps://ldap.example.com:636",
        parse=partial(address, schemes=("ldap", "ldaps")),
    )
    username: str = setting(
        "The account to sign in with: a distinguished name or, for Active Directory, also"
        " name@domain. Empty or `anonymous` means an anonymous bind.",
        default="",
        example="cn=oomnitza,dc=example,dc=com",
    )
    password: str = setting(
        "The password of that account.", default="", example="change-me", secret=True
    )
    base_dn: str = setting("The DN under which to search for users.", example="dc=example,dc=com")
    protocol_version: Literal["3", "2"] = setting("The LDAP version.", default="3")
    filter: str = setting(
        "An LDAP filter for the entries to read as users.",
        default="(objectClass=*)",
        multiline=True,
        parse=parenthesised,
    )
    start_tls: bool = setting(
        "If True, encrypt an ldap:// connection before the sign-in (StartTLS).",
        default=False,
        advanced=True,
    )
    group_dn: str = setting(
        "The DN of a group. If it is set, its members are read instead of the entries under"
        " base_dn.",
        default="",
        advanced=True,
    )
    groups_dn: tuple[str, ...] = setting(
        "The DNs of several groups, as a JSON list. It overrides group_dn.",
        default=(),
        advanced=True,
        parse=distinguished_names,
    )
    group_members_attr: str = setting(
        "The group attribute that lists the members.", default="member", advanced=True
    )
    group_member_filter: str = setting(
        "A filter under base_dn for members that a group does not list by DN, such as (uid={0})."
        " {0} is the name in the list.",
        default="",
        advanced=True,
    )
    list_attributes: tuple[str, ...] = setting(
        "Attributes to read as lists, with all their values. For other attributes, only the first"
        " value is used.",
        default=("memberOf",),
        advanced=True,
    )

    def problems(self) -> Iterator[tuple[str, str]]:
        yield from super().problems()
        if self.username and not self.anonymous and not self.password:
            yield (
                "password",
                "the value is empty. Many directories treat a sign-in without a password as"
                " anonymous. Set password, or leave username empty for an anonymous bind",
            )
        if self.start_tls and self.url.lower().startswith("ldaps"):
            yield (
                "start_tls",
                "StartTLS is not possible with an ldaps:// address, which is already encrypted",
            )
        if self.start_tls and self.protocol_version == "2":
            yield "start_tls", "StartTLS needs protocol_version = 3"

    @property
    def anonymous(self) -> bool:
        return self.username.lower() in ("", ANONYMOUS)


class Connector(UserConnector[Settings]):
    """Users from an LDAP directory, such as OpenLDAP or Active Directory."""

    title = "LDAP"
    settings_type = Settings
    mapping = {
        "USER": {"source": "uid", "required": True, "converter": "ldap_user_field"},
        "FIRST_NAME": {"source": "givenName", "required": True},
        "LAST_NAME": {"source": "sn", "required": True},
        "EMAIL": {"source": "mail", "required": True},
    }

    def check(self) -> None:
        with self._directory() as directory:
            list(directory.search(self.settings.base_dn, "(objectClass=*)", ["1.1"], scope="BASE"))

    def records(self, projection: Projection) -> Records:
        settings = self.settings
        asked = [*(["*", "+"] if projection.everything else []), *projection.top_level]
        groups = settings.groups_dn or ((settings.group_dn,) if settings.group_dn else ())
        with self._directory() as directory:
            if not groups:
                for entry in directory.search(settings.base_dn, settings.filter, asked):
                    yield self._record(entry, projection.top_level)
                return
            for item in self._members(directory, groups, asked):
                yield (
                    self._record(item, projection.top_level)
                    if isinstance(item, LdapEntry)
                    else item
                )

    @contextmanager
    def _directory(self) -> Iterator[Directory]:
        settings = self.settings
        version = int(settings.protocol_version)
        directory = Directory(settings.url, settings, start_tls=settings.start_tls, version=version)
        try:
            if settings.anonymous:
                directory.connect("", "")
            else:
                directory.connect(settings.username, settings.password)
            yield directory
        finally:
            directory.close()

    def _members(
        self, directory: Directory, groups: tuple[str, ...], asked: list[str]
    ) -> Iterator[LdapEntry | RecordGone | RecordUnreadable]:
        """Yield the members of the groups, each once."""
        seen = CompactSet()
        names = [name for group in groups for name in self._member_names(directory, group)]
        self.expected = len(dict.fromkeys(names))
        for name in dict.fromkeys(names):
            for item in self._member(directory, name, asked):
                key = item.dn.lower() if isinstance(item, LdapEntry) else name.lower()
                if seen.add(key):
                    yield item

    def _member_names(self, directory: Directory, group: str) -> list[str]:
        attribute = self.settings.group_members_attr
        names = directory.all_values(group, attribute)
        if names is None:
            raise ConfigurationError(
                f"group {group} not found", fix="Check group_dn and groups_dn in the config file"
            )
        if not names:
            self._explain_empty(directory, group)
        # A group that must have a member, and has none, contains an empty name.
        return [name.decode("utf-8", "replace") for name in names if name]

    def _explain_empty(self, directory: Directory, group: str) -> None:
        """Raise ConfigurationError if the group lists its members in another attribute."""
        used = self.settings.group_members_attr
        entry = directory.entry(group, "(objectClass=*)", list(MEMBER_ATTRIBUTES))
        others = [name for name in entry.attributes if name != used] if entry else []
        if others:
            raise ConfigurationError(
                f"group {group} has no attribute {used}, but has {others[0]}",
                fix=f"Set group_members_attr = {others[0]}",
            )
        log.warning("group %s has no members (no attribute %s)", group, used)

    def _member(
        self, directory: Directory, name: str, asked: list[str]
    ) -> Iterator[LdapEntry | RecordGone | RecordUnreadable]:
        settings = self.settings
        if settings.group_member_filter:
            yield from self._member_by_filter(directory, name, asked)
            return
        if "=" not in name:
            raise ConfigurationError(
                f"the group does not list its members by DN ({name})",
                fix="Set group_member_filter, for example (uid={0})",
            )
        try:
            entry = directory.entry(name, settings.filter, asked)
        except UnreachableEntry as error:
            yield RecordUnreadable(error.what, where=name)
            return
        if entry is None and directory.entry(name, "(objectClass=*)", ["1.1"]) is None:
            yield _gone(name)
        elif entry:
            yield entry

    def _member_by_filter(
        self, directory: Directory, name: str, asked: list[str]
    ) -> Iterator[LdapEntry | RecordGone | RecordUnreadable]:
        settings = self.settings
        one = parenthesised(settings.group_member_filter.replace("{0}", escaped(name)))
        matched = False
        for entry in directory.search(settings.base_dn, f"(&{settings.filter}{one})", asked):
            matched = True
            yield entry
        if not matched and not any(directory.search(settings.base_dn, one, ["1.1"])):
            yield _gone(name)

    def _record(self, entry: LdapEntry, asked: list[str]) -> Record:
        return record_of(entry, asked, lists=(*self.settings.list_attributes, "memberOf"))


def _gone(name: str) -> RecordGone:
    return RecordGone(f"the group lists {name}, which is not in the directory")
