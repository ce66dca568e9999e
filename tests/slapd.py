"""A real OpenLDAP server for tests, filled with the sandbox's people, plain or dressed as AD."""

from __future__ import annotations

import os
import re
import shutil
import socket
import struct
import subprocess
import time
import uuid
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal, Self

import pytest

import sandbox.people
from sandbox.people import DEPARTMENTS, Person
from tests.certificates import Certificates

SCHEMAS = Path("/etc/ldap/schema")
SEARCH_PATH = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"))
LOOPBACK = ("127.0.0.1", 0)  # on a free port
START_SECONDS = 20
STOP_SECONDS = 5
CONFIG = """\
include {schemas}/core.schema
include {schemas}/cosine.schema
include {schemas}/inetorgperson.schema
include {schemas}/nis.schema
moduleload back_mdb
TLSCACertificateFile "{certificates.ca}"
TLSCertificateFile "{certificates.chain}"
TLSCertificateKeyFile "{certificates.key}"
allow bind_v2
threads 2
loglevel 0
security simple_bind={bind_strength}
{globals}
database mdb
suffix "{slapd.base_dn}"
rootdn "{slapd.root_dn}"
rootpw "{slapd.password}"
directory "{folder}/db"
maxsize 1073741824
dbnosync
index objectClass,mail,{tree.login} eq
sizelimit 500
limits dn.exact="{slapd.bind_dn}" {tree.limits} size.prtotal=unlimited
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact="{slapd.bind_dn}" read by dn.exact="{slapd.limited_dn}" read
  by anonymous {tree.anonymous} by * none
"""

JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00\xff\xd9"
INTEGER = "EQUALITY integerMatch ORDERING integerOrderingMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.27"
BYTES = "EQUALITY octetStringMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.40"
AD_ATTRIBUTES = {  # with Microsoft's identifiers, below 1.2.840.113556.1
    "sAMAccountName": ("4.221", "SUP name"),
    "userPrincipalName": ("4.656", "SUP name"),
    "department": ("2.141", "SUP name"),
    "objectCategory": ("4.782", "SUP name"),
    "userAccountControl": ("4.8", INTEGER),
    "pwdLastSet": ("4.96", INTEGER),
    "objectGUID": ("4.2", BYTES),
    "objectSid": ("4.146", BYTES),
    "whenCreated": ("2.2", "EQUALITY generalizedTimeMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.24"),
    "memberOf": ("2.102", "EQUALITY distinguishedNameMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.12"),
}
AD_GLOBALS = """\
{attributes}
objectclass ( 1.2.840.113556.1.5.9 NAME 'user' SUP organizationalPerson STRUCTURAL
  MAY ( distinguishedName $ displayName $ givenName $ mail $ uid $ {names} ) )
objectclass ( 1.2.840.113556.1.5.8 NAME 'group' SUP top STRUCTURAL MUST cn
  MAY ( distinguishedName $ member $ {names} ) )
referral {referral}
"""


def require_slapd() -> None:
    """Skip the calling test where OpenLDAP is not installed; in CI, fail it."""
    if _slapd() and shutil.which("ldapsearch") and SCHEMAS.is_dir():
        return
    message = "needs OpenLDAP: apt-get install slapd ldap-utils"
    if os.environ.get("CI") == "true":
        pytest.fail(message)
    pytest.skip(message)


