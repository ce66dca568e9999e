"""Sign-in of programs by OAuth 2, as RFC 6749 has it for client credentials."""

from __future__ import annotations

from typing import Any

from lib.errors import SignInError, SourceFault
from lib.http.auth import UNSIGNED, Token
from lib.http.client import Client, NotFound, json_of, member

# The life of a token whose answer does not tell it, in seconds.
SHORT_LIFE = 60


def client_credentials(
    client: Client,
    path: str,
    client_id: str,
    client_secret: str,
    *,
    as_json: bool = False,
    **more: Any,
) -> Token:
    """A token for a client id and its secret.

    They travel in a form, as the standard has it, or as JSON; `more` are further members, such as
    `scope`. Raises SignInError when they are refused, NotFound when there is no such sign-in.
    """
    form = {
        "grant_type": "client_credentials",
        "client_id": client_id,
        "client_secret": client_secret,
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
        fix = "Check scope" if "scope" in error.what else "Check client_id and client_secret"
        raise SignInError(error.what, where=error.where, fix=fix) from None


def _life(told: Any) -> float:
    """Seconds, as far as they are told in a number."""
    try:
        return float(told)
    except (TypeError, ValueError):
        return SHORT_LIFE
