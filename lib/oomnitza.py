"""Oomnitza's API, as a client sees it: sign-in, mappings, bulk uploads.

The API has no public specification for uploads; what stands here is what shipped clients of
Oomnitza send today (v3, from 2020 on) and sent before (v2).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal
from uuid import uuid4

import requests

from lib import __version__
from lib.auth import UNSIGNED, HeaderAuth, Token, TokenAuth
from lib.connection import ConnectionSettings
from lib.errors import ConfigurationError, TargetRefused, TargetUnavailable
from lib.http import Client
from lib.settings import setting, url, whole_number

Record = dict[str, Any]

AUTH_HEADER = "Authorization2"
CSRF_HEADER = "X-CSRF-Token"
# The most records that shipped clients have ever put into one request.
LARGEST_BATCH = 100
LARGEST_AUDIT = 10


def _batch_size(text: str) -> int:
    number = whole_number(text)
    if not 1 <= number <= LARGEST_BATCH:
        raise ValueError(f"{number} is not between 1 and {LARGEST_BATCH}")
    return number


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
        parse=_batch_size,
    )

    def problems(self) -> Iterator[tuple[str, str]]:
        yield from super().problems()
        if not self.api_token and not (self.username and self.password):
            yield "api_token", "give an api_token, or a username and a password"


class OomnitzaClient(Client):
    """The requests that an upload makes, signed with a token."""

    unavailable = TargetUnavailable
    fault = TargetRefused

    def __init__(self, settings: OomnitzaSettings, connections: int = 1) -> None:
        super().__init__(
            settings.url,
            settings,
            connections=connections,
            # A batch that arrives twice changes nothing: the sync field identifies records.
            repeatable=frozenset({"GET", "POST"}),
            retry_status=frozenset({500}),
        )
        self._settings = settings

    def request(self, method: str, path: str, **how: Any) -> requests.Response:
        """As any client's, but a web page is no answer of Oomnitza's, whatever its status."""
        response = super().request(method, path, **how)
        if response.content.lstrip()[:1] == b"<":
            raise TargetUnavailable(
                "a web page answers instead of Oomnitza's API",
                where=f"{self.url}{path}".split("?")[0],
                fix="Check the url, and whether Oomnitza is under maintenance",
            )
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


@dataclass(frozen=True)
class UploadPlan:
    """What the requests of one run have in common."""

    mapping_name: str
    data_type: Literal["users", "assets"]
    sync_field: tuple[str, ...]
    insert_only: bool
    update_only: bool


class BulkV3:
    """One run in today's bulk API: batches of one portion, closed at the end."""

    def __init__(self, client: OomnitzaClient, plan: UploadPlan, batch_size: int) -> None:
        self.batch_size = batch_size
        self._client = client
        self._portion = str(uuid4())
        self._common = {
            "connector_name": plan.mapping_name,
            "connector_version": __version__,
            "portion": self._portion,
            "sync_field": list(plan.sync_field),
            "data_type": plan.data_type,
            "insert_only": plan.insert_only,
            "update_only": plan.update_only,
            "test_run": False,
            "error": None,
        }

    def send(self, records: list[Record]) -> None:
        """Upload up to `batch_size` records; raises TargetRefused for these, or another error."""
        self._client.post_json("/api/v3/bulk", {**self._common, "records": records})

    def finish(self) -> None:
        """Tell Oomnitza that the run is over."""
        self._client.post_json(f"/api/v3/bulk/{self._portion}/finalize", {})


class BulkV2:
    """One run in the bulk API of an Oomnitza from before 2020, which knows no end of a run.

    Raises ConfigurationError for assets without a sync field: that API keeps none of its own.
    """

    def __init__(self, client: OomnitzaClient, plan: UploadPlan, batch_size: int) -> None:
        self._client = client
        self._plan = plan
        people = plan.data_type == "users"
        if not people and not plan.sync_field:
            raise ConfigurationError("with api = v2 in [oomnitza], assets need a sync_field")
        self.batch_size = batch_size if people else min(batch_size, LARGEST_AUDIT)
        self.send = self._send_users if people else self._send_audit

    def finish(self) -> None:
        """Nothing to tell."""

    def _send_users(self, records: list[Record]) -> None:
        query = {
            "VERSION": __version__,
            "agent_id": self._plan.mapping_name,
            "sync_field": ",".join(self._plan.sync_field) or "USER",
        }
        self._client.post_json("/api/v2/bulk/users", records, params=query)

    def _send_audit(self, records: list[Record]) -> None:
        body = {
            "agent_id": self._plan.mapping_name,
            "sync_field": ",".join(self._plan.sync_field),
            "computers": records,
            "insert_only": str(self._plan.insert_only),
            "update_only": str(self._plan.update_only),
        }
        self._client.post_json("/api/v2/bulk/audit", body, params={"VERSION": __version__})
