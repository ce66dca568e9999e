"""LDAP: the contract against the sandbox's directory, and all else against a real OpenLDAP."""

from __future__ import annotations

import dataclasses
import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from itertools import repeat
from pathlib import Path
from typing import Any, ClassVar, Self

import pytest

from connectors.ldap import Connector, Settings
from lib.connector import Projection, SourceItem
from lib.errors import (
    ConfigurationError,
    RecordGone,
    RecordUnreadable,
    SignInError,
    SourceFault,
    SourceUnavailable,
)
from lib.ldap.directory import Directory as Door
from lib.ldap.groups import GroupMembers
from lib.mapping import mapping
from lib.mapping.mapper import Mapped, Mapper
from lib.run.options import RunOptions
from lib.settings import read_settings
from lib.state import open_to_read
from sandbox.directory import GROUPS, PEOPLE, SUFFIX, Directory, Entry, Outcome, Tree, company
from sandbox.people import DEPARTMENTS, Person, people
from tests.certificates import Certificates, issue
from tests.contract import ConnectorContract, failure
from tests.example import upload
from tests.slapd import Slapd, entry, object_guid, object_sid, require_slapd
from tests.source import Source, address_in, does_not_apply

STAFF = list(people(60))
ADMIN, PASSWORD = f"cn=read-only-admin,{SUFFIX}", "correct horse battery staple"
EVERYONE = "(|(objectClass=inetOrgPerson)(objectClass=user))"
# What a section has to hold in any case.
PERSON = {"default_role": "25", "default_position": "Employee"}


class Ldap(Source):
    connector = "ldap"
    id_path, name_path = "uid", "cn"
    wrong_credentials: ClassVar = {"password": "wr0ng-s3cret"}
    fill_in: ClassVar = {"password": PASSWORD}
    most_for_three = 2  # the sign-in and the first page

    def __init__(self, **how: Any) -> None:
        entries = [*company(len(STAFF)), *how.pop("entries", ())]
        self.directory = Directory(entries, accounts={ADMIN: PASSWORD}, max_page=20, **how)

    def __enter__(self) -> Self:
        self._stack = ExitStack()
        self._stack.enter_context(self.directory)
        login = {"username": ADMIN, "password": PASSWORD, "base_dn": PEOPLE}
        everyone = {"filter": "(objectClass=inetOrgPerson)"}
        self.ini = {"url": self.directory.url, **login, **everyone, **PERSON}
        self.address = address_in(self.directory.url)
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def names(self) -> dict[str, str]:
        return {person.login: person.full_name for person in STAFF}

    @property
    def requests(self) -> int:
        return sum(asked.operation != "unbind" for asked in self.directory.requests)

    def elsewhere(self, address: str) -> dict[str, str]:
        return {"url": f"ldap://{address}"}

    @contextmanager
    def over_tls(self, certificates: Certificates) -> Iterator[dict[str, str]]:
        with Ldap(certificate=certificates.server, ldaps=True) as secure:
            yield {"url": secure.directory.url}

    def withdraw_rights(self) -> None:
        self.directory.refusals["search"] = repeat(Outcome(50, "no read access"))

    def fail_for_good(self) -> None:
        self.directory.refusals["search"] = repeat(Outcome(51, "too many operations"))

    def garble(self, body: str) -> dict[str, str]:
        """Answer from a server of another kind, such as one for the web."""
        talker = self._stack.enter_context(Talker(body.encode()))
        return self.elsewhere(talker.address)

    def clear(self) -> None:
        self.directory.tree = Tree(company(0))

    vanish = does_not_apply("a search brings the entries; for members of groups see below")
    spoil = does_not_apply("a search brings the entries: none is asked for by itself")
    fail_once = does_not_apply("a search that broke off cannot be taken up again (RFC 2696)")
    end_sessions = does_not_apply("a sign-in lasts as long as its connection")


class Talker(socketserver.ThreadingTCPServer):
    """A server that says the same to all who say something, and hangs up."""

    daemon_threads = True

    def __init__(self, words: bytes) -> None:
        super().__init__(("127.0.0.1", 0), _Words)
        self.words = words
        self.address = f"127.0.0.1:{self.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()


class _Words(socketserver.BaseRequestHandler):
    server: Talker

    def handle(self) -> None:
        self.request.recv(10_000)
        self.request.sendall(self.server.words)


