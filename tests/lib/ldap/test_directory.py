"""The door to LDAP: pages, limits, TLS, odd servers; against a real OpenLDAP where that can be."""

from __future__ import annotations

import contextlib
import gc
import socket
import socketserver
import threading
import time
from collections.abc import Callable, Iterator
from itertools import islice, repeat
from pathlib import Path
from typing import Any, Self

import pytest

from lib.connection import ConnectionSettings
from lib.errors import (
    AccessDenied,
    ConfigurationError,
    ConnectorError,
    SignInError,
    SourceFault,
    SourceUnavailable,
)
from lib.ldap.directory import PAGE_SIZE, Directory, LdapEntry, escaped, parenthesised
from sandbox.directory import PEOPLE, SUFFIX, Outcome, ber, company
from sandbox.directory import Directory as Sandbox
from sandbox.directory.messages import Page, SearchRequest, controls_of
from sandbox.people import people
from tests.certificates import Certificates, issue
from tests.slapd import Slapd, require_slapd

ADMIN, PASSWORD = f"cn=read-only-admin,{SUFFIX}", "correct horse battery staple"
EVERYONE = "(|(objectClass=inetOrgPerson)(objectClass=user))"

Open = Callable[..., Directory]
Values = dict[str, list[bytes]]


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return issue(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module", params=["openldap", "active directory"])
def slapd(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    certificates: Certificates,
) -> Iterator[Slapd]:
    require_slapd()
    with Slapd(tmp_path_factory.mktemp("slapd"), certificates, style=request.param) as server:
        yield server


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(company(60), accounts={ADMIN: PASSWORD}) as server:
        yield server


@pytest.fixture
def open_directory() -> Iterator[Open]:
    """Makes directories, signed in unless `username` is None, and closes them."""
    with contextlib.ExitStack() as stack:

        def open_one(
            url: str,
            username: str | None = ADMIN,
            password: str = PASSWORD,
            *,
            start_tls: bool = False,
            version: int = 3,
            **settings: Any,
        ) -> Directory:
            how = ConnectionSettings(**{"retries": 0, **settings})
            directory = Directory(url, how, start_tls=start_tls, version=version)
            stack.callback(directory.close)
            if username is not None:
                directory.connect(username, password)
            return directory

        yield open_one


def logins(entries: Iterator[LdapEntry], name: str = "uid") -> list[str]:
    return [entry.attributes[name][0].decode() for entry in entries]


# Pages.


@pytest.mark.parametrize("size", [PAGE_SIZE, 1000])
def test_everyone_is_found_in_pages(slapd: Slapd, open_directory: Open, size: int) -> None:
    directory = open_directory(slapd.ldap_url, slapd.bind_dn)
    found = list(directory.search(slapd.base_dn, EVERYONE, ["sn"], page_size=size))
    assert len({entry.dn for entry in found}) == len(found) == 2500
    surnames = [entry.attributes["sn"][0].decode() for entry in found]
    assert surnames == [person.last_name for person in slapd.people]


def test_pages_are_asked_for_when_they_are_wanted(sandbox: Sandbox, open_directory: Open) -> None:
    entries = open_directory(sandbox.url).search(PEOPLE, "(uid=*)", ["uid"], page_size=20)
    assert sandbox.requests[-1].operation == "bind"
    list(islice(entries, 20))
    assert [asked.detail["page_size"] for asked in sandbox.requests[1:]] == [20]
    list(entries)
    assert [asked.detail["page_size"] for asked in sandbox.requests[1:]] == [20] * 3


def test_a_page_may_be_smaller_than_was_wanted(sandbox: Sandbox, open_directory: Open) -> None:
    sandbox.max_page = 7
    entries = open_directory(sandbox.url).search(PEOPLE, "(uid=*)", ["uid"])
    assert logins(entries) == [person.login for person in people(60)]


def test_without_pages_version_2_reads_all_at_once(slapd: Slapd, open_directory: Open) -> None:
    directory = open_directory(slapd.ldap_url, slapd.bind_dn, version=2)
    base = f"ou=people,{slapd.base_dn}"
    few = list(directory.search(base, f"(&{EVERYONE}(sn=Quill))", ["sn"]))
    assert len(few) == sum(person.last_name == "Quill" for person in slapd.people)
    with pytest.raises(SourceFault, match="returned only part of the result"):
        list(directory.search(base, EVERYONE, ["sn"]))


def test_a_truncated_answer_is_no_complete_one(slapd: Slapd, open_directory: Open) -> None:
    directory = open_directory(slapd.ldap_url, slapd.limited_dn)
    with pytest.raises(SourceFault, match="sizeLimitExceeded"):
        list(directory.search(slapd.base_dn, EVERYONE, ["sn"]))


@pytest.mark.parametrize("code", [3, 4, 11])
def test_entries_before_a_limit_are_no_answer(
    sandbox: Sandbox, open_directory: Open, code: int
) -> None:
    sandbox.refusals["search"] = iter([None, Outcome(code, "a limit")])
    entries = open_directory(sandbox.url).search(PEOPLE, "(uid=*)", ["uid"], page_size=40)
    assert len(list(islice(entries, 40))) == 40
    with pytest.raises(SourceFault, match="returned only part of the result"):
        list(entries)


@pytest.mark.parametrize("most", [20, 100, 300])
def test_page_size_is_reduced_to_server_limit(
    certificates: Certificates,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    open_directory: Open,
    most: int,
) -> None:
    require_slapd()
    limits = f"size.soft=500 size.hard=1000 size.pr={most}"
    monkeypatch.setattr("tests.slapd.OpenLdap.limits", limits)
    with Slapd(tmp_path / "slapd", certificates, people=700) as server:
        entries = open_directory(server.ldap_url, server.bind_dn).search(
            server.base_dn, EVERYONE, ["uid"]
        )
        if most < 31:
            with pytest.raises(SourceFault, match="page size"):
                list(entries)
        else:
            assert logins(entries) == [person.login for person in server.people]


def test_admin_limit_with_small_pages_raises_error(sandbox: Sandbox, open_directory: Open) -> None:
    sandbox.refusals["search"] = repeat(Outcome(11, "a limit"))
    with pytest.raises(SourceFault, match="returned only part of the result"):
        list(open_directory(sandbox.url).search(PEOPLE, "(uid=*)", ["uid"]))
    searches = [asked for asked in sandbox.requests if asked.operation == "search"]
    assert [asked.detail["page_size"] for asked in searches] == [500, 250, 125, 62, 31]


@pytest.mark.parametrize("size", [PAGE_SIZE, 20])
def test_two_searches_may_take_turns(sandbox: Sandbox, open_directory: Open, size: int) -> None:
    directory = open_directory(sandbox.url)
    found = []
    for each in directory.search(PEOPLE, "(uid=*)", ["uid"], page_size=size):
        found.append(directory.entry(each.dn, "(uid=*)", ["uid"]))
    assert logins(iter(filter(None, found))) == [person.login for person in people(60)]


def test_an_entry_may_be_looked_up_while_others_are_handed_out(
    slapd: Slapd, open_directory: Open
) -> None:
    directory = open_directory(slapd.ldap_url, slapd.bind_dn)
    query = f"(&{EVERYONE}(sn=Quill))"
    people = list(directory.search(slapd.base_dn, query, ["sn"]))
    assert len(people) > 20
    found = []
    for each in directory.search(slapd.base_dn, query, ["sn"], page_size=5):
        found.append(directory.entry(each.dn, EVERYONE, ["sn"]))
    assert found == people


@pytest.mark.parametrize("encrypted", [False, True])
@pytest.mark.parametrize("ended", [False, True], ids=["forgotten", "ended"])
@pytest.mark.parametrize("wanted", [1, 20, 21, 45])
def test_a_search_may_be_left_at_any_entry(
    slapd: Slapd, open_directory: Open, wanted: int, ended: bool, encrypted: bool
) -> None:
    url = slapd.ldaps_url if encrypted else slapd.ldap_url
    directory = open_directory(url, slapd.bind_dn, cacert_file=slapd.cacert_file)
    for _ in range(3):
        entries = directory.search(slapd.base_dn, EVERYONE, ["sn"], page_size=20)
        surnames = [each.attributes["sn"][0].decode() for each in islice(entries, wanted)]
        assert surnames == [person.last_name for person in slapd.people[:wanted]]
        if ended:
            entries.close()
    assert len(list(directory.search(slapd.base_dn, EVERYONE, ["sn"]))) == len(slapd.people)


# Odd servers, who say what a script tells them to.


class Script(socketserver.ThreadingTCPServer):
    """Lets everyone in, and answers searches with its `answers`: messages behind their number.

    When none are left it hangs up. `searches` are what was asked for.
    """

    daemon_threads = True

    def __init__(self, *answers: list[bytes]) -> None:
        super().__init__(("127.0.0.1", 0), _Actor)
        self.answers = list(answers)
        self.searches: list[SearchRequest] = []
        self.url = f"ldap://127.0.0.1:{self.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()


class _Actor(socketserver.StreamRequestHandler):
    server: Script

    def handle(self) -> None:
        while content := ber.read_message(self.rfile):
            message = ber.Reader(content)
            number = ber.integer(message.integer())
            tag, body = message.element()
            if tag == 0x60:
                self.wfile.write(ber.sequence(number, done(0x61)))
            if tag == 0x63:
                controls_of(message)
                self.server.searches.append(SearchRequest.decode(body))
                if not self.server.answers:
                    return
                for answer in self.server.answers.pop(0):
                    self.wfile.write(ber.sequence(number, answer))


def entry(dn: str, values: Values) -> bytes:
    attributes = (
        ber.sequence(ber.octets(name), ber.element(ber.SET, *map(ber.octets, each)))
        for name, each in values.items()
    )
    return ber.element(0x64, ber.octets(dn), ber.sequence(*attributes))


def done(tag: int = 0x65, code: int = 0, cookie: bytes | None = None) -> bytes:
    result = ber.element(tag, ber.integer(code, ber.ENUMERATED), ber.octets(""), ber.octets(""))
    return result if cookie is None else result + ber.element(0xA0, Page(0, cookie).encode())


ADA, BOB, CYD = (entry(f"uid={name}", {"uid": [name.encode()]}) for name in ("ada", "bob", "cyd"))
FIRST, SECOND = [ADA, done(cookie=b"1")], [BOB, done(cookie=b"2")]


@pytest.mark.parametrize(
    ("pages", "found"),
    [
        pytest.param([[ADA, BOB, done()]], ["ada", "bob"], id="no control"),
        pytest.param([[done(cookie=b"1")], [ADA, done(cookie=b"")]], ["ada"], id="empty page"),
        pytest.param(
            [[ADA, done(cookie=b"1")], [BOB, done(cookie=b"1")], [done(cookie=b"")]],
            ["ada", "bob"],
            id="same cookie",
        ),
        pytest.param(
            [[ber.element(0x73, ber.octets("ldap://127.0.0.1:9/dc=x")), ADA, done(cookie=b"")]],
            ["ada"],
            id="reference first",
        ),
    ],
)
def test_what_is_a_complete_answer(
    open_directory: Open, pages: list[list[bytes]], found: list[str]
) -> None:
    with Script(*pages) as script:
        assert logins(open_directory(script.url).search("dc=x", "(uid=*)", ["uid"])) == found
        assert script.answers == []


def test_repeated_empty_page_raises_error(open_directory: Open) -> None:
    circle = [done(cookie=b"1")]
    with Script([ADA, done(cookie=b"1")], *repeat(circle, 50)) as script:
        with pytest.raises(SourceFault, match="empty page"):
            list(open_directory(script.url).search("dc=x", "(uid=*)", ["uid"]))
        assert len(script.searches) < 5


def test_an_error_behind_entries_counts(open_directory: Open) -> None:
    with (
        Script([ADA, done(code=51)]) as script,
        pytest.raises(SourceUnavailable, match="busy"),
    ):
        list(open_directory(script.url).search("dc=x", "(uid=*)", ["uid"]))


def test_search_prefetches_next_page(open_directory: Open) -> None:
    with Script(FIRST, SECOND, [CYD, done(cookie=b"")]) as script:
        entries = open_directory(script.url).search("dc=x", "(uid=*)", ["uid"])
        next(entries)
        assert len(script.searches) == 1  # whoever wants no more shall not wait for more
        next(entries)
        assert_soon(lambda: len(script.searches) == 3)
        assert logins(entries) == ["cyd"]


def assert_soon(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.001)


BUSY: tuple[list[bytes], ...] = ([done(code=51)],)
SILENCE: tuple[list[bytes], ...] = ([],)
HANGING_UP: tuple[list[bytes], ...] = ()
STRANGE: tuple[list[bytes], ...] = ([b"0"],)


@pytest.mark.parametrize(
    ("third", "words"),
    [
        (BUSY, "busy"),
        (SILENCE, "in time"),
        (HANGING_UP, "connection"),
        (STRANGE, "is not LDAP"),
    ],
)
def test_prefetch_error_is_raised_after_previous_page(
    open_directory: Open, third: tuple[list[bytes], ...], words: str
) -> None:
    with Script(FIRST, [BOB, CYD, done(cookie=b"2")], *third) as script:
        entries = open_directory(script.url, timeout=1).search("dc=x", "(uid=*)", ["uid"])
        assert logins(islice(entries, 3)) == ["ada", "bob", "cyd"]
        with pytest.raises((SourceUnavailable, SourceFault), match=words):
            next(entries)


def test_unused_prefetch_error_does_not_affect_next_search(open_directory: Open) -> None:
    with Script(FIRST, SECOND, *BUSY, [CYD, done(cookie=b"")]) as script:
        directory = open_directory(script.url)
        left = directory.search("dc=x", "(uid=*)", ["uid"])
        assert logins(islice(left, 2)) == ["ada", "bob"]
        assert logins(directory.search("dc=x", "(uid=cyd)", ["uid"])) == ["cyd"]
        with pytest.raises(SourceUnavailable, match="busy"):
            next(left)


def test_a_silent_directory_is_left_at_once(open_directory: Open) -> None:
    with Script(FIRST, SECOND, *SILENCE) as script:
        directory = open_directory(script.url, timeout=60)
        entries = directory.search("dc=x", "(uid=*)", ["uid"])
        assert logins(islice(entries, 2)) == ["ada", "bob"]
        leaving = threading.Thread(target=directory.close, daemon=True)
        leaving.start()
        leaving.join(10)
        assert not leaving.is_alive()
        with pytest.raises(SourceUnavailable):
            next(entries)


@pytest.mark.parametrize("name", ["member", "Member"])
def test_values_that_come_in_ranges_are_put_together(open_directory: Open, name: str) -> None:
    values = [f"cn={number}".encode() for number in range(3500)]
    ranges = [
        ("0-1499", values[:1500]),
        ("1500-2999", values[1500:3000]),
        ("3000-*", values[3000:]),
    ]
    answers = [
        [entry("cn=g", {"member": [], f"member;range={span}": part}), done(cookie=b"")]
        for span, part in ranges
    ]
    with Script(*answers) as script:
        assert open_directory(script.url).all_values("cn=g", name) == values
        asked = [search.attributes for search in script.searches]
    assert asked == [[name], [f"{name};range=1500-*"], [f"{name};range=3000-*"]]


def test_a_single_range_may_be_all(open_directory: Open) -> None:
    with Script([entry("cn=g", {"member;range=0-*": [b"cn=1"]}), done(cookie=b"")]) as script:
        assert open_directory(script.url).all_values("cn=g", "member") == [b"cn=1"]


@pytest.mark.parametrize(
    "words", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"0" * 50, b"\x30\x84\xff", b"\xff" * 200, b""]
)
def test_server_without_ldap_raises_error(open_directory: Open, words: bytes) -> None:
    class Stranger(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(1000)
            self.request.sendall(words)

    with socketserver.TCPServer(("127.0.0.1", 0), Stranger) as server:
        threading.Thread(target=server.handle_request, daemon=True).start()
        url = f"ldap://127.0.0.1:{server.server_address[1]}"
        with pytest.raises((SourceUnavailable, SourceFault)) as caught:
            open_directory(url, timeout=5)
    assert "url" in caught.value.fix


def test_a_directory_that_does_not_answer_is_waited_for_so_long(open_directory: Open) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"ldap://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(SourceUnavailable, match="in time"):
            open_directory(url, timeout=1)


# Values and single entries.


def test_values_are_the_bytes_of_the_directory(open_directory: Open) -> None:
    raw = {"a": [b"\xff\xfe", "Zoë".encode()], "b": [b""]}
    with Script([entry("cn=\u4f50", raw), done(cookie=b"")]) as script:
        (found,) = open_directory(script.url).search("dc=x", "(uid=*)", ["*"])
    assert found == LdapEntry("cn=\u4f50", raw)


def test_attributes_that_no_schema_knows_can_be_asked_for(
    slapd: Slapd, open_directory: Open
) -> None:
    directory = open_directory(slapd.ldap_url, slapd.bind_dn)
    query = f"(&{EVERYONE}(mail=aquill1@example.com)(!(neverHeardOf=x)))"
    assert list(directory.search(slapd.base_dn, query, ["neverHeardOf"])) == []
    query = "(mail=aquill1@example.com)"
    (found,) = directory.search(slapd.base_dn, query, ["neverHeardOf", "SN"])
    assert found.attributes == {"sn": [b"Quill"]}


def test_an_entry_by_its_name(sandbox: Sandbox, open_directory: Open) -> None:
    directory = open_directory(sandbox.url)
    dn = f"uid=aquill1,{PEOPLE}"
    assert directory.entry(dn, "(uid=*)", ["sn"]) == LdapEntry(dn, {"sn": [b"Quill"]})
    assert directory.entry(dn, "(uid=other)", ["sn"]) is None
    assert directory.entry(f"uid=nobody,{PEOPLE}", "(uid=*)", ["sn"]) is None
    sandbox.refusals["search"] = iter([Outcome(50)])
    with pytest.raises(AccessDenied):
        directory.entry(dn, "(uid=*)", ["sn"])


def test_all_values_of_an_entry(sandbox: Sandbox, open_directory: Open) -> None:
    directory = open_directory(sandbox.url)
    managers = [f"uid={p.login},{PEOPLE}".encode() for p in people(60) if p.title == "Manager"]
    group = f"cn=managers,ou=groups,{SUFFIX}"
    assert directory.all_values(group, "member") == managers
    assert directory.all_values(group, "memberUid") == []
    assert directory.all_values(f"cn=nobody,{SUFFIX}", "member") is None


# Signing in.


def test_connect_without_username_is_anonymous(sandbox: Sandbox, open_directory: Open) -> None:
    sandbox.anonymous_read = True
    entries = open_directory(sandbox.url, "", "").search(PEOPLE, "(uid=aquill1)", ["uid"])
    assert logins(entries) == ["aquill1"]
    assert sandbox.requests[0].detail["name"] == ""


@pytest.mark.parametrize(
    ("username", "password"), [(ADMIN, "wrong"), (f"cn=nobody,{SUFFIX}", PASSWORD), (ADMIN, "é")]
)
def test_a_refused_sign_in_is_not_repeated(
    sandbox: Sandbox, open_directory: Open, username: str, password: str
) -> None:
    with pytest.raises(SignInError, match="wrong"):
        open_directory(sandbox.url, username, password)
    assert [asked.operation for asked in sandbox.requests].count("bind") == 1


def test_busy_directory_is_retried(
    sandbox: Sandbox, open_directory: Open, pauses: list[float]
) -> None:
    sandbox.refusals["bind"] = iter([Outcome(51), Outcome(52)])
    directory = open_directory(sandbox.url, retries=2)
    assert directory.entry(PEOPLE, "(objectClass=*)", ["ou"])
    assert [asked.operation for asked in sandbox.requests].count("bind") == 3
    assert pauses == [1.0, 2.0]


@pytest.mark.parametrize(("retries", "repeats"), [(0, 0), (2, 2), (9, 3)])
def test_unreachable_directory_is_retried(
    open_directory: Open, pauses: list[float], retries: int, repeats: int
) -> None:
    with pytest.raises(SourceUnavailable, match="refused"):
        open_directory("ldap://127.0.0.1:1", retries=retries)
    assert pauses == [1.0, 2.0, 4.0][:repeats]


def test_untrusted_certificate_is_not_retried(
    slapd: Slapd, open_directory: Open, pauses: list[float]
) -> None:
    with pytest.raises(SourceUnavailable, match="not trusted"):
        open_directory(slapd.ldaps_url, slapd.bind_dn, retries=5)
    assert pauses == []


@pytest.mark.parametrize(
    "refusal",
    [
        Outcome(3),
        Outcome(10, referral=("ldap://127.0.0.1:9",)),
        Outcome(14),
        Outcome(49),
        Outcome(53),
    ],
)
def test_a_sign_in_that_does_not_succeed_is_an_error(
    sandbox: Sandbox, open_directory: Open, refusal: Outcome
) -> None:
    sandbox.refusals["bind"] = iter([refusal])
    with pytest.raises(ConnectorError):
        open_directory(sandbox.url)


def test_passwords_are_sent_as_utf_8(open_directory: Open) -> None:
    accounts = {ADMIN: "pässwörd €"}
    with Sandbox(company(1), accounts=accounts) as sandbox:
        open_directory(sandbox.url, ADMIN, "pässwörd €")


def test_referrals_are_not_followed(slapd: Slapd, open_directory: Open) -> None:
    for version in (2, 3):
        directory = open_directory(slapd.ldap_url, slapd.bind_dn, version=version)
        with pytest.raises(ConfigurationError):
            list(directory.search("dc=elsewhere,dc=test", EVERYONE, ["sn"]))
    assert not slapd.was_chased()


@pytest.mark.parametrize("slapd", ["active directory"], indirect=True)
def test_version_2_says_that_it_cannot_leave_references_aside(
    slapd: Slapd, open_directory: Open
) -> None:
    directory = open_directory(slapd.ldap_url, slapd.bind_dn, version=2)
    with pytest.raises(ConfigurationError) as caught:
        list(directory.search(slapd.base_dn, "(sn=Quill)", ["sn"]))
    assert "protocol_version" in caught.value.fix
    assert "\n" not in str(caught.value)
    assert not slapd.was_chased()


def test_a_failed_connection_leaves_no_socket_open(
    sandbox: Sandbox, open_directory: Open, certificates: Certificates, pauses: list[float]
) -> None:
    gc.collect()
    refused = {"username": ADMIN, "password": "wrong"}
    encrypted = {"start_tls": True}
    for how in (refused, encrypted):
        with pytest.raises(ConnectorError):
            open_directory(sandbox.url, **how)
    with pytest.raises(SourceUnavailable):
        open_directory("ldap://127.0.0.1:1", retries=2)
    sandbox.refusals["bind"] = iter([Outcome(51)])
    open_directory(sandbox.url, retries=1)
    # What is left open is told when it is collected, and warnings are errors.


# Encryption.


@pytest.mark.parametrize("way", ["ldaps", "StartTLS"])
@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_certificates_are_checked(
    slapd: Slapd, open_directory: Open, tmp_path: Path, way: str, host: str
) -> None:
    url = (slapd.ldaps_url if way == "ldaps" else slapd.ldap_url).replace("localhost", host)
    how = {"username": slapd.bind_dn, "start_tls": way == "StartTLS"}
    for trust in ({"cacert_file": slapd.cacert_file}, {"verify_ssl": False}):
        directory = open_directory(url, **how, **trust)
        assert list(directory.search(slapd.base_dn, "(objectClass=*)", ["1.1"], scope="BASE"))
    for mistrust in ({"cacert_file": issue(tmp_path).ca}, {}):
        with pytest.raises(SourceUnavailable, match="not trusted") as caught:
            open_directory(url, **how, **mistrust)
        assert "cacert_file" in caught.value.fix


def test_a_certificate_for_another_host_is_not_trusted(
    slapd: Slapd, open_directory: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    lookup = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda _, *rest, **how: lookup("127.0.0.1", *rest))
    url = slapd.ldaps_url.replace("localhost", "directory.example.com")
    with pytest.raises(SourceUnavailable, match="not trusted"):
        open_directory(url, slapd.bind_dn, cacert_file=slapd.cacert_file)


@pytest.mark.parametrize("swap", [("ldap:", "ldaps:"), ("ldaps:", "ldap:")])
def test_wrong_port_protocol_raises_error(
    slapd: Slapd, open_directory: Open, swap: tuple[str, str]
) -> None:
    url = slapd.ldap_url if swap[0] == "ldap:" else slapd.ldaps_url
    with pytest.raises(SourceUnavailable) as caught:
        open_directory(url.replace(*swap), slapd.bind_dn, timeout=5)
    assert "port" in caught.value.fix


def test_start_tls_that_is_refused_sends_no_password(
    sandbox: Sandbox, open_directory: Open
) -> None:
    with pytest.raises(SourceFault) as caught:
        open_directory(sandbox.url, start_tls=True)
    assert "start_tls" in caught.value.fix
    assert [asked.operation for asked in sandbox.requests if asked.operation == "bind"] == []


# Filters.


@pytest.mark.parametrize(
    ("written", "whole"),
    [
        ("(uid=x)", "(uid=x)"),
        ("uid=x", "(uid=x)"),
        ("  (uid=x) ", "(uid=x)"),
        ("&(a=b)(c=d)", "(&(a=b)(c=d))"),
        ("!(a=b)", "(!(a=b))"),
        ("(&\n  (a=b)\n  (c=d)\n)", "(& (a=b) (c=d) )"),
        ("\n  (a=b)", "(a=b)"),
        ("\n  a=b", "(a=b)"),
    ],
)
def test_filters_get_their_parentheses(written: str, whole: str) -> None:
    assert parenthesised(written) == whole


@pytest.mark.parametrize("value", ["*", "a)(uid=*", "Smith\\, Jr.", "é", "\0", "(x)", "a*b"])
def test_escaped_values_stand_for_themselves(
    open_directory: Open, value: str, sandbox: Sandbox
) -> None:
    list(open_directory(sandbox.url).search(PEOPLE, f"(cn={escaped(value)})", ["cn"]))
    (search,) = (asked for asked in sandbox.requests if asked.operation == "search")
    assert search.detail["filter"] == f"(cn={rfc_4515(value)})"


def rfc_4515(value: str) -> str:
    """The value as the RFC, section 3 escapes it."""
    special = {"*": r"\2a", "(": r"\28", ")": r"\29", "\\": r"\5c", "\0": r"\00"}
    return "".join(special.get(letter, letter) for letter in value)


@pytest.mark.parametrize("query", ["", "uid=x", "(uid=x", "(uid=x))", "(a=b)(c=d)"])
def test_invalid_filter_raises_error_before_request(
    sandbox: Sandbox, open_directory: Open, query: str
) -> None:
    directory = open_directory(sandbox.url)
    with pytest.raises(ConfigurationError) as caught:
        list(directory.search(PEOPLE, query, ["uid"]))
    assert "filter" in caught.value.fix
    assert sandbox.requests[-1].operation == "bind"


@pytest.mark.parametrize(
    ("base", "kind"), [("dc=no,dc=where", "not found"), ("nonsense", "not a valid")]
)
def test_invalid_base_raises_error(
    slapd: Slapd, open_directory: Open, base: str, kind: str
) -> None:
    directory = open_directory(slapd.ldap_url, slapd.bind_dn)
    if slapd.base_dn.startswith("DC=corp") and base != "nonsense":
        base = f"dc=no,{slapd.base_dn}"
    with pytest.raises(ConfigurationError, match=kind) as caught:
        list(directory.search(base, EVERYONE, ["sn"]))
    assert base in caught.value.where
