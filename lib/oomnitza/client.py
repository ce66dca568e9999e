"""Oomnitza's API, as a client sees it: sign-in, mappings, bulk uploads.

The API has no public specification for uploads; what stands here is what shipped clients of
Oomnitza send today (v3, from 2020 on) and sent before (v2).
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import quote

import requests

from lib.connection import ConnectionSettings
from lib.errors import (
    ConnectorError,
    TargetFault,
    TargetRefused,
    TargetUnavailable,
)
from lib.http.auth import UNSIGNED, HeaderAuth, Token, TokenAuth
from lib.http.client import BrokenAnswer, Client
from lib.reading.listing import PageGuard
from lib.record import Record
from lib.settings import at_least, between, setting, url
from lib.values.values import int_or_none

log = logging.getLogger(__name__)

AUTH_HEADER = "Authorization2"
CSRF_HEADER = "X-CSRF-Token"
# The most records that shipped clients have ever put into one request.
LARGEST_BATCH = 100
# Locations in one answer.
LOCATIONS = 200
RUN_COUNTS = {
    "added": "added_records_count",
    "updated": "updated_records_count",
    "skipped": "skipped_records_count",
    "errors": "error_logs_count",
}


@dataclass(frozen=True, kw_only=True)
class OomnitzaSettings(ConnectionSettings):
    url: str = setting(
        "The address of your Oomnitza.", example="https://example.oomnitza.com", parse=url
    )
    api_token: str = setting(
        "The API token of the Oomnitza user who uploads. With it, leave password empty.",
        default="",
        secret=True,
    )
    username: str = setting(
        "The name of that user, where there is no API token.", default="", example="oomnitza-sa"
    )
    password: str = setting(
        "The password of that user.", default="", example="ThePassword", secret=True
    )
    api: Literal["v3", "v2"] = setting(
        "The version of the bulk API; v2 is for an Oomnitza from before 2020.",
        default="v3",
        advanced=True,
    )
    batch_size: int = setting(
        f"How many records to send in one request, {LARGEST_BATCH} at most.",
        default=LARGEST_BATCH,
        advanced=True,
        parse=between(1, LARGEST_BATCH),
    )
    upload_workers: int = setting(
        "How many of these requests to make at the same time.",
        default=2,
        advanced=True,
        parse=at_least(1),
    )

    def problems(self) -> Iterator[tuple[str, str]]:
        yield from super().problems()
        if not self.api_token and not (self.username and self.password):
            yield "api_token", "give an api_token, or a username and a password"


class OomnitzaClient(Client):
    """The requests that an upload makes, signed with a token."""

    unavailable = TargetUnavailable
    fault = TargetRefused

    def __init__(self, settings: OomnitzaSettings) -> None:
        super().__init__(
            settings.url,
            settings,
            connections=max(settings.upload_workers, 1),
            # A batch that arrives twice changes nothing: the sync field identifies records.
            repeatable=frozenset({"GET", "POST"}),
            retry_status=frozenset({500}),
        )
        self._settings = settings

    def request(self, method: str, path: str, **how: Any) -> requests.Response:
        """As any client's, but a web page is no answer of Oomnitza's, whatever its status."""
        response: requests.Response = self.read(_no_page, method, path, **how)
        return response

    def sign_in(self) -> None:
        """Have the token checked, or get one for name and password. Raises SignInError."""
        settings = self._settings
        if settings.api_token:
            self.auth = HeaderAuth(AUTH_HEADER, settings.api_token)
            self._keep_csrf(self.request("GET", "/api/v2/mappings", params={"name": "AuthTest"}))
        else:
            self.auth = TokenAuth(self._login, AUTH_HEADER, prefix="")
            self.auth.current()

    def server_mapping(self, name: str) -> dict[str, str | list[str]]:
        """The mapping kept in Oomnitza: source path → field, or fields."""
        answer = self.get_json("/api/v2/mappings", name=name)
        if not isinstance(answer, dict):
            raise TargetRefused(
                "the answer is not a mapping", where=f"{self.url}/api/v2/mappings?name={name}"
            )
        return answer

    def locations(self) -> list[Record]:
        """All locations; the endpoint gives them in pages (X-Total-Count tells how many).

        Signs in first, where that was not needed so far.
        """
        if self.auth is UNSIGNED:
            self.sign_in()
        path = "/api/v3/locations"
        guard = PageGuard(self.url + path, error=TargetRefused)
        found: list[Record] = []
        while True:
            page, answer = self.get_page(path, limit=LOCATIONS, skip=len(found))
            if not isinstance(page, list):
                raise TargetRefused("the answer is no list of locations", where=self.url + path)
            guard.check(page)
            found += page
            total = int_or_none(answer.headers.get("X-Total-Count"))
            if len(page) != LOCATIONS if total is None else len(found) >= total:
                return found

    def close_run(self, portion: str) -> None:
        """Tell Oomnitza that a run is over."""
        self.post_json(f"/api/v3/bulk/{portion}/finalize", {})

    def run_counts(self, mapping_name: str, portion: str) -> dict[str, int] | None:
        """What Oomnitza counted in a run: added, updated, skipped, errors, as far as it says.

        Documented is the answer (model ConnectorRunLogs), not by what a connector is named there.
        """
        try:
            logs = self.get_json(f"/api/v3/connector_run_logs/{quote(mapping_name, safe='')}")
        except ConnectorError as error:
            log.debug("Oomnitza's run log cannot be read: %s", error)
            return None
        for entry in logs if isinstance(logs, list) else ():
            if isinstance(entry, dict) and entry.get("portion_correlation_id") == portion:
                counts = {name: entry.get(member) for name, member in RUN_COUNTS.items()}
                return {name: count for name, count in counts.items() if isinstance(count, int)}
        return None

    def refusal(self, response: requests.Response) -> ConnectorError:
        """As any client's; but a 500 may be the fault of what was sent."""
        error = super().refusal(response)
        if response.status_code == requests.codes.internal_server_error:
            return TargetFault(error.what, where=error.where, fix=error.fix)
        return error

    def _login(self) -> Token:
        form = {"login": self._settings.username, "password": self._settings.password}
        response = self.request("POST", "/api/request_token", auth=UNSIGNED, data=form)
        self._keep_csrf(response)
        try:
            token = response.json()["token"]
        except (ValueError, KeyError, TypeError):
            token = None
        if not token:
            raise TargetRefused(
                "the answer to the sign-in holds no token",
                where=f"{self.url}/api/request_token",
                fix="Check that url is the address of your Oomnitza",
            )
        return Token(str(token))

    def _keep_csrf(self, response: Any) -> None:
        if CSRF_HEADER in response.headers:
            self.headers[CSRF_HEADER] = response.headers[CSRF_HEADER]


class _WebPage(BrokenAnswer):
    fix = "Check the url, and whether Oomnitza is under maintenance"


def _no_page(response: requests.Response) -> requests.Response:
    if response.content.lstrip()[:1] == b"<":
        raise _WebPage("a web page answers instead of Oomnitza's API")
    return response
