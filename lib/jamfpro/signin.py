"""Sign-in to Jamf Pro, as an account or as an API client, for both of its APIs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from lib.connection import ConnectionSettings
from lib.errors import ConnectorError, SignInError, SourceFault, SourceUnavailable
from lib.http.auth import Token, TokenAuth, basic
from lib.http.client import Client, NotFound
from lib.http.oauth import OAuthClientSettings, client_credentials
from lib.http.response import json_of, member
from lib.settings import setting, url
from lib.values.dates import moment_or_none

CLIENT_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, kw_only=True)
class JamfProSettings(OAuthClientSettings, ConnectionSettings):
    """The settings of a sign-in to Jamf Pro."""

    url: str = setting(
        "The address of Jamf Pro.", example="https://example.jamfcloud.com", parse=url
    )
    client_id: str = setting(
        "The ID of an API client (Jamf Pro 10.49 and later).",
        default="",
        example="YOUR Jamf Pro CLIENT ID",
    )
    client_secret: str = setting(
        "The secret of that API client.",
        default="",
        example="YOUR Jamf Pro CLIENT SECRET",
        secret=True,
    )
    username: str = setting(
        "A local or LDAP account (no single sign-on) with the privilege set Auditor. This is the"
        " older way to sign in.",
        default="",
        example="username@example.com",
        alternative=True,
    )
    password: str = setting(
        "The password of that account, for the older way to sign in.",
        default="",
        example="change-me",
        secret=True,
        alternative=True,
    )

    def problems(self) -> Iterator[tuple[str, str]]:
        yield from super().problems()
        if not self.by_client and not (self.username and self.password):
            yield (
                "client_id",
                "credentials are missing. Set client_id and client_secret (or username and"
                " password)",
            )


@contextmanager
def signed_in(settings: JamfProSettings, *, connections: int) -> Iterator[Client]:
    """Sign in, and give the block a client, which drops cookies: they would pin it to one node.

    The token of an account is invalidated at the end. A server without tokens gets the password.
    """
    jamf = Client(
        settings.url,
        settings,
        connections=connections,
        cookies=False,
        repeatable=frozenset({"GET", "POST"}),  # what is posted signs in or out
        retry_status=frozenset({500}),
    )
    sign_in = partial(_client_token if settings.client_id else _user_token, jamf, settings)
    try:
        jamf.auth = TokenAuth(partial(_again, sign_in), token=sign_in())
    except NotFound:  # a server from before 10.35 has no tokens
        jamf.auth = basic(settings.username, settings.password)
    try:
        yield jamf
    finally:
        if has_token(jamf) and not settings.client_id:
            with suppress(ConnectorError):
                jamf.request("POST", "/api/v1/auth/invalidate-token")
        jamf.close()


def has_token(jamf: Client) -> bool:
    """Return whether the client has signed in with a token of the Jamf Pro API."""
    return isinstance(jamf.auth, TokenAuth)


def _again(sign_in: Callable[[], Token]) -> Token:
    """Sign in again during a run; a failure ends the run, whatever device was requested."""
    try:
        return sign_in()
    except (NotFound, SourceUnavailable) as error:
        raise SignInError(
            f"signing in again failed ({error.what})", where=error.where, fix="Try again later"
        ) from None


def _client_token(jamf: Client, settings: JamfProSettings) -> Token:
    """Request a token for an API client; servers from 11.23 on also have the versioned path."""
    for path in ("/api/oauth/token", "/api/v1/oauth/token"):
        with suppress(NotFound):
            return client_credentials(jamf, path, settings)
    raise SignInError(
        "this Jamf Pro does not support API clients, which need version 10.49 or later",
        where=jamf.url,
        fix="Set username and password instead",
    )


def _user_token(jamf: Client, settings: JamfProSettings) -> Token:
    """Request a token for an account; it expires by the server's clock, which may differ."""
    try:
        response = jamf.request(
            "POST", "/api/v1/auth/token", auth=basic(settings.username, settings.password)
        )
    except SignInError as error:
        if CLIENT_ID.fullmatch(settings.username):
            fix = "The username looks like the ID of an API client: use client_id and client_secret"
            raise error.with_fix(fix) from None
        raise
    answer = json_of(response)
    token, expires = (member(answer, key, str, where=response.url) for key in ("token", "expires"))
    end = moment_or_none(expires)
    if end is None:
        raise SourceFault(
            f"the token has an invalid expiration date ({expires!r})",
            where=response.url,
            fix="Check that url is the address of Jamf Pro",
        )
    now = moment_or_none(response.headers.get("Date")) or datetime.now(UTC)
    return Token(token, (end - now).total_seconds())
