"""Signing in to Jamf Pro, as an account or as an API client, for both of its APIs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import formatdate, parsedate_to_datetime
from functools import partial

from lib.connection import ConnectionSettings
from lib.errors import ConnectorError, SignInError, SourceFault, SourceUnavailable
from lib.http.auth import Token, TokenAuth, basic
from lib.http.client import Client, NotFound, json_of, member
from lib.http.oauth import client_credentials

CLIENT_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True)
class Login:
    """An account's username and password, or where there is a `client_id`, an API client."""

    username: str
    password: str = field(repr=False)
    client_id: str
    client_secret: str = field(repr=False)


@contextmanager
def signed_in(
    url: str, login: Login, settings: ConnectionSettings, connections: int
) -> Iterator[Client]:
    """A signed-in client. Its cookies are dropped: they would pin all requests to one node.

    An account's token is given back in the end. A server without tokens is sent the password.
    """
    jamf = Client(
        url,
        settings,
        connections=connections,
        cookies=False,
        repeatable=frozenset({"GET", "POST"}),  # what is posted signs in or out
        retry_status=frozenset({500}),
    )
    sign_in = partial(_client_token if login.client_id else _user_token, jamf, login)
    try:
        jamf.auth = TokenAuth(partial(_again, sign_in), token=sign_in())
    except NotFound:  # a server from before 10.35 has no tokens
        jamf.auth = basic(login.username, login.password)
    try:
        yield jamf
    finally:
        if has_token(jamf) and not login.client_id:
            with suppress(ConnectorError):
                jamf.request("POST", "/api/v1/auth/invalidate-token")
        jamf.close()


def has_token(jamf: Client) -> bool:
    """Whether the client has signed in by a token, which the Jamf Pro API has given it."""
    return isinstance(jamf.auth, TokenAuth)


def _again(sign_in: Callable[[], Token]) -> Token:
    """A sign-in in the middle of a run; that it fails is no matter of a single device."""
    try:
        return sign_in()
    except (NotFound, SourceUnavailable) as error:
        raise SignInError(
            f"signing in again has failed ({error.what})", where=error.where, fix="Try again later"
        ) from None


def _client_token(jamf: Client, login: Login) -> Token:
    """A token for an API client; servers from 11.23 on have the versioned path as well."""
    for path in ("/api/oauth/token", "/api/v1/oauth/token"):
        with suppress(NotFound):
            return client_credentials(jamf, path, login.client_id, login.client_secret)
    raise SignInError(
        "this Jamf Pro knows no API clients (they came with 10.49)",
        where=jamf.url,
        fix="Set username and password instead",
    )


def _user_token(jamf: Client, login: Login) -> Token:
    """A token for an account. Its end is told by the server's clock, which may differ from ours."""
    try:
        response = jamf.request(
            "POST", "/api/v1/auth/token", auth=basic(login.username, login.password)
        )
    except SignInError as error:
        if CLIENT_ID.fullmatch(login.username):
            error.fix = "The username looks like an API client's: use client_id and client_secret"
        raise
    answer = json_of(response)
    token, expires = (member(answer, key, str, where=response.url) for key in ("token", "expires"))
    now = parsedate_to_datetime(response.headers.get("Date") or formatdate(usegmt=True))
    try:
        return Token(token, (datetime.fromisoformat(expires) - now).total_seconds())
    except (TypeError, ValueError):
        raise SourceFault(
            f"the token ends at no known time ({expires})", where=response.url, fix="Check the url"
        ) from None
