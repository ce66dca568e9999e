"""The sandbox's LDAP server, as OpenLDAP's ldapsearch and ldap3 see it."""

import itertools
import os
import random
import re
import shutil
import socket
import ssl
import subprocess

import ldap3
import pytest
from ldap3.core.exceptions import LDAPExceptionError

from sandbox.directory import PAGED_RESULTS, Directory, Entry, Outcome, ber, company
from sandbox.people import people
from tests.certificates import issue

BASE = "dc=example,dc=com"
PEOPLE = f"ou=people,{BASE}"
ADMIN = f"cn=read-only-admin,{BASE}"
PASSWORD = "correct horse"
LOGINS = [person.login for person in people(2500)]
READ_ROOT = (
    b"\x63\x20\x04\x00\x0a\x01\x00\x0a\x01\x00\x02\x01\x00\x02\x01\x00\x01\x01\x00"
    b"\x87\x0bobjectClass\x30\x00"
)
START_TLS = b"\x77\x18\x80\x161.3.6.1.4.1.1466.20037"


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    return issue(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def large():
    with Directory(company(2500), accounts={ADMIN: PASSWORD}) as directory:
        yield directory


@pytest.fixture
def directory():
    with Directory(company(30), accounts={ADMIN: PASSWORD}) as directory:
        yield directory


@pytest.fixture
def secured(certificates):
    entries, accounts = company(30), {ADMIN: PASSWORD}
    with Directory(entries, accounts=accounts, certificate=certificates.server) as directory:
        yield directory


@pytest.fixture
def ldapsearch(certificates):
    """Run ldapsearch on a server, as the admin unless told otherwise."""
    path = shutil.which("ldapsearch")
    message = "needs ldapsearch, of the package ldap-utils"
    if path is None and os.environ.get("CI") == "true":
        pytest.fail(message)
    if path is None:
        pytest.skip(message)

    def run(url, *arguments, dn=ADMIN, password=PASSWORD, ca=certificates.ca):
        # By number: libldap takes "localhost" to be certified under the machine's own name.
        url = url.replace("localhost", "127.0.0.1")
        command = [path, "-x", "-LLL", "-o", "ldif_wrap=no", "-H", url]
        command += ["-D", dn, "-w", password, *arguments]
        environment = {"LDAPTLS_CACERT": str(ca)}
        return subprocess.run(command, capture_output=True, text=True, timeout=20, env=environment)

    return run


def connect(directory, user=ADMIN, password=PASSWORD, **options):
    server = ldap3.Server("127.0.0.1", directory.port, get_info=ldap3.NONE, connect_timeout=5)
    return ldap3.Connection(server, user, password, receive_timeout=10, **options)


def page(connection, size, cookie=None, condition="(uid=*)", **options):
    """Read one page of logins; its result code, its logins and the next cookie."""
    connection.search(
        PEOPLE,
        condition,
        attributes=["uid"],
        paged_size=size,
        paged_cookie=cookie,
        paged_criticality=True,
        **options,
    )
    control = connection.result.get("controls", {}).get(PAGED_RESULTS)
    logins = [entry["attributes"]["uid"][0] for entry in connection.response]
    return connection.result["result"], logins, control and control["value"]["cookie"]


class TestPaging:
    @pytest.mark.parametrize("size", [500, 1000])
    def test_everyone_page_by_page(self, large, size):
        found, cookie = [], None
        with connect(large) as connection:
            while cookie != b"":
                code, logins, cookie = page(connection, size, cookie)
                assert code == 0
                assert len(logins) == size or not cookie
                found += logins
        assert found == LOGINS

    @pytest.mark.parametrize("size", [500, 1000])
    def test_ldapsearch_reads_everyone(self, large, ldapsearch, size):
        done = ldapsearch(large.url, "-b", PEOPLE, "-E", f"!pr={size}/noprompt", "(uid=*)", "uid")
        assert re.findall(r"^uid: (.*)$", done.stdout, re.MULTILINE) == LOGINS
        assert (done.returncode, done.stderr) == (0, "")

    def test_a_page_is_cut_down_to_the_maximum(self, large):
        with connect(large) as connection:
            code, logins, cookie = page(connection, 2000)
            assert (code, len(logins)) == (0, 1000)
            assert page(connection, 2000, cookie)[1] == LOGINS[1000:2000]

    def test_the_clients_own_limit_covers_all_pages(self, large):
        with connect(large) as connection:
            code, logins, cookie = page(connection, 100, size_limit=150)
            assert (code, len(logins)) == (0, 100)
            code, logins, cookie = page(connection, 100, cookie, size_limit=150)
            assert (code, len(logins), cookie) == (4, 50, None)

    def test_connections_page_independently(self, large):
        with connect(large) as one, connect(large) as other:
            (_, _, first), (_, _, second) = page(one, 100), page(other, 300)
            assert page(one, 100, first)[1] == LOGINS[100:200]
            assert page(other, 300, second)[1] == LOGINS[300:600]

    def test_a_cookie_is_refused(self, large):
        with connect(large) as connection, connect(large) as other:
            old = page(connection, 100)[2]
            new = page(connection, 100, old)[2]
            for wrong in (old, b"made up", page(other, 100)[2]):
                assert page(connection, 100, wrong)[0] == 2
            assert page(connection, 100, new, condition="(mail=*)")[0] == 2, "another search"
            assert page(connection, 100, new)[1] == LOGINS[200:300]

    def test_a_size_of_zero_gives_the_search_up(self, large):
        with connect(large) as connection:
            cookie = page(connection, 100)[2]
            control = paged_control(0, cookie)
            connection.search(PEOPLE, "(uid=*)", attributes=["uid"], controls=[control])
            assert (connection.result["result"], connection.response) == (0, [])
            assert page(connection, 100, cookie)[0] == 2

    def test_a_server_without_paging(self, directory):
        directory.paging = False
        with connect(directory) as connection:
            assert page(connection, 10)[0] == 12
            connection.search(PEOPLE, "(uid=*)", paged_size=10, paged_criticality=False)
            assert len(connection.response) == 30
            assert "controls" not in connection.result


def paged_control(size, cookie, criticality=True):
    return ldap3.protocol.rfc2696.paged_search_control(criticality, size, cookie)


class TestLimits:
    def test_too_many_entries(self, large, ldapsearch):
        done = ldapsearch(large.url, "-b", PEOPLE, "(uid=*)", "uid")
        assert done.returncode == 4
        assert re.findall(r"^uid: (.*)$", done.stdout, re.MULTILINE) == LOGINS[:500]

    @pytest.mark.parametrize(("limit", "count", "code"), [(29, 29, 4), (30, 30, 0), (0, 30, 0)])
    def test_the_clients_own_limit(self, directory, ldapsearch, limit, count, code):
        done = ldapsearch(directory.url, "-b", PEOPLE, "-z", str(limit), "(uid=*)", "1.1")
        assert (done.stdout.count("dn: "), done.returncode) == (count, code)


class TestBind:
    @pytest.mark.parametrize(
        ("dn", "password", "code"),
        [
            (ADMIN, PASSWORD, 0),
            ("CN=Read-Only-Admin, DC=example,DC=com", PASSWORD, 0),
            (ADMIN, "wrong", 49),
            (f"cn=nobody,{BASE}", PASSWORD, 49),
            ("", PASSWORD, 49),
            (ADMIN, "", 53),
            ("admin", PASSWORD, 34),
        ],
    )
    def test_credentials(self, directory, ldapsearch, dn, password, code):
        done = ldapsearch(directory.url, "-b", BASE, "-s", "base", dn=dn, password=password)
        assert done.returncode == code

    def test_an_unknown_account_looks_like_a_wrong_password(self, directory):
        answers = []
        for dn in (ADMIN, f"cn=nobody,{BASE}"):
            connection = connect(directory, dn, "wrong")
            assert not connection.bind()
            answers.append(connection.result)
            connection.unbind()
        assert answers[0] == answers[1]

    def test_other_ways_to_bind(self, directory, ldapsearch):
        old = ldapsearch(directory.url, "-P", "2", "-b", BASE)
        assert (old.returncode, "use LDAPv3" in old.stderr) == (2, True)
        plain = connect(
            directory,
            None,
            None,
            authentication=ldap3.SASL,
            sasl_mechanism="PLAIN",
            sasl_credentials=(None, "admin", PASSWORD),
        )
        plain.bind()
        assert plain.result["result"] == 7
        plain.unbind()

    def test_a_failed_bind_leaves_the_connection_anonymous(self, directory):
        with connect(directory) as connection:
            assert connection.extend.standard.who_am_i() == f"dn:{ADMIN}"
            assert not connection.rebind(ADMIN, "wrong")
            assert connection.extend.standard.who_am_i() is None
            connection.search(BASE, "(objectClass=*)")
            assert connection.result["result"] == 32
            connection.unbind()  # ldap3 leaves that to us, now that the bind is gone

    def test_anonymous(self, directory, ldapsearch):
        closed = ldapsearch(directory.url, "-b", BASE, dn="", password="")
        assert (closed.returncode, closed.stdout) == (32, "")
        directory.anonymous_read = True
        opened = ldapsearch(directory.url, "-b", PEOPLE, "(uid=*)", "1.1", dn="", password="")
        assert (opened.returncode, opened.stdout.count("dn: ")) == (0, 30)


class TestTls:
    def test_start_tls(self, secured, ldapsearch):
        secured.require_tls = True
        clear = ldapsearch(secured.url, "-b", BASE)
        assert (clear.returncode, "confidentiality required" in clear.stderr) == (13, True)
        done = ldapsearch(secured.url, "-ZZ", "-b", PEOPLE, "(uid=*)", "1.1")
        assert (done.returncode, done.stdout.count("dn: ")) == (0, 30)

    def test_start_tls_of_ldap3(self, secured, certificates):
        secured.require_tls = True
        assert bound_code(secured) == 13
        tls = ldap3.Tls(validate=ssl.CERT_REQUIRED, ca_certs_file=str(certificates.ca))
        server = ldap3.Server("localhost", secured.port, tls=tls, get_info=ldap3.NONE)
        connection = ldap3.Connection(server, ADMIN, PASSWORD, receive_timeout=10)
        connection.open()
        assert connection.start_tls()
        assert connection.bind()
        assert page(connection, 10)[1] == LOGINS[:10]
        connection.unbind()

    def test_start_tls_twice(self, secured, certificates):
        context = ssl.create_default_context(cafile=str(certificates.ca))
        with socket.create_connection(("127.0.0.1", secured.port), timeout=10) as plain:
            plain.sendall(message(1, START_TLS))
            assert outcomes(plain, 1) == [(1, 0x78, 0)]
            with context.wrap_socket(plain, server_hostname="localhost") as client:
                client.sendall(message(2, START_TLS) + message(3, READ_ROOT))
                assert outcomes(client, 3) == [(2, 0x78, 1), (3, 0x64, None), (3, 0x65, 0)]

    def test_ldaps(self, certificates, ldapsearch):
        with Directory(
            company(30), accounts={ADMIN: PASSWORD}, certificate=certificates.server, ldaps=True
        ) as directory:
            directory.require_tls = True
            assert directory.url == f"ldaps://localhost:{directory.port}"
            done = ldapsearch(directory.url, "-b", PEOPLE, "(uid=*)", "1.1")
            assert (done.returncode, done.stdout.count("dn: ")) == (0, 30)
            with pytest.raises(LDAPExceptionError):
                connect(directory).bind()
            assert ldapsearch(directory.url, "-b", BASE, "-s", "base").returncode == 0

    def test_a_client_may_distrust_the_server(self, secured, ldapsearch, tmp_path):
        arguments = (secured.url, "-ZZ", "-b", BASE, "-s", "base")
        assert ldapsearch(*arguments, ca=issue(tmp_path).ca).returncode != 0
        assert ldapsearch(*arguments).returncode == 0

    def test_without_a_certificate(self, directory, ldapsearch):
        done = ldapsearch(directory.url, "-ZZ", "-b", BASE)
        assert "unsupported extended operation" in done.stderr
        with pytest.raises(ValueError, match="certificate"):
            Directory([], accounts={}, ldaps=True)


class TestSearch:
    @pytest.mark.parametrize(
        ("base", "scope", "count"),
        [
            (BASE, "base", 1),
            (BASE, "one", 2),
            (BASE, "sub", 37),
            (BASE, "children", 36),
            (PEOPLE, "one", 30),
            (f"uid={LOGINS[4]},{PEOPLE}", "sub", 1),
            ("OU=Groups , dc=example, DC=COM", "one", 4),
            (r"cn=sales\2c  field,ou=groups,dc=example,dc=com", "base", 1),
        ],
    )
    def test_scopes(self, directory, ldapsearch, base, scope, count):
        done = ldapsearch(directory.url, "-b", base, "-s", scope, "1.1")
        assert (done.returncode, done.stdout.count("dn:")) == (0, count)

    @pytest.mark.parametrize(
        ("base", "code", "matched"),
        [
            (f"uid=nobody,ou=nowhere,{BASE}", 32, BASE),
            (f"uid=nobody,{PEOPLE}", 32, PEOPLE),
            ("dc=com", 32, ""),
            ("", 32, ""),
        ],
    )
    def test_a_base_that_does_not_exist(self, directory, base, code, matched):
        with connect(directory) as connection:
            connection.search(base, "(objectClass=*)")
            result = connection.result
            assert (result["result"], result["dn"], connection.response) == (code, matched, [])

    def test_a_base_that_is_no_name(self, directory, ldapsearch):
        assert ldapsearch(directory.url, "-b", "example.com").returncode == 34

    def test_attributes_come_in_their_own_spelling(self, directory, ldapsearch):
        done = ldapsearch(directory.url, "-b", PEOPLE, "(uid=AQUILL1)", "TELEPHONENUMBER", "x")
        assert done.stdout == f"dn: uid=aquill1,{PEOPLE}\ntelephoneNumber: 555-0001\n\n"

    def test_types_only(self, directory, ldapsearch):
        done = ldapsearch(directory.url, "-A", "-b", PEOPLE, "(uid=aquill1)", "uid", "mail")
        assert done.stdout == f"dn: uid=aquill1,{PEOPLE}\nuid:\nmail:\n\n"

    def test_operational_attributes_come_on_demand(self, directory, ldapsearch):
        plain, both = (
            ldapsearch(directory.url, "-b", PEOPLE, "(uid=aquill1)", *wanted).stdout
            for wanted in ([], ["*", "+"])
        )
        assert "entryUUID" not in plain
        assert "memberOf" not in plain
        assert both.startswith(plain.rstrip())
        assert r"memberOf: cn=Sales\, Field,ou=groups," in both

    def test_values_may_be_bytes(self):
        guid = bytes(range(240, 256))
        escaped = "".join(f"\\{byte:02x}" for byte in guid)
        entries = [*company(0), Entry(f"cn=x,{BASE}", {"objectGUID": [guid], "cn": ["Zoë"]})]
        with Directory(entries, accounts={ADMIN: PASSWORD}) as directory:
            with connect(directory) as connection:
                assert connection.search(BASE, f"(objectGUID={escaped})", attributes="*")
                values = connection.response[0]["raw_attributes"]
            assert values == {"objectGUID": [guid], "cn": ["Zoë".encode()]}
            assert directory.requests[1].detail["filter"] == f"(objectGUID={escaped})"

    def test_the_root_tells_what_the_server_can_do(self, secured, ldapsearch):
        arguments = ("-b", "", "-s", "base", "*", "+")
        shown = ldapsearch(secured.url, *arguments, dn="", password="").stdout
        assert f"namingContexts: {BASE}\nsupportedLDAPVersion: 3\n" in shown
        assert f"supportedControl: {PAGED_RESULTS}\n" in shown
        assert "supportedExtension: 1.3.6.1.4.1.1466.20037\n" in shown

    def test_what_was_asked(self, directory):
        with connect(directory) as connection:
            page(connection, 7)
        search = {"base": PEOPLE, "scope": "sub", "filter": "(uid=*)", "attributes": ["uid"]}
        assert directory.requests[:2] == [
            ("bind", {"name": ADMIN, "version": 3}),
            ("search", {**search, "size_limit": 0, "page_size": 7}),
        ]
        assert PASSWORD not in str(directory.requests)


class TestControls:
    def test_an_unknown_control(self, directory):
        with connect(directory) as connection:
            for critical, code in ((True, 12), (False, 0)):
                connection.search(BASE, "(o=*)", controls=[("1.2.3.4", critical, None)])
                assert connection.result["result"] == code

    def test_paging_means_nothing_to_a_bind(self, directory):
        for critical, code in ((True, 12), (False, 0)):
            connection = connect(directory)
            connection.bind(controls=[paged_control(5, b"", critical)])
            assert connection.result["result"] == code
            connection.unbind()

    @pytest.mark.parametrize("value", [b"", b"xx", b"\x30\x05\x02\x01\xff\x04\x00"])
    def test_paging_with_nonsense(self, directory, value):
        with connect(directory) as connection:
            connection.search(BASE, "(o=*)", controls=[(PAGED_RESULTS, True, value)])
            assert connection.result["result"] == 2


def test_nothing_can_be_changed(directory):
    dn = f"uid={LOGINS[0]},{PEOPLE}"
    with connect(directory) as connection:
        for change in (
            lambda: connection.add(f"uid=new,{PEOPLE}", ["inetOrgPerson"], {"sn": "x", "cn": "x"}),
            lambda: connection.modify(dn, {"sn": [(ldap3.MODIFY_REPLACE, ["x"])]}),
            lambda: connection.modify_dn(dn, "uid=new"),
            lambda: connection.delete(dn),
            lambda: connection.compare(dn, "uid", LOGINS[0]),
        ):
            assert not change()
            assert connection.result["result"] == 53
    operations = [operation for operation, _ in directory.requests]
    assert operations[1:6] == ["add", "modify", "modifyDN", "delete", "compare"]


class TestSwitches:
    def test_references_come_before_the_entries(self, directory):
        directory.references = ["ldap://one.example.com/", "ldap://two.example.com/"]
        with connect(directory, auto_referrals=False) as connection:
            connection.search(BASE, "(uid=*)")
            kinds = [answer["type"] for answer in connection.response]
            assert kinds == ["searchResRef"] * 2 + ["searchResEntry"] * 30
            connection.search(PEOPLE, "(uid=*)")
            assert len(connection.response) == 30
            connection.search(BASE, "(uid=*)", controls=[("1.2.840.113556.1.4.1339", False, None)])
            assert len(connection.response) == 30

    def test_refusals_are_taken_one_by_one(self, directory):
        directory.refusals["search"] = iter([None, Outcome(51, "busy"), None])
        with connect(directory) as connection:
            codes = [page(connection, 5)[0] for _ in range(4)]
        assert codes == [0, 51, 0, 0]

    def test_a_refusal_may_last(self, directory):
        text = "80090308: LdapErr: DSID-0C0903A9, comment: AcceptSecurityContext error, data 533"
        directory.refusals["bind"] = itertools.repeat(Outcome(49, text))
        for _ in range(2):
            assert bound_code(directory) == 49

    def test_a_referral_names_its_servers(self, directory):
        elsewhere = ("ldap://elsewhere.example.com/",)
        directory.refusals["search"] = iter([Outcome(10, "", "dc=com", elsewhere)])
        with connect(directory, auto_referrals=False) as connection:
            connection.search(BASE, "(uid=*)")
            result = connection.result
            assert (result["result"], result["referrals"]) == (10, list(elsewhere))

    def test_a_connection_that_breaks_off(self, directory):
        directory.hang_up_after = 7
        with socket.create_connection(("127.0.0.1", directory.port), timeout=10) as client:
            client.sendall(b"".join(message(number, READ_ROOT) for number in range(1, 10)))
            entries = [answer for answer in outcomes(client, 99) if answer[1] == 0x64]
        assert len(entries) == 7


class TestConnections:
    def test_requests_are_answered_in_order(self, directory):
        with socket.create_connection(("127.0.0.1", directory.port), timeout=10) as client:
            abandon, bind = b"\x50\x01\x01", b"\x60\x07\x02\x01\x03\x04\x00\x80\x00"
            requests = (READ_ROOT, abandon, bind, READ_ROOT)
            client.sendall(b"".join(itertools.starmap(message, enumerate(requests, start=1))))
            assert [number for number, _, _ in outcomes(client, 5)] == [1, 1, 3, 4, 4]

    @pytest.mark.parametrize(
        "data",
        [
            b"GET / HTTP/1.1\r\n\r\n",
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
            b"\x30\x00",
            b"\x30\x80\x02\x01\x01",
            b"\x30\x84\x7f\xff\xff\xff",
            b"\x30\x05\x02\x01\x01\x7e\x00",
            b"\x30\x05\x02\x01\x01\x63\x00",
            b"\x30\x07\x02\x01\x01\x60\x02\x02\x01",
            b"\x30\x22\x02\x00" + READ_ROOT,
        ],
    )
    def test_malformed_bytes_end_the_connection(self, directory, capfd, data):
        with socket.create_connection(("127.0.0.1", directory.port), timeout=10) as client:
            client.sendall(data)
            notice = received(client)
        assert b"1.3.6.1.4.1.1466.20036" in notice
        assert_alive(directory, capfd)

    def test_random_bytes_do_no_harm(self, directory, capfd):
        chance = random.Random(389)
        for _ in range(300):
            data = bytearray(message(1, READ_ROOT))
            for _ in range(chance.randint(1, 3)):
                data[chance.randrange(len(data))] = chance.randrange(256)
            with socket.create_connection(("127.0.0.1", directory.port), timeout=10) as client:
                client.sendall(data)
                client.shutdown(socket.SHUT_WR)
                received(client)
        assert_alive(directory, capfd)

    def test_stopping_ends_open_connections(self, secured, capfd):
        with connect(secured) as connection, silent(secured) as idle, silent(secured) as shaking:
            shaking.sendall(message(1, START_TLS))
            assert outcomes(shaking, 1) == [(1, 0x78, 0)]
            secured.stop()
            assert (received(idle), received(shaking)) == (b"", b"")
            with pytest.raises(LDAPExceptionError):
                connection.search(BASE, "(uid=*)")
        with pytest.raises(ConnectionRefusedError):
            silent(secured)
        secured.stop()
        assert capfd.readouterr().err == ""

    def test_it_starts_again_on_its_port(self, directory):
        port = directory.port
        directory.stop()
        directory.start()
        assert directory.port == port
        assert bound_code(directory) == 0


class TestCompany:
    def test_names_refer_to_entries(self):
        entries = {entry.dn: entry.attributes for entry in company(60)}
        for attributes in entries.values():
            for name in ("manager", "member", "memberOf"):
                assert set(attributes.get(name, ())) <= entries.keys()

    def test_groups(self):
        entries = {entry.dn: entry.attributes for entry in company(60)}
        contractors = entries[f"cn=contractors,ou=groups,{BASE}"]
        assert contractors["member"] == [f"uid={login},{PEOPLE}" for login in LOGINS[9:60:10]]
        vpn = entries[f"cn=vpn,ou=groups,{BASE}"]
        assert vpn["memberUid"] == LOGINS[2:60:3]

    @pytest.mark.parametrize("count", [0, 1, 5])
    def test_no_group_of_names_is_empty(self, count):
        groups = [entry for entry in company(count) if "cn=" in entry.dn]
        for group in groups:
            assert group.attributes["objectClass"] == ["posixGroup"] or group.attributes["member"]


def bound_code(directory):
    connection = connect(directory)
    connection.bind()
    code = connection.result["result"]
    connection.unbind()
    return code


def silent(directory):
    return socket.create_connection(("127.0.0.1", directory.port), timeout=10)


def message(number, operation):
    content = bytes((2, 1, number)) + operation
    return bytes((0x30, len(content))) + content


def received(client):
    """Read until the server has hung up."""
    data = b""
    try:
        while part := client.recv(65536):
            data += part
    except ConnectionResetError:
        pass
    return data


def outcomes(client, count):
    """Read answers until there are `count` or none is left: message id, tag, result code."""
    answers = []
    stream = client.makefile("rb")
    while len(answers) < count and (content := ber.read_message(stream)) is not None:
        reader = ber.Reader(content)
        number, (tag, body) = reader.integer(), reader.element()
        code = None if tag == 0x64 else ber.Reader(body).integer(ber.ENUMERATED)
        answers.append((number, tag, code))
    return answers


def assert_alive(directory, capfd):
    """The server still answers, and has printed nothing."""
    assert bound_code(directory) == 0
    assert capfd.readouterr().err == ""
