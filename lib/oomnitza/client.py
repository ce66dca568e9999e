"""The client of Oomnitza's API: sign-in, mappings, locations, and requests of uploads.

The API has no public specification for uploads. The requests are those that shipped clients of
Oomnitza send today (v3, from 2020 on) and sent before (v2).
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import requests

from lib.connection import ConnectionSettings
from lib.errors import (
    ConnectorError,
    SignInError,
    TargetFault,
    TargetRefused,
    TargetUnavailable,
)
from lib.http.auth import UNSIGNED, HeaderAuth, Token, TokenAuth
from lib.http.client import JSON_HEADERS, Client, NotFound
from lib.http.response import BrokenAnswer
from lib.mapping.mapping import ServerMapping
from lib.oomnitza.confirmation import Confirmation
from lib.reading.listing import PageGuard
from lib.record import Record
from lib.values.values import int_or_none

log = logging.getLogger(__name__)

MAPPINGS = "/api/v2/mappings"
AUTH_HEADER = "Authorization2"
CSRF_HEADER = "X-CSRF-Token"
CHECK_CREDENTIALS = (
    "Check that api_token (or username and password) in [oomnitza] is correct and has not expired"
)
# Locations in one answer.
LOCATIONS = 200
RUN_COUNTS = {
    "added": "added_records_count",
    "updated": "updated_records_count",
    "skipped": "skipped_records_count",
    "errors": "error_logs_count",
}


@dataclass(frozen=True)
class Login:
    """The credentials of an Oomnitza user: an API token, or a name and password."""

    api_token: str = field(default="", repr=False)
    username: str = ""
    password: str = field(default="", repr=False)


class OomnitzaClient(Client):
    """Sends signed requests to Oomnitza."""

    unavailable = TargetUnavailable
    fault = TargetRefused

    def __init__(
        self, url: str, settings: ConnectionSettings, login: Login, connections: int = 1
    ) -> None:
        super().__init__(
            url,
            settings,
            connections=connections,
            # A batch that arrives twice changes nothing: the sync field identifies records.
            repeatable=frozenset({"GET", "POST"}),
            retry_status=frozenset({500}),
        )
        self._credentials = login

    def request(self, method: str, path: str, **how: Any) -> requests.Response:
        """Send a request as `Client` does. A web page is an error, whatever its status."""
        response: requests.Response = self.read(_no_page, method, path, **how)
        return response

    def post_records(
        self, path: str, body: bytes, confirm: Confirmation, **how: Any
    ) -> requests.Response:
        """POST a batch, JSON in UTF-8; raises what `confirm` raises for the response."""
        response: requests.Response = self.read(
            lambda answer: confirm(_no_page(answer)),
            "POST",
            path,
            data=body,
            headers=JSON_HEADERS,
            **how,
        )
        return response

    def sign_in(self) -> None:
        """Check the API token, or request one for name and password. Raises SignInError."""
        with _refusing():
            if self._credentials.api_token:
                self.auth = HeaderAuth(AUTH_HEADER, self._credentials.api_token)
                self._keep_csrf(self.request("GET", MAPPINGS, params={"name": "AuthTest"}))
            else:
                self.auth = TokenAuth(self._login, AUTH_HEADER, prefix="")
                self.auth.current()

    def server_mapping(self, name: str) -> ServerMapping:
        """Return the mapping stored in Oomnitza: source path → field, or fields."""
        with _refusing():
            answer = self.get_json(MAPPINGS, name=name)
        if not isinstance(answer, dict):
            raise TargetRefused(
                "the response is not a mapping", where=f"{self.url}{MAPPINGS}?name={name}"
            )
        return answer

    def locations(self) -> list[Record]:
        """Return all locations, page by page (X-Total-Count says how many there are).

        Signs in first, where that was not needed so far.
        """
        if self.auth is UNSIGNED:
            self.sign_in()
        path = "/api/v3/locations"
        guard = PageGuard(self.url + path, error=TargetRefused)
        locations: list[Record] = []
        while True:
            page, answer = self.get_page(path, limit=LOCATIONS, skip=len(locations))
            if not isinstance(page, list):
                raise TargetRefused(
                    "the response is not a list of locations", where=self.url + path
                )
            guard.check(page)
            locations += page
            total = int_or_none(answer.headers.get("X-Total-Count"))
            if len(page) != LOCATIONS if total is None else len(locations) >= total:
                return locations

    def close_run(self, portion: str) -> None:
        """Tell Oomnitza that a run has ended."""
        with _refusing():
            self.post_json(f"/api/v3/bulk/{portion}/finalize", {})

    def run_counts(self, mapping_name: str, portion: str) -> dict[str, int] | None:
        """Return Oomnitza's counts of a run: added, updated, skipped, errors; None if unknown.

        Documented is the answer (model ConnectorRunLogs), not by what a connector is named there.
        """
        try:
            logs = self.get_json(f"/api/v3/connector_run_logs/{quote(mapping_name, safe='')}")
        except ConnectorError as error:
            log.debug("Cannot read the run log of Oomnitza: %s", error)
            return None
        for entry in logs if isinstance(logs, list) else ():
            if isinstance(entry, dict) and entry.get("portion_correlation_id") == portion:
                counts = {name: entry.get(member) for name, member in RUN_COUNTS.items()}
                return {name: count for name, count in counts.items() if isinstance(count, int)}
        return None

    def refusal(self, response: requests.Response) -> ConnectorError:
        """Return the error for a response, as `Client` does; a 500 may be caused by the records."""
        error = super().refusal(response)
        if response.status_code == requests.codes.internal_server_error:
            return TargetFault(
                error.what, where=error.where, fix=error.fix, retry_after=error.retry_after
            )
        if isinstance(error, SignInError):
            return error.with_fix(CHECK_CREDENTIALS)
        if isinstance(error, NotFound):
            return error.with_fix("Check that url in [oomnitza] is the address of your Oomnitza")
        return error

    def _login(self) -> Token:
        form = {"login": self._credentials.username, "password": self._credentials.password}
        response = self.request("POST", "/api/request_token", auth=UNSIGNED, data=form)
        self._keep_csrf(response)
        try:
            token = response.json()["token"]
        except (ValueError, KeyError, TypeError):
            token = None
        if not token:
            raise TargetRefused(
                "the response to the sign-in does not contain a token",
                where=f"{self.url}/api/request_token",
                fix="Check that url is the address of your Oomnitza",
            )
        return Token(str(token))

    def _keep_csrf(self, response: Any) -> None:
        if CSRF_HEADER in response.headers:
            self.headers[CSRF_HEADER] = response.headers[CSRF_HEADER]


@contextmanager
def _refusing() -> Iterator[None]:
    """Turn a 404 into TargetRefused: only of a request without records, which are at no fault."""
    try:
        yield
    except NotFound as error:
        raise TargetRefused(error.what, where=error.where, fix=error.fix) from None


class _WebPage(BrokenAnswer):
    fix = "Check that url is the address of your Oomnitza and that it is not under maintenance"


def _no_page(response: requests.Response) -> requests.Response:
    if response.content.lstrip()[:1] == b"<":
        raise _WebPage("the response is a web page, not one of Oomnitza's API")
    return response
