"""People from an LDAP directory, such as OpenLDAP or Active Directory."""

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
        "The address of the directory: ldap://host:389, or ldaps://host:636 with encryption.",
        example="ldap://ldap.forumsys.com:389",
        parse=partial(address, schemes=("ldap", "ldaps")),
    )
    username: str = setting(
        "Who signs in: a distinguished name, or in Active Directory name@domain. Empty, or"
        " anonymous, signs nobody in.",
        default="",
        example="cn=read-only-admin,dc=example,dc=com",
    )
    password: str = setting("The password of that user.", default="", secret=True)
    base_dn: str = setting(
        "The entry below which people are looked for.", example="dc=example,dc=com"
    )
    protocol_version: Literal["3", "2"] = setting("The version of LDAP.", default="3")
    filter: str = setting(
        "Which entries are people, as an LDAP filter.",
        default="(objectClass=*)",
        multiline=True,
        parse=parenthesised,
    )
    start_tls: bool = setting(
        "True encrypts an ldap:// connection before the sign-in (StartTLS).",
        default=False,
        advanced=True,
    )
    group_dn: str = setting(
        "A group; its members are read instead of what is below base_dn.", default="", advanced=True
    )
    groups_dn: tuple[str, ...] = setting(
        "Several such groups, as a JSON list. Counts before group_dn.",
        default=(),
        advanced=True,
        parse=distinguished_names,
    )
    group_members_attr: str = setting(
        "The attribute of a group that names its members.", default="member", advanced=True
    )
    group_member_filter: str = setting(
        "How to find a member that is not named by its DN, as a filter with {0} for the name:"
        " (uid={0}). It is looked for below base_dn.",
        default="",
        advanced=True,
    )
    list_attributes: tuple[str, ...] = setting(
        "The attributes of which all values are kept, as a list. Of others the first one counts.",
        default=("memberOf",),
        advanced=True,
    )

    def problems(self) -> Iterator[tuple[str, str]]:
        yield from super().problems()
        if self.username and not self.anonymous and not self.password:
            yield "password", "a password is missing; many directories take none for anonymous"
        if self.start_tls and self.url.lower().startswith("ldaps"):
            yield "start_tls", "an ldaps:// address is encrypted already"
        if self.start_tls and self.protocol_version == "2":
            yield "start_tls", "StartTLS needs protocol_version = 3"

    @property
    def anonymous(self) -> bool:
        return self.username.lower() in ("", ANONYMOUS)


class Connector(UserConnector[Settings]):
    """People from an LDAP directory, such as OpenLDAP or Active Directory."""

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
                f"there is no group {group}", fix="Check group_dn and groups_dn in the ini"
            )
        if not names:
            self._explain_empty(directory, group)
        # A group that has to have a member, and has none, holds an empty name.
        return [name.decode("utf-8", "replace") for name in names if name]

    def _explain_empty(self, directory: Directory, group: str) -> None:
        """A group that names its members otherwise than the settings say is no empty group."""
        used = self.settings.group_members_attr
        entry = directory.entry(group, "(objectClass=*)", list(MEMBER_ATTRIBUTES))
        others = [name for name in entry.attributes if name != used] if entry else []
        if others:
            raise ConfigurationError(
                f"the group {group} has no {used}, but {others[0]}",
                fix=f"Set group_members_attr = {others[0]}",
            )
        log.warning("the group %s has no %s", group, used)

    def _member(
        self, directory: Directory, name: str, asked: list[str]
    ) -> Iterator[LdapEntry | RecordGone | RecordUnreadable]:
        settings = self.settings
        if settings.group_member_filter:
            yield from self._member_by_filter(directory, name, asked)
            return
        if "=" not in name:
            raise ConfigurationError(
                f"the group names its members otherwise than by their DN ({name})",
                fix="Set group_member_filter, such as (uid={0})",
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
    return RecordGone(f"the group names {name}, which is not in the directory")
