"""The door to HTTP: what is sent, what is sent again, and what becomes of every bad answer."""

import contextlib
import logging
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import lib.http.client
from lib import interruption
from lib.connection import ConnectionSettings
from lib.errors import (
    AccessDenied,
    ConfigurationError,
    SignInError,
    SourceFault,
    SourceUnavailable,
)
from lib.http.auth import HeaderAuth, basic
from lib.http.client import Client, NotFound
from lib.http.response import NoContent, json_of
from lib.retry import LONGEST_PAUSE
from sandbox.web import WebServer
from tests.certificates import Certificates, issue

HTML = """\
<!DOCTYPE html><html><head><title>Status page</title><style>p {color: red}</style></head>
<body><p style="font: x">Service   Unavailable</p><p>Back at <b>noon</b>.</p></body></html>
"""


def client(url: str, **how: Any) -> Client:
    """A client with settings and options by their names; without more, it repeats nothing."""
    fields = ConnectionSettings.__dataclass_fields__
    settings = {"retries": 0, "timeout": 5}
    settings |= {name: how.pop(name) for name in list(how) if name in fields}
    return Client(url, ConnectionSettings(**settings), **how)


def ask(url: str, **how: Any) -> Any:
    """Get /x once with a client of its own."""
    asking = client(url, **how)
    try:
        return asking.get_json("/x")
    finally:
        asking.close()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lib.retry.FIRST_PAUSE", 0.0)


class RawServer:
    """Reads one request of each connection, says the bytes of `answer`, and hangs up.

    With `stall` it keeps the connection open in silence instead of hanging up.
    """

    def __init__(self, answer: bytes, *, stall: bool = False) -> None:
        self.connections = 0
        self._answer = answer
        self._stall = stall
        self._over = threading.Event()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            connection, _ = self._socket.accept()
            with connection:
                if self._over.is_set():
                    return
                self.connections += 1
                connection.recv(65536)
                connection.sendall(self._answer)
                if self._stall:
                    self._over.wait(30)

    def __enter__(self):
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        socket.create_connection(self._socket.getsockname()).close()
        self._thread.join()
        self._socket.close()


class TestWhatIsSent:
    def test_paths_are_below_the_address_and_parameters_are_encoded(self, server):
        client(f"{server.url}/base").get_json("/list", name="a b&c=ü", page=2)
        [asked] = server.asked
        assert (asked.method, asked.path) == ("GET", "/base/list")
        assert asked.query == {"name": "a b&c=ü", "page": "2"}

    def test_request_has_user_agent_and_accepts_json(self, server):
        ask(server.url, headers={"X-Tenant": "t1"})
        headers = server.asked[0].headers
        assert headers["user-agent"] == f"oomnitza-connector/{lib.__version__}"
        assert headers["accept"] == "application/json"
        assert headers["x-tenant"] == "t1"

    def test_a_body_is_json_in_utf_8(self, server):
        moment = datetime(2015, 7, 21, 10, tzinfo=UTC)
        client(server.url).post_json("/x", {"name": "Zoë 佐藤", "at": moment})
        [asked] = server.asked
        assert asked.headers["content-type"] == "application/json; charset=utf-8"
        assert asked.body.decode() == '{"name": "Zoë 佐藤", "at": "2015-07-21T10:00:00+00:00"}'

    def test_the_client_signs_unless_a_request_brings_its_own_credentials(self, server):
        signed = client(server.url, auth=HeaderAuth("X-Key", "the key"))
        signed.request("GET", "/x")
        signed.request("GET", "/x", auth=basic("ada", "pw"))
        first, second = server.asked
        assert first.headers["x-key"] == "the key"
        assert "x-key" not in second.headers
        assert second.headers["authorization"].startswith("Basic ")

    @pytest.mark.parametrize("auth", [None, HeaderAuth("X-Key", "k")])
    def test_passwords_of_a_netrc_file_are_not_used(self, server, auth, tmp_path, monkeypatch):
        netrc = tmp_path / "netrc"
        netrc.write_text("machine 127.0.0.1 login someone password netrc-password\n")
        monkeypatch.setenv("NETRC", str(netrc))
        ask(server.url, auth=auth)
        assert "authorization" not in server.asked[0].headers

    @pytest.mark.parametrize(("cookies", "sent"), [(True, "node=1"), (False, None)])
    def test_cookies_are_kept_unless_switched_off(self, server, cookies, sent):
        server.answers = [(200, "{}", {"Set-Cookie": "node=1; Path=/"})]
        asking = client(server.url, cookies=cookies)
        asking.get_json("/x")
        asking.get_json("/x")
        assert [asked.headers.get("cookie") for asked in server.asked] == [None, sent]