class TestContract(ConnectorContract):
    source_type = Ldap


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    require_slapd()
    return issue(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def openldap(
    tmp_path_factory: pytest.TempPathFactory, certificates: Certificates
) -> Iterator[Slapd]:
    with Slapd(tmp_path_factory.mktemp("slapd"), certificates) as server:
        yield server


@pytest.fixture(scope="module")
def active_directory(
    tmp_path_factory: pytest.TempPathFactory, certificates: Certificates
) -> Iterator[Slapd]:
    folder = tmp_path_factory.mktemp("active directory")
    with Slapd(folder, certificates, style="active directory") as server:
        yield server


@pytest.fixture
def sandboxed() -> Iterator[Ldap]:
    with Ldap() as source:
        yield source


def section(server: Slapd, **ini: str) -> Connector:
    """A section that reads the people of this server."""
    login = {"username": server.bind_dn, "password": server.password}
    everyone = {"base_dn": server.base_dn, "filter": EVERYONE}
    texts = {"url": server.ldap_url, **login, **everyone, **PERSON, **ini}
    settings, faults = read_settings(Settings, texts)
    assert faults == []
    return Connector(settings)


def read(server: Slapd, *paths: str, **ini: str) -> list[SourceItem]:
    return list(section(server, **ini).records(Projection(frozenset(paths))))


def logins(delivered: list[SourceItem], name: str = "uid") -> list[str]:
    return [item[name] for item in delivered if isinstance(item, dict)]


def logins_of(staff: list[Person]) -> list[str]:
    return [person.login for person in staff]


# All of them, or an error.


@pytest.mark.parametrize(
    ("style", "name"), [("openldap", "uid"), ("active_directory", "sAMAccountName")]
)
def test_everyone_arrives_once(style: str, name: str, request: pytest.FixtureRequest) -> None:
    server: Slapd = request.getfixturevalue(style)
    found = logins(read(server, name), name)
    assert len(found) == 2500
    assert set(found) == set(logins_of(server.people))


@pytest.mark.parametrize("style", ["openldap", "active_directory"])
def test_an_account_with_limits_gets_an_error_and_no_short_list(
    style: str, request: pytest.FixtureRequest
) -> None:
    server: Slapd = request.getfixturevalue(style)
    delivered: list[SourceItem] = []
    with pytest.raises(SourceFault, match="returned only part of the result") as caught:
        delivered.extend(section(server, username=server.limited_dn).records(Projection()))
    assert len(delivered) <= 500
    assert "limits" in caught.value.fix


@pytest.mark.parametrize("username", ["", "anonymous", "Anonymous"])
def test_sign_in_anonymous_reads_open_directory(openldap: Slapd, username: str) -> None:
    open_to_all = {"username": username, "password": "", "filter": "(uid=aquill1)"}
    assert logins(read(openldap, "uid", **open_to_all)) == ["aquill1"]


def test_an_anonymous_search_is_cut_short_too(openldap: Slapd) -> None:
    with pytest.raises(SourceFault, match="returned only part of the result"):
        read(openldap, "uid", username="")


def test_anonymous_reads_nothing_in_active_directory(active_directory: Slapd) -> None:
    made = section(active_directory, username="")
    failure(made, ConfigurationError, active_directory.base_dn)


def test_account_without_read_permission_raises_error(openldap: Slapd) -> None:
    made = section(openldap, username=openldap.outsider_dn)
    assert "permissions" in failure(made, ConfigurationError, openldap.base_dn).fix
    with pytest.raises(ConfigurationError):
        list(made.records(Projection()))


@pytest.mark.parametrize(
    ("ini", "word"),
    [
        ({"base_dn": "dc=nowhere"}, "base_dn"),
        ({"base_dn": "nonsense"}, "base_dn"),
        ({"username": "bob"}, "username"),
    ],
)
def test_wrong_username_raises_sign_in_error(
    openldap: Slapd, ini: dict[str, str], word: str
) -> None:
    error = failure(section(openldap, **ini), ConfigurationError, "localhost")
    assert word in error.fix


def test_wrong_password_raises_sign_in_error(openldap: Slapd) -> None:
    error = failure(section(openldap, password="wr0ng-s3cret"), SignInError, "localhost")
    assert "password" in error.fix


def test_version_2_reads_without_pages(openldap: Slapd) -> None:
    old = {"protocol_version": "2"}
    assert logins(read(openldap, "uid", **old, filter="(uid=aquill1)")) == ["aquill1"]
    with pytest.raises(SourceFault, match="returned only part of the result"):
        read(openldap, "uid", **old)


def test_directory_without_version_2_raises_error(sandboxed: Ldap) -> None:
    made = sandboxed.connect(protocol_version="2")
    assert "protocol_version" in failure(made, SourceFault, sandboxed.address).fix


def test_lost_connection_keeps_previous_pages(sandboxed: Ldap) -> None:
    sandboxed.directory.hang_up_after = 45
    delivered: list[SourceItem] = []
    with pytest.raises(SourceUnavailable):
        delivered.extend(sandboxed.records(sandboxed.connect()))
    assert sandboxed.ids(delivered) == logins_of(STAFF[:40])


# Encryption.


@pytest.mark.parametrize("start_tls", ["False", "True"])
def test_connections_are_encrypted_and_checked(
    openldap: Slapd, tmp_path: Path, start_tls: str
) -> None:
    url = openldap.ldap_url if start_tls == "True" else openldap.ldaps_url
    ini = {"url": url, "start_tls": start_tls, "filter": "(uid=aquill1)"}
    trusted = {**ini, "cacert_file": str(openldap.cacert_file)}
    assert logins(read(openldap, "uid", **trusted)) == ["aquill1"]
    by_number = {**trusted, "url": url.replace("localhost", "127.0.0.1")}
    assert logins(read(openldap, "uid", **by_number)) == ["aquill1"]
    assert logins(read(openldap, "uid", **ini, verify_ssl="False")) == ["aquill1"]
    stranger = str(issue(tmp_path).ca)
    made = section(openldap, **ini, cacert_file=stranger)
    assert "not trusted" in str(failure(made, SourceUnavailable, "localhost"))


def test_directory_requiring_encryption_raises_error(
    tmp_path: Path, certificates: Certificates
) -> None:
    with Slapd(tmp_path / "slapd", certificates, people=3, require_tls=True) as server:
        error = failure(section(server), SignInError, "localhost")
        assert "encrypted" in error.what
        assert "start_tls" in error.fix
        encrypted = {"start_tls": "True", "cacert_file": str(server.cacert_file)}
        assert len(read(server, **encrypted)) == 3


@pytest.mark.parametrize(
    ("ini", "key"),
    [
        ({"password": ""}, "password"),
        ({"url": "ldaps://localhost", "start_tls": "True"}, "start_tls"),
        ({"protocol_version": "2", "start_tls": "True"}, "start_tls"),
        ({"protocol_version": "4"}, "protocol_version"),
        ({"encoding": "utf-16"}, "encoding"),
        ({"url": "https://localhost"}, "url"),
    ],
)
def test_settings_that_do_not_fit_are_named(ini: dict[str, str], key: str) -> None:
    login = {"username": ADMIN, "password": PASSWORD, "base_dn": SUFFIX}
    texts = {"url": "ldap://localhost", **login, **PERSON}
    assert read_settings(Settings, texts)[1] == []
    assert [fault.key for fault in read_settings(Settings, texts | ini)[1]] == [key]


# Who is looked for.


@pytest.mark.parametrize(
    "query",
    [
        "(uid=aquill1)",
        "uid=aquill1",
        "&(objectClass=person)(uid=aquill1)",
        "\n(&\n  (objectClass=person)\n  (uid=aquill1)\n)",
        r"(&(cn=Ada \51uill)(uid=*1))",
    ],
)
def test_filters_are_taken_as_people_write_them(openldap: Slapd, query: str) -> None:
    assert logins(read(openldap, "uid", filter=query)) == ["aquill1"]


@pytest.mark.parametrize("query", ["(uid=aquill1", "(uid=a)(sn=b)", "()", "(&)x"])
def test_invalid_filter_raises_error(openldap: Slapd, query: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read(openldap, "uid", filter=query)
    assert "filter" in caught.value.fix


def test_active_directory_filters_by_bits(active_directory: Slapd) -> None:
    enabled = f"(&{EVERYONE}(!(userAccountControl:1.2.840.113556.1.4.803:=2)))"
    assert len(read(active_directory, filter=enabled)) == 2500 - 125


def test_referrals_are_never_followed(active_directory: Slapd) -> None:
    assert len(read(active_directory)) == 2500
    elsewhere = section(active_directory, base_dn="dc=elsewhere,dc=test")
    error = failure(elsewhere, ConfigurationError, "dc=elsewhere,dc=test")
    assert "another server" in error.what
    assert not active_directory.was_chased()


# What is asked for, and what becomes of it.


@pytest.mark.parametrize(
    ("sources", "attributes"),
    [
        (Projection(frozenset({"uid", "memberOf.0", "mail"})), ["mail", "memberOf", "uid"]),
        (Projection(frozenset({"uid"}), everything=True), ["*", "+", "uid"]),
        (Projection(), ["1.1"]),
    ],
)
def test_only_needed_attributes_are_requested(
    sandboxed: Ldap, sources: Projection, attributes: list[str]
) -> None:
    list(sandboxed.connect().records(sources))
    searches = [asked for asked in sandboxed.directory.requests if asked.operation == "search"]
    assert len(searches) == 3
    assert {tuple(asked.detail["attributes"]) for asked in searches} == {tuple(attributes)}


def test_a_check_reads_nothing_of_anyone(sandboxed: Ldap) -> None:
    sandboxed.connect().check()
    (search,) = (each for each in sandboxed.directory.requests if each.operation == "search")
    assert (search.detail["base"], search.detail["scope"]) == (PEOPLE, "base")
    assert search.detail["attributes"] == ["1.1"]


def one(server: Slapd, query: str, *paths: str, **ini: str) -> dict[str, Any]:
    (record,) = read(server, *paths, filter=query, **ini)
    assert isinstance(record, dict)
    return record


def test_names_are_spelled_as_they_are_asked_for(openldap: Slapd) -> None:
    record = one(openldap, "(uid=aquill1)", "UID", "givenname", "SN", "sn", "Mail")
    assert record == {
        "dn": "uid=aquill1,ou=people,dc=example,dc=com",
        "UID": "aquill1",
        "givenname": "Ada",
        "SN": "Quill",
        "sn": "Quill",
        "Mail": "aquill1@example.com",
    }


def test_everything_is_spelled_as_the_directory_does_or_as_it_is_asked_for(
    openldap: Slapd,
) -> None:
    made = section(openldap, filter="(uid=aquill1)")
    (record,) = made.records(Projection(frozenset({"SN"}), everything=True))
    assert {"dn", "uid", "cn", "SN", "givenName", "mail", "objectClass"} <= set(record)
    assert "sn" not in record


def test_missing_attribute_is_not_in_record(openldap: Slapd) -> None:
    person = openldap.people[39]
    assert person.mail == ""
    paths = ("uid", "mail", "neverHeardOf")
    record = one(openldap, f"(uid={person.login})", *paths)
    assert record == {"dn": f"uid={person.login},ou=people,dc=example,dc=com", "uid": person.login}


def test_attribute_with_several_values_keeps_first_unless_in_list_attributes(
    openldap: Slapd,
) -> None:
    login = openldap.people[29].login
    both = [f"{login}@example.com", f"{login}@mail.example.com"]
    assert one(openldap, f"(uid={login})", "mail")["mail"] == both[0]
    lists = one(openldap, f"(uid={login})", "Mail", "uid", list_attributes="MAIL, member")
    assert (lists["Mail"], lists["uid"]) == (both, login)


def test_groups_of_a_user_are_always_a_list(active_directory: Slapd) -> None:
    person = active_directory.people[1999]
    record = one(active_directory, f"(sAMAccountName={person.login})", "memberOf")
    assert record["memberOf"] == [f"CN={person.department},OU=groups,DC=corp,DC=test"]


@pytest.mark.parametrize("name", ["memberOf", "MEMBEROF"])
def test_one_group_is_a_list_whatever_other_lists_are_wanted(name: str) -> None:
    held = {"objectClass": ["inetOrgPerson"], "uid": ["zoe"], "mail": ["zoe@x.test"]}
    group = f"cn=staff,{GROUPS}"
    zoe = Entry(f"uid=zoe,{PEOPLE}", {**held, "memberOf": [group]})
    with Ldap(entries=[zoe]) as source:
        made = source.connect(filter="(uid=zoe)", list_attributes="mail")
        (record,) = made.records(Projection(frozenset({"uid", "mail", name})))
    assert record == {"dn": zoe.dn, "uid": "zoe", "mail": ["zoe@x.test"], name: [group]}


PASSWORDS = {
    "userPassword": b"{SSHA}c2VjcmV0",
    "unicodePwd": b"secret",
    "ms-Mcs-AdmPwd": b"secret",
    "msLAPS-Password": b"secret",
    "msDS-ManagedPassword": b"secret",
    "sambaLMPassword": b"secret",
    "sambaNTPassword": b"secret",
    "krbPrincipalKey": b"secret",
}


@pytest.mark.parametrize("everything", [True, False])
def test_passwords_are_in_no_record_even_if_they_are_asked_for(everything: bool) -> None:
    texts = {name: [value] for name, value in PASSWORDS.items()}
    zoe = Entry(f"uid=zoe,{PEOPLE}", {"objectClass": ["inetOrgPerson"], "uid": ["zoe"], **texts})
    asked = {"uid", *PASSWORDS, *map(str.upper, PASSWORDS)}
    with Ldap(entries=[zoe]) as source:
        made = source.connect(filter="(uid=zoe)")
        (record,) = made.records(Projection(frozenset(asked), everything=everything))
    assert isinstance(record, dict)
    assert set(record) <= {"dn", "uid", "objectClass"}
    assert record["uid"] == "zoe"


def test_mapped_password_is_neither_requested_nor_read() -> None:
    with Ldap() as source:
        made = source.connect()
        list(made.records(Projection(frozenset({"uid", "UserPassword;lang-en", "userPassword"}))))
        searches = [each for each in source.directory.requests if each.operation == "search"]
    assert {tuple(each.detail["attributes"]) for each in searches} == {("uid",)}
    assert made.remarks.warnings == [
        f"{name} contains passwords. The connector does not read it, so its fields are empty."
        for name in ("UserPassword;lang-en", "userPassword")
    ]


def test_password_attribute_lists_no_members() -> None:
    texts = {"url": "ldap://localhost", "base_dn": SUFFIX, **PERSON}
    _, faults = read_settings(Settings, {**texts, "group_members_attr": "UserPassword"})
    assert [fault.key for fault in faults] == ["group_members_attr"]


PLANTED = {
    "authPassword": "planted-1",
    "unixUserPassword": "planted-2",
    "sambaPasswordHistory": "planted-3",
    "msLAPS-EncryptedPassword": "planted-4",
    "ntPwdHistory": "planted-5",
    "nsslapd-rootpw": "planted-6",
    "wifiPassword": "planted-7",
}
NO_SECRETS = {"badPwdCount": "17", "msLAPS-PasswordExpirationTime": "133700000000000000"}
PASSWORD_SCHEMA = "\n".join(
    [
        *(
            f"attributetype ( 1.3.6.1.4.1.4203.666.1.{number} NAME '{name}' SUP name )"
            for number, name in enumerate((*PLANTED, *NO_SECRETS), 1000)
        ),
        "attributetype ( 1.3.6.1.4.1.4203.666.1.999 NAME 'oldName'"
        " EQUALITY octetStringMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.40 )",
        "objectclass ( 1.3.6.1.4.1.4203.666.3.1000 NAME 'passwordHolder' SUP top AUXILIARY"
        f" MAY ( oldName $ {' $ '.join((*PLANTED, *NO_SECRETS))} ) )",
    ]
)


def with_passwords(server: Slapd) -> Iterator[str]:
    yield entry(
        f"uid=zoe,ou=people,{server.base_dn}",
        objectClass=["inetOrgPerson", "passwordHolder"],
        cn="Zoe",
        sn="Miller",
        givenName="Zoe",
        oldName=b"M\xfcller",
        mail="zoe@example.com",
        userPassword="planted-8",
        **{"userPassword;lang-en": "planted-9"},
        **PLANTED,
        **NO_SECRETS,
    )


@pytest.fixture(scope="module")
def passwords(
    tmp_path_factory: pytest.TempPathFactory, certificates: Certificates
) -> Iterator[Slapd]:
    folder = tmp_path_factory.mktemp("passwords")
    how: dict[str, Any] = {"more": with_passwords, "schema": PASSWORD_SCHEMA}
    with Slapd(folder, certificates, people=3, **how) as server:
        yield server


def test_passwords_of_a_directory_are_saved_nowhere(passwords: Slapd, tmp_path: Path) -> None:
    account = {"username": passwords.root_dn, "password": passwords.password}
    made = section(passwords, filter="(uid=zoe)", **account)
    with made._directory() as directory:
        found = directory.entry(f"uid=zoe,ou=people,{passwords.base_dn}", "(uid=*)", ["*"])
    assert found
    assert {*PLANTED, *NO_SECRETS, "userPassword", "userPassword;lang-en"} <= set(found.attributes)

    (record,) = made.records(Projection(everything=True))
    assert isinstance(record, dict)
    assert {key: record[key] for key in NO_SECRETS} == NO_SECRETS
    assert "planted" not in json.dumps(record)


def test_run_saves_no_passwords(passwords: Slapd, tmp_path: Path) -> None:
    ini = f"[ldap]\nenable = True\nurl = {passwords.ldap_url}\nbase_dn = {passwords.base_dn}\n"
    ini += f"username = {passwords.root_dn}\npassword = {passwords.password}\nfilter = (uid=zoe)\n"
    ini += "default_role = 25\ndefault_position = unused\nuse_server_map = False\n"
    ini += "recordfilter = 'x' < 1\n"  # fails, so that the record is saved for resend
    state, saved = tmp_path / "config.db", tmp_path / "saved"
    options = RunOptions(state=state, save_data=saved, all_fields=True)
    outcome, _ = upload(ini, "ldap", tmp_path, options=options)
    assert outcome.tally.rejected == 1
    with open_to_read(state) as store:
        (record,) = store.saved_records()
    files = [path.read_text("utf-8") for path in saved.rglob("*") if path.is_file()]
    assert record.fetched
    for text in (record.fetched, *files):
        assert "planted" not in text
    assert "zoe@example.com" in record.fetched
    assert any("zoe@example.com" in text for text in files)


def test_values_in_latin_1_are_read_with_encoding(passwords: Slapd) -> None:
    made = section(passwords, filter="(uid=zoe)")
    (record,) = made.records(Projection(frozenset({"uid", "oldName"})))
    assert record == {"dn": f"uid=zoe,ou=people,{passwords.base_dn}", "uid": "zoe"}
    assert "oldName: a value of 1 record is not UTF-8 text" in made.remarks.warnings[0]
    assert one(passwords, "(uid=zoe)", "oldName", encoding="latin-1")["oldName"] == "Müller"


def test_binary_value_is_left_out(openldap: Slapd) -> None:
    login = openldap.people[9].login
    assert "jpegPhoto" not in one(openldap, f"(uid={login})", "jpegPhoto")


def test_identifiers_of_active_directory_are_readable(active_directory: Slapd) -> None:
    delivered = read(active_directory, "sAMAccountName", "objectGUID", "OBJECTSID")
    found = {item["sAMAccountName"]: item for item in delivered if isinstance(item, dict)}
    for person in active_directory.people:
        record = found[person.login]
        assert record["objectGUID"] == str(object_guid(person))
        assert record["OBJECTSID"] == object_sid(person)


def mapped(made: Connector) -> list[Mapped]:
    """The records through the built-in mapping, read as a run reads them."""
    fields = mapping.merge({"built-in": made.default_mapping()}).values()
    mapper = Mapper(fields, made.settings)
    return [mapper(record) for record in made.records(Projection(mapper.paths))]


@pytest.mark.parametrize("style", ["openldap", "active_directory"])
def test_people_arrive_as_users(style: str, request: pytest.FixtureRequest) -> None:
    server: Slapd = request.getfixturevalue(style)
    arrived = {item.values["USER"]: item for item in mapped(section(server))}
    assert len(arrived) == 2500
    for person in server.people:
        item = arrived[person.login]
        assert item.values == {
            "USER": person.login,
            "FIRST_NAME": person.first_name,
            "LAST_NAME": person.last_name,
            "EMAIL": person.mail or None,
            "PERMISSIONS_ID": "25",
            "POSITION": "Employee",
        }
        assert item.missing == ([] if person.mail else ["EMAIL"])
        assert item.failures == []


# The members of groups.


def groups(server: Slapd, *names: str) -> dict[str, str]:
    """The settings for these groups: the DNs that begin with these names."""
    dns = [dn for name in names for dn in server.groups if dn.lower().startswith(name.lower())]
    assert len(dns) == len(names)
    return {"groups_dn": json.dumps(dns)}


def test_group_members_are_read_and_missing_ones_reported(openldap: Slapd) -> None:
    (dn,) = json.loads(groups(openldap, "cn=staff")["groups_dn"])
    made = section(openldap, group_dn=dn)
    delivered = list(made.records(Projection(frozenset({"uid"}))))
    assert logins(delivered) == logins_of(openldap.people[:300])
    (gone,) = (item for item in delivered if isinstance(item, RecordGone))
    assert "uid=gone,ou=people" in str(gone)
    assert made.expected == 301


@pytest.mark.parametrize(
    ("style", "name", "ini"),
    [
        ("openldap", "cn=retired", {}),  # its one member has an empty name
        ("openldap", "cn=newcomers", {"group_members_attr": "memberUid"}),
        ("active_directory", "cn=newcomers", {}),
    ],
)
def test_an_empty_group_is_no_error(
    style: str, name: str, ini: dict[str, str], request: pytest.FixtureRequest
) -> None:
    server: Slapd = request.getfixturevalue(style)
    assert read(server, "uid", **groups(server, name), **ini) == []


def test_member_of_several_groups_is_read_once(active_directory: Slapd) -> None:
    several = groups(active_directory, "CN=VPN Users", "CN=Sales", "CN=Newcomers", "CN=Finance")
    found = logins(read(active_directory, "sAMAccountName", **several), "sAMAccountName")
    wanted = {p.login for p in active_directory.people[:300]} | {
        p.login for p in active_directory.people if p.department in ("Sales", "Finance")
    }
    assert len(found) == len(wanted)
    assert set(found) == wanted


def test_member_in_two_spellings_is_read_once() -> None:
    names = [f"uid=aquill1,{PEOPLE}", "UID=AQuill1, OU=people, DC=example,DC=com"]
    group = Entry(f"cn=odd,{GROUPS}", {"objectClass": ["groupOfNames"], "member": names})
    with Ldap(entries=[group]) as source:
        found = list(source.records(source.connect(group_dn=group.dn)))
    assert source.ids(found) == ["aquill1"]


def group_of(*names: str, number: int = 1) -> Entry:
    held = {"objectClass": ["groupOfNames"], "member": names}
    return Entry(f"cn=odd {number},{GROUPS}", held)


def test_missing_member_in_two_spellings_is_reported_once() -> None:
    group = group_of(f"uid=gone,{PEOPLE}", f"UID=Gone,{PEOPLE}", f"uid=aquill1,{PEOPLE}")
    with Ldap(entries=[group]) as source:
        found = list(source.records(source.connect(group_dn=group.dn)))
    assert [type(item) for item in found] == [RecordGone, dict]


def test_a_directory_may_name_an_entry_as_it_was_asked_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    find = Door.entry

    def named_as_asked(self: Door, dn: str, *how: Any) -> Any:
        found = find(self, dn, *how)
        return found and dataclasses.replace(found, dn=dn)

    monkeypatch.setattr(Door, "entry", named_as_asked)
    names = [f"uid=aquill1,{PEOPLE}", f"uid=AQUILL1,{PEOPLE.upper()}"]
    groups = [group_of(name, number=number) for number, name in enumerate(names)]
    with Ldap(entries=groups) as source:
        dns = json.dumps([group.dn for group in groups])
        found = list(source.records(source.connect(groups_dn=dns)))
    assert source.ids(found) == ["aquill1"]


def test_member_of_several_groups_is_expected_once() -> None:
    first, second, third = (f"uid={person.login},{PEOPLE}" for person in STAFF[:3])
    groups = [group_of(first, second), group_of(second, third, first, number=2)]
    with Ldap(entries=groups) as source:
        made = source.connect(groups_dn=json.dumps([group.dn for group in groups]))
        found = source.ids(list(source.records(made)))
    assert found == logins_of(STAFF[:3])
    assert made.expected == 3


def test_the_filter_counts_for_members_too(openldap: Slapd) -> None:
    managers = read(openldap, "uid", **groups(openldap, "cn=staff"), filter="(title=Manager)")
    expected = [person.login for person in openldap.people[:300] if person.title == "Manager"]
    assert logins(managers) == expected
    assert len(managers) == len(expected) + 1, "one is gone, those of other titles are not"


def test_groups_dn_counts_before_group_dn(openldap: Slapd) -> None:
    retired = groups(openldap, "cn=retired")
    assert read(openldap, "uid", **retired, group_dn=next(iter(openldap.groups))) == []


def test_a_single_group_may_stand_in_groups_dn(openldap: Slapd) -> None:
    retired = json.loads(groups(openldap, "cn=retired")["groups_dn"])[0]
    assert read(openldap, "uid", groups_dn=retired) == []


def test_members_may_be_named_by_their_login(openldap: Slapd) -> None:
    by_login = {"group_members_attr": "memberUid", "group_member_filter": "uid={0}"}
    found = logins(read(openldap, "uid", **groups(openldap, "cn=developers"), **by_login))
    assert found == logins_of(openldap.people[200:500])


def test_member_logins_without_member_filter_raise_error(openldap: Slapd) -> None:
    by_login = {"group_members_attr": "memberUid"}
    with pytest.raises(ConfigurationError) as caught:
        read(openldap, "uid", **groups(openldap, "cn=developers"), **by_login)
    assert "group_member_filter" in caught.value.fix


def test_missing_group_raises_error(openldap: Slapd) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read(openldap, "uid", group_dn="cn=nobody,ou=groups,dc=example,dc=com")
    assert "cn=nobody" in caught.value.what
    assert "group_dn" in caught.value.fix


def test_unknown_member_login_is_reported_as_gone() -> None:
    names = ["nobody", "*", "aquill1)(uid=*", STAFF[0].login, STAFF[1].login]
    group = Entry(f"cn=odd,{GROUPS}", {"objectClass": ["posixGroup"], "memberUid": names})
    how = {"group_members_attr": "memberUid", "group_member_filter": "(uid={0})"}
    with Ldap(entries=[group]) as source:
        made = source.connect(group_dn=group.dn, **how, filter="(givenName=Ada)")
        delivered = list(source.records(made))
    assert source.ids(delivered) == ["aquill1"]
    gone = [str(item) for item in delivered if isinstance(item, RecordGone)]
    assert len(gone) == 3, "and who is there, but has another first name, is left out"
    assert "nobody" in gone[0]


def test_a_group_is_read_no_faster_than_its_members_are_wanted() -> None:
    group = f"cn=managers,{GROUPS}"
    with Ldap() as source:
        with closing(source.records(source.connect(group_dn=group))) as records:
            next(records)
        assert source.requests == 3  # the sign-in, the group and one member


def test_departments_with_awkward_names_are_groups_too(active_directory: Slapd) -> None:
    name = DEPARTMENTS[-1]
    found = read(active_directory, "sAMAccountName", **groups(active_directory, f"CN={name}"))
    members = [person.login for person in active_directory.people if person.department == name]
    assert sorted(logins(found, "sAMAccountName")) == sorted(members)


def test_group_with_other_member_attribute_raises_error(openldap: Slapd) -> None:
    (staff,) = json.loads(groups(openldap, "cn=staff")["groups_dn"])
    with pytest.raises(ConfigurationError) as caught:
        read(openldap, "uid", group_dn=staff, group_members_attr="uniqueMember")
    assert "has no attribute uniqueMember, but has member" in caught.value.what
    assert caught.value.fix == "Set group_members_attr = member"


def test_member_on_another_server_is_rejected(active_directory: Slapd, tmp_path: Path) -> None:
    foreign = "cn=x,dc=elsewhere,dc=example"
    source = section(active_directory, base_dn=active_directory.base_dn)
    with source._directory() as directory:
        members = GroupMembers(directory, source._query(()), ["cn"], source.remarks)
        delivered = list(members._member(foreign))
    assert [type(item) for item in delivered] == [RecordUnreadable]
    assert delivered[0].where == foreign
    assert not active_directory.was_chased()


# Groups in groups.


def nested(server: Slapd) -> Iterator[str]:
    """A circle of two groups with two people and a device, and an empty group."""
    base, people = server.base_dn, server.people
    inner, outer = f"cn=inner,ou=groups,{base}", f"cn=outer,ou=groups,{base}"
    device = f"cn=printer,ou=groups,{base}"
    users = [f"uid={person.login},ou=people,{base}" for person in people[:3]]
    yield entry(device, objectClass="device")
    yield entry(inner, objectClass="groupOfNames", member=[users[1], users[2], outer])
    unique = f"cn=unique,ou=groups,{base}"
    yield entry(unique, objectClass="groupOfUniqueNames", uniqueMember=users[2])
    members = [users[0], inner, outer, device, unique]
    yield entry(outer, objectClass="groupOfNames", member=members)


@pytest.fixture(scope="module")
def nesting(
    tmp_path_factory: pytest.TempPathFactory, certificates: Certificates
) -> Iterator[Slapd]:
    folder = tmp_path_factory.mktemp("nesting")
    with Slapd(folder, certificates, people=5, more=nested) as server:
        yield server


def outer(server: Slapd, **ini: str) -> Connector:
    return section(server, group_dn=f"cn=outer,ou=groups,{server.base_dn}", **ini)


UID = Projection(frozenset({"uid"}))


def test_groups_in_group_are_counted_and_not_read(nesting: Slapd) -> None:
    made = outer(nesting)
    assert logins(list(made.records(UID))) == logins_of(nesting.people[:1])
    assert made.remarks.warnings == [
        "3 members of the groups are groups themselves, and their members were not read (for"
        f" example: cn=inner,ou=groups,{nesting.base_dn}). Set nested_groups = True to read them."
    ]
    assert made.remarks.notes == [
        "1 member of the groups is neither a person nor a group and did not match filter (for"
        f" example: cn=printer,ou=groups,{nesting.base_dn}). The connector did not read it."
    ]


def test_group_that_matches_filter_is_still_a_record(nesting: Slapd) -> None:
    made = outer(nesting, filter="(objectClass=*)")
    found = [item["dn"].partition(",")[0] for item in made.records(UID) if isinstance(item, dict)]
    assert found == [f"uid={nesting.people[0].login}", *(f"cn={n}" for n in NAMES)]
    assert made.remarks.warnings[0].startswith("3 members")


NAMES = ("inner", "outer", "printer", "unique")


@pytest.mark.parametrize("query", [EVERYONE, "(objectClass=*)"])
def test_nested_groups_are_followed_without_end_in_a_circle(nesting: Slapd, query: str) -> None:
    made = outer(nesting, nested_groups="True", filter=query)
    found = [item for item in made.records(UID) if isinstance(item, dict)]
    assert [item["uid"] for item in found if "uid" in item] == logins_of(nesting.people[:3])
    assert all(set(item) <= {"dn", "uid"} for item in found)
    assert made.remarks.warnings == []
    assert made.expected == 7


def test_nested_groups_work_with_names_of_members(nesting: Slapd) -> None:
    by_dn = {"group_member_filter": "(entryDN={0})", "nested_groups": "True"}
    found = logins(list(outer(nesting, **by_dn).records(UID)))
    assert found == logins_of(nesting.people[:3])


def test_everything_of_members_includes_their_classes(nesting: Slapd) -> None:
    (record, *_) = outer(nesting).records(Projection(everything=True))
    assert isinstance(record, dict)
    assert record["objectClass"] == "inetOrgPerson"


def test_member_with_name_that_is_not_text_is_unreadable() -> None:
    group = Entry(f"cn=x,{GROUPS}", {"objectClass": ["groupOfNames"], "member": [b"uid=j\xf6rg"]})
    with Ldap(entries=[group]) as source:
        (item,) = source.records(source.connect(group_dn=group.dn))
    assert isinstance(item, RecordUnreadable)
    assert "UTF-8" in item.what


def ad_nested() -> Iterator[Entry]:
    """Two groups, and a member in another domain that the rule cannot find."""
    users = [f"uid={person.login},{PEOPLE}" for person in STAFF[:4]]
    inner, around = f"cn=inner,{GROUPS}", f"cn=around,{GROUPS}"
    foreign = "cn=S-1-5-21-9,cn=foreignsecurityprincipals,dc=example,dc=com"
    yield Entry(around, {"objectClass": ["group"], "member": [users[0], inner, foreign]})
    yield Entry(inner, {"objectClass": ["group"], "member": [users[1], users[2], around]})
    container = foreign.partition(",")[2]
    yield Entry(container, {"objectClass": ["container"]})
    yield Entry(foreign, {"objectClass": ["foreignSecurityPrincipal"]})


def test_active_directory_finds_nested_members_by_its_own_rule() -> None:
    with Ldap(entries=ad_nested(), active_directory=True) as source:
        made = source.connect(group_dn=f"cn=around,{GROUPS}", nested_groups="True")
        delivered = list(source.records(made))
        searches = [each.detail for each in source.directory.requests if each.operation == "search"]
    assert source.ids(delivered) == logins_of(STAFF[:3])
    (rule,) = [each for each in searches if "1.2.840.113556.1.4.1941" in each["filter"]]
    assert (rule["base"], rule["scope"]) == (SUFFIX, "sub")
    people = [each for each in searches if each["base"].endswith(PEOPLE)]
    assert people == [], "no member that the rule found is read once more"
    assert "1 member of the groups is neither a person nor a group" in made.remarks.notes[0]


def test_members_are_read_one_by_one_if_the_rule_fails() -> None:
    with Ldap(entries=ad_nested(), active_directory=True) as source:
        fine: list[Outcome | None] = [None] * 3  # the group, the kind of server, and the SID
        source.directory.refusals["search"] = iter([*fine, Outcome(11, "too much"), *[None] * 99])
        made = source.connect(group_dn=f"cn=around,{GROUPS}", nested_groups="True")
        assert source.ids(list(source.records(made))) == logins_of(STAFF[:3])


def test_active_directory_without_nested_groups_uses_no_rule() -> None:
    with Ldap(entries=ad_nested(), active_directory=True) as source:
        made = source.connect(group_dn=f"cn=around,{GROUPS}")
        assert source.ids(list(source.records(made))) == logins_of(STAFF[:1])
        filters = [
            each.detail["filter"]
            for each in source.directory.requests
            if each.operation == "search"
        ]
    assert not any("1941" in each for each in filters)


def test_users_of_a_primary_group_are_reported() -> None:
    sid = b"\x01\x05" + b"\0" * 22 + (513).to_bytes(4, "little")
    everyone, around = f"cn=Domain Users,{GROUPS}", f"cn=around,{GROUPS}"
    held = {"objectClass": ["inetOrgPerson"], "uid": ["zoe"], "primaryGroupID": ["513"]}
    entries = [
        Entry(
            around,
            {"objectClass": ["group"], "member": [f"uid={STAFF[0].login},{PEOPLE}", everyone]},
        ),
        Entry(everyone, {"objectClass": ["group"], "objectSid": [sid]}),
        *(Entry(f"uid=zoe{number},{PEOPLE}", held) for number in range(3)),
    ]
    with Ldap(entries=entries, active_directory=True) as source:
        made = source.connect(group_dn=around, nested_groups="True")
        assert source.ids(list(source.records(made))) == logins_of(STAFF[:1])
    assert made.remarks.warnings == [
        "The primary group of users does not list them as members, so they were not read (for"
        f" example: {everyone}). To read them, use a filter such as (primaryGroupID=513) without"
        " group_dn."
    ]


def test_person_with_the_member_attribute_is_no_group() -> None:
    reports = [f"uid={person.login},{PEOPLE}" for person in STAFF[:2]]
    held = {"objectClass": ["inetOrgPerson"], "cn": ["Bo"], "uid": ["bo"], "directReports": reports}
    boss = Entry(f"uid=bo,{PEOPLE}", held)
    top = Entry(f"uid=zoe,{PEOPLE}", {**held, "uid": ["zoe"], "directReports": [boss.dn]})
    how = {"group_members_attr": "directReports", "nested_groups": "True"}
    with Ldap(entries=[boss, top]) as source:
        made = source.connect(group_dn=top.dn, **how)
        assert source.ids(list(source.records(made))) == ["bo"]