class Slapd:
    """An OpenLDAP server on free ports of 127.0.0.1, for the length of a `with` block.

    It holds `people` and, by DN, `groups` of them, as `OpenLdap` and `ActiveDirectory` say below.
    Three accounts share `password`:

    - `bind_dn` reads everything in pages (openldap: of at most 1000), but unpaged gets
      sizeLimitExceeded after 500 entries (active directory: 1000);
    - `limited_dn` gets it after 500 entries in total, paged or not;
    - `outsider_dn` can sign in and sees nothing: noSuchObject.

    `root_dn`, with the same password, may also change what is there.
    With `require_tls` a simple bind without TLS gets confidentialityRequired. A server that hangs
    is made by SIGSTOP to its `pid`. `more` yields further entries (see `entry`) of the server that
    it is called with, `schema` are lines with attributes and classes of theirs.
    """

    password = "correct horse battery staple"

    def __init__(
        self,
        folder: Path,
        certificates: Certificates,
        *,
        style: Literal["openldap", "active directory"] = "openldap",
        people: int = 2500,
        require_tls: bool = False,
        more: Callable[[Self], Iterator[str]] | None = None,
        schema: str = "",
    ) -> None:
        self.people = list(sandbox.people.people(people))
        self._tree = OpenLdap(self.people) if style == "openldap" else ActiveDirectory(self.people)
        self.groups = self._tree.groups
        self.base_dn = self._tree.base_dn
        self.bind_dn = f"cn=read-only-admin,{self.base_dn}"
        self.limited_dn = f"cn=limited,{self.base_dn}"
        self.outsider_dn = f"cn=outsider,{self.base_dn}"
        self.root_dn = f"cn=root,{self.base_dn}"
        self.cacert_file = certificates.ca
        with socket.create_server(LOOPBACK) as one, socket.create_server(LOOPBACK) as other:
            self.ldap_port, self.ldaps_port = one.getsockname()[1], other.getsockname()[1]
        self.ldap_url = f"ldap://localhost:{self.ldap_port}"
        self.ldaps_url = f"ldaps://localhost:{self.ldaps_port}"
        self._folder = folder
        self._certificates = certificates
        self._require_tls = require_tls
        self._more = more
        self._schema = schema

    def __enter__(self) -> Self:
        """Load and start; RuntimeError, with what slapd printed, when either fails."""
        with ExitStack() as stack:
            self._elsewhere = stack.enter_context(socket.create_server(LOOPBACK))
            self._elsewhere.setblocking(False)
            config = self._load(f"ldap://127.0.0.1:{self._elsewhere.getsockname()[1]}")
            self.pid = stack.enter_context(_running(config, self.ldap_port, self.ldaps_port))
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def was_chased(self) -> bool:
        """Whether a client has gone where a referral points, since the last call."""
        try:
            self._elsewhere.accept()[0].close()
        except BlockingIOError:
            return False
        return True

    def _load(self, referral: str) -> Path:
        (self._folder / "db").mkdir(parents=True)
        config = self._folder / "slapd.conf"
        text = CONFIG.format(
            slapd=self,
            tree=self._tree,
            globals=f"{self._schema}\n{self._tree.globals(referral)}",
            schemas=SCHEMAS,
            folder=self._folder,
            certificates=self._certificates,
            bind_strength=128 if self._require_tls else 0,
        )
        config.write_text(text, encoding="utf-8")
        ldif = self._folder / "entries.ldif"
        more = self._more(self) if self._more else ()
        entries = (*self._frame(), *self._tree.entries(referral), *more)
        ldif.write_text("\n".join(entries), encoding="ascii")
        command = [_slapd(), "-T", "add", "-f", str(config), "-l", str(ldif)]
        command += ["-o", "value-check=yes"]
        loading = subprocess.run(command, capture_output=True, text=True, timeout=60)
        if loading.returncode:
            raise RuntimeError(f"slapadd refused the entries:\n{loading.stdout}{loading.stderr}")
        return config

    def _frame(self) -> Iterator[str]:
        yield entry(self.base_dn, objectClass="domain")
        for unit in ("people", "groups"):
            yield entry(f"ou={unit},{self.base_dn}", objectClass="organizationalUnit")
        for dn in (self.bind_dn, self.limited_dn, self.outsider_dn):
            classes = ["organizationalRole", "simpleSecurityObject"]
            yield entry(dn, objectClass=classes, userPassword=self.password)