class TestRepeating:
    @pytest.mark.parametrize("status", [408, 429, 502, 503, 504])
    def test_an_overloaded_server_is_asked_again(self, server, status, pauses):
        server.answers = [(status, "busy"), (status, "busy"), (200, '{"n": 1}')]
        assert ask(server.url, retries=2) == {"n": 1}
        assert len(server.asked) == 3

    def test_it_gives_up_after_as_many_retries_as_are_set(self, server, pauses):
        server.answers = [(503, "in maintenance")]
        with pytest.raises(
            SourceUnavailable, match=r"/x: the server responded with 503 \(in maint"
        ):
            ask(server.url, retries=3)
        assert len(server.asked) == 4

    @pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 500, 501])
    def test_other_refusals_are_final(self, server, status, pauses):
        server.answers = [(status, "no"), (200, "{}")]
        with pytest.raises(lib.http.client.ConnectorError):
            ask(server.url, retries=3)
        assert len(server.asked) == 1

    @pytest.mark.parametrize("status", [429, 503])
    def test_retry_waits_as_long_as_server_asks(self, server, status, pauses):
        server.answers = [(status, "", {"Retry-After": "17"}), (200, "{}")]
        assert ask(server.url, retries=1) == {}
        assert pauses == [17]

    def test_but_never_for_hours(self, server, pauses):
        server.answers = [(429, "", {"Retry-After": "86400"}), (200, "{}")]
        with pytest.raises(SourceUnavailable, match="the server responded with 429"):
            ask(server.url, retries=1)
        assert pauses == []

    def test_a_pause_has_a_bound_and_is_taken_again(self, server, pauses):
        server.answers = [(429, "", {"Retry-After": "400"}), (200, "{}")]
        ask(server.url, retries=2)
        assert pauses == [LONGEST_PAUSE]

    def test_pauses_grow_and_are_bounded(self, server, pauses):
        server.answers = [(503, "")]
        with pytest.raises(SourceUnavailable):
            ask(server.url, retries=10)
        assert len(server.asked) == 11
        assert pauses[0] < pauses[2] < pauses[4]
        assert max(pauses) <= 60

    def test_a_lost_connection_is_tried_again(self, pauses):
        with RawServer(b"") as server:
            with pytest.raises(SourceUnavailable, match="the connection failed"):
                ask(server.url, retries=2)
            assert server.connections == 3

    def test_unreachable_server_is_retried_three_times(self, pauses):
        with socket.create_server(("127.0.0.1", 0)) as closed:
            url = f"http://127.0.0.1:{closed.getsockname()[1]}"
        for send in (Client.get_json, lambda asking, path: asking.post_json(path, {})):
            with pytest.raises(SourceUnavailable, match="refused"):
                send(client(url, retries=9), "/x")
        assert len(pauses) == 6, "nothing of a POST can have arrived"

    @pytest.mark.parametrize(("headers", "count"), [({"Retry-After": "2"}, 2), ({}, 1)])
    def test_413_with_retry_after_is_retried(self, server, headers, count, pauses):
        server.answers = [(413, "", headers), (200, "{}")]
        repeating = client(server.url, retries=3, repeatable=frozenset({"POST"}))
        with contextlib.suppress(SourceFault):
            repeating.post_json("/x", {})
        assert len(server.asked) == count

    def test_retry_after_overrides_quota_reset(self, server, pauses, monkeypatch):
        quiet = []
        monkeypatch.setattr("lib.interruption.pause", quiet.append)
        quota = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "250", "Retry-After": "1"}
        server.answers = [(429, "", quota), (200, "{}")]
        ask(server.url, retries=1)
        assert pauses == [1]
        assert max(quiet) <= 0

    @pytest.mark.parametrize("status", [429, 503])
    def test_a_post_is_not_repeated(self, server, status, pauses):
        server.answers = [(status, "busy", {"Retry-After": "1"}), (200, "{}")]
        with pytest.raises(SourceUnavailable):
            client(server.url, retries=3).post_json("/x", {})
        assert len(server.asked) == 1

    def test_post_that_may_have_arrived_is_not_retried(self, pauses):
        with RawServer(b"") as server:
            with pytest.raises(SourceUnavailable):
                client(server.url, retries=3).post_json("/x", {})
            assert server.connections == 1

    def test_a_post_is_repeated_where_the_client_allows_it(self, server, pauses):
        server.answers = [(503, ""), (429, "", {"Retry-After": "3"}), (200, "{}")]
        repeating = client(server.url, retries=3, repeatable=frozenset({"GET", "POST"}))
        repeating.post_json("/x", {"n": 1})
        assert [asked.body for asked in server.asked] == [b'{"n": 1}'] * 3


