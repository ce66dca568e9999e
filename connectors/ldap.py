"""Users from an LDAP directory, such as OpenLDAP or Active Directory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Literal

from lib.connector import Projection, Records, UserConnector
from lib.ldap.attributes import EntryRecords
from lib.ldap.directory import Directory, LdapEntry, parenthesised
from lib.ldap.groups import GroupMembers, GroupQuery
from lib.ldap.passwords import is_vendor_password
from lib.sectionsettings import UserSettings
from lib.settings import address, distinguished_names, setting, text_encoding

ANONYMOUS = "anonymous"


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
    nested_groups: bool = setting(
        "If True, also read the members of groups in the groups. If False, a warning counts these"
        " groups.",
        default=False,
        example="True",
    )
    list_attributes: tuple[str, ...] = setting(
        "Attributes to read as lists, with all their values. For other attributes, only the first"
        " value is used.",
        default=("memberOf",),
        advanced=True,
    )
    encoding: str = setting(
        "The text encoding of values that are not UTF-8, for example latin-1. If it is empty, such"
        " values are left out.",
        default="",
        advanced=True,
        parse=text_encoding,
    )

    def problems(self) -> Iterator[tuple[str, str]]:
        yield from super().problems()
        if self.username and not self.anonymous and not self.password:
            yield (
                "password",
                "the value is empty. Many directories treat a sign-in without a password as"
                " anonymous. Set password, or leave username empty for an anonymous bind",
            )
        if self.encoding and "a".encode(self.encoding) != b"a":
            yield (
                "encoding",
                "values in a directory cannot have this encoding. Try latin-1 or cp1252",
            )
        if self.start_tls and self.url.lower().startswith("ldaps"):
            yield (
                "start_tls",
                "StartTLS is not possible with an ldaps:// address, which is already encrypted",
            )
        if self.start_tls and self.protocol_version == "2":
            yield "start_tls", "StartTLS needs protocol_version = 3"
        if is_vendor_password(self.group_members_attr):
            yield "group_members_attr", "the attribute contains passwords, not members"

    @property
    def anonymous(self) -> bool:
        return self.username.lower() in ("", ANONYMOUS)


class Connector(UserConnector[Settings]):
    """Users from an LDAP directory, such as OpenLDAP or Active Directory."""

    title = "LDAP"
    settings_type = Settings
    id_paths = ("dn",)
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
        names = [name for name in projection.top_level if self._may_read(name)]
        asked = [*(["*", "+"] if projection.everything else []), *names]
        groups = settings.groups_dn or ((settings.group_dn,) if settings.group_dn else ())
        lists = (*settings.list_attributes, "memberOf")
        record_of = EntryRecords(
            projection.top_level, lists=lists, encoding=settings.encoding, remarks=self.remarks
        )
        with self._directory() as directory:
            if not groups:
                for entry in directory.search(settings.base_dn, settings.filter, asked):
                    yield record_of(entry)
                return
            members = GroupMembers(directory, self._query(groups), asked, self.remarks)
            for item in members:
                self.expected = members.expected
                yield record_of(item) if isinstance(item, LdapEntry) else item

    def _may_read(self, name: str) -> bool:
        if is_vendor_password(name):
            self.remarks.warn(_not_read, name)
            return False
        return True

    def _query(self, groups: Sequence[str]) -> GroupQuery:
        settings = self.settings
        return GroupQuery(
            groups=groups,
            base=settings.base_dn,
            query=settings.filter,
            attribute=settings.group_members_attr,
            by_name=settings.group_member_filter,
            nested=settings.nested_groups,
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


def _not_read(count: int, name: str) -> str:
    return f"{name} contains passwords. The connector does not read it, so its fields are empty."
