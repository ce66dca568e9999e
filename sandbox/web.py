"""Serve a WSGI application on a loopback port, from a thread, with connections kept open."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, Self
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from cheroot import wsgi
from cheroot.server import HTTPConnection
from cheroot.ssl.builtin import BuiltinSSLAdapter

from sandbox.running import Running

THREADS = 12


class _Connection(HTTPConnection):
    """Closes what it writes to as well, which cheroot leaves to the garbage collector.

    When a client has gone before it had everything, that fails wherever the collector happens to
    run, and from Python 3.13 on it is told there.
    """

    def close(self) -> None:
        super().close()
        with suppress(OSError, ValueError):
            self.wfile.close()


class _Server(wsgi.Server):
    ConnectionClass = _Connection


class WebServer(Running):
    """A running server for as long as the `with` block lasts; port 0 takes a free one.

    With a certificate (paths of a PEM chain and its key) it speaks TLS.
    """

    def __init__(
        self,
        app: WSGIApplication,
        port: int = 0,
        certificate: tuple[Path, Path] | None = None,
    ) -> None:
        self._server: Any = _Server(("127.0.0.1", port), app, numthreads=THREADS, timeout=30)
        self._server.expiration_interval = 0.05  # how often its loop looks whether to stop
        self._scheme = "http"
        if certificate:
            chain, key = certificate
            self._server.ssl_adapter = BuiltinSSLAdapter(str(chain), str(key))
            self._scheme = "https"
        self._thread: threading.Thread | None = None

    @property
    def port(self) -> int:
        return int(self._server.bind_addr[1])

    @property
    def url(self) -> str:
        """Address without a trailing slash; by name over TLS, since certificates name hosts."""
        host = "localhost" if self._scheme == "https" else "127.0.0.1"
        return f"{self._scheme}://{host}:{self.port}"

    def start(self) -> Self:
        self._server.prepare()
        self._thread = threading.Thread(target=self._server.serve, daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        self._server.stop()
        if self._thread:
            self._thread.join()


def below(
    prefix: Callable[[], str],
    application: WSGIApplication,
    elsewhere: Callable[[], WSGIApplication],
) -> WSGIApplication:
    """Serve an application below a path prefix, such as "/company", and `elsewhere` else."""

    def serve(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        top, path = prefix().rstrip("/"), environ["PATH_INFO"]
        if not path.startswith(f"{top}/"):
            return elsewhere()(environ, start_response)
        environ["SCRIPT_NAME"] = environ.get("SCRIPT_NAME", "") + top
        environ["PATH_INFO"] = path.removeprefix(top)
        return application(environ, start_response)

    return serve