class TestBrokenAnswers:
    @pytest.mark.parametrize("broken", ["", "not json", '{"cut": ', HTML])
    def test_response_without_json_is_retried(self, server, broken, quick):
        server.answers = [(200, broken), (200, broken), (200, "[1]")]
        assert ask(server.url, retries=2) == [1]

    def test_response_without_json_raises_error_with_its_beginning(self, server, quick):
        server.answers = [(200, HTML)]
        with pytest.raises(SourceUnavailable) as caught:
            ask(server.url, retries=5)
        assert f"{server.url}/x: the response is not JSON" in str(caught.value)
        assert "Service Unavailable Back at noon." in str(caught.value)
        assert len(server.asked) == 3

    @pytest.mark.parametrize(
        ("retries", "waits"), [(0, []), (1, [1.0]), (2, [1.0, 4.0]), (5, [1.0, 4.0])]
    )
    def test_it_is_asked_again_as_often_as_retries_allows_but_twice_at_most(
        self, server, pauses, retries, waits
    ):
        server.answers = [(200, "no")]
        with pytest.raises(SourceUnavailable):
            ask(server.url, retries=retries)
        assert pauses == waits
        assert len(server.asked) == 1 + len(waits)

    @pytest.mark.parametrize("heard", [[], [False]], ids=["before the pause", "in the pause"])
    def test_after_a_signal_nothing_is_asked_again(self, server, monkeypatch, heard):
        monkeypatch.setattr("lib.retry.FIRST_PAUSE", 0.0)
        left = [*heard]
        monkeypatch.setattr(interruption, "requested", lambda: not left or left.pop())
        server.answers = [(200, "no")]
        with pytest.raises(SourceUnavailable, match="not JSON"):
            ask(server.url, retries=2)
        assert len(server.asked) == 1

    @pytest.mark.parametrize(
        "kind", ["text/html", "text/plain; charset=latin-1", "application/json", ""]
    )
    def test_json_counts_whatever_its_content_type(self, server, kind):
        server.answers = [(200, '{"name": "Zoë"}', {"Content-Type": kind})]
        assert ask(server.url) == {"name": "Zoë"}

    def test_incomplete_response_is_retried_then_raised(self, quick):
        with RawServer(
            b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"computers": []}'
        ) as server:
            with pytest.raises(
                SourceUnavailable, match="/x: the response ended before it was complete"
            ):
                ask(server.url, retries=2)
            assert server.connections == 3

    def test_incomplete_chunked_response_is_an_error(self, quick):
        answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n[1]\n\r\n"
        with (
            RawServer(answer) as server,
            pytest.raises(SourceUnavailable, match="the response ended before it was complete"),
        ):
            ask(server.url)

    def test_post_with_incomplete_response_is_not_retried(self):
        with RawServer(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}") as server:
            with pytest.raises(
                SourceUnavailable, match="the response ended before it was complete"
            ):
                client(server.url, retries=2).post_json("/x", {})
            assert server.connections == 1

    def test_response_that_is_not_http_raises_error(self):
        with (
            RawServer(b"SSH-2.0-OpenSSH_9.2\r\n") as server,
            pytest.raises(SourceUnavailable, match=r"^http://127\.0\.0\.1:\d+/x: .*SSH-2\.0"),
        ):
            ask(server.url)

    def test_no_content_raises_no_content_without_retry(self, server):
        server.answers = [(204, "")]
        with pytest.raises(NoContent, match="/x: the server responded with 204"):
            ask(server.url)
        assert len(server.asked) == 1

    def test_json_too_deep_to_be_read_is_broken(self, server, quick):
        server.answers = [(200, "[" * 100_000)]
        with pytest.raises(SourceUnavailable, match="the response is not JSON"):
            ask(server.url)


