"""The mock server for Jamf Pro: its switches, what it has seen, and the Flask app behind them."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar, Self
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Response, request
from werkzeug.exceptions import HTTPException

from sandbox.jamf import classic
from sandbox.jamf.answers import refuse, status_page
from sandbox.jamf.auth import SignIn
from sandbox.jamf.pro import Pro
from sandbox.jamf.state import State
from sandbox.mock import PASSWORD, SERIAL_NUMBER, MockServer, ServerMapping
from sandbox.outages import Outages
from sandbox.web import below

SIGN_IN_PATHS = ("/api/v1/auth", "/api/oauth", "/api/v1/oauth", "/api/v1/jamf-pro-version")


class JamfPro(State, MockServer):
    """A Jamf Pro server.

    Switches, to be set before or during a run, beside those of its `State`:
        path_prefix: the path below which everything is, such as "/example".
        delay: seconds that each answer with data takes longer.

    Observations:
        peak: the largest number of requests for data that were in progress at once.
    """

    name = "jamf"
    server_mapping: ClassVar[ServerMapping] = {
        "Casper": {
            "general.serial_number": SERIAL_NUMBER,
            "general.name": "NAME",
            "general.last_contact_time": "LAST_SEEN",
            "hardware.model": "MODEL",
            "hardware.os_version": "OS_VERSION",
            "location.username": "ASSIGNED_TO",
            "purchasing.warranty_expires": "WARRANTY_EXPIRES",
        },
        "Casper.MDM": {
            "general.serial_number": SERIAL_NUMBER,
            "general.display_name": "NAME",
            "general.last_inventory_update": "LAST_SEEN",
            "general.model": "MODEL",
            "general.os_version": "OS_VERSION",
            "network.imei": "IMEI",
            "location.username": "ASSIGNED_TO",
        },
    }

    def __init__(self, *, path_prefix: str = "", **state: Any) -> None:
        MockServer.__init__(self, Outages(_maintenance))
        State.__init__(self, **state)
        self.path_prefix = path_prefix
        self.delay: float = 0
        self.peak = 0
        self._in_progress = 0
        self._lock = threading.Lock()
        self._sign_in = SignIn(self)
        self._add_routes()

    @classmethod
    def for_sandbox(cls, folder: Path) -> Self:
        return cls(username="auditor", password=PASSWORD)

    def section(self, url: str) -> str:
        """The section that reads its computers."""
        return self._section("casper", url, "computers")

    def sections(self, url: str) -> list[str]:
        return [self.section(url), self._section("casper.MDM", url, "mobiledevices")]

    def revoke_tokens(self) -> None:
        """Make every token issued so far worthless."""
        self._sign_in.tokens.clear()

    def admit(self) -> None:
        if "%2F" in request.environ.get("REQUEST_URI", "").partition("?")[0].upper():
            refuse(status_page(400, "The path contains an encoded slash."))

    def dress(self, answer: Response) -> Response:
        """Add the headers seen on Jamf Cloud; the cookie names the node that answered."""
        if _is_data(request.path):
            time.sleep(self.delay)
        answer.headers["Server"] = "Jamf Cloud Node"
        answer.headers["Cache-Control"] = "no-store, no-cache, must-revalidate"
        answer.headers["Vary"] = "Accept-Charset,Accept-Encoding,Accept-Language,Accept"
        answer.set_cookie("APBALANCEID", "node1", path="/", secure=True, httponly=True)
        return answer

    def explain(self, fault: HTTPException) -> Response:
        return status_page(fault.code or 500)

    def _section(self, name: str, url: str, kind: str) -> str:
        return (
            f"[{name}]\nenable = True\nurl = {url}\nusername = {self.username}\n"
            f"password = {self.password}\nsync_field = {SERIAL_NUMBER}\nsync_type = {kind}\n"
        )

    def _add_routes(self) -> None:
        app = self.app
        self._sign_in.add_routes(app)
        classic.add_routes(app, self, self._sign_in)
        Pro(self, self._sign_in).add_routes(app)
        app.wsgi_app = below(  # type: ignore[assignment,method-assign]
            lambda: self.path_prefix, self._counted(app.wsgi_app), lambda: status_page(404)
        )

    def _counted(self, application: WSGIApplication) -> WSGIApplication:
        def serve(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            with self._in_progress_for(environ["PATH_INFO"]):
                return application(environ, start_response)

        return serve

    @contextmanager
    def _in_progress_for(self, path: str) -> Iterator[None]:
        with self._lock:
            self._in_progress += _is_data(path)
            self.peak = max(self.peak, self._in_progress)
        try:
            yield
        finally:
            with self._lock:
                self._in_progress -= _is_data(path)


def _is_data(path: str) -> bool:
    return not path.startswith(SIGN_IN_PATHS)


def _maintenance(status: int) -> Response:
    return status_page(status, "The service is under maintenance.")