class OpenLdap:
    """Readable by anyone; some people have two mail values, some a jpegPhoto.

    Groups: "staff" and "retired" are groupOfNames, which must have a member: besides its people
    the one holds a DN that is gone, the other only the empty DN. "developers" and "newcomers"
    (empty) are posixGroups: memberUid holds logins.
    """

    base_dn = "dc=example,dc=com"
    login = "uid"
    limits = "size.soft=500 size.hard=1000 size.pr=1000"
    anonymous = "read"

    def __init__(self, people: list[Person]) -> None:
        self._people = people
        self.groups: dict[str, list[Person]] = {
            f"cn=staff,ou=groups,{self.base_dn}": people[:300],
            f"cn=retired,ou=groups,{self.base_dn}": [],
            f"cn=developers,ou=groups,{self.base_dn}": people[200:500],
            f"cn=newcomers,ou=groups,{self.base_dn}": [],
        }

    def globals(self, referral: str) -> str:
        return ""

    def entries(self, referral: str) -> Iterator[str]:
        for person in self._people:
            alias = [f"{person.login}@mail.example.com"] if person.number % 30 == 0 else []
            yield entry(
                self._dn(person.login),
                objectClass="inetOrgPerson",
                cn=person.full_name,
                mail=[person.mail, *alias] if person.mail else [],
                jpegPhoto=[JPEG] if person.number % 10 == 0 else [],
                **_common(person),
            )
        staff, retired, developers, newcomers = self.groups.items()
        for (dn, people), extra in ((staff, self._dn("gone")), (retired, "")):
            members = [*(self._dn(person.login) for person in people), extra]
            yield entry(dn, objectClass="groupOfNames", member=members)
        for dn, people in (developers, newcomers):
            logins = [person.login for person in people]
            yield entry(dn, objectClass="posixGroup", gidNumber="5000", memberUid=logins)

    def _dn(self, login: str) -> str:
        return f"uid={login},ou=people,{self.base_dn}"


class ActiveDirectory:
    r"""Users named "Last, First" without uid; a group per department, "VPN Users" and an empty one.

    As in AD, anonymous reads nothing, a search from the base brings references to the other
    partitions, and a base elsewhere a referral. Unlike AD it cuts no attribute into ranges, allows
    pages above 1000, and refuses in OpenLDAP's codes and words. DNs in values are spelled as AD
    spells them (`CN=Quill\, Ada`), those of entries as OpenLDAP does (`cn=Quill\2C Ada`).
    """

    base_dn = "DC=corp,DC=test"
    login = "sAMAccountName"
    limits = "size.soft=1000 size.hard=1000"
    anonymous = "none"

    def __init__(self, people: list[Person]) -> None:
        self._people = people
        members = {name: [p for p in people if p.department == name] for name in DEPARTMENTS}
        members |= {"VPN Users": people[:300], "Newcomers": []}
        self.groups = {f"CN={cn},OU=groups,{self.base_dn}": each for cn, each in members.items()}

    def globals(self, referral: str) -> str:
        attributes = (
            f"attributetype ( 1.2.840.113556.1.{number} NAME '{name}' {rest} )"
            for name, (number, rest) in AD_ATTRIBUTES.items()
        )
        names = " $ ".join(AD_ATTRIBUTES)
        return AD_GLOBALS.format(attributes="\n".join(attributes), names=names, referral=referral)

    def entries(self, referral: str) -> Iterator[str]:
        for partition in ("DC=ForestDnsZones", "DC=DomainDnsZones", "CN=Configuration"):
            dn = f"{partition},{self.base_dn}"
            yield entry(dn, objectClass=["referral", "extensibleObject"], ref=f"{referral}/{dn}")
        member_of: dict[Person, list[str]] = {person: [] for person in self._people}
        for dn, people in self.groups.items():
            yield entry(dn, objectClass="group", member=[self._dn(person) for person in people])
            for person in people:
                member_of[person].append(dn)
        for person, groups in member_of.items():
            yield self._user(person, groups)

    def _user(self, person: Person, groups: list[str]) -> str:
        created = datetime(2020, 1, 1, 8, tzinfo=UTC) + timedelta(days=person.number % 1500)
        return entry(
            self._dn(person),
            objectClass=["top", "person", "organizationalPerson", "user"],
            # AD stores the DN and finds it by the short form too; here both are values.
            objectCategory=[f"CN=Person,CN=Schema,CN=Configuration,{self.base_dn}", "person"],
            distinguishedName=self._dn(person),
            displayName=person.full_name,
            department=person.department,
            mail=person.mail or [],
            sAMAccountName=person.login,
            userPrincipalName=f"{person.login}@corp.test",
            userAccountControl="514" if is_disabled(person) else "512",
            pwdLastSet="0" if person.number % 50 == 0 else str(_filetime(created)),
            whenCreated=f"{created:%Y%m%d%H%M%S}.0Z",
            objectGUID=object_guid(person).bytes_le,
            objectSid=_packed_sid(object_sid(person)),
            memberOf=groups,
            **_common(person),
        )

    def _dn(self, person: Person) -> str:
        name = _escaped(f"{person.last_name}, {person.first_name}")
        return f"CN={name},OU=people,{self.base_dn}"


