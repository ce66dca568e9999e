"""The real OpenLDAP of the tests holds and refuses what it claims, and leaves nothing running."""

from __future__ import annotations

import base64
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pytest

from tests import slapd
from tests.certificates import Certificates, issue
from tests.slapd import Slapd, is_disabled, object_guid, object_sid, require_slapd

Record = dict[str, list[bytes]]

PAGED = ("-E", "pr=500/noprompt")
PEOPLE = "(|(objectClass=inetOrgPerson)(objectClass=user))"
STARTS_AND_DIES = """
import os, sys
from pathlib import Path
from tests.certificates import issue
from tests.slapd import Slapd

folder = Path(sys.argv[1])
with Slapd(folder / "slapd", issue(folder), people=1) as server:
    print(server.ldap_port, flush=True)
    os.kill(os.getpid(), 9)
"""


class Answer(NamedTuple):
    """The result code of LDAP or of ldapsearch itself, entries by DN in lower case, references."""

    code: int
    entries: dict[str, Record]
    references: list[str]


def ldapsearch(
    server: Slapd,
    *arguments: str,
    user: str | None = None,
    password: str = Slapd.password,
    url: str | None = None,
    ca: Path | None = None,
) -> Answer:
    """Search the whole tree as `bind_dn` over plain LDAP, unless told otherwise ("": anonymous)."""
    user = server.bind_dn if user is None else user
    # With -LLL the newest one no longer tells references.
    command = ["ldapsearch", "-x", "-L", "-o", "ldif-wrap=no"]
    # By number, since OpenLDAP's library takes "localhost" to be certified as this machine's name.
    command += ["-H", (url or server.ldap_url).replace("localhost", "127.0.0.1")]
    command += ["-D", user, "-w", password] if user else []
    command += [] if "-b" in arguments else ["-b", server.base_dn]
    environment = {**os.environ, "LDAPTLS_CACERT": str(ca or server.cacert_file)}
    done = subprocess.run([*command, *arguments], capture_output=True, env=environment, timeout=30)
    lines = done.stdout.decode().splitlines()
    return Answer(
        done.returncode,
        dict(_entries(line for line in lines if not line.startswith(("#", "version: ")))),
        [line.removeprefix("# ref") for line in lines if line.startswith("# refldap://")],
    )


def _entries(lines: Iterator[str]) -> Iterator[tuple[str, Record]]:
    record: Record = {}
    for line in lines:
        if line:
            name, _, value = line.partition(":")
            encoded = value.startswith(":")
            data = base64.b64decode(value[1:]) if encoded else value.strip().encode()
            record.setdefault(name, []).append(data)
        elif record:
            yield record.pop("dn")[0].decode().lower(), record
            record = {}


def texts(record: Record, name: str) -> list[str]:
    return [value.decode() for value in record.get(name, [])]


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
def directory(
    tmp_path_factory: pytest.TempPathFactory, certificates: Certificates
) -> Iterator[Slapd]:
    folder = tmp_path_factory.mktemp("active directory")
    with Slapd(folder, certificates, style="active directory") as server:
        yield server


def test_openldap_holds_the_people(openldap: Slapd) -> None:
    answer = ldapsearch(openldap, *PAGED, PEOPLE)
    assert answer.code == 0
    assert len(answer.entries) == len(openldap.people) == 2500
    for person in openldap.people:
        record = answer.entries[f"uid={person.login},ou=people,dc=example,dc=com"]
        assert texts(record, "uid") == [person.login]
        assert texts(record, "cn") == [person.full_name]
        assert texts(record, "sn") == [person.last_name]
        assert texts(record, "givenName") == [person.first_name]
        assert texts(record, "mail")[:1] == ([person.mail] if person.mail else [])
        assert texts(record, "telephoneNumber") == ([person.phone] if person.phone else [])
        assert texts(record, "title") == ([person.title] if person.title else [])
    assert any(len(record.get("mail", [])) == 2 for record in answer.entries.values())
    assert any("jpegPhoto" in record for record in answer.entries.values())


def test_openldap_groups(openldap: Slapd) -> None:
    groups = ldapsearch(openldap, "-b", f"ou=groups,{openldap.base_dn}", "(cn=*)").entries
    assert groups.keys() == openldap.groups.keys()
    staff, retired, developers, newcomers = (groups[dn] for dn in openldap.groups)
    people = [f"uid={person.login},ou=people,dc=example,dc=com" for person in openldap.people]
    assert texts(staff, "member") == [*people[:300], "uid=gone,ou=people,dc=example,dc=com"]
    assert texts(retired, "member") == [""]
    assert texts(developers, "memberUid") == [each.login for each in openldap.people[200:500]]
    assert "memberUid" not in newcomers


