"""The stand-in for Jamf Pro: its switches, what it has seen, and the Flask app behind them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, tzinfo
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from sandbox.jamf import classic
from sandbox.jamf.answers import refuse, status_page
from sandbox.jamf.auth import SignIn
from sandbox.jamf.computers import computer
from sandbox.jamf.fleet import Fleet
from sandbox.jamf.groups import COMPUTER_GROUPS, MOBILE_DEVICE_GROUPS
from sandbox.jamf.mobile_devices import mobile_device
from sandbox.jamf.pro import Pro

SIGN_IN_PATHS = ("/api/v1/auth", "/api/oauth", "/api/v1/oauth", "/api/v1/jamf-pro-version")

PRIVILEGES = frozenset(
    {
        "Read Computers",
        "Read Mobile Devices",
        "Read Smart Computer Groups",
        "Read Static Computer Groups",
        "Read Smart Mobile Device Groups",
        "Read Static Mobile Device Groups",
        "Read Departments",
        "Read Buildings",
    }
)


@dataclass
class Outage:
    """Answers that come from before the application: the next `left` below `path`."""

    left: int
    status: int
    path: str
    body: str | None
    headers: Mapping[str, str]


class JamfPro:
    """A Jamf Pro server: serve `app` with `sandbox.web.WebServer`.

    `computers` and `mobile_devices` are how many there are; `zone` is the server's own time zone,
    in which the plain dates of the Classic API are.

    Switches, to be set before or during a run:
        version: decides what exists: tokens from 10.35, API clients from 10.49, no Basic on the
            Classic API from 11.5 on, and which versions of computers-inventory.
        basic_authentication: whether servers before 11.5 take Basic on the Classic API.
        password_expired: whether the account must first change its password.
        privileges: what the account and the API client may do; see `PRIVILEGES`.
        token_lifetime, client_token_lifetime: seconds, for tokens issued from now on.
        computers, mobile_devices: the devices and their misbehaviour; see `Fleet`.
        path_prefix: the path below which everything is, such as "/example".
        delay: seconds that each answer with data takes longer.
        on_request: called with (method, path) of each request before it is answered.

    Observations:
        requests: (method, path with query) of each request, without the prefix.
        peak: the largest number of requests for data that were in progress at once.
    """

    def __init__(
        self,
        *,
        computers: int = 120,
        mobile_devices: int = 60,
        username: str = "oomnitza-reader",
        password: str = "sandbox password",
        client_id: str = "3f1d2c70-5f0b-4f6e-9d53-0a6f6f1b8a01",
        client_secret: str = "sandbox-client-secret",
        version: str = "11.20.1",
        path_prefix: str = "",
        zone: tzinfo = UTC,
    ) -> None:
        self.username, self.password = username, password
        self.client_id, self.client_secret = client_id, client_secret
        self.version = version
        self.basic_authentication = True
        self.password_expired = False
        self.privileges: set[str] = set(PRIVILEGES)
        self.token_lifetime: float = 1800
        self.client_token_lifetime: float = 600
        self.computers = Fleet(computers, computer, COMPUTER_GROUPS, zone)
        self.mobile_devices = Fleet(mobile_devices, mobile_device, MOBILE_DEVICE_GROUPS, zone)
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

    @property
    def release(self) -> tuple[int, ...]:
        """The numbers of `version`: (10, 42, 1) of 10.42.1-t1667311080."""
        return tuple(int(part) for part in self.version.partition("-")[0].split("."))

    @property
    def takes_basic(self) -> bool:
        """Whether the Classic API takes Basic."""
        return self.basic_authentication and self.release < (11, 5)

    def require(self, *release: int) -> None:
        """End the request with 404 if the server is older than this release."""
        if self.release < release:
            refuse(status_page(404))

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