def is_disabled(person: Person) -> bool:
    """Whether the account is disabled in Active Directory."""
    return person.number % 20 == 0


def object_guid(person: Person) -> uuid.UUID:
    return uuid.uuid5(uuid.NAMESPACE_DNS, f"{person.login}.corp.test")


def object_sid(person: Person) -> str:
    return f"S-1-5-21-3964364666-646102080-814570430-{1000 + person.number}"


def _packed_sid(sid: str) -> bytes:
    revision, authority, *rest = map(int, sid.split("-")[1:])
    return struct.pack(">BBHI", revision, len(rest), 0, authority) + struct.pack("<5I", *rest)


def _filetime(moment: datetime) -> int:
    return (moment - datetime(1601, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) * 10


def _common(person: Person) -> dict[str, str | list[str]]:
    return {
        "sn": person.last_name,
        "givenName": person.first_name,
        "telephoneNumber": person.phone or [],
        "title": person.title or [],
    }


def _escaped(value: str) -> str:
    """Return the value as RFC 4514, section 2.4 wants it in a DN."""
    return re.sub(r'^[ #]|[,+"\\<>;]| $', r"\\\g<0>", value)


def entry(dn: str, **attributes: str | bytes | list[str] | list[bytes]) -> str:
    """Return the LDIF (RFC 2849) of an entry; the value that its DN begins with is added."""
    ((name, value),) = re.findall(r"^(\w+)=((?:\\.|[^,])+)", dn)
    lines = [_line("dn", dn), _line(name, re.sub(r"\\(.)", r"\1", value))]
    for key, values in attributes.items():
        lines += (_line(key, each) for each in (values if isinstance(values, list) else [values]))
    return "".join(lines)


def _line(name: str, value: str | bytes) -> str:
    data = value.encode() if isinstance(value, str) else value
    if re.fullmatch(rb"([!-9=-~][ -~]*)?", data):
        return f"{name}: {data.decode()}\n"
    return f"{name}:: {b64encode(data).decode()}\n"


@contextmanager
def _running(config: Path, ldap_port: int, ldaps_port: int) -> Iterator[int]:
    """Run slapd until the block ends or, on Linux, the thread that entered it has."""
    urls = f"ldaps://127.0.0.1:{ldaps_port} ldap://127.0.0.1:{ldap_port}"
    command = [_slapd(), "-f", str(config), "-d", "none", "-h", urls]  # none: in the foreground
    if setpriv := shutil.which("setpriv"):
        command = [setpriv, "--pdeathsig", "TERM", *command]
    log = config.with_suffix(".log")
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
    try:
        deadline = time.monotonic() + START_SECONDS
        while not _started(log, ldap_port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"slapd did not start:\n{log.read_text(errors='replace')}")
            time.sleep(0.01)
        yield process.pid
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _started(log: Path, last_port: int) -> bool:
    """Whether slapd has bound its ports, which it logs, and listens on the last of them."""
    with socket.socket() as client:
        return (
            b"slapd starting" in log.read_bytes()
            and client.connect_ex(("127.0.0.1", last_port)) == 0
        )


def _slapd() -> str:
    return shutil.which("slapd", path=SEARCH_PATH) or ""