def test_active_directory_holds_the_people(directory: Slapd) -> None:
    answer = ldapsearch(directory, *PAGED, "(&(objectCategory=person)(objectClass=user))")
    assert answer.code == 0
    by_login = {texts(each, "sAMAccountName")[0]: each for each in answer.entries.values()}
    assert len(by_login) == len(directory.people) == 2500
    for person in directory.people:
        record = by_login[person.login]
        assert "uid" not in record
        assert texts(record, "userPrincipalName") == [f"{person.login}@corp.test"]
        assert texts(record, "cn") == [f"{person.last_name}, {person.first_name}"]
        assert texts(record, "mail") == ([person.mail] if person.mail else [])
        assert texts(record, "userAccountControl") == ["514" if is_disabled(person) else "512"]
        assert uuid.UUID(bytes_le=record["objectGUID"][0]) == object_guid(person)


def test_active_directory_values(directory: Slapd) -> None:
    ((dn, record),) = ldapsearch(directory, "(sAMAccountName=asmithjr209)").entries.items()
    assert dn == r"cn=smith\2c jr.\2c ada,ou=people,dc=corp,dc=test"
    assert texts(record, "distinguishedName") == [r"CN=Smith\, Jr.\, Ada,OU=people,DC=corp,DC=test"]
    assert object_sid(directory.people[208]) == "S-1-5-21-3964364666-646102080-814570430-1209"
    assert (
        record["objectSid"][0].hex() == "0105000000000005150000007a674bec40bc8226be5b8d30b9040000"
    )
    assert texts(record, "whenCreated") == ["20200728080000.0Z"]
    seconds = int(texts(record, "pwdLastSet")[0]) / 10_000_000 - 11_644_473_600
    assert datetime.fromtimestamp(seconds, UTC) == datetime(2020, 7, 28, 8, tzinfo=UTC)


def test_active_directory_groups(directory: Slapd) -> None:
    groups = ldapsearch(directory, "(objectClass=group)").entries
    assert groups.keys() == {dn.lower() for dn in directory.groups}
    for dn, people in directory.groups.items():
        found = ldapsearch(directory, f"(memberOf={dn})").entries.values()
        assert {texts(each, "sAMAccountName")[0] for each in found} == {p.login for p in people}
        names = {texts(each, "distinguishedName")[0] for each in found}
        assert set(texts(groups[dn.lower()], "member")) == names


def test_filters_by_bits_of_a_number(directory: Slapd) -> None:
    disabled = ldapsearch(directory, "(userAccountControl:1.2.840.113556.1.4.803:=2)").entries
    assert len(disabled) == sum(map(is_disabled, directory.people)) == 125


def test_referrals_lead_to_where_a_client_is_caught(directory: Slapd) -> None:
    references = ldapsearch(directory, *PAGED, PEOPLE).references
    assert len(references) == 3
    assert ldapsearch(directory, "-b", "dc=elsewhere,dc=test").code == 10
    assert not directory.was_chased()
    host, port = references[0].removeprefix("ldap://").partition("/")[0].split(":")
    socket.create_connection((host, int(port))).close()
    assert directory.was_chased()
    assert not directory.was_chased()


@pytest.mark.parametrize(
    ("arguments", "code", "count"),
    [
        pytest.param((), 4, 500, id="unpaged"),
        pytest.param(("-E", "pr=1000/noprompt"), 0, 2500, id="largest page"),
        pytest.param(("-E", "pr=1001/noprompt"), 11, 0, id="page too large"),
        pytest.param(("-b", "dc=nowhere"), 32, 0, id="no such base"),
    ],
)
def test_limits_of_openldap(
    openldap: Slapd, arguments: tuple[str, ...], code: int, count: int
) -> None:
    answer = ldapsearch(openldap, *arguments, PEOPLE)
    assert (answer.code, len(answer.entries)) == (code, count)


def test_active_directory_cuts_an_unpaged_search(directory: Slapd) -> None:
    answer = ldapsearch(directory, PEOPLE)
    assert (answer.code, len(answer.entries)) == (4, 1000)


