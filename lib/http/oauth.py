"""Sign-in by OAuth 2.0 client credentials (RFC 6749, section 4.4)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lib.errors import SignInError, SourceFault
from lib.http.auth import UNSIGNED, Token
from lib.http.client import Client, NotFound
from lib.http.response import json_of, member
from lib.settings import Settings, setting

CHECK_CLIENT = "Check that client_id and client_secret are correct and have not expired"
CHECK_SCOPE = "Check that the OAuth client is allowed to use the scopes in scope"
# The life of a token whose answer does not tell it, in seconds.
SHORT_LIFE = 60


@dataclass(frozen=True, kw_only=True)
class OAuthClientSettings(Settings):
    """The settings of connectors that sign in as an OAuth client.

    To be the first base class; a subclass that declares a setting again changes its help.
    """

    client_id: str = setting("The ID of an OAuth client.", default="")
    client_secret: str = setting("The secret of that OAuth client.", default="", secret=True)

    def problems(self) -> Iterator[tuple[str, str]]:
        yield from super().problems()
        if bool(self.client_id) != bool(self.client_secret):
            yield "client_id", "client_id and client_secret must both be set"

    @property
    def by_client(self) -> bool:
        """Whether an OAuth client is to sign in, even if its ID or secret is missing."""
        return bool(self.client_id or self.client_secret)


def client_credentials(
    client: Client,
    path: str,
    settings: OAuthClientSettings,
    *,
    as_json: bool = False,
    **more: Any,
) -> Token:
    """Request a token for a client ID and its secret.

    They are sent as a form, as the standard says, or `as_json`; `more` are further members, such as
    `scope`. Raises SignInError if they are refused, NotFound if there is no such endpoint.
    """
    form = {
        "grant_type": "client_credentials",
        "client_id": settings.client_id,
        "client_secret": settings.client_secret,
        **more,
    }
    body = {"json" if as_json else "data": form}
    try:
        answer = json_of(client.request("POST", path, auth=UNSIGNED, **body))
        return Token(
            member(answer, "access_token", str, where=client.url + path),
            _life(answer.get("expires_in")),
        )
    except NotFound:
        raise
    except (SignInError, SourceFault) as error:
        fix = CHECK_SCOPE if "scope" in error.what else CHECK_CLIENT
        raise SignInError(error.what, where=error.where, fix=fix) from None


def _life(expires_in: Any) -> float:
    """Return `expires_in` in seconds; SHORT_LIFE if it is not a number."""
    try:
        return float(expires_in)
    except (TypeError, ValueError):
        return SHORT_LIFE
