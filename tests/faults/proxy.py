"""A web server for WSGI applications that can spoil any exchange, down to the connection."""

from __future__ import annotations

import random
import re
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from email.utils import formatdate
from http import HTTPStatus
from io import BytesIO
from typing import Any, NamedTuple, Self
from wsgiref.simple_server import WSGIRequestHandler
from wsgiref.types import WSGIApplication

from werkzeug.test import run_wsgi_app

# Below the ports that the system gives to outgoing connections, so that a closed one stays free.
PORTS = range(20_000, 30_000)
# How long a server waits for a client to lose patience, in seconds.
LONGEST_STALL = 20
# How long a server that refuses connections for a moment does so, in seconds.
MOMENT = 0.03


class Answer(NamedTuple):
    """What goes back to the client."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    @property
    def head(self) -> bytes:
        """All that comes before the body, which it declares to be as long as it is."""
        lines = [f"HTTP/1.1 {self.status} {HTTPStatus(self.status).phrase}"]
        lines += [f"{name}: {value}" for name, value in self.headers]
        return "\r\n".join([*lines, f"Content-Length: {len(self.body)}", "", ""]).encode("latin-1")


class Exchange:
    """One request, and what can be done with it; `place` is the resource that it asks for."""

    def __init__(self, handler: Handler, body: bytes) -> None:
        self.server = handler.server
        self.method, self.path = handler.command, handler.path
        self.place = (self.method, re.sub(r"\d+|[?].*", "", self.path))
        self._handler = handler
        self._body = body

    def answer(self) -> Answer:
        """Have the application do what is asked, and give what it says of it."""
        environ = self._handler.get_environ() | {
            "wsgi.input": BytesIO(self._body),
            "wsgi.errors": sys.stderr,
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
            "REQUEST_URI": self.path,
        }
        parts, status, headers = run_wsgi_app(self.server.app, environ, buffered=True)
        kept = [(name, value) for name, value in headers if name.lower() != "content-length"]
        if not any(name.lower() == "date" for name, _ in kept):
            kept.append(("Date", formatdate(time.time(), usegmt=True)))
        return Answer(int(status.split()[0]), kept, b"".join(parts))

    def send(self, answer: Answer, share: float = 1) -> None:
        """Send the answer, or its head and a share of the body."""
        length = int(len(answer.body) * share)
        self._handler.connection.sendall(answer.head + answer.body[:length])

    def close(self) -> None:
        """End the connection in good order."""
        self._handler.close_connection = True

    def reset(self) -> None:
        """Drop the connection, as a machine does that was switched off in between."""
        linger = struct.pack("ii", 1, 0)
        self._handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.close()

    def stall(self) -> None:
        """Say nothing more until the client has gone."""
        self._handler.connection.settimeout(LONGEST_STALL)
        with suppress(OSError):
            self._handler.connection.recv(1)
        self.close()


class Handler(WSGIRequestHandler):
    """One connection, on which requests come one after the other."""

    protocol_version = "HTTP/1.1"
    server: FaultyServer  # type: ignore[assignment]

    def handle(self) -> None:
        self.close_connection = False
        while not self.close_connection:
            self.handle_one_request()

    def do_GET(self) -> None:  # noqa: N802  which is what http.server calls
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.spoil(Exchange(self, body))

    do_POST = do_GET  # noqa: N815

    def log_message(self, *args: Any) -> None:
        """Nobody reads along."""


def serve(exchange: Exchange) -> None:
    """Do nothing to it."""
    exchange.send(exchange.answer())


class FaultyServer:
    """Serves `app` for the length of a `with` block; `spoil` is handed each exchange."""

    def __init__(self) -> None:
        self.app: WSGIApplication
        self.spoil: Callable[[Exchange], None] = serve
        self._lock = threading.Lock()
        self._listener: socket.socket | None = None
        self._port = 0

    @property
    def base_environ(self) -> dict[str, str]:
        """What every request has in common, as WSGIRequestHandler asks for it."""
        return {"SERVER_NAME": "127.0.0.1", "SERVER_PORT": str(self._port), "SCRIPT_NAME": ""}

    @property
    def url(self) -> str:
        """Address without a trailing slash."""
        return f"http://127.0.0.1:{self._port}"

    def listen(self) -> None:
        """Take connections, if it does not already."""
        with self._lock:
            if self._listener is None:
                self._listener = self._bound()
                threading.Thread(target=self._accept, args=[self._listener], daemon=True).start()

    def refuse(self) -> None:
        """Take no connections from now on; those that there are stay."""
        with self._lock:
            listener, self._listener = self._listener, None
        if listener:
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)  # wakes up who waits in accept
            listener.close()

    def refuse_for_a_moment(self) -> None:
        self.refuse()
        threading.Timer(MOMENT, self.listen).start()

    def _bound(self) -> socket.socket:
        """A listening socket, on the port that it had before."""
        while True:
            port = self._port or random.choice(PORTS)
            try:
                listener = socket.create_server(("127.0.0.1", port), backlog=50)
            except OSError:
                continue
            self._port = port
            return listener

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                connection, address = listener.accept()
                threading.Thread(target=self._talk, args=[connection, address], daemon=True).start()

    def _talk(self, connection: socket.socket, address: Any) -> None:
        with connection, suppress(OSError):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            Handler(connection, address, self)  # type: ignore[arg-type]

    def __enter__(self) -> Self:
        self.listen()
        return self

    def __exit__(self, *_: object) -> None:
        self.refuse()