@pytest.mark.parametrize("style", ["openldap", "directory"])
def test_accounts(style: str, request: pytest.FixtureRequest) -> None:
    server: Slapd = request.getfixturevalue(style)
    limited = ldapsearch(server, "-E", "pr=200/noprompt", PEOPLE, user=server.limited_dn)
    assert (limited.code, len(limited.entries)) == (4, 500)
    assert ldapsearch(server, user=server.outsider_dn).code == 32
    assert ldapsearch(server, password="wrong").code == 49
    (account,) = ldapsearch(server, "(cn=limited)").entries.values()
    assert "userPassword" not in account


def test_only_openldap_is_open_to_anyone(openldap: Slapd, directory: Slapd) -> None:
    assert ldapsearch(openldap, "(uid=aquill1)", user="").entries
    assert ldapsearch(directory, "(sAMAccountName=aquill1)", user="").code == 32


def test_tls_is_trusted_through_its_own_ca(openldap: Slapd, tmp_path: Path) -> None:
    stranger = issue(tmp_path).ca
    assert ldapsearch(openldap, "(uid=aquill1)", url=openldap.ldaps_url).entries
    assert ldapsearch(openldap, "(uid=aquill1)", "-ZZ").entries
    assert not ldapsearch(openldap, url=openldap.ldaps_url, ca=stranger).entries
    assert not ldapsearch(openldap, "-ZZ", ca=stranger).entries


def test_requires_tls_when_asked(tmp_path: Path, certificates: Certificates) -> None:
    with Slapd(tmp_path / "slapd", certificates, people=20, require_tls=True) as server:
        assert ldapsearch(server).code == 13
        assert len(ldapsearch(server, PEOPLE, "-ZZ").entries) == 20
        assert len(ldapsearch(server, PEOPLE, url=server.ldaps_url).entries) == 20


def test_a_failed_start_tells_why(tmp_path: Path, certificates: Certificates) -> None:
    wrong = replace(certificates, key=tmp_path / "missing.key")
    with pytest.raises(RuntimeError, match=r"missing\.key"), Slapd(tmp_path / "a", wrong):
        pass
    taken = Slapd(tmp_path / "b", certificates, people=1)
    with (
        socket.create_server(("127.0.0.1", taken.ldap_port)),
        pytest.raises(RuntimeError, match="Address already in use"),
        taken,
    ):
        pass


def test_refused_entries_tell_why(
    tmp_path: Path, certificates: Certificates, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(slapd.AD_ATTRIBUTES, "memberOf")
    refused = Slapd(tmp_path, certificates, style="active directory", people=20)
    with pytest.raises(RuntimeError, match="memberOf"), refused:
        pass


def test_stops_when_its_block_fails(tmp_path: Path, certificates: Certificates) -> None:
    with pytest.raises(ZeroDivisionError), Slapd(tmp_path, certificates, people=1) as server:
        _ = 1 / 0
    assert not listens(server.ldap_port)
    assert not listens(server.ldaps_port)


def test_stops_when_it_hangs(
    tmp_path: Path, certificates: Certificates, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slapd, "STOP_SECONDS", 0.1)
    with Slapd(tmp_path, certificates, people=1) as server:
        os.kill(server.pid, signal.SIGSTOP)
    assert not listens(server.ldap_port)


@pytest.mark.skipif(not shutil.which("setpriv"), reason="needs setpriv of util-linux")
def test_stops_with_the_process_that_started_it(tmp_path: Path) -> None:
    require_slapd()
    command = [sys.executable, "-c", STARTS_AND_DIES, str(tmp_path)]
    root = Path(__file__).parent.parent
    killed = subprocess.run(command, cwd=root, stdout=subprocess.PIPE, timeout=30)
    assert killed.returncode == -9
    deadline = time.monotonic() + 10
    while listens(int(killed.stdout)):
        assert time.monotonic() < deadline, "slapd outlived the process that started it"
        time.sleep(0.02)


def listens(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.parametrize(
    ("ci", "outcome"), [("", pytest.skip.Exception), ("true", pytest.fail.Exception)]
)
def test_without_openldap_skips_or_in_ci_fails(
    ci: str, outcome: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slapd, "SEARCH_PATH", "")
    monkeypatch.setenv("CI", ci)
    with pytest.raises(outcome, match="slapd ldap-utils"):
        require_slapd()