class TestNoAnswer:
    @pytest.mark.parametrize("retries", [0, 1])
    def test_silent_server_raises_timeout(self, retries):
        with (
            RawServer(b"", stall=True) as server,
            pytest.raises(SourceUnavailable, match=r"/x: no response within 0\.3 seconds\. Try"),
        ):
            ask(server.url, timeout=0.3, retries=retries)

    def test_server_silent_in_mid_response_raises_error(self):
        with (
            RawServer(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{", stall=True) as server,
            pytest.raises(SourceUnavailable, match=r"/x: no response within 0\.3 seconds"),
        ):
            ask(server.url, timeout=0.3)

    @pytest.mark.parametrize("retries", [0, 2])
    def test_a_closed_port(self, retries, pauses):
        with socket.create_server(("127.0.0.1", 0)) as closed:
            url = f"http://127.0.0.1:{closed.getsockname()[1]}"
        with pytest.raises(SourceUnavailable) as caught:
            ask(url, retries=retries)
        assert str(caught.value) == (
            f"{url}/x: the connection was refused."
            " Check that host and port are correct and that the server is running."
        )

    @pytest.mark.skipif(sys.platform != "linux", reason="fills a queue as only Linux has it")
    def test_host_without_connection_raises_error(self):
        with socket.socket() as full, socket.socket() as queued:
            full.bind(("127.0.0.1", 0))
            full.listen(0)
            queued.connect(full.getsockname())
            url = f"http://127.0.0.1:{full.getsockname()[1]}"
            with pytest.raises(SourceUnavailable, match=r"/x: no connection within 0\.3 seconds"):
                ask(url, timeout=0.3)

    def test_unreachable_proxy_raises_error(self, server, monkeypatch):
        with socket.create_server(("127.0.0.1", 0)) as closed:
            proxy = f"http://127.0.0.1:{closed.getsockname()[1]}"
        monkeypatch.setenv("HTTP_PROXY", proxy)
        monkeypatch.setenv("NO_PROXY", "")
        monkeypatch.setenv("no_proxy", "")
        with pytest.raises(SourceUnavailable, match="/x: the connection through the proxy failed"):
            ask(server.url)
        assert server.asked == []

    @pytest.mark.parametrize("retries", [0, 2])
    def test_unknown_host_name_raises_error(self, retries, pauses):
        with pytest.raises(SourceUnavailable) as caught:
            ask("http://nowhere.invalid", retries=retries)
        assert str(caught.value) == (
            "http://nowhere.invalid/x: host name not found."
            " Check the spelling of the host name, and the DNS settings of this machine."
        )

    @pytest.mark.parametrize("url", ["http://acme..example.com", "http://[acme"])
    def test_invalid_address_raises_error(self, url, pauses):
        with pytest.raises(SourceUnavailable) as caught:
            ask(url)
        assert str(caught.value) == (
            f"{url}/x: the connection failed (the address is not valid)."
            " Check that the address is correct. If it is, try again later."
        )

    def test_the_classes_of_a_target_are_its_own(self, server):
        class Target(Client):
            unavailable = lib.http.client.ConnectorError
            fault = SourceFault

        target = Target(server.url, ConnectionSettings(retries=0))
        server.answers = [(503, "")]
        with pytest.raises(lib.http.client.ConnectorError) as caught:
            target.post_json("/x", {})
        assert type(caught.value) is lib.http.client.ConnectorError


class TestRefusals:
    @pytest.mark.parametrize(
        ("status", "kind"),
        [
            (400, SourceFault),
            (401, SignInError),
            (403, AccessDenied),
            (404, NotFound),
            (409, SourceFault),
            (422, SourceFault),
            (429, SourceUnavailable),
            (500, SourceUnavailable),
            (503, SourceUnavailable),
        ],
    )
    def test_status_decides_error_class(self, server, status, kind):
        server.answers = [(status, '{"error": "because"}')]
        with pytest.raises(kind) as caught:
            client(server.url).request("GET", "/x", params={"key": "query-value"})
        assert type(caught.value) is kind
        assert caught.value.where == f"{server.url}/x"
        assert caught.value.what == f"the server responded with {status} (because)"

    def test_a_page_of_html_becomes_its_words(self, server):
        server.answers = [(503, HTML)]
        with pytest.raises(SourceUnavailable) as caught:
            ask(server.url)
        assert (
            caught.value.what == "the server responded with 503 (Service Unavailable Back at noon)"
        )

    def test_a_long_answer_is_cut(self, server):
        server.answers = [(400, "words and\n\nmore " * 1000)]
        with pytest.raises(SourceFault) as caught:
            ask(server.url)
        assert len(caught.value.what) < 250
        assert "\n" not in caught.value.what
        assert "words and more words" in caught.value.what

    @pytest.mark.parametrize(("body", "words"), [("", "(BAD REQUEST)"), (b"\xff\xfe", "(\ufffd")])
    def test_an_answer_without_words_or_in_no_encoding(self, server, body, words):
        server.answers = [(400, body)]
        with pytest.raises(SourceFault) as caught:
            ask(server.url)
        assert words in caught.value.what

    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    def test_a_redirect_is_not_followed_but_named(self, server, status):
        target = f"{server.url}/login?back=query-value"
        server.answers = [(status, "", {"Location": target}), (200, "{}")]
        with pytest.raises(ConfigurationError) as caught:
            client(server.url).request("GET", "/x")
        assert str(caught.value) == (
            f"{server.url}/x: the server redirects to {server.url}/login."
            " Set url to the new address."
        )
        assert len(server.asked) == 1

    @pytest.mark.parametrize("status", [300, 302, 304])
    def test_redirect_without_location_is_not_success(self, server, status):
        server.answers = [(status, "")]
        with pytest.raises(SourceFault, match=f"the server responded with {status}"):
            client(server.url).post_json("/x", {})


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return issue(tmp_path_factory.mktemp("trusted"))


@pytest.fixture(scope="module")
def other_ca(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return issue(tmp_path_factory.mktemp("other")).ca


@pytest.fixture(scope="module")
def secure_url(certificates: Certificates) -> Iterator[str]:
    def app(environ: Any, respond: Callable[..., Any]) -> list[bytes]:
        respond("200 OK", [])
        return [b'"secure"']

    with WebServer(app, certificate=certificates.server) as web:
        yield web.url


class TestTls:
    def test_a_certificate_of_an_unknown_authority_is_not_trusted(self, secure_url):
        with pytest.raises(SourceUnavailable) as caught:
            ask(secure_url)
        assert str(caught.value) == (
            f"{secure_url}/x: the server's certificate is not trusted (unable to get local issuer"
            " certificate). Set cacert_file to a PEM file with its certificate authority."
        )

    def test_with_its_authority_it_is_trusted(self, secure_url, certificates):
        assert ask(secure_url, cacert_file=certificates.ca) == "secure"

    @pytest.mark.skipif(not shutil.which("openssl"), reason="needs openssl, to name the file")
    def test_the_authority_may_be_in_a_folder(self, secure_url, certificates, tmp_path):
        command = ["openssl", "x509", "-noout", "-hash", "-in", certificates.ca]
        name = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
        shutil.copy(certificates.ca, tmp_path / f"{name}.0")
        assert ask(secure_url, cacert_dir=tmp_path) == "secure"

    def test_with_another_authority_it_is_not(self, secure_url, other_ca):
        with pytest.raises(SourceUnavailable, match="the server's certificate is not trusted"):
            ask(secure_url, cacert_file=other_ca)

    def test_cacert_file_without_certificates_raises_error(self, secure_url, tmp_path):
        (tmp_path / "empty.pem").write_text("no certificate\n")
        with pytest.raises(SourceUnavailable) as caught:
            ask(secure_url, cacert_file=tmp_path / "empty.pem")
        assert "the TLS connection failed" in str(caught.value)
        assert "cacert_file" in str(caught.value)

    def test_the_checks_can_be_switched_off(self, secure_url, other_ca):
        assert ask(secure_url, verify_ssl=False) == "secure"
        assert ask(secure_url, verify_ssl=False, cacert_file=other_ca) == "secure"

    @pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
    def test_tls_settings_override_environment(
        self, secure_url, certificates, other_ca, variable, monkeypatch
    ):
        monkeypatch.setenv(variable, str(certificates.ca))
        with pytest.raises(SourceUnavailable, match="is not trusted"):
            ask(secure_url, cacert_file=other_ca)
        monkeypatch.setenv(variable, str(other_ca))
        assert ask(secure_url, cacert_file=certificates.ca) == "secure"
        assert ask(secure_url, verify_ssl=False) == "secure"

    def test_tls_1_can_be_allowed_without_trusting_anyone(self, secure_url, certificates):
        assert ask(secure_url, cacert_file=certificates.ca, ssl_protocol="tls1") == "secure"
        assert ask(secure_url, verify_ssl=False, ssl_protocol="tls1") == "secure"
        with pytest.raises(SourceUnavailable, match="is not trusted"):
            ask(secure_url, ssl_protocol="tls1")

    def test_a_port_without_tls(self, server, pauses):
        with pytest.raises(SourceUnavailable, match="/x: the TLS connection failed"):
            ask(server.url.replace("http:", "https:"), retries=5)
        assert pauses == []


class TestLogs:
    def test_a_request_is_logged_with_its_status_but_without_its_query(self, server, caplog):
        caplog.set_level(logging.DEBUG, "lib.http.client")
        client(server.url).get_json("/x", key="query-value")
        [line] = [item.getMessage() for item in caplog.records if item.name == "lib.http.client"]
        assert line.startswith(f"GET {server.url}/x: 200 in ")

    def test_an_attempt_that_is_repeated_is_logged_without_its_query(self, server, caplog, pauses):
        caplog.set_level(logging.INFO, "lib")
        server.answers = [(503, ""), (200, "{}")]
        client(server.url, retries=1).get_json("/x", key="query-value")
        [line] = [item.getMessage() for item in caplog.records if item.name.startswith("lib.")]
        assert (
            line == f"{server.url}/x: the server responded with 503 (SERVICE UNAVAILABLE); retrying"
        )

    def test_a_broken_answer_is_logged_without_the_query(self, server, caplog, quick):
        server.answers = [(200, "?"), (200, "{}")]
        client(server.url, retries=1).get_json("/x", key="query-value")
        [line] = [item.getMessage() for item in caplog.records if item.name.startswith("lib.")]
        assert line.startswith(f"{server.url}/x: the response is not JSON")

    def test_a_query_in_the_path_is_not_shown_either(self, server, caplog, quick):
        caplog.set_level(logging.DEBUG, "lib")
        server.answers = [(200, "?"), (200, "{}"), (200, "?")]
        asking = client(server.url, retries=1)
        asking.get_json("/x?key=query-value")
        with pytest.raises(SourceUnavailable) as caught:
            asking.get_json("/x?key=query-value")
        assert server.asked[0].query == {"key": "query-value"}
        shown = [item.getMessage() for item in caplog.records if item.name.startswith("lib.")]
        assert any("retrying" in line for line in shown)
        assert "query-value" not in "".join([*shown, str(caught.value)])

    def test_no_error_holds_the_query(self, server, quick, pauses):
        server.answers = [(status, "x") for status in (200, 400, 401, 403, 404, 500, 503)]
        server.answers += [(302, "", {"Location": "/y?key=query-value"})]
        with (
            RawServer(b"") as broken,
            RawServer(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n") as cut,
        ):
            urls = [*[server.url] * 8, broken.url, cut.url, "http://nowhere.invalid"]
            for url in urls:
                with pytest.raises(lib.http.client.ConnectorError) as caught:
                    json_of(
                        client(url, retries=0).request("GET", "/x", params={"key": "query-value"})
                    )
                assert "query-value" not in repr(caught.value)
                assert "/x" in str(caught.value)


class TestTheNextPage:
    """Where the server says that it is, on no account elsewhere: the credentials are for it."""

    @pytest.fixture
    def acme(self) -> Iterator[Client]:
        made = client("https://acme.example.com/base")
        yield made
        made.close()

    @pytest.mark.parametrize(
        "url",
        [
            "https://acme.example.com/base/users?after=a%20b",
            "https://acme.example.com:443/base/users?after=a%20b",
            "https://ACME.example.com/base/users?after=a%20b",
            "/base/users?after=a%20b",
        ],
    )
    def test_is_asked_for_by_its_path(self, acme: Client, url: str) -> None:
        assert acme.path_of(url) == "/users?after=a%20b"

    def test_may_have_no_query(self, acme: Client) -> None:
        assert acme.path_of("https://acme.example.com/base/users/2") == "/users/2"

    @pytest.mark.parametrize(
        "url",
        [
            "https://evil.example.com/base/users",
            "http://acme.example.com/base/users",
            "https://acme.example.com:8443/base/users",
            "https://acme.example.com.evil.example/base/users",
            "https://acme.example.com@evil.example.com/base/users",
            "//evil.example.com/base/users",
        ],
    )
    def test_is_not_asked_for_elsewhere(self, acme: Client, url: str) -> None:
        with pytest.raises(SourceFault, match="the next page is on another server") as caught:
            acme.path_of(url)
        assert caught.value.where == acme.url


def test_a_quota_that_is_used_up_is_waited_for(server, monkeypatch):
    slept: list[float] = []
    monkeypatch.setattr("lib.interruption.pause", slept.append)
    used_up = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "20"}
    server.answers = [(200, "{}", used_up), (200, "{}")]
    asking = client(server.url)
    for _ in range(3):
        asking.get_json("/x")
    asking.close()
    assert len(server.asked) == 3
    assert 0 < max(slept) <= 20
