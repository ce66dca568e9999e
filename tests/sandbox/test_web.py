"""Serving an app on a loopback port."""

import _pyio  # type: ignore[import-not-found]
import gc
import http.client
import socket
import struct
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event

import pytest
import requests
from werkzeug.test import Client
from werkzeug.wrappers import Response

from sandbox.web import WebServer, below
from tests.certificates import issue


def hello(environ, respond):
    respond("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "5")])
    return [b"hello"]


def get(url, **how):
    with requests.Session() as session:
        session.trust_env = False
        return session.get(url, timeout=10, **how)


def test_it_serves_on_a_free_port_of_this_machine_only():
    with WebServer(hello) as one, WebServer(hello) as other:
        assert one.port != other.port
        assert one.url == f"http://127.0.0.1:{one.port}"
        assert get(one.url).text == get(f"{other.url}/any/path").text == "hello"


def test_it_serves_on_the_port_that_is_asked_for():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with WebServer(hello, port) as server:
        assert server.port == port
        assert get(server.url).text == "hello"


def test_connections_are_kept_open():
    with WebServer(hello) as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
        connection.request("GET", "/")
        connection.getresponse().read()
        kept = connection.sock
        connection.request("GET", "/")
        assert connection.getresponse().read() == b"hello"
        assert connection.sock is kept
        connection.close()


def test_several_requests_are_answered_at_once():
    together = Barrier(5, timeout=10)

    def meet(environ, respond):
        together.wait()
        return hello(environ, respond)

    with WebServer(meet) as server, ThreadPoolExecutor(5) as pool:
        assert [answer.text for answer in pool.map(get, [server.url] * 5)] == ["hello"] * 5


def test_a_client_that_goes_away_leaves_nothing_to_fail_later(monkeypatch):
    failed, gone = [], Event()
    # What Python 3.13 and newer do: tell what fails when a file is closed as garbage.
    monkeypatch.setattr(_pyio, "_IOBASE_EMITS_UNRAISABLE", True, raising=False)
    monkeypatch.setattr(sys, "unraisablehook", failed.append)

    def wait(environ, respond):
        respond("200 OK", [("Content-Type", "text/plain")])
        gone.wait(10)
        for _ in range(100):
            yield b"x" * 65536

    with WebServer(wait) as server:
        client = socket.create_connection(("127.0.0.1", server.port), timeout=10)
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.close()
        gone.set()
    gc.collect()
    assert failed == []


def test_with_a_certificate_it_speaks_tls_under_a_name(tmp_path):
    certificates = issue(tmp_path)
    with WebServer(hello, certificate=certificates.server) as server:
        assert server.url == f"https://localhost:{server.port}"
        assert get(server.url, verify=str(certificates.ca)).text == "hello"
        with pytest.raises(requests.exceptions.SSLError):
            get(server.url)


@pytest.mark.parametrize("secure", [False, True])
def test_after_the_block_the_port_is_closed(secure, tmp_path):
    certificate = issue(tmp_path).server if secure else None
    with WebServer(hello, certificate=certificate) as server:
        port = server.port
        socket.create_connection(("127.0.0.1", port), timeout=10).close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=10)


def test_it_stops_when_the_block_fails():
    with pytest.raises(ValueError, match="in the block"), WebServer(hello) as server:
        port = server.port
        raise ValueError("in the block")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=10)


def test_below_a_prefix_an_application_is_found_and_elsewhere_not():
    prefix = "/company"

    def tell(environ, respond):
        respond("200 OK", [])
        return [f"{environ['SCRIPT_NAME']} {environ['PATH_INFO']}".encode()]

    app = Client(below(lambda: prefix, tell, lambda: Response("elsewhere", 404)))
    assert app.get("/company/users").text == "/company /users"
    assert app.get("/users").text == app.get("/companyusers").text == "elsewhere"
    prefix = ""
    assert app.get("/users").text == " /users"
