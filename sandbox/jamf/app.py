"""The stand-in for Jamf Pro: its switches, what it has seen, and the Flask app behind them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from sandbox.jamf import classic
from sandbox.jamf.answers import refuse, status_page
from sandbox.jamf.auth import SignIn
from sandbox.jamf.pro import Pro
from sandbox.jamf.state import State

SIGN_IN_PATHS = ("/api/v1/auth", "/api/oauth", "/api/v1/oauth", "/api/v1/jamf-pro-version")


@dataclass
class Outage:
    """Answers that come from before the application: the next `left` below `path`."""

    left: int
    status: int
    path: str
    body: str | None
    headers: Mapping[str, str]


class JamfPro(State):
    """A Jamf Pro server: serve `app` with `sandbox.web.WebServer`.

    Switches, to be set before or during a run, beside those of its `State`:
        path_prefix: the path below which everything is, such as "/example".
        delay: seconds that each answer with data takes longer.
        on_request: called with (method, path) of each request before it is answered.

    Observations:
        requests: (method, path with query) of each request, without the prefix.
        peak: the largest number of requests for data that were in progress at once.
    """

    def __init__(self, *, path_prefix: str = "", **state: Any) -> None:
        super().__init__(**state)
        self.path_prefix = path_prefix
        self.delay: float = 0
        self.on_request: Callable[[str, str], None] | None = None
        self.requests: list[tuple[str, str]] = []
        self.peak = 0
        self._in_progress = 0
        self._outages: list[Outage] = []
        self._lock = threading.Lock()
        self._sign_in = SignIn(self)
        self.app = self._application()

    def fail_next(
        self,
        count: int,
        status: int = 503,
        *,
        path: str = "/",
        body: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Answer the next `count` requests whose path begins with `path` from the front end.

        Without `body` it is an HTML page, also with status 200.
        """
        self._outages.append(Outage(count, status, path, body, headers or {}))

    def revoke_tokens(self) -> None:
        """Make every token issued so far worthless."""
        self._sign_in.tokens.clear()

    def _application(self) -> Flask:
        app = Flask(__name__)
        app.before_request(self._arrive)
        app.after_request(_dress)
        app.register_error_handler(HTTPException, _explain)
        self._sign_in.add_routes(app)
        classic.add_routes(app, self, self._sign_in)
        Pro(self, self._sign_in).add_routes(app)
        app.wsgi_app = self._front(app.wsgi_app)  # type: ignore[assignment,method-assign]
        return app

    def _front(self, application: WSGIApplication) -> WSGIApplication:
        """Put before the application what finds it below the path prefix and counts."""

        def serve(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            prefix = self.path_prefix.rstrip("/")
            path = environ["PATH_INFO"]
            if not path.startswith(f"{prefix}/"):
                return status_page(404)(environ, start_response)
            environ["SCRIPT_NAME"] = environ.get("SCRIPT_NAME", "") + prefix
            environ["PATH_INFO"] = path.removeprefix(prefix)
            with self._counted(is_data=_is_data(environ["PATH_INFO"])):
                return application(environ, start_response)

        return serve

    @contextmanager
    def _counted(self, *, is_data: bool) -> Iterator[None]:
        with self._lock:
            self._in_progress += is_data
            self.peak = max(self.peak, self._in_progress)
        try:
            yield
        finally:
            with self._lock:
                self._in_progress -= is_data

    def _arrive(self) -> None:
        query = request.query_string.decode()
        path = f"{request.path}?{query}" if query else request.path
        self.requests.append((request.method, path))
        if self.on_request:
            self.on_request(request.method, path)
        if _is_data(request.path):
            time.sleep(self.delay)
        outage = self._outage(request.path)
        if outage:
            page = status_page(outage.status, "The service is being maintained.")
            answer = page if outage.body is None else Response(outage.body, outage.status)
            answer.headers.update(outage.headers)
            refuse(answer)
        if "%2F" in request.environ.get("REQUEST_URI", "").partition("?")[0].upper():
            refuse(status_page(400, "The path holds an encoded slash."))

    def _outage(self, path: str) -> Outage | None:
        with self._lock:
            for outage in self._outages:
                if outage.left > 0 and path.startswith(outage.path):
                    outage.left -= 1
                    return outage
        return None


def _is_data(path: str) -> bool:
    return not path.startswith(SIGN_IN_PATHS)


def _dress(answer: Response) -> Response:
    """Add the headers seen on answers of Jamf Cloud; the cookie names the node that answered."""
    answer.headers["Server"] = "Jamf Cloud Node"
    answer.headers["Cache-Control"] = "no-store, no-cache, must-revalidate"
    answer.headers["Vary"] = "Accept-Charset,Accept-Encoding,Accept-Language,Accept"
    answer.set_cookie("APBALANCEID", "node1", path="/", secure=True, httponly=True)
    return answer


def _explain(error: HTTPException) -> Response:
    """Answer what no view has answered: no such path, another method, a mistake in here."""
    return status_page(error.code or 500)
